import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  GetObjectAclCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../../src/model/rule-change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import type { Finding, Target } from "../../../src/model/search.ts";
import { expectNoIdentifier } from "../../contract/connector.contract.ts";
import { eraseUnit, locateAll, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { type IfMatchProxy, startIfMatchProxy } from "../../support/servers/if-match-proxy.ts";
import { filesOf, type RawStore, rawStore, systemOf } from "./store.ts";

const ANN = '{"email":"ann@shop.example","n":1}\n';
const ANN_2 = '{"n":2,  "email":"ann@shop.example"}\n';
const BOB = '{"email":"bob@shop.example","n":1.0}\r\n';
const EVE = '{"email":"joann@shop.example","n":12345678901234567890}\n';
const KEY = "till/day.jsonl";
const lookups = [{ subject: 0, values: { email: ["ann@shop.example"] } }];
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
const target = (record: RecordType): Target => targetOf(record, [{ column: "email", type: "email", fold: [] }], ["n"]);
const till = (bucket: string, more: Partial<RecordType> = {}) => target(filesOf([`s3://${bucket}/till/*.jsonl`], more));
const bodies = async (bucket: string, prefix = "") =>
  (await store.versions(bucket, prefix)).map(({ key, marker, body }) => `${key} ${marker ? "marker" : body}`);
const writesTo = (bucket: string, key: string) => proxy.writes.filter((write) => write.includes(`/${bucket}/${key}`));

async function find(where: Target, unsafe?: boolean) {
  const system = systemOf(unsafe);
  const found = await locateAll(system, io, where, lookups);
  return { system, found, unit: unitOf(where, lookups, REMOVE, planned(found)) };
}

async function erase(where: Target, unsafe?: boolean) {
  const { system, found, unit } = await find(where, unsafe);
  const outcome = await eraseUnit(system, io, unit);
  const left = await remainingOf(system, io, where, { change: REMOVE, records: planned(found) });
  return { found, outcome, left };
}

async function check(where: Target): Promise<Finding[]> {
  await using reader = await systemOf().openReader(io);
  return await Array.fromAsync(reader.check([where]));
}

describe.each(["Ceph itself", "a server that answers as AWS does"])("on %s", (where) => {
  beforeEach(() => {
    if (where !== "Ceph itself") throughProxy();
  });

  test.each(["plain", "versioned", "suspended"] as const)(
    "in a %s bucket the person's lines go, other bytes and objects stay, and no probe is left",
    async (kind) => {
      const bucket = await store.bucket(kind === "plain" ? undefined : "Enabled");
      if (kind !== "plain") await store.put(bucket, KEY, ANN_2 + BOB);
      if (kind === "suspended") await store.versioning(bucket, "Suspended");
      await store.put(bucket, KEY, BOB + ANN + EVE + ANN_2 + BOB);
      await store.put(bucket, "till/other.jsonl", EVE + BOB);
      await store.put(bucket, "till/day.jsonl.bak", ANN);
      const { found, outcome, left } = await erase(till(bucket));
      expect(found.map(({ values }) => values["n"])).toEqual(["1", "2"]);
      expect(outcome).toMatchObject({ matched: 2, affected: 2, alreadyGone: 0, blocked: 0, failed: 0, unresolved: [] });
      expect(left).toEqual([]);
      expect(await bodies(bucket)).toEqual([
        `${KEY} ${BOB}${EVE}${BOB}`,
        `till/day.jsonl.bak ${ANN}`,
        `till/other.jsonl ${EVE}${BOB}`,
      ]);
      expect(await store.uploads(bucket)).toBe(0);
    },
  );

  test("in a bucket whose versioning was suspended after the last write, it goes or is blocked whole", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [ANN, ANN + BOB]) await store.put(bucket, KEY, body);
    await store.versioning(bucket, "Suspended");
    const before = await store.versions(bucket);
    const { outcome } = await erase(till(bucket));
    expect(before).toHaveLength(2);
    if (where === "Ceph itself") {
      // Ceph refuses every If-Match on a version that was written before the suspension
      expect(outcome).toMatchObject({ matched: 0, affected: 0, blocked: 1, reason: "no_conditional_write" });
      expect(await store.versions(bucket)).toEqual(before);
    } else {
      expect(outcome).toMatchObject({ matched: 1, affected: 1, blocked: 0 });
      expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`]);
    }
  });

  test("a record that only older versions hold counts once, and every version that holds the person goes", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [BOB, BOB + ANN, BOB + ANN + ANN_2, BOB + ANN_2 + EVE]) await store.put(bucket, KEY, body);
    const before = await store.versions(bucket);
    expect(before).toHaveLength(4);
    const { found, outcome } = await erase(till(bucket));
    expect(new Set(found.map(({ values }) => values["n"]))).toEqual(new Set(["1", "2"]));
    expect(found).toHaveLength(2);
    expect(outcome).toMatchObject({ matched: 2, affected: 2 });
    expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}${EVE}`]);
  });

  test("where the current version does not hold the person, it stays and those that do go", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [EVE, EVE + ANN, BOB]) await store.put(bucket, KEY, body);
    const current = (await store.versions(bucket)).find(({ latest }) => latest);
    const { found, outcome } = await erase(till(bucket));
    expect(found).toHaveLength(1);
    expect(outcome).toMatchObject({ matched: 1, affected: 1 });
    expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([BOB, EVE]);
    expect((await store.versions(bucket))[0]).toEqual(current);
  });

  test("of a deleted file whose old versions hold the person nothing comes back", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [BOB, BOB + ANN]) await store.put(bucket, KEY, body);
    await store.remove(bucket, KEY);
    await store.put(bucket, "till/b.jsonl", ANN);
    await store.remove(bucket, "till/b.jsonl");
    const { found, outcome } = await erase(till(bucket));
    expect(found).toHaveLength(2);
    expect(outcome).toMatchObject({ matched: 2, affected: 2 });
    expect(await store.get(bucket, KEY), "the file stays deleted").toBeNull();
    expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`, `${KEY} marker`]);
  });

  test("headers, metadata, tags and grants are kept", async () => {
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, KEY, ANN + BOB, {
      ContentType: "application/x-ndjson",
      ContentDisposition: 'attachment; filename="a b.jsonl"',
      ContentLanguage: "de",
      ContentEncoding: "identity",
      CacheControl: "no-store",
      Expires: new Date("2030-01-02T03:04:05Z"),
      Metadata: { "made-by": "till-3", shift: "late & loud" },
      Tagging: "team=a%20b&x=%26%3D",
      ACL: "public-read",
    });
    const looks = async () => {
      const {
        ETag: _,
        LastModified: __,
        VersionId: ___,
        ContentLength: ____,
        $metadata: _____,
        ...head
      } = await store.client.send(new HeadObjectCommand({ Bucket: bucket, Key: KEY }));
      const { TagSet } = await store.client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: KEY }));
      const { Grants, Owner } = await store.client.send(new GetObjectAclCommand({ Bucket: bucket, Key: KEY }));
      return {
        head,
        tags: TagSet?.toSorted((a, b) => String(a.Key).localeCompare(String(b.Key))),
        grants: Grants?.map((grant) => JSON.stringify(grant)).toSorted(),
        Owner,
      };
    };
    const before = await looks();
    expect(before.grants).toHaveLength(2);
    expect(before.tags).toHaveLength(2);
    expect((await erase(till(bucket))).outcome).toMatchObject({ matched: 1, affected: 1 });
    expect(await looks()).toEqual(before);
    expect(io.findings).toEqual([]);
  });

  test.each(["plain", "versioned"] as const)(
    "a writer between our read and our write in a %s bucket: its rows stay, the person is gone",
    async (kind) => {
      if (kind === "plain" && where === "Ceph itself") throughProxy();
      throughProxy();
      // in the versioned bucket both ways are judged: If-Match, and the look after the PUT
      proxy.mode = where === "Ceph itself" && kind === "versioned" ? "ignores" : "aws";
      const bucket = await store.bucket(kind === "plain" ? undefined : "Enabled");
      await store.put(bucket, KEY, ANN + BOB);
      const { system, found, unit } = await find(till(bucket));
      expect(found).toHaveLength(1);
      proxy.beforeNextPut(
        (path) => path === `/${bucket}/${KEY}`,
        async () => {
          await store.put(bucket, KEY, ANN + BOB + EVE);
        },
      );
      expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, affected: 1, failed: 0, blocked: 0 });
      expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}${EVE}`]);
      expect(
        writesTo(bucket, KEY).filter((write) => write.startsWith("PUT")),
        "one PUT was lost to the other writer",
      ).toHaveLength(2);
    },
  );
});

describe.each(["aws", "ignores"] as const)("where conditions are answered so: %s", (mode) => {
  test.each(["plain", "versioned"] as const)(
    "an answer that never came after the PUT in a %s bucket is resolved by reading back",
    async (kind) => {
      if (mode === "ignores" && kind === "plain")
        return expect(mode, "never written there: judged below").toBe("ignores");
      throughProxy();
      proxy.mode = mode;
      const bucket = await store.bucket(kind === "plain" ? undefined : "Enabled");
      await store.put(bucket, KEY, BOB);
      await store.put(bucket, KEY, BOB + ANN);
      const { system, unit } = await find(till(bucket));
      proxy.loseNextAnswer((path) => path === `/${bucket}/${KEY}`);
      expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, affected: 1, failed: 0, blocked: 0 });
      expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`]);
      expect(writesTo(bucket, KEY).filter((write) => write.startsWith("PUT"))).toHaveLength(1);
    },
  );
});

describe("where If-Match is not honoured", () => {
  test("nothing is written in a plain bucket, and the step is blocked", async () => {
    throughProxy();
    proxy.mode = "ignores";
    const bucket = await store.bucket();
    await store.put(bucket, KEY, ANN + BOB);
    const before = await store.versions(bucket);
    const { outcome } = await erase(till(bucket));
    expect(outcome).toMatchObject({ matched: 0, affected: 0, blocked: 1, reason: "no_conditional_write" });
    expect(outcome.unresolved).toHaveLength(1);
    expect(await store.versions(bucket)).toEqual(before);
    expect(writesTo(bucket, KEY)).toEqual([]);
  });

  test("the map's `unsafe_overwrite` writes all the same", async () => {
    throughProxy();
    proxy.mode = "ignores";
    const bucket = await store.bucket();
    await store.put(bucket, KEY, ANN + BOB);
    expect((await erase(till(bucket), true)).outcome).toMatchObject({ matched: 1, affected: 1 });
    expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`]);
  });

  test("a version of another writer that ours would hide is shown again", async () => {
    throughProxy();
    proxy.mode = "ignores";
    const bucket = await store.bucket("Enabled");
    await store.put(bucket, KEY, ANN + BOB);
    const { system, unit } = await find(till(bucket));
    // the other one writes without the person, so nothing is left to rewrite
    proxy.beforeNextPut(
      (path) => path === `/${bucket}/${KEY}`,
      async () => void (await store.put(bucket, KEY, EVE)),
    );
    expect(await eraseUnit(system, io, unit)).toMatchObject({ matched: 1, affected: 1 });
    expect(await bodies(bucket)).toEqual([`${KEY} ${EVE}`]);
  });
});

test("where versions may not be deleted nothing is rewritten", async () => {
  const bucket = await store.bucket("Enabled");
  for (const body of [ANN, ANN + BOB]) await store.put(bucket, KEY, body);
  const Statement = [
    { Effect: "Deny", Principal: "*", Action: "s3:DeleteObjectVersion", Resource: `arn:aws:s3:::${bucket}/*` },
  ];
  await store.client.send(
    new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
  );
  const before = await store.versions(bucket, KEY);
  await expect(erase(till(bucket))).rejects.toMatchObject({
    code: "NOT_PERMITTED",
    message: expect.stringContaining(`s3:DeleteObjectVersion is not permitted in the bucket "${bucket}"`),
  });
  expect(await store.versions(bucket, KEY)).toEqual(before);
});

test("a broken file that is named after a person is named without them", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, "till/of ann@shop.example.csv", 'email,n\n"ann@shop.example,1\n');
  const where = target(filesOf([`s3://${bucket}/till/*.csv`]));
  const findings = await check(where);
  const thrown: unknown = await find(where).catch((error: unknown) => error);
  expect(thrown).toMatchObject({
    code: "FILE_UNREADABLE",
    message: expect.stringContaining(`s3://${bucket}/till/of …`),
  });
  expectNoIdentifier([findings, thrown]);
});

test("a killed attempt's probe is swept by the next one", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, KEY, ANN + BOB);
  const { system, unit } = await find(till(bucket));
  const journal = testJournal();
  const note = journal.note;
  await expect(
    eraseUnit(system, io, unit, {
      ...journal,
      async note(text) {
        await note(text);
        if (text.includes('"put"')) throw new Killed("effect_begin");
      },
    }),
  ).rejects.toThrow(Killed);
  const probe: unknown = JSON.parse(journal.notes.find((text) => text.includes('"probe"')) ?? "{}");
  const key = typeof probe === "object" && probe !== null && "key" in probe ? String(probe.key) : "";
  expect(key).toMatch(/^till\/\.expunge-probe-/u);
  await store.put(bucket, key, "as a kill in the middle of probing leaves it");
  expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
    matched: 1,
    affected: 1,
  });
  expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`]);
});

test.each(["effect_begin", "effect_half", "effect_done"] as const)(
  "killed at %s in a versioned bucket, the next attempt leaves no older version",
  async (point) => {
    const bucket = await store.bucket("Enabled");
    for (const body of [BOB, BOB + ANN, BOB + ANN + EVE]) await store.put(bucket, KEY, body);
    const { system, unit } = await find(till(bucket));
    const journal = testJournal({ at: killAt(point) });
    await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
    expect(await store.versions(bucket)).toHaveLength({ effect_begin: 3, effect_half: 4, effect_done: 1 }[point]);
    expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 1,
      affected: 1,
      alreadyGone: 0,
    });
    expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}${EVE}`]);
  },
);

/** About 19 MB: more than what waits in memory. */
const FILLER = Array.from(
  { length: 400 },
  (_, at) => `{"email":"p${at}@shop.example","text":"${randomBytes(24_000).toString("hex")}"}\n`,
).join("");

test("a large file that is overwritten while its copy is on the way is taken up again, and nothing hangs", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, KEY, ANN + FILLER);
  const { system, unit } = await find(till(bucket));
  const journal = testJournal();
  let puts = 0;
  const outcome = await eraseUnit(system, io, unit, {
    ...journal,
    async note(text) {
      await journal.note(text);
      // another process writes before the first byte of ours is sent
      if (text.includes('"put"') && ++puts === 1) overwrite(bucket, KEY, BOB + ANN);
    },
  });
  expect(outcome).toMatchObject({ matched: 1, affected: 1, blocked: 0, failed: 0 });
  expect(puts).toBe(2);
  expect(await bodies(bucket)).toEqual([`${KEY} ${BOB}`]);
});

function overwrite(bucket: string, key: string, body: string): void {
  const { endpoint, region, accessKeyId, secretAccessKey } = store.server;
  const settings = { endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } };
  const script = `import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
    await new S3Client(${JSON.stringify(settings)}).send(new PutObjectCommand(${JSON.stringify({ Bucket: bucket, Key: key, Body: body })}));`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: import.meta.dirname });
}

test("a file that is larger than what waits in memory is written as it was checked, random parts and all", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, KEY, ANN + FILLER + ANN_2);
  const where = till(bucket, {
    do: "anonymise",
    fields: { email: { kind: "template", template: "erased+:random@invalid" } },
  });
  const system = systemOf();
  const found = await locateAll(system, io, where, lookups);
  const change: Change = where.changes.rule ?? REMOVE;
  expect(await eraseUnit(system, io, unitOf(where, lookups, change, planned(found)))).toMatchObject({
    matched: 2,
    affected: 2,
    failed: 0,
    blocked: 0,
  });
  const after = (await store.get(bucket, KEY)) ?? "";
  const lines = after.split("\n");
  expect(lines[0]).toMatch(/^\{"email":"erased\+[0-9a-f]{18}@invalid","n":1\}$/u);
  expect(lines.at(-2)).toMatch(/^\{"n":2, {2}"email":"erased\+[0-9a-f]{18}@invalid"\}$/u);
  expect(lines[0]?.slice(10, 40)).not.toBe(lines.at(-2)?.slice(16, 46));
  const rest = after.slice(after.indexOf("\n") + 1, after.length - (lines.at(-2)?.length ?? 0) - 1);
  expect(createHash("sha256").update(rest).digest("hex")).toBe(createHash("sha256").update(FILLER).digest("hex"));
});

test("a file that holds nobody else is left empty, and the next check finds nothing wrong with it", async () => {
  const bucket = await store.bucket("Enabled");
  await store.put(bucket, KEY, ANN + ANN_2);
  await store.put(bucket, "till/day.csv", "email,n\r\nann@shop.example,1\r\n");
  const where = target(filesOf([`s3://${bucket}/till/*`]));
  expect((await erase(where)).outcome).toMatchObject({ matched: 3, affected: 3 });
  expect(await bodies(bucket)).toEqual(["till/day.csv email,n\r\n", `${KEY} `]);
  expect(await check(where)).toEqual([]);
  expect((await find(where)).found).toEqual([]);
});

test("a gzip CSV is rewritten in its own compression", async () => {
  const bucket = await store.bucket("Enabled");
  await store.put(bucket, "till/a.csv.gz", gzipSync('email,n\r\nann@shop.example,1\r\n"bob@shop.example",1.0\r\n'), {
    ContentEncoding: "gzip",
    ContentType: "text/csv",
  });
  const where = target(filesOf([`s3://${bucket}/till/**`]));
  expect((await erase(where)).outcome).toMatchObject({ matched: 1, affected: 1 });
  const body = (await store.get(bucket, "till/a.csv.gz")) ?? "";
  expect(gunzipSync(Buffer.from(body, "latin1")).toString()).toBe('email,n\r\n"bob@shop.example",1.0\r\n');
  expect(await store.versions(bucket)).toHaveLength(1);
});

test("a locked old version blocks the file before anything is written", async () => {
  const Bucket = `expunge-${randomBytes(6).toString("hex")}`;
  await store.client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const VersionId = await store.put(Bucket, KEY, ANN);
  await store.put(Bucket, KEY, ANN + BOB);
  const RetainUntilDate = new Date(io.now().getTime() + 5 * 86_400_000 + 365 * 86_400_000);
  await store.client.send(
    new PutObjectRetentionCommand({ Bucket, Key: KEY, VersionId, Retention: { Mode: "GOVERNANCE", RetainUntilDate } }),
  );
  const before = await store.versions(Bucket);
  const { found, outcome } = await erase(till(Bucket));
  expect(found.map(({ blocked }) => blocked?.reason)).toEqual(["object_lock"]);
  expect(outcome).toMatchObject({ matched: 0, affected: 0, blocked: 1, reason: "object_lock" });
  expect(await store.versions(Bucket)).toEqual(before);
});

test("`versions: latest` rewrites the current version and leaves the others as residue", async () => {
  const bucket = await store.bucket("Enabled");
  for (const body of [ANN, ANN + BOB]) await store.put(bucket, KEY, body);
  const { found, outcome, left } = await erase(till(bucket, { versions: "latest" }));
  expect([found.length, left.length]).toEqual([1, 0]);
  expect(outcome).toMatchObject({ matched: 1, affected: 1 });
  expect((await store.versions(bucket)).map(({ body }) => body)).toEqual([BOB, ANN + BOB, ANN]);
});

describe("check", () => {
  test("a missing column names file and column, a broken file its line, an unknown ending the format", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "till/a.jsonl", BOB);
    await store.put(bucket, "till/b.csv", "name,n\nx,1\n");
    await store.put(bucket, "till/c.dat", "x");
    await store.put(bucket, "till/d.parquet", "PAR1");
    const findings = await check(target(filesOf([`s3://${bucket}/till/*`])));
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      "COLUMN_MISSING error",
      "FILE_REFUSED error",
      "FORMAT_NOT_BUILT error",
    ]);
    for (const [index, name] of ["b.csv", "c.dat", "d.parquet"].entries())
      expect(findings[index]?.message).toContain(`s3://${bucket}/till/${name}`);
  });

  test("a glob that no key fits is a finding, and a folder's mark is no file", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "till/", " ");
    await store.put(bucket, "till/deep/a.jsonl", BOB);
    expect((await check(till(bucket))).map(({ code, severity }) => [code, severity])).toEqual([
      ["PATTERN_EMPTY", "empty"],
    ]);
    expect(await check(target(filesOf([`s3://${bucket}/till/**/*.jsonl`])))).toEqual([]);
  });

  test("size counts the records of the current versions, with or without a search before", async () => {
    const bucket = await store.bucket("Enabled");
    for (const body of [ANN + ANN, ANN + BOB + EVE]) await store.put(bucket, KEY, body);
    const where = till(bucket);
    await using reader = await systemOf().openReader(io);
    expect(await reader.size(where)).toBe(3);
    expect(await Array.fromAsync(reader.locate(where, { by: "subjects", lookups }))).toHaveLength(2);
    expect(await reader.size(where)).toBe(3);
  });
});

test("two record types that read one object in two ways are refused by name", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, "till/day.csv", "email,n\nann@shop.example,1\n");
  const one = filesOf([`s3://${bucket}/till/*.csv`]);
  const other = {
    ...filesOf([`s3://${bucket}/till/day*`], { format: "csv", encoding: "windows-1252", do: "keep" }),
    id: `${one.id}_kept`,
  };
  await using reader = await systemOf().openReader(io);
  const findings = await Array.fromAsync(reader.check([target(one), target(other)]));
  expect(
    findings.filter(({ severity }) => severity === "error").map(({ code, record, message }) => [code, record, message]),
  ).toEqual([
    ["CONFLICT", other.id, `${one.id} and ${other.id} read s3://${bucket}/till/day.csv in two ways (encoding)`],
  ]);
});

test("an object whose key holds an identifier is told, masked", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, "till/ann@shop.example.jsonl", BOB);
  await store.put(bucket, "till/joann@shop.example.jsonl", ANN);
  await locateAll(systemOf(), io, till(bucket), lookups);
  expect(
    io.findings.flatMap(({ gap, message }) => (message.endsWith("its name holds an identifier") ? [gap] : [])),
  ).toEqual([{ where: `s3://${bucket}/till/….jsonl`, holdsIdentifier: true }]);
});

test("an object whose metadata holds an identifier is told: it goes along when the object is rewritten", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, "till/a.jsonl", ANN + BOB, { Metadata: { owner: "ann@shop.example" } });
  await store.put(bucket, "till/b.jsonl", BOB, { Metadata: { by: "mailto%3Aann%40shop.example", n: "1" } });
  await store.put(bucket, "till/c.jsonl", ANN, { Metadata: { owner: "joann@shop.example" } });
  await locateAll(systemOf(), io, till(bucket), lookups);
  expect(
    io.findings.flatMap(({ gap, message }) => (message.endsWith("its metadata holds an identifier") ? [gap] : [])),
  ).toEqual(["a", "b"].map((name) => ({ where: `s3://${bucket}/till/${name}.jsonl`, holdsIdentifier: true })));
});
