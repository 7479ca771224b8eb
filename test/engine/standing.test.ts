/** Due work on a timer: what a standing approval names runs without asking, and no more than that. */
import { expect, test } from "vitest";
import { runDue } from "../../src/requests/run-due.ts";
import { fill, type MemoryDatabase, memoryDatabase, put, type Row } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

const OLD = "2020-01-01";
const rowOf = (id: string): Row => ({ id, email: `${id}@shop.example`, seen: OLD });
const schedule = { after: "90 days", from: "seen" };

interface Night extends AsyncDisposable {
  readonly house: House;
  readonly shop: MemoryDatabase;
  readonly map: House["context"]["map"];
  run(day?: string, map?: House["context"]["map"], at?: House["context"]["at"]): ReturnType<typeof runDue>;
  left(): Readonly<Record<string, number>>;
}

async function openNight(fourEyes: boolean, standing: object, rule: object = { schedule }): Promise<Night> {
  const shop = memoryDatabase({ leads: [rowOf("l1"), rowOf("l2")], accounts: [rowOf("a1")] });
  const records = {
    leads: { match: { email: "email" }, do: "erase", schedule },
    accounts: { match: { email: "email" }, do: "erase", ...rule },
  };
  const house = await openHouse({
    map: {
      settle: "0 days",
      approval: { required: true, four_eyes: fourEyes, standing: [{ records: ["shop.leads"], ...standing }] },
      systems: { shop: { kind: "memory", records } },
    },
    databases: { shop },
  });
  const { map } = house.context;
  return {
    house,
    shop,
    map,
    run: async (day = "2026-11-30", other = map, at = house.context.at) =>
      await runDue(
        { ...house.context, map: other, at, now: () => new Date(`${day}T10:00:00Z`) },
        { concurrency: 2, emit: () => {} },
      ),
    left: () => Object.fromEntries([...shop.tables].map(([name, rows]) => [name, rows.size])),
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}

/** The same map with leads going after another time. */
function after(map: Night["map"], days: number, approvedOn?: string): Night["map"] {
  const period = { years: 0, months: 0, days, seconds: 0, text: `${days} days` };
  return {
    ...map,
    approval: {
      ...map.approval,
      standing: (map.approval.standing ?? []).map((one) => ({
        ...one,
        ...(approvedOn === undefined ? {} : { approvedOn }),
      })),
    },
    systems: map.systems.map((system) => ({
      ...system,
      records: system.records.map((record) =>
        record.id === "shop.leads" ? { ...record, schedule: { after: period, from: "seen" } } : record,
      ),
    })),
  };
}

test("what it names runs, the rest is a plan that waits for a person; the next night it is one plan again", async () => {
  await using night = await openNight(false, { up_to: 10 });
  const first = await night.run();
  expect(first).toMatchObject({
    exit: 3,
    plans: [
      { request: "D-2026-0001", state: "closed" },
      { request: "D-2026-0002", state: "planned" },
    ],
  });
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
  fill(night.shop, "accounts", []);
  expect(await night.run("2026-12-01")).toMatchObject({ exit: 0, plans: [] });
  expect((await night.house.context.state.read.requests.get("D-2026-0002")).state).toBe("cancelled");
});

test("a record type that nothing makes due keeps no other that is named beside it from its turn", async () => {
  await using night = await openNight(false, { records: ["shop.leads", "shop.accounts"], up_to: 10 }, {});
  expect(await night.run()).toMatchObject({ exit: 0, plans: [{ request: "D-2026-0001", state: "closed" }] });
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
});

test("over up_to nothing of it runs", async () => {
  await using night = await openNight(false, { up_to: 1 });
  const { exit, plans, why } = await night.run();
  expect([exit, plans.length]).toEqual([3, 1]);
  expect(why.join()).toContain("up_to 1");
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
});

test("past its review day nothing of it runs", async () => {
  await using night = await openNight(false, { up_to: 10, review_by: "2026-11-29" });
  expect(await night.run()).toMatchObject({ exit: 3 });
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
});

test("with two people its first run does nothing: a person's approval of that plan is what it stands on", async () => {
  await using night = await openNight(true, { up_to: 10 });
  expect(await night.run()).toMatchObject({ exit: 3, plans: [{ request: "D-2026-0001", state: "planned" }] });
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
  await night.house.approve("D-2026-0001");
  await night.house.run("D-2026-0001");
  await night.house.verify("D-2026-0001");
  fill(night.shop, "leads", [rowOf("l3")]);
  expect(await night.run("2026-12-01")).toMatchObject({ exit: 0, plans: [{ state: "closed" }] });
  expect(night.left()).toEqual({ leads: 0, accounts: 0 });
});

test("rules that mean something else do not run until they are agreed to again", async () => {
  await using night = await openNight(false, { up_to: 10 });
  await night.run();
  fill(night.shop, "leads", [rowOf("l3")]);
  expect(await night.run("2026-12-01", after(night.map, 30))).toMatchObject({ exit: 3 });
  expect(night.left()["leads"]).toBe(1);
  // the day of the record itself is not later
  expect(await night.run("2026-12-01", after(night.map, 30, "2026-11-30"))).toMatchObject({ exit: 3 });
  expect(night.left()["leads"]).toBe(1);
  // nor is a day that has not come anybody's agreement
  expect(await night.run("2026-12-01", after(night.map, 30, "2099-12-01"))).toMatchObject({ exit: 3 });
  expect(night.left()["leads"]).toBe(1);
  await night.run("2026-12-02", after(night.map, 30, "2026-12-01"));
  expect(night.left()["leads"]).toBe(0);
});

test("two at once: one acts, the other is told that it is busy", async () => {
  await using night = await openNight(false, { up_to: 10 });
  const both = await Promise.allSettled([night.run(), night.run()]);
  const refused = both.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toMatchObject([{ code: "BUSY" }]);
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
});

test("a machine that slept does all of it once", async () => {
  await using night = await openNight(false, { up_to: 10 });
  await night.run("2027-01-09");
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
  expect((await night.house.context.state.read.requests.list()).length).toBe(2);
});

/** The moments between the approval and the first effect. */
const BEFORE_ANYTHING = ["saved_approve", "saving_begin", "saved_begin", "claimed", "saving_intend"];

async function killed(night: Night, point: string): Promise<void> {
  const at: House["context"]["at"] = (here) => {
    if (here === point) throw new Error("killed");
  };
  await expect(night.run("2026-11-30", night.map, at)).rejects.toThrow("killed");
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
}

test.each(BEFORE_ANYTHING)("a night that was killed at %s is done in the next", async (point) => {
  await using night = await openNight(false, { up_to: 10 });
  fill(night.shop, "accounts", [rowOf("a1")]);
  await killed(night, point);
  await night.run("2026-12-01");
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
});

test.each(BEFORE_ANYTHING)(
  "a night that was killed at %s stops no other where one of its records changed: the others go",
  async (point) => {
    await using night = await openNight(false, { up_to: 10 });
    await killed(night, point);
    put(night.shop, "leads", "l2", { ...rowOf("l2"), seen: "2026-11-30" });
    await night.run("2026-12-01");
    expect([...(night.shop.tables.get("leads")?.keys() ?? [])]).toEqual(["l2"]);
    expect((await night.house.context.state.read.requests.get("D-2026-0001")).state).toBe("cancelled");
  },
);

test("what a person approved and nobody ran is said every night: its records wait for it", async () => {
  await using night = await openNight(false, { up_to: 1 });
  fill(night.shop, "accounts", []);
  const [planned] = (await night.run()).plans;
  const id = planned?.request ?? "none";
  await night.house.approve(id);
  const next = await night.run("2026-12-01");
  expect(next.exit).toBe(3);
  expect(next.why.join()).toContain(`${id} is approved and waits for its run`);
  expect(night.left()["leads"]).toBe(2);
});

test("what a person approved and nobody ran is told every night; once it has grown old it holds nothing any more", async () => {
  await using night = await openNight(true, { up_to: 10 });
  await night.run();
  await night.house.approve("D-2026-0001");
  const told = await night.run("2026-12-01");
  expect(told).toMatchObject({ exit: 3, plans: [{ request: "D-2026-0001", state: "approved" }] });
  expect(told.why.join()).toContain("D-2026-0001 is approved and waits for its run");
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
  // its three days are over, and its agreement is what the standing approval stands on
  expect(await night.run("2026-12-05")).toMatchObject({ exit: 3, plans: [{ state: "closed" }, { state: "planned" }] });
  expect(night.left()).toEqual({ leads: 0, accounts: 1 });
  expect((await night.house.context.state.read.requests.get("D-2026-0001")).state).toBe("cancelled");
});

test("an approved plan of other rules holds nothing any more either", async () => {
  await using night = await openNight(true, { up_to: 10 });
  await night.run();
  await night.house.approve("D-2026-0001");
  const told = await night.run("2026-12-01", after(night.map, 30));
  expect(told).toMatchObject({ exit: 3, plans: [{ request: "D-2026-0002", state: "planned" }] });
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
});

test("a night on which nothing is due leaves no request behind, one that waits leaves one", async () => {
  await using night = await openNight(false, { up_to: 1 });
  await night.run();
  await night.run("2026-12-01");
  const { read } = night.house.context.state;
  expect((await read.requests.list()).map(({ id, state }) => `${id} ${state}`)).toEqual([
    "D-2026-0001 cancelled",
    "D-2026-0002 planned",
  ]);
  fill(night.shop, "leads", []);
  fill(night.shop, "accounts", []);
  expect(await night.run("2026-12-02")).toMatchObject({ exit: 0, plans: [] });
  expect((await read.requests.list()).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
});

test("due work that a person has approved and nobody has run is not called done, every night until somebody runs it", async () => {
  await using night = await openNight(true, { up_to: 10 });
  expect(await night.run()).toMatchObject({ exit: 3, plans: [{ request: "D-2026-0001", state: "planned" }] });
  await night.house.approve("D-2026-0001");
  const waits = "D-2026-0001 is approved and waits for its run: expunge run D-2026-0001";
  for (const day of ["2026-12-01", "2026-12-02"])
    expect(await night.run(day)).toEqual({
      exit: 3,
      plans: [{ request: "D-2026-0001", state: "approved" }],
      why: [waits],
    });
  expect(night.left()).toEqual({ leads: 2, accounts: 1 });
});
