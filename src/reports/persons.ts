/** What came of each person of a batch, over all systems: one held or failed person never hides another. */
import type { Story, Told } from "./story.ts";
import { nameOf } from "./system-lines.ts";

/** A record of several people counts for each of them. found = done + already_gone + kept + waiting + blocked + failed. */
export type PersonCounts = {
  /** Place in the request, from 1; never a pseudonym. */
  readonly person: number;
  readonly found: number;
  /** Erased or changed, as the rule says. */
  readonly done: number;
  readonly already_gone: number;
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
};

type Counts = Omit<PersonCounts, "person" | "found">;

export function personCounts({ results }: Story): readonly PersonCounts[] {
  const people = new Map<number, Counts>();
  for (const attempts of Map.groupBy(results, nameOf).values()) {
    const plans = [...Map.groupBy(attempts, ({ plan_digest, step }) => `${plan_digest}\n${step}`).values()];
    for (const [at, plan] of plans.entries()) {
      const persons = new Set(plan.flatMap(({ people: told = [] }) => told.map(({ person }) => person)));
      for (const person of persons) add(people, person, ofPerson(plan, person), at === plans.length - 1);
    }
  }
  return [...people]
    .map(([person, counts]) => ({
      person,
      found: Object.values(counts).reduce((sum, count) => sum + count, 0),
      ...counts,
    }))
    .toSorted((a, b) => a.person - b.person);
}

/** What is done in a plan's step stays done; what is left is what its last attempt left of it. */
function ofPerson(attempts: readonly Told[], person: number): Counts {
  const mine = attempts.flatMap(({ people = [] }) => people.filter((one) => one.person === person));
  const last = mine.at(-1);
  const best = mine.toSorted((a, b) => a.done + a.already_gone - (b.done + b.already_gone)).at(-1);
  if (last === undefined || best === undefined)
    return { done: 0, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 };
  const { done, already_gone } = best;
  const { kept, waiting, blocked, failed } = last;
  const open = Math.max(last.done + last.already_gone + blocked + failed - done - already_gone, 0);
  return { done, already_gone, kept, waiting, blocked: Math.min(blocked, open), failed: Math.max(open - blocked, 0) };
}

/** What an earlier plan left is found again by the next one, or is left by nobody any more. */
function add(people: Map<number, Counts>, person: number, counts: Counts, latest: boolean): void {
  const known = people.get(person) ?? { done: 0, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 };
  const left = (name: "kept" | "waiting" | "blocked" | "failed"): number => known[name] + (latest ? counts[name] : 0);
  people.set(person, {
    done: known.done + counts.done,
    already_gone: known.already_gone + counts.already_gone,
    kept: left("kept"),
    waiting: left("waiting"),
    blocked: left("blocked"),
    failed: left("failed"),
  });
}
