import type { Finding } from "../../src/model/search.ts";
import type { ForeignKey, Table } from "./catalog.ts";
import { unreadable } from "./check-rights.ts";
import { checkForeignKey } from "../../src/sql/check-foreign-key.ts";
import { deletes, finding } from "../../src/sql/findings.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";

/** What a deletion would set off, at every level that a cascade reaches: foreign keys from tables that the data map does not know. */
export function* checkReferences({ catalog, block }: Place, resolved: Resolved): Generator<Finding> {
  if (!deletes(resolved)) return;
  const told = new Set<string>();
  for (const { foreignKey, segment, through } of waysInto(catalog, block, resolved.table)) {
    const name = `${foreignKey.oid} ${segment.table.oid}`;
    if (told.has(name)) continue;
    told.add(name);
    const child = catalog.table(foreignKey.child);
    yield* checkForeignKey(block, resolved, foreignKey, segment, child);
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

/** An index whose leading columns are those of the foreign key, in any order. */
function hasIndex(child: Table, { columns }: ForeignKey): boolean {
  return child.indexes.some(
    ({ whole, columns: key }) => whole && columns.every((name) => key.slice(0, columns.length).includes(name)),
  );
}
