/** A look after an undo: what came back is to be as it was, and what the undo had nothing to do with is looked at all the same. */
import { expect, test } from "vitest";
import { undoRequest } from "../../src/requests/undo-request.ts";
import { put, type Row } from "../support/memory/database.ts";
import { ANN, onDay, openShop, type Shop } from "./shop.ts";

const MARKED = { do: "soft-delete", purge_after: "14 days", restore_window: "7 days" };
const RECORDS = {
  people: { ...MARKED, soft_delete: { timestamp: "deleted_at" } },
  orders: { ...MARKED, soft_delete: { timestamp: "deleted_at" }, hold: undefined },
  items: { ...MARKED, soft_delete: { timestamp: "deleted_at" } },
  tickets: { do: "erase", fields: {} },
};
const change = (shop: Shop, table: string, id: string, more: Row): void =>
  put(shop.shop, table, id, { ...shop.shop.tables.get(table)?.get(id), ...more });
const ALL = { records: ["shop.people", "shop.orders", "shop.items"], skipConflicts: false };

async function hidden(before: (shop: Shop) => void = () => {}, records: Readonly<Record<string, object>> = RECORDS) {
  const shop = await openShop({ approval: { required: true, four_eyes: false }, settle: "0 seconds" }, records);
  before(shop);
  const house = onDay(shop.house, 0);
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  return { shop, house, id };
}

test("what the application had marked before is waited for also where the undo gave back the rest of its record type", async () => {
  const { shop, house, id } = await hidden((one) => change(one, "items", "i3", { deleted_at: "2026-11-20" }));
  await using _ = shop;
  expect(await undoRequest(onDay(house, 1).context, id, ALL)).toMatchObject({ exit: 0, state: "waiting" });
  const seen = await onDay(house, 2).verify(id);
  expect(seen).toMatchObject({ state: "waiting", residual: 0 });
});

test("what came back after the request had been planned anew is no mark that somebody took away", async () => {
  const { shop, house, id } = await hidden();
  await using _ = shop;
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await undoRequest(onDay(house, 1).context, id, ALL)).toMatchObject({ exit: 0, state: "waiting" });
  const seen = await onDay(house, 2).verify(id);
  expect(seen.checks.filter(({ result }) => result === "fail")).toEqual([]);
  // and a mark that somebody did take away is told still
  const other = await hidden();
  await using __ = other.shop;
  await other.house.plan(other.id);
  await other.house.approve(other.id);
  await other.house.run(other.id);
  change(other.shop, "items", "i3", { deleted_at: null });
  await undoRequest(onDay(other.house, 1).context, other.id, {
    records: ["shop.orders", "shop.people"],
    skipConflicts: false,
  });
  const told = await onDay(other.house, 2).verify(other.id);
  expect(
    told.checks.filter(({ result }) => result === "fail").map(({ record, residual }) => [record, residual]),
  ).toEqual([["items", 1]]);
});

test("what was removed and came back after the request had been planned anew is nothing new", async () => {
  const window = { restore_window: "7 days" };
  const { shop, house, id } = await hidden(() => {}, {
    people: window,
    orders: { ...window, hold: undefined },
    items: window,
  });
  await using _ = shop;
  put(shop.shop, "tickets", "t5", { id: "t5", email: ANN.email, text: "asks once more" });
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await undoRequest(onDay(house, 1).context, id, ALL)).toMatchObject({ exit: 0 });
  expect(shop.dump()["shop.people p1"]).toBeDefined();
  // what came by itself is new
  put(shop.shop, "items", "i5", { id: "i5", order: "o1", text: "another" });
  const { checks } = await onDay(house, 2).verify(id);
  expect(checks.filter(({ result }) => result === "fail").map(({ record, new: fresh }) => [record, fresh])).toEqual([
    ["items", 1],
  ]);
  shop.shop.tables.get("items")?.delete("i5");
  expect(await onDay(house, 2).verify(id)).toMatchObject({ exit: 0, residual: 0 });
});
