/** Gives whole objects back that were erased: every version of them in order, under new ids, where nothing stands at their key. */
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Left, PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { UnitJournal } from "../../src/port/connector.ts";
import { acted, AS_WANTED, leave, newTally, outcomeOf } from "../../src/record-files/tally.ts";
import { attributesOf } from "./attributes.ts";
import type { Bucket } from "./bucket.ts";
import { codeOf, failureOf, statusOf } from "./failure.ts";
import { nameOf } from "./files.ts";
import { readNotes, writeNote } from "./notes.ts";
import { isAs, type KeptVersion, lostOf, readObjectImage } from "./object-image.ts";
import { allVersions, partsOf, reasonOf, type S3, shortName } from "./objects.ts";
import { hideVersioned } from "./remove.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

type Restore = Extract<Change, { kind: "restore" }>;

/** Something else stands at the object's key by now. */
const KEY_TAKEN = { kind: "failed", reason: "key" } as const;

export function isPuttingObjectsBack(change: Change): change is Restore {
  return change.kind === "restore" && change.marker === undefined;
}

interface Backing {
  readonly s3: S3;
  readonly work: Work;
  readonly journal: UnitJournal;
  /** Nothing is written and nothing noted. */
  readonly rehearsal: boolean;
}

export async function putBackObjects({ s3, work, journal, rehearsal }: Backing): Promise<StepOutcome> {
  const { io } = s3.store;
  const { step } = work;
  const tally = newTally(step);
  const noted = new Set(
    readNotes(journal).flatMap((note) =>
      note.kind === "objects" && note.step === step ? note.objects.map(({ name }) => name) : [],
    ),
  );
  const tell = (point: "effect_begin" | "effect_half" | "effect_done"): void => {
    if (!rehearsal) journal.at(point);
  };
  let isHalf = false;
  tell("effect_begin");
  for (const { change, records } of work.operations)
    for (const record of records) {
      if (!isPuttingObjectsBack(change)) continue;
      io.signal.throwIfAborted();
      const name = shortName(s3, record.key);
      const seen = await lookAt(s3, work, change, record, noted.has(name));
      if ("kind" in seen) {
        if (noted.has(name) && seen.reason === AS_WANTED.reason) acted(tally, "fields");
        else leave(tally, [record.key], seen);
        continue;
      }
      if (rehearsal) {
        acted(tally, "fields");
        continue;
      }
      if (!noted.has(name)) await writeNote(journal, { kind: "objects", step, objects: [{ name, versions: [] }] });
      const between = (): void => {
        if (!isHalf) tell("effect_half");
        isHalf = true;
      };
      const hindrance = await putAll(s3, work, seen, between);
      if (hindrance === null) acted(tally, "fields");
      else leave(tally, [record.key], hindrance);
    }
  tell("effect_done");
  return outcomeOf(tally);
}

interface ToPut {
  readonly bucket: Bucket;
  readonly key: string;
  readonly image: readonly KeptVersion[];
  /** How many of them an earlier attempt has put there. */
  readonly done: number;
}

async function lookAt(
  s3: S3,
  { target }: Work,
  { images }: Restore,
  { key: planned }: PlannedRecord,
  isNoted: boolean,
): Promise<ToPut | Omit<Left, "key">> {
  const [name, key] = partsOf(planned);
  const bucket = await s3.bucket(name);
  const image = readObjectImage(images.get(planned));
  const versions = await versionsOf(s3.store, name, key);
  const live = liveOf(versions);
  if (!allVersions(target)) {
    // older versions and the marker before which ours stood are nobody's business
    if (live === null) return { bucket, key, image, done: 0 };
    return (await isAs(s3.store, bucket, key, [live], image)) ? AS_WANTED : KEY_TAKEN;
  }
  if (versions.length === 0) return { bucket, key, image, done: 0 };
  if (await isAs(s3.store, bucket, key, versions, image)) return AS_WANTED;
  // what stands there is ours only where an earlier attempt has begun
  const isBegun = isNoted && (await isAs(s3.store, bucket, key, versions, image, true));
  return isBegun ? { bucket, key, image, done: versions.length } : KEY_TAKEN;
}

type Hindrance = { readonly kind: "blocked" | "failed"; readonly reason: string } | null;

async function putAll(
  s3: S3,
  { target }: Work,
  { bucket, key, image, done }: ToPut,
  between: () => void,
): Promise<Hindrance> {
  const { store } = s3;
  // where there are no versions each would be written over by the next
  if (image.length > 1 && bucket.versioning !== "enabled") return { kind: "blocked", reason: "not_versioned" };
  const lost = new Set<string>();
  for (const [nth, version] of image.entries()) {
    if (nth < done) continue;
    store.io.signal.throwIfAborted();
    if (version.marker) {
      const { refusal } = await hideVersioned(store, bucket.name, key);
      if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
      between();
      continue;
    }
    const put = await putOne(s3, bucket, key, version, nth === 0);
    if (put === "taken") return KEY_TAKEN;
    between();
    const name = nameOf(bucket.name, key);
    const now: Version = { id: put.id, etag: put.etag, size: version.size, latest: true, marker: false, modified: "" };
    for (const one of lostOf(version, await attributesOf(store, { bucket, key, version: now, name }))) lost.add(one);
  }
  const versions = await versionsOf(store, bucket.name, key);
  const live = liveOf(versions);
  const there = allVersions(target) ? versions : live === null ? [] : [live];
  if (!(await isAs(store, bucket, key, there, image))) return { kind: "failed", reason: "changed" };
  if (lost.size > 0) {
    const name = nameOf(bucket.name, key);
    store.io.report({
      code: "GAP",
      severity: "warning",
      record: target.record.id,
      message: `${name} was given back, but the server did not keep: ${[...lost].toSorted().join(", ")}`,
      gap: { where: `${name}: ${[...lost].toSorted().join(", ")}`, holdsIdentifier: false },
    });
  }
  return null;
}

/** `isFirst`: nothing may stand at the key; servers that know no such condition were asked a moment ago. */
async function putOne(
  { store }: S3,
  bucket: Bucket,
  key: string,
  { kept, body }: KeptVersion,
  isFirst: boolean,
): Promise<{ readonly id: string; readonly etag: string } | "taken"> {
  const input = {
    ...kept,
    Bucket: bucket.name,
    Key: key,
    Body: body,
    ContentLength: body.length,
    ContentMD5: createHash("md5").update(body).digest("base64"),
  };
  for (const condition of isFirst ? [{ IfNoneMatch: "*" }, {}] : [{}])
    try {
      const answer = await store.once.send(new PutObjectCommand({ ...input, ...condition }));
      return { id: answer.VersionId ?? "null", etag: answer.ETag ?? "" };
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || status === 409) return "taken";
      const isUnknown = status === 501 || codeOf(error) === "NotImplemented";
      if (!isUnknown || Object.keys(condition).length === 0)
        throw failureOf(error, { action: "s3:PutObject", bucket: bucket.name });
    }
  return "taken";
}

/** Objects that are not as they were. */
export async function* notBackYet(s3: S3, work: Pick<Work, "target">, change: Restore, keys: readonly string[]) {
  for (const planned of keys) {
    s3.store.io.signal.throwIfAborted();
    const [name, key] = partsOf(planned);
    const versions = await versionsOf(s3.store, name, key);
    const live = liveOf(versions);
    const there = allVersions(work.target) ? versions : live === null ? [] : [live];
    const image = readObjectImage(change.images.get(planned));
    if (!(await isAs(s3.store, await s3.bucket(name), key, there, image))) yield planned;
  }
}
