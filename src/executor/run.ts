import type { Eraser } from "../port/connector.ts";
import { EXIT, type ExitCode, Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { ApprovedPlan, PlanStep, SealedStep } from "../model/plan.ts";
import type { RequestState, Status } from "../model/status.ts";
import type { PlannedUnit } from "../planner/units.ts";
import type { Readers } from "../planner/readers.ts";
import type { OutboxEntry, Receipt, UnitRow } from "../state/journal.ts";
import type { State } from "../state/state.ts";
import { driftBetween } from "./drift.ts";
import { embeddedEngine } from "./engine.ts";
import type { At } from "./kill-points.ts";
import { runUnit, type UnitResult } from "./run-unit.ts";
import { type LedgerWriter, sealLedger } from "./seal-ledger.ts";

/** One step of a run as its NDJSON event and its result say it. */
export interface RunStep {
  readonly [key: string]: string | number | boolean | null;
  readonly id: string;
  readonly system: string;
  readonly record: string;
  readonly status: Status;
  readonly matched: number;
  readonly affected: number;
  readonly gone: number;
}

export type RunEvent =
  | ({ readonly event: "step" } & RunStep)
  | {
      readonly event: "result";
      readonly request: string;
      readonly plan: string;
      readonly state: RequestState;
      readonly exit: ExitCode;
      readonly steps: readonly RunStep[];
      readonly residue: readonly ResidueLine[];
    };

interface ResidueLine {
  readonly [key: string]: string | null;
}

export interface RunScope {
  readonly map: DataMap;
  readonly state: State;
  readonly ledger: LedgerWriter;
  readonly plan: ApprovedPlan;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly at: At;
  now(): Date;
  openReaders(): Readers;
  openEraser(system: string): Promise<Eraser>;
  /** Searches and decides anew, exactly as the plan was made; read-only. */
  replan(): Promise<readonly SealedStep[]>;
  /** How the plan's steps are done together. */
  units(): Promise<readonly PlannedUnit[]>;
  startedEntry(): OutboxEntry;
  receiptEntries(receipts: readonly Receipt[]): readonly OutboxEntry[];
  residue(systems: ReadonlySet<string>): Promise<readonly Residue[]>;
  emit(event: RunEvent): void;
}

/**
 * Carries out an approved plan, or goes on with it. Throws PLAN_STALE when anything differs before the first effect,
 * BUSY when another process is at it, INTERRUPTED when the signal came. A complete run answers again and does nothing.
 */
export async function run(scope: RunScope): Promise<Extract<RunEvent, { event: "result" }>> {
  const { state, plan, now } = scope;
  const request = state.requests.get(plan.request);
  using _lock = state.locks.take([plan.request, ...request.pseudonyms.map((pseudonym) => `subject:${pseudonym}`)], now().toISOString());
  // what an earlier process attested and could not tell the ledger any more
  sealLedger(state.journal, scope.ledger, scope.at);
  const known = state.plans.result(plan.id);
  if (known !== undefined) return answerAgain(scope, known);
  const sealed = state.sealed.steps(plan.request, plan.id);
  const late = await begin(scope, sealed);
  state.requests.update(plan.request, { state: "running" });
  state.journal.post([scope.startedEntry()]);
  sealLedger(state.journal, scope.ledger, scope.at);
  const results = await runUnits(scope, sealed);
  return await finish(scope, results, late);
}

/** Name of the plan's own notes in the journal, beside those of its units. */
const PLAN_NOTES = "";

/** New records by `system.record` that `drift: planned_only` leaves alone; noted, so that a run that goes on knows them. */
type Late = Readonly<Record<string, number>>;

/** Before the first effect nothing may differ from the plan; the units are made, but for those that new records stand in the way of. */
async function begin(scope: RunScope, sealed: readonly SealedStep[]): Promise<Late> {
  const { state, plan, map } = scope;
  const begun = state.journal.units(plan.id);
  if (begun.some((unit) => unit.state !== "ready")) return lateOf(state.journal.notes(plan.id, PLAN_NOTES));
  const drift = driftBetween(sealed, await scope.replan());
  const [first] = drift;
  if (first !== undefined && (map.approval.drift === "refuse" || drift.some((one) => one.changed > 0))) {
    throw new Failure("PLAN_STALE", `${first.record} has ${first.added} new and ${first.changed} changed records since the plan; nothing was done`, {
      details: drift,
    });
  }
  const late = Object.fromEntries(drift.map((one) => [one.record, one.added]));
  if (first !== undefined) state.journal.note(plan.id, PLAN_NOTES, JSON.stringify(late));
  const steps = new Map(plan.steps.map((step) => [`${step.system}.${step.record}`, step.id]));
  state.journal.add(
    plan.id,
    unhindered(await scope.units(), late).map((unit) => ({
      id: unit.id,
      phase: unit.phase,
      system: unit.system,
      steps: unit.records.flatMap((record) => steps.get(record) ?? []),
      after: unit.after,
    })),
  );
  return late;
}

/** A parent is not deleted under a child that no plan knows: a cascade would take it along. */
function unhindered(units: readonly PlannedUnit[], late: Late): readonly PlannedUnit[] {
  const fresh = (unit: PlannedUnit): boolean => unit.records.some((record) => (late[record] ?? 0) > 0);
  const hindered = new Set(units.filter((unit) => unit.tangled && fresh(unit)).map((unit) => unit.id));
  for (let before = -1; before !== hindered.size;) {
    before = hindered.size;
    for (const unit of units) {
      if (unit.after.some((id) => hindered.has(id) || units.some((child) => child.id === id && fresh(child)))) hindered.add(unit.id);
    }
  }
  return units.filter((unit) => !hindered.has(unit.id));
}

function lateOf(notes: readonly string[]): Late {
  const [last] = notes.slice(-1);
  return last === undefined ? {} : JSON.parse(last);
}

interface Attempt extends UnitResult {
  readonly failure?: Failure;
}

async function runUnits(scope: RunScope, sealed: readonly SealedStep[]): Promise<ReadonlyMap<string, Attempt>> {
  const { state, plan, signal } = scope;
  const results = new Map<string, Attempt>();
  const rows = state.journal.units(plan.id);
  for (const row of rows) if (row.state === "done") results.set(row.id, { done: true, receipts: [] });
  for (const phase of [...new Set(rows.map((row) => row.phase))].toSorted((a, b) => a - b)) {
    // units of one system share its locks and its order: they follow each other; systems of a phase may run side by side
    const lanes = Map.groupBy(
      rows.filter((row) => row.phase === phase && row.state !== "done"),
      (row) => row.system,
    );
    const engine = embeddedEngine();
    engine.offer([...lanes.keys()]);
    await engine.work(
      async (system) => {
        for (const row of lanes.get(system) ?? []) {
          interruptible(signal);
          results.set(row.id, await attempt(scope, row, sealed, results));
        }
      },
      { concurrency: scope.concurrency, signal },
    );
  }
  return results;
}

async function attempt(scope: RunScope, row: UnitRow, sealed: readonly SealedStep[], results: ReadonlyMap<string, Attempt>): Promise<Attempt> {
  const { state, plan, map } = scope;
  if (row.after.some((id) => !(results.get(id)?.done ?? false)))
    return { done: false, receipts: [], failure: new Failure("BLOCKED", "a step that must come before is not done") };
  try {
    const result = await runUnit(row, {
      map,
      plan,
      sealed,
      journal: state.journal,
      openEraser: scope.openEraser,
      openReaders: scope.openReaders,
      entriesFor: scope.receiptEntries,
      now: scope.now,
      at: scope.at,
    });
    sealLedger(state.journal, scope.ledger, (point) => scope.at(point, row.system));
    for (const receipt of result.receipts)
      scope.emit({
        event: "step",
        ...stepLine(
          plan.steps.find((step) => step.id === receipt.step),
          receipt,
        ),
      });
    return result;
  } catch (error) {
    interruptible(scope.signal);
    if (!(error instanceof Failure) || error.code === "UNEXPECTED") throw error;
    return { done: false, receipts: [], failure: error };
  }
}

function interruptible(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("INTERRUPTED", "stopped after the record at hand");
}

async function finish(scope: RunScope, results: ReadonlyMap<string, Attempt>, late: Late): Promise<Extract<RunEvent, { event: "result" }>> {
  const { state, plan } = scope;
  const receipts = new Map(state.journal.receipts(plan.id).map((receipt) => [receipt.step, receipt]));
  const rows = state.journal.units(plan.id);
  const complete = rows.every((row) => row.state === "done");
  const latest = new Map([...results.values()].flatMap((attempted) => attempted.receipts.map((receipt) => [receipt.step, receipt] as const)));
  const steps = plan.steps.map((step) => {
    const receipt = receipts.get(step.id) ?? latest.get(step.id);
    const fresh = late[`${step.system}.${step.record}`] ?? 0;
    const added = fresh === 0 ? {} : { new: fresh };
    if (receipt !== undefined) return { ...stepLine(step, receipt), ...added };
    const row = rows.find((one) => one.steps.includes(step.id));
    const failure = row === undefined ? undefined : results.get(row.id)?.failure;
    const reason = failure === undefined ? "new_records" : failure.code.toLowerCase();
    const line = { ...stepLine(step, undefined), reason, ...added };
    scope.emit({ event: "step", ...line });
    return line;
  });
  const failures = [...results.values()].flatMap((attempted) => attempted.failure ?? []);
  const exit = Object.keys(late).length > 0 ? EXIT.partly_done : exitOf(plan.steps, complete, failures.length === rows.length ? failures : []);
  const next: RequestState = exit === EXIT.waiting ? "waiting" : exit === EXIT.done ? "verifying" : "partly_done";
  const acted = new Set(plan.steps.filter((step) => step.act + (step.minimised ?? 0) > 0).map((step) => step.system));
  const residue = (await scope.residue(acted)).map((one): ResidueLine => ({
    system: one.system,
    record: one.record ?? null,
    mechanism: one.mechanism,
    gone_by: one.goneBy,
  }));
  if (complete) {
    state.plans.complete(plan.id, { exit, state: next, steps, residue, completedAt: scope.now().toISOString() });
    scope.at("completed", "");
  }
  state.requests.update(plan.request, { state: next });
  const result = { event: "result", request: plan.request, plan: plan.id, state: next, exit, steps, residue } as const;
  scope.emit(result);
  return result;
}

function exitOf(steps: readonly PlanStep[], complete: boolean, allFailed: readonly Failure[]): ExitCode {
  const [first] = allFailed;
  if (first !== undefined && allFailed.every((failure) => failure.exit === EXIT.unreachable || failure.code === "BLOCKED")) return EXIT.unreachable;
  if (!complete || steps.some((step) => step.blocked > 0)) return EXIT.partly_done;
  if (steps.some((step) => step.waiting > 0 || (step.kept > 0 && step.reason === "legal_hold"))) return EXIT.waiting;
  if (steps.some((step) => step.reason === "empty_pattern")) return EXIT.findings;
  return EXIT.done;
}

function stepLine(step: PlanStep | undefined, receipt: Receipt | undefined): RunStep {
  if (step === undefined) throw new Failure("UNEXPECTED", "a receipt has no step in the plan");
  const { id, system, record, kept, waiting, blocked } = step;
  const left = {
    kept,
    waiting,
    blocked: receipt?.blocked ?? blocked,
    ...(step.minimised === undefined ? {} : { minimised: step.minimised }),
    ...(step.until === undefined ? {} : { until: step.until }),
  };
  if (receipt === undefined) return { id, system, record, status: "blocked", matched: 0, affected: 0, gone: 0, already_gone: 0, ...left };
  const { status, matched, affected, gone, alreadyGone, own, failed } = receipt;
  const reason = receipt.reason ?? step.reason;
  return {
    id,
    system,
    record,
    status,
    matched,
    affected,
    gone,
    already_gone: alreadyGone,
    ...(own > 0 ? { own } : {}),
    ...(failed > 0 ? { failed } : {}),
    ...left,
    ...(reason === undefined ? {} : { reason }),
  };
}

function answerAgain(
  scope: RunScope,
  known: { readonly exit: number; readonly state: string; readonly steps: readonly unknown[]; readonly residue: readonly unknown[] },
): Extract<RunEvent, { event: "result" }> {
  const before = asResult(known);
  // killed between the two: the result was there, the state was not
  if (scope.state.requests.get(scope.plan.request).state === "running") scope.state.requests.update(scope.plan.request, { state: before.state });
  const result = { ...before, event: "result", request: scope.plan.request, plan: scope.plan.id } as const;
  for (const step of result.steps) scope.emit({ event: "step", ...step });
  scope.emit(result);
  return result;
}

function asResult(known: object): { exit: ExitCode; state: RequestState; steps: readonly RunStep[]; residue: readonly ResidueLine[] } {
  return JSON.parse(JSON.stringify(known));
}
