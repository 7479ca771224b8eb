import { linkSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RecordType } from "../../../src/model/datamap.ts";
import { locateAll } from "../../support/erase.ts";
import { check, codes, done, erase, lookup, plan, target, type TestTarget } from "../sql.ts";
import { record, systemOf, testFile, type TestFile, worldOf } from "./file.ts";

const ANN = "ann@shop.example";
const who = [lookup({ email: ANN })];
const on = (of: RecordType, exports: readonly string[] = []) =>
  target(of, [{ column: "email", type: "email", fold: [] }], exports);

async function findAndErase(file: TestFile, where: TestTarget, lookups = who) {
  const system = systemOf([where.record]);
  return await erase(system, worldOf(file), [await plan(system, worldOf(file), where, lookups)]);
}

test("of several dates that a hold counts from, one that is missing is told as an empty text", async () => {
  using file = testFile("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, doc TEXT)");
  const others = ['{"on":"2026-01-01"}', '{"on":null}', "{}", '[{"on":"2026-01-01"}]'];
  for (const other of [...others, ""])
    file.sql(
      "INSERT INTO people (email, doc) VALUES (?, ?)",
      ANN,
      `{"items":[{"on":"2010-01-01"}${other && `,${other}`}]}`,
    );
  const holds = [{ hold: "books", from: "doc.items[].on", protects: [] }];
  const where = on(record("people", "erase", { holds }), ["doc.items[].on"]);
  await using reader = await systemOf([where.record]).openReader(worldOf(file));
  const found = await Array.fromAsync(reader.locate(where, { by: "subjects", lookups: who }));
  expect(found.map(({ values }) => values["doc.items[].on"])).toEqual([
    ["2010-01-01", "2026-01-01"],
    ["2010-01-01", ""],
    ["2010-01-01", ""],
    ["2010-01-01", ""],
    ["2010-01-01"],
  ]);
});

describe("keys", () => {
  const people = record("people", "erase");
  const cases: readonly (readonly [name: string, made: string, rows: string])[] = [
    ["a number", "id INTEGER PRIMARY KEY, email TEXT", "(9007199254740993, :ann), (9007199254740992, 'bob')"],
    [
      "several columns, without a row number",
      "a TEXT, b INTEGER, email TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID --",
      "('x', 1, :ann), ('x', 2, 'bob')",
    ],
    ["bytes", "id BLOB NOT NULL PRIMARY KEY, email TEXT", "(x'00ff27', :ann), (x'00ff28', 'bob')"],
    [
      "a column without a type, whose 7 is not its '7'",
      "id NOT NULL PRIMARY KEY, email TEXT",
      "(7, :ann), ('7', 'bob')",
    ],
    ["a text with quotes and line ends", "id TEXT PRIMARY KEY, email TEXT", "('a''b\"\n', :ann), ('a''b', 'bob')"],
    ["a key that is NULL in some rows", "id TEXT PRIMARY KEY, email TEXT", "(NULL, :ann), (NULL, 'bob')"],
    ["no key at all", "no TEXT, email TEXT", "('x', :ann), ('x', 'bob')"],
    [
      "no key, and columns that hide its number",
      '"rowid" TEXT, "oid" TEXT, email TEXT',
      "('x', 'y', :ann), ('x', 'y', 'bob')",
    ],
    ["a fraction", "id REAL NOT NULL PRIMARY KEY, email TEXT", "(0.1, :ann), (0.30000000000000004, 'bob')"],
  ];
  for (const [name, made, rows] of cases) {
    test(`a row is named by ${name}, and only that row goes`, async () => {
      using file = testFile(`CREATE TABLE people (${made}\n)`.replace(" --\n)", ""));
      file.raw.exec(`INSERT INTO people VALUES ${rows.replace(":ann", `'${ANN}'`)}`);
      expect(await findAndErase(file, on(people))).toEqual([{ step: "shop.people", ...done(1) }]);
      const kept = file.sql("SELECT * FROM people");
      expect(kept).toHaveLength(1);
      expect(kept[0]?.at(-1)).toBe("bob");
    });
  }

  test("a row number that another person has by now is not taken for the planned one", async () => {
    using file = testFile("CREATE TABLE people (name TEXT, email TEXT)");
    file.sql("INSERT INTO people VALUES ('Bob', 'bob@shop.example'), ('Ann', ?)", ANN);
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), on(people), who);
    file.raw.exec("DELETE FROM people WHERE name = 'Ann'; INSERT INTO people VALUES ('Eve', 'eve@shop.example')");
    expect(file.sql("SELECT rowid FROM people WHERE name = 'Eve'")).toEqual([["2"]]);
    expect(await erase(system, worldOf(file), [work])).toMatchObject([{ matched: 0, alreadyGone: 1, failed: 0 }]);
    expect(file.sql("SELECT name FROM people")).toEqual([["Bob"], ["Eve"]]);
  });

  test("a row without a key that has moved is changed, not gone", async () => {
    using file = testFile("CREATE TABLE people (name TEXT, email TEXT)");
    file.sql("INSERT INTO people VALUES ('Ann', ?)", ANN);
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), on(people), who);
    file.raw.exec("UPDATE people SET rowid = 17");
    expect(await erase(system, worldOf(file), [work])).toMatchObject([{ matched: 0, failed: 1, reason: "changed" }]);
  });

  test("a key that is no text, and has no number beside it, is told as one that could not be taken, never as gone", async () => {
    using file = testFile(
      `CREATE TABLE logins (email TEXT, code TEXT, PRIMARY KEY (email, code)) WITHOUT ROWID;
       INSERT INTO logins VALUES ('${ANN}', 'a'), ('${ANN}', CAST(x'61ff' AS TEXT)), ('bob', CAST(x'61ff' AS TEXT))`,
    );
    const before = file.sql("SELECT email, hex(code) FROM logins ORDER BY 1, 2");
    expect(before).toEqual([
      [ANN, "61"],
      [ANN, "61FF"],
      ["bob", "61FF"],
    ]);
    const logins = on(record("logins", "erase"));
    const system = systemOf([logins.record]);
    const work = await plan(system, worldOf(file), logins, who);
    const said = { matched: 1, alreadyGone: 0, failed: 1, reason: "changed" };
    expect(await erase(system, worldOf(file), [work])).toMatchObject([said]);
    expect(file.sql("SELECT email, hex(code) FROM logins ORDER BY 1, 2")).toEqual(before.slice(1));
    // what is gone is gone
    file.sql("DELETE FROM logins WHERE email <> 'bob'");
    expect(await erase(system, worldOf(file), [work])).toMatchObject([{ matched: 0, alreadyGone: 2, failed: 0 }]);
  });

  test("odd names of tables and columns mean themselves", async () => {
    const odd = 'o"d d.; -- [x]';
    using file = testFile(
      `CREATE TABLE "o""d d.; -- [x]" ("sel'ect" INTEGER PRIMARY KEY, "e""mail" TEXT, "group" TEXT)`,
    );
    file.sql(`INSERT INTO "o""d d.; -- [x]" VALUES (1, ?, 'x'), (2, 'bob', 'y')`, ANN);
    const of = record("people", "redact", {
      place: { kind: "table", table: odd },
      fields: { group: { kind: "clear" } },
    });
    const where = target(of, [{ column: 'e"mail', type: "email", fold: [] }]);
    expect(await findAndErase(file, where, [lookup({ 'e"mail': ANN })])).toEqual([{ step: "shop.people", ...done(1) }]);
    expect(file.sql(`SELECT * FROM "o""d d.; -- [x]"`)).toEqual([
      ["1", ANN, null],
      ["2", "bob", "y"],
    ]);
  });
});

describe("what is compared", () => {
  const people = record("people", "erase");
  const byCode = (type: "string" | "integer") => target(people, [{ column: "code", type, fold: [] }], ["no"]);
  const find = async (file: TestFile, where: TestTarget, value: string) =>
    (await locateAll(systemOf([people]), worldOf(file), where, [lookup({ code: value })]))
      .map(({ values }) => values["no"] ?? "")
      .toSorted();

  for (const type of ["TEXT", "INTEGER", "", "NUMERIC", "ANY"]) {
    test(`a number is found as number and as text in a column of type ${type === "" ? "none" : type}, its lookalikes are not`, async () => {
      using file = testFile(
        `CREATE TABLE people (no INTEGER PRIMARY KEY, code ${type})${type === "ANY" ? " STRICT" : ""}`,
      );
      file.raw.exec(
        "INSERT INTO people VALUES (1, 42), (2, '42'), (3, '0042'), (4, '42 '), (5, '+42'), (6, 420), (7, '42x'), (8, NULL)",
      );
      const stored = Object.fromEntries(file.sql("SELECT no, typeof(code) FROM people"));
      // a column of numbers has made numbers of what it could
      const wanted = type === "INTEGER" || type === "NUMERIC" ? ["1", "2", "3", "4", "5"] : ["1", "2"];
      expect(await find(file, byCode("string"), "42"), JSON.stringify(stored)).toEqual(wanted);
      expect(await find(file, byCode("string"), "0042")).toEqual(type === "INTEGER" || type === "NUMERIC" ? [] : ["3"]);
    });
  }

  test("a number beyond 2^53 is found to the digit", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, code INTEGER)");
    file.raw.exec("INSERT INTO people VALUES (1, 9007199254740993), (2, 9007199254740992)");
    expect(await find(file, byCode("integer"), "9007199254740993")).toEqual(["1"]);
  });

  test("a column's own collation decides, and knows ASCII only", async () => {
    using file = testFile(
      "CREATE TABLE people (no INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE); CREATE INDEX i ON people (code)",
    );
    file.raw.exec("INSERT INTO people VALUES (1, 'Jörg'), (2, 'JÖRG'), (3, 'jörg'), (4, 'jorg')");
    expect(await find(file, byCode("string"), "jörg")).toEqual(["1", "3"]);
    using trimmed = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, code TEXT COLLATE RTRIM)");
    trimmed.raw.exec("INSERT INTO people VALUES (1, 'ann'), (2, 'ann  '), (3, ' ann')");
    expect(await find(trimmed, byCode("string"), "ann")).toEqual(["1", "2"]);
  });

  test("a cell that is binary, one with more than the value, and one that is no JSON are told of, without the value", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, email TEXT, doc JSON)");
    file.sql(
      "INSERT INTO people VALUES (1, x'616e6e', NULL), (2, ?, NULL), (3, ?, NULL)",
      `${ANN}; bob@shop.example`,
      ANN,
    );
    const io = worldOf(file);
    await locateAll(systemOf([people]), io, on(people), who);
    expect(io.findings.map(({ code, column, gap }) => [code, column, gap?.holdsIdentifier])).toEqual([
      ["GAP", "email", true],
      ["GAP", "email", false],
    ]);
    expect(JSON.stringify(io.findings)).not.toContain("ann@");
    file.sql("INSERT INTO people VALUES (4, NULL, ?), (5, NULL, ?)", `{"email": "${ANN}"`, `{"email": "${ANN}"}`);
    const inside = target(people, [{ column: "doc.email", type: "email", fold: [] }], ["no"]);
    const again = worldOf(file);
    const found = await locateAll(systemOf([people]), again, inside, [lookup({ "doc.email": ANN })]);
    expect(found.map(({ values }) => values["no"])).toEqual(["5"]);
    expect(again.findings.map(({ column, gap }) => [column, gap?.holdsIdentifier])).toEqual([["doc", true]]);
  });

  test("an identifier in the bytes of a binary cell, or beside a NUL, is a gap that holds it", async () => {
    const held: [string, string, boolean][] = [
      ["its bytes", `cast('${ANN}' AS BLOB)`, true],
      ["among others", `cast('Ann <${ANN}>' AS BLOB)`, true],
      ["in UTF-16", `x'${Buffer.from(ANN, "utf16le").toString("hex")}'`, true],
      ["before a NUL", `'${ANN}' || char(0)`, true],
      ["between NULs", `'x' || char(0) || '${ANN}' || char(0) || 'y'`, true],
      ["somebody else's", "cast('bob@shop.example' AS BLOB)", false],
      ["longer", `cast('x${ANN}' AS BLOB)`, false],
    ];
    for (const [what, cell, holds] of held) {
      using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, email TEXT)");
      file.sql(`INSERT INTO people VALUES (1, ${cell})`);
      const io = worldOf(file);
      expect(await locateAll(systemOf([people]), io, on(people), who), what).toEqual([]);
      expect(
        io.findings.map(({ code, gap }) => [code, gap?.holdsIdentifier]),
        what,
      ).toEqual([["GAP", holds]]);
      // what separates values says nothing of bytes
      if (cell.includes("BLOB")) expect(io.findings[0]?.help, what).not.toContain("split");
    }
  });

  test("a cell that is no JSON hides nobody who is found in another column", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, email TEXT, doc JSON)");
    file.sql("INSERT INTO people VALUES (1, ?, '{broken')", ANN);
    const both = [
      { column: "email", type: "email", fold: ["lowercase"] },
      { column: "doc.email", type: "email", fold: [] },
    ] as const;
    const found = await locateAll(systemOf([people]), worldOf(file), target(people, both, ["no"]), [
      lookup({ email: ANN, "doc.email": ANN }),
    ]);
    expect(found.map(({ values }) => values["no"])).toEqual(["1"]);
  });

  test("a document in SQLite's own form is searched and changed in it, and stays in it", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, doc BLOB)");
    file.sql(
      'INSERT INTO people VALUES (1, jsonb(?)), (2, jsonb(\'{"email":"bob","n":1}\'))',
      JSON.stringify({ email: ANN, name: "Ann", n: 1.5 }),
    );
    const of = record("people", "redact", { in: ["doc"], paths: { name: { kind: "clear" } } });
    const where = target(of, [{ column: "doc.email", type: "email", fold: [] }]);
    expect(await findAndErase(file, where, [lookup({ "doc.email": ANN })])).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
    expect(file.sql("SELECT typeof(doc), json(doc) FROM people ORDER BY no")).toEqual([
      ["blob", JSON.stringify({ email: ANN, name: null, n: 1.5 })],
      ["blob", '{"email":"bob","n":1}'],
    ]);
  });

  test("values that stand together in a parent's row must stand together here", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, a TEXT, b INTEGER)");
    file.raw.exec("INSERT INTO people VALUES (1, 'x', 1), (2, 'x', 2), (3, 'y', 2), (4, 'y', 1)");
    const of = record("people", "erase", { match: { mode: "all", terms: [] } });
    const where = target(of, ["a", "b"], ["no"]);
    const lookups = [{ subject: 0, values: { a: ["x", "y"], b: ["1", "2"] }, tuples: [{ columns: ["a", "b"], rows: [["x", "1"], ["y", "2"]] }] }]; // prettier-ignore
    expect((await locateAll(systemOf([of]), worldOf(file), where, lookups)).map(({ values }) => values["no"])).toEqual([
      "1",
      "3",
    ]);
  });

  test("constants that `where` asks for in one array of a document stand in the element that is acted on", async () => {
    const guests = [
      `{"m":[{"e":"${ANN}","n":"Ann","role":"guest","level":5.0},{"e":"${ANN}","n":"Boss","role":"owner","level":5},{"e":"bob","n":"Bob","role":"guest","level":5}]}`,
      `{"m":[{"e":"${ANN}","n":"Ann","role":"owner","level":5},{"e":"bob","n":"Bob","role":"guest","level":5}]}`,
      `{"m":[{"e":"${ANN}","n":"Ann","role":"guest","level":4},{"e":"${ANN}","n":"Ann","role":"owner","level":5}]}`,
      `{"m":[{"e":"${ANN}","n":"Ann","role":"guest","level":"5.0"}]}`,
      // the number alone
      `{"m":[{"e":"${ANN}","n":"Ann","role":"guest","level":5.0}]}`,
    ];
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, doc JSON)");
    for (const [at, doc] of guests.entries()) file.sql("INSERT INTO people VALUES (?, ?)", at + 1, doc);
    const clear = { kind: "clear" } as const;
    const of = record("people", "redact", {
      in: ["doc"],
      paths: { "m[].n": clear, "m[].e": clear },
      where: { "doc.m[].role": ["guest"], "doc.m[].level": ["5"] },
    });
    const where = target(of, [{ column: "doc.m[].e", type: "email", fold: [] }], ["no"]);
    expect(await findAndErase(file, where, [lookup({ "doc.m[].e": ANN })])).toEqual([
      { step: "shop.people", ...done(2) },
    ]);
    const changed = guests.map((doc) => doc.replace(`{"e":"${ANN}","n":"Ann"`, `{"e":null,"n":null`));
    expect(file.sql("SELECT doc FROM people ORDER BY no").flat()).toEqual([
      changed[0],
      ...guests.slice(1, -1),
      changed.at(-1),
    ]);
  });

  test("values that `all` asks for in one array of a document stand in one element of it", async () => {
    using file = testFile("CREATE TABLE teams (id INTEGER PRIMARY KEY, doc TEXT)");
    file.sql(
      "INSERT INTO teams VALUES (1, ?), (2, ?)",
      '{"m":[{"e":"ann@x","t":"t2"},{"e":"bob@x","t":"t1"}]}',
      '{"m":[{"e":"bob@x","t":"t2"},{"e":"ann@x","t":"t1"}]}',
    );
    const of = record("teams", "erase", { match: { mode: "all", terms: [] } });
    const where = target(of, ["doc.m[].e", "doc.m[].t"], ["id"]);
    expect(
      (
        await locateAll(systemOf([of]), worldOf(file), where, [lookup({ "doc.m[].e": "ann@x", "doc.m[].t": "t1" })])
      ).map(({ values }) => values["id"]),
    ).toEqual(["2"]);
  });

  test("constants narrow the search: numbers and booleans as the column keeps them", async () => {
    using file = testFile("CREATE TABLE people (no INTEGER PRIMARY KEY, email TEXT, paid BOOLEAN, sum REAL)");
    file.sql("INSERT INTO people VALUES (1, ?1, 1, 5), (2, ?1, 0, 5), (3, ?1, 1, 6)", ANN);
    const of = record("people", "erase", { where: { paid: ["true"], sum: ["5.0"] } });
    expect(
      (await locateAll(systemOf([of]), worldOf(file), on(of, ["no"]), who)).map(({ values }) => values["no"]),
    ).toEqual(["1"]);
  });
});

describe("what is changed", () => {
  const change = async (made: string, row: string, fields: RecordType["fields"]) => {
    const file = testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, x ${made})`);
    file.raw.exec(`INSERT INTO people VALUES (1, '${ANN}', ${row}), (2, 'bob', ${row})`);
    const where = on(record("people", "redact", { fields }));
    const outcome = await findAndErase(file, where);
    const again = await locateAll(systemOf([where.record]), worldOf(file), where, who);
    const rows = file.sql("SELECT typeof(x), x FROM people ORDER BY id");
    file[Symbol.dispose]();
    return { outcome: outcome[0], done: again[0]?.done, rows };
  };

  test("a constant takes the column's type, and is then as wanted", async () => {
    for (const [made, value, kept] of [
      ["INTEGER", 0, ["integer", "0"]],
      ["REAL", 0, ["real", "0"]],
      ["NUMERIC", "0.50", ["real", "0.5"]],
      ["TEXT", 0, ["text", "0"]],
      ["BOOLEAN", false, ["integer", "0"]],
    ] as const) {
      const { outcome, done: wanted, rows } = await change(made, "7", { x: { kind: "set", value } });
      expect(outcome, made).toMatchObject(done(1));
      expect([wanted, rows[0]], made).toEqual([true, kept]);
      expect(rows[1]?.[1]).toMatch(/^7/u);
    }
  });

  test("a date is shortened where it stands as a date", async () => {
    expect((await change("DATE", "'1987-05-17'", { x: { kind: "generalise", to: "year" } })).rows).toEqual([
      ["text", "1987-01-01"],
      ["text", "1987-05-17"],
    ]);
  });

  test("a value that another row has already is refused, also where the table would put that row out", async () => {
    using file = testFile(
      "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, code TEXT UNIQUE ON CONFLICT REPLACE)",
    );
    file.sql("INSERT INTO people VALUES (1, ?, 'abcd'), (2, 'bob', 'abc')", ANN);
    expect(
      await findAndErase(file, on(record("people", "redact", { fields: { code: { kind: "prefix", length: 3 } } }))),
    ).toMatchObject([{ matched: 0, failed: 1, reason: "23505:people.code" }]);
    expect(file.sql("SELECT * FROM people")).toEqual([
      ["1", ANN, "abcd"],
      ["2", "bob", "abc"],
    ]);
  });

  test("in a STRICT table and beside a generated column", async () => {
    using file = testFile(
      "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, n INTEGER, up TEXT AS (upper(email)) STORED) STRICT",
    );
    file.sql("INSERT INTO people (email, n) VALUES (?, 7), ('bob', 7)", ANN);
    const where = on(
      record("people", "redact", { fields: { n: { kind: "set", value: 0 }, email: { kind: "set", value: "gone" } } }),
    );
    expect(await findAndErase(file, where)).toEqual([{ step: "shop.people", ...done(1) }]);
    expect(file.sql("SELECT n, up FROM people")).toEqual([
      ["0", "GONE"],
      ["7", "BOB"],
    ]);
  });
});

describe("what is checked before anything is planned", () => {
  test.for([
    ["hidden", ["FIELD_REFUSED shop.people hidden"]],
    ["hidden BLOB", ["FIELD_REFUSED shop.people hidden"]],
    ["hidden BOOLEAN", []],
    ["hidden INTEGER", []],
    ["hidden TEXT", []],
  ] as const)("a marker in a column without a type, as in `%s`", async ([declared, wanted]) => {
    using file = testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, ${declared})`);
    const of = record("people", "soft-delete", { marker: { kind: "flag", column: "hidden", deleted: "1" } });
    const found = await check(systemOf([of]), worldOf(file), [on(of)]);
    expect(codes(found).filter((one) => one.startsWith("FIELD_REFUSED"))).toEqual(wanted);
  });

  test("columns that cannot be changed so, constants that only one row can have, and names that are wrong", async () => {
    using file =
      testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL, photo BLOB, up TEXT AS (upper(name)));
      CREATE TABLE notes (id INTEGER PRIMARY KEY, who INTEGER REFERENCES people (id)); CREATE VIEW seen AS SELECT * FROM people`);
    const fields: RecordType["fields"] = {
      id: { kind: "set", value: 1 },
      email: { kind: "set", value: "x" },
      name: { kind: "clear" },
      photo: { kind: "pseudonymise" },
      up: { kind: "clear" },
    };
    const of = record("people", "redact", { fields });
    const others = [
      record("seen", "erase"),
      record("poeple", "erase"),
      record("notes", "redact", { fields: { whom: { kind: "clear" } } }),
    ];
    const found = await check(
      systemOf([of, ...others]),
      worldOf(file),
      [of, ...others].map((one) => on(one)),
    );
    expect(codes(found).toSorted()).toEqual([
      "COLUMN_MISSING shop.notes email",
      "CONSTRAINT shop.people email",
      "CONSTRAINT shop.people id",
      "CONSTRAINT shop.people name",
      "FIELD_REFUSED shop.people id",
      "FIELD_REFUSED shop.people photo",
      "FIELD_REFUSED shop.people up",
      "TABLE_MISSING shop.poeple",
      "TABLE_MISSING shop.seen",
    ]);
    expect(found.find(({ record: id }) => id === "shop.poeple")?.help).toContain("people");
  });

  test("a table that uses what only its own application has", async () => {
    using file = testFile("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)");
    file.raw.function("own", (text) => text);
    file.raw.exec(
      "CREATE INDEX i ON people (id); CREATE TRIGGER t AFTER DELETE ON people BEGIN UPDATE people SET email = own(email); END",
    );
    file.sql("INSERT INTO people VALUES (1, ?)", ANN);
    const people = record("people", "erase");
    await expect(check(systemOf([people]), worldOf(file), [on(people)])).rejects.toThrow(
      expect.objectContaining({ code: "ACTION_REFUSED" }),
    );
    expect(file.sql("SELECT count(*) FROM people")).toEqual([["1"]]);
  });
});

test("a file is one database whatever path leads to it", async () => {
  using file = testFile("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)");
  using other = testFile("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)");
  symlinkSync(file.path, `${file.path}.link`);
  linkSync(other.path, `${other.path}.name`);
  const nameAt = async (path: string) => {
    const system = systemOf([record("people", "erase")], { connect: { file: path } });
    await using reader = await system.openReader(worldOf(file));
    return (await reader.site()).space;
  };
  expect(await nameAt(`${file.path}.link`)).toBe(await nameAt(file.path));
  expect(await nameAt(`${other.path}.name`)).toBe(await nameAt(other.path));
  expect(await nameAt(other.path)).not.toBe(await nameAt(file.path));
});

test.for([
  ["TEXT COLLATE NOCASE", "('DELETED'), ('Deleted'), ('live')", ["deleted"], 2],
  ["TEXT", "('DELETED'), ('deleted'), ('live')", ["deleted"], 1],
  ["REAL", "(1), (2), (2.5)", ["1", "2"], 2],
  ["TEXT COLLATE RTRIM", "('bin  '), ('trash'), ('bin.')", ["trash", "bin"], 2],
] as const)("a status in %s is read as its column compares it", async ([type, values, deleted, count]) => {
  using file = testFile(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT DEFAULT '${ANN}', st ${type});
    INSERT INTO users (st) VALUES ${values}; INSERT INTO users (st) VALUES (NULL)`);
  const of = record("users", "soft-delete", { marker: { kind: "status", column: "st", deleted } });
  await using reader = await systemOf([of]).openReader(worldOf(file));
  const found = await Array.fromAsync(reader.locate(on(of), { by: "subjects", lookups: who }));
  expect([found.length, found.filter(({ marked }) => marked !== undefined).length]).toEqual([4, count]);
});
