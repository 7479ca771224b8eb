import { describe, expect, it } from "vitest";
import { readDataMap } from "../../src/datamap/read.ts";
import { codes, HOW, lint, shop, whole } from "./lint-map.ts";

const two = (one: string, other: string): string => shop(`a: { table: b, ${one} }\nb: { table: b, ${other} }`);
const conflicts = async (text: string): Promise<string[]> =>
  (await lint(text)).filter(({ code }) => code === "CONFLICT").map(({ message }) => message);

describe("record types in one place that change one column in different ways", () => {
  it("are refused by every plan where they find the same records", async () => {
    const text = two(
      "match: { email: email }, do: anonymise, fields: { email: clear, name: { set: x } }",
      "match: { email: email }, do: redact, fields: { name: { set: y } }",
    );
    const { issues, conflicts: refused, map } = await readDataMap({ file: "m.yaml", text }, HOW);
    expect(issues.map(({ code, severity, line }) => [code, severity, line])).toEqual([["CONFLICT", "warning", 6]]);
    expect(issues[0]?.message).toContain("`name`");
    expect(refused).toEqual(issues);
    expect(map).toBeDefined();
  });

  it("are warned of where their matches differ: a plan finds out", async () => {
    const text = two(
      "match: { email: email }, do: anonymise, fields: { email: clear, name: { set: x } }",
      "match: { backup: email }, do: anonymise, fields: { backup: clear, name: { set: y } }",
    );
    const { issues, conflicts: refused } = await readDataMap({ file: "m.yaml", text }, HOW);
    expect(issues.map(({ code }) => code)).toEqual(["CONFLICT"]);
    expect(refused).toEqual([]);
  });

  const CHANGE = "do: redact, fields: { name: { set: x } }";
  const other = (rest: string, match = "match: { email: email }"): string =>
    two(`match: { email: email }, ${CHANGE}`, `${match}, ${rest}`);
  const cases: readonly [string, string, number][] = [
    ["a different text", other("do: redact, fields: { name: { set: y } }"), 1],
    ["the same text", other("do: redact, fields: { name: { set: x } }"), 0],
    ["another column", other("do: redact, fields: { town: { set: y } }"), 0],
    ["a column that stays", other("do: redact, fields: { name: keep, town: clear }"), 0],
    ["what is erased", other("do: erase, fields: { name: { set: y } }"), 0],
    [
      "other constants",
      two(
        `match: { email: email }, where: { t: [a, b] }, ${CHANGE}`,
        "match: { email: email }, where: { t: c }, do: redact, fields: { name: clear }",
      ),
      0,
    ],
    [
      "constants that share a value",
      two(
        `match: { email: email }, where: { t: [a, b] }, ${CHANGE}`,
        "match: { email: email }, where: { t: b }, do: redact, fields: { name: clear }",
      ),
      1,
    ],
    [
      "constants of other columns",
      two(
        `match: { email: email }, where: { t: a }, ${CHANGE}`,
        "match: { email: email }, where: { u: c }, do: redact, fields: { name: clear }",
      ),
      1,
    ],
    [
      "clear and remove of a column, which are the same",
      two(
        "match: { email: email }, do: redact, fields: { name: clear }",
        "match: { email: email }, do: redact, fields: { name: remove }",
      ),
      0,
    ],
    [
      "the same path of two JSON columns",
      two(
        "match: { email: email }, do: redact, in: j, paths: { a: clear }",
        "match: { email: email }, do: redact, in: k, paths: { a: remove }",
      ),
      0,
    ],
    [
      "the same path of one",
      two(
        "match: { email: email }, do: redact, in: [i, j], paths: { a: clear }",
        "match: { email: email }, do: redact, in: [j, k], paths: { a: remove }",
      ),
      1,
    ],
    [
      "another table",
      shop(
        `a: { match: { email: email }, ${CHANGE} }\nb: { match: { email: email }, do: redact, fields: { name: clear } }`,
      ),
      0,
    ],
    [
      "the same table by its default name",
      shop(
        `a: { table: public.b, match: { email: email }, ${CHANGE} }\nb: { match: { email: email }, do: redact, fields: { name: clear } }`,
      ),
      1,
    ],
  ];
  for (const [what, text, count] of cases)
    it(`${what}: ${count}`, async () => expect(await conflicts(text)).toHaveLength(count));

  it("are found among indexes, files and objects too", async () => {
    const rule = (set: string, place: string): string =>
      `${place}, match: { e: email }, do: anonymise, fields: { e: clear, n: { set: ${set} } }`;
    const text = whole(`systems:
  s: { kind: elasticsearch, records: { a: { ${rule("x", "index: i")} }, b: { ${rule("y", "index: i")} } } }
  f: { kind: files, records: { a: { ${rule("x", "files: ['*.csv']")} }, b: { ${rule("y", "files: ['x.csv', '*.csv']")} } } }`);
    expect(await codes(text)).toEqual([expect.stringContaining("2:"), expect.stringContaining("3:")]);
    expect(await conflicts(text)).toHaveLength(2);
  });
});

it("one place twice in one record type is an error", async () => {
  const text = whole(
    "systems:\n  f: { kind: files, records: { a: { files: ['*.csv', '*.csv'], match: { e: email }, do: remove-rows } } }",
  );
  expect(await codes(text)).toEqual(["2:37 DUPLICATE"]);
});

describe("one system under two names", () => {
  const systems = (one: string, other: string): string => whole(`systems:\n  a: ${one}\n  b: ${other}`);
  const files = (root: string, glob: string): string =>
    `{ kind: files, connect: { root: ${root} }, records: { r: { files: ['${glob}'], match: { e: email }, do: remove-rows } } }`;
  const table = (secret: string, name: string): string =>
    `{ kind: postgres, connect: { secret: ${secret} }, records: { r: { table: ${name}, match: { e: email }, do: erase } } }`;

  const possible = async (text: string): Promise<string[]> =>
    (await lint(text)).filter(({ code }) => code === "CONFLICT_POSSIBLE").map(({ message }) => message);

  it("with record types over one place is warned of", async () => {
    for (const text of [
      systems(files("./x", "*.csv"), files("x/", "*.csv")),
      systems(table("s", "t"), table("s", "public.t")),
    ]) {
      expect(await possible(text)).toEqual([expect.stringContaining("`a.r` and `b.r` lie in one place")]);
    }
  });

  it("is none of ours to judge where places or secrets differ", async () => {
    expect(await possible(systems(files("./x", "*.csv"), files("./y", "*.csv")))).toEqual([]);
    expect(await possible(systems(files("./x", "a/*.csv"), files("./x", "b/*.csv")))).toEqual([]);
    expect(await possible(systems(table("s", "t"), table("u", "t")))).toEqual([]);
    expect(await possible(systems(table("s", "t"), table("s", "u")))).toEqual([]);
    const nameless = "{ kind: postgres, records: { r: { table: t, match: { e: email }, do: erase } } }";
    expect(await possible(systems(nameless, nameless))).toEqual([]);
  });
});
