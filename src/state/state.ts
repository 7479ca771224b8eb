import { type Journal, type JournalReads, journalStore } from "./journal.ts";
import { type Leases, leaseStore } from "./leases.ts";
import { type Outbox, type OutboxReads, outboxStore } from "./outbox.ts";
import { type PlanReads, type Plans, planStore } from "./plan-store.ts";
import { type RequestReads, type Requests, requestStore } from "./request-store.ts";
import { type Sealed, type SealedReads, sealedStore } from "./sealed-store.ts";
import type { Database, Sql } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";
import { unitOfWork } from "./unit-of-work.ts";

/** What can be read of the state. */
export interface Reads {
  readonly requests: RequestReads;
  readonly plans: PlanReads;
  readonly journal: JournalReads;
  readonly outbox: OutboxReads;
  readonly sealed: SealedReads;
}

export interface UnitOfWork {
  /**
   * Runs `work` in one transaction: everything or nothing, durable when it resolves. What it reads stays true until then:
   * preconditions belong into it, and nothing slow does. Calls of one process follow each other; one inside of `work`
   * joins the same transaction.
   */
  atomically<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** An open transaction: reads see what it has written. */
export interface Tx extends UnitOfWork, Reads {
  readonly requests: Requests;
  readonly plans: Plans;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly sealed: Sealed;
  readonly leases: Leases;
}

/** Requests, plans, what was begun and done, and the sealed part. */
export interface State extends UnitOfWork, AsyncDisposable {
  /** What is saved; each call a look of its own. */
  readonly read: Reads;
  /**
   * Takes all of these names or none, until it is disposed of; `judge` runs in the same transaction and says, by
   * throwing, that they are not to be taken. Throws BUSY when a living process has one.
   */
  lease<T>(names: readonly string[], at: string, judge: (tx: Tx) => Promise<T>): Promise<Lease & { readonly first: T }>;
}

/** While it lives nobody else works on what it names. Writes of that work go through it. */
export interface Lease extends UnitOfWork, AsyncDisposable {}

/** `sealingKey`: 32 bytes; wraps the key of every request. */
export function openState(file: string, sealingKey: Uint8Array): State {
  return stateIn(openSqlite(file), sealingKey);
}

function stateIn(database: Database, sealingKey: Uint8Array): State {
  let traces = false;
  const open = unitOfWork(database, async (saved) => {
    const cut = traces && saved;
    traces = false;
    if (cut) await database.cut();
  });
  const stores = (sql: Sql) => ({
    requests: requestStore(sql),
    plans: planStore(sql),
    journal: journalStore(sql),
    outbox: outboxStore(sql),
    sealed: sealedStore(sql, sealingKey, () => {
      traces = true;
    }),
  });
  const atomically: UnitOfWork["atomically"] = async (work) => await open(async (sql) => await work({ atomically, ...stores(sql), leases: leaseStore(sql) }));
  return {
    atomically,
    read: stores(database.read),
    async lease(names, at, judge) {
      const first = await atomically(async (tx) => {
        const judged = await judge(tx);
        await tx.leases.take(names, at);
        return judged;
      });
      return {
        first,
        atomically,
        [Symbol.asyncDispose]: async () => await atomically(async (tx) => await tx.leases.release(names)),
      };
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}
