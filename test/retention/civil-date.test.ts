import { describe, expect, it } from "vitest";
import { addDays, addPeriod, civilDateFromText, civilDateOf, daysBetween } from "../../src/retention/civil-date.ts";
import { parsePeriod, parseRoundUp } from "../../src/retention/period.ts";

describe("parsePeriod", () => {
  const read = (text: string): string => {
    const found = parsePeriod(text);
    return found === undefined ? "none" : `${found.years}y ${found.months}m ${found.days}d ${found.seconds}s`;
  };

  it("reads words and ISO 8601 alike", () => {
    expect(
      [
        "8 years",
        "1 year",
        "P8Y",
        "90 days",
        "2 weeks",
        "1 hour",
        "0 seconds",
        "PT1H",
        "P24M",
        "1 year 6 months",
        "P1DT12H",
      ].map(read),
    ).toEqual([
      "8y 0m 0d 0s",
      "1y 0m 0d 0s",
      "8y 0m 0d 0s",
      "0y 0m 90d 0s",
      "0y 0m 14d 0s",
      "0y 0m 0d 3600s",
      "0y 0m 0d 0s",
      "0y 0m 0d 3600s",
      "0y 24m 0d 0s",
      "1y 6m 0d 0s",
      "0y 0m 1d 43200s",
    ]);
  });

  it("keeps the text as it was written", () => expect(parsePeriod("P8Y")?.text).toBe("P8Y"));

  it("reads nothing else", () => {
    const others = [
      "",
      "P",
      "PT",
      "P1DT",
      "8",
      "years",
      "-8 years",
      "1.5 years",
      "8years",
      "8 Years",
      "6 months 1 year",
      "8 years from now",
      "99999 years",
      "eight years",
      " 8 years",
    ];
    expect(others.filter((text) => parsePeriod(text) !== undefined)).toEqual([]);
  });
});

describe("parseRoundUp", () => {
  it("reads the calendar year, and a fiscal year by its last day", () => {
    expect(parseRoundUp("end of calendar year")).toEqual({ to: "calendar_year" });
    expect(parseRoundUp("end of fiscal year 06-30")).toEqual({
      to: "fiscal_year",
      month: 6,
      day: 30,
    });
    expect(parseRoundUp("fiscal year 02-29")).toEqual({ to: "fiscal_year", month: 2, day: 29 });
  });

  it("reads no day that no year has", () => {
    expect(
      [
        "end of year",
        "fiscal year",
        "fiscal year 6-30",
        "fiscal year 02-30",
        "fiscal year 13-01",
        "fiscal year 04-00",
      ].filter((text) => parseRoundUp(text) !== undefined),
    ).toEqual([]);
  });
});

describe("addPeriod", () => {
  it("ends on the same day of the month, or on its last", () => {
    expect(addPeriod("2026-01-31", { years: 0, months: 1, days: 0 })).toBe("2026-02-28");
    expect(addPeriod("2024-02-29", { years: 1, months: 0, days: 0 })).toBe("2025-02-28");
    expect(addPeriod("2024-02-29", { years: 4, months: 0, days: 0 })).toBe("2028-02-29");
    expect(addPeriod("2026-11-30", { years: 0, months: 3, days: 1 })).toBe("2027-03-01");
  });

  it("knows that 1900 was no leap year", () =>
    expect(addPeriod("1899-03-31", { years: 0, months: 11, days: 0 })).toBe("1900-02-28"));

  it("counts days across a change of the clocks", () => {
    expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
    expect(daysBetween("2026-10-24", "2026-10-26")).toBe(2);
  });
});

describe("civilDateFromText", () => {
  const berlin = (text: string): string | undefined => civilDateFromText(text, "Europe/Berlin");

  it("takes a date, and a timestamp without offset, as they are", () => {
    expect(["2026-02-10", "2026-02-10 23:59:59", "2026-02-10T23:59:59.123456", "2026-02-10T00:30"].map(berlin)).toEqual(
      Array(4).fill("2026-02-10"),
    );
  });

  it("converts an instant into the zone, summer time too", () => {
    expect(berlin("2026-02-10T22:59:59Z")).toBe("2026-02-10");
    expect(berlin("2026-02-10T23:00:00Z")).toBe("2026-02-11");
    expect(berlin("2026-07-10 22:00:00+00")).toBe("2026-07-11");
    expect(berlin("2026-07-10 21:59:59.999+00")).toBe("2026-07-10");
    expect(berlin("2026-02-10 23:30:00-08")).toBe("2026-02-11");
    expect(berlin("2026-02-11 00:30:00+05:30")).toBe("2026-02-10");
    expect(berlin("2026-02-11T00:30:00+0530")).toBe("2026-02-10");
  });

  it("guesses nothing", () => {
    const others = [
      "",
      "infinity",
      "-infinity",
      "2026",
      "2026-02",
      "10.02.2026",
      "02/10/2026",
      "2026-02-30",
      "2026-02-30T00:00:00Z",
      "2026-02-10T24:00:00",
      "20260210",
      "0001-01-01 BC",
      "2026-02-10 junk",
    ];
    expect(others.filter((text) => berlin(text) !== undefined)).toEqual([]);
  });
});

describe("civilDateOf", () => {
  it("is the day it is there", () => {
    const instant = new Date("2026-01-31T23:30:00Z");
    expect(
      ["Europe/Berlin", "Etc/UTC", "Pacific/Kiritimati", "America/Los_Angeles"].map((zone) =>
        civilDateOf(instant, zone),
      ),
    ).toEqual(["2026-02-01", "2026-01-31", "2026-02-01", "2026-01-31"]);
  });

  it("writes old years with four digits", () =>
    expect(civilDateOf(new Date("0987-06-05T12:00:00Z"), "UTC")).toBe("0987-06-05"));
});
