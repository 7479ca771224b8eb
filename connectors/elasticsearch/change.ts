/** What a rule changes in a document, as edits of its text; everything else keeps every character. */
import { changeValue, isAsWanted } from "../../src/record-files/change-value.ts";
import type { FieldRule } from "../../src/model/field-rule.ts";
import type { Described } from "../../src/model/search.ts";
import { inFormOf, isoDate } from "./date-text.ts";
import { removalOf, type JsonNode, type JsonScalar, type TextEdit } from "./json-text.ts";
import type { MatchField } from "./mapping.ts";
import { fieldName, meansElements, occurrences, parsePath, type Occurrence, type Path } from "./paths.ts";

export interface Rule {
  readonly path: Path;
  readonly rule: FieldRule;
  /** The field is a date in the mapping, of this format (`""`: the server's own). */
  readonly dateFormat?: string;
}

/** Array elements a value lies in: name of the array -> element. */
export type ElementsOf = ReadonlyMap<string, JsonNode>;

/**
 * The values a rule is about. Where a matched column runs through the same array, only those in matching elements: a
 * shared document holds other people's too.
 */
export function changedOccurrences(source: JsonNode, { path, rule }: Rule, columns: readonly MatchField[], matched: ReadonlySet<JsonNode>): Occurrence[] {
  const matchedNames = columns.map((column) => fieldName(column.source));
  const itself = matchedNames.includes(fieldName(path));
  return occurrences(source, path, goesThroughArrays(rule, itself)).filter(({ elements }) => {
    const shared = [...elements].findLast(([name]) => matchedNames.some((column) => column === name || column.startsWith(`${name}.`)));
    return shared === undefined || matched.has(shared[1]);
  });
}

/** Whether a rule on an array of values is about each of them. `clear` and `set` replace the array. */
function goesThroughArrays(rule: FieldRule, matchedItself: boolean): boolean {
  switch (rule.kind) {
    case "clear":
    case "unlink":
    case "set":
    case "keep":
      return false;
    case "remove":
      return matchedItself;
    case "generalise":
    case "prefix":
    case "truncate":
    case "template":
    case "pseudonymise":
      return true;
  }
}

/** What still has to be changed; empty where the document is as wanted. */
export function editsFor(
  source: JsonNode,
  rules: readonly Rule[],
  columns: readonly MatchField[],
  matched: ReadonlySet<JsonNode>,
  pseudonym: (value: string) => string,
): TextEdit[] {
  const edits: TextEdit[] = [];
  const removed = new Map<Occurrence["place"]["container"], Set<number>>();
  for (const rule of rules) {
    for (const occurrence of changedOccurrences(source, rule, columns, matched)) {
      const { node, place } = occurrence;
      const text = replacement(rule, node, pseudonym);
      if (text === undefined) continue;
      if (text !== null) edits.push({ start: node.start, end: node.end, text });
      // the one element of an array that was written without brackets
      else if (place.container.kind === "object" && meansElements(rule.path)) edits.push({ start: node.start, end: node.end, text: "[]" });
      else removed.set(place.container, (removed.get(place.container) ?? new Set()).add(place.index));
    }
  }
  return [...edits, ...[...removed].flatMap(([container, gone]) => removalOf(container, gone))];
}

/** JSON text for the new value, null where it goes, undefined where it is as wanted. */
function replacement({ rule, dateFormat }: Rule, node: JsonNode, pseudonym: (value: string) => string): string | null | undefined {
  if (rule.kind === "keep") return undefined;
  if (rule.kind === "remove") return null;
  if (node.kind !== "scalar") return rule.kind === "set" ? JSON.stringify(rule.value) : "null";
  const iso = dateFormat === undefined || node.type === "null" ? undefined : isoDate(node, dateFormat);
  const old = node.type === "null" ? null : (iso ?? node.text);
  if (isAsWanted(rule, old, dateFormat !== undefined)) return undefined;
  const changed = changeValue(rule, old, { keepDate: dateFormat !== undefined, pseudonym });
  switch (changed.kind) {
    case "keep":
      return undefined;
    case "remove":
      return null;
    case "value":
      return jsonOf(changed.value, node, iso === undefined ? undefined : dateFormat);
  }
}

function jsonOf(value: string | number | boolean | null, old: JsonScalar, dateFormat: string | undefined): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (dateFormat !== undefined && /^\d{4}-\d{2}-\d{2}/u.test(value)) return inFormOf(old, dateFormat, value);
  return old.type === "number" && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(value) ? value : JSON.stringify(value);
}

/** Takes out whatever is not kept, leads to something kept, or is what the record's holds start from. */
export function minimisingEdits(source: JsonNode, keepOnly: readonly string[], record: Described): TextEdit[] {
  const kept = [...keepOnly, ...record.holds.map(({ from }) => from)].map((name) => fieldName(parsePath(name)));
  const edits: TextEdit[] = [];
  const visit = (node: JsonNode, above: string): void => {
    if (node.kind === "scalar") return;
    if (node.kind === "array") {
      for (const item of node.items) visit(item, above);
      return;
    }
    const gone = new Set<number>();
    for (const [index, { key, value }] of node.members.entries()) {
      const name = above === "" ? key : `${above}.${key}`;
      if (kept.some((wanted) => name === wanted || name.startsWith(`${wanted}.`))) continue;
      if (kept.some((wanted) => wanted.startsWith(`${name}.`)) && value.kind !== "scalar") visit(value, name);
      else gone.add(index);
    }
    edits.push(...removalOf(node, gone));
  };
  visit(source, "");
  return edits;
}
