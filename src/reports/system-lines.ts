/** What became of each record type, over all attempts and plans of the request. */
import { type Status, worst } from "../model/status.ts";
import type { Look, Story, Told } from "./story.ts";

/** One record type of one system. found = deleted + changed + unsorted + already_gone + kept + waiting + blocked + failed + untold. */
export type SystemLine = {
  readonly system: string;
  readonly record: string;
  readonly operation: string;
  readonly status: Status;
  readonly found: number;
  readonly matched: number;
  readonly affected: number;
  /** deleted + changed + unsorted. */
  readonly gone: number;
  readonly deleted: number;
  readonly changed: number;
  /** Of the changed ones: marked as deleted, and not brought back since. Only where the rule marks. */
  readonly hidden?: number;
  /** Of the changed ones: marked as deleted, and brought back since. Only where the rule marks. */
  readonly restored?: number;
  /** Of the deleted and changed ones: they can still be brought back. Only where a window was given. */
  readonly restorable?: number;
  /** Of the deleted and changed ones: brought back since. Only where a window was given. */
  readonly brought_back?: number;
  /** Gone, by an entry of version 0.1 that does not say whether deleted or changed. */
  readonly unsorted: number;
  readonly already_gone: number;
  /** Of those gone already: copies that went by themselves with what they were copies of. Only where there are any. */
  readonly followed?: number;
  /** Rows that the erasure itself added to an audit trail, redacted with it. */
  readonly own: number;
  readonly kept: number;
  /** Of the kept ones: all but the needed columns were cleared. */
  readonly minimised: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
  /** Planned in a run that was begun, and no entry tells what came of it: a run that was killed may have done it. */
  readonly untold: number;
  readonly reason: string | null;
  /** Attempts at the latest plan's step; 0 where it was planned and never begun. */
  readonly attempts: number;
  readonly connector: string | null;
  /** Of the first attempt that did something, else of the first. */
  readonly started: string;
  /** Of the last attempt that did something, else of the last. */
  readonly finished: string;
  readonly until: string | null;
  readonly law: readonly string[];
  readonly restricted: boolean;
  /** The last look at it; null where none is logged. */
  readonly verified: Verified | null;
};

type Verified = {
  /** Who looked: a `verify`, or the run itself, at the records that it had acted on. */
  readonly by: "verification" | "run";
  /** `pass`, `fail`, `unverifiable`, `not_searchable`. */
  readonly result: string;
  readonly residual: number;
  /** Of the kept ones: gone at that look, and not by this erasure. */
  readonly gone: number;
  readonly method: string;
  readonly reason: string | null;
  readonly at: string;
};

/** Outcomes that a later plan for the same record type does not undo. */
const EFFECTS: readonly Status[] = ["pseudonymised", "anonymised", "redacted", "deleted"];

export function systemLines(story: Story): readonly SystemLine[] {
  const told: readonly (Told & { readonly untold?: number })[] = [...story.results, ...neverTold(story)];
  return [...Map.groupBy(told, nameOf).values()].flatMap((all): readonly SystemLine[] => {
    const plans = [...Map.groupBy(all, ({ plan_digest, step }) => `${plan_digest}\n${step}`).values()].flatMap(
      (attempts) => planned(attempts),
    );
    const [last, first] = [plans.at(-1), all[0]];
    if (last === undefined || first === undefined) return [];
    const { system, record, operation, connector, until, law, restricted = false, untold = 0 } = last.last;
    // a later plan that had nothing to do here does not move the day of the deed
    const deeds = all.filter((one) => one.deleted + one.changed + one.unsorted + one.minimised + one.own > 0);
    const sum = (count: "matched" | "affected" | "own" | "deleted" | "changed" | "unsorted" | "alreadyGone"): number =>
      plans.reduce((total, plan) => total + plan[count], 0);
    const again = doneAgain(story, plans, first);
    const done = {
      deleted: sum("deleted") - again.deleted,
      changed: sum("changed") - again.changed,
      unsorted: sum("unsorted"),
      already_gone: sum("alreadyGone") - doneBefore(plans),
    };
    const whole = operation === "soft-delete" ? {} : wholeOf(story, all, done.deleted + done.changed, again.back);
    const marks = operation === "soft-delete" ? marksOf(story, plans, first) : undefined;
    // what is closed has seen them gone for good
    const goneSince = isClosed(story) ? (marks?.others ?? 0) : 0;
    const verified = verifiedBy(story.looks, last.last);
    const followed = Math.min(followedIn(story.looks, last.last), last.waiting - goneSince);
    done.already_gone += goneSince + followed;
    // one that was only marked by itself was purged by a step of its own
    const byItself = operation === "soft-delete" ? 0 : followed;
    const left = {
      kept: last.kept,
      waiting: last.waiting - (marks?.ours ?? 0) - goneSince - followed,
      blocked: last.blocked,
      failed: last.failed,
      untold,
    };
    // nothing waits any more but what counts where it was marked
    const isOver = last.waiting > 0 && left.waiting === 0;
    const { status: word, reason = null } = last.last;
    const ended = outcomeNow(word, operation, { ...whole, ...marks });
    return [
      {
        system,
        record,
        operation,
        status: worst([
          isOver && ended === "waiting" ? outcomeWithout(operation, { ...done, ...whole }) : ended,
          ...all.map(({ status }) => status).filter((status) => EFFECTS.includes(status)),
        ]),
        found: [...Object.values(done), ...Object.values(left)].reduce((total, count) => total + count, 0),
        matched: sum("matched") - again.deleted - again.changed,
        affected: sum("affected") - again.deleted - again.changed,
        gone: done.deleted + done.changed + done.unsorted,
        ...done,
        ...(byItself === 0 ? {} : { followed: byItself }),
        ...(marks === undefined ? {} : { hidden: marks.hidden, restored: marks.restored }),
        ...whole,
        own: sum("own"),
        ...left,
        minimised: last.last.minimised,
        reason:
          (isOver && (reason === "marked" || reason === "follows")) || (reason === "undo" && ended !== "residue")
            ? null
            : reason,
        attempts: last.last.attempt,
        connector,
        started: (deeds[0] ?? first).started,
        finished: (deeds.at(-1) ?? last.last).finished,
        until: until ?? null,
        law,
        restricted,
        verified,
      },
    ];
  });
}

/** One plan's step, over its attempts. */
interface PlannedStep {
  readonly last: Told & { readonly untold?: number };
  readonly matched: number;
  readonly affected: number;
  readonly own: number;
  readonly deleted: number;
  readonly changed: number;
  readonly unsorted: number;
  readonly alreadyGone: number;
  readonly asWanted: number;
  /** Of the waiting ones: marked as deleted before this plan, by whomever. */
  readonly markedBefore: number;
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
}

/**
 * An attempt tells what earlier ones of the same step did too, but for one that ended in a failure before it could look:
 * then what was seen gone before stays gone, and the rest is what that failure left.
 */
function planned(attempts: readonly PlannedStep["last"][]): readonly PlannedStep[] {
  const last = attempts.at(-1);
  const best = attempts.toSorted((a, b) => doneIn(a) - doneIn(b)).at(-1);
  if (last === undefined || best === undefined) return [];
  const {
    matched,
    affected,
    own,
    deleted,
    changed,
    unsorted,
    already_gone: alreadyGone,
    as_wanted: asWanted = 0,
  } = best;
  const { kept, waiting, blocked, failed, reason } = last;
  const markedBefore = Math.min(last.marked_before ?? (reason === "marked" ? waiting : 0), waiting);
  const effects = { last, matched, affected, own, deleted, changed, unsorted, alreadyGone, asWanted, markedBefore };
  if (best === last) return [{ ...effects, kept, waiting, blocked, failed }];
  const open = Math.max(last.found - doneIn(best) - kept - waiting, 0);
  return [{ ...effects, kept, waiting, blocked: Math.min(blocked, open), failed: open - Math.min(blocked, open) }];
}

/** Records that a plan found as wanted because an earlier one had changed them: they count where that was done. */
function doneBefore(plans: readonly PlannedStep[]): number {
  let [changed, again] = [0, 0];
  for (const plan of plans) {
    again += Math.min(plan.asWanted, changed);
    changed += plan.changed + plan.unsorted;
  }
  return again;
}

interface Marks {
  readonly hidden: number;
  readonly restored: number;
  /** Of the records that the latest plan found marked: those that this request had marked, which count where that was done. */
  readonly ours: number;
  readonly others: number;
}

/**
 * What became of marks, one plan and one undo after the other. A later plan looks anew: of what was hidden before it, what
 * it does not find marked is hidden no more. A record that was marked again after it had been brought back is hidden.
 */
function marksOf(story: Story, plans: readonly PlannedStep[], told: Told): Marks {
  let [hidden, restored, ours, others] = [0, 0, 0, 0];
  for (const turn of turnsOf(story, plans, told))
    if ("plan" in turn) {
      const { markedBefore, changed } = turn.plan;
      ours = Math.min(markedBefore, hidden);
      others = markedBefore - ours;
      hidden = ours + changed;
      restored = Math.max(0, restored - changed);
    } else {
      hidden = Math.max(0, hidden - turn.back);
      restored += turn.back;
    }
  return { hidden, restored, ours, others };
}

/** Plans of a record type, and what undos brought back of it, in their order. */
function turnsOf(
  story: Pick<Story, "undone">,
  plans: readonly PlannedStep[],
  told: Told,
): readonly ({ readonly place: number } & ({ readonly plan: PlannedStep } | { readonly back: number }))[] {
  const backs = backsOf(story, nameOf(told));
  return [...plans.map((plan) => ({ place: plan.last.place, plan })), ...backs].toSorted((a, b) => a.place - b.place);
}

/** What each undo brought back of a record type. */
export function backsOf(
  { undone }: Pick<Story, "undone">,
  name: string,
): readonly { readonly place: number; readonly back: number }[] {
  return undone.map(({ place, steps }) => ({
    place,
    back: steps.reduce((sum, step) => sum + (nameOf(step) === name ? step.restored : 0), 0),
  }));
}

/**
 * Records that were done, brought back and done once more are the same records: they count once. `back`: those that are
 * back still. Which of them were deleted and which changed no entry of an undo tells.
 */
function doneAgain(
  story: Story,
  plans: readonly PlannedStep[],
  told: Told,
): { readonly deleted: number; readonly changed: number; readonly back: number } {
  let [deleted, changed, back] = [0, 0, 0];
  for (const turn of turnsOf(story, plans, told))
    if ("plan" in turn) {
      const again = Math.min(back, turn.plan.deleted + turn.plan.changed);
      const removed = Math.min(again, turn.plan.deleted);
      deleted += removed;
      changed += again - removed;
      back -= again;
    } else back += turn.back;
  return { deleted, changed, back };
}

/** Whether undos brought back, of every record type, as many records as any run removed, changed or minimised. */
export function isGivenBack(story: Story): boolean {
  if (story.undone.length === 0 || neverTold(story).some(({ untold }) => untold > 0)) return false;
  return [...Map.groupBy(story.results, nameOf)].every(([name, all]) => {
    const steps = Map.groupBy(all, ({ plan_digest, step }) => `${plan_digest}\n${step}`).values();
    const done = [...steps].reduce(
      (sum, attempts) =>
        sum +
        Math.max(
          ...attempts.map(({ deleted, changed, unsorted, minimised }) => deleted + changed + unsorted + minimised),
        ),
      0,
    );
    return done <= backsOf(story, name).reduce((sum, { back }) => sum + back, 0);
  });
}

function isClosed({ completed }: Story): boolean {
  return completed.some(({ state }) => state === "closed");
}

/** What was removed or changed and kept to be brought back: until the ledger says that it is destroyed. */
function wholeOf(
  story: Story,
  all: readonly Told[],
  done: number,
  back: number,
): Pick<SystemLine, "restorable" | "brought_back"> {
  const kept = all.filter(({ residue }) => residue.some(({ mechanism }) => mechanism === "undo"));
  if (kept.length === 0) return {};
  const restored = Math.min(done, back);
  const last = kept.at(-1)?.place ?? 0;
  const isOver = story.completed.length > 0 || story.windowsEnded.some(({ place }) => place > last);
  return { restorable: isOver ? 0 : done - restored, brought_back: restored };
}

/** What was kept or hidden is brought back since; or it cannot be any more: when its day has come it is gone. */
function outcomeNow(
  told: Status,
  operation: string,
  {
    restorable = 0,
    brought_back: back = 0,
    hidden = 0,
    restored = 0,
  }: Partial<Pick<SystemLine, "restorable" | "brought_back" | "hidden" | "restored">>,
): Status {
  if (told === "soft_deleted" && hidden === 0 && restored > 0) return "restored";
  if (told !== "residue" || restorable > 0) return told;
  return back > 0 ? "restored" : outcomeOf(operation);
}

/** As which a line ends once nothing waits in it any more: as what was done beside. */
function outcomeWithout(
  operation: string,
  {
    deleted,
    changed,
    restorable = 0,
    brought_back: back = 0,
  }: Pick<SystemLine, "deleted" | "changed"> & Partial<Pick<SystemLine, "restorable" | "brought_back">>,
): Status {
  if (restorable > 0) return "residue";
  if (back > 0) return "restored";
  if (operation === "soft-delete") return changed > 0 ? "soft_deleted" : "already_gone";
  return deleted + changed > 0 ? outcomeOf(operation) : "already_gone";
}

/** As which a step ends of which nothing can be brought back any more. */
function outcomeOf(operation: string): Status {
  if (operation === "anonymise") return "anonymised";
  return operation === "redact" || operation === "unlink" ? "redacted" : "deleted";
}

function doneIn({ deleted, changed, unsorted, already_gone }: Told): number {
  return deleted + changed + unsorted + already_gone;
}

/** Steps of plans that were begun which no attempt tells of, and no later plan took over: whether they were done nobody knows. */
function neverTold({ begun, results }: Story): readonly (Told & { readonly untold: number })[] {
  const steps = begun.flatMap(({ place, at, plan_digest, steps: listed = [] }) =>
    listed.map((step) => ({ ...step, place, at, plan_digest })),
  );
  const latest = new Map(steps.map((step) => [nameOf(step), step]));
  return [...latest].flatMap(([name, { place, at, plan_digest, act, reason, status, ...step }]) => {
    const told = results.some(
      (result) => nameOf(result) === name && (result.plan_digest === plan_digest || result.place > place),
    );
    const none = {
      matched: 0,
      affected: 0,
      gone: 0,
      deleted: 0,
      changed: 0,
      unsorted: 0,
      already_gone: 0,
      own: 0,
      minimised: 0,
      failed: 0,
    };
    // a reason is of the records that wait: the plan gives none for what it acts on
    const why = act > 0 && step.waiting + step.kept + step.blocked === 0 ? "not_told" : reason;
    return told
      ? []
      : [
          {
            ...none,
            ...step,
            request: "",
            plan_digest,
            place,
            attempt: 0,
            untold: act,
            status: act > 0 ? worst([status, "waiting"]) : status,
            ...(why === undefined ? {} : { reason: why }),
            law: [],
            gaps: [],
            residue: [],
            connector: null,
            started: at,
            finished: at,
          },
        ];
  });
}

/** Copies that the last look after this saw gone by themselves. */
function followedIn(looks: readonly Look[], last: Told): number {
  const seen = looks.findLast(
    ({ place, checks }) => place > last.place && checks.some((check) => nameOf(check) === nameOf(last)),
  );
  return seen?.checks.find((check) => nameOf(check) === nameOf(last))?.followed ?? 0;
}

/** The later of the two: a verification, or the second look of the attempt itself. */
function verifiedBy(looks: readonly Look[], last: Told): Verified | null {
  const [seen] = looks
    .flatMap(({ place, checks }) => checks.map((check) => ({ place, check })))
    .filter(({ check }) => nameOf(check) === nameOf(last))
    .slice(-1);
  const { verification: again } = last;
  if (seen !== undefined && (again === undefined || seen.place > last.place)) {
    const { result, residual, gone = 0, method, reason = null, at } = seen.check;
    return { by: "verification", result, residual, gone, method, reason, at };
  }
  return again === undefined
    ? null
    : {
        by: "run",
        result: again.residual === 0 ? "pass" : "fail",
        residual: again.residual,
        gone: 0,
        method: again.method,
        reason: null,
        at: again.at,
      };
}

export function nameOf({ system, record }: { readonly system: string; readonly record: string }): string {
  return JSON.stringify([system, record]);
}
