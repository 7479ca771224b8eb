/** A legal hold of any covers wins over everything: at plan, before the first effect, in every batch, and afterwards. */
import { expect, test } from "vitest";
import type { Plan } from "../../src/model/plan.ts";
import { readSubjects } from "../../src/planner/subjects.ts";
import { board } from "../../src/requests/board.ts";
import { closeRequest } from "../../src/requests/end-request.ts";
import { holdLines } from "../../src/requests/held-records.ts";
import { addHold, extendHold, type NewHold, releaseHold } from "../../src/requests/legal-holds.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { put } from "../support/memory/database.ts";
import type { House } from "../support/memory/house.ts";
import { after, ANN, BOB, CAY, item, openShop, order, person, type Shop, ticket } from "./shop.ts";

const CASE = "claim over a parcel";
const NOW = new Date("2026-11-21T09:00:00Z");

/** The shop on a day that stands still. */
async function shopOn(...parts: Parameters<typeof openShop>): Promise<Shop> {
  const shop = await openShop(...parts);
  return { ...shop, house: shop.house.as({ now: () => NOW }), [Symbol.asyncDispose]: shop[Symbol.asyncDispose] };
}

async function hold(house: House, subjects: readonly object[], how: Partial<NewHold> = {}): Promise<string> {
  const { context, workspace } = house;
  const read = subjects.length === 0 ? [] : readSubjects(JSON.stringify(subjects), context.map.identities);
  const { id } = await addHold(context, read, workspace.pseudonym, {
    case: CASE,
    by: "legal department",
    records: [],
    ...how,
  });
  return id;
}

const release = async ({ context }: House, id: string) =>
  await releaseHold(context, id, { reason: "settled", by: "legal department" });
const later = (shop: Shop, day: string): House => shop.house.as({ now: () => new Date(`${day}T09:00:00Z`) });
const stepOf = (plan: Plan, name: string) => plan.steps.find(({ system, record }) => `${system}.${record}` === name);
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => "nothing was thrown",
    (error: unknown) => (typeof error === "object" && error !== null && "code" in error ? error.code : error),
  );

test("nothing of a person under a legal hold is touched: 3, waiting, never closed, and everybody says which case", async () => {
  await using shop = await shopOn();
  const before = shop.dump();
  const id = await hold(shop.house, [ANN], { until: "2027-06-30" });
  expect(id).toBe("H-2026-0001");
  const request = await shop.house.open(ANN);
  const plan = await shop.house.plan(request);
  expect(plan.totals).toMatchObject({ erase: 0, change: 0, keep: 9, wait: 0, blocked: 0 });
  for (const step of plan.steps)
    expect(step).toMatchObject({
      act: 0,
      reason: "legal_hold",
      says: `${CASE} (${id})`,
      until: "2027-06-30",
      law: [id],
      holds: [id],
    });
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3, state: "waiting" });
  expect(await shop.house.verify(request)).toMatchObject({ exit: 3, state: "waiting", residual: 0 });
  expect(shop.dump()).toEqual(before);
  expect([...shop.shop.written, ...shop.copy.written]).toEqual([]);
  const { read } = shop.house.context.state;
  const [line] = await board(read, "2026-11-21");
  expect(line?.waiting_for).toBe(`the end of a legal hold: ${CASE} (${id})`);
  expect(await openThings(read, await read.requests.get(request))).toContain(
    `shop.orders: 2 kept (under a legal hold: ${CASE} (${id}))`,
  );
  expect(await codeOf(closeRequest(shop.house.context, request, { reason: "done", acceptGaps: false }))).toBe(
    "STILL_OPEN",
  );
});

test("a hold on some record types keeps those, what is reached through them, and what they reference; nothing else", async () => {
  await using shop = await shopOn();
  const before = shop.dump();
  const id = await hold(shop.house, [ANN], { records: ["shop.orders"] });
  const request = await shop.house.open(ANN);
  const plan = await shop.house.plan(request);
  expect(stepOf(plan, "shop.orders")).toMatchObject({ kept: 2, reason: "legal_hold", holds: [id] });
  expect(stepOf(plan, "shop.items")).toMatchObject({ kept: 3, reason: "held_with", holds: [id] });
  expect(stepOf(plan, "shop.people")).toMatchObject({ kept: 1, reason: "held_by", holds: [id] });
  for (const step of plan.steps) expect(step).not.toHaveProperty("until");
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  const tickets = {
    "shop.tickets t1": { ...ticket("t1", "ann"), text: null },
    "shop.tickets t2": { ...ticket("t2", "ann"), text: null },
  };
  expect(shop.dump()).toEqual(after(before, ["copy.people c1"], tickets));
});

test("a parent is changed as its `fields` say while a record under a legal hold references it, as for other holds", async () => {
  await using shop = await shopOn({}, { people: { fields: { name: "clear" } } });
  const before = shop.dump();
  await hold(shop.house, [ANN], { records: ["shop.orders"] });
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  expect(shop.dump()).toEqual(
    after(before, ["copy.people c1"], {
      "shop.people p1": { ...person("p1", "ann"), name: null },
      "shop.tickets t1": { ...ticket("t1", "ann"), text: null },
      "shop.tickets t2": { ...ticket("t2", "ann"), text: null },
    }),
  );
});

test("a hold without people keeps the whole of its record types, whoever's", async () => {
  await using shop = await shopOn();
  const before = shop.dump();
  const id = await hold(shop.house, [], { records: ["shop.tickets", "copy.people"] });
  const request = await shop.house.open(ANN);
  const plan = await shop.house.plan(request);
  expect(stepOf(plan, "shop.tickets")).toMatchObject({ kept: 2, reason: "legal_hold", holds: [id] });
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  const gone = ["people p1", "orders o1", "orders o2", "items i1", "items i2", "items i3"].map((one) => `shop.${one}`);
  expect(shop.dump()).toEqual(after(before, gone));
  const { holds } = await holdLines(shop.house.context);
  expect(holds).toMatchObject([{ id, people: 0, held: 6, held_in: [{ record: "tickets", count: 3 }, { count: 3 }] }]);
});

test("added after the approval, before the run: those records stay, 3 and not 6; the rest goes", async () => {
  await using shop = await shopOn();
  const before = shop.dump();
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  const id = await hold(shop.house, [ANN], { records: ["shop.orders"], until: "2027-06-30" });
  const result = await shop.house.run(request);
  expect(result).toMatchObject({ exit: 3, state: "waiting" });
  const line = (name: string) => result.steps.find(({ record, system }) => `${system}.${record}` === name);
  expect(line("shop.orders")).toMatchObject({ kept: 2, deleted: 0, reason: "legal_hold", holds: [id] });
  expect(line("shop.items")).toMatchObject({ kept: 3, deleted: 0, reason: "held_with", holds: [id] });
  expect(line("shop.people")).toMatchObject({ kept: 1, deleted: 0, blocked: 0, reason: "held_by", holds: [id] });
  const tickets = {
    "shop.tickets t1": { ...ticket("t1", "ann"), text: null },
    "shop.tickets t2": { ...ticket("t2", "ann"), text: null },
  };
  expect(shop.dump()).toEqual(after(before, ["copy.people c1"], tickets));
  expect(await shop.house.verify(request)).toMatchObject({ exit: 3, state: "waiting", residual: 0 });
  const { read } = shop.house.context.state;
  expect(await openThings(read, await read.requests.get(request))).toContain(
    `shop.orders: 2 kept since the plan (under a legal hold: ${CASE} (${id}))`,
  );
  expect((await board(read, "2026-11-21"))[0]?.waiting_for).toContain(id);
  expect(await codeOf(closeRequest(shop.house.context, request, { reason: "done", acceptGaps: false }))).toBe(
    "STILL_OPEN",
  );
  // released, a new plan takes what was kept, and the request closes
  await release(shop.house, id);
  await shop.house.plan(request);
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 0 });
  expect(await shop.house.verify(request)).toMatchObject({ exit: 0, state: "closed" });
  const gone = ["people p1", "orders o1", "orders o2", "items i1", "items i2", "items i3"].map((one) => `shop.${one}`);
  expect(shop.dump()).toEqual(after(before, [...gone, "copy.people c1"], tickets));
});

test("added while a run goes on, between two batches: the first is done, the second is kept whole", async () => {
  await using shop = await shopOn({ limits: { max_fraction: 1, max_records: 5000 } });
  const many = Array.from({ length: 1500 }, (_, at) => item(`m${at}`, "o1"));
  for (const row of many) put(shop.shop, "items", String(row["id"]), row);
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  let applying = false;
  let added: string | undefined;
  shop.set({
    async before(call) {
      if (call === "apply") applying = true;
      // a look of the guard's in the first batch: it has asked for holds already, and there were none
      if (!applying || call !== "locate" || added !== undefined) return;
      added = "";
      added = await hold(shop.house, [ANN]);
    },
  });
  const result = await shop.house.run(request);
  expect(added).toBe("H-2026-0001");
  expect(result).toMatchObject({ exit: 3 });
  const items = result.steps.find(({ record }) => record === "items");
  expect(items).toMatchObject({ deleted: 1000, kept: 503, reason: "legal_hold" });
  expect(shop.shop.tables.get("items")?.size).toBe(505);
  for (const id of ["o1", "o2"]) expect(shop.shop.tables.get("orders")?.has(id)).toBe(true);
  expect(shop.shop.tables.get("people")?.has("p1")).toBe(true);
});

test("a run that was cut short and goes on sees what was added meanwhile", async () => {
  await using shop = await shopOn();
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  shop.set({
    before(call) {
      if (call === "apply") throw new Error("died");
    },
  });
  await shop.house.run(request).catch(() => {});
  const before = shop.dump();
  shop.set({});
  await hold(shop.house, [ANN]);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  for (const name of Object.keys(before).filter((one) => one.startsWith("shop.")))
    expect(shop.dump()[name]).toBe(before[name]);
});

test("what a statute keeps and the map reduces stays whole under a legal hold, at plan and when it comes after it", async () => {
  const reduced = { orders: { while_held: { keep_only: ["day"] } } };
  for (const first of [true, false]) {
    await using shop = await shopOn({}, reduced);
    const before = shop.dump();
    if (first) await hold(shop.house, [BOB], { records: ["shop.orders"], until: "2027-06-30" });
    const request = await shop.house.open(BOB);
    const plan = await shop.house.plan(request);
    if (first)
      // the statute's end is the later one; both are named
      expect(stepOf(plan, "shop.orders")).toMatchObject({
        reason: "legal_hold",
        until: "2033-02-01",
        says: `${CASE} (H-2026-0001); books are kept`,
        law: ["HGB § 257", "H-2026-0001"],
      });
    expect(stepOf(plan, "shop.orders")?.minimised ?? 0).toBe(first ? 0 : 1);
    await shop.house.approve(request);
    if (!first) await hold(shop.house, [BOB], { records: ["shop.orders"] });
    const result = await shop.house.run(request);
    expect(result).toMatchObject({ exit: 3 });
    const orders = result.steps.find(({ record }) => record === "orders");
    expect(orders).toMatchObject({ status: "kept", kept: 1, minimised: 0, failed: 0 });
    expect(await shop.house.verify(request)).toMatchObject({ exit: 3, residual: 0 });
    expect(shop.dump()).toEqual(after(before, ["copy.people c2"]));
  }
});

test("several holds: the latest end counts, one without an end has none, and all are named", async () => {
  await using shop = await shopOn();
  const ids = [
    await hold(shop.house, [ANN], { until: "2027-06-30", case: "first case" }),
    await hold(shop.house, [ANN], { until: "2028-06-30", case: "second case" }),
  ];
  const request = await shop.house.open(ANN);
  const both = stepOf(await shop.house.plan(request), "shop.tickets");
  expect(both).toMatchObject({ until: "2028-06-30", holds: ids });
  expect(both?.says).toBe(`first case (${ids[0]}); second case (${ids[1]})`);
  ids.push(await hold(shop.house, [], { records: ["shop.tickets"], case: "third case" }));
  const open = stepOf(await shop.house.plan(request), "shop.tickets");
  expect(open).toMatchObject({ holds: ids });
  expect(open).not.toHaveProperty("until");
  // some records are under one of them, some under all: each is said once
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3, state: "waiting" });
  const [line] = await board(shop.house.context.state.read, "2026-11-21");
  const said = line?.waiting_for.replace("the end of a legal hold: ", "").split("; ") ?? [];
  expect(said.toSorted()).toEqual([`first case (${ids[0]})`, `second case (${ids[1]})`, `third case (${ids[2]})`]);
  // each of them must have ended
  await release(shop.house, ids[1] ?? "");
  await release(shop.house, ids[2] ?? "");
  expect(stepOf(await shop.house.plan(request), "shop.tickets")).toMatchObject({ until: "2027-06-30", kept: 2 });
});

test("records that appear later are held too, and so are those that were found before by rows that have gone since", async () => {
  await using shop = await shopOn();
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  // Ann's own row has gone: only what the request was searched by leads to her orders now
  const orders = { "shop.orders o1": shop.dump()["shop.orders o1"], "shop.orders o2": shop.dump()["shop.orders o2"] };
  let once = false;
  shop.set({
    before(call) {
      if (call !== "apply" || once) return;
      once = true;
      throw new Error("died");
    },
  });
  await shop.house.run(request).catch(() => {});
  shop.shop.tables.get("people")?.delete("p1");
  await hold(shop.house, [ANN]);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  expect(shop.dump()).toMatchObject(orders);
  put(shop.shop, "tickets", "t7", ticket("t7", "ann"));
  const again = await shop.house.plan(request);
  expect(stepOf(again, "shop.tickets")).toMatchObject({ found: 3, kept: 3 });
});

test("held under every identifier: a request by another one than the hold's keeps the same records", async () => {
  const identities = {
    identities: {
      email: { type: "email", fold: ["trim", "lowercase"] },
      device: { type: "string", found_in: "shop.people.device", by: { email: "email" } },
    },
  };
  await using shop = await shopOn(identities);
  put(shop.shop, "people", "p1", { ...person("p1", "ann"), device: "device-4711-a" });
  await hold(shop.house, [{ device: "device-4711-a" }]);
  const request = await shop.house.open(ANN);
  expect((await shop.house.plan(request)).totals).toMatchObject({ erase: 0, change: 0, keep: 9 });
});

test("a hold whose identifier leads to several people covers all of them: what is ambiguous stays", async () => {
  const identities = {
    identities: {
      email: { type: "email", fold: ["trim", "lowercase"] },
      device: { type: "string", found_in: "shop.people.device", by: { email: "email" } },
    },
  };
  const ledger = { match: { device: "device", owner: "email" }, do: "erase" };
  await using shop = await shopOn(identities, { ledger });
  shop.shop.tables.set("ledger", new Map());
  for (const end of ["a", "b"])
    put(shop.shop, "ledger", `m-${end}`, { id: `m-${end}`, device: `device-4711-${end}`, owner: BOB.email });
  put(shop.shop, "people", "p3", { ...person("p3", "cay"), device: "device-4711-a" });
  put(shop.shop, "people", "p4", { ...person("p4", "cay"), device: "device-4711-b" });
  await hold(shop.house, [CAY]);
  const request = await shop.house.open({ device: ["device-4711-a", "device-4711-b"], ...CAY });
  expect(stepOf(await shop.house.plan(request), "shop.people")).toMatchObject({ found: 2, kept: 2 });
  const other = await shop.house.open(BOB);
  expect(stepOf(await shop.house.plan(other), "shop.ledger")).toMatchObject({ found: 2, kept: 2 });
});

test("one decision a record: what another record type over the same rows wants is nothing against a hold", async () => {
  const ledger = { table: "tickets", match: { email: "email" }, do: "erase" };
  await using shop = await shopOn({}, { ledger });
  const before = shop.dump();
  await hold(shop.house, [{ email: "ann@shop.example" }], { records: ["shop.tickets"] });
  const request = await shop.house.open(ANN);
  const plan = await shop.house.plan(request);
  expect([stepOf(plan, "shop.tickets")?.kept, stepOf(plan, "shop.ledger")?.found]).toEqual([2, 0]);
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  for (const name of ["shop.tickets t1", "shop.tickets t2"]) expect(shop.dump()[name]).toBe(before[name]);
});

test("a record of two people is held for the one and not given up for the other", async () => {
  const ledger = { match: { from: "email", to: "email" }, do: "erase" };
  await using shop = await shopOn({}, { ledger });
  shop.shop.tables.set("ledger", new Map());
  put(shop.shop, "ledger", "m1", { id: "m1", from: ANN.email, to: CAY.email });
  put(shop.shop, "ledger", "m2", { id: "m2", from: ANN.email, to: "zoe@shop.example" });
  await hold(shop.house, [CAY]);
  const request = await shop.house.open(ANN);
  const plan = await shop.house.plan(request);
  expect(stepOf(plan, "shop.ledger")).toMatchObject({ found: 2, act: 1, kept: 1, holds: ["H-2026-0001"] });
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  expect([...(shop.shop.tables.get("ledger")?.keys() ?? [])]).toEqual(["m1"]);
  // and in a run whose plan was made before it
  put(shop.shop, "ledger", "m3", { id: "m3", from: BOB.email, to: "zoe@shop.example" });
  const other = await shop.house.open(BOB);
  await shop.house.plan(other);
  await shop.house.approve(other);
  await hold(shop.house, [{ email: "zoe@shop.example" }], { records: ["shop.ledger"] });
  expect(await shop.house.run(other)).toMatchObject({ exit: 3 });
  expect(shop.shop.tables.get("ledger")?.has("m3")).toBe(true);
});

test("in a batch one held person hides no other", async () => {
  await using shop = await shopOn();
  const before = shop.dump();
  await hold(shop.house, [ANN]);
  const request = await shop.house.open([ANN, CAY], { batch: true });
  const plan = await shop.house.plan(request);
  expect(stepOf(plan, "shop.people")).toMatchObject({ act: 1, kept: 1 });
  await shop.house.approve(request);
  expect(await shop.house.run(request)).toMatchObject({ exit: 3 });
  expect(shop.dump()).toEqual(after(before, ["shop.people p3"]));
});

test("what waits or is blocked, or stops its person, is kept where a hold covers it: it counts once, as held", async () => {
  await using shop = await shopOn({}, { items: { limits: { max_records: 2 } } });
  await hold(shop.house, [ANN]);
  const request = await shop.house.open(ANN);
  // over the cap only where there is anything to act on
  expect((await shop.house.plan(request)).totals).toMatchObject({ keep: 9, wait: 0, blocked: 0 });
  put(shop.shop, "orders", "o1", { ...order("o1", "p1", "2009-02-01"), day: null });
  const undated = stepOf(await shop.house.plan(request), "shop.orders");
  expect(undated).toMatchObject({ kept: 2, waiting: 0, reason: "legal_hold" });
});

test("the end: on its last day it holds, the day after it does not, and its sealed identifiers are destroyed", async () => {
  await using shop = await shopOn();
  const id = await hold(shop.house, [ANN], { until: "2026-12-24" });
  const request = await shop.house.open(ANN);
  expect((await later(shop, "2026-12-24").plan(request)).totals).toMatchObject({ erase: 0 });
  const { legalHolds } = shop.house.context.state.read;
  expect(await legalHolds.subjects(await legalHolds.get(id))).toEqual([{ identifiers: { email: [ANN.email] } }]);
  // 00:30 in Berlin is still the day before in UTC
  const night = shop.house.as({ now: () => new Date("2026-12-24T23:30:00Z") });
  expect((await night.plan(request)).totals).toMatchObject({ erase: 7, keep: 0 });
  expect(await codeOf(legalHolds.subjects(await legalHolds.get(id)))).toBe("HOLD_UNREADABLE");
  expect((await legalHolds.get(id)).ended).toBe("2026-12-24T23:30:00.000Z");
  expect(await codeOf(extendHold(night.context, id, { until: "2027-01-31", reason: "more", by: "counsel" }))).toBe(
    "WRONG_STATE",
  );
});

test("extended, it holds longer; a plan that was made before stays good", async () => {
  await using shop = await shopOn();
  const id = await hold(shop.house, [ANN], { until: "2026-11-22" });
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  const how = { until: "2027-01-31", reason: "appeal", by: "legal department" };
  await extendHold(shop.house.context, id, how);
  await extendHold(shop.house.context, id, how);
  expect((await shop.house.context.state.read.legalHolds.get(id)).extended).toHaveLength(1);
  expect(await later(shop, "2026-11-23").run(request)).toMatchObject({ exit: 3 });
  expect(stepOf(await later(shop, "2027-01-31").plan(request), "shop.tickets")).toMatchObject({ until: "2027-01-31" });
  for (const until of ["2027-01-31", "2026-12-31", "2026-01-01", "soon"])
    expect(await codeOf(extendHold(shop.house.context, id, { ...how, until, reason: "other" }))).toBe("USAGE");
});

test("released with a wait, it keeps its records until that has passed", async () => {
  await using shop = await shopOn({ legal_holds: { release_wait: "10 days" } });
  const id = await hold(shop.house, [ANN]);
  const request = await shop.house.open(ANN);
  const released = await release(shop.house, id);
  expect(released).toMatchObject({ released: { day: "2026-11-21", keepsUntil: "2026-11-30" } });
  expect(released).not.toHaveProperty("ended");
  const waiting = await later(shop, "2026-11-30").plan(request);
  expect(stepOf(waiting, "shop.orders")).toMatchObject({ kept: 2, until: "2026-11-30", reason: "legal_hold" });
  expect((await later(shop, "2026-12-01").plan(request)).totals).toMatchObject({ erase: 7, keep: 0 });
  expect(await codeOf(release(shop.house, id))).toBe("WRONG_STATE");
});

test("one that cannot be read stops plan and run with 4, and nothing is done: no key, no body, another map", async () => {
  await using shop = await shopOn();
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  const before = shop.dump();
  const id = await hold(shop.house, [BOB], { records: ["shop.tickets"] });
  await shop.house.context.state.atomically(async (tx) => await tx.legalHolds.destroy(id));
  await expect(shop.house.run(request)).rejects.toMatchObject({ code: "HOLD_UNREADABLE", exit: 4 });
  await expect(shop.house.plan(request)).rejects.toMatchObject({ code: "HOLD_UNREADABLE", exit: 4 });
  expect(shop.dump()).toEqual(before);
  expect(await holdLines(shop.house.context)).toMatchObject({ whole: false, holds: [{ id, held: null }] });
  // a person's word ends it
  await release(shop.house, id);
  const { map } = shop.house.context;
  await hold(shop.house, [], { records: ["copy.people"] });
  const without = { ...map, systems: map.systems.filter(({ name }) => name !== "copy") };
  await expect(shop.house.as({ map: without }).plan(request)).rejects.toMatchObject({ code: "HOLD_UNREADABLE" });
});

test("one that becomes unreadable while a run goes on stops what is left of it", async () => {
  await using shop = await shopOn();
  const request = await shop.house.open(ANN);
  await shop.house.plan(request);
  await shop.house.approve(request);
  const before = shop.dump();
  shop.set({
    async before(call, nth) {
      if (call !== "apply" || nth > 1) return;
      const id = await hold(shop.house, [BOB]);
      await shop.house.context.state.atomically(async (tx) => await tx.legalHolds.destroy(id));
    },
  });
  const result = await shop.house.run(request);
  expect([4, 5]).toContain(result.exit);
  expect(shop.dump()).toEqual(before);
});

test("the ledger has what was ordered and what binds the words, and no word, name or identifier", async () => {
  await using shop = await shopOn();
  const id = await hold(shop.house, [ANN], { until: "2027-06-30", records: ["shop.orders"] });
  await extendHold(shop.house.context, id, { until: "2027-07-31", reason: "they appealed", by: "counsel Miller" });
  await release(shop.house, id);
  const bytes = Buffer.from(await shop.house.workspace.ledger.exportAll()).toString();
  for (const type of ["hold.added", "hold.extended", "hold.released"]) expect(bytes).toContain(type);
  for (const word of [CASE, "they appealed", "settled", "Miller", "legal department", ANN.email])
    expect(bytes).not.toContain(word);
  const added: unknown = JSON.parse(bytes);
  expect(JSON.stringify(added)).toContain("hold_keys");
});

test("words that look like an identifier are refused, and nothing is written", async () => {
  await using shop = await shopOn();
  for (const how of [{ case: `claim of ${ANN.email}` }, { by: "0049 89 1234567" }])
    expect(await codeOf(hold(shop.house, [ANN], how))).toBe("IDENTIFIER_IN_ARGUMENTS");
  for (const how of [{ until: "2026-11-20" }, { until: "31.12.2027" }, { records: ["shop.nothing"] }, { case: " " }])
    expect(await codeOf(hold(shop.house, [ANN], how))).toBe("USAGE");
  expect(await codeOf(hold(shop.house, []))).toBe("USAGE");
  expect(await shop.house.context.state.read.legalHolds.list()).toEqual([]);
});

test("no identifier of a hold lies in clear in the state, and none at all once it has ended", async () => {
  await using shop = await shopOn();
  const id = await hold(shop.house, [ANN]);
  const { holds } = await holdLines(shop.house.context);
  expect(holds).toMatchObject([{ id, held: 9, case: CASE, by: "legal department", since: "2026-11-21", until: null }]);
  expect(JSON.stringify(holds)).not.toContain("ann");
  await release(shop.house, id);
  const { read } = shop.house.context.state;
  expect(await codeOf(read.legalHolds.subjects(await read.legalHolds.get(id)))).toBe("HOLD_UNREADABLE");
  expect((await holdLines(shop.house.context)).holds).toMatchObject([{ id, state: "ended", held: 0 }]);
});
