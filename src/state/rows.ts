import { Failure } from "../errors.ts";
import type { Json } from "../model/json.ts";

/** One text column of a row we wrote ourselves. */
export function text(row: Record<string, unknown>, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Failure("STATE_UNREADABLE", `the state database has no text in "${column}"`);
  return value;
}

export function bytes(row: Record<string, unknown>, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Failure("STATE_UNREADABLE", `the state database has no bytes in "${column}"`);
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
