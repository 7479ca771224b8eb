import type { Eraser } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import type { StepOutcome, Unit, Work } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Plan, PlanStep, SealedStep } from "../model/plan.ts";
import { type Tally, tallyOf } from "../model/tally.ts";
import { type Status, worst } from "../model/status.ts";
import type { Readers } from "../planner/readers.ts";
import { statusOf } from "../planner/plan.ts";
import type { Receipt, UnitRow } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Tx, UnitOfWork } from "../state/state.ts";
import { type At, lifeStep } from "./kill-points.ts";
import { minimisedCount, plannedCount, unitWork } from "./unit-work.ts";

export interface UnitScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly sealed: readonly SealedStep[];
  /** What this run may write: nothing any more, once another one has overtaken it. */
  readonly lease: UnitOfWork;
  openEraser(system: string): Promise<Eraser>;
  /** Fresh connections: nothing the eraser said is believed. */
  openReaders(): Readers;
  /** Ledger entries that tell of these receipts. */
  entriesFor(receipts: readonly Receipt[]): readonly OutboxEntry[];
  now(): Date;
  readonly at: At;
}

/** How a unit's attempt ended. `done`: attested for good. */
export interface UnitResult {
  readonly done: boolean;
  readonly receipts: readonly Receipt[];
}

/**
 * The one destructive path: claim, intent, effect, read again, attest. May run any number of times; a unit that is
 * attested does nothing.
 */
export async function runUnit(row: UnitRow, scope: UnitScope): Promise<UnitResult> {
  const { lease, plan, at } = scope;
  const started = scope.now().toISOString();
  at("claimed", row.system);
  const unit = unitWork(scope.map, row, scope.sealed);
  const nothing = unit.works.every((work) => plannedCount(work) === 0);
  const outcomes = nothing ? unit.works.map((work) => nothingDone(work.step)) : await apply(row, unit, scope);
  const gone = nothing ? new Map<string, NotGone>() : await readAgain(unit, scope);
  at("reread", row.system);
  const receipts = unit.works.map((work, index): Receipt => {
    const outcome = outcomes[index];
    const step = plan.steps.find((one) => one.id === work.step);
    if (outcome === undefined || step === undefined) throw new Failure("UNEXPECTED", `${row.id} gave no outcome for ${work.step}`);
    return receiptOf(step, work, outcome, gone.get(work.step) ?? { acted: 0, minimised: 0 }, scope, started);
  });
  const done = receipts.every(
    (receipt) => receipt.blocked === 0 && receipt.failed === 0 && receipt.matched === receipt.affected && receipt.affected === receipt.gone,
  );
  const attest = async (tx: Tx): Promise<readonly Receipt[]> => {
    const attested = await tx.journal.attest(plan.id, row.id, receipts, done);
    await tx.outbox.post(done ? scope.entriesFor(attested) : []);
    return attested;
  };
  const attested = await lifeStep(lease, at, "attest", attest, row.system);
  at("attested", row.system);
  return { done, receipts: attested };
}

/** What an outcome and the second look say together. */
function receiptOf(step: PlanStep, work: Work, outcome: StepOutcome, left: NotGone, scope: UnitScope, started: string): Receipt {
  const tally = tallyOf(outcome);
  const acted = plannedCount(work) - minimisedCount(work);
  const gone = acted - tally.alreadyGone - tally.kept - tally.waiting - left.acted;
  const agree = outcome.matched === tally.affected && tally.affected === gone;
  const reason = tally.reason ?? (agree ? undefined : tally.affected === gone ? "matched_not_affected" : "affected_not_gone");
  const unsaid = agree || tally.failed + tally.blocked > 0 ? 0 : Math.max(1, Math.abs(outcome.matched - gone));
  return {
    plan: scope.plan.id,
    step: step.id,
    system: step.system,
    record: step.record,
    attempt: 1,
    status: outcomeStatus(step, work, { ...tally, agree, own: outcome.own }, scope.sealed, scope.map),
    matched: outcome.matched,
    affected: tally.affected,
    gone,
    deleted: outcome.deleted,
    changed: outcome.changed,
    minimised: outcome.minimised,
    alreadyGone: tally.alreadyGone,
    own: outcome.own,
    kept: step.kept + tally.kept,
    waiting: step.waiting + tally.waiting,
    blocked: step.blocked + tally.blocked,
    failed: tally.failed + unsaid,
    ...(reason === undefined ? {} : { reason }),
    gaps: [],
    started,
    finished: scope.now().toISOString(),
  };
}

async function apply(row: UnitRow, unit: Unit, { lease, plan, openEraser, at }: UnitScope): Promise<readonly StepOutcome[]> {
  const intend = async (tx: Tx): Promise<readonly string[]> => {
    await tx.journal.intend(plan.id, row.id);
    return await tx.journal.notes(plan.id, row.id);
  };
  const notes = await lifeStep(lease, at, "intend", intend, row.system);
  at("intent_written", row.system);
  await using eraser = await openEraser(row.system);
  return await eraser.apply(
    unit,
    {
      notes,
      note: async (text) => await lease.atomically(async (tx) => await tx.journal.note(plan.id, row.id, text)),
      keepImage: async () => await Promise.reject(new Failure("UNEXPECTED", "no unit asks for images yet")),
      at: (point) => at(point, row.system),
    },
    { judge: async () => await Promise.resolve([]) },
  );
}

/** Planned records that are not as they should be, read again. */
interface NotGone {
  readonly acted: number;
  readonly minimised: number;
}

/** By step, read on a fresh connection. */
async function readAgain(unit: Unit, { openReaders }: UnitScope): Promise<ReadonlyMap<string, NotGone>> {
  await using readers = openReaders();
  const left = new Map<string, NotGone>();
  for (const { step, target, operations } of unit.works) {
    let [acted, minimised] = [0, 0];
    for (const operation of operations) {
      if (operation.records.length === 0) continue;
      const reader = await readers.of(target.record.system);
      for await (const key of reader.remaining(target, operation)) {
        if (key === "") continue;
        if (operation.change.kind === "minimise") minimised += 1;
        else acted += 1;
      }
    }
    left.set(step, { acted, minimised });
  }
  return left;
}

function nothingDone(step: string): StepOutcome {
  return { step, matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0, left: [] };
}

/** The status of a step after an attempt: what came of the records acted on, and what the plan left alone. */
function outcomeStatus(
  step: PlanStep,
  work: Work,
  tally: Tally & { readonly agree: boolean; readonly own: number },
  sealed: readonly SealedStep[],
  map: DataMap,
): Status {
  const statuses: Status[] = [];
  if (tally.blocked > 0) statuses.push("blocked");
  if (tally.failed > 0 || (!tally.agree && tally.blocked === 0)) statuses.push("failed");
  if (step.kept + tally.kept > 0) statuses.push("kept");
  if (step.waiting + tally.waiting > 0) statuses.push("waiting");
  if (step.blocked > 0) statuses.push("blocked");
  if (step.status === "not_checked") statuses.push("not_checked");
  const record = map.systems.flatMap((system) => system.records).find((one) => one.id === work.target.record.id);
  const acted = sealed.find((one) => one.step === step.id)?.records.filter(({ disposition }) => disposition.kind === "act") ?? [];
  if (tally.affected > 0 && record !== undefined) for (const { disposition } of acted) statuses.push(statusOf(record, disposition));
  if (tally.own > 0 && record !== undefined && tally.affected === 0) statuses.push(statusOf(record, { kind: "act", change: "rule" }));
  if (tally.alreadyGone > 0) statuses.push("already_gone");
  return worst(statuses);
}
