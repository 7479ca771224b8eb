/** Which planned records an object still holds, version by version. */
import { createHash, type Hash } from "node:crypto";
import { Failure } from "../../src/errors.ts";
import { type RecordChange, type RecordRule, remainingRecords } from "../../src/record-files/record-file.ts";
import type { Operation } from "../../src/model/change.ts";
import type { Lookup, Target } from "../../src/model/search.ts";
import type { Bucket } from "./bucket.ts";
import { bytesOf, NotReadable } from "./bytes.ts";
import { nameOf, ruleFor } from "./files.ts";
import { allVersions, partsOf, type S3 } from "./objects.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

/** The planned records of one object. */
export interface Planned {
  readonly bucket: string;
  readonly key: string;
  /** Record id -> what is to be done to it. */
  readonly changes: Map<string, RecordChange>;
}

export interface Survey {
  readonly versions: readonly Version[];
  readonly live: Version | null;
  /** Version id -> ids of the planned records that it holds, not yet as wanted. */
  readonly held: ReadonlyMap<string, readonly string[]>;
  /** Version id -> SHA-256 of its bytes, hex, as far as it was read. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** What reading a version told; versions never change, so none is read twice. `id etag` -> what it holds. */
export type Known = Map<string, { readonly held: readonly string[]; readonly hash: string }>;

export function knownName({ id, etag }: Pick<Version, "id" | "etag">): string {
  return `${id} ${etag}`;
}

const LOOKS = 4;

export function plannedByObject(operations: readonly Operation[], lookups: readonly Lookup[]): readonly Planned[] {
  const objects = new Map<string, Planned>();
  for (const { change, records } of operations) {
    for (const { key: planned, subjects } of records) {
      const [bucket, key, id] = partsOf(planned);
      if (id === null) throw new Failure("UNEXPECTED", "a planned record names an object and no record in it");
      const name = JSON.stringify([bucket, key]);
      const object = objects.get(name) ?? { bucket, key, changes: new Map() };
      objects.set(name, object);
      object.changes.set(id, { change, lookups: lookups.filter(({ subject }) => subjects.includes(subject)) });
    }
  }
  return [...objects.values()];
}

/** Throws NotReadable for an archived version that would have to be read. */
export async function survey(s3: S3, target: Target, object: Planned, lookups: readonly Lookup[], known: Known): Promise<Survey> {
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
        throw new Failure("SYSTEM_UNREACHABLE", `${nameOf(object.bucket, object.key, lookups)} is written all the time: it could not be read whole`);
    }
  }
}

/** Planned records that some version still holds. */
export async function* remainingInFiles(s3: S3, target: Target, operation: Operation): AsyncGenerator<string> {
  for (const object of plannedByObject([operation], [])) {
    const { held } = await surveyOrFail(s3, target, object);
    for (const id of new Set([...held.values()].flat())) yield JSON.stringify([object.bucket, object.key, id]);
  }
}

async function surveyOrFail(s3: S3, target: Target, object: Planned): Promise<Survey> {
  try {
    return await survey(s3, target, object, [], new Map());
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    throw new Failure("FILE_UNREADABLE", `${nameOf(object.bucket, object.key, [])} is archived: it must be restored before it can be read`);
  }
}

interface Surveyed {
  readonly bucket: Bucket;
  readonly versions: readonly Version[];
  readonly lookups: readonly Lookup[];
  readonly known: Known;
}

async function surveyVersions(s3: S3, target: Target, object: Planned, { bucket, versions, lookups, known }: Surveyed): Promise<Survey> {
  const { key, changes } = object;
  const live = liveOf(versions);
  const held = new Map<string, readonly string[]>();
  const hashes = new Map<string, string>();
  // the current one first: whether old ones matter depends on it
  for (const version of live === null ? versions : [live, ...versions.filter((one) => one !== live)]) {
    if (version.marker || (version !== live && !allVersions(target))) continue;
    const name = nameOf(object.bucket, key, lookups);
    const rule = ruleFor(s3, target, key, name);
    try {
      const read = known.get(knownName(version)) ?? (await heldIn(bytesOf(s3.store, { bucket, key, version, name }), rule, changes));
      known.set(knownName(version), read);
      if (read.held.length > 0) held.set(version.id, read.held);
      hashes.set(version.id, read.hash);
    } catch (error) {
      // an old version that cannot be read may be one that goes anyway
      const goes = version !== live && live !== null && (held.get(live.id)?.length ?? 0) > 0;
      if (!goes || !(error instanceof NotReadable ? error.reason === "archived" : error instanceof Failure)) throw error;
    }
  }
  return { versions, live, held, hashes };
}

async function heldIn(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
): Promise<{ held: readonly string[]; hash: string }> {
  const hash = createHash("sha256");
  const held = await Array.fromAsync(remainingRecords(tapped(source, hash), rule, changes));
  return { held, hash: hash.digest("hex") };
}

async function* tapped(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
