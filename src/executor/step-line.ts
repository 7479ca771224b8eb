import type { Json, JsonObject } from "../model/json.ts";
import type { PlanStep } from "../model/plan.ts";
import { plannedWords } from "../model/pre-image.ts";
import type { Status } from "../model/status.ts";
import type { PersonCounts, Receipt } from "../state/journal.ts";

/** One step of a run as its NDJSON event and its result say it. */
export interface RunStep {
  readonly [key: string]: Json;
  readonly id: string;
  readonly system: string;
  readonly record: string;
  readonly status: Status;
  readonly matched: number;
  readonly affected: number;
  readonly gone: number;
}

/** A step as events and the result show it: the plan's words, the receipt's numbers. `receipt` undefined: no unit was made of the step. */
export function stepLine(step: PlanStep, receipt: Receipt | undefined, people: readonly string[]): RunStep {
  const { id, system, record, found, act, law } = step;
  const planned = receipt === undefined ? step : plannedWords(step);
  const until = receipt?.until === undefined ? planned.until : (receipt.until ?? undefined);
  const { holds } = receipt ?? step;
  const shown = {
    ...(until === undefined ? {} : { until }),
    ...(law === undefined ? {} : { law }),
    ...(holds === undefined ? {} : { holds }),
  };
  if (receipt === undefined) {
    const { kept, waiting, blocked } = step;
    const nothing = {
      matched: 0,
      affected: 0,
      gone: 0,
      deleted: 0,
      changed: 0,
      minimised: 0,
      already_gone: 0,
      own: 0,
      failed: 0,
    };
    return {
      id,
      system,
      record,
      status: "blocked",
      found,
      act,
      ...nothing,
      kept,
      waiting,
      blocked: blocked + act,
      ...shown,
    };
  }
  const {
    status,
    matched,
    affected,
    gone,
    deleted,
    changed,
    minimised,
    alreadyGone,
    asWanted = 0,
    marked = 0,
    own,
    kept,
    waiting,
    blocked,
    failed,
  } = receipt;
  const reason = receipt.reason ?? planned.reason;
  // the words of the plan are those of its own reason: what failed since has another
  const says = receipt.says ?? (reason === step.reason ? step.says : undefined);
  const counts = {
    matched,
    affected,
    gone,
    deleted,
    changed,
    minimised,
    already_gone: alreadyGone,
    ...(asWanted === 0 ? {} : { as_wanted: asWanted }),
    ...(marked === 0 ? {} : { marked }),
    // beside what is held `until` is that of the hold
    ...(receipt.markedUntil === undefined || kept === 0 ? {} : { marked_until: receipt.markedUntil }),
    ...(receipt.restorable === undefined ? {} : { restorable: { ...receipt.restorable } }),
    own,
    kept,
    waiting,
    blocked,
    failed,
  };
  return {
    id,
    system,
    record,
    status,
    found,
    act,
    ...counts,
    ...shown,
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
    ...(receipt.asserted === undefined
      ? {}
      : { assertions: receipt.asserted.map(({ name, held }) => ({ name, held })) }),
    ...(receipt.gaps.length === 0
      ? {}
      : { gaps: receipt.gaps.map(({ where, holdsIdentifier }) => ({ where, holds_identifier: holdsIdentifier })) }),
    ...(receipt.people === undefined
      ? {}
      : { subjects: receipt.people.map((one, at) => personLine(people[at] ?? "", one)) }),
  };
}

function personLine(
  pseudonym: string,
  { done, alreadyGone, kept, waiting, blocked, failed }: PersonCounts,
): JsonObject {
  return { pseudonym, done, already_gone: alreadyGone, kept, waiting, blocked, failed };
}
