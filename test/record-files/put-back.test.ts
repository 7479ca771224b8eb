/** Lines that were removed or changed come back in their place byte for byte, or it is said that they cannot. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { putBackRecords, resolvePlaces, textsBack } from "../../src/record-files/put-back.ts";
import type { RecordChange } from "../../src/record-files/record-format.ts";
import { type PlacedImage, readImage, writeImage } from "../../src/record-files/record-image.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { rewriteRecords, verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import { changesFor, inChunks, lookupsOf, random, ruleOf, scan, type TestRule } from "./support.ts";

const ANN = "ann@x.example";
const CLEAR = { kind: "fields", fields: { note: { kind: "clear" } }, documents: [] } as const;
type Back = Map<string, RecordChange & { readonly back: PlacedImage }>;

/** One rewriting for these people: the new bytes; what gives it back is added to `back`. */
async function erase(bytes: Buffer, rule: TestRule, emails: readonly string[], turn: number, back: Back, most = 1e9) {
  const lookups = lookupsOf("email", ...emails);
  const found = (await scan(bytes, rule, lookups)).slice(0, most);
  const changes = changesFor(found, rule.change, lookups, rule);
  const { output, result } = rewriteRecords(inChunks(bytes), rule, changes, String);
  const written = Buffer.concat(await Array.fromAsync(output));
  await verifyRewrite(inChunks(written), rule, changes, result());
  const { images, changed } = result();
  expect([...images.keys()].toSorted()).toEqual([...changed].toSorted());
  for (const [id, image] of images) {
    const read = readImage(writeImage(image, turn), "r");
    if (!("place" in read)) throw new Error("no place was kept");
    back.set(`${turn} ${id}`, { remove: false, parts: [], back: read });
  }
  return written;
}

async function undo(bytes: Buffer, rule: RecordRule, back: Back, size = 11): Promise<Buffer> {
  const { output, result } = putBackRecords(() => inChunks(bytes, size), rule, back);
  const written = Buffer.concat(await Array.fromAsync(output));
  await verifyRewrite(inChunks(written, 5), rule, back, result());
  return written;
}

async function look(text: string | Buffer, rule: RecordRule, back: Back) {
  const { ours, back: there, changed } = await resolvePlaces(() => inChunks(Buffer.from(text)), rule, back);
  return [ours.size, there.size, changed.size];
}

const csvRule = (given: Partial<RecordRule> = {}) => ruleOf({ keeps: true, ...given });
const FILES = [
  ["CRLF, a mark at the start, a heading of its own", `\u{FEFF}email,note\r\n${ANN},1\r\nbob@x.example,2\r\n`],
  ["the last line without its end", `email,note\nbob@x.example,2\n${ANN},1`],
  ["all lines", `email,note\n${ANN},1\n"${ANN}",2\n`],
  ["side by side, in their order", `email,note\na@x.example,0\n${ANN},3\n${ANN},1\n${ANN},2\nb@x.example,0\n`],
  ["equal ones among others", `email,note\n${ANN},1\na,0\n${ANN},1\na,0\na,0\n${ANN},1\na,0\n`],
  ["blank lines around", `email,note\n\n\n${ANN},1\n\nb,0\n\n${ANN},2\n\n\n`],
  ["line ends and quotes of several kinds", `email,note\r\n"${ANN}","a\nb"\nb,0\r\n${ANN},""\n`],
] as const;

describe("removed lines", () => {
  test.each(FILES)("%s", async (_, text) => {
    const rule = csvRule();
    const back: Back = new Map();
    const gone = await erase(Buffer.from(text), rule, [ANN], 1, back);
    expect(gone.toString()).not.toContain(ANN);
    expect(await Array.fromAsync(await textsBack(() => inChunks(gone), rule, back))).toEqual([]);
    expect((await undo(gone, rule, back)).toString()).toBe(text);
    expect(await look(text, rule, back)).toEqual([0, back.size, 0]);
    expect((await textsBack(() => inChunks(Buffer.from(text)), rule, back)).size).toBe(back.size);
  });

  test("compressed, and in another encoding: the content is the same", async () => {
    const text = `email;note\r\nbob;é\r\n${ANN};é\r\n`;
    for (const [bytes, given] of [
      [gzipSync(text), {}],
      [Buffer.from(text, "utf16le"), { encoding: "utf-16le" }],
      [Buffer.from(text, "latin1"), { encoding: "iso-8859-1" }],
    ] as const) {
      const rule = csvRule({ ...given, dialect: { delimiter: ";" } });
      const back: Back = new Map();
      const there = await undo(await erase(bytes, rule, [ANN], 1, back), rule, back);
      expect("encoding" in given ? there : gunzipSync(there)).toEqual("encoding" in given ? bytes : Buffer.from(text));
    }
  });

  test("lines that came elsewhere do not matter; those beside it do", async () => {
    const rule = csvRule();
    const back: Back = new Map();
    const text = `email,note\na,0\n${ANN},1\n${ANN},2\nb,0\nc,0\n`;
    const gone = (await erase(Buffer.from(text), rule, [ANN], 1, back)).toString();
    expect(gone).toBe("email,note\na,0\nb,0\nc,0\n");
    const around = gone.replace("a,0", "z,0\na,0").concat("d,0\n");
    expect((await undo(Buffer.from(around), rule, back)).toString()).toBe(
      text.replace("a,0", "z,0\na,0").concat("d,0\n"),
    );
    for (const other of [
      gone.replace("b,0", "b,1"),
      gone.replace("a,0", "a,1"),
      gone.replace("b,0", "x,0\nb,0"),
      gone.replace("b,0", "\nb,0"),
      gone.replace("a,0\n", ""),
      "email,note\nc,0\n",
      "email,note\n",
    ]) {
      expect(await look(other, rule, back), other).toEqual([0, 0, 2]);
      expect((await undo(Buffer.from(other), rule, back)).toString()).toBe(other);
    }
  });

  test("where the same neighbours stand side by side elsewhere too, only its own place counts", async () => {
    const rule = csvRule();
    const back: Back = new Map();
    const text = `email,note\na,0\na,0\n${ANN},1\na,0\na,0\n`;
    const gone = (await erase(Buffer.from(text), rule, [ANN], 1, back)).toString();
    expect((await undo(Buffer.from(`${gone}b,0\n`), rule, back)).toString()).toBe(`${text}b,0\n`);
    // nobody can say between which of them it stood
    expect(await look(gone.replace("email,note\n", "email,note\nx,0\nx,0\nx,0\n"), rule, back)).toEqual([0, 0, 1]);
  });

  test("in a file that somebody brought back nothing is put twice", async () => {
    const rule = csvRule();
    const back: Back = new Map();
    const text = `email,note\na,0\na,0\n${ANN},1\na,0\n`;
    const gone = (await erase(Buffer.from(text), rule, [ANN], 1, back)).toString();
    expect(await look(text, rule, back)).toEqual([0, 1, 0]);
    // she came anew since: what was removed comes back all the same
    expect((await undo(Buffer.from(`${gone}${ANN},1\n`), rule, back)).toString()).toBe(`${text}${ANN},1\n`);
  });

  test("of a file that was rewritten several times, the last rewriting is taken back first", async () => {
    const rule = csvRule();
    const back: Back = new Map();
    const text = `email,note\n${ANN},1\nbob@x.example,2\n${ANN},3\na,0\n${ANN},4\nbob@x.example,5\n`;
    let bytes: Buffer = Buffer.from(text);
    for (const [turn, email] of [ANN, "bob@x.example"].entries())
      bytes = await erase(bytes, rule, [email], turn + 1, back);
    expect(bytes.toString()).toBe("email,note\na,0\n");
    expect((await undo(bytes, rule, back)).toString()).toBe(text);
  });
});

describe("changed lines", () => {
  const rule = csvRule({ change: CLEAR, columns: [{ column: "email", type: "email", fold: [] }] });
  test.each(FILES)("%s", async (_, text) => {
    const back: Back = new Map();
    const changed = await erase(Buffer.from(text), rule, [ANN], 1, back);
    expect((await undo(changed, rule, back)).toString()).toBe(text);
  });

  test("of lines that are equal since, each comes back where it was, and none where another's stood", async () => {
    const email = { column: "email", type: "email", fold: [] } as const;
    const both = csvRule({
      change: { kind: "fields", fields: { note: { kind: "clear" }, email: { kind: "clear" } }, documents: [] },
      columns: [email],
    });
    const back: Back = new Map();
    const text = `email,note\n,\n${ANN},1\n,\nc,0\n${ANN},2\nd,0\n`;
    const changed = (await erase(Buffer.from(text), both, [ANN], 1, back)).toString();
    expect(changed).toBe("email,note\n,\n,\n,\nc,0\n,\nd,0\n");
    expect((await undo(Buffer.from(`${changed}e,0\n`), both, back)).toString()).toBe(`${text}e,0\n`);
    expect(await look(changed.replace("c,0\n,\n", "c,0\n"), both, back)).toEqual([0, 0, 2]);
  });

  test("one that was changed since is not", async () => {
    const back: Back = new Map();
    const changed = (await erase(Buffer.from(`email,note\n${ANN},1\nb,0\n`), rule, [ANN], 1, back)).toString();
    expect(await look(changed.replace(`${ANN},`, `${ANN},since`), rule, back)).toEqual([0, 0, 1]);
    // its neighbour was
    expect(await look(changed.replace("b,0", "b,1"), rule, back)).toEqual([1, 0, 0]);
  });
});

const SOUP = ["a", "é", '""', ",", "\n", "\r\n", "\u{1F600}"];

test("over 400 files of both kinds, whatever was removed or changed in up to four rewritings comes back byte for byte", async () => {
  let some = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const next = random(seed);
    const pick = <T>(from: readonly T[]): T => {
      const found = from[Math.floor(next() * from.length)];
      if (found === undefined) throw new Error("picked from nothing");
      return found;
    };
    const isCsv = seed % 2 === 0;
    const end = () => pick(["\n", "\r\n", "\n\n"]);
    const line = () => {
      const email = pick([ANN, ANN, "bob@x.example", "cay@x.example"]);
      if (!isCsv)
        return next() < 0.1 ? "no json" : `{"email":"${email}"${pick(["", ', "note":1.0', ',"note" : "x"'])}}`;
      const quoted = `"${Array.from({ length: Math.floor(next() * 3) }, () => pick(SOUP)).join("")}"`;
      return `${email},${pick(["1", "", quoted])}`;
    };
    const lines = Array.from({ length: Math.floor(next() * 12) }, line);
    const text = `${pick(["", "\u{FEFF}"])}${isCsv ? `email,note${end()}` : ""}${lines.map((one, at) => one + (at === lines.length - 1 ? pick(["", "\n"]) : end())).join("")}`;
    const rule = ruleOf({
      keeps: true,
      format: isCsv ? "csv" : "jsonl",
      ...(next() < 0.4 ? { change: CLEAR } : {}),
    });
    const back: Back = new Map();
    let bytes: Buffer = Buffer.from(text);
    for (let turn = 1; turn <= 1 + Math.floor(next() * 4); turn += 1)
      bytes = await erase(bytes, rule, [pick([ANN, "bob@x.example"])], turn, back, 1 + Math.floor(next() * 4));
    some += back.size;
    expect((await undo(bytes, rule, back, 1 + Math.floor(next() * 40))).toString(), `seed ${seed}`).toBe(text);
  }
  expect(some).toBeGreaterThan(500);
});
