/** Several record types over one table: what one of them holds, protects or reduces counts for all, in whatever the row leads to. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { type MemoryDatabase, memoryDatabase, put, type Row } from "../support/memory/database.ts";
import { type Faults, faultySystem } from "../support/memory/faulty-system.ts";
import { type House, openHouse } from "../support/memory/house.ts";

const NOW = new Date("2026-11-30T10:00:00Z");
const ANN = { email: "ann@shop.example" };
const HELD = "2025-05-05";

function row(id: string, more: Row = {}): Row {
  return { id, email: ANN.email, day: "2009-05-05", note: `note of ${id}`, ...more };
}

interface Office extends AsyncDisposable {
  readonly house: House;
  readonly shop: MemoryDatabase;
  dump(): Readonly<Record<string, string>>;
  /** Before each call of the system. */
  before(what: NonNullable<Faults["before"]>): void;
}

async function openOffice(
  tables: Readonly<Record<string, readonly Row[]>>,
  records: Readonly<Record<string, object>>,
): Promise<Office> {
  const shop = memoryDatabase(tables);
  const faults = faultySystem();
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
      systems: { shop: { kind: "memory", records } },
    },
    databases: { shop },
    around: (system) => faults.around(system),
  });
  return {
    before: (what) => faults.set({ before: what }),
    house: house.as({ now: () => NOW }),
    shop,
    dump: () =>
      Object.fromEntries(
        [...shop.tables].flatMap(([table, rows]) =>
          [...rows].map(([id, one]) => [`${table} ${id}`, JSON.stringify(one)]),
        ),
      ),
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}

async function through(house: House) {
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  await house.approve(id);
  const { exit: run } = await house.run(id);
  const { exit: verify } = await house.verify(id);
  return { plan, run, verify, receipts: await house.context.state.read.journal.receipts(plan.id) };
}

function without(dump: Readonly<Record<string, string>>, ...gone: readonly string[]) {
  for (const name of gone) if (dump[name] === undefined) throw new Error(`${name} is not there before`);
  return Object.fromEntries(Object.entries(dump).filter(([name]) => !gone.includes(name)));
}

const ERASE = { match: { email: "email" }, do: "erase" };
const KEEPING = { ...ERASE, hold: { use: "books", from: "day" } };

test.each(["first", "last"])(
  "lines stay with an invoice that another record type holds: the one that holds comes %s in the map",
  async (place) => {
    const held = { table: "invoices", ...KEEPING };
    const free = { table: "invoices", ...ERASE };
    await using office = await openOffice(
      {
        invoices: [row("i1", { day: HELD }), row("i2")],
        lines: [
          { id: "l1", invoice: "i1" },
          { id: "l2", invoice: "i2" },
        ],
      },
      {
        ...(place === "first" ? { kept: held } : {}),
        bills: free,
        lines: { match: { invoice: "shop.bills.id" }, do: "erase" },
        ...(place === "first" ? {} : { kept: held }),
      },
    );
    const before = office.dump();
    const { plan, run, verify } = await through(office.house);
    expect(plan.steps.find(({ record }) => record === "lines")).toMatchObject({
      act: 1,
      kept: 1,
      reason: "held_with",
      until: "2033-05-05",
      law: ["HGB § 257"],
    });
    expect([run, verify]).toEqual([0, 0]);
    expect(office.dump()).toEqual(without(before, "invoices i2", "lines l2"));
  },
);

test("a row that no date tells the end of keeps its lines waiting, whichever record type leads to them", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: null })], lines: [{ id: "l1", invoice: "i1" }] },
    {
      bills: { table: "invoices", ...ERASE },
      kept: { table: "invoices", ...KEEPING },
      lines: { match: { invoice: "shop.bills.id" }, do: "erase" },
    },
  );
  const before = office.dump();
  expect(await through(office.house)).toMatchObject({ run: 3, verify: 3 });
  expect(office.dump()).toEqual(before);
});

test.each([
  ["is erased by another record type", { ...ERASE }, {}],
  [
    "is changed by another record type",
    { match: { email: "email" }, do: "anonymise", fields: { note: "clear" } },
    { name: null, note: null },
  ],
])("what a held record protects is not deleted where it %s", async (_, other, changed) => {
  const tables = { invoices: [row("i1", { day: HELD })], customers: [row("c1", { name: "Ann" })] };
  await using office = await openOffice(tables, {
    invoices: { ...KEEPING, hold: { use: "books", from: "day", protects: ["shop.customers"] } },
    customers: { ...ERASE, fields: { name: "clear" } },
    profiles: { table: "customers", ...other },
  });
  const { run } = await through(office.house);
  expect(run).toBe(0);
  expect(office.dump()).toEqual({
    "invoices i1": JSON.stringify(row("i1", { day: HELD })),
    "customers c1": JSON.stringify({ ...row("c1", { name: "Ann" }), ...changed }),
  });
});

test("a record type protects what is its own: also a row that it only changes, and another one would erase", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD })], customers: [row("c1")] },
    {
      invoices: { ...KEEPING, hold: { use: "books", from: "day", protects: ["shop.customers"] } },
      customers: { match: { email: "email" }, do: "anonymise", fields: { note: "clear" } },
      profiles: { table: "customers", ...ERASE },
    },
  );
  await through(office.house);
  expect(office.shop.tables.get("customers")?.has("c1")).toBe(true);
});

test("a record with a hold of its own protects, also while what leads to it is held for longer", async () => {
  await using office = await openOffice(
    {
      orders: [row("o1")],
      invoices: [{ id: "i1", order: "o1", day: HELD }],
      customers: [row("c1")],
    },
    {
      orders: ERASE,
      invoices: {
        match: { order: "shop.orders.id" },
        do: "erase",
        hold: { use: "books", from: "day", protects: ["shop.customers"] },
      },
      customers: ERASE,
    },
  );
  const { house } = office;
  const subjects = readSubjects(JSON.stringify(ANN), house.context.map.identities);
  await addHold(house.context, subjects, house.workspace.pseudonym, {
    case: "claim over a parcel",
    by: "legal department",
    records: ["shop.orders"],
  });
  const before = office.dump();
  const { plan } = await through(house);
  expect(plan.steps.find(({ record }) => record === "customers")).toMatchObject({ act: 0, kept: 1, reason: "held_by" });
  expect(office.dump()).toEqual(before);
});

test("a row that only a later record type reduces is told as reduced, and is", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD })] },
    {
      bills: { table: "invoices", ...ERASE },
      kept: { table: "invoices", ...KEEPING, while_held: { restrict: true, keep_only: ["note"] } },
    },
  );
  const { run, verify, receipts } = await through(office.house);
  expect([run, verify]).toEqual([0, 0]);
  expect(receipts).toMatchObject([
    { record: "bills", status: "kept", kept: 1, minimised: 1, matched: 0, changed: 0 },
    { record: "kept", matched: 0, minimised: 0 },
  ]);
  expect(office.dump()).toEqual({ "invoices i1": JSON.stringify({ ...row("i1", { day: HELD }), email: null }) });
});

test("what another record type holds only since the run began is not erased", async () => {
  await using office = await openOffice(
    { invoices: [row("i1"), row("i2")] },
    { bills: { table: "invoices", ...ERASE }, kept: { table: "invoices", ...KEEPING } },
  );
  const { house, shop } = office;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  const late = house.as({
    at: (point) => {
      if (point === "intent_written") put(shop, "invoices", "i1", row("i1", { day: HELD }));
    },
  });
  await late.run(id);
  expect([...(shop.tables.get("invoices")?.keys() ?? [])]).toEqual(["i1"]);
});

const OLD = "2020-01-01";
const schedule = { after: "90 days", from: "seen" };
const DUE = { ...ERASE, schedule };

async function due(house: House) {
  const plan = await house.planDue();
  const id = plan.request;
  const { state } = await house.context.state.read.requests.get(id);
  if (state === "closed") return { plan, run: 0 };
  await house.approve(id);
  return { plan, run: (await house.run(id)).exit };
}

test("due lines stay with an invoice that another record type holds", async () => {
  await using office = await openOffice(
    {
      invoices: [row("i1", { day: HELD }), row("i2")],
      lines: [
        { id: "l1", invoice: "i1", seen: OLD },
        { id: "l2", invoice: "i2", seen: OLD },
      ],
    },
    {
      bills: { table: "invoices", ...ERASE },
      kept: { table: "invoices", ...KEEPING },
      lines: { match: { invoice: "shop.bills.id" }, do: "erase", schedule },
    },
  );
  const before = office.dump();
  const { plan } = await due(office.house);
  expect(plan.steps).toMatchObject([{ record: "lines", act: 1, kept: 1, reason: "held_with" }]);
  expect(office.dump()).toEqual(without(before, "lines l2"));
});

test("a due row that another record type holds whole is not reduced", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD, seen: OLD })] },
    {
      bills: { table: "invoices", ...DUE, ...KEEPING, while_held: { restrict: true, keep_only: ["seen"] } },
      kept: { table: "invoices", ...KEEPING },
    },
  );
  const before = office.dump();
  const { plan } = await due(office.house);
  expect(plan.steps).toMatchObject([{ record: "bills", act: 0, kept: 1 }]);
  expect(office.dump()).toEqual(before);
});

test("a due row that is protected for another record type stays, also where that one would only change it", async () => {
  await using office = await openOffice(
    { invoices: [row("i1", { day: HELD })], customers: [row("c1", { seen: OLD })] },
    {
      invoices: { ...KEEPING, hold: { use: "books", from: "day", protects: ["shop.profiles"] } },
      customers: DUE,
      profiles: { table: "customers", ...ERASE, fields: { note: "clear" } },
    },
  );
  const before = office.dump();
  const { plan } = await due(office.house);
  expect(plan.steps).toMatchObject([{ record: "customers", act: 0, kept: 1, reason: "held_by" }]);
  expect(office.dump()).toEqual(before);
});

test("what leads to a due row protects it with all that is held of the same person", async () => {
  await using office = await openOffice(
    {
      orders: [row("o1"), row("o2", { day: HELD })],
      parcels: [row("p1", { order: "o1", seen: OLD })],
    },
    {
      orders: { ...KEEPING, hold: { use: "books", from: "day", protects: ["shop.parcels"] } },
      parcels: { match: { order: "shop.orders.id", email: "email" }, do: "erase", schedule },
    },
  );
  const before = office.dump();
  const { plan } = await due(office.house);
  expect(plan.steps).toMatchObject([{ record: "parcels", act: 0, kept: 1, reason: "held_by" }]);
  expect(office.dump()).toEqual(before);
});

test("a due row that an open request has found as another record type waits for it", async () => {
  await using office = await openOffice(
    { leads: [row("l1", { seen: OLD }), row("l2", { seen: OLD, email: "bob@shop.example" })], campaigns: [] },
    {
      campaigns: ERASE,
      leads: { match: { campaign: "shop.campaigns.id" }, do: "erase", schedule },
      people: { table: "leads", ...ERASE },
    },
  );
  const { house } = office;
  const before = office.dump();
  await house.plan(await house.open(ANN));
  const { plan } = await due(house);
  expect(plan.steps).toMatchObject([{ record: "leads", act: 1, waiting: 1, reason: "open_request" }]);
  expect(office.dump()).toEqual(without(before, "leads l2"));
});

test("a cap of one record type does not make the plan of both stale", async () => {
  const leads = ["l1", "l2", "l3", "l4"].map((id) => row(id, { seen: OLD }));
  await using office = await openOffice(
    { leads },
    {
      first: { table: "leads", ...DUE },
      second: { table: "leads", ...DUE, limits: { batch_records: 2 } },
    },
  );
  const { run } = await due(office.house);
  expect(run).toBe(0);
  expect(office.shop.tables.get("leads")?.size).toBe(0);
});

test("a legal hold that comes while due work goes on covers whom another record type over the table leads to", async () => {
  await using office = await openOffice(
    { leads: [row("l1", { seen: OLD }), row("l2", { seen: OLD, email: "bob@shop.example" })], campaigns: [] },
    {
      leads: { match: { campaign: "shop.campaigns.id" }, do: "erase", schedule, table: "leads" },
      campaigns: { ...ERASE },
      people: { table: "leads", ...ERASE },
    },
  );
  const { house } = office;
  const before = office.dump();
  const { request: id } = await house.planDue();
  await house.approve(id);
  let isThere = false;
  const subjects = readSubjects(JSON.stringify(ANN), house.context.map.identities);
  const hold = async () =>
    await addHold(house.context, subjects, house.workspace.pseudonym, { case: "claim", by: "counsel", records: [] });
  office.before(async (call) => {
    if (call !== "openEraser" || isThere) return;
    isThere = true;
    await hold();
  });
  expect(await house.run(id)).toMatchObject({ exit: 3 });
  expect(office.dump()).toEqual(without(before, "leads l2"));
});
