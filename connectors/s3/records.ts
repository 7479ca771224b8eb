/** Erases records from the objects of a glob: compare-and-set on the current version, then the older versions go. */
import { setTimeout as sleep } from "node:timers/promises";
import type { UnitJournal } from "../../src/port/connector.ts";
import type { StepOutcome, Work } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import { type Bucket, lockOf } from "./bucket.ts";
import { NotReadable } from "./bytes.ts";
import { type Condition, probeCondition } from "./condition.ts";
import { nameOf } from "./files.ts";
import { type Note, readNotes, writeNote } from "./notes.ts";
import { addressesOf, allVersions, reasonOf, type S3 } from "./objects.ts";
import { literalPrefix } from "./place.ts";
import { removeOne, removeVersions } from "./remove.ts";
import { replaceObject } from "./replace.ts";
import { type Known, knownName, type Planned, plannedByObject, type Survey, survey } from "./survey.ts";
import { alreadyGone, newTally, outcomeOf, type Tally, unresolved } from "./tally.ts";
import type { Version } from "./versions.ts";

/** How often one object is taken up again where other writers come between. */
const ROUNDS = 12;
/** How often an unchanged object may refuse a conditional PUT. */
const PATIENCE = 3;

export interface Files extends S3 {
  /** How objects of this bucket are replaced; asked of the bucket once. */
  condition(bucket: Bucket, near: string, journal: UnitJournal): Promise<Condition>;
  readonly unsafeOverwrite: boolean;
}

type Ending = { readonly kind: "erased" } | { readonly kind: "blocked" | "failed"; readonly reason: string };

/** The puts of ours that are noted for one object. */
type Put = Extract<Note, { readonly kind: "put" }>;

export function filesOfBlock(s3: S3, unsafeOverwrite: boolean): Files {
  const known = new Map<string, Promise<Condition>>();
  return {
    ...s3,
    unsafeOverwrite,
    condition(bucket, near, journal) {
      const probed = known.get(bucket.name) ?? probeCondition(s3.store, bucket, near, journal);
      known.set(bucket.name, probed);
      return probed;
    },
  };
}

export async function eraseRecords(files: Files, work: Work, journal: UnitJournal): Promise<StepOutcome> {
  const { io } = files.store;
  const { step, operations, lookups } = work;
  const tally = newTally(step);
  const short = (bucket: string, key: string, id: string) => io.digest(["record", bucket, key, id]).slice(0, 24);
  const before = new Set(readNotes(journal).flatMap((note) => (note.kind === "present" && note.step === step ? note.records : [])));
  const present: string[] = [];
  const open: { readonly object: Planned; readonly ids: readonly string[]; readonly seen: Survey; readonly known: Known }[] = [];
  for (const object of plannedByObject(operations, lookups)) {
    const known: Known = new Map();
    const seen = await surveyOrNull(files, work, object, known);
    if (seen === null) {
      // nobody can say what an archived object holds
      unresolved(tally, "blocked", keysOf(object, object.changes.keys()), "archived");
      continue;
    }
    const held = new Set([...seen.held.values()].flat());
    for (const id of object.changes.keys()) {
      const name = short(object.bucket, object.key, id);
      if (held.has(id)) {
        if (!before.has(name)) present.push(name);
      } else if (before.has(name)) count(tally, object, [id]);
      else alreadyGone(tally, JSON.stringify([object.bucket, object.key, id]));
    }
    const begun = putsOf(files, object, journal).length > 0;
    if (held.size > 0 || begun) open.push({ object, ids: [...held], seen, known });
  }
  io.signal.throwIfAborted();
  if (present.length > 0) await writeNote(journal, { kind: "present", step, records: present });
  journal.at("effect_begin");
  let half = false;
  const between = () => {
    if (half) return;
    half = true;
    journal.at("effect_half");
  };
  for (const { object, ids, seen, known } of open) {
    io.signal.throwIfAborted();
    const ending = await eraseInObject(files, work, object, { seen, known }, between, journal);
    if (ending.kind === "erased") {
      count(tally, object, ids);
      between();
    } else unresolved(tally, ending.kind, keysOf(object, ids), ending.reason);
    io.progress(tally.matched);
  }
  journal.at("effect_done");
  return outcomeOf(tally);
}

/** These records were acted on. */
function count(tally: Tally, { changes }: Planned, ids: readonly string[]): void {
  for (const id of ids) {
    tally.matched += 1;
    tally[changes.get(id)?.change.kind === "delete" ? "deleted" : "changed"] += 1;
  }
}

function keysOf({ bucket, key }: Planned, ids: Iterable<string>): readonly string[] {
  return [...ids].map((id) => JSON.stringify([bucket, key, id]));
}

/** Goes round until nothing of the planned records is left in any version that counts. */
async function eraseInObject(
  files: Files,
  work: Work,
  object: Planned,
  first: { readonly seen: Survey; readonly known: Known },
  between: () => void,
  journal: UnitJournal,
): Promise<Ending> {
  const { store } = files;
  const { target } = work;
  const bucket = await files.bucket(object.bucket);
  const { known } = first;
  let seen = first.seen;
  const refusals: Version[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) {
      const next = await surveyOrNull(files, work, object, known);
      if (next === null) return { kind: "blocked", reason: "archived" };
      seen = next;
    }
    const { live, held } = seen;
    const ours = ourVersion(seen, putsOf(files, object, journal));
    if (ours !== null && hidesAnother(seen, ours)) {
      // another writer's version came between what we read and what we wrote: theirs is shown again, and taken up anew
      const refusal = await removeOne(store, bucket.name, object.key, ours.version.id);
      if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
      continue;
    }
    const due = live === null ? [] : (held.get(live.id) ?? []);
    if (live !== null && due.length > 0) {
      const ending = await rewrite(files, work, object, { seen, live, due, refusals, known }, journal);
      if (ending === "conflict") {
        refusals.push(live);
        await sleep(20 * round);
        continue;
      }
      if (ending !== null) return ending;
      between();
      continue;
    }
    const doomed = doomedVersions(target, seen, ours !== null);
    if (doomed.length === 0) return { kind: "erased" };
    const lock = await lockOf(store, bucket, object.key, doomed);
    if (lock !== null) return { kind: "blocked", reason: lock.reason };
    const refusal = await removeVersions(store, bucket, object.key, doomed, between);
    if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
  }
  return { kind: "failed", reason: "conflict" };
}

interface Due {
  readonly seen: Survey;
  readonly live: Version;
  readonly due: readonly string[];
  /** The versions for which a conditional PUT was refused in the rounds before. */
  readonly refusals: readonly Version[];
  readonly known: Known;
}

/** One attempt to replace the current version. null: written. */
async function rewrite(
  files: Files,
  { target, lookups }: Work,
  object: Planned,
  { seen, live, due, refusals, known }: Due,
  journal: UnitJournal,
): Promise<Ending | "conflict" | null> {
  const { store } = files;
  const bucket = await files.bucket(object.bucket);
  const name = nameOf(object.bucket, object.key, lookups);
  if (allVersions(target)) {
    const lock = bucket.versioning === "none" ? null : await lockOf(store, bucket, object.key, seen.versions);
    if (lock !== null) return { kind: "blocked", reason: lock.reason };
    // what is written here is locked at once: neither a probe nor a version of ours that hides another's could be taken back
    if (bucket.locksNew) return { kind: "blocked", reason: "object_lock" };
  }
  // the map's own folder, as the object's may be named after a person
  const folder = addressesOf(target).find((address) => address.bucket === bucket.name)?.path ?? "";
  const condition = await files.condition(bucket, literalPrefix("files", folder), journal);
  // refused again and again although nobody has written since: If-Match cannot be relied on for this object after all
  const refused = condition !== "versions" && refusals.filter(({ id, etag }) => id === live.id && etag === live.etag).length >= PATIENCE;
  if ((condition === "none" || refused) && !files.unsafeOverwrite) return { kind: "blocked", reason: "no_conditional_write" };
  const source = { bucket, key: object.key, version: live, name };
  const changes = new Map([...object.changes].filter(([id]) => due.includes(id)));
  try {
    const replaced = await replaceObject(files, target, { source, changes, condition: refused ? "none" : condition }, journal);
    switch (replaced.kind) {
      case "impossible":
        return { kind: "blocked", reason: replaced.reason };
      case "conflict":
        return "conflict";
      case "doubtful":
        await sleep(100); // the next round reads what is there
        return null;
      case "written":
        // it was read again and compared before it was sent, and the server has checked its hash
        if (replaced.changed === changes.size) known.set(knownName(replaced), { held: [], hash: replaced.sha256 });
        return await judge(files, target, object, { ...replaced, name });
    }
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return "conflict";
  }
}

/** A copy that lost something is taken back where the bucket still has the old one; else it is said. */
async function judge(
  files: Files,
  target: Target,
  object: Planned,
  written: { readonly id: string; readonly lost: readonly string[]; readonly name: string },
): Promise<Ending | null> {
  if (written.lost.length === 0) return null;
  const bucket = await files.bucket(object.bucket);
  if (bucket.versioning === "enabled") {
    await removeOne(files.store, bucket.name, object.key, written.id);
    return { kind: "failed", reason: "attributes_lost" };
  }
  files.store.io.report({
    code: "GAP",
    severity: "warning",
    record: target.record.id,
    message: `${written.name} was rewritten, but the server did not keep: ${written.lost.join(", ")}`,
  });
  return null;
}

interface Ours {
  readonly version: Version;
  readonly put: Put;
}

/** The newest version that one of our noted PUTs wrote, told by its content. */
function ourVersion(seen: Survey, puts: readonly Put[]): Ours | null {
  for (const version of seen.versions) {
    const put = puts.findLast((one) => one.sha256 === seen.hashes.get(version.id) && cameAfter(seen.versions, version, one));
    if (put !== undefined) return { version, put };
  }
  return null;
}

/** Whether ours is current and a version stands between it and the one that was read. */
function hidesAnother({ versions, live }: Survey, { version: ours, put }: Ours): boolean {
  return live?.id === ours.id && versions.some((version) => version !== ours && version.id !== ours.id && cameAfter(versions, version, put));
}

/** Whether a version is newer than the one that a PUT of ours was made from. Markers have no place in the list of versions, only a time. */
function cameAfter(versions: readonly Version[], version: Version, { base, etag, modified }: Put): boolean {
  const at = versions.findIndex((one) => one.id === base && one.etag === etag);
  if (version.marker) return version.modified > modified;
  return at === -1 ? version.modified >= modified : versions.indexOf(version) < at;
}

function doomedVersions(target: Target, { versions, live, held }: Survey, rewritten: boolean): readonly Version[] {
  if (!allVersions(target)) return [];
  const older = versions.filter((version) => version !== live);
  if (rewritten && live !== null) return older;
  const holding = older.filter(({ id, marker }) => !marker && held.has(id));
  const left = older.filter((version) => !holding.includes(version));
  // a marker goes only with the last version: before that it would show an old one again
  return live === null && holding.length > 0 && left.every(({ marker }) => marker) ? older : holding;
}

function putsOf({ store }: S3, { bucket, key }: Planned, journal: UnitJournal): readonly Put[] {
  const object = store.io.digest([bucket, key]);
  return readNotes(journal).flatMap((note) => (note.kind === "put" && note.object === object ? [note] : []));
}

async function surveyOrNull(files: Files, { target, lookups }: Work, object: Planned, known: Known): Promise<Survey | null> {
  try {
    return await survey(files, target, object, lookups, known);
  } catch (error) {
    if (error instanceof NotReadable) return null;
    throw error;
  }
}
