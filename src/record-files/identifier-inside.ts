/**
 * An identifier among other words of one value: `a@x ::: b@y`, `Ann <ann@x>`. The match does not find it there, and what
 * is not found must be told. Every value is cut into the words that could be one, so that it costs the same for any
 * number of people, and `xann@shop.example` is not taken for `ann@shop.example`.
 */
import type { MatchColumn } from "../model/search.ts";
import { comparableIn, type MatchTable } from "./match-record.ts";

/** What stands between values of any kind. */
const BETWEEN = /[,;|<>()[\]{}"\t\r\n]+|\s+:::\s+/u;
/** What no address and no UUID holds. */
const BETWEEN_WORDS = /[\s,;|<>()[\]{}"`:=/\\?&#]+/u;
/** What may stand around a value that is quoted or ends a sentence. */
const EDGE = /^[\s'*.!]|[\s'*.!]$/u;
const AROUND = /^[\s'*.!]+|[\s'*.!]+$/gu;

const NOBODY: ReadonlySet<number> = new Set();

/** The subjects of whom the text holds an identifier, but is not one. */
export function subjectsInside(column: MatchColumn, subjects: MatchTable, text: string): ReadonlySet<number> {
  const { type } = column;
  const between = type === "email" || type === "uuid" ? BETWEEN_WORDS : BETWEEN;
  // most values are one word: for them nothing is made
  if (!between.test(text) && !EDGE.test(text)) return NOBODY;
  if (subjects.size === 0 || subjects.has(comparableIn(column, text))) return NOBODY;
  let found: Set<number> | null = null;
  for (const word of text.split(between).flatMap((one) => [one, one.replaceAll(AROUND, "")])) {
    for (const subject of subjects.get(comparableIn(column, word)) ?? NOBODY) {
      found ??= new Set();
      found.add(subject);
    }
  }
  return found ?? NOBODY;
}
