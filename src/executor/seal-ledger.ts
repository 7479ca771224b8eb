import type { Journal, OutboxEntry } from "../state/journal.ts";
import type { At } from "./kill-points.ts";

/** What the sealer needs of the ledger: appends, and takes an entry it knows by id for done. */
export interface LedgerWriter {
  append(entries: readonly OutboxEntry[]): unknown;
}

const BATCH = 500;

/** The one writer of the ledger: moves the journal's outbox into it, in order, each entry once. Runs again after a crash. */
export function sealLedger(journal: Journal, ledger: LedgerWriter, at: At): void {
  for (let batch = journal.unsealed(BATCH); batch.length > 0; batch = journal.unsealed(BATCH)) {
    ledger.append(batch);
    at("ledger_appended", "");
    journal.sealed(batch.map((entry) => entry.id));
    at("outbox_marked", "");
  }
}
