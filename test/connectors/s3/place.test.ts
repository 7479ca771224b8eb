import { describe, expect, test } from "vitest";
import { config } from "../../../connectors/s3/config.ts";
import {
  keysFor,
  parseAddress,
  parseTemplate,
  placeholdersOf,
  templateStart,
  templateTest,
} from "../../../connectors/s3/place.ts";
import { keyGlob, literalStart } from "../../../src/record-files/glob.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { config as filesConfig } from "../../../connectors/files/config.ts";
import { blockOf, peopleFiles } from "../files/fixture.ts";
import { filesOf, objectsOf } from "./store.ts";

test.each([
  ["s3://bucket/a/b.json", { bucket: "bucket", path: "a/b.json" }],
  ["s3://My_bucket.x//a", { bucket: "My_bucket.x", path: "/a" }],
  ["s3://bucket/", undefined],
  ["s3://bucket", undefined],
  ["s3://*/a", undefined],
  ["s3://:customer_id/a", undefined],
  ["/bucket/a", undefined],
  ["S3://bucket/a", undefined],
])("%s is read as an address", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

describe("key templates", () => {
  test("values stand for themselves, whatever they are made of", () => {
    const keys = (values: readonly string[]) =>
      keysFor(parseTemplate("a/:id/x.json"), { values: { ":id": values } }).map(({ key }) => key);
    expect(keys(["$1", "$&", ":id", "../..", "a b"])).toEqual([
      "a/$1/x.json",
      "a/$&/x.json",
      "a/:id/x.json",
      "a/../../x.json",
      "a/a b/x.json",
    ]);
    expect(keys([])).toEqual([]);
    expect(
      keysFor(parseTemplate("a/:id/:other"), { values: { ":id": ["1"] } }),
      "a placeholder without a value names no key",
    ).toEqual([]);
    expect(
      keysFor(parseTemplate(":id/:id"), { values: { ":id": ["1", "2"] } }).map(({ key }) => key),
      "one placeholder has one value",
    ).toEqual(["1/1", "2/2"]);
  });

  test("a placeholder is the longest name, and what comes before the first is the prefix", () => {
    expect(placeholdersOf(parseTemplate("a/:customer_id.json/:x-:customer_id"))).toEqual([":customer_id", ":x"]);
    expect(templateStart(parseTemplate("a/b*/:customer_id.json"))).toBe("a/b*/");
  });

  test("a template fits whole keys only", () => {
    const fits = templateTest(parseTemplate("a/:id.json"));
    expect(["a/1.json", "a/x/y.json", "a/\n.json"].map(fits)).toEqual([true, true, true]);
    expect(["a/.json", "a/1.jsonx", "b/a/1.json", "a/1xjson"].map(fits)).toEqual([false, false, false, false]);
  });
});

test.each([
  ["till/*.csv", ["till/a.csv", "till/.csv"], ["till/a/b.csv", "till/a.csv.gz", "xtill/a.csv", "till/aXcsv"]],
  ["till/**/*.csv", ["till/a.csv", "till/a/b/c.csv"], ["till.csv", "a/till/b.csv"]],
  ["till/**", ["till/a", "till/a/b"], ["till", "till2/a"]],
  ["t?/{a,b}.csv{,.gz}", ["t1/a.csv", "t1/b.csv.gz"], ["t1/c.csv", "t//a.csv", "t1/a.csvgz"]],
  ["a,b/[x]+(1).csv", ["a,b/[x]+(1).csv"], ["a,b/x1.csv", "a"]],
  ["a}b/{c", ["a}b/{c"], ["ab/c"]],
])("the glob %s", (glob, fitting, others) => {
  expect(fitting.filter((key) => !keyGlob(glob)(key))).toEqual([]);
  expect(others.filter((key) => keyGlob(glob)(key))).toEqual([]);
});

test("the literal prefix of a glob ends before its first sign", () => {
  expect(["till/*.csv", "till/a?", "{a,b}/c", "plain.csv"].map((glob) => literalStart(glob))).toEqual([
    "till/",
    "till/a",
    "",
    "plain.csv",
  ]);
});

test("a placeholder that the map knows has dots in it, the longest first; others end before a dot", () => {
  const names = [":shop.files.path", ":shop.files", ":no"];
  expect(placeholdersOf(parseTemplate("a/:shop.files.path.gz/:shop.files-:no.json:nope", names))).toEqual([
    ":shop.files.path",
    ":shop.files",
    ":no",
    ":nope",
  ]);
  expect(placeholdersOf(parseTemplate("a/:shop.files.path"))).toEqual([":shop"]);
});

test("`/**` at the end means everything below; any other star is itself", () => {
  const template = parseTemplate("home/:no/**");
  expect([template.below, keysFor(template, { values: { ":no": ["7"] } }).map(({ key }) => key)]).toEqual([
    true,
    ["home/7/"],
  ]);
  const fits = templateTest(template);
  expect(["home/7/", "home/7/a/b"].map(fits)).toEqual([true, true]);
  expect(["home/7", "home//a", "homes/7/a"].map(fits)).toEqual([false, false, false]);
  for (const path of ["a/**/:no", "a/:no/*", "a/:no/**x", "a/:no**"]) {
    expect(parseTemplate(path).below, path).toBe(false);
    expect(keysFor(parseTemplate(path), { values: { ":no": ["7"] } }).map(({ key }) => key)).toEqual([
      path.replace(":no", "7"),
    ]);
  }
});

test.each(["", ".", "..", " ", "...", ". ."])("the value %j never forms a key", (value) => {
  expect(keysFor(parseTemplate("a/:id"), { values: { ":id": [value] } })).toEqual([]);
});

describe("lint", () => {
  const lint = (records: readonly RecordType[], connect = {}) =>
    config.lint({
      name: "store",
      kind: "s3",
      rank: "file",
      connect,
      feeds: [],
      session: {},
      records,
      covers: [],
      at: { line: 1, column: 1 },
    });

  test("a sound block has no issue", () => {
    expect(
      lint([objectsOf(["s3://exports/:code.json"]), filesOf(["s3://exports/*.csv", "s3://sales/**"])], {
        secret: "store",
      }),
    ).toEqual([]);
  });

  test("record files in a bucket are judged as those of a folder are", () => {
    const said = (given: Partial<RecordType>, glob = "a.csv") => {
      const codes = (issues: ReturnType<typeof config.lint>) =>
        issues.map(({ path, code, message }) => `${path.slice(2).join(".")} ${code} ${message}`);
      const store = codes(lint([filesOf([`s3://sales/till/${glob}`], given)]));
      const share = codes(filesConfig.lint(blockOf("data", peopleFiles([`till/${glob}`], given))));
      expect(store, JSON.stringify(given)).toEqual(share);
      return store.length;
    };
    const clear = { a: { kind: "clear" } } as const;
    expect(said({})).toBe(0);
    expect(said({ dialect: { delimiter: ";;" }, whileHeld: { restrict: true, keepOnly: ["a"] } })).toBe(2);
    expect(said({ dialect: { quote: "ab", escape: "" } })).toBe(2);
    expect(said({ dialect: { delimiter: '"' } })).toBe(1);
    expect(said({ dialect: { skip: -1 } })).toBe(1);
    expect(said({ split: { a: "" } })).toBe(1);
    expect(said({ split: { a: ";" } }, "a.jsonl")).toBe(1);
    expect(said({ in: ["doc"], paths: clear })).toBe(1);
    expect(said({ paths: clear })).toBe(1);
    expect(said({ auditOf: ["x.y"] })).toBe(1);
    expect(said({ format: "json" })).toBe(1);
    expect(said({}, "a.parquet")).toBe(1);
    expect(said({}, "dump")).toBe(1);
    expect(said({}, "*")).toBe(0);
  });

  test("places without a bucket, tables, roots and directory buckets are named by their path", () => {
    const records = [
      objectsOf(["s3://exports/:code", "exports/:code"]),
      filesOf(["s3://*/x.csv", "s3://quick--use1-az4--x-s3/*.csv"]),
      { ...filesOf([]), name: "orders", place: { kind: "table", table: "orders" } as const },
    ];
    expect(lint(records, { root: "./x" }).map(({ path, code }) => `${path.join(".")} ${code}`)).toEqual([
      "connect.root KEY_REFUSED",
      "records.objects.keys.1 PLACE_INVALID",
      "records.files.files.0 PLACE_INVALID",
      "records.files.files.1 PLACE_INVALID",
      "records.orders PLACE_INVALID",
    ]);
  });
});
