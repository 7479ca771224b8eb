import { gunzipSync, gzipSync } from "node:zlib";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Change } from "../../../src/model/rule-change.ts";
import {
  MARK_STAMP,
  type MarkedRow,
  type MarkFixture,
  marksContract,
  RESTORE_WINDOW,
  type Way,
} from "../../contract/marks.contract.ts";
import { csvLines, jsonLines, type Lines } from "../../record-files/marked-lines.ts";
import { targetOf } from "../../support/record-type.ts";
import { eraseUnit, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const TIME: Way = {
  name: "a time, empty while it lives, and who",
  marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
  live: { deleted_at: null, deleted_by: null },
  later: { column: "deleted_by", value: "the shop" },
};
const SENTINEL: Way = {
  name: "a time with a sentinel",
  marker: { kind: "timestamp", column: "gone", live: "1760-01-01" },
  live: { gone: "1760-01-01 00:00:00" },
  later: { column: "gone", value: "2020-01-01 00:00:00" },
};
const FLAG: Way = {
  name: "a flag, and since when",
  marker: { kind: "flag", column: "hidden", deleted: "true", since: "hidden_at" },
  live: { hidden: "false", hidden_at: null },
  later: { column: "hidden_at", value: "2020-01-01T00:00:00Z" },
};
const STATUS: Way = {
  name: "a status",
  marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
  live: { state: "open", state_at: "2019-01-01T00:00:00Z", state_by: "the shop" },
  later: { column: "state", value: "bin" },
};
const NESTED: Way = {
  name: "paths of an object that is not there",
  marker: { kind: "timestamp", column: "meta.gone.at", live: null, by: "meta.gone.by" },
  live: { "meta.gone.at": null, "meta.gone.by": null },
  later: { column: "meta.gone.by", value: "the shop" },
};

async function fixture(name: string, lines: Lines, zipped = false): Promise<MarkFixture> {
  const folder = await temporaryFolder();
  const record = (way: Way) =>
    peopleFiles([name], {
      do: "soft-delete",
      marker: way.marker,
      restoreWindow: RESTORE_WINDOW,
      dialect: { delimiter: ";" },
    });
  const read = async () => {
    const bytes = await readFile(join(folder.path, name));
    return (zipped ? gunzipSync(bytes) : bytes).toString();
  };
  const write = async (text: string) => await folder.write(name, zipped ? gzipSync(text) : text);
  let way: Way = TIME;
  return {
    system: systemOf(folder.path, record(TIME)),
    world: { base: folder.path },
    async seed(given: Way, rows: readonly MarkedRow[]) {
      way = given;
      await write(lines.file(given, rows));
    },
    dump: async () => lines.dump(await read()),
    parts: async (given, no) => lines.parts(given, await read(), no),
    target: (given) => targetOf(record(given), [{ column: "email", type: "email", fold: [] }], ["no"]),
    write: async (no, column, value) => await write(lines.edit(way, await read(), no, column, value)),
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

const POINTS = ["effect_begin", "effect_half", "effect_done"] as const;

marksContract("CSV files", POINTS, [TIME, SENTINEL, FLAG, STATUS], async () => await fixture("people.csv", csvLines));
marksContract(
  "JSON Lines files, zipped",
  POINTS,
  [TIME, SENTINEL, FLAG, STATUS, NESTED],
  async () => await fixture("people.jsonl.gz", jsonLines, true),
);

describe("beside what the contract says", () => {
  const NAME = "people.csv";
  const TEXT = "no;email;deleted_at;deleted_by\n1;ann@marks.example;;\n2;bob@marks.example;;\n";
  const lookups = [{ subject: 0, values: { email: ["ann@marks.example"] } }];
  const columns = [{ column: "email", type: "email", fold: [] }] as const;
  const marking = (given: Partial<RecordType> = {}) =>
    peopleFiles([NAME], {
      do: "soft-delete",
      marker: TIME.marker,
      restoreWindow: RESTORE_WINDOW,
      dialect: { delimiter: ";" },
      ...given,
    });

  test("what a killed run marked is its own, also where another program has replaced the file since", async () => {
    await using folder = await temporaryFolder();
    await folder.write(NAME, TEXT);
    const system = systemOf(folder.path, marking());
    const io = testIO({ base: folder.path });
    const target = targetOf(marking(), columns, ["no"]);
    const change: Change = { kind: "mark", marker: TIME.marker, stamp: MARK_STAMP };
    const unit = unitOf(target, lookups, change, planned(await locateAll(system, io, target, lookups)));
    const journal = testJournal({ at: killAt("effect_done") });
    await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
    const marked = await folder.read(NAME);
    expect(marked).toContain(MARK_STAMP.at);
    await folder.write("new.csv", `${marked}3;cay@marks.example;;\n`);
    await rename(join(folder.path, "new.csv"), join(folder.path, NAME));
    expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 1,
      changed: 1,
      alreadyGone: 0,
      failed: 0,
    });
    expect(await folder.read(NAME)).toBe(`${marked}3;cay@marks.example;;\n`);
  });

  test("a record type that changes lines which another one marks is refused, one that takes them out is not", async () => {
    await using folder = await temporaryFolder();
    await folder.write(NAME, TEXT);
    const check = async (other: Partial<RecordType>) => {
      const records = [marking(), marking({ id: "share.others", name: "others", ...other })];
      await using reader = await systemOf(folder.path, ...records).openReader(testIO({ base: folder.path }));
      const targets = records.map((record) => targetOf(record, columns, []));
      const findings = await Array.fromAsync(reader.check(targets));
      return findings.map(({ code, severity }) => `${severity} ${code}`);
    };
    expect(await check({})).toEqual([]);
    expect(await check({ do: "remove-rows" })).toEqual([]);
    expect(await check({ do: "redact", fields: { no: { kind: "clear" } } })).toEqual(["error CONFLICT"]);
    expect(await check({ marker: { ...TIME.marker, kind: "timestamp", column: "no", live: null } })).toEqual([
      "error CONFLICT",
    ]);
  });
});
