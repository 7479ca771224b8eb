/** Hides whole objects behind a delete marker, and takes exactly that marker away again. */
import { z } from "zod";
import { Failure } from "../../src/errors.ts";
import type { Left, PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Guard, Image, UnitJournal } from "../../src/port/connector.ts";
import { acted, ALREADY_GONE, AS_WANTED, CHANGED, leave, newTally, outcomeOf } from "../../src/record-files/tally.ts";
import { readNotes, writeNote } from "./notes.ts";
import { objectFingerprint, partsOf, reasonOf, type S3, shortName, shortVersion } from "./objects.ts";
import { hideVersioned, removeOne } from "./remove.ts";
import { liveOf, type Version, versionsOf } from "./versions.ts";

/** Objects that are judged together. */
const BATCH = 256;
const AT_ONCE = 16;

type Marking = Extract<Change, { kind: "mark" | "restore" }>;

/** What was seen before a marker was set, and which marker is ours. */
const IMAGE = z.strictObject({
  live: z.strictObject({ id: z.string(), etag: z.string() }),
  /** Delete markers that stood there before. */
  markers: z.array(z.string()),
  /** Ours; absent where the process ended before it was known. */
  marker: z.string().exactOptional(),
});

type ObjectImage = z.infer<typeof IMAGE>;

interface Marked {
  readonly s3: S3;
  readonly work: Work;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  /** Nothing is written and nothing noted. */
  readonly rehearsal: boolean;
}

/** An object at which something is to be done. */
interface Free {
  readonly record: PlannedRecord;
  readonly versions: readonly Version[];
  readonly image: ObjectImage;
  readonly noted: boolean;
}

type Seen = Omit<Left, "key"> | "ours" | Omit<Free, "record">;

export function isMarking({ operations }: Work): boolean {
  return operations.some(({ change }) => change.kind === "mark" || change.kind === "restore");
}

export async function markObjects(marked: Marked): Promise<StepOutcome> {
  const { s3, work, journal, rehearsal } = marked;
  const { io } = s3.store;
  const tally = newTally(work.step);
  const passed = new Set<string>();
  const pass = (point: "effect_begin" | "effect_half") => {
    if (!passed.has(point) && !rehearsal) journal.at(point);
    passed.add(point);
  };
  for (const { change, records } of work.operations) {
    if (records.length === 0) continue;
    if (change.kind !== "mark" && change.kind !== "restore")
      throw new Failure("ACTION_REFUSED", `${work.target.record.id}: whole objects can only be deleted or hidden`);
    for (let at = 0; at < records.length; at += BATCH) {
      io.signal.throwIfAborted();
      const free: Free[] = [];
      for (const [record, seen] of await lookAtAll(marked, change, records.slice(at, at + BATCH))) {
        if (seen === "ours") acted(tally, "fields");
        else if ("image" in seen) free.push({ record, ...seen });
        else leave(tally, [record.key], seen);
      }
      const held = await marked.guard.judge(
        work.step,
        free.map(({ record }) => record),
      );
      tally.left.push(...held);
      const acting = free.filter(({ record }) => !held.some(({ key }) => key === record.key));
      io.signal.throwIfAborted();
      if (!rehearsal && acting.length > 0) await notedAndKept(marked, change, acting);
      pass("effect_begin");
      const images: Image[] = [];
      for (const one of acting) {
        io.signal.throwIfAborted();
        const done = rehearsal ? one.image : await actOn(s3, change, one);
        if ("kind" in done) leave(tally, [one.record.key], done);
        else {
          acted(tally, "fields");
          images.push(imageOf(one.record, done));
        }
        pass("effect_half");
      }
      if (!rehearsal && change.kind === "mark") await keep(marked, images);
    }
  }
  pass("effect_begin");
  if (!rehearsal) journal.at("effect_done");
  return outcomeOf(tally);
}

async function lookAtAll(
  { s3, work: { step }, journal }: Marked,
  change: Marking,
  records: readonly PlannedRecord[],
): Promise<readonly (readonly [PlannedRecord, Seen])[]> {
  const before = new Map(
    readNotes(journal).flatMap((note) =>
      note.kind === "objects" && note.step === step
        ? note.objects.map(({ name, versions }) => [name, new Set(versions)] as const)
        : [],
    ),
  );
  const seen: (readonly [PlannedRecord, Seen])[] = [];
  for (let at = 0; at < records.length; at += AT_ONCE) {
    s3.store.io.signal.throwIfAborted();
    seen.push(
      ...(await Promise.all(
        records.slice(at, at + AT_ONCE).map(async (record): Promise<readonly [PlannedRecord, Seen]> => {
          const [name, key] = partsOf(record.key);
          const versions = await versionsOf(s3.store, name, key);
          const noted = before.get(shortName(s3, record.key));
          if (change.kind === "restore") return [record, toRestore(change.images.get(record.key), versions, noted)];
          // a plain delete destroys where there are no versions
          if ((await s3.bucket(name)).versioning !== "enabled")
            return [record, { kind: "blocked", reason: "not_versioned" }];
          return [record, toMark(s3, record, versions, noted)];
        }),
      )),
    );
  }
  return seen;
}

function toMark(
  s3: S3,
  record: PlannedRecord,
  versions: readonly Version[],
  noted: ReadonlySet<string> | undefined,
): Seen {
  const live = liveOf(versions);
  if (versions.length === 0) return ALREADY_GONE;
  if (live === null) return noted === undefined ? AS_WANTED : "ours";
  const isPlanned =
    noted === undefined
      ? objectFingerprint(s3, versions) === record.fingerprint
      : versions.every((one) => noted.has(shortVersion(s3, one)));
  if (!isPlanned) return CHANGED;
  const markers = versions.filter(({ marker }) => marker).map(({ id }) => id);
  return { versions, image: { live: { id: live.id, etag: live.etag }, markers }, noted: noted !== undefined };
}

function toRestore(
  bytes: Uint8Array | undefined,
  versions: readonly Version[],
  noted: ReadonlySet<string> | undefined,
): Seen {
  if (bytes === undefined) throw new Failure("UNEXPECTED", "an object is to be given back that was never kept");
  const image = IMAGE.parse(JSON.parse(Buffer.from(bytes).toString()));
  const live = liveOf(versions);
  if (versions.length === 0) return ALREADY_GONE;
  if (live !== null) return !isSame(live, image.live) ? CHANGED : noted === undefined ? AS_WANTED : "ours";
  const ours = ourMarker(image, versions);
  return ours === null ? CHANGED : { versions, image: { ...image, marker: ours }, noted: noted !== undefined };
}

/** Our marker, where nothing else came between the object as we saw it and that. */
function ourMarker({ live, markers, marker }: ObjectImage, versions: readonly Version[]): string | null {
  const top = versions.find(({ latest }) => latest);
  const newest = versions.find((version) => !version.marker);
  if (top?.marker !== true || newest === undefined || !isSame(newest, live)) return null;
  if (marker !== undefined) return marker === top.id ? top.id : null;
  const since = versions.filter((version) => version.marker && !markers.includes(version.id));
  return since.length === 1 && since[0]?.id === top.id ? top.id : null;
}

async function notedAndKept(marked: Marked, change: Marking, acting: readonly Free[]): Promise<void> {
  const { s3, work, journal } = marked;
  if (change.kind === "mark")
    await keep(
      marked,
      acting.map(({ record, image }) => imageOf(record, image)),
    );
  const objects = acting
    .filter(({ noted }) => !noted)
    .map(({ record, versions }) => ({
      name: shortName(s3, record.key),
      versions: versions.map((one) => shortVersion(s3, one)),
    }));
  if (objects.length > 0) await writeNote(journal, { kind: "objects", step: work.step, objects });
}

async function keep({ work: { step, target }, journal }: Marked, images: readonly Image[]): Promise<void> {
  if (target.record.restoreWindow !== undefined && images.length > 0) await journal.keepImages(step, images);
}

function imageOf({ key }: PlannedRecord, image: ObjectImage): Image {
  return { key, bytes: new Uint8Array(Buffer.from(JSON.stringify(image))) };
}

/** Sets the marker, or takes it away; what is seen afterwards must be what was meant. */
async function actOn(
  { store }: S3,
  change: Marking,
  { record, image }: Free,
): Promise<ObjectImage | Omit<Left, "key">> {
  const [bucket, key] = partsOf(record.key);
  if (change.kind === "restore") {
    const refusal = await removeOne(store, bucket, key, image.marker);
    if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
    const live = liveOf(await versionsOf(store, bucket, key));
    return live !== null && isSame(live, image.live) ? image : CHANGED;
  }
  const { refusal, marker } = await hideVersioned(store, bucket, key);
  if (refusal !== null) return { kind: "failed", reason: reasonOf(refusal) };
  const now = await versionsOf(store, bucket, key);
  const ours = ourMarker({ ...image, ...(marker === undefined ? {} : { marker }) }, now);
  if (ours !== null) return { ...image, marker: ours };
  // somebody wrote it anew meanwhile: that one was never planned, and is shown again
  if (marker !== undefined && now.some(({ id }) => id === marker)) await removeOne(store, bucket, key, marker);
  return CHANGED;
}

function isSame(one: Pick<Version, "id" | "etag">, other: Pick<Version, "id" | "etag">): boolean {
  return one.id === other.id && one.etag === other.etag;
}

/** Objects that are not as a mark, or its undoing, leaves them. */
export async function* notMarkedYet({ store }: S3, change: Marking, keys: readonly string[]): AsyncGenerator<string> {
  for (const planned of keys) {
    store.io.signal.throwIfAborted();
    const [bucket, key] = partsOf(planned);
    const versions = await versionsOf(store, bucket, key);
    const live = liveOf(versions);
    if (change.kind === "mark") {
      if (live !== null) yield planned;
    } else if (toRestore(change.images.get(planned), versions, undefined) !== AS_WANTED) yield planned;
  }
}
