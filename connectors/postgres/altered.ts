/** What triggers and rules changed in rows of record types that no plan names. */
import type { PlannedInSystem } from "../../src/model/change.ts";
import type { IO } from "../../src/port/connector.ts";
import { decidingColumns, peoplesIn } from "../../src/sql/declared.ts";
import { isIgnored } from "../../src/sql/findings.ts";
import type { Column, Table } from "./catalog.ts";
import { type Growth, WRITTEN_BY_US } from "./growth.ts";
import { keyOf, keyRows, keySpec, keyTexts, sameKey } from "./keys.ts";
import { rowsByKey } from "./locate.ts";
import { type Losses, topOf } from "./losses.ts";
import { type Place, resolveTarget } from "./resolved.ts";
import type { Database } from "./session.ts";
import { binder, qualified, quoted } from "./sql.ts";
import type { Row, Transaction } from "./transaction.ts";

interface Written {
  readonly transaction: Transaction;
  readonly database: Database;
  readonly place: Place;
  /** What the plan deletes or changes in the whole system: triggers may change it as well. */
  planned(): Promise<PlannedInSystem>;
  readonly grown: readonly Growth[];
  readonly lost: Losses;
  /** Tables (oids) that this transaction keeps everybody else out of. */
  readonly seized: ReadonlySet<string>;
  readonly io: IO;
}

/** Rows that are compared at a time. */
const CHUNK = 5000;

/**
 * Columns of rows that no plan names and that are not as they were: `posts.title`. Counters, times and what a search index
 * is made of may follow; whatever else stands in somebody's row is theirs, unless the map ignores the column.
 */
export async function alteredColumns(written: Written): Promise<readonly string[]> {
  const { place, grown, lost, seized } = written;
  const { catalog, block } = place;
  const arePeoples = peoplesIn(block);
  const families = Map.groupBy(
    grown.flatMap((one) => {
      const table = catalog.table(one.oid);
      return one.updated > 0 && table !== undefined && arePeoples(one, catalog.recordsOver(table))
        ? [{ ...one, table }]
        : [];
    }),
    ({ table }) => topOf(catalog, table),
  );
  const altered = new Set<string>();
  for (const [top, tables] of families) {
    const rows = tables.reduce((sum, { updated }) => sum + updated, 0);
    if (rows <= (lost.changed.get(top) ?? 0)) continue;
    const known = await plannedAt(written, top);
    for (const { table, inserted } of tables) {
      const { schema, name, shown } = table.isPartition ? (catalog.table(top) ?? table) : table;
      // how it was cannot be read: whoever looks would wait for this transaction
      if (seized.has(table.oid)) altered.add(shown);
      else
        for (const column of await changedIn(written, table, known, inserted)) {
          const one = { schema, name: `${name}.${column}`, shown: `${shown}.${column}` };
          if (column === NOBODY_KNOWS) altered.add(shown);
          else if (!isIgnored(block, one)) altered.add(one.shown);
        }
    }
  }
  return [...altered].toSorted();
}

/** Addresses of the rows that the plan acts on. */
async function plannedAt({ transaction, place, planned, io }: Written, top: string): Promise<ReadonlySet<string>> {
  const addresses = new Set<string>();
  const { deleting, changing } = await planned();
  for (const { target, keys } of [...deleting, ...changing]) {
    if (keys.length === 0) continue;
    const resolved = await resolveTarget({ ...place, session: transaction }, target);
    if (topOf(place.catalog, resolved.table) !== top) continue;
    for await (const { address } of rowsByKey(transaction, resolved, keys, io)) addresses.add(address);
  }
  return addresses;
}

/** In a trail without a key: which of its rows were there before cannot be told from those that were added. */
const NOBODY_KNOWS = "";

/**
 * Columns of rows that this transaction wrote, the planned ones left out, which differ from what others still see.
 * `inserted`: rows that it put in; where more are new than that, the others bore another key before.
 */
async function changedIn(
  { transaction, database, place: { catalog, block }, io }: Written,
  table: Table,
  known: ReadonlySet<string>,
  inserted: number,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  const spec = keySpec(catalog, table);
  const key = catalog.keyOf(table);
  const records = catalog.recordsOver(table);
  const deciding = decidingColumns(block, records);
  const columns = [...table.columns.values()].filter(
    (one) => one.mayRead && (deciding.has(one.name) ? !one.generated : !mayFollow(one)) && !key.includes(one.name),
  );
  // without a key nobody can say which row it was
  if (spec.byPlace)
    return new Set(
      block.records.some(({ id, auditOf }) => records.includes(id) && auditOf.length > 0) ? [NOBODY_KNOWS] : [],
    );
  const texts = [...keyTexts(spec, "t"), ...columns.map(({ name }) => `t.${quoted(name)}::text`)].join(", ");
  const from = `ONLY ${qualified(table.schema, table.name)} AS t`;
  const now = new Map<string, Row>();
  for await (const rows of transaction.pages(
    `SELECT ${texts}, ${spec.address("t")} FROM ${from} WHERE ${WRITTEN_BY_US}`,
    [],
  ))
    for (const row of rows) if (!known.has(row.at(-1) ?? "")) now.set(keyOf(spec, row, 0, io), row);
  const keys = [...now.keys()];
  if (keys.length === 0) return changed;
  let there = 0;
  // others do not see yet what this transaction did
  await using before = await database.read();
  for (let at = 0; at < keys.length; at += CHUNK) {
    const bound = binder();
    const text = `SELECT ${texts} FROM ${from} JOIN ${keyRows(spec, keys.slice(at, at + CHUNK), bound, "k")} ON ${sameKey(spec, "t", "k")}`;
    for (const row of await before.query(text, bound.values)) {
      const then = now.get(keyOf(spec, row, 0, io));
      there += 1;
      for (const [index, { name }] of columns.entries())
        if (then !== undefined && then[spec.parts.length + index] !== row[spec.parts.length + index]) changed.add(name);
    }
  }
  if (keys.length - there > inserted) for (const name of key) changed.add(name);
  return changed;
}

/** Numbers, times, and what follows other columns: counters and clocks that triggers keep. */
function mayFollow({ type, generated }: Column): boolean {
  return generated || ["N", "D", "T"].includes(type.category) || type.name === "tsvector";
}
