/** What is given back must not hang on something that stays hidden. */
import { type Conflict, imageRef, type RestoredUnit } from "../executor/restore.ts";
import type { SealedStep } from "../model/plan.ts";
import type { Readers } from "../planner/readers.ts";

interface Looking {
  /** All steps of a plan, with their records. */
  steps(plan: string): Promise<readonly SealedStep[]>;
  openReaders(): Readers;
  digest(key: string): string;
}

/** Records that would be seen again while a record that they reference by an enforced foreign key is hidden still. */
export async function hiddenParents(
  units: readonly RestoredUnit[],
  without: ReadonlySet<string>,
  { steps, openReaders, digest }: Looking,
): Promise<readonly Conflict[]> {
  const conflicts: Conflict[] = [];
  await using readers = openReaders();
  for (const plan of new Set(units.map((unit) => unit.plan))) {
    const mine = units.filter((unit) => unit.plan === plan).flatMap(({ parts }) => parts);
    const back = new Map(
      mine.map(({ step, images }) => [
        step.record,
        new Set(images.flatMap(({ name, key }) => (without.has(imageRef(plan, step.step, name)) ? [] : [key]))),
      ]),
    );
    const systems = new Set(mine.map(({ step }) => step.target.record.system));
    for (const parent of await steps(plan)) {
      const { record } = parent.target;
      if (parent.target.changes.rule?.kind !== "mark" || !systems.has(record.system)) continue;
      const reader = await readers.of(record.system);
      const links = await reader.links([parent.target]);
      if (links.every((link) => link.parent !== parent.record || !back.has(link.child))) continue;
      const stay = parent.records.flatMap(({ key }) => (back.get(parent.record)?.has(key) === true ? [] : [key]));
      const hidden: string[] = [];
      for await (const { key, marked } of reader.locate(parent.target, { by: "keys", keys: stay }))
        if (marked !== undefined) hidden.push(key);
      if (hidden.length === 0) continue;
      for await (const { link, childKey, through } of reader.references(parent.target, hidden)) {
        const child = mine.find(({ step }) => step.record === link.child);
        if (through.length > 1 || child === undefined || back.get(link.child)?.has(childKey) !== true) continue;
        if (without.has(imageRef(plan, child.step.step, digest(childKey)))) continue;
        conflicts.push({
          system: record.system,
          record: child.step.target.record.name,
          plan,
          step: child.step.step,
          keys: [childKey],
          constraint: link.constraint,
        });
      }
    }
  }
  return merged(conflicts);
}

/** One for each constraint and step. */
function merged(conflicts: readonly Conflict[]): readonly Conflict[] {
  return [
    ...Map.groupBy(conflicts, ({ plan, step, constraint }) => JSON.stringify([plan, step, constraint])).values(),
  ].flatMap((some) => {
    const [first] = some;
    return first === undefined ? [] : [{ ...first, keys: [...new Set(some.flatMap(({ keys }) => keys))] }];
  });
}
