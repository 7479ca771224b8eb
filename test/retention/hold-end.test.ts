import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Hold } from "../../src/model/datamap.ts";
import { termsOn } from "../../src/model/retention-rule.ts";
import { addDays } from "../../src/retention/civil-date.ts";
import { holdEnd, latestHoldEnd } from "../../src/retention/hold-end.ts";
import { parsePeriod, parseRoundUp } from "../../src/retention/period.ts";
import { parseRules } from "../../src/retention/rules.ts";

const vectors = z
  .object({
    cases: z.array(
      z.strictObject({
        id: z.string(),
        rule: z.string().optional(),
        rules: z.array(z.string()).optional(),
        event: z.string(),
        start: z.enum(["event", "calendar-year-end", "fiscal-year-end"]).optional(),
        fiscal_year_end: z.string().optional(),
        period: z.string().optional(),
        not_before: z.string().optional(),
        suspended: z.string().optional(),
        last_day: z.string().optional(),
        eligible: z.string().optional(),
        status: z.string().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync("test/vectors/holds.json", "utf8"))).cases;

type Terms = Pick<Hold, "keepFor" | "roundUpTo" | "notBefore">;
type Vector = (typeof vectors)[number];

const rules = new Map(
  ["de", "fr", "uk", "eu"].flatMap((file) => [...parseRules(readFileSync(`manifests/retention/${file}.yaml`, "utf8"))]),
);
/** The vectors' names for what manifests/retention calls otherwise. The other two are no statute of these places. */
const SHIPPED: Readonly<Record<string, string>> = {
  "de-invoice-8y": "de/invoice",
  "de-invoice-10y-financial-sector": "de/invoice-financial-sector",
  "de-books-10y": "de/books",
  "de-trade-letters-6y": "de/trade-letters",
  "fr-accounting-10y": "fr/accounting",
  "uk-company-6y": "uk/company-records",
  "eu-vat-oss-10y": "eu/vat-oss",
  "eu-aml-5y": "eu/aml",
};

function stated(text: string, roundUp?: string, notBefore?: string): Terms {
  const keepFor = parsePeriod(text);
  const roundUpTo = roundUp === undefined ? undefined : parseRoundUp(roundUp);
  if (keepFor === undefined || (roundUp !== undefined && roundUpTo === undefined))
    throw new Error("a period of this test cannot be read");
  return {
    keepFor,
    ...(roundUpTo === undefined ? {} : { roundUpTo }),
    ...(notBefore === undefined ? {} : { notBefore }),
  };
}

function byVector({ period = "", start, fiscal_year_end, not_before }: Vector): Terms {
  const roundUp =
    start === "calendar-year-end"
      ? "end of calendar year"
      : start === "fiscal-year-end"
        ? `end of fiscal year ${fiscal_year_end}`
        : undefined;
  return stated(period, roundUp, not_before);
}

function shipped(name: string, { fiscal_year_end }: Vector): Terms {
  const rule = rules.get(SHIPPED[name] ?? name);
  const found = rule === undefined ? undefined : termsOn(rule, "2026-11-21");
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found.ownFiscalYear ? { ...found, ...stated(found.keepFor.text, `fiscal year ${fiscal_year_end}`) } : found;
}

describe("holds worked out by hand", () => {
  it("are all here", () => expect(vectors).toHaveLength(16));

  for (const vector of vectors.filter(({ suspended }) => suspended === undefined)) {
    const names = vector.rules ?? [vector.rule ?? ""];
    const wanted = { kind: "until", lastDay: vector.last_day, eligibleFrom: vector.eligible };

    if (vector.period !== undefined) {
      it(`${vector.id}: ${vector.event} + ${vector.period} from ${vector.start}`, () => {
        expect(holdEnd(byVector(vector), vector.event, "Europe/Berlin")).toEqual(wanted);
      });
    }
    if (names.every((name) => Object.hasOwn(SHIPPED, name))) {
      it(`${vector.id}: the shipped rule for ${names.join(" and ")} gives the same day`, () => {
        const [first, ...more] = names.map((name) => holdEnd(shipped(name, vector), vector.event, "Europe/Berlin"));
        if (first === undefined) throw new Error("no rule");
        expect(latestHoldEnd(first, ...more)).toEqual(wanted);
      });
    }
  }

  for (const vector of vectors.filter(({ suspended }) => suspended !== undefined)) {
    it(`${vector.id}: ${vector.suspended} leaves no end, of the stated period as of the shipped rule`, () => {
      const suspended = vector.suspended ?? "";
      for (const terms of [byVector(vector), shipped(vector.rule ?? "", vector)])
        expect(holdEnd({ ...terms, suspended }, vector.event, "Europe/Berlin")).toEqual({
          kind: "unknown",
          reason: vector.status,
        });
    });
  }
});

describe("a hold", () => {
  it("from the end of a relationship that nobody knows of is for a person to look at", () => {
    const aml = { ...stated("5 years"), starts: "end_of_relationship" } as const;
    for (const from of [null, "", "infinity"])
      expect(holdEnd(aml, from, "Europe/Berlin")).toEqual({ kind: "unknown", reason: "review" });
    expect(holdEnd(aml, "2024-02-29", "Europe/Berlin")).toMatchObject({ lastDay: "2029-02-28" });
  });

  it("that is suspended has no end, whatever its date and however long ago", () => {
    const suspended = { ...stated("1 day"), suspended: "the tax assessment of 2024 is open" };
    for (const from of [null, "1999-01-01", "2026-01-01", "nonsense"])
      expect(holdEnd(suspended, from, "UTC")).toEqual({ kind: "unknown", reason: "review" });
  });

  const invoice = stated("8 years", "end of calendar year");

  it("has no end that anyone may rely on where the date is missing or unreadable", () => {
    for (const from of [null, "", "infinity", "soon", "0044-03-15 BC", "1763640000", "2026-02-30"]) {
      expect(holdEnd(invoice, from, "Europe/Berlin")).toEqual({
        kind: "unknown",
        reason: "no_date",
      });
    }
  });

  it("starts on the day it was in the controller's zone", () => {
    const newYear = "2025-12-31T23:30:00Z";
    expect(holdEnd(invoice, newYear, "Europe/Berlin")).toMatchObject({ lastDay: "2034-12-31" });
    expect(holdEnd(invoice, newYear, "America/New_York")).toMatchObject({ lastDay: "2033-12-31" });
  });

  it("without rounding counts years and months in one step", () => {
    expect(holdEnd(stated("1 year 6 months"), "2024-02-29", "UTC")).toMatchObject({
      lastDay: "2025-08-29",
    });
  });

  it("of a fiscal year that ends in February ends on February's last day", () => {
    const hold = stated("2 years", "fiscal year 02-29");
    expect(holdEnd(hold, "2026-02-10", "UTC")).toMatchObject({ lastDay: "2028-02-29" });
    expect(holdEnd(hold, "2026-03-01", "UTC")).toMatchObject({ lastDay: "2029-02-28" });
  });

  it("on the day after a fiscal year end counts to the next one", () => {
    expect(holdEnd(stated("10 years", "end of fiscal year 06-30"), "2026-07-01", "UTC")).toMatchObject({
      lastDay: "2037-06-30",
    });
  });

  it("on a sentinel date lasts for ever and does not throw", () => {
    expect(holdEnd(invoice, "9999-12-31T00:00:00Z", "Europe/Berlin")).toEqual({
      kind: "until",
      lastDay: "9999-12-31",
      eligibleFrom: "9999-12-31",
    });
  });

  it("whose rule rounds up never ends before the plain count, for any day of forty years", () => {
    for (let day = "2000-01-01"; day < "2040-01-01"; day = addDays(day, 13)) {
      const [plain, rounded] = [holdEnd(stated("8 years"), day, "UTC"), holdEnd(invoice, day, "UTC")];
      if (plain.kind !== "until" || rounded.kind !== "until") throw new Error("no end");
      expect(rounded.lastDay >= plain.lastDay).toBe(true);
      expect(rounded.lastDay).toBe(`${Number(day.slice(0, 4)) + 8}-12-31`);
    }
  });

  it("unknown beats every date when several meet", () => {
    const [unknown, known] = [holdEnd(invoice, null, "UTC"), holdEnd(invoice, "2026-01-01", "UTC")];
    expect(latestHoldEnd(known, unknown).kind).toBe("unknown");
    expect(latestHoldEnd(unknown, known).kind).toBe("unknown");
  });
});
