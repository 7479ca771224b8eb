import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { termsOn } from "../../src/model/retention-rule.ts";
import { holdEnd } from "../../src/retention/hold-end.ts";
import { parseRules } from "../../src/retention/rules.ts";

const files = readdirSync("manifests/retention").toSorted();
const rules = new Map(files.flatMap((file) => [...parseRules(readFileSync(`manifests/retention/${file}`, "utf8"))]));

describe("the shipped rules", () => {
  it("are these", () => {
    expect(files.map((file) => file.slice(0, 2))).toEqual([
      "at",
      "ca",
      "ch",
      "de",
      "es",
      "eu",
      "fr",
      "it",
      "nl",
      "uk",
      "us",
    ]);
    expect([...rules.keys()]).toEqual([
      "at/books",
      "ca/income-tax",
      "ch/accounting",
      "ch/aml",
      "de/invoice",
      "de/invoice-financial-sector",
      "de/books",
      "de/trade-letters",
      "es/accounting",
      "es/aml",
      "eu/vat-oss",
      "eu/aml",
      "fr/accounting",
      "fr/tax",
      "fr/aml",
      "it/accounting",
      "it/aml",
      "nl/administration",
      "uk/company-records",
      "uk/self-employed",
      "uk/aml",
      "us/payroll",
      "us/bank-customer-identification",
    ]);
  });

  it("each name a law of their own place, what they cover, a source, and two days of review", () => {
    for (const [id, { versions }] of rules) {
      const place = id.slice(0, 2).toUpperCase();
      for (const { law, covers, source, reviewedOn, reviewBy } of versions) {
        expect(law.length > 0 && covers !== "" && source.startsWith("https://")).toBe(true);
        if (place !== "EU") expect(law.every((one) => one.startsWith(`${place} `))).toBe(true);
        expect(reviewedOn >= "2026-01-01" && reviewBy <= "2028-01-01" && reviewedOn < reviewBy).toBe(true);
      }
    }
  });

  it("of money laundering count from the end of the relationship, and are kept whole", () => {
    const laundering = [...rules].filter(([id]) => /aml$|identification$/u.test(id));
    expect(laundering).toHaveLength(7);
    for (const { starts, redactable } of laundering.flatMap(([, { versions }]) => versions))
      expect([starts, redactable]).toEqual(["end of relationship", false]);
  });

  it("of the self-employed in the United Kingdom end on the fifth anniversary of the 31 January that follows", () => {
    const terms = rules.get("uk/self-employed")?.versions[0];
    if (terms === undefined) throw new Error("no rule");
    expect(
      ["2025-06-01", "2026-04-05", "2026-04-06"].map((day) =>
        holdEnd(
          { keepFor: terms.keepFor, ...(terms.roundUpTo === undefined ? {} : { roundUpTo: terms.roundUpTo }) },
          day,
          "Europe/London",
        ),
      ),
    ).toMatchObject([{ lastDay: "2032-01-31" }, { lastDay: "2032-01-31" }, { lastDay: "2033-01-31" }]);
  });

  it("change on the day the law did", () => {
    const invoice = rules.get("de/invoice");
    if (invoice === undefined) throw new Error("no rule");
    expect(["2024-12-31", "2025-01-01"].map((day) => termsOn(invoice, day)?.keepFor.text)).toEqual([
      "10 years",
      "8 years",
    ]);
  });
});

describe("a rules file", () => {
  const one = (more: string, starts = "calendar year end"): string =>
    `jurisdiction: xx\nrules:\n  letters:\n    - says: a law says so\n      covers: letters\n      keep_for: 6 years\n      starts: ${starts}\n      law: [XX 1]\n      source: https://law.example\n      reviewed_on: 2026-01-01\n      review_by: 2027-01-01\n${more}`;

  it("is read", () => expect([...parseRules(one("")).keys()]).toEqual(["xx/letters"]));

  it("is refused with a period, a key or an order of versions that cannot be read", () => {
    expect(() => parseRules(one("").replace("6 years", "six years"))).toThrow("unreadable period");
    expect(() => parseRules(one("      kept_for: 6 years\n"))).toThrow("kept_for");
    expect(() => parseRules(one("", "some day"))).toThrow("starts");
    expect(() => parseRules(one("      round_up_to: end of calendar year\n"))).toThrow("contradict");
    expect(() => parseRules(one("      round_up_to: end of calendar year\n", "fiscal year end"))).toThrow("contradict");
    expect(() => parseRules(one("      round_up_to: end of the moon\n", "day"))).toThrow("unreadable rounding");
    expect(() => parseRules(one("").replace("2027", "2025"))).toThrow("reviewed before it was");
    expect(() => parseRules(one("").replace("      covers: letters\n", ""))).toThrow("covers");
    const again = one("").slice(one("").indexOf("    - says"));
    expect(() => parseRules(one(again))).toThrow("ascend");
  });

  it("reads each start: what is counted from, and whose year it is", () => {
    const read = (text: string): unknown => {
      const terms = parseRules(text).get("xx/letters")?.versions[0];
      return [terms?.starts, terms?.roundUpTo, terms?.ownFiscalYear];
    };
    expect(
      [one("", "day"), one("", "calendar year end"), one("", "fiscal year end"), one("", "end of relationship")].map(
        read,
      ),
    ).toEqual([
      ["day", undefined, false],
      ["calendar year end", { to: "calendar_year" }, false],
      ["fiscal year end", undefined, true],
      ["end of relationship", undefined, false],
    ]);
    expect(read(one("      round_up_to: end of fiscal year 04-05\n", "fiscal year end"))).toEqual([
      "fiscal year end",
      { to: "fiscal_year", month: 4, day: 5 },
      false,
    ]);
    expect(read(one("      round_up_to: end of calendar year\n", "end of relationship"))).toEqual([
      "end of relationship",
      { to: "calendar_year" },
      false,
    ]);
  });
});
