import type { LegalHoldReads, LegalHolds } from "./hold-store.ts";
import type { ImageReads, Images } from "./image-store.ts";
import type { Journal, JournalReads } from "./journal.ts";
import type { KeyMarkReads, KeyMarks } from "./key-marks.ts";
import type { Leases } from "./leases.ts";
import type { Outbox, OutboxReads } from "./outbox.ts";
import type { PlanReads, Plans } from "./plan-store.ts";
import type { RequestReads, Requests } from "./request-store.ts";
import type { PlantedNotes, PlantedReads } from "./planted-store.ts";
import type { Standing, StandingReads } from "./standing-store.ts";
import type { Sealed, SealedReads } from "./sealed-store.ts";
import type { UndoReads, Undos } from "./undo-store.ts";

/** What can be read of the state. */
export interface Reads {
  readonly requests: RequestReads;
  readonly plans: PlanReads;
  readonly journal: JournalReads;
  readonly outbox: OutboxReads;
  readonly sealed: SealedReads;
  readonly images: ImageReads;
  readonly undos: UndoReads;
  readonly keys: KeyMarkReads;
  readonly legalHolds: LegalHoldReads;
  readonly standing: StandingReads;
  readonly planted: PlantedReads;
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
  readonly images: Images;
  readonly undos: Undos;
  readonly keys: KeyMarks;
  readonly legalHolds: LegalHolds;
  readonly standing: Standing;
  readonly planted: PlantedNotes;
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
  lease<T>(names: readonly string[], judge: (tx: Tx) => Promise<T>): Promise<Lease & { readonly first: T }>;
}

/**
 * While it lives nobody else works on what it names. Writes of that work go through it: each looks first whether it has
 * been overtaken, in the same transaction, and throws BUSY then.
 */
export interface Lease extends UnitOfWork, AsyncDisposable {
  /** Aborts when somebody else has taken over. */
  readonly overtaken: AbortSignal;
}
