/** Which records open requests have found: nothing else takes them from under their plans. */
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { SealedRecord, SealedStep } from "../model/plan.ts";
import { OPEN_STATES } from "../model/status.ts";
import { isFollowing } from "../planner/follows.ts";
import { isMarkedBefore } from "../planner/plan.ts";
import { recordTypes, samePlace } from "../planner/targets.ts";
import type { Reads } from "../state/state.ts";
import { keyDigest } from "./key-digest.ts";
import { isOurs, markedByRequest } from "./marked-records.ts";

/** Whether an open request other than this one has found the record. */
export type WithRequest = (record: string, key: string) => boolean;

/**
 * Looks at what is sealed of every open request but this one. Due work whose run has ended is none: what it left is found
 * again by the next. `over`: open ones that keep nothing, as the next plan of due work takes them back.
 */
export async function openRequestsHold(
  reads: Reads,
  map: DataMap,
  except: string,
  over: ReadonlySet<string> = new Set(),
): Promise<WithRequest> {
  const held = new Map<string, Set<string>>();
  for (const { id, plan } of await holders(reads, except)) {
    if (over.has(id)) continue;
    for await (const piece of reads.sealed.pieces(id, plan)) {
      const { record, target, records, elsewhere = [] } = piece;
      const mine = held.get(record) ?? new Set<string>();
      held.set(record, mine);
      // version 0.1 sealed no target beside a step, and marked nothing
      const marks = Object.hasOwn(piece, "target") && target.changes.rule?.kind === "mark";
      const goes = marks ? await markedBy(reads, id, plan, piece) : () => false;
      for (const one of records) if (!goes(one)) mine.add(one.key);
      for (const { key } of elsewhere) mine.add(key);
    }
  }
  const alike = recordsOverOnePlace(map);
  return (record, key) => alike(record).some((one) => held.get(one)?.has(key) === true);
}

/** Record types by whose name a record of this one may have been found as well: itself, and those over the same place. */
function recordsOverOnePlace(map: DataMap): (record: string) => readonly string[] {
  const types = recordTypes(map);
  const known = new Map<string, readonly string[]>();
  return (record) => {
    const type = types.find(({ id }) => id === record);
    const alike =
      known.get(record) ??
      (type === undefined ? [record] : types.filter((one) => one === type || mayMeet(one, type)).map(({ id }) => id));
    known.set(record, alike);
    return alike;
  };
}

/** Keys of files and documents name where these lie; those of rows only the row. */
function mayMeet(one: RecordType, other: RecordType): boolean {
  const isNamed = one.place.kind !== "table" && one.place.kind === other.place.kind && one.system === other.system;
  return isNamed || samePlace(one, other);
}

/** What the request's run marked, or found marked: that goes for good on its own day, and the request waits for nothing else. */
async function markedBy(
  reads: Reads,
  request: string,
  plan: string,
  piece: SealedStep,
): Promise<(record: SealedRecord) => boolean> {
  const receipt = (await reads.journal.receipts(plan)).findLast((one) => one.step === piece.step);
  if (receipt === undefined) {
    // planned anew and not run: what an earlier run of it marked waits for its day, and not for this plan
    const own = new Set<string>();
    for await (const { head, records } of markedByRequest(reads, request))
      if (head.record === piece.record) for (const { key } of records) own.add(key);
    return (record) => isMarkedBefore(record.disposition) && own.has(record.key);
  }
  const digest = keyDigest(await reads.sealed.digestKey(request));
  return (record) =>
    isMarkedBefore(record.disposition) || isFollowing(record.disposition) || isOurs(piece, record, receipt, digest);
}

/** The same for many questions: looked at again only where a request has come, ended or been planned anew. */
export function openRequestsHoldNow(reads: Reads, map: DataMap, except: string): () => Promise<WithRequest> {
  let known: { readonly of: string; readonly holds: WithRequest } | undefined;
  return async () => {
    const of = JSON.stringify(await holders(reads, except));
    if (known?.of !== of) known = { of, holds: await openRequestsHold(reads, map, except) };
    return known.holds;
  };
}

async function holders(
  reads: Reads,
  except: string,
): Promise<readonly { readonly id: string; readonly plan: string }[]> {
  const all: { id: string; plan: string }[] = [];
  for (const { id, plan, state, kind } of await reads.requests.list()) {
    if (id === except || plan === undefined || !OPEN_STATES.includes(state)) continue;
    if (kind === "due" && (await reads.plans.result(plan)) !== undefined) continue;
    all.push({ id, plan });
  }
  return all;
}
