import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { isCivilDate } from "../model/civil-date.ts";
import type { Due, ErasureRequest, ExtensionReason } from "../model/request.ts";
import { OPEN_STATES } from "../model/status.ts";
import { extensionWords, stateWords } from "../model/words.ts";
import { EPOCH } from "../workspace.ts";
import { type Context, today } from "./context.ts";
import { deadlinesOf } from "./deadlines-of.ts";
import { noted } from "./history.ts";
import { openPause } from "./pauses.ts";
import { extendedEntry, receivedEntry } from "./ledger-entries.ts";

/**
 * Throws what stands in the way of any extension: WRONG_STATE, TOO_LATE. `now`: civil date at the controller. While the time
 * stands still its last day moves with every day: it passes only once the time runs again.
 */
export function refuseExtension(request: ErasureRequest, now: string): void {
  const { id, state } = request;
  const due = deadlinesOf(request);
  if (!OPEN_STATES.includes(state)) throw new Failure("WRONG_STATE", `${id} is ${stateWords(state)} already`);
  if (due.extension !== undefined) throw new Failure("WRONG_STATE", `${id} is extended already; that happens once`);
  if ((openPause(due)?.from ?? now) > due.legal)
    throw new Failure("TOO_LATE", `the answer to ${id} was due on ${due.legal}: its time cannot be extended any more`);
}

/** Why a day will not do as the one on which the person was told; undefined where it will. */
export function whyNotNotified(
  typed: string,
  { received }: Pick<ErasureRequest, "received">,
  now: string,
): string | undefined {
  if (!isCivilDate(typed)) return "a date such as 2026-11-21 is wanted";
  if (typed > now) return "the day lies in the future: tell the person first";
  return typed < received ? "the day lies before the one on which the request came in" : undefined;
}

/**
 * Notes that the person was told that the answer takes longer: from then on the extended day counts. Said twice in the
 * same words it is the same extension. Throws TOO_LATE after the legal day, WRONG_STATE, USAGE.
 */
export async function extendRequest(
  context: Context,
  id: string,
  how: { readonly reason: ExtensionReason; readonly notifiedOn?: string | undefined },
): Promise<ErasureRequest> {
  const { state } = context;
  const now = today(context);
  const { reason, notifiedOn = now } = how;
  const extended = await lifeStep(state, context.at, "extend", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([request.id]);
    if (isSame(deadlinesOf(request), { reason, notified_on: how.notifiedOn })) return request;
    refuseExtension(request, now);
    const why = whyNotNotified(notifiedOn, request, now);
    if (why !== undefined) throw new Failure("USAGE", `--notified-on: ${why}`);
    const due: Due = { ...deadlinesOf(request), extension: { reason, notified_on: notifiedOn } };
    await tx.outbox.post([
      receivedEntry(context, request, EPOCH),
      extendedEntry(context, request.id, { reason, notifiedOn, due: due.extended }),
    ]);
    return await tx.requests.update(id, {
      due,
      ...noted(context, request, { did: "extended", note: extensionWords(reason) }),
    });
  });
  await sealLedger(state, context.ledger, context.at);
  return extended;
}

/** The extension that there is; a day that was not given is whichever it was. */
function isSame(
  { extension }: Due,
  { reason, notified_on }: { readonly reason: ExtensionReason; readonly notified_on: string | undefined },
): boolean {
  return (
    extension !== undefined &&
    extension.reason === reason &&
    (notified_on === undefined || notified_on === extension.notified_on)
  );
}
