/**
 * Breaks the code in one place at a time, in a copy, and runs the tests that must fall. A mutant that lives is a protection
 * that no test sees. `node test/deep/mutants.ts [PART OF A FILE'S NAME]`; part of `npm run test:deep`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { asWritten } from "./as-written.ts";
import { MUTANTS, type Mutant } from "./mutant-list.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PARTS = [
  "src",
  "commands",
  "connectors",
  "manifests",
  "test",
  "docs",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];

const only = process.argv[2] ?? "";
const copy = mkdtempSync(join(tmpdir(), "expunge-mutants-"));
try {
  for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  symlinkSync(join(ROOT, "dist"), join(copy, "dist"));
  const chosen = MUTANTS.filter(({ file, name }) => `${file} ${name}`.includes(only));
  const lived = chosen.filter((mutant) => !falls(mutant));
  process.stdout.write(`${chosen.length - lived.length} of ${chosen.length} mutants fell\n`);
  if (lived.length > 0 || chosen.length === 0) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true });
}

function falls({ name, file, from, to, tests, titles }: Mutant): boolean {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const places = [...text.matchAll(asWritten(from))];
  if (places.length !== 1) {
    process.stdout.write(`STALE  ${file}: ${name}: what is to be broken stands there ${places.length} times\n`);
    return false;
  }
  writeFileSync(
    path,
    text.replace(asWritten(from), () => to),
  );
  try {
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const ran = spawnSync(
      process.execPath,
      [vitest, "run", ...tests, ...(titles === undefined ? [] : ["-t", titles])],
      { cwd: copy, encoding: "utf8" },
    );
    // a file that does not load falls for another reason than the one that is meant
    const fell = ran.status !== 0 && /Tests\s+.*\d+ failed/u.test(stripVTControlCharacters(ran.stdout));
    process.stdout.write(`${fell ? "fell  " : "LIVES "} ${file}: ${name}\n`);
    return fell;
  } finally {
    writeFileSync(path, text);
  }
}
