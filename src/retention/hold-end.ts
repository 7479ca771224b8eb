import type { Hold, Period, RoundUp } from "../model/datamap.ts";
import { addDays, addPeriod, civilDateFromText, roundUp, type CivilDate } from "./civil-date.ts";

/** How long a record is held. `unknown`: the date that starts the period is missing or unreadable, so nobody may act. */
export type HoldEnd =
  | { readonly kind: "until"; readonly lastDay: CivilDate; readonly eligibleFrom: CivilDate }
  | { readonly kind: "unknown"; readonly reason: "no_date" };

/**
 * The last day a record is held, and the day after, from which it may go. The period starts on the day in `from` (see
 * civilDateFromText), or at the end of its year where the hold rounds up. Never moved for weekends or holidays.
 */
export function holdEnd(
  hold: Pick<Hold, "keepFor" | "roundUpTo" | "notBefore">,
  from: string | null,
  timezone: string,
): HoldEnd {
  const event = from === null ? undefined : civilDateFromText(from, timezone);
  if (event === undefined) return { kind: "unknown", reason: "no_date" };
  const { keepFor, roundUpTo, notBefore } = hold;
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
