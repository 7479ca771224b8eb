/** A cell that is a list: values with a separator between them. Every byte that is not a value's that goes or changes stays. */
import type { Dialect } from "../model/datamap.ts";
import { type Cell, cellText } from "./csv-cells.ts";

/** What becomes of one value of the list: a text, or (null) it goes with one separator. */
export type ListEdit = { readonly index: number; readonly text: string | null };

export function splitList(value: string, separator: string): readonly string[] {
  return value.split(separator);
}

/** The cell as it is to stand in its record. null where the dialect cannot write it. */
export function editList(
  raw: string,
  cell: Cell,
  separator: string,
  edits: readonly ListEdit[],
  how: { readonly alone: boolean; readonly dialect: Dialect },
): string | null {
  const values = splitList(cell.value, separator);
  const changed = new Map(edits.map(({ index, text }) => [index, text]));
  const starts: number[] = [0];
  for (const value of values) starts.push((starts.at(-1) ?? 0) + value.length + separator.length);
  const splices: { start: number; end: number; text: string }[] = [];
  let kept = false;
  for (const [index, value] of values.entries()) {
    const start = starts[index] ?? 0;
    const end = start + value.length;
    const text = changed.get(index);
    if (text === undefined) kept = true;
    else if (text !== null) {
      splices.push({ start, end, text });
      kept = true;
    } else if (kept) splices.push({ start: start - separator.length, end, text: "" });
    else splices.push({ start, end: index === values.length - 1 ? end : (starts[index + 1] ?? end), text: "" });
  }
  return cellText(raw, cell, splices, how);
}
