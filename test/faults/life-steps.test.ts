/**
 * kill -9 before and after every transaction of a request's life, for every command that makes one: before, nothing of it
 * is there; after, all of it. Then the same command, and the way to its end: nothing sealed stays behind a request that has
 * ended, and the ledger tells what was saved and nothing else.
 */
import { registry } from "../../connectors/registry.ts";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIFE_STEPS } from "../../src/executor/kill-points.ts";
import { audit } from "../../src/ledger/audit.ts";
import { approveRequest } from "../../src/requests/approve-request.ts";
import { type Context, contextOf } from "../../src/requests/context.ts";
import { planRequest } from "../../src/requests/plan-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import { runRequest } from "../../src/requests/run-request.ts";
import { verifyRequest } from "../../src/requests/verify-request.ts";
import { openWorkspace } from "../../src/workspace.ts";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";

const ANN = "ann@steps.example";
const ID = "R-2026-0001";
const NOW = "2026-11-20T10:00:00Z";
const LIST = `id,email\r\n1,${ANN}\r\n2,bob@steps.example\r\n`;

const COMMANDS = {
  new: ["request", "new", "--subject-file", "-"],
  identity: ["request", "identity", ID, "--method", "letter", "--result", "ok"],
  extend: ["request", "extend", ID, "--reason", "complex"],
  plan: ["plan", ID],
  approve: ["approve", ID, "--as", "olga", "--confirm", ID],
  run: ["run", ID, "--confirm", ID],
  verify: ["verify", ID],
  cancel: ["request", "cancel", ID, "--reason", "withdrawn"],
  refuse: ["request", "refuse", ID, "--reason", "unfounded"],
} as const;

type Name = keyof typeof COMMANDS;

interface Case {
  /** What was done before; `begun`: a run that was killed in its first unit. */
  readonly after: "init" | "new" | "identity" | "plan" | "approve" | "begun" | "run" | "unsettled";
  readonly command: Name;
  /** Before the command: what makes it take this step. */
  readonly first?: (desk: Desk) => void;
  /** Afterwards. */
  readonly later?: (desk: Desk) => void;
}

/** A step without a case does not compile. */
const CASES: Readonly<Record<(typeof LIFE_STEPS)[number], readonly Case[]>> = {
  // nothing in files is marked, nor given back: test/faults/kill-marks.test.ts
  keep_images: [],
  destroy_images: [],
  begin_undo: [],
  undo: [],
  open: [{ after: "init", command: "new" }],
  identity: [{ after: "new", command: "identity" }],
  extend: [{ after: "new", command: "extend" }],
  plan: [
    { after: "identity", command: "plan" },
    { after: "plan", command: "plan" },
  ],
  withdraw_plan: [
    {
      after: "approve",
      command: "plan",
      first: (desk) => desk.file("data/list.csv", `id,email\r\n${`1,${ANN}\r\n`.repeat(30)}`),
      later: (desk) => desk.file("data/list.csv", LIST),
    },
  ],
  approve: [{ after: "plan", command: "approve" }],
  begin: [
    { after: "approve", command: "run" },
    { after: "begun", command: "run" },
  ],
  intend: [{ after: "approve", command: "run" }],
  attempt: [
    {
      after: "begun",
      command: "run",
      first: (desk) => desk.file("data/list.csv", `id,email\r\n1,"${ANN}\r\n`),
      later: (desk) => desk.file("data/list.csv", LIST),
    },
  ],
  attest: [{ after: "approve", command: "run" }],
  complete: [{ after: "approve", command: "run" }],
  verify: [
    { after: "run", command: "verify" },
    { after: "unsettled", command: "verify" },
  ],
  end: [
    { after: "approve", command: "cancel" },
    { after: "new", command: "refuse" },
  ],
};

const KILLS = LIFE_STEPS.flatMap((step) =>
  CASES[step].flatMap((one) =>
    (["saving", "saved"] as const).map((when) => ({
      title: `${one.command} after ${one.after}, killed at ${when}_${step}`,
      point: `${when}_${step}`,
      saved: when === "saved",
      ...one,
    })),
  ),
);

let desk: Desk;
let kept: string;

const workspace = (name = ""): string => path.join(desk.folder, ".expunge", name);
const call = async (name: Name, kill?: string): Promise<Said> =>
  await desk.json(COMMANDS[name], {
    ...(name === "new" ? { stdin: JSON.stringify({ email: ANN }) } : {}),
    env: { EXPUNGE_NOW: NOW, ...(kill === undefined ? {} : { EXPUNGE_TEST_KILL_AT: kill }) },
  });
const map = (settle: string): void =>
  desk.map(
    testMap({
      clock: "test",
      settle,
      limits: { max_records: 20, max_fraction: 1, max_fan_out: 100 },
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@steps.example",
          records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );

function keep(name: string): void {
  cpSync(workspace(), path.join(kept, name), { recursive: true });
}

/** As things are after a command. A plan is bound to the file as it is later: whatever follows it is done anew. */
async function prepare({ after }: Case): Promise<void> {
  rmSync(workspace(), { recursive: true, force: true });
  cpSync(path.join(kept, after === "init" || after === "new" ? after : "identity"), workspace(), { recursive: true });
  map(after === "unsettled" ? "1 hour" : "0 seconds");
  desk.file("data/list.csv", LIST);
  if (after === "init" || after === "new" || after === "identity") return;
  await within(async (context) => {
    await planRequest(context, ID);
    if (after !== "plan") await approveRequest(context, ID, {});
    if (after === "run" || after === "unsettled") await runRequest(context, ID, { concurrency: 1, emit: () => {} });
  });
  if (after === "begun") expect((await call("run", "saved_intend")).code).toBe("SIGKILL");
}

beforeAll(async () => {
  process.env["EXPUNGE_NOW"] = NOW;
  desk = openDesk();
  kept = path.join(desk.folder, "kept");
  desk.file("data/list.csv", LIST);
  map("0 seconds");
  if ((await desk.json(["init"])).code !== 0) throw new Error("init failed");
  keep("init");
  for (const name of ["new", "identity"] as const) {
    const said = await call(name);
    if (said.code !== 0) throw new Error(said.out + said.err);
    keep(name);
  }
});
afterAll(() => {
  desk[Symbol.dispose]();
});

interface Saved {
  readonly state: string | undefined;
  /** Ids of everything that the ledger was or will be told, but for the map's. */
  readonly told: readonly string[];
  readonly keys: readonly string[];
  readonly rest: string;
}

/** What is saved, read past expunge. */
function saved(): Saved {
  using db = new DatabaseSync(workspace("state.db"), { readOnly: true });
  const all = (sql: string): readonly Readonly<Record<string, unknown>>[] => db.prepare(sql).all();
  const [request] = all(`select state from request where id = '${ID}'`);
  return {
    state: request === undefined ? undefined : String(request["state"]),
    told: all("select id from outbox where id not like 'policy/%' order by seq").map((row) => String(row["id"])),
    keys: all("select request from request_key union select request from sealed").map((row) => String(row["request"])),
    rest: JSON.stringify(
      ["plan", "approval", "unit", "receipt", "note", "held"].map((name) => all(`select * from ${name} order by 1, 2`)),
    ),
  };
}

/** Encrypted bytes of the request's sealed part. */
function sealedBytes(): readonly Buffer[] {
  using db = new DatabaseSync(workspace("state.db"), { readOnly: true });
  const rows = db.prepare("select bytes from sealed union all select wrapped from request_key").all();
  return rows.map((row) => (row["bytes"] instanceof Uint8Array ? Buffer.from(row["bytes"]) : Buffer.alloc(0)));
}

const onDisk = (bytes: Buffer): boolean =>
  readdirSync(workspace()).some((name) => name.startsWith("state.db") && readFileSync(workspace(name)).includes(bytes));

test("every step of a request's life is killed before and after, under every command that takes it", () => {
  const here = LIFE_STEPS.filter((step) => CASES[step].length > 0);
  expect(new Set(KILLS.map(({ point }) => point)).size).toBe(here.length * 2);
  // nothing in files is marked, nor given back: test/faults/kill-marks.test.ts
  expect(LIFE_STEPS.filter((step) => !here.includes(step))).toEqual([
    "keep_images",
    "begin_undo",
    "undo",
    "destroy_images",
  ]);
});

describe.each(KILLS)("$title", (one) => {
  test("all or nothing of it is there, and the same command ends as if nothing had been", async () => {
    await prepare(one);
    one.first?.(desk);
    const before = saved();
    const secrets = sealedBytes();
    const killed = await call(one.command, one.point);
    expect(killed.code, killed.out + killed.err).toBe("SIGKILL");
    const left = saved();
    // a run has saved steps before this one
    if (one.saved && one.after !== "begun") expect(left).not.toEqual(before);
    else if (one.command !== "run" || one.point === "saving_begin") expect(left).toEqual(before);

    // any other command, the next one
    expect((await desk.json(["report", ID])).code).toBe(left.told.length === 0 ? 64 : 0);
    expect(saved()).toEqual(left);
    if (["closed", "cancelled", "refused"].includes(left.state ?? "")) {
      expect(left.keys).toEqual([]);
      for (const bytes of secrets) expect(onDisk(bytes)).toBe(false);
      expect(left.told).toContain(`${ID}/key.destroyed`);
    } else {
      expect(left.told).not.toContain(`${ID}/key.destroyed`);
      for (const bytes of secrets.slice(-1)) expect(onDisk(bytes)).toBe(true);
    }

    one.later?.(desk);
    map("0 seconds");
    const again = await call(one.command);
    const ended = left.state === "cancelled" || left.state === "refused";
    expect(again.code, again.out + again.err).toBe(ended ? 64 : 0);
    if (one.command === "cancel" || one.command === "refuse")
      expect(saved()).toMatchObject({ state: one.command === "cancel" ? "cancelled" : "refused", keys: [] });
    else await toTheEnd();
    await ledgerTellsIt();
  });
});

/** From wherever the request is now. */
async function toTheEnd(): Promise<void> {
  await within(async (context) => {
    const { requests } = context.state.read;
    if ((await requests.get(ID)).state === "received") await recordIdentity(context, ID, "letter", "ok");
    if ((await requests.get(ID)).state === "identity_confirmed") await planRequest(context, ID);
    if ((await requests.get(ID)).state === "planned") await approveRequest(context, ID, {});
    expect((await runRequest(context, ID, { concurrency: 1, emit: () => {} })).exit).toBe(0);
    expect(await verifyRequest(context, ID, { purge: false })).toMatchObject({ exit: 0, state: "closed" });
  });
  const { keys, state } = saved();
  expect([state, keys.filter((request) => request === ID)]).toEqual(["closed", []]);
  expect(desk.read("data/list.csv")).toBe(LIST.replace(`1,${ANN}\r\n`, ""));
}

/** Each entry once, in a ledger that verifies, and nothing left to tell. */
async function ledgerTellsIt(): Promise<void> {
  const { bytes, vkey } = await within(async ({ ledger }) => ({ bytes: await ledger.exportAll(), vkey: ledger.vkey }));
  expect(audit(bytes, { key: vkey }).ok).toBe(true);
  using db = new DatabaseSync(workspace("state.db"), { readOnly: true });
  expect(db.prepare("select count(*) as n from outbox where sealed = 0").get()).toEqual({ n: 0 });
  const leaves = list(JSON.parse(Buffer.from(bytes).toString()), "leaves");
  expect(leaves).toHaveLength(Number(db.prepare("select count(*) as n from outbox").get()?.["n"]));
  expect(leaves.filter((leaf) => dig(leaf, "core.type") === "key.destroyed")).toHaveLength(1);
}

async function within<T>(work: (context: Context) => Promise<T>): Promise<T> {
  const places = { map: path.join(desk.folder, "datamap.yaml"), workspace: workspace(), as: "olga" };
  await using open = await openWorkspace(places, { registry, signal: new AbortController().signal });
  return await work(contextOf(open, await open.planMap(), () => {}));
}
