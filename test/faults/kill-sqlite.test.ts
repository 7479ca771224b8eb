/** kill -9 at every labelled point of a run on SQLite, with and without its write-ahead log, then the same command. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { KILL_POINTS } from "../../src/executor/kill-points.ts";
import { approvedRequest } from "../support/approved.ts";
import { dig, openDesk, steps, testMap } from "../support/desk.ts";

const emailOf = (id: number) => `person${id}@kill.example`;
/** Nobody ever asks for this one. */
const NEIGHBOUR = 900;

const MADE = `CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), note TEXT NOT NULL);
  CREATE TABLE trail (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, old JSON NOT NULL);
  CREATE TRIGGER kept AFTER DELETE ON customers BEGIN INSERT INTO trail (customer_id, old) VALUES (old.id, json_object('email', old.email)); END`;

/** Every point in one of the two; all of them in both with `npm run test:deep`. */
const KILLS = (mode: number) =>
  KILL_POINTS.map((kill, at) => [kill, at + 1] as const).filter(
    ([, id]) => process.env["EXPUNGE_DEEP"] === "1" || id % 2 === mode,
  );

for (const [mode, journal] of ["wal", "delete"].entries()) {
  describe(`journal_mode = ${journal}`, () => {
    test("killed at each point, the same command ends as if nothing had been", async () => {
      using desk = openDesk();
      const records = {
        customers: { match: { email: "email" }, do: "erase" },
        orders: { match: { customer_id: "shop.customers.id" }, do: "erase" },
        trail: {
          audit_of: "shop.customers",
          match: { customer_id: "shop.customers.id" },
          do: "redact",
          in: "old",
          paths: { email: "clear" },
        },
      };
      desk.map(
        testMap({
          clock: "test",
          approval: { required: true, four_eyes: false },
          systems: { shop: { kind: "sqlite", connect: { file: "./data/shop.db" }, owner: "it@kill.example", records } },
        }),
      );
      const file = join(desk.folder, "data/shop.db");
      const look = (text: string) => {
        using raw = new DatabaseSync(file);
        return raw.prepare(text).all();
      };
      {
        using raw = new DatabaseSync(file);
        raw.exec(`PRAGMA journal_mode = ${journal}; ${MADE}`);
        for (const id of [...KILLS(mode).map(([, person]) => person), NEIGHBOUR]) {
          raw.prepare("INSERT INTO customers VALUES (?, ?, ?)").run(id, emailOf(id), "n".repeat(3000));
          for (const order of [1, 2])
            raw.prepare("INSERT INTO orders VALUES (?, ?, ?)").run(id * 10 + order, id, "o".repeat(3000));
          raw.prepare("INSERT INTO trail (customer_id, old) VALUES (?, json_object('email', ?))").run(id, emailOf(id));
        }
      }
      expect((await desk.json(["init"])).code).toBe(0);
      for (const [kill, id] of KILLS(mode)) {
        const { id: request } = await approvedRequest(desk, [{ identifiers: { email: [emailOf(id)] } }]);
        expect(look(`SELECT count(*) AS n FROM customers WHERE id = ${id}`)).toEqual([{ n: 1 }]);
        const run = ["run", request, "--confirm", request];
        expect(
          (await desk.json(run, { env: { EXPUNGE_TEST_KILL_AT: kill === "completed" ? kill : `${kill}@shop` } })).code,
          kill,
        ).toBe("SIGKILL");
        const again = await desk.json(run);
        expect(again.code, `${kill}: ${again.out}${again.err}`).toBe(0);
        const numbers = Object.fromEntries(
          Object.entries(steps(again)).map(([name, step]) => [
            name,
            [step["status"], step["matched"], step["affected"], step["gone"]],
          ]),
        );
        expect(numbers, kill).toEqual({
          "shop.customers": ["deleted", 1, 1, 1],
          "shop.orders": ["deleted", 2, 2, 2],
          "shop.trail": ["redacted", 1, 1, 1],
        });
        const verified = await desk.json(["verify", request, "--purge"]);
        expect([verified.code, dig(verified.json, "data.state")], verified.out).toEqual([0, "closed"]);
        expect(
          look(
            `SELECT (SELECT count(*) FROM customers WHERE id = ${id}) + (SELECT count(*) FROM orders WHERE customer_id = ${id}) AS n`,
          ),
        ).toEqual([{ n: 0 }]);
        expect(look(`SELECT old FROM trail WHERE customer_id = ${id}`)).toEqual([
          { old: '{"email":null}' },
          { old: '{"email":null}' },
        ]);
      }
      expect(look("SELECT id FROM customers")).toEqual([{ id: NEIGHBOUR }]);
      expect(look("SELECT id FROM orders ORDER BY id")).toEqual([
        { id: NEIGHBOUR * 10 + 1 },
        { id: NEIGHBOUR * 10 + 2 },
      ]);
      expect(look(`SELECT old FROM trail WHERE customer_id = ${NEIGHBOUR}`)).toEqual([
        { old: JSON.stringify({ email: emailOf(NEIGHBOUR) }) },
      ]);
      expect(look("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    }, 300_000);
  });
}
