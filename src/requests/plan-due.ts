/** Due work: plans of what is due without a request, under an id of its own. */
import { randomBytes } from "node:crypto";
import { EXIT, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { Because, Plan, PlannedStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Finding, Lookup } from "../model/search.ts";
import { isCivilDate } from "../model/civil-date.ts";
import { ENDED_STATES, OPEN_STATES } from "../model/status.ts";
import { stateWords } from "../model/words.ts";
import {
  type DueRule,
  dueRules,
  type HeldBefore,
  mapOfDue,
  purgedType,
  withHeld,
  withMarked,
} from "../planner/due-rules.ts";
import { type PlannedThere, searchDue, type SearchedDue } from "../planner/due-search.ts";
import { isOld } from "../planner/approve.ts";
import { makePlan } from "../planner/plan.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import { hasBegun } from "../state/kept-so-far.ts";
import type { Reads, Tx } from "../state/state.ts";
import { type Context, readersFor, today } from "./context.ts";
import { endedHolds, withDigests } from "./ended-holds.ts";
import { endIn, whyOf } from "./end-request.ts";
import { freeWarnings } from "./free-now.ts";
import { leftAside } from "./left-blocked.ts";
import {
  type Excluding,
  excludedFrom,
  excludedOf,
  exclusionIn,
  lostExclusions,
  type NewExclusions,
  noteOf,
  refuseOthers,
} from "./excluding.ts";
import { noted } from "./history.ts";
import { refusedEntry } from "./ledger-entries.ts";
import { markedAndDue } from "./marked-and-due.ts";
import { lookForHolds } from "./holds-in-force.ts";
import { completedEntry } from "./run-entries.ts";
import { openRequestsHold, type WithRequest } from "./with-requests.ts";

/** The lease of whoever plans or runs due work by itself: two at once would plan everything twice. */
export const DUE_LEASE = "due work";

export interface DueOptions {
  /** `system.record` names; absent: everything that is due. */
  readonly records?: readonly string[];
}

/** Finds what is due today, read-only, and stores the plan under an id of its own. What nobody can run any more is taken back. */
export async function planDue(context: Context, options: DueOptions = {}): Promise<Plan> {
  await refuseUnknown(context, options.records);
  await using lease = await context.state.lease([DUE_LEASE], async () => {});
  const opened = await lifeStep(lease, context.at, "open", async (tx) => {
    for (const request of await tx.requests.list()) await takeBack(tx, context, request);
    const request = await tx.requests.add({
      kind: "due",
      type: "erasure",
      received: today(context),
      pseudonyms: [],
      timezone: context.map.controller.calendar.timezone,
      createdAt: context.now().toISOString(),
      createdBy: context.actor,
      ...(context.signer === undefined ? {} : { createdKey: context.signer.key }),
    });
    await tx.sealed.begin(request.id, []);
    return request;
  });
  await sealLedger(context.state, context.ledger, context.at);
  try {
    return await planOf(context, lease, opened.id, options);
  } catch (error) {
    await lifeStep(
      lease,
      context.at,
      "end",
      async (tx) => await cancel(tx, context, opened.id, "no plan could be made"),
    );
    await sealLedger(context.state, context.ledger, context.at);
    throw error;
  }
}

/** A new plan of due work that is open. Throws WRONG_STATE. */
export async function planDueAgain(context: Context, id: string, excluding: Excluding): Promise<Plan> {
  return await planDueAnew(context, id, {}, excluding);
}

/** The same, of other record types than the plan before where they are named. Throws WRONG_STATE. */
export async function planDueAnew(
  context: Context,
  id: string,
  options: DueOptions,
  excluding: Excluding = { except: [], include: [] },
): Promise<Plan> {
  await using lease = await context.state.lease([DUE_LEASE, id], async (tx) => {
    const { state } = await tx.requests.get(id);
    if (ENDED_STATES.includes(state))
      throw new Failure("WRONG_STATE", `${id} is ${stateWords(state)}: there is nothing to plan`, {
        help: "What is due now: expunge plan --due.",
      });
  });
  const { plan } = await context.state.read.requests.get(id);
  const before = plan === undefined ? undefined : await context.state.read.plans.get(plan);
  const exclusions = await excludedFrom(context, context.state.read, id, excluding);
  const records = options.records ?? before?.records;
  const of = records === undefined ? {} : { records };
  return await planOf(context, lease, id, { ...of, exclusions });
}

/** Finds what is due, and stores the plan of this due work. `lookups`: of a purge before its day, whose marked records it is about; else those of the plan before. */
export async function planOf(
  context: Context,
  lease: Parameters<typeof lifeStep>[0],
  id: string,
  {
    exclusions = { records: [], fresh: [] },
    lookups: given,
    ...options
  }: DueOptions & { readonly exclusions?: NewExclusions; readonly lookups?: readonly Lookup[] },
): Promise<Plan> {
  const lookups = given ?? (await sealedLookups(context.state.read, id));
  const planId = await lease.atomically(async (tx) => await tx.plans.nextId());
  const { plan, sealed } = await searchDueAndPlan(context, id, {
    id: planId,
    asOf: today(context),
    holds: await openRequestsHold(context.state.read, context.map, id),
    exclusions,
    ...(lookups === undefined ? {} : { lookups }),
    ...options,
  });
  const saved = await lifeStep(lease, context.at, "plan", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.sealed.savePlan(id, plan.id, {
      steps: sealed,
      resolved: [],
      searched: lookups === undefined ? [] : (options.records ?? []).map((record) => ({ record, lookups })),
      carried: [],
      excluded: exclusions.records,
    });
    await tx.plans.save(plan);
    await tx.requests.update(id, {
      plan: plan.id,
      state: "planned",
      ...exclusionIn(plan, exclusions.records),
      ...noted(context, request, { did: "planned", plan: plan.id, ...noteOf(exclusions) }),
    });
    // nobody is asked to sign for nothing
    if (!isIdle(plan)) return plan;
    await tx.outbox.post([
      completedEntry(context, plan, { state: "closed", exit: EXIT.done, residue: [], attempts: [], undos: [] }),
    ]);
    await endIn(tx, context, id, "closed");
    return plan;
  });
  await sealLedger(context.state, context.ledger, context.at);
  return saved;
}

/** Whether a run of the plan would do nothing. */
export function isIdle({ steps }: Plan): boolean {
  return steps.every(({ act, blocked, minimised = 0 }) => act + blocked + minimised === 0);
}

/** Takes back what the next plan would: what nobody approved or can run any more holds no record from then on. */
export async function takeBackUnapproved(context: Context): Promise<void> {
  await using lease = await context.state.lease([DUE_LEASE], async () => {});
  await lifeStep(lease, context.at, "end", async (tx) => {
    for (const request of await tx.requests.list()) await takeBack(tx, context, request);
  });
  await sealLedger(context.state, context.ledger, context.at);
}

/**
 * A plan of due work that nobody approved is taken back by the next: its keys are destroyed. So is an approved one that
 * has grown old: it would keep its records from every later night, and could not be run itself.
 */
async function takeBack(tx: Tx, context: Context, request: ErasureRequest): Promise<void> {
  const words = await whyTakenBack(tx, context, request);
  if (words !== undefined) await giveUp(tx, context, request.id, words);
}

/** Why the next plan of due work takes this one back, in words; undefined where it stays. */
async function whyTakenBack(
  reads: Reads,
  { map, now }: Context,
  { id, kind, state, plan, purge }: ErasureRequest,
): Promise<string | undefined> {
  if (kind !== "due" || !OPEN_STATES.includes(state) || (await hasBegun(reads, id))) return undefined;
  const known = plan === undefined ? undefined : await reads.plans.get(plan);
  const approved = known !== undefined && (await reads.plans.approval(known.id)) !== undefined;
  // what somebody asked for by name waits for its approval
  if ((approved || purge !== undefined) && known !== undefined && !isOld(known, map, now())) return undefined;
  if (approved) return "nobody ran it as long as its approval could be used";
  if (purge === undefined) return NEWER;
  return known === undefined ? CUT_SHORT : "nobody approved it as long as it could be approved";
}

const UNDONE = "it was cut short before anything was done, and what it was planned for has changed since";
const CUT_SHORT = "it was cut short before it was planned";
const NEWER = "a newer plan of due work has taken its place";

/** Of a plan of which nothing was done: its records are due again. Throws BUSY. */
async function giveUp(tx: Tx, context: Context, id: string, words = NEWER): Promise<void> {
  await tx.leases.refuseHeld([id]);
  await cancel(tx, context, id, words);
}

/** Ends due work that is not carried out, and tells the ledger. */
async function cancel(tx: Tx, context: Context, id: string, words: string): Promise<void> {
  const why = whyOf(words);
  await tx.outbox.post([
    refusedEntry({ ...context, timezone: context.map.controller.calendar.timezone }, id, "cancelled", why),
  ]);
  await endIn(tx, context, id, "cancelled", why);
}

/** Takes back due work that was approved and of which nothing was done; whether it was. Throws BUSY. */
export async function takeBackUndone(context: Context, id: string): Promise<boolean> {
  const took = await lifeStep(context.state, context.at, "end", async (tx) => {
    const { kind, state, purge } = await tx.requests.get(id);
    if (kind !== "due" || !OPEN_STATES.includes(state) || (await hasBegun(tx, id))) return false;
    // what was to go before its day is planned by nobody but a person
    await giveUp(tx, context, id, purge === undefined ? NEWER : UNDONE);
    return true;
  });
  if (took) await sealLedger(context.state, context.ledger, context.at);
  return took;
}

/** Record types that can be due: by a rule of their own, or kept by an ended request for the sake of what was held. */
export async function dueTypes(context: Context): Promise<readonly string[]> {
  const kept = await endedHolds(context, today(context));
  return recordTypes(context.map).flatMap(({ id, schedule, purge, holds }) =>
    (schedule ?? purge) !== undefined || holds.length > 0 || kept.has(id) ? [id] : [],
  );
}

/** Throws USAGE where a name is no record type's, or of one that is never due. */
async function refuseUnknown(context: Context, records: readonly string[] | undefined): Promise<void> {
  if (records === undefined) return;
  const known = new Set(recordTypes(context.map).map(({ id }) => id));
  if (records.some((name) => !known.has(name)))
    throw new Failure("USAGE", "--records names something that is no record type of the data map", {
      help: "Write `system.record` as the data map does; `expunge explain` shows every one.",
    });
  const due = new Set(await dueTypes(context));
  const never = records.filter((name) => !due.has(name));
  if (never.length > 0)
    throw new Failure("USAGE", `nothing makes ${never.join(", ")} due`, {
      help: "Give the record type a `schedule`, or `soft_delete` and `purge_after`.",
    });
}

export interface DueLook extends DueOptions {
  /** Of the plan. */
  readonly id: string;
  /** Civil date at the controller. */
  readonly asOf: string;
  readonly holds: WithRequest;
  /** Absent: what is left out of the latest plan of this due work; nothing for a look at a later day. */
  readonly exclusions?: NewExclusions;
  /** Of a purge before its day: whose records. Absent: as sealed with the latest plan. */
  readonly lookups?: readonly Lookup[];
  /** The civil date it is, for a look at a later one. */
  readonly now?: string;
  /** A second look at this plan. */
  readonly planned?: {
    readonly because: ReadonlyMap<string, Because>;
    readonly records: ReadonlyMap<string, PlannedThere>;
  };
}

/** A plan of what is due on a day, not stored. */
export async function searchDueAndPlan(
  context: Context,
  request: string,
  look: DueLook,
): Promise<{ readonly plan: Plan; readonly sealed: readonly PlannedStep[]; readonly searched: SearchedDue }> {
  const { map } = context;
  const { records, asOf, planned, holds, now } = look;
  const reported: Finding[] = [];
  await using readers = readersFor(context, request, (finding) => reported.push(finding));
  await using legal = await lookForHolds(context, request, asOf);
  const exclusions = look.exclusions ?? {
    records: now === undefined ? await context.state.read.sealed.excluded(request) : [],
    fresh: [],
  };
  const digestKey = now === undefined ? await context.state.read.sealed.digestKey(request) : randomBytes(32);
  const searched = await searchDue({
    map,
    readers,
    rules: rulesOf(await rulesFor(context, request, look), planned?.because),
    today: asOf,
    made: { received: today(context), entered: context.now().toISOString() },
    isWithRequest: holds,
    legal,
    left: await leftAside(context, asOf),
    excluded: excludedOf(exclusions.records),
    ...(planned === undefined ? {} : { planned: planned.records }),
    ...(now === undefined ? {} : { now }),
    reported,
  });
  refuseOthers(searched.found, exclusions);
  const warnings = [
    ...searched.warnings,
    ...lostExclusions(searched.found, exclusions.records),
    ...(await freeWarnings(context.state.read, asOf)),
  ];
  const made = await makePlan({
    map: searched.map,
    meant: map,
    searched: { ...searched, warnings },
    id: look.id,
    request,
    madeAt: context.now(),
    today: asOf,
    pseudonyms: [],
    digestKey,
    batch: false,
    due: { asOf, ...(records === undefined ? {} : { records }) },
    size: async (record) => await (await readers.of(record.system)).size(targetOf(map, record)),
    async *residue(record) {
      yield* (await readers.of(record.system)).residue(targetOf(map, record));
    },
  });
  return { ...made, searched };
}

/** By whom what is purged before its day is found; undefined for other due work. */
async function sealedLookups({ requests, sealed }: Reads, id: string): Promise<readonly Lookup[] | undefined> {
  const { purge } = await requests.get(id);
  if (purge === undefined) return undefined;
  return (await sealed.searched(id)).flatMap(({ record, lookups }) => (record === purge.record ? lookups : []));
}

async function rulesFor(context: Context, request: string, look: DueLook): Promise<readonly DueRule[]> {
  const { read } = context.state;
  const of = look.records === undefined ? undefined : new Set(look.records);
  const lookups = look.lookups ?? (look.now === undefined ? await sealedLookups(read, request) : undefined);
  if (lookups === undefined) return await rulesOn(context, look.asOf, of);
  const types = recordTypes(context.map).filter(({ id }) => of?.has(id) === true);
  const held = new Map<string, HeldBefore>();
  for (const type of types) held.set(type.id, await markedOf(context, request, type, lookups));
  return withMarked(context.map, [], held);
}

/** What of a record type belongs to these people and is marked as deleted, whoever marked it. */
async function markedOf(
  context: Context,
  request: string,
  type: RecordType,
  lookups: readonly Lookup[],
): Promise<HeldBefore> {
  // lines are named otherwise by what removes them than by what marks them; what an older version says of marks is over
  const target =
    type.place.kind === "files"
      ? targetOf(context.map, { ...purgedType(type), versions: "latest" })
      : targetOf(context.map, type);
  const look = async (): Promise<ReadonlySet<string>> => {
    const keys = new Set<string>();
    await using readers = readersFor(context, request, () => {});
    const reader = await readers.of(type.system);
    for await (const { key, marked } of reader.locate(target, { by: "subjects", lookups }))
      if (marked !== undefined) keys.add(key);
    return keys;
  };
  return { keys: [...(await look())], stillTheirs: look };
}

/** Everything that makes records due on that day. */
async function rulesOn(
  context: Context,
  asOf: string,
  of: ReadonlySet<string> | undefined,
): Promise<readonly DueRule[]> {
  const { map } = context;
  const rules = withHeld(map, dueRules(map, asOf, of), await held(context, asOf, of));
  return withMarked(map, rules, await markedAndDue(context, asOf, of));
}

/** The rules by which a plan found what is in it. */
function rulesOf(rules: readonly DueRule[], because: ReadonlyMap<string, Because> | undefined): readonly DueRule[] {
  return because === undefined ? rules : rules.filter((rule) => because.get(rule.type.id) === rule.because);
}

/** Why each record type of a plan is due; by `system.record`. */
export function becauseIn({ steps }: Plan): ReadonlyMap<string, Because> {
  return new Map(
    steps.flatMap(({ system, record, because }) =>
      because === undefined ? [] : [[`${system}.${record}`, because] as const],
    ),
  );
}

/** The map as this plan acts by it; a request's plan acts by the map as it is. */
export function mapOfPlan({ map }: Pick<Context, "map">, plan: Plan): Context["map"] {
  return plan.as_of === undefined ? map : mapOfDue(map, becauseIn(plan));
}

/** What a plan has of each record type, for a second look. */
export async function plannedIn(
  reads: Reads,
  { id, request, steps }: Plan,
): Promise<NonNullable<DueLook["planned"]>["records"]> {
  const keys = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  for await (const { record, records, elsewhere = [] } of reads.sealed.pieces(request, id)) {
    const mine = keys.get(record) ?? new Set<string>();
    keys.set(record, mine);
    counts.set(record, (counts.get(record) ?? 0) + records.length);
    // what is counted in another step was found here too
    for (const { key } of [...records, ...elsewhere]) mine.add(key);
  }
  return new Map(
    steps.map(({ system, record, found }) => {
      const name = `${system}.${record}`;
      const mine = keys.get(name) ?? new Set<string>();
      return [name, { has: (key: string) => mine.has(key), keys: () => mine, capped: found > (counts.get(name) ?? 0) }];
    }),
  );
}

/** What would be due on a later day: read-only, nothing is stored, and nobody can approve it. Throws USAGE for a day that has passed. */
export async function dueAsOf(context: Context, asOf: string, options: DueOptions): Promise<Plan> {
  await refuseUnknown(context, options.records);
  const now = today(context);
  if (!isCivilDate(asOf) || asOf < now)
    throw new Failure("USAGE", "--as-of wants today or a later day, such as 2027-01-31");
  const { plan, searched } = await searchDueAndPlan(withDigests(context, randomBytes(32)), NO_REQUEST, {
    id: "preview",
    asOf,
    now,
    holds: await openRequestsHold(context.state.read, context.map, NO_REQUEST, await takenBackNext(context)),
    ...options,
  });
  return { ...plan, approvable: false, by_day: searched.byDay };
}

/** What the next plan of due work takes back keeps nothing from it. */
async function takenBackNext(context: Context): Promise<ReadonlySet<string>> {
  const { read } = context.state;
  const taken = new Set<string>();
  for (const request of await read.requests.list())
    if ((await whyTakenBack(read, context, request)) !== undefined) taken.add(request.id);
  return taken;
}

/** No request has this number. */
const NO_REQUEST = "D-0000-0000";

async function held(
  context: Context,
  asOf: string,
  of: ReadonlySet<string> | undefined,
): ReturnType<typeof endedHolds> {
  const all = await endedHolds(context, asOf);
  return of === undefined ? all : new Map([...all].filter(([record]) => of.has(record)));
}
