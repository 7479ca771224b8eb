import type { Placed, RecordImage } from "./record-image.ts";

/** What a rewriting did. `changed`, `alreadyAsWanted` and `moved` are disjoint; an id that was asked for and is in none is not in the file. */
export interface RewriteResult {
  /** Ids found, in file order: these three together. */
  readonly matched: readonly string[];
  /** Removed or changed. Empty: the output's content equals the input's, so do not replace it. */
  readonly changed: readonly string[];
  readonly alreadyAsWanted: readonly string[];
  /** There, but not as they were planned: their marker's columns are others by now. In `matched` too; they stay. */
  readonly moved: readonly string[];
  /** Of those that were marked as deleted; or of all that were changed or removed, where their record type keeps that. */
  readonly images: ReadonlyMap<string, RecordImage | Placed>;
  /** Records read; the output holds `removed` fewer (of what is put back: more). */
  readonly records: number;
  readonly removed: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the output's bytes, lower-case hex. */
  readonly sha256: string;
  /** Of everything that was kept as it was, in order, uncompressed, in UTF-8; for `verifyRewrite`. */
  readonly keptSha256: string;
  /** Where among the output's records the changed ones stand, from 0. */
  readonly changedAt: readonly number[];
}

export interface Rewrite {
  /** Pull it to its end; nothing is read faster than it is pulled. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Throws before `output` has ended. */
  readonly result: () => RewriteResult;
}
