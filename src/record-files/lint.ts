import type { RecordType } from "../model/datamap.ts";
import type { ConfigIssue } from "../port/connector.ts";
import { endsOpen, formatOf } from "./file-format.ts";

/** What is wrong with a record type of record files, wherever they lie; `globs` as far as they name files. Paths start at the system's block. */
export function recordFileIssues(record: RecordType, globs: readonly string[]): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const say = (keys: readonly string[], code: string, message: string, help: string) =>
    issues.push({ path: ["records", record.name, ...keys], code, message, help });
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

function dialectIssues(
  { dialect, split }: RecordType,
  say: (keys: readonly string[], code: string, message: string, help: string) => void,
): void {
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
