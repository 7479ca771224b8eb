/**
 * JSON with places: every value knows where it stands in its text, and a number keeps its spelling. So a document can be
 * changed in one place without touching a character elsewhere (`12345678901234567890` and `1.0` stay what they are).
 */
export type JsonNode = JsonObjectNode | JsonArrayNode | JsonScalar;

interface Span {
  /** Characters from the start of the text. */
  readonly start: number;
  readonly end: number;
}

export interface JsonObjectNode extends Span {
  readonly kind: "object";
  readonly members: readonly JsonMember[];
}

export interface JsonArrayNode extends Span {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}

export interface JsonScalar extends Span {
  readonly kind: "scalar";
  readonly type: "string" | "number" | "boolean" | "null";
  /** A string's content; otherwise as spelled. */
  readonly text: string;
}

/** The text is no JSON. Its message names a place and quotes nothing. */
export class NotJson extends Error {
  constructor(at: number) {
    super(`The text is no JSON at character ${at}.`);
  }
}

export interface JsonMember {
  readonly key: string;
  /** Where the key's quote stands. */
  readonly start: number;
  readonly value: JsonNode;
}

/** Throws NotJson. */
export function parseJson(text: string): JsonNode {
  let at = 0;

  function fail(): never {
    throw new NotJson(at);
  }

  function skip(): number {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code;
      at += 1;
    }
  }

  function string(): string {
    const start = at;
    for (let from = at + 1; ;) {
      const quote = text.indexOf('"', from);
      if (quote < 0) fail();
      let slashes = 0;
      while (text.charCodeAt(quote - 1 - slashes) === 92) slashes += 1;
      from = quote + 1;
      if (slashes % 2 === 1) continue;
      at = from;
      const raw = text.slice(start + 1, quote);
      return raw.includes("\\") ? String(JSON.parse(text.slice(start, from))) : raw;
    }
  }

  function value(): JsonNode {
    const code = skip();
    const start = at;
    switch (code) {
      case 123:
        return object(start);
      case 91:
        return array(start);
      case 34: {
        const content = string();
        return { kind: "scalar", type: "string", text: content, start, end: at };
      }
      default:
        return literal(start);
    }
  }

  function object(start: number): JsonNode {
    const members: JsonMember[] = [];
    at += 1;
    if (skip() === 125) at += 1;
    else {
      for (;;) {
        if (skip() !== 34) fail();
        const keyStart = at;
        const key = string();
        if (skip() !== 58) fail();
        at += 1;
        members.push({ key, start: keyStart, value: value() });
        if (ends(125)) break;
      }
    }
    return { kind: "object", members, start, end: at };
  }

  function array(start: number): JsonNode {
    const items: JsonNode[] = [];
    at += 1;
    if (skip() === 93) at += 1;
    else {
      do items.push(value());
      while (!ends(93));
    }
    return { kind: "array", items, start, end: at };
  }

  /** After a comma false, after the closing bracket true. */
  function ends(close: number): boolean {
    const code = skip();
    if (code !== close && code !== 44) fail();
    at += 1;
    return code === close;
  }

  function literal(start: number): JsonNode {
    const found = LITERAL.exec(tail());
    if (found === null) fail();
    const [raw] = found;
    at += raw.length;
    const type = raw === "null" ? "null" : raw === "true" || raw === "false" ? "boolean" : "number";
    return { kind: "scalar", type, text: raw, start, end: at };
  }

  function tail(): string {
    let end = at;
    while (end < text.length && !DELIMITERS.has(text.charCodeAt(end))) end += 1;
    return text.slice(at, end);
  }

  const root = value();
  if (!Number.isNaN(skip())) fail();
  return root;
}

const LITERAL = /^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/u;
/** Comma, closing brackets, white space. */
const DELIMITERS: ReadonlySet<number> = new Set([44, 93, 125, 32, 10, 13, 9]);

/** The value under these keys; undefined where there is none. */
export function at(node: JsonNode | undefined, ...keys: readonly string[]): JsonNode | undefined {
  let found = node;
  for (const key of keys) {
    if (found?.kind !== "object") return undefined;
    found = found.members.find((member) => member.key === key)?.value;
  }
  return found;
}

export function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === "array" ? node.items : [];
}

export function membersOf(node: JsonNode | undefined): readonly JsonMember[] {
  return node?.kind === "object" ? node.members : [];
}

/** A string's content, a number or boolean as spelled; undefined for everything else. */
export function textOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.type !== "null" ? node.text : undefined;
}

export function numberOf(node: JsonNode | undefined): number | undefined {
  return node?.kind === "scalar" && node.type === "number" ? Number(node.text) : undefined;
}

/** The value without white space, numbers as spelled: equal texts are equal values. */
export function compact(node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${node.members.map(({ key, value }) => `${JSON.stringify(key)}:${compact(value)}`).join(",")}}`;
    case "array":
      return `[${node.items.map(compact).join(",")}]`;
    case "scalar":
      return node.type === "string" ? JSON.stringify(node.text) : node.text;
  }
}

/**
 * One text for equal values, however a server writes them again: keys in order, `1.0` as `1`. Numbers with a part or a power
 * are told apart as far as a double does, whole ones to the last digit.
 */
export function canonical(node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${node.members
        .map(({ key, value }) => `${JSON.stringify(key)}:${canonical(value)}`)
        .toSorted()
        .join(",")}}`;
    case "array":
      return `[${node.items.map(canonical).join(",")}]`;
    case "scalar":
      if (node.type === "string") return JSON.stringify(node.text);
      if (node.type !== "number") return node.text;
      return /[.eE]/u.test(node.text) ? String(Number(node.text)) : node.text === "-0" ? "0" : node.text;
  }
}

/** Replaces the characters from `start` to `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What takes these children (by index) out of an array or object, commas included. */
export function removalOf(container: JsonObjectNode | JsonArrayNode, gone: ReadonlySet<number>): TextEdit[] {
  const spans =
    container.kind === "array"
      ? container.items
      : container.members.map(({ start, value }) => ({ start, end: value.end }));
  const first = spans.findIndex((_, index) => !gone.has(index));
  const edits: TextEdit[] = [];
  let before: Span | undefined;
  for (const [index, span] of spans.entries()) {
    // up to the first that stays: from its own start to the start of the next one; later: from the end of the one before
    if (gone.has(index)) {
      const next = spans[index + 1];
      if (first >= 0 && index > first && before !== undefined)
        edits.push({ start: before.end, end: span.end, text: "" });
      else edits.push({ start: span.start, end: next === undefined ? span.end : next.start, text: "" });
    }
    before = span;
  }
  return edits;
}

/** The text after these edits; an edit inside one that starts before it is dropped. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = "";
  let done = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start < done) continue;
    result += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return result + text.slice(done);
}
