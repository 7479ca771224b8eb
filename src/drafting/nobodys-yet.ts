/** Stores that may be somebody's, where nobody can tell whose: by the name of who made a record, or by what they hang by. */
import type { Link, Node } from "./links.ts";
import { plainName } from "./plain-name.ts";

/** Who made a record: it may be theirs. Who approved or changed one has nothing of theirs in it. */
const MADE_BY = /(?:^|_)(?:creator|author|poster|writer|uploader|sender)(?:_?(?:id|no|nr|uuid))?$/u;

interface Known {
  readonly guessed: readonly Link[];
  readonly outOf: ReadonlyMap<Node, readonly Link[]>;
  /** Whether a way leads to it, or somebody is asked for one already. */
  isPlaced(node: Node): boolean;
  /** Whether somebody is asked whose it is. */
  isAsked(node: Node): boolean;
}

/** Each with the reason. */
export function nobodysYet(
  nodes: readonly Node[],
  { guessed, outOf, isPlaced, isAsked }: Known,
): ReadonlyMap<Node, string> {
  const free = nodes.filter((node) => !isPlaced(node) && !node.kind.technical);
  const found = new Map<Node, string>();
  for (const { from, to, actor, columns } of guessed) {
    const [column = ""] = columns;
    if (actor && !from.kind.technical && !found.has(from) && MADE_BY.test(plainName(column)))
      found.set(from, `${column} may lead to ${to.store.name}, and nobody says whether what stands here is theirs`);
  }
  // what hangs by one of these is one of them
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const node of free) {
      const above = (outOf.get(node) ?? []).find(
        ({ to, actor }) => !actor && !to.kind.technical && (found.has(to) || isAsked(to)),
      );
      if (above !== undefined && !found.has(node))
        found.set(
          node,
          `it hangs by ${above.columns.join(", ")} on ${above.to.store.name}, of which nobody can tell whose it is`,
        );
    }
  }
  return new Map([...found].filter(([node]) => !isPlaced(node)));
}
