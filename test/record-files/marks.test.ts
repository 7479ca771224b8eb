import { describe, expect, test } from "vitest";
import type { Marker } from "../../src/model/datamap.ts";
import { markerColumns } from "../../src/model/marker.ts";
import { recordsOf, remainingRecords, scanRecords } from "../../src/record-files/record-file.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { restorable } from "../../src/record-files/restorable.ts";
import { AT, backOf, changed, rewritten } from "./marked.ts";
import { inChunks, lookupsOf, ruleOf } from "./support.ts";

const TIME: Marker = { kind: "timestamp", column: "gone", live: null };
const NESTED: Marker = { kind: "timestamp", column: "meta.gone", live: null, by: "meta.by" };
const LOOKUPS = lookupsOf("email", "ann@x.example");

function ruleFor(format: "csv" | "jsonl", marker: Marker, given: Partial<RecordRule> = {}): RecordRule {
  return ruleOf({ format, marker, unnamed: markerColumns(marker), change: { kind: "mark", marker }, ...given });
}

const find = async (text: string | Buffer, rule: RecordRule) =>
  await Array.fromAsync(scanRecords(inChunks(Buffer.from(text)), rule, LOOKUPS).found);

/** Marks Ann's lines; and what gives them back. */
async function marked(text: string | Buffer, rule: RecordRule, marker: Marker) {
  const found = await find(text, rule);
  const { bytes, result } = await changed(Buffer.from(text), rule, marker, found);
  return { found, bytes, result, back: backOf(marker, result) };
}

describe("a marked line", () => {
  const LINES: readonly (readonly [string, "csv" | "jsonl", string, string, Marker, Partial<RecordRule>])[] = [
    [
      "a quoted cell stays quoted, whatever stands around it",
      "csv",
      'email,gone,n\r\nann@x.example,"",  1 \r\n\r\n',
      `email,gone,n\r\nann@x.example,"${AT}",  1 \r\n\r\n`,
      TIME,
      {},
    ],
    [
      "without a heading, without a last line end",
      "csv",
      "ann@x.example;;1.50",
      `ann@x.example;${AT};1.50`,
      { ...TIME, column: "2" },
      { dialect: { header: false, delimiter: ";" }, columns: [{ column: "1", type: "email", fold: [] }] },
    ],
    [
      "an empty object keeps its space when it is given back",
      "jsonl",
      '{"email":"ann@x.example", "meta": { } }\n',
      `{"email":"ann@x.example", "meta": {"gone":"${AT}","by":"expunge R-2026-0001" } }\n`,
      NESTED,
      {},
    ],
    [
      "null is no mark, and is taken the place of",
      "jsonl",
      '{"gone" : null,"email":"ann@x.example"}',
      `{"gone" : "${AT}","email":"ann@x.example"}`,
      TIME,
      {},
    ],
    [
      "objects on the way are made",
      "jsonl",
      '{"email":"ann@x.example" }',
      `{"email":"ann@x.example","meta":{"gone":"${AT}","by":"expunge R-2026-0001"} }`,
      NESTED,
      {},
    ],
    [
      "a key with dots is where its path leads",
      "jsonl",
      '{"email":"ann@x.example","meta.gone":null,"meta.by":""}',
      `{"email":"ann@x.example","meta.gone":"${AT}","meta.by":"expunge R-2026-0001"}`,
      NESTED,
      {},
    ],
  ];
  test.each(LINES)("%s", async (_, format, text, after, marker, given) => {
    const lookups = (given.columns?.[0]?.column ?? "email") === "1" ? lookupsOf("1", "ann@x.example") : LOOKUPS;
    const rule = ruleFor(format, marker, given);
    const [before] = await Array.fromAsync(scanRecords(inChunks(Buffer.from(text)), rule, lookups).found);
    if (before === undefined) throw new Error("not found");
    const { bytes, result } = await changed(Buffer.from(text), rule, marker, [before]);
    expect(bytes.toString()).toBe(after);
    const [since] = await Array.fromAsync(scanRecords(inChunks(bytes), rule, lookups).found);
    expect([since?.id, since?.marked, since?.done]).toEqual([before.id, { since: AT }, true]);
    expect((await rewritten(bytes, rule, backOf(marker, result))).bytes.toString()).toBe(text);
  });

  test("keeps its name where an equal line that lives stands beside it, and each is told apart", async () => {
    const text = "email,gone\nann@x.example,\nbob@x.example,\nann@x.example,2020-01-01\n";
    const rule = ruleFor("csv", TIME);
    const { found, bytes, result } = await marked(text, rule, TIME);
    expect(found.map(({ marked: was }) => was)).toEqual([undefined, { since: "2020-01-01" }]);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
    expect(result).toMatchObject({ changed: [found[0]?.id], alreadyAsWanted: [found[1]?.id] });
    expect(bytes.toString()).toBe(text.replace("example,\nbob", `example,${AT}\nbob`));
    const ids = found.map(({ id }) => id);
    const again = await Array.fromAsync(recordsOf(inChunks(bytes), rule, ids));
    expect(again.map(({ id }) => id)).toEqual(ids);
    expect(again.map(({ whole }) => whole)).toEqual((await find(bytes, rule)).map(({ whole }) => whole));
  });

  test("in UTF-16 and in windows-1252 every other byte stays", async () => {
    const text = "email;gone;n\r\nann@x.example;;Zo\u{E9}\r\nbob@x.example;;\u{E4}\r\n";
    for (const [encoding, code] of [
      ["utf-16le", "utf16le"],
      ["windows-1252", "latin1"],
    ] as const) {
      const rule = ruleFor("csv", TIME, { encoding, dialect: { delimiter: ";" } });
      const { bytes, back } = await marked(Buffer.from(text, code), rule, TIME);
      expect(bytes.toString(code)).toBe(text.replace("example;;", `example;${AT};`));
      expect((await rewritten(bytes, rule, back)).bytes.equals(Buffer.from(text, code))).toBe(true);
    }
  });

  test("a path that leads through something else than an object cannot be marked, and is said so", async () => {
    const rule = ruleFor("jsonl", NESTED);
    for (const meta of ["null", "1", "[{}]", '{"gone":{}}', '{"gone":null,"gone":null}']) {
      const [found] = await find(`{"email":"ann@x.example","meta":${meta}}`, rule);
      expect([meta, found?.unmarkable]).toEqual([meta, "marker_path"]);
    }
  });
});

describe("what is given back", () => {
  const TEXT = "email,gone,n\nann@x.example,,1\nbob@x.example,,2\nann@x.example,,1\n";

  test("is told among lines that came and went, equal ones too", async () => {
    const rule = ruleFor("csv", TIME);
    const { bytes, back } = await marked(TEXT, rule, TIME);
    const [head = "", ann = "", bob = ""] = bytes.toString().split(/(?<=\n)/u);
    const live = "ann@x.example,,1\n";
    const around = `${head}${live}cay@x.example,,3\n${ann}${live}${ann}`;
    expect((await rewritten(Buffer.from(around), rule, back)).bytes.toString()).toBe(
      `${head}${live}cay@x.example,,3\n${live}${live}${live}`,
    );
    const one = await restorable(() => inChunks(Buffer.from(`${head}${ann}${bob}`)), rule, back);
    expect([one.ours.size, one.back.size, one.changed.size]).toEqual([1, 0, 1]);
  });

  test("is nothing where the mark was changed since, where the line is gone, or is back already", async () => {
    const rule = ruleFor("csv", TIME);
    const { bytes, back } = await marked(TEXT, rule, TIME);
    const look = async (text: string) => {
      const { ours, back: there, changed: others } = await restorable(() => inChunks(Buffer.from(text)), rule, back);
      return [ours.size, there.size, others.size];
    };
    expect(await look(bytes.toString())).toEqual([2, 0, 0]);
    expect(await look(bytes.toString().replaceAll(AT, "2026-11-22"))).toEqual([0, 0, 2]);
    expect(await look("email,gone,n\nbob@x.example,,2\n")).toEqual([0, 0, 0]);
    expect(await look(TEXT)).toEqual([0, 2, 0]);
    expect(await Array.fromAsync(remainingRecords(inChunks(Buffer.from(TEXT)), rule, back))).toEqual([]);
    expect(await Array.fromAsync(remainingRecords(inChunks(bytes), rule, back))).toHaveLength(2);
  });

  test("lines that were different and are equal since are given back only where all of them are there", async () => {
    const marker: Marker = { kind: "status", column: "state", deleted: ["bin"], since: "at" };
    const text = "email,state,at\nann@x.example,new,\nann@x.example,old,\n";
    const rule = ruleFor("csv", marker);
    const { bytes, back } = await marked(text, rule, marker);
    const [head = "", ann = "", other = ""] = bytes.toString().split(/(?<=\n)/u);
    expect(ann).toBe(other);
    expect((await rewritten(bytes, rule, back)).bytes.toString()).toBe(text);
    const { ours, changed: others } = await restorable(() => inChunks(Buffer.from(head + ann)), rule, back);
    expect([ours.size, others.size]).toEqual([0, 2]);
  });
});
