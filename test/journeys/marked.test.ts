/** Records that are marked first: what is said and signed of them when others had a hand in it. */
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const ANN = "ann@x.example";

function query(desk: Desk, sql: string): readonly unknown[] {
  using database = new DatabaseSync(path.join(desk.folder, "shop.db"));
  return database
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }));
}

/** Two of Ann's and one of Bob's, each alive, on a SQLite database with a backup of 35 days. */
async function opened(more: object) {
  const desk = openDesk();
  {
    using database = new DatabaseSync(path.join(desk.folder, "shop.db"));
    database.exec(`create table people (id integer primary key, email text, name text, deleted_at text);
      insert into people values (1, '${ANN}', 'Ann', null), (2, '${ANN}', 'Ann', null), (3, 'bob@x.example', 'Bob', null)`);
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
              ...more,
            },
          },
        },
        nightly: { kind: "backups", owner: "it@x.example", covers: ["shop"], expires_after: "35 days" },
      },
    }),
    settle: "0 days",
    clock: "test",
  });
  const at = (day: string) => ({ env: { EXPUNGE_NOW: `${day}T10:00:00Z` } });
  const json = async (args: readonly string[], day: string, stdin?: string) =>
    await desk.json(args, { ...at(day), ...(stdin === undefined ? {} : { stdin }) });
  const payload = async (id: string, day: string): Promise<unknown> => {
    await json(["report", id, "--out", `report-${day}`], day);
    const envelope: unknown = JSON.parse(desk.read(`report-${day}/${id}.report.json`));
    return JSON.parse(Buffer.from(String(dig(envelope, "payload")), "base64").toString());
  };
  await json(["init"], "2026-11-30");
  await json(["request", "new", "--subject-file", "-"], "2026-11-30", JSON.stringify({ email: ANN }));
  await json(["request", "identity", ID, "--method", "letter", "--result", "ok"], "2026-11-30");
  return {
    desk,
    json,
    /** Planned already. */
    through: async (id: string, day: string): Promise<void> => {
      for (const args of [
        ["approve", id, "--as", "olga", "--confirm", id],
        ["run", id, "--confirm", id],
        ["verify", id],
      ])
        expect([args[0], (await json(args, day)).code]).toEqual([args[0], 0]);
    },
    payload,
    summary: async (id: string, day: string): Promise<unknown> => dig(await payload(id, day), "summary"),
    letter: async (kind: string, day: string): Promise<string> => {
      const { code } = await json(["letter", ID, "--kind", kind, "--format", "txt", "--out", `${kind}-${day}`], day);
      return code === 0 ? desk.read(`${kind}-${day}`).replaceAll(/\s+/gu, " ") : String(code);
    },
  };
}

test("what is anonymised on its day is looked at by the columns that this clears, and the request closes", async () => {
  const house = await opened({ purge: "anonymise", fields: { name: "clear", email: "clear" } });
  using desk = house.desk;
  await house.json(["plan", ID], "2026-11-30");
  await house.through(ID, "2026-11-30");
  const due = await house.json(["plan", "--due"], "2026-12-14");
  await house.through(String(dig(due.json, "data.plan.request")), "2026-12-14");
  expect(query(desk, "select id, email, name from people order by id")).toEqual([
    { id: 1, email: null, name: null },
    { id: 2, email: null, name: null },
    { id: 3, email: "bob@x.example", name: "Bob" },
  ]);
  const verified = await house.json(["verify", ID], "2026-12-14");
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);
});

test("what the application had marked is told as gone when the request is closed, with copies in backups until after the purge", async () => {
  const house = await opened({});
  using desk = house.desk;
  query(desk, "update people set deleted_at = '2026-11-25' where id = 1 returning id");
  await house.json(["plan", ID], "2026-11-30");
  await house.through(ID, "2026-11-30");
  expect(await house.summary(ID, "2026-11-30")).toMatchObject({
    totals: { found: 2, changed: 1, waiting: 1 },
    residue: expect.arrayContaining([{ system: "shop", mechanism: "backups:nightly", gone_by: "2027-01-18" }]),
  });
  const due = await house.json(["plan", "--due"], "2026-12-20");
  await house.through(String(dig(due.json, "data.plan.request")), "2026-12-20");
  expect(query(desk, "select id from people")).toEqual([{ id: 3 }]);
  expect((await house.json(["verify", ID], "2026-12-20")).code).toBe(0);
  expect(await house.summary(ID, "2026-12-20")).toMatchObject({
    state: "closed",
    totals: { found: 2, changed: 1, already_gone: 1, waiting: 0 },
    residue: expect.arrayContaining([{ system: "shop", mechanism: "backups:nightly", gone_by: "2027-01-24" }]),
  });
  const entries = list(await house.payload(ID, "2026-12-20"), "entries");
  expect(entries.map((one) => dig(one, "core"))).toContainEqual(
    expect.objectContaining({ type: "erasure.completed", totals: expect.objectContaining({ change: 1, wait: 0 }) }),
  );
  const letter = await house.letter("final", "2026-12-20");
  expect(letter).toContain("backups: until 24 January 2027");
  expect(letter).toContain("1 gone already");
});

test("after an undo nothing says that somebody has looked since, and what came back makes the end a partial one", async () => {
  const house = await opened({});
  using desk = house.desk;
  await house.json(["plan", ID], "2026-11-30");
  await house.through(ID, "2026-11-30");
  expect((await house.json(["undo", ID, "--confirm", ID], "2026-12-01")).code).toBe(0);
  expect(query(desk, "select id from people where deleted_at is null")).toHaveLength(3);
  expect(await house.summary(ID, "2026-12-01")).toMatchObject({
    state: null,
    decision: "partial",
    sentence: expect.stringContaining("not verified again since records were brought back"),
  });
  const letter = await house.letter("partial", "2026-12-01");
  expect(letter).toContain("in use again");
  expect(letter).toContain("We have not looked again since then.");
  expect(letter).not.toContain("found no more");
});

test("request show counts what is marked still, and what an attempt left undone", async () => {
  const house = await opened({});
  using desk = house.desk;
  const open = async (day: string) =>
    dig((await house.json(["request", "show", ID], day)).json, "data.requests.0.open");
  query(desk, "create trigger stays before update on people when old.id = 2 begin select raise(abort, 'no'); end");
  await house.json(["plan", ID], "2026-11-30");
  await house.json(["approve", ID, "--as", "olga", "--confirm", ID], "2026-11-30");
  expect((await house.json(["run", ID, "--confirm", ID], "2026-11-30")).code).toBe(5);
  expect(await open("2026-11-30")).toEqual(
    expect.arrayContaining([expect.stringMatching(/^shop\.people: 1 failed \(/u)]),
  );
  query(desk, "drop trigger stays");
  expect((await house.json(["run", ID, "--confirm", ID], "2026-11-30")).code).toBe(0);
  query(desk, "update people set deleted_at = '2026-01-01' where id = 1 returning id");
  expect((await house.json(["undo", ID, "--confirm", ID, "--skip-conflicts"], "2026-12-01")).code).toBe(5);
  expect(query(desk, "select id, deleted_at from people where id < 3 order by id")).toEqual([
    { id: 1, deleted_at: "2026-01-01" },
    { id: 2, deleted_at: null },
  ]);
  expect(await open("2026-12-01")).toEqual(["shop.people: 1 marked as deleted, to go for good on 2026-12-14"]);
});
