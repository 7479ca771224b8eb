/** Deadlines and ends of holds over two hundred years of days, against a reckoning of its own: by day numbers, without a Date. */
import { describe, expect, it } from "vitest";
import { deadlines } from "../../src/retention/deadline.ts";
import { holdEnd } from "../../src/retention/hold-end.ts";
import { parsePeriod, parseRoundUp } from "../../src/retention/period.ts";

/** Days since 1 January 1900, a Monday, of every day from 1900 to 2199 and back: counted one by one. */
const CALENDAR = countDays();
const FIRST = numberOf("1920-01-01");
const LAST = numberOf("2119-12-31");

interface Day {
  readonly text: string;
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function countDays(): { readonly days: readonly Day[]; readonly numbers: ReadonlyMap<string, number> } {
  const days: Day[] = [];
  const numbers = new Map<string, number>();
  for (let year = 1900; year < 2200; year++) {
    const february = year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0) ? 29 : 28;
    for (const [at, length] of [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].entries()) {
      for (let day = 1; day <= length; day++) {
        const two = (part: number): string => (part < 10 ? `0${part}` : String(part));
        const text = `${year}-${two(at + 1)}-${two(day)}`;
        numbers.set(text, days.length);
        days.push({ text, year, month: at + 1, day });
      }
    }
  }
  return { days, numbers };
}

function numberOf(text: string): number {
  const number = CALENDAR.numbers.get(text);
  if (number === undefined) throw new Error(`${text} is not in the calendar of this test`);
  return number;
}

function dayAt(number: number): Day {
  const day = CALENDAR.days[number];
  if (day === undefined) throw new Error("beyond the calendar of this test");
  return day;
}

/** Walks day by day into the month that is so many months later, and there to the same day or the last that there is. */
function monthsLater(from: number, months: number): number {
  const { day, month, year } = dayAt(from);
  let at = from;
  for (let passed = 0; passed < months;) {
    at += 1;
    if (dayAt(at).day === 1) passed += 1;
  }
  if (months === 0) return from;
  for (let best = at; ; best++) {
    const here = dayAt(best);
    const next = dayAt(best + 1);
    if (here.day === day || next.day === 1) return best;
    if (next.year * 12 + next.month > year * 12 + month + months) throw new Error("walked past the month");
  }
}

/** Easter Sunday by Gauss's rule. */
function easter(year: number): number {
  const century = Math.floor(year / 100);
  const lunar = 15 - Math.floor((13 + 8 * century) / 25) + century - Math.floor(century / 4);
  const solar = 4 + century - Math.floor(century / 4);
  const d = (19 * (year % 19) + (lunar % 30)) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + (solar % 7)) % 7;
  const march = 22 + d + e;
  const sunday = march === 57 ? 50 : march === 56 && d === 28 && (11 * lunar + 11) % 30 < 19 ? 49 : march;
  return numberOf(`${year}-03-01`) + sunday - 1;
}

/** Germany's nine that hold everywhere, by plain rules. */
const HOLIDAYS = new Set(
  Array.from({ length: 204 }, (_, at) => 1919 + at).flatMap((year) => {
    const sunday = easter(year);
    return [
      ...["01-01", "05-01", "10-03", "12-25", "12-26"].map((day) => numberOf(`${year}-${day}`)),
      ...[-2, 1, 39, 50].map((days) => sunday + days),
    ];
  }),
);

/** 1 January 1900 was a Monday: 5 and 6 are Saturday and Sunday. */
function working(number: number): number {
  for (let at = number; ; at++) if (at % 7 < 5 && !HOLIDAYS.has(at)) return at;
}

const BY_YEAR = Map.groupBy([...HOLIDAYS].map(dayAt), ({ year }) => year);

/** Of that year and the next. */
function holidaysFrom({ year }: Day): readonly string[] {
  return [year, year + 1].flatMap((one) => BY_YEAR.get(one) ?? []).map(({ text }) => text);
}

describe("over two hundred years", () => {
  it("the reckoning of this test knows days that are known", () => {
    expect(dayAt(easter(2026)).text).toBe("2026-04-05");
    expect(dayAt(easter(1954)).text).toBe("1954-04-18");
    expect(dayAt(easter(1981)).text).toBe("1981-04-19");
    expect(numberOf("2026-11-30") % 7).toBe(0);
    expect(dayAt(monthsLater(numberOf("2024-01-31"), 1)).text).toBe("2024-02-29");
    expect(dayAt(monthsLater(numberOf("2026-11-30"), 3)).text).toBe("2027-02-28");
  });

  for (const regime of ["eu", "uk"] as const) {
    it(`${regime}: one month and three, and the next working day`, () => {
      const wrong: string[] = [];
      // 17 is prime to 7, 30, 31 and 365: every weekday, every day of a month and of a year comes up
      for (let at = FIRST; at <= LAST; at += 17) {
        const [one, three] = [monthsLater(at, 1), monthsLater(at, 3)];
        const wanted = [one, working(one), three, working(three)].map((number) => dayAt(number).text);
        const { nominal, legal, extended, extendedLegal } = deadlines(dayAt(at).text, {
          regime,
          holidays: holidaysFrom(dayAt(at)),
        });
        const found = [nominal, legal, extended, extendedLegal];
        if (found.join() !== wanted.join()) wrong.push(`${dayAt(at).text}: ${found.join(" ")} for ${wanted.join(" ")}`);
      }
      expect(wrong).toEqual([]);
    });
  }

  it("ccpa: 45 and 90 days with the day of receipt as the first, and 10 business days for the confirmation", () => {
    const wrong: string[] = [];
    for (let at = FIRST; at <= LAST; at += 17) {
      let confirm = at;
      for (let days = 0; days < 10; days++) confirm = working(confirm + 1);
      const wanted = [at + 44, at + 44, at + 89, at + 89, confirm].map((number) => dayAt(number).text);
      const found = Object.values(deadlines(dayAt(at).text, { regime: "ccpa", holidays: holidaysFrom(dayAt(at)) }));
      if (found.join() !== wanted.join()) wrong.push(`${dayAt(at).text}: ${found.join(" ")} for ${wanted.join(" ")}`);
    }
    expect(wrong).toEqual([]);
  });

  const yearEnds = { none: undefined, calendar: [12, 31], march: [3, 31], june: [6, 30], february: [2, 29] } as const;
  const words = {
    none: undefined,
    calendar: "end of calendar year",
    march: "fiscal year 03-31",
    june: "fiscal year 06-30",
    february: "fiscal year 02-29",
  } as const;

  for (const name of ["none", "calendar", "march", "june", "february"] as const) {
    it(`a hold of years, of months and of days from ${name === "none" ? "the day" : `the year's end (${name})`} on`, () => {
      const wrong: string[] = [];
      const isEnd = (number: number): boolean => {
        const [month = 0, day = 0] = yearEnds[name] ?? [];
        const here = dayAt(number);
        return (
          here.month === month && (here.day === day || (day === 29 && here.day === 28 && dayAt(number + 1).day === 1))
        );
      };
      const endFrom = (number: number): number => {
        for (let at = number; ; at++) if (isEnd(at)) return at;
      };
      const roundUpTo = words[name] === undefined ? undefined : parseRoundUp(words[name]);
      for (const [text, months, days] of [
        ["5 years", 60, 0],
        ["8 years", 96, 0],
        ["24 months", 24, 0],
        ["18 months", 18, 0],
        ["90 days", 0, 90],
      ] as const) {
        const keepFor = parsePeriod(text);
        if (keepFor === undefined) throw new Error("a period of this test cannot be read");
        for (let at = FIRST; at <= LAST; at += 97) {
          const start = name === "none" ? at : endFrom(at);
          const counted = monthsLater(start, months) + days;
          // whole years lead from one year end to another
          const last = name !== "none" && text.endsWith("years") ? endFrom(counted) : counted;
          const wanted = { kind: "until", lastDay: dayAt(last).text, eligibleFrom: dayAt(last + 1).text };
          const found = holdEnd({ keepFor, ...(roundUpTo === undefined ? {} : { roundUpTo }) }, dayAt(at).text, "UTC");
          if (JSON.stringify(found) !== JSON.stringify(wanted))
            wrong.push(`${dayAt(at).text} + ${text}: ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});
