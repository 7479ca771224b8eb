/** Due work on a table with an audit trail: what the trail holds of the record goes with it, and what its going adds. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "../support/desk.ts";

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
            people: {
              match: { id: "id" },
              do: "soft-delete",
              soft_delete: { timestamp: "gone" },
              purge_after: "14 days",
            },
            trail: {
              audit_of: "shop.people",
              match: { person: "shop.people.id" },
              do: "anonymise",
              fields: { old_email: "clear" },
            },
          },
        },
      },
    }),
  );
  const at = { env: { EXPUNGE_NOW: "2026-05-02T10:00:00Z" } };
  const rows = (table: string) =>
    shop
      .prepare(`SELECT * FROM ${table} ORDER BY id`)
      .all()
      .map((row) => Object.values(row));
  const before = rows("trail");
  expect(before[0]).toEqual([1, 1, "made", "ann@old.example"]);
  await desk.json(["init"], at);
  const plan = await desk.json(["plan", "--due"], at);
  expect(plan, plan.out).toMatchObject({ code: 0, json: { data: { plan: { totals: { erase: 1, change: 1 } } } } });
  const id = String(dig(plan.json, "data.plan.request"));
  expect((await desk.json(["approve", id, "--as", "olga", "--confirm", id], at)).code).toBe(0);
  const run = await desk.json(["run", id, "--confirm", id], at);
  expect(run.code, run.out).toBe(0);
  expect(rows("people").map(([key]) => key)).toEqual([2, 3]);
  expect(rows("trail")).toEqual([[1, 1, "made", null], ...before.slice(1), [5, 1, "gone", null]]);
  expect(await desk.json(["verify", id], at)).toMatchObject({ code: 0, json: { data: { state: "closed" } } });
});
