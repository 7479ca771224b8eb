/** What an attempt at a step came to, from what the eraser said and what a second look saw. */
import type { Failure } from "../errors.ts";
import { EXIT } from "../errors.ts";
import { joinAsserted } from "../model/assertion.ts";
import { AssertionChanged } from "../port/assertion-changed.ts";
import type { Left, Residue, StepOutcome, Work } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { PlanStep, SealedStep } from "../model/plan.ts";
import { keepsWhole, type Restorable } from "../model/pre-image.ts";
import type { Gap } from "../model/search.ts";
import type { Stamp } from "../model/marker.ts";
import { type Status, worst } from "../model/status.ts";
import { type Tally, tallyOf } from "../model/tally.ts";
import { typesById } from "../planner/deciding.ts";
import { isFollowing } from "../planner/follows.ts";
import { isMarkedBefore, statusOf } from "../planner/plan.ts";
import { holdsOf } from "../planner/under-legal-hold.ts";
import { lastDay, purgeDay } from "../retention/purge-day.ts";
import { windowEnd } from "../retention/restore-window.ts";
import type { PersonCounts, Receipt } from "../state/journal.ts";
import { minimisedCount, minimisedKeys, plannedCount } from "./unit-work.ts";

/** What an eraser says of a record that is there, and in which nothing is left to do. */
const AS_WANTED = "as_wanted";

/** A step that was tried, and what is known of the attempt beside its outcome. */
export interface Tried {
  readonly plan: string;
  readonly map: DataMap;
  readonly step: PlanStep;
  readonly sealed: SealedStep;
  readonly work: Work;
  /** People of the request; per-person counts are made for more than one. */
  readonly people: number;
  readonly gaps: readonly Gap[];
  /** What the system keeps for now, dated from the day of the deed. */
  readonly residue: readonly Residue[];
  /** What its marks bear. */
  readonly stamp: Stamp;
  readonly started: string;
  readonly finished: string;
  /** Keyed digest of a record's key: tells records apart and says nothing. */
  digest(key: string): string;
}

/** Planned records that are not as they should be, read again: those to act on, and those to minimise. */
export interface NotGone {
  readonly acted: number;
  readonly minimised: number;
}

export const ALL_GONE: NotGone = { acted: 0, minimised: 0 };

/** What an outcome and the second look say together. */
export function receiptOf(tried: Tried, outcome: StepOutcome, left: NotGone): Receipt {
  const { step, work } = tried;
  const tally = tallyOf(outcome);
  const acted = plannedCount(work) - minimisedCount(work);
  const stay = outcome.left.filter(
    (one) => one.kind === "already_gone" || one.kind === "kept" || one.kind === "waiting",
  );
  const unminimised = minimisedKeys(work);
  const stayed = stay.filter(({ key }) => !unminimised.has(key));
  // kept, and nothing in it left to clear
  const asWanted = stay.filter(({ key, reason: why }) => unminimised.has(key) && why === AS_WANTED).length;
  // to be minimised, and left whole for a legal hold that has come since: they count in `kept` already
  const whole = stay.filter(({ key, kind }) => unminimised.has(key) && kind === "kept").length;
  // to be acted on, there, and as wanted: somebody did it before, an earlier plan of this request for one
  const before = stayed.filter(({ kind, reason: why }) => kind === "already_gone" && why === AS_WANTED).length;
  // what stays is rightly not gone; whatever else is still there the eraser has to have said
  const still = left.acted - stayed.filter(({ kind }) => kind !== "already_gone").length;
  const gone = acted - stayed.length - still;
  const agree = outcome.matched === tally.affected && tally.affected === gone && left.minimised === whole;
  const worse = tally.reason ?? (agree ? undefined : disagreement(outcome.matched, tally.affected, gone));
  const restorable = restorableIn(tried, outcome);
  // only what is seen to be gone counts as deleted or changed
  const doubtful = Math.max(0, tally.affected - gone);
  const deleted = Math.max(0, outcome.deleted - doubtful);
  const changed = Math.max(0, outcome.changed - Math.max(0, doubtful - outcome.deleted));
  const failed = Math.max(tally.failed, acted - deleted - changed - stayed.length - tally.blocked);
  const late = outcome.left.filter(({ kind }) => kind === "kept" || kind === "waiting");
  const status = outcomeStatus(tried, {
    ...tally,
    alreadyGone: tally.alreadyGone - asWanted,
    asWanted: before,
    failed,
    agree,
    own: outcome.own,
    restorable: restorable?.count ?? 0,
  });
  const reason = worse ?? (status === "residue" ? "undo" : undefined);
  // words of a hold or condition are those of its own reason: what failed beside it has another
  const own = (why: string | undefined): boolean => reason === undefined || why === reason;
  const says =
    late.find((one) => one.says !== undefined && own(one.reason))?.says ?? (own(step.reason) ? step.says : undefined);
  return {
    ...aboutAttempt(tried),
    status,
    matched: outcome.matched,
    affected: tally.affected,
    gone,
    deleted,
    changed,
    minimised: outcome.minimised + asWanted,
    alreadyGone: tally.alreadyGone - asWanted,
    ...(before === 0 ? {} : { asWanted: before }),
    own: outcome.own,
    kept: step.kept + tally.kept - whole,
    waiting: step.waiting + tally.waiting,
    blocked: step.blocked + tally.blocked,
    // planned records of which nobody said anything are no success
    failed,
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
    ...(restorable === undefined ? {} : { restorable }),
    ...(restorable === undefined || step.kept > 0 ? {} : { until: restorable.until }),
    ...marksOf(tried, outcome, changed),
    ...(late.length === 0 ? {} : { late: late.map(({ key }) => tried.digest(key)) }),
    ...holdsOf([step, ...late]),
    ...lateUntil(
      step,
      late.filter(({ kind }) => kind === "kept"),
    ),
    ...(outcome.asserted === undefined ? {} : { asserted: outcome.asserted }),
    ...(tried.people > 1 ? { people: peopleOf(tried, outcome.left) } : {}),
  };
}

/** What was removed, changed or minimised and is kept to be put back. */
function restorableIn(
  { work: { target }, map, stamp }: Tried,
  { deleted, changed, minimised }: StepOutcome,
): Restorable | undefined {
  const { restoreWindow } = target.record;
  const count = deleted + changed + minimised;
  if (restoreWindow === undefined || count === 0 || !keepsWhole(target)) return undefined;
  return { count, until: windowEnd(restoreWindow, stamp.at, map.controller.calendar.timezone) };
}

/** The plan does not know the end of what is held only since. */
function lateUntil({ kept, until }: PlanStep, late: readonly Left[]): Pick<Receipt, "until"> {
  if (late.length === 0) return {};
  const ends = [...(kept > 0 ? [until] : []), ...late.map((one) => one.until)];
  const known = ends.flatMap((end) => end ?? []);
  return { until: known.length < ends.length ? null : (known.toSorted().at(-1) ?? null) };
}

/** What of a step is marked as deleted by now, until when, and what somebody else kept us from marking. */
function marksOf(
  { step, sealed, map, work, stamp, digest }: Tried,
  { left }: StepOutcome,
  changed: number,
): Pick<Receipt, "marked" | "markedUntil" | "until" | "notMarked"> {
  const marking = marksIn(work);
  const not = left.filter(({ key }) => marking.has(key));
  const { timezone } = map.controller.calendar;
  const { record } = work.target;
  const days = [
    ...(changed === 0 ? [] : [purgeDay(record, stamp.at, timezone)]),
    // a copy that is marked by itself is marked with what the run marks, and has a day of its own
    ...(record.follows?.replays === "soft_delete"
      ? sealed.records.flatMap(({ disposition }) =>
          isFollowing(disposition) ? [purgeDay(record, stamp.at, timezone)] : [],
        )
      : []),
    ...sealed.records.flatMap(({ disposition }) =>
      disposition.kind === "waiting" && isMarkedBefore(disposition) ? [disposition.until] : [],
    ),
  ];
  const last = lastDay(days);
  const markedUntil = days.length === 0 ? {} : { markedUntil: last ?? null };
  if (marking.size === 0) return markedUntil;
  const until = step.kept > 0 ? step.until : last;
  return {
    ...markedUntil,
    // whatever else is changed in the step is not marked
    marked: Math.min(changed, marking.size),
    ...(until === undefined ? {} : { until }),
    ...(not.length === 0 ? {} : { notMarked: not.map(({ key }) => digest(key)) }),
  };
}

/** Keys of the records that are to be marked as deleted. */
export function marksIn({ operations }: Work): ReadonlySet<string> {
  return new Set(
    operations.flatMap(({ change, also = [], records }) =>
      [change, ...also.map((one) => one.change)].some(({ kind }) => kind === "mark")
        ? records.map(({ key }) => key)
        : [],
    ),
  );
}

/** The attempt ended in a failure of the system as a whole: what was planned is still to be done, as far as anybody knows. */
export function failedReceipt(tried: Tried, failure: Failure): Receipt {
  const { step, work } = tried;
  const open = plannedCount(work) - minimisedCount(work);
  const blocks = failure.exit === EXIT.unreachable || failure.code === "BLOCKED";
  const reason = failure.code === "BLOCKED" ? failure.message : failure.code;
  const unresolved: Left[] = work.operations.flatMap(({ records }) =>
    records.map(({ key }) => ({ key, kind: blocks ? "blocked" : "failed", reason }) as const),
  );
  return {
    ...aboutAttempt(tried),
    status: open > 0 ? (blocks ? "blocked" : "failed") : step.status,
    matched: 0,
    affected: 0,
    gone: 0,
    deleted: 0,
    changed: 0,
    minimised: 0,
    alreadyGone: 0,
    own: 0,
    kept: step.kept,
    waiting: step.waiting,
    blocked: step.blocked + (blocks ? open : 0),
    failed: blocks ? 0 : open,
    reason,
    ...(failure instanceof AssertionChanged
      ? { says: failure.says, asserted: failure.asserted }
      : step.says === undefined || step.reason !== reason
        ? {}
        : { says: step.says }),
    ...holdsOf([step]),
    ...(tried.people > 1 ? { people: peopleOf(tried, unresolved) } : {}),
  };
}

/** Receipts of a unit's steps, each of its parts, one after the other. */
export interface Joining {
  /** `made`: of a part. What the plan itself left alone counts once: it is in `planned` for the first part alone. */
  add(step: string, made: (planned: { readonly step: PlanStep }) => Receipt): void;
  /** One a step. */
  all(): readonly Receipt[];
}

export function joining(stepOf: (id: string) => PlanStep): Joining {
  const receipts = new Map<string, Receipt>();
  return {
    add(id, made) {
      const step = stepOf(id);
      const before = receipts.get(id);
      receipts.set(
        id,
        before === undefined
          ? made({ step })
          : joined(before, made({ step: { ...step, kept: 0, waiting: 0, blocked: 0 } }), endOfPlan(step)),
      );
    },
    all: () => [...receipts.values()],
  };
}

/** When what the plan itself left alone ends. null: nobody knows. Undefined: it left nothing that ends. */
function endOfPlan({ kept, marked = 0, until }: PlanStep): Receipt["until"] {
  return kept > 0 ? (until ?? null) : marked > 0 ? until : undefined;
}

/** Two parts of a step. The reason is that of the worse one. `planned`: the end of what the plan itself left alone. */
function joined(one: Receipt, other: Receipt, planned: Receipt["until"]): Receipt {
  const status = worst([one.status, other.status]);
  const [worse, better] = one.status === status ? [one, other] : [other, one];
  // a reason and its words are of one part
  const { reason, says = worse.reason === better.reason ? better.says : undefined } =
    worse.reason === undefined && better.reason !== undefined ? better : worse;
  const late = [...(one.late ?? []), ...(other.late ?? [])];
  const asWanted = (one.asWanted ?? 0) + (other.asWanted ?? 0);
  const marked = (one.marked ?? 0) + (other.marked ?? 0);
  const asserted = joinAsserted(one.asserted, other.asserted);
  const notMarked = [...(one.notMarked ?? []), ...(other.notMarked ?? [])];
  const { reason: _, says: __, late: ___, asWanted: ____, people, ...first } = one;
  return {
    ...first,
    status,
    matched: one.matched + other.matched,
    affected: one.affected + other.affected,
    gone: one.gone + other.gone,
    deleted: one.deleted + other.deleted,
    changed: one.changed + other.changed,
    minimised: one.minimised + other.minimised,
    alreadyGone: one.alreadyGone + other.alreadyGone,
    ...(asWanted === 0 ? {} : { asWanted }),
    own: one.own + other.own,
    kept: one.kept + other.kept,
    waiting: one.waiting + other.waiting,
    blocked: one.blocked + other.blocked,
    failed: one.failed + other.failed,
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
    ...(one.marked === undefined && other.marked === undefined ? {} : { marked }),
    ...(notMarked.length === 0 ? {} : { notMarked }),
    ...lastMark(one, other),
    ...restorableOf(one, other),
    // a part that says nothing of it means the plan's word
    ...(one.until === undefined && other.until === undefined
      ? {}
      : laterEnd(laterEnd(one.until, other.until).until, planned)),
    ...holdsOf([one, other]),
    ...(late.length === 0 ? {} : { late }),
    ...(asserted === undefined ? {} : { asserted }),
    ...(people === undefined ? {} : { people: people.map((mine, person) => plus(mine, other.people?.[person])) }),
  };
}

function lastMark({ markedUntil: one }: Receipt, { markedUntil: other }: Receipt): Pick<Receipt, "markedUntil"> {
  const { until } = laterEnd(one, other);
  return until === undefined ? {} : { markedUntil: until };
}

function restorableOf({ restorable: one }: Receipt, { restorable: other }: Receipt): Pick<Receipt, "restorable"> {
  if (one === undefined || other === undefined) {
    const restorable = one ?? other;
    return restorable === undefined ? {} : { restorable };
  }
  return {
    restorable: { count: one.count + other.count, until: one.until > other.until ? one.until : other.until },
  };
}

/** null: nobody knows it of one of them. Absent: the part has nothing that ends. */
function laterEnd(one: Receipt["until"], other: Receipt["until"]): Pick<Receipt, "until"> {
  if (one === undefined || other === undefined) {
    const until = one ?? other;
    return one === null || other === null ? { until: null } : until === undefined ? {} : { until };
  }
  return { until: one === null || other === null ? null : one > other ? one : other };
}

function plus(one: PersonCounts, other: PersonCounts | undefined): PersonCounts {
  if (other === undefined) return one;
  const asWanted = (one.asWanted ?? 0) + (other.asWanted ?? 0);
  return {
    done: one.done + other.done,
    alreadyGone: one.alreadyGone + other.alreadyGone,
    kept: one.kept + other.kept,
    waiting: one.waiting + other.waiting,
    blocked: one.blocked + other.blocked,
    failed: one.failed + other.failed,
    ...(asWanted === 0 ? {} : { asWanted }),
  };
}

/** What every receipt of an attempt says of where and when. The journal numbers it. */
function aboutAttempt({ plan, step, gaps, residue, started, finished }: Tried) {
  return {
    plan,
    step: step.id,
    system: step.system,
    record: step.record,
    attempt: 0,
    gaps,
    residue,
    started,
    finished,
  };
}

/** Whether nothing is left that another attempt could do. What the plan itself left blocked is none of its business. */
export function isDone({ status, matched, affected, gone, failed, blocked }: Receipt, step: PlanStep): boolean {
  return status !== "failed" && failed === 0 && blocked === step.blocked && matched === affected && affected === gone;
}

function disagreement(matched: number, affected: number, gone: number): string {
  if (affected !== gone) return "affected_not_gone";
  return matched === affected ? "not_minimised" : "matched_not_affected";
}

/** One entry a person, in the request's order: what came of the records that are theirs. */
function peopleOf({ sealed, people }: Tried, left: readonly Left[]): readonly PersonCounts[] {
  const counts = Array.from({ length: people }, () => ({
    done: 0,
    alreadyGone: 0,
    asWanted: 0,
    kept: 0,
    waiting: 0,
    blocked: 0,
    failed: 0,
  }));
  const leftBy = new Map(left.map((one) => [one.key, one]));
  for (const { key, subjects, disposition } of sealed.records) {
    const why = leftBy.get(key);
    const name = nameOf(disposition.kind, why?.kind);
    for (const subject of subjects) {
      const mine = counts[subject];
      if (mine === undefined) continue;
      mine[name] += 1;
      if (name === "alreadyGone" && why?.reason === AS_WANTED) mine.asWanted += 1;
    }
  }
  return counts.map(({ asWanted, ...mine }) => (asWanted === 0 ? mine : { ...mine, asWanted }));
}

function nameOf(
  disposition: SealedStep["records"][number]["disposition"]["kind"],
  left: Left["kind"] | undefined,
): keyof PersonCounts {
  if (disposition !== "act") return disposition;
  if (left === undefined) return "done";
  return left === "already_gone" ? "alreadyGone" : left;
}

/** What came of the records acted on, and what the plan left alone. */
function outcomeStatus(
  { step, sealed, map, work }: Tried,
  tally: Tally & {
    readonly agree: boolean;
    readonly own: number;
    readonly asWanted: number;
    readonly restorable: number;
  },
): Status {
  const statuses: Status[] = [];
  if (tally.blocked > 0) statuses.push("blocked");
  if (tally.failed > 0 || (!tally.agree && tally.blocked === 0)) statuses.push("failed");
  if (step.kept + tally.kept > 0) statuses.push("kept");
  if (step.waiting + tally.waiting > 0) statuses.push("waiting");
  if (step.blocked > 0) statuses.push("blocked");
  if (step.status === "not_checked") statuses.push("not_checked");
  const types = typesById(map);
  const record = types.get(work.target.record.id);
  const acted = sealed.records.filter(({ disposition }) => disposition.kind === "act");
  if (tally.affected + tally.asWanted > 0 && record !== undefined)
    for (const { disposition } of acted) statuses.push(statusOf(types, record, disposition));
  // what can be brought back is not gone
  if (tally.restorable > 0) statuses.push("residue");
  if (tally.own > 0 && record !== undefined && tally.affected === 0)
    statuses.push(statusOf(types, record, { kind: "act", change: "rule" }));
  if (tally.alreadyGone > tally.asWanted) statuses.push("already_gone");
  return worst(statuses);
}
