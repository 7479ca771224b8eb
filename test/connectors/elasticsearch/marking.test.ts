/** What may be wrong with a marker, what comes between, and what a server answers: on top of the contract of marks. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Marker } from "../../../src/model/datamap.ts";
import type { Unit } from "../../../src/model/change.ts";
import type { DueSelection, Located } from "../../../src/model/search.ts";
import { MARK_STAMP, RESTORE_WINDOW } from "../../contract/marks.contract.ts";
import { type Erased, eraseUnit, locateAll, planned, remainingOf, type Seen, unitOf } from "../../support/erase.ts";
import { testIO } from "../../support/io.ts";
import { testJournal, type TestJournal } from "../../support/journal.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { idOf } from "./person.ts";
import { config } from "../../../connectors/elasticsearch/config.ts";
import { behind, BLOCK, rawElasticsearch, rightNow, systemUnderTest, type RawElasticsearch, type Rule } from "./raw.ts";

const ANN = "ann@shop.example";
const AT = { kind: "timestamp", column: "gone", live: null } as const;
const IN_META = { kind: "timestamp", column: "meta.gone", live: null, by: "meta.by" } as const;
const FLAG = { kind: "flag", column: "hidden", deleted: "true" } as const;
const keyword = { type: "keyword" };
const date = { type: "date" };
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

function marksOn(server: RawElasticsearch, pattern: string, marker: Marker) {
  const io = testIO({ secrets: { search: server.url } });
  const system = systemUnderTest();
  const record = recordType({
    system: "search",
    name: "things",
    place: { kind: "index", pattern },
    do: "soft-delete",
    marker,
    restoreWindow: RESTORE_WINDOW,
  });
  const target = targetOf(record, [{ column: "email", type: "email", fold: [] }], []);
  const lookups = [{ subject: 0, values: { email: [ANN] } }];
  const find = async () => await locateAll(system, io, target, lookups);
  const mark = async (found: readonly Seen[], journal: TestJournal = testJournal()): Promise<Erased> => {
    const unit = unitOf(target, lookups, { kind: "mark", marker, stamp: MARK_STAMP }, planned(found));
    return await eraseUnit(system, io, { ...unit, effect: "mark" }, journal);
  };
  /** The unit that gives back what this journal kept. */
  const back = ({ images }: TestJournal): Unit => {
    const kept = new Map([...images].map(([name, bytes]) => [name.slice(name.indexOf("\n") + 1), bytes]));
    const records = [...kept.keys()].map((key) => ({ key, fingerprint: "", subjects: [0] }));
    return { ...unitOf(target, lookups, { kind: "restore", marker, images: kept }, records), effect: "restore" };
  };
  return {
    io,
    target,
    find,
    mark,
    back,
    undo: async (unit: Unit, journal = testJournal()) => await eraseUnit(system, io, unit, journal),
    remaining: async (unit: Unit) => {
      const [operation] = unit.works.flatMap(({ operations }) => operations);
      if (operation === undefined) throw new Error("no operation");
      return await remainingOf(system, io, target, operation);
    },
    async check() {
      await using reader = await system.openReader(io);
      return (await Array.fromAsync(reader.check([target]))).map(
        ({ code, severity, column, message }) => `${severity} ${code} ${column}: ${message.replace(/^.*?: /u, "")}`,
      );
    },
    async due(selection: Omit<DueSelection, "by" | "zone">): Promise<string[]> {
      await using reader = await system.openReader(io);
      const asked = { ...target, exports: [selection.column] };
      const found: Located[] = await Array.fromAsync(
        reader.locate(asked, { by: "due", zone: "Europe/Berlin", ...selection }),
      );
      return found.map(({ key }) => idOf(key)).toSorted();
    },
  };
}

const sharesNot = ({ refresh = "-1" } = {}) => ({
  settings: { "translog.durability": "async", refresh_interval: refresh },
});

describe("what a mapping says of a marker, before anything is done", () => {
  const properties = {
    email: keyword,
    gone: date,
    n: { type: "long" },
    flag: { type: "boolean" },
    worded: { type: "date", format: "dd MMM yyyy" },
    shut: { dynamic: "strict", properties: { x: keyword } },
    still: { dynamic: "false", properties: { x: keyword } },
    off: { type: "object", enabled: false },
  };
  const ways: readonly (readonly [name: string, marker: Marker, said: readonly RegExp[]])[] = [
    ["a date", AT, []],
    [
      "a field that is not there yet",
      { ...AT, column: "removed" },
      [/^warning COLUMN_MISSING removed: nothing is marked/u],
    ],
    [
      "one in a closed object",
      { ...AT, column: "shut.gone" },
      [/^error COLUMN_MISSING shut\.gone: .*dynamic: strict/u, /^warning/u],
    ],
    ["one in an object that is not indexed", { ...AT, column: "still.gone" }, [/^warning NOT_SEARCHABLE still\.gone/u]],
    ["one in an object that is switched off", { ...AT, column: "off.gone" }, [/^warning NOT_SEARCHABLE off\.gone/u]],
    [
      "one below a text",
      { ...AT, column: "email.gone" },
      [/^error FIELD_REFUSED email\.gone: nothing can lie in email, which is keyword/u],
    ],
    ["a time in a number", { ...AT, column: "n" }, [/^error FIELD_REFUSED n: it is long: no instant/u]],
    ["a time in words", { ...AT, column: "worded" }, [/^error FIELD_REFUSED worded: it is a date in a format/u]],
    [
      "a status in a truth",
      { kind: "status", column: "flag", deleted: ["trash"] },
      [/^error FIELD_REFUSED flag: it is boolean/u],
    ],
    ["a flag in a truth", { ...FLAG, column: "flag" }, []],
    ["a number in a number", { kind: "status", column: "n", deleted: ["9"] }, []],
    ["the id", { ...AT, column: "_id" }, [/^error FIELD_REFUSED _id: a document's id/u]],
  ];
  test.each(ways)("%s", async (_, marker, said) => {
    const index = await raw.create("mapped", properties, sharesNot());
    const on = marksOn(raw, index, marker);
    // an index that holds nothing has nothing that could not be marked
    expect((await on.check()).filter((one) => one.startsWith("error"))).toEqual([]);
    await raw.put(index, { a: { email: ANN } });
    const found = await on.check();
    for (const pattern of said.filter((one) => !String(one).startsWith("/^warning/")))
      expect(found).toContainEqual(expect.stringMatching(pattern));
    expect(found.filter((one) => one.startsWith("error"))).toHaveLength(
      said.filter((one) => String(one).startsWith("/^error")).length,
    );
    if (said.length === 0) expect(found).toEqual([]);
    expect(await raw.dump(index)).toEqual({ a: `{"email":"${ANN}"}` });
  });

  test("a mapping that takes no new field refuses, and a document is as it was", async () => {
    const index = await raw.create("strict", { email: keyword }, { mapping: { dynamic: "strict" }, ...sharesNot() });
    await raw.put(index, { a: { email: ANN } });
    const on = marksOn(raw, index, IN_META);
    expect(await on.check()).toContainEqual(expect.stringMatching(/^error COLUMN_MISSING meta\.gone/u));
    // whoever goes on all the same is told by the server, and nothing is lost
    expect(await on.mark(await on.find())).toMatchObject({ matched: 0, failed: 1 });
    expect(await raw.dump(index)).toEqual({ a: `{"email":"${ANN}"}` });
  });
});

test("a marker of objects, and a path that means several places, are told by the linter", () => {
  const issuesOf = (marker: Marker) => {
    const place = { kind: "index", pattern: "things" } as const;
    const record = recordType({ system: "search", name: "things", place, do: "soft-delete", marker });
    return config.lint({ ...BLOCK, records: [record] }).map(({ path, code }) => [path.join("."), code]);
  };
  expect(issuesOf(IN_META)).toEqual([]);
  expect(issuesOf({ kind: "delete_marker" })).toEqual([["records.things.soft_delete", "KEY_UNFIT"]]);
  expect(issuesOf({ ...FLAG, since: "items[].gone" })).toEqual([["records.things.soft_delete", "KEY_UNFIT"]]);
  expect(config.actions).toContain("soft-delete");
});

describe("where the marker's path has no one place", () => {
  test("a document is blocked, and the others are marked", async () => {
    const index = await raw.create(
      "forked",
      { email: keyword, meta: { properties: { gone: date, by: keyword } } },
      sharesNot(),
    );
    await raw.put(index, {
      a: `{"email":"${ANN}","meta":[{"by":"x"},{"by":"y"}]}`,
      b: `{"email":"${ANN}","meta.by":"x"}`,
      c: `{"email":"${ANN}","meta":[]}`,
      d: `{"email":"${ANN}","meta.gone":null,"meta":{"x":1}}`,
      e: `{"email":"${ANN}","meta":[{"gone":"2020-01-02"},{"gone":"2021-01-02"}]}`,
      f: `{"email":"${ANN}","meta":{"gone":[]}}`,
    });
    const before = await raw.dump(index);
    const on = marksOn(raw, index, IN_META);
    const found = await on.find();
    const told = new Map(found.map(({ key, blocked, marked }) => [idOf(key), blocked?.reason ?? marked?.since]));
    expect(Object.fromEntries(told)).toEqual({ a: "marker_path", e: "2021-01-02" });
    const journal = testJournal();
    expect(await on.mark(found, journal)).toMatchObject({ matched: 4, changed: 4, blocked: 1, alreadyGone: 1 });
    const marks = `"gone":"${MARK_STAMP.at}","by":"${MARK_STAMP.by}"`;
    expect(await raw.dump(index)).toEqual({
      ...before,
      b: `{"email":"${ANN}","meta.by":"${MARK_STAMP.by}","meta.gone":"${MARK_STAMP.at}"}`,
      c: `{"email":"${ANN}","meta":{${marks}}}`,
      d: `{"email":"${ANN}","meta.gone":"${MARK_STAMP.at}","meta":{"x":1,"by":"${MARK_STAMP.by}"}}`,
      f: `{"email":"${ANN}","meta":{${marks}}}`,
    });
    expect(await on.undo(on.back(journal))).toMatchObject({ matched: 4, changed: 4, failed: 0 });
    expect(await raw.dump(index)).toEqual(before);
  });
});

describe("vectors, which the server leaves out of what it gives", () => {
  const open = async () => {
    const index = await raw.create(
      "vectors",
      {
        email: keyword,
        gone: date,
        v: { type: "dense_vector", dims: 3 },
        deep: { properties: { w: { type: "dense_vector", dims: 2, index: false } } },
        sparse: { type: "sparse_vector" },
      },
      sharesNot(),
    );
    const doc = { email: ANN, v: [0.5, 10, 6], deep: { w: [1, 2], z: 1 }, sparse: { one: 1.5 } };
    await raw.put(index, { a: doc, b: { ...doc, email: "bob@shop.example" } });
    const whole = async (id: string): Promise<object> =>
      JSON.parse(await raw.call("GET", `/${index}/_source/${id}?_source_exclude_vectors=false`));
    return { index, before: await whole("a"), whole };
  };

  test("stay in a document that is marked, and in one that is given back", async () => {
    const { index, before, whole } = await open();
    expect(Object.keys(before).toSorted()).toEqual(["deep", "email", "sparse", "v"]);
    const on = marksOn(raw, index, AT);
    const journal = testJournal();
    expect(await on.mark(await on.find(), journal)).toMatchObject({ matched: 1, changed: 1 });
    expect(await whole("a")).toEqual({ ...before, gone: MARK_STAMP.at });
    expect(await on.undo(on.back(journal))).toMatchObject({ matched: 1, changed: 1 });
    expect(await whole("a")).toEqual(before);
  });

  test("are given always by a server that does not know the question, and another refusal is told as ever", async () => {
    const index = await raw.create("vectorless", { email: keyword, gone: date }, sharesNot());
    await raw.put(index, { a: { email: ANN } });
    const unknown: Rule = ({ path, body }) => {
      const reason = path.includes("_source_exclude_vectors")
        ? "request [/_mget] contains unrecognized parameter: [_source_exclude_vectors]"
        : "Unknown key for a VALUE_BOOLEAN in [exclude_vectors].";
      return path.includes("exclude_vectors") || body.includes("exclude_vectors")
        ? { status: 400, body: { error: { type: "illegal_argument_exception", reason }, status: 400 } }
        : undefined;
    };
    await using server = await behind(raw, unknown);
    const on = marksOn(server, index, AT);
    expect(await on.mark(await on.find())).toMatchObject({ matched: 1, changed: 1 });
    expect(await raw.dump(index)).toEqual({ a: `{"email":"${ANN}","gone":"${MARK_STAMP.at}"}` });
    await using refusing = await behind(raw, ({ path }) =>
      path.startsWith("/_mget") ? { status: 403, body: {} } : undefined,
    );
    const found = await marksOn(raw, index, AT).find();
    await expect(marksOn(refusing, index, AT).mark(found)).rejects.toMatchObject({ code: "NOT_PERMITTED" });
  });
});

describe("what comes between", () => {
  test("a change elsewhere stays, before the mark and after it; a change of the marker, and a document that is gone, are conflicts", async () => {
    const index = await raw.create(
      "between",
      { email: keyword, n: { type: "long" }, meta: { properties: { gone: date, by: keyword } } },
      sharesNot(),
    );
    await raw.put(index, Object.fromEntries(["a", "b", "c", "d"].map((id) => [id, { email: ANN, n: 1 }])));
    const on = marksOn(raw, index, IN_META);
    const found = await on.find();
    await raw.call("POST", `/${index}/_update/a`, { doc: { n: 2 } });
    const journal = testJournal();
    expect(await on.mark(found, journal)).toMatchObject({ matched: 4, changed: 4 });
    await raw.call("POST", `/${index}/_update/b`, { doc: { n: 3, meta: { more: true } } });
    await raw.call("POST", `/${index}/_update/c`, { doc: { meta: { gone: null } } });
    await raw.call("DELETE", `/${index}/_doc/d`);
    const now = await raw.dump(index);
    const unit = on.back(journal);
    const reasons = ({ left }: Erased) => Object.fromEntries(left.map(({ key, reason }) => [idOf(key), reason]));
    const rehearsed = await on.undo({ ...unit, rehearsal: true });
    expect(rehearsed).toMatchObject({ matched: 2, failed: 1, alreadyGone: 1 });
    expect(reasons(rehearsed)).toEqual({ c: "changed", d: "gone" });
    expect(await raw.dump(index)).toEqual(now);
    expect(reasons(await on.undo(unit))).toEqual({ c: "changed", d: "gone" });
    expect(await raw.dump(index)).toEqual({
      a: `{"email":"${ANN}","n":2}`,
      b: `{"email":"${ANN}","n":3,"meta":{"more":true}}`,
      c: now["c"],
    });
    expect((await on.remaining(unit)).map(idOf)).toEqual(["c"]);
  });

  test("a rehearsal sends no write, and says of an index that takes none", async () => {
    const index = await raw.create("rehearsed", { email: keyword, gone: date }, sharesNot());
    await raw.put(index, { a: { email: ANN } });
    const journal = testJournal();
    const on = marksOn(raw, index, AT);
    await on.mark(await on.find(), journal);
    const sent: string[] = [];
    const watching: Rule = ({ method, path }) => {
      sent.push(`${method} ${path.replace(/\?.*/u, "").split("/").at(-1)}`);
      return undefined;
    };
    await using server = await behind(raw, watching);
    const trying = { ...on.back(journal), rehearsal: true } as const;
    const notes = testJournal();
    expect(await marksOn(server, index, AT).undo(trying, notes)).toMatchObject({ matched: 1, left: [] });
    expect([notes.notes, notes.passed]).toEqual([[], []]);
    expect(sent.filter((one) => !one.startsWith("GET ") && one !== "POST _mget")).toEqual([]);
    await raw.call("PUT", `/${index}/_block/write`);
    expect((await on.undo(trying)).left).toMatchObject([{ kind: "blocked", reason: "index_block" }]);
    expect((await on.undo(on.back(journal))).left).toMatchObject([{ kind: "blocked", reason: "index_block" }]);
    await raw.call("PUT", `/${index}/_settings`, { "index.blocks.write": null });
  });

  test("what the application marks between reading and writing keeps its own date, also where it is a flag alone", async () => {
    for (const [marker, doc] of [
      [AT, { gone: "2020-01-02" }],
      [FLAG, { hidden: true }],
    ] as const) {
      const index = await raw.create("raced", { email: keyword, gone: date, hidden: { type: "boolean" } }, sharesNot());
      await raw.put(index, { a: { email: ANN }, b: { email: ANN } });
      const on = marksOn(raw, index, marker);
      const found = await on.find();
      const journal = testJournal();
      let raced = false;
      await using server = await behind(raw, ({ path }) => {
        if (path.includes("_bulk") && !raced) rightNow("POST", `${raw.url}/${index}/_update/a`, { doc });
        raced ||= path.includes("_bulk");
        return undefined;
      });
      const outcome = await marksOn(server, index, marker).mark(found, journal);
      expect(outcome).toMatchObject({ matched: 1, changed: 1, alreadyGone: 1 });
      expect(outcome.left.map(({ key, kind, reason }) => [idOf(key), kind, reason])).toEqual([
        ["a", "already_gone", "as_wanted"],
      ]);
      expect(JSON.parse((await raw.source(index, "a")) ?? "")).toEqual({ email: ANN, ...doc });
    }
  });
});

describe("what the server answers", () => {
  const open = async () => {
    const index = await raw.create("answers", { email: keyword, gone: date }, sharesNot());
    await raw.put(index, Object.fromEntries(["a", "b", "c"].map((id) => [id, { email: ANN, pad: id.repeat(10) }])));
    await raw.call("PUT", `/${index}/_doc/d`, `{\n "email":"${ANN}" }`);
    return index;
  };
  const marked = (source: string | undefined) => source?.includes(`"gone":"${MARK_STAMP.at}"`) === true;
  const isWrite = (path: string) => path.includes("/_bulk") || path.includes("/_doc/");
  const all = async (index: string) => Object.values(await raw.dump(index)).map(marked);
  /** The first of these writes gets these answers, one after the other. */
  const first = (...answers: readonly ReturnType<Rule>[]): Rule => {
    const left = [...answers];
    return ({ path }) => (isWrite(path) ? left.shift() : undefined);
  };

  test("busy, too large at once, and another version: it is tried again, and every document is marked once", async () => {
    const index = await open();
    const busy = { status: 429, body: { error: { type: "es_rejected_execution_exception" } } } as const;
    const [together, alone] = [first(busy, busy, { status: 413, body: {} }), first(busy)];
    const rule: Rule = (call) => (call.path.includes("/_bulk") ? together : alone)(call);
    await using server = await behind(raw, rule);
    const on = marksOn(server, index, AT);
    expect(await on.mark(await on.find())).toMatchObject({ matched: 4, changed: 4, failed: 0, left: [] });
    expect(await all(index)).toEqual([true, true, true, true]);
  });

  test("a document that the server finds too large is left as it is, and said", async () => {
    const index = await open();
    const before = await raw.dump(index);
    const refusing: Rule = ({ path }) => (path.includes("/_doc/") ? { status: 413, body: {} } : undefined);
    await using server = await behind(raw, refusing);
    const on = marksOn(server, index, AT);
    const outcome = await on.mark(await on.find());
    expect(outcome).toMatchObject({ matched: 3, changed: 3, failed: 1 });
    expect(outcome.left.map(({ key, reason }) => [idOf(key), reason])).toEqual([["d", "UNEXPECTED_ANSWER"]]);
    expect((await raw.dump(index))["d"]).toBe(before["d"]);
  });

  test("an answer that is lost, and a server that gives up: the next attempt knows its own marks, and gives them back", async () => {
    for (const answer of ["cut", { status: 503, body: { error: { type: "unavailable" } } }] as const) {
      const index = await open();
      const before = await raw.dump(index);
      const on = marksOn(raw, index, AT);
      const found = await on.find();
      const journal = testJournal();
      await using server = await behind(raw, first(answer));
      await expect(marksOn(server, index, AT).mark(found, journal)).rejects.toMatchObject({
        code: "SYSTEM_UNREACHABLE",
      });
      const again = testJournal({ notes: journal.notes });
      expect(await on.mark(found, again)).toMatchObject({ matched: 4, changed: 4, failed: 0, left: [] });
      expect(await all(index)).toEqual([true, true, true, true]);
      // what the first attempt kept is kept: the state joins both
      const kept = testJournal();
      await kept.keepImages(
        "s1",
        [...new Map([...journal.images, ...again.images])].map(([name, bytes]) => ({ key: name.slice(3), bytes })),
      );
      expect(await on.undo(on.back(kept))).toMatchObject({ matched: 4, changed: 4 });
      expect(await raw.dump(index)).toEqual(before);
    }
  });
});

describe("what is due", () => {
  test.each([
    ["a date", date, (day: string) => JSON.stringify(day)],
    ["milliseconds", { type: "date", format: "epoch_millis" }, (day: string) => String(Date.parse(day))],
    ["days alone", { type: "date", format: "strict_date" }, (day: string) => JSON.stringify(day)],
    ["days as numbers", { type: "date", format: "basic_date" }, (day: string) => day.replaceAll("-", "")],
    ["nanoseconds", { type: "date_nanos" }, (day: string) => `"${day}T23:59:59.123456789Z"`],
    [
      "a form of the shop's own",
      { type: "date", format: "dd.MM.yyyy HH:mm" },
      (day: string) => `"${day.split("-").toReversed().join(".")} 23:59"`,
    ],
    ["a text", keyword, (day: string) => JSON.stringify(day)],
    ["a date that is not indexed", { type: "date", index: false }, (day: string) => JSON.stringify(day)],
    [
      "a date that only documents hold",
      { type: "date", index: false, doc_values: false },
      (day: string) => JSON.stringify(day),
    ],
  ])(
    "%s: what is marked before the day, and nothing that lives, is later or cannot be read",
    async (_, field, json) => {
      const malformed = field.type.startsWith("date") ? { ignore_malformed: true } : {};
      const index = await raw.create("due", { email: keyword, gone: { ...field, ...malformed } }, sharesNot());
      await raw.put(index, {
        past: `{"gone":${json("2026-11-01")}}`,
        last: `{"gone":${json("2026-11-15")}}`,
        later: `{"gone":${json("2026-12-24")}}`,
        none: "{}",
        null: '{"gone":null}',
        empty: '{"gone":[]}',
        odd: '{"gone":"some day"}',
      });
      const on = marksOn(raw, index, AT);
      expect(await on.due({ column: "gone", before: "2026-11-17" })).toEqual(["last", "past"]);
      expect(on.io.findings.map(({ code, message }) => [code, message.replace(/^\S+ /u, "").slice(0, 20)])).toEqual([
        ["GAP", "1 record has a date "],
      ]);
      expect(await on.due({ column: "gone", before: "2026-11-17", live: "2026-11-01" })).toEqual(["last"]);
    },
  );

  test("is read page by page: each of 12,500 documents once", async () => {
    const index = await raw.create("many", { email: keyword, gone: date }, sharesNot());
    for (let from = 0; from < 12_500; from += 2_500)
      await raw.put(
        index,
        Object.fromEntries(Array.from({ length: 2_500 }, (_, nth) => [`${from + nth}`, '{"gone":"2026-01-01"}'])),
      );
    const on = marksOn(raw, index, AT);
    await using reader = await systemUnderTest().openReader(on.io);
    let count = 0;
    const selection = { by: "due", column: "gone", before: "2026-11-17", zone: "Europe/Berlin" } as const;
    for await (const { done } of reader.locate({ ...on.target, exports: ["gone"] }, selection)) {
      count += 1;
      if (!done) throw new Error("a marked document is not as wanted");
    }
    expect(count).toBe(12_500);
  });
});

describe("where documents lie", () => {
  test("an alias, a pattern and a data stream: each index by its own mapping, and a document in its own", async () => {
    const name = `stream-${process.pid}-${Date.now().toString(36)}`;
    await raw.call("PUT", `/_index_template/${name}`, {
      index_patterns: [name],
      data_stream: {},
      template: {
        settings: { number_of_replicas: 0 },
        mappings: {
          properties: { "@timestamp": date, email: keyword, gone: { type: "date", format: "epoch_second" } },
        },
      },
    });
    await raw.call("POST", `/${name}/_bulk`, `{"create":{"_id":"a"}}\n{"@timestamp":"2026-11-01","email":"${ANN}"}\n`);
    await raw.call("POST", `/${name}/_rollover`);
    await raw.call("POST", `/${name}/_bulk`, `{"create":{"_id":"b"}}\n{"@timestamp":"2026-11-02","email":"${ANN}"}\n`);
    // this build of the server cannot take it away again
    expect(await raw.call("GET", `/_resolve/index/${name}`)).toMatch(/"data_streams":\[\{.*-000001".*-000002"/u);
    const plain = await raw.create("plain", { email: keyword, gone: keyword }, sharesNot());
    await raw.put(plain, { a: { email: ANN } });
    const texts = async () => {
      await raw.call("POST", `/${name},${plain}/_refresh`);
      const answer = await raw.call("POST", `/${name},${plain}/_search`, { sort: ["_doc"], query: { match_all: {} } });
      return [...answer.matchAll(/"_source":(\{.*?\}),"sort"/gu)].map(([, text]) => text ?? "").toSorted();
    };
    const before = await texts();
    expect(before).toHaveLength(3);
    const on = marksOn(raw, `${name},${plain}`, AT);
    expect((await on.check()).filter((one) => one.startsWith("error"))).toEqual([]);
    const journal = testJournal();
    expect(await on.mark(await on.find(), journal)).toMatchObject({ matched: 3, changed: 3 });
    const seconds = Math.floor(Date.parse(MARK_STAMP.at) / 1000);
    expect(await texts()).toEqual([
      `{"@timestamp":"2026-11-01","email":"${ANN}","gone":${seconds}}`,
      `{"@timestamp":"2026-11-02","email":"${ANN}","gone":${seconds}}`,
      `{"email":"${ANN}","gone":"${MARK_STAMP.at}"}`,
    ]);
    expect(await on.undo(on.back(journal))).toMatchObject({ matched: 3, changed: 3 });
    expect(await texts()).toEqual(before);
  });
});
