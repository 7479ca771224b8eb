import { comparable } from "../model/fold.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import type { Where } from "../model/datamap.ts";

/** Gives a record's values in one column as text; several where the column is a path through an array, none where it is absent. */
export type ValuesOf = (column: string) => readonly string[];

/** The subjects a record belongs to, ascending, each once. */
export type SubjectsOf = (valuesOf: ValuesOf) => readonly number[];

/**
 * Compares records with all lookups at once: one hash look-up per matched column and record, however many subjects.
 * In mode `all` every column that the lookup has values for must match, and the lookup must have values for every column.
 */
export function subjectMatcher(
  columns: readonly MatchColumn[],
  mode: "any" | "all",
  lookups: readonly Lookup[],
  where: Where = {},
): SubjectsOf {
  const filters = Object.entries(where).map(([column, values]) => ({
    column,
    values: new Set(values),
  }));
  const tables = columns.map((column) => ({ column, subjects: new Map<string, number[]>() }));
  for (const lookup of lookups) {
    if (mode === "all" && columns.some(({ column }) => (lookup.values[column] ?? []).length === 0))
      continue;
    for (const { column, subjects } of tables) {
      for (const value of lookup.values[column.column] ?? []) {
        const text = comparable(value, column.type, column.fold);
        const known = subjects.get(text);
        if (known === undefined) subjects.set(text, [lookup.subject]);
        else if (!known.includes(lookup.subject)) known.push(lookup.subject);
      }
    }
  }
  return (valuesOf) => {
    const hits = tables.map(({ column, subjects }) => {
      const found = new Set<number>();
      for (const value of valuesOf(column.column))
        for (const subject of subjects.get(comparable(value, column.type, column.fold)) ?? [])
          found.add(subject);
      return found;
    });
    const [first, ...rest] = hits;
    if (first === undefined) return [];
    let matched = first;
    for (const hit of rest)
      matched = mode === "all" ? matched.intersection(hit) : matched.union(hit);
    if (matched.size === 0) return [];
    if (filters.some(({ column, values }) => !valuesOf(column).some((value) => values.has(value))))
      return [];
    return [...matched].toSorted((a, b) => a - b);
  };
}
