import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { FieldRule } from "../../../src/model/field-rule.ts";
import type { Located, Lookup, MatchColumn } from "../../../src/model/search.ts";
import { remainingOf } from "../../support/erase.ts";
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
  type TestTarget,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("whose");
  await database.admin("CREATE EXTENSION citext");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);
const email = (column: string): MatchColumn => ({ column, type: "email", fold: ["trim", "lowercase"] });

async function eraseBy(where: TestTarget, lookups: readonly Lookup[]) {
  const system = systemOf([where.record]);
  return await erase(system, worldOf(database), [await plan(system, worldOf(database), where, lookups)]);
}

async function look(where: TestTarget, lookups: readonly Lookup[]): Promise<Located[]> {
  await using reader = await systemOf([where.record]).openReader(worldOf(database));
  return await Array.fromAsync(reader.locate(where, { by: "subjects", lookups }));
}

test("of a message between two, only the erased one's column changes, whatever the rule", async () => {
  const rules: [FieldRule, string][] = [
    [{ kind: "clear" }, ""],
    [{ kind: "remove" }, ""],
    [{ kind: "unlink" }, ""],
    [{ kind: "set", value: 0 }, "0"],
  ];
  for (const [rule, left] of rules) {
    await database.fresh();
    await database.sql(
      "CREATE TABLE mails (id int PRIMARY KEY, sender int, receiver int, body text); INSERT INTO mails VALUES (1, 20, 19, 'a'), (2, 19, 20, 'b'), (3, 19, 18, 'c'), (4, 20, 20, 'd')",
    );
    const mails = target(
      record("mails", "unlink", { fields: { sender: rule, receiver: rule, body: { kind: "keep" } } }),
      ["sender", "receiver"],
    );
    expect(await eraseBy(mails, [lookup({ sender: "20", receiver: "20" })])).toMatchObject([done(3)]);
    expect(await rows("mails"), rule.kind).toEqual([
      `(1,${left},19,a)`,
      `(2,19,${left},b)`,
      "(3,19,18,c)",
      `(4,${left},${left},d)`,
    ]);
  }
});

test("two people of one batch: what is either's goes, what is a third's stays", async () => {
  await database.sql(
    "CREATE TABLE mails (id int PRIMARY KEY, sender text, receiver text, copy text); INSERT INTO mails VALUES (1, 'ANN@x.example', ' bob@x.example', 'eve@x.example'), (2, 'eve@x.example', 'ann@x.example', NULL)",
  );
  const mails = target(
    record("mails", "redact", {
      fields: {
        sender: { kind: "template", template: "gone-:random" },
        receiver: { kind: "clear" },
        copy: { kind: "clear" },
      },
    }),
    ["sender", "receiver", "copy"].map(email),
  );
  const values = (who: string, at: number) => lookup({ sender: who, receiver: who, copy: who }, at);
  expect(await eraseBy(mails, [values("ann@x.example", 0), values("bob@x.example", 1)])).toMatchObject([done(2)]);
  const [first, second] = await rows("mails");
  expect(first).toMatch(/^\(1,gone-[0-9a-f]{18},,eve@x\.example\)$/u);
  expect(second).toBe("(2,eve@x.example,,)");
});

test("values compare as the server compares them: numeric, uuid, citext, a collation that is loose", async () => {
  await database.admin(
    "CREATE COLLATION IF NOT EXISTS public.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
  );
  await database.sql(`CREATE TABLE t (id int PRIMARY KEY, n numeric(10, 2), u uuid, c citext, l text COLLATE public.loose, other text);
    INSERT INTO t VALUES (1, 7, '0b2c9f3e-1111-4222-8333-abcdefabcdef', 'Ann@X.example', 'José', 'x'), (2, 8, NULL, 'bob@x.example', 'Bob', 'x')`);
  const clear = { kind: "clear" } as const;
  const all = target(record("t", "redact", { fields: { n: clear, u: clear, c: clear, l: clear } }), [
    { column: "n", type: "integer", fold: [] },
    { column: "u", type: "uuid", fold: [] },
    { column: "c", type: "email", fold: [] },
    { column: "l", type: "string", fold: [] },
    { column: "other", type: "string", fold: [] },
  ]);
  const values = { n: "7.0", u: "0B2C9F3E-1111-4222-8333-ABCDEFABCDEF", c: "ANN@x.example", l: "jose", other: "x" };
  expect(await eraseBy(all, [lookup(values)])).toMatchObject([done(1, { alreadyGone: 1 })]);
  expect(await rows("t")).toEqual(["(1,,,,,x)", "(2,8.00,,bob@x.example,Bob,x)"]);
});

test("of an array only the person's elements go; where nothing else is left, the rule is done to the whole", async () => {
  await database.sql(
    "CREATE TABLE lists (id int PRIMARY KEY, emails text[] NOT NULL, spare text[]); INSERT INTO lists VALUES (1, '{a@x.example,b@x.example,NULL}', '{c@x.example}'), (2, '{a@x.example}', '{a@x.example}')",
  );
  const lists = target(
    record("lists", "redact", { fields: { emails: { kind: "remove" }, spare: { kind: "clear" } } }),
    [email("emails"), email("spare")],
  );
  expect(await eraseBy(lists, [lookup({ emails: "a@x.example", spare: "a@x.example" })])).toMatchObject([done(2)]);
  expect(await rows("lists")).toEqual(['(1,"{b@x.example,NULL}",{c@x.example})', "(2,{},)"]);
});

test("in a document a rule at or above a matched path acts only where that path holds the person", async () => {
  const doc = (from: string, to: string) =>
    JSON.stringify({ from: { email: from, name: "n" }, to: { email: to, name: "n" }, about: "x" });
  await database.sql("CREATE TABLE docs (id int PRIMARY KEY, owner int, doc json)");
  for (const [id, from, to] of [
    [1, "a@x.example", "b@x.example"],
    [2, "b@x.example", "A@x.example"],
    [3, "b@x.example", "c@x.example"],
  ] as const)
    await database.sql("INSERT INTO docs VALUES ($1, 7, $2)", [id, doc(from, to)]);
  await database.sql(`INSERT INTO docs VALUES (4, 7, '{"from": {"name": "n"}, "about": "x"}')`);
  const docs = target(
    record("docs", "redact", { in: ["doc"], paths: { from: { kind: "clear" }, "to.email": { kind: "remove" } } }),
    [email("doc.from.email"), email("doc.to.email"), "owner"],
  );
  expect(
    await eraseBy(docs, [lookup({ "doc.from.email": "a@x.example", "doc.to.email": "a@x.example", owner: "7" })]),
  ).toMatchObject([done(3, { alreadyGone: 1 })]);
  expect(await database.sql("SELECT doc::text FROM docs ORDER BY id")).toEqual([
    ['{"from":null,"to":{"email":"b@x.example","name":"n"},"about":"x"}'],
    ['{"from":{"email":"b@x.example","name":"n"},"to":{"name":"n"},"about":"x"}'],
    ['{"from":{"email":"b@x.example","name":"n"},"to":{"email":"c@x.example","name":"n"},"about":"x"}'],
    // nobody else stands there
    ['{"from": null, "about": "x"}'],
  ]);
});

test("a rule above a list that holds others takes the person's elements out of it, and does the whole where she is alone", async () => {
  const members = (...list: string[]) =>
    JSON.stringify({ thread: { members: list.map((one) => ({ email: one })), title: "t" } });
  await database.sql("CREATE TABLE rooms (id int PRIMARY KEY, doc jsonb)");
  for (const [id, list] of [
    [1, ["a", "b"]],
    [2, ["a", "a"]],
    [3, ["b"]],
  ] as const)
    await database.sql("INSERT INTO rooms VALUES ($1, $2)", [id, members(...list)]);
  await database.sql(
    `INSERT INTO rooms VALUES (4, '{"thread": {"members": [{"email": "a"}, {"name": "no address"}]}}')`,
  );
  for (const [more, after] of [
    [
      { in: ["doc"], paths: { thread: { kind: "clear" } } },
      [
        '(1,"{""thread"": {""title"": ""t"", ""members"": [{""email"": ""b""}]}}")',
        '(2,"{""thread"": null}")',
        '(3,"{""thread"": {""title"": ""t"", ""members"": [{""email"": ""b""}]}}")',
        '(4,"{""thread"": {""members"": [{""name"": ""no address""}]}}")',
      ],
    ],
    [
      { fields: { doc: { kind: "clear" } } },
      [
        '(1,"{""thread"": {""title"": ""t"", ""members"": [{""email"": ""b""}]}}")',
        "(2,)",
        '(3,"{""thread"": {""title"": ""t"", ""members"": [{""email"": ""b""}]}}")',
        '(4,"{""thread"": {""members"": [{""name"": ""no address""}]}}")',
      ],
    ],
  ] as const) {
    await database.sql("CREATE TEMP TABLE kept AS SELECT * FROM rooms");
    const rooms = target(record("rooms", "redact", more), ["doc.thread.members[].email"]);
    expect(await eraseBy(rooms, [lookup({ "doc.thread.members[].email": "a" })])).toMatchObject([done(3)]);
    expect(await rows("rooms")).toEqual(after);
    await database.sql("DELETE FROM rooms; INSERT INTO rooms SELECT * FROM kept; DROP TABLE kept");
  }
});

test("a record says whether others stand in the list it was matched through: arrays, JSON lists, split cells", async () => {
  await database.sql(`CREATE TABLE t (id int PRIMARY KEY, list text[], doc jsonb, cell text, owner text);
    INSERT INTO t VALUES (1, '{a,b}', NULL, NULL, NULL), (2, '{a,NULL,"",a}', NULL, NULL, NULL), (3, NULL, '{"m": [{"e": "a"}, {"e": "b"}]}', NULL, NULL), (4, NULL, '{"m": [{"e": "a"}, null]}', NULL, NULL),
      (5, NULL, '{"m": [{"e": "a"}, {"n": "nobody"}]}', NULL, NULL), (6, NULL, NULL, 'a;b', NULL), (7, NULL, NULL, 'a;', NULL), (8, '{b,c}', NULL, NULL, 'a'), (9, '{a,d}', NULL, NULL, NULL)`);
  const where = target(record("t", "erase", { split: { cell: ";" } }), ["list", "doc.m[].e", "cell", "owner"]);
  const values = (who: string, at = 0) => lookup({ list: who, "doc.m[].e": who, cell: who, owner: who }, at);
  const shared = (found: readonly Located[]) =>
    found.map(({ key, shared: with_ }) => `${key.replaceAll(/\D/gu, "")} ${with_ ?? false}`);
  expect(shared(await look(where, [values("a")]))).toEqual([
    "1 true",
    "2 false",
    "3 true",
    "4 false",
    "5 true",
    "6 true",
    "7 false",
    "8 false",
    "9 true",
  ]);
  // those who are searched together are no others to each other
  const both = await look(where, [values("a", 0), values("d", 1)]);
  expect(both.find(({ key }) => key === '["9"]')).toMatchObject({ subjects: [0, 1] });
  expect(shared(both).at(-1)).toBe("9 false");
});

test("a cell that is a list is matched by its pieces, and loses the person's, the rest byte for byte", async () => {
  await database.sql(`CREATE TABLE contacts (id int PRIMARY KEY, mail text, must text NOT NULL);
    INSERT INTO contacts VALUES (1, 'a@x.example ::: b@x.example', 'a@x.example;  b@x.example;'), (2, 'A@x.example', 'a@x.example'), (3, 'aa@x.example ::: b@x.example', 'x'), (4, 'b@x.example ::: a@x.example ::: c@x.example', 'c'), (5, NULL, 'q')`);
  const contacts = target(
    record("contacts", "redact", {
      split: { mail: " ::: ", must: ";" },
      fields: { mail: { kind: "remove" }, must: { kind: "remove" } },
    }),
    [email("mail"), email("must")],
    ["mail"],
  );
  const lookups = [lookup({ mail: "a@x.example", must: "a@x.example" })];
  const found = await look(contacts, lookups);
  expect(found.map(({ key, values }) => [key, values["mail"]])).toEqual([
    ['["1"]', ["a@x.example", "b@x.example"]],
    ['["2"]', ["A@x.example"]],
    ['["4"]', ["b@x.example", "a@x.example", "c@x.example"]],
  ]);
  expect(await eraseBy(contacts, lookups)).toMatchObject([done(3)]);
  expect(await rows("contacts")).toEqual([
    '(1,b@x.example,"  b@x.example;")',
    '(2,,"")',
    '(3,"aa@x.example ::: b@x.example",x)',
    '(4,"b@x.example ::: c@x.example",c)',
    "(5,,q)",
  ]);
});

test("a rule that makes something of a value makes it of the person's piece of the cell", async () => {
  await database.sql("CREATE TABLE t (id int PRIMARY KEY, cell text); INSERT INTO t VALUES (1, 'b, a, c')");
  const where = target(
    record("t", "anonymise", { split: { cell: ", " }, fields: { cell: { kind: "set", value: "gone" } } }),
    ["cell"],
  );
  expect(await eraseBy(where, [lookup({ cell: "a" })])).toMatchObject([done(1)]);
  expect(await rows("t")).toEqual(['(1,"b, gone, c")']);
});

test("rules of other record types that found the same rows are done in the same go, each by its own people", async () => {
  await database.sql(
    "CREATE TABLE mails (id int PRIMARY KEY, sender int, receiver int, body text); INSERT INTO mails VALUES (1, 20, 20, 'to herself'), (2, 20, 19, 'by her'), (3, 19, 20, 'to her')",
  );
  const table = { kind: "table", table: "mails" } as const;
  const clear = { kind: "clear" } as const;
  const sent = target(record("sent", "anonymise", { place: table, fields: { sender: clear, body: clear } }), [
    "sender",
  ]);
  const received = target(record("received", "unlink", { place: table, fields: { receiver: clear } }), ["receiver"]);
  const system = systemOf([sent.record, received.record]);
  const [mine, theirs] = [lookup({ sender: "20" }), lookup({ receiver: "20" })];
  const [bySender, byReceiver] = [await look(sent, [mine]), await look(received, [theirs])];
  // the same row has the same address whoever found it
  const both = byReceiver.filter(({ address }) => bySender.some((one) => one.address === address));
  expect(both.map(({ key }) => key)).toEqual(['["1"]']);
  const work = await plan(system, worldOf(database), sent, [mine]);
  const [operation] = work.operations;
  if (operation === undefined) throw new Error("nothing planned");
  const change = { kind: "fields", fields: { receiver: clear }, documents: [] } as const;
  const planned: Work = {
    ...work,
    operations: [{ ...operation, also: [{ target: received, change, lookups: [theirs] }] }],
  };
  const remaining = async () => {
    await using reader = await system.openReader(worldOf(database));
    const [first] = planned.operations;
    return first === undefined ? [] : await Array.fromAsync(reader.remaining(sent, first));
  };
  expect(await remaining()).toEqual(['["1"]', '["2"]']);
  expect(await erase(system, worldOf(database), [planned])).toMatchObject([done(2)]);
  expect(await rows("mails")).toEqual(["(1,,,)", "(2,,19,)", '(3,19,20,"to her")']);
  expect(await remaining()).toEqual([]);
  // a row of which only the other record type's part is left remains
  await database.sql("UPDATE mails SET receiver = 20 WHERE id = 1");
  expect(await remaining()).toEqual(['["1"]']);
});

test("a matched value that a trigger puts back is remaining, for whoever looks with the values it was found by", async () => {
  await database.sql(`CREATE TABLE mails (id int PRIMARY KEY, sender text, receiver text); INSERT INTO mails VALUES (1, 'ann@x.example', 'bob@x.example'), (2, 'bob@x.example', 'ann@x.example');
    CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.sender := OLD.sender; RETURN NEW; END $$; CREATE TRIGGER back BEFORE UPDATE ON mails FOR EACH ROW EXECUTE FUNCTION back()`);
  const mails = target(
    record("mails", "unlink", { fields: { sender: { kind: "unlink" }, receiver: { kind: "unlink" } } }),
    ["sender", "receiver"].map(email),
  );
  const system = systemOf([mails.record]);
  const lookups = [lookup({ sender: "ann@x.example", receiver: "ann@x.example" })];
  const work = await plan(system, worldOf(database), mails, lookups);
  const [operation] = work.operations;
  if (operation === undefined) throw new Error("nothing was planned");
  expect(await erase(system, worldOf(database), [work])).toMatchObject([done(2)]);
  expect(await rows("mails")).toEqual(["(1,ann@x.example,bob@x.example)", "(2,bob@x.example,)"]);
  expect(await remainingOf(system, worldOf(database), mails, operation, lookups)).toEqual(['["1"]']);
  await database.sql("DROP TRIGGER back ON mails; UPDATE mails SET sender = NULL WHERE id = 1");
  expect(await remainingOf(system, worldOf(database), mails, operation, lookups)).toEqual([]);
});

test("a matched column that is NULL names nobody: no rule makes a value of it", async () => {
  await database.sql(
    "CREATE TABLE blocks (id int PRIMARY KEY, creator int, revoker int); INSERT INTO blocks VALUES (1, 20, NULL), (2, 19, 20), (3, NULL, 20), (4, 20, 19)",
  );
  const fields = { creator: { kind: "set", value: 0 }, revoker: { kind: "set", value: 0 } } as const;
  const blocks = target(record("blocks", "unlink", { fields }), ["creator", "revoker"]);
  expect(await eraseBy(blocks, [lookup({ creator: "20", revoker: "20" })])).toMatchObject([done(4)]);
  expect(await rows("blocks")).toEqual(["(1,0,)", "(2,19,0)", "(3,,0)", "(4,0,19)"]);
});

test("two record types that change one column of the same row, in its paths or its elements, both do", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, prefs jsonb, names text[]);
    INSERT INTO people VALUES (1, '{"m": "ann", "n": [{"m": "ann"}, {"m": "bob"}], "k": 1}', '{ann,bob,anna}'), (2, '{"m": "bob", "n": []}', '{bob}')`);
  const table = { kind: "table", table: "people" } as const;
  const [clear, remove] = [{ kind: "clear" } as const, { kind: "remove" } as const];
  const one = target(
    record("one", "redact", { place: table, in: ["prefs"], paths: { m: clear }, fields: { names: remove } }),
    ["prefs.m", "names"],
  );
  const two = target(
    record("two", "redact", { place: table, in: ["prefs"], paths: { "n[].m": remove }, fields: { names: remove } }),
    ["prefs.n[].m", "names"],
  );
  const system = systemOf([one.record, two.record]);
  const [mine, theirs] = [lookup({ "prefs.m": "ann", names: "ann" }), lookup({ "prefs.n[].m": "ann", names: "anna" })];
  const work = await plan(system, worldOf(database), one, [mine]);
  const operations = work.operations.map((operation) => ({
    ...operation,
    also: [{ target: two, change: ruleOf(two), lookups: [theirs] }],
  }));
  expect(await erase(system, worldOf(database), [{ ...work, operations }])).toMatchObject([done(1)]);
  expect(await rows("people")).toEqual([
    String.raw`(1,"{""k"": 1, ""m"": null, ""n"": [{}, {""m"": ""bob""}]}",{bob})`,
    String.raw`(2,"{""m"": ""bob"", ""n"": []}",{bob})`,
  ]);
  for (const operation of operations)
    expect(await remainingOf(system, worldOf(database), one, operation, [mine])).toEqual([]);
});

const TEAMS = `[{"e":"ann@x","t":"t2"},{"e":"bob@x","t":"t1"}]`;

test("values that `all` asks for in one array of a document stand in one element of it, else the row is somebody else's", async () => {
  await database.sql("CREATE TABLE teams (id int PRIMARY KEY, doc jsonb)");
  await database.sql(
    `INSERT INTO teams VALUES (1, '{"m":${TEAMS}}'), (2, '{"m":[{"e":"bob@x","t":"t2"},{"e":"ann@x","t":"t1"}]}')`,
  );
  const of = record("teams", "erase", { match: { mode: "all", terms: [] } });
  const where = target(of, [email("doc.m[].e"), "doc.m[].t"], ["id"]);
  const lookups = [lookup({ "doc.m[].e": "ann@x", "doc.m[].t": "t1" })];
  expect((await look(where, lookups)).map(({ values }) => values["id"])).toEqual([["2"]]);
  expect(await eraseBy(where, lookups)).toEqual([{ step: "shop.teams", ...done(1) }]);
  expect((await rows("teams")).map((row) => row?.slice(0, 2))).toEqual(["(1"]);
});

const GUESTS = [
  `{"m":[{"e":"ann@x","n":"Ann","role":"guest","level":5.0},{"e":"ann@x","n":"Boss","role":"owner","level":5},{"e":"bob@x","n":"Bob","role":"guest","level":5}]}`,
  `{"m":[{"e":"ann@x","n":"Ann","role":"owner","level":5},{"e":"bob@x","n":"Bob","role":"guest","level":5}]}`,
  `{"m":[{"e":"ann@x","n":"Ann","role":"guest","level":"5.0"}]}`,
  `{"m":[{"e":"ann@x","n":"Ann","role":"guest","level":4},{"e":"ann@x","n":"Ann","role":"owner","level":5}]}`,
];

test("constants that `where` asks for in one array of a document stand in the element that is acted on", async () => {
  await database.sql("CREATE TABLE teams (id int PRIMARY KEY, doc json)");
  for (const [at, doc] of GUESTS.entries()) await database.sql(`INSERT INTO teams VALUES (${at + 1}, '${doc}')`);
  const clear = { kind: "clear" } as const;
  const of = record("teams", "redact", {
    in: ["doc"],
    paths: { "m[].n": clear, "m[].e": clear },
    where: { "doc.m[].role": ["guest"], "doc.m[].level": ["5"] },
  });
  const where = target(of, [email("doc.m[].e")], ["id"]);
  const lookups = [lookup({ "doc.m[].e": "ann@x" })];
  expect((await look(where, lookups)).map(({ values }) => values["id"])).toEqual([["1"]]);
  expect(await eraseBy(where, lookups)).toEqual([{ step: "shop.teams", ...done(1) }]);
  expect((await database.sql("SELECT doc::text FROM teams ORDER BY id")).flat()).toEqual([
    GUESTS[0]?.replace(`{"e":"ann@x","n":"Ann"`, `{"e":null,"n":null`),
    ...GUESTS.slice(1),
  ]);
  expect(await look(where, lookups)).toEqual([]);
});
