/**
 * The port. A connector is a kind of system; reading and erasing are two types, and whoever plans or verifies never
 * holds the second. One call serves many subjects. See docs/architecture.md.
 */
import type { Link, Operation, Reference, Residue, StepOutcome, Unit } from "../model/change.ts";
import type { ActionKind, SystemBlock } from "../model/datamap.ts";
import type { Finding, Located, Lookup, Target } from "../model/search.ts";

/** A kind of system; stateless. Its folder is loaded only when a data map names the kind. */
export interface Connector {
  readonly kind: string;
  /** The planner refuses a record type that asks for another. */
  readonly actions: readonly ActionKind[];
  /** Opens nothing. The block has passed `lint`. */
  configure(block: SystemBlock): System;
}

/** The part of a connector that the linter needs: loads no client. */
export interface ConnectorConfig {
  readonly kind: string;
  readonly actions: readonly ActionKind[];
  /** What is wrong with this system's block, beyond its general shape. `path` leads from the system's block, as `["records", "orders", "in"]`. */
  lint(block: SystemBlock): readonly ConfigIssue[];
}

export interface ConfigIssue {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

export interface System {
  openReader(io: IO): Promise<Reader>;
  openEraser(io: IO): Promise<Eraser>;
}

/** What a connector may use of the world. Nothing else: no environment, no clock, no logger of its own. */
export interface IO {
  /** The value of a secret of the data map; throws SECRET_MISSING. */
  secret(name: string): string;
  readonly signal: AbortSignal;
  now(): Date;
  /** Folder of the data map's file, absolute: relative roots start here. */
  readonly base: string;
  /** The request's id, for session settings (`:request`). */
  readonly request: string;
  /** Keyed digest (HMAC-SHA-256, hex) of these parts under the request's own key; null and "" differ. For fingerprints. */
  digest(parts: readonly (string | null)[]): string;
  /** `pseudonymise`: the keyed pseudonym that replaces a value, `ps_` and 32 hex digits, the same for the same value. */
  pseudonym(value: string): string;
  /** Something a person must know that is no error: a gap, an unreadable line, a missing index. Never a value. */
  report(finding: Finding): void;
  /** Records looked at or done so far in this call. */
  progress(done: number): void;
}

/** Cannot write: read-only transactions, read-only opens, no mutating verb. */
export interface Reader extends AsyncDisposable {
  /** Everything that must be known before a search can be believed: rights, mapping, constraints, triggers, versioning, patterns that match nothing. */
  check(targets: readonly Target[]): AsyncIterable<Finding>;
  /** Enforced references between and into these record types; none for systems that have no such thing. */
  links(targets: readonly Target[]): Promise<readonly Link[]>;
  /** Every matching record, once per subject it belongs to. Throws where it could not look at everything. */
  locate(target: Target, lookups: readonly Lookup[]): AsyncIterable<Located>;
  /** Who references these records through an enforced foreign key, from any table. */
  references(target: Target, keys: readonly string[]): AsyncIterable<Reference>;
  /** All records of the record type, for the fractional cap; may be an estimate. */
  size(target: Target): Promise<number>;
  /** Reads these records again by key: yields the keys of those that are not yet as the operation leaves them. */
  remaining(target: Target, operation: Operation): AsyncIterable<string>;
  /** What an erasure here leaves for now. */
  residue(target: Target): AsyncIterable<Residue>;
}

/** The moments inside an effect at which the process may be killed in tests: before the first change, between two changes (or between writing aside and replacing), after the last. */
export type EffectPoint = "effect_begin" | "effect_half" | "effect_done";

/** A unit's durable notebook. */
export interface UnitJournal {
  /** What earlier attempts at this unit noted, oldest first. Empty: nothing was ever begun. */
  readonly notes: readonly string[];
  /** Durable when it returns. Before every effect that could be left in doubt: transaction ids, hashes of what is about to replace what. No values of records. */
  note(text: string): void;
  at(point: EffectPoint): void;
}

/** Idempotent: what is gone already is counted, and is no error. Acts on the planned keys only, never on a predicate. */
export interface Eraser extends AsyncDisposable {
  /** One outcome a work, in order. Before every write `io.signal` is looked at; never between a write and its note. */
  erase(unit: Unit, journal: UnitJournal): Promise<readonly StepOutcome[]>;
  /** Finishes what erasing had to leave (segments, old versions); says what is still left. */
  purge(target: Target): Promise<readonly Residue[]>;
}
