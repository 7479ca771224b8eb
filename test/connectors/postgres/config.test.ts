import { expect, test } from "vitest";
import { config } from "../../../connectors/postgres/config.ts";
import type { SystemBlock } from "../../../src/model/datamap.ts";
import { record } from "./database.ts";

const block = (more: Partial<SystemBlock>): SystemBlock => ({
  name: "shop",
  kind: "postgres",
  rank: "source",
  connect: { secret: "shop_db" },
  feeds: [],
  session: {},
  records: [],
  covers: [],
  at: { line: 1, column: 1 },
  ...more,
});
const lint = (more: Partial<SystemBlock>) =>
  config.lint(block(more)).map(({ path, code }) => `${path.join(".")} ${code}`);

test("a sound block has no issue", () => {
  expect(
    lint({
      session: { "app.current_user": "expunge :request", lock_timeout: "1s" },
      records: [record("users", "redact", { in: ["doc"], paths: { "a.b": { kind: "clear" } } })],
    }),
  ).toEqual([]);
});

test("every issue is told at once, with the way to it", () => {
  expect(
    lint({
      connect: {},
      session: { "a b": "x", session_replication_role: "replica", Row_Security: "off" },
      records: [
        record("files", "erase", { place: { kind: "files", globs: ["*.csv"] }, format: "csv" }),
        record("users", "redact", { paths: { a: { kind: "clear" } } }),
        record("notes", "redact", { in: ["doc"], fields: { doc: { kind: "clear" } } }),
      ],
    }),
  ).toEqual([
    "connect.secret SECRET_UNNAMED",
    "session.a b SETTING_INVALID",
    "session.session_replication_role SETTING_REFUSED",
    "session.Row_Security SETTING_REFUSED",
    "records.files.table PLACE_INVALID",
    "records.files.format KEY_UNUSED",
    "records.users.paths COLUMN_UNNAMED",
    "records.notes.in PATHS_UNNAMED",
    "records.notes.in FIELD_TWICE",
  ]);
});
