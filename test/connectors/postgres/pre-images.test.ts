/** Rows that were removed or changed are put back exactly, where nothing has taken their place. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { backOf, missing, obstacles, putBack, WINDOW } from "../putting-back.ts";
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
  worldOf,
} from "./database.ts";

const ANN = "ann@shop.example";
const MADE = `CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN short AS varchar(20) CHECK (VALUE <> '');
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email citext UNIQUE, name short, code char(8), flags bit(6), weight float8, height numeric(12,4),
  seen timestamptz, born date, span interval, life daterange, doc jsonb, raw json, bytes bytea, tags text[], grid int[], moods mood[], p pair, twice text GENERATED ALWAYS AS (code || 'x') STORED,
  boss int REFERENCES people (id), plain text, CONSTRAINT people_plain_key EXCLUDE USING btree (plain WITH =));
CREATE UNIQUE INDEX people_lower ON people (lower(plain)) WHERE weight IS NOT NULL;
CREATE TABLE orders (no int, day date, person int NOT NULL REFERENCES people (id), email text, note text, PRIMARY KEY (no, day)) PARTITION BY RANGE (day);
CREATE TABLE orders_old PARTITION OF orders FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE orders_new PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE TABLE notes (id int PRIMARY KEY, person int REFERENCES people (id) ON DELETE CASCADE, text text);
CREATE TABLE marks (note int REFERENCES notes (id) ON DELETE CASCADE, text text);
CREATE TABLE visits (id int PRIMARY KEY, person int DEFAULT NULL REFERENCES people (id) ON DELETE SET NULL, at timestamp);
INSERT INTO people (id, email, name, code, flags, weight, height, seen, born, span, life, doc, raw, bytes, tags, grid, moods, p, plain) OVERRIDING SYSTEM VALUE VALUES
  (7, 'Ann@Shop.example', 'Änn', 'ab', '101000', 'NaN', 'NaN', 'infinity', '-infinity', '-1 year 2 days -03:00', '[2020-01-01,)', '{"a": [1.50, null], "b": {}}', '{"a" :1,  "a":2}', '\\x00ff', '{NULL,"",a\\"b}', '[0:1][2:3]={{1,2},{3,4}}', '{good,NULL}', '(1,"x,y")', 'one'),
  (8, 'bob@shop.example', 'Bob', 'cd', '111111', 1e-300, 1.5, '2020-06-01 12:00:00.123456+02', '0044-03-15 BC', '1 mon', 'empty', 'null', 'null', '', '{}', NULL, NULL, NULL, 'two'),
  (9, 'zoe@shop.example', 'Zoe', NULL, NULL, '-0', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'three');
INSERT INTO orders VALUES (1, '2019-05-01', 7, '${ANN}', 'x'), (2, '2021-05-01', 7, '${ANN}', NULL), (9, '2021-05-01', 9, 'zoe@shop.example', 'theirs');
INSERT INTO notes VALUES (1, 7, 'n'), (2, 7, NULL), (9, 9, 'theirs'); INSERT INTO marks VALUES (1, 'm'), (1, 'm'), (9, 'theirs');
INSERT INTO visits VALUES (1, 7, '2020-01-01'), (2, 7, NULL), (9, 9, NULL);`;
const TABLES = ["people", "orders", "notes", "marks", "visits"];

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase("pre_images");
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const schema = await database.fresh();
  await database.admin(`CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC`);
  await database.sql(`SET search_path = ${schema}, public; ${MADE}`);
});

const sql = async (text: string): Promise<(string | null)[][]> => await database.sql(text);
/** Every row of every table as the server writes it, with the table that it lies in. */
async function dump(more: readonly string[] = []): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const name of [...TABLES, ...more])
    all[name] = await sql(
      `SELECT t.tableoid::regclass::text, t::text FROM ${name} AS t ORDER BY t.*::text COLLATE "C"`,
    );
  return all;
}
const PEOPLE = record("people", "erase", WINDOW);
const ORDERS = record("orders", "erase", WINDOW);
async function world(records: readonly RecordType[]) {
  const io = worldOf(database);
  const system = systemOf(records, { ignore: ["notes", "marks", "visits"] });
  const works: Work[] = [];
  for (const one of records) {
    const work = await plan(system, io, target(one, [{ column: "email", type: "email", fold: ["lowercase"] }]), [
      lookup({ email: ANN }),
    ]);
    await using reader = await system.openReader(io);
    const keys = work.operations.flatMap(({ records: some }) => some.map(({ key }) => key));
    const found = await Array.fromAsync(reader.references(work.target, keys));
    const taken = found.filter(({ childAddress, link }) => childAddress === undefined && link.onDelete === "cascade");
    works.push({
      ...work,
      operations: work.operations.map((operation) => ({
        ...operation,
        records: operation.records.map((each) => ({
          ...each,
          takes: taken
            .filter(({ parentKey }) => parentKey === each.key)
            .map(({ link, childKey }) => ({ constraint: link.constraint, table: link.child, key: childKey })),
        })),
      })),
    });
  }
  return { io, system, works };
}

test("erased rows of every type come back into their partitions, with their keys, what cascades took and what lost its reference", async () => {
  const before = await dump();
  const { io, system, works } = await world([ORDERS, PEOPLE]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(2), done(1)]);
  const gone = await dump();
  expect(gone).not.toEqual(before);
  const unit = backOf(works, journal);
  expect(await missing(system, io, unit)).toBe(3);
  // written under other settings than it was read
  await database.admin(
    "ALTER ROLE app SET datestyle = 'SQL, DMY'; ALTER ROLE app SET intervalstyle = 'sql_standard'; ALTER ROLE app SET bytea_output = 'escape'",
  );
  try {
    expect(await obstacles(system, io, unit)).toEqual([]);
    expect(await dump()).toEqual(gone);
    expect(await putBack(system, io, unit)).toMatchObject([done(1), done(2)]);
    expect(await dump()).toEqual(before);
    expect(await missing(system, io, unit)).toBe(0);
    expect(await putBack(system, io, unit)).toMatchObject([
      { matched: 0, alreadyGone: 1, failed: 0 },
      { matched: 0, alreadyGone: 2, failed: 0 },
    ]);
  } finally {
    await database.admin("ALTER ROLE app RESET ALL");
  }
});

test("changed rows come back as they were; what else was written since stays", async () => {
  const people = record("people", "anonymise", {
    ...WINDOW,
    fields: {
      email: { kind: "template", template: "erased+:random@invalid" },
      name: { kind: "set", value: "x" },
      tags: { kind: "clear" },
      grid: { kind: "clear" },
      seen: { kind: "clear" },
      bytes: { kind: "clear" },
    },
    in: ["doc"],
    paths: { a: { kind: "remove" } },
  });
  const before = await dump();
  const { io, system, works } = await world([people]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1)]);
  await sql("UPDATE people SET height = 3 WHERE id = 7");
  const unit = backOf(works, journal);
  expect(await putBack(system, io, unit)).toMatchObject([done(1)]);
  await sql("UPDATE people SET height = 'NaN' WHERE id = 7");
  expect(await dump()).toEqual(before);
});

test("what a trigger set comes back where the role may go past it; else it is named and nothing is done", async () => {
  await sql(`ALTER TABLE people ADD touched timestamptz NOT NULL DEFAULT '2020-01-01 00:00:00+00';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := now(); RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch()`);
  const people = record("people", "redact", { ...WINDOW, fields: { name: { kind: "set", value: "x" } } });
  const before = await dump();
  const { io, system, works } = await world([people]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1)]);
  const gone = await dump();
  const unit = backOf(works, journal);
  expect(await obstacles(system, io, unit)).toEqual(["shop.people TRIGGER_CHANGES people.touched 1"]);
  expect(await putBack(system, io, unit)).toMatchObject([{ failed: 1 }]);
  expect(await dump()).toEqual(gone);
  // before version 15 nobody but a superuser may, and the right cannot be given
  const [[version] = []] = await sql("SHOW server_version_num");
  const isGiven = Number(version) >= 150_000;
  await database.admin(isGiven ? "GRANT SET ON PARAMETER session_replication_role TO app" : "ALTER ROLE app SUPERUSER");
  try {
    expect(await putBack(system, io, unit)).toMatchObject([done(1)]);
    expect(await dump()).toEqual(before);
  } finally {
    await database.admin(
      isGiven ? "REVOKE SET ON PARAMETER session_replication_role FROM app" : "ALTER ROLE app NOSUPERUSER",
    );
  }
});

test("a key taken, a unique value taken, a parent gone, a row changed since: each is named", async () => {
  const tickets = record("tickets", "redact", { ...WINDOW, fields: { text: { kind: "clear" } } });
  await sql(`CREATE TABLE tickets (id int PRIMARY KEY, email text, text text, other text);
    INSERT INTO tickets VALUES (1, '${ANN}', 'a', 'o'), (2, '${ANN}', 'b', 'o')`);
  const before = await dump();
  const { io, system, works } = await world([ORDERS, PEOPLE, tickets]);
  const journal = testJournal();
  for (const work of works) await erase(system, io, [work], journal);
  const [orders, people, third] = works.map((work) => backOf([work], journal));
  if (orders === undefined || people === undefined || third === undefined) throw new Error("no units");
  expect(await obstacles(system, io, orders)).toEqual(["shop.orders orders_person_fkey 2"]);
  expect(await obstacles(system, io, { ...orders, earlier: people.works })).toEqual([]);
  const stand = async (column: string, value: string): Promise<readonly string[]> => {
    await sql(
      `INSERT INTO people (id, ${column}) OVERRIDING SYSTEM VALUE VALUES (${column === "id" ? value : `70, ${value}`})`.replace(
        "(id, id)",
        "(id)",
      ),
    );
    const said = await obstacles(system, io, people);
    await sql("DELETE FROM people WHERE id NOT IN (8, 9)");
    return said;
  };
  expect(await stand("email", "'ANN@SHOP.EXAMPLE'")).toEqual(["shop.people people_email_key 1"]);
  expect(await stand("id", "7")).toEqual(["shop.people people_pkey 1"]);
  expect(await stand("weight, plain", "1, 'ONE'")).toEqual(["shop.people people_lower 1"]);
  // what only an attempt can tell
  expect(await stand("plain", "'one'")).toEqual(["shop.people people_plain_key 1"]);
  await sql("INSERT INTO orders VALUES (2, '2021-05-01', 9, 'zoe@shop.example', NULL)");
  expect(await obstacles(system, io, { ...orders, earlier: people.works })).toEqual(["shop.orders orders_new_pkey 1"]);
  await sql("DELETE FROM orders WHERE no = 2");
  await sql("UPDATE tickets SET text = 'since' WHERE id = 1; UPDATE tickets SET other = 'since' WHERE id = 2");
  expect(await obstacles(system, io, third)).toEqual(["shop.tickets changed 1"]);
  expect(await putBack(system, io, third)).toMatchObject([{ matched: 1, failed: 1 }]);
  expect(await sql("SELECT id, text, other FROM tickets ORDER BY id")).toEqual([
    ["1", "since", "o"],
    ["2", "b", "since"],
  ]);
  await putBack(system, io, people);
  await putBack(system, io, orders);
  expect(await dump()).toEqual(before);
});

test.each(["effect_begin", "effect_half", "effect_done"] as const)(
  "killed at %s, in the erasing and in the giving back: the same again ends the same",
  async (point) => {
    const before = await dump();
    const { io, system, works } = await world([ORDERS, PEOPLE]);
    const killed = testJournal({ at: killAt(point) });
    await expect(erase(system, io, works, killed)).rejects.toThrow(Killed);
    const journal = testJournal({ notes: killed.notes });
    expect(await erase(system, io, works, journal)).toMatchObject([done(2), done(1)]);
    const unit = backOf(works, { images: new Map([...killed.images, ...journal.images]) });
    const again = testJournal({ at: killAt(point) });
    await expect(putBack(system, io, unit, again)).rejects.toThrow(Killed);
    expect(await putBack(system, io, unit, testJournal({ notes: again.notes }))).toMatchObject([done(1), done(2)]);
    expect(await dump()).toEqual(before);
  },
);

test("an audit trail: what the giving back writes into it is redacted, what stood there before comes back", async () => {
  const trail = record("trail", "redact", {
    ...WINDOW,
    auditOf: ["shop.people"],
    fields: { old: { kind: "clear" }, new: { kind: "clear" } },
  });
  const people = record("people", "redact", { ...WINDOW, fields: { name: { kind: "set", value: "x" } } });
  await sql(`CREATE TABLE trail (id serial PRIMARY KEY, email text, old text, new text);
    INSERT INTO trail (email, old, new) VALUES ('${ANN}', 'Anna', 'Änn');
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trail (email, old, new) VALUES (old.email, old.name, new.name); RETURN NULL; END $$;
    CREATE TRIGGER tell AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION tell()`);
  const { io, system, works } = await world([people, trail]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1), done(1, { own: 1 })]);
  expect(await putBack(system, io, backOf(works, journal))).toMatchObject([done(1, { own: 1 }), done(1)]);
  expect(await sql("SELECT name FROM people WHERE id = 7")).toEqual([["Änn"]]);
  expect(await sql("SELECT id, old, new FROM trail ORDER BY id")).toEqual([
    ["1", "Anna", "Änn"],
    ["2", null, null],
    ["3", null, null],
  ]);
});

test("a child's rehearsal puts its parent back before it: what that writes into the parent's trail is not the child's matter", async () => {
  await sql(`CREATE TABLE trail (id serial PRIMARY KEY, email text, old text);
    INSERT INTO trail (email, old) VALUES ('${ANN}', 'Anna');
    CREATE TABLE elsewhere (id serial PRIMARY KEY);
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trail (email, old) VALUES (coalesce(new.email, old.email), coalesce(new.name, old.name)); RETURN NULL; END $$;
    CREATE TRIGGER tell AFTER INSERT OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION tell();
    CREATE FUNCTION stray() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO elsewhere DEFAULT VALUES; RETURN NULL; END $$`);
  const trail = record("trail", "redact", { ...WINDOW, auditOf: ["shop.people"], fields: { old: { kind: "clear" } } });
  const before = await dump();
  const { io, system, works } = await world([ORDERS, PEOPLE, trail]);
  const [orders, ...others] = works;
  if (orders === undefined) throw new Error("no orders");
  const journal = testJournal();
  expect(await erase(system, io, [orders], journal)).toMatchObject([done(2)]);
  expect(await erase(system, io, others, journal)).toMatchObject([done(1), done(1, { own: 1 })]);
  const parents = backOf(others, journal);
  const children = { ...backOf([orders], journal), earlier: parents.works };
  expect(await obstacles(system, io, parents)).toEqual([]);
  expect(await obstacles(system, io, children)).toEqual([]);
  // what the child's own trigger would write is told as ever
  await sql("CREATE TRIGGER stray AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stray()");
  expect(await obstacles(system, io, children)).toEqual([expect.stringMatching(/ UNDECLARED elsewhere 2$/u)]);
  await sql("DROP TRIGGER stray ON orders");
  expect(await putBack(system, io, parents)).toMatchObject([done(1, { own: 1 }), done(1)]);
  expect(await putBack(system, io, children)).toMatchObject([done(2)]);
  expect(await dump()).toEqual(before);
});

test("what a trigger takes as soon as its parent is marked goes as planned before the mark", async () => {
  await sql(`ALTER TABLE people ADD hidden boolean NOT NULL DEFAULT false;
    CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders WHERE person = old.id; RETURN NULL; END $$;
    CREATE TRIGGER sweep AFTER UPDATE ON people FOR EACH ROW WHEN (NEW.hidden) EXECUTE FUNCTION sweep()`);
  const people = record("people", "soft-delete", {
    ...WINDOW,
    marker: { kind: "flag", column: "hidden", deleted: "1" },
  });
  expect(await sql("SELECT no FROM orders ORDER BY no")).toEqual([["1"], ["2"], ["9"]]);
  const { io, system, works } = await world([people, ORDERS]);
  const stamped = works.map((work) => ({
    ...work,
    operations: work.operations.map(({ change, records }) => ({
      change:
        change.kind === "mark"
          ? { ...change, stamp: { at: "2026-11-21T10:00:00.123Z", by: "expunge R-2026-0001" } }
          : change,
      records,
    })),
  }));
  expect(await erase(system, io, stamped, testJournal())).toMatchObject([done(1), done(2)]);
  expect(await sql("SELECT no FROM orders")).toEqual([["9"]]);
  expect(await sql("SELECT id FROM people WHERE hidden")).toEqual([["7"]]);
});

test("a table without a key, and what the role may not put back, is refused before anything is planned", async () => {
  await sql("CREATE TABLE logs (email text, text text)");
  const logs = record("logs", "erase", WINDOW);
  const io = worldOf(database);
  const system = systemOf([PEOPLE, logs], { ignore: ["notes", "marks", "visits", "orders"] });
  const found = async () => codes(await check(system, io, [target(PEOPLE, ["email"]), target(logs, ["email"])]));
  expect(await found()).toEqual(["ACTION_REFUSED shop.logs"]);
  // the owner may take rights from itself
  await sql(
    "REVOKE INSERT ON people, marks FROM app; REVOKE UPDATE ON visits FROM app; REVOKE SELECT ON notes FROM app",
  );
  expect((await found()).filter((one) => one.startsWith("NOT_PERMITTED shop.people"))).toHaveLength(4);
});

test("a table into which no row comes back is refused, and so is one that a cascade takes along; under a condition it is not", async () => {
  await sql("CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
  const io = worldOf(database);
  const system = systemOf([PEOPLE], { ignore: ["notes", "marks", "visits", "orders"] });
  const refused = async () =>
    (await check(system, io, [target(PEOPLE, ["email"])])).flatMap(({ code, message }) =>
      code === "ACTION_REFUSED" ? [message] : [],
    );
  const trigger = (table: string, more = "") =>
    `CREATE TRIGGER stop BEFORE INSERT ON ${table} FOR EACH ROW ${more} EXECUTE FUNCTION stop()`;
  const rule = (table: string, more: string) => `CREATE RULE stop AS ON INSERT TO ${table} DO ${more}`;
  expect(await refused()).toEqual([]);
  for (const [made, table, said] of [
    [trigger("people"), "people", "trigger stop of people lets no INSERT through"],
    [trigger("notes"), "notes", "trigger stop of notes lets no INSERT through"],
    [trigger("people", "WHEN (new.email = 'x')"), "people", undefined],
    [trigger("visits"), "visits", undefined],
    [rule("people", "INSTEAD NOTHING"), "people", "rule stop of people follows an INSERT"],
    [rule("marks", "ALSO NOTIFY added"), "marks", "rule stop of marks follows an INSERT"],
  ] as const) {
    await sql(made);
    const found = await refused();
    await sql(`DROP ${made.slice(7, made.indexOf(" stop"))} stop ON ${table}`);
    expect(found, made).toEqual(
      said === undefined ? [] : [`${said}: no row could be put back, so that \`restore_window\` could not be kept`],
    );
  }
});

test("a child names its parent as the server compares it, not byte for byte: it comes back with it", async () => {
  await database.sql(`CREATE TABLE codes (no numeric PRIMARY KEY, email text);
    CREATE TABLE uses (id int PRIMARY KEY, no numeric REFERENCES codes ON DELETE SET NULL);
    INSERT INTO codes VALUES (7.0, '${ANN}'), (8, 'bob'); INSERT INTO uses VALUES (1, 7), (2, 8.00)`);
  const numbers = record("codes", "erase", WINDOW);
  const io = worldOf(database);
  const system = systemOf([numbers], { ignore: ["uses"] });
  const rows = async () =>
    await database.sql("SELECT c::text FROM codes c UNION ALL SELECT u::text FROM uses u ORDER BY 1");
  const before = await rows();
  const works = [
    await plan(system, io, target(numbers, [{ column: "email", type: "email", fold: [] }]), [lookup({ email: ANN })]),
  ];
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1)]);
  expect(await rows()).toEqual([["(1,)"], ["(2,8.00)"], ["(8,bob)"]]);
  const unit = backOf(works, journal);
  expect(await obstacles(system, io, unit)).toEqual([]);
  expect(await putBack(system, io, unit)).toMatchObject([done(1)]);
  expect(await rows()).toEqual(before);
});
