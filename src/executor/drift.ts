import type { SealedStep } from "../model/plan.ts";

/** What differs between the plan and what is there now; counts only. */
export interface Drift {
  /** `system.record` */
  readonly record: string;
  readonly added: number;
  readonly changed: number;
}

/**
 * New matching records, and planned ones that changed in what match, hold, condition or fields read, or that would now
 * be treated in another way. A planned record that is gone is no drift: it is counted as already gone.
 */
export function driftBetween(planned: readonly SealedStep[], now: readonly SealedStep[]): readonly Drift[] {
  return planned.flatMap((step) => {
    const before = new Map(step.records.map((record) => [record.key, record]));
    let added = 0;
    let changed = 0;
    for (const record of now.find((one) => one.record === step.record)?.records ?? []) {
      const known = before.get(record.key);
      if (known === undefined) added += 1;
      else if (known.fingerprint !== record.fingerprint || JSON.stringify(known.disposition) !== JSON.stringify(record.disposition)) changed += 1;
    }
    return added + changed === 0 ? [] : [{ record: step.record, added, changed }];
  });
}
