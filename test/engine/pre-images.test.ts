/** What a request removed or changed is put back byte for byte while its window lasts, and nothing else is. */
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { readSubjects } from "../../src/planner/subjects.ts";
import { summarise } from "../../src/reports/summary.ts";
import { board } from "../../src/requests/board.ts";
import { addHold, releaseHold } from "../../src/requests/legal-holds.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { runDue } from "../../src/requests/run-due.ts";
import { type UndoOptions, undoRequest } from "../../src/requests/undo-request.ts";
import { fill, put, type Row } from "../support/memory/database.ts";
import type { House } from "../support/memory/house.ts";
import { after, ANN, onDay, openShop, type Shop, WINDOW } from "./shop.ts";

const RECORDS = {
  people: WINDOW,
  orders: { ...WINDOW, hold: undefined },
  items: WINDOW,
  tickets: WINDOW,
};
const OPEN = { approval: { required: true, four_eyes: false }, settle: "0 seconds" };
const LAST = "2026-11-28";
const change = (shop: Shop, table: string, id: string, more: Row): void =>
  put(shop.shop, table, id, { ...shop.shop.tables.get(table)?.get(id), ...more });
const GONE = [
  "shop.people p1",
  "shop.orders o1",
  "shop.orders o2",
  "shop.items i1",
  "shop.items i2",
  "shop.items i3",
  "copy.people c1",
];

async function erased(
  records: Readonly<Record<string, object>> = RECORDS,
  before: (shop: Shop) => void = () => {},
  map: object = OPEN,
) {
  const shop = await openShop(map, records);
  before(shop);
  const live = shop.dump();
  const house = onDay(shop.house, 0);
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  await house.approve(id);
  const run = await house.run(id);
  return { shop, id, live, plan, run, house };
}
const undo = async (house: House, id: string, options: Partial<UndoOptions> = {}) =>
  await undoRequest(house.context, id, { skipConflicts: false, ...options });
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
/** Plans of which the ledger says that nothing can be brought back any more. */
const destroyed = async (house: House, id: string): Promise<readonly unknown[]> =>
  (await house.workspace.ledger.entriesOf(id)).entries.flatMap(({ core }) =>
    core["type"] === "undo.destroyed" ? [core["plan"]] : [],
  );

test("plan, run, verification and board say until when it can be brought back; nothing calls it gone", async () => {
  const { shop, id, plan, run, live, house } = await erased();
  await using _ = shop;
  expect(shop.dump()).toEqual(
    after(live, GONE, {
      "shop.tickets t1": { ...JSON.parse(live["shop.tickets t1"] ?? ""), text: null },
      "shop.tickets t2": { ...JSON.parse(live["shop.tickets t2"] ?? ""), text: null },
    }),
  );
  expect(
    plan.steps.map(({ system, record, status, reason, until, restorable }) => [
      system,
      record,
      status,
      reason,
      until,
      restorable,
    ]),
  ).toEqual([
    ["shop", "people", "residue", "undo", LAST, { count: 1, until: LAST }],
    ["shop", "orders", "residue", "undo", LAST, { count: 2, until: LAST }],
    ["shop", "items", "residue", "undo", LAST, { count: 3, until: LAST }],
    ["shop", "tickets", "residue", "undo", LAST, { count: 2, until: LAST }],
    // its record type has no window
    ["copy", "people", "deleted", undefined, undefined, undefined],
  ]);
  expect(plan.residue).toEqual([{ system: "shop", mechanism: "undo", gone_by: LAST }]);
  expect(run).toMatchObject({ exit: 0, state: "waiting" });
  expect(run.steps.map(({ record, status, gone, until }) => [record, status, gone, until])).toEqual([
    ["people", "residue", 1, LAST],
    ["orders", "residue", 2, LAST],
    ["items", "residue", 3, LAST],
    ["tickets", "residue", 2, LAST],
    ["people", "deleted", 1, undefined],
  ]);
  expect(run.residue).toEqual([{ system: "shop", record: null, mechanism: "undo", gone_by: LAST }]);
  const verified = await house.verify(id);
  expect(verified).toMatchObject({ exit: 0, state: "waiting", residual: 0 });
  const { read } = house.context.state;
  expect((await board(read, "2026-11-21"))[0]?.waiting_for).toContain(LAST);
  expect(await openThings(read, await read.requests.get(id))).toContain(
    `shop.orders: 2 can still be brought back, until ${LAST}`,
  );
});

test("everything is back as it was, keys and references included; what has no window stays gone", async () => {
  const { shop, id, live } = await erased();
  await using _ = shop;
  const undone = await undo(onDay(shop.house, 7), id, { reason: "the wrong person" });
  expect(undone).toMatchObject({ exit: 0, state: "identity_confirmed" });
  expect(
    undone.steps
      .map(({ record, status, restored, hidden }) => [record, status, restored, hidden])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ["items", "restored", 3, 0],
    ["orders", "restored", 2, 0],
    ["people", "restored", 1, 0],
    ["tickets", "restored", 2, 0],
  ]);
  expect(shop.dump()).toEqual(after(live, ["copy.people c1"]));
  const { read } = shop.house.context.state;
  expect(await read.images.steps(id)).toEqual([]);
  // asked again, it is erased again
  const house = onDay(shop.house, 7);
  await house.plan(id);
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "waiting" });
  expect(shop.dump()["shop.people p1"]).toBeUndefined();
});

test("when the window has ended nothing comes back; a verification destroys what was kept, says so and closes", async () => {
  const { shop, id, house } = await erased();
  await using _ = shop;
  const late = onDay(shop.house, 8);
  expect(await codeOf(undo(late, id))).toBe("WINDOW_CLOSED");
  const { read } = house.context.state;
  expect(await read.images.steps(id)).toHaveLength(4);
  expect(await late.verify(id)).toMatchObject({ exit: 0, state: "closed" });
  expect(await read.images.steps(id)).toEqual([]);
  expect(await destroyed(house, id)).toEqual(["P-0001"]);
});

test("due work on a timer destroys what was kept when its window has ended, and no day sooner", async () => {
  const { shop, id, house } = await erased();
  await using _ = shop;
  await onDay(shop.house, 1).verify(id);
  const { read } = house.context.state;
  const due = async (day: number) => await runDue(onDay(shop.house, day).context, { concurrency: 1, emit: () => {} });
  expect(await due(7)).toMatchObject({ plans: [] });
  expect(await read.images.steps(id)).toHaveLength(4);
  expect(await due(8)).toMatchObject({ exit: 0, plans: [{ request: id, state: "closed" }] });
  expect(await read.images.steps(id)).toEqual([]);
  expect(await destroyed(house, id)).toEqual(["P-0001"]);
});

test("a legal hold keeps what was kept, and keeps it from coming back, until it ends", async () => {
  const { shop, id, house } = await erased();
  await using _ = shop;
  const { context, workspace } = house;
  const hold = await addHold(
    context,
    readSubjects(JSON.stringify([ANN]), context.map.identities),
    workspace.pseudonym,
    {
      case: "claim over a parcel",
      by: "legal department",
      records: ["shop.orders"],
    },
  );
  const before = shop.dump();
  await expect(undo(house, id)).rejects.toMatchObject({
    code: "HELD",
    details: [{ system: "shop", record: "orders", count: 2, constraint: "legal_hold" }, { record: "items" }],
  });
  expect(shop.dump()).toEqual(before);
  const late = onDay(shop.house, 8);
  expect(await late.verify(id)).toMatchObject({ state: "waiting" });
  const { read } = context.state;
  expect((await read.images.steps(id)).map(({ count }) => count)).toEqual([2]);
  expect(await destroyed(house, id)).toEqual([]);
  await releaseHold(late.context, hold.id, { reason: "settled", by: "legal department" });
  expect(await late.verify(id)).toMatchObject({ state: "closed" });
  expect(await read.images.steps(id)).toEqual([]);
  expect(await destroyed(house, id)).toEqual(["P-0001"]);
});

test("a legal hold keeps what was kept under the name of another record type over the same table", async () => {
  const one = { do: "erase", fields: undefined, ...WINDOW };
  for (const records of [["shop.tickets"], ["shop.ledger"]]) {
    const { shop, id, house } = await erased({
      ...RECORDS,
      tickets: one,
      ledger: { table: "tickets", match: { email: "email" }, ...one },
    });
    await using _ = shop;
    const { context, workspace } = house;
    await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
      case: "claim over a parcel",
      by: "legal department",
      records,
    });
    await expect(undo(house, id)).rejects.toMatchObject({ code: "HELD" });
    expect(await onDay(shop.house, 8).verify(id)).toMatchObject({ state: "waiting" });
    const { read } = context.state;
    expect((await read.images.steps(id)).map(({ count }) => count)).toEqual([2]);
  }
});

test("a key taken, a value taken, a parent gone, a record changed since: all is told, nothing touched; the rest comes back where asked for", async () => {
  const { shop, id, live } = await erased(RECORDS, (one) =>
    one.shop.uniques.push({ constraint: "people_email_key", table: "people", column: "email" }),
  );
  await using _ = shop;
  // she registered anew
  put(shop.shop, "people", "p77", { id: "p77", email: ANN.email, name: "ann anew" });
  change(shop, "tickets", "t1", { text: "written since" });
  // a column that the run did not change is nobody's conflict
  change(shop, "tickets", "t2", { email: "new@shop.example" });
  const gone = shop.dump();
  const house = onDay(shop.house, 1);
  const refused: unknown = await undo(house, id).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "RESTORE_CONFLICT" });
  expect(refused instanceof Failure ? new Set(JSON.parse(JSON.stringify(refused.details))) : refused).toEqual(
    new Set([
      { system: "shop", record: "items", count: 3, constraint: "items_order_fkey" },
      { system: "shop", record: "orders", count: 2, constraint: "orders_person_fkey" },
      { system: "shop", record: "people", count: 1, constraint: "people_email_key" },
      { system: "shop", record: "tickets", count: 1, constraint: "changed" },
    ]),
  );
  expect(shop.dump()).toEqual(gone);
  const rest = await undo(house, id, { skipConflicts: true });
  expect(rest).toMatchObject({ exit: 5, state: "waiting" });
  expect(shop.dump()).toEqual({
    ...gone,
    "shop.tickets t2": JSON.stringify({ ...JSON.parse(live["shop.tickets t2"] ?? ""), email: "new@shop.example" }),
  });
  // what stayed is kept still, and comes back when its way is free
  shop.shop.tables.get("people")?.delete("p77");
  const again = await undo(house, id, { skipConflicts: true });
  expect(
    again.steps
      .map(({ record, restored }) => [record, restored])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ["items", 3],
    ["orders", 2],
    ["people", 1],
    ["tickets", 0],
  ]);
});

test("what cascades took and what lost its reference comes back with its record", async () => {
  const map = { ...OPEN, map: { ignore: ["shop.notes", "shop.visits"] } };
  const prepare = (one: Shop): void => {
    one.shop.foreignKeys.push(
      {
        constraint: "notes_person_fkey",
        child: "notes",
        childColumn: "person",
        parent: "people",
        parentColumn: "id",
        onDelete: "cascade",
      },
      {
        constraint: "visits_person_fkey",
        child: "visits",
        childColumn: "person",
        parent: "people",
        parentColumn: "id",
        onDelete: "set_null",
      },
    );
    fill(one.shop, "notes", [
      { id: "n1", person: "p1", text: "a note" },
      { id: "n9", person: "p9", text: "another" },
    ]);
    fill(one.shop, "visits", [
      { id: "v1", person: "p1" },
      { id: "v9", person: "p9" },
    ]);
  };
  const { shop, id, live } = await erased(RECORDS, prepare, map);
  await using _ = shop;
  expect(shop.dump()["shop.notes n1"]).toBeUndefined();
  expect(shop.dump()["shop.visits v1"]).toBe('{"id":"v1","person":null}');
  expect(await undo(onDay(shop.house, 1), id)).toMatchObject({ exit: 0 });
  expect(shop.dump()).toEqual(after(live, ["copy.people c1"]));
});

test("a plan that would keep more than limits.image_bytes is refused: 3", async () => {
  await using shop = await openShop({ ...OPEN, limits: { image_bytes: 100 } }, RECORDS);
  const id = await shop.house.open(ANN);
  await expect(shop.house.plan(id)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", exit: 3 });
  expect((await shop.house.context.state.read.requests.get(id)).plan).toBeUndefined();
});

test("a later plan of the same request leaves what was kept where it can be given back", async () => {
  const { shop, id, live, house } = await erased();
  await using _ = shop;
  put(shop.shop, "tickets", "t5", { id: "t5", email: ANN.email, text: "asks once more" });
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  expect(await undo(onDay(shop.house, 1), id)).toMatchObject({ exit: 0 });
  expect(shop.dump()).toEqual({
    ...after(live, ["copy.people c1"]),
    "shop.tickets t5": JSON.stringify({ id: "t5", email: ANN.email, text: "asks once more" }),
  });
});

test("a due purge keeps nothing to be brought back", async () => {
  const { shop, house } = await erased(
    {
      ...RECORDS,
      tickets: {
        do: "erase",
        fields: {},
        soft_delete: { timestamp: "deleted_at" },
        purge_after: "14 days",
        restore_window: "7 days",
      },
    },
    (one) => change(one, "tickets", "t9", { deleted_at: "2026-01-01" }),
  );
  await using _ = shop;
  const late = onDay(shop.house, 0);
  const plan = await late.planDue();
  expect(plan.steps.map(({ record, act, restorable }) => [record, act, restorable])).toContainEqual([
    "tickets",
    1,
    undefined,
  ]);
  await late.approve(plan.request);
  await late.run(plan.request);
  expect(shop.dump()["shop.tickets t9"]).toBeUndefined();
  expect(await house.context.state.read.images.steps(plan.request)).toEqual([]);
});

test("the report calls nothing erased that can come back, says until when, and what came back; afterwards it does", async () => {
  const { shop, id, house } = await erased();
  await using _ = shop;
  const summary = async () => summarise((await house.workspace.ledger.entriesOf(id)).entries.map(({ core }) => core));
  await house.verify(id);
  const open = await summary();
  expect(open.sentence).toContain(
    `8 records erased or changed that can still be brought back until ${LAST} at the latest`,
  );
  expect(open.residue).toContainEqual({ system: "shop", mechanism: "undo", gone_by: LAST });
  expect(open.systems.find(({ record }) => record === "orders")).toMatchObject({ status: "residue", restorable: 2 });
  change(shop, "tickets", "t1", { text: "written since" });
  await undo(onDay(shop.house, 1), id, { skipConflicts: true });
  expect((await summary()).sentence).toContain("7 records erased or changed and brought back");
  await onDay(shop.house, 8).verify(id);
  const closed = await summary();
  expect(closed.sentence).not.toContain("can still be brought back");
  expect(closed.residue.filter(({ mechanism }) => mechanism === "undo")).toEqual([]);
});
