/** What is found and cannot be acted on is said: never a silence. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordOn } from "./person.ts";
import { behind, rawElasticsearch, type RawElasticsearch } from "./raw.ts";

const ANN = "ann@shop.example";
const keyword = { type: "keyword" };
const match = { email: "email" } as const;
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

describe("an identifier inside a longer value of a matched field", () => {
  const holding = {
    a: { email: `${ANN} ::: bob@shop.example` },
    b: { email: `"Ann" <${ANN}>` },
    c: { email: ["eve@shop.example", `bob@shop.example;${ANN}`] },
    d: { email: `mailto:${ANN}` },
  };
  const others = {
    e: { email: `x${ANN}` },
    f: { email: `x.${ANN}` },
    g: { email: `${ANN}.evil` },
    h: { email: `${ANN}pl ::: bob@shop.example` },
    i: { email: "eve@shop.example, bob@shop.example" },
  };

  test("is a gap that holds an identifier, with a count and no value; lookalikes are none", async () => {
    const index = await raw.create("longer", { email: keyword });
    await raw.put(index, { ...holding, ...others, z: { email: ANN } });
    for (const [fold, count] of [
      [[], 4],
      [["trim", "lowercase"], 4],
    ] as const) {
      const record = recordOn(raw, index, { match, fold });
      expect(await record.ids(ANN)).toEqual(["z"]);
      expect(record.io.findings).toEqual([
        {
          code: "GAP",
          severity: "warning",
          record: "search.things",
          column: "email",
          message: `Index ${index}, field email: ${count} documents hold an identifier inside a longer value, which no exact search finds.`,
          help: expect.any(String),
          gap: { where: `index ${index}, field email`, holdsIdentifier: true },
        },
      ]);
    }
    expect(await recordOn(raw, index, { match }).ids("nobody@shop.example")).toEqual([]);
  });

  test("is one for as many people as a batch has, at the cost of one look", async () => {
    const index = await raw.create("crowd", { email: keyword });
    await raw.put(index, { ...holding, ...others });
    const record = recordOn(raw, index, { match });
    expect(await record.find(...Array.from({ length: 3_000 }, (_, at) => `nobody${at}@shop.example`), ANN)).toEqual([]);
    expect(record.io.findings).toMatchObject([
      { message: expect.stringContaining("4 documents hold"), gap: { holdsIdentifier: true } },
    ]);
  });

  test("is one where it is too long for the index, and none where the whole document goes anyway", async () => {
    const index = await raw.create("long", {
      email: { type: "keyword", ignore_above: 30 },
      nested: { type: "nested", properties: { email: keyword } },
    });
    await raw.put(index, {
      a: { email: `${"x".repeat(40)} ${ANN}` },
      b: { email: [ANN, `${ANN} x`] },
      c: { nested: [{ email: `${ANN} x` }] },
    });
    const erased = recordOn(raw, index, { match });
    expect(await erased.ids(ANN)).toEqual(["b"]);
    expect(erased.io.findings).toMatchObject([{ message: expect.stringContaining("1 document holds") }]);
    const redacted = recordOn(raw, index, { match, paths: { email: { kind: "remove" } } });
    await redacted.find(ANN);
    expect(redacted.io.findings).toMatchObject([{ message: expect.stringContaining("2 documents hold") }]);
    const nested = recordOn(raw, index, { match: { "nested[].email": "email" } });
    await nested.find(ANN);
    expect(nested.io.findings).toMatchObject([
      { column: "nested[].email", message: expect.stringContaining("1 document holds") },
    ]);
  });

  test("is not looked for where the server forbids it, and that is said; the exact search goes on", async () => {
    const index = await raw.create("cheap", { email: keyword });
    await raw.put(index, { ...holding, z: { email: ANN } });
    const refusal = { type: "search_phase_execution_exception", root_cause: [{ type: "exception", reason: ANN }] };
    await using cheap = await behind(raw, ({ path, body }) =>
      path.startsWith("/_search") && /"wildcard"|"regexp"/u.test(body)
        ? { status: 400, body: { error: refusal, status: 400 } }
        : undefined,
    );
    const record = recordOn(cheap, index, { match });
    expect(await record.ids(ANN)).toEqual(["z"]);
    expect(record.io.findings).toMatchObject([{ code: "GAP", gap: { holdsIdentifier: false } }]);
  });
});

describe("what is read in documents that do not hold it", () => {
  test("a runtime field, a copy and a field left out of _source are errors at check, wherever they are named", async () => {
    const index = await raw.create(
      "absent",
      { email: keyword, a: { type: "date", copy_to: "copied" }, copied: { type: "date" }, left: keyword },
      {
        mapping: { _source: { excludes: ["left"] }, runtime: { made: { type: "keyword" } } },
      },
    );
    await raw.put(index, { x: { email: ANN } }, "?refresh=true");
    for (const name of ["copied", "left", "made"]) {
      for (const given of [{ exports: [name] }, { where: { [name]: ["x"] } }]) {
        expect(await recordOn(raw, index, { match, ...given }).check(), name).toMatchObject([
          { code: "NOT_SEARCHABLE", severity: "error", column: name },
        ]);
      }
    }
    const runtime = recordOn(raw, index, { match: { made: "email" } });
    expect(await runtime.check()).toMatchObject([{ code: "NOT_SEARCHABLE", severity: "error", column: "made" }]);
    await expect(runtime.find(ANN)).rejects.toMatchObject({ code: "NOT_SEARCHABLE" });
  });
});

describe("copies that the server makes by itself", () => {
  /** In the form in which Elasticsearch 9 with its default modules answers. */
  const transforms = (...indices: readonly string[]) => ({
    count: 1,
    transforms: [
      {
        id: "daily",
        source: { index: indices, query: { match_all: {} } },
        dest: { index: "daily-sums" },
        frequency: "1m",
        version: "10.0.0",
      },
    ],
  });
  const policies = (...indices: readonly string[]) => ({
    policies: [{ config: { match: { name: "people", indices, match_field: "email", enrich_fields: ["name"] } } }],
  });

  test("a transform and an enrich policy over the index are gaps, with their names; others are none", async () => {
    const index = await raw.create("copied", { email: keyword });
    for (const [source, found] of [
      [index, true],
      [`${index.slice(0, 8)}*`, true],
      ["unrelated-*", false],
    ] as const) {
      await using server = await behind(raw, ({ path }) => {
        if (path.startsWith("/_transform/_all")) return { status: 200, body: transforms("x", source) };
        return path.startsWith("/_enrich/policy") ? { status: 200, body: policies(source) } : undefined;
      });
      const said = await recordOn(server, index, { match }).check();
      expect(said.map(({ code, severity, gap }) => [code, severity, gap?.where])).toEqual(
        found
          ? [
              ["GAP", "warning", "transform daily"],
              ["GAP", "warning", "enrich policy people"],
            ]
          : [],
      );
    }
  });

  test("where this role may not list them, that is said", async () => {
    const index = await raw.create("hidden", { email: keyword });
    await using server = await behind(raw, ({ path }) =>
      /^\/_(?:transform|enrich)/u.test(path)
        ? { status: 403, body: { error: { type: "security_exception", reason: ANN }, status: 403 } }
        : undefined,
    );
    expect(
      (await recordOn(server, index, { match }).check()).map(({ code, message }) => [
        code,
        /cannot be listed/u.test(message),
      ]),
    ).toEqual([
      ["GAP", true],
      ["GAP", true],
    ]);
  });
});

test("keep asks for the right to delete, since an ended hold deletes; a rule that changes nothing asks for none to write", async () => {
  const index = await raw.create("rights", { email: keyword, day: { type: "date" } });
  const has = {
    index: { [index]: { read: true, view_index_metadata: true, maintenance: true, delete: false, index: false } },
  };
  await using server = await behind(raw, ({ path }) =>
    path.endsWith("_has_privileges") ? { status: 200, body: has } : undefined,
  );
  const hold = { hold: "tax", from: "day", protects: [] };
  const missing = async (more: NonNullable<Parameters<typeof recordOn>[2]["more"]>) =>
    (await recordOn(server, index, { match, more }).check()).map(({ code, message }) => [
      code,
      /right (\w+) is missing/u.exec(message)?.[1],
    ]);
  expect(await missing({ do: "keep", holds: [hold] })).toEqual([["NOT_PERMITTED", "delete"]]);
  expect(await missing({ do: "keep", holds: [hold], whileHeld: { restrict: false, keepOnly: ["day"] } })).toEqual([
    ["NOT_PERMITTED", "delete"],
    ["NOT_PERMITTED", "index"],
  ]);
  expect(await missing({ do: "redact", paths: { email: { kind: "clear" } } })).toEqual([["NOT_PERMITTED", "index"]]);
  expect(await missing({ do: "ask" })).toEqual([]);
});

test("a name that holds an identifier, or what a terminal obeys, is shown in no finding and no error", async () => {
  const stem = `box${process.pid}${Date.now().toString(36)}`;
  const named = [`${stem}-${ANN}`, `${stem}-+491701234567`, `${stem}-\u202eevil`];
  for (const name of named) {
    const index = encodeURIComponent(name);
    await raw.call("PUT", `/${index}`, {
      settings: { number_of_replicas: 0 },
      mappings: { properties: { email: keyword, text: { type: "text" } } },
    });
    await raw.put(index, { a: { email: ANN, text: "x" } }, "?refresh=true");
    await raw.call("PUT", `/${index}/_block/write`);
  }
  const record = recordOn(raw, `${stem}-*`, { match });
  const said: unknown[] = [await record.check()];
  const found = await record.find(ANN);
  expect(found).toHaveLength(3);
  said.push(await recordOn(raw, `${stem}-*`, { match: { text: "email" } }).check());
  said.push(
    await recordOn(raw, `${stem}-*`, { match: { text: "email" } })
      .find(ANN)
      .catch((error: unknown) => String(error)),
  );
  await raw.call("DELETE", `/${named.map(encodeURIComponent).join(",")}`);
  said.push(await record.remaining(found).catch((error: unknown) => String(error)));
  said.push(await recordOn(raw, `${stem}-${ANN}`, { match }).check());
  const text = JSON.stringify([said, record.io.findings]);
  expect(text).toContain("…");
  for (const part of [ANN, "491701234567", "\u202e", "\\u202e"]) expect(text).not.toContain(part);
});
