/**
 * The one language of paths into JSON: `author.name`, `members[].email`, `emails[]`. `[]` means the elements of an array; an
 * array is walked through whether or not the path says so, and where it says so a lone value counts as the one element.
 */
import type { JsonArrayNode, JsonNode, JsonObjectNode } from "./json-text.ts";

export interface Path {
  /** As the data map wrote it. */
  readonly text: string;
  /** Keys, outermost first; the first is `""` where the path begins with `[]`: the document is an array itself. */
  readonly names: readonly string[];
  /** How many `[]` follow each name. */
  readonly arrays: readonly number[];
}

export function parsePath(text: string): Path {
  const parts = text.split(".").map((part) => ({ part, brackets: /(?:\[\])*$/u.exec(part)?.[0] ?? "" }));
  return {
    text,
    names: parts.map(({ part, brackets }) => part.slice(0, part.length - brackets.length)),
    arrays: parts.map(({ brackets }) => brackets.length / 2),
  };
}

/** The path without its brackets: the name of a field in a mapping. */
export function fieldName({ names }: Path): string {
  return names.join(".");
}

/** The path means the elements of an array, not the array itself. */
export function meansElements({ arrays }: Path): boolean {
  return (arrays.at(-1) ?? 0) > 0;
}

/** `above` leads to what `below` leads to, or to something that holds it. */
export function isAtOrAbove(above: Path, below: Path): boolean {
  return above.names.length <= below.names.length && above.names.every((name, at) => name === below.names[at]);
}

/** Where a value stands: in which object or array, as which child. */
export interface Place {
  readonly container: JsonObjectNode | JsonArrayNode;
  readonly index: number;
}

/** The array elements that a value lies in, outermost first: name of the array -> the element. */
export type Elements = ReadonlyMap<string, JsonNode>;

/** A value found under a path. */
export interface Occurrence {
  readonly node: JsonNode;
  readonly place: Place;
  readonly elements: Elements;
  /** The value is one of several that are a single object to the store: keys with dots in them that begin with the path. */
  readonly parts?: readonly JsonNode[];
}

export interface Reading {
  /** An array at the end of the path is walked through even where it has no `[]`. */
  readonly leaves?: boolean;
  /** A dot in a key is the same as an object in an object, as search servers have it. */
  readonly dots?: boolean;
  /** With `dots`: keys that go further than the path are found too. */
  readonly below?: boolean;
}

/** Every value under the path, in the order in which they stand. Of duplicate keys each one. */
export function occurrences(
  root: JsonNode,
  path: Path,
  { leaves = false, dots = false, below = false }: Reading,
): Occurrence[] {
  const found: Occurrence[] = [];
  const { names, arrays } = path;

  /** `from` names and, behind the last of them, `depth` arrays have been walked through. */
  function walk(node: JsonNode, from: number, depth: number, place: Place | undefined, elements: Elements): void {
    const ended = from === names.length;
    const said = (arrays[from - 1] ?? 0) - depth;
    const name = names.slice(0, from).join(".") + "[]".repeat(depth);
    if (node.kind === "array" && from > 0 && (said > 0 || !ended || leaves)) {
      for (const [index, item] of node.items.entries())
        walk(item, from, depth + 1, { container: node, index }, new Map(elements).set(name, item));
      return;
    }
    const inside = said > 0 ? new Map(elements).set(name, node) : elements;
    if (ended) {
      if (place !== undefined) found.push({ node, place, elements: inside });
      return;
    }
    if (node.kind !== "object") return;
    const further: Place[] = [];
    const rest = dots && below ? `${names.slice(from).join(".")}.` : undefined;
    for (const [index, { key, value }] of node.members.entries()) {
      const to = endOfKey(key, from);
      if (to !== undefined) walk(value, to, 0, { container: node, index }, inside);
      else if (rest !== undefined && key.startsWith(rest)) further.push({ container: node, index });
    }
    const parts = further.flatMap(({ index }) => node.members[index]?.value ?? []);
    for (const [at, part] of parts.entries()) {
      const where = further[at];
      if (where !== undefined) found.push({ node: part, place: where, elements: inside, parts });
    }
  }

  /** The key is the next name, or several of them with dots between. */
  function endOfKey(key: string, from: number): number | undefined {
    if (key === names[from]) return from + 1;
    if (!dots || !key.includes(".")) return undefined;
    const to = from + key.split(".").length;
    return to <= names.length && names.slice(from, to).join(".") === key ? to : undefined;
  }

  walk(root, names[0] === "" ? 1 : 0, 0, undefined, new Map());
  return found;
}
