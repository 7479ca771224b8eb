import type { Left, Operation, PlannedRecord, StepOutcome, Unit, Work } from "../../../src/model/change.ts";
import type { Eraser, Guard, IO, UnitJournal } from "../../../src/port/connector.ts";
import { ALREADY_GONE, CHANGED } from "../../../src/record-files/tally.ts";
import { type Child, childrenOf, type MemoryDatabase, put, type Row, rowsOf } from "./database.ts";
import { keepsWhole } from "../../../src/model/pre-image.ts";
import { afterAll, isAsLeft, whoseIs } from "./reader.ts";
import { holds, imageFor, imageOf, type Whose } from "./row-change.ts";
import { giveBack, isBack, obstacle, wholeImage, type WholeImage, wholeImageOf } from "./whole-image.ts";
import { addressOf, fingerprintOf, idOf, keyOf, tableOf } from "./row-key.ts";

/** Records of one transaction. */
const BATCH = 1000;

interface Task {
  readonly database: MemoryDatabase;
  readonly system: string;
  readonly io: IO;
  readonly journal: UnitJournal;
  readonly guard: Guard;
  /** Nothing is written. */
  readonly rehearsal: boolean;
  /** Rows that are given back by others, or by this unit, in a rehearsal. */
  readonly coming: readonly WholeImage["removed"][number][];
  /** Addresses of the rows that the unit is to delete. */
  readonly going: ReadonlySet<string>;
  /** Addresses of those that stay after all, and why. */
  readonly stayed: Map<string, Left>;
}

/** One transaction a batch; its number is noted before it is committed, so that an attempt that was cut off can be told from one that was not. */
export function memoryEraser(database: MemoryDatabase, system: string, io: IO): Eraser {
  return {
    async apply(unit, journal, guard) {
      io.signal.throwIfAborted();
      journal.at("effect_begin");
      io.signal.throwIfAborted();
      const task = {
        database,
        system,
        io,
        journal,
        guard,
        rehearsal: unit.rehearsal === true,
        coming: unit.rehearsal === true ? comingIn([...(unit.earlier ?? []), ...unit.works]) : [],
        going: goingIn(unit),
        stayed: new Map<string, Left>(),
      };
      const outcomes: StepOutcome[] = [];
      for (const work of unit.works) outcomes.push(await erase(work, task));
      journal.at("effect_done");
      return outcomes;
    },
    flushResidue: async () => await Promise.resolve([]),
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

function comingIn(works: readonly Work[]): Task["coming"] {
  return works.flatMap(({ operations }) =>
    operations.flatMap(({ change, records }) =>
      change.kind === "restore" && change.marker === undefined
        ? records.flatMap(({ key }) => wholeImageOf(key, change)?.removed ?? [])
        : [],
    ),
  );
}

function goingIn({ works }: Unit): ReadonlySet<string> {
  return new Set(
    works.flatMap(({ target, operations }) =>
      operations.flatMap(({ change, records }) =>
        change.kind === "delete" ? records.map(({ key }) => addressOf(tableOf(target), idOf(key))) : [],
      ),
    ),
  );
}

interface Counts {
  matched: number;
  deleted: number;
  changed: number;
  minimised: number;
  readonly left: Left[];
}

async function erase(work: Work, task: Task): Promise<StepOutcome> {
  const counts: Counts = { matched: 0, deleted: 0, changed: 0, minimised: 0, left: [] };
  const bySubject = Map.groupBy(work.lookups, ({ subject }) => subject);
  const ours = doneBefore(task, work.step);
  for (const operation of work.operations) {
    for (let from = 0; from < operation.records.length; from += BATCH) {
      const records = operation.records.slice(from, from + BATCH);
      await eraseBatch(
        { ...operation, records },
        { ...task, work, counts, ours, mine: (subject) => bySubject.get(subject) ?? [] },
      );
      task.io.progress(counts.matched);
    }
  }
  return { step: work.step, own: 0, ...counts };
}

/** Digests of the keys of what earlier attempts of the unit have done in this step. */
function doneBefore({ database, journal }: Task, step: string): ReadonlySet<string> {
  return new Set(
    journal.notes.flatMap((text) => {
      const note: { readonly transaction: string; readonly step: string; readonly keys: readonly string[] } =
        JSON.parse(text);
      return note.step === step && database.committed.has(note.transaction) ? note.keys : [];
    }),
  );
}

interface BatchTask extends Task {
  readonly work: Work;
  readonly counts: Counts;
  readonly ours: ReadonlySet<string>;
  mine(subject: number): Work["lookups"];
}

async function eraseBatch(operation: Operation, task: BatchTask): Promise<void> {
  const { database, io, journal, guard, work, counts } = task;
  const table = tableOf(work.target);
  const rows = rowsOf(database, table);
  const name = ({ key }: PlannedRecord) => io.digest(["memory", table, key]);
  const whose = ({ subjects }: PlannedRecord): Whose =>
    whoseIs(
      database,
      work.target,
      subjects.flatMap((subject) => task.mine(subject)),
      io,
    );

  const free: { readonly record: PlannedRecord; readonly row: Row }[] = [];
  const acting: PlannedRecord[] = [];
  for (const record of operation.records) {
    const row = rows.get(idOf(record.key));
    if (task.ours.has(name(record))) count(counts, operation);
    else if (operation.change.kind === "restore" && operation.change.marker === undefined) {
      const image = wholeImageOf(record.key, operation.change);
      if (image === undefined) throw new Error("a record is to be given back that was never kept");
      const reason = obstacle(database, image, task.coming);
      if (isBack(database, image)) counts.left.push({ key: record.key, kind: "already_gone", reason: "as_wanted" });
      else if (reason === undefined) acting.push(record);
      else counts.left.push({ key: record.key, kind: "failed", reason });
    } else if (row === undefined) counts.left.push({ key: record.key, ...ALREADY_GONE });
    else if (isAsLeft(row, operation, whose(record)))
      counts.left.push({ key: record.key, kind: "already_gone", reason: "as_wanted" });
    else if (operation.change.kind === "restore") {
      const image = imageOf(row, operation.change);
      if (image !== undefined && holds(row, image.after)) free.push({ record, row });
      else counts.left.push({ key: record.key, ...CHANGED });
    } else if (fingerprintOf(work.target, row, io) !== record.fingerprint)
      counts.left.push({ key: record.key, ...CHANGED });
    else free.push({ record, row });
  }
  const judged = await guard.judge(
    work.step,
    free.map(({ record }) => record),
  );
  counts.left.push(...judged);
  const kept = new Set(judged.map(({ key }) => key));
  for (const left of judged) task.stayed.set(addressOf(table, idOf(left.key)), left);
  for (const { record, row } of free) {
    if (kept.has(record.key)) continue;
    const blocker =
      operation.change.kind === "delete" ? blockerOf(childrenOf(database, table, row), record, task) : undefined;
    if (blocker === undefined) acting.push(record);
    else counts.left.push(leftBehind(record, blocker, task));
  }
  if (acting.length === 0) return;
  if (task.rehearsal) {
    for (const _ of acting) count(counts, operation);
    return;
  }
  io.signal.throwIfAborted();
  const { change } = operation;
  const keeps = change.kind === "mark" ? work.target.record.restoreWindow !== undefined : keepsWhole(work.target);
  if (keeps && change.kind !== "restore")
    await journal.keepImages(
      work.step,
      acting.flatMap((record) => {
        const id = idOf(record.key);
        const row = rows.get(id);
        if (row === undefined) return [];
        const after = afterAll(row, operation, whose(record));
        const image =
          change.kind === "mark" && after !== undefined
            ? imageFor(row, after, change.marker)
            : wholeImage(database, { table, id, row }, after);
        return [{ key: record.key, bytes: new Uint8Array(Buffer.from(JSON.stringify(image))) }];
      }),
    );
  const transaction = database.nextTransaction();
  await journal.note(JSON.stringify({ transaction, step: work.step, keys: acting.map(name) }));
  journal.at("effect_half");
  io.signal.throwIfAborted();
  for (const record of acting) {
    const id = idOf(record.key);
    const whole =
      change.kind === "restore" && change.marker === undefined ? wholeImageOf(record.key, change) : undefined;
    if (whole !== undefined) {
      giveBack(database, whole);
      count(counts, operation);
      continue;
    }
    const row = rows.get(id);
    if (row === undefined) throw new Error("a row went between lock and write");
    const after = afterAll(row, operation, whose(record));
    database.written.push(`${table} ${id}`);
    if (after === undefined) remove(database, table, id);
    else put(database, table, id, after);
    count(counts, operation);
  }
  database.committed.add(transaction);
}

function count(counts: Counts, { change }: Operation): void {
  if (change.kind === "minimise") {
    counts.minimised += 1;
    return;
  }
  counts.matched += 1;
  counts[change.kind === "delete" ? "deleted" : "changed"] += 1;
}

/** What references it stays, so it does too: for the same reason where that is a hold's. */
function leftBehind({ key }: PlannedRecord, { key: { child, constraint }, id }: Child, { stayed }: Task): Left {
  const why = stayed.get(addressOf(child, id));
  return why?.kind === "kept" ? { ...why, key, reason: "held_by" } : { key, kind: "blocked", reason: constraint };
}

/** A row that references this one and goes neither in this unit nor by a cascade that was planned. */
function blockerOf(
  children: readonly Child[],
  { takes = [] }: PlannedRecord,
  { going, system, stayed }: Task,
): Child | undefined {
  const taken = new Set(takes.map(({ table, key }) => `${table}\n${key}`));
  return children.find(
    ({ key, id }) =>
      key.onDelete !== "set_null" &&
      (!going.has(addressOf(key.child, id)) || stayed.has(addressOf(key.child, id))) &&
      !(key.onDelete === "cascade" && taken.has(`${system}.${key.child}\n${keyOf(id)}`)),
  );
}

/** Deletes a row and what its foreign keys say goes or is cleared with it. */
function remove(database: MemoryDatabase, table: string, id: string): void {
  const rows = database.tables.get(table);
  const row = rows?.get(id);
  if (row === undefined) return;
  rows?.delete(id);
  for (const child of childrenOf(database, table, row)) {
    if (child.key.onDelete === "cascade") remove(database, child.key.child, child.id);
    if (child.key.onDelete === "set_null")
      put(database, child.key.child, child.id, { ...child.row, [child.key.childColumn]: null });
  }
}
