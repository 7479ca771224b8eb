/** Due work on a timer: what a standing approval names is carried out, the rest is a plan that waits for a person. */
import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import type { RunEvent } from "../executor/run.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { StandingApproval } from "../model/datamap.ts";
import type { Plan } from "../model/plan.ts";
import { OPEN_STATES, type RequestState } from "../model/status.ts";
import { recordTypes } from "../planner/targets.ts";
import type { Approval } from "../state/plan-store.ts";
import type { Context } from "./context.ts";
import { noted } from "./history.ts";
import { destroyEnded } from "./kept-images.ts";
import { decisionEntry, policyEntry, standingEntry } from "./ledger-entries.ts";
import { openThings } from "./open-things.ts";
import { isIdle, planDue } from "./plan-due.ts";
import { runRequest } from "./run-request.ts";
import { standingMeaning, whyNotStanding } from "./standing.ts";
import { verifyRequest } from "./verify-request.ts";

/** Held for as long as it works: of two timers one acts. */
const RUN_LEASE = "due work on a timer";

export interface DueResult {
  readonly exit: ExitCode;
  readonly plans: readonly { readonly request: string; readonly state: RequestState }[];
  /** Why something waits for a person, in words. */
  readonly why: readonly string[];
}

/** Goes on with earlier due work, runs what may run, and plans the rest. Throws BUSY where another one is at it. */
export async function runDue(
  context: Context,
  options: { readonly concurrency: number; emit(event: RunEvent): void },
): Promise<DueResult> {
  const { state, map } = context;
  await using _ = await state.lease([RUN_LEASE], async () => {});
  const exits: ExitCode[] = [];
  const plans: DueResult["plans"][number][] = [];
  exits.push(...(await goOn(context, options)));
  for (const ended of await endWindows(context)) {
    exits.push(ended.exit);
    plans.push({ request: ended.request, state: ended.state });
  }
  const why: string[] = [];
  const ready: StandingApproval[] = [];
  for (const one of map.approval.standing ?? []) {
    const reason = await whyNotStanding(context, state.read, one);
    if (reason === undefined) ready.push(one);
    else why.push(`${one.records.join(", ")}: ${reason}`);
  }
  const ran = await runStanding(context, ready, options, why);
  if (ran !== undefined && !ran.idle) {
    exits.push(ran.exit);
    plans.push({ request: ran.request, state: ran.state });
  }
  const rest = dueTypes(context).filter((id) => ran?.records.includes(id) !== true);
  const plan = rest.length === 0 ? undefined : await planDue(context, { records: rest });
  if (plan !== undefined && !isIdle(plan)) {
    const { state: now } = await state.read.requests.get(plan.request);
    plans.push({ request: plan.request, state: now });
    exits.push(EXIT.waiting);
    if (why.length === 0) why.push(`${plan.request} waits for an approval`);
  }
  return { exit: worstOf(exits), plans, why };
}

/** Record types that can be due. */
function dueTypes({ map }: Context): readonly string[] {
  return recordTypes(map).flatMap(({ id, schedule, purge, holds }) =>
    (schedule ?? purge) !== undefined || holds.length > 0 ? [id] : [],
  );
}

/** Due work of earlier nights: a run that was cut short goes on, and what has settled is looked at for the second time. */
async function goOn(context: Context, options: Parameters<typeof runDue>[1]): Promise<readonly ExitCode[]> {
  const exits: ExitCode[] = [];
  const { read } = context.state;
  for (const { id, kind, state, plan } of await read.requests.list()) {
    if (kind !== "due" || plan === undefined) continue;
    if (state === "running") exits.push((await runRequest(context, id, options)).exit);
    if (state === "running" || state === "verifying" || state === "settling")
      exits.push((await verifyRequest(context, id, { purge: false })).exit);
  }
  return exits;
}

/** What can be brought back no more is destroyed, whatever else can be looked at; its request is verified then, and closes. */
async function endWindows(context: Context): Promise<readonly Omit<Ran, "records" | "idle">[]> {
  const ended: Omit<Ran, "records" | "idle">[] = [];
  for (const { id, kind, state } of await context.state.read.requests.list()) {
    if (!OPEN_STATES.includes(state)) continue;
    try {
      const destroyed = await destroyEnded(context, id);
      if (kind === "due" || state !== "waiting") continue;
      // one that was killed between the two is verified the next time
      if (!destroyed && !(await isOverAndOpen(context, id))) continue;
      const verified = await verifyRequest(context, id, { purge: false });
      ended.push({ request: id, state: verified.state, exit: verified.exit });
    } catch (error) {
      // somebody is at work on it, and whoever comes next does it
      if (!(error instanceof Failure) || error.code !== "BUSY") throw error;
    }
  }
  return ended;
}

/** Whether what a run kept is destroyed, or came back, and nothing else keeps its request open. */
async function isOverAndOpen({ state: { read } }: Context, id: string): Promise<boolean> {
  const request = await read.requests.get(id);
  const result = request.plan === undefined ? undefined : await read.plans.result(request.plan);
  const kept = result?.steps.some(
    (step) => typeof step === "object" && step !== null && Reflect.has(step, "restorable"),
  );
  return kept === true && (await openThings(read, request)).length === 0;
}

interface Ran {
  readonly request: string;
  readonly state: RequestState;
  readonly exit: ExitCode;
  readonly records: readonly string[];
  /** Nothing of it was due. */
  readonly idle: boolean;
}

/** One plan of all that may run; what is over its number is left out of it, whole. */
async function runStanding(
  context: Context,
  ready: readonly StandingApproval[],
  options: Parameters<typeof runDue>[1],
  why: string[],
): Promise<Ran | undefined> {
  let left = ready;
  for (;;) {
    const records = [...new Set(left.flatMap((one) => one.records))];
    if (records.length === 0) return undefined;
    const plan = await planDue(context, { records });
    const over = left.filter((one) => actingIn(plan, one) > one.upTo);
    if (over.length === 0)
      return isIdle(plan)
        ? { request: plan.request, state: "closed", exit: EXIT.done, records, idle: true }
        : { records, idle: false, ...(await carryOut(context, plan, left, options)) };
    for (const one of over)
      why.push(`${one.records.join(", ")}: ${actingIn(plan, one)} records are due, more than up_to ${one.upTo}`);
    left = left.filter((one) => !over.includes(one));
  }
}

function actingIn({ steps }: Plan, { records }: StandingApproval): number {
  return steps
    .filter(({ system, record }) => records.includes(`${system}.${record}`))
    .reduce((sum, { act, minimised = 0 }) => sum + act + minimised, 0);
}

async function carryOut(
  context: Context,
  plan: Plan,
  under: readonly StandingApproval[],
  options: Parameters<typeof runDue>[1],
): Promise<Omit<Ran, "records" | "idle">> {
  const { state, map, now, actor } = context;
  const id = plan.request;
  await lifeStep(state, context.at, "approve", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([id]);
    const approval: Approval = { plan: plan.id, digest: plan.digest, by: actor, at: now().toISOString() };
    await tx.plans.approve(approval);
    const entries = [];
    for (const { records, upTo } of under) {
      const meaning = standingMeaning(map, records);
      await tx.standing.note(records, { meaning, at: approval.at });
      entries.push(standingEntry(context, plan, { meaning, upTo, records }));
    }
    await tx.requests.update(id, {
      state: "approved",
      ...noted(context, request, { did: "approved", plan: plan.id, note: "standing approval" }),
    });
    await tx.outbox.post([policyEntry(context), decisionEntry(context, plan, approval), ...entries]);
  });
  await sealLedger(state, context.ledger, context.at);
  const { exit: run } = await runRequest(context, id, options);
  const verified = await verifyRequest(context, id, { purge: false });
  return { request: id, state: verified.state, exit: worstOf([run, verified.exit]) };
}

/** What is not done comes before what waits for somebody. */
function worstOf(exits: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [EXIT.unexpected, EXIT.unreachable, EXIT.partly_done, EXIT.findings, EXIT.waiting];
  return order.find((one) => exits.includes(one)) ?? EXIT.done;
}
