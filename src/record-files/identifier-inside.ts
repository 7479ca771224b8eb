/**
 * An identifier among other words of one value: `a@x ::: b@y`, `Ann <ann@x>`. The match does not find it there, and what
 * is not found must be told. Every value is cut into the words that could be one, so that it costs the same for any
 * number of people, and `xann@shop.example` is not taken for `ann@shop.example`.
 */
import type { MatchColumn } from "../model/search.ts";
import { comparableIn, type MatchTable } from "./match-record.ts";

/** What stands between values of any kind. */
const BETWEEN = /[,;|<>()[\]{}"\p{Cc}]+|\s:::\s/u;
/** What no address and no UUID holds. */
const BETWEEN_WORDS = /[\s,;|<>()[\]{}"`:=/\\?&#\p{Cc}\p{Pi}\p{Pf}\p{Ps}\p{Pe}]+/u;
/** What may stand around a value that is quoted or ends a sentence; some of it has no width. */
const AROUND = /[\s'*.!\p{Cc}\p{Cf}\p{Pi}\p{Pf}\p{Ps}\p{Pe}]/u;

const NOBODY: ReadonlySet<number> = new Set();

/** The subjects of whom the text holds an identifier, but is not one. */
export function subjectsInside(column: MatchColumn, subjects: MatchTable, text: string): ReadonlySet<number> {
  if (subjects.size === 0 || text === "") return NOBODY;
  const { type } = column;
  const between = type === "email" || type === "uuid" ? BETWEEN_WORDS : BETWEEN;
  const number = plainNumber(column, text);
  const phones = type === "phone" ? phonesIn(text) : [];
  // most values are one word: for them nothing is made
  if (
    number === null &&
    phones.length === 0 &&
    !between.test(text) &&
    !AROUND.test(text.charAt(0)) &&
    !AROUND.test(text.charAt(text.length - 1))
  )
    return NOBODY;
  if (subjects.has(comparableIn(column, text))) return NOBODY;
  let found: Set<number> | null = null;
  for (const word of [
    ...text.split(between).flatMap((one) => [one, withoutEdges(one)]),
    ...(number === null ? [] : [number]),
    ...phones,
  ]) {
    for (const subject of subjects.get(comparableIn(column, word)) ?? NOBODY) {
      found ??= new Set();
      found.add(subject);
    }
  }
  return found ?? NOBODY;
}

/** Step by step: a regular expression would look at a long run of such signs once for each of them. */
function withoutEdges(word: string): string {
  let [start, end] = [0, word.length];
  while (start < end && AROUND.test(word.charAt(start))) start += 1;
  while (end > start && AROUND.test(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
}

const EXTENSION = /[\s,;]*(?:\b(?:ext(?:ension)?|x|dw|durchwahl)|#|;ext=)[\s.:]*\d{1,6}\s*$/iu;
const SHORTEST_PHONE = 8;

/**
 * The number with its country that the text may mean: a spreadsheet took the plus from it, `(0)` stands for a call within the
 * country, an extension follows.
 */
function phonesIn(text: string): readonly string[] {
  const main = text.replace(EXTENSION, "");
  const digits = [main, main.replace(/\(0\)/u, "")].map((one) => one.replaceAll(/\D/gu, "").replace(/^00/u, ""));
  return [...new Set(digits)].filter(({ length }) => length >= SHORTEST_PHONE).map((one) => `+${one}`);
}

/** `42.0`, `4.2e1`: how programs write whole numbers that they took for others. Of a column that is known to hold numbers `+42` and `042` too. */
const SPELLED = /^(\+?0*)(\d+)(?:\.(\d+))?(?:[eE]\+?(\d{1,2}))?$/u;

/** The whole number that the text spells in another way; null where it is none. */
function plainNumber({ type }: MatchColumn, text: string): string | null {
  if ((type !== "integer" && type !== "edge") || !/^[+0]|[.eE]/u.test(text)) return null;
  const [, before = "", whole = "", part = "", power = "0"] = SPELLED.exec(text) ?? [];
  if (whole === "" || (type === "edge" && before !== "")) return null;
  const places = Number(power);
  if (/[1-9]/u.test(part.slice(places))) return null;
  const digits = `${whole}${part.slice(0, places).padEnd(places, "0")}`.replace(/^0+(?=\d)/u, "");
  return digits === text ? null : digits;
}
