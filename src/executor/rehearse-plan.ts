/** A plan that is tried: each system's units by its own eraser, in one transaction that is never committed. */
import { EXIT, Failure } from "../errors.ts";
import type { StepOutcome } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Stamp } from "../model/marker.ts";
import type { Plan, SealedStep, StepHead } from "../model/plan.ts";
import { reasonWords } from "../model/words.ts";
import type { PlannedUnit } from "../planner/units.ts";
import { AssertionChanged } from "../port/assertion-changed.ts";
import type { Beyond, Edge, Guard, Rehearsal } from "../port/connector.ts";
import { eachPiece, piecesOf } from "./pieces.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import { comingAgain } from "./run-unit.ts";
import { plannedCount, plannedIn, unitWork } from "./unit-work.ts";

export interface RehearsalCheck {
  readonly name: "constraints" | "triggers" | "collateral" | "orphans" | "assertions";
  readonly ok: boolean;
  readonly detail: string;
}

export interface RehearsedRecord {
  /** `system.record` */
  readonly record: string;
  /** None where it was not rehearsed. */
  readonly checks: readonly RehearsalCheck[];
  /** Why it was not. */
  readonly not_rehearsed?: string;
}

export interface RehearsalScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly steps: PlannedSteps;
  readonly units: readonly PlannedUnit[];
  readonly stamp: Stamp;
  /** Undefined: its kind cannot try anything. */
  open(system: string): Promise<Rehearsal | undefined>;
}

/** The plan was made a moment ago: what holds and waits was judged then, and a run judges it again. */
const FREE: Guard = { judge: async () => await Promise.resolve([]) };

/** What it would come to, of every record type of which anything is to be done; in the plan's order. */
export async function rehearsePlan(scope: RehearsalScope): Promise<readonly RehearsedRecord[]> {
  const counts = await countsOf(scope);
  const seen = new Map<string, Seen>();
  for (const { name } of scope.map.systems) {
    const heads = scope.steps.heads.filter(({ step, target }) => target.record.system === name && counts.has(step));
    if (heads.length === 0) continue;
    for (const { step } of heads) seen.set(step, { left: [], done: 0, own: 0, beyond: NOTHING_BEYOND });
    await rehearseSystem(scope, name, heads, seen);
  }
  return scope.plan.steps.flatMap(({ id, system, record }) => {
    const one = seen.get(id);
    if (one === undefined) return [];
    const name = `${system}.${record}`;
    if (one.notRehearsed !== undefined) return [{ record: name, checks: [], not_rehearsed: one.notRehearsed }];
    return [{ record: name, checks: checksOf(one, counts.get(id)?.takes ?? new Map()) }];
  });
}

interface Seen {
  readonly left: { readonly reason: string; readonly kind: "failed" | "blocked"; readonly count: number }[];
  done: number;
  own: number;
  beyond: Beyond;
  notRehearsed?: string;
  orphans?: RehearsalCheck;
  assertions?: RehearsalCheck;
}

const NOTHING_BEYOND: Beyond = { out: [], stays: [] };

interface Counts {
  /** Rows that go behind its records, by table. */
  readonly takes: Map<string, number>;
}

/** Steps of which something is to be done. */
async function countsOf({ steps }: RehearsalScope): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>();
  for await (const { step, records } of steps.pieces(steps.heads.map((head) => head.step)))
    for (const { disposition, takes = [] } of records) {
      if (disposition.kind !== "act" && !(disposition.kind === "kept" && disposition.minimise)) continue;
      const mine = counts.get(step) ?? { takes: new Map() };
      counts.set(step, mine);
      for (const { table } of takes) mine.takes.set(table, (mine.takes.get(table) ?? 0) + 1);
    }
  return counts;
}

async function rehearseSystem(
  scope: RehearsalScope,
  system: string,
  heads: readonly StepHead[],
  seen: ReadonlyMap<string, Seen>,
): Promise<void> {
  const { plan, steps } = scope;
  await using rehearsal = await scope.open(system);
  if (rehearsal === undefined) {
    const kind = scope.map.systems.find(({ name }) => name === system)?.kind ?? system;
    for (const { step } of heads) leave(seen.get(step), `a system of kind ${kind} cannot be rehearsed`);
    return;
  }
  for (const { step, target } of heads) {
    const beyond = await rehearsal.beyond(target);
    const one = seen.get(step);
    if (one === undefined) continue;
    one.beyond = beyond;
    if (beyond.out.length > 0) leave(one, `a rollback would not take back what it sets off: ${beyond.out.join("; ")}`);
  }
  const left = new Set<string>();
  for (const unit of scope.units.filter((one) => one.system === system).toSorted((a, b) => a.phase - b.phase)) {
    const ids = unit.records.flatMap(
      (id) => plan.steps.find((step) => `${step.system}.${step.record}` === id)?.id ?? [],
    );
    const mine = ids.flatMap((id) => seen.get(id) ?? []);
    const why = mine.find(({ notRehearsed }) => notRehearsed !== undefined)?.notRehearsed;
    const before = unit.after.find((id) => left.has(id));
    if (why !== undefined || before !== undefined) {
      left.add(unit.id);
      for (const one of mine) leave(one, why ?? "it goes after records that were not rehearsed");
      continue;
    }
    if (mine.length > 0) await rehearseUnit(rehearsal, { scope, unit, ids }, seen);
  }
  for (const { step, record, target } of heads) {
    const one = seen.get(step);
    if (one === undefined || one.notRehearsed !== undefined || target.changes.rule?.kind !== "delete") continue;
    one.orphans = await orphansOf(rehearsal, edgesInto(steps.heads, record));
  }
}

function leave(one: Seen | undefined, why: string): void {
  if (one !== undefined) one.notRehearsed ??= why;
}

async function rehearseUnit(
  rehearsal: Rehearsal,
  { scope, unit, ids }: { readonly scope: RehearsalScope; readonly unit: PlannedUnit; readonly ids: readonly string[] },
  seen: ReadonlyMap<string, Seen>,
): Promise<void> {
  const { plan, steps, stamp } = scope;
  const row = { ...unit, plan: plan.id, steps: ids, state: "ready" } as const;
  let planned: ReturnType<typeof plannedIn> | undefined;
  try {
    await eachPiece({ pieces: () => piecesOf(steps, ids) }, async (sealed: readonly SealedStep[], turn) => {
      const work = unitWork(row, sealed, steps, stamp);
      if (work.works.every((one) => plannedCount(one) === 0)) return new Set();
      const outcomes = await rehearsal.apply(
        { ...work, planned: async () => await (planned ??= plannedIn(unit.system, steps)) },
        FREE,
      );
      const again = turn.mayComeAgain ? comingAgain(outcomes) : new Set<string>();
      for (const outcome of outcomes) note(seen.get(outcome.step), outcome, again);
      return again;
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.exit === EXIT.unexpected || STOPS.has(error.code)) throw error;
    for (const one of ids.flatMap((id) => seen.get(id) ?? []))
      if (error instanceof AssertionChanged) one.assertions = { name: "assertions", ok: false, detail: error.says };
      else one.left.push({ reason: error.code, kind: "failed", count: 0 });
  }
}

/** The whole system is out of reach, or somebody wants an end. */
const STOPS: ReadonlySet<string> = new Set(["INTERRUPTED", "BUSY", "SYSTEM_UNREACHABLE", "CREDENTIALS_REFUSED"]);

function note(one: Seen | undefined, outcome: StepOutcome, again: ReadonlySet<string>): void {
  if (one === undefined) return;
  one.done += outcome.deleted + outcome.changed + outcome.minimised;
  one.own += outcome.own;
  for (const kind of ["failed", "blocked"] as const) {
    const stay = outcome.left.filter((left) => !again.has(left.key) && left.kind === kind);
    for (const [reason, mine] of Map.groupBy(stay, (left) => left.reason))
      one.left.push({ reason, kind, count: mine.length });
  }
  const { asserted } = outcome;
  if (asserted !== undefined)
    one.assertions ??= {
      name: "assertions",
      ok: true,
      detail: `the same after it: ${asserted.map(({ name }) => name).join(", ")}`,
    };
}

function checkOf(reason: string): "constraints" | "triggers" | "collateral" {
  if (reason.startsWith("UNPLANNED ")) return "collateral";
  // a trigger's own error, with or without the function's name
  return /^(?:UNDECLARED|ALTERED|TRIGGER_CHANGES) |^swallowed$|^P0|^[0-9A-Z]{5} \w/u.test(reason) &&
    !reason.startsWith("23")
    ? "triggers"
    : "constraints";
}

function checksOf(one: Seen, takes: ReadonlyMap<string, number>): readonly RehearsalCheck[] {
  const failed = (name: string) =>
    one.left.flatMap(({ reason, kind, count }) =>
      checkOf(reason) === name
        ? [`${count === 0 ? "" : `${records(count)}: `}${reasonWords(reason, { status: kind })}`]
        : [],
    );
  const check = (name: RehearsalCheck["name"], ok: string): RehearsalCheck => {
    const wrong = failed(name);
    return { name, ok: wrong.length === 0, detail: wrong.length === 0 ? ok : wrong.join("; ") };
  };
  const behind = [...takes].map(([table, count]) => `${count} of ${table}`);
  const trail = one.own === 0 ? [] : [`${records(one.own)} of an audit trail written by triggers and redacted`];
  return [
    check("constraints", `${records(one.done)} done and taken back`),
    check("triggers", [...trail, ...one.beyond.stays].join("; ") || "none did what the data map does not name"),
    check(
      "collateral",
      behind.length === 0 ? "no other row went" : `rows that go behind, as planned: ${behind.join(", ")}`,
    ),
    one.orphans ?? { name: "orphans", ok: true, detail: "nothing of it is deleted" },
    ...(one.assertions === undefined ? [] : [one.assertions]),
  ];
}

function records(count: number): string {
  return count === 1 ? "1 record" : `${count} records`;
}

/** The data map's own references, enforced or not. */
function edgesInto(heads: readonly StepHead[], parent: string): readonly Edge[] {
  const above = heads.find(({ record }) => record === parent);
  if (above === undefined) return [];
  return heads
    .filter(({ target }) => target.record.system === above.target.record.system)
    .flatMap(({ target, lookups }) =>
      target.record.match.terms.flatMap(({ column, source }): readonly Edge[] => {
        if (source.kind !== "column" || source.ref.record !== parent) return [];
        const values = [...new Set(lookups.flatMap((lookup) => lookup.values[column] ?? []))];
        if (values.length === 0) return [];
        return [{ child: target, childColumn: column, parent: above.target, parentColumn: source.ref.column, values }];
      }),
    );
}

async function orphansOf(rehearsal: Rehearsal, edges: readonly Edge[]): Promise<RehearsalCheck> {
  const found: string[] = [];
  const unseen: string[] = [];
  for (const edge of edges) {
    const name = `${edge.child.record.id}.${edge.childColumn}`;
    const count = await rehearsal.orphans(edge);
    if (count === undefined) unseen.push(name);
    else if (count > 0) found.push(`${count} of ${name}`);
  }
  const not = unseen.length === 0 ? "" : `; not looked at, since it is no plain column: ${unseen.join(", ")}`;
  return {
    name: "orphans",
    ok: found.length === 0,
    detail: `${found.length === 0 ? "no row names a deleted one" : `rows that name a deleted one stay: ${found.join(", ")}`}${not}`,
  };
}
