import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { connector } from "../../../connectors/sqlite/connector.ts";
import { Failure } from "../../../src/errors.ts";
import { locateAll } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { testJournal } from "../../support/journal.ts";
import { check, codes, done, erase, lookup, plan, target } from "../sql.ts";
import { record, systemOf, testFile, type TestFile, worldOf } from "./file.ts";

const ANN = "ann@shop.example";
const people = record("people", "erase");
const byEmail = target(people, [{ column: "email", type: "email", fold: [] }], ["id"]);
const PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT)";
const who = [lookup({ email: ANN })];

/** A text that stands in no other place of the file. */
const MARK = "Annabel Quayrow of Harbour Lane";
/** It stands beyond the row's own page. */
const LONG = `${"x".repeat(9000)} ${MARK}`;

describe("bytes", () => {
  test("what was overwritten is overwritten in the file itself as soon as the eraser is closed, whoever else has it open", async () => {
    using file = testFile(`PRAGMA journal_mode = wal; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, ?), (2, 'bob@shop.example', 'Bob')", ANN, LONG);
    file.raw.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), byEmail, who);
    await using reader = await system.openReader(worldOf(file));
    expect(await Array.fromAsync(reader.locate(byEmail, { by: "subjects", lookups: who }))).toHaveLength(1);
    expect(readFileSync(file.path).includes(MARK), "present before").toBe(true);
    expect(await erase(system, worldOf(file), [work])).toEqual([{ step: "shop.people", ...done(1) }]);
    expect(file.bytes().includes(MARK)).toBe(false);
    expect((await Array.fromAsync(reader.residue(byEmail))).map(({ mechanism }) => mechanism)).toEqual(["free_space"]);
    expect(file.sql("SELECT * FROM people")).toEqual([["2", "bob@shop.example", "Bob"]]);
  });

  for (const journal of ["wal", "delete", "truncate", "persist", "memory"]) {
    test(`in ${journal} mode nothing of an erased person is in any file, old versions of the row neither, once it was purged`, async () => {
      using file = testFile(`PRAGMA journal_mode = ${journal}; ${PEOPLE}`);
      file.sql("INSERT INTO people VALUES (1, ?, ?), (2, 'bob@shop.example', 'Bob')", ANN, LONG);
      // an older version, on pages that nobody overwrites
      file.sql("UPDATE people SET name = 'Ann' WHERE id = 1");
      const system = systemOf([people]);
      const work = await plan(system, worldOf(file), byEmail, who);
      expect(file.bytes().includes(MARK), "present before").toBe(true);
      expect(file.bytes().includes(ANN)).toBe(true);
      expect(await erase(system, worldOf(file), [work])).toEqual([{ step: "shop.people", ...done(1) }]);
      await using eraser = await system.openEraser(worldOf(file));
      expect((await eraser.flushResidue(byEmail)).map(({ mechanism }) => mechanism)).toEqual([]);
      expect([file.bytes().includes(MARK), file.bytes().includes(ANN)]).toEqual([false, false]);
      expect(file.bytes().includes("bob@shop.example")).toBe(true);
      expect(file.sql("SELECT * FROM people")).toEqual([["2", "bob@shop.example", "Bob"]]);
    });
  }

  test("a redacted value is overwritten where it stood, without a purge", async () => {
    using file = testFile(`PRAGMA journal_mode = delete; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, ?)", ANN, LONG);
    expect(file.bytes().includes(MARK)).toBe(true);
    const redacted = record("people", "redact", { fields: { name: { kind: "clear" } } });
    const where = target(redacted, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([redacted]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), where, who)])).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
    expect([file.bytes().includes(MARK), file.bytes().includes(ANN)]).toEqual([false, true]);
  });

  test("where somebody is reading the file, the residue is said and not denied", async () => {
    using file = testFile(`PRAGMA journal_mode = wal; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, ?)", ANN, MARK);
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), byEmail, who);
    using other = new DatabaseSync(file.path);
    other.exec("BEGIN; SELECT count(*) FROM people");
    expect(await erase(system, worldOf(file), [work])).toEqual([{ step: "shop.people", ...done(1) }]);
    await using eraser = await system.openEraser(worldOf(file));
    expect((await eraser.flushResidue(byEmail)).map(({ mechanism }) => mechanism)).toContain("wal");
    expect(file.bytes().includes(MARK), "the reader still sees it").toBe(true);
    other.exec("COMMIT");
    expect((await eraser.flushResidue(byEmail)).map(({ mechanism }) => mechanism)).toEqual([]);
    expect(file.bytes().includes(MARK)).toBe(false);
  });

  test("rows without a number of their own are not renumbered: the file is not written anew, and the residue says so", async () => {
    using file = testFile(
      `${PEOPLE}; CREATE TABLE loose (a TEXT); INSERT INTO loose VALUES ('x'), ('y'), ('z'); DELETE FROM loose WHERE a = 'x'`,
    );
    const system = systemOf([people]);
    await using eraser = await system.openEraser(worldOf(file));
    expect((await eraser.flushResidue(byEmail)).map(({ mechanism }) => mechanism)).toEqual(["free_space"]);
    expect(file.sql("SELECT rowid, a FROM loose")).toEqual([
      ["2", "y"],
      ["3", "z"],
    ]);
  });
});

describe("full-text indexes", () => {
  const DOCS = "CREATE TABLE docs (id INTEGER PRIMARY KEY, email TEXT, body TEXT)";
  const docs = record("docs", "erase");
  const where = target(docs, [{ column: "email", type: "email", fold: [] }]);
  const seed = (file: TestFile) =>
    file.sql("INSERT INTO docs VALUES (1, ?, 'quayrowword'), (2, 'bob@shop.example', 'other')", ANN);

  test("an index that triggers keep: the words go with the row, and its old segments with the purge", async () => {
    using file = testFile(`${DOCS}; CREATE VIRTUAL TABLE ft USING fts5(body, content='docs', content_rowid='id');
      CREATE TRIGGER ai AFTER INSERT ON docs BEGIN INSERT INTO ft(rowid, body) VALUES (new.id, new.body); END;
      CREATE TRIGGER ad AFTER DELETE ON docs BEGIN INSERT INTO ft(ft, rowid, body) VALUES ('delete', old.id, old.body); END`);
    seed(file);
    const system = systemOf([docs]);
    expect(await check(system, worldOf(file), [where])).toEqual([]);
    expect(file.sql("SELECT rowid FROM ft('quayrowword')")).toEqual([["1"]]);
    const work = await plan(system, worldOf(file), where, who);
    expect(await erase(system, worldOf(file), [work])).toEqual([{ step: "shop.docs", ...done(1) }]);
    expect(file.sql("SELECT rowid FROM ft('quayrowword')")).toEqual([]);
    await using eraser = await system.openEraser(worldOf(file));
    expect(await eraser.flushResidue(where)).toEqual([]);
    expect(file.bytes().includes("quayrowword")).toBe(false);
    expect(file.sql("SELECT rowid FROM ft('other')")).toEqual([["2"]]);
  });

  test("an index that nobody keeps is told of, and built anew", async () => {
    using file = testFile(`${DOCS}; CREATE VIRTUAL TABLE ft USING fts5(body, content=docs, content_rowid=id)`);
    seed(file);
    file.raw.exec("INSERT INTO ft(ft) VALUES ('rebuild')");
    const system = systemOf([docs]);
    expect(codes(await check(system, worldOf(file), [where]), "warning")).toEqual(["GAP shop.docs"]);
    await erase(system, worldOf(file), [await plan(system, worldOf(file), where, who)]);
    expect(file.bytes().includes("quayrowword"), "the index still holds it").toBe(true);
    await using reader = await system.openReader(worldOf(file));
    expect((await Array.fromAsync(reader.residue(where))).map(({ mechanism }) => mechanism)).toContain("full_text");
    await using eraser = await system.openEraser(worldOf(file));
    expect(await eraser.flushResidue(where)).toEqual([]);
    expect(file.bytes().includes("quayrowword")).toBe(false);
  });

  test("a trigger that copies rows into an index with texts of its own is an error, until the index is a record", async () => {
    using file = testFile(`${DOCS}; CREATE VIRTUAL TABLE gone USING fts5(email, body);
      CREATE TRIGGER ad AFTER DELETE ON docs BEGIN INSERT INTO gone VALUES (old.email, old.body); END`);
    seed(file);
    const system = systemOf([docs]);
    expect(codes(await check(system, worldOf(file), [where]))).toEqual(["TRIGGER_UNDECLARED shop.docs"]);
    const work = await plan(system, worldOf(file), where, who);
    expect(await erase(system, worldOf(file), [work])).toMatchObject([
      { matched: 0, failed: 1, reason: "UNDECLARED gone" },
    ]);
    expect(file.sql("SELECT id FROM docs")).toEqual([["1"], ["2"]]);
  });

  test("an index with texts of its own is a record type like any other", async () => {
    using file = testFile("CREATE VIRTUAL TABLE notes USING fts5(email, body)");
    file.sql("INSERT INTO notes VALUES (?, 'quayrowword'), ('bob@shop.example', 'other')", ANN);
    const notes = record("notes", "erase");
    const over = target(notes, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([notes]);
    expect(await check(system, worldOf(file), [over])).toEqual([]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), over, who)])).toEqual([
      { step: "shop.notes", ...done(1) },
    ]);
    expect(file.sql("SELECT email FROM notes")).toEqual([["bob@shop.example"]]);
  });
});

describe("the file", () => {
  test("one that is not there is unreachable, and is never made", async () => {
    using file = testFile(PEOPLE);
    const system = systemOf([people], { connect: { file: "other.db" } });
    // one after the other: of two begun at once the second fails while nobody waits for it yet
    for (const open of [() => system.openReader(worldOf(file)), () => system.openEraser(worldOf(file))])
      await expect(open()).rejects.toThrow(expect.objectContaining({ code: "SYSTEM_UNREACHABLE" }));
    expect(existsSync(join(file.folder, "other.db"))).toBe(false);
  });

  test("a folder, an empty file and a file of something else hold nobody that could be found", async () => {
    using file = testFile(PEOPLE);
    writeFileSync(join(file.folder, "text.db"), "email,name\n".repeat(400));
    writeFileSync(join(file.folder, "empty.db"), "");
    const at = (name: string) => systemOf([people], { connect: { file: name } });
    await expect(at(".").openReader(worldOf(file))).rejects.toThrow(
      expect.objectContaining({ code: "SYSTEM_UNREACHABLE" }),
    );
    await expect(at("text.db").openReader(worldOf(file))).rejects.toThrow(
      expect.objectContaining({ code: "SYSTEM_UNREACHABLE" }),
    );
    expect(codes(await check(at("empty.db"), worldOf(file), [byEmail]))).toEqual(["TABLE_MISSING shop.people"]);
    expect(statSync(join(file.folder, "empty.db")).size).toBe(0);
  });

  test("a link to it is followed: what SQLite lays beside the file is seen and let go of", async () => {
    using file = testFile(`PRAGMA journal_mode = wal; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, ?)", ANN, LONG);
    using elsewhere = testFile();
    symlinkSync(file.path, join(elsewhere.folder, "link.db"));
    const system = systemOf([people], { connect: { file: "link.db" } });
    await using reader = await system.openReader(worldOf(elsewhere));
    expect((await Array.fromAsync(reader.residue(byEmail))).map(({ mechanism }) => mechanism)).toEqual([
      "wal",
      "free_space",
    ]);
    expect(await erase(system, worldOf(elsewhere), [await plan(system, worldOf(elsewhere), byEmail, who)])).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
    expect(file.sql("SELECT * FROM people")).toEqual([]);
  });

  test("one that is kept in UTF-16 is searched and purged like any other", async () => {
    using file = testFile(`PRAGMA encoding = 'UTF-16le'; PRAGMA journal_mode = wal; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, ?), (2, 'bob@shop.example', 'Jörg')", ANN, MARK);
    const wide = Buffer.from(MARK, "utf16le");
    expect(file.bytes().includes(wide)).toBe(true);
    const system = systemOf([people]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), byEmail, who)])).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
    await using eraser = await system.openEraser(worldOf(file));
    expect(await eraser.flushResidue(byEmail)).toEqual([]);
    expect(file.bytes().includes(wide)).toBe(false);
    expect(file.sql("SELECT name FROM people")).toEqual([["Jörg"]]);
  });

  test("its path may be a secret, and any name", async () => {
    using file = testFile(PEOPLE);
    const odd = join(file.folder, "a #1?%20 file&mode=rwc.db");
    using other = new DatabaseSync(odd);
    other.exec(`${PEOPLE}; INSERT INTO people VALUES (7, '${ANN}', 'Ann')`);
    const system = connector.configure({ ...block(), connect: { secret: "path" } });
    const io = testIO({ base: "/", secrets: { path: odd } });
    expect((await locateAll(system, io, byEmail, who)).map(({ key }) => key)).toEqual(['["7"]']);
  });

  test("a reader is refused every write by SQLite itself, and looks at what was not rolled back yet", async () => {
    using file = testFile(`PRAGMA journal_mode = delete; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, 'Ann')", ANN);
    const before = file.bytes();
    expect(await locateAll(systemOf([people]), worldOf(file), byEmail, who)).toHaveLength(1);
    expect(file.bytes().equals(before)).toBe(true);
    expect(file.files()).toEqual(["shop.db"]);
  });

  test("what a process left that died in the middle of a write is rolled back before anything is looked for", async () => {
    using file = testFile(`PRAGMA journal_mode = delete; PRAGMA cache_size = 1; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, 'Ann')", ANN);
    file.raw.exec("BEGIN");
    // more than the cache holds: the file is written to before the end
    for (let id = 2; id < 400; id += 1)
      file.sql("INSERT INTO people VALUES (?, 'x@shop.example', ?)", id, "y".repeat(900));
    const copy = testFile("");
    using _copy = copy;
    copy.raw.close();
    const { cpSync } = await import("node:fs");
    cpSync(file.path, copy.path);
    cpSync(`${file.path}-journal`, `${copy.path}-journal`);
    file.raw.exec("ROLLBACK");
    expect(await locateAll(systemOf([people]), worldOf(copy), byEmail, who)).toHaveLength(1);
    using look = new DatabaseSync(copy.path, { readOnly: true });
    expect(look.prepare("SELECT count(*) AS n FROM people").get()).toEqual({ n: 1 });
  });
});

describe("locks", () => {
  test("while another process writes, records are blocked, not failed, and nothing is begun", async () => {
    using file = testFile(`PRAGMA journal_mode = wal; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, 'Ann')", ANN);
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), byEmail, who);
    file.raw.exec("BEGIN IMMEDIATE");
    const journal = testJournal();
    expect(await erase(system, worldOf(file), [work], journal)).toMatchObject([
      { matched: 0, blocked: 1, reason: "lock_timeout" },
    ]);
    expect(journal.notes).toEqual([]);
    file.raw.exec("ROLLBACK");
    expect(await erase(system, worldOf(file), [work], testJournal({ notes: journal.notes }))).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
  }, 60_000);

  test("a database that is locked to readers is busy, never empty", async () => {
    using file = testFile(`PRAGMA journal_mode = delete; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, 'Ann')", ANN);
    const system = systemOf([people]);
    await using reader = await system.openReader(worldOf(file));
    file.raw.exec("BEGIN EXCLUSIVE");
    for (const look of [
      async () => await Array.fromAsync(reader.locate(byEmail, { by: "subjects", lookups: who })),
      async () => await system.openReader(worldOf(file)),
      async () => await system.openEraser(worldOf(file)),
    ]) {
      // one after the other: what fails before it is waited for is nobody's
      const error = await look().catch((thrown: unknown) => thrown);
      expect([error instanceof Failure, error]).toEqual([true, expect.objectContaining({ code: "BUSY", exit: 75 })]);
    }
    file.raw.exec("ROLLBACK");
    expect(await locateAll(system, worldOf(file), byEmail, who)).toHaveLength(1);
  }, 60_000);

  test("a commit that a reader stands in the way of is tried again, and blocked in the end with nothing changed", async () => {
    using file = testFile(`PRAGMA journal_mode = delete; ${PEOPLE}`);
    file.sql("INSERT INTO people VALUES (1, ?, 'Ann')", ANN);
    const system = systemOf([people]);
    const work = await plan(system, worldOf(file), byEmail, who);
    using other = new DatabaseSync(file.path);
    other.exec("BEGIN; SELECT count(*) FROM people");
    other.prepare("SELECT * FROM people").all();
    const journal = testJournal();
    expect(await erase(system, worldOf(file), [work], journal)).toMatchObject([
      { matched: 0, blocked: 1, reason: "lock_timeout" },
    ]);
    expect(file.sql("SELECT id FROM people")).toEqual([["1"]]);
    other.exec("COMMIT");
    expect(await erase(system, worldOf(file), [work], testJournal({ notes: journal.notes }))).toEqual([
      { step: "shop.people", ...done(1) },
    ]);
    expect(file.sql("SELECT id FROM people")).toEqual([]);
  }, 60_000);
});

function block() {
  return {
    name: "shop",
    kind: "sqlite",
    rank: "source" as const,
    feeds: [],
    session: {},
    records: [people],
    covers: [],
    at: { line: 1, column: 1 },
  };
}
