import { join } from "node:path";
import type { Left, StepOutcome, Unit, Work } from "../../src/model/change.ts";
import type { RecordChange } from "../../src/record-files/record-file.ts";
import type { Lookup } from "../../src/model/search.ts";
import { Failure } from "../../src/errors.ts";
import type { Eraser, IO, UnitJournal } from "../../src/port/connector.ts";
import { errnoOf, isBlocking } from "./failure.ts";
import type { Root } from "./folder.ts";
import { shown } from "./names.ts";
import { fileNotes, type Intent } from "./notes.ts";
import { openFile } from "./read-file.ts";
import { keyOf, parseKey, ruleFor } from "./record-rule.ts";
import { removeTemp, replaceFile, tempPath } from "./replace.ts";
import { writersBelow } from "./writers.ts";

/** Somebody else keeps writing the file: after so many readings it is left for another run. */
const ATTEMPTS = 5;

/** Rewrites every file once, for all its planned records of a step. */
export function filesEraser(root: Root, io: IO): Eraser {
  const isWritten = writersBelow(root.path);
  return {
    async apply(unit, journal) {
      io.signal.throwIfAborted();
      journal.at("effect_begin");
      const outcomes: StepOutcome[] = [];
      for (const work of unit.works) outcomes.push(await eraseWork({ root, io, unit, work, journal, isWritten }));
      journal.at("effect_done");
      return outcomes;
    },
    // nothing is left to finish: what an old file leaves on the medium is out of our reach
    flushResidue: async () => [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function eraseWork(task: WorkTask): Promise<StepOutcome> {
  const { io, work } = task;
  const outcome = { step: work.step, matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0 };
  const left: Left[] = [];
  let done = 0;
  for (const [path, changes] of byFile(work)) {
    io.signal.throwIfAborted();
    try {
      const acted = new Set(await eraseFile({ ...task, path, changes }));
      for (const [id, { change }] of changes) {
        if (!acted.has(id)) left.push({ key: keyOf(path, id), kind: "already_gone", reason: "already_gone" });
        else {
          outcome.matched += 1;
          outcome[change.kind === "delete" ? "deleted" : "changed"] += 1;
        }
      }
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      left.push(...changes.keys().map((id) => ({ key: keyOf(path, id), ...trouble })));
    }
    done += changes.size;
    io.progress(done);
  }
  return { ...outcome, left };
}

interface WorkTask {
  readonly root: Root;
  readonly io: IO;
  readonly unit: Unit;
  readonly work: Work;
  readonly journal: UnitJournal;
  readonly isWritten: (absolute: string) => Promise<boolean>;
}

interface FileTask extends WorkTask {
  readonly path: string;
  readonly changes: ReadonlyMap<string, RecordChange>;
}

/** The ids of the records acted on, in this attempt or an earlier one. */
async function eraseFile(task: FileTask): Promise<readonly string[]> {
  const { root, io, unit, work, journal, path, changes } = task;
  const name = io.digest(["files", unit.id, work.step, path]);
  const notes = fileNotes(journal, name);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await using file = await openFile(root, path);
    if (file === null) {
      await removeTemp(tempPath(join(root.path, path), name));
      return settled(changes, notes.last, []);
    }
    // an earlier attempt's file is in place: what it changed is not to be looked for again
    if (attempt === 1 && notes.last !== null && isSame(notes.last, file.found)) return settled(changes, notes.last, []);
    if (await task.isWritten(file.absolute)) throw new Failure("BLOCKED", "open_for_writing");
    const temp = tempPath(file.absolute, name);
    const leftOver = await removeTemp(temp);
    const result = await replaceFile({ file, rule: ruleFor(work.target, path, shown(path, work.lookups), io), changes, temp, io, journal, notes });
    if (result === "conflict") continue;
    // a file written aside that is still there was never put in place
    return settled(changes, leftOver ? null : notes.last, result.changed, result.matched);
  }
  throw new Failure("BLOCKED", "changed_meanwhile");
}

/**
 * `earlier`: an attempt that was cut off may have put its file in place, and another program replaced that since. What
 * it changed and is not there any more counts as ours.
 */
function settled(
  planned: ReadonlyMap<string, unknown>,
  earlier: Intent | null,
  changed: readonly string[],
  present: readonly string[] = changed,
): readonly string[] {
  const absent = planned.keys().filter((id) => !present.includes(id));
  return [...changed, ...absent.take(earlier?.changed ?? 0)];
}

function isSame(intent: Intent, found: { readonly ino: bigint; readonly birthtimeNs: bigint }): boolean {
  return intent.ino === String(found.ino) && intent.born === String(found.birthtimeNs);
}

/** Planned records by file, ascending; a file is read and written once for all of them. */
function byFile({ operations, lookups }: Work): [string, Map<string, RecordChange>][] {
  const bySubject = Map.groupBy(lookups, ({ subject }: Lookup) => subject);
  const files = new Map<string, Map<string, RecordChange>>();
  for (const { change, records } of operations) {
    for (const { key, subjects } of records) {
      const { path, id } = parseKey(key);
      const changes = files.get(path) ?? new Map<string, RecordChange>();
      files.set(path, changes.set(id, { change, lookups: subjects.flatMap((subject) => bySubject.get(subject) ?? []) }));
    }
  }
  return [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** null: not ours to weigh (Ctrl-C, a fault of the program). */
function troubleOf(error: unknown): { readonly kind: "blocked" | "failed"; readonly reason: string } | null {
  if (error instanceof Failure) {
    if (error.code === "BLOCKED") return { kind: "blocked", reason: error.message };
    return { kind: error.code === "NOT_PERMITTED" || error.code === "SYSTEM_UNREACHABLE" ? "blocked" : "failed", reason: error.code };
  }
  const code = errnoOf(error);
  return code === null ? null : { kind: isBlocking(code) ? "blocked" : "failed", reason: code };
}
