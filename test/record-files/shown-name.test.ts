import { expect, test } from "vitest";
import { shownName } from "../../src/record-files/shown-name.ts";

test("what may be an identifier in a name is not shown, the rest is", () => {
  expect(shownName("exports/ann@shop.example.csv")).toBe("exports/….csv");
  expect(shownName("exports/of ann%40shop.example.csv.gz")).toBe("exports/of ….csv.gz");
  expect(shownName("exports/+43 699 1234567")).toBe("exports/…");
  expect(shownName("exports/2026-11/people.csv")).toBe("exports/2026-11/people.csv");
});

test("what is searched for is not shown, in any case and in the spelling of a URL", () => {
  const lookups = [{ subject: 0, values: { guide: ["GD-55x0141"], name: ["Ann Lind/2"] } }];
  expect(shownName("exports/gd-55X0141.csv", lookups)).toBe("exports/….csv");
  expect(shownName("exports/ann%20lind%2f2.csv", lookups)).toBe("exports/….csv");
  expect(shownName("x/[Ann Lind/2]$&", lookups)).toBe("x/[…]$&");
});

test("what a terminal would obey, and what nobody sees, is a question mark", () => {
  expect(shownName("ev\u001b[31mil\r\n\u0000.csv")).toBe("ev?[31mil???.csv");
  expect(shownName("a\u202ecsv.exe\u200b\u2028\u009b\ud800")).toBe("a?csv.exe????");
});
