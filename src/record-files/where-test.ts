/** `where` of a condition: the values that a data map names, compared with one that is stored. */

/** `number`: it is one, or may be one (a cell of a CSV file has no type). */
export interface StoredValue {
  readonly text: string;
  readonly number: boolean;
}

/** The same text, or the same number: 5 and 5.0. A code such as `0010` is no number, and neither is a JSON string. */
export function whereTest(wanted: readonly string[]): (stored: StoredValue) => boolean {
  const texts = new Set(wanted);
  const numbers = new Set(wanted.flatMap((value) => numberIn(value) ?? []));
  return ({ text, number }) => {
    if (texts.has(text)) return true;
    const value = number && numbers.size > 0 ? numberIn(text) : undefined;
    return value !== undefined && numbers.has(value);
  };
}

const NUMBER = /^(?<sign>-?)(?<whole>0|[1-9]\d*)(?:\.(?<part>\d+))?(?:[eE](?<power>[+-]?\d{1,18}))?$/u;

/** A number in one spelling, exact at any length: digits without zeros at either end, and a power of ten. */
function numberIn(text: string): string | undefined {
  const found = NUMBER.exec(text)?.groups;
  if (found === undefined) return undefined;
  const { sign = "", whole = "", part = "", power = "0" } = found;
  const digits = `${whole}${part}`.replace(/^0+/u, "");
  const kept = digits.replace(/0+$/u, "");
  if (kept === "") return "0";
  return `${sign}${kept}e${BigInt(power) - BigInt(part.length) + BigInt(digits.length - kept.length)}`;
}
