import { Failure } from "../errors.ts";
import { type HoldInForce, isInForce, lastDayOf, type LegalHold } from "../model/legal-hold.ts";
import type { Readers } from "../planner/readers.ts";
import type { LegalHoldReads } from "../state/hold-store.ts";
import { type Context, readersFor, today } from "./context.ts";

/** What a look at a request needs to know of legal holds; its connections are its own, and tell nobody what they meet. */
export interface LegalLook extends AsyncDisposable {
  readonly holds: readonly HoldInForce[];
  readonly readers: Readers;
}

/** Legal holds as they are in this moment, or will be on a later day. Throws HOLD_UNREADABLE where one cannot be read: then nobody knows what it keeps. */
export async function lookForHolds(context: Context, request: string, day = today(context)): Promise<LegalLook> {
  const holds = await holdsInForce(context.state.read.legalHolds, day);
  const readers = readersFor({ ...context, progress: () => {} }, request, () => {});
  return { holds, readers, [Symbol.asyncDispose]: async () => await readers[Symbol.asyncDispose]() };
}

/** `day`: civil date at the controller. */
export async function holdsInForce(reads: LegalHoldReads, day: string): Promise<readonly HoldInForce[]> {
  const inForce: HoldInForce[] = [];
  for (const { id, hold } of await reads.list()) {
    if (hold === undefined) throw new Failure("HOLD_UNREADABLE", `the legal hold ${id} cannot be read`);
    if (isInForce(hold, day)) inForce.push(await withPeople(reads, hold));
  }
  return inForce;
}

export async function withPeople(reads: LegalHoldReads, hold: LegalHold): Promise<HoldInForce> {
  const until = lastDayOf(hold);
  return {
    id: hold.id,
    says: hold.case.words,
    ...(until === undefined ? {} : { until }),
    records: hold.records,
    subjects: await reads.subjects(hold),
  };
}
