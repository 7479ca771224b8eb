/** Answers that the test server cannot give (its security is off) are written in the form in which one with security on gave them. */
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openApi } from "../../../connectors/elasticsearch/api.ts";
import type { Call } from "../../../connectors/elasticsearch/client.ts";
import { config } from "../../../connectors/elasticsearch/config.ts";
import { Failure } from "../../../src/errors.ts";
import { openPace } from "../../../src/port/pace.ts";
import { testIO } from "../../support/io.ts";
import { slowTime } from "../../support/slow-time.ts";
import { testJournal } from "../../support/journal.ts";
import { recordType } from "../../support/record-type.ts";
import { recordOn } from "./person.ts";
import { behind as behindProxy, BLOCK, rawElasticsearch, type RawElasticsearch, type Rule } from "./raw.ts";

const ANN = "ann@shop.example";
let raw: RawElasticsearch;
const opened: AsyncDisposable[] = [];

/** Closed after the test. */
async function behind(rule: Rule): Promise<RawElasticsearch> {
  const server = await behindProxy(raw, rule);
  opened.push(server);
  return server;
}

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});
afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
});

function unauthorized(action: string, index: string, rights: string): object {
  const error = {
    type: "security_exception",
    reason: `action [${action}] is unauthorized for user [${ANN}] with effective roles [planner] on indices [${index}], this action is granted by the index privileges [${rights}]`,
  };
  return { error: { root_cause: [error], ...error }, status: 403 };
}

async function failureOf(doing: Promise<unknown>): Promise<Failure> {
  const failure = await doing.then(
    () => "it succeeded",
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error(`no Failure but ${inspect(failure)}`);
  const text = inspect(failure, { depth: 12, showHidden: true });
  for (const secret of [ANN, "canary-password", Buffer.from("planner:canary-password").toString("base64")])
    expect(text).not.toContain(secret);
  expect(failure.cause).toBeUndefined();
  return failure;
}

async function people(): Promise<string> {
  const index = await raw.create("people", { email: { type: "keyword" } });
  await raw.put(index, { a: { email: ANN }, b: { email: "bob@shop.example" } });
  return index;
}

describe("what the server refuses is said with a code, and nothing of the request", () => {
  test("wrong credentials, and no server", async () => {
    const refusing = await behind(() => ({ status: 401, body: unauthorized("x", "x", "x") }));
    expect(await failureOf(recordOn(refusing, "x", { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "CREDENTIALS_REFUSED",
      exit: 4,
    });
    const nobody = { ...raw, url: "http://planner:canary-password@127.0.0.1:1" };
    expect(await failureOf(recordOn(nobody, "x", { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "SYSTEM_UNREACHABLE",
      exit: 4,
    });
    const other = await behind(() => ({ status: 200, body: { version: { distribution: "opensearch" } } }));
    expect(await failureOf(recordOn(other, "x", { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "SYSTEM_UNREACHABLE",
      message: expect.stringContaining("OpenSearch"),
    });
  });

  test("a missing right is named with its index, at check and at locate", async () => {
    const index = await people();
    const noRefresh = await behind(({ path }) =>
      path.includes("_refresh")
        ? { status: 403, body: unauthorized("indices:admin/refresh", index, "maintenance,manage,all") }
        : undefined,
    );
    expect(await failureOf(recordOn(noRefresh, index, { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "NOT_PERMITTED",
      exit: 4,
      message: expect.stringMatching(new RegExp(`${index}.*maintenance`, "u")),
    });
    const has = {
      has_all_requested: false,
      cluster: {},
      index: { [index]: { read: true, maintenance: false, delete: false } },
      application: {},
    };
    const asked = await behind(({ path }) =>
      path.endsWith("_has_privileges") ? { status: 200, body: has } : undefined,
    );
    expect(
      (await recordOn(asked, index, { match: { email: "email" } }).check()).map(({ code, severity, message }) => [
        code,
        severity,
        message,
      ]),
    ).toEqual([
      ["NOT_PERMITTED", "error", `Index ${index}: the right maintenance is missing.`],
      ["NOT_PERMITTED", "error", `Index ${index}: the right delete is missing.`],
    ]);
  });

  test("a pattern that the role sees only part of, and an index that it sees through a query, are errors, never fewer documents", async () => {
    const index = await people();
    const pattern = `${index}*`;
    const part = await behind(({ path }) =>
      path.endsWith("_has_privileges")
        ? { status: 200, body: { index: { [pattern]: { read: false, view_index_metadata: true } } } }
        : undefined,
    );
    expect(await recordOn(part, pattern, { match: { email: "email" } }).check()).toMatchObject([
      { code: "NOT_PERMITTED", severity: "error", message: expect.stringContaining(pattern) },
    ]);
    const grants = (more: object[]) => ({
      cluster: [],
      indices: [{ names: ["people-*"], privileges: ["read"], query: ['{"term":{"email":"x"}}'] }, ...more],
    });
    const filtered = await behind(({ path }) =>
      path.endsWith("_privileges") && !path.includes("has") ? { status: 200, body: grants([]) } : undefined,
    );
    expect(await recordOn(filtered, index, { match: { email: "email" } }).check()).toMatchObject([
      { code: "ROW_SECURITY", severity: "error", message: expect.stringContaining(index) },
    ]);
    const whole = await behind(({ path }) =>
      path.endsWith("_privileges") && !path.includes("has")
        ? { status: 200, body: grants([{ names: ["*"], privileges: ["all"] }]) }
        : undefined,
    );
    expect(await recordOn(whole, index, { match: { email: "email" } }).check()).toEqual([]);
  });

  test("failed shards, a search cut short and a page that is missing are failures, never fewer documents", async () => {
    const index = await people();
    const hits = [{ _index: index, _id: "a", _source: { email: ANN }, sort: [1] }];
    const answers: readonly (readonly [object, string])[] = [
      [
        {
          timed_out: false,
          _shards: { total: 3, successful: 2, failed: 1 },
          hits: { total: { value: 1, relation: "eq" }, hits },
        },
        "SHARDS_FAILED",
      ],
      [
        {
          timed_out: true,
          _shards: { total: 1, successful: 1, failed: 0 },
          hits: { total: { value: 1, relation: "eq" }, hits },
        },
        "SHARDS_FAILED",
      ],
      [
        {
          timed_out: false,
          _shards: { total: 1, successful: 1, failed: 0 },
          hits: { total: { value: 2, relation: "eq" }, hits },
        },
        "SHARDS_FAILED",
      ],
    ];
    for (const [body, code] of answers) {
      const partial = await behind(({ path }) => (path.startsWith("/_search") ? { status: 200, body } : undefined));
      expect(await failureOf(recordOn(partial, index, { match: { email: "email" } }).find(ANN))).toMatchObject({
        code,
        exit: 4,
      });
    }
    const reason = `failed to create query: ${ANN}`;
    const refused = await behind(({ path }) =>
      path.startsWith("/_search")
        ? {
            status: 400,
            body: {
              error: {
                root_cause: [{ type: "query_shard_exception", reason }],
                type: "search_phase_execution_exception",
                reason,
              },
              status: 400,
            },
          }
        : undefined,
    );
    expect(await failureOf(recordOn(refused, index, { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "NOT_SEARCHABLE",
      exit: 65,
    });
    const garbage = await behind(({ path }) =>
      path.startsWith("/_search") ? { status: 200, body: `{"hits":"${ANN}` } : undefined,
    );
    await failureOf(recordOn(garbage, index, { match: { email: "email" } }).find(ANN));
  });

  test("an index whose shards are nowhere is a failure at check and at locate, never an empty one", async () => {
    const index = `nowhere-${process.pid}-${Date.now().toString(36)}`;
    const settings = { number_of_shards: 2, number_of_replicas: 0, "index.routing.allocation.require._name": "nobody" };
    await raw.call("PUT", `/${index}?wait_for_active_shards=0`, {
      settings,
      mappings: { properties: { email: { type: "keyword" } } },
    });
    const record = recordOn(raw, index, { match: { email: "email" } });
    expect(await failureOf(record.find(ANN))).toMatchObject({
      code: "SHARDS_FAILED",
      exit: 4,
      message: expect.stringContaining(index),
    });
    expect(await failureOf(record.check())).toMatchObject({ code: "SHARDS_FAILED", exit: 4 });
    await raw.call("DELETE", `/${index}`);
  });

  test("the answer to a bulk request that is lost is no success: the same unit again finds out, and counts each record once", async () => {
    const index = await people();
    let cut = true;
    const flaky = await behind(({ path }) => (cut && path.startsWith("/_bulk") ? "cut" : undefined));
    const record = recordOn(flaky, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    const notes: string[] = [];
    const journal = () => ({
      ...testJournal({ notes }),
      note: async (text: string) => {
        notes.push(text);
        await Promise.resolve();
      },
    });
    expect(await failureOf(record.erase(found, journal()))).toMatchObject({ code: "SYSTEM_UNREACHABLE" });
    expect(Object.keys(await raw.dump(index)), "the server had done it").toEqual(["b"]);
    cut = false;
    expect(await record.erase(found, journal())).toMatchObject({ matched: 1, affected: 1, alreadyGone: 0 });
  });

  test("a server that is overloaded is asked again, for a while", async () => {
    const index = await people();
    let busy = 2;
    const rejected = { error: { type: "es_rejected_execution_exception", reason: ANN }, status: 429 };
    const flaky = await behind(({ path }) =>
      (path.startsWith("/_search") || path.startsWith("/_bulk")) && (busy -= 1) >= 0
        ? { status: 429, body: rejected }
        : undefined,
    );
    const record = recordOn(flaky, index, { match: { email: "email" } });
    const found = await record.find(ANN);
    expect(found).toHaveLength(1);
    busy = 2;
    expect(await record.erase(found)).toMatchObject({ matched: 1, affected: 1, failed: 0 });
  });
});

test("a server that says how long it wants to be left alone is left alone so long, and Ctrl-C ends the wait at once", async () => {
  const index = await people();
  const call = { method: "GET", path: `/${index}/_count` } as const;
  let asked = 0;
  const busy = (seconds: string) => ({ status: 503, body: {}, headers: { "retry-after": seconds } });
  const flaky = await behind(({ path }) => (path.endsWith("/_count") && (asked += 1) === 1 ? busy("7") : undefined));
  const time = slowTime();
  const { origin } = new URL(flaky.url);
  await using api = await openApi(testIO({ pace: openPace({ time }) }), "search", { node: origin }, "read");
  expect((await api.send(call)).status).toBe(200);
  expect([asked, time.waits]).toEqual([2, [7000]]);

  // on a real clock: where the wait does not hear the signal, this test never ends
  const io = testIO();
  const closed = await behind(({ path }) => {
    if (!path.endsWith("/_count")) return undefined;
    setTimeout(() => io.abort(), 20);
    return busy("3600");
  });
  await using waiting = await openApi(io, "search", { node: new URL(closed.url).origin }, "read");
  expect(await failureOf(waiting.send(call))).toMatchObject({ code: "INTERRUPTED" });
});

test("a reader cannot write, whatever it is asked to send; what it may send is a closed list", async () => {
  const index = await people();
  const io = testIO();
  await using reading = await openApi(io, "search", { node: new URL(raw.url).origin }, "read");
  const writes: readonly Call[] = [
    { method: "POST", path: "/_bulk", body: `{"delete":{"_index":"${index}","_id":"a"}}\n`, bulk: true },
    { method: "DELETE", path: `/${index}` },
    { method: "PUT", path: `/${index}/_doc/a`, body: "{}" },
    { method: "POST", path: `/${index}/_update/a`, body: "{}" },
    { method: "POST", path: `/${index}/_delete_by_query`, body: "{}" },
    { method: "PUT", path: `/${index}/_settings`, body: "{}" },
  ];
  for (const call of writes) expect(await failureOf(reading.send(call))).toMatchObject({ code: "UNEXPECTED" });
  expect(Object.keys(await raw.dump(index))).toEqual(["a", "b"]);
});

test("a reindex that runs is a warning, before and after", async () => {
  const index = await people();
  const tasks = {
    nodes: {
      n1: {
        name: "n1",
        tasks: {
          "n1:7": { action: "indices:data/write/reindex" },
          "n1:8": { action: "indices:data/write/update/byquery" },
        },
      },
    },
  };
  const busy = await behind(({ path }) => (path.startsWith("/_tasks") ? { status: 200, body: tasks } : undefined));
  const record = recordOn(busy, index, { match: { email: "email" } });
  expect(await record.check()).toMatchObject([
    { code: "GAP", severity: "warning", message: expect.stringContaining("2 reindex") },
  ]);
  await record.erase(await record.find(ANN));
  expect(record.io.findings).toMatchObject([{ code: "GAP", severity: "warning" }]);
});

test("a secret that is no address says what is wrong with it, and never what it is", async () => {
  const wrong = [
    "",
    "canary-password",
    "ftp://canary-password@host",
    '{"apiKey":"canary-password"}',
    '{"node":"http://h","apiKey":"canary-password","username":"u"}',
    '{"node":"http://h","username":"canary-password"}',
    '{"node"',
  ];
  for (const url of wrong)
    expect(await failureOf(recordOn({ ...raw, url }, "x", { match: { email: "email" } }).find(ANN))).toMatchObject({
      code: "CREDENTIALS_REFUSED",
    });
  const index = await people();
  const { origin } = new URL(raw.url);
  for (const url of [
    `${raw.url}/`,
    JSON.stringify({ node: origin, apiKey: "a:b" }),
    JSON.stringify({ node: origin, username: "u", password: "p" }),
  ]) {
    expect(await recordOn({ ...raw, url }, index, { match: { email: "email" } }).ids(ANN)).toEqual(["a"]);
  }
});

test("lint names what the block says that a search server cannot do", () => {
  const record = (pattern: string, more = {}) =>
    recordType({ system: "search", name: "r", do: "erase", place: { kind: "index", pattern }, ...more });
  const lint = (...records: ReturnType<typeof record>[]) =>
    config.lint({ ...BLOCK, records }).map(({ path, code }) => [path.join("."), code]);
  expect(lint(record("people"), record("people-*,guests"), record(".internal-people"))).toEqual([]);
  for (const pattern of ["*", "_all", "*,*", "other:people", "<people-{now/d}>", "a b", "people::failures"])
    expect(lint(record(pattern))).toEqual([["records.r.index", "INDEX_UNFIT"]]);
  expect(lint(record("people", { in: ["doc"], cascades: ["fk"] }))).toEqual([
    ["records.r.in", "KEY_UNFIT"],
    ["records.r.cascades", "KEY_UNFIT"],
  ]);
  expect(lint(record("x", { place: { kind: "table", table: "people" } }))).toEqual([["records.r", "PLACE_UNFIT"]]);
  expect(config.lint({ ...BLOCK, connect: {} }).map(({ code }) => code)).toEqual(["SECRET_UNNAMED"]);
});
