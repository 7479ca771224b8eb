/** Hidden at once, brought back, hidden again, gone for good on its day: what is said and signed at each point. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const DUE = "D-2026-0001";
const LIVE = { id: 1, email: "ann@x.example", name: "Ann", deleted_at: null };
const BOB = { id: 2, email: "bob@x.example", name: "Bob", deleted_at: null };

function rows(desk: Desk): readonly unknown[] {
  using database = new DatabaseSync(path.join(desk.folder, "shop.db"), { readOnly: true });
  return database
    .prepare("select * from people order by id")
    .all()
    .map((row) => ({ ...row }));
}

test("a record is hidden, brought back, hidden again and gone on its day; report and letter never say more", async () => {
  using desk = openDesk();
  {
    using database = new DatabaseSync(path.join(desk.folder, "shop.db"));
    database.exec(`create table people (id integer primary key, email text, name text, deleted_at text);
      insert into people values (1, 'ann@x.example', 'Ann', null), (2, 'bob@x.example', 'Bob', null)`);
  }
  desk.map({
    ...testMap({
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "shop.db" },
          owner: "it@x.example",
          records: {
            people: {
              called: "customer records",
              match: { email: "email" },
              do: "soft-delete",
              soft_delete: { timestamp: "deleted_at" },
              restore_window: "7 days",
              purge_after: "14 days",
            },
          },
        },
      },
    }),
    settle: "0 days",
    clock: "test",
  });
  const at = (day: string) => ({ env: { EXPUNGE_NOW: `${day}T10:00:00Z` } });
  const through = async (id: string, day: string) => {
    for (const args of [
      ["approve", id, "--as", "olga", "--confirm", id],
      ["run", id, "--confirm", id],
      ["verify", id],
    ])
      expect([args[0], (await desk.json(args, at(day))).code]).toEqual([args[0], 0]);
  };
  const sentence = async (day: string): Promise<unknown> => {
    await desk.json(["report", ID, "--out", `report-${day}`], at(day));
    const envelope: unknown = JSON.parse(desk.read(`report-${day}/${ID}.report.json`));
    const payload: unknown = JSON.parse(Buffer.from(String(dig(envelope, "payload")), "base64").toString());
    return dig(payload, "summary.sentence");
  };
  const letter = async (kind: string, day: string): Promise<string> => {
    await desk.json(["letter", ID, "--kind", kind, "--format", "txt", "--out", `${kind}-${day}.txt`], at(day));
    return readFileSync(path.join(desk.folder, `${kind}-${day}.txt`), "utf8").replaceAll(/\s+/gu, " ");
  };
  await desk.json(["init"], at("2026-11-30"));
  await desk.json(["request", "new", "--subject-file", "-"], {
    ...at("2026-11-30"),
    stdin: JSON.stringify({ email: LIVE.email }),
  });
  await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at("2026-11-30"));
  expect(rows(desk)).toEqual([LIVE, BOB]);

  await desk.json(["plan", ID], at("2026-11-30"));
  await through(ID, "2026-11-30");
  expect(rows(desk)).toEqual([{ ...LIVE, deleted_at: expect.stringMatching(/^2026-11-30/u) }, BOB]);
  expect(await sentence("2026-11-30")).toMatch(
    /^1 record marked as deleted and still there until 2026-12-14 at the latest; .* still open\./u,
  );
  const partial = await letter("partial", "2026-11-30");
  expect(partial).toContain(
    "1 hidden from use, and there still; to be erased or made anonymous from 14 December 2026 on",
  );
  expect(partial).not.toMatch(/found no more|erased\./u);
  expect((await desk.json(["letter", ID, "--kind", "final"], at("2026-11-30"))).code).toBe(3);
  expect(list((await desk.json(["status"], at("2026-11-30"))).json, "data.items")).toMatchObject([
    { state: "waiting", waiting_for: "2026-12-14, when the last hidden records go for good" },
  ]);

  expect((await desk.json(["undo", ID, "--confirm", ID], at("2026-12-02"))).code).toBe(0);
  expect(rows(desk)).toEqual([LIVE, BOB]);
  const back = await letter("partial", "2026-12-02");
  expect(back).toContain("1 hidden for a time, and in use again");
  expect(back).not.toContain("found no more");
  expect(await sentence("2026-12-02")).toMatch(/^1 record marked as deleted and brought back; .* still open\./u);

  await desk.json(["plan", ID], at("2026-12-03"));
  await through(ID, "2026-12-03");
  expect(await sentence("2026-12-03")).toMatch(/^1 record marked as deleted and still there until 2026-12-17/u);
  const early = await desk.json(["plan", "--due"], at("2026-12-16"));
  expect([early.code, dig(early.json, "data.plan.totals.erase")]).toEqual([0, 0]);

  const next = async (): Promise<unknown> =>
    dig((await desk.json(["request", "show", ID], at("2026-12-17"))).json, "next");
  expect(await next()).toEqual(["expunge plan --due"]);
  const due = await desk.json(["plan", "--due"], at("2026-12-17"));
  const plan = String(dig(due.json, "data.plan.request"));
  expect([plan.slice(0, 2), dig(due.json, "data.plan.totals.erase")]).toEqual([DUE.slice(0, 2), 1]);
  await through(plan, "2026-12-17");
  expect(rows(desk)).toEqual([BOB]);
  expect(await next()).toEqual([`expunge verify ${ID}`]);
  const verified = await desk.json(["verify", ID], at("2026-12-17"));
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);
  expect(await sentence("2026-12-17")).toMatch(/^1 record marked as deleted, and erased or anonymised since; /u);
  expect(await letter("final", "2026-12-17")).toContain("1 taken out of use, and erased or made anonymous since");
  const proof = await desk.json(
    ["proof", "verify", `report-2026-12-17/${ID}.report.json`, "--key", ".expunge/public.vkey"],
    at("2026-12-17"),
  );
  expect([proof.code, dig(proof.json, "data.ok")]).toEqual([0, true]);
});
