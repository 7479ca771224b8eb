/** The shop as it is where people are hidden first and go later: its markers, its member list, and the data map for it. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { send } from "./seed-elasticsearch.ts";
import type { Shop } from "./shop.ts";
import { without } from "./map-without.ts";

const MANIFESTS = join(import.meta.dirname, "../../../manifests");

export interface Member {
  readonly email: string;
  readonly name: string;
}

/** Adds what the shop needs for it, and writes the map into `folder`, which is made; secrets are the shop's. */
export async function withLifeCycle(shop: Shop, folder: string, members: readonly Member[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (shop.postgres !== undefined) {
    const client = new Client({ connectionString: shop.postgres.url });
    await client.connect();
    try {
      await client.query(readFileSync(join(MANIFESTS, "shop/life-cycle.sql"), "utf8"));
      await client.query("ANALYZE");
    } finally {
      await client.end();
    }
  }
  if (shop.elasticsearch !== undefined)
    await send(shop.elasticsearch.url, "PUT", `${shop.elasticsearch.customers}/_mapping`, {
      properties: { deleted_at: { type: "date" }, deleted_by: { type: "keyword" } },
    });
  mkdirSync(join(shop.marketing, "members"), { recursive: true });
  writeFileSync(
    join(shop.marketing, "members/tea-club.csv"),
    ["email,name,left_on", ...members.map(({ email, name }) => `${email},"${name}",`)]
      .map((line) => `${line}\r\n`)
      .join(""),
    { mode: 0o640 },
  );
  symlinkSync(shop.marketing, join(folder, "marketing"));
  const shipped = readFileSync(join(MANIFESTS, "shop/life-cycle.yaml"), "utf8")
    .replaceAll("shop-exports/", `${shop.s3?.bucket ?? "shop-exports"}/`)
    .replaceAll("index: shop-customers", `index: ${shop.elasticsearch?.customers ?? "shop-customers"}`)
    .replaceAll("index: shop-reviews", `index: ${shop.elasticsearch?.reviews ?? "shop-reviews"}`);
  writeFileSync(
    join(folder, "datamap.yaml"),
    without(
      shipped,
      shop.missing.map(({ system }) => system),
    ),
  );
  copyFileSync(join(MANIFESTS, "datamap.schema.json"), join(folder, "datamap.schema.json"));
}
