/**
 * The moments at which the process may die and the same command must end the same way: one typed list, iterated by
 * test/faults. In the order in which a unit passes them.
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

export type KillPoint = (typeof KILL_POINTS)[number];

/** Called at each point with the system whose unit passes it; `""` for the run as a whole. */
export type At = (point: KillPoint, system: string) => void;

/** Dies like a power cut at `point` or `point@system`; undefined never does. Only for tests: workspace.ts allows it under `clock: test` alone. */
export function killAt(spec: string | undefined): At {
  if (spec === undefined) return () => {};
  return (point, system) => {
    if (spec === point || spec === `${point}@${system}`) process.kill(process.pid, "SIGKILL");
  };
}
