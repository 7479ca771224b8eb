import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { termsOn } from "../../src/model/retention-rule.ts";
import { parseRules } from "../../src/retention/rules.ts";

const files = readdirSync("manifests/retention").toSorted();
const rules = new Map(files.flatMap((file) => [...parseRules(readFileSync(`manifests/retention/${file}`, "utf8"))]));

describe("the shipped rules", () => {
  it("are these", () => {
    expect(files).toEqual(["de.yaml", "eu.yaml", "fr.yaml", "uk.yaml"]);
    expect([...rules.keys()]).toEqual([
      "de/invoice",
      "de/invoice-financial-sector",
      "de/books",
      "de/trade-letters",
      "eu/vat-oss",
      "eu/aml",
      "fr/accounting",
      "fr/tax",
      "uk/company-records",
    ]);
  });

  it("each name a law, a source and a day of review", () => {
    for (const { versions } of rules.values()) {
      for (const { law, source, reviewedOn } of versions)
        expect(law.length > 0 && source.startsWith("https://") && reviewedOn >= "2026-01-01").toBe(true);
    }
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
  const one = (more: string): string =>
    `jurisdiction: xx\nrules:\n  letters:\n    - says: a law says so\n      keep_for: 6 years\n      law: [XX 1]\n      source: https://law.example\n      reviewed_on: 2026-01-01\n${more}`;

  it("is read", () => expect([...parseRules(one("")).keys()]).toEqual(["xx/letters"]));

  it("is refused with a period, a key or an order of versions that cannot be read", () => {
    expect(() => parseRules(one("").replace("6 years", "six years"))).toThrow("unreadable period");
    expect(() => parseRules(one("      kept_for: 6 years\n"))).toThrow("kept_for");
    expect(() =>
      parseRules(
        one(
          "    - says: another\n      keep_for: 5 years\n      law: [XX 2]\n      source: https://law.example\n      reviewed_on: 2026-01-01\n",
        ),
      ),
    ).toThrow("ascend");
  });
});
