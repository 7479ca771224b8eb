import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { CONNECT, PLACE, RECORD_FILE, VERSIONS } from "../../src/port/keys.ts";
import type { RecordType, SystemBlock } from "../../src/model/datamap.ts";
import { recordFileIssues } from "../../src/record-files/lint.ts";
import { parseAddress } from "./place.ts";

/** Kind `s3`: whole objects by key template (`keys`), record files by glob (`files`). */
export const config: ConnectorConfig = {
  kind: "s3",
  actions: ["erase", "remove-rows", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["files", "keys"],
  rank: "file",
  drafted: { from: "bucket", takes: () => true, begins: "s3://" },
  preImages: true,
  block: {
    connect: { secret: CONNECT.secret, unsafe_overwrite: CONNECT.unsafe_overwrite },
    system: {},
    record: { files: PLACE.files, keys: PLACE.keys, ...RECORD_FILE, ...VERSIONS },
  },
  lint,
};

function lint({ connect, records }: SystemBlock): readonly ConfigIssue[] {
  const root =
    connect.root === undefined
      ? []
      : [
          issue(
            ["connect", "root"],
            "KEY_REFUSED",
            "`root` is for kind `files`",
            "Buckets are named in `keys` and `files`: s3://BUCKET/…",
          ),
        ];
  return [...root, ...records.flatMap(lintRecord)];
}

function lintRecord(record: RecordType): readonly ConfigIssue[] {
  const { name, place } = record;
  const at = ["records", name];
  switch (place.kind) {
    case "table":
    case "index":
      return [
        issue(
          at,
          "PLACE_INVALID",
          "s3 holds objects, not tables or indices",
          "Name `keys: [s3://BUCKET/…]` for whole objects, `files: [s3://BUCKET/…]` for record files.",
        ),
      ];
    case "keys":
      return [
        ...place.templates.flatMap((text, index) => lintAddress(text, [...at, "keys", String(index)])),
        ...markerIssues(record, at),
      ];
    case "files": {
      const paths = place.globs.flatMap((glob) => parseAddress(glob)?.path ?? []);
      return [
        ...place.globs.flatMap((text, index) => lintAddress(text, [...at, "files", String(index)])),
        ...(place.globs.length > 0 && paths.length === 0 ? [] : recordFileIssues(record, paths)),
      ];
    }
  }
}

/** Whole objects have no column that could say that they are deleted. */
function markerIssues({ marker, purge, versions }: RecordType, at: readonly string[]): readonly ConfigIssue[] {
  if (marker === undefined) return [];
  if (marker.kind !== "delete_marker")
    return [
      issue(
        [...at, "soft_delete"],
        "MARKER_INVALID",
        "a whole object has no column to mark",
        "Hide it behind a delete marker: `soft_delete: { marker: true }`.",
      ),
    ];
  return [
    ...(purge?.how === "anonymise"
      ? [
          issue(
            [...at, "purge"],
            "MARKER_INVALID",
            "a whole object can only be erased",
            "Write `purge: erase`, or leave it out.",
          ),
        ]
      : []),
    ...(versions === "latest"
      ? [
          issue(
            [...at, "versions"],
            "MARKER_INVALID",
            "what is hidden behind a delete marker goes with all its versions",
            "Remove `versions: latest`.",
          ),
        ]
      : []),
  ];
}

function lintAddress(text: string, path: readonly string[]): readonly ConfigIssue[] {
  const address = parseAddress(text);
  if (address === undefined)
    return [
      issue(
        path,
        "PLACE_INVALID",
        "a place in S3 is written s3://BUCKET/KEY",
        "For example s3://exports/till/*.jsonl; the bucket holds no placeholder and no star.",
      ),
    ];
  // S3 Express
  if (!address.bucket.endsWith("--x-s3")) return [];
  return [
    issue(
      path,
      "PLACE_INVALID",
      "directory buckets list their keys in no order and are not searched",
      "Name a general purpose bucket.",
    ),
  ];
}

function issue(path: readonly string[], code: string, message: string, help: string): ConfigIssue {
  return { path, code, message, help };
}
