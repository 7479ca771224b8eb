/** What came of each person of a batch, over all systems: one held or failed person never hides another. */
import type { Story, Told } from "./story.ts";
import { backsOf, nameOf, type SystemLine } from "./system-lines.ts";

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

/** What came of a person in one plan's step. `as_wanted`: of those gone already, what is there and as wanted. */
type OfStep = Counts & { readonly as_wanted: number };

export function personCounts(
  story: Pick<Story, "results" | "undone">,
  systems: readonly SystemLine[],
): readonly PersonCounts[] {
  const people = new Map<number, Counts>();
  for (const [name, attempts] of Map.groupBy(story.results, nameOf)) {
    const plans = [...Map.groupBy(attempts, ({ plan_digest, step }) => `${plan_digest}\n${step}`).values()];
    const backs = backsOf(story, name);
    const line = systems.find((one) => nameOf(one) === name);
    const done = new Map<number, number>();
    let doneAgain = 0;
    for (const [at, plan] of plans.entries()) {
      const last = plan.at(-1)?.place ?? 0;
      // whose they are that came back no entry tells: of each person as many as were done before, and now once more
      const back = backs.reduce((sum, one) => sum + (one.place < last ? one.back : 0), 0) - doneAgain;
      const persons = new Set(plan.flatMap(({ people: told = [] }) => told.map(({ person }) => person)));
      for (const person of persons) {
        const counts = ofPerson(plan, person);
        const before = done.get(person) ?? 0;
        const again = Math.min(back, before, counts.done);
        const latest = at === plans.length - 1;
        const since = latest ? waitedFor(line, counts, before) : {};
        const fresh = { ...counts, ...since, done: counts.done - again };
        add(people, person, fresh, { doneBefore: before, latest });
        done.set(person, before + fresh.done);
      }
      doneAgain += Math.min(back, Math.max(...plan.map(({ deleted, changed }) => deleted + changed)));
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

/** Where nothing of a line waits any more: it was seen gone since, but for what this request had marked, which counts as done. */
function waitedFor(
  line: SystemLine | undefined,
  { waiting, already_gone }: OfStep,
  before: number,
): Pick<Counts, "waiting" | "already_gone"> {
  if (line === undefined || line.waiting > 0) return { waiting, already_gone };
  const ours = line.hidden === undefined ? 0 : Math.min(waiting, before);
  return { waiting: 0, already_gone: already_gone + waiting - ours };
}

/** What is done in a plan's step stays done; what is left is what its last attempt left of it. */
function ofPerson(attempts: readonly Told[], person: number): OfStep {
  const mine = attempts.flatMap(({ people = [] }) => people.filter((one) => one.person === person));
  const last = mine.at(-1);
  const best = mine.toSorted((a, b) => a.done + a.already_gone - (b.done + b.already_gone)).at(-1);
  if (last === undefined || best === undefined)
    return { done: 0, already_gone: 0, as_wanted: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 };
  const { done, already_gone, as_wanted = 0 } = best;
  const { kept, waiting, blocked, failed } = last;
  const open = Math.max(last.done + last.already_gone + blocked + failed - done - already_gone, 0);
  const left = { kept, waiting, blocked: Math.min(blocked, open), failed: Math.max(open - blocked, 0) };
  return { done, already_gone, as_wanted, ...left };
}

/**
 * What an earlier plan left is found again by the next one, or is left by nobody any more; what it changed and the next one
 * finds as wanted counts where it was done.
 */
function add(
  people: Map<number, Counts>,
  person: number,
  { as_wanted, ...counts }: OfStep,
  { doneBefore, latest }: { readonly doneBefore: number; readonly latest: boolean },
): void {
  const known = people.get(person) ?? { done: 0, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 };
  const left = (name: "kept" | "waiting" | "blocked" | "failed"): number => known[name] + (latest ? counts[name] : 0);
  people.set(person, {
    done: known.done + counts.done,
    already_gone: known.already_gone + counts.already_gone - Math.min(as_wanted, doneBefore),
    kept: left("kept"),
    waiting: left("waiting"),
    blocked: left("blocked"),
    failed: left("failed"),
  });
}
