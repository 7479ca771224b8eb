import { describe, expect, test } from "vitest";
import type { RecordType } from "../../../src/model/datamap.ts";
import { FREE, locateAll, planned } from "../../support/erase.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { check, codes, done, erase, lookup, plan, ruleOf, target } from "../sql.ts";
import { record, systemOf, testFile, type TestFile, worldOf } from "./file.ts";

const ANN = "ann@shop.example";
const who = [lookup({ email: ANN })];
const people = record("people", "erase");
const byEmail = target(people, [{ column: "email", type: "email", fold: [] }], ["id"]);
const PEOPLE = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO people VALUES (1, '${ANN}'), (2, 'bob')`;
const counts = (file: TestFile, ...tables: readonly string[]) =>
  tables.map((table) => Number(file.sql(`SELECT count(*) FROM ${table}`)[0]?.[0]));

describe("foreign keys", () => {
  const SHOP = `${PEOPLE};
    CREATE TABLE orders (id INTEGER PRIMARY KEY, who INTEGER REFERENCES people (id) ON DELETE CASCADE);
    CREATE TABLE lines (no INTEGER, ord INTEGER REFERENCES orders ON DELETE CASCADE, PRIMARY KEY (ord, no)) WITHOUT ROWID;
    CREATE TABLE marks (line_ord INTEGER, line_no INTEGER, FOREIGN KEY (line_ord, line_no) REFERENCES lines (ord, no) ON DELETE SET NULL);
    INSERT INTO orders VALUES (10, 1), (20, 2); INSERT INTO lines VALUES (1, 10), (2, 10), (1, 20); INSERT INTO marks VALUES (10, 1), (20, 1)`;

  test("a cascade is followed at every level: undeclared it is an error, declared it takes what was planned and nothing more", async () => {
    using file = testFile(SHOP);
    const bare = systemOf([people]);
    expect(codes(await check(bare, worldOf(file), [byEmail])).toSorted()).toEqual([
      "CASCADE_UNDECLARED shop.people",
      "CASCADE_UNDECLARED shop.people",
      "CASCADE_UNDECLARED shop.people",
    ]);
    const declared = record("people", "erase", { cascades: ["orders(who)", "lines(ord)", "marks(line_ord, line_no)"] });
    const where = { ...byEmail, record: declared };
    const system = systemOf([declared]);
    expect(codes(await check(system, worldOf(file), [where]))).toEqual([]);
    const [found] = await locateAll(system, worldOf(file), where, who);
    await using reader = await system.openReader(worldOf(file));
    const references = await Array.fromAsync(reader.references(where, [found?.key ?? ""]));
    expect(references.map(({ link, through, childKey }) => [link.child, through.length, childKey])).toEqual([
      ["shop.orders", 1, '["10"]'],
      ["shop.lines", 2, '["10","1"]'],
      ["shop.lines", 2, '["10","2"]'],
      ["shop.marks", 3, expect.stringContaining("rowid")],
    ]);
    const takes = references
      .filter(({ link }) => link.onDelete === "cascade")
      .map(({ link, childKey }) => ({ constraint: link.constraint, table: link.child, key: childKey }));
    const work = await plan(system, worldOf(file), where, who);
    const records = planned([found ?? { key: "", fingerprint: "", subjects: [] }]).map((one) => ({ ...one, takes }));
    const whole = { ...work, operations: [{ change: ruleOf(where), records }] };
    // one more line since the plan: what a cascade would take was not planned
    file.sql("INSERT INTO lines VALUES (3, 10)");
    expect(await erase(system, worldOf(file), [whole])).toMatchObject([
      { matched: 0, blocked: 1, reason: "lines(ord)" },
    ]);
    expect(counts(file, "people", "orders", "lines")).toEqual([2, 2, 4]);
    file.sql("DELETE FROM lines WHERE no = 3");
    const still = async () => {
      await using again = await system.openReader(worldOf(file));
      return await Array.fromAsync(again.remaining(where, { change: ruleOf(where), records }));
    };
    expect(await still()).toEqual([found?.key]);
    expect(await erase(system, worldOf(file), [whole])).toEqual([{ step: "shop.people", ...done(1) }]);
    expect(await still()).toEqual([]);
    expect([
      file.sql("SELECT * FROM orders"),
      file.sql("SELECT * FROM lines"),
      file.sql("SELECT * FROM marks"),
    ]).toEqual([
      [["20", "2"]],
      [["1", "20"]],
      [
        [null, null],
        ["20", "1"],
      ],
    ]);
  });

  test("a row that came to reference the record since the plan keeps it, with the constraint's name", async () => {
    using file = testFile(`${PEOPLE}; CREATE TABLE orders (id INTEGER PRIMARY KEY, who INTEGER REFERENCES people)`);
    const system = systemOf([people], { ignore: ["orders"] });
    const work = await plan(system, worldOf(file), byEmail, who);
    file.sql("INSERT INTO orders VALUES (1, 1)");
    expect(await erase(system, worldOf(file), [work])).toMatchObject([{ blocked: 1, reason: "orders(who)" }]);
    file.sql("DELETE FROM orders");
    expect(await erase(system, worldOf(file), [work])).toMatchObject([{ matched: 1 }]);
  });

  test("references are those that SQLite sees: the parent's collation decides, and a number is no text in a column without a type", async () => {
    using file = testFile(`CREATE TABLE people (id TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, email TEXT);
      CREATE TABLE orders (who REFERENCES people (id)); INSERT INTO people VALUES ('7', '${ANN}'), ('Ab', 'bob'); INSERT INTO orders VALUES (7), ('aB')`);
    const system = systemOf([people]);
    await using reader = await system.openReader(worldOf(file));
    const keys = (await Array.fromAsync(reader.references(byEmail, ['["\'7"]', '["\'Ab"]']))).map(
      ({ parentKey }) => parentKey,
    );
    expect(keys).toEqual(['["\'Ab"]']);
    file.raw.exec("PRAGMA foreign_keys = ON");
    expect(() => file.sql("DELETE FROM people WHERE id = 'Ab'")).toThrow("FOREIGN KEY");
    file.sql("DELETE FROM people WHERE id = '7'");
  });

  test("a foreign key that SQLite itself cannot keep is an error of the record type, before anything is planned", async () => {
    using file = testFile(`${PEOPLE}; CREATE TABLE orders (who TEXT REFERENCES people (email))`);
    const system = systemOf([people], { ignore: ["orders"] });
    expect(codes(await check(system, worldOf(file), [byEmail]))).toEqual(["CONSTRAINT shop.people"]);
    file.raw.exec("CREATE UNIQUE INDEX one ON people (email)");
    expect(codes(await check(system, worldOf(file), [byEmail]))).toEqual([]);
  });

  test("tables that reference each other, and a tree in one table, go in one piece", async () => {
    using file =
      testFile(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, card INTEGER REFERENCES cards (id), boss INTEGER REFERENCES people (id) ON DELETE CASCADE);
      CREATE TABLE cards (id INTEGER PRIMARY KEY, email TEXT, holder INTEGER REFERENCES people (id));
      INSERT INTO people VALUES (1, '${ANN}', 5, NULL), (2, '${ANN}', NULL, 1), (3, '${ANN}', NULL, 2), (4, 'bob', NULL, NULL); INSERT INTO cards VALUES (5, '${ANN}', 1), (6, 'bob', 4)`);
    const cards = record("cards", "erase");
    const byCard = target(cards, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([people, cards]);
    const works = [await plan(system, worldOf(file), byEmail, who), await plan(system, worldOf(file), byCard, who)];
    expect(await erase(system, worldOf(file), works)).toEqual([
      { step: "shop.people", ...done(3) },
      { step: "shop.cards", ...done(1) },
    ]);
    expect(counts(file, "people", "cards")).toEqual([1, 1]);
  });

  test("one record that a constraint refuses does not take its batch with it", async () => {
    using file = testFile(
      `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, x TEXT CONSTRAINT no_nulls CHECK (id <> 2 OR x IS NOT NULL)); INSERT INTO people VALUES (1, '${ANN}', 'a'), (2, '${ANN}', 'b'), (3, '${ANN}', 'c')`,
    );
    const redacted = record("people", "redact", { fields: { x: { kind: "clear" } } });
    const where = target(redacted, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([redacted]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), where, who)])).toMatchObject([
      { matched: 2, failed: 1, reason: "23514:no_nulls" },
    ]);
    expect(file.sql("SELECT x FROM people")).toEqual([[null], ["b"], [null]]);
  });
});

describe("triggers", () => {
  const AUDIT = "CREATE TABLE audit (id INTEGER PRIMARY KEY, at TEXT, old TEXT)";
  const TRIGGER =
    "CREATE TRIGGER keep AFTER DELETE ON people BEGIN INSERT INTO audit (at, old) VALUES ('now', old.email); END";

  test("one that copies rows where nobody looks is an error, and what it wrote is taken back", async () => {
    using file =
      testFile(`${PEOPLE}; ${AUDIT}; CREATE TABLE hop (x TEXT); CREATE TRIGGER first AFTER DELETE ON people BEGIN INSERT INTO hop VALUES (old.email); END;
      CREATE TRIGGER second AFTER INSERT ON hop BEGIN INSERT INTO audit (old) VALUES (new.x); DELETE FROM hop; END`);
    const hop = record("hop", "keep");
    const system = systemOf([people, hop]);
    const said = await check(system, worldOf(file), [byEmail]);
    expect(said.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([
      "trigger first copies rows into shop.hop, which is a record without audit_of: shop.people",
      "trigger second writes to audit, which is not in the data map",
    ]);
    const work = await plan(system, worldOf(file), byEmail, who);
    expect(await erase(system, worldOf(file), [work])).toMatchObject([
      { matched: 0, failed: 1, reason: "UNDECLARED audit" },
    ]);
    expect(counts(file, "people", "audit", "hop")).toEqual([2, 0, 0]);
    expect(file.sql("SELECT name FROM sqlite_schema WHERE name LIKE 'expunge%'")).toEqual([]);
  });

  test("one that could write but did not is no reason to fail", async () => {
    using file = testFile(
      `${PEOPLE}; ${AUDIT}; CREATE TRIGGER keep AFTER DELETE ON people WHEN old.id > 100 BEGIN INSERT INTO audit (old) VALUES (old.email); END`,
    );
    const system = systemOf([people]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), byEmail, who)])).toMatchObject([
      { matched: 1, failed: 0 },
    ]);
  });

  for (const withoutRowid of [false, true]) {
    test(`rows that a trigger adds to a declared trail are redacted in the same transaction, older ones by their match${withoutRowid ? ", without a row number" : ""}`, async () => {
      const made = withoutRowid
        ? AUDIT.replace("INTEGER PRIMARY KEY", "INTEGER NOT NULL DEFAULT (random())").replace(
            /\)$/u,
            ", PRIMARY KEY (id)) WITHOUT ROWID",
          )
        : AUDIT;
      using file = testFile(
        `${PEOPLE}; ${made}; ${TRIGGER}; INSERT INTO audit (at, old) VALUES ('before', '${ANN}'), ('before', 'bob')`,
      );
      const audit = record("audit", "redact", { fields: { old: { kind: "clear" } }, auditOf: ["shop.people"] });
      const byOld = target(audit, [{ column: "old", type: "email", fold: [] }]);
      const system = systemOf([people, audit]);
      expect(codes(await check(system, worldOf(file), [byEmail, byOld]))).toEqual([]);
      const works = [
        await plan(system, worldOf(file), byEmail, who),
        await plan(system, worldOf(file), byOld, [lookup({ old: ANN })]),
      ];
      const journal = testJournal({ at: killAt("effect_done") });
      await expect(erase(system, worldOf(file), works, journal)).rejects.toThrow(Killed);
      const wanted = [
        { step: "shop.people", ...done(1) },
        { step: "shop.audit", ...done(1, { own: 1 }) },
      ];
      // the same unit again knows what it did
      expect(await erase(system, worldOf(file), works, testJournal({ notes: journal.notes }))).toEqual(wanted);
      expect(file.sql("SELECT at, old FROM audit ORDER BY at, old IS NULL, old")).toEqual([
        ["before", "bob"],
        ["before", null],
        ["now", null],
      ]);
    });
  }

  test("a row of a trail that was there before is none of our own, though one writes into it; those that it adds go where the trail is erased", async () => {
    const chain = (more: string) =>
      `${PEOPLE}; CREATE TABLE log (id INTEGER PRIMARY KEY, who INT, email TEXT, note TEXT, next_id INT); INSERT INTO log (who, email) VALUES (1, '${ANN}'), (2, 'bob');
      CREATE TRIGGER chain AFTER DELETE ON people BEGIN INSERT INTO log (who, email) VALUES (old.id, old.email); UPDATE log SET next_id = (SELECT max(id) FROM log)${more} WHERE id = (SELECT max(id) FROM log) - 1; END`;
    const match = { mode: "any", terms: [{ column: "who", source: { kind: "identity", identity: "id" } }] } as const;
    const redacted = record("log", "redact", { auditOf: ["shop.people"], match, fields: { email: { kind: "clear" } } });
    const erased = record("log", "erase", { auditOf: ["shop.people"], match });
    const run = async (log: RecordType, more: string) => {
      using file = testFile(chain(more));
      const system = systemOf([people, log]);
      const byWho = target(log, [{ column: "who", type: "integer", fold: [] }]);
      const outcome = await erase(system, worldOf(file), [
        await plan(system, worldOf(file), byEmail, who),
        await plan(system, worldOf(file), byWho, [lookup({ who: "1" })]),
      ]);
      return { outcome, log: file.sql("SELECT id, who, email, note, next_id FROM log ORDER BY id") };
    };
    expect(await run(redacted, "")).toMatchObject({
      outcome: [done(1), done(1, { own: 1 })],
      log: [
        ["1", "1", null, null, null],
        ["2", "2", "bob", null, "3"],
        ["3", "1", null, null, null],
      ],
    });
    expect(await run(erased, "")).toMatchObject({
      outcome: [done(1), done(1, { own: 1 })],
      log: [["2", "2", "bob", null, "3"]],
    });
    for (const [more, reason] of [
      [", note = 'x'", "ALTERED log.note"],
      [", who = 1", "ALTERED log.who"],
    ] as const)
      expect(await run(redacted, more), more).toMatchObject({
        outcome: [{ failed: 1, reason }, { failed: 1 }],
        log: [
          ["1", "1", ANN, null, null],
          ["2", "2", "bob", null, null],
        ],
      });
  });

  test("one that swallows every deletion is told of, and one under a condition is noticed when it does", async () => {
    using file = testFile(`${PEOPLE}; CREATE TRIGGER stay BEFORE DELETE ON people BEGIN SELECT RAISE(IGNORE); END`);
    const system = systemOf([people]);
    expect(codes(await check(system, worldOf(file), [byEmail]))).toEqual(["DELETE_SWALLOWED shop.people"]);
    file.raw.exec(
      "DROP TRIGGER stay; CREATE TRIGGER stay BEFORE DELETE ON people WHEN old.id = 1 BEGIN SELECT RAISE(IGNORE); END",
    );
    expect(codes(await check(system, worldOf(file), [byEmail]), "warning")).toEqual(["TRIGGER_PRESENT shop.people"]);
    expect(await erase(system, worldOf(file), [await plan(system, worldOf(file), byEmail, who)])).toMatchObject([
      { matched: 0, failed: 1, reason: "swallowed" },
    ]);
    expect(counts(file, "people")).toEqual([2]);
  });

  test("one that deletes rows which no plan names fails its record; what the plan deletes anyway, and what it takes, may go with it", async () => {
    using file =
      testFile(`${PEOPLE}; CREATE TABLE notes (id INTEGER PRIMARY KEY, email TEXT, who INTEGER); INSERT INTO notes VALUES (1, '${ANN}', 1), (2, 'bob', 1), (3, 'bob', 2);
      CREATE TRIGGER tidy AFTER DELETE ON people BEGIN DELETE FROM notes WHERE who = old.id; END`);
    const notes = record("notes", "erase");
    const byNote = target(notes, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([people, notes]);
    expect(codes(await check(system, worldOf(file), [byEmail, byNote]))).toEqual([]);
    const work = await plan(system, worldOf(file), byEmail, who);
    expect(await erase(system, worldOf(file), [work])).toMatchObject([
      { matched: 0, failed: 1, reason: "UNPLANNED notes" },
    ]);
    expect(counts(file, "people", "notes")).toEqual([2, 3]);
    file.sql("UPDATE notes SET who = 2 WHERE id = 2");
    const others = await plan(system, worldOf(file), byNote, who);
    const keys = others.operations.flatMap(({ records }) => records.map(({ key }) => key));
    const planned = async () => await Promise.resolve({ deleting: [{ target: byNote, keys }], changing: [] });
    await using eraser = await system.openEraser(worldOf(file));
    expect(
      await eraser.apply({ id: "U-1", effect: "erase", works: [work], planned }, testJournal(), FREE),
    ).toMatchObject([{ matched: 1, left: [] }]);
    expect(file.sql("SELECT id FROM notes")).toEqual([["2"], ["3"]]);
  });

  test("one that puts its row in the place of somebody's fails its record: REPLACE deletes without a word", async () => {
    const notes = record("notes", "erase");
    const byNote = target(notes, [{ column: "email", type: "email", fold: [] }]);
    const system = systemOf([people, notes]);
    const NOTES = `CREATE TABLE notes (id INTEGER PRIMARY KEY, code TEXT UNIQUE, email TEXT); CREATE TABLE marks (note INTEGER REFERENCES notes (id) ON DELETE CASCADE);
      INSERT INTO notes VALUES (1, 'a', 'bob'), (2, 'b', 'bob'), (3, 'c', '${ANN}')`;
    const noticed: [string, string, number][] = [
      ["a key", "UPDATE OR REPLACE notes SET id = 2 WHERE id = 1", 3],
      ["a unique column", "INSERT OR REPLACE INTO notes VALUES (9, 'b', 'x')", 3],
      ["the short word", "REPLACE INTO notes (code, email) VALUES ('a', 'x')", 3],
      ["what references it goes too", "INSERT OR REPLACE INTO notes VALUES (1, 'a', 'x')", 1],
    ];
    for (const [what, statement, marked] of noticed) {
      using file = testFile(
        `${PEOPLE}; ${NOTES}; INSERT INTO marks VALUES (${marked}); CREATE TRIGGER put AFTER DELETE ON people BEGIN ${statement}; END`,
      );
      const before = file.sql("SELECT * FROM notes");
      const work = await plan(system, worldOf(file), byEmail, who);
      expect(await erase(system, worldOf(file), [work]), what).toMatchObject([
        { matched: 0, failed: 1, reason: "UNPLANNED notes" },
      ]);
      expect([counts(file, "people", "marks"), file.sql("SELECT * FROM notes")], what).toEqual([[2, 1], before]);
    }
    const passing: [string, string][] = [
      ["nobody's place", "INSERT OR REPLACE INTO notes VALUES (9, 'z', 'x')"],
      ["its own place", "UPDATE OR REPLACE notes SET id = 1, code = 'a', email = 'bob' WHERE id = 1"],
      ["the place of one with its key", "INSERT OR REPLACE INTO notes VALUES (1, 'a', 'bob')"],
      ["the place of one that the plan deletes", "INSERT OR REPLACE INTO notes VALUES (9, 'c', 'x')"],
    ];
    for (const [what, statement] of passing) {
      using file = testFile(
        `${PEOPLE}; ${NOTES}; DROP TABLE marks; CREATE TRIGGER put AFTER DELETE ON people BEGIN ${statement}; END`,
      );
      const work = await plan(system, worldOf(file), byEmail, who);
      const others = await plan(system, worldOf(file), byNote, who);
      const keys = others.operations.flatMap(({ records }) => records.map(({ key }) => key));
      await using eraser = await system.openEraser(worldOf(file));
      expect(
        await eraser.apply(
          {
            id: "U-1",
            effect: "erase",
            works: [work],
            planned: async () => await Promise.resolve({ deleting: [{ target: byNote, keys }], changing: [] }),
          },
          testJournal(),
          FREE,
        ),
        what,
      ).toMatchObject([{ matched: 1, left: [] }]);
      expect(counts(file, "people"), what).toEqual([1]);
      expect(file.sql("SELECT 1 FROM notes WHERE id = 2 AND email = 'bob'"), what).toEqual([["1"]]);
    }
  });

  test("one that changes what stands in somebody's row fails its record; counters, times, planned rows and ignored columns may follow", async () => {
    const posts = record("posts", "anonymise", { fields: { title: { kind: "clear" } } });
    const byPost = target(posts, [{ column: "email", type: "email", fold: [] }]);
    const bills = record("bills", "erase", {
      match: { mode: "any", terms: [{ column: "person", source: { kind: "identity", identity: "id" } }] },
      holds: [{ hold: "law", from: "day", protects: [] }],
    });
    const binned = record("binned", "soft-delete", { marker: { kind: "timestamp", column: "gone", live: null } });
    const hidden = record("hidden", "soft-delete", {
      place: { kind: "table", table: "binned" },
      marker: { kind: "flag", column: "hidden", deleted: "1", since: "hidden_at" },
    });
    const run = async (statement: string, ignore: readonly string[] = []) => {
      const file = testFile(
        `${PEOPLE}; CREATE TABLE posts (id INTEGER PRIMARY KEY, email TEXT, title TEXT COLLATE NOCASE, read BOOLEAN, n INT, seen DATETIME);
        CREATE TABLE bills (id INTEGER PRIMARY KEY, person INT, day DATE, seen DATE, total INT, note TEXT); INSERT INTO bills SELECT value, 8, '2026-01-01', '2026-01-01', 5, 'x' FROM json_each('[1,2,3]');
        CREATE TABLE binned (id INTEGER PRIMARY KEY, email TEXT, gone DATETIME, hidden INT, hidden_at DATETIME, seen DATETIME);
        INSERT INTO binned VALUES (1, 'bob', NULL, 0, NULL, NULL), (2, 'bob', '2026-01-01', 1, '2026-01-01', NULL);
        INSERT INTO posts VALUES (1, 'bob', 'x', 0, 1, '2026-01-01'), (2, '${ANN}', 'y', 0, 1, '2026-01-01'); CREATE TRIGGER follow AFTER DELETE ON people BEGIN ${statement}; END`,
      );
      const system = systemOf([people, posts, bills, binned, hidden], { ignore });
      const work = await plan(system, worldOf(file), byEmail, who);
      const others = await plan(system, worldOf(file), byPost, who);
      const changing = [
        { target: byPost, keys: others.operations.flatMap(({ records }) => records.map(({ key }) => key)) },
      ];
      const byPerson = target(bills, [{ column: "person", type: "integer", fold: [] }]);
      const keeping = [
        { target: byPerson, keys: ['["2"]'] },
        { target: byPerson, keys: ['["3"]'], columns: ["total"] },
      ];
      await using eraser = await system.openEraser(worldOf(file));
      const [outcome] = await eraser.apply(
        {
          id: "U-1",
          effect: "erase",
          works: [work],
          planned: async () => await Promise.resolve({ deleting: [], changing, keeping }),
        },
        testJournal(),
        FREE,
      );
      const left = [counts(file, "people"), file.sql("SELECT * FROM posts WHERE id = 1")];
      file[Symbol.dispose]();
      return { outcome, left };
    };
    const noticed: [string, string, string][] = [
      ["all rows", "UPDATE posts SET title = NULL", "ALTERED posts.title"],
      ["two columns", "UPDATE posts SET read = 1, email = 'x' WHERE id = 1", "ALTERED posts.email, posts.read"],
      ["the case of letters", "UPDATE posts SET title = 'X' WHERE id = 1", "ALTERED posts.title"],
      [
        "a row put in its place",
        "INSERT OR REPLACE INTO posts (id, email, title, read) VALUES (1, 'bob', 'z', 0)",
        "ALTERED posts.title",
      ],
      ["the table it fires for", "UPDATE people SET email = 'x' WHERE id = 2", "ALTERED people.email"],
      ["a number that names the row", "UPDATE bills SET id = 9 WHERE id = 1", "ALTERED bills.id"],
      ["a number of what a law wants kept", "UPDATE bills SET total = 0 WHERE id = 2", "ALTERED bills.total"],
      ["what is left of a kept one", "UPDATE bills SET total = 0, note = NULL WHERE id = 3", "ALTERED bills.total"],
      ["whose it is", "UPDATE bills SET person = 9", "ALTERED bills.person"],
      ["from when on it is kept", "UPDATE bills SET day = '1990-01-01', seen = '2026-02-02'", "ALTERED bills.day"],
      [
        "a stranger's is marked as deleted",
        "UPDATE binned SET gone = '2026-02-02' WHERE id = 1",
        "ALTERED binned.gone",
      ],
      ["what was marked goes later", "UPDATE binned SET gone = '2026-02-02' WHERE id = 2", "ALTERED binned.gone"],
      ["what was marked lives again", "UPDATE binned SET gone = NULL, seen = '2026-02-02'", "ALTERED binned.gone"],
      ["a number that says it is deleted", "UPDATE binned SET hidden = 1", "ALTERED binned.hidden"],
      ["since when it is", "UPDATE binned SET hidden_at = '2026-02-02'", "ALTERED binned.hidden_at"],
    ];
    for (const [what, statement, reason] of noticed) {
      const { outcome, left } = await run(statement);
      expect(outcome?.left, what).toMatchObject([{ kind: "failed", reason }]);
      expect(left, what).toEqual([[2], [["1", "bob", "x", "0", "1", "2026-01-01"]]]);
    }
    const passing: [string, string, readonly string[]][] = [
      ["a counter and a time", "UPDATE posts SET n = n - 1, seen = '2026-02-02'", []],
      ["another day", "UPDATE bills SET seen = '2026-02-02'", []],
      ["another day of what is marked", "UPDATE binned SET seen = '2026-02-02'", []],
      ["a number of what nobody keeps", "UPDATE bills SET total = 0 WHERE id = 1", []],
      ["what is cleared of a kept one", "UPDATE bills SET note = NULL WHERE id = 3", []],
      ["the same value again", "UPDATE posts SET title = title", []],
      ["a planned row", "UPDATE posts SET title = NULL, email = 'x' WHERE id = 2", []],
      ["an ignored column", "UPDATE posts SET title = 'gone'", ["shop.posts.title"]],
      ["a new row", "INSERT INTO posts (id, email) VALUES (3, 'x')", []],
    ];
    for (const [what, statement, ignore] of passing)
      expect((await run(statement, ignore)).outcome, what).toMatchObject({ matched: 1, left: [] });
  });

  test("one that raises an error fails its record, without its words", async () => {
    using file = testFile(
      `${PEOPLE}; CREATE TRIGGER no BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'ann@shop.example stays'); END`,
    );
    const system = systemOf([people]);
    const said = await erase(system, worldOf(file), [await plan(system, worldOf(file), byEmail, who)]);
    expect(said).toMatchObject([{ failed: 1, reason: "P0001" }]);
    expect(JSON.stringify(said)).not.toContain(ANN);
  });
});
