import { expect, test } from "vitest";
import { changeValue, isAsWanted } from "../../src/record-files/change-value.ts";
import type { FieldRule } from "../../src/model/field-rule.ts";

const pseudonym = (value: string) => `ps_${Buffer.from(value).toString("hex").padEnd(32, "0").slice(0, 32)}`;
const changed = (rule: FieldRule, old: string | null, keepDate = false) => {
  const result = changeValue(rule, old, { keepDate, pseudonym });
  return result.kind === "value" ? result.value : `(${result.kind})`;
};

test("dates are cut to month, year and decade; what is no date is cleared", () => {
  const cases: [Extract<FieldRule, { kind: "generalise" }>["to"], string, boolean, string | null][] = [
    ["month", "1987-05-23", false, "1987-05"],
    ["year", "1987-05-23", false, "1987"],
    ["decade", "1987-05-23", false, "1980s"],
    ["month", "1987-05-23", true, "1987-05-01"],
    ["year", "1987-05-23T11:12:13.5Z", true, "1987-01-01T00:00:00Z"],
    ["decade", "1987-05-23 11:12:13+02", true, "1980-01-01 00:00:00+02"],
    ["year", "23.05.1987", false, null],
    ["year", "", false, null],
  ];
  for (const [to, old, keepDate, wanted] of cases)
    expect(changed({ kind: "generalise", to }, old, keepDate), `${to} ${old}`).toBe(wanted);
});

test("addresses lose the bits beyond the prefix, IPv4 and IPv6; what is no address is cleared", () => {
  expect(changed({ kind: "truncate", bits: 24 }, "192.168.17.99")).toBe("192.168.17.0");
  expect(changed({ kind: "truncate", bits: 20 }, "192.168.31.99")).toBe("192.168.16.0");
  expect(changed({ kind: "truncate", bits: 48 }, "2001:db8:1:2::99")).toBe("2001:db8:1::");
  expect(changed({ kind: "truncate", bits: 24 }, "192.168.17.99/32")).toBe("192.168.17.0/32");
  for (const old of ["host", "1.2.3", "256.1.1.1", "1.2.3.4.5", ""])
    expect(changed({ kind: "truncate", bits: 24 }, old)).toBeNull();
});

test("a prefix counts characters, not bytes or halves of them", () => {
  expect(changed({ kind: "prefix", length: 2 }, "\u{1F600}é9")).toBe("\u{1F600}é");
});

test("nothing stays nothing, but under set and template", () => {
  for (const rule of [
    { kind: "generalise", to: "year" },
    { kind: "prefix", length: 2 },
    { kind: "truncate", bits: 8 },
    { kind: "pseudonymise" },
    { kind: "clear" },
  ] as const)
    expect(changed(rule, null)).toBeNull();
  expect(changed({ kind: "set", value: "x" }, null)).toBe("x");
});

test("a template gives a value of its own each time", () => {
  const rule = { kind: "template", template: "erased+:random@invalid" } as const;
  const made = Array.from({ length: 50 }, () => changed(rule, "ann@x"));
  expect(new Set(made).size).toBe(50);
  for (const value of made) expect(value).toMatch(/^erased\+[0-9a-f]{18}@invalid$/u);
});

test("what a rule makes of a value, it leaves alone the next time", () => {
  const rules: FieldRule[] = [
    { kind: "clear" },
    { kind: "unlink" },
    { kind: "set", value: "x" },
    { kind: "set", value: 5 },
    { kind: "set", value: false },
    { kind: "template", template: "gone (:random).*" },
    { kind: "generalise", to: "month" },
    { kind: "generalise", to: "year" },
    { kind: "generalise", to: "decade" },
    { kind: "prefix", length: 2 },
    { kind: "truncate", bits: 12 },
    { kind: "pseudonymise" },
  ];
  for (const rule of rules) {
    for (const keepDate of [false, true]) {
      for (const old of ["1987-05-23", "192.168.17.99", "2001:db8:1:2::99", "Anna Lind", "1987-05-23 11:12:13+02"]) {
        expect(isAsWanted(rule, old, keepDate), `${JSON.stringify(rule)} ${old} before`).toBe(false);
        const value = changed(rule, old, keepDate);
        expect(
          isAsWanted(rule, value === null ? null : String(value), keepDate),
          `${JSON.stringify(rule)} ${old} after`,
        ).toBe(true);
      }
    }
  }
});

test("a month and a year that stand alone become coarser where the rule asks, and stay where it does not", () => {
  expect(changed({ kind: "generalise", to: "year" }, "1987-05")).toBe("1987");
  expect(changed({ kind: "generalise", to: "decade" }, "1987-05")).toBe("1980s");
  expect(changed({ kind: "generalise", to: "decade" }, "1987")).toBe("1980s");
  expect(changed({ kind: "generalise", to: "month" }, "1987")).toBe("1987");
  expect(changed({ kind: "generalise", to: "year" }, "1987", true)).toBeNull();
});

test("a generalised date that is finer than the rule asks is not as wanted", () => {
  expect(isAsWanted({ kind: "generalise", to: "year" }, "1987-05", false)).toBe(false);
  expect(isAsWanted({ kind: "generalise", to: "decade" }, "1987", false)).toBe(false);
  expect(isAsWanted({ kind: "generalise", to: "month" }, "1987", false)).toBe(true);
});
