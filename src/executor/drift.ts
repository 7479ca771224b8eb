import type { PlannedRecords, SealedRecord, SealedStep, StepHead } from "../model/plan.ts";
import { isFollowing } from "../planner/follows.ts";
import type { PlannedUnit } from "../planner/units.ts";

/** What differs between the plan and what is there now; counts only. */
export interface Drift {
  /** `system.record` */
  readonly record: string;
  readonly added: number;
  readonly changed: number;
}

interface StepNow extends Pick<StepHead, "record"> {
  readonly records: Pick<PlannedRecords, "size" | "get">;
}

/** What a second look found, to be held against the plan. */
export interface SecondLook {
  readonly sealed: readonly StepNow[];
  /** Of planned records that the search does not find any more: those that are there all the same, or whose place has gone. */
  lost(step: StepHead, keys: readonly string[]): Promise<readonly string[]>;
}

/**
 * New matching records, and planned ones that changed: in what match, hold, condition or fields read, or so that they
 * would now be treated in another way, or no longer match though they are there, or lie in a place that has changed or
 * gone as a whole. Only a planned record that is gone by its key is no drift: it is counted as already gone.
 * `planned`: the steps, or pieces of them that follow each other.
 */
export async function driftBetween(
  planned: Iterable<SealedStep> | AsyncIterable<SealedStep>,
  look: SecondLook,
): Promise<readonly Drift[]> {
  const drifts: Drift[] = [];
  let comparing: Comparing | undefined;
  const end = async (): Promise<void> => {
    if (comparing === undefined) return;
    const { head, now, known, missing } = comparing;
    const added = now.size - known;
    const changed = comparing.changed + (missing.length === 0 ? 0 : (await look.lost(head, missing)).length);
    if (added + changed > 0) drifts.push({ record: head.record, added, changed });
  };
  for await (const { records, ...head } of planned) {
    if (comparing?.head.step !== head.step) {
      await end();
      const now = look.sealed.find((one) => one.record === head.record)?.records ?? NOTHING;
      comparing = { head, now, known: 0, missing: [], changed: 0 };
    }
    for (const record of records) {
      const again = comparing.now.get(record.key);
      if (again === undefined) comparing.missing.push(record.key);
      else comparing.known += 1;
      if (again !== undefined && isOther(record, again)) comparing.changed += 1;
    }
  }
  await end();
  return drifts;
}

/** A step that is being held against what is there. */
interface Comparing {
  readonly head: StepHead;
  readonly now: StepNow["records"];
  /** Planned records that are found again. */
  known: number;
  readonly missing: string[];
  changed: number;
}

const NOTHING: Comparing["now"] = new Map();

function isOther(planned: SealedRecord, now: SealedRecord): boolean {
  // whether a copy follows by itself is decided by its source, whose own step says what came
  const asSource = isFollowing(planned.disposition) || isFollowing(now.disposition);
  // what is blocked since is met as such when its turn comes: the record itself is as it was
  const blocked = now.disposition.kind === "blocked" && planned.disposition.kind === "act";
  return (
    now.fingerprint !== planned.fingerprint ||
    (!blocked &&
      !asSource &&
      !isHeld(now) &&
      !isHeld(planned) &&
      JSON.stringify(now.disposition) !== JSON.stringify(planned.disposition))
  );
}

/**
 * A legal hold that came, went or changed since the plan makes it no other plan: the guard keeps what it covers now, and
 * what was planned to be kept stays until a new one.
 */
function isHeld({ disposition }: SealedRecord): boolean {
  return (disposition.kind === "kept" || disposition.kind === "act") && "holds" in disposition;
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
