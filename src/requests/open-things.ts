import { keptForAPerson } from "../model/hold-ends.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import { OPEN_STATES } from "../model/status.ts";
import { reasonWords } from "../model/words.ts";
import type { Receipt } from "../state/journal.ts";
import type { Reads } from "../state/state.ts";
import { type HiddenNow, hiddenNow, markedUntilIn } from "./hidden-now.ts";
import { type HoldOver, holdsOver, overRecord } from "./holds-over.ts";
import { restorableIn } from "./restorable.ts";
import { listIn } from "./stored-lines.ts";

/** What is read to say what is open. */
export type OpenReads = Pick<Reads, "plans" | "undos" | "journal" | "images" | "sealed" | "legalHolds">;

/** What a person takes upon themselves in closing. */
export interface Accepted {
  readonly acceptGaps: boolean;
  /** Of due work: what is blocked stays, and is due again once it is free. */
  readonly acceptBlocked?: boolean;
}

/** What must still happen before a request can be closed, one thing a line, in words. Empty for one that has ended. */
export async function openThings(
  reads: OpenReads,
  request: ErasureRequest,
  { acceptGaps, acceptBlocked = false }: Accepted = { acceptGaps: false },
): Promise<readonly string[]> {
  if (!OPEN_STATES.includes(request.state)) return [];
  const { plans } = reads;
  const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
  const result = plan === undefined ? undefined : await plans.result(plan.id);
  const open: string[] = [];
  const receipts = plan === undefined ? [] : await reads.journal.receipts(plan.id);
  const isTried = acceptBlocked && plan !== undefined && (await isTriedWhole(reads, plan));
  if ((plan === undefined || result === undefined) && !isTried) open.push(await notRun(plans, request));
  if (plan?.system !== undefined) open.push(`only ${plan.system} was planned: the other systems are not searched`);
  const hiddenIn = await hiddenNow(reads, request);
  const holds = await holdsOver(reads, request);
  for (const step of plan?.steps ?? []) {
    const line = result?.steps.find((one) => textOf(one, "id") === step.id);
    const told = acceptBlocked ? { ...step, blocked: 0, waiting: step.waiting - (step.later ?? 0) } : step;
    open.push(...openInStep(told, hiddenIn(step), lastDayOf(step, line)));
  }
  // of a run that did not come to its end the receipts tell
  if (plan !== undefined && result === undefined)
    for (const receipt of receipts)
      open.push(...undoneInReceipt(plan, acceptBlocked ? { ...receipt, blocked: 0 } : receipt));
  for (const step of result?.steps ?? []) {
    const planned = plan?.steps.find(({ id }) => id === textOf(step, "id"));
    open.push(...failedInStep(step), ...(planned === undefined ? [] : markedInStep(step, hiddenIn(planned), holds)));
  }
  for (const { system, record, count, until } of await restorableIn(reads, request.id))
    open.push(`${system}.${record}: ${count} can still be brought back, until ${until}`);
  open.push(...lateIn(plan?.steps ?? [], result?.steps ?? []));
  const seen = plan === undefined ? undefined : await plans.verified(plan.id);
  const accepted = (name: string): number => (acceptBlocked ? blockedOf(plan, receipts, name) : 0);
  open.push(...openInLook(seen, acceptGaps, accepted));
  if (request.state === "settling" || request.state === "verifying")
    open.push(
      seen === undefined ? "nobody has looked again since the run" : "it is not verified for the second time yet",
    );
  if (request.state === "partly_done" && open.length === 0 && seen === undefined)
    open.push("nobody has looked again since the run");
  return open;
}

/** The latest plan is not run to its end; what an earlier one did is done all the same. */
async function notRun(plans: Reads["plans"], { id, plan }: ErasureRequest): Promise<string> {
  for (const earlier of await plans.ofRequest(id))
    if (earlier.id !== plan && (await plans.result(earlier.id)) !== undefined)
      return `${earlier.id} was run to its end, ${plan === undefined ? "and what is left is not planned" : `${plan} is not`}`;
  return plan === undefined ? "nothing is planned" : "nothing was run to its end";
}

/** Whether nothing of the plan is left but what an attempt found blocked, or nothing of it could be tried. */
async function isTriedWhole({ journal }: OpenReads, { id, steps }: Plan): Promise<boolean> {
  if (steps.every(({ act, minimised = 0 }) => act + minimised === 0)) return true;
  const units = await journal.units(id);
  return units.length > 0 && units.every(({ state }) => state === "tried" || state === "done");
}

/** Records of `system.record` that are blocked: as its run told it, else as its plan did. */
function blockedOf(plan: Plan | undefined, receipts: readonly Receipt[], name: string): number {
  const step = plan?.steps.find(({ system, record }) => `${system}.${record}` === name);
  return receipts.find((one) => one.step === step?.id)?.blocked ?? step?.blocked ?? 0;
}

/** Of a verification as it was stored: what is there still, and what nobody could look at. `accepted`: how many may be. */
function openInLook(seen: unknown, acceptGaps: boolean, accepted: (name: string) => number): readonly string[] {
  const checks = listIn(seen, "checks").flatMap((check) => {
    const name = `${textIn(check, "system") ?? ""}.${textIn(check, "record") ?? ""}`;
    const residual: unknown = Reflect.get(check, "residual");
    if (typeof residual === "number" && residual > 0 && residual <= accepted(name)) return [];
    if (typeof residual === "number" && residual > 0) return [`${name}: the last look found ${residual} still there`];
    const reason = textIn(check, "reason");
    if (textIn(check, "result") !== "unverifiable" || reason === "gap") return [];
    return [
      `${name}: could not be looked at${reason === undefined ? "" : ` (${reasonWords(reason, { status: "unverifiable" })})`}`,
    ];
  });
  const gaps = acceptGaps ? [] : openGaps(seen);
  return [
    ...checks,
    ...gaps.map(
      ({ system, record, where }) =>
        `${system}.${record}: an identifier stands in ${where}, where nothing can be erased`,
    ),
  ];
}

/** Of a verification as it was stored: when it looked; undefined where it looked at nothing. */
export function lookedAt(seen: unknown): string | undefined {
  return listIn(seen, "checks")
    .flatMap((check) => textIn(check, "at") ?? [])
    .toSorted()
    .at(-1);
}

/** Of a verification as it was stored: places in which an identifier stands and nothing can be done. */
export function openGaps(seen: unknown): readonly {
  readonly system: string;
  readonly record: string;
  readonly where: string;
  readonly holdsIdentifier: true;
}[] {
  return listIn(seen, "gaps").flatMap((gap) =>
    Reflect.get(gap, "holds_identifier") === true
      ? [
          {
            system: textIn(gap, "system") ?? "",
            record: textIn(gap, "record") ?? "",
            where: textIn(gap, "where") ?? "a place",
            holdsIdentifier: true as const,
          },
        ]
      : [],
  );
}

function textIn(value: object, name: string): string | undefined {
  const text: unknown = Reflect.get(value, name);
  return typeof text === "string" ? text : undefined;
}

function textOf(value: unknown, name: string): string | undefined {
  return typeof value === "object" && value !== null ? textIn(value, name) : undefined;
}

/** When what is marked in a step goes for good. A plan's day is that of a hold, where it has one. */
function lastDayOf({ kept, until }: PlanStep, line: unknown): string | undefined {
  const told = typeof line === "object" && line !== null ? markedUntilIn(line) : undefined;
  return told ?? (kept > 0 ? undefined : until);
}

function openInStep(step: PlanStep, { before, copies }: HiddenNow, last: string | undefined): readonly string[] {
  const { system, record, status: worst, kept, waiting, marked = 0, follows = 0, blocked, reason, says } = step;
  const name = `${system}.${record}`;
  // a step's reason is that of the worst that happens in it
  const why = (status: "waiting" | "blocked"): string =>
    reason === undefined || worst !== status ? "" : ` (${reasonWords(reason, { status, says })})`;
  return [
    ...(waiting > marked + follows ? [`${name}: ${waiting - marked - follows} waiting${why("waiting")}`] : []),
    ...(copies > 0
      ? [
          `${name}: ${copies} to follow by ${copies === 1 ? "itself" : "themselves"}, as ${copies === 1 ? "a copy" : "copies"}`,
        ]
      : []),
    ...(before > 0 ? [`${name}: ${before} marked as deleted before${goesOn(last)}`] : []),
    ...(blocked > 0 ? [`${name}: ${blocked} blocked${why("blocked")}`] : []),
    ...(keptForAPerson(step) && reason !== undefined
      ? [`${name}: ${kept} kept (${reasonWords(reason, { status: "kept", says })})`]
      : []),
    ...(reason === "empty_pattern" ? [`${name}: not searched (${reasonWords(reason)})`] : []),
  ];
}

/** What the run found held or waiting that was free at plan. */
function lateIn(planned: readonly PlanStep[], run: readonly unknown[]): readonly string[] {
  return run.flatMap((line): readonly string[] => {
    if (typeof line !== "object" || line === null) return [];
    const step = planned.find(({ id }) => id === textIn(line, "id"));
    if (step === undefined) return [];
    const { system, record } = step;
    const reason = textIn(line, "reason");
    const more = (name: "kept" | "waiting"): readonly string[] => {
      const count: unknown = Reflect.get(line, name);
      if (typeof count !== "number" || count <= step[name]) return [];
      const why = reason === undefined ? "" : ` (${reasonWords(reason, { status: name, says: textIn(line, "says") })})`;
      return [`${system}.${record}: ${count - step[name]} ${name} since the plan${why}`];
    };
    return [...more("kept"), ...more("waiting")];
  });
}

function goesOn(until: string | undefined): string {
  return until === undefined || until === "" ? "" : `, to go for good on ${until}`;
}

/** What an attempt left undone, beyond what the plan itself left. */
function undoneInReceipt({ steps }: Plan, receipt: Receipt): readonly string[] {
  const { system, record, failed, blocked, reason, says } = receipt;
  const planned = steps.find(({ id }) => id === receipt.step)?.blocked ?? 0;
  const of = (count: number, status: "failed" | "blocked"): readonly string[] => {
    const why = reason === undefined ? "" : ` (${reasonWords(reason, { status, says })})`;
    return count > 0 ? [`${system}.${record}: ${count} ${status}${why}`] : [];
  };
  return [...of(failed, "failed"), ...of(blocked - planned, "blocked")];
}

/** Of a run's step as it was stored: what is marked as deleted and there still. */
function markedInStep(step: unknown, { marked }: HiddenNow, all: readonly HoldOver[]): readonly string[] {
  if (typeof step !== "object" || step === null || marked === 0) return [];
  const name = `${textIn(step, "system") ?? ""}.${textIn(step, "record") ?? ""}`;
  const cases = overRecord(all, name).map(({ id, says }) => `${says} (${id})`);
  // nothing that a legal hold covers goes on its day
  const goes = cases.length === 0 ? goesOn(markedUntilIn(step)) : `, and under a legal hold: ${cases.join("; ")}`;
  return [`${name}: ${marked} marked as deleted${goes}`];
}

/** Of a run's step as it was stored: what failed. */
function failedInStep(step: unknown): readonly string[] {
  if (
    typeof step !== "object" ||
    step === null ||
    !("failed" in step) ||
    typeof step.failed !== "number" ||
    step.failed === 0
  )
    return [];
  const reason = textIn(step, "reason");
  const why = reason === undefined ? "" : ` (${reasonWords(reason, { status: "failed", says: textIn(step, "says") })})`;
  return [`${textIn(step, "system") ?? ""}.${textIn(step, "record") ?? ""}: ${step.failed} failed${why}`];
}
