/** For a database whose search is decided here: its statement finds at least what matches, this says what does, and whose it is. */
import type { Lookup } from "../model/search.ts";
import { whereTest } from "../record-files/where-test.ts";
import {
  type ColumnRef,
  type Hits,
  type MatchedRef,
  type RecordTable,
  type RowState,
  unionOf,
} from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { spotsAt } from "./json-column.ts";
import { hitsBeside, inOneElement, textsIn } from "./whose-value.ts";

export interface ComparedRef extends MatchedRef {
  /** The text by which a stored or given value is compared. */
  comparable(text: string): string;
}

export interface ComparedTable extends RecordTable {
  readonly matches: readonly ComparedRef[];
}

/** Constants that a row must have. */
export interface Filter extends ColumnRef {
  readonly wanted: ReadonlySet<string>;
  comparable(text: string): string;
}

type Cells = Pick<RowState, "values">;

/** The texts at a name; none in a cell that is no JSON document, which `cellGaps` tells of. */
function cellsAt(ref: ColumnRef, row: Cells): readonly string[] {
  try {
    return textsIn(ref, row);
  } catch (error) {
    if (error instanceof Refusal && error.reason === "invalid_json") return [];
    throw error;
  }
}

export function passes(filters: readonly Filter[], row: Cells): boolean {
  return filters.every(
    (one) =>
      cellsAt(one, row).some((text) => one.wanted.has(one.comparable(text))) ||
      (one.path !== undefined && holdsNumber(one, row)),
  );
}

/** A number in a document is compared by its value: 5.0 is 5. */
function holdsNumber(one: Filter, row: Cells): boolean {
  const text = row.values.get(one.column.name);
  const test = whereTest([...one.wanted]);
  // what is no JSON document has no cells either
  if (text === undefined || text === null || cellsAt(one, row).length === 0) return false;
  return spotsAt(text, one.path ?? "").some(
    (spot) => spot.isNumber && spot.text !== null && test({ text: spot.text, number: true }),
  );
}

/** The values of a lookup for a matched column. */
export function valuesFor({ values }: Lookup, column: string): readonly string[] {
  return Object.hasOwn(values, column) ? (values[column] ?? []) : [];
}

/** Whether a cell, as text, holds a value that one of these people is looked for by. */
export function holdsOne(ref: ComparedRef, lookups: readonly Lookup[]): (text: string | null) => boolean {
  const wanted = new Set(
    lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)).map((value) => ref.comparable(value)),
  );
  return (text) =>
    text !== null &&
    cellsAt(ref, { values: new Map([[ref.column.name, text]]) }).some((cell) => wanted.has(ref.comparable(cell)));
}

/** Whose a row is, by subject; empty where it is nobody's of these. */
export function matcherOf(table: ComparedTable, lookups: readonly Lookup[]): (row: Cells) => ReadonlyMap<number, Hits> {
  const { matches, target } = table;
  const wanted = matches.map((ref) => {
    const byText = new Map<string, Set<Lookup>>();
    for (const lookup of lookups) {
      for (const value of valuesFor(lookup, ref.match.column)) {
        const text = ref.comparable(value);
        byText.set(text, (byText.get(text) ?? new Set()).add(lookup));
      }
    }
    return byText;
  });
  return (row) => {
    const found = new Map<Lookup, Map<string, Set<string>>>();
    for (const [at, ref] of matches.entries()) {
      for (const text of cellsAt(ref, row)) {
        for (const lookup of wanted[at]?.get(ref.comparable(text)) ?? []) {
          const hits = found.get(lookup) ?? new Map<string, Set<string>>();
          found.set(lookup, hits.set(ref.name, (hits.get(ref.name) ?? new Set()).add(text)));
        }
      }
    }
    const whose = new Map<number, Hits>();
    for (const [lookup, all] of found) {
      const hits = hitsBeside(table, row, all);
      if (
        hits.size === 0 ||
        (target.record.match.mode === "all" &&
          (hits.size < matches.length || !standTogether(matches, lookup, row) || !inOneElement(table, row, hits)))
      )
        continue;
      whose.set(lookup.subject, unionOf([whose.get(lookup.subject) ?? new Map(), hits]));
    }
    return whose;
  };
}

/** Columns that come from one row of a parent have the values that stand together there. */
function standTogether(matches: readonly ComparedRef[], { tuples = [] }: Lookup, row: Cells): boolean {
  return tuples.every(({ columns, rows }) => {
    const refs = columns.flatMap((column) => matches.find(({ match }) => match.column === column) ?? []);
    const stored = refs.map((ref) => new Set(cellsAt(ref, row).map((text) => ref.comparable(text))));
    return rows.some((values) => refs.every((ref, at) => stored[at]?.has(ref.comparable(values[at] ?? "")) ?? false));
  });
}

/** Shorter texts stand in too many cells by chance. */
const SHORTEST = 8;
const BETWEEN = /[\s\p{Cc},;|<>()"'[\]{}:=]+/u;
/** Telephone numbers are written with spaces and brackets in them. */
const BETWEEN_NUMBERS = /[\p{Cc},;|<>"'[\]{}:=]+|\s{2,}|\s+\p{L}+[.:]?\s*/u;

/** Says of a cell that no search finds whether one of these people's values stands in it among others; undefined where none could be told. */
export function tellsAmong(ref: ComparedRef, lookups: readonly Lookup[]): ((cell: string) => boolean) | undefined {
  if (!["email", "phone", "uuid", "string"].includes(ref.match.type)) return undefined;
  const fold = (text: string) => ref.comparable(text).trim();
  const values = new Set(lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)).map(fold));
  for (const value of values) if (value.length < SHORTEST) values.delete(value);
  if (values.size === 0) return undefined;
  const between = ref.match.type === "phone" ? BETWEEN_NUMBERS : BETWEEN;
  return (cell) =>
    cell.length > SHORTEST &&
    between.test(cell) &&
    cell.split(between).some((word) => values.has(fold(word.replace(/^\.+|\.+$/gu, ""))));
}
