/** What a data map says to people who read no YAML: the policy, the record of processing activities, and what stands to be looked at. */

/** Why a record type is kept for a time. */
export interface ExplainedHold {
  readonly says: string;
  readonly law: readonly string[];
  /** As in "8 years after the end of the calendar year of issued_on". */
  readonly until: string;
  /** The last day of one whose period would begin today; null: nobody knows when it ends. */
  readonly example_until: string | null;
  readonly exemption: string | null;
  readonly owner: string | null;
  readonly approved_by: string | null;
  readonly review_by: string | null;
}

/** One record type in the policy. What is not written is null or empty, and said so wherever it is shown. */
export interface PolicyRule {
  /** `system.record` */
  readonly record: string;
  /** In a reader's words. */
  readonly called: string | null;
  /** The rule as one sentence. */
  readonly sentence: string;
  /** For how long it can be brought back. */
  readonly restorable: string | null;
  /** What becomes of it where a person asks. */
  readonly on_request: string;
  /** What goes without anybody asking. */
  readonly on_schedule: readonly string[];
  readonly holds: readonly ExplainedHold[];
  /** Why it waits. */
  readonly waits: string | null;
  /** Records held with what they belong to: of these. */
  readonly held_with: readonly string[];
  /** Record types that keep the audit trail of it. */
  readonly audit_trail: readonly string[];
  /** Record types whose audit trail it is. */
  readonly audit_of: readonly string[];
  /** Systems that receive copies, with how. */
  readonly copies: readonly { readonly system: string; readonly how: string }[];
  /** Who answers for the final delete. */
  readonly owner: string | null;
  readonly file: string;
  readonly line: number;
}

export interface Policy {
  readonly controller: string;
  /** Civil date. */
  readonly as_of: string;
  readonly map_owner: string | null;
  readonly map_review_by: string | null;
  readonly rules: readonly PolicyRule[];
}

export interface Recipient {
  readonly system: string;
  readonly name: string | null;
  readonly role: "processor" | "controller" | null;
  readonly country: string | null;
  /** null: the country is not written, or not as two letters. */
  readonly third_country: boolean | null;
}

/** One record type in the record of processing activities (Art. 30 GDPR). */
export interface Activity {
  readonly record: string;
  readonly called: string | null;
  readonly purpose: readonly string[];
  readonly data_subjects: readonly string[];
  readonly categories: readonly string[];
  readonly recipients: readonly Recipient[];
  /** The envisaged time limits for erasure, in words. */
  readonly terms: readonly string[];
  readonly law: readonly string[];
  readonly owner: string | null;
}

export interface Ropa {
  readonly controller: { readonly name: string; readonly contact: string };
  readonly as_of: string;
  readonly activities: readonly Activity[];
}

/** What somebody is to look at: read from the workspace and from the systems. Counts, never a value. */
export interface Review {
  readonly controller: string;
  readonly as_of: string;
  readonly hidden: readonly {
    readonly record: string;
    readonly called: string | null;
    readonly count: number;
    /** The day on which the oldest was marked; null: nobody knows. */
    readonly oldest: string | null;
    readonly restorable_until: string | null;
    readonly purged_on: string | null;
  }[];
  /** Newest first. */
  readonly restores: readonly {
    readonly id: string;
    /** Civil date. */
    readonly on: string;
    /** Record types; none: all of the request. */
    readonly records: readonly string[];
    /** Whether it came to its end. */
    readonly ended: boolean;
  }[];
  /** What names a day of review, or should: the most urgent first. */
  readonly reviews: readonly {
    readonly what: string;
    readonly owner: string | null;
    readonly review_by: string | null;
    readonly state: "overdue" | "soon" | "later" | "not_written";
    readonly file: string;
    readonly line: number;
  }[];
  readonly legal_holds: readonly {
    readonly id: string;
    readonly since: string;
    readonly until: string | null;
    readonly records: readonly string[];
    readonly people: number;
  }[];
  /** Due work that was planned and waits for a person. */
  readonly waiting: readonly {
    readonly id: string;
    readonly state: string;
    readonly waiting_for: string;
    readonly next: string | null;
  }[];
  /** Due today. */
  readonly due: readonly { readonly record: string; readonly count: number }[];
}
