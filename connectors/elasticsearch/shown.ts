import { looksLikeIdentifier } from "../../src/model/identifier-like.ts";

/** Control characters, line separators, and marks that nobody sees or that turn the text's direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Names of indices, aliases and patterns for messages: a part between commas that may hold an identifier is left out. */
export function shown(names: string): string {
  return names
    .split(",")
    .map((name) =>
      looksLikeIdentifier(name) || looksLikeIdentifier(name.replace(/^[^+\d]*[-_.]/u, "")) ? "(name withheld)" : name.replaceAll(UNPRINTABLE, "?"),
    )
    .join(",");
}
