/** Which planned records an object still holds, version by version. */
import { createHash, type Hash } from "node:crypto";
import { Failure } from "../../src/errors.ts";
import type { Operation, PlannedRecord, Work } from "../../src/model/change.ts";
import type { RecordType } from "../../src/model/datamap.ts";
import type { Lookup, Target } from "../../src/model/search.ts";
import { remainingRecords, surveyRecords } from "../../src/record-files/record-file.ts";
import { type RecordChange, recordChange } from "../../src/record-files/record-format.ts";
import { isGivingBack, restorable } from "../../src/record-files/restorable.ts";
import { readFingerprint } from "../../src/record-files/record-name.ts";
import { rewriteFile } from "../../src/record-files/rewrite-file.ts";
import { isAboutContent } from "../../src/record-files/search-text.ts";
import { NotReadable } from "./failure.ts";
import type { Bucket } from "./bucket.ts";
import { bytesOf, type Source } from "./bytes.ts";
import { nameOf, ruleFor } from "./files.ts";
import { neighbourNames, neighboursOf } from "./neighbours.ts";
import { allVersions, partsOf, type S3 } from "./objects.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

/** What is to be done to a record. */
export interface Plan {
  readonly record: PlannedRecord;
  readonly change: RecordChange;
}

/** The planned records of one object. */
export interface Planned {
  readonly bucket: string;
  readonly key: string;
  /** By the record's name in the object. */
  readonly plans: Map<string, Plan>;
  /** In a rehearsal: what is put back before, of other units and of this. */
  readonly before?: readonly Work[];
}

/** What one version holds. */
export interface Held {
  /** Planned records that are not yet as wanted. */
  readonly open: readonly string[];
  /** Planned records that are as wanted. */
  readonly done: readonly string[];
  /** Planned records whose marker holds something else than at plan, or than our mark left there. */
  readonly moved: readonly string[];
  /** Records of the people asked for that nobody planned anything for (held, waiting, newer than the plan), and what other record types may keep. */
  readonly others: readonly string[];
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
}

export interface Survey {
  readonly versions: readonly Version[];
  readonly live: Version | null;
  /** By version id, as far as they were read. */
  readonly held: ReadonlyMap<string, Held>;
}

/** What reading a version told; versions never change, so none is read twice. */
export type Known = Map<string, Held>;

export function knownName({ id, etag }: Pick<Version, "id" | "etag">): string {
  return `${id} ${etag}`;
}

/** A version that is not the current one cannot be read as records. */
export class UnreadableVersion extends Error {
  /** As messages may show it. */
  readonly where: string;

  constructor(where: string) {
    super(`${where} cannot be read`);
    this.name = "UnreadableVersion";
    this.where = where;
  }
}

const LOOKS = 4;

/** A record that was planned behind a delete marker: with the last version that held it the whole object may go. */
export const HIDDEN = "hidden-";
/** A record that was planned in older versions only. */
export const OLD = "old-";

export function plannedByObject(
  target: Target,
  operations: readonly Operation[],
  lookups: readonly Lookup[] | null,
): readonly Planned[] {
  const bySubject = lookups === null ? null : Map.groupBy(lookups, ({ subject }) => subject);
  const objects = new Map<string, Planned>();
  for (const { change, records, also = [] } of operations) {
    for (const record of records) {
      const [bucket, key, id] = partsOf(record.key);
      if (id === null) throw new Failure("UNEXPECTED", "a planned record names an object and no record in it");
      const name = JSON.stringify([bucket, key]);
      const object = objects.get(name) ?? { bucket, key, plans: new Map() };
      objects.set(name, object);
      const mine = bySubject === null ? null : record.subjects.flatMap((subject) => bySubject.get(subject) ?? []);
      object.plans.set(id, { record, change: recordChange(key, change, target, mine, also, record) });
    }
  }
  return [...objects.values()];
}

export function changesOf({ plans }: Planned): Map<string, RecordChange> {
  return new Map([...plans].map(([id, { change }]) => [id, change]));
}

/** Throws NotReadable for an archived version that would have to be read, UnreadableVersion, and what record files throw of the current version. */
export async function survey(
  s3: S3,
  target: Target,
  object: Planned,
  lookups: readonly Lookup[],
  known: Known,
): Promise<Survey> {
  const { store } = s3;
  for (let look = 1; ; look += 1) {
    store.io.signal.throwIfAborted();
    const bucket = await s3.bucket(object.bucket);
    const versions = await versionsOf(store, object.bucket, object.key);
    try {
      return await surveyVersions(s3, target, object, { bucket, versions, lookups, known });
    } catch (error) {
      if (!(error instanceof NotReadable) || error.reason !== "changed") throw error;
      if (look === LOOKS)
        throw new Failure(
          "SYSTEM_UNREACHABLE",
          `${nameOf(object.bucket, object.key, lookups)} is written all the time: it could not be read whole`,
        );
    }
  }
}

/** Planned records that some version still holds. Throws where an object is not there any more: our own rewriting leaves one. */
export async function* remainingInFiles(s3: S3, target: Target, operation: Operation): AsyncGenerator<string> {
  for (const object of plannedByObject(target, [operation], null)) {
    const { bucket, key, plans } = object;
    const { versions, live, held } = await surveyOrFail(s3, target, object);
    const seen = allVersions(target) ? versions.length > 0 : live !== null;
    if (
      !seen &&
      ![...plans.values()].every(
        ({ record }) => readFingerprint(record.fingerprint)?.holder.startsWith(HIDDEN) === true,
      )
    )
      throw wentAway(bucket, key);
    const done = new Set([...held.values()].flatMap((one) => one.done));
    const open = isGivingBack(changesOf(object))
      ? new Set(plans.keys()).difference(done)
      : new Set([...held.values()].flatMap((one) => [...one.open, ...one.moved]));
    for (const id of open) yield JSON.stringify([bucket, key, id]);
  }
}

export function wentAway(bucket: string, key: string): Failure {
  return new Failure("SYSTEM_UNREACHABLE", `${nameOf(bucket, key)} is not there any more`, {
    help: "Bring the object back: what is not there cannot be looked at.",
  });
}

async function surveyOrFail(s3: S3, target: Target, object: Planned): Promise<Survey> {
  try {
    return await survey(s3, target, object, [], new Map());
  } catch (error) {
    if (error instanceof UnreadableVersion)
      throw new Failure("FILE_UNREADABLE", `${error.where} cannot be read as its records should be`);
    if (!(error instanceof NotReadable)) throw error;
    throw new Failure(
      "FILE_UNREADABLE",
      `${nameOf(object.bucket, object.key)} is archived: it must be restored before it can be read`,
    );
  }
}

interface Surveyed {
  readonly bucket: Bucket;
  readonly versions: readonly Version[];
  readonly lookups: readonly Lookup[];
  readonly known: Known;
}

async function surveyVersions(
  s3: S3,
  target: Target,
  object: Planned,
  { bucket, versions, lookups, known }: Surveyed,
): Promise<Survey> {
  const { key } = object;
  const live = liveOf(versions);
  const held = new Map<string, Held>();
  // what only looks does not ask what an erasure takes along
  const neighbours =
    lookups.length > 0 && allVersions(target) && versions.length > 1
      ? neighboursOf(s3, target, object.bucket, key)
      : [];
  for (const version of live === null ? versions : [live, ...versions.filter((one) => one !== live)]) {
    if (version.marker || (version !== live && !allVersions(target))) continue;
    const name = versionName(object.bucket, key, version, lookups);
    try {
      const source = { bucket, key, version, name };
      const read = known.get(knownName(version)) ?? (await heldIn(s3, target, object, lookups, { source, neighbours }));
      known.set(knownName(version), read);
      held.set(version.id, asPlanned(read, object));
    } catch (error) {
      if (version !== live && error instanceof Failure && isAboutContent(error)) throw new UnreadableVersion(name);
      throw error;
    }
  }
  return { versions, live, held };
}

/** What is not planned any more is somebody's all the same. */
function asPlanned({ open, done, moved, others, hash }: Held, { plans }: Planned): Held {
  const isPlanned = (id: string) => plans.has(id);
  return {
    open: open.filter(isPlanned),
    done: done.filter(isPlanned),
    moved: moved.filter(isPlanned),
    others: [...others, ...open.filter((id) => !isPlanned(id))],
    hash,
  };
}

export function versionName(bucket: string, key: string, version: Version, lookups: readonly Lookup[]): string {
  const name = nameOf(bucket, key, lookups);
  return version.latest ? name : `${name} (version ${version.id})`;
}

async function heldIn(
  s3: S3,
  target: Target,
  object: Planned,
  lookups: readonly Lookup[],
  { source: read, neighbours }: { readonly source: Source; readonly neighbours: readonly RecordType[] },
): Promise<Held> {
  const hash = createHash("sha256");
  const changes = changesOf(object);
  const rule = ruleFor(s3, target, object.key, read.name);
  const source = bytesOf(s3.store, read);
  if (isGivingBack(changes)) {
    for await (const chunk of source) hash.update(chunk);
    const { ours, back, changed } = await restorable(sourceOf(s3, object, read), rule, changes);
    return { open: [...ours], done: [...back], moved: [...changed], others: [], hash: hash.digest("hex") };
  }
  if (lookups.length === 0 && rule.unnamed.length === 0) {
    const open = await Array.fromAsync(remainingRecords(tapped(source, hash), rule, changes));
    return { open, done: [], moved: [], others: [], hash: hash.digest("hex") };
  }
  const lists = {
    open: new Array<string>(),
    done: new Array<string>(),
    moved: new Array<string>(),
    others: new Array<string>(),
  };
  for await (const { id, state } of surveyRecords(tapped(source, hash), rule, changes, lookups)) lists[state].push(id);
  const known = new Set([...lists.open, ...lists.done, ...lists.others]);
  for (const id of await neighbourNames(s3, target, lookups, read, neighbours))
    if (!known.has(id)) lists.others.push(id);
  return { ...lists, hash: hash.digest("hex") };
}

/** The object as it is; in a rehearsal with what is put back before. */
function sourceOf(s3: S3, { bucket, key, before = [] }: Planned, read: Source): () => AsyncIterable<Uint8Array> {
  return before.reduce<() => AsyncIterable<Uint8Array>>(
    (source, { target, operations, lookups }) => {
      const object = plannedByObject(target, operations, lookups).find(
        (one) => one.bucket === bucket && one.key === key,
      );
      const changes = object === undefined ? new Map<string, RecordChange>() : changesOf(object);
      if (!isGivingBack(changes)) return source;
      const rule = ruleFor(s3, target, key, read.name);
      return () => rewriteFile(source, rule, changes, s3.store.io.pseudonym).output;
    },
    () => bytesOf(s3.store, read),
  );
}

async function* tapped(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
