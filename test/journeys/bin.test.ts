/** The bin as a person uses it, through the program, on SQLite and on PostgreSQL: what the shop itself put there. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, dig, openDesk, type Said, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";
import { testDatabase } from "../connectors/postgres/database.ts";

const ROWS = (flag: (on: boolean) => string) => `
  INSERT INTO people VALUES (1, 'ann@bin.example', 'Ann Archer', '2026-11-27 08:00:00', 'shop'), (2, 'bob@bin.example', 'Bob Baker', '2026-11-01 08:00:00', 'shop'),
    (3, 'cay@bin.example', 'Cay', NULL, NULL);
  INSERT INTO posts VALUES (11, 1, 'tea', 'gone', '2026-11-28'), (12, 1, 'cup', 'live', NULL), (13, 2, 'pot', 'gone', '2026-11-28');
  INSERT INTO likes VALUES (21, 1, ${flag(true)}), (22, 1, ${flag(false)}), (23, 3, ${flag(true)})`;

const RECORDS = (deleted: string, alive: string | number | boolean) => ({
  people: {
    match: { email: "email" },
    do: "soft-delete",
    soft_delete: { timestamp: "deleted_at", by: "deleted_by" },
    restore_window: "7 days",
    purge_after: "30 days",
  },
  posts: {
    match: { person: "shop.people.id" },
    do: "soft-delete",
    soft_delete: { status: "state", deleted_when: ["gone", "spam"], since: "state_at", restore_as: "live" },
    restore_window: "7 days",
    purge_after: "30 days",
  },
  likes: {
    match: { person: "shop.people.id" },
    do: "soft-delete",
    soft_delete: { flag: "hidden", deleted_when: deleted, restore_as: alive },
    restore_window: "7 days",
    purge_after: "30 days",
  },
});

interface Shop {
  readonly desk: Desk;
  rows(table: string): Promise<readonly string[]>;
}

const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };

async function wholeWay({ desk, rows }: Shop): Promise<void> {
  const json = async (args: readonly string[], stdin?: object): Promise<Said> =>
    await desk.json(args, { ...at, ...(stdin === undefined ? {} : { stdin: JSON.stringify(stdin) }) });
  const ann = { email: "ann@bin.example" };
  const people = ["--subject-file", "-"];
  await json(["init"]);
  const all = async () => ({ people: await rows("people"), posts: await rows("posts"), likes: await rows("likes") });
  const before = await all();

  const listed = await json(["bin", "list"]);
  OUTPUTS["bin-list"]?.parse(listed.json);
  expect(dig(listed.json, "data.items")).toEqual([
    { system: "shop", record: "people", count: 2, restorable_until: "2026-11-08", purged_on: "2026-12-01" },
    { system: "shop", record: "posts", count: 2, restorable_until: "2026-12-05", purged_on: "2026-12-28" },
    { system: "shop", record: "likes", count: 2, restorable_until: null, purged_on: null },
  ]);
  const byDay = await json(["bin", "list", "shop.people", "--by-day"]);
  OUTPUTS["bin-list"]?.parse(byDay.json);
  expect(dig(byDay.json, "data.items.1")).toMatchObject({ count: 1, marked_on: "2026-11-27" });
  expect((await desk.cli(["bin", "list", "--by-day"], at)).out).toMatch(/shop\.people\s+1\s+27 Nov 2026\s+4 Dec 2026/u);
  expect((await json(["bin", "list", "shop.nothing"])).code).toBe(64);

  for (const [args, subject, code] of [
    [["shop.people", ...people], ann, 64],
    [["shop.people", ...people, "--confirm", "shop.posts"], ann, 64],
    [["shop.posts", ...people, "--confirm", "shop.posts"], ann, 3],
    [["shop.people", ...people, "--confirm", "shop.people"], { email: "bob@bin.example" }, 3],
    [["shop.people", ...people, "--confirm", "shop.people"], { email: "cay@bin.example" }, 0],
  ] as const)
    expect([args, (await json(["bin", "restore", ...args], subject)).code]).toEqual([args, code]);
  expect(await all()).toEqual(before);

  const killed = await desk.json(["bin", "restore", "shop.people", ...people, "--confirm", "shop.people"], {
    stdin: JSON.stringify(ann),
    env: { ...at.env, EXPUNGE_TEST_KILL_AT: "effect_done" },
  });
  expect(killed.code).toBe("SIGKILL");
  const restored = await json(["bin", "restore", "shop.people", ...people, "--confirm", "shop.people"], ann);
  OUTPUTS["bin-restore"]?.parse(restored.json);
  expect([restored.code, dig(restored.json, "data.items.0")]).toEqual([
    0,
    { system: "shop", record: "people", found: 1, restored: 1, hidden: 0, too_late: 0 },
  ]);
  for (const record of ["shop.posts", "shop.likes"]) {
    const said = await json(["bin", "restore", record, ...people, "--confirm", record], ann);
    expect([said.code, dig(said.json, "data.items.0.restored")], `${record}: ${said.out}`).toEqual([0, 1]);
  }
  const alive = await all();
  const changed = (table: keyof typeof before) =>
    before[table].flatMap((row, index) => (alive[table][index] === row ? [] : [index]));
  expect([changed("people"), changed("posts"), changed("likes")]).toEqual([[0], [0], [0]]);
  expect(alive.people[0]).toBe(before.people[0]?.replace(/"2026-11-27[^"]*","shop"/u, "null,null"));
  expect(alive.posts[0]).toBe(before.posts[0]?.replace(/"gone","[^"]*"/u, '"live",null'));
  expect(JSON.parse(alive.likes[0] ?? "")[2]).toEqual(JSON.parse(before.likes[1] ?? "")[2]);

  // what a request marked is that request's
  const id = await openAt(json, ann);
  expect(await json(["plan", id])).toMatchObject({ code: 0 });
  await json(["approve", id, "--as", "olga", "--confirm", id]);
  expect((await json(["run", id, "--confirm", id])).code).toBe(0);
  const refused = await json(["bin", "restore", "shop.people", ...people, "--confirm", "shop.people"], ann);
  expect([refused.code, String(dig(refused.json, "error.help"))]).toEqual([
    3,
    `They come back with: expunge undo ${id}.`,
  ]);

  const cay = { email: "cay@bin.example" };
  const purge = ["bin", "purge", "shop.likes", ...people, "--confirm", "shop.likes"];
  expect((await json([...purge, "--reason", "for cay@bin.example"], cay)).code).toBe(64);
  const plan = await json([...purge, "--reason", "asked for by the person"], cay);
  OUTPUTS["bin-purge"]?.parse(plan.json);
  const due = String(dig(plan.json, "data.plan.request"));
  expect([plan.code, due, dig(plan.json, "data.plan.totals.erase")]).toEqual([0, "D-2026-0001", 1]);
  const me = await json(["request", "show", due]);
  OUTPUTS["request-show"]?.parse(me.json);
  expect(dig(me.json, "data.requests.0.purge")).toEqual({ record: "shop.likes", reason: "asked for by the person" });
  expect((await json(["approve", due, "--confirm", due])).code).toBe(3);
  expect((await json(["approve", due, "--as", "olga", "--confirm", due])).code).toBe(0);
  expect((await json(["run", due, "--confirm", due])).code).toBe(0);
  expect((await json(["verify", due])).code).toBe(0);
  expect(await rows("likes")).toHaveLength(2);

  const out = desk.said.map((said) => said.out + said.err).join("\n");
  expect(out).not.toMatch(/@bin\.example|Archer/u);
  await json(["proof", "export", "--out", "ledger.json"]);
  const ledger = desk.read("ledger.json");
  expect(ledger.match(/"type":"bin\.restored"/gu)).toHaveLength(3);
  expect(ledger).not.toMatch(/@bin\.example|Archer|asked for/u);
  expect((await json(["proof", "verify", "ledger.json", "--key", ".expunge/public.vkey"])).code).toBe(0);
}

async function openAt(
  json: (args: readonly string[], stdin?: object) => Promise<Said>,
  person: object,
): Promise<string> {
  const made = await json(["request", "new", "--subject-file", "-"], person);
  const id = String(dig(made.json, "data.requests.0.id"));
  await json(["request", "identity", id, "--method", "letter", "--result", "ok"]);
  return id;
}

test("on SQLite: listed, brought back, killed and gone on with, refused, purged early", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT, deleted_at TEXT, deleted_by TEXT);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), text TEXT, state TEXT NOT NULL, state_at TEXT);
    CREATE TABLE likes (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), hidden BOOLEAN NOT NULL);
    ${ROWS((on) => (on ? "1" : "0"))}`);
  desk.map(
    testMap({
      clock: "test",
      systems: { shop: { kind: "sqlite", connect: { file: "data/shop.db" }, records: RECORDS("1", 0) } },
    }),
  );
  const rows = async (table: string) =>
    await Promise.resolve(
      shop
        .prepare(`SELECT * FROM ${table} ORDER BY id`)
        .all()
        .map((row) => JSON.stringify(Object.values(row))),
    );
  await wholeWay({ desk, rows });
});

test("on PostgreSQL: listed, brought back, killed and gone on with, refused, purged early", async () => {
  await using database = await testDatabase("bin");
  await database.fresh();
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text, name text, deleted_at timestamptz, deleted_by text);
    CREATE TABLE posts (id int PRIMARY KEY, person int REFERENCES people, text text, state text NOT NULL, state_at date);
    CREATE TABLE likes (id int PRIMARY KEY, person int REFERENCES people, hidden boolean NOT NULL);
    ${ROWS(String)}`);
  using desk = openDesk({ shop: database.url });
  desk.map(
    testMap({
      clock: "test",
      systems: { shop: { kind: "postgres", connect: { secret: "shop" }, records: RECORDS("true", false) } },
    }),
  );
  const rows = async (table: string) =>
    (await database.sql(`SELECT * FROM ${table} ORDER BY id`)).map((row) => JSON.stringify(row));
  await wholeWay({ desk, rows });
});
