import { expect, test } from "vitest";
import { MARK_STAMP, type MarkedRow, marksContract, RESTORE_WINDOW, type Way } from "../../contract/marks.contract.ts";
import { markerColumns } from "../../../src/model/marker.ts";
import { eraseUnit, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { testJournal } from "../../support/journal.ts";
import { target } from "../sql.ts";
import { record, systemOf, testFile } from "./file.ts";

const WAYS: readonly Way[] = [
  {
    name: "a time, NULL while it lives, and who",
    marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
    live: { deleted_at: null, deleted_by: null },
    later: { column: "deleted_by", value: "the shop" },
  },
  {
    name: "a time with a sentinel",
    marker: { kind: "timestamp", column: "gone", live: "1760-01-01" },
    live: { gone: "1760-01-01 00:00:00" },
    later: { column: "gone", value: "2020-01-01 00:00:00" },
  },
  {
    name: "a flag of numbers",
    marker: { kind: "flag", column: "hidden", deleted: "true", since: "hidden_at" },
    live: { hidden: "0", hidden_at: null },
    later: { column: "hidden_at", value: "2020-01-01 00:00:00" },
  },
  {
    name: "a status",
    marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
    live: { state: "open", state_at: "2019-01-01 00:00:00", state_by: "the shop" },
    later: { column: "state", value: "bin" },
  },
];
const COLUMNS = ["deleted_at", "deleted_by", "gone", "hidden", "hidden_at", "state", "state_at", "state_by"];

marksContract("sqlite", ["effect_begin", "effect_half", "effect_done"], WAYS, async () => {
  const file =
    testFile(`CREATE TABLE people (no TEXT PRIMARY KEY, email TEXT, note, blob BLOB, deleted_at DATETIME, deleted_by TEXT,
    gone TEXT, hidden BOOLEAN, hidden_at TEXT, state TEXT, state_at TEXT, state_by TEXT)`);
  const people = (way: Way) => record("people", "soft-delete", { marker: way.marker, restoreWindow: RESTORE_WINDOW });
  const [first] = WAYS;
  if (first === undefined) throw new Error("no way");
  return await Promise.resolve({
    system: systemOf([people(first)]),
    world: { base: file.folder },
    async seed(way: Way, rows: readonly MarkedRow[]) {
      file.raw.exec("DELETE FROM people");
      for (const { no, email, marks = {} } of rows) {
        const values: Record<string, string | null> = { ...way.live, ...marks };
        const named = Object.keys(values);
        file.sql(
          `INSERT INTO people (no, email, note, blob, ${named.join(", ")}) VALUES (?, ?, 1.5, x'00ff', ${named.map(() => "?").join(", ")})`,
          no,
          email,
          ...named.map((name) =>
            name === "hidden" ? Number(values[name] === "true" || values[name] === "1") : (values[name] ?? null),
          ),
        );
      }
      await Promise.resolve();
    },
    async dump() {
      const typed = ["no", "email", "note", "blob", ...COLUMNS].map(
        (name) => `typeof(${name}) || ' ' || quote(${name})`,
      );
      const rows = file.sql(`SELECT no, ${typed.join(" || ' ' || ")} FROM people`);
      return await Promise.resolve(Object.fromEntries(rows.map(([no, text]) => [no ?? "", text ?? ""])));
    },
    async parts(way: Way, no: string) {
      const names = markerColumns(way.marker);
      const rest = ["no", "email", "note", "blob", ...COLUMNS].filter((name) => !names.includes(name));
      const [row = []] = file.sql(`SELECT ${names.join(", ")} FROM people WHERE no = ?`, no);
      const [left = []] = file.sql(
        `SELECT ${rest.map((name) => `typeof(${name}) || quote(${name})`).join(" || ' ' || ")} FROM people WHERE no = ?`,
        no,
      );
      const marks = Object.fromEntries(names.map((name, at) => [name, row[at] ?? null]));
      return await Promise.resolve({
        marks: {
          ...marks,
          ...(names.includes("hidden") ? { hidden: marks["hidden"] === "1" ? "true" : "false" } : {}),
        },
        rest: left[0] ?? "",
      });
    },
    target: (way: Way) => target(people(way), ["email"], ["no"]),
    async write(no: string, column: string, value: string | null) {
      file.sql(`UPDATE people SET ${column} = ? WHERE no = ?`, value, no);
      await Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      await Promise.resolve();
    },
  });
});

test("a trigger that marks anew what is to live again is told by a rehearsal; nothing is touched, and the others come back", async () => {
  using file = testFile(`CREATE TABLE people (no TEXT PRIMARY KEY, email TEXT, gone DATETIME);
    INSERT INTO people VALUES ('1', 'ann', NULL), ('2', 'bob', NULL), ('3', 'ann', NULL);
    CREATE TRIGGER stays AFTER UPDATE ON people WHEN new.no = '1' AND new.gone IS NULL BEGIN UPDATE people SET gone = '2001-01-01' WHERE no = new.no; END`);
  const marker = { kind: "timestamp", column: "gone", live: null } as const;
  const binned = record("people", "soft-delete", { marker, restoreWindow: RESTORE_WINDOW });
  const system = systemOf([binned]);
  const io = testIO({ base: file.folder });
  const mine = target(binned, ["email"]);
  const lookups = [{ subject: 0, values: { email: ["ann"], ":email": ["ann"] } }];
  const records = planned(await locateAll(system, io, mine, lookups));
  const journal = testJournal();
  const marking = unitOf(mine, lookups, { kind: "mark", marker, stamp: MARK_STAMP }, records);
  expect(await eraseUnit(system, io, { ...marking, effect: "mark" }, journal)).toMatchObject({ changed: 2, failed: 0 });
  const marked = file.sql("SELECT * FROM people");
  expect(marked.map(([, , gone]) => gone === null)).toEqual([false, true, false]);
  const images = new Map([...journal.images].map(([name, bytes]) => [name.slice(name.indexOf("\n") + 1), bytes]));
  const restoring = {
    ...unitOf(mine, lookups, { kind: "restore", marker, images }, records),
    effect: "restore",
  } as const;
  const said = { matched: 1, failed: 1, left: [{ reason: "TRIGGER_CHANGES people.gone" }] };
  expect(await eraseUnit(system, io, { ...restoring, rehearsal: true })).toMatchObject(said);
  expect(file.sql("SELECT * FROM people")).toEqual(marked);
  expect(await eraseUnit(system, io, restoring)).toMatchObject(said);
  expect(file.sql("SELECT * FROM people")).toEqual([marked[0], marked[1], ["3", "ann", null]]);
});
