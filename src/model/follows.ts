import type { Follows, RecordType } from "./datamap.ts";

/** Whether what keeps one of its records must keep what it is a copy of too: with that it would go. */
export function holdsItsSource<T extends Pick<RecordType, "follows">>(
  type: T,
): type is T & { readonly follows: Follows } {
  return type.follows?.replays === "hard_delete";
}
