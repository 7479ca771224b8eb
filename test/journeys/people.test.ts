/** People who are named in the data map act with keys of their own: each in their roles, and nobody else. */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { dig, filesBelow, list, openDesk, type Said, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";

const ROWS = "email,name\nmia.stork@heron.example,Mia\nuwe.crane@heron.example,Uwe\n";
const MIA = JSON.stringify({ email: "mia.stork@heron.example" });
const ROLES = {
  "anna.finch": "officer",
  "otto.swift": "officer",
  enid: "engineer",
  walt: "auditor",
  ada: "administrator",
};

/** A desk where these five have keys, and a sixth has one that the data map does not name. */
async function openOffice(approval: object = { four_eyes: true }) {
  const desk = openDesk();
  onTestFinished(() => desk[Symbol.dispose]());
  desk.file("data/list.csv", ROWS);
  await desk.json(["init"]);
  const made: Record<string, Said> = {};
  for (const name of [...Object.keys(ROLES), "stranger"]) made[name] = await desk.json(["key", "new", name]);
  const file = (name: string): string => String(dig(made[name]?.json, "data.file"));
  const people = Object.entries(ROLES).map(([name, role]) => [
    name,
    { key: dig(made[name]?.json, "data.vkey"), roles: [role] },
  ]);
  desk.map(
    testMap({
      approval,
      people: Object.fromEntries(people),
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@heron.example",
          records: { list: { files: ["list.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  /** A command with this person's key. */
  const as = async (name: string, ...args: readonly string[]): Promise<Said> =>
    await desk.json([...args, "--sign-with", file(name)], { stdin: MIA });
  return { desk, made, file, as };
}

const opening = ["request", "new", "--subject-file", "-"] as const;
const refusal = ({ code, json }: Said): readonly unknown[] => [code, dig(json, "error.code")];

/** A request that Anna opened and whose identity is confirmed; planned. */
async function planned({ as }: Awaited<ReturnType<typeof openOffice>>): Promise<string> {
  const id = String(dig((await as("anna.finch", ...opening)).json, "data.requests.0.id"));
  await as("anna.finch", "request", "identity", id, "--method", "letter", "--result", "ok");
  expect((await as("enid", "plan", id)).code).toBe(0);
  return id;
}

test("a key is made once, for its owner's eyes, and is replaced by nobody", async () => {
  const { desk, made, file } = await openOffice();
  expect([made["enid"]?.code, statSync(file("enid")).mode & 0o777]).toEqual([0, 0o600]);
  expect(file("enid")).toBe(path.join(desk.folder, "../home/.config/expunge/keys/enid.key"));
  expect(dig(made["enid"]?.json, "data.vkey")).toMatch(/^enid\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$/u);
  const before = readFileSync(file("enid"), "utf8");
  expect((await desk.json(["key", "new", "enid"])).code).toBe(64);
  expect(readFileSync(file("enid"), "utf8")).toBe(before);
  for (const name of ["../enid", "a b", "a+b", ".enid", ""])
    expect((await desk.json(["key", "new", name])).code).toBe(64);
  expect(existsSync(path.join(desk.folder, "../home/.config/expunge/enid.key"))).toBe(false);
});

test("a name alone, a stranger's key, a role that does not reach and a key that others can read are refused", async () => {
  const office = await openOffice();
  const { desk, file, as } = office;
  expect(refusal(await desk.json([...opening, "--as", "anna.finch"], { stdin: MIA }))).toEqual([3, "NOT_ALLOWED"]);
  const env = { EXPUNGE_ACTOR: "anna.finch" };
  expect(refusal(await desk.json(opening, { stdin: MIA, env }))).toEqual([3, "NOT_ALLOWED"]);
  expect(refusal(await as("stranger", ...opening))).toEqual([3, "NOT_ALLOWED"]);
  expect(refusal(await as("enid", ...opening))).toEqual([3, "NOT_ALLOWED"]);
  expect(refusal(await as("walt", ...opening))).toEqual([3, "NOT_ALLOWED"]);
  expect(refusal(await as("anna.finch", ...opening, "--as", "otto.swift"))).toEqual([3, "NOT_ALLOWED"]);
  const open = desk.file("open.key", "");
  copyFileSync(file("anna.finch"), open);
  chmodSync(open, 0o644);
  expect(refusal(await desk.json([...opening, "--sign-with", open], { stdin: MIA }))).toEqual([4, "KEY_MISSING"]);
  expect(refusal(await desk.json([...opening, "--sign-with", "nowhere"], { stdin: MIA }))).toEqual([4, "KEY_MISSING"]);
  // nothing of it was done
  expect(list((await desk.json(["request", "list"])).json, "data.requests")).toEqual([]);

  const id = await planned(office);
  for (const [name, ...args] of [
    ["enid", "approve", id, "--confirm", id],
    ["walt", "approve", id, "--confirm", id],
    ["walt", "plan", id],
    ["walt", "verify", id],
    ["enid", "request", "cancel", id, "--reason", "withdrawn"],
    ["enid", "hold", "add", "--records", "share.list", "--case", "a case", "--by", "legal"],
  ] as const)
    expect([args, ...refusal(await as(name, ...args))]).toEqual([args, 3, "NOT_ALLOWED"]);
  // who only reads shows nothing
  for (const args of [["status"], ["request", "show", id], ["request", "list"], ["hold", "list"]])
    expect((await desk.json(args)).code).toBe(0);
});

test("who opened it does not approve it, whoever approves signs, and what they signed is in the proof", async () => {
  const office = await openOffice();
  const { desk, file, as } = office;
  const id = await planned(office);
  expect(refusal(await as("anna.finch", "approve", id, "--confirm", id))).toEqual([3, "FOUR_EYES"]);
  const approved = await as("otto.swift", "approve", id, "--confirm", id);
  expect(approved.code).toBe(0);
  // every output of an office with keys is what its schema says
  OUTPUTS["approve"]?.parse(approved.json);
  OUTPUTS["request-show"]?.parse((await desk.json(["request", "show", id])).json);
  OUTPUTS["status"]?.parse((await desk.json(["status", "--html", "board.html"])).json);
  expect(OUTPUTS["key-new"]?.safeParse(office.made["enid"]?.json).success).toBe(true);
  // signing the same again is no second decision
  expect((await as("otto.swift", "approve", id, "--confirm", id)).code).toBe(0);
  const shown = (await desk.json(["request", "show", id])).json;
  expect(dig(shown, "data.requests.0.created_by") ?? dig(shown, "data.requests.0.opened.by")).toBe("anna.finch");
  expect(dig(shown, "data.requests.0.plans.0.approval")).toMatchObject({
    by: "otto.swift",
    key: /^[A-Za-z0-9+/]{43}=$/u,
  });
  expect(refusal(await desk.json(["run", id, "--confirm", id, "--as", "enid"]))).toEqual([3, "NOT_ALLOWED"]);
  expect(desk.read("data/list.csv")).toBe(ROWS);
  // a timer has no hands: its key stands in the environment
  const env = { EXPUNGE_SIGN_WITH: file("enid") };
  expect((await desk.json(["run", id, "--confirm", id], { env })).code).toBe(0);
  expect(desk.read("data/list.csv")).toBe("email,name\nuwe.crane@heron.example,Uwe\n");
  expect((await desk.json(["verify", id], { env })).code).toBe(0);

  await desk.json(["report", id, "--format", "json"]);
  const report = `report/${id}.report.json`;
  await desk.json(["proof", "export", "--out", "ledger.json"]);
  for (const proof of [report, "ledger.json"]) {
    const checked = await desk.json(["proof", "verify", proof]);
    expect([checked.code, list(checked.json, "data.checks").find(({ name }) => name === "approvals")]).toMatchObject([
      0,
      { ok: true, detail: "1 signed by the approver's own key" },
    ]);
  }
  // neither names nor private keys go where many read
  const secrets = ["otto.swift", "anna.finch", readFileSync(file("otto.swift"), "utf8").trim()];
  for (const name of [report, "ledger.json"])
    expect(secrets.filter((secret) => desk.read(name).includes(secret))).toEqual([]);
  for (const at of filesBelow(path.join(desk.folder, ".expunge")))
    expect(readFileSync(at, "latin1").includes(secrets[2] ?? "?")).toBe(false);
});

test("an approval that was written into the state without the key, or with a key that may not, runs nothing", async () => {
  const office = await openOffice();
  const { desk, as } = office;
  const id = await planned(office);
  await as("otto.swift", "approve", id, "--confirm", id);
  const store = path.join(desk.folder, ".expunge/state.db");
  const rewrite = (change: (body: Record<string, unknown>) => object): void => {
    using db = new DatabaseSync(store);
    const body = JSON.parse(String(db.prepare("select body from approval").get()?.["body"])) as Record<string, unknown>;
    db.prepare("update approval set body = ?").run(JSON.stringify(change(body)));
  };
  const kept: Record<string, unknown> = {};
  rewrite((body) => Object.assign(kept, body));
  const people = readFileSync(path.join(desk.folder, "datamap.yaml"), "utf8");
  const enid = /enid\+[0-9a-f]{8}\+(?<key>[A-Za-z0-9+/=]+)/u.exec(people)?.groups?.["key"] ?? "";
  const raw = Buffer.from(enid, "base64").subarray(1).toString("base64");
  for (const change of [{ signature: undefined, key: undefined }, { key: raw }, { role: "dpo" }]) {
    rewrite(() => ({ ...kept, ...change }));
    expect(refusal(await as("enid", "run", id, "--confirm", id))).toEqual([3, "NOT_APPROVED"]);
  }
  expect(desk.read("data/list.csv")).toBe(ROWS);
  rewrite(() => kept);
  // one who approved and is no longer named approved nothing that has not begun
  desk.file("datamap.yaml", people.replace(/ {2}otto\.swift:\n(?: {4}.*\n)+/u, ""));
  expect(refusal(await as("enid", "run", id, "--confirm", id))).toEqual([3, "NOT_APPROVED"]);
  desk.file("datamap.yaml", people);
  expect((await as("enid", "run", id, "--confirm", id)).code).toBe(0);
});

test("an administrator does everything, with four eyes too only what somebody else began", async () => {
  const office = await openOffice();
  const { as } = office;
  const id = await planned(office);
  expect((await as("ada", "approve", id, "--confirm", id)).code).toBe(0);
  expect((await as("ada", "run", id, "--confirm", id)).code).toBe(0);
  const own = String(dig((await as("ada", ...opening)).json, "data.requests.0.id"));
  await as("ada", "request", "identity", own, "--method", "letter", "--result", "ok");
  await as("ada", "plan", own);
  expect(refusal(await as("ada", "approve", own, "--confirm", own))).toEqual([3, "FOUR_EYES"]);
});

test("four eyes are two keys, whatever a later data map calls them", async () => {
  const office = await openOffice();
  const { desk, as } = office;
  const id = await planned(office);
  const map = readFileSync(path.join(desk.folder, "datamap.yaml"), "utf8");
  desk.file("datamap.yaml", map.replace("  anna.finch:\n", "  anne:\n"));
  expect(refusal(await as("anna.finch", "approve", id, "--confirm", id))).toEqual([3, "FOUR_EYES"]);
  desk.file("datamap.yaml", map);
  expect((await as("otto.swift", "approve", id, "--confirm", id)).code).toBe(0);
});

test("whoever hands in another data map leaves its digest in the ledger, whatever is done under it", async () => {
  const office = await openOffice();
  const { desk, as } = office;
  const id = await planned(office);
  await as("otto.swift", "approve", id, "--confirm", id);
  await as("anna.finch", "hold", "add", "--records", "share.list", "--case", "a case", "--by", "legal");
  desk.file("other.yaml", desk.read("datamap.yaml").replace(/^people:\n(?: .*\n)+/mu, ""));
  const digestOf = (name: string): string => createHash("sha256").update(desk.read(name)).digest("hex");
  /** Of what the ledger tells: maps by their digest, and the release of a hold. */
  const told = async (): Promise<readonly unknown[]> => {
    await desk.json(["proof", "export", "--out", "ledger.json"]);
    return list(JSON.parse(desk.read("ledger.json")), "leaves").flatMap(({ core }) =>
      dig(core, "type") === "policy.changed"
        ? [dig(core, "map_digest")]
        : dig(core, "type") === "hold.released"
          ? ["released"]
          : [],
    );
  };
  const [own, other] = [digestOf("datamap.yaml"), digestOf("other.yaml")];
  expect(await told()).toEqual([own]);
  const strange = ["--map", "other.yaml", "--as", "mallory"];
  const released = await desk.json(["hold", "release", "H-2026-0001", "--reason", "over", "--by", "me", ...strange]);
  expect(released.code).toBe(0);
  expect(await told()).toEqual([own, other, "released"]);
  // from here on the own one again, and once
  expect((await as("enid", "run", id, "--confirm", id)).code).toBe(0);
  expect((await as("enid", "verify", id)).code).toBe(0);
  expect(await told()).toEqual([own, other, "released", own]);
});
