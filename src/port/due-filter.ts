import { dueState } from "../model/due-rows.ts";
import type { DueSelection, Target } from "../model/search.ts";
import type { IO } from "./connector.ts";

/** Tells records that are due from others while a connector reads them all. */
export interface DueFilter {
  /** `texts`: what stands in the selection's column. */
  takes(texts: readonly string[]): boolean;
  /** After the last record: tells of those whose date cannot be read. `where`: the place, as it may be shown. */
  end(where: string): void;
}

export function dueFilter(
  { record }: Pick<Target, "record">,
  selection: DueSelection,
  io: Pick<IO, "report">,
): DueFilter {
  let unreadable = 0;
  return {
    takes(texts) {
      const state = dueState(texts, selection);
      if (state === "unreadable") unreadable += 1;
      return state === "due";
    },
    end(where) {
      if (unreadable === 0) return;
      io.report({
        code: "GAP",
        severity: "warning",
        record: record.id,
        column: selection.column,
        message: `${where}: ${unreadable} ${unreadable === 1 ? "record has" : "records have"} a date in ${selection.column} that cannot be read, and ${unreadable === 1 ? "is" : "are"} never due`,
        help: "Correct the dates: ISO 8601, as 2026-11-21 or 2026-11-21T08:00:00Z.",
        gap: { where, holdsIdentifier: false },
      });
      unreadable = 0;
    },
  };
}
