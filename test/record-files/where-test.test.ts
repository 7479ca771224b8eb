import { expect, test } from "vitest";
import { whereTest } from "../../src/record-files/where-test.ts";

const same = (wanted: string, text: string, number = true) => whereTest([wanted])({ text, number });

test("one number in two spellings is the same, at any length", () => {
  for (const [wanted, text] of [
    ["5", "5.0"],
    ["5.00", "5"],
    ["5", "0.5e1"],
    ["-0", "0.0"],
    ["100", "1E+2"],
    ["0.001", "1e-3"],
    ["90071992547409930", "9007199254740993e1"],
    ["1e999999999", "10e999999998"],
  ] as const)
    expect([same(wanted, text), same(text, wanted)], `${wanted} ${text}`).toEqual([true, true]);
});

test("other numbers, codes and words are not the same", () => {
  for (const [wanted, text] of [
    ["5", "50"],
    ["5", "-5"],
    ["5", "0.5"],
    ["9007199254740992", "9007199254740993"],
    ["0010", "10"],
    ["10", "0010"],
    ["5", " 5"],
    ["5", "5,0"],
    ["0", ""],
    ["true", "1"],
  ] as const)
    expect([same(wanted, text), same(text, wanted)], `${wanted} ${text}`).toEqual([false, false]);
});

test("a text that is no number by its type is only compared as text", () => {
  expect([same("5", "5.0", false), same("5.0", "5.0", false), same("open", "open", false)]).toEqual([
    false,
    true,
    true,
  ]);
});
