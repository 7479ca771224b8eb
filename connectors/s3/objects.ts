/** Whole objects, found by a key template. The key is the match, character by character; what the object holds is never read. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import type { UnitJournal } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import type { StepOutcome, Work } from "../../src/model/change.ts";
import type { Located, Lookup, Target } from "../../src/model/search.ts";
import { whereTest } from "../../src/record-files/where-test.ts";
import { type Bucket, lockOf } from "./bucket.ts";
import { askMaybe } from "./failure.ts";
import { readNotes, writeNote } from "./notes.ts";
import { type Address, keysFor, parseAddress, placeholdersOf } from "./place.ts";
import { hide, removeVersions } from "./remove.ts";
import type { Store } from "./store.ts";
import { alreadyGone, newTally, outcomeOf, unresolved } from "./tally.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

export interface S3 {
  readonly store: Store;
  bucket(name: string): Promise<Bucket>;
}

const AT_ONCE = 16;
/** New versions may come while old ones are deleted. */
const ROUNDS = 5;

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
    if (address === undefined) throw new Failure("DATAMAP_INVALID", `${target.record.id}: a place does not begin with s3://BUCKET/`);
    return address;
  });
}

/** Old versions are part of an object unless the map says otherwise: an erasure that leaves them is none. */
export function allVersions({ record }: Target): boolean {
  return record.versions !== "latest";
}

interface Wanted {
  readonly bucket: string;
  readonly key: string;
  readonly subjects: Set<number>;
  readonly values: Readonly<Record<string, string>>;
}

export async function* locateObjects(s3: S3, target: Target, lookups: readonly Lookup[]): AsyncGenerator<Located> {
  const unknown = Object.keys(target.where ?? {}).find((column) => !isObjectColumn(column));
  if (unknown !== undefined) throw new Failure("COLUMN_MISSING", `${target.record.id}: ${noSuchColumn(unknown)}`);
  const wanted = wantedOf(target, lookups);
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    const looked = await Promise.all(wanted.slice(at, at + AT_ONCE).map(async (one) => await look(s3, target, one)));
    for (const found of looked) yield* found;
    s3.store.io.progress(Math.min(at + AT_ONCE, wanted.length));
  }
}

function wantedOf(target: Target, lookups: readonly Lookup[]): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { bucket, path } of addressesOf(target)) {
    const placeholders = placeholdersOf(path);
    // a template that names nobody would be everybody's
    if (placeholders.length === 0) throw new Failure("DATAMAP_INVALID", `${target.record.id}: a key template without a placeholder`);
    for (const { subject, values } of lookups) {
      for (const { key, filled } of keysFor(path, values)) {
        const name = objectKey(bucket, key);
        const known = wanted.get(name);
        if (known === undefined) wanted.set(name, { bucket, key, subjects: new Set([subject]), values: filled });
        else known.subjects.add(subject);
      }
    }
  }
  return [...wanted.values()];
}

async function look(s3: S3, target: Target, { bucket, key, subjects, values }: Wanted): Promise<readonly Located[]> {
  const facts = await s3.bucket(bucket);
  const versions = await versionsOf(s3.store, bucket, key);
  const mine = concerned(target, versions);
  if (mine.length === 0) return [];
  const columns = await columnsOf(s3.store, bucket, key, mine, target, values);
  if (!passes(target, columns)) return [];
  const blocked = allVersions(target) ? await lockOf(s3.store, facts, key, versions) : null;
  const located = {
    key: objectKey(bucket, key),
    address: objectKey(bucket, key),
    fingerprint: s3.store.io.digest(mine.flatMap(({ id, etag, marker }) => [id, marker ? null : etag])),
    values: Object.fromEntries(target.exports.map((name) => [name, [columns[name] ?? []].flat()])),
    done: false,
    ...(blocked === null ? {} : { blocked }),
  };
  return [{ subjects: [...subjects], ...located }];
}

/** What an object can tell is text; a number in it is compared as one. */
function passes({ where = {} }: Target, columns: Readonly<Record<string, string | null>>): boolean {
  return Object.entries(where).every(([column, wanted]) => {
    const text = columns[column] ?? null;
    return text !== null && whereTest(wanted)({ text, number: true });
  });
}

/** The versions that an erasure has to do with: all, or the one that is seen. */
function concerned(target: Target, versions: readonly Version[]): readonly Version[] {
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
  const head = await askMaybe({ action: "s3:GetObject", bucket }, [404], () => client.send(new HeadObjectCommand(input), { abortSignal: io.signal }));
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

export async function eraseObjects(s3: S3, { step, target, operations }: Work, journal: UnitJournal): Promise<StepOutcome> {
  const { io } = s3.store;
  const tally = newTally(step);
  if (operations.some(({ change, records }) => change.kind !== "delete" && records.length > 0)) {
    throw new Failure("ACTION_REFUSED", `${target.record.id}: whole objects can only be deleted`);
  }
  const keys = operations.flatMap(({ records }) => records.map(({ key }) => key));
  const left = new Set(await Array.fromAsync(remainingObjects(s3, target, keys)));
  const short = (key: string) => io.digest(["object", key]).slice(0, 24);
  const before = new Set(readNotes(journal).flatMap((note) => (note.kind === "present" && note.step === step ? note.records : [])));
  for (const key of keys) {
    if (left.has(key)) continue;
    if (before.has(short(key))) {
      tally.matched += 1;
      tally.deleted += 1;
    } else alreadyGone(tally, key);
  }
  const fresh = [...left].map(short).filter((name) => !before.has(name));
  io.signal.throwIfAborted();
  if (fresh.length > 0) await writeNote(journal, { kind: "present", step, records: fresh });
  journal.at("effect_begin");
  let half = false;
  const between = () => {
    if (half) return;
    half = true;
    journal.at("effect_half");
  };
  for (const planned of left) {
    io.signal.throwIfAborted();
    const blockedOrRefused = await eraseObject(s3, target, planned, between);
    if (blockedOrRefused === null) {
      tally.matched += 1;
      tally.deleted += 1;
    } else unresolved(tally, blockedOrRefused.kind, [planned], blockedOrRefused.reason);
    between();
    io.progress(tally.deleted);
  }
  journal.at("effect_done");
  return outcomeOf(tally);
}

type Hindrance = { readonly kind: "blocked" | "failed"; readonly reason: string } | null;

async function eraseObject({ store, bucket: facts }: S3, target: Target, planned: string, between: () => void): Promise<Hindrance> {
  const [name, key] = partsOf(planned);
  const bucket = await facts(name);
  for (let round = 0; round < ROUNDS; round += 1) {
    const versions = await versionsOf(store, name, key);
    if (concerned(target, versions).length === 0) return null;
    // a lock may have come since the plan; then nothing is deleted, and above all no marker set before it
    const lock = allVersions(target) ? await lockOf(store, bucket, key, versions) : null;
    if (lock !== null) return { kind: "blocked", reason: lock.reason };
    const refusal = allVersions(target) ? await removeVersions(store, bucket, key, versions, between) : await hide(store, name, key, versions);
    if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
  }
  return concerned(target, await versionsOf(store, name, key)).length === 0 ? null : { kind: "failed", reason: "written_again" };
}

/** S3's code as the reasons of an outcome are written: `AccessDenied`, `access_denied`. */
export function reasonOf(code: string): string {
  return code.replace(/(?<=[a-z0-9])(?=[A-Z])/gu, "_").toLowerCase();
}
