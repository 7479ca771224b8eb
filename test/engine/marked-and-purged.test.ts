/** What a request hid goes for good on its day, by a plan of due work, and then the request closes. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { board, nextStep } from "../../src/requests/board.ts";
import { addHold, releaseHold } from "../../src/requests/legal-holds.ts";
import { stopRequest } from "../../src/requests/end-request.ts";
import { nextOf, tellOf } from "../../src/requests/request-json.ts";
import { undoRequest } from "../../src/requests/undo-request.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { memoryDatabase, put, type Row } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

const DAY = 86_400_000;
const BEGUN = Date.parse("2026-11-21T10:00:00.000Z");
const ANN = "ann@shop.example";

const MARKERS: Readonly<Record<string, { readonly soft_delete: object; readonly live: Row }>> = {
  dated: { soft_delete: { timestamp: "deleted_at" }, live: { deleted_at: null } },
  flagged: { soft_delete: { flag: "hidden", deleted_when: "yes" }, live: { hidden: "no" } },
  stated: { soft_delete: { status: "state", deleted_when: ["trash"], since: "at" }, live: { state: "on", at: null } },
};

async function hidden(live: Row, softDelete: object, more: object = {}) {
  const row = (id: string, email: string): Row => ({ id, email, ...live });
  const shop = memoryDatabase({ people: [row("1", ANN), row("2", "bob@shop.example"), row("3", ANN)] });
  const house = await openHouse({
    map: {
      settle: "0 days",
      systems: {
        shop: {
          kind: "memory",
          records: {
            people: {
              match: { email: "email" },
              do: "soft-delete",
              soft_delete: softDelete,
              purge_after: "14 days",
              ...more,
            },
          },
        },
      },
    },
    databases: { shop },
  });
  const on = (day: number): House => house.as({ now: () => new Date(BEGUN + day * DAY) });
  const first = on(0);
  const id = await first.open({ email: ANN });
  await first.plan(id);
  await first.approve(id);
  const run = await first.run(id);
  expect(run).toMatchObject({ exit: 0, state: "waiting" });
  expect(await first.verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  const rows = () => [...(shop.tables.get("people") ?? [])].map(([key]) => key);
  return { house, shop, on, id, rows };
}

test.for(Object.entries(MARKERS))("%s: not a day before, then for good, and the request closes", async ([, marker]) => {
  const { house, on, id, rows } = await hidden(marker.live, marker.soft_delete);
  await using _ = house;
  const early = await on(13).planDue();
  expect(early.totals).toMatchObject({ erase: 0, wait: 0 });
  const late = on(14);
  const due = await late.planDue();
  expect(due.steps).toMatchObject([{ because: "purge", found: 2, act: 2, status: "deleted" }]);
  await late.approve(due.request);
  expect((await late.run(due.request)).exit).toBe(0);
  expect(await late.verify(due.request)).toMatchObject({ exit: 0, state: "closed" });
  expect(rows()).toEqual(["2"]);
  expect(await late.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test.for(["yes", "no"])(
  "a key that was given to somebody else since the marking is none of the request's: %s",
  async (theirs) => {
    const { house, shop, on, id, rows } = await hidden({ hidden: "no" }, { flag: "hidden", deleted_when: "yes" });
    await using _ = house;
    put(shop, "people", "1", { id: "1", email: "cay@shop.example", hidden: theirs });
    const late = on(20);
    const due = await late.planDue();
    expect(due.steps).toMatchObject([{ found: 2, act: 1, waiting: 1, reason: "pointer_reused" }]);
    await late.approve(due.request);
    await late.run(due.request);
    expect(rows()).toEqual(["1", "2"]);
    // what stands there now is nothing to wait for
    expect(await late.verify(id)).toMatchObject({ exit: 0, state: "closed", residual: 0 });
  },
);

test("what was given back, or brought to life by somebody else, does not go", async () => {
  const { house, shop, on, rows } = await hidden({ hidden: "no" }, { flag: "hidden", deleted_when: "yes" });
  await using _ = house;
  put(shop, "people", "1", { id: "1", email: ANN, hidden: "no" });
  const late = on(20);
  const due = await late.planDue();
  expect(due.steps[0]?.act).toBe(1);
  await late.approve(due.request);
  await late.run(due.request);
  expect(rows()).toEqual(["1", "2"]);
});

test("what is anonymised on its day stays as a row, and is waited for no more", async () => {
  const anonymise = { purge: "anonymise", fields: { email: "clear" } };
  const { house, shop, on, id } = await hidden({ deleted_at: null }, { timestamp: "deleted_at" }, anonymise);
  await using _ = house;
  const late = on(14);
  const due = await late.planDue();
  expect(due.steps).toMatchObject([{ because: "purge", act: 2, status: "anonymised" }]);
  await late.approve(due.request);
  expect((await late.run(due.request)).exit).toBe(0);
  expect([...(shop.tables.get("people") ?? [])].map(([, row]) => row["email"])).toEqual([
    null,
    "bob@shop.example",
    null,
  ]);
  expect(await late.verify(id)).toMatchObject({ exit: 0, state: "closed" });
});

test.for(Object.entries(MARKERS))(
  "%s: a new plan of the request itself keeps nothing from the purge of what it marked",
  async ([, marker]) => {
    const { house, on, id, rows } = await hidden(marker.live, marker.soft_delete);
    await using _ = house;
    const late = on(14);
    expect((await late.plan(id)).totals).toMatchObject({ erase: 0, change: 0, wait: 2 });
    const due = await late.planDue();
    expect(due.steps).toMatchObject([{ because: "purge", found: 2, act: 2, status: "deleted" }]);
    await late.approve(due.request);
    expect((await late.run(due.request)).exit).toBe(0);
    expect(rows()).toEqual(["2"]);
  },
);

test("under a legal hold the board and the request name its case, and no day on which the hidden records go", async () => {
  const { house, on, id } = await hidden({ deleted_at: null }, { timestamp: "deleted_at" });
  await using _ = house;
  const { read } = house.context.state;
  const told = async (today: string) => {
    const request = await read.requests.get(id);
    const [item] = await board(read, today);
    const [page] = await board(read, today, "ids");
    return { ...(await nextStep(read, request, today)), item, page, open: await openThings(read, request) };
  };
  expect((await told("2026-11-25")).item?.waiting_for).toContain("2026-12-05");
  const { context, workspace } = on(1);
  const how = { case: "claim over a parcel", by: "legal department", records: [] };
  const hold = await addHold(
    context,
    readSubjects(JSON.stringify([{ email: ANN }]), context.map.identities),
    workspace.pseudonym,
    how,
  );
  for (const today of ["2026-11-25", "2026-12-20"]) {
    const { waiting_for, next, item, page, open } = await told(today);
    expect([waiting_for, next]).toEqual([`the end of a legal hold: claim over a parcel (${hold.id})`, null]);
    expect(item?.waiting_for).toBe(waiting_for);
    expect(page?.waiting_for).toBe(`the end of a legal hold: ${hold.id}`);
    expect(open).toEqual([
      `shop.people: 2 marked as deleted, and under a legal hold: claim over a parcel (${hold.id})`,
    ]);
  }
  await releaseHold(on(20).context, hold.id, { reason: "settled", by: "legal department" });
  expect(await told("2026-12-20")).toMatchObject({
    waiting_for: "due work: since 2026-12-05 the hidden records may go for good",
    next: "expunge plan --due",
  });
});

test("where due work on the hidden records is planned or approved already, the next step is its own", async () => {
  const { house, on, id } = await hidden({ deleted_at: null }, { timestamp: "deleted_at" });
  await using _ = house;
  const { read } = house.context.state;
  const told = async () => await nextStep(read, await read.requests.get(id), "2026-12-10");
  expect((await told()).next).toBe("expunge plan --due");
  const late = on(19);
  const { request } = await late.planDue();
  expect(await told()).toEqual({
    waiting_for: `${request}, by which the hidden records go for good`,
    next: `expunge approve ${request}`,
  });
  await late.approve(request);
  expect((await told()).next).toBe(`expunge run ${request}`);
  await late.run(request);
  expect((await told()).next).toBe(`expunge verify ${request}`);
  await late.verify(request);
  expect((await told()).next).toBe(`expunge verify ${id}`);
});

test("board and request say until when undo works, and no day that has passed", async () => {
  const { house, id } = await hidden({ deleted_at: null }, { timestamp: "deleted_at" }, { restore_window: "7 days" });
  await using _ = house;
  const { read } = house.context.state;
  const told = async (today: string) => {
    const request = await read.requests.get(id);
    return { ...(await tellOf(read, request, today)), item: (await board(read, today))[0] };
  };
  const { restorable, item, ...more } = await told("2026-11-28");
  expect(restorable).toEqual([{ record: "shop.people", count: 2, until: "2026-11-28" }]);
  expect(item).toMatchObject({ undo_until: "2026-11-28" });
  const screen = requestScreen(await read.requests.get(id), { ...more, restorable, plain: true });
  expect(screen).toContain(`Can be brought back, with expunge undo ${id}\n  shop.people  2  until Sat 28 Nov 2026`);
  expect(screen).toContain("to go for good on Sat 5 Dec 2026");
  const late = await told("2026-11-29");
  expect([late.restorable, Object.hasOwn(late.item ?? {}, "undo_until")]).toEqual([[], false]);
});

test("after an undo the next step is named by which a person stays who changed their mind", async () => {
  const { house, on, id } = await hidden(
    { deleted_at: null },
    { timestamp: "deleted_at" },
    { restore_window: "7 days" },
  );
  await using _ = house;
  const { read } = house.context.state;
  const next = async () => nextOf(await nextStep(read, await read.requests.get(id), "2026-11-22")).join("\n");
  expect(await next()).not.toContain("--except");
  await undoRequest(on(1).context, id, { skipConflicts: false });
  expect(await next()).toContain(`expunge plan ${id} --show-records   # and --except HANDLE`);
  await on(1).plan(id);
  const stop = async (ending: "refused" | "cancelled"): Promise<unknown> =>
    await stopRequest(on(1).context, id, ending, { reason: "changed her mind", timezone: "Europe/Berlin" }).catch(
      (error: unknown) => error,
    );
  expect(await stop("refused")).toMatchObject({
    code: "STILL_OPEN",
    help: expect.stringMatching(/--except HANDLE.*request cancel/su),
  });
  expect(await stop("cancelled")).toMatchObject({ state: "cancelled" });
});
