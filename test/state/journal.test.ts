import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Receipt } from "../../src/state/journal.ts";
import type { OutboxEntry } from "../../src/state/outbox.ts";
import { openState, type State } from "../../src/state/state.ts";

let folder: string;
let state: State;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "expunge-test-journal-"));
  state = openState(path.join(folder, "state.db"), randomBytes(32));
});
afterEach(async () => {
  await state[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const unit = { plan: "P-0001", id: "U-shop.orders", phase: 0, system: "shop", steps: ["S1"], after: [] };
const receipt: Receipt = {
  plan: "P-0001",
  step: "S1",
  system: "shop",
  record: "orders",
  status: "deleted",
  matched: 2,
  affected: 2,
  gone: 2,
  deleted: 2,
  changed: 0,
  minimised: 0,
  alreadyGone: 0,
  own: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  attempt: 1,
  gaps: [],
  started: "a",
  finished: "b",
};
const entry = (id: string) => ({ id, type: "target.result", core: { v: 1, n: id } });

test("a unit is ready, then intended, then done, and adding it again changes nothing", async () => {
  const { journal } = state.read;
  await state.atomically(async (tx) => await tx.journal.add("P-0001", [unit]));
  expect(await journal.units("P-0001")).toEqual([{ ...unit, state: "ready" }]);
  await state.atomically(async (tx) => {
    await tx.journal.intend("P-0001", unit.id);
    await tx.journal.add("P-0001", [unit]);
  });
  expect((await journal.units("P-0001"))[0]?.state).toBe("intended");
  await state.atomically(async (tx) => await tx.journal.note("P-0001", unit.id, "xid 1"));
  await state.atomically(async (tx) => await tx.journal.note("P-0001", unit.id, "xid 2"));
  expect(await journal.notes("P-0001", unit.id)).toEqual(["xid 1", "xid 2"]);
  await attest([receipt], [entry("e1")]);
  expect((await journal.units("P-0001"))[0]?.state).toBe("done");
  expect(await journal.notes("P-0001", unit.id)).toEqual([]);
});

test("attesting twice leaves one receipt a step and one ledger entry an event", async () => {
  const { journal, outbox } = state.read;
  await state.atomically(async (tx) => await tx.journal.add("P-0001", [unit]));
  await attest([receipt], [entry("e1")]);
  await attest([{ ...receipt, affected: 0 }], [entry("e1"), entry("e2")]);
  expect(await journal.receipts("P-0001")).toEqual([receipt]);
  expect((await outbox.unsealed(10)).map((one) => one.id)).toEqual(["e1", "e2"]);
  await state.atomically(async (tx) => await tx.outbox.sealed(["e1"]));
  expect(await outbox.unsealed(10)).toEqual([entry("e2")]);
});

async function attest(receipts: readonly Receipt[], entries: readonly OutboxEntry[]): Promise<void> {
  await state.atomically(async (tx) => {
    await tx.journal.attest("P-0001", unit.id, receipts);
    await tx.outbox.post(entries);
  });
}

test("a lock is refused to others while its process lives, all names or none, and freed at the end", async () => {
  await using other = openState(path.join(folder, "state.db"), randomBytes(32));
  const taken = await state.lease(["R-2026-0001", "subject:x"], "now", async () => {});
  const db = new DatabaseSync(path.join(folder, "state.db"));
  // another process that lives: our parent
  db.prepare("update lock set pid = ?, started = '' where name = 'subject:x'").run(process.ppid);
  await expect(other.lease(["R-2026-0002", "subject:x"], "now", async () => {})).rejects.toThrow("another expunge");
  expect(
    db
      .prepare("select name from lock order by name")
      .all()
      .map((row) => row["name"]),
  ).toEqual(["R-2026-0001", "subject:x"]);
  await taken[Symbol.asyncDispose]();
  expect(
    db
      .prepare("select name from lock")
      .all()
      .map((row) => row["name"]),
  ).toEqual(["subject:x"]);
  db.close();
});

test("a dead process holds nothing, nor does another process that got its number", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((done) => child.once("exit", done));
  const db = new DatabaseSync(path.join(folder, "state.db"));
  const insert = db.prepare("insert into lock (name, pid, started, taken_at) values (?, ?, ?, 'then')");
  insert.run("R-2026-0001", child.pid ?? 0, "");
  insert.run("R-2026-0002", process.pid, "another boot/1");
  db.close();
  await using _one = await state.lease(["R-2026-0001"], "now", async () => {});
  await using _two = await state.lease(["R-2026-0002"], "now", async () => {});
  expect(process.pid).toBeGreaterThan(0);
});
