import type { ErasureRequest } from "../model/request.ts";
import { daysBetween } from "../retention/civil-date.ts";
import { OPEN_STATES, type RequestState } from "../model/status.ts";

/** One open request on the board. */
export interface BoardItem {
  readonly id: string;
  readonly state: RequestState;
  /** The last day for an answer, ISO. */
  readonly due: string;
  /** Negative when overdue. */
  readonly days_left: number;
  readonly overdue: boolean;
  /** Who or what the request waits for. */
  readonly waiting_for: string;
  readonly next: string | null;
}

/** Open requests, the most urgent first. `today`: civil date at the controller. */
export function board(requests: readonly ErasureRequest[], today: string): readonly BoardItem[] {
  return requests
    .filter((request) => OPEN_STATES.includes(request.state))
    .map((request) => {
      const left = daysBetween(today, request.due.legal);
      return { id: request.id, state: request.state, due: request.due.legal, days_left: left, overdue: left < 0, ...waiting(request) };
    })
    .toSorted((a, b) => (a.due === b.due ? (a.id < b.id ? -1 : 1) : a.due < b.due ? -1 : 1));
}

/** What stands next, as `status`, `plan` and `request show` say it. */
export function waiting({ id, state, identity, plan }: ErasureRequest): { readonly waiting_for: string; readonly next: string | null } {
  switch (state) {
    case "received":
      return identity === undefined
        ? { waiting_for: "identity", next: `expunge request identity ${id} --method TEXT --result ok` }
        : { waiting_for: "data subject", next: `expunge request identity ${id} --method TEXT --result ok` };
    case "identity_confirmed":
      return plan === undefined ? { waiting_for: "plan", next: `expunge plan ${id}` } : { waiting_for: "approval", next: `expunge approve ${id}` };
    case "planned":
      return { waiting_for: "approval", next: `expunge approve ${id}` };
    case "approved":
    case "running":
      return { waiting_for: "run", next: `expunge run ${id}` };
    case "partly_done":
      return { waiting_for: "what is left", next: `expunge plan ${id}` };
    case "verifying":
    case "settling":
      return { waiting_for: "verification", next: `expunge verify ${id}` };
    case "waiting":
      return { waiting_for: "a hold or a condition to end", next: `expunge plan ${id}` };
    case "closed":
    case "refused":
    case "cancelled":
      return { waiting_for: "nobody", next: null };
  }
}
