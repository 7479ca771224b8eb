import { EXIT, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { commitWords, newSalt } from "../ledger/commitment.ts";
import type { ErasureRequest } from "../model/request.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import { stateWords } from "../model/words.ts";
import { mergeResidue } from "../planner/residue.ts";
import { allAttempts } from "../state/all-attempts.ts";
import type { Reads, Tx } from "../state/state.ts";
import { hasBegun, keptSoFar } from "../state/kept-so-far.ts";
import { nextStep } from "./board.ts";
import { checkedText } from "./checked-text.ts";
import type { Context } from "./context.ts";
import { noted } from "./history.ts";
import { openGaps, openThings } from "./open-things.ts";
import type { Reasoned } from "./entry-parts.ts";
import { gapsAcceptedEntry, keyDestroyedEntry, refusedEntry } from "./ledger-entries.ts";
import { completedEntry } from "./run-entries.ts";

/**
 * Ends a request and destroys its sealed part, in the transaction that says so. Pointers of records that a hold keeps (no
 * values) go to the held store, each with its last day.
 */
export async function endIn(
  tx: Tx,
  context: Context,
  id: string,
  ending: "closed" | "refused" | "cancelled",
  why?: Why,
): Promise<ErasureRequest> {
  const held = ending === "closed" ? await keptSoFar(tx, id, () => false) : [];
  const ended = await tx.requests.update(id, {
    state: ending,
    endedAt: context.now().toISOString(),
    ...(why === undefined ? {} : { reason: why.words, reasonSalt: why.salt }),
    ...noted(context, await tx.requests.get(id), { did: ending, ...(why === undefined ? {} : { note: why.words }) }),
  });
  await tx.outbox.post([keyDestroyedEntry(context, id)]);
  for (const plan of await tx.plans.ofRequest(id)) await tx.journal.forgetNotes(plan.id);
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
async function closedEntries(
  tx: Tx,
  context: Context,
  request: ErasureRequest,
  why: Why,
): Promise<readonly OutboxEntry[]> {
  const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
  if (plan === undefined) return [];
  const attempts = await allAttempts(tx, request.id);
  const residue = mergeResidue(attempts.flatMap((receipt) => receipt.residue ?? []));
  return [completedEntry(context, plan, { state: "closed", exit: EXIT.done, residue, attempts, why })];
}

/** The places that the last look found an identifier in, accepted by a person; none where it found none. */
async function acceptedEntries(
  { plans }: Tx,
  context: Context,
  request: ErasureRequest,
  why: Why,
): Promise<readonly OutboxEntry[]> {
  const gaps = openGaps(request.plan === undefined ? undefined : await plans.verified(request.plan));
  return gaps.length === 0 ? [] : [gapsAcceptedEntry(context, request.id, gaps, why)];
}

/** Throws what stands in the way of the ending: WRONG_STATE, STILL_OPEN. */
export async function refuseEnding(
  reads: Reads,
  request: ErasureRequest,
  ending: "closed" | "refused" | "cancelled",
  acceptGaps: boolean,
): Promise<void> {
  const { id, state } = request;
  if (!OPEN_STATES.includes(state)) throw new Failure("WRONG_STATE", `${id} is ${stateWords(state)} already`);
  const { next, otherwise = [] } = await nextStep(reads, request);
  const help = `The next step is: ${[next ?? `expunge request show ${id}`, ...otherwise].join(", or ")}.`;
  if (ending !== "closed") {
    if (await hasBegun(reads, id))
      throw new Failure("STILL_OPEN", `${id} is ${stateWords(state)}: its erasure has begun and cannot be taken back`, {
        help,
      });
    return;
  }
  const open = await openThings(reads, request, { acceptGaps });
  if (open.length > 0)
    throw new Failure("STILL_OPEN", `${id} has something open: ${open.join("; ")}`, { help, details: open });
}

/** Ends a request that is not to be carried out (`refused`, `cancelled`), or closes one of which nothing is open. Throws STILL_OPEN, WRONG_STATE. */
export async function endRequest(
  context: Context,
  id: string,
  ending: "closed" | "refused" | "cancelled",
  how: { readonly reason: string; readonly acceptGaps?: boolean },
): Promise<ErasureRequest> {
  const { state } = context;
  const why = whyOf(checkedText("--reason", how.reason));
  const ended = await lifeStep(state, context.at, "end", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    await refuseEnding(tx, request, ending, how.acceptGaps ?? false);
    if (ending === "closed") {
      if (how.acceptGaps === true) await tx.outbox.post(await acceptedEntries(tx, context, request, why));
      await tx.outbox.post(await closedEntries(tx, context, request, why));
    } else await tx.outbox.post([refusedEntry(context, id, ending, why)]);
    return await endIn(tx, context, id, ending, why);
  });
  await sealLedger(state, context.ledger, context.at);
  return ended;
}
