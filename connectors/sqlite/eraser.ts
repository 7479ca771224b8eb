import type { SystemBlock } from "../../src/model/datamap.ts";
import type { PlannedKeys, Unit } from "../../src/model/change.ts";
import type { Eraser, IO } from "../../src/port/connector.ts";
import { describeWorks, isOnePiece, ownWork } from "../../src/sql/describe.ts";
import type { SqlDialect } from "../../src/sql/dialect.ts";
import { alsoReading } from "../../src/sql/read-columns.ts";
import { applyUnit } from "../../src/sql/unit.ts";
import { loadCatalog } from "./catalog.ts";
import { type Database, openToWrite } from "./database.ts";
import { effectsOf, restoringEffectsOf } from "./effects.ts";
import { beginErasing, type Erasing, watch } from "./erasing.ts";
import { failureOf } from "./errors.ts";
import { addressIn } from "./keys.ts";
import { flush } from "./residue.ts";
import { type Place, type Resolved, resolveOver, resolveTarget } from "./resolved.ts";

export async function openEraser(block: SystemBlock, io: IO): Promise<Eraser> {
  const database = await openToWrite(block, io);
  const flushed = new Set<"vacuum">();
  return {
    async apply(unit, journal, guard) {
      try {
        flushed.clear();
        return await applyUnit(dialectOf(database, block, io), unit, { journal, guard, io, system: block });
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async flushResidue(target) {
      try {
        const place = { database, catalog: loadCatalog(database, block), block, io };
        return await Promise.resolve(flush(place, resolveTarget(place, target), flushed));
      } catch (error) {
        throw failureOf(error, target.record.id);
      }
    },
    async [Symbol.asyncDispose]() {
      intoTheFile(database);
      await database[Symbol.asyncDispose]();
    },
  };
}

/**
 * In WAL mode what was overwritten stands in the file itself until the log is written into it. Whoever closes the file last
 * does that, and others may have it open: readers of ours for one. What somebody is reading stays, and is told as residue.
 */
function intoTheFile(database: Database): void {
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // nothing is lost: it stands in the log
  }
}

/** The tables are described anew for every unit. */
export function dialectOf(database: Database, block: SystemBlock, io: IO): SqlDialect<Resolved> {
  let erasing: Erasing = {
    database,
    catalog: loadCatalog(database, block),
    block,
    io,
    works: [],
    watched: [],
    onePiece: false,
    planned: new Set(),
    changing: new Set(),
    keeping: new Map(),
  };
  return {
    kind: "sqlite",
    async describe(unit) {
      const place = { database, catalog: loadCatalog(database, block), block, io };
      const described = await describeWorks<Resolved>(unit, {
        table: (target) => resolveTarget(place, target),
        over: (target, { table }) => resolveOver(place.catalog, target, table),
        alsoReading: (work, others) => alsoReading(work, others),
      });
      const { works } = described;
      const onePiece = isOnePiece(unit, works, ({ table, catalog }) =>
        catalog.into(table).some(({ child }) => child === table),
      );
      const effects = works.flatMap((one) => [
        ...effectsOf(place, one),
        ...(unit.effect === "restore" ? restoringEffectsOf(place, one) : []),
      ]);
      // what triggers may do as well is asked for only where there are any
      const planned = effects.length === 0 ? NOTHING_PLANNED : await plannedIn(place, unit);
      erasing = { ...place, works, onePiece, watched: watch(place, effects), ...planned };
      return { ...described, onePiece };
    },
    fate: async () => await Promise.resolve("rows"),
    begin: async (tables) => await beginErasing(erasing, tables),
  };
}

const NOTHING_PLANNED = { planned: new Set<string>(), changing: new Set<string>(), keeping: new Map<string, "all">() };

/** What the plan deletes and changes in the whole system: triggers may do some of it as well. */
async function plannedIn({ catalog }: Place, unit: Unit): Promise<Pick<Erasing, "planned" | "changing" | "keeping">> {
  const addressesOf = ({ target: { record }, keys }: PlannedKeys) => {
    const table = catalog.placed(record.place, record.id);
    return keys.map((key) => addressIn(table, key));
  };
  const addresses = (records: readonly PlannedKeys[]) => new Set(records.flatMap(addressesOf));
  const own = ownWork(unit);
  const { deleting = [], changing = [], keeping = [] } = (await unit.planned?.()) ?? {};
  return {
    planned: addresses([...own.deleting, ...deleting]),
    changing: addresses([...own.changing, ...changing]),
    keeping: new Map(
      keeping.flatMap((one) =>
        addressesOf(one).map((address) => [address, one.columns === undefined ? "all" : new Set(one.columns)] as const),
      ),
    ),
  };
}
