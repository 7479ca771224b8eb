import { addDays, type CivilDate } from "./civil-date.ts";

const HOUR = 3_600_000;

/**
 * The public holidays of a region (`DE-BW`, `FR`, `GB-ENG`) in these years, ascending; none for a region that does not
 * exist. Other days off (bank, school, observances) do not count.
 */
export async function publicHolidays(region: string, years: readonly number[]): Promise<readonly CivilDate[]> {
  // 1.5 MB of calendars: loaded only where a data map names a region
  const { default: Holidays } = await import("date-holidays");
  const known = new Holidays();
  const [country = "", state, part, ...rest] = region.split("-");
  if (rest.length > 0 || !Object.hasOwn(known.getCountries(), country)) return [];
  if (state !== undefined && !Object.hasOwn(known.getStates(country) ?? {}, state)) return [];
  if (part !== undefined && !Object.hasOwn(known.getRegions(country, state ?? "") ?? {}, part)) return [];
  const calendar =
    state === undefined
      ? new Holidays(country)
      : part === undefined
        ? new Holidays(country, state)
        : new Holidays(country, state, part);
  const days = years.flatMap((year) => calendar.getHolidays(year)).filter(({ type }) => type === "public");
  return [...new Set(days.flatMap(({ date, start, end }) => daysOf(date, end.getTime() - start.getTime())))].toSorted();
}

/** The days whose noon is in the holiday: some begin at sunset the day before. `date` is local, `2026-12-25 00:00:00`. */
function daysOf(date: string, length: number): CivilDate[] {
  const first = date.slice(0, 10);
  const began = Number(date.slice(11, 13)) * HOUR;
  const days: CivilDate[] = [];
  for (let at = 0; at * 24 * HOUR + 12 * HOUR < began + length; at++) {
    if (at * 24 * HOUR + 12 * HOUR >= began) days.push(addDays(first, at));
  }
  return days;
}
