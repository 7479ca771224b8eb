/**
 * Where the records of a CSV file begin and end, and their cells. The only place that knows csv-parse: a faster reader
 * replaces this file and nothing else.
 */
import { isUtf8 } from "node:buffer";
import { Parser } from "csv-parse";
import type { Dialect } from "../model/datamap.ts";
import { Failure } from "../errors.ts";
import { type Cell, splitCells } from "./csv-cells.ts";

/** Bytes of a block between `start` and `end`, line end included. `cells` null: blank lines. */
export interface CsvPiece {
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[] | null;
}

/** A stretch of the file, cut into pieces without gaps. */
export interface CsvBlock {
  readonly bytes: Buffer;
  readonly pieces: readonly CsvPiece[];
}

/** A quote that is never closed would make one record of the rest of the file. */
export const MAX_RECORD = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * All blocks together are the source, which begins on line `first`. The header is a record like any other. Throws
 * FILE_UNREADABLE with the line of the record that is wrong, never content.
 */
export async function* csvBlocks(
  source: AsyncIterable<Buffer>,
  dialect: Dialect,
  name: string,
  first = 1,
): AsyncGenerator<CsvBlock> {
  let ended: { readonly cells: readonly string[]; readonly end: number }[] = [];
  const parser = new Parser({
    delimiter: dialect.delimiter ?? ",",
    quote: dialect.quote === "" ? null : (dialect.quote ?? '"'),
    escape: dialect.escape ?? dialect.quote ?? '"',
    record_delimiter: ["\r\n", "\n"],
    skip_empty_lines: true,
    on_record: (cells: string[], { bytes }) => {
      ended.push({ cells, end: bytes });
      // nothing goes to the parser's readable side: its objects and their order are not needed
      return null;
    },
  });
  parser.on("error", () => undefined);

  /** What is not cut yet, where it starts in the parser's count, and on which line. */
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = first;
  const broken = (what: string) => new Failure("FILE_UNREADABLE", `${name}:${line}: ${what}`);
  const parse = async (chunk: Buffer | null) => {
    const failed = await feed(parser, chunk);
    if (failed === null) return;
    // what came before it was well: the line is that of the record behind
    const whole = ended.at(-1)?.end ?? offset;
    const wrong = skipLineEnds(held, whole - offset);
    for (let at = held.indexOf(LF); at !== -1 && at < wrong; at = held.indexOf(LF, at + 1)) line += 1;
    // csv-parse's own error quotes the record
    throw broken(`the record that begins here cannot be read (${failed})`);
  };
  /** Cuts `held` at the ends found so far; what is left over stays held. */
  const cut = (last: boolean): CsvBlock | null => {
    const pieces: CsvPiece[] = [];
    let start = 0;
    const push = (end: number, cells: readonly string[] | null) => {
      if (end === start) return;
      pieces.push({ start, end, line, cells });
      for (let at = held.indexOf(LF, start); at !== -1 && at < end; at = held.indexOf(LF, at + 1)) line += 1;
      start = end;
    };
    for (const { cells, end } of ended) {
      push(skipLineEnds(held, start), null);
      push(end - offset, cells);
    }
    if (last) {
      if (skipLineEnds(held, start) !== held.length) throw broken("the end of the file is no whole record");
      push(held.length, null);
    }
    ended = [];
    if (start === 0) return null;
    const block = held.subarray(0, start);
    if (!isUtf8(block))
      throw new Failure("FILE_UNREADABLE", `${name}: is not valid utf-8 at or after line ${pieces[0]?.line ?? line}`);
    // to some a carriage return alone ends a line: what they take for records would be one cell here, or the heading
    if (hasBareReturn(block)) {
      for (const { start: from, end, line: at, cells } of pieces) {
        const split =
          cells === null || !hasBareReturn(block.subarray(from, end))
            ? []
            : (splitCells(textOf(block, from, end), dialect) ?? []);
        if (
          split.some(
            ({ quoted, value }, place) =>
              !quoted && (place === split.length - 1 ? BARE_RETURN : ANY_RETURN).test(value),
          )
        )
          throw new Failure(
            "FILE_UNREADABLE",
            `${name}:${at}: a carriage return without a line feed stands outside quotes`,
            {
              help: "Write the file with line feeds, or CR and LF, at the ends of its lines.",
            },
          );
      }
    }
    // csv-parse takes a NUL after a closing quote for the end of the data, and goes on with the cell
    if (block.includes(0)) {
      for (const { start: from, end, line: at, cells } of pieces) {
        if (cells !== null && !isSame(cells, splitCells(textOf(block, from, end), dialect)))
          throw new Failure("FILE_UNREADABLE", `${name}:${at}: a NUL follows a closing quote`);
      }
    }
    held = held.subarray(start);
    offset += start;
    return { bytes: block, pieces };
  };

  try {
    for await (const chunk of source) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      await parse(chunk);
      const block = cut(false);
      if (block !== null) yield block;
      if (held.length > MAX_RECORD)
        throw broken(`the record that begins here is longer than ${MAX_RECORD} bytes; is a quote not closed?`);
    }
    await parse(null);
    const block = cut(true);
    if (block !== null) yield block;
  } finally {
    parser.destroy();
  }
}

const ANY_RETURN = /\r/u;
/** One that is followed by something else than an end of a line: `\r\r\n` is how some programs write `\r\n`. */
const BARE_RETURN = /\r(?![\r\n]|$)/u;

function hasBareReturn(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    const next = bytes[at + 1];
    if (next !== undefined && next !== LF && next !== CR) return true;
  }
  return false;
}

/** A record without its line end. */
function textOf(block: Buffer, from: number, end: number): string {
  return block.toString("utf8", from, end).replace(/\r?\n$/u, "");
}

function isSame(cells: readonly string[], split: readonly Cell[] | null): boolean {
  return split !== null && split.length === cells.length && split.every(({ value }, at) => value === cells[at]);
}

/** null, or csv-parse's code for what is wrong. */
async function feed(parser: Parser, chunk: Buffer | null): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const done = (error?: Error | null) =>
    resolve(
      error === null || error === undefined
        ? null
        : "code" in error && typeof error.code === "string"
          ? error.code
          : "unknown",
    );
  if (chunk === null) {
    parser.once("error", done);
    parser.resume().end(() => done(null));
  } else parser.write(chunk, done);
  return await promise;
}

function skipLineEnds(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) at += bytes[at] === LF ? 1 : 2;
  return at;
}
