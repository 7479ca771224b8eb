import { expect, test } from "vitest";
import { count, day, safe, table, tint, wrap } from "../../src/terminal/show.ts";
import { fit } from "../../src/terminal/fit.ts";

test("columns are aligned by what is seen, and lines end without spaces", () => {
  expect(
    table(
      [
        ["shop.orders", "5", ""],
        ["\u001B[31mbad\u001B[39m", "12", "note"],
      ],
      ["record", "n", "why"],
    ),
  ).toBe(["record       n   why", "shop.orders  5", "\u001B[31mbad\u001B[39m          12  note"].join("\n"));
  expect(table([])).toBe("");
});

test("text from outside can forge neither lines nor colours", () => {
  expect(safe('x\n{"status":"deleted"}\u001B[2K\u0007x\u009B31m')).toBe('x {"status":"deleted"} x');
});

test("no colour with plain, nor where stdout is no terminal", () => {
  expect([tint("bad", "bad", true), tint("bad", "bad")]).toEqual(["bad", "bad"]);
});

test("words are wrapped within the width and none is lost", () => {
  const text = "one two three four five six seven eight nine ten ".repeat(5).trim();
  const lines = wrap(text, 2, 30).split("\n");
  expect(lines.every((line) => line.startsWith("  ") && line.length <= 30)).toBe(true);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(text);
  expect(wrap("x".repeat(50), 0, 10)).toBe("x".repeat(50));
});

test("days and counts read as people write them", () => {
  expect([
    day("2026-12-02"),
    day("2028-02-29"),
    count(1, "error"),
    count(0, "error"),
    count(3, "person", "people"),
  ]).toEqual(["Wed 2 Dec 2026", "Tue 29 Feb 2028", "1 error", "0 errors", "3 people"]);
});

test("columns that have no room beside each other stand below each other, never run together", () => {
  const rows = table(
    [
      ["R-2026-0001", "identity confirmed", "30 Nov 2026", "30 Dec 2026", "s_92108685"],
      ["R-2026-0003", "received", "1 Sep 2026", "1 Oct 2026", "OVERDUE by 60 days, s_532d5339"],
    ],
    ["Request", "State", "Received", "Answer due", "Subject, ref"],
  );
  const shown = fit(rows, { isTTY: true, columns: 60 }).split("\n");
  expect(shown.every((line) => line.length <= 60)).toBe(true);
  const [, heading = "", first] = shown;
  expect([shown[0], heading.trim(), first]).toEqual([
    "Request      State               Received",
    "Answer due",
    `${" ".repeat(33)}Subject, ref`,
  ]);
  expect(shown.map((line) => line.trim())).toContain("1 Oct 2026");
  expect(shown.map((line) => line.trim())).toContain("OVERDUE by 60 days,");
});
