/** What the screens say in the wrong order of commands, and what is asked once only. */
import { expect, test } from "vitest";
import { approve } from "../../src/planner/approve.ts";
import { askRequest } from "../../src/requests/ask-request.ts";
import { judgeApproval } from "../../src/requests/approve-request.ts";
import { whyNotMethod } from "../../src/requests/checked-text.ts";
import { openThings } from "../../src/requests/open-things.ts";
import { refuseRef } from "../../src/requests/open-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import { tellOf } from "../../src/requests/request-json.ts";
import { hasBegun } from "../../src/state/kept-so-far.ts";
import { planScreen } from "../../src/terminal/plan-screen.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";
import { ANN, openShop } from "./shop.ts";

const NONE = { late: { overdue: false, days_left: 30 }, warnings: [], plain: true };

test("of somebody who was erased nobody says that nothing is held of them", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const { read } = house.workspace.state;
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const ran = await read.requests.get(id);
  expect(await openThings(read, ran)).toEqual(["nobody has looked again since the run"]);
  const again = await house.plan(id);
  expect(again.totals).toMatchObject({ erase: 0, change: 0 });
  const request = await read.requests.get(id);
  const begun = await hasBegun(read, id);
  expect(begun).toBe(true);
  const screen = planScreen(again, request, { ...NONE, begun });
  expect(screen).toContain(
    `Nothing more was found. What an earlier run of this request did is told by: expunge report ${id}.`,
  );
  expect(screen).not.toContain("we hold nothing");
  expect(planScreen(again, request, { ...NONE, begun: false })).toContain("we hold nothing about this person");
  expect(await openThings(read, request)).toEqual(["P-0001 was run to its end, P-0002 is not"]);
});

test("a plan that was taken back is told as taken back, and why there is none to approve", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const { read } = house.workspace.state;
  const id = await house.open(ANN);
  await house.plan(id);
  await recordIdentity(house.context, id, "phone", "failed");
  await recordIdentity(house.context, id, "letter", "ok");
  const request = await read.requests.get(id);
  const told = await tellOf(read, request, "2026-11-30");
  expect(requestScreen(request, { ...told, plain: true })).toMatch(/P-0001 .*not approved; not run; taken back/u);
  await expect(judgeApproval(house.as({ actor: "olga" }).context, read, id, {})).rejects.toMatchObject({
    code: "NOTHING_TO_APPROVE",
    message: `the plan of ${id} was taken back: what it was made for had changed`,
  });
  await house.plan(id);
  const planned = await read.requests.get(id);
  const screen = requestScreen(planned, { ...(await tellOf(read, planned, "2026-11-30")), plain: true });
  expect(screen).toMatch(/P-0001 .*taken back/u);
  expect(screen).not.toMatch(/P-0002 .*taken back/u);
});

test("whoever signs the same plan twice has signed it once; another person's signature is another", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const { read } = house.workspace.state;
  const id = await house.open(ANN);
  await house.plan(id);
  const signed = async (): Promise<number> => {
    const { history = [] } = await read.requests.get(id);
    return history.filter(({ did }) => did === "approved").length;
  };
  await house.approve(id);
  await house.approve(id);
  expect(await signed()).toBe(1);
  await house.approve(id, { role: "dpo" });
  expect(await signed()).toBe(2);
});

test("a digest is taken as the screen shows it, and nothing shorter or other", async () => {
  await using shop = await openShop();
  const { house } = shop;
  const id = await house.open(ANN);
  const plan = await house.plan(id);
  const request = await house.workspace.state.read.requests.get(id);
  const sign = (digest: string) =>
    approve({ request, plan, begun: false, map: house.context.map, by: "olga", digest, at: house.context.now() });
  for (const digest of [plan.digest, `${plan.digest.slice(0, 16)}…`, plan.digest.slice(0, 16).toUpperCase()])
    expect(sign(digest).digest).toBe(plan.digest);
  for (const digest of [plan.digest.slice(0, 15), "", "…", `${plan.digest}0`, plan.digest.replace(/^./u, "g")])
    expect(() => sign(digest), digest).toThrow(expect.objectContaining({ code: "PLAN_ALTERED", exit: 6 }));
});

test("what was typed as a flag is judged before anybody is asked for anything", async () => {
  await using shop = await openShop();
  const asked: string[] = [];
  const ask = async (question: string): Promise<string> => {
    asked.push(question);
    return await Promise.resolve("");
  };
  for (const [given, code] of [
    [{ received: "yesterday" }, "USAGE"],
    [{ received: "2999-01-01" }, "USAGE"],
    [{ ref: "Anna Schmidt" }, "IDENTIFIER_IN_ARGUMENTS"],
  ] as const)
    await expect(askRequest(shop.house.context, given, ask)).rejects.toMatchObject({ code });
  expect(asked).toEqual([]);
});

test("a method and a ticket are no place for a name or a document's number", () => {
  for (const good of [
    "letter",
    "in person",
    "Video Ident",
    "PostIdent Filiale",
    "two-factor login of 2026",
    "eID level 3",
    "Brief",
    "called back on the number we have",
    "call",
  ])
    expect(whyNotMethod(good), good).toBeUndefined();
  for (const bad of [
    "passport X1234567",
    "Anna Schmidt",
    "SCHMIDT, Anna",
    "ID card L01X00T47",
    "Müller-Lüdenscheidt Jörg",
  ])
    expect(whyNotMethod(bad), bad).toMatch(/say only how/u);
  for (const ref of ["TICKET-7", "DESK 12", "Support Anfrage 4711", "dsr", "T-1"])
    expect(() => refuseRef(ref), ref).not.toThrow();
  for (const ref of ["Max Winter", "Winter, Max", "José O'Neil"])
    expect(() => refuseRef(ref), ref).toThrow(expect.objectContaining({ code: "IDENTIFIER_IN_ARGUMENTS", exit: 64 }));
});
