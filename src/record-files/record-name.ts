/**
 * Records of a file have no keys. A record is named by its own bytes: their length and checksum (so that few records need a
 * digest when names are looked up), a keyed digest, and which of several equal records it is. Equal records have equal
 * subjects, so all of them are found together. Where records are marked as deleted, the bytes of the marker do not count:
 * a marked record keeps its name.
 */
import { crc32 } from "node:zlib";
import type { RecordRule } from "./record-rule.ts";

const LF = 0x0a;
const CR = 0x0d;

/** A record without its line end. */
export function contentOf(bytes: Buffer, start: number, end: number): Buffer {
  let last = end;
  if (last > start && bytes[last - 1] === LF) {
    last -= 1;
    if (last > start && bytes[last - 1] === CR) last -= 1;
  }
  return bytes.subarray(start, last);
}

/** Names the matching records of a file; call it once for each of them, in file order. */
export function recordNamer({
  digest,
}: Pick<RecordRule, "digest">): (content: Buffer) => { id: string; fingerprint: string } {
  const checksum = keyedChecksum({ digest });
  const seen = new Map<string, number>();
  return (content) => {
    const fingerprint = digest(["record", content.toString()]);
    const stem = stemOf(content, checksum(content), fingerprint);
    const nth = seen.get(stem) ?? 0;
    seen.set(stem, nth + 1);
    return { id: `${stem}.${nth}`, fingerprint };
  };
}

/** Finds records by their names; call it for every record of a file, in order. */
export function recordFinder(
  { digest }: Pick<RecordRule, "digest">,
  ids: Iterable<string>,
): (content: Buffer) => string | null {
  const checksum = keyedChecksum({ digest });
  const wanted = new Set(ids);
  const stems = new Map<string, number>();
  const checksums = new Set<number>();
  for (const id of wanted) {
    const { length, sum, digested } = partsOf(id);
    stems.set(`${length}.${sum}.${digested}`, 0);
    checksums.add(Number.parseInt(sum, 36));
  }
  return (content) => {
    const sum = checksum(content);
    if (!checksums.has(sum)) return null;
    const stem = stemOf(content, sum, digest(["record", content.toString()]));
    const nth = stems.get(stem);
    if (nth === undefined) return null;
    stems.set(stem, nth + 1);
    const id = `${stem}.${nth}`;
    return wanted.has(id) ? id : null;
  };
}

/** Whether a record is named like one of these, whichever of several equal ones it is; false for most others. */
export function namedLike(
  { digest }: Pick<RecordRule, "digest">,
  ids: readonly string[],
): (content: Buffer) => boolean {
  const checksum = keyedChecksum({ digest });
  const checksums = new Set(ids.map((id) => Number.parseInt(partsOf(id).sum, 36)));
  return (content) => checksums.has(checksum(content));
}

/** Keyed digest of what stands in the columns that a name says nothing of. */
export function marksDigest({ digest }: Pick<RecordRule, "digest">, texts: readonly (string | null)[]): string {
  return digest(["marks", ...texts]).slice(0, DIGITS);
}

/** The parts of a record's name; `sum` as `keyedChecksum` writes it, `digested` the first half of the fingerprint. */
export function partsOf(id: string): { readonly length: string; readonly sum: string; readonly digested: string } {
  const [length = "", sum = "", digested = ""] = id.split(".");
  return { length, sum, digested };
}

/** Starts from a secret number, so that it tells nothing about a record to somebody without the key. */
export function keyedChecksum({ digest }: Pick<RecordRule, "digest">): (content: Buffer) => number {
  const start = Number.parseInt(digest(["record checksum"]).slice(0, 8), 16);
  return (content) => crc32(content, start);
}

function stemOf(content: Buffer, checksum: number, fingerprint: string): string {
  return `${content.length}.${checksum.toString(36)}.${fingerprint.slice(0, DIGITS)}`;
}

const DIGITS = 32;

/** What tells a planned record of a file from what is there now. */
export interface Fingerprint {
  /** Of the record's own bytes. */
  readonly own: string;
  /** Checksums of the records before and behind it; `START`, `END` where there is none. */
  readonly before: string;
  readonly after: string;
  /** Of the file or object as it was. */
  readonly holder: string;
  /** Of the marker's columns, where the name says nothing of them. */
  readonly marks?: string;
}

export const START = "^";
export const END = "$";

/** The record's own part comes first, up to the first dot: it stays while the record does, whatever becomes of its file. */
export function writeFingerprint({ own, before, after, holder, marks }: Fingerprint): string {
  return [own.slice(0, DIGITS), before, after, holder, ...(marks === undefined ? [] : [marks])].join(".");
}

/** null for what is none of ours. */
export function readFingerprint(text: string): Fingerprint | null {
  const [own, before, after, holder, marks, ...rest] = text.split(".");
  return own === undefined || before === undefined || after === undefined || holder === undefined || rest.length > 0
    ? null
    : { own, before, after, holder, ...(marks === undefined ? {} : { marks }) };
}

/** Whether a planned record's fingerprint is that of the record its name means. */
export function isOwn(id: string, fingerprint: string): boolean {
  return readFingerprint(fingerprint)?.own === partsOf(id).digested;
}
