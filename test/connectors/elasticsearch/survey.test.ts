import { afterAll, beforeAll, expect, test } from "vitest";
import type { Store } from "../../../src/model/structure.ts";
import { testIO } from "../../support/io.ts";
import { behind, rawElasticsearch, type RawElasticsearch, systemUnderTest } from "./raw.ts";

let raw: RawElasticsearch;
beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => await raw.drop());

async function storesIn(within: readonly string[], url = raw.url): Promise<Store[]> {
  await using survey = await systemUnderTest().openSurvey?.(testIO({ secrets: { search: url } }));
  if (survey === undefined) throw new Error("it cannot tell what it is made of");
  return await Array.fromAsync(survey.stores(within));
}

test("indices that differ by a date are one store, with the fields of all of them and the alias that leads there", async () => {
  const stamp = `survey${Date.now().toString(36).replaceAll(/\d/gu, "q")}`;
  const alias = `${stamp}-people`;
  const make = async (name: string, properties: object, aliases = {}) =>
    await raw.call("PUT", `/${name}`, { mappings: { properties }, aliases });
  await make(`${stamp}-2026.10`, { email: { type: "keyword" }, at: { type: "date" } });
  await make(
    `${stamp}-2026.11`,
    {
      email: { type: "text", fields: { raw: { type: "keyword" } } },
      who: { properties: { name: { type: "text" }, born: { type: "date" } } },
      members: { type: "nested", properties: { phone: { type: "keyword" } } },
      extra: { type: "object", enabled: false },
      mail: { type: "alias", path: "email" },
    },
    { [alias]: {} },
  );
  await raw.put(`${stamp}-2026.11`, { a: { email: "ann@shop.example", members: [{ phone: "1" }, { phone: "2" }] } });
  await raw.call("POST", `/${stamp}-2026.11/_refresh`);
  try {
    const all = await storesIn([`${stamp}*`]);
    // the server counts what is nested as documents too: it is an estimate
    expect(all.map(({ name, kind, key, readers, records }) => ({ name, kind, key, readers, records }))).toEqual([
      { name: `${stamp}-*`, kind: "index", key: ["_id"], readers: [{ name: alias, kind: "view" }], records: 3 },
    ]);
    expect(all[0]?.columns.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ["at", "date", "date"],
      ["email", "keyword or text", "other"],
      ["extra", "object", "json"],
      ["members.phone", "keyword", "text"],
      ["who.born", "date", "date"],
      ["who.name", "text", "text"],
    ]);
    await using survey = await systemUnderTest().openSurvey?.(testIO({ secrets: { search: raw.url } }));
    const [store] = await Array.fromAsync(survey?.stores([`${stamp}*`]) ?? []);
    if (store === undefined) throw new Error("no store");
    const sampled = await survey?.sample(store, 5);
    expect(sampled?.filter(({ values }) => values.length > 0)).toEqual([
      { column: "email", values: ["ann@shop.example"] },
      { column: "members.phone", values: ["1", "2"] },
    ]);
  } finally {
    await raw.call("DELETE", `/${stamp}-2026.10,${stamp}-2026.11`);
  }
});

test("a data stream is one store by its own name, and the server's own indices are none", async () => {
  const index = await raw.create("backing", { email: { type: "keyword" } });
  // the server of the tests has no module for data streams
  const stream = { name: "visits", backing_indices: [index], timestamp_field: "@timestamp" };
  await using streaming = await behind(raw, ({ path }) =>
    path.startsWith("/_resolve/index/visits")
      ? { status: 200, body: { indices: [], aliases: [], data_streams: [stream] } }
      : undefined,
  );
  const stores = await storesIn(["visits"], streaming.url);
  expect(stores.map(({ name, columns }) => [name, columns.map((one) => one.name)])).toEqual([["visits", ["email"]]]);
  expect((await storesIn([])).filter(({ name }) => name.startsWith("."))).toEqual([]);
});

test("what the credentials may do is what the server says of them", async () => {
  const index = await raw.create("rights", { email: { type: "keyword" } });
  const grants = { read: true, view_index_metadata: true, delete: false, index: true, maintenance: true };
  await using limited = await behind(raw, ({ path }) =>
    path.startsWith("/_security/user/_has_privileges")
      ? { status: 200, body: { index: { [index]: grants } } }
      : undefined,
  );
  expect((await storesIn([index], limited.url)).map(({ may }) => may)).toEqual([{ read: true, erase: false }]);
});
