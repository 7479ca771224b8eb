/**
 * What the records of a file are made of: the cells of a CSV heading, the paths of the first JSON lines. No further byte is
 * read, but by `samplesOf`.
 */
import type { Dialect, Encoding } from "../model/datamap.ts";
import { nameForGit } from "../model/name-for-git.ts";
import type { Reading, Sampled, StoreColumn } from "../model/structure.ts";
import { Failure } from "../errors.ts";
import { toUtf8, utf16Of } from "./charset.ts";
import { openContent } from "./container.ts";
import { splitCells } from "./csv-cells.ts";
import { readPreamble } from "./csv-preamble.ts";

export interface HowRead {
  /** For messages. */
  readonly name: string;
  readonly format: "csv" | "jsonl";
  /** Without a delimiter the heading tells it. */
  readonly dialect: Dialect;
  /** Absent: UTF-8, or what a byte order mark says, else Windows-1252. */
  readonly encoding?: Encoding;
}

/** JSON lines that are looked at for their paths. */
const LINES = 100;
const LONGEST = 1024 * 1024;
/** An object with more keys than any record type has is a dictionary: its keys are somebody's data. */
const MOST_KEYS = 200;

export interface Columns {
  readonly columns: readonly StoreColumn[];
  /** What was found out and is not said by `how`. */
  readonly reading: Reading;
}

/** Throws FILE_UNREADABLE, FILE_REFUSED, FORMAT_NOT_BUILT. */
export async function columnsOf(source: () => AsyncIterable<Uint8Array>, how: HowRead): Promise<Columns> {
  if (how.format === "csv") {
    const { cells, lines, reading } = await headingOf(source(), how);
    await lines.return(undefined);
    return { columns: (cells ?? []).map((name) => textColumn(name)), reading };
  }
  const seen: Seen = {};
  const shapes = new Map<string, StoreColumn["shape"]>();
  for await (const value of jsonLines(source(), how, LINES, seen))
    for (const { path, leaf } of leavesOf(value)) {
      const shape = shapeOf(leaf);
      const known = shapes.get(path);
      if (shape !== undefined) shapes.set(path, known === undefined || known === shape ? shape : "other");
      else if (known === undefined) shapes.set(path, "text");
    }
  return { columns: [...shapes].map(([name, shape]) => ({ ...textColumn(name), shape })), reading: seen };
}

/** At most so many values a column, as text. They never leave memory. */
export async function samplesOf(
  source: () => AsyncIterable<Uint8Array>,
  how: HowRead,
  most: number,
): Promise<Sampled[]> {
  const values = new Map<string, string[]>();
  const take = (column: string, text: string) => {
    if (text === "") return;
    const known = values.get(column);
    if (known === undefined) values.set(column, [text]);
    else if (known.length < most) known.push(text);
  };
  if (how.format === "csv") {
    const { cells, dialect, lines } = await headingOf(source(), how);
    let rows = 0;
    for await (const line of lines) {
      if (rows >= most) break;
      rows += 1;
      for (const [place, { value }] of (splitCells(line, dialect) ?? []).entries()) {
        const column = cells?.[place];
        if (column !== undefined) take(column, value);
      }
    }
  } else {
    for await (const value of jsonLines(source(), how, most))
      for (const { path, leaf } of leavesOf(value))
        if (typeof leaf === "string" || typeof leaf === "number" || typeof leaf === "boolean") take(path, String(leaf));
  }
  return [...values].map(([column, some]) => ({ column, values: some }));
}

interface Heading {
  readonly cells: readonly string[] | undefined;
  readonly dialect: Dialect;
  /** What follows, line by line. */
  readonly lines: AsyncGenerator<string>;
  readonly reading: Reading;
}

/** What the bytes are written in, where nobody said it and it is not UTF-8. */
interface Seen {
  encoding?: Encoding;
}

async function headingOf(source: AsyncIterable<Uint8Array>, how: HowRead): Promise<Heading> {
  const content = await openContent(source, how.name);
  const seen: Seen = {};
  const bytes = await decoded(content.bytes, how, seen);
  const { delimiter, rest } = await readPreamble(bytes, how.dialect.skip ?? 0, how.name);
  const lines = linesOf(rest, how, seen);
  let text: string | undefined;
  for (;;) {
    const next = await lines.next();
    if (next.done === true) break;
    text = text === undefined ? next.value : `${text}\n${next.value}`;
    if (text.trim() === "") {
      text = undefined;
      continue;
    }
    // a heading may go over several lines, in quotes
    const dialect = { ...how.dialect, delimiter: how.dialect.delimiter ?? delimiter ?? delimiterOf(text) };
    const cells = splitCells(text.replace(/\r$/u, ""), dialect);
    if (cells === null) continue;
    const names = cells.map(({ value }, at) => (dialect.header === false ? String(at + 1) : value));
    // a first line `sep=;` says it to whoever reads the file
    const told = how.dialect.delimiter ?? delimiter;
    const cut = told === undefined && dialect.delimiter !== "," ? { delimiter: dialect.delimiter } : {};
    return { cells: names, dialect, lines, reading: { ...cut, ...seen } };
  }
  if (text !== undefined) throw new Failure("FILE_UNREADABLE", `${how.name}: its heading cannot be read`);
  return { cells: undefined, dialect: how.dialect, lines, reading: seen };
}

/** The sign that cuts a heading into most cells, outside quotes. */
function delimiterOf(heading: string): string {
  const plain = heading.replaceAll(/"[^"]*"/gu, "");
  const counted = [",", ";", "\t", "|"].map((sign) => ({ sign, times: plain.split(sign).length }));
  return counted.reduce((best, one) => (one.times > best.times ? one : best)).sign;
}

async function* jsonLines(
  source: AsyncIterable<Uint8Array>,
  how: HowRead,
  most: number,
  seen: Seen = {},
): AsyncGenerator<unknown> {
  const content = await openContent(source, how.name);
  let read = 0;
  for await (const line of linesOf(await decoded(content.bytes, how, seen), how, seen)) {
    if (line.trim() === "") continue;
    if ((read += 1) > most) return;
    try {
      const value: unknown = JSON.parse(line.replace(/^\u{FEFF}/u, ""));
      yield value;
    } catch {
      // a line that is no JSON is said by whoever looks for records; its parser's error would quote it
    }
  }
}

async function decoded(
  bytes: AsyncIterable<Buffer>,
  { encoding, name }: HowRead,
  seen: Seen,
): Promise<AsyncIterable<Buffer>> {
  if (encoding !== undefined) return toUtf8(bytes, encoding, name);
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await chunks.next();
  const all = (async function* () {
    try {
      for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  })();
  const mark = first.done === true ? undefined : utf16Of(first.value);
  if (mark === undefined) return all;
  seen.encoding = mark;
  return toUtf8(all, mark, name);
}

async function* linesOf(
  source: AsyncIterable<Buffer>,
  { name, encoding }: HowRead,
  seen: Seen,
): AsyncGenerator<string> {
  const textOf = (bytes: Buffer): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      if (encoding === undefined) seen.encoding ??= "windows-1252";
      return new TextDecoder("windows-1252").decode(bytes);
    }
  };
  let held: Buffer = Buffer.alloc(0);
  const LF = 0x0a;
  for await (const chunk of source) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let from = 0;
    for (let end = held.indexOf(LF); end !== -1; end = held.indexOf(LF, from)) {
      yield textOf(held.subarray(from, end));
      from = end + 1;
    }
    held = held.subarray(from);
    if (held.length > LONGEST) throw new Failure("FILE_UNREADABLE", `${name}: a line is longer than ${LONGEST} bytes`);
  }
  if (held.length > 0) yield textOf(held);
}

interface Leaf {
  readonly path: string;
  readonly leaf: unknown;
}

/** Every path of a document, as the data map writes it: `who.email`, `members[].email`, `tags[]`. */
function* leavesOf(value: unknown, path = ""): Generator<Leaf> {
  if (Array.isArray(value)) {
    for (const item of value.slice(0, LINES)) yield* leavesOf(item, `${path}[]`);
    return;
  }
  if (typeof value !== "object" || value === null) {
    if (path !== "") yield { path, leaf: value };
    return;
  }
  const entries = Object.entries(value);
  for (const [key, inner] of entries) {
    const name = entries.length > MOST_KEYS || nameForGit(key) !== key ? "*" : key;
    yield* leavesOf(inner, path === "" ? name : `${path}.${name}`);
  }
}

function shapeOf(leaf: unknown): StoreColumn["shape"] | undefined {
  if (typeof leaf === "string") return "text";
  if (typeof leaf === "number") return "number";
  return typeof leaf === "boolean" ? "boolean" : undefined;
}

function textColumn(name: string): StoreColumn {
  return { name, type: "", shape: "text", nullable: true, generated: false };
}
