import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SealedStep } from "../../src/model/plan.ts";
import type { Subject } from "../../src/model/subject.ts";
import type { SealedPlan } from "../../src/state/sealed-store.ts";
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
afterEach(async () => {
  await state[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function filesHold(text: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(path.join(folder, name)).includes(text));
}

async function opened(subjects: readonly Subject[]): Promise<string> {
  return await state.atomically(async (tx) => {
    const { id } = await tx.requests.add(request);
    await tx.sealed.begin(id, subjects);
    return id;
  });
}

async function sealPlan(id: string, plan: string, sealed: SealedPlan): Promise<void> {
  await state.atomically(async (tx) => await tx.sealed.savePlan(id, plan, sealed));
}

test("a request's subjects come back, and no file of the state holds them in clear", async () => {
  const id = await opened([{ identifiers: { email: [canary] } }]);
  expect(id).toBe("R-2026-0001");
  expect(await state.read.sealed.subjects(id)).toEqual([{ identifiers: { email: [canary] } }]);
  expect(filesHold("ab".repeat(32))).toBe(true);
  expect(filesHold(canary)).toBe(false);
});

test("sealed steps come back as they were, over several chunks", async () => {
  const id = await opened([]);
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
  await sealPlan(id, "P-0001", { ...nothing, steps });
  expect(await state.read.sealed.steps(id, "P-0001")).toEqual(steps);
  expect(JSON.stringify(await state.read.sealed.steps(id, "P-0001"))).toBe(JSON.stringify(steps));
  expect(filesHold(canary)).toBe(false);
});

test("after destroy nothing opens any more, and another key never did", async () => {
  const id = await opened([{ identifiers: { email: [canary] } }]);
  await using other = openState(path.join(folder, "state.db"), randomBytes(32));
  await expect(other.read.sealed.subjects(id)).rejects.toThrow("does not open");
  await state.atomically(async (tx) => await tx.sealed.destroy(id, []));
  expect(await state.read.sealed.exists(id)).toBe(false);
  await expect(state.read.sealed.subjects(id)).rejects.toThrow("has ended");
});

test("an earlier plan's keys go when a new plan is sealed", async () => {
  const id = await opened([]);
  await sealPlan(id, "P-0001", { ...nothing, steps: [{ step: "S1", record: "a.b", lookups: [], records: [] }] });
  await sealPlan(id, "P-0002", nothing);
  expect(await state.read.sealed.steps(id, "P-0001")).toEqual([]);
});

test("a damaged database is refused by name, not by a driver's message", async () => {
  await state[Symbol.asyncDispose]();
  const file = path.join(folder, "broken.db");
  rmSync(file, { force: true });
  expect(() => openState(folder, key)).toThrow("cannot be read as a state database");
});
