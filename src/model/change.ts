/** What is done to records, and what came of it. */
import type { FieldRules } from "./field-rule.ts";
import type { Lookup, Target } from "./search.ts";

/** What is to be done to a record. */
export type Change =
  | { readonly kind: "delete" }
  /** Columns, or paths of the JSON column (or of the document). */
  | { readonly kind: "fields"; readonly fields: FieldRules; readonly in?: string; readonly paths: FieldRules }
  /** Clear every column but these, keys (primary, unique, foreign) and the `from` columns of the record's holds. */
  | { readonly kind: "minimise"; readonly keepOnly: readonly string[] };

export interface PlannedRecord {
  readonly key: string;
  readonly fingerprint: string;
  readonly subjects: readonly number[];
}

/** One change to some planned records of a step. */
export interface Operation {
  readonly change: Change;
  readonly records: readonly PlannedRecord[];
}

/** A step's part of a unit. */
export interface Work {
  /** Id of the plan's step. */
  readonly step: string;
  readonly target: Target;
  /** The sealed values the records were found by. Only to recognise rows of our own making in an audit trail. */
  readonly lookups: readonly Lookup[];
  readonly operations: readonly Operation[];
}

/** Steps of one system that belong together: a cycle of foreign keys, a table and its audit trail. In the order in which they are to be done. */
export interface Unit {
  readonly id: string;
  readonly works: readonly Work[];
}

/** Why and until when an erasure does not reach everything yet. */
export interface Residue {
  readonly system: string;
  readonly record?: string;
  /** `wal`, `versions`, `segments`, `snapshots`, `backups`, `dead_tuples` … */
  readonly mechanism: string;
  /** Civil date or instant after which it is gone at the latest; null where the system sets no end. */
  readonly goneBy: string | null;
}

/** An enforced foreign key from one record type, or an undeclared table, to another. */
export interface Link {
  readonly constraint: string;
  /** `system.record`, or `system.table` where the table is no record type. */
  readonly child: string;
  readonly childColumns: readonly string[];
  /** `system.record` */
  readonly parent: string;
  readonly onDelete: "no_action" | "restrict" | "cascade" | "set_null" | "set_default";
}

/** A record that references one we mean to delete. */
export interface Reference {
  readonly parentKey: string;
  readonly link: Link;
  /** Key of the child's record as `locate` gives it; for a table that is no record type any text that tells rows apart. */
  readonly childKey: string;
}

/** matched, affected and (read again by the executor) gone must agree, else the step has failed. */
export interface StepOutcome {
  readonly step: string;
  /** Planned records found again. After a crash, those that an earlier attempt of this unit changed count too. */
  readonly matched: number;
  /** Records the system says it changed, in this attempt or (as its notes show) an earlier one. */
  readonly affected: number;
  /** Planned records that were gone, or as wanted, before this unit touched anything. */
  readonly alreadyGone: number;
  /** Rows that our own statements added to an audit trail, redacted in the same transaction. */
  readonly own: number;
  /** Records that could not be acted on for now: a lock, Object Lock, an index block. */
  readonly blocked: number;
  /** Records on which the attempt failed. */
  readonly failed: number;
  /** Keys of blocked and failed records. */
  readonly unresolved: readonly string[];
  /** Code for `blocked` or `failed`: `lock_timeout`, `no_conditional_write`, `23514` … never a message of the system. */
  readonly reason?: string;
}
