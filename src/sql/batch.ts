import type { Asserted } from "../model/assertion.ts";
import type { SystemBlock } from "../model/datamap.ts";
import type { Left } from "../model/change.ts";
import { AssertionChanged } from "../port/assertion-changed.ts";
import type { Guard, IO, UnitJournal } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import { assignEach } from "./assign.ts";
import { type Assignments, assignmentsOf } from "./changes.ts";
import type { Locking, Referencing, SqlBatch, SqlDialect } from "./dialect.ts";
import { keepImages } from "./images.ts";
import { lookupsOf } from "../model/search.ts";
import type { Batch, Item, Job, Todo } from "./items.ts";
import { keyDigest, noteText } from "./notes.ts";
import { type RecordTable, type RowState, texts } from "./record-table.ts";
import { type Blocker, blockedBy } from "./references.ts";
import { expectAll, Refusal } from "./refusal.ts";
import { lookToPutBack, putBackOthers, putBackWhole, seenBack, wholeItems } from "./put-back.ts";
import { writeTrails } from "./trails.ts";
import { keepWhole, readWhole } from "./whole-image.ts";
import type { Cells, WholeRow } from "./whole-row.ts";

export interface ItemLeft<T extends RecordTable> {
  readonly item: Item<T>;
  readonly left: Omit<Left, "key">;
}

export interface BatchResult<T extends RecordTable> {
  readonly affected: readonly Item<T>[];
  readonly left: readonly ItemLeft<T>[];
  /** Step -> rows of our own making. */
  readonly own: Readonly<Record<string, number>>;
  /** Figures that were compared; absent: nothing was done, or the data map names none. */
  readonly asserted?: readonly Asserted[];
}

/** What a unit's batches share. */
export interface UnitRun<T extends RecordTable> {
  readonly dialect: SqlDialect<T>;
  readonly jobs: readonly Job<T>[];
  readonly io: IO;
  readonly system: Pick<SystemBlock, "name" | "assertions">;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  /** Each point is passed once a unit. */
  readonly passed: Set<"effect_begin" | "effect_half">;
  /** A batch has waited for a lock in vain: the ones after it wait only once. */
  contended: boolean;
  /** Everything is taken back. */
  readonly rehearsal: boolean;
  /** It gives back: what triggers make of it is looked at. */
  readonly restoring: boolean;
  /** Rows that others of the undo have put back by then: a rehearsal puts them back too. */
  readonly coming: readonly WholeRow[];
}

/** One transaction: lock and read again, judge, act by key, redact what that wrote into audit trails, note, commit. Throws `Refusal` with nothing done. */
export async function runBatch<T extends RecordTable>(
  run: UnitRun<T>,
  batch: Batch<T>,
  locking: Locking,
): Promise<BatchResult<T>> {
  const { dialect, io, journal, jobs } = run;
  const deleting = new Set(batch.flatMap(({ change, job }) => (change.kind === "delete" ? [job.table] : [])));
  const trails = jobs.filter((job) => job.trail);
  await using transaction = await dialect.begin({
    deleting: [...deleting],
    trails: trails.map(({ table }) => table),
    figures: !run.restoring,
  });
  const whole = wholeItems(batch);
  const back = whole.length === 0 ? NOTHING : await lookToPutBack(transaction, whole, run.coming);
  const putting = new Set(whole.map(({ item }) => item));
  const rules = putting.size === 0 ? batch : batch.filter((item) => !putting.has(item));
  const { todo, left: staying, references } = await judge(run, transaction, rules, locking);
  const left = [...staying, ...back.left];
  const all = [...todo.map(({ item }) => item), ...back.todo.map(({ item }) => item)];
  if (all.length === 0) return { left, affected: [], own: {} };
  pass(run, "effect_begin");
  // the point itself may have been the moment of Ctrl-C
  if (io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
  const leading = todo.filter(({ item }) => !item.job.trail);
  const before = await readWhole(transaction, todo, references);
  const others = await putBackOthers(transaction, back, run.coming);
  // a record lives again before what belongs to it comes back: a trigger may let nothing in below a hidden one
  await writeLeading(run, transaction, leading);
  await putBackWhole(transaction, back);
  await seenAlive(run, transaction, leading);
  await seenBack(transaction, back.todo);
  const own = await writeTrails(
    { jobs: trails, io, wrote: leading.length + back.todo.length > 0, others },
    transaction,
    todo.filter(({ item }) => item.job.trail),
  );
  pass(run, "effect_half");
  const seen = run.restoring ? [] : await transaction.asserted();
  if (seen.some(({ held }) => !held)) throw new AssertionChanged(run.system.name, run.system.assertions ?? [], seen);
  const asserted = seen.length === 0 ? {} : { asserted: seen };
  // what is not committed is taken back
  if (run.rehearsal) return { affected: all, left, own, ...asserted };
  await keepImages(transaction, leading, journal);
  await keepWhole(transaction, before, journal);
  const done: Record<string, string[]> = {};
  for (const item of all) (done[item.job.work.step] ??= []).push(keyDigest(item.record.key, io));
  await journal.note(noteText(dialect.kind, { xid: await transaction.id(), done, own, ...asserted }));
  await transaction.commit();
  return { affected: all, left, own, ...asserted };
}

const NOTHING = { todo: [], left: [], there: new Map<string, Cells>() };

function pass<T extends RecordTable>(run: UnitRun<T>, point: "effect_begin" | "effect_half"): void {
  if (run.passed.has(point) || run.rehearsal) return;
  run.passed.add(point);
  run.journal.at(point);
}

interface Looked<T extends RecordTable> {
  readonly todo: readonly Todo<T>[];
  readonly left: readonly ItemLeft<T>[];
}

interface Judged<T extends RecordTable> extends Looked<T> {
  /** Who references what is to be deleted. */
  readonly references: ReadonlyMap<Item<T>, readonly Referencing[]>;
}

/** Locks the rows and asks everybody: the row itself, who references it, and what the core knows of holds and conditions. */
async function judge<T extends RecordTable>(
  run: UnitRun<T>,
  session: SqlBatch<T>,
  batch: Batch<T>,
  locking: Locking,
): Promise<Judged<T>> {
  const looked = await look(session, batch, locking, run.io);
  const left = new Map<Item<T>, Omit<Left, "key">>(looked.left.map((one) => [one.item, one.left]));
  const references: Blocker<T>[] = [];
  for (const [job, mine] of Map.groupBy(looked.todo, ({ item }) => item.job)) {
    const keys = mine.flatMap(({ item }) => (item.change.kind === "delete" ? [item.record.key] : []));
    if (keys.length === 0) continue;
    const byKey = new Map(mine.map(({ item }) => [item.record.key, item]));
    for (const reference of await session.referencing(job.table, keys, locking)) {
      const parent = byKey.get(reference.parentKey);
      if (parent !== undefined) references.push({ parent, reference });
    }
  }
  for (const [step, mine] of Map.groupBy(looked.todo, ({ item }) => item.job.work.step)) {
    const byKey = new Map(mine.map(({ item }) => [item.record.key, item]));
    for (const { key, ...said } of await run.guard.judge(
      step,
      mine.map(({ item }) => item.record),
    )) {
      const item = byKey.get(key);
      if (item !== undefined) left.set(item, said);
    }
  }
  blockedBy(references, looked.todo, left);
  return {
    todo: looked.todo.filter(({ item }) => !left.has(item)),
    left: [...left].map(([item, said]) => ({ item, left: said })),
    references: new Map(
      [...Map.groupBy(references, ({ parent }) => parent)].map(([item, some]) => [
        item,
        some.map(({ reference }) => reference),
      ]),
    ),
  };
}

/** Reads the rows again: those that nothing is to be done in, or can be, are left. */
export async function look<T extends RecordTable>(
  session: SqlBatch<T>,
  batch: Batch<T>,
  locking: Locking,
  io: IO,
): Promise<Looked<T>> {
  const todo: Todo<T>[] = [];
  const left: ItemLeft<T>[] = [];
  const leave = (item: Item<T>, kind: Left["kind"], reason: string) => left.push({ item, left: { kind, reason } });
  for (const [job, items] of Map.groupBy(batch, (item) => item.job)) {
    const { table, work } = job;
    const { states, busy } = await session.rows(
      table,
      items.map(({ record }) => record.key),
      locking,
    );
    const found = items.flatMap((item) => {
      const state = states.get(item.record.key);
      return state === undefined ? [] : [{ item, state }];
    });
    const assigned = await assignEach(session, found, io);
    for (const item of items) {
      const { record, change } = item;
      const state = states.get(record.key);
      if (busy.has(record.key)) leave(item, "blocked", "lock_timeout");
      else if (state === undefined) {
        // without a key, a row that is not at its place may be at another
        if (await session.moved(table, record.key, lookupsOf(work.lookups, record.subjects)))
          leave(item, "failed", "changed");
        else leave(item, "already_gone", "gone");
      } else {
        const mine = assigned.get(item);
        if (mine instanceof Refusal) leave(item, "failed", mine.reason);
        else if (change.kind !== "delete" && isDone(item, state, mine, io)) leave(item, "already_gone", "as_wanted");
        // our own mark is a change since the plan; whether there is another one, its image says
        else if (change.kind !== "restore" && state.fingerprint !== record.fingerprint)
          leave(item, "failed", "changed");
        else todo.push({ item, state, assignments: mine ?? new Map() });
      }
    }
  }
  return { todo, left };
}

/**
 * A row that nothing is left to do in. Where it is another than was planned, only if it would be so whoever it belonged
 * to: a value that is somebody else's now is no work that was done.
 */
function isDone<T extends RecordTable>(
  item: Item<T>,
  state: RowState,
  assignments: Assignments | undefined,
  io: IO,
): boolean {
  if (assignments === undefined || assignments.size > 0) return false;
  if (state.fingerprint === item.record.fingerprint) return true;
  return [{ table: item.job.table, change: item.change }, ...item.also].every(
    ({ table, change }) => assignmentsOf(table, change, state, "everything", io).size === 0,
  );
}

/** Triggers have had their say over what a mark left: throws `Refusal` where a record that is to live again does not. */
async function seenAlive<T extends RecordTable>(
  run: UnitRun<T>,
  session: SqlBatch<T>,
  todo: readonly Todo<T>[],
): Promise<void> {
  if (!run.restoring) return;
  for (const [{ table }, mine] of Map.groupBy(todo, ({ item }) => item.job)) {
    const keys = mine.map(({ item }) => item.record.key);
    const { states } = await session.rows(table, keys, "none");
    for (const { item, assignments } of mine) {
      const state = states.get(item.record.key);
      if (state === undefined) throw new Refusal("swallowed");
      const wrong = wrongIn(item, assignments, state, run.io);
      if (wrong.length === 0) continue;
      const [, name = ""] = texts(state.address);
      throw new Refusal(`TRIGGER_CHANGES ${wrong.map((column) => `${name}.${column}`).join(", ")}`);
    }
  }
}

/** Columns that do not hold what they were given. What was kept of a mark was read in the same words as what is there. */
function wrongIn<T extends RecordTable>(
  { job: { table }, change }: Item<T>,
  given: Assignments,
  state: RowState,
  io: IO,
): readonly string[] {
  const wrong =
    change.kind === "restore"
      ? [...given].flatMap(([name, value]) => ((state.values.get(name) ?? null) === value ? [] : [name]))
      : [...assignmentsOf(table, change, state, "everything", io).keys()];
  return wrong.toSorted();
}

/**
 * Changes before deletions: what is unlinked no longer stands in the way. Marks last: a trigger may take what belongs to a
 * record as soon as it is marked, and could then not be told from one that swallows our own deletion.
 */
async function writeLeading<T extends RecordTable>(
  run: UnitRun<T>,
  session: SqlBatch<T>,
  todo: readonly Todo<T>[],
): Promise<void> {
  if (todo.length === 0) return;
  const isMark = ({ item }: Todo<T>): boolean => item.change.kind === "mark";
  const deletions: { table: T; keys: string[] }[] = [];
  await writeChanges(
    run,
    session,
    todo.filter((one) => !isMark(one)),
  );
  for (const [{ table }, mine] of Map.groupBy(todo, ({ item }) => item.job)) {
    const keys = mine.flatMap(({ item }) => (item.change.kind === "delete" ? [item.record.key] : []));
    if (keys.length > 0) deletions.push({ table, keys });
  }
  const counts = await session.remove(deletions);
  deletions.forEach(({ keys }, at) => expectAll(counts[at] ?? 0, keys.length));
  await writeChanges(run, session, todo.filter(isMark));
  pass(run, "effect_half");
}

async function writeChanges<T extends RecordTable>(
  run: UnitRun<T>,
  session: SqlBatch<T>,
  todo: readonly Todo<T>[],
): Promise<void> {
  for (const [{ table }, mine] of Map.groupBy(todo, ({ item }) => item.job)) {
    const changed = new Map(
      mine.flatMap(({ item, assignments }) =>
        item.change.kind === "delete" ? [] : [[item.record.key, assignments] as const],
      ),
    );
    if (changed.size === 0) continue;
    expectAll(await session.update(table, changed), changed.size);
    pass(run, "effect_half");
  }
}
