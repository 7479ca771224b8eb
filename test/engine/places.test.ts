/** A place under two names, and a name that leads to another place by now. */
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { memoryDatabase, type Row } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";
import { ANN, openShop, order, person } from "./shop.ts";

const PEOPLE: readonly Row[] = [person("p1", "ann"), person("p9", "zoe")];
const HOLDS = {
  books: {
    says: "books are kept",
    keep_for: "8 years",
    law: ["HGB § 257"],
    people: { owner: "books@harbour.example" },
  },
};

test("a record that two systems find is acted on by neither: what one keeps the other would not know", async () => {
  const database = memoryDatabase({ people: PEOPLE, orders: [order("o1", "p1", "2025-02-01")] });
  const orders = { match: { person: "shop.people.id" } };
  const map = {
    holds: HOLDS,
    systems: {
      shop: {
        kind: "memory",
        records: { people: { match: { email: "email" }, do: "erase" }, orders: { ...orders, do: "erase" } },
      },
      books: { kind: "memory", records: { orders: { ...orders, do: "keep", hold: { use: "books", from: "day" } } } },
    },
  };
  await using house = await openHouse({ map, databases: { shop: database, books: database } });
  const id = await house.open(ANN);
  await expect(house.plan(id)).rejects.toMatchObject({
    code: "CONFLICT",
    message: "shop.orders and books.orders find records in one place: their systems are one, under two names",
  });
  // whoever plans one of them alone is asked no less
  await expect(house.plan(id, { system: "shop" })).rejects.toMatchObject({ code: "CONFLICT" });
  expect(database.written).toEqual([]);
  // the same tables in two databases are two records
  const apart = { people: PEOPLE, orders: [order("o1", "p1", "2025-02-01")] };
  await using other = await openHouse({
    map,
    databases: { shop: memoryDatabase(apart), books: memoryDatabase(apart) },
  });
  expect((await other.plan(await other.open(ANN))).totals).toMatchObject({ erase: 2, keep: 1 });
});

test("a record that one system keeps whole is not minimised by another that finds it too", async () => {
  const database = memoryDatabase({ people: PEOPLE, orders: [order("o1", "p1", "2025-02-01")] });
  const orders = { match: { person: "shop.people.id" } };
  const kept = { ...orders, do: "keep", hold: { use: "books", from: "day" } };
  const map = {
    holds: HOLDS,
    systems: {
      shop: {
        kind: "memory",
        records: {
          people: { match: { email: "email" }, do: "erase" },
          orders: { ...kept, do: "erase", while_held: { restrict: true, keep_only: ["day"] } },
        },
      },
      books: { kind: "memory", records: { orders: kept } },
    },
  };
  await using house = await openHouse({ map, databases: { shop: database, books: database } });
  await expect(house.plan(await house.open(ANN))).rejects.toMatchObject({ code: "CONFLICT" });
  expect(database.written).toEqual([]);
});

test("a declared cascade takes no row that another system over the same database keeps", async () => {
  const rows = { people: PEOPLE, orders: [order("o1", "p1", "2025-02-01")] };
  const key = {
    constraint: "orders_person_fkey",
    child: "orders",
    childColumn: "person",
    parent: "people",
    parentColumn: "id",
    onDelete: "cascade",
  } as const;
  const database = memoryDatabase(rows, [key]);
  const map = {
    holds: HOLDS,
    map: { owner: "it@harbour.example", ignore: ["shop.orders"] },
    systems: {
      shop: { kind: "memory", records: { people: { match: { email: "email" }, do: "erase" } } },
      books: {
        kind: "memory",
        records: {
          orders: { match: { person: "shop.people.id" }, do: "keep", hold: { use: "books", from: "day" } },
        },
      },
    },
  };
  await using house = await openHouse({ map, databases: { shop: database, books: database } });
  for (const how of [{}, { system: "shop" }]) {
    const { steps } = await house.plan(await house.open(ANN), how);
    expect(steps.find(({ record }) => record === "people")).toMatchObject({
      blocked: 1,
      act: 0,
      reason: "orders_person_fkey",
    });
  }
});

const planned = async (house: House): Promise<string> => {
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  return id;
};

test("a run at another place than the planned one does nothing, begun or not", async () => {
  await using shop = await openShop();
  const before = shop.dump();
  const id = await planned(shop.house);
  const home = shop.copy.name;
  shop.copy.name = "the new server";
  await expect(shop.house.run(id)).rejects.toMatchObject({
    code: "PLAN_STALE",
    message: /^copy is another place by now/u,
  });
  expect(shop.dump()).toEqual(before);
  shop.copy.name = home;
  // begun, and cut off before the copy had its turn
  shop.set({
    before(call) {
      if (call === "apply") throw new Failure("SYSTEM_UNREACHABLE", "the server went away");
    },
  });
  expect(await shop.house.run(id)).toMatchObject({ state: "partly_done" });
  shop.set({});
  const half = shop.dump();
  expect(half["shop.people p1"]).toBe(before["shop.people p1"]);
  shop.shop.name = "the new server";
  await expect(shop.house.run(id)).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(shop.dump()).toEqual(half);
});

test("what was begun at a place that is another one by now sends nobody in a circle", async () => {
  await using shop = await openShop();
  const id = await planned(shop.house);
  const dying = shop.house.as({
    at: (point, system) => {
      if (point === "reread" && system === "copy") throw new Error("killed");
    },
  });
  await dying.run(id).catch(() => undefined);
  const home = shop.copy.name;
  shop.copy.name = "the new server";
  // no plan is made before what was begun is told
  await expect(shop.house.plan(id)).rejects.toMatchObject({ code: "PARTLY_DONE" });
  await expect(shop.house.run(id)).rejects.toMatchObject({
    code: "PLAN_STALE",
    help: `Lead copy back to where the run began, and go on: expunge run ${id}.`,
  });
  shop.copy.name = home;
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
});

test("verify finds nothing gone at a place that is another one by now, and closes nothing", async () => {
  await using shop = await openShop();
  const id = await planned(shop.house);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  const home = shop.copy.name;
  shop.copy.name = "the new server";
  const { checks, exit, state } = await shop.house.verify(id);
  expect({ exit, state }).toEqual({ exit: 4, state: "partly_done" });
  expect(checks.map(({ system, result, reason }) => `${system} ${result} ${reason ?? ""}`.trim()).toSorted()).toEqual([
    "copy unverifiable other_place",
    "shop pass",
    "shop pass",
    "shop pass",
    "shop pass",
  ]);
  shop.copy.name = home;
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});
