/** Files of version 1 are brought to this one in place, with everything that was in them. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { openSqlite } from "../../src/state/sqlite.ts";
import type { State } from "../../src/state/state.ts";
import { type Desk, dig, openDesk } from "../support/desk.ts";
import { writeVersion1 } from "./older.ts";

let desk: Desk;
let workspace: string;

beforeEach(() => {
  desk = openDesk();
  workspace = writeVersion1(desk.folder);
});
afterEach(() => {
  desk[Symbol.dispose]();
});

const file = (): string => path.join(workspace, "state.db");

async function opened(): Promise<State> {
  const sealingKey = Buffer.from(readFileSync(path.join(workspace, "keys/sealing.key"), "utf8").trim(), "base64");
  return await openState(openSqlite(file()), { sealingKey });
}

function rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
  using db = new DatabaseSync(file());
  return db.prepare(sql).all();
}

test("requests, sealed values, plans, units and notes are what they were", async () => {
  const before = {
    requests: rows("select id, body from request where id not in ('R-2026-0008') order by id"),
    plans: rows("select * from plan order by id"),
    units: rows("select * from unit order by plan, seq"),
    notes: rows("select * from note order by plan, unit, seq"),
  };
  expect([before.requests.length, before.plans.length, before.units.length]).toEqual([8, 8, 12]);
  const state = await opened();
  expect(await state.read.sealed.subjects("R-2026-0001")).toEqual([{ identifiers: { email: ["p1@old.example"] } }]);
  expect(await state.read.sealed.steps("R-2026-0005", "P-0003")).toMatchObject([
    {
      step: "S1",
      record: "share.lists",
      lookups: [{ subject: 0, values: { email: ["p5@old.example"] } }],
      records: [{ disposition: { kind: "act" } }],
    },
    { step: "S2", record: "share.invoices", records: [] },
  ]);
  expect((await state.read.plans.approval("P-0003"))?.by).toBe("olga");
  await state[Symbol.asyncDispose]();
  expect(rows("pragma user_version")).toEqual([{ user_version: 3 }]);
  expect({
    requests: rows("select id, body from request where id not in ('R-2026-0008') order by id"),
    plans: rows("select * from plan order by id"),
    units: rows("select * from unit order by plan, seq"),
    notes: rows("select * from note order by plan, unit, seq"),
  }).toEqual(before);
});

test("receipts have the counts that were added since, and what a dead process locked is free", async () => {
  expect(rows("select count(*) as n from lock")).toEqual([{ n: 9 }]);
  const state = await opened();
  const [lists, invoices] = await state.read.journal.receipts("P-0002");
  expect(lists).toMatchObject({
    step: "S1",
    attempt: 1,
    matched: 1,
    affected: 1,
    gone: 1,
    deleted: 1,
    changed: 0,
    kept: 0,
    failed: 0,
    gaps: [],
  });
  expect(invoices).toMatchObject({
    step: "S2",
    status: "kept",
    matched: 0,
    deleted: 0,
    changed: 0,
    kept: 1,
    waiting: 0,
  });
  const lease = await state.lease(["R-2026-0005", "R-2026-0006", "R-2026-0008"], async () => {});
  await lease[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

test("a request that was closed and kept its keys loses them now; pointers of what a hold keeps move, and the ledger is told", async () => {
  expect(rows("select request from request_key where request = 'R-2026-0007'")).toHaveLength(1);
  const sealed = rows("select bytes from sealed where request = 'R-2026-0007'").map((row) => row["bytes"]);
  expect(sealed.length).toBeGreaterThan(1);
  const state = await opened();
  expect([(await state.read.requests.get("R-2026-0007")).state, await state.read.sealed.exists("R-2026-0007")]).toEqual(
    ["closed", false],
  );
  expect((await state.read.outbox.unsealed(10)).map(({ id }) => id)).toEqual([
    "R-2026-0009/P-0008/S1",
    "R-2026-0007/key.destroyed",
  ]);
  expect(rows("select request, record, until, reason from held order by request")).toEqual([
    { request: "R-2026-0003", record: "share.invoices", until: "2056-01-05", reason: "retention" },
    { request: "R-2026-0007", record: "share.invoices", until: "2056-02-05", reason: "retention" },
  ]);
  for (const bytes of sealed)
    for (const name of ["state.db", "state.db-wal"])
      expect(
        bytes instanceof Uint8Array && readFileSync(path.join(workspace, name)).includes(Buffer.from(bytes)),
        name,
      ).toBe(false);
  // the others' keys are there
  expect(await state.read.sealed.exists("R-2026-0006")).toBe(true);
  await state[Symbol.asyncDispose]();
});

test("a request that was killed between its result and its state has the state of its result", async () => {
  expect(dig(JSON.parse(String(rows("select body from request where id = 'R-2026-0008'")[0]?.["body"])), "state")).toBe(
    "running",
  );
  const state = await opened();
  expect((await state.read.requests.get("R-2026-0008")).state).toBe("verifying");
  await state[Symbol.asyncDispose]();
});

test("opening it again, or twice at once, changes nothing more", async () => {
  const both = await Promise.all([opened(), opened()]);
  for (const state of both) await state[Symbol.asyncDispose]();
  const once = readFileSync(file());
  await (await opened())[Symbol.asyncDispose]();
  expect(rows("select count(*) as n from outbox where sealed = 0")).toEqual([{ n: 2 }]);
  expect(readFileSync(file()).equals(once)).toBe(true);
});

test("a request that 0.1.0 has run is verified and closed, also when a rule has left the map since", async () => {
  const env = { EXPUNGE_NOW: "2026-12-01T10:00:00Z" };
  const whole = desk.read("datamap.yaml");
  desk.file("datamap.yaml", whole.replace(/^ {6}invoices: .*\n/mu, ""));
  const without = await desk.json(["verify", "R-2026-0008"], { env });
  expect([without.code, dig(without.json, "data.checks.1.reason")], without.out).toEqual([2, "left_the_map"]);
  desk.file("datamap.yaml", whole);
  const verified = await desk.json(["verify", "R-2026-0008"], { env });
  expect([verified.code, dig(verified.json, "data.state")], verified.out).toEqual([0, "closed"]);
  expect(dig(verified.json, "data.checks")).toMatchObject([
    { record: "lists", result: "pass", residual: 0 },
    { record: "invoices", result: "pass", residual: 0 },
  ]);
});

test("what 0.1.0 planned and nobody has ended keeps no due work from being planned", async () => {
  const due = await desk.json(["plan", "--due"]);
  expect([due.code, dig(due.json, "error")], due.out).toEqual([0, undefined]);
});
