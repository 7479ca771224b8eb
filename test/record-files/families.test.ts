import { expect, test } from "vitest";
import { nameForGit } from "../../src/model/name-for-git.ts";
import { families, type Dated } from "../../src/record-files/families.ts";

function named(paths: readonly string[], stem = true): string[] {
  const all = families<Dated>(3);
  for (const path of paths) all.add({ path, modified: "2026" }, stem);
  return all.all().map(({ name, count }) => `${name} ${count}`);
}

test.each([
  ["orders", "orders"],
  ["address2", "address2"],
  ["orders_20261130", "orders_*"],
  ["logs-2026.11.30", "logs-*"],
  ["exports/ann@shop.example/list.csv", "exports/*/list.csv"],
  ["ann%40shop.example.csv", "*.csv"],
  ["+4915112345678.json", "*.json"],
  ["Order Details", "Order Details"],
  ["30.11.2026", "*"],
  ["a-01-2026-b2", "a-*-b2"],
  ["of_0a1bcdef-abcd-abcd-abcd-abcdefabcdef", "of_*"],
  ["iso8859", "*"],
])("of a name that would go into git, %s, stays %s", (name, left) => {
  expect(nameForGit(name)).toBe(left);
});

test("what differs by a date, a number or an identifier is one family; what has another name is another", () => {
  expect(named(["a/leads-2026-10.csv", "a/leads-2026-11.csv", "a/orders.csv", "b/2026/x.csv", "b/2027/x.csv"])).toEqual(
    ["a/leads-*.csv 2", "a/orders.csv 1", "b/*/x.csv 2"],
  );
  expect(named(["p/front.png", "p/back.png", "p/x.pdf"], false)).toEqual(["p/*.pdf 1", "p/*.png 2"]);
});

const word = (at: number): string =>
  [at % 26, Math.floor(at / 26)].map((one) => String.fromCodePoint(97 + one)).join("");

test("many side by side are one, in whatever order they come, and those that come later belong to them", () => {
  const folders = Array.from({ length: 60 }, (_, at) => `people/${word(at)}/profile.csv`);
  expect(named(folders)).toEqual(["people/*/profile.csv 60"]);
  expect(named(folders.toReversed())).toEqual(["people/*/profile.csv 60"]);
  expect(named(Array.from({ length: 60 }, (_, at) => `all/${word(at)}.csv`))).toEqual(["all/*.csv 60"]);
  expect(named(folders.slice(0, 32))).toHaveLength(32);
});

test("of each family the newest are remembered", () => {
  const all = families<Dated>(2);
  for (const day of [3, 1, 4, 2, 5]) all.add({ path: `x-${day}.csv`, modified: `2026-11-0${day}` }, true);
  expect(all.all().map(({ newest }) => newest.map(({ path }) => path))).toEqual([["x-5.csv", "x-4.csv"]]);
});
