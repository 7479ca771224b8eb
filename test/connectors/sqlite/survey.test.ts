import { expect, test } from "vitest";
import type { Store } from "../../../src/model/structure.ts";
import { systemOf, type TestFile, testFile, worldOf } from "./file.ts";

async function survey(file: TestFile) {
  const opened = await systemOf([]).openSurvey?.(worldOf(file));
  if (opened === undefined) throw new Error("sqlite cannot be surveyed");
  return opened;
}

async function stores(file: TestFile): Promise<ReadonlyMap<string, Store>> {
  await using opened = await survey(file);
  return new Map((await Array.fromAsync(opened.stores([]))).map((store) => [store.name, store]));
}

test("tables are told with columns, keys, unique indexes, references and checks", async () => {
  using file =
    testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE, born DATE, ok BOOLEAN DEFAULT 0, extra JSON, photo BLOB, note, loud TEXT AS (upper(email)),
      gone TEXT CHECK (gone <> '(' OR gone IS NULL), CONSTRAINT "some mail" CHECK (email LIKE '%@%' /* (at) */));
    CREATE UNIQUE INDEX live ON people (lower(email), born) WHERE gone IS NULL; CREATE INDEX days ON people (born);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, person INT NOT NULL REFERENCES people ON DELETE CASCADE, maker INT REFERENCES people (id) ON DELETE SET NULL);
    CREATE TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;`);
  const found = await stores(file);
  const people = found.get("people");
  expect(people?.columns).toEqual([
    { name: "id", type: "INTEGER", shape: "number", nullable: false, generated: false },
    { name: "email", type: "VARCHAR(80)", shape: "text", nullable: false, generated: false, length: 80 },
    { name: "born", type: "DATE", shape: "date", nullable: true, generated: false },
    { name: "ok", type: "BOOLEAN", shape: "boolean", nullable: true, generated: false, default: "0" },
    { name: "extra", type: "JSON", shape: "json", nullable: true, generated: false },
    { name: "photo", type: "BLOB", shape: "bytes", nullable: true, generated: false },
    { name: "note", type: "", shape: "other", nullable: true, generated: false },
    { name: "loud", type: "TEXT", shape: "text", nullable: true, generated: true },
    { name: "gone", type: "TEXT", shape: "text", nullable: true, generated: false },
  ]);
  expect(people?.key).toEqual(["id"]);
  expect(people?.uniques).toEqual([
    { name: "live", columns: ["born"], expressions: ["lower(email)"], where: "gone IS NULL", constraint: false },
    { name: expect.stringContaining("autoindex"), columns: ["email"], expressions: [], constraint: true },
  ]);
  expect(people?.indexed.toSorted()).toEqual(["born", "email", "id"]);
  expect(people?.checks).toEqual([
    { name: "", columns: ["gone"], text: "CHECK (gone <> '(' OR gone IS NULL)" },
    { name: "some mail", columns: ["email"], text: expect.stringContaining("LIKE '%@%'") },
  ]);
  expect(found.get("orders")?.references.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "orders(maker)", columns: ["maker"], to: "people", toColumns: ["id"], onDelete: "set_null" },
    { name: "orders(person)", columns: ["person"], to: "people", toColumns: ["id"], onDelete: "cascade" },
  ]);
  expect(found.get("pairs")).toMatchObject({ key: ["a", "b"], may: { read: true, erase: true } });
});

test("triggers with what they write, views with what they read, full-text copies are told; a sample has at most so many values", async () => {
  using file = testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT); CREATE TABLE trail (who, was);
    CREATE TRIGGER noted AFTER DELETE ON people BEGIN INSERT INTO trail VALUES (OLD.id, OLD.email); END;
    CREATE TRIGGER quiet AFTER INSERT ON people BEGIN SELECT 1; END;
    CREATE VIEW seen AS SELECT email AS mail FROM people; CREATE VIEW far AS SELECT * FROM seen; CREATE VIEW broken AS SELECT * FROM nowhere;
    CREATE VIRTUAL TABLE words USING fts5(email, content='people'); CREATE VIRTUAL TABLE own USING fts5(body);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO people SELECT i, 'p' || i || '@shop.example' FROM n;`);
  const found = await stores(file);
  expect(found.get("people")?.triggers.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "noted", on: ["delete"], writes: ["trail"], sets: [] },
    { name: "quiet", on: ["insert"], writes: [], sets: [] },
  ]);
  expect(found.get("people")?.readers.map(({ name, kind }) => `${kind} ${name}`)).toContain("view seen");
  expect(found.get("seen")).toMatchObject({ kind: "view", columns: [{ name: "mail" }] });
  expect(found.get("broken")).toMatchObject({ kind: "view", columns: [] });
  expect(found.get("words")).toMatchObject({ kind: "view" });
  expect(found.get("own")).toMatchObject({ kind: "table" });
  await using opened = await survey(file);
  const people = found.get("people");
  if (people === undefined) throw new Error("people was not surveyed");
  expect((await opened.sample(people, 3)).map(({ column, values }) => [column, values.length])).toEqual([
    ["id", 3],
    ["email", 3],
  ]);
});
