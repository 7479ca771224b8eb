import type { RunEvent } from "../executor/run.ts";
import { run } from "../executor/run.ts";
import { Failure } from "../errors.ts";
import type { ApprovedPlan, StepHead } from "../model/plan.ts";
import { approvedPlan } from "../planner/approve.ts";
import { isUnaltered, stepsDigest } from "../planner/plan.ts";
import type { Finding } from "../model/search.ts";
import { rejudgeDue } from "../planner/due-search.ts";
import { judgeAgain, knownOfPeople } from "../planner/judge-again.ts";
import { toldFinding, valuesIn, valuesOf } from "../planner/told.ts";
import { unitsOf } from "../planner/units.ts";
import { stateWords } from "../model/words.ts";
import type { SealedPart } from "../state/sealed-store.ts";
import type { Lease, Reads } from "../state/state.ts";
import { refuseUnsigned } from "./approve-request.ts";
import { type Context, eraserFor, readersFor, today, whileHeld } from "./context.ts";
import { receiptEntries, startedEntry } from "./run-entries.ts";
import { becauseIn, mapOfPlan, plannedIn, searchDueAndPlan } from "./plan-due.ts";
import { openRequestsHoldNow } from "./with-requests.ts";
import { excludedOf } from "./excluding.ts";
import { noted } from "./history.ts";
import { holdsInForce, lookForHolds } from "./holds-in-force.ts";
import { keyDigest } from "./key-digest.ts";
import { endPassedHolds } from "./legal-holds.ts";
import { decisionId } from "./ledger-entries.ts";
import { knownOf, searchAndPlan } from "./plan-request.ts";
import { sealedSteps } from "./sealed-steps.ts";

type Result = Extract<RunEvent, { event: "result" }>;

/** Carries out the latest plan of the request, or goes on with it, or answers again. Events as they happen. */
export async function runRequest(
  context: Context,
  id: string,
  options: { readonly concurrency: number; emit(event: RunEvent): void },
): Promise<Result> {
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
  const { state } = context;
  const { plan, parts } = lease.first;
  const map = mapOfPlan(context, plan);
  const withRequests = openRequestsHoldNow(state.read, map, id);
  const { pseudonyms, received, createdAt } = await state.read.requests.get(id);
  let known: ReturnType<typeof knownOfPeople> | undefined;
  const identifiers = await identifiersIn(state.read, id);
  let values: readonly string[] | undefined;
  const told = (report: (finding: Finding) => void) => (finding: Finding) => {
    values ??= [...identifiers, ...valuesIn(parts.map(({ head }) => head))];
    report(toldFinding(finding, values));
  };
  const digestKey = await digestKeyOf(state.read, id);
  const excluded = excludedOf((await state.read.sealed.exists(id)) ? await state.read.sealed.excluded(id) : []);
  await endPassedHolds(context);
  // one that cannot be read stops a run that goes on as well, before anything more is done
  await holdsInForce(state.read.legalHolds, today(context));
  return await run({
    map,
    state,
    ledger: context.ledger,
    plan,
    steps: sealedSteps(state.read, id, plan.id, parts),
    people: pseudonyms.map((pseudonym) => `s_${pseudonym.slice(0, 8)}`),
    lease,
    concurrency: options.concurrency,
    signal: context.signal,
    at: context.at,
    now: () => context.now(),
    openReaders: (report) => readersFor(context, id, told(report)),
    openEraser: (system, report) => eraserFor(context, system, id, told(report)),
    async judge(tx) {
      const now = await runnable(context, tx, id);
      if (now.plan.id !== plan.id) throw new Failure("PLAN_STALE", `${id} has a newer plan than ${plan.id}`);
    },
    async replan(first) {
      const again =
        plan.as_of === undefined
          ? undefined
          : await searchDueAndPlan(context, id, {
              id: plan.id,
              asOf: plan.as_of,
              holds: await withRequests(),
              planned: { because: becauseIn(plan), records: await plannedIn(state.read, plan) },
              ...(plan.records === undefined ? {} : { records: plan.records }),
            });
      const { sealed, searched } =
        again ??
        (await searchAndPlan(context, id, {
          id: plan.id,
          first,
          ...(plan.system === undefined ? {} : { system: plan.system }),
        }));
      const records = plan.steps.map((step) => `${step.system}.${step.record}`);
      const { empty } = searched;
      return {
        sealed,
        units: unitsOf(map, records, searched),
        lost: async (step, keys) => await lostOf(context, id, step, keys, empty),
      };
    },
    async rejudge(readers, record, subjects, keys, acting, onlyLegal) {
      await using legal = await lookForHolds(context, id);
      const step = plan.as_of === undefined ? undefined : parts.find(({ head }) => head.record === record)?.head;
      if (step !== undefined) {
        const judging = {
          map,
          readers,
          legal,
          excluded,
          today: plan.as_of ?? today(context),
          empty: new Set<string>(),
        };
        const made = { received: today(context), entered: context.now().toISOString() };
        return await rejudgeDue({ ...judging, made }, step, acting, await withRequests());
      }
      known ??= knownOfPeople(await knownOf(state.read, id));
      return await judgeAgain({
        map,
        readers,
        record,
        keys,
        known: known(subjects),
        today: today(context),
        made: { received, entered: createdAt },
        legal,
        excluded,
        onlyLegal,
      });
    },
    digest: keyDigest(digestKey),
    noted: async (tx, result) =>
      noted(context, await tx.requests.get(id), {
        did: "run",
        plan: plan.id,
        ...(result === undefined ? {} : { result }),
      }),
    startedEntry: () => startedEntry(context, plan),
    receiptEntries: (receipts) => receiptEntries(context, plan, receipts),
    emit: (event) => options.emit(withoutOurs(event)),
  });
}

/**
 * Planned records that the search does not find any more and that are no case of "gone by its key": those that are there
 * all the same, and those of a file, index or pattern that has changed or gone as a whole.
 */
async function lostOf(
  context: Context,
  id: string,
  step: StepHead,
  keys: readonly string[],
  empty: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { system, place } = step.target.record;
  if ((empty.has(step.record) && place.kind !== "keys") || place.kind === "files") return keys;
  const found = new Set<string>();
  await using readers = readersFor(context, id, () => {});
  const reader = await readers.of(system);
  for await (const { key } of reader.locate(step.target, { by: "keys", keys })) found.add(key);
  return [...found];
}

/** Every identifier of the people: none of them is to stand in what is told. */
async function identifiersIn(reads: Reads, id: string): Promise<readonly string[]> {
  if (!(await reads.sealed.exists(id))) return [];
  return valuesOf([...(await reads.sealed.subjects(id)), ...(await reads.sealed.resolved(id))]);
}

/** Empty once the request has ended: then nothing is acted on any more. */
async function digestKeyOf(reads: Reads, id: string): Promise<Uint8Array> {
  return (await reads.sealed.exists(id)) ? await reads.sealed.digestKey(id) : new Uint8Array();
}

interface Runnable {
  readonly plan: ApprovedPlan;
  readonly parts: readonly SealedPart[];
  /** It was carried out whole: a run answers again and does nothing. */
  readonly complete: boolean;
}

/** What a run would carry out; nothing is written. Throws what stands in its way, before anybody is asked to confirm it. */
export async function readyToRun(context: Context, id: string): Promise<Pick<Runnable, "plan" | "complete">> {
  return await runnable(context, context.state.read, id);
}

/** The approved plan with its sealed keys, judged together. Throws what stands in the way of running it. */
async function runnable({ map, now, ledger }: Context, tx: Reads, id: string): Promise<Runnable> {
  const request = await tx.requests.get(id);
  const plan = request.plan === undefined ? undefined : await tx.plans.get(request.plan);
  if (request.state === "refused" || request.state === "cancelled")
    throw new Failure("WRONG_STATE", `${id} is ${stateWords(request.state)}`);
  if (plan === undefined)
    throw new Failure("NOT_APPROVED", `${id} has no plan`, { help: `Make one first: expunge plan ${id}.` });
  if (request.kind !== "due" && request.identity?.result !== "ok")
    throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${id} is not confirmed`);
  const approval = await tx.plans.approval(plan.id);
  // whatever the data map asks of other plans
  if (request.purge !== undefined && approval === undefined)
    throw new Failure("NOT_APPROVED", `plan ${plan.id} of ${id} is not approved`);
  // version 0.1 could be killed between the two, and a state can be changed by others than us
  if (approval !== undefined && !(await isTold(decisionId(plan, approval), tx, ledger)))
    throw new Failure("NOT_APPROVED", `the approval of plan ${plan.id} of ${id} never reached the ledger`, {
      help: `Approve it again: expunge approve ${id}.`,
    });
  const begun = (await tx.journal.units(plan.id)).some((unit) => unit.state !== "ready");
  refuseUnsigned(map.people, request, approval, begun);
  // closed: the keys are gone, the answer is not
  const answered = (await tx.plans.result(plan.id)) !== undefined;
  if (answered)
    return {
      complete: true,
      plan: approvedPlan(plan, approval, map, { at: now(), begun: true, ended: true, unaltered: true }),
      parts: [],
    };
  if (!(await tx.sealed.exists(id))) throw new Failure("PLAN_USED", `${id} has ended`);
  const digest = stepsDigest(await tx.sealed.digestKey(id));
  const parts = await tx.sealed.parts(id, plan.id, (piece) => digest.add(piece));
  const unaltered = isUnaltered(plan, digest);
  return { complete: false, plan: approvedPlan(plan, approval, map, { at: now(), begun, unaltered }), parts };
}

/** What the state keeps with a result is no part of what is told. */
function withoutOurs(event: RunEvent): RunEvent {
  if (event.event === "step" || !("completedAt" in event)) return event;
  const { completedAt: _, ...result } = event;
  return result;
}

/** Whether the ledger has the entry, or will be given it before anything is done. */
async function isTold(entry: string, { outbox }: Pick<Reads, "outbox">, ledger: Context["ledger"]): Promise<boolean> {
  return (await outbox.waits(entry)) || (await ledger.has(entry));
}
