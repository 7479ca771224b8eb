import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RecordType, Where } from "../../../src/model/datamap.ts";
import type { Finding, Target } from "../../../src/model/search.ts";
import { expectNoIdentifier } from "../../contract/connector.contract.ts";
import { ANN } from "../../support/cast.ts";
import { eraseUnit, locateAll, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { targetOf } from "../../support/record-type.ts";
import { objectsOf, type RawStore, rawStore, systemOf } from "./store.ts";

let store: RawStore;
let io: TestIO;

beforeAll(async () => {
  store = await rawStore();
});
beforeEach(() => {
  io = testIO({ secrets: { store: store.secret() } });
});
afterAll(() => store.client.destroy());

const ann = (code: string) => [{ subject: 0, values: { ":code": [code] } }];
const target = (record: RecordType, exports: readonly string[] = []): Target =>
  targetOf(record, [{ column: ":code", type: "string", fold: [] }], exports);
const at = (bucket: string, path: string, more: Partial<RecordType> = {}) =>
  target(objectsOf([`s3://${bucket}/${path}`], more));

/** Finds and erases; what was found and what came of it. */
async function erase(where: Target, code: string) {
  const system = systemOf();
  const found = await locateAll(system, io, where, ann(code));
  const outcome = await eraseUnit(system, io, unitOf(where, ann(code), { kind: "delete" }, planned(found)));
  return { found, outcome };
}

async function check(where: Target): Promise<Finding[]> {
  await using reader = await systemOf().openReader(io);
  return await Array.fromAsync(reader.check([where]));
}

test("a condition reads an object's metadata, numbers by value; what objects do not have is an error, never no match", async () => {
  const bucket = await store.bucket();
  await store.client.send(
    new PutObjectCommand({ Bucket: bucket, Key: "a/4", Body: "x", Metadata: { due: "5.00", state: "open" } }),
  );
  const where = at(bucket, "a/:code");
  const found = async (filter: Where) =>
    (await locateAll(systemOf(), io, { ...where, where: filter }, ann("4"))).length;
  expect([
    await found({ "metadata.due": ["5"] }),
    await found({ "metadata.state": ["shut", "open"] }),
    await found({ ":code": ["4"] }),
  ]).toEqual([1, 1, 1]);
  expect([
    await found({ "metadata.due": ["6"] }),
    await found({ "metadata.none": ["open"] }),
    await found({ ":code": ["4"], "metadata.state": ["shut"] }),
  ]).toEqual([0, 0, 0]);
  await expect(found({ state: ["open"] })).rejects.toMatchObject({ code: "COLUMN_MISSING", exit: 65 });
  expect(await check({ ...where, where: { state: ["open"] } })).toMatchObject([
    { code: "COLUMN_MISSING", severity: "error", column: "state" },
  ]);
});

describe("in a versioned bucket", () => {
  const lookalikes = ["user-42.json", "user-4.json.bak", "user-4/extra.json", "user-4", "User-4.json", "user-4.jso"];

  test("three versions and a marker of exactly the key go, lookalikes keep every version", async () => {
    const bucket = await store.bucket("Enabled");
    for (const key of ["user-4.json", ...lookalikes])
      for (const text of ["one", "two", "three"]) await store.put(bucket, key, `${key} ${text}`);
    await store.remove(bucket, "user-4.json");
    await store.remove(bucket, "user-42.json");
    const before = await store.versions(bucket);
    const mine = before.filter(({ key }) => key === "user-4.json");
    expect([mine.length, mine.filter(({ marker }) => marker).length]).toEqual([4, 1]);
    const { found, outcome } = await erase(at(bucket, "user-:code.json"), "4");
    expect(found).toHaveLength(1);
    expect(outcome).toMatchObject({ matched: 1, affected: 1, alreadyGone: 0, blocked: 0, failed: 0 });
    expect(await store.versions(bucket)).toEqual(before.filter(({ key }) => key !== "user-4.json"));
  });

  test("killed half-way the newest version is still the one that is seen: no older one is ever shown again", async () => {
    const bucket = await store.bucket("Enabled");
    for (const text of ["one", "two", "three"]) await store.put(bucket, "a/4", text);
    const where = at(bucket, "a/:code");
    const system = systemOf();
    const unit = unitOf(where, ann("4"), { kind: "delete" }, planned(await locateAll(system, io, where, ann("4"))));
    const journal = testJournal({ at: killAt("effect_half") });
    await expect(eraseUnit(system, io, unit, journal)).rejects.toThrow(Killed);
    expect((await store.versions(bucket)).map(({ body, latest }) => [body, latest])).toEqual([["three", true]]);
    expect(await eraseUnit(system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 1,
      affected: 1,
      alreadyGone: 0,
    });
    expect(await store.versions(bucket)).toEqual([]);
  });

  test("a template that ends in its placeholder is no prefix", async () => {
    const bucket = await store.bucket("Enabled");
    for (const key of ["user-4", "user-42", "user-4/extra"]) await store.put(bucket, key, key);
    const before = await store.versions(bucket);
    const { outcome } = await erase(at(bucket, "user-:code"), "4");
    expect(outcome).toMatchObject({ matched: 1, affected: 1 });
    expect(await store.versions(bucket)).toEqual(before.filter(({ key }) => key !== "user-4"));
  });

  test("more than a thousand versions are found, counted as one object, and all go", async () => {
    const bucket = await store.bucket("Enabled");
    for (let done = 0; done < 1040; done += 40)
      await Promise.all(Array.from({ length: 40 }, async () => await store.put(bucket, "log/4", "x")));
    await store.put(bucket, "log/40", "stays");
    expect(await store.versions(bucket, "log/4")).toHaveLength(1041);
    const where = at(bucket, "log/:code");
    await using reader = await systemOf().openReader(io);
    expect(await reader.size(where)).toBe(2);
    const { found, outcome } = await erase(where, "4");
    expect(found).toHaveLength(1);
    expect(outcome).toMatchObject({ matched: 1, affected: 1 });
    expect((await store.versions(bucket)).map(({ key }) => key)).toEqual(["log/40"]);
  });

  test("`versions: latest` hides the object, leaves the rest, and says so", async () => {
    const bucket = await store.bucket("Enabled");
    for (const text of ["one", "two"]) await store.put(bucket, "a/4", text);
    const where = at(bucket, "a/:code", { versions: "latest" });
    const { found, outcome } = await erase(where, "4");
    expect(outcome).toMatchObject({ matched: 1, affected: 1 });
    expect(await store.get(bucket, "a/4")).toBeNull();
    expect((await store.versions(bucket)).filter(({ marker }) => !marker).map(({ body }) => body)).toEqual([
      "two",
      "one",
    ]);
    const system = systemOf();
    expect(await remainingOf(system, io, where, { change: { kind: "delete" }, records: planned(found) })).toEqual([]);
    await using reader = await system.openReader(io);
    expect(await Array.fromAsync(reader.residue(where))).toEqual([
      { system: "store", record: "objects", mechanism: "versions", goneBy: null },
    ]);
    expect(await locateAll(system, io, where, ann("4")), "hidden is not there any more").toEqual([]);
    // a second time no second marker
    await eraseUnit(system, io, unitOf(where, ann("4"), { kind: "delete" }, planned(found)));
    expect(await store.versions(bucket)).toHaveLength(3);
  });

  test("where a policy denies deleting versions the object fails, is still there, and others go", async () => {
    const bucket = await store.bucket("Enabled");
    for (const key of ["a/4", "b/4"]) for (const text of ["one", "two"]) await store.put(bucket, key, `${key} ${text}`);
    const Statement = [
      {
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:DeleteObjectVersion", "s3:DeleteObject"],
        Resource: `arn:aws:s3:::${bucket}/a/*`,
      },
    ];
    await store.client.send(
      new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
    );
    const before = await store.versions(bucket);
    const where = target(objectsOf([`s3://${bucket}/a/:code`, `s3://${bucket}/b/:code`]));
    const { outcome } = await erase(where, "4");
    expect(outcome).toMatchObject({
      matched: 1,
      affected: 1,
      failed: 1,
      reason: "access_denied",
      unresolved: [JSON.stringify([bucket, "a/4"])],
    });
    expect(await store.versions(bucket)).toEqual(before.filter(({ key }) => key === "a/4"));
  });
});

test("with suspended versioning old versions, the null version and its marker go", async () => {
  const bucket = await store.bucket("Enabled");
  for (const key of ["a/4", "a/5"]) await store.put(bucket, key, "old");
  await store.versioning(bucket, "Suspended");
  for (const key of ["a/4", "a/5"]) await store.put(bucket, key, "null version");
  for (const key of ["a/6", "a/7"]) await store.put(bucket, key, "null version, deleted");
  await store.remove(bucket, "a/6");
  const before = await store.versions(bucket);
  expect(before.filter(({ key }) => key === "a/4").map(({ id }) => id)).toContain("null");
  const where = at(bucket, "a/:code");
  expect((await erase(where, "4")).outcome).toMatchObject({ matched: 1, affected: 1 });
  expect((await erase(where, "6")).outcome).toMatchObject({ matched: 1, affected: 1 });
  expect(await store.versions(bucket)).toEqual(before.filter(({ key }) => key === "a/5" || key === "a/7"));
});

test("dots, slashes, percent signs and control characters in an identifier are characters of the key", async () => {
  const bucket = await store.bucket("Enabled");
  const codes = [
    "../x",
    "%2e%2e/x",
    "a%2Fb",
    "a+b c",
    "é",
    "e\u0301",
    "a\rb",
    "a\nb",
    "&<\"'>",
    "?x=1#y",
    "*",
    ":code",
    "$&",
  ];
  for (const code of [...codes, "x", "a/b", "a b c", "a%20b"]) await store.put(bucket, `in/${code}/doc`, code);
  await store.put(bucket, "x/doc", "outside");
  for (const code of codes) {
    const before = await store.versions(bucket);
    const { found, outcome } = await erase(at(bucket, "in/:code/doc"), code);
    expect([code, found.length, outcome.affected]).toEqual([code, 1, 1]);
    expect(await store.versions(bucket)).toEqual(before.filter(({ key }) => key !== `in/${code}/doc`));
  }
  expect((await store.versions(bucket)).map(({ body }) => body).toSorted()).toEqual([
    "a b c",
    "a%20b",
    "a/b",
    "outside",
    "x",
  ]);
});

test("a key longer than S3 knows is nobody's", async () => {
  const bucket = await store.bucket();
  await store.put(bucket, "a/4", "4");
  expect(await locateAll(systemOf(), io, at(bucket, "a/:code"), ann("4".repeat(1100)))).toEqual([]);
});

test("two placeholders name every pair of the person's values, and exports tell time and metadata", async () => {
  const bucket = await store.bucket();
  for (const key of ["a/4/x", "a/4/y", "a/5/x"]) await store.put(bucket, key, key, { Metadata: { No: key } });
  const where = target(objectsOf([`s3://${bucket}/a/:code/:name`]), ["last_modified", "metadata.no", ":name"]);
  const found = await locateAll(systemOf(), io, where, [
    { subject: 3, values: { ":code": ["4"], ":name": ["x", "y", "z"] } },
  ]);
  expect(
    found.map(({ subject, key, values }) => [subject, JSON.parse(key)[1], values["metadata.no"], values[":name"]]),
  ).toEqual([
    [3, "a/4/x", "a/4/x", "x"],
    [3, "a/4/y", "a/4/y", "y"],
  ]);
  for (const { values } of found) expect(values["last_modified"]).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/u);
});

describe("Object Lock", () => {
  const lockedBucket = async () => {
    const Bucket = `expunge-${randomBytes(6).toString("hex")}`;
    await store.client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    return Bucket;
  };

  test("a locked version is blocked with its date, and nothing is deleted or hidden", async () => {
    const bucket = await lockedBucket();
    const VersionId = await store.put(bucket, "a/4", "locked");
    await store.put(bucket, "a/4", "free");
    const until = new Date(Date.now() + 3_000);
    await store.client.send(
      new PutObjectRetentionCommand({
        Bucket: bucket,
        Key: "a/4",
        VersionId,
        Retention: { Mode: "COMPLIANCE", RetainUntilDate: until },
      }),
    );
    const before = await store.versions(bucket);
    const where = at(bucket, "a/:code");
    const early = { ...io, now: () => new Date() };
    const system = systemOf();
    const found = await locateAll(system, early, where, ann("4"));
    expect(found.map(({ blocked }) => blocked?.reason)).toEqual(["object_lock"]);
    expect(found[0]?.blocked?.until?.slice(0, 19)).toBe(until.toISOString().slice(0, 19));
    const outcome = await eraseUnit(system, early, unitOf(where, ann("4"), { kind: "delete" }, planned(found)));
    expect(outcome).toMatchObject({ matched: 0, affected: 0, blocked: 1, failed: 0, reason: "object_lock" });
    expect(await store.versions(bucket)).toEqual(before);
  });

  test("a legal hold blocks, and when it is lifted the object goes", async () => {
    const bucket = await lockedBucket();
    await store.put(bucket, "a/4", "held");
    const hold = async (Status: "ON" | "OFF") =>
      await store.client.send(new PutObjectLegalHoldCommand({ Bucket: bucket, Key: "a/4", LegalHold: { Status } }));
    await hold("ON");
    const where = at(bucket, "a/:code");
    const { found, outcome } = await erase(where, "4");
    expect(found.map(({ blocked }) => blocked)).toEqual([{ reason: "object_legal_hold" }]);
    expect(outcome).toMatchObject({ blocked: 1, reason: "object_legal_hold" });
    expect(await store.get(bucket, "a/4")).toBe("held");
    await hold("OFF");
    expect((await erase(where, "4")).outcome).toMatchObject({ matched: 1, affected: 1 });
    expect(await store.versions(bucket)).toEqual([]);
  });
});

describe("check", () => {
  test("names the template that no key fits, and only that one", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "a/4/x", "there");
    const findings = await check(
      target(objectsOf([`s3://${bucket}/a/:code/x`, `s3://${bucket}/b/:code`, `s3://${bucket}/a/:code/y`])),
    );
    expect(findings.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ["PATTERN_EMPTY", "empty", `no object fits s3://${bucket}/b/:code`],
      ["PATTERN_EMPTY", "empty", `no object fits s3://${bucket}/a/:code/y`],
    ]);
  });

  test("names a bucket that is not there", async () => {
    expect(await check(at("expunge-no-such-bucket", "a/:code"))).toMatchObject([
      { code: "TABLE_MISSING", severity: "error", message: 'there is no bucket "expunge-no-such-bucket"' },
    ]);
  });

  test.each(["t/_delta_log/0.json", "t/.hoodie/hoodie.properties", "t/metadata/v1.metadata.json"])(
    "refuses a table format: %s",
    async (sign) => {
      const bucket = await store.bucket();
      for (const key of [sign, "t/data/4.parquet", "plain/4.parquet"]) await store.put(bucket, key, "x");
      expect(await check(at(bucket, "t/data/:code.parquet"))).toMatchObject([
        { code: "TABLE_FORMAT", severity: "error" },
      ]);
      expect(await check(at(bucket, "plain/:code.parquet"))).toEqual([]);
    },
  );

  test("tells of uploads that were never completed, in check and as residue", async () => {
    const bucket = await store.bucket();
    await store.put(bucket, "a/4", "4");
    for (const Key of ["a/4", "b/4"])
      await store.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    const where = at(bucket, "a/:code");
    expect(await check(where)).toMatchObject([
      { code: "GAP", severity: "warning", message: expect.stringMatching(/^1 uploads/u) },
    ]);
    await using reader = await systemOf().openReader(io);
    expect((await Array.fromAsync(reader.residue(where))).map(({ mechanism }) => mechanism)).toEqual([
      "multipart_uploads",
    ]);
  });

  test("a bucket's policy that denies listing is NOT_PERMITTED, naming action and bucket", async () => {
    const bucket = await store.bucket();
    const Statement = [
      { Effect: "Deny", Principal: "*", Action: "s3:ListBucketVersions", Resource: `arn:aws:s3:::${bucket}` },
    ];
    await store.client.send(
      new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
    );
    expect(await check(at(bucket, "a/:code"))).toMatchObject([
      {
        code: "NOT_PERMITTED",
        severity: "error",
        message: `s3:ListBucketVersions is not permitted in the bucket "${bucket}"`,
      },
    ]);
  });
});

describe("errors", () => {
  const said = async (secret: string, where: Target): Promise<unknown> => {
    io = testIO({ secrets: { store: secret } });
    return await locateAll(systemOf(), io, where, [{ subject: 0, values: { ":code": [ANN.email ?? ""] } }]).catch(
      (error: unknown) => error,
    );
  };
  const secretWith = (more: object) => JSON.stringify({ ...JSON.parse(store.secret()), ...more });

  test("a wrong key, a wrong secret, a dead server and a missing bucket have their codes and no identifier", async () => {
    const bucket = await store.bucket();
    const where = at(bucket, "a/:code");
    const errors = [
      await said(secretWith({ accessKeyId: "nobody" }), where),
      await said(secretWith({ secretAccessKey: "wrong" }), where),
      await said(secretWith({ endpoint: "http://127.0.0.1:9" }), where),
      await said(store.secret(), at("expunge-no-such-bucket", "a/:code")),
      await said("canary, no JSON", where),
      await said(secretWith({ endpoint: "canary" }), where),
    ];
    expect(errors).toMatchObject([
      { code: "CREDENTIALS_REFUSED" },
      { code: "CREDENTIALS_REFUSED" },
      { code: "SYSTEM_UNREACHABLE" },
      { code: "TABLE_MISSING" },
      { code: "CREDENTIALS_REFUSED" },
      { code: "CREDENTIALS_REFUSED" },
    ]);
    expectNoIdentifier(errors);
    expect(JSON.stringify(errors.map(String))).not.toMatch(/canary|testsecret|wrong/u);
    for (const error of errors) expect(error).not.toHaveProperty("cause");
  });
});
