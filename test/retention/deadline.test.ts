import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { civilDateOf } from "../../src/retention/civil-date.ts";
import { deadlines } from "../../src/retention/deadline.ts";

const cases = z
  .object({
    cases: z.array(
      z.strictObject({
        id: z.string(),
        received: z.string().optional(),
        received_instant: z.string().optional(),
        timezone: z.string().optional(),
        regime: z.enum(["eu", "uk", "ccpa"]),
        holidays: z.array(z.string()).default([]),
        nominal: z.string().optional(),
        legal: z.string().optional(),
        extended: z.string().optional(),
        extended_legal: z.string().optional(),
        confirm: z.string().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync("test/vectors/deadlines.json", "utf8"))).cases;

describe("deadlines worked out by hand", () => {
  it("are all here", () => expect(cases).toHaveLength(18));

  for (const { id, received, received_instant, timezone, regime, holidays, extended_legal, ...wanted } of cases) {
    it(`${id}: ${regime}, ${received ?? received_instant}`, () => {
      const day = received ?? civilDateOf(new Date(received_instant ?? ""), timezone ?? "");
      const all = {
        ...wanted,
        ...(extended_legal === undefined ? {} : { extendedLegal: extended_legal }),
      };
      expect(deadlines(day, { regime, holidays })).toMatchObject(all);
    });
  }
});

describe("deadlines", () => {
  it("31 January is answered in February, not on 1 March", () => {
    expect(deadlines("2026-01-31", { regime: "eu", holidays: [] }).nominal).toBe("2026-02-28");
  });

  it("the extension counts from receipt, not from the shortened or moved date", () => {
    expect(deadlines("2026-01-31", { regime: "uk", holidays: [] }).extended).toBe("2026-04-30");
  });

  it("a holiday that ends in another holiday moves past both", () => {
    expect(deadlines("2026-03-03", { regime: "eu", holidays: ["2026-04-03", "2026-04-06"] })).toMatchObject({
      nominal: "2026-04-03",
      legal: "2026-04-07",
    });
  });

  it("while the identity is asked for, eu and uk clocks stand still: the count's end moves by those days, then to a working day", () => {
    const pauses = [
      { from: "2026-09-07", to: "2026-09-10" },
      { from: "2026-09-20", to: "2026-09-29" },
    ];
    for (const regime of ["eu", "uk"] as const) {
      // 3 October and 12 days
      expect(deadlines("2026-09-03", { regime, holidays: ["2026-10-15"] }, pauses)).toEqual({
        nominal: "2026-10-15",
        legal: "2026-10-16",
        extended: "2026-12-15",
        extendedLegal: "2026-12-15",
      });
    }
    expect(deadlines("2026-09-03", { regime: "eu", holidays: [] }, [{ from: "2026-09-07", to: "2026-09-07" }])).toEqual(
      deadlines("2026-09-03", { regime: "eu", holidays: [] }),
    );
  });

  it("ccpa counts on, whoever is asked what", () => {
    const calendar = { regime: "ccpa", holidays: [] } as const;
    expect(deadlines("2026-01-31", calendar, [{ from: "2026-02-01", to: "2026-03-01" }])).toEqual(
      deadlines("2026-01-31", calendar),
    );
  });

  it("ccpa dates are never moved", () => {
    const found = deadlines("2026-01-31", { regime: "ccpa", holidays: ["2026-03-16"] });
    expect([found.legal, found.extendedLegal]).toEqual([found.nominal, found.extended]);
  });
});
