/** Folders and buckets with a window: what a run took comes back byte for byte; when the window ends nothing of it is left. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { rawStore } from "../connectors/s3/store.ts";
import { dig, filesBelow, list, openDesk, type Said, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const ANN = "ann@window.example";
const SECRET = "likes the blue cups";
const LIST = `email;note\r\nbob@window.example;1\r\n${ANN};"${SECRET}"\r\n${ANN};2\r\ncay@window.example;3\r\n${ANN};4`;
const EVENTS = `{"email":"bob@window.example"}\n{ "email":"${ANN}", "text" : "${SECRET}", "n":1.0 }\n`;

test("lines and whole objects: residue with its date, undo byte for byte, and the key's end", async () => {
  const store = await rawStore();
  const [bucket, kept] = [await store.bucket(), await store.bucket("Enabled")];
  await store.put(bucket, "lists/people.csv", LIST);
  await store.put(kept, `photos/${ANN}.jpg`, "first");
  await store.put(kept, `photos/${ANN}.jpg`, SECRET, { Metadata: { a: "b" } });
  await store.put(kept, "photos/bob@window.example.jpg", "another's");
  using desk = openDesk({ store: store.secret() });
  desk.file("data/people.csv", LIST);
  desk.file("data/events.jsonl", EVENTS);
  const window = { match: { email: "email" }, restore_window: "7 days" };
  const { match: _, ...hidden } = window;
  desk.map({
    ...testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          records: {
            lines: { ...window, files: ["*.csv"], dialect: { delimiter: ";" }, do: "remove-rows" },
            events: { ...window, files: ["*.jsonl"], do: "redact", paths: { text: "clear" } },
          },
        },
        lake: {
          kind: "s3",
          connect: { secret: "store" },
          records: {
            photos: { ...hidden, keys: [`s3://${kept}/photos/:email.jpg`], do: "erase" },
            people: {
              ...window,
              files: [`s3://${bucket}/lists/*.csv`],
              dialect: { delimiter: ";" },
              do: "remove-rows",
            },
          },
        },
      },
    }),
    clock: "test",
  });
  const at = (day: string, more: Record<string, string> = {}) => ({
    env: { EXPUNGE_NOW: `${day}T10:00:00Z`, ...more },
  });
  const ok = (said: Said, code: number | string = 0) => expect(said.code, said.out + said.err).toBe(code);
  const shelf = async (name: string) =>
    (await store.versions(name)).map(({ key, latest, marker, body }) => [key, latest, marker, body]);
  const dump = async () => ({
    lines: desk.read("data/people.csv"),
    events: desk.read("data/events.jsonl"),
    bucket: await shelf(bucket),
    kept: await shelf(kept),
  });
  const workspace = () =>
    Buffer.concat([...filesBelow(path.join(desk.folder, ".expunge"))].map((file) => readFileSync(file)));
  const before = await dump();
  ok(await desk.json(["map", "lint"]));
  ok(await desk.json(["init"], at("2026-11-30")));
  const asked = { ...at("2026-11-30"), stdin: JSON.stringify({ email: ANN }) };
  ok(await desk.json(["request", "new", "--subject-file", "-"], asked));
  ok(await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at("2026-11-30")));
  const erase = async (day: string) => {
    const plan = await desk.json(["plan", ID], at(day));
    ok(plan);
    ok(await desk.json(["approve", ID, "--as", "olga", "--confirm", ID], at(day)));
    return plan;
  };
  const run = ["run", ID, "--confirm", ID];
  const undo = ["undo", ID, "--confirm", ID];

  const plan = await erase("2026-11-30");
  expect(list(plan.json, "data.plan.steps").map(({ status, until }) => [status, until])).toEqual(
    Array.from({ length: 4 }, () => ["residue", "2026-12-07"]),
  );
  ok(await desk.json(run, at("2026-11-30", { EXPUNGE_TEST_KILL_AT: "saved_keep_images" })), "SIGKILL");
  ok(await desk.json(run, at("2026-11-30", { EXPUNGE_TEST_KILL_AT: "effect_half" })), "SIGKILL");
  const ran = await desk.json(run, at("2026-11-30"));
  ok(ran);
  expect(dig(ran.json, "state")).toBe("waiting");
  expect(
    list(ran.json, "steps")
      .map(({ record, status, gone, restorable }) => [record, status, gone, dig(restorable, "count")])
      .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  ).toEqual([
    ["events", "residue", 1, 1],
    ["lines", "residue", 3, 3],
    ["people", "residue", 3, 3],
    ["photos", "residue", 1, 1],
  ]);
  const gone = await dump();
  expect(JSON.stringify(gone)).not.toContain(SECRET);
  ok(await desk.json(["verify", ID], at("2026-12-01")));
  expect(workspace().includes(SECRET)).toBe(false);

  // what stands in the way is told, and nothing is touched
  desk.file("data/people.csv", `${gone.lines}dan@window.example;5\r\n`);
  const now = await dump();
  const refused = await desk.json(undo, at("2026-12-02"));
  ok(refused, 3);
  expect([dig(refused.json, "error.code"), dig(refused.json, "error.details")]).toEqual([
    "RESTORE_CONFLICT",
    [{ system: "share", record: "lines", count: 1, constraint: "neighbours" }],
  ]);
  expect(await dump()).toEqual(now);
  desk.file("data/people.csv", gone.lines);
  ok(await desk.json(undo, at("2026-12-07", { EXPUNGE_TEST_KILL_AT: "effect_half" })), "SIGKILL");
  const undone = await desk.json(undo, at("2026-12-07"));
  ok(undone);
  expect(list(undone.json, "data.steps").map(({ status, hidden: stays }) => [status, stays])).toEqual(
    Array.from({ length: 4 }, () => ["restored", 0]),
  );
  expect(await dump()).toEqual(before);

  await erase("2026-12-08");
  ok(await desk.json(run, at("2026-12-08")));
  ok(await desk.json(["verify", ID], at("2026-12-09")));
  ok(await desk.json(["run", "--due"], at("2026-12-16", { EXPUNGE_TEST_KILL_AT: "saved_destroy_images" })), "SIGKILL");
  ok(await desk.json(["run", "--due"], at("2026-12-16")));
  const shown = await desk.json(["request", "show", ID], at("2026-12-16"));
  expect(list(shown.json, "data.requests").map(({ state }) => state)).toEqual(["closed"]);
  ok(await desk.json(undo, at("2026-12-16")), 3);
  expect(await dump()).toEqual(gone);
  for (const text of [SECRET, ANN]) expect(workspace().includes(text), text).toBe(false);
  for (const said of desk.said) expect(said.out + said.err).not.toContain(ANN);
  store.client.destroy();
});
