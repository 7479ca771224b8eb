/** What a transaction's statements wrote beside the rows they name: the server counts it. */
import type { SystemBlock } from "../../src/model/datamap.ts";
import { declaredIn as declaredOf } from "../../src/sql/declared.ts";
import { waysInto } from "./references.ts";
import type { Resolved } from "./resolved.ts";
import { literal } from "./sql.ts";
import type { Row } from "./transaction.ts";

export interface Growth {
  readonly oid: string;
  /** The partitioned table at its top; its own oid otherwise. */
  readonly root: string;
  readonly schema: string;
  readonly name: string;
  readonly shown: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** How things stood when the transaction began. */
export interface Before {
  /** oid -> inserted, updated, deleted: a session's earlier transactions may not have been told yet. */
  readonly counts: ReadonlyMap<string, readonly [number, number, number]>;
  /** oid -> pages of an audit trail. */
  readonly pages: ReadonlyMap<string, number>;
}

const COUNTED = "s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0";

/** Sent with the transaction's begin. */
export function beforeText(trails: readonly string[]): string {
  const pages =
    trails.length === 0
      ? ""
      : ` UNION ALL SELECT c.oid::text, NULL, NULL, NULL, (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8)::text FROM pg_catalog.pg_class c WHERE c.oid = ANY ('{${trails.join(",")}}'::oid[])`;
  return `SELECT s.relid::text, s.n_tup_ins::text, s.n_tup_upd::text, s.n_tup_del::text, NULL FROM pg_catalog.pg_stat_xact_user_tables s WHERE ${COUNTED}${pages}`;
}

export function beforeOf(rows: readonly Row[]): Before {
  const counts = rows.flatMap(([oid, inserted, updated, deleted, pages]) =>
    pages == null ? [[oid ?? "", [Number(inserted), Number(updated), Number(deleted)]] as const] : [],
  );
  return {
    counts: new Map(counts),
    pages: new Map(rows.flatMap(([oid, , , , pages]) => (pages == null ? [] : [[oid ?? "", Number(pages)] as const]))),
  };
}

/** What the session's own temporary tables hold goes with it; a materialised view that a trigger refreshes loses nothing of its own. */
export const GROWTH = `SELECT s.relid::text, coalesce(pg_catalog.pg_partition_root(s.relid), s.relid)::oid::text, s.schemaname::text, s.relname::text, pg_catalog.pg_table_is_visible(s.relid)::text, s.n_tup_ins::text, s.n_tup_upd::text, s.n_tup_del::text
  FROM pg_catalog.pg_stat_xact_user_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid WHERE ${COUNTED} AND c.relkind <> ${literal("m")} AND c.relpersistence <> ${literal("t")} ORDER BY s.schemaname, s.relname`;

/**
 * What TRUNCATE, DROP and the like take is in no count. They hold a lock that no erasure asks for: oid, file and columns of the
 * tables under such a lock. A function may also only lock a table so.
 */
export const SEIZED =
  "SELECT l.relation::text FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid = pg_catalog.pg_backend_pid() AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())";

/** Tables with their name, their file, their columns and what they are a part of, as this session sees them. Another one sees what the transaction has not taken. */
export function shapesText(oids: readonly string[]): string {
  return `SELECT c.oid::text, pg_catalog.concat_ws(' ', c.relnamespace, c.relname, c.relfilenode, ARRAY(SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid ORDER BY 1), ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped ORDER BY a.attnum)), n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ('{${oids.join(",")}}'::oid[]) AND c.relkind IN ('r', 'p') AND c.relpersistence <> ${literal("t")} ORDER BY n.nspname, c.relname`;
}

export function growthOf(rows: readonly Row[], { counts }: Before): readonly Growth[] {
  return rows.flatMap((row) => {
    const [oid = "", root = "", schema = "", name = "", visible, ...numbers] = row.map((text) => text ?? "");
    const [inserted = 0, updated = 0, deleted = 0] = numbers.map(
      (text, at) => Number(text) - (counts.get(oid)?.[at] ?? 0),
    );
    if (inserted + updated + deleted === 0) return [];
    return [
      { oid, root, schema, name, shown: visible === "true" ? name : `${schema}.${name}`, inserted, updated, deleted },
    ];
  });
}

/** Tells what may grow or change in this unit from what nobody declared. */
export function declaredIn(block: SystemBlock, works: readonly Resolved[]): (growth: Growth) => boolean {
  const [first] = works;
  const declared = declaredOf(block);
  const mine = new Set(
    works.flatMap(({ table, catalog }) =>
      [table, ...catalog.ancestors(table), ...catalog.descendants(table)].map(({ oid }) => oid),
    ),
  );
  const reached = new Set(
    works.flatMap(({ table, catalog }) => waysInto(catalog, block, table).map(({ segment }) => segment.table.oid)),
  );
  return (growth) => {
    const { oid, root, inserted } = growth;
    if (mine.has(oid) || mine.has(root)) return true;
    const table = first?.catalog.table(oid) ?? first?.catalog.table(root);
    const records = table === undefined ? [] : (first?.catalog.recordsOver(table) ?? []);
    const below = table === undefined ? [] : (first?.catalog.recordsBelow(table) ?? []);
    const write = { records, inserted: inserted > 0, reached: reached.has(oid) || reached.has(root) };
    return declared(growth, write) || (records.length === 0 && below.length > 0);
  };
}

/** Ours are rows that we see and whose transaction is in progress: nobody else's are both. Savepoints count. */
export const WRITTEN_BY_US = `CASE WHEN pg_catalog.age(t.xmin) BETWEEN -100000000 AND pg_catalog.age(pg_catalog.pg_current_xact_id()::xid) THEN pg_catalog.pg_xact_status((pg_catalog.pg_current_xact_id()::text::int8 - (pg_catalog.age(t.xmin) - pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)))::text::xid8) = 'in progress' ELSE false END`;
