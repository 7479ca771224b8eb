/** The time for an answer stands still while the person is asked who they are. */
import type { Calendar } from "../model/datamap.ts";
import { answerDue, type Due, type ErasureRequest, type Pause } from "../model/request.ts";
import { deadlines } from "../retention/deadline.ts";

/** The pause that has not ended. */
export function openPause({ pauses = [] }: Due): Pause | undefined {
  const last = pauses.at(-1);
  return last?.to === null ? last : undefined;
}

/**
 * What a check of the identity makes of the deadlines. More that is needed stops the clock, unless the law knows no pause
 * (ccpa) or the time has run out already; any other result starts it again, and what is left of the time begins anew.
 */
export function dueAfter(
  { received, due }: Pick<ErasureRequest, "received"> & { readonly due: Due },
  result: "ok" | "more_needed" | "failed",
  today: string,
  calendar: Pick<Calendar, "regime" | "holidays">,
): Due {
  const open = openPause(due);
  if (result === "more_needed") {
    if (open !== undefined || calendar.regime === "ccpa" || today > answerDue(due)) return due;
    return { ...due, pauses: [...(due.pauses ?? []), { from: today, to: null }] };
  }
  if (open === undefined) return due;
  const pauses = [
    ...(due.pauses ?? []).flatMap(({ from, to }) => (to === null ? [] : [{ from, to }])),
    ...(today > open.from ? [{ from: open.from, to: today }] : []),
  ];
  const { nominal, legal, extendedLegal: extended } = deadlines(received, calendar, pauses);
  return { ...due, nominal, legal, extended, pauses };
}
