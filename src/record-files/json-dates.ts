import { elementsAbove } from "./json-path.ts";
import { comparableText, type ValuesOfLine } from "./json-ways.ts";
import type { JsonValue } from "./json-values.ts";

/** The dates under a path: an empty text for each that is none, and one where an element on the way has none. */
export function datesIn(text: string, path: string, at: ValuesOfLine): readonly string[] {
  const values = at(path);
  const dates = values.filter((value) => !isList(value));
  const elements = [...elementsAbove(path).flatMap(at), ...values.filter(isList)];
  const isBare = ({ start, end }: JsonValue) => !dates.some((date) => date.start >= start && date.end <= end);
  return [...dates.map((date) => comparableText(text, date) ?? ""), ...(elements.some(isBare) ? [""] : [])];
}

function isList({ kind, element }: JsonValue): boolean {
  return kind === "array" && !element;
}
