import { expect, test } from "vitest";
import { mapCheckCounts, mapCheckScreen, type ScreenFinding } from "../../src/terminal/map-check-screen.ts";

const finding = (record: string, more: Partial<ScreenFinding> = {}): ScreenFinding => ({
  system: "erp",
  record,
  code: "COLUMN_UNMAPPED",
  severity: "warning",
  message: "no record type names this table",
  help: "Decide. Left so: it stays.",
  file: "datamap.yaml",
  line: 12,
  ...more,
});

test("two errors are not buried by 611 warnings: first on the page, each by itself, and named in the last line", () => {
  const error = (record: string, column: string): ScreenFinding =>
    finding(record, { column, code: "COLUMN_NEW", severity: "error", line: 15, message: `\`${column}\` is new` });
  const errors = [error("erp.customers", "fax"), error("erp.orders", "note")];
  const families = Array.from({ length: 600 }, (_, at) => finding(`erp.log_${at}`));
  const mapped = ["phone", "city"].map((column) => finding("erp.customers", { column, line: 15 }));
  const alone = Array.from({ length: 9 }, (_, at) => finding(`erp.table${at}`));
  const all = [...errors, ...families, ...alone, ...mapped];
  const lines = mapCheckScreen(all, { what: () => "", plain: true }).split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "error COLUMN_NEW (2)",
    "  erp.customers (datamap.yaml:15): `fax` is new.",
    "  erp.orders (datamap.yaml:15): `note` is new.",
    "  → Decide. Left so: it stays.",
  ]);
  // what a rule is there for comes before what nobody looked at, and a family is one line
  expect(lines.slice(4, 7)).toEqual([
    "warn  COLUMN_UNMAPPED (611)",
    "  erp.customers (datamap.yaml:15): 2 columns: phone, city.",
    "  erp.log_* (datamap.yaml:12): 600 of them, the first is erp.log_0: no record type names this table.",
  ]);
  expect(lines.length).toBeLessThan(20);
  expect(lines.at(-2)).toBe("  and 3 more like these: --format json lists each");
  expect(mapCheckCounts(all)).toBe("2 errors (COLUMN_NEW), 611 warnings");
  expect(mapCheckCounts([])).toBe("0 errors, 0 warnings");
});

test("each error keeps its own advice where they differ, and no name can forge a line", () => {
  const errors = ["a", "b"].map((name) =>
    finding(`erp.${name}\n`, { code: "UNIQUE_IGNORES_MARKER", severity: "error", help: `To copy: ${name};` }),
  );
  const lines = mapCheckScreen(errors, { what: () => "what it is", plain: true }).split("\n");
  expect(lines).toEqual([
    "error UNIQUE_IGNORES_MARKER (2)  what it is",
    "  erp.a  (datamap.yaml:12): no record type names this table.",
    "  → To copy: a;",
    "  erp.b  (datamap.yaml:12): no record type names this table.",
    "  → To copy: b;",
  ]);
});
