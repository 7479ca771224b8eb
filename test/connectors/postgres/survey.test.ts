import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Store } from "../../../src/model/structure.ts";
import { systemOf, testDatabase, type TestDatabase, worldOf } from "./database.ts";

let database: TestDatabase;
let schema = "";
beforeAll(async () => {
  database = await testDatabase("survey");
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  schema = await database.fresh();
});

async function survey() {
  const opened = await systemOf([]).openSurvey?.(worldOf(database));
  if (opened === undefined) throw new Error("postgres cannot be surveyed");
  return opened;
}

async function stores(within: readonly string[] = [schema]): Promise<ReadonlyMap<string, Store>> {
  await using opened = await survey();
  return new Map((await Array.fromAsync(opened.stores(within))).map((store) => [store.name, store]));
}

const column = (name: string, type: string, shape: string, more: object = {}) => ({
  name,
  type,
  shape,
  nullable: true,
  generated: false,
  ...more,
});

test("columns are told with their types, domains and enums by what they are made of, and everything declared of them", async () => {
  await database.sql(`CREATE TYPE state AS ENUM ('open', 'shut'); CREATE DOMAIN mail AS varchar(80) NOT NULL CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
    CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email mail, name varchar(40) NOT NULL DEFAULT 'nobody', born date, tags text[], extra jsonb,
      photo bytea, uid uuid, ip inet, age int, ok boolean, s state, loud text GENERATED ALWAYS AS (upper(name)) STORED);
    COMMENT ON TABLE people IS 'who reads here'; COMMENT ON COLUMN people.born IS 'day of birth'`);
  const people = (await stores()).get("people");
  expect(people).toMatchObject({
    kind: "table",
    comment: "who reads here",
    key: ["id"],
    may: { read: true, erase: true },
  });
  expect(people).not.toHaveProperty("records");
  expect(people?.columns).toEqual([
    column("id", "bigint", "number", { nullable: false, generated: true }),
    column("email", "mail", "text", { nullable: false, length: 80 }),
    column("name", "character varying(40)", "text", {
      nullable: false,
      length: 40,
      default: "'nobody'::character varying",
    }),
    column("born", "date", "date", { comment: "day of birth" }),
    column("tags", "text[]", "array"),
    column("extra", "jsonb", "json"),
    column("photo", "bytea", "bytes"),
    column("uid", "uuid", "uuid"),
    column("ip", "inet", "other"),
    column("age", "integer", "number"),
    column("ok", "boolean", "boolean"),
    column("s", "state", "text", { values: ["open", "shut"] }),
    column("loud", "text", "text", { generated: true }),
  ]);
  expect(people?.checks).toEqual([{ name: "has_at", columns: ["email"], text: expect.stringContaining("VALUE") }]);
});

test("keys, unique indexes with predicate and expression, what a search can use, references and their fate are told", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL, login text UNIQUE, gone timestamptz, CONSTRAINT short CHECK (length(login) < 9 AND email <> ''));
    CREATE UNIQUE INDEX live ON people (lower(email), gone) WHERE gone IS NULL; CREATE INDEX mails ON people (email, login); CREATE INDEX partly ON people (gone) WHERE gone IS NOT NULL;
    CREATE TABLE keyless (a int NOT NULL, b int, UNIQUE (a));
    CREATE TABLE orders (id int PRIMARY KEY, person int NOT NULL CONSTRAINT theirs REFERENCES people ON DELETE CASCADE, maker int REFERENCES people ON DELETE SET NULL, plain int REFERENCES keyless (a))`);
  const found = await stores();
  expect(found.get("people")).toMatchObject({
    uniques: [
      { name: "live", columns: ["gone"], expressions: ["lower(email)"], where: "(gone IS NULL)", constraint: false },
      { name: "people_login_key", columns: ["login"], expressions: [], constraint: true },
    ],
    checks: [{ name: "short", columns: ["login", "email"] }],
  });
  expect(found.get("people")?.indexed.toSorted()).toEqual(["email", "id", "login"]);
  expect(found.get("keyless")).toMatchObject({ key: ["a"] });
  expect(found.get("orders")?.references).toEqual([
    { name: "orders_maker_fkey", columns: ["maker"], to: "people", toColumns: ["id"], onDelete: "set_null" },
    { name: "orders_plain_fkey", columns: ["plain"], to: "keyless", toColumns: ["a"], onDelete: "restrict" },
    { name: "theirs", columns: ["person"], to: "people", toColumns: ["id"], onDelete: "cascade" },
  ]);
});

test("triggers with what they write and set, views and functions that read, partitions and other schemas are told", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text, changed_at timestamptz); CREATE TABLE trail (who int, was text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trail VALUES (OLD.id, OLD.email); RETURN NULL; END $$;
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.email = OLD.email THEN RETURN NEW; END IF; NEW.changed_at := now(); RETURN NEW; END $$;
    CREATE TRIGGER noted AFTER UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION note();
    CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TRIGGER off BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE people DISABLE TRIGGER off;
    CREATE VIEW seen AS SELECT email FROM people; CREATE MATERIALIZED VIEW kept AS SELECT id FROM people;
    CREATE FUNCTION count_people() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM people $$;
    CREATE TABLE visits (at date, person int) PARTITION BY RANGE (at); CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm; CREATE TABLE crm.leads (id int PRIMARY KEY); CREATE TABLE crm."a.b" (id int)`);
  const found = await stores([]);
  expect(found.get("people")?.triggers).toEqual([
    { name: "noted", on: ["update", "delete"], writes: ["trail"], sets: [] },
    { name: "touched", on: ["update"], writes: [], sets: ["changed_at"] },
  ]);
  expect(found.get("people")?.readers.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    "materialised_view kept",
    "view seen",
    "function count_people",
  ]);
  expect(found.get("people")?.readers[1]?.source).toContain("email");
  expect(found.get("seen")).toMatchObject({ kind: "view", columns: [column("email", "text", "text")] });
  expect(found.get("visits_2026")).toMatchObject({ kind: "table", partOf: "visits" });
  expect(found.get("visits")).not.toHaveProperty("partOf");
  expect(found.get("crm.leads")).not.toHaveProperty("parts");
  expect(found.get("crm.a.b")).toMatchObject({ parts: ["crm", "a.b"] });
  // its own catalog is no store, and other schemas are left out where some are named
  expect([...found.keys()].filter((name) => /^pg_|information_schema/u.test(name))).toEqual([]);
  expect([...(await stores(["crm"])).keys()]).toEqual(["crm.a.b", "crm.leads"]);
});

test("rights are told from the catalog: what may not be read is no error, and is not sampled", async () => {
  await database.admin(`CREATE TABLE ${schema}.mine (id int, email text); INSERT INTO ${schema}.mine VALUES (1, 'ann@shop.example');
    CREATE TABLE ${schema}.part (id int, email text); GRANT SELECT (id) ON ${schema}.part TO app; CREATE TABLE ${schema}.seen (id int); GRANT SELECT ON ${schema}.seen TO app;
    CREATE TABLE ${schema}.rls (id int, email text); GRANT ALL ON ${schema}.rls TO app; ALTER TABLE ${schema}.rls ENABLE ROW LEVEL SECURITY`);
  await using opened = await survey();
  const found = new Map((await Array.fromAsync(opened.stores([schema]))).map((store) => [store.name, store]));
  expect(found.get("mine")?.may).toEqual({ read: false, erase: false });
  expect(found.get("part")?.may).toEqual({ read: false, erase: false });
  expect(found.get("seen")?.may).toEqual({ read: true, erase: false });
  for (const name of ["mine", "part", "rls"]) {
    const store = found.get(name);
    if (store === undefined) throw new Error(`${name} was not surveyed`);
    expect(await opened.sample(store, 5), name).toEqual([]);
  }
});

test("a sample has at most so many values of a column, and reading it leaves nothing: the session cannot write", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text, photo bytea, never text); INSERT INTO people SELECT n, 'p' || n || '@shop.example', '\\x00', NULL FROM generate_series(1, 50) n;
    CREATE FUNCTION sly() RETURNS text LANGUAGE sql AS $$ DELETE FROM people; SELECT 'x' $$`);
  await using opened = await survey();
  const people = (await Array.fromAsync(opened.stores([schema]))).find(({ name }) => name === "people");
  if (people === undefined) throw new Error("people was not surveyed");
  const sampled = await opened.sample(people, 3);
  expect(sampled.map(({ column: name, values }) => [name, values.length])).toEqual([
    ["id", 3],
    ["email", 3],
  ]);
  expect(sampled[1]?.values[0]).toMatch(/^p\d+@shop\.example$/u);
  expect(await opened.sample(people, 0)).toEqual([]);
  expect(await database.sql("SELECT count(*)::text FROM people")).toEqual([["50"]]);
});
