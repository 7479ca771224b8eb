/** Answers that nobody foresaw: they fail what was asked, with a code of their own; nobody is passed over, nothing is exit 1. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/errors.ts";
import { testJournal } from "../../support/journal.ts";
import { recordOn } from "./person.ts";
import { behind, rawElasticsearch, type RawElasticsearch, type Rule } from "./raw.ts";

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

async function shoes(count = 2): Promise<string> {
  const index = await raw.create("shoes", { email: keyword, name: { type: "text" } });
  await raw.put(
    index,
    Object.fromEntries([
      ...Array.from({ length: count }, (_, at) => [`a${at}`, { email: ANN, name: "Ann" }]),
      ["z", { email: "bob@shop.example", name: "Bob" }],
    ]),
  );
  return index;
}

test("a bulk request that is too large is cut until it fits; a document that alone is too large fails, the others go", async () => {
  for (const paths of [undefined, { name: { kind: "clear" } }] as const) {
    const index = await shoes(50);
    const sizes: number[] = [];
    await using proxy = await behind(raw, ({ path, body }) => {
      if (!path.startsWith("/_bulk")) return undefined;
      const lines = body
        .trim()
        .split("\n")
        .filter((line) => line.includes('"if_seq_no"')).length;
      sizes.push(lines);
      return lines > 8 || body.includes('"a7"')
        ? { status: 413, body: { error: { type: "content_too_long" }, status: 413 } }
        : undefined;
    });
    const record = recordOn(proxy, index, { match, ...(paths === undefined ? {} : { paths }) });
    const found = await record.find(ANN);
    const journal = testJournal();
    expect(await record.erase(found, journal)).toMatchObject({
      matched: 49,
      affected: 49,
      left: [{ key: JSON.stringify([index, "a7"]), kind: "failed", reason: "UNEXPECTED_ANSWER" }],
    });
    expect(Math.max(...sizes)).toBe(50);
    expect(sizes.filter((size) => size <= 8).length).toBeGreaterThan(6);
    const left = Object.entries(await raw.dump(index)).filter(([, source]) => source.includes('"Ann"'));
    expect(left.map(([id]) => id)).toEqual(["a7"]);
    // the server is well again: the same unit ends it, and counts each record once
    const healthy = recordOn(raw, index, { match, ...(paths === undefined ? {} : { paths }) });
    await healthy.find(ANN);
    expect(await healthy.erase(found, testJournal({ notes: journal.notes }))).toMatchObject({
      matched: 50,
      affected: 50,
      left: [],
    });
  }
});

test("whatever the server refuses a whole bulk request with, its records fail with a code; where it may have been done, nothing is claimed", async () => {
  for (const status of [400, 404, 405, 418]) {
    const index = await shoes();
    await using proxy = await behind(raw, ({ path }) =>
      path.startsWith("/_bulk") ? { status, body: { error: { type: "odd", reason: ANN }, status } } : undefined,
    );
    const record = recordOn(proxy, index, { match });
    expect(await record.erase(await record.find(ANN))).toMatchObject({
      matched: 0,
      failed: 2,
      reason: "UNEXPECTED_ANSWER",
    });
  }
  for (const [status, code] of [
    [500, "SYSTEM_UNREACHABLE"],
    [502, "SYSTEM_UNREACHABLE"],
    [403, "NOT_PERMITTED"],
    [200, "UNEXPECTED_ANSWER"],
  ] as const) {
    const index = await shoes();
    await using proxy = await behind(raw, ({ path }) => (path.startsWith("/_bulk") ? { status, body: {} } : undefined));
    const record = recordOn(proxy, index, { match });
    await expect(record.erase(await record.find(ANN))).rejects.toMatchObject({ code });
  }
});

test(
  "an index that goes away between two calls is a failure that says so, at every call",
  { timeout: 120_000 },
  async () => {
    const gone = { type: "index_not_found_exception", reason: `no such index [${ANN}]` };
    const index = await shoes();
    const record = recordOn(raw, index, { match });
    const planned = (await record.find(ANN)).map(({ key }) => key);
    for (const part of ["/_settings", "/_mapping", "/_count", "/_refresh", "/_pit", "/_search"]) {
      await using proxy = await behind(raw, ({ path }) =>
        path.includes(part) ? { status: 404, body: { error: gone, status: 404 } } : undefined,
      );
      const failure = await recordOn(proxy, index, { match })
        .find(ANN)
        .catch((error: unknown) => error);
      expect(failure, part).toMatchObject({
        code: "SYSTEM_UNREACHABLE",
        exit: 4,
        message: expect.stringContaining("went away"),
      });
      expect(String(failure)).not.toContain(ANN);
    }
    await using proxy = await behind(raw, ({ path }) =>
      path.startsWith("/_mget")
        ? {
            status: 200,
            body: {
              docs: [
                { _index: index, _id: "a0", error: gone },
                { _index: index, _id: "a1", error: gone },
              ],
            },
          }
        : undefined,
    );
    await expect(recordOn(proxy, index, { match }).located({ by: "keys", keys: planned })).rejects.toMatchObject({
      code: "PLAN_STALE",
    });
  },
);

/** What a proxy, another product or a fault may send. */
const ODD: readonly { readonly status: number; readonly body: string }[] = [
  { status: 200, body: "" },
  { status: 200, body: "{}" },
  { status: 200, body: "[]" },
  { status: 200, body: `<html>${ANN}</html>` },
  { status: 200, body: `{"hits":"${ANN}` },
  { status: 200, body: '{"_shards":{"total":1,"successful":1,"failed":0},"docs":[]}' },
  { status: 200, body: '{"count":0,"found":true,"docs":[{},{}]}' },
  { status: 204, body: "" },
  { status: 302, body: "" },
  { status: 404, body: "{}" },
  { status: 418, body: `{"error":{"type":"${ANN}","reason":"${ANN}"},"status":418}` },
  { status: 503, body: "upstream" },
];

test(
  "whatever one call is answered with, nobody is passed over and nothing is a fault of expunge",
  { timeout: 300_000 },
  async () => {
    const index = await shoes();
    let turn = 0;
    let odd: { readonly at: number; readonly answer: (typeof ODD)[number] } | undefined;
    const calls: string[] = [];
    const rule: Rule = ({ method, path }) => {
      const at = turn++;
      if (odd === undefined) calls.push(`${method} ${path.replaceAll(/[?].*$/gu, "")}`);
      return at === odd?.at ? odd.answer : undefined;
    };
    await using proxy = await behind(raw, rule);
    const look = async () => {
      const record = recordOn(proxy, index, { match });
      const findings = (await record.check()).filter(({ severity }) => severity !== "warning").map(({ code }) => code);
      const found = await record.find(ANN);
      const again = await record.located({ by: "keys", keys: found.map(({ key }) => key) });
      const text = recordOn(proxy, index, { match: { name: "email" } });
      const refused = await text.find(ANN).catch((error: unknown) => {
        if (error instanceof Failure && error.code === "NOT_SEARCHABLE") return error.code;
        throw error;
      });
      return {
        findings,
        refused,
        found: found.map(({ key }) => key),
        again: again.map(({ key }) => key),
        left: await record.remaining(found),
      };
    };
    const healthy = await look();
    expect(healthy.found).toHaveLength(2);
    expect(healthy.refused).toBe("NOT_SEARCHABLE");
    expect(new Set(calls).size).toBeGreaterThan(12);
    // the first and the last time that each is asked
    const points = calls.flatMap((call, at) =>
      calls.indexOf(call) === at || calls.lastIndexOf(call) === at ? [at] : [],
    );
    let failed = 0;
    for (const at of points) {
      for (const answer of ODD) {
        turn = 0;
        odd = { at, answer };
        const where = `${calls[at] ?? ""}: ${answer.status} ${answer.body.slice(0, 9)}`;
        const seen = await look().catch((error: unknown) => error);
        if (seen instanceof Failure) {
          failed += 1;
          expect(seen.exit, where).not.toBe(1);
          expect(`${seen.message} ${seen.help} ${String(seen.cause)}`, where).not.toContain(ANN);
        } else if (seen instanceof Error) throw new Error(`${where}: ${String(seen)}`);
        // what was not said is not believed: the same as ever, or a finding that stops the plan
        else if (JSON.stringify(seen) !== JSON.stringify(healthy))
          expect(seen, where).toMatchObject({ findings: [expect.any(String)] });
      }
    }
    expect(failed).toBeGreaterThan(points.length * 4);
  },
);
