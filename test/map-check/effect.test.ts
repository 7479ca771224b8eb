/** `map diff --effect`: what becomes due by a change of the map, and what stops being kept, counted on what is there. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { effectsOf } from "../../src/map-effect.ts";
import { readMapText } from "../../src/map-file.ts";
import type { Side } from "../../src/planner/rule-effect.ts";
import { ruleEffect } from "../../src/planner/rule-effect.ts";
import { openReaders } from "../../src/planner/readers.ts";
import type { Registry } from "../../src/port/registry.ts";
import { systemsOf } from "../../src/workspace.ts";
import { dig, openDesk, testMap } from "../support/desk.ts";
import { memoryConnector } from "../support/memory/connector.ts";
import { type MemoryDatabase, memoryDatabase, type Row } from "../support/memory/database.ts";

const DAY = 86_400_000;
const ago = (days: number): string => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
const lead = (id: string, seen: string | null, more: Row = {}): Row => ({
  id,
  email: `${id}@shop.example`,
  seen,
  ...more,
});

function holds(keepFor: string): object {
  return {
    books: { says: "books are kept", keep_for: keepFor, law: ["HGB § 257"], people: { owner: "books@a.example" } },
  };
}

async function counted(
  shop: MemoryDatabase,
  [before, after]: readonly [object, object],
  record = "shop.leads",
): ReturnType<typeof effectsOf> {
  const registry: Registry = { connectors: [memoryConnector(() => shop)], notBuilt: [] };
  const read = async (map: object) =>
    await readMapText({ file: "datamap.yaml", text: stringify(testMap(map)) }, registry, ago(0), false);
  return await effectsOf(
    { places: { map: "datamap.yaml" }, registry, signal: new AbortController().signal, label: () => {} },
    { before: await read(before), after: await read(after) },
    [record],
  );
}

const leads = (rest: object, more: object = {}): object => ({
  ...more,
  systems: { shop: { kind: "memory", records: { leads: { match: { email: "email" }, do: "erase", ...rest } } } },
});
const schedule = (after: string): object => ({ schedule: { after, from: "seen" } });

test("what becomes due is what the new rule would act on and the old one not; held and dateless records are none of it", async () => {
  const shop = memoryDatabase({
    leads: [
      lead("due-by-both", ago(200)),
      lead("newly-1", ago(120)),
      lead("newly-2", ago(100)),
      lead("held", ago(110), { booked: ago(30) }),
      lead("young", ago(10)),
      lead("dateless", null),
    ],
  });
  const held = { hold: { use: "books", from: "booked" } };
  const only = { where: { id: ["due-by-both", "newly-1", "newly-2", "young", "dateless"] } };
  const maps = [leads({ ...schedule("180 days"), ...only }), leads({ ...schedule("90 days"), ...only })] as const;
  expect((await counted(shop, maps)).of.get("shop.leads")).toEqual({ due: 2, released: 0 });
  expect((await counted(shop, [maps[1], maps[0]])).of.get("shop.leads")).toEqual({ due: 0, released: 0 });

  const heldOnly = { ...held, where: { id: "held" } };
  const kept = [
    leads({ ...schedule("180 days"), ...heldOnly }, { holds: holds("8 years") }),
    leads({ ...schedule("90 days"), ...heldOnly }, { holds: holds("8 years") }),
  ] as const;
  expect((await counted(shop, kept)).of.get("shop.leads")).toEqual({ due: 0, released: 0 });
  const freed = [kept[0], leads({ ...schedule("90 days"), ...heldOnly }, { holds: holds("20 days") })] as const;
  expect((await counted(shop, freed)).of.get("shop.leads")).toEqual({ due: 1, released: 1 });
});

test("what stops being kept is what the old hold keeps and the new one does not; nothing is due by that alone", async () => {
  const shop = memoryDatabase({
    leads: [
      lead("free-before", null, { booked: ago(4000) }),
      lead("freed", null, { booked: ago(2500) }),
      lead("kept-still", null, { booked: ago(100) }),
      lead("dateless", null, { booked: null }),
    ],
  });
  const held = { hold: { use: "books", from: "booked" } };
  const both = [leads(held, { holds: holds("8 years") }), leads(held, { holds: holds("6 years") })] as const;
  expect((await counted(shop, both)).of.get("shop.leads")).toEqual({ due: 0, released: 1 });
  expect((await counted(shop, [both[1], both[0]])).of.get("shop.leads")).toEqual({ due: 0, released: 0 });
  // without any hold, or without the record type, nothing is kept any more
  expect((await counted(shop, [both[0], leads({})])).of.get("shop.leads")).toEqual({ due: 0, released: 2 });
  const others = {
    systems: { shop: { kind: "memory", records: { more: { match: { email: "email" }, do: "erase" } } } },
  };
  expect((await counted(shop, [both[0], others])).of.get("shop.leads")).toEqual({ due: 0, released: 2 });
  // what the new rule does not find it does not keep
  const narrow = leads({ ...held, where: { id: "kept-still" } }, { holds: holds("8 years") });
  expect((await counted(shop, [both[0], narrow])).of.get("shop.leads")).toEqual({ due: 0, released: 1 });
});

test("where there is more than is looked at, the number is one at least, or none", async () => {
  const shop = memoryDatabase({ leads: Array.from({ length: 9 }, (_, at) => lead(`n${at}`, ago(100 + at))) });
  const registry: Registry = { connectors: [memoryConnector(() => shop)], notBuilt: [] };
  const sideOf = async (map: object): Promise<Side> => {
    const file = await readMapText({ file: "datamap.yaml", text: stringify(testMap(map)) }, registry, ago(0), false);
    const open = await systemsOf(file, { map: "datamap.yaml" }, { registry, signal: new AbortController().signal });
    const io = { ...open.io("test", { report: () => {} }), digest: () => "d" };
    return { map: open.map, readers: openReaders(async (name) => await (await open.system(name)).openReader(io)) };
  };
  const when = { today: ago(0), instant: new Date().toISOString() };
  const [long, short] = [await sideOf(leads(schedule("300 days"))), await sideOf(leads(schedule("30 days")))];
  expect(await ruleEffect("shop.leads", { before: long, after: short }, when)).toEqual({ due: 9, released: 0 });
  expect(await ruleEffect("shop.leads", { before: long, after: short }, when, 5)).toEqual({
    due: 5,
    released: 0,
    at_least: true,
  });
  expect(await ruleEffect("shop.leads", { before: short, after: long }, when, 5)).toBeUndefined();
});

test("both numbers stand in text, Markdown and JSON, and nothing is written; what one map alone fits is not counted", async () => {
  using desk = openDesk();
  desk.file("data/.keep", "");
  const file = join(desk.folder, "data/shop.db");
  {
    using raw = new DatabaseSync(file);
    raw.exec(
      `CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, seen TEXT, gone TEXT);
       INSERT INTO leads VALUES (1, 'ann@example.com', '${ago(200)}', NULL), (2, 'bob@example.com', '${ago(100)}', NULL), (3, 'cyd@example.com', '${ago(100)}', '${ago(40)}')`,
    );
  }
  const map = (rest: object): object =>
    testMap({
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "./data/shop.db" },
          owner: "it@harbour.example",
          records: { leads: { match: { email: "email" }, do: "erase", ...rest } },
        },
      },
    });
  desk.file(
    "old.yaml",
    stringify(map({ ...schedule("180 days"), soft_delete: { timestamp: "gone" }, purge_after: "90 days" })),
  );
  desk.map(map({ ...schedule("90 days"), soft_delete: { timestamp: "gone" }, purge_after: "30 days" }));
  const digest = (): string => createHash("sha256").update(readFileSync(file)).digest("hex");
  const was = digest();
  const said = await desk.json(["map", "diff", "old.yaml", "--effect"]);
  expect(said.code, said.out).toBe(0);
  // a record that is due in two ways is one record
  expect(dig(said.json, "data.changes.0.effect")).toEqual({ due: 2, released: 0 });
  const words = "2 records become due, 0 records stop being kept.";
  expect((await desk.cli(["map", "diff", "old.yaml", "--effect"])).out).toContain(`\n  ${words}`);
  expect((await desk.cli(["map", "diff", "old.yaml", "--effect", "--format", "md"])).out).toContain(`\`\`\`\n${words}`);
  expect((await desk.cli(["map", "diff", "old.yaml"])).out).not.toContain("become due");

  desk.file("old.yaml", stringify(map({ schedule: { after: "90 days", from: "no_such_column" } })));
  const torn = await desk.json(["map", "diff", "old.yaml", "--effect"]);
  expect([torn.code, dig(torn.json, "data.changes.0.effect")]).toEqual([0, undefined]);
  expect(String(dig(torn.json, "warnings.0"))).toMatch(/^shop\.leads: not counted, /u);
  expect(digest()).toBe(was);
});
