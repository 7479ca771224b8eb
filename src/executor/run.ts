import type { Eraser } from "../port/connector.ts";
import { EXIT, type ExitCode, Failure } from "../errors.ts";
import type { DataMap } from "../model/datamap.ts";
import { keptForAPerson } from "../model/hold-ends.ts";
import type { Stamp } from "../model/marker.ts";
import type { ApprovedPlan, PlanStep, SealedStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { RequestState } from "../model/status.ts";
import type { Finding } from "../model/search.ts";
import { mergeResidue } from "../planner/residue.ts";
import type { PlannedUnit } from "../planner/units.ts";
import type { Readers } from "../planner/readers.ts";
import type { Receipt, UnitRow } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { RunResult } from "../state/plan-store.ts";
import type { Lease, State, Tx } from "../state/state.ts";
import { driftBetween, type NewRecords, notedNewRecords, type SecondLook, unitsThatMayRun } from "./drift.ts";
import { movedSystems } from "../planner/sites.ts";
import { guardOf, type Rejudge } from "./guard.ts";
import { type LaneReaders, laneReaders } from "./lane-readers.ts";
import { inLanes } from "./lanes.ts";
import { type At, lifeStep } from "./kill-points.ts";
import { piecesOf } from "./pieces.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import { leaveUnit, runUnit, type UnitResult } from "./run-unit.ts";
import { type RunStep, stepLine } from "./step-line.ts";
import { whoWaits } from "./whose-turn.ts";
import { type LedgerWriter, sealLedger } from "./seal-ledger.ts";

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
  /** What was approved, as it was judged together with the plan. */
  readonly steps: PlannedSteps;
  /** Pseudonyms of the request's people, as screens show them. */
  readonly people: readonly string[];
  /** On the request and its people; everything that the run writes goes through it. */
  readonly lease: Lease;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly at: At;
  now(): Date;
  openReaders(report: (finding: Finding) => void): Readers;
  openEraser(system: string, report: (finding: Finding) => void): Promise<Eraser>;
  /** Throws where the plan may not be run, as things stand in this transaction. */
  judge(tx: Tx): Promise<void>;
  /** Searches and decides anew, exactly as the plan was made, and says how the steps are done together; read-only. `first` may refuse. */
  replan(first: (readers: Readers) => Promise<void>): Promise<SecondLook & { readonly units: readonly PlannedUnit[] }>;
  /** Read by these readers, which the eraser has nothing to do with. */
  rejudge(readers: Readers, ...question: Parameters<Rejudge>): ReturnType<Rejudge>;
  /** Keyed digest of a record's key. */
  digest(key: string): string;
  /** The request's story with this run's beginning, or its end in a state. */
  noted(tx: Tx, result?: RequestState): Promise<Pick<ErasureRequest, "history">>;
  startedEntry(): OutboxEntry;
  receiptEntries(receipts: readonly Receipt[]): readonly OutboxEntry[];
  emit(event: RunEvent): void;
}

/**
 * Carries out an approved plan, or goes on with it. Throws PLAN_STALE when anything differs before the first effect,
 * BUSY when another process is at it, INTERRUPTED when the signal came. A complete run answers again and does nothing.
 */
export async function run(scope: RunScope): Promise<Extract<RunEvent, { event: "result" }>> {
  const { state, plan } = scope;
  // what an earlier process attested and could not tell the ledger any more
  await sealLedger(state, scope.ledger, scope.at);
  const known = await state.read.plans.result(plan.id);
  if (known !== undefined) return await answerAgain(scope, known);
  const newRecords = await begin(scope);
  await sealLedger(state, scope.ledger, scope.at);
  const results = await runUnits(scope);
  for (const { fault } of results.values()) if (fault !== undefined) throw fault;
  return await finish(scope, results, newRecords);
}

/** Name of the plan's own notes in the journal, beside those of its units. */
const PLAN_NOTES = "";

/** Before the first effect nothing may differ from the plan; the units are made, but for those that new records stand in the way of. */
async function begin(scope: RunScope): Promise<NewRecords> {
  const { state, plan, map } = scope;
  const start = async (tx: Tx): Promise<void> => {
    await scope.judge(tx);
    await tx.requests.update(plan.request, { state: "running", ...(await scope.noted(tx)) });
    await tx.plans.begin(plan.id, scope.now().toISOString());
    await tx.outbox.post([scope.startedEntry()]);
  };
  if ((await state.read.journal.units(plan.id)).some((unit) => unit.state !== "ready")) {
    await using readers = scope.openReaders(() => {});
    await refuseMoved(scope, readers);
    await lifeStep(scope.lease, scope.at, "begin", start);
    return notedNewRecords(await state.read.journal.notes(plan.id, PLAN_NOTES));
  }
  const again = await lookAgain(scope);
  const { heads, pieces } = scope.steps;
  const drift = await driftBetween(pieces(heads.map(({ step }) => step)), again);
  const [first] = drift;
  if (first !== undefined && (map.approval.drift === "refuse" || drift.some((one) => one.changed > 0))) {
    throw new Failure(
      "PLAN_STALE",
      `${first.record} has ${first.added} new and ${first.changed} changed records since the plan; nothing was done`,
      {
        details: drift,
      },
    );
  }
  const newRecords = Object.fromEntries(drift.map((one) => [one.record, one.added]));
  const steps = new Map(plan.steps.map((step) => [`${step.system}.${step.record}`, step.id]));
  const units = unitsThatMayRun(again.units, newRecords).map((unit) => ({
    id: unit.id,
    phase: unit.phase,
    system: unit.system,
    steps: unit.records.flatMap((record) => steps.get(record) ?? []),
    after: unit.after,
  }));
  await lifeStep(scope.lease, scope.at, "begin", async (tx) => {
    await start(tx);
    if (first !== undefined) await tx.journal.note(plan.id, PLAN_NOTES, JSON.stringify(newRecords));
    await tx.journal.add(plan.id, units);
  });
  return newRecords;
}

/** Whatever is found or not found at another place says nothing of the planned one, and nothing is done there; by a run that goes on neither. */
async function refuseMoved({ steps, state, plan }: RunScope, readers: Readers): Promise<void> {
  const [moved] = await movedSystems(steps.heads, readers);
  if (moved === undefined) return;
  // no plan is made before what was begun is told, so that a new one is no help
  const untold = (await state.read.journal.units(plan.id)).some((unit) => unit.state === "intended");
  const help = `Lead ${moved} back to where the run began, and go on: expunge run ${plan.request}.`;
  throw new Failure(
    "PLAN_STALE",
    `${moved} is another place by now than the one that was planned; nothing more was done`,
    untold ? { help } : {},
  );
}

/** What the map names and is not there any more was there at plan: it has changed. */
const GONE_PLACES: ReadonlySet<string> = new Set(["TABLE_MISSING", "COLUMN_MISSING"]);

async function lookAgain(scope: RunScope): ReturnType<RunScope["replan"]> {
  try {
    return await scope.replan(async (readers) => await refuseMoved(scope, readers));
  } catch (error) {
    if (error instanceof Failure && GONE_PLACES.has(error.code))
      throw new Failure("PLAN_STALE", `${error.message}; nothing was done`);
    throw error;
  }
}

async function runUnits(scope: RunScope): Promise<ReadonlyMap<string, UnitResult>> {
  const { state, plan, signal } = scope;
  const at = await state.read.plans.begunAt(plan.id);
  if (at === undefined) throw new Failure("UNEXPECTED", `${plan.id} was never begun`);
  const stamp: Stamp = { at, by: `expunge ${plan.request}` };
  const results = new Map<string, UnitResult>();
  const rows = await state.read.journal.units(plan.id);
  for (const row of rows) if (row.state === "done") results.set(row.id, { done: true, receipts: [] });
  for (const phase of [...new Set(rows.map((row) => row.phase))].toSorted((a, b) => a - b)) {
    // units of one system share its locks and its order: they follow each other; systems of a phase may run side by side
    const lanes = Map.groupBy(
      rows.filter((row) => row.phase === phase && row.state !== "done"),
      (row) => row.system,
    );
    await inLanes(
      lanes.values(),
      async (lane) => {
        await using readers = laneReaders(scope.openReaders);
        for (const row of lane) {
          interruptible(signal);
          const result = await attempt({ ...scope, readers }, row, results, stamp);
          results.set(row.id, result);
          if (result.failure !== undefined || result.fault !== undefined) await readers.renew();
        }
      },
      { concurrency: scope.concurrency, signal },
    );
  }
  return results;
}

async function attempt(
  scope: RunScope & { readonly readers: LaneReaders },
  row: UnitRow,
  results: ReadonlyMap<string, UnitResult>,
  stamp: Stamp,
): Promise<UnitResult> {
  const { state, plan, steps, readers } = scope;
  try {
    const unit = {
      map: scope.map,
      plan,
      steps,
      pieces: () => piecesOf(steps, row.steps),
      people: scope.people.length,
      stamp,
      lease: scope.lease,
      openEraser: scope.openEraser,
      openReaders: readers.lend,
      guardOf: (sealed: readonly SealedStep[]) =>
        guardOf(
          sealed,
          async (...question) =>
            await scope.rejudge(
              readers.lend(() => {}),
              ...question,
            ),
        ),
      entriesFor: scope.receiptEntries,
      digest: (key: string) => scope.digest(key),
      now: scope.now,
      at: scope.at,
    };
    const before = row.after.map((id) => results.get(id));
    const undone = before.flatMap((result) => (result?.done === true ? [] : (result?.receipts ?? [])));
    const waiting = whoWaits(before, await steps.whole(undone.map(({ step }) => step)), scope.people.length);
    const result =
      waiting === "everybody"
        ? await leaveUnit(row, unit, new Failure("BLOCKED", "not_its_turn"))
        : await runUnit(row, unit, waiting);
    await sealLedger(state, scope.ledger, (point) => scope.at(point, row.system));
    for (const receipt of result.receipts)
      scope.emit({ event: "step", ...stepLine(stepOf(plan, receipt.step), receipt, scope.people) });
    return result;
  } catch (error) {
    interruptible(scope.signal);
    // a fault of ours in one system keeps no other from its turn: it is told at the end
    if (error instanceof Failure && error.code === "BUSY") throw error;
    return {
      done: false,
      receipts: [],
      fault: error instanceof Error ? error : new Failure("UNEXPECTED", "a fault without a name"),
    };
  }
}

function stepOf(plan: ApprovedPlan, id: string): PlanStep {
  const step = plan.steps.find((one) => one.id === id);
  if (step === undefined) throw new Failure("UNEXPECTED", "a receipt has no step in the plan");
  return step;
}

function interruptible(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("INTERRUPTED", "stopped after the record at hand");
}

async function finish(
  scope: RunScope,
  results: ReadonlyMap<string, UnitResult>,
  newRecords: NewRecords,
): Promise<Extract<RunEvent, { event: "result" }>> {
  const { state, plan } = scope;
  const attempts = await state.read.journal.attempts(plan.id);
  const receipts = new Map((await state.read.journal.receipts(plan.id)).map((receipt) => [receipt.step, receipt]));
  const rows = await state.read.journal.units(plan.id);
  const complete = rows.every((row) => row.state === "done");
  const steps = plan.steps.map((step) => {
    const fresh = newRecords[`${step.system}.${step.record}`] ?? 0;
    const added = fresh === 0 ? {} : { new: fresh };
    const receipt = receipts.get(step.id);
    if (receipt !== undefined) return { ...stepLine(step, receipt, scope.people), ...added };
    // new records stand in its way: no unit was made of it
    const line: RunStep = { ...stepLine(step, undefined, scope.people), reason: "new_records", ...added };
    scope.emit({ event: "step", ...line });
    return line;
  });
  const failures = rows.flatMap((row) => results.get(row.id)?.failure ?? []);
  const accepted = new Set((await state.read.plans.approval(plan.id))?.accepted);
  const open = plan.steps.filter(({ system, record }) => !accepted.has(`${system}.${record}`));
  const exit =
    Object.keys(newRecords).length > 0
      ? EXIT.partly_done
      : exitOf(plan.steps, open, [...receipts.values()], complete, failures.length === rows.length ? failures : []);
  const next = stateAfter(plan, exit, waitsForItsDay(plan.steps, [...receipts.values()]));
  const residue = mergeResidue(attempts.flatMap((receipt) => receipt.residue ?? [])).map((one): ResidueLine => ({
    system: one.system,
    record: one.record ?? null,
    mechanism: one.mechanism,
    gone_by: one.goneBy,
  }));
  await lifeStep(scope.lease, scope.at, "complete", async (tx) => {
    if (complete)
      await tx.plans.complete(plan.id, { exit, state: next, steps, residue, completedAt: scope.now().toISOString() });
    await tx.requests.update(plan.request, { state: next, ...(await scope.noted(tx, next)) });
  });
  if (complete) scope.at("completed", "");
  const result = { event: "result", request: plan.request, plan: plan.id, state: next, exit, steps, residue } as const;
  scope.emit(result);
  return result;
}

/** What waits in due work is found again by the next: this one has done what it was to do. `hidden`: something is marked as deleted or can be brought back, and goes on its day. */
function stateAfter({ as_of }: ApprovedPlan, exit: ExitCode, hidden: boolean): RequestState {
  if (exit === EXIT.done) return hidden ? "waiting" : "verifying";
  if (exit === EXIT.waiting) return as_of === undefined ? "waiting" : "verifying";
  return "partly_done";
}

/** Whether records are marked as deleted, or can be brought back, and wait for nothing but their day. */
function waitsForItsDay(steps: readonly PlanStep[], receipts: readonly Receipt[]): boolean {
  return (
    steps.some(({ marked = 0 }) => marked > 0) ||
    receipts.some(({ marked = 0, restorable }) => marked > 0 || restorable !== undefined)
  );
}

/** The worst wins: what is not done before what waits for somebody. */
function exitOf(
  steps: readonly PlanStep[],
  /** Those of which nobody accepted that they were not searched. */
  unaccepted: readonly PlanStep[],
  receipts: readonly Receipt[],
  complete: boolean,
  allFailed: readonly Failure[],
): ExitCode {
  const [first] = allFailed;
  if (
    first !== undefined &&
    allFailed.every((failure) => failure.exit === EXIT.unreachable || failure.code === "BLOCKED")
  )
    return EXIT.unreachable;
  if (!complete || receipts.some(({ blocked, failed }) => blocked + failed > 0)) return EXIT.partly_done;
  // what a later plan of due work takes by itself, what goes on its own day, and what goes by itself
  const expected = new Map(steps.map(({ id, later = 0, marked = 0, follows = 0 }) => [id, later + marked + follows]));
  if (receipts.some(({ step, waiting, late }) => waiting > (expected.get(step) ?? 0) || late !== undefined))
    return EXIT.waiting;
  if (steps.some(keptForAPerson)) return EXIT.waiting;
  if (unaccepted.some((step) => step.reason === "empty_pattern")) return EXIT.findings;
  return EXIT.done;
}

async function answerAgain(scope: RunScope, known: RunResult): Promise<Extract<RunEvent, { event: "result" }>> {
  const before = asResult(known);
  const result = { ...before, event: "result", request: scope.plan.request, plan: scope.plan.id } as const;
  for (const step of result.steps) scope.emit({ event: "step", ...step });
  scope.emit(result);
  return result;
}

/** As it was told when it was done: no more and no less. */
function asResult(known: object): {
  exit: ExitCode;
  state: RequestState;
  steps: readonly RunStep[];
  residue: readonly ResidueLine[];
} {
  const { completedAt: _, ...told } = JSON.parse(JSON.stringify(known));
  return told;
}
