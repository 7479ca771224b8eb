/** The bin of record files, through the program: lines that the application marked come back, and nothing else changes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";

const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };
const ann = { ...at, stdin: JSON.stringify({ email: "ann@x.example" }) };

const TIMED = { soft_delete: { timestamp: "deleted_at", by: "deleted_by" } };
const STATUS = {
  soft_delete: { status: "state", deleted_when: ["gone", "spam"], since: "since", by: "by", restore_as: "live" },
};
const FLAG = { soft_delete: { flag: "meta.hidden", since: "meta.at", restore_as: "false" } };

const CSV_TIMED =
  "no;email;deleted_at;deleted_by\r\n" +
  '1;"ann@x.example";2026-11-28T08:00:00Z;"shop"\r\n' +
  "2;bob@x.example;2026-11-28T08:00:00Z;shop\r\n" +
  "3;ann@x.example;2026-11-01T08:00:00Z;shop\r\n" +
  '4;"ann@x.example";;\r\n';
const CSV_STATUS =
  "email,state,since,by\n" +
  "ann@x.example,spam,2026-11-28,\n" +
  "bob@x.example,gone,2026-11-28,x\n" +
  'ann@x.example,"live",,\n' +
  "ann@x.example,gone,2026-11-28,shop\n" +
  "ann@x.example,gone,2026-11-28,shop\n";
const JSONL_TIMED =
  '{ "email": "ann@x.example", "n": 1.0, "deleted_at": "2026-11-28T08:00:00Z" }\n' +
  '{"email":"bob@x.example","n":12345678901234567890,"deleted_at":"2026-11-28T08:00:00Z"}\n' +
  '{"email":"ann@x.example","deleted_at":null}\n';
const JSONL_FLAG =
  '{"email":"ann@x.example","meta":{"hidden": true,"at":"2026-11-28"},"x":[1,2]}\n' +
  '{"email":"bob@x.example","meta":{"hidden":true,"at":"2026-11-28"}}\n' +
  '{"email":"ann@x.example","meta":{"hidden":false}}\n';

function open(): Desk & { readonly bytes: (name: string) => string } {
  const desk = openDesk();
  desk.file("data/timed.csv", CSV_TIMED);
  desk.file("data/status.csv", CSV_STATUS);
  desk.file("data/timed.jsonl", JSONL_TIMED);
  desk.file("data/flag.jsonl", JSONL_FLAG);
  const life = {
    do: "soft-delete",
    match: { email: "email" },
    restore_window: "7 days",
    purge_after: "14 days",
  };
  desk.map({
    ...testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "data" },
          records: {
            timed: { ...life, ...TIMED, files: ["timed.csv"], dialect: { delimiter: ";" } },
            states: { ...life, ...STATUS, files: ["status.csv"] },
            events: { ...life, ...TIMED, files: ["timed.jsonl"] },
            flags: { ...life, ...FLAG, files: ["flag.jsonl"], format: "jsonl" },
          },
        },
      },
    }),
    clock: "test",
  });
  return Object.assign(desk, { bytes: (name: string) => readFileSync(join(desk.folder, "data", name), "utf8") });
}

test("lines that the application marked are listed and come back; every other byte stays", async () => {
  using desk = open();
  await desk.json(["init"], at);
  const listed = await desk.json(["bin", "list"], at);
  expect(
    list(listed.json, "data.items").map(({ record, count }) => [record, count]),
    listed.out,
  ).toEqual([
    ["timed", 3],
    ["states", 4],
    ["events", 2],
    ["flags", 2],
  ]);
  const back = async (record: string) => {
    const said = await desk.json(["bin", "restore", record, "--subject-file", "-", "--confirm", record], ann);
    return [said.code, dig(said.json, "data.items.0") ?? said.out];
  };
  expect
    .soft(await back("share.timed"))
    .toEqual([0, { system: "share", record: "timed", found: 2, restored: 1, hidden: 0, too_late: 1 }]);
  expect
    .soft(desk.bytes("timed.csv"))
    .toBe(CSV_TIMED.replace('1;"ann@x.example";2026-11-28T08:00:00Z;"shop"', '1;"ann@x.example";;""'));
  expect
    .soft(await back("share.states"))
    .toEqual([0, { system: "share", record: "states", found: 3, restored: 3, hidden: 0, too_late: 0 }]);
  expect
    .soft(desk.bytes("status.csv"))
    .toBe(
      "email,state,since,by\nann@x.example,live,,\nbob@x.example,gone,2026-11-28,x\n" +
        'ann@x.example,"live",,\nann@x.example,live,,\nann@x.example,live,,\n',
    );
  expect
    .soft(await back("share.events"))
    .toEqual([0, { system: "share", record: "events", found: 1, restored: 1, hidden: 0, too_late: 0 }]);
  expect.soft(desk.bytes("timed.jsonl")).toBe(JSONL_TIMED.replace('"2026-11-28T08:00:00Z"', "null"));
  expect
    .soft(await back("share.flags"))
    .toEqual([0, { system: "share", record: "flags", found: 1, restored: 1, hidden: 0, too_late: 0 }]);
  expect.soft(desk.bytes("flag.jsonl")).toBe(JSONL_FLAG.replace('true,"at":"2026-11-28"', 'false,"at":null'));
});

const HEADING = "email,gone\n";
const MARKED = "ann@x.example,2026-11-28\n";
const ALIVE = "ann@x.example,\n";
const OTHER = "bob@x.example,2026-11-28\n";

/** Two equal lines that are marked, and the same one alive. */
function openEqual(): Desk & { readonly bytes: () => string } {
  const desk = openDesk();
  desk.file("data/people.csv", HEADING + MARKED + OTHER + MARKED + ALIVE);
  const people = {
    files: ["people.csv"],
    match: { email: "email" },
    do: "soft-delete",
    soft_delete: { timestamp: "gone" },
    restore_window: "7 days",
    purge_after: "14 days",
  };
  const share = { kind: "files", connect: { root: "data" }, records: { people } };
  desk.map({ ...testMap({ systems: { share } }), clock: "test" });
  return Object.assign(desk, { bytes: () => readFileSync(join(desk.folder, "data/people.csv"), "utf8") });
}

const RESTORE = ["bin", "restore", "share.people", "--subject-file", "-", "--confirm", "share.people"];

test("bin restore of lines, killed anywhere, is ended by the next one", async () => {
  using desk = openEqual();
  const before = desk.bytes();
  await desk.json(["init"], at);
  for (const point of ["effect_begin", "effect_half", "effect_done", "attested"]) {
    desk.file("data/people.csv", before);
    const killed = await desk.json(RESTORE, { ...ann, env: { ...at.env, EXPUNGE_TEST_KILL_AT: point } });
    const said = await desk.json(RESTORE, ann);
    expect([point, killed.code, said.code, dig(said.json, "data.items.0")]).toMatchObject([
      point,
      "SIGKILL",
      0,
      { found: 2, restored: 2, hidden: 0 },
    ]);
    expect(desk.bytes()).toBe(HEADING + ALIVE + OTHER + ALIVE + ALIVE);
  }
});

test("bin restore leaves lines alone that an open request waits to see gone", async () => {
  using desk = openEqual();
  const before = desk.bytes();
  await desk.json(["init"], at);
  await desk.json(["request", "new", "--subject-file", "-"], ann);
  await desk.json(["request", "identity", "R-2026-0001", "--method", "letter", "--result", "ok"], at);
  expect((await desk.json(["plan", "R-2026-0001"], at)).code).toBe(0);
  const said = await desk.json(RESTORE, ann);
  expect([said.code, dig(said.json, "error.code")], said.out).toEqual([3, "STILL_OPEN"]);
  expect(desk.bytes()).toBe(before);
});

test("bin purge takes the lines that are marked, and not the same line alive", async () => {
  using desk = openEqual();
  await desk.json(["init"], at);
  const purge = ["bin", "purge", "share.people", "--subject-file", "-", "--confirm", "share.people"];
  const planned = await desk.json([...purge, "--reason", "asked for"], ann);
  expect([planned.code, dig(planned.json, "data.plan.totals.erase")], planned.out).toEqual([0, 2]);
  const id = "D-2026-0001";
  for (const args of [
    ["approve", id, "--as", "olga", "--confirm", id],
    ["run", id, "--confirm", id],
    ["verify", id],
  ]) {
    const said = await desk.json(args, at);
    expect([args[0], said.code], said.out).toEqual([args[0], 0]);
  }
  expect(desk.bytes()).toBe(HEADING + OTHER + ALIVE);
});
