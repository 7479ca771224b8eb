import { Failure } from "../errors.ts";
import type { PlanStep } from "../model/plan.ts";
import type { Status } from "../model/status.ts";
import type { Receipt } from "../state/journal.ts";

/** One step of a run as its NDJSON event and its result say it. */
export interface RunStep {
  readonly [key: string]: string | number | boolean | null;
  readonly id: string;
  readonly system: string;
  readonly record: string;
  readonly status: Status;
  readonly matched: number;
  readonly affected: number;
  readonly gone: number;
}

/** `receipt` undefined: no unit was made of the step. Throws UNEXPECTED for a receipt without a step. */
export function stepLine(step: PlanStep | undefined, receipt: Receipt | undefined): RunStep {
  if (step === undefined) throw new Failure("UNEXPECTED", "a receipt has no step in the plan");
  const { id, system, record, until } = step;
  const names = { id, system, record };
  const last = until === undefined ? {} : { until };
  if (receipt === undefined) {
    const { kept, waiting, blocked, act } = step;
    const none = { matched: 0, affected: 0, gone: 0, deleted: 0, changed: 0, minimised: 0, already_gone: 0, own: 0, failed: 0 };
    return { ...names, status: "blocked", ...none, kept, waiting, blocked: blocked + act, ...last };
  }
  const { status, matched, affected, gone, deleted, changed, minimised, alreadyGone, own, kept, waiting, blocked, failed, says } = receipt;
  const reason = receipt.reason ?? step.reason;
  return {
    ...names,
    status,
    matched,
    affected,
    gone,
    deleted,
    changed,
    minimised,
    already_gone: alreadyGone,
    own,
    kept,
    waiting,
    blocked,
    failed,
    ...last,
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
  };
}
