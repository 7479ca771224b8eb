/** What is searched and what was found. */
import type { Changes } from "./rule-change.ts";
import type { DueRows } from "./due-rows.ts";
import type { Fold, IdentityType, Marker, RecordType, Where } from "./datamap.ts";

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
  /** A table that stands in the way and is no record type of this system, as it is shown. */
  readonly table?: string;
  /** Names the constraint, trigger, index or file:line. */
  readonly message: string;
  readonly help?: string;
  /** Code `GAP`: something that was found and cannot be acted on. */
  readonly gap?: Gap;
}

export interface Gap {
  /** The place, masked: file:line, view, attribute, index. */
  readonly where: string;
  /** Whether an identifier of a person of the request stands there; then the check is `unverifiable`. */
  readonly holdsIdentifier: boolean;
  /** `io.digest` of what stands there: by it a line is known again that moved because lines before it went. */
  readonly content?: string;
}

/** Where a gap was when the plan was made. */
export interface PlannedGap {
  /** `system.record` */
  readonly record: string;
  readonly where: string;
  readonly content: string;
}

/** A column that is matched, with how its values compare. `edge` compares exactly. */
export interface MatchColumn {
  readonly column: string;
  readonly type: IdentityType | "edge";
  readonly fold: readonly Fold[];
}

/** A record type as a connector sees it: where it lies and how it is read. What happens to it stands in `Target.changes`. */
export type Described = Omit<RecordType, "do" | "fields" | "paths" | "in" | "unless" | "limits">;

/** What to search in one record type, and what was decided about it. */
export interface Target {
  readonly record: Described;
  readonly columns: readonly MatchColumn[];
  /** Only records that also have these values (`where` of a record type, of a condition). */
  readonly where?: Where;
  /** Columns or paths whose values the planner needs: edges, hold dates, conditions. */
  readonly exports: readonly string[];
  readonly changes: Changes;
  /** Records without a key of their own are named without this mark, as they were when they were marked, whatever the rule is. */
  readonly namedWithout?: Marker;
}

/** Where a system is: told alike whoever looks, by whatever name or secret. */
export interface Site {
  /** In it addresses are unique: a machine's files, an endpoint, a cluster, a database. */
  readonly space: string;
  /** What of it the system is: a folder; "" is all of it. */
  readonly root: string;
}

export interface DueSelection extends DueRows {
  readonly by: "due";
}

/** Which records of a target are meant. */
export type Selection =
  /** Those that match one of these people. */
  | { readonly by: "subjects"; readonly lookups: readonly Lookup[] }
  /**
   * Those of a day before `before`, as `dueState` says; the column is one of `Target.exports`. One whose date cannot be
   * read is not among them: how many there are is reported, as a gap.
   */
  | DueSelection
  /** These, whether they match anybody or not. */
  | { readonly by: "keys"; readonly keys: readonly string[] };

/** One subject's values for the matched columns. A column without values matches nothing; a lookup without any value is never sent. */
export interface Lookup {
  /** Index of the subject in the request. */
  readonly subject: number;
  /** column (of `Target.columns`) -> values, already folded; every value non-empty. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Beside that (mode `all`): columns whose values stand together in a parent's row (a composite key) must have one of its rows. */
  readonly tuples?: readonly Tuples[];
}

/** Those of these subjects. */
export function lookupsOf(lookups: readonly Lookup[], subjects: Iterable<number>): readonly Lookup[] {
  const wanted = new Set(subjects);
  return lookups.filter(({ subject }) => wanted.has(subject));
}

export interface Tuples {
  readonly columns: readonly string[];
  /** One value a column, in their order. */
  readonly rows: readonly (readonly string[])[];
}

/** A record that was found. It may come more than once, for other subjects. */
export interface Located {
  /** Whose it is: indexes of lookups' subjects. Empty where nobody was asked for (`due`, `keys`). */
  readonly subjects: readonly number[];
  /** Canonical JSON text that names the record within its record type, the same at every look: primary key, `[bucket,key]`, `[index,_id]`. Sealed at rest. */
  readonly key: string;
  /**
   * Canonical JSON text that names the record within its site's space, the same whichever record type of whichever system
   * found it: `[schema,table,key…]` of the table that holds the row, `[index,_id]`, `[path,record]`, `[bucket,key,record]`.
   */
  readonly address: string;
  /** Address of what holds this record whole and could be erased as one: the object of a line. */
  readonly within?: string;
  /** `io.digest` over what match, `where`, holds, conditions and fields read; another when the record changed. */
  readonly fingerprint: string;
  /**
   * The exported columns as texts: none for NULL or an absent path, several for a list. Dates are ISO 8601, with offset where
   * the system knows one; of several that a hold counts from, one that is missing is an empty text.
   */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Everything the rule would change is changed already (an anonymised row that still matches by its id). Always false for records to be deleted. */
  readonly done: boolean;
  /** Holds people who are none of `subjects` in the array or list it was matched through. */
  readonly shared?: boolean;
  /**
   * Marked as deleted by the application, since then (null: nobody knows). Absent: live. `over`: the fingerprint of what is
   * marked as it would be without the mark, where the system can tell.
   */
  readonly marked?: { readonly since: string | null; readonly over?: string };
  /** Why this one cannot be acted on now: `object_lock`, `index_block` … */
  readonly blocked?: { readonly reason: string; readonly until?: string };
}

/** A place where one of some values stands, mapped or not. Bears no value. */
export interface Sighting {
  /** Index of the subject. */
  readonly subject: number;
  /** `system.record`, or the table, index or file where no record type is. */
  readonly place: string;
  /** Column, path or attribute. */
  readonly column?: string;
  readonly count: number;
}
