/** What only the file can promise: nothing in clear, nothing left of what was destroyed, and dead processes of this machine. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import type { Database } from "../../src/state/sql.ts";
import { openSqlite } from "../../src/state/sqlite.ts";
import type { State } from "../../src/state/state.ts";
import { thisProcess } from "../../src/state/this-process.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const TARGET = targetOf(mapOf([]), recordOf("shop", "orders"));

let folder: string;
let state: State;
const key = randomBytes(32);
const request = {
  type: "erasure",
  received: "2026-11-20",
  due: { nominal: "2026-12-20", legal: "2026-12-21", extended: "2027-02-20" },
  pseudonyms: ["ab".repeat(32)],
  createdAt: "2026-11-20T10:00:00.000Z",
  createdBy: "officer",
} as const;
const canary = "ann.canary@example.org";
const free = async (): Promise<void> => {};

const file = (): string => path.join(folder, "state.db");
const open = async (database: Database): Promise<State> => await openState(database, { sealingKey: key });

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "expunge-test-sqlite-"));
  state = await open(openSqlite(file()));
});
afterEach(async () => {
  await state[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function opened(where: State): Promise<string> {
  return await where.atomically(async (tx) => {
    const { id } = await tx.requests.add(request);
    await tx.sealed.begin(id, [{ identifiers: { email: [canary] } }]);
    return id;
  });
}

function filesHold(what: string | Buffer, where = folder): boolean {
  return readdirSync(where, { withFileTypes: true }).some(
    (one) => one.isFile() && readFileSync(path.join(where, one.name)).includes(what),
  );
}

/** The encrypted bytes that a request's end destroys, as they lie in the file. */
function sealedBytes(): readonly Buffer[] {
  using db = new DatabaseSync(file(), { readOnly: true });
  const rows = [
    ...db.prepare("select bytes from sealed").all(),
    ...db.prepare("select wrapped as bytes from request_key").all(),
  ];
  return rows.map((row) => (row["bytes"] instanceof Uint8Array ? Buffer.from(row["bytes"]) : Buffer.alloc(0)));
}

test("no file of the state holds an identifier in clear", async () => {
  const id = await opened(state);
  const steps = [
    {
      step: "S1",
      record: "shop.orders",
      target: TARGET,
      lookups: [{ subject: 0, values: { email: [canary] } }],
      records: [],
    },
  ];
  await state.atomically(
    async (tx) => await tx.sealed.savePlan(id, "P-0001", { steps, resolved: [], searched: [], carried: [] }),
  );
  expect(filesHold("ab".repeat(32))).toBe(true);
  expect(filesHold(canary)).toBe(false);
});

test("what a request's end destroys lies in no file any more, the write-ahead log included", async () => {
  const id = await opened(state);
  const before = sealedBytes();
  expect(before).toHaveLength(2);
  for (const bytes of before) expect(filesHold(bytes)).toBe(true);
  await state.atomically(async (tx) => await tx.sealed.destroy(id, []));
  for (const bytes of before) expect(filesHold(bytes)).toBe(false);
});

test("a process that dies between the destruction and the cutting leaves it to the next opening", async () => {
  await state[Symbol.asyncDispose]();
  state = await open({ ...openSqlite(file()), cut: async () => false });
  const id = await opened(state);
  const before = sealedBytes();
  await state.atomically(async (tx) => await tx.sealed.destroy(id, []));
  // as the power cut leaves the files: a close would tidy up
  const left = path.join(folder, "left");
  mkdirSync(left);
  for (const name of readdirSync(folder).filter((one) => one.startsWith("state.db")))
    copyFileSync(path.join(folder, name), path.join(left, name));
  for (const bytes of before) expect(filesHold(bytes, left)).toBe(true);
  const next = await open(openSqlite(path.join(left, "state.db")));
  for (const bytes of before) expect(filesHold(bytes, left)).toBe(false);
  await next[Symbol.asyncDispose]();
});

test("a dead process of this machine holds nothing, nor does another process that got its number", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((done) => child.once("exit", done));
  const me = thisProcess();
  const [, boot, space, start] = me.process.split(" ");
  const never = Date.now() + 1e9;
  using db = new DatabaseSync(file());
  const insert = db.prepare("insert into lease (name, owner, host, fence, until) values (?, ?, ?, -1, ?)");
  insert.run("R-2026-0001", `${child.pid ?? 0} ${boot} ${space} 1`, me.host, never);
  insert.run("R-2026-0002", `${process.pid} ${boot} ${space} ${Number(start) + 1}`, me.host, never);
  // that lives, or of which nobody can know
  insert.run("R-2026-0003", me.process, me.host, never);
  insert.run("R-2026-0004", `${process.ppid} ${boot} ${space} ?`, me.host, never);
  insert.run("R-2026-0005", `${child.pid ?? 0} ${boot} pid:[1] 1`, me.host, never);
  insert.run("R-2026-0006", `${child.pid ?? 0} ${boot} ${space} 1`, "elsewhere", never);
  const taken = async (name: string): Promise<boolean> => {
    try {
      await (await state.lease([name], free))[Symbol.asyncDispose]();
      return false;
    } catch {
      return true;
    }
  };
  const answers: boolean[] = [];
  for (const name of ["0001", "0002", "0003", "0004", "0005", "0006"]) answers.push(await taken(`R-2026-${name}`));
  expect(answers).toEqual([false, false, true, true, true, true]);
});

test("a machine that has started again holds nothing, where its id says that it is the same one", async () => {
  const me = { ...thisProcess(), host: "desk 0123456789abcdef" };
  const [pid, , space, start] = me.process.split(" ");
  const before = { host: me.host, process: `${pid} another-boot ${space} ${start}` };
  const { isDead } = await import("../../src/state/this-process.ts");
  expect(isDead(before, me)).toBe(true);
  expect(isDead({ ...before, host: "desk" }, { ...me, host: "desk" })).toBe(false);
});

test("a damaged file, or one of a later version, is refused by name, not by a driver's message", async () => {
  writeFileSync(
    path.join(folder, "text.db"),
    "no database at all, but long enough to be looked at as one of some kind\n".repeat(20),
  );
  expect(() => openSqlite(path.join(folder, "text.db"))).toThrow("cannot be read as a state database");
  expect(() => openSqlite(folder)).toThrow(expect.objectContaining({ code: "STATE_UNREADABLE" }));
  await state[Symbol.asyncDispose]();
  using db = new DatabaseSync(file());
  db.exec("pragma user_version = 99");
  await expect(open(openSqlite(file()))).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
    message: expect.stringContaining("version 99"),
  });
});

test("a file that this user may not write, and one that finds no room, are not called damaged", async () => {
  await state[Symbol.asyncDispose]();
  chmodSync(file(), 0o400);
  chmodSync(folder, 0o555);
  const root = process.getuid?.() === 0;
  // root may everything: somebody else looks
  if (root) process.seteuid?.(65_534);
  try {
    expect(() => openSqlite(file())).toThrow(expect.objectContaining({ code: "NOT_PERMITTED" }));
  } finally {
    if (root) process.seteuid?.(0);
    chmodSync(folder, 0o700);
    chmodSync(file(), 0o600);
  }
  const small = openSqlite(path.join(folder, "small.db"));
  const tx = await small.begin();
  await tx.run("create table words (word text)");
  await tx.run("pragma max_page_count = 3");
  const words = "insert into words select hex(randomblob(2000)) from (values (1), (2), (3), (4), (5), (6), (7), (8))";
  await expect(tx.run(words)).rejects.toMatchObject({ code: "NO_ROOM", exit: 4 });
  await tx.rollback();
  await small[Symbol.asyncDispose]();
});
