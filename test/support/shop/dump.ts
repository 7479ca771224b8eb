/** What each system holds, line by line, by clients that are not the tool's: equal dumps mean equal data. */
import { GetObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { Client } from "pg";
import type { S3Server } from "../servers/servers.ts";
import { send } from "./seed-elasticsearch.ts";
import { s3Client } from "./seed-s3.ts";

/** Where (a table, an index, a key with its version's age, a file) -> its lines. */
export type Dump = Map<string, readonly string[]>;

/** Every row of every table as text, in a fixed order. */
export async function dumpPostgres(url: string): Promise<Dump> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const dump: Dump = new Map();
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ line: string }>(
        `SELECT t::text AS line FROM "${name}" t ORDER BY t::text COLLATE "C"`,
      );
      dump.set(
        name,
        rows.map(({ line }) => line),
      );
    }
    return dump;
  } finally {
    await client.end();
  }
}

/** Every document: its id and its source. */
export async function dumpElasticsearch(url: string, indexes: readonly string[]): Promise<Dump> {
  const dump: Dump = new Map();
  for (const index of indexes) {
    await send(url, "POST", `${index}/_refresh`);
    const lines: string[] = [];
    const { id } = await send(url, "POST", `${index}/_pit?keep_alive=1m`);
    for (let after: unknown; ;) {
      const page = await send(url, "POST", "_search", {
        size: 5_000,
        pit: { id, keep_alive: "1m" },
        sort: [{ _shard_doc: "asc" }],
        ...(after === undefined ? {} : { search_after: after }),
      });
      const { hits } = page["hits"] as { hits: { _id: string; _source: unknown; sort: unknown }[] };
      if (hits.length === 0) break;
      for (const hit of hits) lines.push(`${hit._id} ${JSON.stringify(hit._source)}`);
      after = hits.at(-1)?.sort;
    }
    await send(url, "DELETE", "_pit", { id });
    dump.set(index, lines.toSorted());
  }
  return dump;
}

/** Every version and delete marker: its headers, then its lines. The newest version of a key is `KEY#0`. */
export async function dumpS3(server: S3Server, Bucket: string): Promise<Dump> {
  const client = s3Client(server);
  try {
    const dump: Dump = new Map();
    const ages = new Map<string, number>();
    let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (;;) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, ...from }));
      for (const marker of page.DeleteMarkers ?? []) dump.set(`${marker.Key}#marker`, []);
      for (const version of page.Versions ?? []) {
        const key = version.Key ?? "";
        const age = ages.get(key) ?? 0;
        ages.set(key, age + 1);
        const object = await client.send(new GetObjectCommand({ Bucket, Key: key, VersionId: version.VersionId }));
        const headers = JSON.stringify([object.ContentType, object.CacheControl, object.Metadata]);
        const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
        dump.set(`${key}#${age}`, [headers, ...linesOf(bytes)]);
      }
      if (page.IsTruncated !== true) return dump;
      from = {
        ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
        ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
      };
    }
  } finally {
    client.destroy();
  }
}

/** Every file, unpacked where it is packed. */
export function dumpFiles(root: string): Dump {
  const dump: Dump = new Map();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }).toSorted((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  )) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    dump.set(relative(root, path), linesOf(path.endsWith(".gz") ? gunzipSync(bytes) : bytes));
  }
  return dump;
}

/** With their line ends: joined, they are the bytes again. */
function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString("utf8");
  const lossless = Buffer.from(text).equals(bytes) ? text : bytes.toString("latin1");
  return lossless.split(/(?<=\n)/u);
}
