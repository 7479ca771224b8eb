import { describe, expect, it } from "vitest";
import { closedObject, jcs, parseJcs } from "../../src/ledger/jcs.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("canonical JSON", () => {
  it("sorts keys by UTF-16 code units and escapes as RFC 8785 3.2.3 shows", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\u{1f600}": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    expect(jcs(value)).toBe(
      `{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\u{1f600}":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}`,
    );
    expect(jcs({ b: [true, null, -7], a: { d: '\u0000\b\f\u001f\u007f\u2028"\\/', c: 0 } })).toBe(
      `{"a":{"c":0,"d":"\\u0000\\b\\f\\u001f\u007f\u2028\\"\\\\/"},"b":[true,null,-7]}`,
    );
  });

  it("refuses floats, numbers beyond 2^53, lone surrogates and bottomless nesting", () => {
    for (const value of [0.5, 2 ** 53, Number.NaN, "\ud800", { "\udc00": 1 }, [1, { a: 1.5 }]])
      expect(() => jcs(value)).toThrow(expect.objectContaining({ code: "UNEXPECTED" }));
    expect(() => parseJcs(bytes(`${"[".repeat(100_000)}${"]".repeat(100_000)}`))).toThrow(
      expect.objectContaining({ code: "PROOF_INVALID" }),
    );
  });

  it("reads back what it wrote", () =>
    expect(parseJcs(bytes(jcs({ b: [1, "\u00e9"], a: null })))).toEqual({ b: [1, "\u00e9"], a: null }));

  for (const [what, text] of [
    ["a byte order mark", "\ufeff{}"],
    ["white space", '{"a": 1}'],
    ["a line end", "{}\n"],
    ["keys out of order", '{"b":1,"a":2}'],
    ["a key twice", '{"a":1,"a":1}'],
    ["another escape", '{"a":"\\u0041"}'],
    ["an escaped slash", '{"a":"\\/"}'],
    ["1e2", "[1e2]"],
    ["-0", "[-0]"],
    ["1.0", "[1.0]"],
    ["a lone surrogate", '["\\ud800"]'],
    ["no JSON", "{"],
  ] as const) {
    it(`refuses to read ${what}`, () =>
      expect(() => parseJcs(bytes(text))).toThrow(expect.objectContaining({ code: "PROOF_INVALID" })));
  }

  it("refuses bytes that are no UTF-8", () =>
    expect(() => parseJcs(Buffer.from('["\xff"]', "latin1"))).toThrow("no JSON"));

  it("closes an object: a missing and an unknown key are refused, whatever their name", () => {
    expect(() => closedObject({ a: 1 }, "it", ["a", "b"])).toThrow('it has no "b"');
    expect(() => closedObject({ a: 1, b: 2 }, "it", ["a"])).toThrow("it has an unknown key");
    expect(() => closedObject(parseJcs(bytes('{"__proto__":1,"a":1}')), "it", ["a"])).toThrow("unknown key");
    expect(() => closedObject({ a: 1 }, "it", ["a", "toString"])).toThrow('it has no "toString"');
    expect(() => closedObject([1], "it", [])).toThrow("no object");
  });
});
