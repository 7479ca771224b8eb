import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Located } from "../../../src/model/search.ts";
import { FREE, remainingOf } from "../../support/erase.ts";
import { testJournal } from "../../support/journal.ts";
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
let schema: string;

beforeAll(async () => {
  database = await testDatabase("keys");
  await database.admin("CREATE EXTENSION citext");
});
beforeEach(async () => {
  schema = await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);

async function byKeys(where: TestTarget, keys: readonly string[]): Promise<Located[]> {
  await using reader = await systemOf([where.record]).openReader(worldOf(database));
  return await Array.fromAsync(reader.locate(where, { by: "keys", keys }));
}

async function bySubject(where: TestTarget, value: string): Promise<Located[]> {
  await using reader = await systemOf([where.record]).openReader(worldOf(database));
  return await Array.fromAsync(reader.locate(where, { by: "subjects", lookups: [lookup({ email: value })] }));
}

test("keys of every odd type name their rows: arrays, composites, ranges, enums, domains, timestamps, citext", async () => {
  await database.sql(
    "CREATE TYPE pair AS (a int, b text); CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE DOMAIN code AS text CHECK (value <> ''); CREATE DOMAIN pairs AS pair",
  );
  const cases: [string, string, string][] = [
    ["text[]", `'{a,"b,\\"c"}'`, "'{a,b}'"],
    ["int[]", "'{{1,2},{3,4}}'", "'{{1,2},{3,5}}'"],
    ["timestamptz[]", "'{2024-01-01 00:00:00.000001+00}'", "'{2024-01-01 00:00:00.000002+00}'"],
    ["pair", `'(1,"x,y")'`, `'(1,x)'`],
    ["pairs", `'(2,"q""")'`, `'(2,q)'`],
    ["pair[]", `array['(1,x)'::pair]`, `array['(1,y)'::pair]`],
    ["int4range", "'[1,5)'", "'[1,6)'"],
    ["mood", "'ok'", "'sad'"],
    ["code", "'k'", "'K'"],
    ["citext", "'Key'", "'Kez'"],
    ["interval", "'1 day 2 hours'", "'1 day 3 hours'"],
    ["bytea", "'\\x00ff'", "'\\x00fe'"],
    ["inet", "'10.0.0.1/24'", "'10.0.0.1/25'"],
    ["float8", "0.1", "0.2"],
    ["numeric", "1e30", "1e31"],
    ["char(3)", "'a'", "'b'"],
    ["bool", "true", "false"],
    ['"char"', "'a'", "'b'"],
    ["name", "'n'", "'m'"],
  ];
  for (const [type, mine, other] of cases) {
    await database.sql(
      `DROP TABLE IF EXISTS spots; CREATE TABLE spots (id ${type} PRIMARY KEY, email text, note text); INSERT INTO spots VALUES (${mine}, 'x', 'n'), (${other}, 'y', 'n')`,
    );
    for (const rule of ["anonymise", "erase"] as const) {
      const spots = target(record("spots", rule, rule === "erase" ? {} : { fields: { note: { kind: "clear" } } }), [
        "email",
      ]);
      const system = systemOf([spots.record]);
      expect([type, codes(await check(system, worldOf(database), [spots]))]).toEqual([type, []]);
      const work = await plan(system, worldOf(database), spots, [lookup({ email: "x" })]);
      const [operation] = work.operations;
      if (operation === undefined) throw new Error("nothing planned");
      expect([
        type,
        (
          await byKeys(
            spots,
            operation.records.map(({ key }) => key),
          )
        ).map(({ fingerprint }) => fingerprint),
      ]).toEqual([type, operation.records.map(({ fingerprint }) => fingerprint)]);
      expect([type, await erase(system, worldOf(database), [work])]).toMatchObject([type, [done(1)]]);
      expect([type, await remainingOf(system, worldOf(database), spots, operation)]).toEqual([type, []]);
    }
    expect([type, await database.sql("SELECT email, note FROM spots")]).toEqual([type, [["y", "n"]]]);
  }
});

test("columns named like members of an object are columns like any other", async () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
    await database.fresh();
    await database.sql(
      `CREATE TABLE races (id int PRIMARY KEY, "${name}" text, note text); INSERT INTO races VALUES (1, 'x', 'a'), (2, 'y', 'b')`,
    );
    const races = target(
      record("races", "anonymise", {
        fields: JSON.parse(`{"${name}":{"kind":"set","value":"gone"},"note":{"kind":"clear"}}`),
      }),
      [name],
      [name],
    );
    const system = systemOf([races.record]);
    expect(codes(await check(system, worldOf(database), [races]))).toEqual([]);
    const values: Record<string, string[]> = JSON.parse(`{"${name}":["x"]}`);
    const work = await plan(system, worldOf(database), races, [{ subject: 0, values }]);
    expect(await erase(system, worldOf(database), [work]), name).toMatchObject([done(1)]);
    expect(await rows("races")).toEqual(["(1,gone,)", "(2,y,b)"]);
    // a lookup that does not name the column finds nobody
    expect(await plan(system, worldOf(database), races, [{ subject: 0, values: {} }])).toMatchObject({
      operations: [{ records: [] }],
    });
  }
});

test("rows by key are found whether they match anybody or not; one that is gone yields nothing, one that changed has another fingerprint", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text); INSERT INTO users VALUES (1, 'x', 'a'), (2, 'y', 'b')",
  );
  const users = target(record("users", "erase"), ["email"], ["name", "email"]);
  const found = await bySubject(users, "x");
  const [first] = await byKeys(users, ['["1"]', '["9"]', "no key", '["1","2"]']);
  expect(first).toEqual({ ...found[0], subjects: [] });
  expect(await byKeys(users, ['["2"]'])).toMatchObject([{ key: '["2"]', values: { name: ["b"], email: ["y"] } }]);
  await database.sql("UPDATE users SET email = 'z' WHERE id = 1");
  expect((await byKeys(users, ['["1"]']))[0]?.fingerprint).not.toBe(first?.fingerprint);
  await database.sql("DELETE FROM users WHERE id = 1");
  expect(await byKeys(users, ['["1"]'])).toEqual([]);
});

test("a key that is unique in a table and not in what inherits from it is no key: only the planned row goes", async () => {
  await database.sql(
    "CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE staff () INHERITS (people); INSERT INTO people VALUES (1, 'y'); INSERT INTO staff VALUES (1, 'x'), (1, 'y')",
  );
  const people = target(record("people", "erase"), ["email"]);
  const system = systemOf([people.record]);
  expect(
    await erase(system, worldOf(database), [await plan(system, worldOf(database), people, [lookup({ email: "x" })])]),
  ).toMatchObject([done(1)]);
  expect(await rows("people")).toEqual(["(1,y)", "(1,y)"]);
});

test("a row has one address, whichever record type finds it: partitions, inheritance, tables without a key", async () => {
  await database.sql(`CREATE TABLE events (id int, y int, email text, PRIMARY KEY (id, y)) PARTITION BY LIST (y); CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1) PARTITION BY LIST (y); CREATE TABLE events_1_a PARTITION OF events_1 DEFAULT; CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
    INSERT INTO events VALUES (1, 1, 'x'), (1, 2, 'x'); CREATE UNIQUE INDEX ON events_2 (id); CREATE TABLE people (id int, email text); CREATE TABLE staff (no int PRIMARY KEY) INHERITS (people); INSERT INTO people VALUES (1, 'x'); INSERT INTO staff VALUES (1, 'x', 5);
    CREATE TABLE a (id int PRIMARY KEY, email text); CREATE TABLE b (code int PRIMARY KEY, email text); CREATE TABLE both_ (PRIMARY KEY (id)) INHERITS (a, b); INSERT INTO both_ VALUES (1, 'x', 2); CREATE TABLE solo (id text PRIMARY KEY, email text); INSERT INTO solo VALUES ('q"\\é', 'x')`);
  const addresses = async (name: string) =>
    (await bySubject(target(record(name, "erase"), ["email"]), "x")).map(({ address }) => address).toSorted();
  const [first, second] = await addresses("events");
  expect([first, second]).toEqual([
    JSON.stringify([schema, "events_1_a", "1", "1"]),
    JSON.stringify([schema, "events_2", "1", "2"]),
  ]);
  expect([await addresses("events_1"), await addresses("events_1_a"), await addresses("events_2")]).toEqual([
    [first],
    [first],
    [second],
  ]);
  const all = await addresses("people");
  expect(all).toHaveLength(2);
  expect(all).toEqual(expect.arrayContaining(await addresses("staff")));
  expect([await addresses("a"), await addresses("b")]).toEqual([await addresses("both_"), await addresses("both_")]);
  expect(await addresses("solo")).toEqual([JSON.stringify([schema, "solo", 'q"\\é'])]);
});

test("identity and generated columns: what cannot be set is refused, the rest is done", async () => {
  await database.sql(
    `CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no int GENERATED ALWAYS AS IDENTITY, email text, seq int GENERATED BY DEFAULT AS IDENTITY, up text GENERATED ALWAYS AS (upper(email)) STORED); INSERT INTO t (email) VALUES ('x'), ('y')`,
  );
  const of = (fields: Parameters<typeof record>[2]) => target(record("t", "anonymise", fields), ["email"]);
  const refused = of({ fields: { no: { kind: "set", value: 7 }, up: { kind: "clear" } } });
  expect(codes(await check(systemOf([refused.record]), worldOf(database), [refused]))).toEqual([
    "FIELD_REFUSED shop.t no",
    "FIELD_REFUSED shop.t up",
  ]);
  const fine = of({ fields: { seq: { kind: "set", value: 0 }, email: { kind: "set", value: "gone" } } });
  const system = systemOf([fine.record]);
  expect(codes(await check(system, worldOf(database), [fine]))).toEqual([]);
  expect(
    await erase(system, worldOf(database), [await plan(system, worldOf(database), fine, [lookup({ email: "x" })])]),
  ).toMatchObject([done(1)]);
  expect(await rows("t")).toEqual(["(1,1,gone,0,GONE)", "(2,2,y,2,Y)"]);
});

test("a ghost that is there may take what the erased person wrote; one that is not is refused by the constraint's name", async () => {
  await database.sql(
    "CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL CONSTRAINT by_whom REFERENCES people, tenant int); INSERT INTO people VALUES (7, 'x'); INSERT INTO posts VALUES (1, 7)",
  );
  const posts = target(record("posts", "anonymise", { fields: { author: { kind: "set", value: 0 } } }), ["author"]);
  const look = async () => await check(systemOf([posts.record, record("people", "erase")]), worldOf(database), [posts]);
  const refused = (await look()).filter(({ severity }) => severity === "error");
  expect(refused).toMatchObject([{ code: "CONSTRAINT", message: expect.stringContaining("by_whom") }]);
  await database.sql("INSERT INTO people VALUES (0, 'ghost')");
  expect(codes(await look())).toEqual([]);
});

test("an answer of the server that nobody foresaw fails the step with its code, and the rest of the batch goes", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users SELECT n, 'x' FROM generate_series(1, 5) n;
    CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id = 3 THEN RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'row ' || old.email; ELSIF old.id = 4 THEN RAISE 'votes stay: %', old.email; END IF; RETURN old; END $$; CREATE TRIGGER odd BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION odd()`);
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record]);
  await using eraser = await system.openEraser(worldOf(database));
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  const [outcome] = await eraser.apply({ id: "U-1", effect: "erase", works: [work] }, testJournal(), FREE);
  expect(outcome?.deleted).toBe(3);
  expect(outcome?.left.map(({ key, kind, reason }) => `${key} ${kind} ${reason}`)).toEqual([
    '["3"] failed 0A000 odd',
    '["4"] failed P0001 odd',
  ]);
  // outside of any trigger's function
  await database.sql(
    "DROP TRIGGER odd ON users; CREATE RULE odd AS ON DELETE TO users WHERE old.id = 3 DO ALSO SELECT 1 / 0",
  );
  expect(
    await erase(system, worldOf(database), [await plan(system, worldOf(database), users, [lookup({ email: "x" })])]),
  ).toMatchObject([{ failed: 2, reason: "UNEXPECTED_ANSWER 22012" }]);
});

test("a NULL is none and a float keeps its digits, whatever the role is set to", async () => {
  const [[name] = []] = await database.sql("SELECT current_database()");
  const set = "ALTER ROLE app IN DATABASE";
  await database.admin(`${set} "${name}" SET array_nulls = off; ${set} "${name}" SET extra_float_digits = 0`);
  try {
    await database.sql(
      "CREATE TABLE marks (at float8 PRIMARY KEY, email text, note text); INSERT INTO marks VALUES (0.1::float8 + 0.2::float8, 'ann', 'x'), (0.3, 'bob', 'y')",
    );
    const marks = target(
      record("marks", "anonymise", { fields: { email: { kind: "clear" }, note: { kind: "clear" } } }),
      ["email"],
    );
    const system = systemOf([marks.record]);
    const work = await plan(system, worldOf(database), marks, [lookup({ email: "ann" })]);
    expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1)]);
    expect(await database.sql("SELECT email, note FROM marks ORDER BY at")).toEqual([
      ["bob", "y"],
      [null, null],
    ]);
  } finally {
    await database.admin(`${set} "${name}" RESET array_nulls; ${set} "${name}" RESET extra_float_digits`);
  }
});
