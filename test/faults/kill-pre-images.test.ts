/** kill -9 while records are erased, brought back, and while what was kept is destroyed, on SQLite: the same command ends as if nothing had been. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { KillPoint } from "../../src/executor/kill-points.ts";
import { approvedRequest } from "../support/approved.ts";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";

const ANN = 900;
const emailOf = (id: number) => `person${id}@images.example`;
/** Where the run dies, and where the undo does. */
const ALL_KILLS: readonly (readonly [run: KillPoint, undo: KillPoint])[] = [
  ["saving_keep_images", "saved_begin_undo"],
  ["effect_half", "effect_begin"],
  ["saved_keep_images", "effect_half"],
  ["noted", "noted"],
  ["effect_done", "effect_done"],
  ["attested", "saved_attest"],
  ["saved_complete", "saved_undo"],
];
/** Half of them; all with `npm run test:deep`. */
const KILLS = ALL_KILLS.filter((_, at) => process.env["EXPUNGE_DEEP"] === "1" || at % 2 === 0);
const MADE = `CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, picture BLOB);
  CREATE TABLE orders (id TEXT PRIMARY KEY NOT NULL, customer_id INTEGER NOT NULL REFERENCES customers (id), note TEXT);
  CREATE TABLE tickets (id INTEGER PRIMARY KEY, email TEXT, text TEXT)`;
/** Words that stand nowhere but in her rows. */
const SECRETS = ["the wallpaper is yellow", "her name is Ann Onymous", "asks for the blue one"];

/** `more`: record types beside hers; `made`: what is done to the tables before anything else. */
async function openShop(more: object = {}, made = "") {
  const desk = openDesk();
  const window = { restore_window: "7 days" };
  desk.map(
    testMap({
      clock: "test",
      settle: "0 seconds",
      approval: { required: true, four_eyes: false },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "./data/shop.db" },
          owner: "it@images.example",
          records: {
            customers: { match: { email: "email" }, do: "erase", ...window },
            orders: { match: { customer_id: "shop.customers.id" }, do: "erase", ...window },
            tickets: { match: { email: "email" }, do: "redact", fields: { text: "clear" }, ...window },
            ...more,
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
    raw.exec(`${MADE}; ${made}`);
    for (const id of [ANN, 901]) {
      raw
        .prepare("INSERT INTO customers VALUES (?, ?, ?, ?)")
        .run(id, emailOf(id), id === ANN ? (SECRETS[1] ?? "") : "theirs", Buffer.from([0, 255, id % 256]));
      for (const order of [1, 2])
        raw
          .prepare("INSERT INTO orders VALUES (?, ?, ?)")
          .run(`${id}-${order}`, id, id === ANN ? (SECRETS[0] ?? "") : "theirs");
      raw
        .prepare("INSERT INTO tickets VALUES (?, ?, ?)")
        .run(id, emailOf(id), id === ANN ? (SECRETS[2] ?? "") : "theirs");
    }
  }
  const dump = () =>
    JSON.stringify(
      ["customers", "orders", "tickets"].map((table) => sql(`SELECT *, typeof(id) FROM ${table} ORDER BY id`)),
    );
  /** Whatever expunge itself has written. */
  const kept = () =>
    Buffer.concat(
      readdirSync(join(desk.folder, ".expunge"), { recursive: true, withFileTypes: true }).flatMap((one) =>
        one.isFile() ? [readFileSync(join(one.parentPath, one.name))] : [],
      ),
    );
  const images = () => {
    using state = new DatabaseSync(join(desk.folder, ".expunge/state.db"));
    return JSON.stringify([
      state.prepare("SELECT count(*) AS n FROM image").all(),
      state.prepare("SELECT count(*) AS n FROM image_key").all(),
    ]);
  };
  expect((await desk.json(["init"])).code).toBe(0);
  return { desk, sql, dump, kept, images, [Symbol.dispose]: () => desk[Symbol.dispose]() };
}

const NOTHING_KEPT = JSON.stringify([[{ n: 0 }], [{ n: 0 }]]);
const ALL_KEPT = JSON.stringify([[{ n: 4 }], [{ n: 1 }]]);
const subjects = [{ identifiers: { email: [emailOf(ANN)] } }];

for (const [runKill, undoKill] of KILLS)
  test(`killed at ${runKill}, the same run erases the same; killed at ${undoKill}, the same undo brings back the same`, async () => {
    using shop = await openShop();
    const { desk, dump, kept, images } = shop;
    const before = dump();
    const { id: request } = await approvedRequest(desk, subjects);
    const run = ["run", request, "--confirm", request];
    expect((await desk.json(run, { env: { EXPUNGE_TEST_KILL_AT: runKill } })).code, runKill).toBe("SIGKILL");
    const again = await desk.json(run);
    expect([again.code, dig(again.events?.at(-1), "state")], `${runKill}: ${again.out}${again.err}`).toEqual([
      0,
      "waiting",
    ]);
    expect(
      Object.values(steps(again)).map((step) => [
        step["status"],
        step["matched"],
        step["gone"],
        dig(step, "restorable.count"),
      ]),
    ).toEqual([
      ["residue", 1, 1, 1],
      ["residue", 2, 2, 2],
      ["residue", 1, 1, 1],
    ]);
    expect(dump()).not.toContain("Onymous");
    expect(images()).toBe(ALL_KEPT);
    const undo = ["undo", request, "--confirm", request];
    expect((await desk.json(undo, { env: { EXPUNGE_TEST_KILL_AT: undoKill } })).code, undoKill).toBe("SIGKILL");
    const back = await desk.json(undo);
    expect([back.code, dig(back.json, "data.state")], `${undoKill}: ${back.out}${back.err}`).toEqual([
      0,
      "identity_confirmed",
    ]);
    expect(list(back.json, "data.steps").map((step) => [step["status"], step["hidden"]])).toEqual([
      ["restored", 0],
      ["restored", 0],
      ["restored", 0],
    ]);
    expect(dump(), `${runKill}, ${undoKill}`).toBe(before);
    expect(images(), undoKill).toBe(NOTHING_KEPT);
    for (const secret of SECRETS) expect(kept().includes(secret), secret).toBe(false);
  });

test.each(["saving_destroy_images", "saved_destroy_images", "saving_verify", "saved_verify"] as const)(
  "killed at %s when the window has ended: the same command again destroys what was kept, once, and the request closes",
  async (point) => {
    using shop = await openShop();
    const { desk, images, kept, dump } = shop;
    const { id: request } = await approvedRequest(desk, subjects);
    expect((await desk.json(["run", request, "--confirm", request])).code).toBe(0);
    expect((await desk.json(["verify", request])).code).toBe(0);
    expect(images()).toBe(ALL_KEPT);
    for (const secret of SECRETS) expect(kept().includes(secret), secret).toBe(false);
    const gone = dump();
    const late = new Date(Date.now() + 10 * 86_400_000).toISOString();
    const due = async (env: Readonly<Record<string, string>> = {}) =>
      await desk.json(["run", "--due"], { env: { EXPUNGE_NOW: late, ...env } });
    expect((await due({ EXPUNGE_TEST_KILL_AT: point })).code, point).toBe("SIGKILL");
    expect((await due()).code, point).toBe(0);
    expect(images()).toBe(NOTHING_KEPT);
    const shown = await desk.json(["request", "show", request]);
    expect(list(shown.json, "data.requests").map(({ state }) => state)).toEqual(["closed"]);
    expect((await desk.json(["undo", request, "--confirm", request], { env: { EXPUNGE_NOW: late } })).code).toBe(3);
    expect(dump()).toBe(gone);
    using ledger = new DatabaseSync(join(desk.folder, ".expunge/ledger.db"));
    expect(ledger.prepare("SELECT count(*) AS n FROM leaf WHERE id LIKE '%/undo.destroyed'").all()).toEqual([{ n: 1 }]);
  },
);

test("what an undo adds to an audit trail that has no window is redacted; a key that is taken is told, and no value of hers", async () => {
  using shop = await openShop(
    {
      trail: {
        match: { email: "email" },
        audit_of: "shop.customers",
        do: "redact",
        fields: { email: "clear", name: "clear" },
      },
    },
    `CREATE TABLE trail (id INTEGER PRIMARY KEY, what TEXT, email TEXT, name TEXT);
     CREATE TRIGGER told_in AFTER INSERT ON customers BEGIN INSERT INTO trail (what, email, name) VALUES ('in', new.email, new.name); END;
     CREATE TRIGGER told_out AFTER DELETE ON customers BEGIN INSERT INTO trail (what, email, name) VALUES ('out', old.email, old.name); END`,
  );
  const { desk, dump, sql } = shop;
  const before = dump();
  const { id: request } = await approvedRequest(desk, subjects);
  expect((await desk.json(["run", request, "--confirm", request])).code).toBe(0);
  const hers = `SELECT what, email, name FROM trail WHERE id NOT IN (SELECT id FROM trail WHERE email = '${emailOf(901)}') ORDER BY id`;
  expect(sql(hers)).toMatchObject([
    { what: "in", email: null, name: null },
    { what: "out", email: null, name: null },
  ]);
  const undo = ["undo", request, "--confirm", request];
  sql(`INSERT INTO customers VALUES (950, '${emailOf(ANN)}', 'anew', NULL)`);
  const refused = await desk.json(undo);
  expect([refused.code, dig(refused.json, "error.code")], refused.out).toEqual([3, "RESTORE_CONFLICT"]);
  expect(list(refused.json, "error.details")).toContainEqual({
    system: "shop",
    record: "customers",
    count: 1,
    constraint: "customers(email)",
  });
  expect(refused.out + refused.err).not.toContain("person900");
  sql("DELETE FROM customers WHERE id = 950");
  sql("DELETE FROM trail WHERE name = 'anew'");
  const back = await desk.json(undo);
  expect(back.code, back.out + back.err).toBe(0);
  expect(dump()).toBe(before);
  expect(sql(hers)).toMatchObject([
    { what: "in", email: null, name: null },
    { what: "out", email: null, name: null },
    { what: "in", email: null, name: null },
  ]);
});
