import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawElasticsearch, type RawElasticsearch } from "./raw.ts";
import { recordOn } from "./person.ts";

const ANN = "ann@shop.example";
const keyword = { type: "keyword" };
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

describe("which field is searched", () => {
  test("a dynamic mapping is searched by its keyword sub-field, never by the analysed text", async () => {
    const index = await raw.create("dynamic", {});
    await raw.put(index, { a: { email: ANN }, b: { email: "ann shop.example" }, c: { email: `${ANN} ` } });
    expect(await raw.call("GET", `/${index}/_mapping`)).toContain('"ignore_above":256');
    expect(await recordOn(raw, index, { match: { email: "email" } }).ids(ANN)).toEqual(["a"]);
    expect(await recordOn(raw, index, { match: { "email.keyword": "email" } }).ids(ANN)).toEqual(["a"]);
  });

  test("a value longer than ignore_above is refused, for nothing would be found", async () => {
    const index = await raw.create("long", { email: { type: "keyword", ignore_above: 20 } });
    const long = `${"a".repeat(20)}@shop.example`;
    await raw.put(index, { a: { email: long }, b: { email: ANN } });
    const record = recordOn(raw, index, { match: { email: "email" } });
    await expect(record.find(long)).rejects.toMatchObject({
      code: "NOT_SEARCHABLE",
      exit: 65,
      message: expect.stringContaining(index),
    });
    await expect(record.find(long)).rejects.not.toThrow(long);
    expect(await record.ids(ANN)).toEqual(["b"]);
  });

  const refused: readonly [
    string,
    object,
    { dynamic?: false | "strict"; column?: string; document?: object },
    string,
  ][] = [
    ["text without a sub-field", { email: { type: "text" } }, {}, "NOT_SEARCHABLE"],
    [
      "text whose keyword sub-field is not indexed",
      { email: { type: "text", fields: { raw: { type: "keyword", index: false } } } },
      {},
      "NOT_SEARCHABLE",
    ],
    ["a keyword with index: false", { email: { type: "keyword", index: false } }, {}, "NOT_SEARCHABLE"],
    [
      "a keyword whose values were copied from another field",
      { mail: { type: "keyword", copy_to: "email" }, email: keyword },
      {},
      "NOT_SEARCHABLE",
    ],
    [
      "a flattened field's path",
      { who: { type: "flattened" } },
      { column: "who.email", document: { who: { email: ANN } } },
      "NOT_SEARCHABLE",
    ],
    [
      "an object with enabled: false",
      { who: { type: "object", enabled: false } },
      { column: "who.email", document: { who: { email: ANN } } },
      "NOT_SEARCHABLE",
    ],
    ["a field that dynamic: false keeps out of the index", { no: keyword }, { dynamic: false }, "NOT_SEARCHABLE"],
    ["a field that is not there", { no: keyword }, { dynamic: "strict", document: { no: "1" } }, "COLUMN_MISSING"],
    ["an e-mail in a number field", { email: { type: "long", ignore_malformed: true } }, {}, "TYPE_MISMATCH"],
  ];

  test.each(refused)(
    "%s is refused at check and at locate, naming index and field",
    async (_, properties, { dynamic, column = "email", document = { email: ANN } }, code) => {
      const index = await raw.create("refused", properties, { mapping: dynamic === undefined ? {} : { dynamic } });
      await raw.put(index, { a: document });
      const record = recordOn(raw, index, { match: { [column]: "email" } });
      await raw.call("POST", `/${index}/_refresh`);
      const errors = (await record.check()).filter(({ severity }) => severity === "error");
      expect(errors).toMatchObject([{ code, column, record: "search.things" }]);
      expect(errors[0]?.message).toContain(index);
      expect(errors[0]?.message).toContain(column);
      await expect(record.find(ANN)).rejects.toMatchObject({ code, exit: 65 });
    },
  );

  test("a field whose _source is left out cannot be compared, and is refused", async () => {
    for (const source of [{ enabled: false }, { excludes: ["em*"] }, { includes: ["no"] }]) {
      const index = await raw.create("source", { email: keyword, no: keyword }, { mapping: { _source: source } });
      await raw.put(index, { a: { email: ANN, no: "1" } });
      await expect(recordOn(raw, index, { match: { email: "email" } }).find(ANN)).rejects.toMatchObject({
        code: "NOT_SEARCHABLE",
      });
    }
  });

  test("an empty index may lack the field; one document makes it an error", async () => {
    const index = await raw.create("empty", {});
    const record = recordOn(raw, index, { match: { email: "email" } });
    expect(await record.check()).toEqual([]);
    expect(await record.ids(ANN)).toEqual([]);
    await raw.put(index, { a: { no: "1" } }, "?refresh=true");
    expect(await record.check()).toMatchObject([{ code: "COLUMN_MISSING", severity: "error" }]);
  });

  test("an alias field, a field with dots in its key and a document's own id are found", async () => {
    const index = await raw.create("names", {
      who: { properties: { email: keyword } },
      mail: { type: "alias", path: "who.email" },
    });
    await raw.put(index, {
      [ANN]: { "who.email": "bob@shop.example" },
      b: { who: { email: ANN } },
      c: { "who.email": ANN },
      d: { who: { email: [ANN, "x"] } },
    });
    expect(await recordOn(raw, index, { match: { mail: "email" } }).ids(ANN)).toEqual(["b", "c", "d"]);
    expect(await recordOn(raw, index, { match: { "who.email": "email" } }).ids(ANN)).toEqual(["b", "c", "d"]);
    expect(await recordOn(raw, index, { match: { _id: "email" } }).ids(ANN)).toEqual([ANN]);
  });

  test("whole numbers beyond 2^53 are told apart, and 42 is not 00042", async () => {
    const index = await raw.create("numbers", { no: { type: "long" }, text: keyword });
    await raw.put(index, {
      a: '{"no":9007199254740993}',
      b: '{"no":9007199254740992}',
      c: '{"no":42,"text":"42"}',
      d: '{"no":"42","text":"00042"}',
      e: '{"no":42.0,"text":42}',
      f: '{"no":"0042","text":"x"}',
      g: '{"no":"420"}',
    });
    const numbers = recordOn(raw, index, { match: { no: "integer" } });
    expect(await numbers.ids("9007199254740993")).toEqual(["a"]);
    expect(await numbers.ids("9007199254740992")).toEqual(["b"]);
    expect(await numbers.ids("42"), "a text with zeros is a number to the server").toEqual(["c", "d", "e", "f"]);
    expect(await recordOn(raw, index, { match: { no: "string" } }).ids("00042")).toEqual([]);
    const both = recordOn(raw, index, { match: { no: "string" } });
    const asked = [
      { subject: 0, values: { no: ["42"] } },
      { subject: 1, values: { no: ["0042"] } },
    ];
    const found = await both.located({ by: "subjects", lookups: asked });
    expect(
      found.map(({ subjects }) => subjects),
      "whoever asks for a code is not given another's number",
    ).toEqual([[0], [0], [0], [0]]);
    expect(await recordOn(raw, index, { match: { text: "integer" } }).ids("42")).toEqual(["c", "e"]);
  });
});

describe("folds hold for what is stored", () => {
  test("lower case beyond ASCII is found: the server itself lowers ASCII only", async () => {
    const index = await raw.create("lower", { email: keyword });
    await raw.put(index, {
      a: { email: "JÖRG@shop.example" },
      b: { email: "jörg@SHOP.example" },
      c: { email: "jorg@shop.example" },
      d: { email: "jxrg@shop.example" },
    });
    expect(
      await recordOn(raw, index, { match: { email: "email" }, fold: ["lowercase"] }).ids("jörg@shop.example"),
    ).toEqual(["a", "b"]);
    await raw.put(index, {
      k: { email: "mar\u212a@shop.example" },
      l: { email: "MARK@shop.example" },
      m: { email: "mary@shop.example" },
    });
    expect(
      await recordOn(raw, index, { match: { email: "email" }, fold: ["lowercase"] }).ids("mark@shop.example"),
    ).toEqual(["k", "l"]);
  });

  test("white space around a value is trimmed, also where it made the value too long for the index", async () => {
    const index = await raw.create("trim", { email: { type: "keyword", ignore_above: 20 } });
    await raw.put(index, {
      a: { email: ` ${ANN}\n` },
      b: { email: `\u00a0\u00a0\u00a0\u00a0\u00a0${ANN}` },
      c: { email: `x ${ANN}` },
      d: { email: ANN },
    });
    expect(await recordOn(raw, index, { match: { email: "email" }, fold: ["trim"] }).ids(ANN)).toEqual(["a", "b", "d"]);
  });

  test("a telephone number is found however it was written", async () => {
    const index = await raw.create("phone", { phone: keyword });
    await raw.put(index, {
      a: { phone: "+49 (170) 123-45.67" },
      b: { phone: "0049 170 1234567" },
      c: { phone: "+491701234567" },
      d: { phone: "+4917012345678" },
      e: { phone: "01701234567" },
    });
    expect(await recordOn(raw, index, { match: { phone: "phone" }, fold: ["e164"] }).ids("+491701234567")).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  test("composed and decomposed spellings are one under nfc", async () => {
    const index = await raw.create("nfc", { name: keyword });
    await raw.put(index, {
      a: { name: "José Ångström" },
      b: { name: "Jose\u0301 A\u030angstro\u0308m" },
      c: { name: "José \u212bngström" },
      d: { name: "Jose Angstrom" },
    });
    expect(await recordOn(raw, index, { match: { name: "string" }, fold: ["nfc"] }).ids("José Ångström")).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  test("a UUID is found in either case; a star in a value is a star", async () => {
    const index = await raw.create("uuid", { id: keyword });
    const id = "7f9c24e8-3b12-4fef-91e0-5a1f6c2d8b4a";
    await raw.put(index, { a: { id }, b: { id: id.toUpperCase() }, c: { id: "a*b ?\\" }, d: { id: "aXXb  \\" } });
    expect(await recordOn(raw, index, { match: { id: "uuid" } }).ids(id)).toEqual(["a", "b"]);
    expect(await recordOn(raw, index, { match: { id: "string" }, fold: ["trim"] }).ids("a*b ?\\")).toEqual(["c"]);
  });

  test("a normalizer of the server widens nothing: exact stays exact, folded is folded", async () => {
    const index = await raw.create("normal", { email: { type: "keyword", normalizer: "lowercase" } });
    await raw.put(index, { a: { email: "Ann@Shop.example" }, b: { email: ANN } });
    expect(await recordOn(raw, index, { match: { email: "email" } }).ids(ANN)).toEqual(["b"]);
    expect(await recordOn(raw, index, { match: { email: "email" }, fold: ["trim", "lowercase"] }).ids(ANN)).toEqual([
      "a",
      "b",
    ]);
  });
});

describe("which indices are searched", () => {
  test("an alias leads to the whole of its concrete indices: its filter hides nothing", async () => {
    const index = await raw.create("filtered", { email: keyword, live: { type: "boolean" } });
    const alias = `${index}-alias`;
    await raw.call("POST", "/_aliases", { actions: [{ add: { index, alias, filter: { term: { live: true } } } }] });
    await raw.put(index, { a: { email: ANN, live: true }, b: { email: ANN, live: false } }, "?refresh=true");
    expect(await raw.call("POST", `/${alias}/_count`)).toContain('"count":1');
    const record = recordOn(raw, alias, { match: { email: "email" } });
    expect(await record.ids(ANN)).toEqual(["a", "b"]);
    expect((await record.find(ANN)).map(({ key }) => key).toSorted()).toEqual([
      JSON.stringify([index, "a"]),
      JSON.stringify([index, "b"]),
    ]);
    expect(await record.erase(await record.find(ANN))).toMatchObject({ matched: 2, affected: 2 });
    expect(await raw.dump(index)).toEqual({});
  });

  test("hidden indices of a pattern are searched; a closed one is named, and nobody's search is complete", async () => {
    const open = await raw.create("many-a", { email: keyword });
    const pattern = `many-*${open.slice("many-a".length, -1)}*`;
    const hidden = await raw.create("many-b", { email: keyword }, { settings: { "index.hidden": true } });
    const closed = await raw.create("many-c", { email: keyword });
    for (const index of [open, hidden, closed])
      await raw.put(index, { a: { email: ANN }, b: { email: "bob@shop.example" } });
    await raw.call("POST", `/${closed}/_close`);
    const record = recordOn(raw, `${open},${hidden},${closed},${pattern}x`, { match: { email: "email" } });
    expect(await record.check()).toMatchObject([
      { code: "PATTERN_EMPTY", severity: "empty", message: `No index matches ${pattern}x.` },
      { code: "BLOCKED", severity: "warning", message: expect.stringContaining(closed) },
    ]);
    const found = await record.find(ANN, "eve@shop.example");
    expect(
      found
        .filter(({ blocked }) => blocked === undefined)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual([open, hidden].map((index) => JSON.stringify([index, "a"])).toSorted());
    expect(
      found
        .filter(({ blocked }) => blocked !== undefined)
        .map(({ subject, key, blocked }) => [subject, key, blocked?.reason]),
    ).toEqual([
      [0, JSON.stringify([closed]), "index_closed"],
      [1, JSON.stringify([closed]), "index_closed"],
    ]);
    expect(await record.erase(found)).toMatchObject({
      affected: 2,
      blocked: 1,
      unresolved: [JSON.stringify([closed])],
      reason: "index_closed",
    });
    expect(await record.remaining(found)).toEqual([JSON.stringify([closed])]);
    await raw.call("DELETE", `/${open},${hidden},${closed}`);
  });

  test("a wildcard finds hidden indices too, and a pattern that matches nothing is a finding of its own", async () => {
    const stem = `hid${process.pid}${Date.now().toString(36)}`;
    const hidden = await raw.create(stem, { email: keyword }, { settings: { "index.hidden": true } });
    await raw.put(hidden, { a: { email: ANN } });
    expect(await recordOn(raw, `${stem}*`, { match: { email: "email" } }).ids(ANN)).toEqual(["a"]);
    for (const nothing of [`${stem}none-*`, `${stem}none`]) {
      expect(await recordOn(raw, nothing, { match: { email: "email" } }).check()).toMatchObject([
        { code: "PATTERN_EMPTY", severity: "empty", message: expect.stringContaining(nothing) },
      ]);
      expect(await recordOn(raw, nothing, { match: { email: "email" } }).ids(ANN)).toEqual([]);
    }
  });

  test("what was never refreshed is found", async () => {
    const index = await raw.create("unseen", { email: keyword });
    await raw.put(index, { a: { email: ANN } });
    expect(await raw.call("POST", `/${index}/_count`)).toContain('"count":0');
    expect(await recordOn(raw, index, { match: { email: "email" } }).ids(ANN)).toEqual(["a"]);
  });

  test("paging over three shards loses none of 12,500 documents, and asks for many subjects at once", async () => {
    const index = await raw.create(
      "pages",
      { email: keyword, no: { type: "long" } },
      { settings: { number_of_shards: 3 } },
    );
    const people = Array.from({ length: 2_500 }, (_, at) => `person${at}@shop.example`);
    for (let copy = 0; copy < 5; copy += 1)
      await raw.put(index, Object.fromEntries(people.map((email, at) => [`${copy}-${at}`, { email, no: at }])));
    const found = await recordOn(raw, index, { match: { email: "email" }, exports: ["no"] }).find(
      ...people.slice(0, 2_400),
    );
    expect(found.length).toBe(12_000);
    expect(new Set(found.map(({ key }) => key)).size).toBe(12_000);
    expect(found.every(({ subject, values }) => values["no"] === String(subject))).toBe(true);
    await raw.put(
      index,
      Object.fromEntries(Array.from({ length: 11_000 }, (_, at) => [`ann-${at}`, { email: ANN, no: at }])),
    );
    expect(new Set(await recordOn(raw, index, { match: { email: "email" } }).ids(ANN)).size).toBe(11_000);
    await raw.call("DELETE", `/${index}`);
  });
});

test("exports give dates as ISO text and numbers as spelled, null where there is none", async () => {
  const index = await raw.create("exports", {
    email: keyword,
    made: { type: "date" },
    day: { type: "date", format: "epoch_second||yyyy-MM-dd" },
    sum: { type: "double" },
  });
  await raw.put(index, {
    a: '{"email":"ann@shop.example","made":1700000000123,"day":1700000000,"sum":10.10}',
    b: '{"email":"ann@shop.example","made":"2024-02-29","day":"2024-02-29","sum":null}',
    c: '{"email":"ann@shop.example","made":"2024-02-29T10:00:00","day":null}',
    d: '{"email":"ann@shop.example","made":"2024-02-29T10:00:00+02:00"}',
  });
  const found = await recordOn(raw, index, { match: { email: "email" }, exports: ["made", "day", "sum"] }).find(ANN);
  expect(found.map(({ values }) => values)).toEqual([
    { made: "2023-11-14T22:13:20.123Z", day: "2023-11-14T22:13:20Z", sum: expect.stringMatching(/^10\.10?$/u) },
    { made: "2024-02-29", day: "2024-02-29", sum: null },
    { made: "2024-02-29T10:00:00Z", day: null, sum: null },
    { made: "2024-02-29T10:00:00+02:00", day: null, sum: null },
  ]);
});

test("of several dates that a hold counts from, one that is missing is told as an empty text", async () => {
  const index = await raw.create("dates", { email: keyword, items: { properties: { on: { type: "date" } } } });
  const items = (...rest: readonly string[]) =>
    `{"email":"ann@shop.example","items":[{"on":"2010-01-01"},${rest.join()}]}`;
  await raw.put(index, {
    a: items('{"on":"2026-01-01"}'),
    b: items('{"on":null}'),
    c: items("{}"),
    d: items('[{"n":1}]'),
    e: '{"email":"ann@shop.example","items.on":"2026-01-01","items":[{"on":"2010-01-01"}]}',
    f: '{"email":"ann@shop.example","items":[]}',
  });
  const holds = [{ hold: "books", from: "items[].on", protects: [] }];
  const record = recordOn(raw, index, { match: { email: "email" }, exports: ["items[].on"], more: { holds } });
  const found = await record.located({ by: "subjects", lookups: [{ subject: 0, values: { email: [ANN] } }] });
  expect(found.map(({ values }) => values["items[].on"])).toEqual([
    ["2010-01-01", "2026-01-01"],
    ["2010-01-01", ""],
    ["2010-01-01", ""],
    ["2010-01-01", ""],
    ["2026-01-01", "2010-01-01"],
    [],
  ]);
});

test("a condition's values are compared by type: numbers by value, dates also as exported, sub-fields and aliases where they lie", async () => {
  const index = await raw.create("where", {
    email: keyword,
    due: { type: "double" },
    paid: { type: "boolean" },
    day: { type: "date" },
    state: { type: "text", fields: { keyword } },
    status: { type: "alias", path: "state.keyword" },
    code: keyword,
  });
  await raw.put(index, {
    a: '{"email":"ann@shop.example","due":5.00,"paid":true,"day":1700000000000,"state":"open","code":"0010"}',
    b: '{"email":"ann@shop.example","due":"6.0","paid":false,"day":"2024-02-29","state":"shut","code":"5.0"}',
    c: '{"email":"ann@shop.example","due":null}',
    d: '{"email":"bob@shop.example","due":5,"paid":true,"state":"open"}',
  });
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["due", ["5"], ["a"]],
    ["due", ["6"], ["b"]],
    ["due", ["5", "6"], ["a", "b"]],
    ["due", ["5.001"], []],
    ["due", ["null"], []],
    ["paid", ["true"], ["a"]],
    ["day", ["2023-11-14T22:13:20Z"], ["a"]],
    ["day", ["1700000000000"], ["a"]],
    ["day", ["2024-02-29"], ["b"]],
    ["state", ["open"], ["a"]],
    ["state.keyword", ["open"], ["a"]],
    ["status", ["shut"], ["b"]],
    ["code", ["10"], []],
    ["code", ["5"], []],
    ["code", ["0010"], ["a"]],
  ];
  for (const [column, values, expected] of cases) {
    const ids = await recordOn(raw, index, { match: { email: "email" }, where: { [column]: values } }).ids(ANN);
    expect(ids, `${column} ${values.join()}`).toEqual(expected);
  }
});

test("mode all: both values must be in one element of a shared array, not in two people's", async () => {
  const index = await raw.create("both", { members: { properties: { first: keyword, last: keyword } } });
  await raw.put(index, {
    a: {
      members: [
        { first: "Ann", last: "Lind" },
        { first: "Bob", last: "Tan" },
      ],
    },
    b: {
      members: [
        { first: "Ann", last: "Tan" },
        { first: "Bob", last: "Lind" },
      ],
    },
  });
  const match = { "members[].first": "string", "members[].last": "string" } as const;
  const ann = { "members[].first": "Ann", "members[].last": "Lind" };
  expect(await recordOn(raw, index, { match, mode: "all" }).ids(ann)).toEqual(["a"]);
  expect(await recordOn(raw, index, { match, mode: "all" }).ids({ "members[].first": "Ann" })).toEqual([]);
  expect(await recordOn(raw, index, { match, mode: "any" }).ids(ann)).toEqual(["a", "b"]);
});
