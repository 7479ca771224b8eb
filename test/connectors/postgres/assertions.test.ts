import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AssertionChanged } from "../../../src/port/assertion-changed.ts";
import { testJournal } from "../../support/journal.ts";
import {
  type blockOf,
  lookup,
  plan,
  record,
  systemOf,
  target,
  type TestDatabase,
  testDatabase,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("assertions");
});
beforeEach(async () => {
  await database.fresh();
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE ledger (id int PRIMARY KEY, person int, cents int);
     INSERT INTO people VALUES (1, 'x'), (2, 'y'); INSERT INTO ledger VALUES (1, 1, 500), (2, 2, 700)`,
  );
});
afterAll(async () => await database[Symbol.asyncDispose]());

const people = target(record("people", "erase"), ["email"]);
const at = { line: 3, column: 5 };
const figure = (query: string) => ({ name: "books", query, says: "the sum of the ledger", at });
const shop = (query: string, more: Partial<ReturnType<typeof blockOf>> = {}) =>
  systemOf([people.record], { assertions: [figure(query)], ignore: ["ledger"], ...more });
const SUM = "SELECT sum(cents) FROM ledger";

/** Erases x; `meanwhile` is done and committed by another session after the rows are locked. */
async function run(system: ReturnType<typeof shop>, meanwhile: () => Promise<unknown> = async () => {}) {
  const io = worldOf(database);
  const work = await plan(system, io, people, [lookup({ email: "x" })]);
  const journal = testJournal();
  await using eraser = await system.openEraser(io);
  const guard = {
    async judge() {
      await meanwhile();
      return [];
    },
  };
  const outcome = await eraser
    .apply({ id: "U-1", effect: "erase", works: [work] }, journal, guard)
    .catch((error: unknown) => error);
  return { outcome, notes: journal.notes };
}

test("what others commit between the begin and the end of the transaction counts in neither figure", async () => {
  const { outcome, notes } = await run(shop(SUM), async () => {
    await database.sql("INSERT INTO ledger VALUES (3, 2, 9000)");
  });
  expect(outcome).toMatchObject([{ deleted: 1, left: [], asserted: [{ name: "books", held: true }] }]);
  expect(notes).toHaveLength(1);
  expect(await database.sql("SELECT (SELECT count(*) FROM people)::text, sum(cents)::text FROM ledger")).toEqual([
    ["1", "10200"],
  ]);
});

test("a trigger that moves the figure is seen beside what others commit: taken back whole, nothing noted", async () => {
  await database.sql(
    `CREATE FUNCTION books() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ledger SET cents = 0 WHERE person = OLD.id; RETURN NULL; END';
     CREATE TRIGGER books AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION books()`,
  );
  // what others add hides the difference to whoever reads twice
  const { outcome, notes } = await run(shop(SUM), async () => {
    await database.sql("INSERT INTO ledger VALUES (3, 2, 500)");
  });
  if (!(outcome instanceof AssertionChanged)) throw new Error("it was no changed assertion", { cause: outcome });
  expect([outcome.code, outcome.exit, outcome.says]).toEqual(["ASSERTION_CHANGED", 5, "books: the sum of the ledger"]);
  expect(notes).toEqual([]);
  expect(await database.sql("SELECT (SELECT count(*) FROM people)::text, sum(cents)::text FROM ledger")).toEqual([
    ["2", "1700"],
  ]);
});

test("what others commit between the two readings counts in neither", async () => {
  const slow = "SELECT sum(cents) FROM ledger WHERE (SELECT pg_sleep(0.5) IS NOT NULL)";
  const other = await database.session();
  const addInBetween = async () => {
    for (;;) {
      const { rows } = await other.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
      );
      if (rows.length > 0) break;
    }
    await other.query("INSERT INTO ledger VALUES (3, 2, 9000)");
  };
  const added = addInBetween();
  const { outcome } = await run(shop(slow));
  await added;
  expect(outcome).toMatchObject([{ deleted: 1, asserted: [{ held: true }] }]);
});

test("a deferred trigger has had its say before the figure is read, and nothing is written after it", async () => {
  await database.sql(
    `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ledger SET cents = 0 WHERE person = OLD.id; RETURN NULL; END';
     CREATE CONSTRAINT TRIGGER late AFTER DELETE ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`,
  );
  const { outcome } = await run(shop(SUM));
  expect(outcome).toBeInstanceOf(AssertionChanged);
  expect(await database.sql("SELECT sum(cents)::text FROM ledger")).toEqual([["1200"]]);
});

test("an attempt of ours that the server refused before leaves the snapshot to be had", async () => {
  // a table that a trigger writes to in vain is looked at in an attempt of its own
  await database.sql(
    `CREATE TABLE notes (id serial, what text);
     CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN BEGIN INSERT INTO notes (what) VALUES (1); RAISE EXCEPTION ''no''; EXCEPTION WHEN OTHERS THEN NULL; END; RETURN NULL; END';
     CREATE TRIGGER noted AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION noted()`,
  );
  expect((await run(shop(SUM))).outcome).toMatchObject([{ deleted: 1, asserted: [{ held: true }] }]);
});

test("what is kept to be put back is read and sealed beside a comparison", async () => {
  const week = { years: 0, months: 0, days: 7, seconds: 0, text: "7 days" };
  const kept = target(record("people", "erase", { restoreWindow: week }), ["email"]);
  const system = systemOf([kept.record], { assertions: [figure(SUM)], ignore: ["ledger"] });
  const io = worldOf(database);
  const work = await plan(system, io, kept, [lookup({ email: "x" })]);
  const journal = testJournal();
  await using eraser = await system.openEraser(io);
  const unit = { id: "U-1", effect: "erase", works: [work] } as const;
  expect(await eraser.apply(unit, journal, { judge: async () => await Promise.resolve([]) })).toMatchObject([
    { deleted: 1, asserted: [{ held: true }] },
  ]);
  expect([...journal.images.values()].map((bytes) => Buffer.from(bytes).toString())).toEqual([
    expect.stringContaining('"x"'),
  ]);
});

test("where the role may lock nothing, what others commit counts in neither figure either", async () => {
  const schema = (await database.sql("SELECT current_schema()::text"))[0]?.[0] ?? "";
  await database.admin(
    `ALTER TABLE ${schema}.people OWNER TO postgres; ALTER TABLE ${schema}.ledger OWNER TO postgres; GRANT SELECT, DELETE ON ${schema}.people TO app; GRANT SELECT, INSERT ON ${schema}.ledger TO app`,
  );
  const { outcome } = await run(shop(SUM), async () => {
    await database.sql("INSERT INTO ledger VALUES (3, 2, 9000)");
  });
  expect(outcome).toMatchObject([{ deleted: 1, asserted: [{ held: true }] }]);
});

test.each([
  ["SELECT cents FROM ledger", "more than one row"],
  ["SELECT id, cents FROM ledger WHERE id = 1", "refuses the query (42601)"],
  ["SELECT clock_timestamp()", "clock_timestamp()"],
  ["SELECT wall FROM clock", "two figures"],
  ["SELECT sum(cents::float8) FROM ledger", "floating-point"],
  ["SELECT sum(nothing) FROM ledger", "not there"],
  ["SELECT written()", "written()"],
  ["SELECT sly()", "would write"],
  ["WITH gone AS (DELETE FROM ledger RETURNING 1) SELECT count(*) FROM gone", "refuses the query (0A000)"],
  ["SELECT 1) ; DELETE FROM ledger; SELECT (1", "refuses the query (42601)"],
])("%s is refused where it is tried, and changes nothing", async (query, why) => {
  await database.sql(
    `CREATE VIEW clock AS SELECT clock_timestamp()::text AS wall;
     CREATE FUNCTION written() RETURNS int LANGUAGE sql AS 'DELETE FROM ledger; SELECT 1';
     CREATE FUNCTION sly() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM nextval(''ticks''); RETURN 1; END'; CREATE SEQUENCE ticks`,
  );
  const io = worldOf(database);
  await using reader = await shop(SUM).openReader(io);
  const refused = await reader.figure?.(figure(query)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "ASSERTION_REFUSED", exit: 65, message: expect.stringContaining(why) });
  expect(String(refused)).not.toContain("DELETE");
  // the look goes on
  expect(await reader.figure?.(figure(SUM))).toMatch(/^[0-9a-f]{64}$/u);
  expect(await database.sql("SELECT count(*)::text FROM ledger")).toEqual([["2"]]);
});

test("a figure that cannot be read under the lock fails the unit, and nothing is done", async () => {
  const system = shop("SELECT sum(cents) FROM ledger WHERE person = (SELECT max(id) FROM people WHERE email <> 'x')");
  const { outcome } = await run(system, async () => {
    await database.sql("ALTER TABLE ledger RENAME COLUMN cents TO pence");
  });
  expect(outcome).toMatchObject({ code: "ASSERTION_REFUSED" });
  expect(await database.sql("SELECT count(*)::text FROM people")).toEqual([["2"]]);
});
