import { join } from "node:path";
import { Failure } from "../../src/errors.ts";
import type { Left, PlannedRecord, StepOutcome, Unit, Work } from "../../src/model/change.ts";
import type { Eraser, Guard, IO, UnitJournal } from "../../src/port/connector.ts";
import { goneRecords } from "../../src/record-files/missing-records.ts";
import { type RecordChange, recordChange } from "../../src/record-files/record-format.ts";
import { isOwn, readFingerprint } from "../../src/record-files/record-name.ts";
import { writeImage } from "../../src/record-files/record-image.ts";
import { recordRule, type RecordRule } from "../../src/record-files/record-rule.ts";
import { isGivingBack, type Restorable, restorable } from "../../src/record-files/restorable.ts";
import { rewriteRecords } from "../../src/record-files/rewrite-records.ts";
import { rewriteFile } from "../../src/record-files/rewrite-file.ts";
import { shown } from "../../src/model/shown.ts";
import {
  acted,
  ALREADY_GONE,
  AS_WANTED,
  CHANGED,
  leave,
  NEIGHBOURS,
  newTally,
  outcomeOf,
} from "../../src/record-files/tally.ts";
import { errnoOf, isBlocking } from "./failure.ts";
import type { Root } from "./folder.ts";
import { fileNotes, type Intent } from "./notes.ts";
import { openFile, type OpenFile } from "./read-file.ts";
import { keyOf, parseKey } from "./record-key.ts";
import { removeTemp, replaceFile, type Replacing, tempPath } from "./replace.ts";
import { writersBelow } from "./writers.ts";

/** Somebody else keeps writing the file: after so many readings it is left for another run. */
const ATTEMPTS = 5;

/** Rewrites every file once, for all its planned records of a step. */
export function filesEraser(root: Root, io: IO): Eraser {
  const isWritten = writersBelow(root.path);
  let turns = 0;
  return {
    async apply(unit, journal, guard) {
      io.signal.throwIfAborted();
      journal.at("effect_begin");
      const outcomes: StepOutcome[] = [];
      for (const work of unit.works)
        outcomes.push(
          await eraseWork({
            root,
            io,
            unit,
            work,
            journal,
            guard,
            isWritten,
            // each rewriting is noted, so that a later attempt goes on counting
            nextTurn: () => journal.notes.length + (turns += 1),
          }),
        );
      journal.at("effect_done");
      return outcomes;
    },
    // nothing can be finished: what an old file leaves on the medium is out of our reach
    flushResidue: async ({ record }) => [
      { system: record.system, record: record.id, mechanism: "media", goneBy: null },
    ],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface WorkTask {
  readonly root: Root;
  readonly io: IO;
  readonly unit: Unit;
  readonly work: Work;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  readonly isWritten: (absolute: string) => Promise<boolean>;
  /** Tells the rewritings of the unit apart: each gets a higher one. */
  readonly nextTurn: () => number;
}

interface Planned {
  readonly record: PlannedRecord;
  readonly change: RecordChange;
}

/** By the record's name in the file. */
type Plans = ReadonlyMap<string, Planned>;

async function eraseWork(task: WorkTask): Promise<StepOutcome> {
  const { io, work } = task;
  const tally = newTally(work.step);
  for (const [path, plans] of byFile(work)) {
    io.signal.throwIfAborted();
    try {
      const { changed, left } = await eraseFile({ ...task, path, plans });
      for (const id of changed) acted(tally, plans.get(id)?.change.remove === true ? "delete" : "fields");
      tally.left.push(...left);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      leave(
        tally,
        plans.keys().map((id) => keyOf(path, id)),
        trouble,
      );
    }
  }
  return outcomeOf(tally);
}

interface FileTask extends WorkTask {
  readonly path: string;
  readonly plans: Plans;
}

interface FileOutcome {
  /** In this attempt or an earlier one. */
  readonly changed: readonly string[];
  readonly left: readonly Left[];
}

async function eraseFile(task: FileTask): Promise<FileOutcome> {
  const { root, io, unit, work, journal, path } = task;
  const name = io.digest(["files", unit.id, work.step, path]);
  const notes = fileNotes(journal, name);
  const leftAs = (ids: Iterable<string>, why: Omit<Left, "key">) =>
    [...ids].map((id): Left => ({ key: keyOf(path, id), ...why }));
  // what bears another fingerprint than its name was planned by nobody
  const altered = [...task.plans]
    .filter(([id, { record, change }]) => change.back === undefined && !isOwn(id, record.fingerprint))
    .map(([id]) => id);
  let plans: Plans = without(task.plans, altered);
  let earlier = notes.last;
  let before: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await using file = await openFile(root, path);
    if (file === null) {
      const leftOver = unit.rehearsal !== true && (await removeTemp(tempPath(join(root.path, path), name)));
      const credited = leftOver ? [] : creditedOf(earlier, plans);
      // nobody can say what became of the records of a file that is not there
      return {
        changed: [...before, ...credited],
        left: leftAs(
          [...altered, ...without(plans, credited).keys()],
          isGivingBack(changesIn(plans)) ? FILE_GONE : CHANGED,
        ),
      };
    }
    if (attempt === 1 && earlier !== null && isSame(earlier, file)) {
      // an earlier attempt's file is in place: what it changed is not to be looked for again
      before = creditedOf(earlier, plans);
      plans = without(plans, before);
      earlier = null;
      if (plans.size === 0) return { changed: before, left: leftAs(altered, CHANGED) };
    }
    const restoring = isGivingBack(changesIn(plans))
      ? await restorable(sourceOf(task, file), ruleFor(task), changesIn(plans))
      : null;
    if (unit.rehearsal === true) return await rehearsed(task, file, plans, restoring, leftAs);
    if (await task.isWritten(file.absolute)) throw new Failure("BLOCKED", "open_for_writing");
    const temp = tempPath(file.absolute, name);
    const leftOver = await removeTemp(temp);
    const acting = restoring === null ? plans : only(plans, restoring.ours);
    const replaced = await replaceFile({ ...toReplace(task, file, acting), temp, io, journal, notes });
    if (replaced === "conflict") continue;
    const { rewritten, held } = replaced;
    // a file written aside that is still there was never put in place; what an earlier attempt changed may bear its name still
    const credited = leftOver ? [] : creditedOf(earlier, without(plans, [...rewritten.changed, ...rewritten.moved]));
    const isCredited = new Set(credited);
    if (restoring !== null)
      return {
        changed: [...before, ...rewritten.changed, ...credited],
        left: [...held, ...notRestored(without(plans, credited), restoring, leftAs)],
      };
    const missing = without(plans, [...rewritten.matched, ...credited, ...held.map(({ key }) => parseKey(key).id)]);
    const gone =
      missing.size === 0
        ? new Set<string>()
        : await goneOf(task, file, [
            ...missing.keys(),
            ...[...before, ...credited].filter((id) => !isMarked(task, id)),
          ]);
    return {
      changed: [...before, ...rewritten.changed, ...credited],
      left: [
        ...leftAs(altered, CHANGED),
        ...held,
        ...leftAs(
          rewritten.alreadyAsWanted.filter((id) => !isCredited.has(id)),
          ALREADY_GONE,
        ),
        ...leftAs(rewritten.moved, CHANGED),
        ...missing.keys().flatMap((id) => leftAs([id], gone.has(id) ? ALREADY_GONE : CHANGED)),
      ],
    };
  }
  throw new Failure("BLOCKED", "changed_meanwhile");
}

/** A record that is marked as deleted is in its file still. */
function isMarked({ plans }: FileTask, id: string): boolean {
  return plans.get(id)?.change.parts.some(({ change }) => change.kind === "mark") === true;
}

/** Nobody can say what stood there. */
const FILE_GONE = { kind: "failed", reason: "gone" } as const;

/** The file as it is; in a rehearsal with what is put back before, of other units and of this. */
function sourceOf({ unit, work, path, io }: FileTask, file: OpenFile): () => AsyncIterable<Uint8Array> {
  const now = (): AsyncIterable<Uint8Array> => file.bytes(io.signal);
  if (unit.rehearsal !== true) return now;
  const before = [...(unit.earlier ?? []), ...unit.works.slice(0, unit.works.indexOf(work))];
  return before.reduce<() => AsyncIterable<Uint8Array>>((source, earlier) => {
    const plans = new Map(byFile(earlier)).get(path);
    const changes = plans === undefined ? new Map<string, RecordChange>() : changesIn(plans);
    if (!isGivingBack(changes)) return source;
    const rule = ruleFor({ work: earlier, path, io });
    return () => rewriteFile(source, rule, changes, (value) => io.pseudonym(value)).output;
  }, now);
}

type LeftAs = (ids: Iterable<string>, why: Omit<Left, "key">) => readonly Left[];

/** What of these cannot be given back, or is as it was. */
function notRestored(plans: Plans, { ours, back, changed }: Restorable, leftAs: LeftAs): readonly Left[] {
  const ids = new Set(plans.keys()).difference(ours);
  return [
    ...leftAs(ids.intersection(back), AS_WANTED),
    ...[...ids.intersection(changed)].flatMap((id) => {
      const back = plans.get(id)?.change.back;
      return leftAs([id], back?.after === null ? NEIGHBOURS : CHANGED);
    }),
    ...leftAs(ids.difference(back).difference(changed), ALREADY_GONE),
  ];
}

/** What would be done; nothing is written, and nothing noted. */
async function rehearsed(
  task: FileTask,
  file: OpenFile,
  plans: Plans,
  restoring: Restorable | null,
  leftAs: LeftAs,
): Promise<FileOutcome> {
  if (restoring !== null)
    return {
      changed: [...plans.keys()].filter((id) => restoring.ours.has(id)),
      left: notRestored(plans, restoring, leftAs),
    };
  const { rule, changes, judge } = toReplace(task, file, plans);
  const { output, result } = rewriteRecords(file.bytes(task.io.signal), rule, changes, (value) =>
    task.io.pseudonym(value),
  );
  // nothing is read faster than it is pulled
  for await (const _ of output);
  const { changed, matched, alreadyAsWanted, moved } = result();
  const held = await judge(changed);
  const stays = new Set(held.map(({ key }) => parseKey(key).id));
  return {
    changed: changed.filter((id) => !stays.has(id)),
    left: [
      ...held,
      ...leftAs(alreadyAsWanted, ALREADY_GONE),
      ...leftAs([...moved, ...without(plans, matched).keys()], CHANGED),
    ],
  };
}

function toReplace(
  task: FileTask,
  file: OpenFile,
  plans: Plans,
): Pick<Replacing, "file" | "rule" | "changes" | "judge" | "keep"> {
  const { guard, work, path } = task;
  return {
    file,
    rule: ruleFor(task),
    changes: changesIn(plans),
    keep:
      work.target.record.restoreWindow === undefined
        ? null
        : async (images) => {
            const turn = task.nextTurn();
            await task.journal.keepImages(
              work.step,
              [...images].map(([id, image]) => ({ key: keyOf(path, id), bytes: writeImage(image, turn) })),
            );
          },
    async judge(ids) {
      const left = await guard.judge(
        work.step,
        ids.flatMap((id) => plans.get(id)?.record ?? []),
      );
      return left.filter(({ key }) => parseKey(key).path === path);
    },
  };
}

/** Those that are not in the file because somebody removed them, or changed them as we would have. Reads the file as it was before ours took its place. */
async function goneOf(task: FileTask, file: OpenFile, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const missing = ids.flatMap((id) => {
    const plan = task.plans.get(id);
    return plan === undefined ? [] : [{ id, planned: readFingerprint(plan.record.fingerprint), change: plan.change }];
  });
  return await goneRecords(file.bytes(task.io.signal), ruleFor(task), missing);
}

function ruleFor({ work, path, io }: Pick<FileTask, "work" | "path" | "io">): RecordRule {
  return recordRule(work.target, { path, name: shown(path, work.lookups) }, (parts) => io.digest(parts));
}

/** An attempt that was cut off may have put its file in place, and another program replaced that since: what it changed counts as ours. */
function creditedOf(earlier: Intent | null, plans: Plans): readonly string[] {
  return (earlier?.changed ?? []).filter((id) => plans.has(id));
}

function only(plans: Plans, ids: ReadonlySet<string>): Plans {
  return new Map([...plans].filter(([id]) => ids.has(id)));
}

function changesIn(plans: Plans): ReadonlyMap<string, RecordChange> {
  return new Map([...plans].map(([id, { change }]) => [id, change]));
}

function without(plans: Plans, ids: Iterable<string>): Plans {
  const gone = new Set(ids);
  return new Map([...plans].filter(([id]) => !gone.has(id)));
}

function isSame({ ino, born }: Intent, { found }: OpenFile): boolean {
  return ino === String(found.ino) && born === String(found.birthtimeNs);
}

/** Planned records by file, ascending; a file is read and written once for all of them. */
function byFile({ operations, lookups, target }: Work): [string, Map<string, Planned>][] {
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const files = new Map<string, Map<string, Planned>>();
  for (const { change, records, also = [] } of operations) {
    for (const record of records) {
      const { path, id } = parseKey(record.key);
      const mine = record.subjects.flatMap((subject) => bySubject.get(subject) ?? []);
      const plans = files.get(path) ?? new Map<string, Planned>();
      files.set(path, plans.set(id, { record, change: recordChange(path, change, target, mine, also, record) }));
    }
  }
  return [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** null: not ours to weigh (Ctrl-C, a fault of the program, a request that another process took over). */
function troubleOf(error: unknown): { readonly kind: "blocked" | "failed"; readonly reason: string } | null {
  if (error instanceof Failure) {
    if (error.code === "BUSY" || error.code === "INTERRUPTED" || error.code === "UNEXPECTED") return null;
    if (error.code === "BLOCKED") return { kind: "blocked", reason: error.message };
    return {
      kind: error.code === "NOT_PERMITTED" || error.code === "SYSTEM_UNREACHABLE" ? "blocked" : "failed",
      reason: error.code,
    };
  }
  const code = errnoOf(error);
  return code === null ? null : { kind: isBlocking(code) ? "blocked" : "failed", reason: code };
}
