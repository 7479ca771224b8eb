import { expect, test } from "vitest";
import { FREE } from "../../support/erase.ts";
import { testJournal } from "../../support/journal.ts";
import { erase, lookup, plan, target } from "../sql.ts";
import { record, systemOf, testFile, worldOf } from "./file.ts";

const people = target(record("people", "erase"), ["email"], ["id"]);
const who = [lookup({ email: "ann" })];

test("what only the end of a transaction would refuse is refused at the end of its part, as a run would be; what was broken before is not", async () => {
  using file = testFile(
    `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);
     CREATE TABLE log (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED);
     CREATE TRIGGER logged AFTER DELETE ON people WHEN old.email = 'ann' BEGIN INSERT INTO log (person) VALUES (old.id); END;
     INSERT INTO people VALUES (1, 'ann'), (2, 'bob'); INSERT INTO log VALUES (7, 99)`,
  );
  const system = systemOf([people.record], { ignore: ["log"] });
  const io = worldOf(file);
  const [hers, his] = [await plan(system, io, people, who), await plan(system, io, people, [lookup({ email: "bob" })])];
  const before = file.bytes().toString("hex");
  {
    await using trial = (await system.openRehearsal?.(io)) ?? never();
    const [refused] = await trial.apply({ id: "U-1", effect: "erase", works: [hers] }, FREE);
    expect(refused).toMatchObject({ deleted: 0, left: [{ kind: "failed", reason: "23503" }] });
    expect(await trial.apply({ id: "U-2", effect: "erase", works: [his] }, FREE)).toMatchObject([
      { deleted: 1, left: [] },
    ]);
  }
  expect([file.bytes().toString("hex") === before, file.files()]).toEqual([true, ["shop.db"]]);
  expect(await erase(system, io, [hers])).toMatchObject([{ affected: 0, failed: 1, reason: "23503" }]);
});

test("an eraser that does a second part of a unit watches what triggers write to anew", async () => {
  using file = testFile(
    `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT); CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
     CREATE TRIGGER logged AFTER DELETE ON people BEGIN INSERT INTO log (what) VALUES ('x'); END;
     INSERT INTO people VALUES (1, 'ann'), (2, 'bob'), (3, 'cay')`,
  );
  const system = systemOf([people.record], { ignore: ["log"] });
  const io = worldOf(file);
  const [hers, his] = [await plan(system, io, people, who), await plan(system, io, people, [lookup({ email: "bob" })])];
  await using eraser = await system.openEraser(io);
  for (const works of [[hers], [his]])
    expect(await eraser.apply({ id: "U-1", effect: "erase", works }, testJournal(), FREE)).toMatchObject([
      { deleted: 1, left: [] },
    ]);
  expect(file.sql("SELECT id FROM people")).toEqual([["3"]]);
});

test("rows that reference each other go together, and a later part keeps its foreign keys", async () => {
  using file = testFile(
    `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, best INTEGER REFERENCES people (id));
     CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id));
     PRAGMA foreign_keys = OFF; INSERT INTO people VALUES (1, 'ann', 2), (2, 'ann', 1), (3, 'bob', NULL); INSERT INTO orders VALUES (5, 3)`,
  );
  const system = systemOf([people.record], { ignore: ["orders"] });
  const io = worldOf(file);
  await using trial = (await system.openRehearsal?.(io)) ?? never();
  const [first] = await trial.apply({ id: "U-1", effect: "erase", works: [await plan(system, io, people, who)] }, FREE);
  expect(first).toMatchObject({ deleted: 2, left: [] });
  const his = await plan(system, io, people, [lookup({ email: "bob" })]);
  expect(await trial.apply({ id: "U-2", effect: "erase", works: [his] }, FREE)).toMatchObject([
    { deleted: 0, left: [{ kind: "blocked", reason: "orders(person)" }] },
  ]);
  expect(file.sql("SELECT count(*) FROM people")).toEqual([["3"]]);
});

function never(): never {
  throw new Error("SQLite can be rehearsed");
}
