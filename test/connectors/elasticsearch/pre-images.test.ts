/** Documents that were deleted or changed are given back to the last character, where nothing has taken their place. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { changesOf } from "../../../src/model/rule-change.ts";
import { eraseUnit, locateAll, planned, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { killAt, Killed, testJournal, type TestJournal } from "../../support/journal.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { backOf, missing, obstacles, putBack, WINDOW } from "../putting-back.ts";
import { behind, rawElasticsearch, type RawElasticsearch, rightNow, type Rule, systemUnderTest } from "./raw.ts";

const ANN = "ann@shop.example";
const keyword = { type: "keyword" };
const FIELDS = { name: { kind: "clear" }, "tags[]": { kind: "remove" }, "meta.ip": { kind: "clear" } } as const;
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

function on(server: RawElasticsearch, pattern: string, given: Partial<RecordType> = {}) {
  const io = testIO({ secrets: { search: server.url } });
  const system = systemUnderTest();
  const record = recordType({
    system: "search",
    name: "things",
    place: { kind: "index", pattern },
    do: "erase",
    ...WINDOW,
    ...given,
  });
  const target = targetOf(record, [{ column: "email", type: "email", fold: [] }], []);
  const lookups = [{ subject: 0, values: { email: [ANN] } }];
  return {
    io,
    system,
    target,
    async plan(): Promise<Work> {
      const change = changesOf(record).rule;
      if (change === undefined) throw new Error("nothing is done");
      const [work] = unitOf(target, lookups, change, planned(await locateAll(system, io, target, lookups))).works;
      if (work === undefined) throw new Error("no work");
      return work;
    },
    run: async (work: Work, journal: TestJournal = testJournal()) =>
      await eraseUnit(system, io, { id: "u1", effect: "erase", works: [work] }, journal),
    async check(): Promise<readonly string[]> {
      await using reader = await system.openReader(io);
      return (await Array.fromAsync(reader.check([target]))).map(({ code, severity }) => `${severity} ${code}`);
    },
    async bytes(work: Work): Promise<number> {
      await using reader = await system.openReader(io);
      const keys = work.operations.flatMap(({ records }) => records.map(({ key }) => key));
      return (await reader.imageBytes?.(target, keys)) ?? 0;
    },
  };
}

const PLAIN = String.raw`{ "email":"${ANN}", "name" : "Ann", "rest":{"n":12345678901234567890} , "price": 1.0, "tags":["a" , "\u00e9"], "meta":{"ip":"::1", "x":1.50} }`;
const LINES = `{\n  "email": "${ANN}",\r\n  "name": "Ann\\n", "meta": {}\n}`;
const OTHER = '{"email":"bob@shop.example", "name":"Bob"}';
const MAPPED = {
  rest: { type: "object", enabled: false },
  email: keyword,
  name: { type: "text" },
  meta: { properties: { ip: { type: "ip" } } },
  tags: keyword,
};

async function filled(more: Parameters<RawElasticsearch["create"]>[2] = {}): Promise<string> {
  const index = await raw.create("images", MAPPED, more);
  await raw.call("PUT", `/${index}/_doc/1`, PLAIN);
  await raw.call("PUT", `/${index}/_doc/2?routing=far`, LINES);
  await raw.call("PUT", `/${index}/_doc/3?version=77&version_type=external`, `{"email":"${ANN}"}`);
  await raw.call("PUT", `/${index}/_doc/4`, OTHER);
  return index;
}

describe("documents that were deleted", () => {
  test("come back to the last character, with id and routing, in the index in which they were; others' stay", async () => {
    const alias = `images-alias-${process.pid}`;
    const index = await filled({ settings: { number_of_shards: 2 }, aliases: { [alias]: {} } });
    const before = await raw.dump(index);
    const shop = on(raw, alias);
    expect(await shop.check()).toEqual([]);
    const work = await shop.plan();
    expect(await shop.bytes(work)).toBe(Buffer.byteLength(PLAIN + LINES + `{"email":"${ANN}"}`));
    const journal = testJournal();
    expect(await shop.run(work, journal)).toMatchObject({ matched: 3, deleted: 3, left: [] });
    expect(await raw.dump(index)).toEqual({ 4: OTHER });
    const back = backOf([work], journal);
    expect(await missing(shop.system, shop.io, back)).toBe(3);
    expect(await obstacles(shop.system, shop.io, back)).toEqual([]);
    expect(await raw.dump(index)).toEqual({ 4: OTHER });
    expect(await putBack(shop.system, shop.io, back)).toMatchObject([
      { matched: 3, affected: 3, failed: 0, blocked: 0 },
    ]);
    expect(await raw.dump(index)).toEqual(before);
    expect(await raw.source(index, "2", "far")).toBe(LINES);
    expect(await missing(shop.system, shop.io, back)).toBe(0);
    // once more: there is nothing left to do, and nothing stands in the way
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 as_wanted 3"]);
    // and they are found and erased as before
    expect(await shop.run(await shop.plan())).toMatchObject({ matched: 3, deleted: 3 });
  });

  test("one that was made anew is a conflict, at the rehearsal and between look and write, and stays as it is", async () => {
    const index = await filled();
    const shop = on(raw, index);
    const work = await shop.plan();
    const journal = testJournal();
    await shop.run(work, journal);
    await raw.call("PUT", `/${index}/_doc/1`, `{"email":"${ANN}","name":"anew"}`);
    const back = backOf([work], journal);
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 _id 1"]);
    let came = false;
    await using server = await behind(raw, ({ path }) => {
      if (path.includes("_create") && !came)
        rightNow("PUT", `${raw.url}/${index}/_doc/2?routing=far`, { name: "just now" });
      came ||= path.includes("_create");
      return undefined;
    });
    const raced = on(server, index);
    const [outcome] = await putBack(raced.system, raced.io, back);
    expect(outcome).toMatchObject({ matched: 1, affected: 1, failed: 2, reason: "_id" });
    expect(await raw.dump(index)).toEqual({
      1: `{"email":"${ANN}","name":"anew"}`,
      2: '{"name":"just now"}',
      3: `{"email":"${ANN}"}`,
      4: OTHER,
    });
  });

  test("where their index is gone, closed, blocked, or no longer the one that is meant, nothing is made", async () => {
    const index = await filled();
    const shop = on(raw, index);
    const work = await shop.plan();
    const journal = testJournal();
    await shop.run(work, journal);
    const back = backOf([work], journal);
    await raw.call("PUT", `/${index}/_settings`, { "index.blocks.write": true });
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 index_block 3"]);
    await raw.call("PUT", `/${index}/_settings`, { "index.blocks.write": null });
    await raw.call("POST", `/${index}/_close`);
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 index_closed 3"]);
    await raw.call("DELETE", `/${index}`);
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 index_missing 3"]);
    expect(await putBack(shop.system, shop.io, back)).toMatchObject([{ matched: 0, affected: 0, failed: 3 }]);
    // another index goes by its name now
    const other = await raw.create("other", MAPPED, { aliases: { [index]: {} } });
    expect(await obstacles(shop.system, shop.io, back)).toEqual(["s1 changed 3"]);
    expect(await putBack(shop.system, shop.io, back)).toMatchObject([{ matched: 0, affected: 0, failed: 3 }]);
    expect(await raw.dump(other)).toEqual({});
  });

  const first = (answer: ReturnType<Rule>): Rule => {
    let said = false;
    return ({ path }) => {
      if (said || !path.includes("_bulk")) return undefined;
      said = true;
      return answer;
    };
  };

  test("an answer that is lost: the next attempt knows its own work, of the run and of the undo", async () => {
    const index = await filled();
    const before = await raw.dump(index);
    await using server = await behind(raw, first("cut"));
    const cut = on(server, index);
    const shop = on(raw, index);
    const work = await shop.plan();
    const journal = testJournal();
    await expect(cut.run(work, journal)).rejects.toMatchObject({ code: "SYSTEM_UNREACHABLE" });
    const again = testJournal({ notes: journal.notes });
    expect(await shop.run(work, again)).toMatchObject({ matched: 3, deleted: 3, left: [] });
    const kept = { images: new Map([...journal.images, ...again.images]) };
    expect(kept.images.size).toBe(3);
    await using other = await behind(raw, first("cut"));
    const undoing = on(other, index);
    const noted = testJournal();
    await expect(putBack(undoing.system, undoing.io, backOf([work], kept), noted)).rejects.toMatchObject({
      code: "SYSTEM_UNREACHABLE",
    });
    const next = testJournal({ notes: noted.notes });
    expect(await putBack(shop.system, shop.io, backOf([work], kept), next)).toMatchObject([
      { matched: 3, affected: 3, failed: 0, blocked: 0 },
    ]);
    expect(await raw.dump(index)).toEqual(before);
  });

  test.each(["effect_begin", "effect_half", "effect_done"] as const)(
    "killed at %s, in the run and in the undo: done again, it is as if nothing had been",
    async (point) => {
      const index = await filled();
      const before = await raw.dump(index);
      const shop = on(raw, index);
      const work = await shop.plan();
      const cut = testJournal({ at: killAt(point) });
      await expect(shop.run(work, cut)).rejects.toThrow(Killed);
      const again = testJournal({ notes: cut.notes });
      expect(await shop.run(work, again)).toMatchObject({ matched: 3, deleted: 3, left: [] });
      const back = backOf([work], { images: new Map([...cut.images, ...again.images]) });
      const half = testJournal({ at: killAt(point) });
      await expect(putBack(shop.system, shop.io, back, half)).rejects.toThrow(Killed);
      expect(await putBack(shop.system, shop.io, back, testJournal({ notes: half.notes }))).toMatchObject([
        { matched: 3, affected: 3, failed: 0, blocked: 0 },
      ]);
      expect(await raw.dump(index)).toEqual(before);
    },
  );
});

describe("documents that were changed", () => {
  const redact = { do: "redact", fields: {}, paths: FIELDS } as const;

  test("come back as they were, whatever else became of them since; what the run changed and somebody else since is a conflict", async () => {
    const index = await filled();
    for (const id of ["5", "6", "7"]) await raw.call("PUT", `/${index}/_doc/${id}`, PLAIN);
    const before = await raw.dump(index);
    const shop = on(raw, index, redact);
    expect(await shop.check()).toEqual([]);
    const work = await shop.plan();
    const journal = testJournal();
    expect(await shop.run(work, journal)).toMatchObject({ matched: 5, changed: 5 });
    const gone = await raw.dump(index);
    expect(Object.values(gone).join("")).not.toContain('"Ann');
    // the server writes the whole document anew in a form of its own
    await raw.call("POST", `/${index}/_update/1`, { doc: { seen: "2026-12-01", meta: { x: 7 } } });
    await raw.call("POST", `/${index}/_update/5`, { doc: { name: "written since" } });
    await raw.call("DELETE", `/${index}/_doc/6`);
    const now = await raw.dump(index);
    const back = backOf([work], journal);
    expect((await obstacles(shop.system, shop.io, back)).toSorted()).toEqual(["s1 changed 1", "s1 gone 1"]);
    expect(await raw.dump(index)).toEqual(now);
    const [outcome] = await putBack(shop.system, shop.io, back);
    expect(outcome).toMatchObject({ matched: 3, affected: 3 });
    const then = await raw.dump(index);
    expect(then["2"]).toBe(before["2"]);
    expect(then["7"]).toBe(before["7"]);
    expect([then["3"], then["4"], then["5"]]).toEqual([before["3"], before["4"], now["5"]]);
    expect(JSON.parse(then["1"] ?? "")).toEqual({
      ...JSON.parse(PLAIN),
      seen: "2026-12-01",
      meta: { ip: "::1", x: 7 },
    });
    // what it held comes back as it was written
    expect(then["1"]).toContain(String.raw`["a" , "\u00e9"]`);
    expect(await missing(shop.system, shop.io, back)).toBe(2);
  });

  test("in a data stream they come back where they lie; a deletion there is refused before anything is done", async () => {
    const name = `images-stream-${process.pid}-${Date.now().toString(36)}`;
    await raw.call("PUT", `/_index_template/${name}`, {
      index_patterns: [name],
      data_stream: {},
      priority: 500,
      template: {
        settings: { number_of_replicas: 0 },
        mappings: { properties: { "@timestamp": { type: "date" }, email: keyword, name: keyword } },
      },
    });
    const put = async (id: string) =>
      await raw.call(
        "POST",
        `/${name}/_bulk?refresh=true`,
        `{"create":{"_id":"${id}"}}\n{ "@timestamp":"2026-11-0${id}", "email":"${ANN}" ,"name":"Ann"}\n`,
      );
    await put("1");
    await raw.call("POST", `/${name}/_rollover`);
    await put("2");
    const seen = async () => {
      await raw.call("POST", `/${name}/_refresh`);
      return await raw.call("GET", `/${name}/_search?sort=@timestamp&filter_path=hits.hits._index,hits.hits._source`);
    };
    {
      expect(await on(raw, name).check()).toEqual(["error ACTION_REFUSED", "error ACTION_REFUSED"]);
      const stream = on(raw, name, { do: "redact", fields: { name: { kind: "clear" } } });
      expect(await stream.check()).toEqual([]);
      const before = await seen();
      const work = await stream.plan();
      const journal = testJournal();
      expect(await stream.run(work, journal)).toMatchObject({ matched: 2, changed: 2 });
      expect(await seen()).not.toContain('"Ann"');
      expect(await putBack(stream.system, stream.io, backOf([work], journal))).toMatchObject([
        { matched: 2, affected: 2, failed: 0, blocked: 0 },
      ]);
      expect(await seen()).toBe(before);
    }
  });

  test.each([
    ["_source is synthetic", { mapping: {}, settings: { "index.mapping.source.mode": "synthetic" } }],
    ["_source is disabled", { mapping: { _source: { enabled: false } } }],
    ["_source leaves out fields", { mapping: { _source: { excludes: ["meta"] } } }],
  ])("where %s, neither is begun: the check refuses it", async (_, more) => {
    const index = await raw.create("images-lost", MAPPED, more);
    await raw.put(index, { 1: { email: ANN, name: "Ann" } });
    expect(await on(raw, index).check()).toContain("error ACTION_REFUSED");
    expect(await on(raw, index, redact).check()).toContain("error ACTION_REFUSED");
  });

  test("vectors, which the server leaves out of what it gives, are kept, and stay where a document is rewritten", async () => {
    const index = await raw.create("images-vectors", { ...MAPPED, v: { type: "dense_vector", dims: 2 } });
    await raw.put(index, { 1: `{"email":"${ANN}","name":"Ann","v":[0.5,1.25]}` });
    const whole = async () => await raw.call("GET", `/${index}/_source/1?_source_exclude_vectors=false`);
    const before = await whole();
    const shop = on(raw, index);
    expect(await shop.check()).toEqual([]);
    const work = await shop.plan();
    const journal = testJournal();
    await shop.run(work, journal);
    await putBack(shop.system, shop.io, backOf([work], journal));
    expect(await whole()).toBe(before);
    const reduced = on(raw, index, { do: "redact", fields: { name: { kind: "clear" } } });
    await reduced.run(await reduced.plan());
    expect(await whole()).toBe(before.replace('"Ann"', "null"));
  });
});
