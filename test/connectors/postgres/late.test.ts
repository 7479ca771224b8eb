import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Left, PlannedRecord, Taken, Work } from "../../../src/model/change.ts";
import type { Guard } from "../../../src/port/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import { testJournal } from "../../support/journal.ts";
import {
  type Did,
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
  database = await testDatabase("late");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);
const SHORT = { session: { lock_timeout: "50ms" } };

/** Somebody of this database waits for a lock. */
async function waits(): Promise<void> {
  for (;;) {
    const [row] = await database.sql(
      "SELECT count(*)::text FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
    );
    if (row?.[0] !== "0") return;
    await sleep(5);
  }
}

const customers = target(record("customers", "erase"), ["email"]);
const invoices = record("invoices", "erase");
const planX = async (records: readonly RecordType[], more: Partial<SystemBlock> = {}, where: TestTarget = customers) =>
  await plan(systemOf(records, more), worldOf(database), where, [lookup({ email: "x" })]);

test("a row that references a planned one and commits while we wait keeps it, under every rule of its foreign key", async () => {
  for (const rule of ["CASCADE", "SET NULL", "NO ACTION", "RESTRICT"]) {
    await database.fresh();
    await database.sql(
      `CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE invoices (id int PRIMARY KEY, c int CONSTRAINT invoice_of REFERENCES customers ON DELETE ${rule}); INSERT INTO customers VALUES (1, 'x'), (2, 'x')`,
    );
    const work = await planX([customers.record, invoices]);
    const other = await database.session();
    await other.query("BEGIN; INSERT INTO invoices VALUES (7, 1)");
    const erasing = erase(systemOf([customers.record, invoices]), worldOf(database), [work]);
    await waits();
    await other.query("COMMIT");
    expect(await erasing, rule).toEqual([
      { step: "shop.customers", ...done(1, { blocked: 1, unresolved: ['["1"]'], reason: "invoice_of" }) },
    ]);
    expect([await rows("customers"), await rows("invoices")]).toEqual([["(1,x)"], ["(7,1)"]]);
  }
});

const CARTS = `CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE carts (id int PRIMARY KEY, c int CONSTRAINT cart_of REFERENCES customers ON DELETE CASCADE);
  CREATE TABLE invoices (id int PRIMARY KEY, cart int CONSTRAINT invoice_of REFERENCES carts ON DELETE CASCADE); INSERT INTO customers VALUES (1, 'x'); INSERT INTO carts VALUES (10, 1)`;
const IGNORED = { ignore: ["carts"] };
const taking = (work: Work, takes: readonly Taken[]): Work => ({
  ...work,
  operations: work.operations.map((one) => ({
    ...one,
    records: one.records.map((planned) => ({ ...planned, takes })),
  })),
});
const CART: Taken = { constraint: "cart_of", table: "shop.carts", key: '["10"]' };

test("a row that commits below a cascade's second level while we wait keeps the record", async () => {
  await database.sql(CARTS);
  const all = [customers.record, invoices];
  const work = taking(await planX(all, IGNORED), [CART]);
  const other = await database.session();
  await other.query("BEGIN; INSERT INTO invoices VALUES (7, 10)");
  const erasing = erase(systemOf(all, IGNORED), worldOf(database), [work]);
  await waits();
  await other.query("COMMIT");
  expect(await erasing).toMatchObject([{ affected: 0, blocked: 1, reason: "invoice_of" }]);
  expect([await rows("customers"), await rows("carts"), await rows("invoices")]).toEqual([
    ["(1,x)"],
    ["(10,1)"],
    ["(7,10)"],
  ]);
  await database.sql("DELETE FROM invoices");
  expect(await erase(systemOf(all, IGNORED), worldOf(database), [work])).toMatchObject([done(1)]);
  expect(await rows("carts")).toEqual([]);
});

test("nothing can be added below a row that a cascade will take, from the look on until the end", async () => {
  await database.sql(CARTS);
  const all = [customers.record, invoices];
  const work = taking(await planX(all, IGNORED), [CART]);
  const other = await database.session();
  await other.query("SET lock_timeout = '200ms'");
  let refused = "";
  const guard: Guard = {
    async judge() {
      // the rows are locked now, those that the cascade takes too
      refused = await other.query("INSERT INTO invoices VALUES (8, 10)").then(
        () => "taken",
        (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "no code"),
      );
      return [];
    },
  };
  expect(await erase(systemOf(all, IGNORED), worldOf(database), [work], testJournal(), guard)).toMatchObject([done(1)]);
  expect(refused).toBe("55P03");
  expect([await rows("customers"), await rows("invoices")]).toEqual([[], []]);
});

test("a new row in a table that the map ignores keeps its record too: the cascade was to take only what was planned", async () => {
  await database.sql(CARTS);
  const work = taking(await planX([customers.record, invoices], IGNORED), [CART]);
  await database.sql("INSERT INTO carts VALUES (11, 1)");
  expect(await erase(systemOf([customers.record, invoices], IGNORED), worldOf(database), [work])).toMatchObject([
    { affected: 0, blocked: 1, reason: "cart_of" },
  ]);
  expect(await rows("carts")).toEqual(["(10,1)", "(11,1)"]);
});

test("a row that a cascade takes and that somebody holds blocks the record, the others go", async () => {
  await database.sql(`${CARTS}; INSERT INTO customers VALUES (2, 'x'); INSERT INTO carts VALUES (20, 2)`);
  const all = [customers.record, invoices];
  const work = await planX(all, IGNORED);
  const takes = (key: string): Taken[] => [{ ...CART, key: key === '["1"]' ? '["10"]' : '["20"]' }];
  const planned: Work = {
    ...work,
    operations: work.operations.map((one) => ({
      ...one,
      records: one.records.map((row) => ({ ...row, takes: takes(row.key) })),
    })),
  };
  const other = await database.session();
  await other.query("BEGIN; SELECT FROM carts WHERE id = 10 FOR UPDATE");
  expect(await erase(systemOf(all, { ...IGNORED, ...SHORT }), worldOf(database), [planned])).toMatchObject([
    { affected: 1, blocked: 1, unresolved: ['["1"]'], reason: "lock_timeout" },
  ]);
  await other.query("ROLLBACK");
  expect([await rows("customers"), await rows("carts")]).toEqual([["(1,x)"], ["(10,1)"]]);
});

test("where the role may lock nothing, the server refuses what came late, and nothing is swept away", async () => {
  const schema = await database.fresh();
  await database.admin(`CREATE TABLE ${schema}.customers (id int PRIMARY KEY, email text); CREATE TABLE ${schema}.carts (id int PRIMARY KEY, c int CONSTRAINT cart_of REFERENCES ${schema}.customers ON DELETE CASCADE);
    INSERT INTO ${schema}.customers VALUES (1, 'x'), (2, 'x'); GRANT SELECT, DELETE ON ${schema}.customers TO app; GRANT SELECT ON ${schema}.carts TO app`);
  const work = await planX([customers.record], IGNORED);
  // between our look and our DELETE
  const guard: Guard = {
    async judge() {
      await database.admin(`INSERT INTO ${schema}.carts SELECT 99, 1 WHERE NOT EXISTS (SELECT FROM ${schema}.carts)`);
      return [];
    },
  };
  expect(
    await erase(systemOf([customers.record], IGNORED), worldOf(database), [work], testJournal(), guard),
  ).toMatchObject([{ affected: 1, blocked: 1, unresolved: ['["1"]'], reason: "cart_of" }]);
  expect([await rows("customers"), await rows("carts")]).toEqual([["(1,x)"], ["(99,1)"]]);
});

test("rows of the same unit that stay keep what they reference: held, changed, blocked, in a chain", async () => {
  await database.sql(
    "CREATE TABLE posts (id int PRIMARY KEY, author text, up int CONSTRAINT answer_to REFERENCES posts ON DELETE CASCADE); INSERT INTO posts VALUES (1, 'x', NULL), (2, 'x', 1), (3, 'x', 2), (4, 'x', NULL)",
  );
  const posts = target(record("posts", "erase"), ["author"]);
  const system = systemOf([posts.record]);
  const left = async (guard: Guard) =>
    await erase(
      system,
      worldOf(database),
      [await plan(system, worldOf(database), posts, [lookup({ author: "x" })])],
      testJournal(),
      guard,
    );
  const holding = (kind: Left["kind"]): Guard => ({
    judge: async () => await Promise.resolve([{ key: '["3"]', kind, reason: "legal_hold", until: "2030-01-01" }]),
  });
  const [held] = await left(holding("kept"));
  expect(held).toMatchObject({ affected: 1, kept: 3, reason: "legal_hold" });
  expect(await rows("posts")).toEqual(["(1,x,)", "(2,x,1)", "(3,x,2)"]);
  const [blocked] = await left(holding("blocked"));
  expect(blocked).toMatchObject({ affected: 0, blocked: 3 });
  expect(await left({ judge: async () => await Promise.resolve([]) })).toMatchObject([done(3)]);
});

test("a child that is changed so that it lets its parent go does not keep it; one that is changed otherwise does", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE posts (id int PRIMARY KEY, author int CONSTRAINT author_of REFERENCES people ON DELETE CASCADE, body text); INSERT INTO people VALUES (0, 'ghost'), (1, 'x'), (2, 'x');
    INSERT INTO posts VALUES (10, 1, 'a'), (20, 2, 'b')`);
  const people = target(record("people", "erase"), ["email"]);
  const ghost = target(record("posts", "anonymise", { fields: { author: { kind: "set", value: 0 } } }), ["id"]);
  const system = systemOf([people.record, ghost.record]);
  const works = [
    await plan(system, worldOf(database), ghost, [lookup({ id: "10" })]),
    await plan(system, worldOf(database), people, [lookup({ email: "x" })]),
  ];
  expect(await erase(system, worldOf(database), works)).toMatchObject([
    done(1),
    { affected: 1, blocked: 1, unresolved: ['["2"]'], reason: "author_of" },
  ]);
  expect([await rows("people"), await rows("posts")]).toEqual([
    ["(0,ghost)", "(2,x)"],
    ["(10,0,a)", "(20,2,b)"],
  ]);
});

test("the guard is asked for every batch after its rows are locked, in retries too, and what it names is left alone", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, code text UNIQUE CHECK (code <> 'AA')); INSERT INTO users SELECT n, 'x', 'A' || chr(65 + n) || n FROM generate_series(0, 5) n",
  );
  const users = target(record("users", "anonymise", { fields: { code: { kind: "prefix", length: 2 } } }), ["email"]);
  const system = systemOf([users.record]);
  const work = await planX([users.record], {}, users);
  const asked: string[][] = [];
  const other = await database.session();
  const guard: Guard = {
    async judge(step, records: readonly PlannedRecord[]) {
      asked.push([step, ...records.map(({ key }) => key)]);
      const { rows: free } = await other.query<{ id: number }>("SELECT id FROM users FOR UPDATE SKIP LOCKED");
      expect(records.every(({ key }) => free.every(({ id }) => key !== JSON.stringify([String(id)])))).toBe(true);
      return records.flatMap(({ key }) =>
        key === '["4"]' ? [{ key, kind: "waiting", reason: "open", says: "the ticket is open" } as const] : [],
      );
    },
  };
  const [outcome] = await erase(system, worldOf(database), [work], testJournal(), guard);
  expect(outcome).toMatchObject({ affected: 4, failed: 1, waiting: 1, unresolved: ['["0"]'] } satisfies Partial<Did>);
  expect(asked.length).toBeGreaterThan(3);
  expect((await rows("users")).filter((row) => row === "(4,x,AE4)")).toHaveLength(1);
});

test("a hold's date, a filter, a marker of being new or any exported column that changed since the plan is `changed`, whatever else still matches", async () => {
  const more = { holds: [{ hold: "h", from: "paid", protects: [] }], where: { kind: ["a"] }, created: "made" };
  for (const [column, value] of [
    ["paid", "'2026-01-01'"],
    ["kind", "'b'"],
    ["made", "'2026-01-01'"],
    ["state", "'open'"],
    ["email", "'y'"],
  ] as const) {
    await database.fresh();
    await database.sql(
      "CREATE TABLE bills (id int PRIMARY KEY, email text, paid date, kind text, made date, state text, other text); INSERT INTO bills VALUES (1, 'x', '2001-01-01', 'a', '2001-01-01', 'done', NULL), (2, 'x', '2001-01-01', 'a', '2001-01-01', 'done', NULL)",
    );
    const bills = target(record("bills", "erase", more), ["email"], ["state"]);
    const work = await planX([bills.record], {}, bills);
    const other = await database.session();
    await other.query(
      `BEGIN; UPDATE bills SET ${column} = ${value} WHERE id = 1; UPDATE bills SET other = 'z' WHERE id = 2`,
    );
    const erasing = erase(systemOf([bills.record]), worldOf(database), [work]);
    await waits();
    await other.query("COMMIT");
    expect(await erasing, column).toEqual([
      { step: "shop.bills", ...done(1, { failed: 1, unresolved: ['["1"]'], reason: "changed" }) },
    ]);
  }
});

test("a row to be changed that is another's now is `changed`, not already as wanted", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'x'), (2, 'x')",
  );
  const users = target(record("users", "anonymise", { fields: { email: { kind: "clear" } } }), ["email"]);
  const work = await planX([users.record], {}, users);
  await database.sql("UPDATE users SET email = 'newcomer' WHERE id = 1; UPDATE users SET email = NULL WHERE id = 2");
  expect(await erase(systemOf([users.record]), worldOf(database), [work])).toMatchObject([
    { affected: 0, failed: 1, alreadyGone: 1, unresolved: ['["1"]'], reason: "changed" },
  ]);
  expect(await rows("users")).toEqual(["(1,newcomer)", "(2,)"]);
});

test("a foreign key that is added in the middle of the unit undoes the batch", async () => {
  await database.sql(
    "CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE late (c int); INSERT INTO customers VALUES (1, 'x'); INSERT INTO late VALUES (1)",
  );
  const work = await planX([customers.record]);
  const system = systemOf([customers.record]);
  const io = worldOf(database);
  // added after the tables were described and before their rows are locked: it waits for nobody, we for it
  const other = await database.session();
  await other.query(
    "BEGIN; ALTER TABLE late ADD CONSTRAINT late_of FOREIGN KEY (c) REFERENCES customers ON DELETE CASCADE",
  );
  const erasing = erase(system, io, [work]);
  await waits();
  await other.query("COMMIT");
  expect(await erasing).toMatchObject([{ affected: 0, failed: 1, reason: "schema_changed" }]);
  expect([await rows("customers"), await rows("late")]).toEqual([["(1,x)"], ["(1)"]]);
  expect(await erase(system, io, [work])).toMatchObject([{ affected: 0, blocked: 1, reason: "late_of" }]);
});

test("a foreign key that came since the structure was read is seen before the unit's first change", async () => {
  await database.sql("CREATE TABLE customers (id int PRIMARY KEY, email text); INSERT INTO customers VALUES (1, 'x')");
  const system = systemOf([customers.record]);
  const io = worldOf(database);
  const work = await plan(system, io, customers, [lookup({ email: "x" })]);
  await database.sql(
    "CREATE TABLE late (c int CONSTRAINT late_of REFERENCES customers ON DELETE CASCADE); INSERT INTO late VALUES (1)",
  );
  expect(await erase(system, io, [work])).toMatchObject([{ affected: 0, blocked: 1, reason: "late_of" }]);
  expect(await rows("late")).toEqual(["(1)"]);
  await database.sql("TRUNCATE late");
  expect(await erase(system, io, [work])).toMatchObject([{ affected: 1, blocked: 0 }]);
});
