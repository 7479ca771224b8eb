/** A customer's documents in a search index: hidden at once, brought back to the last character, hidden again, gone on their day. */
import { expect, test } from "vitest";
import { behind, rawElasticsearch, rightNow } from "../connectors/elasticsearch/raw.ts";
import { dig, list, openDesk, type Said, steps, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const ANN = "ann@index.example";
const STAMP = /"meta":\{"deleted_at":"2026-\d\d-\d\dT[\d:.]+Z","deleted_by":"expunge R-2026-0001"\}/u;

test("documents are hidden, brought back to the last character, hidden again, and gone on their day; who was marked before keeps its own", async () => {
  const raw = await rawElasticsearch();
  const keyword = { type: "keyword" };
  const rest = { type: "object", enabled: false };
  const meta = { properties: { deleted_at: { type: "date" }, deleted_by: keyword } };
  // two indices behind one alias, and what they hold in forms of their own
  const alias = `life-${process.pid}`;
  const old = await raw.create("life-old", { mail: keyword, rest, meta }, { aliases: { [alias]: {} } });
  const recent = await raw.create(
    "life-new",
    {
      mail: keyword,
      meta: { properties: { ...meta.properties, deleted_at: { type: "date", format: "epoch_millis" } } },
    },
    { aliases: { [alias]: { filter: { term: { hidden: true } } } } },
  );
  const ours = String.raw`{ "mail":"${ANN}",  "rest":{"n":12345678901234567890} , "price" : 1.0, "tags":["a" , "\u00e9"] }`;
  await raw.call("PUT", `/${old}/_doc/1`, ours);
  await raw.call("PUT", `/${old}/_doc/2`, `{\n  "mail": "${ANN}",\n  "meta": {"shop": 1.50}\n}`);
  await raw.put(old, {
    3: `{"mail":"${ANN}","meta":{"deleted_at":"2026-11-20","deleted_by":"the shop"}}`,
    4: '{"mail":"bob@index.example"}',
  });
  await raw.put(recent, { 1: `{"mail":"${ANN}","meta":null}`, 2: '{"mail":"bob@index.example","meta":null}' });
  const dump = async () => ({ old: await raw.dump(old), recent: await raw.dump(recent) });
  const before = await dump();

  using desk = openDesk({ search: raw.url });
  const map = {
    ...testMap({
      systems: {
        search: {
          kind: "elasticsearch",
          connect: { secret: "search" },
          owner: "it@index.example",
          records: {
            customers: {
              index: alias,
              match: { mail: "email" },
              do: "soft-delete",
              soft_delete: { timestamp: "meta.deleted_at", by: "meta.deleted_by" },
              restore_window: "7 days",
              purge_after: "14 days",
            },
          },
        },
      },
    }),
    settle: "0 days",
    clock: "test",
  };
  desk.map(map);
  expect((await desk.json(["map", "lint"])).code).toBe(0);
  const at = (day: string, more: Record<string, string> = {}) => ({
    env: { EXPUNGE_NOW: `${day}T10:00:00Z`, ...more },
  });
  const ok = (said: Said, code: number | string = 0) => expect(said.code, said.out + said.err).toBe(code);
  const through = async (id: string, day: string, kill?: string) => {
    ok(await desk.json(["approve", id, "--as", "olga", "--confirm", id], at(day)));
    const run = ["run", id, "--confirm", id];
    if (kill !== undefined) ok(await desk.json(run, at(day, { EXPUNGE_TEST_KILL_AT: kill })), "SIGKILL");
    const ran = await desk.json(run, at(day));
    ok(ran);
    ok(await desk.json(["verify", id], at(day)));
    return ran;
  };
  ok(await desk.json(["init"], at("2026-11-30")));
  ok(
    await desk.json(["request", "new", "--subject-file", "-"], {
      ...at("2026-11-30"),
      stdin: JSON.stringify({ email: ANN }),
    }),
  );
  ok(await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at("2026-11-30")));

  const plan = await desk.json(["plan", ID], at("2026-11-30"));
  ok(plan);
  expect(list(plan.json, "data.plan.steps")).toMatchObject([
    { status: "waiting", found: 4, act: 3, waiting: 1, reason: "marked" },
  ]);
  expect(await dump()).toEqual(before);
  const ran = await through(ID, "2026-11-30", "effect_half");
  expect(Object.values(steps(ran))).toMatchObject([{ matched: 3, affected: 3, gone: 3, marked: 3 }]);
  const hidden = await dump();
  expect(hidden.old["1"]).toMatch(STAMP);
  expect(hidden.old["1"]?.replace(/,"meta":\{[^}]*\}/u, "")).toBe(before.old["1"]);
  expect(hidden.old["2"]).toMatch(
    /^\{\n {2}"mail": "ann@index\.example",\n {2}"meta": \{"shop": 1\.50,"deleted_at":"2026-11-30T/u,
  );
  expect(hidden.recent["1"]).toMatch(/"meta":\{"deleted_at":\d{13},"deleted_by":"expunge R-2026-0001"\}\}$/u);
  for (const id of ["3", "4"]) expect(hidden.old[id]).toBe(before.old[id]);
  expect(hidden.recent["2"]).toBe(before.recent["2"]);

  ok(
    await desk.json(["undo", ID, "--confirm", ID], at("2026-12-02", { EXPUNGE_TEST_KILL_AT: "effect_half" })),
    "SIGKILL",
  );
  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-02"));
  ok(undone);
  expect(list(undone.json, "data.steps")).toMatchObject([{ status: "restored", restored: 3, hidden: 0 }]);
  expect(await dump()).toEqual(before);

  ok(await desk.json(["plan", ID], at("2026-12-03")));
  await through(ID, "2026-12-03", "saved_keep_images");
  // the shop changed a mark of ours: it is said, and nothing is given back
  await raw.call("POST", `/${old}/_update/1`, { doc: { meta: { deleted_by: "the shop" } } });
  const now = await dump();
  const refused = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-04"));
  ok(refused, 3);
  expect([dig(refused.json, "error.code"), dig(refused.json, "error.details")]).toEqual([
    "RESTORE_CONFLICT",
    [{ system: "search", record: "customers", count: 1, constraint: "changed" }],
  ]);
  expect(await dump()).toEqual(now);

  // what the shop marked goes on its own day, what we marked on ours
  const early = await desk.json(["plan", "--due"], at("2026-12-04"));
  ok(early);
  const first = String(dig(early.json, "data.plan.request"));
  expect(dig(early.json, "data.plan.totals.erase")).toBe(1);
  await through(first, "2026-12-04");
  expect(await dump()).toEqual({ ...now, old: { 1: now.old["1"], 2: now.old["2"], 4: now.old["4"] } });
  const due = await desk.json(["plan", "--due"], at("2026-12-17"));
  ok(due);
  expect(dig(due.json, "data.plan.totals.erase")).toBe(3);
  await through(String(dig(due.json, "data.plan.request")), "2026-12-17", "effect_half");
  expect(await dump()).toEqual({ old: { 4: before.old["4"] }, recent: { 2: before.recent["2"] } });
  const verified = await desk.json(["verify", ID], at("2026-12-17"));
  ok(verified);
  expect(dig(verified.json, "data.state")).toBe("closed");
  for (const said of desk.said) expect(said.out + said.err).not.toContain(ANN);
  await raw.drop();
});

test("what the shop hides while the run writes is the shop's: undo brings back the run's own, and its mark alone stays", async () => {
  const raw = await rawElasticsearch();
  const keyword = { type: "keyword" };
  const index = await raw.create("life-raced", { mail: keyword, hidden: { type: "boolean" } });
  await raw.put(index, { 1: { mail: ANN }, 2: { mail: ANN } });
  const before = await raw.dump(index);
  let raced = false;
  await using server = await behind(raw, ({ path }) => {
    if (path.includes("_bulk") && !raced) rightNow("POST", `${raw.url}/${index}/_update/2`, { doc: { hidden: true } });
    raced ||= path.includes("_bulk");
    return undefined;
  });
  using desk = openDesk({ search: server.url });
  const records = {
    customers: {
      index,
      match: { mail: "email" },
      do: "soft-delete",
      soft_delete: { flag: "hidden" },
      restore_window: "7 days",
      purge_after: "14 days",
    },
  };
  const search = { kind: "elasticsearch", connect: { secret: "search" }, owner: "it@index.example", records };
  desk.map({ ...testMap({ systems: { search } }), settle: "0 days" });
  expect((await desk.json(["init"])).code).toBe(0);
  const id = await desk.open({ email: ANN });
  const { run } = await desk.through(id);
  expect(Object.values(steps(run ?? { code: 1, out: "", err: "", json: undefined, events: [] }))).toMatchObject([
    { matched: 1, gone: 1, marked: 1 },
  ]);
  expect(await raw.dump(index)).toEqual({
    1: `{"mail":"${ANN}","hidden":true}`,
    2: `{"mail":"${ANN}","hidden":true}`,
  });
  const undone = await desk.json(["undo", id, "--confirm", id]);
  expect([undone.code, list(undone.json, "data.steps")], undone.out + undone.err).toMatchObject([
    0,
    [{ status: "restored", restored: 1, hidden: 0 }],
  ]);
  expect(await raw.dump(index)).toEqual({ 1: before["1"], 2: `{"mail":"${ANN}","hidden":true}` });
  await raw.drop();
});
