/** Soft delete from plan to verify: the marker changes and nothing else, and nothing that is hidden is called gone. */
import { expect, test } from "vitest";
import { nextStep } from "../../src/requests/board.ts";
import { put, type Row } from "../support/memory/database.ts";
import { after, ANN, BOB, openShop } from "./shop.ts";

const MARKED = {
  people: { do: "soft-delete", soft_delete: { timestamp: "deleted_at", by: "deleted_by" }, purge_after: "14 days" },
  orders: {
    do: "soft-delete",
    soft_delete: { status: "state", deleted_when: ["trash", "bin"], since: "state_at" },
    purge_after: "30 days",
  },
  items: { do: "soft-delete", soft_delete: { flag: "hidden", deleted_when: "yes" }, purge_after: "1 month" },
};
const TICKETS = { tickets: { do: "erase", fields: {} } };
const openHidden = async () => {
  const shop = await openShop({ approval: { required: true, four_eyes: false } }, { ...MARKED, ...TICKETS });
  for (const table of ["people", "orders", "items"])
    for (const [id, row] of shop.shop.tables.get(table) ?? []) put(shop.shop, table, id, { ...row, ...EMPTY[table] });
  return shop;
};
const EMPTY: Readonly<Record<string, Row>> = {
  people: { deleted_at: null, deleted_by: null },
  orders: { state: "open", state_at: null },
  items: { hidden: "no" },
};
const NOW = "2026-11-21T10:00:00.000Z";

test("what is found is marked as of the run's begin, in the words of the request; every other byte stays; it waits for its purge", async () => {
  await using shop = await openHidden();
  const house = shop.house.as({ now: () => new Date(NOW) });
  const before = shop.dump();
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.totals).toMatchObject({ change: 6, wait: 0 });
  expect(plan.steps.find(({ record }) => record === "people")).toMatchObject({
    action: "soft-delete",
    status: "soft_deleted",
    act: 1,
    changed: 1,
    until: "2026-12-05",
  });
  await house.approve(id);
  const run = await house.run(id);
  expect(run).toMatchObject({ exit: 0, state: "waiting" });
  const of = (record: string) => run.steps.find((step) => step.record === record);
  expect(of("items")).toMatchObject({
    status: "soft_deleted",
    matched: 3,
    affected: 3,
    gone: 3,
    changed: 3,
    deleted: 0,
    marked: 3,
    until: "2026-12-21",
  });
  const marked = (key: string, more: Row) => ({ [key]: { ...JSON.parse(before[key] ?? ""), ...more } });
  expect(shop.dump()).toEqual(
    after(before, ["shop.tickets t1", "shop.tickets t2", "copy.people c1"], {
      ...marked("shop.people p1", { deleted_at: NOW, deleted_by: `expunge ${id}` }),
      ...marked("shop.orders o1", { state: "trash", state_at: NOW }),
      ...marked("shop.orders o2", { state: "trash", state_at: NOW }),
      ...marked("shop.items i1", { hidden: "yes" }),
      ...marked("shop.items i2", { hidden: "yes" }),
      ...marked("shop.items i3", { hidden: "yes" }),
    }),
  );
  const verified = await house.verify(id);
  expect(verified).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  expect(verified.checks.find(({ record, system }) => record === "people" && system === "shop")).toMatchObject({
    result: "pass",
    marked: 1,
    until: "2026-12-05",
  });
  // planned anew: what is hidden waits for its day, and nobody is asked anything
  const again = await house.plan(id);
  expect(again.steps.find(({ record, system }) => record === "people" && system === "shop")).toMatchObject({
    status: "waiting",
    reason: "marked",
    waiting: 1,
    marked: 1,
    until: "2026-12-05",
  });
});

test("what somebody else marked before keeps its marks, waits for its own day and holds nobody up", async () => {
  await using shop = await openHidden();
  const house = shop.house.as({ now: () => new Date(NOW) });
  const mine = { deleted_at: "2026-11-19T08:00:00+01:00", deleted_by: "the shop" };
  put(shop.shop, "people", "p1", { ...shop.shop.tables.get("people")?.get("p1"), ...mine });
  const before = shop.dump();
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  expect(plan.steps.find(({ record, system }) => record === "people" && system === "shop")).toMatchObject({
    status: "waiting",
    reason: "marked",
    found: 1,
    act: 0,
    waiting: 1,
    until: "2026-12-03",
  });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  expect(shop.dump()["shop.people p1"]).toBe(before["shop.people p1"]);
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "waiting" });
});

test("a sentinel is no deletion, in whichever zone it was written", async () => {
  await using shop = await openShop(
    { approval: { required: true, four_eyes: false } },
    {
      ...MARKED,
      people: { ...MARKED.people, soft_delete: { timestamp: "deleted_at", live_when: "1760-01-01" } },
      ...TICKETS,
    },
  );
  for (const [id, row] of shop.shop.tables.get("people") ?? [])
    put(shop.shop, "people", id, { ...row, deleted_at: "1759-12-31 23:06:32+00" });
  const id = await shop.house.open(ANN);
  expect((await shop.house.plan(id)).steps.find(({ record }) => record === "people")).toMatchObject({ act: 1 });
});

test("a mark that is taken away again behind our back is seen by verify", async () => {
  await using shop = await openHidden();
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  await shop.house.run(id);
  put(shop.shop, "people", "p1", { ...shop.shop.tables.get("people")?.get("p1"), deleted_at: null });
  const verified = await shop.house.verify(id);
  expect(verified).toMatchObject({ exit: 2, residual: 1 });
});

test("a mark that somebody else had made before, and took away again since, is seen by verify", async () => {
  await using shop = await openHidden();
  const house = shop.house.as({ now: () => new Date(NOW) });
  const live = shop.shop.tables.get("people")?.get("p1") ?? {};
  put(shop.shop, "people", "p1", { ...live, deleted_at: "2026-11-19T08:00:00+01:00", deleted_by: "the shop" });
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  put(shop.shop, "people", "p1", live);
  const verified = await house.verify(id);
  expect(verified).toMatchObject({ exit: 2, residual: 1 });
  expect(verified.checks.find(({ record, system }) => record === "people" && system === "shop")).toMatchObject({
    result: "fail",
    reason: "still_there",
  });
});

test("what is hidden still when its day has passed is no pass without a word: 3", async () => {
  await using shop = await openHidden();
  const on = (day: string) => shop.house.as({ now: () => new Date(`${day}T10:00:00.000Z`) });
  const id = await on("2026-11-21").open(ANN);
  await on("2026-11-21").plan(id);
  await on("2026-11-21").approve(id);
  await on("2026-11-21").run(id);
  expect(await on("2026-12-05").verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  const late = await on("2026-12-06").verify(id);
  expect(late).toMatchObject({ exit: 3, state: "waiting" });
  const { read } = shop.house.context.state;
  expect(await nextStep(read, await read.requests.get(id))).toMatchObject({ next: "expunge plan --due" });
  const of = (record: string) =>
    late.checks.find((check) => check.record === record && check.system === "shop")?.method ?? "";
  expect(of("people")).toContain("has passed");
  expect(of("orders")).not.toContain("has passed");
});

test("what is held is kept as it is; what references it does not keep its parent from being hidden", async () => {
  await using shop = await openHidden();
  const before = shop.dump();
  const id = await shop.house.open(BOB);
  const plan = await shop.house.plan(id);
  expect(plan.steps.find(({ record }) => record === "orders")).toMatchObject({ status: "kept", kept: 1, act: 0 });
  expect(plan.steps.find(({ record }) => record === "people")).toMatchObject({ status: "soft_deleted", act: 1 });
  await shop.house.approve(id);
  expect(await shop.house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  const now = shop.dump();
  expect(now["shop.orders o3"]).toBe(before["shop.orders o3"]);
  expect(JSON.parse(now["shop.people p2"] ?? "")).toMatchObject({ deleted_by: `expunge ${id}` });
});
