import type { RecordType } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import type { ConfigIssue } from "../port/connector.ts";
import { endsOpen, formatOf } from "./file-format.ts";

/** What is wrong with a record type of record files, wherever they lie; `globs` as far as they name files. Paths start at the system's block. */
export function recordFileIssues(record: RecordType, globs: readonly string[]): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const say: Say = (keys, code, message, help) =>
    void issues.push({ path: ["records", record.name, ...keys], code, message, help });
  if (globs.length === 0)
    say(["files"], "PLACE_INVALID", "`files` names no file", 'Add a glob: `files: ["exports/**/*.csv"]`.');
  for (const glob of globs) {
    const format = formatOf(record, glob);
    if (format === "not_built")
      say(
        [record.format === undefined ? "files" : "format"],
        "NOT_BUILT",
        "of file formats, csv and jsonl (plain or gzip) are built",
        "Leave these files out of the map for now and see to them by hand.",
      );
    else if (format === null && !endsOpen(glob))
      say(
        ["format"],
        "FORMAT_UNNAMED",
        "the format does not follow from the glob's ending",
        "Add `format: csv` or `format: jsonl`.",
      );
  }
  dialectIssues(record, say);
  markerIssues(record, say);
  const csv = globs.some((glob) => formatOf(record, glob) === "csv");
  const jsonl = globs.some((glob) => formatOf(record, glob) === "jsonl");
  if (csv && record.in.length > 0)
    say(["in"], "NOT_BUILT", "changing JSON inside a CSV column is not built", "Clear the whole column with `fields`.");
  if (csv && record.in.length === 0 && Object.keys(record.paths).length > 0)
    say(["paths"], "KEY_UNUSED", "a CSV file has columns, not paths", "Use `fields: { COLUMN: clear }`.");
  if (jsonl && record.split !== undefined)
    say(
      ["split"],
      "KEY_UNUSED",
      "a JSON Lines file has lists of its own",
      'Match the elements: `match: { "members[]": email }`.',
    );
  if (record.whileHeld?.keepOnly !== undefined)
    say(
      ["while_held"],
      "NOT_BUILT",
      "`keep_only` is not built for record files",
      "Without it, a held record is kept whole.",
    );
  if (record.auditOf.length > 0)
    say(["audit_of"], "NOT_BUILT", "an audit trail in files is not built", "Describe it as a record type of its own.");
  return issues;
}

type Say = (keys: readonly string[], code: string, message: string, help: string) => void;

/** A line is known by everything but its marker, so that nothing else may rest on what stands there. */
function markerIssues({ marker, purge, split = {}, where = {}, match, do: action }: RecordType, say: Say): void {
  if (marker === undefined) return;
  if (marker.kind === "delete_marker")
    return say(
      ["soft_delete"],
      "MARKER_INVALID",
      "only whole objects get a delete marker",
      "Name a column or path: `soft_delete: { timestamp: deleted_at }`.",
    );
  if (marker.kind !== "timestamp" && marker.since === undefined && (purge !== undefined || action === "soft-delete"))
    say(
      ["soft_delete"],
      "MARKER_INVALID",
      `nothing in a line would say since when it is marked`,
      "Lines have no keys: add `since: COLUMN`, or use `timestamp`.",
    );
  for (const column of markerColumns(marker)) {
    if (/\[\]/u.test(column))
      say(
        ["soft_delete"],
        "MARKER_INVALID",
        `"${column}" goes into an array`,
        "Name a path that each record has once.",
      );
    if (Object.hasOwn(split, column)) say(["split", column], "KEY_UNUSED", "a marker is no list", "Remove it.");
    if (action !== "soft-delete") continue;
    if (Object.hasOwn(where, column))
      say(
        ["where", column],
        "MARKER_INVALID",
        "what a mark changes cannot narrow the record type",
        "Remove it: what is marked already keeps its mark.",
      );
    if (match.terms.some((term) => term.column === column))
      say(
        ["match", column],
        "MARKER_INVALID",
        "what a mark changes cannot tell whose the record is",
        "Match another column.",
      );
  }
}

function dialectIssues({ dialect, split }: RecordType, say: Say): void {
  for (const [key, value] of [
    ["quote", dialect.quote],
    ["escape", dialect.escape],
    ["delimiter", dialect.delimiter],
  ] as const)
    if (value !== undefined && (/[\r\n]/u.test(value) || value.length > 1 || (value === "" && key !== "quote")))
      say(
        ["dialect", key],
        "DIALECT_INVALID",
        `\`${key}\` is one character`,
        key === "quote" ? 'An empty `quote: ""` says that nothing is ever quoted.' : 'A tab is written "\\t".',
      );
  if ((dialect.delimiter ?? ",") === (dialect.quote ?? '"'))
    say(
      ["dialect", "quote"],
      "DIALECT_INVALID",
      "`quote` and `delimiter` are the same character",
      "Name the characters the files use.",
    );
  if (dialect.skip !== undefined && (!Number.isSafeInteger(dialect.skip) || dialect.skip < 0))
    say(
      ["dialect", "skip"],
      "DIALECT_INVALID",
      "`skip` is a number of lines",
      "Give how many lines stand before the heading.",
    );
  for (const [column, separator] of Object.entries(split ?? {}))
    if (separator === "")
      say(
        ["split", column],
        "DIALECT_INVALID",
        "an empty text separates nothing",
        'Name what stands between the values, as in `"; "`.',
      );
}
