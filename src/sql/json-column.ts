import { changeValue, isAsWanted } from "../record-files/change-value.ts";
import { datesIn } from "../record-files/json-dates.ts";
import { editJson, type JsonEdit } from "../record-files/json-edit.ts";
import { elementsAbove, parsePath, pathTree } from "../record-files/json-path.ts";
import { type JsonValue, readJson, textOf } from "../record-files/json-values.ts";
import type { FieldRule, FieldRules } from "../model/field-rule.ts";
import { Refusal } from "./refusal.ts";

/** A value in a document: `indexes` are the array elements on its way. */
export interface Spot {
  /** Text of a scalar; null for JSON null, an object or an array. */
  readonly text: string | null;
  readonly isNull: boolean;
  readonly isNumber: boolean;
  readonly indexes: readonly number[];
}

/**
 * How much of what stands at a rule's path belongs to those who are erased: all of it, nothing, or the elements of the
 * array at `list` (a path at or below the rule's) whose ways are named.
 */
export type Share = "all" | "nothing" | { readonly list: string; readonly ways: ReadonlySet<string> };

export type Shares = (path: string, indexes: readonly number[]) => Share;

/** How an element's way is written in a `Share`. */
export function wayOf(indexes: readonly number[]): string {
  return indexes.join();
}

/**
 * The JSON text with these rules done; every byte beside them stays, an absent path is never made. `changes` is 0 where
 * everything is as wanted. The path "" is the whole document.
 */
export function changeJson(
  text: string,
  rules: FieldRules,
  shares: Shares,
  pseudonym: (value: string) => string,
): { readonly text: string; readonly changes: number } {
  return changeJsonBy(text, [{ rules, shares }], pseudonym);
}

/** Rules for paths of a document, and whose what stands there is. */
export interface JsonPart {
  readonly rules: FieldRules;
  readonly shares: Shares;
}

/** The same by the rules of several record types, each with its own people: all of them see the text as it was. */
export function changeJsonBy(
  text: string,
  parts: readonly JsonPart[],
  pseudonym: (value: string) => string,
): { readonly text: string; readonly changes: number } {
  const all = parts.flatMap(({ rules, shares }) =>
    Object.entries(rules).flatMap(([path, rule]) => editsAt(text, path, rule, shares, pseudonym)),
  );
  // two of them may have the same rule for one place
  const edits = [...new Map(all.map((edit) => [`${edit.path}\n${edit.start}`, edit])).values()];
  const line = wrapped(text);
  return edits.length === 0
    ? { text, changes: 0 }
    : { text: editJson(line, sameContainers(line, edits)).slice(5, -1), changes: edits.length };
}

interface Edit {
  readonly path: string;
  readonly indexes: readonly number[];
  readonly start: number;
  /** undefined: the value goes. */
  readonly text?: string;
}

function editsAt(
  text: string,
  path: string,
  rule: FieldRule,
  shares: Shares,
  pseudonym: (value: string) => string,
): Edit[] {
  const { line, values } = read(text, path);
  return values.flatMap((value): Edit[] => {
    const share = shares(path, value.indexes);
    if (share === "nothing" || rule.kind === "keep") return [];
    if (share !== "all") {
      return read(text, share.list).values.flatMap(({ indexes, start }) =>
        share.ways.has(wayOf(indexes)) ? [{ path: share.list, indexes, start }] : [],
      );
    }
    const changed = changeAt(line, value, rule, pseudonym);
    return changed === undefined
      ? []
      : [{ path, indexes: value.indexes, start: value.start, ...(changed === null ? {} : { text: changed }) }];
  });
}

/** Edits as the editor wants them: values of one reading, so that those that share an array know of each other. */
function sameContainers(line: string, edits: readonly Edit[]): JsonEdit[] {
  const paths = [...new Set(edits.map(({ path }) => path))];
  const found = readPaths(line, paths);
  return edits.flatMap((edit): JsonEdit[] => {
    const value = found[paths.indexOf(edit.path)]?.find(
      ({ start, indexes }) => start === edit.start && wayOf(indexes) === wayOf(edit.indexes),
    );
    if (value === undefined) return [];
    return [edit.text === undefined ? { value, remove: true } : { value, text: edit.text }];
  });
}

/** Everything at this path, in order. */
export function spotsAt(text: string, path: string): Spot[] {
  const { line, values } = read(text, path);
  return values.map((value) => ({
    text: isScalar(value) ? textOf(line, value) : null,
    isNull: value.kind === "null",
    isNumber: value.kind === "number",
    indexes: value.indexes,
  }));
}

/** Texts of the scalars at this path, each with the array elements on its way. */
export function valuesAt(
  text: string,
  path: string,
): { readonly value: string; readonly indexes: readonly number[] }[] {
  return spotsAt(text, path).flatMap(({ text: value, indexes }) => (value === null ? [] : [{ value, indexes }]));
}

/** The dates at this path: an empty text for each that is none, and one where an element on the way has none. */
export function datesAt(text: string, path: string): readonly string[] {
  const line = wrapped(text);
  const paths = [path, ...elementsAbove(path)];
  const found = new Map(readPaths(line, paths).map((values, at) => [paths[at], values]));
  return datesIn(line, path, (one) => found.get(one) ?? []);
}

/** The path of the elements of the last array on the way to `path`; undefined where there is none. */
export function lastList(path: string): string | undefined {
  const end = path.lastIndexOf("[]");
  return end < 0 ? undefined : path.slice(0, end + 2);
}

/** The path of the elements of the first array on the way from `above` to `path`; undefined where there is none. */
export function firstListBelow(above: string, path: string): string | undefined {
  const at = path.indexOf("[]", above.length);
  return at < 0 ? undefined : path.slice(0, at + 2);
}

/** Whether `path` is `other` or leads to it. */
export function isAtOrAbove(path: string, other: string): boolean {
  const [mine, theirs] = [parsePath(path), parsePath(other)];
  return (
    mine.length <= theirs.length &&
    mine.every((step, at) => {
      const their = theirs[at];
      return step === "[]" ? their === "[]" : typeof their === "object" && their.key === step.key;
    })
  );
}

/** The reader wants an object, a column may hold an array or a scalar: it is read as the one member of an object. */
function wrapped(text: string): string {
  return `{"d":${text}}`;
}

function read(text: string, path: string): { readonly line: string; readonly values: readonly JsonValue[] } {
  const line = wrapped(text);
  return { line, values: readPaths(line, [path])[0] ?? [] };
}

function readPaths(line: string, paths: readonly string[]): readonly (readonly JsonValue[])[] {
  const tree = pathTree(paths.map((path) => (path === "" ? "d" : path.startsWith("[") ? `d${path}` : `d.${path}`)));
  const values = readJson(line, tree, paths.length);
  if (values === null) throw new Refusal("invalid_json");
  // a path without brackets means the array, not its elements
  return values.map((found) => found.filter(({ element }) => !element));
}

function isScalar({ kind }: JsonValue): boolean {
  return kind !== "object" && kind !== "array";
}

/** The value's new JSON text; null: it goes; undefined: it is as wanted. */
function changeAt(
  line: string,
  value: JsonValue,
  rule: FieldRule,
  pseudonym: (value: string) => string,
): string | null | undefined {
  const old = textOf(line, value);
  if (isScalar(value) && isAsWanted(rule, old, false)) return undefined;
  const changed = isScalar(value) ? changeValue(rule, old, { keepDate: false, pseudonym }) : changeWhole(rule);
  switch (changed.kind) {
    case "keep":
      return undefined;
    case "remove":
      return null;
    case "value":
      return JSON.stringify(changed.value);
  }
}

/** An object or array under a rule that is made for scalars is cleared: guessing would keep it. */
function changeWhole(rule: FieldRule): ReturnType<typeof changeValue> {
  switch (rule.kind) {
    case "keep":
    case "remove":
    case "set":
    case "template":
    case "clear":
    case "unlink":
      return changeValue(rule, null, { keepDate: false, pseudonym: () => "" });
    case "generalise":
    case "prefix":
    case "truncate":
    case "pseudonymise":
      return { kind: "value", value: null };
  }
}
