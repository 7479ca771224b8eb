/** What is searched and what was found. */
import type { Fold, IdentityType, RecordType, Where } from "./datamap.ts";

/** What a reader found out about a system. Bears no value of any record. */
export interface Finding {
  /** A code of src/errors.ts. */
  readonly code: string;
  /**
   * `error`: nothing of this record type may be planned, the plan ends with the code's exit code. `empty`: the pattern
   * matches nothing, the step is `not_checked`. `warning`: said, and the rest goes on.
   */
  readonly severity: "error" | "empty" | "warning";
  /** `system.record` */
  readonly record: string;
  readonly column?: string;
  /** Names the constraint, trigger, index or file:line. */
  readonly message: string;
  readonly help?: string;
}

/** A column that is matched, with how its values compare. `edge` compares exactly. */
export interface MatchColumn {
  readonly column: string;
  readonly type: IdentityType | "edge";
  readonly fold: readonly Fold[];
}

/** What to search in one record type. */
export interface Target {
  readonly record: RecordType;
  readonly columns: readonly MatchColumn[];
  /** Only records that also have these values (conditions). */
  readonly where?: Where;
  /** Columns or paths whose values the planner needs: edges, hold dates, conditions. */
  readonly exports: readonly string[];
}

/** One subject's values for the matched columns. A column without values matches nothing; a lookup without any value is never sent. */
export interface Lookup {
  /** Index of the subject in the request. */
  readonly subject: number;
  /** column (of `Target.columns`) -> values, already folded; every value non-empty. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** A record that was found. */
export interface Located {
  readonly subject: number;
  /** Canonical JSON text that names the record within its record type, the same at every look: primary key, `[bucket,key]`, `[index,_id]`. Sealed at rest. */
  readonly key: string;
  /** `io.digest` over what match, holds, conditions and fields read; another when the record changed. */
  readonly fingerprint: string;
  /** The exported columns as text. Dates are ISO 8601, with offset where the system knows one. */
  readonly values: Readonly<Record<string, string | null>>;
  /** Everything the rule would change is changed already (an anonymised row that still matches by its id). Always false for records to be deleted. */
  readonly done: boolean;
  /** Why this one cannot be acted on now: `object_lock`, `index_block` … */
  readonly blocked?: { readonly reason: string; readonly until?: string };
}
