import { reasonWords, stateWords } from "../model/words.ts";
import type { RequestState, Status } from "../model/status.ts";
import { count, day, safe, table } from "./show.ts";

interface UndoneLine {
  readonly system: string;
  readonly record: string;
  readonly status: Status;
  readonly restored: number;
  readonly hidden: number;
  readonly reason?: string;
}

/** What an undo came to. */
export function undoScreen({
  request,
  state,
  steps,
}: {
  readonly request: string;
  readonly state: RequestState;
  readonly steps: readonly UndoneLine[];
}): string {
  const restored = steps.reduce((sum, one) => sum + one.restored, 0);
  const hidden = steps.reduce((sum, one) => sum + one.hidden, 0);
  const rows = steps.map((one) => [
    `  ${safe(`${one.system}.${one.record}`)}`,
    `${one.restored} brought back`,
    one.hidden === 0
      ? ""
      : `${one.hidden} not: ${one.reason === undefined ? "something stands in the way" : safe(reasonWords(one.reason, { status: one.status }))}`,
  ]);
  const left =
    hidden === 0
      ? ""
      : ` ${count(hidden, "record")} ${hidden === 1 ? "stays" : "stay"} as the run left ${hidden === 1 ? "it" : "them"}.`;
  const now =
    state === "identity_confirmed"
      ? "The request is open again: what was brought back is in use, and is not planned."
      : `The request is ${stateWords(state)}.`;
  return `${count(restored, "record")} of ${request} brought back exactly as ${restored === 1 ? "it was" : "they were"}.${left}\n${table(rows)}\n${now}`;
}

/** Until when what is hidden can be brought back; nothing where that is over. `today`: civil date at the controller. */
export function hiddenLines(
  request: string,
  windows: readonly { readonly record: string; readonly count: number; readonly until: string }[],
  today: string,
): readonly string[] {
  return windows
    .filter(({ until }) => until >= today)
    .map(
      ({ record, count: hidden, until }) =>
        `${count(hidden, "record")} of ${safe(record)} can be brought back until ${day(until)}: expunge undo ${request}`,
    );
}
