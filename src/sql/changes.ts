import type { IO } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import { changeValue, isAsWanted } from "../record-files/change-value.ts";
import { marksOf } from "../model/marker.ts";
import type { Change } from "../model/rule-change.ts";
import type { FieldRule } from "../model/field-rule.ts";
import { givenBack } from "./row-image.ts";
import { changeJson, changeJsonBy, type JsonPart } from "./json-column.ts";
import {
  type Hits,
  markOfRow,
  NO_HITS,
  type RecordTable,
  type RowColumn,
  type RowState,
  textsOrNull,
  unionOf,
} from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { sharesIn } from "./whose-value.ts";

/** Column -> its new value as text. Empty: the row is as wanted. */
export type Assignments = ReadonlyMap<string, string | null>;

/** Whose a row is: hits, or all of it (a row that our own statement wrote and no search finds). */
export type Whose = Hits | "everything";

/** Whether the rule would change nothing in this row; false where it deletes, and where that cannot be told. */
export function isAsWantedRow(table: RecordTable, state: RowState, whose: Whose, io: IO): boolean {
  const change = table.target.changes.rule;
  if (change === undefined || change.kind === "delete") return false;
  if (change.kind === "mark") return markOfRow(change.marker, state) !== undefined;
  try {
    return assignmentsOf(table, change, state, whose, io).size === 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** What a change sets in this row. Throws `Refusal` where a value cannot be changed as its rule says. */
export function assignmentsOf(table: RecordTable, change: Change, state: RowState, whose: Whose, io: IO): Assignments {
  switch (change.kind) {
    case "delete":
      return new Map();
    case "minimise":
      return new Map(
        table
          .minimised(change.keepOnly)
          .flatMap(({ name }) => (read(state, name) === null ? [] : [[name, null] as const])),
      );
    case "fields":
      return fieldsBy([{ table, change, whose }], state, io);
    case "mark":
      // who marked it before, or when, is not ours to change
      if (markOfRow(change.marker, state) !== undefined) return new Map();
      if (change.stamp === undefined) throw new Failure("UNEXPECTED", "nothing says when it is marked, and by whom");
      return marksOf(change.marker, change.stamp);
    case "restore":
      // what was removed or changed as a whole is no rule's
      return change.marker === undefined ? new Map() : givenBack(change.marker, change.images, state);
  }
}

/** A record type's change of a row, and what of the row is its people's. */
export interface ChangeBy {
  readonly table: RecordTable;
  readonly change: Change;
  readonly whose: Whose;
}

/** What several record types that found the same row set in it, in one go: each rule for what is its own people's. */
export function assignmentsBy(ways: readonly ChangeBy[], state: RowState, io: IO): Assignments {
  const fields = ways.flatMap(({ change, ...way }) => (change.kind === "fields" ? [{ ...way, change }] : []));
  const others = ways.filter(({ change }) => change.kind !== "fields");
  return new Map([
    ...others.flatMap(({ table, change, whose }) => [...assignmentsOf(table, change, state, whose, io)]),
    ...fieldsBy(fields, state, io),
  ]);
}

type FieldsBy = ChangeBy & { readonly change: Extract<Change, { kind: "fields" }> };

function fieldsBy(ways: readonly FieldsBy[], state: RowState, io: IO): Assignments {
  const set = new Map<string, string | null>();
  const inside = new Map<string, JsonPart[]>();
  for (const { table, change, whose } of ways) {
    for (const { in: name, paths } of change.documents) {
      if (name === undefined)
        throw new Failure("ACTION_REFUSED", `${table.target.record.id}: paths need a JSON column to be read in`);
      const text = read(state, name);
      if (text === null) continue;
      const shares = whose === "everything" ? () => "all" as const : sharesIn(table, name, text, whose);
      inside.set(name, [...(inside.get(name) ?? []), { rules: paths, shares }]);
    }
  }
  for (const [name, parts] of inside) {
    const edited = changeJsonBy(read(state, name) ?? "", parts, (value) => io.pseudonym(value));
    if (edited.changes > 0) set.set(name, edited.text);
  }
  for (const [name, rule] of new Map(ways.flatMap(({ change }) => Object.entries(change.fields)))) {
    const { table, whose } = together(ways.filter(({ change }) => Object.hasOwn(change.fields, name)));
    const value = fieldValue(table, table.columnOf(name), rule, read(state, name), whose, io);
    if (value !== undefined) set.set(name, value);
  }
  return set;
}

/** Record types with one rule for a column: what is matched by any of them is theirs. */
function together(ways: readonly FieldsBy[]): Pick<ChangeBy, "table" | "whose"> {
  const [first, ...more] = ways;
  if (first === undefined) throw new Failure("UNEXPECTED", "a rule without a record type");
  const whose = ways.reduce<Whose>(
    (all, one) => (all === "everything" || one.whose === "everything" ? "everything" : unionOf([all, one.whose])),
    NO_HITS,
  );
  return {
    table:
      more.length === 0
        ? first.table
        : {
            ...first.table,
            matches: ways.flatMap(({ table }) => table.matches),
            // each record type's constants narrow its own matches only
            narrowings: [],
          },
    whose,
  };
}

/** A column that was not read would look like NULL, and so like done. */
function read({ values }: RowState, name: string): string | null {
  const text = values.get(name);
  if (text === undefined)
    throw new Failure("UNEXPECTED", `column ${name} is changed by a rule that its record type does not have`);
  return text;
}

/** The new value of a column; undefined where it is as wanted, or somebody else's. */
function fieldValue(
  table: RecordTable,
  column: RowColumn,
  rule: FieldRule,
  old: string | null,
  whose: Whose,
  io: IO,
): string | null | undefined {
  if (rule.kind === "keep") return undefined;
  const refs = whose === "everything" ? [] : table.matches.filter((ref) => ref.column.name === column.name);
  if (whose === "everything" || refs.length === 0) return wholeValue(table, column, rule, old, io);
  // nobody is named there
  if (old === null) return undefined;
  const mine = new Set(refs.flatMap(({ name }) => [...(whose.get(name) ?? [])]));
  const separator = refs.find((ref) => ref.separator !== undefined)?.separator;
  if (separator !== undefined) return withPieces(column, rule, old, separator, mine, io);
  switch (column.shape) {
    case "scalar":
      return mine.has(old) ? wholeValue(table, column, rule, old, io) : undefined;
    case "array":
      return withElements(table, column, rule, old, mine, io);
    case "json":
      return withDocument(table, column, rule, old, whose, io);
  }
}

function wholeValue(
  table: RecordTable,
  column: RowColumn,
  rule: FieldRule,
  old: string | null,
  io: IO,
): string | null | undefined {
  if (rule.kind === "remove") return old === null ? undefined : null;
  if (rule.kind === "set")
    return old === (table.constants.get(column.name) ?? String(rule.value)) ? undefined : String(rule.value);
  const keepDate = column.isDate;
  if (isAsWanted(rule, old, keepDate)) return undefined;
  return textAfter(rule, old, keepDate, io) ?? null;
}

/** The array without the elements that are theirs; where all are, what the rule says of the whole. */
function withElements(
  table: RecordTable,
  column: RowColumn,
  rule: FieldRule,
  json: string,
  mine: ReadonlySet<string>,
  io: IO,
): string | null | undefined {
  const items = textsOrNull(json);
  const kept = items.filter((item) => item === null || !mine.has(item));
  if (kept.length === items.length) return undefined;
  if (rule.kind !== "remove" && kept.every((item) => item === null)) return wholeValue(table, column, rule, json, io);
  // an array of arrays: taking elements out would change its shape
  if (json.startsWith("[[")) throw new Refusal("nested_array");
  return table.arrayText(kept);
}

/** The cell with the rule done to the pieces that are theirs; every other byte stays. */
function withPieces(
  column: RowColumn,
  rule: FieldRule,
  cell: string,
  separator: string,
  mine: ReadonlySet<string>,
  io: IO,
): string | null | undefined {
  const pieces = cell.split(separator);
  if (!pieces.some((piece) => mine.has(piece))) return undefined;
  const kept = pieces.flatMap((piece) => {
    if (!mine.has(piece)) return [piece];
    const changed = rule.kind === "set" ? String(rule.value) : textAfter(rule, piece, false, io);
    return changed == null ? [] : [changed];
  });
  return kept.length > 0 ? kept.join(separator) : column.notNull ? "" : null;
}

/** A rule for a whole JSON column that people are matched in. */
function withDocument(
  table: RecordTable,
  column: RowColumn,
  rule: FieldRule,
  text: string,
  whose: Hits,
  io: IO,
): string | null | undefined {
  const share = sharesIn(table, column.name, text, whose)("", []);
  if (share === "all") return wholeValue(table, column, rule, text, io);
  if (share === "nothing") return undefined;
  return changeJson(
    text,
    { "": { kind: "remove" } },
    () => share,
    (value) => io.pseudonym(value),
  ).text;
}

/** null, undefined: nothing is left. */
function textAfter(rule: FieldRule, old: string | null, keepDate: boolean, io: IO): string | null | undefined {
  const changed = changeValue(rule, old, { keepDate, pseudonym: (value) => io.pseudonym(value) });
  switch (changed.kind) {
    case "keep":
      return old;
    case "remove":
      return undefined;
    case "value":
      return changed.value === null ? null : String(changed.value);
  }
}
