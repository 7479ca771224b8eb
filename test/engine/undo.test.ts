/** What a request marked is given back exactly as it was, and nothing else is. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { markedByRequest } from "../../src/requests/marked-records.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { readyToUndo, type UndoOptions, undoRequest } from "../../src/requests/undo-request.ts";
import { put, type Row } from "../support/memory/database.ts";
import type { House } from "../support/memory/house.ts";
import { ANN, BOB, onDay, openShop, type Shop } from "./shop.ts";

const RECORDS = {
  people: {
    do: "soft-delete",
    soft_delete: { timestamp: "deleted_at", by: "deleted_by" },
    restore_window: "7 days",
    purge_after: "14 days",
  },
  orders: {
    do: "soft-delete",
    soft_delete: { status: "state", deleted_when: ["trash"], since: "state_at" },
    restore_window: "3 days",
    purge_after: "30 days",
  },
  items: { do: "soft-delete", soft_delete: { flag: "hidden", deleted_when: "yes" }, purge_after: "1 month" },
  tickets: { do: "erase", fields: {} },
};
const LIVE: Readonly<Record<string, Row>> = {
  people: { deleted_at: null, deleted_by: null },
  orders: { state: "open", state_at: "2019-01-01" },
  items: { hidden: "no" },
};
const change = (shop: Shop, table: string, id: string, more: Row): void =>
  put(shop.shop, table, id, { ...shop.shop.tables.get(table)?.get(id), ...more });

async function hidden(records: Readonly<Record<string, object>> = RECORDS, before: (shop: Shop) => void = () => {}) {
  const shop = await openShop({ approval: { required: true, four_eyes: false } }, records);
  for (const table of ["people", "orders", "items"])
    for (const id of shop.shop.tables.get(table)?.keys() ?? []) change(shop, table, id, LIVE[table] ?? {});
  before(shop);
  const live = shop.dump();
  const house = onDay(shop.house, 0);
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  const run = await house.run(id);
  return { shop, id, live, run, house };
}
const undo = async (house: House, id: string, options: Partial<UndoOptions> = {}) =>
  await undoRequest(house.context, id, { skipConflicts: false, ...options });
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
const marked = async (house: House, id: string) =>
  (await Array.fromAsync(markedByRequest(house.context.state.read, id))).flatMap(({ head, records }) =>
    records.map(({ key }) => `${head.record} ${key}`),
  );

test("everything inside its window is as it was before the run; what the map gives no window stays hidden", async () => {
  const { shop, id, live, house } = await hidden();
  await using _ = shop;
  const gone = shop.dump();
  expect(gone["shop.people p1"]).not.toBe(live["shop.people p1"]);
  expect(await marked(house, id)).toHaveLength(6);
  expect((await readyToUndo(onDay(shop.house, 3).context, id, { skipConflicts: false })).windows).toEqual([
    { record: "shop.people", count: 1, until: "2026-11-28" },
    { record: "shop.orders", count: 2, until: "2026-11-24" },
  ]);
  const undone = await undo(onDay(shop.house, 3), id, { reason: "asked by mistake" });
  expect(undone).toMatchObject({ exit: 0, state: "identity_confirmed" });
  expect(undone.steps.map(({ record, status, restored, hidden: left }) => [record, status, restored, left])).toEqual([
    ["people", "restored", 1, 0],
    ["orders", "restored", 2, 0],
  ]);
  expect(shop.dump()).toEqual({
    ...gone,
    "shop.people p1": live["shop.people p1"],
    "shop.orders o1": live["shop.orders o1"],
    "shop.orders o2": live["shop.orders o2"],
  });
  const { read } = house.context.state;
  expect(await read.images.steps(id)).toEqual([]);
  expect(await marked(house, id)).toEqual(['shop.items ["i1"]', 'shop.items ["i2"]', 'shop.items ["i3"]']);
  const request = await read.requests.get(id);
  expect([request.plan, request.history?.at(-1)]).toMatchObject([
    undefined,
    { did: "undone", note: "asked by mistake" },
  ]);
  // asked again, it is hidden again
  await onDay(shop.house, 3).plan(id);
  await onDay(shop.house, 3).approve(id);
  expect(await onDay(shop.house, 3).run(id)).toMatchObject({ exit: 0, state: "waiting" });
  expect(await marked(house, id)).toHaveLength(6);
});

test("each record type has its own window; after the last one nothing is given back, and a verification destroys what was kept", async () => {
  const { shop, id, live, house } = await hidden();
  await using _ = shop;
  const gone = shop.dump();
  const after = await undo(onDay(shop.house, 4), id);
  expect(after.steps.map(({ record }) => record)).toEqual(["people"]);
  expect(shop.dump()).toEqual({ ...gone, "shop.people p1": live["shop.people p1"] });
  const again = await hidden();
  await using __ = again.shop;
  expect(await codeOf(undo(onDay(again.shop.house, 8), again.id))).toBe("WINDOW_CLOSED");
  const why = async (day: number, records: readonly string[]): Promise<unknown> =>
    await undo(onDay(again.shop.house, day), again.id, { records }).catch((error: unknown) => error);
  expect(await why(5, ["shop.orders"])).toMatchObject({
    message: expect.stringContaining("shop.orders until 2026-11-24"),
  });
  expect(await why(5, ["shop.tickets"])).toMatchObject({
    message: expect.stringContaining("what can be brought back is shop.people until 2026-11-28"),
  });
  expect(await again.house.context.state.read.images.steps(again.id)).toHaveLength(2);
  await onDay(again.shop.house, 8).verify(again.id);
  expect(await again.house.context.state.read.images.steps(again.id)).toEqual([]);
  expect(await house.context.state.read.images.steps(id)).toEqual([]);
});

test("a record that was marked before, or that nobody marked, is none of an undo's", async () => {
  const { shop, id, live } = await hidden(RECORDS, (one) =>
    change(one, "orders", "o1", { state: "trash", state_at: "2026-11-01" }),
  );
  await using _ = shop;
  const undone = await undo(onDay(shop.house, 1), id);
  expect(undone.steps.map(({ record, restored }) => [record, restored])).toEqual([
    ["people", 1],
    ["orders", 1],
  ]);
  expect(shop.dump()["shop.orders o1"]).toBe(live["shop.orders o1"]);
});

test("every conflict is listed before anything is touched; the rest comes back where that is asked for", async () => {
  const { shop, id, live } = await hidden();
  await using _ = shop;
  // a column that the run did not change is nobody's conflict
  change(shop, "orders", "o2", { note: "written since" });
  change(shop, "orders", "o1", { state_at: "2026-11-22" });
  const gone = shop.dump();
  const house = onDay(shop.house, 1);
  const refused: unknown = await undo(house, id).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "RESTORE_CONFLICT",
    details: [{ system: "shop", record: "orders", count: 1, constraint: "changed" }],
  });
  expect(shop.dump()).toEqual(gone);
  const rest = await undo(house, id, { skipConflicts: true });
  expect(rest).toMatchObject({ exit: 5, state: "waiting" });
  expect(rest.steps.find(({ record }) => record === "orders")).toMatchObject({ restored: 1, hidden: 1 });
  expect(shop.dump()).toEqual({
    ...gone,
    "shop.people p1": live["shop.people p1"],
    "shop.orders o2": JSON.stringify({ ...JSON.parse(live["shop.orders o2"] ?? ""), note: "written since" }),
  });
  expect(await marked(house, id)).toContain('shop.orders ["o1"]');
  expect(await marked(house, id)).not.toContain('shop.orders ["o2"]');
});

test("a child under a parent that stays hidden is a conflict", async () => {
  const { shop, id, live } = await hidden();
  await using _ = shop;
  const gone = shop.dump();
  const house = onDay(shop.house, 1);
  const refused: unknown = await undo(house, id, { records: ["shop.orders"] }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "RESTORE_CONFLICT",
    details: [{ system: "shop", record: "orders", count: 2, constraint: "orders_person_fkey" }],
  });
  expect(shop.dump()).toEqual(gone);
  // the other way round it is not
  const parent = await undo(house, id, { records: ["shop.people"] });
  expect(parent).toMatchObject({ exit: 0, state: "waiting" });
  expect(shop.dump()).toEqual({ ...gone, "shop.people p1": live["shop.people p1"] });
  // what was given back in part is to be as it was: verify does not miss its mark
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  expect(await undo(house, id, { records: ["shop.orders"] })).toMatchObject({ exit: 0 });
});

test("an undo that is over answers again as long as nothing else was done", async () => {
  const { shop, id } = await hidden();
  await using _ = shop;
  const house = onDay(shop.house, 1);
  const first = await undo(house, id);
  expect(await undo(house, id)).toEqual(first);
  expect(await codeOf(undo(house, id, { system: "shop" }))).toBe("WINDOW_CLOSED");
});

test("what a plan marked stays known when the request is planned anew", async () => {
  const { shop, id, live, house } = await hidden();
  await using _ = shop;
  await house.plan(id);
  expect(await marked(house, id)).toHaveLength(6);
  await undo(onDay(shop.house, 1), id);
  expect(shop.dump()["shop.people p1"]).toBe(live["shop.people p1"]);
});

test("what a legal hold covers is not given back: 3, HELD; the rest is, where that is asked for", async () => {
  const { shop, id, live, house } = await hidden();
  await using _ = shop;
  const { context, workspace } = house;
  const hold = async (records: readonly string[]) =>
    await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
      case: "claim over a parcel",
      by: "legal department",
      records,
    });
  await hold(["shop.orders"]);
  const before = shop.dump();
  await expect(undo(house, id)).rejects.toMatchObject({
    code: "HELD",
    details: expect.arrayContaining([expect.objectContaining({ record: "orders", constraint: "legal_hold" })]),
  });
  expect(shop.dump()).toEqual(before);
  expect((await undo(house, id, { skipConflicts: true })).exit).toBe(5);
  const after = Object.entries(shop.dump());
  const same = (dump: Readonly<Record<string, string>>, table: string) =>
    after.filter(([name]) => name.includes(`${table} `)).every(([name, row]) => dump[name] === row);
  expect([same(live, "people"), same(live, "orders"), same(before, "orders")]).toEqual([true, false, true]);
});

test("what was given back is not told as hidden still; nor is what a later look does not see", async () => {
  const { shop, id, house } = await hidden();
  await using _ = shop;
  const { read } = house.context.state;
  const told = async () =>
    (await openThings(read, await read.requests.get(id))).filter((line) => line.includes("marked as deleted"));
  const all = [
    "shop.people: 1 marked as deleted, to go for good on 2026-12-05",
    "shop.orders: 2 marked as deleted, to go for good on 2026-12-21",
    "shop.items: 3 marked as deleted, to go for good on 2026-12-21",
  ];
  expect((await told()).toSorted()).toEqual(all.toSorted());
  await undo(onDay(shop.house, 1), id, { records: ["shop.people"] });
  expect((await told()).toSorted()).toEqual(all.slice(1).toSorted());
  for (const item of ["i1", "i2", "i3"]) shop.shop.tables.get("items")?.delete(item);
  await onDay(shop.house, 2).verify(id);
  expect(await told()).toEqual(all.slice(1, 2));
});

test("what stays hidden in one table keeps no record of another that has the same key", async () => {
  const { shop, id, live } = await hidden(RECORDS, (one) => {
    put(one.shop, "orders", "p1", { id: "p1", person: "p1", day: "2009-02-01", note: "a note", ...LIVE["orders"] });
  });
  await using _ = shop;
  change(shop, "orders", "p1", { state_at: "2026-11-22" });
  const gone = shop.dump();
  const house = onDay(shop.house, 1);
  const rest = await undo(house, id, { skipConflicts: true });
  expect(rest.steps.map(({ record, restored, hidden: left }) => [record, restored, left])).toEqual([
    ["people", 1, 0],
    ["orders", 2, 1],
  ]);
  expect(shop.dump()).toEqual({
    ...gone,
    "shop.people p1": live["shop.people p1"],
    "shop.orders o1": live["shop.orders o1"],
    "shop.orders o2": live["shop.orders o2"],
  });
  const still = await marked(house, id);
  expect(still).toContain('shop.orders ["p1"]');
  expect(still).not.toContain('shop.people ["p1"]');
});

test("a stranger's record that has taken a hidden one's key is not given back", async () => {
  const { shop, id } = await hidden();
  await using _ = shop;
  // gone for good by somebody else; the key was given again, and what stands there was hidden by its own person
  const mark = shop.shop.tables.get("orders")?.get("o1") ?? {};
  put(shop.shop, "orders", "o1", { ...mark, person: "p9", note: "Zoe's own" });
  const gone = shop.dump();
  const house = onDay(shop.house, 1);
  await expect(undo(house, id)).rejects.toMatchObject({
    code: "RESTORE_CONFLICT",
    details: [{ system: "shop", record: "orders", count: 1, constraint: "changed" }],
  });
  expect(shop.dump()).toEqual(gone);
  expect(await undo(house, id, { skipConflicts: true })).toMatchObject({ exit: 5 });
  expect(shop.dump()["shop.orders o1"]).toBe(gone["shop.orders o1"]);
});

test("what another open request has found stays hidden", async () => {
  const both = {
    ...RECORDS,
    people: { ...RECORDS.people, match: { email: "email", friend: "email" }, shared: "erase" },
  };
  const { shop, id } = await hidden(both, (one) => change(one, "people", "p1", { friend: "bob@shop.example" }));
  await using _ = shop;
  const house = onDay(shop.house, 1);
  const other = await house.open(BOB);
  await house.plan(other);
  const gone = shop.dump();
  await expect(undo(house, id, { records: ["shop.people"] })).rejects.toMatchObject({
    code: "RESTORE_CONFLICT",
    details: [{ system: "shop", record: "people", count: 1, constraint: "open_request" }],
  });
  expect(shop.dump()).toEqual(gone);
});

test("a legal hold that comes while an undo is cut short keeps what it covers as it is", async () => {
  const { shop, id, live, house } = await hidden();
  await using _ = shop;
  const cut = new Error("power cut");
  const dying = house.as({
    at: (point) => {
      if (point === "saved_begin_undo") throw cut;
    },
  });
  await expect(undo(dying, id)).rejects.toBe(cut);
  const { context, workspace } = house;
  await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
    case: "claim over a parcel",
    by: "legal department",
    records: ["shop.orders"],
  });
  const gone = shop.dump();
  const done = await undo(house, id);
  expect(done).toMatchObject({ exit: 5 });
  expect(shop.dump()).toEqual({ ...gone, "shop.people p1": live["shop.people p1"] });
});
