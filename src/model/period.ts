import type { Period, RoundUp } from "./datamap.ts";

const WORDS =
  /^(?:(\d+)\s+years?)?\s*(?:(\d+)\s+months?)?\s*(?:(\d+)\s+weeks?)?\s*(?:(\d+)\s+days?)?\s*(?:(\d+)\s+hours?)?\s*(?:(\d+)\s+minutes?)?\s*(?:(\d+)\s+seconds?)?$/u;
const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/u;
const FISCAL = /^(?:end of )?fiscal year (\d{2})-(\d{2})$/u;
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * `8 years`, `90 days`, `1 year 6 months`, `1 hour`, `0 seconds`, or ISO 8601: `P8Y`, `P24M`, `PT1H`. Whole numbers only,
 * units from long to short; undefined for everything else. Weeks become days; hours, minutes and seconds become seconds.
 */
export function parsePeriod(text: string): Period | undefined {
  const parts = WORDS.exec(text) ?? ISO.exec(text);
  if (parts === null || parts.slice(1).every((part) => part === undefined)) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const period = {
    years,
    months,
    days: weeks * 7 + days,
    seconds: hours * 3600 + minutes * 60 + seconds,
    text,
  };
  // beyond this no date can be reckoned with
  return period.years > 1000 || period.months > 12_000 || period.days > 366_000 || period.seconds > 31_622_400
    ? undefined
    : period;
}

/** `end of calendar year`, or `end of fiscal year MM-DD` (also `fiscal year MM-DD`), the day on which the year ends; `02-29` is the last day of February. */
export function parseRoundUp(text: string): RoundUp | undefined {
  if (text === "end of calendar year") return { to: "calendar_year" };
  const found = FISCAL.exec(text);
  if (found === null) return undefined;
  const month = Number(found[1]);
  const day = Number(found[2]);
  const longest = LONGEST_MONTH[month - 1];
  return longest === undefined || day < 1 || day > longest ? undefined : { to: "fiscal_year", month, day };
}

/** Shortest and longest run of so many months within a year. */
const FEWEST = [0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334];
const MOST = [0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337];

type Civil = Pick<Period, "years" | "months" | "days">;

/** By how many days the one is longer than the other, at least and at most: a month has no length without a date. */
export function daysLonger(one: Civil, other: Civil): { readonly least: number; readonly most: number } {
  const months = (one.years - other.years) * 12 + one.months - other.months;
  const days = one.days - other.days;
  const [fewest, most] = daysOfMonths(Math.abs(months));
  return months < 0 ? { least: days - most, most: days - fewest } : { least: days + fewest, most: days + most };
}

/** How many days it has at least. */
export function fewestDays(period: Civil): number {
  return daysLonger(period, { years: 0, months: 0, days: 0 }).least;
}

function daysOfMonths(months: number): readonly [fewest: number, most: number] {
  const [years, rest] = [Math.floor(months / 12), months % 12];
  // of years beside a turn of a century without its leap day there is one leap day less
  return [
    365 * years + Math.max(0, Math.floor(years / 4) - 1) + (FEWEST[rest] ?? 0),
    365 * years + Math.ceil(years / 4) + (MOST[rest] ?? 0),
  ];
}
