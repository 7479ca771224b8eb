/** After an error forced in each connector, and after a clean end: no form of an identifier in anything printed or written. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, openDesk, testMap } from "../support/desk.ts";
import { elasticsearchServer, postgresServer, s3Server } from "../support/servers/servers.ts";
import { contents, tracesIn } from "../support/traces.ts";

const canary = { email: "Zdenka.Canary-4182@summit.example", name: "Zdenka Kanarek-Vrbova", code: "GD-55x0141" };
const VALUES = [...Object.values(canary), "canary-4182"];

/** All that the program printed or left anywhere below the desk, but for the data itself. */
function traces(desk: Desk): readonly string[] {
  const outer = path.dirname(desk.folder);
  const printed = desk.said.map((said, at): readonly [string, Buffer] => [
    `output ${at}`,
    Buffer.from(said.out + said.err),
  ]);
  const written = [...contents(outer)].filter(([name]) => !name.startsWith("work/data/"));
  return tracesIn([...printed, ...written], VALUES);
}

const identities = { email: { type: "email", fold: ["trim", "lowercase"] }, code: { type: "string" } };
const system = (kind: string, connect: object, records: object): object =>
  testMap({ identities, systems: { alps: { kind, connect, owner: "it@alps.example", records } } });

/** Runs the whole way as far as it goes, loudly; exit codes of plan, approve, run, verify. */
async function everyWay(desk: Desk): Promise<readonly (number | string)[]> {
  const id = await desk.open({ email: canary.email, code: canary.code }, "--ref", "ALPS-7");
  const codes = [(await desk.json(["plan", id, "--verbose"])).code];
  if (codes[0] !== 0) await desk.cli(["plan", id, "--verbose"]);
  else {
    codes.push(
      (await desk.json(["approve", id, "--confirm", id])).code,
      (await desk.cli(["run", id, "--confirm", id, "--verbose"])).code,
      (await desk.json(["run", id, "--confirm", id])).code,
    );
    codes.push((await desk.cli(["verify", id, "--verbose"])).code);
  }
  await desk.cli(["request", "show", id]);
  return codes;
}

test("the search for traces finds a value in each of its forms", () => {
  const hidden = (bytes: Buffer): readonly string[] =>
    tracesIn([["x", Buffer.concat([Buffer.from("ab"), bytes])]], [canary.email]);
  for (const bytes of [
    Buffer.from(canary.email.toUpperCase()),
    Buffer.from(encodeURIComponent(canary.email)),
    Buffer.from(Buffer.from(`-${canary.email}-`).toString("base64")),
    Buffer.from(Buffer.from(canary.email).toString("hex")),
    Buffer.from(canary.email, "utf16le"),
  ]) {
    expect(hidden(bytes)).not.toEqual([]);
  }
  expect(hidden(Buffer.from("nothing here"))).toEqual([]);
});

test("files: a broken row and a file that vanishes tell of no value", async () => {
  using desk = openDesk({}, { fresh: true });
  await desk.json(["init"]);
  desk.map(
    system(
      "files",
      { root: "./data" },
      { guides: { files: ["guides.csv"], match: { Email: "email" }, do: "remove-rows" } },
    ),
  );
  desk.file("data/guides.csv", `Name,Email\n${canary.name},${canary.email},one cell too many\n`);
  expect(await everyWay(desk)).toEqual([65]);
  desk.file("data/guides.csv", `Name,Email\n"${canary.name},${canary.email}\n`);
  expect(await everyWay(desk)).toEqual([65]);
  expect(traces(desk)).toEqual([]);
});

test("files: names that hold an identifier by which nothing there is searched are told in no gap", async () => {
  using desk = openDesk({}, { fresh: true });
  await desk.json(["init"]);
  desk.map(
    system("files", { root: "./data" }, { guides: { files: ["*.csv"], match: { Email: "email" }, do: "remove-rows" } }),
  );
  for (const name of ["", ".bak"]) desk.file(`data/${canary.code}.csv${name}`, `Name,Email\nx,${canary.email}\n`);
  expect(await everyWay(desk)).toEqual([0, 0, 0, 0, 2]);
  expect(desk.said.at(-2)?.out).toContain("….csv.bak");
  expect(traces(desk)).toEqual([]);
});

test("an identifier typed as an argument is refused and not repeated, in whatever place", async () => {
  using desk = openDesk({}, { fresh: true });
  await desk.json(["init"]);
  for (const args of [
    ["request", "new", `--email=${canary.email}`],
    ["plan", canary.email],
    [canary.email],
    ["request", "new", "--subject-file", canary.email],
    ["run", "R-2026-0001", "--confirm", canary.email],
    ["request", "show", "--", canary.email],
    ["request", "new", "--ref", canary.email, "--subject-file", "-"],
  ]) {
    for (const more of args.length > 2 ? [["--json"]] : [[], ["--json"]])
      expect((await desk.cli([...args, ...more], { stdin: "{}" })).code, `${args.length} arguments`).toBe(64);
  }
  expect(traces(desk)).toEqual([]);
});

test("a subject file that is wrong in any way is refused (65) without a word of it", async () => {
  using desk = openDesk({}, { fresh: true });
  await desk.json(["init"]);
  desk.map(
    system(
      "files",
      { root: "./data" },
      { guides: { files: ["guides.csv"], match: { Email: "email" }, do: "remove-rows" } },
    ),
  );
  for (const text of [
    `{"email": "${canary.email}", }`,
    `{"${canary.email}": "x"}`,
    `{"email": ["${canary.email}", null]}`,
    `{"email": "${canary.email}%"} trailing`,
    `["${canary.email}"]`,
    `{"email": "${canary.email}", "code": 12345678901234567890}`,
    canary.email,
  ]) {
    const refused = await desk.json(["request", "new", "--subject-file", "-"], { stdin: text });
    expect([refused.code, typeof dig(refused.json, "error.code")], text).toEqual([65, "string"]);
  }
  expect(traces(desk)).toEqual([]);
});

test("S3: refused credentials, a missing bucket and a broken object tell of no value", async () => {
  const s3 = await s3Server();
  const secret = {
    endpoint: s3.endpoint,
    region: s3.region,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: s3.secretAccessKey,
    forcePathStyle: true,
  };
  for (const store of [
    { ...secret, secretAccessKey: "wrong" },
    secret,
    { ...secret, endpoint: "http://127.0.0.1:1" },
  ]) {
    using desk = openDesk({ store: JSON.stringify(store) }, { fresh: true });
    await desk.json(["init"]);
    desk.map(
      system(
        "s3",
        { secret: "store" },
        {
          badges: { keys: ["s3://no-such-bucket-here/badges/:code.png"], do: "erase" },
          lists: { files: ["s3://no-such-bucket-here/*.csv"], match: { email: "email" }, do: "remove-rows" },
        },
      ),
    );
    const [plan] = await everyWay(desk);
    expect([4, 65]).toContain(plan);
    expect(
      tracesIn(
        desk.said.map((said, at) => [`output ${at}`, Buffer.from(said.out + said.err)]),
        [...VALUES, s3.secretAccessKey],
      ),
    ).toEqual([]);
    expect(traces(desk)).toEqual([]);
  }
});

test("Elasticsearch: a text field, a blocked index and a dead server tell of no value", async () => {
  const { url } = await elasticsearchServer();
  const index = `canary-${process.pid}`;
  const call = async (method: string, at: string, body: object): Promise<void> => {
    const answer = await fetch(`${url}/${at}`, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
  };
  await call("PUT", index, {
    settings: { number_of_replicas: 0 },
    mappings: { properties: { email: { type: "keyword" }, bio: { type: "text" } } },
  });
  await call("PUT", `${index}/_doc/${encodeURIComponent(canary.code)}?refresh=true`, {
    email: canary.email.toLowerCase(),
    bio: canary.name,
  });
  try {
    for (const [match, secret, blocked, wanted] of [
      ["bio", url, false, 65],
      ["email", "http://127.0.0.1:1", false, 4],
      ["email", url, true, 0],
    ] as const) {
      using desk = openDesk({ search: secret }, { fresh: true });
      await desk.json(["init"]);
      desk.map(
        system("elasticsearch", { secret: "search" }, { guides: { index, match: { [match]: "email" }, do: "erase" } }),
      );
      if (blocked) await call("PUT", `${index}/_settings`, { "index.blocks.write": true });
      expect((await everyWay(desk))[0]).toBe(wanted);
      expect(traces(desk)).toEqual([]);
    }
  } finally {
    await fetch(`${url}/${index}`, { method: "DELETE" });
  }
});

let client: Client;
let databaseUrl: string;

beforeAll(async () => {
  const server = await postgresServer();
  ({ url: databaseUrl } = await server.createDatabase("canary"));
  client = new Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
});
afterAll(async () => {
  await client?.end();
});

test("PostgreSQL: a trigger that quotes the row, a refused password and a dead server tell of no value", async () => {
  await client.query(`create table guides (code text primary key, email text, name text);
    create function quote() returns trigger language plpgsql as $$ begin raise exception 'no: %', old using detail = old.email, hint = old.name; end $$;
    create trigger quote before delete on guides for each row execute function quote();
    insert into guides values ('${canary.code}', '${canary.email}', '${canary.name}')`);
  const records = { guides: { match: { email: "email" }, do: "erase" } };
  using desk = openDesk({ alps: databaseUrl }, { fresh: true });
  await desk.json(["init"]);
  desk.map(system("postgres", { secret: "alps" }, records));
  const codes = await everyWay(desk);
  expect(codes[0]).toBe(0);
  expect(codes[2]).toBe(5);
  expect((await client.query("select count(*) from guides")).rows[0]).toEqual({ count: "1" });
  expect(traces(desk)).toEqual([]);
  for (const url of [
    databaseUrl.replace(/\/\/[^@]*@/u, `//nobody:${encodeURIComponent(canary.name)}@`),
    "postgres://app:app@127.0.0.1:1/alps",
  ]) {
    using other = openDesk({ alps: url }, { fresh: true });
    await other.json(["init"]);
    other.map(system("postgres", { secret: "alps" }, records));
    expect((await everyWay(other))[0]).toBe(4);
    expect(traces(other)).toEqual([]);
  }
});

test("after a clean end nothing of the person is in any file of the workspace, the report or the ledger", async () => {
  using desk = openDesk({}, { fresh: true });
  await desk.json(["init"]);
  desk.map(
    system(
      "files",
      { root: "./data" },
      { guides: { files: ["guides.csv"], match: { Email: "email" }, do: "remove-rows" } },
    ),
  );
  desk.file("data/guides.csv", `Name,Email\n${canary.name},${canary.email}\nOtto,otto@summit.example\n`);
  const id = await desk.open({ email: canary.email, code: canary.code });
  const { verify } = await desk.through(id);
  expect(dig(verify?.json, "data.state")).toBe("closed");
  expect((await desk.json(["report", id, "--format", "json,html", "--out", "report"])).code).toBe(0);
  expect((await desk.json(["proof", "export", "--out", "ledger.json"])).code).toBe(0);
  expect(readFileSync(path.join(desk.folder, "data/guides.csv"), "utf8")).toBe(
    "Name,Email\nOtto,otto@summit.example\n",
  );
  expect(tracesIn(contents(desk.folder), VALUES)).toEqual([]);
  expect(traces(desk)).toEqual([]);
});
