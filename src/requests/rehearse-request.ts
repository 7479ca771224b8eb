import { type RehearsedRecord, rehearsePlan } from "../executor/rehearse-plan.ts";
import { Failure } from "../errors.ts";
import type { Plan } from "../model/plan.ts";
import type { PlannedUnit } from "../planner/units.ts";
import { type Context, rehearsalFor, whileHeld } from "./context.ts";
import { mapOfPlan } from "./plan-due.ts";
import { planRequest } from "./plan-request.ts";
import { sealedSteps } from "./sealed-steps.ts";

/** Plans the request as always, then tries the plan: everything is taken back, and nothing is told to journal or ledger. */
export async function rehearseRequest(
  context: Context,
  id: string,
  options: Omit<NonNullable<Parameters<typeof planRequest>[2]>, "units">,
): Promise<{ readonly plan: Plan; readonly records: readonly RehearsedRecord[] }> {
  const { state } = context;
  if ((await state.read.requests.get(id)).kind === "due")
    throw new Failure("OPTION_NOT_BUILT", "due work cannot be rehearsed yet", {
      help: `Rehearse the plan of a request: expunge plan R-… --rehearse.`,
    });
  let units: readonly PlannedUnit[] = [];
  const plan = await planRequest(context, id, { ...options, units: (made) => (units = made) });
  // whoever would run it meanwhile waits
  await using lease = await state.lease([id], async (tx) => {
    if ((await tx.requests.get(id)).plan !== plan.id) throw new Failure("PLAN_STALE", `${id} has a newer plan by now`);
    return await tx.sealed.parts(id, plan.id);
  });
  const records = await whileHeld(
    context,
    lease,
    async (held) =>
      await rehearsePlan({
        map: mapOfPlan(held, plan),
        plan,
        steps: sealedSteps(state.read, id, plan.id, lease.first),
        units,
        stamp: { at: held.now().toISOString(), by: `expunge ${id}` },
        open: async (system) => await rehearsalFor(held, system, id),
      }),
  );
  return { plan, records };
}
