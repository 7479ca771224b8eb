import type { FieldRule } from "../model/field-rule.ts";
import type { RecordTable, RowColumn } from "./record-table.ts";

/** Whether a rule only acts on a part of the column's value, or on some rows: people are matched in it, or it is a list. */
function isPartly({ matches }: RecordTable, { name, shape }: RowColumn): boolean {
  return matches.some((ref) => ref.column.name === name && (shape !== "scalar" || ref.separator !== undefined));
}

/** What a rule leaves in every row; undefined where it depends on the row. */
export function leaves(table: RecordTable, column: RowColumn, rule: FieldRule): string | null | undefined {
  if (table.matches.some((ref) => ref.column.name === column.name && ref.separator !== undefined)) return undefined;
  switch (rule.kind) {
    case "clear":
    case "unlink":
      return null;
    case "remove":
      return isPartly(table, column) ? undefined : null;
    case "set":
      return String(rule.value);
    case "template":
      return rule.template.replaceAll(":random", "0123456789abcdef01");
    case "pseudonymise":
      return `ps_${"0123456789abcdef".repeat(2)}`;
    case "keep":
    case "generalise":
    case "prefix":
    case "truncate":
      return undefined;
  }
}
