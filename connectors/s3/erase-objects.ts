/** Erases whole objects: exactly the versions that were planned, and none that another writer put there since. */
import { Failure } from "../../src/errors.ts";
import type { PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Target } from "../../src/model/search.ts";
import type { Guard, UnitJournal } from "../../src/port/connector.ts";
import { acted, ALREADY_GONE, CHANGED, leave, newTally, outcomeOf, type Tally } from "../../src/record-files/tally.ts";
import { lockOf } from "./bucket.ts";
import { readNotes, writeNote } from "./notes.ts";
import { LARGEST_IMAGE } from "./largest-image.ts";
import { imageOf } from "./object-image.ts";
import {
  allVersions,
  concerned,
  objectFingerprint,
  partsOf,
  reasonOf,
  type S3,
  shortName,
  shortVersion,
} from "./objects.ts";
import { hide, removeVersions } from "./remove.ts";
import { type Version, versionsOf } from "./versions.ts";

/** Objects that are judged together. */
const BATCH = 256;
const AT_ONCE = 16;
/** How often versions that would not go are tried again. */
const ROUNDS = 3;

export async function eraseObjects(
  s3: S3,
  { step, target, operations }: Work,
  journal: UnitJournal,
  guard: Guard,
): Promise<StepOutcome> {
  const { io } = s3.store;
  const tally = newTally(step);
  if (operations.some(({ change, records }) => change.kind !== "delete" && records.length > 0)) {
    throw new Failure("ACTION_REFUSED", `${target.record.id}: whole objects can only be deleted`);
  }
  const records = operations.flatMap((operation) => operation.records);
  let begun = false;
  let half = false;
  const begin = () => {
    if (!begun) journal.at("effect_begin");
    begun = true;
  };
  const between = () => {
    if (!half) journal.at("effect_half");
    half = true;
  };
  for (let at = 0; at < records.length; at += BATCH) {
    io.signal.throwIfAborted();
    const found = await lookAtBatch(s3, { step, target, journal, tally }, records.slice(at, at + BATCH));
    const held = await guard.judge(
      step,
      found.map(({ record }) => record),
    );
    tally.left.push(...held);
    const unheld = found.filter(({ record }) => !held.some(({ key }) => key === record.key));
    io.signal.throwIfAborted();
    const free = keepsWhole(target) ? await kept(s3, { step, target, journal, tally }, unheld) : unheld;
    const fresh = free
      .filter(({ noted }) => !noted)
      .map(({ record, versions }) => ({
        name: shortName(s3, record.key),
        versions: versions.map((one) => shortVersion(s3, one)),
      }));
    if (fresh.length > 0) await writeNote(journal, { kind: "objects", step, objects: fresh });
    begin();
    for (const { record, versions } of free) {
      io.signal.throwIfAborted();
      const hindrance = await eraseObject(s3, target, record.key, versions, between);
      if (hindrance === null) acted(tally, "delete");
      else leave(tally, [record.key], hindrance);
      between();
    }
  }
  begin();
  journal.at("effect_done");
  return outcomeOf(tally);
}

interface FoundObject {
  readonly record: PlannedRecord;
  /** What of it may be deleted. */
  readonly versions: readonly Version[];
  /** An earlier attempt has said so already. */
  readonly noted: boolean;
}

interface Batch {
  readonly step: string;
  readonly target: Target;
  readonly journal: UnitJournal;
  readonly tally: Tally;
}

/** Those that are there as they were planned, or as an earlier attempt left them; what became of the others is said in the tally. */
async function lookAtBatch(
  s3: S3,
  { step, target, journal, tally }: Batch,
  records: readonly PlannedRecord[],
): Promise<readonly FoundObject[]> {
  const before = new Map(
    readNotes(journal).flatMap((note) =>
      note.kind === "objects" && note.step === step
        ? note.objects.map(({ name, versions }) => [name, new Set(versions)] as const)
        : [],
    ),
  );
  const found: FoundObject[] = [];
  for (let at = 0; at < records.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    const looked = await Promise.all(
      records.slice(at, at + AT_ONCE).map(async (record) => {
        const [bucket, key] = partsOf(record.key);
        return { record, versions: concerned(target, await versionsOf(s3.store, bucket, key)) };
      }),
    );
    for (const { record, versions } of looked) {
      const planned = before.get(shortName(s3, record.key));
      const isPlanned =
        planned === undefined
          ? objectFingerprint(s3, versions) === record.fingerprint
          : versions.every((one) => planned.has(shortVersion(s3, one)));
      if (versions.length === 0 && planned !== undefined) acted(tally, "delete");
      else if (versions.length === 0) leave(tally, [record.key], ALREADY_GONE);
      else if (!isPlanned) leave(tally, [record.key], CHANGED);
      else found.push({ record, versions, noted: planned !== undefined });
    }
  }
  return found;
}

/** Seals what these objects are; those that cannot be kept are left alone. */
async function kept(
  s3: S3,
  { step, journal, tally }: Batch,
  found: readonly FoundObject[],
): Promise<readonly FoundObject[]> {
  const free: FoundObject[] = [];
  for (const one of found) {
    s3.store.io.signal.throwIfAborted();
    // an earlier attempt kept it whole, and has begun to delete
    if (!one.noted) {
      const [name, key] = partsOf(one.record.key);
      const size = one.versions.reduce((sum, version) => sum + version.size, 0);
      const image =
        size > LARGEST_IMAGE
          ? { reason: "too_large_to_keep" }
          : await imageOf(s3.store, await s3.bucket(name), key, one.versions);
      if ("reason" in image) {
        leave(tally, [one.record.key], { kind: "blocked", reason: image.reason });
        continue;
      }
      await journal.keepImages(step, [{ key: one.record.key, bytes: image }]);
    }
    free.push(one);
  }
  return free;
}

type Hindrance = { readonly kind: "blocked" | "failed"; readonly reason: string } | null;

/** Deletes these versions and no other. */
async function eraseObject(
  { store, bucket: facts }: S3,
  target: Target,
  planned: string,
  versions: readonly Version[],
  between: () => void,
): Promise<Hindrance> {
  const [name, key] = partsOf(planned);
  const bucket = await facts(name);
  const known = new Set(versions.map(({ id, etag }) => `${id} ${etag}`));
  for (let round = 0; round <= ROUNDS; round += 1) {
    const now = concerned(target, await versionsOf(store, name, key));
    if (now.length === 0) return null;
    // somebody has written it anew: that one was never planned
    if (now.some(({ id, etag }) => !known.has(`${id} ${etag}`))) return CHANGED;
    if (round === ROUNDS) break;
    // a lock may have come since the plan; then nothing is deleted, and above all no marker set before it
    const lock = allVersions(target) ? await lockOf(store, bucket, key, now) : null;
    if (lock !== null) return { kind: "blocked", reason: lock.reason };
    const refusal = allVersions(target)
      ? await removeVersions(store, bucket, key, now, between)
      : await hide(store, name, key, now);
    if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
  }
  return { kind: "failed", reason: "not_deleted" };
}
