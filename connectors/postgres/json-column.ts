import { changeValue, isAsWanted } from "../../src/record-files/change-value.ts";
import { editJson, type JsonEdit } from "../../src/record-files/json-edit.ts";
import { pathTree } from "../../src/record-files/json-path.ts";
import { type JsonValue, readJson, textOf } from "../../src/record-files/json-values.ts";
import type { FieldRule, FieldRules } from "../../src/model/field-rule.ts";
import { Refusal } from "./errors.ts";

/** Whether a value that a rule's path leads to belongs to those who are erased: `indexes` are the array elements on its way. */
export type Belongs = (path: string, indexes: readonly number[]) => boolean;

/**
 * The JSON text with these rules done; every byte beside them stays, an absent path is never made. `changes` is 0 where
 * everything is as wanted.
 */
export function changeJson(
  text: string,
  rules: FieldRules,
  belongs: Belongs,
  pseudonym: (value: string) => string,
): { readonly text: string; readonly changes: number } {
  const paths = Object.keys(rules);
  const { line, values } = read(text, paths);
  const edits = paths.flatMap((path, at) => {
    const rule = rules[path];
    return rule === undefined ? [] : (values[at] ?? []).flatMap((value) => (belongs(path, value.indexes) ? editOf(line, value, rule, pseudonym) : []));
  });
  return edits.length === 0 ? { text, changes: 0 } : { text: unwrapped(editJson(line, edits)), changes: edits.length };
}

/** Texts of the scalars at this path, each with the array elements on its way. */
export function valuesAt(text: string, path: string): { readonly value: string; readonly indexes: readonly number[] }[] {
  const { line, values } = read(text, [path]);
  return (values[0] ?? []).flatMap((found) => {
    const value = isScalar(found) ? textOf(line, found) : null;
    return value === null ? [] : [{ value, indexes: found.indexes }];
  });
}

/** The reader wants an object, a column may hold an array or a scalar: it is read as the one member of an object. */
function read(text: string, paths: readonly string[]): { line: string; values: readonly (readonly JsonValue[])[] } {
  const line = `{"d":${text}}`;
  const tree = pathTree(paths.map((path) => (path.startsWith("[") ? `d${path}` : `d.${path}`)));
  const values = readJson(line, tree, paths.length);
  if (values === null) throw new Refusal("22P02");
  // a path without brackets means the array, not its elements
  return { line, values: values.map((found) => found.filter(({ element }) => !element)) };
}

function unwrapped(line: string): string {
  return line.slice(5, -1);
}

function isScalar({ kind }: JsonValue): boolean {
  return kind !== "object" && kind !== "array";
}

function editOf(line: string, value: JsonValue, rule: FieldRule, pseudonym: (value: string) => string): JsonEdit[] {
  const old = textOf(line, value);
  if (isScalar(value) && isAsWanted(rule, old, false)) return [];
  const changed = isScalar(value) ? changeValue(rule, old, { keepDate: false, pseudonym }) : changeWhole(rule);
  switch (changed.kind) {
    case "keep":
      return [];
    case "remove":
      return [{ value, remove: true }];
    case "value":
      return [{ value, text: JSON.stringify(changed.value) }];
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
