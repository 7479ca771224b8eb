import { expect, test } from "vitest";
import { checkRecords, countRecords } from "../../src/record-files/record-file.ts";
import { rewriteRecords, verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import { Failure } from "../../src/errors.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { changesFor, eraseFrom, inChunks, lookupsOf, ruleOf, scan } from "./support.ts";

const fields = (rules: FieldRules): Change => ({ kind: "fields", fields: rules, documents: [] });
const ann = lookupsOf("email", "ann@x");
const fails = async (run: Promise<unknown>) => {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error("it did not fail");
  expect(error.cause, "the parser's own error bears the record").toBeUndefined();
  expect(Object.values(error).join(" ")).not.toContain("secret");
  return `${error.code} ${error.message}`;
};

test("rows go, every other byte stays: mark, quoting, mixed line ends, blank lines, quoted line ends", async () => {
  const file = '\u{FEFF}email;note\r\n"ann@x";1\n\r\n"bob";"says ""hi""\r\nand; waves"\nann@x;"two\nlines"\r\neve;\n\n';
  const { text, result, found } = await eraseFrom(Buffer.from(file), ruleOf({ dialect: { delimiter: ";" } }), ann);
  expect(text).toBe('\u{FEFF}email;note\r\n\r\n"bob";"says ""hi""\r\nand; waves"\neve;\n\n');
  expect(found.map(({ line }) => line)).toEqual([2, 6]);
  expect(result).toMatchObject({ records: 4, removed: 2, alreadyAsWanted: [], changedAt: [] });
});

test("where the last record goes, the line end before it stays; a header alone is left", async () => {
  expect((await eraseFrom(Buffer.from("email\r\nbob\r\nann@x"), ruleOf(), ann)).text).toBe("email\r\nbob\r\n");
  expect((await eraseFrom(Buffer.from("email\nann@x\nann@x"), ruleOf(), ann)).text).toBe("email\n");
});

test("a cell is compared whole and as text", async () => {
  const file = Buffer.from("id\n42\n00042\n42.0\n 42\n4200\n");
  expect(
    (await scan(file, ruleOf({ columns: [{ column: "id", type: "integer", fold: [] }] }), lookupsOf("id", "42"))).map(
      ({ line }) => line,
    ),
  ).toEqual([2]);
});

test("exports are texts, and an empty cell is none", async () => {
  const [found] = await scan(
    Buffer.from("email,day,note\nann@x,2026-01-02,\n"),
    ruleOf({ exports: ["day", "note"] }),
    ann,
  );
  expect(found?.values).toEqual({ day: ["2026-01-02"], note: [] });
});

test("a changed cell is quoted as it was, or where it must be", async () => {
  const file = 'email,a,b,c,d\nann@x,"1987-05-23",plain,"x",y\n';
  const change = fields({
    a: { kind: "generalise", to: "month" },
    b: { kind: "set", value: "with, comma" },
    c: { kind: "clear" },
    d: { kind: "remove" },
  });
  expect((await eraseFrom(Buffer.from(file), ruleOf({ change }), ann)).text).toBe(
    'email,a,b,c,d\nann@x,"1987-05","with, comma","",\n',
  );
});

test("a cleared cell that stands alone in its record does not make the record a blank line", async () => {
  const { text, result } = await eraseFrom(
    Buffer.from("email\nann@x\nbob\n"),
    ruleOf({ change: fields({ email: { kind: "clear" } }) }),
    ann,
  );
  expect(text).toBe('email\n""\nbob\n');
  expect(result.changedAt).toEqual([0]);
});

test("what is as wanted already is counted and not written again", async () => {
  const { text, result, found } = await eraseFrom(
    Buffer.from('email,a\nann@x,""\nann@x,1\n'),
    ruleOf({ change: fields({ a: { kind: "clear" } }) }),
    ann,
  );
  expect(text).toBe('email,a\nann@x,""\nann@x,\n');
  expect(found.map(({ done }) => done)).toEqual([true, false]);
  expect([result.changed.length, result.alreadyAsWanted.length, result.matched.length]).toEqual([1, 1, 2]);
});

test("other delimiters, quotes and escapes, and files without a header", async () => {
  const file = String.raw`1|'ann@x'|'it\'s \\ me'` + "\n" + String.raw`2|'bob'|'ann@x'` + "\n";
  const dialect = { delimiter: "|", quote: "'", escape: "\\", header: false };
  const columns = [{ column: "2", type: "email", fold: [] }] as const;
  const change = fields({ "3": { kind: "set", value: String.raw`a'b\c` } });
  expect((await eraseFrom(Buffer.from(file), ruleOf({ dialect, columns }), lookupsOf("2", "ann@x"))).text).toBe(
    String.raw`2|'bob'|'ann@x'` + "\n",
  );
  expect((await eraseFrom(Buffer.from(file), ruleOf({ dialect, columns, change }), lookupsOf("2", "ann@x"))).text).toBe(
    String.raw`1|'ann@x'|'a\'b\\c'` + "\n" + String.raw`2|'bob'|'ann@x'` + "\n",
  );
});

test("without quotes a quote is a character like any other, and a value that would need them is refused", async () => {
  const dialect = { quote: "" };
  expect((await eraseFrom(Buffer.from('email,a\n"ann@x",1\nann@x,5"\n'), ruleOf({ dialect }), ann)).text).toBe(
    'email,a\n"ann@x",1\n',
  );
  const change = fields({ a: { kind: "set", value: "a,b" } });
  expect(await fails(eraseFrom(Buffer.from("email,a\nann@x,1\n"), ruleOf({ dialect, change }), ann))).toBe(
    'FIELD_REFUSED people.csv:2: the new value of column "a" cannot be written without quotes',
  );
});

test("broken files are refused with their line and without their content", async () => {
  const broken = async (text: string) => await fails(scan(Buffer.from(text), ruleOf(), ann, 1000));
  expect(await broken('email,a\nbob,1\nann@x,"secret\neve,2\nzoe,3\n')).toBe(
    "FILE_UNREADABLE people.csv:3: the record that begins here cannot be read (CSV_QUOTE_NOT_CLOSED)",
  );
  expect(await broken("email,a\n\nann@x,secret,1\n")).toMatch(
    /^FILE_UNREADABLE people\.csv:\d: the record that begins here cannot be read \(CSV_RECORD_INCONSISTENT_FIELDS_LENGTH\)$/u,
  );
  expect(await broken('email,a\nann@x,secret"1\n')).toMatch(/^FILE_UNREADABLE people\.csv:\d/u);
  expect(await broken('email,a\nann@x,"secret"1\n')).toMatch(/^FILE_UNREADABLE people\.csv:\d/u);
  expect(await broken("email,email\nann@x,secret\n")).toBe(
    'FILE_UNREADABLE people.csv:1: the header has column "email" twice',
  );
  expect(await broken("Email,email \nann@x,secret\n")).toBe(
    'COLUMN_MISSING people.csv:1: the header has no column "email"',
  );
});

test("a column that a rule, a filter or an export names must be there, also for check", async () => {
  const check = async (given: Parameters<typeof ruleOf>[0]) =>
    await checkRecords(inChunks(Buffer.from("email,a\nann@x,1\n")), ruleOf(given));
  await check({ exports: ["a"] });
  await expect(check({ exports: ["b"] })).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  await expect(check({ where: { b: ["1"] } })).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  await expect(check({ change: fields({ b: { kind: "clear" } }) })).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  await expect(check({ dialect: { header: false } })).rejects.toMatchObject({ code: "COLUMN_MISSING" });
});

test("an endless record is refused before it fills the memory", async () => {
  const endless = async function* () {
    yield Buffer.from('email,a\nann@x,"');
    for (let sent = 0; sent < 40; sent += 1) yield Buffer.alloc(1024 * 1024, "x");
  };
  const { output } = rewriteRecords(endless(), ruleOf(), new Map(), String);
  expect(await fails(Array.fromAsync(output))).toMatch(/^FILE_UNREADABLE people\.csv:2: .*longer than/u);
});

test("an empty file and a header alone hold nobody", async () => {
  expect(await scan(Buffer.from(""), ruleOf(), ann)).toEqual([]);
  expect(await scan(Buffer.from("email\n"), ruleOf(), ann)).toEqual([]);
  expect(await countRecords(inChunks(Buffer.from("email\na\n\nb")), ruleOf())).toBe(2);
});

test("a rewriting acts on ids alone: equal rows are told apart by their order, others are never touched", async () => {
  const bytes = Buffer.from("email,a\nann@x,1\nann@x,1\nann@x,2\n");
  const found = await scan(bytes, ruleOf(), ann);
  const changes = changesFor(found.slice(1, 2), { kind: "delete" }, []);
  const rewrite = rewriteRecords(inChunks(bytes), ruleOf(), changes, String);
  expect(Buffer.concat(await Array.fromAsync(rewrite.output)).toString()).toBe("email,a\nann@x,1\nann@x,2\n");
  expect(rewrite.result().matched).toEqual(found.slice(1, 2).map(({ id }) => id));
});

test("verifying refuses an output in which anything is not as it was meant", async () => {
  const bytes = Buffer.from("email,a\nann@x,1\nbob,2\nann@x,3\neve,4\n");
  const rule = ruleOf({ change: fields({ a: { kind: "clear" } }) });
  const found = await scan(bytes, rule, ann);
  const changes = new Map([
    ...changesFor(found.slice(0, 1), { kind: "delete" }, ann),
    ...changesFor(found.slice(1), rule.change, ann),
  ]);
  const rewrite = rewriteRecords(inChunks(bytes), rule, changes, String);
  const written = Buffer.concat(await Array.fromAsync(rewrite.output)).toString();
  expect(written).toBe("email,a\nbob,2\nann@x,\neve,4\n");
  const verify = async (text: string) =>
    await verifyRewrite(inChunks(Buffer.from(text)), rule, changes, rewrite.result());
  await verify(written);
  for (const other of [
    written.replace("bob", "bub"),
    written.replace("ann@x,", "ann@x,3"),
    `${written}zoe,5\n`,
    written.replace("eve,4\n", ""),
    "",
  ])
    await expect(verify(other)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test("a carriage return alone, outside quotes, is refused with its line: it ends a line for whoever wrote the file", async () => {
  const secret = "email,name\rann@x,secret\rbob@x,secret\r";
  expect(await fails(scan(Buffer.from(secret), ruleOf(), ann))).toBe(
    "FILE_UNREADABLE people.csv:1: a carriage return without a line feed stands outside quotes",
  );
  expect(await fails(checkRecords(inChunks(Buffer.from(secret)), ruleOf()))).toMatch(
    /^FILE_UNREADABLE people.csv:1: a carriage return/u,
  );
  expect(await fails(scan(Buffer.from("email,n\nbob@x,1\rann@x,2\n"), ruleOf(), ann))).toMatch(
    /^FILE_UNREADABLE people.csv:2: /u,
  );
  // inside quotes it is part of the value; doubled before a line feed it belongs to the line's end
  const fine = 'email,n\r\r\nbob@x,"a\rb"\r\nann@x,1\r\r\neve@x,3\r';
  expect((await eraseFrom(Buffer.from(fine), ruleOf(), ann)).text).toBe('email,n\r\r\nbob@x,"a\rb"\r\neve@x,3\r');
});
