import { expect, test } from "vitest";
import { isSeen, sameName } from "../../src/model/same-name.ts";

test("a name that looks the same, or differs in case, spaces and forms only, is the same person's", () => {
  for (const other of [
    "clerk\u200B",
    "\u2060cl\u00ADerk",
    "CLERK",
    " c l e r k ",
    "clerk\uFE0F",
    "c\u034Flerk",
    "clerk\u3164",
    "clerk\u202E",
    "\u{E0063}clerk",
    "\uFF43\uFF4C\uFF45\uFF52\uFF4B",
    "clerk\u2800",
    "cl\u180Eerk",
    "clerk\u0007",
  ])
    expect(sameName("clerk", other), JSON.stringify(other)).toBe(true);
  expect([
    sameName("Stra\u00DFer", "STRASSER"),
    sameName("Ren\u00E9", "RENE\u0301"),
    sameName("ΝΙΚΟΣ", "νικος"),
  ]).toEqual([true, true, true]);
});

test("other names are other people's", () => {
  for (const [one, other] of [
    ["clerk", "clerk2"],
    ["olga", "helga"],
    ["René", "Rene"],
    ["", "a"],
  ])
    expect(sameName(one ?? "", other ?? ""), `${one} ${other}`).toBe(false);
  expect([isSeen("\u200B \u2800\u3164"), isSeen(""), isSeen("o")]).toEqual([false, false, true]);
});
