import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SealedStep } from "../../src/model/plan.ts";
import { openState, type State } from "../../src/state/state.ts";

let folder: string;
let state: State;
const key = randomBytes(32);
const request = {
  type: "erasure",
  received: "2026-11-20",
  due: { nominal: "2026-12-20", legal: "2026-12-21", extended: "2027-02-20" },
  pseudonyms: ["ab".repeat(32)],
  createdAt: "2026-11-20T10:00:00.000Z",
  createdBy: "officer",
} as const;
const nothing = { steps: [], resolved: [], searched: [], carried: [] };
const canary = "ann.canary@example.org";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "expunge-test-state-"));
  state = openState(path.join(folder, "state.db"), key);
});
afterEach(() => {
  state[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function filesHold(text: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(path.join(folder, name)).includes(text));
}

test("a request's subjects come back, and no file of the state holds them in clear", () => {
  const { id } = state.requests.add(request, [{ identifiers: { email: [canary] } }]);
  expect(id).toBe("R-2026-0001");
  expect(state.sealed.subjects(id)).toEqual([{ identifiers: { email: [canary] } }]);
  expect(filesHold("ab".repeat(32))).toBe(true);
  expect(filesHold(canary)).toBe(false);
});

test("sealed steps come back as they were, over several chunks", () => {
  const { id } = state.requests.add(request, []);
  const records = Array.from({ length: 4500 }, (_, at) => ({
    key: `["${at}"]`,
    fingerprint: `f${at}`,
    subjects: [0],
    disposition: { kind: "act", change: "rule" } as const,
  }));
  const steps: SealedStep[] = [
    { step: "S1", record: "shop.orders", lookups: [{ subject: 0, values: { email: [canary] } }], records },
    { step: "S2", record: "shop.customers", lookups: [], records: [] },
  ];
  state.sealed.savePlan(id, "P-0001", { ...nothing, steps });
  expect(state.sealed.steps(id, "P-0001")).toEqual(steps);
  expect(JSON.stringify(state.sealed.steps(id, "P-0001"))).toBe(JSON.stringify(steps));
  expect(filesHold(canary)).toBe(false);
});

test("after destroy nothing opens any more, and another key never did", () => {
  const { id } = state.requests.add(request, [{ identifiers: { email: [canary] } }]);
  using other = openState(path.join(folder, "state.db"), randomBytes(32));
  expect(() => other.sealed.subjects(id)).toThrow("does not open");
  state.sealed.destroy(id, []);
  expect(state.sealed.exists(id)).toBe(false);
  expect(() => state.sealed.subjects(id)).toThrow("has ended");
});

test("an earlier plan's keys go when a new plan is sealed", () => {
  const { id } = state.requests.add(request, []);
  state.sealed.savePlan(id, "P-0001", { ...nothing, steps: [{ step: "S1", record: "a.b", lookups: [], records: [] }] });
  state.sealed.savePlan(id, "P-0002", nothing);
  expect(state.sealed.steps(id, "P-0001")).toEqual([]);
});

test("a damaged database is refused by name, not by a driver's message", () => {
  state[Symbol.dispose]();
  const file = path.join(folder, "broken.db");
  rmSync(file, { force: true });
  expect(() => openState(folder, key)).toThrow("cannot be read as a state database");
});
