/** Finds records in the objects of a glob: those of the current version, and those that only older versions hold. */
import { countRecords, type FoundRecord, scanRecords } from "../../src/record-files/record-file.ts";
import type { Located, Lookup, Target } from "../../src/model/search.ts";
import { type Blocked, type Bucket, lockOf } from "./bucket.ts";
import { bytesOf, NotReadable, type Source } from "./bytes.ts";
import { filesOf, type FoundObject, nameOf, ruleFor, unlessArchived, unreadableLine } from "./files.ts";
import { allVersions, type S3 } from "./objects.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";
import { Failure } from "../../src/errors.ts";

const LOOKS = 4;

interface Hit extends FoundRecord {
  readonly etag: string;
}

interface Scanned {
  readonly hits: readonly Hit[];
  /** Records of the current version, whoever they belong to. */
  readonly records: number;
  readonly blocked: Blocked | null;
  /** The object must be restored from an archive before anyone can tell whether it holds the person. */
  readonly archived: boolean;
}

/** `counted` is told how many records the target's files hold, all people's. */
export async function* locateRecords(s3: S3, target: Target, lookups: readonly Lookup[], counted: (records: number) => void): AsyncGenerator<Located> {
  let records = 0;
  for await (const object of filesOf(s3, target)) {
    const scanned = await scanUntilStill(s3, target, lookups, object);
    records += scanned.records;
    s3.store.io.progress(records);
    const { bucket, key } = object;
    if (scanned.archived) {
      const address = JSON.stringify([bucket, key]);
      const subjects = lookups.map(({ subject }) => subject);
      yield { subjects, key: address, address, fingerprint: "archived", values: {}, done: false, blocked: { reason: "archived" } };
    }
    for (const { subjects, id, fingerprint, values, done, etag } of scanned.hits) {
      const blocked = scanned.blocked === null || done ? {} : { blocked: scanned.blocked };
      const address = JSON.stringify([bucket, key, id]);
      yield {
        subjects,
        key: address,
        address,
        within: JSON.stringify([bucket, key]),
        fingerprint: s3.store.io.digest(["record", fingerprint, etag]),
        values,
        done,
        ...blocked,
      };
    }
  }
  counted(records);
}

/** Number of records in the current versions. */
export async function countAll(s3: S3, target: Target): Promise<number> {
  let records = 0;
  for await (const { bucket, key, versions } of filesOf(s3, target)) {
    const version = liveOf(versions);
    if (version === null) continue;
    const name = nameOf(bucket, key, []);
    const source = { bucket: await s3.bucket(bucket), key, version, name };
    records += (await unlessArchived(async () => await countRecords(bytesOf(s3.store, source), ruleFor(s3, target, key, name)))) ?? 0;
  }
  return records;
}

/** An object that is replaced while it is read is read again. */
async function scanUntilStill(s3: S3, target: Target, lookups: readonly Lookup[], object: FoundObject): Promise<Scanned> {
  let { versions } = object;
  for (let look = 1; ; look += 1) {
    s3.store.io.signal.throwIfAborted();
    try {
      return await scanObject(s3, target, lookups, { ...object, versions });
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      if (look === LOOKS)
        throw new Failure("SYSTEM_UNREACHABLE", `${nameOf(object.bucket, object.key, lookups)} is written all the time: it could not be read whole`);
      versions = await versionsOf(s3.store, object.bucket, object.key);
    }
  }
}

async function scanObject(s3: S3, target: Target, lookups: readonly Lookup[], { bucket: name, key, versions }: FoundObject): Promise<Scanned> {
  const bucket = await s3.bucket(name);
  const scan = async (version: Version) =>
    await unlessArchived(async () => await scanVersion(s3, target, lookups, { bucket, key, version, name: nameOf(name, key, lookups) }));
  const live = liveOf(versions);
  const now = live === null ? { hits: [], records: 0 } : await scan(live);
  const rewritten = now?.hits.some(({ done }) => !done) ?? false;
  const hits = new Map<string, Hit>((now?.hits ?? []).map((hit) => [hit.id, hit]));
  const doomed: Version[] = [];
  let archived = now === null;
  for (const version of allVersions(target) ? versions : []) {
    if (version === live || version.marker) continue;
    // where the current version is rewritten, every older one goes, read or not
    const old = await unlessBroken(rewritten, async () => await scan(version));
    if (old === null && !rewritten) archived = true;
    const mine = (old?.hits ?? []).filter(({ done }) => !done);
    if (rewritten || mine.length > 0) doomed.push(version);
    for (const hit of mine) if (!hits.has(hit.id)) hits.set(hit.id, hit);
  }
  const blocked = await blockedBy(s3, target, bucket, { key, rewritten, going: rewritten && live !== null ? [live, ...doomed] : doomed });
  return { hits: [...hits.values()], records: now?.records ?? 0, blocked, archived };
}

interface Going {
  readonly key: string;
  readonly rewritten: boolean;
  readonly going: readonly Version[];
}

async function blockedBy({ store }: S3, target: Target, bucket: Bucket, { key, rewritten, going }: Going): Promise<Blocked | null> {
  if (!allVersions(target) || going.length === 0 || bucket.versioning === "none") return null;
  return (await lockOf(store, bucket, key, going)) ?? (rewritten && bucket.locksNew ? { reason: "object_lock" } : null);
}

async function scanVersion(s3: S3, target: Target, lookups: readonly Lookup[], source: Source): Promise<{ hits: readonly Hit[]; records: number }> {
  const { version } = source;
  const name = version.latest ? source.name : `${source.name} (version ${version.id})`;
  const say = (line: number, gap: boolean) => s3.store.io.report(unreadableLine(target.record.id, name, line, gap));
  const { found, totals } = scanRecords(bytesOf(s3.store, { ...source, name }), ruleFor(s3, target, source.key, name, say), lookups);
  const hits: Hit[] = [];
  for await (const record of found) hits.push({ ...record, etag: version.etag });
  return { hits, records: totals.records };
}

async function unlessBroken<T>(irrelevant: boolean, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (irrelevant && error instanceof Failure && ["FILE_UNREADABLE", "COLUMN_MISSING", "FILE_REFUSED"].includes(error.code)) return null;
    throw error;
  }
}
