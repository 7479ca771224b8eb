import type { ErasureRequest } from "../model/request.ts";
import type { Reads } from "../state/state.ts";
import { type BoardItem, daysLeft, nextStep, type NextStep, undoable } from "./board.ts";
import type { RestoreWindow } from "./restorable.ts";
import { openThings } from "./open-things.ts";
import { type PlanLine, plansOf, story, type StoryLine } from "./story.ts";

/** A request as `request new` and `request list` give it. `today`: civil date at the controller. */
export function requestJson(request: ErasureRequest, today: string): object {
  const { id, type, received, due, state, ref, pseudonyms } = request;
  // nobody asked for it: it has no people, and no deadline
  if (request.kind === "due") return { id, kind: request.kind, type, received, state };
  const { days_left, overdue } = daysLeft(request, today);
  const shown = pseudonyms.map((one) => `s_${one.slice(0, 8)}`);
  return {
    id,
    type,
    pseudonym: shown[0],
    ...(shown.length > 1 ? { pseudonyms: shown } : {}),
    received,
    due,
    days_left,
    overdue,
    state,
    ...(ref === undefined ? {} : { ref }),
  };
}

/** Everything that is known of a request beside itself. */
export interface Told extends NextStep {
  readonly today: string;
  readonly late: Pick<BoardItem, "days_left" | "overdue">;
  readonly story: readonly StoryLine[];
  readonly plans: readonly PlanLine[];
  /** What must still happen, in words. */
  readonly open: readonly string[];
  /** What `undo` can still bring back, and until when. */
  readonly restorable: readonly RestoreWindow[];
}

export async function tellOf(reads: Reads, request: ErasureRequest, today: string): Promise<Told> {
  return {
    today,
    late: daysLeft(request, today),
    story: await story(reads, request),
    plans: await plansOf(reads, request.id),
    open: await openThings(reads, request),
    restorable: await undoable(reads, request, today),
    ...(await nextStep(reads, request, today)),
  };
}

/** Commands that a person would type next. */
export function nextOf({ next, otherwise = [] }: NextStep): readonly string[] {
  return [...(next === null ? [] : [next]), ...otherwise];
}

/** A request with everything that is known of it. */
export function wholeRequestJson(request: ErasureRequest, told: Told): object {
  const { createdAt, createdBy, identity, plan, purge, excluded, reason, endedAt } = request;
  return {
    ...requestJson(request, told.today),
    opened: { at: createdAt, by: createdBy },
    ...(identity === undefined ? {} : { identity }),
    ...(plan === undefined ? {} : { plan }),
    ...(purge === undefined ? {} : { purge: { record: purge.record, reason: purge.words } }),
    ...(excluded === undefined ? {} : { excluded: { records: excluded.records, reason: excluded.words } }),
    ...(reason === undefined ? {} : { reason }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    history: told.story,
    plans: told.plans,
    open: told.open,
    restorable: told.restorable,
    waiting_for: told.waiting_for,
    next: told.next,
  };
}
