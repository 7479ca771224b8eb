import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Finding } from "../../src/model/search.ts";
import type { Table } from "./catalog.ts";
import { unreadable } from "./check-rights.ts";
import { deletes, finding } from "./findings.ts";
import { type ForeignKey, foreignKeysInto } from "./links.ts";
import type { Resolved } from "./resolved.ts";
import type { Session } from "./session.ts";

const WORDS = { no_action: "NO ACTION", restrict: "RESTRICT", cascade: "CASCADE", set_null: "SET NULL", set_default: "SET DEFAULT" } as const;

/** Whether the data map ignores a table: named as the search path finds it, or with its schema. */
export function isIgnored(block: SystemBlock, table: Pick<Table, "schema" | "name" | "shown">): boolean {
  const names = [table.shown, `${table.schema}.${table.name}`];
  return (block.ignore ?? []).some((entry) => names.includes(entry) || names.some((name) => entry === `${block.name}.${name}`));
}

/**
 * What a deletion would set off: foreign keys from tables that the data map does not know. Returns the tables (oids) whose
 * rows go by themselves, through declared cascades.
 */
export async function* checkReferences(
  session: Session,
  block: SystemBlock,
  resolved: Resolved,
  records: ReadonlyMap<string, string>,
): AsyncGenerator<Finding, readonly string[]> {
  if (!deletes(resolved)) return [];
  const reached: string[] = [];
  const queue = [resolved.table.root];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const foreignKey of await foreignKeysInto(session, [parent])) {
      const { child, childRoot, onDelete } = foreignKey;
      yield* checkForeignKey(block, resolved, foreignKey, records);
      if (parent === resolved.table.root) {
        yield* unreadable(resolved, child, [...new Set([...child.key, ...foreignKey.columns])]);
        if (!(await hasIndex(session, foreignKey)))
          yield finding(
            resolved,
            "INDEX_MISSING",
            "warning",
            `${child.shown} has no index on ${foreignKey.columns.join(", ")} (${foreignKey.name}): every deletion reads the whole table`,
          );
      }
      // rows that go by a cascade set off cascades of their own
      if (onDelete === "cascade" && !records.has(childRoot) && childRoot !== resolved.table.root && !reached.includes(childRoot)) {
        reached.push(childRoot);
        queue.push(childRoot);
      }
    }
  }
  return reached;
}

function* checkForeignKey(block: SystemBlock, resolved: Resolved, foreignKey: ForeignKey, records: ReadonlyMap<string, string>): Generator<Finding> {
  const { name, child, childRoot, columns, onDelete } = foreignKey;
  if (records.has(childRoot)) return;
  const what = `${name}: ${child.shown} (${columns.join(", ")}) references it, ON DELETE ${WORDS[onDelete]}`;
  const acts = onDelete !== "no_action" && onDelete !== "restrict";
  if (!isIgnored(block, child) && !resolved.target.record.cascades.includes(name)) {
    yield acts
      ? finding(resolved, "CASCADE_UNDECLARED", "error", `${what}; a deletion in ${resolved.table.shown} changes rows that the data map does not know`)
      : finding(resolved, "FOREIGN_KEY_UNDECLARED", "error", `${what}; the data map does not know that table`);
  }
  const stuck = columns.find((column) => child.columns.get(column)?.notNull ?? false);
  if (onDelete === "set_null" && stuck !== undefined)
    yield finding(resolved, "CONSTRAINT", "error", `${what}, but ${stuck} is NOT NULL: every deletion fails`, {
      help: "Erase the referencing rows first: add the table as a record.",
    });
}

async function hasIndex(session: Session, { child, columns }: ForeignKey): Promise<boolean> {
  const numbers = columns.map((name) => String(child.columns.get(name)?.number ?? 0));
  const [row] = await session.query(
    `SELECT (EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = $1::oid AND i.indisvalid AND i.indpred IS NULL
      AND (i.indkey::int2[])[0:pg_catalog.cardinality($2::int2[]) - 1] @> $2::int2[]))::text`,
    [child.oid, numbers],
  );
  return row?.[0] === "true";
}
