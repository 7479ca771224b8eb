/** What the data map of the approval says in words. The ledger holds its digest only: a page takes them from the map's own text. */
export interface MapWords {
  /** By `system.record`. */
  readonly [record: string]: {
    /** The record type in a reader's words (`called`). */
    readonly called?: string;
    /** Why it waits (`says` of its condition). */
    readonly waits?: string;
    /** Why it is kept (`says` of its holds). */
    readonly keeps: readonly string[];
    /** The rule as one sentence. */
    readonly rule: string;
  };
}
