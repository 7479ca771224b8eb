/** Rows that were removed or changed are put back exactly, where nothing has taken their place. */
import { expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { System } from "../../../src/port/connector.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { backOf, missing, obstacles, putBack, WINDOW } from "../putting-back.ts";
import { check, codes, done, erase, lookup, plan, target } from "../sql.ts";
import { record, systemOf, type TestFile, testFile, worldOf } from "./file.ts";

const ANN = "ann@shop.example";
const MADE = `PRAGMA encoding = 'UTF-8';
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE, name, weight REAL, seen DATETIME,
  doc TEXT, twice TEXT GENERATED ALWAYS AS (name || name) STORED, boss INTEGER REFERENCES people(id));
CREATE TABLE orders (no TEXT PRIMARY KEY NOT NULL, person INTEGER NOT NULL REFERENCES people(id), email TEXT, any);
CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people(id) ON DELETE CASCADE, text);
CREATE TABLE marks (note INTEGER REFERENCES notes(id) ON DELETE CASCADE, text);
CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people(id) ON DELETE SET NULL, at TEXT);
INSERT INTO people (id, email, name, weight, seen, doc, boss) VALUES
  (7, 'Ann@shop.example', x'00ff80', -0.0, '2020-02-30 25:00', jsonb('{"a":[1,null]}'), NULL),
  (8, 'bob@shop.example', 'Bob', 9e999, NULL, '{"a" : 1}', NULL), (9, 'zoe@shop.example', CAST(x'ff41' AS TEXT), 1, 5, 'x', 8);
INSERT INTO orders VALUES ('o1', 7, 'ann@shop.example', 1), ('o2', 7, 'ann@shop.example', '1'), ('o3', 7, 'ann@shop.example', 1.5), ('o9', 9, 'zoe@shop.example', x'');
INSERT INTO notes VALUES (1, 7, CAST(x'c3' AS TEXT)), (2, 7, NULL), (9, 9, 'theirs');
INSERT INTO marks VALUES (1, 'm'), (1, 'm'), (9, 'theirs');
INSERT INTO visits VALUES (1, 7, 'x'), (2, 7, 'y'), (9, 9, 'z');`;

/** Every row of every table with the types of its values, and its number. */
function dumpOf(file: TestFile): Record<string, unknown> {
  const tables = file.sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").flat();
  return Object.fromEntries(
    tables.map((name) => {
      const columns = file.sql(`SELECT name FROM pragma_table_xinfo('${name}')`).flat();
      const texts = columns.map((one) => `typeof("${one}") || quote(CAST("${one}" AS BLOB)) || quote("${one}")`);
      return [name, file.sql(`SELECT rowid, ${texts.join(", ")} FROM "${name}" ORDER BY rowid`)];
    }),
  );
}

async function world(made: string, records: readonly RecordType[], ignore: readonly string[] = []) {
  const file = testFile(made);
  const io = worldOf(file);
  const system = systemOf(records, { ignore });
  return await Promise.resolve({ file, io, system });
}
const planAll = async (system: System, io: ReturnType<typeof worldOf>, records: readonly RecordType[]) => {
  const works: Work[] = [];
  for (const one of records)
    works.push(
      await plan(system, io, target(one, [{ column: "email", type: "email", fold: ["lowercase"] }]), [
        lookup({ email: ANN }),
      ]),
    );
  return works;
};
/** With what cascades take, as a plan says it. */
async function withTaken(system: System, io: ReturnType<typeof worldOf>, work: Work): Promise<Work> {
  await using reader = await system.openReader(io);
  const keys = work.operations.flatMap(({ records }) => records.map(({ key }) => key));
  const found = await Array.fromAsync(reader.references(work.target, keys));
  const taken = found.filter(({ childAddress, link }) => childAddress === undefined && link.onDelete === "cascade");
  return {
    ...work,
    operations: work.operations.map((one) => ({
      ...one,
      records: one.records.map((each) => ({
        ...each,
        takes: taken
          .filter(({ parentKey }) => parentKey === each.key)
          .map(({ link, childKey }) => ({ constraint: link.constraint, table: link.child, key: childKey })),
      })),
    })),
  };
}

const PEOPLE = record("people", "erase", WINDOW);
const ORDERS = record("orders", "erase", WINDOW);
const IGNORED = ["notes", "marks", "visits"];

test("erased rows of every kind of value come back with their numbers, what cascades took and what lost its reference", async () => {
  const { file, io, system } = await world(MADE, [ORDERS, PEOPLE], IGNORED);
  using _ = file;
  const before = dumpOf(file);
  const works: Work[] = [];
  for (const one of await planAll(system, io, [ORDERS, PEOPLE])) works.push(await withTaken(system, io, one));
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(3), done(1)]);
  const gone = dumpOf(file);
  expect(
    [gone["people"], gone["orders"], gone["notes"], gone["marks"]].map((rows) =>
      Array.isArray(rows) ? rows.length : 0,
    ),
  ).toEqual([2, 1, 1, 1]);
  const unit = backOf(works, journal);
  expect(await missing(system, io, unit)).toBe(4);
  expect(await obstacles(system, io, unit)).toEqual([]);
  expect(dumpOf(file)).toEqual(gone);
  expect(await putBack(system, io, unit)).toMatchObject([done(1), done(3)]);
  expect(dumpOf(file)).toEqual(before);
  expect(await missing(system, io, unit)).toBe(0);
  // again: it is as it was
  expect(await putBack(system, io, unit)).toMatchObject([
    { matched: 0, alreadyGone: 1, failed: 0 },
    { matched: 0, alreadyGone: 3, failed: 0 },
  ]);
  expect(dumpOf(file)).toEqual(before);
});

test("changed rows come back as they were, with what a trigger set in them; what else was written since stays", async () => {
  const people = record("people", "anonymise", {
    ...WINDOW,
    fields: {
      email: { kind: "template", template: "erased+:random@invalid" },
      name: { kind: "clear" },
      boss: { kind: "remove" },
    },
  });
  const made = `${MADE} UPDATE people SET boss = 8 WHERE id = 7;
    CREATE TRIGGER touch AFTER UPDATE ON people WHEN new.seen IS old.seen BEGIN UPDATE people SET seen = datetime('now') WHERE id = new.id; END;`;
  const { file, io, system } = await world(made, [people], IGNORED);
  using _ = file;
  const before = dumpOf(file);
  const works = await planAll(system, io, [people]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1)]);
  expect(dumpOf(file)).not.toEqual(before);
  const unit = backOf(works, journal);
  expect(await putBack(system, io, unit)).toMatchObject([done(1)]);
  expect(dumpOf(file)).toEqual(before);
});

test("what a trigger sets each time is named, and nothing is done", async () => {
  const people = record("people", "redact", { ...WINDOW, fields: { name: { kind: "clear" } } });
  const { file, io, system } = await world(
    `${MADE} CREATE TRIGGER touch AFTER UPDATE ON people BEGIN UPDATE people SET seen = 'now' WHERE id = new.id; END;`,
    [people],
    IGNORED,
  );
  using _ = file;
  const works = await planAll(system, io, [people]);
  const journal = testJournal();
  await erase(system, io, works, journal);
  const gone = dumpOf(file);
  const unit = backOf(works, journal);
  expect(await obstacles(system, io, unit)).toEqual(["shop.people TRIGGER_CHANGES people.seen 1"]);
  expect(await putBack(system, io, unit)).toMatchObject([{ failed: 1 }]);
  expect(dumpOf(file)).toEqual(gone);
});

test("a key taken, a unique value taken, a parent gone, a row changed since: each is named, the others come back", async () => {
  const tickets = record("tickets", "redact", { ...WINDOW, fields: { text: { kind: "clear" } } });
  const { file, io, system } = await world(
    `${MADE} CREATE TABLE tickets (id INTEGER PRIMARY KEY, email TEXT, text TEXT, other TEXT);
     INSERT INTO tickets VALUES (1, '${ANN}', 'a', 'o'), (2, '${ANN}', 'b', 'o');`,
    [ORDERS, PEOPLE, tickets],
    IGNORED,
  );
  using _ = file;
  const before = dumpOf(file);
  const works = await planAll(system, io, [ORDERS, PEOPLE, tickets]);
  const [orders, people, third] = works;
  if (orders === undefined || people === undefined || third === undefined) throw new Error("no works");
  const journal = testJournal();
  await erase(system, io, [orders], journal);
  await erase(system, io, [await withTaken(system, io, people)], journal);
  await erase(system, io, [third], journal);
  const [backOrders, backPeople, backTickets] = [[orders], [people], [third]].map((some) => backOf(some, journal));
  if (backOrders === undefined || backPeople === undefined || backTickets === undefined) throw new Error("no units");
  // an order's parent is not back yet, but will be
  expect(await obstacles(system, io, backOrders)).toEqual(["shop.orders orders(person) 3"]);
  expect(await obstacles(system, io, { ...backOrders, earlier: backPeople.works })).toEqual([]);
  file.sql("INSERT INTO people (id, email) VALUES (70, 'ANN@SHOP.EXAMPLE')");
  expect(await obstacles(system, io, backPeople)).toEqual(["shop.people people(email) 1"]);
  file.sql("DELETE FROM people WHERE id = 70");
  file.sql("INSERT INTO people (id, email) VALUES (7, 'new@shop.example')");
  expect(await obstacles(system, io, backPeople)).toEqual(["shop.people people(id) 1"]);
  file.sql("INSERT INTO orders VALUES ('o2', 9, 'zoe@shop.example', NULL)");
  expect(await obstacles(system, io, backOrders)).toEqual(["shop.orders orders(no) 1"]);
  file.sql("UPDATE tickets SET text = 'since' WHERE id = 1");
  file.sql("UPDATE tickets SET other = 'since' WHERE id = 2");
  expect(await obstacles(system, io, backTickets)).toEqual(["shop.tickets changed 1"]);
  expect(await putBack(system, io, backTickets)).toMatchObject([{ matched: 1, failed: 1 }]);
  file.sql("DELETE FROM tickets WHERE id = 1");
  expect(await obstacles(system, io, backTickets)).toEqual(["shop.tickets gone 1", "shop.tickets as_wanted 1"]);
  file.sql("DELETE FROM orders WHERE no = 'o2'");
  file.sql("DELETE FROM people WHERE id = 7");
  await putBack(system, io, backPeople);
  await putBack(system, io, backOrders);
  const { tickets: __, ...rest } = dumpOf(file);
  const { tickets: ___, ...wanted } = before;
  expect(rest).toEqual(wanted);
});

test.each(["effect_begin", "effect_half", "effect_done"] as const)(
  "killed at %s, in the erasing and in the giving back: the same again ends the same",
  async (point) => {
    const { file, io, system } = await world(MADE, [ORDERS, PEOPLE], IGNORED);
    using _ = file;
    const before = dumpOf(file);
    const works: Work[] = [];
    for (const one of await planAll(system, io, [ORDERS, PEOPLE])) works.push(await withTaken(system, io, one));
    const killed = testJournal({ at: killAt(point) });
    await expect(erase(system, io, works, killed)).rejects.toThrow(Killed);
    const journal = testJournal({ notes: killed.notes });
    expect(await erase(system, io, works, journal)).toMatchObject([done(3), done(1)]);
    const images = new Map([...killed.images, ...journal.images]);
    const unit = backOf(works, { images });
    const again = testJournal({ at: killAt(point) });
    await expect(putBack(system, io, unit, again)).rejects.toThrow(Killed);
    expect(await putBack(system, io, unit, testJournal({ notes: again.notes }))).toMatchObject([done(1), done(3)]);
    expect(dumpOf(file)).toEqual(before);
  },
);

test("an audit trail: what the giving back writes into it is redacted, what stood there before comes back", async () => {
  const trail = record("trail", "redact", {
    ...WINDOW,
    auditOf: ["shop.people"],
    fields: { old: { kind: "clear" }, new: { kind: "clear" } },
  });
  const people = record("people", "redact", { ...WINDOW, fields: { name: { kind: "set", value: "x" } } });
  const { file, io, system } = await world(
    `${MADE} UPDATE people SET name = 'Ann' WHERE id = 7;
     CREATE TABLE trail (id INTEGER PRIMARY KEY, email TEXT, old TEXT, new TEXT);
     INSERT INTO trail VALUES (1, '${ANN}', 'Anna', 'Ann');
     CREATE TRIGGER tell AFTER UPDATE ON people BEGIN INSERT INTO trail (email, old, new) VALUES (old.email, old.name, new.name); END;`,
    [people, trail],
    IGNORED,
  );
  using _ = file;
  const works = await planAll(system, io, [people, trail]);
  const journal = testJournal();
  expect(await erase(system, io, works, journal)).toMatchObject([done(1), done(1, { own: 1 })]);
  expect(await putBack(system, io, backOf(works, journal))).toMatchObject([done(1, { own: 1 }), done(1)]);
  expect(file.sql("SELECT name FROM people WHERE id = 7")).toEqual([["Ann"]]);
  expect(file.sql("SELECT id, old, new FROM trail ORDER BY id")).toEqual([
    ["1", "Anna", "Ann"],
    ["2", null, null],
    ["3", null, null],
  ]);
});

test("a table without a key is refused", async () => {
  const logs = record("logs", "erase", WINDOW);
  const { file, io, system } = await world("CREATE TABLE logs (email TEXT, text TEXT)", [logs]);
  using _ = file;
  expect(codes(await check(system, io, [target(logs, ["email"])]))).toEqual(["ACTION_REFUSED shop.logs"]);
});

test("a table into which no row comes back is refused, and so is one that a cascade takes along; under a condition it is not", async () => {
  const stops = (table: string, more = "") =>
    `CREATE TRIGGER stop BEFORE INSERT ON ${table}${more} BEGIN SELECT RAISE(IGNORE); END`;
  for (const [trigger, said] of [
    [stops("people"), ["ACTION_REFUSED shop.people"]],
    [stops("notes"), ["ACTION_REFUSED shop.people"]],
    [stops("people", " WHEN new.id = 5"), []],
    [stops("visits"), []],
  ] as const) {
    const people = record("people", "erase", { ...WINDOW, cascades: ["notes(person)", "marks(note)"] });
    const { file, io, system } = await world(`${MADE} ${trigger}`, [people], [...IGNORED, "orders"]);
    using _ = file;
    expect(codes(await check(system, io, [target(people, ["email"])])), trigger).toEqual(said);
  }
});

test("a child names its parent as SQLite compares it, not byte for byte: it comes back with it", async () => {
  const named = record("codes", "erase", WINDOW);
  for (const onDelete of ["CASCADE", "SET NULL", "SET DEFAULT"]) {
    const { file, io, system } = await world(
      `CREATE TABLE codes (code TEXT COLLATE NOCASE, no NUMERIC, email TEXT, PRIMARY KEY (code, no));
       CREATE TABLE uses (id INTEGER PRIMARY KEY, code TEXT DEFAULT 'zz', no TEXT DEFAULT '9', FOREIGN KEY (code, no) REFERENCES codes ON DELETE ${onDelete});
       INSERT INTO codes VALUES ('AB', 7, '${ANN}'), ('CD', 7, 'bob'), ('ZZ', 9, 'zoe'); INSERT INTO uses VALUES (1, 'ab', '7'), (2, 'cd', '7.0');`,
      [named],
      ["uses"],
    );
    using _ = file;
    const before = dumpOf(file);
    const works: Work[] = [];
    for (const one of await planAll(system, io, [named])) works.push(await withTaken(system, io, one));
    const journal = testJournal();
    expect(await erase(system, io, works, journal), onDelete).toMatchObject([done(1)]);
    expect(dumpOf(file)["uses"], onDelete).not.toEqual(before["uses"]);
    const unit = backOf(works, journal);
    expect(await obstacles(system, io, unit), onDelete).toEqual([]);
    expect(await putBack(system, io, unit), onDelete).toMatchObject([done(1)]);
    expect(dumpOf(file), onDelete).toEqual(before);
  }
});
