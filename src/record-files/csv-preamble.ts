import { Failure } from "../errors.ts";

/** What stands before the heading of a CSV file. */
export interface Preamble {
  /** A byte order mark and whole lines, as they stand; may be empty. */
  readonly bytes: Buffer;
  readonly lines: number;
  /** What a first line `sep=;` says. */
  readonly delimiter?: string;
  /** Everything behind it. */
  readonly rest: AsyncGenerator<Buffer>;
}

const BOM = Buffer.from("\u{FEFF}");
const LF = 0x0a;
const MAX = 16 * 1024 * 1024;
/** As spreadsheets write and read it. */
const SEPARATOR = /^"?sep=(.)"?\r?\n$/iu;

/** Reads a byte order mark, `skip` lines, and a first line that names the delimiter. Throws FILE_UNREADABLE where a file ends before its heading. */
export async function readPreamble(source: AsyncIterable<Buffer>, skip: number, name: string): Promise<Preamble> {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let ended = false;
  const more = async (): Promise<void> => {
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
  };
  /** Where the line that starts at `from` ends; -1 where the file ends before. */
  const lineEnd = async (from: number): Promise<number> => {
    for (let searched = from; ;) {
      const found = held.indexOf(LF, searched);
      if (found !== -1) return found + 1;
      if (ended) return -1;
      searched = held.length;
      if (held.length > MAX)
        throw new Failure("FILE_UNREADABLE", `${name}: the lines before its heading are longer than ${MAX} bytes`);
      await more();
    }
  };
  while (held.length < BOM.length + 8 && !ended) await more();
  let at = held.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const isSeparator = /^"?sep=/iu.test(held.subarray(at, at + 8).toString("latin1"));
  const first = isSeparator ? await lineEnd(at) : -1;
  const delimiter = first === -1 ? undefined : SEPARATOR.exec(held.subarray(at, first).toString())?.[1];
  const wanted = Math.max(skip, delimiter === undefined ? 0 : 1);
  for (let lines = 0; lines < wanted; lines += 1) {
    const end = await lineEnd(at);
    if (end === -1 && held.length > 0)
      throw new Failure("FILE_UNREADABLE", `${name}: ends before its heading: \`skip\` names ${skip} lines`);
    if (end !== -1) at = end;
  }
  const bytes = held.subarray(0, at);
  const rest = async function* (): AsyncGenerator<Buffer> {
    try {
      if (held.length > at) yield held.subarray(at);
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  };
  return { bytes, lines: wanted, ...(delimiter === undefined ? {} : { delimiter }), rest: rest() };
}
