/** Due work: what a rule makes due without a request goes the same way, and nothing else does. */
import { expect, test } from "vitest";
import { summarise } from "../../src/reports/summary.ts";
import {
  type ForeignKey,
  fill,
  type MemoryDatabase,
  memoryDatabase,
  put,
  type Row,
} from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

const NOW = new Date("2026-11-30T10:00:00Z");

interface Office extends AsyncDisposable {
  readonly house: House;
  readonly shop: MemoryDatabase;
  dump(): Readonly<Record<string, string>>;
  /** plan, approve, run, verify. */
  through(): Promise<{
    id: string;
    plan: Awaited<ReturnType<House["planDue"]>>;
    run: number;
    verify: number;
    state: string;
  }>;
}

async function openOffice(
  tables: Readonly<Record<string, readonly Row[]>>,
  records: object,
  { keys = [], map = {}, now = NOW }: { keys?: readonly ForeignKey[]; map?: object; now?: Date } = {},
): Promise<Office> {
  const shop = memoryDatabase(tables, keys);
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
      settle: "0 days",
      systems: { shop: { kind: "memory", records } },
      ...map,
    },
    databases: { shop },
  });
  const here = house.as({ now: () => now });
  return {
    house: here,
    shop,
    dump: () =>
      Object.fromEntries(
        [...shop.tables].flatMap(([table, rows]) =>
          [...rows].map(([id, row]) => [`${table} ${id}`, JSON.stringify(row)] as const),
        ),
      ),
    async through() {
      const plan = await here.planDue();
      const id = plan.request;
      await here.approve(id);
      const run = await here.run(id);
      const verified = await here.verify(id);
      return { id, plan, run: run.exit, verify: verified.exit, state: verified.state };
    },
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}

function without(dump: Readonly<Record<string, string>>, ...gone: readonly string[]): Readonly<Record<string, string>> {
  for (const name of gone) if (dump[name] === undefined) throw new Error(`${name} is not there before`);
  return Object.fromEntries(Object.entries(dump).filter(([name]) => !gone.includes(name)));
}

function lead(id: string, seen: string | null, more: Row = {}): Row {
  return { id, email: `${id}@shop.example`, seen, ...more };
}

const LEADS = { leads: { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } } };

test("leads go on their ninetieth day, without a request; all others stay byte for byte", async () => {
  const leads = [
    // the ninetieth day before 30 November is 1 September
    lead("day90", "2026-09-01"),
    lead("day89", "2026-09-02"),
    // in Berlin the last hour of 1 September, and the first of the second
    lead("late", "2026-09-01T21:59:59Z"),
    lead("early", "2026-09-01T22:00:00Z"),
    lead("old", "2020-02-29"),
    lead("never", null),
    lead("future", "2027-01-01"),
    lead("words", "last spring"),
  ];
  await using office = await openOffice({ leads, others: [lead("day90", "2026-09-01")] }, LEADS);
  const before = office.dump();
  const { id, plan, run, verify, state } = await office.through();
  expect(id).toBe("D-2026-0001");
  expect(plan).toMatchObject({ request: id, as_of: "2026-11-30", totals: { erase: 3, change: 0, keep: 0, wait: 0 } });
  expect(plan.steps).toMatchObject([{ record: "leads", because: "schedule", found: 3, act: 3, status: "deleted" }]);
  expect(plan.warnings).toMatchObject([{ code: "GAP", record: "shop.leads", column: "seen" }]);
  expect([run, verify, state]).toEqual([0, 0, "closed"]);
  expect(office.dump()).toEqual(without(before, "leads day90", "leads late", "leads old"));
});

test("what is anonymised is told by its own values, and is not due again", async () => {
  const leads = [lead("a", "2020-01-01"), lead("b", "2020-01-01"), lead("c", "2026-11-01")];
  await using office = await openOffice(
    { leads },
    { leads: { ...LEADS.leads, do: "anonymise", fields: { email: "clear" } } },
  );
  const before = office.dump();
  const { run, verify, state } = await office.through();
  expect([run, verify, state]).toEqual([0, 0, "closed"]);
  expect(office.dump()).toEqual({
    ...before,
    "leads a": JSON.stringify({ ...lead("a", "2020-01-01"), email: null }),
    "leads b": JSON.stringify({ ...lead("b", "2020-01-01"), email: null }),
  });
  expect((await office.house.planDue()).totals).toMatchObject({ erase: 0, change: 0, wait: 0 });
});

test("a request does not need to be there: no identity, no people, no deadline, and no identity may be given to it", async () => {
  await using office = await openOffice({ leads: [lead("a", "2020-01-01")] }, LEADS);
  const { request: id } = await office.house.planDue();
  const request = await office.house.context.state.read.requests.get(id);
  expect(request).toMatchObject({ id, kind: "due", pseudonyms: [], state: "planned" });
  expect(request.due).toBeUndefined();
});

test("two people: who made the plan does not approve it", async () => {
  const approval = { required: true, four_eyes: true };
  await using office = await openOffice({ leads: [lead("a", "2020-01-01")] }, LEADS, { map: { approval } });
  const before = office.dump();
  const same = office.house.as({ actor: "olga" });
  const { request: id } = await same.planDue();
  await expect(same.approve(id)).rejects.toMatchObject({ code: "FOUR_EYES" });
  expect(office.dump()).toEqual(before);
});

test("a new plan takes back one that nobody approved, and its keys", async () => {
  await using office = await openOffice({ leads: [lead("a", "2020-01-01")] }, LEADS);
  const { read } = office.house.context.state;
  const { request: first } = await office.house.planDue();
  const { request: second } = await office.house.planDue();
  expect([first, second]).toEqual(["D-2026-0001", "D-2026-0002"]);
  expect((await read.requests.get(first)).state).toBe("cancelled");
  expect(await read.sealed.exists(first)).toBe(false);
  await expect(office.house.approve(first)).rejects.toMatchObject({ code: "NOTHING_TO_APPROVE" });
  expect(await read.sealed.exists(second)).toBe(true);
});

test("however due work ends, its report says so, and misses nobody's identity", async () => {
  await using office = await openOffice({ leads: [lead("a", "2020-01-01")] }, LEADS);
  const sentence = async (id: string): Promise<string> => {
    const { entries } = await office.house.context.ledger.entriesOf(id);
    return summarise(entries.map(({ core }) => core)).sentence;
  };
  const { request: first } = await office.house.planDue();
  const { id, state } = await office.through();
  expect(state).toBe("closed");
  expect(await sentence(first)).toBe("The request was cancelled; nothing was erased.");
  expect(await sentence(id)).toMatch(/^1 record erased; a later look found nothing else\.(?!.*identity)/u);
  const { request: idle } = await office.house.planDue();
  expect((await office.house.context.state.read.requests.get(idle)).state).toBe("closed");
  expect(await sentence(idle)).toBe("Nothing was erased: this plan of due work had nothing to do.");
});

test("a lead that was seen again since the plan is not touched: the plan is stale", async () => {
  await using office = await openOffice({ leads: [lead("a", "2020-01-01"), lead("b", "2020-01-01")] }, LEADS);
  const { request: id } = await office.house.planDue();
  await office.house.approve(id);
  put(office.shop, "leads", "a", lead("a", "2026-11-30"));
  const before = office.dump();
  await expect(office.house.run(id)).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(office.dump()).toEqual(before);
});

test("one that has come since is drift; what became due since the plan's day is not", async () => {
  const leads = [lead("a", "2020-01-01"), lead("tomorrow", "2026-09-02")];
  await using office = await openOffice({ leads }, LEADS);
  const before = office.dump();
  const { request: id } = await office.house.planDue();
  await office.house.approve(id);
  const tomorrow = office.house.as({ now: () => new Date("2026-12-01T10:00:00Z") });
  put(office.shop, "leads", "new", lead("new", "2020-01-01"));
  await expect(tomorrow.run(id)).rejects.toMatchObject({ code: "PLAN_STALE" });
  office.shop.tables.get("leads")?.delete("new");
  expect(await tomorrow.run(id)).toMatchObject({ exit: 0 });
  expect(office.dump()).toEqual(without(before, "leads a"));
});

test("over batch_records the rest waits for the next run; those that wait for something else keep none from their turn", async () => {
  const leads = [
    lead("k1", "2024-01-01", { signed: "2024-01-01" }),
    lead("k2", "2024-01-01", { signed: "2024-01-01" }),
    lead("k3", "2024-01-01", { signed: "2024-01-01" }),
    ...Array.from({ length: 5 }, (_, at) => lead(`l${at}`, "2020-01-01", { signed: "2001-01-01" })),
  ];
  await using office = await openOffice(
    { leads },
    { leads: { ...LEADS.leads, hold: { use: "books", from: "signed" }, limits: { batch_records: 2, max_records: 1 } } },
  );
  const first = await office.through();
  expect(first.plan.steps).toMatchObject([{ found: 8, act: 2, kept: 3, waiting: 3, later: 3, reason: "over_cap" }]);
  expect([first.run, first.verify, first.state]).toEqual([0, 0, "closed"]);
  expect(office.shop.tables.get("leads")?.size).toBe(6);
  const second = await office.through();
  expect(second.plan.steps).toMatchObject([{ act: 2, kept: 3, waiting: 1 }]);
  const third = await office.through();
  expect(third.plan.steps).toMatchObject([{ act: 1, kept: 3, waiting: 0 }]);
  expect([...(office.shop.tables.get("leads")?.keys() ?? [])]).toEqual(["k1", "k2", "k3"]);
});

test("holds of its own, of what it belongs to and of what protects it keep a due record", async () => {
  const tables = {
    customers: [
      { id: "c1", email: "c1@shop.example", left: "2020-01-01" },
      { id: "c2", email: "c2@shop.example", left: "2020-01-01" },
      { id: "c3", email: "c3@shop.example", left: "2020-01-01" },
    ],
    invoices: [
      { id: "i1", customer: "c1", day: "2025-01-01" },
      { id: "i2", customer: "c2", day: "2001-01-01" },
    ],
    lines: [
      { id: "l1", invoice: "i1", at: "2020-01-01" },
      { id: "l2", invoice: "i2", at: "2020-01-01" },
    ],
  };
  await using office = await openOffice(tables, {
    customers: { match: { email: "email" }, do: "erase", schedule: { after: "1 year", from: "left" } },
    invoices: {
      match: { customer: "shop.customers.id" },
      do: "erase",
      hold: { use: "books", from: "day", protects: ["shop.customers"] },
    },
    lines: { match: { invoice: "shop.invoices.id" }, do: "erase", schedule: { after: "1 year", from: "at" } },
  });
  const before = office.dump();
  const { plan, state } = await office.through();
  expect(plan.steps).toMatchObject([
    { record: "customers", act: 2, kept: 1, reason: "held_by", law: ["HGB § 257"], until: "2033-01-01" },
    { record: "lines", act: 1, kept: 1, reason: "held_with", until: "2033-01-01" },
  ]);
  expect(state).toBe("closed");
  expect(office.dump()).toEqual(without(before, "customers c2", "customers c3", "lines l2"));
});

const NOTES: ForeignKey = {
  constraint: "notes_lead_fkey",
  child: "notes",
  childColumn: "lead",
  parent: "leads",
  parentColumn: "id",
  onDelete: "restrict",
};

test("a due record that is referenced: what is due with it goes first, what is held keeps it, what is neither blocks it", async () => {
  const tables = {
    leads: [lead("free", "2020-01-01"), lead("held", "2020-01-01"), lead("bound", "2020-01-01")],
    notes: [
      { id: "n1", lead: "free", at: "2020-01-01", day: "2001-01-01" },
      { id: "n2", lead: "held", at: "2026-11-29", day: "2025-01-01" },
      { id: "n3", lead: "bound", at: "2026-11-29", day: "2001-01-01" },
    ],
  };
  await using office = await openOffice(
    tables,
    {
      ...LEADS,
      notes: {
        match: { lead: "shop.leads.id" },
        do: "erase",
        schedule: { after: "90 days", from: "at" },
        hold: { use: "books", from: "day" },
      },
    },
    { keys: [NOTES] },
  );
  const before = office.dump();
  const { plan, run } = await office.through();
  expect(plan.steps).toMatchObject([
    { record: "leads", act: 1, kept: 1, blocked: 1, reason: "notes_lead_fkey", until: "2033-01-01" },
    { record: "notes", found: 1, act: 1 },
  ]);
  expect(run).toBe(5);
  expect(office.dump()).toEqual(without(before, "leads free", "notes n1"));
});

test("conditions of the record itself and of others make it wait; what cannot be judged waits", async () => {
  const tables = {
    leads: [
      lead("open", "2020-01-01", { state: "open" }),
      lead("shut", "2020-01-01", { state: "shut" }),
      lead("asking", "2020-01-01", { state: "shut" }),
      { id: "nameless", email: null, seen: "2020-01-01", state: "shut" },
    ],
    talks: [{ id: "t1", email: "open@shop.example", seen: "2020-01-01", state: "open" }],
    tickets: [{ id: "t1", email: "asking@shop.example", state: "open" }],
  };
  await using office = await openOffice(
    tables,
    {
      leads: { ...LEADS.leads, unless: "ticket_open" },
      talks: { ...LEADS.leads, unless: "talk_open" },
    },
    {
      map: {
        conditions: {
          ticket_open: {
            says: "a ticket is open",
            any: "shop.tickets",
            match: { email: "email" },
            where: { state: "open" },
          },
          talk_open: { says: "the talk is open", where: { state: ["open"] } },
        },
      },
    },
  );
  const before = office.dump();
  const { plan, run, verify, state } = await office.through();
  expect(plan.steps).toMatchObject([
    { record: "leads", act: 2, waiting: 2, reason: "ticket_open" },
    { record: "talks", act: 0, waiting: 1, reason: "talk_open" },
  ]);
  // a person is waited for; and the next plan finds them again
  expect([run, verify, state]).toEqual([3, 3, "closed"]);
  expect(office.dump()).toEqual(without(before, "leads open", "leads shut"));
});

test("a condition that arises while the run goes on keeps the record", async () => {
  await using office = await openOffice(
    { leads: [lead("a", "2020-01-01", { state: "shut" })], tickets: [] },
    { leads: { ...LEADS.leads, unless: "ticket_open" } },
    {
      map: {
        conditions: {
          ticket_open: {
            says: "a ticket is open",
            any: "shop.tickets",
            match: { email: "email" },
            where: { state: "open" },
          },
        },
      },
    },
  );
  const { request: id } = await office.house.planDue();
  await office.house.approve(id);
  const late = office.house.as({
    at: (point) => {
      if (point === "intent_written")
        fill(office.shop, "tickets", [{ id: "t", email: "a@shop.example", state: "open" }]);
    },
  });
  expect(await late.run(id)).toMatchObject({ exit: 3 });
  expect(office.shop.tables.get("leads")?.has("a")).toBe(true);
});

test("what an open request has found waits for it, at plan and in the run, and is due again when the request has ended", async () => {
  await using office = await openOffice({ leads: [lead("a", "2020-01-01"), lead("b", "2020-01-01")] }, LEADS);
  const { house } = office;
  const request = await house.open({ email: "a@shop.example" });
  await house.plan(request);
  const { request: id, steps } = await house.planDue();
  expect(steps).toMatchObject([{ found: 2, act: 1, waiting: 1, reason: "open_request" }]);
  const other = await house.open({ email: "b@shop.example" });
  await house.approve(id);
  await house.plan(other);
  await expect(house.run(id)).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(office.shop.tables.get("leads")?.size).toBe(2);
});

test("what the application marked itself goes when its time is over, a stand-in for never is no date", async () => {
  const row = (id: string, deleted: string | null): Row => ({ id, email: `${id}@shop.example`, deleted });
  const tables = {
    accounts: [row("live", "1760-01-01"), row("d14", "2026-11-16"), row("d13", "2026-11-17"), row("null", null)],
    orders: [
      { id: "o1", email: "o1@shop.example", state: "gone", since: "2026-11-01" },
      { id: "o2", email: "o2@shop.example", state: "open", since: "2026-11-01" },
      { id: "o3", email: "o3@shop.example", state: "void", since: null },
    ],
  };
  await using office = await openOffice(tables, {
    accounts: {
      match: { email: "email" },
      do: "erase",
      soft_delete: { timestamp: "deleted", live_when: "1760-01-01" },
      purge_after: "14 days",
    },
    orders: {
      match: { email: "email" },
      do: "erase",
      soft_delete: { status: "state", deleted_when: ["gone", "void"], since: "since" },
      purge_after: "14 days",
      purge: "anonymise",
      fields: { email: "clear" },
    },
  });
  const before = office.dump();
  const { plan, state } = await office.through();
  expect(plan.steps).toMatchObject([
    { record: "accounts", because: "purge", action: "erase", act: 1, status: "deleted" },
    { record: "orders", because: "purge", action: "anonymise", act: 1, changed: 1, status: "anonymised" },
  ]);
  expect(state).toBe("closed");
  expect(office.dump()).toEqual({
    ...without(before, "accounts d14"),
    "orders o1": JSON.stringify({ id: "o1", email: null, state: "gone", since: "2026-11-01" }),
  });
  expect((await office.house.planDue()).totals).toMatchObject({ erase: 0, change: 0 });
});

test("a look at a later day says what goes until then, by day, keeps nothing, and cannot be approved", async () => {
  const leads = [
    lead("old", "2020-01-01"),
    lead("older", "2019-01-01"),
    lead("d1", "2026-09-02"),
    lead("d31", "2026-10-02"),
    lead("d32", "2026-10-03"),
    lead("held", "2020-01-01", { signed: "2018-12-05" }),
    lead("kept", "2020-01-01", { signed: "2025-01-01" }),
  ];
  await using office = await openOffice(
    { leads },
    { leads: { ...LEADS.leads, hold: { use: "books", from: "signed" }, limits: { batch_records: 1 } } },
  );
  for (const row of leads)
    if (row["signed"] === undefined) put(office.shop, "leads", String(row["id"]), { ...row, signed: "2001-01-01" });
  const before = office.dump();
  const { dueAsOf } = await import("../../src/requests/plan-due.ts");
  const plan = await dueAsOf(office.house.context, "2026-12-31", {});
  expect(plan.approvable).toBe(false);
  expect(plan.by_day).toEqual([
    { date: "2026-11-30", system: "shop", record: "leads", count: 2 },
    { date: "2026-12-01", system: "shop", record: "leads", count: 1 },
    { date: "2026-12-06", system: "shop", record: "leads", count: 1 },
    { date: "2026-12-31", system: "shop", record: "leads", count: 1 },
  ]);
  expect(await office.house.context.state.read.requests.list()).toEqual([]);
  expect(office.dump()).toEqual(before);
  await expect(dueAsOf(office.house.context, "2026-11-29", {})).rejects.toMatchObject({ code: "USAGE" });
});
