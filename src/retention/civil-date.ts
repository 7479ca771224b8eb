import type { CivilDate } from "../model/civil-date.ts";
import type { Period, RoundUp } from "../model/datamap.ts";

export type { CivilDate };
export { civilDateFromText, civilDateOf } from "../model/civil-date.ts";

const DAY = 86_400_000;
/** Sums stop here: a sentinel such as 9999-12-31 plus 8 years is still a date, and still far away. */
const LAST: CivilDate = "9999-12-31";

/** Years and months first, on the same day of the month or the last one where that is missing; then days. Seconds do not count. */
export function addPeriod(date: CivilDate, period: Pick<Period, "years" | "months" | "days">): CivilDate {
  const { year, month, day } = parts(date);
  const total = year * 12 + (month - 1) + period.years * 12 + period.months;
  const toYear = Math.floor(total / 12);
  if (toYear > 9999) return LAST;
  const toMonth = (total % 12) + 1;
  return addDays(write(toYear, toMonth, Math.min(day, daysIn(toYear, toMonth))), period.days);
}

/** Never beyond 9999-12-31. */
export function addDays(date: CivilDate, days: number): CivilDate {
  const to = midnight(date) + days * DAY;
  return to >= midnight(LAST) ? LAST : new Date(to).toISOString().slice(0, 10);
}

/** Days from one date to the other; negative where `to` is earlier. */
export function daysBetween(from: CivilDate, to: CivilDate): number {
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

/** 0 Sunday to 6 Saturday. */
export function weekday(date: CivilDate): number {
  return new Date(midnight(date)).getUTCDay();
}

/** The date's year end: the date itself where it is one. */
export function roundUp(date: CivilDate, to: RoundUp): CivilDate {
  const { year } = parts(date);
  const end = yearEnd(year, to);
  if (date <= end) return end;
  return year === 9999 ? LAST : yearEnd(year + 1, to);
}

function yearEnd(year: number, to: RoundUp): CivilDate {
  switch (to.to) {
    case "calendar_year":
      return write(year, 12, 31);
    case "fiscal_year":
      return write(year, to.month, Math.min(to.day, daysIn(year, to.month)));
  }
}

function midnight(date: CivilDate): number {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at)) throw new RangeError("not a civil date");
  return at;
}

function parts(date: CivilDate): { year: number; month: number; day: number } {
  const at = new Date(midnight(date));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function write(year: number, month: number, day: number): CivilDate {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
