import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Lookup } from "../../../src/model/search.ts";
import { AssertionChanged } from "../../../src/port/assertion-changed.ts";
import { FREE } from "../../support/erase.ts";
import { lookup, plan, record, systemOf, target, type TestDatabase, testDatabase, worldOf } from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("rehearsal");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const people = target(record("people", "erase"), ["email"], ["id"]);
const orders = target(record("orders", "erase"), ["person"]);
const ann = [lookup({ email: "x" })];
const hers = [lookup({ person: "1" })];
async function everything(...tables: readonly string[]) {
  const all = [];
  for (const table of tables) all.push(await database.sql(`SELECT t::text, xmin::text FROM ${table} t ORDER BY 1`));
  return all;
}

test("units see what those before them did, deferred constraints speak in each, and nothing of it is there afterwards", async () => {
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE orders (id int PRIMARY KEY, person int REFERENCES people DEFERRABLE INITIALLY DEFERRED, cents int);
     CREATE TABLE trail (no serial PRIMARY KEY, what text);
     CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO trail (what) VALUES (OLD::text); PERFORM pg_notify(''gone'', ''x''); RETURN NULL; END';
     CREATE TRIGGER noted AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION noted();
     INSERT INTO people VALUES (1, 'x'), (2, 'y'); INSERT INTO orders VALUES (1, 1, 5), (2, 1, 6), (3, 2, 7)`,
  );
  const trail = target(record("trail", "redact", { auditOf: ["shop.people"], fields: { what: { kind: "clear" } } }), [
    "what",
  ]);
  const system = systemOf([people.record, orders.record, trail.record]);
  const io = worldOf(database);
  const before = await everything("people", "orders", "trail");
  const works = {
    orders: await plan(system, io, orders, hers),
    people: await plan(system, io, people, ann),
    trail: await plan(system, io, trail, [lookup({ what: "x" })]),
  };
  {
    await using trial = (await system.openRehearsal?.(io)) ?? never();
    expect(await trial.beyond(people)).toEqual({ out: [], stays: [expect.stringContaining("NOTIFY")] });
    // the parent alone is refused as in a run, and what was refused stands in nobody's way
    const [alone] = await trial.apply({ id: "U-0", effect: "erase", works: [works.people] }, FREE);
    expect(alone).toMatchObject({ deleted: 0, left: [{ kind: "blocked" }] });
    const [first] = await trial.apply({ id: "U-1", effect: "erase", works: [works.orders] }, FREE);
    expect(first).toMatchObject({ deleted: 2, left: [] });
    // others read and write as ever
    await database.sql("INSERT INTO orders VALUES (4, 2, 8)");
    const second = await trial.apply({ id: "U-2", effect: "erase", works: [works.people, works.trail] }, FREE);
    expect(second).toMatchObject([
      { deleted: 1, left: [] },
      { own: 1, left: [] },
    ]);
  }
  await database.sql("DELETE FROM orders WHERE id = 4");
  expect(await everything("people", "orders", "trail")).toEqual(before);
});

test("a constraint that waits for the end of a transaction waits for the end of each part", async () => {
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text, handle text UNIQUE DEFERRABLE INITIALLY DEFERRED); CREATE TABLE orders (id int PRIMARY KEY, person int);
     INSERT INTO people VALUES (1, 'x', 'ann'), (2, 'y', 'gone'); INSERT INTO orders VALUES (1, 1)`,
  );
  const renamed = target(record("people", "anonymise", { fields: { handle: { kind: "set", value: "gone" } } }), [
    "email",
  ]);
  const system = systemOf([renamed.record, orders.record]);
  const io = worldOf(database);
  const [hers, his] = [
    await plan(system, io, renamed, ann),
    await plan(system, io, renamed, [lookup({ email: "y" })], { kind: "delete" }),
  ];
  const order = await plan(system, io, orders, [lookup({ person: "1" })]);
  await using trial = (await system.openRehearsal?.(io)) ?? never();
  await trial.apply({ id: "U-1", effect: "erase", works: [order] }, FREE);
  // for a moment two have one handle
  const both = { ...hers, operations: [...hers.operations, ...his.operations] };
  expect(await trial.apply({ id: "U-2", effect: "erase", works: [both] }, FREE)).toMatchObject([
    { deleted: 1, changed: 1, left: [] },
  ]);
});

test("rows that name a deleted one without a constraint are counted, those that did before are not", async () => {
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE orders (id int PRIMARY KEY, person text);
     INSERT INTO people VALUES (1, 'x'), (2, 'y'); INSERT INTO orders VALUES (1, '1'), (2, '1'), (3, '2'), (4, '77')`,
  );
  const system = systemOf([people.record, orders.record]);
  const io = worldOf(database);
  const edge = { child: orders, childColumn: "person", parent: people, parentColumn: "id", values: ["1", "77"] };
  await using trial = (await system.openRehearsal?.(io)) ?? never();
  expect(await trial.orphans(edge)).toBe(0);
  await trial.apply({ id: "U-1", effect: "erase", works: [await plan(system, io, people, ann)] }, FREE);
  expect(await trial.orphans(edge)).toBe(2);
  expect(await trial.orphans({ ...edge, childColumn: "none" })).toBeUndefined();
});

test("a figure is compared with what it was before the trial, whatever others commit meanwhile", async () => {
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE ledger (person int, cents int);
     CREATE FUNCTION books() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ledger SET cents = 0 WHERE person = OLD.id; RETURN NULL; END';
     CREATE TRIGGER books AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION books();
     INSERT INTO people VALUES (1, 'x'), (2, 'y'); INSERT INTO ledger VALUES (1, 500), (2, 0)`,
  );
  const assertion = { name: "books", query: "SELECT sum(cents) FROM ledger", says: "x", at: { line: 1, column: 1 } };
  const system = systemOf([people.record], { assertions: [assertion], ignore: ["ledger"] });
  const io = worldOf(database);
  const [hersAlone, his]: readonly (readonly Lookup[])[] = [ann, [lookup({ email: "y" })]];
  const [first, second] = [await plan(system, io, people, hersAlone ?? []), await plan(system, io, people, his ?? [])];
  await using trial = (await system.openRehearsal?.(io)) ?? never();
  await database.sql("INSERT INTO ledger VALUES (2, 500)");
  await expect(trial.apply({ id: "U-1", effect: "erase", works: [first] }, FREE)).rejects.toThrow(AssertionChanged);
  // what failed was taken back by itself
  expect(await trial.apply({ id: "U-2", effect: "erase", works: [second] }, FREE)).toMatchObject([
    { deleted: 1, asserted: [{ held: true }] },
  ]);
});

test("what reaches out of the database is told, behind other functions and tables too; what only reckons is not", async () => {
  await database.sql(
    `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE queue (id serial PRIMARY KEY, what text); CREATE TABLE quiet (id int PRIMARY KEY, email text);
     CREATE FUNCTION shout(what text) RETURNS void LANGUAGE plpgsql AS 'BEGIN COPY (SELECT 1) TO PROGRAM ''true''; END';
     CREATE FUNCTION queued() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO queue (what) VALUES (''x''); RETURN NULL; END';
     CREATE FUNCTION sent() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM shout(NEW.what); RETURN NULL; END';
     CREATE FUNCTION calm() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM upper(md5(OLD.email)); RETURN NULL; END';
     CREATE TRIGGER queued AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION queued();
     CREATE TRIGGER sent AFTER INSERT ON queue FOR EACH ROW EXECUTE FUNCTION sent();
     CREATE TRIGGER calm AFTER DELETE ON quiet FOR EACH ROW EXECUTE FUNCTION calm()`,
  );
  const quiet = target(record("quiet", "erase"), ["email"]);
  const system = systemOf([people.record, quiet.record], { ignore: ["queue"] });
  await using trial = (await system.openRehearsal?.(worldOf(database))) ?? never();
  expect(await trial.beyond(people)).toEqual({ out: ["shout() copies to or from outside (COPY)"], stays: [] });
  expect(await trial.beyond(quiet)).toEqual({ out: [], stays: [] });
});

function never(): never {
  throw new Error("PostgreSQL can be rehearsed");
}
