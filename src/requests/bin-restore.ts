/** Brings back what is marked as deleted and what no open request has to do with: by the same units and journal as `undo`. */
import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { type Conflict, rehearseUnit, type RestoredUnit, restoreWork } from "../executor/restore.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import type { Unit } from "../model/change.ts";
import type { RecordType } from "../model/datamap.ts";
import { aliveRules } from "../model/marker.ts";
import type { SealedStep } from "../model/plan.ts";
import type { Target } from "../model/search.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { Subject } from "../model/subject.ts";
import type { Readers } from "../planner/readers.ts";
import { check, refuse } from "../planner/search.ts";
import { recordTypes, samePlace, targetOf } from "../planner/targets.ts";
import type { Lease } from "../state/state.ts";
import type { Undo } from "../state/undo-store.ts";
import { EPOCH, type Workspace } from "../workspace.ts";
import { binType, restorableUntil } from "./bin-list.ts";
import { hiddenAbove, type InBin, lookInBin } from "./in-bin.ts";
import { type Context, eraserFor, readersFor, today, whileHeld } from "./context.ts";
import { entry, moment, named } from "./entry-parts.ts";
import { markedByRequest } from "./marked-records.ts";
import { nameOf } from "./open-request.ts";

export interface BinRestored {
  readonly system: string;
  readonly record: string;
  /** Of these people, marked as deleted when it began. */
  readonly found: number;
  readonly restored: number;
  /** Marked still: something came between. */
  readonly hidden: number;
  /** Of the found ones: their window has ended. */
  readonly too_late: number;
  readonly exit: ExitCode;
}

export interface BinRestoring {
  readonly record: string;
  readonly subjects: readonly Subject[];
  readonly pseudonymOf: Workspace["pseudonym"];
  /** Asked once it is sure that it may be done, with how many come back; throws where it is not to be done. */
  confirm(count: number): Promise<void>;
}

/**
 * Brings back these people's records of one record type, where the window has not ended. Everything that stands in the way
 * is told before anything is touched. One that was cut short goes on first. Throws STILL_OPEN, HELD, WINDOW_CLOSED,
 * RESTORE_CONFLICT, FIELD_REFUSED.
 */
export async function binRestore(context: Context, how: BinRestoring): Promise<BinRestored> {
  const type = binType(context, how.record);
  const pseudonyms = how.subjects.map((subject) => nameOf(subject, context.map, how.pseudonymOf));
  const names = ["bin restore", ...new Set(pseudonyms.map((pseudonym) => `subject:${pseudonym}`))];
  await using lease = await context.state.lease(names, async (tx) =>
    (await tx.undos.ofBin()).filter(({ result }) => result === undefined),
  );
  return await whileHeld(context, lease, async (held) => {
    for (const open of lease.first) {
      if (open.units.length === 0) {
        await discard(lease, open);
        continue;
      }
      const told = await carryOut(held, lease, open);
      if (open.bin?.record === type.id && isSame(open.bin.pseudonyms, pseudonyms)) return told;
    }
    const undo = await lease.atomically(async (tx) => {
      const id = await tx.undos.nextBin(held.now().toISOString().slice(0, 4));
      await tx.sealed.begin(id, []);
      const made: Undo = {
        id: `${id}-restore`,
        request: id,
        at: held.now().toISOString(),
        by: held.actor,
        skipConflicts: false,
        units: [],
        without: [],
        bin: { record: type.id, pseudonyms },
      };
      await tx.undos.save(made);
      return made;
    });
    const begun = await begin(held, lease, undo, { ...how, type }).catch(async (error: unknown) => {
      await discard(lease, undo);
      throw error;
    });
    return "exit" in begun ? begun : await carryOut(held, lease, begun);
  });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

/** Nothing was done in it: what was sealed for it goes. */
async function discard(lease: Lease, undo: Undo): Promise<void> {
  await lease.atomically(async (tx) => {
    await tx.sealed.destroy(undo.request, []);
    await tx.undos.save({ ...undo, result: { restored: 0 } });
  });
}

const STEP = "S1";
const UNIT = "u1";

/** Looks for everything that stands in the way; then makes durable what is to be done. What it answers has an `exit` where nothing is. */
async function begin(
  context: Context,
  lease: Lease,
  undo: Undo,
  { type, subjects, confirm }: BinRestoring & { readonly type: RecordType },
): Promise<Undo | BinRestored> {
  const { request: id } = undo;
  await using readers = readersFor(context, id, () => {});
  const found = await lookInBin(context, readers, { id, type, subjects });
  const where = { system: type.system, record: type.name };
  const all = found.marked.length;
  if (all === 0) {
    await discard(lease, undo);
    return { ...where, found: 0, restored: 0, hidden: 0, too_late: 0, exit: EXIT.done };
  }
  await refuseOfRequests(context, type, found);
  const held = found.marked.filter((record) => found.cover.on(type, record).length > 0).length;
  if (held > 0)
    throw new Failure("HELD", `${type.id}: ${held} of these records are under a legal hold; nothing was brought back`);
  if (type.restoreWindow === undefined)
    throw new Failure("WINDOW_CLOSED", `${type.id} has no \`restore_window\`: nothing of it is brought back`);
  const now = today(context);
  // where nobody knows since when, no window says that it has ended
  const keys = new Set(
    found.marked.flatMap(({ key, marked }) =>
      (restorableUntil(context, type, marked?.since ?? null) ?? now) >= now ? [key] : [],
    ),
  );
  if (keys.size === 0) throw new Failure("WINDOW_CLOSED", `${type.id}: the restore window of these records has ended`);
  const target = aliveTarget(context, type);
  refuse(context.map, await check(context.map, readers, [target]));
  const step = await stepOf(readers, target, found, keys);
  const unit = unitOf(step);
  const conflicts = [
    ...(await hiddenAbove(context, readers, { type, found, keys })).map((one) => ({
      ...one,
      ...where,
      plan: id,
      step: STEP,
    })),
    ...(await rehearseUnit(unit, workOf(step), {
      openEraser: async (system) => await eraserFor(context, system, id, () => {}),
    })),
  ];
  refuseConflicts(conflicts);
  await confirm(step.records.length);
  return await lifeStep(lease, context.at, "begin_undo", async (tx) => {
    const { parts: _, ...row } = unit;
    const whole: Undo = { ...undo, units: [row], found: all, tooLate: all - keys.size };
    await tx.sealed.savePlan(id, id, { steps: [step], resolved: [], searched: [], carried: [] });
    await tx.undos.save(whole);
    await tx.journal.add(undo.id, [{ id: UNIT, phase: 0, system: type.system, steps: [STEP], after: [] }]);
    return whole;
  });
}

/** What open requests marked, `undo` brings back; what they found and others marked waits there for its purge. */
async function refuseOfRequests(context: Context, type: RecordType, { marked, lookups }: InBin): Promise<void> {
  const { map } = context;
  const { read } = context.state;
  // of two record types over one table each finds the other's records
  const over = new Set(recordTypes(map).flatMap((one) => (one === type || samePlace(one, type) ? [one.id] : [])));
  const keys = new Set(marked.map(({ key }) => key));
  const instants = new Set(marked.flatMap((one) => Date.parse(one.marked?.since ?? "") || []));
  for (const { id, plan, state: stands, kind } of await read.requests.list()) {
    if (!OPEN_STATES.includes(stands)) continue;
    for await (const { head, at, records } of markedByRequest(read, id)) {
      if (!over.has(head.record)) continue;
      // without a primary key a row has another key for each request: then its mark tells
      const ours = records.some(({ key }) => keys.has(key)) || instants.has(Date.parse(at));
      if (ours)
        throw new Failure("STILL_OPEN", `${type.id}: these records were marked as deleted by ${id}, which is open`, {
          help: `They come back with: expunge undo ${id}.`,
        });
    }
    if (plan === undefined || kind === "due") continue;
    let theirs: ReadonlySet<string> | undefined;
    for await (const { record, records, elsewhere = [] } of read.sealed.pieces(id, plan)) {
      if (!over.has(record) || records.length + elsewhere.length === 0) continue;
      theirs ??= await keysFor(context, id, type, lookups);
      if ([...records, ...elsewhere].some(({ key }) => keys.has(key) || theirs?.has(key) === true))
        throw new Failure("STILL_OPEN", `${type.id}: ${id} is open and wants these records erased`, {
          help: `What it waits for says: expunge request show ${id}.`,
        });
    }
  }
}

/** These people's marked records by the names that this request has for them: what has no key of its own has another for each. */
async function keysFor(
  context: Context,
  request: string,
  type: RecordType,
  lookups: InBin["lookups"],
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  await using readers = readersFor(context, request, () => {});
  const reader = await readers.of(type.system);
  for await (const { key, marked } of reader.locate(targetOf(context.map, type), { by: "subjects", lookups }))
    if (marked !== undefined) keys.add(key);
  return keys;
}

/** The record type as one whose records are made live again. */
function aliveTarget({ map }: Pick<Context, "map">, type: RecordType): Target {
  const { marker } = type;
  const fields = marker === undefined ? undefined : aliveRules(marker);
  if (marker === undefined || marker.kind === "delete_marker")
    throw new Failure(
      "ACTION_REFUSED",
      `${type.id}: a delete marker that others set is brought back in the storage itself`,
    );
  if (fields === undefined)
    throw new Failure("FIELD_REFUSED", `${type.id}: nothing says what a live record holds in ${marker.column}`, {
      help: "Add `restore_as: VALUE` to its `soft_delete`.",
      at: `${map.file}:${type.at.line}:${type.at.column}`,
    });
  // nothing is kept of what is brought back; and what the marker wants in its columns is not what is wanted now
  const { restoreWindow: _, marker: __, ...record } = targetOf(map, type).record;
  // root paths of documents, columns of everything else
  const rule =
    type.place.kind === "table"
      ? ({ kind: "fields", fields, documents: [] } as const)
      : ({ kind: "fields", ...placesOf(type, fields), unmarks: marker } as const);
  return { ...targetOf(map, type), record, changes: { rule } };
}

/** Where a kind of record has its fields: documents and lines of JSON by their paths, cells by their columns. */
function placesOf(
  { place, format }: RecordType,
  fields: NonNullable<ReturnType<typeof aliveRules>>,
): Pick<Extract<NonNullable<Target["changes"]["rule"]>, { kind: "fields" }>, "fields" | "documents"> {
  const byPath = place.kind === "index" || format === "jsonl" || format === "json";
  return byPath ? { fields: {}, documents: [{ paths: fields }] } : { fields, documents: [] };
}

async function stepOf(
  readers: Readers,
  target: Target,
  { lookups }: InBin,
  keys: ReadonlySet<string>,
): Promise<SealedStep> {
  const records = new Map<string, SealedStep["records"][number]>();
  const reader = await readers.of(target.record.system);
  for await (const { key, fingerprint, subjects } of reader.locate(target, { by: "subjects", lookups }))
    if (keys.has(key)) {
      const known = records.get(key)?.subjects ?? [];
      records.set(key, {
        key,
        fingerprint,
        subjects: [...new Set([...known, ...subjects])],
        disposition: { kind: "act", change: "rule" },
      });
    }
  return { step: STEP, record: target.record.id, target, lookups, records: [...records.values()] };
}

function workOf({ step, target, lookups, records }: SealedStep): Unit {
  const { rule } = target.changes;
  if (rule === undefined) throw new Failure("UNEXPECTED", "nothing says how these records are brought back");
  return { id: UNIT, effect: "restore", works: [{ step, target, lookups, operations: [{ change: rule, records }] }] };
}

function unitOf(step: SealedStep): RestoredUnit {
  const { system } = step.target.record;
  return { unit: UNIT, plan: "bin", system, steps: [STEP], trails: [], parts: [{ step, images: [] }] };
}

function refuseConflicts(conflicts: readonly Conflict[]): void {
  if (conflicts.length === 0) return;
  const details = conflicts.map(({ system, record, keys, constraint }) => ({
    system,
    record,
    count: keys.length,
    constraint,
  }));
  const words = details.map((one) => `${one.system}.${one.record}: ${one.count} (${one.constraint})`).join("; ");
  throw new Failure("RESTORE_CONFLICT", `${words}; nothing was brought back`, {
    details,
    help: "Mend what stands in the way; what is above these records in the bin comes first.",
  });
}

async function carryOut(context: Context, lease: Lease, undo: Undo): Promise<BinRestored> {
  const { state } = context;
  const { request: id } = undo;
  const [step] = await state.read.sealed.steps(id, id);
  if (step === undefined) throw new Failure("STATE_UNREADABLE", `what ${id} was to bring back is missing`);
  if (context.signal.aborted) throw new Failure("INTERRUPTED", "stopped after the record at hand");
  const isDone = (await state.read.journal.units(undo.id)).every((row) => row.state === "done");
  if (!isDone)
    await restoreWork(unitOf(step), workOf(step), {
      undo: undo.id,
      lease,
      openEraser: async (system) => await eraserFor(context, system, id, () => {}),
      openReaders: () => readersFor(context, id, () => {}),
      notes: async (unit) => await state.read.journal.notes(undo.id, unit),
      now: () => context.now(),
      at: context.at,
    });
  const marked = await markedStill(context, undo, step);
  const told = await lifeStep(lease, context.at, "undo", async (tx): Promise<BinRestored> => {
    const [receipt] = await tx.journal.receipts(undo.id);
    const restored = Math.min(receipt?.gone ?? 0, step.records.length - marked);
    const hidden = step.records.length - restored;
    const where = { system: step.target.record.system, record: step.target.record.name };
    const link = { v: 1, epoch: EPOCH, pseudonyms: [...(undo.bin?.pseudonyms ?? [])] };
    const core = {
      restore: id,
      ...moment(context),
      by: context.actorIdOf(undo.by),
      ...named(context, where),
      restored,
      hidden,
    };
    await tx.outbox.post([entry(`${id}/bin.restored`, "bin.restored", core, link)]);
    await tx.journal.forgetNotes(undo.id);
    await tx.sealed.destroy(id, []);
    await tx.undos.save({ ...undo, result: { restored, hidden } });
    const { found = step.records.length, tooLate = 0 } = undo;
    return { ...where, found, restored, hidden, too_late: tooLate, exit: hidden > 0 ? EXIT.partly_done : EXIT.done };
  });
  await sealLedger(state, context.ledger, context.at);
  return told;
}

/** How many of them are marked as deleted all the same, read as the record type's own marker says. */
async function markedStill(context: Context, { request: id, bin }: Undo, { records }: SealedStep): Promise<number> {
  const type = binType(context, bin?.record ?? "");
  await using readers = readersFor(context, id, () => {});
  const reader = await readers.of(type.system);
  const keys = records.map(({ key }) => key);
  let still = 0;
  for await (const { marked } of reader.locate(targetOf(context.map, type), { by: "keys", keys }))
    if (marked !== undefined) still += 1;
  return still;
}
