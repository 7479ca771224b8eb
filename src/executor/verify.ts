import { EXIT, type ExitCode, Failure, FAILURES, isFailureCode } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Plan, PlanStep, SealedStep } from "../model/plan.ts";
import type { DueSelection, Finding, Gap, Located, Lookup, PlannedGap, Site, Target } from "../model/search.ts";
import type { Change } from "../model/rule-change.ts";
import type { RequestState } from "../model/status.ts";
import { isMarkedBefore } from "../planner/plan.ts";
import type { Subject } from "../model/subject.ts";
import { resolveIdentifiers } from "../planner/identities.ts";
import { foundRecords } from "../planner/found-records.ts";
import { locateOne, searchOrder } from "../planner/locate.ts";
import { beginSearch, mergeLookups, type Searching, searchesFor } from "../planner/lookups.ts";
import { sameSite, sitesOnce } from "../planner/sites.ts";
import { noStops } from "../planner/stops.ts";
import type { Readers } from "../planner/readers.ts";
import { purgedType } from "../planner/due-rules.ts";
import { identitySources, leadingColumns, recordTypes, targetOf } from "../planner/targets.ts";
import { toldFinding, valuesIn, valuesOf } from "../planner/told.ts";
import { purgeDay } from "../retention/purge-day.ts";
import { reasonWords } from "../model/words.ts";
import { civilDateOf } from "../model/civil-date.ts";
import type { Receipt } from "../state/journal.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import { notTheirs } from "./not-theirs.ts";
import { blindSpots, emptiedByUs, findingOf } from "./blind-spots.ts";
import { followedNow, sourcesNow } from "./followed.ts";
import { gapsOf } from "./run-unit.ts";
import { workOf } from "./unit-work.ts";

export type CheckResult = "pass" | "fail" | "unverifiable" | "not_searchable";

/** One record type, looked at again. */
export interface Check {
  readonly [key: string]: string | number | null | undefined;
  readonly system: string;
  readonly record: string;
  readonly result: CheckResult;
  /** Records that should have gone or changed and have not, or that are there again. */
  readonly residual: number;
  readonly method: string;
  /** Instant, UTC. */
  readonly at: string;
  readonly reason?: string;
  /** What the plan or the run left alone, where it left any, with the words of the hold or condition. */
  readonly kept?: number;
  readonly waiting?: number;
  /** Marked as deleted by the run, and there still. */
  readonly marked?: number;
  readonly blocked?: number;
  readonly failed?: number;
  readonly says?: string;
  readonly until?: string;
}

/** What was found and cannot be acted on. */
export interface SeenGap extends Gap {
  readonly system: string;
  readonly record: string;
}

export interface VerifyScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly steps: PlannedSteps;
  /** Of each step the last one. */
  readonly receipts: readonly Receipt[];
  /** Steps of earlier plans that were begun, not done whole, and are in no later plan. */
  readonly unfinished: readonly Unfinished[];
  readonly subjects: readonly Subject[];
  /** Fresh connections; what they report is added to `reported`. */
  readonly readers: Readers;
  readonly reported: Finding[];
  readonly plannedGaps: readonly PlannedGap[];
  /** Keyed digest of a record's key, as in receipts. */
  digest(key: string): string;
  /** Whether an undo since the plan gave this record back, by `system.record` and the digest of its key: then it is to be as it was. */
  givenBack(record: string, name: string): boolean;
  now(): Date;
  readonly followBy: FollowBy;
}

/** Until when a copy that follows by itself may be behind: what the run did, and what has gone for good since on its day. Undefined: without end. */
export interface FollowBy {
  readonly run: Date | undefined;
  readonly purge: Date;
}

type Unfinished = Pick<Receipt, "system" | "record" | "reason" | "says" | "failed" | "blocked">;

export interface VerifyResult {
  readonly checks: readonly Check[];
  readonly gaps: readonly SeenGap[];
  /** Of what stays: how it was found now, by `RECORD\nKEY`. */
  readonly stayed: ReadonlyMap<string, string>;
  /** Something is marked as deleted and has not gone for good yet. */
  readonly hidden: boolean;
  /** Of that something whose day has passed. */
  readonly overdue: boolean;
  /** Copies that are to follow by themselves, have not yet, and have until `followBy.run`; and until `followBy.purge`. */
  readonly behind: number;
  readonly behindPurge: number;
  /** Record types whose marked records have all gone for good. */
  readonly purged: ReadonlySet<string>;
}

/**
 * Looks again for everything, believing nothing the eraser said: by the sealed values, by whatever the identifiers lead
 * to now, at each planned record by its key, and at what was to stay. A search that could not have found anything is
 * `unverifiable`, never a pass; so is a record type in which an identifier still stands where nothing can be done.
 */
export async function verify(scope: VerifyScope): Promise<VerifyResult> {
  const { map, plan, subjects, reported } = scope;
  const { heads } = scope.steps;
  const types = new Map(recordTypes(map).map((record) => [record.id, record]));
  const before = reported.length;
  const blind = await blindSpots(scope, types);
  const ofPlaces = reported.slice(before);
  const searching = await searchAgain(scope, blind);
  const siteOf = sitesOnce(scope.readers);
  const seen = new Map<string, Seen>();
  const stayed = new Map<string, string>();
  const sourceNow = sourcesNow(scope.readers, scope.steps);
  // those that lead to others first, so that what leads there now is searched too
  const order = new Map(searchOrder(map).map(({ id }, at) => [id, at]));
  for (const head of heads.toSorted((a, b) => (order.get(a.record) ?? -1) - (order.get(b.record) ?? -1))) {
    const planned = plan.steps.find((one) => one.id === head.step);
    if (planned === undefined) continue;
    // one after the other: together their records are too many
    for (const step of await scope.steps.whole([head.step]))
      seen.set(
        step.step,
        await lookIfPossible(scope, {
          planned,
          step,
          type: types.get(step.record),
          blind,
          searching,
          siteOf,
          stayed,
          sourceNow,
        }),
      );
  }
  const values = reported.length === 0 ? [] : [...valuesOf(subjects), ...valuesIn(heads)];
  const purged = heads.flatMap(({ step, record, target }) => {
    const one = seen.get(step);
    return target.changes.rule?.kind === "mark" && one?.hidden === 0 && one.result === "pass" ? [record] : [];
  });
  const over = await overWithMarks(scope, ofPlaces, { purged, types });
  const told = reported.filter((finding) => !over.has(finding)).map((finding) => toldFinding(finding, values));
  const gaps = heads.flatMap(({ record }) => {
    const [system = "", ...name] = record.split(".");
    const planned = scope.plannedGaps.filter((gap) => gap.record === record);
    return sinceThePlan(gapsOf(told, record), planned).map((gap) => ({ system, record: name.join("."), ...gap }));
  });
  const holding = new Set(gaps.filter((gap) => gap.holdsIdentifier).map((gap) => `${gap.system}.${gap.record}`));
  const at = scope.now().toISOString();
  const checks = plan.steps.flatMap((step): readonly Check[] => {
    const one = seen.get(step.id) ?? LEFT_THE_MAP;
    const { system, record } = step;
    const left = leftAlone(
      step,
      scope.receipts.find((receipt) => receipt.step === step.id),
      one,
    );
    const gap = holding.has(`${system}.${record}`) && one.result === "pass";
    return [
      {
        ...checkOf(
          { system, record, at },
          gap
            ? {
                ...one,
                result: "unverifiable",
                reason: "gap",
                method: "an identifier stands where nothing can be done",
              }
            : one,
        ),
        ...left,
      },
    ];
  });
  return {
    checks: [...checks, ...scope.unfinished.map((step) => neverDone(step, at)), ...declaredOnly(map, at)],
    gaps,
    stayed,
    hidden: [...seen.values()].some(({ hidden = 0 }) => hidden > 0),
    overdue: [...seen.values()].some(({ overdue = false }) => overdue),
    behind: [...seen.values()].reduce((sum, { behind = 0 }) => sum + behind, 0),
    behindPurge: [...seen.values()].reduce((sum, { behindPurge = 0 }) => sum + behindPurge, 0),
    purged: new Set(purged),
  };
}

/** What was said of places only for as long as something is marked there. */
async function overWithMarks(
  { map, readers }: VerifyScope,
  said: readonly Finding[],
  { purged, types }: { readonly purged: readonly string[]; readonly types: ReadonlyMap<string, RecordType> },
): Promise<ReadonlySet<Finding>> {
  const over = new Set<Finding>();
  for (const id of purged) {
    const [mine, type] = [said.filter(({ record }) => record === id), types.get(id)];
    if (mine.length === 0 || type === undefined) continue;
    const still = new Set<string>();
    for await (const { message } of (await readers.of(type.system)).check([targetOf(map, purgedType(type))]))
      still.add(message);
    for (const finding of mine) if (!still.has(finding.message)) over.add(finding);
  }
  return over;
}

/** Who compares with the plan finds the same line again: lines before it are gone since. */
function sinceThePlan(gaps: readonly Gap[], planned: readonly PlannedGap[]): readonly Gap[] {
  const before = Map.groupBy(planned, ({ content }) => content);
  return gaps.map((gap) => {
    const was = gap.content === undefined ? undefined : before.get(gap.content)?.shift()?.where;
    return was === undefined || was === gap.where ? gap : { ...gap, where: `${gap.where} (${was} in the plan)` };
  });
}

/** What is there by right, or could not be acted on. What the run left alone and is gone by now is not there. */
function leftAlone(
  step: PlanStep,
  receipt: Receipt | undefined,
  { gone = NONE_GONE, hidden = 0, late = 0 }: Pick<Seen, "gone" | "hidden" | "late">,
): Partial<Check> {
  const { blocked } = receipt ?? step;
  const kept = Math.max(0, (receipt ?? step).kept - gone.kept);
  const waiting = Math.max(0, (receipt ?? step).waiting - gone.waiting - late);
  const failed = receipt?.failed ?? 0;
  const says = receipt?.says ?? step.says;
  const marked = Math.min(receipt?.marked ?? 0, hidden);
  const until = receipt?.until === undefined ? step.until : (receipt.until ?? undefined);
  return {
    ...(kept === 0 ? {} : { kept }),
    ...(waiting === 0 ? {} : { waiting }),
    ...(marked === 0 ? {} : { marked }),
    ...(blocked === 0 ? {} : { blocked }),
    ...(failed === 0 ? {} : { failed }),
    ...(says === undefined || kept + waiting + blocked === 0 ? {} : { says }),
    ...(until === undefined || kept + marked + (step.marked ?? 0) === 0 ? {} : { until }),
  };
}

/** What a look at one record type came to. */
interface Seen {
  readonly result: CheckResult;
  readonly residual: number;
  readonly method: string;
  readonly reason?: string;
  /** Of the residual: records that no plan knew. They came after it, or came back. */
  readonly fresh?: number;
  /** Records that were to stay and are not there any more. */
  readonly gone?: Stayed;
  /** Records that are marked as deleted and have not gone for good yet. */
  readonly hidden?: number;
  /** Their day has passed. */
  readonly overdue?: boolean;
  /** Copies that have gone by themselves, and those that are to and have not yet. */
  readonly followed?: number;
  readonly behind?: number;
  readonly behindPurge?: number;
  /** Of those: they had their time, and count as residual. */
  readonly late?: number;
}

/** Records that the plan leaves alone: under a hold, or for a condition or date. */
interface Stayed {
  readonly kept: number;
  readonly waiting: number;
}

const NONE_GONE: Stayed = { kept: 0, waiting: 0 };

const LEFT_THE_MAP: Seen = {
  result: "unverifiable",
  residual: 0,
  method: "the data map has no such record type any more",
  reason: "left_the_map",
};

const OTHER_PLACE: Seen = {
  result: "unverifiable",
  residual: 0,
  method: "it leads to another place by now than the one that was planned and searched",
  reason: "other_place",
};

function checkOf(
  where: Pick<Check, "system" | "record" | "at">,
  { result, residual, method, reason, fresh = 0, gone = NONE_GONE, followed = 0 }: Seen,
): Check {
  return {
    ...where,
    result,
    residual,
    method,
    ...(fresh === 0 ? {} : { new: fresh }),
    ...(gone.kept === 0 ? {} : { gone: gone.kept }),
    ...(followed === 0 ? {} : { followed }),
    ...(reason === undefined ? {} : { reason }),
  };
}

interface Looking {
  readonly planned: PlanStep;
  readonly step: SealedStep;
  /** Undefined: it has left the map. */
  readonly type: RecordType | undefined;
  readonly blind: ReadonlyMap<string, Finding>;
  /** Undefined where what leads to the people cannot be searched any more: then the sealed values alone count. */
  readonly searching: Searching | undefined;
  /** Where a system is now. */
  siteOf(system: string): Promise<Site>;
  /** Of what stays: how it is found, by `RECORD\nKEY`. */
  readonly stayed: Map<string, string>;
  readonly sourceNow: ReturnType<typeof sourcesNow>;
}

/** One place that cannot be looked at keeps no other from being looked at. */
async function lookIfPossible(scope: VerifyScope, looking: Looking): Promise<Seen> {
  try {
    return await look(scope, looking);
  } catch (error) {
    return unseen(findingOf(error, looking.step.record), scope);
  }
}

function unseen(why: Finding, { subjects, steps }: VerifyScope): Seen {
  return {
    result: "unverifiable",
    residual: 0,
    method: toldFinding(why, [...valuesOf(subjects), ...valuesIn(steps.heads)]).message,
    reason: why.code.toLowerCase(),
  };
}

async function look(
  scope: VerifyScope,
  { planned, step, type, blind, searching, siteOf, stayed, sourceNow }: Looking,
): Promise<Seen> {
  const { readers, receipts } = scope;
  const receipt = receipts.find((one) => one.step === step.step);
  if (type === undefined) return LEFT_THE_MAP;
  if (planned.reason === "no_identifier" && step.records.length === 0)
    return {
      result: "not_searchable",
      residual: 0,
      method: "no identifier of the request leads here",
      reason: "no_identifier",
    };
  if (step.site !== undefined && !sameSite(step.site, await siteOf(type.system))) return OTHER_PLACE;
  const why = blind.get(step.record);
  if (why !== undefined) {
    const seen = unseen(why, scope);
    return planned.reason === "empty_pattern" ? { ...seen, result: "not_searchable" } : seen;
  }
  const { target } = step;
  const now = searching === undefined || step.due !== undefined ? [] : (await searchesFor(searching, type)).lookups;
  const lookups = mergeLookups(step.lookups, now);
  const leads = searching === undefined || step.due !== undefined ? [] : leadingColumns(scope.map, type.id);
  const leading = leads.length === 0 ? undefined : foundRecords(type, leads);
  const records =
    step.due === undefined
      ? await locateLeft(readers, target, lookups, { receipt, leading })
      : await stillDue(readers, step, step.due, planned);
  if (searching !== undefined && leading !== undefined)
    searching.found.set(type.id, { type, target, lookups, records: leading, unsearched: [] });
  const known = new Set([...step.records.map(({ key }) => key), ...(step.elsewhere ?? []).map(({ key }) => key)]);
  // a planned record is judged by its key below; one that is as wanted still matches, and may
  const isBack = (key: string): boolean => scope.givenBack(step.record, scope.digest(key));
  const fresh = [...records.values()].filter(({ key, done }) => !known.has(key) && !done && !isBack(key)).length;
  const undone = (receipt?.blocked ?? planned.blocked) + (receipt?.failed ?? 0);
  // what is marked may lie in another file or index by now, or bear another id: that is not gone
  const moved = [...records.values()].filter(
    ({ key, marked }) => marked !== undefined && !known.has(key) && !isBack(key),
  );
  const seen = await byTheirKeys(scope, step, receipt, { lookups, moved });
  // what was done, and read again as wanted: a record that nothing leads to has taken its key since
  const others = undone > 0 ? NOBODYS : await takenByOthers(readers, step, lookups, [...seen.reused, ...seen.hidden]);
  const left = [...seen.left].filter((key) => !others.has(key)).length;
  const hidden = [...seen.hidden].filter((key) => !others.has(key)).length;
  const gone = await stayedAndGone(readers, target, step, { found: stayed, others, isBack });
  const followed = await followedNow(readers, step, sourceNow);
  const waitsHidden = hidden + followed.hidden;
  const fingerprints = new Map(step.records.map(({ key, fingerprint }) => [key, fingerprint]));
  const overdueHere = [...seen.hidden].some((key) => {
    const { since, over } = records.get(key)?.marked ?? { since: null };
    // what somebody else hid has a day of its own
    const own = over === undefined || over === fingerprints.get(key) ? undefined : purgeDay(type, since, zoneOf(scope));
    return !others.has(key) && (own === undefined ? isOver(scope, receipt, planned) : own < todayOf(scope));
  });
  const overdue = overdueHere || (followed.hidden > 0 && isOver(scope, receipt, planned));
  const method = `same search on a fresh connection, and each planned record by its key${hidden === 0 ? "" : ": it is there, and marked as deleted"}${overdue ? "; the day on which it was to go for good has passed (expunge plan --due)" : ""}`;
  // for so long it may be behind what it is a copy of
  const { behind, behindPurge } = followed;
  const late =
    (isPast(scope, scope.followBy.run) ? behind : 0) + (isPast(scope, scope.followBy.purge) ? behindPurge : 0);
  const isLate = late > 0;
  const residual = Math.max(fresh + left, undone) + late;
  const seenOf = { gone, hidden: waitsHidden, followed: followed.gone, behind, behindPurge, late };
  if (undone > 0)
    return {
      result: "fail",
      residual,
      method,
      fresh,
      ...seenOf,
      reason: receipt?.reason ?? planned.reason ?? "blocked",
    };
  if (residual > 0)
    return {
      result: "fail",
      residual,
      method: isLate ? `${method}${NOT_FOLLOWED}` : method,
      fresh,
      ...seenOf,
      reason: left > 0 ? "still_there" : isLate ? "not_followed" : "new_records",
    };
  if (gone.kept > 0)
    return {
      result: "fail",
      residual: 0,
      method: `${gone.kept} of the records that were to stay are gone`,
      gone,
      reason: "kept_gone",
    };
  // what waited for is over, where nothing of it is there any more
  const stays = planned.kept + planned.waiting - gone.waiting;
  return {
    result: "pass",
    residual: 0,
    method,
    ...seenOf,
    overdue,
    ...(stays > 0 ? { reason: planned.reason ?? "kept" } : {}),
  };
}

/** What the same search of the same day finds and the plan has not: where the plan was over its cap, the rest is due still. */
async function stillDue(
  readers: Readers,
  { target, records }: SealedStep,
  due: DueSelection,
  planned: PlanStep,
): ReturnType<typeof locateOne> {
  const found = new Map<string, Located>();
  if (planned.found > records.length) return found;
  const known = new Set(records.map(({ key }) => key));
  for await (const located of (await readers.of(target.record.system)).locate(target, due))
    if (!known.has(located.key)) found.set(located.key, located);
  return found;
}

interface ByKeys {
  /** Not as wanted, but for those that were found held or waiting when they were to be acted on. */
  readonly left: ReadonlySet<string>;
  /** Of these, those of which only the key says that they are the planned ones. */
  readonly reused: ReadonlySet<string>;
  /** Marked as deleted, by this request or before it, and not gone for good yet. */
  readonly hidden: ReadonlySet<string>;
}

/** Planned records, read again by their keys. */
async function byTheirKeys(
  { steps, readers, digest, givenBack }: VerifyScope,
  step: SealedStep,
  receipt: Receipt | undefined,
  {
    lookups,
    moved,
  }: {
    readonly lookups: readonly Lookup[];
    /** Found again, marked as deleted, under keys that no plan knew. */
    readonly moved: readonly Located[];
  },
): Promise<ByKeys> {
  const late = new Set(receipt?.late);
  const [left, reused, hidden] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const { target, lookups: planned, operations } = workOf(step, steps.heads);
  const reader = await readers.of(target.record.system);
  const { rule } = target.changes;
  const before = step.records.filter(({ disposition }) => isMarkedBefore(disposition));
  // a mark that somebody else had made is waited for as if it were ours
  const marks = rule?.kind === "mark" ? [{ change: rule, records: before }] : [];
  for (const operation of [...operations, ...marks]) {
    if (operation.records.length === 0) continue;
    const { kind } = operation.change;
    for await (const key of reader.remaining(target, operation, planned)) {
      if (late.has(digest(key)) || givenBack(step.record, digest(key))) continue;
      left.add(key);
      if (kind === "delete" || kind === "mark") reused.add(key);
    }
  }
  if (rule?.kind !== "mark") return { left, reused, hidden };
  const marked = operations.flatMap(({ change, records }) => (change.kind === "mark" ? records : []));
  const records = [
    ...marked,
    ...before,
    ...moved.map(({ key, fingerprint, subjects }) => ({ key, fingerprint, subjects })),
  ];
  const change: Change = target.changes.purge ?? { kind: "delete" };
  // as if the purge were its rule: what that reads is read
  const purged: Target = { ...target, changes: { rule: change }, namedWithout: rule.marker };
  if (records.length > 0)
    for await (const key of reader.remaining(purged, { change, records }, lookups))
      if (!left.has(key) && !givenBack(step.record, digest(key))) hidden.add(key);
  return { left, reused, hidden };
}

function isPast({ now }: VerifyScope, end: Date | undefined): boolean {
  return end !== undefined && now() >= end;
}

/** Told to whoever may think that waiting longer helps. */
const NOT_FOLLOWED =
  "; the copy did not follow within `settle`: see to what fills it, or make a new plan, in which it is erased by a step of its own";

const NOBODYS: ReadonlySet<string> = new Set();

/** Keys are given again where each record lies for itself: rows of a table, documents. */
async function takenByOthers(
  readers: Readers,
  { target, due }: SealedStep,
  lookups: readonly Lookup[],
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { kind } = target.record.place;
  // nobody was searched for where something was due
  if (due !== undefined || lookups.length === 0 || keys.length === 0 || (kind !== "table" && kind !== "index"))
    return NOBODYS;
  return await notTheirs(readers, { target, lookups }, keys);
}

/** Whether the last day of what is marked is over: nobody has purged it. */
function isOver(scope: VerifyScope, receipt: Receipt | undefined, { until: planned }: PlanStep): boolean {
  const told = receipt?.markedUntil === undefined ? receipt?.until : receipt.markedUntil;
  const until = told === undefined ? planned : (told ?? undefined);
  return until !== undefined && until < todayOf(scope);
}

function zoneOf({ map }: VerifyScope): string {
  return map.controller.calendar.timezone;
}

function todayOf(scope: VerifyScope): string {
  return civilDateOf(scope.now(), zoneOf(scope));
}

/** Records that the plan left alone and that are not there any more, looked for by their keys. */
async function stayedAndGone(
  readers: Readers,
  target: Target,
  step: SealedStep,
  {
    found,
    others,
    isBack,
  }: { readonly found: Map<string, string>; readonly others: ReadonlySet<string>; isBack(key: string): boolean },
): Promise<Stayed> {
  const stayed = step.records.filter(({ disposition: { kind } }) => kind === "kept" || kind === "waiting");
  // anonymised because what is held references them: they stay too, until that hold ends
  const standing = step.records.filter(
    ({ disposition }) => disposition.kind === "act" && disposition.change === "held_by",
  );
  const keys = [...stayed, ...standing].map(({ key }) => key);
  if (keys.length === 0) return NONE_GONE;
  const there = new Set<string>();
  const reader = await readers.of(target.record.system);
  for await (const { key, fingerprint } of reader.locate(target, { by: "keys", keys })) {
    if (others.has(key)) continue;
    there.add(key);
    found.set(`${step.record}\n${key}`, fingerprint);
  }
  // a mark that was taken back is waited for no more
  const isOver = ({ key, disposition }: SealedStep["records"][number]): boolean =>
    !there.has(key) || (isMarkedBefore(disposition) && isBack(key));
  const gone = (kind: "kept" | "waiting") =>
    stayed.filter((one) => one.disposition.kind === kind && isOver(one)).length;
  return { kept: gone("kept"), waiting: gone("waiting") };
}

async function locateLeft(
  readers: Readers,
  target: Target,
  lookups: readonly Lookup[],
  {
    receipt,
    leading,
  }: { readonly receipt: Receipt | undefined; readonly leading: ReturnType<typeof foundRecords> | undefined },
): ReturnType<typeof locateOne> {
  try {
    return await locateOne(readers, target, lookups, leading);
  } catch (error) {
    if (error instanceof Failure && error.code === "COLUMN_MISSING" && emptiedByUs(target.record, receipt))
      return new Map();
    throw error;
  }
}

/** What the identifiers lead to now; undefined where they lead nowhere that can be looked at: then the sealed values alone count. */
async function searchAgain(
  { map, readers, subjects }: VerifyScope,
  blind: Map<string, Finding>,
): Promise<Searching | undefined> {
  try {
    const stops = noStops();
    return beginSearch(readers, await resolveIdentifiers(map, readers, subjects, stops), stops);
  } catch (error) {
    const sources = identitySources(map).map(({ record }) => findingOf(error, record.id));
    // somebody whose identifiers lead to several by now is no reason to doubt a look by the sealed ones; a system that was silent is
    if (error instanceof Failure && error.exit !== EXIT.waiting && error.exit !== EXIT.bad_data)
      for (const one of sources) blind.set(one.record, one);
    return undefined;
  }
}

/** It was begun and not done whole, and nobody plans it any more. */
function neverDone({ system, record, reason, says, failed, blocked }: Unfinished, at: string): Check {
  const status = failed + blocked > 0 ? "failed" : "waiting";
  const why = reason === undefined ? "" : ` (${reasonWords(reason, { status, says })})`;
  const method = `an earlier plan did not get it done${why}, and the latest one does not name it`;
  return { system, record, result: "unverifiable", residual: 0, method, at, reason: "left_the_map" };
}

function declaredOnly(map: DataMap, at: string): readonly Check[] {
  return map.systems
    .filter((system) => system.covers.length > 0)
    .map((system): Check => ({
      system: system.name,
      record: "backups",
      result: "not_searchable",
      residual: 0,
      method: "declared: expires by itself",
      at,
    }));
}

/** The state after a verification, and its exit code. */
export function verdict(
  { checks, gaps }: Pick<VerifyResult, "checks" | "gaps">,
  run: {
    readonly exit: ExitCode;
    readonly undone: boolean;
    readonly waiting: boolean;
    /** Records are marked as deleted or can be brought back, and go on their day. */
    readonly hidden: boolean;
    /** The day of some of them has passed. */
    readonly overdue: boolean;
  },
  settledAt: Date,
  now: Date,
  plan: Pick<Plan, "system" | "as_of">,
): { readonly state: RequestState; readonly exit: ExitCode; readonly residual: number } {
  const residual = checks.reduce((sum, check) => sum + check.residual, 0);
  // the worst wins: what was never done before what is there again
  if (run.undone) return { state: "partly_done", exit: EXIT.partly_done, residual };
  if (checks.some((check) => check.result === "fail")) return { state: "partly_done", exit: EXIT.findings, residual };
  const blind = checks.filter((check) => check.result === "unverifiable");
  if (blind.length > 0)
    return { state: "partly_done", exit: blind.every(isFinding) ? EXIT.findings : EXIT.unreachable, residual };
  if (gaps.some((gap) => gap.holdsIdentifier)) return { state: "partly_done", exit: EXIT.findings, residual };
  // what waits in due work is found again by the next
  const ends = run.exit === EXIT.done || (plan.as_of !== undefined && run.waiting && run.exit === EXIT.waiting);
  if (!ends)
    return { state: run.waiting && run.exit === EXIT.waiting ? "waiting" : "partly_done", exit: run.exit, residual };
  // other systems were not planned: nothing is known of them
  if (plan.system !== undefined) return { state: "partly_done", exit: EXIT.done, residual };
  if (run.hidden) return { state: "waiting", exit: run.overdue ? EXIT.waiting : run.exit, residual };
  if (now < settledAt) return { state: "settling", exit: EXIT.done, residual };
  return { state: "closed", exit: run.exit, residual };
}

function isFinding({ reason }: Check): boolean {
  if (reason === "gap" || reason === "left_the_map") return true;
  const code = String(reason).toUpperCase();
  return isFailureCode(code) && FAILURES[code].exit === EXIT.findings && code !== "PATTERN_EMPTY";
}
