import type { Change } from "../model/rule-change.ts";
import type { IO } from "../port/connector.ts";
import { assignEach } from "./assign.ts";
import { type Assignments, assignmentsOf, type Whose } from "./changes.ts";
import type { SqlBatch } from "./dialect.ts";
import type { Job, Todo } from "./items.ts";
import { type Hits, type RecordTable, type RowState, unionOf } from "./record-table.ts";
import { expectAll, Refusal } from "./refusal.ts";

interface TrailRow {
  readonly key: string;
  readonly change: Change;
  readonly assignments: Assignments;
}

interface Trails<T extends RecordTable> {
  readonly jobs: readonly Job<T>[];
  readonly io: IO;
  /** Whether anything was written that triggers could have told of. */
  readonly wrote: boolean;
  /** Tables that others wrote to before, in the same transaction: nothing is said of them. */
  readonly others: ReadonlySet<string>;
}

/**
 * Planned rows of audit trails, and all that the statements so far have added to them, whether a search would find those
 * or not. How many of the latter, by step. Throws `Refusal` where a table was written to that nobody declared.
 */
export async function writeTrails<T extends RecordTable>(
  { jobs, io, wrote, others }: Trails<T>,
  session: SqlBatch<T>,
  planned: readonly Todo<T>[],
): Promise<Readonly<Record<string, number>>> {
  const refuse = (tables: readonly string[]) => refuseAll(tables.filter((table) => !others.has(table)));
  if (wrote) refuse(await session.settle());
  const added =
    wrote && jobs.length > 0 ? await session.ownRows(jobs.map(({ table }) => table)) : { rows: [], unclaimed: [] };
  refuse(added.unclaimed);
  const own: Record<string, number> = {};
  const counted = new Set<string>();
  for (const job of jobs) {
    const known = new Set(job.work.operations.flatMap(({ records }) => records.map(({ key }) => key)));
    const fresh = added.rows.flatMap(({ table, state }) =>
      table === job.table && !known.has(state.key) ? [state] : [],
    );
    const made = await ownRows(session, job, fresh, io);
    const mine = planned.filter(({ item }) => item.job === job);
    await writeTrail(session, [...made, ...(await plannedRows(session, job, mine, io))], job);
    const addresses = new Map(fresh.map(({ key, address }) => [key, address]));
    // a row that is of two trails is counted in the first
    const count = made.filter(isWritten).filter(({ key }) => {
      const address = addresses.get(key) ?? key;
      return !counted.has(address) && counted.add(address);
    }).length;
    if (count > 0) own[job.work.step] = count;
  }
  if (!wrote || planned.length > 0 || Object.keys(own).length > 0) refuse(await session.settle());
  return own;
}

/** Somebody who reads the failure must be able to find the table. */
function refuseAll(tables: readonly string[]): void {
  if (tables.length > 0) throw new Refusal(`UNDECLARED ${tables.join(", ")}`);
}

function isWritten({ change, assignments }: TrailRow): boolean {
  return change.kind === "delete" || assignments.size > 0;
}

async function writeTrail<T extends RecordTable>(
  session: SqlBatch<T>,
  rows: readonly TrailRow[],
  { table }: Job<T>,
): Promise<void> {
  const changed = new Map(
    rows.flatMap(({ key, assignments }) => (assignments.size === 0 ? [] : [[key, assignments] as const])),
  );
  const keys = rows.flatMap(({ key, change }) => (change.kind === "delete" ? [key] : []));
  if (changed.size > 0) expectAll(await session.update(table, changed), changed.size);
  if (keys.length > 0) expectAll((await session.remove([{ table, keys }]))[0] ?? 0, keys.length);
}

/** Rows of our own making: where a search finds somebody's values in one, it is treated like any other; else all of it tells of what was just erased. */
async function ownRows<T extends RecordTable>(
  session: SqlBatch<T>,
  { work, table }: Job<T>,
  states: readonly RowState[],
  io: IO,
): Promise<readonly TrailRow[]> {
  const made = work.operations.find(({ change: one }) => one.kind !== "minimise" && one.kind !== "restore");
  const change = made?.change ?? work.target.changes.rule;
  if (states.length === 0 || change === undefined) return [];
  const hits = await session.hits(
    table,
    states.map(({ key }) => key),
    work.lookups,
  );
  return states.map((state) => {
    const whose = whoseOf([...(hits.get(state.key)?.values() ?? [])]);
    return { key: state.key, change, assignments: assignmentsOf(table, change, state, whose, io) };
  });
}

function whoseOf(all: readonly Hits[]): Whose {
  const some = all.filter((hits) => [...hits.values()].some(({ size }) => size > 0));
  return some.length === 0 ? "everything" : unionOf(some);
}

/** Planned rows, read again: triggers may have touched them meanwhile. */
async function plannedRows<T extends RecordTable>(
  session: SqlBatch<T>,
  { table }: Job<T>,
  todo: readonly Todo<T>[],
  io: IO,
): Promise<readonly TrailRow[]> {
  if (todo.length === 0) return [];
  const { states } = await session.rows(
    table,
    todo.map(({ item }) => item.record.key),
    "none",
  );
  const found = todo.flatMap(({ item }) => {
    const state = states.get(item.record.key);
    return state === undefined ? [] : [{ item, state }];
  });
  const assigned = await assignEach(session, found, io);
  return found.map(({ item }) => {
    const assignments = assigned.get(item) ?? new Map<string, string | null>();
    if (assignments instanceof Refusal) throw assignments;
    return { key: item.record.key, change: item.change, assignments };
  });
}
