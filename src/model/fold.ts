import type { Fold, IdentityType } from "./datamap.ts";

/**
 * The value after its declared folds, in this fixed order: nfc, trim, e164, lowercase. Nothing else is ever folded: no
 * dots, no plus tags.
 */
export function fold(value: string, folds: readonly Fold[]): string {
  let folded = value;
  if (folds.includes("nfc")) folded = folded.normalize("NFC");
  if (folds.includes("trim")) folded = folded.trim();
  if (folds.includes("e164")) folded = folded.replace(/[\s().\-/]/gu, "").replace(/^00/u, "+");
  if (folds.includes("lowercase")) folded = folded.toLowerCase();
  return folded;
}

/**
 * The text by which a stored or given value is compared: after its folds, a UUID in lower case. Equal texts are equal
 * values; `00042` is not `42`.
 */
export function comparable(value: string, type: IdentityType | "edge", folds: readonly Fold[]): string {
  const folded = fold(value, folds);
  return type === "uuid" ? folded.toLowerCase() : folded;
}
