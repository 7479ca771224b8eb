/** Due work on a timer: what a standing approval names is carried out, the rest is a plan that waits for a person. */
import { EXIT, type ExitCode } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import type { RunEvent } from "../executor/run.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { StandingApproval } from "../model/datamap.ts";
import type { Plan } from "../model/plan.ts";
import type { RequestState } from "../model/status.ts";
import { recordTypes } from "../planner/targets.ts";
import type { Approval } from "../state/plan-store.ts";
import { nextStep } from "./board.ts";
import type { Context } from "./context.ts";
import { noted } from "./history.ts";
import { decisionEntry, policyEntry, standingEntry } from "./ledger-entries.ts";
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
  const why: string[] = [];
  exits.push(...(await goOn(context, options)));
  for (const { request, state: now, waits } of await waitingForAPerson(context)) {
    exits.push(EXIT.waiting);
    plans.push({ request, state: now });
    why.push(waits);
  }
  const told = why.length;
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
    if (why.length === told) why.push(`${plan.request} waits for an approval`);
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
    const goesOn = state === "running" || (state === "partly_done" && (await read.plans.result(plan)) === undefined);
    if (goesOn) exits.push((await runRequest(context, id, options)).exit);
    if (goesOn || state === "verifying" || state === "settling")
      exits.push((await verifyRequest(context, id, { purge: false })).exit);
  }
  return exits;
}

/** Due work that is open and that no timer may carry on: as long as it is, what it found is left to it, and is due for nobody else. */
async function waitingForAPerson({
  state: { read },
}: Context): Promise<readonly { readonly request: string; readonly state: RequestState; readonly waits: string }[]> {
  const waiting = [];
  for (const request of await read.requests.list()) {
    const { id, kind, state } = request;
    if (kind !== "due" || (state !== "approved" && state !== "partly_done")) continue;
    const { waiting_for, next } = await nextStep(read, request);
    waiting.push({ request: id, state, waits: `${id} waits for ${waiting_for}${next === null ? "" : `: ${next}`}` });
  }
  return waiting;
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
