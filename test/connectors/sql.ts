/** What planner and executor do with a SQL database, in the few lines that its tests need. */
import type { Guard, System } from "../../src/port/connector.ts";
import type { RecordType } from "../../src/model/datamap.ts";
import type { StepOutcome, Work } from "../../src/model/change.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Finding, Lookup, MatchColumn, Target } from "../../src/model/search.ts";
import { type Tally, tallyOf } from "../../src/model/tally.ts";
import { FREE, locateAll, planned } from "../support/erase.ts";
import type { TestIO } from "../support/io.ts";
import { testJournal, type TestJournal } from "../support/journal.ts";
import { targetOf } from "../support/record-type.ts";

/** Searched by these columns: `email` by itself, or with type and folds. */
export function target(
  of: RecordType,
  columns: readonly (string | MatchColumn)[],
  exports: readonly string[] = [],
): TestTarget {
  const matched = columns.map((column) =>
    typeof column === "string" ? { column, type: "edge" as const, fold: [] } : column,
  );
  return { ...targetOf(of, matched, exports), record: of };
}

/** A target with its whole record type, for the system's block. */
export interface TestTarget extends Target {
  readonly record: RecordType;
}

/** One subject's values: `{ email: "…" }`. */
export function lookup(values: Readonly<Record<string, string | readonly string[]>>, subject = 0): Lookup {
  return {
    subject,
    values: Object.fromEntries(
      Object.entries(values).map(([column, some]) => [column, typeof some === "string" ? [some] : some]),
    ),
  };
}

/** What the record type's own rule does. */
export function ruleOf({ changes, record: { id } }: Target): Change {
  if (changes.rule === undefined) throw new Error(`${id} has no rule`);
  return changes.rule;
}

/** Locates and plans a work by the record type's own rule. */
export async function plan(
  system: System,
  io: TestIO,
  where: Target,
  lookups: readonly Lookup[],
  change: Change = ruleOf(where),
): Promise<Work> {
  const found = await locateAll(system, io, where, lookups);
  return { step: where.record.id, target: where, lookups, operations: [{ change, records: planned(found) }] };
}

/** Does these works as one unit, on a fresh eraser. */
export async function erase(
  system: System,
  io: TestIO,
  works: readonly Work[],
  journal: TestJournal = testJournal(),
  guard: Guard = FREE,
): Promise<readonly Did[]> {
  await using eraser = await system.openEraser(io);
  return did(await eraser.apply({ id: "U-1", effect: "erase", works }, journal, guard));
}

/** An outcome as its numbers, with the keys of blocked and failed records. */
export interface Did extends Tally {
  readonly step: string;
  readonly matched: number;
  readonly minimised: number;
  readonly own: number;
  readonly unresolved: readonly string[];
}

export function did(outcomes: readonly StepOutcome[]): readonly Did[] {
  return outcomes.map((outcome) => ({
    step: outcome.step,
    matched: outcome.matched,
    minimised: outcome.minimised,
    own: outcome.own,
    ...tallyOf(outcome),
    unresolved: outcome.left.filter(({ kind }) => kind === "blocked" || kind === "failed").map(({ key }) => key),
  }));
}

export async function check(system: System, io: TestIO, targets: readonly Target[]): Promise<Finding[]> {
  await using reader = await system.openReader(io);
  return await Array.fromAsync(reader.check(targets));
}

/** `CODE record column: message` of the errors, or of the warnings. */
export function codes(findings: readonly Finding[], severity: Finding["severity"] = "error"): string[] {
  return findings
    .filter((one) => one.severity === severity)
    .map(({ code, record: of, column }) => [code, of, ...(column === undefined ? [] : [column])].join(" "));
}

export const done = (count: number, more: Partial<Did> = {}) => ({
  matched: count,
  affected: count,
  alreadyGone: 0,
  minimised: 0,
  own: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  unresolved: [],
  ...more,
});
