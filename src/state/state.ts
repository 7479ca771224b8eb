import { openDatabase } from "./database.ts";
import { type Journal, journalStore } from "./journal.ts";
import { type PlanStore, planStore } from "./plan-store.ts";
import { type Locks, processLocks } from "./process-lock.ts";
import { type RequestStore, requestStore } from "./request-store.ts";
import { type SealedStore, sealedStore } from "./sealed-store.ts";

/** Requests, plans, what was begun and done, and the sealed part. One SQLite file. */
export interface State extends Disposable {
  readonly requests: RequestStore;
  readonly plans: PlanStore;
  readonly journal: Journal;
  readonly sealed: SealedStore;
  readonly locks: Locks;
}

/** `sealingKey`: 32 bytes; wraps the key of every request. */
export function openState(file: string, sealingKey: Uint8Array): State {
  const db = openDatabase(file);
  const sealed = sealedStore(db, sealingKey);
  return {
    sealed,
    requests: requestStore(db, sealed),
    plans: planStore(db),
    journal: journalStore(db),
    locks: processLocks(db),
    [Symbol.dispose]() {
      if (db.isOpen) db.close();
    },
  };
}
