/** A database in memory: tables of rows, foreign keys, transactions that happen whole or not at all. */
import { randomUUID } from "node:crypto";
import { Failure } from "../../../src/errors.ts";

/** Text, NULL, or a list of texts. */
export type Cell = string | null | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

export interface ForeignKey {
  readonly constraint: string;
  readonly child: string;
  readonly childColumn: string;
  readonly parent: string;
  readonly parentColumn: string;
  readonly onDelete: "restrict" | "cascade" | "set_null";
}

export interface MemoryDatabase {
  /** A place that leads elsewhere has another one. */
  name: string;
  /** table -> primary key -> row. */
  readonly tables: Map<string, Map<string, Row>>;
  readonly foreignKeys: ForeignKey[];
  /** Columns of which no two rows hold the same value; only what is given back is held to them. */
  readonly uniques: { readonly constraint: string; readonly table: string; readonly column: string }[];
  /** Transactions that were committed, as a server remembers them. */
  readonly committed: Set<string>;
  /** What was deleted or changed, `table key`, in order. For tests. */
  readonly written: string[];
  /** While it is set, every look and every write ends in an error with this text, as a driver's that quotes a row. */
  trouble: string | undefined;
  nextTransaction(): string;
}

/** Rows come with the column that is their primary key; foreign keys are those given. */
export function memoryDatabase(
  tables: Readonly<Record<string, readonly Row[]>> = {},
  foreignKeys: readonly ForeignKey[] = [],
): MemoryDatabase {
  let transactions = 0;
  const database: MemoryDatabase = {
    name: randomUUID(),
    tables: new Map(),
    foreignKeys: [...foreignKeys],
    uniques: [],
    committed: new Set(),
    written: [],
    trouble: undefined,
    nextTransaction: () => `t${(transactions += 1)}`,
  };
  for (const [table, rows] of Object.entries(tables)) fill(database, table, rows);
  return database;
}

/** The table holds these rows and no others. Each has a primary key `id`. */
export function fill(database: MemoryDatabase, table: string, rows: Iterable<Row>): void {
  const made = new Map<string, Row>();
  for (const row of rows) {
    const { id } = row;
    if (typeof id !== "string" || made.has(id)) throw new Error(`a row of ${table} has no primary key of its own`);
    made.set(id, row);
  }
  database.tables.set(table, made);
}

/** Writes one row, new or changed. */
export function put(database: MemoryDatabase, table: string, id: string, row: Row): void {
  const rows = rowsOf(database, table);
  rows.set(id, row);
  for (const [column, index] of INDEXES.get(rows) ?? [])
    for (const value of valuesIn(row, column)) addTo(index, value, id);
}

/** By table and column: ids of rows that hold a value there, or once did. Whoever asks looks at the row as well. */
const INDEXES = new WeakMap<ReadonlyMap<string, Row>, Map<string, Map<string, Set<string>>>>();

/** Ids of rows that may hold one of these values; made at the first question, as a server's index is there before it. */
export function* idsWith(rows: ReadonlyMap<string, Row>, column: string, values: Iterable<string>): Generator<string> {
  const columns = INDEXES.get(rows) ?? new Map<string, Map<string, Set<string>>>();
  INDEXES.set(rows, columns);
  let index = columns.get(column);
  if (index === undefined) {
    index = new Map();
    columns.set(column, index);
    for (const [id, row] of rows) for (const value of valuesIn(row, column)) addTo(index, value, id);
  }
  for (const value of values) yield* index.get(value) ?? [];
}

function addTo(index: Map<string, Set<string>>, value: string, id: string): void {
  const known = index.get(value);
  if (known === undefined) index.set(value, new Set([id]));
  else known.add(id);
}

/** The cell's values: none for NULL or a column that the row does not have. */
export function valuesIn(row: Row, column: string): readonly string[] {
  const cell = Object.hasOwn(row, column) ? row[column] : undefined;
  return cell === undefined || cell === null ? [] : typeof cell === "string" ? [cell] : cell;
}

/** The rows of a table. Throws SYSTEM_UNREACHABLE while there is trouble, TABLE_MISSING. */
export function rowsOf({ tables, trouble }: MemoryDatabase, table: string): Map<string, Row> {
  // what the driver says quotes rows: it is dropped here
  if (trouble !== undefined) throw new Failure("SYSTEM_UNREACHABLE", "the tables in memory cannot be read");
  const rows = tables.get(table);
  if (rows === undefined) throw new Failure("TABLE_MISSING", `there is no table ${table}`);
  return rows;
}

export interface Child {
  readonly key: ForeignKey;
  readonly id: string;
  readonly row: Row;
}

/** Rows that reference this one, as things stand now. */
export function childrenOf(database: MemoryDatabase, table: string, row: Row): readonly Child[] {
  return database.foreignKeys.flatMap((key) => {
    const rows = key.parent === table ? database.tables.get(key.child) : undefined;
    if (rows === undefined) return [];
    const values = new Set(valuesIn(row, key.parentColumn));
    return [...new Set(idsWith(rows, key.childColumn, values))].flatMap((id): Child[] => {
      const child = rows.get(id);
      return child !== undefined && valuesIn(child, key.childColumn).some((value) => values.has(value))
        ? [{ key, id, row: child }]
        : [];
    });
  });
}
