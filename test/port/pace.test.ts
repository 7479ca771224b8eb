import { expect, test } from "vitest";
import { NEVER, openPace } from "../../src/port/pace.ts";
import { slowTime } from "../support/slow-time.ts";

test("without a rate nobody waits", async () => {
  const time = slowTime();
  const pace = openPace({ time });
  for (let asked = 0; asked < 100; asked += 1) await pace.turn(NEVER);
  expect(time.waits).toEqual([]);
});

test("four a second: questions are a quarter of a second apart, also where many ask at once; who comes late waits for nothing", async () => {
  const time = slowTime();
  const pace = openPace({ perSecond: 4, time });
  const began = time.clock();
  for (let asked = 0; asked < 5; asked += 1) await pace.turn(NEVER);
  expect(time.clock() - began).toBe(1000);
  await pace.wait(10_000, NEVER);
  const late = time.waits.length;
  await pace.turn(NEVER);
  expect(time.waits).toHaveLength(late);

  const many = slowTime();
  const shared = openPace({ perSecond: 4, time: many });
  const starts: number[] = [];
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      await shared.turn(NEVER);
      starts.push(many.clock() - 1000);
    }),
  );
  expect(starts).toEqual([0, 250, 500, 750, 1000]);
});

test("a rest that is asked for while somebody waits for a turn counts for that one too", async () => {
  const time = slowTime();
  const pace = openPace({ perSecond: 1, time });
  const began = time.clock();
  await pace.turn(NEVER);
  const waiting = pace.turn(NEVER);
  pace.rest(5000);
  await waiting;
  expect(time.clock() - began).toBeGreaterThanOrEqual(5000);
});

test("Ctrl-C ends the wait for a turn at once", async () => {
  const stop = new AbortController();
  const pace = openPace({ perSecond: 1 / 3600 });
  await pace.turn(stop.signal);
  const waiting = pace.turn(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
});
