/** Whole objects, found by a key template. The key is the match, character by character; what the object holds is never read. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { Failure } from "../../src/errors.ts";
import type { RecordType } from "../../src/model/datamap.ts";
import { changedMarker } from "../../src/model/rule-change.ts";
import type { Located, Lookup, Target } from "../../src/model/search.ts";
import { whereTest } from "../../src/record-files/where-test.ts";
import { type Bucket, lockOf } from "./bucket.ts";
import { askMaybe } from "./failure.ts";
import { LARGEST_IMAGE } from "./largest-image.ts";
import {
  type Address,
  filledBy,
  keysFor,
  parseAddress,
  parseTemplate,
  placeholdersOf,
  type Template,
  templateTest,
} from "./place.ts";
import type { Store } from "./store.ts";
import { listVersions, liveOf, type Version, versionsOf } from "./versions.ts";

export interface S3 {
  readonly store: Store;
  /** All record types of the system. */
  readonly records: readonly RecordType[];
  bucket(name: string): Promise<Bucket>;
}

const AT_ONCE = 16;

/** `[bucket, key]` of a planned object. */
export function objectKey(bucket: string, key: string): string {
  return JSON.stringify([bucket, key]);
}

/** The parts of a planned key: bucket, key and, for records of files, the record's id. */
export function partsOf(planned: string): readonly [bucket: string, key: string, id: string | null] {
  const parts: unknown = JSON.parse(planned);
  const [bucket, key, id] = Array.isArray(parts) ? parts : [];
  if (typeof bucket !== "string" || typeof key !== "string" || !(id === undefined || typeof id === "string"))
    throw new Failure("UNEXPECTED", "a planned key is not one of S3's");
  return [bucket, key, id ?? null];
}

export function addressesOf(target: Target): readonly Address[] {
  const { place } = target.record;
  const texts = place.kind === "keys" ? place.templates : place.kind === "files" ? place.globs : [];
  return texts.map((text) => {
    const address = parseAddress(text);
    if (address === undefined)
      throw new Failure("DATAMAP_INVALID", `${target.record.id}: a place does not begin with s3://BUCKET/`);
    return address;
  });
}

/**
 * Old versions are part of an object unless the map says otherwise: an erasure that leaves them is none. Where records are
 * marked as deleted they stay as they are, until what is marked goes for good.
 */
export function allVersions({ record, changes }: Target): boolean {
  return record.versions !== "latest" && (changedMarker(changes.rule) === undefined || record.place.kind === "keys");
}

export async function* locateObjects(s3: S3, target: Target, lookups: readonly Lookup[]): AsyncGenerator<Located> {
  const unknown = Object.keys(target.where ?? {}).find((column) => !isObjectColumn(column));
  if (unknown !== undefined) throw new Failure("COLUMN_MISSING", `${target.record.id}: ${noSuchColumn(unknown)}`);
  const wanted = wantedOf(target, lookups);
  let done = 0;
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    const some = wanted.slice(at, at + AT_ONCE);
    const looked = await Promise.all(
      some.filter(({ below }) => !below).map(async (one) => await lookAt(s3, target, one)),
    );
    for (const found of looked) if (found !== null) yield found;
    for (const one of some.filter(({ below }) => below)) yield* lookBelow(s3, target, one);
    done += some.length;
    s3.store.io.progress(done);
  }
}

/** Objects by their keys, whether they are anybody's or not; one that is gone yields nothing. */
export async function* locateByKeys(s3: S3, target: Target, keys: readonly string[]): AsyncGenerator<Located> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    const looked = await Promise.all(
      keys.slice(at, at + AT_ONCE).map(async (planned) => {
        const [bucket, key] = partsOf(planned);
        const template = templatesOf(target).find(
          (one) => one.bucket === bucket && templateTest(one.template)(key),
        )?.template;
        return await lookAt(s3, target, {
          bucket,
          key,
          subjects: new Set(),
          values: template === undefined ? {} : filledBy(template, key),
        });
      }),
    );
    for (const found of looked) if (found !== null) yield found;
  }
}

interface WantedObject {
  readonly bucket: string;
  readonly key: string;
  readonly subjects: ReadonlySet<number>;
  readonly values: Readonly<Record<string, string>>;
}

interface Wanted extends Omit<WantedObject, "values"> {
  readonly subjects: Set<number>;
  values: WantedObject["values"];
  /** The key is what the keys of all objects that are meant begin with. */
  readonly below: boolean;
}

function templatesOf(target: Target): readonly { readonly bucket: string; readonly template: Template }[] {
  const names = target.columns.map(({ column }) => column);
  return addressesOf(target).map(({ bucket, path }) => ({ bucket, template: parseTemplate(path, names) }));
}

function wantedOf(target: Target, lookups: readonly Lookup[]): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { bucket, template } of templatesOf(target)) {
    // a template that names nobody would be everybody's
    if (placeholdersOf(template).length === 0)
      throw new Failure("DATAMAP_INVALID", `${target.record.id}: a key template without a placeholder`);
    for (const lookup of lookups) {
      for (const { key, filled } of keysFor(template, lookup)) {
        const name = JSON.stringify([bucket, key, template.below]);
        const known = wanted.get(name);
        if (known === undefined)
          wanted.set(name, { bucket, key, subjects: new Set([lookup.subject]), values: filled, below: template.below });
        else {
          known.subjects.add(lookup.subject);
          // `a/b` may be `a` and `b`, or the `a/b` of one: then nobody knows which parent it came by
          if (JSON.stringify(known.values) !== JSON.stringify(filled)) known.values = {};
        }
      }
    }
  }
  return [...wanted.values()];
}

async function lookAt(s3: S3, target: Target, object: WantedObject): Promise<Located | null> {
  return await locatedOf(s3, target, object, await versionsOf(s3.store, object.bucket, object.key));
}

async function* lookBelow(
  s3: S3,
  target: Target,
  { bucket, key: start, subjects, values }: Wanted,
): AsyncGenerator<Located> {
  for await (const { key, versions } of listVersions(s3.store, bucket, start)) {
    const found = await locatedOf(s3, target, { bucket, key, subjects, values }, versions);
    if (found !== null) yield found;
  }
}

async function locatedOf(
  s3: S3,
  target: Target,
  { bucket, key, subjects, values }: WantedObject,
  versions: readonly Version[],
): Promise<Located | null> {
  const facts = await s3.bucket(bucket);
  const mine = concerned(target, versions);
  if (mine.length === 0) return null;
  const columns = await columnsOf(s3.store, bucket, key, mine, target, values);
  if (!passes(target, columns)) return null;
  const marked = markedBy(versions);
  // a lock keeps versions, and hides nothing
  const blocked =
    allVersions(target) && target.changes.rule?.kind !== "mark" ? await lockOf(s3.store, facts, key, versions) : null;
  return {
    subjects: [...subjects].toSorted((a, b) => a - b),
    key: objectKey(bucket, key),
    address: objectKey(bucket, key),
    fingerprint: objectFingerprint(s3, mine),
    values: Object.fromEntries(
      target.exports.map((name) => [name, [(Object.hasOwn(columns, name) ? columns[name] : null) ?? []].flat()]),
    ),
    done: target.changes.rule?.kind === "mark" && marked !== null,
    ...(marked === null || target.record.marker === undefined
      ? {}
      : {
          marked: {
            since: marked.modified,
            over: objectFingerprint(
              s3,
              mine.filter((one) => one !== marked),
            ),
          },
        }),
    ...(blocked === null ? {} : { blocked }),
  };
}

/** The delete marker behind which an object stands. */
function markedBy(versions: readonly Version[]): Version | null {
  return versions.find(({ latest, marker }) => latest && marker) ?? null;
}

/** Over the versions that an erasure has to do with. */
export function objectFingerprint({ store }: S3, versions: readonly Version[]): string {
  return store.io.digest(versions.flatMap(({ id, etag, marker }) => [id, marker ? null : etag]));
}

/** What an object can tell is text; a number in it is compared as one. */
function passes({ where = {} }: Target, columns: Readonly<Record<string, string | null>>): boolean {
  return Object.entries(where).every(([column, wanted]) => {
    const text = columns[column] ?? null;
    return text !== null && whereTest(wanted)({ text, number: true });
  });
}

/** The versions that an erasure has to do with: all, or the one that is seen. */
export function concerned(target: Target, versions: readonly Version[]): readonly Version[] {
  const live = liveOf(versions);
  return allVersions(target) ? versions : live === null ? [] : [live];
}

/** What an object can tell: its placeholders, `last_modified`, `metadata.NAME`. */
export function isObjectColumn(column: string): boolean {
  return column.startsWith(":") || column === "last_modified" || column.startsWith("metadata.");
}

export function noSuchColumn(column: string): string {
  return `objects have no "${column}": give last_modified, metadata.NAME or a placeholder`;
}

async function columnsOf(
  { client, io }: Store,
  bucket: string,
  key: string,
  versions: readonly Version[],
  target: Target,
  values: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string | null>>> {
  const newest = versions.find(({ latest }) => latest) ?? versions[0];
  const columns: Record<string, string | null> = { ...values, last_modified: newest?.modified ?? null };
  const names = [...target.exports, ...Object.keys(target.where ?? {})].filter((name) => name.startsWith("metadata."));
  const readable = versions.find(({ latest, marker }) => latest && !marker) ?? versions.find(({ marker }) => !marker);
  if (names.length === 0 || readable === undefined) return columns;
  const input = { Bucket: bucket, Key: key, ...(readable.latest ? {} : { VersionId: readable.id }) };
  const head = await askMaybe({ action: "s3:GetObject", bucket }, [404], () =>
    client.send(new HeadObjectCommand(input), { abortSignal: io.signal }),
  );
  for (const name of names) columns[name] = head?.Metadata?.[name.slice("metadata.".length).toLowerCase()] ?? null;
  return columns;
}

/** Planned objects of which something is left. */
export async function* remainingObjects(s3: S3, target: Target, keys: readonly string[]): AsyncGenerator<string> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    const looked = await Promise.all(
      keys.slice(at, at + AT_ONCE).map(async (planned) => {
        const [bucket, key] = partsOf(planned);
        return { planned, left: concerned(target, await versionsOf(s3.store, bucket, key)) };
      }),
    );
    for (const { planned, left } of looked) if (left.length > 0) yield planned;
  }
}

/** Throws LIMIT_EXCEEDED for one that is too large to be kept. */
export async function objectBytes(s3: S3, target: Target, keys: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const planned of keys) {
    s3.store.io.signal.throwIfAborted();
    const [bucket, key] = partsOf(planned);
    const versions = concerned(target, await versionsOf(s3.store, bucket, key));
    const size = versions.reduce((sum, version) => sum + version.size, 0);
    if (size > LARGEST_IMAGE)
      throw new Failure(
        "LIMIT_EXCEEDED",
        `${target.record.id}: an object of ${size} bytes (with its versions) is too large to be kept for \`undo\`; ${LARGEST_IMAGE} is the most`,
        { help: "Take `restore_window` out, or name such objects by a record type of their own." },
      );
    bytes += size;
  }
  return bytes;
}

/** S3's code as the reasons of an outcome are written: `AccessDenied`, `access_denied`. */
export function reasonOf(code: string): string {
  return code.replace(/(?<=[a-z0-9])(?=[A-Z])/gu, "_").toLowerCase();
}

/** Keyed digests, for notes: of an object's key, and of one of its versions. */
export function shortName({ store }: S3, key: string): string {
  return store.io.digest(["object", key]).slice(0, 24);
}

export function shortVersion({ store }: S3, { id, etag }: Version): string {
  return store.io.digest(["version", id, etag]).slice(0, 16);
}
