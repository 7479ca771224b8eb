import { isUtf8 } from "node:buffer";
import type { FieldRule } from "../model/field-rule.ts";
import { comparable } from "../model/fold.ts";
import type { MatchColumn } from "../model/search.ts";
import { changeValue, isAsWanted } from "./change-value.ts";
import { editJson, type JsonEdit } from "./json-edit.ts";
import { lineBlocks, type LineBlock, type LinePiece } from "./json-lines.ts";
import { pathTree, sharedArrays } from "./json-path.ts";
import { isJsonObject, type JsonValue, type JsonValues, readJson, textOf } from "./json-values.ts";
import { type FieldChange, type Piece, type RecordFormat, rulesOf, type Selection } from "./record-format.ts";
import { contentOf } from "./record-name.ts";

export interface JsonRow {
  readonly text: string;
  readonly values: JsonValues;
}

/**
 * `paths`: every path that is named anywhere, each once. `columns` and `mode`: what selects the elements of shared arrays.
 * `isNeeded`: whose values are asked for; a line that it is false for is a row without any, and `unseen` does not know it.
 */
export function jsonlFormat(
  name: string,
  paths: readonly string[],
  columns: readonly MatchColumn[],
  mode: "any" | "all",
  isNeeded: (text: string) => boolean = () => true,
): RecordFormat<JsonRow> {
  const tree = pathTree(paths);
  const numbers = new Map(paths.map((path, index) => [path, index]));
  const seen = new Set<number>();
  const compiled = new Map<FieldChange, readonly PathRule[]>();
  const at = (row: JsonRow, path: string) => row.values[numbers.get(path) ?? -1] ?? [];
  const rules = (change: FieldChange) => {
    const known = compiled.get(change) ?? Object.entries(rulesOf(change)).map(([path, rule]) => pathRule(path, rule, columns));
    compiled.set(change, known);
    return known;
  };
  const valuesIn = (text: string): JsonValues | null => {
    if (isNeeded(text)) return readJson(text, tree, paths.length);
    return isJsonObject(text) ? [] : null;
  };
  const piece = (block: LineBlock, { start, end, line, blank }: LinePiece): Piece<JsonRow> => {
    if (blank) return { start, end, line, row: null, unreadable: false };
    const bytes = contentOf(block.bytes, start, end);
    const text = bytes.toString("utf8");
    const values = block.valid || isUtf8(bytes) ? valuesIn(text) : null;
    if (values === null) return { start, end, line, row: null, unreadable: true };
    if (seen.size < paths.length) for (const [index, found] of values.entries()) if (found.length > 0) seen.add(index);
    return { start, end, line, row: { text, values }, unreadable: false };
  };
  /** The values a rule applies to. */
  const chosen = (row: JsonRow, rule: PathRule, selection: Selection): readonly JsonValue[] => {
    const values = at(row, rule.path).filter((value) => (rule.intoArray ? value.element || value.kind !== "array" : !value.element));
    if (selection === null) return values;
    return values.filter((value) => {
      const selectors = rule.selectors.filter(({ shared }) => Math.max(...shared(value.element)) > 0);
      const selects = ({ column, shared }: Selector) =>
        at(row, column.column).some(
          (match) => isSameElement(value, match, shared(value.element)[match.element ? 1 : 0]) && isWanted(row.text, match, column, selection),
        );
      return selectors.length === 0 || (mode === "any" ? selectors.some(selects) : selectors.every(selects));
    });
  };
  return {
    async *blocks(source) {
      for await (const block of lineBlocks(source, name)) yield { bytes: block.bytes, pieces: block.pieces.map((line) => piece(block, line)) };
    },
    valuesOf: (row) => (column) => at(row, column).flatMap((value) => comparableText(row.text, value) ?? []),
    storedOf: (row) => (column) =>
      at(row, column).flatMap((value) => {
        const text = comparableText(row.text, value);
        return text === null ? [] : [{ text, number: value.kind === "number" }];
      }),
    exported: (row, column) => at(row, column).flatMap((value) => comparableText(row.text, value) ?? []),
    isAsWanted: (row, change, selection) =>
      rules(change).every((rule) => chosen(row, rule, selection).every((value) => isValueAsWanted(rule.rule, row.text, value))),
    change(row, _text, _line, change, selection, pseudonym) {
      const edits = rules(change).flatMap((rule) => chosen(row, rule, selection).flatMap((value) => editOf(rule.rule, row.text, value, pseudonym)));
      return editJson(row.text, edits);
    },
    unseen: () => paths.filter((_, index) => !seen.has(index)),
  };
}

/** A field rule with what it must know of the matched columns: which of them go through the same arrays. */
interface PathRule {
  readonly path: string;
  readonly rule: FieldRule;
  /** A matched column goes into the very array the path ends at: the rule is for its matching elements, never for the whole of it. */
  readonly intoArray: boolean;
  readonly selectors: readonly Selector[];
}

interface Selector {
  readonly column: MatchColumn;
  /** How many arrays a value of the rule's path shares with [a plain value, an element] of the column. */
  readonly shared: (element: boolean) => readonly [number, number];
}

function pathRule(path: string, rule: FieldRule, columns: readonly MatchColumn[]): PathRule {
  const selectors = columns.map((column) => {
    const shared = (own: string) => [sharedArrays(own, column.column), sharedArrays(own, `${column.column}[]`)] as const;
    const [plain, element] = [shared(path), shared(`${path}[]`)];
    return { column, shared: (isElement: boolean) => (isElement ? element : plain) };
  });
  return {
    path,
    rule,
    intoArray: columns.some(({ column }) => column === path || column.startsWith(`${path}[]`)),
    selectors,
  };
}

function isSameElement(value: JsonValue, match: JsonValue, depth: number): boolean {
  for (let at = 0; at < depth; at += 1) if (value.indexes[at] !== match.indexes[at]) return false;
  return depth > 0;
}

function isWanted(text: string, value: JsonValue, column: MatchColumn, lookups: NonNullable<Selection>): boolean {
  const found = comparableText(text, value);
  if (found === null) return false;
  const folded = comparable(found, column.type, column.fold);
  return lookups.some(({ values }) => (values[column.column] ?? []).some((wanted) => comparable(wanted, column.type, column.fold) === folded));
}

/** A number is compared as it is written: no digit is lost, and 42 is "42". */
function comparableText(text: string, value: JsonValue): string | null {
  return value.kind === "object" || value.kind === "array" ? null : textOf(text, value);
}

function isValueAsWanted(rule: FieldRule, text: string, value: JsonValue): boolean {
  return !isGuessed(rule, value) && isAsWanted(rule, textOf(text, value), false);
}

function editOf(rule: FieldRule, text: string, value: JsonValue, pseudonym: (value: string) => string): JsonEdit[] {
  if (isGuessed(rule, value)) return [{ value, text: "null" }];
  const old = textOf(text, value);
  if (isAsWanted(rule, old, false)) return [];
  const changed = changeValue(rule, old, { keepDate: false, pseudonym });
  switch (changed.kind) {
    case "keep":
      return [];
    case "remove":
      return [{ value, remove: true }];
    case "value":
      return [{ value, text: JSON.stringify(changed.value) }];
  }
}

/** An object or array has no year, no prefix and no network: such a rule clears it. */
function isGuessed(rule: FieldRule, { kind }: JsonValue): boolean {
  return (kind === "object" || kind === "array") && (rule.kind === "generalise" || rule.kind === "prefix" || rule.kind === "truncate");
}
