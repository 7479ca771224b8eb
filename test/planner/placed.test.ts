/** Where a system's finding is placed in the data map, and what is said to do about it. */
import { expect, test } from "vitest";
import type { Finding } from "../../src/model/search.ts";
import { placed, positionOf } from "../../src/planner/placed.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const text = `systems:
  shop:
    records:
      people: # fields: { born: … }
        match: { id: customer_id }
        fields: { name: clear, born: clear }
      notes:
        fields: { born: clear }
  crm:
    records:
      calls: {}
`;
const map = mapOf(
  [
    {
      name: "shop",
      kind: "sqlite",
      at: { line: 2, column: 3 },
      records: [
        recordOf("shop", "people", { at: { line: 4, column: 7 } }),
        recordOf("shop", "notes", { at: { line: 7, column: 7 } }),
      ],
    },
    {
      name: "crm",
      kind: "sqlite",
      at: { line: 9, column: 3 },
      records: [recordOf("crm", "calls", { at: { line: 11, column: 7 } })],
    },
  ],
  { text },
);
const missing: Finding = { code: "COLUMN_MISSING", severity: "error", record: "shop.people", message: "no column" };

test("a finding about a column stands where the record type names the column, any other at the record type", () => {
  expect(positionOf(map, { ...missing, column: "born" })).toEqual({ line: 6, column: 32 });
  expect(positionOf(map, { ...missing, record: "shop.notes", column: "born" })).toEqual({ line: 8, column: 19 });
  expect(positionOf(map, missing)).toEqual({ line: 4, column: 7 });
  expect(positionOf(map, { ...missing, column: "elsewhere" })).toEqual({ line: 4, column: 7 });
  expect(placed(map, { ...missing, column: "born" })).toMatchObject({ file: "datamap.yaml", line: 6 });
});

test("a table that is a record type of another system: the help does not ask to add it once more", () => {
  const cascade: Finding = { ...missing, code: "CASCADE_UNDECLARED", message: "calls(who) references it" };
  const { help } = placed(map, { ...cascade, table: "calls" });
  expect(help).toBe(
    "If `crm.calls` is this table, write its record type under `shop` instead: references are followed within one system only.",
  );
  for (const table of ["people", "others", undefined])
    expect(placed(map, { ...cascade, ...(table === undefined ? {} : { table }) }).help).toContain(
      "Add the table as a record",
    );
});
