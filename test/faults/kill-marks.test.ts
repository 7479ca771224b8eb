/** kill -9 while records are hidden and while they are brought back, on SQLite: the same command ends as if nothing had been. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { KillPoint } from "../../src/executor/kill-points.ts";
import { approvedRequest } from "../support/approved.ts";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";

const ANN = 900;
const emailOf = (id: number) => `person${id}@marks.example`;
/** Where the run dies, and where the undo does. */
const ALL_KILLS: readonly (readonly [run: KillPoint, undo: KillPoint])[] = [
  ["effect_begin", "saving_begin_undo"],
  ["saving_keep_images", "saved_begin_undo"],
  ["saved_keep_images", "effect_half"],
  ["noted", "effect_done"],
  ["effect_done", "saved_attest"],
  ["attested", "saving_undo"],
  ["completed", "saved_undo"],
];
/** Half of them; all with `npm run test:deep`. */
const KILLS = ALL_KILLS.filter((_, at) => process.env["EXPUNGE_DEEP"] === "1" || at % 2 === 0);
const MADE = `CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, deleted_at TEXT, deleted_by TEXT);
  CREATE UNIQUE INDEX one_each ON customers (email) WHERE deleted_at IS NULL;
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), note TEXT, state TEXT NOT NULL)`;

/** A shop of Ann, of somebody else, and of the orders of both. */
async function openShop() {
  const desk = openDesk();
  desk.map(
    testMap({
      clock: "test",
      approval: { required: true, four_eyes: false },
      retain_deleted: "14 days",
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "./data/shop.db" },
          owner: "it@marks.example",
          records: {
            customers: {
              match: { email: "email" },
              do: "soft-delete",
              soft_delete: { timestamp: "deleted_at", by: "deleted_by" },
              restore_window: "7 days",
            },
            orders: {
              match: { customer_id: "shop.customers.id" },
              do: "soft-delete",
              soft_delete: { status: "state", deleted_when: "trash" },
              restore_window: "7 days",
            },
          },
        },
      },
    }),
  );
  desk.file("data/.keep", "");
  const file = join(desk.folder, "data/shop.db");
  const sql = (text: string) => {
    using raw = new DatabaseSync(file);
    return raw.prepare(text).all();
  };
  {
    using raw = new DatabaseSync(file);
    raw.exec(MADE);
    for (const id of [ANN, 901]) {
      raw.prepare("INSERT INTO customers VALUES (?, ?, ?, NULL, NULL)").run(id, emailOf(id), `name ${id}`);
      for (const order of [1, 2])
        raw
          .prepare("INSERT INTO orders VALUES (?, ?, ?, ?)")
          .run(id * 10 + order, id, "note", order === 1 ? "open" : "paid");
    }
  }
  const dump = () =>
    JSON.stringify([sql("SELECT * FROM customers ORDER BY id"), sql("SELECT * FROM orders ORDER BY id")]);
  const hiddenOf = () =>
    JSON.stringify([
      sql(`SELECT count(*) AS n FROM customers WHERE id = ${ANN} AND deleted_at IS NOT NULL`),
      sql(`SELECT count(*) AS n FROM orders WHERE customer_id = ${ANN} AND state = 'trash'`),
    ]);
  expect((await desk.json(["init"])).code).toBe(0);
  return { desk, sql, dump, hiddenOf, [Symbol.dispose]: () => desk[Symbol.dispose]() };
}

const [NONE, ALL] = [JSON.stringify([[{ n: 0 }], [{ n: 0 }]]), JSON.stringify([[{ n: 1 }], [{ n: 2 }]])];

for (const [runKill, undoKill] of KILLS)
  test(`killed at ${runKill}, the same run hides the same; killed at ${undoKill}, the same undo brings back the same`, async () => {
    using shop = await openShop();
    const { desk, dump, hiddenOf } = shop;
    const before = dump();
    const { id: request } = await approvedRequest(desk, [{ identifiers: { email: [emailOf(ANN)] } }]);
    const run = ["run", request, "--confirm", request];
    expect((await desk.json(run, { env: { EXPUNGE_TEST_KILL_AT: runKill } })).code, runKill).toBe("SIGKILL");
    // parent and children in one transaction
    expect([NONE, ALL], runKill).toContain(hiddenOf());
    const again = await desk.json(run);
    expect([again.code, dig(again.events?.at(-1), "state")], `${runKill}: ${again.out}${again.err}`).toEqual([
      0,
      "waiting",
    ]);
    expect(
      Object.values(steps(again)).map((step) => [step["status"], step["matched"], step["gone"], step["marked"]]),
    ).toEqual([
      ["soft_deleted", 1, 1, 1],
      ["soft_deleted", 2, 2, 2],
    ]);
    expect(hiddenOf()).toBe(ALL);
    const undo = ["undo", request, "--confirm", request];
    expect((await desk.json(undo, { env: { EXPUNGE_TEST_KILL_AT: undoKill } })).code, undoKill).toBe("SIGKILL");
    expect([NONE, ALL], undoKill).toContain(hiddenOf());
    const back = await desk.json(undo);
    expect([back.code, dig(back.json, "data.state")], `${undoKill}: ${back.out}${back.err}`).toEqual([
      0,
      "identity_confirmed",
    ]);
    expect(list(back.json, "data.steps").map((step) => [step["status"], step["restored"], step["hidden"]])).toEqual([
      ["restored", 1, 0],
      ["restored", 2, 0],
    ]);
    expect(dump(), `${runKill}, ${undoKill}`).toBe(before);
    const image = new DatabaseSync(join(desk.folder, ".expunge/state.db"));
    expect(image.prepare("SELECT count(*) AS n FROM image_key").all(), undoKill).toEqual([{ n: 0 }]);
    image.close();
  });

test("a key that is taken meanwhile is said before anything is brought back", async () => {
  using shop = await openShop();
  const { desk, sql, dump } = shop;
  const { id: request } = await approvedRequest(desk, [{ identifiers: { email: [emailOf(ANN)] } }]);
  expect((await desk.json(["run", request, "--confirm", request])).code).toBe(0);
  expect((await desk.json(["verify", request])).code).toBe(0);
  sql(`INSERT INTO customers VALUES (950, '${emailOf(ANN)}', 'anew', NULL, NULL)`);
  const now = dump();
  const refused = await desk.json(["undo", request, "--confirm", request]);
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([3, "RESTORE_CONFLICT"]);
  expect(refused.out + refused.err).not.toContain("person900");
  expect(dump()).toBe(now);
  expect((await desk.json(["undo", request])).code).toBe(64);
});
