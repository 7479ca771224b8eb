import type { Fold } from "../../src/model/datamap.ts";
import type { Finding } from "../../src/model/search.ts";
import { finding } from "../../src/sql/findings.ts";
import type { Index } from "./catalog.ts";
import type { MatchRef, Resolved } from "./resolved.ts";

/** Below this many rows nobody misses an index. */
const SMALL = 1000;
/** How the folds look in an index's definition. A `btrim` of spaces only does not serve: tabs and no-break spaces are trimmed too. */
const FOLDED: Readonly<Record<Fold, RegExp>> = {
  lowercase: /lower\(/u,
  trim: /btrim\([^,()]+,/u,
  nfc: /normalize\(/u,
  e164: /translate\(/u,
};

/** Matched columns that no index serves. */
export function* checkIndexes(resolved: Resolved): Generator<Finding> {
  const { table } = resolved;
  if (table.rows >= 0 && table.rows < SMALL) return;
  for (const ref of resolved.matches) {
    if (table.indexes.some((index) => index.whole && serves(ref, index))) continue;
    const folds = ref.folds.length === 0 ? "" : ` (folded: ${ref.folds.join(", ")})`;
    yield finding(
      resolved,
      "INDEX_MISSING",
      "warning",
      `no index serves the search in ${ref.name} of ${table.shown}: the whole table is read`,
      {
        column: ref.column.name,
        help: `An index on what is compared would make this quick${folds}.`,
      },
    );
  }
}

function serves(
  { path, separator, column, folds, by }: MatchRef,
  { columns: [first], first: definition, method }: Index,
): boolean {
  if (path !== undefined || separator !== undefined || by === "exact") return false;
  if (column.shape === "array") return method === "gin" && first === column.name && folds.length === 0;
  return folds.length === 0
    ? first === column.name && method !== "brin"
    : definition.includes(column.name.toLowerCase()) && folds.every((fold) => FOLDED[fold].test(definition));
}
