import { type HeadHolder, refuseOtherLedger } from "../state/ledger-head.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { State } from "../state/state.ts";
import type { At } from "./kill-points.ts";

/** What the sealer needs of the ledger: appends, takes an entry it knows by id for done, and says its head. */
export interface LedgerWriter extends HeadHolder {
  append(entries: readonly OutboxEntry[]): Promise<{ readonly size: number; readonly root: string }>;
}

const BATCH = 500;

/**
 * The one writer of the ledger: moves the outbox into it, in order, each entry once; the state remembers the head in the
 * transaction that marks them. Runs again after a crash. Throws LEDGER_MISMATCH for a ledger that is not the one it knew.
 */
export async function sealLedger(
  state: Pick<State, "read" | "atomically">,
  ledger: LedgerWriter,
  at: At,
): Promise<void> {
  const next = async (): Promise<readonly OutboxEntry[]> => await state.read.outbox.unsealed(BATCH);
  for (let batch = await next(); batch.length > 0; batch = await next()) {
    await refuseOtherLedger(state.read, ledger);
    const head = await ledger.append(batch);
    at("ledger_appended", "");
    const ids = batch.map((entry) => entry.id);
    await state.atomically(async (tx) => await tx.outbox.sealed(ids, head));
    at("outbox_marked", "");
  }
}
