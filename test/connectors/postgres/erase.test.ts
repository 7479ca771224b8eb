import { connect, createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connector } from "../../../connectors/postgres/connector.ts";
import { testJournal } from "../../support/journal.ts";
import { FREE, remainingOf } from "../../support/erase.ts";
import { expectNoIdentifier } from "../../contract/connector.contract.ts";
import {
  done,
  erase,
  lookup,
  plan,
  record,
  ruleOf,
  systemOf,
  target,
  type TestDatabase,
  testDatabase,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("erase");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);

test("fields are cleared, set, generalised and cut, the key, other columns and other rows stay", async () => {
  await database.sql(`CREATE TABLE guests (no int PRIMARY KEY, login text NOT NULL UNIQUE, contact text, name varchar(40) NOT NULL, born date NOT NULL, seen timestamptz, postcode text, ip inet, rate numeric(10, 2), nights int, token text);
    INSERT INTO guests SELECT n, 'y' || n, 'yusuf@b.example', 'Yusuf', '1979-08-23', '1979-12-31 23:30:00.5+00', '34353', '10.1.2.3', 9.5, 4, 'abc' FROM generate_series(1, 2) n;
    INSERT INTO guests VALUES (3, 'e1', 'elif@b.example', 'Elif', '1979-08-24', '1979-12-31 23:30:00.5+00', '34357', 'fe80::1', 9.5, 1, 'def')`);
  const guests = target(
    record("guests", "anonymise", {
      fields: {
        login: { kind: "template", template: "gone+:random@invalid" },
        contact: { kind: "clear" },
        name: { kind: "set", value: "former guest" },
        born: { kind: "generalise", to: "year" },
        seen: { kind: "generalise", to: "decade" },
        postcode: { kind: "prefix", length: 2 },
        ip: { kind: "truncate", bits: 16 },
        rate: { kind: "set", value: 0 },
        nights: { kind: "keep" },
        token: { kind: "pseudonymise" },
      },
    }),
    ["no", "contact"],
  );
  const system = systemOf([guests.record]);
  const io = worldOf(database);
  const work = await plan(system, io, guests, [lookup({ contact: "yusuf@b.example" }, 0), lookup({ no: "2" }, 1)]);
  const neighbour = (await rows("guests"))[2];
  expect(await erase(system, io, [work])).toEqual([{ step: "shop.guests", ...done(2) }]);
  const [first, second, third] = await rows("guests");
  const login =
    /^\(1,(gone\+[0-9a-f]{18}@invalid),,"former guest",1979-01-01,"1970-01-01 00:00:00\+00",34,10\.1\.0\.0,0\.00,4,(ps_[0-9a-f]{32})\)$/u;
  expect(first).toMatch(login);
  expect(second).toMatch(/^\(2,gone\+/u);
  expect(login.exec(first ?? "")?.[1]).not.toBe(second?.split(",")[1]);
  expect(third).toBe(neighbour);
  const [operation] = work.operations;
  expect(operation === undefined ? [] : await remainingOf(system, io, guests, operation)).toEqual([]);
  // found by its key again, it is done, and a second erasure changes no byte
  const again = await plan(system, io, guests, [lookup({ no: ["1", "2"] })]);
  expect(await erase(system, io, [again])).toEqual([{ step: "shop.guests", ...done(0, { alreadyGone: 2 }) }]);
  expect((await rows("guests"))[0]).toBe(first);
});

test("one value in a batch that breaks a constraint fails alone", async () => {
  await database.sql(
    `CREATE TABLE codes (no int PRIMARY KEY, email text, code text UNIQUE CHECK (code <> 'AA')); INSERT INTO codes SELECT n, 'a@x.example', chr(65 + n / 10) || chr(65 + n) || n FROM generate_series(0, 9) n; UPDATE codes SET code = 'AAcanary' WHERE no = 4`,
  );
  const codes = target(record("codes", "anonymise", { fields: { code: { kind: "prefix", length: 2 } } }), ["email"]);
  const system = systemOf([codes.record]);
  const work = await plan(system, worldOf(database), codes, [lookup({ email: "a@x.example" })]);
  const [outcome] = await erase(system, worldOf(database), [work]);
  expect(outcome).toEqual({
    step: "shop.codes",
    ...done(8, { failed: 2, unresolved: ['["0"]', '["4"]'], reason: "codes_code_check" }),
  });
  expect(
    (await rows("codes")).filter((row) => row === "(0,a@x.example,AA0)" || row === "(4,a@x.example,AAcanary)"),
  ).toHaveLength(2);
});

test("matching elements leave an array, the others and their order stay", async () => {
  await database.sql(
    `CREATE TABLE lists (id int PRIMARY KEY, emails text[]); INSERT INTO lists VALUES (1, '{x@x.example,a@x.example,NULL,"q,\\"uo{te}",A@x.example,a@x.example}'), (2, '{a@x.example}'), (3, '{b@x.example}')`,
  );
  const lists = target(record("lists", "redact", { fields: { emails: { kind: "remove" } } }), [
    { column: "emails", type: "email", fold: [] },
  ]);
  const system = systemOf([lists.record]);
  const work = await plan(system, worldOf(database), lists, [lookup({ emails: "a@x.example" })]);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(2)]);
  expect(await database.sql("SELECT emails::text FROM lists ORDER BY id")).toEqual([
    ['{x@x.example,NULL,"q,\\"uo{te}",A@x.example}'],
    ["{}"],
    ["{b@x.example}"],
  ]);
});

test("JSON keeps every byte beside the path, also numbers that JavaScript cannot hold", async () => {
  const text =
    '{ "n": 9007199254740993.10, "before" : {"email":"a@x.example","x":1, "name":"A"}, "list":[1,2], "email":"stays" }';
  await database.sql("CREATE TABLE trail (id int PRIMARY KEY, owner int, raw json, doc jsonb)");
  await database.sql(
    "INSERT INTO trail VALUES (1, 51, $1::text::json, $1::text::jsonb), (2, 52, $1::text::json, $1::text::jsonb), (3, 51, NULL, 'null')",
    [text],
  );
  const paths = {
    "before.email": { kind: "clear" },
    "before.name": { kind: "remove" },
    "after.email": { kind: "clear" },
  } as const;
  const system = systemOf([]);
  for (const column of ["raw", "doc"]) {
    const trail = target(record("trail", "redact", { in: [column], paths }), ["owner"]);
    const work = await plan(system, worldOf(database), trail, [lookup({ owner: "51" })]);
    expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1, { alreadyGone: 1 })]);
  }
  const [mine, other, empty] = await database.sql("SELECT raw::text, doc::text FROM trail ORDER BY id");
  expect(mine).toEqual([
    '{ "n": 9007199254740993.10, "before" : {"email":null,"x":1}, "list":[1,2], "email":"stays" }',
    '{"n": 9007199254740993.10, "list": [1, 2], "email": "stays", "before": {"x": 1, "email": null}}',
  ]);
  expect([other?.[0], empty]).toEqual([text, [null, "null"]]);
});

test("a value that stands in another member of a shared document stays", async () => {
  await database.sql(
    `CREATE TABLE rooms (id int PRIMARY KEY, doc jsonb); INSERT INTO rooms VALUES (1, '[{"m": {"email": "a@x.example", "name": "Ann"}}, {"m": {"email": "b@x.example", "name": "Bob"}}]')`,
  );
  const rooms = target(record("rooms", "redact", { in: ["doc"], paths: { "[].m.name": { kind: "clear" } } }), [
    "doc[].m.email",
  ]);
  const system = systemOf([rooms.record]);
  const work = await plan(system, worldOf(database), rooms, [lookup({ "doc[].m.email": "a@x.example" })]);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1)]);
  expect(await rows("rooms")).toEqual([
    '(1,"[{""m"": {""name"": null, ""email"": ""a@x.example""}}, {""m"": {""name"": ""Bob"", ""email"": ""b@x.example""}}]")',
  ]);
});

test("in a document found by another column, only the elements of the person are touched", async () => {
  await database.sql(
    `CREATE TABLE rooms (id int PRIMARY KEY, owner int, doc jsonb); INSERT INTO rooms VALUES (1, 7, '{"members": [{"email": "a"}, {"email": "b"}]}'), (2, 7, '{"members": [{"email": "b"}]}'), (3, 8, '{"members": [{"email": "a"}]}')`,
  );
  const rooms = target(record("rooms", "redact", { in: ["doc"], paths: { "members[]": { kind: "remove" } } }), [
    "owner",
    "doc.members[].email",
  ]);
  const system = systemOf([rooms.record]);
  const lookups = [
    lookup({ owner: "7", "doc.members[].email": "a" }, 0),
    lookup({ "doc.members[].email": "nobody" }, 1),
  ];
  const work = await plan(system, worldOf(database), rooms, lookups);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(2, { alreadyGone: 1 })]);
  expect(await database.sql("SELECT doc::text FROM rooms ORDER BY id")).toEqual([
    ['{"members": [{"email": "b"}]}'],
    ['{"members": [{"email": "b"}]}'],
    ['{"members": []}'],
  ]);
});

test("two tables that reference each other, neither constraint deferrable, go together", async () => {
  for (const rule of ["NO ACTION", "RESTRICT"]) {
    await database.fresh();
    await database.sql(`CREATE TABLE a (id int PRIMARY KEY, email text, b int); CREATE TABLE b (id int PRIMARY KEY, email text, a int NOT NULL REFERENCES a ON DELETE ${rule}); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b ON DELETE ${rule};
      INSERT INTO a SELECT n, 'x', NULL FROM generate_series(10, 609) n; INSERT INTO b SELECT id, 'x', id FROM a; INSERT INTO a VALUES (2, 'y', NULL); INSERT INTO b VALUES (2, 'y', 2); UPDATE a SET b = id`);
    const [a, b] = [target(record("a", "erase"), ["email"]), target(record("b", "erase"), ["email"])];
    const system = systemOf([a.record, b.record]);
    const works = [
      await plan(system, worldOf(database), a, [lookup({ email: "x" })]),
      await plan(system, worldOf(database), b, [lookup({ email: "x" })]),
    ];
    expect(await erase(system, worldOf(database), works)).toMatchObject([done(600), done(600)]);
    expect([await rows("a"), await rows("b")]).toEqual([["(2,y,2)"], ["(2,y,2)"]]);
  }
});

test("a chain of rows that reference each other goes in one piece, in whatever order it was planned", async () => {
  await database.sql(
    "CREATE TABLE posts (id int PRIMARY KEY, author text, answers int REFERENCES posts); INSERT INTO posts SELECT n, 'x', nullif(n - 1, 0) FROM generate_series(1, 1200) n; INSERT INTO posts VALUES (5000, 'y', NULL)",
  );
  const posts = target(record("posts", "erase"), ["author"]);
  const system = systemOf([posts.record]);
  const work = await plan(system, worldOf(database), posts, [lookup({ author: "x" })]);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1200)]);
  expect(await rows("posts")).toEqual(["(5000,y,)"]);
});

test("keys of several columns, of odd types and of none name their rows exactly", async () => {
  await database.sql(`CREATE TABLE tenants (tenant int, at timestamptz, name text, email text, PRIMARY KEY (tenant, at, name));
    INSERT INTO tenants VALUES (1, '2024-01-01 00:00:00.000001+00', 'a"b', 'x'), (1, '2024-01-01 00:00:00.000002+00', 'a"b', 'y'), (2, '2024-01-01 00:00:00.000001+00', 'a"b', 'y');
    CREATE TABLE bare (n int, email text); INSERT INTO bare VALUES (1, 'x'), (1, 'x'), (1, 'y');
    CREATE TABLE logs (id int, email text, PRIMARY KEY (id, email)) PARTITION BY LIST (email); CREATE TABLE logs_x PARTITION OF logs FOR VALUES IN ('x'); CREATE TABLE logs_y PARTITION OF logs DEFAULT; INSERT INTO logs VALUES (1, 'x'), (1, 'y');
    CREATE TABLE old (id int PRIMARY KEY, email text); CREATE TABLE older () INHERITS (old); INSERT INTO old VALUES (1, 'x'); INSERT INTO older VALUES (1, 'y')`);
  const wanted: Record<string, [number, string[]]> = {
    tenants: [1, ['(1,"2024-01-01 00:00:00.000002+00","a""b",y)', '(2,"2024-01-01 00:00:00.000001+00","a""b",y)']],
    bare: [2, ["(1,y)"]],
    logs: [1, ["(1,y)"]],
    // the same key in two tables of one inheritance: only the planned row goes
    old: [1, ["(1,y)"]],
  };
  for (const [name, [count, left]] of Object.entries(wanted)) {
    const one = target(record(name, "erase"), ["email"]);
    const system = systemOf([one.record]);
    const work = await plan(system, worldOf(database), one, [lookup({ email: "x" })]);
    const [operation] = work.operations;
    expect(await erase(system, worldOf(database), [work])).toMatchObject([done(count)]);
    expect(await rows(name)).toEqual(left);
    expect(operation === undefined ? [] : await remainingOf(system, worldOf(database), one, operation)).toEqual([]);
    expect(await erase(system, worldOf(database), [work])).toMatchObject([done(0, { alreadyGone: count })]);
  }
});

test("another row that took the place of a planned one without a key stays", async () => {
  await database.sql("CREATE TABLE bare (n int, email text); INSERT INTO bare VALUES (1, 'x')");
  const bare = target(record("bare", "erase"), ["email"]);
  const system = systemOf([bare.record]);
  const work = await plan(system, worldOf(database), bare, [lookup({ email: "x" })]);
  await database.sql("TRUNCATE bare; INSERT INTO bare VALUES (2, 'y')");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(0, { alreadyGone: 1 })]);
  expect(await rows("bare")).toEqual(["(2,y)"]);
  const [operation] = work.operations;
  expect(operation === undefined ? undefined : await remainingOf(system, worldOf(database), bare, operation)).toEqual(
    [],
  );
  // the planned row itself, moved: nobody can say that it is gone
  await database.sql("TRUNCATE bare; INSERT INTO bare VALUES (1, 'x')");
  const again = await plan(system, worldOf(database), bare, [lookup({ email: "x" })]);
  await database.sql("UPDATE bare SET n = 3");
  expect(await erase(system, worldOf(database), [again])).toMatchObject([
    { matched: 0, affected: 0, alreadyGone: 0, failed: 1, reason: "changed" },
  ]);
  expect(await rows("bare")).toEqual(["(3,x)"]);
});

test("a planned row that now belongs to someone else is not touched; one that changed where nothing reads is", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text, seen int); INSERT INTO users VALUES (1, 'x', 'a', 0), (2, 'x', 'b', 0), (3, 'x', 'c', 0)",
  );
  const users = target(record("users", "erase"), ["email"], ["name"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  await database.sql("UPDATE users SET email = 'newcomer' WHERE id = 1; UPDATE users SET seen = 7 WHERE id = 2");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([
    { matched: 2, affected: 2, failed: 1, unresolved: ['["1"]'], reason: "changed" },
  ]);
  expect(await rows("users")).toEqual(["(1,newcomer,a,0)"]);
});

test("a row locked elsewhere is blocked, the others of its batch go; afterwards the same command ends it", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users SELECT n, 'x' FROM generate_series(1, 5) n",
  );
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record], { session: { lock_timeout: "50ms" } });
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  const other = await database.session();
  await other.query("BEGIN; SELECT FROM users WHERE id = 3 FOR UPDATE");
  expect(await erase(system, worldOf(database), [work])).toEqual([
    { step: "shop.users", ...done(4, { blocked: 1, unresolved: ['["3"]'], reason: "lock_timeout" }) },
  ]);
  expect(await rows("users")).toEqual(["(3,x)"]);
  await other.query("ROLLBACK; BEGIN; LOCK TABLE users IN SHARE MODE");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([
    { blocked: 5, affected: 0, reason: "lock_timeout" },
  ]);
  await other.query("ROLLBACK");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1, { alreadyGone: 4 })]);
  expect(await rows("users")).toEqual([]);
});

test("a row that another transaction changes while we wait is read again, and its change is not undone by ours", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text, visits int); INSERT INTO users SELECT n, 'x', 'Ann', 0 FROM generate_series(1, 3) n",
  );
  const users = target(record("users", "anonymise", { fields: { name: { kind: "clear" } } }), ["email"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  const other = await database.session();
  await other.query(
    "BEGIN; UPDATE users SET visits = 7 WHERE id = 2; UPDATE users SET email = 'someone else' WHERE id = 3",
  );
  const erasing = erase(system, worldOf(database), [work]);
  for (let waiting = "0"; waiting === "0";)
    waiting = (await database.sql("SELECT count(*)::text FROM pg_locks WHERE NOT granted"))[0]?.[0] ?? "0";
  await other.query("COMMIT");
  expect(await erasing).toMatchObject([
    { matched: 2, affected: 2, failed: 1, unresolved: ['["3"]'], reason: "changed" },
  ]);
  expect(await rows("users")).toEqual(["(1,x,,0)", "(2,x,,7)", '(3,"someone else",Ann,0)']);
});

test("a role that may delete but not update erases all the same", async () => {
  const schema = await database.fresh();
  await database.admin(
    `CREATE TABLE ${schema}.plain (id int PRIMARY KEY, email text); INSERT INTO ${schema}.plain VALUES (1, 'x'), (2, 'y'); GRANT SELECT, DELETE ON ${schema}.plain TO app`,
  );
  const plain = target(record("plain", "erase"), ["email"]);
  const system = systemOf([plain.record]);
  const work = await plan(system, worldOf(database), plain, [lookup({ email: "x" })]);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(1)]);
  expect(await rows("plain")).toEqual(["(2,y)"]);
});

test("a trigger or rule that swallows a change is a failure, and nothing is said to be gone", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text, gone bool); INSERT INTO users VALUES (1, 'x'), (2, 'x');
    CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id = 1 THEN UPDATE users SET gone = true WHERE id = old.id; RETURN NULL; END IF; RETURN old; END $$; CREATE TRIGGER stay BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TABLE ruled (id int PRIMARY KEY, email text, gone bool); INSERT INTO ruled VALUES (1, 'x'); CREATE RULE soft AS ON DELETE TO ruled DO INSTEAD UPDATE ruled SET gone = true WHERE id = old.id`);
  for (const [name, affected, unresolved] of [
    ["users", 1, 1],
    ["ruled", 0, 1],
  ] as const) {
    const one = target(record(name, "erase"), ["email"]);
    const system = systemOf([one.record]);
    const work = await plan(system, worldOf(database), one, [lookup({ email: "x" })]);
    expect(await erase(system, worldOf(database), [work])).toMatchObject([
      { affected, failed: unresolved, unresolved: ['["1"]'], reason: "swallowed" },
    ]);
    expect(await rows(name)).toEqual(["(1,x,)"]);
  }
});

test("what is kept loses everything but keys, what is named, and what its hold is reckoned from", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (5); CREATE TABLE invoices (id int PRIMARY KEY, number text UNIQUE, person int REFERENCES people, issued date, total numeric, name text, street text, whole text GENERATED ALWAYS AS (name || street) STORED);
    INSERT INTO invoices VALUES (1, 'R1', 5, '2024-05-05', 10, 'Ann', 'Quay 4'), (2, 'R2', 5, '2024-05-05', 10, 'Bob', 'Quay 5')`);
  const invoices = target(
    record("invoices", "erase", {
      holds: [{ hold: "h", from: "issued", protects: [] }],
      whileHeld: { restrict: true, keepOnly: ["total"] },
    }),
    ["id"],
    ["issued"],
  );
  const system = systemOf([invoices.record]);
  const work = await plan(system, worldOf(database), invoices, [lookup({ id: "1" })], {
    kind: "minimise",
    keepOnly: ["total"],
  });
  const [operation] = work.operations;
  if (operation === undefined) throw new Error("nothing planned");
  expect(await remainingOf(system, worldOf(database), invoices, operation)).toEqual(['["1"]']);
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(0, { minimised: 1 })]);
  expect(await rows("invoices")).toEqual([
    "(1,R1,5,2024-05-05,10,,,)",
    '(2,R2,5,2024-05-05,10,Bob,"Quay 5","BobQuay 5")',
  ]);
  expect(await remainingOf(system, worldOf(database), invoices, operation)).toEqual([]);
});

test("two operations of one step: what a hold keeps is changed, the rest is deleted", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text); INSERT INTO users VALUES (1, 'x', 'a'), (2, 'x', 'b'), (3, 'y', 'c')",
  );
  const users = target(record("users", "erase", { fields: { name: { kind: "clear" } } }), ["email"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  const [first, second] = work.operations[0]?.records ?? [];
  if (first === undefined || second === undefined) throw new Error("nothing planned");
  const operations = [
    { change: ruleOf(users), records: [first] },
    { change: { kind: "fields", fields: users.record.fields, documents: [] }, records: [second] },
  ] as const;
  expect(await erase(system, worldOf(database), [{ ...work, operations }])).toMatchObject([done(2)]);
  expect(await rows("users")).toEqual(["(2,x,)", "(3,y,c)"]);
});

test("settings of the map are there in the transaction, and nowhere else", async () => {
  await database.sql(`CREATE TABLE said (who text); CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'x');
    CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO said VALUES (current_setting('app.current_user', true)); RETURN NULL; END $$; CREATE TRIGGER say AFTER DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION say()`);
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record], { session: { "app.current_user": "expunge :request" }, ignore: ["said"] });
  expect(
    await erase(system, worldOf(database), [await plan(system, worldOf(database), users, [lookup({ email: "x" })])]),
  ).toMatchObject([done(1)]);
  expect(await rows("said")).toEqual(['("expunge R-2026-0001")']);
});

test("errors name what is wrong and nothing of a row", async () => {
  await database.sql("CREATE TABLE users (id int PRIMARY KEY, email text)");
  const users = target(record("users", "erase"), ["email"]);
  const wrong = new URL(database.url);
  wrong.password = "canary-password";
  const gone = new URL(database.url);
  gone.pathname = "/no_such_database";
  const cases: [string, string][] = [
    ["postgres://app:canary-password@127.0.0.1:1/shop", "SYSTEM_UNREACHABLE"],
    [gone.href, "SYSTEM_UNREACHABLE"],
    ["canary-password", "SYSTEM_UNREACHABLE"],
    [`${database.url}?sslmode=no-verify`, "SECRET_UNSAFE"],
    [`${database.url}?sslmode=verify-full`, "SYSTEM_UNREACHABLE"],
  ];
  for (const [url, code] of cases) {
    const error: unknown = await systemOf([users.record])
      .openReader({ ...worldOf(database), secret: () => url })
      .catch((one: unknown) => one);
    expect(error).toMatchObject({ code });
    expect(`${JSON.stringify(error)}${String(error)}`).not.toContain("canary");
  }
  expectNoIdentifier(cases.map(([, code]) => code));
  expect(connector.actions).toContain("redact");
});

test("a connection that the server cuts off in the middle leaves nothing half done", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'x'), (2, 'x')",
  );
  await database.sql(
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; CREATE TRIGGER die AFTER DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION die()",
  );
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  await expect(erase(system, worldOf(database), [work])).rejects.toMatchObject({ code: "SYSTEM_UNREACHABLE" });
  expect(await rows("users")).toHaveLength(2);
  await database.sql("DROP TRIGGER die ON users");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(2)]);
});

test("a connection that breaks after COMMIT was sent leaves no doubt: the next attempt counts what was done", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'x'), (2, 'x'), (3, 'y')",
  );
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  await using proxy = await cuttingProxy(database.url, "COMMIT\0");
  const journal = testJournal();
  const through = { ...worldOf(database), secret: () => proxy.url };
  await using eraser = await system.openEraser(through);
  await expect(eraser.apply({ id: "U-1", effect: "erase", works: [work] }, journal, FREE)).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
  });
  expect(journal.notes).toHaveLength(1);
  expect(await erase(system, worldOf(database), [work], testJournal({ notes: journal.notes }))).toEqual([
    { step: "shop.users", ...done(2) },
  ]);
  expect(await rows("users")).toEqual(["(3,y)"]);
});

test("a transaction that is still going on somewhere is in doubt, and nothing is done beside it", async () => {
  await database.sql("CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'x')");
  const users = target(record("users", "erase"), ["email"]);
  const system = systemOf([users.record]);
  const work = await plan(system, worldOf(database), users, [lookup({ email: "x" })]);
  const other = await database.session();
  await other.query("BEGIN");
  const { rows: ids } = await other.query<{ xid: string }>("SELECT pg_current_xact_id()::text AS xid");
  const note = JSON.stringify({ postgres: 1, xid: ids[0]?.xid, done: { "shop.users": ["0"] }, own: {} });
  expect(await erase(system, worldOf(database), [work], testJournal({ notes: [note] }))).toMatchObject([
    { affected: 0, blocked: 1, reason: "in_doubt" },
  ]);
  await other.query("ROLLBACK");
  // one of another server: looked at again by its keys
  const foreign = JSON.stringify({ postgres: 1, xid: "99999999999", done: { "shop.users": ["0"] }, own: {} });
  expect(await erase(system, worldOf(database), [work], testJournal({ notes: [note, foreign] }))).toMatchObject([
    done(1),
  ]);
});

/** Passes everything on, and hangs up on the client as soon as it has passed on a message that holds this word. */
async function cuttingProxy(url: string, word: string): Promise<AsyncDisposable & { readonly url: string }> {
  const to = new URL(url);
  const proxy = createServer((client) => {
    const server = connect(Number(to.port), to.hostname);
    client.on("error", () => {});
    server.on("error", () => {});
    server.on("data", (data) => void (client.destroyed || client.write(data)));
    client.on("data", (data) => {
      server.write(data, () => {
        if (data.includes(word)) client.destroy();
      });
    });
    client.on("close", () => setTimeout(() => server.destroy(), 500));
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const address = proxy.address();
  const near = new URL(url);
  near.hostname = "127.0.0.1";
  near.port = String(typeof address === "object" ? (address?.port ?? 0) : 0);
  return {
    url: near.href,
    [Symbol.asyncDispose]: async () => await new Promise<void>((closed) => proxy.close(() => closed())),
  };
}
