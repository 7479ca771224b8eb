import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../../src/errors.ts";
import type { Left, PlannedRecord } from "../../../src/model/change.ts";
import type { Change } from "../../../src/model/rule-change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Lookup, Target } from "../../../src/model/search.ts";
import type { Guard } from "../../../src/port/connector.ts";
import { openPace } from "../../../src/port/pace.ts";
import { eraseUnit, FREE, locateAll, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { type IfMatchProxy, startIfMatchProxy } from "../../support/servers/if-match-proxy.ts";
import { slowTime } from "../../support/slow-time.ts";
import { filesOf, objectsOf, type RawStore, rawStore, systemOf } from "./store.ts";

const ANN = '{"email":"ann@shop.example","n":1}\n';
const ANN_2 = '{"n":2,  "email":"ann@shop.example"}\n';
const BOB = '{"email":"bob@shop.example","n":1.0}\r\n';
const EVE = '{"email":"joann@shop.example","n":12345678901234567890}\n';
const KEY = "till/day.jsonl";
const LOOKUPS: readonly Lookup[] = [{ subject: 0, values: { email: ["ann@shop.example"] } }];
const REMOVE: Change = { kind: "delete" };

let store: RawStore;
let proxy: IfMatchProxy;
let io: TestIO;

beforeAll(async () => {
  store = await rawStore();
  proxy = await startIfMatchProxy(store.server);
});
beforeEach(() => {
  proxy.mode = "aws";
  io = testIO({ secrets: { store: store.secret() } });
});
afterAll(async () => {
  store.client.destroy();
  await proxy.close();
});

const throughProxy = () => {
  io = testIO({ secrets: { store: store.secret(proxy.endpoint) } });
};
const till = (bucket: string, more: Partial<RecordType> = {}): Target =>
  targetOf(filesOf([`s3://${bucket}/till/*`], more), [{ column: "email", type: "email", fold: [] }], ["n"]);
const at = (bucket: string, path: string, columns: readonly string[] = [":code"]): Target =>
  targetOf(
    objectsOf([`s3://${bucket}/${path}`]),
    columns.map((column) => ({ column, type: "string", fold: [] })),
    ["last_modified"],
  );
const bodies = async (bucket: string, prefix = "") =>
  (await store.versions(bucket, prefix)).map(({ key, marker, body }) => `${key} ${marker ? "marker" : body}`);

async function find(target: Target, lookups: readonly Lookup[] = LOOKUPS) {
  const system = systemOf();
  const found = await locateAll(system, io, target, lookups);
  const records = planned(found);
  return { system, found, records, unit: unitOf(target, lookups, REMOVE, records) };
}

/** Says `kept` of these keys. */
function keeping(keys: () => readonly string[]): Guard & { readonly asked: (readonly string[])[] } {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    async judge(_step: string, records: readonly PlannedRecord[]): Promise<readonly Left[]> {
      asked.push(records.map(({ key }) => key));
      return records.flatMap(({ key }) =>
        keys().includes(key) ? [{ key, kind: "kept", reason: "legal_hold" } as const] : [],
      );
    },
  };
}

const keyWith = (found: Awaited<ReturnType<typeof locateAll>>, n: string) =>
  found.find(({ values }) => values["n"] === n)?.key ?? "";

describe("records of files", () => {
  test.each(["plain", "versioned"] as const)(
    "in a %s bucket the guard is asked before the PUT, and what it keeps stays",
    async (kind) => {
      const bucket = await store.bucket(kind === "plain" ? undefined : "Enabled");
      await store.put(bucket, KEY, ANN + BOB + ANN_2);
      const target = till(bucket);
      const { system, found, records, unit } = await find(target);
      const kept = keyWith(found, "1");
      const guard = keeping(() => [kept]);
      const seen: (string | null)[] = [];
      const watching: Guard = {
        judge: async (step, some) => (seen.push(await store.get(bucket, KEY)), await guard.judge(step, some)),
      };
      expect(await eraseUnit(system, io, unit, testJournal(), watching)).toMatchObject({
        matched: 1,
        deleted: 1,
        left: [{ key: kept, kind: "kept", reason: "legal_hold" }],
      });
      expect(await bodies(bucket)).toEqual([`${KEY} ${ANN}${BOB}`]);
      expect(seen[0], "nothing was written when it was asked").toBe(ANN + BOB + ANN_2);
      expect(guard.asked[0]?.toSorted()).toEqual(records.map(({ key }) => key).toSorted());
      expect(await remainingOf(system, io, target, { change: REMOVE, records })).toEqual([kept]);
    },
  );

  test("where everything is kept nothing is written", async () => {
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, KEY, ANN);
    const before = await store.versions(bucket);
    const { system, found, unit } = await find(till(bucket));
    expect(
      await eraseUnit(
        system,
        io,
        unit,
        testJournal(),
        keeping(() => found.map(({ key }) => key)),
      ),
    ).toMatchObject({ matched: 0, deleted: 0, kept: 1 });
    expect(await store.versions(bucket)).toEqual(before);
  });

  test("a record of an older version is judged before that version goes, and a held one keeps it", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [ANN, BOB + ANN_2, BOB]) await store.put(bucket, KEY, body);
    const { system, found, unit } = await find(till(bucket));
    expect(found).toHaveLength(2);
    const kept = keyWith(found, "1");
    expect(
      await eraseUnit(
        system,
        io,
        unit,
        testJournal(),
        keeping(() => [kept]),
      ),
    ).toMatchObject({ matched: 1, deleted: 1, kept: 1 });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([BOB, ANN]);
  });

  test("a version that holds what is to be kept and what is to go blocks its object, and nothing is written", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [ANN + ANN_2, BOB + ANN_2]) await store.put(bucket, KEY, body);
    const before = await store.versions(bucket);
    const { system, found } = await find(till(bucket));
    // a hold on the record that only the older version has: it was never planned to go
    const going = planned(found.filter(({ values }) => values["n"] === "2"));
    expect([found.length, going.length]).toEqual([2, 1]);
    const outcome = await eraseUnit(system, io, unitOf(till(bucket), LOOKUPS, REMOVE, going));
    expect(outcome).toMatchObject({ matched: 0, blocked: 1, reason: "kept_in_version" });
    expect(await store.versions(bucket)).toEqual(before);
  });

  test("an older version that alone holds what is to be kept stays when the current one is rewritten", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [BOB, ANN, EVE + ANN_2]) await store.put(bucket, KEY, body);
    const { system, found } = await find(till(bucket));
    const going = planned(found.filter(({ values }) => values["n"] === "2"));
    expect(await eraseUnit(system, io, unitOf(till(bucket), LOOKUPS, REMOVE, going))).toMatchObject({
      matched: 1,
      deleted: 1,
      left: [],
    });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([EVE, ANN]);
  });

  test.each(["effect_begin", "effect_half"] as const)(
    "a hold that comes after a kill at %s is asked for again",
    async (point) => {
      const bucket = await store.bucket("Enabled");
      for (const body of [ANN, BOB + ANN]) await store.put(bucket, KEY, body);
      const { system, found, unit } = await find(till(bucket));
      const journal = testJournal({ at: killAt(point) });
      await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
      const between = await store.versions(bucket);
      const guard = keeping(() => found.map(({ key }) => key));
      const again = await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }), guard);
      expect(again).toMatchObject({ matched: 0, kept: 1 });
      expect(guard.asked).toHaveLength(1);
      expect(await store.versions(bucket), "nothing more was done").toEqual(between);
    },
  );

  test("a line that changed is failed: changed; one that somebody removed is gone", async () => {
    const bucket = await store.bucket();
    const others = [BOB, EVE, BOB.replace("bob", "zoe")];
    await store.put(bucket, KEY, others[0] + ANN + others[1] + ANN_2 + others[2]);
    const { system, found, unit } = await find(till(bucket));
    const now = `${others[0]}${ANN.replace("1", "7")}${others[1]}${others[2]}`;
    await store.put(bucket, KEY, now);
    const outcome = await eraseUnit(system, io, unit);
    expect(outcome).toMatchObject({ matched: 0, failed: 1, alreadyGone: 1, reason: "changed" });
    expect(outcome.left.find(({ kind }) => kind === "failed")?.key).toBe(keyWith(found, "1"));
    expect(await store.get(bucket, KEY)).toBe(now);
  });

  test.each([
    [
      "another heading",
      "till/list.csv",
      "id,mail\n1,ann@shop.example\n",
      "id,email,n\n1,ann@shop.example,1\n2,bob@shop.example,2\n",
    ],
    [
      "a cut-off gzip",
      "till/list.csv.gz",
      gzipSync("id,email,n\n1,ann@shop.example,1\n").subarray(0, 30),
      gzipSync("id,email,n\n1,ann@shop.example,1\n2,bob@shop.example,2\n"),
    ],
  ])("an older version with %s leaves its object as it was and says so", async (_what, key, bad, good) => {
    const bucket = await store.bucket("Enabled");
    const broken = await store.put(bucket, key, bad);
    await store.put(bucket, key, good);
    await store.put(bucket, "till/other.csv", "id,email,n\n3,ann@shop.example,3\n");
    const before = await store.versions(bucket, key);
    const target = till(bucket);
    const { system, found, records } = await find(target);
    expect(found.map(({ blocked, key: name }) => [name.includes("other"), blocked?.reason])).toEqual([
      [false, "unreadable_version"],
      [true, undefined],
    ]);
    expect(io.findings.filter(({ code }) => code === "GAP")).toMatchObject([
      { gap: { where: `s3://${bucket}/${key} (version ${broken})`, holdsIdentifier: true } },
    ]);
    // also where the plan was made before the version came
    const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, records));
    expect(outcome).toMatchObject({ matched: 1, deleted: 1, blocked: 1, reason: "unreadable_version" });
    expect(await store.versions(bucket, key)).toEqual(before);
    await expect(remainingOf(system, io, target, { change: REMOVE, records })).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
    await store.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: broken }));
    const again = await find(target);
    expect(again.found.map(({ blocked }) => blocked)).toEqual([undefined]);
    expect(await eraseUnit(system, io, again.unit)).toMatchObject({ matched: 1, deleted: 1 });
    expect(await store.versions(bucket, key)).toHaveLength(1);
  });

  test("an older version with another heading that holds nobody hinders nothing; one that may hold the person counts as hers", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of ["id,mail\n1,bob@shop.example\n", "id,email,n\n2,bob@shop.example,2\n"])
      await store.put(bucket, "till/a.csv", body);
    for (const body of ["id,mail\n1,ann@shop.example\n", "id,email,n\n2,bob@shop.example,2\n"])
      await store.put(bucket, "till/b.csv", body);
    await using reader = await systemOf().openReader(io);
    const found = await Array.fromAsync(reader.locate(till(bucket), { by: "subjects", lookups: LOOKUPS }));
    expect(found.map(({ address, subjects, blocked }) => [address, subjects, blocked?.reason])).toEqual([
      [JSON.stringify([bucket, "till/b.csv"]), [0], "unreadable_version"],
    ]);
    expect(io.findings.map(({ gap }) => gap?.holdsIdentifier)).toEqual([false, true]);
  });

  test("an object that is not there any more is no proof, unless the last version that held somebody went by our own doing", async () => {
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, KEY, ANN + BOB);
    await store.put(bucket, "till/old.jsonl", ANN);
    await store.remove(bucket, "till/old.jsonl");
    const target = till(bucket);
    const { system, found, records, unit } = await find(target);
    expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 2, deleted: 2 });
    expect(await bodies(bucket), "the deleted one is gone whole").toEqual([`${KEY} ${BOB}`]);
    expect(await remainingOf(system, io, target, { change: REMOVE, records })).toEqual([]);
    await store.empty(bucket);
    await expect(remainingOf(system, io, target, { change: REMOVE, records })).rejects.toMatchObject({
      code: "SYSTEM_UNREACHABLE",
      message: `s3://${bucket}/${KEY} is not there any more`,
    });
    await using reader = await system.openReader(io);
    const keys = found.map(({ key }) => key);
    await expect(Array.fromAsync(reader.locate(target, { by: "keys", keys }))).rejects.toMatchObject({
      code: "SYSTEM_UNREACHABLE",
    });
    expect(await eraseUnit(system, io, unit), "a bucket that somebody emptied").toMatchObject({
      matched: 0,
      alreadyGone: 1,
      failed: 1,
      reason: "changed",
    });
  });

  test("records are found by their keys, in older versions too", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [ANN, BOB + ANN_2]) await store.put(bucket, KEY, body);
    const target = till(bucket);
    await using reader = await systemOf().openReader(io);
    const found = await Array.fromAsync(reader.locate(target, { by: "subjects", lookups: LOOKUPS }));
    expect(found.map(({ within }) => within)).toEqual([JSON.stringify([bucket, KEY]), JSON.stringify([bucket, KEY])]);
    const named = await Array.fromAsync(reader.locate(target, { by: "keys", keys: found.map(({ key }) => key) }));
    expect(named).toEqual(found.map((one) => ({ ...one, subjects: [] })));
    await store.put(bucket, KEY, BOB);
    expect(
      (await Array.fromAsync(reader.locate(target, { by: "keys", keys: [found[0]?.key ?? ""] }))).map(
        ({ key, address }) => [key, address],
      ),
    ).toEqual([[found[0]?.key, found[0]?.address]]);
  });

  test("a version that goes between two looks is looked for again, and an answer that is none of S3's fails its object alone", async () => {
    throughProxy();
    const bucket = await store.bucket("Enabled");
    const first = await store.put(bucket, KEY, ANN + BOB);
    const target = till(bucket);
    const { system, unit } = await find(target);
    proxy.beforeNext(/^HEAD .*versionId=/u, async () => {
      await store.put(bucket, KEY, EVE + ANN);
      await store.remove(bucket, KEY, first);
    });
    expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, deleted: 1, failed: 0 });
    expect(await bodies(bucket)).toEqual([`${KEY} ${EVE}`]);
  });

  test("an unforeseen answer fails its object (UNEXPECTED_ANSWER), and the others have their turn", async () => {
    throughProxy();
    const bucket = await store.bucket();
    for (const key of ["till/a.jsonl", "till/b.jsonl"]) await store.put(bucket, key, ANN + BOB);
    const { system, unit } = await find(till(bucket));
    proxy.beforeNext(/^PUT .*\/till\/a\.jsonl/u, async () => 418);
    expect(await eraseUnit(system, io, unit)).toMatchObject({
      matched: 1,
      deleted: 1,
      failed: 1,
      reason: "UNEXPECTED_ANSWER",
    });
    expect(await bodies(bucket)).toEqual([`till/a.jsonl ${ANN}${BOB}`, `till/b.jsonl ${BOB}`]);
  });

  test("an answer that lists nothing because it is no answer is not an empty bucket", async () => {
    throughProxy();
    const bucket = await store.bucket();
    await store.put(bucket, KEY, ANN);
    proxy.beforeNext(/^GET .*versions/u, async () => 200);
    const answer: unknown = await find(till(bucket)).catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(Failure);
    expect(answer).toMatchObject({ code: "UNEXPECTED_ANSWER", exit: 5 });
  });

  test("a server that says how long it wants to be left alone is left alone so long, and Ctrl-C ends the wait at once", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, KEY, ANN + BOB);
    const time = slowTime();
    const secrets = { store: store.secret(proxy.endpoint) };
    io = testIO({ secrets, pace: openPace({ time }) });
    proxy.beforeNext(/^GET .*versions/u, async () => ({ retryAfter: "7" }));
    expect((await find(till(bucket))).found).toHaveLength(1);
    expect(time.waits).toHaveLength(1);
    // the SDK counts from a date, so that some milliseconds have passed
    expect(Math.ceil((time.waits[0] ?? 0) / 1000)).toBe(7);

    // on a real clock: where the wait does not hear the signal, this test never ends
    io = testIO({ secrets });
    proxy.beforeNext(/^GET .*versions/u, async () => {
      setTimeout(() => io.abort(), 20);
      return await Promise.resolve({ retryAfter: "3600" });
    });
    await expect(find(till(bucket))).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  test("an object's name is shown without what a terminal would obey", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "till/ev\u001b[31mil\r.csv", 'email,n\n"ann@shop.example,1\n');
    await expect(find(till(bucket))).rejects.toMatchObject({
      message: expect.stringContaining(`s3://${bucket}/till/ev?[31mil?.csv:2`),
    });
    await using reader = await systemOf().openReader(io);
    expect(JSON.stringify(await Array.fromAsync(reader.check([till(bucket)])))).not.toMatch(/\\u001b|\\r/u);
  });
});

describe("whole objects", () => {
  const ann = (code: string, column = ":code"): readonly Lookup[] => [{ subject: 0, values: { [column]: [code] } }];

  test("the guard is asked before anything is deleted, and what it keeps stays with every version", async () => {
    const bucket = await store.bucket("Enabled");
    for (const key of ["a/4", "b/4"]) for (const body of ["one", "two"]) await store.put(bucket, key, body);
    const before = await store.versions(bucket, "a/");
    const target = targetOf(
      objectsOf([`s3://${bucket}/a/:code`, `s3://${bucket}/b/:code`]),
      [{ column: ":code", type: "string", fold: [] }],
      [],
    );
    const { system, unit } = await find(target, ann("4"));
    const kept = JSON.stringify([bucket, "a/4"]);
    const guard = keeping(() => [kept]);
    expect(await eraseUnit(system, io, unit, testJournal(), guard)).toMatchObject({
      matched: 1,
      deleted: 1,
      left: [{ key: kept, kind: "kept" }],
    });
    expect(await store.versions(bucket)).toEqual(before);
    expect(guard.asked).toHaveLength(1);
  });

  test.each(["plain", "versioned"] as const)(
    "in a %s bucket an object that was written anew since the plan is failed: changed",
    async (kind) => {
      const bucket = await store.bucket(kind === "plain" ? undefined : "Enabled");
      await store.put(bucket, "a/4", "planned");
      const { system, unit } = await find(at(bucket, "a/:code"), ann("4"));
      await store.put(bucket, "a/4", "of somebody who registered since");
      const before = await store.versions(bucket);
      expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 0, failed: 1, reason: "changed" });
      expect(await store.versions(bucket)).toEqual(before);
    },
  );

  test("a version that comes while the others are deleted, or after a kill, is not deleted", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of ["one", "two", "three"]) await store.put(bucket, "a/4", body);
    const { system, unit } = await find(at(bucket, "a/:code"), ann("4"));
    const journal = testJournal({ at: killAt("effect_half") });
    await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
    await store.put(bucket, "a/4", "fresh");
    expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 0,
      failed: 1,
      reason: "changed",
    });
    expect((await store.versions(bucket))[0]).toMatchObject({ body: "fresh", latest: true });

    for (const body of ["one", "two"]) await store.put(bucket, "a/5", body);
    throughProxy();
    const other = await find(at(bucket, "a/:code"), ann("5"));
    proxy.beforeNext(/^DELETE /u, async () => void (await store.put(bucket, "a/5", "fresh")));
    expect(await eraseUnit(other.system, io, other.unit)).toMatchObject({ matched: 0, failed: 1, reason: "changed" });
    expect(await bodies(bucket, "a/5")).toEqual(["a/5 fresh"]);
  });

  test("objects are found by their keys with what they tell; one that is gone yields nothing", async () => {
    const bucket = await store.bucket();
    for (const key of ["a/4", "a/5"]) await store.put(bucket, key, key, { Metadata: { due: key } });
    const target: Target = { ...at(bucket, "a/:code"), exports: ["metadata.due", ":code", "last_modified"] };
    await using reader = await systemOf().openReader(io);
    const found = await Array.fromAsync(
      reader.locate(target, { by: "subjects", lookups: [{ subject: 0, values: { ":code": ["4", "5"] } }] }),
    );
    const keys = found.map(({ key }) => key);
    expect(await Array.fromAsync(reader.locate(target, { by: "keys", keys }))).toEqual(
      found.map((one) => ({ ...one, subjects: [] })),
    );
    await store.remove(bucket, "a/4");
    expect(
      (await Array.fromAsync(reader.locate(target, { by: "keys", keys }))).map(({ values }) => values[":code"]),
    ).toEqual([["5"]]);
    expect(await eraseUnit(systemOf(), io, unitOf(target, ann("4"), REMOVE, planned(found)))).toMatchObject({
      matched: 1,
      deleted: 1,
      alreadyGone: 1,
    });
  });

  test("keys that a column names are literal, slashes too; empty values and dots alone name none", async () => {
    const bucket = await store.bucket("Enabled");
    const column = ":shop.files.path";
    const mine = ["blob/k a+1/x.png", "blob/k-2", "blob/../k", "blob/a*b"];
    const others = [
      "blob/k-3",
      "blob/k-2.old",
      "blob/",
      "blob/..",
      "blob/.",
      "blob/ ",
      "blob/a1b",
      "blob/K-2",
      `blob/${column}`,
    ];
    for (const key of [...mine, ...others]) await store.put(bucket, key, key);
    const target = at(bucket, `blob/${column}`, [column]);
    const lookups = [
      { subject: 0, values: { [column]: ["k a+1/x.png", "k-2", "../k", "a*b", "", "..", ".", " ", "gone"] } },
    ];
    const { system, found, unit } = await find(target, lookups);
    expect(found.map(({ key }) => String(JSON.parse(key)[1])).toSorted()).toEqual(mine.toSorted());
    expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 4, deleted: 4 });
    expect((await store.versions(bucket)).map(({ key }) => key).toSorted()).toEqual(others.toSorted());
  });

  test("two columns of one row name a key together", async () => {
    const bucket = await store.bucket();
    for (const key of ["x/1", "x/2", "y/1", "y/2"]) await store.put(bucket, key, key);
    const [dir, name] = [":db.files.dir", ":db.files.name"] as const;
    const values = { [dir]: ["x", "y"], [name]: ["1", "2"] };
    const tuples = [
      {
        columns: [dir, name],
        rows: [
          ["x", "1"],
          ["y", "2"],
        ],
      },
    ];
    const { found } = await find(at(bucket, `${dir}/${name}`, [dir, name]), [{ subject: 0, values, tuples }]);
    expect(found.map(({ key }) => String(JSON.parse(key)[1])).toSorted()).toEqual(["x/1", "y/2"]);
  });

  test("a star is itself, but at the end after a slash, where it means everything below", async () => {
    const bucket = await store.bucket("Enabled");
    const mine = ["home/7/", "home/7/a.png", "home/7/deep/b.pdf", "home/7//c"];
    const others = ["home/70/a.png", "home/7", "home/7.png", "Home/7/a", "pics/7-a.png"];
    for (const key of [...mine, ...others, "pics/7-*.png"])
      for (const body of ["old", "new"]) await store.put(bucket, key, body);
    await store.remove(bucket, "home/7/a.png");
    const home = at(bucket, "home/:code/**");
    const { system, found, unit } = await find(home, ann("7"));
    expect(found.map(({ key }) => String(JSON.parse(key)[1])).toSorted()).toEqual(mine.toSorted());
    await using reader = await system.openReader(io);
    expect(await Array.fromAsync(reader.check([home]))).toEqual([]);
    expect(await reader.size(home)).toBe(mine.length + 1);
    expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 4, deleted: 4 });
    const pics = await find(at(bucket, "pics/:code-*.png"), ann("7"));
    expect(await eraseUnit(system, io, pics.unit)).toMatchObject({ matched: 1, deleted: 1 });
    expect([...new Set((await store.versions(bucket)).map(({ key }) => key))].toSorted()).toEqual(others.toSorted());
    expect((await store.versions(bucket)).filter(({ key }) => key === "home/7")).toHaveLength(2);
    expect((await find(home, ann(".."))).found).toEqual([]);
    expect((await find(home, ann(""))).found).toEqual([]);
  });

  test("a folder in which nobody's keys lie is an empty pattern", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "home/7", "x");
    await using reader = await systemOf().openReader(io);
    expect(
      (await Array.fromAsync(reader.check([at(bucket, "home/:code/**")]))).map(({ code, message }) => [code, message]),
    ).toEqual([["PATTERN_EMPTY", `no object fits s3://${bucket}/home/:code/**`]]);
  });
});

test("Ctrl-C while a refused write waits to be tried again ends the waiting", async () => {
  throughProxy();
  const bucket = await store.bucket();
  await store.put(bucket, KEY, ANN);
  const { system, unit } = await find(till(bucket));
  const journal = testJournal();
  let puts = 0;
  const writing = {
    ...journal,
    note: async (text: string) => {
      await journal.note(text);
      if (!text.includes('"put"')) return;
      puts += 1;
      // somebody else is always faster; at the third time the person at the keyboard has enough
      await store.put(bucket, KEY, `${ANN}${BOB}${EVE.repeat(puts)}`);
      if (puts === 3) setTimeout(() => io.abort(), 20);
    },
  };
  await expect(eraseUnit(system, io, unit, writing, FREE)).rejects.toThrow();
  expect(puts).toBe(3);
});

describe("another record type over the same object", () => {
  const invoice = '{"email":"ann@shop.example","n":7,"kind":"invoice"}\n';
  const holding = (bucket: string, more: Partial<RecordType> = {}): RecordType => ({
    ...filesOf([`s3://${bucket}/till/day*`], { format: "jsonl", where: { kind: ["invoice"] }, do: "keep", ...more }),
    id: "store.invoices",
    name: "invoices",
  });
  /** The record type that erases everything but invoices. */
  const news = (bucket: string): Target => ({ ...till(bucket), where: { kind: ["news"] } });
  const line = (n: number) => `{"email":"ann@shop.example","n":${n},"kind":"news"}\n`;

  test("what it keeps and only an older version has blocks the object at plan and at run, and nothing is written", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [invoice + line(1), line(1) + BOB]) await store.put(bucket, KEY, body);
    const before = await store.versions(bucket);
    const target = news(bucket);
    const system = systemOf(undefined, [holding(bucket)]);
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(found.map(({ blocked }) => blocked)).toEqual([{ reason: "kept_in_version" }]);
    const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, planned(found)), testJournal(), FREE);
    expect(outcome).toMatchObject({ matched: 0, blocked: 1, left: [{ kind: "blocked", reason: "kept_in_version" }] });
    expect(await store.versions(bucket)).toEqual(before);
  });

  test("it keeps its older version where the person is in the current one alone", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [invoice, line(1) + BOB]) await store.put(bucket, KEY, body);
    const target = news(bucket);
    const system = systemOf(undefined, [holding(bucket)]);
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(
      await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, planned(found)), testJournal(), FREE),
    ).toMatchObject({ matched: 1, deleted: 1 });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([BOB, invoice]);
  });

  test("nobody else's record, and none that the current version has too, keeps an older version", async () => {
    const bucket = await store.bucket("Enabled");
    const others = '{"email":"bob@shop.example","n":8,"kind":"invoice"}\n';
    for (const body of [invoice + others + line(1), invoice + line(1)]) await store.put(bucket, KEY, body);
    const target = news(bucket);
    const system = systemOf(undefined, [holding(bucket)]);
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(
      await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, planned(found)), testJournal(), FREE),
    ).toMatchObject({ matched: 1, deleted: 1 });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([invoice]);
  });

  test("matched by values that nobody has here, every record of it may be one that it keeps", async () => {
    const bucket = await store.bucket("Enabled");
    const numbered = '{"no":9,"kind":"invoice"}\n';
    for (const body of [numbered + line(1), line(1)]) await store.put(bucket, KEY, body);
    const before = await store.versions(bucket);
    const target = news(bucket);
    const match = {
      mode: "any",
      terms: [{ column: "no", source: { kind: "column", ref: { record: "store.orders", column: "no" } } }],
    } as const;
    const system = systemOf(undefined, [holding(bucket, { do: "remove-rows", match })]);
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(found.map(({ blocked }) => blocked)).toEqual([{ reason: "kept_in_version" }]);
    const outcome = await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, planned(found)), testJournal(), FREE);
    expect(outcome).toMatchObject({ matched: 0, blocked: 1 });
    expect(await store.versions(bucket)).toEqual(before);
  });

  test("one that looks at current versions alone keeps nothing of older ones", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [invoice + line(1), line(1) + BOB]) await store.put(bucket, KEY, body);
    const target = news(bucket);
    const system = systemOf(undefined, [holding(bucket, { versions: "latest" })]);
    const found = await locateAll(system, io, target, LOOKUPS);
    expect(
      await eraseUnit(system, io, unitOf(target, LOOKUPS, REMOVE, planned(found)), testJournal(), FREE),
    ).toMatchObject({ matched: 1, deleted: 1 });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([BOB]);
  });
});
