import { expect, test } from "vitest";
import { below, type Glob, matches, parseGlob } from "../../src/record-files/glob.ts";

function fits(glob: string, path: string): boolean {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  const globs = folders.reduce<readonly Glob[]>((left, folder) => below(left, folder), parseGlob(glob) ?? []);
  return matches(globs, name);
}

test("globs match as shells do: within a name, any folders, choices, and dots only where they are written", () => {
  const yes = [
    ["a.csv", "a.csv"],
    ["./a.csv", "a.csv"],
    ["*.csv", "a b.csv"],
    ["a?.csv", "a\u00e9.csv"],
    ["a?.csv", "a\u{1F600}.csv"],
    ["[ab]*.csv", "bx.csv"],
    ["[!a]*.csv", "bx.csv"],
    ["**/*.csv", "a.csv"],
    ["**/*.csv", "x/y/a.csv"],
    ["x/**/y/*.csv", "x/y/a.csv"],
    ["x/**/y/*.csv", "x/1/2/y/a.csv"],
    ["x/*/a.csv", "x/1/a.csv"],
    ["{a,b/c}.csv", "b/c.csv"],
    ["{a,b}.{csv,csv.gz}", "b.csv.gz"],
    [".hidden/*.csv", ".hidden/a.csv"],
    ["**/.a*.csv", "x/.ab.csv"],
    ["a+(b)$^.csv", "a+(b)$^.csv"],
    ["a[[]b.csv", "a[b.csv"],
  ];
  const no = [
    ["a.csv", "A.csv"],
    ["a.csv", "xa.csv"],
    ["a.csv", "a.csv.bak"],
    ["a.csv", "x/a.csv"],
    ["*.csv", ".a.csv"],
    ["*.csv", "x/a.csv"],
    ["**/*.csv", ".git/a.csv"],
    ["**/*.csv", "x/.git/a.csv"],
    ["x/*/a.csv", "x/a.csv"],
    ["x/*/a.csv", "x/1/2/a.csv"],
    ["[ab].csv", "c.csv"],
    ["a.csv", "aXcsv"],
    ["caf\u00e9.csv", "cafe\u0301.csv"],
  ];
  for (const [glob = "", path = ""] of yes) expect(fits(glob, path), `${glob} ${path}`).toBe(true);
  for (const [glob = "", path = ""] of no) expect(fits(glob, path), `${glob} ${path}`).toBe(false);
});

test("a glob that could leave the root, or ends in no name, is none", () => {
  for (const glob of [
    "/etc/passwd",
    "../a.csv",
    "x/../../a.csv",
    "x/{..,y}/a.csv",
    "",
    ".",
    "x/**",
    String.raw`x\a.csv`,
  ])
    expect(parseGlob(glob), glob).toBeNull();
});
