import type { RecordType, SystemBlock } from "../../src/model/datamap.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { parseGlob } from "./glob.ts";

export const config: ConnectorConfig = {
  kind: "files",
  actions: ["remove-rows", "anonymise", "redact", "unlink", "keep"],
  lint: (block) => [...connectIssues(block), ...block.records.flatMap(recordIssues)],
};

/** `csv` and `jsonl` are built; a file's format follows from `format`, else from its name (`.gz` aside). null: the name does not tell. */
export function formatOf(record: Pick<RecordType, "format">, fileName: string): "csv" | "jsonl" | "not_built" | null {
  if (record.format !== undefined) return record.format === "csv" || record.format === "jsonl" ? record.format : "not_built";
  const plain = fileName.replace(/\.gz$/iu, "");
  if (/\.(?:csv|tsv)$/iu.test(plain)) return "csv";
  if (/\.(?:jsonl|ndjson)$/iu.test(plain)) return "jsonl";
  return /\.(?:json|parquet|avro|orc|xlsx?|zip|zst|xz|bz2|7z|db|sqlite)$/iu.test(plain) ? "not_built" : null;
}

function connectIssues({ connect }: SystemBlock): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (connect.root === undefined || connect.root.trim() === "")
    issues.push({
      path: ["connect", "root"],
      code: "ROOT_UNNAMED",
      message: "a files system needs `connect: { root: FOLDER }`",
      help: "Nothing outside that folder is ever touched; a relative one starts at the data map.",
    });
  if (connect.secret !== undefined)
    issues.push({
      path: ["connect", "secret"],
      code: "KEY_UNUSED",
      message: "a files system has no secret",
      help: "Remove it; the files are read as the user who runs expunge.",
    });
  return issues;
}

function recordIssues(record: RecordType): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const say = (keys: readonly string[], code: string, message: string, help: string) =>
    issues.push({ path: ["records", record.name, ...keys], code, message, help });
  if (record.place.kind !== "files") {
    say(["files"], "PLACE_INVALID", "records of a files system are files", 'Name them with `files: ["exports/**/*.csv"]`.');
    return issues;
  }
  if (record.place.globs.length === 0) say(["files"], "PLACE_INVALID", "`files` names no file", 'Add a glob: `files: ["exports/**/*.csv"]`.');
  for (const glob of record.place.globs) {
    if (parseGlob(glob) === null)
      say(
        ["files"],
        "GLOB_INVALID",
        "a glob is relative to the root, with forward slashes, without `..`, and ends in a file's name",
        "Write it as `exports/**/*.csv`.",
      );
    else if (formatOf(record, glob) === "not_built")
      say(
        [record.format === undefined ? "files" : "format"],
        "NOT_BUILT",
        "of file formats, csv and jsonl (plain or gzip) are built",
        "Leave these files out of the map for now and see to them by hand.",
      );
    else if (formatOf(record, glob) === null)
      say(["format"], "FORMAT_UNNAMED", "the format does not follow from the glob's ending", "Add `format: csv` or `format: jsonl`.");
  }
  const { dialect } = record;
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
    say(["dialect", "quote"], "DIALECT_INVALID", "`quote` and `delimiter` are the same character", "Name the characters the files use.");
  const csv = record.place.globs.some((glob) => formatOf(record, glob) === "csv");
  if (csv && record.in.length > 0) say(["in"], "NOT_BUILT", "changing JSON inside a CSV column is not built", "Clear the whole column with `fields`.");
  if (csv && record.in.length === 0 && Object.keys(record.paths).length > 0)
    say(["paths"], "KEY_UNUSED", "a CSV file has columns, not paths", "Use `fields: { COLUMN: clear }`.");
  if (record.whileHeld?.keepOnly !== undefined)
    say(["while_held"], "NOT_BUILT", "`keep_only` is not built for record files", "Without it, a held record is kept whole.");
  if (record.versions !== undefined) say(["versions"], "KEY_UNUSED", "files have no versions", "Remove it.");
  if (record.auditOf.length > 0) say(["audit_of"], "NOT_BUILT", "an audit trail in files is not built", "Describe it as a record type of its own.");
  return issues;
}
