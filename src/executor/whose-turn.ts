/** Whom a unit that comes after others may take its turn for. */
import type { SealedStep } from "../model/plan.ts";
import type { StepOutcome, Unit } from "../model/change.ts";
import type { Receipt } from "../state/journal.ts";

/** How an attempt at a unit ended. */
interface Attempted {
  readonly done: boolean;
  readonly receipts: readonly Receipt[];
}

/** People of the request whose records wait; `everybody` where nobody can be told from another. */
export type Waiting = "everybody" | ReadonlySet<number>;

/**
 * Whose records were left undone by units that must have succeeded before: only they wait for another attempt. What the
 * plan itself left blocked holds nobody up.
 */
export function whoWaits(
  before: readonly (Attempted | undefined)[],
  sealed: readonly SealedStep[],
  people: number,
): Waiting {
  const waiting = new Set<number>();
  for (const result of before) {
    if (result?.done === true) continue;
    const receipts = result?.receipts ?? [];
    const undone = receipts.flatMap(({ step, people: counts }) => {
      const planned =
        sealed.find((one) => one.step === step)?.records.filter(({ disposition }) => disposition.kind === "blocked") ??
        [];
      return (counts ?? []).flatMap(({ blocked, failed }, person) => {
        const byPlan = planned.filter(({ subjects }) => subjects.includes(person)).length;
        return blocked + failed > byPlan ? [person] : [];
      });
    });
    // one person's request, a unit that was never tried, or numbers that do not agree
    const isUnclear = ({ people: counts, matched, affected, gone }: Receipt): boolean =>
      counts === undefined || matched !== affected || affected !== gone;
    if (people < 2 || undone.length === 0 || receipts.some(isUnclear)) return "everybody";
    for (const person of undone) waiting.add(person);
  }
  return waiting;
}

/** The unit without the records of those who wait. */
export function withoutThose(unit: Unit, waiting: ReadonlySet<number>): Unit {
  if (waiting.size === 0) return unit;
  const works = unit.works.map((work) => ({
    ...work,
    operations: work.operations.map((operation) => ({
      ...operation,
      records: operation.records.filter(({ subjects }) => !isTheirs(subjects, waiting)),
    })),
  }));
  return { ...unit, works };
}

/** What became of the whole unit: the records of those who wait are left for later. */
export function withThose(
  unit: Unit,
  waiting: ReadonlySet<number>,
  outcomes: readonly StepOutcome[],
): readonly StepOutcome[] {
  if (waiting.size === 0) return outcomes;
  return outcomes.map((outcome, at) => {
    const records = unit.works[at]?.operations.flatMap((operation) => operation.records) ?? [];
    const left = records.flatMap(({ key, subjects }) =>
      isTheirs(subjects, waiting) ? [{ key, kind: "blocked", reason: "not_its_turn" } as const] : [],
    );
    return { ...outcome, left: [...outcome.left, ...left] };
  });
}

function isTheirs(subjects: readonly number[], waiting: ReadonlySet<number>): boolean {
  return subjects.some((subject) => waiting.has(subject));
}
