import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { LONGEST_REST_MS, NEVER, openPace } from "../../src/port/pace.ts";
import { backOff, retry, retryAfter } from "../../src/port/retry.ts";
import { slowTime } from "../support/slow-time.ts";

const FIVE = { tries: 5, first: 100, most: 400 };
const busy = () => new Failure("SYSTEM_UNREACHABLE", "nobody answers");
const isFailure = (error: unknown) => error instanceof Failure;

/** Fails as often as it is told, then says which try it was. */
function failing(times: number, error: () => Error = busy): (nth: number) => Promise<number> {
  return async (nth) => {
    await Promise.resolve();
    if (nth <= times) throw error();
    return nth;
  };
}

test("what is worth it is tried again, each wait twice as long as the one before and none longer than the longest", async () => {
  const time = slowTime();
  const world = { signal: NEVER, pace: openPace({ time }) };
  expect(await retry(failing(4), { ...FIVE, error: isFailure }, world)).toBe(5);
  expect(time.waits).toEqual([100, 200, 400, 400]);
});

test("jitter: a wait is from half to one and a half times as long, as chance has it", async () => {
  for (const [random, waits] of [
    [0, [50, 100, 200, 200]],
    [1, [150, 300, 600, 600]],
  ] as const) {
    const time = slowTime(random);
    await retry(failing(4), { ...FIVE, error: isFailure }, { signal: NEVER, pace: openPace({ time }) });
    expect(time.waits).toEqual(waits);
  }
});

test("after the last try the error itself comes out, and nobody waits for nothing", async () => {
  const time = slowTime();
  const last = new Failure("SYSTEM_UNREACHABLE", "the fifth");
  let tries = 0;
  const work = async () => {
    await Promise.resolve();
    throw (tries += 1) === 5 ? last : busy();
  };
  await expect(retry(work, { ...FIVE, error: isFailure }, { signal: NEVER, pace: openPace({ time }) })).rejects.toBe(
    last,
  );
  expect([tries, time.waits.length]).toEqual([5, 4]);
});

test("what is not worth it is not tried again, and what nobody named neither", async () => {
  const time = slowTime();
  const world = { signal: NEVER, pace: openPace({ time }) };
  for (const how of [FIVE, { ...FIVE, error: () => false }, { ...FIVE, value: () => true }])
    await expect(retry(failing(1), how, world)).rejects.toThrow("nobody answers");
  expect(time.waits).toEqual([]);
});

test("an answer can be worth another try too, and the last one is given whatever it is", async () => {
  const time = slowTime();
  const world = { signal: NEVER, pace: openPace({ time }) };
  const answers = ["busy", "busy", "done"];
  const next = async () => await Promise.resolve(answers.shift() ?? "none");
  expect(await retry(next, { ...FIVE, value: (answer) => answer === "busy" }, world)).toBe("done");
  const always = async () => await Promise.resolve("busy");
  expect(await retry(always, { ...FIVE, tries: 2, value: (answer) => answer === "busy" }, world)).toBe("busy");
  expect(time.waits).toEqual([100, 200, 100]);
});

test("`within`: after so long nothing is tried again, however many tries are left", async () => {
  const time = slowTime();
  const how = { tries: 1000, first: 100, most: 100, within: 1000, error: isFailure };
  await expect(retry(failing(1000), how, { signal: NEVER, pace: openPace({ time }) })).rejects.toThrow("nobody");
  expect(time.waits).toHaveLength(10);
});

test("what the server asks for is waited for, by everybody who asks that system, and never longer than a minute", async () => {
  const time = slowTime();
  const pace = openPace({ time });
  const asked = (ms: number) => ({ ...FIVE, error: () => ms });
  expect(await retry(failing(1), asked(7000), { signal: NEVER, pace })).toBe(2);
  expect(time.waits).toEqual([7000]);
  // shorter than our own: ours
  expect(await retry(failing(1), asked(1), { signal: NEVER, pace })).toBe(2);
  expect(time.waits).toEqual([7000, 100]);
  expect(await retry(failing(1), asked(3_600_000), { signal: NEVER, pace })).toBe(2);
  expect(time.waits).toEqual([7000, 100, LONGEST_REST_MS]);
  // no try is left here; the next question to the system waits all the same
  await expect(retry(failing(9), { ...asked(5000), tries: 1 }, { signal: NEVER, pace })).rejects.toThrow("nobody");
  expect(time.waits).toHaveLength(3);
  await pace.turn(NEVER);
  expect(time.waits.at(-1)).toBe(5000);
});

test("Ctrl-C ends the wait between two tries at once: of an hour nothing is waited", async () => {
  const stop = new AbortController();
  let tries = 0;
  const work = async () => {
    tries += 1;
    setTimeout(() => stop.abort(), 5);
    return await Promise.reject(busy());
  };
  const hour = { tries: 9, first: 3_600_000, most: 3_600_000, error: isFailure };
  // a real clock: with a wait that does not hear the signal this test never ends
  await expect(retry(work, hour, { signal: stop.signal, pace: openPace() })).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
  expect(tries).toBe(1);
});

test("after Ctrl-C nobody waits, tries again or has a turn", async () => {
  const stop = AbortSignal.abort();
  const time = slowTime();
  const pace = openPace({ time });
  for (const work of [
    async () => await pace.wait(10, stop),
    async () => await pace.turn(stop),
    backOff({ first: 10, most: 10 }, { signal: stop, pace }),
    async () => void (await retry(failing(1), { ...FIVE, error: isFailure }, { signal: stop, pace })),
  ])
    await expect(work()).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(time.waits).toEqual([]);
});

test("Retry-After is seconds or a date of HTTP; anything else says nothing", () => {
  const now = new Date("2026-11-21T10:00:00Z");
  expect(retryAfter("120", now)).toBe(120_000);
  expect(retryAfter(" 0 ", now)).toBe(0);
  expect(retryAfter("Sat, 21 Nov 2026 10:00:30 GMT", now)).toBe(30_000);
  expect(retryAfter("Sat, 21 Nov 2026 09:00:00 GMT", now)).toBe(0);
  for (const text of [undefined, null, "", "-5", "1.5", "soon", "2026-11-21", "Sat, 99 Nov 2026 10:00:30 GMT"])
    expect(retryAfter(text, now), String(text)).toBeUndefined();
});
