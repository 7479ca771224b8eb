import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type { Dump } from "./dump.ts";
import { without } from "./map-without.ts";
import { LOOKALIKES, marksOfMara, people } from "./people.ts";
import { openShop, SHOP_SYSTEMS, type Shop } from "./shop.ts";

const count = 60;
let folder: string;
let shops: Shop[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "expunge-shop-"));
  shops = await Promise.all(
    ["one", "two"].map(async (name) => await openShop({ folder: join(folder, name), count, year: 2026 })),
  );
}, 600_000);

afterAll(async () => {
  await Promise.all(shops.map(async (shop) => await shop.close()));
  rmSync(folder, { recursive: true });
});

test("the same seed and year make the same shop", async () => {
  const [one, two] = await Promise.all(shops.map(async (shop) => await shop.dump()));
  expect(new Set(one?.keys())).toEqual(new Set(SHOP_SYSTEMS));
  for (const system of SHOP_SYSTEMS) expect(comparable(one?.get(system))).toEqual(comparable(two?.get(system)));
});

test("Mara is in every place that the shop's map names, and in no lookalike", async () => {
  const dump = await shops[0]?.dump();
  const places = (system: (typeof SHOP_SYSTEMS)[number]) => {
    const found = [...(dump?.get(system) ?? [])].filter(([, lines]) => lines.some((line) => marksOfMara().test(line)));
    return found.map(([place]) => place.replace(/-[0-9a-f]{8}$/u, "")).toSorted();
  };
  expect(places("shop")).toEqual([
    "addresses",
    "customers",
    "customers_audit",
    "invoices",
    "leads",
    "orders",
    "tickets",
  ]);
  expect(places("search")).toEqual(["shop-customers", "shop-reviews"]);
  expect(places("exports")).toEqual([
    "events/2025-h1.jsonl#0",
    "events/2025-h1.jsonl#1",
    "orders/2025-q1.csv#0",
    "orders/2025-q1.csv#1",
    "portraits/42.png#0",
    "portraits/42.png#1",
  ]);
  expect(places("marketing")).toEqual([
    "lists/autumn-2025.csv",
    "lists/fair-2025.csv",
    "lists/newsletter-2025.csv.gz",
    "survey/2025.csv",
  ]);
  const others = [...people({ count, year: 2026 })].slice(1);
  expect(others).toHaveLength(count - 1);
  expect(others.filter((shopper) => marksOfMara().test(JSON.stringify(shopper)))).toEqual([]);
  expect(dump?.get("shop")?.get("customers")).toHaveLength(count);
  for (const { id } of LOOKALIKES)
    expect(
      dump
        ?.get("shop")
        ?.get("customers")
        ?.some((row) => row.startsWith(`(${id},`)),
    ).toBe(true);
});

test("the map in the shop's folder names its own bucket and indexes", () => {
  const shop = shops[0];
  const map = parse(readFileSync(shop?.map ?? "", "utf8"));
  expect(map.systems.search.records.customers.index).toBe(shop?.elasticsearch?.customers);
  expect(map.systems.search.records.reviews.index).toBe(shop?.elasticsearch?.reviews);
  expect(map.systems.exports.records.orders.files).toEqual([`s3://${shop?.s3?.bucket}/orders/*.csv`]);
  expect(map.systems.exports.records.portraits.keys).toEqual([`s3://${shop?.s3?.bucket}/portraits/:customer_id.png`]);
});

test("a map without a system has nothing that leads to it", () => {
  const shipped = readFileSync(join(import.meta.dirname, "../../../manifests/shop/datamap.yaml"), "utf8");
  const noSearch = parse(without(shipped, ["search"]));
  expect(Object.keys(noSearch.systems)).toEqual(["shop", "exports", "marketing", "backups"]);
  expect(noSearch.systems.backups.covers).toEqual(["shop"]);
  const noShop = without(shipped, ["shop"]); // all of search leads to it
  expect(noShop).not.toMatch(/shop\./u);
  expect(Object.keys(parse(noShop).systems)).toEqual(["exports", "marketing"]);
  expect(Object.keys(parse(noShop).systems.exports.records)).toEqual(["orders", "portraits"]);
  expect(without(shipped, [])).toBe(shipped);
});

/** Without what differs between two shops on one server, and without the time of a change. */
function comparable(dump: Dump | undefined): unknown {
  return [...(dump ?? [])].map(([place, lines]) => [
    place.replace(/-[0-9a-f]{8}$/u, ""),
    lines.map((line) => line.replace(/"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^"]*"/u, "")),
  ]);
}
