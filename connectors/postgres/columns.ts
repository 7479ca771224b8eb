import { parsePath } from "../../src/record-files/json-path.ts";
import type { Fold } from "../../src/model/datamap.ts";
import type { MatchColumn } from "../../src/model/search.ts";
import type { ColumnRef } from "../../src/sql/record-table.ts";
import type { Column, ColumnType, Server } from "./catalog.ts";
import { type Binder, literal, qualified, quoted } from "./sql.ts";

export type Ref = ColumnRef<Column>;

/** How values of a column are compared. */
export type Comparison =
  /** As texts, so folds make sense. */
  | "text"
  /** By the type's own equality: integers, uuid, numeric, dates, and citext where nothing but its case is folded. */
  | "typed"
  /** The type's text, exactly: booleans, enums, addresses. */
  | "exact";

const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "name", "char"]);
const INTEGERS = new Map<string, readonly [bigint, bigint]>([
  ["int2", [-32_768n, 32_767n]],
  ["int4", [-2_147_483_648n, 2_147_483_647n]],
  ["int8", [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n]],
]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;
/** What JavaScript's trim() takes away. */
const WHITE =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
const ASCII_WHITE = "\t\n\v\f\r ";

/** The type of the single values that a column or path holds; undefined: texts in a JSON document. */
export function valueType({ column, path }: Ref): ColumnType | undefined {
  return path === undefined ? (column.type.element ?? column.type) : undefined;
}

/** Text of some kind, citext too. */
export function isText(type: ColumnType): boolean {
  return type.category === "S" || type.category === "Z";
}

export function isCitext({ name }: ColumnType): boolean {
  return name === "citext";
}

export function castTo(type: ColumnType): string {
  return qualified(type.schema, type.name);
}

export function comparison(type: ColumnType): Comparison {
  if (isCitext(type)) return "typed";
  if (type.schema !== "pg_catalog") return isText(type) ? "text" : "exact";
  if (TEXT_TYPES.has(type.name)) return "text";
  return INTEGERS.has(type.name) || type.name === "uuid" || type.name === "numeric" ? "typed" : "exact";
}

/** Whether a value can be one of this type at all; where not it matches nothing, and the server is not asked. */
export function canBe(value: string, type: ColumnType): boolean {
  if (value.includes("\0")) return false;
  if (comparison(type) !== "typed") return true;
  const range = INTEGERS.get(type.name);
  if (range !== undefined) {
    if (!/^(?:0|-?[1-9]\d{0,18})$/u.test(value)) return false;
    const number = BigInt(value);
    return number >= range[0] && number <= range[1];
  }
  if (type.name === "uuid") return UUID.test(value);
  if (type.name === "numeric") return /^-?(?:0|[1-9]\d{0,130})(?:\.\d{1,130})?$/u.test(value);
  return true;
}

/** The column's value as text that does not depend on settings: dates in ISO 8601, timestamptz in UTC. */
export function textOf(expression: string, type: ColumnType): string {
  if (type.schema === "pg_catalog") {
    if (type.name === "date" || type.name === "timestamp") return `(pg_catalog.to_json(${expression}) #>> '{}')`;
    if (type.name === "timestamptz")
      return `(CASE WHEN pg_catalog.isfinite(${expression}) THEN (pg_catalog.to_json(${expression} AT TIME ZONE 'UTC') #>> '{}') || '+00:00' ELSE ${expression}::text END)`;
  }
  return `${expression}::text`;
}

/** What is read of a column: its text; for an array a JSON array of its elements' texts. */
export function readOf(alias: string, column: Column): string {
  return readText(`${alias}.${quoted(column.name)}`, column);
}

export function readText(expression: string, column: Column): string {
  return column.shape === "array" ? `pg_catalog.to_json(${expression}::text[])::text` : textOf(expression, column.type);
}

/** Escapes that `json` keeps as they were written and that no text can hold: NUL, and half a character. */
const UNHELD = String.raw`\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F][0-9a-fA-F]{2})`;
/** Numbers that are none of the server's. */
const HUGE = String.raw`[eE][+-]?[0-9]{5,}`;

/** A document that can be looked into. One row of `json` in which somebody wrote what no text can hold would end every search. */
export function documentText(expression: string, { name }: ColumnType): string {
  if (name !== "json") return expression;
  const readable = `pg_catalog.regexp_replace(${expression}::text, ${literal(UNHELD)}, ${literal(String.raw`\\ufffd`)}, 'g')`;
  return `(CASE WHEN ${expression}::text ~ ${literal(String.raw`\\u(?:0000|[dD][89a-fA-F])`)} THEN ${readable}::pg_catalog.json ELSE ${expression} END)`;
}

/** The same as jsonb, for which some numbers are too large. */
export function jsonbText(expression: string, type: ColumnType): string {
  if (type.name !== "json") return `${expression}::pg_catalog.jsonb`;
  const readable = documentText(expression, type);
  return `(CASE WHEN ${expression}::text ~ ${literal(`[0-9]${HUGE}`)} THEN pg_catalog.regexp_replace(${readable}::text, ${literal(`([0-9])${HUGE}`)}, ${literal(String.raw`\1`)}, 'g') ELSE ${readable}::text END)::pg_catalog.jsonb`;
}

/** Whether a number, as text, can be cast to numeric. */
export function isNumeric(text: string): string {
  return `${text} !~ ${literal(HUGE)}`;
}

/** The laterals that lead to the value at a path in a JSON column of `t`, and that value as JSON. */
export function pathTexts(
  { column, path = "" }: Ref,
  alias: string,
  bound: Binder,
): { laterals: string; value: string } {
  const type = column.type.name;
  let value = documentText(`t.${quoted(column.name)}`, column.type);
  let laterals = "";
  parsePath(path).forEach((step, at) => {
    if (step !== "[]") {
      value = `(${value} -> ${bound.bind(step.key)}::text)`;
      return;
    }
    const name = `${alias}_${at}`;
    laterals += ` CROSS JOIN LATERAL pg_catalog.${type}_array_elements(CASE WHEN pg_catalog.${type}_typeof(${value}) = 'array' THEN ${value} ELSE '[]'::${type} END) AS ${name} (v)`;
    value = `${name}.v`;
  });
  return { laterals, value };
}

/**
 * A text expression after the folds, in the order of `fold()`: it finds at least what that finds, and what is found is
 * compared again. `allLetters`: lower case by a collation that knows more letters than ASCII, whatever the column's knows.
 */
export function folded(expression: string, folds: readonly Fold[], server: Server, allLetters: boolean): string {
  let sql = expression;
  const white = literal(server.utf8 ? WHITE : ASCII_WHITE);
  if (folds.includes("nfc") && server.utf8) sql = `pg_catalog.normalize(${sql}, 'NFC')`;
  if (folds.includes("trim")) sql = `pg_catalog.btrim(${sql}, ${white})`;
  if (folds.includes("e164"))
    sql = `pg_catalog.regexp_replace(pg_catalog.translate(${sql}, ${white} || '().-/', ''), '^00', '+')`;
  if (folds.includes("lowercase"))
    sql =
      allLetters && server.lowerCollation !== ""
        ? `pg_catalog.lower(${sql} COLLATE ${qualified("pg_catalog", server.lowerCollation)})`
        : `pg_catalog.lower(${sql})`;
  return sql;
}

/** The folds that count for this column: a UUID kept as text compares in lower case, citext always does. */
export function foldsFor(match: Pick<MatchColumn, "type" | "fold">, type: ColumnType): readonly Fold[] {
  const lower: readonly Fold[] = match.fold.includes("lowercase") ? match.fold : [...match.fold, "lowercase"];
  if (isCitext(type)) return match.fold.every((fold) => fold === "lowercase") ? [] : lower;
  if (comparison(type) !== "text") return [];
  return match.type === "uuid" ? lower : match.fold;
}

/** Spellings that the server's `lower()` may give where JavaScript's gives this one. */
export function spellings(value: string, folds: readonly Fold[]): readonly string[] {
  if (!folds.includes("lowercase") || isAscii(value)) return [value];
  return [
    ...new Set([
      value,
      value.replaceAll("ς", "σ"),
      value.replaceAll("i\u0307", "i"),
      value.replaceAll("i\u0307", "\u0130"),
    ]),
  ];
}

export function isAscii(value: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/u.test(value);
}
