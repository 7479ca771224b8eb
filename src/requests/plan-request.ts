import { EXIT, Failure } from "../errors.ts";
import type { Plan, SealedStep } from "../model/plan.ts";
import type { Finding } from "../model/search.ts";
import { makePlan } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import { search, type Searched } from "../planner/search.ts";
import { targetOf } from "../planner/targets.ts";
import { refuseUntellable } from "./ledger-entries.ts";
import { type Context, readersFor, today } from "./context.ts";

/** States from which a new plan can be made; it takes the place of an earlier one. */
const PLANNABLE = ["received", "identity_confirmed", "planned", "approved", "verifying", "settling", "waiting", "partly_done"];

/** Searches everything, read-only, and stores the plan with its sealed keys. Throws what stands in the way. */
export async function planRequest(context: Context, id: string, options: { readonly system?: string } = {}): Promise<Plan> {
  const { state } = context;
  const request = state.requests.get(id);
  if (!PLANNABLE.includes(request.state)) throw new Failure("WRONG_STATE", `${id} is ${request.state}: there is nothing to plan`);
  if (options.system !== undefined && !context.map.systems.some((system) => system.name === options.system))
    throw new Failure("USAGE", "the data map has no system of that name");
  using _lock = state.locks.take([id], context.now().toISOString());
  const { plan, sealed } = await searchAndPlan(context, id, { ...options, id: state.plans.nextId() }).catch((error: unknown) => {
    // an earlier plan must not be approved or run in the place of one that was refused
    const begun = request.plan !== undefined && state.journal.units(request.plan).length > 0;
    if (error instanceof Failure && (error.exit === EXIT.waiting || error.exit === EXIT.bad_data) && request.plan !== undefined && !begun) {
      state.requests.update(id, { plan: undefined, state: request.identity?.result === "ok" ? "identity_confirmed" : "received" });
    }
    throw error;
  });
  refuseUntellable(context, plan);
  state.sealed.saveSteps(id, plan.id, sealed);
  state.plans.save(plan);
  state.requests.update(id, { plan: plan.id, state: request.identity?.result === "ok" ? "planned" : request.state });
  return plan;
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
  const searched = await search({ map, readers, subjects: state.sealed.subjects(request), today: today(context), reported, ...only });
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
