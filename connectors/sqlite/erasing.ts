/** One transaction of an erasure. From its begin on nobody else can write to the file: no row is ever locked by others. */
import { randomUUID } from "node:crypto";
import type { SQLInputValue } from "node:sqlite";
import { assertedOf } from "../../src/sql/asserted.ts";
import type { Assignments } from "../../src/sql/changes.ts";
import { goesOn, referencingOf } from "../../src/sql/cascades.ts";
import type { BatchTables, Referencing, SqlBatch } from "../../src/sql/dialect.ts";
import { decidingColumns, declaredIn, peoplesIn } from "../../src/sql/declared.ts";
import { isIgnored } from "../../src/sql/findings.ts";
import { passes } from "../../src/sql/match-row.ts";
import { ownRowsOf, type WrittenRow } from "../../src/sql/own-rows.ts";
import type { Hits, RowState } from "../../src/sql/record-table.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import type { Column, Table } from "./catalog.ts";
import { type Database, quoted } from "./database.ts";
import type { Effect } from "./effects.ts";
import { figuresIn } from "./figures.ts";
import { addressOf, byKey, nameIn } from "./keys.ts";
import { lookOf } from "./look.ts";
import { walkReferences, waysInto } from "./references.ts";
import { obstaclesTo, putBackRows, rewriteRows, wholeRows } from "./whole-rows.ts";
import { type Place, type Resolved, selected, stateOf, stored } from "./resolved.ts";

/** A table that triggers may write to: a trigger of our own, in memory, writes down which rows they did. */
interface Watched {
  readonly name: string;
  /** undefined: a virtual table, on which nothing can be watched. */
  readonly table: Table | undefined;
  /** Where it is written down. */
  readonly log: string;
}

/** What a unit's transactions share. */
export interface Erasing extends Place {
  readonly works: readonly Resolved[];
  readonly watched: readonly Watched[];
  readonly onePiece: boolean;
  /** Addresses of the rows that the plan deletes in the whole system. */
  readonly planned: ReadonlySet<string>;
  /** Of those that it changes. */
  readonly changing: ReadonlySet<string>;
  /** Of those that a law wants kept: which of their columns. */
  readonly keeping: ReadonlyMap<string, "all" | ReadonlySet<string>>;
}

const MADE =
  "SELECT type, name FROM temp.sqlite_schema WHERE type IN ('table', 'trigger') AND name LIKE 'expunge\\_wrote\\_%' ESCAPE '\\' ORDER BY type DESC";

/** Watches every table that triggers may write to. */
export function watch({ database, catalog, block }: Place, effects: readonly Effect[]): readonly Watched[] {
  // a trigger stands on the table that it watches, and does not go with the one that it writes to
  for (const [type, name] of database.all(MADE))
    database.exec(`DROP ${type === "trigger" ? "TRIGGER" : "TABLE"} temp.${quoted(String(name))}`);
  const names = [...new Set(effects.map(({ table }) => table))];
  return names.map((name, at): Watched => {
    const table = catalog.tables.get(name);
    const log = `expunge_wrote_${at}`;
    if (table === undefined || table.kind === "virtual") return { name, table: undefined, log };
    const parts = loggedOf(table);
    const columns = parts.map((_, index) => `k${index}`);
    const deciding = decidingColumns(block, catalog.recordsOver(table));
    database.exec(`CREATE TEMP TABLE ${log} (verb, ${columns.join(", ")}, changed, followed)`);
    for (const [verb, row, changed] of [
      ["insert", "new", "'', ''"],
      ["update", "new", changedTexts(table, "old", deciding.union(new Set(table.key)))],
      ["delete", "old", "'', ''"],
    ] as const)
      database.exec(
        `CREATE TEMP TRIGGER ${log}_${verb} AFTER ${verb} ON main.${quoted(name)} BEGIN INSERT INTO ${log} VALUES ('${verb}', ${parts.map((part) => `${row}.${part}`).join(", ")}, ${changed}); END`,
      );
    if ([table.sql, ...catalog.triggers.map(({ sql }) => sql)].some((sql) => /\breplace\b/iu.test(sql)))
      watchReplacing(database, table, log, deciding);
    return { name, table, log };
  });
}

/** A row that REPLACE puts another in the place of goes without a word, and no trigger fires: whoever stands in the way of a new row is written down before. */
function watchReplacing(database: Database, table: Table, log: string, deciding: ReadonlySet<string>): void {
  const { key, rowid, indexes, name } = table;
  const unique = [
    ...(key.length > 0 ? [key] : []),
    ...indexes.flatMap((index) => (index.unique ? [index.columns.filter((column) => column !== null)] : [])),
  ].map((columns) => columns.map(quoted));
  const same = [...unique, ...(rowid === undefined ? [] : [[rowid]])]
    .filter((columns) => columns.length > 0)
    .map((columns) => columns.map((column) => `t.${column} = new.${column}`).join(" AND "));
  const parts = loggedOf(table).map((part) => `t.${part}`);
  const itself = identityOf(table).map((part) => `t.${part} IS old.${part}`);
  for (const [verb, others] of [
    ["insert", ""],
    ["update", ` AND NOT (${itself.join(" AND ")})`],
  ] as const)
    database.exec(
      `CREATE TEMP TRIGGER ${log}_before_${verb} BEFORE ${verb} ON main.${quoted(name)} BEGIN INSERT INTO ${log} SELECT 'displace', ${parts.join(", ")}, ${changedTexts(table, "t", deciding)} FROM main.${quoted(name)} AS t WHERE (${same.join(" OR ")})${others}; END`,
    );
}

/** Columns in which a row differs from `new`, each on a line: those that may not simply follow with the deciding ones, and the others. */
function changedTexts({ columns }: Table, before: "old" | "t", deciding: ReadonlySet<string>): string {
  const text = (some: readonly Column[]) =>
    some.length === 0
      ? "''"
      : some
          .map(
            ({ name }) =>
              `CASE WHEN ${before}.${quoted(name)} IS NOT new.${quoted(name)} COLLATE BINARY THEN '${name.replaceAll("'", "''")}' || char(10) ELSE '' END`,
          )
          .join(" || ");
  const compared = [...columns.values()].filter(({ generated }) => !generated);
  const follows = (column: Column) => mayFollow(column) && !deciding.has(column.name);
  return `${text(compared.filter((column) => !follows(column)))}, ${text(compared.filter(follows))}`;
}

/** Numbers and times: counters and clocks that triggers keep. */
function mayFollow({ affinity, declared, isDate }: Column): boolean {
  return isDate || (affinity === "number" && !/bool/iu.test(declared));
}

/** What tells a row from every other one now. */
function identityOf({ key, rowid }: Table): readonly string[] {
  return rowid === undefined ? key.map(quoted) : [rowid];
}

/** Its key, and its number where it has one. */
function loggedOf({ key, rowid }: Table): readonly string[] {
  return [...key.map(quoted), ...(rowid === undefined ? [] : [rowid])];
}

export async function beginErasing(
  erasing: Erasing,
  { trails, figures = false }: BatchTables<Resolved>,
): Promise<SqlBatch<Resolved>> {
  const { database, catalog, watched, block, io } = erasing;
  await database.patiently("BEGIN IMMEDIATE");
  let before: readonly (string | null)[] = [];
  try {
    if (database.version() !== catalog.version) throw new Refusal("schema_changed", { whole: true });
    if (erasing.onePiece) database.exec("PRAGMA defer_foreign_keys = ON");
    for (const { table, log } of watched) if (table !== undefined) database.exec(`DELETE FROM temp.${log}`);
    if (figures) before = figuresIn(database, block);
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  const look = lookOf(erasing);
  const id = randomUUID();
  const taken = new Set<string>();
  return {
    async rows(table, keys) {
      return {
        states: new Map((await Array.fromAsync(look.ofKeys(table, keys))).map((state) => [state.key, state])),
        busy: new Set(),
      };
    },
    async moved(table, key, lookups) {
      // a key with bytes of no character, and no number beside it, finds nothing, and its row may well be there
      const isMistakable = table.table.rowid === undefined && key.includes("\uFFFD");
      if (!isMistakable && !key.startsWith('["rowid",')) return false;
      for await (const { state } of look.matching(table, lookups))
        if (isMistakable === (state.key === key)) return true;
      return false;
    },
    async hits(table, keys, lookups) {
      const all = new Map<string, ReadonlyMap<number, Hits>>();
      for await (const { state, hits } of look.matching(table, lookups, keys)) all.set(state.key, hits);
      return all;
    },
    referencing: async (table, keys) => await referencing(erasing, table, keys, taken),
    update: async (table, rows) => await Promise.resolve(updateRows(database, table, rows)),
    remove: async (deletions) => await Promise.resolve(deleteRows(database, deletions)),
    whole: async (addresses) => await Promise.resolve(wholeRows(erasing, addresses)),
    inTheWay: async (rows) => await Promise.resolve(obstaclesTo(erasing, rows)),
    async putBack(rows) {
      for (const { at } of rows) taken.add(at);
      putBackRows(erasing, rows);
      await Promise.resolve();
    },
    async rewrite(rows, past) {
      for (const { at } of rows) taken.add(at);
      // SQLite has no way past a trigger that leaves it in place
      if (!past) rewriteRows(erasing, rows);
      await Promise.resolve();
    },
    settle: async () => await Promise.resolve(settle(erasing, taken)),
    ownRows: async () => await ownRowsOf(trails, (trail) => writtenIn(erasing, trail)),
    async asserted() {
      return await Promise.resolve(figures ? assertedOf(block, before, figuresIn(database, block), io) : []);
    },
    // SQLite keeps no account of its transactions: this only tells one note from another
    id: async () => await Promise.resolve(id),
    commit: async () => await database.patiently("COMMIT"),
    async [Symbol.asyncDispose]() {
      if (database.inTransaction) database.exec("ROLLBACK");
      await Promise.resolve();
    },
  };
}

async function referencing(
  erasing: Erasing,
  { table }: Resolved,
  keys: readonly string[],
  taken: Set<string>,
): Promise<readonly Referencing[]> {
  const found = await Array.fromAsync(walkReferences(erasing, { table }, keys));
  for (const { foreignKey, segment, address } of found) if (goesOn(foreignKey, segment)) taken.add(address);
  return found.map((reference) => referencingOf(reference, erasing.block));
}

/** Sets columns of rows, by key: each row its own values, and only the columns that its assignments name. */
function updateRows(database: Database, { table, columnOf }: Resolved, rows: ReadonlyMap<string, Assignments>): number {
  // a row that has the value already would be deleted
  const verb = /\bon\s+conflict\s+replace\b/iu.test(table.sql) ? "UPDATE OR ABORT" : "UPDATE";
  let changed = 0;
  for (const [key, assignments] of rows) {
    const by = byKey(table, key);
    if (by === undefined) continue;
    const values: SQLInputValue[] = [];
    const sets = [...assignments].map(([name, text]) => {
      const column = columnOf(name);
      values.push(text === null ? null : stored(column, text));
      // a document that is kept in SQLite's own form stays in it
      const isBlob = `typeof(${quoted(name)}) = 'blob'`;
      return `${quoted(name)} = ${column.shape === "json" && text !== null ? `CASE WHEN ${isBlob} THEN jsonb(?${values.length}) ELSE ?${values.length} END` : `?${values.length}`}`;
    });
    const text = `${verb} main.${quoted(table.name)} AS t SET ${sets.join(", ")} WHERE ${numbered(by.where, values.length)}`;
    changed += database.change(text, [...values, ...by.values]);
  }
  return changed;
}

/** `?` as `?4`, `?5` … */
function numbered(where: string, after: number): string {
  let at = after;
  return where.replaceAll("= ?", () => `= ?${(at += 1)}`);
}

interface Deletion {
  readonly table: Resolved;
  readonly keys: readonly string[];
}

/**
 * SQLite deletes from one table at a time. A row that went with another of these rows, by a cascade, went by our own
 * statements too: where they did not change as many as they were to, those that are still there are counted.
 */
function deleteRows(database: Database, deletions: readonly Deletion[]): readonly number[] {
  const rows = deletions.map(({ table: { table }, keys }) =>
    keys.flatMap((key) => byKey(table, key) ?? []).map((by) => ({ ...by, name: `main.${quoted(table.name)} AS t` })),
  );
  const changed = rows.map((some) =>
    some.reduce(
      (sum, { name, where, values }) => sum + database.change(`DELETE FROM ${name} WHERE ${where}`, values),
      0,
    ),
  );
  return rows.map((some, at) =>
    changed[at] === some.length
      ? some.length
      : some.filter(
          ({ name, where, values }) => database.all(`SELECT 1 FROM ${name} WHERE ${where}`, values).length === 0,
        ).length,
  );
}

/** Tables that triggers wrote to though nobody declared it. Throws `Refusal` where they deleted rows that no plan names. */
function settle(erasing: Erasing, taken: ReadonlySet<string>): readonly string[] {
  const { database, block, planned, watched } = erasing;
  const names = strangers(erasing);
  const losing = watched.filter(({ name, table, log }) => {
    if (table === undefined || names.length > 0 || isIgnored(block, { schema: "main", name, shown: name }))
      return false;
    const columns = loggedOf(table).map((_, at) => `k${at}`);
    const added = addedIn(database, { table, log });
    return database
      .all(`SELECT ${columns.join(", ")} FROM temp.${log} AS l WHERE ${wentBy(erasing, table)}`)
      .some((row) => {
        const address = addressOf(table, nameIn(table, row));
        return ![planned, taken, added].some((known) => known.has(address));
      });
  });
  if (losing.length > 0) throw new Refusal(`UNPLANNED ${losing.map(({ name }) => name).join(", ")}`);
  const altered = names.length > 0 ? [] : alteredColumns(erasing, taken);
  if (altered.length > 0) throw new Refusal(`ALTERED ${altered.join(", ")}`);
  return names;
}

/** Addresses of rows that this transaction put in where none stood: in a trail they are changed, or go, at once. */
function addedIn(
  database: Database,
  { table, log }: { readonly table: Table; readonly log: string },
): ReadonlySet<string> {
  const columns = loggedOf(table).map((_, at) => `k${at}`);
  const first = new Map<string, unknown>();
  for (const row of database.all(`SELECT ${columns.join(", ")}, verb FROM temp.${log} ORDER BY rowid`)) {
    const address = addressOf(table, nameIn(table, row));
    if (!first.has(address)) first.set(address, row.at(-1));
  }
  return new Set([...first].flatMap(([address, verb]) => (verb === "insert" ? [address] : [])));
}

/** Columns of record types' tables in which triggers changed rows that no plan names, and that the map does not ignore. */
function alteredColumns(
  { database, catalog, block, planned, changing, keeping, watched }: Erasing,
  taken: ReadonlySet<string>,
): readonly string[] {
  const arePeoples = peoplesIn(block);
  const altered = watched.flatMap(({ name, table, log }) => {
    if (table === undefined || !arePeoples({ schema: "main", name, shown: name }, catalog.recordsOver(table)))
      return [];
    const columns = loggedOf(table).map((_, at) => `k${at}`);
    const added = addedIn(database, { table, log });
    return database
      .all(`SELECT ${columns.join(", ")}, changed, followed FROM temp.${log} WHERE changed || followed <> ''`)
      .flatMap((row) => {
        const address = addressOf(table, nameIn(table, row));
        const [changed = [], followed = []] = row.slice(-2).map((text) => String(text).split("\n").filter(Boolean));
        const kept = keeping.get(address);
        if (kept === "all")
          return [...changed, ...followed.filter((name) => table.columns.get(name)?.isDate === false)];
        if (kept !== undefined) return [...changed, ...followed].filter((name) => kept.has(name));
        return [planned, changing, taken, added].some((known) => known.has(address)) ? [] : changed;
      })
      .map((column) => `${name}.${column}`);
  });
  return [...new Set(altered)].filter((name) => !isIgnored(block, { schema: "main", name, shown: name })).toSorted();
}

/** Rows written down that were deleted, or that REPLACE put another in the place of. One with the same key is the row still, unless what references it went. */
function wentBy({ catalog }: Erasing, table: Table): string {
  const names = table.key.length > 0 ? table.key.map(quoted) : [table.rowid ?? ""];
  const from = table.key.length > 0 ? 0 : loggedOf(table).length - 1;
  const same = names.map((name, at) => `t.${name} IS l.k${from + at}`).join(" AND ");
  const isLeft = catalog.into(table).every(({ onDelete }) => ["no_action", "restrict"].includes(onDelete))
    ? ` AND NOT EXISTS (SELECT 1 FROM main.${quoted(table.name)} AS t WHERE ${same})`
    : "";
  return `l.verb = 'delete' OR (l.verb = 'displace'${isLeft})`;
}

/** Tables that triggers wrote to though nobody declared it. */
function strangers({ database, catalog, block, works, watched }: Erasing): readonly string[] {
  const declared = declaredIn(block);
  const mine = new Set(works.map(({ table }) => table.name));
  const reached = new Set(
    works.flatMap(({ table }) => waysInto(catalog, table).map(({ segment }) => segment.table.name)),
  );
  return watched.flatMap(({ name, table, log }) => {
    if (mine.has(name) || catalog.fullTexts.some((one) => one.table.name === name && one.content !== undefined))
      return [];
    const [counts] =
      table === undefined
        ? [[1n, 1n]]
        : database.all(
            `SELECT count(*), count(*) FILTER (WHERE verb = 'insert') FROM temp.${log} WHERE verb <> 'displace'`,
          );
    if (counts?.[0] === 0n) return [];
    const records = table === undefined ? [] : catalog.recordsOver(table);
    const write = { records, inserted: counts?.[1] !== 0n, reached: reached.has(name) };
    return declared({ schema: "main", name, shown: name }, write) ? [] : [name];
  });
}

function* writtenIn({ database, io, watched }: Erasing, trail: Resolved): Generator<WrittenRow> {
  const one = watched.find(({ name }) => name === trail.table.name);
  if (one?.table === undefined) return;
  const parts = loggedOf(one.table);
  // its number alone where it has one
  const from = one.table.rowid === undefined ? 0 : parts.length - 1;
  const [mine, theirs] = [
    parts.slice(from).map((part) => `t.${part}`),
    parts.slice(from).map((_, at) => `k${from + at}`),
  ];
  // a row that was there before is none of ours, though a trigger wrote into it: it is somebody's
  const written = `(${mine.join(", ")}) IN (SELECT ${theirs.join(", ")} FROM temp.${one.log} WHERE verb = 'insert')`;
  for (const row of database.all(
    `SELECT ${selected(trail)} FROM main.${quoted(trail.table.name)} AS t WHERE ${written}`,
  )) {
    const state: RowState = stateOf(trail, row, io);
    yield { state, belongs: passes(trail.filters, state), shown: trail.table.name };
  }
}
