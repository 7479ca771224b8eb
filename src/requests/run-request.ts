import type { RunEvent } from "../executor/run.ts";
import { run } from "../executor/run.ts";
import { killAt } from "../executor/kill-points.ts";
import { Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { Plan } from "../model/plan.ts";
import { approvedPlan } from "../planner/approve.ts";
import { isUnaltered } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import { backupResidue, mergeResidue } from "../planner/residue.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import { unitsOf } from "../planner/units.ts";
import { type Context, eraserFor, readersFor, today } from "./context.ts";
import { receiptEntries, startedEntry } from "./ledger-entries.ts";
import { searchAndPlan } from "./plan-request.ts";

type Result = Extract<RunEvent, { event: "result" }>;

/** Carries out the latest plan of the request, or goes on with it, or answers again. Events as they happen. */
export async function runRequest(context: Context, id: string, options: { readonly concurrency: number; emit(event: RunEvent): void }): Promise<Result> {
  const { map, state } = context;
  const request = state.requests.get(id);
  const plan = request.plan === undefined ? undefined : state.plans.get(request.plan);
  if (plan === undefined) throw new Failure("NOT_APPROVED", `${id} has no plan`);
  if (request.state === "refused" || request.state === "cancelled") throw new Failure("WRONG_STATE", `${id} is ${request.state}`);
  const known = state.plans.result(plan.id);
  if (request.identity?.result !== "ok") throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${id} is not confirmed`);
  // closed: the keys are gone, the answer is not
  const open = state.sealed.exists(id);
  if (!open && known === undefined) throw new Failure("PLAN_USED", `${id} has ended`);
  const key = open ? state.sealed.digestKey(id) : new Uint8Array();
  const begun = known !== undefined || state.journal.units(plan.id).some((unit) => unit.state !== "ready");
  const unaltered = known !== undefined || isUnaltered(plan, state.sealed.steps(id, plan.id), key);
  const approved =
    known === undefined
      ? approvedPlan(plan, state.plans.approval(plan.id), map, { at: context.now(), begun, unaltered })
      : approvedPlan(plan, state.plans.approval(plan.id), { ...map, digest: plan.map }, { at: context.now(), begun, unaltered });
  const links: { current: Awaited<ReturnType<typeof searchAndPlan>>["searched"]["links"] } = { current: [] };
  return run({
    map,
    state,
    ledger: context.ledger,
    plan: approved,
    concurrency: options.concurrency,
    signal: context.signal,
    at: killAt(context.killAt),
    now: () => context.now(),
    openReaders: () => readersFor(context, id, []),
    openEraser: (system) => eraserFor(context, system, id),
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
