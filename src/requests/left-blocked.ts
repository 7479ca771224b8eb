/** What due work left because something stood against it, once a person has ended that due work: who it is, and whether it is so still. */
import { randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import type { Target } from "../model/search.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { LeftAside } from "../planner/left-aside.ts";
import { addDays } from "../retention/civil-date.ts";
import { toStored } from "../state/sql.ts";
import { type HeldRecord, LEFT, type LeftPointers } from "../state/sealed-store.ts";
import type { Reads } from "../state/state.ts";
import { type Context, readersFor, today } from "./context.ts";
import { stillTheirs, withDigests } from "./ended-holds.ts";

/** What only an attempt can see is tried again when this has passed. */
const TRY_AGAIN_AFTER_DAYS = 30;

/** By record type. */
export async function leftAside(context: Context, asOf: string): Promise<ReadonlyMap<string, LeftAside>> {
  const all = Map.groupBy(await context.state.read.sealed.leftBlocked(), ({ record }) => record);
  return new Map(
    [...all].map(([record, pointers]) => [
      record,
      {
        seen: async (keys) => await stillTheirs(context, pointers, new Set(keys)),
        tried: async (keys, target) => {
          const mine = pointers.filter((one) => isAsTried(one, target, asOf));
          return await stillTheirs(context, mine, new Set(keys));
        },
      },
    ]),
  );
}

/** Another rule may get past what stood against this one. */
function isAsTried({ triedUntil, target: then }: LeftPointers, target: Target, asOf: string): boolean {
  return triedUntil !== undefined && asOf <= triedUntil && then !== undefined && toStored(then) === toStored(target);
}

/** Pointers of what is blocked in due work that ends: as the plan saw it, or as its run did. Throws STILL_OPEN where one could not be known again. */
export async function blockedIn(
  context: Context,
  { id, plan: planId }: ErasureRequest,
): Promise<readonly HeldRecord[]> {
  const { read } = context.state;
  const plan = planId === undefined ? undefined : await read.plans.get(planId);
  if (plan === undefined) return [];
  const tried = new Set(
    (await read.journal.receipts(plan.id)).flatMap(({ step, blocked }) => {
      const planned = plan.steps.find((one) => one.id === step)?.blocked ?? 0;
      return blocked > planned ? [step] : [];
    }),
  );
  const left: HeldRecord[] = [];
  const until = addDays(today(context), TRY_AGAIN_AFTER_DAYS);
  const digestKey = await read.sealed.digestKey(id);
  for (const step of await read.sealed.steps(id, plan.id)) {
    const { record, target } = step;
    const some = step.records.filter(
      ({ disposition: { kind } }) => kind === "blocked" || (kind === "act" && tried.has(step.step)),
    );
    if (some.length === 0) continue;
    const pointers = some.map(({ key, fingerprint }) => ({ key, fingerprint }));
    const keys = new Set(pointers.map(({ key }) => key));
    const there = await stillTheirs(context, [{ request: id, record, target, digestKey, pointers }], keys);
    await refuseUnknowable(context, id, target, there);
    for (const { key, fingerprint, disposition } of some)
      if (there.has(key))
        left.push({
          system: target.record.system,
          record,
          key,
          fingerprint,
          ...(disposition.kind === "blocked"
            ? { reason: LEFT.seen, until: "9999-12-31" }
            : { reason: LEFT.tried, until }),
        });
  }
  return left;
}

/** Rows without a key and lines of files have another name for each plan: the next one would not know them. */
async function refuseUnknowable(
  context: Context,
  id: string,
  target: Target,
  keys: ReadonlySet<string>,
): Promise<void> {
  if (keys.size === 0) return;
  const again = new Set<string>();
  await using readers = readersFor(withDigests(context, randomBytes(32)), id, () => {});
  const reader = await readers.of(target.record.system);
  for await (const { key } of reader.locate(target, { by: "keys", keys: [...keys] })) again.add(key);
  const lost = [...keys].filter((key) => !again.has(key)).length;
  if (lost > 0)
    throw new Failure(
      "STILL_OPEN",
      `${lost} of ${target.record.id} would not be known again: its records have no key of their own`,
      { help: "Take away what stands against them, or take the record type's rule out of the data map." },
    );
}

/** Of what record types, by which due work. */
export interface LeftLine {
  readonly request: string;
  /** `system.record` */
  readonly record: string;
  readonly count: number;
  /** Only an attempt can tell whether it is free: after this day there is one. */
  readonly tried_again_after?: string;
}

/** What stands aside, for whoever looks at the board. */
export async function leftLines({ sealed }: Pick<Reads, "sealed">): Promise<readonly LeftLine[]> {
  return (await sealed.leftBlocked()).map(({ request, record, pointers, triedUntil }) => ({
    request,
    record,
    count: pointers.length,
    ...(triedUntil === undefined ? {} : { tried_again_after: triedUntil }),
  }));
}
