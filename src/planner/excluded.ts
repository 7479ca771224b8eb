/** Records that a person left out of a plan, for a reason: they stay as they are, and count as kept. */
import type { Disposition } from "../model/plan.ts";
import { holdsOf } from "./under-legal-hold.ts";

/** Whether a person left this record out, by `system.record` and key. */
export type Excluded = (record: string, key: string) => boolean;

export const NOTHING_EXCLUDED: Excluded = () => false;

/** Whatever else was decided, the record stays, and whole; until when nobody knows. What holds it besides is named still. */
export function leftOut(was: Disposition | undefined): Disposition {
  const held = was?.kind === "kept" ? was : undefined;
  return {
    kind: "kept",
    reason: "excluded",
    law: held?.law ?? [],
    minimise: false,
    whole: true,
    ...(held === undefined ? {} : holdsOf([held])),
  };
}
