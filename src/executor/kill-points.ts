import type { Tx, UnitOfWork } from "../state/state.ts";

/**
 * The moments at which the process may die and the same command must end the same way: typed lists, iterated by
 * test/faults. Those of a unit, in the order in which it passes them, and the end of the run.
 */
export const KILL_POINTS = [
  "claimed",
  "intent_written",
  "effect_begin",
  "effect_half",
  "effect_done",
  "reread",
  "attested",
  "ledger_appended",
  "outbox_marked",
  "completed",
] as const;

/** Moments of a unit that are seen around any connector, once for each unit. */
export const SEEN_POINTS = ["judged", "noted"] as const;

/** The steps of a request's life: each is one transaction, with what the ledger is to be told of it. */
export const LIFE_STEPS = [
  "open",
  "identity",
  "extend",
  "plan",
  "withdraw_plan",
  "approve",
  "begin",
  "intend",
  "keep_images",
  "attempt",
  "attest",
  "complete",
  "verify",
  "begin_undo",
  "undo",
  "destroy_images",
  "end",
] as const;

/** Those of a legal hold's. */
export const HOLD_STEPS = ["hold_add", "hold_extend", "hold_release", "hold_end"] as const;

/** Those of a rehearsal: what is to be planted is noted; it is planted; marked; erased; taken away and still noted. */
export const REHEARSAL_POINTS = [
  "rehearsal_noted",
  "rehearsal_planted",
  "rehearsal_marked",
  "rehearsal_erased",
  "rehearsal_removed",
] as const;

export type LifeStep = (typeof LIFE_STEPS)[number] | (typeof HOLD_STEPS)[number];

/** `saving_…`: all of a step is written and nothing is saved. `saved_…`: it is, and nothing was done since. */
export type KillPoint =
  | (typeof KILL_POINTS)[number]
  | (typeof SEEN_POINTS)[number]
  | (typeof REHEARSAL_POINTS)[number]
  | `saving_${LifeStep}`
  | `saved_${LifeStep}`;

/** Called at each point with the system whose unit passes it; `""` for the run as a whole and outside of one. */
export type At = (point: KillPoint, system: string) => void;

/** Dies like a power cut at `point` or `point@system`; undefined never does. Only for tests: workspace.ts allows it under `clock: test` alone. */
export function killAt(spec: string | undefined): At {
  if (spec === undefined) return () => {};
  return (point, system) => {
    if (spec === point || spec === `${point}@${system}`) process.kill(process.pid, "SIGKILL");
  };
}

/** One step of a request's life in one transaction, between its two kill points. */
export async function lifeStep<T>(
  unit: UnitOfWork,
  at: At,
  step: LifeStep,
  work: (tx: Tx) => Promise<T>,
  system = "",
): Promise<T> {
  const result = await unit.atomically(async (tx) => {
    const made = await work(tx);
    at(`saving_${step}`, system);
    return made;
  });
  at(`saved_${step}`, system);
  return result;
}
