import { castTo } from "./columns.ts";
import type { Assignments } from "./changes.ts";
import { keyRows, keyOrder, partsOf, sameKey } from "./keys.ts";
import { type Resolved, type RowState, stateOf, stateTexts } from "./resolved.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Session } from "./session.ts";
import { type Binder, binder, qualified, quoted } from "./sql.ts";

/** `wait`: until the lock timeout. `skip`: rows that another transaction holds are left out. `none`: only read. */
export type Locking = "wait" | "skip" | "none";

/** Rows by key, in key order. Where the role may not lock, REPEATABLE READ refuses later what changes meanwhile. */
export async function rowsByKey(
  session: Session,
  resolved: Resolved,
  keys: readonly string[],
  locking: Locking,
  io: IO,
): Promise<ReadonlyMap<string, RowState>> {
  const bound = binder();
  const { table, key } = resolved;
  const lock = locking === "none" || !mayLock(resolved) ? "" : ` FOR UPDATE OF t${locking === "skip" ? " SKIP LOCKED" : ""}`;
  const rows = await session.query(
    `SELECT ${stateTexts(resolved, "t").join(", ")} FROM ${qualified(table.schema, table.name)} AS t JOIN ${keyRows(key, partsOfAll(resolved, keys), bound, "k")} ON ${sameKey(key, "t", "k")} ORDER BY ${keyOrder(key, "t")}${lock}`,
    bound.values,
  );
  return new Map(rows.map((row) => stateOf(resolved, row, io)).map((state) => [state.key, state]));
}

function mayLock({ table }: Resolved): boolean {
  return [...table.columns.values()].some(({ mayUpdate }) => mayUpdate);
}

function partsOfAll({ key }: Resolved, keys: readonly string[]): (readonly string[])[] {
  return keys.flatMap((one) => {
    const parts = partsOf(key, one);
    return parts === undefined ? [] : [parts];
  });
}

export interface Deletion {
  readonly resolved: Resolved;
  readonly keys: readonly string[];
}

/**
 * Deletes these rows in one statement, so that tables that reference each other go together. How many each table lost. A
 * single table's is a plain DELETE, whose count also tells what a rule swallowed.
 */
export async function deleteRows(session: Session, deletions: readonly Deletion[]): Promise<readonly number[]> {
  const bound = binder();
  const [first, ...more] = deletions;
  if (first === undefined) return [];
  if (more.length === 0) return [await session.change(deleteText(first, bound), bound.values)];
  const parts = deletions.map((deletion, at) => `d${at} AS (${deleteText(deletion, bound)} RETURNING 1)`);
  const counts = deletions.map((_, at) => `(SELECT count(*)::text FROM d${at})`);
  const [row] = await session.query(`WITH ${parts.join(", ")} SELECT ${counts.join(", ")}`, bound.values);
  return deletions.map((_, at) => Number(row?.[at] ?? 0));
}

function deleteText({ resolved, keys }: Deletion, bound: Binder): string {
  const { table, key } = resolved;
  return `DELETE FROM ${qualified(table.schema, table.name)} AS t USING ${keyRows(key, partsOfAll(resolved, keys), bound, "k")} WHERE ${sameKey(key, "t", "k")}`;
}

/** Sets columns of rows, by key: each row its own values, and only the columns that its assignments name. */
export async function updateRows(session: Session, resolved: Resolved, rows: ReadonlyMap<string, Assignments>): Promise<number> {
  const bound = binder();
  const { table, key } = resolved;
  const names = [...new Set([...rows.values()].flatMap((assignments) => [...assignments.keys()]))];
  const columns = names.flatMap((name) => {
    const column = table.columns.get(name);
    return column === undefined ? [] : [column];
  });
  const all = [...rows.values()];
  const more = Object.fromEntries(
    columns.flatMap(({ name }, at) => [
      [`v${at}`, all.map((assignments) => assignments.get(name) ?? null)],
      [`f${at}`, all.map((assignments) => String(assignments.has(name)))],
    ]),
  );
  const source = keyRows(key, partsOfAll(resolved, [...rows.keys()]), bound, "k", more);
  const sets = columns.map((column, at) => {
    const name = quoted(column.name);
    return `${name} = CASE WHEN k.f${at} = 'true' THEN k.v${at}::${castTo(column.type)} ELSE t.${name} END`;
  });
  return await session.change(
    `UPDATE ${qualified(table.schema, table.name)} AS t SET ${sets.join(", ")} FROM ${source} WHERE ${sameKey(key, "t", "k")}`,
    bound.values,
  );
}
