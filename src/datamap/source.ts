/** The data map's text as YAML: its values, and where each of them stands. */
import {
  Document as YamlDocument,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
} from "yaml";
import type { Position } from "../model/datamap.ts";

/** Keys and list indices from the top of the file. */
export type Path = readonly (string | number)[];

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly help: string;
  readonly at: Position;
}

export interface Source {
  /** Plain JSON values; undefined after a syntax error. */
  readonly value: unknown;
  /** What is wrong with the YAML itself. Never quotes the text. */
  readonly faults: readonly Fault[];
  /** Where the key (or the value) at the path stands; the nearest one above it where there is none. */
  at(path: Path, part: "key" | "value"): Position;
  /** A plain scalar as it was written: `0010`, not 10. Undefined for anything else. */
  written(path: Path): string | undefined;
}

/** Not the parser's own messages: some of them quote the text. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias can have neither anchor nor tag",
  BAD_ALIAS: "this is no anchor's or alias's name",
  BAD_DIRECTIVE: "this directive is not YAML",
  BAD_DQ_ESCAPE: "this escape is not known between double quotes",
  BAD_INDENT: "the indentation does not fit, or a bracket is missing",
  BAD_PROP_ORDER: "anchor and tag stand in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a text with `: ` in it goes in quotes; or lines below are indented too far",
  BLOCK_IN_FLOW: "a block cannot stand between brackets",
  COMMA_IN_BRACKETS: "there is a comma too many",
  KEY_OVER_1024_CHARS: "a key is too long",
  MISSING_CHAR: "a bracket, a quote, a comma or a space is missing",
  MULTILINE_IMPLICIT_KEY: "a key goes over more than one line; is a quote or a colon missing?",
  MULTIPLE_DOCS: "there is more than one document in this file",
  MULTIPLE_TAGS: "there is more than one tag",
  MULTIPLE_ANCHORS: "there is more than one anchor",
  NON_STRING_KEY: "keys must be texts",
  TAB_AS_INDENT: "tabs cannot indent; use spaces",
  TAG_RESOLVE_FAILED: "tags are not used here",
  UNEXPECTED_TOKEN: "this cannot stand here",
};

export function readSource(text: string): Source {
  const lines = new LineCounter();
  const { document, second } = documentsOf(text, lines);
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const at: Source["at"] = (path, part) => position(offsetOf(document, path, part));
  const written: Source["written"] = (path) => {
    const { value } = find(document, path);
    return isScalar(value)
      ? value.type === "PLAIN"
        ? value.source
        : typeof value.value === "string"
          ? value.value
          : undefined
      : undefined;
  };

  const faults: Fault[] = [];
  const errors = [...document.errors, ...document.warnings];
  const unreadable = unreadableAt(text);
  if (unreadable !== undefined)
    return { value: undefined, faults: [{ ...UNREADABLE, at: position(unreadable) }], at, written };
  const syntax = errors.filter(({ code }) => code !== "DUPLICATE_KEY").toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (syntax !== undefined) {
    const message = `This is not YAML: ${SYNTAX[syntax.code] ?? "it cannot be read"}.`;
    // one mistake brings many errors after it: the first is the one to mend
    return {
      value: undefined,
      faults: [
        {
          code: "YAML_SYNTAX",
          message,
          help: "Mend this first; texts with `: `, `#`, `{` or `[` go in quotes. Other issues are looked for after that.",
          at: position(syntax.pos[0]),
        },
      ],
      at,
      written,
    };
  }
  for (const { pos } of errors) {
    faults.push({
      code: "DUPLICATE_KEY",
      message: "This key is there twice.",
      help: "Remove one of them: only one could count.",
      at: position(pos[0]),
    });
  }
  // one of them would be read and the others not, and what stands in those would never be searched
  if (second !== undefined) faults.push({ ...SECOND, at: position(startOfDocument(text, second)) });
  faults.push(...oddNodes(document, position));
  const value = faults.some(({ code }) => code === "ALIAS") ? undefined : plain(document);
  if (value === undefined && faults.length === 0) {
    faults.push({
      code: "ALIAS",
      message: "There are too many aliases of aliases.",
      help: "Write the values out.",
      at: position(0),
    });
  }
  return { value, faults, at, written };
}

/** The documents of the file; of an empty one an empty document. */
function documentsOf(
  text: string,
  lineCounter: LineCounter,
): { readonly document: Document; readonly second: Document | undefined } {
  const how = {
    lineCounter,
    prettyErrors: false,
    logLevel: "silent",
    schema: "core",
    merge: false,
    uniqueKeys: true,
  } as const;
  const [first, ...others] = [...parseAllDocuments(text, how)];
  // a line `---` at the end begins nothing
  const second = others.find(({ contents, errors }) => errors.length > 0 || !isEmpty(contents));
  return { document: first ?? new YamlDocument(null, how), second };
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && (contents.source ?? "") === "");
}

/** The line `---` that it begins with. */
function startOfDocument(text: string, { range, contents }: Document): number {
  const begin = Math.max(startOf(contents), range?.[0] ?? 0);
  return Math.max(0, text.lastIndexOf("\n---", begin) + 1);
}

const SECOND = {
  code: "SECOND_DOCUMENT",
  message: "There is a second document in this file: only one could be read.",
  help: "Write it all as one: take the line `---` away, and keep each key of the top once.",
};

/** What no editor writes in a text: bytes that are no UTF-8 came in as U+FFFD, UTF-16 and damage as control characters. */
function unreadableAt(text: string): number | undefined {
  const at = text.search(/\uFFFD|(?![\t\n\r\u0085])\p{Cc}/u);
  return at === -1 ? undefined : at;
}

const UNREADABLE = {
  code: "ENCODING",
  message: "This file is not UTF-8, or holds a control character: names in it would not be what was meant.",
  help: "Save it as UTF-8, and write what stands here anew.",
};

/** Keys that are faults themselves; what they hold is not looked at. */
const REFUSED: ReadonlySet<string> = new Set(["<<", "__proto__"]);

function oddNodes(document: Document, position: (offset: number) => Position): Fault[] {
  const faults: Fault[] = [];
  const report = (node: unknown, code: string, message: string, help: string): void => {
    faults.push({ code, message, help, at: position(startOf(node)) });
  };
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key))
        report(key, "BAD_NAME", "A key must be a plain text.", "Write the key as one word, or in quotes.");
      else if (key.value === "<<")
        report(
          key,
          "MERGE_KEY",
          "Merge keys (`<<`) are not used here.",
          "Write the keys out: a rule must be readable where it stands. Anchors for whole values are fine.",
        );
      else if (key.value === "__proto__") report(key, "BAD_NAME", "`__proto__` cannot be a name here.", "Rename it.");
    },
    Node(_, node) {
      if (node.tag !== undefined)
        report(node, "TAG", "Tags (`!…`) are not used here.", "Take it away; a text goes in quotes.");
    },
    Alias(_, node) {
      if (node.resolve(document) === undefined)
        report(node, "ALIAS", "No anchor of this name stands before.", "Texts that begin with `*` go in quotes.");
    },
  });
  return faults;
}

/** A copy without shared parts, so that aliased values can be worked on one by one. */
function plain(document: Document): unknown {
  try {
    const value: unknown = document.toJS();
    const copy: unknown =
      value === undefined
        ? null
        : JSON.parse(JSON.stringify(value), (key, each: unknown) => (REFUSED.has(key) ? undefined : each));
    return copy;
  } catch {
    return undefined;
  }
}

function find(document: Document, path: Path): { key: unknown; value: unknown; found: boolean } {
  let [key, value]: [unknown, unknown] = [undefined, document.contents];
  for (const step of path) {
    const node: Node | undefined = isAlias(value)
      ? value.resolve(document)
      : isMap(value) || isSeq(value)
        ? value
        : undefined;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) return { key, value, found: false };
      [key, value] = [pair.key, pair.value];
    } else if (isSeq(node) && Number(step) < node.items.length) {
      [key, value] = [undefined, node.items[Number(step)]];
    } else {
      return { key, value, found: false };
    }
  }
  return { key, value, found: true };
}

function offsetOf(document: Document, path: Path, part: "key" | "value"): number {
  const { key, value, found } = find(document, path);
  // what is missing is reported at the name of the block that lacks it
  const [first, second] = part === "key" || !found ? [key, value] : [value, key];
  return hasRange(first) ? startOf(first) : startOf(second);
}

function hasRange(node: unknown): boolean {
  return (
    (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) &&
    node.range !== undefined &&
    node.range !== null &&
    (!isScalar(node) || node.source !== "" || node.value !== null)
  );
}

function startOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}
