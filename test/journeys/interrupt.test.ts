/** Ctrl-C in the middle of a run: the record at hand is finished, exit 130, and the same command goes on. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, openDesk, steps, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

let client: Client;
let desk: Desk;

beforeAll(async () => {
  const { url } = await (await postgresServer()).createDatabase("interrupt");
  client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(
    "create table leads (id int primary key, email text); insert into leads values (1, 'ann@x.example'), (2, 'bob@x.example')",
  );
  desk = openDesk({ shop: url });
  await desk.json(["init"]);
  desk.map(
    testMap({
      systems: {
        shop: {
          kind: "postgres",
          connect: { secret: "shop" },
          owner: "it@x.example",
          records: { leads: { match: { email: "email" }, do: "erase" } },
        },
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  desk.file("data/a.csv", "email\nann@x.example\nbob@x.example\n");
});
afterAll(async () => {
  await client?.end();
  desk?.[Symbol.dispose]();
});

/** What a run says, and when, depends on the machine: only a lock that it waits for shows that it has begun to act. Other tests wait for locks in databases of their own. */
async function isWaiting(): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())",
  );
  return (rowCount ?? 0) > 0;
}

test("Ctrl-C stops a run with 130 before the next system is begun, and the same command ends it", async () => {
  const id = await desk.open({ email: "ann@x.example" });
  for (const args of [
    ["plan", id],
    ["approve", id, "--confirm", id],
  ])
    expect((await desk.json(args)).code).toBe(0);
  // a lock keeps the run inside its first system
  await client.query("begin; lock table leads in share mode");
  const stopped = await desk.cli(["run", id, "--confirm", id, "--no-input"], {
    signalAfter: { signal: "SIGINT", when: isWaiting },
  });
  expect(stopped.code, stopped.err).toBe(130);
  expect(desk.read("data/a.csv")).toContain("ann@x.example");
  await client.query("rollback");
  const state = await desk.json(["request", "show", id]);
  expect(dig(state.json, "data.requests.0.state")).toBe("running");
  const again = await desk.json(["run", id, "--confirm", id]);
  expect(again.code, again.out).toBe(0);
  expect(Object.values(steps(again)).map((step) => [step["matched"], step["affected"], step["gone"]])).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
  expect((await client.query("select id from leads")).rows).toEqual([{ id: 2 }]);
  expect(desk.read("data/a.csv")).toBe("email\nbob@x.example\n");
  expect(dig((await desk.json(["verify", id])).json, "data.state")).toBe("closed");
});
