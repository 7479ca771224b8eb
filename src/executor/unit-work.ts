import { Failure } from "../errors.ts";
import type { Also, Operation, PlannedKeys, PlannedRecord, Unit, Work } from "../model/change.ts";
import type { Change } from "../model/rule-change.ts";
import type { Disposition, SealedStep } from "../model/plan.ts";
import type { UnitRow } from "../state/journal.ts";

/** What an eraser is given for a unit: planned keys only, grouped by what is done to them. */
export function unitWork(row: UnitRow, sealed: readonly SealedStep[]): Unit {
  return {
    id: row.id,
    effect: "erase",
    works: row.steps.map((id) => workOf(stepOf(sealed, id), sealed)),
    deleting: plannedIn(row.system, sealed, "delete"),
    changing: plannedIn(row.system, sealed, "change"),
  };
}

function plannedIn(system: string, sealed: readonly SealedStep[], as: "delete" | "change"): readonly PlannedKeys[] {
  return sealed.flatMap((step): readonly PlannedKeys[] => {
    if (step.target.record.system !== system) return [];
    const keys = step.records.flatMap(({ key, disposition }) => {
      const made = changesOf(step, disposition, sealed);
      return made !== undefined && (made.change.kind === "delete") === (as === "delete") ? [key] : [];
    });
    return keys.length === 0 ? [] : [{ target: step.target, keys }];
  });
}

function stepOf(sealed: readonly SealedStep[], id: string): SealedStep {
  const step = sealed.find((one) => one.step === id);
  if (step === undefined) throw new Failure("STATE_UNREADABLE", `the sealed part of step ${id} is missing`);
  return step;
}

/** `sealed`: all steps of the plan; a record that several record types found is changed as all of them say. */
export function workOf(step: SealedStep, sealed: readonly SealedStep[]): Work {
  const { target } = step;
  const operations = new Map<
    string,
    { readonly change: Change; readonly also: readonly Also[]; readonly records: PlannedRecord[] }
  >();
  for (const record of step.records) {
    const name = nameOf(record.disposition);
    const known = operations.get(name);
    if (known !== undefined) known.records.push(record);
    else {
      const made = changesOf(step, record.disposition, sealed);
      if (made !== undefined) operations.set(name, { ...made, records: [record] });
    }
  }
  const { rule } = target.changes;
  // nothing planned in the trail, but what our own statements will add to it must be redacted as its rule says
  if (operations.size === 0 && target.record.auditOf.length > 0 && rule !== undefined)
    operations.set("rule", { change: rule, also: [], records: [] });
  return {
    step: step.step,
    target,
    lookups: step.lookups,
    operations: [...operations.values()].map(({ change, also, records }): Operation => ({
      change,
      records,
      ...(also.length === 0 ? {} : { also }),
    })),
  };
}

/** Dispositions of one name make the same changes. */
function nameOf(disposition: Disposition): string {
  switch (disposition.kind) {
    case "act":
      return JSON.stringify([disposition.change, disposition.types ?? []]);
    case "kept":
      return JSON.stringify([disposition.kind, disposition.minimise, disposition.types ?? []]);
    case "waiting":
    case "blocked":
      return disposition.kind;
  }
}

const NOTHING: Change = { kind: "fields", fields: {}, documents: [] };

/** Undefined: nothing is done. */
function changesOf(
  step: SealedStep,
  disposition: Disposition,
  sealed: readonly SealedStep[],
): { readonly change: Change; readonly also: readonly Also[] } | undefined {
  if (disposition.kind !== "act" && disposition.kind !== "kept") return undefined;
  const named = disposition.types ?? [step.record];
  const made = named.flatMap((id) => {
    const from = sealed.find((one) => one.record === id);
    const change = from === undefined ? undefined : changeIn(from, disposition);
    return from === undefined || change === undefined ? [] : [{ from, change }];
  });
  const deleting = made.find(({ change }) => change.kind === "delete");
  if (deleting !== undefined) return { change: deleting.change, also: [] };
  const own = made.find(({ from }) => from.record === step.record)?.change;
  const also = made
    .filter(({ from }) => from.record !== step.record)
    .map(({ from, change }): Also => ({ target: from.target, change, lookups: from.lookups }));
  return own === undefined && also.length === 0 ? undefined : { change: own ?? NOTHING, also };
}

function changeIn({ target }: SealedStep, disposition: Disposition): Change | undefined {
  const { rule, heldBy, minimise } = target.changes;
  if (disposition.kind === "act") return disposition.change === "rule" ? rule : heldBy;
  return disposition.kind === "kept" && disposition.minimise ? minimise : undefined;
}

/** Records that are kept, with their other columns cleared. */
export function minimisedCount(work: Work): number {
  return minimisedKeys(work).size;
}

export function minimisedKeys({ operations }: Work): ReadonlySet<string> {
  return new Set(
    operations.flatMap(({ change, also = [], records }) =>
      isMinimising(change, also) ? records.map(({ key }) => key) : [],
    ),
  );
}

/** Whether an operation only reduces records that are kept. */
export function isMinimising(change: Change, also: readonly Also[] = []): boolean {
  return change.kind === "minimise" || also.some((one) => one.change.kind === "minimise");
}

export function plannedCount(work: Work): number {
  return work.operations.reduce((sum, operation) => sum + operation.records.length, 0);
}
