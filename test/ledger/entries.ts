/** Entries as a whole request leaves them, for the tests of ledger and reports. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { EventCore, OlderCore } from "../../src/ledger/events.ts";
import { type Ledger, type NewEntry, openLedger } from "../../src/ledger/ledger.ts";
import { openLedgerRows } from "../../src/state/ledger-rows.ts";
import { LEDGER_FILE, openSqlite } from "../../src/state/sqlite.ts";

export const at = (time: string): string => `2026-02-10T${time}.000Z`;
export const digestOf = (digit: string): string => digit.repeat(64);
export const actor = `a_${"4f".repeat(16)}`;

type Result = EventCore<"target.result">;
type FirstResult = OlderCore<"target.result">;

/** As version 0.1 wrote it. */
export function firstTargetResult(request: string, more: Partial<FirstResult> = {}): FirstResult {
  return {
    request,
    plan_digest: digestOf("a"),
    step: "S1",
    system: "shop",
    record: "customers",
    operation: "erase",
    status: "deleted",
    found: 1,
    matched: 1,
    affected: 1,
    gone: 1,
    already_gone: 0,
    own: 0,
    kept: 0,
    waiting: 0,
    blocked: 0,
    law: [],
    residue: [],
    connector: "postgres@0.1.0",
    started: at("10:03:00"),
    finished: at("10:03:01"),
    verification: { method: "requery", residual: 0, at: at("10:03:02") },
    ...more,
  };
}

/** What is gone was deleted, unless `more` says how much was changed. */
export function targetResult(request: string, more: Partial<Result> = {}): Result {
  const { deleted, changed = 0, minimised = 0, failed = 0, attempt = 1, gaps = [], ...rest } = more;
  const first = firstTargetResult(request, rest);
  return {
    ...first,
    step: first.step ?? "S1",
    attempt,
    deleted: deleted ?? first.gone - changed,
    changed,
    minimised,
    failed,
    gaps,
  };
}

export function completed(
  request: string,
  more: Partial<EventCore<"erasure.completed">> = {},
): EventCore<"erasure.completed"> {
  return {
    request,
    at: at("10:04:00"),
    plan_digest: digestOf("a"),
    state: "closed",
    exit: 0,
    totals: { erase: 1, change: 0, keep: 1, wait: 0, blocked: 0, nothing: 0 },
    residual: 0,
    checks: [
      { system: "shop", record: "customers", result: "pass", method: "requery", residual: 0, at: at("10:03:50") },
    ],
    residue: [{ system: "shop", mechanism: "backups", gone_by: "2026-03-17" }],
    ...more,
  };
}

/** A request on its way from received to closed, with one invoice kept. */
export function wholeRequest(request: string): readonly NewEntry[] {
  const received = {
    request,
    at: at("09:00:00"),
    received: "2026-02-10",
    regime: "eu",
    due_nominal: "2026-03-10",
    due_legal: "2026-03-10",
    due_extended: "2026-05-10",
    subjects: 1,
    controller: "Harbour Reading Club",
    by: actor,
  } satisfies EventCore<"request.received">;
  const decision = {
    request,
    at: at("10:01:00"),
    plan: "P-0001",
    plan_digest: digestOf("a"),
    map_digest: digestOf("b"),
    rules_digest: digestOf("c"),
    approver: actor,
    decision: "partial",
    exceptions: ["art17-3-b"],
  } satisfies EventCore<"decision">;
  return [
    {
      id: `${request}/received`,
      type: "request.received",
      core: received,
      link: { v: 1, epoch: 1, pseudonym: digestOf("d") },
    },
    {
      id: `${request}/identity`,
      type: "identity.verified",
      core: { request, at: at("09:30:00"), method: "letter", result: "ok", by: actor },
    },
    { id: `${request}/decision`, type: "decision", core: decision },
    {
      id: `${request}/started`,
      type: "erasure.started",
      core: { request, at: at("10:02:00"), plan: "P-0001", plan_digest: digestOf("a"), by: actor },
    },
    { id: `${request}/S1`, type: "target.result", core: targetResult(request) },
    {
      id: `${request}/S2`,
      type: "target.result",
      core: targetResult(request, {
        step: "S2",
        record: "invoices",
        status: "kept",
        matched: 0,
        affected: 0,
        gone: 0,
        kept: 1,
        reason: "retention",
        until: "2034-12-31",
        law: ["DE AO §147(3)-(4)", "DE UStG §14b(1)"],
        restricted: true,
        residue: [{ mechanism: "wal", gone_by: null }],
      }),
    },
    { id: `${request}/completed`, type: "erasure.completed", core: completed(request) },
    { id: `${request}/keys`, type: "key.destroyed", core: { request, what: "sealed_keys", at: at("10:05:00") } },
  ];
}

/** A folder of the test's own, gone after it. */
export function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "expunge-ledger-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function newKey(): ReturnType<typeof generateKeyPairSync>["privateKey"] {
  return generateKeyPairSync("ed25519").privateKey;
}

/** A ledger in a file. */
export async function openIn(file: string, how: Parameters<typeof openLedger>[1]): Promise<Ledger> {
  return await openLedger(await openLedgerRows(openSqlite(file, LEDGER_FILE)), how);
}
