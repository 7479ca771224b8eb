import type { DateForm } from "../../src/documents/changes.ts";
import type { JsonNode, JsonScalar } from "../../src/documents/json-text.ts";
import { dateFormats, type DateFormat } from "./date-format.ts";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?)?$/u;
const DIGITS = /^-?\d+$/u;

/**
 * A date of a document as ISO 8601: a civil date stays one, a time without an offset is UTC (the server takes it so),
 * milliseconds and seconds since 1970 become an instant. Undefined for a text that is no date in a form known here.
 */
export function isoDate(node: JsonScalar, format: string): string | undefined {
  const text = node.text.trim();
  if (format !== "") {
    for (const one of dateFormats(format)) {
      const told = one?.read(text);
      if (told !== undefined) return told;
    }
    // a number is no date but by the field's own format
    if (node.type === "number") return undefined;
  }
  if (DIGITS.test(text) && (node.type === "number" || text.length > 8)) {
    const instant = new Date(Number(text));
    return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString().replace(".000Z", "Z");
  }
  if (/^\d{4}$/u.test(text)) return `${text}-01-01`;
  if (/^\d{4}-\d{2}$/u.test(text)) return `${text}-01`;
  if (/^\d{8}$/u.test(text)) return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  if (/^\d{4}[-/]\d{2}[-/]\d{2}$/u.test(text)) return text.replaceAll("/", "-");
  if (INSTANT.test(text)) return `${text}Z`;
  return /^\d{4}-\d{2}-\d{2}T/u.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** How dates of a field with this format (`""`: the server's own) are read and written: a number stays a number. */
export function dateForm(format: string): DateForm {
  return {
    read: (node) => isoDate(node, format),
    write(old, iso) {
      if (!DIGITS.test(old.text.trim()) || old.text.trim().length <= 8) return JSON.stringify(iso);
      const millis = Date.parse(iso);
      const value = String(
        /epoch_second/u.test(format) && !/epoch_millis/u.test(format) ? Math.trunc(millis / 1000) : millis,
      );
      return old.type === "number" ? value : JSON.stringify(value);
    },
  };
}

/** JSON text of an instant for a field of this format, in the form of what stands there; undefined where no way to write it is known. */
export function instantText(format: string, at: Date, old: JsonNode | undefined): string | undefined {
  const known = dateFormats(format).filter((one) => one !== undefined);
  const stood = old?.kind === "scalar" && old.type !== "null" ? old : undefined;
  const read = stood === undefined ? undefined : known.find((one) => one.read(stood.text.trim()) !== undefined);
  const [first] = known;
  const like: DateFormat | undefined = read ?? first;
  if (like === undefined) return undefined;
  // whatever tells the time too, of those that look alike
  const best = like.isInstant ? like : (known.find((one) => one.isInstant && one.isNumber === like.isNumber) ?? like);
  const text = best.write(at);
  return best.isNumber && stood?.type !== "string" ? text : JSON.stringify(text);
}
