/** Identifiers that stand near where a path leads, and are not found by it: a list where the path has an object, an object where it has a value. */
import type { Lookup, MatchColumn } from "../model/search.ts";
import { subjectsInside } from "./identifier-inside.ts";
import { parsePath, type PathStep } from "./json-path.ts";
import { type JsonValue, textOf } from "./json-values.ts";
import { comparableIn, type MatchTable, matchTables } from "./match-record.ts";
import type { RecordRule } from "./record-rule.ts";

export interface Unfound {
  /** The paths whose values it must be given. */
  readonly paths: readonly string[];
  /** Whether an identifier of somebody else than these subjects stands there. */
  holds(
    row: { readonly text: string },
    at: (path: string) => readonly JsonValue[],
    subjects: readonly number[],
  ): boolean;
}

/** A stop on the way to a matched value, and what must stand there for the path to go on. */
interface Stop {
  readonly path: string;
  readonly wants: "array" | "object";
}

export function unfoundIn(
  { columns, mode }: Pick<RecordRule, "columns" | "mode">,
  lookups: readonly Lookup[],
): Unfound {
  const ways = matchTables(columns, mode, lookups).map((table) => ({ ...table, stops: stopsOf(table.column.column) }));
  return {
    paths: [...new Set(ways.flatMap(({ stops }) => stops.map(({ path }) => path)))],
    holds({ text }, at, subjects) {
      let all: ReadonlySet<number> | null = null;
      // where every path is met by a whole value and no row of the parent has them together, it is somebody else's
      const near = new Set<number>();
      for (const { column, subjects: table, stops } of ways) {
        const values = at(column.column);
        const unfound = new Set<number>();
        const add = (some: ReadonlySet<number>) => some.forEach((subject) => unfound.add(subject));
        for (const value of values) {
          if (value.kind === "string" || value.kind === "number")
            add(subjectsInside(column, table, textOf(text, value) ?? ""));
          // the elements of an array at the end of the path are found under it
          else if (
            value.kind === "object" ||
            (value.kind === "array" && (value.element || column.column.endsWith("[]")))
          )
            add(within(column, table, text, value));
        }
        for (const { path, wants } of stops)
          for (const value of at(path))
            if (!value.element && value.kind !== wants && value.kind !== "null")
              add(within(column, table, text, value));
        for (const subject of unfound) near.add(subject);
        if (mode === "all") {
          for (const value of values)
            for (const subject of table.get(comparableIn(column, textOf(text, value) ?? "")) ?? [])
              unfound.add(subject);
          all = all === null ? unfound : all.intersection(unfound);
        } else all = all === null ? unfound : all.union(unfound);
      }
      const left = all?.intersection(near);
      return left !== undefined && left.size > 0 && !left.isSubsetOf(new Set(subjects));
    },
  };
}

/** Of `to.email` it is `to`, which must hold an object; of `to[].email` it is `to` (an array) and `to[]` (an object). */
function stopsOf(column: string): readonly Stop[] {
  const steps = parsePath(column);
  return steps
    .slice(1)
    .map((step, at) => ({ path: written(steps.slice(0, at + 1)), wants: step === "[]" ? "array" : "object" }));
}

function written(steps: readonly PathStep[]): string {
  return steps.reduce(
    (path, step) => (step === "[]" ? `${path}[]` : path === "" ? step.key : `${path}.${step.key}`),
    "",
  );
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gu;

/** The subjects of whom an identifier is, or stands in, a string or number somewhere in this value. */
function within(column: MatchColumn, table: MatchTable, text: string, { start, end }: JsonValue): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [token] of text.slice(start, end).matchAll(STRING_OR_NUMBER)) {
    const plain = token.startsWith('"') ? unquoted(token) : token;
    for (const subject of table.get(comparableIn(column, plain)) ?? subjectsInside(column, table, plain))
      found.add(subject);
  }
  return found;
}

function unquoted(token: string): string {
  const parsed: unknown = JSON.parse(token);
  return String(parsed);
}
