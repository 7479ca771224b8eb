import { stateWords } from "../model/words.ts";
import type { RequestState } from "../model/status.ts";
import { count, safe, table } from "./show.ts";

interface UndoneLine {
  readonly system: string;
  readonly record: string;
  readonly restored: number;
  readonly hidden: number;
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
    one.hidden === 0 ? "" : `${one.hidden} not: something stands in the way`,
  ]);
  const left = hidden === 0 ? "" : ` ${count(hidden, "record")} stay as the run left them.`;
  return `${count(restored, "record")} of ${request} brought back exactly as they were.${left}\n${table(rows)}\n${request} is ${stateWords(state)}.`;
}
