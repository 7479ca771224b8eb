/** Identifiers that stand outside all records: in a file's name, in its heading, in lines before it. */
import { comparable } from "../model/fold.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import { comparableIn, valuesFor } from "./match-record.ts";

/** A shorter value stands in too many texts by chance. */
const TELLING = 8;
/** What a record file's name ends with. */
const ENDINGS = /(?:\.(?:csv|tsv|txt|jsonl?|ndjson|log|gz))+$/iu;

/** Tells whether a text holds one of these values whole: `xann@x.example` and `ann@x.example.org` do not hold `ann@x.example`. */
export function besideFinder(columns: readonly MatchColumn[], lookups: readonly Lookup[]): (text: string) => boolean {
  const wanted = columns.map((column) => {
    const values = lookups
      .flatMap((lookup) => valuesFor(lookup, column.column))
      .filter((value) => value.includes("@") || value.length >= TELLING);
    return { column, values: [...new Set(values)].map((value) => comparableIn(column, value)) };
  });
  return (text) =>
    wanted.some(({ column: { type, fold }, values }) => {
      if (values.length === 0) return false;
      const folded = type === "edge" ? text : comparable(text, type, fold);
      return values.some((value) => holdsWhole(folded, value));
    });
}

/** The same of a path or key, with its signs encoded or not. */
export function nameFinder(columns: readonly MatchColumn[], lookups: readonly Lookup[]): (path: string) => boolean {
  const holds = besideFinder(columns, lookups);
  return (path) =>
    path.split("/").some((part) => [part, decoded(part)].some((one) => holds(one) || holds(one.replace(ENDINGS, ""))));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a plain percent sign
  }
}

const BEFORE = /[\p{L}\p{N}.+%]$/u;
const BEHIND = /^(?:[\p{L}\p{N}]|[.-][\p{L}\p{N}])/u;

function holdsWhole(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const [before, behind] = [
      text.slice(Math.max(0, at - 2), at),
      text.slice(at + value.length, at + value.length + 3),
    ];
    if (!BEFORE.test(before) && !BEHIND.test(behind)) return true;
  }
  return false;
}
