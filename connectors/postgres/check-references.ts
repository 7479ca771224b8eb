import type { Finding } from "../../src/model/search.ts";
import type { ForeignKey, Table } from "./catalog.ts";
import { unreadable } from "./check-rights.ts";
import { deletes, finding, isIgnored } from "../../src/sql/findings.ts";
import { type Segment, waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";

const WORDS = { no_action: "NO ACTION", restrict: "RESTRICT", cascade: "CASCADE", set_null: "SET NULL", set_default: "SET DEFAULT" } as const;

/** What a deletion would set off, at every level that a cascade reaches: foreign keys from tables that the data map does not know. */
export function* checkReferences({ catalog, block }: Place, resolved: Resolved): Generator<Finding> {
  if (!deletes(resolved)) return;
  const told = new Set<string>();
  for (const { foreignKey, segment, through } of waysInto(catalog, block, resolved.table)) {
    const name = `${foreignKey.oid} ${segment.table.oid}`;
    if (told.has(name)) continue;
    told.add(name);
    yield* checkForeignKey({ catalog, block }, resolved, foreignKey, segment);
    const child = catalog.table(foreignKey.child);
    if (child === undefined) continue;
    // its rows are read in plan and run
    yield* unreadable(resolved, child, [...new Set([...catalog.keyOf(child), ...foreignKey.columns])]);
    if (through.length === 1 && !hasIndex(child, foreignKey))
      yield finding(
        resolved,
        "INDEX_MISSING",
        "warning",
        `${child.shown} has no index on ${foreignKey.columns.join(", ")} (${foreignKey.name}): every deletion reads the whole table`,
      );
  }
}

function* checkForeignKey(
  { catalog, block }: Pick<Place, "catalog" | "block">,
  resolved: Resolved,
  { name, columns, onDelete, child }: ForeignKey,
  { records, table }: Segment,
): Generator<Finding> {
  if (records.length > 0) return;
  const what = `${name}: ${table.shown} (${columns.join(", ")}) references it, ON DELETE ${WORDS[onDelete]}`;
  const acts = onDelete !== "no_action" && onDelete !== "restrict";
  if (!isIgnored(block, table) && !resolved.target.record.cascades.includes(name)) {
    yield acts
      ? finding(resolved, "CASCADE_UNDECLARED", "error", `${what}; a deletion in ${resolved.table.shown} changes rows that the data map does not know`)
      : finding(resolved, "FOREIGN_KEY_UNDECLARED", "error", `${what}; the data map does not know that table`);
  }
  const stuck = columns.find((column) => catalog.table(child)?.columns.get(column)?.notNull ?? false);
  if (onDelete === "set_null" && stuck !== undefined)
    yield finding(resolved, "CONSTRAINT", "error", `${what}, but ${stuck} is NOT NULL: every deletion fails`, {
      help: "Erase the referencing rows first: add the table as a record.",
    });
}

/** An index whose leading columns are those of the foreign key, in any order. */
function hasIndex(child: Table, { columns }: ForeignKey): boolean {
  return child.indexes.some(({ whole, columns: key }) => whole && columns.every((name) => key.slice(0, columns.length).includes(name)));
}
