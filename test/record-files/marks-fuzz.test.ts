import { expect, test } from "vitest";
import type { Marker } from "../../src/model/datamap.ts";
import { markerColumns } from "../../src/model/marker.ts";
import { scanRecords } from "../../src/record-files/record-file.ts";
import { changed, imagesBack } from "./marked.ts";
import { inChunks, lookupsOf, random, ruleOf } from "./support.ts";

const LOOKUPS = lookupsOf("email", "ann@x.example");

function pick<T>(from: readonly T[], next: () => number): T {
  const found = from[Math.floor(next() * from.length)];
  if (found === undefined) throw new Error("picked from nothing");
  return found;
}

const SOUP = ["a", "é", " ", '""', ",", ";", "\n", "\r\n", "\u{1F600}", "2020-01-01"];

function csv(next: () => number): string {
  const quoted = () => `"${Array.from({ length: Math.floor(next() * 4) }, () => pick(SOUP, next)).join("")}"`;
  const rows = Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
    [
      pick(['"ann@x.example"', "ann@x.example", "bob@x.example"], next),
      pick(["", '""', "2020-01-01", '"2020-01-01"'], next),
      quoted(),
    ].join(","),
  );
  const end = pick(["\n", "\r\n"], next);
  return `${pick(["", "\u{FEFF}"], next)}email,meta.gone,note${end}${rows.join(end)}${pick(["", end], next)}`;
}

function jsonl(next: () => number): string {
  const space = () => pick(["", " ", "\t"], next);
  return Array.from({ length: 1 + Math.floor(next() * 8) }, () => {
    const members = [
      `"email"${space()}:${space()}"${pick(["ann", "bob"], next)}@x.example"`,
      ...(next() < 0.5 ? [`"n":${pick(["1.0", "-0", "1e400", '"\\u00e9"'], next)}`] : []),
      ...(next() < 0.6
        ? [
            `"meta":{${space()}${pick(["", '"gone":null', '"gone" : "2020-01-01"', '"a":1', '"a":[] , "gone":null'], next)}${space()}}`,
          ]
        : next() < 0.3
          ? ['"meta.gone":null']
          : []),
    ].toSorted(() => next() - 0.5);
    return `${space()}{${space()}${members.join(`${space()},${space()}`)}${space()}}${space()}`;
  }).join("\n");
}

test.each([
  ["csv", csv],
  ["jsonl", jsonl],
] as const)(
  "over 400 %s files, a mark changes nothing but Ann's living lines, names them as before, and is taken back byte for byte",
  async (format, make) => {
    const marker: Marker = { kind: "timestamp", column: "meta.gone", live: null };
    const rule = ruleOf({ format, marker, unnamed: markerColumns(marker), change: { kind: "mark", marker } });
    const find = async (bytes: Buffer) => await Array.fromAsync(scanRecords(inChunks(bytes), rule, LOOKUPS).found);
    let some = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const before = Buffer.from(make(random(seed)));
      const found = await find(before);
      const { bytes, result } = await changed(before, rule, marker, found);
      const since = await find(bytes);
      expect(
        since.map(({ id }) => id),
        `seed ${seed}`,
      ).toEqual(found.map(({ id }) => id));
      expect(
        since.every((one) => one.marked !== undefined),
        `seed ${seed}`,
      ).toBe(true);
      expect(result.changed.length, `seed ${seed}`).toBe(found.filter((one) => one.marked === undefined).length);
      some += result.changed.length;
      expect((await imagesBack(bytes, rule, marker, result)).equals(before), `seed ${seed}`).toBe(true);
    }
    expect(some).toBeGreaterThan(300);
  },
);
