import { expect, test } from "vitest";
import { below, type Glob, matches, parseGlob } from "../../../connectors/files/glob.ts";
import { isCopyOf, shown } from "../../../connectors/files/names.ts";

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
  for (const glob of ["/etc/passwd", "../a.csv", "x/../../a.csv", "x/{..,y}/a.csv", "", ".", "x/**", String.raw`x\a.csv`])
    expect(parseGlob(glob), glob).toBeNull();
});

test("copies are known by their names, other files are not taken for copies", () => {
  for (const name of [
    "users.csv~",
    "users.csv.bak",
    "users.csv.orig",
    "users.csv.1",
    "users.csv.gz",
    "users.csv.bak.gz",
    ".users.csv.swp",
    "users (1).csv",
    "users - Copy.csv",
    "users copy 2.csv",
    "users_backup.csv",
    "users.bak.csv",
  ])
    expect(isCopyOf(name, "users.csv"), name).toBe(true);
  for (const name of ["users.csv", "users2.csv", "users-2026.csv", "user.csv", "users.jsonl", "superusers.csv", "users.csvx", ".expunge-1234"])
    expect(isCopyOf(name, "users.csv"), name).toBe(false);
});

test("a name that may be an identifier is not shown", () => {
  expect(shown("exports/ann@shop.example.csv")).toBe("exports/(name withheld)");
  expect(shown("exports/gd-55X0141.csv", [{ subject: 0, values: { guide: ["GD-55x0141"] } }])).toBe("exports/(name withheld)");
  expect(shown("exports/2026-11/people.csv")).toBe("exports/2026-11/people.csv");
});
