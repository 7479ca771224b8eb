/** A system that fails, dies, lies or says things twice at any of its calls: nobody else is harmed, nothing untrue is said, and the same command ends the same. */
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { put } from "../support/memory/database.ts";
import { ANN, openShop, person, type Shop } from "./shop.ts";

/** Runs until it ends without an error; at most this often. */
async function runToTheEnd(shop: Shop, id: string): Promise<Awaited<ReturnType<Shop["house"]["run"]>>> {
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const result = await shop.house.run(id).catch(() => undefined);
    if (result?.exit === 0) return result;
  }
  throw new Error("the run never ended");
}

async function approved(shop: Shop): Promise<string> {
  const id = await shop.house.open(ANN);
  await shop.house.plan(id);
  await shop.house.approve(id);
  return id;
}

/** What an undisturbed run leaves, says and how often it calls. */
async function undisturbed() {
  await using shop = await openShop();
  const id = await approved(shop);
  shop.set({});
  const result = await shop.house.run(id);
  const calls = Map.groupBy(shop.faults.calls, (call) => call);
  const verified = await shop.house.verify(id);
  return {
    dump: shop.dump(),
    steps: result.steps.map(({ id: step, matched, affected, gone }) => ({ step, matched, affected, gone })),
    calls,
    verified,
  };
}

class Died extends Error {}

test("whatever call fails or dies, and however often it is run again, the end is that of an undisturbed run, and strangers stay", async () => {
  const wanted = await undisturbed();
  expect(wanted.verified).toMatchObject({ state: "closed" });
  const points = [...wanted.calls].flatMap(([call, some]) => some.map((_, at) => ({ call, nth: at + 1 })));
  expect(points.length, "calls that can fail").toBeGreaterThan(15);
  const troubles = [
    () => new Died("killed"),
    () => new Failure("SYSTEM_UNREACHABLE", "nobody answers"),
    () => new TypeError("a fault of a driver"),
  ];
  let disturbed = 0;
  for (const [at, { call, nth }] of points.entries()) {
    await using shop = await openShop();
    const id = await approved(shop);
    shop.set({
      before(passed, count) {
        if (passed !== call || count !== nth) return;
        disturbed += 1;
        shop.set({});
        throw troubles[at % troubles.length]?.() ?? new Died("killed");
      },
    });
    const result = await runToTheEnd(shop, id);
    const name = `${call} ${nth}`;
    expect(shop.dump(), name).toEqual(wanted.dump);
    expect(
      result.steps.map(({ id: step, matched, affected, gone }) => ({ step, matched, affected, gone })),
      name,
    ).toEqual(wanted.steps);
    expect(await shop.house.verify(id), name).toMatchObject({ state: "closed", residual: 0 });
  }
  expect(disturbed).toBe(points.length);
});

test("killed at every effect point: one more run ends it, and the counts are those of one", async () => {
  const wanted = await undisturbed();
  for (const point of ["effect_begin", "effect_half", "effect_done"]) {
    await using shop = await openShop();
    const id = await approved(shop);
    let killed = 0;
    const at = (passed: string) => {
      if (passed !== point || killed > 0) return;
      killed += 1;
      throw new Died(`killed at ${point}`);
    };
    await shop.house
      .as({ at })
      .run(id)
      .catch(() => undefined);
    expect(killed, point).toBe(1);
    const result = await runToTheEnd(shop, id);
    expect(shop.dump(), point).toEqual(wanted.dump);
    expect(
      result.steps.map(({ id: step, matched, affected, gone }) => ({ step, matched, affected, gone })),
      point,
    ).toEqual(wanted.steps);
  }
});

test("an eraser that says it erased what is still there is not believed: the step fails, and verify finds the record", async () => {
  await using shop = await openShop();
  const id = await approved(shop);
  // says two tickets, did two tickets; then somebody puts one back before it is read again
  let lied = false;
  shop.set({
    applied(outcomes) {
      const ticket = shop.shop.tables.get("tickets")?.get("t1");
      if (!lied && ticket?.["text"] === null) {
        lied = true;
        shop.shop.tables.get("tickets")?.set("t1", { ...ticket, text: "ann asks" });
      }
      return outcomes;
    },
  });
  const result = await shop.house.run(id);
  expect(lied).toBe(true);
  expect(result.exit).toBe(5);
  expect(result.steps.find(({ record }) => record === "tickets")).toMatchObject({ status: "failed", gone: 1 });
  expect(await shop.house.verify(id)).toMatchObject({ state: "partly_done", exit: 5 });
});

test("counts that do not add up fail the step, more or fewer than were planned", async () => {
  for (const factor of [0, 2]) {
    await using shop = await openShop();
    const id = await approved(shop);
    shop.set({
      applied: (outcomes) => outcomes.map((one) => (one.changed > 0 ? { ...one, changed: one.changed * factor } : one)),
    });
    const result = await shop.house.run(id).catch((error: unknown) => error);
    const failed =
      result instanceof Error ||
      (typeof result === "object" && result !== null && "exit" in result && result.exit === 5);
    expect(failed, `said ${factor} times as many`).toBe(true);
    shop.set({});
    expect(await shop.house.verify(id).catch(() => ({ state: "not verified" }))).not.toMatchObject({ state: "closed" });
  }
});

test("a search that gives a record twice, in any order, makes the same plan", async () => {
  await using shop = await openShop();
  const id = await shop.house.open(ANN);
  const { totals, steps } = await shop.house.plan(id);
  shop.set({ located: (found) => [...found, ...found].toReversed() });
  const again = await shop.house.plan(id);
  expect(again.totals).toEqual(totals);
  expect(again.steps).toEqual(steps);
});

test("one system that does not answer keeps verify from no other: what is left there is found, and nothing is closed", async () => {
  await using shop = await openShop();
  const id = await approved(shop);
  await shop.house.run(id);
  put(shop.copy, "people", "c7", person("c7", "ann"));
  for (const call of ["openReader", "check", "locate", "remaining"] as const) {
    shop.set({
      before: (passed) => {
        if (passed === call) throw new Failure("SYSTEM_UNREACHABLE", "nobody answers");
      },
    });
    const verified = await shop.house.verify(id);
    const by = Object.fromEntries(verified.checks.map((check) => [`${check.system}.${check.record}`, check]));
    expect(by["copy.people"], call).toMatchObject({ result: "fail", residual: 1 });
    expect(by["shop.people"], call).toMatchObject({ result: "unverifiable", reason: "system_unreachable" });
    expect(verified, call).toMatchObject({ state: "partly_done", exit: 2 });
  }
});

test("a verification that cannot look says that it could not, and closes nothing", async () => {
  await using shop = await openShop();
  const id = await approved(shop);
  await shop.house.run(id);
  for (const call of ["openReader", "locate", "remaining"] as const) {
    shop.set({
      before: (passed) => {
        if (passed === call) throw new Failure("SYSTEM_UNREACHABLE", "nobody answers");
      },
    });
    const verified = await shop.house.verify(id).catch((error: unknown) => error);
    if (verified instanceof Failure) expect(verified.exit, call).toBe(4);
    else expect(verified, call).not.toMatchObject({ state: "closed" });
  }
  shop.set({});
  expect(await shop.house.verify(id)).toMatchObject({ state: "closed", exit: 0 });
});
