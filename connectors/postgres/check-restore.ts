import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Finding } from "../../src/model/search.ts";
import { noKeyToPutBack } from "../../src/sql/check-restore.ts";
import { deletes, finding } from "../../src/sql/findings.ts";
import type { Table } from "./catalog.ts";
import { unreadable } from "./check-rights.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";

/** What it takes to keep what is removed or changed, and to put it back: rows that can be named, and the rights. */
export async function* checkRestore({ session, block }: Place, resolved: Resolved): AsyncGenerator<Finding> {
  const { table, target, key, catalog } = resolved;
  if (!keepsWhole(target)) return;
  if (key.byPlace) yield noKeyToPutBack(resolved, table.shown);
  yield* unreadable(resolved, table, [...table.columns.keys()]);
  if (!deletes(resolved)) return;
  const wanted = new Map<Table, "INSERT" | "UPDATE">([[table, "INSERT"]]);
  for (const { foreignKey, segment } of waysInto(catalog, block, table)) {
    if (foreignKey.onDelete === "no_action" || foreignKey.onDelete === "restrict") continue;
    if (foreignKey.onDelete === "cascade" && segment.records.length > 0) continue;
    wanted.set(segment.table, foreignKey.onDelete === "cascade" ? "INSERT" : "UPDATE");
    // what a cascade takes nobody could put back who may not read it
    yield* unreadable(resolved, segment.table, [...segment.table.columns.keys()]);
  }
  for (const [one, right] of wanted) {
    const [row] = await session.query("SELECT pg_catalog.has_table_privilege($1::oid, $2)::text", [one.oid, right]);
    if (row?.[0] !== "true")
      yield finding(
        resolved,
        "NOT_PERMITTED",
        "error",
        `the role lacks ${right} on table ${one.shown}, so that \`restore_window\` could not be kept`,
      );
  }
}
