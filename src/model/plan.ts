/** The plan: data without personal data. What it says is what `run` will do. */
import type { Brand } from "./brand.ts";
import type { Change, PlannedRecord } from "./change.ts";
import type { ActionKind } from "./datamap.ts";
import type { Lookup } from "./search.ts";
import type { Status } from "./status.ts";

/** `retention`, `legal_hold`: held itself. `held_with`: reached only through a held record. `held_by`: a held record references it. */
export type KeptReason = "retention" | "legal_hold" | "held_with" | "held_by";

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
}

/** One record type of one system. found = act + kept + waiting + blocked. */
export interface PlanStep extends Counts {
  readonly id: string;
  readonly system: string;
  readonly record: string;
  readonly action: ActionKind;
  /** The outcome it would have. */
  readonly status: Status;
  /** Kept records of which all but the needed columns are cleared. They count in `kept`. */
  readonly minimised?: number;
  readonly reason?: string;
  /** Words of the condition or hold behind `reason`. */
  readonly says?: string;
  /** Last day of the longest hold. */
  readonly until?: string;
  readonly law?: readonly string[];
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
  readonly message: string;
}

export interface Plan {
  readonly id: string;
  readonly request: string;
  /** Hex SHA-256 over everything the approval binds. */
  readonly digest: string;
  /** The data map's digest. */
  readonly map: string;
  /** Planned with `--system`: only this one. */
  readonly system?: string;
  readonly made_at: string;
  readonly expires_at: string;
  readonly steps: readonly PlanStep[];
  readonly totals: Totals;
  readonly residue: readonly { readonly system: string; readonly mechanism: string; readonly gone_by: string | null }[];
  readonly warnings: readonly PlanWarning[];
}

/** A plan that a person signed. Made in src/planner/approve.ts only. */
export type ApprovedPlan = Brand<Plan, "ApprovedPlan">;

/** What becomes of one found record. */
export type Disposition =
  | { readonly kind: "act"; readonly change: "rule" }
  /** Not deleted, because a held record references it: changed as `fields` say. */
  | { readonly kind: "act"; readonly change: "held_by"; readonly until: string; readonly law: readonly string[] }
  | { readonly kind: "kept"; readonly reason: KeptReason; readonly until: string; readonly law: readonly string[]; readonly minimise: boolean }
  | { readonly kind: "waiting"; readonly on: string }
  | { readonly kind: "blocked"; readonly reason: string; readonly until?: string };

/** A planned record with its disposition; sealed beside the plan. */
export interface SealedRecord extends PlannedRecord {
  readonly disposition: Disposition;
}

/** Everything of a step that may not be in the plan itself. */
export interface SealedStep {
  readonly step: string;
  /** `system.record` */
  readonly record: string;
  readonly lookups: readonly Lookup[];
  readonly records: readonly SealedRecord[];
}

/** What a disposition does to a record, if anything. */
export interface StepChanges {
  readonly rule: Change;
  readonly heldBy?: Change;
  readonly minimise?: Change;
}
