/** An erasure that is tried: the eraser's own statements in one transaction that is never committed. */
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO, Rehearsal } from "../../src/port/connector.ts";
import { assertedOf } from "../../src/sql/asserted.ts";
import { NO_NOTES } from "../../src/sql/trial.ts";
import { applyUnit } from "../../src/sql/unit.ts";
import { beyondTarget } from "./beyond.ts";
import { castTo } from "./columns.ts";
import { dialectOf } from "./eraser.ts";
import { failureOf } from "./errors.ts";
import { figuresIn } from "./figures.ts";
import { openPlaces, type Structure } from "./place.ts";
import { secretOf } from "./reader.ts";
import { type Resolved, resolveTarget } from "./resolved.ts";
import { attempt, type Database, openDatabase } from "./session.ts";
import { qualified, quoted } from "./sql.ts";
import type { Session, Transaction } from "./transaction.ts";

export async function openRehearsal(block: SystemBlock, structure: Structure, io: IO): Promise<Rehearsal> {
  const database = await openDatabase(block.name, secretOf(block), block.session, io, () => structure.text());
  const { trial, snapshot, before } = await begun(database, block);
  const parts = await inParts(database, trial);
  const resolved = async <R>(targets: readonly Target[], work: (...tables: readonly Resolved[]) => R): Promise<R> => {
    await using look = await database.read();
    const place = await openPlaces(block, structure).for(look, targets);
    const tables: Resolved[] = [];
    for (const target of targets) tables.push(await resolveTarget(place, target));
    return work(...tables);
  };
  const told = async <R>(work: () => Promise<R>, where: string): Promise<R> => {
    try {
      return await work();
    } catch (error) {
      throw failureOf(error, where);
    }
  };
  return {
    beyond: async (target) =>
      await told(async () => {
        await using look = await database.read();
        const place = await openPlaces(block, structure).for(look, [target]);
        return await beyondTarget(place, await resolveTarget(place, target));
      }, target.record.id),
    apply: async (unit, guard) =>
      await told(async () => {
        // all parts see what the first one saw, and their own changes
        await using dialect = dialectOf(parts, block, structure, true, io, async (part) =>
          assertedOf(block, before, await figuresIn(part, block), io),
        );
        return await applyUnit(dialect, unit, { journal: NO_NOTES, guard, io, system: block });
      }, block.name),
    orphans: async ({ child, childColumn, parent, parentColumn, values }) =>
      await told(async () => {
        const text = await resolved([child, parent], (below, above) =>
          below === undefined || above === undefined ? undefined : orphansText(below, childColumn, above, parentColumn),
        );
        if (text === undefined) return undefined;
        const [now] = await attempt(trial, text, [values]);
        await using others = await database.readAs(snapshot, []);
        const [was] = await attempt(others, text, [values]);
        return now === undefined || was === undefined ? undefined : Number(now[0]) - Number(was[0]);
      }, child.record.id),
    async [Symbol.asyncDispose]() {
      await trial[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The one transaction, with what it saw first: what others commit meanwhile is not in it. */
async function begun(database: Database, block: SystemBlock) {
  try {
    const { transaction: trial } = await database.write(true, []);
    const [row] = await trial.query("SELECT pg_catalog.pg_export_snapshot()");
    return { trial, snapshot: row?.[0] ?? "", before: await figuresIn(trial, block) };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw failureOf(error, block.name);
  }
}

const SAVE = "SAVEPOINT expunge_part";
const RELEASE = "RELEASE SAVEPOINT expunge_part";

const DEFERRED = `SELECT n.nspname::text, c.conname::text FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
  WHERE c.condeferrable AND c.condeferred AND c.conparentid = 0 ORDER BY 1, 2`;

/** The database as an eraser sees it, whose transactions are parts of one: a commit lets a part stand, and no more. */
async function inParts(database: Database, trial: Transaction): Promise<Database> {
  const deferred = (await trial.query(DEFERRED)).map(([schema, name]) => qualified(schema ?? "", name ?? ""));
  // a part before has made them all speak at once
  const again = deferred.length === 0 ? [] : [`SET CONSTRAINTS ${deferred.join(", ")} DEFERRED`];
  return {
    ...database,
    async write(_fixed, texts) {
      const answers = await trial.several([SAVE, ...again, ...texts].join("; "));
      return { transaction: partOf(trial), answers: answers.slice(1 + again.length) };
    },
  };
}

function partOf(trial: Transaction): Transaction {
  let open = true;
  return {
    get usable() {
      return open && trial.usable;
    },
    query: trial.query,
    several: trial.several,
    change: trial.change,
    pages: trial.pages,
    async commit() {
      await trial.query(RELEASE);
      open = false;
    },
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      // a connection that broke has nothing to go back to
      await trial.query(`ROLLBACK TO SAVEPOINT expunge_part; ${RELEASE}`).catch(() => {});
    },
  } satisfies Session & Transaction;
}

/** Rows that name one of these values where no row has it; undefined where a name is of no plain column. */
function orphansText(below: Resolved, childColumn: string, above: Resolved, parentColumn: string): string | undefined {
  const [child, parent] = [below.table.columns.get(childColumn), above.table.columns.get(parentColumn)];
  if (child === undefined || parent === undefined) return undefined;
  const name = `c.${quoted(childColumn)}`;
  return `SELECT count(*)::text FROM ${qualified(below.table.schema, below.table.name)} AS c WHERE ${name} IN (SELECT v::${castTo(child.type)} FROM unnest($1::text[]) AS v)
    AND NOT EXISTS (SELECT FROM ${qualified(above.table.schema, above.table.name)} AS p WHERE p.${quoted(parentColumn)}::text = ${name}::text)`;
}
