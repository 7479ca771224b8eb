import { parseJson } from "../../src/documents/json-text.ts";
import { Failure } from "../../src/errors.ts";
import type { Left, Operation, PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import type { Eraser, Guard, Image, IO, UnitJournal } from "../../src/port/connector.ts";
import { retry } from "../../src/port/retry.ts";
import type { Api } from "./api.ts";
import { bulk, bulksOf, creation, deletion, replacement, type Write, type Written } from "./bulk.ts";
import { refresh, taskFindings } from "./check.ts";
import { effectsOf, type Effects } from "./effects.ts";
import { looksAt, type Looker } from "./look.ts";
import { purge } from "./purge.ts";
import { type DocumentName, type Fetched, nameOf, withDocuments, type WithDocument } from "./search.ts";
import { isWhole } from "./whole-image.ts";

export function eraser(io: IO, api: Api): Eraser {
  return {
    async apply(unit, journal, guard) {
      const effects = effectsOf(io, journal);
      const outcomes: StepOutcome[] = [];
      const isRehearsal = unit.rehearsal === true;
      for (const work of unit.works)
        outcomes.push(await applyWork({ io, api, journal, guard, effects, isRehearsal }, work));
      await settle(io, api, unit.works, effects, journal);
      return outcomes;
    },
    flushResidue: async (target) => await purge(io, api, target),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

/** Searches see what was done; whatever copies documents at the moment is told of. */
async function settle(io: IO, api: Api, works: readonly Work[], effects: Effects, journal: UnitJournal): Promise<void> {
  if (effects.indices.size === 0) return;
  effects.half();
  for (const index of effects.indices) await refresh(api, index);
  for (const record of new Set(works.map(({ target }) => target.record.id)))
    for await (const finding of taskFindings(api, record)) io.report(finding);
  journal.at("effect_done");
}

/** Documents read, judged and written in one go. */
const BATCH = 100;
/** A document is read again after another writer came between. */
const CONFLICT = { tries: 60, first: 10, most: 250 };

/** What becomes of one planned record: done (by an earlier attempt, maybe), or left. */
type Result = { readonly kind: "done" } | { readonly kind: "left"; readonly left: Left };

interface Task {
  readonly io: IO;
  readonly api: Api;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  readonly effects: Effects;
  /** Everything is read and judged, and nothing is written. */
  readonly isRehearsal: boolean;
}

async function applyWork(task: Task, work: Work): Promise<StepOutcome> {
  const { io, api, journal, guard } = task;
  const tally = { matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0 };
  const left: Left[] = [];
  for (const operation of work.operations) {
    for (const change of [operation.change, ...(operation.also ?? []).map((one) => one.change)])
      if (change.kind === "mark" && change.stamp === undefined)
        throw new Failure("UNEXPECTED", "nothing says when it is marked, and by whom");
    const look = await looksAt(io, api, work.target, operation, work.lookups);
    const count = (result: Result) => {
      if (result.kind === "left") left.push(result.left);
      else if (operation.change.kind === "minimise") tally.minimised += 1;
      else {
        tally.matched += 1;
        tally[operation.change.kind === "delete" ? "deleted" : "changed"] += 1;
      }
    };
    for (let from = 0; from < operation.records.length; from += BATCH) {
      const records = operation.records.slice(from, from + BATCH);
      await applyBatch(
        {
          ...task,
          operation,
          look,
          judge: async (some) => await guard.judge(work.step, some),
          keep: async (images) => await journal.keepImages(work.step, images),
          count,
        },
        records,
      );
    }
  }
  return { step: work.step, ...tally, left };
}

interface Batch extends Task {
  readonly operation: Operation;
  readonly look: Looker;
  readonly judge: (records: readonly PlannedRecord[]) => Promise<readonly Left[]>;
  readonly keep: (images: readonly Image[]) => Promise<void>;
  count(result: Result): void;
}

interface Planned extends Write {
  readonly record: PlannedRecord;
  /** What gives it back. */
  readonly image?: Uint8Array;
}

/** Reads, judges and writes, and all of it again for those that another writer came to in between. */
async function applyBatch(batch: Batch, records: readonly PlannedRecord[]): Promise<void> {
  const { io, api, operation, look, effects, judge, keep, count } = batch;
  // the key that stands for a whole index which could not be searched
  for (const { key } of records.filter((record) => nameOf(record.key) === undefined))
    count(leftAs(key, "blocked", "index_closed"));
  let pending = records.filter((record) => nameOf(record.key) !== undefined);
  const round = async (nth: number) => {
    const ready: Planned[] = [];
    for await (const found of withDocuments(api, pending)) {
      const next = nextFor(found, operation, look, batch);
      if ("kind" in next) count(next);
      else ready.push({ ...next, record: found.record });
    }
    const stays = new Map(
      (ready.length === 0 ? [] : await judge(ready.map(({ record }) => record))).map((one) => [one.key, one]),
    );
    const free = ready.filter(({ record }) => {
      const left = stays.get(record.key);
      if (left !== undefined) count({ kind: "left", left });
      return left === undefined;
    });
    const again: PlannedRecord[] = [];
    if (batch.isRehearsal) for (const _ of free) count({ kind: "done" });
    for (const some of bulksOf(batch.isRehearsal ? [] : free)) {
      const images = some.flatMap(({ record, image }) =>
        image === undefined ? [] : [{ key: record.key, bytes: image }],
      );
      if (images.length > 0) await keep(images);
      await effects.begin(
        some.map(({ record, document, after }) => ({
          key: record.key,
          index: document.index,
          ...afterPrint(document, after, look, record),
        })),
      );
      for (const [place, written] of (await bulk(api, some)).entries()) {
        const record = some[place]?.record;
        if (record === undefined) continue;
        if (written.kind === "again" && nth < CONFLICT.tries) again.push(record);
        else count(resultOf(record.key, written, effects));
      }
    }
    pending = again;
  };
  if (pending.length > 0) await retry(round, { ...CONFLICT, value: () => pending.length > 0 }, io);
}

/** What is to be written for a record as it is now, or what has become of it without that. */
function nextFor(
  { record, name, document }: WithDocument<PlannedRecord>,
  { change }: Operation,
  look: Looker,
  task: Task,
): Omit<Planned, "record"> | Result {
  const { effects, isRehearsal } = task;
  const { key } = record;
  const marks = change.kind === "mark" || change.kind === "restore";
  if (document === "index_missing") return leftAs(key, "failed", "index_missing");
  if (document === "index_closed") return leftAs(key, "blocked", "index_closed");
  if (document === "absent" && isWhole(change)) return newFor(name, look, record, task);
  if (document === "absent") {
    // what is gone is not marked, and is not given back
    if (marks) return leftAs(key, "already_gone", "gone");
    return effects.hadBegun(key) ? { kind: "done" } : leftAs(key, "already_gone", "already_gone");
  }
  const seen = look.at(document, record);
  // an alias that leads elsewhere now: nobody planned to act on what is no part of the record type
  if (seen === undefined) return leftAs(key, "failed", "changed");
  const { fingerprint, after, refused, image, blocked } = seen;
  if (change.kind !== "delete" && after === undefined && refused === undefined) {
    if (!effects.hadMade(key, seen.made)) return leftAs(key, "already_gone", marks ? "as_wanted" : "already_gone");
    // that attempt may have ended before it was told to searches
    effects.touch(document.index);
    return { kind: "done" };
  }
  // what is given back is told by what was kept of it
  if (change.kind !== "restore" && fingerprint !== record.fingerprint) return leftAs(key, "failed", "changed");
  if (refused !== undefined) return leftAs(key, refused === "marker_path" ? "blocked" : "failed", refused);
  if (isRehearsal && blocked !== undefined) return leftAs(key, "blocked", blocked);
  const kept = image === undefined ? {} : { image };
  return { ...(after === undefined ? deletion(document) : replacement(document, after)), ...kept };
}

/** A document that was deleted is made anew, in the index in which it was. */
function newFor(
  { index, id, routing }: DocumentName,
  look: Looker,
  record: PlannedRecord,
  { isRehearsal }: Task,
): Omit<Planned, "record"> | Result {
  const seen = look.absent(index, record);
  // an alias of its name may lead elsewhere now
  if (seen === undefined) return leftAs(record.key, "failed", "changed");
  const { after, refused, blocked } = seen;
  if (after === undefined) return leftAs(record.key, "failed", refused ?? "gone");
  if (isRehearsal && blocked !== undefined) return leftAs(record.key, "blocked", blocked);
  return creation({ index, id, ...(routing === undefined ? {} : { routing }) }, after);
}

/** How the document will look, so that a later attempt knows its own work again. */
function afterPrint(
  document: Write["document"],
  after: string | undefined,
  look: Looker,
  record: PlannedRecord,
): { readonly after?: string } {
  if (after === undefined) return {};
  const then: Fetched = { seqNo: "", primaryTerm: "", ...document, source: parseJson(after), text: after };
  const seen = look.at(then, record);
  return seen === undefined ? {} : { after: seen.made };
}

function resultOf(key: string, written: Written, effects: Effects): Result {
  switch (written.kind) {
    case "done":
      return { kind: "done" };
    case "gone":
      // between reading and writing somebody else deleted it, or an earlier attempt of ours has
      return effects.hadBegun(key) ? { kind: "done" } : leftAs(key, "already_gone", "already_gone");
    case "again":
      return leftAs(key, "failed", "version_conflict");
    case "blocked":
    case "failed":
      return leftAs(key, written.kind, written.reason);
  }
}

function leftAs(key: string, kind: Left["kind"], reason: string): Result {
  return { kind: "left", left: { key, kind, reason } };
}
