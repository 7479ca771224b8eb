/** What is done to records, and what came of it. */
import type { Asserted } from "./assertion.ts";
import type { Change } from "./rule-change.ts";
import type { Lookup, Target } from "./search.ts";

export interface PlannedRecord {
  readonly key: string;
  /** What the guard compares again before it acts: another one means that the record changed. */
  readonly fingerprint: string;
  readonly subjects: readonly number[];
  /** Rows of tables that are no record type which go behind this one, by a declared or ignored cascade. */
  readonly takes?: readonly Taken[];
}

/** A row that a cascade takes along. */
export interface Taken {
  readonly constraint: string;
  /** `system.table` */
  readonly table: string;
  /** As `Reference.childKey`. */
  readonly key: string;
}

/** One change to some planned records of a step. */
export interface Operation {
  readonly change: Change;
  readonly records: readonly PlannedRecord[];
  /** What the rules of other record types that found the same records change in them, in the same go. Columns never clash. */
  readonly also?: readonly Also[];
}

export interface Also {
  readonly target: Target;
  readonly change: Change;
  readonly lookups: readonly Lookup[];
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
  readonly effect: "erase" | "mark" | "restore" | "purge";
  /**
   * Everything is judged, and what can be taken back whole is done and taken back: what could not be done stands in the
   * outcome's `left`. Nothing is noted, and nothing is changed.
   */
  readonly rehearsal?: true;
  readonly works: readonly Work[];
  /** Of an undo: what others of its units have put back by then; a rehearsal does not find it in place. */
  readonly earlier?: readonly Work[];
  /** Read when it is asked for: it may be as much as the whole plan. Absent: only what the works do. */
  planned?(): Promise<PlannedInSystem>;
}

/** What the plan does in this system, in whatever unit: triggers may do some of it as well. */
export interface PlannedInSystem {
  readonly deleting: readonly PlannedKeys[];
  readonly changing: readonly PlannedKeys[];
  /** What a law wants kept: not even a number in it may follow what triggers do. */
  readonly keeping?: readonly KeptKeys[];
}

/** Records of one record type that a hold of theirs keeps. */
export interface KeptKeys extends PlannedKeys {
  /** Absent: all of them; else the others are cleared. */
  readonly columns?: readonly string[];
}

/** Records of one record type that the plan deletes, or that it changes. */
export interface PlannedKeys {
  readonly target: Target;
  readonly keys: readonly string[];
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

/** What statements on one record type are known to write into another by a trigger: `from` is done before `to`. */
export interface Write {
  readonly trigger: string;
  /** `system.record` */
  readonly from: string;
  /** `system.record` */
  readonly to: string;
}

/**
 * A row that references a record we mean to delete, or (behind a cascade through tables that are no record type) a row
 * that goes with it.
 */
export interface Reference {
  /** The record we mean to delete. */
  readonly parentKey: string;
  /** The last step of the way. */
  readonly link: Link;
  /** Constraints from the record down to this row, the nearest first; one where the row references the record itself. */
  readonly through: readonly string[];
  /** Key of the child's record as `locate` gives it; for a table that is no record type any text that tells rows apart. */
  readonly childKey: string;
  /**
   * Address of the child's record, as `Located.address`: where several record types lie over the child's table, `link`
   * names the first in the map's order, and another may be the one that finds the row. Absent: a row of no record type.
   */
  readonly childAddress?: string;
}

/**
 * What came of a work. `matched`, what the system says it changed (`deleted + changed`) and what is gone when the
 * executor reads again must agree, else the step has failed. Every planned record is counted here or stands in `left`.
 */
export interface StepOutcome {
  readonly step: string;
  /** Planned records found again and acted on, but for minimised ones. Those that an earlier attempt of this unit changed count too. */
  readonly matched: number;
  /** Records that the system says it deleted, in this attempt or (as its notes show) an earlier one. */
  readonly deleted: number;
  /** Records that the system says it changed, likewise. */
  readonly changed: number;
  /** Kept records whose other columns were cleared. */
  readonly minimised: number;
  /** Rows that our own statements added to an audit trail, redacted in the same transaction. */
  readonly own: number;
  /** Figures of `assert` that its transactions were compared by; absent: none. */
  readonly asserted?: readonly Asserted[];
  /** Planned records that nothing was done to, each with the reason. */
  readonly left: readonly Left[];
}

/** A planned record that an attempt left as it was. */
export interface Left {
  readonly key: string;
  /**
   * `already_gone`: gone by its key, or (reason `as_wanted`) there and as wanted, before this unit touched anything.
   * `kept`, `waiting`: a hold or condition that was not there at plan. `blocked`: a lock, Object Lock, an index block. `failed`: tried in vain, or `changed`.
   */
  readonly kind: "already_gone" | "kept" | "waiting" | "blocked" | "failed";
  /** A code: `lock_timeout`, `changed`, `no_conditional_write`, `23514`, the constraint's or trigger's name … never a message of the system. */
  readonly reason: string;
  /** The words of the hold or condition. */
  readonly says?: string;
  readonly until?: string;
  /** Ids of the legal holds that have a part in it. */
  readonly holds?: readonly string[];
}
