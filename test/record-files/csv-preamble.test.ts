import { expect, test } from "vitest";
import { gzipSync } from "node:zlib";
import { checkRecords, countRecords } from "../../src/record-files/record-file.ts";
import { Failure } from "../../src/errors.ts";
import { eraseFrom, inChunks, lookupsOf, ruleOf, scan } from "./support.ts";

const ann = lookupsOf("email", "ann@x");
const said = async (run: Promise<unknown>) => {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error("it did not fail");
  return `${error.code} ${error.message}`;
};

test("lines before the heading are kept, however they are quoted, and records are told by their line", async () => {
  const preamble = '\u{FEFF}Report "of ann@x\r\n\r\n;;;\n';
  const file = `${preamble}email,n\nann@x,1\nbob@x,2\n`;
  for (const size of [1, 7, 1000]) {
    const { text, found } = await eraseFrom(Buffer.from(file), ruleOf({ dialect: { skip: 3 } }), ann, size);
    expect(text).toBe(`${preamble}email,n\nbob@x,2\n`);
    expect(found.map(({ line }) => line)).toEqual([5]);
  }
  const wide = Buffer.from(file.replace("bob", "bób"), "utf16le");
  const utf16 = await eraseFrom(wide, ruleOf({ dialect: { skip: 3 }, encoding: "utf-16le" }), ann, 5);
  expect(utf16.bytes.toString("utf16le")).toBe(`${preamble}email,n\nbób@x,2\n`);
  const zipped = await eraseFrom(gzipSync(file), ruleOf({ dialect: { skip: 3 } }), ann);
  expect(zipped.result.removed).toBe(1);
});

test("without `skip` the first line is the heading, and what is wrong with it is said", async () => {
  expect(await said(scan(Buffer.from("Report\nemail\nann@x\n"), ruleOf(), ann))).toBe(
    'COLUMN_MISSING people.csv:1: the header has no column "email"',
  );
  expect(await said(scan(Buffer.from("Report\nmail\nann@x\n"), ruleOf({ dialect: { skip: 1 } }), ann))).toBe(
    'COLUMN_MISSING people.csv:2: the header has no column "email"',
  );
});

test("a file without a heading may have lines to skip too", async () => {
  const columns = [{ column: "2", type: "email", fold: [] }] as const;
  const { text } = await eraseFrom(
    Buffer.from("two lines\nof words\n1,ann@x\n2,bob\n"),
    ruleOf({ dialect: { skip: 2, header: false }, columns }),
    lookupsOf("2", "ann@x"),
  );
  expect(text).toBe("two lines\nof words\n2,bob\n");
});

test("a file that ends before its heading is refused, an empty one holds nobody", async () => {
  for (const file of ["one", "one\n", "one\ntwo"])
    expect(await said(scan(Buffer.from(file), ruleOf({ dialect: { skip: 2 } }), ann))).toBe(
      "FILE_UNREADABLE people.csv: ends before its heading: `skip` names 2 lines",
    );
  expect(await scan(Buffer.from(""), ruleOf({ dialect: { skip: 2 } }), ann)).toEqual([]);
  expect(await countRecords(inChunks(Buffer.from("one\ntwo\nemail\na\nb\n")), ruleOf({ dialect: { skip: 2 } }))).toBe(
    2,
  );
});

test("a first line that names the delimiter is understood and kept; new cells are written with it", async () => {
  for (const [first, delimiter] of [
    ["sep=;\r\n", ";"],
    ['"sep=|"\n', "|"],
    ["\u{FEFF}SEP=\t\n", "\t"],
  ] as const) {
    const file = `${first}email${delimiter}a\nann@x${delimiter}1\nbob@x${delimiter}x\n`;
    for (const size of [1, 1000]) {
      expect((await eraseFrom(Buffer.from(file), ruleOf(), ann, size)).text).toBe(
        `${first}email${delimiter}a\nbob@x${delimiter}x\n`,
      );
      const change = {
        kind: "fields",
        fields: { a: { kind: "set", value: `p${delimiter}q` } },
        documents: [],
      } as const;
      expect((await eraseFrom(Buffer.from(file), ruleOf({ change }), ann, size)).text).toBe(
        `${first}email${delimiter}a\nann@x${delimiter}"p${delimiter}q"\nbob@x${delimiter}x\n`,
      );
    }
  }
  const both = "sep=;\nReport\nemail;a\nann@x;1\nbob;2\n";
  expect((await eraseFrom(Buffer.from(both), ruleOf({ dialect: { skip: 2 } }), ann)).text).toBe(
    "sep=;\nReport\nemail;a\nbob;2\n",
  );
  await checkRecords(inChunks(Buffer.from("sep=;\nemail;a\n")), ruleOf({ exports: ["a"] }));
});

test("a heading that only begins like such a line is a heading", async () => {
  const columns = [{ column: "sep=", type: "email", fold: [] }] as const;
  expect(
    (await eraseFrom(Buffer.from("sep=,n\nann@x,1\nbob,2\n"), ruleOf({ columns }), lookupsOf("sep=", "ann@x"))).text,
  ).toBe("sep=,n\nbob,2\n");
});

test("the line that is told is that of the wrong row, wherever chunks end, after line ends in cells and blank lines", async () => {
  const rows = ["name,email", "Ada,ada@x", '"two\nlines",b@x', "", "Cem,c@x,3", "Eve,e@x"].join("\n");
  const quote = ["name,email", "", "", 'Ada,"ada"@x', "Eve,e@x"].join("\r\n");
  const open = ["name,email", '"a\r\nb",c@x', 'Eve,"e@x'].join("\r\n");
  for (const size of [1, 5, 1000]) {
    expect(await said(scan(Buffer.from(rows), ruleOf(), ann, size))).toMatch(/^FILE_UNREADABLE people\.csv:6: /u);
    expect(await said(scan(Buffer.from(quote), ruleOf(), ann, size))).toMatch(/^FILE_UNREADABLE people\.csv:4: /u);
    expect(await said(scan(Buffer.from(open), ruleOf(), ann, size))).toMatch(/^FILE_UNREADABLE people\.csv:4: /u);
    expect(await said(scan(Buffer.from(`x\ny\n${rows}`), ruleOf({ dialect: { skip: 2 } }), ann, size))).toMatch(
      /^FILE_UNREADABLE people\.csv:8: /u,
    );
  }
});
