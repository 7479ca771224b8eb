/** Objects that a run erased come back with every version, byte for byte; lines of record files in their place. */
import { GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { changesOf } from "../../../src/model/rule-change.ts";
import { FREE, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal, type TestJournal } from "../../support/journal.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { backOf, missing, obstacles, putBack, WINDOW } from "../putting-back.ts";
import { did } from "../sql.ts";
import { rawStore, type RawStore, systemOf } from "./store.ts";

const ANN = "ann@x.example";
const KEY = `photos/${ANN}.jpg`;
const BYTES = Buffer.from([0, 255, 10, 13, 0, 128]);
let store: RawStore;

beforeAll(async () => {
  store = await rawStore();
});
afterAll(() => store.client.destroy());

function world(record: RecordType) {
  const system = systemOf(undefined, [record]);
  const io = testIO({ secrets: { store: store.secret() } });
  const column = record.place.kind === "keys" ? ":email" : "email";
  const target = targetOf(record, [{ column, type: "email", fold: [] }], []);
  return {
    system,
    io,
    target,
    async plan(): Promise<readonly Work[]> {
      const lookups = [{ subject: 0, values: { [column]: [ANN] } }];
      const change = changesOf(record).rule;
      if (change === undefined) throw new Error("nothing is done");
      return unitOf(target, lookups, change, planned(await locateAll(system, io, target, lookups))).works;
    },
    async run(works: readonly Work[], journal: TestJournal = testJournal()) {
      await using eraser = await system.openEraser(io);
      return did(await eraser.apply({ id: "u1", effect: "erase", works }, journal, FREE));
    },
    async check(): Promise<readonly string[]> {
      await using reader = await system.openReader(io);
      return (await Array.fromAsync(reader.check([target]))).map(({ code, severity }) => `${severity} ${code}`);
    },
    async bytes(works: readonly Work[]): Promise<number | undefined> {
      await using reader = await system.openReader(io);
      const keys = works.flatMap(({ operations }) =>
        operations.flatMap(({ records }) => records.map(({ key }) => key)),
      );
      return await reader.imageBytes?.(target, keys);
    },
  };
}
const photos = (bucket: string, given: Partial<RecordType> = {}) =>
  world(
    recordType({
      system: "lake",
      name: "photos",
      place: { kind: "keys", templates: [`s3://${bucket}/photos/:email.jpg`] },
      do: "erase",
      ...WINDOW,
      ...given,
    }),
  );
const shelf = async (bucket: string) =>
  (await store.versions(bucket)).map(({ key, latest, marker, body }) => [key, latest, marker, body]);
const told = async (Bucket: string, Key: string) => {
  const { ContentType, Metadata, CacheControl } = await store.client.send(new HeadObjectCommand({ Bucket, Key }));
  const { TagSet } = await store.client.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return { ContentType, Metadata, CacheControl, TagSet };
};

describe("whole objects", () => {
  test("without versions: bytes, metadata, tags and type come back; who took the key is a conflict and stays", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, KEY, BYTES, {
      ContentType: "image/jpeg",
      CacheControl: "no-store",
      Metadata: { who: "Ann" },
      Tagging: "kind=photo",
    });
    await store.put(bucket, "photos/bob@x.example.jpg", "another's");
    const [before, more] = [await shelf(bucket), await told(bucket, KEY)];
    const { system, io, plan, run, bytes, check } = photos(bucket);
    expect(await check()).toEqual([]);
    const works = await plan();
    expect(await bytes(works)).toBe(BYTES.length);
    const journal = testJournal();
    expect(await run(works, journal)).toMatchObject([{ matched: 1, affected: 1 }]);
    expect(await store.get(bucket, KEY)).toBeNull();
    const back = backOf(works, journal);
    expect(await missing(system, io, back)).toBe(1);
    await store.put(bucket, KEY, "anew");
    expect(await obstacles(system, io, back)).toEqual(["s1 key 1"]);
    expect(await putBack(system, io, back)).toMatchObject([{ matched: 0, failed: 1 }]);
    expect(await store.get(bucket, KEY)).toBe("anew");
    await store.remove(bucket, KEY);
    expect(await obstacles(system, io, back)).toEqual([]);
    expect(await store.get(bucket, KEY)).toBeNull();
    expect(await putBack(system, io, back)).toMatchObject([{ matched: 1, affected: 1 }]);
    expect(await shelf(bucket)).toEqual(before);
    expect(await told(bucket, KEY)).toEqual(more);
    expect(await missing(system, io, back)).toBe(0);
    expect(await obstacles(system, io, back)).toEqual(["s1 as_wanted 1"]);
    await store.empty(bucket);
  });

  test.each(["effect_begin", "effect_half", "effect_done"] as const)(
    "every version comes back in order, markers too, killed at %s in the run and in the undo",
    async (point) => {
      const bucket = await store.bucket("Enabled");
      await store.put(bucket, KEY, "first", { Metadata: { nth: "1" } });
      await store.put(bucket, KEY, "second");
      await store.remove(bucket, KEY);
      await store.put(bucket, KEY, "third", { Metadata: { nth: "3" } });
      const [before, more] = [await shelf(bucket), await told(bucket, KEY)];
      const { system, io, plan, run } = photos(bucket);
      const works = await plan();
      const cut = testJournal({ at: killAt(point) });
      await expect(run(works, cut)).rejects.toThrow(Killed);
      const again = testJournal({ notes: cut.notes });
      expect(await run(works, again)).toMatchObject([{ matched: 1, affected: 1, failed: 0 }]);
      expect(await shelf(bucket)).toEqual([]);
      const back = backOf(works, { images: new Map([...cut.images, ...again.images]) });
      const half = testJournal({ at: killAt(point) });
      await expect(putBack(system, io, back, half)).rejects.toThrow(Killed);
      expect(await putBack(system, io, back, testJournal({ notes: half.notes }))).toMatchObject([
        { matched: 1, affected: 1, failed: 0 },
      ]);
      expect(await shelf(bucket)).toEqual(before);
      expect(await told(bucket, KEY)).toEqual(more);
      expect(await missing(system, io, back)).toBe(0);
      await store.empty(bucket);
    },
  );

  test("versions: latest: the version that was seen is seen again", async () => {
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, KEY, "first");
    await store.put(bucket, KEY, "second");
    const { system, io, plan, run } = photos(bucket, { versions: "latest" });
    const works = await plan();
    const journal = testJournal();
    await run(works, journal);
    expect(await store.get(bucket, KEY)).toBeNull();
    await putBack(system, io, backOf(works, journal));
    expect(await store.get(bucket, KEY)).toBe("second");
    await store.empty(bucket);
  });

  test("an object that is too large to be kept is refused at plan, with its size", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, KEY, Buffer.alloc(64 * 1024 ** 2 + 1));
    const { plan, bytes } = photos(bucket);
    await expect(bytes(await plan())).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringContaining(String(64 * 1024 ** 2 + 1)),
    });
    await store.empty(bucket);
  });
});

describe("lines of record files", () => {
  const lists = (bucket: string, given: Partial<RecordType> = {}) =>
    world(
      recordType({
        system: "lake",
        name: "lists",
        place: { kind: "files", globs: [`s3://${bucket}/lists/*.csv`] },
        do: "remove-rows",
        ...WINDOW,
        ...given,
      }),
    );
  const LIST = `email,note\r\nbob,1\r\n${ANN},"2\r\n"\r\n${ANN},3\r\ncay,4\r\n${ANN},5`;

  test.each(["effect_begin", "effect_half", "effect_done"] as const)(
    "come back byte for byte, killed at %s in the run and in the undo; changed neighbours are a conflict",
    async (point) => {
      const bucket = await store.bucket();
      await store.put(bucket, "lists/a.csv", LIST, { Metadata: { a: "b" } });
      const { system, io, plan, run, check } = lists(bucket);
      expect(await check()).toEqual([]);
      const works = await plan();
      const cut = testJournal({ at: killAt(point) });
      await expect(run(works, cut)).rejects.toThrow(Killed);
      const again = testJournal({ notes: cut.notes });
      expect(await run(works, again)).toMatchObject([{ matched: 3, affected: 3, failed: 0 }]);
      const gone = await store.get(bucket, "lists/a.csv");
      expect(gone).toBe("email,note\r\nbob,1\r\ncay,4\r\n");
      const back = backOf(works, { images: new Map([...cut.images, ...again.images]) });
      await store.put(bucket, "lists/a.csv", `${gone ?? ""}dan,6\r\n`, { Metadata: { a: "b" } });
      expect(await obstacles(system, io, back)).toEqual(["s1 neighbours 1"]);
      await store.put(bucket, "lists/a.csv", gone ?? "", { Metadata: { a: "b" } });
      expect(await obstacles(system, io, back)).toEqual([]);
      const half = testJournal({ at: killAt(point) });
      await expect(putBack(system, io, back, half)).rejects.toThrow(Killed);
      expect(await putBack(system, io, back, testJournal({ notes: half.notes }))).toMatchObject([
        { matched: 3, affected: 3, failed: 0 },
      ]);
      expect(await store.get(bucket, "lists/a.csv")).toBe(LIST);
      expect(await missing(system, io, back)).toBe(0);
      await store.empty(bucket);
    },
  );

  test("what two record types took of one object comes back, the last one first, in the rehearsal too", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "lists/a.csv", LIST);
    const { system, io, plan, run } = lists(bucket);
    const [all] = await plan();
    if (all === undefined) throw new Error("no work");
    const works = [0, 1].map((turn): Work => ({
      ...all,
      step: `s${turn + 1}`,
      operations: all.operations.map((one) => ({ ...one, records: one.records.filter((_, at) => at % 2 === turn) })),
    }));
    const journal = testJournal();
    expect(await run(works, journal)).toMatchObject([{ matched: 2 }, { matched: 1 }]);
    const back = backOf(works, journal);
    expect(await obstacles(system, io, back)).toEqual([]);
    expect(await obstacles(system, io, { ...back, works: back.works.slice(1) })).toEqual(["s1 neighbours 1"]);
    expect(await putBack(system, io, back)).toMatchObject([{ matched: 1 }, { matched: 2 }]);
    expect(await store.get(bucket, "lists/a.csv")).toBe(LIST);
    await store.empty(bucket);
  });

  test("where older versions would go with them, the check refuses it; versions: latest leaves them", async () => {
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, "lists/a.csv", LIST);
    expect(await lists(bucket).check()).toContain("error ACTION_REFUSED");
    const { system, io, plan, run, check } = lists(bucket, { versions: "latest" });
    expect(await check()).not.toContain("error ACTION_REFUSED");
    const works = await plan();
    const journal = testJournal();
    await run(works, journal);
    await putBack(system, io, backOf(works, journal));
    expect(await store.get(bucket, "lists/a.csv")).toBe(LIST);
    await store.empty(bucket);
  });
});
