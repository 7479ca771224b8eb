/** The life of a legal hold: added, extended, released, ended. No lease on any request: it holds while a run goes on, too. */
import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { newSalt } from "../ledger/commitment.ts";
import { isCivilDate } from "../model/civil-date.ts";
import { isInForce, lastDayOf, type LegalHold, type Salted } from "../model/legal-hold.ts";
import type { Subject } from "../model/subject.ts";
import { recordTypes } from "../planner/targets.ts";
import { addDays, addPeriod } from "../retention/civil-date.ts";
import type { Tx } from "../state/state.ts";
import { EPOCH, type Workspace } from "../workspace.ts";
import { checkedText } from "./checked-text.ts";
import { type Context, today } from "./context.ts";
import { holdAddedEntry, holdExtendedEntry, holdKeyDestroyedEntry, holdReleasedEntry } from "./hold-entries.ts";
import { nameOf } from "./open-request.ts";

export interface NewHold {
  readonly case: string;
  readonly by: string;
  readonly until?: string | undefined;
  /** `system.record` */
  readonly records: readonly string[];
}

/** What orders a change of a hold. */
export interface Ordered {
  readonly reason: string;
  readonly by: string;
}

/**
 * Holds what belongs to these people, or, where nobody is named, the whole of the record types. Throws USAGE and
 * IDENTIFIER_IN_ARGUMENTS before anything is written.
 */
export async function addHold(
  context: Context,
  subjects: readonly Subject[],
  pseudonymOf: Workspace["pseudonym"],
  how: NewHold,
): Promise<LegalHold> {
  const { map, state } = context;
  const [words, by] = [checkedText("--case", how.case), checkedText("--by", how.by)];
  const now = today(context);
  const why = how.until === undefined ? undefined : whyNotUntil(how.until, now);
  if (why !== undefined) throw new Failure("USAGE", `--until: ${why}`);
  const records = recordsOf(context, how.records);
  if (subjects.length === 0 && records.length === 0)
    throw new Failure("USAGE", "a legal hold is about people (--subject-file), record types (--records), or both");
  await endPassedHolds(context);
  const added = await lifeStep(state, context.at, "hold_add", async (tx) => {
    const hold = await tx.legalHolds.add(
      {
        case: salted(words),
        by,
        since: now,
        ...(how.until === undefined ? {} : { until: how.until }),
        records,
        added: typed(context),
      },
      subjects,
    );
    const pseudonyms = subjects.map((subject) => nameOf(subject, map, pseudonymOf));
    await tx.outbox.post([holdAddedEntry(context, hold, { epoch: EPOCH, pseudonyms })]);
    return hold;
  });
  await sealLedger(state, context.ledger, context.at);
  return added;
}

/** Moves its end to a later day. Said twice in the same words it is the same extension. Throws WRONG_STATE, USAGE. */
export async function extendHold(
  context: Context,
  id: string,
  { until, ...how }: Ordered & { readonly until: string },
): Promise<LegalHold> {
  const { state } = context;
  const [reason, by] = [checkedText("--reason", how.reason), checkedText("--by", how.by)];
  await endPassedHolds(context);
  const extended = await lifeStep(state, context.at, "hold_extend", async (tx) => {
    const hold = await tx.legalHolds.get(id);
    const last = hold.extended?.at(-1);
    if (last?.until === until && last.by === by && last.reason.words === reason) return hold;
    refuseExtending(hold, today(context));
    const why = whyNotUntil(until, today(context)) ?? whyNotLater(until, hold);
    if (why !== undefined) throw new Failure("USAGE", `--until: ${why}`);
    const said = salted(reason);
    await tx.outbox.post([holdExtendedEntry(context, hold, { by, reason: said, until })]);
    return await tx.legalHolds.update(id, {
      until,
      extended: [...(hold.extended ?? []), { ...typed(context), until, by, reason: said }],
    });
  });
  await sealLedger(state, context.ledger, context.at);
  return extended;
}

/**
 * Ends it. What it kept is due at once, or where the data map wants a wait (`legal_holds.release_wait`) when that has
 * passed: until then it keeps its records, and its identifiers stay sealed. Throws WRONG_STATE.
 */
export async function releaseHold(context: Context, id: string, how: Ordered): Promise<LegalHold> {
  const { state, map } = context;
  const [reason, by] = [checkedText("--reason", how.reason), checkedText("--by", how.by)];
  await endPassedHolds(context);
  const released = await lifeStep(state, context.at, "hold_release", async (tx) => {
    const hold = await tx.legalHolds.get(id);
    const now = today(context);
    refuseReleasing(hold, now);
    const said = salted(reason);
    const free = addPeriod(now, map.releaseWait);
    const keepsUntil = addDays(free, -1);
    const whole = await tx.legalHolds.update(id, {
      released: { ...typed(context), day: now, by, reason: said, keepsUntil },
    });
    const waits = isInForce(whole, now) ? lastDayOf(whole) : undefined;
    await tx.outbox.post([holdReleasedEntry(context, hold, { by, reason: said, keepsUntil: waits })]);
    return waits === undefined ? await endIn(tx, context, whole) : whole;
  });
  await sealLedger(state, context.ledger, context.at);
  return released;
}

/** Destroys what is sealed of holds whose last day has passed. Whatever looks for holds does so first. */
export async function endPassedHolds(context: Context): Promise<void> {
  const { state } = context;
  const passed = (hold: LegalHold | undefined): hold is LegalHold =>
    hold !== undefined && hold.ended === undefined && !isInForce(hold, today(context));
  if (!(await state.read.legalHolds.list()).some(({ hold }) => passed(hold))) return;
  await lifeStep(state, context.at, "hold_end", async (tx) => {
    for (const { hold } of await tx.legalHolds.list()) if (passed(hold)) await endIn(tx, context, hold);
  });
  await sealLedger(state, context.ledger, context.at);
}

async function endIn(tx: Tx, context: Context, hold: LegalHold): Promise<LegalHold> {
  if (hold.people > 0) await tx.outbox.post([holdKeyDestroyedEntry(context, hold)]);
  await tx.legalHolds.destroy(hold.id);
  return await tx.legalHolds.update(hold.id, { ended: context.now().toISOString() });
}

/** Throws WRONG_STATE where its end cannot be moved. */
export function refuseExtending(hold: LegalHold, now: string): void {
  refuseReleasing(hold, now);
  if (hold.until === undefined)
    throw new Failure("WRONG_STATE", `the legal hold ${hold.id} has no end: there is nothing to extend`, {
      help: LIST,
    });
}

/** Throws WRONG_STATE where it has ended, or was released before. */
export function refuseReleasing({ id, released, ...hold }: LegalHold, now: string): void {
  if (released !== undefined)
    throw new Failure("WRONG_STATE", `the legal hold ${id} was released on ${released.day}`, { help: LIST });
  if (!isInForce(hold, now))
    throw new Failure("WRONG_STATE", `the legal hold ${id} has ended on ${hold.until ?? now}`, { help: LIST });
}

const LIST = "See: expunge hold list.";

/** Why a day will not do as the last one of a hold; undefined where it will. `now`: civil date at the controller. */
export function whyNotUntil(typedDay: string, now: string): string | undefined {
  if (!isCivilDate(typedDay)) return "a date such as 2027-11-21 is wanted";
  return typedDay < now ? "the day has passed: nothing would be held" : undefined;
}

export function whyNotLater(typedDay: string, { until }: Pick<LegalHold, "until">): string | undefined {
  return until !== undefined && typedDay <= until
    ? `it must be later than ${until}; what is to end sooner is released`
    : undefined;
}

/** Throws USAGE for one that the data map does not name; what was typed is not repeated. */
function recordsOf({ map }: Context, records: readonly string[]): readonly string[] {
  const known = new Set(recordTypes(map).map(({ id }) => id));
  if (records.some((id) => !known.has(id)))
    throw new Failure("USAGE", "--records names a record type that the data map has not got", {
      help: "Write `system.record` as the data map does; `expunge explain` shows every one.",
    });
  return [...new Set(records)];
}

function salted(words: string): Salted {
  return { words, salt: newSalt().toString("base64") };
}

function typed({ actor, now }: Context): { readonly at: string; readonly actor: string } {
  return { at: now().toISOString(), actor };
}
