/**
 * Paths into documents as the search server sees them: `author.name`, `members[].email`. A dot in a key is the same as
 * a nested object, and an array of objects is walked through whether or not the path says `[]`.
 */
import type { JsonArrayNode, JsonNode, JsonObjectNode } from "./json-text.ts";

export interface Path {
  /** As the data map wrote it. */
  readonly text: string;
  readonly names: readonly string[];
  /** Whether a name was written with `[]`: a lone object there counts as the one element of an array. */
  readonly arrays: readonly boolean[];
}

export function parsePath(text: string): Path {
  const names = text.split(".");
  return { text, names: names.map((name) => name.replace(/(?:\[\])+$/u, "")), arrays: names.map((name) => name.endsWith("[]")) };
}

/** Full name of the field in the mapping. */
export function fieldName(path: Path): string {
  return path.names.join(".");
}

/** Where a value stands: in which object or array, as which child. */
export interface Place {
  readonly container: JsonObjectNode | JsonArrayNode;
  readonly index: number;
}

/** A value found under a path. */
export interface Occurrence {
  readonly node: JsonNode;
  readonly place: Place;
  /** The array elements it lies in, outermost first: name of the array -> the element. */
  readonly elements: ReadonlyMap<string, JsonNode>;
}

/** The path means the elements of an array, not the array itself. */
export function meansElements(path: Path): boolean {
  return path.arrays.at(-1) === true;
}

/** Every value under the path. `leaves`: an array at the end of the path is walked through even where it has no `[]`. */
export function occurrences(root: JsonNode, path: Path, leaves: boolean): Occurrence[] {
  const found: Occurrence[] = [];

  function walk(node: JsonNode, from: number, place: Place | undefined, elements: ReadonlyMap<string, JsonNode>): void {
    const ended = from === path.names.length;
    const name = path.names.slice(0, from).join(".");
    if (node.kind === "array" && from > 0 && (!ended || leaves || meansElements(path))) {
      for (const [index, item] of node.items.entries()) walk(item, from, { container: node, index }, new Map(elements).set(name, item));
      return;
    }
    const inside = path.arrays[from - 1] === true && !elements.has(name) ? new Map(elements).set(name, node) : elements;
    if (ended) {
      if (place !== undefined) found.push({ node, place, elements: inside });
      return;
    }
    if (node.kind !== "object") return;
    for (const [index, { key, value }] of node.members.entries()) {
      const to = endOfKey(key, from);
      if (to !== undefined) walk(value, to, { container: node, index }, inside);
    }
  }

  /** The key is the next name, or several of them with dots between. */
  function endOfKey(key: string, from: number): number | undefined {
    if (key === path.names[from]) return from + 1;
    if (!key.includes(".")) return undefined;
    const to = from + key.split(".").length;
    return to <= path.names.length && path.names.slice(from, to).join(".") === key ? to : undefined;
  }

  walk(root, 0, undefined, new Map());
  return found;
}
