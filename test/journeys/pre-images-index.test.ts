/** A search index with a window: what a run erased and reduced comes back to the last character; when the window ends nothing of it is left. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { rawElasticsearch } from "../connectors/elasticsearch/raw.ts";
import { dig, filesBelow, list, openDesk, type Said, steps, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const ANN = "ann@window.example";
const SECRET = "likes the blue cups";

test("erased and reduced documents: residue with its date, undo to the last character, and the key's end", async () => {
  const raw = await rawElasticsearch();
  const keyword = { type: "keyword" };
  const people = await raw.create("window-people", { mail: keyword, note: { type: "text" } });
  const notes = await raw.create("window-notes", { mail: keyword, text: { type: "text" } });
  await raw.call("PUT", `/${people}/_doc/1?routing=a`, `{ "mail":"${ANN}",\n "note":"${SECRET}", "n" : 1.0 }`);
  await raw.put(people, { 2: '{"mail":"bob@window.example"}' });
  await raw.put(notes, { 1: `{"mail":"${ANN}", "text":"${SECRET}"}`, 2: '{"mail":"bob@window.example","text":"x"}' });
  const dump = async () => ({ people: await raw.dump(people), notes: await raw.dump(notes) });
  const before = await dump();
  using desk = openDesk({ search: raw.url });
  const window = { match: { mail: "email" }, restore_window: "7 days" };
  desk.map({
    ...testMap({
      systems: {
        search: {
          kind: "elasticsearch",
          connect: { secret: "search" },
          owner: "it@window.example",
          records: {
            people: { ...window, index: people, do: "erase" },
            notes: { ...window, index: notes, do: "redact", fields: { text: "clear" } },
          },
        },
      },
    }),
    clock: "test",
  });
  expect((await desk.json(["map", "lint"])).code).toBe(0);
  const at = (day: string, more: Record<string, string> = {}) => ({
    env: { EXPUNGE_NOW: `${day}T10:00:00Z`, ...more },
  });
  const ok = (said: Said, code: number | string = 0) => expect(said.code, said.out + said.err).toBe(code);
  const kept = () =>
    Buffer.concat([...filesBelow(path.join(desk.folder, ".expunge"))].map((file) => readFileSync(file)));
  ok(await desk.json(["init"], at("2026-11-30")));
  const asked = { ...at("2026-11-30"), stdin: JSON.stringify({ email: ANN }) };
  ok(await desk.json(["request", "new", "--subject-file", "-"], asked));
  ok(await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at("2026-11-30")));
  const erase = async (day: string, kill?: string) => {
    const plan = await desk.json(["plan", ID], at(day));
    ok(plan);
    ok(await desk.json(["approve", ID, "--as", "olga", "--confirm", ID], at(day)));
    if (kill !== undefined)
      ok(await desk.json(["run", ID, "--confirm", ID], at(day, { EXPUNGE_TEST_KILL_AT: kill })), "SIGKILL");
    const run = await desk.json(["run", ID, "--confirm", ID], at(day));
    ok(run);
    return { plan, run };
  };

  const { plan, run } = await erase("2026-11-30", "saved_keep_images");
  expect(list(plan.json, "data.plan.steps").map(({ status, reason, until }) => [status, reason, until])).toEqual([
    ["residue", "undo", "2026-12-07"],
    ["residue", "undo", "2026-12-07"],
  ]);
  expect(Object.values(steps(run))).toMatchObject([
    { status: "residue", reason: "undo", until: "2026-12-07", matched: 1, gone: 1, restorable: { count: 1 } },
    { status: "residue", reason: "undo", until: "2026-12-07", matched: 1, gone: 1, restorable: { count: 1 } },
  ]);
  expect(dig(run.json, "state")).toBe("waiting");
  expect(JSON.stringify(await dump())).not.toContain(ANN.slice(0, 3) + SECRET);
  expect(await dump()).toEqual({
    people: { 2: before.people["2"] },
    notes: { ...before.notes, 1: `{"mail":"${ANN}", "text":null}` },
  });
  ok(await desk.json(["verify", ID], at("2026-12-01")));
  expect(kept().includes(SECRET)).toBe(false);
  // somebody took her place: told before anything is touched
  await raw.call("PUT", `/${people}/_doc/1?routing=a`, '{"mail":"zoe@window.example"}');
  const refused = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-02"));
  ok(refused, 3);
  expect([dig(refused.json, "error.code"), dig(refused.json, "error.details")]).toEqual([
    "RESTORE_CONFLICT",
    [{ system: "search", record: "people", count: 1, constraint: "_id" }],
  ]);
  expect((await dump()).notes).not.toEqual(before.notes);
  await raw.call("DELETE", `/${people}/_doc/1?routing=a`);
  ok(await desk.json(["undo", ID, "--confirm", ID], at("2026-12-07", { EXPUNGE_TEST_KILL_AT: "noted" })), "SIGKILL");
  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-07"));
  ok(undone);
  expect(list(undone.json, "data.steps")).toMatchObject([
    { status: "restored", restored: 1, hidden: 0 },
    { status: "restored", restored: 1, hidden: 0 },
  ]);
  expect(await dump()).toEqual(before);

  await erase("2026-12-08");
  ok(await desk.json(["verify", ID], at("2026-12-09")));
  const gone = await dump();
  ok(await desk.json(["run", "--due"], at("2026-12-15")));
  ok(await desk.json(["run", "--due"], at("2026-12-16", { EXPUNGE_TEST_KILL_AT: "saved_destroy_images" })), "SIGKILL");
  ok(await desk.json(["run", "--due"], at("2026-12-16")));
  const shown = await desk.json(["request", "show", ID], at("2026-12-16"));
  expect(list(shown.json, "data.requests").map(({ state }) => state)).toEqual(["closed"]);
  const late = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-16"));
  expect([late.code, dig(late.json, "error.code")]).toEqual([3, "WINDOW_CLOSED"]);
  expect(await dump()).toEqual(gone);
  for (const text of [SECRET, ANN]) expect(kept().includes(text), text).toBe(false);
  for (const said of desk.said) expect(said.out + said.err).not.toContain(ANN);
  await raw.drop();
});

test("an undo of which the server refuses one document: the other is counted as back, and why the one is not is told", async () => {
  const raw = await rawElasticsearch();
  const index = await raw.create("window-refused", { mail: { type: "keyword" } }, { mapping: { dynamic: "false" } });
  await raw.put(index, {
    1: `{"mail":"${ANN}","note":"${SECRET}"}`,
    2: `{"mail":"${ANN}"}`,
    3: '{"mail":"bob@x.example"}',
  });
  const before = await raw.dump(index);
  using desk = openDesk({ search: raw.url });
  const people = { index, match: { mail: "email" }, do: "erase", restore_window: "7 days" };
  desk.map({
    ...testMap({
      systems: {
        search: {
          kind: "elasticsearch",
          connect: { secret: "search" },
          owner: "it@window.example",
          records: { people },
        },
      },
    }),
    clock: "test",
  });
  const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };
  const code = async (...args: string[]) => (await desk.json(args, at)).code;
  expect(await code("init")).toBe(0);
  await desk.json(["request", "new", "--subject-file", "-"], { ...at, stdin: JSON.stringify({ email: ANN }) });
  expect(await code("request", "identity", ID, "--method", "letter", "--result", "ok")).toBe(0);
  expect(await code("plan", ID)).toBe(0);
  expect(await code("approve", ID, "--as", "olga", "--confirm", ID)).toBe(0);
  expect(await code("run", ID, "--confirm", ID)).toBe(0);
  expect(Object.keys(await raw.dump(index))).toEqual(["3"]);

  await raw.call("PUT", `/${index}/_mapping`, '{"dynamic":"strict"}');
  const half = await desk.json(["undo", ID, "--confirm", ID], at);
  expect(half.code, half.out + half.err).toBe(5);
  expect(Object.keys(await raw.dump(index)).toSorted()).toEqual(["2", "3"]);
  expect(list(half.json, "data.steps")).toMatchObject([
    { status: "failed", found: 2, restored: 1, hidden: 1, reason: "strict_dynamic_mapping_exception" },
  ]);
  expect(half.out + half.err).not.toContain(SECRET);
  // what is back is nobody's residue of this undo any more: only the other one is tried again
  await raw.call("PUT", `/${index}/_mapping`, '{"dynamic":"false"}');
  const whole = await desk.json(["undo", ID, "--confirm", ID], at);
  expect(whole.code, whole.out + whole.err).toBe(0);
  expect(list(whole.json, "data.steps")).toMatchObject([{ status: "restored", found: 1, restored: 1, hidden: 0 }]);
  expect(await raw.dump(index)).toEqual(before);
  await raw.drop();
});
