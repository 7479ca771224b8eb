import { Failure } from "../errors.ts";
import type { OutboxReads } from "./outbox.ts";

/** What is asked of a ledger: whether its first leaves are those over which this head was seen. */
export interface HeadHolder {
  holds(head: { readonly size: number; readonly root?: string }): Promise<boolean>;
}

/** Throws LEDGER_MISMATCH for a ledger that does not hold the head which the state remembers; undefined: there is none. */
export async function refuseOtherLedger(
  { outbox }: { readonly outbox: OutboxReads },
  ledger: HeadHolder | undefined,
): Promise<void> {
  const head = await outbox.ledgerHead();
  if (head === undefined || head.size === 0) return;
  const entries = `${head.size} ${head.size === 1 ? "entry" : "entries"}`;
  if (ledger === undefined)
    throw new Failure("LEDGER_MISMATCH", `the ledger of this workspace is missing; it had ${entries}`);
  if (!(await ledger.holds(head)))
    throw new Failure(
      "LEDGER_MISMATCH",
      `the ledger is older than this workspace, or another: it does not hold the ${entries} that it had`,
    );
}

/**
 * Throws LEDGER_MISMATCH for a ledger that tells of what this state knows nothing of: a copy of the state that was put
 * back would number requests and plans again, and the ledger would take what is new for what it has.
 */
export async function refuseOlderState(
  { outbox }: { readonly outbox: OutboxReads },
  ledger: { idsFrom(index: number): Promise<readonly string[]> },
): Promise<void> {
  const head = await outbox.ledgerHead();
  let unknown = 0;
  // every entry was posted before the ledger had it; those up to the head are known to be
  for (const id of await ledger.idsFrom(head?.size ?? 0)) if (!(await outbox.knows(id))) unknown += 1;
  if (unknown === 0) return;
  throw new Failure(
    "LEDGER_MISMATCH",
    `the state of this workspace is older than its ledger, which has ${unknown} ${unknown === 1 ? "entry" : "entries"} that the state does not know`,
    {
      help: "Bring back the latest state; `expunge doctor` says what is there. Until then nothing is done and nothing is signed.",
    },
  );
}
