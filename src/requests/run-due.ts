/** Due work on a timer: what a standing approval names is carried out, the rest is a plan that waits for a person. */
import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import type { RunEvent } from "../executor/run.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { tellMap } from "../map-in-force.ts";
import type { StandingApproval } from "../model/datamap.ts";
import type { Plan } from "../model/plan.ts";
import { OPEN_STATES, type RequestState } from "../model/status.ts";
import type { Approval } from "../state/plan-store.ts";
import type { Reads } from "../state/state.ts";
import { signed } from "./approve-request.ts";
import { nextStep } from "./board.ts";
import { type Context, inForce, today } from "./context.ts";
import { noted } from "./history.ts";
import { destroyEnded } from "./kept-images.ts";
import { decisionEntry, standingEntry } from "./ledger-entries.ts";
import { openThings } from "./open-things.ts";
import { dueAsOf, dueTypes, isIdle, planDue, planDueAnew, takeBackUnapproved, takeBackUndone } from "./plan-due.ts";
import { runRequest } from "./run-request.ts";
import { standingMeaning, whyNotStanding } from "./standing.ts";
import { verifyRequest } from "./verify-request.ts";

/** Held for as long as it works: of two timers one acts. */
const RUN_LEASE = "due work on a timer";
/** What stands beside an approval that no person gave by hand. */
const STANDING = "standing approval";

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
  await takeBackUnapproved(context);
  const waiting = await waitingForAPerson(context);
  const why: string[] = [];
  const ready: StandingApproval[] = [];
  for (const one of map.approval.standing ?? []) {
    const reason = await whyNotStanding(context, state.read, one);
    if (reason === undefined) ready.push(one);
    else why.push(`${one.records.join(", ")}: ${reason}`);
  }
  const ran = await runStanding(context, ready, options, why);
  // what was tried again tonight says for itself what came of it
  const left = waiting.filter(({ request }) => request !== ran?.done?.request);
  why.unshift(...left.map((one) => one.why));
  plans.push(...left.map(({ request, state }) => ({ request, state })));
  if (left.length > 0) exits.push(EXIT.waiting);
  if (ran?.done !== undefined) {
    const { request, state: now, exit } = ran.done;
    exits.push(exit);
    plans.push({ request, state: now });
  }
  const rest = (await dueTypes(context)).filter((id) => ran?.records.includes(id) !== true);
  const plan = (await isAnyDue(context, rest)) ? await planDue(context, { records: rest }) : undefined;
  if (plan !== undefined && !isIdle(plan)) {
    const { state: now } = await state.read.requests.get(plan.request);
    plans.push({ request: plan.request, state: now });
    exits.push(EXIT.waiting);
    why.push(`${plan.request} waits for an approval: ${totalsText(plan)}`);
  }
  return { exit: worstOf(exits), plans, why };
}

/** Looked at before a plan is made: a night on which nothing is due leaves no request behind. */
async function isAnyDue(context: Context, records: readonly string[]): Promise<boolean> {
  return records.length > 0 && !isIdle(await dueAsOf(context, today(context), { records }));
}

function totalsText({ totals }: Plan): string {
  return `${totals.erase} to erase, ${totals.change} to change`;
}

/** Due work that holds its records until a person acts: without a word of it every later night would find nothing due. */
async function waitingForAPerson({
  state: { read },
}: Context): Promise<readonly { readonly request: string; readonly state: RequestState; readonly why: string }[]> {
  const all = [];
  for (const request of await read.requests.list()) {
    const { id, kind, state, plan } = request;
    if (kind !== "due" || plan === undefined || !OPEN_STATES.includes(state)) continue;
    if (state !== "partly_done" && (await read.plans.result(plan)) !== undefined) continue;
    const { waiting_for: waits, next } = await nextStep(read, request);
    const words = state === "approved" ? "is approved and waits for its run" : `waits for ${waits}`;
    all.push({ request: id, state, why: `${id} ${words}${next === null ? "" : `: ${next}`}` });
  }
  return all;
}

/**
 * Due work of earlier nights: a run that was cut short goes on, and what has settled is looked at for the second time. What
 * was cut short before anything was done is planned anew, under the rules and records of today; what a person approved
 * and nobody ran keeps its records from every other plan, and is said.
 */
async function goOn(context: Context, options: Parameters<typeof runDue>[1]): Promise<readonly ExitCode[]> {
  const exits: ExitCode[] = [];
  const { read } = context.state;
  for (const { id, kind, state, plan, history = [] } of await read.requests.list()) {
    if (kind !== "due" || plan === undefined) continue;
    if (state === "approved") {
      if (history.findLast(({ did }) => did === "approved")?.note === STANDING) await takeBackUndone(context, id);
      continue;
    }
    const goesOn = state === "running" || (state === "partly_done" && (await read.plans.result(plan)) === undefined);
    const ran = goesOn ? await runAgain(context, id, options) : undefined;
    if (ran === "taken_back") continue;
    if (ran !== undefined) exits.push(ran);
    if (goesOn || state === "verifying" || state === "settling")
      exits.push((await verifyRequest(context, id, { purge: false })).exit);
  }
  return exits;
}

/** What can be brought back no more is destroyed, whatever else can be looked at; its request is verified then, and closes. */
async function endWindows(context: Context): Promise<readonly NonNullable<Ran["done"]>[]> {
  const ended: NonNullable<Ran["done"]>[] = [];
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

/** Goes on with a run; one that would have to be planned anew, and did nothing yet, is. */
async function runAgain(
  context: Context,
  id: string,
  options: Parameters<typeof runDue>[1],
): Promise<ExitCode | "taken_back"> {
  try {
    return (await runRequest(context, id, options)).exit;
  } catch (error) {
    const isStale = error instanceof Failure && error.exit === EXIT.stale;
    if (isStale && (await takeBackUndone(context, id))) return "taken_back";
    throw error;
  }
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
  /** What a standing approval has a say in tonight. */
  readonly records: readonly string[];
  /** Absent: nothing of it was due. */
  readonly done?: { readonly request: string; readonly state: RequestState; readonly exit: ExitCode };
}

/** One plan of all that may run; what is over its number is left out of it, whole. */
async function runStanding(
  context: Context,
  ready: readonly StandingApproval[],
  options: Parameters<typeof runDue>[1],
  why: string[],
): Promise<Ran | undefined> {
  let left = ready;
  // one that nothing makes due is an error of the map's, of which the linter warns, and keeps no other from its turn
  const due = new Set(await dueTypes(context));
  for (;;) {
    const records = [...new Set(left.flatMap((one) => one.records))].filter((id) => due.has(id));
    if (records.length === 0) return undefined;
    const seen = await dueAsOf(context, today(context), { records });
    const over = left.filter((one) => actingIn(seen, one) > one.upTo);
    why.push(...over.map((one) => overText(seen, one)));
    if (over.length > 0) {
      left = left.filter((one) => !over.includes(one));
      continue;
    }
    if (isIdle(seen)) return { records };
    const open = await leftOver(context.state.read, records);
    const plan = await (open === undefined ? planDue(context, { records }) : planDueAnew(context, open, { records }));
    if (isIdle(plan)) return { records };
    // what came since the look counts too
    const late = left.filter((one) => actingIn(plan, one) > one.upTo);
    why.push(...late.map((one) => overText(plan, one)));
    if (late.length > 0) return { records, done: { request: plan.request, state: "planned", exit: EXIT.waiting } };
    return { records, done: await carryOut(context, plan, left, options) };
  }
}

/**
 * Due work of an earlier night that could not get everything done: it is tried again under its own id, so that what
 * stands in the way for long does not leave another one open each night.
 */
async function leftOver({ requests, plans }: Reads, records: readonly string[]): Promise<string | undefined> {
  for (const { id, kind, state, plan, purge } of await requests.list()) {
    if (kind !== "due" || state !== "partly_done" || plan === undefined || purge !== undefined) continue;
    if ((await plans.result(plan)) === undefined) continue;
    const { steps = [] } = (await plans.get(plan)) ?? {};
    if (steps.every(({ system, record }) => records.includes(`${system}.${record}`))) return id;
  }
  return undefined;
}

function overText(plan: Plan, one: StandingApproval): string {
  return `${one.records.join(", ")}: ${actingIn(plan, one)} records are due, more than up_to ${one.upTo}`;
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
): Promise<NonNullable<Ran["done"]>> {
  const { state, map, now, actor, signer } = context;
  const id = plan.request;
  await lifeStep(state, context.at, "approve", async (tx) => {
    const request = await tx.requests.get(id);
    await tx.leases.refuseHeld([id]);
    const word: Approval = { plan: plan.id, digest: plan.digest, by: actor, at: now().toISOString() };
    const approval = signed(signer, id, word);
    await tx.plans.approve(approval);
    const entries = [];
    for (const { records, upTo } of under) {
      const meaning = standingMeaning(map, records);
      await tx.standing.note(records, { meaning, at: approval.at });
      entries.push(standingEntry(context, plan, { meaning, upTo, records }));
    }
    await tx.requests.update(id, {
      state: "approved",
      ...noted(context, request, { did: "approved", plan: plan.id, note: STANDING }),
    });
    await tellMap(tx, inForce(context));
    await tx.outbox.post([decisionEntry(context, plan, approval), ...entries]);
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
