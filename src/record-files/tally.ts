import type { Left, StepOutcome } from "../model/change.ts";
import type { Change } from "../model/rule-change.ts";

/** A step's outcome while it grows. */
export interface Tally {
  readonly step: string;
  matched: number;
  deleted: number;
  changed: number;
  readonly left: Left[];
}

export function newTally(step: string): Tally {
  return { step, matched: 0, deleted: 0, changed: 0, left: [] };
}

/** This record was acted on, now or in an earlier attempt of the unit. */
export function acted(tally: Tally, kind: Change["kind"]): void {
  tally.matched += 1;
  tally[kind === "delete" ? "deleted" : "changed"] += 1;
}

/** Nothing was done to these records. */
export function leave(tally: Tally, keys: Iterable<string>, why: Omit<Left, "key">): void {
  for (const key of keys) tally.left.push({ key, ...why });
}

/** Gone by its key, or as wanted, before this unit touched anything. */
export const ALREADY_GONE = { kind: "already_gone", reason: "already_gone" } as const;

/** There, and as wanted, before this unit touched anything. */
export const AS_WANTED = { kind: "already_gone", reason: "as_wanted" } as const;

/** Not what was planned any more. */
export const CHANGED = { kind: "failed", reason: "changed" } as const;

/** What stood around a removed line does not stand side by side any more. */
export const NEIGHBOURS = { kind: "failed", reason: "neighbours" } as const;

export function outcomeOf({ step, matched, deleted, changed, left }: Tally): StepOutcome {
  return { step, matched, deleted, changed, minimised: 0, own: 0, left };
}
