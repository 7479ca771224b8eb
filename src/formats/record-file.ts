/**
 * Record files: CSV and JSON Lines, plain or gzip, read and rewritten as streams with bounded memory. What is not a
 * removed record or a changed value stays byte for byte. See docs/connectors/files.md.
 *
 * Every function takes the file's own bytes, compression and encoding included, and throws FILE_UNREADABLE (broken
 * syntax, encoding or compression), FILE_REFUSED (a kind of file that is not rewritten) or COLUMN_MISSING, all of them
 * naming `rule.name` and a line, never content. An error of the source itself passes through.
 */
import type { Change } from "../model/change.ts";
import type { Dialect, Encoding, Where } from "../model/datamap.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";

/** How the records of a file are read, matched and changed. */
export interface RecordRule {
  /** Path or URL of the file, for messages. */
  readonly name: string;
  readonly format: "csv" | "jsonl";
  readonly dialect: Dialect;
  readonly encoding: Encoding;
  /** CSV: header names (numbers from 1 as text where `dialect.header` is false). JSONL: paths, `who.email`, `members[].email`. */
  readonly columns: readonly MatchColumn[];
  readonly mode: "any" | "all";
  readonly where?: Where;
  /** Columns or paths whose values go into `FoundRecord.values`. */
  readonly exports: readonly string[];
  /** The record type's own change: decides `done`, and which further columns must be there. */
  readonly change: Change;
  /** `io.digest` */
  readonly digest: (parts: readonly (string | null)[]) => string;
  /** A line of a JSONL file that is no object: it is kept. `gap`: it holds an identifier's bytes. Called by `scanRecords` only. */
  readonly unreadable: (line: number, gap: boolean) => void;
}

/** A matching record; once per subject it belongs to. */
export interface FoundRecord {
  readonly subject: number;
  /** Names the record within its file, the same at every look while its bytes stay: length, keyed digest, and which of several equal records it is. No values. */
  readonly id: string;
  /** First line of the record, from 1. For messages only. */
  readonly line: number;
  /** Keyed digest of the record's bytes. */
  readonly fingerprint: string;
  /** The exports as text; an empty CSV cell, JSON null and an absent path are null, of several values the first. */
  readonly values: Readonly<Record<string, string | null>>;
  /** `rule.change` would change nothing any more. Always false for `delete`. */
  readonly done: boolean;
}

/** Counted while a file is read; complete when it has been read to its end. */
export interface Totals {
  records: number;
  /** JSONL lines that are no object. */
  unreadable: number;
  /** Bytes of the file itself. */
  bytes: number;
}

/** What to do to one record. `lookups`: those of the record's subjects; they select the elements of shared arrays. */
export interface RecordChange {
  readonly change: Change;
  readonly lookups: readonly Lookup[];
}

/** What a rewriting did. The three lists are disjoint; an id that was asked for and is in none is not in the file. */
export interface RewriteResult {
  /** Ids found, in file order: `changed` and `alreadyAsWanted` together. */
  readonly matched: readonly string[];
  /** Removed or changed. Empty: the output's content equals the input's, so do not replace it. */
  readonly changed: readonly string[];
  readonly alreadyAsWanted: readonly string[];
  /** Records read; the output holds `removed` fewer. */
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
  result(): RewriteResult;
}

/** Every record that matches a lookup, in file order. `totals` is complete when `found` has ended. */
export declare function scanRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  lookups: readonly Lookup[],
): { readonly found: AsyncIterable<FoundRecord>; readonly totals: Totals };

/** The ids among `changes` whose records are in the file and not yet as their change leaves them. */
export declare function remainingRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
): AsyncGenerator<string>;

/** The file without the removed and with the changed records, in the same compression and encoding. Acts on ids alone, never on a match. */
export declare function rewriteRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
): Rewrite;

/**
 * Reads a written output again and throws FILE_UNREADABLE unless its bytes, its number of records, what was kept and
 * what was changed are as `result` says. Call it before the output replaces anything.
 */
export declare function verifyRewrite(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  result: RewriteResult,
): Promise<void>;

/**
 * Throws COLUMN_MISSING where a column or path that the rule names is not in the header, or in no line of a JSONL file.
 * Reads no further than it must: a CSV header, a JSONL file until every path was seen. For `check`; a file that was
 * erased from may lack a path afterwards.
 */
export declare function checkRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
): Promise<void>;

/** Number of records, for caps. Reads the whole file. */
export declare function countRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
): Promise<number>;
