import { type MarkedRow, marksContract, RESTORE_WINDOW, type Way } from "../../contract/marks.contract.ts";
import { markerColumns } from "../../../src/model/marker.ts";
import { record, SECRETS, systemOf, target, testDatabase } from "./database.ts";

const WAYS: readonly Way[] = [
  {
    name: "an instant, NULL while it lives, and who",
    marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
    live: { deleted_at: null, deleted_by: null },
    later: { column: "deleted_by", value: "the shop" },
  },
  {
    name: "a time without a zone, with a sentinel",
    marker: { kind: "timestamp", column: "gone", live: "1760-01-01" },
    live: { gone: "1760-01-01 00:00:00" },
    later: { column: "gone", value: "2020-01-01 00:00:00" },
  },
  {
    name: "a flag",
    marker: { kind: "flag", column: "hidden", deleted: "1", since: "hidden_at" },
    live: { hidden: "false", hidden_at: null },
    later: { column: "hidden_at", value: "2020-01-01 00:00:00" },
  },
  {
    name: "a status of an enumeration",
    marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
    live: { state: "open", state_at: "2019-01-01 00:00:00.654321+00", state_by: "the shop" },
    later: { column: "state", value: "bin" },
  },
];
const COLUMNS = ["deleted_at", "deleted_by", "gone", "hidden", "hidden_at", "state", "state_at", "state_by"];

marksContract("postgres", ["effect_begin", "effect_half", "effect_done"], WAYS, async () => {
  const database = await testDatabase("marks");
  await database.fresh();
  await database.sql(`CREATE TYPE state AS ENUM ('open', 'something else', 'trash', 'bin');
    CREATE TABLE people (no text PRIMARY KEY, email text, note numeric(10,3) DEFAULT 1.5, extra jsonb DEFAULT '{"a": 1.50}',
      deleted_at timestamptz, deleted_by varchar(40), gone timestamp, hidden boolean, hidden_at timestamptz(3), state state, state_at timestamptz, state_by text)`);
  const people = (way: Way) => record("people", "soft-delete", { marker: way.marker, restoreWindow: RESTORE_WINDOW });
  const [first] = WAYS;
  if (first === undefined) throw new Error("no way");
  return {
    system: systemOf([people(first)]),
    world: { secrets: { [SECRETS]: database.url } },
    async seed(way: Way, rows: readonly MarkedRow[]) {
      await database.sql("DELETE FROM people");
      for (const { no, email, marks = {} } of rows) {
        const values: Record<string, string | null> = { ...way.live, ...marks };
        const named = Object.keys(values);
        await database.sql(
          `INSERT INTO people (no, email, ${named.join(", ")}) VALUES ($1, $2, ${named.map((_, at) => `$${at + 3}`).join(", ")})`,
          [no, email, ...named.map((name) => values[name])],
        );
      }
    },
    async dump() {
      const rows = await database.sql("SELECT no, p::text FROM people p");
      return Object.fromEntries(rows.map(([no, text]) => [no ?? "", text ?? ""]));
    },
    async parts(way: Way, no: string) {
      const names = markerColumns(way.marker);
      const rest = ["no", "email", "note", "extra", ...COLUMNS].filter((name) => !names.includes(name));
      const [row = []] = await database.sql(
        `SELECT ROW(${rest.join(", ")})::text, ${names.map((name) => `${name}::text`).join(", ")} FROM people WHERE no = $1`,
        [no],
      );
      const marks = Object.fromEntries(names.map((name, at) => [name, row[at + 1] ?? null]));
      return {
        marks: { ...marks, ...(names.includes("hidden") ? { hidden: marks["hidden"] === "true" ? "1" : "0" } : {}) },
        rest: row[0] ?? "",
      };
    },
    target: (way: Way) => target(people(way), ["email"], ["no"]),
    write: async (no: string, column: string, value: string | null) =>
      void (await database.sql(`UPDATE people SET ${column} = $2 WHERE no = $1`, [no, way(column, value)])),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
});

/** A flag has two values only. */
function way(column: string, value: string | null): string | null {
  return column === "hidden" ? null : value;
}
