/** What planner and executor do with a system, in the few lines a test needs. */
import type { Guard, IO, System } from "../../src/port/connector.ts";
import type { Operation, PlannedRecord, StepOutcome, Unit } from "../../src/model/change.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Located, Lookup, Target } from "../../src/model/search.ts";
import { type Tally, tallyOf } from "../../src/model/tally.ts";
import { testJournal, type TestJournal } from "./journal.ts";

/** A record as one of its subjects has it, with the first of each column's values. */
export interface Seen extends Omit<Located, "values"> {
  readonly subject: number;
  readonly values: Readonly<Record<string, string | null>>;
}

/** Everything `locate` yields, once a subject, by a fresh reader. */
export async function locateAll(system: System, io: IO, target: Target, lookups: readonly Lookup[]): Promise<Seen[]> {
  await using reader = await system.openReader(io);
  const found = await Array.fromAsync(reader.locate(target, { by: "subjects", lookups }));
  return found.flatMap((one) => {
    const values = Object.fromEntries(Object.entries(one.values).map(([name, [first = null]]) => [name, first]));
    return one.subjects.map((subject) => ({ ...one, subject, values }));
  });
}

/** One record a key, with all its subjects. */
export function planned(found: readonly Pick<Located, "key" | "fingerprint" | "subjects">[]): PlannedRecord[] {
  const records = new Map<string, PlannedRecord>();
  for (const { key, fingerprint, subjects } of found) {
    const known = records.get(key);
    records.set(key, {
      key,
      fingerprint,
      subjects: [...new Set([...(known?.subjects ?? []), ...subjects])],
    });
  }
  return [...records.values()];
}

/** A unit of one work with one operation. */
export function unitOf(
  target: Target,
  lookups: readonly Lookup[],
  change: Change,
  records: readonly PlannedRecord[],
): Unit {
  return { id: "u1", effect: "erase", works: [{ step: "s1", target, lookups, operations: [{ change, records }] }] };
}

/** The outcome of a work, and the numbers in it. */
export interface Erased extends StepOutcome, Tally {
  /** Keys of blocked and failed records. */
  readonly unresolved: readonly string[];
}

/** Nothing stands in the way of anything. */
export const FREE: Guard = { judge: async () => [] };

/** Erases by a fresh eraser; the one outcome of the unit's one work. */
export async function eraseUnit(
  system: System,
  io: IO,
  unit: Unit,
  journal: TestJournal = testJournal(),
  guard: Guard = FREE,
): Promise<Erased> {
  await using eraser = await system.openEraser(io);
  const outcomes = await eraser.apply(unit, journal, guard);
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes for one work`);
  const unresolved = outcome.left.filter(({ kind }) => kind === "blocked" || kind === "failed").map(({ key }) => key);
  return { ...outcome, ...tallyOf(outcome), unresolved };
}

/** The keys that are not yet as the operation leaves them, by a fresh reader. */
export async function remainingOf(
  system: System,
  io: IO,
  target: Target,
  operation: Operation,
  lookups?: readonly Lookup[],
): Promise<string[]> {
  await using reader = await system.openReader(io);
  return await Array.fromAsync(reader.remaining(target, operation, lookups));
}
