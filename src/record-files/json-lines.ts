import { isUtf8 } from "node:buffer";
import { Failure } from "../errors.ts";
import { MAX_RECORD } from "./csv-records.ts";

/** A line, its line end included. */
export interface LinePiece {
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  /** Nothing but spaces, or a byte order mark. */
  readonly blank: boolean;
}

export interface LineBlock {
  readonly bytes: Buffer;
  readonly pieces: readonly LinePiece[];
  /** Whether all of it is valid UTF-8, so that lines need not be looked at one by one. */
  readonly valid: boolean;
}

const LF = 0x0a;
const BOM = Buffer.from("\u{FEFF}");

/** Cuts at line feeds; a JSON text has none inside a value. All blocks together are the source. Throws FILE_UNREADABLE for an endless line. */
export async function* lineBlocks(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<LineBlock> {
  let held: Buffer[] = [];
  let size = 0;
  let line = 1;
  let start = true;
  const block = (bytes: Buffer): LineBlock => {
    const pieces: LinePiece[] = [];
    let at = 0;
    if (start && bytes.subarray(0, BOM.length).equals(BOM)) {
      pieces.push({ start: 0, end: BOM.length, line, blank: true });
      at = BOM.length;
    }
    start = false;
    while (at < bytes.length) {
      const found = bytes.indexOf(LF, at);
      const end = found === -1 ? bytes.length : found + 1;
      pieces.push({ start: at, end, line, blank: isBlank(bytes, at, end) });
      if (found !== -1) line += 1;
      at = end;
    }
    return { bytes, pieces, valid: isUtf8(bytes) };
  };
  for await (const chunk of source) {
    const last = chunk.lastIndexOf(LF) + 1;
    if (last > 0) {
      yield block(held.length === 0 ? chunk.subarray(0, last) : Buffer.concat([...held, chunk.subarray(0, last)]));
      held = [];
      size = 0;
    }
    if (last < chunk.length) held.push(chunk.subarray(last));
    size += chunk.length - last;
    if (size > MAX_RECORD)
      throw new Failure(
        "FILE_UNREADABLE",
        `${name}:${line}: the line that begins here is longer than ${MAX_RECORD} bytes`,
      );
  }
  if (size > 0) yield block(Buffer.concat(held));
}

function isBlank(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
  }
  return true;
}
