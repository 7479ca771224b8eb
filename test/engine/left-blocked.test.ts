/** Due work that is blocked for good: a person ends it, no night opens it again, and once it is free it is due again. */
import { expect, test } from "vitest";
import { summarise } from "../../src/reports/summary.ts";
import { nextStep } from "../../src/requests/board.ts";
import { closeRequest } from "../../src/requests/end-request.ts";
import { leftLines } from "../../src/requests/left-blocked.ts";
import { runDue } from "../../src/requests/run-due.ts";
import { type ForeignKey, memoryDatabase, put } from "../support/memory/database.ts";
import { type Faults, faultySystem } from "../support/memory/faulty-system.ts";
import { openHouse } from "../support/memory/house.ts";

const row = (id: string, seen: string, more: object = {}) => ({ id, email: `${id}@shop.example`, seen, ...more });
const NOTES: ForeignKey = {
  constraint: "notes_lead_fkey",
  child: "notes",
  childColumn: "lead",
  parent: "leads",
  parentColumn: "id",
  onDelete: "restrict",
};
const LEADS = { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } };

/** l1 is referenced by a note that is not due; l2 by nothing. `standing`: without it every plan waits for a person. */
async function office(standing = true) {
  const shop = memoryDatabase(
    { leads: [row("l1", "2020-01-01"), row("l2", "2020-01-01")], notes: [row("n1", "2026-11-29", { lead: "l1" })] },
    [NOTES],
  );
  const faults = faultySystem();
  const house = await openHouse({
    map: {
      settle: "0 days",
      approval: {
        required: true,
        four_eyes: false,
        ...(standing ? { standing: [{ records: ["shop.leads"], up_to: 10 }] } : {}),
      },
      systems: { shop: { kind: "memory", records: { leads: LEADS, notes: LEADS } } },
    },
    databases: { shop },
    around: (system) => faults.around(system),
  });
  const on = (day: string) => house.as({ now: () => new Date(`${day}T03:00:00Z`) });
  const { read } = house.context.state;
  return {
    house,
    shop,
    on,
    set: (next: Faults) => faults.set(next),
    night: async (day: string) => await runDue(on(day).context, { concurrency: 2, emit: () => {} }),
    end: async (day: string, id: string, how: object = {}): Promise<unknown> =>
      await closeRequest(on(day).context, id, {
        reason: "the notes stay",
        acceptGaps: false,
        acceptBlocked: true,
        ...how,
      }).catch((error: unknown) => error),
    ids: async () => (await read.requests.list()).map(({ id, state }) => `${id} ${state}`),
    leads: () => [...(shop.tables.get("leads") ?? [])].map(([key]) => key),
    read,
  };
}

test("it ends with a reason, no later night opens another for the same rows, and a freed row goes", async () => {
  const one = await office();
  await using _ = one.house;
  expect((await one.night("2026-11-30")).exit).toBe(5);
  expect(one.leads()).toEqual(["l1"]);
  const open = await one.read.requests.get("D-2026-0001");
  expect((await nextStep(one.read, open)).otherwise).toEqual(["expunge request close D-2026-0001 --accept-blocked"]);
  expect(await one.end("2026-11-30", open.id, { acceptBlocked: false })).toMatchObject({ code: "STILL_OPEN" });
  expect(await one.end("2026-11-30", open.id)).toMatchObject({ state: "closed" });
  const { entries } = await one.house.workspace.ledger.entriesOf(open.id);
  expect(summarise(entries.map(({ core }) => core)).sentence).toContain("1 record blocked");
  for (const day of ["2026-12-01", "2026-12-02", "2027-01-15"])
    expect(await one.night(day)).toMatchObject({ exit: 0, plans: [] });
  expect(await leftLines(one.read)).toEqual([{ request: open.id, record: "shop.leads", count: 1 }]);
  // another record that is due is nobody's business
  put(one.shop, "leads", "l3", row("l3", "2020-01-01"));
  expect(await one.night("2027-01-16")).toMatchObject({ exit: 0, plans: [{ state: "closed" }] });
  expect(one.leads()).toEqual(["l1"]);
  put(one.shop, "notes", "n1", row("n1", "2027-01-15", { lead: null }));
  expect(await one.night("2027-01-17")).toMatchObject({ exit: 0, plans: [{ state: "closed" }] });
  expect(one.leads()).toEqual([]);
  expect(await leftLines(one.read)).toEqual([]);
  expect((await one.ids()).every((text) => text.endsWith("closed"))).toBe(true);
});

test("a plan that nobody could run, as everything in it is blocked, is ended likewise; while it acts on anything it is not", async () => {
  const one = await office(false);
  await using _ = one.house;
  const acting = await one.on("2026-11-30").planDue();
  expect(await one.end("2026-11-30", acting.request)).toMatchObject({ code: "STILL_OPEN" });
  one.shop.tables.get("leads")?.delete("l2");
  expect((await one.night("2026-12-01")).exit).toBe(3);
  const [last = ""] = (await one.ids()).slice(-1);
  expect(last).toContain("planned");
  expect(await one.end("2026-12-01", last.split(" ")[0] ?? "")).toMatchObject({ state: "closed" });
  const before = await one.ids();
  expect(await one.night("2026-12-02")).toMatchObject({ exit: 0, plans: [] });
  expect(await one.ids()).toEqual(before);
});

test("what was left twice is counted once", async () => {
  const one = await office();
  await using _ = one.house;
  await one.night("2026-11-30");
  await one.end("2026-11-30", "D-2026-0001");
  put(one.shop, "leads", "l1", row("l1", "2020-01-02"));
  expect(await one.night("2026-12-01")).toMatchObject({ exit: 5 });
  expect(await one.end("2026-12-01", "D-2026-0002")).toMatchObject({ state: "closed" });
  expect(await leftLines(one.read)).toEqual([{ request: "D-2026-0002", record: "shop.leads", count: 1 }]);
  expect(await one.night("2026-12-02")).toMatchObject({ exit: 0, plans: [] });
});

test("another record under the same key, or one that reads otherwise, is none of what was left", async () => {
  const one = await office();
  await using _ = one.house;
  await one.night("2026-11-30");
  await one.end("2026-11-30", "D-2026-0001");
  put(one.shop, "leads", "l1", { ...row("l1", "2020-01-01"), email: "zoe@shop.example" });
  expect(await one.night("2026-12-01")).toMatchObject({ exit: 5, plans: [{ state: "partly_done" }] });
});

test("what only the attempt finds blocked is tried again a month later, or once it reads otherwise", async () => {
  const one = await office();
  await using _ = one.house;
  one.shop.tables.get("notes")?.clear();
  // what stands against it comes after the plan and is gone after the run: only an attempt sees it
  one.set({
    before: (call) => {
      if (call === "apply") put(one.shop, "notes", "n1", row("n1", "2026-11-29", { lead: "l1" }));
    },
  });
  expect(await one.night("2026-11-30")).toMatchObject({ exit: 5 });
  expect(one.leads()).toEqual(["l1"]);
  one.shop.tables.get("notes")?.clear();
  expect(await one.end("2026-11-30", "D-2026-0001")).toMatchObject({ state: "closed" });
  expect(await leftLines(one.read)).toEqual([
    { request: "D-2026-0001", record: "shop.leads", count: 1, tried_again_after: "2026-12-30" },
  ]);
  one.set({});
  expect(one.shop.tables.get("notes")?.size).toBe(0);
  expect(await one.night("2026-12-30")).toMatchObject({ exit: 0, plans: [] });
  expect(one.leads()).toEqual(["l1"]);
  expect(await one.night("2026-12-31")).toMatchObject({ exit: 0, plans: [{ state: "closed" }] });
  expect(one.leads()).toEqual([]);
});
