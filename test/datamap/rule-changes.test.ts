import { expect, test } from "vitest";
import { ruleDifferences } from "../../src/datamap/rule-changes.ts";
import type { DataMap, RecordType } from "../../src/model/datamap.ts";
import { byIdentity, mapOf, recordOf } from "../support/small-map.ts";

const never = { years: 0, months: 0, days: 0, seconds: 0 };
const days = (number: number) => ({ ...never, days: number, text: `${number} days` });
const years = (number: number, text = `${number} years`) => ({ ...never, years: number, text });

function shop(more: Partial<RecordType> = {}, keepFor = years(8), mapMore: Partial<DataMap> = {}): DataMap {
  const holds = [{ name: "tax", says: "tax", keepFor, law: ["AO"], owner: "o", at: { line: 1, column: 1 } }];
  return mapOf([{ name: "shop", kind: "postgres", records: [recordOf("shop", "people", more)] }], {
    holds,
    ...mapMore,
  });
}

const kinds = (before: DataMap, after: DataMap): string[] => ruleDifferences(before, after).map(({ kind }) => kind);
const HELD = { holds: [{ hold: "tax", from: "issued", protects: [] }] };
const BOTH = { match: { mode: "any" as const, terms: [byIdentity("email", "email"), byIdentity("mail", "email")] } };

test.each<[string, DataMap, DataMap]>([
  ["a stronger act", shop({ do: "anonymise" }), shop()],
  ["a record that goes whole", shop({ do: "anonymise", fields: { name: { kind: "clear" } } }), shop()],
  ["a term more", shop(), shop(BOTH)],
  ["a hold less", shop(HELD), shop()],
  ["a hold shortened", shop(HELD), shop(HELD, years(6))],
  ["a condition less", shop({ unless: "open" }), shop()],
  ["a constant less", shop({ where: { kind: ["a"] } }), shop()],
  ["a field more", shop({ do: "redact" }), shop({ do: "redact", fields: { name: { kind: "clear" } } })],
  [
    "a purge sooner",
    shop({ purge: { after: days(14), how: "erase" } }),
    shop({ purge: { after: days(7), how: "erase" } }),
  ],
  ["a schedule", shop(), shop({ schedule: { after: days(90), from: "seen" } })],
  ["a window shortened", shop({ restoreWindow: days(7) }), shop({ restoreWindow: days(3) })],
])("%s erases more, and the other way round less", (_, before, after) => {
  expect(kinds(before, after)).toEqual(["erases_more"]);
  expect(kinds(after, before)).toEqual(["erases_less"]);
});

test("both can stand for one record type; what came and went is said, with its sentence", () => {
  expect(kinds(shop(BOTH), shop({ unless: "open", do: "erase", ...HELD }))).toEqual(["erases_less"]);
  expect(kinds(shop({ do: "anonymise" }), shop(HELD))).toEqual(["erases_more", "erases_less"]);
  const empty = { ...shop(), systems: [] };
  expect(ruleDifferences(empty, shop())).toEqual([
    { record: "shop.people", kind: "added", before: null, after: expect.stringContaining("people in shop") },
  ]);
  expect(ruleDifferences(shop(), empty)).toEqual([
    { record: "shop.people", kind: "removed", before: expect.stringContaining("people in shop"), after: null },
  ]);
});

test("words, owners, lines and another way to write a period are no change; a rule that is neither more nor less is one", () => {
  const other = shop({ ...HELD, called: "you", at: { line: 9, column: 9 } }, years(8, "P8Y"), { owner: "x" });
  expect(kinds(shop(HELD), other)).toEqual([]);
  expect(kinds(shop({ place: { kind: "table", table: "persons" } }), shop())).toEqual(["other"]);
});
