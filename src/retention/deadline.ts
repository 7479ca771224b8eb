import type { Calendar } from "../model/datamap.ts";
import { addDays, addPeriod, daysBetween, weekday, type CivilDate } from "./civil-date.ts";

export interface Deadlines {
  /** When the answer is due by the count alone. */
  readonly nominal: CivilDate;
  /** The nominal day, or the next working day where it is none. */
  readonly legal: CivilDate;
  /** The nominal day after an extension. Never shown alone: the last day for an answer is `extendedLegal`. */
  readonly extended: CivilDate;
  /** That day, or the next working day where it is none. */
  readonly extendedLegal: CivilDate;
  /** ccpa only: when receipt must be confirmed. */
  readonly confirm?: CivilDate;
}

/** Days on which the time for an answer did not run: the first counts, the last does not. */
export interface EndedPause {
  readonly from: CivilDate;
  readonly to: CivilDate;
}

/**
 * When a request is to be answered.
 * eu, uk: one month, extended three, both counted from receipt and ending on the same day of the month or its last
 * (Reg. 1182/71 Art. 3(2)(c)); where that is a Saturday, Sunday or public holiday, the next working day (Art. 3(4)).
 * While the person is asked who they are the time stands still (Art. 12(6)): the end of the count moves by those days.
 * ccpa: 45 and 90 days that begin with the day of receipt, never moved or paused (§7021(b)); confirmed within 10 business days (§7021).
 */
export function deadlines(
  received: CivilDate,
  calendar: Pick<Calendar, "regime" | "holidays">,
  pauses: readonly EndedPause[] = [],
): Deadlines {
  const holidays = new Set(calendar.holidays);
  switch (calendar.regime) {
    case "eu":
    case "uk": {
      const paused = pauses.reduce((days, { from, to }) => days + Math.max(daysBetween(from, to), 0), 0);
      const nominal = addDays(addPeriod(received, { years: 0, months: 1, days: 0 }), paused);
      const extended = addDays(addPeriod(received, { years: 0, months: 3, days: 0 }), paused);
      return {
        nominal,
        legal: onWorkingDay(nominal, holidays),
        extended,
        extendedLegal: onWorkingDay(extended, holidays),
      };
    }
    case "ccpa": {
      const nominal = addDays(received, 44);
      const extended = addDays(received, 89);
      let confirm = received;
      for (let left = 10; left > 0; left--) confirm = onWorkingDay(addDays(confirm, 1), holidays);
      return { nominal, legal: nominal, extended, extendedLegal: extended, confirm };
    }
  }
}

function onWorkingDay(date: CivilDate, holidays: ReadonlySet<CivilDate>): CivilDate {
  let day = date;
  while ([0, 6].includes(weekday(day)) || holidays.has(day)) {
    const next = addDays(day, 1);
    if (next === day) return day;
    day = next;
  }
  return day;
}
