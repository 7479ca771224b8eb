import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Reference, Taken } from "../../../src/model/change.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import { locateAll, remainingOf } from "../../support/erase.ts";
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
  database = await testDatabase("cascades");
});
beforeEach(async () => {
  schema = await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);
const customers = target(record("customers", "erase"), ["email"]);
const system = (records: readonly RecordType[], more: Partial<SystemBlock> = {}) => systemOf(records, more);

async function referencesTo(
  where: TestTarget,
  keys: readonly string[],
  records: readonly RecordType[],
  more: Partial<SystemBlock> = {},
): Promise<Reference[]> {
  await using reader = await system(records, more).openReader(worldOf(database));
  return await Array.fromAsync(reader.references(where, keys));
}

/** `way > child key`, sorted. */
const ways = (references: readonly Reference[]) =>
  references
    .map(({ parentKey, through, link, childKey }) => `${parentKey} ${through.join(" > ")} = ${link.child} ${childKey}`)
    .toSorted();

/** Rows that a cascade takes along, as the planner would have them. */
const taken = (references: readonly Reference[], tables: readonly string[]): Taken[] =>
  references.flatMap(({ link, childKey }) =>
    tables.includes(link.child) ? [{ constraint: link.constraint, table: link.child, key: childKey }] : [],
  );

const CART = `CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE carts (id int PRIMARY KEY, c int CONSTRAINT cart_of REFERENCES customers ON DELETE CASCADE);
  CREATE TABLE items (id int PRIMARY KEY, cart int CONSTRAINT item_of REFERENCES carts ON DELETE CASCADE); CREATE TABLE notes (id int PRIMARY KEY, item int CONSTRAINT note_of REFERENCES items ON DELETE SET NULL);
  CREATE TABLE invoices (id int PRIMARY KEY, cart int CONSTRAINT invoice_of REFERENCES carts ON DELETE CASCADE);
  INSERT INTO customers VALUES (1, 'x'), (2, 'y'); INSERT INTO carts VALUES (10, 1), (11, 1), (20, 2); INSERT INTO items VALUES (100, 10), (200, 20); INSERT INTO notes VALUES (1000, 100); INSERT INTO invoices VALUES (5, 10), (6, 20)`;
const invoices = record("invoices", "erase");
const IGNORED = { ignore: ["carts", "items", "notes"] };

test("references follow a cascade through tables of no record type, down to record types and to what stays", async () => {
  await database.sql(CART);
  const all = [customers.record, invoices];
  expect(ways(await referencesTo(customers, ['["1"]', '["2"]'], all, IGNORED))).toEqual([
    '["1"] cart_of = shop.carts ["10"]',
    '["1"] cart_of = shop.carts ["11"]',
    '["1"] cart_of > invoice_of = shop.invoices ["5"]',
    '["1"] cart_of > item_of = shop.items ["100"]',
    '["1"] cart_of > item_of > note_of = shop.notes ["1000"]',
    '["2"] cart_of = shop.carts ["20"]',
    '["2"] cart_of > invoice_of = shop.invoices ["6"]',
    '["2"] cart_of > item_of = shop.items ["200"]',
  ]);
  await using reader = await system(all, IGNORED).openReader(worldOf(database));
  const links = (await reader.links([customers])).map(
    ({ constraint, child, parent, onDelete }) => `${constraint} ${child} ${parent} ${onDelete}`,
  );
  expect(links).toEqual([
    "cart_of shop.carts shop.customers cascade",
    "invoice_of shop.invoices shop.customers cascade",
    "item_of shop.items shop.customers cascade",
    "note_of shop.notes shop.customers set_null",
  ]);
  // below a record type's own rows it goes no further: they are judged by themselves
  expect(ways(await referencesTo(customers, ['["1"]'], [...all, record("carts", "erase")], IGNORED))).toEqual([
    '["1"] cart_of = shop.carts ["10"]',
    '["1"] cart_of = shop.carts ["11"]',
  ]);
});

test("what a cascade was planned to take goes; a row behind it that was not planned keeps its parent", async () => {
  await database.sql(CART);
  const all = [customers.record, invoices];
  const work = await plan(system(all, IGNORED), worldOf(database), customers, [
    lookup({ email: "x" }, 0),
    lookup({ email: "y" }, 1),
  ]);
  const references = await referencesTo(customers, ['["1"]', '["2"]'], all, IGNORED);
  const [operation] = work.operations;
  if (operation === undefined) throw new Error("nothing planned");
  const takes = (key: string) =>
    taken(
      references.filter(({ parentKey }) => parentKey === key),
      ["shop.carts", "shop.items"],
    );
  const records = operation.records.map((one) => ({ ...one, takes: takes(one.key) }));
  await database.sql("DELETE FROM invoices WHERE id = 5");
  // the invoice of cart 20 is nobody's plan
  const [outcome] = await erase(system(all, IGNORED), worldOf(database), [
    { ...work, operations: [{ ...operation, records }] },
  ]);
  expect(outcome).toMatchObject(done(1, { blocked: 1, unresolved: ['["2"]'], reason: "invoice_of" }));
  expect([
    await rows("customers"),
    await rows("carts"),
    await rows("items"),
    await rows("invoices"),
    await rows("notes"),
  ]).toEqual([["(2,y)"], ["(20,2)"], ["(200,20)"], ["(6,20)"], ["(1000,)"]]);
});

test("a planned record whose cascade rows are still there remains", async () => {
  await database.sql(CART);
  const all = [customers.record, invoices];
  const references = await referencesTo(customers, ['["1"]'], all, IGNORED);
  const records = [
    { key: '["1"]', fingerprint: "", subjects: [0], takes: taken(references, ["shop.carts", "shop.items"]) },
  ];
  const operation = { change: { kind: "delete" }, records } as const;
  const remaining = async () => await remainingOf(system(all, IGNORED), worldOf(database), customers, operation);
  expect(await remaining()).toEqual(['["1"]']);
  // somebody let the cart go before the customer was deleted
  await database.sql("UPDATE carts SET c = NULL WHERE c = 1; DELETE FROM customers WHERE id = 1");
  expect(await remaining()).toEqual(['["1"]']);
  await database.sql("DELETE FROM carts WHERE c IS NULL");
  expect(await remaining()).toEqual([]);
});

test("foreign keys of and into partitions and inheritance children count", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE staff (PRIMARY KEY (id)) INHERITS (people);
    CREATE TABLE payroll (id int PRIMARY KEY, s int CONSTRAINT paid REFERENCES staff ON DELETE CASCADE); INSERT INTO staff VALUES (1, 'x'); INSERT INTO people VALUES (2, 'x'); INSERT INTO payroll VALUES (7, 1);
    CREATE TABLE users (id int PRIMARY KEY, email text) PARTITION BY RANGE (id); CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (100); CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (100) TO (200);
    CREATE TABLE seats (id int PRIMARY KEY, u int CONSTRAINT seat_of REFERENCES users_1 ON DELETE CASCADE); INSERT INTO users VALUES (5, 'x'), (105, 'x'); INSERT INTO seats VALUES (1, 5);
    CREATE TABLE old (id int PRIMARY KEY, u int) ; CREATE TABLE older (CONSTRAINT older_of FOREIGN KEY (u) REFERENCES users_2 ON DELETE CASCADE) INHERITS (old); INSERT INTO older VALUES (1, 105);
    CREATE TABLE logs (id int, u int, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (100); CREATE TABLE logs_2 PARTITION OF logs DEFAULT;
    ALTER TABLE logs_1 ADD CONSTRAINT log_of FOREIGN KEY (u) REFERENCES users_1 ON DELETE CASCADE; INSERT INTO logs VALUES (1, 5), (500, 5)`);
  const people = target(record("people", "erase"), ["email"]);
  const users = target(record("users", "erase"), ["email"]);
  expect(
    await check(system([people.record]), worldOf(database), [people]).then((all) =>
      all.flatMap(({ code, message }) => (code === "CASCADE_UNDECLARED" ? [message] : [])),
    ),
  ).toEqual([expect.stringContaining("paid: payroll (s)")]);
  expect(codes(await check(system([users.record]), worldOf(database), [users]))).toEqual(
    Array(3).fill("CASCADE_UNDECLARED shop.users"),
  );
  const keys =
    (
      await plan(system([people.record]), worldOf(database), people, [lookup({ email: "x" })])
    ).operations[0]?.records.map(({ key }) => key) ?? [];
  const staff = keys.find((key) => key.startsWith('["1"')) ?? "";
  expect(ways(await referencesTo(people, keys, [people.record]))).toEqual([`${staff} paid = shop.payroll ["7"]`]);
  expect(ways(await referencesTo(users, ['["5"]', '["105"]'], [users.record]))).toEqual([
    expect.stringMatching(/^\["105"\] older_of = shop\.older \["ctid"/u),
    '["5"] log_of = shop.logs_1 ["1"]',
    '["5"] seat_of = shop.seats ["1"]',
  ]);
  // a record type over the parent of the referencing table finds its rows: named as that one names them
  const [reference] = (await referencesTo(users, ['["105"]'], [users.record, record("old", "erase")])).filter(
    ({ link }) => link.child === "shop.old",
  );
  const old = target(record("old", "erase"), ["u"]);
  const [found] =
    (await plan(system([old.record]), worldOf(database), old, [lookup({ u: "105" })])).operations[0]?.records ?? [];
  expect(reference?.childKey).toBe(found?.key);
  // a partition that is a record type of its own is one, the rest of its table is none
  const mapped = await referencesTo(users, ['["5"]'], [users.record, record("logs_1", "erase")]);
  expect(ways(mapped)).toContain('["5"] log_of = shop.logs_1 ["1"]');
});

test("a partitioned table that references, of which one partition is a record type: each row is named once", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (5, 'x');
    CREATE TABLE logs (id int, u int CONSTRAINT log_of REFERENCES users ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (100); CREATE TABLE logs_2 PARTITION OF logs DEFAULT; INSERT INTO logs VALUES (1, 5), (500, 5)`);
  const users = target(record("users", "erase"), ["email"]);
  const mapped = await referencesTo(users, ['["5"]'], [users.record, record("logs_1", "erase")]);
  expect(ways(mapped)).toEqual(['["5"] log_of = shop.logs ["500"]', '["5"] log_of = shop.logs_1 ["1"]']);
  expect(mapped.map(({ childAddress }) => childAddress)).toEqual(
    expect.arrayContaining([undefined, JSON.stringify([schema, "logs_1", "1"])]),
  );
});

test("a row of a partition or an inheritance child that references is the one that its record type finds: the person goes in the same run", async () => {
  await database.sql(`CREATE TABLE customers (id int PRIMARY KEY, email text); INSERT INTO customers VALUES (1, 'x'), (2, 'y');
    CREATE TABLE pays (id int, c int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d); CREATE TABLE pays_24 PARTITION OF pays FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); CREATE TABLE pays_25 PARTITION OF pays FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    ALTER TABLE pays_25 ADD CONSTRAINT one_of FOREIGN KEY (c) REFERENCES customers; INSERT INTO pays VALUES (1, 1, '2024-05-05'), (1, 1, '2025-05-05'), (2, 2, '2025-05-05');
    CREATE TABLE bills (id int PRIMARY KEY, c int CONSTRAINT all_of REFERENCES customers) PARTITION BY RANGE (id); CREATE TABLE bills_1 PARTITION OF bills DEFAULT; INSERT INTO bills VALUES (1, 1), (2, 2);
    CREATE TABLE notes (id int PRIMARY KEY, c int); CREATE TABLE notes_old (PRIMARY KEY (id)) INHERITS (notes); ALTER TABLE notes_old ADD CONSTRAINT child_of FOREIGN KEY (c) REFERENCES customers ON DELETE CASCADE; INSERT INTO notes VALUES (1, 1); INSERT INTO notes_old VALUES (1, 1), (2, 2)`);
  const others = ["pays", "bills", "notes"].map((name) => target(record(name, "erase"), ["c"]));
  const all = [customers.record, ...others.map((one) => one.record)];
  const own = [];
  for (const one of others)
    for (const { address } of await locateAll(system(all), worldOf(database), one, [lookup({ c: "1" })]))
      own.push(address);
  const referencing = await referencesTo(customers, ['["1"]'], all);
  expect(referencing.flatMap(({ childAddress }) => childAddress ?? []).toSorted()).toEqual(
    ["bills_1", "notes_old", "pays_25"].map((table) =>
      JSON.stringify([schema, table, "1", ...(table === "pays_25" ? ["2025-05-05"] : [])]),
    ),
  );
  for (const { childAddress } of referencing) expect(own).toContain(childAddress);
  const works = [await plan(system(all), worldOf(database), customers, [lookup({ email: "x" })])];
  for (const one of others) works.push(await plan(system(all), worldOf(database), one, [lookup({ c: "1" })]));
  expect(await erase(system(all), worldOf(database), works)).toMatchObject([done(1), done(2), done(1), done(2)]);
  expect([await rows("customers"), await rows("pays"), await rows("bills"), await rows("notes")]).toEqual([
    ["(2,y)"],
    ["(2,2,2025-05-05)"],
    ["(2,2)"],
    ["(2,2)"],
  ]);
});

test("a partitioned table all of whose partitions are record types is known; a partition that comes later loses nothing unseen", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (5, 'x'), (6, 'y');
    CREATE TABLE logs (id int, u int CONSTRAINT log_of REFERENCES users ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (100); CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100) TO (200); INSERT INTO logs VALUES (1, 6), (150, 6)`);
  const users = target(record("users", "erase"), ["email"]);
  const all = [users.record, record("logs_1", "erase"), record("logs_2", "erase")];
  expect(codes(await check(system(all), worldOf(database), [users]))).toEqual([]);
  expect(codes(await check(system(all.slice(0, 2)), worldOf(database), [users]))).toEqual([
    "CASCADE_UNDECLARED shop.users",
  ]);
  const work = await plan(system(all), worldOf(database), users, [lookup({ email: "x" })]);
  await database.sql("CREATE TABLE logs_3 PARTITION OF logs DEFAULT; INSERT INTO logs VALUES (500, 5), (501, 6)");
  expect(await erase(system(all), worldOf(database), [work])).toMatchObject([
    { affected: 0, blocked: 1, reason: "log_of" },
  ]);
  expect(await rows("logs")).toEqual(["(1,6)", "(150,6)", "(500,5)", "(501,6)"]);
});

test("circles and self references end, each row is told once a way", async () => {
  await database.sql(`CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE a (id int PRIMARY KEY, c int CONSTRAINT a_c REFERENCES customers ON DELETE CASCADE, b int); CREATE TABLE b (id int PRIMARY KEY, a int CONSTRAINT b_a REFERENCES a ON DELETE CASCADE);
    ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b ON DELETE CASCADE; CREATE TABLE tree (id int PRIMARY KEY, c int CONSTRAINT t_c REFERENCES customers ON DELETE CASCADE, up int CONSTRAINT t_t REFERENCES tree ON DELETE CASCADE);
    INSERT INTO customers VALUES (1, 'x'); INSERT INTO a VALUES (1, 1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1; INSERT INTO tree VALUES (1, 1, 1), (2, NULL, 1), (3, NULL, 2)`);
  const found = ways(await referencesTo(customers, ['["1"]'], [customers.record], { ignore: ["a", "b", "tree"] }));
  expect(found).toEqual([
    '["1"] a_c = shop.a ["1"]',
    '["1"] a_c > b_a = shop.b ["1"]',
    '["1"] a_c > b_a > a_b = shop.a ["1"]',
    '["1"] t_c = shop.tree ["1"]',
    '["1"] t_c > t_t = shop.tree ["1"]',
    '["1"] t_c > t_t = shop.tree ["2"]',
    '["1"] t_c > t_t > t_t = shop.tree ["3"]',
  ]);
});

test("a cascade that is undeclared is refused at every level, through partitions of what it takes", async () => {
  await database.sql(`CREATE TABLE customers (id int PRIMARY KEY, email text); CREATE TABLE carts (id int, c int CONSTRAINT cart_of REFERENCES customers ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE carts_1 PARTITION OF carts DEFAULT;
    CREATE TABLE items (id int PRIMARY KEY, cart int CONSTRAINT item_of REFERENCES carts_1 ON DELETE CASCADE)`);
  const messages = async (more: Partial<SystemBlock>) =>
    (await check(system([customers.record], more), worldOf(database), [customers])).flatMap(({ code, message }) =>
      code === "CASCADE_UNDECLARED" ? [message.split(":")[0]] : [],
    );
  expect(await messages({})).toEqual(["cart_of", "item_of"]);
  expect(await messages({ ignore: ["carts"] })).toEqual(["item_of"]);
  expect(await messages({ ignore: ["carts", "it*"] })).toEqual([]);
});

test("a key that others reference is not changed by a rule, whatever ON UPDATE says", async () => {
  await database.sql(
    "CREATE TABLE customers (id int PRIMARY KEY, email text, login text UNIQUE); CREATE TABLE seen (login text CONSTRAINT seen_by REFERENCES customers (login) ON UPDATE CASCADE)",
  );
  const renamed = target(
    record("customers", "anonymise", { fields: { login: { kind: "template", template: ":random" } } }),
    ["email"],
  );
  const findings = await check(system([renamed.record]), worldOf(database), [renamed]);
  expect(codes(findings)).toEqual(["FIELD_REFUSED shop.customers login"]);
  expect(findings.find(({ code }) => code === "FIELD_REFUSED")?.message).toContain("seen_by");
});
