/** A legal hold on a person, as people type it: it comes between approval and run, is released, and the rest goes. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { type Desk, dig, filesBelow, list, openDesk, type Said, steps, testMap } from "../support/desk.ts";
import { inTerminal } from "../support/terminal.ts";

const MIA = "mia.stork@heron.example";
const UWE = "uwe.crane@heron.example";
const CASE = "claim over a late parcel";
const NOW = { EXPUNGE_NOW: "2026-11-30T09:00:00Z" };

const MAP = testMap({
  clock: "test",
  systems: {
    shop: {
      kind: "sqlite",
      connect: { file: "./shop.db" },
      owner: "it@heron.example",
      records: {
        people: { match: { email: "email" }, do: "erase" },
        orders: { match: { person: "shop.people.id" }, do: "erase" },
        lines: { match: { order_no: "shop.orders.no" }, do: "erase" },
        visits: { match: { person: "shop.people.id" }, do: "erase" },
      },
    },
    share: {
      kind: "files",
      connect: { root: "./data" },
      owner: "it@heron.example",
      records: { list: { files: ["list.csv"], match: { email: "email" }, do: "remove-rows" } },
    },
  },
});

const rows = (desk: Desk): readonly string[] => {
  using db = new DatabaseSync(path.join(desk.folder, "shop.db"));
  return ["people", "orders", "lines", "visits"].flatMap((table) =>
    db
      .prepare(`select * from ${table} order by 1`)
      .all()
      .map((row) => `${table} ${JSON.stringify(row)}`),
  );
};

function openShop(): Desk {
  const desk = openDesk();
  onTestFinished(() => desk[Symbol.dispose]());
  using db = new DatabaseSync(path.join(desk.folder, "shop.db"));
  db.exec(`pragma foreign_keys = on;
    create table people (id integer primary key, email text);
    create table orders (no integer primary key, person integer references people (id));
    create table lines (id integer primary key, order_no integer references orders (no), what text);
    create table visits (id integer primary key, person integer references people (id));
    insert into people values (1, '${MIA}'), (2, '${UWE}');
    insert into orders values (10, 1), (11, 1), (20, 2);
    insert into lines values (100, 10, 'tea'), (101, 11, 'cups'), (200, 20, 'tea');
    insert into visits values (5, 1), (6, 2)`);
  desk.file("data/list.csv", `email,name\n${MIA},Mia\n${UWE},Uwe\n`);
  desk.map(MAP);
  return desk;
}

const call = async (desk: Desk, ...args: readonly string[]): Promise<Said> => await desk.json(args, { env: NOW });
const add = async (desk: Desk, ...more: readonly string[]): Promise<Said> =>
  await desk.json(
    ["hold", "add", "--subject-file", "-", "--case", CASE, "--by", "legal department", "--as", "olga", ...more],
    { env: NOW, stdin: JSON.stringify({ email: MIA }) },
  );

test("added between approval and run, released later: those records stay meanwhile, and nobody else's are touched", async () => {
  const desk = openShop();
  await desk.json(["init"]);
  const id = await desk.open({ email: MIA });
  const before = rows(desk);
  await call(desk, "plan", id);
  await call(desk, "approve", id, "--confirm", id);
  const added = await add(desk, "--records", "shop.orders", "--until", "2027-06-30");
  expect([added.code, list(added.json, "data.holds")[0]]).toMatchObject([
    0,
    { id: "H-2026-0001", case: CASE, by: "legal department", until: "2027-06-30", held: 2, people: 1 },
  ]);
  expect(added.out + added.err).not.toContain("mia");

  const run = await call(desk, "run", id, "--confirm", id);
  expect(run.code, run.out).toBe(3);
  const lines = new Map(list(run.json, "steps").map((step) => [step["record"], step]));
  expect(lines.get("orders")).toMatchObject({ kept: 2, deleted: 0, reason: "legal_hold", holds: ["H-2026-0001"] });
  expect(lines.get("lines")).toMatchObject({ kept: 2, deleted: 0, reason: "held_with" });
  expect(lines.get("people")).toMatchObject({ kept: 1, deleted: 0, blocked: 0, failed: 0, reason: "held_by" });
  expect(lines.get("visits")).toMatchObject({ deleted: 1 });
  expect(rows(desk)).toEqual(before.filter((row) => row !== 'visits {"id":5,"person":1}'));
  expect(desk.read("data/list.csv")).toBe(`email,name\n${UWE},Uwe\n`);
  const verified = await call(desk, "verify", id);
  expect([verified.code, dig(verified.json, "data.state"), dig(verified.json, "data.residual")]).toEqual([
    3,
    "waiting",
    0,
  ]);
  expect((await call(desk, "request", "close", id, "--reason", "done")).code).toBe(3);
  expect(dig((await call(desk, "status")).json, "data.items.0.waiting_for")).toContain("legal hold");
  expect((await call(desk, "request", "show", id)).out).toContain(CASE);
  // the page goes to others: a case's words may name people
  const board = await call(desk, "status", "--html", "out/board.html");
  expect([board.code, dig(board.json, "data.file.path")]).toEqual([0, "out/board.html"]);
  expect(dig((await call(desk, "status")).json, "data.items.0.waiting_for")).toContain(CASE);
  expect(desk.read("out/board.html")).toContain("the end of a legal hold: H-2026-0001");
  expect(board.out + desk.read("out/board.html")).not.toContain(CASE);
  expect(desk.read("out/board.html")).toContain("Harbour Tea Ltd");

  // another plan says it as any hold is said
  const plan = await call(desk, "plan", id);
  expect([plan.code, steps(plan)["shop.orders"]]).toMatchObject([
    0,
    { kept: 2, reason: "legal_hold", says: `${CASE} (H-2026-0001)`, until: "2027-06-30" },
  ]);
  await call(desk, "approve", id, "--confirm", id);
  expect((await call(desk, "run", id, "--confirm", id)).code).toBe(3);

  // what is signed and what is sent names the case by its number alone
  await call(desk, "report", id);
  const report = desk.read(`report/${id}.report.json`);
  const payload = Buffer.from(String(dig(JSON.parse(report), "payload")), "base64").toString();
  expect(payload).toContain("H-2026-0001");
  expect(dig(JSON.parse(payload), "summary.kept")).toMatchObject([
    { record: "people", reason: "held_by" },
    { record: "orders", reason: "legal_hold", until: "2027-06-30", law: ["H-2026-0001"] },
    { record: "lines", reason: "held_with" },
  ]);
  const letter = await call(desk, "letter", id, "--kind", "partial", "--format", "txt");
  expect(letter.code, letter.out).toBe(0);
  expect((await call(desk, "letter", id, "--kind", "final")).code).toBe(3);
  const page = desk.read(`report/${id}.report.html`);
  for (const text of [payload, page, JSON.stringify(letter.json)]) expect(text).not.toContain(CASE);

  const listed = await call(desk, "hold", "list");
  expect([listed.code, list(listed.json, "data.holds")]).toMatchObject([
    0,
    [{ held: 2, held_in: [{ system: "shop", record: "orders", count: 2 }] }],
  ]);
  const words = await desk.cli(["hold", "list"], { env: NOW });
  expect(words.out).toContain("H-2026-0001  claim over a late parcel");
  expect(words.out).toContain("Wed 30 Jun 2027");
  expect(words.out).toContain("2 records: 2 in shop.orders");

  const order = ["--reason", "settled", "--by", "legal department"];
  const released = await call(desk, "hold", "release", "h-2026-1", ...order);
  expect([released.code, dig(released.json, "next")], released.out).toEqual([0, [`expunge plan ${id}`]]);
  await call(desk, "plan", id);
  await call(desk, "approve", id, "--confirm", id);
  expect((await call(desk, "run", id, "--confirm", id)).code).toBe(0);
  expect(dig((await call(desk, "verify", id)).json, "data.state")).toBe("closed");
  expect(rows(desk)).toEqual(
    before.filter((row) => /^(?:people .*"id":2|orders .*20|lines .*200|visits .*"id":6)/u.test(row)),
  );

  // nothing of the person in what was said, or in any file of the workspace; no word of the case in the ledger
  for (const said of desk.said) expect(said.out + said.err).not.toContain(MIA);
  for (const file of filesBelow(path.join(desk.folder, ".expunge"))) {
    const bytes = readFileSync(file);
    expect(bytes.includes(MIA), file).toBe(false);
    if (path.basename(file).startsWith("ledger")) expect(bytes.includes(CASE), file).toBe(false);
  }
});

test("one that cannot be read stops plan and run with 4; list and doctor name it, and a person's word ends it", async () => {
  const desk = openShop();
  await desk.json(["init"]);
  const id = await desk.open({ email: UWE });
  await call(desk, "plan", id);
  await call(desk, "approve", id, "--confirm", id);
  await add(desk);
  expect(list((await call(desk, "doctor")).json, "data.checks")).toContainEqual(
    expect.objectContaining({ name: "legal holds", result: "ok" }),
  );
  const before = [rows(desk), desk.read("data/list.csv")];
  {
    using db = new DatabaseSync(path.join(desk.folder, ".expunge/state.db"));
    db.exec("delete from legal_hold_key");
  }
  for (const args of [
    ["plan", id],
    ["run", id, "--confirm", id],
  ]) {
    const said = await call(desk, ...args);
    expect([said.code, dig(said.json, "error.code")], said.out).toEqual([4, "HOLD_UNREADABLE"]);
  }
  expect([rows(desk), desk.read("data/list.csv")]).toEqual(before);
  const listed = await call(desk, "hold", "list");
  expect([listed.code, list(listed.json, "data.holds")]).toMatchObject([4, [{ id: "H-2026-0001", held: null }]]);
  expect(list((await call(desk, "doctor")).json, "data.checks")).toContainEqual(
    expect.objectContaining({ name: "legal holds", result: "fail" }),
  );
  await call(desk, "hold", "release", "H-2026-0001", "--reason", "made anew", "--by", "legal department");
  expect((await call(desk, "run", id, "--confirm", id)).code).toBe(0);
});

test("what is missing is 64 without a terminal, and an identifier is never taken from the command line", async () => {
  const desk = openShop();
  await desk.json(["init"]);
  const base = ["hold", "add", "--case", CASE, "--by", "legal department"];
  expect((await call(desk, ...base)).code).toBe(64);
  expect((await call(desk, "hold", "add", "--records", "shop.orders", "--by", "x")).code).toBe(64);
  expect((await call(desk, "hold", "add", "--records", "shop.orders", "--case", CASE)).code).toBe(64);
  expect((await call(desk, "hold", "release", "H-2026-0001", "--reason", "settled")).code).toBe(64);
  const typed = await call(desk, ...base, "--records", "shop.orders", "--until", MIA);
  const wordy = await call(desk, "hold", "add", "--records", "shop.orders", "--by", "x", "--case", `of ${MIA}`);
  for (const said of [typed, wordy]) {
    expect(said.code).toBe(64);
    expect(said.out + said.err).not.toContain(MIA);
  }
  const none = await call(desk, "hold", "release", "H-2026-0009", "--reason", "settled", "--by", "x");
  expect([none.code, dig(none.json, "error.code")]).toEqual([64, "NO_SUCH_HOLD"]);
});

test("in a terminal whatever is missing is asked for, and what is typed of the person does not show", async () => {
  const desk = openShop();
  await desk.json(["init"]);
  const shown = await inTerminal(
    desk,
    ["hold", "add"],
    [
      ["What is it for?", CASE],
      ["Who ordered it?", "legal department"],
      ["email (empty: not known)", MIA],
      ["another email", ""],
      ["Hold what belongs to this person?", "y"],
    ],
  );
  expect([shown.exit, shown.screen]).toEqual([0, expect.stringContaining("until")]);
  expect(shown.screen).toContain("it is released");
  expect(shown.screen).not.toContain(MIA);
});
