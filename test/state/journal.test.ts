import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Receipt } from "../../src/state/journal.ts";
import { openState, type State } from "../../src/state/state.ts";

let folder: string;
let state: State;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "expunge-test-journal-"));
  state = openState(path.join(folder, "state.db"), randomBytes(32));
});
afterEach(() => {
  state[Symbol.dispose]();
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

test("a unit is ready, then intended, then done, and adding it again changes nothing", () => {
  state.journal.add("P-0001", [unit]);
  expect(state.journal.units("P-0001")).toEqual([{ ...unit, state: "ready" }]);
  state.journal.intend("P-0001", unit.id);
  state.journal.add("P-0001", [unit]);
  expect(state.journal.units("P-0001")[0]?.state).toBe("intended");
  state.journal.note("P-0001", unit.id, "xid 1");
  state.journal.note("P-0001", unit.id, "xid 2");
  expect(state.journal.notes("P-0001", unit.id)).toEqual(["xid 1", "xid 2"]);
  state.journal.attest("P-0001", unit.id, [receipt], [entry("e1")]);
  expect(state.journal.units("P-0001")[0]?.state).toBe("done");
  expect(state.journal.notes("P-0001", unit.id)).toEqual([]);
});

test("attesting twice leaves one receipt a step and one ledger entry an event", () => {
  state.journal.add("P-0001", [unit]);
  state.journal.attest("P-0001", unit.id, [receipt], [entry("e1")]);
  state.journal.attest("P-0001", unit.id, [{ ...receipt, affected: 0 }], [entry("e1"), entry("e2")]);
  expect(state.journal.receipts("P-0001")).toEqual([receipt]);
  expect(state.journal.unsealed(10).map((one) => one.id)).toEqual(["e1", "e2"]);
  state.journal.sealed(["e1"]);
  expect(state.journal.unsealed(10)).toEqual([entry("e2")]);
});

test("a lock is refused to others while its process lives, all names or none, and freed at the end", () => {
  using other = openState(path.join(folder, "state.db"), randomBytes(32));
  const taken = state.locks.take(["R-2026-0001", "subject:x"], "now");
  const db = new DatabaseSync(path.join(folder, "state.db"));
  // another process that lives: our parent
  db.prepare("update lock set pid = ?, started = '' where name = 'subject:x'").run(process.ppid);
  expect(() => other.locks.take(["R-2026-0002", "subject:x"], "now")).toThrow("another expunge");
  expect(
    db
      .prepare("select name from lock order by name")
      .all()
      .map((row) => row["name"]),
  ).toEqual(["R-2026-0001", "subject:x"]);
  taken[Symbol.dispose]();
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
  using _one = state.locks.take(["R-2026-0001"], "now");
  using _two = state.locks.take(["R-2026-0002"], "now");
  expect(process.pid).toBeGreaterThan(0);
});
