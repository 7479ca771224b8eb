/** What the stores of this folder need of a database: one SQL text, in which SQLite and PostgreSQL agree. */
import { Failure } from "../errors.ts";
import type { Json } from "../model/json.ts";
import type { Dialect } from "./schema.ts";

export type SqlValue = string | number | Uint8Array | null;

export type Row = Readonly<Record<string, unknown>>;

/** Statements with `?` for each value. Integers come as numbers. */
export interface Sql {
  all(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Rows that were changed. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
  /** What stands in a statement for now: milliseconds since 1970, by the database's own clock. */
  readonly clock: string;
}

/** One transaction. */
export interface SqlTransaction extends Sql {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface Database extends AsyncDisposable {
  /** For messages: the file, or the secret's name. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Of the tables: 0 where there are none yet. */
  version(sql: Sql): Promise<number>;
  setVersion(sql: Sql, version: number): Promise<void>;
  /** One write transaction at a time, whoever opens it, on any machine. Throws BUSY where another one does not end. */
  begin(): Promise<SqlTransaction>;
  /** Sees what is committed. */
  readonly read: Sql;
  /** Removes what deleted rows leave behind for a while. False: it could not be done just now. */
  cut(): Promise<boolean>;
}

export async function one(sql: Sql, text: string, values: readonly SqlValue[] = []): Promise<Row | undefined> {
  const [row] = await sql.all(text, values);
  return row;
}

/** The next number of a named sequence, from 1. Call inside a transaction. */
export async function nextNumber(sql: Sql, name: string): Promise<number> {
  const row = await one(
    sql,
    "insert into counter (name, value) values (?, 1) on conflict (name) do update set value = counter.value + 1 returning value",
    [name],
  );
  return integer(row ?? {}, "value");
}

/** One text column of a row we wrote ourselves. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Failure("STATE_UNREADABLE", `the state database has no text in "${column}"`);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number")
    throw new Failure("STATE_UNREADABLE", `the state database has no number in "${column}"`);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array))
    throw new Failure("STATE_UNREADABLE", `the state database has no bytes in "${column}"`);
  return value;
}

/**
 * What `JSON.stringify` of a `T` left in a row that only this folder writes. The one place where stored text is taken at
 * its word: every writer is typed, and the schema version says which types.
 */
export function stored<T>(json: string): T {
  const value: T = JSON.parse(json);
  return value;
}

export function toStored(value: object | Json): string {
  return JSON.stringify(value);
}
