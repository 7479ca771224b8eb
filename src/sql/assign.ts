import type { Change } from "../model/rule-change.ts";
import { type Lookup, lookupsOf } from "../model/search.ts";
import type { IO } from "../port/connector.ts";
import { type Assignments, assignmentsBy } from "./changes.ts";
import type { SqlBatch } from "./dialect.ts";
import type { Item } from "./items.ts";
import { type Hits, NO_HITS, type RecordTable, type RowState, unionOf } from "./record-table.ts";
import { Refusal } from "./refusal.ts";

export interface Found<T extends RecordTable> {
  readonly item: Item<T>;
  readonly state: RowState;
}

/** What each row that is changed gets: by its own record type's rule and, in the same go, by those of others. */
export async function assignEach<T extends RecordTable>(
  session: SqlBatch<T>,
  found: readonly Found<T>[],
  io: IO,
): Promise<ReadonlyMap<Item<T>, Assignments | Refusal>> {
  const assigned = new Map<Item<T>, Assignments | Refusal>();
  // the rows of an operation have the same ways
  for (const [, rows] of Map.groupBy(
    found.filter(({ item }) => item.change.kind !== "delete"),
    ({ item }) => item.also,
  )) {
    const [first] = rows;
    if (first === undefined) continue;
    const { job, change, also } = first.item;
    const ways = [{ table: job.table, change, lookups: job.work.lookups }, ...also].filter(
      (way) => way.change.kind !== "delete",
    );
    const hits: ReadonlyMap<Item<T>, Hits>[] = [];
    for (const way of ways) hits.push(await hitsOf(session, rows, way));
    for (const { item, state } of rows) {
      try {
        const by = ways.map(({ table, change: made }, at) => ({
          table,
          change: made,
          whose: hits[at]?.get(item) ?? NO_HITS,
        }));
        assigned.set(item, assignmentsBy(by, state, io));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        assigned.set(item, error);
      }
    }
  }
  return assigned;
}

interface Way<T extends RecordTable> {
  readonly table: T;
  readonly change: Change;
  readonly lookups: readonly Lookup[];
}

/** What is the erased people's in each row, asked only where a rule touches what people are matched by. */
async function hitsOf<T extends RecordTable>(
  session: SqlBatch<T>,
  rows: readonly Found<T>[],
  way: Way<T>,
): Promise<ReadonlyMap<Item<T>, Hits>> {
  if (!touchesMatched(way)) return new Map();
  const subjects = rows.flatMap(({ item }) => item.record.subjects);
  const byKey = await session.hits(
    way.table,
    rows.map(({ item }) => item.record.key),
    lookupsOf(way.lookups, subjects),
  );
  return new Map(
    rows.map(({ item }) => [
      item,
      unionOf(item.record.subjects.flatMap((subject) => byKey.get(item.record.key)?.get(subject) ?? [])),
    ]),
  );
}

/** Whether a change acts on what people are matched by: whose the values are must be asked. */
export function touchesMatched({ table, change }: { readonly table: RecordTable; readonly change: Change }): boolean {
  if (change.kind !== "fields") return false;
  const changed = new Set([...Object.keys(change.fields), ...change.documents.flatMap((one) => one.in ?? [])]);
  return table.matches.some(({ column }) => changed.has(column.name));
}
