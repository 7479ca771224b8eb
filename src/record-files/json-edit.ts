import type { JsonContainer, JsonValue } from "./json-values.ts";

/** What replaces a value: text as it is to stand in the file, or the value goes, with its key and its comma. */
export type JsonEdit =
  | { readonly value: JsonValue; readonly text: string }
  | { readonly value: JsonValue; readonly remove: true };

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The line with these edits; everything else stays as it is written. An edit inside a value that goes, goes with it. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const removed = new Map<JsonContainer, Set<number>>();
  const splices: Splice[] = [];
  for (const edit of edits) {
    if ("remove" in edit) {
      const items = removed.get(edit.value.container) ?? new Set();
      removed.set(edit.value.container, items.add(edit.value.item));
    } else splices.push({ start: edit.value.start, end: edit.value.end, text: edit.text });
  }
  for (const [container, items] of removed) splices.push(...withoutItems(container, items));
  splices.sort((a, b) => a.start - b.start || b.end - a.end);
  let edited = "";
  let at = 0;
  for (const splice of splices) {
    if (splice.start < at) continue;
    edited += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return edited + text.slice(at);
}

/** Takes items out with one comma each: the one before, or the one after where nothing is left before. */
function withoutItems(container: JsonContainer, gone: ReadonlySet<number>): Splice[] {
  const { items, open, close } = container;
  if (gone.size === items.length) return [{ start: open, end: close, text: "" }];
  const splices: Splice[] = [];
  let kept = false;
  for (const [at, item] of items.entries()) {
    if (!gone.has(at)) kept = true;
    else if (kept) splices.push({ start: items[at - 1]?.end ?? item.start, end: item.end, text: "" });
    else splices.push({ start: item.start, end: items[at + 1]?.start ?? item.end, text: "" });
  }
  return splices;
}
