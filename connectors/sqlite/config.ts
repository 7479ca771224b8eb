import type { SystemBlock } from "../../src/model/datamap.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { CONNECT, PLACE, TABLE } from "../../src/port/keys.ts";
import { tableIssues } from "../../src/sql/table-issues.ts";

export const config: ConnectorConfig = {
  kind: "sqlite",
  actions: ["erase", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["table"],
  rank: "source",
  preImages: true,
  figures: true,
  drafted: { from: "database", takes: (value) => !/^[a-z][a-z\d+.-]+:\/\//iu.test(value) },
  block: {
    connect: { file: CONNECT.file, secret: CONNECT.secret },
    system: {},
    record: { table: PLACE.table, ...TABLE },
  },
  lint: (block) => [
    ...connectIssues(block),
    ...sessionIssues(block),
    ...block.records.flatMap((record) => [...tableIssues("sqlite", record), ...schemaIssues(record)]),
  ],
};

function connectIssues({ connect }: SystemBlock): ConfigIssue[] {
  const named = [connect.file, connect.secret].filter((one) => one !== undefined);
  if (named.length === 1 && connect.file?.trim() !== "") return [];
  return [
    {
      path: ["connect", "file"],
      code: "FILE_UNNAMED",
      message: "a sqlite system needs either `connect: { file: PATH }` or `connect: { secret: NAME }`",
      help: "A relative path starts at the data map. The value of a secret is the path, for whoever must not write it into the map.",
    },
  ];
}

function sessionIssues({ session }: SystemBlock): ConfigIssue[] {
  return Object.keys(session).map((name) => ({
    path: ["session", name],
    code: "KEY_UNUSED",
    message: "a sqlite system has no settings of a session",
    help: "Remove it; what keeps the data whole is switched on anyway.",
  }));
}

function schemaIssues({ name, place }: SystemBlock["records"][number]): ConfigIssue[] {
  if (place.kind !== "table" || place.schema === undefined || place.schema === "main") return [];
  return [
    {
      path: ["records", name, "table"],
      code: "PLACE_INVALID",
      message: "a sqlite file has one schema, `main`",
      help: "Name the table alone. An attached database is a system of its own.",
    },
  ];
}
