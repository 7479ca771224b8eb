/** Files of version 2, which knows no legal hold, are brought to this one in place, with everything that was in them. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { SINCE_2 } from "../../src/state/schema.ts";
import { openSqlite } from "../../src/state/sqlite.ts";
import { type Desk, dig, openDesk, steps } from "../support/desk.ts";
import { writeVersion2 } from "./older.ts";
import { PLACES } from "./places.ts";

let desk: Desk;
let workspace: string;

beforeEach(() => {
  desk = openDesk();
  workspace = writeVersion2(desk.folder);
});
afterEach(() => {
  desk[Symbol.dispose]();
});

const TABLES = [
  "request",
  "request_key",
  "sealed",
  "plan",
  "approval",
  "unit",
  "receipt",
  "outbox",
  "held",
  "held_key",
];

function rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
  using db = new DatabaseSync(path.join(workspace, "state.db"));
  return db.prepare(sql).all();
}

test("every row is what it was, and legal holds have their tables", async () => {
  const all = () => TABLES.map((table) => rows(`select * from ${table} order by 1, 2`));
  const before = all();
  expect(before.map(({ length }) => length > 0)).toEqual(TABLES.map(() => true));
  expect(rows("pragma user_version")).toEqual([{ user_version: 2 }]);
  const sealingKey = Buffer.from(readFileSync(path.join(workspace, "keys/sealing.key"), "utf8").trim(), "base64");
  const state = await openState(openSqlite(path.join(workspace, "state.db")), { sealingKey });
  expect(await state.read.sealed.subjects("R-2026-0001")).toEqual([{ identifiers: { email: ["p1@old.example"] } }]);
  expect(await state.read.legalHolds.list()).toEqual([]);
  await state[Symbol.asyncDispose]();
  expect(rows("pragma user_version")).toEqual([{ user_version: 3 }]);
  expect(all()).toEqual(before);
});

test("a request of then is planned and run under a hold that is added now", async () => {
  const env = { EXPUNGE_NOW: "2026-11-20T11:00:00Z" };
  const hold = await desk.json(
    ["hold", "add", "--subject-file", "-", "--case", "a claim", "--by", "legal department"],
    { env, stdin: JSON.stringify({ email: "p2@old.example" }) },
  );
  expect([hold.code, dig(hold.json, "data.holds.0.held")], hold.out).toEqual([0, 2]);
  const before = desk.read("data/list.csv");
  await desk.json(["plan", "R-2026-0002"], { env });
  await desk.json(["approve", "R-2026-0002", "--confirm", "R-2026-0002"], { env });
  const run = await desk.json(["run", "R-2026-0002", "--confirm", "R-2026-0002"], { env });
  expect(run.code, run.out).toBe(3);
  expect(desk.read("data/list.csv")).toBe(before);
  // the other one is nobody's business
  const plan = await desk.json(["plan", "R-2026-0001"], { env });
  expect(steps(plan)["share.lists"]).toMatchObject({ found: 1, act: 1, kept: 0 });
});

describe.each(PLACES)("in $name", ({ make }) => {
  test("a state without the tables of legal holds gets them, once", async () => {
    await using place = await make();
    const sealingKey = randomBytes(32);
    await (await openState(place.state(), { sealingKey }))[Symbol.asyncDispose]();
    const database = place.state();
    const old = await database.begin();
    for (const table of SINCE_2) await old.run(`drop table ${table}`);
    await database.setVersion(old, 2);
    await old.commit();
    await database[Symbol.asyncDispose]();
    const both = await Promise.all([
      openState(place.state(), { sealingKey }),
      openState(place.state(), { sealingKey }),
    ]);
    for (const state of both) {
      const hold = await state.atomically(
        async (tx) =>
          await tx.legalHolds.add(
            {
              case: { words: "a claim", salt: "" },
              by: "legal department",
              since: "2026-11-20",
              records: [],
              added: { at: "2026-11-20T10:00:00.000Z", actor: "officer" },
            },
            [{ identifiers: { email: ["ann@old.example"] } }],
          ),
      );
      expect(await state.read.legalHolds.subjects(hold)).toEqual([{ identifiers: { email: ["ann@old.example"] } }]);
    }
    expect((await both[0].read.legalHolds.list()).map(({ id }) => id)).toEqual(["H-2026-0001", "H-2026-0002"]);
    for (const state of both) await state[Symbol.asyncDispose]();
  });
});
