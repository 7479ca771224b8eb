import { setTimeout as sleep } from "node:timers/promises";
import type { Left, StepOutcome, Unit } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Eraser, IO, UnitJournal } from "../../src/port/connector.ts";
import { type BatchResult, runBatch, type UnitRun } from "./batch.ts";
import { failureOf, isContention, Refusal } from "./errors.ts";
import { type Batch, batchesOf, countedAs, halved, inOnePiece, type Item, itemsOf, type Job, jobsOf } from "./items.ts";
import { foreignKeysInto } from "./links.ts";
import { settle, type Settled } from "./notes.ts";
import { secretOf } from "./reader.ts";
import { residueOf } from "./residue.ts";
import { resolveTargets } from "./resolved.ts";
import { type Database, interrupted, openDatabase } from "./session.ts";

const TRIES = 3;
const PAUSE_MS = 150;

export async function openEraser(block: SystemBlock, io: IO): Promise<Eraser> {
  const database = await openDatabase(block.name, secretOf(block), block.session, io);
  return {
    async apply(unit, journal) {
      try {
        return await eraseUnit(database, unit, journal, io);
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async flushResidue(target) {
      await using transaction = await database.read();
      const [resolved] = await resolveTargets(transaction, [target]);
      return resolved === undefined ? [] : await Array.fromAsync(residueOf(transaction, resolved));
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

async function eraseUnit(database: Database, unit: Unit, journal: UnitJournal, io: IO): Promise<readonly StepOutcome[]> {
  if (io.signal.aborted) throw interrupted();
  const settled = await settle(database, journal.notes, io);
  const { jobs, onePiece } = await describe(database, unit);
  const [before, items] = split(itemsOf(jobs), ({ job, record }) => settled.isDone(job.work.step, record.key));
  const run: UnitRun = { database, jobs, io, journal, passed: new Set(), contended: false };
  const results: BatchResult[] = [];
  if (settled.inDoubt) results.push(leftAll(items, "blocked", "in_doubt"));
  else {
    for (const batch of batchesOf(items, onePiece)) {
      await work(run, batch, onePiece, results);
      io.progress(results.reduce((sum, { affected, left }) => sum + affected.length + left.length, 0));
    }
  }
  if (run.passed.has("effect_begin")) journal.at("effect_done");
  return jobs.map((job) => outcomeOf(job, before, results, settled));
}

async function describe(database: Database, unit: Unit): Promise<{ jobs: readonly Job[]; onePiece: boolean }> {
  await using transaction = await database.read();
  const resolved = await resolveTargets(
    transaction,
    unit.works.map(({ target }) => target),
  );
  const jobs = jobsOf(unit, resolved);
  const foreignKeys = await foreignKeysInto(
    transaction,
    resolved.map(({ table }) => table.root),
  );
  return { jobs, onePiece: inOnePiece(jobs, foreignKeys) };
}

/** Does a batch. Contention is tried again; what the server refuses is cut down to the records it is about. */
async function work(run: UnitRun, batch: Batch, onePiece: boolean, results: BatchResult[]): Promise<void> {
  for (let tries = run.contended ? TRIES : 1; ; tries += 1) {
    if (run.io.signal.aborted) throw interrupted();
    try {
      results.push(await runBatch(run, batch, tries < TRIES ? "wait" : "skip"));
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (isContention(error)) {
        if (tries < TRIES) {
          await sleep(PAUSE_MS * tries * (0.5 + Math.random()));
          continue;
        }
        run.contended = true;
        results.push(leftAll(batch, "blocked", "lock_timeout"));
        return;
      }
      const halves = halved(batch, onePiece);
      if (halves === undefined) results.push(leftAll(batch, "failed", error.reason));
      else for (const half of halves) await work(run, half, onePiece, results);
      return;
    }
  }
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function leftAll(items: readonly Item[], kind: Left["kind"], reason: string): BatchResult {
  return { affected: [], left: items.map((item) => ({ item, left: { kind, reason } })), own: {} };
}

/** `before`: what earlier attempts did. */
function outcomeOf(job: Job, before: readonly Item[], results: readonly BatchResult[], settled: Settled): StepOutcome {
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
    left: results.flatMap(({ left }) => left.flatMap((one) => (one.item.job === job ? [{ key: one.item.record.key, ...one.left }] : []))),
  };
}
