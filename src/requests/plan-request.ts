import { EXIT, Failure } from "../errors.ts";
import type { Plan, SealedStep } from "../model/plan.ts";
import type { Finding } from "../model/search.ts";
import { ENDED_STATES } from "../model/status.ts";
import { makePlan } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import type { Known } from "../planner/locate.ts";
import { search, type Searched } from "../planner/search.ts";
import { targetOf } from "../planner/targets.ts";
import type { State } from "../state/state.ts";
import { hasBegun, keptSoFar } from "./kept-so-far.ts";
import { refuseUntellable } from "./ledger-entries.ts";
import { type Context, readersFor, today } from "./context.ts";

/** Searches everything, read-only, and stores the plan with its sealed keys. Throws what stands in the way. */
export async function planRequest(context: Context, id: string, options: { readonly system?: string } = {}): Promise<Plan> {
  const { state } = context;
  using _lock = state.locks.take([state.requests.get(id).id], context.now().toISOString());
  const request = state.requests.get(id);
  // elsewhere a new plan takes the place of an earlier one, of a run that was killed too: a living one holds the lock
  if (ENDED_STATES.includes(request.state)) throw new Failure("WRONG_STATE", `${id} is ${request.state}: there is nothing to plan`);
  if (options.system !== undefined && !context.map.systems.some((system) => system.name === options.system))
    throw new Failure("USAGE", "the data map has no system of that name");
  const { plan, sealed, searched } = await searchAndPlan(context, id, { ...options, id: state.plans.nextId() }).catch((error: unknown) => {
    // an earlier plan must not be approved or run in the place of one that was refused
    const begun = request.plan !== undefined && state.journal.units(request.plan).length > 0;
    if (error instanceof Failure && (error.exit === EXIT.waiting || error.exit === EXIT.bad_data) && request.plan !== undefined && !begun) {
      state.requests.update(id, { plan: undefined, state: request.identity?.result === "ok" ? "identity_confirmed" : "received" });
    }
    throw error;
  });
  refuseUntellable(context, plan);
  state.sealed.savePlan(id, plan.id, {
    steps: sealed,
    resolved: searched.identifiers.map((mine) => ({ identifiers: Object.fromEntries(mine) })),
    searched: [...searched.found].map(([record, { lookups }]) => ({ record, lookups })),
    carried: keptSoFar(state, id, new Set(sealed.flatMap(({ record, records }) => records.map(({ key }) => `${record}\n${key}`)))),
  });
  state.plans.save(plan);
  state.requests.update(id, { plan: plan.id, state: request.identity?.result === "ok" ? "planned" : request.state });
  return plan;
}

/**
 * What the latest plan was searched by, once any run of the request has begun: the rows that led there may be erased by
 * now. Before that nothing is remembered, so that a plan follows the data as it is.
 */
function knownOf(state: State, request: string): Known | undefined {
  if (!hasBegun(state, request)) return undefined;
  return { identifiers: state.sealed.resolved(request), lookups: new Map(state.sealed.searched(request).map(({ record, lookups }) => [record, lookups])) };
}

/** A plan made now, not stored: what `run` compares with. */
export async function searchAndPlan(
  context: Context,
  request: string,
  options: { readonly id: string; readonly system?: string },
): Promise<{ readonly plan: Plan; readonly sealed: readonly SealedStep[]; readonly searched: Searched }> {
  const { map, state } = context;
  const digestKey = state.sealed.digestKey(request);
  const reported: Finding[] = [];
  await using readers = readersFor(context, request, reported);
  const only = options.system === undefined ? {} : { system: options.system };
  const searched = await search({
    map,
    readers,
    subjects: state.sealed.subjects(request),
    known: knownOf(state, request),
    today: today(context),
    reported,
    ...only,
  });
  const { pseudonyms, batch = false } = state.requests.get(request);
  const made = await makePlan({
    map,
    searched,
    id: options.id,
    request,
    madeAt: context.now(),
    today: today(context),
    pseudonyms,
    digestKey,
    batch: batch || pseudonyms.length > 1,
    size: async (record) => (await readers.of(record.system)).size(targetOf(map, record)),
    residue: (record) => residueOf(readers, record.system, targetOf(map, record)),
    ...only,
  });
  return { ...made, searched };
}

async function* residueOf(readers: Readers, system: string, target: ReturnType<typeof targetOf>): ReturnType<Awaited<ReturnType<Readers["of"]>>["residue"]> {
  yield* (await readers.of(system)).residue(target);
}
