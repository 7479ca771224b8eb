/** What runs of a request marked as deleted, and nobody gave back. */
import { imageRef } from "../executor/restore.ts";
import type { SealedRecord, SealedStep, StepHead } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import { isMarkedBefore, keptImage } from "../planner/plan.ts";
import type { Receipt } from "../state/journal.ts";
import type { Reads } from "../state/state.ts";
import { keyDigest } from "./key-digest.ts";

/** Records of one step, or a piece of them. */
export interface MarkedStep {
  readonly plan: string;
  readonly head: StepHead;
  /** Instant that the marks bear: the plan's first run began then. */
  readonly at: string;
  readonly records: readonly SealedRecord[];
}

/**
 * Every record that this request marked as deleted and that was not given back since, from its sealed steps and receipts:
 * what a purge may take on its day. What was marked before by somebody else is not among them. In pieces; none for a
 * request that has ended.
 */
export async function* markedByRequest(reads: Reads, request: string): AsyncGenerator<MarkedStep> {
  if (!(await reads.sealed.exists(request))) return;
  const digest = keyDigest(await reads.sealed.digestKey(request));
  const given = await givenBackBy(reads, request);
  for (const { plan, at } of await markingPlans(reads, request)) {
    const receipts = new Map((await reads.journal.receipts(plan)).map((receipt) => [receipt.step, receipt]));
    for await (const piece of reads.sealed.pieces(request, plan)) {
      const receipt = receipts.get(piece.step);
      if (receipt === undefined || (receipt.marked ?? 0) === 0) continue;
      const { records: all, ...head } = piece;
      const records = all.filter(
        (record) => isOurs(piece, record, receipt, digest) && !given(plan, piece.step, digest(record.key)),
      );
      if (records.length > 0) yield { plan, head, at, records };
    }
  }
}

/** What runs of this request found marked by somebody else, and left alone. In pieces. */
export async function* markedBefore(reads: Reads, request: string): AsyncGenerator<MarkedStep> {
  if (!(await reads.sealed.exists(request))) return;
  for (const { id: plan } of await reads.plans.ofRequest(request)) {
    const at = await reads.plans.begunAt(plan);
    if (at === undefined) continue;
    for await (const { records: all, ...head } of reads.sealed.pieces(request, plan)) {
      const records = all.filter(({ disposition }) => isMarkedBefore(disposition));
      if (records.length > 0) yield { plan, head, at, records };
    }
  }
}

/** Whether the request's run marked this record, as its receipt says. */
export function isOurs(
  { target, record }: Pick<SealedStep, "target" | "record">,
  { key, disposition }: SealedRecord,
  { notMarked = [], late = [] }: Receipt,
  digest: (key: string) => string,
): boolean {
  if (disposition.kind !== "act" || disposition.change !== "rule" || target.changes.rule?.kind !== "mark") return false;
  if (disposition.types !== undefined && !disposition.types.includes(record)) return false;
  if (notMarked.length + late.length === 0) return true;
  const name = digest(key);
  return !notMarked.includes(name) && !late.includes(name);
}

/** Plans of the request whose runs marked records, with the instant of the marks; oldest first. */
export async function markingPlans(
  { plans, journal }: Pick<Reads, "plans" | "journal">,
  request: string,
): Promise<readonly { readonly plan: string; readonly at: string }[]> {
  const marking: { readonly plan: string; readonly at: string }[] = [];
  for (const { id } of await plans.ofRequest(request)) {
    const at = await plans.begunAt(id);
    if (at !== undefined && (await journal.attempts(id)).some(({ marked = 0 }) => marked > 0))
      marking.push({ plan: id, at });
  }
  return marking;
}

/** Whether an undo gave this record back: by plan, step and keyed digest of its key. */
async function givenBackBy(
  { undos }: Pick<Reads, "undos">,
  request: string,
): Promise<(plan: string, step: string, name: string) => boolean> {
  const ended = (await undos.ofRequest(request)).filter(({ result }) => result !== undefined);
  return (plan, step, name) =>
    ended.some(
      ({ units, hidden = [] }) =>
        units.some((unit) => unit.plan === plan && unit.steps.includes(step)) &&
        !hidden.includes(imageRef(plan, step, name)),
    );
}

/**
 * Whether an undo gave a record back since this plan was made, whichever plan of the request had acted on it: by
 * `system.record` and keyed digest of its key. What the undo had nothing to do with, such as the marks of others, is none.
 */
export async function givenBackSince(
  reads: Pick<Reads, "undos" | "sealed" | "journal">,
  { id: request, history = [] }: Pick<ErasureRequest, "id" | "history">,
  plan: string,
): Promise<(record: string, name: string) => boolean> {
  const made = history.findLastIndex((event) => event.did === "planned" && event.plan === plan);
  const since = history.slice(made + 1).filter(({ did }) => did === "undone").length;
  const undos = (await reads.undos.ofRequest(request)).filter(({ result }) => result !== undefined);
  const back = new Set<string>();
  if (since === 0 || undos.length === 0) return () => false;
  const digest = keyDigest(await reads.sealed.digestKey(request));
  for (const { units, hidden = [] } of undos.slice(-since)) {
    const stays = new Set(hidden);
    for (const unit of units) {
      const receipts = new Map((await reads.journal.receipts(unit.plan)).map((receipt) => [receipt.step, receipt]));
      const parts = (await reads.sealed.parts(request, unit.plan)).filter(({ head }) => unit.steps.includes(head.step));
      for await (const { step, record, records } of reads.sealed.pieces(request, unit.plan, parts)) {
        const { notMarked = [], late = [] } = receipts.get(step) ?? {};
        const not = new Set([...notMarked, ...late]);
        for (const { key, disposition } of records) {
          const name = digest(key);
          if (keptImage(disposition) && !not.has(name) && !stays.has(imageRef(unit.plan, step, name)))
            back.add(`${record}\n${name}`);
        }
      }
    }
  }
  return (record, name) => back.has(`${record}\n${name}`);
}
