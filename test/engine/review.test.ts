/** What is held and nobody knows until when: it is kept for a person to look at, and ends nothing by itself. */
import { expect, test } from "vitest";
import { board } from "../../src/requests/board.ts";
import { closeRequest } from "../../src/requests/end-request.ts";
import { put } from "../support/memory/database.ts";
import { after, BOB, openShop, order } from "./shop.ts";

const BOOKS = {
  says: "books are kept",
  keep_for: "8 years",
  law: ["HGB § 257"],
  people: { owner: "b@harbour.example" },
};

test("an open suspension keeps what ran out long ago: run and verify wait for a person, and nothing closes", async () => {
  const suspended = { books: { ...BOOKS, extend_while: "the tax assessment of 2010 is open" } };
  await using shop = await openShop({ holds: suspended });
  put(shop.shop, "orders", "o4", order("o4", "p2", "2010-02-01"));
  const before = shop.dump();
  const id = await shop.house.open(BOB);
  const plan = await shop.house.plan(id);
  const orders = plan.steps.find(({ record }) => record === "orders");
  expect(orders).toMatchObject({ found: 2, kept: 2, reason: "review", law: ["HGB § 257"] });
  expect(orders?.says).toBe("books are kept; the tax assessment of 2010 is open");
  for (const step of plan.steps) expect(step).not.toHaveProperty("until");
  await shop.house.approve(id);
  const first = await shop.house.run(id);
  expect(first).toMatchObject({ exit: 3, state: "waiting" });
  expect(await shop.house.verify(id)).toMatchObject({ exit: 3, state: "waiting", residual: 0 });
  const { state } = shop.house.context;
  const [item] = await board(state.read, "2026-11-21");
  expect(item?.waiting_for).toContain("somebody to decide how long it is kept");
  expect(item?.waiting_for).toContain("the tax assessment of 2010 is open");
  await expect(closeRequest(shop.house.context, id, { reason: "done", acceptGaps: false })).rejects.toMatchObject({
    code: "STILL_OPEN",
    message: expect.stringContaining("shop.orders: 2 kept"),
  });
  // whoever they belong to stays for their sake; only the copy elsewhere goes
  expect(shop.dump()).toEqual(after(before, ["copy.people c2"]));
});

test("taken out of the map, the suspension lets go what has run out, and the statute's own end holds the rest", async () => {
  const holds = { books: { ...BOOKS, extend_while: "the tax assessment of 2010 is open" } };
  await using shop = await openShop({ holds });
  put(shop.shop, "orders", "o4", order("o4", "p2", "2010-02-01"));
  const id = await shop.house.open(BOB);
  const held = await shop.house.plan(id);
  const map = {
    ...shop.house.context.map,
    holds: shop.house.context.map.holds.map(({ suspended: _, ...hold }) => hold),
  };
  const free = await shop.house.as({ map }).plan(id);
  const orders = (plan: typeof held) => plan.steps.find(({ record }) => record === "orders");
  expect([orders(held)?.act, orders(held)?.kept]).toEqual([0, 2]);
  expect(orders(free)).toMatchObject({ act: 1, kept: 1, reason: "retention", until: "2033-02-01" });
});

test("a relationship whose end nobody knows is kept for review; one that has ended, by its date", async () => {
  const holds = { books: { ...BOOKS, starts: "end of relationship" } };
  await using shop = await openShop({ holds });
  put(shop.shop, "orders", "o4", { ...order("o4", "p2", "2010-02-01"), day: null });
  const id = await shop.house.open(BOB);
  const plan = await shop.house.plan(id);
  const orders = plan.steps.find(({ record }) => record === "orders");
  expect(orders).toMatchObject({ found: 2, kept: 2, waiting: 0, reason: "review" });
  expect(orders).not.toHaveProperty("until");
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3, state: "waiting" });
});
