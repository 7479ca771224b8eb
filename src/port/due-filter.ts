import { dueState } from "../model/due-rows.ts";
import type { DueSelection, Target } from "../model/search.ts";
import type { IO } from "./connector.ts";

/** Tells records that are due from others while a connector reads them all. */
export interface DueFilter {
  /** `texts`: what stands in the selection's column. `at`: where that is, more exactly than `end` says it, as it may be shown. */
  takes(texts: readonly string[], at?: string): boolean;
  /** After the last record: tells of those whose date cannot be read. `where`: the place, as it may be shown. */
  end(where: string): void;
}

export function dueFilter(
  { record }: Pick<Target, "record">,
  selection: DueSelection,
  io: Pick<IO, "report">,
): DueFilter {
  let unreadable = 0;
  let first: string | undefined;
  return {
    takes(texts, at) {
      const state = dueState(texts, selection);
      if (state === "unreadable") {
        unreadable += 1;
        first ??= at;
      }
      return state === "due";
    },
    end(whole) {
      if (unreadable === 0) return;
      const where = first ?? whole;
      const more = first === undefined || unreadable === 1 ? "" : "; this is the first";
      io.report({
        code: "GAP",
        severity: "warning",
        record: record.id,
        column: selection.column,
        message: `${where}: ${unreadable} ${unreadable === 1 ? "record has" : "records have"} a date in ${selection.column} that cannot be read, and ${unreadable === 1 ? "is" : "are"} never due${more}`,
        help: "Correct the dates: ISO 8601, as 2026-11-21 or 2026-11-21T08:00:00Z.",
        gap: { where, holdsIdentifier: false },
      });
      unreadable = 0;
      first = undefined;
    },
  };
}
