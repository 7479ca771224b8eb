/** Due work on a table with an audit trail: what the trail holds of the record goes with it, and what its going adds. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, dig, openDesk, testMap } from "../support/desk.ts";

const AT = { env: { EXPUNGE_NOW: "2026-05-02T10:00:00Z" } };
const HIDDEN = { do: "soft-delete", soft_delete: { timestamp: "gone" }, purge_after: "14 days" };
const TRAIL = {
  audit_of: "shop.people",
  match: { person: "shop.people.id" },
  do: "anonymise",
  fields: { old_email: "clear" },
};

test("what the application marked goes on its day with its old values in the trail, and nobody else's row changes", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, gone TEXT);
    CREATE TABLE trail (id INTEGER PRIMARY KEY, person INTEGER, what TEXT, old_email TEXT);
    INSERT INTO people VALUES (1, 'ann@shop.example', '2026-01-01'), (2, 'bob@shop.example', NULL), (3, 'cay@shop.example', '2026-05-01');
    INSERT INTO trail VALUES (1, 1, 'made', 'ann@old.example'), (2, 2, 'made', 'bob@old.example'), (3, 3, 'made', 'cay@old.example'), (4, 11, 'made', 'ann@old.example');
    CREATE TRIGGER noted AFTER DELETE ON people BEGIN INSERT INTO trail (person, what, old_email) VALUES (old.id, 'gone', old.email); END`);
  desk.map(
    testMap({
      clock: "test",
      settle: "0 days",
      identities: {
        email: { type: "email", fold: ["trim", "lowercase"] },
        id: { type: "integer", found_in: "shop.people.id", by: { email: "email" } },
      },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "data/shop.db" },
          records: {
            people: { match: { id: "id" }, ...HIDDEN },
            trail: TRAIL,
          },
        },
      },
    }),
  );
  const rows = (table: string) =>
    shop
      .prepare(`SELECT * FROM ${table} ORDER BY id`)
      .all()
      .map((row) => Object.values(row));
  const before = rows("trail");
  expect(before[0]).toEqual([1, 1, "made", "ann@old.example"]);
  await desk.json(["init"], AT);
  const plan = await desk.json(["plan", "--due"], AT);
  expect(plan, plan.out).toMatchObject({ code: 0, json: { data: { plan: { totals: { erase: 1, change: 1 } } } } });
  const id = String(dig(plan.json, "data.plan.request"));
  expect((await desk.json(["approve", id, "--as", "olga", "--confirm", id], AT)).code).toBe(0);
  const run = await desk.json(["run", id, "--confirm", id], AT);
  expect(run.code, run.out).toBe(0);
  expect(rows("people").map(([key]) => key)).toEqual([2, 3]);
  expect(rows("trail")).toEqual([[1, 1, "made", null], ...before.slice(1), [5, 1, "gone", null]]);
  expect(await desk.json(["verify", id], AT)).toMatchObject({ code: 0, json: { data: { state: "closed" } } });
});

/** Ann is due; so is cay, but something that stays references her. Both have a trail. */
function openShop(desk: Desk): DatabaseSync {
  const shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, gone TEXT);
    CREATE TABLE trail (id INTEGER PRIMARY KEY, person INTEGER, old_email TEXT);
    CREATE TABLE bills (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id));
    INSERT INTO people VALUES (1, 'ann@shop.example', '2026-01-01'), (2, 'bob@shop.example', NULL), (3, 'cay@shop.example', '2026-01-01');
    INSERT INTO trail VALUES (1, 1, 'ann@old.example'), (2, 2, 'bob@old.example'), (3, 3, 'cay@old.example');
    INSERT INTO bills VALUES (1, 3)`);
  const records = {
    people: {
      match: { email: "email" },
      do: "soft-delete",
      soft_delete: { timestamp: "gone" },
      purge_after: "14 days",
    },
    trail: TRAIL,
  };
  desk.map(
    testMap({
      clock: "test",
      settle: "0 days",
      map: { owner: "dpo@harbour.example", review_by: "2099-01-01", ignore: ["shop.bills"] },
      identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
      systems: { shop: { kind: "sqlite", connect: { file: "data/shop.db" }, records } },
    }),
  );
  return shop;
}

async function planned(desk: Desk): Promise<string> {
  await desk.json(["init"], AT);
  const plan = await desk.json(["plan", "--due"], AT);
  const id = String(dig(plan.json, "data.plan.request"));
  expect((await desk.json(["approve", id, "--as", "olga", "--confirm", id], AT)).code, plan.out).toBe(0);
  expect(dig(plan.json, "data.plan.steps")).toMatchObject([
    { record: "people", act: 1, blocked: 1, because: "purge" },
    { record: "trail", act: 1, because: "trail" },
  ]);
  return id;
}

test("what the trail holds of a due record that stays, because something references it, stays with it", async () => {
  using desk = openDesk();
  using shop = openShop(desk);
  const id = await planned(desk);
  await desk.json(["run", id, "--confirm", id], AT);
  expect(shop.prepare("SELECT id FROM people ORDER BY id").all()).toMatchObject([{ id: 2 }, { id: 3 }]);
  expect(shop.prepare("SELECT old_email FROM trail ORDER BY id").all()).toMatchObject([
    { old_email: null },
    { old_email: "bob@old.example" },
    { old_email: "cay@old.example" },
  ]);
});

test("a legal hold after the approval keeps the record and its trail, and the plan is not stale for it", async () => {
  using desk = openDesk();
  using shop = openShop(desk);
  const id = await planned(desk);
  const held = await desk.json(["hold", "add", "--subject-file", "-", "--case", "C-1", "--by", "court"], {
    ...AT,
    stdin: JSON.stringify({ email: "ann@shop.example" }),
  });
  expect(held.code, held.out).toBe(0);
  const run = await desk.json(["run", id, "--confirm", id], AT);
  // for cay, who is blocked
  expect(run.code, run.out).toBe(5);
  expect(run.out).toContain('"reason":"legal_hold"');
  expect(shop.prepare("SELECT count(*) AS n FROM people").get()).toMatchObject({ n: 3 });
  expect(shop.prepare("SELECT count(*) AS n FROM trail WHERE old_email IS NOT NULL").get()).toMatchObject({ n: 3 });
});

test("a due record that somebody removed since the approval leaves its trail to the plan", async () => {
  using desk = openDesk();
  using shop = openShop(desk);
  const id = await planned(desk);
  shop.exec("DELETE FROM people WHERE id = 1");
  const run = await desk.json(["run", id, "--confirm", id], AT);
  expect(run.json, run.out).not.toMatchObject({ error: { code: "PLAN_STALE" } });
  expect(shop.prepare("SELECT old_email FROM trail WHERE id = 1").get()).toMatchObject({ old_email: null });
});
