/** What was removed or changed of a record, and what gives it back whole. */
import type { Change } from "../../../src/model/rule-change.ts";
import { childrenOf, type MemoryDatabase, put, type Row, valuesIn } from "./database.ts";
import { holds } from "./row-change.ts";

interface RemovedRow {
  readonly table: string;
  readonly id: string;
  readonly row: Row;
}

interface ChangedRow {
  readonly table: string;
  readonly id: string;
  /** Columns that differ. */
  readonly before: Row;
  readonly after: Row;
}

export interface WholeImage {
  /** The record itself, then what cascades took with it. */
  readonly removed: readonly RemovedRow[];
  /** The record itself, or rows that lost their reference to it. */
  readonly changed: readonly ChangedRow[];
}

/** `after`: undefined where the record is deleted. */
export function wholeImage(
  database: MemoryDatabase,
  { table, id, row }: RemovedRow,
  after: Row | undefined,
): WholeImage {
  if (after !== undefined) return { removed: [], changed: [changedRow(table, id, row, after)] };
  const removed: RemovedRow[] = [{ table, id, row }];
  const changed: ChangedRow[] = [];
  for (const one of removed)
    for (const { key, id: child, row: theirs } of childrenOf(database, one.table, one.row)) {
      if (removed.some((known) => known.table === key.child && known.id === child)) continue;
      if (key.onDelete === "cascade") removed.push({ table: key.child, id: child, row: theirs });
      if (key.onDelete === "set_null")
        changed.push(changedRow(key.child, child, theirs, { ...theirs, [key.childColumn]: null }));
    }
  return { removed, changed };
}

function changedRow(table: string, id: string, row: Row, after: Row): ChangedRow {
  const names = [...new Set([...Object.keys(row), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(row[name] ?? null) !== JSON.stringify(after[name] ?? null),
  );
  const cells = (of: Row): Row => Object.fromEntries(names.map((name) => [name, of[name] ?? null]));
  return { table, id, before: cells(row), after: cells(after) };
}

export function wholeImageOf(key: string, { images }: Extract<Change, { kind: "restore" }>): WholeImage | undefined {
  const bytes = images.get(key);
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

/** Everything of it is as it was. */
export function isBack({ tables }: MemoryDatabase, { removed, changed }: WholeImage): boolean {
  const rowAt = ({ table, id }: { readonly table: string; readonly id: string }) => tables.get(table)?.get(id);
  return (
    removed.every((one) => JSON.stringify(rowAt(one)) === JSON.stringify(one.row)) &&
    changed.every((one) => {
      const row = rowAt(one);
      return row !== undefined && holds(row, one.before);
    })
  );
}

/** What stands in the way of giving it back; undefined: nothing. `coming`: rows that others will have given back by then. */
export function obstacle(
  database: MemoryDatabase,
  { removed, changed }: WholeImage,
  coming: readonly RemovedRow[],
): string | undefined {
  const mine = [...removed, ...coming];
  for (const { table, id, row } of removed) {
    const there = database.tables.get(table)?.get(id);
    if (there !== undefined && JSON.stringify(there) !== JSON.stringify(row)) return `${table}_pkey`;
    for (const { constraint, column } of database.uniques.filter((one) => one.table === table))
      for (const [other, theirs] of database.tables.get(table) ?? [])
        if (other !== id && valuesIn(row, column).some((value) => valuesIn(theirs, column).includes(value)))
          return constraint;
    for (const key of database.foreignKeys.filter((one) => one.child === table))
      for (const value of valuesIn(row, key.childColumn)) {
        const parents = [...(database.tables.get(key.parent)?.values() ?? [])];
        const back = mine.filter((one) => one.table === key.parent).map((one) => one.row);
        if (![...parents, ...back].some((parent) => valuesIn(parent, key.parentColumn).includes(value)))
          return key.constraint;
      }
  }
  for (const { table, id, before, after } of changed) {
    const row = database.tables.get(table)?.get(id);
    if (row === undefined) return "gone";
    if (!holds(row, before) && !holds(row, after)) return "changed";
  }
  return undefined;
}

export function giveBack(database: MemoryDatabase, { removed, changed }: WholeImage): void {
  for (const { table, id, row } of removed) put(database, table, id, row);
  for (const { table, id, before } of changed) {
    const row = database.tables.get(table)?.get(id);
    if (row === undefined) throw new Error("a row went between lock and write");
    put(database, table, id, { ...row, ...before });
  }
}
