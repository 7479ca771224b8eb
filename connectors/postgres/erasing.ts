/** One transaction of an erasure. */
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { PlannedInSystem } from "../../src/model/change.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Assignments } from "../../src/sql/changes.ts";
import type { BatchTables, Locking, Referencing, RowsRead, SqlBatch } from "../../src/sql/dialect.ts";
import { ownRowsOf, type WrittenRow } from "../../src/sql/own-rows.ts";
import type { Hits, RowState } from "../../src/sql/record-table.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { isIgnored } from "../../src/sql/findings.ts";
import { alteredColumns } from "./altered.ts";
import { castTo } from "./columns.ts";
import {
  type Before,
  beforeOf,
  beforeText,
  declaredIn,
  type Growth,
  GROWTH,
  growthOf,
  SEIZED,
  shapesText,
  WRITTEN_BY_US,
} from "./growth.ts";
import type { figuresAround } from "./figures.ts";
import { keyOrder, keyRows, ofTable, sameKey } from "./keys.ts";
import { findRows, rowsByKey } from "./locate.ts";
import {
  type Losses,
  moreThanKnown,
  noLosses,
  noteChanged,
  noteChangedIn,
  noteRemoved,
  noteTaken,
  topOf,
} from "./losses.ts";
import { goesOn, referencingOf } from "../../src/sql/cascades.ts";
import { walkReferences, waysInto } from "./references.ts";
import type { Structure } from "./place.ts";
import { type Place, type Resolved, resolveTarget, stateOf, stateTexts } from "./resolved.ts";
import { obstaclesTo, pastTriggers, putBackRows, rewriteRows, wholeRows } from "./whole-rows.ts";
import { byKey, wholeTable } from "./search.ts";
import { attempt, type Database } from "./session.ts";
import { type Binder, binder, qualified, quoted } from "./sql.ts";
import type { Session, Transaction } from "./transaction.ts";
import { whereTexts } from "./where.ts";

/** A unit as the catalog describes it. */
export interface Described {
  readonly place: Place;
  /** Every table of the unit. */
  readonly works: readonly Resolved[];
  planned(): Promise<PlannedInSystem>;
}

interface Erasing {
  readonly database: Database;
  readonly described: Described;
  readonly transaction: Transaction;
  readonly block: SystemBlock;
  readonly io: IO;
  /** Nothing can be locked: whatever others change meanwhile is refused by the server instead. */
  readonly fixed: boolean;
  readonly before: Before;
  readonly deleting: readonly Resolved[];
  readonly lost: Losses;
  /** As of the last `settle`. */
  grown: readonly Growth[];
  /** Rows were put back or set as they were, also in tables that are no record type. */
  restored: boolean;
  id: string;
}

/** How figures are compared at the end of a transaction. */
export type Compare = typeof figuresAround;

/** The tables are not as they were described; nothing was done. */
export class StructureChanged extends Error {}

export async function beginErasing(
  database: Database,
  described: Described,
  { deleting, trails, figures = false }: BatchTables<Resolved>,
  /** As the tables were described by it: judged before anything is done. */
  structure: Structure | undefined,
  io: IO,
  compare: Compare,
): Promise<SqlBatch<Resolved>> {
  const { block } = described.place;
  const fixed = !deleting.every((one) => mayLock(one, block));
  const leaves = trails.flatMap(({ table, catalog }) => [table, ...catalog.descendants(table)].map(({ oid }) => oid));
  const { transaction, answers } = await database.write(fixed, [
    beforeText(leaves),
    ...(structure === undefined ? [] : [structure.text()]),
  ]);
  const [first = [], around = []] = answers;
  if (structure?.isSame(around) === false) {
    await transaction[Symbol.asyncDispose]();
    throw new StructureChanged();
  }
  const lost = noLosses();
  const erasing: Erasing = {
    database,
    described,
    transaction,
    block,
    io,
    fixed,
    before: beforeOf(first),
    deleting,
    lost,
    grown: [],
    restored: false,
    id: "",
  };
  return {
    rows: async (table, keys, locking) => await lockRows(erasing, table, keys, locking),
    moved: async (table, _key, lookups) => await isElsewhere(erasing, table, lookups),
    hits: async (table, keys, lookups) => await hitsOf(erasing, table, keys, lookups),
    referencing: async (table, keys, locking) => await referencing(erasing, table, keys, locking),
    async update(table, rows) {
      const changed = await updateRows(transaction, table, rows);
      noteChanged(lost, table, changed);
      return changed;
    },
    async remove(deletions) {
      const counts = await deleteRows(transaction, deletions);
      for (const [at, { table, keys }] of deletions.entries()) noteRemoved(lost, table, keys, counts[at] ?? 0);
      return counts;
    },
    whole: async (addresses, lock) => await wholeRows(transaction, described.place.catalog, addresses, lock),
    inTheWay: async (rows) => await obstaclesTo(transaction, described.place.catalog, rows),
    async putBack(rows) {
      await putBackRows(transaction, described.place.catalog, rows);
      erasing.restored = true;
    },
    async rewrite(rows, past) {
      erasing.restored = true;
      const { catalog } = described.place;
      const work = async () => {
        for (const { table, count } of await rewriteRows(transaction, catalog, rows))
          noteChangedIn(lost, catalog, table, count);
      };
      if (past) await pastTriggers(transaction, catalog, rows, work);
      else await work();
    },
    settle: async () => await settle(erasing),
    ownRows: async (tables) => await ownRowsOf(tables, (trail) => writtenIn(erasing, trail)),
    asserted: async () => (figures ? await compare(transaction, database, block, io) : []),
    id: async () => await Promise.resolve(erasing.id),
    commit: async () => await transaction.commit(),
    [Symbol.asyncDispose]: async () => await transaction[Symbol.asyncDispose](),
  };
}

/** To lock a row takes the right to change some column of it; those that a cascade takes are locked too. */
function mayLock({ table, catalog }: Resolved, block: SystemBlock): boolean {
  const taken = waysInto(catalog, block, table).flatMap(({ foreignKey, segment }) =>
    foreignKey.onDelete === "cascade" && segment.records.length === 0 ? [segment.table] : [],
  );
  return [table, ...taken].every(({ columns }) => [...columns.values()].some(({ mayUpdate }) => mayUpdate));
}

/** Rows by key, in key order: two transactions that want the same rows wait for each other in the same order. */
async function lockRows(
  { transaction, fixed, io }: Erasing,
  resolved: Resolved,
  keys: readonly string[],
  locking: Locking,
): Promise<RowsRead> {
  const read = async (some: readonly string[], lock: string): Promise<ReadonlyMap<string, RowState>> => {
    const bound = binder();
    const text = `SELECT ${stateTexts(resolved, "t").join(", ")} FROM ${byKey(resolved, some)(bound)} ORDER BY ${keyOrder(resolved.key, "t")}${lock}`;
    const states = (await transaction.query(text, bound.values)).map((row) => stateOf(resolved, row, io));
    return new Map(states.map((state) => [state.key, state]));
  };
  if (locking === "none" || fixed) return { states: await read(keys, ""), busy: new Set() };
  const states = await read(keys, ` FOR UPDATE OF t${locking === "skip" ? " SKIP LOCKED" : ""}`);
  const missing = keys.filter((key) => !states.has(key));
  const busy = locking === "skip" && missing.length > 0 ? await read(missing, "") : new Map<string, RowState>();
  return { states, busy: new Set(busy.keys()) };
}

async function isElsewhere(
  { transaction, io }: Erasing,
  resolved: Resolved,
  lookups: readonly Lookup[],
): Promise<boolean> {
  if (!resolved.key.byPlace) return false;
  for await (const { state } of findRows(transaction, resolved, lookups, io, wholeTable(resolved)))
    if (state.key !== "") return true;
  return false;
}

async function hitsOf(
  { transaction, io }: Erasing,
  resolved: Resolved,
  keys: readonly string[],
  lookups: readonly Lookup[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, Hits>>> {
  const all = new Map<string, ReadonlyMap<number, Hits>>();
  const mine = ofTable(resolved.key, keys);
  if (mine.length === 0 || lookups.length === 0) return all;
  for await (const { state, hits } of findRows(transaction, resolved, lookups, io, byKey(resolved, mine)))
    all.set(state.key, new Map([...(all.get(state.key) ?? []), ...hits]));
  return all;
}

async function referencing(
  { transaction, fixed, block, io, lost }: Erasing,
  resolved: Resolved,
  keys: readonly string[],
  locking: Locking,
): Promise<readonly Referencing[]> {
  const found: Referencing[] = [];
  const walk = {
    session: transaction,
    catalog: resolved.catalog,
    block,
    io,
    locking: fixed ? ("none" as const) : locking,
  };
  for await (const reference of walkReferences(walk, resolved, keys)) {
    const { foreignKey, segment, address } = reference;
    if (goesOn(foreignKey, segment)) noteTaken(lost, resolved.catalog, segment.table, address);
    found.push(referencingOf(reference, block));
  }
  return found;
}

/** Sets columns of rows, by key: each row its own values, and only the columns that its assignments name. */
async function updateRows(
  transaction: Transaction,
  { table, key }: Resolved,
  rows: ReadonlyMap<string, Assignments>,
): Promise<number> {
  const bound = binder();
  const columns = [...new Set([...rows.values()].flatMap((assignments) => [...assignments.keys()]))].flatMap(
    (name) => table.columns.get(name) ?? [],
  );
  const all = [...rows.values()];
  const more = Object.fromEntries(
    columns.flatMap(({ name }, at) => [
      [`v${at}`, all.map((assignments) => assignments.get(name) ?? null)],
      [`f${at}`, all.map((assignments) => String(assignments.has(name)))],
    ]),
  );
  const source = keyRows(key, [...rows.keys()], bound, "k", more);
  const sets = columns.map(
    ({ name, type }, at) =>
      `${quoted(name)} = CASE WHEN k.f${at} = 'true' THEN k.v${at}::${castTo(type)} ELSE t.${quoted(name)} END`,
  );
  const text = `UPDATE ${qualified(table.schema, table.name)} AS t SET ${sets.join(", ")} FROM ${source} WHERE ${sameKey(key, "t", "k")}`;
  return await transaction.change(text, bound.values);
}

interface Deletion {
  readonly table: Resolved;
  readonly keys: readonly string[];
}

/**
 * Deletes in one statement, so that tables that reference each other go together. A single table's is a plain DELETE,
 * whose count also tells what a rule swallowed.
 */
async function deleteRows(transaction: Transaction, deletions: readonly Deletion[]): Promise<readonly number[]> {
  const bound = binder();
  const [first, ...more] = deletions;
  if (first === undefined) return [];
  if (more.length === 0) return [await transaction.change(deleteText(first, bound), bound.values)];
  const parts = deletions.map((deletion, at) => `d${at} AS (${deleteText(deletion, bound)} RETURNING 1)`);
  const counts = deletions.map((_, at) => `(SELECT count(*)::text FROM d${at})`);
  const [row] = await transaction.query(`WITH ${parts.join(", ")} SELECT ${counts.join(", ")}`, bound.values);
  return deletions.map((_, at) => Number(row?.[at] ?? 0));
}

function deleteText({ table: { table, key }, keys }: Deletion, bound: Binder): string {
  return `DELETE FROM ${qualified(table.schema, table.name)} AS t USING ${keyRows(key, keys, bound, "k")} WHERE ${sameKey(key, "t", "k")}`;
}

/**
 * Deferred constraints and triggers speak now, while their rows can still be told from others. The foreign keys are looked
 * at once more: from our first change on nobody can add another.
 */
async function settle(erasing: Erasing): Promise<readonly string[]> {
  const { transaction, database, before, deleting, block, described, lost, io } = erasing;
  const parents = [...new Set(deleting.flatMap((one) => parentsOf(one, block)))];
  const known = [
    ...new Set(
      deleting.flatMap(({ catalog }) =>
        catalog.foreignKeys.filter(({ parent }) => parents.includes(parent)).map(({ oid }) => oid),
      ),
    ),
  ];
  const foreignKeys = `SELECT c.oid::text FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0 AND coalesce(pg_catalog.to_jsonb(c) ->> 'conenforced', 'true') = 'true' AND c.confrelid = ANY ('{${parents.join(",")}}'::oid[])`;
  const [, growth = [], ids = [], found = [], seized = []] = await transaction.several(
    `SET CONSTRAINTS ALL IMMEDIATE; ${GROWTH}; SELECT pg_catalog.pg_current_xact_id()::text; ${foreignKeys}; ${SEIZED}`,
  );
  if (found.some(([oid]) => !known.includes(oid ?? ""))) throw new Refusal("schema_changed", { whole: true });
  erasing.id = ids[0]?.[0] ?? "";
  erasing.grown = growthOf(growth, before);
  const declared = declaredIn(block, described.works);
  const strangers: string[] = [];
  for (const one of erasing.grown)
    if (!declared(one) && !isPutBack(erasing, one) && !(await wasUndone(transaction, one))) strangers.push(one.shown);
  const alone = new Set(seized.flatMap(([oid]) => oid ?? []));
  const emptied = await emptiedTables(erasing, [...alone]);
  const unplanned = strangers.length > 0 ? emptied : [...emptied, ...(await unplannedLosses(erasing, alone))];
  if (unplanned.length > 0) throw new Refusal(`UNPLANNED ${unplanned.join(", ")}`);
  const { place, planned } = described;
  const altered =
    strangers.length > 0
      ? []
      : await alteredColumns({ transaction, database, place, planned, grown: erasing.grown, lost, seized: alone, io });
  if (altered.length > 0) throw new Refusal(`ALTERED ${altered.join(", ")}`);
  return strangers;
}

/** What a cascade took is put back into tables that are no record type, and nothing is lost there. */
function isPutBack({ restored, described: { place } }: Erasing, { oid, root, deleted }: Growth): boolean {
  const table = place.catalog.table(oid) ?? place.catalog.table(root);
  return restored && deleted === 0 && table !== undefined && place.catalog.recordsOver(table).length === 0;
}

/** Names of tables that a trigger emptied, dropped or rebuilt: whatever stood there is somebody's, or was to stay. */
async function emptiedTables(
  { transaction, database, block }: Erasing,
  seized: readonly string[],
): Promise<readonly string[]> {
  if (seized.length === 0) return [];
  const now = new Map((await transaction.query(shapesText(seized))).map(([oid, shape]) => [oid, shape]));
  // others do not see yet what this transaction did
  await using before = await database.read();
  return (await before.query(shapesText(seized))).flatMap(([oid, shape, schema, name, visible]) => {
    const shown = visible === "true" ? (name ?? "") : `${schema}.${name}`;
    return now.get(oid ?? "") === shape || isIgnored(block, { schema: schema ?? "", name: name ?? "", shown })
      ? []
      : [shown];
  });
}

/**
 * Names of tables that lost more rows than our statements deleted and cascades were seen to take: a trigger or rule took
 * them. What the plan deletes as well may go so; whatever else went is somebody's, or was to stay.
 */
async function unplannedLosses(
  { transaction, database, described, block, grown, lost, io }: Erasing,
  seized: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { place } = described;
  const unplanned: string[] = [];
  for (const { top, shown, rows } of moreThanKnown(place.catalog, block, grown, lost)) {
    let planned = 0;
    for (const { target, keys } of (await described.planned()).deleting) {
      const resolved = await resolveTarget({ ...place, session: transaction }, target);
      if (topOf(place.catalog, resolved.table) !== top) continue;
      // how it was cannot be read: whoever looks would wait for this transaction
      if ([resolved.table, ...place.catalog.descendants(resolved.table)].some(({ oid }) => seized.has(oid))) continue;
      const others = keys.filter((key) => lost.keys.get(target.record.id)?.has(key) !== true);
      // others do not see yet what this transaction did
      await using before = await database.read();
      planned += (await countOf(before, resolved, others, io)) - (await countOf(transaction, resolved, others, io));
    }
    if (rows > planned) unplanned.push(shown);
  }
  return unplanned;
}

async function countOf(session: Session, resolved: Resolved, keys: readonly string[], io: IO): Promise<number> {
  let rows = 0;
  for await (const { key } of rowsByKey(session, resolved, keys, io)) if (key !== "") rows += 1;
  return rows;
}

/** The server also counts what a savepoint took back. */
async function wasUndone(transaction: Transaction, { schema, name, deleted }: Growth): Promise<boolean> {
  if (deleted > 0) return false;
  const [row] = await attempt(
    transaction,
    `SELECT (EXISTS (SELECT FROM ONLY ${qualified(schema, name)} AS t WHERE ${WRITTEN_BY_US}))::text`,
    [],
  );
  return row?.[0] === "false";
}

/** Tables (oids) whose rows a deletion may take: the table, those around it, and those that cascades reach. */
function parentsOf({ table, catalog }: Resolved, block: SystemBlock): readonly string[] {
  const reached = waysInto(catalog, block, table).flatMap(({ foreignKey, segment }) =>
    foreignKey.onDelete === "cascade" && segment.records.length === 0 ? [segment.table] : [],
  );
  return [table, ...reached].flatMap((one) =>
    [one, ...catalog.ancestors(one), ...catalog.descendants(one)].map(({ oid }) => oid),
  );
}

async function* writtenIn(erasing: Erasing, trail: Resolved): AsyncGenerator<WrittenRow> {
  const family = new Set([trail.table, ...trail.catalog.descendants(trail.table)].map(({ oid }) => oid));
  for (const grown of erasing.grown.filter(({ oid, root }) => family.has(oid) || family.has(root)))
    for (const row of await ownRowsIn(erasing, trail, grown)) yield { ...row, shown: grown.shown };
}

/**
 * Looked for at the end of the table first: where not all are found there, some took the place of older rows. A row that
 * was there before is none of ours, though a trigger wrote into it: it is somebody's.
 */
async function ownRowsIn(
  { transaction, database, before, io }: Erasing,
  trail: Resolved,
  { oid, schema, name, inserted, updated }: Growth,
): Promise<readonly { state: RowState; belongs: boolean }[]> {
  if (inserted + updated === 0) return [];
  const look = async (from: string) => {
    const bound = binder();
    const belongs = ["true", ...whereTexts(trail.where, bound)].join(" AND ");
    const text = `SELECT ${stateTexts(trail, "t").join(", ")}, (${belongs})::text FROM ONLY ${qualified(schema, name)} AS t WHERE ${from}${WRITTEN_BY_US}`;
    return (await transaction.query(text, bound.values)).map((row) => ({
      state: stateOf(trail, row, io),
      belongs: row.at(-1) === "true",
    }));
  };
  const pages = before.pages.get(oid);
  const last = pages === undefined || pages === 0 ? [] : await look(`t.ctid >= '(${pages - 1},0)'::tid AND `);
  if (pages !== undefined && pages > 0 && updated === 0 && last.length >= inserted) return last;
  const all = await look("");
  if (updated === 0) return all;
  // others do not see yet what this transaction did
  await using others = await database.read();
  const older = new Set<string>();
  for await (const { key } of rowsByKey(
    others,
    trail,
    all.map(({ state }) => state.key),
    io,
  ))
    older.add(key);
  return all.filter(({ state }) => !older.has(state.key));
}
