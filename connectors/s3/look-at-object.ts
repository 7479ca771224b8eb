/** What an object holds before anything is done, and what became of planned records that it does not hold. */
import { Failure } from "../../src/errors.ts";
import type { Work } from "../../src/model/change.ts";
import { goneRecords, type Missing } from "../../src/record-files/missing-records.ts";
import { isOwn, readFingerprint } from "../../src/record-files/record-name.ts";
import { isGivingBack } from "../../src/record-files/restorable.ts";
import { isAboutContent } from "../../src/record-files/search-text.ts";
import {
  acted,
  ALREADY_GONE,
  AS_WANTED,
  CHANGED,
  leave,
  NEIGHBOURS,
  type Tally,
} from "../../src/record-files/tally.ts";
import { bytesOf } from "./bytes.ts";
import { NotReadable } from "./failure.ts";
import { nameOf, ruleFor, unreadableVersion } from "./files.ts";
import { openIn } from "./object-state.ts";
import type { S3 } from "./objects.ts";
import { changesOf, HIDDEN, type Known, OLD, type Planned, type Survey, survey, UnreadableVersion } from "./survey.ts";

/** Why nothing is done about an object's records. */
export type Hindrance = { readonly kind: "blocked" | "failed"; readonly reason: string };

/** What the object holds; null where nobody can say, which the tally then tells. */
export async function lookOrLeave(
  files: S3,
  work: Work,
  object: Planned,
  known: Known,
  tally: Tally,
): Promise<Survey | null> {
  // what bears another fingerprint than its name was planned by nobody
  const altered = [...object.plans]
    .filter(([id, { record, change }]) => change.back === undefined && !isOwn(id, record.fingerprint))
    .map(([id]) => id);
  for (const id of altered) object.plans.delete(id);
  leave(tally, keysOf(object, altered), CHANGED);
  try {
    return await survey(files, work.target, object, work.lookups, known);
  } catch (error) {
    const hindrance = hindranceOf(files, work, error);
    if (hindrance === null) throw error;
    leave(tally, keysOf(object, object.plans.keys()), hindrance);
    return null;
  }
}

/** null for what stands in the way of more than one object. */
export function hindranceOf({ store }: S3, { target }: Work, error: unknown): Hindrance | null {
  if (error instanceof NotReadable) return { kind: "blocked", reason: error.reason };
  if (error instanceof UnreadableVersion) {
    store.io.report(unreadableVersion(target, error.where, true));
    return { kind: "blocked", reason: "unreadable_version" };
  }
  if (
    error instanceof Failure &&
    (isAboutContent(error) || error.code === "FIELD_REFUSED" || error.code === "UNEXPECTED_ANSWER")
  )
    return { kind: "failed", reason: error.code };
  return null;
}

/** Planned records that are in no version any more: by our own doing, by somebody else's, or changed. */
export async function tellOfAbsent(
  files: S3,
  work: Work,
  {
    object,
    seen,
    noted,
    tally,
  }: { readonly object: Planned; readonly seen: Survey; readonly noted: ReadonlySet<string>; readonly tally: Tally },
): Promise<void> {
  const there = new Set(openIn(seen));
  const done = new Set([...seen.held.values()].flatMap((held) => held.done));
  const moved = new Set([...seen.held.values()].flatMap((held) => held.moved));
  const absent = [...object.plans.keys()].filter((id) => !there.has(id));
  const ours = absent.filter((id) => noted.has(shortName(files, object, id)));
  for (const id of ours) acted(tally, kindOf(work, object, id));
  const isBack = isGivingBack(changesOf(object));
  if (isBack) {
    for (const id of absent.filter((one) => !ours.includes(one)))
      leave(
        tally,
        keysOf(object, [id]),
        done.has(id)
          ? AS_WANTED
          : !moved.has(id)
            ? ALREADY_GONE
            : object.plans.get(id)?.change.back?.after === null
              ? NEIGHBOURS
              : CHANGED,
      );
    return;
  }
  const missing = absent.filter((id) => !ours.includes(id) && !done.has(id) && !moved.has(id));
  // a record that is marked as deleted is there still
  const wentByUs = ours.filter((id) => !done.has(id));
  const gone =
    missing.length === 0 ? new Set<string>() : await goneOf(files, work, object, seen, [...missing, ...wentByUs]);
  for (const id of absent.filter((one) => !ours.includes(one)))
    leave(tally, keysOf(object, [id]), done.has(id) || gone.has(id) ? ALREADY_GONE : CHANGED);
}

async function goneOf(
  files: S3,
  { target, lookups }: Work,
  object: Planned,
  { live }: Survey,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const planned = ids.flatMap((id): (Missing & { readonly holder: string })[] => {
    const plan = object.plans.get(id);
    const fingerprint = plan === undefined ? null : readFingerprint(plan.record.fingerprint);
    return plan === undefined || fingerprint === null
      ? []
      : [{ id, planned: fingerprint, change: plan.change, holder: fingerprint.holder }];
  });
  // an old version does not change, it goes
  const old = planned.filter(({ holder }) => holder.startsWith(OLD) || holder.startsWith(HIDDEN)).map(({ id }) => id);
  if (live === null) return new Set(old);
  const name = nameOf(object.bucket, object.key, lookups);
  const source = { bucket: await files.bucket(object.bucket), key: object.key, version: live, name };
  try {
    const gone = await goneRecords(bytesOf(files.store, source), ruleFor(files, target, object.key, name), planned);
    return new Set([...old, ...gone]);
  } catch (error) {
    if (error instanceof NotReadable) return new Set(old);
    throw error;
  }
}

/** What is done to the record. */
export function kindOf({ operations }: Work, object: Planned, id: string): "delete" | "fields" {
  const planned = object.plans.get(id);
  if (planned !== undefined) return planned.change.remove ? "delete" : "fields";
  return operations.some(({ change }) => change.kind === "delete") ? "delete" : "fields";
}

export function keysOf({ bucket, key }: Planned, ids: Iterable<string>): readonly string[] {
  return [...ids].map((id) => JSON.stringify([bucket, key, id]));
}

/** A keyed digest of the record's address, for notes. */
export function shortName({ store }: S3, { bucket, key }: Planned, id: string): string {
  return store.io.digest(["record", bucket, key, id]).slice(0, 24);
}
