import type { Approval } from "../state/plan-store.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { approve } from "../planner/approve.ts";
import type { Context } from "./context.ts";
import { decisionEntry, policyEntry } from "./ledger-entries.ts";

/** Signs the latest plan's digest as the context's actor. */
export function approveRequest(context: Context, id: string, how: { readonly role?: string; readonly digest?: string }): Approval {
  const { map, state } = context;
  using _lock = state.locks.take([id], context.now().toISOString());
  const request = state.requests.get(id);
  const plan = request.plan === undefined ? undefined : state.plans.get(request.plan);
  const begun = plan !== undefined && state.journal.units(plan.id).length > 0;
  const approval = approve({ request, plan, begun, map, by: context.actor, at: context.now(), ...how });
  state.plans.approve(approval);
  state.requests.update(id, { state: "approved" });
  if (plan !== undefined) state.journal.post([policyEntry(context), decisionEntry(context, plan, approval)]);
  sealLedger(state.journal, context.ledger, () => {});
  return approval;
}
