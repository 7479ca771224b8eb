/** Copies that follow by themselves, looked at again: whether they have done what became of what they are copies of. */
import { Failure } from "../errors.ts";
import type { SealedStep, SourceRecord } from "../model/plan.ts";
import { isFollowing } from "../planner/follows.ts";
import { isMarkedBefore } from "../planner/plan.ts";
import type { Readers } from "../planner/readers.ts";
import { notTheirs } from "./not-theirs.ts";
import type { PlannedSteps } from "./planned-steps.ts";

export interface Followed {
  /** Gone by themselves. */
  readonly gone: number;
  /** There, and marked by themselves: they wait for their own purge. */
  readonly hidden: number;
  /** What the run did to their source they have not done. */
  readonly behind: number;
  /** Their source has gone for good since, on its day, and they have not. */
  readonly behindPurge: number;
}

const NONE_FOLLOWED: Followed = { gone: 0, hidden: 0, behind: 0, behindPurge: 0 };

/**
 * Read by their keys alone: a copy of which only what leads to the person was taken is there still. One whose source is
 * there, for whatever reason, has nothing to follow yet.
 */
export async function followedNow(
  readers: Readers,
  { target, records }: SealedStep,
  sourceNow: SourceNow,
): Promise<Followed> {
  const copies = records.filter(({ disposition }) => isFollowing(disposition));
  if (copies.length === 0) return NONE_FOLLOWED;
  const there = new Map<string, boolean>();
  const reader = await readers.of(target.record.system);
  for await (const { key, marked } of reader.locate(target, { by: "keys", keys: copies.map(({ key }) => key) }))
    there.set(key, marked !== undefined);
  const isMarking = target.record.follows?.replays === "soft_delete";
  let [hidden, behind, behindPurge] = [0, 0, 0];
  for (const { key, disposition } of copies) {
    const isMarked = there.get(key);
    if (isMarked === undefined) continue;
    if (isMarking && isMarked) {
      hidden += 1;
      continue;
    }
    const sources = disposition.kind === "waiting" ? (disposition.sources ?? []) : [];
    const states = await Promise.all(sources.map(sourceNow));
    if (states.some((state) => state === "there" || (state === "marked" && !isMarking))) continue;
    if (!isMarking && states.includes("purged")) behindPurge += 1;
    else behind += 1;
  }
  return { gone: copies.length - there.size, hidden, behind, behindPurge };
}

/** `gone`: with the run; `purged`: since then, on its day. */
type SourceNow = (source: SourceRecord) => Promise<"gone" | "purged" | "marked" | "there">;

/** What became of what copies are copies of; each record type is read once. */
export function sourcesNow(readers: Readers, steps: PlannedSteps): SourceNow {
  const known = new Map<string, Promise<SourcesThere>>();
  return async ({ record, key }) => {
    const reading = known.get(record) ?? readSources(readers, steps, record);
    known.set(record, reading);
    const { marks, hidden, moved } = await reading;
    const isMarked = marks.get(key);
    if (isMarked === undefined) return hidden.has(key) ? (moved ? "marked" : "purged") : "gone";
    return isMarked ? "marked" : "there";
  };
}

interface SourcesThere {
  /** Keys of those that are there, and whether they are marked. */
  readonly marks: ReadonlyMap<string, boolean>;
  /** Of those that the plan marks, or found marked. */
  readonly hidden: ReadonlySet<string>;
  /** Of those some are not found by their keys, and something that no plan knew is marked: which of them it is nobody can tell. */
  readonly moved: boolean;
}

async function readSources(readers: Readers, steps: PlannedSteps, record: string): Promise<SourcesThere> {
  const marks = new Map<string, boolean>();
  const step = steps.heads.find((head) => head.record === record);
  if (step === undefined) return { marks, hidden: new Set(), moved: false };
  const { target } = step;
  const records = (await steps.whole([step.step])).flatMap((one) => one.records);
  const reader = await readers.of(target.record.system);
  const keys = records.map(({ key }) => key);
  for await (const { key, marked } of reader.locate(target, { by: "keys", keys })) marks.set(key, marked !== undefined);
  // another's record that has taken its key is not what the copy was one of
  const { kind } = target.record.place;
  if (marks.size > 0 && step.lookups.length > 0 && (kind === "table" || kind === "index"))
    for (const key of await notTheirs(readers, step, [...marks.keys()])) marks.delete(key);
  const marking = target.changes.rule?.kind === "mark";
  const hidden = records.flatMap(({ key, disposition }) =>
    marking && (disposition.kind === "act" || isMarkedBefore(disposition)) ? [key] : [],
  );
  const moved = hidden.some((key) => !marks.has(key)) && (await isAnyMoved(readers, step, new Set(keys)));
  return { marks, hidden: new Set(hidden), moved };
}

/** Whether what leads to the people leads to marked records under other keys too: in another file or index by now, or with another id. */
async function isAnyMoved(
  readers: Readers,
  { target, lookups }: Pick<SealedStep, "target" | "lookups">,
  known: ReadonlySet<string>,
): Promise<boolean> {
  if (lookups.length === 0) return false;
  try {
    const reader = await readers.of(target.record.system);
    for await (const { key, marked } of reader.locate(target, { by: "subjects", lookups }))
      if (marked !== undefined && !known.has(key)) return true;
  } catch (error) {
    // the last line that had them is gone; whether that is right is said of the source itself
    if (!(error instanceof Failure) || error.code !== "COLUMN_MISSING") throw error;
  }
  return false;
}
