import type { Change, Left } from "../../src/model/change.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { IO, UnitJournal } from "../../src/port/connector.ts";
import { type Assignments, assignmentsOf } from "./changes.ts";
import { Refusal } from "./errors.ts";
import { type Batch, type Item, type Job, lookupsOf } from "./items.ts";
import { hitsOf } from "./locate.ts";
import { keyDigest, noteText } from "./notes.ts";
import { type RowState, stillMatches } from "./resolved.ts";
import { type Database, interrupted, type Session } from "./session.ts";
import { deleteRows, type Locking, rowsByKey, updateRows } from "./write.ts";

export interface ItemLeft {
  readonly item: Item;
  readonly left: Omit<Left, "key">;
}

export interface BatchResult {
  readonly affected: readonly Item[];
  readonly left: readonly ItemLeft[];
  /** Step -> rows of our own making. */
  readonly own: Readonly<Record<string, number>>;
}

/** What a unit's batches share. */
export interface UnitRun {
  readonly database: Database;
  readonly jobs: readonly Job[];
  readonly io: IO;
  readonly journal: UnitJournal;
  /** Each point is passed once a unit. */
  readonly passed: Set<"effect_begin" | "effect_half">;
  /** A batch has waited for a lock in vain: the ones after it wait only once. */
  contended: boolean;
}

interface Todo {
  readonly item: Item;
  readonly state: RowState;
  readonly assignments: Assignments;
}

/** Rows that our own statements just wrote; `age` counts transactions back from now, ours and its savepoints are the last. */
const OURS = "pg_catalog.age(t.xmin) BETWEEN -100000000 AND pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)";

/** One transaction: lock and read again, act by key, redact what that wrote into audit trails, note, commit. Throws `Refusal` with nothing done. */
export async function runBatch(run: UnitRun, batch: Batch, locking: Locking): Promise<BatchResult> {
  const { io, journal } = run;
  await using transaction = await run.database.write();
  const looked = await look(transaction, batch, locking, io);
  if (looked.todo.length === 0) return { left: looked.left, affected: [], own: {} };
  pass(run, "effect_begin");
  // the point itself may have been the moment of Ctrl-C
  if (io.signal.aborted) throw interrupted();
  const leading = looked.todo.filter(({ item }) => !item.job.trail);
  const trails = looked.todo.filter(({ item }) => item.job.trail);
  await writeLeading(run, transaction, leading);
  const own = await writeTrails(run, transaction, leading, trails);
  pass(run, "effect_half");
  const [row] = await transaction.query("SELECT pg_catalog.pg_current_xact_id()::text");
  const done: Record<string, string[]> = {};
  for (const { item } of looked.todo) (done[item.job.work.step] ??= []).push(keyDigest(item.record.key, io));
  await journal.note(noteText({ xid: row?.[0] ?? "", done, own }));
  await transaction.commit();
  return { affected: looked.todo.map(({ item }) => item), left: looked.left, own };
}

function pass(run: UnitRun, point: "effect_begin" | "effect_half"): void {
  if (run.passed.has(point)) return;
  run.passed.add(point);
  run.journal.at(point);
}

interface Looked {
  readonly todo: readonly Todo[];
  readonly left: readonly ItemLeft[];
}

async function look(session: Session, batch: Batch, locking: Locking, io: IO): Promise<Looked> {
  const todo: Todo[] = [];
  const left: ItemLeft[] = [];
  const leave = (item: Item, kind: Left["kind"], reason: string) => left.push({ item, left: { kind, reason } });
  for (const [job, items] of byJob(batch)) {
    const { resolved } = job;
    const keys = items.map(({ record }) => record.key);
    const rows = await rowsByKey(session, resolved, keys, locking, io);
    const unlocked =
      locking === "skip"
        ? await rowsByKey(
            session,
            resolved,
            keys.filter((key) => !rows.has(key)),
            "none",
            io,
          )
        : new Map<string, RowState>();
    for (const item of items) {
      const { record, change } = item;
      const lookups = lookupsOf(job, record.subjects);
      const state = rows.get(record.key);
      if (unlocked.has(record.key)) leave(item, "blocked", "lock_timeout");
      else if (state === undefined) {
        // without a key, a row that is not at its place may be at another
        if (resolved.key.byPlace && (await stillFound(session, job, lookups, io))) leave(item, "failed", "changed");
        else leave(item, "already_gone", "gone");
      } else {
        const assignments = assignmentsOf(resolved, change, state, lookups, io);
        if (change.kind !== "delete" && assignments.size === 0) leave(item, "already_gone", "as_wanted");
        else if (state.fingerprint !== record.fingerprint && !stillMatches(resolved, state, lookups)) leave(item, "failed", "changed");
        else todo.push({ item, state, assignments });
      }
    }
  }
  return { todo, left };
}

async function stillFound(session: Session, { resolved }: Job, lookups: readonly Lookup[], io: IO): Promise<boolean> {
  for await (const hit of hitsOf(session, resolved, lookups, io)) if (hit.state.key !== "") return true;
  return false;
}

function byJob(batch: Batch): ReadonlyMap<Job, readonly Item[]> {
  const jobs = new Map<Job, Item[]>();
  for (const item of batch) jobs.set(item.job, [...(jobs.get(item.job) ?? []), item]);
  return jobs;
}

/** Changes before deletions: what is unlinked no longer stands in the way. */
async function writeLeading(run: UnitRun, session: Session, todo: readonly Todo[]): Promise<void> {
  if (todo.length === 0) return;
  const jobs = new Set(todo.map(({ item }) => item.job));
  const deletions: { resolved: Job["resolved"]; keys: string[] }[] = [];
  for (const job of jobs) {
    const mine = todo.filter(({ item }) => item.job === job);
    const changed = new Map(mine.flatMap(({ item, assignments }) => (item.change.kind === "delete" ? [] : [[item.record.key, assignments] as const])));
    if (changed.size > 0) {
      expectAll(await updateRows(session, job.resolved, changed), changed.size);
      pass(run, "effect_half");
    }
    const keys = mine.flatMap(({ item }) => (item.change.kind === "delete" ? [item.record.key] : []));
    if (keys.length > 0) deletions.push({ resolved: job.resolved, keys });
  }
  const counts = await deleteRows(session, deletions);
  deletions.forEach(({ keys }, at) => expectAll(counts[at] ?? 0, keys.length));
  pass(run, "effect_half");
  // deferred constraints and triggers speak now, while their rows can still be told from others
  await session.query("SET CONSTRAINTS ALL IMMEDIATE");
}

/** Planned rows of audit trails, and those that the statements above have added. How many of the latter, by step. */
async function writeTrails(run: UnitRun, session: Session, leading: readonly Todo[], planned: readonly Todo[]): Promise<Readonly<Record<string, number>>> {
  const own: Record<string, number> = {};
  const subjects = [...new Set(leading.flatMap(({ item }) => item.record.subjects))];
  for (const job of run.jobs.filter(({ trail }) => trail)) {
    const { resolved, work } = job;
    const mine = planned.filter(({ item }) => item.job === job);
    const known = new Set(work.operations.flatMap(({ records }) => records.map(({ key }) => key)));
    const rule: Change | undefined = work.operations.find(({ change }) => change.kind !== "minimise")?.change ?? work.target.changes.rule;
    const rows: { key: string; change: Change; state: RowState; lookups: readonly Lookup[]; own: boolean }[] = [];
    const added = new Set<string>();
    if (leading.length > 0 && rule !== undefined) {
      for await (const { state } of hitsOf(session, resolved, lookupsOf(job, subjects), run.io, OURS)) {
        if (known.has(state.key) || added.has(state.key)) continue;
        added.add(state.key);
        rows.push({ key: state.key, change: rule, state, lookups: lookupsOf(job, subjects), own: true });
      }
    }
    // triggers may have touched planned rows meanwhile
    const fresh = await rowsByKey(
      session,
      resolved,
      mine.map(({ item }) => item.record.key),
      "none",
      run.io,
    );
    for (const { item } of mine) {
      const state = fresh.get(item.record.key);
      if (state !== undefined) rows.push({ key: item.record.key, change: item.change, state, lookups: lookupsOf(job, item.record.subjects), own: false });
    }
    const changed = new Map(
      rows.flatMap(({ key, change, state, lookups }) => {
        const assignments = assignmentsOf(resolved, change, state, lookups, run.io);
        return assignments.size === 0 ? [] : [[key, assignments] as const];
      }),
    );
    const keys = rows.flatMap(({ key, change }) => (change.kind === "delete" ? [key] : []));
    if (changed.size > 0) expectAll(await updateRows(session, resolved, changed), changed.size);
    if (keys.length > 0) expectAll((await deleteRows(session, [{ resolved, keys }]))[0] ?? 0, keys.length);
    const count = rows.filter((row) => row.own && (changed.has(row.key) || row.change.kind === "delete")).length;
    if (count > 0) own[work.step] = count;
  }
  return own;
}

function expectAll(affected: number, wanted: number): void {
  if (affected !== wanted) throw new Refusal("swallowed");
}
