/**
 * The port. A connector is a kind of system; reading and erasing are two types, and whoever plans or verifies never
 * holds the second. One call serves many subjects. See docs/architecture.md.
 */
import type { Assertion } from "../model/assertion.ts";
import type {
  Left,
  Link,
  Operation,
  PlannedRecord,
  Reference,
  Residue,
  StepOutcome,
  Unit,
  Write,
} from "../model/change.ts";
import type { ActionKind, Place, Rank, SystemBlock } from "../model/datamap.ts";
import type { PlantedPlace, PlantedRow, RefusedRow, Tallied, Trace } from "../model/planting.ts";
import type { Finding, Located, Lookup, Selection, Sighting, Site, Target } from "../model/search.ts";
import type { Sampled, Store } from "../model/structure.ts";
import type { BlockKeys } from "./keys.ts";
import type { Pace } from "./pace.ts";

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
  /** Where its records may lie, as a record type's keys name it. */
  readonly places: readonly Place["kind"][];
  /** Sources have their turn before their copies. */
  readonly rank: Rank;
  /** Its keys of the data map. Those that the core reads are in `KNOWN`; its own are given to `configure` in `own`, as they were read. */
  readonly block: BlockKeys;
  /** How often a second a system of this kind is asked at most; absent: as often as there is something to ask. */
  readonly perSecond?: number;
  /** Whether it keeps what records were before it removes or changes them, and puts them back: `restore_window` beside any `do`. Absent: only marks are taken back. */
  readonly preImages?: true;
  /** Whether it can be asked for figures: `assert`. Its erasers compare them in each transaction, and its readers have `figure`. */
  readonly figures?: true;
  /** How `init` comes to a system of this kind; absent: it cannot be surveyed. */
  readonly drafted?: DraftedFrom;
  /** What is wrong with this system's block, beyond its general shape. `path` leads from the system's block, as `["records", "orders", "in"]`. */
  lint(block: SystemBlock): readonly ConfigIssue[];
}

/** What `init --from-…` names: the secret of a database, of an index or of buckets, or a folder. */
export interface DraftedFrom {
  readonly from: "database" | "index" | "bucket" | "folder";
  /** Whether a secret's value is one of this kind. */
  takes(value: string): boolean;
  /** What stands before a store's name where the data map names its files: `s3://`, with the bucket first in the name. */
  readonly begins?: string;
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
  /** Absent: the kind cannot try an erasure and take it back whole. */
  openRehearsal?(io: IO): Promise<Rehearsal>;
  /** Absent: the kind cannot tell what it is made of. */
  openSurvey?(io: IO): Promise<Survey>;
  /** Absent: nothing can be planted for a rehearsal. Only where the data map says `environment: test`. */
  openPlanter?(io: IO): Promise<Planter>;
}

/**
 * Plants what a rehearsal makes up, looks at it with statements of its own (neither those of a reader nor of an eraser),
 * and takes it away again: it removes what bears a trace, and nothing else.
 */
export interface Planter extends AsyncDisposable {
  /** In this order, all of them or none. */
  plant(rows: readonly PlantedRow[]): Promise<RefusedRow | undefined>;
  /** Records that bear the trace: column -> text. */
  rows(trace: Trace): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /** How many records a view shows in which one of these texts stands. */
  shows(view: PlantedPlace, texts: readonly string[]): Promise<number>;
  /** Every record but those that bear one of these traces. `digest`: of one record's text. */
  bystanders(place: PlantedPlace, traces: readonly Trace[], digest: (text: string) => Uint8Array): Promise<Tallied>;
  /** Takes away what bears one of these traces, children before parents; how many of it stay all the same, by store. */
  unplant(traces: readonly Trace[]): Promise<readonly { readonly store: string; readonly count: number }[]>;
}

/** An erasure that is tried: everything in one transaction that is never committed, whatever happens to the process. */
export interface Rehearsal extends AsyncDisposable {
  /** What records of this type set off that a rollback takes back, or does not. */
  beyond(target: Target): Promise<Beyond>;
  /** As `Eraser.apply`, by the same statements, with nothing noted: what it did stands for those that come after it, until all is taken back. Throws AssertionChanged. */
  apply(unit: Unit, guard: Guard): Promise<readonly StepOutcome[]>;
  /** How many rows name a row that is not there by now and was before; undefined: that cannot be looked at. */
  orphans(edge: Edge): Promise<number | undefined>;
}

/** In words and names of the schema. */
export interface Beyond {
  /** Reaches out of the database: it must not be set off. */
  readonly out: readonly string[];
  /** Harmless, and not taken back, or never done. */
  readonly stays: readonly string[];
}

/** A column of one record type that names rows of another, with values that were looked for. */
export interface Edge {
  readonly child: Target;
  readonly childColumn: string;
  readonly parent: Target;
  readonly parentColumn: string;
  readonly values: readonly string[];
}

/** What a system is made of, mapped or not. Cannot write, and reads no record but in `sample`. */
export interface Survey extends AsyncDisposable {
  /** Every store but the system's own, in order of name. `within`: schemas, bucket names or prefixes to look at; empty: all. */
  stores(within: readonly string[]): AsyncIterable<Store>;
  /** At most so many values of each column, as text. Read-only; the values are for guessing and never leave the process. */
  sample(store: Store, most: number): Promise<readonly Sampled[]>;
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
  /** Records looked at so far in this call, where they are more than it gives: those are counted already. */
  progress(done: number): void;
  /** To wait, and for a turn before each question where a call asks the system more than once. */
  readonly pace: Pace;
}

/**
 * Cannot write: read-only transactions, read-only opens, no mutating verb. Calls on one reader follow each other; another
 * reader of the same system may be at work at the same time. Every method may be called again and sees what is there
 * then. Whatever cannot be looked at whole throws a `Failure` (SYSTEM_UNREACHABLE, CREDENTIALS_REFUSED, NOT_PERMITTED,
 * ROW_SECURITY, SHARDS_FAILED, or a code of exit 65 for what the map got wrong): "nothing there" is only ever answered by
 * a look that could have found something.
 */
export interface Reader extends AsyncDisposable {
  /** Where what it reads is. Throws where that cannot be told. */
  site(): Promise<Site>;
  /** Everything that must be known before a search can be believed: rights, mapping, constraints, triggers, versioning, patterns that match nothing. */
  check(targets: readonly Target[]): AsyncIterable<Finding>;
  /** Enforced references between and into these record types; none for systems that have no such thing. */
  links(targets: readonly Target[]): Promise<readonly Link[]>;
  /** What triggers of these record types are known to write into others of them; none for systems that have no triggers. */
  writes(targets: readonly Target[]): Promise<readonly Write[]>;
  /**
   * Every selected record, in no promised order; a record may come more than once, for other subjects. Flat in memory
   * however many there are. Throws where it could not look at everything.
   */
  locate(target: Target, selection: Selection): AsyncIterable<Located>;
  /**
   * Who references these records through an enforced foreign key, from any table, and every row that a cascade through
   * tables that are no record type takes along, at every level (partitions and inheritance children too). Below a row
   * that stays (SET NULL, SET DEFAULT) and below a record type's own rows it goes no further.
   */
  references(target: Target, keys: readonly string[]): AsyncIterable<Reference>;
  /** All records of the record type, for the fractional cap; may be an estimate. */
  size(target: Target): Promise<number>;
  /** About how many bytes it takes to keep what these records are. Only where the kind has `preImages`. */
  imageBytes?(target: Target, keys: readonly string[]): Promise<number>;
  /**
   * A figure of `assert`, as a keyed digest of it. Throws ASSERTION_REFUSED where the query writes, fails, gives more than
   * one value, or one that differs between two reads. Only where the kind has `figures`.
   */
  figure?(assertion: Assertion): Promise<string>;
  /**
   * Reads these records again by key: yields the keys of those that are not yet as the operation leaves them, `also` and
   * what their cascades take (`takes`) included. `lookups`: the values the records were found by; without them nobody can
   * tell whose a value in a shared record is, and all count as the person's. Throws where nothing is known of a record,
   * because its place is gone.
   */
  remaining(target: Target, operation: Operation, lookups?: readonly Lookup[]): AsyncIterable<string>;
  /** Every place where one of these values stands, mapped or not. `values`: one list a subject, each of eight characters or more. */
  sweep(values: readonly (readonly string[])[]): AsyncIterable<Sighting>;
  /** What an erasure here leaves for now. */
  residue(target: Target): AsyncIterable<Residue>;
}

/**
 * The moments inside an effect at which the process may be killed in tests. What only the connector knows, and says:
 * before the first change, between two changes (or between writing aside and replacing), after the last. What is seen from
 * outside of every connector: the guard has judged the first records, the first note is durable.
 */
export type EffectPoint = "effect_begin" | "effect_half" | "effect_done" | "judged" | "noted";

/** What a record was, and whatever else its connector needs to give it back: only the connector reads it. */
export interface Image {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** A unit's durable notebook. */
export interface UnitJournal {
  /** What earlier attempts at this unit noted, oldest first. Empty: nothing was ever begun. */
  readonly notes: readonly string[];
  /**
   * Durable when it resolves. Before every effect that could be left in doubt: transaction ids, hashes of what is about
   * to replace what. No values of records. Throws BUSY where another process has taken the request over: then nothing
   * may be written any more.
   */
  note(text: string): Promise<void>;
  /**
   * Seals what these records were before they are changed; durable when it resolves, and before the effect is. Of a key
   * given again the last one counts. Only for record types with a `restoreWindow`.
   */
  keepImages(step: string, images: readonly Image[]): Promise<void>;
  at(point: EffectPoint): void;
}

/** What only the core can judge again, on connections of its own: conditions, legal holds, approvals withdrawn. */
export interface Guard {
  /**
   * Asked for every batch, after its records are locked (or read with what a conditional write needs) and before they
   * are changed, in retries too. The records in the answer are left alone and stand in `StepOutcome.left`. What the
   * connector itself can see (a fingerprint that changed, a new reference) is its own to judge.
   */
  judge(step: string, records: readonly PlannedRecord[]): Promise<readonly Left[]>;
}

/**
 * Idempotent: what is gone already is counted, and is no error. Acts on the planned keys only, never on a predicate, and
 * only where fingerprint, references and guard still say what they said at plan: a record whose fingerprint changed is
 * `failed`, reason `changed`, unless an earlier attempt of this unit changed it. May be called again after any failure
 * and any kill, and then gives the same end.
 */
export interface Eraser extends AsyncDisposable {
  /** One outcome a work, in order. Before every write `io.signal` is looked at; never between a write and its note. */
  apply(unit: Unit, journal: UnitJournal, guard: Guard): Promise<readonly StepOutcome[]>;
  /** Finishes what erasing had to leave (segments, old versions); says what is still left. */
  flushResidue(target: Target): Promise<readonly Residue[]>;
}
