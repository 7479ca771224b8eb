/** The plan: data without personal data. What it says is what `run` will do. */
import type { Brand } from "./brand.ts";
import type { PlannedRecord } from "./change.ts";
import type { ActionKind } from "./datamap.ts";
import type { Restorable } from "./pre-image.ts";
import type { DueSelection, Lookup, Site, Target } from "./search.ts";
import type { Status } from "./status.ts";

/**
 * `retention`, `legal_hold`: held itself. `review`: held, and nobody knows until when. `excluded`: a person left it out of
 * the plan. `held_with`: reached only through a held record. `held_by`: a held record references it.
 */
export type KeptReason = "retention" | "legal_hold" | "review" | "excluded" | "held_with" | "held_by";

/**
 * Why records are due without a request: their `schedule`, the purge of what is marked as deleted, or the end of a hold
 * that kept them from an ended request. `trail`: they are an audit trail of what is due.
 */
export type Because = "schedule" | "purge" | "hold_ended" | "trail";

export interface Counts {
  readonly found: number;
  readonly act: number;
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
}

export interface SubjectCounts extends Counts {
  /** `s_` and 8 hex digits. */
  readonly pseudonym: string;
  /**
   * What stands in this person's way here: `ambiguous_match` or `over_cap` (nothing of theirs is acted on), `no_identifier`
   * (not searched for them), `placeholder`.
   */
  readonly reason?: string;
}

/** Rows of a table that is no record type which the step's deletions take along. */
export interface CascadeCount {
  readonly constraint: string;
  /** `system.table` */
  readonly table: string;
  readonly count: number;
}

/** One record type of one system. found = act + kept + waiting + blocked. */
export interface PlanStep extends Counts {
  readonly id: string;
  readonly system: string;
  readonly record: string;
  readonly action: ActionKind;
  /** In due work: why its records are due. */
  readonly because?: Because;
  /** The outcome it would have. */
  readonly status: Status;
  /** Of `act`: changed, the others are deleted. Missing where nothing is acted on, and in plans of version 0.1. */
  readonly changed?: number;
  /** Kept records of which all but the needed columns are cleared. They count in `kept`. */
  readonly minimised?: number;
  /** Of the kept ones: a person left them out of the plan. */
  readonly excluded?: number;
  /** Of the waiting ones: they were marked as deleted before, and wait for nobody. */
  readonly marked?: number;
  /** Of the waiting ones: copies that go by themselves with what they are copies of, and wait for nobody. */
  readonly follows?: number;
  /** What a run would remove or change, and keep to be put back. */
  readonly restorable?: Restorable;
  /** Of the worst that happens here: blocked, then waiting, then kept. */
  readonly reason?: string;
  /** The reason in the words of the hold or condition. */
  readonly says?: string;
  /** Last day of the longest hold, absent where that of one record is not known; for marked records the day on which they go for good. */
  readonly until?: string;
  readonly law?: readonly string[];
  /** Ids of the legal holds that keep some of them. */
  readonly holds?: readonly string[];
  /** Of `waiting`: what a later plan of due work takes by itself, as it is over the cap or with an open request. */
  readonly later?: number;
  /** They count in the caps and not in `found`. */
  readonly cascades?: readonly CascadeCount[];
  /** In a batch: pseudonyms of those for whom it was not searched. */
  readonly unsearched?: readonly string[];
  readonly subjects?: readonly SubjectCounts[];
}

export interface Totals {
  readonly erase: number;
  readonly change: number;
  readonly keep: number;
  readonly wait: number;
  readonly blocked: number;
  /** Steps that found nothing. */
  readonly nothing: number;
}

/** A warning or finding of a plan, as JSON shows it. */
export interface PlanWarning {
  readonly code: string;
  readonly severity: "empty" | "warning";
  readonly record: string;
  readonly column?: string;
  readonly message: string;
  readonly help?: string;
}

export interface DayCount {
  /** Civil date. */
  readonly date: string;
  readonly system: string;
  readonly record: string;
  readonly count: number;
}

export interface Plan {
  readonly id: string;
  readonly request: string;
  /** Hex SHA-256 over everything the approval binds. */
  readonly digest: string;
  /** Digest of the rules that it was made by: `meaningOf` of src/datamap/meaning.ts. */
  readonly map: string;
  /** Planned with `--system`: only this one. */
  readonly system?: string;
  /** Due work: the civil day as of which it is due. */
  readonly as_of?: string;
  /** Due work, planned with `--records`: only these. */
  readonly records?: readonly string[];
  /** Of a look at a later day (`--as-of`): it is no plan that anybody could approve. */
  readonly approvable?: false;
  /** Of such a look: what goes until then, by the day from which it may; what may go already is under today. */
  readonly by_day?: readonly DayCount[];
  readonly made_at: string;
  readonly expires_at: string;
  readonly steps: readonly PlanStep[];
  readonly totals: Totals;
  readonly residue: readonly { readonly system: string; readonly mechanism: string; readonly gone_by: string | null }[];
  readonly warnings: readonly PlanWarning[];
}

/** A plan that a person signed. Made in src/planner/approve.ts only. */
export type ApprovedPlan = Brand<Plan, "ApprovedPlan">;

/**
 * What becomes of one found record. `types`: the record types (`system.record`) whose changes are made, where several
 * record types found the same record; the first one's is the operation's, the others' are made in the same go. Absent:
 * the step's own.
 */
export type Disposition =
  | { readonly kind: "act"; readonly change: "rule"; readonly types?: readonly string[] }
  /** Not deleted, because a held record references it: changed as `fields` say. */
  | {
      readonly kind: "act";
      readonly change: "held_by";
      /** Absent: nobody knows. */
      readonly until?: string;
      readonly law: readonly string[];
      readonly says?: string;
      readonly types?: readonly string[];
      /** Ids of the legal holds that have a part in it. */
      readonly holds?: readonly string[];
    }
  | {
      readonly kind: "kept";
      readonly reason: KeptReason;
      /** Last day. Absent: nobody knows. */
      readonly until?: string;
      readonly law: readonly string[];
      readonly says?: string;
      readonly minimise: boolean;
      /** The law wants it whole: nothing of it may be cleared while it is kept. */
      readonly whole?: true;
      readonly types?: readonly string[];
      /** Ids of the legal holds that have a part in it. */
      readonly holds?: readonly string[];
    }
  /** `reason`: a condition's name, or `no_date`, `newer_than_request`, `age_unknown`, `ambiguous_match`, `over_cap`, `ask`, `marked`, `follows`. */
  | {
      readonly kind: "waiting";
      readonly reason: string;
      readonly says?: string;
      /** `marked`: the day on which it goes for good. */
      readonly until?: string;
      /** `follows`: what it is a copy of, and goes with by itself. */
      readonly sources?: readonly SourceRecord[];
    }
  | { readonly kind: "blocked"; readonly reason: string; readonly until?: string };

/** A record that another is a copy of, as it is counted in the plan. */
export interface SourceRecord {
  /** `system.record` */
  readonly record: string;
  readonly key: string;
}

/** A planned record with its disposition; sealed beside the plan. */
export interface SealedRecord extends PlannedRecord {
  readonly disposition: Disposition;
  /** As other record types found it: when one of these changes, what was decided may not hold any more. */
  readonly others?: readonly SeenFrom[];
}

/** A record as one record type sees it. */
export interface SeenFrom {
  /** `system.record` */
  readonly record: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** A record that was found here and is decided and counted in another step: the same row, or the object that this line is in. */
export interface Elsewhere {
  readonly key: string;
  readonly step: string;
}

/** What is sealed of a step beside its records. */
export interface StepHead {
  readonly step: string;
  /** `system.record` */
  readonly record: string;
  /** As it was planned: what is done follows from this, whatever the map says later. */
  readonly target: Target;
  /** Where its records lie. Absent: planned by a version that did not ask. */
  readonly site?: Site;
  readonly lookups: readonly Lookup[];
  /** Due work: how its records were found. */
  readonly due?: DueSelection;
  readonly elsewhere?: readonly Elsewhere[];
}

/** Everything of a step that may not be in the plan itself; or a piece of it, with some of the records. */
export interface SealedStep extends StepHead {
  readonly records: readonly SealedRecord[];
}

/** A step that is to be sealed. */
export interface StepToSeal extends StepHead {
  readonly records: Iterable<SealedRecord>;
}

/** A step as it was planned just now: each record is put together when it is asked for. */
export interface PlannedStep extends StepToSeal {
  readonly records: PlannedRecords;
}

export interface PlannedRecords extends Iterable<SealedRecord> {
  readonly size: number;
  get(key: string): SealedRecord | undefined;
}
