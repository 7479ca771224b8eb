/** What an ended request kept is erased when its hold has ended, and nothing that has come in its place. */
import { expect, test } from "vitest";
import { put, type Row } from "../support/memory/database.ts";
import { after, ANN, BOB, openShop, order, type Shop } from "./shop.ts";

const PEOPLE = { people: { fields: { email: "clear", name: "clear" } } };
/** Bob's order is of February 2025, kept for eight years. */
const BEFORE = new Date("2033-02-01T10:00:00Z");
const AFTER = new Date("2033-02-02T10:00:00Z");

/** Bob's request, closed: his order and its line stay, and he stays without his name. */
async function closed(shop: Shop): Promise<void> {
  const { house } = shop;
  const id = await house.open(BOB);
  const plan = await house.plan(id);
  expect(plan.steps.map(({ record, act, kept }) => `${record} ${act} ${kept}`)).toEqual(
    expect.arrayContaining(["people 1 0", "orders 0 1", "items 0 1"]),
  );
  await house.approve(id);
  expect((await house.run(id)).exit).toBe(0);
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
}

async function dueAt(
  shop: Shop,
  now: Date,
): Promise<{ acted: readonly string[]; waiting: number; exit: number | null }> {
  const house = shop.house.as({ now: () => now });
  const plan = await house.planDue();
  const acted = plan.steps.flatMap(({ record, act }) => (act > 0 ? [`${record} ${act}`] : []));
  const waiting = plan.totals.wait;
  if (acted.length === 0) return { acted, waiting, exit: null };
  await house.approve(plan.request);
  const { exit } = await house.run(plan.request);
  await house.verify(plan.request);
  return { acted, waiting, exit };
}

test("on the day after its hold what was kept goes, with what was kept for its sake, and no pointer stays", async () => {
  await using shop = await openShop({}, PEOPLE);
  await closed(shop);
  const before = shop.dump();
  expect(before["shop.people p2"]).toContain('"name":null');
  expect(await dueAt(shop, BEFORE)).toEqual({ acted: [], waiting: 0, exit: null });
  expect(shop.dump()).toEqual(before);
  expect(await dueAt(shop, AFTER)).toEqual({ acted: ["people 1", "orders 1", "items 1"], waiting: 0, exit: 0 });
  expect(shop.dump()).toEqual(after(before, ["shop.people p2", "shop.orders o3", "shop.items i4"]));
  expect(await shop.house.context.state.read.sealed.heldUntil("9999-12-31")).toEqual([]);
});

test("a key that was given to somebody else since is never acted on", async () => {
  await using shop = await openShop({}, PEOPLE);
  await closed(shop);
  // the application has erased Bob's rows itself, and their numbers are Zoe's now
  const zoe: Readonly<Record<string, readonly [string, Row]>> = {
    p2: ["people", { id: "p2", email: "zoe2@shop.example", name: "zoe the second" }],
    o3: ["orders", order("o3", "p9", "2001-01-01")],
  };
  for (const [id, [table, row]] of Object.entries(zoe)) put(shop.shop, table, id, row);
  shop.shop.tables.get("items")?.delete("i4");
  const before = shop.dump();
  expect(await dueAt(shop, AFTER)).toEqual({ acted: [], waiting: 2, exit: null });
  expect(shop.dump()).toEqual(before);
});

test("an ended hold erases only what a request wanted erased", async () => {
  await using shop = await openShop({}, PEOPLE);
  await closed(shop);
  const house = shop.house.as({ now: () => AFTER });
  const plan = await house.planDue();
  // Zoe's order is as old, and nobody asked for her
  expect(plan.steps.find(({ record }) => record === "orders")).toMatchObject({ found: 1, because: "hold_ended" });
  const ann = await shop.house.open(ANN);
  await shop.house.plan(ann);
  expect(shop.shop.tables.get("orders")?.has("o9")).toBe(true);
});

test("what changes between the plan and the run is not touched", async () => {
  await using shop = await openShop({}, PEOPLE);
  await closed(shop);
  const house = shop.house.as({ now: () => AFTER });
  const { request } = await house.planDue();
  await house.approve(request);
  put(shop.shop, "orders", "o3", order("o3", "p9", "2025-02-01"));
  const before = shop.dump();
  await expect(house.run(request)).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(shop.dump()).toEqual(before);
});
