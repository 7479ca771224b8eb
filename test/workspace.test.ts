import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Failure } from "../src/errors.ts";
import { registry } from "../connectors/registry.ts";
import { actorOf, openWorkspace, secret, type Workspace } from "../src/workspace.ts";
import { makeWorkspace } from "../src/make-workspace.ts";
import { type Desk, openDesk, testMap } from "./support/desk.ts";

const files = {
  desk: {
    kind: "files",
    connect: { root: "./data" },
    owner: "it@harbour.example",
    records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
  },
};

const places = (desk: Desk) => ({ map: join(desk.folder, "datamap.yaml"), workspace: join(desk.folder, ".expunge") });
const open = async (desk: Desk): Promise<Workspace> =>
  await openWorkspace(places(desk), { registry, signal: new AbortController().signal });
const make = (desk: Desk, origin?: string) => makeWorkspace(places(desk), origin, "2026-11-21");

test("init makes a folder, keys and stores for the owner alone, and a first map that has nothing to mend", async () => {
  using desk = openDesk();
  const { vkey, made } = await make(desk, "example.org/erasures");
  expect(vkey).toMatch(/^example\.org\/erasures\+[0-9a-f]{8}\+/u);
  const { workspace } = places(desk);
  const mode = (file: string): string => (statSync(join(workspace, file)).mode & 0o777).toString(8);
  expect([
    mode("."),
    mode("keys"),
    mode("keys/signing.key"),
    mode("keys/pseudonym.key"),
    mode("keys/sealing.key"),
    mode("state.db"),
    mode("ledger.db"),
  ]).toEqual(["700", "700", "600", "600", "600", "600", "600"]);
  expect(readFileSync(join(workspace, "public.vkey"), "utf8")).toBe(`${vkey}\n`);
  expect(readFileSync(join(workspace, ".gitignore"), "utf8")).toBe("*\n");
  expect(made).toHaveLength(9);
  const map = desk.read("datamap.yaml");
  expect(map.split("\n")[0]).toBe("# yaml-language-server: $schema=./datamap.schema.json");
  expect(desk.read("datamap.schema.json")).toBe(
    readFileSync(join(import.meta.dirname, "../manifests/datamap.schema.json"), "utf8"),
  );
  expect((await desk.json(["map", "lint"])).json).toMatchObject({ ok: true, data: { issues: [] } });
});

test("init again changes nothing, brings back what is missing, and never another key or origin", async () => {
  using desk = openDesk();
  const first = await make(desk);
  const { workspace } = places(desk);
  const before = Object.fromEntries(
    readdirSync(join(workspace, "keys")).map((name) => [name, readFileSync(join(workspace, "keys", name), "utf8")]),
  );
  desk.file("datamap.yaml", "# mine\n");
  rmSync(join(desk.folder, "datamap.schema.json"));
  rmSync(join(workspace, "public.vkey"));
  const again = await make(desk, first.origin);
  expect(again).toMatchObject({ vkey: first.vkey, made: [join(workspace, "public.vkey")] });
  expect([desk.read("datamap.yaml"), existsSync(join(desk.folder, "datamap.schema.json"))]).toEqual([
    "# mine\n",
    false,
  ]);
  for (const [name, text] of Object.entries(before))
    expect(readFileSync(join(workspace, "keys", name), "utf8")).toBe(text);
  await expect(make(desk, "another.example")).rejects.toThrow(expect.objectContaining({ code: "USAGE" }));
  rmSync(join(workspace, "keys/signing.key"));
  await expect(make(desk)).rejects.toThrow(expect.objectContaining({ code: "KEY_MISSING" }));
});

test("init makes no key for a workspace that had one, and leaves nothing behind where it refuses", async () => {
  using desk = openDesk();
  const { vkey } = await make(desk);
  const { workspace } = places(desk);
  for (const name of ["signing", "pseudonym", "sealing"]) {
    const file = join(workspace, `keys/${name}.key`);
    const text = readFileSync(file, "utf8");
    rmSync(file);
    const opening = await desk.json(["request", "list"]);
    if (name !== "signing")
      expect(opening).toMatchObject({
        code: 4,
        json: { error: { code: "KEY_MISSING", help: expect.not.stringContaining("init") } },
      });
    await expect(make(desk)).rejects.toThrow(expect.objectContaining({ code: "KEY_MISSING" }));
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, text, { mode: 0o600 });
  }
  expect(await make(desk)).toMatchObject({ vkey, made: [] });
});

test("a lost public key is written again, as the ledger says whose it is", async () => {
  using desk = openDesk();
  const first = await make(desk);
  const file = join(places(desk).workspace, "public.vkey");
  rmSync(file);
  await (await open(desk))[Symbol.asyncDispose]();
  expect(await make(desk)).toMatchObject({ origin: first.origin, vkey: first.vkey, made: [file] });
  expect(readFileSync(file, "utf8")).toBe(`${first.vkey}\n`);
});

test("keys of another workspace open nothing, and the doctor says so", async () => {
  using desk = openDesk();
  using other = openDesk();
  await make(desk);
  await make(other);
  desk.map(testMap({ systems: files }));
  for (const name of ["pseudonym", "sealing"]) {
    const file = join(places(desk).workspace, `keys/${name}.key`);
    const own = readFileSync(file, "utf8");
    writeFileSync(file, readFileSync(join(places(other).workspace, `keys/${name}.key`), "utf8"));
    await expect(open(desk)).rejects.toThrow(
      expect.objectContaining({ code: "KEY_MISSING", message: `the ${name} key is not the one of this workspace` }),
    );
    await expect(make(desk)).rejects.toThrow(expect.objectContaining({ code: "KEY_MISSING" }));
    const doctor = await desk.json(["doctor"]);
    expect([doctor.code, doctor.out]).toEqual([
      2,
      expect.stringContaining(`the ${name} key is not the one of this workspace`),
    ]);
    writeFileSync(file, own);
  }
  await (await open(desk))[Symbol.asyncDispose]();
});

test("without a workspace nothing opens; a key that others can read, or that is no key, opens nothing either", async () => {
  using desk = openDesk();
  await expect(open(desk)).rejects.toMatchObject({ code: "NO_WORKSPACE" });
  await make(desk);
  const key = join(places(desk).workspace, "keys/sealing.key");
  for (const mode of [0o640, 0o604]) {
    chmodSync(key, mode);
    await expect(open(desk)).rejects.toMatchObject({ code: "KEY_MISSING" });
  }
  chmodSync(key, 0o600);
  await using _fine = await open(desk);
  writeFileSync(key, "too short\n");
  await expect(open(desk)).rejects.toMatchObject({ code: "KEY_MISSING" });
});

test("keys may come from the environment, and are then not made", async () => {
  using desk = openDesk();
  const given = Buffer.alloc(32, 7).toString("base64");
  await withEnv({ EXPUNGE_KEY_SEALING: given, EXPUNGE_KEY_SIGNING: given, EXPUNGE_KEY_PSEUDONYM: given }, async () => {
    await make(desk, "example.org/erasures");
    expect(existsSync(join(places(desk).workspace, "keys"))).toBe(false);
    await using workspace = await open(desk);
    expect(workspace.pseudonym("email", "ann@example.com")).toMatch(/^[0-9a-f]{64}$/u);
  });
  await expect(open(desk)).rejects.toMatchObject({ code: "KEY_MISSING" });
  await withEnv(
    { EXPUNGE_KEY_SEALING: "c2hvcnQ=" },
    async () => await expect(open(desk)).rejects.toMatchObject({ code: "KEY_MISSING" }),
  );
});

test("a secret is read from its variable, else from its file, which nobody else may read", async () => {
  using desk = openDesk();
  const file = desk.file("secrets/shop_db", "postgres://from-file\n");
  desk.file("outside", "outside\n");
  const failing = (name: string): Failure => {
    try {
      secret(name);
    } catch (error) {
      if (error instanceof Failure) return error;
    }
    throw new Error("the secret was read");
  };
  await withEnv({ EXPUNGE_SECRETS_DIR: join(desk.folder, "secrets") }, async () => {
    chmodSync(file, 0o600);
    expect(secret("shop_db")).toBe("postgres://from-file");
    chmodSync(file, 0o640);
    const unsafe = failing("shop_db");
    expect([unsafe.code, unsafe.message.includes("from-file")]).toEqual(["SECRET_UNSAFE", false]);
    await withEnv({ EXPUNGE_SECRET_SHOP_DB: "postgres://from-env" }, () =>
      Promise.resolve(expect(secret("shop_db")).toBe("postgres://from-env")),
    );
    // as systemd gives them: an access list's mask stands where the group's rights would
    chmodSync(file, 0o440);
    expect(failing("shop_db").code).toBe("SECRET_UNSAFE");
    await withEnv({ CREDENTIALS_DIRECTORY: join(desk.folder, "secrets") }, () =>
      Promise.resolve(expect(secret("shop_db")).toBe("postgres://from-file")),
    );
    await withEnv({ CREDENTIALS_DIRECTORY: desk.folder }, () =>
      Promise.resolve(expect(failing("shop_db").code).toBe("SECRET_UNSAFE")),
    );
    // as Kubernetes mounts them
    chmodSync(file, 0o400);
    symlinkSync(file, join(desk.folder, "secrets/linked"));
    expect(secret("linked")).toBe("postgres://from-file");
    for (const name of ["none", "../outside", ""]) expect(failing(name).code).toBe("SECRET_MISSING");
  });
  expect(failing("shop_db").code).toBe("SECRET_MISSING");
});

test("the environment sets the time, or kills, only where the data map says `clock: test`", async () => {
  using desk = openDesk();
  await make(desk);
  desk.map(testMap({ systems: files }));
  for (const variable of ["EXPUNGE_NOW", "EXPUNGE_TEST_KILL_AT"]) {
    await withEnv(
      { [variable]: "2030-01-01T00:00:00Z" },
      async () => await expect(open(desk)).rejects.toMatchObject({ code: "CLOCK_REFUSED", exit: 65 }),
    );
  }
  desk.map(testMap({ systems: files, clock: "test" }));
  await withEnv({ EXPUNGE_NOW: "2030-06-30T23:30:00Z", EXPUNGE_TEST_KILL_AT: "claimed" }, async () => {
    await using workspace = await open(desk);
    expect([workspace.now().toISOString(), await workspace.today(), workspace.killAt]).toEqual([
      "2030-06-30T23:30:00.000Z",
      "2030-07-01",
      "claimed",
    ]);
  });
  for (const bad of ["tomorrow", "2030-13-01", "01.02.2030", "2030-01-01T00:00:00"])
    await withEnv(
      { EXPUNGE_NOW: bad },
      async () => await expect(open(desk)).rejects.toMatchObject({ code: "CLOCK_REFUSED" }),
    );
});

test("the actor is --as, else EXPUNGE_ACTOR, else the user of the system; the ledger's name for them is opaque and its own", async () => {
  using desk = openDesk();
  await make(desk);
  await withEnv({ EXPUNGE_ACTOR: "olga" }, () =>
    Promise.resolve(expect([actorOf({ as: "m.keller" }), actorOf({})]).toEqual(["m.keller", "olga"])),
  );
  expect(actorOf({})).not.toBe("");
  await using workspace = await open(desk);
  expect(workspace.actorIdOf("olga")).toMatch(/^a_[0-9a-f]{32}$/u);
  expect(workspace.actorIdOf("olga")).not.toBe(workspace.actorIdOf("m.keller"));
});

test("a data map with errors says all of them at once, each with its place and line, and echoes no credential", async () => {
  using desk = openDesk();
  await make(desk);
  desk.map(
    testMap({
      systems: {
        ...files,
        shop: {
          kind: "postgress",
          connect: { password: "Zq7canary" },
          records: { users: { match: { email: "mail" }, do: "erase" } },
        },
      },
    }),
  );
  await using workspace = await open(desk);
  const failure: unknown = await workspace.dataMap().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "DATAMAP_INVALID",
    exit: 65,
    at: expect.stringMatching(/datamap\.yaml:\d+:\d+$/u),
  });
  const { message, details } = failure instanceof Failure ? failure : new Failure("UNEXPECTED", "");
  expect(message).toContain("Did you mean `postgres`?");
  expect(message.match(/^error\[/gmu)?.length).toBeGreaterThan(1);
  expect(`${message}${JSON.stringify(details)}`).not.toContain("Zq7canary");
});

test("what is not built yet lints as a warning and stops a plan with 65, naming line and key", async () => {
  using desk = openDesk();
  desk.file("data/a.csv", "email\nann@example.com\n");
  await desk.json(["init"]);
  desk.map(testMap({ systems: { desk: { ...files.desk, recipient: { name: "X", notify: "mail" } } } }));
  const lint = await desk.json(["map", "lint"]);
  expect(lint).toMatchObject({ code: 0, json: { data: { issues: [{ code: "NOT_BUILT", severity: "warning" }] } } });
  const id = await desk.open({ email: "ann@example.com" });
  const plan = await desk.json(["plan", id]);
  expect(plan).toMatchObject({
    code: 65,
    json: {
      error: {
        code: "NOT_BUILT",
        at: expect.stringMatching(/^datamap\.yaml:\d+:\d+$/u),
        message: expect.stringContaining("notify"),
      },
    },
  });
});

async function withEnv(env: Readonly<Record<string, string>>, work: () => Promise<unknown>): Promise<void> {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
