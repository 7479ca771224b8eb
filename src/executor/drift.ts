import type { SealedStep } from "../model/plan.ts";
import type { PlannedUnit } from "../planner/units.ts";

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

/** New records by `system.record` that `drift: planned_only` leaves alone; noted, so that a run that goes on knows them. */
export type Late = Readonly<Record<string, number>>;

/** A parent is not deleted under a child that no plan knows: a cascade would take it along. */
export function unhindered(units: readonly PlannedUnit[], late: Late): readonly PlannedUnit[] {
  const fresh = (unit: PlannedUnit): boolean => unit.records.some((record) => (late[record] ?? 0) > 0);
  const hindered = new Set(units.filter((unit) => unit.tangled && fresh(unit)).map((unit) => unit.id));
  for (let before = -1; before !== hindered.size;) {
    before = hindered.size;
    for (const unit of units) {
      if (unit.after.some((id) => hindered.has(id) || units.some((child) => child.id === id && fresh(child)))) hindered.add(unit.id);
    }
  }
  return units.filter((unit) => !hindered.has(unit.id));
}

export function lateOf(notes: readonly string[]): Late {
  const [last] = notes.slice(-1);
  return last === undefined ? {} : JSON.parse(last);
}
