import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { RequestState } from "../model/status.ts";
import { stateWords } from "../model/words.ts";
import { EPOCH } from "../workspace.ts";
import { checkedText, refuseTheirsOf, whyNotMethod } from "./checked-text.ts";
import { type Context, today } from "./context.ts";
import { deadlinesOf } from "./deadlines-of.ts";
import { noted } from "./history.ts";
import { dueAfter } from "./pauses.ts";
import type { Reads } from "../state/state.ts";
import { hasBegun } from "../state/kept-so-far.ts";
import { identityEntry, receivedEntry } from "./ledger-entries.ts";

/** States in which the identity is still a question: nothing was begun. */
const BEFORE_RUN: readonly RequestState[] = ["received", "identity_confirmed", "planned", "approved"];

type Result = NonNullable<ErasureRequest["identity"]>["result"];

/** Throws WRONG_STATE once a run has begun or the request has ended. */
export async function refuseIdentity(reads: Reads, request: ErasureRequest): Promise<void> {
  const { id, state } = request;
  deadlinesOf(request);
  if (!BEFORE_RUN.includes(state) || (await hasBegun(reads, id)))
    throw new Failure("WRONG_STATE", `${id} is ${stateWords(state)}: its identity is no question any more`);
}

/** Notes how the identity was checked and what came of it. Throws WRONG_STATE once a run has begun or the request has ended. */
export async function recordIdentity(
  context: Context,
  id: string,
  typed: string,
  result: Result,
): Promise<ErasureRequest> {
  const { state } = context;
  const method = checkedText("--method", typed, whyNotMethod);
  const recorded = await lifeStep(state, context.at, "identity", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    await refuseIdentity(tx, request);
    await refuseTheirsOf(tx, id, "--method", method);
    const identity = { method, result, at: context.now().toISOString(), by: context.actor };
    const due = dueAfter(
      { ...request, due: deadlinesOf(request) },
      result,
      today(context),
      context.map.controller.calendar,
    );
    await tx.outbox.post([
      receivedEntry(context, request, EPOCH),
      identityEntry(context, { ...request, identity }, due),
    ]);
    const confirmed =
      request.plan === undefined ? "identity_confirmed" : request.state === "approved" ? "approved" : "planned";
    // whoever turns out to be someone else must not be erased by a plan that was signed before
    const changes =
      result === "ok"
        ? ({ identity, state: confirmed } as const)
        : ({ identity, state: "received", plan: undefined } as const);
    return await tx.requests.update(id, {
      ...changes,
      due,
      ...noted(context, request, { did: "identity", result, note: method }),
    });
  });
  await sealLedger(state, context.ledger, context.at);
  return recorded;
}
