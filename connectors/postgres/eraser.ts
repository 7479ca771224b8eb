import { setTimeout as sleep } from "node:timers/promises";
import type { StepOutcome, Unit } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Eraser, IO, UnitJournal } from "../../src/port/connector.ts";
import { type BatchResult, runBatch, type UnitRun, type Unresolved } from "./batch.ts";
import { failureOf, isContention, Refusal } from "./errors.ts";
import { type Batch, batchesOf, halved, inOnePiece, type Item, type Job, jobsOf, openItems } from "./items.ts";
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
    async erase(unit, journal) {
      try {
        return await eraseUnit(database, unit, journal, io);
      } catch (error) {
        throw failureOf(error, block.name);
      }
    },
    async purge(target) {
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
  const items = openItems(jobs, settled);
  const run: UnitRun = { database, jobs, io, journal, passed: new Set(), contended: false };
  const results: BatchResult[] = [];
  if (settled.inDoubt) results.push(unresolvedAll(items, "blocked", "in_doubt"));
  else {
    for (const batch of batchesOf(items, onePiece)) {
      await work(run, batch, onePiece, results);
      io.progress(results.reduce((sum, { affected, gone }) => sum + affected.length + gone.length, 0));
    }
  }
  if (run.passed.has("effect_begin")) journal.at("effect_done");
  return jobs.map((job) => outcomeOf(job, results, settled));
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
        results.push(unresolvedAll(batch, "blocked", "lock_timeout"));
        return;
      }
      const halves = halved(batch, onePiece);
      if (halves === undefined) results.push(unresolvedAll(batch, "failed", error.reason));
      else for (const half of halves) await work(run, half, onePiece, results);
      return;
    }
  }
}

function unresolvedAll(items: readonly Item[], kind: Unresolved["kind"], reason: string): BatchResult {
  return { affected: [], gone: [], unresolved: items.map((item) => ({ item, kind, reason, found: true })), own: {} };
}

function outcomeOf(job: Job, results: readonly BatchResult[], settled: Settled): StepOutcome {
  const { step } = job.work;
  const mine = (item: Item) => item.job === job;
  const affected = settled.doneIn(step) + results.reduce((sum, result) => sum + result.affected.filter(mine).length, 0);
  const unresolved = results.flatMap((result) => result.unresolved.filter(({ item }) => mine(item)));
  const failed = unresolved.filter(({ kind }) => kind === "failed");
  const reason = (failed[0] ?? unresolved[0])?.reason;
  return {
    step,
    matched: affected + unresolved.filter(({ found }) => found).length,
    affected,
    alreadyGone: results.reduce((sum, result) => sum + result.gone.filter(mine).length, 0),
    own: settled.ownIn(step) + results.reduce((sum, result) => sum + (result.own[step] ?? 0), 0),
    blocked: unresolved.length - failed.length,
    failed: failed.length,
    unresolved: unresolved.map(({ item }) => item.record.key),
    ...(reason === undefined ? {} : { reason }),
  };
}
