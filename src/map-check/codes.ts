/** The one table of what `map check` finds: how bad it is, what is to be done, and what it costs to leave it. */

interface Entry {
  readonly severity: "error" | "warning";
  /** Of all findings of this code, in a heading. */
  readonly what: string;
  /** What to do. */
  readonly help: string;
  /** What it costs to leave it. */
  readonly cost: string;
}

const DECIDE =
  "Give it a rule in the data map, or list it in map.ignore; then record the structure: expunge map accept --write.";
const GONE = "Take it out of the data map, or correct its name; then record the structure: expunge map accept --write.";

export const CODES = {
  COLUMN_NEW: {
    severity: "error",
    what: "columns that are new, and that no rule reaches",
    help: DECIDE,
    cost: "what stands in it stays when the person is erased, and every light is green",
  },
  FIELD_NEW: {
    severity: "error",
    what: "fields of an index that are new, and that no rule reaches",
    help: DECIDE,
    cost: "what stands in it stays when the person is erased, and every light is green",
  },
  HEADER_NEW: {
    severity: "error",
    what: "columns or paths of files that are new, and that no rule reaches",
    help: DECIDE,
    cost: "what stands in it stays in every file that keeps its rows",
  },
  TABLE_NEW: {
    severity: "error",
    what: "tables or indices that are new, and that the data map does not know",
    help: DECIDE,
    cost: "nobody is searched there, and nothing is erased",
  },
  PREFIX_NEW: {
    severity: "error",
    what: "prefixes of a bucket that are new, and that the data map does not know",
    help: DECIDE,
    cost: "objects below it are neither found nor erased",
  },
  FILE_NEW: {
    severity: "error",
    what: "files that are new, and that no glob names",
    help: DECIDE,
    cost: "nobody is searched there, and nothing is erased",
  },
  COLUMN_GONE: {
    severity: "error",
    what: "columns that are not there any more",
    help: GONE,
    cost: "a rule that names it stops every plan",
  },
  FIELD_GONE: {
    severity: "error",
    what: "fields of an index that are not there any more",
    help: GONE,
    cost: "a rule that names it stops every plan",
  },
  HEADER_GONE: {
    severity: "error",
    what: "columns or paths of files that are not there any more",
    help: GONE,
    cost: "a rule that names it stops every plan; under another name its content is not found",
  },
  TABLE_GONE: {
    severity: "error",
    what: "tables or indices that are not there any more",
    help: GONE,
    cost: "a rule that names it stops every plan; under another name its people are not found",
  },
  COLUMN_RETYPED: {
    severity: "error",
    what: "columns whose type is another one",
    help: "Look whether its rule still fits; then record the structure: expunge map accept --write.",
    cost: "a value may not be found any more, or a rule may write what does not fit",
  },
  REFERENCE_UNMAPPED: {
    severity: "error",
    what: "tables that reference a record type, and that the data map does not know",
    help: "Add the table as a record type that is matched by this key, or list it in map.ignore.",
    cost: "its rows are about the person and stay, or keep the person's record from going: no plan is made",
  },
  SIDE_STORE: {
    severity: "error",
    what: "stores that keep copies beside the data: outbox, jobs, sessions, deliveries, dead letters",
    help: "Look what its payload holds, and give it a rule (a path in its JSON, an age in `schedule`), or list it in map.ignore.",
    cost: "the person's data lives on in messages that were sent about them",
  },
  UNIQUE_IGNORES_MARKER: {
    severity: "error",
    what: "unique constraints that count records that are marked as deleted",
    help: "Let the constraint count living records only.",
    cost: "whoever comes back cannot register again, and an undo fails",
  },
  VIEW_IGNORES_MARKER: {
    severity: "error",
    what: "views and functions that show records that are marked as deleted",
    help: "Filter it by the marker.",
    cost: "who was hidden is still shown",
  },
  CHILD_VISIBLE: {
    severity: "error",
    what: "record types that stay visible when what they reference is hidden",
    help: "Let them follow: `do: soft-delete` with a marker of their own, `erase`, `anonymise` or `unlink`, or restrict what is held: `while_held: { restrict: true }`.",
    cost: "the person is hidden, and their records are not",
  },
  MARKER_NEVER_SET: {
    severity: "error",
    what: "markers that nothing sets",
    help: "Name the column that the application sets, or take `soft_delete` out.",
    cost: "nothing is ever purged, and nothing hides what we mark",
  },
  CONDITION_NEVER: {
    severity: "error",
    what: "conditions that can never be met",
    help: "Write the value as it stands in the column.",
    cost: "the condition protects nothing: records go that should wait",
  },
  TOMBSTONE_BREAKS: {
    severity: "error",
    what: "rules that would leave what a constraint refuses",
    help: "Choose a rule that the constraint lets through: `set`, `template`, `generalise`.",
    cost: "the record stays as it is, and every run ends with 5",
  },
  RIGHT_MISSING: {
    severity: "error",
    what: "rights that the credentials of a run have not got",
    help: "Grant the right.",
    cost: "a run fails in the middle of a request, or a search sees less than there is",
  },
  COVERAGE_LOW: {
    severity: "error",
    what: "the coverage is lower than was asked for",
    help: "Decide about the columns that are unmapped, or list them in map.ignore.",
    cost: "columns about which nobody decided grow in number",
  },
  COLUMN_UNMAPPED: {
    severity: "warning",
    what: "columns about which nobody decided",
    help: "Give them a rule (`keep` is one), or list them in map.ignore, with a star for a family: `shop.log_*`.",
    cost: "what stands there stays when the person is erased",
  },
  IGNORE_UNUSED: {
    severity: "warning",
    what: "entries of map.ignore that fit nothing",
    help: "Remove the entry, or correct its name.",
    cost: "what it was meant for is not ignored",
  },
  NO_BASELINE: {
    severity: "warning",
    what: "there is no record of the structure that was accepted",
    help: "Look at the structure and record it: expunge map accept --write, and keep datamap.lock.json in git.",
    cost: "nobody is told when a column or table is added",
  },
  PURGE_INDEX_MISSING: {
    severity: "warning",
    what: "dates by which records are due, without an index",
    help: "Add the index.",
    cost: "each look for what is due reads the whole table",
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type CoverageCode = keyof typeof CODES;

export function isCoverageCode(code: string): code is CoverageCode {
  return Object.hasOwn(CODES, code);
}

/** What to do and what it costs to leave it, in two sentences. */
export function adviceOf(code: CoverageCode, help: string = CODES[code].help): string {
  return `${help} Left so: ${CODES[code].cost}.`;
}
