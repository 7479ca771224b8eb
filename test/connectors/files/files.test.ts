import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { System } from "../../../src/port/connector.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Finding, Lookup, Target } from "../../../src/model/search.ts";
import { eraseUnit, FREE, locateAll, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { type Folder, peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const HEAD = "email,n\n";
const ANN = "ann@shop.example,1\n";
const BOB = "bob@shop.example,2\n";
const LOOKUPS: readonly Lookup[] = [{ subject: 0, values: { email: ["ann@shop.example"] } }];
const DELETE = { kind: "delete" } as const;

let folder: Folder;
let io: TestIO;

beforeEach(async () => {
  folder = await temporaryFolder();
  io = testIO();
  await mkdir(join(folder.path, "root"));
});
afterEach(async () => await folder[Symbol.asyncDispose]());

function people(
  globs: readonly string[] = ["*.csv"],
  given: Partial<RecordType> = {},
): { system: System; target: Target } {
  const record = peopleFiles(globs, given);
  return {
    system: systemOf(join(folder.path, "root"), record),
    target: targetOf(record, [{ column: "email", type: "email", fold: [] }], []),
  };
}

async function check({ system, target }: { system: System; target: Target }): Promise<Finding[]> {
  await using reader = await system.openReader(io);
  return await Array.fromAsync(reader.check([target]));
}

const said = (findings: readonly Finding[]) =>
  findings.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
const inRoot = (name: string) => join(folder.path, "root", name);
const noTemp = async () =>
  expect((await readdir(join(folder.path, "root"))).filter((name) => name.startsWith(".expunge-"))).toEqual([]);

test("a symbolic link to a file or a folder out of the root is refused by name, and what it leads to is untouched", async () => {
  await mkdir(join(folder.path, "outside"));
  await folder.write("outside/people.csv", HEAD + ANN);
  await folder.write("root/own.csv", HEAD + ANN);
  await symlink(join(folder.path, "outside/people.csv"), inRoot("linked.csv"));
  await symlink(join(folder.path, "outside"), inRoot("folder"));
  const before = await folder.snapshot();
  const all = people(["**/*.csv"]);
  expect(said(await check(all))).toEqual([
    "error FILE_REFUSED folder: is a symbolic link to a folder out of the root",
    "error FILE_REFUSED linked.csv: is a symbolic link out of the root",
  ]);
  await expect(locateAll(all.system, io, all.target, LOOKUPS)).rejects.toMatchObject({ code: "FILE_REFUSED" });
  await expect(
    locateAll(people(["folder/people.csv"]).system, io, people(["folder/people.csv"]).target, LOOKUPS),
  ).rejects.toMatchObject({
    code: "FILE_REFUSED",
  });
  expect(await folder.snapshot()).toEqual(before);
});

test("a link to a file that is matched itself is harmless, and stays a link", async () => {
  await folder.write("root/people-1.csv", HEAD + ANN);
  await symlink("people-1.csv", inRoot("people-latest.csv"));
  const { system, target } = people();
  expect(await check({ system, target })).toEqual([]);
  const found = await locateAll(system, io, target, LOOKUPS);
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)))).toMatchObject({
    matched: 1,
    affected: 1,
  });
  expect((await lstat(inRoot("people-latest.csv"))).isSymbolicLink()).toBe(true);
  expect(await folder.read("root/people-latest.csv")).toBe(HEAD);
});

test("a link to a file in the root that no glob matches is refused", async () => {
  await folder.write("root/people.dat", HEAD + ANN);
  await symlink("people.dat", inRoot("people.csv"));
  expect(said(await check(people()))).toContain(
    "error FILE_REFUSED people.csv: is a symbolic link to a file that no glob matches",
  );
});

test("a file that becomes a link or gets a second name after the plan is not touched", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.csv", HEAD + ANN);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await rename(inRoot("a.csv"), join(folder.path, "a.csv"));
  await symlink(join(folder.path, "a.csv"), inRoot("a.csv"));
  await link(inRoot("b.csv"), join(folder.path, "b.csv"));
  const before = await folder.snapshot();
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records))).toMatchObject({
    matched: 0,
    affected: 0,
    failed: 2,
    reason: "FILE_REFUSED",
    unresolved: records.map(({ key }) => key),
  });
  expect(await folder.snapshot()).toEqual(before);
  expect(said(await check(people(["b.csv"])))).toEqual([
    "error FILE_REFUSED b.csv: has 2 names (hard links): the others would keep the old content",
  ]);
});

test("a key that leads out of the root is refused", async () => {
  await folder.write("people.csv", HEAD + ANN);
  await folder.write("root/people.csv", HEAD + ANN);
  const { system, target } = people();
  const [record] = planned(await locateAll(system, io, target, LOOKUPS));
  const forged = {
    ...record,
    subjects: [0],
    fingerprint: "",
    key: (record?.key ?? "").replace("people.csv", "../people.csv"),
  };
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, [forged]))).toMatchObject({
    failed: 1,
    reason: "FILE_REFUSED",
  });
  await expect(remainingOf(system, io, target, { change: DELETE, records: [forged] })).rejects.toMatchObject({
    code: "FILE_REFUSED",
  });
  expect(await folder.read("people.csv")).toBe(HEAD + ANN);
});

test("special files and files of a table format are refused by name", async () => {
  execFileSync("mkfifo", [inRoot("pipe.csv")]);
  for (const marker of ["delta/_delta_log", "iceberg/metadata", "hudi/.hoodie", "hudi/2026"])
    await mkdir(inRoot(marker), { recursive: true });
  await folder.write("root/iceberg/metadata/v1.metadata.json", "{}");
  for (const name of ["delta/a.csv", "iceberg/a.csv", "hudi/2026/a.csv"])
    await folder.write(`root/${name}`, HEAD + ANN);
  expect(said(await check(people(["**/*.csv"])))).toEqual([
    "error TABLE_FORMAT delta/a.csv: belongs to a table of Delta Lake",
    "error TABLE_FORMAT hudi/2026/a.csv: belongs to a table of Apache Hudi",
    "error TABLE_FORMAT iceberg/a.csv: belongs to a table of Apache Iceberg",
    "error FILE_REFUSED pipe.csv: is no plain file",
  ]);
});

test("a file or folder whose name is no UTF-8 is refused by name, and no file is taken for gone", async () => {
  await folder.write("root/people.csv", HEAD + ANN);
  await mkdir(Buffer.concat([Buffer.from(`${join(folder.path, "root")}/`), Buffer.of(0xfe)]));
  await writeFile(
    Buffer.concat([Buffer.from(`${join(folder.path, "root")}/`), Buffer.of(0xff), Buffer.from(".csv")]),
    HEAD + ANN,
  );
  const refused = said(await check(people(["**/*.csv"])));
  expect(refused).toHaveLength(2);
  for (const one of refused) expect(one).toMatch(/^error FILE_REFUSED .*: its name is not valid UTF-8$/u);
});

test("a glob that matches nothing, copies beside a file and what a cut-off run left are said", async () => {
  await folder.write("root/people.csv", HEAD + ANN);
  for (const name of ["people.csv.bak", "people (1).csv.old", "people (1).csv", ".hidden.csv", ".expunge-0123"])
    await folder.write(`root/${name}`, HEAD + ANN);
  const found = said(await check(people(["people.csv", "leads/*.csv"])));
  expect(found.toSorted()).toEqual([
    "empty PATTERN_EMPTY no file matches leads/*.csv",
    "warning GAP .expunge-…: left over by a run that was cut off; run that request again",
    "warning GAP people (1).csv: looks like a copy of people.csv, and no glob matches it",
    "warning GAP people.csv.bak: looks like a copy of people.csv, and no glob matches it",
  ]);
  const { system, target } = people(["*.csv"]);
  expect(
    (await locateAll(system, io, target, LOOKUPS)).map(({ key }) => key.slice(0, 14)),
    "neither hidden files nor our own",
  ).toEqual(['["people (1).c', '["people.csv",']);
});

test("what lies beside the files of several record types is said once", async () => {
  for (const name of ["people.csv", "people.csv.bak", ".expunge-0123"]) await folder.write(`root/${name}`, HEAD + ANN);
  const [one, other] = [people(["people.csv"]), people(["*.csv"])];
  await using reader = await one.system.openReader(io);
  const found = await Array.fromAsync(reader.check([one.target, other.target]));
  expect(said(found)).toEqual([
    "warning GAP .expunge-…: left over by a run that was cut off; run that request again",
    "warning GAP people.csv.bak: looks like a copy of people.csv, and no glob matches it",
  ]);
});

test("a missing root is an error that says so", async () => {
  const record = peopleFiles(["*.csv"]);
  await expect(systemOf("nowhere", record).openReader(testIO({ base: folder.path }))).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
  });
});

test("mode, owner and group are kept; a file without the person keeps its inode and its times", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  await folder.write("root/b.csv", HEAD + BOB);
  await chmod(inRoot("a.csv"), 0o2641);
  await utimes(inRoot("b.csv"), 1000, 1000);
  const [a, b] = [await stat(inRoot("a.csv")), await stat(inRoot("b.csv"))];
  const { system, target } = people();
  const found = await locateAll(system, io, target, LOOKUPS);
  await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)));
  const after = await stat(inRoot("a.csv"));
  expect([after.mode, after.uid, after.gid]).toEqual([a.mode, a.uid, a.gid]);
  expect(after.ino).not.toBe(a.ino);
  expect(await folder.read("root/a.csv")).toBe(HEAD + BOB);
  const again = await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)));
  expect(again).toMatchObject({ alreadyGone: 1 });
  expect((await stat(inRoot("a.csv"))).mtimeMs, "nothing to change, so nothing is written").toBe(after.mtimeMs);
  expect(await stat(inRoot("b.csv"))).toMatchObject({ ino: b.ino, mtimeMs: b.mtimeMs, ctimeMs: b.ctimeMs });
  await noTemp();
});

test("a row that somebody appends while the file is rewritten is kept, and the person still goes", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const found = await locateAll(system, io, target, LOOKUPS);
  let times = 0;
  const journal = testJournal({
    at: (point) => {
      if (point === "effect_half" && times++ === 0)
        execFileSync("sh", ["-c", `printf 'eve@shop.example,3\\n' >> '${inRoot("a.csv")}'`]);
    },
  });
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)), journal)).toMatchObject({
    matched: 1,
    affected: 1,
    failed: 0,
    blocked: 0,
  });
  expect(await folder.read("root/a.csv")).toBe(`${HEAD + BOB}eve@shop.example,3\n`);
  expect(journal.passed.filter((point) => point === "effect_half")).toHaveLength(2);
  await noTemp();
});

test("a file that is written all the time is left as blocked, whole", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  const { system, target } = people();
  const found = await locateAll(system, io, target, LOOKUPS);
  const journal = testJournal({
    at: (point) =>
      point === "effect_half" && execFileSync("sh", ["-c", `printf 'eve@shop.example,3\\n' >> '${inRoot("a.csv")}'`]),
  });
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)), journal)).toMatchObject({
    matched: 0,
    affected: 0,
    blocked: 1,
    reason: "changed_meanwhile",
  });
  expect((await folder.read("root/a.csv")).startsWith(HEAD + ANN)).toBe(true);
  await noTemp();
});

test("a file that another process holds open for writing is left, so that nothing it writes is lost", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.csv", HEAD + ANN);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const writer = spawn(
    "sh",
    [
      "-c",
      `exec 3>>'${inRoot("a.csv")}'; exec 4<'${inRoot("b.csv")}'; echo open; read go; printf 'eve@shop.example,3\\n' >&3`,
    ],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  await once(writer.stdout, "data");
  expect(await eraseUnit(system, io, unit)).toMatchObject({
    matched: 1,
    affected: 1,
    blocked: 1,
    reason: "open_for_writing",
  });
  writer.stdin.end("go\n");
  await once(writer, "close");
  expect(await folder.read("root/a.csv")).toBe(`${HEAD + ANN}eve@shop.example,3\n`);
  expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, affected: 1, alreadyGone: 1 });
  expect(await folder.read("root/a.csv")).toBe(`${HEAD}eve@shop.example,3\n`);
});

test("a temporary file of a killed run is private, and gone after the same unit ran again", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  await chmod(inRoot("a.csv"), 0o600);
  await expect(eraseUnit(system, io, unit, testJournal({ at: killAt("effect_half") }))).rejects.toThrow(Killed);
  const [temp = ""] = (await readdir(join(folder.path, "root"))).filter((name) => name.startsWith(".expunge-"));
  expect((await stat(inRoot(temp))).mode & 0o777).toBe(0o600);
  // as if the kill had come in the middle of writing, before the note
  await truncate(inRoot(temp), 9);
  expect(await folder.read("root/a.csv")).toBe(HEAD + ANN + BOB);
  expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, affected: 1, alreadyGone: 0 });
  expect(await folder.read("root/a.csv")).toBe(HEAD + BOB);
  await noTemp();
});

test("what an earlier attempt put in place is counted though the file changed since, and is not done again", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const journal = testJournal({ at: killAt("effect_done") });
  await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
  // the person registers again, with the very same row
  await appendFile(inRoot("a.csv"), ANN);
  expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
    matched: 1,
    affected: 1,
    alreadyGone: 0,
  });
  expect(await folder.read("root/a.csv")).toBe(HEAD + BOB + ANN);
});

test("a folder that becomes a link after the plan is not followed", async () => {
  await mkdir(inRoot("sub"));
  await folder.write("root/sub/a.csv", HEAD + ANN);
  const { system, target } = people(["sub/*.csv"]);
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await rename(inRoot("sub"), join(folder.path, "moved"));
  await symlink(join(folder.path, "moved"), inRoot("sub"));
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records))).toMatchObject({
    affected: 0,
    failed: 1,
    reason: "FILE_REFUSED",
  });
  expect(await folder.read("moved/a.csv")).toBe(HEAD + ANN);
});

test("a row that somebody else removed after a kill before the renaming is not counted as ours", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const journal = testJournal({ at: killAt("effect_half") });
  await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
  await writeFile(inRoot("a.csv"), HEAD + BOB);
  expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
    matched: 0,
    affected: 0,
    alreadyGone: 1,
  });
  await noTemp();
});

test("a row that somebody else removed while we rewrote is not counted as ours, nor when run again", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const unit = unitOf(target, LOOKUPS, DELETE, planned(await locateAll(system, io, target, LOOKUPS)));
  const journal = testJournal({
    at: (point) => point === "effect_half" && execFileSync("cp", [join(folder.path, "without"), inRoot("a.csv")]),
  });
  await folder.write("without", HEAD + BOB);
  const wanted = { matched: 0, affected: 0, alreadyGone: 1, blocked: 0 };
  expect(await eraseUnit(system, io, unit, journal)).toMatchObject(wanted);
  expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject(wanted);
});

test("a planned file that is not there any more is no proof that its records are gone", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.csv", HEAD + ANN);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await rename(inRoot("b.csv"), join(folder.path, "b.csv"));
  const [, b] = records;
  const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records));
  expect(outcome).toMatchObject({
    matched: 1,
    affected: 1,
    alreadyGone: 0,
    left: [{ key: b?.key, kind: "failed", reason: "changed" }],
  });
  await expect(remainingOf(system, io, target, { change: DELETE, records })).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
    message: "b.csv is not there any more",
  });
  await using reader = await system.openReader(io);
  await expect(
    Array.fromAsync(reader.locate(target, { by: "keys", keys: records.map(({ key }) => key) })),
  ).rejects.toMatchObject({
    code: "SYSTEM_UNREACHABLE",
  });
  await rename(join(folder.path, "b.csv"), inRoot("b.csv"));
  expect(await remainingOf(system, io, target, { change: DELETE, records })).toEqual([b?.key]);
  expect(await remainingOf(system, io, target, { change: DELETE, records: records.slice(0, 1) })).toEqual([]);
});

test("one file that cannot be rewritten does not hide the others", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  await folder.write("root/a.csv", `${HEAD + ANN}"open`);
  expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, records))).toMatchObject({
    matched: 1,
    affected: 1,
    failed: 1,
    reason: "FILE_UNREADABLE",
    unresolved: records.slice(0, 1).map(({ key }) => key),
  });
  expect([await folder.read("root/a.csv"), await folder.read("root/b.csv")]).toEqual([
    `${HEAD + ANN}"open`,
    HEAD + BOB,
  ]);
  await noTemp();
});

test("a folder that cannot be written to blocks its records, at plan and at run", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await chmod(folder.path, 0o755);
  await chmod(inRoot("a.csv"), 0o644);
  await chmod(join(folder.path, "root"), 0o555);
  const { system, target } = people();
  await withoutRoot(async () => {
    // the plan asks for the real user, whom a process cannot change and change back: as root it sees no hindrance
    const root = process.getuid?.() === 0;
    expect(said(await check({ system, target }))).toEqual(
      root ? [] : ["warning BLOCKED a.csv: its folder cannot be written to"],
    );
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(found.map(({ blocked }) => blocked)).toEqual([root ? undefined : { reason: "not_writable" }]);
    expect(await eraseUnit(system, io, unitOf(target, LOOKUPS, DELETE, planned(found)))).toMatchObject({
      matched: 0,
      affected: 0,
      blocked: 1,
      reason: "EACCES",
    });
  });
  await chmod(join(folder.path, "root"), 0o755);
  expect(await folder.read("root/a.csv")).toBe(HEAD + ANN);
});

test("a file that may not be read is an error, not an empty one", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await chmod(folder.path, 0o755);
  await chmod(inRoot("a.csv"), 0o000);
  const { system, target } = people();
  await withoutRoot(
    async () => await expect(locateAll(system, io, target, LOOKUPS)).rejects.toMatchObject({ code: "NOT_PERMITTED" }),
  );
});

test("any change of a file after the plan changes its records' fingerprints, and only theirs", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.csv", HEAD + ANN);
  const { system, target } = people();
  const before = await locateAll(system, io, target, LOOKUPS);
  await appendFile(inRoot("a.csv"), BOB);
  const after = await locateAll(system, io, target, LOOKUPS);
  expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  expect(after.map(({ fingerprint }, at) => fingerprint === before[at]?.fingerprint)).toEqual([false, true]);
});

test("a missing column is an error at check and at locate, naming file and column", async () => {
  await folder.write("root/a.csv", "e-mail,n\n");
  await folder.write("root/b.jsonl", '{"mail":"x"}\n');
  const both = people(["*.csv", "*.jsonl"]);
  expect(said(await check(both))).toEqual([
    'error COLUMN_MISSING a.csv:1: the header has no column "email"',
    'error COLUMN_MISSING b.jsonl: no line has a path "email"',
  ]);
  await expect(locateAll(both.system, io, both.target, LOOKUPS)).rejects.toMatchObject({ code: "COLUMN_MISSING" });
});

test("an unreadable line is said with its number, a gap apart, and never with its content", async () => {
  await folder.write("root/a.jsonl", '{"email":"bob@shop.example"}\nbroken ann@shop.example {\n[]\n');
  const { system, target } = people(["*.jsonl"]);
  expect(await locateAll(system, io, target, LOOKUPS)).toEqual([]);
  expect(said(io.findings)).toEqual([
    "warning GAP a.jsonl:2: is no JSON object, and holds an identifier",
    "warning GAP a.jsonl: 2 unreadable lines are kept as they are",
  ]);
  expect(io.findings.map(({ gap }) => gap)).toEqual([
    { where: "a.jsonl:2", holdsIdentifier: true, content: expect.any(String) },
    { where: "a.jsonl", holdsIdentifier: false },
  ]);
});

test("a record type that is kept has records to keep: they are never done already", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  for (const action of ["keep", "ask"] as const) {
    const { system, target } = people(["*.csv"], { do: action });
    expect((await locateAll(system, io, target, LOOKUPS)).map(({ done }) => done)).toEqual([false]);
  }
});

test("size counts every record, once, without searching again", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  await folder.write("root/b.csv", HEAD + BOB);
  const { system, target } = people();
  await using reader = await system.openReader(io);
  expect(await reader.size(target)).toBe(3);
  await Array.fromAsync(reader.locate(target, { by: "subjects", lookups: LOOKUPS }));
  await folder.write("root/b.csv", HEAD);
  expect(await reader.size(target)).toBe(3);
});

test("Ctrl-C in the middle of a large file leaves the file as it was and no temporary file", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB.repeat(100_000));
  const { system, target } = people(["*.csv"], { fields: { n: { kind: "pseudonymise" } }, do: "anonymise" });
  const change = { kind: "fields", fields: { n: { kind: "pseudonymise" } }, documents: [] } as const;
  const records = planned(await locateAll(system, io, target, LOOKUPS));
  // the pseudonym is asked for while the file is being written
  const interrupted = { ...io, pseudonym: (value: string) => (io.abort(), value) };
  await expect(eraseUnit(system, interrupted, unitOf(target, LOOKUPS, change, records))).rejects.toThrow();
  expect((await folder.read("root/a.csv")).startsWith(HEAD + ANN + BOB)).toBe(true);
  await noTemp();
});

test("two record types of the same files in one unit are both done, also after a kill between them", async () => {
  await folder.write("root/a.csv", HEAD + ANN + BOB);
  const { system, target } = people();
  const bob: readonly Lookup[] = [{ subject: 0, values: { email: ["bob@shop.example"] } }];
  const works = [
    {
      step: "s1",
      target,
      lookups: LOOKUPS,
      operations: [{ change: DELETE, records: planned(await locateAll(system, io, target, LOOKUPS)) }],
    },
    {
      step: "s2",
      target,
      lookups: bob,
      operations: [{ change: DELETE, records: planned(await locateAll(system, io, target, bob)) }],
    },
  ];
  for (const nth of [1, 2]) {
    await writeFile(inRoot("a.csv"), HEAD + ANN + BOB);
    const journal = testJournal({ at: killAt("effect_half", nth) });
    const run = async (notes: readonly string[]) => {
      await using eraser = await system.openEraser(io);
      return await eraser.apply(
        { id: "u1", effect: "erase", works },
        notes.length === 0 ? journal : testJournal({ notes }),
        FREE,
      );
    };
    await expect(run([])).rejects.toThrow(Killed);
    expect(await run(journal.notes)).toMatchObject([
      { step: "s1", matched: 1, deleted: 1, left: [] },
      { step: "s2", matched: 1, deleted: 1, left: [] },
    ]);
    expect(await folder.read("root/a.csv")).toBe(HEAD);
    await noTemp();
  }
});

/** As an ordinary user, where the tests run as root: root may write everywhere. */
async function withoutRoot(body: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return await body();
  process.seteuid?.(65534);
  try {
    await body();
  } finally {
    process.seteuid?.(0);
  }
}

test("a condition's number is found in any spelling, in cells and in JSON; a JSON string is none", async () => {
  await folder.write("root/people.csv", "email,due\nann@shop.example,5.00\nann@shop.example,6\nbob@shop.example,5\n");
  const lines = ["5.0", "6", '"5.0"', "null", "[7, 5e0]", "true", '"open"'].map(
    (due) => `{"email":"ann@shop.example","due":${due}}\n`,
  );
  await folder.write("root/people.jsonl", lines.join(""));
  const count = async (glob: string, due: readonly string[]) => {
    const { system, target } = people([glob]);
    return (await locateAll(system, io, { ...target, where: { due } }, LOOKUPS)).length;
  };
  for (const [glob, due, expected] of [
    ["*.csv", ["5"], 1],
    ["*.csv", ["6.0", "5"], 2],
    ["*.csv", ["05"], 0],
    ["*.jsonl", ["5"], 2],
    ["*.jsonl", ["5.0"], 3],
    ["*.jsonl", ["true"], 1],
    ["*.jsonl", ["open"], 1],
    ["*.jsonl", ["null"], 0],
  ] as const)
    expect(await count(glob, due), `${glob} ${due.join()}`).toBe(expected);
});

test("two record types that read one file in two ways are refused by name: what one holds, the other would not know", async () => {
  await folder.write("root/a.csv", HEAD + ANN);
  await folder.write("root/b.tsv", "email\tn\n");
  const findings = async (...given: readonly Partial<RecordType>[]) => {
    const types = given.map((more, at) =>
      peopleFiles(["*.csv", "*.tsv"], { id: `share.t${at}`, name: `t${at}`, dialect: {}, ...more }),
    );
    await using reader = await systemOf(join(folder.path, "root"), ...types).openReader(io);
    return said(
      await Array.fromAsync(
        reader.check(types.map((type) => targetOf(type, [{ column: "email", type: "email", fold: [] }], []))),
      ),
    );
  };
  const conflict = (how: string, name = "a.csv") => [
    `error CONFLICT share.t0 and share.t1 read ${name} in two ways (${how})`,
  ];
  expect(await findings({}, { do: "keep", encoding: "iso-8859-1" })).toEqual(conflict("encoding"));
  expect(await findings({}, { dialect: { quote: "" } })).toEqual(conflict("dialect"));
  // written out, the defaults are no other way; a list may be cut by the one that keeps
  expect(await findings({}, { dialect: { quote: '"', header: true }, do: "keep", split: { n: ";" } })).toEqual([]);
  const fields = { do: "anonymise", fields: { n: { kind: "clear" } } } as const;
  expect(await findings(fields, { ...fields, split: { n: ";" } })).toEqual(conflict("split"));
  expect(await findings({}, {})).toEqual([]);
});

test("a folder is one place whatever path leads to it, and a record has one address from every root above it", async () => {
  await mkdir(join(folder.path, "root/in"));
  await writeFile(join(folder.path, "root/in/a.csv"), HEAD + ANN + BOB);
  await mkdir(join(folder.path, "other"));
  await writeFile(join(folder.path, "other/a.csv"), HEAD + ANN + BOB);
  await symlink("root/in", join(folder.path, "link"));
  const seen = async (root: string, glob: string) => {
    const record = peopleFiles([glob]);
    const system = systemOf(join(folder.path, root), record);
    await using reader = await system.openReader(io);
    const { root: name } = await reader.site();
    const target = targetOf(record, [{ column: "email", type: "email", fold: [] }], []);
    const found = await locateAll(system, io, target, LOOKUPS);
    return { name, addresses: found.map(({ address }) => address) };
  };
  const [whole, part, link, other] = [
    await seen("root", "in/*.csv"),
    await seen("root/in", "*.csv"),
    await seen("link", "*.csv"),
    await seen("other", "*.csv"),
  ];
  expect(link).toEqual(part);
  expect(part.addresses).toEqual(whole.addresses);
  expect(part.addresses).toHaveLength(1);
  expect(part.name).not.toBe(whole.name);
  expect(other.addresses).not.toEqual(part.addresses);
  expect(other.name).not.toBe(part.name);
  // nor does the path name it: one folder may be mounted at two
  await rename(join(folder.path, "root/in"), join(folder.path, "moved"));
  const moved = await seen("moved", "*.csv");
  expect(moved.addresses).toEqual(part.addresses);
});
