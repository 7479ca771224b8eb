import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { PlannedSteps } from "../executor/planned-steps.ts";
import { type Check, verdict, verify } from "../executor/verify.ts";
import type { Residue } from "../model/change.ts";
import type { Finding } from "../model/search.ts";
import type { DataMap } from "../model/datamap.ts";
import { keptForAPerson } from "../model/hold-ends.ts";
import type { Plan, StepHead } from "../model/plan.ts";
import type { RequestState } from "../model/status.ts";
import type { Subject } from "../model/subject.ts";
import { figureOf } from "../planner/assertions.ts";
import { typesById } from "../planner/deciding.ts";
import type { Readers } from "../planner/readers.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import { allAttempts } from "../state/all-attempts.ts";
import type { Receipt } from "../state/journal.ts";
import type { RunResult } from "../state/plan-store.ts";
import type { SealedPart } from "../state/sealed-store.ts";
import type { Lease, Tx } from "../state/state.ts";
import type { Context } from "./context.ts";
import { eraserFor, readersFor, today, whileHeld } from "./context.ts";
import { endIn } from "./end-request.ts";
import { noted } from "./history.ts";
import { mapOfPlan } from "./plan-due.ts";
import { canBePutBack, destroyImages, endedImages } from "./kept-images.ts";
import { keyDigest } from "./key-digest.ts";
import { givenBackSince } from "./marked-records.ts";
import { residueSeen } from "./residue-seen.ts";
import { sealedSteps } from "./sealed-steps.ts";
import { completedEntry, type Seen, verificationEntry } from "./run-entries.ts";
import { settledFrom } from "./settled.ts";

export interface Verified {
  readonly [key: string]: unknown;
  readonly checks: readonly Check[];
  readonly residual: number;
  readonly gaps: readonly {
    readonly system: string;
    readonly record: string;
    readonly where: string;
    readonly holds_identifier: boolean;
  }[];
  /** Figures of `assert` that the run was compared by, read once more. Others may have changed them since. */
  readonly assertions?: readonly {
    readonly system: string;
    readonly name: string;
    readonly says: string;
    readonly result: "same" | "changed" | "unreadable";
  }[];
  readonly state: RequestState;
  readonly exit: ExitCode;
  /** Instant from which a verification counts as the second look, while settling. */
  readonly settled_at?: string;
  /** The first look that saw copies there still whose source has gone for good on its day. */
  readonly behind_since?: string;
  /** With `purge`: what is still left. */
  readonly residue?: readonly {
    readonly system: string;
    readonly mechanism: string;
    readonly gone_by: string | null;
  }[];
}

/**
 * Looks again at the latest plan's records and closes the request when nothing is left and it has settled. A closed
 * request answers as it did. Throws WRONG_STATE where nothing was run yet.
 */
export async function verifyRequest(
  context: Context,
  id: string,
  options: { readonly purge: boolean },
): Promise<Verified> {
  await using lease = await context.state.lease([id], async (tx) => await verifiable(tx, id));
  return await whileHeld(context, lease, async (held) => await verifyHeld(held, id, lease, options));
}

async function verifyHeld(
  context: Context,
  id: string,
  lease: Lease & { readonly first: Verifiable },
  options: { readonly purge: boolean },
): Promise<Verified> {
  const { state } = context;
  const map = mapOfPlan(context, lease.first.plan);
  const { plan, result, parts, subjects, latest, unfinished, digestKey } = lease.first;
  if (parts === undefined) return answerAgain(await state.read.plans.verified(plan.id), id);
  const purged = options.purge ? await purge(context, id) : undefined;
  const reported: Finding[] = [];
  await using readers = readersFor(context, id, (finding) => reported.push(finding));
  const since = behindSince(await state.read.plans.verified(plan.id)) ?? context.now().toISOString();
  const followBy = {
    run: result === undefined ? undefined : settledFrom(result.completedAt, map.settle),
    purge: settledFrom(since, map.settle),
  };
  const seen = await verify({
    map,
    plan,
    steps: withTargets(map, sealedSteps(state.read, id, plan.id, parts)),
    receipts: latest,
    unfinished,
    subjects,
    readers,
    reported,
    plannedGaps: await state.read.sealed.gaps(id),
    digest: keyDigest(digestKey),
    givenBack: await givenBackSince(state.read, await state.read.requests.get(id), plan.id),
    now: () => context.now(),
    followBy,
  });
  const { checks, gaps } = seen;
  const figures = await figuresNow(context.map, readers, lease.first.receipts);
  const ended = await endedImages(context, id);
  const back = await canBePutBack(context, id, ended);
  const left = await residueSeen(map, readers, lease.first.receipts, {
    ...(purged === undefined ? {} : { purged }),
    gone: seen.purged,
    today: today(context),
    isKept: ({ plan: of, step }) => back.has(JSON.stringify([of, step])),
  });
  const ranAt = settledFrom(result?.completedAt ?? context.now().toISOString(), map.settle);
  const settledAt = seen.behindPurge > 0 && followBy.purge > ranAt ? followBy.purge : ranAt;
  const runExit = exitOf(result?.exit ?? EXIT.partly_done);
  const run = {
    exit: runExit,
    undone: latest.some(({ blocked, failed }) => blocked + failed > 0) || result === undefined,
    waiting: latest.some(({ waiting, late }) => waiting > 0 || late !== undefined) || plan.steps.some(keptForAPerson),
    hidden: seen.hidden || back.size > 0,
    overdue: seen.overdue,
  };
  const { state: next, exit, residual } = verdict(seen, run, settledAt, context.now(), plan);
  const verified: Verified = {
    checks,
    residual,
    gaps: gaps.map(({ system, record, where, holdsIdentifier }) => ({
      system,
      record,
      where,
      holds_identifier: holdsIdentifier,
    })),
    ...(figures.length === 0 ? {} : { assertions: figures }),
    state: next,
    exit,
    ...(next === "settling" ? { settled_at: settledAt.toISOString() } : {}),
    ...(seen.behindPurge > 0 ? { behind_since: since } : {}),
    ...(purged === undefined
      ? {}
      : {
          residue: [...purged.values()]
            .flat()
            .map(({ system, mechanism, goneBy }) => ({ system, mechanism, gone_by: goneBy })),
        }),
  };
  await lifeStep(lease, context.at, "verify", async (tx) => {
    await destroyImages(context, tx, id, ended);
    await tx.requests.update(
      id,
      noted(context, await tx.requests.get(id), { did: "verified", plan: plan.id, result: next }),
    );
    await tx.plans.saveVerified(plan.id, JSON.parse(JSON.stringify(verified)));
    const told = { state: next, exit, residual, checks: checks.map(tellable), gaps, residue: left };
    await tx.outbox.post([verificationEntry(context, plan, told)]);
    if (next === "closed") {
      const [attempts, undos] = [await allAttempts(tx, id), await tx.undos.ofRequest(id)];
      await tx.outbox.post([completedEntry(context, plan, { ...told, attempts, undos })]);
      await forgetErased(tx, plan);
      await endIn(tx, context, id, "closed", undefined, seen.stayed);
    } else await tx.requests.update(id, { state: next });
  });
  await sealLedger(state, context.ledger, context.at);
  return verified;
}

/** Compared with what each was before the first run of the request. */
async function figuresNow(
  map: DataMap,
  readers: Readers,
  receipts: readonly Receipt[],
): Promise<NonNullable<Verified["assertions"]>> {
  const figures: NonNullable<Verified["assertions"]>[number][] = [];
  for (const { name: system, assertions = [] } of map.systems)
    for (const assertion of assertions) {
      const { name, says } = assertion;
      const before = receipts
        .filter((receipt) => receipt.system === system)
        .toSorted((a, b) => (a.started < b.started ? -1 : a.started > b.started ? 1 : 0))
        .flatMap(({ asserted = [] }) => asserted.filter((one) => one.name === name))[0]?.before;
      if (before === undefined) continue;
      const now = await figureOf(map, readers, { system, assertion }).catch((error: unknown) => {
        if (error instanceof Failure && error.exit === EXIT.bad_data) return undefined;
        throw error;
      });
      figures.push({
        system,
        name,
        says,
        result: now === undefined ? "unreadable" : now === before ? "same" : "changed",
      });
    }
  return figures;
}

/** What ended requests had kept, and this plan of due work has erased: nothing points at it any more. */
async function forgetErased({ sealed }: Tx, { id, request, steps }: Plan): Promise<void> {
  if (!steps.some(({ because }) => because !== undefined)) return;
  for await (const { record, records } of sealed.pieces(request, id)) {
    const gone = new Set(records.flatMap(({ key, disposition }) => (disposition.kind === "act" ? [key] : [])));
    if (gone.size > 0) await sealed.forgetHeld(record, gone);
  }
}

/** Since when looks at this plan have seen copies behind whose source has gone for good on its day. */
function behindSince(verified: unknown): string | undefined {
  const since: unknown =
    typeof verified === "object" && verified !== null ? Reflect.get(verified, "behind_since") : undefined;
  return typeof since === "string" ? since : undefined;
}

interface Verifiable {
  readonly plan: Plan;
  readonly result: RunResult | undefined;
  /** Undefined once the request has ended. */
  readonly parts: readonly SealedPart[] | undefined;
  readonly subjects: readonly Subject[];
  /** Of all plans of the request, of every attempt. */
  readonly receipts: readonly Receipt[];
  /** Of each step of the latest plan the last one. */
  readonly latest: readonly Receipt[];
  /** Steps of earlier plans that were begun, not done whole, and are in no later plan. */
  readonly unfinished: readonly Receipt[];
  readonly digestKey: Uint8Array;
}

function tellable({ system, record, result, residual, at, ...more }: Check): Seen["checks"][number] {
  const { reason, new: fresh, gone, followed } = more;
  return {
    system,
    record,
    result,
    residual,
    at,
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof fresh === "number" ? { fresh } : {}),
    ...(typeof gone === "number" ? { gone } : {}),
    ...(typeof followed === "number" ? { followed } : {}),
  };
}

/** Throws WRONG_STATE where nothing was run yet. */
async function verifiable(tx: Tx, id: string): Promise<Verifiable> {
  const request = await tx.requests.get(id);
  const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
  if (plan === undefined) throw new Failure("WRONG_STATE", `${id} has no plan: there is nothing to verify`);
  const result = await tx.plans.result(plan.id);
  if (!(await tx.sealed.exists(id)))
    return {
      plan,
      result,
      parts: undefined,
      subjects: [],
      receipts: [],
      latest: [],
      unfinished: [],
      digestKey: new Uint8Array(),
    };
  const begun = (await tx.journal.units(plan.id)).some((unit) => unit.state !== "ready");
  if (!begun && result === undefined) throw new Failure("WRONG_STATE", `plan ${plan.id} of ${id} has not been run`);
  return {
    plan,
    result,
    parts: await tx.sealed.parts(id, plan.id),
    subjects: await tx.sealed.subjects(id),
    receipts: await allAttempts(tx, id),
    latest: await tx.journal.receipts(plan.id),
    unfinished: await unfinishedBefore(tx, plan),
    digestKey: await tx.sealed.digestKey(id),
  };
}

/** Version 0.1 sealed no target beside a step: the map's stands for it. A step whose record type has left the map is left out, and seen to be. */
function withTargets(map: DataMap, { heads, pieces, whole }: PlannedSteps): PlannedSteps {
  const types = typesById(map);
  const targeted = <T extends StepHead>(step: T): readonly T[] => {
    if (Object.hasOwn(step, "target")) return [step];
    const type = types.get(step.record);
    return type === undefined ? [] : [{ ...step, target: targetOf(map, type) }];
  };
  return {
    heads: heads.flatMap(targeted),
    async *pieces(steps) {
      for await (const piece of pieces(steps)) yield* targeted(piece);
    },
    whole: async (steps) => (await whole(steps)).flatMap(targeted),
  };
}

/** What earlier plans left undone, and the latest one does not plan. */
async function unfinishedBefore({ plans, journal }: Tx, latest: Plan): Promise<readonly Receipt[]> {
  const open = new Map<string, Receipt>();
  for (const plan of await plans.ofRequest(latest.request)) {
    if (plan.id === latest.id) continue;
    for (const receipt of await journal.receipts(plan.id)) {
      const name = `${receipt.system}.${receipt.record}`;
      // a plan of one system closes nothing: what waits in the others is only looked at by a whole one
      const waits = latest.system === undefined && receipt.waiting > 0;
      if (receipt.failed + receipt.blocked > 0 || waits) open.set(name, receipt);
      else open.delete(name);
    }
  }
  const planned = new Set(latest.steps.map((step) => `${step.system}.${step.record}`));
  return [...open].flatMap(([name, receipt]) => (planned.has(name) ? [] : [receipt]));
}

function answerAgain(verified: unknown, id: string): Verified {
  if (verified === undefined || verified === null)
    throw new Failure("WRONG_STATE", `${id} has ended and was never verified`);
  return JSON.parse(JSON.stringify(verified));
}

function exitOf(code: number): ExitCode {
  return Object.values(EXIT).find((one) => one === code) ?? EXIT.partly_done;
}

/** By record type: what is left. */
async function purge(context: Context, id: string): Promise<ReadonlyMap<string, readonly Residue[]>> {
  const left = new Map<string, readonly Residue[]>();
  for (const system of new Set(recordTypes(context.map).map((record) => record.system))) {
    await using eraser = await eraserFor(context, system, id, () => {});
    for (const record of recordTypes(context.map).filter((one) => one.system === system))
      left.set(record.id, await eraser.flushResidue(targetOf(context.map, record)));
  }
  return left;
}
