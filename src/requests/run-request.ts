import type { RunEvent } from "../executor/run.ts";
import { run } from "../executor/run.ts";
import { Failure } from "../errors.ts";
import type { ApprovedPlan, SealedStep } from "../model/plan.ts";
import { approvedPlan } from "../planner/approve.ts";
import { isUnaltered } from "../planner/plan.ts";
import { unitsOf } from "../planner/units.ts";
import type { Tx } from "../state/state.ts";
import { type Context, eraserFor, readersFor } from "./context.ts";
import { receiptEntries, startedEntry } from "./run-entries.ts";
import { searchAndPlan } from "./plan-request.ts";

type Result = Extract<RunEvent, { event: "result" }>;

/** Carries out the latest plan of the request, or goes on with it, or answers again. Events as they happen. */
export async function runRequest(context: Context, id: string, options: { readonly concurrency: number; emit(event: RunEvent): void }): Promise<Result> {
  const { map, state } = context;
  const { pseudonyms } = await state.read.requests.get(id);
  const names = [id, ...pseudonyms.map((pseudonym) => `subject:${pseudonym}`)];
  await using lease = await state.lease(names, context.now().toISOString(), async (tx) => await runnable(context, tx, id));
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
    emit: (event) => options.emit(event),
  });
}

/** The approved plan with its sealed keys, judged together. Throws what stands in the way of running it. */
async function runnable({ map, now }: Context, tx: Tx, id: string): Promise<{ readonly plan: ApprovedPlan; readonly sealed: readonly SealedStep[] }> {
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
