import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/documents/json-text.ts";
import { parsePath } from "../../src/documents/path.ts";
import { canSet, MANY, setValue, takeBack } from "../../src/documents/set-value.ts";

const VALUE = '"2026-11-21"';

function set(text: string, path: string) {
  const made = setValue(text, parsePath(path), () => VALUE);
  expect(canSet(parseJson(text), parsePath(path)), text).toBe(made !== MANY);
  return made;
}

describe("a value set in a document", () => {
  test.each([
    ['{"a":1.0, "gone":null , "b":2}', "gone", '{"a":1.0, "gone":"2026-11-21" , "b":2}'],
    ['{"gone":[]}', "gone", '{"gone":"2026-11-21"}'],
    ['{ "a" : 1.10e+2 }', "gone", '{ "a" : 1.10e+2,"gone":"2026-11-21" }'],
    ["{ }", "gone", '{"gone":"2026-11-21" }'],
    ["{}", "a.b.c", '{"a":{"b":{"c":"2026-11-21"}}}'],
    ['{"a":{"x":1}}', "a.b.c", '{"a":{"x":1,"b":{"c":"2026-11-21"}}}'],
    ['{"a":null,"z":1}', "a.b", '{"a":{"b":"2026-11-21"},"z":1}'],
    ['{"a":[ ],"z":1}', "a.b", '{"a":{"b":"2026-11-21"},"z":1}'],
    ['{"a.x":1,"z":2}', "a.b", '{"a.x":1,"z":2,"a.b":"2026-11-21"}'],
    ['{"a.b":{"x":1}}', "a.b.c", '{"a.b":{"x":1,"c":"2026-11-21"}}'],
    ['{"a":{"b.x":1}}', "a.b.c", '{"a":{"b.x":1,"b.c":"2026-11-21"}}'],
    ['{\n  "a": 1\n}\n', "a\u00e9", '{\n  "a": 1,"a\u00e9":"2026-11-21"\n}\n'],
  ])("%s at %s", (text, path, after) => {
    const made = set(text, path);
    if (made === MANY) throw new Error("it was refused");
    expect(made.text).toBe(after);
    expect(takeBack(made.text, parsePath(path), made.stood)).toBe(text);
  });

  test.each([
    ['{"a":[{"b":1},{"b":2}]}', "a.b"],
    ['{"a":[{"b":1}]}', "a.b"],
    ['{"a":[{"x":1}]}', "a.b"],
    ['{"a":5}', "a.b"],
    ['{"a":{"b":{"c":1}}}', "a.b"],
    ['{"a.b":1,"a":{"b":2}}', "a.b"],
    ['{"a.b.c":1}', "a.b"],
  ])("%s has no one place for %s", (text, path) => {
    expect(set(text, path)).toBe(MANY);
  });

  test("what others have put beside it since stays, and so does the object that was made for it", () => {
    const made = set('{"a":1}', "meta.gone");
    if (made === MANY) throw new Error("it was refused");
    const since = made.text.replace("}}", ',"by":"x"},"z":[1.0]}');
    expect(takeBack(since, parsePath("meta.gone"), made.stood)).toBe('{"a":1,"meta":{"by":"x"},"z":[1.0]}');
    expect(takeBack('{"a":1}', parsePath("meta.gone"), made.stood)).toBeUndefined();
  });

  test("of any document and any path: what was set is taken back to the same characters", () => {
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const keys = ["a", "b", "c", "a.b", "b.c"];
    const blank = (): string => ["", "", " ", "\n  "][next(4)] ?? "";
    const any = (depth: number): string => {
      const kind = next(depth > 3 ? 4 : 7);
      if (kind < 4) return ["null", "1.0", '"x\\u00e9"', "[]"][kind] ?? "null";
      if (kind === 4) return `[${blank()}${any(depth + 1)}${blank()}]`;
      const mine = keys.filter(() => next(3) === 0);
      return `{${mine.map((key) => `${blank()}"${key}"${blank()}:${blank()}${any(depth + 1)}`).join(",")}${blank()}}`;
    };
    let done = 0;
    for (let nth = 0; nth < 4_000; nth += 1) {
      const mine = keys.filter(() => next(2) === 0);
      const text = `{${mine.map((key) => `${blank()}"${key}":${any(1)}`).join(",")}${blank()}}`;
      const paths = ["a", "a.b", "a.b.c", "b.c", "c.a.b"].filter(() => next(2) === 0);
      const stood = [];
      let now = text;
      for (const path of paths) {
        const made = set(now, path);
        if (made === MANY) continue;
        stood.push({ path: parsePath(path), was: made.stood });
        now = made.text;
        JSON.parse(now);
        done += 1;
      }
      for (const { path, was } of stood.toReversed()) now = takeBack(now, path, was) ?? "lost";
      expect(now, text).toBe(text);
    }
    expect(done).toBeGreaterThan(3_000);
  });
});
