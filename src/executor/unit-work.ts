import { changeOf } from "../planner/decide.ts";
import { targetOf } from "../planner/targets.ts";
import { Failure } from "../errors.ts";
import type { Operation, PlannedRecord, Unit, Work } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { SealedStep } from "../model/plan.ts";
import type { UnitRow } from "../state/journal.ts";

/** What an eraser is given for a unit: planned keys only, grouped by what is done to them. */
export function unitWork(map: DataMap, row: UnitRow, sealed: readonly SealedStep[]): Unit {
  return { id: row.id, effect: "erase", works: row.steps.map((id) => workOf(map, stepOf(sealed, id))) };
}

function stepOf(sealed: readonly SealedStep[], id: string): SealedStep {
  const step = sealed.find((one) => one.step === id);
  if (step === undefined) throw new Failure("STATE_UNREADABLE", `the sealed part of step ${id} is missing`);
  return step;
}

export function workOf(map: DataMap, step: SealedStep): Work {
  const record = map.systems.flatMap((system) => system.records).find((one) => one.id === step.record);
  if (record === undefined) throw new Failure("PLAN_STALE", `${step.record} is no record type of the data map any more`);
  const operations = new Map<string, { change: Operation["change"]; records: PlannedRecord[] }>();
  for (const { disposition, ...planned } of step.records) {
    const change = changeOf(record, disposition);
    if (change === undefined) continue;
    const name = disposition.kind === "act" ? disposition.change : change.kind;
    const known = operations.get(name);
    if (known === undefined) operations.set(name, { change, records: [planned] });
    else known.records.push(planned);
  }
  if (operations.size === 0 && record.auditOf.length > 0) {
    // nothing planned in the trail, but what our own statements will add to it must be redacted as its rule says
    const change = changeOf(record, { kind: "act", change: "rule" });
    if (change !== undefined) operations.set("rule", { change, records: [] });
  }
  return { step: step.step, target: targetOf(map, record), lookups: step.lookups, operations: [...operations.values()] };
}

/** Records that are kept, with their other columns cleared. */
export function minimisedCount(work: Work): number {
  return work.operations.reduce((sum, { change, records }) => sum + (change.kind === "minimise" ? records.length : 0), 0);
}

export function plannedCount(work: Work): number {
  return work.operations.reduce((sum, operation) => sum + operation.records.length, 0);
}
