/** Ends of holds compare as dates; one that nobody knows (absent) is later than any. */
interface Ending {
  readonly until?: string;
}

export function endsLater(one: Ending, other: Ending): boolean {
  if (other.until === undefined) return false;
  return one.until === undefined || one.until > other.until;
}

/** For sorting: the latest end first. */
export function latestFirst(one: Ending, other: Ending): number {
  return endsLater(one, other) ? -1 : endsLater(other, one) ? 1 : 0;
}

/** The end as a part of something that is held until then. */
export function untilOf({ until }: Ending): Ending {
  return until === undefined ? {} : { until };
}

/** Whether a step keeps records whose end does not come by itself, as that of a statute does: a person must decide. */
export function keptForAPerson({
  kept,
  reason = "",
  holds = [],
}: {
  readonly kept: number;
  readonly reason?: string;
  /** Legal holds that have a part in it: what is kept with a held record waits for the same end. */
  readonly holds?: readonly string[];
}): boolean {
  return kept > 0 && (holds.length > 0 || reason === "legal_hold" || reason === "review");
}
