/** Hidden records beside held ones of the same record type: each has its own day. */
import { expect, test } from "vitest";
import { nextStep } from "../../src/requests/board.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { put, type Row } from "../support/memory/database.ts";
import { ANN, openShop, order, type Shop } from "./shop.ts";

const MARKED = { do: "soft-delete", soft_delete: { timestamp: "deleted_at" }, purge_after: "14 days" };
const change = (shop: Shop, table: string, id: string, more: Row): void =>
  put(shop.shop, table, id, { ...shop.shop.tables.get(table)?.get(id), ...more });

/** Ann's order of 2025 is held until 2033, those of 2009 and 2010 are not. */
async function hidden(before: (shop: Shop) => void = () => {}) {
  const shop = await openShop(
    { approval: { required: true, four_eyes: false } },
    { people: { ...MARKED, purge_after: "7 days" }, orders: MARKED },
  );
  put(shop.shop, "orders", "o5", order("o5", "p1", "2025-03-01"));
  before(shop);
  const on = (day: string) => shop.house.as({ now: () => new Date(`${day}T10:00:00.000Z`) });
  const id = await on("2026-11-21").open(ANN);
  await on("2026-11-21").plan(id);
  await on("2026-11-21").approve(id);
  expect(await on("2026-11-21").run(id)).toMatchObject({ exit: 0, state: "waiting" });
  return { shop, on, id };
}

test.each([
  ["by the request", () => {}],
  [
    "before it",
    (shop: Shop) => {
      for (const id of ["o1", "o2"]) change(shop, "orders", id, { deleted_at: "2026-11-21" });
    },
  ],
])("what was hidden %s waits for its own day, not for that of the hold, and is overdue after it", async (_, before) => {
  const { shop, on, id } = await hidden(before);
  await using __ = shop;
  const { read } = shop.house.context.state;
  const told = async (day: string) => (await nextStep(read, await read.requests.get(id), day)).waiting_for;
  expect(await told("2026-11-22")).toBe("2026-12-05, when the last hidden records go for good");
  expect(
    (await openThings(read, await read.requests.get(id))).filter((line) => line.includes("orders")).join(),
  ).toContain("to go for good on 2026-12-05");
  for (const one of [shop.shop.tables.get("people")]) one?.delete("p1");
  expect(await on("2026-12-05").verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  const late = await on("2026-12-06").verify(id);
  expect(late).toMatchObject({ exit: 3, state: "waiting" });
  expect(late.checks.find(({ record }) => record === "orders")?.["kept"]).toBe(1);
  expect(await nextStep(read, await read.requests.get(id), "2026-12-06")).toMatchObject({ next: "expunge plan --due" });
});
