/** A legal hold keeps what a rule makes due as it keeps what a request wants erased. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { dueAsOf } from "../../src/requests/plan-due.ts";
import { addHold, type NewHold, releaseHold } from "../../src/requests/legal-holds.ts";
import { memoryDatabase } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

const NOW = new Date("2026-11-30T10:00:00Z");

async function leads(): Promise<{ readonly house: House; rows(): readonly string[] } & AsyncDisposable> {
  const lead = (id: string, seen: string) => ({ id, email: `${id}@shop.example`, seen });
  const shop = memoryDatabase({
    leads: [lead("ann", "2026-01-01"), lead("bob", "2026-01-01"), lead("cay", "2026-11-01")],
  });
  const house = await openHouse({
    map: {
      settle: "0 days",
      systems: {
        shop: {
          kind: "memory",
          records: {
            leads: { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } },
          },
        },
      },
    },
    databases: { shop },
  });
  return {
    house: house.as({ now: () => NOW }),
    rows: () => [...(shop.tables.get("leads") ?? [])].map(([id]) => id),
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}

async function hold(house: House, subjects: readonly object[], how: Partial<NewHold> = {}): Promise<string> {
  const { context, workspace } = house;
  const read = subjects.length === 0 ? [] : readSubjects(JSON.stringify(subjects), context.map.identities);
  const added = { case: "claim over a parcel", by: "legal department", records: [], ...how };
  return (await addHold(context, read, workspace.pseudonym, added)).id;
}

test("what a legal hold covers is kept and says which case; after its release it is due", async () => {
  await using office = await leads();
  const { house } = office;
  const id = await hold(house, [{ email: "ann@shop.example" }]);
  const plan = await house.planDue();
  expect(plan.steps).toMatchObject([{ found: 2, act: 1, kept: 1, reason: "legal_hold", holds: [id] }]);
  await house.approve(plan.request);
  expect((await house.run(plan.request)).exit).toBe(3);
  expect(office.rows()).toEqual(["ann", "cay"]);
  await releaseHold(house.context, id, { reason: "settled", by: "legal department" });
  const later = await house.planDue();
  expect(later.steps).toMatchObject([{ found: 1, act: 1 }]);
  await house.approve(later.request);
  expect((await house.run(later.request)).exit).toBe(0);
  expect(office.rows()).toEqual(["cay"]);
});

test("one that comes after the approval keeps its records in the run", async () => {
  await using office = await leads();
  const { house } = office;
  const plan = await house.planDue();
  expect(plan.steps).toMatchObject([{ act: 2 }]);
  await house.approve(plan.request);
  await hold(house, [{ email: "ann@shop.example" }]);
  expect((await house.run(plan.request)).exit).toBe(3);
  expect(office.rows()).toEqual(["ann", "cay"]);
});

test("one on the whole record type keeps all of it", async () => {
  await using office = await leads();
  const { house } = office;
  await hold(house, [], { records: ["shop.leads"] });
  const plan = await house.planDue();
  expect(plan.steps).toMatchObject([{ found: 2, act: 0, kept: 2, reason: "legal_hold" }]);
  expect(office.rows()).toEqual(["ann", "bob", "cay"]);
});

test("a look at a later day counts what a hold has let go by then, and not before", async () => {
  await using office = await leads();
  const { house } = office;
  await hold(house, [{ email: "ann@shop.example" }], { until: "2026-12-10" });
  const act = async (day: string) => (await dueAsOf(house.context, day, {})).steps.map((step) => step.act);
  expect(await act("2026-12-10")).toEqual([1]);
  expect(await act("2026-12-11")).toEqual([2]);
});
