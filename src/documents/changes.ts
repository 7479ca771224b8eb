/** What rules change in a document, as edits of its text: everything else keeps every character, and an absent path is never made. */
import type { FieldRule } from "../model/field-rule.ts";
import { changeValue, isAsWanted } from "../record-files/change-value.ts";
import { canonical, removalOf, type JsonNode, type JsonScalar, type TextEdit } from "./json-text.ts";
import { ownOf, type Hit, type Matching } from "./matching.ts";
import { isAtOrAbove, meansElements, type Occurrence, type Path } from "./path.ts";

export interface DocumentRule {
  /** As the data map names it. */
  readonly name: string;
  /** Where its values stand. */
  readonly path: Path;
  readonly rule: FieldRule;
  /** The store knows the values as dates. */
  readonly date?: DateForm;
}

export interface DateForm {
  /** ISO 8601; undefined for a text that is no date in a form known. */
  read(node: JsonScalar): string | undefined;
  /** JSON text for a new date, in the form in which the old one was written. */
  write(old: JsonScalar, iso: string): string;
}

/** A value that a rule changes: to this JSON text, or (null) it goes. */
export interface ValueChange {
  readonly rule: DocumentRule;
  readonly occurrence: Occurrence;
  readonly text: string | null;
}

/** How the values under a rule's path are read: `leaves` where it is about each value of an array at its end. */
export type RuleReader<Document> = (document: Document, path: Path, leaves: boolean) => readonly Occurrence[];

/** What still has to be changed for the person whose values `hits` are; empty where the document is as wanted. */
export function changesIn<Document>(
  document: Document,
  rules: readonly DocumentRule[],
  matching: Pick<Matching<never>, "columns" | "mode">,
  hits: readonly Hit[],
  how: { readonly read: RuleReader<Document>; readonly pseudonym: (value: string) => string },
): ValueChange[] {
  return rules.flatMap((rule) =>
    ownOf(rule.path, how.read(document, rule.path, meansEach(rule, matching)), matching, hits).flatMap((occurrence) => {
      const text = replacement(rule, occurrence, how.pseudonym);
      return text === undefined ? [] : [{ rule, occurrence, text }];
    }),
  );
}

/** Whether a rule on an array is about each of its values. `clear` and `set` replace the array, unless matched values stand in it. */
function meansEach({ rule, path }: DocumentRule, { columns }: Pick<Matching<never>, "columns">): boolean {
  switch (rule.kind) {
    case "clear":
    case "unlink":
    case "set":
    case "keep":
    case "remove":
      return columns.some((column) => isAtOrAbove(path, column.path));
    case "generalise":
    case "prefix":
    case "truncate":
    case "template":
    case "pseudonymise":
      return true;
  }
}

/** JSON text for the new value, null where it goes, undefined where it is as wanted. */
function replacement(
  { rule, date }: DocumentRule,
  { node, parts }: Occurrence,
  pseudonym: (value: string) => string,
): string | null | undefined {
  if (rule.kind === "keep") return undefined;
  if (rule.kind === "remove") return null;
  if (node.kind !== "scalar" || parts !== undefined) return ofWhole(rule, node, parts !== undefined);
  const iso = node.type === "null" ? undefined : date?.read(node);
  const old = node.type === "null" ? null : (iso ?? node.text);
  if (isAsWanted(rule, old, date !== undefined)) return undefined;
  const changed = changeValue(rule, old, { keepDate: date !== undefined, pseudonym });
  switch (changed.kind) {
    case "keep":
      return undefined;
    case "remove":
      return null;
    case "value": {
      const { value } = changed;
      if (typeof value !== "string") return JSON.stringify(value);
      if (iso !== undefined && date !== undefined && /^\d{4}-\d{2}-\d{2}/u.test(value)) {
        const text = date.write(node, value);
        // a day that is written as an instant there
        return text === canonical(node) ? undefined : text;
      }
      if (rule.kind === "set" && rule.asStood === true && node.type === "boolean" && TRUTH.test(value)) return value;
      return node.type === "number" && NUMBER.test(value) ? value : JSON.stringify(value);
    }
  }
}

const TRUTH = /^(?:true|false)$/u;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u;

/** An object or array under a rule that is made for scalars is cleared: guessing would keep it. A part of an object is no place for a new value. */
function ofWhole(rule: FieldRule, node: JsonNode, isPart: boolean): string | undefined {
  if (rule.kind === "set" && !isPart) return JSON.stringify(rule.value);
  return node.kind === "scalar" && node.type === "null" ? undefined : "null";
}

/** The edits of the document's text; what several rules change in one place is changed once. */
export function editsOf(changes: readonly ValueChange[]): TextEdit[] {
  const edits: TextEdit[] = [];
  const removed = new Map<Occurrence["place"]["container"], Set<number>>();
  for (const { rule, occurrence, text } of changes) {
    const { node, place } = occurrence;
    if (text !== null) edits.push({ start: node.start, end: node.end, text });
    // the one element of an array that was written without brackets
    else if (place.container.kind === "object" && meansElements(rule.path))
      edits.push({ start: node.start, end: node.end, text: "[]" });
    else removed.set(place.container, (removed.get(place.container) ?? new Set()).add(place.index));
  }
  return [...edits, ...[...removed].flatMap(([container, gone]) => removalOf(container, gone))];
}
