/** What an open request kept and is free now is left to its own plan, and said wherever somebody looks. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { board } from "../../src/requests/board.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { dueAsOf } from "../../src/requests/plan-due.ts";
import { ANN, openShop } from "./shop.ts";

test("a plan of due work and the board name the request whose plan takes it, and only from the day on", async () => {
  await using shop = await openShop({ approval: { required: true, four_eyes: false }, settle: "0 seconds" });
  const { house } = shop;
  const { context, workspace } = house;
  await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
    case: "claim over a parcel",
    by: "legal department",
    records: ["shop.tickets"],
    until: "2027-06-30",
  });
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  expect((await house.run(id)).exit).toBe(3);
  await house.verify(id);
  const before = shop.dump();
  const told = async (day: string) => ({
    warnings: (await dueAsOf(context, day, {})).warnings.filter(({ code }) => code === "FREE_FOR_REQUEST"),
    waits: (await board(context.state.read, day))[0],
  });
  const held = await told("2027-06-30");
  expect(held.warnings).toEqual([]);
  expect(held.waits?.waiting_for).toContain("the end of a legal hold");
  const free = await told("2027-07-01");
  expect(free.warnings).toMatchObject([
    {
      record: "shop.tickets",
      message: expect.stringContaining(`2 that ${id} kept are free now`),
      help: `Plan it anew: expunge plan ${id}.`,
    },
  ]);
  expect(free.waits).toMatchObject({
    waiting_for: expect.stringContaining("2 records are free now"),
    next: `expunge plan ${id}`,
  });
  const then = house.as({ now: () => new Date("2027-07-01T10:00:00Z") });
  const { steps, totals, warnings } = await then.planDue();
  expect([totals.erase + totals.change, steps.every(({ act }) => act === 0)]).toEqual([0, true]);
  expect(warnings.map(({ code }) => code)).toContain("FREE_FOR_REQUEST");
  expect(shop.dump()).toEqual(before);
  // and its own plan does take it
  expect((await then.plan(id)).steps.find(({ record }) => record === "tickets")).toMatchObject({ act: 2, kept: 0 });
});
