import type { FieldRule } from "../model/field-rule.ts";
import type { Finding } from "../model/search.ts";
import { instantColumns } from "../model/marker.ts";
import { finding, minimisedNames, updates } from "./findings.ts";
import { changedFields, type RecordTable, type RowColumn } from "./record-table.ts";
import { leaves } from "./rule-values.ts";

/** What the catalog says of a table's columns. */
export interface RuledTable<C extends RowColumn & { readonly declared: string }> extends RecordTable {
  readonly table: { readonly shown: string; readonly columns: ReadonlyMap<string, C> };
}

interface Columns<C> {
  /** Why a column cannot be changed at all. */
  unchangeable(column: C): string | undefined;
  /** A column of texts, as far as rules that shorten or replace one need it. */
  isText(column: C, rule: FieldRule): boolean;
  /** Two rows cannot have one value there. */
  isUnique(column: C): boolean;
}

/** Whether the columns can be changed as the rules say, as far as the catalog alone can tell. */
export function* checkRules<C extends RowColumn & { readonly declared: string }>(
  resolved: RuledTable<C>,
  columns: Columns<C>,
): Generator<Finding> {
  const { table, target } = resolved;
  for (const name of updates(resolved)) {
    const column = table.columns.get(name);
    const refused = column === undefined ? undefined : columns.unchangeable(column);
    if (refused !== undefined) yield finding(resolved, "FIELD_REFUSED", "error", refused, { column: name });
  }
  for (const name of minimisedNames(resolved)) {
    if (table.columns.get(name)?.notNull ?? false)
      yield finding(
        resolved,
        "CONSTRAINT",
        "error",
        `column ${name} of ${table.shown} is NOT NULL, so it cannot be cleared while the record is held`,
        {
          column: name,
          help: "Name it in `keep_only`.",
        },
      );
  }
  const marking = target.changes.rule;
  const instants = new Set(marking?.kind === "mark" ? instantColumns(marking.marker) : []);
  for (const [name, rule] of Object.entries(changedFields(target.changes).fields)) {
    const column = table.columns.get(name);
    if (column === undefined || rule.kind === "keep") continue;
    const where = `column ${name} of ${table.shown}`;
    if (instants.has(name) && !column.isDate && !columns.isText(column, rule))
      yield finding(
        resolved,
        "FIELD_REFUSED",
        "error",
        `${where} is ${column.declared}: no instant can be written into it`,
        { column: name, help: "Name a column of dates, of instants or of texts." },
      );
    else if (!fits(rule, column.isDate, columns.isText(column, rule)))
      yield finding(
        resolved,
        "FIELD_REFUSED",
        "error",
        `${where} is ${column.declared}: \`${rule.kind}\` is not for it`,
        { column: name },
      );
    else if (leaves(resolved, column, rule) === null && column.notNull)
      yield finding(resolved, "CONSTRAINT", "error", `${where} is NOT NULL, so \`${rule.kind}\` cannot clear it`, {
        column: name,
      });
    else if (rule.kind === "set" && columns.isUnique(column))
      yield finding(resolved, "CONSTRAINT", "error", `${where} is unique, so \`set\` works for one row only`, {
        column: name,
      });
  }
}

function fits(rule: FieldRule, isDate: boolean, isText: boolean): boolean {
  switch (rule.kind) {
    case "keep":
    case "clear":
    case "unlink":
    case "remove":
    case "set":
      return true;
    case "generalise":
      return isText || isDate;
    case "truncate":
    case "prefix":
    case "template":
    case "pseudonymise":
      return isText;
  }
}
