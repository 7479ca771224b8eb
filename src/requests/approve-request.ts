import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { commitWords } from "../ledger/commitment.ts";
import type { ErasureRequest } from "../model/request.ts";
import { ENDED_STATES } from "../model/status.ts";
import { stateWords } from "../model/words.ts";
import { approve } from "../planner/approve.ts";
import { type Approved, isApprovedBy } from "../ledger/approval-statement.ts";
import { tellMap } from "../map-in-force.ts";
import type { DataMap } from "../model/datamap.ts";
import { mayAct } from "../model/person.ts";
import type { Approval } from "../state/plan-store.ts";
import type { Reads } from "../state/state.ts";
import { type Context, inForce } from "./context.ts";
import { code } from "./entry-parts.ts";
import { noted } from "./history.ts";
import { type Accepting, decisionEntry } from "./ledger-entries.ts";
import { noteStanding } from "./standing.ts";

/** How somebody signs. */
export interface Signature {
  readonly role?: string;
  readonly digest?: string;
  /** `system.record` names that were not searched, accepted so. */
  readonly acceptNotSearched?: readonly string[];
}

/** The approval as it would be; nothing is written. Throws what stands in its way, before anybody is asked to confirm it. */
export async function judgeApproval(
  { map, actor, signer, now }: Context,
  reads: Reads,
  id: string,
  how: Signature,
): Promise<Approval> {
  const request = await reads.requests.get(id);
  if (ENDED_STATES.includes(request.state))
    throw new Failure("NOTHING_TO_APPROVE", `${id} is ${stateWords(request.state)}: there is nothing to approve`, {
      help: `What became of it: expunge report ${id}. If something came back, open a new request: expunge request new.`,
    });
  const plan = request.plan === undefined ? undefined : await reads.plans.get(request.plan);
  if (plan === undefined && (await reads.plans.ofRequest(id)).length > 0 && request.identity?.result === "ok")
    throw new Failure("NOTHING_TO_APPROVE", `the plan of ${id} was taken back: what it was made for had changed`);
  const begun = plan !== undefined && (await reads.journal.units(plan.id)).length > 0;
  const who = { by: actor, ...(signer === undefined ? {} : { key: signer.key }) };
  return signed(signer, id, approve({ request, plan, begun, map, ...who, at: now(), ...how }));
}

/** The approval with the actor's signature, where the data map has `people`. */
export function signed(signer: Context["signer"], request: string, approval: Approval): Approval {
  if (signer === undefined) return approval;
  return { ...approval, key: signer.key, signature: signer.sign(approvedIn(request, approval)) };
}

/**
 * Throws NOT_APPROVED where the data map has `people` and the approval is not signed by one of them who may. A run that
 * has begun goes on after its approver has left.
 */
export function refuseUnsigned(
  people: DataMap["people"],
  request: ErasureRequest,
  approval: Approval | undefined,
  begun: boolean,
): void {
  if (people === undefined || approval === undefined) return;
  const { key, signature } = approval;
  const person = people.find((one) => one.key === key);
  // a standing approval is signed by whoever lets it run
  const may = person !== undefined && (mayAct(person, "approve") || (request.kind === "due" && mayAct(person, "run")));
  if (
    key === undefined ||
    signature === undefined ||
    !isApprovedBy(key, signature, approvedIn(request.id, approval)) ||
    (!may && !begun)
  )
    throw new Failure(
      "NOT_APPROVED",
      `the approval of plan ${approval.plan} of ${request.id} is not signed by anybody whom the data map lets approve`,
      { help: `Approve it again: expunge approve ${request.id}.` },
    );
}

/** What is signed: the members of the ledger's decision. */
function approvedIn(request: string, { plan, digest, at, role }: Approval): Approved {
  return { request, plan, plan_digest: digest, at, role: role === undefined ? undefined : code(role) };
}

/** Whether the same person signed the same thing before: once is enough. */
export async function isSigned(
  { plans, requests }: Pick<Reads, "plans" | "requests">,
  approval: Approval,
): Promise<boolean> {
  const before = await plans.approval(approval.plan);
  const plan = await plans.get(approval.plan);
  if (before === undefined || plan === undefined || (await requests.get(plan.request)).state !== "approved")
    return false;
  const said = ({ at: _, signature: __, ...what }: Approval): string =>
    JSON.stringify(Object.entries(what).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return said(before) === said(approval);
}

/** What binds the ledger to the reasons for which records were left out, or go early. */
function wordsIn({ excluded, purge }: ErasureRequest): Pick<Accepting, "excluded" | "early"> {
  const committed = ({ salt, words }: { readonly salt: string; readonly words: string }) =>
    commitWords(Buffer.from(salt, "base64"), words);
  return {
    ...(excluded === undefined ? {} : { excluded: { records: excluded.records, words: committed(excluded) } }),
    ...(purge === undefined ? {} : { early: committed(purge) }),
  };
}

/** Signs the latest plan's digest as the context's actor; the ledger's decision is saved with it. */
export async function approveRequest(context: Context, id: string, how: Signature): Promise<Approval> {
  const { state } = context;
  const approved = await lifeStep(state, context.at, "approve", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    const approval = await judgeApproval(context, tx, id, how);
    if (await isSigned(tx, approval)) return approval;
    const plan = await tx.plans.get(approval.plan);
    await tx.plans.approve(approval);
    await tx.requests.update(id, {
      state: "approved",
      ...noted(context, request, { did: "approved", plan: approval.plan }),
    });
    // whoever lets some records go early says nothing of the rules
    if (plan !== undefined && request.purge === undefined) await noteStanding(tx, context, plan);
    if (plan !== undefined) {
      await tellMap(tx, inForce(context));
      await tx.outbox.post([
        decisionEntry(context, plan, approval, { notSearched: approval.accepted ?? [], ...wordsIn(request) }),
      ]);
    }
    return approval;
  });
  await sealLedger(state, context.ledger, context.at);
  return approved;
}
