import type { IO } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import { changeValue, isAsWanted } from "../../src/record-files/change-value.ts";
import type { Change } from "../../src/model/change.ts";
import type { FieldRule } from "../../src/model/field-rule.ts";
import type { Lookup } from "../../src/model/search.ts";
import { type Column, columnOf } from "./catalog.ts";
import { isDate } from "./columns.ts";
import { changeJson } from "./json-column.ts";
import { belongsIn, minimised, removesElements, type Resolved, type RowState, withoutElements } from "./resolved.ts";

/** Column -> its new value as text. Empty: the row is as wanted. */
export type Assignments = ReadonlyMap<string, string | null>;

/** Whether the rule would change nothing in this row; false where it deletes. */
export function isAsWantedRow(resolved: Resolved, state: RowState, lookups: readonly Lookup[], io: IO): boolean {
  const change = resolved.target.changes.rule;
  return change !== undefined && change.kind !== "delete" && assignmentsOf(resolved, change, state, lookups, io).size === 0;
}

/** What a change sets in this row. Elements that the lookups do not name stay. */
export function assignmentsOf(resolved: Resolved, change: Change, state: RowState, lookups: readonly Lookup[], io: IO): Assignments {
  switch (change.kind) {
    case "delete":
      return new Map();
    case "minimise":
      return new Map(
        minimised(resolved, change).flatMap(({ name }) => {
          mustBeRead(state, name);
          return (state.values.get(name) ?? null) === null ? [] : [[name, null] as const];
        }),
      );
    case "fields": {
      const set = new Map<string, string | null>();
      for (const [name, rule] of Object.entries(change.fields)) {
        const column = columnOf(resolved.table, name, resolved.target.record.id);
        mustBeRead(state, name);
        const value = fieldValue(resolved, column, rule, state.values.get(name) ?? null, lookups, io);
        if (value !== undefined) set.set(name, value);
      }
      for (const { in: name, paths } of change.documents) {
        if (name === undefined) throw new Failure("ACTION_REFUSED", `${resolved.target.record.id}: paths need a JSON column to be read in`);
        mustBeRead(state, name);
        const document = state.values.get(name) ?? null;
        if (document === null) continue;
        const edited = changeJson(document, paths, belongsIn(resolved, name, document, lookups), (value) => io.pseudonym(value));
        if (edited.changes > 0) set.set(name, edited.text);
      }
      return set;
    }
    case "mark":
    case "restore":
      throw new Failure("ACTION_REFUSED", `${resolved.target.record.id}: rows are not marked as deleted yet`);
  }
}

/** A column that was not read would look like NULL, and so like done. */
function mustBeRead({ values }: RowState, name: string): void {
  if (!values.has(name)) throw new Failure("UNEXPECTED", `column ${name} is changed by a rule that its record type does not have`);
}

/** The new value of a column; undefined where it is as wanted. */
function fieldValue(resolved: Resolved, column: Column, rule: FieldRule, old: string | null, lookups: readonly Lookup[], io: IO): string | null | undefined {
  if (rule.kind === "remove") {
    if (old === null) return undefined;
    return removesElements(resolved, column) ? withoutElements(resolved, column, old, lookups) : null;
  }
  if (rule.kind === "set") return old === (resolved.constants.get(column.name) ?? String(rule.value)) ? undefined : String(rule.value);
  const keepDate = isDate(column);
  if (isAsWanted(rule, old, keepDate)) return undefined;
  const changed = changeValue(rule, old, { keepDate, pseudonym: (value) => io.pseudonym(value) });
  if (changed.kind === "keep") return undefined;
  return changed.kind === "remove" || changed.value === null ? null : String(changed.value);
}
