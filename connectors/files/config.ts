import type { RecordType, SystemBlock } from "../../src/model/datamap.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { CONNECT, PLACE, RECORD_FILE } from "../../src/port/keys.ts";
import { parseGlob } from "../../src/record-files/glob.ts";
import { recordFileIssues } from "../../src/record-files/lint.ts";

export const config: ConnectorConfig = {
  kind: "files",
  actions: ["remove-rows", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["files"],
  rank: "file",
  drafted: { from: "folder", takes: () => true },
  preImages: true,
  block: { connect: { root: CONNECT.root }, system: {}, record: { files: PLACE.files, ...RECORD_FILE } },
  lint: (block) => [...connectIssues(block), ...block.records.flatMap(recordIssues)],
};

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

function recordIssues(record: RecordType): readonly ConfigIssue[] {
  const { place } = record;
  const issue = (key: string, code: string, message: string, help: string): ConfigIssue => ({
    path: ["records", record.name, key],
    code,
    message,
    help,
  });
  if (place.kind !== "files")
    return [
      issue(
        "files",
        "PLACE_INVALID",
        "records of a files system are files",
        'Name them with `files: ["exports/**/*.csv"]`.',
      ),
    ];
  const invalid = place.globs.filter((glob) => parseGlob(glob) === null);
  const good = place.globs.filter((glob) => !invalid.includes(glob));
  return [
    ...invalid.map(() =>
      issue(
        "files",
        "GLOB_INVALID",
        "a glob is relative to the root, with forward slashes, without `..`, and ends in a file's name",
        "Write it as `exports/**/*.csv`.",
      ),
    ),
    ...(place.globs.length > 0 && good.length === 0 ? [] : recordFileIssues(record, good)),
    ...(record.versions === undefined ? [] : [issue("versions", "KEY_UNUSED", "files have no versions", "Remove it.")]),
  ];
}
