import type { Finding } from "../../src/model/search.ts";
import type { Table } from "./catalog.ts";
import { deletes, finding, updates } from "../../src/sql/findings.ts";
import type { Resolved } from "./resolved.ts";

/** Every right that planning or erasing will need. */
export function* checkRights(resolved: Resolved): Generator<Finding> {
  const { table, columns, key, catalog } = resolved;
  if (!table.mayUse)
    yield finding(resolved, "NOT_PERMITTED", "error", `the role lacks USAGE on schema ${table.schema}`);
  const read = key.byPlace
    ? [...table.columns.keys()]
    : [...new Set([...catalog.keyOf(table), ...columns.map(({ name }) => name)])];
  yield* unreadable(resolved, table, read);
  if (deletes(resolved) && !table.mayDelete)
    yield finding(resolved, "NOT_PERMITTED", "error", `the role lacks DELETE on table ${table.shown}`);
  for (const name of updates(resolved)) {
    if (!(table.columns.get(name)?.mayUpdate ?? true))
      yield finding(
        resolved,
        "NOT_PERMITTED",
        "error",
        `the role lacks UPDATE on column ${name} of table ${table.shown}`,
        { column: name },
      );
  }
}

/** Columns of a table that cannot be read, and rows that could be hidden. */
export function* unreadable(resolved: Resolved, table: Table, names: readonly string[]): Generator<Finding> {
  const hidden = names.filter((name) => !(table.columns.get(name)?.mayRead ?? true));
  if (hidden.length > 0 && hidden.length === names.length)
    yield finding(resolved, "NOT_PERMITTED", "error", `the role lacks SELECT on table ${table.shown}`);
  else
    for (const name of hidden)
      yield finding(
        resolved,
        "NOT_PERMITTED",
        "error",
        `the role lacks SELECT on column ${name} of table ${table.shown}`,
        { column: name },
      );
  if (table.rowSecurity)
    yield finding(
      resolved,
      "ROW_SECURITY",
      "error",
      `row-level security of table ${table.shown} can hide rows from this role`,
    );
}
