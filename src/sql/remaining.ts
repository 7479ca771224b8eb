import type { Operation, PlannedRecord } from "../model/change.ts";
import type { Change } from "../model/rule-change.ts";
import type { Lookup, Target } from "../model/search.ts";
import type { IO } from "../port/connector.ts";
import { touchesMatched } from "./assign.ts";
import { assignmentsOf, type Whose } from "./changes.ts";
import type { SearchedTable, SqlLook } from "./locate.ts";
import { type Hits, markOfRow, NO_HITS, type RecordTable, type RowState, unionOf } from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { wholeImageOf } from "./whole-image.ts";
import { addressesIn, type Cells, isBack } from "./whole-row.ts";

/** How `remainingRows` looks. */
export interface RemainingLook<T extends SearchedTable> extends SqlLook<T> {
  /** Another record type's names over this table. */
  over(target: Target, table: T): T | Promise<T>;
  /** As `SqlBatch.whole`. */
  whole(addresses: readonly string[]): Promise<ReadonlyMap<string, Cells>>;
  /** Which of these rows of a table that is no record type are still there; undefined where that table is none that a cascade leads to any more. */
  taken(table: T, name: string, keys: readonly string[]): Promise<ReadonlySet<string> | undefined>;
}

/**
 * Keys of the records that are not yet as the operation leaves them, what it does in the same go and what cascades take
 * included. `lookups`: the values the records were found by; without them every value counts as theirs.
 */
export async function* remainingRows<T extends SearchedTable>(
  look: RemainingLook<T>,
  table: T,
  operation: Operation,
  lookups: readonly Lookup[] | undefined,
  io: IO,
): AsyncGenerator<string> {
  const { change, records } = operation;
  if (change.kind === "restore" && change.marker === undefined) {
    for (const record of records) {
      const image = wholeImageOf({ change, record });
      if (image !== undefined && !isBack(image, await look.whole(addressesIn(image)))) yield record.key;
    }
    return;
  }
  const left = new Set<string>();
  const ways: { table: T; change: Change; lookups: readonly Lookup[] | undefined }[] = [{ table, change, lookups }];
  const keys = records.map(({ key }) => key);
  for (const also of operation.also ?? [])
    ways.push({ table: await look.over(also.target, table), change: also.change, lookups: also.lookups });
  // each table reads its own columns
  for (const way of ways) {
    if (change.kind === "delete" && way.table !== table) continue;
    const asked = touchesMatched(way) ? (way.lookups ?? []) : [];
    const hits = asked.length === 0 ? new Map<string, Hits>() : await hitsIn(look, way.table, records, asked);
    const whoseOf = (key: string): Whose => (way.lookups === undefined ? "everything" : (hits.get(key) ?? NO_HITS));
    for await (const state of look.ofKeys(way.table, keys))
      if (way.change.kind === "delete" || isOpen(way.table, way.change, state, whoseOf(state.key), io))
        left.add(state.key);
  }
  if (change.kind === "delete") for (const key of await takenStill(look, table, records)) left.add(key);
  yield* left;
}

/** What in each of these rows is still its own people's. */
async function hitsIn<T extends SearchedTable>(
  look: RemainingLook<T>,
  table: T,
  records: readonly PlannedRecord[],
  lookups: readonly Lookup[],
): Promise<ReadonlyMap<string, Hits>> {
  const owners = new Map(records.map(({ key, subjects }) => [key, subjects]));
  const all = new Map<string, Hits>();
  for await (const { state, hits } of look.matching(table, lookups, [...owners.keys()])) {
    const theirs = (owners.get(state.key) ?? []).flatMap((subject) => hits.get(subject) ?? []);
    all.set(state.key, unionOf([all.get(state.key) ?? NO_HITS, ...theirs]));
  }
  return all;
}

function isOpen(table: RecordTable, change: Change, state: RowState, whose: Whose, io: IO): boolean {
  // by whomever: what is marked is hidden
  if (change.kind === "mark") return markOfRow(change.marker, state) === undefined;
  try {
    return assignmentsOf(table, change, state, whose, io).size > 0;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

/** Records whose cascade was to take rows that are still there. */
async function takenStill<T extends SearchedTable>(
  look: RemainingLook<T>,
  table: T,
  records: readonly PlannedRecord[],
): Promise<readonly string[]> {
  const taken = Map.groupBy(
    records.flatMap(({ key, takes = [] }) => takes.map((one) => ({ record: key, ...one }))),
    (one) => one.table,
  );
  const still: string[] = [];
  for (const [name, rows] of taken) {
    const there = await look.taken(table, name, [...new Set(rows.map(({ key }) => key))]);
    // what cannot be looked at any more was not seen to be gone
    still.push(...rows.flatMap(({ key, record }) => (there === undefined || there.has(key) ? [record] : [])));
  }
  return still;
}
