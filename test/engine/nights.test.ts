/** What stands in the way for long is tried again every night, as the one due work that it is. */
import { expect, test } from "vitest";
import { dueAsOf } from "../../src/requests/plan-due.ts";
import { runDue } from "../../src/requests/run-due.ts";
import { memoryDatabase, put } from "../support/memory/database.ts";
import { openHouse } from "../support/memory/house.ts";

const row = (id: string, seen: string, more: object = {}) => ({ id, email: `${id}@shop.example`, seen, ...more });

test("what is blocked for many nights is one due work, tried again and closed once it is free", async () => {
  const shop = memoryDatabase(
    { leads: [row("l1", "2020-01-01"), row("l2", "2020-01-01")], notes: [row("n1", "2026-11-01", { lead: "l1" })] },
    [
      {
        constraint: "notes_lead_fkey",
        child: "notes",
        childColumn: "lead",
        parent: "leads",
        parentColumn: "id",
        onDelete: "restrict",
      },
    ],
  );
  const of = { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } };
  await using house = await openHouse({
    map: {
      settle: "0 days",
      approval: { required: true, four_eyes: false, standing: [{ records: ["shop.leads"], up_to: 10 }] },
      systems: { shop: { kind: "memory", records: { leads: of, notes: of } } },
    },
    databases: { shop },
  });
  const night = async (day: string) =>
    await runDue({ ...house.context, now: () => new Date(`${day}T03:00:00Z`) }, { concurrency: 2, emit: () => {} });
  const ids = async () => (await house.context.state.read.requests.list()).map(({ id, state }) => `${id} ${state}`);
  for (const day of ["2026-11-30", "2026-12-01", "2026-12-02"]) {
    expect(await night(day)).toMatchObject({
      exit: 5,
      plans: [{ request: "D-2026-0001", state: "partly_done" }],
      why: [],
    });
    expect([...(shop.tables.get("leads") ?? [])].map(([key]) => key)).toEqual(["l1"]);
  }
  expect(await ids()).toEqual(["D-2026-0001 partly_done"]);
  put(shop, "notes", "n1", row("n1", "2026-11-01", { lead: null }));
  expect(await night("2026-12-03")).toMatchObject({ exit: 0, plans: [{ request: "D-2026-0001", state: "closed" }] });
  expect(shop.tables.get("leads")?.size).toBe(0);
  expect(await ids()).toEqual(["D-2026-0001 closed"]);
});

test("a look at a later day counts what an unapproved plan of due work has found: the next one takes that back", async () => {
  const shop = memoryDatabase({ leads: [row("l1", "2020-01-01"), row("l2", "2026-11-01")] });
  const leads = { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } };
  await using house = await openHouse({
    map: { systems: { shop: { kind: "memory", records: { leads } } } },
    databases: { shop },
  });
  const then = house.as({ now: () => new Date("2026-11-30T10:00:00Z") });
  const look = async () => (await dueAsOf(then.context, "2027-02-28", {})).totals;
  expect(await look()).toMatchObject({ erase: 2, wait: 0 });
  const { request } = await then.planDue();
  expect(await look()).toMatchObject({ erase: 2, wait: 0 });
  await then.approve(request);
  expect(await look()).toMatchObject({ erase: 1, wait: 1 });
});
