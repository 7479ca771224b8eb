/**
 * An erasure that is tried: the eraser's own statements in one transaction on the file, which is never committed. A copy
 * of the file would be people's data at another place.
 */
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO, Rehearsal } from "../../src/port/connector.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { NO_NOTES } from "../../src/sql/trial.ts";
import { applyUnit } from "../../src/sql/unit.ts";
import { loadCatalog } from "./catalog.ts";
import { type Database, openToRead, openToWrite, quoted } from "./database.ts";
import { dialectOf } from "./eraser.ts";
import { failureOf } from "./errors.ts";
import { resolveTarget } from "./resolved.ts";

export async function openRehearsal(block: SystemBlock, io: IO): Promise<Rehearsal> {
  const database = await openToWrite(block, io);
  try {
    // what does not fit into memory would be written into the file, and keep readers out
    database.exec("PRAGMA cache_spill = OFF");
    await database.patiently("BEGIN IMMEDIATE");
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw failureOf(error, block.name);
  }
  const parts = inParts(database);
  return {
    // triggers of SQLite reach nothing but the file
    beyond: async () => await Promise.resolve({ out: [], stays: [] }),
    async apply(unit, guard) {
      try {
        return await applyUnit(dialectOf(parts, block, io), unit, { journal: NO_NOTES, guard, io, system: block });
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async orphans({ child, childColumn, parent, parentColumn, values }) {
      try {
        const place = { database, catalog: loadCatalog(database, block), block, io };
        const [below, above] = [resolveTarget(place, child).table, resolveTarget(place, parent).table];
        if (!below.columns.has(childColumn) || !above.columns.has(parentColumn)) return undefined;
        const text = `SELECT count(*) FROM main.${quoted(below.name)} AS c WHERE c.${quoted(childColumn)} IN (SELECT value FROM json_each(?))
          AND NOT EXISTS (SELECT 1 FROM main.${quoted(above.name)} AS p WHERE p.${quoted(parentColumn)} = c.${quoted(childColumn)})`;
        const count = (from: Database) => Number(from.all(text, [JSON.stringify(spelled(values))])[0]?.[0] ?? 0);
        // nobody else writes as long as the transaction is open
        await using before = await openToRead(block, io);
        return count(database) - count(before);
      } catch (error) {
        throw failureOf(error, child.record.id);
      }
    },
    async [Symbol.asyncDispose]() {
      if (database.inTransaction) database.exec("ROLLBACK");
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A column without a type keeps a number as a number and a text as a text. */
function spelled(values: readonly string[]): readonly (string | number)[] {
  return values.flatMap((value) => (/^-?\d{1,15}$/u.test(value) ? [value, Number(value)] : [value]));
}

const BACK = "ROLLBACK TO expunge_part; RELEASE expunge_part";

/** The database as an eraser sees it, whose transactions are parts of one: a commit lets a part stand, and no more. */
function inParts(database: Database): Database {
  let open = false;
  let deferring = false;
  const broken = () => database.all("SELECT * FROM pragma_foreign_key_check").length;
  let known: number | undefined;
  return {
    ...database,
    get inTransaction() {
      return open;
    },
    exec(text) {
      if (text === "ROLLBACK") {
        database.exec(BACK);
        open = false;
        return;
      }
      if (text.startsWith("PRAGMA defer_foreign_keys")) {
        deferring = true;
        known ??= broken();
      }
      database.exec(text);
    },
    async patiently(text) {
      if (text === "BEGIN IMMEDIATE") {
        database.exec("PRAGMA defer_foreign_keys = OFF; SAVEPOINT expunge_part");
        open = true;
        deferring = database.all("SELECT 1 FROM main.sqlite_schema WHERE sql LIKE '%DEFERRABLE%' LIMIT 1").length > 0;
        if (deferring) known ??= broken();
      } else {
        // what waits for the end of a transaction is asked for here: this one has none
        if (deferring && broken() > (known ?? 0)) throw new Refusal("23503", { code: "23503" });
        database.exec("RELEASE expunge_part");
        open = false;
      }
      await Promise.resolve();
    },
  };
}
