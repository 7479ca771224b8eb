/** `plan ID --rehearse`: the plan is tried by the eraser's own statements, and nothing is changed, whatever happens. */
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { expect, test } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";
import { postgresServer } from "../support/servers/servers.ts";

const SHOP = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), note TEXT);
  CREATE TABLE lines (id INTEGER PRIMARY KEY, ordered INTEGER REFERENCES orders (id) ON DELETE CASCADE, text TEXT);
  CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER, text TEXT CHECK (text <> 'gone'));
  CREATE TABLE ledger (id INTEGER PRIMARY KEY, person INTEGER, cents INTEGER);
  INSERT INTO people VALUES (1, 'ann@shop.example', 'Ann'), (2, 'bob@shop.example', 'Bob');
  INSERT INTO orders VALUES (11, 1, 'a'), (12, 1, 'b'), (13, 2, 'c');
  INSERT INTO lines VALUES (21, 11, 'tea'), (22, 12, 'cup'), (23, 13, 'tea');
  INSERT INTO notes VALUES (31, 1, 'hers'), (32, 2, 'his');
  INSERT INTO ledger VALUES (1, 1, 500), (2, 2, 700)`;

interface Shop extends Desk {
  readonly raw: DatabaseSync;
  bytes(): string;
}

function openShop(more = ""): Shop {
  const desk = openDesk();
  const path = join(desk.folder, "data/shop.db");
  const raw = new DatabaseSync(path);
  raw.exec(`${SHOP};${more}`);
  return {
    ...desk,
    raw,
    bytes: () => readFileSync(path).toString("hex"),
    [Symbol.dispose]() {
      raw.close();
      desk[Symbol.dispose]();
    },
  };
}

function mapWith(records: Readonly<Record<string, object>> = {}, more: object = {}): object {
  return testMap({
    map: { owner: "dpo@harbour.example", review_by: "2099-01-01", ignore: ["shop.ledger", "shop.lines"] },
    assert: { books: { system: "shop", query: "SELECT sum(cents) FROM ledger", says: "the sum of the ledger" } },
    systems: {
      shop: {
        kind: "sqlite",
        connect: { file: "data/shop.db" },
        records: {
          people: { match: { email: "email" }, do: "erase" },
          orders: { match: { person: "shop.people.id" }, do: "erase", cascades: ["lines(ordered)"] },
          notes: { match: { person: "shop.people.id" }, do: "anonymise", fields: { text: "clear", person: "clear" } },
          ...records,
        },
      },
      exports: {
        kind: "files",
        connect: { root: "./data" },
        records: { list: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
      },
    },
    ...more,
  });
}

const LIST = "email,name\nann@shop.example,Ann\nbob@shop.example,Bob\n";

async function rehearsed(desk: Shop, id: string, code: number) {
  const before = desk.bytes();
  const said = await desk.json(["plan", id, "--rehearse"]);
  expect([said.code, dig(said.json, "ok")], said.out).toEqual([code, code === 0]);
  OUTPUTS["plan"]?.parse(said.json);
  expect(desk.bytes()).toBe(before);
  expect(readdirSync(join(desk.folder, "data")).toSorted()).toEqual(["list.csv", "shop.db"]);
  expect(said.out).not.toMatch(/ann@|bob@/u);
  return Object.fromEntries(
    list(said.json, "data.records").map((one) => [
      String(one["record"]),
      typeof one["not_rehearsed"] === "string"
        ? one["not_rehearsed"]
        : Object.fromEntries(list(one, "checks").map(({ name, ok, detail }) => [name, [ok, detail]])),
    ]),
  );
}

test("every unit finds what those before it did, children before parents; nothing is changed, and the run is still to be done", async () => {
  using desk = openShop();
  desk.file("data/list.csv", LIST);
  desk.map(mapWith());
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  const same = [true, "the same after it: books"];
  expect(await rehearsed(desk, id, 0)).toEqual({
    "shop.orders": {
      constraints: [true, "2 records done and taken back"],
      triggers: [true, expect.any(String)],
      collateral: [true, "rows that go behind, as planned: 2 of shop.lines"],
      orphans: [true, "no row names a deleted one"],
      assertions: same,
    },
    "shop.people": {
      constraints: [true, "1 record done and taken back"],
      triggers: [true, expect.any(String)],
      collateral: [true, "no other row went"],
      orphans: [true, "no row names a deleted one"],
      assertions: same,
    },
    "shop.notes": expect.objectContaining({ orphans: [true, "nothing of it is deleted"], assertions: same }),
    "exports.list": "a system of kind files cannot be rehearsed",
  });
  const screen = await desk.cli(["plan", id, "--rehearse", "--no-input"]);
  expect(screen.out).toMatch(/Rehearsed: everything was done and taken back[\s\S]*ok\s+constraints/u);
  const ledger = await desk.json(["proof", "export", "--out", "ledger.json"]);
  expect([ledger.code, desk.read("ledger.json").includes("erasure.started")]).toEqual([0, false]);
  expect((await desk.json(["verify", id])).code).toBe(64);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  expect(desk.raw.prepare("SELECT count(*) AS n FROM people").get()).toEqual({ n: 1 });
});

test("what a constraint, a trigger, another's row and a figure say is a failing check: 2, and nothing is changed", async () => {
  using desk = openShop(
    `CREATE TRIGGER guard BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'no') WHERE old.name = 'Ann'; END;
     CREATE TRIGGER books AFTER DELETE ON orders BEGIN UPDATE ledger SET cents = 0 WHERE person = old.person; END`,
  );
  desk.file("data/list.csv", LIST);
  desk.map(
    mapWith({
      notes: {
        match: { person: "shop.people.id" },
        do: "anonymise",
        fields: { text: { set: "gone" }, person: "keep" },
      },
    }),
  );
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  const seen = await rehearsed(desk, id, 2);
  expect(seen["shop.orders"]).toMatchObject({ assertions: [false, "books: the sum of the ledger"] });
  expect(seen["shop.people"]).toMatchObject({ constraints: [false, "1 record: orders(person) stands against it"] });
  desk.raw.exec("DROP TRIGGER books");
  const again = await rehearsed(desk, id, 2);
  expect(again["shop.orders"]).toMatchObject({ constraints: [true, "2 records done and taken back"] });
  expect(again["shop.people"]).toMatchObject({
    triggers: [false, "1 record: the database refused: a trigger raised an error (P0001)"],
  });
  desk.raw.exec("DROP TRIGGER guard");
  // her notes stay, and name a person that is not there any more
  expect((await rehearsed(desk, id, 2))["shop.people"]).toMatchObject({
    constraints: [true, "1 record done and taken back"],
    orphans: [false, "rows that name a deleted one stay: 1 of shop.notes.person"],
  });
});

test("killed in the middle of it nothing has changed, and the next one goes on as if it had not been", async () => {
  // a trigger that takes its time
  using desk = openShop(
    `CREATE TRIGGER slow AFTER DELETE ON orders BEGIN
       UPDATE ledger SET cents = cents + 0 * (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000) SELECT count(*) FROM n);
     END`,
  );
  desk.file("data/list.csv", LIST);
  desk.map(mapWith());
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  const before = desk.bytes();
  const isHeld = () => {
    try {
      desk.raw.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK");
      return false;
    } catch {
      return true;
    }
  };
  const killed = await desk.cli(["plan", id, "--rehearse", "--no-input"], {
    signalAfter: { signal: "SIGKILL", when: async () => await Promise.resolve(isHeld()) },
  });
  expect(killed.code).toBe("SIGKILL");
  desk.raw.exec("DROP TRIGGER slow; PRAGMA wal_checkpoint");
  expect(
    desk.raw.prepare("SELECT (SELECT count(*) FROM people) AS p, (SELECT count(*) FROM orders) AS o").get(),
  ).toEqual({
    p: 2,
    o: 3,
  });
  expect(before).not.toBe("");
  const seen = await rehearsed(desk, id, 0);
  expect(seen["shop.people"]).toMatchObject({ constraints: [true, "1 record done and taken back"] });
});

test("due work, a list of records and a plan that cannot be made are refused as they are", async () => {
  using desk = openShop();
  mkdirSync(join(desk.folder, "data"), { recursive: true });
  desk.file("data/list.csv", LIST);
  desk.map(mapWith());
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  for (const more of [["--due"], [id, "--show-records"]])
    expect((await desk.json(["plan", ...more, "--rehearse"])).code).toBe(64);
  // somebody else is writing
  desk.raw.exec("BEGIN IMMEDIATE");
  expect((await desk.json(["plan", id, "--rehearse"])).code).toBe(75);
  desk.raw.exec("ROLLBACK");
});

test("PostgreSQL: what reaches out of the database is never set off, nor is what comes after it; the rest is rehearsed", async () => {
  const made = await (await postgresServer()).createDatabase("rehearse_plan");
  using desk = openDesk({ shop_db: made.url });
  const client = new Client({ connectionString: made.url });
  await client.connect();
  try {
    await client.query(
      `CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE orders (id int PRIMARY KEY, person int REFERENCES people);
       CREATE TABLE notes (id int PRIMARY KEY, email text); CREATE TABLE ticks (n int);
       CREATE FUNCTION sent() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ticks SET n = n + 1; COPY (SELECT 1) TO PROGRAM ''true''; RETURN NULL; END';
       CREATE TRIGGER sent AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION sent();
       INSERT INTO people VALUES (1, 'ann@shop.example'), (2, 'bob@shop.example'); INSERT INTO orders VALUES (1, 1), (2, 2);
       INSERT INTO notes VALUES (1, 'ann@shop.example')`,
    );
    desk.map(
      testMap({
        map: { owner: "dpo@harbour.example", review_by: "2099-01-01", ignore: ["shop.ticks"] },
        systems: {
          shop: {
            kind: "postgres",
            connect: { secret: "shop_db" },
            records: {
              people: { match: { email: "email" }, do: "erase" },
              orders: { match: { person: "shop.people.id" }, do: "erase" },
              notes: { match: { email: "email" }, do: "erase" },
            },
          },
        },
      }),
    );
    await desk.json(["init"]);
    const id = await desk.open({ email: "ann@shop.example" });
    const said = await desk.json(["plan", id, "--rehearse"]);
    OUTPUTS["plan"]?.parse(said.json);
    expect(said.code, said.out).toBe(0);
    expect(
      Object.fromEntries(
        list(said.json, "data.records").map((one) => [
          one["record"],
          one["not_rehearsed"] ?? list(one, "checks").map(({ ok }) => ok),
        ]),
      ),
    ).toEqual({
      "shop.orders": "a rollback would not take back what it sets off: sent() copies to or from outside (COPY)",
      "shop.people": "it goes after records that were not rehearsed",
      "shop.notes": [true, true, true, true],
    });
    const { rows } = await client.query(
      "SELECT (SELECT count(*)::int FROM people) AS p, (SELECT count(*)::int FROM orders) AS o, (SELECT count(*)::int FROM notes) AS n",
    );
    expect(rows).toEqual([{ p: 2, o: 2, n: 1 }]);
  } finally {
    await client.end();
  }
});
