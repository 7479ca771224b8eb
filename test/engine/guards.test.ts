/** What must stop a plan, an approval or a run: each guard seen to hold, and nothing done. */
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { fill, put } from "../support/memory/database.ts";
import { after, ANN, BOB, CAY, openShop, order, person, ticket } from "./shop.ts";

/** The code of what is thrown. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => "nothing was thrown",
    (thrown: unknown) => thrown,
  );
  if (typeof error === "object" && error !== null && "code" in error) return String(error.code);
  return String(error);
}

test("one person's whole way: what was planned is gone, everyone else's rows are byte for byte as they were", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const before = shop.dump();
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.totals).toMatchObject({ erase: 7, change: 2, keep: 0, wait: 0, blocked: 0 });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "verifying" });
  const gone = [
    "shop.people p1",
    "shop.orders o1",
    "shop.orders o2",
    "shop.items i1",
    "shop.items i2",
    "shop.items i3",
    "copy.people c1",
  ];
  const tickets = {
    "shop.tickets t1": { id: "t1", email: "ann@shop.example", text: null },
    "shop.tickets t2": { id: "t2", email: "ann@shop.example", text: null },
  };
  expect(shop.dump()).toEqual(after(before, gone, tickets));
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed", residual: 0 });
});

test("max_records counts one person's records of one record type: over it nothing can be approved", async () => {
  await using shop = await openShop({}, { items: { limits: { max_records: 2 } } });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  expect(await codeOf(shop.house.plan(id))).toBe("LIMIT_EXCEEDED");
  expect(await codeOf(shop.house.approve(id))).toBe("NOTHING_TO_APPROVE");
  expect(shop.dump()).toEqual(before);
});

test("max_records just reached is no hindrance", async () => {
  await using shop = await openShop({}, { items: { limits: { max_records: 3 } } });
  const id = await shop.house.open(ANN);
  expect((await shop.house.plan(id)).totals.erase).toBe(7);
});

test("in a batch who is over the cap waits, and the others go on", async () => {
  await using shop = await openShop({}, { items: { limits: { max_records: 2 } } });
  const before = shop.dump();
  const id = await shop.house.open([ANN, CAY], { batch: true });
  const plan = await shop.house.plan(id);
  expect(plan.totals.wait).toBe(9);
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  expect(shop.dump()).toEqual(after(before, ["shop.people p3"]));
});

test("batch_records counts a whole step: over it nothing can be approved, whoever they belong to", async () => {
  await using shop = await openShop({}, { tickets: { limits: { batch_records: 1 } } });
  const id = await shop.house.open([ANN, CAY], { batch: true });
  expect(await codeOf(shop.house.plan(id))).toBe("LIMIT_EXCEEDED");
  expect(await codeOf(shop.house.approve(id))).toBe("NOTHING_TO_APPROVE");
});

test("max_fraction is a part of the whole table, and never less than 20 records", async () => {
  const limits = { max_fraction: 0.01, max_records: 100 };
  await using shop = await openShop({}, { tickets: { limits } });
  const tickets = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `t${at}`, email: ANN.email, text: "asks" }));
  fill(shop.shop, "tickets", tickets(20));
  const few = await shop.house.open(ANN);
  expect((await shop.house.plan(few)).totals.change).toBe(20);
  fill(shop.shop, "tickets", tickets(21));
  expect(await codeOf(shop.house.plan(few))).toBe("LIMIT_EXCEEDED");
});

const NUMBERED = {
  identities: {
    email: { type: "email", fold: ["trim", "lowercase"] },
    device: { type: "string", found_in: "shop.people.device", by: { email: "email" } },
  },
};

test("max_fan_out: one identifier that leads to more rows than it allows stops the plan", async () => {
  await using shop = await openShop(NUMBERED, { people: { limits: { max_fan_out: 2 } } });
  for (const id of ["p1", "p4", "p5"]) put(shop.shop, "people", id, { ...person(id, "ann"), device: "device-4711-a" });
  const id = await shop.house.open(ANN);
  expect(await codeOf(shop.house.plan(id))).toBe("LIMIT_EXCEEDED");
  shop.shop.tables.get("people")?.delete("p5");
  expect(await codeOf(shop.house.plan(id))).toBe("nothing was thrown");
});

test("a value that leads on and stands in another person's row as well is not followed: that person's plan stops", async () => {
  await using shop = await openShop(NUMBERED);
  put(shop.shop, "people", "p1", { ...person("p1", "ann"), device: "device-4711-a" });
  put(shop.shop, "people", "p9", { ...person("p9", "zoe"), device: "device-4711-a" });
  const before = shop.dump();
  const alone = await shop.house.open(ANN);
  expect(await codeOf(shop.house.plan(alone))).toBe("AMBIGUOUS_MATCH");
  expect(await codeOf(shop.house.approve(alone))).toBe("NOTHING_TO_APPROVE");
  const batch = await shop.house.open([ANN, CAY], { batch: true });
  const plan = await shop.house.plan(batch);
  expect(plan.totals).toMatchObject({ erase: 1 });
  await shop.house.approve(batch);
  expect(await shop.house.run(batch)).toMatchObject({ exit: 3 });
  expect(shop.dump()).toEqual(after(before, ["shop.people p3"]));
});

/** What is said to do about what is thrown. */
async function helpOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  return typeof error === "object" && error !== null && "help" in error ? String(error.help) : "";
}

test("who has two addresses is one person once the request names both, as the help says", async () => {
  await using shop = await openShop(NUMBERED);
  put(shop.shop, "people", "p1", { ...person("p1", "ann"), device: "device-4711-a" });
  put(shop.shop, "people", "p9", { ...person("p9", "ann.old"), device: "device-4711-a" });
  const one = await shop.house.open(ANN);
  expect(await helpOf(shop.house.plan(one))).toContain(
    'name all of them in a new request, as in { "email": ["…", "…"] }',
  );
  const both = await shop.house.open({ email: [ANN.email, "ann.old@shop.example"] });
  expect((await shop.house.plan(both)).steps.find(({ record }) => record === "people")).toMatchObject({ act: 2 });
});

test("identifiers of the request that lead to different people: the help says that one is wrong, or to name all", async () => {
  await using shop = await openShop(NUMBERED);
  put(shop.shop, "people", "p1", { ...person("p1", "ann"), device: "device-4711-a" });
  const id = await shop.house.open({ ...ANN, device: "device-4711-b" });
  const help = await helpOf(shop.house.plan(id));
  expect(help).toContain("One of them is mistyped or somebody else's: open a new request without it.");
  expect(help).toContain('{ "device": ["…", "…"] }');
  for (const followed of [ANN, { ...ANN, device: ["device-4711-b", "device-4711-a"] }])
    expect(await codeOf(shop.house.plan(await shop.house.open(followed)))).toBe("nothing was thrown");
});

test("an edge whose parent's value stands in another person's row too leads nowhere", async () => {
  await using shop = await openShop(
    {},
    { orders: { match: { person: "shop.people.team" } }, people: { do: "redact", fields: { name: "clear" } } },
  );
  for (const [id, name] of [["p1", "ann"] as const, ["p9", "zoe"] as const])
    put(shop.shop, "people", id, { ...person(id, name), team: "p9" });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  expect(await codeOf(shop.house.plan(id))).toBe("AMBIGUOUS_MATCH");
  expect(shop.dump()).toEqual(before);
});

test("four eyes: whoever opened the request does not approve it, however they spell themselves", async () => {
  await using shop = await openShop({ approval: { required: true, four_eyes: true } });
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  const { approveRequest } = await import("../../src/requests/approve-request.ts");
  for (const actor of ["rita", "Rita", " rita", "ri\u200bta"])
    expect(await codeOf(approveRequest({ ...shop.house.context, actor }, id, {}))).toBe("FOUR_EYES");
  expect(await codeOf(shop.house.run(id))).toBe("NOT_APPROVED");
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
});

test("nothing runs unapproved, and nobody's plan is approved before their identity is confirmed", async () => {
  await using shop = await openShop();
  const before = shop.dump();
  const id = await shop.house.open(ANN, { identity: false });
  await shop.house.plan(id);
  expect(await codeOf(shop.house.approve(id))).toBe("IDENTITY_UNCONFIRMED");
  expect(await codeOf(shop.house.run(id))).toBe("IDENTITY_UNCONFIRMED");
  const { recordIdentity } = await import("../../src/requests/record-identity.ts");
  await recordIdentity(shop.house.context, id, "letter", "ok");
  expect(await codeOf(shop.house.run(id))).toBe("NOT_APPROVED");
  expect(shop.dump()).toEqual(before);
});

test("a plan that has grown old is neither approved nor begun; one that was begun goes on", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  const later = new Date(new Date(plan.expires_at).getTime() + 1000);
  const house = shop.house.as({ now: () => later });
  expect(await codeOf(house.approve(id))).toBe("PLAN_EXPIRED");
  await shop.house.approve(id);
  const before = shop.dump();
  expect(await codeOf(house.run(id))).toBe("PLAN_EXPIRED");
  expect(shop.dump()).toEqual(before);
  shop.set({
    before: (call, nth) => {
      if (call === "apply" && nth === 2) throw new Error("the connection broke");
    },
  });
  await codeOf(shop.house.run(id));
  shop.set({});
  expect(await house.run(id)).toMatchObject({ exit: 0 });
});

test("a plan whose sealed records were altered is not run", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  await house.approve(id);
  const before = shop.dump();
  const sealed = await house.context.state.read.sealed.steps(id, plan.id);
  const altered = sealed.map((step) => ({
    ...step,
    records: step.records.map((record) => ({ ...record, key: record.key.replace("1", "9") })),
  }));
  await house.context.state.atomically(async (tx) => {
    await tx.sealed.savePlan(id, plan.id, { steps: altered, resolved: [], searched: [], carried: [] });
  });
  expect(await codeOf(house.run(id))).toBe("PLAN_ALTERED");
  expect(shop.dump()).toEqual(before);
});

test("a record that is new since the plan stops the run before anything is done", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  put(shop.shop, "tickets", "t3", { id: "t3", email: ANN.email, text: "asks again" });
  const before = shop.dump();
  expect(await codeOf(shop.house.run(id))).toBe("PLAN_STALE");
  expect(shop.dump()).toEqual(before);
  expect(shop.shop.written).toEqual([]);
});

test("a planned record that changed in what the rules read stops the run; one that changed elsewhere does not", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  put(shop.shop, "orders", "o1", { ...order("o1", "p1", "2009-02-01"), note: "another note" });
  put(shop.shop, "orders", "o2", { ...order("o2", "p9", "2010-02-01") });
  const before = shop.dump();
  expect(await codeOf(shop.house.run(id))).toBe("PLAN_STALE");
  expect(shop.dump()).toEqual(before);
  put(shop.shop, "orders", "o2", order("o2", "p1", "2010-02-01"));
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
});

test("drift: planned_only takes what was planned, and nothing a new record stands in the way of", async () => {
  await using shop = await openShop({ approval: { required: true, four_eyes: false, drift: "planned_only" } });
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  put(shop.shop, "tickets", "t3", { id: "t3", email: ANN.email, text: "asks again" });
  const before = shop.dump();
  expect(await shop.house.run(id)).toMatchObject({ exit: 5 });
  const now = shop.dump();
  expect(now["shop.tickets t3"]).toBe(before["shop.tickets t3"]);
  expect(now["shop.people p1"]).toBeUndefined();
  expect(now["shop.people p9"]).toBe(before["shop.people p9"]);
});

test("a held order keeps its items and its person; nothing of them is touched, and the request closes", async () => {
  await using shop = await openShop();
  const before = shop.dump();
  const id = await shop.house.open(BOB);
  const plan = await shop.house.plan(id);
  expect(plan.totals).toMatchObject({ erase: 1, keep: 3 });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  expect(shop.dump()).toEqual(after(before, ["copy.people c2"]));
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("a stand-in such as 0000000000 leads to nobody: what it leads to is counted and waits", async () => {
  await using shop = await openShop(
    {},
    { orders: { match: { any: { person: "shop.people.id", phone: "shop.people.phone" } } } },
  );
  put(shop.shop, "people", "p1", { ...person("p1", "ann"), phone: "0000000000" });
  put(shop.shop, "orders", "o9", { ...order("o9", "p9", "2009-02-01"), phone: "0000000000" });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "orders")).toMatchObject({ act: 2, waiting: 1 });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  for (const stranger of ["shop.orders o9", "shop.items i9", "shop.people p9"])
    expect(shop.dump()[stranger]).toBe(before[stranger]);
  expect(shop.dump()["shop.orders o1"]).toBeUndefined();
});

test("a record that is newer than the request waits, and says so", async () => {
  await using shop = await openShop({}, { tickets: { created: "made" } });
  put(shop.shop, "tickets", "t1", { ...ticket("t1", "ann"), made: "2020-01-01" });
  put(shop.shop, "tickets", "t2", { ...ticket("t2", "ann"), made: "2999-01-01" });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "tickets")).toMatchObject({
    found: 2,
    act: 1,
    waiting: 1,
    reason: "newer_than_request",
  });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  expect(shop.dump()["shop.tickets t2"]).toBe(before["shop.tickets t2"]);
  expect(shop.dump()["shop.tickets t1"]).not.toBe(before["shop.tickets t1"]);
});

test("a record of which nobody can tell when it came into being waits too; one without any date is as old as the rest", async () => {
  await using shop = await openShop({}, { tickets: { created: "made" } });
  put(shop.shop, "tickets", "t1", { ...ticket("t1", "ann"), made: "31.12.2999" });
  put(shop.shop, "tickets", "t2", { ...ticket("t2", "ann"), made: null });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "tickets")).toMatchObject({
    act: 1,
    waiting: 1,
    reason: "age_unknown",
  });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  expect(shop.dump()["shop.tickets t1"]).toBe(before["shop.tickets t1"]);
  expect(shop.dump()["shop.tickets t2"]).not.toBe(before["shop.tickets t2"]);
});

test("what is reached only through a record that came after the request waits with it", async () => {
  await using shop = await openShop({}, { orders: { created: "day", hold: undefined } });
  put(shop.shop, "orders", "o1", order("o1", "p1", "2999-01-01"));
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "items")).toMatchObject({ act: 1, waiting: 2 });
  await shop.house.approve(id);
  await shop.house.run(id);
  for (const one of ["shop.orders o1", "shop.items i1", "shop.items i2"]) expect(shop.dump()[one]).toBe(before[one]);
  expect(shop.dump()["shop.items i3"]).toBeUndefined();
});

const CASES = {
  conditions: {
    open_case: {
      says: "a case is open",
      any: "shop.cases",
      match: { person: "shop.people.id" },
      where: { state: "open" },
    },
  },
};

test("an open case keeps what it stands for, also one that is opened after the plan, and no longer than it is open", async () => {
  await using shop = await openShop(CASES, { orders: { unless: "open_case" } });
  fill(shop.shop, "cases", [{ id: "k1", person: "p1", state: "open" }]);
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "orders")).toMatchObject({
    act: 0,
    waiting: 2,
    reason: "open_case",
    says: "a case is open",
  });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  for (const one of ["o1", "o2"]) expect(shop.dump()[`shop.orders ${one}`]).toBe(before[`shop.orders ${one}`]);
  put(shop.shop, "cases", "k1", { id: "k1", person: "p1", state: "closed" });
  await shop.house.plan(id);
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  expect(shop.dump()["shop.orders o1"]).toBeUndefined();
});

const CASES_GO = { unless: "open_case" };
const CASES_ERASED = {
  conditions: { open_case: { ...CASES.conditions.open_case, any: "shop.ledger" } },
};
const CASE_RECORDS = { table: "cases", match: { person: "shop.people.id" }, do: "erase" };

test("what a condition read as open stays as long as a record waits for it: the next plan still finds it open", async () => {
  await using shop = await openShop(CASES_ERASED, { orders: CASES_GO, ledger: CASE_RECORDS });
  fill(shop.shop, "cases", [
    { id: "k1", person: "p1", state: "open" },
    { id: "k2", person: "p1", state: "closed" },
    { id: "k3", person: "p3", state: "open" },
  ]);
  const before = shop.dump();
  const id = await shop.house.open([ANN, CAY], { batch: true });
  for (const time of ["first", "second"]) {
    const plan = await shop.house.plan(id);
    expect(
      plan.steps.find(({ record }) => record === "orders"),
      time,
    ).toMatchObject({ act: 0, waiting: 2 });
    await shop.house.approve(id);
    expect(await shop.house.run(id), time).toMatchObject({ exit: 3 });
    for (const one of ["shop.cases k1", "shop.orders o1", "shop.orders o2"])
      expect(shop.dump()[one], one).toBe(before[one]);
    // nothing of Cay's waits for hers
    for (const one of ["shop.cases k2", "shop.cases k3"]) expect(shop.dump()[one], one).toBeUndefined();
  }
});

test("a case that is opened while the run is at work keeps what was not yet erased, and the run says why", async () => {
  await using shop = await openShop(CASES, { orders: { unless: "open_case" } });
  fill(shop.shop, "cases", []);
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  const before = shop.dump();
  shop.set({
    before: (call, nth) => {
      if (call === "apply" && nth === 1) put(shop.shop, "cases", "k1", { id: "k1", person: "p1", state: "open" });
    },
  });
  const result = await shop.house.run(id);
  // the person's own row is blocked by orders that stay: the worst counts
  expect(result.exit).toBe(5);
  expect(result.steps.find(({ record }) => record === "orders")).toMatchObject({
    status: "waiting",
    affected: 0,
    reason: "open_case",
  });
  for (const one of ["shop.orders o1", "shop.orders o2", "shop.people p1"])
    expect(shop.dump()[one], one).toBe(before[one]);
});

test("two record types over the same rows: the hold of one holds for the other, and it is counted once", async () => {
  const ledger = { table: "tickets", match: { email: "email" }, do: "erase" };
  await using shop = await openShop({}, { tickets: { hold: { use: "books", from: "day" } }, ledger });
  put(shop.shop, "tickets", "t1", { ...ticket("t1", "ann"), day: "2025-01-01" });
  put(shop.shop, "tickets", "t2", { ...ticket("t2", "ann"), day: "2001-01-01" });
  const before = shop.dump();
  const id = await shop.house.open(ANN);
  const plan = await shop.house.plan(id);
  expect(
    plan.steps
      .filter(({ record }) => record === "tickets" || record === "ledger")
      .map(({ record, found, act, kept }) => ({ record, found, act, kept })),
  ).toEqual([
    { record: "tickets", found: 2, act: 1, kept: 1 },
    { record: "ledger", found: 0, act: 0, kept: 0 },
  ]);
  await shop.house.approve(id);
  await shop.house.run(id);
  expect(shop.dump()["shop.tickets t1"]).toBe(before["shop.tickets t1"]);
  expect(shop.dump()["shop.tickets t2"], "erasing beats changing").toBeUndefined();
});

test("two runs at once: one acts, the other is told that it is busy, and everything is done once", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  const said = await Promise.all([codeOf(shop.house.run(id)), codeOf(shop.house.run(id))]);
  expect(said.toSorted()).toEqual(["BUSY", "nothing was thrown"]);
  expect(shop.shop.written.filter((one) => one === "people p1")).toHaveLength(1);
});

test("somebody who stands twice in a batch, spelled in two ways, is erased once", async () => {
  await using shop = await openShop();
  const id = await shop.house.open([CAY, { email: " CAY@shop.example" }], { batch: true });
  await shop.house.plan(id);
  await shop.house.approve(id);
  expect(shop.dump()["shop.people p3"]).toBeDefined();
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  expect(shop.dump()["shop.people p3"]).toBeUndefined();
});

test("a system that leads to another place since the plan is not run, nor gone on with, nor taken for clean", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  const before = shop.dump();
  const elsewhere = { site: { space: "elsewhere", root: "" } };
  shop.set(elsewhere);
  expect(await codeOf(shop.house.run(id))).toBe("PLAN_STALE");
  shop.set({
    before(call, nth) {
      if (call === "apply" && nth === 2) throw new Failure("SYSTEM_UNREACHABLE", "nobody answers");
    },
  });
  expect(await shop.house.run(id)).toMatchObject({ exit: 5 });
  const half = shop.dump();
  expect(half).not.toEqual(before);
  shop.set(elsewhere);
  expect(await codeOf(shop.house.run(id))).toBe("PLAN_STALE");
  expect(shop.dump()).toEqual(half);
  shop.set({});
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  shop.set(elsewhere);
  const verified = await shop.house.verify(id);
  expect(verified).toMatchObject({ exit: 4, state: "partly_done" });
  expect(verified.checks.filter(({ system }) => system === "shop").map(({ reason }) => reason)).toEqual(
    Array.from({ length: 4 }, () => "other_place"),
  );
  shop.set({});
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("verify counts what waits now: what has gone meanwhile waits no longer", async () => {
  await using shop = await openShop({}, { tickets: { created: "made" } });
  for (const one of ["t1", "t2"]) put(shop.shop, "tickets", one, { ...ticket(one, "ann"), made: "2999-01-01" });
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 3 });
  const ticketsOf = async () => (await shop.house.verify(id)).checks.find(({ record }) => record === "tickets");
  expect(await ticketsOf()).toMatchObject({ result: "pass", waiting: 2, reason: "newer_than_request" });
  shop.shop.tables.get("tickets")?.delete("t1");
  expect(await ticketsOf()).toMatchObject({ result: "pass", waiting: 1, reason: "newer_than_request" });
  shop.shop.tables.get("tickets")?.delete("t2");
  const after = await ticketsOf();
  expect([after?.["result"], after?.["waiting"], after?.["reason"]]).toEqual(["pass", undefined, undefined]);
});

test("settling: a second look that comes too early closes nothing; the one after the window does", async () => {
  await using shop = await openShop({ settle: "1 hour" });
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  await shop.house.run(id);
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "settling" });
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "settling" });
  const later = new Date(Date.now() + 2 * 3600_000);
  expect(await shop.house.as({ now: () => later }).verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("what came back after the run is a residual: verify says so, and a new plan takes it", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  await shop.house.run(id);
  put(shop.copy, "people", "c7", person("c7", "ann"));
  expect(await shop.house.verify(id)).toMatchObject({ exit: 2, residual: 1 });
  const again = await shop.house.plan(id);
  expect(again.totals.erase).toBe(1);
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  expect(shop.dump()["copy.people c7"]).toBeUndefined();
  expect(await shop.house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("a planned record that is as it was, under its own key, is a residual too", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0 });
  put(shop.shop, "tickets", "t1", ticket("t1", "ann"));
  const verified = await shop.house.verify(id);
  expect(verified).toMatchObject({ exit: 2, residual: 1 });
  expect(verified.checks.find(({ record }) => record === "tickets")).toMatchObject({
    result: "fail",
    reason: "still_there",
  });
});

test("a complete run answers again and touches nothing", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  const first = await shop.house.run(id);
  const written = [...shop.shop.written];
  put(shop.shop, "people", "p1", person("p1", "ann"));
  expect(await shop.house.run(id)).toEqual(first);
  expect(shop.shop.written).toEqual(written);
  expect(shop.dump()["shop.people p1"]).toBeDefined();
});
