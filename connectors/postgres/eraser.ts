import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import type { Eraser, IO } from "../../src/port/connector.ts";
import { describeWorks, isOnePiece, ownWork } from "../../src/sql/describe.ts";
import type { SqlDialect } from "../../src/sql/dialect.ts";
import { alsoReading } from "../../src/sql/read-columns.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { applyUnit } from "../../src/sql/unit.ts";
import { Failure } from "../../src/errors.ts";
import { beginErasing, type Compare, type Described, StructureChanged } from "./erasing.ts";
import { failureOf } from "./errors.ts";
import { figuresAround } from "./figures.ts";
import { openPlaces, placesOf, type Structure } from "./place.ts";
import { secretOf } from "./reader.ts";
import { keepingOf, residueOf } from "./residue.ts";
import { type Place, type Resolved, resolveOver, resolveTarget } from "./resolved.ts";
import { type Database, type Looking, openDatabase } from "./session.ts";
import type { Session } from "./transaction.ts";
import { openTriggers } from "./triggers.ts";

export async function openEraser(block: SystemBlock, structure: Structure, io: IO): Promise<Eraser> {
  const database = await openDatabase(block.name, secretOf(block), block.session, io, () => structure.text());
  return {
    async apply(unit, journal, guard) {
      const attempt = async (anew: boolean) => {
        await using erasing = dialectOf(database, block, structure, anew, io);
        return await applyUnit(erasing, unit, { journal, guard, io, system: block });
      };
      try {
        try {
          return await attempt(false);
        } catch (error) {
          // nothing was done yet
          if (error instanceof StructureChanged) return await attempt(true);
          throw error;
        }
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async flushResidue(target) {
      try {
        await using transaction = await database.read();
        const place = await openPlaces(block, structure).for(transaction, [target]);
        const resolved = await resolveTarget(place, target);
        return residueOf(await keepingOf(transaction, [resolved.table]), resolved);
      } catch (error) {
        throw failureOf(error, target.record.id);
      }
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

/**
 * The tables are described by the structure as it was last read, and whether it still is so is asked with the begin of the
 * unit's first transaction, before anything is done. `anew`: it was not, and is read.
 */
export function dialectOf(
  database: Database,
  block: SystemBlock,
  structure: Structure,
  anew: boolean,
  io: IO,
  compare: Compare = figuresAround,
): SqlDialect<Resolved> & AsyncDisposable {
  const looking = onceNeeded(database);
  let described: Described | undefined;
  let isSure = anew;
  return {
    kind: "postgres",
    async describe(unit) {
      const place = await placeOf(
        unit.works.map(({ target }) => target),
        anew,
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
      const batch = await beginErasing(database, described, tables, isSure ? undefined : structure, io, compare);
      isSure = true;
      return batch;
    },
    [Symbol.asyncDispose]: async () => await looking[Symbol.asyncDispose](),
  };

  async function placeOf(targets: readonly Target[], read: boolean): Promise<Place> {
    const catalog = read ? undefined : structure.known(placesOf(block, targets));
    if (catalog !== undefined)
      return { session: looking, block, written: structure.written, catalog, triggers: openTriggers([]) };
    isSure = true;
    return await openPlaces(block, structure).for(await looking.opened(), targets);
  }
}

/** A look that is begun when the first question is asked. */
function onceNeeded(database: Database): Session & AsyncDisposable & { opened(): Promise<Looking> } {
  let begun: Promise<Looking> | undefined;
  const opened = async () => await (begun ??= database.read());
  return {
    opened,
    query: async (text, values) => await (await opened()).query(text, values),
    several: async (text) => await (await opened()).several(text),
    change: async (text, values) => await (await opened()).change(text, values),
    async *pages(text, values) {
      yield* (await opened()).pages(text, values);
    },
    async [Symbol.asyncDispose]() {
      await (await begun)?.[Symbol.asyncDispose]();
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
