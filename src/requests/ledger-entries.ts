/** What a request leaves in the ledger, but for its run: one function an event. */
import { methodCode, refusalCode } from "../ledger/events.ts";
import { tellable } from "../ledger/identifier-lint.ts";
import type { Plan } from "../model/plan.ts";
import type { Due, ErasureRequest, ExtensionReason } from "../model/request.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Approval } from "../state/plan-store.ts";
import { deadlinesOf } from "./deadlines-of.ts";
import { another, code, entry, moment, momentIn, named, type Reasoned, type Teller } from "./entry-parts.ts";
import { rulesDigest } from "./map-words.ts";
import type { SeenGap } from "./run-entries.ts";

/** Exemption words of the data map -> codes of the ledger. */
const EXCEPTIONS = ["art17-3-a", "art17-3-b", "art17-3-c", "art17-3-d", "art17-3-e"] as const;

export function receivedEntry(context: Teller, request: ErasureRequest, epoch: number): OutboxEntry {
  const due = deadlinesOf(request);
  return entry(
    `${request.id}/received`,
    "request.received",
    {
      request: request.id,
      at: request.createdAt,
      right: request.type,
      received: request.received,
      regime: context.map.controller.calendar.regime,
      due_nominal: due.nominal,
      due_legal: due.legal,
      due_extended: due.extended,
      subjects: request.pseudonyms.length,
      controller: tellable(context.map.controller.name),
      by: context.actorIdOf(request.createdBy),
    },
    { v: 1, epoch, pseudonyms: [...request.pseudonyms] },
  );
}

/** `due`: the new last day for an answer. */
export function extendedEntry(
  context: Teller,
  id: string,
  how: { readonly reason: ExtensionReason; readonly notifiedOn: string; readonly due: string },
): OutboxEntry {
  const { reason, notifiedOn, due } = how;
  return another(id, "request.extended", {
    request: id,
    ...moment(context),
    by: context.actorIdOf(context.actor),
    reason,
    notified_on: notifiedOn,
    due,
  });
}

/**
 * `identity.verified` only where it was; every other result is `identity.checked`. `due`: the deadlines after it; where it
 * began or ended a pause, the entry says so.
 */
export function identityEntry(context: Teller, request: ErasureRequest, due: Due = deadlinesOf(request)): OutboxEntry {
  const { identity } = request;
  const { nominal, legal, extended, pauses = [] } = due;
  const result = identity?.result ?? "failed";
  const core = {
    request: request.id,
    at: identity?.at ?? context.now().toISOString(),
    method: methodCode(identity?.method ?? "other"),
    by: context.actorIdOf(identity?.by ?? context.actor),
    ...(due === request.due ? {} : { due: { nominal, legal, extended, pauses: pauses.map((one) => ({ ...one })) } }),
  };
  return result === "ok"
    ? another(request.id, "identity.verified", { ...core, result })
    : another(request.id, "identity.checked", { ...core, result });
}

/** What an approver accepts beside the plan. */
export interface Accepting {
  /** `system.record` of what was not searched for somebody. */
  readonly notSearched: readonly string[];
  /** Records that were left out on purpose, and the commitment of why. */
  readonly excluded?: { readonly records: number; readonly words: string };
  /** The commitment of why records that are marked as deleted go before their day. */
  readonly early?: string;
}

/** Id of the entry that tells of this approval. */
export function decisionId(plan: Plan, approval: Approval): string {
  return `${plan.request}/${plan.id}/decision/${approval.at}`;
}

export function decisionEntry(
  context: Teller,
  plan: Plan,
  approval: Approval,
  { notSearched, excluded, early }: Accepting = { notSearched: [] },
): OutboxEntry {
  const kept = plan.steps.filter((step) => step.kept > 0);
  const exemptions = new Set(kept.flatMap((step) => exemptionsOf(context, `${step.system}.${step.record}`)));
  const unsearched = plan.steps.filter((step) => notSearched.includes(`${step.system}.${step.record}`));
  return entry(decisionId(plan, approval), "decision", {
    request: plan.request,
    at: approval.at,
    plan: plan.id,
    plan_digest: plan.digest,
    map_digest: context.map.digest,
    rules_digest: rulesDigest(context.map),
    approver: context.actorIdOf(approval.by),
    ...(approval.role === undefined ? {} : { role: code(approval.role) }),
    ...(approval.key === undefined || approval.signature === undefined
      ? {}
      : { key: approval.key, signature: approval.signature }),
    decision: kept.length + unsearched.length > 0 || excluded !== undefined ? "partial" : "granted",
    exceptions: [...exemptions],
    ...(unsearched.length === 0 ? {} : { not_searched: unsearched.map((step) => named(context, step)) }),
    ...(excluded === undefined ? {} : { excluded }),
    ...(early === undefined ? {} : { early }),
  });
}

function exemptionsOf({ map }: Teller, record: string): readonly (typeof EXCEPTIONS)[number][] {
  const type = map.systems.flatMap((system) => system.records).find((one) => one.id === record);
  return (type?.holds ?? []).flatMap((use) => {
    const letter = /17\s*\(3\)\s*\(([a-e])\)/u.exec(
      map.holds.find((hold) => hold.name === use.hold)?.exemption ?? "",
    )?.[1];
    return EXCEPTIONS.filter((one) => one === `art17-3-${letter ?? ""}`);
  });
}

/** A plan that nobody signed by hand: the data map says who did, once. */
export function standingEntry(
  context: Teller,
  plan: Plan,
  how: { readonly meaning: string; readonly upTo: number; readonly records: readonly string[] },
): OutboxEntry {
  const steps = plan.steps.filter(({ system, record }) => how.records.includes(`${system}.${record}`));
  return another(plan.request, "approval.standing", {
    request: plan.request,
    ...moment(context),
    by: context.actorIdOf(context.actor),
    plan: plan.id,
    plan_digest: plan.digest,
    meaning: how.meaning,
    up_to: how.upTo,
    records: steps.map((step) => ({ ...named(context, step), act: step.act })),
  });
}

/** What a person accepted in closing: places that were found and could not be acted on. */
export function gapsAcceptedEntry(context: Teller, id: string, gaps: readonly SeenGap[], why: Reasoned): OutboxEntry {
  const records = Map.groupBy(gaps, ({ system, record }) => JSON.stringify([system, record]));
  return entry(`${id}/gaps.accepted`, "gaps.accepted", {
    request: id,
    ...moment(context),
    by: context.actorIdOf(context.actor),
    records: [...records.values()].flatMap(([first, ...more]) =>
      first === undefined ? [] : [{ ...named(context, first), gaps: more.length + 1 }],
    ),
    words: why.commitment,
  });
}

/** The reason as a code where it is one, and the commitment of the words: free text may hold what nobody should read for years. */
export function refusedEntry(
  { now, timezone, actor, actorIdOf }: Pick<Teller, "now" | "actor" | "actorIdOf"> & { readonly timezone: string },
  id: string,
  state: "refused" | "cancelled",
  why: Reasoned,
): OutboxEntry {
  return entry(`${id}/${state}`, state === "refused" ? "request.refused" : "request.cancelled", {
    request: id,
    ...momentIn(now(), timezone),
    by: actorIdOf(actor),
    reason: refusalCode(why.words),
    words: why.commitment,
  });
}

export function keyDestroyedEntry({ now }: Pick<Teller, "now">, id: string): OutboxEntry {
  return entry(`${id}/key.destroyed`, "key.destroyed", {
    request: id,
    at: now().toISOString(),
    what: "sealed_keys",
  });
}
