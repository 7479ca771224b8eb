/** Records that stay aside although they are due: something stood against them, and a person ended the work on them. */
import type { Disposition } from "../model/plan.ts";
import type { Target } from "../model/search.ts";

export interface LeftAside {
  /** Of these blocked records those that were left, and read as they did then. */
  seen(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Of these records that nothing is seen to stand against those whose attempt was blocked, and that would be tried in the same way. */
  tried(keys: readonly string[], target: Target): Promise<ReadonlySet<string>>;
}

const ASIDE: Disposition = { kind: "waiting", reason: "left_blocked" };

/** Sets aside what only an attempt would find blocked again. */
export async function setTriedAside(
  left: LeftAside | undefined,
  decided: Map<string, Disposition>,
  target: Target,
): Promise<void> {
  if (left === undefined) return;
  const acting = [...decided].flatMap(([key, { kind }]) => (kind === "act" ? [key] : []));
  if (acting.length === 0) return;
  for (const key of await left.tried(acting, target)) decided.set(key, ASIDE);
}

/** Sets aside what is blocked still. What is blocked no more is due. */
export async function setBlockedAside(left: LeftAside | undefined, decided: Map<string, Disposition>): Promise<void> {
  if (left === undefined) return;
  const blocked = [...decided].flatMap(([key, { kind }]) => (kind === "blocked" ? [key] : []));
  if (blocked.length === 0) return;
  for (const key of await left.seen(blocked)) decided.set(key, ASIDE);
}
