/** Finds records in the objects of a glob: those of the current version, and those that only older versions hold. */
import { Failure } from "../../src/errors.ts";
import type { DueSelection, Finding, Located, Lookup, Target } from "../../src/model/search.ts";
import { dateColumnOf } from "../../src/model/marker.ts";
import { type DueFilter, dueFilter } from "../../src/port/due-filter.ts";
import { nameFinder } from "../../src/record-files/identifier-beside.ts";
import { lineReporter, namedAfter } from "../../src/record-files/line-reports.ts";
import {
  countRecords,
  fingerprintOf,
  type FoundRecord,
  recordsDue,
  recordsOf,
  scanRecords,
} from "../../src/record-files/record-file.ts";
import { isAboutContent, searchText } from "../../src/record-files/search-text.ts";
import { NotReadable } from "./failure.ts";
import { type Blocked, type Bucket, lockOf } from "./bucket.ts";
import { bytesOf, type Source } from "./bytes.ts";
import { filesOf, type FoundObject, nameOf, ruleFor, unlessArchived, unreadableVersion } from "./files.ts";
import { neighbourNames, neighboursOf } from "./neighbours.ts";
import { allVersions, objectKey, partsOf, type S3 } from "./objects.ts";
import { HIDDEN, OLD, versionName, wentAway } from "./survey.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

const LOOKS = 4;

interface Hit extends FoundRecord {
  /** Of the version, with what is to be known of it later. */
  readonly holder: string;
}

interface Scanned {
  readonly hits: readonly Hit[];
  /** Records of the current version, whoever they belong to. */
  readonly records: number;
  readonly blocked: Blocked | null;
  /** Nobody can tell whether the object holds these people, or what is to be done about it. */
  readonly unknown: { readonly subjects: readonly number[]; readonly reason: string } | null;
}

/** `counted` is told how many records the target's files hold, all people's. */
export async function* locateRecords(
  s3: S3,
  target: Target,
  lookups: readonly Lookup[],
  counted: (records: number) => void,
): AsyncGenerator<Located> {
  let records = 0;
  const isNamed = nameFinder(target.columns, lookups);
  for await (const object of filesOf(s3, target)) {
    if (isNamed(object.key))
      s3.store.io.report(namedAfter(target.record.id, nameOf(object.bucket, object.key, lookups)));
    const scanned = await untilStill(
      s3,
      object,
      lookups,
      async (versions) => await scanObject(s3, target, lookups, { ...object, versions }),
    );
    records += scanned.records;
    s3.store.io.progress(records);
    const { bucket, key } = object;
    const address = objectKey(bucket, key);
    if (scanned.unknown !== null) {
      const { subjects, reason } = scanned.unknown;
      yield { subjects, key: address, address, fingerprint: reason, values: {}, done: false, blocked: { reason } };
    }
    for (const hit of scanned.hits) yield locatedOf(object, hit, hit.done ? null : scanned.blocked);
  }
  counted(records);
}

/** Records that are due in a version of their object, whoever's they are. */
export async function* locateDue(
  s3: S3,
  target: Target,
  selection: DueSelection,
  counted: (records: number) => void,
): AsyncGenerator<Located> {
  let records = 0;
  for await (const object of filesOf(s3, target)) {
    const filter = dueFilter(target, selection, s3.store.io);
    const scanned = await untilStill(
      s3,
      object,
      [],
      async (versions) => await scanObject(s3, target, [], { ...object, versions }, { selection, filter }),
    );
    filter.end(nameOf(object.bucket, object.key));
    records += scanned.records;
    s3.store.io.progress(records);
    for (const hit of scanned.hits) yield locatedOf(object, hit, hit.done ? null : scanned.blocked);
  }
  counted(records);
}

/** What is looked for where nobody is asked for. */
interface DueLook {
  readonly selection: DueSelection;
  readonly filter: DueFilter;
}

/** Records by their names; one that is in no version yields nothing. Throws where a whole object is not there. */
export async function* locateByNames(s3: S3, target: Target, keys: readonly string[]): AsyncGenerator<Located> {
  const parts = keys.map(partsOf);
  for (const [address, planned] of Map.groupBy(parts, ([bucket, key]) => objectKey(bucket, key))) {
    const [bucket, key] = partsOf(address);
    const ids = planned.flatMap(([, , id]) => id ?? []);
    const object = { bucket, key };
    const hits = await untilStill(
      s3,
      object,
      [],
      async (versions) => await hitsByName(s3, target, { ...object, versions }, ids),
    );
    // an object that nobody could look into was planned as a whole
    if (ids.length < planned.length)
      yield { subjects: [], key: address, address, fingerprint: "", values: {}, done: false };
    for (const hit of hits) yield locatedOf(object, hit, null);
  }
}

function locatedOf({ bucket, key }: Pick<FoundObject, "bucket" | "key">, hit: Hit, blocked: Blocked | null): Located {
  const { subjects, shared, id, whole, values, done, holder, marked, unmarkable } = hit;
  const why = blocked ?? (unmarkable === undefined ? null : { reason: unmarkable });
  return {
    subjects,
    key: JSON.stringify([bucket, key, id]),
    address: JSON.stringify([bucket, key, whole]),
    within: objectKey(bucket, key),
    fingerprint: fingerprintOf(hit, holder),
    values,
    done,
    ...(shared ? { shared } : {}),
    ...(marked === undefined ? {} : { marked }),
    ...(why === null ? {} : { blocked: why }),
  };
}

/** Number of records in the current versions. */
export async function countAll(s3: S3, target: Target): Promise<number> {
  let records = 0;
  for await (const object of filesOf(s3, target)) {
    const { bucket: name, key } = object;
    records += await untilStill(s3, object, [], async (versions) => {
      const version = liveOf(versions);
      if (version === null) return 0;
      const source = { bucket: await s3.bucket(name), key, version, name: nameOf(name, key) };
      return (
        (await unlessArchived(
          async () => await countRecords(bytesOf(s3.store, source), ruleFor(s3, target, key, source.name)),
        )) ?? 0
      );
    });
  }
  return records;
}

/** An object that is replaced while it is read is read again. */
async function untilStill<T>(
  s3: S3,
  { bucket, key, versions: listed }: Pick<FoundObject, "bucket" | "key"> & Partial<FoundObject>,
  lookups: readonly Lookup[],
  read: (versions: readonly Version[]) => Promise<T>,
): Promise<T> {
  let versions = listed ?? (await versionsOf(s3.store, bucket, key));
  for (let look = 1; ; look += 1) {
    s3.store.io.signal.throwIfAborted();
    try {
      return await read(versions);
    } catch (error) {
      if (!(error instanceof NotReadable) || error.reason !== "changed") throw error;
      if (look === LOOKS)
        throw new Failure(
          "SYSTEM_UNREACHABLE",
          `${nameOf(bucket, key, lookups)} is written all the time: it could not be read whole`,
        );
      versions = await versionsOf(s3.store, bucket, key);
    }
  }
}

async function scanObject(
  s3: S3,
  target: Target,
  lookups: readonly Lookup[],
  { bucket: name, key, versions }: FoundObject,
  due?: DueLook,
): Promise<Scanned> {
  const bucket = await s3.bucket(name);
  const everybody = lookups.map(({ subject }) => subject);
  // what cannot be read is told of the version that is seen, once
  const lookIn = (version: Version): DueLook | undefined =>
    due === undefined || version === live ? due : { ...due, filter: dueFilter(target, due.selection, s3.store.io) };
  const live = liveOf(versions);
  const scan = async (version: Version) => {
    const source = { bucket, key, version, name: versionName(name, key, version, lookups) };
    return await unlessArchived(async () => await scanVersion(s3, target, lookups, source, lookIn(version)));
  };
  const now = live === null ? { hits: [], records: 0 } : await scan(live);
  const rewritten = now?.hits.some(({ done }) => !done) ?? false;
  const hits = new Map<string, Hit>((now?.hits ?? []).map((hit) => [hit.id, { ...hit, holder: digestOf(s3, live) }]));
  const { marker } = target.record;
  const isByMark = due !== undefined && marker !== undefined && dateColumnOf(marker) === due.selection.column;
  const doomed: Version[] = [];
  const holding: Version[] = [];
  let unknown: Scanned["unknown"] = now === null ? { subjects: everybody, reason: "archived" } : null;
  let unreadable = false;
  for (const version of allVersions(target) ? versions : []) {
    if (version === live || version.marker) continue;
    if (isByMark) {
      // what an older version says of marks is over: it goes with what is marked now
      if (rewritten) doomed.push(version);
      continue;
    }
    let old: Awaited<ReturnType<typeof scan>>;
    try {
      old = await scan(version);
    } catch (error) {
      if (!(error instanceof Failure) || !isAboutContent(error)) throw error;
      const { subjects, whole } = await lookInto(s3, target, lookups, {
        bucket,
        key,
        version,
        name: versionName(name, key, version, lookups),
      });
      s3.store.io.report(
        unreadableVersion(target, versionName(name, key, version, lookups), !whole || subjects.size > 0),
      );
      unreadable = true;
      if (!whole || subjects.size > 0)
        unknown ??= { subjects: whole ? [...subjects].toSorted((a, b) => a - b) : everybody, reason: UNREADABLE };
      continue;
    }
    // where the current version is rewritten, every older one goes, archived or not
    if (old === null && !rewritten) unknown ??= { subjects: everybody, reason: "archived" };
    const mine = (old?.hits ?? []).filter(({ done }) => !done);
    if (rewritten || mine.length > 0) doomed.push(version);
    if (mine.length > 0) holding.push(version);
    const holder = `${live === null ? HIDDEN : OLD}${digestOf(s3, version)}`;
    for (const hit of mine) if (!hits.has(hit.id)) hits.set(hit.id, { ...hit, holder });
  }
  const found = [...hits.values()];
  // the records themselves say that they are blocked
  if (unreadable && found.some(({ done }) => !done))
    return {
      hits: found,
      records: now?.records ?? 0,
      blocked: { reason: UNREADABLE },
      unknown: unknown?.reason === UNREADABLE ? null : unknown,
    };
  const neighbours = doomed.length === 0 ? [] : neighboursOf(s3, target, name, key);
  if (neighbours.length > 0) {
    const namesIn = async (version: Version) =>
      (await unlessArchived(
        async () =>
          await neighbourNames(
            s3,
            target,
            lookups,
            { bucket, key, version, name: versionName(name, key, version, lookups) },
            neighbours,
          ),
      )) ?? new Set<string>();
    const staying = live === null ? new Set<string>() : await namesIn(live);
    for (const version of holding)
      if ([...(await namesIn(version))].some((id) => !staying.has(id) && !hits.has(id)))
        return { hits: found, records: now?.records ?? 0, blocked: { reason: KEPT_IN_VERSION }, unknown };
  }
  const blocked = await blockedBy(s3, target, bucket, {
    key,
    rewritten,
    going: rewritten && live !== null ? [live, ...doomed] : doomed,
  });
  return { hits: found, records: now?.records ?? 0, blocked, unknown };
}

/** An older version cannot be read as records: nothing of the object is changed. */
const UNREADABLE = "unreadable_version";

/** An older version holds what is to go, and what another record type may keep and no other version has. */
export const KEPT_IN_VERSION = "kept_in_version";

/** Who is seen in a version that cannot be read as records. */
async function lookInto(
  s3: S3,
  target: Target,
  lookups: readonly Lookup[],
  source: Source,
): ReturnType<typeof searchText> {
  return await searchText(
    bytesOf(s3.store, source),
    { columns: target.columns, encoding: target.record.encoding, name: source.name },
    lookups,
  );
}

function digestOf({ store }: S3, version: Version | null): string {
  return store.io.digest(["version", version?.id ?? null, version?.etag ?? null]).slice(0, 32);
}

interface Going {
  readonly key: string;
  readonly rewritten: boolean;
  readonly going: readonly Version[];
}

async function blockedBy(
  { store }: S3,
  target: Target,
  bucket: Bucket,
  { key, rewritten, going }: Going,
): Promise<Blocked | null> {
  if (!allVersions(target) || going.length === 0 || bucket.versioning === "none") return null;
  return (await lockOf(store, bucket, key, going)) ?? (rewritten && bucket.locksNew ? { reason: "object_lock" } : null);
}

/** What is said of an object goes along when it is rewritten. */
function noted(record: string, name: string): Finding {
  return {
    code: "GAP",
    severity: "warning",
    record,
    message: `${name}: its metadata holds an identifier`,
    help: "Copy the object onto itself with other metadata, by hand.",
    gap: { where: name, holdsIdentifier: true },
  };
}

async function scanVersion(
  s3: S3,
  target: Target,
  lookups: readonly Lookup[],
  source: Source,
  due?: DueLook,
): Promise<{ hits: readonly FoundRecord[]; records: number }> {
  const reporter = lineReporter(target.record.id, source.name, s3.store.io);
  const isNamed = nameFinder(target.columns, lookups);
  const metadata = (values: readonly string[]) => {
    if (values.some(isNamed)) s3.store.io.report(noted(target.record.id, source.name));
  };
  const rule = ruleFor(s3, target, source.key, source.name, reporter);
  const { found, totals } =
    due === undefined
      ? scanRecords(bytesOf(s3.store, { ...source, metadata }), rule, lookups)
      : recordsDue(bytesOf(s3.store, source), rule, {
          column: due.selection.column,
          takes: (texts, line) => due.filter.takes(texts, `${source.name}:${line}`),
        });
  const hits = await Array.fromAsync(found);
  reporter.end();
  return { hits, records: totals.records };
}

async function hitsByName(
  s3: S3,
  target: Target,
  { bucket: name, key, versions }: FoundObject,
  ids: readonly string[],
): Promise<readonly Hit[]> {
  const live = liveOf(versions);
  if (allVersions(target) ? versions.length === 0 : live === null) throw wentAway(name, key);
  const bucket = await s3.bucket(name);
  const hits = new Map<string, Hit>();
  for (const version of live === null ? versions : [live, ...versions.filter((one) => one !== live)]) {
    if (version.marker || (version !== live && !allVersions(target))) continue;
    const missing = ids.filter((id) => !hits.has(id));
    if (missing.length === 0) break;
    const source = { bucket, key, version, name: versionName(name, key, version, []) };
    const holder = `${version === live ? "" : live === null ? HIDDEN : OLD}${digestOf(s3, version)}`;
    const found = await unlessArchived(
      async () =>
        await Array.fromAsync(recordsOf(bytesOf(s3.store, source), ruleFor(s3, target, key, source.name), missing)),
    );
    for (const record of found ?? []) hits.set(record.id, { ...record, holder });
  }
  return [...hits.values()];
}
