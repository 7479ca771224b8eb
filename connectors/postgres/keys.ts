import type { IO } from "../../src/port/connector.ts";
import { texts } from "../../src/sql/record-table.ts";
import { columnOf } from "../../src/sql/resolve-ref.ts";
import type { Catalog, Column, Table } from "./catalog.ts";
import { castTo, textOf } from "./columns.ts";
import { type Binder, equal, EQUALS, literal, type Operator, qualified, quoted } from "./sql.ts";
import type { Row } from "./transaction.ts";

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
  /** The row's address in the system, as JSON text: the same whichever table of its family it was found through. */
  readonly address: (alias: string) => string;
}

export function keySpec(catalog: Catalog, table: Table): KeySpec {
  const columns = catalog.keyOf(table).map((name) => columnOf(table, name, table.shown));
  const byPlace = columns.length === 0;
  const parts = byPlace ? [system("ctid", "tid")] : columns.map(columnPart);
  const below = catalog.descendants(table);
  // a place is not unique over several tables, nor a key over those that inherit
  if (below.length > 0 && (byPlace || table.kind !== "p")) parts.push(system("tableoid", "oid"));
  return { parts, byPlace, address: (alias) => addressText(catalog, table, below.length > 0, alias) };
}

function addressText(catalog: Catalog, table: Table, hasTablesBelow: boolean, alias: string): string {
  const columns = catalog.familyKey(table).flatMap((name) => table.columns.get(name) ?? []);
  const parts =
    columns.length === 0
      ? [literal("ctid"), `${alias}.ctid::text`]
      : columns.map(({ name, type }) => textOf(`${alias}.${quoted(name)}`, type));
  const place = hasTablesBelow
    ? // under names that no alias bears: what is asked about stands outside
      `(SELECT ARRAY[own_schema.nspname::text, own_table.relname::text] FROM pg_catalog.pg_class own_table JOIN pg_catalog.pg_namespace own_schema ON own_schema.oid = own_table.relnamespace WHERE own_table.oid = ${alias}.tableoid)`
    : `ARRAY[${literal(table.schema)}, ${literal(table.name)}]::text[]`;
  return `pg_catalog.to_json(${place} || ARRAY[${parts.join(", ")}]::text[])::text`;
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
    cast: qualified("pg_catalog", type),
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
function partsOf(spec: KeySpec, key: string): readonly string[] | undefined {
  let all: readonly string[];
  try {
    all = texts(key);
  } catch {
    return undefined;
  }
  const parts = spec.byPlace ? all.slice(1, -1) : all;
  return parts.length === spec.parts.length && (!spec.byPlace || all[0] === "ctid") ? parts : undefined;
}

/** The keys that can be keys of this table. */
export function ofTable(spec: KeySpec, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => partsOf(spec, key) !== undefined);
}

/** A row `alias (k0, k1 …)` of texts a key (of those that can be of this table, in order); `more` are columns beside them. */
export function keyRows(
  spec: KeySpec,
  keys: readonly string[],
  bound: Binder,
  alias: string,
  more: Readonly<Record<string, readonly (string | null)[]>> = {},
): string {
  const parts = ofTable(spec, keys).map((key) => partsOf(spec, key) ?? []);
  const arrays = [...spec.parts.map((_, at) => parts.map((part) => part[at] ?? "")), ...Object.values(more)].map(
    (list) => `${bound.bind(list)}::text[]`,
  );
  const names = [...spec.parts.map((_, at) => `k${at}`), ...Object.keys(more)];
  return `ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(", ")}) AS ${alias} (${names.join(", ")})`;
}

/** Joins a table's rows with rows of `keyRows`. The texts are cast row by row: there are types of which there is no array. */
export function sameKey(spec: KeySpec, alias: string, keys: string): string {
  return spec.parts
    .map((part, at) => equal(part.sql(alias), part.equals, `${keys}.k${at}::${part.cast}`))
    .join(" AND ");
}

export function keyOrder(spec: KeySpec, alias: string): string {
  return spec.parts.map((part) => part.sql(alias)).join(", ");
}
