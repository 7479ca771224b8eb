import type { Calendar } from "../model/datamap.ts";
import { addDays, addPeriod, weekday, type CivilDate } from "./civil-date.ts";

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

/**
 * When a request is to be answered.
 * eu, uk: one month, extended three, both counted from receipt and ending on the same day of the month or its last
 * (Reg. 1182/71 Art. 3(2)(c)); where that is a Saturday, Sunday or public holiday, the next working day (Art. 3(4)).
 * ccpa: 45 and 90 days that begin with the day of receipt, never moved; confirmed within 10 business days (§7021).
 */
export function deadlines(received: CivilDate, calendar: Pick<Calendar, "regime" | "holidays">): Deadlines {
  const holidays = new Set(calendar.holidays);
  switch (calendar.regime) {
    case "eu":
    case "uk": {
      const nominal = addPeriod(received, { years: 0, months: 1, days: 0 });
      const extended = addPeriod(received, { years: 0, months: 3, days: 0 });
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
