import { describe, expect, test } from "vitest";
import { applyEdits, at, compact, parseJson, removalOf, textOf } from "../../../src/documents/json-text.ts";
import { patternOf } from "../../../connectors/elasticsearch/query.ts";
import { comparable } from "../../../src/model/fold.ts";

describe("JSON with places", () => {
  test.each([
    "{}",
    "[]",
    '"a\\"\\\\b\\u00e9\\n"',
    "-0.0e+10",
    ' { "a" : [ 1.0 ,12345678901234567890, true ,null, {} ] , "b.c":{"__proto__":"x\\\\"} } ',
    '{"a":1,"a":2}',
    '["\\\\","\\\\\\""]',
  ])("%s is read as JSON.parse reads it, and every value stands where it says", (text) => {
    const node = parseJson(text);
    expect(JSON.parse(compact(node))).toEqual(JSON.parse(text));
    expect(JSON.parse(text.slice(node.start, node.end))).toEqual(JSON.parse(text));
  });

  test.each(["", "{", "[1,]", '{"a"}', '{"a":}', "nul", "01", "1.", '"a', "[1 2]", "{} x", "{'a':1}", "+1", "NaN"])(
    "%j is refused, without being quoted",
    (text) => {
      expect(() => parseJson(text)).toThrow(/is no JSON at character \d+\.$/u);
    },
  );

  test("numbers keep their spelling", () => {
    const node = parseJson('{"a":12345678901234567890,"b":1.0,"c":1E5}');
    expect(["a", "b", "c"].map((key) => textOf(at(node, key)))).toEqual(["12345678901234567890", "1.0", "1E5"]);
  });

  test("whichever members or elements go, what stays is valid and keeps its characters", () => {
    for (const text of ['[ 1 , "b" ,{"c":[]}, 4.0 ]', '{ "a" : 1 , "b" : "x" ,"c":{}, "d":4.0 }']) {
      const node = parseJson(text);
      if (node.kind === "scalar") throw new Error("no container");
      for (let mask = 0; mask < 16; mask += 1) {
        const gone = new Set([0, 1, 2, 3].filter((index) => (mask & (1 << index)) !== 0));
        const left = applyEdits(text, removalOf(node, gone));
        const value: unknown = JSON.parse(left);
        const wanted: unknown = JSON.parse(text);
        if (Array.isArray(wanted)) expect(value).toEqual(wanted.filter((_, index) => !gone.has(index)));
        else
          expect(value).toEqual(
            Object.fromEntries(Object.entries(wanted ?? {}).filter((_, index) => !gone.has(index))),
          );
        expect(left.includes("4.0")).toBe(!gone.has(3));
      }
    }
  });

  test("an edit inside something that goes, goes with it", () => {
    const text = '{"a":{"b":1},"c":2}';
    const node = parseJson(text);
    const inner = at(node, "a", "b");
    if (node.kind !== "object" || inner === undefined) throw new Error("not found");
    expect(
      applyEdits(text, [{ start: inner.start, end: inner.end, text: "null" }, ...removalOf(node, new Set([0]))]),
    ).toBe('{"c":2}');
  });
});

describe("patterns", () => {
  const literal = (text: string) =>
    text.replace(/[^\w]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

  /** As the server reads it: `*` and `?` with backslashes; with `lower` it folds ASCII only. */
  function matches(pattern: string, value: string, lower: boolean): boolean {
    const source = [...pattern.matchAll(/\\(.)|\*|\?|[^\\*?]/gsu)].map(([part, escaped]) => {
      if (escaped !== undefined) return literal(escaped);
      if (part === "*") return ".*";
      return part === "?"
        ? "."
        : lower && /[a-z]/iu.test(part)
          ? `[${part.toLowerCase()}${part.toUpperCase()}]`
          : literal(part);
    });
    return new RegExp(`^${source.join("")}$`, "su").test(value);
  }

  const stored = [
    "Jos\u00e9 A\u0301ngel",
    "Jose\u0301 \u00c1ngel",
    "JOS\u00c9 \u00c1NGEL",
    " jos\u00e9 \u00e1ngel\u00a0",
    "mar\u212a@x.de",
    "MARK@x.de",
    "+49 (170) 12-3",
    "0049170123",
    "a*b?c\\d",
    " A*B?C\\D",
    "\u212bngstr\u00f6m",
    "A\u030angstro\u0308m",
    "\u0130stanbul",
    "a;b\u037e`",
    "\ufb01n",
    "x\u0301y",
  ];

  test("whatever folds to the value that is asked for, matches its pattern", () => {
    let compared = 0;
    for (let mask = 1; mask < 16; mask += 1) {
      const folds = (["nfc", "trim", "e164", "lowercase"] as const).filter((_, index) => (mask & (1 << index)) !== 0);
      const how = {
        nfc: folds.includes("nfc"),
        trim: folds.includes("trim"),
        e164: folds.includes("e164"),
        lower: folds.includes("lowercase"),
      };
      for (const one of stored) {
        const asked = comparable(one, "string", folds);
        for (const other of stored.filter((text) => comparable(text, "string", folds) === asked)) {
          compared += 1;
          expect(
            matches(patternOf(asked, how), other, how.lower),
            `${JSON.stringify(other)} by ${folds.join("+")}`,
          ).toBe(true);
        }
      }
    }
    expect(compared).toBeGreaterThan(15 * stored.length);
  });

  test("stars, question marks and backslashes of a value mean themselves", () => {
    const how = { nfc: false, trim: true, e164: false, lower: false };
    expect(matches(patternOf("a*b?c\\", how), " a*b?c\\ ", false)).toBe(true);
    for (const other of ["aXb?c\\", "a*bXc\\", "a*b?cX", "a*b?c"])
      expect(matches(patternOf("a*b?c\\", how), other, false)).toBe(false);
  });
});
