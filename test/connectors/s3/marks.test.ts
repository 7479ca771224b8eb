import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Marker } from "../../../src/model/datamap.ts";
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
import { filesOf, objectsOf, rawStore, systemOf } from "./store.ts";
import { eraseUnit, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { testJournal } from "../../support/journal.ts";

const TIME: Way = {
  name: "a time, empty while it lives, and who",
  marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
  live: { deleted_at: null, deleted_by: null },
  later: { column: "deleted_by", value: "the shop" },
};
const STATUS: Way = {
  name: "a status",
  marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
  live: { state: "open", state_at: "2019-01-01T00:00:00Z", state_by: "the shop" },
  later: { column: "state", value: "bin" },
};

async function fixture(key: string, lines: Lines, versioning?: "Enabled"): Promise<MarkFixture> {
  const store = await rawStore();
  const bucket = await store.bucket(versioning);
  const zipped = key.endsWith(".gz");
  const record = (way: Way) =>
    filesOf([`s3://${bucket}/people/*`], {
      do: "soft-delete",
      marker: way.marker,
      restoreWindow: RESTORE_WINDOW,
      dialect: { delimiter: ";" },
    });
  const pack = (text: string) => (zipped ? gzipSync(text) : Buffer.from(text));
  const unpack = (latin1: string) => {
    const bytes = Buffer.from(latin1, "latin1");
    return (zipped ? gunzipSync(bytes) : bytes).toString();
  };
  const read = async () =>
    unpack((await store.versions(bucket, key)).find(({ latest, marker }) => latest && !marker)?.body ?? "");
  let way: Way = TIME;
  return {
    system: systemOf(),
    world: { secrets: { store: store.secret() } },
    async seed(given: Way, rows: readonly MarkedRow[]) {
      way = given;
      await store.empty(bucket);
      // an older version, which no mark changes
      if (versioning !== undefined) await store.put(bucket, key, pack(lines.file(given, rows.slice(1))));
      await store.put(bucket, key, pack(lines.file(given, rows)), { Metadata: { shift: "late" } });
    },
    async dump() {
      const older = (await store.versions(bucket, key)).filter(({ latest }) => !latest).at(-1);
      return { ...lines.dump(await read()), ...(older === undefined ? {} : { "+older": unpack(older.body) }) };
    },
    parts: async (given, no) => lines.parts(given, await read(), no),
    target: (given) => targetOf(record(given), [{ column: "email", type: "email", fold: [] }], ["no"]),
    async write(no, column, value) {
      await store.put(bucket, key, pack(lines.edit(way, await read(), no, column, value)), {
        Metadata: { shift: "late" },
      });
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(store.client.destroy()),
  };
}

const POINTS = ["effect_begin", "effect_half", "effect_done"] as const;

marksContract("CSV in a plain bucket", POINTS, [TIME], async () => await fixture("people/all.csv", csvLines));
marksContract(
  "zipped JSON Lines in a versioned bucket",
  POINTS,
  [TIME, STATUS],
  async () => await fixture("people/all.jsonl.gz", jsonLines, "Enabled"),
);

const HIDDEN: Way = {
  name: "a delete marker",
  marker: { kind: "delete_marker" },
  live: {},
  later: { column: "", value: "another" },
};

async function objects(): Promise<MarkFixture> {
  const store = await rawStore();
  const bucket = await store.bucket("Enabled");
  const record = objectsOf([`s3://${bucket}/:email/**`], {
    do: "soft-delete",
    marker: HIDDEN.marker,
    restoreWindow: RESTORE_WINDOW,
    match: { mode: "any", terms: [{ column: ":email", source: { kind: "identity", identity: "email" } }] },
  });
  const shelves = async () => Map.groupBy(await store.versions(bucket), ({ key }) => key);
  const noIn = (key: string) => /(\d+)\.json$/u.exec(key)?.[1] ?? `+${key}`;
  return {
    system: systemOf(),
    world: { secrets: { store: store.secret() } },
    noColumn: "metadata.no",
    async seed(_way, rows) {
      await store.empty(bucket);
      for (const { no, email, marks } of rows) {
        const key = `${email}/${no}.json`;
        for (const body of ["old", "new"]) await store.put(bucket, key, `${body} ${no}`, { Metadata: { no } });
        if (marks !== undefined) await store.remove(bucket, key);
      }
    },
    async dump() {
      return Object.fromEntries(
        [...(await shelves())].map(([key, some]) => [
          noIn(key),
          JSON.stringify(some.map(({ id, latest, marker, body }) => [id, latest, marker, body])),
        ]),
      );
    },
    async parts(_way, no) {
      const [, some = []] = [...(await shelves())].find(([key]) => noIn(key) === no) ?? [];
      return {
        marks: {},
        rest: JSON.stringify(some.filter(({ marker }) => !marker).map(({ id, body }) => [id, body])),
      };
    },
    target: () => targetOf(record, [{ column: ":email", type: "email", fold: [] }], ["metadata.no"]),
    async write(no, _column, value) {
      for (const key of (await shelves()).keys())
        if (noIn(key) === no) await store.put(bucket, key, String(value), { Metadata: { no } });
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(store.client.destroy()),
  };
}

marksContract("objects by key", POINTS, [HIDDEN], objects);

describe("an object that is hidden behind a delete marker", () => {
  const marker: Marker = { kind: "delete_marker" };
  const change: Change = { kind: "mark", marker, stamp: MARK_STAMP };
  const lookups = [{ subject: 0, values: { ":no": ["7"] } }];
  const open = async (versioning?: "Enabled" | "Suspended") => {
    const store = await rawStore();
    const bucket = await store.bucket(versioning);
    const record = objectsOf([`s3://${bucket}/:no.json`], { do: "soft-delete", marker, restoreWindow: RESTORE_WINDOW });
    const target = targetOf(record, [{ column: ":no", type: "string", fold: [] }], []);
    const io = testIO({ secrets: { store: store.secret() } });
    return { store, bucket, target, io, system: systemOf(), [Symbol.dispose]: () => store.client.destroy() };
  };

  test("is not seen any more, and its versions are all there; taken away by somebody else, or written anew, it is not ours", async () => {
    using place = await open("Enabled");
    const { store, bucket, target, io, system } = place;
    await store.put(bucket, "7.json", "first");
    await store.put(bucket, "7.json", "second");
    await store.put(bucket, "8.json", "another's");
    const unit = unitOf(target, lookups, change, planned(await locateAll(system, io, target, lookups)));
    const journal = testJournal();
    await eraseUnit(system, io, unit, journal);
    expect([await store.get(bucket, "7.json"), await store.get(bucket, "8.json")]).toEqual([null, "another's"]);
    const after = await store.versions(bucket, "7.json");
    expect(
      after
        .filter((one) => !one.marker)
        .map(({ body }) => body)
        .toSorted(),
    ).toEqual(["first", "second"]);
    const records = unit.works.flatMap(({ operations }) => operations.flatMap((one) => one.records));
    const images = new Map([...journal.images].map(([name, bytes]) => [name.slice(name.indexOf("\n") + 1), bytes]));
    const back = {
      ...unitOf(target, lookups, { kind: "restore", marker, images }, records),
      effect: "restore" as const,
    };
    // somebody writes it anew and deletes that: it is behind another marker than ours
    const third = await store.put(bucket, "7.json", "third");
    await store.remove(bucket, "7.json");
    const now = await store.versions(bucket);
    for (const rehearsal of [true, false])
      expect(await eraseUnit(system, io, rehearsal ? { ...back, rehearsal: true } : back)).toMatchObject({
        matched: 0,
        failed: 1,
      });
    expect(await store.versions(bucket)).toEqual(now);
    const top = now.find(({ key, latest }) => key === "7.json" && latest);
    await store.remove(bucket, "7.json", top?.id);
    await store.remove(bucket, "7.json", third);
    expect(await eraseUnit(system, io, back)).toMatchObject({ matched: 1, failed: 0 });
    expect(await store.get(bucket, "7.json")).toBe("second");
    expect((await store.versions(bucket, "7.json")).some((one) => one.marker)).toBe(false);
  });

  test.each([undefined, "Suspended"] as const)(
    "is none where the bucket keeps no versions (%s): said at plan, and left alone at run",
    async (versioning) => {
      using place = await open(versioning);
      const { store, bucket, target, io, system } = place;
      await store.put(bucket, "7.json", "here");
      await using reader = await system.openReader(io);
      const findings = await Array.fromAsync(reader.check([target]));
      expect(findings.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
        "ACTION_REFUSED",
      ]);
      const unit = unitOf(target, lookups, change, planned(await locateAll(system, io, target, lookups)));
      expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 0, blocked: 1 });
      expect(await store.get(bucket, "7.json")).toBe("here");
    },
  );
});
