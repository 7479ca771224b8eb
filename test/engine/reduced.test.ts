/** What is reduced while it is held names nobody any more, and holds all the same: in later plans and in the run itself. */
import { expect, test } from "vitest";
import { memoryDatabase, put, type Row } from "../support/memory/database.ts";
import { openHouse } from "../support/memory/house.ts";

const NOW = new Date("2026-11-30T10:00:00Z");
const ANN = { email: "ann@shop.example" };
const HELD = "2025-05-05";

function row(id: string, more: Row = {}): Row {
  return { id, email: ANN.email, day: "2009-05-05", ...more };
}

async function openOffice(tables: Readonly<Record<string, readonly Row[]>>, records: object) {
  const shop = memoryDatabase(tables);
  const house = await openHouse({
    map: {
      holds: {
        books: {
          says: "books are kept",
          keep_for: "8 years",
          law: ["HGB § 257"],
          people: { owner: "books@harbour.example" },
        },
      },
      conditions: { open: { says: "the ticket is open", where: { state: "open" } } },
      systems: { shop: { kind: "memory", records } },
    },
    databases: { shop },
  });
  const ids = (table: string) => [...(shop.tables.get(table)?.keys() ?? [])];
  return { house: house.as({ now: () => NOW }), shop, ids, [Symbol.asyncDispose]: house[Symbol.asyncDispose] };
}

const INVOICES = {
  match: { email: "email" },
  do: "erase",
  hold: { use: "books", from: "day" },
  while_held: { restrict: true, keep_only: ["number"] },
};
/** Keeps the request open, so that there is a second plan. */
const TICKETS = { match: { email: "email" }, do: "erase", unless: "open" };
const TICKET = row("t1", { state: "open" });

test("lines stay with an invoice that the first run reduced, in every later plan of the request", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD, number: "7" })], lines: [{ id: "l1", invoice: "i1" }], tickets: [TICKET] },
    { invoices: INVOICES, lines: { match: { invoice: "shop.invoices.id" }, do: "erase" }, tickets: TICKETS },
  );
  const { house, shop } = office;
  const id = await house.open(ANN);
  for (const _ of ["first", "second", "third"]) {
    const plan = await house.plan(id);
    expect(plan.steps).toMatchObject([
      { record: "invoices", act: 0, kept: 1, reason: "retention" },
      { record: "lines", act: 0, kept: 1, reason: "held_with", until: "2033-05-05" },
      { record: "tickets", act: 0, waiting: 1 },
    ]);
    if (plan.id === "P-0001") {
      await house.approve(id);
      expect(await house.run(id)).toMatchObject({ exit: 3 });
      expect(shop.tables.get("invoices")?.get("i1")).toEqual(row("i1", { day: HELD, number: "7", email: null }));
    }
  }
  put(shop, "tickets", "t1", { ...TICKET, state: "shut" });
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
  expect([office.ids("lines"), office.ids("tickets")]).toEqual([["l1"], []]);
});

test("what a reduced invoice protects stays as long as it is held", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD })], customers: [row("c1")], tickets: [TICKET] },
    {
      invoices: { ...INVOICES, hold: { use: "books", from: "day", protects: ["shop.customers"] } },
      customers: { match: { email: "email" }, do: "erase" },
      tickets: TICKETS,
    },
  );
  const { house } = office;
  const id = await house.open(ANN);
  for (const _ of ["first", "second"]) {
    const plan = await house.plan(id);
    expect(plan.steps[1]).toMatchObject({ record: "customers", act: 0, kept: 1, reason: "held_by" });
    await house.approve(id);
    await house.run(id);
  }
  expect(office.ids("customers")).toEqual(["c1"]);
});

test("a key that is another record's by now holds nothing", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD })], lines: [{ id: "l1", invoice: "i1" }], tickets: [TICKET] },
    { invoices: INVOICES, lines: { match: { invoice: "shop.invoices.id" }, do: "erase" }, tickets: TICKETS },
  );
  const { house, shop } = office;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  put(shop, "invoices", "i1", row("i1", { day: HELD, email: "zoe@shop.example" }));
  const { steps } = await house.plan(id);
  expect(steps).toMatchObject([
    { record: "invoices", found: 0 },
    { record: "lines", found: 0 },
    { record: "tickets", waiting: 1 },
  ]);
});

test("a record whose own parent the run has just let go is not held with another one of the person", async () => {
  await using office = await openOffice(
    {
      orders: [row("o1"), row("o2", { day: HELD })],
      parcels: [
        { id: "p1", order: "o1" },
        { id: "p2", order: "o2" },
      ],
    },
    {
      orders: { match: { email: "email" }, do: "unlink", hold: { use: "books", from: "day" } },
      parcels: { match: { order: "shop.orders.id" }, do: "unlink" },
    },
  );
  const { house, shop } = office;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  expect([...(shop.tables.get("parcels")?.values() ?? [])]).toEqual([
    { id: "p1", order: null },
    { id: "p2", order: "o2" },
  ]);
});

test("what is marked as deleted stays marked while it is held and reduced", async () => {
  const deleted = "2026-10-01";
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD, deleted_at: deleted, number: "7" })] },
    { invoices: { ...INVOICES, soft_delete: { timestamp: "deleted_at" }, purge_after: "14 days" } },
  );
  const { house, shop } = office;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(shop.tables.get("invoices")?.get("i1")).toEqual(
    row("i1", { day: HELD, deleted_at: deleted, number: "7", email: null }),
  );
});
