/** What must never be said of a request: that somebody was searched for where nobody looked, or that it is closed over what waits. */
import { expect, test } from "vitest";
import { type MemoryDatabase, memoryDatabase, put } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";
import type { DataMap } from "../../src/model/datamap.ts";
import { nextStep } from "../../src/requests/board.ts";
import { summarise } from "../../src/reports/summary.ts";
import { ANN, BOB, CAY, openShop, ticket } from "./shop.ts";

const CUSTOMERS = {
  identities: {
    email: { type: "email", fold: ["trim", "lowercase"] },
    number: { type: "string", found_in: "shop.customers.id", by: { email: "email" } },
  },
  systems: {
    shop: {
      kind: "memory",
      records: {
        customers: { match: { id: "number" }, do: "erase" },
        letters: { match: { email: "email" }, do: "erase" },
      },
    },
  },
};

function customers(): MemoryDatabase {
  return memoryDatabase({
    customers: [{ id: "k-17", email: "ann@shop.example" }],
    letters: [
      { id: "l1", email: "ann@shop.example" },
      { id: "l2", email: "dora@shop.example" },
    ],
  });
}

test("a customer number that leads to no row teaches no address: what is found by address was not searched", async () => {
  await using house = await openHouse({ map: CUSTOMERS, databases: { shop: customers() } });
  const id = await house.open({ number: "k-99" });
  const plan = await house.plan(id);
  expect(plan.steps.map(({ record, status, reason }) => [record, status, reason])).toEqual([
    ["customers", "nothing_found", undefined],
    ["letters", "not_checked", "no_identifier"],
  ]);
  await expect(house.approve(id)).rejects.toMatchObject({ code: "NOT_SEARCHED" });
});

test("a number that leads to a row, and an address that leads to none, have searched everything", async () => {
  await using house = await openHouse({ map: CUSTOMERS, databases: { shop: customers() } });
  const byNumber = await house.plan(await house.open({ number: "k-17" }));
  expect(byNumber.steps.map(({ record, found }) => [record, found])).toEqual([
    ["customers", 1],
    ["letters", 1],
  ]);
  const byAddress = await house.plan(await house.open({ email: "dora@shop.example" }));
  expect(byAddress.steps.map(({ record, status, found }) => [record, status, found])).toEqual([
    ["customers", "nothing_found", 0],
    ["letters", "deleted", 1],
  ]);
});

function without(map: DataMap, record: string): DataMap {
  return {
    ...map,
    systems: map.systems.map((system) => ({ ...system, records: system.records.filter(({ id }) => id !== record) })),
  };
}

test("a request is not closed over what waits, though a later map has no such record type and a later plan no such step", async () => {
  const conditions = { open: { says: "the ticket is open", where: { text: "ann asks" } } };
  await using shop = await openShop({ conditions }, { tickets: { do: "erase", unless: "open", fields: {} } });
  const { house } = shop;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 3, state: "waiting" });
  const later = house.as({ map: without(house.context.map, "shop.tickets") });
  await later.plan(id);
  await later.approve(id);
  await later.run(id);
  const verified = await later.verify(id);
  expect(verified).toMatchObject({ exit: 2, state: "partly_done" });
  expect(verified.checks).toContainEqual(
    expect.objectContaining({ record: "tickets", result: "unverifiable", reason: "left_the_map" }),
  );
  expect(shop.dump()["shop.tickets t1"]).toContain("ann asks");
});

async function summaryOf({ context }: House, id: string): Promise<ReturnType<typeof summarise>> {
  const { entries } = await context.ledger.entriesOf(id);
  return summarise(entries.map(({ core }) => core));
}

test("what a run did that died before it could tell is told: a new plan is made only after the run has gone on", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  const dying = house.as({
    at: (point, system) => {
      if (point === "reread" && system === "copy") throw new Error("killed");
    },
  });
  await dying.run(id).catch(() => undefined);
  expect(Object.keys(shop.dump())).not.toContain("copy.people c1");
  await expect(house.plan(id)).rejects.toMatchObject({
    code: "PARTLY_DONE",
    help: `Go on with it first: expunge run ${id}.`,
  });
  await house.run(id);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await house.verify(id)).toMatchObject({ state: "closed" });
  const { systems } = await summaryOf(house, id);
  expect(systems.find(({ system }) => system === "copy")).toMatchObject({ found: 1, deleted: 1 });
});

test("a row that an earlier plan of the request changed is not gone already: the next plan counts it no second time", async () => {
  const conditions = { open: { says: "the ticket is open", where: { text: "bob asks" } } };
  const identities = {
    email: { type: "email", fold: ["trim", "lowercase"] },
    number: { type: "string", found_in: "shop.people.id", by: { email: "email" } },
  };
  await using shop = await openShop(
    { conditions, identities },
    {
      people: { match: { id: "number" }, fields: { email: { set: "nobody" }, name: "clear" } },
      tickets: { do: "erase", unless: "open", fields: {} },
    },
  );
  const { house } = shop;
  put(shop.shop, "tickets", "t3", ticket("t3", "bob"));
  const id = await house.open([BOB, CAY], { batch: true });
  for (const wanted of [{ state: "waiting" }, { state: "closed" }]) {
    await house.plan(id);
    await house.approve(id);
    await house.run(id);
    expect(await house.verify(id)).toMatchObject(wanted);
    put(shop.shop, "tickets", "t3", { ...ticket("t3", "bob"), text: "answered" });
  }
  expect(shop.dump()["shop.people p2"]).toContain("nobody");
  const { totals, systems, persons } = await summaryOf(house, id);
  expect(systems.find(({ system, record }) => `${system}.${record}` === "shop.people")).toMatchObject({
    found: 2,
    deleted: 1,
    changed: 1,
    already_gone: 0,
  });
  expect(totals).toMatchObject({ already_gone: 0 });
  expect(persons.map(({ found, done, already_gone }) => [found, done, already_gone])).toEqual([
    [5, 3, 0],
    [1, 1, 0],
  ]);
});

test("a record that a law wants kept and that somebody took away is told of in every later report", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await house.open(BOB);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(shop.dump()["shop.orders o3"]).toBeDefined();
  shop.shop.tables.get("orders")?.delete("o3");
  const verified = await house.verify(id);
  expect(verified).toMatchObject({ exit: 2, state: "partly_done" });
  const orders = verified.checks.find(({ record }) => record === "orders");
  expect(orders).toMatchObject({ result: "fail", reason: "kept_gone", gone: 1 });
  expect(orders?.kept).toBeUndefined();
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await house.verify(id)).toMatchObject({ state: "closed" });
  const { vanished, sentence } = await summaryOf(house, id);
  expect(vanished).toMatchObject([{ system: "shop", record: "orders", count: 1 }]);
  expect(sentence).toContain(
    "1 record that was to be kept was gone when looked at again, not by this erasure (shop.orders).",
  );
});

test("a record that waited and is not there any more waits no longer", async () => {
  const conditions = { open: { says: "the ticket is open", where: { text: "ann asks" } } };
  await using shop = await openShop({ conditions }, { tickets: { do: "erase", unless: "open", fields: {} } });
  const { house } = shop;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const tickets = async () => (await house.verify(id)).checks.find(({ record }) => record === "tickets");
  expect(await tickets()).toMatchObject({ result: "pass", waiting: 2, reason: "open" });
  shop.shop.tables.get("tickets")?.delete("t1");
  expect(await tickets()).toMatchObject({ result: "pass", waiting: 1 });
  shop.shop.tables.get("tickets")?.delete("t2");
  const none = await tickets();
  expect([none?.result, none?.waiting, none?.reason]).toEqual(["pass", undefined, undefined]);
});

test("a stranger's record that has taken the key of an erased one is not called still there; what came back is", async () => {
  const letters = { letters: { match: { email: "email" }, do: "erase" } };
  const map = { settle: "0 days", systems: { shop: { kind: "memory", records: letters } } };
  const row = (id: string, name: string) => ({ id, email: `${name}@shop.example` });
  const shop = memoryDatabase({ letters: [row("1", "bob"), row("2", "ann"), row("3", "ann")] });
  await using house = await openHouse({ map, databases: { shop } });
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  expect([...(shop.tables.get("letters")?.keys() ?? [])]).toEqual(["1"]);
  put(shop, "letters", "2", row("2", "bob"));
  put(shop, "letters", "3", row("3", "ann"));
  expect(await house.verify(id)).toMatchObject({ exit: 2, residual: 1 });
  shop.tables.get("letters")?.delete("3");
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed", residual: 0 });
});

test("where a record is another one than was planned, the next step is a new plan and not the same run again", async () => {
  await using shop = await openShop(
    { approval: { required: true, four_eyes: false } },
    { tickets: { do: "erase", fields: {} } },
  );
  const { house } = shop;
  const id = await house.open(CAY);
  put(shop.shop, "tickets", "t5", ticket("t5", "cay"));
  await house.plan(id);
  await house.approve(id);
  const cut = new Error("power cut");
  let attested = 0;
  const dying = house.as({
    at: (point) => {
      if (point === "attested") attested += 1;
      if (attested > 0 && point === "claimed") throw cut;
    },
  });
  await expect(dying.run(id)).rejects.toBe(cut);
  // one of the two is gone, the other is changed
  const [table, key] = shop.shop.tables.get("tickets")?.has("t5") === true ? ["tickets", "t5"] : ["people", "p3"];
  put(shop.shop, table ?? "", key ?? "", {
    ...shop.shop.tables.get(table ?? "")?.get(key ?? ""),
    email: "zoe@shop.example",
  });
  expect(await house.run(id)).toMatchObject({ exit: 5 });
  const { read } = house.context.state;
  expect(await nextStep(read, await read.requests.get(id))).toMatchObject({ next: `expunge plan ${id}` });
  await house.plan(id);
});
