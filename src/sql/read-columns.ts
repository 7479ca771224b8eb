/** What is read of a row, whichever database keeps it. */
import type { Where } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import type { Target } from "../model/search.ts";
import { changedFields, type ColumnRef, type RowColumn } from "./record-table.ts";
import { columnOf, type NamedColumns } from "./resolve-ref.ts";

/** The record type's own filter and that of the search. */
export function wheresOf({ record, where }: Target): readonly Where[] {
  const all = [record.where, where].filter((one) => one !== undefined);
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** The columns that a record's fingerprint is made of, by name: what finds it, what is told of it, what rules and holds read. */
export function fingerprintColumns<C extends RowColumn>(
  table: NamedColumns<C>,
  { record, changes }: Target,
  refs: readonly { readonly column: { readonly name: string } }[],
  ref: (name: string) => ColumnRef<C>,
): readonly C[] {
  const { fields, documents } = changedFields(changes);
  const found = [...refs.map(({ column }) => column.name), ...Object.keys(fields), ...documents].map((name) =>
    columnOf(table, name, record.id),
  );
  const looked = [
    ...record.holds.map(({ from }) => from),
    ...(record.created === undefined ? [] : [record.created]),
  ].map((name) => ref(name).column);
  return distinct([...found, ...looked]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What says whether a row is marked as deleted, by whomever. */
export function markedColumns<C extends RowColumn>(table: NamedColumns<C>, { record }: Target): readonly C[] {
  const names = record.marker === undefined ? [] : markerColumns(record.marker);
  return names.map((name) => columnOf(table, name, record.id));
}

/** What `minimise` clears: everything but what is named, what holds are reckoned from, and what else stays: keys of every kind. */
export function clearedColumns<C extends RowColumn & { readonly generated: boolean }>(
  { columns }: NamedColumns<C>,
  { record }: Target,
  keepOnly: readonly string[],
  keys: readonly string[],
  ref: (name: string) => ColumnRef<C>,
): readonly C[] {
  const stays = new Set([...keepOnly, ...keys, ...record.holds.map(({ from }) => ref(from).column.name)]);
  return [...columns.values()].filter((column) => !stays.has(column.name) && !column.generated);
}

export function distinct<C extends RowColumn>(columns: readonly C[]): C[] {
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

/** The same table, with the columns of the others read too; they are no part of the fingerprint. */
export function alsoReading<C extends RowColumn, T extends { readonly columns: readonly C[] }>(
  table: T,
  others: readonly T[],
): T {
  return others.length === 0
    ? table
    : { ...table, columns: distinct([...table.columns, ...others.flatMap(({ columns }) => columns)]) };
}
