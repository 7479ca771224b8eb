/** Who marked a record, as the database itself is told by `session`: a real PostgreSQL, from plan to undo. */
import { Client } from "pg";
import { expect, test } from "vitest";
import { openDesk, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

const ANN = "ann@marked.example";
const ID = "R-2026-0001";

test("`by` bears what `session` sets, with the request's id, and undo takes it away again", async () => {
  const server = await postgresServer();
  const { url } = await server.createDatabase(`marked_by_${process.pid}`);
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  using desk = openDesk({ shop_db: url });
  try {
    await client.query(`create table people (id int primary key, email text, gone_at timestamptz, gone_by varchar(30));
      insert into people values (1, '${ANN}', null, null), (2, 'bob@marked.example', null, null)`);
    const rows = async () => (await client.query("select * from people order by id")).rows;
    const before = await rows();
    await desk.json(["init"]);
    desk.map(
      testMap({
        systems: {
          shop: {
            kind: "postgres",
            connect: { secret: "shop_db" },
            session: { statement_timeout: "1min", "app.actor": "privacy desk, :request" },
            records: {
              people: {
                match: { email: "email" },
                do: "soft-delete",
                soft_delete: { timestamp: "gone_at", by: "gone_by" },
                restore_window: "7 days",
                purge_after: "14 days",
              },
            },
          },
        },
      }),
    );
    const id = await desk.open({ email: ANN });
    expect(id).toBe(ID);
    for (const args of [
      ["plan", id],
      ["approve", id, "--as", "olga", "--confirm", id],
      ["run", id, "--confirm", id],
    ])
      expect([args[0], (await desk.json(args)).code]).toEqual([args[0], 0]);
    const [ann, bob] = await rows();
    expect(ann?.["gone_by"]).toBe("privacy desk, R-2026-0001");
    expect(ann?.["gone_at"]).toBeInstanceOf(Date);
    expect(bob).toEqual(before[1]);
    expect((await desk.json(["undo", id, "--confirm", id])).code).toBe(0);
    expect(await rows()).toEqual(before);
  } finally {
    await client.end();
  }
});
