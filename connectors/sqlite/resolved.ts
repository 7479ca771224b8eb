import { Failure } from "../../src/errors.ts";
import type { Fold, SystemBlock } from "../../src/model/datamap.ts";
import { comparable } from "../../src/model/fold.ts";
import { deletedIn } from "../../src/model/marker.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import type { SearchedTable } from "../../src/sql/locate.ts";
import type { ComparedRef, ComparedTable, Filter } from "../../src/sql/match-row.ts";
import { changedFields, type ColumnRef, comparedFields, type RowState } from "../../src/sql/record-table.ts";
import { clearedColumns, distinct, fingerprintColumns, markedColumns, wheresOf } from "../../src/sql/read-columns.ts";
import { columnOf, resolveRef } from "../../src/sql/resolve-ref.ts";
import type { Catalog, Column, Table } from "./catalog.ts";
import { type Database, quoted, type Row } from "./database.ts";
import { keyOf, rowidIn, textOf, typed } from "./keys.ts";

/** A target with what the catalog says about its names. */
export interface Resolved extends SearchedTable, ComparedTable {
  readonly matches: readonly ComparedRef[];
  readonly catalog: Catalog;
  readonly table: Table;
  readonly filters: readonly Filter[];
  /** Read of every row; the first `fingerprinted` of them go into the fingerprint. */
  readonly columns: readonly Column[];
  readonly fingerprinted: number;
  /** Whether a flag or status says deleted, as its column compares values. Absent: the record type has none. */
  readonly isDeleted: ((values: ReadonlyMap<string, string | null>) => boolean) | undefined;
  columnOf(name: string): Column;
  minimised(keepOnly: readonly string[]): readonly Column[];
}

/** What looking and changing need to know. */
export interface Place {
  readonly database: Database;
  readonly catalog: Catalog;
  readonly block: SystemBlock;
  readonly io: IO;
}

/** Throws TABLE_MISSING or COLUMN_MISSING. */
export function resolveTarget({ catalog }: Place, target: Target): Resolved {
  return resolveOver(catalog, target, catalog.placed(target.record.place, target.record.id));
}

/** The target's names over another record type's table. */
export function resolveOver(catalog: Catalog, target: Target, table: Table): Resolved {
  const { record, changes } = target;
  const { documents } = changedFields(changes);
  if (table.rowid === undefined && table.key.length === 0)
    throw new Failure("ACTION_REFUSED", `${record.id}: rows of ${table.name} cannot be named`);
  const wheres = wheresOf(target);
  const names = [
    ...target.columns.map(({ column }) => column),
    ...target.exports,
    ...wheres.flatMap((one) => Object.keys(one)),
  ];
  const read = { ...table, columns: withJson(table, names, documents) };
  const ref = (name: string): ColumnRef<Column> => resolveRef(read, name, record.id, record.split);
  const compared = (
    { column, path }: ColumnRef<Column>,
    type: Parameters<typeof comparable>[1],
    folds: readonly Fold[],
  ) => {
    const collation = path === undefined ? catalog.collations(table).get(column.name) : undefined;
    return (text: string) => collated(comparable(text, type, folds), collation);
  };
  const matches: ComparedRef[] = target.columns.map((match) => {
    const found = ref(match.column);
    return { ...found, match, comparable: compared(found, match.type, match.fold) };
  });
  const exports = target.exports.map(ref);
  const filters = wheres.flatMap((one) =>
    Object.entries(one).map(([name, values]): Filter => {
      const found = ref(name);
      const same = compared(found, "edge", []);
      return { ...found, comparable: same, wanted: new Set(values.map((value) => same(stored(found.column, value)))) };
    }),
  );
  const fingerprinted = fingerprintColumns(read, target, [...matches, ...exports, ...filters], ref);
  const keys = [
    ...table.key,
    ...table.indexes.flatMap((index) => (index.unique ? index.columns.filter((column) => column !== null) : [])),
    ...foreignColumns(catalog, table),
  ];
  const minimised = (keepOnly: readonly string[]) => clearedColumns(read, target, keepOnly, keys, ref);
  const kept = changes.minimise?.kind === "minimise" ? minimised(changes.minimise.keepOnly) : [];
  return {
    target,
    catalog,
    table,
    matches,
    exports,
    filters,
    narrowings: wheres.flatMap((one) => Object.entries(one).map(([name, values]) => ({ ...ref(name), values }))),
    columns: distinct([...fingerprinted, ...kept, ...markedColumns(read, target)]),
    fingerprinted: fingerprinted.length,
    isDeleted: deletedBy(target, (name) => {
      const found = ref(name);
      const same = compared(found, "edge", []);
      return { same, stored: (value) => same(stored(found.column, value)) };
    }),
    constants: new Map(
      Object.entries(comparedFields(target)).flatMap(([name, rule]) =>
        rule.kind === "set" ? [[name, stored(columnOf(read, name, record.id), String(rule.value))] as const] : [],
      ),
    ),
    columnOf: (name) => columnOf(read, name, record.id),
    arrayText: (items) => JSON.stringify(items),
    minimised,
  };
}

function deletedBy(
  { record }: Target,
  comparedIn: (name: string) => { same(text: string): string; stored(value: string): string },
): Resolved["isDeleted"] {
  const deleted = deletedIn(record.marker);
  if (deleted === undefined) return undefined;
  const { same, stored: storedAs } = comparedIn(deleted.column);
  const wanted = new Set(deleted.values.flatMap((value) => [storedAs(value), same(value)]));
  return (values) => {
    const text = values.get(deleted.column) ?? null;
    return text !== null && wanted.has(same(text));
  };
}

function foreignColumns({ foreignKeys }: Catalog, { name }: Table): readonly string[] {
  return foreignKeys.flatMap(({ child, columns }) => (child.name === name ? columns : []));
}

/** Any column may hold JSON: those in which a name leads further are read so. */
function withJson(
  { columns }: Table,
  names: readonly string[],
  documents: readonly string[],
): ReadonlyMap<string, Column> {
  const isRead = (column: string) =>
    documents.includes(column) ||
    names.some(
      (name) => !columns.has(name) && name.startsWith(column) && [".", "["].includes(name.charAt(column.length)),
    );
  return new Map(
    [...columns].map(([name, column]) => [name, isRead(name) ? { ...column, shape: "json" as const } : column]),
  );
}

/** Texts that a column's collation finds equal are equal. */
export function collated(text: string, collation: string | undefined): string {
  if (collation === "NOCASE") return text.replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase());
  return collation === "RTRIM" ? text.replace(/ +$/u, "") : text;
}

/** A constant as it reads once it is stored in this column. */
export function stored({ affinity }: Column, text: string): string {
  if (affinity !== "number") return text;
  if (text === "true" || text === "false") return text === "true" ? "1" : "0";
  return /^-?\d+\.\d+$/u.test(text) ? String(Number(text)) : text;
}

/** What to select of a row for `stateOf`. */
export function selected({ table, columns }: Resolved): string {
  return [...rowidIn(table, "t"), ...columns.map(readOf)].join(", ");
}

/** A column of `t`; JSON in SQLite's own form as text. */
export function readOf({ name, shape }: Pick<Column, "name" | "shape">): string {
  const column = `t.${quoted(name)}`;
  return shape === "json"
    ? `CASE WHEN typeof(${column}) = 'blob' AND json_valid(${column}, 8) THEN json(${column}) ELSE ${column} END`
    : column;
}

/** The values of a row of `selected` as texts. */
export function valuesOf({ table, columns }: Resolved, row: Row): ReadonlyMap<string, string | null> {
  const first = rowidIn(table, "t").length;
  return new Map(columns.map(({ name }, at) => [name, textOf(row[first + at] ?? null)]));
}

export function stateOf(resolved: Resolved, row: Row, io: IO): RowState {
  const { table, columns, fingerprinted } = resolved;
  const first = rowidIn(table, "t").length;
  const { key, address } = keyOf(table, row, io);
  const prints = columns.slice(0, fingerprinted).flatMap(({ name }, at) => [name, typed(row[first + at] ?? null)]);
  const values = valuesOf(resolved, row);
  const isDeleted = resolved.isDeleted?.(values);
  return {
    key,
    address,
    fingerprint: io.digest([key, ...prints]),
    values,
    ...(isDeleted === undefined ? {} : { isDeleted }),
  };
}
