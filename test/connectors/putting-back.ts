/** What an undo does with a SQL database's works, in the few lines that its tests need. */
import type { System } from "../../src/port/connector.ts";
import type { Unit, Work } from "../../src/model/change.ts";
import { FREE } from "../support/erase.ts";
import type { TestIO } from "../support/io.ts";
import { testJournal, type TestJournal } from "../support/journal.ts";
import { did, type Did } from "./sql.ts";

export const WINDOW = { restoreWindow: { years: 0, months: 0, days: 7, seconds: 0, text: "7 days" } };

/** The unit that gives back what these works kept. */
export function backOf(works: readonly Work[], { images }: Pick<TestJournal, "images">): Unit {
  return {
    id: "U-1",
    effect: "restore",
    works: works.toReversed().flatMap((work): readonly Work[] => {
      const mine = new Map(
        [...images].flatMap(([name, bytes]) => {
          const [step = "", ...key] = name.split("\n");
          return step === work.step ? [[key.join("\n"), bytes] as const] : [];
        }),
      );
      const planned = work.operations.flatMap(({ records }) => records);
      const records = planned.filter(({ key }) => mine.has(key));
      return records.length === 0
        ? []
        : [{ ...work, operations: [{ change: { kind: "restore", images: mine }, records }] }];
    }),
  };
}

export async function putBack(
  system: System,
  io: TestIO,
  unit: Unit,
  journal: TestJournal = testJournal(),
): Promise<readonly Did[]> {
  await using eraser = await system.openEraser(io);
  return did(await eraser.apply(unit, journal, FREE));
}

/** What a rehearsal says stands in the way: `step reason count`. */
export async function obstacles(system: System, io: TestIO, unit: Unit): Promise<readonly string[]> {
  await using eraser = await system.openEraser(io);
  const outcomes = await eraser.apply({ ...unit, rehearsal: true }, testJournal(), FREE);
  return outcomes.flatMap(({ step, left }) =>
    [...Map.groupBy(left, ({ reason }) => reason)].map(([reason, some]) => `${step} ${reason} ${some.length}`),
  );
}

/** What is not back yet, of all works. */
export async function missing(system: System, io: TestIO, unit: Unit): Promise<number> {
  await using reader = await system.openReader(io);
  let count = 0;
  for (const { target, operations } of unit.works)
    for (const operation of operations) count += (await Array.fromAsync(reader.remaining(target, operation))).length;
  return count;
}
