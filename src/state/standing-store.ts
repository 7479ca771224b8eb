/** What the rules under a standing approval meant when somebody agreed to them. */
import { set, setting, type StandingRecord } from "./settings.ts";
import type { Sql } from "./sql.ts";

export interface StandingReads {
  /** Undefined: nothing was ever run under it. */
  known(records: readonly string[]): Promise<StandingRecord | undefined>;
}

export interface Standing extends StandingReads {
  note(records: readonly string[], agreed: StandingRecord): Promise<void>;
}

export function standingStore(sql: Sql): Standing {
  const nameOf = (records: readonly string[]): string => records.toSorted().join(" ");
  return {
    known: async (records) => (await setting(sql, "standing"))?.[nameOf(records)],
    note: async (records, agreed) =>
      await set(sql, "standing", { ...(await setting(sql, "standing")), [nameOf(records)]: agreed }),
  };
}
