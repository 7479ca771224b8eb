import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import type { FieldRule } from "../../../src/model/field-rule.ts";
import type { Finding, MatchColumn } from "../../../src/model/search.ts";
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
let schema: string;

beforeAll(async () => {
  database = await testDatabase("check");
});
beforeEach(async () => {
  schema = await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

/** What is found for the first record type; the others are in the map too. */
async function look(
  targets: readonly TestTarget[],
  more: Partial<SystemBlock> & { readonly all?: readonly RecordType[] } = {},
): Promise<Finding[]> {
  const { all = targets.map((one) => one.record), ...block } = more;
  return await check(systemOf(all, block), worldOf(database), targets.slice(0, 1));
}

const messages = (findings: readonly Finding[], severity: Finding["severity"] = "error") =>
  findings.filter((one) => one.severity === severity).map(({ message }) => message);
const field = (column: string, rule: FieldRule) =>
  target(record("users", "anonymise", { fields: { [column]: rule } }), ["id"]);

test("a right that is missing is named, with table and column", async () => {
  await database.admin(
    `CREATE TABLE ${schema}.users (id int PRIMARY KEY, email text, name text); CREATE TABLE ${schema}.notes (id int PRIMARY KEY, email text)`,
  );
  const users = target(record("users", "erase", { fields: { name: { kind: "clear" } } }), ["email"]);
  expect(messages(await look([users]))).toEqual([
    "the role lacks SELECT on table users",
    "the role lacks DELETE on table users",
    "the role lacks UPDATE on column name of table users",
  ]);
  await database.admin(`GRANT SELECT (id, email), DELETE ON ${schema}.users TO app`);
  const findings = await look([users]);
  expect(codes(findings)).toEqual(["NOT_PERMITTED shop.users name", "NOT_PERMITTED shop.users name"]);
  expect(messages(findings)).toEqual([
    "the role lacks SELECT on column name of table users",
    "the role lacks UPDATE on column name of table users",
  ]);
  await database.admin(`GRANT SELECT, UPDATE (name) ON ${schema}.users TO app`);
  expect(codes(await look([users]))).toEqual([]);
  // a table of which nothing is decided yet needs no right to delete
  await database.admin(`GRANT SELECT ON ${schema}.notes TO app`);
  expect(codes(await look([target(record("notes", "ask"), ["email"])]))).toEqual([]);
});

test("a schema without USAGE is named", async () => {
  await database.admin(
    "DROP SCHEMA IF EXISTS hidden CASCADE; CREATE SCHEMA hidden; CREATE TABLE hidden.users (id int PRIMARY KEY); GRANT ALL ON hidden.users TO app",
  );
  const hidden = target(record("users", "erase", { place: { kind: "table", schema: "hidden", table: "users" } }), [
    "id",
  ]);
  expect(messages(await look([hidden]))).toEqual(["the role lacks USAGE on schema hidden"]);
});

test("row-level security that can hide rows ends with 4, at check and at locate", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, email text, tenant int); INSERT INTO users VALUES (1, 'x', 1), (2, 'x', 2); ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users FORCE ROW LEVEL SECURITY; CREATE POLICY mine ON users USING (tenant = 1)",
  );
  expect(await database.sql("SELECT id FROM users WHERE email = 'x'")).toEqual([["1"]]);
  const users = target(record("users", "erase"), ["email"]);
  expect(codes(await look([users]))).toEqual(["ROW_SECURITY shop.users"]);
  await using reader = await systemOf([users.record]).openReader(worldOf(database));
  const found = Array.fromAsync(reader.locate(users, { by: "subjects", lookups: [lookup({ email: "x" })] }));
  await expect(found).rejects.toMatchObject({ code: "ROW_SECURITY", exit: 4 });
});

test("a table or column that is missing is an error beside the others", async () => {
  await database.sql("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)");
  const targets = [
    target(record("nobody", "erase"), ["id"]),
    target(record("users", "erase"), ["mail"]),
    field("email", { kind: "clear" }),
  ];
  const findings = await check(systemOf(targets.map((one) => one.record)), worldOf(database), targets);
  expect(codes(findings)).toEqual([
    "TABLE_MISSING shop.nobody",
    "COLUMN_MISSING shop.users mail",
    "CONSTRAINT shop.users email",
  ]);
});

test("an identity is not searched in a column that cannot hold it", async () => {
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, u uuid, n int8, t text, d date, b bool, j jsonb, v tsvector, a int[], ok varchar(9))",
  );
  const fits = async (column: string, type: MatchColumn["type"]) =>
    codes(await look([target(record("users", "erase"), [{ column, type, fold: [] }])]));
  expect(await fits("n", "email")).toEqual(["TYPE_MISMATCH shop.users n"]);
  expect(await fits("u", "integer")).toEqual(["TYPE_MISMATCH shop.users u"]);
  expect(await fits("n", "uuid")).toEqual(["TYPE_MISMATCH shop.users n"]);
  expect(await fits("d", "string")).toEqual(["TYPE_MISMATCH shop.users d"]);
  expect(await fits("a", "phone")).toEqual(["TYPE_MISMATCH shop.users a"]);
  expect(await fits("j", "email")).toEqual(["NOT_SEARCHABLE shop.users j"]);
  expect(await fits("v", "email")).toEqual(["NOT_SEARCHABLE shop.users v"]);
  // an edge follows all values of an array
  expect(codes(await look([target(record("users", "erase"), ["n"], ["a"])]))).toEqual([]);
  for (const [column, type] of [
    ["n", "integer"],
    ["t", "integer"],
    ["u", "uuid"],
    ["t", "uuid"],
    ["ok", "email"],
    ["a", "integer"],
    ["n", "edge"],
    ["j.mail", "email"],
  ] as const)
    expect(await fits(column, type)).toEqual([]);
});

test("a value that a constraint would refuse is refused before anything is planned", async () => {
  await database.sql(`CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%'); CREATE TYPE mood AS ENUM ('ok', 'sad');
    CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, login text UNIQUE, short varchar(5), m mail, feeling mood, age int, born date, made int GENERATED ALWAYS AS (age + 1) STORED, serial int GENERATED ALWAYS AS IDENTITY, doc jsonb, tags text[],
      email text, phone text, CONSTRAINT reachable CHECK (email IS NOT NULL OR phone IS NOT NULL), CONSTRAINT sane CHECK (age > 0))`);
  const refused: [string, FieldRule, string[]][] = [
    ["name", { kind: "clear" }, ["CONSTRAINT shop.users name"]],
    ["name", { kind: "remove" }, ["CONSTRAINT shop.users name"]],
    ["id", { kind: "unlink" }, ["CONSTRAINT shop.users id"]],
    ["login", { kind: "set", value: "gone" }, ["CONSTRAINT shop.users login"]],
    ["short", { kind: "set", value: "toolong" }, ["CONSTRAINT shop.users short"]],
    ["short", { kind: "template", template: ":random" }, ["CONSTRAINT shop.users short"]],
    ["short", { kind: "pseudonymise" }, ["CONSTRAINT shop.users short"]],
    ["m", { kind: "template", template: "gone :random" }, ["CONSTRAINT shop.users m"]],
    ["feeling", { kind: "set", value: "angry" }, ["CONSTRAINT shop.users feeling"]],
    ["age", { kind: "set", value: "many" }, ["CONSTRAINT shop.users age"]],
    ["age", { kind: "set", value: 0 }, ["CONSTRAINT shop.users"]],
    ["age", { kind: "template", template: ":random" }, ["FIELD_REFUSED shop.users age"]],
    ["age", { kind: "generalise", to: "year" }, ["FIELD_REFUSED shop.users age"]],
    ["born", { kind: "prefix", length: 4 }, ["FIELD_REFUSED shop.users born"]],
    ["made", { kind: "clear" }, ["FIELD_REFUSED shop.users made"]],
    [
      "serial",
      { kind: "set", value: 7 },
      ["FIELD_REFUSED shop.users serial", "FIELD_REFUSED shop.users serial"].slice(0, 1),
    ],
    ["tags", { kind: "pseudonymise" }, ["FIELD_REFUSED shop.users tags"]],
  ];
  for (const [column, rule, wanted] of refused)
    expect([column, rule.kind, codes(await look([field(column, rule)])).slice(0, 1)]).toEqual([
      column,
      rule.kind,
      wanted,
    ]);
  const both = target(
    record("users", "anonymise", { fields: { email: { kind: "clear" }, phone: { kind: "clear" } } }),
    ["id"],
  );
  expect(messages(await look([both]))).toEqual([
    "constraint reachable of users refuses what the rule leaves in email, phone",
  ]);
  const fine: [string, FieldRule][] = [
    ["name", { kind: "set", value: "nobody" }],
    ["login", { kind: "template", template: ":random" }],
    ["short", { kind: "prefix", length: 2 }],
    ["m", { kind: "template", template: ":random@invalid" }],
    ["feeling", { kind: "set", value: "sad" }],
    ["age", { kind: "set", value: 1 }],
    ["born", { kind: "generalise", to: "month" }],
    ["tags", { kind: "remove" }],
    ["email", { kind: "clear" }],
  ];
  for (const [column, rule] of fine) expect([column, codes(await look([field(column, rule)]))]).toEqual([column, []]);
  expect(
    codes(await look([target(record("users", "redact", { in: ["name"], paths: { x: { kind: "clear" } } }), ["id"])])),
  ).toEqual(["FIELD_REFUSED shop.users name"]);
  const held = record("users", "erase", {
    holds: [{ hold: "h", from: "born", protects: [] }],
    whileHeld: { restrict: false, keepOnly: ["age"] },
  });
  expect(codes(await look([target(held, ["id"])]))).toEqual(
    ["CONSTRAINT shop.users name", "CONSTRAINT shop.users"].slice(0, 1),
  );
});

test("a column that decides the partition, or that others reference, is not changed", async () => {
  await database.sql(
    "CREATE TABLE users (id int, email text, name text UNIQUE) PARTITION BY LIST (email)".replace(" UNIQUE", ""),
  );
  expect(codes(await look([field("email", { kind: "set", value: "x" })]))).toEqual(["FIELD_REFUSED shop.users email"]);
  await database.fresh();
  await database.sql(
    "CREATE TABLE users (id int PRIMARY KEY, login text UNIQUE); CREATE TABLE seen (login text REFERENCES users (login))",
  );
  expect(messages(await look([field("login", { kind: "template", template: ":random" })]))).toEqual([
    "column login of users is referenced by seen (seen_login_fkey)",
  ]);
});

test("foreign keys from tables that the map does not know are refused by name; declared ones are not", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text); CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users ON DELETE CASCADE); CREATE TABLE notes (id int PRIMARY KEY, u int REFERENCES users);
    CREATE TABLE lines (id int PRIMARY KEY, o int CONSTRAINT lines_of REFERENCES orders ON DELETE CASCADE); CREATE TABLE tags (u int NOT NULL REFERENCES users ON DELETE SET NULL)`);
  const users = (more: Partial<RecordType> = {}) => target(record("users", "erase", more), ["email"]);
  const known = ["notes", "tags"].map((name) => record(name, "erase"));
  const findings = await look([users()]);
  expect(codes(findings)).toEqual([
    "FOREIGN_KEY_UNDECLARED shop.users",
    "CASCADE_UNDECLARED shop.users",
    "CASCADE_UNDECLARED shop.users",
    "CONSTRAINT shop.users",
    "CASCADE_UNDECLARED shop.users",
  ]);
  expect(messages(findings)[1]).toContain("orders_u_fkey: orders (u)");
  // a declared cascade goes on: what it reaches must be declared too
  expect(messages(await look([users({ cascades: ["orders_u_fkey"] })], { all: [users().record, ...known] }))).toEqual([
    expect.stringContaining("lines_of: lines (o)"),
  ]);
  expect(
    codes(await look([users({ cascades: ["orders_u_fkey", "lines_of"] })], { all: [users().record, ...known] })),
  ).toEqual([]);
  expect(
    codes(await look([users()], { all: [users().record, ...known], ignore: ["orders", `${schema}.lines`] })),
  ).toEqual([]);
  expect(
    codes(
      await look([users()], { all: [users().record, ...known, record("orders", "erase"), record("lines", "erase")] }),
    ),
  ).toEqual([]);
  // nothing is deleted: nothing is set off
  expect(codes(await look([field("email", { kind: "clear" })]))).toEqual([]);
  const missing = messages(await look([users()]), "warning").filter((message) => message.includes("no index on"));
  expect(missing).toHaveLength(3);
  await database.sql("CREATE INDEX ON notes (u); CREATE INDEX ON orders (u) WHERE u > 5");
  expect(messages(await look([users()]), "warning").filter((message) => message.includes("no index on"))).toEqual(
    missing.filter((message) => !message.includes("notes")),
  );
});

test("a foreign key to a partitioned table counts for the record type that is one of its partitions", async () => {
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text) PARTITION BY RANGE (id); CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (100); CREATE TABLE orders (id int PRIMARY KEY, u int CONSTRAINT mine REFERENCES users);
    INSERT INTO users VALUES (5, 'x'); INSERT INTO orders VALUES (1, 5)`);
  const part = target(record("users_1", "erase"), ["email"]);
  expect(messages(await look([part]))).toEqual([
    "mine: orders (u) references it, ON DELETE NO ACTION; the data map does not know that table",
  ]);
  await using reader = await systemOf([part.record]).openReader(worldOf(database));
  expect(await Array.fromAsync(reader.references(part, ['["5"]']))).toEqual([
    {
      parentKey: '["5"]',
      through: ["mine"],
      childKey: '["1"]',
      link: {
        constraint: "mine",
        child: "shop.orders",
        childColumns: ["u"],
        parent: "shop.users_1",
        onDelete: "no_action",
      },
    },
  ]);
});

test("links and references name every enforced foreign key and the rows behind it", async () => {
  const [[version] = []] = await database.sql("SHOW server_version_num");
  const notEnforced =
    Number(version) < 180_000 ? "" : ", CONSTRAINT silent FOREIGN KEY (t, u) REFERENCES users NOT ENFORCED";
  await database.sql(`CREATE TABLE users (tenant int, id int, email text, PRIMARY KEY (tenant, id)); CREATE TABLE orders (id int8 PRIMARY KEY, t int, u int, CONSTRAINT mine FOREIGN KEY (t, u) REFERENCES users ON DELETE CASCADE);
    CREATE TABLE loose (t int, u int, CONSTRAINT stray FOREIGN KEY (t, u) REFERENCES users); CREATE TABLE quiet (t int, u int${notEnforced});
    INSERT INTO users VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z'); INSERT INTO orders VALUES (9007199254740993, 1, 1), (2, 1, 2), (3, 2, 1); INSERT INTO loose VALUES (1, 1)`);
  const [users, orders] = [target(record("users", "erase"), ["email"]), target(record("orders", "erase"), ["t"])];
  await using reader = await systemOf([users.record, orders.record]).openReader(worldOf(database));
  const mine = {
    constraint: "mine",
    child: "shop.orders",
    childColumns: ["t", "u"],
    parent: "shop.users",
    onDelete: "cascade",
  };
  const stray = {
    constraint: "stray",
    child: "shop.loose",
    childColumns: ["t", "u"],
    parent: "shop.users",
    onDelete: "no_action",
  };
  expect(await reader.links([users, orders])).toEqual([stray, mine]);
  const references = await Array.fromAsync(reader.references(users, ['["1","1"]', '["2","1"]', '["9","9"]']));
  expect(
    references
      .filter(({ link }) => link.child === "shop.orders")
      .toSorted((a, b) => (a.parentKey < b.parentKey ? -1 : 1)),
  ).toEqual([
    {
      parentKey: '["1","1"]',
      link: mine,
      through: ["mine"],
      childKey: '["9007199254740993"]',
      childAddress: JSON.stringify([schema, "orders", "9007199254740993"]),
    },
    {
      parentKey: '["2","1"]',
      link: mine,
      through: ["mine"],
      childKey: '["3"]',
      childAddress: JSON.stringify([schema, "orders", "3"]),
    },
  ]);
  expect(references.filter(({ link }) => link.child === "shop.loose")).toHaveLength(1);
});

const USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, gone bool);";
const trigger = (body: string, when = "AFTER DELETE OR UPDATE", more = "") =>
  `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$; CREATE TRIGGER t ${when} ON users FOR EACH ROW ${more} EXECUTE FUNCTION f()`;
const erased = target(record("users", "erase"), ["email"]);

test("a trigger that writes where the map does not look is refused, with its name and the table's", async () => {
  await database.sql(`${USERS} CREATE TABLE history (id serial, old jsonb); CREATE TABLE other (id int PRIMARY KEY);`);
  await database.sql(
    trigger(
      "-- insert into other\n IF TG_OP = 'DELETE' THEN INSERT INTO history (old) VALUES (to_jsonb(OLD)); END IF; RETURN NULL;",
    ),
  );
  expect(messages(await look([erased]))).toEqual([
    `trigger t of users writes to ${schema}.history, which is not in the data map`,
  ]);
  const history = (more: Partial<RecordType>) =>
    record("history", "redact", { in: ["old"], paths: { email: { kind: "clear" } }, ...more });
  expect(messages(await look([erased], { all: [erased.record, history({})] }))).toEqual([
    "trigger t of users copies rows into shop.history, which is a record without audit_of: shop.users",
  ]);
  expect(
    await look([erased], { all: [erased.record, history({ auditOf: ["shop.users"] })] }).then((all) =>
      all.filter(({ code }) => code !== "INDEX_MISSING"),
    ),
  ).toEqual([]);
  expect(codes(await look([erased], { ignore: ["history"] }), "warning")).toContain("TRIGGER_PRESENT shop.users");
  expect(codes(await look([erased], { ignore: ["history"] }))).toEqual([]);
  // a trigger of an UPDATE does not matter to one that only deletes; a disabled one to none
  await database.sql("ALTER TABLE users DISABLE TRIGGER t");
  expect(codes(await look([erased]))).toEqual([]);
});

test("a write is seen through functions, through the trail's own triggers, in dynamic statements and under quoted names", async () => {
  await database.sql(`${USERS} CREATE TABLE "His tory" (id serial, old jsonb); CREATE TABLE deep (old jsonb);
    CREATE FUNCTION noted(o jsonb) RETURNS void LANGUAGE sql AS $$ INSERT INTO "His tory" (old) VALUES (o) $$;
    CREATE FUNCTION deeper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'INSERT INTO deep VALUES ($1)' USING new.old; RETURN NULL; END $$; CREATE TRIGGER deeper AFTER INSERT ON "His tory" FOR EACH ROW EXECUTE FUNCTION deeper();`);
  await database.sql(trigger("PERFORM noted(to_jsonb(old)); RETURN NULL;"));
  expect(messages(await look([erased]))).toEqual([
    `trigger t of users writes to ${schema}.His tory, which is not in the data map`,
    `trigger deeper of His tory writes to ${schema}.deep, which is not in the data map`,
  ]);
  await database.fresh();
  await database.sql(
    `${USERS} ${trigger("EXECUTE format('INSERT INTO %I SELECT $1.*', TG_TABLE_NAME || '_history') USING old; RETURN NULL;")}`,
  );
  expect(messages(await look([erased]), "warning")).toContain(
    "trigger t of users builds statements at run time: the tables it writes to cannot be told",
  );
});

test("a trigger on a partition counts as one of the table; one of other columns does not count", async () => {
  await database.sql(`CREATE TABLE history (old jsonb); CREATE TABLE users (id int, email text, name text) PARTITION BY LIST (id); CREATE TABLE users_1 PARTITION OF users DEFAULT;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO history VALUES (to_jsonb(old)); RETURN NULL; END $$; CREATE TRIGGER t AFTER DELETE OR UPDATE OF name ON users_1 FOR EACH ROW EXECUTE FUNCTION f()`);
  expect(codes(await look([erased]))).toEqual(["TRIGGER_UNDECLARED shop.users"]);
  expect(codes(await look([field("name", { kind: "clear" })]))).toEqual(["TRIGGER_UNDECLARED shop.users"]);
  expect(codes(await look([field("email", { kind: "clear" })]))).toEqual([]);
});

test("what keeps a row from going is refused where it is certain, and said where it may be", async () => {
  const cases: [string, string[], string[]][] = [
    [
      trigger("UPDATE users SET gone = true WHERE id = old.id; RETURN NULL;", "BEFORE DELETE"),
      ["DELETE_SWALLOWED shop.users"],
      [],
    ],
    [trigger("RETURN new;", "BEFORE DELETE"), ["DELETE_SWALLOWED shop.users"], []],
    [trigger("IF old.gone THEN RETURN old; END IF; RETURN NULL;", "BEFORE DELETE"), [], ["TRIGGER_PRESENT shop.users"]],
    [trigger("RETURN NULL;", "BEFORE DELETE", "WHEN (old.gone)"), [], ["TRIGGER_PRESENT shop.users"]],
    [trigger("RETURN old;", "BEFORE DELETE"), [], []],
    [
      "CREATE RULE r AS ON DELETE TO users DO INSTEAD UPDATE users SET gone = true WHERE id = old.id",
      ["DELETE_SWALLOWED shop.users"],
      [],
    ],
    ["CREATE RULE r AS ON DELETE TO users WHERE old.gone DO INSTEAD NOTHING", [], ["TRIGGER_PRESENT shop.users"]],
  ];
  for (const [made, errors, warnings] of cases) {
    await database.fresh();
    await database.sql(`${USERS} ${made}`);
    const findings = await look([erased]);
    expect([made, codes(findings)]).toEqual([made, errors]);
    expect(codes(findings, "warning")).toEqual(expect.arrayContaining(warnings));
  }
  schema = await database.fresh();
  await database.sql(
    `${USERS} CREATE TABLE copies (id int); CREATE RULE r AS ON DELETE TO users DO ALSO INSERT INTO copies VALUES (old.id)`,
  );
  expect(messages(await look([erased]))).toEqual([
    `rule r of users writes to ${schema}.copies, which is not in the data map`,
  ]);
});

test("materialised views, missing indexes and server logs are said", async () => {
  await database.sql(`${USERS} CREATE VIEW v AS SELECT * FROM users; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v`);
  const findings = await look([
    target(record("users", "erase"), [
      { column: "email", type: "email", fold: ["lowercase"] },
      { column: "id", type: "integer", fold: [] },
    ]),
  ]);
  expect(codes(findings, "warning")).toEqual(["GAP shop.users", "INDEX_MISSING shop.users email"]);
  expect(messages(findings, "warning")[0]).toContain(`${schema}.mv`);
  await database.sql("CREATE INDEX ON users (lower(email))");
  expect(
    codes(
      await look([target(record("users", "erase"), [{ column: "email", type: "email", fold: ["lowercase"] }])]),
      "warning",
    ),
  ).toEqual(["GAP shop.users"]);
  await database.admin(
    `ALTER ROLE app IN DATABASE "${new URL(database.url).pathname.slice(1)}" SET log_min_duration_statement = 0`,
  );
  const loud = await look([erased]);
  expect(messages(loud, "warning").some((message) => message.includes("log"))).toBe(true);
  await database.admin(
    `ALTER ROLE app IN DATABASE "${new URL(database.url).pathname.slice(1)}" RESET log_min_duration_statement`,
  );
});

test("a column that may name large objects is a gap", async () => {
  await database.sql("CREATE TABLE users (id int PRIMARY KEY, email text, photo oid)");
  expect(codes(await look([erased]), "warning")).toContain("GAP shop.users photo");
});

test("size counts, residue says what PostgreSQL keeps", async () => {
  await database.sql(`${USERS} INSERT INTO users SELECT n, 'x' FROM generate_series(1, 30) n`);
  await using reader = await systemOf([erased.record]).openReader(worldOf(database));
  expect(await reader.size(erased)).toBe(30);
  const mechanisms = async () =>
    (await Array.fromAsync(reader.residue(erased))).map(({ mechanism, goneBy }) => `${mechanism} ${goneBy}`);
  expect(await mechanisms()).toEqual(["dead_tuples null", "wal null"]);
  await database.sql("ANALYZE users");
  expect(await mechanisms()).toEqual(["dead_tuples null", "wal null", "statistics null"]);
});
