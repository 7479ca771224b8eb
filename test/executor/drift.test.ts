import { expect, test } from "vitest";
import { driftBetween } from "../../src/executor/drift.ts";
import type { Disposition, SealedStep } from "../../src/model/plan.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const target = targetOf(mapOf([]), recordOf("shop", "orders"));
const act: Disposition = { kind: "act", change: "rule" };
const record = (key: string, fingerprint = "f", disposition: Disposition = act) => ({
  key,
  fingerprint,
  subjects: [0],
  disposition,
});
const step = (...records: SealedStep["records"]): SealedStep => ({
  step: "S1",
  record: "shop.orders",
  target,
  lookups: [],
  records,
});
const look = (now: SealedStep, lost: readonly string[] = []) => ({
  sealed: [{ ...now, records: new Map(now.records.map((one) => [one.key, one])) }],
  lost: async () => await Promise.resolve(lost),
});

test("what is as it was is no drift, and what is gone by its key neither", async () => {
  expect(await driftBetween([step(record("a"), record("b"))], look(step(record("a"))))).toEqual([]);
});

test("a planned record that does not match any more, and is there by its key, has changed", async () => {
  expect(await driftBetween([step(record("a"), record("b"))], look(step(record("a")), ["b"]))).toEqual([
    { record: "shop.orders", added: 0, changed: 1 },
  ]);
});

test("another fingerprint, or another disposition, is a change; a new record is added", async () => {
  const waiting: Disposition = { kind: "waiting", reason: "open_case" };
  const now = look(step(record("a", "g"), record("b", "f", waiting), record("c")));
  expect(await driftBetween([step(record("a"), record("b"))], now)).toEqual([
    { record: "shop.orders", added: 1, changed: 2 },
  ]);
});

test("a record type that is not found at all any more is asked for by its keys", async () => {
  expect(
    await driftBetween([step(record("a"))], { sealed: [], lost: async (_, keys) => await Promise.resolve(keys) }),
  ).toEqual([{ record: "shop.orders", added: 0, changed: 1 }]);
});
