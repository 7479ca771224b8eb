/** Gives back what runs of a plan marked as deleted, removed or changed: seen first whether it can be, then carried out like any unit. */
import { Failure } from "../errors.ts";
import type { Left, PlannedRecord, StepOutcome, Unit, Work } from "../model/change.ts";
import type { SealedStep, StepHead } from "../model/plan.ts";
import { tallyOf } from "../model/tally.ts";
import type { Readers } from "../planner/readers.ts";
import type { Eraser, Guard } from "../port/connector.ts";
import type { KeptImage } from "../state/image-store.ts";
import type { Receipt } from "../state/journal.ts";
import type { UnitOfWork } from "../state/state.ts";
import type { UndoneUnit } from "../state/undo-store.ts";
import { type At, lifeStep } from "./kill-points.ts";

/** A unit that is to be given back, with everything that it takes. */
export interface RestoredUnit extends UndoneUnit {
  readonly parts: readonly {
    /** As it was planned, with all of its records. */
    readonly step: SealedStep;
    readonly images: readonly KeptImage[];
  }[];
  /** Audit trails of what the unit gives back: what this writes into them is redacted as their rule says. */
  readonly trails: readonly StepHead[];
}

export interface RestoreScope {
  /** Names the units and receipts of this undo in the journal. */
  readonly undo: string;
  readonly lease: UnitOfWork;
  openEraser(system: string): Promise<Eraser>;
  /** Fresh connections. */
  openReaders(): Readers;
  notes(unit: string): Promise<readonly string[]>;
  now(): Date;
  readonly at: At;
}

/** Records that cannot be given back, and what stands in the way. */
export interface Conflict {
  readonly system: string;
  readonly record: string;
  readonly plan: string;
  readonly step: string;
  readonly keys: readonly string[];
  /** `changed`, `gone`, or the constraint's name. */
  readonly constraint: string;
}

/** One record of an undo: other tables have the same keys, and a key's digest is the same in each. */
export function imageRef(plan: string, step: string, name: string): string {
  return `${plan}/${step}/${name}`;
}

/** Nobody but the connector decides on these: what the core knows of holds is asked before. */
const FREE: Guard = { judge: async () => await Promise.resolve([]) };

/** What would stand in the way: each unit is tried whole and taken back whole. */
export async function rehearse(
  units: readonly RestoredUnit[],
  without: ReadonlySet<string>,
  { openEraser }: Pick<RestoreScope, "openEraser">,
): Promise<readonly Conflict[]> {
  const conflicts: Conflict[] = [];
  const earlier = new Map<string, Work[]>();
  for (const unit of units) {
    const work = unitOf(unit, without);
    const before = earlier.get(unit.system) ?? [];
    earlier.set(unit.system, [...before, ...work.works]);
    conflicts.push(...(await rehearseUnit(unit, { ...work, earlier: before }, { openEraser })));
  }
  return conflicts;
}

/** The same for a unit whose work is made already. */
export async function rehearseUnit(
  unit: RestoredUnit,
  work: Unit,
  { openEraser }: Pick<RestoreScope, "openEraser">,
): Promise<readonly Conflict[]> {
  if (work.works.length === 0) return [];
  const conflicts: Conflict[] = [];
  await using eraser = await openEraser(unit.system);
  const journal = {
    notes: [],
    note: async () => await Promise.reject(new Failure("UNEXPECTED", "a rehearsal notes nothing")),
    keepImages: async () => await Promise.resolve(),
    at: () => {},
  };
  for (const outcome of await eraser.apply({ ...work, rehearsal: true }, journal, FREE)) {
    if (outcome.left.length === 0) continue;
    const part = unit.parts.find(({ step }) => step.step === outcome.step);
    if (part === undefined) throw new Failure("UNEXPECTED", "a rehearsal speaks of a step that it was not given");
    const stands = outcome.left.filter((left) => !isBackAlready(left));
    for (const [constraint, mine] of Map.groupBy(stands, ({ reason }) => reason))
      conflicts.push({
        system: unit.system,
        record: part.step.target.record.name,
        plan: unit.plan,
        step: outcome.step,
        keys: mine.map(({ key }) => key),
        constraint,
      });
  }
  return conflicts;
}

/** An earlier attempt gave it back, or somebody did, exactly as it was. */
function isBackAlready({ kind, reason }: Left): boolean {
  return kind === "already_gone" && reason === "as_wanted";
}

/** One unit: claim, intent, effect, read again, attest. May run any number of times. */
export async function restoreUnit(
  unit: RestoredUnit,
  without: ReadonlySet<string>,
  scope: RestoreScope,
): Promise<void> {
  await restoreWork(unit, unitOf(unit, without), scope);
}

/** The same for a unit whose work is made already. */
export async function restoreWork(unit: RestoredUnit, work: Unit, scope: RestoreScope): Promise<void> {
  const { at, lease, undo } = scope;
  const started = scope.now().toISOString();
  at("claimed", unit.system);
  await lifeStep(lease, at, "intend", async (tx) => await tx.journal.intend(undo, unit.unit), unit.system);
  at("intent_written", unit.system);
  const outcomes = work.works.length === 0 ? [] : await apply(unit, work, scope);
  const receipts = await readAgain(unit, work, outcomes, { ...scope, started });
  at("reread", unit.system);
  const attest = async (tx: Parameters<Parameters<UnitOfWork["atomically"]>[0]>[0]) =>
    await tx.journal.attest(undo, unit.unit, receipts, true);
  await lifeStep(lease, at, "attest", attest, unit.system);
  at("attested", unit.system);
}

async function apply(unit: RestoredUnit, work: Unit, scope: RestoreScope): Promise<readonly StepOutcome[]> {
  const { undo, lease, at } = scope;
  await using eraser = await scope.openEraser(unit.system);
  return await eraser.apply(
    work,
    {
      notes: await scope.notes(unit.unit),
      note: async (text) => await lease.atomically(async (tx) => await tx.journal.note(undo, unit.unit, text)),
      keepImages: async () => await Promise.reject(new Failure("UNEXPECTED", "what is given back is not kept again")),
      at: (point) => at(point, unit.system),
    },
    FREE,
  );
}

/** Nothing that the eraser said is believed: what is back is what a fresh connection finds as it was. */
async function readAgain(
  unit: RestoredUnit,
  { works }: Unit,
  outcomes: readonly StepOutcome[],
  scope: RestoreScope & { readonly started: string },
): Promise<readonly Receipt[]> {
  await using readers = scope.openReaders();
  const receipts: Receipt[] = [];
  for (const { step, target, operations } of works) {
    if (operations.every(({ records }) => records.length === 0)) continue;
    const outcome = outcomes.find((one) => one.step === step);
    if (outcome === undefined) throw new Failure("UNEXPECTED", `nothing was said of step ${step}`);
    const tally = tallyOf(outcome);
    const planned = operations.flatMap(({ records }) => records).length;
    const left = new Set(outcome.left.filter((one) => !isBackAlready(one)).map(({ key }) => key));
    for (const operation of operations)
      for await (const key of (await readers.of(unit.system)).remaining(target, operation)) left.add(key);
    const back = planned - left.size;
    const blocked = Math.min(tally.blocked, left.size);
    const images = unit.parts.find((part) => part.step.step === step)?.images ?? [];
    receipts.push({
      plan: scope.undo,
      step: `${unit.plan}/${step}`,
      system: target.record.system,
      record: target.record.name,
      attempt: 0,
      status: left.size === 0 ? "restored" : blocked === left.size ? "blocked" : "failed",
      matched: outcome.matched,
      affected: tally.affected,
      gone: back,
      deleted: 0,
      changed: Math.min(back, tally.affected),
      minimised: 0,
      alreadyGone: Math.max(0, back - tally.affected),
      own: outcome.own,
      kept: 0,
      waiting: 0,
      blocked,
      failed: left.size - blocked,
      ...(tally.reason === undefined ? {} : { reason: tally.reason }),
      ...(left.size === 0 ? {} : { notBack: images.filter(({ key }) => left.has(key)).map(({ name }) => name) }),
      gaps: [],
      started: scope.started,
      finished: scope.now().toISOString(),
    });
  }
  return receipts;
}

/** `without`: images that stay where they are, by `imageRef`. What was done last is given back first: parents before children. */
function unitOf({ unit, plan, parts, trails }: RestoredUnit, without: ReadonlySet<string>): Unit {
  const works = parts.toReversed().flatMap(({ step, images }): readonly Work[] => {
    const { rule } = step.target.changes;
    const mine = images.filter(({ name }) => !without.has(imageRef(plan, step.step, name)));
    if (mine.length === 0) return [];
    const planned = new Map(step.records.map((record) => [record.key, record]));
    const change = {
      kind: "restore",
      ...(rule?.kind === "mark" ? { marker: rule.marker } : {}),
      images: new Map(mine.map(({ key, bytes }) => [key, bytes])),
    } as const;
    const records = mine.map(({ key }): PlannedRecord => ({
      key,
      fingerprint: "",
      subjects: planned.get(key)?.subjects ?? [],
    }));
    return [{ step: step.step, target: step.target, lookups: step.lookups, operations: [{ change, records }] }];
  });
  const own = works.length === 0 ? [] : trails.filter((head) => works.every(({ step }) => step !== head.step));
  return { id: unit, effect: "restore", works: [...works, ...own.flatMap(ownRowsOf)] };
}

/** Nothing of the trail is given back, but what our own statements add to it must be redacted as its rule says. */
function ownRowsOf({ step, target, lookups }: StepHead): readonly Work[] {
  const { rule } = target.changes;
  return rule === undefined ? [] : [{ step, target, lookups, operations: [{ change: rule, records: [] }] }];
}
