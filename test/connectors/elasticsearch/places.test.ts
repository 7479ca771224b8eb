/** Where documents lie: a place that went away is never an empty one, and a document is one document by whatever name. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { recordOn } from "./person.ts";
import { rawElasticsearch, type RawElasticsearch } from "./raw.ts";

const ANN = "ann@shop.example";
const keyword = { type: "keyword" };
const match = { email: "email" } as const;
const clear = { email: { kind: "clear" } } as const;
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

async function looms(name = "looms"): Promise<string> {
  const index = await raw.create(name, { email: keyword });
  await raw.put(index, { a: { email: ANN }, b: { email: "bob@shop.example" } });
  return index;
}

describe("an index that went away", () => {
  test.each(["index", "alias", "pattern"] as const)(
    "as %s: said by check, and none of its documents counts as gone",
    async (kind) => {
      const index = await looms();
      const name = { index, alias: `${index}-alias`, pattern: `${index.slice(0, -1)}*` }[kind];
      if (kind === "alias") await raw.call("POST", "/_aliases", { actions: [{ add: { index, alias: name } }] });
      for (const paths of [undefined, clear]) {
        const record = recordOn(raw, name, { match, ...(paths === undefined ? {} : { paths }) });
        const found = await record.find(ANN);
        expect(found).toHaveLength(1);
        const journal = testJournal({ at: killAt("effect_begin") });
        await expect(record.erase(found, journal)).rejects.toThrow(Killed);
        await raw.call("DELETE", `/${index}`);
        expect(await record.check()).toMatchObject([
          { code: "PATTERN_EMPTY", severity: "empty", message: expect.stringContaining(name) },
        ]);
        await expect(record.located({ by: "keys", keys: found.map(({ key }) => key) })).rejects.toMatchObject({
          code: "PLAN_STALE",
          exit: 6,
        });
        await expect(record.remaining(found)).rejects.toMatchObject({ code: "PLAN_STALE" });
        const left = [{ key: JSON.stringify([index, "a"]), kind: "failed", reason: "index_missing" }];
        expect(await record.erase(found)).toMatchObject({ matched: 0, alreadyGone: 0, left });
        // begun or not: nobody knows what became of it
        expect(await record.erase(found, testJournal({ notes: journal.notes }))).toMatchObject({
          matched: 0,
          alreadyGone: 0,
          left,
        });
        await raw.call("PUT", `/${index}`, {
          settings: { number_of_replicas: 0 },
          mappings: { properties: { email: keyword } },
        });
        await raw.put(index, { a: { email: ANN } });
        if (kind === "alias") await raw.call("POST", "/_aliases", { actions: [{ add: { index, alias: name } }] });
      }
    },
  );

  test("one of a pattern: its documents are not gone because the others are there", async () => {
    const one = await looms("many");
    const two = await looms("many");
    const record = recordOn(raw, `${one},many-*${two.slice(two.lastIndexOf("-"))}`, { match });
    const found = await record.find(ANN);
    expect(found).toHaveLength(2);
    await raw.call("DELETE", `/${two}`);
    const keys = found.map(({ key }) => key);
    await expect(record.located({ by: "keys", keys })).rejects.toMatchObject({
      code: "PLAN_STALE",
      message: expect.stringContaining(two),
    });
    await expect(record.remaining(found)).rejects.toMatchObject({ code: "PLAN_STALE" });
    expect(await record.erase(found)).toMatchObject({
      deleted: 1,
      left: [{ key: JSON.stringify([two, "a"]), kind: "failed", reason: "index_missing" }],
    });
  });

  test("an alias that leads elsewhere now: what was planned is neither gone nor touched", async () => {
    const old = await looms();
    const fresh = await looms();
    const alias = `${old}-alias`;
    await raw.call("POST", "/_aliases", { actions: [{ add: { index: old, alias } }] });
    const record = recordOn(raw, alias, { match, paths: clear });
    const found = await record.find(ANN);
    await raw.call("POST", "/_aliases", {
      actions: [{ remove: { index: old, alias } }, { add: { index: fresh, alias } }],
    });
    await expect(record.located({ by: "keys", keys: found.map(({ key }) => key) })).rejects.toMatchObject({
      code: "PLAN_STALE",
    });
    await expect(record.remaining(found)).rejects.toMatchObject({ code: "PLAN_STALE" });
    expect(await record.erase(found)).toMatchObject({ left: [{ kind: "failed", reason: "changed" }] });
    for (const index of [old, fresh]) expect(await raw.source(index, "a")).toBe(`{"email":"${ANN}"}`);
  });

  test("one of several names: each that means nothing is said, and the others are searched", async () => {
    const index = await looms();
    const record = recordOn(raw, `${index},${index}-gone,${index}-none-*`, { match });
    expect((await record.check()).map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ["PATTERN_EMPTY", "empty", `No index matches ${index}-gone.`],
      ["PATTERN_EMPTY", "empty", `No index matches ${index}-none-*.`],
    ]);
    expect(await record.ids(ANN)).toEqual(["a"]);
  });

  test("what is closed, or blocks reading, is blocked and never gone", async () => {
    for (const [close, reason] of [
      [async (index: string) => await raw.call("POST", `/${index}/_close`), "index_closed"],
      [async (index: string) => await raw.call("PUT", `/${index}/_block/read`), "index_block"],
    ] as const) {
      const index = await looms();
      const record = recordOn(raw, index, { match });
      const found = await record.find(ANN);
      await close(index);
      expect(await record.located({ by: "keys", keys: found.map(({ key }) => key) })).toMatchObject([
        { key: found[0]?.key, subjects: [], blocked: { reason } },
      ]);
      await expect(record.remaining(found)).rejects.toMatchObject({ code: "BLOCKED" });
      expect(await record.erase(found)).toMatchObject({
        matched: 0,
        alreadyGone: 0,
        left: [{ kind: "blocked", reason: "index_closed" }],
      });
    }
  });

  test("an index that gives its mapping away to nobody is blocked, and hides no other one", async () => {
    const [one, two] = [await looms("secret"), await looms("secret")];
    const record = recordOn(raw, `${one},${two}`, { match });
    const planned = await record.find(ANN);
    await raw.call("PUT", `/${two}/_settings`, { "index.blocks.metadata": true });
    try {
      const found = await record.located({ by: "subjects", lookups: [{ subject: 0, values: { email: [ANN] } }] });
      expect(
        found
          .map(({ key, blocked }) => [key, blocked?.reason])
          .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
      ).toEqual(
        [
          [JSON.stringify([one, "a"]), undefined],
          [JSON.stringify([two]), "index_block"],
        ].toSorted(([a], [b]) => String(a).localeCompare(String(b))),
      );
      expect(await record.check()).toMatchObject([
        { code: "BLOCKED", severity: "warning", message: expect.stringContaining(two) },
      ]);
      await expect(record.remaining(planned)).rejects.toMatchObject({ code: "BLOCKED" });
      expect(await record.erase(planned)).toMatchObject({
        matched: 1,
        deleted: 1,
        left: [{ kind: "failed", reason: "changed" }],
      });
    } finally {
      await raw.call("PUT", `/${two}/_settings`, { "index.blocks.metadata": null });
    }
    expect(await record.ids(ANN)).toEqual(["a"]);
  });
});

test("by whatever alias or pattern, a document has one address: its concrete index' own number, id and routing", async () => {
  const index = await looms("addresses");
  await raw.put(index, { c: { email: ANN } }, "?routing=r1");
  const alias = `${index}-alias`;
  const [, uuid] = /"uuid":"([^"]+)"/u.exec(await raw.call("GET", `/${index}/_settings`)) ?? [];
  expect(uuid).toBeTypeOf("string");
  await raw.call("POST", "/_aliases", { actions: [{ add: { index, alias, filter: { term: { email: "nobody" } } } }] });
  for (const pattern of [index, alias, `${index.slice(0, -1)}*`, `${index},${alias}`]) {
    const found = await recordOn(raw, pattern, { match }).located({
      by: "subjects",
      lookups: [{ subject: 3, values: { email: [ANN] } }],
    });
    expect(found.map(({ address, subjects }) => `${address} ${subjects.join()}`).toSorted(), pattern).toEqual([
      `${JSON.stringify([uuid, JSON.stringify([index, "a"])])} 3`,
      `${JSON.stringify([uuid, JSON.stringify([index, "c", "r1"])])} 3`,
    ]);
  }
});
