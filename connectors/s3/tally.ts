import type { StepOutcome } from "../../src/model/change.ts";

/** A step's outcome while it grows. */
export interface Tally {
  readonly step: string;
  matched: number;
  affected: number;
  alreadyGone: number;
  blocked: number;
  failed: number;
  readonly unresolved: string[];
  reason?: string;
}

export function newTally(step: string): Tally {
  return { step, matched: 0, affected: 0, alreadyGone: 0, blocked: 0, failed: 0, unresolved: [] };
}

/** These records could not be acted on: `blocked` for now, or `failed`. The first reason stays. */
export function unresolved(tally: Tally, kind: "blocked" | "failed", keys: readonly string[], reason: string): void {
  tally[kind] += keys.length;
  tally.unresolved.push(...keys);
  tally.reason ??= reason;
}

export function outcomeOf({ step, matched, affected, alreadyGone, blocked, failed, unresolved: left, reason }: Tally): StepOutcome {
  return { step, matched, affected, alreadyGone, own: 0, blocked, failed, unresolved: left, ...(reason === undefined ? {} : { reason }) };
}
