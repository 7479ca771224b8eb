/** Paths into a JSON document, as the data map writes them: `who.email`, `members[].email`, `tags[]`. */

/** A step down: a key of an object, or into every element of an array. */
export type PathStep = { readonly key: string } | "[]";

export function parsePath(path: string): readonly PathStep[] {
  return path.split(".").flatMap((part): PathStep[] => {
    const brackets = /(?:\[\])*$/u.exec(part)?.[0] ?? "";
    const key = part.slice(0, part.length - brackets.length);
    const elements = Array<PathStep>(brackets.length / 2).fill("[]");
    return key === "" ? elements : [{ key }, ...elements];
  });
}

/** All wanted paths as one tree: a document is walked once, and only where a path leads. */
export interface PathNode {
  readonly keys: Map<string, PathNode>;
  elements: PathNode | null;
  /** Index of the path that ends here; -1 for none. */
  wanted: number;
}

/** `dots`: a key with dots in it, `{"who.email": …}`, is what flattening makes of objects in objects, and the path leads to it too. */
export function pathTree(paths: readonly string[], { dots = false }: { readonly dots?: boolean } = {}): PathNode {
  const root: PathNode = { keys: new Map(), elements: null, wanted: -1 };
  for (const [index, path] of paths.entries()) {
    const steps = parsePath(path);
    const isFlattened = dots && steps.length <= MAX_FLATTENED;
    const lead = (node: PathNode, from: number): void => {
      const step = steps[from];
      if (step === undefined) node.wanted = index;
      else if (step === "[]") lead(elementsOf(node), from + 1);
      else {
        let { key } = step;
        lead(keyOf(node, key), from + 1);
        for (let to = from + 1; isFlattened; to += 1) {
          const next = steps[to];
          if (next === undefined || next === "[]") return;
          key += `.${next.key}`;
          lead(keyOf(node, key), to + 1);
        }
      }
    };
    lead(root, 0);
  }
  return root;
}

/** The ways of a path double with each of its keys. */
const MAX_FLATTENED = 10;

function elementsOf(node: PathNode): PathNode {
  node.elements ??= { keys: new Map(), elements: null, wanted: -1 };
  return node.elements;
}

function keyOf(node: PathNode, key: string): PathNode {
  const known = node.keys.get(key);
  if (known !== undefined) return known;
  const made: PathNode = { keys: new Map(), elements: null, wanted: -1 };
  node.keys.set(key, made);
  return made;
}

/** The paths of the elements that a path goes through, outermost first: `a[]` and `a[].b[]` of `a[].b[].c`. */
export function elementsAbove(path: string): readonly string[] {
  return path
    .matchAll(/\[\](?=\.|\[)/gu)
    .map(({ index }) => path.slice(0, index + 2))
    .toArray();
}

/** How many arrays both paths go through together, from the root: an element chosen by one path is an element of the other. */
export function sharedArrays(a: string, b: string): number {
  const [left, right] = [parsePath(a), parsePath(b)];
  let arrays = 0;
  for (const [at, step] of left.entries()) {
    const other = right[at];
    if (step === "[]" ? other !== "[]" : typeof other !== "object" || other.key !== step.key) break;
    if (step === "[]") arrays += 1;
  }
  return arrays;
}
