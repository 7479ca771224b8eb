/** What is kept to be put back: until when, and its end. */
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { foldedBefore } from "../model/fold.ts";
import { keepsWhole } from "../model/pre-image.ts";
import { legalCover } from "../planner/legal-cover.ts";
import { recordTypes, samePlace } from "../planner/targets.ts";
import { windowEnd } from "../retention/restore-window.ts";
import type { KeptImage, KeptStep } from "../state/image-store.ts";
import type { Reads, Tx } from "../state/state.ts";
import { type Context, today, whileHeld } from "./context.ts";
import { entry, moment } from "./entry-parts.ts";
import { lookForHolds } from "./holds-in-force.ts";
import { knownOf } from "./plan-request.ts";

interface Kept extends KeptStep {
  /** `system.record`; absent: nothing is known of the step any more. */
  readonly record?: string;
  /** Last day of the window. */
  readonly until?: string;
  /** Removed or changed as a whole, not only marked. */
  readonly whole: boolean;
}

/** What is kept of a request, step by step, with its last day. */
async function keptOf(context: Context, reads: Reads, id: string): Promise<readonly Kept[]> {
  const { timezone } = context.map.controller.calendar;
  const kept: Kept[] = [];
  for (const one of await reads.images.steps(id)) {
    const at = await reads.plans.begunAt(one.plan);
    const head = (await reads.sealed.parts(id, one.plan)).find((part) => part.head.step === one.step)?.head;
    const window = head?.target.record.restoreWindow;
    kept.push({
      ...one,
      ...(head === undefined ? {} : { record: head.record }),
      ...(at === undefined || window === undefined ? {} : { until: windowEnd(window, at, timezone) }),
      whole: head !== undefined && keepsWhole(head.target),
    });
  }
  return kept;
}

/** Images whose window has ended, but for those (`but`, by name) that a legal hold keeps. */
export interface EndedImages {
  readonly plan: string;
  readonly step: string;
  readonly but: readonly string[];
}

/** What is to be destroyed now. Throws HOLD_UNREADABLE where nobody knows what a hold keeps. */
export async function endedImages(context: Context, id: string): Promise<readonly EndedImages[]> {
  const { read } = context.state;
  const now = today(context);
  const ended = (await keptOf(context, read, id)).filter(({ until }) => until === undefined || until < now);
  if (ended.length === 0) return [];
  const all: EndedImages[] = [];
  for (const { plan, step } of ended) {
    const images = await read.images.of(id, plan, step);
    const held = await legallyHeld(context, id, { plan, step, images });
    if (held.size < images.length)
      all.push({ plan, step, but: images.flatMap(({ key, name }) => (held.has(key) ? [name] : [])) });
  }
  return all;
}

/**
 * Keys of the images that a legal hold covers: of whoever of the request is a person of the hold, and of record types that
 * it holds whole. The records may be gone, so that nothing leads to them any more but the request.
 */
export async function legallyHeld(
  context: Context,
  id: string,
  { plan, step, images }: { readonly plan: string; readonly step: string; readonly images: readonly KeptImage[] },
): Promise<ReadonlySet<string>> {
  await using legal = await lookForHolds(context, id);
  if (legal.holds.length === 0) return new Set();
  const { read } = context.state;
  const parts = (await read.sealed.parts(id, plan)).filter(({ head }) => head.step === step);
  const [sealed] = await read.sealed.steps(id, plan, parts);
  if (sealed === undefined) return new Set();
  const { identifiers } = await knownOf(read, id);
  const cover = await legalCover({
    map: context.map,
    readers: legal.readers,
    holds: legal.holds,
    identifiers: identifiers.map(
      (one) => new Map(Object.entries(one.identifiers).map(([name, values]) => [name, values.map(foldedBefore)])),
    ),
    found: new Map(),
    // who its people are is asked, and no record of theirs
    only: new Set(),
  });
  const types = recordTypes(context.map);
  const type = types.find((one) => one.id === sealed.record);
  // a hold may mean it, and the map cannot say so any more
  if (type === undefined) return new Set(images.map(({ key }) => key));
  // by the name of another over the same place the hold may have meant it too, and nobody can look any more
  const alike = types.filter((one) => one === type || samePlace(one, type));
  const records = new Map(sealed.records.map((record) => [record.key, record]));
  return new Set(
    images.flatMap(({ key }) => {
      const subjects = records.get(key)?.subjects ?? [];
      const gone = { key, address: "", fingerprint: "", subjects, values: {}, done: true };
      return alike.some((one) => cover.on(one, { ...gone, type: one }).length > 0) ? [key] : [];
    }),
  );
}

/** Destroys them, and tells the ledger of every plan of which nothing is left to be brought back. */
export async function destroyImages(
  context: Context,
  tx: Tx,
  id: string,
  ended: readonly EndedImages[],
): Promise<void> {
  for (const { plan, step, but } of ended) await tx.images.forget(id, plan, step, but);
  const left = new Set((await tx.images.steps(id)).map(({ plan }) => plan));
  for (const plan of new Set(ended.map((one) => one.plan)))
    if (!left.has(plan))
      await tx.outbox.post([
        entry(`${id}/${plan}/undo.destroyed`, "undo.destroyed", { request: id, ...moment(context), plan }),
      ]);
}

/** The same by itself, without a look at any record: whatever a verification then comes to. Whether there was anything. */
export async function destroyEnded(context: Context, id: string): Promise<boolean> {
  if ((await context.state.read.images.steps(id)).length === 0) return false;
  await using lease = await context.state.lease([id], async () => {});
  return await whileHeld(context, lease, async (held) => {
    const ended = await endedImages(held, id);
    if (ended.length === 0) return false;
    await lifeStep(lease, held.at, "destroy_images", async (tx) => await destroyImages(held, tx, id, ended));
    await sealLedger(held.state, held.ledger, held.at);
    return true;
  });
}

/** Whether records can still be put back that were removed or changed, once these are destroyed. */
export async function canBePutBack(
  context: Context,
  id: string,
  ended: readonly EndedImages[],
): Promise<ReadonlySet<string>> {
  const gone = new Set(
    ended.filter(({ but }) => but.length === 0).map(({ plan, step }) => JSON.stringify([plan, step])),
  );
  return new Set(
    (await keptOf(context, context.state.read, id)).flatMap(({ plan, step, whole }) => {
      const name = JSON.stringify([plan, step]);
      return whole && !gone.has(name) ? [name] : [];
    }),
  );
}
