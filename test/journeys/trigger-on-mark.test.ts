/** The application's own triggers take what belongs to a hidden record, and let nothing in below it. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "../support/desk.ts";

test("what a trigger would take with the mark goes as planned before it, and comes back once its parent lives again", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, hidden INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE tokens (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE, secret BLOB);
    INSERT INTO people (id, email) VALUES (1, 'ann@shop.example'), (2, 'annx@shop.example');
    INSERT INTO tokens VALUES (1, 1, x'00ff'), (2, 1, NULL), (3, 2, x'01');
    CREATE TRIGGER signed_out AFTER UPDATE OF hidden ON people WHEN new.hidden = 1 BEGIN DELETE FROM tokens WHERE person = new.id; END;
    CREATE TRIGGER no_token BEFORE INSERT ON tokens WHEN (SELECT hidden FROM people WHERE id = new.person) = 1 BEGIN SELECT raise(ABORT, 'hidden'); END`);
  desk.map(
    testMap({
      clock: "test",
      approval: { four_eyes: false },
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
              soft_delete: { flag: "hidden" },
              restore_window: "7 days",
              purge_after: "14 days",
            },
            tokens: { match: { person: "shop.people.id" }, do: "erase", restore_window: "7 days" },
          },
        },
      },
    }),
  );
  const at = { env: { EXPUNGE_NOW: "2026-05-02T10:00:00Z" } };
  const rows = () => ["people", "tokens"].map((table) => shop.prepare(`SELECT * FROM ${table} ORDER BY id`).all());
  const before = rows();
  expect(before[1]).toHaveLength(3);
  await desk.json(["init"], at);
  const opened = await desk.json(["request", "new", "--subject-file", "-"], {
    ...at,
    stdin: JSON.stringify({ email: "ann@shop.example" }),
  });
  const id = String(dig(opened.json, "data.requests.0.id"));
  await desk.json(["request", "identity", id, "--method", "login", "--result", "ok"], at);
  await desk.json(["plan", id], at);
  await desk.json(["approve", id, "--confirm", id], at);
  const run = await desk.json(["run", id, "--confirm", id], at);
  expect(run.code, run.out).toBe(0);
  expect(rows()).toMatchObject([[{ id: 1, hidden: 1 }, before[0]?.[1]], [before[1]?.[2]]]);
  expect(await desk.json(["verify", id], at)).toMatchObject({ code: 0 });
  const undo = await desk.json(["undo", id, "--confirm", id], at);
  expect(undo.code, undo.out).toBe(0);
  expect(rows()).toEqual(before);
});

test("where a trigger deletes with the mark what the data map ignores, no undo is promised", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, hidden INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE tokens (id INTEGER PRIMARY KEY, person INTEGER NOT NULL);
    CREATE TABLE counts (people INTEGER);
    INSERT INTO people (id, email) VALUES (1, 'ann@shop.example');
    CREATE TRIGGER counted AFTER UPDATE OF hidden ON people BEGIN UPDATE counts SET people = people - new.hidden; END;
    CREATE TRIGGER signed_out AFTER UPDATE OF hidden ON people WHEN new.hidden = 1 BEGIN DELETE FROM tokens WHERE person = new.id; END`);
  const map = (window: object) =>
    testMap({
      approval: { four_eyes: false },
      map: { owner: "dpo@harbour.example", review_by: "2099-01-01", ignore: ["shop.tokens", "shop.counts"] },
      identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "data/shop.db" },
          records: {
            people: { match: { email: "email" }, do: "soft-delete", soft_delete: { flag: "hidden" }, ...window },
          },
        },
      },
    });
  desk.map(map({ restore_window: "7 days", purge_after: "14 days" }));
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  expect(await desk.json(["plan", id])).toMatchObject({
    code: 65,
    json: {
      error: { code: "TRIGGER_UNDECLARED", message: expect.stringMatching(/signed_out deletes rows of tokens/u) },
    },
  });
  desk.map(map({ purge_after: "14 days" }));
  expect(await desk.json(["plan", id])).toMatchObject({ code: 0 });
});
