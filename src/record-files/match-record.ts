import { comparable } from "../model/fold.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import type { Where } from "../model/datamap.ts";
import { type StoredValue, whereTest } from "./where-test.ts";

/** Gives a record's values in one column as text; several where the column is a path through an array, none where it is absent. */
export type ValuesOf = (column: string) => readonly string[];

/** The same, with what is known of their types. */
export type StoredOf = (column: string) => readonly StoredValue[];

/** The subjects a record belongs to, ascending, each once. `storedOf` serves the filter; without it nothing is known of types. */
export type SubjectsOf = (valuesOf: ValuesOf, storedOf?: StoredOf) => readonly number[];

/**
 * Compares records with all lookups at once: one hash look-up per matched column and record, however many subjects.
 * In mode `all` every column that the lookup has values for must match, and the lookup must have values for every column.
 */
export function subjectMatcher(columns: readonly MatchColumn[], mode: "any" | "all", lookups: readonly Lookup[], where: Where = {}): SubjectsOf {
  const filters = Object.entries(where).map(([column, values]) => ({ column, passes: whereTest(values) }));
  const tables = columns.map((column) => ({ column, subjects: new Map<string, number[]>() }));
  for (const lookup of lookups) {
    if (mode === "all" && columns.some(({ column }) => (lookup.values[column] ?? []).length === 0)) continue;
    for (const { column, subjects } of tables) {
      for (const value of lookup.values[column.column] ?? []) {
        const text = comparable(value, column.type, column.fold);
        const known = subjects.get(text);
        if (known === undefined) subjects.set(text, [lookup.subject]);
        else if (!known.includes(lookup.subject)) known.push(lookup.subject);
      }
    }
  }
  return (valuesOf, storedOf = (column) => valuesOf(column).map((text) => ({ text, number: true }))) => {
    let matched: ReadonlySet<number> | null = null;
    for (const { column, subjects } of tables) {
      const hit = hits(column, subjects, valuesOf);
      if (mode === "all") {
        if (hit.size === 0) return NOBODY;
        matched = matched === null ? hit : matched.intersection(hit);
      } else if (hit.size > 0) matched = matched === null ? hit : matched.union(hit);
    }
    if (matched === null || matched.size === 0) return NOBODY;
    if (filters.some(({ column, passes }) => !storedOf(column).some(passes))) return NOBODY;
    return [...matched].toSorted((a, b) => a - b);
  };
}

const NOBODY: readonly number[] = [];
const NO_HITS: ReadonlySet<number> = new Set();

/** Most records match nobody: for them nothing is made. */
function hits(column: MatchColumn, subjects: ReadonlyMap<string, readonly number[]>, valuesOf: ValuesOf): ReadonlySet<number> {
  let found: Set<number> | null = null;
  for (const value of valuesOf(column.column)) {
    const known = subjects.get(comparable(value, column.type, column.fold));
    if (known === undefined) continue;
    found ??= new Set();
    for (const subject of known) found.add(subject);
  }
  return found ?? NO_HITS;
}

/** Looking for more than this in each line takes longer than reading it. */
const MAX_WANTED = 32;

/**
 * Tells whether a line of JSON may hold an identifier; false only where no value in it can match. A value without escapes
 * stands in the line as it is, and a fold does to it there what it does to it alone: a quotation mark on both sides keeps
 * composition (nfc) and the final sigma (lowercase) apart from their neighbours. Only e164 acts on the value's beginning.
 */
export function matchHint(columns: readonly MatchColumn[], lookups: readonly Lookup[]): (text: string) => boolean {
  const wanted = columns
    .map((column) => ({ column, values: [...new Set(lookups.flatMap(({ values }) => values[column.column] ?? []))] }))
    .filter(({ values }) => values.length > 0)
    .map(({ column, values }) => ({ column, values: values.map((value) => comparable(value, column.type, column.fold)) }));
  const count = wanted.reduce((sum, { values }) => sum + values.length, 0);
  if (count > MAX_WANTED || wanted.some(({ column }) => column.fold.includes("e164"))) return () => true;
  return (text) =>
    text.includes("\\") ||
    wanted.some(({ column, values }) => {
      const folded = comparable(text, column.type, column.fold);
      return values.some((value) => folded.includes(value));
    });
}

/**
 * Tells whether a text that cannot be read as a record holds an identifier somewhere, in its own spelling or in that of
 * JSON escapes. Looks for parts too: better to look at a line in vain than to miss one.
 */
export function gapFinder(columns: readonly MatchColumn[], lookups: readonly Lookup[]): (text: string) => boolean {
  const wanted = columns.flatMap((column) =>
    lookups.flatMap(({ values }) =>
      (values[column.column] ?? []).map((value) => ({
        column,
        value: comparable(value, column.type, column.fold),
      })),
    ),
  );
  return (text) => {
    const plain = text.replaceAll(/\\u([0-9a-f]{4})/giu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))).replaceAll(String.raw`\/`, "/");
    const spellings = new Map(columns.map((column) => [column, [comparable(text, column.type, column.fold), comparable(plain, column.type, column.fold)]]));
    return wanted.some(({ column, value }) => spellings.get(column)?.some((spelling) => spelling.includes(value)) === true);
  };
}
