import type { Eraser, Guard } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import type { Residue, StepOutcome, Unit } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Stamp } from "../model/marker.ts";
import type { Plan, SealedStep } from "../model/plan.ts";
import type { Finding, Gap, Target } from "../model/search.ts";
import type { Readers } from "../planner/readers.ts";
import { backupResidue } from "../planner/residue.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import type { Receipt, UnitRow } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Tx, UnitOfWork } from "../state/state.ts";
import { type At, lifeStep } from "./kill-points.ts";
import { ALL_GONE, failedReceipt, isDone, type NotGone, receiptOf, type Tried } from "./receipts.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import { isMinimising, plannedCount, unitWork } from "./unit-work.ts";
import { withoutThose, withThose } from "./whose-turn.ts";

export interface UnitScope {
  readonly map: DataMap;
  readonly plan: Plan;
  /** The unit's own. */
  readonly sealed: readonly SealedStep[];
  readonly steps: PlannedSteps;
  /** People of the request. */
  readonly people: number;
  /** What marks of this plan bear. */
  readonly stamp: Stamp;
  /** What this run may write: nothing any more, once another one has overtaken it. */
  readonly lease: UnitOfWork;
  /** What it reports on the way is collected. */
  openEraser(system: string, report: (finding: Finding) => void): Promise<Eraser>;
  /** Fresh connections: nothing the eraser said is believed. */
  openReaders(report: (finding: Finding) => void): Readers;
  readonly guard: Guard;
  /** Ledger entries that tell of these receipts. */
  entriesFor(receipts: readonly Receipt[]): readonly OutboxEntry[];
  /** Keyed digest of a record's key. */
  digest(key: string): string;
  now(): Date;
  readonly at: At;
}

/** How a unit's attempt ended. `done`: attested for good. */
export interface UnitResult {
  readonly done: boolean;
  readonly receipts: readonly Receipt[];
  /** Why the whole attempt failed. */
  readonly failure?: Failure;
  /** A fault of the program. */
  readonly fault?: Error;
}

/**
 * The one destructive path: claim, intent, effect, read again, attest. May run any number of times; a unit that is
 * attested does nothing. An attempt that does not end the unit is noted and told to the ledger as well. `waiting`: people
 * whose records are left for another attempt.
 */
export async function runUnit(row: UnitRow, scope: UnitScope, waiting: ReadonlySet<number>): Promise<UnitResult> {
  const { at } = scope;
  at("claimed", row.system);
  const unit = unitWork(row, scope.sealed, scope.steps, scope.stamp);
  const tried = triedOf(row, unit, scope);
  const { receipts, failure } = await attemptAt(row, { unit, waiting }, tried, scope);
  const done =
    failure === undefined &&
    receipts.every((receipt, index) => isDone(receipt, tried.steps[index]?.step ?? noStep(row.id)));
  const attested = await save(row, receipts, done, scope);
  if (done) at("attested", row.system);
  return { done, receipts: attested, ...(failure === undefined ? {} : { failure }) };
}

/** The receipts with their ledger entries; with the attempt's number. */
async function save(
  row: UnitRow,
  receipts: readonly Receipt[],
  done: boolean,
  scope: UnitScope,
): Promise<readonly Receipt[]> {
  const work = async (tx: Tx): Promise<readonly Receipt[]> => {
    const attested = await tx.journal.attest(scope.plan.id, row.id, receipts, done);
    await tx.outbox.post(scope.entriesFor(attested));
    return attested;
  };
  return await lifeStep(scope.lease, scope.at, done ? "attest" : "attempt", work, row.system);
}

/** Receipts of a unit that could not even be begun, for the same places. */
export async function leaveUnit(row: UnitRow, scope: UnitScope, failure: Failure): Promise<UnitResult> {
  const tried = triedOf(row, unitWork(row, scope.sealed, scope.steps, scope.stamp), scope);
  const receipts = tried.steps.map((step) => failedReceipt(tried.of(step), failure));
  return { done: false, receipts: await save(row, receipts, false, scope), failure };
}

type Begun = Pick<Tried, "step" | "sealed" | "work">;

interface Trial {
  readonly steps: readonly Begun[];
  readonly reported: Finding[];
  of(begun: Begun): Tried;
}

function triedOf(row: UnitRow, unit: Unit, scope: UnitScope): Trial {
  const { plan, map, people, now } = scope;
  const started = now().toISOString();
  const reported: Finding[] = [];
  const steps = unit.works.map((work): Begun => {
    const step = plan.steps.find((one) => one.id === work.step) ?? noStep(row.id);
    const sealed = scope.sealed.find((one) => one.step === work.step) ?? noStep(row.id);
    return { step, sealed, work };
  });
  return {
    steps,
    reported,
    of: (begun) => ({
      ...begun,
      plan: plan.id,
      map,
      people,
      started,
      finished: now().toISOString(),
      residue: [],
      stamp: scope.stamp,
      gaps: gapsOf(reported, begun.work.target.record.id),
      digest: (key) => scope.digest(key),
    }),
  };
}

async function attemptAt(
  row: UnitRow,
  { unit, waiting }: { readonly unit: Unit; readonly waiting: ReadonlySet<number> },
  tried: Trial,
  scope: UnitScope,
): Promise<{ readonly receipts: readonly Receipt[]; readonly failure?: Failure }> {
  const report = (finding: Finding): void => void tried.reported.push(finding);
  const nothing = unit.works.every((work) => plannedCount(work) === 0);
  try {
    const did = nothing
      ? unit.works.map((work) => nothingDone(work.step))
      : await apply(row, withoutThose(unit, waiting), scope, report);
    const outcomes = withThose(unit, waiting, did);
    const seen = nothing
      ? new Map<string, SeenAgain>()
      : await readAgain(unit, outcomes, scope, scope.openReaders(report));
    scope.at("reread", row.system);
    const receipts = tried.steps.map((begun, index) => {
      const outcome = outcomes[index] ?? noStep(row.id);
      const { residue = [], ...left }: SeenAgain = seen.get(begun.work.step) ?? ALL_GONE;
      return receiptOf({ ...tried.of(begun), residue }, outcome, left);
    });
    return { receipts };
  } catch (error) {
    if (
      !(error instanceof Failure) ||
      error.code === "UNEXPECTED" ||
      error.code === "INTERRUPTED" ||
      error.code === "BUSY"
    )
      throw error;
    return { receipts: tried.steps.map((begun) => failedReceipt(tried.of(begun), error)), failure: error };
  }
}

async function apply(
  row: UnitRow,
  unit: Unit,
  { lease, plan, openEraser, guard, at, digest }: UnitScope,
  report: (finding: Finding) => void,
): Promise<readonly StepOutcome[]> {
  const intend = async (tx: Tx): Promise<readonly string[]> => {
    await tx.journal.intend(plan.id, row.id);
    return await tx.journal.notes(plan.id, row.id);
  };
  const notes = await lifeStep(lease, at, "intend", intend, row.system);
  at("intent_written", row.system);
  await using eraser = await openEraser(row.system, report);
  return await eraser.apply(
    unit,
    {
      notes,
      note: async (text) => await lease.atomically(async (tx) => await tx.journal.note(plan.id, row.id, text)),
      keepImages: async (step, images) => {
        const kept = images.map((image) => ({ ...image, step, name: digest(image.key) }));
        await lifeStep(
          lease,
          at,
          "keep_images",
          async (tx) => await tx.images.keep(plan.request, plan.id, kept),
          row.system,
        );
      },
      at: (point) => at(point, row.system),
    },
    guard,
  );
}

interface SeenAgain extends NotGone {
  readonly residue?: readonly Residue[];
}

/** By step, read on a fresh connection. */
async function readAgain(
  unit: Unit,
  outcomes: readonly StepOutcome[],
  scope: UnitScope,
  fresh: Readers,
): Promise<ReadonlyMap<string, SeenAgain>> {
  await using readers = fresh;
  const seen = new Map<string, SeenAgain>();
  for (const { step, target, lookups, operations } of unit.works) {
    let [acted, minimised] = [0, 0];
    const outcome = outcomes.find((one) => one.step === step);
    const left = outcome?.left.flatMap(({ key, kind }) => (kind === "already_gone" ? [] : [key])) ?? [];
    for (const operation of operations) {
      if (operation.records.length === 0) continue;
      // what was left is not gone by us, whether it can be found or not
      const mine = new Set(operation.records.map(({ key }) => key));
      const still = new Set(left.filter((key) => mine.has(key)));
      for await (const key of (await readers.of(target.record.system)).remaining(target, operation, lookups))
        still.add(key);
      if (isMinimising(operation.change, operation.also)) minimised += still.size;
      else acted += still.size;
    }
    const effects = outcome === undefined ? 0 : outcome.deleted + outcome.changed + outcome.minimised + outcome.own;
    seen.set(step, { acted, minimised, residue: effects === 0 ? [] : await residueAfter(target, readers, scope) });
  }
  return seen;
}

/** Dated from today, the day of the deed. */
async function residueAfter(target: Target, readers: Readers, { map, now }: UnitScope): Promise<readonly Residue[]> {
  const { system, id } = target.record;
  const today = civilDateOf(now(), map.controller.calendar.timezone);
  const backups = backupResidue(map, new Set([system]), today);
  try {
    return [...(await Array.fromAsync((await readers.of(system)).residue(target))), ...backups];
  } catch (error) {
    // the erasing is done and told; a system that has gone away since only cannot say what it keeps
    if (!(error instanceof Failure)) throw error;
    return [{ system, record: id, mechanism: "unknown", goneBy: null }, ...backups];
  }
}

/** Gaps of a record type, each once. Findings are told without the people's values before they come here. */
export function gapsOf(findings: readonly Finding[], record: string): readonly Gap[] {
  const gaps = findings.flatMap((finding) =>
    finding.record === record && finding.gap !== undefined ? [finding.gap] : [],
  );
  return [...new Map(gaps.map((gap) => [`${gap.where}\n${String(gap.holdsIdentifier)}`, gap])).values()];
}

function nothingDone(step: string): StepOutcome {
  return { step, matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0, left: [] };
}

function noStep(unit: string): never {
  throw new Failure("UNEXPECTED", `unit ${unit} does not fit its plan`);
}
