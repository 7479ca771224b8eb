import type { RunEvent } from "../executor/run.ts";
import { run } from "../executor/run.ts";
import { Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { ApprovedPlan, Plan, SealedStep } from "../model/plan.ts";
import { approvedPlan } from "../planner/approve.ts";
import { isUnaltered } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import { backupResidue, mergeResidue } from "../planner/residue.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import { unitsOf } from "../planner/units.ts";
import type { Lease, Tx } from "../state/state.ts";
import { type Context, eraserFor, readersFor, today, whileHeld } from "./context.ts";
import { receiptEntries, startedEntry } from "./ledger-entries.ts";
import { searchAndPlan } from "./plan-request.ts";

type Result = Extract<RunEvent, { event: "result" }>;

/** Carries out the latest plan of the request, or goes on with it, or answers again. Events as they happen. */
export async function runRequest(context: Context, id: string, options: { readonly concurrency: number; emit(event: RunEvent): void }): Promise<Result> {
  const { state } = context;
  const { pseudonyms } = await state.read.requests.get(id);
  const names = [id, ...pseudonyms.map((pseudonym) => `subject:${pseudonym}`)];
  await using lease = await state.lease(names, async (tx) => await runnable(context, tx, id));
  return await whileHeld(context, lease, async (held) => await runHeld(held, id, lease, options));
}

async function runHeld(
  context: Context,
  id: string,
  lease: Lease & { readonly first: Runnable },
  options: { readonly concurrency: number; emit(event: RunEvent): void },
): Promise<Result> {
  const { map, state } = context;
  const { plan, sealed } = lease.first;
  const links: { current: Awaited<ReturnType<typeof searchAndPlan>>["searched"]["links"] } = { current: [] };
  return await run({
    map,
    state,
    ledger: context.ledger,
    plan,
    sealed,
    lease,
    concurrency: options.concurrency,
    signal: context.signal,
    at: context.at,
    now: () => context.now(),
    openReaders: () => readersFor(context, id, []),
    openEraser: (system) => eraserFor(context, system, id),
    async judge(tx) {
      const now = await runnable(context, tx, id);
      if (now.plan.id !== plan.id) throw new Failure("PLAN_STALE", `${id} has a newer plan than ${plan.id}`);
    },
    async replan() {
      const again = await searchAndPlan(context, id, { id: plan.id, ...(plan.system === undefined ? {} : { system: plan.system }) });
      links.current = again.searched.links;
      return again.sealed;
    },
    units: () =>
      Promise.resolve(
        unitsOf(
          map,
          plan.steps.map((step) => `${step.system}.${step.record}`),
          links.current,
        ),
      ),
    startedEntry: () => startedEntry(context, plan),
    receiptEntries: (receipts) => receiptEntries(context, plan, receipts),
    residue: (systems) => residueNow(context, id, plan, systems),
    emit: (event) => options.emit(event),
  });
}

interface Runnable {
  readonly plan: ApprovedPlan;
  readonly sealed: readonly SealedStep[];
}

/** The approved plan with its sealed keys, judged together. Throws what stands in the way of running it. */
async function runnable({ map, now }: Context, tx: Tx, id: string): Promise<Runnable> {
  const request = await tx.requests.get(id);
  const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
  if (plan === undefined) throw new Failure("NOT_APPROVED", `${id} has no plan`);
  if (request.state === "refused" || request.state === "cancelled") throw new Failure("WRONG_STATE", `${id} is ${request.state}`);
  if (request.identity?.result !== "ok") throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${id} is not confirmed`);
  const approval = await tx.plans.approval(plan.id);
  // closed: the keys are gone, the answer is not
  const answered = (await tx.plans.result(plan.id)) !== undefined;
  if (answered) return { plan: approvedPlan(plan, approval, { ...map, digest: plan.map }, { at: now(), begun: true, unaltered: true }), sealed: [] };
  if (!(await tx.sealed.exists(id))) throw new Failure("PLAN_USED", `${id} has ended`);
  const begun = (await tx.journal.units(plan.id)).some((unit) => unit.state !== "ready");
  const sealed = await tx.sealed.steps(id, plan.id);
  const unaltered = isUnaltered(plan, sealed, await tx.sealed.digestKey(id));
  return { plan: approvedPlan(plan, approval, map, { at: now(), begun, unaltered }), sealed };
}

async function residueNow(context: Context, id: string, plan: Plan, systems: ReadonlySet<string>): Promise<readonly Residue[]> {
  const found: Residue[] = [];
  await using readers: Readers = readersFor(context, id, []);
  for (const step of plan.steps.filter((one) => one.act + (one.minimised ?? 0) > 0)) {
    const record = recordTypes(context.map).find((one) => one.id === `${step.system}.${step.record}`);
    if (record === undefined) continue;
    try {
      for await (const one of (await readers.of(step.system)).residue(targetOf(context.map, record))) found.push(one);
    } catch (error) {
      // the erasing is done and told; a system that has gone away since only cannot say what it keeps
      if (!(error instanceof Failure)) throw error;
      found.push({ system: step.system, record: step.record, mechanism: "unknown", goneBy: null });
    }
  }
  return mergeResidue([...found, ...backupResidue(context.map, systems, today(context))]);
}
