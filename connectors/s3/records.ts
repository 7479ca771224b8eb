/** Erases records from the objects of a glob: compare-and-set on the current version, then the older versions go. */
import type { Left, PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import type { Guard, UnitJournal } from "../../src/port/connector.ts";
import { backOff } from "../../src/port/retry.ts";
import { literalStart } from "../../src/record-files/glob.ts";
import { writeImage } from "../../src/record-files/record-image.ts";
import { acted, leave, newTally, outcomeOf } from "../../src/record-files/tally.ts";
import { type Bucket, lockOf } from "./bucket.ts";
import { type Condition, probeCondition } from "./condition.ts";
import { NotReadable } from "./failure.ts";
import { nameOf } from "./files.ts";
import { KEPT_IN_VERSION } from "./locate-records.ts";
import { type Hindrance, hindranceOf, keysOf, kindOf, lookOrLeave, shortName, tellOfAbsent } from "./look-at-object.ts";
import { readNotes, writeNote } from "./notes.ts";
import { addressesOf, allVersions, partsOf, reasonOf, type S3 } from "./objects.ts";
import { doomedVersions, hidesAnother, isKeptInVersion, openIn, ourVersion, putsOf } from "./object-state.ts";
import { removeOne, removeVersions } from "./remove.ts";
import { replaceObject } from "./replace.ts";
import { changesOf, type Known, knownName, type Planned, plannedByObject, type Survey, survey } from "./survey.ts";
import type { Version } from "./versions.ts";

/** How often one object is taken up again where other writers come between. */
const ROUNDS = 12;
/** Before an object is taken up again that another writer came to; and where nobody knows what became of a write. */
const CONFLICT = { first: 20, most: 250 };
const IN_DOUBT = { first: 100, most: 100 };
/** How often an unchanged object may refuse a conditional PUT. */
const PATIENCE = 3;

export interface Files extends S3 {
  /** How objects of this bucket are replaced; asked of the bucket once. */
  condition(bucket: Bucket, near: string, journal: UnitJournal): Promise<Condition>;
  readonly unsafeOverwrite: boolean;
}

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

/** An object that something is to be done about. */
interface Open {
  readonly object: Planned;
  readonly seen: Survey;
  readonly known: Known;
}

interface Erasing {
  readonly files: Files;
  readonly work: Work;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  /** Between two changes. */
  between(): void;
}

/** `rehearsed`: nothing is written and nothing noted, and these are put back before. */
export async function eraseRecords(
  files: Files,
  work: Work,
  journal: UnitJournal,
  guard: Guard,
  rehearsed: readonly Work[] | null,
): Promise<StepOutcome> {
  const { io } = files.store;
  const { step } = work;
  const tally = newTally(step);
  const noted = new Set(
    readNotes(journal).flatMap((note) => (note.kind === "present" && note.step === step ? note.records : [])),
  );
  const present: string[] = [];
  const open: Open[] = [];
  for (const one of plannedByObject(work.target, work.operations, work.lookups)) {
    const object = rehearsed === null ? one : { ...one, before: rehearsed };
    const known: Known = new Map();
    const seen = await lookOrLeave(files, work, object, known, tally);
    if (seen === null) continue;
    const there = new Set(openIn(seen));
    await tellOfAbsent(files, work, { object, seen, noted, tally });
    present.push(...[...there].map((id) => shortName(files, object, id)).filter((name) => !noted.has(name)));
    if (there.size > 0 || putsOf(files, object, journal).length > 0) open.push({ object, seen, known });
  }
  io.signal.throwIfAborted();
  if (rehearsed !== null) {
    for (const { object, seen } of open) {
      const ids = new Set(openIn(seen));
      const kept = await guard.judge(step, recordsIn(object, ids));
      tally.left.push(...kept);
      for (const { key } of kept) ids.delete(partsOf(key)[2] ?? "");
      for (const id of ids) acted(tally, kindOf(work, object, id));
    }
    return outcomeOf(tally);
  }
  if (present.length > 0) await writeNote(journal, { kind: "present", step, records: present });
  journal.at("effect_begin");
  let half = false;
  const between = () => {
    if (!half) journal.at("effect_half");
    half = true;
  };
  for (const one of open) {
    io.signal.throwIfAborted();
    const ids = new Set(openIn(one.seen));
    const { hindrance, left } = await eraseOrTell({ files, work, journal, guard, between }, one);
    tally.left.push(...left);
    for (const { key } of left) ids.delete(partsOf(key)[2] ?? "");
    if (hindrance !== null) leave(tally, keysOf(one.object, ids), hindrance);
    else {
      for (const id of ids) acted(tally, kindOf(work, one.object, id));
      between();
    }
  }
  journal.at("effect_done");
  return outcomeOf(tally);
}

interface Ending {
  /** null: nothing of the planned records is left, but for those in `left`. */
  readonly hindrance: Hindrance | null;
  /** What the guard said is to be left alone. */
  readonly left: readonly Left[];
}

async function eraseOrTell(erasing: Erasing, one: Open): Promise<Ending> {
  const left: Left[] = [];
  try {
    return { hindrance: await eraseInObject(erasing, one, left), left };
  } catch (error) {
    const hindrance = hindranceOf(erasing.files, erasing.work, error);
    if (hindrance === null) throw error;
    return { hindrance, left };
  }
}

/** Goes round until nothing of the planned records is left in any version that counts. null: so it is. */
async function eraseInObject(
  erasing: Erasing,
  { object, seen: first, known }: Open,
  left: Left[],
): Promise<Hindrance | null> {
  const { files, work, journal, between } = erasing;
  const { target, lookups } = work;
  const { store } = files;
  const bucket = await files.bucket(object.bucket);
  let seen = first;
  let isStale = false;
  const judged = new Set<string>();
  const patience = backOff(CONFLICT, store.io);
  const refusals: Version[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    store.io.signal.throwIfAborted();
    if (isStale) seen = await survey(files, target, object, lookups, known);
    isStale = true;
    const { live, held } = seen;
    const ours = ourVersion(seen, putsOf(files, object, journal));
    if (ours !== null && hidesAnother(seen, ours)) {
      // another writer's version came between what we read and what we wrote: theirs is shown again, and taken up anew
      const refusal = await removeOne(store, bucket.name, object.key, ours.version.id);
      if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
      continue;
    }
    if (isKeptInVersion(target, seen)) return { kind: "blocked", reason: KEPT_IN_VERSION };
    const due = live === null ? [] : (held.get(live.id)?.open ?? []);
    if (live !== null && due.length > 0) {
      const attempt = await rewrite(erasing, object, { seen, live, due, refusals, known });
      switch (attempt.kind) {
        case "hindered":
          return attempt.hindrance;
        case "held":
          drop(object, attempt.left, left);
          round -= 1;
          continue;
        case "conflict":
          refusals.push(live);
          await patience();
          continue;
        case "written":
          for (const id of due) judged.add(id);
          between();
          continue;
      }
    }
    const doomed = doomedVersions(target, seen, ours !== null);
    if (doomed.length === 0) return null;
    const fresh = openIn({
      held: new Map([...held].filter(([id]) => doomed.some((version) => version.id === id))),
    }).filter((id) => !judged.has(id));
    const kept = await judge(erasing, object, fresh);
    for (const id of fresh) judged.add(id);
    if (kept.length > 0) {
      drop(object, kept, left);
      continue;
    }
    const lock = await lockOf(store, bucket, object.key, doomed);
    if (lock !== null) return { kind: "blocked", reason: lock.reason };
    const refusal = await removeVersions(store, bucket, object.key, doomed, between);
    if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
  }
  return { kind: "failed", reason: "conflict" };
}

/** These are nobody's to erase any more. */
function drop({ plans }: Planned, kept: readonly Left[], left: Left[]): void {
  for (const one of kept) {
    plans.delete(partsOf(one.key)[2] ?? "");
    left.push(one);
  }
}

/** Which of these records are to be left alone after all. */
async function judge({ work, guard }: Erasing, object: Planned, ids: readonly string[]): Promise<readonly Left[]> {
  const records = recordsIn(object, ids);
  const left = records.length === 0 ? [] : await guard.judge(work.step, records);
  return left.filter(({ key }) => records.some((record) => record.key === key));
}

function recordsIn({ plans }: Planned, ids: Iterable<string>): readonly PlannedRecord[] {
  return [...ids].flatMap((id) => plans.get(id)?.record ?? []);
}

interface Due {
  readonly seen: Survey;
  readonly live: Version;
  readonly due: readonly string[];
  /** The versions for which a conditional PUT was refused in the rounds before. */
  readonly refusals: readonly Version[];
  readonly known: Known;
}

/** `held`: what the guard leaves alone; nothing was written then. */
type Attempt =
  | { readonly kind: "written" | "conflict" }
  | { readonly kind: "held"; readonly left: readonly Left[] }
  | { readonly kind: "hindered"; readonly hindrance: Hindrance };

/** One attempt to replace the current version. */
async function rewrite(erasing: Erasing, object: Planned, { seen, live, due, refusals, known }: Due): Promise<Attempt> {
  const hindered = (reason: string): Attempt => ({ kind: "hindered", hindrance: { kind: "blocked", reason } });
  const { files, work, journal } = erasing;
  const { target, lookups } = work;
  const { store } = files;
  const bucket = await files.bucket(object.bucket);
  const name = nameOf(object.bucket, object.key, lookups);
  if (allVersions(target)) {
    const lock = bucket.versioning === "none" ? null : await lockOf(store, bucket, object.key, seen.versions);
    if (lock !== null) return hindered(lock.reason);
    // what is written here is locked at once: neither a probe nor a version of ours that hides another's could be taken back
    if (bucket.locksNew) return hindered("object_lock");
  }
  // the map's own folder, as the object's may be named after a person
  const folder = addressesOf(target).find((address) => address.bucket === bucket.name)?.path ?? "";
  const condition = await files.condition(bucket, literalStart(folder), journal);
  // refused again and again although nobody has written since: If-Match cannot be relied on for this object after all
  const refused =
    condition !== "versions" &&
    refusals.filter(({ id, etag }) => id === live.id && etag === live.etag).length >= PATIENCE;
  if ((condition === "none" || refused) && !files.unsafeOverwrite) return hindered("no_conditional_write");
  const source = { bucket, key: object.key, version: live, name };
  const changes = new Map([...changesOf(object)].filter(([id]) => due.includes(id)));
  try {
    const replaced = await replaceObject(
      files,
      target,
      {
        source,
        changes,
        condition: refused ? "none" : condition,
        judge: async (ids) => await judge(erasing, object, ids),
        keep:
          target.record.restoreWindow === undefined
            ? null
            : async (images) =>
                await journal.keepImages(
                  work.step,
                  [...images].map(([id, image]) => ({
                    key: JSON.stringify([object.bucket, object.key, id]),
                    bytes: writeImage(image, journal.notes.length),
                  })),
                ),
      },
      journal,
    );
    switch (replaced.kind) {
      case "impossible":
        return hindered(replaced.reason);
      case "held":
        return { kind: "held", left: replaced.left };
      case "conflict":
        return { kind: "conflict" };
      case "doubtful":
        await backOff(IN_DOUBT, store.io)(); // the next round reads what is there
        return { kind: "written" };
      case "written": {
        // it was read again and compared before it was sent, and the server has checked its hash
        const others = seen.held.get(live.id)?.others ?? [];
        if (replaced.changed === changes.size)
          known.set(knownName(replaced), { open: [], done: [], moved: [], others, hash: replaced.sha256 });
        const hindrance = await settle(files, work, bucket, object, { ...replaced, name });
        return hindrance === null ? { kind: "written" } : { kind: "hindered", hindrance };
      }
    }
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return { kind: "conflict" };
  }
}

/** A copy that lost something is taken back where the bucket still has the old one; else it is said. */
async function settle(
  files: Files,
  { target }: Work,
  bucket: Bucket,
  object: Planned,
  written: { readonly id: string; readonly lost: readonly string[]; readonly name: string },
): Promise<Hindrance | null> {
  const { lost, name } = written;
  if (lost.length === 0) return null;
  if (bucket.versioning === "enabled") {
    await removeOne(files.store, bucket.name, object.key, written.id);
    return { kind: "failed", reason: "attributes_lost" };
  }
  files.store.io.report({
    code: "GAP",
    severity: "warning",
    record: target.record.id,
    message: `${name} was rewritten, but the server did not keep: ${lost.join(", ")}`,
    gap: { where: `${name}: ${lost.join(", ")}`, holdsIdentifier: false },
  });
  return null;
}
