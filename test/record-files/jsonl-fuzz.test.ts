import { expect, test } from "vitest";
import type { Fold, IdentityType } from "../../src/model/datamap.ts";
import type { Lookup, MatchColumn } from "../../src/model/search.ts";
import { jsonlFormat } from "../../src/record-files/jsonl-format.ts";
import { gapFinder, subjectMatcher } from "../../src/record-files/match-record.ts";
import { scanRecords } from "../../src/record-files/record-file.ts";
import { inChunks, random, ruleOf, type TestRule } from "./support.ts";

/** Values that are the same under one fold or another: Kelvin's sign, the final sigma, a dotted I, combining accents. */
const ALIKE = [
  ["ann@x", "ANN@X", " ann@x\t", "\u{FEFF}ann@x", "ma", "annx"],
  ["42", "42.0", "null", "true", ""],
  ["a\u0301nn", "ánn", "ÁNN"],
  ["kim", "\u212Aim", "Kim"],
  ["ΟΔΟΣ", "οδος", "οδοσ", "Οδος."],
  ["İx", "i̇x", "ix"],
  ["+4940123", "0049 (40) 1-23", "004940123", "40123"],
  ["\u{1F600}", 'a"n', "a\\n", "a/n"],
];
const NUMBERS = ["42", "42.0", "-0", "1e400", "0042", "+42", "90071992547409931", ".5", "5."];
const FOLDS: readonly (readonly Fold[])[] = [
  [],
  ["lowercase"],
  ["trim", "lowercase"],
  ["nfc", "trim", "lowercase"],
  ["nfc"],
  ["trim"],
  ["e164"],
];
const TYPES: readonly IdentityType[] = ["string", "email", "uuid"];
const BREAKERS = [
  "",
  "",
  ",",
  "}",
  "{",
  "]",
  "[",
  '"',
  ":",
  "0",
  "-",
  ".",
  "\\",
  "\t",
  "\u0001",
  "\u00A0",
  "\u{FEFF}",
  "\\u00e9",
  " ",
  "\\x",
  "e",
];

type Next = () => number;

function pick<T>(from: readonly T[], next: Next): T {
  const found = from[Math.floor(next() * from.length)];
  if (found === undefined) throw new Error("picked from nothing");
  return found;
}

/** The values of one file. */
type Pool = readonly string[];

function spelled(value: string, next: Next): string {
  const text = JSON.stringify(value);
  if (next() < 0.8) return text;
  const inner = [...Array(value.length).keys()].map((at) => {
    const code = value.charCodeAt(at);
    return next() < 0.4 || code < 0x20 || code === 0x22 || code === 0x5c
      ? `\\u${code.toString(16).padStart(4, "0")}`
      : value.slice(at, at + 1);
  });
  return `"${inner.join("")}"`;
}

function value(next: Next, depth: number, pool: Pool): string {
  const kind = next();
  if (kind < 0.5 || depth > 4) return spelled(pick(pool, next), next);
  if (kind < 0.7) return pick(next() < 0.9 ? NUMBERS.slice(0, 4) : NUMBERS, next);
  if (kind < 0.78) return pick(["true", "false", "null"], next);
  if (kind < 0.89) return object(next, depth + 1, pool);
  return `[${Array.from({ length: Math.floor(next() * 3) }, () => value(next, depth + 1, pool)).join(pick([",", " , "], next))}]`;
}

/** Its keys lead to matched paths often, and repeat. */
function object(next: Next, depth: number, pool: Pool): string {
  const space = () => pick(["", "", "", " ", "\t", "\r"], next);
  const members = Array.from({ length: Math.floor(next() * 4) }, () => {
    const key = spelled(pick(["email", "who", "ids", "n", "kind", "other"], next), next);
    return `${space()}${key}${space()}:${space()}${value(next, depth + 1, pool)}${space()}`;
  });
  return `{${members.join(",") || space()}}`;
}

function line(next: Next, pool: Pool): Buffer {
  const kind = next();
  if (kind < 0.03) return Buffer.from(pick(["", "  ", "[]", '"ann@x"', "null", "42", "not json", "[{}]"], next));
  const deep = 495 + Math.floor(next() * 10);
  if (kind < 0.04) return Buffer.from(`{"who":${"[".repeat(deep)}"ann@x"${"]".repeat(deep)}}`);
  const whole = `${pick(["", "", " "], next)}{"email":${value(next, 0, pool)},"who":${object(next, 0, pool)},"ids":[{"n":${value(next, 1, pool)}},${value(next, 1, pool)}],"rest":${value(next, 0, pool)}}`;
  const text = next() < 0.6 ? whole : object(next, 0, pool);
  if (kind < 0.7) return Buffer.from(text);
  const at = Math.floor(next() * text.length);
  if (kind < 0.97)
    return Buffer.from(text.slice(0, at) + pick(BREAKERS, next) + text.slice(at + Math.floor(next() * 2)));
  return Buffer.concat([
    Buffer.from(text.slice(0, at)),
    Buffer.from([pick([0x80, 0xc3, 0xff], next)]),
    Buffer.from(text.slice(at)),
  ]);
}

/** The same without any line left out: every one is read for its values. */
async function readWhole(bytes: Buffer, rule: TestRule, lookups: readonly Lookup[]): Promise<unknown> {
  const paths = [
    ...new Set([...rule.columns.map(({ column }) => column), ...Object.keys(rule.where ?? {}), ...rule.exports]),
  ];
  const format = jsonlFormat(rule, paths, [], false);
  const subjectsOf = subjectMatcher(rule.columns, rule.mode, lookups, rule.where);
  const isGap = gapFinder(rule.columns, lookups);
  const found: unknown[] = [];
  const gaps: unknown[] = [];
  let records = 0;
  for await (const block of format.blocks(
    (async function* () {
      yield bytes;
    })(),
  ))
    for (const { start, end, line: at, row, unreadable } of block.pieces) {
      if (unreadable) gaps.push({ line: at, gap: isGap(block.bytes.toString("utf8", start, end)) });
      if (row === null) continue;
      records += 1;
      const values = Object.fromEntries(rule.exports.map((column) => [column, format.exported(row, column)]));
      for (const subject of subjectsOf((column) => format.exported(row, column)))
        found.push({ line: at, subject, values });
    }
  return { found, gaps, records, unreadable: gaps.length };
}

test("over 1500 files, passing over lines that cannot match finds, counts and reports what reading every line does", async () => {
  const counted = { found: 0, unreadable: 0, gaps: 0, nobody: 0 };
  for (let seed = 1; seed <= 1500; seed += 1) {
    const next = random(seed);
    const pool = [...pick(ALIKE, next), ...pick(ALIKE, next)];
    const column = (path: string): MatchColumn => ({ column: path, type: pick(TYPES, next), fold: pick(FOLDS, next) });
    const columns = ["email", "who.email", "ids[].n"].filter(() => next() < 0.6).map(column);
    if (columns.length === 0) columns.push(column("who.email"));
    const lookups = Array.from({ length: 1 + Math.floor(next() * 3) }, (_, subject) => ({
      subject,
      values: Object.fromEntries(
        columns
          .filter(() => next() < 0.9)
          .map((matched) => [
            matched.column,
            next() < 0.8 ? [pick(pool, next)] : [pick(pool, next), pick(NUMBERS, next)],
          ]),
      ),
    }));
    const rule = ruleOf({
      name: "people.jsonl",
      format: "jsonl",
      columns,
      mode: next() < 0.85 ? "any" : "all",
      exports: ["who.kind", "email"],
      ...(next() < 0.1 ? { where: { "who.n": ["true", "ann@x", "kim"] } } : {}),
    });
    const ends = Array.from({ length: 1 + Math.floor(next() * 30) }, () => [
      line(next, pool),
      Buffer.from(pick(["\n", "\n", "\r\n", "\n\n"], next)),
    ]).flat();
    const bytes = Buffer.concat([Buffer.from(next() < 0.1 ? "\u{FEFF}" : ""), ...ends]);
    const { found, totals } = scanRecords(inChunks(bytes, 1 + Math.floor(next() * 2000)), rule, lookups);
    const seen = (await Array.fromAsync(found)).flatMap(({ line: at, subjects, values }) =>
      subjects.map((subject) => ({ line: at, subject, values })),
    );
    const told = { found: seen, gaps: rule.gaps, records: totals.records, unreadable: totals.unreadable };
    expect(told, `seed ${seed}`).toEqual(await readWhole(bytes, rule, lookups));
    counted.found += seen.length;
    counted.unreadable += totals.unreadable;
    counted.gaps += rule.gaps.filter(({ gap }) => gap).length;
    counted.nobody += totals.records - seen.length;
  }
  // the generator makes enough of each kind for this to mean something
  expect(Math.min(...Object.values(counted))).toBeGreaterThan(300);
});
