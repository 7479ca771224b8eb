/** What triggers and rules changed in rows of record types that no plan names. */
import type { PlannedInSystem, PlannedKeys } from "../../src/model/change.ts";
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

/** By address: what may not change in the rows that the plan names. Nothing in those that it acts on, but for what is kept of them. */
type Known = ReadonlyMap<string, "nothing" | "all" | ReadonlySet<string>>;

async function plannedAt({ transaction, place, planned, io }: Written, top: string): Promise<Known> {
  const addresses = new Map<string, "nothing" | "all" | ReadonlySet<string>>();
  const { deleting, changing, keeping = [] } = await planned();
  const note = async ({ target, keys }: PlannedKeys, kept: "nothing" | "all" | ReadonlySet<string>) => {
    if (keys.length === 0) return;
    const resolved = await resolveTarget({ ...place, session: transaction }, target);
    if (topOf(place.catalog, resolved.table) !== top) return;
    for await (const { address } of rowsByKey(transaction, resolved, keys, io)) addresses.set(address, kept);
  };
  for (const one of [...deleting, ...changing]) await note(one, "nothing");
  for (const one of keeping) await note(one, one.columns === undefined ? "all" : new Set(one.columns));
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
  known: Known,
  inserted: number,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  const spec = keySpec(catalog, table);
  const key = catalog.keyOf(table);
  const records = catalog.recordsOver(table);
  const deciding = decidingColumns(block, records);
  const columns = [...table.columns.values()].filter(
    (one) => one.mayRead && !one.generated && one.type.name !== "tsvector" && !key.includes(one.name),
  );
  const stays = (column: Column, address: string) => {
    const kept = known.get(address);
    if (kept === undefined) return deciding.has(column.name) || !mayFollow(column);
    return kept === "all" ? deciding.has(column.name) || !isTime(column) : kept !== "nothing" && kept.has(column.name);
  };
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
    for (const row of rows) if (known.get(row.at(-1) ?? "") !== "nothing") now.set(keyOf(spec, row, 0, io), row);
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
      if (then === undefined) continue;
      for (const [index, column] of columns.entries()) {
        const at = spec.parts.length + index;
        if (then[at] !== row[at] && stays(column, then.at(-1) ?? "")) changed.add(column.name);
      }
    }
  }
  if (keys.length - there > inserted) for (const name of key) changed.add(name);
  return changed;
}

/** Numbers and times: counters and clocks that triggers keep. */
function mayFollow(column: Column): boolean {
  return column.type.category === "N" || isTime(column);
}

function isTime({ type }: Column): boolean {
  return ["D", "T"].includes(type.category);
}
