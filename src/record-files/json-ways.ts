/**
 * The ways in which a JSON line is somebody's: by one matched value, or (mode `all`) by one of every column. Values stand
 * together where they stand in the same element of every array that their paths share, and so do the constants of `where`.
 */
import type { Where } from "../model/datamap.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import { sharedArrays } from "./json-path.ts";
import { type JsonValue, textOf } from "./json-values.ts";
import { comparableIn, valuesFor } from "./match-record.ts";
import { type StoredValue, whereTest } from "./where-test.ts";

export interface Matching {
  readonly columns: readonly MatchColumn[];
  readonly mode: "any" | "all";
  readonly where?: Where;
}

/** The values under a path of one line. */
export type ValuesOfLine = (path: string) => readonly JsonValue[];

/** A value, and the path that leads to it with the array it is an element of. */
interface Placed {
  readonly column: MatchColumn;
  readonly path: string;
  readonly value: JsonValue;
  readonly text: string;
}

export type Way = readonly Pick<Placed, "column" | "value">[];

/** Whether it matters where values stand: else each column can be looked at by itself. */
export function needsWays({ columns, mode, where = {} }: Matching): boolean {
  const paths = columns.map(({ column }) => column);
  const together = (one: string, other: string) => sharedArrays(one, other) > 0;
  if (paths.some((path) => Object.keys(where).some((constant) => together(path, constant)))) return true;
  return (
    mode === "all" &&
    paths.some((path, at) =>
      paths.slice(at + 1).some((other) => together(path, other) || together(`${path}[]`, `${other}[]`)),
    )
  );
}

/** Every way in which the line is this person's. */
export function waysIn(
  text: string,
  at: ValuesOfLine,
  { columns, mode, where = {} }: Matching,
  lookup: Lookup,
): readonly Way[] {
  if (mode === "all" && columns.some(({ column }) => valuesFor(lookup, column).length === 0)) return [];
  const hits = columns.map((column) => hitsIn(text, at, column, lookup));
  let ways: readonly (readonly Placed[])[] = mode === "any" ? hits.flat().map((hit) => [hit]) : [[]];
  if (mode === "all")
    for (const some of hits)
      ways = ways.flatMap((way) =>
        some.filter((hit) => way.every((other) => standTogether(hit, other))).map((hit) => [...way, hit]),
      );
  if (ways.length === 0) return ways;
  const constants = Object.entries(where).map(([path, values]) => ({
    path,
    standing: at(path).filter(passing(text, whereTest(values))),
  }));
  return ways.filter(
    (way) =>
      constants.every(({ path, standing }) =>
        standing.some((value) => way.every((hit) => isBeside(hit, path, value))),
      ) && hasTuples(way, lookup),
  );
}

/** Values of several columns that stand together, as texts. */
export function rowsIn(text: string, at: ValuesOfLine, columns: readonly string[]): readonly (readonly string[])[] {
  let rows: readonly (readonly Omit<Placed, "column">[])[] = [[]];
  for (const column of columns) {
    const cells = at(column).flatMap((value) => {
      const found = comparableText(text, value);
      return found === null ? [] : [{ path: pathOf(column, value), value, text: found }];
    });
    rows = rows.flatMap((before) =>
      cells.filter((cell) => before.every((other) => standTogether(cell, other))).map((cell) => [...before, cell]),
    );
  }
  return rows.map((cells) => cells.map(({ text: cell }) => cell));
}

/** A number is compared as it is written: no digit is lost, and 42 is "42". */
export function comparableText(text: string, value: JsonValue): string | null {
  return value.kind === "object" || value.kind === "array" ? null : textOf(text, value);
}

export function isSameElement(value: JsonValue, match: JsonValue, depth: number): boolean {
  for (let at = 0; at < depth; at += 1) if (value.indexes[at] !== match.indexes[at]) return false;
  return depth > 0;
}

function hitsIn(text: string, at: ValuesOfLine, column: MatchColumn, lookup: Lookup): readonly Placed[] {
  const wanted = new Set(valuesFor(lookup, column.column).map((value) => comparableIn(column, value)));
  return at(column.column).flatMap((value) => {
    const found = comparableText(text, value);
    if (found === null) return [];
    const folded = comparableIn(column, found);
    return wanted.has(folded) ? [{ column, path: pathOf(column.column, value), value, text: folded }] : [];
  });
}

function pathOf(column: string, { element }: JsonValue): string {
  return element ? `${column}[]` : column;
}

function standTogether(one: Omit<Placed, "column">, other: Omit<Placed, "column">): boolean {
  const depth = sharedArrays(one.path, other.path);
  return depth === 0 || isSameElement(one.value, other.value, depth);
}

/** A list of plain values is one thing: `where: { tags: vip }` says nothing of which other tag it stands at. */
function isBeside(hit: Placed, path: string, value: JsonValue): boolean {
  const depth = sharedArrays(hit.column.column, path);
  return depth === 0 || isSameElement(hit.value, value, depth);
}

function passing(text: string, passes: (stored: StoredValue) => boolean): (value: JsonValue) => boolean {
  return (value) => {
    const found = comparableText(text, value);
    return found !== null && passes({ text: found, number: value.kind === "number" });
  };
}

function hasTuples(way: readonly Placed[], { tuples = [] }: Lookup): boolean {
  return tuples.every(({ columns, rows }) => {
    const mine = columns.map((name) => way.find(({ column }) => column.column === name));
    return rows.some((row) =>
      mine.every((hit, at) => hit !== undefined && hit.text === comparableIn(hit.column, row[at] ?? "")),
    );
  });
}
