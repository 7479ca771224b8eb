import type { Brand } from "./brand.ts";
import type { Fold, IdentityType } from "./datamap.ts";

/** A value after its declared folds. It is never folded again: a second time could change it once more. */
export type Folded = Brand<string, "Folded">;

/**
 * The value after its declared folds, in this fixed order: nfc, trim, e164, lowercase. Nothing else is ever folded: no
 * dots, no plus tags.
 */
export function fold(value: string, folds: readonly Fold[]): Folded {
  let folded = value;
  if (folds.includes("nfc")) folded = folded.normalize("NFC");
  if (folds.includes("trim")) folded = folded.trim();
  if (folds.includes("e164")) folded = folded.replace(/[\s().\-/]/gu, "").replace(/^00/u, "+");
  if (folds.includes("lowercase")) folded = folded.toLowerCase();
  return foldedBefore(folded);
}

/** A value that was folded when it was read in, and has been stored since. */
export function foldedBefore(value: string): Folded {
  return value as Folded;
}

/**
 * The text by which a stored or given value is compared: after its folds, a UUID in lower case. Equal texts are equal
 * values; `00042` is not `42`.
 */
export function comparable(value: string, type: IdentityType | "edge", folds: readonly Fold[]): string {
  return comparableOf(fold(value, folds), type);
}

/** The same for a value that is folded already. */
export function comparableOf(value: Folded, type: IdentityType | "edge"): string {
  return type === "uuid" ? value.toLowerCase() : value;
}
