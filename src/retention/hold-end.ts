import type { Hold, Period, RoundUp } from "../model/datamap.ts";
import { addDays, addPeriod, civilDateFromText, roundUp, type CivilDate } from "./civil-date.ts";

/**
 * How long a record is held. `unknown`, so that nobody may act: `no_date` where the date that starts the period is missing
 * or unreadable, `review` where the event has not happened yet as far as anybody knows, or the period is suspended.
 */
export type HoldEnd =
  | { readonly kind: "until"; readonly lastDay: CivilDate; readonly eligibleFrom: CivilDate }
  | { readonly kind: "unknown"; readonly reason: "no_date" | "review" };

/**
 * The last day a record is held, and the day after, from which it may go. The period starts on the day in `from` (see
 * civilDateFromText), or at the end of its year where the hold rounds up. Never moved for weekends or holidays.
 */
export function holdEnd(
  hold: Pick<Hold, "keepFor" | "roundUpTo" | "notBefore" | "starts" | "suspended">,
  from: string | null,
  timezone: string,
): HoldEnd {
  const { keepFor, roundUpTo, notBefore, starts, suspended } = hold;
  if (suspended !== undefined) return { kind: "unknown", reason: "review" };
  const event = from === null ? undefined : civilDateFromText(from, timezone);
  if (event === undefined) return { kind: "unknown", reason: starts === undefined ? "no_date" : "review" };
  const counted = roundUpTo === undefined ? addPeriod(event, keepFor) : fromYearEnd(event, keepFor, roundUpTo);
  const lastDay = notBefore !== undefined && notBefore > counted ? notBefore : counted;
  return { kind: "until", lastDay, eligibleFrom: addDays(lastDay, 1) };
}

/** Of several holds on one record the one that ends last; unknown where one is. At least one is given. */
export function latestHoldEnd(first: HoldEnd, ...more: readonly HoldEnd[]): HoldEnd {
  return more.reduce((latest, end) => {
    if (latest.kind === "unknown") return latest;
    return end.kind === "unknown" || end.lastDay > latest.lastDay ? end : latest;
  }, first);
}

function fromYearEnd(event: CivilDate, keepFor: Period, to: RoundUp): CivilDate {
  const years = addPeriod(roundUp(event, to), { years: keepFor.years, months: 0, days: 0 });
  // whole years lead from one year end to another, also from 28 to 29 February
  return addPeriod(roundUp(years, to), { ...keepFor, years: 0 });
}
