import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Lookup, MatchColumn } from "../../../src/model/search.ts";
import { expectNoIdentifier } from "../../contract/connector.contract.ts";
import { ANN } from "../../support/cast.ts";
import {
  check,
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
  database = await testDatabase("gaps");
  await database.admin("CREATE EXTENSION citext");
});
beforeEach(async () => {
  schema = await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const email = (column: string): MatchColumn => ({ column, type: "email", fold: ["trim", "lowercase"] });

/** `where holds` of what a look reports. */
async function gaps(where: TestTarget, lookups: readonly Lookup[]): Promise<string[]> {
  const io = worldOf(database);
  await using reader = await systemOf([where.record]).openReader(io);
  await Array.fromAsync(reader.locate(where, { by: "subjects", lookups }));
  expectNoIdentifier(io.findings);
  return io.findings.flatMap(({ code, severity, gap }) =>
    code === "GAP" ? [`${severity} ${gap?.where} ${gap?.holdsIdentifier}`] : [],
  );
}

test("a materialised view that keeps the person is a gap that holds her, until it is refreshed", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text, name text); INSERT INTO users VALUES (1, '${ANN.email}', 'n'), (2, 'bob@x.example', 'b'); CREATE VIEW shown AS SELECT id, upper(email) AS e FROM users; CREATE MATERIALIZED VIEW mailing AS SELECT e FROM shown;
    CREATE MATERIALIZED VIEW all_of_them AS SELECT string_agg(email, ', ') AS list FROM users; CREATE MATERIALIZED VIEW numbers AS SELECT count(*) FROM users; CREATE MATERIALIZED VIEW empty AS SELECT * FROM users WITH NO DATA`);
  const users = target(record("users", "erase"), [email("email")]);
  const lookups = [lookup({ email: ANN.email ?? "" })];
  const all = [`warning ${schema}.all_of_them true`, `warning ${schema}.mailing true`];
  expect((await gaps(users, lookups)).toSorted()).toEqual(all);
  expect(
    await erase(systemOf([users.record]), worldOf(database), [
      await plan(systemOf([users.record]), worldOf(database), users, lookups),
    ]),
  ).toMatchObject([{ affected: 1 }]);
  expect((await gaps(users, lookups)).toSorted()).toEqual(all);
  await database.sql("REFRESH MATERIALIZED VIEW mailing; REFRESH MATERIALIZED VIEW all_of_them");
  expect(await gaps(users, lookups)).toEqual([]);
  // one that may not be read could keep anybody
  await database.admin(`ALTER MATERIALIZED VIEW ${schema}.numbers OWNER TO postgres`);
  expect(await gaps(users, lookups)).toEqual([`warning ${schema}.numbers false`]);
  await database.admin(`DROP MATERIALIZED VIEW ${schema}.numbers`);
});

test("a materialised view over a table that is found by a number keeps the number", async () => {
  await database.sql(
    "CREATE TABLE orders (id int PRIMARY KEY, customer int, total int); INSERT INTO orders VALUES (1, 7, 10), (2, 8, 10); CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY 1",
  );
  const orders = target(record("orders", "erase"), ["customer"]);
  expect(await gaps(orders, [lookup({ customer: "7" })])).toEqual([`warning ${schema}.totals true`]);
  // 10 is a total, not a customer
  expect(await gaps(orders, [lookup({ customer: "10" })])).toEqual([]);
});

test("an identifier inside a longer cell is a gap: in texts, arrays, documents of another shape; the value alone is none", async () => {
  await database.sql(`CREATE TABLE t (id int PRIMARY KEY, mail text, alt citext, list text[], doc jsonb);
    INSERT INTO t VALUES (1, 'ann@x.example', 'Ann@x.example', '{ann@x.example}', '{"to": {"email": "ann@x.example"}}'), (2, 'annann@x.example; bob@x.example', 'ann@x.example.org', '{bob@x.example}', '{"to": {"email": "bob@x.example"}}'), (3, 'x', 'x', '{}', '{"cc": "ann@x.example"}')`);
  const lookups = (column: string) => [lookup({ [column]: "ann@x.example" })];
  const of = (column: string) => target(record("t", "erase"), [email(column)]);
  for (const column of ["mail", "alt", "list", "doc.to.email"])
    expect(await gaps(of(column), lookups(column)), column).toEqual([]);
  const planted: [string, string][] = [
    ["mail", "mail = 'bob@x.example ::: ANN@x.example'"],
    ["mail", "mail = 'Ann <ann@x.example>'"],
    ["alt", "alt = 'ANN@x.example,bob@x.example'"],
    ["list", "list = '{bob@x.example,\"Ann <ann@x.example>\"}'"],
    ["doc.to.email", `doc = '{"to": [{"email": "ann@x.example"}]}'`],
    ["doc.to.email", `doc = '{"to": {"email": "bob@x.example, ann@x.example"}}'`],
  ];
  for (const [column, set] of planted) {
    await database.sql(`UPDATE t SET ${set} WHERE id = 3`);
    expect(await gaps(of(column), lookups(column)), set).toEqual([`warning t.${column} true`]);
  }
  // the list that the map does not expect, and the object where it expects a list
  const listed = target(record("t", "erase"), [email("doc.to[].email")]);
  await database.sql(
    `UPDATE t SET doc = '{"to": [{"email": "ann@x.example"}]}' WHERE id = 3; UPDATE t SET doc = NULL WHERE id = 1`,
  );
  expect(await gaps(listed, lookups("doc.to[].email"))).toEqual([]);
  await database.sql(`UPDATE t SET doc = '{"to": {"email": "ann@x.example"}}' WHERE id = 3`);
  expect(await gaps(listed, lookups("doc.to[].email"))).toEqual(["warning t.doc.to[].email true"]);
});

test("telephone numbers among others are told, short values and columns that are split are not", async () => {
  await database.sql(
    "CREATE TABLE t (id int PRIMARY KEY, phone text, code text, mail text); INSERT INTO t VALUES (1, '0043 (699) 111-222 / 0043 1 555', 'A7, B8', 'ann@x.example ::: bob@x.example'), (2, '+43 699 111 222', 'A7', 'x')",
  );
  const phone = target(record("t", "erase"), [{ column: "phone", type: "phone", fold: ["e164"] }]);
  expect(await gaps(phone, [lookup({ phone: "+43699111222" })])).toEqual([]);
  await database.sql("UPDATE t SET phone = '0043 (699) 111-222, 0043 1 555' WHERE id = 1");
  expect(await gaps(phone, [lookup({ phone: "+43699111222" })])).toEqual(["warning t.phone true"]);
  expect(
    await gaps(target(record("t", "erase"), [{ column: "code", type: "string", fold: [] }]), [lookup({ code: "A7" })]),
  ).toEqual([]);
  expect(await gaps(target(record("t", "erase"), [email("mail")]), [lookup({ mail: "ann@x.example" })])).toEqual([
    "warning t.mail true",
  ]);
  expect(
    await gaps(target(record("t", "erase", { split: { mail: " ::: " } }), [email("mail")]), [
      lookup({ mail: "ann@x.example" }),
    ]),
  ).toEqual([]);
});

test("what nothing is done to, and what nobody is searched in, is not looked through", async () => {
  await database.sql(
    "CREATE TABLE t (id int PRIMARY KEY, mail text); INSERT INTO t VALUES (1, 'ann@x.example; bob@x.example')",
  );
  expect(await gaps(target(record("t", "ask"), [email("mail")]), [lookup({ mail: "ann@x.example" })])).toEqual([]);
  expect(await gaps(target(record("t", "erase"), [email("mail")]), [])).toEqual([]);
});

test("publications and foreign partitions are said before anything is planned", async () => {
  await database.sql(
    "CREATE TABLE logs (id int, email text) PARTITION BY LIST (id); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1)",
  );
  await database.admin(
    `CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER IF NOT EXISTS away FOREIGN DATA WRAPPER postgres_fdw; CREATE FOREIGN TABLE ${schema}.logs_2 PARTITION OF ${schema}.logs FOR VALUES IN (2) SERVER away; CREATE PUBLICATION feed FOR TABLE ${schema}.logs_1`,
  );
  const logs = target(record("logs", "erase"), ["email"]);
  const found = await check(systemOf([logs.record]), worldOf(database), [logs]);
  expect(found.flatMap(({ gap }) => (gap === undefined ? [] : [`${gap.where} ${gap.holdsIdentifier}`]))).toEqual([
    "publication feed false",
    "logs_2 false",
  ]);
  await database.admin(`DROP PUBLICATION feed; DROP FOREIGN TABLE ${schema}.logs_2`);
});

test("what somebody wrote into a json document, and no text or number can hold, stops nobody's search; those who stand beside it are found", async () => {
  const e = ANN.email ?? "";
  await database.sql("CREATE TABLE docs (id int PRIMARY KEY, doc json, n int)");
  const documents = [
    String.raw`{"e":"${e}","u":"\u0000"}`,
    String.raw`{"u":"a\u0000b\ud800c\udc00d \uD83D\uDE00 \\u0000 \\ud800","n":1e200000,"m":-2E-150000}`,
    String.raw`{"e":"${e}","k":"\ud83d\ude00","n":7}`,
    String.raw`{"e":"x${e}","u":"\u0000"}`,
    String.raw`[{"e":"${e}","u":"\udc00"}]`,
  ];
  for (const [at, document] of documents.entries())
    await database.sql(`INSERT INTO docs VALUES (${at + 1}, '${document.replaceAll("'", "''")}', 1)`);
  const docs = record("docs", "redact", { in: ["doc"], paths: { e: { kind: "remove" } } });
  const byDoc = target(docs, [email("doc.e")]);
  const lookups = [lookup({ "doc.e": e })];
  expect(await gaps(byDoc, lookups)).toEqual(["warning docs.doc.e true"]);
  const work = await plan(systemOf([docs]), worldOf(database), byDoc, lookups);
  expect(await erase(systemOf([docs]), worldOf(database), [work])).toMatchObject([{ affected: 2, failed: 0 }]);
  expect((await database.sql("SELECT doc::text FROM docs ORDER BY id")).flat()).toEqual([
    String.raw`{"u":"\u0000"}`,
    documents[1],
    String.raw`{"k":"\ud83d\ude00","n":7}`,
    documents[3],
    documents[4],
  ]);
  // constants are compared beside such values as well
  const pairs = [
    ["k", "\u{1F600}", 0],
    ["n", "7", 1],
    ["n", "8", 0],
  ] as const;
  await database.sql(String.raw`UPDATE docs SET doc = '{"e":"${e}","n":7,"u":"\u0000"}' WHERE id = 1`);
  for (const [name, value, wanted] of pairs) {
    const narrowed = target({ ...docs, where: { [`doc.${name}`]: [value] } }, [email("doc.e")]);
    expect(
      (await plan(systemOf([narrowed.record]), worldOf(database), narrowed, lookups)).operations[0]?.records.length,
    ).toBe(wanted);
  }
});
