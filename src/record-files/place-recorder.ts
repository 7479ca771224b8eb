/** Notes while a file is rewritten where in the new file its removed and changed records stood. */
import { crc32 } from "node:zlib";
import type { Placed } from "./record-image.ts";
import { END, keyedChecksum, START } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";

/** A record's name with its line end, for telling it from its neighbours. */
export function rawNamer(rule: Pick<RecordRule, "digest">): (raw: Buffer) => string {
  const checksum = keyedChecksum(rule);
  return (raw) => `${raw.length}.${checksum(raw).toString(36)}`;
}

/** What lies between two records, as one text. */
export interface GapSum {
  add(bytes: Buffer): void;
  readonly length: number;
  text(): string;
  clear(): void;
}

export function gapSum(): GapSum {
  let [sum, length] = [0, 0];
  return {
    add(bytes) {
      sum = crc32(bytes, sum);
      length += bytes.length;
    },
    get length() {
      return length;
    },
    text: () => `${length}.${sum.toString(36)}`,
    clear() {
      [sum, length] = [0, 0];
    },
  };
}

/** Told every piece of the file, in order. */
export interface PlaceRecorder {
  /** What is no record. */
  between(bytes: Buffer): void;
  stays(raw: Buffer): void;
  removes(id: string, raw: Buffer): void;
  changes(id: string, raw: Buffer, now: Buffer): void;
  /** The file has ended. */
  end(): void;
  readonly placed: ReadonlyMap<string, Placed>;
}

export function placeRecorder(rule: Pick<RecordRule, "digest">): PlaceRecorder {
  const nameOf = rawNamer(rule);
  const placed = new Map<string, Placed>();
  const gap = gapSum();
  let [at, prev] = [0, START];
  let waiting: { id: string; image: Omit<Placed, "place">; place: Omit<Placed["place"], "next" | "gap"> }[] = [];
  const settle = (next: string): void => {
    for (const { id, image, place } of waiting)
      placed.set(id, { ...image, place: { ...place, next, gap: image.after === null ? gap.text() : "" } });
    waiting = [];
  };
  const stands = (now: Buffer): void => {
    const name = nameOf(now);
    settle(name);
    at += 1;
    prev = name;
    gap.clear();
  };
  return {
    placed,
    between: (bytes) => gap.add(bytes),
    stays: stands,
    removes(id, raw) {
      const place = { at, prev, offset: gap.length, nth: waiting.length };
      waiting.push({ id, image: { before: raw.toString(), after: null }, place });
    },
    changes(id, raw, now) {
      const place = { at, prev, offset: 0, nth: 0 };
      stands(now);
      waiting.push({ id, image: { before: raw.toString(), after: now.toString() }, place });
    },
    end: () => settle(END),
  };
}
