/** Copies that follow by themselves: waited for, looked at again, and never taken for gone because somebody said they would go. */
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { nextStep } from "../../src/requests/board.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { planRequest } from "../../src/requests/plan-request.ts";
import { put, type Row } from "../support/memory/database.ts";
import { after, ANN, BOB, openShop, person, type Shop } from "./shop.ts";

const NOW = "2026-11-21T10:00:00.000Z";
const at = (time: string) => ({ now: () => new Date(time) });
const ALONE = { approval: { required: true, four_eyes: false }, settle: "1 hour" };

/** The shop with a copy of its people that says of itself how it follows. */
async function openCopied(
  replays: "soft_delete" | "hard_delete" | "none",
  records: Readonly<Record<string, object>>,
  copy: object = { match: { email: "email" }, do: "erase" },
): Promise<Shop> {
  const shop = {
    kind: "memory",
    records: {
      people: { match: { email: "email" }, do: "erase", ...records["people"] },
      orders: { match: { person: "shop.people.id" }, do: "erase", hold: { use: "books", from: "day" } },
      items: { match: { order: "shop.orders.id" }, do: "erase" },
      tickets: { match: { email: "email" }, do: "redact", fields: { text: "clear" } },
    },
  };
  const systems = {
    shop,
    copy: { kind: "memory", copy_of: "shop.people", replays, records: { people: copy } },
  };
  return await openShop({ ...ALONE, systems });
}

/** What a replayer would do: nothing of ours. */
function replayDeletes({ shop, copy }: Shop, pairs: Readonly<Record<string, string>>): void {
  for (const [source, of] of Object.entries(pairs))
    if (shop.tables.get("people")?.has(source) === false) copy.tables.get("people")?.delete(of);
}

const copyStep = { system: "copy", record: "people" };

test("no step of ours touches a copy that replays deletions; it is waited for, seen gone, and told as gone by itself", async () => {
  await using shop = await openCopied("hard_delete", {});
  const house = shop.house.as(at(NOW));
  const before = shop.dump();
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.steps.find(({ system }) => system === "copy")).toMatchObject({
    ...copyStep,
    status: "waiting",
    reason: "follows",
    found: 1,
    act: 0,
    waiting: 1,
    follows: 1,
  });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "verifying" });
  // the source is gone, and nothing was done to the copy
  expect(shop.dump()["shop.people p1"]).toBeUndefined();
  expect(shop.dump()["copy.people c1"]).toBe(before["copy.people c1"]);
  const early = await house.verify(id);
  expect(early).toMatchObject({ exit: 0, state: "settling" });
  expect(early.checks.find(({ system }) => system === "copy")).toMatchObject({ result: "pass", waiting: 1 });
  replayDeletes(shop, { p1: "c1" });
  const late = shop.house.as(at("2026-11-21T11:00:00.000Z"));
  const seen = await late.verify(id);
  expect(seen).toMatchObject({ exit: 0, state: "closed", residual: 0 });
  expect(seen.checks.find(({ system }) => system === "copy")).toMatchObject({ result: "pass", followed: 1 });
  expect(shop.dump()["copy.people c2"]).toBe(before["copy.people c2"]);
  expect(shop.dump()["copy.people c9"]).toBe(before["copy.people c9"]);
});

test("a replayer that lies is a finding when the time is over, and the request stays open until a plan of its own took the copy", async () => {
  await using shop = await openCopied("hard_delete", {});
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const late = shop.house.as(at("2026-11-21T11:00:00.000Z"));
  const seen = await late.verify(id);
  expect(seen).toMatchObject({ exit: 2, state: "partly_done", residual: 1 });
  expect(seen.checks.find(({ system }) => system === "copy")).toMatchObject({
    result: "fail",
    residual: 1,
    reason: "not_followed",
  });
  const again = await late.plan(id);
  expect(again.steps.find(({ system }) => system === "copy")).toMatchObject({ act: 1, waiting: 0 });
  expect(again.steps.find(({ system }) => system === "copy")?.follows).toBeUndefined();
  await late.approve(id);
  expect(await late.run(id)).toMatchObject({ exit: 0 });
  expect(shop.dump()["copy.people c1"]).toBeUndefined();
  const end = shop.house.as(at("2026-11-21T12:30:00.000Z"));
  expect(await end.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("a replayer that only takes what leads to the person has not followed", async () => {
  await using shop = await openCopied("hard_delete", {});
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  put(shop.copy, "people", "c1", { id: "c1", email: null, name: "ann of the shop" });
  const late = shop.house.as(at("2026-11-21T11:00:00.000Z"));
  expect(await late.verify(id)).toMatchObject({ exit: 2, state: "partly_done", residual: 1 });
});

test("of several copies one that stays is enough for a finding, and one that comes back under another name too", async () => {
  await using shop = await openCopied("hard_delete", {});
  put(shop.copy, "people", "c1b", { ...person("c1b", "ann") });
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  expect((await house.plan(id)).steps.find(({ system }) => system === "copy")).toMatchObject({ follows: 2 });
  await house.approve(id);
  await house.run(id);
  replayDeletes(shop, { p1: "c1" });
  const late = shop.house.as(at("2026-11-21T11:00:00.000Z"));
  expect((await late.verify(id)).checks.find(({ system }) => system === "copy")).toMatchObject({
    residual: 1,
    followed: 1,
    reason: "not_followed",
  });
  replayDeletes(shop, { p1: "c1b" });
  put(shop.copy, "people", "c1c", { ...person("c1c", "ann") });
  expect((await late.verify(id)).checks.find(({ system }) => system === "copy")).toMatchObject({
    residual: 1,
    followed: 2,
    reason: "new_records",
  });
});

test("a copy whose source stays has nothing to follow: it has a step of its own", async () => {
  await using shop = await openCopied("hard_delete", {});
  const house = shop.house.as(at(NOW));
  // Bob's order is held, and Bob with it
  const id = await house.open(BOB);
  const plan = await house.plan(id);
  expect(plan.steps.find(({ system, record }) => system === "shop" && record === "people")).toMatchObject({ kept: 1 });
  expect(plan.steps.find(({ system }) => system === "copy")).toMatchObject({ act: 1, waiting: 0 });
});

test("nor has one anything to follow of which only its own system is planned", async () => {
  await using shop = await openCopied("hard_delete", {}, { match: { of: "shop.people.id" }, do: "erase" });
  put(shop.copy, "people", "c1", { ...person("c1", "ann"), of: "p1" });
  // what references it would keep it from going
  for (const order of ["o1", "o2"]) shop.shop.tables.get("orders")?.delete(order);
  const id = await shop.house.open(ANN);
  expect((await shop.house.plan(id)).steps.find(({ system }) => system === "copy")).toMatchObject({ follows: 1 });
  expect((await shop.house.plan(id, { system: "copy" })).steps).toMatchObject([{ act: 1, waiting: 0 }]);
});

test("what holds the copy holds what it would go with", async () => {
  const hold = { use: "books", from: "day" };
  await using shop = await openCopied("hard_delete", {}, { match: { email: "email" }, do: "erase", hold });
  put(shop.copy, "people", "c1", { ...person("c1", "ann"), day: "2025-02-01" });
  const house = shop.house.as(at(NOW));
  const before = shop.dump();
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.steps.find(({ system, record }) => system === "shop" && record === "people")).toMatchObject({
    act: 0,
    kept: 1,
    reason: "held_by",
  });
  await house.approve(id);
  await house.run(id);
  expect(shop.dump()["shop.people p1"]).toBe(before["shop.people p1"]);
  expect(shop.dump()["copy.people c1"]).toBe(before["copy.people c1"]);
});

test.each(["before the plan", "after the approval", "while the run goes on"])(
  "a legal hold on the copies alone keeps what they would go with: said %s",
  async (moment) => {
    await using shop = await openCopied("hard_delete", {});
    const house = shop.house.as(at(NOW));
    const before = shop.dump();
    const hold = async (): Promise<void> =>
      void (await addHold(house.context, [], house.workspace.pseudonym, {
        case: "a case",
        by: "counsel",
        records: ["copy.people"],
      }));
    const id = await house.open(ANN);
    if (moment === "before the plan") await hold();
    await house.plan(id);
    await house.approve(id);
    if (moment === "after the approval") await hold();
    if (moment === "while the run goes on")
      shop.set({ before: async (call, nth) => (call === "apply" && nth === 1 ? await hold() : undefined) });
    const run = await house.run(id);
    expect(run.exit).toBe(3);
    expect(shop.dump()["shop.people p1"]).toBe(before["shop.people p1"]);
    const late = shop.house.as(at("2026-11-21T12:00:00.000Z"));
    // it has nothing to follow, and is no finding
    expect(await late.verify(id)).toMatchObject({ exit: 3, residual: 0, state: "waiting" });
  },
);

test("a copy that a person leaves out keeps what it would go with", async () => {
  await using shop = await openCopied("hard_delete", {});
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  const first = await house.plan(id);
  const copied = first.steps.find(({ system }) => system === "copy");
  const plan = await planRequest(house.context, id, {
    excluding: { except: [`${copied?.id ?? ""}.1`], include: [], reason: "part of a claim" },
  });
  expect(plan.steps.find(({ system }) => system === "copy")).toMatchObject({ kept: 1, reason: "excluded" });
  expect(plan.steps.find(({ system, record }) => system === "shop" && record === "people")).toMatchObject({
    act: 0,
    kept: 1,
  });
});

test("a copy that waits for a condition keeps its source waiting too", async () => {
  const conditions = { busy: { says: "somebody works with it", where: { name: ["busy"] } } };
  await using shop = await openShop({
    ...ALONE,
    conditions,
    systems: {
      shop: { kind: "memory", records: { people: { match: { email: "email" }, do: "erase" } } },
      copy: {
        kind: "memory",
        copy_of: "shop.people",
        replays: "hard_delete",
        records: { people: { match: { email: "email" }, do: "erase", unless: "busy" } },
      },
    },
  });
  for (const id of ["o1", "o2"]) shop.shop.tables.get("orders")?.delete(id);
  put(shop.copy, "people", "c1", { ...person("c1", "ann"), name: "busy" });
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  expect((await house.plan(id)).steps).toMatchObject([
    { system: "shop", record: "people", act: 0, waiting: 1, reason: "busy" },
    { system: "copy", record: "people", act: 0, waiting: 1, reason: "busy" },
  ]);
});

const HIDDEN = { do: "soft-delete", soft_delete: { timestamp: "deleted_at" }, purge_after: "14 days" };

test("what replays only deletions waits for the purge of its source, and has until `settle` after the first look at that", async () => {
  await using shop = await openCopied("hard_delete", { people: HIDDEN });
  for (const order of ["o1", "o2"]) shop.shop.tables.get("orders")?.delete(order);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  expect((await house.plan(id)).steps.find(({ system }) => system === "copy")).toMatchObject({
    follows: 1,
    until: "2026-12-05",
  });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  const days = shop.house.as(at("2026-11-23T10:00:00.000Z"));
  expect(await days.verify(id)).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  const purging = shop.house.as(at("2026-12-05T10:00:00.000Z"));
  const due = await purging.planDue();
  expect(due.steps.find(({ system }) => system === "shop")).toMatchObject({ act: 1 });
  expect(due.warnings).toMatchObject([{ code: "COPY_UNSEEN", record: "copy.people" }]);
  await purging.approve(due.request);
  expect(await purging.run(due.request)).toMatchObject({ exit: 0 });
  expect(shop.dump()["shop.people p1"]).toBeUndefined();
  expect(shop.dump()["copy.people c1"]).toBeDefined();
  const first = await purging.verify(id);
  expect(first).toMatchObject({
    exit: 0,
    state: "settling",
    settled_at: "2026-12-05T11:00:00.000Z",
    behind_since: "2026-12-05T10:00:00.000Z",
  });
  const late = shop.house.as(at("2026-12-05T11:00:00.000Z"));
  expect(await late.verify(id)).toMatchObject({ exit: 2, state: "partly_done", residual: 1 });
  replayDeletes(shop, { p1: "c1" });
  expect(await late.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("a copy whose source is marked still, under another key by now, has nothing to follow yet", async () => {
  await using shop = await openCopied("hard_delete", { people: HIDDEN });
  for (const order of ["o1", "o2"]) shop.shop.tables.get("orders")?.delete(order);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const people = shop.shop.tables.get("people");
  put(shop.shop, "people", "p1b", { ...people?.get("p1"), id: "p1b" });
  people?.delete("p1");
  const days = shop.house.as(at("2026-11-23T10:00:00.000Z"));
  const seen = await days.verify(id);
  expect(seen).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  expect(seen.behind_since).toBeUndefined();
  const later = shop.house.as(at("2026-11-24T10:00:00.000Z"));
  expect(await later.verify(id)).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  // and once it has gone for good
  people?.delete("p1b");
  expect(await later.verify(id)).toMatchObject({ state: "settling", behind_since: "2026-11-24T10:00:00.000Z" });
});

const MARKS_ITSELF = { match: { email: "email" }, ...HIDDEN };
const live = (shop: Shop): void => {
  for (const order of ["o1", "o2"]) shop.shop.tables.get("orders")?.delete(order);
  for (const database of [shop.shop, shop.copy])
    for (const [id, row] of database.tables.get("people") ?? [])
      put(database, "people", id, { ...row, deleted_at: null });
};
function replayMark({ shop, copy }: Shop, source: string, of: string): void {
  const row: Row = copy.tables.get("people")?.get(of) ?? {};
  put(copy, "people", of, { ...row, deleted_at: shop.tables.get("people")?.get(source)?.["deleted_at"] ?? null });
}

test("what replays marks is seen marked, and purged by a step of its own after its source", async () => {
  await using shop = await openCopied("soft_delete", { people: HIDDEN }, MARKS_ITSELF);
  live(shop);
  const before = shop.dump();
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.steps.find(({ system }) => system === "copy")).toMatchObject({
    act: 0,
    follows: 1,
    reason: "follows",
    until: "2026-12-05",
  });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  expect(shop.dump()["copy.people c1"]).toBe(before["copy.people c1"]);
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  // over the time, and not marked
  const late = shop.house.as(at("2026-11-21T11:00:00.000Z"));
  expect(await late.verify(id)).toMatchObject({ exit: 2, residual: 1, state: "partly_done" });
  replayMark(shop, "p1", "c1");
  expect(await late.verify(id)).toMatchObject({ exit: 0, residual: 0, state: "waiting" });
  const purging = shop.house.as(at("2026-12-05T10:00:00.000Z"));
  const due = await purging.planDue();
  expect(due.steps).toMatchObject([
    { system: "shop", record: "people", act: 1 },
    { system: "copy", record: "people", act: 1, because: "purge" },
  ]);
  await purging.approve(due.request);
  expect(await purging.run(due.request)).toMatchObject({ exit: 0 });
  const changed = shop.dump();
  expect([changed["shop.people p1"], changed["copy.people c1"]]).toEqual([undefined, undefined]);
  expect(changed["copy.people c2"]).toBe(before["copy.people c2"]);
  expect(await purging.verify(due.request)).toMatchObject({ exit: 0 });
  const end = shop.house.as(at("2026-12-05T12:00:00.000Z"));
  expect(await end.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test("a copy whose day has come before that of its source waits for it", async () => {
  await using shop = await openCopied(
    "soft_delete",
    { people: { ...HIDDEN, purge_after: "30 days" } },
    { ...MARKS_ITSELF, purge_after: "7 days" },
  );
  live(shop);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  replayMark(shop, "p1", "c1");
  const early = shop.house.as(at("2026-11-30T10:00:00.000Z"));
  expect((await early.planDue()).steps).toMatchObject([
    { system: "shop", act: 0 },
    { system: "copy", act: 0, waiting: 1, reason: "source_first", later: 1 },
  ]);
  const day = shop.house.as(at("2026-12-21T10:00:00.000Z"));
  expect((await day.planDue()).steps).toMatchObject([
    { system: "shop", act: 1 },
    { system: "copy", act: 1 },
  ]);
});

test("a copy that is marked by itself and waits for its own day alone is said to, and no look again is asked for", async () => {
  await using shop = await openCopied("soft_delete", { people: HIDDEN }, { ...MARKS_ITSELF, purge_after: "30 days" });
  live(shop);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  replayMark(shop, "p1", "c1");
  const purging = shop.house.as(at("2026-12-05T10:00:00.000Z"));
  const due = await purging.planDue();
  await purging.approve(due.request);
  await purging.run(due.request);
  await purging.verify(due.request);
  expect(await purging.verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  const { read } = house.context.state;
  const next = async (day: string) => await nextStep(read, await read.requests.get(id), day);
  expect(await next("2026-12-06")).toEqual({
    waiting_for: "2026-12-21, when the last hidden records go for good",
    next: null,
  });
  expect(await next("2026-12-21")).toMatchObject({ next: "expunge plan --due" });
});

test("a copy that somebody had marked before and that is gone since is open no more beside one that waits for its day", async () => {
  await using shop = await openCopied("soft_delete", { people: HIDDEN }, MARKS_ITSELF);
  put(shop.copy, "people", "c1b", person("c1b", "ann"));
  live(shop);
  put(shop.copy, "people", "c1b", {
    ...shop.copy.tables.get("people")?.get("c1b"),
    deleted_at: "2026-11-10T10:00:00Z",
  });
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  expect((await house.plan(id)).steps.find(({ system }) => system === "copy")).toMatchObject({ follows: 1, marked: 1 });
  await house.approve(id);
  await house.run(id);
  replayMark(shop, "p1", "c1");
  const { read } = house.context.state;
  const open = async () =>
    (await openThings(read, await read.requests.get(id))).filter((thing) => thing.startsWith("copy.people"));
  await house.verify(id);
  expect(await open()).toEqual([
    "copy.people: 1 to follow by itself, as a copy",
    expect.stringContaining("1 marked as deleted before"),
  ]);
  shop.copy.tables.get("people")?.delete("c1b");
  await house.verify(id);
  expect(await open()).toEqual(["copy.people: 1 to follow by itself, as a copy"]);
});

test("what goes for good on several days is looked at once the last of it is gone, also where nobody looked between", async () => {
  await using shop = await openCopied("soft_delete", { people: HIDDEN }, { ...MARKS_ITSELF, purge_after: "30 days" });
  live(shop);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  replayMark(shop, "p1", "c1");
  for (const day of ["2026-12-05", "2026-12-21"]) {
    const purging = shop.house.as(at(`${day}T10:00:00.000Z`));
    const due = await purging.planDue();
    await purging.approve(due.request);
    await purging.run(due.request);
    await purging.verify(due.request);
    const settled = shop.house.as(at(`${day}T12:00:00.000Z`));
    expect(await settled.verify(due.request)).toMatchObject({ state: "closed" });
  }
  const { read } = house.context.state;
  expect(await nextStep(read, await read.requests.get(id), "2026-12-21")).toMatchObject({
    waiting_for: "a look whether the hidden records are gone",
    next: `expunge verify ${id}`,
  });
});

test("a purge of the copy does not go on where that of its source is blocked", async () => {
  await using shop = await openCopied("soft_delete", { people: HIDDEN }, MARKS_ITSELF);
  live(shop);
  const house = shop.house.as(at(NOW));
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  replayMark(shop, "p1", "c1");
  const purging = shop.house.as(at("2026-12-05T10:00:00.000Z"));
  const due = await purging.planDue();
  await purging.approve(due.request);
  shop.set({
    before: (call) => {
      if (call === "apply") throw new Failure("SYSTEM_UNREACHABLE", "the shop is away");
    },
  });
  expect((await purging.run(due.request)).exit).toBeGreaterThan(0);
  expect(shop.dump()["copy.people c1"]).toBeDefined();
  shop.set({});
  expect(await purging.run(due.request)).toMatchObject({ exit: 0 });
  expect(shop.dump()["copy.people c1"]).toBeUndefined();
});

test("what replays nothing has steps of its own", async () => {
  await using shop = await openCopied("none", {});
  const house = shop.house.as(at(NOW));
  const before = shop.dump();
  const id = await house.open(ANN);
  expect((await house.plan(id)).steps.find(({ system }) => system === "copy")).toMatchObject({ act: 1, waiting: 0 });
  await house.approve(id);
  await house.run(id);
  expect(shop.dump()).toEqual(
    after(
      before,
      [
        "shop.people p1",
        "shop.orders o1",
        "shop.orders o2",
        "shop.items i1",
        "shop.items i2",
        "shop.items i3",
        "copy.people c1",
      ],
      {
        "shop.tickets t1": { ...JSON.parse(before["shop.tickets t1"] ?? "{}"), text: null },
        "shop.tickets t2": { ...JSON.parse(before["shop.tickets t2"] ?? "{}"), text: null },
      },
    ),
  );
});
