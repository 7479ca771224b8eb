import { looksLikeIdentifier } from "../model/identifier-like.ts";
import type { Lookup } from "../model/search.ts";

/** Control characters, those that turn the direction of writing or are not seen, and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const ADDRESS = /[^\s/@]+(?:@|%40)[^\s/@]+?(?=(?:\.(?:csv|tsv|jsonl|ndjson|json|parquet))?(?:\.gz)?(?:[\s/]|$))/giu;

/**
 * The name of a file or object, or a pattern, as messages show it: without characters that a terminal would obey, and with
 * "…" for whatever may be an identifier or is searched for.
 */
export function shownName(path: string, lookups: readonly Lookup[] = []): string {
  const values = lookups.flatMap((lookup) => Object.values(lookup.values).flat()).filter((value) => value.length > 2);
  const spelled = new Set(values.flatMap((value) => [value, encodeURIComponent(value.toWellFormed())]));
  let shown = path;
  for (const value of [...spelled].toSorted((a, b) => b.length - a.length)) {
    if (shown.toLowerCase().includes(value.toLowerCase()))
      shown = shown.replaceAll(new RegExp(value.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`), "giu"), "…");
  }
  return shown
    .replaceAll(UNSEEN, "?")
    .replaceAll(ADDRESS, "…")
    .split("/")
    .map((name) => (looksLikeIdentifier(name) ? "…" : name))
    .join("/");
}
