import { EXIT, type ExitCode, Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import {
  type Conflict,
  imageRef,
  rehearse,
  type RestoredUnit,
  type RestoreScope,
  restoreUnit,
} from "../executor/restore.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { commitWords, newSalt } from "../ledger/commitment.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { SealedStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { RequestState, Status } from "../model/status.ts";
import { windowEnd } from "../retention/restore-window.ts";
import type { Receipt } from "../state/journal.ts";
import type { Lease, Reads } from "../state/state.ts";
import type { Undo } from "../state/undo-store.ts";
import { checkedText } from "./checked-text.ts";
import { type Context, eraserFor, readersFor, today, whileHeld } from "./context.ts";
import { entry, moment, named } from "./entry-parts.ts";
import { heldFromUndo, UNDER_LEGAL_HOLD } from "./held-from-undo.ts";
import { hiddenParents } from "./hidden-parents.ts";
import { noted } from "./history.ts";
import { keyDigest } from "./key-digest.ts";
import { othersInUndo } from "./others-in-undo.ts";
import { type RestoreWindow, windowsOf } from "./restorable.ts";

export interface UndoStep {
  readonly [key: string]: Json;
  readonly plan: string;
  readonly step: string;
  readonly system: string;
  readonly record: string;
  readonly status: Status;
  /** Records that were hidden by this request when the undo began. */
  readonly found: number;
  readonly restored: number;
  /** Hidden still: something stood in the way. */
  readonly hidden: number;
  /** What stood in the way. */
  readonly reason?: string;
}

export interface Undone {
  readonly request: string;
  readonly state: RequestState;
  readonly exit: ExitCode;
  readonly steps: readonly UndoStep[];
}

export interface UndoOptions {
  readonly system?: string;
  /** `system.record` */
  readonly records?: readonly string[];
  readonly reason?: string;
  readonly skipConflicts: boolean;
}

/**
 * Gives back what runs of this request marked as deleted, where the restore window has not ended. Lists every conflict
 * before anything is touched. An undo that was cut short goes on; one that is over answers again. Throws WINDOW_CLOSED,
 * RESTORE_CONFLICT, HELD.
 */
export async function undoRequest(context: Context, id: string, options: UndoOptions): Promise<Undone> {
  const reason = options.reason === undefined ? undefined : checkedText("--reason", options.reason);
  await using lease = await context.state.lease([id], async (tx) => await undoable(context, tx, id, options));
  return await whileHeld(context, lease, async (held) => {
    const { first } = lease;
    if (first.answer !== undefined) {
      await sealLedger(held.state, held.ledger, held.at);
      return first.answer;
    }
    const undo =
      first.open ?? (await begin(held, id, lease, { ...options, ...(reason === undefined ? {} : { reason }) }));
    return await carryOut(held, undo, lease);
  });
}

/** What would be undone; nothing is written. Throws what stands in its way, before anybody is asked to confirm it. */
export async function readyToUndo(context: Context, id: string, options: UndoOptions): Promise<Undoable> {
  return await undoable(context, context.state.read, id, options);
}

export interface Undoable {
  /** One that was begun and is not at its end. */
  readonly open?: Undo;
  /** One that is over and left nothing to undo. */
  readonly answer?: Undone;
  /** Records that would be given back. */
  readonly count: number;
  /** Record types of these. */
  readonly windows?: readonly RestoreWindow[];
}

/** What a request hid and nobody brought back, also where the time for it is over; none where the map gives no window. */
export async function restoreWindows(
  { map }: Pick<Context, "map">,
  reads: Pick<Reads, "images" | "plans" | "sealed">,
  id: string,
): Promise<readonly RestoreWindow[]> {
  return await windowsOf(reads, id, map.controller.calendar.timezone);
}

async function undoable(context: Context, reads: Reads, id: string, options: UndoOptions): Promise<Undoable> {
  const request = await reads.requests.get(id);
  const undos = await reads.undos.ofRequest(id);
  const open = undos.find(({ result }) => result === undefined);
  if (open !== undefined) {
    if (!isSame(open, options))
      throw new Failure("PARTLY_DONE", `an undo of ${id} was cut short`, {
        help: `Go on with it first: expunge undo ${id}${[...(open.system === undefined ? [] : ["--system", open.system]), ...(open.records === undefined ? [] : ["--records", ...open.records])].map((one) => ` ${one}`).join("")}.`,
      });
    return { open, count: 0 };
  }
  const units = await unitsInWindow(context, reads, request, options);
  const count = units.reduce((sum, unit) => sum + unit.count, 0);
  const windows = await restoreWindows(context, reads, id);
  const now = today(context);
  if (count > 0) return { count, windows: windows.filter((one) => one.until >= now && isAsked(one.record, options)) };
  const last = undos.at(-1);
  // killed after its last word: the same question has the same answer
  if (last?.result !== undefined && isSame(last, options) && request.history?.at(-1)?.did === "undone")
    return { count, answer: JSON.parse(JSON.stringify(last.result)) };
  throw new Failure(
    "WINDOW_CLOSED",
    `nothing of ${id} can be given back: ${whyNot(
      windows.filter(({ record }) => isAsked(record, options)),
      windows.filter(({ until }) => until >= now),
    )}`,
  );
}

function isAsked(record: string, { system, records }: Pick<UndoOptions, "system" | "records">): boolean {
  return (
    (system === undefined || record.startsWith(`${system}.`)) && (records === undefined || records.includes(record))
  );
}

/** `asked`: what was hidden of what was asked for; `open`: what can be brought back of all. */
function whyNot(asked: readonly RestoreWindow[], open: readonly RestoreWindow[]): string {
  const named = (windows: readonly RestoreWindow[], words: string): string =>
    windows.map(({ record, until }) => `${record} ${words} ${until}`).join(", ");
  if (asked.length > 0) return `its time is over (${named(asked, "until")})`;
  if (open.length > 0) return `what was asked for was not hidden; what can be brought back is ${named(open, "until")}`;
  return "nothing of it is hidden that has a restore window, or it was brought back or has gone since";
}

function isSame(undo: Undo, { system, records, skipConflicts }: UndoOptions): boolean {
  return (
    undo.system === system &&
    JSON.stringify(undo.records?.toSorted()) === JSON.stringify(records?.toSorted()) &&
    undo.skipConflicts === skipConflicts
  );
}

/** What is kept of the request, by the units in which it was marked, where the window has not ended. */
async function unitsInWindow(
  context: Context,
  reads: Reads,
  { id }: ErasureRequest,
  { system, records }: Pick<UndoOptions, "system" | "records">,
): Promise<readonly (Undo["units"][number] & { readonly count: number })[]> {
  const kept = await reads.images.steps(id);
  if (kept.length === 0) return [];
  const { timezone } = context.map.controller.calendar;
  const now = today(context);
  const units: (Undo["units"][number] & { readonly count: number })[] = [];
  for (const plan of new Set(kept.map((one) => one.plan))) {
    const rows = await reads.journal.units(plan);
    if (rows.some(({ state }) => state === "intended"))
      throw new Failure("PARTLY_DONE", `the run of ${plan} was cut short, and what it did is not told yet`, {
        help: `Go on with it first: expunge run ${id}.`,
      });
    const at = await reads.plans.begunAt(plan);
    const heads = new Map((await reads.sealed.parts(id, plan)).map(({ head }) => [head.step, head]));
    const open = kept.filter((one) => {
      const head = heads.get(one.step);
      const window = head?.target.record.restoreWindow;
      return (
        one.plan === plan &&
        head !== undefined &&
        window !== undefined &&
        at !== undefined &&
        now <= windowEnd(window, at, timezone) &&
        (system === undefined || head.target.record.system === system) &&
        (records === undefined || records.includes(head.record))
      );
    });
    for (const row of rows) {
      const mine = open.filter(({ step }) => row.steps.includes(step));
      if (mine.length > 0)
        units.push({
          unit: `${plan}/${row.id}`,
          plan,
          system: row.system,
          steps: mine.map(({ step }) => step),
          count: mine.reduce((sum, one) => sum + one.count, 0),
        });
    }
  }
  return units;
}

/** What each unit takes, from what is sealed: of what was kept, that which the run then marked. */
async function withParts(
  { sealed, images, journal }: Reads,
  request: string,
  undo: Pick<Undo, "units">,
): Promise<readonly RestoredUnit[]> {
  const units: RestoredUnit[] = [];
  // what was done last is given back first
  for (const unit of undo.units.toReversed()) {
    const all = await sealed.parts(request, unit.plan);
    const parts = all.filter(({ head }) => unit.steps.includes(head.step));
    const given = new Set(parts.map(({ head }) => head.record));
    const row = (await journal.units(unit.plan)).find(({ id }) => `${unit.plan}/${id}` === unit.unit);
    const trails = new Map(
      all.flatMap(({ head }) =>
        row?.steps.includes(head.step) === true &&
        head.target.record.auditOf.some((source) => given.has(source)) &&
        !given.has(head.record)
          ? [[head.step, head] as const]
          : [],
      ),
    );
    const steps = await sealed.steps(request, unit.plan, parts);
    const receipts = await journal.receipts(unit.plan);
    // kept before it was tried, and then somebody else's: what others hide stays hidden
    const others = new Set(receipts.flatMap(({ notMarked = [], late = [] }) => [...notMarked, ...late]));
    units.push({
      ...unit,
      parts: await Promise.all(
        steps.map(async (step: SealedStep) => ({
          step,
          images: (await images.of(request, unit.plan, step.step)).filter(({ name }) => !others.has(name)),
        })),
      ),
      trails: [...trails.values()],
    });
  }
  return units;
}

/** Looks for everything that stands in the way; then makes durable what is to be done. */
async function begin(context: Context, id: string, lease: Lease, options: UndoOptions): Promise<Undo> {
  const { state } = context;
  const request = await state.read.requests.get(id);
  const found = await unitsInWindow(context, state.read, request, options);
  const units = found.map(({ count: _, ...unit }) => unit);
  const whole = await withParts(state.read, id, { units });
  const without = new Set<string>();
  const conflicts = await inTheWay(context, id, whole, without, await knownToStand(context, id, whole));
  if (conflicts.length > 0 && !options.skipConflicts) {
    const details = [
      ...Map.groupBy(conflicts, ({ system, record, constraint }) =>
        JSON.stringify([system, record, constraint]),
      ).values(),
    ].flatMap((some) => {
      const [first] = some;
      if (first === undefined) return [];
      const { system, record, constraint } = first;
      return [{ system, record, count: some.reduce((sum, { keys }) => sum + keys.length, 0), constraint }];
    });
    const words = details.map((one) => `${one.system}.${one.record}: ${one.count} (${one.constraint})`).join("; ");
    const held = conflicts.some(({ constraint }) => constraint === UNDER_LEGAL_HOLD);
    throw new Failure(held ? "HELD" : "RESTORE_CONFLICT", `${words}; nothing was given back`, {
      details,
      ...(held
        ? {
            help: "What a legal hold covers stays as it is: expunge hold list. The rest comes back with --skip-conflicts.",
          }
        : {}),
    });
  }
  const [first] = units;
  if (first === undefined) throw new Failure("UNEXPECTED", "an undo of nothing was begun");
  return await lifeStep(lease, context.at, "begin_undo", async (tx) => {
    const undo: Undo = {
      id: await tx.undos.nextId(first.plan),
      request: id,
      at: context.now().toISOString(),
      by: context.actor,
      ...(options.reason === undefined ? {} : { reason: options.reason, reasonSalt: newSalt().toString("base64") }),
      ...(options.system === undefined ? {} : { system: options.system }),
      ...(options.records === undefined ? {} : { records: options.records }),
      skipConflicts: options.skipConflicts,
      units,
      without: [...without],
      because: becauseOf(conflicts),
    };
    await tx.undos.save(undo);
    await tx.journal.add(
      undo.id,
      units.map(({ unit, system, steps }) => ({ id: unit, phase: 0, system, steps, after: [] })),
    );
    return undo;
  });
}

/** The first of the conflicts of each step, by name. */
function becauseOf(conflicts: readonly Conflict[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    conflicts.toReversed().map(({ plan, step, constraint }) => [`${plan}/${step}`, constraint]),
  );
}

/** What the core knows of records that may not be given back, whatever their system would say. */
async function knownToStand(
  context: Context,
  id: string,
  units: readonly RestoredUnit[],
): Promise<readonly Conflict[]> {
  return [...(await heldFromUndo(context, id, units)), ...(await othersInUndo(context, id, units))];
}

/** Takes these out, what cannot be given back as a rehearsal shows, and what would hang on either; all that was taken out anew. `without` is changed in place. */
async function inTheWay(
  context: Context,
  id: string,
  units: readonly RestoredUnit[],
  without: Set<string>,
  found: readonly Conflict[],
): Promise<readonly Conflict[]> {
  const { read } = context.state;
  const digest = keyDigest(await read.sealed.digestKey(id));
  const conflicts: Conflict[] = [];
  for (let more = found; ;) {
    const before = without.size;
    for (const conflict of more) {
      const refOf = (key: string): string => imageRef(conflict.plan, conflict.step, digest(key));
      const fresh = conflict.keys.filter((key) => !without.has(refOf(key)));
      if (fresh.length > 0) conflicts.push({ ...conflict, keys: fresh });
      for (const key of fresh) without.add(refOf(key));
    }
    if (without.size === before && more !== found) return conflicts;
    // what stays where it is may be what others would hang on
    more = [
      ...(await rehearse(units, without, {
        openEraser: async (system) => await eraserFor(context, system, id, () => {}),
      })),
      ...(await hiddenParents(units, without, {
        steps: async (plan) => await read.sealed.steps(id, plan),
        openReaders: () => readersFor(context, id, () => {}),
        digest,
      })),
    ];
  }
}

async function carryOut(context: Context, begun: Undo, lease: Lease): Promise<Undone> {
  const { state } = context;
  const { request: id } = begun;
  const without = new Set(begun.without);
  let undo = begun;
  const scope: RestoreScope = {
    undo: undo.id,
    lease,
    openEraser: async (system) => await eraserFor(context, system, id, () => {}),
    openReaders: () => readersFor(context, id, () => {}),
    notes: async (unit) => await state.read.journal.notes(undo.id, unit),
    now: () => context.now(),
    at: context.at,
  };
  const done = new Set(
    (await state.read.journal.units(undo.id)).flatMap((row) => (row.state === "done" ? [row.id] : [])),
  );
  const whole = await withParts(state.read, id, undo);
  for (const unit of whole) {
    if (done.has(unit.unit)) continue;
    if (context.signal.aborted) throw new Failure("INTERRUPTED", "stopped after the record at hand");
    // holds, requests and records may have come since it was begun
    const late = await knownToStand(context, id, [unit]);
    const more = late.length === 0 ? [] : await inTheWay(context, id, whole, without, late);
    if (more.length > 0) {
      undo = { ...undo, without: [...without], because: { ...becauseOf(more), ...undo.because } };
      await lease.atomically(async (tx) => await tx.undos.save(undo));
    }
    await restoreUnit(unit, without, scope);
  }
  const undone = await finish(context, undo, whole, lease);
  await sealLedger(state, context.ledger, context.at);
  return undone;
}

/** Tells the ledger, destroys what is of no more use, and says where the request stands. */
async function finish(context: Context, undo: Undo, whole: readonly RestoredUnit[], lease: Lease): Promise<Undone> {
  const { request: id } = undo;
  return await lifeStep(lease, context.at, "undo", async (tx) => {
    const receipts = new Map((await tx.journal.receipts(undo.id)).map((one) => [one.step, one]));
    const lines: UndoStep[] = [];
    const hidden: string[] = [];
    // told in the order in which it was planned
    for (const { plan, system, parts } of whole.toReversed())
      for (const { step, images } of parts) {
        const receipt = receipts.get(`${plan}/${step.step}`);
        const stays = staying({ plan, step: step.step, images }, undo, receipt);
        const reason = receipt?.reason ?? undo.because?.[`${plan}/${step.step}`];
        hidden.push(...stays.map((name) => imageRef(plan, step.step, name)));
        await tx.images.forget(id, plan, step.step, stays);
        lines.push({
          plan,
          step: step.step,
          system,
          record: step.target.record.name,
          status: stays.length === 0 ? "restored" : (receipt?.status ?? "blocked"),
          found: images.length,
          restored: images.length - stays.length,
          hidden: stays.length,
          ...(stays.length === 0 || reason === undefined ? {} : { reason }),
        });
      }
    const request = await tx.requests.get(id);
    const asked = undo.system === undefined && undo.records === undefined;
    const partial = !asked || hidden.length > 0;
    // those whose window has ended go with the rest
    if (!partial) await tx.images.destroy(id);
    const state: RequestState = partial ? request.state : "identity_confirmed";
    const exit: ExitCode = hidden.length > 0 ? EXIT.partly_done : EXIT.done;
    const result: Undone = { request: id, state, exit, steps: lines };
    await tx.outbox.post([undoneEntry(context, undo, lines, partial)]);
    await tx.journal.forgetNotes(undo.id);
    await tx.undos.save({ ...undo, result: JSON.parse(JSON.stringify(result)), hidden });
    await tx.requests.update(id, {
      state,
      ...(partial ? {} : { plan: undefined }),
      ...noted(context, request, {
        did: "undone",
        result: state,
        ...(undo.reason === undefined ? {} : { note: undo.reason }),
      }),
    });
    return result;
  });
}

/** Names of the images whose records are hidden still: those with a conflict, and those that were tried and are not as they were when read again. */
function staying(
  {
    plan,
    step,
    images,
  }: Pick<RestoredUnit["parts"][number], "images"> & { readonly plan: string; readonly step: string },
  { without }: Undo,
  receipt: Receipt | undefined,
): string[] {
  const names = images.map(({ name }) => name);
  const tried = receipt !== undefined && receipt.failed + receipt.blocked > 0;
  // a receipt of an earlier version does not say which: all of them stay kept
  if (tried && receipt.notBack === undefined) return names;
  const stay = new Set([...without, ...(receipt?.notBack ?? []).map((name) => imageRef(plan, step, name))]);
  return names.filter((name) => stay.has(imageRef(plan, step, name)));
}

function undoneEntry(context: Context, undo: Undo, lines: readonly UndoStep[], partial: boolean) {
  const core = {
    request: undo.request,
    ...moment(context),
    by: context.actorIdOf(undo.by),
    ...(undo.reason === undefined || undo.reasonSalt === undefined
      ? {}
      : { words: commitWords(Buffer.from(undo.reasonSalt, "base64"), undo.reason) }),
    partial,
    steps: lines.map(({ plan, step, status, restored, hidden, ...where }) => ({
      plan,
      step,
      ...named(context, where),
      status,
      restored,
      hidden,
    })),
  } satisfies JsonObject;
  return entry(`${undo.request}/${undo.id}`, "erasure.undone", core);
}
