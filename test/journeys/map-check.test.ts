/** The data map held against living systems: what is added anywhere turns it red, by its name and at its line. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";
import { openShop, type Shop } from "../support/shop/shop.ts";

interface Seen {
  readonly code: string;
  readonly record: string;
  readonly column: string;
  readonly at: string;
  readonly message: string;
  readonly help: string;
}

function seen(said: Said, severity = "error"): Seen[] {
  return list(said.json, "data.findings")
    .filter((finding) => dig(finding, "severity") === severity)
    .map((finding) => ({
      code: String(dig(finding, "code")),
      record: String(dig(finding, "record")),
      column: textOf(dig(finding, "column")),
      at: `${String(dig(finding, "file"))}:${String(dig(finding, "line"))}`,
      message: String(dig(finding, "message")),
      help: String(dig(finding, "help")),
    }));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const short = (all: readonly Seen[]): string[] =>
  all.map(({ code, record, column }) => `${code} ${record} ${column}`.trim());

/** The line of the data map on which this stands. */
function lineOf(desk: Desk, text: string): string {
  const at = desk
    .read("datamap.yaml")
    .split("\n")
    .findIndex((line) => line.trim().startsWith(text));
  return `datamap.yaml:${at + 1}`;
}

async function database(name: string, sql: string): Promise<{ readonly client: Client; readonly url: string }> {
  const { url } = await (await postgresServer()).createDatabase(name);
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(sql);
  return { client, url };
}

describe("a schema as Rails makes it", () => {
  let desk: Desk;
  let client: Client;

  beforeAll(async () => {
    const made = await database(
      "rails_like",
      `create table users (id bigserial primary key, email varchar not null, name varchar, deleted_at timestamptz, created_at timestamptz not null default now());
       create unique index index_users_on_email on users (email); create index on users (email);
       create table posts (id bigserial primary key, user_id bigint not null references users, title varchar, state varchar check (state in ('draft', 'public')));
       create index on posts (user_id);
       create table delayed_jobs (id bigserial primary key, handler text not null, run_at timestamptz);
       create table schema_migrations (version varchar primary key);
       create table ar_internal_metadata (key varchar primary key, value varchar);
       create view active_users as select id, email, deleted_at from users;
       create function user_count() returns bigint language sql as $$ select count(*) from users where deleted_at is null $$;
       insert into users (email, name) values ('ann@rails.example', 'Ann');`,
    );
    client = made.client;
    desk = openDesk({ rails_db: made.url });
    desk.map(
      testMap({
        map: {
          owner: "dpo@rails.example",
          review_by: "2099-01-01",
          ignore: [
            "rails.schema_*",
            "rails.ar_internal_metadata",
            "rails.posts.id",
            "rails.users.created_at",
            "rails.users.name",
          ],
        },
        identities: { email: { type: "email", fold: [] } },
        conditions: { drafting: { says: "it is still a draft", where: { state: ["drafted"] } } },
        systems: {
          rails: {
            kind: "postgres",
            connect: { secret: "rails_db" },
            owner: "it@rails.example",
            records: {
              users: {
                match: { email: "email" },
                do: "soft-delete",
                soft_delete: { timestamp: "deleted_at" },
                purge_after: "14 days",
                purge: "anonymise",
                fields: { email: { set: "gone@rails.example" } },
              },
              posts: {
                match: { user_id: "rails.users.id" },
                do: "anonymise",
                fields: { title: "clear" },
                unless: "drafting",
              },
            },
          },
        },
      }),
    );
  });
  afterAll(async () => {
    await client?.end();
    desk?.[Symbol.dispose]();
  });

  test("what breaks soft delete, side stores, tombstones and conditions is found, and what stands there to copy mends it", async () => {
    const first = await desk.json(["map", "check"]);
    expect(first.code, first.out).toBe(2);
    const all = seen(first);
    expect(short(all).toSorted()).toEqual([
      "CONDITION_NEVER rails.posts state",
      "SIDE_STORE rails.delayed_jobs",
      "TOMBSTONE_BREAKS rails.users email",
      "UNIQUE_IGNORES_MARKER rails.users email",
      "VIEW_IGNORES_MARKER rails.users deleted_at",
    ]);
    expect(short(seen(first, "warning"))).toEqual(["NO_BASELINE", "PURGE_INDEX_MISSING rails.users deleted_at"]);
    const by = (code: string) => all.find((one) => one.code === code);
    expect(by("CONDITION_NEVER")?.at).toBe(lineOf(desk, "drafting:"));
    expect(by("VIEW_IGNORES_MARKER")?.message).toContain("active_users");
    expect(by("SIDE_STORE")?.at).toBe(lineOf(desk, "rails:"));

    // every statement that is offered is one that the server takes, and that mends what it was offered for
    for (const { help } of [...all, ...seen(first, "warning")]) {
      const copied = /To copy: (.*;)/u.exec(help)?.[1];
      if (copied !== undefined) await client.query(copied);
    }
    await client.query(
      "create or replace view active_users as select id, email, deleted_at from users where deleted_at is null",
    );
    const map = desk.read("datamap.yaml");
    desk.file(
      "datamap.yaml",
      map
        .replace("drafted", "draft")
        .replace("set: gone@rails.example", 'template: "gone+:random@invalid"')
        .replace("- rails.schema_*", "- rails.schema_*\n    - rails.delayed_jobs"),
    );
    const mended = await desk.json(["map", "check"]);
    expect(seen(mended)).toEqual([]);
    expect(short(seen(mended, "warning"))).toEqual(["NO_BASELINE"]);
    expect(mended.code).toBe(0);
    expect((await desk.json(["map", "check", "--strict"])).code).toBe(2);
    expect((await desk.json(["map", "check", "--min-coverage", "100"])).code).toBe(0);
    expect((await desk.json(["map", "accept", "--write"])).code).toBe(0);
    expect((await desk.json(["map", "check", "--strict"])).code).toBe(0);
  });

  test("the accepted structure has no value in it, and the same structure gives the same bytes", async () => {
    await desk.json(["map", "accept", "--write"]);
    const before = desk.read("datamap.lock.json");
    expect(before).not.toContain("ann@");
    await client.query("insert into users (email, name) values ('bob@rails.example', 'Bob')");
    await desk.json(["map", "accept", "--write"]);
    expect(desk.read("datamap.lock.json")).toBe(before);
    expect((await desk.json(["map", "accept"])).json).toMatchObject({ data: { written: false, changes: [] } });
  });

  test("a column, and a table that leads to a user, each turn it red; nothing is written anywhere", async () => {
    await desk.json(["map", "accept", "--write"]);
    const lock = desk.read("datamap.lock.json");
    await client.query("alter table posts add column author_phone varchar(40)");
    const column = await desk.json(["map", "check"]);
    expect(column.code).toBe(2);
    expect(short(seen(column))).toEqual(["COLUMN_NEW rails.posts author_phone"]);
    expect(seen(column)[0]?.at).toBe(lineOf(desk, "posts:"));
    const text = await desk.cli(["map", "check", "--plain"]);
    expect(text.out).toContain(`rails.posts (${lineOf(desk, "posts:")}): \`author_phone\``);
    await client.query("alter table posts drop column author_phone");

    await client.query(
      "create table comments (id bigserial primary key, author_id bigint references users, body text)",
    );
    const table = await desk.json(["map", "check"]);
    expect(short(seen(table))).toEqual(["TABLE_NEW rails.comments", "REFERENCE_UNMAPPED rails.comments author_id"]);
    expect(seen(table)[1]?.at).toBe(lineOf(desk, "users:"));
    await client.query("drop table comments");

    await client.query("alter table posts alter column title type text");
    expect(short(seen(await desk.json(["map", "check"])))).toEqual(["COLUMN_RETYPED rails.posts title"]);
    await client.query("alter table posts rename column title to heading");
    expect(short(seen(await desk.json(["map", "check"]))).toSorted()).toEqual([
      "COLUMN_GONE rails.posts title",
      "COLUMN_NEW rails.posts heading",
    ]);
    await client.query(
      "alter table posts rename column heading to title; alter table posts alter column title type varchar",
    );
    expect((await desk.json(["map", "check"])).code).toBe(0);
    expect(desk.read("datamap.lock.json")).toBe(lock);
    expect(existsSync(path.join(desk.folder, ".expunge"))).toBe(false);
  });

  test("a right that is missing is an error by the catalog alone, and a server that is not there ends with 4", async () => {
    const role = `checker_${process.pid}`;
    const { adminUrl } = await postgresServer();
    const url = new URL(String(dig(await client.query("select current_database() as name"), "rows.0.name")), adminUrl);
    const admin = new Client({ connectionString: url.href });
    await admin.connect();
    await admin.query(
      `create role ${role} login password 'p'; grant usage on schema public to ${role}; grant select on all tables in schema public to ${role}`,
    );
    try {
      url.username = role;
      url.password = "p";
      const limited = await desk.json(["map", "check"]);
      expect(limited.code).toBe(0);
      const said = await desk.cli(["map", "check", "--json"], { env: { EXPUNGE_SECRET_RAILS_DB: url.href } });
      expect(said.code).toBe(2);
      expect(new Set(seen(said).map(({ code }) => code))).toEqual(new Set(["RIGHT_MISSING"]));
      expect(seen(said).map(({ record }) => record)).toContain("rails.users");
    } finally {
      await admin.query(`drop owned by ${role}; drop role ${role}`);
      await admin.end();
    }
    const away = await desk.cli(["map", "check", "--json"], {
      env: { EXPUNGE_SECRET_RAILS_DB: "postgres://x@127.0.0.1:1/x" },
    });
    expect(away.code).toBe(4);
  });

  test("SARIF takes the envelope's place, with a place in the data map for every finding", async () => {
    await client.query("alter table posts add column author_phone varchar(40)");
    const said = await desk.cli(["map", "check", "--format", "sarif"]);
    await client.query("alter table posts drop column author_phone");
    expect(said.code).toBe(2);
    const sarif: unknown = JSON.parse(said.out);
    expect(sarif).toMatchObject({ version: "2.1.0", runs: [{ tool: { driver: { name: "expunge map check" } } }] });
    const [result] = list(sarif, "runs.0.results");
    expect(result).toMatchObject({
      ruleId: "COLUMN_NEW",
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "datamap.yaml" },
            region: { startLine: Number(lineOf(desk, "posts:").split(":")[1]) },
          },
        },
      ],
    });
    expect(JSON.parse((await desk.cli(["map", "check", "--format", "json"])).out)).toMatchObject({
      schema: "expunge/map-check/v1",
      ok: true,
    });
  });
});

test("on a schema with the tables of Northwind a column and a table each turn it red, with names as they are written", async () => {
  const { client, url } = await database(
    "northwind_like",
    `create table "Customers" ("CustomerID" varchar(5) primary key, "CompanyName" varchar(40) not null, "ContactName" varchar(30), "Phone" varchar(24));
     create table "Orders" ("OrderID" int primary key, "CustomerID" varchar(5) references "Customers", "ShipName" varchar(40), "ShipAddress" varchar(60));
     create index on "Orders" ("CustomerID");
     create table "Order Details" ("OrderID" int references "Orders", "ProductID" int, "Quantity" int, primary key ("OrderID", "ProductID"));
     create table "Products" ("ProductID" int primary key, "ProductName" varchar(40))`,
  );
  using desk = openDesk({ nw: url });
  desk.map(
    testMap({
      map: { owner: "dpo@nw.example", review_by: "2099-01-01", ignore: ["nw.Products", "nw.Order Details"] },
      identities: { code: { type: "string" } },
      systems: {
        nw: {
          kind: "postgres",
          connect: { secret: "nw" },
          owner: "it@nw.example",
          records: {
            customers: {
              table: "Customers",
              match: { CustomerID: "code" },
              do: "erase",
              fields: { CompanyName: { set: "gone" } },
            },
            orders: {
              table: "Orders",
              match: { CustomerID: "nw.customers.CustomerID" },
              do: "anonymise",
              fields: { CustomerID: "unlink", ShipName: "clear", ShipAddress: "clear", OrderID: "keep" },
            },
          },
        },
      },
    }),
  );
  await desk.json(["map", "accept", "--write"]);
  const clean = await desk.json(["map", "check", "--strict"]);
  expect(seen(clean), clean.out).toEqual([]);
  await client.query('alter table "Orders" add column "ShipPhone" varchar(24)');
  await client.query(
    'create table "Customer Notes" ("ID" int primary key, "Customer" varchar(5) references "Customers")',
  );
  const red = await desk.json(["map", "check"]);
  expect(red.code).toBe(2);
  expect(short(seen(red))).toEqual([
    "COLUMN_NEW nw.orders ShipPhone",
    "TABLE_NEW nw.Customer Notes",
    "REFERENCE_UNMAPPED nw.Customer Notes Customer",
  ]);
  expect(seen(red).map(({ at }) => at)).toEqual([
    lineOf(desk, "orders:"),
    lineOf(desk, "nw:"),
    lineOf(desk, "customers:"),
  ]);
  await client.end();
});

describe("the shop on its four systems", () => {
  let folder: string;
  let shop: Shop;
  let desk: Desk;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "expunge-test-map-check-"));
    shop = await openShop({ folder, count: 12 });
    desk = openDesk();
  }, 240_000);
  afterAll(async () => {
    await shop?.close();
    desk?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const check = async (): Promise<Said> =>
    await desk.cli(["map", "check", "--json", "--map", shop.map], { env: { ...shop.secrets } });
  const accept = async (): Promise<Said> =>
    await desk.cli(["map", "accept", "--write", "--json", "--map", shop.map], { env: { ...shop.secrets } });
  /** What is found beside what was found before. Indices come and go on a server that other tests share: theirs are not meant. */
  const added = async (before: readonly string[]): Promise<Seen[]> =>
    seen(await check()).filter(
      (one) =>
        !before.includes(`${one.code} ${one.record} ${one.column}`.trim()) &&
        !(/^TABLE_(?:NEW|GONE)$/u.test(one.code) && one.record.startsWith("search.")),
    );

  test("a column, a table with a foreign key, a field, a prefix and a CSV column each turn it red by name, at a line of the map", async () => {
    const dump = await shop.dump();
    expect((await accept()).code).toBe(0);
    const before = short(seen(await check()));
    const text = readFileSync(shop.map, "utf8").split("\n");
    const line = ({ at }: Seen): string => text[Number(at.split(":").at(-1)) - 1]?.trim() ?? "";

    const client = new Client({ connectionString: shop.postgres?.url });
    await client.connect();
    await client.query("alter table orders add column courier_phone text");
    const [column, ...others] = await added(before);
    expect([column?.code, column?.record, column?.column, others]).toEqual([
      "COLUMN_NEW",
      "shop.orders",
      "courier_phone",
      [],
    ]);
    expect(column === undefined ? "" : line(column)).toMatch(/^orders:/u);
    await client.query("alter table orders drop column courier_phone");

    await client.query("create table wishes (id int primary key, customer_id int references customers)");
    expect(short(await added(before))).toEqual(["TABLE_NEW shop.wishes", "REFERENCE_UNMAPPED shop.wishes customer_id"]);
    await client.query("drop table wishes");
    await client.end();

    const { url = "", reviews = "" } = shop.elasticsearch ?? {};
    await fetch(`${url}/${reviews}/_mapping`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ properties: { reviewer_phone: { type: "keyword" } } }),
    });
    const fields = await added(before);
    expect(fields.map(({ code, column: name }) => `${code} ${name}`)).toEqual(["FIELD_NEW reviewer_phone"]);
    const known = [...before, ...short(fields)];

    const { server, bucket = "" } = shop.s3 ?? {};
    if (server === undefined) throw new Error("the shop has no bucket");
    const s3 = new S3Client({
      endpoint: server.endpoint,
      region: server.region,
      forcePathStyle: true,
      credentials: server,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "passports/1017.jpg", Body: "jpg" }));
    const prefixes = await added(known);
    expect(short(prefixes)).toEqual([`PREFIX_NEW exports.${bucket}/passports/*.jpg`]);
    s3.destroy();

    const more = path.join(shop.marketing, "staff.csv");
    writeFileSync(more, "name,phone\n");
    expect(short(await added([...known, ...short(prefixes)]))).toEqual(["FILE_NEW marketing.staff.csv"]);
    rmSync(more);
    expect(dump.size).toBe(4);
  }, 240_000);
});

test("a column in a CSV file whose rows stay turns it red, at the line of its record type", async () => {
  using desk = openDesk();
  desk.file("data/lists/2026-10.csv", "E-Mail;Name\nann@shop.example;Ann\n");
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@shop.example",
          records: {
            lists: {
              files: ["lists/*.csv"],
              dialect: { delimiter: ";" },
              match: { "E-Mail": "email" },
              do: "anonymise",
              fields: { "E-Mail": "clear", Name: "clear" },
            },
          },
        },
      },
    }),
  );
  await desk.json(["map", "accept", "--write"]);
  const clean = await desk.json(["map", "check", "--strict"]);
  expect(clean.code, clean.out).toBe(0);
  desk.file("data/lists/2026-11.csv", "E-Mail;Name;Telefon\nann@shop.example;Ann;1\n");
  const red = await desk.json(["map", "check"]);
  expect(short(seen(red))).toEqual(["HEADER_NEW share.lists Telefon"]);
  expect(seen(red)[0]?.at).toBe(lineOf(desk, "lists:"));
  expect(red.out).not.toContain("ann@");
  desk.file("datamap.lock.json", "{}");
  expect((await desk.json(["map", "check"])).json).toMatchObject({ ok: false, error: { code: "LOCK_INVALID" } });
});
