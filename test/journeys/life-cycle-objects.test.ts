/** Objects and record files in a versioned bucket: hidden, brought back, hidden again, gone on their day with every version. */
import { expect, test } from "vitest";
import { rawStore } from "../connectors/s3/store.ts";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const HEADING = "email;name;gone\r\n";
const BOB = "bob@x.example;Bob;\r\n";

test("an object and a line in a bucket are hidden, brought back, hidden again and gone on their day, versions and all", async () => {
  const store = await rawStore();
  const bucket = await store.bucket("Enabled");
  const put = async (key: string, body: string) => await store.put(bucket, key, body);
  await put("photos/ann@x.example.jpg", "first");
  await put("photos/ann@x.example.jpg", "second");
  await put("photos/bob@x.example.jpg", "another's");
  await put("lists/people.csv", `${HEADING}ann@x.example;Ann;\r\n`);
  await put("lists/people.csv", `${HEADING}"ann@x.example";"Ann";""\r\n${BOB}`);
  const life = { do: "soft-delete", restore_window: "7 days", purge_after: "14 days" };
  using desk = openDesk({ store: store.secret() });
  desk.map({
    ...testMap({
      systems: {
        lake: {
          kind: "s3",
          connect: { secret: "store" },
          records: {
            photos: { ...life, keys: [`s3://${bucket}/photos/:email.jpg`], soft_delete: { marker: true } },
            people: {
              ...life,
              files: [`s3://${bucket}/lists/*.csv`],
              dialect: { delimiter: ";" },
              match: { email: "email" },
              soft_delete: { timestamp: "gone" },
            },
          },
        },
      },
    }),
    settle: "0 days",
    clock: "test",
  });
  const at = (day: string) => ({ env: { EXPUNGE_NOW: `${day}T10:00:00Z` } });
  const through = async (id: string, day: string) => {
    for (const args of [
      ["approve", id, "--as", "olga", "--confirm", id],
      ["run", id, "--confirm", id],
      ["verify", id],
    ]) {
      const { code, json } = await desk.json(args, at(day));
      expect([args[0], code, code === 0 ? "" : JSON.stringify(json)]).toEqual([args[0], 0, ""]);
    }
  };
  const seen = async () => ({
    photo: await store.get(bucket, "photos/ann@x.example.jpg"),
    list: await store.get(bucket, "lists/people.csv"),
    bob: await store.get(bucket, "photos/bob@x.example.jpg"),
  });
  const before = await seen();
  expect(before.photo).toBe("second");
  await desk.json(["init"], at("2026-12-01"));
  await desk.json(["request", "new", "--subject-file", "-"], {
    ...at("2026-12-01"),
    stdin: JSON.stringify({ email: "ann@x.example" }),
  });
  await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at("2026-12-01"));
  const planned = await desk.json(["plan", ID], at("2026-12-01"));
  expect([planned.code, planned.code === 0 ? "" : JSON.stringify(planned.json)]).toEqual([0, ""]);
  expect(list(planned.json, "data.plan.steps")).toMatchObject([
    { record: "photos", found: 1, act: 1 },
    { record: "people", found: 1, act: 1 },
  ]);
  await through(ID, "2026-12-01");
  const hidden = (day: string) => ({
    ...before,
    photo: null,
    list: before.list?.replace('""', `"${day}T10:00:00.000Z"`),
  });
  expect(await seen()).toEqual(hidden("2026-12-01"));
  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-03"));
  expect([undone.code, JSON.stringify(undone.json)]).toEqual([0, expect.stringContaining("restored")]);
  expect(await seen()).toEqual(before);

  await desk.json(["plan", ID], at("2026-12-04"));
  await through(ID, "2026-12-04");
  expect(await seen()).toEqual(hidden("2026-12-04"));
  const early = await desk.json(["plan", "--due"], at("2026-12-17"));
  expect([early.code, dig(early.json, "data.plan.totals.erase")]).toEqual([0, 0]);
  const due = await desk.json(["plan", "--due"], at("2026-12-18"));
  expect([due.code, dig(due.json, "data.plan.totals.erase")]).toEqual([0, 2]);
  await through(String(dig(due.json, "data.plan.request")), "2026-12-18");
  expect(await seen()).toEqual({ ...before, photo: null, list: `${HEADING}${BOB}` });
  // no version of hers is left
  const left = await store.versions(bucket);
  expect(left.map(({ key }) => key).toSorted()).toEqual(["lists/people.csv", "photos/bob@x.example.jpg"]);
  const verified = await desk.json(["verify", ID], at("2026-12-18"));
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);
  store.client.destroy();
});

test("what somebody else hid goes on its own day, and a request closes when all that it waited for is gone, in a bucket without versions by now too", async () => {
  const store = await rawStore();
  const [bucket, lists] = [await store.bucket("Enabled"), await store.bucket("Enabled")];
  const life = { do: "soft-delete", restore_window: "7 days", purge_after: "14 days" };
  const kinds = ["ours", "anew", "theirs"];
  for (const kind of kinds) await store.put(bucket, `${kind}/ann@x.example`, "first");
  await store.put(lists, "lists/people.csv", `${HEADING}ann@x.example;Ann;\r\n${BOB}`);
  await store.put(bucket, "ours/bob@x.example", "another's");
  await store.remove(bucket, "theirs/ann@x.example");
  using desk = openDesk({ store: store.secret() });
  const people = {
    files: [`s3://${lists}/lists/*.csv`],
    match: { email: "email" },
    soft_delete: { timestamp: "gone" },
  };
  const records = {
    ...Object.fromEntries(
      kinds.map((kind) => [kind, { ...life, keys: [`s3://${bucket}/${kind}/:email`], soft_delete: { marker: true } }]),
    ),
    people: { ...life, ...people, dialect: { delimiter: ";" } },
  };
  const lake = { kind: "s3", connect: { secret: "store" }, records };
  desk.map({ ...testMap({ systems: { lake } }), settle: "0 days", clock: "test" });
  const day = (from: number) => {
    const env = { EXPUNGE_NOW: new Date(Date.now() + from * 86_400_000).toISOString() };
    const ok = async (...args: readonly string[]) => {
      const said = await desk.json(args, { env });
      expect([args[0], said.code, said.code === 0 ? "" : said.out]).toEqual([args[0], 0, ""]);
      return said.json;
    };
    const run = async (id: string) => {
      await ok("approve", id, "--as", "olga", "--confirm", id);
      await ok("run", id, "--confirm", id);
      return dig(await ok("verify", id), "data.state");
    };
    const erased = async () => {
      const json = await ok("plan", "--due");
      const steps = list(json, "data.plan.steps").flatMap(({ record, act }) => (act === 0 ? [] : [[record, act]]));
      return { steps: Object.fromEntries(steps), id: String(dig(json, "data.plan.request")) };
    };
    return { env, ok, run, erased };
  };
  // hidden twenty days ago by us, today by the application
  const then = day(-20);
  await then.ok("init");
  await desk.json(["request", "new", "--subject-file", "-"], {
    env: then.env,
    stdin: JSON.stringify({ email: "ann@x.example" }),
  });
  await then.ok("request", "identity", ID, "--method", "letter", "--result", "ok");
  await then.ok("plan", ID);
  expect(await then.run(ID)).toBe("waiting");
  await store.put(bucket, "anew/ann@x.example", "a new contract");
  await store.remove(bucket, "anew/ann@x.example");
  await store.versioning(bucket, "Suspended");

  const today = day(0);
  expect(list(await today.ok("bin", "list"), "data.items").length).toBeGreaterThan(0);
  const first = await today.erased();
  expect(first.steps).toEqual({ ours: 1, people: 1 });
  expect(await today.run(first.id)).toBe("closed");
  expect(await store.versions(bucket, "ours/ann@x.example")).toEqual([]);
  expect((await store.versions(bucket, "anew/ann@x.example")).length).toBe(4);
  expect((await store.versions(bucket, "theirs/ann@x.example")).length).toBe(2);
  expect(dig(await today.ok("verify", ID), "data.state")).toBe("waiting");

  const later = day(15);
  const second = await later.erased();
  expect(second.steps).toEqual({ anew: 1, theirs: 1 });
  expect(await later.run(second.id)).toBe("closed");
  for (const kind of kinds) expect(await store.versions(bucket, `${kind}/ann@x.example`)).toEqual([]);
  // no older version of the list is left, and nothing says so
  const verified = await later.ok("verify", ID);
  expect([dig(verified, "data.state"), dig(verified, "data.gaps")]).toEqual(["closed", []]);
  expect((await store.versions(lists, "lists/people.csv")).length).toBe(1);
  await later.ok("letter", ID, "--kind", "final", "--format", "txt", "--out", "final.txt");
  expect(desk.read("final.txt")).not.toContain("older versions");
});
