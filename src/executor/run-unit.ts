import type { Eraser } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import type { StepOutcome, Unit, Work } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Plan, PlanStep, SealedStep } from "../model/plan.ts";
import { type Status, worst } from "../model/status.ts";
import type { Readers } from "../planner/readers.ts";
import { statusOf } from "../planner/plan.ts";
import type { Journal, OutboxEntry, Receipt, UnitRow } from "../state/journal.ts";
import type { At } from "./kill-points.ts";
import { plannedCount, unitWork } from "./unit-work.ts";

export interface UnitScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly sealed: readonly SealedStep[];
  readonly journal: Journal;
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
  const { journal, plan, at } = scope;
  const started = scope.now().toISOString();
  at("claimed", row.system);
  const unit = unitWork(scope.map, row, scope.sealed);
  const nothing = unit.works.every((work) => plannedCount(work) === 0);
  const outcomes = nothing ? unit.works.map((work) => nothingDone(work.step)) : await apply(row, unit, scope);
  const gone = nothing ? new Map<string, number>() : await readAgain(unit, scope);
  at("reread", row.system);
  const receipts = unit.works.map((work, index): Receipt => {
    const outcome = outcomes[index];
    const step = plan.steps.find((one) => one.id === work.step);
    if (outcome === undefined || step === undefined) throw new Failure("UNEXPECTED", `${row.id} gave no outcome for ${work.step}`);
    const left = gone.get(work.step) ?? 0;
    const absent = plannedCount(work) - outcome.alreadyGone - left;
    return {
      ...outcome,
      plan: plan.id,
      system: step.system,
      record: step.record,
      gone: absent,
      status: outcomeStatus(step, work, { ...outcome, gone: absent }, scope.sealed, scope.map),
      started,
      finished: scope.now().toISOString(),
      ...disagreement(outcome, absent),
    };
  });
  const done = receipts.every(
    (receipt) => receipt.blocked === 0 && receipt.failed === 0 && receipt.matched === receipt.affected && receipt.affected === receipt.gone,
  );
  if (!done) return { done, receipts };
  journal.attest(plan.id, row.id, receipts, scope.entriesFor(receipts));
  at("attested", row.system);
  return { done, receipts };
}

async function apply(row: UnitRow, unit: Unit, { journal, plan, openEraser, at }: UnitScope): Promise<readonly StepOutcome[]> {
  journal.intend(plan.id, row.id);
  at("intent_written", row.system);
  await using eraser = await openEraser(row.system);
  return await eraser.erase(unit, {
    notes: journal.notes(plan.id, row.id),
    note: (text) => journal.note(plan.id, row.id, text),
    at: (point) => at(point, row.system),
  });
}

/** Step -> planned records that are not as they should be, read on a fresh connection. */
async function readAgain(unit: Unit, { openReaders }: UnitScope): Promise<ReadonlyMap<string, number>> {
  await using readers = openReaders();
  const left = new Map<string, number>();
  for (const { step, target, operations } of unit.works) {
    let count = 0;
    for (const operation of operations) {
      if (operation.records.length === 0) continue;
      const reader = await readers.of(target.record.system);
      for await (const key of reader.remaining(target, operation)) if (key !== "") count += 1;
    }
    left.set(step, count);
  }
  return left;
}

function nothingDone(step: string): StepOutcome {
  return { step, matched: 0, affected: 0, alreadyGone: 0, own: 0, blocked: 0, failed: 0, unresolved: [] };
}

/** matched, affected and gone must agree; where they do not and nobody said why, that is the reason. */
function disagreement({ matched, affected, reason }: StepOutcome, gone: number): { readonly reason: string } | undefined {
  if (reason !== undefined) return { reason };
  return matched === affected && affected === gone ? undefined : { reason: affected === gone ? "matched_not_affected" : "affected_not_gone" };
}

/** The status of a step after an attempt: what came of the records acted on, and what the plan left alone. */
function outcomeStatus(step: PlanStep, work: Work, outcome: StepOutcome & { readonly gone: number }, sealed: readonly SealedStep[], map: DataMap): Status {
  const statuses: Status[] = [];
  const planned = plannedCount(work);
  const agree = outcome.matched === outcome.affected && outcome.affected === outcome.gone;
  if (outcome.blocked > 0) statuses.push("blocked");
  if (outcome.failed > 0 || (!agree && outcome.blocked === 0)) statuses.push("failed");
  if (step.kept > 0) statuses.push("kept");
  if (step.waiting > 0) statuses.push("waiting");
  if (step.blocked > 0) statuses.push("blocked");
  if (step.status === "not_checked") statuses.push("not_checked");
  const record = map.systems.flatMap((system) => system.records).find((one) => one.id === work.target.record.id);
  const acted = sealed.find((one) => one.step === step.id)?.records.filter(({ disposition }) => disposition.kind === "act") ?? [];
  if (planned > 0 && outcome.affected > 0 && record !== undefined) for (const { disposition } of acted) statuses.push(statusOf(record, disposition));
  if (outcome.own > 0 && record !== undefined && outcome.affected === 0) statuses.push(statusOf(record, { kind: "act", change: "rule" }));
  if (outcome.alreadyGone > 0) statuses.push("already_gone");
  return worst(statuses);
}
