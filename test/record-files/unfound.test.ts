import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Fold, IdentityType } from "../../src/model/datamap.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { subjectsInside } from "../../src/record-files/identifier-inside.ts";
import { searchText } from "../../src/record-files/search-text.ts";
import { inChunks, lookupsOf, ruleOf, scan } from "./support.ts";

const FOLD: readonly Fold[] = ["trim", "lowercase"];

/** The lines on which somebody stands and is not found. */
async function unfound(
  text: string,
  given: Partial<RecordRule>,
  lookups: readonly Lookup[],
): Promise<readonly number[]> {
  const rule = ruleOf({ columns: [{ column: "email", type: "email", fold: FOLD }], ...given });
  await scan(Buffer.from(text), rule, lookups);
  return rule.unfound;
}

const csv = async (cells: readonly string[], type: IdentityType | "edge" = "email", value = "ann@x.example") =>
  await unfound(
    `email\n${cells.map((cell) => `"${cell.replaceAll('"', '""')}"\n`).join("")}`,
    { columns: [{ column: "email", type, fold: type === "edge" ? [] : FOLD }] },
    lookupsOf("email", value),
  );

test("an address among other words of a cell is told with its line", async () => {
  const cells = [
    "ann@x.example ::: bob@x.example",
    "bob@x.example; ANN@X.example",
    "Ann <ann@x.example>",
    "mailto:ann@x.example",
    "see ann@x.example.",
    "'ann@x.example'",
    "a\nann@x.example",
    "to=ann@x.example&n=1",
  ];
  expect(await csv(cells)).toEqual([2, 3, 4, 5, 6, 7, 8, 10]);
});

test("signs that nobody sees, and quotation marks of any language, stand around an address", async () => {
  const cells = [
    "ann@x.example\0",
    "\u0007ann@x.example",
    "ann@x.example\0\0bob@x.example",
    "\u202aann@x.example\u202c",
    "\u201eann@x.example\u201c",
    "\u00abann@x.example\u00bb",
    "\uff08ann@x.example\uff09",
    "\u201cxann@x.example\u201d",
  ];
  expect(await csv(cells)).toEqual([2, 3, 4, 5, 6, 7, 8]);
});

test("an address that only looks like it, one that is found, and other people's are not told", async () => {
  const cells = [
    "xann@x.example",
    "ann@x.example.com",
    "bob@x.example; xann@x.example",
    "o'ann@x.example b@x",
    "ann@x.example-b c",
    " ann@x.example ",
    "",
    "ann+1@x.example, b",
  ];
  expect(await csv(cells)).toEqual([]);
});

test("numbers and names are told where signs stand between them, not as words of a text", async () => {
  expect(await csv(["42, 43", "142, 43", "42 Main Street", "4 2", "(42)"], "integer", "42")).toEqual([2, 6]);
  expect(await csv(["T-81;T-8", "T-8 and T-81", "T-81 ", "T-810;T-8111"], "edge", "T-81")).toEqual([2, 4]);
  expect(await csv(["+43 699 1, +43 699 2"], "phone", "+43 699 2")).toEqual([2]);
});

test("a person who is found in a record is not told of it again; another one in it is", async () => {
  const columns = [
    { column: "email", type: "email", fold: FOLD },
    { column: "cc", type: "email", fold: FOLD },
  ] as const;
  const lookups = ["ann@x", "bob@x"].map((value, subject) => ({ subject, values: { email: [value], cc: [value] } }));
  expect(await unfound("email,cc\nann@x,ann@x; eve@x\nann@x,ann@x; bob@x\n", { columns }, lookups)).toEqual([3]);
});

test("what the constants leave out is not told, and in mode `all` every column must hold the person", async () => {
  const columns = [
    { column: "email", type: "email", fold: FOLD },
    { column: "no", type: "integer", fold: [] },
  ] as const;
  const lookups = [{ subject: 0, values: { email: ["ann@x"], no: ["7"] } }];
  const text = "email,no,kind\nann@x;bob@x,7,a\nann@x;bob@x,8,a\nann@x;bob@x,7,b\n";
  expect(await unfound(text, { columns, mode: "all" }, lookups)).toEqual([2, 4]);
  expect(await unfound(text, { columns, mode: "all", where: { kind: ["a"] } }, lookups)).toEqual([2]);
});

test("a value of a list that is more than one is told", async () => {
  expect(
    await unfound("email\nann@x bob@x|eve@x\nann@x|eve@x\n", { split: { email: "|" } }, lookupsOf("email", "ann@x")),
  ).toEqual([2]);
});

const jsonl = async (column: string, lines: readonly string[], value = "ann@x") =>
  await unfound(
    `${lines.join("\n")}\n`,
    { name: "a.jsonl", format: "jsonl", columns: [{ column, type: "email", fold: FOLD }] },
    lookupsOf(column, value),
  );

test("a path that meets a list, an object or a text where it has something else is told where the person stands there", async () => {
  expect(
    await jsonl("to.email", [
      '{"to":{"email":"ann@x"}}',
      '{"to":[{"email":"ann@x"}]}',
      '{"to":"ann@x"}',
      '{"to":{"email":{"work":"ann@x"}}}',
      '{"to":{"email":["bob@x","Ann <ann@x>"]}}',
      '{"to":[{"email":"bob@x"}],"note":"ann@x"}',
      '{"to":null,"note":"ann@x"}',
    ]),
  ).toEqual([2, 3, 4, 5]);
  // a list in a list is walked through
  expect(
    await jsonl("to[]", [
      '{"to":["ann@x"]}',
      '{"to":"ann@x"}',
      '{"to":[["ann@x"]]}',
      '{"to":[{"email":"ann@x"}]}',
      '{"to":{"0":"ann@x"}}',
    ]),
  ).toEqual([2, 4, 5]);
  expect(
    await jsonl("to", ['{"to":["ann@x"]}', '{"to":[["ann@x"]]}', '{"to":{"email":"ann@x"}}', '{"to":"b ann@x"}']),
  ).toEqual([2, 3, 4]);
  expect(await jsonl("m[].email", ['{"m":{"email":"ann@x"}}', '{"m":["ann@x"]}', '{"m":[{"email":"ann@x"}]}'])).toEqual(
    [1, 2],
  );
});

test("escapes do not hide a person, and lookalikes are not taken for one", async () => {
  expect(
    await jsonl("to.email", [
      String.raw`{"to":["\u0061nn\u0040x"]}`,
      '{"to":["xann@x"]}',
      '{"to":["ann@x.y"]}',
      '{"to":{"email":"xann@x, b"}}',
    ]),
  ).toEqual([1]);
});

test("text that is no record is searched whole, as far as it can be read", async () => {
  const { columns, encoding, name } = ruleOf({ columns: [{ column: "email", type: "email", fold: FOLD }] });
  const search = async (bytes: Uint8Array, given: Partial<RecordRule> = {}) => {
    const seen = await searchText(
      inChunks(bytes),
      { columns, encoding, name, ...given },
      lookupsOf("email", "ann@x", "bob@x", "eve@x"),
    );
    return [[...seen.subjects].toSorted((a, b) => a - b), seen.whole];
  };
  expect(await search(Buffer.from('id,mail\n1,ann@x\n2,"eve@x"\n3,xbob@x'))).toEqual([[0, 2], true]);
  expect(await search(Buffer.from("1;ANN@x\r\n", "utf16le"), { encoding: "utf-16le" })).toEqual([[0], true]);
  const zipped = gzipSync(
    `ann@x\n${Array.from({ length: 4000 }, (_, at) => `${at * 7919},p${at}@x`).join("\n")}\nbob@x\n`,
  );
  expect(await search(zipped)).toEqual([[0, 1], true]);
  expect(await search(zipped.subarray(0, zipped.length - 4000))).toEqual([[0], false]);
  expect(await search(Buffer.from("PK\u0003\u0004 ann@x"))).toEqual([[], false]);
});

test("a whole number that a program spelled as another is told; a code with zeros only where the column holds numbers", async () => {
  const cells = ["42.0", "42.000", "4.2e1", "+42", "0042", "42.5", "4.25e1", "420", "4.2", "142.0", "42"];
  expect(await csv(cells, "integer", "42")).toEqual([2, 3, 4, 5, 6]);
  expect(await csv(cells, "edge", "42")).toEqual([2, 3, 4]);
  expect(await csv(cells, "string", "42")).toEqual([]);
  const lines = '{"id":42.0}\n{"id":"42.0"}\n{"id":42}\n{"id":42.5}\n{"id":420}\n';
  const rule = { format: "jsonl", columns: [{ column: "id", type: "integer", fold: [] }] } as const;
  expect(await unfound(lines, rule, lookupsOf("id", "42"))).toEqual([1, 2]);
});

test("signs without width around an address hide it from the match, and are told", async () => {
  expect(
    await csv(["ann@x.example\u200b", "\u2060ann@x.example", "\u00adann@x.example\u200f", "ann\u200b@x.example"]),
  ).toEqual([2, 3, 4]);
});

test("a long run of signs or spaces costs no more than its length", () => {
  const inside = (type: "string" | "email", sign: string) =>
    subjectsInside({ column: "a", type, fold: [] }, new Map([["ann", [3]]]), `a${sign.repeat(1_000_000)}b,ann`);
  for (const sign of [".", " ", "'", "\u200b"])
    expect([...inside("string", sign), ...inside("email", sign)], sign).toEqual([3, 3]);
});

test("an identifier in the heading, or in lines before it, is told with its line; blank lines and the records' own are not", async () => {
  const given = { dialect: { skip: 3 }, columns: [{ column: "email", type: "email", fold: FOLD }] } as const;
  const outside = async (text: string, more: Partial<RecordRule> = given, value = "ann@x.example") => {
    const rule = ruleOf(more);
    await scan(Buffer.from(text), rule, lookupsOf("email", value));
    return rule.beside;
  };
  expect(
    await outside(
      "asked for by bob@x.example\r\nby ANN@X.example, today\r\n\r\nemail,ann@x.example\r\n\r\nann@x.example,1\r\n",
    ),
  ).toEqual([2, 4]);
  expect(await outside("xann@x.example\nann@x.example.org\nann@x.example-b ann.ann@x.example\nemail\n")).toEqual([]);
  expect(await outside("sep=;\nemail;of <ann@x.example>\n", { ...given, dialect: {} })).toEqual([2]);
  // a short number stands in many headings
  const integer = { columns: [{ column: "email", type: "integer", fold: [] }] } as const;
  expect(await outside("email,42\n42,1\n", integer, "42")).toEqual([]);
  expect(await outside("email,customer 74210000\n74210000,1\n", integer, "74210000")).toEqual([1]);
});

test("a telephone number without its plus, with (0) or with an extension is told; one that only begins alike is not", async () => {
  const rule = { columns: [{ column: "phone", type: "phone", fold: ["e164"] }] } as const;
  const asked = lookupsOf("phone", "+4940123456");
  const cells = [
    "4940123456",
    "+49 (0)40 123456",
    "'+49 40 123456",
    "0049 (0) 40 123456",
    "+49 40 123456 ext. 12",
    "49 40 123456 x12",
    "49401234567",
    "940123456",
    "+43 40 123456",
  ];
  const lines = cells.map((phone) => `${JSON.stringify({ phone })}\n`);
  expect(await unfound(`phone\n${cells.join("\n")}\n`, rule, asked)).toEqual([2, 3, 4, 5, 6, 7]);
  expect(await unfound(lines.join(""), { ...rule, name: "a.jsonl", format: "jsonl" }, asked)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});
