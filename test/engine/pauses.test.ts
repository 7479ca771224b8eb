/** The time for an answer stands still while the person is asked who they are: in the state, on the board, in ledger and report. */
import { expect, test } from "vitest";
import { board } from "../../src/requests/board.ts";
import { stopRequest } from "../../src/requests/end-request.ts";
import { extendRequest } from "../../src/requests/extend-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import { summarise, type Summary } from "../../src/reports/summary.ts";
import { CAY, openShop, type Shop } from "./shop.ts";

type Result = "ok" | "more_needed" | "failed";

function under(regime: "eu" | "uk" | "ccpa"): object {
  return {
    controller: {
      name: "Harbour Tea Ltd",
      contact: "privacy@harbour.example",
      calendar: { timezone: "Europe/Berlin", regime, holidays: ["2026-10-15"] },
    },
  };
}

/** What a check of the identity on that day makes of the deadlines. */
async function check({ house }: Shop, id: string, day: string, result: Result): Promise<unknown> {
  const { context } = house.as({ now: () => new Date(`${day}T10:00:00Z`) });
  return (await recordIdentity(context, id, "letter", result)).due;
}

async function deadlineIn({ house }: Shop, id: string): Promise<Summary["deadline"]> {
  return summarise((await house.workspace.ledger.entriesOf(id)).entries.map(({ core }) => core)).deadline;
}

const received = { received: "2026-09-03", identity: false } as const;

test("days on which the person was asked who they are do not count, and the ledger says which", async () => {
  await using shop = await openShop(under("eu"));
  const id = await shop.house.open(CAY, received);
  const first = { nominal: "2026-10-03", legal: "2026-10-05", extended: "2026-12-03" };
  expect(await check(shop, id, "2026-09-07", "more_needed")).toEqual({
    ...first,
    pauses: [{ from: "2026-09-07", to: null }],
  });
  // asked again meanwhile: it is one pause
  expect(await check(shop, id, "2026-09-09", "more_needed")).toMatchObject({
    pauses: [{ from: "2026-09-07", to: null }],
  });
  const moved = {
    nominal: "2026-10-15",
    legal: "2026-10-16",
    extended: "2026-12-15",
    pauses: [{ from: "2026-09-07", to: "2026-09-19" }],
  };
  expect(await check(shop, id, "2026-09-19", "ok")).toEqual(moved);
  expect(await deadlineIn(shop, id)).toMatchObject({ ...moved, due: "2026-10-16" });
  const twice = { nominal: "2026-10-17", legal: "2026-10-19", extended: "2026-12-17" };
  expect(await check(shop, id, "2026-10-01", "more_needed")).toMatchObject({ legal: "2026-10-16" });
  expect(await check(shop, id, "2026-10-03", "failed")).toMatchObject(twice);
  const late = shop.house.as({ now: () => new Date("2026-10-19T10:00:00Z") }).context;
  await stopRequest(late, id, "refused", { reason: "identity_unconfirmed", timezone: "Europe/Berlin" });
  expect(await deadlineIn(shop, id)).toMatchObject({ ...twice, due: "2026-10-19", met: true });
});

test("while it stands still no day is lost on the board, and none is won when it began late", async () => {
  await using shop = await openShop(under("uk"));
  const id = await shop.house.open(CAY, received);
  const left = async (today: string): Promise<unknown> => (await board(shop.house.context.state.read, today))[0];
  await check(shop, id, "2026-10-01", "more_needed");
  expect(await left("2026-10-31")).toMatchObject({ due: "2026-10-05", days_left: 4, overdue: false });
  expect(await left("2026-10-31")).toMatchObject({ waiting_for: "data subject; the time for an answer stands still" });
  const other = await shop.house.open(CAY, received);
  expect(await check(shop, other, "2026-10-06", "more_needed")).not.toHaveProperty("pauses");
  expect(await check(shop, other, "2026-10-20", "ok")).toMatchObject({ legal: "2026-10-05" });
});

test("asked and answered on one day is no pause, and ccpa knows none", async () => {
  await using shop = await openShop(under("eu"));
  const id = await shop.house.open(CAY, received);
  await check(shop, id, "2026-09-07", "more_needed");
  expect(await check(shop, id, "2026-09-07", "ok")).toMatchObject({ legal: "2026-10-05", pauses: [] });
  await using ours = await openShop(under("ccpa"));
  const other = await ours.house.open(CAY, received);
  const before = (await ours.house.context.state.read.requests.get(other)).due;
  await check(ours, other, "2026-09-07", "more_needed");
  expect(await check(ours, other, "2026-09-17", "ok")).toEqual(before);
});

test("a request that ends while the time stands still is not late, however long nobody answered", async () => {
  await using shop = await openShop(under("eu"));
  const id = await shop.house.open(CAY, received);
  await check(shop, id, "2026-09-07", "more_needed");
  const late = shop.house.as({ now: () => new Date("2026-11-30T10:00:00Z") }).context;
  await stopRequest(late, id, "refused", { reason: "identity_unconfirmed", timezone: "Europe/Berlin" });
  expect(await deadlineIn(shop, id)).toMatchObject({ ended_on: "2026-11-30", due: "2026-10-05", met: true });
  const other = await shop.house.open(CAY, received);
  await check(shop, other, "2026-09-07", "more_needed");
  await check(shop, other, "2026-09-08", "failed");
  await stopRequest(late, other, "refused", { reason: "identity_unconfirmed", timezone: "Europe/Berlin" });
  expect(await deadlineIn(shop, other)).toMatchObject({ met: false });
});

test("the time can be extended while it stands still, and stands still after an extension too", async () => {
  await using shop = await openShop(under("eu"));
  const on = (day: string) => shop.house.as({ now: () => new Date(`${day}T10:00:00Z`) }).context;
  const id = await shop.house.open(CAY, received);
  await check(shop, id, "2026-09-07", "more_needed");
  expect((await extendRequest(on("2026-10-20"), id, { reason: "many" })).due).toMatchObject({
    extension: { reason: "many", notified_on: "2026-10-20" },
  });
  const other = await shop.house.open(CAY, received);
  await extendRequest(on("2026-09-20"), other, { reason: "complex" });
  const pause = { from: "2026-11-02", to: null };
  expect(await check(shop, other, "2026-11-02", "more_needed")).toMatchObject({ pauses: [pause] });
  expect(await check(shop, other, "2026-11-12", "ok")).toMatchObject({ extended: "2026-12-14" });
  expect(await deadlineIn(shop, other)).toMatchObject({ due: "2026-12-14" });
  // the extended day has passed: nothing stands still any more
  const third = await shop.house.open(CAY, received);
  await extendRequest(on("2026-09-20"), third, { reason: "complex" });
  expect(await check(shop, third, "2026-12-04", "more_needed")).not.toHaveProperty("pauses");
});
