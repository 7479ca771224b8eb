import { expect, test } from "vitest";
import { masked, printable, shown } from "../../src/model/shown.ts";

const looking = (value: string) => [{ subject: 0, values: { guide: [value] } }];

test("what may be an identifier in a name is not shown, the rest is", () => {
  expect(shown("exports/ann@shop.example.csv")).toBe("exports/….csv");
  expect(shown("exports/of ann%40shop.example.csv.gz")).toBe("exports/of ….csv.gz");
  expect(shown("exports/+43 699 1234567")).toBe("exports/…");
  expect(shown("exports/2026-11/people.csv")).toBe("exports/2026-11/people.csv");
});

test("what is searched for is not shown, in any case and in the spelling of a URL", () => {
  const lookups = [{ subject: 0, values: { guide: ["GD-55x0141"], name: ["Ann Lind/2"] } }];
  expect(shown("exports/gd-55X0141.csv", lookups)).toBe("exports/….csv");
  expect(shown("exports/ann%20lind%2f2.csv", lookups)).toBe("exports/….csv");
  expect(shown("x/[Ann Lind/2]$&", lookups)).toBe("x/[…]$&");
});

test("what a terminal would obey, and what nobody sees, is a question mark", () => {
  expect(shown("ev\u001b[31mil\r\n\u0000.csv")).toBe("ev?[31mil???.csv");
  expect(shown("a\u202ecsv.exe\u200b\u2028\u009b\ud800")).toBe("a?csv.exe????");
});

test("addresses, numbers and what is looked for are found in whatever form they are written", () => {
  const names = {
    "box-ann.fabry@foyer.example": "…",
    "+491701234567.csv": "….csv",
    "00491701234567.tar.gz": "….tar.gz",
    "0170 1234567.jsonl": "….jsonl",
    "4915112345678": "…",
    "call_+491701234567_in.wav": "call_…_in.wav",
  };
  for (const [name, wanted] of Object.entries(names)) expect(shown(`a/${name}/b`), name).toBe(`a/${wanted}/b`);
  // the same letters in the other form of Unicode, in another case, encoded
  for (const name of ["Ren\u00E9e Du.csv", "RENE\u0301E DU.csv", "ren%C3%A9e%20du.csv"])
    expect(shown(name, looking("Rene\u0301e du")), name).toBe("….csv");
});

test("names of moments, dates, partitions and versions stay", () => {
  for (const name of [
    "logs-2026.11.30-000001",
    "20261121093000.csv",
    "part-00000-of-00012.jsonl",
    "orders_2026_11",
    "v1.2.3",
    "a b.csv",
  ])
    expect(shown(name, looking("ann@shop.example")), name).toBe(name);
});

test("no name can move the cursor, colour a line, forge one or turn it round", () => {
  expect(printable("a\u009Bb\u202Ec\u2028d\u200Be\uFEFFf\ng")).toBe("a?b?c?d?e?f?g");
  expect(masked("line\u001B[2J one\nline two\r")).toBe("line?[2J one\nline two?");
});

test("in a sentence only what is a person's is blanked; short values only where they stand alone", () => {
  const said = "Index box-ann@foyer.example takes no changes (write); 1007 of 21007 records of 42 files, id 4711, S3.";
  expect(masked(said, ["4711", "1007", "42"])).toBe(
    "Index … takes no changes (write); … of 21007 records of 42 files, id …, S3.",
  );
  expect(masked("table GD-55X-01 is locked", ["gd-55x-01"])).toBe("table … is locked");
  expect(masked("shop.orders (constraint a.b[0])", ["a.b[0]"])).toBe("shop.orders (constraint …)");
});
