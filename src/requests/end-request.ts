import { EXIT, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { commitWords, newSalt } from "../ledger/commitment.ts";
import type { Period } from "../model/datamap.ts";
import type { ErasureRequest } from "../model/request.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { Target } from "../model/search.ts";
import type { HeldRecord } from "../state/sealed-store.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import { stateWords } from "../model/words.ts";
import { mergeResidue } from "../planner/residue.ts";
import { allAttempts } from "../state/all-attempts.ts";
import type { Reads, Tx } from "../state/state.ts";
import { hasBegun, keptSoFar } from "../state/kept-so-far.ts";
import { nextStep } from "./board.ts";
import { checkedText, refuseTheirsOf } from "./checked-text.ts";
import type { Context } from "./context.ts";
import { noted } from "./history.ts";
import { blockedIn } from "./left-blocked.ts";
import { type Accepted, lookedAt, openGaps, openThings } from "./open-things.ts";
import type { Reasoned } from "./entry-parts.ts";
import { gapsAcceptedEntry, keyDestroyedEntry, refusedEntry } from "./ledger-entries.ts";
import { completedEntry } from "./run-entries.ts";
import { settledFrom } from "./settled.ts";
import { isBroughtBack, whatStands } from "./what-stands.ts";

/**
 * Ends a request and destroys its sealed part, in the transaction that says so. Pointers of records that a hold keeps (no
 * values) go to the held store, each with its last day. `seen`: what the last look found of them, by `RECORD\nKEY`. `left`:
 * pointers of what stays because something stands against it.
 */
export async function endIn(
  tx: Tx,
  context: Pick<Context, "now" | "actor">,
  id: string,
  ending: "closed" | Stopping,
  why?: Why,
  seen?: ReadonlyMap<string, string>,
  left: readonly HeldRecord[] = [],
): Promise<ErasureRequest> {
  const { kind, plan } = await tx.requests.get(id);
  // what due work kept is found again by its own rule
  const kept = ending === "closed" && kind !== "due" ? await keptSoFar(tx, id, () => false) : [];
  const held = [...kept.map((one) => asLeft(one, seen)), ...left];
  const targets = new Map<string, Target>();
  if (held.length > 0 && plan !== undefined)
    for (const { head } of await tx.sealed.parts(id, plan)) targets.set(head.record, head.target);
  const ended = await tx.requests.update(id, {
    state: ending,
    endedAt: context.now().toISOString(),
    ...(why === undefined ? {} : { reason: why.words, reasonSalt: why.salt }),
    ...noted(context, await tx.requests.get(id), { did: ending, ...(why === undefined ? {} : { note: why.words }) }),
  });
  await tx.outbox.post([keyDestroyedEntry(context, id)]);
  for (const plan of await tx.plans.ofRequest(id)) await tx.journal.forgetNotes(plan.id);
  await tx.images.destroy(id);
  for (const [record, some] of Map.groupBy(left, (one) => one.record))
    await tx.sealed.forgetLeft(record, new Set(some.map(({ key }) => key)));
  await tx.sealed.destroy(id, held, targets);
  return ended;
}

/**
 * A pointer with the fingerprint by which its record is known again: as the plan found it and the last look still did; as
 * the last look found it where the run itself changed it. None where nobody knows: nothing is done to that record then.
 */
function asLeft(one: HeldRecord, seen: ReadonlyMap<string, string> | undefined): HeldRecord {
  const { fingerprint: planned, changed = false, ...pointer } = one;
  const now = seen?.get(`${one.record}\n${one.key}`);
  const fingerprint = changed ? now : seen === undefined || now === planned ? planned : undefined;
  return fingerprint === undefined ? pointer : { ...pointer, fingerprint };
}

/** What a person wrote when ending a request: the words and the salt stay in the state, their commitment goes to the ledger. */
export interface Why extends Reasoned {
  /** base64 */
  readonly salt: string;
}

export function whyOf(words: string): Why {
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
  const undos = await tx.undos.ofRequest(request.id);
  const residue = mergeResidue(attempts.flatMap((receipt) => receipt.residue ?? []));
  return [completedEntry(context, plan, { state: "closed", exit: EXIT.done, residue, attempts, undos, why })];
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

/** How a request ends without an erasure. */
export type Stopping = "refused" | "cancelled";

/** Throws WRONG_STATE for a request that has ended. */
function refuseEnded({ id, state }: ErasureRequest): void {
  if (!OPEN_STATES.includes(state)) throw new Failure("WRONG_STATE", `${id} is ${stateWords(state)} already`);
}

async function helpFor(reads: Reads, request: ErasureRequest): Promise<string> {
  const { next, otherwise = [] } = await nextStep(reads, request);
  return `The next step is: ${[next ?? `expunge request show ${request.id}`, ...otherwise].join(", or ")}.`;
}

/**
 * Throws what stands in the way of stopping it: WRONG_STATE, STILL_OPEN. What was brought back whole by `undo` is cancelled,
 * and never refused: it was granted once.
 */
export async function refuseStopping(reads: Reads, request: ErasureRequest, ending: Stopping): Promise<void> {
  const { id, state } = request;
  refuseEnded(request);
  if (!(await hasBegun(reads, id))) return;
  const isBack = await isBroughtBack(reads, request);
  if (isBack && ending === "cancelled") return;
  const undone = (await reads.undos.ofRequest(id)).length > 0;
  const stands = undone ? await whatStands(reads, request) : [];
  const why = isBack
    ? "its erasure was begun and brought back whole: it is cancelled, not refused"
    : `its erasure has begun and ${undone ? `stands in part: ${stands.join("; ")}` : "cannot be taken back"}`;
  throw new Failure("STILL_OPEN", `${id} is ${stateWords(state)}: ${why}`, {
    help: await helpFor(reads, request),
    ...(stands.length === 0 ? {} : { details: stands }),
  });
}

/** Throws what stands in the way of closing it: WRONG_STATE, STILL_OPEN. */
export async function refuseClosing(reads: Reads, request: ErasureRequest, accepted: Accepted): Promise<void> {
  refuseEnded(request);
  if (accepted.acceptBlocked === true && request.kind !== "due")
    throw new Failure("USAGE", `--accept-blocked is for due work, and ${request.id} is a person's request`, {
      help: "What stands against it must go, or the request stays open: somebody waits for its answer.",
    });
  const open = await openThings(reads, request, accepted);
  if (open.length > 0)
    throw new Failure("STILL_OPEN", `${request.id} has something open: ${open.join("; ")}`, {
      help: await helpFor(reads, request),
      details: open,
    });
}

/** Throws STILL_OPEN where nobody has looked again since the settle time had passed: a gap is no way round it. */
async function refuseUnsettled({ plans }: Reads, { id, plan }: ErasureRequest, settle: Period): Promise<void> {
  const result = plan === undefined ? undefined : await plans.result(plan);
  const looked = plan === undefined ? undefined : lookedAt(await plans.verified(plan));
  if (result === undefined || looked === undefined) return;
  const from = settledFrom(result.completedAt, settle).toISOString();
  if (looked >= from) return;
  throw new Failure("STILL_OPEN", `${id} has something open: it is not verified for the second time yet`, {
    help: `It counts from ${from.slice(0, 16).replace("T", " ")} UTC on: expunge verify ${id}.`,
  });
}

/** What ends a request: no data map and no system is needed for it. */
export type Ender = Pick<Context, "state" | "ledger" | "at" | "now" | "actor" | "actorIdOf">;

/** Ends a request that is not to be carried out. `timezone`: the controller's. Throws STILL_OPEN, WRONG_STATE. */
export async function stopRequest(
  ender: Ender,
  id: string,
  ending: Stopping,
  how: { readonly reason: string; readonly timezone: string },
): Promise<ErasureRequest> {
  const why = whyOf(checkedText("--reason", how.reason));
  return await ended(ender, id, async (tx, request) => {
    await refuseStopping(tx, request, ending);
    await refuseTheirsOf(tx, id, "--reason", why.words);
    await tx.outbox.post([refusedEntry({ ...ender, timezone: how.timezone }, id, ending, why)]);
    return await endIn(tx, ender, id, ending, why);
  });
}

/** Closes a request of which nothing is open but gaps that are accepted. Throws STILL_OPEN, WRONG_STATE. */
export async function closeRequest(
  context: Context,
  id: string,
  { reason, acceptGaps, acceptBlocked = false }: Accepted & { readonly reason: string },
): Promise<ErasureRequest> {
  const why = whyOf(checkedText("--reason", reason));
  const before = await context.state.read.requests.get(id);
  await refuseClosing(context.state.read, before, { acceptGaps, acceptBlocked });
  const left = acceptBlocked ? await blockedIn(context, before) : [];
  return await ended(context, id, async (tx, request) => {
    await refuseClosing(tx, request, { acceptGaps, acceptBlocked });
    if (acceptBlocked && request.plan !== before.plan)
      throw new Failure("BUSY", `${id} was planned anew meanwhile`, { help: "Look again: expunge request show ID." });
    await refuseUnsettled(tx, request, context.map.settle);
    await refuseTheirsOf(tx, id, "--reason", why.words);
    if (acceptGaps) await tx.outbox.post(await acceptedEntries(tx, context, request, why));
    await tx.outbox.post(await closedEntries(tx, context, request, why));
    return await endIn(tx, context, id, "closed", why, undefined, left);
  });
}

/** One transaction, and the ledger told of it. */
async function ended(
  { state, ledger, at }: Ender,
  id: string,
  work: (tx: Tx, request: ErasureRequest) => Promise<ErasureRequest>,
): Promise<ErasureRequest> {
  const request = await lifeStep(state, at, "end", async (tx) => {
    const before = await tx.requests.get(id);
    await tx.leases.refuseHeld([before.id]);
    return await work(tx, before);
  });
  await sealLedger(state, ledger, at);
  return request;
}
