import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { type Check, verdict, verify } from "../executor/verify.ts";
import type { Residue } from "../model/change.ts";
import type { Period } from "../model/datamap.ts";
import type { Plan, SealedStep } from "../model/plan.ts";
import type { RequestState } from "../model/status.ts";
import type { Subject } from "../model/subject.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import type { Receipt } from "../state/journal.ts";
import type { RunResult } from "../state/plan-store.ts";
import type { Lease, Tx } from "../state/state.ts";
import type { Context } from "./context.ts";
import { eraserFor, readersFor, whileHeld } from "./context.ts";
import { endIn } from "./end-request.ts";
import { residueSeen } from "./residue-seen.ts";
import { completedEntry, verificationEntry } from "./run-entries.ts";

export interface Verified {
  readonly [key: string]: unknown;
  readonly checks: readonly Check[];
  readonly residual: number;
  readonly state: RequestState;
  readonly exit: ExitCode;
  /** Instant from which a verification counts as the second look, while settling. */
  readonly settled_at?: string;
  /** With `purge`: what is still left. */
  readonly residue?: readonly { readonly system: string; readonly mechanism: string; readonly gone_by: string | null }[];
}

/**
 * Looks again at the latest plan's records and closes the request when nothing is left and it has settled. A closed
 * request answers as it did. Throws WRONG_STATE where nothing was run yet.
 */
export async function verifyRequest(context: Context, id: string, options: { readonly purge: boolean }): Promise<Verified> {
  await using lease = await context.state.lease([id], async (tx) => await verifiable(context, tx, id));
  return await whileHeld(context, lease, async (held) => await verifyHeld(held, id, lease, options));
}

async function verifyHeld(
  context: Context,
  id: string,
  lease: Lease & { readonly first: Verifiable },
  options: { readonly purge: boolean },
): Promise<Verified> {
  const { map, state } = context;
  const { plan, result, sealed, subjects } = lease.first;
  if (sealed === undefined) return answerAgain(await state.read.plans.verified(plan.id), id);
  const residue = options.purge ? await purge(context, id) : undefined;
  await using readers = readersFor(context, id, () => {});
  const checks = await verify({ map, plan, sealed, subjects, readers, now: () => context.now() });
  const left = await residueSeen(map, readers, lease.first.receipts);
  const settledAt = new Date(Date.parse(result?.completedAt ?? context.now().toISOString()) + milliseconds(map.settle));
  const runExit = exitOf(result?.exit ?? EXIT.partly_done);
  const { state: next, exit, residual } = verdict(checks, runExit, settledAt, context.now(), plan);
  const verified: Verified = {
    checks,
    residual,
    state: next,
    exit,
    ...(next === "settling" ? { settled_at: settledAt.toISOString() } : {}),
    ...(residue === undefined ? {} : { residue }),
  };
  await lifeStep(lease, context.at, "verify", async (tx) => {
    await tx.plans.saveVerified(plan.id, JSON.parse(JSON.stringify(verified)));
    const seen = { state: next, exit, residual, checks, gaps: [], residue: left };
    await tx.outbox.post([verificationEntry(context, plan, seen)]);
    if (next === "closed") {
      await tx.outbox.post([completedEntry(context, plan, { ...seen, receipts: await tx.journal.receipts(plan.id) })]);
      await endIn(tx, context, id, "closed");
    } else await tx.requests.update(id, { state: next });
  });
  await sealLedger(state, context.ledger, context.at);
  return verified;
}

interface Verifiable {
  readonly plan: Plan;
  readonly result: RunResult | undefined;
  /** Undefined once the request has ended. */
  readonly sealed: readonly SealedStep[] | undefined;
  readonly subjects: readonly Subject[];
  /** Of all plans of the request, those of attempts in vain first. */
  readonly receipts: readonly Receipt[];
}

/** Throws WRONG_STATE where nothing was run yet, PLAN_STALE under another map. */
async function verifiable({ map }: Context, tx: Tx, id: string): Promise<Verifiable> {
  const request = await tx.requests.get(id);
  const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
  if (plan === undefined) throw new Failure("WRONG_STATE", `${id} has no plan: there is nothing to verify`);
  const result = await tx.plans.result(plan.id);
  if (!(await tx.sealed.exists(id))) return { plan, result, sealed: undefined, subjects: [], receipts: [] };
  const begun = (await tx.journal.units(plan.id)).some((unit) => unit.state !== "ready");
  if (!begun && result === undefined) throw new Failure("WRONG_STATE", `plan ${plan.id} of ${id} has not been run`);
  if (map.digest !== plan.map) throw new Failure("PLAN_STALE", "the data map has changed since the plan");
  const receipts = await receiptsOf(tx, id);
  return { plan, result, sealed: await tx.sealed.steps(id, plan.id), subjects: await tx.sealed.subjects(id), receipts };
}

async function receiptsOf({ plans, journal }: Tx, id: string): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const plan of await plans.ofRequest(id)) receipts.push(...(await journal.attempts(plan.id)), ...(await journal.receipts(plan.id)));
  return receipts;
}

function answerAgain(verified: unknown, id: string): Verified {
  if (verified === undefined || verified === null) throw new Failure("WRONG_STATE", `${id} has ended and was never verified`);
  return JSON.parse(JSON.stringify(verified));
}

function exitOf(code: number): ExitCode {
  return Object.values(EXIT).find((one) => one === code) ?? EXIT.partly_done;
}

function milliseconds(period: Period): number {
  return ((period.years * 365 + period.months * 31 + period.days) * 86_400 + period.seconds) * 1000;
}

async function purge(context: Context, id: string): Promise<NonNullable<Verified["residue"]>> {
  const left: Residue[] = [];
  for (const system of new Set(recordTypes(context.map).map((record) => record.system))) {
    await using eraser = await eraserFor(context, system, id, () => {});
    for (const record of recordTypes(context.map).filter((one) => one.system === system))
      left.push(...(await eraser.flushResidue(targetOf(context.map, record))));
  }
  return left.map(({ system, mechanism, goneBy }) => ({ system, mechanism, gone_by: goneBy }));
}
