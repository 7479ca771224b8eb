/**
 * Records of a file have no keys. A record is named by its own bytes: their length and checksum (so that few records need a
 * digest when names are looked up), a keyed digest, and which of several equal records it is. Equal records have equal
 * subjects, so all of them are found together.
 */
import { crc32 } from "node:zlib";
import type { RecordChange, RecordRule } from "./record-file.ts";

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
export function recordNamer({ digest }: Pick<RecordRule, "digest">): (content: Buffer) => { id: string; fingerprint: string } {
  const checksum = keyedChecksum(digest);
  const seen = new Map<string, number>();
  return (content) => {
    const fingerprint = digest(["record", content.toString()]);
    const stem = stemOf(content, checksum(content), fingerprint);
    const nth = seen.get(stem) ?? 0;
    seen.set(stem, nth + 1);
    return { id: `${stem}.${nth}`, fingerprint };
  };
}

/** Finds planned records by their names; call it for every record of a file, in order. */
export function recordFinder(
  { digest }: Pick<RecordRule, "digest">,
  changes: ReadonlyMap<string, RecordChange>,
): (content: Buffer) => (RecordChange & { readonly id: string }) | null {
  const checksum = keyedChecksum(digest);
  const stems = new Map<string, number>();
  const checksums = new Set<number>();
  for (const id of changes.keys()) {
    const [length = "", sum = "", digested = ""] = id.split(".");
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
    const planned = changes.get(id);
    return planned === undefined ? null : { ...planned, id };
  };
}

/** Starts from a secret number, so that it tells nothing about a record to somebody without the key. */
function keyedChecksum(digest: RecordRule["digest"]): (content: Buffer) => number {
  const start = Number.parseInt(digest(["record checksum"]).slice(0, 8), 16);
  return (content) => crc32(content, start);
}

function stemOf(content: Buffer, checksum: number, fingerprint: string): string {
  return `${content.length}.${checksum.toString(36)}.${fingerprint.slice(0, 32)}`;
}
