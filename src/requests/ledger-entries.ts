/** What a request leaves in the ledger: one function an event. The same event always has the same id, so it is written once. */
import { createHash } from "node:crypto";
import { sentences } from "../datamap/sentences.ts";
import type { Check } from "../executor/verify.ts";
import { checkEvent, type EventCore, type EventType, methodCode } from "../ledger/events.ts";
import type { JsonObject } from "../model/json.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { RequestState } from "../model/status.ts";
import type { Receipt } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Approval } from "../state/plan-store.ts";
import type { Context } from "./context.ts";

/** Exemption words of the data map -> codes of the ledger. */
const EXCEPTIONS = ["art17-3-a", "art17-3-b", "art17-3-c", "art17-3-d", "art17-3-e"] as const;

function entry<K extends EventType>(id: string, type: K, core: EventCore<K>, link?: JsonObject): OutboxEntry {
  const object: JsonObject = JSON.parse(JSON.stringify(core));
  // before the effect that it tells of: an entry the ledger would refuse later must not stop it half-way
  checkEvent(type, object, link);
  return { id, type, core: object, ...(link === undefined ? {} : { link }) };
}

const CODE = /[^A-Za-z0-9_.:-]/gu;

/** Constraint names and reasons of other systems, as codes. */
function code(text: string): string {
  return text.replace(CODE, "_").slice(0, 64);
}

export function receivedEntry(context: Context, request: ErasureRequest, epoch: number): OutboxEntry {
  return entry(
    `${request.id}/received`,
    "request.received",
    {
      request: request.id,
      at: request.createdAt,
      right: request.type,
      received: request.received,
      regime: context.map.controller.calendar.regime,
      due_nominal: request.due.nominal,
      due_legal: request.due.legal,
      due_extended: request.due.extended,
      subjects: request.pseudonyms.length,
      controller: context.map.controller.name,
      by: context.actorIdOf(request.createdBy),
    },
    { v: 1, epoch, pseudonyms: [...request.pseudonyms] },
  );
}

export function identityEntry(context: Context, request: ErasureRequest): OutboxEntry {
  const { identity } = request;
  const at = identity?.at ?? context.now().toISOString();
  return entry(`${request.id}/identity/${at}`, "identity.verified", {
    request: request.id,
    at,
    method: methodCode(identity?.method ?? "other"),
    result: identity?.result ?? "failed",
    by: context.actorIdOf(identity?.by ?? context.actor),
  });
}

export function decisionEntry(context: Context, plan: Plan, approval: Approval): OutboxEntry {
  const kept = plan.steps.filter((step) => step.kept > 0);
  const exemptions = new Set(kept.flatMap((step) => exemptionsOf(context, `${step.system}.${step.record}`)));
  return entry(`${plan.request}/${plan.id}/decision/${approval.at}`, "decision", {
    request: plan.request,
    at: approval.at,
    plan: plan.id,
    plan_digest: plan.digest,
    map_digest: plan.map,
    rules_digest: rulesDigest(context),
    approver: context.actorIdOf(approval.by),
    ...(approval.role === undefined ? {} : { role: code(approval.role) }),
    decision: kept.length > 0 ? "partial" : "granted",
    exceptions: [...exemptions],
  });
}

function exemptionsOf({ map }: Context, record: string): readonly (typeof EXCEPTIONS)[number][] {
  const type = map.systems.flatMap((system) => system.records).find((one) => one.id === record);
  return (type?.holds ?? []).flatMap((use) => {
    const letter = /17\s*\(3\)\s*\(([a-e])\)/u.exec(map.holds.find((hold) => hold.name === use.hold)?.exemption ?? "")?.[1];
    return EXCEPTIONS.filter((one) => one === `art17-3-${letter ?? ""}`);
  });
}

export function startedEntry(context: Context, plan: Plan): OutboxEntry {
  return entry(`${plan.request}/${plan.id}/started`, "erasure.started", {
    request: plan.request,
    at: context.now().toISOString(),
    plan: plan.id,
    plan_digest: plan.digest,
    by: context.actorIdOf(context.actor),
  });
}

export function receiptEntries(context: Context, plan: Plan, receipts: readonly Receipt[]): readonly OutboxEntry[] {
  return receipts.flatMap((receipt) => {
    const step = plan.steps.find((one) => one.id === receipt.step);
    if (step === undefined) return [];
    const kind = context.map.systems.find((system) => system.name === step.system)?.kind ?? "unknown";
    const residue = plan.residue.filter((one) => one.system === step.system);
    const reason = receipt.reason ?? step.reason;
    return entry(`${plan.request}/${plan.id}/${step.id}`, "target.result", {
      request: plan.request,
      plan_digest: plan.digest,
      step: step.id,
      system: step.system,
      record: step.record,
      operation: step.action,
      status: receipt.status,
      found: step.found,
      matched: receipt.matched,
      affected: receipt.affected,
      gone: receipt.gone,
      already_gone: receipt.alreadyGone,
      own: receipt.own,
      kept: step.kept,
      ...(step.minimised === undefined ? {} : { minimised: step.minimised }),
      waiting: step.waiting,
      blocked: step.blocked,
      ...(reason === undefined ? {} : { reason: code(reason) }),
      ...(step.until === undefined ? {} : { until: step.until }),
      law: [...(step.law ?? [])],
      ...(step.kept > 0 ? { restricted: typeOf(context, step)?.whileHeld?.restrict ?? false } : {}),
      residue: residue.map((one) => ({ mechanism: code(one.mechanism), gone_by: one.gone_by })),
      connector: `${kind}@${context.version}`,
      started: receipt.started,
      finished: receipt.finished,
      verification: { method: "requery", residual: receipt.matched - receipt.gone, at: receipt.finished },
    });
  });
}

export function completedEntry(
  context: Context,
  plan: Plan,
  verified: { readonly state: RequestState; readonly exit: number; readonly residual: number; readonly checks: readonly Check[] },
): OutboxEntry {
  return entry(`${plan.request}/${plan.id}/completed`, "erasure.completed", {
    request: plan.request,
    at: context.now().toISOString(),
    plan_digest: plan.digest,
    state: verified.state,
    exit: verified.exit,
    totals: { ...plan.totals },
    residual: verified.residual,
    checks: verified.checks.map(({ system, record, result, residual, at }) => ({ system, record, result, residual, method: methodOf(result, record), at })),
    residue: plan.residue.map((one) => ({ system: one.system, mechanism: code(one.mechanism), gone_by: one.gone_by })),
  });
}

function methodOf(result: Check["result"], record: string): "requery" | "declared" | "none" {
  if (result === "pass" || result === "fail") return "requery";
  return record === "backups" ? "declared" : "none";
}

export function refusedEntry(context: Context, id: string, state: "refused" | "cancelled"): OutboxEntry {
  return entry(`${id}/${state}`, "refused", { request: id, at: context.now().toISOString(), by: context.actorIdOf(context.actor), state });
}

export function keyDestroyedEntry(context: Context, id: string): OutboxEntry {
  return entry(`${id}/key.destroyed`, "key.destroyed", { request: id, at: context.now().toISOString(), what: "sealed_keys" });
}

/** The data map in force, by its digest; once for each text. */
export function policyEntry(context: Context): OutboxEntry {
  return entry(`policy/${context.map.digest}`, "policy.changed", {
    at: context.now().toISOString(),
    map_digest: context.map.digest,
    by: context.actorIdOf(context.actor),
  });
}

/** The rules as sentences, by their digest: what a person can read and check against the map of that day. */
function rulesDigest({ map }: Context): string {
  return createHash("sha256")
    .update(
      sentences(map)
        .map((rule) => rule.sentence)
        .join("\n"),
    )
    .digest("hex");
}

function typeOf({ map }: Context, step: PlanStep): RecordType | undefined {
  return map.systems.flatMap((system) => system.records).find((one) => one.system === step.system && one.name === step.record);
}

/** Throws now where the ledger would refuse a plan's results after the effect: a name with the look of an identifier. */
export function refuseUntellable(context: Context, plan: Plan): void {
  const at = context.now().toISOString();
  const done = { attempt: 1, matched: 0, affected: 0, gone: 0, deleted: 0, changed: 0, minimised: 0, alreadyGone: 0, own: 0, failed: 0, gaps: [] };
  receiptEntries(
    context,
    plan,
    plan.steps.map((step) => ({
      ...done,
      kept: step.kept,
      waiting: step.waiting,
      blocked: step.blocked,
      plan: plan.id,
      step: step.id,
      system: step.system,
      record: step.record,
      status: step.status,
      started: at,
      finished: at,
    })),
  );
}
