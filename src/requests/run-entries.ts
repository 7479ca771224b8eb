/** What a run and its verifications leave in the ledger: one function an event. */
import { isFailureCode } from "../errors.ts";
import { type EventCore, GAPS_LISTED } from "../ledger/events.ts";
import { tellable } from "../ledger/identifier-lint.ts";
import type { Residue } from "../model/change.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import { plannedWords } from "../model/pre-image.ts";
import type { RequestState } from "../model/status.ts";
import type { Receipt } from "../state/journal.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Undo } from "../state/undo-store.ts";
import { another, code, entry, moment, named, type Reasoned, type Teller, when } from "./entry-parts.ts";
import { listIn } from "./stored-lines.ts";

/** A place that was found and could not be acted on. */
export interface SeenGap {
  readonly system: string;
  readonly record: string;
  /** Masked; `tellable` looks once more. */
  readonly where: string;
  readonly holdsIdentifier: boolean;
}

/** What a verification came to. */
export interface Seen {
  readonly state: RequestState;
  readonly exit: number;
  readonly residual: number;
  readonly checks: readonly {
    readonly system: string;
    readonly record: string;
    readonly result: "pass" | "fail" | "unverifiable" | "not_searchable";
    readonly residual: number;
    readonly at: string;
    readonly reason?: string | undefined;
    /** Of the residual: records that no plan knew. */
    readonly fresh?: number | undefined;
    /** Of what was to be kept: records that are not there any more. */
    readonly gone?: number | undefined;
    /** Of what waited: copies that have gone by themselves. */
    readonly followed?: number | undefined;
  }[];
  readonly gaps: readonly SeenGap[];
  readonly residue: readonly Residue[];
}

/** With every step of the plan, so that one that never comes to anything cannot be forgotten. */
export function startedEntry(context: Teller, plan: Plan): OutboxEntry {
  return entry(`${plan.request}/${plan.id}/started`, "erasure.started", {
    request: plan.request,
    ...moment(context),
    plan: plan.id,
    plan_digest: plan.digest,
    by: context.actorIdOf(context.actor),
    steps: plan.steps.map((step) => ({
      step: step.id,
      ...named(context, step),
      operation: step.action,
      status: step.status,
      found: step.found,
      act: step.act,
      kept: step.kept,
      waiting: step.waiting,
      blocked: step.blocked,
      ...(step.reason === undefined ? {} : { reason: code(step.reason) }),
    })),
  });
}

/** One an attempt, of failed and blocked steps too. */
export function receiptEntries(context: Teller, plan: Plan, receipts: readonly Receipt[]): readonly OutboxEntry[] {
  return receipts.flatMap((receipt) => {
    const step = plan.steps.find((one) => one.id === receipt.step);
    return step === undefined ? [] : receiptEntry(context, plan, step, receipt);
  });
}

function receiptEntry(context: Teller, plan: Plan, step: PlanStep, receipt: Receipt): OutboxEntry {
  const {
    attempt,
    status,
    matched,
    affected,
    gone,
    deleted,
    changed,
    alreadyGone,
    asWanted = 0,
    own,
    kept,
    minimised,
    waiting,
    blocked,
    failed,
  } = receipt;
  const kind = context.map.systems.find((system) => system.name === step.system)?.kind ?? "unknown";
  const planned = plannedWords(step);
  const reason = reasonOf(receipt.reason ?? planned.reason);
  const people = peopleOf(receipt);
  const until = when(receipt.until === undefined ? planned.until : receipt.until);
  const acted = deleted + changed + alreadyGone + failed;
  return entry(`${plan.request}/${plan.id}/${step.id}/${attempt}`, "target.result", {
    request: plan.request,
    plan_digest: plan.digest,
    step: step.id,
    attempt,
    ...named(context, step),
    operation: step.action,
    status,
    found: acted + kept + waiting + blocked,
    matched,
    affected,
    gone,
    deleted,
    changed,
    already_gone: alreadyGone,
    ...(asWanted === 0 ? {} : { as_wanted: asWanted }),
    own,
    kept,
    minimised,
    waiting,
    ...((step.marked ?? 0) === 0 ? {} : { marked_before: step.marked }),
    blocked,
    failed,
    ...(people.length === 0 ? {} : { people }),
    ...(reason === undefined ? {} : { reason }),
    ...(until === undefined ? {} : { until }),
    // the cases by their ids: their words may hold names
    law: [...new Set([...(step.law ?? []), ...(receipt.holds ?? [])])].slice(0, 20).map((law) => tellable(law)),
    ...(kept > 0 ? { restricted: typeOf(context, step)?.whileHeld?.restrict ?? false } : {}),
    ...(receipt.asserted === undefined
      ? {}
      : {
          assertions: receipt.asserted.map(({ name, held, before, after }) => ({
            name: tellable(name),
            held,
            before,
            after,
          })),
        }),
    gaps: receipt.gaps
      .slice(0, GAPS_LISTED)
      .map(({ where, holdsIdentifier }) => ({ where: tellable(where), holds_identifier: holdsIdentifier })),
    ...moreThan(GAPS_LISTED, receipt.gaps.length),
    residue: (receipt.residue ?? []).slice(0, 50).map(residueMember),
    connector: `${kind}@${context.version}`,
    started: receipt.started,
    finished: receipt.finished,
    ...(wasReadAgain(receipt)
      ? { verification: { method: "requery", residual: blocked + failed, at: receipt.finished } }
      : {}),
  });
}

/** Not where nothing was planned, nor where a failure ended the attempt before anybody could look. */
function wasReadAgain({ deleted, changed, alreadyGone, minimised, failed, reason }: Receipt): boolean {
  return deleted + changed + alreadyGone + minimised + failed > 0 && !(reason !== undefined && isFailureCode(reason));
}

/** A code; what a failure says in a sentence is no code. */
function reasonOf(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : /\s/u.test(reason.trim()) ? "blocked" : code(reason);
}

function peopleOf({ people = [] }: Receipt): NonNullable<EventCore<"target.result">["people"]> {
  return people
    .map(({ alreadyGone, asWanted = 0, ...counts }, index) => ({
      person: index + 1,
      already_gone: alreadyGone,
      ...(asWanted === 0 ? {} : { as_wanted: asWanted }),
      ...counts,
    }))
    .filter(
      ({ done, already_gone, kept, waiting, blocked, failed }) =>
        done + already_gone + kept + waiting + blocked + failed > 0,
    );
}

function residueMember({ mechanism, goneBy }: Residue): {
  readonly mechanism: string;
  readonly gone_by: string | null;
} {
  return { mechanism: code(mechanism), gone_by: when(goneBy) ?? null };
}

function residueLines(
  context: Teller,
  residue: readonly Residue[],
): NonNullable<EventCore<"erasure.completed">["residue"]> {
  return residue.map((one) => ({
    system: named(context, { system: one.system, record: "" }).system,
    ...residueMember(one),
  }));
}

function moreThan(listed: number, all: number): { readonly more_gaps?: number } {
  return all > listed ? { more_gaps: all - listed } : {};
}

/** One a `verify`, whatever it found. */
export function verificationEntry(context: Teller, plan: Plan, seen: Seen): OutboxEntry {
  return another(`${plan.request}/${plan.id}`, "verification", {
    request: plan.request,
    ...moment(context),
    plan_digest: plan.digest,
    by: context.actorIdOf(context.actor),
    state: seen.state,
    exit: seen.exit,
    residual: seen.residual,
    checks: seen.checks.map(({ result, residual, at, reason, fresh = 0, gone = 0, followed = 0, ...type }) => ({
      ...named(context, type),
      result,
      residual,
      method: methodOf(result, type.record),
      at,
      ...(fresh === 0 ? {} : { new: fresh }),
      ...(gone === 0 ? {} : { gone }),
      ...(followed === 0 ? {} : { followed }),
      ...(reason === undefined ? {} : { reason: code(reason) }),
    })),
    gaps: seen.gaps
      .slice(0, GAPS_LISTED)
      .map((gap) => ({ ...named(context, gap), where: tellable(gap.where), holds_identifier: gap.holdsIdentifier })),
    ...moreThan(GAPS_LISTED, seen.gaps.length),
    residue: residueLines(context, seen.residue),
  });
}

function methodOf(result: Seen["checks"][number]["result"], record: string): "requery" | "declared" | "none" {
  if (result === "pass" || result === "fail") return "requery";
  return record === "backups" ? "declared" : "none";
}

/**
 * The end of an erasure: by a clean verification, or (`why`) by a person. `attempts`: those of all plans of the request,
 * oldest first; the totals count from them.
 */
export function completedEntry(
  context: Teller,
  plan: Plan,
  ended: Pick<Seen, "state" | "exit" | "residue"> & {
    /** Only where a verification counted it. */
    readonly residual?: number;
    readonly attempts: readonly Receipt[];
    /** Of the request, oldest first: what was brought back and done again counts once. */
    readonly undos: readonly Undo[];
    readonly why?: Reasoned;
    /** Of the verification that closed it. */
    readonly checks?: Seen["checks"];
  },
): OutboxEntry {
  const { state, exit, residual, residue, attempts, undos, why } = ended;
  return entry(`${plan.request}/${plan.id}/completed`, "erasure.completed", {
    request: plan.request,
    ...moment(context),
    by: context.actorIdOf(context.actor),
    plan_digest: plan.digest,
    state,
    exit,
    totals: totalsOf(attempts, undos, state === "closed" ? markedBefore(plan) + followedIn(ended.checks) : 0),
    ...(residual === undefined ? {} : { residual }),
    residue: residueLines(context, residue),
    ...(why === undefined ? {} : { words: why.commitment }),
  });
}

/** What the plan found marked as deleted: a request that closes has seen it gone for good. */
function markedBefore({ steps }: Plan): number {
  return steps.reduce((sum, { marked = 0 }) => sum + marked, 0);
}

function followedIn(checks: Seen["checks"] = []): number {
  return checks.reduce((sum, { followed = 0 }) => sum + followed, 0);
}

/** What any plan did stays done; what is left is what the last attempt at a record type left, but for what has `gone` since. */
function totalsOf(
  attempts: readonly Receipt[],
  undos: readonly Undo[],
  gone: number,
): EventCore<"erasure.completed">["totals"] {
  const types = [...Map.groupBy(attempts, ({ system, record }) => JSON.stringify([system, record])).values()];
  const last = types.flatMap((tries) => tries.slice(-1));
  const left = (name: "kept" | "waiting" | "blocked" | "failed"): number =>
    last.reduce((total, one) => total + one[name], 0);
  const steps = [...Map.groupBy(attempts, ({ plan, step }) => JSON.stringify([plan, step])).values()].map(doneIn);
  const again = types.map((tries) => doneAgain(tries, undos));
  const done = (name: "deleted" | "changed"): number =>
    steps.reduce((total, one) => total + one[name], 0) - again.reduce((total, one) => total + one[name], 0);
  return {
    erase: done("deleted"),
    change: done("changed"),
    keep: left("kept"),
    wait: Math.max(0, left("waiting") - gone),
    blocked: left("blocked"),
    failed: left("failed"),
    nothing: types.filter((tries) => tries.every(({ status }) => status === "nothing_found")).length,
  };
}

interface Done {
  readonly deleted: number;
  readonly changed: number;
}

/** An attempt tells what earlier ones of the step did too, but for one that failed before it could look. */
function doneIn(tries: readonly Receipt[]): Done {
  return {
    deleted: Math.max(...tries.map(({ deleted }) => deleted)),
    changed: Math.max(...tries.map(({ changed }) => changed)),
  };
}

/** Of one record type what was brought back and done once more, as a report counts it. */
function doneAgain(attempts: readonly Receipt[], undos: readonly Undo[]): Done {
  const [any] = attempts;
  const plans = [...new Set(attempts.map(({ plan }) => plan))];
  const backs = undos.map(({ units, result }) => ({
    after: Math.max(...units.map(({ plan }) => plans.indexOf(plan))),
    back: listIn(result, "steps").reduce((sum, line) => {
      const restored: unknown = Reflect.get(line, "restored");
      const mine = Reflect.get(line, "system") === any?.system && Reflect.get(line, "record") === any?.record;
      return sum + (mine && typeof restored === "number" ? restored : 0);
    }, 0),
  }));
  let [deleted, changed] = [0, 0];
  for (const [at, plan] of plans.entries()) {
    const before = backs.reduce((sum, { after, back }) => sum + (after < at ? back : 0), 0);
    const step = doneIn(attempts.filter((one) => one.plan === plan));
    const again = Math.min(before - deleted - changed, step.deleted + step.changed);
    const removed = Math.min(again, step.deleted);
    deleted += removed;
    changed += again - removed;
  }
  return { deleted, changed };
}

function typeOf({ map }: Teller, step: PlanStep): RecordType | undefined {
  return map.systems
    .flatMap((system) => system.records)
    .find((one) => one.system === step.system && one.name === step.record);
}
