import type { IO } from "../../src/port/connector.ts";
import type { Column, Table } from "./catalog.ts";
import { columnOf } from "./catalog.ts";
import { castTo, textOf } from "./columns.ts";
import type { Row } from "./session.ts";
import { type Binder, equal, EQUALS, type Operator, quoted, texts } from "./sql.ts";

/** A part of what names a row. */
interface KeyPart {
  /** On `alias`. */
  readonly sql: (alias: string) => string;
  readonly text: (alias: string) => string;
  readonly cast: string;
  readonly equals: Operator;
}

/**
 * How the rows of a table are named. With a key: its values as text. Without one: `ctid`, the place in the file, and a
 * digest of the whole row, since a place is used again.
 */
export interface KeySpec {
  readonly parts: readonly KeyPart[];
  readonly byPlace: boolean;
}

export function keySpec(table: Table, record: string): KeySpec {
  const columns = table.key.map((name) => columnOf(table, name, record));
  const byPlace = columns.length === 0;
  const parts = byPlace ? [system("ctid", "tid")] : columns.map(columnPart);
  // neither a place nor, under inheritance, a key is unique over several tables
  if (table.inherited || (byPlace && table.partitioned)) parts.push(system("tableoid", "oid"));
  return { parts, byPlace };
}

function columnPart(column: Column): KeyPart {
  const name = quoted(column.name);
  return {
    sql: (alias) => `${alias}.${name}`,
    text: (alias) => textOf(`${alias}.${name}`, column.type),
    cast: castTo(column.type),
    equals: column.type.equals,
  };
}

function system(name: string, type: string): KeyPart {
  return {
    sql: (alias) => `${alias}.${name}`,
    text: (alias) => `${alias}.${name}::text`,
    cast: `pg_catalog.${quoted(type)}`,
    equals: EQUALS,
  };
}

/** What must be selected to name a row: its parts and, without a key, the whole row. */
export function keyTexts(spec: KeySpec, alias: string): string[] {
  return [...spec.parts.map((part) => part.text(alias)), ...(spec.byPlace ? [`${alias}::text`] : [])];
}

/** The key of a row whose columns from `at` on are `keyTexts`. */
export function keyOf(spec: KeySpec, row: Row, at: number, io: IO): string {
  const parts = spec.parts.map((_, index) => row[at + index] ?? "");
  return JSON.stringify(spec.byPlace ? ["ctid", ...parts, io.digest([row[at + spec.parts.length] ?? null])] : parts);
}

/** The parts of a key as `keyOf` gave it; undefined where it cannot be one of this table. */
export function partsOf(spec: KeySpec, key: string): readonly string[] | undefined {
  const all = texts(key);
  const parts = spec.byPlace ? all.slice(1, -1) : all;
  return parts.length === spec.parts.length ? parts : undefined;
}

/** A row `alias (k0, k1 …)` a key; `more` are columns beside them, a text or null a key. */
export function keyRows(
  spec: KeySpec,
  keys: readonly (readonly string[])[],
  bound: Binder,
  alias: string,
  more: Readonly<Record<string, readonly (string | null)[]>> = {},
): string {
  const parts = spec.parts.map((part, at) => `${bound.bind(keys.map((key) => key[at] ?? ""))}::text[]::${part.cast}[]`);
  const arrays = [...parts, ...Object.values(more).map((texts) => `${bound.bind(texts)}::text[]`)];
  const names = [...spec.parts.map((_, at) => `k${at}`), ...Object.keys(more)];
  return `ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(", ")}) AS ${alias} (${names.join(", ")})`;
}

/** Joins a table's rows with rows of `keyRows`. */
export function sameKey(spec: KeySpec, alias: string, keys: string): string {
  return spec.parts.map((part, at) => equal(part.sql(alias), part.equals, `${keys}.k${at}`)).join(" AND ");
}

export function keyOrder(spec: KeySpec, alias: string): string {
  return spec.parts.map((part) => part.sql(alias)).join(", ");
}
