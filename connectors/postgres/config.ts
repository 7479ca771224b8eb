import type { SystemBlock } from "../../src/model/datamap.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";
import { CONNECT, PLACE, SESSION, TABLE } from "../../src/port/keys.ts";
import { tableIssues } from "../../src/sql/table-issues.ts";

const SETTING = /^[a-z_][a-z0-9_$]*(?:\.[a-z_][a-z0-9_$]*)*$/iu;

export const config: ConnectorConfig = {
  kind: "postgres",
  actions: ["erase", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["table"],
  rank: "source",
  preImages: true,
  figures: true,
  drafted: { from: "database", takes: (value) => /^postgres(?:ql)?:\/\//u.test(value) },
  block: { connect: { secret: CONNECT.secret }, system: SESSION, record: { table: PLACE.table, ...TABLE } },
  lint: (block) => [
    ...connectIssues(block),
    ...sessionIssues(block),
    ...block.records.flatMap((record) => tableIssues("postgres", record)),
  ],
};

function connectIssues({ connect }: SystemBlock): ConfigIssue[] {
  return connect.secret === undefined
    ? [
        {
          path: ["connect", "secret"],
          code: "SECRET_UNNAMED",
          message: "a postgres system needs `connect: { secret: NAME }`",
          help: "The secret's value is a URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE.",
        },
      ]
    : [];
}

/** They would switch off what keeps the data whole, or what this connector relies on. */
const FORBIDDEN = new Set([
  "session_replication_role",
  "row_security",
  "transaction_isolation",
  "transaction_read_only",
]);

function sessionIssues({ session }: SystemBlock): ConfigIssue[] {
  return Object.keys(session).flatMap((name) => {
    if (FORBIDDEN.has(name.toLowerCase()))
      return [
        {
          path: ["session", name],
          code: "SETTING_REFUSED",
          message: `${name.toLowerCase()} is not for a data map: with it triggers, constraints or checks would be passed by`,
          help: "Remove it.",
        },
      ];
    if (SETTING.test(name)) return [];
    return [
      {
        path: ["session", name],
        code: "SETTING_INVALID",
        message: "this is no name of a PostgreSQL setting",
        help: "A setting is named like `app.current_user` or `lock_timeout`.",
      },
    ];
  });
}
