/** A small world on all four kinds of system: a table with a child and an audit trail, an index, objects in a versioned bucket, a CSV. */
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Client } from "pg";
import { type Desk, list, openDesk, testMap } from "./desk.ts";
import { elasticsearchServer, postgresServer, s3Server } from "./servers/servers.ts";

export interface FourSystems extends AsyncDisposable {
  readonly desk: Desk;
  /** Everyone in every system; whatever was there is replaced. */
  seed(people: readonly Person[]): Promise<void>;
  /** Every record of every system through raw clients: `shop.orders/3` -> its content. */
  dump(): Promise<Record<string, string>>;
}

export interface Person {
  readonly id: number;
  readonly email: string;
}

export const person = (id: number): Person => ({ id, email: `person-${id}@kill.example` });

export async function openFourSystems(name: string): Promise<FourSystems> {
  const slug = `${name}-${process.pid}`;
  const [postgres, s3, elasticsearch] = await Promise.all([postgresServer(), s3Server(), elasticsearchServer()]);
  const { url } = await postgres.createDatabase(slug.replaceAll("-", "_"));
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(`
    create table customers (id int primary key, email text not null);
    create table orders (id int primary key, customer_id int not null references customers, note text);
    create index on orders (customer_id);
    create table trail (id serial primary key, customer_id int, changes jsonb);
    create function note() returns trigger language plpgsql as $$ begin insert into trail (customer_id, changes) values (old.id, jsonb_build_object('email', old.email)); return null; end $$;
    create trigger note after update or delete on customers for each row execute function note()`);
  const credentials = { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey };
  const objects = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const Bucket = slug.toLowerCase();
  await objects.send(new CreateBucketCommand({ Bucket }));
  await objects.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  const index = `${slug}-customers`;
  const search = async (method: string, at: string, body?: string): Promise<unknown> => {
    const answer = await fetch(`${elasticsearch.url}${at}`, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { "content-type": at.startsWith("/_bulk") ? "application/x-ndjson" : "application/json" },
    });
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status}`);
    return answer.json();
  };
  await search(
    "PUT",
    `/${index}`,
    JSON.stringify({
      settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: "-1" },
      mappings: { properties: { email: { type: "keyword" }, n: { type: "integer" } } },
    }),
  );

  const secrets = {
    shop_db: url,
    search: elasticsearch.url,
    store: JSON.stringify({
      endpoint: s3.endpoint,
      region: s3.region,
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
      forcePathStyle: true,
    }),
  };
  // for what this process does itself
  for (const [secret, value] of Object.entries(secrets)) process.env[`EXPUNGE_SECRET_${secret.toUpperCase()}`] = value;
  const desk = openDesk(secrets);
  const byEmail = { match: { email: "email" } };
  await desk.json(["init"]);
  desk.map(
    testMap({
      clock: "test",
      systems: {
        shop: {
          kind: "postgres",
          connect: { secret: "shop_db" },
          owner: "it@kill.example",
          records: {
            customers: { ...byEmail, do: "erase" },
            orders: { match: { customer_id: "shop.customers.id" }, do: "erase" },
            trail: {
              audit_of: "shop.customers",
              match: { customer_id: "shop.customers.id" },
              do: "redact",
              in: "changes",
              paths: { email: "clear" },
            },
          },
        },
        search: {
          kind: "elasticsearch",
          connect: { secret: "search" },
          owner: "it@kill.example",
          records: { customers: { index, ...byEmail, do: "erase" } },
        },
        exports: {
          kind: "s3",
          connect: { secret: "store" },
          owner: "it@kill.example",
          records: {
            orders: { files: [`s3://${Bucket}/orders/*.jsonl`], ...byEmail, do: "remove-rows", versions: "all" },
          },
        },
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@kill.example",
          records: { lists: { files: ["*.csv"], ...byEmail, do: "remove-rows" } },
        },
      },
    }),
  );

  return {
    desk,
    async seed(people) {
      const ids = people.map((one) => one.id);
      const emails = people.map((one) => one.email);
      await client.query("truncate customers, orders, trail restart identity");
      await client.query("insert into customers select * from unnest($1::int[], $2::text[])", [ids, emails]);
      await client.query("insert into orders select id * 10 + n, id, 'order' from customers, generate_series(1, 2) n");
      await client.query(
        `insert into trail (customer_id, changes) select id, jsonb_build_object('email', email, 'kept', true) from customers`,
      );
      const lines = people.flatMap((one) => [
        JSON.stringify({ index: { _index: index, _id: String(one.id) } }),
        JSON.stringify({ email: one.email, n: one.id }),
      ]);
      await search("POST", "/_bulk?refresh=true", `${lines.join("\n")}\n`);
      const body = people.map((one) => `${JSON.stringify({ order: one.id, email: one.email })}\n`).join("");
      // an older version holds everyone too
      for (const Body of [`${body}{"order":0,"email":"old@kill.example"}\n`, body])
        await objects.send(
          new PutObjectCommand({ Bucket, Key: "orders/all.jsonl", Body, ContentType: "application/x-ndjson" }),
        );
      desk.file("data/list.csv", `id,email\r\n${people.map((one) => `${one.id},${one.email}\r\n`).join("")}`);
    },
    async dump() {
      const all: Record<string, string> = {};
      for (const table of ["customers", "orders", "trail"]) {
        for (const row of (await client.query(`select id, t::text as row from ${table} t order by id`)).rows)
          all[`shop.${table}/${row.id}`] = row.row;
      }
      await search("POST", `/${index}/_refresh`);
      const found = await search("POST", `/${index}/_search`, JSON.stringify({ size: 1000, query: { match_all: {} } }));
      for (const hit of list(found, "hits.hits"))
        all[`search.customers/${String(hit["_id"])}`] = JSON.stringify(hit["_source"]);
      const versions = await objects.send(new ListObjectVersionsCommand({ Bucket }));
      for (const version of versions.Versions ?? []) {
        const body = await (
          await objects.send(new GetObjectCommand({ Bucket, Key: version.Key, VersionId: version.VersionId }))
        ).Body?.transformToString();
        // version ids differ from run to run; how many there are does not
        all[`exports/${version.Key}/${version.IsLatest === true ? "latest" : "older"}`] = body ?? "";
      }
      for (const marker of versions.DeleteMarkers ?? []) all[`exports/${marker.Key}/marker`] = "marker";
      all["share/list.csv"] = desk.read("data/list.csv");
      return all;
    },
    async [Symbol.asyncDispose]() {
      objects.destroy();
      await search("DELETE", `/${index}`);
      await client.end();
      desk[Symbol.dispose]();
    },
  };
}
