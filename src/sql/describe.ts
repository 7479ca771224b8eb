import { Failure } from "../errors.ts";
import type { PlannedInSystem, PlannedKeys, Unit } from "../model/change.ts";
import type { Target } from "../model/search.ts";
import type { UnitTables } from "./dialect.ts";
import type { RecordTable } from "./record-table.ts";

interface Describing<T extends RecordTable> {
  table(target: Target): T | Promise<T>;
  /** Another record type's names over the table of this work. */
  over(target: Target, work: T): T | Promise<T>;
  /** The same, with what the others read of a row read too. */
  alsoReading(work: T, others: readonly T[]): T;
}

/** The tables of a unit's works, and of the record types whose rules act on the same rows. */
export async function describeWorks<T extends RecordTable>(
  unit: Unit,
  how: Describing<T>,
): Promise<Pick<UnitTables<T>, "works" | "also">> {
  const works: T[] = [];
  const all = new Map<T, ReadonlyMap<Target, T>>();
  for (const { target, operations } of unit.works) {
    const work = await how.table(target);
    const others = new Map<Target, T>();
    for (const one of operations.flatMap((operation) => operation.also ?? []))
      others.set(one.target, others.get(one.target) ?? (await how.over(one.target, work)));
    const whole = how.alsoReading(work, [...others.values()]);
    works.push(whole);
    all.set(whole, others);
  }
  return {
    works,
    also(work, target) {
      const found = all.get(work)?.get(target);
      if (found === undefined) throw new Failure("UNEXPECTED", `${target.record.id} was not described`);
      return found;
    },
  };
}

/** Whether the leading records must go in one statement: there are several, or their table references itself. Trails of them follow. */
export function isOnePiece<T extends RecordTable>(
  unit: Unit,
  works: readonly T[],
  referencesItself: (work: T) => boolean,
): boolean {
  const records = new Set(unit.works.map(({ target }) => target.record.id));
  const leading = works.filter(({ target }) => !target.record.auditOf.some((source) => records.has(source)));
  return leading.length > 1 || leading.some(referencesItself);
}

/** What the unit itself deletes and changes. */
export function ownWork({ works }: Unit): PlannedInSystem {
  const own = (as: "delete" | "change"): readonly PlannedKeys[] =>
    works.map(({ target, operations }) => ({
      target,
      keys: operations.flatMap(({ change, records }) =>
        (change.kind === "delete") === (as === "delete") ? records.map(({ key }) => key) : [],
      ),
    }));
  return { deleting: own("delete"), changing: own("change") };
}
