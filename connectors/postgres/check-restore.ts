import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Finding } from "../../src/model/search.ts";
import { noInsertToPutBack, noKeyToPutBack } from "../../src/sql/check-restore.ts";
import { deletes, finding } from "../../src/sql/findings.ts";
import type { Table } from "./catalog.ts";
import { unreadable } from "./check-rights.ts";
import { readSource } from "./function-source.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";
import { firingTables } from "./triggers.ts";

/** What it takes to keep what is removed or changed, and to put it back: rows that can be named, and the rights. */
export async function* checkRestore({ session, block, triggers }: Place, resolved: Resolved): AsyncGenerator<Finding> {
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
    if (right !== "INSERT") continue;
    const firing = firingTables(catalog, one);
    // no rule lets us say in one statement which rows of several tables come back
    const rules = await session.query(
      "SELECT r.rulename::text FROM pg_catalog.pg_rewrite r WHERE r.ev_class = ANY ($1::oid[]) AND r.ev_type = '3' AND r.ev_enabled IN ('O', 'A') ORDER BY 1",
      [`{${firing.join(",")}}`],
    );
    for (const [name] of rules)
      yield noInsertToPutBack(resolved, `rule ${name ?? ""} of ${one.shown} follows an INSERT`);
    for (const { name, before, eachRow, verbs, conditional, source } of await triggers.triggersOf(session, firing)) {
      const { returns } = readSource(source);
      const swallows = returns.length > 0 && returns.every((value) => value === "null");
      if (before && eachRow && !conditional && verbs.includes("insert") && swallows)
        yield noInsertToPutBack(resolved, `trigger ${name} of ${one.shown} lets no INSERT through`);
    }
  }
}
