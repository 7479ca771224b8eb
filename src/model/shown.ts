/** How names that came from outside (files, objects, indexes, tables) are shown: with nothing in them that is a person's, or that a terminal obeys. */
import { looksLikeIdentifier } from "./identifier-like.ts";
import type { Lookup } from "./search.ts";

const WITHHELD = "(name withheld)";
/** An address within a longer text, and a telephone number with its prefix. */
const PARTS = /[^\s/@"'`()<>,;:=[\]{}]+(?:@|%40)[^\s/@"'`()<>,;:=[\]{}]+|(?<![\p{L}\p{N}])(?:\+|00)[1-9]\d{6,14}(?!\d)/giu;
/** Control characters, line separators, and marks that nobody sees or that turn the text's direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** `20261121093000`: a moment, and no telephone number. */
const MOMENT = /^20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{0,9}$/u;
/** A value of fewer characters stands in too many names to tell anything. */
const TELLING = 3;

/**
 * A path or name for people. A part between two slashes that may be an identifier, or holds a value that is being looked
 * for, is left out whole; what only has an address in it keeps the rest.
 */
export function shown(path: string, lookups: readonly Lookup[] = []): string {
  const wanted = lookups.flatMap(({ values }) => Object.values(values).flat());
  return path
    .split("/")
    .map((name) => shownName(name, wanted))
    .join("/");
}

function shownName(name: string, wanted: readonly string[]): string {
  const plain = alike(name);
  if (wanted.some((value) => value.length >= TELLING && plain.includes(alike(value)))) return WITHHELD;
  const blanked = name.replace(PARTS, "…");
  if (/^…(?:\.[a-z0-9]{1,8})*$/iu.test(blanked)) return WITHHELD;
  const stem = name.replace(/(?:\.[a-z][a-z0-9]{0,7})+$/iu, "");
  if (!MOMENT.test(stem) && [name, stem].some((one) => !one.includes("@") && looksLikeIdentifier(one))) return WITHHELD;
  return printable(blanked);
}

/** A sentence that may hold such names: addresses, telephone numbers and these values are blanked. Lines stay lines. */
export function masked(text: string, values: Iterable<string> = []): string {
  const wanted = [...values].filter((value) => value.length >= TELLING).toSorted((a, b) => b.length - a.length);
  let all = text;
  for (const value of wanted) all = all.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${literal(value)}(?![\\p{L}\\p{N}])`, "giu"), "…");
  return all
    .replace(PARTS, "…")
    .split("\n")
    .map((line) => printable(line))
    .join("\n");
}

/** One `?` for each character that a terminal would obey, or that nobody would see. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, "?");
}

/** Names are written in both forms of Unicode, in any case, and with their signs encoded. */
function alike(text: string): string {
  return decoded(text).normalize("NFC").toLowerCase();
}

function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/giu, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
