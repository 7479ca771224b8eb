import { comparable } from "../model/fold.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import type { Where } from "../model/datamap.ts";
import { type StoredValue, whereTest } from "./where-test.ts";

/** Gives a record's values in one column as text; several where the column is a list, none where it is absent. */
export type ValuesOf = (column: string) => readonly string[];

/** The same, with what is known of their types. */
export type StoredOf = (column: string) => readonly StoredValue[];

/** The subjects a record belongs to, ascending, each once. `storedOf` serves the filter; without it nothing is known of types. */
export type SubjectsOf = (valuesOf: ValuesOf, storedOf?: StoredOf, rowsOf?: RowsOf) => readonly number[];

/** The values of these columns that stand together in the record; without it any value of one with any of another. */
export type RowsOf = (columns: readonly string[]) => readonly (readonly string[])[];

/** Comparable value -> subjects. */
export type MatchTable = ReadonlyMap<string, readonly number[]>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** The text by which a stored value, or one that is asked for, is compared in this column. An edge is exact, but for the case of a UUID. */
export function comparableIn({ type, fold }: MatchColumn, value: string): string {
  return type === "edge" && UUID.test(value) ? value.toLowerCase() : comparable(value, type, fold);
}

/** A lookup's values for a column, whatever the column is called. */
export function valuesFor({ values }: Lookup, column: string): readonly string[] {
  return Object.hasOwn(values, column) ? (values[column] ?? []) : [];
}

/** What is asked for, by column. In mode `all` a lookup without values for every column asks for nothing. */
export function matchTables(
  columns: readonly MatchColumn[],
  mode: "any" | "all",
  lookups: readonly Lookup[],
): readonly { readonly column: MatchColumn; readonly subjects: MatchTable }[] {
  const tables = columns.map((column) => ({ column, subjects: new Map<string, number[]>() }));
  for (const lookup of lookups) {
    if (mode === "all" && columns.some(({ column }) => valuesFor(lookup, column).length === 0)) continue;
    for (const { column, subjects } of tables) {
      for (const value of valuesFor(lookup, column.column)) {
        const text = comparableIn(column, value);
        const known = subjects.get(text);
        if (known === undefined) subjects.set(text, [lookup.subject]);
        else if (!known.includes(lookup.subject)) known.push(lookup.subject);
      }
    }
  }
  return tables;
}

/**
 * Compares records with all lookups at once: one hash look-up per matched column and record, however many subjects.
 * In mode `all` every column that the lookup has values for must match, the lookup must have values for every column, and
 * what stands together in a parent's row (`tuples`) must stand together here.
 */
export function subjectMatcher(
  columns: readonly MatchColumn[],
  mode: "any" | "all",
  lookups: readonly Lookup[],
  where: Where = {},
): SubjectsOf {
  const filters = whereFilters(where);
  const tables = matchTables(columns, mode, lookups);
  const standTogether = mode === "all" ? tupleTest(columns, lookups) : null;
  return (
    valuesOf,
    storedOf = (column) => valuesOf(column).map((text) => ({ text, number: true })),
    rowsOf = (names) => combinations(names.map(valuesOf)),
  ) => {
    let matched: ReadonlySet<number> | null = null;
    for (const { column, subjects } of tables) {
      const hit = hits(column, subjects, valuesOf);
      if (mode === "all") {
        if (hit.size === 0) return NOBODY;
        matched = matched === null ? hit : matched.intersection(hit);
      } else if (hit.size > 0) matched = matched === null ? hit : matched.union(hit);
    }
    if (matched === null || matched.size === 0 || !filters(storedOf)) return NOBODY;
    const subjects = [...matched].toSorted((a, b) => a - b);
    return standTogether === null ? subjects : subjects.filter((subject) => standTogether(subject, rowsOf));
  };
}

/** Whether a record has the constants that narrow a match. */
export function whereFilters(where: Where = {}): (storedOf: StoredOf) => boolean {
  const filters = Object.entries(where).map(([column, values]) => ({ column, passes: whereTest(values) }));
  return (storedOf) => filters.every(({ column, passes }) => storedOf(column).some(passes));
}

/** Whether somebody else's value stands in a list that the record was matched through. `lookups`: those of the people it belongs to. */
export function holdsOthers(
  columns: readonly MatchColumn[],
  lookups: readonly Lookup[],
  listOf: (column: string) => readonly string[] | null,
): boolean {
  return columns.some((column) => {
    const list = listOf(column.column);
    if (list === null || list.length < 2) return false;
    const mine = new Set(
      lookups.flatMap((lookup) => valuesFor(lookup, column.column)).map((value) => comparableIn(column, value)),
    );
    const own = list.filter((value) => mine.has(comparableIn(column, value)));
    return own.length > 0 && list.some((value) => value.trim() !== "" && !mine.has(comparableIn(column, value)));
  });
}

const NOBODY: readonly number[] = [];
const NO_HITS: ReadonlySet<number> = new Set();

/** Most records match nobody: for them nothing is made. */
export function hits(column: MatchColumn, subjects: MatchTable, valuesOf: ValuesOf): ReadonlySet<number> {
  let found: Set<number> | null = null;
  for (const value of valuesOf(column.column)) {
    const known = subjects.get(comparableIn(column, value));
    if (known === undefined) continue;
    found ??= new Set();
    for (const subject of known) found.add(subject);
  }
  return found ?? NO_HITS;
}

/** null where no lookup has values that must stand together. */
function tupleTest(
  columns: readonly MatchColumn[],
  lookups: readonly Lookup[],
): ((subject: number, rowsOf: RowsOf) => boolean) | null {
  if (lookups.every(({ tuples = [] }) => tuples.length === 0)) return null;
  const column = (name: string): MatchColumn =>
    columns.find((one) => one.column === name) ?? { column: name, type: "edge", fold: [] };
  const wanted = Map.groupBy(
    lookups.map(({ subject, tuples = [] }) => ({
      subject,
      tuples: tuples.map((tuple) => {
        const matched = tuple.columns.map(column);
        return {
          matched,
          rows: new Set(
            tuple.rows.map((row) => JSON.stringify(matched.map((one, at) => comparableIn(one, row[at] ?? "")))),
          ),
        };
      }),
    })),
    ({ subject }) => subject,
  );
  return (subject, rowsOf) =>
    (wanted.get(subject) ?? []).some(({ tuples }) =>
      tuples.every(({ matched, rows }) =>
        rowsOf(matched.map(({ column: name }) => name)).some((row) =>
          rows.has(JSON.stringify(matched.map((one, at) => comparableIn(one, row[at] ?? "")))),
        ),
      ),
    );
}

function combinations(values: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return values.reduce<readonly (readonly string[])[]>(
    (rows, some) => rows.flatMap((row) => some.map((value) => [...row, value])),
    [[]],
  );
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
    .map((column) => ({ column, values: [...new Set(lookups.flatMap((lookup) => valuesFor(lookup, column.column)))] }))
    .filter(({ values }) => values.length > 0)
    .map(({ column, values }) => ({ column, values: values.map((value) => hinted(column, value)) }));
  const count = wanted.reduce((sum, { values }) => sum + values.length, 0);
  if (count > MAX_WANTED || wanted.some(({ column }) => column.fold.includes("e164"))) return () => true;
  return (text) =>
    text.includes("\\") ||
    wanted.some(({ column, values }) => {
      const folded = hinted(column, text);
      return values.some((value) => folded.includes(value));
    });
}

/** As `comparableIn`, but the same for a value and for a line that holds it. */
function hinted({ type, fold }: MatchColumn, text: string): string {
  return type === "edge" ? text.toLowerCase() : comparable(text, type, fold);
}

/**
 * Tells whether a text that cannot be read as a record holds an identifier somewhere, in its own spelling or in that of
 * JSON escapes. Looks for parts too: better to look at a line in vain than to miss one.
 */
export function gapFinder(columns: readonly MatchColumn[], lookups: readonly Lookup[]): (text: string) => boolean {
  const wanted = columns.flatMap((column) =>
    lookups.flatMap((lookup) =>
      valuesFor(lookup, column.column).map((value) => ({ column, value: comparableIn(column, value) })),
    ),
  );
  return (text) => {
    const plain = text
      .replaceAll(/\\u([0-9a-f]{4})/giu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replaceAll(String.raw`\/`, "/");
    const spellings = new Map(
      columns.map((column) => [
        column,
        [comparable(text, column.type, column.fold), comparable(plain, column.type, column.fold)],
      ]),
    );
    return wanted.some(
      ({ column, value }) => spellings.get(column)?.some((spelling) => spelling.includes(value)) === true,
    );
  };
}
