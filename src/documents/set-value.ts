/**
 * Sets one value in a document, and takes it back, with every other character as it was. What is not there is made, the
 * objects that lead to it too, and goes again with it.
 */
import { applyEdits, canonical, parseJson, removalOf, type JsonNode, type JsonObjectNode } from "./json-text.ts";
import { occurrences, type Occurrence, type Path } from "./path.ts";

/** What stood where a value was set. */
export type Stood =
  | { readonly kind: "value"; readonly text: string }
  /** `depth`: how many of the path's names led to what was there: an object, or (`above`) a `null` or `[]`. */
  | { readonly kind: "nothing"; readonly depth: number; readonly above?: string };

export interface ValueSet {
  readonly text: string;
  readonly stood: Stood;
}

/** The value is not one: the path leads through an array or a value that is no object, or to an object, or to several. */
export const MANY = Symbol("many");

/** The one value under the path, as it is written; an array of values is one. Undefined where there is none. */
export function valueAt(root: JsonNode, path: Path): JsonNode | undefined | typeof MANY {
  const found = oneAt(root, path);
  if (found === MANY || found === undefined) return found;
  return found.node.kind === "object" ? MANY : found.node;
}

/** One text for the values that are equal; `""` where there is none. */
export function valueText(root: JsonNode, path: Path): string {
  const found = valueAt(root, path);
  return found === undefined ? "" : found === MANY ? "many" : canonical(found);
}

/** `json`: of what stands there now. MANY where that cannot be done. */
export function setValue(
  text: string,
  path: Path,
  json: (old: JsonNode | undefined) => string,
): ValueSet | typeof MANY {
  const root = parseJson(text);
  const old = valueAt(root, path);
  if (old === MANY) return MANY;
  if (old !== undefined) {
    const edit = { start: old.start, end: old.end, text: json(old) };
    return { text: applyEdits(text, [edit]), stood: { kind: "value", text: text.slice(old.start, old.end) } };
  }
  return makeValue(text, root, path, json(undefined));
}

function makeValue(text: string, root: JsonNode, { names }: Path, json: string): ValueSet | typeof MANY {
  if (isForked(root, names)) return MANY;
  const { node, depth } = deepest(root, names);
  const rest = names.slice(depth);
  if (node.kind === "object") {
    const end = endOf(node);
    const edit = { start: end, end, text: memberText(node, rest, json) };
    return { text: applyEdits(text, [edit]), stood: { kind: "nothing", depth } };
  }
  if (!isNothing(node) || depth === 0) return MANY;
  const edit = { start: node.start, end: node.end, text: nested(rest, json) };
  const above = text.slice(node.start, node.end);
  return { text: applyEdits(text, [edit]), stood: { kind: "nothing", depth, above } };
}

/** Whether a value can be set under the path. */
export function canSet(root: JsonNode, path: Path): boolean {
  const old = valueAt(root, path);
  if (old !== undefined || isForked(root, path.names)) return old !== undefined && old !== MANY;
  const { node, depth } = deepest(root, path.names);
  return node.kind === "object" || (isNothing(node) && depth > 0);
}

/** Keys with dots lead there beside objects in objects: nobody can say in which of them a value would be. */
function isForked(root: JsonNode, names: readonly string[]): boolean {
  return names.slice(1).some((_, at) => {
    const above = names.slice(0, at + 1);
    return occurrences(root, pathOf(above), { dots: true }).length > 1;
  });
}

function pathOf(names: readonly string[]): Path {
  return { text: names.join("."), names, arrays: names.map(() => 0) };
}

/** What stands as far along these names as there is something, and how many of them lead there. */
function deepest(root: JsonNode, names: readonly string[]): { readonly node: JsonNode; readonly depth: number } {
  let node = root;
  let depth = 0;
  for (;;) {
    const next = node.kind === "object" ? memberTo(node, names.slice(depth)) : undefined;
    if (next === undefined) return { node, depth };
    depth += next.names;
    node = next.value;
  }
}

/** Gives back what stood there. Undefined where the path does not lead to one value. */
export function takeBack(text: string, path: Path, stood: Stood): string | undefined {
  const found = oneAt(parseJson(text), path);
  if (found === MANY || found === undefined) return undefined;
  const { node, place } = found;
  if (stood.kind === "value") return applyEdits(text, [{ start: node.start, end: node.end, text: stood.text }]);
  let left = applyEdits(text, removalOf(place.container, new Set([place.index])));
  const last = stood.above === undefined ? stood.depth + 1 : stood.depth;
  for (let depth = path.names.length - 1; depth >= last; depth -= 1) {
    const above = oneAt(parseJson(left), pathOf(path.names.slice(0, depth)));
    // somebody has put more into it since
    if (above === undefined || above === MANY || above.node.kind !== "object" || above.node.members.length > 0) break;
    const { start, end } = above.node;
    left = applyEdits(
      left,
      depth === last && stood.above !== undefined
        ? [{ start, end, text: stood.above }]
        : removalOf(above.place.container, new Set([above.place.index])),
    );
  }
  return left;
}

function oneAt(root: JsonNode, path: Path): Occurrence | undefined | typeof MANY {
  const [first, ...more] = occurrences(root, path, { dots: true, below: true });
  if (first === undefined) return undefined;
  return more.length > 0 || first.elements.size > 0 || first.parts !== undefined ? MANY : first;
}

/** The member that leads furthest along these names. */
function memberTo(node: JsonObjectNode, names: readonly string[]): { value: JsonNode; names: number } | undefined {
  for (let length = names.length; length > 0; length -= 1) {
    const key = names.slice(0, length).join(".");
    const member = node.members.find((one) => one.key === key);
    if (member !== undefined) return { value: member.value, names: length };
  }
  return undefined;
}

function isNothing(node: JsonNode): boolean {
  return node.kind === "array" ? node.items.length === 0 : node.kind === "scalar" && node.type === "null";
}

/** Right behind the last member: what stands between it and the bracket stays there. */
function endOf(node: JsonObjectNode): number {
  return node.members.at(-1)?.value.end ?? node.start + 1;
}

/** Where keys with dots stand beside it, it is written as they are. */
function memberText({ members }: JsonObjectNode, names: readonly string[], json: string): string {
  const [name = "", ...rest] = names;
  const dotted = rest.length > 0 && members.some(({ key }) => key.startsWith(`${name}.`));
  const member = dotted
    ? `${JSON.stringify(names.join("."))}:${json}`
    : `${JSON.stringify(name)}:${nested(rest, json)}`;
  return members.length === 0 ? member : `,${member}`;
}

function nested(names: readonly string[], json: string): string {
  return names.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, json);
}
