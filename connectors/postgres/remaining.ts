import type { Change, Operation, PlannedRecord } from "../../src/model/change.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { assignmentsOf, type Whose } from "../../src/sql/changes.ts";
import { chunks } from "../../src/sql/items.ts";
import { type Hits, NO_HITS, type RecordTable, type RowState, unionOf } from "../../src/sql/record-table.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { touchesMatched } from "../../src/sql/assign.ts";
import { keyOf, keyOrder, keyRows, type KeySpec, keyTexts, ofTable, sameKey } from "./keys.ts";
import { findRows, rowsByKey } from "./locate.ts";
import { nameOf, waysInto } from "./references.ts";
import { type Place, type Resolved, resolveOver } from "./resolved.ts";
import { byKey } from "./search.ts";
import { binder, qualified } from "./sql.ts";
import type { Session } from "./transaction.ts";

/**
 * Keys of the records that are not yet as the operation leaves them, what it does in the same go and what cascades take
 * included. `lookups`: the values the records were found by; without them every value counts as theirs.
 */
export async function* remainingRows(
  place: Place,
  resolved: Resolved,
  operation: Operation,
  lookups: readonly Lookup[] | undefined,
  io: IO,
): AsyncGenerator<string> {
  const { session } = place;
  const { change, records } = operation;
  const left = new Set<string>();
  const ways: { table: Resolved; change: Change; lookups: readonly Lookup[] | undefined }[] = [{ table: resolved, change, lookups }];
  for (const also of operation.also ?? [])
    ways.push({ table: await resolveOver(place, also.target, resolved.table), change: also.change, lookups: also.lookups });
  // each table reads its own columns
  for (const way of ways) {
    if (change.kind === "delete" && way.table !== resolved) continue;
    const asked = touchesMatched(way) ? (way.lookups ?? []) : [];
    const hits = await hitsIn(session, way.table, records, asked, io);
    const whoseOf = (key: string): Whose => (way.lookups === undefined ? "everything" : (hits.get(key) ?? NO_HITS));
    for await (const state of rowsByKey(
      session,
      way.table,
      records.map(({ key }) => key),
      io,
    ))
      if (way.change.kind === "delete" || isOpen(way.table, way.change, state, whoseOf(state.key), io)) left.add(state.key);
  }
  if (change.kind === "delete") for await (const key of takenStill(place, resolved, records, io)) left.add(key);
  yield* left;
}

/** What in each of these rows is still its own people's. */
async function hitsIn(
  session: Session,
  table: Resolved,
  records: readonly PlannedRecord[],
  lookups: readonly Lookup[],
  io: IO,
): Promise<ReadonlyMap<string, Hits>> {
  const owners = new Map(records.map(({ key, subjects }) => [key, subjects]));
  const all = new Map<string, Hits>();
  for (const keys of chunks(ofTable(table.key, [...owners.keys()]), 5000)) {
    for await (const { state, hits } of findRows(session, table, lookups, io, byKey(table, keys))) {
      const theirs = (owners.get(state.key) ?? []).flatMap((subject) => hits.get(subject) ?? []);
      all.set(state.key, unionOf([all.get(state.key) ?? NO_HITS, ...theirs]));
    }
  }
  return all;
}

function isOpen(table: RecordTable, change: Change, state: RowState, whose: Whose, io: IO): boolean {
  try {
    return assignmentsOf(table, change, state, whose, io).size > 0;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

/** Records whose cascade was to take rows that are still there. */
async function* takenStill({ session, catalog, block }: Place, { table }: Resolved, records: readonly PlannedRecord[], io: IO): AsyncGenerator<string> {
  const taken = Map.groupBy(
    records.flatMap(({ key, takes = [] }) => takes.map((one) => ({ record: key, ...one }))),
    (one) => one.table,
  );
  if (taken.size === 0) return;
  const segments = new Map(waysInto(catalog, block, table).map(({ segment }) => [nameOf(segment, block), segment]));
  for (const [name, rows] of taken) {
    const segment = segments.get(name);
    if (segment === undefined) {
      // what cannot be looked at any more was not seen to be gone
      yield* rows.map((row) => row.record);
      continue;
    }
    const byRow = Map.groupBy(rows, ({ key }) => key);
    for (const keys of chunks(ofTable(segment.key, [...byRow.keys()]), 5000))
      for await (const key of keysIn(session, segment.table, segment.key, keys, io)) yield* byRow.get(key)?.map(({ record }) => record) ?? [];
  }
}

async function* keysIn(session: Session, table: Resolved["table"], spec: KeySpec, keys: readonly string[], io: IO): AsyncGenerator<string> {
  const bound = binder();
  const text = `SELECT ${keyTexts(spec, "t").join(", ")} FROM ${keyRows(spec, keys, bound, "k")} JOIN ${qualified(table.schema, table.name)} AS t ON ${sameKey(spec, "t", "k")} ORDER BY ${keyOrder(spec, "t")}`;
  for await (const rows of session.pages(text, bound.values)) for (const row of rows) yield keyOf(spec, row, 0, io);
}
