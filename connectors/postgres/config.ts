import type { RecordType, SystemBlock } from "../../src/model/datamap.ts";
import type { ConfigIssue, ConnectorConfig } from "../../src/port/connector.ts";

const SETTING = /^[a-z_][a-z0-9_$]*(?:\.[a-z_][a-z0-9_$]*)*$/iu;

export const config: ConnectorConfig = {
  kind: "postgres",
  actions: ["erase", "anonymise", "redact", "unlink", "keep"],
  places: ["table"],
  rank: "source",
  lint: (block) => [...connectIssues(block), ...sessionIssues(block), ...block.records.flatMap((record) => recordIssues(record))],
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
const FORBIDDEN = new Set(["session_replication_role", "row_security", "transaction_isolation", "transaction_read_only"]);

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

function recordIssues(record: RecordType): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const say = (key: string, code: string, message: string, help: string) => issues.push({ path: ["records", record.name, key], code, message, help });
  if (record.place.kind !== "table")
    say(
      "table",
      "PLACE_INVALID",
      "records of a postgres system are tables",
      "Name it with `table: schema.table`, or leave it out: the record's own name is the default.",
    );
  if (Object.keys(record.paths).length > 0 && record.in.length === 0)
    say("paths", "COLUMN_UNNAMED", "`paths` need `in: COLUMN`, the JSON column they are read in", "Add `in: COLUMN`.");
  if (record.in.length > 0 && Object.keys(record.paths).length === 0)
    say("in", "PATHS_UNNAMED", "`in` names a JSON column, but there are no `paths` to change in it", "Add `paths: { PATH: clear }`.");
  if (record.in.some((column) => Object.hasOwn(record.fields, column)))
    say("in", "FIELD_TWICE", "the column of `in` cannot also stand under `fields`", "Name it in one place.");
  if (record.format !== undefined || record.versions !== undefined)
    say(record.format === undefined ? "versions" : "format", "KEY_UNUSED", "this key is for files and objects, not for tables", "Remove it.");
  return issues;
}
