/** Lines that a run removed or changed are put back in their files, or it is said why they cannot be. */
import { chmod, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Unit, Work } from "../../../src/model/change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { changesOf } from "../../../src/model/rule-change.ts";
import { FREE, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal, type TestJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { backOf, missing, obstacles, putBack, WINDOW } from "../putting-back.ts";
import { did } from "../sql.ts";
import { type Folder, peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const ANN = "ann@shop.example";
const LIST = `\u{FEFF}email;note\r\n${ANN};1\r\n\r\nbob;"2\r\n"\r\n"${ANN}";3\r\n${ANN};4\r\ncay;5\r\n${ANN};6`;
const EVENTS = `{"email":"bob"}\nno json\n{ "email":"${ANN}", "n":1.0 }\n{"email":"cay"}\n`;
let folder: Folder;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await folder.empty();
  await folder.write("list.csv", LIST);
  await folder.write("events.jsonl", EVENTS);
  await folder.write("old.csv.gz", gzipSync(LIST));
  await chmod(join(folder.path, "list.csv"), 0o640);
});

const record = (name: string, given: Partial<RecordType> = {}): RecordType => ({
  ...peopleFiles(["*.csv", "*.csv.gz"], { dialect: { delimiter: ";" }, ...WINDOW, ...given }),
  id: `share.${name}`,
  name,
});

async function world(records: readonly RecordType[]) {
  const system = systemOf(folder.path, ...records);
  const io = testIO();
  const plan = async (): Promise<readonly Work[]> => {
    const works: Work[] = [];
    for (const [at, one] of records.entries()) {
      const target = targetOf(one, [{ column: "email", type: "email", fold: [] }], []);
      const lookups = [{ subject: 0, values: { email: [ANN] } }];
      const change = changesOf(one).rule;
      if (change === undefined) throw new Error("nothing is done");
      const found = planned(await locateAll(system, io, target, lookups));
      works.push(...unitOf(target, lookups, change, found).works.map((work) => ({ ...work, step: `s${at + 1}` })));
    }
    return works;
  };
  const run = async (works: readonly Work[], journal: TestJournal = testJournal()) => {
    await using eraser = await system.openEraser(io);
    return did(await eraser.apply({ id: "u1", effect: "erase", works }, journal, FREE));
  };
  return { system, io, plan, run };
}
const LINES = record("lists");
const REDUCED = record("events", {
  place: { kind: "files", globs: ["*.jsonl"] },
  dialect: {},
  do: "redact",
  paths: { n: { kind: "clear" } },
});

test("removed and changed lines come back byte for byte, with the files' modes; nothing else changes", async () => {
  const { system, io, plan, run } = await world([LINES, REDUCED]);
  const before = await folder.snapshot();
  const works = await plan();
  const journal = testJournal();
  expect((await run(works, journal)).map(({ matched, failed }) => [matched, failed])).toEqual([
    [8, 0],
    [1, 0],
  ]);
  expect(JSON.stringify(Object.values(await folder.snapshot()).slice(1))).not.toContain(ANN);
  const back = backOf(works, journal);
  expect(await obstacles(system, io, back)).toEqual([]);
  expect(await missing(system, io, back)).toBe(9);
  expect((await putBack(system, io, back)).map(({ matched, affected }) => [matched, affected])).toEqual([
    [1, 1],
    [8, 8],
  ]);
  expect(await folder.snapshot()).toEqual(before);
  expect(await missing(system, io, back)).toBe(0);
  await using reader = await system.openReader(io);
  const keys = works.flatMap(({ operations }) => operations.flatMap(({ records }) => records.map(({ key }) => key)));
  expect(await reader.imageBytes?.(works[0]?.target ?? targetOf(LINES, [], []), keys)).toBeGreaterThan(500);
});

test("two record types over one file: what the second removed comes back first, in the rehearsal too", async () => {
  const first = record("first", { place: { kind: "files", globs: ["list.csv"] } });
  const second = record("second", { place: { kind: "files", globs: ["list.csv"] } });
  const { system, io, plan, run } = await world([first, second]);
  const before = await folder.snapshot();
  const works = (await plan()).map((work, at) => ({
    ...work,
    operations: work.operations.map((operation) => ({
      ...operation,
      records: operation.records.filter((_, place) => place % 2 === at),
    })),
  }));
  const journal = testJournal();
  await run(works, journal);
  const back = backOf(works, journal);
  expect(await obstacles(system, io, back)).toEqual([]);
  const [last, earlier] = back.works;
  if (last === undefined || earlier === undefined) throw new Error("two works");
  // each in a unit of its own
  const alone: Unit = { ...back, works: [earlier] };
  expect(await obstacles(system, io, alone)).toEqual(["s1 neighbours 1"]);
  expect(await obstacles(system, io, { ...alone, earlier: [last] })).toEqual([]);
  await putBack(system, io, back);
  expect(await folder.snapshot()).toEqual(before);
});

test("several requests: what a later one removed stands in the way of the earlier one's, until it is back", async () => {
  const { system, io, plan, run } = await world([LINES]);
  const before = await folder.snapshot();
  const [all] = await plan();
  if (all === undefined) throw new Error("no work");
  const some = (which: (at: number) => boolean): Work => ({
    ...all,
    operations: all.operations.map((one) => ({ ...one, records: one.records.filter((_, at) => which(at)) })),
  });
  const [early, late] = [some((at) => at % 2 === 0), some((at) => at % 2 === 1)];
  const [one, other] = [testJournal(), testJournal()];
  await run([early], one);
  await run([late], other);
  expect(await obstacles(system, io, backOf([early], one))).toEqual(["s1 neighbours 2"]);
  await putBack(system, io, backOf([late], other));
  await putBack(system, io, backOf([early], one));
  expect(await folder.snapshot()).toEqual(before);
});

test("a file that is gone, was rotated or has other lines beside them keeps its lines out, and stays as it is", async () => {
  const { system, io, plan, run } = await world([record("lists", { place: { kind: "files", globs: ["list.csv"] } })]);
  const works = await plan();
  const journal = testJournal();
  await run(works, journal);
  const back = backOf(works, journal);
  const at = join(folder.path, "list.csv");
  const erased = await folder.read("list.csv");
  await folder.write("list.csv", erased.replace("cay;5\r\n", "cay;5\r\nzoe;7\r\n"));
  const now = await folder.snapshot();
  expect(await obstacles(system, io, back)).toEqual(["s1 neighbours 1"]);
  expect(await folder.snapshot()).toEqual(now);
  await rename(at, join(folder.path, "list.csv.1"));
  await folder.write("list.csv", "\u{FEFF}email;note\r\nnew;1\r\n");
  expect(await obstacles(system, io, back)).toEqual(["s1 neighbours 4"]);
  await putBack(system, io, back);
  expect(await folder.read("list.csv")).toBe("\u{FEFF}email;note\r\nnew;1\r\n");
  await rm(at);
  expect(await obstacles(system, io, back)).toEqual(["s1 gone 4"]);
  await expect(stat(at)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each([
  ["effect_begin", 1],
  ["effect_half", 1],
  ["effect_half", 2],
  ["effect_done", 1],
] as const)(
  "killed at %s (%i), in the run and in the undo: done again, it is as if nothing had been",
  async (point, nth) => {
    const { system, io, plan, run } = await world([LINES]);
    const before = await folder.snapshot();
    const works = await plan();
    const cut = testJournal({ at: killAt(point, nth) });
    await expect(run(works, cut)).rejects.toThrow(Killed);
    const again = testJournal({ notes: cut.notes });
    expect(await run(works, again)).toMatchObject([{ matched: 8, affected: 8, failed: 0 }]);
    const back = backOf(works, { images: new Map([...cut.images, ...again.images]) });
    const half = testJournal({ at: killAt(point, nth) });
    await expect(putBack(system, io, back, half)).rejects.toThrow(Killed);
    expect(await putBack(system, io, back, testJournal({ notes: half.notes }))).toMatchObject([
      { matched: 8, affected: 8, failed: 0 },
    ]);
    expect(await folder.snapshot()).toEqual(before);
  },
);
