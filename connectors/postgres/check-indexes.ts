import type { Fold } from "../../src/model/datamap.ts";
import type { Finding } from "../../src/model/search.ts";
import { comparison, foldsFor } from "./columns.ts";
import { finding } from "./findings.ts";
import type { MatchRef, Resolved } from "./resolved.ts";
import type { Session } from "./session.ts";

/** Below this many rows nobody misses an index. */
const SMALL = 1000;
/** How the folds look in an index's definition. A `btrim` of spaces only does not serve: tabs and no-break spaces are trimmed too. */
const FOLDED: Readonly<Record<Fold, RegExp>> = { lowercase: /lower\(/u, trim: /btrim\([^,()]+,/u, nfc: /normalize\(/u, e164: /translate\(/u };

/** Matched columns that no index serves. */
export async function* checkIndexes(session: Session, resolved: Resolved): AsyncGenerator<Finding> {
  const rows = await session.query(
    `SELECT (i.indkey::int2[])[0]::text, lower(pg_catalog.pg_get_indexdef(i.indexrelid, 1, true)), am.amname::text, c.reltuples::int8::text
     FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid LEFT JOIN pg_catalog.pg_am am ON am.oid = x.relam WHERE c.oid = $1::oid`,
    [resolved.table.oid],
  );
  const size = Number(rows[0]?.[3] ?? -1);
  if (size >= 0 && size < SMALL) return;
  for (const ref of resolved.matches) {
    const served = rows.some(([first, definition, method]) => serves(ref, Number(first ?? -1), definition ?? "", method ?? ""));
    if (!served)
      yield finding(resolved, "INDEX_MISSING", "warning", `no index serves the search in ${ref.name} of ${resolved.table.shown}: the whole table is read`, {
        column: ref.column.name,
        help: `An index on what is compared would make this quick${wanted(ref)}.`,
      });
  }
}

function serves(ref: MatchRef, first: number, definition: string, method: string): boolean {
  if (ref.path !== undefined) return false;
  const { column, match } = ref;
  if (column.type.element !== undefined) return method === "gin" && first === column.number && match.fold.length === 0;
  if (comparison(column.type) === "exact") return false;
  const folds = foldsFor(match, column.type);
  return folds.length === 0
    ? first === column.number && method !== "brin"
    : definition.includes(column.name.toLowerCase()) && folds.every((fold) => FOLDED[fold].test(definition));
}

function wanted({ match, column }: MatchRef): string {
  const folds = foldsFor(match, column.type);
  return folds.length === 0 ? "" : ` (folded: ${folds.join(", ")})`;
}
