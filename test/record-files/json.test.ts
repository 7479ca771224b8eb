import { expect, test } from "vitest";
import { editJson } from "../../src/record-files/json-edit.ts";
import { pathTree, sharedArrays } from "../../src/record-files/json-path.ts";
import { isJsonObject, readJson, textOf } from "../../src/record-files/json-values.ts";
import { random } from "./support.ts";

function read(text: string, ...paths: readonly string[]): (string | null)[][] | null {
  return (
    readJson(text, pathTree(paths), paths.length)?.map((values) => values.map((value) => textOf(text, value))) ?? null
  );
}

function without(text: string, path: string, ...which: readonly number[]): string {
  const values = readJson(text, pathTree([path]), 1)?.[0] ?? [];
  return editJson(
    text,
    values.filter((_, at) => which.length === 0 || which.includes(at)).map((value) => ({ value, remove: true })),
  );
}

test("numbers are read as they are written, strings are decoded, null is no text", () => {
  const line = String.raw`{"a":90071992547409931,"b":1.0,"c":-0,"d":1e400,"e":"ann\u0040x.org","f":null,"g":true,"h":{"i":[1]}}`;
  expect(read(line, "a", "b", "c", "d", "e", "f", "g", "h")).toEqual([
    ["90071992547409931"],
    ["1.0"],
    ["-0"],
    ["1e400"],
    ["ann@x.org"],
    [null],
    ["true"],
    ['{"i":[1]}'],
  ]);
});

test("a path leads through objects and into arrays; an absent path gives nothing; duplicate keys give both values", () => {
  const line =
    '{"who":{"email":"a"},"members":[{"email":"b"},{"mail":"x"},{"email":"c"}],"who":{"email":"d"},"tags":["t","u"],"deep":[[{"x":1}],[{"x":2}]]}';
  expect(read(line, "who.email", "members[].email", "nobody.email", "tags[]", "deep[][].x")).toEqual([
    ["a", "d"],
    ["b", "c"],
    [],
    ["t", "u"],
    ["1", "2"],
  ]);
});

test("a path that ends at an array finds its elements too", () => {
  expect(read('{"mails":["a","b"]}', "mails")).toEqual([["a", "b", '["a","b"]']]);
});

test("keys are compared decoded and whole", () => {
  expect(read(String.raw`{"\u0065mail":"a","email ":"b","Email":"c"}`, "email")).toEqual([["a"]]);
});

test("what JSON.parse takes for an object is read as that, and nothing else is, over 8000 mutilated lines", () => {
  const seeds = [
    String.raw`{"a":1,"b":[true,false,null],"c":{"d":"x\n\u00e9\"","a":-1.5e+10}}`,
    '{"a":"","a":[],"b":{}}',
    ' {"members":[{"a":"ann@x"},{"a":null}],"n":0} ',
  ];
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "0",
    "-",
    "1",
    ".",
    "e",
    "t",
    "null",
    " ",
    "\u0001",
    "\\u12",
    "a",
  ];
  let valid = 0;
  for (let seed = 1; seed <= 8000; seed += 1) {
    const next = random(seed);
    let text = seeds[seed % seeds.length] ?? "";
    for (let times = Math.floor(next() * 3); times > 0; times -= 1) {
      const at = Math.floor(next() * text.length);
      text =
        text.slice(0, at) +
        (pieces[Math.floor(next() * pieces.length)] ?? "") +
        text.slice(at + Math.floor(next() * 2));
    }
    const parsed = parse(text);
    const mine = readJson(text, pathTree(["a"]), 1);
    expect(mine !== null, JSON.stringify(text)).toBe(parsed !== null);
    expect(isJsonObject(text), JSON.stringify(text)).toBe(parsed !== null);
    if (parsed === null || mine === null) continue;
    valid += 1;
    const last = mine[0]?.findLast((value) => !value.element);
    expect(last === undefined ? undefined : JSON.parse(text.slice(last.start, last.end)), JSON.stringify(text)).toEqual(
      parsed["a"],
    );
  }
  expect(valid).toBeGreaterThan(2000);
});

test("deep nesting is no JSON we read, and no stack overflow", () => {
  expect(read(`{"a":${"[".repeat(100_000)}`, "a")).toBeNull();
});

test("a key goes with its comma, wherever it stands, and the spaces of the others stay", () => {
  expect(without('{"a":1, "b":2 ,"c":3}', "a")).toBe('{"b":2 ,"c":3}');
  expect(without('{"a":1, "b":2 ,"c":3}', "b")).toBe('{"a":1 ,"c":3}');
  expect(without('{"a":1, "b":2 ,"c":3}', "c")).toBe('{"a":1, "b":2}');
  expect(without('{ "a" : {"x":1} }', "a")).toBe("{}");
  expect(without('{"a":1,"b":2,"a":3}', "a")).toBe('{"b":2}');
});

test("elements go one by one, in a row, and all: an emptied array is []", () => {
  expect(without("[]", "t[]")).toBe("[]");
  expect(without('{"t":[ 1, 2,3 ,4 ]}', "t[]", 0)).toBe('{"t":[ 2,3 ,4 ]}');
  expect(without('{"t":[ 1, 2,3 ,4 ]}', "t[]", 1, 2)).toBe('{"t":[ 1 ,4 ]}');
  expect(without('{"t":[ 1, 2,3 ,4 ]}', "t[]", 0, 1, 3)).toBe('{"t":[ 3 ]}');
  expect(without('{"t":[ 1, 2,3 ,4 ]}', "t[]")).toBe('{"t":[]}');
});

test("any set of removed elements leaves the others, as JSON.parse sees them", () => {
  for (let mask = 0; mask < 32; mask += 1) {
    const which = [0, 1, 2, 3, 4].filter((at) => (mask & (1 << at)) !== 0);
    const edited = which.length === 0 ? '{"t":[0,1 ,2, 3,4]}' : without('{"t":[0,1 ,2, 3,4]}', "t[]", ...which);
    expect(JSON.parse(edited)).toEqual({ t: [0, 1, 2, 3, 4].filter((at) => !which.includes(at)) });
  }
});

test("an edit inside a value that goes, goes with it", () => {
  const line = '{"a":{"b":"x"},"c":1}';
  const [outer, inner] = readJson(line, pathTree(["a", "a.b"]), 2) ?? [];
  expect(
    editJson(line, [
      ...(inner ?? []).map((value) => ({ value, text: "null" })),
      ...(outer ?? []).map((value) => ({ value, remove: true as const })),
    ]),
  ).toBe('{"c":1}');
});

test("two paths share the arrays they go through together, and no more", () => {
  expect(sharedArrays("members[]", "members[].email")).toBe(1);
  expect(sharedArrays("members[].phone", "members[].email")).toBe(1);
  expect(sharedArrays("a[].b[].c", "a[].b[].d")).toBe(2);
  expect(sharedArrays("a[].b[].c", "a[].x[].d")).toBe(1);
  expect(sharedArrays("members", "members[].email")).toBe(0);
  expect(sharedArrays("membersx[]", "members[]")).toBe(0);
});

function parse(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}
