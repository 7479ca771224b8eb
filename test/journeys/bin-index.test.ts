/** The bin of a search index: documents that the application marked come back, in their own forms, and nothing else changes. */
import { expect, test } from "vitest";
import { rawElasticsearch } from "../connectors/elasticsearch/raw.ts";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

const ANN = "ann@index.example";

test("documents that the shop marked are counted and come back: a time, a flag and a status, each in the form it has there", async () => {
  const raw = await rawElasticsearch();
  const keyword = { type: "keyword" };
  const timed = await raw.create("bin-timed", { mail: keyword, gone: { type: "date" } });
  const lived = await raw.create("bin-lived", { mail: keyword, gone: { type: "date", format: "epoch_millis" } });
  const flags = await raw.create("bin-flags", {
    mail: keyword,
    rest: { type: "object", enabled: false },
    meta: { properties: { hidden: { type: "boolean" }, at: { type: "date" } } },
  });
  // the shop has hidden nothing there yet
  const bare = await raw.create("bin-bare", { mail: keyword });
  await raw.put(bare, { 1: `{"mail":"${ANN}"}` });
  const states = await raw.create("bin-states", { mail: keyword, state: keyword, at: { type: "date" } });
  const day = Date.parse("2026-11-28T08:00:00Z");
  await raw.put(timed, {
    1: `{ "mail":"${ANN}", "n":1.0, "gone":"2026-11-28T08:00:00Z" }`,
    2: '{"mail":"bob@index.example","gone":"2026-11-28T08:00:00Z"}',
    3: `{"mail":"${ANN}","gone":"2026-11-01T08:00:00Z"}`,
  });
  await raw.put(lived, { 1: `{"mail":"${ANN}","gone":${day}}`, 2: `{"mail":"${ANN}","gone":-6626966400000}` });
  await raw.put(flags, {
    1: `{"mail":"${ANN}","meta":{"hidden": true,"at":"2026-11-28"},"rest":{"x":12345678901234567890}}`,
    2: `{"mail":"${ANN}","meta":{"hidden":"true","at":"2026-11-28"}}`,
    3: '{"mail":"bob@index.example","meta":{"hidden":true,"at":"2026-11-28"}}',
    4: `{"mail":"${ANN}","meta":{"hidden":false}}`,
  });
  await raw.put(states, { 1: `{"mail":"${ANN}","state":"spam","at":"2026-11-28"}` });
  const dump = async () => ({
    timed: await raw.dump(timed),
    lived: await raw.dump(lived),
    flags: await raw.dump(flags),
    states: await raw.dump(states),
  });
  const before = await dump();
  using desk = openDesk({ search: raw.url });
  const life = {
    match: { mail: "email" },
    do: "soft-delete",
    restore_window: "7 days",
    purge_after: "30 days",
  };
  const records = {
    // `gone_by` is in no mapping yet
    timed: { ...life, index: timed, soft_delete: { timestamp: "gone", by: "gone_by" } },
    lived: { ...life, index: lived, soft_delete: { timestamp: "gone", live_when: "1760-01-01" } },
    flags: { ...life, index: flags, soft_delete: { flag: "meta.hidden", since: "meta.at", restore_as: false } },
    bare: { ...life, index: bare, soft_delete: { flag: "hidden", restore_as: false } },
    states: {
      ...life,
      index: states,
      soft_delete: { status: "state", deleted_when: ["gone", "spam"], since: "at", restore_as: "live" },
    },
  };
  const search = { kind: "elasticsearch", connect: { secret: "search" }, owner: "it@index.example", records };
  desk.map({ ...testMap({ systems: { search } }), clock: "test" });
  const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };
  await desk.json(["init"], at);
  const listed = await desk.json(["bin", "list"], at);
  expect(
    list(listed.json, "data.items").map(({ record, count }) => [record, count]),
    listed.out,
  ).toEqual([
    ["timed", 3],
    ["lived", 1],
    ["flags", 3],
    ["states", 1],
  ]);
  expect(dig(listed.json, "warnings.0")).toContain("search.bare");
  const back = async (record: string) => {
    const said = await desk.json(
      ["bin", "restore", `search.${record}`, "--subject-file", "-", "--confirm", `search.${record}`],
      { ...at, stdin: JSON.stringify({ email: ANN }) },
    );
    return [said.code, dig(said.json, "data.items.0") ?? said.out];
  };
  const told = (found: number, restored: number, late = 0) => [
    0,
    expect.objectContaining({ found, restored, hidden: 0, too_late: late }),
  ];
  expect.soft(await back("timed")).toEqual(told(2, 1, 1));
  expect.soft(await back("lived")).toEqual(told(1, 1));
  expect.soft(await back("flags")).toEqual(told(2, 2));
  expect.soft(await back("states")).toEqual(told(1, 1));
  expect(await dump()).toEqual({
    timed: { ...before.timed, 1: before.timed["1"]?.replace('"2026-11-28T08:00:00Z"', "null") },
    lived: { ...before.lived, 1: before.lived["1"]?.replace(String(day), "-6626966400000") },
    flags: {
      ...before.flags,
      1: before.flags["1"]?.replace('true,"at":"2026-11-28"', 'false,"at":null'),
      2: before.flags["2"]?.replace('"true","at":"2026-11-28"', '"false","at":null'),
    },
    states: { 1: `{"mail":"${ANN}","state":"live","at":null}` },
  });
  // what is too late to come back goes early, and nothing else
  const alive = await dump();
  const purge = ["bin", "purge", "search.timed", "--subject-file", "-", "--confirm", "search.timed"];
  const planned = await desk.json([...purge, "--reason", "asked for"], {
    ...at,
    stdin: JSON.stringify({ email: ANN }),
  });
  expect([planned.code, dig(planned.json, "data.plan.totals.erase")], planned.out).toEqual([0, 1]);
  const due = "D-2026-0001";
  for (const args of [
    ["approve", due, "--as", "olga", "--confirm", due],
    ["run", due, "--confirm", due],
    ["verify", due],
  ])
    expect([args[0], (await desk.json(args, at)).code]).toEqual([args[0], 0]);
  expect(await dump()).toEqual({ ...alive, timed: { 1: alive.timed["1"], 2: alive.timed["2"] } });
  await raw.drop();
});
