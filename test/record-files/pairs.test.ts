import { expect, test } from "vitest";
import type { Change } from "../../src/model/rule-change.ts";
import type { Where } from "../../src/model/datamap.ts";
import type { Lookup, MatchColumn } from "../../src/model/search.ts";
import { eraseFrom, lookupsOf, ruleOf, scan } from "./support.ts";

const edge = (column: string): MatchColumn => ({ column, type: "edge", fold: [] });
/** A person who is member 5 of branch 1 and member 9 of branch 2. */
const pairs = (
  columns: readonly [string, string],
  rows: readonly (readonly [string, string])[] = [
    ["1", "5"],
    ["2", "9"],
  ],
): Lookup[] => [
  {
    subject: 0,
    values: { [columns[0]]: rows.map(([a]) => a), [columns[1]]: rows.map(([, b]) => b) },
    tuples: [{ columns, rows }],
  },
];

test("columns of one parent's rows are compared as the pairs that stand together there", async () => {
  const file = Buffer.from("branch,member,book\n1,5,hers\n1,9,not\n2,5,not\n2,9,hers\n");
  const rule = ruleOf({ columns: [edge("branch"), edge("member")], mode: "all" });
  expect((await scan(file, rule, pairs(["branch", "member"]))).map(({ line }) => line)).toEqual([2, 5]);
  const [both] = pairs(["branch", "member"]);
  const without = { subject: 0, values: both?.values ?? {} };
  expect(
    (await scan(file, rule, [without])).map(({ line }) => line),
    "without pairs any with any",
  ).toEqual([2, 3, 4, 5]);
});

test("each person has pairs of their own", async () => {
  const file = Buffer.from("branch,member\n1,5\n1,9\n2,5\n2,9\n");
  const rule = ruleOf({ columns: [edge("branch"), edge("member")], mode: "all" });
  const lookups = [
    ...pairs(["branch", "member"]),
    ...pairs(
      ["branch", "member"],
      [
        ["1", "9"],
        ["2", "5"],
      ],
    ).map((one) => ({ ...one, subject: 1 })),
  ];
  expect((await scan(file, rule, lookups)).map(({ subjects }) => subjects)).toEqual([[0], [1], [1], [0]]);
});

test("pairs with a third column, given in another order than the match", async () => {
  const file = Buffer.from("kind,member,branch\nloan,5,1\nloan,9,1\nsale,5,1\n");
  const rule = ruleOf({ columns: [edge("branch"), edge("kind"), edge("member")], mode: "all" });
  const [pair] = pairs(
    ["member", "branch"],
    [
      ["5", "1"],
      ["9", "2"],
    ],
  );
  const lookups = [{ subject: 0, values: { ...pair?.values, kind: ["loan"] }, tuples: pair?.tuples ?? [] }];
  expect((await scan(file, rule, lookups)).map(({ line }) => line)).toEqual([2]);
});

test("in JSON Lines a pair stands in one element of a list, not in two", async () => {
  const rule = ruleOf({
    name: "a.jsonl",
    format: "jsonl",
    columns: [edge("loans[].branch"), edge("loans[].member")],
    mode: "all",
  });
  const lines = [
    '{"loans":[{"branch":1,"member":5}]}',
    '{"loans":[{"branch":1,"member":9},{"branch":2,"member":5}]}',
    '{"loans":[{"branch":1,"member":9},{"branch":"2","member":"9"}]}',
  ];
  expect(
    (await scan(Buffer.from(`${lines.join("\n")}\n`), rule, pairs(["loans[].branch", "loans[].member"]))).map(
      ({ line }) => line,
    ),
  ).toEqual([1, 3]);
});

test("an edge is exact, but for the case of a UUID", async () => {
  const uuid = "550e8400-e29b-41d4-a716-446655440abc";
  const rule = ruleOf({ columns: [edge("ref")] });
  const found = async (file: string, ...values: readonly string[]) =>
    (await scan(Buffer.from(file), rule, [{ subject: 0, values: { ref: values } }])).map(({ line }) => line);
  expect(await found(`ref\n${uuid.toUpperCase()}\n${uuid}\n${uuid}0\n`, uuid)).toEqual([2, 3]);
  expect(await found("ref\n42\n042\n42.0\nAB-1\nab-1\n", "42", "AB-1")).toEqual([2, 5]);
  const json = ruleOf({ name: "a.jsonl", format: "jsonl", columns: [edge("ref")] });
  const lines = Buffer.from(`{"ref":"${uuid.toUpperCase()}"}\n{"ref":"ab-1"}\n`);
  expect(
    (await scan(lines, json, [{ subject: 0, values: { ref: [uuid, "AB-1"] } }])).map(({ line }) => line),
    "also where lines are passed over",
  ).toEqual([1]);
});

test("a column may be called as anything is, and has values only where the lookup gives them", async () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const columns = [{ column: name, type: "email", fold: [] }] as const;
    const lookups: Lookup[] = [{ subject: 0, values: Object.fromEntries([[name, ["ann@x"]]]) }];
    expect(
      (await scan(Buffer.from(`${name},n\nann@x,1\nbob,2\n`), ruleOf({ columns, exports: [name] }), lookups)).map(
        ({ line }) => line,
      ),
    ).toEqual([2]);
    expect(
      await scan(Buffer.from(`${name},n\nann@x,1\n`), ruleOf({ columns }), [
        { subject: 0, values: { other: ["ann@x"] } },
      ]),
    ).toEqual([]);
    const json = Buffer.from(`{"${name}":"ann@x"}\n{"${name}":"bob"}\n`);
    expect(
      (await scan(json, ruleOf({ format: "jsonl", columns, exports: [name] }), lookups)).map(({ values }) =>
        Object.entries(values),
      ),
    ).toEqual([[[name, ["ann@x"]]]]);
  }
});

const lines = (...rows: readonly unknown[]) => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const email = (column: string): MatchColumn => ({ column, type: "email", fold: [] });
const CLEAR = (...paths: readonly string[]): Change => ({
  kind: "fields",
  fields: Object.fromEntries(paths.map((path) => [path, { kind: "clear" }])),
  documents: [],
});

test("in JSON Lines the values that `all` asks for stand in the same element of an array, else the line is somebody else's", async () => {
  const columns = [email("m[].e"), edge("m[].team")];
  const lookup: Lookup = { subject: 0, values: { "m[].e": ["ann@x"], "m[].team": ["t1"] } };
  const mixed = {
    m: [
      { e: "ann@x", team: "t2" },
      { e: "bob@x", team: "t1" },
    ],
  };
  const hers = {
    m: [
      { e: "bob@x", team: "t2" },
      { e: "ann@x", team: "t1" },
    ],
  };
  const rule = ruleOf({ name: "a.jsonl", format: "jsonl", columns, mode: "all" });
  expect((await scan(lines(mixed, hers), rule, [lookup])).map(({ line }) => line)).toEqual([2]);
  // of a line that is hers only her element changes
  const both = { m: [...mixed.m, ...hers.m] };
  const { text } = await eraseFrom(lines(both), { ...rule, change: CLEAR("m[].e") }, [lookup]);
  expect(JSON.parse(text)).toEqual({ m: [...both.m.slice(0, 3), { e: null, team: "t1" }] });
});

test("the constants of `where` narrow the element that is matched, and nobody's else", async () => {
  const rule = ruleOf({
    name: "a.jsonl",
    format: "jsonl",
    columns: [email("m[].e")],
    where: { "m[].role": ["customer"] },
    change: CLEAR("m[].e", "m[].n"),
  });
  const rows = [
    {
      m: [
        { e: "ann@x", role: "agent", n: 1 },
        { e: "bob@x", role: "customer", n: 2 },
      ],
    },
    {
      m: [
        { e: "ann@x", role: "customer", n: 3 },
        { e: "ann@x", role: "agent", n: 4 },
      ],
    },
  ];
  const { text, found, result } = await eraseFrom(lines(...rows), rule, lookupsOf("m[].e", "ann@x"));
  expect(found.map(({ line }) => line)).toEqual([2]);
  expect(text).toBe(
    lines(rows[0], {
      m: [
        { e: null, role: "customer", n: null },
        { e: "ann@x", role: "agent", n: 4 },
      ],
    }).toString(),
  );
  expect(result.changed).toHaveLength(1);
  expect(await scan(Buffer.from(text), rule, lookupsOf("m[].e", "ann@x"))).toEqual([]);
});

test("a constant outside the array, and one in a list of plain values, count for the whole line", async () => {
  const rule = (where: Where, column = "m[].e") =>
    ruleOf({ name: "a.jsonl", format: "jsonl", columns: [email(column)], where });
  const file = lines({ kind: "room", tags: ["ann@x", "vip"], m: [{ e: "bob@x" }, { e: "ann@x" }] });
  for (const [where, column] of [[{ kind: ["room"] }], [{ tags: ["vip"] }], [{ tags: ["vip"] }, "tags"]] as const)
    expect(
      await scan(file, rule(where, column), lookupsOf(column ?? "m[].e", "ann@x")),
      JSON.stringify(where),
    ).toHaveLength(1);
  expect(await scan(file, rule({ kind: ["table"] }), lookupsOf("m[].e", "ann@x"))).toEqual([]);
});
