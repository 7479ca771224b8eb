import type { Residue } from "../../src/model/change.ts";
import type { Table } from "./catalog.ts";
import type { Resolved } from "./resolved.ts";
import { literal, qualified } from "./sql.ts";
import type { Session } from "./transaction.ts";

/** What the server keeps of rows beside the tables themselves. */
export interface Keeping {
  /** Tables of which values stand in the statistics, as `qualified` names them. */
  readonly statistics: ReadonlySet<string>;
  readonly archive: boolean;
  readonly slots: boolean;
}

/** One statement, however many tables there are. */
export async function keepingOf(session: Session, tables: readonly Table[]): Promise<Keeping> {
  const names = tables.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`);
  const rows = await session.query(
    `SELECT 'server', (pg_catalog.current_setting('archive_mode') <> 'off')::text, (EXISTS (SELECT FROM pg_catalog.pg_replication_slots))::text
     UNION ALL SELECT DISTINCT 'statistics', s.schemaname::text, s.tablename::text FROM pg_catalog.pg_stats s
      WHERE (s.schemaname::text, s.tablename::text) IN (${names.join(", ")}) AND (s.most_common_vals IS NOT NULL OR s.histogram_bounds IS NOT NULL)`,
  );
  const [, archive, slots] = rows.find(([what]) => what === "server") ?? [];
  return {
    statistics: new Set(
      rows.flatMap(([what, schema, name]) => (what === "statistics" ? [qualified(schema ?? "", name ?? "")] : [])),
    ),
    archive: archive === "true",
    slots: slots === "true",
  };
}

/** What PostgreSQL keeps for now of rows that are deleted or changed. None of it has an end that the server would know. */
export function residueOf({ statistics, archive, slots }: Keeping, { table, target }: Resolved): readonly Residue[] {
  const mechanisms = [
    "dead_tuples",
    "wal",
    ...(statistics.has(qualified(table.schema, table.name)) ? ["statistics"] : []),
    ...(archive ? ["wal_archive"] : []),
    ...(slots ? ["replication_slots"] : []),
  ];
  const { system, id } = target.record;
  return mechanisms.map((mechanism) => ({ system, record: id, mechanism, goneBy: null }));
}
