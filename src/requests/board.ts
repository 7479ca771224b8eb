import { EXIT } from "../errors.ts";
import { keptForAPerson } from "../model/hold-ends.ts";
import { answerDue, type ErasureRequest } from "../model/request.ts";
import { OPEN_STATES, type RequestState } from "../model/status.ts";
import { reasonWords } from "../model/words.ts";
import { daysBetween } from "../retention/civil-date.ts";
import type { Reads } from "../state/state.ts";
import { holdsOver, overRecord } from "./holds-over.ts";
import { isBroughtBack } from "./what-stands.ts";
import { type RestoreWindow, restorableIn, windowsOf } from "./restorable.ts";
import { openPause } from "./pauses.ts";
import { freeNow } from "./free-now.ts";
import { hiddenNow, markedUntilIn } from "./hidden-now.ts";
import { lookedAt, openGaps, type OpenReads, openThings } from "./open-things.ts";

type Cases = "words" | "ids";

/** One open request on the board. */
export interface BoardItem {
  readonly id: string;
  /** Due work, which nobody asked for. Absent: a request. */
  readonly kind?: "due";
  readonly state: RequestState;
  /** The last day for an answer, ISO; null where nobody waits for one. */
  readonly due: string | null;
  /** Negative when overdue. */
  readonly days_left: number | null;
  readonly overdue: boolean;
  /** Who or what the request waits for. */
  readonly waiting_for: string;
  readonly next: string | null;
  /** The last day on which `undo` brings anything of it back; absent where there is none to come. */
  readonly undo_until?: string;
}

/**
 * Open requests, the most urgent first. `today`: civil date at the controller. `cases`: legal holds by the words of their
 * case, which may name people, or by their ids, for what goes to others.
 */
export async function board(
  reads: OpenReads & Pick<Reads, "requests">,
  today: string,
  cases: Cases = "words",
): Promise<readonly BoardItem[]> {
  const open = (await reads.requests.list()).filter((request) => OPEN_STATES.includes(request.state));
  const items: BoardItem[] = [];
  for (const request of open) {
    const { waiting_for, next } = await nextStep(reads, request, today, cases);
    items.push({
      id: request.id,
      ...(request.kind === undefined ? {} : { kind: request.kind }),
      state: request.state,
      ...daysLeft(request, today),
      waiting_for,
      next,
      ...undoUntil(await undoable(reads, request, today)),
    });
  }
  return items.toSorted((a, b) => (a.due === b.due ? (a.id < b.id ? -1 : 1) : isSooner(a.due, b.due) ? -1 : 1));
}

/** What `undo` can still bring back of a request today. */
export async function undoable(
  reads: OpenReads,
  { id, kind, timezone }: ErasureRequest,
  today: string,
): Promise<readonly RestoreWindow[]> {
  if (kind === "due" || timezone === undefined) return [];
  return (await windowsOf(reads, id, timezone)).filter(({ until }) => until >= today);
}

function undoUntil(windows: readonly RestoreWindow[]): Pick<BoardItem, "undo_until"> {
  const last = windows
    .map(({ until }) => until)
    .toSorted()
    .at(-1);
  return last === undefined ? {} : { undo_until: last };
}

/** What has no last day comes last. */
function isSooner(one: string | null, other: string | null): boolean {
  return one !== null && (other === null || one < other);
}

/** When the answer is due, and whether that day has passed. A request that has ended is not overdue any more. */
export function daysLeft(
  { due, state }: ErasureRequest,
  today: string,
): Pick<BoardItem, "due" | "days_left" | "overdue"> {
  if (due === undefined) return { due: null, days_left: null, overdue: false };
  const last = answerDue(due);
  // while it stands still no day is lost
  const left = daysBetween(openPause(due)?.from ?? today, last);
  return { due: last, days_left: left, overdue: left < 0 && OPEN_STATES.includes(state) };
}

export interface NextStep {
  readonly waiting_for: string;
  readonly next: string | null;
  /** What may be done instead, by a person who has looked. */
  readonly otherwise?: readonly string[];
}

/**
 * What stands next, as every command says it: one that can help, and never the one that has just said so. `today`: civil
 * date at the controller; absent where nobody knows it.
 */
export async function nextStep(
  reads: OpenReads & Pick<Reads, "requests">,
  request: ErasureRequest,
  today?: string,
  cases: Cases = "words",
): Promise<NextStep> {
  const { plans } = reads;
  const { id, state, identity, plan, due } = request;
  switch (state) {
    case "received":
      return {
        waiting_for:
          identity === undefined
            ? "identity"
            : identity.result === "failed"
              ? "another check of the identity, or a refusal"
              : due === undefined || openPause(due) === undefined
                ? "data subject"
                : "data subject; the time for an answer stands still",
        // what came of it is the person's own word: no command to be copied says it
        next: `expunge request identity ${id}`,
      };
    case "identity_confirmed":
      return plan === undefined
        ? { waiting_for: "plan", next: `expunge plan ${id}`, ...(await staying(reads, request)) }
        : { waiting_for: "approval", next: `expunge approve ${id}`, ...(await staying(reads, request)) };
    case "planned":
      return {
        waiting_for: "approval",
        next: `expunge approve ${id}`,
        ...(await staying(reads, request)),
        ...(await blockedForGood(reads, request)),
      };
    case "approved":
    case "running":
      return { waiting_for: "run", next: `expunge run ${id}` };
    case "partly_done":
      return await afterPart(reads, request);
    case "verifying":
    case "settling":
      return { waiting_for: "verification", next: `expunge verify ${id}` };
    case "waiting": {
      const hidden =
        (await hiddenUntil(reads, request, today, cases)) ??
        (await restorableUntil(reads, request, today)) ??
        ((await isRunWhole(plans, request))
          ? { waiting_for: "verification", next: `expunge verify ${id}` }
          : undefined);
      if (hidden !== undefined) return hidden;
      const free =
        today === undefined ? 0 : [...(await freeNow(reads, request, today)).values()].reduce((a, b) => a + b, 0);
      const waits = await waitedFor(plans, request, cases);
      return {
        waiting_for:
          free === 0
            ? waits
            : `a new plan: of what it kept ${free === 1 ? "1 record is" : `${free} records are`} free now, and due work leaves ${free === 1 ? "it" : "them"} to the request`,
        next: `expunge plan ${id}`,
      };
    }
    case "closed":
    case "refused":
    case "cancelled":
      return { waiting_for: "nobody", next: `expunge report ${id}` };
  }
}

/** After an undo a plan as it comes would take everything again: what is to stay is left out, or the request ends here. */
async function staying(reads: OpenReads, request: ErasureRequest): Promise<Pick<NextStep, "otherwise">> {
  const { id, history = [], excluded } = request;
  if (!history.some(({ did }) => did === "undone")) return {};
  const otherwise = [
    ...(excluded === undefined
      ? [`expunge plan ${id} --show-records   # and --except HANDLE --reason TEXT for each that is to stay`]
      : []),
    ...((await isBroughtBack(reads, request)) ? [`expunge request cancel ${id}`] : []),
  ];
  return otherwise.length === 0 ? {} : { otherwise };
}

/** Due work of which only what is blocked is open: a person may end it. */
async function blockedForGood(reads: OpenReads, request: ErasureRequest): Promise<Pick<NextStep, "otherwise">> {
  const { id, kind } = request;
  if (kind !== "due" || (await openThings(reads, request)).length === 0) return {};
  const more = await openThings(reads, request, { acceptGaps: false, acceptBlocked: true });
  return more.length === 0 ? { otherwise: [`expunge request close ${id} --accept-blocked`] } : {};
}

/** A run that did not come to its end goes on; one that did only answers again, so that a new plan is the way. */
async function afterPart(reads: OpenReads, request: ErasureRequest): Promise<NextStep> {
  const { plans, journal } = reads;
  const { id, plan } = request;
  const result = plan === undefined ? undefined : await plans.result(plan);
  if (result === undefined && plan !== undefined && !(await isOtherThanPlanned(journal, plan)))
    return {
      waiting_for: "what is left of the run",
      next: `expunge run ${id}`,
      ...(await blockedForGood(reads, request)),
    };
  const verified = plan === undefined ? undefined : await plans.verified(plan);
  const exit: unknown = typeof verified === "object" && verified !== null ? Reflect.get(verified, "exit") : undefined;
  // nothing is left that is known of: only the look was not whole
  if (exit === EXIT.unreachable)
    return { waiting_for: "a look at what could not be verified", next: `expunge verify ${id}` };
  const gaps = openGaps(verified).length;
  // a new plan would end at the same places: only a person can help there
  if (gaps > 0 && (await openThings(reads, request, { acceptGaps: true })).length === 0)
    return {
      waiting_for: `somebody to look by hand at ${gaps === 1 ? "the place" : `the ${gaps} places`} where nothing can be erased`,
      next: `expunge verify ${id}`,
      otherwise: [`expunge request close ${id} --accept-gaps`],
    };
  return { waiting_for: "what is left", next: `expunge plan ${id}`, ...(await blockedForGood(reads, request)) };
}

/** Where a record is another one than was planned: the same run would find it so again, and only a new plan can take it. */
async function isOtherThanPlanned(journal: Reads["journal"], plan: string): Promise<boolean> {
  if ((await journal.units(plan)).some(({ state }) => state === "intended")) return false;
  return (await journal.receipts(plan)).some(({ failed, reason }) => failed > 0 && reason === "changed");
}

/** A step as a plan or a run tells it. */
interface Told {
  readonly reason?: string | undefined;
  readonly says?: string | undefined;
  readonly holds?: readonly string[];
}

/** Steps of a run as they were stored: what came since the plan. */
async function toldByRun(plans: Reads["plans"], plan: string | undefined): Promise<readonly Told[]> {
  const result = plan === undefined ? undefined : await plans.result(plan);
  return (result?.steps ?? []).map((step): Told => {
    const of = (name: string): unknown =>
      typeof step === "object" && step !== null ? Reflect.get(step, name) : undefined;
    const [reason, says, holds] = [of("reason"), of("says"), of("holds")];
    return {
      reason: typeof reason === "string" ? reason : undefined,
      says: typeof says === "string" ? says : undefined,
      holds: Array.isArray(holds) ? holds.filter((id): id is string => typeof id === "string") : [],
    };
  });
}

/** What was left is not there any more, or was brought back: it is looked at again. */
async function isRunWhole(plans: Reads["plans"], { plan }: ErasureRequest): Promise<boolean> {
  return plan !== undefined && (await plans.result(plan))?.exit === EXIT.done;
}

/** Where nothing is open but records that are marked as deleted: they wait for their day, and for nobody until then. */
async function hiddenUntil(
  reads: OpenReads & Pick<Reads, "requests">,
  request: ErasureRequest,
  today: string | undefined,
  cases: Cases,
): Promise<NextStep | undefined> {
  const { plans } = reads;
  const { id, plan } = request;
  const result = plan === undefined ? undefined : await plans.result(plan);
  if (plan === undefined || result === undefined || result.exit !== EXIT.done) return undefined;
  const hiddenIn = await hiddenNow(reads, request);
  const all = ((await plans.get(plan))?.steps ?? []).flatMap((step) => {
    const { marked, before, copies } = hiddenIn(step);
    const { system, record, action, until = "" } = step;
    // a copy that marks itself is hidden too, with a day of its own
    const byItself = action === "soft-delete" ? copies : 0;
    return marked + before + byItself === 0
      ? []
      : [{ record: `${system}.${record}`, until: untilIn(result.steps, step.id) ?? until }];
  });
  if (all.length === 0) return undefined;
  const verified = await plans.verified(plan);
  const next = verified === undefined ? `expunge verify ${id}` : null;
  const holds = await holdsOver(reads, request, today);
  const held = all.filter(({ record }) => overRecord(holds, record).length > 0);
  const over = holds.filter((one) => held.some(({ record }) => overRecord([one], record).length > 0));
  const words = `the end of a legal hold: ${over.map((one) => (cases === "ids" ? one.id : `${one.says} (${one.id})`)).join("; ")}`;
  const hidden = all.filter((one) => !held.includes(one));
  if (hidden.length === 0) return { waiting_for: words, next };
  const also = held.length === 0 ? "" : `, and ${words}`;
  const seenOver = typeof verified === "object" && verified !== null && Reflect.get(verified, "exit") === EXIT.waiting;
  const last = hidden
    .map(({ until }) => until)
    .toSorted()
    .at(-1);
  const names = hidden.map(({ record }) => record);
  if (seenOver || (last !== undefined && last !== "" && today !== undefined && last <= today)) {
    if (await goneSince(reads, hidden))
      return { waiting_for: `a look whether the hidden records are gone${also}`, next: `expunge verify ${id}` };
    const going = await dueWorkOn(reads, names);
    if (going === undefined)
      return {
        waiting_for: `due work: since ${last ?? ""} the hidden records may go for good${also}`,
        next: "expunge plan --due",
      };
    const theirs = await nextStep(reads, going, today, cases);
    return { waiting_for: `${going.id}, by which the hidden records go for good${also}`, next: theirs.next };
  }
  return {
    waiting_for: `${
      last === undefined || last === ""
        ? "the day on which hidden records go for good"
        : `${last}, when the last hidden records go for good`
    }${also}`,
    next,
  };
}

/** Due work that is open and takes some of these record types: it is the next step, and not another plan of the same. */
async function dueWorkOn(
  { requests, plans }: Pick<Reads, "plans" | "requests">,
  records: readonly string[],
): Promise<ErasureRequest | undefined> {
  for (const request of (await requests.list()).toReversed()) {
    const { kind, state, plan } = request;
    if (kind !== "due" || plan === undefined || !OPEN_STATES.includes(state)) continue;
    const { steps = [] } = (await plans.get(plan)) ?? {};
    if (steps.some(({ system, record, act, blocked }) => act + blocked > 0 && records.includes(`${system}.${record}`)))
      return request;
  }
  return undefined;
}

/** Where nothing is open but what can still be brought back: it waits for the day on which it cannot any more. */
async function restorableUntil(
  reads: Pick<Reads, "plans" | "images">,
  { id, plan }: ErasureRequest,
  today: string | undefined,
): Promise<NextStep | undefined> {
  const result = plan === undefined ? undefined : await reads.plans.result(plan);
  if (plan === undefined || result === undefined || result.exit !== EXIT.done) return undefined;
  const last = (await restorableIn(reads, id))
    .map(({ until }) => until)
    .toSorted()
    .at(-1);
  if (last === undefined) return undefined;
  const verified = await reads.plans.verified(plan);
  if (today !== undefined && last < today) {
    // a look after that day has destroyed whatever no legal hold keeps
    const isHeld = (lookedAt(verified)?.slice(0, last.length) ?? "") > last;
    return isHeld
      ? {
          waiting_for: `the end of a legal hold, which keeps what could be brought back until ${last}; after it: expunge verify ${id}, or run --due`,
          next: null,
        }
      : { waiting_for: `a look again: since ${last} it cannot be brought back any more`, next: `expunge verify ${id}` };
  }
  return {
    waiting_for: `${last}, the last day on which it can be brought back; after it: expunge verify ${id}, or run --due`,
    next: verified === undefined ? `expunge verify ${id}` : null,
  };
}

/** Of a run's step as it was stored: when what it marked goes for good. */
function untilIn(steps: readonly unknown[], id: string): string | undefined {
  const line = steps.find((step) => typeof step === "object" && step !== null && Reflect.get(step, "id") === id);
  return typeof line === "object" && line !== null ? markedUntilIn(line) : undefined;
}

/** Whether in each of these record types due work of its day or later has been done. */
async function goneSince(
  { requests, plans }: Pick<Reads, "plans" | "requests">,
  hidden: readonly { readonly record: string; readonly until: string }[],
): Promise<boolean> {
  const done = new Map<string, string>();
  for (const { kind, state, plan } of await requests.list()) {
    if (kind !== "due" || state !== "closed" || plan === undefined) continue;
    const { as_of: asOf = "", steps = [] } = (await plans.get(plan)) ?? {};
    for (const { system, record, act } of steps) {
      const name = `${system}.${record}`;
      if (act > 0 && asOf > (done.get(name) ?? "")) done.set(name, asOf);
    }
  }
  return hidden.every(({ record, until }) => (done.get(record) ?? "") >= until && done.has(record));
}

/** What holds the waiting records, in words. */
async function waitedFor(plans: Reads["plans"], { plan }: ErasureRequest, by: Cases): Promise<string> {
  const steps = (plan === undefined ? undefined : await plans.get(plan))?.steps ?? [];
  const all: readonly Told[] = [...steps, ...(await toldByRun(plans, plan))];
  const held = [...new Set(all.flatMap(({ holds = [] }) => holds))].toSorted();
  // a record under two holds is told with both; each is said once
  const words = new Set(all.flatMap(({ reason, says }) => (reason === "legal_hold" ? (says?.split("; ") ?? []) : [])));
  const cases = by === "ids" || words.size === 0 ? held : [...words];
  const why = steps.flatMap(({ waiting, reason, says }) =>
    waiting > 0 && reason !== undefined && (by === "words" || reason !== "legal_hold")
      ? [reasonWords(reason, { status: "waiting", says })]
      : [],
  );
  const looked = steps
    .filter((step) => keptForAPerson(step) && step.reason === "review")
    .map(({ says }) => reasonWords("review", { status: "kept", says }));
  const parts = [
    ...(held.length === 0 ? [] : [`the end of a legal hold: ${cases.join("; ")}`]),
    ...(why.length === 0 ? [] : [`an end of what holds it (${[...new Set(why)].join("; ")})`]),
    ...(looked.length === 0 ? [] : [`somebody to decide how long it is kept (${[...new Set(looked)].join("; ")})`]),
  ];
  return parts.length === 0 ? "a hold or a condition to end" : parts.join(", and ");
}
