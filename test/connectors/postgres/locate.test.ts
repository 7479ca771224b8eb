import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Where } from "../../../src/model/datamap.ts";
import type { Lookup } from "../../../src/model/search.ts";
import { locateAll } from "../../support/erase.ts";
import {
  check,
  codes,
  lookup,
  record,
  systemOf,
  target,
  type TestDatabase,
  type TestTarget,
  testDatabase,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("locate");
  await database.admin("CREATE EXTENSION citext");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

/** `subject:key` of what is found, in the order it comes. */
async function find(where: TestTarget, lookups: readonly Lookup[]): Promise<string[]> {
  const found = await locateAll(systemOf([where.record]), worldOf(database), where, lookups);
  return found.map(({ subject, key }) => `${subject}:${key}`);
}

test("a citext column is found in any case, alone and in a batch of thousands", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email citext); INSERT INTO users VALUES (1, 'Alice@Example.com'), (2, 'alice@example.co')",
  );
  const where = target(record("users", "erase"), [{ column: "email", type: "email", fold: ["trim"] }]);
  expect(await find(where, [lookup({ email: "alice@example.com" })])).toEqual(['0:["1"]']);
  const many = Array.from({ length: 6000 }, (_, at) =>
    lookup({ email: at === 5500 ? "ALICE@example.com" : `nobody${at}@example.com` }, at),
  );
  expect(await find(where, many)).toEqual(['5500:["1"]']);
});

test("a 64-bit id beyond 2^53 finds its own row and not its neighbour", async () => {
  await database.sql(
    "CREATE TABLE users (id int8 PRIMARY KEY); INSERT INTO users VALUES (9007199254740992), (9007199254740993), (42)",
  );
  const where = target(record("users", "erase"), [{ column: "id", type: "integer", fold: [] }], ["id"]);
  expect(await find(where, [lookup({ id: "9007199254740993" })])).toEqual(['0:["9007199254740993"]']);
  // no value of this type, or another text: nothing, and no error
  expect(await find(where, [lookup({ id: ["00042", "42.0", "4 2", "99999999999999999999", "+42", "x"] })])).toEqual([]);
  expect(await find(where, [lookup({ id: "42" })])).toEqual(['0:["42"]']);
});

test("00042 kept as text is not 42", async () => {
  await database.sql(
    "CREATE TABLE cards (no text PRIMARY KEY, old char(8)); INSERT INTO cards VALUES ('00042', 'a'), ('42', 'b'), (' 42', 'c')",
  );
  expect(await find(target(record("cards", "erase"), ["no"]), [lookup({ no: "42" })])).toEqual(['0:["42"]']);
  expect(await find(target(record("cards", "erase"), ["no"]), [lookup({ no: "00042" })])).toEqual(['0:["00042"]']);
  expect(await find(target(record("cards", "erase"), ["old"]), [lookup({ old: "b" })])).toEqual(['0:["42"]']);
});

test("a uuid is found however it is written, and something that is none matches nothing", async () => {
  const id = "0b2c9f3e-1111-4222-8333-abcdefabcdef";
  await database.sql(
    `CREATE TABLE users (id uuid PRIMARY KEY, spare text); INSERT INTO users VALUES ('${id}', '${id.toUpperCase()}')`,
  );
  const where = (column: string) => target(record("users", "erase"), [{ column, type: "uuid", fold: [] }]);
  expect(await find(where("id"), [lookup({ id: [id.toUpperCase(), "not-a-uuid"] })])).toEqual([`0:["${id}"]`]);
  expect(await find(where("spare"), [lookup({ spare: id })])).toEqual([`0:["${id}"]`]);
});

test("letters beyond ASCII fold under a C collation too", async () => {
  await database.sql(
    `CREATE TABLE users (id int PRIMARY KEY, email text COLLATE "C"); INSERT INTO users VALUES (1, 'JOSÉ@x.example'), (2, 'jose@x.example'), (3, 'ΟΔΟΣ@x.example'), (4, 'οδοσ@x.example')`,
  );
  const where = target(record("users", "erase"), [{ column: "email", type: "email", fold: ["lowercase"] }]);
  expect(await find(where, [lookup({ email: "josé@x.example" })])).toEqual(['0:["1"]']);
  expect(await find(where, [lookup({ email: "ΟΔΟΣ@x.example".toLowerCase() })])).toEqual(['0:["3"]']);
});

test("a column with a collation of its own is searched exactly", async () => {
  await database.admin(
    `CREATE COLLATION IF NOT EXISTS public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  );
  await database.sql(
    `CREATE TABLE users (id int PRIMARY KEY, a text COLLATE "C", b text COLLATE public.loose); INSERT INTO users VALUES (1, 'Ann', 'Ann'), (2, 'ann', 'ann'), (3, 'bob', 'bob')`,
  );
  expect(await find(target(record("users", "erase"), ["a"]), [lookup({ a: "ann" })])).toEqual(['0:["2"]']);
  // equal by the column's own rules
  expect(await find(target(record("users", "erase"), ["b"]), [lookup({ b: "ann" })])).toEqual(['0:["1"]', '0:["2"]']);
});

test("phone numbers fold to E.164, spaces of every kind are trimmed", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, phone text); INSERT INTO users VALUES (1, '0049 (30) 123-45/6'), (2, E'\\u00a0+4930123456\\t'), (3, '+49301234567'), (4, '4930123456')",
  );
  const where = target(record("users", "erase"), [{ column: "phone", type: "phone", fold: ["trim", "e164"] }]);
  expect(await find(where, [lookup({ phone: "+4930123456" })])).toEqual(['0:["1"]', '0:["2"]']);
});

test("a row that belongs to two subjects comes once for each, and once only through several columns", async () => {
  await database.sql(
    "CREATE TABLE mails (id int PRIMARY KEY, sender text, receiver text); INSERT INTO mails VALUES (1, 'a@x.example', 'b@x.example'), (2, 'a@x.example', 'a@x.example'), (3, 'c@x.example', 'd@x.example')",
  );
  const where = target(record("mails", "erase"), ["sender", "receiver"]);
  const lookups = ["a@x.example", "b@x.example"].map((email, subject) =>
    lookup({ sender: email, receiver: email }, subject),
  );
  expect(await find(where, lookups)).toEqual(['0:["1"]', '1:["1"]', '0:["2"]']);
});

test("`all` needs every column of the same subject", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, tenant int, email text); INSERT INTO users VALUES (1, 1, 'a@x.example'), (2, 2, 'a@x.example'), (3, 1, 'b@x.example')",
  );
  const base = record("users", "erase");
  const where = target({ ...base, match: { ...base.match, mode: "all" } }, ["tenant", "email"]);
  expect(
    await find(where, [
      lookup({ tenant: "1", email: "a@x.example" }, 0),
      lookup({ tenant: "2", email: "b@x.example" }, 1),
    ]),
  ).toEqual(['0:["1"]']);
});

test("elements of an array and of a JSON document are matched one by one", async () => {
  await database.sql(`CREATE TABLE lists (id int PRIMARY KEY, emails text[], doc jsonb, old json);
    INSERT INTO lists VALUES (1, '{a@x.example,b@x.example}', '{"members": [{"email": "A@x.example", "no": 9007199254740993}]}', '[{"k": "b@x.example"}]'),
      (2, NULL, '{"members": {"email": "a@x.example"}}', NULL), (3, '{NULL,aa@x.example}', '{"members": [{"email": null}, 5]}', '{"k": "b@x.example"}')`);
  const lists = record("lists", "erase");
  expect(await find(target(lists, ["emails"]), [lookup({ emails: "a@x.example" })])).toEqual(['0:["1"]']);
  expect(
    await find(target(lists, [{ column: "doc.members[].email", type: "email", fold: ["lowercase"] }]), [
      lookup({ "doc.members[].email": "a@x.example" }),
    ]),
  ).toEqual(['0:["1"]']);
  expect(await find(target(lists, ["doc.members.email"]), [lookup({ "doc.members.email": "a@x.example" })])).toEqual([
    '0:["2"]',
  ]);
  expect(await find(target(lists, ["doc.members[].no"]), [lookup({ "doc.members[].no": "9007199254740993" })])).toEqual(
    ['0:["1"]'],
  );
  expect(await find(target(lists, ["old[].k"]), [lookup({ "old[].k": "b@x.example" })])).toEqual(['0:["1"]']);
});

test("names mean themselves, whatever they are made of", async () => {
  await database.sql(`CREATE TABLE safe (id int PRIMARY KEY); INSERT INTO safe VALUES (1);
    CREATE TABLE "a""; drop table safe;--" ("Id ""x""" int PRIMARY KEY, "E.mail" text, "select" text); INSERT INTO "a""; drop table safe;--" VALUES (7, 'a@x.example', 'b')`);
  const odd = record("odd", "erase", { place: { kind: "table", table: 'a"; drop table safe;--' } });
  const [found] = await locateAll(systemOf([odd]), worldOf(database), target(odd, ["E.mail"], ['Id "x"', "select"]), [
    lookup({ "E.mail": "a@x.example" }),
  ]);
  expect(found).toMatchObject({ key: '["7"]', values: { 'Id "x"': "7", select: "b" } });
  expect(await database.sql("SELECT * FROM safe")).toEqual([["1"]]);
});

test("dates are exported in ISO 8601, timestamps with a time zone in UTC, whatever the session's settings", async () => {
  await database.sql(`CREATE TABLE bills (id int PRIMARY KEY, day date, at timestamptz, local timestamp, missing date, paid bool, amount numeric(10, 2));
    INSERT INTO bills VALUES (1, '2024-02-29', '2024-03-01 00:30:00.123456+05:30', '2024-03-01 00:30', NULL, true, 10)`);
  const name = new URL(database.url).pathname.slice(1);
  const bills = target(record("bills", "erase"), ["id"], ["day", "at", "local", "missing", "paid", "amount"]);
  const look = async () =>
    (await locateAll(systemOf([bills.record]), worldOf(database), bills, [lookup({ id: "1" })]))[0];
  const first = await look();
  expect(first?.values).toEqual({
    day: "2024-02-29",
    at: "2024-02-29T19:00:00.123456+00:00",
    local: "2024-03-01T00:30:00",
    missing: null,
    paid: "true",
    amount: "10.00",
  });
  await database.admin(
    `ALTER ROLE app IN DATABASE "${name}" SET timezone = 'Pacific/Kiritimati'; ALTER ROLE app IN DATABASE "${name}" SET datestyle = 'SQL, DMY'`,
  );
  expect(await look()).toEqual(first);
  await database.admin(
    `ALTER ROLE app IN DATABASE "${name}" RESET timezone; ALTER ROLE app IN DATABASE "${name}" RESET datestyle`,
  );
});

test("rows of all partitions, of inheriting tables and of tables without a key are found under keys of their own", async () => {
  await database.sql(`CREATE TABLE logs (id int, email text) PARTITION BY LIST (id); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1); CREATE TABLE logs_2 PARTITION OF logs FOR VALUES IN (2);
    INSERT INTO logs VALUES (1, 'a@x.example'), (2, 'a@x.example'), (2, 'b@x.example');
    CREATE TABLE parent (id int PRIMARY KEY, email text); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES (1, 'a@x.example'); INSERT INTO child VALUES (1, 'a@x.example'), (2, 'b@x.example')`);
  for (const name of ["logs", "parent"]) {
    const found = await find(target(record(name, "erase"), ["email"]), [lookup({ email: "a@x.example" })]);
    expect(new Set(found).size).toBe(2);
  }
});

test("the fingerprint changes with what the rule reads, and with nothing else", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text, note text); INSERT INTO users VALUES (1, 'a@x.example', NULL, 'x')",
  );
  const users = target(record("users", "anonymise", { fields: { name: { kind: "clear" } } }), ["email"]);
  const print = async () =>
    (await locateAll(systemOf([users.record]), worldOf(database), users, [lookup({ email: "a@x.example" })]))[0];
  const before = await print();
  await database.sql("UPDATE users SET note = 'y'");
  expect(await print()).toEqual(before);
  await database.sql("UPDATE users SET name = ''");
  expect((await print())?.fingerprint).not.toBe(before?.fingerprint);
  expect([before?.done, (await print())?.done]).toEqual([true, false]);
});

test("a large find is yielded in pages and stops when it is interrupted", async () => {
  await database.sql(
    "CREATE TABLE many (id int PRIMARY KEY, email text); INSERT INTO many SELECT n, 'a@x.example' FROM generate_series(1, 3500) n",
  );
  const where = target(record("many", "erase"), ["email"]);
  expect(await find(where, [lookup({ email: "a@x.example" })])).toHaveLength(3500);
  const io = worldOf(database);
  await using reader = await systemOf([where.record]).openReader(io);
  let count = 0;
  await expect(async () => {
    for await (const found of reader.locate(where, { by: "subjects", lookups: [lookup({ email: "a@x.example" })] }))
      if (found.subjects[0] === 0 && (count += 1) === 1500) io.abort();
  }).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(count).toBeLessThan(3500);
});

test("a missing table or column is an error that names it; a name in two schemas wants one", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text); CREATE VIEW seen AS SELECT * FROM users; CREATE TABLE public.twice (id int PRIMARY KEY); CREATE TABLE twice (id int PRIMARY KEY)",
  );
  const lost = [
    [record("nobody", "erase"), "id", "TABLE_MISSING"],
    [record("seen", "erase"), "id", "TABLE_MISSING"],
    [record("twice", "erase"), "id", "TABLE_MISSING"],
    [record("users", "erase"), "e_mail", "COLUMN_MISSING"],
    [record("users", "erase"), "email.x", "COLUMN_MISSING"],
    [record("users", "anonymise", { fields: { name: { kind: "clear" } } }), "id", "COLUMN_MISSING"],
  ] as const;
  for (const [of, column, code] of lost)
    await expect(find(target(of, [column]), [lookup({ [column]: "1" })])).rejects.toMatchObject({ code });
  expect(
    await find(target(record("t", "erase", { place: { kind: "table", schema: "public", table: "twice" } }), ["id"]), [
      lookup({ id: "1" }),
    ]),
  ).toEqual([]);
  await database.sql("DROP TABLE public.twice");
});

test("a reader cannot write", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY); CREATE SEQUENCE counted; CREATE FUNCTION tick() RETURNS int LANGUAGE sql AS $$ SELECT nextval('counted')::int $$; INSERT INTO users VALUES (1)",
  );
  // an index expression or view could call such a function: the transaction refuses it
  await database.sql("CREATE VIEW ticking AS SELECT tick() AS id");
  const { openDatabase } = await import("../../../connectors/postgres/session.ts");
  await using opened = await openDatabase("shop", "shop_db", {}, worldOf(database));
  await using transaction = await opened.read();
  await expect(transaction.query("SELECT id::text FROM ticking")).rejects.toMatchObject({ code: "25006" });
});

test("types and operators that the search path does not show are the column's own all the same", async () => {
  await database.admin(
    "CREATE SCHEMA IF NOT EXISTS ext; GRANT USAGE ON SCHEMA ext TO app; ALTER EXTENSION citext SET SCHEMA ext",
  );
  await database.sql(
    "CREATE TABLE users (email ext.citext PRIMARY KEY, others ext.citext[]); INSERT INTO users VALUES ('Alice@Example.com', '{BOB@example.com}')",
  );
  const users = record("users", "erase");
  expect(await find(target(users, ["email"]), [lookup({ email: "alice@example.com" })])).toEqual([
    '0:["Alice@Example.com"]',
  ]);
  expect(await find(target(users, ["others"]), [lookup({ others: "bob@example.com" })])).toEqual([
    '0:["Alice@Example.com"]',
  ]);
  await database.admin("ALTER EXTENSION citext SET SCHEMA public");
});

test("a condition's values are compared as the column's own type compares them", async () => {
  await database.sql(`CREATE TYPE mood AS ENUM ('open', 'shut');
    CREATE TABLE bills (id int PRIMARY KEY, who text, due numeric(10, 2), paid boolean, day date, at timestamptz, code char(4), state mood, n float8, tags int[], note varchar(3), doc jsonb, old json);
    INSERT INTO bills VALUES (1, 'a', 5, true, '2026-11-21', '2026-11-21 02:00+02', 'ab', 'open', 0.5, '{1,2}', 'abc', '{"due": 5.0, "lines": [{"no": 1}, {"no": "7"}]}', '{"due": 5.00}'),
      (2, 'a', 6, false, '2026-11-22', '2026-11-22 00:00+00', 'abc', 'shut', 0.25, '{3}', 'ab', '{"due": "5.0"}', '{"due": "5.00"}'),
      (3, 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'null'), (4, 'b', 5, true, '2026-11-21', NULL, 'ab', 'open', 0.5, '{1}', 'abc', '{"due": 5}', '5')`);
  const bills = target(record("bills", "erase"), ["who"]);
  const found = async (where: Where) => (await find({ ...bills, where }, [lookup({ who: "a" })])).join(" ");
  const first = '0:["1"]';
  const second = '0:["2"]';
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["due", ["5"], first],
    ["due", ["5.00", "7"], first],
    ["due", ["5.001"], ""],
    ["due", ["5", "6"], `${first} ${second}`],
    ["paid", ["true"], first],
    ["paid", ["yes"], first],
    ["paid", ["false"], second],
    ["day", ["2026-11-21"], first],
    ["at", ["2026-11-21"], first],
    ["at", ["2026-11-21T01:00:00+01:00"], first],
    ["at", ["2026-11-22T00:00Z"], second],
    ["code", ["ab"], first],
    ["code", ["ab  "], first],
    ["code", ["abcd"], ""],
    ["state", ["open"], first],
    ["n", ["5e-1"], first],
    ["tags", ["2"], first],
    ["note", ["abc"], first],
    ["note", ["abcd"], ""],
    ["doc.due", ["5"], first],
    ["doc.due", ["5.0"], `${first} ${second}`],
    ["doc.lines[].no", ["1.0"], first],
    ["doc.lines[].no", ["7"], first],
    ["doc.lines[].no", ["7.0"], ""],
    ["doc", ['{"due":"5.0"}'], second],
    ["old.due", ["5"], first],
    ["state", ["open", "shut"], `${first} ${second}`],
  ];
  for (const [column, values, expected] of cases)
    expect(await found({ [column]: values }), `${column} ${values.join()}`).toBe(expected);
  expect(await found({ due: ["5"], paid: ["false"] })).toBe("");
});

test("a condition's value that the column's type refuses is an error, never no match", async () => {
  await database.sql(`CREATE TYPE mood AS ENUM ('open', 'shut');
    CREATE TABLE bills (id int PRIMARY KEY, who text, due numeric(10, 2), paid boolean, day date, local timestamp, at timestamptz, state mood, doc jsonb, place point); INSERT INTO bills (id, who) VALUES (1, 'a')`);
  const bills = target(record("bills", "erase"), ["who"]);
  const refused = [
    ["due", "5,00"],
    ["due", ""],
    ["paid", "perhaps"],
    ["day", "today"],
    ["day", "21/11/2026"],
    ["day", "2026-02-30"],
    ["local", "2026-11-21T00:00+01"],
    ["at", "now"],
    ["state", "Open"],
    ["id", "5.5"],
    ["doc", "open"],
    ["doc.due", "1e999999"],
    ["place", "(1,1)"],
  ] as const;
  for (const [column, value] of refused) {
    const where = { ...bills, where: { [column]: [value] } };
    await expect(find(where, [lookup({ who: "a" })]), `${column} ${value}`).rejects.toMatchObject({
      code: "TYPE_MISMATCH",
      exit: 65,
    });
    const findings = await check(systemOf([bills.record]), worldOf(database), [where]);
    expect(codes(findings), `${column} ${value}`).toEqual([`TYPE_MISMATCH shop.bills ${column.split(".")[0] ?? ""}`]);
    if (value !== "") expect(JSON.stringify(findings)).not.toContain(value);
  }
});

test("a table that another session has locked whole cannot be read: unreachable, by the table's name", async () => {
  await database.sql("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)");
  const other = await database.session();
  await other.query("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
  try {
    const users = target(record("users", "erase"), ["id"]);
    const failure: unknown = await find(users, [lookup({ id: "1" })]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "SYSTEM_UNREACHABLE",
      exit: 4,
      message: "shop.users: table users is locked by another session",
    });
  } finally {
    await other.query("ROLLBACK");
  }
});

test.for([
  ["citext", "'DELETED', 'Deleted', 'deleted', 'live'", ["deleted"], 3],
  ["char(5)", "'bin', 'trash', 'b'", ["trash", "bin"], 2],
  ["numeric(5,2)", "1, 2, 2.01, 0", ["1", "2"], 2],
  ["text", "'bin', 'BIN', 'trash'", ["trash", "bin"], 2],
  ["state", "'bin', 'open', 'trash'", ["no such state", "trash", "bin"], 2],
] as const)("a status in %s is read as its column compares it", async ([type, values, deleted, count]) => {
  await database.sql(
    `CREATE TYPE state AS ENUM ('open', 'trash', 'bin'); CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text DEFAULT 'ann@shop.example', st ${type}); INSERT INTO users (st) SELECT v::${type} FROM (SELECT unnest(ARRAY[${values}]::text[])) AS one (v); INSERT INTO users (st) VALUES (NULL)`,
  );
  const of = record("users", "soft-delete", { marker: { kind: "status", column: "st", deleted } });
  const where = target(of, ["email"]);
  await using reader = await systemOf([of]).openReader(worldOf(database));
  const found = await Array.fromAsync(
    reader.locate(where, { by: "subjects", lookups: [lookup({ email: "ann@shop.example" })] }),
  );
  const [ids, marked] = [found.map(({ key }) => key), found.filter((one) => one.marked !== undefined)];
  expect([ids.length > count, marked.length]).toEqual([true, count]);
});
