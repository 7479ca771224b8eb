/** Records that a person leaves out of a plan: named by handles of the plan before, which say nothing of the record. */
import { Failure } from "../errors.ts";
import { newSalt } from "../ledger/commitment.ts";
import type { Exclusion } from "../model/request.ts";
import type { Finding } from "../model/search.ts";
import type { Plan } from "../model/plan.ts";
import { isDigestOf, refuseOld } from "../planner/approve.ts";
import type { Excluded } from "../planner/excluded.ts";
import type { Findings } from "../planner/found.ts";
import { isUnaltered, stepsDigest } from "../planner/plan.ts";
import type { ExcludedRecord } from "../state/sealed-store.ts";
import type { Reads } from "../state/state.ts";
import { checkedText, refuseTheirsOf } from "./checked-text.ts";
import type { Context } from "./context.ts";

/** What a person says about records of the latest plan. */
export interface Excluding {
  /** `S3.2`: these stay. */
  readonly except: readonly string[];
  /** `S3.2`: these were left out before, and are not any more. */
  readonly include: readonly string[];
  readonly reason?: string;
  /** Of the plan that the person looked at; absent: the latest. */
  readonly digest?: string;
}

export interface NewExclusions {
  /** Everything that is left out of the next plan. */
  readonly records: readonly ExcludedRecord[];
  /** Those that are new, with the fingerprint that the latest plan knows. */
  readonly fresh: readonly { readonly record: string; readonly key: string; readonly fingerprint: string }[];
  readonly reason?: string;
}

/** Handle of the record at this place of a step, from 1. */
export function handleOf(step: string, at: number): string {
  return `${step}.${at}`;
}

/**
 * What is left out of the next plan: what was left out of the latest, with what its handles name. Throws PLAN_STALE and its
 * like where the latest plan is none to look at any more, or has no such handle; USAGE and IDENTIFIER_IN_ARGUMENTS for the
 * reason.
 */
export async function excludedFrom(
  context: Pick<Context, "map" | "now">,
  reads: Reads,
  id: string,
  { except, include, reason, digest }: Excluding,
): Promise<NewExclusions> {
  if (except.length > 0 && reason === undefined)
    throw new Failure("USAGE", "--except needs a --reason: it stays with the request, and the proof is bound to it");
  const why = reason === undefined ? undefined : checkedText("--reason", reason);
  if (why !== undefined) await refuseTheirsOf(reads, id, "--reason", why);
  const before = await reads.sealed.excluded(id);
  if (except.length + include.length === 0) return { records: before, fresh: [] };
  const plan = await latestPlan(context, reads, id);
  if (digest !== undefined && !isDigestOf(plan, digest))
    throw new Failure("PLAN_STALE", `${id} has another plan by now than the one of that digest`, { help: LIST });
  const named = await namedBy(reads, plan, [...except, ...include]);
  const back = new Set(include.flatMap((handle) => nameOf(named.get(handle))));
  const known = new Set(before.map((one) => nameOf(one)[0]));
  const strange = include.find((handle) => nameOf(named.get(handle)).some((name) => !known.has(name)));
  if (strange !== undefined)
    throw new Failure("PLAN_STALE", `${strange} was not left out of plan ${plan.id}`, { help: LIST });
  const fresh = except.flatMap((handle) => named.get(handle) ?? []);
  const stay = before.filter((one) => nameOf(one).every((name) => !back.has(name)));
  const all = new Map(
    [...stay, ...fresh.map(({ record, key }) => ({ record, key, why: why ?? "" }))].map((one) => [
      nameOf(one)[0] ?? "",
      one,
    ]),
  );
  return { records: [...all.values()], fresh, ...(why === undefined ? {} : { reason: why }) };
}

const LIST = "See the handles of the latest plan, which is made anew: expunge plan ID --show-records.";

async function latestPlan({ map, now }: Pick<Context, "map" | "now">, reads: Reads, id: string): Promise<Plan> {
  const request = await reads.requests.get(id);
  const plan = request.plan === undefined ? undefined : await reads.plans.get(request.plan);
  if (plan === undefined)
    throw new Failure("PLAN_STALE", `${id} has no plan whose records could be named`, { help: LIST });
  if ((await reads.journal.units(plan.id)).length > 0)
    throw new Failure("PLAN_STALE", `plan ${plan.id} of ${id} was run: its handles name nothing any more`, {
      help: LIST,
    });
  refuseOld(plan, map, now());
  return plan;
}

type Named = NewExclusions["fresh"][number];

/** The sealed keys behind these handles. */
async function namedBy({ sealed }: Reads, plan: Plan, handles: readonly string[]): Promise<ReadonlyMap<string, Named>> {
  const wanted = new Set(handles);
  const named = new Map<string, Named>();
  const digest = stepsDigest(await sealed.digestKey(plan.request));
  for await (const { handle, record, key, fingerprint } of withHandles(sealed, plan, digest))
    if (wanted.has(handle)) named.set(handle, { record, key, fingerprint });
  if (!isUnaltered(plan, digest))
    throw new Failure("PLAN_ALTERED", `plan ${plan.id} is not what was sealed with it`, { help: LIST });
  // what was typed is repeated only where it is a handle
  const strange = handles.find((handle) => !named.has(handle));
  if (strange !== undefined)
    throw new Failure(
      "PLAN_STALE",
      /^S\d{1,6}\.\d{1,9}$/u.test(strange)
        ? `plan ${plan.id} has no record ${strange}`
        : `plan ${plan.id} has no record of that handle`,
      { help: LIST },
    );
  return named;
}

async function* withHandles(
  sealed: Reads["sealed"],
  { id, request }: Plan,
  digest: ReturnType<typeof stepsDigest>,
): AsyncGenerator<Named & { readonly handle: string }> {
  const counts = new Map<string, number>();
  for await (const piece of sealed.pieces(request, id)) {
    digest.add(piece);
    for (const { key, fingerprint } of piece.records) {
      const at = (counts.get(piece.step) ?? 0) + 1;
      counts.set(piece.step, at);
      yield { handle: handleOf(piece.step, at), record: piece.record, key, fingerprint };
    }
  }
}

function nameOf(one: { readonly record: string; readonly key: string } | undefined): readonly string[] {
  return one === undefined ? [] : [`${one.record}\n${one.key}`];
}

export function excludedOf(records: readonly ExcludedRecord[]): Excluded {
  const names = new Set(records.map(({ record, key }) => `${record}\n${key}`));
  return (record, key) => names.has(`${record}\n${key}`);
}

/** Throws PLAN_STALE where what a person left out is not there any more as the latest plan has it: nobody can tell what they meant. */
export function refuseOthers(found: Findings, { fresh }: NewExclusions): void {
  const other = fresh.filter(
    ({ record, key, fingerprint }) => found.get(record)?.records.get(key)?.fingerprint !== fingerprint,
  );
  const [first] = other;
  if (first === undefined) return;
  throw new Failure("PLAN_STALE", `${first.record}: what --except names has changed since the plan, or is gone`, {
    help: LIST,
  });
}

/** Of what was left out before, whatever is not found any more: where it only reads otherwise it is not left out now. */
export function lostExclusions(found: Findings, records: readonly ExcludedRecord[]): readonly Finding[] {
  const lost = records.filter(({ record, key }) => found.get(record)?.records.has(key) === false);
  return [...Map.groupBy(lost, ({ record }) => record)].map(([record, some]) => ({
    code: "EXCLUDED_GONE",
    severity: "warning",
    record,
    message: `${some.length} of the records that a person left out ${some.length === 1 ? "is" : "are"} not found any more, or under another key`,
  }));
}

/** What the request says of its new plan's exclusions. */
export function exclusionIn(
  plan: Plan,
  records: readonly ExcludedRecord[],
): { readonly excluded: Exclusion | undefined } {
  const count = plan.steps.reduce((sum, { excluded = 0 }) => sum + excluded, 0);
  if (count === 0) return { excluded: undefined };
  const words = [...new Set(records.map(({ why }) => why))].join("\n");
  return { excluded: { records: count, words, salt: newSalt().toString("base64") } };
}

/** What the story of the request says of a plan that leaves records out. */
export function noteOf({ reason }: NewExclusions): { readonly note?: string } {
  return reason === undefined ? {} : { note: reason };
}
