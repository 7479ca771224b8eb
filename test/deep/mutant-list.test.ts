import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asWritten } from "./as-written.ts";
import { MUTANTS } from "./mutant-list.ts";

const ROOT = join(import.meta.dirname, "../..");

test("what each mutant breaks stands in the code, once", () => {
  expect(MUTANTS.length).toBeGreaterThan(50);
  const stale = MUTANTS.filter(({ file, from }) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(asWritten(from))].length !== 1;
  });
  expect(stale.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
});
