import type { SealedStep } from "../model/plan.ts";
import type { PlannedUnit } from "../planner/units.ts";

/** What differs between the plan and what is there now; counts only. */
export interface Drift {
  /** `system.record` */
  readonly record: string;
  readonly added: number;
  readonly changed: number;
}

/** What a second look found, to be held against the plan. */
export interface SecondLook {
  readonly sealed: readonly SealedStep[];
  /** Of planned records that the search does not find any more: those that are there all the same, or whose place has gone. */
  lost(step: SealedStep, keys: readonly string[]): Promise<readonly string[]>;
}

/**
 * New matching records, and planned ones that changed: in what match, hold, condition or fields read, or so that they
 * would now be treated in another way, or no longer match though they are there, or lie in a place that has changed or
 * gone as a whole. Only a planned record that is gone by its key is no drift: it is counted as already gone.
 */
export async function driftBetween(planned: readonly SealedStep[], look: SecondLook): Promise<readonly Drift[]> {
  const now = new Map(
    look.sealed.map((step) => [step.record, new Map(step.records.map((record) => [record.key, record]))]),
  );
  const drifts: Drift[] = [];
  for (const step of planned) {
    const found = now.get(step.record) ?? new Map<string, SealedStep["records"][number]>();
    const keys = new Set(step.records.map(({ key }) => key));
    const added = [...found.keys()].filter((key) => !keys.has(key)).length;
    const missing = step.records.flatMap(({ key }) => (found.has(key) ? [] : [key]));
    const other = step.records.filter((record) => {
      const again = found.get(record.key);
      if (again === undefined) return false;
      // what is blocked since is met as such when its turn comes: the record itself is as it was
      const blocked = again.disposition.kind === "blocked" && record.disposition.kind === "act";
      return (
        again.fingerprint !== record.fingerprint ||
        (!blocked && JSON.stringify(again.disposition) !== JSON.stringify(record.disposition))
      );
    });
    const changed = other.length + (missing.length === 0 ? 0 : (await look.lost(step, missing)).length);
    if (added + changed > 0) drifts.push({ record: step.record, added, changed });
  }
  return drifts;
}

/** New records by `system.record` that `drift: planned_only` leaves alone; noted, so that a run that goes on knows them. */
export type NewRecords = Readonly<Record<string, number>>;

/** A parent is not deleted under a child that no plan knows: a cascade would take it along. */
export function unitsThatMayRun(units: readonly PlannedUnit[], newRecords: NewRecords): readonly PlannedUnit[] {
  const fresh = (unit: PlannedUnit): boolean => unit.records.some((record) => (newRecords[record] ?? 0) > 0);
  const waiting = new Set(units.filter((unit) => unit.interlocked && fresh(unit)).map((unit) => unit.id));
  for (let before = -1; before !== waiting.size;) {
    before = waiting.size;
    for (const unit of units) {
      if (unit.after.some((id) => waiting.has(id) || units.some((child) => child.id === id && fresh(child))))
        waiting.add(unit.id);
    }
  }
  return units.filter((unit) => !waiting.has(unit.id));
}

export function notedNewRecords(notes: readonly string[]): NewRecords {
  const [last] = notes.slice(-1);
  return last === undefined ? {} : JSON.parse(last);
}
