import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import type { Dialect } from "../../src/model/datamap.ts";
import { naiveCsv } from "../support/naive-csv.ts";
import { eraseFrom, lookupsOf, random, ruleOf } from "./support.ts";

const KEY = 'a"n, n\r\n@x';
const SOUP = [
  "a",
  "b@x",
  ",",
  ",",
  ";",
  '"',
  '""',
  "\n",
  "\r\n",
  "\n",
  "\r",
  " ",
  "é",
  "\u{1F600}",
  "\0",
  "ann@x",
  `"${KEY.replaceAll('"', '""')}"`,
];

function pick<T>(from: readonly T[], next: () => number): T {
  const found = from[Math.floor(next() * from.length)];
  if (found === undefined) throw new Error("picked from nothing");
  return found;
}

/** Rows that are mostly well-formed, with everything allowed in quoted cells. */
function structured(next: () => number, delimiter: string): string {
  const columns = 1 + Math.floor(next() * 4);
  let text = next() < 0.2 ? "\u{FEFF}" : "";
  const rows = 1 + Math.floor(next() * 12);
  for (let row = 0; row < rows; row += 1) {
    const cells = Array.from({ length: columns }, (_, at) => {
      const value =
        row === 0
          ? `c${at}`
          : next() < 0.3
            ? pick(["ann@x", KEY], next)
            : Array.from({ length: Math.floor(next() * 5) }, () => pick(SOUP, next)).join("");
      const bare = !/["\r\n]/u.test(value) && !value.includes(delimiter);
      return bare && next() < 0.6 ? value : `"${value.replaceAll('"', '""')}"`;
    });
    text +=
      cells.join(delimiter) + (row === rows - 1 && next() < 0.4 ? "" : pick(["\n", "\r\n", "\n\n", "\r\n\r\n"], next));
  }
  return text;
}

function soup(next: () => number): string {
  return `c0,c1\n${Array.from({ length: Math.floor(next() * 25) }, () => pick(SOUP, next)).join("")}`;
}

test("over 1000 files, what is kept is exactly what a naive reading keeps, and what it refuses is refused", async () => {
  const counted = { refused: 0, removed: 0, kept: 0 };
  for (let seed = 1; seed <= 1000; seed += 1) {
    const next = random(seed);
    const delimiter = seed % 3 === 0 ? ";" : ",";
    const dialect: Dialect = delimiter === "," ? {} : { delimiter };
    const text = seed % 2 === 0 ? soup(next) : structured(next, delimiter);
    const mark = text.startsWith("\u{FEFF}") ? 1 : 0;
    const records = naiveCsv(text.slice(mark), delimiter);
    const rule = ruleOf({ dialect, columns: [{ column: "c0", type: "string", fold: [] }] });
    const size = 1 + Math.floor(next() * 40);
    const run = eraseFrom(Buffer.from(text), rule, lookupsOf("c0", "ann@x", KEY), size);
    const header = records?.[0]?.cells ?? [];
    if (records === null || header.indexOf("c0") === -1 || header.indexOf("c0") !== header.lastIndexOf("c0")) {
      counted.refused += 1;
      await expect(run, `seed ${seed}: ${JSON.stringify(text)}`).rejects.toBeInstanceOf(Failure);
      continue;
    }
    const place = header.indexOf("c0");
    let wanted = text.slice(0, mark);
    let end = 0;
    for (const [at, record] of records.entries()) {
      wanted += text.slice(mark + end, mark + record.start);
      end = record.end;
      if (at > 0 && ["ann@x", KEY].includes(record.cells[place] ?? "")) counted.removed += 1;
      else {
        counted.kept += 1;
        wanted += text.slice(mark + record.start, mark + record.end);
      }
    }
    wanted += text.slice(mark + end);
    expect((await run).text, `seed ${seed}: ${JSON.stringify(text)}`).toBe(wanted);
  }
  // the generator makes enough of each kind for this to mean something
  expect(Math.min(counted.refused, counted.removed, counted.kept)).toBeGreaterThan(150);
});

/** Lines that say nothing to a reader of CSV, with quotes and separators in them. */
function preamble(next: () => number, lines: number): string {
  return Array.from(
    { length: lines },
    () =>
      Array.from({ length: Math.floor(next() * 5) }, () => pick(SOUP, next))
        .join("")
        .replaceAll("\n", "") + pick(["\n", "\r\n"], next),
  ).join("");
}

test("over 600 files, lines that are skipped and a line that names the delimiter change nothing of what is read behind them", async () => {
  const counted = { refused: 0, removed: 0, named: 0, skipped: 0 };
  for (let seed = 1; seed <= 600; seed += 1) {
    const next = random(seed);
    const delimiter = pick([",", ";", "|"], next);
    const named = next() < 0.4;
    const skip = Math.floor(next() * 4);
    const lines = Math.max(0, skip - (named ? 1 : 0));
    const mark = next() < 0.2 ? "\u{FEFF}" : "";
    const head = `${mark}${named ? `sep=${delimiter}\r\n` : ""}${preamble(next, lines)}`;
    const body = structured(next, delimiter).replace("\u{FEFF}", "");
    const columns = [{ column: "c0", type: "string", fold: [] }] as const;
    const lookups = lookupsOf("c0", "ann@x", KEY);
    const size = 1 + Math.floor(next() * 40);
    const alone = await eraseFrom(Buffer.from(body), ruleOf({ dialect: { delimiter }, columns }), lookups, size).catch(
      (error: unknown) => error,
    );
    const dialect: Dialect = { ...(named ? {} : { delimiter }), ...(skip === 0 ? {} : { skip }) };
    const behind = await eraseFrom(Buffer.from(head + body), ruleOf({ dialect, columns }), lookups, size).catch(
      (error: unknown) => error,
    );
    const where = `seed ${seed}: ${JSON.stringify(head + body)}`;
    if (alone instanceof Failure) {
      counted.refused += 1;
      expect(behind, where).toBeInstanceOf(Failure);
      continue;
    }
    if (alone instanceof Error || behind instanceof Error || !isErased(alone) || !isErased(behind))
      throw new Error(`${where}: ${String(behind)}`);
    expect(behind.text, where).toBe(head + alone.text);
    const before = head.match(/\n/gu)?.length ?? 0;
    expect(
      behind.found.map(({ line }) => line),
      where,
    ).toEqual(alone.found.map(({ line }) => line + before));
    counted.removed += alone.found.length;
    counted.named += named ? 1 : 0;
    counted.skipped += skip > 0 ? 1 : 0;
  }
  expect(Math.min(counted.removed, counted.named, counted.skipped)).toBeGreaterThan(150);
});

type Erased = Awaited<ReturnType<typeof eraseFrom>>;

function isErased(result: unknown): result is Erased {
  return typeof result === "object" && result !== null && "found" in result;
}

test("over 600 files, a value leaves its list as a naive splitting has it, and every other byte stays", async () => {
  const counted = { changed: 0, whole: 0, quoted: 0 };
  for (let seed = 1; seed <= 600; seed += 1) {
    const next = random(seed);
    const separator = pick([";", " ::: ", ", ", '"|"'], next);
    const values = ["ann@x", "ann@x", "bob@x", "", "a\nb", 'say "x"', " ann@x", "é\u{1F600}"];
    const rows = Array.from({ length: 1 + Math.floor(next() * 6) }, () => {
      const list = Array.from({ length: 1 + Math.floor(next() * 4) }, () => pick(values, next));
      const cell = list.join(separator);
      const quoted = /[",\r\n]/u.test(cell) || next() < 0.3;
      // a value that holds the separator splits into more
      const parts = cell.split(separator);
      const left = parts.filter((value) => value !== "ann@x").join(separator);
      return { cell, left, quoted, end: pick(["\n", "\r\n"], next) };
    });
    const write = (row: (typeof rows)[number], cell: string) =>
      `${row.quoted ? `"${cell.replaceAll('"', '""')}"` : cell},1${row.end}`;
    const file = `email,n\n${rows.map((row) => write(row, row.cell)).join("")}`;
    const wanted = `email,n\n${rows.map((row) => write(row, row.left)).join("")}`;
    const rule = ruleOf({
      split: { email: separator },
      change: { kind: "fields", fields: { email: { kind: "remove" } }, documents: [] },
    });
    const { text, result } = await eraseFrom(
      Buffer.from(file),
      rule,
      lookupsOf("email", "ann@x"),
      1 + Math.floor(next() * 40),
    );
    expect(text, `seed ${seed}: ${JSON.stringify(file)}`).toBe(wanted);
    counted.changed += result.changed.length;
    counted.whole += rows.filter(({ cell, left }) => left === "" && cell !== "").length;
    counted.quoted += rows.filter(({ quoted, cell, left }) => quoted && cell !== left).length;
  }
  expect(Math.min(...Object.values(counted))).toBeGreaterThan(150);
});
