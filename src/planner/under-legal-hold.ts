import { endsLater, latestFirst, untilOf } from "../model/hold-ends.ts";
import type { HoldInForce } from "../model/legal-hold.ts";
import type { Disposition } from "../model/plan.ts";

type Kept = Extract<Disposition, { kind: "kept" }>;

/**
 * A legal hold of any covers wins over everything: whatever else was decided, the record is kept, and whole. Of several
 * ends the latest counts, that of a statute too; all are named.
 */
export function underLegalHold(was: Disposition | undefined, holds: readonly HoldInForce[]): Disposition | undefined {
  const [last] = holds.toSorted(latestFirst);
  if (last === undefined) return was;
  const other = was?.kind === "kept" ? was : undefined;
  // a statute's date is missing: nobody knows when keeping ends
  const undated = was?.kind === "waiting" && was.reason === "no_date";
  const ends = undated ? {} : untilOf(other !== undefined && endsLater(other, last) ? other : last);
  const names = [...holds.map(({ id }) => id), ...(other?.holds ?? [])];
  const kept: Kept = {
    kind: "kept",
    reason: "legal_hold",
    ...ends,
    law: [...new Set([...(other?.law ?? []), ...names])],
    says: [...new Set([...holds.map(wordsOf), ...(other?.says === undefined ? [] : [other.says])])].join("; "),
    minimise: false,
    whole: true,
    holds: [...new Set(names)].toSorted(),
  };
  return kept;
}

function wordsOf({ says, id }: HoldInForce): string {
  return `${says} (${id})`;
}

/** Every legal hold that has a part in these, as a part of what is kept for their sake. */
export function holdsOf(kept: Iterable<{ readonly holds?: readonly string[] }>): {
  readonly holds?: readonly string[];
} {
  const all = new Set<string>();
  for (const { holds = [] } of kept) for (const id of holds) all.add(id);
  return all.size === 0 ? {} : { holds: [...all].toSorted() };
}
