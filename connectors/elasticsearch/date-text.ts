import type { DateForm } from "../../src/documents/changes.ts";
import type { JsonScalar } from "../../src/documents/json-text.ts";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?)?$/u;
const DIGITS = /^-?\d+$/u;

/**
 * A date of a document as ISO 8601: a civil date stays one, a time without an offset is UTC (the server takes it so),
 * milliseconds and seconds since 1970 become an instant. Undefined for a text that is no date in a form known here.
 */
export function isoDate(node: JsonScalar, format: string): string | undefined {
  const text = node.text.trim();
  if (DIGITS.test(text) && (node.type === "number" || text.length > 8 || /^epoch_(?:millis|second)$/u.test(format))) {
    const instant = new Date(Number(text) * (/epoch_second/u.test(format) && !/epoch_millis/u.test(format) ? 1000 : 1));
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
