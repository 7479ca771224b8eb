import { type MarkedRow, marksContract, RESTORE_WINDOW, type Way } from "../../contract/marks.contract.ts";
import { markerColumns } from "../../../src/model/marker.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { rawElasticsearch, systemUnderTest } from "./raw.ts";

const WAYS: readonly Way[] = [
  {
    name: "a time in an object that is not there while it lives, and who",
    marker: { kind: "timestamp", column: "meta.deleted_at", live: null, by: "meta.deleted_by" },
    live: { "meta.deleted_at": null, "meta.deleted_by": null },
    later: { column: "meta.deleted_by", value: "the shop" },
  },
  {
    name: "a time as milliseconds, with a sentinel",
    marker: { kind: "timestamp", column: "gone", live: "1760-01-01" },
    live: { gone: "1760-01-01T00:00:00.000Z" },
    later: { column: "gone", value: "2020-01-01T00:00:00.000Z" },
  },
  {
    name: "a flag, and since when to the nanosecond",
    marker: { kind: "flag", column: "hidden", deleted: "true", since: "hidden_at" },
    live: { hidden: "false", hidden_at: null },
    later: { column: "hidden_at", value: "2020-01-01T00:00:00.000Z" },
    // a boolean is one of two
    other: null,
  },
  {
    name: "a status, and since when in a form of the shop's own",
    marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
    live: { state: "open", state_at: "2019-01-01 00:00:00.000", state_by: "the shop" },
    later: { column: "state", value: "bin" },
  },
  {
    name: "a time in a field that the mapping does not have yet",
    marker: { kind: "timestamp", column: "removed", live: null },
    live: { removed: null },
    later: { column: "removed", value: "2020-01-01T00:00:00.000Z" },
  },
];
const keyword = { type: "keyword" };
/** Where a value is written in another way than as a text. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  gone: (text) => String(Date.parse(text)),
  hidden: (text) => text,
  state_at: (text) => JSON.stringify(text.replace("T", " ").replace("Z", "")),
};

marksContract("elasticsearch", ["effect_begin", "effect_half", "effect_done"], WAYS, async () => {
  const raw = await rawElasticsearch();
  const properties = {
    no: keyword,
    email: keyword,
    rest: { type: "object", enabled: false },
    meta: { properties: { deleted_at: { type: "date" }, deleted_by: keyword } },
    gone: { type: "date", format: "epoch_millis" },
    hidden: { type: "boolean" },
    hidden_at: { type: "date_nanos" },
    state: keyword,
    state_at: { type: "date", format: "yyyy-MM-dd HH:mm:ss.SSS" },
    state_by: { type: "text" },
  };
  // nobody asks what a power failure would leave
  const index = await raw.create("marks", properties, { settings: { "translog.durability": "async" } });
  const people = (way: Way) =>
    recordType({
      system: "search",
      name: "people",
      place: { kind: "index", pattern: index },
      do: "soft-delete",
      marker: way.marker,
      restoreWindow: RESTORE_WINDOW,
    });
  const jsonOf = (name: string, text: string) => FORMS[name]?.(text) ?? JSON.stringify(text);
  /** Numbers, escapes, spaces and (of one) line ends that no parser gives back. */
  const documentOf = (way: Way, { no, email, marks = {} }: MarkedRow) => {
    const values = Object.entries({ ...way.live, ...marks }).flatMap(([name, text]) =>
      text === null ? [] : [{ name, text }],
    );
    const inside = values.filter(({ name }) => name.startsWith("meta."));
    const plain = values.filter(({ name }) => !name.startsWith("meta."));
    const parts = [
      ...(inside.length === 0
        ? []
        : [`"meta":{${inside.map(({ name, text }) => `"${name.slice(5)}":${jsonOf(name, text)}`).join(",")}}`]),
      ...plain.map(({ name, text }) => `"${name}":${jsonOf(name, text)}`),
    ];
    const rest = String.raw`"rest" : {"n":12345678901234567890, "f":1.0,"e":1.10e+2,"t":"\u00e9\/"}`;
    return `{ "no":"${no}",${parts.map((part) => ` ${part},`).join("")}${no === "1" ? "\n  " : "  "}${rest}, "email":"${email}" }`;
  };
  const sourceOf = async (no: string) => (await raw.source(index, no)) ?? "";
  return {
    system: systemUnderTest(),
    world: { secrets: { search: raw.url } },
    async seed(way, rows) {
      const ids = Object.keys(await raw.dump(index));
      const lines = ids.map((id) => `${JSON.stringify({ delete: { _id: id } })}\n`).join("");
      if (ids.length > 0) await raw.call("POST", `/${index}/_bulk`, lines);
      // not refreshed: the connector must look for itself
      for (const row of rows) await raw.call("PUT", `/${index}/_doc/${row.no}`, documentOf(way, row));
    },
    dump: async () => await raw.dump(index),
    async parts(way, no) {
      const names = markerColumns(way.marker);
      const source = await sourceOf(no);
      const marks = names.map((name) => {
        const key = name.replace("meta.", "");
        const json = new RegExp(`"${key}":("[^"]*"|[^,}]*)`, "u").exec(source)?.[1];
        if (json === undefined) return [name, null] as const;
        const text = json.startsWith('"') ? json.slice(1, -1) : json;
        return [name, /^-?\d+$/u.test(text) ? new Date(Number(text)).toISOString() : text] as const;
      });
      const keys = names.map((name) => name.replace("meta.", "")).join("|");
      const rest = source
        .replace(/,?\s*"meta":\{[^{}]*\}/u, "")
        .replaceAll(new RegExp(`(?:,|,? )"(?:${keys})":(?:"[^"]*"|[^,}\\s]*)`, "gu"), "");
      return { marks: Object.fromEntries(marks), rest };
    },
    target: (way) => targetOf(people(way), [{ column: "email", type: "email", fold: [] }], ["no"]),
    async write(no, column, value) {
      const [outer = "", inner] = column.split(".");
      const json = value === null ? "null" : jsonOf(column, value);
      const doc = inner === undefined ? `{"${outer}":${json}}` : `{"${outer}":{"${inner}":${json}}}`;
      await raw.call("POST", `/${index}/_update/${no}`, `{"doc":${doc}}`);
    },
    async [Symbol.asyncDispose]() {
      await raw.drop();
    },
  };
});
