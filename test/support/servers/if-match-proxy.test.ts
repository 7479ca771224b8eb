import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startIfMatchProxy, type IfMatchProxy } from "./if-match-proxy.ts";
import { s3Server } from "./servers.ts";

let proxy: IfMatchProxy;
let direct: S3Client;
let through: S3Client;

beforeAll(async () => {
  const server = await s3Server();
  proxy = await startIfMatchProxy(server);
  const client = (endpoint: string) =>
    new S3Client({
      endpoint,
      region: server.region,
      forcePathStyle: true,
      credentials: server,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
  direct = client(server.endpoint);
  through = client(proxy.endpoint);
}, 600_000);

afterAll(async () => {
  direct.destroy();
  through.destroy();
  await proxy.close();
});

describe.each(["plain", "versioned"])("in a %s bucket", (kind) => {
  const Bucket = `proxy-${kind}-${randomBytes(4).toString("hex")}`;
  const Key = "folder/a key+ü%.json";
  let etag: string | undefined;

  beforeAll(async () => {
    await direct.send(new CreateBucketCommand({ Bucket }));
    if (kind === "versioned")
      await direct.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  });

  beforeEach(async () => {
    proxy.mode = "aws";
    etag = (await direct.send(new PutObjectCommand({ Bucket, Key, Body: "first" }))).ETag;
  });

  const put = async (Body: string, conditions: { IfMatch?: string; IfNoneMatch?: string }, key = Key) =>
    await through.send(new PutObjectCommand({ Bucket, Key: key, Body, ...conditions })).then(
      () => "written",
      (error: Error) => error.name,
    );
  const body = async () => await (await direct.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  test("a right If-Match writes, a stale one does not", async () => {
    const first = etag ?? "";
    expect(await put("second", { IfMatch: first })).toBe("written");
    expect(await put("third", { IfMatch: first })).toBe("PreconditionFailed");
    expect(await body()).toBe("second");
  });

  test("If-None-Match: * writes only where nothing is, and If-Match nowhere else", async () => {
    expect(await put("second", { IfNoneMatch: "*" })).toBe("PreconditionFailed");
    expect(await put("second", { IfMatch: etag ?? "" }, "no such key")).toBe("NoSuchKey");
    await direct.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await put("second", { IfNoneMatch: "*" })).toBe("written");
    expect(await body()).toBe("second");
  });

  test("of two writers with the same If-Match one wins", async () => {
    const results = await Promise.all([put("a", { IfMatch: etag ?? "" }), put("b", { IfMatch: etag ?? "" })]);
    expect(results.toSorted()).toEqual(["PreconditionFailed", "written"]);
  });

  test("a writer that comes between is seen, unless the gateway ignores conditions", async () => {
    const between = async () => await direct.send(new PutObjectCommand({ Bucket, Key, Body: "between" }));
    proxy.beforeNextPut((path) => path === `/${Bucket}/${Key}`, between);
    expect(await put("mine", { IfMatch: etag ?? "" })).toBe("PreconditionFailed");
    expect(await body()).toBe("between");
    proxy.mode = "ignores";
    expect(await put("mine", { IfMatch: etag ?? "" })).toBe("written");
    expect(await body()).toBe("mine");
  });

  test("a lost answer's write was carried out, and the client's retry is refused", async () => {
    proxy.loseNextAnswer((path) => path.endsWith(Key));
    expect(await put("second", { IfMatch: etag ?? "" })).toBe("PreconditionFailed");
    expect(await body()).toBe("second");
    expect(proxy.writes.slice(-2)).toEqual(Array(2).fill(`PUT /${Bucket}/${Key} if-match`));
  });

  test("what is listed is what the server has", async () => {
    const seen = await Promise.all(
      [direct, through].map(async (client) => (await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions),
    );
    expect(seen[1]).toEqual(seen[0]);
  });
});
