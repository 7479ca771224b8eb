/** One person of a batch whom something stands against stops nobody else. */
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Desk, dig, openDesk, steps, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

let client: Client;
let desk: Desk;

beforeEach(async () => {
  const { url } = await (await postgresServer()).createDatabase(`batch_${process.pid}`);
  client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  desk = openDesk({ shop: url });
  await desk.json(["init"]);
});
afterEach(async () => {
  await client.end();
  desk[Symbol.dispose]();
});

const rows = async (sql: string): Promise<unknown[]> =>
  (await client.query({ text: sql, rowMode: "array" })).rows.flat();

test("a comment that cannot go keeps its author, and neither the comments nor the rows of the others", async () => {
  await client.query(`create table users (id int primary key, email text); create table comments (id int primary key, author int references users, body text);
    insert into users values (1, 'ann@x.example'), (2, 'bob@x.example'), (3, 'cat@x.example'), (4, 'dan@x.example'); insert into comments values (10, 1, 'a'), (20, 2, 'b'), (30, 3, 'c'), (31, 3, 'd');
    create function refuse() returns trigger language plpgsql as $$ begin if old.id = 30 then raise exception 'no'; end if; return old; end $$; create trigger refuse before delete on comments for each row execute function refuse()`);
  desk.map(
    testMap({
      systems: {
        shop: {
          kind: "postgres",
          connect: { secret: "shop" },
          owner: "it@x.example",
          records: {
            users: { match: { email: "email" }, do: "erase" },
            comments: { match: { author: "shop.users.id" }, do: "erase" },
          },
        },
      },
    }),
  );
  const id = await desk.open(
    [{ email: "ann@x.example" }, { email: "bob@x.example" }, { email: "cat@x.example" }],
    "--batch",
  );
  const first = await desk.through(id);
  const users = steps(first.run)["shop.users"];
  expect([first.run?.code, users?.["deleted"], users?.["blocked"], users?.["reason"], users?.["gone"]]).toEqual([
    5,
    2,
    1,
    "not_its_turn",
    2,
  ]);
  expect([await rows("select id from users order by id"), await rows("select id from comments order by id")]).toEqual([
    [3, 4],
    [30],
  ]);
  // once nothing stands against it any more, the same command ends the rest
  await client.query("drop trigger refuse on comments");
  const again = await desk.json(["run", id, "--confirm", id]);
  expect([again.code, steps(again)["shop.users"]?.["deleted"], steps(again)["shop.comments"]?.["deleted"]]).toEqual([
    0, 3, 4,
  ]);
  expect(dig((await desk.json(["verify", id])).json, "data.state")).toBe("closed");
  expect(await rows("select id from users")).toEqual([4]);
});
