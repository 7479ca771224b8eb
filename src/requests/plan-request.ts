import { EXIT, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import type { Plan, PlannedStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Finding, PlannedGap } from "../model/search.ts";
import { ENDED_STATES } from "../model/status.ts";
import { stateWords } from "../model/words.ts";
import { approvedPlan } from "../planner/approve.ts";
import { refuseAsked } from "../planner/asked.ts";
import { makePlan } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import type { Known, ReducedRecord } from "../planner/locate.ts";
import { search, type Searched } from "../planner/search.ts";
import { targetOf } from "../planner/targets.ts";
import { type PlannedUnit, unitsOf } from "../planner/units.ts";
import type { Reads, Tx } from "../state/state.ts";
import { hasBegun, keptSoFar } from "../state/kept-so-far.ts";
import { noted } from "./history.ts";
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
import { planDueAgain } from "./plan-due.ts";
import { markingPlans } from "./marked-records.ts";
import { type Context, readersFor, today } from "./context.ts";
import { lookForHolds } from "./holds-in-force.ts";
import { endPassedHolds } from "./legal-holds.ts";

/** Searches everything, read-only, and stores the plan with its sealed keys. Throws what stands in the way. */
export async function planRequest(
  context: Context,
  id: string,
  options: {
    readonly system?: string;
    readonly excluding?: Excluding;
    /** Told how the steps would be done together. Not of due work. */
    units?(made: readonly PlannedUnit[]): void;
  } = {},
): Promise<Plan> {
  const { state } = context;
  const { excluding = NONE, units, ...only } = options;
  if ((await state.read.requests.get(id)).kind === "due") return await planDueAgain(context, id, excluding);
  await using lease = await state.lease([id], async (tx) => await refuseUntold(context, tx, await plannable(tx, id)));
  if (options.system !== undefined && !context.map.systems.some((system) => system.name === options.system))
    throw new Failure("USAGE", "the data map has no system of that name");
  const exclusions = await excludedFrom(context, state.read, id, excluding);
  await endPassedHolds(context);
  const planId = await lease.atomically(async (tx) => await tx.plans.nextId());
  const { plan, sealed, searched } = await searchAndPlan(context, id, { ...only, exclusions, id: planId }).catch(
    async (error: unknown) => {
      // an earlier plan must not be approved or run in the place of one that was refused
      if (error instanceof Failure && (error.exit === EXIT.waiting || error.exit === EXIT.bad_data))
        await lifeStep(lease, context.at, "withdraw_plan", async (tx) => await withdrawPlan(tx, id));
      throw error;
    },
  );
  const types = plan.steps.map((step) => `${step.system}.${step.record}`);
  units?.(unitsOf(context.map, types, searched));
  return await lifeStep(lease, context.at, "plan", async (tx) => {
    const request = await plannable(tx, id);
    await tx.sealed.savePlan(id, plan.id, {
      steps: sealed,
      resolved: searched.identifiers.map((mine) => ({ identifiers: Object.fromEntries(mine) })),
      searched: [...searched.found].map(([record, { lookups }]) => ({ record, lookups })),
      carried: await keptSoFar(tx, id, decidedIn(sealed)),
      gaps: plannedGaps(searched.warnings),
      excluded: exclusions.records,
      keep: [...new Set([...(await stillMarking(tx, id)), ...(await tx.images.steps(id)).map((one) => one.plan)])],
    });
    await tx.plans.save(plan);
    await tx.requests.update(id, {
      plan: plan.id,
      state: request.identity?.result === "ok" ? "planned" : request.state,
      ...exclusionIn(plan, exclusions.records),
      ...noted(context, request, { did: "planned", plan: plan.id, ...noteOf(exclusions) }),
    });
    return plan;
  });
}

const NONE: Excluding = { except: [], include: [] };

function plannedGaps(warnings: readonly Finding[]): readonly PlannedGap[] {
  return warnings.flatMap(({ record, gap }) =>
    gap?.content === undefined ? [] : [{ record, where: gap.where, content: gap.content }],
  );
}

/** Earlier plans whose records are marked as deleted, for all that anybody has given back: their purge and their undo need them. */
async function stillMarking(tx: Tx, id: string): Promise<readonly string[]> {
  const still: string[] = [];
  for (const { plan } of await markingPlans(tx, id)) {
    const given = (await tx.undos.ofRequest(id)).filter(
      ({ result, hidden = [] }) => result !== undefined && hidden.length === 0,
    );
    const undone = new Set(
      given.flatMap(({ units }) => units.filter((unit) => unit.plan === plan).flatMap(({ steps }) => steps)),
    );
    const marking = (await tx.journal.receipts(plan)).filter(({ marked = 0 }) => marked > 0);
    if (marking.some(({ step }) => !undone.has(step))) still.push(plan);
  }
  return still;
}

/** Whether these steps decide on a record; made at the first question. */
function decidedIn(sealed: readonly PlannedStep[]): (record: string, key: string) => boolean {
  let known: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  const make = (): NonNullable<typeof known> =>
    new Map(sealed.map((step) => [step.record, new Set(Array.from(step.records, ({ key }) => key))]));
  return (record, key) => (known ??= make()).get(record)?.has(key) === true;
}

/** A new plan takes the place of an earlier one, of a run that was killed too: a living one holds the lease. */
async function plannable(tx: Tx, id: string): Promise<ErasureRequest> {
  const request = await tx.requests.get(id);
  if (ENDED_STATES.includes(request.state))
    throw new Failure("WRONG_STATE", `${id} is ${stateWords(request.state)}: there is nothing to plan`);
  return request;
}

/**
 * A run that died between an effect and its receipt, and that can go on, goes on first: only the same plan knows what was
 * to be there, and a new one would find nothing and tell nothing of what is gone.
 */
async function refuseUntold({ map, now }: Context, { plans, journal }: Tx, request: ErasureRequest): Promise<void> {
  const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
  if (plan === undefined || (await journal.units(plan.id)).every(({ state }) => state !== "intended")) return;
  try {
    approvedPlan(plan, await plans.approval(plan.id), map, { at: now(), begun: true, unaltered: true });
  } catch (error) {
    // other rules by now: a new plan is the only way on
    if (error instanceof Failure) return;
    throw error;
  }
  throw new Failure("PARTLY_DONE", `the run of ${request.id} was cut short, and what it did is not told yet`, {
    help: `Go on with it first: expunge run ${request.id}.`,
  });
}

/** Takes a plan back of which nothing was begun. */
async function withdrawPlan(tx: Tx, id: string): Promise<void> {
  const { plan, identity } = await tx.requests.get(id);
  if (plan === undefined || (await tx.journal.units(plan)).length > 0) return;
  await tx.requests.update(id, {
    plan: undefined,
    state: identity?.result === "ok" ? "identity_confirmed" : "received",
  });
}

/**
 * What the latest plan was searched by, once any run of the request has begun: the rows that led there may be erased by
 * now. Before that nothing is remembered, so that a plan follows the data as it is.
 */
async function knownOnceBegun(reads: Reads, request: string): Promise<Known | undefined> {
  return (await hasBegun(reads, request)) ? await knownOf(reads, request) : undefined;
}

/** What the latest plan was searched by; nothing once the request has ended. */
export async function knownOf(reads: Reads, request: string): Promise<Known> {
  if (!(await reads.sealed.exists(request))) return { identifiers: [], lookups: new Map(), reduced: new Map() };
  const searched = await reads.sealed.searched(request);
  return {
    identifiers: await reads.sealed.resolved(request),
    lookups: new Map(searched.map(({ record, lookups }) => [record, lookups])),
    reduced: await reducedIn(reads, request),
  };
}

/** What the latest plan keeps of record types that are reduced while they are held. */
async function reducedIn(reads: Reads, request: string): Promise<Known["reduced"]> {
  const { plan } = await reads.requests.get(request);
  const reduced = new Map<string, ReducedRecord[]>();
  if (plan === undefined) return reduced;
  for await (const { record, target, records } of reads.sealed.pieces(request, plan)) {
    if (target.changes.minimise === undefined) continue;
    const kept = records.filter(({ disposition }) => disposition.kind === "kept");
    const some = kept.map(({ key, subjects }) => ({ key, subjects }));
    reduced.set(record, [...(reduced.get(record) ?? []), ...some]);
  }
  return reduced;
}

/** A plan made now, not stored: what `run` compares with. */
export async function searchAndPlan(
  context: Context,
  request: string,
  options: {
    readonly id: string;
    readonly system?: string;
    /** Absent: what is left out of the latest plan. */
    readonly exclusions?: NewExclusions;
    first?(readers: Readers): Promise<void>;
  },
): Promise<{ readonly plan: Plan; readonly sealed: readonly PlannedStep[]; readonly searched: Searched }> {
  const { map } = context;
  refuseAsked(map, options.system);
  const { sealed, requests } = context.state.read;
  const digestKey = await sealed.digestKey(request);
  const reported: Finding[] = [];
  await using legal = await lookForHolds(context, request);
  await using readers = readersFor(context, request, (finding) => reported.push(finding));
  await options.first?.(readers);
  const only = options.system === undefined ? {} : { system: options.system };
  const { pseudonyms, batch: asBatch = false, received, createdAt } = await requests.get(request);
  const batch = asBatch || pseudonyms.length > 1;
  const exclusions = options.exclusions ?? { records: await sealed.excluded(request), fresh: [] };
  const searched = await search({
    map,
    readers,
    excluded: excludedOf(exclusions.records),
    subjects: await sealed.subjects(request),
    batch,
    made: { received, entered: createdAt },
    known: await knownOnceBegun(context.state.read, request),
    legal,
    today: today(context),
    reported,
    ...only,
  });
  refuseOthers(searched.found, exclusions);
  const warnings = [...searched.warnings, ...lostExclusions(searched.found, exclusions.records)];
  const made = await makePlan({
    map,
    searched: { ...searched, warnings },
    id: options.id,
    request,
    madeAt: context.now(),
    today: today(context),
    pseudonyms,
    digestKey,
    batch,
    size: async (record) => (await readers.of(record.system)).size(targetOf(map, record)),
    residue: (record) => residueOf(readers, record.system, targetOf(map, record)),
    imageBytes: async (target, keys) =>
      (await (await readers.of(target.record.system)).imageBytes?.(target, keys)) ?? 0,
    imagesKept: async () => await context.state.read.images.bytes(),
    ...only,
  });
  return { ...made, searched };
}

async function* residueOf(
  readers: Readers,
  system: string,
  target: ReturnType<typeof targetOf>,
): ReturnType<Awaited<ReturnType<Readers["of"]>>["residue"]> {
  yield* (await readers.of(system)).residue(target);
}
