import type { Left, StepOutcome } from "../../src/model/change.ts";

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

/** These records could not be acted on: `blocked` for now, or `failed`. */
export function unresolved(tally: Tally, kind: "blocked" | "failed", keys: readonly string[], reason: string): void {
  for (const key of keys) tally.left.push({ key, kind, reason });
}

export function alreadyGone(tally: Tally, key: string): void {
  tally.left.push({ key, kind: "already_gone", reason: "already_gone" });
}

export function outcomeOf({ step, matched, deleted, changed, left }: Tally): StepOutcome {
  return { step, matched, deleted, changed, minimised: 0, own: 0, left };
}
