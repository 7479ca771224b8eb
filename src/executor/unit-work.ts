import { Failure } from "../errors.ts";
import type {
  Also,
  KeptKeys,
  Operation,
  PlannedInSystem,
  PlannedKeys,
  PlannedRecord,
  Unit,
  Work,
} from "../model/change.ts";
import { type Lookup, lookupsOf } from "../model/search.ts";
import type { Stamp } from "../model/marker.ts";
import { type Change, heldChangeOf } from "../model/rule-change.ts";
import type { Disposition, SealedStep, StepHead } from "../model/plan.ts";
import type { UnitRow } from "../state/journal.ts";
import type { PlannedSteps } from "./planned-steps.ts";

/**
 * What an eraser is given for a unit: planned keys only, grouped by what is done to them. `sealed`: the unit's steps;
 * `stamp`: what marks of this run bear.
 */
export function unitWork(row: UnitRow, sealed: readonly SealedStep[], steps: PlannedSteps, stamp: Stamp): Unit {
  const works = row.steps.map((id) => workOf(stepOf(sealed, id), steps.heads, stamp));
  const made = works.flatMap(({ operations }) => operations.map(({ change }) => change.kind));
  return {
    id: row.id,
    effect: made.length > 0 && made.every((kind) => kind === "mark") ? "mark" : "erase",
    works,
    planned: async () => await plannedIn(row.system, steps),
  };
}

/** What the plan deletes and changes in a system. */
export async function plannedIn(system: string, { heads, pieces }: PlannedSteps): Promise<PlannedInSystem> {
  const mine = heads.filter(({ target }) => target.record.system === system);
  const deleting = new Map<string, PlannedKeys & { readonly keys: string[] }>();
  const changing: typeof deleting = new Map();
  const keeping = new Map<string, KeptKeys & { readonly keys: string[] }>();
  for await (const step of pieces(mine.map((one) => one.step))) {
    const { minimise } = step.target.changes;
    for (const { key, disposition } of step.records) {
      if (isHeld(disposition)) {
        const columns = disposition.minimise && minimise?.kind === "minimise" ? minimise.keepOnly : undefined;
        const name = JSON.stringify([step.step, columns === undefined]);
        const kept = keeping.get(name) ?? { target: step.target, keys: [], ...(columns && { columns }) };
        keeping.set(name, kept);
        kept.keys.push(key);
      }
      const made = changesOf(step, disposition, heads);
      if (made === undefined) continue;
      const some = made.change.kind === "delete" ? deleting : changing;
      const known = some.get(step.step) ?? { target: step.target, keys: [] };
      some.set(step.step, known);
      known.keys.push(key);
    }
  }
  return { deleting: [...deleting.values()], changing: [...changing.values()], keeping: [...keeping.values()] };
}

/** By a hold of its own, or because a person left it out, not only with or by another record. */
function isHeld(disposition: Disposition): disposition is Disposition & { readonly kind: "kept" } {
  return disposition.kind === "kept" && ["retention", "legal_hold", "review", "excluded"].includes(disposition.reason);
}

function stepOf(sealed: readonly SealedStep[], id: string): SealedStep {
  const step = sealed.find((one) => one.step === id);
  if (step === undefined) throw new Failure("STATE_UNREADABLE", `the sealed part of step ${id} is missing`);
  return step;
}

/**
 * `heads`: of all steps of the plan; a record that several record types found is changed as all of them say. Without a
 * `stamp` only what was done can be looked at.
 */
export function workOf(step: SealedStep, heads: readonly StepHead[], stamp?: Stamp): Work {
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
      const made = changesOf(step, record.disposition, heads);
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
    lookups: lookupsFor(step),
    operations: [...operations.values()].map(({ change, also, records }): Operation => ({
      change: stamped(change, stamp),
      records,
      ...(also.length === 0 ? {} : { also: also.map((one) => ({ ...one, change: stamped(one.change, stamp) })) }),
    })),
  };
}

/**
 * Of those alone whose records these are: a batch's part has a few of its people, and must not ask for all of them. A trail
 * takes what other records' going adds to it, whoever's that is, and files are written once for everybody.
 */
function lookupsFor({ target: { record }, lookups, records }: SealedStep): readonly Lookup[] {
  const { kind } = record.place;
  if (record.auditOf.length > 0 || (kind !== "table" && kind !== "index")) return lookups;
  return lookupsOf(
    lookups,
    records.flatMap(({ subjects }) => subjects),
  );
}

function stamped(change: Change, stamp: Stamp | undefined): Change {
  return change.kind === "mark" && stamp !== undefined ? { ...change, stamp } : change;
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
  step: StepHead,
  disposition: Disposition,
  heads: readonly StepHead[],
): { readonly change: Change; readonly also: readonly Also[] } | undefined {
  if (disposition.kind !== "act" && disposition.kind !== "kept") return undefined;
  const named = disposition.types ?? [step.record];
  const made = named.flatMap((id) => {
    const from = heads.find((one) => one.record === id);
    const change = from === undefined ? undefined : changeIn(from, disposition);
    return from === undefined || change === undefined ? [] : [{ from, change }];
  });
  const deleting = made.find(({ change }) => change.kind === "delete");
  if (deleting !== undefined) return { change: deleting.change, also: [] };
  const own = made.find(({ from }) => from.record === step.record)?.change;
  const also = made
    .filter(({ from }) => from.record !== step.record)
    .map(({ from, change }): Also => ({ target: from.target, change, lookups: from.lookups }));
  if (own !== undefined) return { change: own, also };
  const [first, ...more] = made;
  if (first === undefined) return undefined;
  // only others reduce it, all of them to the same: it is reduced, not changed, in whosever step it is counted
  if (first.change.kind === "minimise") {
    const keepOnly = [...first.change.keepOnly, ...[first, ...more].flatMap(({ from }) => datesOf(from))];
    return { change: { kind: "minimise", keepOnly: [...new Set(keepOnly)] }, also: [] };
  }
  return { change: NOTHING, also };
}

/** What the holds of a record type are reckoned from. */
function datesOf({ target }: StepHead): readonly string[] {
  return target.record.holds.map(({ from }) => from);
}

function changeIn({ target }: StepHead, disposition: Disposition): Change | undefined {
  const { rule, minimise } = target.changes;
  if (disposition.kind === "act") return disposition.change === "rule" ? rule : heldChangeOf(target.changes);
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
