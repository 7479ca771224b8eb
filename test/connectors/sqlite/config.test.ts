import { expect, test } from "vitest";
import { config } from "../../../connectors/sqlite/config.ts";
import type { SystemBlock } from "../../../src/model/datamap.ts";
import { record } from "./file.ts";

const block = (more: Partial<SystemBlock>): SystemBlock => ({
  name: "shop",
  kind: "sqlite",
  rank: "source",
  connect: { file: "./shop.db" },
  feeds: [],
  session: {},
  records: [],
  covers: [],
  at: { line: 1, column: 1 },
  ...more,
});
const lint = (more: Partial<SystemBlock>) =>
  config.lint(block(more)).map(({ path, code }) => `${path.join(".")} ${code}`);

test("a sound block has no issue, with a file or with a secret", () => {
  const records = [
    record("users", "redact", {
      in: ["doc"],
      paths: { "a.b": { kind: "clear" } },
      place: { kind: "table", schema: "main", table: "users" },
    }),
  ];
  expect([lint({ records }), lint({ records, connect: { secret: "shop_db" } })]).toEqual([[], []]);
});

test("every issue is told at once, with the way to it", () => {
  expect(
    lint({
      connect: {},
      session: { busy_timeout: "1" },
      records: [
        record("files", "erase", { place: { kind: "files", globs: ["*.csv"] } }),
        record("users", "erase", { place: { kind: "table", schema: "other", table: "users" } }),
        record("notes", "redact", { paths: { a: { kind: "clear" } } }),
      ],
    }),
  ).toEqual([
    "connect.file FILE_UNNAMED",
    "session.busy_timeout KEY_UNUSED",
    "records.files.table PLACE_INVALID",
    "records.users.table PLACE_INVALID",
    "records.notes.paths COLUMN_UNNAMED",
  ]);
  expect(lint({ connect: { file: "a.db", secret: "shop_db" } })).toEqual(["connect.file FILE_UNNAMED"]);
  expect(lint({ connect: { file: " " } })).toEqual(["connect.file FILE_UNNAMED"]);
});
