/** A PostgreSQL database and an index that something else fills from it: by the program, from plan to letter. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";
import { elasticsearchServer, postgresServer } from "../support/servers/servers.ts";

const ANN = "ann@copies.example";
const index = `copies-${process.pid}`;
let client: Client;
let desk: Desk;
let elasticsearch: string;

async function search(method: string, at: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${elasticsearch}${at}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status}`);
  return await answer.json();
}

/** `_id` -> document, by a client of its own. */
async function documents(): Promise<Readonly<Record<string, unknown>>> {
  await search("POST", `/${index}/_refresh`);
  const hits = list(await search("GET", `/${index}/_search?size=100&sort=id`), "hits.hits");
  return Object.fromEntries(hits.map((hit) => [String(dig(hit, "_id")), dig(hit, "_source")]));
}

/** What fills the index: it drops what the table has not any more. Nothing of expunge has a part in it. */
async function replay(): Promise<void> {
  const { rows } = await client.query<{ id: number }>("select id from people");
  const there = new Set(rows.map(({ id }) => String(id)));
  for (const id of Object.keys(await documents()))
    if (!there.has(id)) await search("DELETE", `/${index}/_doc/${id}?refresh=true`);
}

beforeAll(async () => {
  const [postgres, server] = await Promise.all([postgresServer(), elasticsearchServer()]);
  elasticsearch = server.url;
  const { url } = await postgres.createDatabase(`copies_${process.pid}`);
  client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query("create table people (id int primary key, email text not null, name text)");
  await search("PUT", `/${index}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: { properties: { id: { type: "integer" }, email: { type: "keyword" }, name: { type: "keyword" } } },
  });
  desk = openDesk({ shop_db: url, search: elasticsearch });
  await desk.json(["init"]);
  desk.map({
    ...testMap({
      systems: {
        shop: {
          kind: "postgres",
          connect: { secret: "shop_db" },
          records: { people: { match: { email: "email" }, do: "erase" } },
        },
        search: {
          kind: "elasticsearch",
          connect: { secret: "search" },
          copy_of: "shop.people",
          replays: "hard_delete",
          records: { people: { called: "search entries", index, match: { id: "shop.people.id" }, do: "erase" } },
        },
      },
    }),
    settle: "1 hour",
    clock: "test",
  });
});

afterAll(async () => {
  await client?.end();
  await search("DELETE", `/${index}`);
  desk?.[Symbol.dispose]();
});

async function seed(): Promise<void> {
  await client.query("truncate people");
  await client.query("insert into people values (1, $1, 'Ann'), (2, 'bob@copies.example', 'Bob')", [ANN]);
  for (const [id, email, name] of [
    [1, ANN, "Ann"],
    [2, "bob@copies.example", "Bob"],
  ])
    await search("PUT", `/${index}/_doc/${String(id)}?refresh=true`, { id, email, name });
}

const at = (time: string) => ({ env: { EXPUNGE_NOW: time } });
const NOW = at("2026-11-30T10:00:00Z");
const LATE = at("2026-11-30T11:00:00Z");

async function runFor(): Promise<string> {
  await seed();
  const opened = await desk.json(["request", "new", "--subject-file", "-"], {
    ...NOW,
    stdin: JSON.stringify({ email: ANN }),
  });
  const id = String(dig(list(opened.json, "data.requests")[0], "id"));
  await desk.json(["request", "identity", id, "--method", "letter", "--result", "ok"], NOW);
  const plan = await desk.cli(["plan", id], NOW);
  expect(plan.code).toBe(0);
  expect(plan.out).toContain("FOLLOW BY THEMSELVES 1");
  expect(plan.out).toMatch(/search\.people +1 +go with what they are copies of/u);
  expect(plan.out).toMatch(/1 erased, .*0 waiting, 1 following by themselves/u);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id], NOW);
  const run = await desk.json(["run", id, "--confirm", id], NOW);
  expect(run.code).toBe(0);
  expect((await client.query("select id from people")).rows).toEqual([{ id: 2 }]);
  // nothing of ours has touched it
  expect(Object.keys(await documents())).toEqual(["1", "2"]);
  return id;
}

const letter = async (id: string, kind: string, file: string): Promise<string> => {
  const { code } = await desk.json(["letter", id, "--kind", kind, "--format", "txt", "--out", file], LATE);
  return code === 0 ? desk.read(file).replaceAll(/\s+/gu, " ") : String(code);
};

it("an index that is slow is waited for, seen gone, and told as gone by itself in report and letter", async () => {
  const id = await runFor();
  const early = await desk.json(["verify", id], NOW);
  expect([early.code, dig(early.json, "data.state")]).toEqual([0, "settling"]);
  expect(await letter(id, "partial", "early.txt")).toContain("copies that go by themselves");
  const bob = (await documents())["2"];
  await replay();
  const seen = await desk.json(["verify", id], LATE);
  expect([seen.code, dig(seen.json, "data.state")]).toEqual([0, "closed"]);
  expect(await documents()).toEqual({ "2": bob });
  await desk.json(["report", id, "--out", "report"], LATE);
  const envelope: unknown = JSON.parse(desk.read(`report/${id}.report.json`));
  const summary = dig(JSON.parse(Buffer.from(String(dig(envelope, "payload")), "base64").toString()), "summary");
  expect(dig(summary, "sentence")).toBe(
    "1 record erased, 1 record gone by itself, as a copy of what went; a later look found nothing else. Copies that no erasure reaches yet are listed with their dates.",
  );
  expect(list(summary, "systems").find((line) => dig(line, "system") === "search")).toMatchObject({
    found: 1,
    already_gone: 1,
    followed: 1,
    waiting: 0,
    reason: null,
    status: "already_gone",
  });
  const final = await letter(id, "final", "final.txt");
  expect(final).toContain("search entries");
  expect(final).toContain("gone by themselves, as copies of what was erased");
});

it("an index that nobody fills any more is a finding, and a new plan erases from it", async () => {
  const id = await runFor();
  const seen = await desk.cli(["verify", id], LATE);
  expect(seen.code).toBe(2);
  expect(seen.out).toContain("1 left (it did not follow in time what it is a copy of)");
  expect(seen.out).toContain("Residual: 1 record still there. ");
  expect(seen.err).toContain(`expunge plan ${id}`);
  const open = await desk.json(["request", "close", id, "--reason", "enough"], LATE);
  expect(open.code).toBe(3);
  const again = await desk.json(["plan", id], LATE);
  expect(list(again.json, "data.plan.steps").map((step) => [dig(step, "system"), dig(step, "act")])).toEqual([
    ["shop", 0],
    ["search", 1],
  ]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id], LATE);
  expect((await desk.json(["run", id, "--confirm", id], LATE)).code).toBe(0);
  expect(Object.keys(await documents())).toEqual(["2"]);
});
