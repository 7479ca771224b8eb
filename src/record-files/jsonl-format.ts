import { isUtf8 } from "node:buffer";
import type { FieldRule } from "../model/field-rule.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import { markerColumns, markOf, marksOf } from "../model/marker.ts";
import { changeValue, isAsWanted } from "./change-value.ts";
import { editJson, type JsonEdit } from "./json-edit.ts";
import { lineBlocks, type LineBlock, type LinePiece } from "./json-lines.ts";
import { datesIn } from "./json-dates.ts";
import { isBare, objectsAbove, withoutPaths, withPath } from "./json-marks.ts";
import { elementsAbove, pathTree, sharedArrays } from "./json-path.ts";
import { comparableText, isSameElement, type Matching, needsWays, rowsIn, waysIn } from "./json-ways.ts";
import { isJsonObject, type JsonValue, type JsonValues, readJson, textOf } from "./json-values.ts";
import { unfoundIn } from "./jsonl-unfound.ts";
import { comparableIn, holdsOthers, matchHint, subjectMatcher, valuesFor, whereFilters } from "./match-record.ts";
import { type ChangePart, type MarkChange, type Piece, type RecordFormat, rulesOf, stampOf } from "./record-format.ts";
import { contentOf } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";

export interface JsonRow {
  readonly text: string;
  readonly values: JsonValues;
}

/**
 * `named`: every path that is named anywhere, each once. `lookups`: who is asked for. `onlyTheirs`: a line that can be
 * nobody's of them is a row without values, and `unseen` does not know it.
 */
export function jsonlFormat(
  rule: RecordRule,
  named: readonly string[],
  lookups: readonly Lookup[],
  onlyTheirs: boolean,
): RecordFormat<JsonRow> {
  const { name, columns, mode, where, dates = [] } = rule;
  const unfound = unfoundIn(rule, lookups);
  const { marker, unnamed } = rule;
  const marks = [...unnamed, ...(marker === undefined ? [] : markerColumns(marker))];
  const lists = [...new Set(columns.flatMap(({ column }) => elementsAbove(column).at(-1) ?? []))];
  const paths = [
    ...new Set([
      ...named,
      ...unfound.paths,
      ...dates.flatMap(elementsAbove),
      ...lists,
      ...unnamed.flatMap(objectsAbove),
    ]),
  ];
  const tree = pathTree(paths, { dots: true });
  const numbers = new Map(paths.map((path, index) => [path, index]));
  const seen = new Set<number>();
  const isNeeded = onlyTheirs ? matchHint(columns, lookups) : () => true;
  const at: ValuesAt = (row, path) => row.values[numbers.get(path) ?? -1] ?? [];
  const texts = (row: JsonRow, path: string) => at(row, path).flatMap((value) => comparableText(row.text, value) ?? []);
  const storedOf = (row: JsonRow) => (path: string) =>
    at(row, path).flatMap((value) => {
      const text = comparableText(row.text, value);
      return text === null ? [] : [{ text, number: value.kind === "number" }];
    });
  const markText = (row: JsonRow, path: string) => texts(row, path)[0] ?? null;
  const isMarked = (row: JsonRow, change: MarkChange) =>
    markOf(change.marker, (path) => markText(row, path)) !== undefined;
  /** Whether a list that the record was matched through has an object that holds nothing of theirs: nobody says whose it is. */
  const holdsNobodys = (row: JsonRow, mine: readonly Lookup[]): boolean => {
    if (lists.length === 0) return false;
    const theirs = columns.flatMap((column) => {
      const values = new Set(
        mine.flatMap((lookup) => valuesFor(lookup, column.column)).map((value) => comparableIn(column, value)),
      );
      return at(row, column.column).filter((value) => {
        const text = comparableText(row.text, value);
        return text !== null && values.has(comparableIn(column, text));
      });
    });
    const holds = (element: JsonValue): boolean =>
      theirs.some(({ start, end }) => start >= element.start && end <= element.end);
    return lists.some((path) => {
      const elements = at(row, path);
      // an array that none of these came through says nothing of them
      return elements.some(holds) && elements.some((element) => !holds(element) && maySaySomebody(row.text, element));
    });
  };
  const rules = ruleReader();
  const subjectsOf = subjectMatcher(columns, mode, lookups, where);
  const filters = whereFilters(where);
  const standsTogether = needsWays(rule);
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const piece = (block: LineBlock, { start, end, line, blank }: LinePiece): Piece<JsonRow> => {
    if (blank) return { start, end, line, row: null, unreadable: false };
    const bytes = contentOf(block.bytes, start, end);
    const text = bytes.toString("utf8");
    const valid = block.valid || isUtf8(bytes);
    const values = !valid ? null : isNeeded(text) ? readJson(text, tree, paths.length) : isJsonObject(text) ? [] : null;
    if (values === null) return { start, end, line, row: null, unreadable: true };
    if (seen.size < named.length)
      for (const [index, found] of values.entries()) if (found.length > 0 && index < named.length) seen.add(index);
    return { start, end, line, row: { text, values }, unreadable: false };
  };
  return {
    async *blocks(source) {
      for await (const block of lineBlocks(source, name))
        yield { bytes: block.bytes, pieces: block.pieces.map((line) => piece(block, line)) };
    },
    match(row) {
      const found = subjectsOf(
        (path) => texts(row, path),
        storedOf(row),
        (asked) => rowsIn(row.text, (path) => at(row, path), asked),
      );
      const isTheirs = (lookup: Lookup) => waysIn(row.text, (path) => at(row, path), rule, lookup).length > 0;
      const subjects =
        found.length === 0 || !standsTogether
          ? found
          : found.filter((subject) => bySubject.get(subject)?.some(isTheirs));
      if (subjects.length === 0) return { subjects, shared: false };
      // a key that stands twice is a list too: readers do not agree on which of its values counts
      const listOf = (path: string) => texts(row, path);
      const mine = subjects.flatMap((subject) => bySubject.get(subject) ?? []);
      return { subjects, shared: holdsOthers(columns, mine, listOf) || holdsNobodys(row, mine) };
    },
    passes: (row) => filters(storedOf(row)),
    holdsUnfound: (row, subjects) =>
      row.values.length > 0 && unfound.holds(row, (path) => at(row, path), subjects) && filters(storedOf(row)),
    exported: (row, path) => (dates.includes(path) ? datesIn(row.text, path, (one) => at(row, one)) : texts(row, path)),
    markOf: (row) => (marker === undefined ? undefined : markOf(marker, (path) => markText(row, path))),
    marksIn: (row) => unnamed.map((path) => markText(row, path)),
    unmarkable: (row) =>
      unnamed.every(
        (path) =>
          at(row, path).length <= 1 &&
          at(row, path).every((value) => comparableText(row.text, value) !== null || value.kind === "null") &&
          objectsAbove(path).every(
            (above) => at(row, above).length <= 1 && at(row, above).every(({ kind }) => kind === "object"),
          ),
      )
        ? null
        : "marker_path",
    named(row, content) {
      // most lines have nothing there
      if (unnamed.every((path) => [path, ...objectsAbove(path)].every((one) => at(row, one).length === 0)))
        return content;
      return Buffer.from(withoutPaths(row.text, unnamed));
    },
    isAsWanted: (row, part) =>
      part.change.kind === "mark"
        ? isMarked(row, part.change)
        : rules(part).every((one) =>
            chosen(row, one, part, at).every((value) => isValueAsWanted(one.rule, row.text, value)),
          ),
    change(row, _text, _line, parts, pseudonym) {
      const edits = parts.flatMap((part) =>
        part.change.kind === "mark"
          ? []
          : rules(part).flatMap((one) =>
              chosen(row, one, part, at).flatMap((value) => editOf(one.rule, row.text, value, pseudonym)),
            ),
      );
      const marking = parts.flatMap(({ change }) => (change.kind === "mark" && !isMarked(row, change) ? [change] : []));
      return marking
        .flatMap((one) => [...marksOf(one.marker, stampOf(one))])
        .reduce((text, [path, value]) => withPath(text, path, value), editJson(row.text, edits));
    },
    // a mark makes its paths
    unseen: () => named.filter((path, index) => !seen.has(index) && !marks.includes(path)),
  };
}

/** An object or array in which any value says something: it may be somebody. */
function maySaySomebody(text: string, { kind, start, end }: JsonValue): boolean {
  return (kind === "object" || kind === "array") && saysAnything(JSON.parse(text.slice(start, end)));
}

function saysAnything(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(saysAnything);
  return value !== null && (typeof value !== "string" || value.trim() !== "");
}

type ValuesAt = (row: JsonRow, path: string) => readonly JsonValue[];

/** A field rule with what it must know of the matched columns. */
interface PathRule {
  readonly path: string;
  readonly rule: FieldRule;
  /** A matched column goes into the very array the path ends at: the rule is for its matching elements, never for the whole of it. */
  readonly intoArray: boolean;
  /** Whether it matters where matched values stand. */
  readonly together: boolean;
  /** Matched columns at the path or below it: the rule acts where their value is the person's. */
  readonly own: readonly MatchColumn[];
  /** Matched columns that go through the same arrays: the rule acts in the elements where their value is the person's. */
  readonly selectors: readonly Selector[];
}

interface Selector {
  readonly column: MatchColumn;
  /** How many arrays a value of the rule's path shares with [a plain value, an element] of the column. */
  readonly shared: (element: boolean) => readonly [number, number];
}

/** Rules are read once for each change, not for each record. */
function ruleReader(): (part: ChangePart) => readonly PathRule[] {
  const known = new Map<ChangePart["columns"], Map<ChangePart["change"], readonly PathRule[]>>();
  return (part) => {
    const { change, columns } = part;
    const byChange = known.get(columns) ?? new Map<ChangePart["change"], readonly PathRule[]>();
    known.set(columns, byChange);
    const rules =
      byChange.get(change) ?? Object.entries(rulesOf(change)).map(([path, rule]) => pathRule(path, rule, part));
    byChange.set(change, rules);
    return rules;
  };
}

function pathRule(path: string, rule: FieldRule, matching: Matching): PathRule {
  const { columns } = matching;
  const selectors = columns.map((column) => {
    const shared = (own: string) =>
      [sharedArrays(own, column.column), sharedArrays(own, `${column.column}[]`)] as const;
    const [plain, element] = [shared(path), shared(`${path}[]`)];
    return { column, shared: (isElement: boolean) => (isElement ? element : plain) };
  });
  return {
    path,
    rule,
    together: needsWays(matching),
    intoArray: columns.some(({ column }) => column === path || column.startsWith(`${path}[]`)),
    own: columns.filter(
      ({ column }) => column === path || column.startsWith(`${path}.`) || column.startsWith(`${path}[]`),
    ),
    selectors,
  };
}

/** The values that a rule acts on in this record. */
function chosen(row: JsonRow, rule: PathRule, part: ChangePart, at: ValuesAt): readonly JsonValue[] {
  const { lookups, mode } = part;
  const values = at(row, rule.path).filter((value) =>
    rule.intoArray ? value.element || value.kind !== "array" : !value.element,
  );
  if (lookups === null) return values;
  const theirs = new Map<MatchColumn, readonly JsonValue[]>();
  const ways = rule.together
    ? lookups.flatMap((lookup) => waysIn(row.text, (path) => at(row, path), part, lookup)).flat()
    : [];
  const valuesOf = (column: MatchColumn) =>
    rule.together
      ? ways.filter((hit) => hit.column === column).map(({ value }) => value)
      : at(row, column.column).filter((value) => isWanted(row.text, value, column, lookups));
  const wanted = (column: MatchColumn) => {
    const known = theirs.get(column) ?? valuesOf(column);
    theirs.set(column, known);
    return known;
  };
  const some = <T>(list: readonly T[], test: (one: T) => boolean) =>
    list.length === 0 || (mode === "any" ? list.some(test) : list.every(test));
  return values.filter((value) => {
    const holds = (column: MatchColumn) =>
      wanted(column).some(({ start, end }) => start >= value.start && end <= value.end);
    const selectors = rule.selectors.filter(({ shared }) => Math.max(...shared(value.element)) > 0);
    const selects = ({ column, shared }: Selector) =>
      wanted(column).some((match) => isSameElement(value, match, shared(value.element)[match.element ? 1 : 0]));
    return some(rule.own, holds) && some(selectors, selects);
  });
}

function isWanted(text: string, value: JsonValue, column: MatchColumn, lookups: readonly Lookup[]): boolean {
  const found = comparableText(text, value);
  if (found === null) return false;
  const folded = comparableIn(column, found);
  return lookups.some((lookup) =>
    valuesFor(lookup, column.column).some((wanted) => comparableIn(column, wanted) === folded),
  );
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
      return [
        {
          value,
          text:
            rule.kind === "set" && rule.asStood === true && isBare(value, rule.value)
              ? String(rule.value)
              : JSON.stringify(changed.value),
        },
      ];
  }
}

/** An object or array has no year, no prefix and no network: such a rule clears it. */
function isGuessed(rule: FieldRule, { kind }: JsonValue): boolean {
  return (
    (kind === "object" || kind === "array") &&
    (rule.kind === "generalise" || rule.kind === "prefix" || rule.kind === "truncate")
  );
}
