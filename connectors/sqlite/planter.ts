import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO, Planter } from "../../src/port/connector.ts";
import { type PlantingSession, sqlPlanter } from "../../src/sql/planter.ts";
import { openToWrite, quoted, type Value } from "./database.ts";
import { failureOf } from "./errors.ts";

export async function openPlanter(block: SystemBlock, io: IO): Promise<Planter> {
  const database = await openToWrite(block, io);
  const session: PlantingSession = {
    query: async (text, values) =>
      await Promise.resolve(database.all(text, values).map((row) => row.map((value) => textOf(value)))),
    async *each(text, values) {
      for await (const row of database.each(text, values)) yield row.map((value) => textOf(value));
    },
    change: async (text, values) => await Promise.resolve(database.change(text, values)),
  };
  return sqlPlanter({
    look: async (work) => await work(session),
    async write(work) {
      await database.patiently("BEGIN IMMEDIATE");
      try {
        const made = await work(session);
        await database.patiently("COMMIT");
        return made;
      } finally {
        if (database.inTransaction) database.exec("ROLLBACK");
      }
    },
    placed: ({ store, parts }) => `main.${quoted(parts?.[1] ?? store)}`,
    quoted,
    param: (number) => `?${number}`,
    async columns(_, { store, parts }) {
      const rows = database.all("SELECT name, hidden FROM pragma_table_xinfo(?) ORDER BY cid", [parts?.[1] ?? store]);
      // 1: a virtual table's own, such as a rank
      return await Promise.resolve(rows.filter(([, hidden]) => hidden !== 1n).map(([name]) => String(name)));
    },
    // with its type: 1 and '1' are two values, and NULL is none
    whole: (columns) => columns.map((one) => `quote(expunge_row.${quoted(one)})`).join(" || ',' || "),
    text: (column) => `CAST(expunge_row.${quoted(column)} AS TEXT)`,
    contains: (whole, param) => `instr(${whole}, ${param}) > 0`,
    overriding: "",
    pastTriggers: async () => await Promise.resolve(false),
    failure: (error) => failureOf(error, block.name),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  });
}

function textOf(value: Value): string | null {
  return value === null ? null : value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}
