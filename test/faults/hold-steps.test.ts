/**
 * kill -9 before and after every transaction of a legal hold's life: before, nothing of it is there; after, all of it. Then
 * the same command: no hold is lost, none ends by half, and nothing sealed stays behind one that has ended.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOLD_STEPS } from "../../src/executor/kill-points.ts";
import { type Desk, dig, list, openDesk, type Said, steps, testMap } from "../support/desk.ts";

const ANN = "ann@steps.example";
const REQUEST = "R-2026-0001";
const HOLD = "H-2026-0001";
const BY = ["--by", "legal department"];
const [NOW, LATER] = ["2026-11-20T10:00:00Z", "2027-01-02T10:00:00Z"];

interface Case {
  readonly command: readonly string[];
  /** Whether there is a hold before. */
  readonly held: boolean;
  readonly now: string;
  /** Exit codes of the same command once more: where nothing was saved, and where it was. */
  readonly again: readonly [number, number];
  /** Holds in the end, and whether the first one keeps its key: where nothing was saved before, and where it was. */
  readonly holds: readonly [number, number];
  readonly keys: readonly [number, number];
}

/** A step without a case does not compile. */
const CASES: Readonly<Record<(typeof HOLD_STEPS)[number], Case>> = {
  hold_add: {
    command: ["hold", "add", "--subject-file", "-", "--case", "a claim", ...BY],
    held: false,
    now: NOW,
    again: [0, 0],
    holds: [1, 2],
    keys: [1, 2],
  },
  hold_extend: {
    command: ["hold", "extend", HOLD, "--until", "2027-06-30", "--reason", "appeal", ...BY],
    held: true,
    now: NOW,
    again: [0, 0],
    holds: [1, 1],
    keys: [1, 1],
  },
  hold_release: {
    command: ["hold", "release", HOLD, "--reason", "settled", ...BY],
    held: true,
    now: NOW,
    again: [0, 64],
    holds: [1, 1],
    keys: [0, 0],
  },
  // its last day has passed: the next plan ends it
  hold_end: { command: ["plan", REQUEST], held: true, now: LATER, again: [0, 0], holds: [1, 1], keys: [0, 0] },
};

const KILLS = HOLD_STEPS.flatMap((step) =>
  (["saving", "saved"] as const).map((when) => ({
    title: `killed at ${when}_${step}`,
    step,
    saved: when === "saved" ? (1 as const) : (0 as const),
    ...CASES[step],
  })),
);

let desk: Desk;
let kept: string;

const workspace = (name = ""): string => path.join(desk.folder, ".expunge", name);
const call = async (args: readonly string[], now: string, kill?: string): Promise<Said> =>
  await desk.json(args, {
    ...(args.includes("-") ? { stdin: JSON.stringify({ email: ANN }) } : {}),
    env: { EXPUNGE_NOW: now, ...(kill === undefined ? {} : { EXPUNGE_TEST_KILL_AT: kill }) },
  });

beforeAll(async () => {
  desk = openDesk();
  kept = path.join(desk.folder, "kept");
  desk.file("data/list.csv", `id,email\r\n1,${ANN}\r\n2,bob@steps.example\r\n`);
  desk.map(
    testMap({
      clock: "test",
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
  await desk.json(["init"]);
  await desk.open({ email: ANN });
  cpSync(workspace(), path.join(kept, "free"), { recursive: true });
  const added = await call([...CASES.hold_add.command, "--until", "2026-12-31"], NOW);
  if (added.code !== 0) throw new Error(added.out + added.err);
  cpSync(workspace(), path.join(kept, "held"), { recursive: true });
});
afterAll(() => {
  desk[Symbol.dispose]();
});

/** Read past expunge. */
function rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
  using db = new DatabaseSync(workspace("state.db"), { readOnly: true });
  return db.prepare(sql).all();
}

const saved = () =>
  ["legal_hold", "legal_hold_key", "legal_hold_sealed"].map((table) => rows(`select * from ${table} order by 1`));
const toldOf = (): readonly string[] =>
  rows("select id from outbox where id like 'H-%' order by seq").map((row) => String(row["id"]));

/** Encrypted bytes of the hold's people and key. */
function sealedBytes(): readonly Buffer[] {
  const all = rows(
    `select bytes from legal_hold_sealed where hold = '${HOLD}' union all select wrapped from legal_hold_key where hold = '${HOLD}'`,
  );
  return all.map((row) => (row["bytes"] instanceof Uint8Array ? Buffer.from(row["bytes"]) : Buffer.alloc(0)));
}

const onDisk = (bytes: Buffer): boolean =>
  readdirSync(workspace()).some((name) => name.startsWith("state.db") && readFileSync(workspace(name)).includes(bytes));

describe.each(KILLS)("$title", (one) => {
  test("all or nothing of it is there, and the same command ends as if nothing had been", async () => {
    rmSync(workspace(), { recursive: true, force: true });
    cpSync(path.join(kept, one.held ? "held" : "free"), workspace(), { recursive: true });
    const [before, told, secrets] = [saved(), toldOf(), sealedBytes()];
    const killed = await call(one.command, one.now, `${one.saved === 1 ? "saved" : "saving"}_${one.step}`);
    expect(killed.code, killed.out + killed.err).toBe("SIGKILL");
    if (one.saved === 1) {
      expect(saved()).not.toEqual(before);
      expect(toldOf().length).toBeGreaterThan(told.length);
    } else expect([saved(), toldOf()]).toEqual([before, told]);

    const again = await call(one.command, one.now);
    expect(again.code, again.out + again.err).toBe(one.again[one.saved]);
    const [holds = [], keys = [], sealed = []] = saved();
    expect([holds.length, keys.length, sealed.length]).toEqual([
      one.holds[one.saved],
      one.keys[one.saved],
      one.keys[one.saved],
    ]);
    if (keys.length === 0) for (const bytes of secrets) expect(onDisk(bytes)).toBe(false);
    // whoever plans then is told the truth
    const plan = await call(["plan", REQUEST], one.now);
    expect(steps(plan)["share.lists"]).toMatchObject(keys.length > 0 ? { act: 0, kept: 1 } : { act: 1, kept: 0 });

    // each entry once, in a ledger that has all of them once anything is told again
    expect((await call(["request", "new", "--subject-file", "-"], NOW)).code).toBe(0);
    const ids = toldOf();
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(rows("select count(*) as n from outbox where sealed = 0")).toEqual([{ n: 0 }]);
    await desk.json(["proof", "export", "--out", "ledger.json"]);
    const types = list(JSON.parse(desk.read("ledger.json")), "leaves").map((leaf) => dig(leaf, "core.type"));
    expect(types.filter((type) => String(type).startsWith("hold.")).length).toBe(
      ids.filter((id) => !id.endsWith("key.destroyed")).length,
    );
    expect(types.filter((type) => type === "key.destroyed")).toHaveLength(keys.length === 0 ? 1 : 0);
    expect((await desk.json(["doctor"])).code).toBe(0);
  });
});
