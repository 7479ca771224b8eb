import { type MarkedRow, marksContract, RESTORE_WINDOW, type Way } from "../../contract/marks.contract.ts";
import { markerColumns } from "../../../src/model/marker.ts";
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
