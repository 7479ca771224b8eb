import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Eraser, IO } from "../../src/port/connector.ts";
import { describeWorks, isOnePiece, ownWork } from "../../src/sql/describe.ts";
import type { SqlDialect } from "../../src/sql/dialect.ts";
import { alsoReading } from "../../src/sql/read-columns.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { applyUnit } from "../../src/sql/unit.ts";
import { Failure } from "../../src/errors.ts";
import { beginErasing, type Described } from "./erasing.ts";
import { failureOf } from "./errors.ts";
import { openPlaces, type Structure } from "./place.ts";
import { secretOf } from "./reader.ts";
import { residueOf } from "./residue.ts";
import { type Resolved, resolveOver, resolveTarget } from "./resolved.ts";
import { type Database, openDatabase } from "./session.ts";

export async function openEraser(block: SystemBlock, structure: Structure, io: IO): Promise<Eraser> {
  const database = await openDatabase(block.name, secretOf(block), block.session, io);
  return {
    async apply(unit, journal, guard) {
      try {
        return await applyUnit(dialectOf(database, block, structure, io), unit, { journal, guard, io });
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async flushResidue(target) {
      try {
        await using transaction = await database.read();
        const place = await openPlaces(block, structure).for(transaction, [target]);
        return await Array.fromAsync(residueOf(transaction, await resolveTarget(place, target)));
      } catch (error) {
        throw failureOf(error, target.record.id);
      }
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

/** The tables are looked at anew for every unit. */
function dialectOf(database: Database, block: SystemBlock, structure: Structure, io: IO): SqlDialect<Resolved> {
  let described: Described | undefined;
  return {
    kind: "postgres",
    async describe(unit) {
      await using transaction = await database.read();
      const place = await openPlaces(block, structure).for(
        transaction,
        unit.works.map(({ target }) => target),
      );
      const tables = await describeWorks<Resolved>(unit, {
        table: async (target) => await resolveTarget(place, target),
        over: async (target, work) => await resolveOver(place, target, work.table),
        alsoReading: (work, others) => alsoReading(work, others),
      });
      described = {
        place,
        works: tables.works,
        planned: onceAsked(async () => (await unit.planned?.()) ?? ownWork(unit)),
      };
      return { ...tables, onePiece: isOnePiece(unit, tables.works, referencesItself) };
    },
    async fate(id) {
      await using transaction = await database.read();
      try {
        const [row] = await transaction.query("SELECT pg_catalog.pg_xact_status($1::text::xid8)", [id]);
        return row?.[0] === "committed" || row?.[0] === "in progress" ? row[0] : undefined;
      } catch (error) {
        // another server's transaction id
        if (error instanceof Refusal) return undefined;
        throw error;
      }
    },
    async begin(tables) {
      if (described === undefined)
        throw new Failure("UNEXPECTED", `${block.name}: a transaction was begun before its tables were described`);
      return await beginErasing(database, described, tables, io);
    },
  };
}

/** It may be as much as the whole plan: read where a trigger did something, and then kept for the unit. */
function onceAsked<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return async () => await (known ??= ask());
}

function referencesItself({ table, catalog }: Resolved): boolean {
  const family = new Set([table, ...catalog.ancestors(table), ...catalog.descendants(table)].map(({ oid }) => oid));
  return catalog.into(table).some(({ child }) => family.has(child));
}
