import type { SystemBlock } from "../../src/model/datamap.ts";
import { markerColumns } from "../../src/model/marker.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { CONNECT, PLACE } from "../../src/port/keys.ts";

export const config: ConnectorConfig = {
  kind: "elasticsearch",
  actions: ["erase", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["index"],
  rank: "index",
  preImages: true,
  drafted: { from: "index", takes: () => true },
  block: { connect: { secret: CONNECT.secret }, system: {}, record: { index: PLACE.index } },
  lint: (block) => [...lint(block)],
};

function* lint(block: SystemBlock): Generator<ConfigIssue> {
  if (block.connect.secret === undefined)
    yield {
      path: ["connect"],
      code: "SECRET_UNNAMED",
      message: "a search server needs `connect: { secret: NAME }`",
      help: 'The secret is a URL, or JSON {"node":…,"apiKey":…}.',
    };
  if (block.connect.root !== undefined)
    yield { path: ["connect", "root"], code: "KEY_UNFIT", message: "`root` is for kind files", help: "Remove it." };
  for (const record of block.records) {
    const path = ["records", record.name];
    if (record.place.kind !== "index") {
      yield {
        path,
        code: "PLACE_UNFIT",
        message: "records of a search server lie in an index",
        help: "Write `index: PATTERN`: an index, an alias, a data stream or a pattern with `*`.",
      };
      continue;
    }
    const { pattern } = record.place;
    if (/[:<>]/u.test(pattern))
      yield {
        path: [...path, "index"],
        code: "INDEX_UNFIT",
        message: "indices of other clusters, failure stores and date arithmetic are not searched",
        help: "Name the index as the cluster itself lists it; another cluster is another system.",
      };
    else if (pattern.split(",").some((part) => /^(?:[\s*]*|_all)$/u.test(part)))
      yield {
        path: [...path, "index"],
        code: "INDEX_UNFIT",
        message: "this pattern means every index",
        help: "Name the indices that hold this record.",
      };
    else if (/[\s"\\/?#|]/u.test(pattern))
      yield {
        path: [...path, "index"],
        code: "INDEX_UNFIT",
        message: "this is no name of an index",
        help: "Several patterns are written with commas and no blanks.",
      };
    if (record.in.length > 0)
      yield {
        path: [...path, "in"],
        code: "KEY_UNFIT",
        message: "a document's paths start at its root",
        help: "Remove `in`, and write the whole path: `author.name`, `members[].email`.",
      };
    if (record.marker?.kind === "delete_marker")
      yield {
        path: [...path, "soft_delete"],
        code: "KEY_UNFIT",
        message: "`marker` is for objects in a versioned bucket",
        help: "Name a path: `timestamp: deleted_at`, `flag: hidden`, or `status: state` with `deleted_when`.",
      };
    else if (record.marker !== undefined && markerColumns(record.marker).some((name) => name.includes("[]")))
      yield {
        path: [...path, "soft_delete"],
        code: "KEY_UNFIT",
        message: "a document has one marker, and `[]` means several places",
        help: "Name a path without `[]`, as `deleted_at` or `meta.deleted_at`.",
      };
    if (record.auditOf.length > 0)
      yield { path: [...path, "audit_of"], code: "KEY_UNFIT", message: "`audit_of` is for tables", help: "Remove it." };
    if (record.cascades.length > 0)
      yield {
        path: [...path, "cascades"],
        code: "KEY_UNFIT",
        message: "`cascades` names constraints of tables",
        help: "Remove it.",
      };
  }
}
