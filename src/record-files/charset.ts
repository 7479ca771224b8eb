import type { Encoding } from "../model/datamap.ts";
import { Failure } from "../errors.ts";

/**
 * Record files are worked on in UTF-8, whatever they are written in: every decoding here can be undone without a
 * difference of a byte (a byte order mark stays in the text), and delimiters can then be found byte by byte, which they
 * cannot in UTF-16. Throws FILE_UNREADABLE for what is not valid in its encoding; UTF-8 itself is checked by its readers.
 */
export async function* toUtf8(source: AsyncIterable<Buffer>, encoding: Encoding, name: string): AsyncGenerator<Buffer> {
  if (encoding === "utf-8") {
    let start = true;
    for await (const chunk of inPieces(source)) {
      if (start && isUtf16Mark(chunk))
        throw new Failure(
          "FILE_UNREADABLE",
          `${name}: begins with a UTF-16 byte order mark, but its encoding is utf-8`,
        );
      start &&= chunk.length === 0;
      yield chunk;
    }
    return;
  }
  const decode = decoder(encoding);
  let start = true;
  try {
    for await (const chunk of inPieces(source)) {
      // in a single-byte encoding every file is valid: without this the person's é would be looked for in vain
      if (start && isUtf8Mark(chunk))
        throw new Failure(
          "FILE_UNREADABLE",
          `${name}: begins with a UTF-8 byte order mark, but its encoding is ${encoding}`,
        );
      start &&= chunk.length === 0;
      const text = decode(chunk, true);
      if (text !== "") yield Buffer.from(text);
    }
    decode(Buffer.alloc(0), false);
  } catch (error) {
    if (error instanceof TypeError) throw new Failure("FILE_UNREADABLE", `${name}: is not valid ${encoding}`);
    throw error;
  }
}

/** The counterpart of `toUtf8`, for chunks that end at a character's end. Throws FIELD_REFUSED for a character the encoding does not have. */
export async function* fromUtf8(
  source: AsyncIterable<Buffer>,
  encoding: Encoding,
  name: string,
): AsyncGenerator<Buffer> {
  const encode = encoder(encoding);
  for await (const chunk of source) {
    const bytes = encode(chunk);
    if (bytes === null)
      throw new Failure("FIELD_REFUSED", `${name}: a new value has a character that ${encoding} cannot write`);
    yield bytes;
  }
}

/** The less is alive at once, the less memory the garbage collector takes: 16 KiB at a time needs half of what 64 KiB does, and is no slower. */
const PIECE = 16 * 1024;

async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE);
}

function isUtf16Mark(chunk: Buffer): boolean {
  return utf16Of(chunk) !== undefined;
}

/** What a byte order mark of UTF-16 says; undefined: there is none. */
export function utf16Of(chunk: Buffer): Encoding | undefined {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return "utf-16le";
  return chunk[0] === 0xfe && chunk[1] === 0xff ? "utf-16be" : undefined;
}

function isUtf8Mark(chunk: Buffer): boolean {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
}

function decoder(encoding: Exclude<Encoding, "utf-8">): (chunk: Buffer, stream: boolean) => string {
  // the web's `iso-8859-1` is windows-1252; Node's latin1 is the real one
  if (encoding === "iso-8859-1") return (chunk) => chunk.toString("latin1");
  const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return (chunk, stream) => text.decode(chunk, { stream });
}

function encoder(encoding: Encoding): (chunk: Buffer) => Buffer | null {
  switch (encoding) {
    case "utf-8":
      return (chunk) => chunk;
    case "utf-16le":
      return (chunk) => Buffer.from(chunk.toString(), "utf16le");
    case "utf-16be":
      return (chunk) => Buffer.from(chunk.toString(), "utf16le").swap16();
    case "iso-8859-1":
      return singleByte((byte) => String.fromCharCode(byte));
    case "windows-1252": {
      const text = new TextDecoder("windows-1252");
      return singleByte((byte) => text.decode(Uint8Array.of(byte)));
    }
  }
}

function singleByte(characterOf: (byte: number) => string): (chunk: Buffer) => Buffer | null {
  const bytes = new Map(Array.from({ length: 256 }, (_, byte) => [characterOf(byte).charCodeAt(0), byte]));
  return (chunk) => {
    const text = chunk.toString();
    const encoded = Buffer.alloc(text.length);
    for (let at = 0; at < text.length; at += 1) {
      const byte = bytes.get(text.charCodeAt(at));
      if (byte === undefined) return null;
      encoded[at] = byte;
    }
    return encoded;
  };
}
