/** What a request's way leaves in the ledger, and what a report makes of it: through the program itself, on a folder of files. */
import path from "node:path";
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { commitWords } from "../../src/ledger/commitment.ts";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

const person = "renske.dahl@flute.example";
const other = "uwe@flute.example";
const rows = `id,email\n1,${person}\n2,${other}\n`;
const share = {
  share: {
    kind: "files",
    connect: { root: "./data" },
    owner: "it@flute.example",
    records: { list: { files: ["list*.csv"], match: { email: "email" }, do: "remove-rows" } },
  },
};

function deskOf(parts: object = {}): Desk {
  const desk = openDesk();
  onTestFinished(() => desk[Symbol.dispose]());
  desk.map(testMap({ clock: "test", systems: share, ...parts }));
  desk.file("data/list.csv", rows);
  return desk;
}

/** The command at a moment that the test names. */
const at =
  (desk: Desk, time: string) =>
  async (...args: readonly string[]) =>
    await desk.json(args, { env: { EXPUNGE_NOW: time } });

interface Told {
  readonly summary: unknown;
  readonly cores: readonly Readonly<Record<string, unknown>>[];
  readonly page: string;
}

async function report(desk: Desk, id: string, time = "2026-03-04T10:00:00Z"): Promise<Told> {
  const out = `report-${desk.said.length}`;
  const said = await at(desk, time)("report", id, "--format", "json,html", "--out", out);
  if (said.code !== 0) throw new Error(said.out + said.err);
  const payload: unknown = JSON.parse(
    Buffer.from(String(dig(JSON.parse(desk.read(`${out}/${id}.report.json`)), "payload")), "base64").toString(),
  );
  return {
    summary: dig(payload, "summary"),
    cores: list(payload, "entries").map((entry) => Object.fromEntries(Object.entries(Object(entry["core"])))),
    page: desk.read(`${out}/${id}.report.html`),
  };
}

const ofType = ({ cores }: Told, type: string): Told["cores"] => cores.filter((core) => core["type"] === type);
const idOf = (said: Said): string => String(dig(said.json, "data.requests.0.id"));

async function opened(desk: Desk, time: string): Promise<string> {
  const fresh = await desk.json(["request", "new", "--subject-file", "-", "--received", time.slice(0, 10)], {
    stdin: JSON.stringify({ email: person }),
    env: { EXPUNGE_NOW: time },
  });
  const id = idOf(fresh);
  await at(desk, time)("request", "identity", id, "--method", "letter", "--result", "ok");
  return id;
}

async function approved(desk: Desk, time: string): Promise<string> {
  await desk.json(["init"]);
  const id = await opened(desk, time);
  await at(desk, time)("plan", id);
  await at(desk, time)("approve", id, "--as", "olga", "--confirm", id);
  return id;
}

it("residue is dated from the run, in ledger, run and report, whenever it was planned or looked at again", async () => {
  const desk = deskOf({
    systems: {
      ...share,
      nightly: { kind: "backups", covers: ["share"], expires_after: "35 days", owner: "it@flute.example" },
    },
  });
  const id = await approved(desk, "2026-03-02T10:00:00Z");
  const run = await at(desk, "2026-03-04T23:30:00Z")("run", id, "--confirm", id);
  // the 5th in Berlin
  expect(list(run.json, "residue").find((one) => one["mechanism"] === "backups:nightly")?.["gone_by"]).toBe(
    "2026-04-09",
  );
  const verify = await at(desk, "2026-03-07T10:00:00Z")("verify", id);
  expect(dig(verify.json, "data.state")).toBe("closed");
  const told = await report(desk, id, "2026-03-08T10:00:00Z");
  const days = JSON.stringify([told.cores, told.summary]).match(/(?<="gone_by":")[\d-]{10}/gu) ?? [];
  expect([days.length > 3, [...new Set(days)]]).toEqual([true, ["2026-04-09"]]);
  expect(told.page).toContain("backups (nightly)");
  expect(told.page).not.toContain("backups:nightly");
});

it.each([
  ["America/Los_Angeles", "in the evening of the last day", "2026-04-03T03:30:00Z", true],
  ["Europe/Berlin", "half an hour after it", "2026-04-02T22:30:00Z", false],
  ["Pacific/Kiritimati", "two hours into the next day there", "2026-04-02T12:00:00Z", false],
])("a deadline is judged in %s by the day there: %s", async (timezone, _when, end, met) => {
  const controller = {
    name: "Harbour Tea Ltd",
    contact: "privacy@flute.example",
    authority: { name: "An Authority", url: "https://authority.example" },
    calendar: { timezone, regime: "eu", holidays: [] },
  };
  const desk = deskOf({ controller });
  await desk.json(["init"]);
  const id = await opened(desk, "2026-03-02T12:00:00Z");
  await at(desk, end)("plan", id);
  await at(desk, end)("approve", id, "--as", "olga", "--confirm", id);
  await at(desk, end)("run", id, "--confirm", id);
  await at(desk, end)("verify", id);
  expect(dig((await report(desk, id, end)).summary, "deadline")).toMatchObject({ legal: "2026-04-02", met });
});

it("a verification that found something is in the ledger and the first sentence, each in its turn, and so is the one that closed", async () => {
  const desk = deskOf();
  const now = "2026-03-04T10:00:00Z";
  const id = await approved(desk, now);
  await at(desk, now)("run", id, "--confirm", id);
  desk.file("data/list-2.csv", `id,email\n9,${person}\n`);
  expect((await at(desk, now)("verify", id)).code).toBe(2);
  expect((await at(desk, now)("verify", id)).code).toBe(2);
  const open = await report(desk, id);
  expect(ofType(open, "verification").map((core) => core["residual"])).toEqual([1, 1]);
  expect(String(dig(open.summary, "sentence"))).toContain("a later look found 1 record still there");
  rmSync(path.join(desk.folder, "data/list-2.csv"));
  expect(dig((await at(desk, now)("verify", id)).json, "data.state")).toBe("closed");
  const closed = await report(desk, id);
  expect(ofType(closed, "verification").map((core) => [core["residual"], core["state"]])).toEqual([
    [1, "partly_done"],
    [1, "partly_done"],
    [0, "closed"],
  ]);
  expect(String(dig(closed.summary, "sentence"))).toContain("a later look found nothing else");
});

it("each check of an identity is told with its result, and a refusal with its code and a commitment of the words", async () => {
  const desk = deskOf();
  const now = "2026-03-04T10:00:00Z";
  await desk.json(["init"]);
  const id = await opened(desk, now);
  for (const result of ["failed", "more_needed", "failed", "ok"])
    await at(desk, now)("request", "identity", id, "--method", "phone", "--result", result);
  const before = await report(desk, id);
  expect(
    before.cores.filter(({ type }) => String(type).startsWith("identity")).map(({ type, result }) => [type, result]),
  ).toEqual([
    ["identity.verified", "ok"],
    ["identity.checked", "failed"],
    ["identity.checked", "more_needed"],
    ["identity.checked", "failed"],
    ["identity.verified", "ok"],
  ]);
  expect(dig(before.summary, "sentence")).toBe("Nothing was erased yet: no plan was run. The request is still open.");
  await at(desk, now)("request", "refuse", id, "--reason", "manifestly unfounded");
  const told = await report(desk, id);
  const [refused] = ofType(told, "request.refused");
  expect(refused).toMatchObject({ reason: "unfounded", day: "2026-03-04" });
  // the controller's own state opens it
  const state = new DatabaseSync(path.join(desk.folder, ".expunge/state.db"), { readOnly: true });
  const { reason, reasonSalt } = Object(
    JSON.parse(String(state.prepare("select body from request where id = ?").get(id)?.["body"])),
  );
  state.close();
  expect([reason, refused?.["words"]]).toEqual([
    "manifestly unfounded",
    commitWords(Buffer.from(String(reasonSalt), "base64"), "manifestly unfounded"),
  ]);
  expect(JSON.stringify(told.cores)).not.toContain("manifestly");
  expect([dig(told.summary, "decision"), dig(told.summary, "sentence")]).toEqual([
    "refused",
    "The request was refused; nothing was erased.",
  ]);
  expect(told.page).toContain("<h1>Refusal of the erasure request");
  expect(desk.read("data/list.csv")).toBe(rows);
});

it("a step that fails is told once an attempt, with its number, until one succeeds; and stays when its rule leaves the map", async () => {
  const { url } = await (await postgresServer()).createDatabase(`told_${process.pid}`);
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  const desk = openDesk({ db: url });
  onTestFinished(async () => {
    desk[Symbol.dispose]();
    await client.end();
  });
  await client.query(`create table people (id int primary key, email text); create table votes (id int primary key, voter text);
    insert into people values (1, '${person}'), (2, '${other}'); insert into votes values (1, '${person}'), (2, '${other}');
    create function stay() returns trigger language plpgsql as $$ begin if old.id > 0 then raise exception 'votes stay'; end if; return old; end $$;
    create trigger votes_stay before delete on votes for each row execute function stay()`);
  const records = {
    people: { match: { email: "email" }, do: "erase" },
    votes: { match: { voter: "email" }, do: "erase" },
  };
  const mapWith = (some: object): object =>
    testMap({
      clock: "test",
      systems: { db: { kind: "postgres", connect: { secret: "db" }, owner: "it@flute.example", records: some } },
    });
  desk.map(mapWith(records));
  const now = "2026-03-04T10:00:00Z";
  const id = await approved(desk, now);
  const run = ["run", id, "--confirm", id];
  expect([(await at(desk, now)(...run)).code, (await at(desk, now)(...run)).code]).toEqual([5, 5]);

  desk.map(mapWith({ people: records.people }));
  await at(desk, now)("plan", id);
  await at(desk, now)("approve", id, "--as", "olga", "--confirm", id);
  await at(desk, now)(...run);
  expect((await at(desk, now)("verify", id)).code).toBe(2);
  const gone = await report(desk, id);
  const votes = (told: Told): readonly unknown[] =>
    ofType(told, "target.result")
      .filter(({ record }) => record === "votes")
      .map(({ attempt, status, deleted, failed }) => [attempt, status, deleted, failed]);
  const twice = [
    [1, "failed", 0, 1],
    [2, "failed", 0, 1],
  ];
  expect(votes(gone)).toEqual(twice);
  expect(String(dig(gone.summary, "sentence"))).toMatch(
    /^1 record erased, 1 record failed; a later look could not be sure of 1 record type\./u,
  );
  expect(
    ["cannot be verified", "the data map does not name it any more", "left_the_map"].map((said) =>
      gone.page.includes(said),
    ),
  ).toEqual([true, true, false]);

  await client.query("drop trigger votes_stay on votes");
  desk.map(mapWith(records));
  await at(desk, now)("plan", id);
  await at(desk, now)("approve", id, "--as", "olga", "--confirm", id);
  expect((await at(desk, now)(...run)).code).toBe(0);
  expect(dig((await at(desk, now)("verify", id)).json, "data.state")).toBe("closed");
  const done = await report(desk, id);
  expect(votes(done)).toEqual([...twice, [1, "deleted", 1, 0]]);
  expect(dig(done.summary, "totals")).toMatchObject({ found: 2, deleted: 2, failed: 0 });
  expect((await client.query({ text: "select voter from votes", rowMode: "array" })).rows.flat()).toEqual([other]);
}, 180_000);
