import type { StepOutcome } from "./change.ts";

/** A step outcome in numbers. */
export interface Tally {
  /** What the system says it did: deleted and changed. */
  readonly affected: number;
  readonly alreadyGone: number;
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
  /** Code of the worst of what was left: failed before blocked, then waiting, then kept. */
  readonly reason?: string;
}

export function tallyOf({ deleted, changed, left }: StepOutcome): Tally {
  const of = (kind: StepOutcome["left"][number]["kind"]) => left.filter((one) => one.kind === kind);
  const [failed, blocked, waiting, kept] = [of("failed"), of("blocked"), of("waiting"), of("kept")];
  const reason = [...failed, ...blocked, ...waiting, ...kept][0]?.reason;
  return {
    affected: deleted + changed,
    alreadyGone: of("already_gone").length,
    kept: kept.length,
    waiting: waiting.length,
    blocked: blocked.length,
    failed: failed.length,
    ...(reason === undefined ? {} : { reason }),
  };
}
