/** What comes between plan and effect, and between a kill and the next run: it is seen, and nothing is done to what changed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Left } from "../../../src/model/change.ts";
import type { Guard } from "../../../src/port/connector.ts";
import { killAt, Killed, testJournal } from "../../support/journal.ts";
import { idOf, recordOn } from "./person.ts";
import { rawElasticsearch, type RawElasticsearch } from "./raw.ts";

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

async function tickets(): Promise<string> {
  const index = await raw.create("tickets", {
    email: keyword,
    state: keyword,
    closed: { type: "date" },
    name: { type: "text" },
    note: { type: "text" },
  });
  const ticket = { email: ANN, state: "done", closed: "2020-01-02", name: "Ann", note: "n" };
  await raw.put(index, { a: ticket, b: ticket });
  return index;
}

const erasing = { match: { email: "email" }, exports: ["state", "closed"] } as const;
const redacting = { ...erasing, paths: { name: { kind: "clear" } } } as const;
/** As a guard writes it. */
const waits = (key: string): Left => ({ key, kind: "waiting", reason: "open", says: "a ticket is open" });

describe("a document that changed since the plan is left alone", () => {
  const changes: readonly (readonly [string, object])[] = [
    ["a condition's field", { state: "open" }],
    ["the date a hold starts from", { closed: "2026-01-02" }],
    ["the matched value", { email: BOB }],
    ["a matched value that joined the old one", { email: [ANN, BOB] }],
  ];
  for (const [what, change] of changes) {
    for (const [action, given] of [
      ["deletion", erasing],
      ["redaction", redacting],
    ] as const) {
      test(`${what}, before a ${action}`, async () => {
        const index = await tickets();
        const record = recordOn(raw, index, given);
        const found = await record.find(ANN);
        await raw.call("POST", `/${index}/_update/a`, { doc: change });
        const before = await raw.source(index, "a");
        expect(await record.erase(found)).toMatchObject({
          matched: 1,
          affected: 1,
          left: [{ key: JSON.stringify([index, "a"]), kind: "failed", reason: "changed" }],
        });
        expect(await raw.source(index, "a")).toBe(before);
      });
    }
  }

  test("a field that a rule changes, before a redaction; another field's change is no change, and stays", async () => {
    const index = await tickets();
    const record = recordOn(raw, index, redacting);
    const found = await record.find(ANN);
    await raw.call("POST", `/${index}/_update/a`, { doc: { name: "Anna" } });
    await raw.call("POST", `/${index}/_update/b`, { doc: { note: "new" } });
    expect(await record.erase(found)).toMatchObject({
      changed: 1,
      left: [{ key: JSON.stringify([index, "a"]), kind: "failed", reason: "changed" }],
    });
    expect(JSON.parse((await raw.source(index, "a")) ?? "")).toMatchObject({ name: "Anna" });
    expect(JSON.parse((await raw.source(index, "b")) ?? "")).toMatchObject({ name: null, note: "new" });
  });

  test("between a kill and the next run, whatever was begun", async () => {
    for (const given of [erasing, redacting]) {
      const index = await tickets();
      const record = recordOn(raw, index, given);
      const found = await record.find(ANN);
      const journal = testJournal({ at: killAt("effect_begin") });
      await expect(record.erase(found, journal)).rejects.toThrow(Killed);
      expect(journal.notes.length, "the intent is durable").toBeGreaterThan(0);
      await raw.call("POST", `/${index}/_update/a`, { doc: { state: "open" } });
      expect(await record.erase(found, testJournal({ notes: journal.notes }))).toMatchObject({
        matched: 1,
        left: [{ key: JSON.stringify([index, "a"]), kind: "failed", reason: "changed" }],
      });
      expect(JSON.parse((await raw.source(index, "a")) ?? "")).toMatchObject({ state: "open", name: "Ann" });
    }
  });

  test("what somebody else put in the place of a document that was begun is not counted as ours", async () => {
    const index = await tickets();
    const record = recordOn(raw, index, redacting);
    const found = await record.find(ANN);
    const journal = testJournal({ at: killAt("effect_begin") });
    await expect(record.erase(found, journal)).rejects.toThrow(Killed);
    await raw.put(index, { a: { email: BOB, state: "done" } });
    expect(await record.erase(found, testJournal({ notes: journal.notes }))).toMatchObject({
      changed: 1,
      alreadyGone: 1,
    });
    expect(await raw.source(index, "a")).toBe(JSON.stringify({ email: BOB, state: "done" }));
  });
});

describe("the guard", () => {
  test("is asked for every batch before it is written; what it holds back is left as it was, with its reason", async () => {
    const index = await raw.create("guarded", { email: keyword });
    await raw.put(index, Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`a${at}`, { email: ANN }])));
    const record = recordOn(raw, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    const asked: { step: string; keys: string[]; there: number }[] = [];
    const guard: Guard = {
      async judge(step, records) {
        asked.push({ step, keys: records.map(({ key }) => key), there: Object.keys(await raw.dump(index)).length });
        return records.filter(({ key }) => idOf(key).endsWith("7")).map(({ key }) => waits(key));
      },
    };
    const outcome = await record.erase(found, testJournal(), guard);
    expect(asked.map(({ step, keys }) => [step, keys.length])).toEqual([
      ["s1", 100],
      ["s1", 100],
      ["s1", 50],
    ]);
    expect(
      asked.map(({ there }) => there),
      "judged before anything of the batch goes",
    ).toEqual([250, 160, 70]);
    expect(new Set(asked.flatMap(({ keys }) => keys)).size).toBe(250);
    expect(outcome).toMatchObject({ matched: 225, deleted: 225, waiting: 25, failed: 0 });
    expect(outcome.left).toContainEqual(waits(JSON.stringify([index, "a7"])));
    expect(Object.keys(await raw.dump(index)).every((id) => id.endsWith("7"))).toBe(true);
  });

  test("is asked again after another writer came between, and what it says then counts", async () => {
    for (const given of [erasing, redacting]) {
      const index = await tickets();
      const record = recordOn(raw, index, given);
      const found = await record.find(ANN);
      const asked: string[][] = [];
      const guard: Guard = {
        async judge(_, records) {
          asked.push(records.map(({ key }) => idOf(key)).toSorted());
          if (asked.length > 1) return records.map(({ key }) => waits(key));
          // after it was read, before it is written
          await raw.call("POST", `/${index}/_update/a`, { doc: { note: "meanwhile" } });
          return [];
        },
      };
      expect(await record.erase(found, testJournal(), guard)).toMatchObject({
        matched: 1,
        left: [waits(JSON.stringify([index, "a"]))],
      });
      expect(asked).toEqual([["a", "b"], ["a"]]);
      expect(JSON.parse((await raw.source(index, "a")) ?? "")).toMatchObject({ note: "meanwhile", name: "Ann" });
    }
  });

  test("a condition that commits while the guard judges is seen by the version, and by the fingerprint of the next look", async () => {
    for (const given of [erasing, redacting]) {
      const index = await tickets();
      const record = recordOn(raw, index, given);
      const found = await record.find(ANN);
      const guard: Guard = {
        async judge() {
          await raw.call("POST", `/${index}/_update/a`, { doc: { state: "open" } });
          return [];
        },
      };
      expect(await record.erase(found, testJournal(), guard)).toMatchObject({
        matched: 1,
        left: [{ kind: "failed", reason: "changed" }],
      });
      expect(JSON.parse((await raw.source(index, "a")) ?? "")).toMatchObject({ state: "open", name: "Ann" });
    }
  });

  test("that cannot say anything stops the unit before anything is written", async () => {
    const index = await tickets();
    const record = recordOn(raw, index, erasing);
    const found = await record.find(ANN);
    const guard: Guard = { judge: async () => await Promise.reject(new Error("the hold cannot be read")) };
    await expect(record.erase(found, testJournal(), guard)).rejects.toThrow("cannot be read");
    expect(Object.keys(await raw.dump(index))).toEqual(["a", "b"]);
  });
});

describe("by keys", () => {
  test("a document is read as by a search: same key, address, fingerprint and values, whoever it belongs to now", async () => {
    const index = await raw.create("keys", {
      email: keyword,
      sum: { type: "double" },
      members: { properties: { email: keyword, n: { type: "double" } } },
    });
    await raw.put(
      index,
      {
        a: `{"email":"${ANN}","sum":12345678901234567890.10,"members":[{"n":1.0,"email":"${BOB}"},{"n":1e3}],"x":-0}`,
        b: `{"email":["${ANN}","${BOB}"],"sum":10.10,"members.email":"${BOB}"}`,
        c: `{"email":"${BOB}"}`,
      },
      "?routing=r",
    );
    const record = recordOn(raw, index, {
      match: { email: "email" },
      exports: ["email", "sum"],
      paths: { members: { kind: "clear" }, sum: { kind: "clear" } },
    });
    const found = await record.located({ by: "subjects", lookups: [{ subject: 0, values: { email: [ANN] } }] });
    expect(found).toHaveLength(2);
    const stranger = JSON.stringify([index, "c", "r"]);
    const gone = JSON.stringify([index, "nobody", "r"]);
    const again = await record.located({ by: "keys", keys: [...found.map(({ key }) => key), stranger, gone] });
    expect(again.map(({ key }) => key)).toEqual([...found.map(({ key }) => key), stranger]);
    const same = ({ key, address, fingerprint, values }: (typeof found)[number]) => ({
      key,
      address,
      fingerprint,
      emails: values["email"],
    });
    expect(again.slice(0, 2).map(same)).toEqual(found.map(same));
    expect(again.map(({ subjects, done }) => [subjects, done])).toEqual([
      [[], false],
      [[], false],
      [[], true],
    ]);
  });

  test("one that is gone by its key yields nothing, one that no longer matches is there with another fingerprint", async () => {
    const index = await tickets();
    const record = recordOn(raw, index, erasing);
    const found = await record.find(ANN);
    await raw.call("DELETE", `/${index}/_doc/a`);
    await raw.put(index, { b: { email: BOB } });
    const again = await record.located({ by: "keys", keys: found.map(({ key }) => key) });
    expect(again.map(({ key }) => idOf(key))).toEqual(["b"]);
    expect(found.map(({ fingerprint }) => fingerprint)).not.toContain(again[0]?.fingerprint);
  });
});
