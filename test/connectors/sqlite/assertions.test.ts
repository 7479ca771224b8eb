import { expect, test } from "vitest";
import { AssertionChanged } from "../../../src/port/assertion-changed.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { FREE } from "../../support/erase.ts";
import { lookup, plan, target } from "../sql.ts";
import { record, systemOf, testFile, worldOf } from "./file.ts";

const who = [lookup({ email: "ann" })];
const people = target(record("people", "erase"), ["email"]);
const SHOP = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);
  CREATE TABLE ledger (id INTEGER PRIMARY KEY, person INTEGER, cents INTEGER);
  INSERT INTO people VALUES (1, 'ann'), (2, 'bob'); INSERT INTO ledger VALUES (1, 1, 500), (2, 2, 700)`;
const at = { line: 3, column: 5 };
const figure = (query: string, name = "books") => ({ name, query, says: "the sum of the ledger", at });
const shop = (...queries: readonly string[]) =>
  systemOf([people.record], {
    assertions: queries.map((query, nth) => figure(query, `f${nth}`)),
    ignore: ["ledger"],
  });

test("a transaction that leaves every figure is done, and its digests tell no figure", async () => {
  using file = testFile(SHOP);
  const system = shop("SELECT sum(cents) FROM ledger", "SELECT count(*) FROM ledger WHERE cents > 600");
  const io = worldOf(file);
  const work = await plan(system, io, people, who);
  const journal = testJournal();
  await using eraser = await system.openEraser(io);
  const [outcome] = await eraser.apply({ id: "U-1", effect: "erase", works: [work] }, journal, FREE);
  expect(outcome?.deleted).toBe(1);
  expect(outcome?.asserted?.map(({ name, held, before, after }) => [name, held, before === after])).toEqual([
    ["f0", true, true],
    ["f1", true, true],
  ]);
  expect(JSON.stringify([outcome, journal.notes])).not.toMatch(/1200/u);
  expect(file.sql("SELECT id FROM people")).toEqual([["2"]]);
});

test("a trigger that moves a figure: the transaction is taken back whole, nothing is noted, and it is said which", async () => {
  using file = testFile(
    `${SHOP}; CREATE TRIGGER books AFTER DELETE ON people BEGIN UPDATE ledger SET cents = 0 WHERE person = old.id; END`,
  );
  const before = file.bytes().toString("hex");
  const system = shop("SELECT count(*) FROM ledger", "SELECT sum(cents) FROM ledger");
  const io = worldOf(file);
  const work = await plan(system, io, people, who);
  const journal = testJournal();
  await using eraser = await system.openEraser(io);
  const failed = await eraser
    .apply({ id: "U-1", effect: "erase", works: [work] }, journal, FREE)
    .catch((error: unknown) => error);
  if (!(failed instanceof AssertionChanged)) throw new Error("it was no changed assertion", { cause: failed });
  expect([failed.code, failed.exit, failed.says]).toEqual(["ASSERTION_CHANGED", 5, "f1: the sum of the ledger"]);
  expect(failed.asserted.map(({ name, held }) => [name, held])).toEqual([
    ["f0", true],
    ["f1", false],
  ]);
  expect(journal.notes).toEqual([]);
  expect(file.sql("SELECT count(*), sum(cents) FROM ledger, people WHERE people.id = 1")).toEqual([["2", "1200"]]);
  expect(file.bytes().toString("hex")).toBe(before);
});

test("what was compared before a kill is known to the attempt after it", async () => {
  using file = testFile(SHOP);
  const system = shop("SELECT sum(cents) FROM ledger");
  const io = worldOf(file);
  const work = await plan(system, io, people, who);
  const unit = { id: "U-1", effect: "erase", works: [work] } as const;
  const first = testJournal({ at: killAt("effect_done") });
  {
    await using eraser = await system.openEraser(io);
    await expect(eraser.apply(unit, first, FREE)).rejects.toThrow(Killed);
  }
  await using eraser = await system.openEraser(io);
  const [outcome] = await eraser.apply(unit, testJournal({ notes: first.notes }), FREE);
  expect([outcome?.deleted, outcome?.asserted?.map(({ held }) => held)]).toEqual([1, [true]]);
});

test.each([
  ["SELECT cents FROM ledger", "more than one row"],
  ["SELECT id, cents FROM ledger WHERE id = 1", "more than one column"],
  ["SELECT random()", "two figures"],
  ["SELECT sum(cents / 3.0) FROM ledger", "floating-point"],
  ["SELECT sum(nothing) FROM ledger", "refuses the query"],
  ["SELECT count(*) FROM pragma_optimize", "more than read"],
])("%s is refused where it is tried", async (query, why) => {
  using file = testFile(SHOP);
  await using reader = await shop(query).openReader(worldOf(file));
  const refused = await reader.figure?.(figure(query)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "ASSERTION_REFUSED", exit: 65 });
  expect(String(refused)).toContain(why);
});

test("no row, a text, bytes and a number beyond 2^53 are figures", async () => {
  using file = testFile(SHOP);
  await using reader = await shop().openReader(worldOf(file));
  const digest = async (query: string) => await reader.figure?.(figure(query));
  expect(await digest("SELECT cents FROM ledger WHERE id = 99")).toBe(await digest("SELECT NULL"));
  expect(await digest("SELECT 'x'")).toMatch(/^[0-9a-f]{64}$/u);
  expect(await digest("SELECT x'00ff'")).not.toBe(await digest("SELECT x'00fe'"));
  expect(await digest("SELECT 9007199254740993")).not.toBe(await digest("SELECT 9007199254740992"));
});
