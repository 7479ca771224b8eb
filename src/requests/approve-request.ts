import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { approve } from "../planner/approve.ts";
import type { Approval } from "../state/plan-store.ts";
import type { Context } from "./context.ts";
import { decisionEntry, policyEntry } from "./ledger-entries.ts";

/** Signs the latest plan's digest as the context's actor; the ledger's decision is saved with it. */
export async function approveRequest(context: Context, id: string, how: { readonly role?: string; readonly digest?: string }): Promise<Approval> {
  const { map, state } = context;
  const approved = await lifeStep(state, context.at, "approve", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
    const begun = plan !== undefined && (await tx.journal.units(plan.id)).length > 0;
    const approval = approve({ request, plan, begun, map, by: context.actor, at: context.now(), ...how });
    await tx.plans.approve(approval);
    await tx.requests.update(id, { state: "approved" });
    if (plan !== undefined) await tx.outbox.post([policyEntry(context), decisionEntry(context, plan, approval)]);
    return approval;
  });
  await sealLedger(state, context.ledger, context.at);
  return approved;
}
