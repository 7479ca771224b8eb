import { createGunzip, createGzip, type Gunzip, type Gzip } from "node:zlib";
import { pipeline, Readable } from "node:stream";
import { Failure } from "../errors.ts";

export type Compression = "none" | "gzip";

export interface Content {
  readonly compression: Compression;
  /** Uncompressed, in chunks of any size. Throws FILE_UNREADABLE where the compressed data is cut off, damaged or followed by something else. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** What a file is, told by its first bytes; its name is not looked at. Throws FILE_REFUSED or FORMAT_NOT_BUILT for what is no text. */
export async function openContent(source: AsyncIterable<Uint8Array>, name: string): Promise<Content> {
  const { first, all } = await peek(source);
  if (!isGzip(first)) {
    refuseBinary(first, name);
    return { compression: "none", bytes: all };
  }
  const inside = await peek(gunzip(all, name));
  if (isGzip(inside.first)) throw new Failure("FILE_REFUSED", `${name}: is compressed twice`);
  refuseBinary(inside.first, name);
  return { compression: "gzip", bytes: inside.all };
}

/** The counterpart of `openContent`. */
export function pack(content: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  return compression === "none" ? content : through(content, createGzip());
}

const MAGIC = 16;

/** The first bytes (fewer where the source is shorter) and the whole source. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<{ first: Buffer; all: AsyncGenerator<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < MAGIC) {
    const next = await chunks.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const all = async function* () {
    try {
      if (first.length > 0) yield first;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield asBuffer(next.value);
    } finally {
      await chunks.return?.();
    }
  };
  return { first, all: all() };
}

async function* gunzip(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Buffer> {
  const counted = { bytes: 0 };
  const engine = createGunzip();
  try {
    yield* through(count(source, counted), engine);
  } catch (error) {
    if (isZlibError(error))
      throw new Failure("FILE_UNREADABLE", `${name}: its gzip data is damaged, cut off, or followed by something else`);
    throw error;
  }
  // zlib passes over whatever follows a zero byte after the last member; what it did not read would be lost by rewriting
  if (engine.bytesWritten !== counted.bytes)
    throw new Failure("FILE_UNREADABLE", `${name}: something follows its gzip data`);
}

async function* through(source: AsyncIterable<Uint8Array>, engine: Gunzip | Gzip): AsyncGenerator<Buffer> {
  // the error reaches the loop below too; pipeline only has to be told that somebody listens
  pipeline(Readable.from(source), engine, () => undefined);
  for await (const chunk of engine) {
    if (Buffer.isBuffer(chunk)) yield chunk;
  }
}

async function* count(source: AsyncIterable<Uint8Array>, counted: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    counted.bytes += chunk.length;
    yield chunk;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}

function isGzip(first: Buffer): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

/** No text begins so: the byte after the letters is none that text has. */
function refuseBinary(first: Buffer, name: string): void {
  const begins = (...bytes: number[]) => bytes.every((byte, at) => first[at] === byte);
  if (begins(0x28, 0xb5, 0x2f, 0xfd) || ((first[0] ?? 0) >> 4 === 5 && begins(first[0] ?? 0, 0x2a, 0x4d, 0x18)))
    throw new Failure("FORMAT_NOT_BUILT", `${name}: zstd is not built yet`);
  if (first.subarray(0, 4).toString("latin1") === "PAR1" && (first[4] ?? 0) < 0x20 && first.length > 8)
    throw new Failure("FORMAT_NOT_BUILT", `${name}: Parquet is not built yet`);
  const refuse = (what: string) => {
    throw new Failure("FILE_REFUSED", `${name}: is ${what}, not a record file`);
  };
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) refuse("a zip archive (or a spreadsheet)");
  if (begins(0x42, 0x5a, 0x68) && first.subarray(4, 10).toString("hex") === "314159265359")
    refuse("compressed with bzip2");
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) refuse("compressed with xz");
  if (begins(0x04, 0x22, 0x4d, 0x18)) refuse("compressed with lz4");
  if (begins(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) refuse("a 7z archive");
  if (first.subarray(0, 15).toString("latin1") === "SQLite format 3") refuse("an SQLite database");
}
