/** Buckets for tests, looked at and filled by a raw client that the connector never sees. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import type { System } from "../../../src/port/connector.ts";
import { connector } from "../../../connectors/s3/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import { recordType } from "../../support/record-type.ts";
import { type S3Server } from "../../support/servers/radosgw.ts";
import { s3Server } from "../../support/servers/servers.ts";

export interface Shelf {
  readonly key: string;
  readonly id: string;
  readonly latest: boolean;
  readonly marker: boolean;
  readonly body: string;
}

export interface RawStore {
  readonly server: S3Server;
  readonly client: S3Client;
  /** A new bucket with a name of its own. */
  bucket(versioning?: "Enabled" | "Suspended"): Promise<string>;
  versioning(bucket: string, status: "Enabled" | "Suspended"): Promise<void>;
  put(bucket: string, key: string, body: string | Uint8Array, more?: Partial<PutObjectCommandInput>): Promise<string>;
  remove(bucket: string, key: string, version?: string): Promise<void>;
  /** The object as it is seen; null where there is none. */
  get(bucket: string, key: string): Promise<string | null>;
  /** Every version and marker, in the server's order. */
  versions(bucket: string, prefix?: string): Promise<Shelf[]>;
  uploads(bucket: string): Promise<number>;
  /** Every version and marker goes. */
  empty(bucket: string): Promise<void>;
  /** What `connect.secret` reads. */
  secret(endpoint?: string): string;
}

export async function rawStore(): Promise<RawStore> {
  const server = await s3Server();
  const client = new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: server,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const text = async (Bucket: string, Key: string, VersionId?: string): Promise<string> => {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }),
    );
    return (await Body?.transformToString("latin1")) ?? "";
  };
  const setVersioning = async (Bucket: string, Status: "Enabled" | "Suspended"): Promise<void> => {
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  };
  const remove = async (Bucket: string, Key: string, VersionId?: string): Promise<void> => {
    await client.send(new DeleteObjectCommand({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }));
  };
  return {
    server,
    client,
    async bucket(versioning) {
      const Bucket = `expunge-${randomBytes(6).toString("hex")}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      if (versioning !== undefined) await setVersioning(Bucket, "Enabled");
      if (versioning === "Suspended") await setVersioning(Bucket, "Suspended");
      return Bucket;
    },
    versioning: setVersioning,
    async put(Bucket, Key, Body, more = {}) {
      return (await client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))).VersionId ?? "null";
    },
    remove,
    async empty(Bucket) {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
      await Promise.all(
        [...Versions, ...DeleteMarkers].map(
          async ({ Key = "", VersionId }) => await remove(Bucket, Key, VersionId === "null" ? undefined : VersionId),
        ),
      );
    },
    async get(bucket, key) {
      return await text(bucket, key).catch((error: unknown) => {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      });
    },
    async versions(Bucket, Prefix = "") {
      const shelves: Shelf[] = [];
      let markers = {};
      for (;;) {
        const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...markers }));
        shelves.push(
          ...(await Promise.all(
            (page.Versions ?? []).map(async ({ Key = "", VersionId = "null", IsLatest = false, Size }) => ({
              key: Key,
              id: VersionId,
              latest: IsLatest,
              marker: false,
              body: Size === 0 ? "" : await text(Bucket, Key, VersionId),
            })),
          )),
        );
        for (const { Key = "", VersionId = "null", IsLatest = false } of page.DeleteMarkers ?? [])
          shelves.push({ key: Key, id: VersionId, latest: IsLatest, marker: true, body: "" });
        if (page.IsTruncated !== true) return shelves;
        markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
    },
    async uploads(Bucket) {
      return (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.length ?? 0;
    },
    secret: (endpoint = server.endpoint) =>
      JSON.stringify({
        endpoint,
        region: server.region,
        accessKeyId: server.accessKeyId,
        secretAccessKey: server.secretAccessKey,
        forcePathStyle: true,
      }),
  };
}

/** The connector, configured for the secret `store`. */
export function systemOf(unsafeOverwrite?: boolean, records: readonly RecordType[] = []): System {
  const block: SystemBlock = {
    name: "store",
    kind: "s3",
    rank: "file",
    connect: { secret: "store", ...(unsafeOverwrite === undefined ? {} : { unsafeOverwrite }) },
    feeds: [],
    session: {},
    records,
    covers: [],
    at: { line: 1, column: 1 },
  };
  return connector.configure(block);
}

export function objectsOf(templates: readonly string[], more: Partial<RecordType> = {}): RecordType {
  return recordType({
    system: "store",
    name: "objects",
    place: { kind: "keys", templates },
    do: "erase",
    match: { mode: "any", terms: [{ column: ":code", source: { kind: "identity", identity: "code" } }] },
    ...more,
  });
}

export function filesOf(globs: readonly string[], more: Partial<RecordType> = {}): RecordType {
  return recordType({ system: "store", name: "files", place: { kind: "files", globs }, do: "remove-rows", ...more });
}
