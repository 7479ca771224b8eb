/** Early purge of what is marked as deleted: a plan of due work that somebody else must approve, and then the one way of every plan. */
import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { newSalt } from "../ledger/commitment.ts";
import type { Plan } from "../model/plan.ts";
import type { Subject } from "../model/subject.ts";
import { binType } from "./bin-list.ts";
import { checkedText, refuseTheirs } from "./checked-text.ts";
import { type Context, readersFor, today } from "./context.ts";
import { endIn } from "./end-request.ts";
import { lookInBin } from "./in-bin.ts";
import { DUE_LEASE, planOf } from "./plan-due.ts";

export interface BinPurging {
  readonly record: string;
  readonly subjects: readonly Subject[];
  readonly reason: string;
  /** Asked once it is known how many records it is about; throws where no plan is to be made. */
  confirm(count: number): Promise<void>;
}

/** Throws NOTHING_TO_APPROVE where nothing of theirs is in the bin; USAGE, IDENTIFIER_IN_ARGUMENTS for the reason. */
export async function binPurge(context: Context, { record, subjects, reason, confirm }: BinPurging): Promise<Plan> {
  const type = binType(context, record);
  if (type.purge === undefined)
    throw new Failure("USAGE", `nothing says how ${type.id} goes for good`, {
      help: "Give the record type a `purge_after`.",
    });
  const words = checkedText("--reason", reason);
  refuseTheirs("--reason", words, subjects);
  await using lease = await context.state.lease([DUE_LEASE], async () => {});
  const { id } = await lifeStep(lease, context.at, "open", async (tx) => {
    const request = await tx.requests.add({
      kind: "due",
      type: "erasure",
      received: today(context),
      pseudonyms: [],
      timezone: context.map.controller.calendar.timezone,
      createdAt: context.now().toISOString(),
      createdBy: context.actor,
      ...(context.signer === undefined ? {} : { createdKey: context.signer.key }),
      purge: { record: type.id, words, salt: newSalt().toString("base64") },
    });
    await tx.sealed.begin(request.id, []);
    return request;
  });
  try {
    const lookups = await lookupsOf();
    return await planOf(context, lease, id, { records: [type.id], lookups });
  } catch (error) {
    await lifeStep(lease, context.at, "end", async (tx) => await endIn(tx, context, id, "cancelled"));
    await sealLedger(context.state, context.ledger, context.at);
    throw error;
  }

  async function lookupsOf() {
    await using readers = readersFor(context, id, () => {});
    const { marked, lookups } = await lookInBin(context, readers, { id, type, subjects });
    if (marked.length === 0)
      throw new Failure("NOTHING_TO_APPROVE", `${type.id}: nothing of these people is marked as deleted`, {
        help: "What is in the bin: expunge bin list.",
      });
    await confirm(marked.length);
    return lookups;
  }
}
