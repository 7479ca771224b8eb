import type { Residue } from "../../src/model/change.ts";
import type { Resolved } from "./resolved.ts";
import type { Session } from "./transaction.ts";

/** What PostgreSQL keeps for now of rows that are deleted or changed. None of it has an end that the server would know. */
export async function* residueOf(session: Session, { table, target }: Resolved): AsyncGenerator<Residue> {
  const [row] = await session.query(
    `SELECT (EXISTS (SELECT FROM pg_catalog.pg_stats s WHERE s.schemaname = $1 AND s.tablename = $2 AND (s.most_common_vals IS NOT NULL OR s.histogram_bounds IS NOT NULL)))::text,
      (pg_catalog.current_setting('archive_mode') <> 'off')::text, (EXISTS (SELECT FROM pg_catalog.pg_replication_slots))::text`,
    [table.schema, table.name],
  );
  const [statistics, archive, slots] = row ?? [];
  const residue = (mechanism: string): Residue => ({
    system: target.record.system,
    record: target.record.id,
    mechanism,
    goneBy: null,
  });
  yield residue("dead_tuples");
  yield residue("wal");
  if (statistics === "true") yield residue("statistics");
  if (archive === "true") yield residue("wal_archive");
  if (slots === "true") yield residue("replication_slots");
}
