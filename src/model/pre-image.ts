/** What is removed or changed and can be put back for a while. */
import type { RecordType } from "./datamap.ts";
import type { Changes } from "./rule-change.ts";

/** The most that the kept images of all requests take together, where the data map says nothing else. */
export const IMAGE_BYTES = 1024 ** 3;

/** Of a step: records that can be put back as they were, and the last day on which. */
export interface Restorable {
  readonly count: number;
  /** Civil date at the controller. */
  readonly until: string;
}

/**
 * Whether what is removed or changed of these records is kept whole, to be put back. A mark keeps what its marker held,
 * and nothing of its record goes.
 */
export function keepsWhole({
  record,
  changes,
}: {
  readonly record: Pick<RecordType, "restoreWindow">;
  readonly changes: Changes;
}): boolean {
  return record.restoreWindow !== undefined && changes.rule !== undefined && changes.rule.kind !== "mark";
}

interface Words {
  readonly reason?: string;
  readonly until?: string;
}

/** A planned step's reason and date where a receipt has none of its own: what can be brought back only the run knows. */
export function plannedWords({ reason, until }: Words): Words {
  if (reason === "undo") return {};
  return { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) };
}
