import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src/errors.ts";
import type { Left, PlannedRecord } from "../../../src/model/change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Finding, Lookup, Target } from "../../../src/model/search.ts";
import type { Guard, System } from "../../../src/port/connector.ts";
import { eraseUnit, FREE, locateAll, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { type Folder, peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const HEAD = "email,n\n";
const ANN = "ann@shop.example,1\n";
const ANN_2 = "ann@shop.example,2\n";
const BOB = "bob@shop.example,2\n";
const LOOKUPS: readonly Lookup[] = [{ subject: 0, values: { email: ["ann@shop.example"] } }];
const DELETE = { kind: "delete" } as const;

let folder: Folder;
let io: TestIO;

/** What a file is known by, whatever path leads to it. */
async function numberOf(name: string): Promise<string> {
  const { dev, ino } = await stat(join(folder.path, name));
  return `${dev}:${ino}`;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  io = testIO();
});
afterEach(async () => await folder[Symbol.asyncDispose]());

function people(
  globs: readonly string[] = ["*.csv"],
  given: Partial<RecordType> = {},
): { system: System; target: Target } {
  const record = peopleFiles(globs, given);
  return {
    system: systemOf(folder.path, record),
    target: targetOf(record, [{ column: "email", type: "email", fold: [] }], ["n"]),
  };
}

/** Says `kept` of these records, and remembers what it was asked. */
function guardFor(
  ...keys: readonly string[]
): Guard & { readonly asked: (readonly string[])[]; keep: readonly string[] } {
  const asked: (readonly string[])[] = [];
  const guard = {
    asked,
    keep: keys,
    async judge(step: string, records: readonly PlannedRecord[]): Promise<readonly Left[]> {
      expect(step).toBe("s1");
      asked.push(records.map(({ key }) => key));
      return records.flatMap(({ key }) =>
        guard.keep.includes(key) ? [{ key, kind: "kept", reason: "legal_hold", until: "2030-01-01" } as const] : [],
      );
    },
  };
  return guard;
}

const noTemp = async () =>
  expect((await readdir(folder.path)).filter((name) => name.startsWith(".expunge-"))).toEqual([]);

test("the guard is asked for each file when it has been read and before it is replaced; what it keeps stays byte for byte", async () => {
  await folder.write("a.csv", HEAD + ANN + BOB + ANN_2);
  await folder.write("b.csv", HEAD + ANN);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  const guard = guardFor(records[0]?.key ?? "");
  const seen: string[] = [];
  const watching: Guard = {
    async judge(step, some) {
      seen.push(await folder.read("a.csv"), await folder.read("b.csv"));
      return await guard.judge(step, some);
    },
  };
  const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records), testJournal(), watching);
  expect(outcome).toMatchObject({
    matched: 2,
    deleted: 2,
    left: [{ key: records[0]?.key, kind: "kept", reason: "legal_hold", until: "2030-01-01" }],
  });
  expect([await folder.read("a.csv"), await folder.read("b.csv")]).toEqual([HEAD + ANN + BOB, HEAD]);
  const keys = records.map(({ key }) => key);
  // the first file twice: what is left of the batch is judged as it will be done
  expect(guard.asked).toEqual([keys.slice(0, 2), keys.slice(1, 2), keys.slice(2)]);
  expect(seen.slice(0, 4), "nothing is replaced while it is asked").toEqual([
    HEAD + ANN + BOB + ANN_2,
    HEAD + ANN,
    HEAD + ANN + BOB + ANN_2,
    HEAD + ANN,
  ]);
  expect(await remainingOf(system, io, target, { change: DELETE, records })).toEqual(keys.slice(0, 1));
  await noTemp();
});

test("where everything is to be kept the file is not written at all", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  const before = await folder.snapshot();
  const journal = testJournal();
  expect(
    await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records), journal, guardFor(records[0]?.key ?? "")),
  ).toMatchObject({
    matched: 0,
    deleted: 0,
    kept: 1,
  });
  expect(await folder.snapshot()).toEqual(before);
  expect(journal.notes).toEqual([]);
  await noTemp();
});

test("a guard that cannot look leaves the file as it was and nothing beside it", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const blind: Guard = {
    judge: async () => {
      throw new Failure("SYSTEM_UNREACHABLE", "the holds cannot be read");
    },
  };
  expect(await eraseUnit(system, io, unit, testJournal(), blind)).toMatchObject({
    matched: 0,
    blocked: 1,
    reason: "SYSTEM_UNREACHABLE",
  });
  expect(await folder.read("a.csv")).toBe(HEAD + ANN);
  await noTemp();
});

test("a hold that comes between a kill and the same unit again holds", async () => {
  for (const point of ["effect_begin", "effect_half"] as const) {
    await folder.write("a.csv", HEAD + ANN + BOB);
    const { system, target } = people();
    const records = planned(await locateAll(system, io, target, LOOKUPS));
    const unit = unitOf(target, LOOKUPS, DELETE, records);
    const journal = testJournal({ at: killAt(point) });
    await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
    const guard = guardFor(records[0]?.key ?? "");
    expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }), guard)).toMatchObject({
      matched: 0,
      deleted: 0,
      kept: 1,
      alreadyGone: 0,
    });
    expect(await folder.read("a.csv")).toBe(HEAD + ANN + BOB);
    expect(guard.asked).toHaveLength(1);
    await noTemp();
  }
});

test("a file that another writer changes while the guard is asked is read and judged again", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const asked: number[] = [];
  const slow: Guard = {
    async judge(_step, records) {
      if (asked.length === 0) await appendFile(join(folder.path, "a.csv"), BOB);
      asked.push(records.length);
      return [];
    },
  };
  expect(await eraseUnit(system, io, unit, testJournal(), slow)).toMatchObject({ matched: 1, deleted: 1 });
  expect(asked).toEqual([1, 1]);
  expect(await folder.read("a.csv")).toBe(HEAD + BOB);
});

test("a line that changed after the plan is failed: changed, though it still matches; one that was removed is gone", async () => {
  const others = ["p@x,0\n", "q@x,0\n", "r@x,0\n"] as const;
  await folder.write("a.csv", HEAD + others[0] + ANN + others[1] + ANN_2 + others[2]);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await folder.write("a.csv", HEAD + others[0] + ANN.replace("1", "9") + others[1] + others[2]);
  const before = await folder.read("a.csv");
  const guard = guardFor();
  const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records), testJournal(), guard);
  expect(outcome).toMatchObject({ matched: 0, deleted: 0, failed: 1, alreadyGone: 1, reason: "changed" });
  expect(outcome.left.map(({ key, kind, reason }) => [key, kind, reason])).toEqual([
    [records[0]?.key, "failed", "changed"],
    [records[1]?.key, "already_gone", "already_gone"],
  ]);
  expect(await folder.read("a.csv")).toBe(before);
  expect(guard.asked, "what is not there is nobody's to judge").toEqual([]);
});

test("a blocked run that is run again does not take a line that changed meanwhile", async () => {
  await folder.write("a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const writer = spawn("sh", ["-c", `exec 3>>'${join(folder.path, "a.csv")}'; echo open; read go`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(writer.stdout, "data");
  const journal = testJournal();
  expect(await eraseUnit(system, io, unit, journal)).toMatchObject({ blocked: 1, reason: "open_for_writing" });
  writer.stdin.end("go\n");
  await once(writer, "close");
  execFileSync("sed", ["-i", "s/ann@shop.example,1/ann@shop.example,held/", join(folder.path, "a.csv")]);
  expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
    matched: 0,
    failed: 1,
    reason: "changed",
  });
  expect(await folder.read("a.csv")).toBe(`${HEAD}ann@shop.example,held\n${BOB}`);
});

test("a planned record whose fingerprint is another's is not touched", async () => {
  await folder.write("a.csv", HEAD + ANN + ANN_2);
  const { system, target } = people();
  const [first, second] = planned(await locateAll(system, io, target, LOOKUPS));
  if (first === undefined || second === undefined) throw new Error("not found");
  const outcome = await eraseUnit(
    system,
    io,
    unitOf(target, LOOKUPS, DELETE, [{ ...first, fingerprint: second.fingerprint }, second]),
  );
  expect(outcome).toMatchObject({
    matched: 1,
    deleted: 1,
    left: [{ key: first.key, kind: "failed", reason: "changed" }],
  });
  expect(await folder.read("a.csv")).toBe(HEAD + ANN);
});

test("records are found by their keys with values, address and fingerprint as the search has them; one that is gone yields nothing", async () => {
  await mkdir(join(folder.path, "sub"));
  await folder.write("sub/a.csv", HEAD + BOB + ANN + ANN_2);
  await folder.write("b.csv", HEAD + ANN);
  const { system, target } = people(["**/*.csv"]);
  await using reader = await system.openReader(io);
  const found = await Array.fromAsync(reader.locate(target, { by: "subjects", lookups: LOOKUPS }));
  const keys = found.map(({ key }) => key);
  const numbers = await Promise.all(["b.csv", "sub/a.csv", "sub/a.csv"].map(numberOf));
  expect(found.map(({ within, address }) => [within, address])).toEqual(
    numbers.map((number, at) => [JSON.stringify([number]), keys[at]?.replace(/^\["[^"]*"/u, `["${number}"`)]),
  );
  expect(await Array.fromAsync(reader.locate(target, { by: "keys", keys }))).toEqual(
    found.map((one) => ({ ...one, subjects: [] })),
  );
  await folder.write("sub/a.csv", HEAD + BOB + ANN_2);
  const left = await Array.fromAsync(reader.locate(target, { by: "keys", keys }));
  expect(left.map(({ key }) => key)).toEqual([keys[0], keys[2]]);
  const own = (text = "") => text.split(".")[0];
  expect(
    [left[1]?.fingerprint === found[2]?.fingerprint, own(left[1]?.fingerprint) === own(found[2]?.fingerprint)],
    "the file changed, the record did not",
  ).toEqual([false, true]);
});

test("two patterns find the same record under one address", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const all = people(["*.csv"]);
  const some = people(["a.*"], { name: "some", format: "csv" });
  const [one] = await locateAll(all.system, io, all.target, LOOKUPS);
  const [other] = await locateAll(some.system, io, some.target, LOOKUPS);
  expect(one?.address).toBe(other?.address);
  expect(one?.address.startsWith(`["${await numberOf("a.csv")}","`)).toBe(true);
});

test("what other record types change in the same records is done in the same go, and read again", async () => {
  await folder.write("a.csv", "email,phone,n\nann@shop.example,+43 1,x\n");
  const mails = people(["*.csv"], { do: "anonymise", fields: { email: { kind: "clear" } } });
  const phones = targetOf(
    peopleFiles(["*.csv"], {
      name: "phones",
      do: "anonymise",
      fields: { phone: { kind: "clear" }, n: { kind: "set", value: "gone" } },
    }),
    [{ column: "phone", type: "phone", fold: ["e164"] }],
    [],
  );
  const records = planned(await locateAll(mails.system, io, mails.target, LOOKUPS));
  const also = [
    { target: phones, change: phones.changes.rule ?? DELETE, lookups: [{ subject: 0, values: { phone: ["+431"] } }] },
  ];
  const operation = { change: mails.target.changes.rule ?? DELETE, records, also };
  const unit = {
    id: "u1",
    effect: "erase",
    works: [{ step: "s1", target: mails.target, lookups: LOOKUPS, operations: [operation] }],
  } as const;
  expect(await remainingOf(mails.system, io, mails.target, operation)).toEqual(records.map(({ key }) => key));
  expect(await eraseUnit(mails.system, io, unit)).toMatchObject({ matched: 1, changed: 1, deleted: 0 });
  expect(await folder.read("a.csv")).toBe("email,phone,n\n,,gone\n");
  expect(await remainingOf(mails.system, io, mails.target, operation)).toEqual([]);
  await folder.write("a.csv", "email,phone,n\nann@shop.example,+43 1,x\n");
  const erasing = { ...operation, also: also.map((one) => ({ ...one, change: DELETE })) };
  expect(
    await eraseUnit(mails.system, io, { ...unit, works: [{ ...unit.works[0], operations: [erasing] }] }),
  ).toMatchObject({
    matched: 1,
    deleted: 1,
    changed: 0,
  });
  expect(await folder.read("a.csv"), "erasing beats changing").toBe("email,phone,n\n");
});

test("a record that its own rule has nothing to do with any more remains while another record type's change is open", async () => {
  await folder.write("a.csv", "email,n,phone\nann@shop.example,gone,+43 1\n");
  const { system, target } = people(["*.csv"], { do: "anonymise", fields: { n: { kind: "set", value: "gone" } } });
  const found = await locateAll(system, io, target, LOOKUPS);
  expect(found.map(({ done }) => done)).toEqual([true]);
  const phones = targetOf(
    peopleFiles(["*.csv"], { name: "phones", do: "anonymise", fields: { phone: { kind: "clear" } } }),
    [{ column: "phone", type: "phone", fold: ["e164"] }],
    [],
  );
  const change = target.changes.rule ?? DELETE;
  const also = [
    { target: phones, change: phones.changes.rule ?? DELETE, lookups: [{ subject: 0, values: { phone: ["+431"] } }] },
  ];
  const records = planned(found);
  expect(await remainingOf(system, io, target, { change, records })).toEqual([]);
  expect(await remainingOf(system, io, target, { change, records, also })).toEqual(records.map(({ key }) => key));
});

test("record types that read one file in two ways are not mixed", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const { system, target } = people(["*.csv"], { do: "anonymise", fields: { n: { kind: "clear" } } });
  const other = targetOf(
    peopleFiles(["*.csv"], {
      name: "other",
      dialect: { delimiter: ";" },
      do: "anonymise",
      fields: { email: { kind: "clear" } },
    }),
    [],
    [],
  );
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  const change = target.changes.rule ?? DELETE;
  const works = [
    {
      step: "s1",
      target,
      lookups: LOOKUPS,
      operations: [{ change, records, also: [{ target: other, change, lookups: [] }] }],
    },
  ];
  await using eraser = await system.openEraser(io);
  await expect(eraser.apply({ id: "u1", effect: "erase", works }, testJournal(), FREE)).rejects.toMatchObject({
    code: "ACTION_REFUSED",
  });
  expect(await folder.read("a.csv")).toBe(HEAD + ANN);
});

test("an address among others in a cell is a gap with its line, and a copy beside the file is one where it holds the person", async () => {
  await folder.write("a.csv", `${HEAD}bob@shop.example,1\nann@shop.example; bob@shop.example,2\n`);
  await writeFile(join(folder.path, "a.csv.bak"), HEAD + ANN);
  await writeFile(join(folder.path, "a.csv.old"), HEAD + BOB);
  const { system, target } = people();
  expect(await locateAll(system, io, target, LOOKUPS)).toEqual([]);
  expect(io.findings.map(({ code, gap }) => [code, gap])).toEqual([
    ["GAP", { where: "a.csv:3", holdsIdentifier: true, content: expect.any(String) }],
    ["GAP", { where: "a.csv.bak", holdsIdentifier: true }],
  ]);
  expect(JSON.stringify(io.findings)).not.toContain("shop.example");
  await using reader = await system.openReader(io);
  expect((await Array.fromAsync(reader.check([target]))).map(({ code, gap }) => [code, gap])).toEqual([
    ["GAP", { where: "a.csv.bak", holdsIdentifier: false }],
    ["GAP", { where: "a.csv.old", holdsIdentifier: false }],
  ]);
});

test("more lines with gaps than can be named are counted", async () => {
  await folder.write("a.csv", HEAD + "ann@shop.example; b,1\n".repeat(130));
  const { system, target } = people();
  await locateAll(system, io, target, LOOKUPS);
  expect(io.findings).toHaveLength(101);
  expect(io.findings.at(-1)).toMatchObject({
    message: "a.csv: 30 more lines hold an identifier that cannot be acted on",
    gap: { where: "a.csv", holdsIdentifier: true },
  });
});

test("a root that is there and empty has changed what was planned; without a root nothing is looked at", async () => {
  await folder.write("a.csv", HEAD + ANN);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await folder.empty();
  await using reader = await system.openReader(io);
  expect((await Array.fromAsync(reader.check([target]))).map(({ code, severity }) => [code, severity])).toEqual([
    ["PATTERN_EMPTY", "empty"],
  ]);
  await expect(
    Array.fromAsync(reader.locate(target, { by: "keys", keys: records.map(({ key }) => key) })),
  ).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
  });
  await expect(remainingOf(system, io, target, { change: DELETE, records })).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
  });
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records))).toMatchObject({
    matched: 0,
    alreadyGone: 0,
    failed: 1,
    reason: "changed",
  });
});

test("constants narrow what is found, counted and changed", async () => {
  await folder.write("a.csv", "email,kind\nann@shop.example,person\nann@shop.example,boat\nbob@shop.example,person\n");
  const { system, target } = people(["*.csv"], { where: { kind: ["person"] } });
  const narrow = { ...target, exports: [], where: { kind: ["person"] } };
  const found = await locateAll(system, io, narrow, LOOKUPS);
  expect(found).toHaveLength(1);
  await using reader = await system.openReader(io);
  expect(await reader.size(narrow)).toBe(2);
  await eraseUnit(system, io, unitOf(narrow, LOOKUPS, DELETE, planned(found)));
  expect(await folder.read("a.csv")).toBe("email,kind\nann@shop.example,boat\nbob@shop.example,person\n");
});

test("shared lines are told, and a mark without its instant is refused", async () => {
  await folder.write("a.jsonl", '{"to":["ann@shop.example","bob@shop.example"]}\n{"to":["ann@shop.example"]}\n');
  const record = peopleFiles(["*.jsonl"]);
  const system = systemOf(folder.path, record);
  const target = targetOf(record, [{ column: "to[]", type: "email", fold: [] }], []);
  const lookups = [{ subject: 0, values: { "to[]": ["ann@shop.example"] } }];
  const found = await locateAll(system, io, target, lookups);
  expect(found.map(({ shared }) => shared)).toEqual([true, undefined]);
  const mark = {
    kind: "mark",
    marker: { kind: "timestamp", column: "gone", live: null },
  } as const;
  await using eraser = await system.openEraser(io);
  await expect(eraser.apply(unitOf(target, lookups, mark, planned(found)), testJournal(), FREE)).rejects.toMatchObject({
    code: "UNEXPECTED",
  });
});

test("a file whose own name holds an identifier is told, masked, before and after its rows went", async () => {
  for (const name of [
    "ann@shop.example.csv",
    "of-ann%40shop.example.csv.gz.csv",
    "xann@shop.example.csv",
    "ann@shop.example.org.csv",
  ])
    await folder.write(name, HEAD + ANN + BOB);
  const { system, target } = people();
  const named = () =>
    io.findings.filter(({ message }) => message.endsWith("its name holds an identifier")).map(({ gap }) => gap);
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  expect(records).toHaveLength(4);
  expect(named()).toEqual([
    { where: "….csv", holdsIdentifier: true },
    { where: "of-….csv.gz.csv", holdsIdentifier: true },
  ]);
  expect(JSON.stringify(io.findings)).not.toContain("ann@");
  await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records), testJournal(), FREE);
  await locateAll(system, io, target, LOOKUPS);
  expect(named()).toHaveLength(4);
});

const gaps = (findings: readonly Finding[]) => findings.flatMap(({ gap }) => (gap === undefined ? [] : [gap]));

test("a link to a folder below the root is refused unless a glob matches its files where they lie", async () => {
  await mkdir(join(folder.path, "in"));
  await mkdir(join(folder.path, "real/deep"), { recursive: true });
  await folder.write("in/a.csv", HEAD + BOB);
  await folder.write("real/deep/b.csv", HEAD + ANN);
  await symlink("../real", join(folder.path, "in/current"));
  await symlink("..", join(folder.path, "real/deep/up"));
  const { system, target } = people(["in/**/*.csv"]);
  await expect(locateAll(system, io, target, LOOKUPS)).rejects.toMatchObject({
    code: "FILE_REFUSED",
    message: "in/current: is a symbolic link to a folder whose files no glob matches where they lie",
  });
  const both = people(["in/**/*.csv", "real/**/*.csv"]);
  expect(await locateAll(both.system, io, both.target, LOOKUPS)).toHaveLength(1);
  const none = people(["in/*.csv"]);
  expect(await locateAll(none.system, io, none.target, LOOKUPS)).toEqual([]);
});

test("a file that is named as a glob says but for case or composition is told, and whether it holds the person", async () => {
  await folder.write("k\u00e4ufer.csv", HEAD + BOB);
  await folder.write("ka\u0308ufer.csv", HEAD + ANN);
  await folder.write("K\u00e4ufer.CSV", HEAD + BOB);
  await mkdir(join(folder.path, "Exports"));
  await folder.write("Exports/A.csv", HEAD + ANN);
  const { system, target } = people(["k\u00e4ufer.csv", "exports/*.csv"]);
  expect(await locateAll(system, io, target, LOOKUPS)).toEqual([]);
  expect(gaps(io.findings)).toEqual([
    { where: "Exports/A.csv", holdsIdentifier: true },
    { where: "ka\u0308ufer.csv", holdsIdentifier: true },
  ]);
  await using reader = await system.openReader(io);
  expect(gaps(await Array.fromAsync(reader.check([target]))).map(({ where }) => where)).toEqual([
    "Exports/A.csv",
    "K\u00e4ufer.CSV",
    "ka\u0308ufer.csv",
  ]);
});

test("what another run left aside is looked into: it may hold the person", async () => {
  await folder.write("a.csv", HEAD + BOB);
  await folder.write(".expunge-0123456789abcdef01234567", HEAD + ANN);
  const { system, target } = people();
  expect(await locateAll(system, io, target, LOOKUPS)).toEqual([]);
  expect(gaps(io.findings)).toEqual([{ where: ".expunge-…", holdsIdentifier: true }]);
});

test("a change that leaves size and time of a file as they were is not overwritten", async () => {
  await folder.write("a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  const path = join(folder.path, "a.csv");
  const was = await stat(path);
  const before = { atime: was.atime, mtime: was.mtime };
  const theirs = BOB.replace("2", "9");
  await utimes(path, before.atime, before.mtime);
  const meanwhile: Guard = {
    async judge() {
      await writeFile(path, HEAD + ANN + theirs, { flag: "r+" });
      await utimes(path, before.atime, before.mtime);
      return [];
    },
  };
  expect(
    await eraseUnit(
      system,
      io,
      unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS))),
      testJournal(),
      meanwhile,
    ),
  ).toMatchObject({
    blocked: 1,
    left: [{ kind: "blocked", reason: "changed_meanwhile" }],
  });
  expect(await folder.read("a.csv")).toBe(HEAD + ANN + theirs);
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records), testJournal(), FREE)).toMatchObject({
    matched: 1,
    deleted: 1,
  });
  expect(await folder.read("a.csv")).toBe(HEAD + theirs);
  await noTemp();
});
