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
