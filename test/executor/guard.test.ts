import { expect, test } from "vitest";
import { guardOf } from "../../src/executor/guard.ts";
import type { Disposition, SealedStep } from "../../src/model/plan.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const act: Disposition = { kind: "act", change: "rule" };
const held: Disposition = { kind: "kept", reason: "retention", until: "2030-12-31", law: [], minimise: true };
const sealed: SealedStep[] = [
  {
    step: "S1",
    record: "shop.orders",
    target: targetOf(mapOf([]), recordOf("shop", "orders")),
    lookups: [],
    records: ["a", "b", "c", "h"].map((key, at) => ({
      key,
      fingerprint: "f",
      subjects: [at],
      disposition: key === "h" ? held : act,
    })),
  },
];
const planned = (...keys: readonly string[]) =>
  sealed.flatMap(({ records }) => records.filter(({ key }) => keys.includes(key)));

test("a condition, a hold or a block that has arisen since leaves the record alone, with its reason; what is free goes on", async () => {
  const now = new Map<string, Disposition>([
    ["a", { kind: "waiting", reason: "open_case" }],
    ["b", { kind: "blocked", reason: "object_lock" }],
    ["c", act],
  ]);
  const asked: unknown[] = [];
  const guard = guardOf(sealed, async (...question) => {
    asked.push(question);
    return await Promise.resolve({ decided: now, lost: new Set<string>() });
  });
  expect(await guard.judge("S1", planned("a", "b", "c"))).toEqual([
    { key: "a", kind: "waiting", reason: "open_case" },
    { key: "b", kind: "blocked", reason: "object_lock" },
  ]);
  expect(asked).toEqual([["shop.orders", [0, 1, 2], ["a", "b", "c"], ["a", "b", "c"], false]]);
});

test("of what was planned to be kept and minimised only a legal hold is news", async () => {
  const asked: unknown[] = [];
  const guardWith = (now: Disposition) =>
    guardOf(sealed, async (...question) => {
      asked.push(question);
      return await Promise.resolve({ decided: new Map([["h", now]]), lost: new Set<string>() });
    });
  expect(await guardWith(held).judge("S1", planned("h"))).toEqual([]);
  expect(await guardWith(act).judge("S1", planned("h"))).toEqual([]);
  expect(await guardWith({ kind: "waiting", reason: "open_case" }).judge("S1", planned("h"))).toEqual([]);
  const whole: Disposition = { ...held, reason: "legal_hold", minimise: false, holds: ["H-2026-0001"] };
  expect(await guardWith(whole).judge("S1", planned("h"))).toEqual([
    { key: "h", kind: "kept", reason: "legal_hold", until: "2030-12-31", holds: ["H-2026-0001"] },
  ]);
  expect(asked[0]).toEqual(["shop.orders", [3], [], ["h"], true]);
});

test("a parent that a record under a legal hold references by now is kept, where it was to be deleted", async () => {
  const now: Disposition = { kind: "act", change: "held_by", law: [], holds: ["H-2026-0001"] };
  const guard = guardOf(
    sealed,
    async () => await Promise.resolve({ decided: new Map([["a", now]]), lost: new Set<string>() }),
  );
  expect(await guard.judge("S1", planned("a"))).toEqual([
    { key: "a", kind: "kept", reason: "held_by", holds: ["H-2026-0001"] },
  ]);
});

test("where only the records themselves decide, and where they are not found any more, the eraser is the judge", async () => {
  expect(await guardOf(sealed, async () => await Promise.resolve(undefined)).judge("S1", planned("a"))).toEqual([]);
  expect(
    await guardOf(sealed, async () => await Promise.resolve({ decided: new Map(), lost: new Set<string>() })).judge(
      "S1",
      planned("a"),
    ),
  ).toEqual([]);
});

test("whose records are is asked once for each person, of all their planned records, and remembered", async () => {
  const asked: unknown[] = [];
  const guard = guardOf(sealed, async (...question) => {
    asked.push(question);
    return await Promise.resolve({
      decided: new Map<string, Disposition>(),
      lost: new Set(asked.length === 1 ? ["a", "b"] : []),
    });
  });
  expect(await guard.judge("S1", planned("a", "c"))).toEqual([{ key: "a", kind: "failed", reason: "changed" }]);
  expect(await guard.judge("S1", planned("a", "b"))).toEqual([
    { key: "a", kind: "failed", reason: "changed" },
    { key: "b", kind: "failed", reason: "changed" },
  ]);
  expect(asked).toEqual([
    ["shop.orders", [0, 2], ["a", "c"], ["a", "c"], false],
    ["shop.orders", [0, 1], ["b"], ["a", "b"], false],
  ]);
});

test("a record that is there and that nothing of the people leads to any more has changed", async () => {
  const guard = guardOf(
    sealed,
    async () => await Promise.resolve({ decided: new Map([["a", act]]), lost: new Set(["b"]) }),
  );
  expect(await guard.judge("S1", planned("a", "b"))).toEqual([{ key: "b", kind: "failed", reason: "changed" }]);
});
