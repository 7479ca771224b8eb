import { Failure } from "../errors.ts";
import { joinAsserted } from "../model/assertion.ts";
import type { Left, StepOutcome, Unit } from "../model/change.ts";
import type { Guard, IO, UnitJournal } from "../port/connector.ts";
import { retry } from "../port/retry.ts";
import { type BatchResult, look, runBatch, type UnitRun } from "./batch.ts";
import type { SqlDialect } from "./dialect.ts";
import { type Batch, batchesOf, countedAs, halved, type Item, itemsOf, type Job, jobsOf } from "./items.ts";
import { type BatchNote, keyDigest, settleNotes, type Settled } from "./notes.ts";
import type { RecordTable } from "./record-table.ts";
import { lookToPutBack, wholeItems } from "./put-back.ts";
import { Refusal } from "./refusal.ts";
import { comingIn } from "./whole-image.ts";

/** For locks and deadlocks; the last try passes over what is locked. */
const CONTENTION = { tries: 3, first: 150, most: 300 };

/** `Eraser.apply` for a SQL database: batches, each a transaction; what the database refuses is cut down to the records it is about. */
export async function applyUnit<T extends RecordTable>(
  dialect: SqlDialect<T>,
  unit: Unit,
  {
    journal,
    guard,
    io,
    system,
  }: {
    readonly journal: UnitJournal;
    readonly guard: Guard;
    readonly io: IO;
    readonly system: UnitRun<T>["system"];
  },
): Promise<readonly StepOutcome[]> {
  if (io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
  const settled = await settleNotes(journal.notes, async (id) => await dialect.fate(id), io);
  const tables = await dialect.describe(unit);
  const jobs = jobsOf(unit, tables);
  const all = itemsOf(jobs, tables);
  for (const note of settled.untold) if (await cameTrue(dialect, note, all, io)) settled.believe(note);
  const isDone = ({ job, record }: Item<T>) => settled.isDone(job.work.step, record.key);
  const items = all.filter((item) => !isDone(item));
  const run: UnitRun<T> = {
    dialect,
    jobs,
    io,
    system,
    journal,
    guard,
    passed: new Set(),
    contended: false,
    rehearsal: unit.rehearsal === true,
    restoring: unit.effect === "restore",
    coming: unit.rehearsal === true ? comingIn(unit.earlier ?? []) : [],
  };
  const results: BatchResult<T>[] = [];
  if (settled.inDoubt) results.push(leftAll(items, "blocked", "in_doubt"));
  else {
    for (const batch of batchesOf(items, tables.onePiece)) await work(run, batch, tables.onePiece, results);
  }
  if (run.passed.has("effect_begin") && !run.rehearsal) journal.at("effect_done");
  const before = all.filter(isDone);
  const asserted = [settled.asserted, ...results.map((result) => result.asserted)].reduce(joinAsserted);
  const seen = asserted === undefined ? {} : { asserted };
  return jobs.map((job) => ({ ...outcomeOf(job, before, results, settled), ...seen }));
}

/** Whether every row of this note is as wanted. A transaction is done whole or not at all. */
async function cameTrue<T extends RecordTable>(
  dialect: SqlDialect<T>,
  { done }: BatchNote,
  all: readonly Item<T>[],
  io: IO,
): Promise<boolean> {
  const mine = all.filter(({ job, record }) => done[job.work.step]?.includes(keyDigest(record.key, io)) ?? false);
  if (mine.length === 0) return false;
  await using session = await dialect.begin({ deleting: [], trails: [] });
  const whole = wholeItems(mine);
  const putting = new Set(whole.map(({ item }) => item));
  const back = await lookToPutBack(session, whole, []);
  const rules = mine.filter((item) => !putting.has(item));
  const { todo, left } = await look(session, rules, "none", io);
  return (
    todo.length + back.todo.length === 0 && [...left, ...back.left].every((one) => one.left.kind === "already_gone")
  );
}

/** Does a batch. Contention is tried again, refusals are cut down to the records they are about. */
async function work<T extends RecordTable>(
  run: UnitRun<T>,
  batch: Batch<T>,
  onePiece: boolean,
  results: BatchResult<T>[],
): Promise<void> {
  const tries = run.contended ? 1 : CONTENTION.tries;
  try {
    const result = await retry(
      async (nth) => {
        await run.io.pace.turn(run.io.signal);
        return await runBatch(run, batch, nth < tries ? "wait" : "skip");
      },
      { ...CONTENTION, tries, error: (error) => error instanceof Refusal && error.contention },
      run.io,
    );
    results.push(result);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.contention) {
      run.contended = true;
      results.push(leftAll(batch, "blocked", "lock_timeout"));
      return;
    }
    const halves = halved(batch, onePiece);
    if (halves === undefined || error.whole || isTold(results, error))
      results.push(leftAll(batch, "failed", error.reason));
    else for (const half of halves) await work(run, half, onePiece, results);
  }
}

/** Many records on their own have written where nobody planned it, and none has gone: it is about all of them. */
function isTold<T extends RecordTable>(results: readonly BatchResult<T>[], { reason }: Refusal): boolean {
  if (!/^(?:UNDECLARED|UNPLANNED|ALTERED) /u.test(reason)) return false;
  const recent = results.slice(-ENOUGH);
  return (
    recent.length === ENOUGH &&
    recent.every(({ affected, left }) => affected.length === 0 && left.every((one) => one.left.reason === reason))
  );
}

const ENOUGH = 64;

function leftAll<T extends RecordTable>(items: readonly Item<T>[], kind: Left["kind"], reason: string): BatchResult<T> {
  return { affected: [], left: items.map((item) => ({ item, left: { kind, reason } })), own: {} };
}

/** `before`: what earlier attempts did. */
function outcomeOf<T extends RecordTable>(
  job: Job<T>,
  before: readonly Item<T>[],
  results: readonly BatchResult<T>[],
  settled: Settled,
): StepOutcome {
  const { step } = job.work;
  const done = [...before, ...results.flatMap(({ affected }) => affected)].filter((item) => item.job === job);
  const count = (as: ReturnType<typeof countedAs>) => done.filter(({ change }) => countedAs(change) === as).length;
  const [deleted, changed, minimised] = [count("deleted"), count("changed"), count("minimised")];
  return {
    step,
    matched: deleted + changed,
    deleted,
    changed,
    minimised,
    own: settled.ownIn(step) + results.reduce((sum, { own }) => sum + (own[step] ?? 0), 0),
    left: results.flatMap(({ left }) =>
      left.flatMap((one) => (one.item.job === job ? [{ key: one.item.record.key, ...one.left }] : [])),
    ),
  };
}
