import { EXIT, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { commitWords, newSalt } from "../ledger/commitment.ts";
import type { ErasureRequest } from "../model/request.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Reads, Tx } from "../state/state.ts";
import { hasBegun, keptSoFar } from "../state/kept-so-far.ts";
import type { Context } from "./context.ts";
import type { Reasoned } from "./entry-parts.ts";
import { keyDestroyedEntry, refusedEntry } from "./ledger-entries.ts";
import { completedEntry } from "./run-entries.ts";

/**
 * Ends a request and destroys its sealed part, in the transaction that says so. Pointers of records that a hold keeps (no
 * values) go to the held store, each with its last day.
 */
export async function endIn(tx: Tx, context: Context, id: string, ending: "closed" | "refused" | "cancelled", why?: Why): Promise<ErasureRequest> {
  const held = ending === "closed" ? await keptSoFar(tx, id, new Set()) : [];
  const ended = await tx.requests.update(id, {
    state: ending,
    endedAt: context.now().toISOString(),
    ...(why === undefined ? {} : { reason: why.words, reasonSalt: why.salt }),
  });
  await tx.outbox.post([keyDestroyedEntry(context, id)]);
  await tx.sealed.destroy(id, held);
  return ended;
}

/** What a person wrote when ending a request: the words and the salt stay in the state, their commitment goes to the ledger. */
interface Why extends Reasoned {
  /** base64 */
  readonly salt: string;
}

function whyOf(words: string): Why {
  const salt = newSalt();
  return { words, salt: salt.toString("base64"), commitment: commitWords(salt, words) };
}

/** Closed by a person: the last run and the last verification are the last word. */
async function closedEntries({ plans, journal }: Tx, context: Context, request: ErasureRequest, why: Why): Promise<readonly OutboxEntry[]> {
  const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
  if (plan === undefined) return [];
  const receipts = await journal.receipts(plan.id);
  const residue = receipts.flatMap((receipt) => receipt.residue ?? []);
  return [completedEntry(context, plan, { state: "closed", exit: EXIT.done, residue, receipts, why })];
}

/** Ends a request that is not to be carried out (`refused`, `cancelled`), or closes one of which nothing is open. Throws STILL_OPEN, WRONG_STATE. */
export async function endRequest(context: Context, id: string, ending: "closed" | "refused" | "cancelled", reason: string): Promise<ErasureRequest> {
  const { state } = context;
  const why = whyOf(reason);
  const ended = await lifeStep(state, context.at, "end", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    if (!OPEN_STATES.includes(request.state)) throw new Failure("WRONG_STATE", `${id} is ${request.state} already`);
    if (ending !== "closed" && (await hasBegun(tx, id)))
      throw new Failure("STILL_OPEN", `${id} is ${request.state}: its erasure has begun and cannot be taken back`);
    if (ending === "closed") {
      await refuseOpen(tx, request);
      await tx.outbox.post(await closedEntries(tx, context, request, why));
    } else await tx.outbox.post([refusedEntry(context, id, ending, why)]);
    return await endIn(tx, context, id, ending, why);
  });
  await sealLedger(state, context.ledger, context.at);
  return ended;
}

/** What `request close` may not close over: records to erase, residuals, waiting and blocked ones. */
async function refuseOpen({ plans }: Reads, request: ErasureRequest): Promise<void> {
  const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
  const result = plan === undefined ? undefined : await plans.result(plan.id);
  const open: string[] = [];
  if (plan === undefined || result === undefined) open.push("nothing was run to its end");
  if (plan?.system !== undefined) open.push(`only ${plan.system} was planned: the other systems are not searched`);
  for (const step of plan?.steps ?? []) {
    const name = `${step.system}.${step.record}`;
    if (step.waiting > 0) open.push(`${name}: ${step.waiting} waiting (${step.reason ?? "open"})`);
    if (step.blocked > 0) open.push(`${name}: ${step.blocked} blocked (${step.reason ?? "blocked"})`);
    if (step.reason === "empty_pattern") open.push(`${name}: not checked`);
  }
  if (request.state === "settling" || request.state === "verifying") open.push("it is not verified for the second time yet");
  if (request.state === "partly_done" && open.length === 0) open.push("the last look found records that are still there");
  if (open.length > 0) throw new Failure("STILL_OPEN", `${request.id} has something open: ${open.join("; ")}`, { details: open });
}
