/** The example shop on real servers: as many of its four systems as can be had. */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { elasticsearchServer, postgresServer, s3Server, type S3Server } from "../servers/servers.ts";
import { startIfMatchProxy } from "../servers/if-match-proxy.ts";
import { dumpElasticsearch, dumpFiles, dumpPostgres, dumpS3, type Dump } from "./dump.ts";
import { without } from "./map-without.ts";
import type { PeopleOptions } from "./people.ts";
import { seedElasticsearch } from "./seed-elasticsearch.ts";
import { seedFiles } from "./seed-files.ts";
import { seedPostgres } from "./seed-postgres.ts";
import { seedS3 } from "./seed-s3.ts";

const MANIFESTS = join(import.meta.dirname, "../../../manifests");

export const SHOP_SYSTEMS = ["shop", "search", "exports", "marketing"] as const;
export type ShopSystem = (typeof SHOP_SYSTEMS)[number];

export interface Shop {
  /** Holds datamap.yaml, its schema, and the marketing folder. */
  readonly folder: string;
  readonly map: string;
  /** Environment variables with the secrets that the data map names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Systems that could not be had: the map leaves them out. */
  readonly missing: readonly { readonly system: ShopSystem; readonly why: string }[];
  /** For looking with other clients: the database's owner, a superuser, the bucket, the indexes. */
  readonly postgres?: { readonly url: string; readonly adminUrl: string };
  readonly elasticsearch?: {
    readonly url: string;
    readonly customers: string;
    readonly reviews: string;
  };
  readonly s3?: { readonly server: S3Server; readonly bucket: string };
  readonly marketing: string;
  /** Everything the shop holds now, by system. */
  dump(): Promise<Map<ShopSystem, Dump>>;
  close(): Promise<void>;
}

export interface ShopOptions extends PeopleOptions {
  /** An empty folder, or one that is made. */
  readonly folder: string;
  /** Where only some are wanted; marketing's folder is always there. */
  readonly systems?: readonly ShopSystem[];
  /** Goes on without a system whose server cannot be had. Otherwise that is an error. */
  readonly mayMiss?: boolean;
  readonly progress?: (line: string) => void;
}

/** Seeds the shop's systems side by side. Names of buckets and indexes are its own, so that shops can share servers. */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const { folder, systems = SHOP_SYSTEMS, mayMiss = false, progress = () => {} } = options;
  const suffix = randomBytes(4).toString("hex");
  const marketing = join(folder, "marketing");
  mkdirSync(marketing, { recursive: true });
  const missing: { system: ShopSystem; why: string }[] = [];

  const system = async <T>(name: ShopSystem, open: () => Promise<T>): Promise<T | undefined> => {
    if (!systems.includes(name)) return undefined;
    try {
      return await open();
    } catch (error) {
      if (!mayMiss) throw error;
      missing.push({
        system: name,
        why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown",
      });
      return undefined;
    }
  };

  const [postgres, elasticsearch, s3] = await Promise.all([
    system("shop", async () => {
      const server = await postgresServer();
      const database = await server.createDatabase("shop");
      await seedPostgres(database.url, options);
      progress(`PostgreSQL ${server.version}: ${options.count} customers with orders, invoices and an audit trail`);
      return database;
    }),
    system("search", async () => {
      const server = await elasticsearchServer();
      const names = { customers: `shop-customers-${suffix}`, reviews: `shop-reviews-${suffix}` };
      await seedElasticsearch(server.url, names, options);
      progress(`Elasticsearch ${server.version}: the customers' search index and the reviews`);
      return { url: server.url, ...names };
    }),
    system("exports", async () => {
      const server = await s3Server();
      const bucket = `shop-exports-${suffix}`;
      await seedS3(server, bucket, options);
      // Ceph's own answers to If-Match are not what AWS gives
      const proxy = server.version.startsWith("Ceph") ? await startIfMatchProxy(server) : undefined;
      progress(`S3 (${server.version}): exports as CSV and JSONL, and portraits, in a versioned bucket`);
      return { server, bucket, proxy };
    }),
    system("marketing", async () => {
      seedFiles(marketing, options);
      progress("Files: marketing's shared folder");
    }),
  ]);

  const shipped = readFileSync(join(MANIFESTS, "shop/datamap.yaml"), "utf8")
    .replaceAll("shop-exports/", `shop-exports-${suffix}/`)
    .replaceAll(/index: (shop-\w+)/gu, `index: $1-${suffix}`);
  const absent = SHOP_SYSTEMS.filter((name) => !systems.includes(name) || missing.some((one) => one.system === name));
  const map = join(folder, "datamap.yaml");
  writeFileSync(map, without(shipped, absent));
  copyFileSync(join(MANIFESTS, "datamap.schema.json"), join(folder, "datamap.schema.json"));

  const secrets: Record<string, string> = {};
  if (postgres !== undefined) secrets["EXPUNGE_SECRET_SHOP_DB"] = postgres.url;
  if (elasticsearch !== undefined) secrets["EXPUNGE_SECRET_SHOP_SEARCH"] = elasticsearch.url;
  if (s3 !== undefined) {
    const { endpoint, region, accessKeyId, secretAccessKey } = {
      ...s3.server,
      ...(s3.proxy === undefined ? {} : { endpoint: s3.proxy.endpoint }),
    };
    secrets["EXPUNGE_SECRET_SHOP_EXPORTS"] = JSON.stringify({
      endpoint,
      region,
      accessKeyId,
      secretAccessKey,
      forcePathStyle: true,
    });
  }
  return {
    folder,
    map,
    secrets,
    missing,
    marketing,
    ...(postgres === undefined ? {} : { postgres }),
    ...(elasticsearch === undefined ? {} : { elasticsearch }),
    ...(s3 === undefined ? {} : { s3 }),
    async dump() {
      const dumps = new Map<ShopSystem, Dump>();
      if (postgres !== undefined) dumps.set("shop", await dumpPostgres(postgres.adminUrl));
      if (elasticsearch !== undefined)
        dumps.set(
          "search",
          await dumpElasticsearch(elasticsearch.url, [elasticsearch.customers, elasticsearch.reviews]),
        );
      if (s3 !== undefined) dumps.set("exports", await dumpS3(s3.server, s3.bucket));
      if (systems.includes("marketing")) dumps.set("marketing", dumpFiles(marketing));
      return dumps;
    },
    async close() {
      await s3?.proxy?.close();
    },
  };
}
