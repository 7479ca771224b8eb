/** Records that a person leaves out of a plan stay, and so does what must stay with them. */
import { expect, test } from "vitest";
import { commitWords } from "../../src/ledger/commitment.ts";
import { addHold, releaseHold } from "../../src/requests/legal-holds.ts";
import { readSubjects } from "../../src/planner/subjects.ts";
import { planRequest } from "../../src/requests/plan-request.ts";
import { recordsOf } from "../../src/requests/show-records.ts";
import { put } from "../support/memory/database.ts";
import type { House } from "../support/memory/house.ts";
import { after, ANN, openShop, type Shop } from "./shop.ts";

const WHY = "part of an open claim";

/** The handle of the record of this masked key. */
async function handleIn(house: House, id: string, record: string, nth = 0): Promise<string> {
  const { read } = house.context.state;
  const plan = await read.plans.get((await read.requests.get(id)).plan ?? "");
  if (plan === undefined) throw new Error("there is no plan");
  const { records } = await recordsOf(house.context, plan);
  const line = records.filter((one) => `${one.system}.${one.record}` === record)[nth];
  if (line === undefined) throw new Error(`the plan has no ${record}`);
  return line.handle;
}
const except = async (house: House, id: string, handles: readonly string[], reason: string | null = WHY) =>
  await planRequest(house.context, id, {
    excluding: { except: handles, include: [], ...(reason === null ? {} : { reason }) },
  });
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
const stepOf = (
  plan: { readonly steps: readonly { readonly record: string; readonly system: string }[] },
  record: string,
) => plan.steps.find((one) => `${one.system}.${one.record}` === record);
async function planned(shop: Shop, subjects: object = ANN): Promise<string> {
  const id = await shop.house.open(subjects);
  await shop.house.plan(id);
  return id;
}

test("every record of a plan has a handle, its dates and masked values, and nothing of the person in clear", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  const { records, unlisted } = await recordsOf(house.context, plan);
  expect(records.map(({ handle, record, outcome }) => [handle, record, outcome])).toEqual([
    ["S1.1", "people", "act"],
    ["S2.1", "orders", "act"],
    ["S2.2", "orders", "act"],
    ["S3.1", "items", "act"],
    ["S3.2", "items", "act"],
    ["S3.3", "items", "act"],
    ["S4.1", "tickets", "act"],
    ["S4.2", "tickets", "act"],
    ["S5.1", "people", "act"],
  ]);
  expect(unlisted).toEqual([]);
  expect(records[0]).toMatchObject({ dates: {}, values: { email: ["a…e"] }, key: ["…"] });
  expect(records[1]?.dates).toEqual({ day: "2009-02-01" });
  expect(JSON.stringify(records)).not.toMatch(/ann|shop\.example|"p1"|"o1"/u);
});

test("what a person leaves out stays, and its parent and what hangs on it alone; the run ends 0 and the request closes", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const before = shop.dump();
  const id = await planned(shop);
  const plan = await except(house, id, [await handleIn(house, id, "shop.orders")]);
  expect(stepOf(plan, "shop.orders")).toMatchObject({ found: 2, act: 1, kept: 1, excluded: 1, reason: "excluded" });
  expect(stepOf(plan, "shop.items")).toMatchObject({ found: 3, act: 1, kept: 2, reason: "held_with" });
  expect(stepOf(plan, "shop.people")).toMatchObject({ found: 1, act: 0, kept: 1, reason: "held_by" });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0, state: "verifying" });
  const emptied = (row: string) => ({ ...JSON.parse(before[`shop.tickets ${row}`] ?? ""), text: null });
  expect(shop.dump()).toEqual(
    after(before, ["shop.orders o2", "shop.items i3", "copy.people c1"], {
      "shop.tickets t1": emptied("t1"),
      "shop.tickets t2": emptied("t2"),
    }),
  );
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed", residual: 0 });
  const { read } = house.context.state;
  const request = await read.requests.get(id);
  expect(request).toMatchObject({ excluded: { records: 1, words: WHY } });
  expect(request.history).toContainEqual(expect.objectContaining({ did: "planned", note: WHY }));
  const { entries } = await house.context.ledger.entriesOf(id);
  const decision = entries.find(({ core }) => core["type"] === "decision");
  expect(decision?.core).toMatchObject({
    decision: "partial",
    excluded: { records: 1, words: commitWords(Buffer.from(request.excluded?.salt ?? "", "base64"), WHY) },
  });
  expect(JSON.stringify(entries)).not.toContain(WHY);
  // nothing makes it due later
  expect(await read.sealed.heldUntil("9999-12-32")).toEqual(
    // but what stays for its sake has an end that nobody knows
    [expect.objectContaining({ record: "shop.items" }), expect.objectContaining({ record: "shop.people" })],
  );
});

test("a record that was left out and goes away all the same is seen by verify", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await planned(shop);
  await except(house, id, [await handleIn(house, id, "shop.tickets")]);
  await house.approve(id);
  await house.run(id);
  shop.shop.tables.get("tickets")?.delete("t1");
  const verified = await house.verify(id);
  expect(verified).toMatchObject({ exit: 2 });
  expect(verified.checks.find(({ record }) => record === "tickets")).toMatchObject({ reason: "kept_gone" });
});

test("later plans leave it out too, until it is taken back; a changed record is none of them, and is said", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await planned(shop);
  await except(house, id, [await handleIn(house, id, "shop.tickets")]);
  expect(stepOf(await house.plan(id), "shop.tickets")).toMatchObject({ act: 1, kept: 1, excluded: 1 });
  const more = await except(house, id, [await handleIn(house, id, "shop.tickets", 1)], "asked for by the court");
  expect(stepOf(more, "shop.tickets")).toMatchObject({ act: 0, kept: 2, excluded: 2 });
  expect((await house.context.state.read.requests.get(id)).excluded).toMatchObject({
    records: 2,
    words: `${WHY}\nasked for by the court`,
  });
  const taken = await planRequest(house.context, id, {
    excluding: { except: [], include: [await handleIn(house, id, "shop.tickets")] },
  });
  expect(stepOf(taken, "shop.tickets")).toMatchObject({ act: 1, kept: 1, excluded: 1 });
  expect(
    await codeOf(
      planRequest(house.context, id, {
        excluding: { except: [], include: [await handleIn(house, id, "shop.orders")] },
      }),
    ),
  ).toBe("PLAN_STALE");
  shop.shop.tables.get("tickets")?.delete("t2");
  const lost = await house.plan(id);
  expect(stepOf(lost, "shop.tickets")).toMatchObject({ found: 1, act: 1, kept: 0 });
  expect(lost.warnings).toContainEqual(expect.objectContaining({ code: "EXCLUDED_GONE", record: "shop.tickets" }));
  expect((await house.context.state.read.requests.get(id)).excluded).toBeUndefined();
});

test("handles belong to one plan: unknown, of a plan that was run, or of a record that changed since: 6, and nothing is planned", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const fresh = await house.open(ANN);
  expect(await codeOf(except(house, fresh, ["S1.1"]))).toBe("PLAN_STALE");
  await house.plan(fresh);
  const plans = async () => (await house.context.state.read.plans.ofRequest(fresh)).length;
  expect(await codeOf(except(house, fresh, ["S4.9"]))).toBe("PLAN_STALE");
  expect(await codeOf(except(house, fresh, ["no handle at all"]))).toBe("PLAN_STALE");
  expect(await codeOf(except(house, fresh, ["S4.1"], null))).toBe("USAGE");
  expect(await codeOf(except(house, fresh, ["S4.1"], "for ann@shop.example"))).toBe("IDENTIFIER_IN_ARGUMENTS");
  put(shop.shop, "tickets", "t1", { ...shop.shop.tables.get("tickets")?.get("t1"), text: "written since" });
  expect(await codeOf(except(house, fresh, ["S4.1"]))).toBe("PLAN_STALE");
  shop.shop.tables.get("tickets")?.delete("t1");
  expect(await codeOf(except(house, fresh, ["S4.1"]))).toBe("PLAN_STALE");
  expect(await plans()).toBe(1);
  const { plan: latest = "" } = await house.context.state.read.requests.get(fresh);
  const { digest = "" } = (await house.context.state.read.plans.get(latest)) ?? {};
  const bound = async (of: string) =>
    await planRequest(house.context, fresh, {
      excluding: { except: ["S4.2"], include: [], reason: WHY, digest: of },
    });
  expect(await codeOf(bound("0".repeat(64)))).toBe("PLAN_STALE");
  expect(await codeOf(bound(digest.slice(0, 16)))).toBe("nothing was thrown");
  const late = house.as({ now: () => new Date(house.context.now().getTime() + 4 * 86_400_000) });
  expect(await codeOf(except(late, fresh, ["S4.1"]))).toBe("PLAN_EXPIRED");
  await house.approve(fresh).catch(() => {});
  await house.plan(fresh);
  await house.approve(fresh);
  await house.run(fresh);
  expect(await codeOf(except(house, fresh, ["S1.1"]))).toBe("PLAN_STALE");
});

test("what is left out stays also where it waited or a statute kept it; a legal hold on it is named first, and outlived", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await planned(shop, { email: "bob@shop.example" });
  const plan = await except(house, id, [await handleIn(house, id, "shop.orders")]);
  expect(stepOf(plan, "shop.orders")).toMatchObject({ kept: 1, excluded: 1, reason: "excluded", law: ["HGB § 257"] });
  expect(stepOf(plan, "shop.orders")).not.toHaveProperty("until");
  const { context, workspace } = house;
  const hold = await addHold(
    context,
    readSubjects(JSON.stringify([{ email: "bob@shop.example" }]), context.map.identities),
    workspace.pseudonym,
    { case: "claim", by: "legal department", records: ["shop.orders"] },
  );
  expect(stepOf(await house.plan(id), "shop.orders")).toMatchObject({ kept: 1, reason: "legal_hold" });
  await releaseHold(context, hold.id, { reason: "settled", by: "legal department" });
  expect(stepOf(await house.plan(id), "shop.orders")).toMatchObject({ kept: 1, reason: "excluded" });
});

test("a run looks once more with what is left out, and is no other plan for that", async () => {
  await using shop = await openShop(
    {
      conditions: {
        asked: {
          says: "a ticket is open",
          any: "shop.tickets",
          match: { email: "email" },
          where: { text: "ann asks" },
        },
      },
    },
    { people: { unless: "asked" } },
  );
  const { house } = shop;
  const id = await planned(shop);
  expect(stepOf(await house.plan(id), "shop.people")).toMatchObject({ waiting: 1, reason: "asked" });
  const plan = await except(house, id, [await handleIn(house, id, "shop.people")]);
  expect(stepOf(plan, "shop.people")).toMatchObject({ waiting: 0, kept: 1, reason: "excluded" });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  expect(shop.shop.tables.get("people")?.has("p1")).toBe(true);
});

test("a plan of due work leaves out what a person names, for this due work alone", async () => {
  await using shop = await openShop(
    { approval: { required: true, four_eyes: false } },
    {
      tickets: { do: "erase", fields: {}, schedule: { after: "90 days", from: "asked" } },
    },
  );
  const { house } = shop;
  for (const id of ["t1", "t2", "t9"])
    put(shop.shop, "tickets", id, { ...shop.shop.tables.get("tickets")?.get(id), asked: "2020-01-01" });
  const due = await house.planDue();
  expect(stepOf(due, "shop.tickets")).toMatchObject({ act: 3 });
  const id = due.request;
  const plan = await except(house, id, [await handleIn(house, id, "shop.tickets", 1)]);
  expect(stepOf(plan, "shop.tickets")).toMatchObject({ found: 3, act: 2, kept: 1, excluded: 1, reason: "excluded" });
  await house.approve(id);
  expect(await house.run(id)).toMatchObject({ exit: 0 });
  expect([...(shop.shop.tables.get("tickets")?.keys() ?? [])]).toEqual(["t2"]);
  expect(await house.verify(id)).toMatchObject({ exit: 0, state: "closed" });
  // the next one finds it again: what must stay longer is held
  expect(stepOf(await house.planDue(), "shop.tickets")).toMatchObject({ found: 1, act: 1 });
});

test("left out beats what another record type over the same rows waits for; what it protects stays too", async () => {
  const conditions = {
    asked: {
      says: "a ticket is open",
      any: "shop.people",
      match: { email: "email" },
      where: { name: "ann of the shop" },
    },
  };
  await using shop = await openShop(
    { conditions },
    {
      orders: { hold: { use: "books", from: "day", protects: ["copy.people"] } },
      tickets: { do: "erase", fields: {} },
      ledger: { table: "tickets", match: { email: "email" }, do: "erase", unless: "asked" },
    },
  );
  const { house } = shop;
  const id = await planned(shop);
  const first = await house.plan(id);
  expect(stepOf(first, "shop.tickets")).toMatchObject({ waiting: 2, reason: "asked" });
  expect(stepOf(first, "copy.people")).toMatchObject({ act: 1 });
  const plan = await except(house, id, [
    await handleIn(house, id, "shop.tickets"),
    await handleIn(house, id, "shop.orders"),
  ]);
  expect(stepOf(plan, "shop.tickets")).toMatchObject({ waiting: 1, kept: 1, excluded: 1 });
  expect(stepOf(plan, "copy.people")).toMatchObject({ act: 0, kept: 1 });
});

test("what an open request has found and a person leaves out of due work waits for nobody", async () => {
  await using shop = await openShop(
    {},
    { tickets: { do: "erase", fields: {}, schedule: { after: "90 days", from: "asked" } } },
  );
  const { house } = shop;
  for (const id of ["t1", "t2", "t9"])
    put(shop.shop, "tickets", id, { ...shop.shop.tables.get("tickets")?.get(id), asked: "2020-01-01" });
  const { request: id } = await house.planDue();
  await planned(shop);
  expect(stepOf(await house.plan(id), "shop.tickets")).toMatchObject({ act: 1, waiting: 2, reason: "open_request" });
  const plan = await except(house, id, [await handleIn(house, id, "shop.tickets")]);
  expect(stepOf(plan, "shop.tickets")).toMatchObject({ act: 1, waiting: 1, kept: 1, excluded: 1 });
});
