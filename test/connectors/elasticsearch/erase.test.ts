import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Change } from "../../../src/model/rule-change.ts";
import { eraseUnit, planned, remainingOf, unitOf } from "../../support/erase.ts";
import { killAt, testJournal } from "../../support/journal.ts";
import { idOf, recordOn } from "./person.ts";
import { rawElasticsearch, rightNow, systemUnderTest, type RawElasticsearch } from "./raw.ts";

const ANN = "ann@shop.example";
const BOB = "bob@shop.example";
const keyword = { type: "keyword" };
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

describe("redaction", () => {
  test("changes the named paths and no other character: numbers, escapes, spaces and key order stay", async () => {
    const index = await raw.create("spelling", {
      email: keyword,
      rest: { type: "object", enabled: false },
      author: { properties: { name: { type: "text" } } },
    });
    const rest = String.raw`"rest" : {"9":1.0, "10":12345678901234567890,"b":1.10e+2,"a":"\u00e9\/", "__proto__":{"x":[1 , 2]},"deep":[[0.10]]}`;
    await raw.put(index, {
      a: `{ "email":"${ANN}",  ${rest}, "author":{"name":"Anna","age":44}}`,
      b: `{"email":"${BOB}",${rest}}`,
    });
    const before = await raw.dump(index);
    expect(before["a"]).toContain("12345678901234567890");
    const record = recordOn(raw, index, {
      match: { email: "email" },
      paths: { "author.name": { kind: "remove" }, email: { kind: "clear" }, "author.nick": { kind: "clear" } },
    });
    const found = await record.find(ANN);
    expect(found.map(({ done }) => done)).toEqual([false]);
    expect(await record.erase(found)).toMatchObject({ matched: 1, affected: 1, failed: 0 });
    expect(await raw.dump(index)).toEqual({ a: `{ "email":null,  ${rest}, "author":{"age":44}}`, b: before["b"] });
    expect(await record.remaining(found)).toEqual([]);
    expect(await record.ids(ANN)).toEqual([]);
  });

  test("a document written over several lines stays one document", async () => {
    const index = await raw.create("pretty", { email: keyword });
    await raw.call("PUT", `/${index}/_doc/a`, `{\n  "email": "${ANN}",\n  "n": 1.0\n}`);
    const record = recordOn(raw, index, { match: { email: "email" }, paths: { email: { kind: "remove" } } });
    expect(await record.erase(await record.find(ANN))).toMatchObject({ affected: 1 });
    expect((await raw.source(index, "a"))?.replaceAll(/\s/gu, "")).toBe('{"n":1.0}');
  });

  test.each([
    ["nested", { type: "nested" }],
    ["object", {}],
  ])("matching %s elements leave a shared document, and an emptied array stays", async (_, type) => {
    const index = await raw.create("rooms", {
      title: keyword,
      members: { ...type, properties: { email: keyword, age: { type: "float" } } },
    });
    await raw.put(index, {
      a: `{"title":"a","members":[{"email":"${ANN}","age":1.50},{"email":"${BOB}","age":2.50},{"email":"${ANN}"}]}`,
      b: `{"title":"b","members":[{"email":"${ANN}"}]}`,
      c: `{"title":"c","members":{"email":"${ANN}"}}`,
      d: `{"title":"d","members":[{"email":"${BOB}"}]}`,
      e: `{"title":"e","members":{"email":"${BOB}"}}`,
    });
    const before = await raw.dump(index);
    const record = recordOn(raw, index, {
      match: { "members[].email": "email" },
      paths: { "members[]": { kind: "remove" } },
    });
    const found = await record.find(ANN);
    expect(found.map(({ key }) => idOf(key)).toSorted()).toEqual(["a", "b", "c"]);
    expect(await record.erase(found)).toMatchObject({ matched: 3, affected: 3 });
    expect(await raw.dump(index)).toEqual({
      ...before,
      a: `{"title":"a","members":[{"email":"${BOB}","age":2.50}]}`,
      b: '{"title":"b","members":[]}',
      c: '{"title":"c","members":[]}',
    });
    expect(await record.remaining(found)).toEqual([]);
    expect(await record.find(ANN)).toEqual([]);
    expect(await record.ids(BOB)).toEqual(["a", "d", "e"]);
  });

  test("a field of an element is cleared in matching elements only, also where the path does not say []", async () => {
    for (const paths of [{ "members[].phone": { kind: "clear" } }, { "members.phone": { kind: "clear" } }] as const) {
      const index = await raw.create("phones", { members: { properties: { email: keyword, phone: keyword } } });
      await raw.put(index, {
        a: { members: [{ email: ANN, phone: "1" }, { email: BOB, phone: "2" }, { email: ANN }] },
      });
      const record = recordOn(raw, index, { match: { "members[].email": "email" }, paths });
      const found = await record.find(ANN);
      expect(await record.remaining(found)).toHaveLength(1);
      expect(await record.erase(found)).toMatchObject({ affected: 1 });
      expect(await raw.source(index, "a")).toBe(
        `{"members":[{"email":"${ANN}","phone":null},{"email":"${BOB}","phone":"2"},{"email":"${ANN}"}]}`,
      );
      expect((await record.find(ANN)).map(({ done }) => done)).toEqual([true]);
      expect(await record.remaining(found)).toEqual([]);
    }
  });

  test("of an array of values the matching ones go, each subject's own", async () => {
    const index = await raw.create("emails", { emails: keyword });
    await raw.put(index, { a: { emails: [ANN, BOB, ANN, "eve@shop.example"] }, b: { emails: ANN } });
    const record = recordOn(raw, index, { match: { emails: "email" }, paths: { emails: { kind: "remove" } } });
    const ofAnn = (await record.find(ANN, BOB))
      .filter(({ subject }) => subject === 0)
      .map((one) => ({ ...one, subjects: [0] }));
    expect(await record.erase(ofAnn)).toMatchObject({ affected: 2 });
    expect(await raw.dump(index)).toEqual({ a: `{"emails":["${BOB}","eve@shop.example"]}`, b: "{}" });
  });

  test("every rule leaves what it says, is then done, and a second run changes nothing", async () => {
    const index = await raw.create("rules", {
      email: keyword,
      born: { type: "date" },
      seen: { type: "date" },
      joined: keyword,
      zip: keyword,
      ip: { type: "ip" },
      nick: keyword,
      ref: keyword,
      plan: { type: "integer" },
      tags: keyword,
    });
    const born = Date.UTC(1987, 4, 23);
    await raw.put(index, {
      a: `{"email":"${ANN}","born":${born},"seen":"2024-02-29T10:11:12Z","joined":"2019-08-15","zip":76131,"ip":"203.0.113.77","nick":"annie","ref":"r-1","plan":7,"tags":["x1","x2"]}`,
    });
    const record = recordOn(raw, index, {
      match: { email: "email" },
      paths: {
        born: { kind: "generalise", to: "year" },
        seen: { kind: "generalise", to: "month" },
        joined: { kind: "generalise", to: "decade" },
        zip: { kind: "prefix", length: 2 },
        ip: { kind: "truncate", bits: 24 },
        nick: { kind: "template", template: "gone+:random" },
        ref: { kind: "pseudonymise" },
        plan: { kind: "set", value: 0 },
        tags: { kind: "prefix", length: 1 },
        email: { kind: "keep" },
      },
    });
    const found = await record.find(ANN);
    expect(found.map(({ done }) => done)).toEqual([false]);
    expect(await record.erase(found)).toMatchObject({ affected: 1, failed: 0 });
    const after = (await raw.source(index, "a")) ?? "";
    expect(after).toMatch(
      new RegExp(
        `^\\{"email":"${ANN}","born":${Date.UTC(1987, 0, 1)},"seen":"2024-02-01T00:00:00Z","joined":"2010s","zip":76,"ip":"203\\.0\\.113\\.0","nick":"gone\\+[0-9a-f]{18}","ref":"ps_[0-9a-f]{32}","plan":0,"tags":\\["x","x"\\]\\}$`,
        "u",
      ),
    );
    const again = await record.find(ANN);
    expect(again.map(({ done }) => done)).toEqual([true]);
    expect(await record.erase(again)).toMatchObject({ matched: 0, affected: 0, alreadyGone: 1 });
    expect(await raw.source(index, "a")).toBe(after);
  });

  test("minimising keeps what is named and what the hold starts from, whole, and nothing else", async () => {
    const index = await raw.create("minimise", {
      email: keyword,
      total: { type: "double" },
      issued: { type: "date" },
      lines: { properties: { sum: { type: "double" } } },
    });
    await raw.put(index, {
      a: `{"email":"${ANN}","total":10.10,"issued":"2024-02-29","lines":[{"text":"x","sum":1.0},{"sum":9.10,"to":{"name":"Anna"}}],"to.name":"Anna","lines.note":"y"}`,
    });
    const record = recordOn(raw, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    const kept = {
      ...record.target,
      record: { ...record.target.record, holds: [{ hold: "tax", from: "issued", protects: [] }] },
    };
    const change: Change = { kind: "minimise", keepOnly: ["total", "lines[].sum"] };
    const unit = unitOf(kept, [], change, planned(found));
    expect(await eraseUnit(systemUnderTest(), record.io, unit)).toMatchObject({
      matched: 0,
      affected: 0,
      minimised: 1,
    });
    expect(await raw.source(index, "a")).toBe(
      '{"total":10.10,"issued":"2024-02-29","lines":[{"sum":1.0},{"sum":9.10}]}',
    );
    expect(await remainingOf(systemUnderTest(), record.io, kept, { change, records: planned(found) })).toEqual([]);
    expect(await eraseUnit(systemUnderTest(), record.io, unit)).toMatchObject({ matched: 0, alreadyGone: 1 });
  });

  test("check refuses what could not be written: a path that is nowhere, a value that does not fit, an index without its source", async () => {
    const index = await raw.create("unfit", {
      email: keyword,
      plan: { type: "integer" },
      when: { type: "date" },
      note: { type: "text" },
    });
    await raw.put(index, { a: { email: ANN } }, "?refresh=true");
    const codes = async (paths: Parameters<typeof recordOn>[2]["paths"]) =>
      (
        await recordOn(raw, index, { match: { email: "email" }, ...(paths === undefined ? {} : { paths }) }).check()
      ).map(({ code, severity, column }) => [code, severity, column]);
    expect(await codes({ note: { kind: "clear" } })).toEqual([]);
    expect(await codes({ nots: { kind: "clear" } })).toEqual([["COLUMN_MISSING", "error", "nots"]]);
    expect(await codes({ plan: { kind: "set", value: "none" }, when: { kind: "pseudonymise" } })).toEqual([
      ["CONSTRAINT", "error", "plan"],
      ["CONSTRAINT", "error", "when"],
    ]);
    const partial = await raw.create(
      "partial",
      { email: keyword, note: keyword },
      { mapping: { _source: { excludes: ["note"] } } },
    );
    await raw.put(partial, { a: { email: ANN } }, "?refresh=true");
    expect(
      await recordOn(raw, partial, { match: { email: "email" }, paths: { note: { kind: "clear" } } }).check(),
    ).toMatchObject([{ code: "FIELD_REFUSED", severity: "error" }]);
  });

  test("a value that the mapping refuses fails that record, with a code and no value", async () => {
    const index = await raw.create("refuses", { email: keyword, day: { type: "date", format: "yyyy-MM-dd" } });
    await raw.put(index, { a: { email: ANN, day: "2024-02-29" } });
    const record = recordOn(raw, index, {
      match: { email: "email" },
      paths: { day: { kind: "set", value: "2024-02-29T10:00:00Z" } },
    });
    const found = await record.find(ANN);
    expect(await record.erase(found)).toMatchObject({
      matched: 0,
      affected: 0,
      failed: 1,
      reason: "document_parsing_exception",
      unresolved: found.map(({ key }) => key),
    });
  });
});

describe("deletion", () => {
  test("with routing: of two documents with one id only the planned one goes", async () => {
    const index = await raw.create(
      "routed",
      { email: keyword },
      { settings: { number_of_shards: 4 }, mapping: { _routing: { required: true } } },
    );
    for (const routing of ["two", "three", "four", "five", "six"])
      await raw.put(index, { same: { email: BOB } }, `?routing=${routing}`);
    await raw.put(index, { same: { email: ANN } }, "?routing=one");
    const record = recordOn(raw, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    expect(found.map(({ key }) => key)).toEqual([JSON.stringify([index, "same", "one"])]);
    const others = await record.find(BOB);
    expect(others.length).toBeGreaterThan(0);
    expect(await record.erase(found)).toMatchObject({ matched: 1, affected: 1 });
    expect(await record.find(ANN)).toEqual([]);
    expect((await record.find(BOB)).map(({ key }) => key).toSorted()).toEqual(others.map(({ key }) => key).toSorted());
    expect(await record.remaining([...found, ...others])).toHaveLength(others.length);
  });

  test("an id that became another person's document since is left alone, and said", async () => {
    const index = await raw.create("reused", { email: keyword });
    await raw.put(index, { a: { email: ANN }, b: { email: ANN } });
    const record = recordOn(raw, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    await raw.put(index, { a: { email: BOB, note: "somebody else" } });
    expect(await record.erase(found)).toMatchObject({
      matched: 1,
      affected: 1,
      failed: 1,
      reason: "changed",
      unresolved: [JSON.stringify([index, "a"])],
    });
    expect(await raw.dump(index)).toEqual({ a: `{"email":"${BOB}","note":"somebody else"}` });
  });

  test.each(["write", "read_only", "read_only_allow_delete"])(
    "an index with the block %s: records are blocked in the plan and in the run, and free again without it",
    async (block) => {
      const index = await raw.create("blocked", { email: keyword });
      await raw.put(index, { a: { email: ANN } });
      const record = recordOn(raw, index, { match: { email: "email" } });
      const free = await record.find(ANN);
      await raw.call("PUT", `/${index}/_settings`, { [`index.blocks.${block}`]: true });
      const found = await record.find(ANN);
      expect(found.map(({ blocked }) => blocked)).toEqual([{ reason: "index_block" }]);
      expect(found.map(({ fingerprint }) => fingerprint)).toEqual(free.map(({ fingerprint }) => fingerprint));
      expect(await record.check()).toMatchObject([{ code: "BLOCKED", severity: "warning" }]);
      expect(await record.erase(found)).toMatchObject({
        matched: 0,
        affected: 0,
        blocked: 1,
        failed: 0,
        reason: "index_block",
      });
      expect(await record.remaining(found)).toHaveLength(1);
      await raw.call("PUT", `/${index}/_settings`, { [`index.blocks.${block}`]: null });
      expect(await record.erase(found)).toMatchObject({ affected: 1, blocked: 0 });
      expect(await raw.dump(index)).toEqual({});
    },
  );

  test.each(["erase", "redact"] as const)(
    "%s beside a writer that never stops: nothing of the person is left, nobody's update is lost",
    async (action) => {
      const index = await raw.create("busy", { email: keyword, hits: { type: "long" } });
      const ids = Array.from({ length: 30 }, (_, at) => `a${at}`);
      const others = Array.from({ length: 30 }, (_, at) => `b${at}`);
      await raw.put(
        index,
        Object.fromEntries([
          ...ids.map((id) => [id, { email: ANN, name: "Anna", hits: 0 }]),
          ...others.map((id) => [id, { email: BOB, name: "Bob", hits: 0 }]),
        ]),
      );
      const record = recordOn(raw, index, {
        match: { email: "email" },
        ...(action === "erase" ? {} : { paths: { name: { kind: "clear" } } }),
      });
      const found = await record.find(ANN);
      const counts = new Map<string, number>();
      let stop = false;
      const writer = async (mine: readonly string[]) => {
        while (!stop) {
          for (const id of mine) {
            const hits = (counts.get(id) ?? 0) + 1;
            const answer = await raw
              .call("POST", `/${index}/_update/${id}?retry_on_conflict=5`, { doc: { hits } })
              .catch(() => "");
            if (answer !== "") counts.set(id, hits);
          }
        }
      };
      const writers = [
        writer([...ids.slice(0, 10), ...others.slice(0, 10)]),
        writer(ids.slice(10)),
        writer(others.slice(10)),
      ];
      await sleep(150);
      const outcome = await record.erase(found);
      stop = true;
      await Promise.all(writers);
      expect(outcome).toMatchObject({ matched: 30, affected: 30, alreadyGone: 0, failed: 0, blocked: 0 });
      const after = await raw.dump(index);
      expect([...counts.values()].reduce((sum, hits) => sum + hits, 0)).toBeGreaterThan(20);
      for (const id of others)
        expect(JSON.parse(after[id] ?? "{}")).toEqual({ email: BOB, name: "Bob", hits: counts.get(id) ?? 0 });
      if (action === "erase") expect(Object.keys(after).toSorted()).toEqual(others.toSorted());
      else
        for (const id of ids)
          expect(JSON.parse(after[id] ?? "{}")).toEqual({ email: ANN, name: null, hits: counts.get(id) ?? 0 });
      expect(await record.remaining(found)).toEqual([]);
    },
  );

  test.each(["erase", "redact"] as const)(
    "%s: a writer that comes between reading and writing is seen, and its update kept",
    async (action) => {
      const index = await raw.create("between", { email: keyword, hits: { type: "long" } });
      await raw.put(index, { a: { email: ANN, name: "Anna" }, b: { email: ANN, name: "Anna" } });
      const record = recordOn(raw, index, {
        match: { email: "email" },
        ...(action === "erase" ? {} : { paths: { name: { kind: "clear" } } }),
      });
      const found = await record.find(ANN);
      let written = "";
      const at = (point: string) => {
        if (point === "effect_begin") written = rightNow("POST", `${raw.url}/${index}/_update/a`, { doc: { hits: 7 } });
      };
      expect(await record.erase(found, testJournal({ at }))).toMatchObject({
        matched: 2,
        affected: 2,
        alreadyGone: 0,
        failed: 0,
      });
      expect(written).toContain('"result":"updated"');
      expect(await raw.dump(index)).toEqual(
        action === "erase" ? {} : { a: `{"email":"${ANN}","name":null,"hits":7}`, b: `{"email":"${ANN}","name":null}` },
      );
    },
  );

  test("killed between two bulk requests: the same unit again counts every record once", async () => {
    const index = await raw.create("killed", { email: keyword });
    await raw.put(index, Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`a${at}`, { email: ANN }])));
    const record = recordOn(raw, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    const journal = testJournal({ at: killAt("effect_half") });
    await expect(record.erase(found, journal)).rejects.toThrow("killed");
    expect(Object.keys(await raw.dump(index))).toHaveLength(150);
    expect(await record.remaining(found)).toHaveLength(150);
    expect(await record.erase(found, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 250,
      affected: 250,
      alreadyGone: 0,
    });
    expect(await raw.dump(index)).toEqual({});
    expect(journal.notes.join("")).not.toContain('"a2"');
  });
});
