import { expect, test } from "vitest";
import { config } from "../../../connectors/files/config.ts";
import { formatOf } from "../../../src/record-files/file-format.ts";
import type { Marker, RecordType } from "../../../src/model/datamap.ts";
import { blockOf, peopleFiles } from "./fixture.ts";

const issues = (given: Partial<RecordType>, globs: readonly string[] = ["a.csv"]) =>
  config.lint(blockOf("data", peopleFiles(globs, given))).map(({ path, code }) => `${path.slice(2).join(".")} ${code}`);

test("a plain record type has no issue", () => {
  expect(issues({})).toEqual([]);
  expect(
    issues({ dialect: { delimiter: "\t", quote: "'", escape: "\\" }, encoding: "windows-1252" }, [
      "x/**/*.csv",
      "y.jsonl.gz",
    ]),
  ).toEqual([]);
  expect(issues({ format: "csv" }, ["dump"])).toEqual([]);
});

test("what cannot be done is an issue at its key", () => {
  expect(issues({}, ["../a.csv"])).toEqual(["files GLOB_INVALID"]);
  expect(issues({}, [])).toEqual(["files PLACE_INVALID"]);
  expect(issues({}, ["dump"])).toEqual(["format FORMAT_UNNAMED"]);
  expect(issues({}, ["a.parquet"])).toEqual(["files NOT_BUILT"]);
  expect(issues({ format: "json" })).toEqual(["format NOT_BUILT"]);
  expect(issues({ dialect: { delimiter: "||" } })).toEqual(["dialect.delimiter DIALECT_INVALID"]);
  expect(issues({ dialect: { delimiter: '"' } })).toEqual(["dialect.quote DIALECT_INVALID"]);
  expect(issues({ in: ["doc"], paths: { a: { kind: "clear" } } })).toEqual(["in NOT_BUILT"]);
  expect(issues({ paths: { a: { kind: "clear" } } })).toEqual(["paths KEY_UNUSED"]);
  expect(issues({ in: ["doc"], paths: { a: { kind: "clear" } } }, ["a.jsonl"])).toEqual([]);
  expect(issues({ whileHeld: { restrict: true, keepOnly: ["a"] } })).toEqual(["while_held NOT_BUILT"]);
  expect(issues({ place: { kind: "table", table: "x" } })).toEqual(["files PLACE_INVALID"]);
  expect(config.lint({ ...blockOf("data"), connect: { secret: "x" } }).map(({ code }) => code)).toEqual([
    "ROOT_UNNAMED",
    "KEY_UNUSED",
  ]);
});

test("nothing else may rest on what a mark changes", () => {
  const marking = (marker: Marker, given: Partial<RecordType> = {}, globs = ["a.csv"]) =>
    issues({ do: "soft-delete", marker, ...given }, globs);
  const time: Marker = { kind: "timestamp", column: "gone", live: null };
  expect(marking(time)).toEqual([]);
  expect(marking({ kind: "flag", column: "gone", deleted: "true" })).toEqual(["soft_delete MARKER_INVALID"]);
  expect(marking({ kind: "status", column: "gone", deleted: ["x"], since: "at" })).toEqual([]);
  expect(marking({ kind: "delete_marker" })).toEqual(["soft_delete MARKER_INVALID"]);
  expect(marking({ ...time, column: "a[].gone" }, {}, ["a.jsonl"])).toEqual(["soft_delete MARKER_INVALID"]);
  expect(marking({ ...time, column: "email" })).toEqual(["match.email MARKER_INVALID"]);
  expect(marking(time, { where: { gone: [""] } })).toEqual(["where.gone MARKER_INVALID"]);
  expect(marking(time, { split: { gone: "," } })).toEqual(["split.gone KEY_UNUSED"]);
});

test("erase is no action of record files", () => {
  expect(config.actions).not.toContain("erase");
});

test("the format follows from the name, compression aside, unless the map says it", () => {
  expect(
    ["a.csv", "a.CSV.gz", "a.tsv", "a.jsonl", "a.ndjson.gz", "a.json", "a.gz", "a"].map((name) =>
      formatOf(peopleFiles([]), name),
    ),
  ).toEqual(["csv", "csv", "csv", "jsonl", "jsonl", "not_built", null, null]);
  expect(formatOf(peopleFiles([], { format: "jsonl" }), "a.csv")).toBe("jsonl");
});
