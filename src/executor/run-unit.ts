import type { EffectPoint, Eraser, Guard } from "../port/connector.ts";
import { Failure } from "../errors.ts";
import type { Residue, StepOutcome, Unit, Work } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Stamp } from "../model/marker.ts";
import type { Plan, PlanStep, SealedStep } from "../model/plan.ts";
import type { Finding, Gap, Target } from "../model/search.ts";
import type { Readers } from "../planner/readers.ts";
import { backupResidue } from "../planner/residue.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import { purgeDay } from "../retention/purge-day.ts";
import type { Receipt, UnitRow } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Tx, UnitOfWork } from "../state/state.ts";
import { type At, lifeStep } from "./kill-points.ts";
import { eachPiece } from "./pieces.ts";
import { ALL_GONE, failedReceipt, isDone, joining, type NotGone, receiptOf, type Tried } from "./receipts.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import { isMinimising, plannedCount, plannedIn, unitWork } from "./unit-work.ts";
import { withoutThose, withThose } from "./whose-turn.ts";

export interface UnitScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly steps: PlannedSteps;
  /** The unit's steps: all of their records at once, or bounded parts of one step that follow each other. */
  pieces(): AsyncIterable<readonly SealedStep[]>;
  /** People of the request. */
  readonly people: number;
  /** What marks of this plan bear. */
  readonly stamp: Stamp;
  /** What this run may write: nothing any more, once another one has overtaken it. */
  readonly lease: UnitOfWork;
  /** What it reports on the way is collected. */
  openEraser(system: string, report: (finding: Finding) => void): Promise<Eraser>;
  /** Connections of their own: nothing the eraser said is believed. */
  openReaders(report: (finding: Finding) => void): Readers;
  /** Of these records of the unit. */
  guardOf(sealed: readonly SealedStep[]): Guard;
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
  const trial = trialOf(scope);
  const { receipts, failure } = await attemptAt(row, waiting, trial, scope);
  const untouched = failure === undefined ? trial.untouched : new Map<string, Set<string>>();
  const done = failure === undefined && receipts.every((receipt) => isDone(receipt, planStep(scope, receipt.step)));
  const attested = await save(row, receipts, done, scope, untouched);
  if (done) at("attested", row.system);
  return { done, receipts: attested, ...(failure === undefined ? {} : { failure }) };
}

/** The receipts with their ledger entries; with the attempt's number. */
async function save(
  row: UnitRow,
  receipts: readonly Receipt[],
  done: boolean,
  scope: UnitScope,
  /** By step: names of records that the attempt left as they were, and of which a killed one may have kept an image. */
  untouched: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Promise<readonly Receipt[]> {
  const work = async (tx: Tx): Promise<readonly Receipt[]> => {
    const attested = await tx.journal.attest(scope.plan.id, row.id, receipts, done);
    await tx.outbox.post(scope.entriesFor(attested));
    for (const [step, names] of untouched) await tx.images.drop(scope.plan.request, scope.plan.id, step, [...names]);
    return attested;
  };
  return await lifeStep(scope.lease, scope.at, done ? "attest" : "attempt", work, row.system);
}

/** Receipts of a unit that could not even be begun, for the same places. */
export async function leaveUnit(row: UnitRow, scope: UnitScope, failure: Failure): Promise<UnitResult> {
  const receipts = await failedReceipts(row, trialOf(scope), failure, scope);
  return { done: false, receipts: await save(row, receipts, false, scope), failure };
}

/** What is known of an attempt as a whole. */
interface Trial {
  readonly started: string;
  readonly reported: Finding[];
  /** By step: names of the records that it left as they were. Only where what they were is kept. */
  readonly untouched: Map<string, Set<string>>;
}

function trialOf({ now }: UnitScope): Trial {
  return { started: now().toISOString(), reported: [], untouched: new Map() };
}

function planStep({ plan }: UnitScope, id: string): PlanStep {
  return plan.steps.find((one) => one.id === id) ?? noStep(id);
}

function triedOf(scope: UnitScope, { started, reported }: Trial, work: Work, sealed: readonly SealedStep[]): Tried {
  const { plan, map, people, now } = scope;
  return {
    step: planStep(scope, work.step),
    sealed: sealed.find((one) => one.step === work.step) ?? noStep(work.step),
    work,
    plan: plan.id,
    map,
    people,
    started,
    finished: now().toISOString(),
    residue: [],
    stamp: scope.stamp,
    gaps: gapsOf(reported, work.target.record.id),
    digest: (key) => scope.digest(key),
  };
}

async function failedReceipts(
  row: UnitRow,
  trial: Trial,
  failure: Failure,
  scope: UnitScope,
): Promise<readonly Receipt[]> {
  const receipts = joining((id) => planStep(scope, id));
  for await (const sealed of scope.pieces())
    for (const work of unitWork(row, sealed, scope.steps, scope.stamp).works)
      receipts.add(work.step, (planned) =>
        failedReceipt({ ...triedOf(scope, trial, work, sealed), ...planned }, failure),
      );
  return receipts.all();
}

async function attemptAt(
  row: UnitRow,
  waiting: ReadonlySet<number>,
  trial: Trial,
  scope: UnitScope,
): Promise<{ readonly receipts: readonly Receipt[]; readonly failure?: Failure }> {
  const report = (finding: Finding): void => void trial.reported.push(finding);
  try {
    const receipts = joining((id) => planStep(scope, id));
    const acted = new Map<string, Target>();
    const planned = onceAsked(async () => await plannedIn(row.system, scope.steps));
    await using hand = handOf(row, scope, report);
    await using readers = scope.openReaders(report);
    await eachPiece(scope, async (sealed, { only, mayComeAgain }) => {
      const unit = { ...unitWork(row, sealed, scope.steps, scope.stamp), planned };
      const nothing = unit.works.every((work) => plannedCount(work) === 0);
      const did = nothing
        ? unit.works.map((work) => nothingDone(work.step))
        : await hand.apply(withoutThose(unit, waiting), scope.guardOf(sealed), only);
      const outcomes = withThose(unit, waiting, did);
      const again = mayComeAgain ? comingAgain(outcomes) : NONE;
      const settled = {
        sealed: sealed.map((step) => without(step, again)),
        outcomes: outcomes.map((one) => told(one, again)),
      };
      const works = again.size === 0 ? unit.works : unitWork(row, settled.sealed, scope.steps, scope.stamp).works;
      const seen = nothing ? new Map<string, NotGone>() : await readAgain(works, settled.outcomes, readers);
      for (const [index, work] of works.entries()) {
        const outcome = settled.outcomes[index] ?? noStep(row.id);
        if (effectsIn(outcome) > 0) acted.set(work.step, work.target);
        if (work.target.record.restoreWindow !== undefined)
          for (const { key, kind } of outcome.left) {
            // what is gone may have gone by an attempt of which nobody knows how it ended
            if (kind === "already_gone") continue;
            const names = trial.untouched.get(work.step) ?? new Set();
            trial.untouched.set(work.step, names.add(scope.digest(key)));
          }
        receipts.add(work.step, (planned) =>
          receiptOf(
            { ...triedOf(scope, trial, work, settled.sealed), ...planned },
            outcome,
            seen.get(work.step) ?? ALL_GONE,
          ),
        );
      }
      return again;
    });
    await hand.close();
    scope.at("reread", row.system);
    // one after the other, and nothing in between: a system may answer for all of them at once
    const residue = new Map<string, readonly Residue[]>();
    for (const [step, target] of acted) residue.set(step, await residueAfter(target, readers, scope));
    return {
      receipts: receipts.all().map((receipt) => ({
        ...receipt,
        gaps: gapsOf(trial.reported, `${receipt.system}.${receipt.record}`),
        residue: [...(residue.get(receipt.step) ?? []), ...undoResidue(receipt)],
        finished: scope.now().toISOString(),
      })),
    };
  } catch (error) {
    if (
      !(error instanceof Failure) ||
      error.code === "UNEXPECTED" ||
      error.code === "INTERRUPTED" ||
      error.code === "BUSY"
    )
      throw error;
    return { receipts: await failedReceipts(row, trial, error, scope), failure: error };
  }
}

/** It may be as much as the whole plan: read by a part that needs it, and kept for the others. */
function onceAsked<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return async () => await (known ??= ask());
}

const NONE: ReadonlySet<string> = new Set();
/** Reasons for which another look at the same records, in the same attempt, would find nothing else. */
const STAYS: ReadonlySet<string> = new Set(["lock_timeout", "in_doubt", "not_its_turn"]);

/** Records that stay for another record's sake: it may be of a later part, and gone then. */
export function comingAgain(outcomes: readonly StepOutcome[]): ReadonlySet<string> {
  return new Set(
    outcomes.flatMap(({ left }) =>
      left.flatMap(({ key, kind, reason }) => (kind === "blocked" && !STAYS.has(reason) ? [key] : [])),
    ),
  );
}

function without(step: SealedStep, keys: ReadonlySet<string>): SealedStep {
  return keys.size === 0 ? step : { ...step, records: step.records.filter(({ key }) => !keys.has(key)) };
}

function told(outcome: StepOutcome, again: ReadonlySet<string>): StepOutcome {
  return again.size === 0 ? outcome : { ...outcome, left: outcome.left.filter(({ key }) => !again.has(key)) };
}

function effectsIn({ deleted, changed, minimised, own }: StepOutcome): number {
  return deleted + changed + minimised + own;
}

interface Hand extends AsyncDisposable {
  /** `only`: nothing of the unit comes after it. */
  apply(unit: Unit, guard: Guard, only: boolean): Promise<readonly StepOutcome[]>;
  /** Nothing comes any more: what the eraser still does when it is closed is done before it is asked what is left. */
  close(): Promise<void>;
}

/** The eraser of a unit: with the first part that has something to be done the unit is intended, and it is opened. */
function handOf(
  row: UnitRow,
  { lease, plan, openEraser, at, digest }: UnitScope,
  report: (finding: Finding) => void,
): Hand {
  let begun: Promise<{ readonly eraser: Eraser; readonly notes: readonly string[] }> | undefined;
  const passed = new Set<EffectPoint>();
  let isDoneToTell = false;
  let isClosed = false;
  const intend = async (tx: Tx): Promise<readonly string[]> => {
    await tx.journal.intend(plan.id, row.id);
    return await tx.journal.notes(plan.id, row.id);
  };
  const begin = async () => {
    const notes = await lifeStep(lease, at, "intend", intend, row.system);
    at("intent_written", row.system);
    return { notes, eraser: await openEraser(row.system, report) };
  };
  const tell = (point: EffectPoint): void => {
    if (passed.has(point)) return;
    passed.add(point);
    at(point, row.system);
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    const opened = await begun?.catch(() => undefined);
    await opened?.eraser[Symbol.asyncDispose]();
  };
  return {
    async apply(unit, guard, only) {
      const { eraser, notes } = await (begun ??= begin());
      // closed before anything is read again, where nothing comes after it
      isClosed = only;
      await using _ = only ? eraser : undefined;
      return await eraser.apply(
        unit,
        {
          notes,
          note: async (text) => await lease.atomically(async (tx) => await tx.journal.note(plan.id, row.id, text)),
          keepImages: async (step, images) => {
            const kept = images.map((image) => ({ ...image, step, name: digest(image.key) }));
            const keep = async (tx: Tx): Promise<void> => await tx.images.keep(plan.request, plan.id, kept);
            await lifeStep(lease, at, "keep_images", keep, row.system);
          },
          at: (point) => {
            if (point === "effect_done" && !only) isDoneToTell = true;
            else tell(point);
          },
        },
        guard,
      );
    },
    async close() {
      if (isDoneToTell) tell("effect_done");
      await close();
    },
    [Symbol.asyncDispose]: close,
  };
}

/** By step, read by connections that the eraser has nothing to do with. */
async function readAgain(
  works: readonly Work[],
  outcomes: readonly StepOutcome[],
  readers: Readers,
): Promise<ReadonlyMap<string, NotGone>> {
  const seen = new Map<string, NotGone>();
  for (const { step, target, lookups, operations } of works) {
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
    seen.set(step, { acted, minimised });
  }
  return seen;
}

/** Dated from today, the day of the deed; from the day on which it goes for good where it is only marked. */
async function residueAfter(
  target: Target,
  readers: Readers,
  { map, now, stamp }: UnitScope,
): Promise<readonly Residue[]> {
  const { record, changes } = target;
  const { system, id } = record;
  const { timezone } = map.controller.calendar;
  const today = civilDateOf(now(), timezone);
  // every copy made until it goes for good holds what is only marked
  const gone = changes.rule?.kind === "mark" ? (purgeDay(record, stamp.at, timezone) ?? today) : today;
  const backups = backupResidue(map, new Set([system]), gone);
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

/** What it was can still be brought back. */
function undoResidue({ system, record, restorable }: Receipt): readonly Residue[] {
  return restorable === undefined
    ? []
    : [{ system, record: `${system}.${record}`, mechanism: "undo", goneBy: restorable.until }];
}

function nothingDone(step: string): StepOutcome {
  return { step, matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0, left: [] };
}

function noStep(unit: string): never {
  throw new Failure("UNEXPECTED", `unit ${unit} does not fit its plan`);
}
