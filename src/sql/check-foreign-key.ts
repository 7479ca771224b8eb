import type { SystemBlock } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import type { KeyLink, ReferencingRows } from "./cascades.ts";
import { finding, isIgnored, type Nameable } from "./findings.ts";
import type { RecordTable, RowColumn } from "./record-table.ts";

const WORDS = {
  no_action: "NO ACTION",
  restrict: "RESTRICT",
  cascade: "CASCADE",
  set_null: "SET NULL",
  set_default: "SET DEFAULT",
} as const;

interface ReferencedTable extends RecordTable {
  readonly table: { readonly shown: string };
}

type ReferencingTable = Nameable & { readonly columns: ReadonlyMap<string, RowColumn> };

/** What a deletion would set off through a foreign key from a table that is no record type. `child`: the table that has the key. */
export function* checkForeignKey(
  block: SystemBlock,
  parent: ReferencedTable,
  { name, columns, onDelete }: KeyLink,
  { records, table }: ReferencingRows<ReferencingTable>,
  child: ReferencingTable | undefined,
): Generator<Finding> {
  if (records.length > 0) return;
  const from = `${table.shown} (${columns.join(", ")})`;
  // SQLite's have no names of their own: they are named by table and columns, as `cascades` takes them
  const named = name.replaceAll(/\s/gu, "") === from.replaceAll(/\s/gu, "") ? name : `${name}: ${from}`;
  const what = `${named} references it, ON DELETE ${WORDS[onDelete]}`;
  const acts = onDelete !== "no_action" && onDelete !== "restrict";
  if (!isIgnored(block, table) && !parent.target.record.cascades.includes(name)) {
    yield acts
      ? finding(
          parent,
          "CASCADE_UNDECLARED",
          "error",
          `${what}; a deletion in ${parent.table.shown} changes rows that the data map does not know`,
          { table: table.shown },
        )
      : finding(parent, "FOREIGN_KEY_UNDECLARED", "error", `${what}; the data map does not know that table`, {
          table: table.shown,
        });
  }
  const stuck = columns.find((column) => child?.columns.get(column)?.notNull ?? false);
  if (onDelete === "set_null" && stuck !== undefined)
    yield finding(parent, "CONSTRAINT", "error", `${what}, but ${stuck} is NOT NULL: every deletion fails`, {
      help: "Erase the referencing rows first: add the table as a record.",
    });
}
