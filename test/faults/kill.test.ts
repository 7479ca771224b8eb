/**
 * kill -9 at every labelled point, in every system, then the same command: the same end state, one receipt a step, and
 * nothing left behind. Everyone is seeded once; each kill takes another person, so that neighbours are watched too.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KILL_POINTS } from "../../src/executor/kill-points.ts";
import { dig, filesBelow, list, steps } from "../support/desk.ts";
import { approvedRequest } from "../support/approved.ts";
import { type FourSystems, openFourSystems, person } from "../support/four-systems.ts";

const SYSTEMS = ["shop", "search", "exports", "share"] as const;
/** `completed` is a point of the run as a whole. */
const POINTS = KILL_POINTS.filter((point) => point !== "completed");
const ALL = [...POINTS.flatMap((point) => SYSTEMS.map((system) => `${point}@${system}`)), "completed"];
/** Every point in one system, every system at two points and more; all of them with `npm run test:deep`. */
const KILLS =
  process.env["EXPUNGE_DEEP"] === "1"
    ? ALL
    : ALL.filter(
        (_, at) => at === ALL.length - 1 || Math.floor(at / SYSTEMS.length) % SYSTEMS.length === at % SYSTEMS.length,
      );
const PEOPLE = KILLS.map((_, at) => person(at + 1));
/** Nobody ever asks for these two. */
const NEIGHBOURS = [person(900), person(901)];

let four: FourSystems;

beforeAll(async () => {
  four = await openFourSystems("kill");
  await four.seed([...PEOPLE, ...NEIGHBOURS]);
});
afterAll(async () => {
  await four?.[Symbol.asyncDispose]();
});

/** Only what names this person, in any system. */
function of(dump: Readonly<Record<string, string>>, id: number): readonly string[] {
  const { email } = person(id);
  return Object.entries(dump).flatMap(([at, content]) =>
    content.includes(`"${email}"`) || content.includes(`,${email}`) || content.includes(`${email}\r`) ? [at] : [],
  );
}

test("there are as many kills as points and systems, and every effect point is among them", () => {
  expect(ALL).toHaveLength(9 * 4 + 1);
  expect(new Set(ALL).size).toBe(ALL.length);
  const kinds = (part: 0 | 1) => new Set(KILLS.map((kill) => kill.split("@")[part]));
  expect(kinds(0)).toEqual(new Set(KILL_POINTS));
  expect(new Set([...kinds(1)].filter((system) => system !== undefined))).toEqual(new Set(SYSTEMS));
  expect(KILLS.length).toBeGreaterThanOrEqual(POINTS.length + 1);
});

test.each(KILLS.map((kill, at) => [kill, at + 1] as const))(
  "killed at %s, the same command ends as if nothing had been",
  async (kill, id) => {
    const { desk } = four;
    const before = await four.dump();
    expect(of(before, id).length).toBeGreaterThanOrEqual(5);
    const { id: request, plan } = await approvedRequest(desk, [{ identifiers: { email: [person(id).email] } }]);
    const run = ["run", request, "--confirm", request];
    const killed = await desk.json(run, { env: { EXPUNGE_TEST_KILL_AT: kill } });
    expect(killed.code).toBe("SIGKILL");
    const again = await desk.json(run);
    expect(again.code, again.out + again.err).toBe(0);
    const numbers = Object.fromEntries(
      Object.entries(steps(again)).map(([name, step]) => [
        name,
        [step["status"], step["matched"], step["affected"], step["gone"]],
      ]),
    );
    expect(numbers).toEqual({
      "shop.customers": ["deleted", 1, 1, 1],
      "shop.orders": ["deleted", 2, 2, 2],
      "shop.trail": ["redacted", 1, 1, 1],
      "search.customers": ["deleted", 1, 1, 1],
      "exports.orders": ["deleted", 1, 1, 1],
      "share.lists": ["deleted", 1, 1, 1],
    });
    const verified = await desk.json(["verify", request]);
    expect([verified.code, dig(verified.json, "data.state")], verified.out).toEqual([0, "closed"]);

    const after = await four.dump();
    expect(of(after, id)).toEqual([]);
    for (const neighbour of NEIGHBOURS)
      expect(of(after, neighbour.id).toSorted()).toEqual(
        of(before, neighbour.id)
          .filter((at) => !at.endsWith("/older"))
          .toSorted(),
      );
    // one receipt a step, one ledger entry a step
    const state = new DatabaseSync(path.join(desk.folder, ".expunge/state.db"), { readOnly: true });
    expect(state.prepare("select count(*) as n from receipt where plan = ?").get(plan.id)?.["n"]).toBe(6);
    expect(
      state.prepare("select count(*) as n from outbox where id glob ? and sealed = 1").get(`${request}/*/S[0-9]*`)?.[
        "n"
      ],
    ).toBe(6);
    expect(state.prepare("select count(*) as n from outbox where sealed = 0").get()?.["n"]).toBe(0);
    state.close();
    expect(readdirSync(path.join(desk.folder, "data"))).toEqual(["list.csv"]);
    expect([...filesBelow(path.resolve(desk.folder, "../tmp"))]).toEqual([]);
  },
);

test("the whole ledger verifies after all kills and tells of every step once", async () => {
  const { desk } = four;
  expect((await desk.json(["proof", "export", "--out", "ledger.json"])).code).toBe(0);
  const verified = await desk.json(["proof", "verify", "ledger.json", "--key", ".expunge/public.vkey"]);
  expect([verified.code, dig(verified.json, "data.ok")]).toEqual([0, true]);
  const leaves = list(JSON.parse(desk.read("ledger.json")), "leaves");
  expect(leaves.filter((leaf) => String(leaf["leaf"]).includes("target.result"))).toHaveLength(KILLS.length * 6);
});

test("without `clock: test` the kill switch is refused", async () => {
  const { desk } = four;
  desk.file("datamap-real.yaml", desk.read("datamap.yaml").replace("clock: test", "clock: real"));
  const refused = await desk.json(["request", "list", "--map", "datamap-real.yaml"], {
    env: { EXPUNGE_TEST_KILL_AT: "claimed" },
  });
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([65, "CLOCK_REFUSED"]);
});
