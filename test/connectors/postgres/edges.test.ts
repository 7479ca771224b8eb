import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Lookup } from "../../../src/model/search.ts";
import { locateAll } from "../../support/erase.ts";
import {
  check,
  codes,
  done,
  erase,
  lookup,
  plan,
  record,
  systemOf,
  target,
  type TestDatabase,
  testDatabase,
  type TestTarget,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("edges");
  await database.admin("CREATE EXTENSION citext");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

async function find(
  where: TestTarget,
  lookups: readonly Lookup[],
  others: readonly RecordType[] = [],
): Promise<string[]> {
  const found = await locateAll(systemOf([where.record, ...others]), worldOf(database), where, lookups);
  return found.map(({ subject, key }) => `${subject}:${key}`);
}

/** A record type whose `ref` comes from a column of another. */
function edgeTo(source: string): TestTarget {
  const terms = [
    { column: "ref", source: { kind: "column", ref: { record: "shop.source", column: source } } },
  ] as const;
  return target(record("refs", "erase", { match: { mode: "any", terms } }), ["ref"]);
}

test("an edge finds what the server finds across types, or is refused before anything is planned", async () => {
  // type of the source and a value, type of the referencing column and its spelling there; undefined: refused
  const cases: [string, string, string, string | undefined][] = [
    ["numeric(10,2)", "1", "int", "1"],
    ["int", "1", "numeric(12,4)", "1"],
    ["numeric(10,2)", "1", "float8", "1"],
    ["float4", "2", "int8", "2"],
    ["int", "7", "text", "7"],
    ["text", "7", "int", "7"],
    ["uuid", "550e8400-e29b-41d4-a716-446655440abc", "text", "550E8400-E29B-41D4-A716-446655440ABC"],
    ["text", "550E8400-E29B-41D4-A716-446655440ABC", "uuid", "550e8400-e29b-41d4-a716-446655440abc"],
    ["date", "1986-01-05", "timestamp", "1986-01-05"],
    ["timestamp", "1986-01-05", "date", "1986-01-05"],
    ["timestamptz", "1986-01-05 10:00+02", "timestamptz", "1986-01-05 08:00+00"],
    ["date", "1986-01-05", "text", "1986-01-05"],
    ["citext", "Ann", "text", "Ann"],
    ["text", "ann", "citext", "ANN"],
    ["text[]", "{ann}", "text", "ann"],
    ["int[]", "{4,7}", "int8", "7"],
    ["text", "ann", "varchar(9)[]", "{bob,ann}"],
    ["bool", "true", "bool", "true"],
    ["numeric(10,2)", "1", "text", undefined],
    ["date", "1986-01-05", "timestamptz", undefined],
    ["timestamp", "1986-01-05", "text", undefined],
    ["int", "1", "uuid", undefined],
    ["bool", "true", "int", undefined],
    ["inet", "10.0.0.1", "int", undefined],
  ];
  for (const [from, value, to, spelled] of cases) {
    await database.fresh();
    await database.sql(
      `CREATE TABLE source (id int PRIMARY KEY, ref ${from}); INSERT INTO source VALUES (1, '${value}'); CREATE TABLE refs (id int PRIMARY KEY, ref ${to})`,
    );
    if (spelled !== undefined) await database.sql(`INSERT INTO refs VALUES (5, '${spelled}'), (6, NULL)`);
    const source = target(record("source", "erase"), ["id"], ["ref"]);
    await using reader = await systemOf([source.record]).openReader(worldOf(database));
    const [row] = await Array.fromAsync(reader.locate(source, { by: "subjects", lookups: [lookup({ id: "1" })] }));
    const edge = edgeTo("ref");
    const errors = codes(await check(systemOf([edge.record, source.record]), worldOf(database), [edge]));
    expect([from, to, errors]).toEqual([from, to, spelled === undefined ? ["TYPE_MISMATCH shop.refs ref"] : []]);
    if (spelled !== undefined)
      expect([from, to, await find(edge, [lookup({ ref: row?.values["ref"] ?? [] })], [source.record])]).toEqual([
        from,
        to,
        ['0:["5"]'],
      ]);
  }
});

test("an edge's value that is none of the type matches nothing: no error, and no neighbour", async () => {
  await database.sql(
    `CREATE TABLE source (id int PRIMARY KEY, ref text); CREATE TABLE refs (id int PRIMARY KEY, ref int); INSERT INTO refs VALUES (42, 42), (1, 1)`,
  );
  const source = record("source", "erase");
  // texts are no numbers because they look like ones
  expect(
    await find(edgeTo("ref"), [lookup({ ref: ["00042", "42.0", "1.00", "x", "", "99999999999"] })], [source]),
  ).toEqual([]);
  expect(await find(edgeTo("ref"), [lookup({ ref: ["42"] })], [source])).toEqual(['0:["42"]']);
  await database.sql("CREATE TABLE days (id int PRIMARY KEY, ref date); INSERT INTO days VALUES (1, '2024-03-01')");
  const days = target(record("days", "erase"), ["ref"]);
  expect(await find(days, [lookup({ ref: ["2024-02-30", "2024-03-01T10:00:00", "today", "01.03.2024"] })])).toEqual([]);
  expect(await find(days, [lookup({ ref: ["2024-03-01T00:00:00"] })])).toEqual(['0:["1"]']);
});

const PAIRS = `CREATE TABLE loans (id int PRIMARY KEY, branch int, member numeric(6, 1), tag text); INSERT INTO loans VALUES (1, 1, 5, 'A'), (2, 2, 9, 'a'), (3, 1, 9, 'A'), (4, 2, 5, 'A'), (5, NULL, 5, 'A'), (6, 3, 5, 'A')`;
const all = (columns: readonly string[]): TestTarget => {
  const base = record("loans", "erase");
  return target({ ...base, match: { ...base.match, mode: "all" } }, columns);
};

test("columns that come from one row of a parent are compared as the pairs that stand together there, by the server's types", async () => {
  await database.sql(PAIRS);
  const loans = all(["branch", "member"]);
  const columns = ["branch", "member"];
  const pairs = (rows: readonly (readonly string[])[], subject = 0): Lookup => ({
    ...lookup({ branch: rows.map(([branch = ""]) => branch), member: rows.map(([, member = ""]) => member) }, subject),
    tuples: [{ columns, rows }],
  });
  expect(
    await find(loans, [
      pairs([
        ["1", "5.00"],
        ["2", "9"],
      ]),
    ]),
  ).toEqual(['0:["1"]', '0:["2"]']);
  expect(await find(loans, [pairs([["1", "5"]], 0), pairs([["2", "9"]], 1)])).toEqual(['0:["1"]', '1:["2"]']);
  // without the pairs every combination would be found
  expect(await find(loans, [lookup({ branch: ["1", "2"], member: ["5", "9"] })])).toEqual([
    '0:["1"]',
    '0:["2"]',
    '0:["3"]',
    '0:["4"]',
  ]);
  // a lookup without pairs beside one with them keeps its own meaning
  expect(await find(loans, [pairs([["1", "5"]], 0), lookup({ branch: ["2"], member: ["5", "9"] }, 1)])).toEqual([
    '0:["1"]',
    '1:["2"]',
    '1:["4"]',
  ]);
  // a pair that can be none of the columns' values matches nothing
  expect(
    await find(loans, [
      { ...lookup({ branch: ["1", "2"], member: ["5", "9"] }), tuples: [{ columns, rows: [["x", "5"]] }] },
    ]),
  ).toEqual([]);
});

test("pairs of folded texts and of elements, beside a column that stands alone; only what was planned by them is erased", async () => {
  await database.sql(PAIRS);
  await database.sql(
    "CREATE TABLE tags (id int PRIMARY KEY, owner text, labels text[], doc jsonb); INSERT INTO tags VALUES (1, 'ANN', '{x,y}', '{\"k\": \"1\"}'), (2, 'ann', '{z}', '{\"k\": \"2\"}'), (3, 'bob', '{x}', '{\"k\": \"1\"}')",
  );
  const base = record("tags", "erase");
  const tags = target({ ...base, match: { ...base.match, mode: "all" } }, [
    { column: "owner", type: "string", fold: ["lowercase"] },
    "labels",
    "doc.k",
  ]);
  const values = { owner: ["ann", "bob"], labels: ["x", "z"], "doc.k": ["1", "2"] };
  expect(
    await find(tags, [
      {
        ...lookup(values),
        tuples: [
          {
            columns: ["owner", "labels"],
            rows: [
              ["ann", "x"],
              ["bob", "z"],
            ],
          },
        ],
      },
    ]),
  ).toEqual(['0:["1"]']);
  expect(
    await find(tags, [
      {
        ...lookup(values),
        tuples: [
          {
            columns: ["labels", "doc.k"],
            rows: [
              ["z", "2"],
              ["x", "2"],
            ],
          },
        ],
      },
    ]),
  ).toEqual(['0:["2"]']);
  const loans = all(["branch", "member"]);
  const system = systemOf([loans.record]);
  const lookups = [
    {
      ...lookup({ branch: ["1", "2"], member: ["5", "9"] }),
      tuples: [
        {
          columns: ["branch", "member"],
          rows: [
            ["1", "5"],
            ["2", "9"],
          ],
        },
      ],
    },
  ];
  expect(await erase(system, worldOf(database), [await plan(system, worldOf(database), loans, lookups)])).toMatchObject(
    [done(2)],
  );
  expect(await database.sql("SELECT id FROM loans ORDER BY id")).toEqual([["3"], ["4"], ["5"], ["6"]]);
});

test("constants narrow a record type, its own and those of the search together", async () => {
  await database.sql(
    "CREATE TABLE versions (id int PRIMARY KEY, kind text, item int, deep jsonb); INSERT INTO versions VALUES (1, 'Person', 7, '{\"v\": 1}'), (2, 'Person', 7, '{\"v\": 2}'), (3, 'Post', 7, '{\"v\": 1}'), (4, NULL, 7, NULL), (5, 'person', 7, NULL)",
  );
  const own = target(record("versions", "erase", { where: { kind: ["Person", "Draft"] } }), ["item"]);
  expect(await find(own, [lookup({ item: "7" })])).toEqual(['0:["1"]', '0:["2"]']);
  expect(
    await find({ ...own, where: { kind: ["Person", "Draft"], "deep.v": ["1"] } }, [lookup({ item: "7" })]),
  ).toEqual(['0:["1"]']);
});

test("folds hold for citext, its arrays and domains over it", async () => {
  await database.sql(`CREATE DOMAIN address AS citext; CREATE DOMAIN note AS text; CREATE TABLE t (id int PRIMARY KEY, a citext, b address, c citext[], d citext, e note, f address[]);
    INSERT INTO t VALUES (1, ' ANN@x.example ', E'\\tAnn@x.example', '{" ann@X.example",bob@x.example}', '0043 699 (111) 222', ' Ann@x.example', '{" ANN@x.example"}'), (2, 'annn@x.example', 'ann@x.example.org', '{}', '+4369911122', 'ann', '{x}')`);
  const fold = ["trim", "lowercase"] as const;
  for (const column of ["a", "b", "c", "e", "f"])
    expect(
      await find(target(record("t", "erase"), [{ column, type: "email", fold }]), [
        lookup({ [column]: "ann@x.example" }),
      ]),
      column,
    ).toEqual(['0:["1"]']);
  expect(
    await find(target(record("t", "erase"), [{ column: "d", type: "phone", fold: ["e164"] }]), [
      lookup({ d: "+43699111222" }),
    ]),
  ).toEqual(['0:["1"]']);
  // only the case is citext's own
  expect(
    await find(target(record("t", "erase"), [{ column: "a", type: "email", fold: [] }]), [
      lookup({ a: "ann@x.example" }),
    ]),
  ).toEqual([]);
});

test("a number in a document is found by its value, however it is written, and a text only by its text", async () => {
  await database.sql(`CREATE TABLE source (id int PRIMARY KEY, ref int); CREATE TABLE refs (id int PRIMARY KEY, b jsonb, j json);
    INSERT INTO source VALUES (1, 10); INSERT INTO refs VALUES (1, '{"u":10}', '{"u":10}'), (2, '{"u":10.0}', '{"u":10.00}'), (3, '{"u":"10"}', '{"u":"10"}'), (4, '{"u":"10.0"}', '{"u":"10.0"}'),
    (5, '{"u":1.0}', '{"u":100}'), (6, '{"u":10.5}', '{"u":1e999999}'), (7, '{"u":[10.0]}', '{"u":null}'), (8, '{"u":100.0}', NULL)`);
  const terms = (column: string) =>
    [{ column, source: { kind: "column", ref: { record: "shop.source", column: "ref" } } }] as const;
  for (const column of ["b", "j"]) {
    const rule = { in: [column], paths: { u: { kind: "clear" } } } as const;
    const refs = target(record("refs", "redact", { ...rule, match: { mode: "any", terms: terms(`${column}.u`) } }), [
      `${column}.u`,
    ]);
    const lookups = [lookup({ [`${column}.u`]: "10" })];
    expect(await find(refs, lookups, [record("source", "keep")]), column).toEqual(['0:["1"]', '0:["2"]', '0:["3"]']);
    const system = systemOf([refs.record, record("source", "keep")]);
    expect(
      await erase(system, worldOf(database), [await plan(system, worldOf(database), refs, lookups)]),
    ).toMatchObject([done(3)]);
    const left = await database.sql(`SELECT id::text FROM refs WHERE ${column} ->> 'u' IS NULL ORDER BY id`);
    expect(left.flat().slice(0, 3), column).toEqual(["1", "2", "3"]);
    expect(await find(refs, lookups, [record("source", "keep")])).toEqual([]);
  }
});
