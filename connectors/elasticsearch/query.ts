/**
 * Queries that find every document whose folded value could be one of those asked for, and maybe more: every hit is
 * compared again. Never a query without a value in it.
 */
import { Failure } from "../../src/errors.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { wholeNumber } from "./document.ts";
import type { ConcreteIndex } from "./indices.ts";
import type { MatchField } from "./mapping.ts";
import { shown } from "../../src/model/shown.ts";

/** Exact values in one query, and patterns in one. The server takes 65,536 and, by its heap, 1,024 or more. */
const VALUES = 1_000;
const PATTERNS = 250;
const WHOLE = /^-?(?:0|[1-9]\d{0,19})$/u;

/** Queries that together find all records of these lookups in one index; none where no value can be there. */
export function queriesFor(
  system: string,
  index: ConcreteIndex,
  columns: readonly MatchField[],
  mode: "any" | "all",
  lookups: readonly Lookup[],
): JsonObject[] {
  const valuesOf = (field: MatchField) => {
    const values = lookups.flatMap((lookup) => lookup.values[field.column.column] ?? []);
    return [...new Set(field.kind === "integer" ? values.map(wholeNumber) : values)];
  };
  const queriesBy = (field: MatchField): JsonObject[] => {
    const values = valuesOf(field).filter((value) => fits(system, index, field, value));
    return [...batches(values, widthOf(field) === 0 ? VALUES : PATTERNS)].map((batch) => queryFor(field, batch));
  };
  if (mode === "any") return columns.flatMap(queriesBy);
  // of a composite key the column with the most values tells most; the others narrow it where they can be searched exactly
  const [lead, ...others] = columns.toSorted(
    (a, b) => widthOf(a) - widthOf(b) || valuesOf(b).length - valuesOf(a).length,
  );
  if (lead === undefined) return [];
  const narrow: JsonObject[] = [];
  for (const field of others) {
    const values = valuesOf(field);
    if (widthOf(field) !== 0 || values.length > VALUES || values.some((value) => value.length > field.ignoreAbove))
      continue;
    const fitting = values.filter((value) => fits(system, index, field, value));
    if (fitting.length === 0) return [];
    narrow.push(queryFor(field, fitting));
  }
  return queriesBy(lead).map((query) => (narrow.length === 0 ? query : { bool: { filter: [query, ...narrow] } }));
}

/** 0: exact; 1: by patterns. */
function widthOf({ kind, column }: MatchField): 0 | 1 {
  return kind === "keyword" && (column.fold.length > 0 || column.type === "uuid") ? 1 : 0;
}

/** Throws NOT_SEARCHABLE for a value that the index would not hold; false for one that no such field can hold. */
function fits(system: string, index: ConcreteIndex, field: MatchField, value: string): boolean {
  if (value === "") throw new Failure("UNEXPECTED", `${system}: an empty value was to be searched for.`);
  if (value.length > field.ignoreAbove)
    throw new Failure(
      "NOT_SEARCHABLE",
      `${system}, index ${shown(index.name)}, field ${field.column.column}: an identifier is longer than the field's ignore_above (${field.ignoreAbove}); such values are not in the index.`,
    );
  if (field.kind === "boolean") return value === "true" || value === "false";
  return field.kind !== "integer" || WHOLE.test(value);
}

function queryFor(field: MatchField, values: readonly string[]): JsonObject {
  if (values.length === 0) throw new Failure("UNEXPECTED", "A search without values was to be sent.");
  if (widthOf(field) === 0) return inNested(field, { terms: { [field.name]: values } });
  const patterns = inNested(field, {
    bool: { minimum_should_match: 1, should: values.map((value) => patternQuery(field, value)) },
  });
  // a stored value with white space or marks around it may be too long for the index though the one asked for is not
  if (field.ignoreAbove === Infinity || !field.column.fold.some((fold) => fold !== "lowercase")) return patterns;
  return { bool: { minimum_should_match: 1, should: [patterns, { term: { _ignored: { value: field.name } } }] } };
}

export function inNested({ nested }: MatchField, query: JsonObject): JsonObject {
  return nested === undefined ? query : { nested: { path: nested, query, score_mode: "none" } };
}

function patternQuery(field: MatchField, value: string): JsonObject {
  const { fold, type } = field.column;
  const lower = fold.includes("lowercase") || type === "uuid";
  const only = fold.every((one) => one === "lowercase");
  if (only && isPlain(value)) return { term: { [field.name]: { value, case_insensitive: true } } };
  const query: Record<string, Json> = {
    value: patternOf(value, {
      nfc: fold.includes("nfc"),
      trim: fold.includes("trim"),
      e164: fold.includes("e164"),
      lower,
    }),
  };
  if (lower) query["case_insensitive"] = true;
  return { wildcard: { [field.name]: query } };
}

/** The server lowers ASCII only; and the Kelvin sign becomes a `k`. */
function isPlain(value: string): boolean {
  return /^[\u0021-\u007e ]*$/u.test(value) && !/k/iu.test(value);
}

/** A wildcard pattern that every stored value with this folded form matches. */
export function patternOf(
  value: string,
  how: { readonly nfc: boolean; readonly trim: boolean; readonly e164: boolean; readonly lower: boolean },
): string {
  const characters = Array.from(value);
  const parts = characters.map((char, index) => {
    const next = characters[index + 1];
    const ascii = char <= "\u007f";
    // composed or not, in several spellings and cases; `İ` becomes an `i` with a dot above
    const beside = next !== undefined && next > "\u007f";
    if ((how.nfc || how.lower) && (!ascii || beside)) return "*";
    // their twins elsewhere in Unicode become these
    if (how.nfc && /[k;`]/iu.test(char)) return "*";
    if (how.lower && /k/iu.test(char)) return "?";
    return char.replace(/[\\*?]/u, String.raw`\$&`);
  });
  // the plus may be written 00, with separators between all digits
  const pattern = how.e164 ? `*${parts.map((part) => (part === "+" ? "*" : `${part}*`)).join("")}` : parts.join("");
  return (how.trim ? `*${pattern}*` : pattern).replace(/(?<!\\)\*{2,}/gu, "*");
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
