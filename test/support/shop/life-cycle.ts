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

/** Every line but those of the trail that the work itself has left; of objects the newest version, where no marker hides it. */
export function linesOf(dumps: Awaited<ReturnType<Shop["dump"]>>): string[] {
  const lines: string[] = [];
  for (const [system, dump] of dumps)
    for (const [name, those] of dump) {
      if (/#(?!0$)/u.test(name) || dump.has(`${name.replace(/#0$/u, "")}#marker`)) continue;
      for (const line of those)
        if (name !== "customers_audit" || !line.includes('"expunge '))
          lines.push(`${system} ${name.split("#")[0]} ${line}`);
    }
  return lines.toSorted();
}

/** The first lines that are not among the second; equal ones are counted. */
export function minus(before: readonly string[], after: readonly string[]): string[] {
  const there = new Map<string, number>();
  for (const line of after) there.set(line, (there.get(line) ?? 0) + 1);
  return before.filter((line) => {
    const count = there.get(line) ?? 0;
    there.set(line, count - 1);
    return count <= 0;
  });
}
