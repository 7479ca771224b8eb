import type { Finding } from "../../src/model/search.ts";
import { unusedIgnores } from "../../src/sql/check-ignore.ts";
import { ignoreFits } from "../../src/model/ignore.ts";
import type { Place } from "./resolved.ts";
import type { Row, Session } from "./transaction.ts";

export interface Relation {
  readonly oid: string;
  /** As the data map may name it: without its schema only where the search path finds it. */
  readonly names: readonly string[];
}

/** Everything in the database's own schemas that rows can be read from. */
export const RELATIONS = `SELECT c.oid::text, n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT pg_catalog.starts_with(n.nspname, 'pg_toast') AND NOT pg_catalog.starts_with(n.nspname, 'pg_temp') ORDER BY 2, 3`;

export function relationsOf(rows: readonly Row[]): readonly Relation[] {
  return rows.map(([oid, schema, name, visible]) => ({
    oid: oid ?? "",
    names: visible === "true" ? [name ?? "", `${schema ?? ""}.${name ?? ""}`] : [`${schema ?? ""}.${name ?? ""}`],
  }));
}

/** Entries of `map.ignore` that fit nothing. */
export async function* checkIgnore({ session, block }: Place, known: readonly Relation[]): AsyncGenerator<Finding> {
  if ((block.ignore ?? []).length === 0) return;
  yield* unusedIgnores(
    block,
    known.flatMap((relation) => relation.names),
    async (entry) => await isColumn(session, entry, known),
  );
}

/** Whether an entry names a column: `orders.note`, `public.orders.note`. */
async function isColumn(session: Session, entry: string, known: readonly Relation[]): Promise<boolean> {
  const at = entry.lastIndexOf(".");
  if (at === -1) return false;
  const oids = known.filter(({ names }) => names.includes(entry.slice(0, at))).map(({ oid }) => oid);
  if (oids.length === 0) return false;
  const rows = await session.query(
    "SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped",
    [oids],
  );
  return rows.some(([name]) => ignoreFits(entry.slice(at + 1), name ?? ""));
}
