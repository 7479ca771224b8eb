/** Entries as requests make them, of names that nobody would choose, and taken by a real ledger. */
import { createHash } from "node:crypto";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { commitWords, newSalt } from "../../src/ledger/commitment.ts";
import type { DataMap } from "../../src/model/datamap.ts";
import type { Plan, PlanStep } from "../../src/model/plan.ts";
import type { ErasureRequest } from "../../src/model/request.ts";
import { summarise } from "../../src/reports/summary.ts";
import type { Teller } from "../../src/requests/entry-parts.ts";
import {
  decisionEntry,
  extendedEntry,
  gapsAcceptedEntry,
  identityEntry,
  keyDestroyedEntry,
  receivedEntry,
  refusedEntry,
} from "../../src/requests/ledger-entries.ts";
import { completedEntry, receiptEntries, startedEntry, verificationEntry } from "../../src/requests/run-entries.ts";
import type { Receipt } from "../../src/state/journal.ts";
import type { OutboxEntry } from "../../src/state/outbox.ts";
import { folder, newKey, openIn } from "../ledger/entries.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const now = "2026-03-04T10:00:00.000Z";
const UGLY = [
  "calls of +43 660 1234567",
  "anna@harbour.example",
  "events_2024011512",
  "10.0.0.1",
  "ev\u001b[31mil\nname",
  "x".repeat(400),
  "a::b",
  "\ud800",
];

const request: ErasureRequest = {
  id: "R-2026-0001",
  type: "erasure",
  state: "planned",
  received: "2026-03-02",
  due: { nominal: "2026-04-02", legal: "2026-04-02", extended: "2026-06-02" },
  pseudonyms: ["d".repeat(64)],
  createdAt: now,
  createdBy: "olga",
  identity: { method: "rang +43 660 1234567", result: "ok", at: now, by: "olga" },
};

function teller(map: DataMap): Teller {
  const digest = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 32);
  return { map, now: () => new Date(now), actor: "olga", actorIdOf: (name) => `a_${digest(name)}`, version: "0.2.0" };
}

const step = (id: string, record: string, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  system: "shop",
  record,
  action: "erase",
  status: "deleted",
  found: 3,
  act: 2,
  kept: 1,
  waiting: 0,
  blocked: 0,
  ...more,
});

const planOf = (steps: readonly PlanStep[]): Plan => ({
  id: "P-0001",
  request: request.id,
  digest: "a".repeat(64),
  map: "b".repeat(64),
  made_at: now,
  expires_at: now,
  steps,
  totals: { erase: 0, change: 0, keep: 0, wait: 0, blocked: 0, nothing: 0 },
  residue: [],
  warnings: [],
});

const receipt = (of: PlanStep, more: Partial<Receipt> = {}): Receipt => ({
  plan: "P-0001",
  step: of.id,
  system: of.system,
  record: of.record,
  attempt: 1,
  status: of.status,
  matched: 2,
  affected: 2,
  gone: 2,
  deleted: 1,
  changed: 1,
  minimised: 1,
  alreadyGone: 0,
  own: 0,
  kept: 1,
  waiting: 0,
  blocked: 0,
  failed: 0,
  gaps: [],
  started: now,
  finished: now,
  ...more,
});

/** Whether a real ledger takes them, and what a report makes of them. */
async function told(
  entries: readonly OutboxEntry[],
): Promise<{ readonly text: string; readonly summary: ReturnType<typeof summarise> }> {
  await using ledger = await openIn(path.join(folder(), "ledger.db"), {
    origin: "example.org/1",
    signingKey: newKey(),
  });
  await ledger.append(entries);
  const cores = (await ledger.entriesOf(request.id)).entries.map(({ core }) => core);
  return { text: JSON.stringify(cores), summary: summarise(cores) };
}

const core = (entry: OutboxEntry): Readonly<Record<string, unknown>> => entry.core;

describe("entries of a request whose map, constraints and files are named like people", () => {
  const steps = UGLY.map((record, n) =>
    step(`S${n + 1}`, record, { law: UGLY, until: n % 2 === 0 ? "2034-12-31" : "tomorrow", reason: UGLY[n] ?? "" }),
  );
  const map = mapOf([{ name: "shop", kind: "postgres", records: UGLY.map((name) => recordOf("shop", name)) }]);
  const context = teller({ ...map, controller: { ...map.controller, name: "Foyer Hotline 0800 1234567" } });
  const plan = planOf(steps);
  const receipts = steps.map((one, n) =>
    receipt(one, {
      reason: UGLY[n] ?? "",
      gaps: UGLY.map((where) => ({ where, holdsIdentifier: true })),
      residue: UGLY.map((mechanism) => ({ system: "shop", mechanism, goneBy: mechanism })),
    }),
  );
  const why = { words: "Otto, +43 660 1234567, asked twice", commitment: "c".repeat(64) };
  const gaps = UGLY.map((where, n) => ({ system: "shop", record: UGLY[n] ?? "", where, holdsIdentifier: true }));
  const residue = UGLY.map((mechanism) => ({ system: UGLY[2] ?? "", mechanism, goneBy: "2026-04-08" }));
  const seen = {
    state: "partly_done" as const,
    exit: 2,
    residual: 1,
    checks: steps.map(({ system, record }, n) => ({
      system,
      record,
      result: "fail" as const,
      residual: 1,
      at: now,
      reason: UGLY[n] ?? "",
    })),
    gaps,
    residue,
  };
  const all = [
    receivedEntry(context, request, 1),
    identityEntry(context, request),
    decisionEntry(context, plan, {
      plan: plan.id,
      digest: plan.digest,
      by: "anna@harbour.example",
      role: UGLY[0] ?? "",
      at: now,
    }),
    startedEntry(context, plan),
    ...receiptEntries(context, plan, receipts),
    verificationEntry(context, plan, seen),
    extendedEntry(context, request.id, { reason: "complex", notifiedOn: "2026-03-03", due: "2026-06-02" }),
    gapsAcceptedEntry(context, request.id, gaps, why),
    completedEntry(context, plan, { ...seen, attempts: receipts, undos: [], why }),
    refusedEntry({ ...context, timezone: "Europe/Berlin" }, request.id, "refused", why),
    refusedEntry({ ...context, timezone: "Europe/Berlin" }, request.id, "cancelled", why),
    keyDestroyedEntry(context, request.id),
  ];

  it("are taken by the ledger, every one, and hold none of it", async () => {
    const { text } = await told(all);
    for (const secret of ["1234567", "harbour", "10.0.0.1", "2024011512", "Otto", "olga", "\\u001b"])
      expect(text).not.toContain(secret);
    expect(text).toContain("Foyer Hotline *");
  });

  it("keep record types apart whose masked names are the same", async () => {
    const [one, other] = [step("S1", "calls_0800123456"), step("S2", "calls_0800123457")];
    const { summary } = await told(
      receiptEntries(context, planOf([one, other]), [
        receipt(one),
        receipt(other, { deleted: 2, changed: 0, kept: 0, minimised: 0 }),
      ]),
    );
    expect(summary.systems.map(({ found, kept }) => [found, kept])).toEqual([
      [3, 1],
      [2, 0],
    ]);
    expect(new Set(summary.systems.map(({ record }) => record)).size).toBe(2);
  });
});

describe("entries", () => {
  const map = mapOf([
    { name: "shop", kind: "postgres", records: [recordOf("shop", "customers"), recordOf("shop", "calls")] },
  ]);
  const context = teller(map);
  const customers = step("S1", "customers");
  const approval = { plan: "P-0001", digest: "a".repeat(64), by: "olga", at: now };

  it("of a check of the identity say verified only where it was, and each check is told", async () => {
    const checked = (result: "ok" | "more_needed" | "failed"): OutboxEntry =>
      identityEntry(context, { ...request, identity: { method: "letter", result, at: now, by: "olga" } });
    const entries = [checked("failed"), checked("ok"), checked("failed"), checked("more_needed"), checked("ok")];
    expect(entries.map((entry) => [entry.type, core(entry)["result"]])).toEqual([
      ["identity.checked", "failed"],
      ["identity.verified", "ok"],
      ["identity.checked", "failed"],
      ["identity.checked", "more_needed"],
      ["identity.verified", "ok"],
    ]);
    // at the same instant too
    expect((await told([receivedEntry(context, request, 1), ...entries])).summary.people).toHaveLength(6);
  });

  it("of a decision are partial where something is kept, not searched or excluded, and granted else", async () => {
    const decision = (steps: readonly PlanStep[], accepting?: Parameters<typeof decisionEntry>[3]): unknown =>
      core(decisionEntry(context, planOf(steps), approval, accepting))["decision"];
    const free = step("S1", "customers", { kept: 0, found: 2 });
    const blind = step("S2", "calls", { found: 0, act: 0, kept: 0, status: "not_checked", reason: "no_identifier" });
    expect(decision([free])).toBe("granted");
    expect(decision([customers])).toBe("partial");
    expect(decision([free, blind], { notSearched: ["shop.calls"] })).toBe("partial");
    expect(decision([free], { notSearched: [], excluded: { records: 1, words: "e".repeat(64) } })).toBe("partial");
    expect(
      core(decisionEntry(context, planOf([free, blind]), approval, { notSearched: ["shop.calls"] }))["not_searched"],
    ).toEqual([{ system: "shop", record: "calls" }]);
  });

  it("of a refusal hold a code and what binds the words, and the words open it", async () => {
    const salt = newSalt();
    const words = "manifestly unfounded";
    const entry = refusedEntry({ ...context, timezone: "Europe/Berlin" }, request.id, "refused", {
      words,
      commitment: commitWords(salt, words),
    });
    expect([entry.type, core(entry)["reason"]]).toEqual(["request.refused", "unfounded"]);
    expect(core(entry)["words"]).toBe(commitWords(salt, words));
    expect(core(entry)["words"]).not.toBe(commitWords(salt, "excessive"));
    expect(core(entry)["words"]).not.toBe(commitWords(newSalt(), words));
  });

  it("of results are one an attempt, and add up from the receipt", async () => {
    const failed = receipt(customers, {
      status: "failed",
      matched: 2,
      affected: 0,
      gone: 0,
      deleted: 0,
      changed: 0,
      minimised: 0,
      failed: 2,
      reason: "23503",
    });
    const plan = planOf([customers]);
    const entries = [
      ...receiptEntries(context, plan, [failed]),
      ...receiptEntries(context, plan, [receipt(customers, { attempt: 2, status: "kept" })]),
    ];
    expect(entries.map((entry) => core(entry)["found"])).toEqual([3, 3]);
    const { summary } = await told([
      startedEntry(context, plan),
      ...entries,
      ...receiptEntries(context, plan, [failed]),
    ]);
    expect(summary.systems).toMatchObject([
      { found: 3, deleted: 1, changed: 1, kept: 1, minimised: 1, failed: 0, attempts: 2, status: "kept" },
    ]);
  });

  it("of results say that records were read again only where some were", async () => {
    const blind = step("S2", "calls", { found: 0, act: 0, kept: 0, status: "not_checked", reason: "no_identifier" });
    const nothing = { matched: 0, affected: 0, gone: 0, deleted: 0, changed: 0, minimised: 0, kept: 0 };
    const away = receipt(customers, { ...nothing, kept: 1, failed: 2, status: "failed", reason: "FILE_UNREADABLE" });
    const receipts = [
      receipt(blind, nothing),
      away,
      receipt(customers),
      receipt(customers, { failed: 1, deleted: 0, reason: "23503" }),
    ];
    const again = receipts
      .flatMap((one) => receiptEntries(context, planOf([blind, customers]), [one]))
      .map((entry) => entry.core["verification"]);
    expect(again).toEqual([
      undefined,
      undefined,
      { method: "requery", residual: 0, at: now },
      { method: "requery", residual: 1, at: now },
    ]);
  });

  it("of an end count their totals from the receipts, not from the plan", async () => {
    const ended = {
      state: "closed" as const,
      exit: 0,
      residual: 0,
      residue: [],
      undos: [],
      attempts: [
        receipt(customers),
        receipt(step("S2", "calls"), { status: "nothing_found", deleted: 0, changed: 0, kept: 0 }),
      ],
    };
    expect(core(completedEntry(context, planOf([customers]), ended))["totals"]).toEqual({
      erase: 1,
      change: 1,
      keep: 1,
      wait: 0,
      blocked: 0,
      failed: 0,
      nothing: 1,
    });
  });

  it("of an end count what every plan did, and what the last one left", async () => {
    const calls = step("S2", "calls");
    const none = { matched: 0, affected: 0, gone: 0, deleted: 0, changed: 0, minimised: 0, kept: 0 };
    const attempts = [
      receipt(customers, { deleted: 2, changed: 0, failed: 1, status: "failed" }),
      receipt(customers, { attempt: 2, deleted: 0, changed: 0, failed: 3, status: "failed" }),
      receipt(calls, { waiting: 4 }),
      receipt(customers, { ...none, plan: "P-0002", status: "nothing_found" }),
      receipt(calls, { ...none, plan: "P-0002", deleted: 4, kept: 1 }),
    ];
    const ended = { state: "closed" as const, exit: 0, residual: 0, residue: [], undos: [], attempts };
    expect(core(completedEntry(context, planOf([customers]), ended))["totals"]).toEqual({
      erase: 7,
      change: 1,
      keep: 1,
      wait: 0,
      blocked: 0,
      failed: 0,
      nothing: 0,
    });
  });

  it("are dated by the controller's day", async () => {
    const late = { ...context, now: () => new Date("2026-03-04T23:30:00.000Z") };
    expect(core(startedEntry(late, planOf([customers])))).toMatchObject({
      at: "2026-03-04T23:30:00.000Z",
      day: "2026-03-05",
    });
  });
});
