import { expect, test } from "vitest";
import { masked, printable, shown } from "../../src/model/shown.ts";

const looking = (value: string) => [{ subject: 0, values: { guide: [value] } }];

test("a name that may be an identifier is not shown", () => {
  expect(shown("exports/ann@shop.example.csv")).toBe("exports/(name withheld)");
  expect(shown("exports/gd-55X0141.csv", looking("GD-55x0141"))).toBe("exports/(name withheld)");
  expect(shown("exports/2026-11/people.csv")).toBe("exports/2026-11/people.csv");
});

test("addresses, numbers and what is looked for are found in whatever form they are written", () => {
  for (const name of [
    "ann%40shop.example.csv",
    "box-ann.fabry@foyer.example",
    "+491701234567.csv",
    "00491701234567.tar.gz",
    "0170 1234567.jsonl",
    "4915112345678",
  ])
    expect(shown(`a/${name}/b`), name).toBe("a/(name withheld)/b");
  expect([shown("till/of ann@shop.example.csv"), shown("call_+491701234567_in.wav")]).toEqual(["till/of …", "call_…_in.wav"]);
  // the same letters in the other form of Unicode, in another case, encoded
  for (const name of ["Ren\u00E9e Du.csv", "RENE\u0301E DU.csv", "ren%C3%A9e%20du.csv"])
    expect(shown(name, looking("Rene\u0301e du")), name).toBe("(name withheld)");
});

test("names of moments, dates, partitions and versions stay", () => {
  for (const name of ["logs-2026.11.30-000001", "20261121093000.csv", "part-00000-of-00012.jsonl", "orders_2026_11", "v1.2.3", "a b.csv"])
    expect(shown(name, looking("ann@shop.example")), name).toBe(name);
});

test("no name can move the cursor, colour a line, forge one or turn it round", () => {
  expect(shown("ev\u001B[31mil\r.csv")).toBe("ev?[31mil?.csv");
  expect(printable("a\u009Bb\u202Ec\u2028d\u200Be\uFEFFf\ng")).toBe("a?b?c?d?e?f?g");
  expect(masked("line\u001B[2J one\nline two\r")).toBe("line?[2J one\nline two?");
});

test("in a sentence only what is a person's is blanked; short values only where they stand alone", () => {
  const said = "Index box-ann@foyer.example takes no changes (write); 1007 of 21007 records of 42 files, id 4711, S3.";
  expect(masked(said, ["4711", "1007", "42"])).toBe("Index … takes no changes (write); … of 21007 records of 42 files, id …, S3.");
  expect(masked("table GD-55X-01 is locked", ["gd-55x-01"])).toBe("table … is locked");
  expect(masked("shop.orders (constraint a.b[0])", ["a.b[0]"])).toBe("shop.orders (constraint …)");
});
