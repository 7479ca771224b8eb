import type { SQLInputValue } from "node:sqlite";
import type { IO } from "../../src/port/connector.ts";
import { texts } from "../../src/sql/record-table.ts";
import type { Table } from "./catalog.ts";
import { quoted, type Row, type Value } from "./database.ts";

/** A value as text: what rules and people see. */
export function textOf(value: Value): string | null {
  if (value === null) return null;
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString("hex")}'` : String(value);
}

/** A value as text that also tells its type: `7`, `'7`, `~7`, `x'07`, and `-` for NULL. */
export function typed(value: Value): string {
  if (value === null) return "-";
  if (typeof value === "string") return `'${value}`;
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" ? `~${value}` : `x'${Buffer.from(value).toString("hex")}`;
}

function untyped(text: string): SQLInputValue {
  if (text.startsWith("'")) return text.slice(1);
  if (text.startsWith("x'")) return Buffer.from(text.slice(2), "hex");
  if (text.startsWith("~")) return Number(text.slice(1));
  return text === "-" ? null : BigInt(text);
}

/**
 * What is selected to name a row: its key's columns, and, where these can be NULL or there are none, its number and all
 * its columns: a number is given to other rows later, so the row's content belongs to its name.
 */
export function rowidIn(table: Table, alias: string): readonly string[] {
  const key = table.key.map((name) => `${alias}.${quoted(name)}`);
  return isFirm(table)
    ? key
    : [...key, `${alias}.${table.rowid ?? ""}`, ...[...table.columns.keys()].map((name) => `${alias}.${quoted(name)}`)];
}

function isFirm({ key, columns, rowid }: Table): boolean {
  return rowid === undefined || (key.length > 0 && key.every((name) => columns.get(name)?.notNull === true));
}

/** Key and address of a row whose first columns are `rowidIn`. */
export function keyOf(table: Table, row: Row, io: IO): { readonly key: string; readonly address: string } {
  const name = nameIn(table, row);
  const content = row.slice(table.key.length + 1, table.key.length + 1 + table.columns.size).map(typed);
  return {
    key: JSON.stringify(name[0] === "rowid" ? [...name, io.digest(content)] : name),
    address: addressOf(table, name),
  };
}

/** What names a row whose first columns are its key's, and then its number. */
export function nameIn(table: Table, row: Row): readonly string[] {
  const parts = row.slice(0, table.key.length);
  return isFirm(table) || (parts.length > 0 && parts.every(isUnmistakable))
    ? parts.map(typed)
    : ["rowid", String(row[parts.length])];
}

export function addressOf({ schema, name }: Table, named: readonly string[]): string {
  return JSON.stringify([schema, name, ...named]);
}

/** The address of the row of a key. */
export function addressIn(table: Table, key: string): string {
  const parts = texts(key);
  return addressOf(table, parts[0] === "rowid" ? parts.slice(0, 2) : parts);
}

/** NULL names no row, and a text that is no text (bytes of no character) is not read as it is stored. */
function isUnmistakable(value: Value): boolean {
  return value !== null && !(typeof value === "string" && (value.includes("\0") || value.includes("\uFFFD")));
}

/** How the row of a key is found: SQL on `t` and its values; undefined where it can be no key of this table. */
export function byKey(
  table: Table,
  key: string,
): { readonly where: string; readonly values: readonly SQLInputValue[] } | undefined {
  let parts: readonly string[];
  try {
    parts = texts(key);
  } catch {
    return undefined;
  }
  if (parts[0] === "rowid")
    return table.rowid === undefined ? undefined : { where: `t.${table.rowid} = ?`, values: [BigInt(parts[1] ?? "0")] };
  if (parts.length !== table.key.length || parts.length === 0) return undefined;
  return { where: table.key.map((name) => `t.${quoted(name)} = ?`).join(" AND "), values: parts.map(untyped) };
}
