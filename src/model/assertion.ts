/** Figures that an erasure must leave as they are: `assert` of the data map. */

/** One read-only scalar of a SQL system. */
export interface Assertion {
  readonly name: string;
  readonly query: string;
  /** What it shows, for people. */
  readonly says: string;
  readonly at: { readonly line: number; readonly column: number };
}

/** A figure as it would be without what a transaction did, and as it is with it: keyed digests, never the figure. */
export interface Asserted {
  readonly name: string;
  readonly held: boolean;
  readonly before: string;
  readonly after: string;
}

/** Of several transactions: what was changed in any of them; else as the last one saw it. */
export function joinAsserted(
  one: readonly Asserted[] | undefined,
  other: readonly Asserted[] | undefined,
): readonly Asserted[] | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const all = new Map(one.map((each) => [each.name, each]));
  for (const each of other) if (all.get(each.name)?.held !== false) all.set(each.name, each);
  return [...all.values()];
}
