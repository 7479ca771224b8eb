import { stronglyConnected } from "../../src/planner/strongly-connected.ts";

/** Groups of names that reach each other: circles of imports. A name that reaches only itself is no circle. */
export function circlesIn(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  return stronglyConnected([...edges.keys()], (name) => [...(edges.get(name) ?? [])])
    .filter(({ length }) => length > 1)
    .map((group) => group.toSorted());
}

export function edgesOf(pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, ReadonlySet<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (from === to) continue;
    const known = edges.get(from) ?? new Set();
    edges.set(from, known.add(to));
  }
  return edges;
}
