import { EXIT, type Failure } from "../errors.ts";
import type { PlanStep } from "../model/plan.ts";
import type { Receipt } from "../state/journal.ts";

/**
 * What an attempt that ended in a failure says of a step: nothing of it is known to be done. `blocked`: it did not get as
 * far as trying; `failed`: what it came to is not known before the next attempt looks.
 */
export function failureReceipt(
  plan: string,
  step: PlanStep,
  failure: Failure,
  times: { readonly attempt: number; readonly started: string; readonly finished: string },
): Receipt {
  const blocked = failure.code === "BLOCKED" || failure.exit === EXIT.unreachable;
  return {
    plan,
    step: step.id,
    system: step.system,
    record: step.record,
    status: blocked ? "blocked" : "failed",
    matched: 0,
    affected: 0,
    gone: 0,
    deleted: 0,
    changed: 0,
    minimised: 0,
    alreadyGone: 0,
    own: 0,
    kept: step.kept,
    waiting: step.waiting,
    blocked: step.blocked + (blocked ? step.act : 0),
    failed: blocked ? 0 : step.act,
    reason: failure.code.toLowerCase(),
    gaps: [],
    ...times,
  };
}
