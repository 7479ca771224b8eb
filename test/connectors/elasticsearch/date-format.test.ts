/** Every form in which a field of the server may keep its dates: read as the server reads it, written so that it takes it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { dateFormats } from "../../../connectors/elasticsearch/date-format.ts";
import { instantText, isoDate } from "../../../connectors/elasticsearch/date-text.ts";
import { parseJson } from "../../../src/documents/json-text.ts";
import { rawElasticsearch, type RawElasticsearch } from "./raw.ts";

const FORMATS = [
  "",
  "epoch_millis",
  "epoch_second",
  "strict_date",
  "date",
  "iso8601",
  "strict_date_optional_time",
  "date_optional_time",
  "strict_date_optional_time_nanos",
  "basic_date",
  "basic_date_time",
  "basic_date_time_no_millis",
  "basic_ordinal_date",
  "basic_ordinal_date_time",
  "basic_ordinal_date_time_no_millis",
  "strict_basic_week_date",
  "basic_week_date_time",
  "date_hour",
  "date_hour_minute",
  "date_hour_minute_second",
  "date_hour_minute_second_fraction",
  "date_hour_minute_second_millis",
  "strict_date_time",
  "date_time_no_millis",
  "ordinal_date",
  "strict_ordinal_date_time",
  "ordinal_date_time_no_millis",
  "week_date",
  "strict_week_date_time",
  "week_date_time_no_millis",
  "weekyear",
  "weekyear_week",
  "weekyear_week_day",
  "year",
  "year_month",
  "strict_year_month_day",
  "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis",
  "uuuu-MM-dd'T'HH:mm:ss.SSSSSSXX",
  "dd.MM.yyyy HH:mm",
  "d.M.uu H:m:s",
  "yyyyMMddHHmmss",
  "yyyy-MM-dd HH:mm:ss.SSS Z",
  "yyyy-MM-dd'T'HH:mm:ssxxx",
  "yyyy-DDD 'o''clock'",
];
const AT = [
  new Date("2026-11-21T08:09:10.123Z"),
  new Date("2027-01-02T23:59:58.007Z"),
  new Date("2024-02-29T00:00:00.000Z"),
];
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

test("whatever the format, what is written the server takes, and what is read is what the server reads", async () => {
  const properties = Object.fromEntries(
    FORMATS.map((format, nth) => [`f${nth}`, { type: "date", ...(format === "" ? {} : { format }) }]),
  );
  const index = await raw.create("dates", properties);
  const sources = AT.map((at) =>
    Object.fromEntries(FORMATS.map((format, nth) => [`f${nth}`, instantText(format, at, undefined) ?? ""])),
  );
  const texts = sources.map(
    (one) =>
      `{${Object.entries(one)
        .map(([name, json]) => `"${name}":${json}`)
        .join(",")}}`,
  );
  await raw.put(index, Object.fromEntries(texts.map((text, nth) => [String(nth), text])));
  await raw.call("POST", `/${index}/_refresh`);
  const answer: unknown = JSON.parse(
    await raw.call("POST", `/${index}/_search`, {
      query: { match_all: {} },
      _source: false,
      fields: [{ field: "f*", format: "strict_date_time" }],
    }),
  );
  const server = new Map(hitsOf(answer).map(({ _id, fields }) => [_id, fields]));
  expect(server.size).toBe(AT.length);
  for (const [nth, source] of sources.entries())
    for (const [at, format] of FORMATS.entries()) {
      const node = parseJson(source[`f${at}`] ?? "");
      if (node.kind !== "scalar") throw new Error("no scalar");
      const ours = isoDate(node, format);
      expect(ours, `${format}: ${node.text}`).toBeDefined();
      expect(Date.parse(ours ?? ""), `${format}: ${node.text}`).toBe(
        Date.parse(server.get(String(nth))?.[`f${at}`]?.[0] ?? ""),
      );
    }
});

test.each([
  ["yyyyMMdd", "20261321", undefined],
  ["basic_date", "20261121", "2026-11-21"],
  ["strict_date", "1795219200000", undefined],
  ["epoch_second", "1795219200", "2026-11-21T00:00:00Z"],
  ["yyyy/MM/dd||epoch_millis", "1795219200000", "2026-11-21T00:00:00Z"],
])("in %s the number %s is %s: a day is not taken for milliseconds", (format, text, iso) => {
  expect(isoDate({ kind: "scalar", type: "number", text, start: 0, end: 0 }, format)).toBe(iso);
});

test("what stands there says the form; where it could be a day or an instant, the instant", () => {
  const old = (json: string) => parseJson(json);
  const [at = new Date(0)] = AT;
  expect(instantText("", at, undefined)).toBe('"2026-11-21T08:09:10.123Z"');
  expect(instantText("", at, old("-6626966400000"))).toBe("1795248550123");
  expect(instantText("epoch_millis", at, old('"-6626966400000"'))).toBe('"1795248550123"');
  expect(instantText("yyyy-MM-dd||yyyy-MM-dd HH:mm:ss||epoch_millis", at, undefined)).toBe('"2026-11-21 08:09:10"');
  expect(instantText("strict_date||epoch_millis", at, old('"1760-01-01"'))).toBe('"2026-11-21"');
});

test("a form with the words of a language, or without a day, is not known, and nothing is guessed", () => {
  for (const format of ["dd MMM yyyy", "HH:mm", "hour_minute", "yyyy-MM-dd z", "yyyy-MM-dd[ HH]", "yyyy 'x"])
    expect([format, dateFormats(format)]).toEqual([format, [undefined]]);
});

interface Hit {
  readonly _id: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

function hitsOf(answer: unknown): readonly Hit[] {
  const { hits }: { hits: { hits: readonly Hit[] } } = JSON.parse(JSON.stringify(answer));
  return hits.hits;
}
