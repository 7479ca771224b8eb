/** How names that came from outside (files, objects, indexes, tables) are shown: with nothing in them that is a person's, or that a terminal obeys. */
import { looksLikeIdentifier } from "./identifier-like.ts";
import type { Lookup } from "./search.ts";

/** An address; where it is a file's name, its endings stay. */
const ADDRESS = /[^\s/@]+(?:@|%40)[^\s/@]+?(?=(?:\.(?:csv|tsv|jsonl|ndjson|json|parquet))?(?:\.gz)?(?:[\s/]|$))/giu;
/** An address or a telephone number with its prefix, within a longer text. */
const PARTS =
  /[^\s/@"'`()<>,;:=[\]{}]+(?:@|%40)[^\s/@"'`()<>,;:=[\]{}]+|(?<![\p{L}\p{N}])(?:\+|00)[1-9]\d{6,14}(?!\d)/giu;
/** Control characters, line separators, and marks that nobody sees or that turn the text's direction; halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** `20261121093000`: a moment, and no telephone number. */
const MOMENT = /^20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{0,9}$/u;
/** A shorter value stands in too many names to tell anything. */
const TELLING = 3;

/**
 * The name of a file, object or index, or a pattern, as people read it: without characters that a terminal would obey, and
 * with "…" for whatever may be an identifier or is searched for, however it is spelled.
 */
export function shown(path: string, lookups: readonly Lookup[] = []): string {
  const values = lookups.flatMap((lookup) => Object.values(lookup.values).flat());
  const spelled = new Set(values.filter((value) => value.length >= TELLING).flatMap((value) => spellings(value)));
  let blanked = path;
  for (const value of [...spelled].toSorted((a, b) => b.length - a.length)) {
    // most names hold none of them: no pattern is made for those
    if (blanked.toLowerCase().includes(value.toLowerCase()))
      blanked = blanked.replaceAll(new RegExp(literal(value), "giu"), "…");
  }
  return printable(blanked)
    .replaceAll(ADDRESS, "…")
    .replaceAll(PARTS, "…")
    .split("/")
    .map((name) => withoutNumber(name))
    .join("/");
}

/** Both forms of Unicode, and each with its signs encoded. */
function spellings(value: string): readonly string[] {
  const forms = [value, value.normalize("NFC"), value.normalize("NFD")];
  return [...forms, ...forms.map((form) => encodeURIComponent(form.toWellFormed()))];
}

/** A name that is a telephone number and an ending. */
function withoutNumber(name: string): string {
  const stem = name.replace(/(?:\.[a-z][a-z0-9]{0,7})+$/iu, "");
  return looksLikeIdentifier(stem) && !MOMENT.test(stem) ? `…${name.slice(stem.length)}` : name;
}

/** A sentence that may hold such names: addresses, telephone numbers and these values are blanked. Lines stay lines. */
export function masked(text: string, values: Iterable<string> = []): string {
  const wanted = [...values].filter((value) => value.length >= TELLING).toSorted((a, b) => b.length - a.length);
  let all = text;
  for (const value of wanted)
    // most texts hold none of them: no pattern is made for those
    if (all.toLowerCase().includes(value.toLowerCase()))
      all = all.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${literal(value)}(?![\\p{L}\\p{N}])`, "giu"), "…");
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

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
