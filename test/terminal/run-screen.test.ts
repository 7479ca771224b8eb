import { expect, test } from "vitest";
import type { RunStep } from "../../src/executor/step-line.ts";
import { stepLine } from "../../src/terminal/run-screen.ts";

const none = {
  id: "S1",
  system: "shop",
  record: "customers",
  status: "deleted",
  matched: 0,
  affected: 0,
  gone: 0,
} as const;

function line(step: Partial<RunStep>): string {
  return stepLine({ ...none, ...step }, true)
    .trim()
    .replaceAll(/ {2,}/gu, " ");
}

test("what a step erased and what it changed are told apart", () => {
  expect(line({ status: "anonymised", matched: 3, affected: 3, gone: 3, deleted: 2, changed: 1, kept: 1 })).toBe(
    "shop.customers anonymised 2 erased, 1 changed (read again: as wanted), 1 kept",
  );
});

test("numbers that differ are all said", () => {
  expect(line({ status: "failed", matched: 3, affected: 2, gone: 1, deleted: 1, failed: 2 })).toBe(
    "shop.customers failed 1 erased, 3 found again, 2 done, 1 as wanted when read again, 2 failed",
  );
});
