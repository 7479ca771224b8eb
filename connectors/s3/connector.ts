import type { Connector, Eraser, IO, Reader } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import type { StepOutcome, Work } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Sighting, Target } from "../../src/model/search.ts";
import { imageBytes } from "../../src/record-files/record-image.ts";
import { readAlike } from "../../src/record-files/read-alike.ts";
import { bucketFacts } from "./bucket.ts";
import { checkTarget, patternOf } from "./check.ts";
import { sweepProbes } from "./condition.ts";
import { config } from "./config.ts";
import { eraseObjects } from "./erase-objects.ts";
import { countAll, locateByNames, locateDue, locateRecords } from "./locate-records.ts";
import { isMarking, markObjects, notMarkedYet } from "./mark-objects.ts";
import { liveJournal } from "./notes.ts";
import { isPuttingObjectsBack, notBackYet, putBackObjects } from "./put-back-objects.ts";
import {
  addressesOf,
  allVersions,
  locateByKeys,
  locateObjects,
  objectBytes,
  partsOf,
  remainingObjects,
  type S3,
} from "./objects.ts";
import { eraseRecords, filesOfBlock } from "./records.ts";
import { residueOf } from "./residue.ts";
import { openStore } from "./store.ts";
import { objectSurvey } from "./structure.ts";
import { remainingInFiles } from "./survey.ts";
import { listVersions, liveOf } from "./versions.ts";

/** S3 and servers that speak its language. See docs/connectors/s3.md. */
export const connector: Connector = {
  kind: config.kind,
  actions: config.actions,
  configure: (block) => ({
    openReader: async (io) => openReader(block, io),
    openEraser: async (io) => openEraser(block, io),
    openSurvey: async (io) => objectSurvey(openStore(block, io), block),
  }),
};

function openReader(block: SystemBlock, io: IO): Reader {
  const opened = open(block, io);
  const { store } = opened;
  // what is known of a bucket is asked by every call anew: it may be versioned since
  const now = (): S3 => ({ ...opened, bucket: bucketFacts(store) });
  // a search counts the records it passes; a second reading for the cap alone would cost as much again
  const counted = new Map<string, number>();
  return {
    site: async () => await store.site(),
    async *check(targets) {
      const [s3, alike] = [now(), readAlike()];
      for (const target of targets) yield* checkTarget(s3, target, alike);
    },
    links: async () => [],
    writes: async () => [],
    locate(target, selection) {
      const [s3, whole] = [now(), target.record.place.kind === "keys"];
      switch (selection.by) {
        case "subjects":
          if (whole) return locateObjects(s3, target, selection.lookups);
          return locateRecords(
            s3,
            target,
            selection.lookups,
            (records) => target.where === undefined && counted.set(target.record.id, records),
          );
        case "keys":
          return whole ? locateByKeys(s3, target, selection.keys) : locateByNames(s3, target, selection.keys);
        case "due":
          if (whole)
            throw new Failure("NOT_BUILT", `${target.record.id}: whole objects that are due are not looked for yet`);
          return locateDue(
            s3,
            target,
            selection,
            (records) => target.where === undefined && counted.set(target.record.id, records),
          );
      }
    },
    async *references() {},
    // eslint-disable-next-line require-yield
    async *sweep(): AsyncGenerator<Sighting> {
      throw new Failure("NOT_BUILT", "looking through all objects for a value is not built yet");
    },
    async size(target) {
      if (target.record.place.kind === "keys") return await countObjects(now(), target);
      return counted.get(target.record.id) ?? (await countAll(now(), target));
    },
    imageBytes: async (target, keys) =>
      target.record.place.kind === "keys"
        ? await objectBytes(now(), target, keys)
        : imageBytes(keys.flatMap((key) => partsOf(key)[2] ?? [])),
    remaining(target, operation) {
      const keys = operation.records.map(({ key }) => key);
      const { change } = operation;
      if (target.record.place.kind === "keys" && isPuttingObjectsBack(change))
        return notBackYet(now(), { target }, change, keys);
      if (target.record.place.kind === "keys" && (change.kind === "mark" || change.kind === "restore"))
        return notMarkedYet(now(), change, keys);
      return target.record.place.kind === "keys"
        ? remainingObjects(now(), target, keys)
        : remainingInFiles(now(), target, operation);
    },
    residue: (target) => residueOf(now(), target),
    [Symbol.asyncDispose]: async () => store.close(),
  };
}

function openEraser(block: SystemBlock, io: IO): Eraser {
  const files = filesOfBlock(open(block, io), block.connect.unsafeOverwrite ?? false);
  return {
    async apply(unit, given, guard) {
      io.signal.throwIfAborted();
      const rehearsal = unit.rehearsal === true;
      if (!rehearsal) await sweepProbes(files.store, files.bucket, given);
      const journal = liveJournal(given);
      const outcomes: StepOutcome[] = [];
      for (const work of unit.works)
        outcomes.push(
          work.target.record.place.kind === "keys"
            ? work.operations.some(({ change }) => isPuttingObjectsBack(change))
              ? await putBackObjects({ s3: files, work, journal, rehearsal })
              : isMarking(work)
                ? await markObjects({ s3: files, work, journal, guard, rehearsal })
                : await eraseObjects(files, work, journal, guard)
            : await eraseRecords(
                files,
                work,
                journal,
                guard,
                rehearsal
                  ? ofRecordFiles([...(unit.earlier ?? []), ...unit.works.slice(0, unit.works.indexOf(work))])
                  : null,
              ),
        );
      return outcomes;
    },
    flushResidue: async (target) => await Array.fromAsync(residueOf(files, target)),
    [Symbol.asyncDispose]: async () => files.store.close(),
  };
}

/** Whole objects are no part of what a record file will hold. */
function ofRecordFiles(works: readonly Work[]): Work[] {
  return works.filter(({ target }) => target.record.place.kind !== "keys");
}

function open(block: SystemBlock, io: IO): S3 {
  const store = openStore(block, io);
  return { store, records: block.records, bucket: bucketFacts(store) };
}

async function countObjects({ store }: S3, target: Target): Promise<number> {
  let count = 0;
  for (const address of addressesOf(target)) {
    const { prefix, fits } = patternOf(target, address);
    for await (const { key, versions } of listVersions(store, address.bucket, prefix))
      if (fits(key) && (allVersions(target) || liveOf(versions) !== null)) count += 1;
  }
  return count;
}
