import type { Assertion } from "./assertion.ts";
import type { FieldRules } from "./field-rule.ts";
import type { InLanguages } from "./in-languages.ts";
import type { Person } from "./person.ts";

/** Where something stands in the data map's file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type ActionKind = "erase" | "anonymise" | "redact" | "remove-rows" | "soft-delete" | "unlink" | "keep" | "ask";

export type IdentityType = "email" | "phone" | "integer" | "string" | "uuid";
export type Fold = "trim" | "lowercase" | "nfc" | "e164";

/** A kind of identifier: `email`, `customer_id`. */
export interface Identity {
  readonly name: string;
  readonly type: IdentityType;
  readonly fold: readonly Fold[];
  /** The column that holds this identity's values, found by other identities in the same record type. */
  readonly foundIn?: ColumnRef;
  /** column of `foundIn`'s record type -> the identity it is searched by. */
  readonly by: Readonly<Record<string, string>>;
  readonly at: Position;
}

/** A column of a record type: `shop.customers.id`. */
export interface ColumnRef {
  /** `system.record` */
  readonly record: string;
  readonly column: string;
}

export type MatchSource =
  | { readonly kind: "identity"; readonly identity: string }
  | { readonly kind: "column"; readonly ref: ColumnRef };

/** One `column: source` pair of a `match`. For key templates the column is the placeholder, `:customer_id`. */
export interface MatchTerm {
  readonly column: string;
  readonly source: MatchSource;
}

export interface Match {
  /** `any`: one matching term is enough; `all`: every term must match. */
  readonly mode: "any" | "all";
  readonly terms: readonly MatchTerm[];
}

/** A filter on literal values: the column, as text, is one of these. */
export type Where = Readonly<Record<string, readonly string[]>>;

export interface Condition {
  readonly name: string;
  readonly says: string;
  /** The same in several languages, for letters. */
  readonly saysIn?: InLanguages;
  /** `system.record`, or `system.table` for a table that has no record type. Absent: the condition reads the record itself. */
  readonly any?: string;
  readonly match: Match;
  readonly where: Where;
  readonly at: Position;
}

/** A period of civil time, as in `8 years`, `90 days`, `P8Y`. */
export interface Period {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  /** Only for windows such as `settle`: hours, minutes, seconds, in seconds. */
  readonly seconds: number;
  /** As the map wrote it. */
  readonly text: string;
}

export type RoundUp =
  | { readonly to: "calendar_year" }
  | { readonly to: "fiscal_year"; readonly month: number; readonly day: number };

/** A retention rule as the map states it, or as `rule: de/invoice` names it (then filled from manifests/retention). */
export interface Hold {
  readonly name: string;
  readonly says: string;
  /** The same in several languages, for letters. */
  readonly saysIn?: InLanguages;
  readonly rule?: string;
  /** When that rule is to be compared with the law again. */
  readonly ruleReviewBy?: string;
  readonly keepFor: Period;
  readonly roundUpTo?: RoundUp;
  /** The hold never ends before this civil date (transition rules). */
  readonly notBefore?: string;
  /** The date it counts from is the end of a relationship: as long as there is none, nobody knows when keeping ends. Absent: a day of the record. */
  readonly starts?: "end_of_relationship";
  /** What may keep the period from ending, as the statute has it, in words. */
  readonly suspension?: string;
  /** What keeps the period from ending now, in words: nobody knows when keeping ends. */
  readonly suspended?: string;
  /** False: what is kept must be kept whole. Absent: it may be minimised. */
  readonly redactable?: boolean;
  readonly law: readonly string[];
  readonly exemption?: string;
  readonly owner: string;
  readonly approvedBy?: string;
  readonly approvedOn?: string;
  readonly reviewBy?: string;
  readonly at: Position;
}

export interface HoldUse {
  readonly hold: string;
  /** The column whose date starts the period. */
  readonly from: string;
  /** `system.record` names that are not erased while a record is held. */
  readonly protects: readonly string[];
}

export interface Limits {
  /** Per person and record type. */
  readonly maxRecords: number;
  /** 0 to 1, of all records of the record type; never below 20 records. */
  readonly maxFraction: number;
  readonly maxFanOut: number;
  /** Records of a whole step, whatever the number of people. */
  readonly batchRecords: number;
}

export interface Dialect {
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly header?: boolean;
  /** Lines before the heading. */
  readonly skip?: number;
}

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "iso-8859-1";

/** Where the records lie. Exactly one of these, as the system's kind demands. */
export type Place =
  | { readonly kind: "table"; readonly schema?: string; readonly table: string }
  | { readonly kind: "index"; readonly pattern: string }
  | { readonly kind: "files"; readonly globs: readonly string[] }
  | { readonly kind: "keys"; readonly templates: readonly string[] };

/** Who marked it: a column, and what it says where `session` sets it. */
interface MarkedBy {
  readonly by?: string;
  /** As in `session`, with `:request`. Absent: `expunge ID`. */
  readonly byWords?: string;
}

/** How a store marks a record as deleted. `by`: the column that says who did. */
export type Marker =
  /** `live`: what the column holds while the record lives; null is NULL, an empty cell, or no path. */
  | (MarkedBy & { readonly kind: "timestamp"; readonly column: string; readonly live: string | null })
  | (MarkedBy & {
      readonly kind: "flag";
      readonly column: string;
      readonly deleted: string;
      readonly since?: string;
      /** What a record gets back that somebody else marked. */
      readonly restoreAs?: string;
    })
  | (MarkedBy & {
      readonly kind: "status";
      readonly column: string;
      /** The first one is what is written. */
      readonly deleted: readonly string[];
      readonly since?: string;
      /** What a record gets back that somebody else marked. */
      readonly restoreAs?: string;
    })
  /** The newest version of an object is a delete marker. */
  | { readonly kind: "delete_marker" };

/** How a copy follows its source. `hard_delete`: what is deleted there goes here; `soft_delete`: what is marked there is marked here, and no more. */
export interface Follows {
  /** `system.record` */
  readonly source: string;
  readonly replays: "soft_delete" | "hard_delete";
}

/** A table, index, object set or file set that holds copies of a record, and the rule for it. */
export interface RecordType {
  /** `system.record` */
  readonly id: string;
  readonly system: string;
  readonly name: string;
  readonly called?: string;
  /** The same in several languages, for letters. Absent: `called` is good for every one. */
  readonly calledIn?: InLanguages;
  /** What it is kept for, what it holds and of whom, in words: for the record of processing activities. Absent: not written. */
  readonly purpose?: readonly string[];
  readonly categories?: readonly string[];
  readonly dataSubjects?: readonly string[];
  readonly place: Place;
  readonly match: Match;
  /** Constants that narrow the match. */
  readonly where?: Where;
  readonly do: ActionKind;
  /** `erase`: a record that holds other people too may go whole. */
  readonly shared?: "erase";
  /** When a record came into being: one newer than the request is not touched. */
  readonly created?: string;
  /** column -> what separates the values in its cells, which are lists. */
  readonly split?: Readonly<Record<string, string>>;
  readonly fields: FieldRules;
  /** The JSON columns that `paths` are read in; none: the root of a document. */
  readonly in: readonly string[];
  readonly paths: FieldRules;
  readonly unless?: string;
  readonly holds: readonly HoldUse[];
  readonly whileHeld?: { readonly restrict: boolean; readonly keepOnly?: readonly string[] };
  /** `system.record`s whose audit trail this is; none: it is no trail. */
  readonly auditOf: readonly string[];
  readonly cascades: readonly string[];
  /** How its records are marked as deleted. */
  readonly marker?: Marker;
  /** How long `undo` gives back what was done to its records; whole days. */
  readonly restoreWindow?: Period;
  /** How long after its marking a record goes for good, and how; whole days. Only with a marker. */
  readonly purge?: { readonly after: Period; readonly how: "erase" | "anonymise" };
  /** Its records are due without any request, so long after the date in `from`; whole days. */
  readonly schedule?: { readonly after: Period; readonly from: string };
  /** Its records are copies that go, or are marked, by themselves with what they are copies of. */
  readonly follows?: Follows;
  readonly format?: "csv" | "jsonl" | "json" | "parquet";
  readonly dialect: Dialect;
  readonly encoding: Encoding;
  readonly versions?: "all" | "latest";
  /** Keys that only its kind of system has, as the kind read them. */
  readonly own?: Readonly<Record<string, unknown>>;
  /** What a rehearsal plants in these columns. */
  readonly sample?: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly at: Position;
}

/** What a kind of system is among the others, in the order in which they have their turn. */
export const RANKS = ["source", "cache", "index", "file", "lake", "third_party"] as const;
export type Rank = (typeof RANKS)[number];

export interface SystemBlock {
  readonly name: string;
  readonly kind: string;
  /** Of its kind. */
  readonly rank: Rank;
  /** `connect` without its values: names of secrets, a file or root folder, options. */
  readonly connect: {
    readonly secret?: string;
    readonly file?: string;
    readonly root?: string;
    readonly unsafeOverwrite?: boolean;
    readonly own?: Readonly<Record<string, unknown>>;
  };
  readonly owner?: string;
  readonly environment?: "production" | "test";
  /** Somebody else who runs the system (Art. 19). */
  readonly recipient?: {
    readonly name?: string;
    readonly role?: "processor" | "controller";
    readonly country?: string;
  };
  readonly feeds: readonly string[];
  /** `system.record` this whole system is a copy of. */
  readonly copyOf?: string;
  readonly session: Readonly<Record<string, string>>;
  /** Keys that only its kind has, as the kind read them; those of its record types and of `connect` stand there. */
  readonly own?: Readonly<Record<string, unknown>>;
  /** `table` or `schema.table`: the tables of this system in `map.ignore`. */
  readonly ignore?: readonly string[];
  /** Figures that an erasure here must leave as they are. */
  readonly assertions?: readonly Assertion[];
  readonly records: readonly RecordType[];
  /** kind `backups` only. */
  readonly covers: readonly string[];
  readonly expiresAfter?: Period;
  readonly at: Position;
}

/** What may go without a person's approval of each plan. */
export interface StandingApproval {
  /** `system.record` names. */
  readonly records: readonly string[];
  /** The most records of one run. */
  readonly upTo: number;
  /** For readers. */
  readonly approvedBy?: string;
  /** ISO date. */
  readonly approvedOn?: string;
  /** ISO date: from the day after it nothing runs under it. */
  readonly reviewBy?: string;
}

export interface Calendar {
  /** IANA name. */
  readonly timezone: string;
  readonly regime: "eu" | "uk" | "ccpa";
  /** ISO dates, already resolved from a file or a region for the years around now. */
  readonly holidays: readonly string[];
}

export interface DataMap {
  /** The file's path as given. */
  readonly file: string;
  /** Lower-case hex SHA-256 of the file's bytes. */
  readonly digest: string;
  /** As it was read, for the lines of what it names; no part of what it means. */
  readonly text?: string;
  readonly controller: {
    readonly name: string;
    readonly contact: string;
    readonly authority?: { readonly name: string; readonly url: string };
    readonly calendar: Calendar;
  };
  readonly owner?: string;
  readonly reviewBy?: string;
  /** `system.table` names that hold no personal data, or whose cascades are accepted. */
  readonly ignore: readonly string[];
  readonly proof: { readonly keepFor: Period; readonly roundUpTo?: RoundUp };
  readonly approval: {
    readonly required: boolean;
    readonly fourEyes: boolean;
    readonly roles: readonly string[];
    readonly drift: "refuse" | "planned_only";
    /** Due work that `run --due` carries out without asking anybody. */
    readonly standing?: readonly StandingApproval[];
  };
  /** Who may act; undefined: whoever can start the program. */
  readonly people?: readonly Person[];
  readonly limits: Limits;
  /** The most bytes that everything kept for `undo` takes together; absent: IMAGE_BYTES. */
  readonly imageBytes?: number;
  readonly settle: Period;
  /** `purge_after` of record types with a marker that name none. */
  readonly retainDeleted?: Period;
  /** How long after its release a legal hold still keeps records. */
  readonly releaseWait: Period;
  readonly clock: "real" | "test";
  readonly identities: readonly Identity[];
  readonly conditions: readonly Condition[];
  readonly holds: readonly Hold[];
  readonly systems: readonly SystemBlock[];
}

/** One thing wrong, or worth knowing, with the data map. */
export interface Issue {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly help: string;
}
