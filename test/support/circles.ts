/** Groups of names that reach each other: circles of imports. By Tarjan's algorithm; a name that reaches only itself is no circle. */
export function circlesIn(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const waiting = new Set<string>();
  const found: string[][] = [];
  const visit = (name: string): void => {
    index.set(name, index.size);
    low.set(name, index.get(name) ?? 0);
    stack.push(name);
    waiting.add(name);
    for (const next of edges.get(name) ?? []) {
      if (!index.has(next)) visit(next);
      if (waiting.has(next)) low.set(name, Math.min(low.get(name) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(name) !== index.get(name)) return;
    const group = stack.splice(stack.indexOf(name));
    for (const one of group) waiting.delete(one);
    if (group.length > 1) found.push(group.toSorted());
  };
  for (const name of edges.keys()) if (!index.has(name)) visit(name);
  return found;
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
