/**
 * Finds values in one line of JSON and where they stand, so that numbers are compared by their text and a change
 * touches nothing but the value: spelling of numbers, escapes, key order, duplicate keys and spaces stay.
 */
import type { PathNode } from "./json-path.ts";

export type JsonKind = "string" | "number" | "boolean" | "null" | "object" | "array";

/** An object or array that a wanted value stands in. Positions are of characters. */
export interface JsonContainer {
  /** After the opening bracket. */
  readonly open: number;
  /** Of the closing bracket. */
  close: number;
  /** Its members (key included) or elements. */
  readonly items: { readonly start: number; end: number }[];
}

export interface JsonValue {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** Which element of each array on the way. */
  readonly indexes: readonly number[];
  readonly container: JsonContainer;
  readonly item: number;
  /** An element of the array at which the path ended: found under `emails` as it is under `emails[]`. */
  readonly element: boolean;
}

/** By path (as numbered in the tree): every value there, in order; duplicate keys give several. */
export type JsonValues = readonly (readonly JsonValue[])[];

/** Nested deeper than any real record; guards the stack. */
const MAX_DEPTH = 500;

interface Cursor {
  readonly text: string;
  at: number;
  readonly found: JsonValue[][];
  readonly indexes: number[];
}

class NotJson extends Error {}

/** null where the text is no JSON object. `paths` is how many paths the tree has. */
export function readJson(text: string, tree: PathNode, paths: number): JsonValues | null {
  const cursor: Cursor = {
    text,
    at: 0,
    found: Array.from({ length: paths }, () => []),
    indexes: [],
  };
  try {
    skipSpace(cursor);
    if (text.charCodeAt(cursor.at) !== 0x7b) return null;
    readObject(cursor, tree, 0);
    skipSpace(cursor);
    return cursor.at === text.length ? cursor.found : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

/** Whether `readJson` can read the text. For most texts that is told several times as fast. */
export function isJsonObject(text: string): boolean {
  return (text.length <= MAX_PLAIN && PLAIN.test(text)) || readJson(text, NO_PATHS, 0) !== null;
}

/** A regular expression keeps its ways back on a stack, which a long text could fill. */
const MAX_PLAIN = 64 * 1024;

/** An object without escapes, three levels deep at most. */
const PLAIN = (() => {
  const space = "[ \\t\\n\\r]*";
  const text = '"[^"\\\\\\x00-\\x1f]*"';
  const scalar = `(?:${text}|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)`;
  const list = (item: string) => `(?:${item}${space}(?:,${space}${item}${space})*)?`;
  const object = (value: string) => `\\{${space}${list(`${text}${space}:${space}${value}`)}\\}`;
  const container = (value: string) => `(?:${scalar}|${object(value)}|\\[${space}${list(value)}\\])`;
  return new RegExp(`^${space}${object(container(container(scalar)))}${space}$`, "u");
})();

const NO_PATHS: PathNode = { keys: new Map(), elements: null, wanted: -1 };

/** The value's text: a string decoded, anything else as it is written; null for JSON null. */
export function textOf(text: string, value: JsonValue): string | null {
  if (value.kind === "null") return null;
  const source = text.slice(value.start, value.end);
  return value.kind === "string" ? unquote(source) : source;
}

function unquote(source: string): string {
  if (!source.includes("\\")) return source.slice(1, -1);
  const parsed: unknown = JSON.parse(source);
  return typeof parsed === "string" ? parsed : source;
}

function readObject(cursor: Cursor, node: PathNode | null, depth: number): void {
  if (depth > MAX_DEPTH) throw new NotJson();
  const { text } = cursor;
  cursor.at += 1;
  const container: JsonContainer = { open: cursor.at, close: 0, items: [] };
  skipSpace(cursor);
  if (text.charCodeAt(cursor.at) === 0x7d) cursor.at += 1;
  else {
    for (;;) {
      skipSpace(cursor);
      const start = cursor.at;
      if (text.charCodeAt(start) !== 0x22) throw new NotJson();
      readString(cursor);
      const child =
        node === null || node.keys.size === 0 ? null : (node.keys.get(unquote(text.slice(start, cursor.at))) ?? null);
      skipSpace(cursor);
      if (text.charCodeAt(cursor.at) !== 0x3a) throw new NotJson();
      cursor.at += 1;
      const item = { start, end: 0 };
      if (node !== null) container.items.push(item);
      readValue(cursor, child, container, depth + 1, -1);
      item.end = cursor.at;
      if (endsOrGoesOn(cursor, 0x7d)) break;
    }
  }
  container.close = cursor.at - 1;
}

/** `flat`: the path that ended at this array; its elements are found under it too. */
function readArray(cursor: Cursor, node: PathNode | null, depth: number, flat: number): void {
  if (depth > MAX_DEPTH) throw new NotJson();
  cursor.at += 1;
  const wanted = node !== null || flat !== -1;
  const container: JsonContainer = { open: cursor.at, close: 0, items: [] };
  skipSpace(cursor);
  if (cursor.text.charCodeAt(cursor.at) === 0x5d) cursor.at += 1;
  else {
    for (let index = 0; ; index += 1) {
      skipSpace(cursor);
      const item = { start: cursor.at, end: 0 };
      if (wanted) {
        container.items.push(item);
        cursor.indexes.push(index);
      }
      readValue(cursor, node, container, depth + 1, flat);
      if (wanted) cursor.indexes.pop();
      item.end = cursor.at;
      if (endsOrGoesOn(cursor, 0x5d)) break;
    }
  }
  container.close = cursor.at - 1;
}

function readValue(cursor: Cursor, node: PathNode | null, container: JsonContainer, depth: number, flat: number): void {
  skipSpace(cursor);
  const start = cursor.at;
  const kind = kindAt(cursor);
  switch (kind) {
    case "object":
      readObject(cursor, node, depth);
      break;
    case "array":
      readArray(cursor, node?.elements ?? null, depth, node?.wanted ?? -1);
      break;
    case "string":
      readString(cursor);
      break;
    case "number":
      NUMBER.lastIndex = start;
      if (!NUMBER.test(cursor.text)) throw new NotJson();
      cursor.at = NUMBER.lastIndex;
      break;
    case "boolean":
    case "null": {
      const word = kind === "null" ? "null" : cursor.text.charCodeAt(start) === 0x74 ? "true" : "false";
      if (!cursor.text.startsWith(word, start)) throw new NotJson();
      cursor.at += word.length;
    }
  }
  const wanted = node?.wanted ?? -1;
  if (wanted === -1 && flat === -1) return;
  const value = {
    kind,
    start,
    end: cursor.at,
    indexes: [...cursor.indexes],
    container,
    item: container.items.length - 1,
  };
  if (wanted !== -1) cursor.found[wanted]?.push({ ...value, element: false });
  if (flat !== -1) cursor.found[flat]?.push({ ...value, element: true });
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function kindAt({ text, at }: Cursor): JsonKind {
  switch (text.charCodeAt(at)) {
    case 0x7b:
      return "object";
    case 0x5b:
      return "array";
    case 0x22:
      return "string";
    case 0x74:
    case 0x66:
      return "boolean";
    case 0x6e:
      return "null";
    default:
      return "number";
  }
}

function readString(cursor: Cursor): void {
  const { text } = cursor;
  let at = cursor.at + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x22) break;
    if (code === 0x5c) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) throw new NotJson();
      at = ESCAPE.lastIndex;
    } else if (code >= 0x20) at += 1;
    else throw new NotJson(); // a control character, or the end (NaN)
  }
  cursor.at = at + 1;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
    cursor.at += 1;
  }
}

/** After a member or element: true at the closing bracket, false after a comma. */
function endsOrGoesOn(cursor: Cursor, closing: number): boolean {
  skipSpace(cursor);
  const code = cursor.text.charCodeAt(cursor.at);
  cursor.at += 1;
  if (code === closing) return true;
  if (code !== 0x2c) throw new NotJson();
  return false;
}
