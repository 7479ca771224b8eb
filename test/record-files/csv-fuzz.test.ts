import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import type { Dialect } from "../../src/model/datamap.ts";
import { naiveCsv } from "../support/naive-csv.ts";
import { eraseFrom, lookupsOf, random, ruleOf } from "./support.ts";

const KEY = 'a"n, n\r\n@x';
const SOUP = ["a", "b@x", ",", ",", ";", '"', '""', "\n", "\r\n", "\n", "\r", " ", "é", "\u{1F600}", "\0", "ann@x", `"${KEY.replaceAll('"', '""')}"`];

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
        row === 0 ? `c${at}` : next() < 0.3 ? pick(["ann@x", KEY], next) : Array.from({ length: Math.floor(next() * 5) }, () => pick(SOUP, next)).join("");
      const bare = !/["\r\n]/u.test(value) && !value.includes(delimiter);
      return bare && next() < 0.6 ? value : `"${value.replaceAll('"', '""')}"`;
    });
    text += cells.join(delimiter) + (row === rows - 1 && next() < 0.4 ? "" : pick(["\n", "\r\n", "\n\n", "\r\n\r\n"], next));
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
