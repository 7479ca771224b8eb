/** What is in the bin is counted, brought back, and goes early, whoever marked it; what an open request marked is that request's. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { approveRequest } from "../../src/requests/approve-request.ts";
import { binList } from "../../src/requests/bin-list.ts";
import { takeBackUndone } from "../../src/requests/plan-due.ts";
import { binPurge } from "../../src/requests/bin-purge.ts";
import { binRestore } from "../../src/requests/bin-restore.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { windowsOf, windowsSeen } from "../../src/requests/restorable.ts";
import { undoRequest } from "../../src/requests/undo-request.ts";
import { put, type Row } from "../support/memory/database.ts";
import type { House } from "../support/memory/house.ts";
import { ANN, onDay, openShop, type Shop } from "./shop.ts";

const RECORDS = {
  people: {
    do: "soft-delete",
    soft_delete: { timestamp: "deleted_at", live_when: "1760-01-01", by: "deleted_by" },
    restore_window: "7 days",
    purge_after: "14 days",
  },
  orders: {
    do: "soft-delete",
    soft_delete: { status: "state", deleted_when: ["trash", "bin"], since: "state_at", restore_as: "open" },
    restore_window: "10 days",
    purge_after: "30 days",
  },
  items: {
    do: "soft-delete",
    soft_delete: { flag: "hidden", deleted_when: "yes", restore_as: "no" },
    restore_window: "5 days",
    purge_after: "1 month",
  },
  tickets: { do: "erase", fields: {} },
};
const LIVE: Readonly<Record<string, Row>> = {
  people: { deleted_at: "1760-01-01T00:00:00.000Z", deleted_by: null },
  orders: { state: "open", state_at: null },
  items: { hidden: "no" },
};
const change = (shop: Shop, table: string, id: string, more: Row): void =>
  put(shop.shop, table, id, { ...shop.shop.tables.get(table)?.get(id), ...more });

async function openBin(records: Readonly<Record<string, object>> = {}): Promise<{ shop: Shop; house: House }> {
  const shop = await openShop({ approval: { required: true, four_eyes: false } }, { ...RECORDS, ...records });
  for (const table of ["people", "orders", "items"])
    for (const id of shop.shop.tables.get(table)?.keys() ?? []) change(shop, table, id, LIVE[table] ?? {});
  return { shop, house: onDay(shop.house, 0) };
}
const binned = (shop: Shop): void => {
  change(shop, "people", "p1", { deleted_at: "2026-11-20T10:00:00Z", deleted_by: "the shop" });
  change(shop, "people", "p9", { deleted_at: "2026-11-12T10:00:00Z", deleted_by: "the shop" });
  change(shop, "orders", "o1", { state: "bin", state_at: "2026-11-19" });
  change(shop, "orders", "o2", { state: "trash", state_at: null });
  change(shop, "items", "i1", { hidden: "yes" });
};
const restore = async (house: House, record: string, subject: object = ANN, confirm = async () => {}) =>
  await binRestore(house.context, {
    record,
    subjects: readSubjects(JSON.stringify(subject), house.context.map.identities),
    pseudonymOf: house.workspace.pseudonym,
    confirm,
  });
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
async function hidden(house: House, subject: object): Promise<string> {
  const id = await house.open(subject);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  return id;
}

test("whatever is marked is counted, by whomever; by day, with its window and its purge, and never a value", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  binned(shop);
  const before = shop.dump();
  expect(await binList(house.context, { byDay: false })).toEqual({
    items: [
      { system: "shop", record: "people", count: 2, restorable_until: "2026-11-19", purged_on: "2026-11-26" },
      { system: "shop", record: "orders", count: 2, restorable_until: "2026-11-29", purged_on: "2026-12-19" },
      { system: "shop", record: "items", count: 1, restorable_until: null, purged_on: null },
    ],
    warnings: [],
  });
  const days = await binList(house.context, { record: "shop.people", byDay: true });
  expect(days.items).toEqual([
    {
      system: "shop",
      record: "people",
      count: 1,
      marked_on: "2026-11-12",
      restorable_until: "2026-11-19",
      purged_on: "2026-11-26",
    },
    {
      system: "shop",
      record: "people",
      count: 1,
      marked_on: "2026-11-20",
      restorable_until: "2026-11-27",
      purged_on: "2026-12-04",
    },
  ]);
  expect(
    (await binList(house.context, { record: "shop.orders", byDay: true })).items.map((one) => one.marked_on),
  ).toEqual(["2026-11-19", null]);
  // what a request marked without a date our own state knows the day of
  await hidden(house, ANN);
  const items = await binList(house.context, { record: "shop.items", byDay: true });
  expect(items.items.map(({ marked_on: day, count }) => [day, count])).toEqual([
    ["2026-11-21", 2],
    [null, 1],
  ]);
  expect(await codeOf(binList(house.context, { record: "shop.tickets", byDay: false }))).toBe("USAGE");
  expect(shop.dump()["shop.people p1"]).toBe(before["shop.people p1"]);
});

test("what the application marked lives again as the data map says, and nothing else changes; the ledger has it once", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  const live = shop.dump();
  binned(shop);
  const before = shop.dump();
  expect(await restore(house, "shop.people")).toMatchObject({ found: 1, restored: 1, hidden: 0, too_late: 0, exit: 0 });
  const alive = { ...JSON.parse(live["shop.people p1"] ?? ""), deleted_at: "1760-01-01" };
  expect(JSON.parse(shop.dump()["shop.people p1"] ?? "")).toEqual(alive);
  expect({ ...shop.dump(), "shop.people p1": "" }).toEqual({ ...before, "shop.people p1": "" });
  expect(await restore(house, "shop.orders")).toMatchObject({ found: 2, restored: 2 });
  expect(shop.dump()["shop.orders o1"]).toBe(live["shop.orders o1"]);
  expect(shop.dump()["shop.orders o2"]).toBe(live["shop.orders o2"]);
  expect(await restore(house, "shop.items")).toMatchObject({ found: 1, restored: 1 });
  expect(shop.dump()["shop.items i1"]).toBe(live["shop.items i1"]);
  // nothing is there any more, and nothing is kept of anybody
  expect(await restore(house, "shop.items")).toMatchObject({ found: 0, restored: 0, exit: 0 });
  const { read } = house.context.state;
  const undos = await read.undos.ofBin();
  expect(undos).toHaveLength(4);
  for (const { request } of undos) expect(await read.sealed.exists(request)).toBe(false);
  expect(JSON.stringify(undos)).not.toMatch(/ann|p1|o1/u);
  const receipts = await read.journal.receipts(undos[1]?.id ?? "");
  expect(receipts).toMatchObject([{ status: "restored", matched: 2, affected: 2, gone: 2 }]);
});

test("the window decides: after it 3, of several those in it come back", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  binned(shop);
  expect(await codeOf(restore(onDay(shop.house, 7), "shop.people"))).toBe("WINDOW_CLOSED");
  const before = shop.dump();
  change(shop, "orders", "o2", { state: "trash", state_at: "2026-11-01" });
  const old = shop.dump()["shop.orders o2"];
  // its parent is in the bin still
  change(shop, "people", "p1", LIVE["people"] ?? {});
  expect(await restore(house, "shop.orders")).toMatchObject({ found: 2, restored: 1, too_late: 1, exit: 0 });
  expect(shop.dump()["shop.orders o2"]).toBe(old);
  expect(shop.dump()["shop.items i1"]).toBe(before["shop.items i1"]);
  const none = await openBin({ people: { ...RECORDS.people, restore_window: undefined } });
  await using __ = none.shop;
  binned(none.shop);
  expect(await codeOf(restore(none.house, "shop.people"))).toBe("WINDOW_CLOSED");
});

test("what an open request marked, or waits for the purge of, is that request's: 3, and undo is the way", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  change(shop, "orders", "o1", { state: "bin", state_at: "2026-11-19" });
  const id = await hidden(house, ANN);
  const before = shop.dump();
  for (const record of ["shop.people", "shop.orders", "shop.items"]) {
    const refused: unknown = await restore(house, record).catch((error: unknown) => error);
    expect(refused, record).toMatchObject({ code: "STILL_OPEN", help: expect.stringContaining(id) });
  }
  expect(shop.dump()).toEqual(before);
  await undoRequest(house.context, id, { skipConflicts: false, records: ["shop.people"] });
  expect(JSON.parse(shop.dump()["shop.people p1"] ?? "")).toMatchObject(LIVE["people"] ?? {});
});

test("by whichever record type over the same table a request marked it, it is that request's", async () => {
  const one = {
    do: "soft-delete",
    fields: undefined,
    soft_delete: { flag: "hidden", deleted_when: "yes", restore_as: "no" },
    restore_window: "5 days",
    purge_after: "1 month",
  };
  const { shop, house } = await openBin({
    tickets: one,
    ledger: { table: "tickets", match: { email: "email" }, ...one },
  });
  await using _ = shop;
  for (const id of ["t1", "t2", "t9"]) change(shop, "tickets", id, { hidden: "no" });
  const id = await hidden(house, ANN);
  const before = shop.dump();
  expect(JSON.parse(before["shop.tickets t1"] ?? "")).toMatchObject({ hidden: "yes" });
  for (const record of ["shop.tickets", "shop.ledger"]) {
    const refused: unknown = await restore(house, record).catch((error: unknown) => error);
    expect(refused, record).toMatchObject({ code: "STILL_OPEN", help: expect.stringContaining(id) });
  }
  expect(shop.dump()).toEqual(before);
});

test("a legal hold keeps its records by whichever record type over the same table they are asked for", async () => {
  const one = {
    do: "soft-delete",
    fields: undefined,
    soft_delete: { flag: "hidden", deleted_when: "yes", restore_as: "no" },
    restore_window: "5 days",
    purge_after: "1 month",
  };
  for (const held of ["shop.tickets", "shop.ledger"]) {
    const { shop, house } = await openBin({
      tickets: one,
      ledger: { table: "tickets", match: { email: "email" }, ...one },
    });
    await using _ = shop;
    for (const id of ["t1", "t2"]) change(shop, "tickets", id, { hidden: "yes" });
    const { context, workspace } = house;
    await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
      case: "claim over a parcel",
      by: "legal department",
      records: [held],
    });
    const before = shop.dump();
    for (const record of ["shop.tickets", "shop.ledger"])
      expect(await codeOf(restore(house, record)), `${record} under a hold of ${held}`).toBe("HELD");
    expect(shop.dump()).toEqual(before);
  }
});

test("what a legal hold covers stays: 3, HELD; so does all of it where a parent is hidden or restore_as is missing", async () => {
  const { shop, house } = await openBin({
    items: { ...RECORDS.items, soft_delete: { flag: "hidden", deleted_when: "yes" } },
  });
  await using _ = shop;
  binned(shop);
  const before = shop.dump();
  const refused: unknown = await restore(house, "shop.orders").catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "RESTORE_CONFLICT",
    details: [{ system: "shop", record: "orders", count: 2, constraint: "orders_person_fkey" }],
  });
  expect(await codeOf(restore(house, "shop.items"))).toBe("FIELD_REFUSED");
  await addHold(
    house.context,
    readSubjects(JSON.stringify([ANN]), house.context.map.identities),
    house.workspace.pseudonym,
    {
      case: "claim over a parcel",
      by: "legal department",
      records: ["shop.people"],
    },
  );
  expect(await codeOf(restore(house, "shop.people"))).toBe("HELD");
  expect(await codeOf(restore(house, "shop.people", { email: "nobody@shop.example" }))).toBe("nothing was thrown");
  expect(shop.dump()).toEqual(before);
  expect((await house.context.state.read.undos.ofBin()).every(({ result }) => result !== undefined)).toBe(true);
});

test("killed at any point, the same command comes to the same end with one receipt", async () => {
  for (const point of [
    "saved_begin_undo",
    "intent_written",
    "effect_begin",
    "effect_half",
    "effect_done",
    "reread",
    "saved_attest",
    "saving_undo",
  ]) {
    const { shop, house } = await openBin();
    await using _ = shop;
    const live = shop.dump();
    binned(shop);
    change(shop, "people", "p1", LIVE["people"] ?? {});
    const dying = house.as({
      at: (now) => {
        if (now === point) throw new Error(`killed at ${point}`);
      },
    });
    await expect(restore(dying, "shop.orders"), point).rejects.toThrow();
    expect(await restore(house, "shop.orders"), point).toMatchObject({ found: 2, restored: 2, hidden: 0, exit: 0 });
    expect(shop.dump()["shop.orders o1"], point).toBe(live["shop.orders o1"]);
    const { read } = house.context.state;
    const [undo, ...more] = (await read.undos.ofBin()).filter(({ units }) => units.length > 0);
    expect([more, await read.journal.attempts(undo?.id ?? "")], point).toMatchObject([[], [{ gone: 2, attempt: 1 }]]);
    expect(await read.sealed.exists(undo?.request ?? "")).toBe(false);
  }
});

test("whoever does not confirm has changed nothing, and a hold on the way of looking is no end of it", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  binned(shop);
  const before = shop.dump();
  const no = async () => await Promise.reject(new Error("no"));
  await expect(restore(house, "shop.people", ANN, no)).rejects.toThrow("no");
  expect(shop.dump()).toEqual(before);
  expect(await restore(house, "shop.people")).toMatchObject({ restored: 1 });
});

test("bin purge makes a plan that somebody else must approve, and then goes the one way; others' records stay", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  binned(shop);
  const before = shop.dump();
  const purge = async (record: string, reason = "asked for by the person", subject: object = ANN) =>
    await binPurge(house.context, {
      record,
      subjects: readSubjects(JSON.stringify(subject), house.context.map.identities),
      reason,
      confirm: async () => {},
    });
  expect(await codeOf(purge("shop.items", "for ann@shop.example"))).toBe("IDENTIFIER_IN_ARGUMENTS");
  expect(await codeOf(purge("shop.items", "no longer needed", { email: "cay@shop.example" }))).toBe(
    "NOTHING_TO_APPROVE",
  );
  // what references them is in the bin itself, and goes on its own day: so do they
  expect((await purge("shop.people")).steps).toMatchObject([{ found: 1, act: 0, waiting: 1 }]);
  const plan = await purge("shop.items");
  expect(plan.steps).toMatchObject([{ record: "items", because: "purge", found: 1, act: 1 }]);
  const id = plan.request;
  expect(id).toMatch(/^D-/u);
  // one person may do both here, but not this
  await expect(house.run(id)).rejects.toMatchObject({ code: "NOT_APPROVED" });
  await expect(approveRequest(house.context, id, {})).rejects.toMatchObject({ code: "FOUR_EYES" });
  // nor does a night's due work take it back
  await house.planDue();
  expect((await house.plan(id)).steps).toMatchObject([{ found: 1, act: 1 }]);
  await house.approve(id);
  expect(shop.dump()).toEqual(before);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  const after = shop.dump();
  expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(["shop.items i1"]);
  expect(after["shop.items i1"]).toBeUndefined();
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
  const { entries } = await house.context.ledger.entriesOf(id);
  expect(entries.map(({ core }) => core).find((core) => core["type"] === "decision")).toMatchObject({
    early: expect.stringMatching(/^[0-9a-f]{64}$/u),
  });
  expect(JSON.stringify(entries)).not.toContain("asked for");
});

test("what a request marked goes early too, and the request closes; what is not marked any more is not taken", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  change(shop, "orders", "o1", { state: "bin", state_at: "2026-11-19" });
  const request = await hidden(house, ANN);
  const purge = async (record: string) =>
    await binPurge(house.context, {
      record,
      subjects: readSubjects(JSON.stringify(ANN), house.context.map.identities),
      reason: "asked for by the person",
      confirm: async () => {},
    });
  const stale = (await purge("shop.items")).request;
  await house.approve(stale);
  change(shop, "items", "i1", { hidden: "no" });
  await expect(house.run(stale)).rejects.toMatchObject({ code: "PLAN_STALE" });
  change(shop, "items", "i1", { hidden: "yes" });
  await house.plan(stale);
  for (const record of ["shop.items", "shop.orders", "shop.people"]) {
    const id = record === "shop.items" ? stale : (await purge(record)).request;
    await house.approve(id);
    expect(await house.run(id), record).toMatchObject({ exit: 0 });
    await house.verify(id);
  }
  for (const name of ["shop.people p1", "shop.orders o1", "shop.orders o2", "shop.items i1"])
    expect(shop.dump()[name], name).toBeUndefined();
  expect(await house.verify(request)).toMatchObject({ exit: 0, state: "closed" });
});

test("a look after a purge offers to bring back only what is there still", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  const request = await hidden(house, ANN);
  const { read } = house.context.state;
  const zone = house.context.map.controller.calendar.timezone;
  const seen = async () =>
    (await windowsSeen(read, request, zone, (await house.verify(request)).checks)).map(({ record }) => record);
  expect(await seen()).toEqual((await windowsOf(read, request, zone)).map(({ record }) => record));
  expect(await seen()).toContain("shop.items");
  const { request: purge } = await binPurge(house.context, {
    record: "shop.items",
    subjects: readSubjects(JSON.stringify(ANN), house.context.map.identities),
    reason: "asked for by the person",
    confirm: async () => {},
  });
  await house.approve(purge);
  expect(await house.run(purge)).toMatchObject({ exit: 0 });
  expect(shop.dump()["shop.items i1"]).toBeUndefined();
  expect(await seen()).toEqual(["shop.people", "shop.orders"]);
});

test("an approved purge that was cut short before anything was done is taken back in its own words, and four eyes cannot be set aside", async () => {
  const { shop, house } = await openBin();
  await using _ = shop;
  binned(shop);
  const { request: id } = await binPurge(house.context, {
    record: "shop.items",
    subjects: readSubjects(JSON.stringify(ANN), house.context.map.identities),
    reason: "asked for by the person",
    confirm: async () => {},
  });
  await expect(approveRequest(house.context, id, {})).rejects.toMatchObject({
    code: "FOUR_EYES",
    help: expect.not.stringContaining("four_eyes: false"),
  });
  await house.approve(id);
  expect(await takeBackUndone(house.context, id)).toBe(true);
  expect(await house.context.state.read.requests.get(id)).toMatchObject({
    state: "cancelled",
    reason: expect.stringMatching(/^it was cut short before anything was done/u),
  });
});
