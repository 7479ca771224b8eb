import { expect, test } from "vitest";
import { changesBetween, lockOf, lockText, readLock } from "../../src/map-check/lock.ts";
import { meet } from "../../src/map-check/meeting.ts";
import { Failure } from "../../src/errors.ts";
import { mapOf } from "../support/small-map.ts";
import { column, looked, store } from "./structures.ts";

const map = mapOf([{ name: "shop", kind: "postgres" }]);

test("the same structure gives the same bytes, in whatever order it comes, and nothing but names and types", () => {
  const people = store("people", [
    column("email", { comment: "ann@shop.example", default: "'ann'", values: ["ann"] }),
    "id",
  ]);
  const orders = store("orders", ["id"]);
  const text = lockText(lockOf([looked(map, [people, orders])]));
  const turned = store("people", [...people.columns].toReversed(), { records: 7, comment: "Ann" });
  expect(lockText(lockOf([looked(map, [orders, turned])]))).toBe(text);
  expect(text).not.toMatch(/ann/iu);
  expect(text.endsWith("}\n")).toBe(true);
  expect(readLock(text, "datamap.lock.json")).toEqual(lockOf([looked(map, [people, orders])]));
});

test("names lose what may be a person's before they go into a file that is kept in git", () => {
  const stores = [
    store("mail_ann@shop.example", ["+4915112345678", "visits_2025", column("visits_2026", { type: "integer" })]),
    store("log_20261130", ["x"], { kind: "files" }),
  ];
  const text = lockText(lockOf([looked(map, stores)]));
  expect(text).not.toMatch(/ann|\d{4}/u);
  expect(JSON.parse(text)).toMatchObject({
    systems: {
      shop: {
        stores: { "*": { columns: { "*": "text", "visits_*": "integer or text" } }, "log_*": { kind: "files" } },
      },
    },
  });
});

test("what came, went and changed is told, a store in one line", () => {
  const before = lockOf([looked(map, [store("people", ["id", "name"]), store("old", ["x"])])]);
  const after = lockOf([looked(map, [store("people", ["id", column("born", { type: "date" })]), store("new", ["x"])])]);
  expect(changesBetween(before, after)).toEqual([
    { system: "shop", store: "new", change: "added" },
    { system: "shop", store: "old", change: "removed" },
    { system: "shop", store: "people", column: "born", change: "added", type: "date" },
    { system: "shop", store: "people", column: "name", change: "removed", was: "text" },
  ]);
  expect(changesBetween(after, after)).toEqual([]);
});

test.each([
  "",
  "{}",
  "[]",
  '{"schema":"expunge/lock/v2","systems":{}}',
  '{"schema":"expunge/lock/v1","systems":{},"more":1}',
])("a file that is none of ours is refused: %s", (text) => {
  expect(() => readLock(text, "datamap.lock.json")).toThrow(Failure);
});

test.each([
  ["a/*/c", "a/b/*", true],
  ["a/*", "a/b/c", false],
  ["a/**", "a/b/c", true],
  ["*-x", "y-*", true],
  ["ab*", "a*c", true],
  ["a", "b*", false],
  ["faces/*/front.png", "faces/*/*.png", true],
  ["faces/*/front.png", "faces/*/*.jpg", false],
])("patterns %s and %s have a name in common: %s", (one, other, both) => {
  expect(meet(one, other)).toBe(both);
  expect(meet(other, one)).toBe(both);
});
