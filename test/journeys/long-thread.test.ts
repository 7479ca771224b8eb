/** More answers to answers than reach an eraser at once, on a real server. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, openDesk, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

const COUNT = 4200;
let desk: Desk;
let client: Client;

beforeAll(async () => {
  const server = await postgresServer();
  const { url } = await server.createDatabase("forum");
  client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  desk = openDesk({ forum: url });
  await desk.json(["init"]);
  desk.map(
    testMap({
      limits: { max_records: 10_000, max_fraction: 1, max_fan_out: 10_000 },
      identities: { email: { type: "email" } },
      systems: {
        forum: {
          kind: "postgres",
          connect: { secret: "forum" },
          owner: "it@forum.example",
          records: { comments: { match: { email: "email" }, do: "erase" } },
        },
      },
    }),
  );
});
afterAll(async () => {
  await client?.end();
  desk?.[Symbol.dispose]();
});

const left = async () =>
  (await client.query<{ row: string }>("SELECT t::text AS row FROM comments t ORDER BY id")).rows.map(({ row }) => row);

test("a long thread whose answers cascade goes in parts, children first, and what others wrote stays as it is", async () => {
  await client.query(
    `CREATE TABLE comments (id int PRIMARY KEY, email text, parent int REFERENCES comments ON DELETE CASCADE);
       CREATE INDEX ON comments (parent);
       INSERT INTO comments SELECT n, 'mara@mail.example', CASE WHEN n = 1 THEN NULL ELSE greatest(1, n / 3) END FROM generate_series(1, ${COUNT}) n;
       INSERT INTO comments VALUES (100001, 'nora@mail.example', NULL), (100002, 'nora@mail.example', 100001)`,
  );
  expect(await left()).toHaveLength(COUNT + 2);
  const { plan, run, verify } = await desk.through(await desk.open({ email: "mara@mail.example" }));
  expect(plan.code).toBe(0);
  expect(run?.json).toMatchObject({ exit: 0, steps: [{ status: "deleted", affected: COUNT, gone: COUNT }] });
  expect(dig(verify?.json, "data.state")).toBe("closed");
  expect(await left()).toEqual(["(100001,nora@mail.example,)", "(100002,nora@mail.example,100001)"]);
});
