import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { System } from "../../../src/port/connector.ts";
import type { Work } from "../../../src/model/change.ts";
import { FREE } from "../../support/erase.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import {
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

let database: TestDatabase;
let system: System;

const paths = { "before.email": { kind: "clear" }, "before.name": { kind: "remove" } } as const;
const users = target(record("users", "erase"), ["email"], ["id"]);
const trail = target(record("trail", "redact", { auditOf: ["shop.users"], in: ["changes"], paths }), ["owner"]);

beforeAll(async () => {
  database = await testDatabase("audit");
  system = systemOf([users.record, trail.record], { session: { lock_timeout: "50ms" } });
});
beforeEach(async () => {
  await database.fresh();
  await database.sql(`CREATE TABLE users (id int PRIMARY KEY, email text, name text);
    CREATE TABLE trail (seq serial PRIMARY KEY, owner int, changes jsonb);
    INSERT INTO users VALUES (1, 'ann@shop.example', 'Ann'), (2, 'ann@shop.example', 'Annie'), (3, 'bob@shop.example', 'Bob');
    INSERT INTO trail (owner, changes) SELECT id, jsonb_build_object('before', to_jsonb(u)) FROM users u;
    CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trail (owner, changes) VALUES (old.id, jsonb_build_object('before', to_jsonb(old))); RETURN NULL; END $$;
    CREATE TRIGGER remember AFTER UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION remember()`);
});
afterAll(async () => await database[Symbol.asyncDispose]());

async function works(of = users): Promise<Work[]> {
  const io = worldOf(database);
  return [
    await plan(system, io, of, [lookup({ email: "ann@shop.example" })]),
    await plan(system, io, trail, [lookup({ owner: ["1", "2"] })]),
  ];
}

const said = async () =>
  (await database.sql("SELECT owner::text, changes::text FROM trail ORDER BY seq")).map(
    ([owner, changes]) => `${owner} ${changes}`,
  );
const BOB = '3 {"before": {"id": 3, "name": "Bob", "email": "bob@shop.example"}}';
const redacted = (owner: number) => `${owner} {"before": {"id": ${owner}, "email": null}}`;

test("the trail's rows and those that our own DELETE adds are redacted with the rows they tell of", async () => {
  expect(await said()).toHaveLength(3);
  expect(await erase(system, worldOf(database), await works())).toEqual([
    { step: "shop.users", ...done(2) },
    { step: "shop.trail", ...done(2, { own: 2 }) },
  ]);
  expect(await said()).toEqual([redacted(1), redacted(2), BOB, redacted(1), redacted(2)]);
  expect(await database.sql("SELECT id FROM users")).toEqual([["3"]]);
});

test("they are seen by nobody before they are redacted: one transaction holds them", async () => {
  const other = await database.session();
  await other.query("BEGIN; SELECT FROM trail WHERE owner = 2 FOR UPDATE");
  const [first, second] = await erase(system, worldOf(database), await works());
  // the trail's row of Annie is locked: what is about her stays for the next attempt or is done, but never half
  const plain = await said();
  expect(second).toMatchObject({ blocked: 1, reason: "lock_timeout" });
  expect(plain.filter((line) => line.includes("Annie"))).toEqual([
    '2 {"before": {"id": 2, "name": "Annie", "email": "ann@shop.example"}}',
  ]);
  await other.query("ROLLBACK");
  const again = await erase(system, worldOf(database), await works());
  expect((first?.affected ?? 0) + (again[0]?.affected ?? 0)).toBe(2);
  expect((await said()).filter((line) => /Ann|ann@/u.test(line))).toEqual([]);
});

test("rows added under a savepoint of the trigger, or by a deferred trigger, are our own too", async () => {
  await database.sql(`CREATE OR REPLACE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      BEGIN INSERT INTO trail (owner, changes) VALUES (old.id, jsonb_build_object('before', to_jsonb(old))); EXCEPTION WHEN unique_violation THEN NULL; END; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER later AFTER DELETE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remember()`);
  expect(await erase(system, worldOf(database), await works())).toEqual([
    { step: "shop.users", ...done(2) },
    { step: "shop.trail", ...done(2, { own: 4 }) },
  ]);
  expect((await said()).filter((line) => /Ann|ann@/u.test(line))).toEqual([]);
  expect(await said()).toContain(BOB);
});

test("the trail of an anonymised table keeps no old value", async () => {
  const kept = target(
    record("users", "anonymise", {
      fields: { email: { kind: "template", template: "gone+:random@invalid" }, name: { kind: "clear" } },
    }),
    ["email"],
  );
  expect(await erase(system, worldOf(database), await works(kept))).toEqual([
    { step: "shop.users", ...done(2) },
    { step: "shop.trail", ...done(2, { own: 2 }) },
  ]);
  expect((await said()).filter((line) => /Ann|ann@/u.test(line))).toEqual([]);
});

test("a trail with nothing planned still gets its own rows redacted", async () => {
  await database.sql("DELETE FROM trail");
  const [work] = await works();
  if (work === undefined) throw new Error("nothing planned");
  const change = { kind: "fields", fields: {}, documents: [{ in: "changes", paths }] } as const;
  const empty: Work = {
    step: "shop.trail",
    target: trail,
    lookups: [lookup({ owner: ["1", "2"] })],
    operations: [{ change, records: [] }],
  };
  expect(await erase(system, worldOf(database), [work, empty])).toEqual([
    { step: "shop.users", ...done(2) },
    { step: "shop.trail", ...done(0, { own: 2 }) },
  ]);
  expect(await said()).toEqual([redacted(1), redacted(2)]);
});

for (const point of ["effect_begin", "effect_half", "effect_done"] as const) {
  test(`killed at ${point}, table and trail end as one and count the same`, async () => {
    const planned = await works();
    const journal = testJournal({ at: killAt(point) });
    await expect(erase(system, worldOf(database), planned, journal)).rejects.toThrow(Killed);
    // all or nothing
    expect([
      (await database.sql("SELECT id FROM users")).length,
      (await said()).filter((line) => /Ann|ann@/u.test(line)).length,
    ]).toEqual(point === "effect_done" ? [1, 0] : [3, 2]);
    const outcome = await erase(system, worldOf(database), planned, testJournal({ notes: journal.notes }));
    expect(outcome).toEqual([
      { step: "shop.users", ...done(2) },
      { step: "shop.trail", ...done(2, { own: 2 }) },
    ]);
    expect(await said()).toEqual([redacted(1), redacted(2), BOB, redacted(1), redacted(2)]);
  });
}

test("a note that cannot be written undoes the batch; one whose COMMIT never came counts for nothing", async () => {
  const planned = await works();
  const journal = testJournal();
  const failing = {
    ...journal,
    note: async (text: string) => {
      await Promise.resolve();
      journal.notes.push(text);
      throw new Error("disk full");
    },
  };
  await using eraser = await system.openEraser(worldOf(database));
  await expect(eraser.apply({ id: "U-1", effect: "erase", works: planned }, failing, FREE)).rejects.toThrow(
    "disk full",
  );
  expect(journal.notes).toHaveLength(1);
  expect(await database.sql("SELECT count(*)::text FROM users")).toEqual([["3"]]);
  expect(await erase(system, worldOf(database), planned, testJournal({ notes: journal.notes }))).toMatchObject([
    done(2),
    done(2, { own: 2 }),
  ]);
  expect(await database.sql("SELECT id FROM users")).toEqual([["3"]]);
  expect((await said()).filter((line) => /Ann|ann@/u.test(line))).toEqual([]);
});

test("notes hold transaction ids and digests, no key and no value", async () => {
  const journal = testJournal();
  await erase(system, worldOf(database), await works(), journal);
  expect(journal.notes).toHaveLength(1);
  const note: unknown = JSON.parse(journal.notes[0] ?? "");
  expect(note).toEqual({
    postgres: 1,
    xid: expect.stringMatching(/^\d+$/u),
    done: {
      "shop.users": [expect.stringMatching(/^[0-9a-f]{24}$/u), expect.any(String)],
      "shop.trail": [expect.any(String), expect.any(String)],
    },
    own: { "shop.trail": 2 },
  });
});

test("many rows go in several transactions, each with its part of the trail; a kill between them loses no count", async () => {
  await database.sql(
    "INSERT INTO users SELECT n, 'ann@shop.example', 'Ann ' || n FROM generate_series(10, 1300) n; INSERT INTO trail (owner, changes) SELECT id, jsonb_build_object('before', to_jsonb(u)) FROM users u WHERE id >= 10",
  );
  const io = worldOf(database);
  const ids = ["1", "2", ...Array.from({ length: 1291 }, (_, at) => String(at + 10))];
  const planned = [
    await plan(system, io, users, [lookup({ email: "ann@shop.example" })]),
    await plan(system, io, trail, [lookup({ owner: ids })]),
  ];
  const notes: string[] = [];
  const journal = testJournal();
  const dying = {
    ...journal,
    note: async (text: string) => {
      await Promise.resolve();
      notes.push(text);
      if (notes.length === 2) throw new Error("killed");
    },
  };
  await using eraser = await system.openEraser(io);
  await expect(eraser.apply({ id: "U-1", effect: "erase", works: planned }, dying, FREE)).rejects.toThrow("killed");
  expect(await database.sql("SELECT count(*)::text FROM users")).toEqual([[String(1294 - 500)]]);
  // no own row is ever left with its values, whatever was committed
  expect(
    await database.sql("SELECT count(*)::text FROM trail WHERE seq > 1294 AND changes::text LIKE '%Ann%'"),
  ).toEqual([["0"]]);
  expect(await erase(system, io, planned, testJournal({ notes }))).toEqual([
    { step: "shop.users", ...done(1293) },
    { step: "shop.trail", ...done(1293, { own: 1293 }) },
  ]);
  expect((await said()).filter((line) => /Ann|ann@/u.test(line))).toEqual([]);
  expect(await said()).toContain(BOB);
});
