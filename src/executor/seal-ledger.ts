import type { OutboxEntry } from "../state/outbox.ts";
import type { State } from "../state/state.ts";
import type { At } from "./kill-points.ts";

/** What the sealer needs of the ledger: appends, and takes an entry it knows by id for done. */
export interface LedgerWriter {
  append(entries: readonly OutboxEntry[]): unknown;
}

const BATCH = 500;

/** The one writer of the ledger: moves the outbox into it, in order, each entry once. Runs again after a crash. */
export async function sealLedger(state: Pick<State, "read" | "atomically">, ledger: LedgerWriter, at: At): Promise<void> {
  const next = async (): Promise<readonly OutboxEntry[]> => await state.read.outbox.unsealed(BATCH);
  for (let batch = await next(); batch.length > 0; batch = await next()) {
    ledger.append(batch);
    at("ledger_appended", "");
    const ids = batch.map((entry) => entry.id);
    await state.atomically(async (tx) => await tx.outbox.sealed(ids));
    at("outbox_marked", "");
  }
}
