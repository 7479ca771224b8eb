/**
 * Record files: CSV and JSON Lines, plain or gzip, read and rewritten as streams with bounded memory. What is not a
 * removed record or a changed value stays byte for byte. See docs/connectors/files.md.
 *
 * Every function takes the file's own bytes, compression and encoding included, and throws FILE_UNREADABLE (broken
 * syntax, encoding or compression), FILE_REFUSED (a kind of file that is not rewritten) or COLUMN_MISSING, all of them
 * naming `rule.name` and a line, never content. An error of the source itself passes through.
 */
import { createHash } from "node:crypto";
import type { Change } from "../model/change.ts";
import type { Dialect, Encoding, Where } from "../model/datamap.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import { Failure } from "../errors.ts";
import { fromUtf8, toUtf8 } from "./charset.ts";
import { openContent, pack } from "./container.ts";
import { csvFormat, type CsvRow } from "./csv-format.ts";
import { type JsonRow, jsonlFormat } from "./jsonl-format.ts";
import { gapFinder, matchHint, subjectMatcher } from "./match-record.ts";
import { type Block, fieldChange, type RecordFormat, rulesOf } from "./record-format.ts";
import { contentOf, recordFinder, recordNamer } from "./record-name.ts";

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
  /** The record type's own change: decides `done`, and which further columns must be there. Absent: none is decided. */
  readonly change?: Change;
  /** `io.digest` */
  readonly digest: (parts: readonly (string | null)[]) => string;
  /** A line of a JSONL file that is no object: it is kept. `gap`: it holds an identifier's bytes. Called by `scanRecords` only. */
  readonly unreadable: (line: number, gap: boolean) => void;
}

/** A matching record, once, with everyone it belongs to. */
export interface FoundRecord {
  /** Ascending. */
  readonly subjects: readonly number[];
  /** Names the record within its file, the same at every look while its bytes stay: length, keyed checksum and digest, and which of several equal records it is. No values. */
  readonly id: string;
  /** First line of the record, from 1. For messages only. */
  readonly line: number;
  /** Keyed digest of the record's bytes. */
  readonly fingerprint: string;
  /** The exports as texts; an empty CSV cell, JSON null and an absent path give none. */
  readonly values: Readonly<Record<string, readonly string[]>>;
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
  readonly result: () => RewriteResult;
}

/** Every record that matches a lookup, in file order. `totals` is complete when `found` has ended. */
export function scanRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  lookups: readonly Lookup[],
): { readonly found: AsyncIterable<FoundRecord>; readonly totals: Totals } {
  const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
  const found =
    rule.format === "csv"
      ? scan(source, rule, lookups, totals, csv(rule, ownChange(rule)))
      : scan(source, rule, lookups, totals, jsonl(rule, ownChange(rule), matchHint(rule.columns, lookups)));
  return { found, totals };
}

/** The ids among `changes` whose records are in the file and not yet as their change leaves them. Without lookups every element of a shared array counts. */
export function remainingRecords(source: AsyncIterable<Uint8Array>, rule: RecordRule, changes: ReadonlyMap<string, RecordChange>): AsyncGenerator<string> {
  return rule.format === "csv"
    ? remaining(source, rule, changes, csv(rule, changesOf(changes)))
    : remaining(source, rule, changes, jsonl(rule, changesOf(changes)));
}

/** The file without the removed and with the changed records, in the same compression and encoding. Acts on ids alone, never on a match. */
export function rewriteRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
): Rewrite {
  return rule.format === "csv"
    ? rewrite(source, rule, changes, pseudonym, csv(rule, changesOf(changes)))
    : rewrite(source, rule, changes, pseudonym, jsonl(rule, changesOf(changes)));
}

/**
 * Reads a written output again and throws FILE_UNREADABLE unless its bytes, its number of records, what was kept and
 * what was changed are as `result` says. Call it before the output replaces anything.
 */
export async function verifyRewrite(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  result: RewriteResult,
): Promise<void> {
  await (rule.format === "csv"
    ? verify(source, rule, changes, result, csv(rule, changesOf(changes)))
    : verify(source, rule, changes, result, jsonl(rule, changesOf(changes))));
}

/**
 * Throws COLUMN_MISSING where a column or path that the rule names is not in the header, or in no line of a JSONL file
 * that has any. Reads no further than it must: a CSV header, a JSONL file until every path was seen. For `check`; a
 * file that was erased from may lack a path afterwards.
 */
export async function checkRecords(source: AsyncIterable<Uint8Array>, rule: RecordRule): Promise<void> {
  await (rule.format === "csv" ? check(source, rule, csv(rule, ownChange(rule))) : check(source, rule, jsonl(rule, ownChange(rule))));
}

/** Number of records, for caps. Reads the whole file. */
export async function countRecords(source: AsyncIterable<Uint8Array>, rule: RecordRule): Promise<number> {
  const { found, totals } = scanRecords(source, rule, []);
  await Array.fromAsync(found);
  return totals.records;
}

function ownChange({ change }: RecordRule): readonly Change[] {
  return change === undefined ? [] : [change];
}

function changesOf(changes: ReadonlyMap<string, RecordChange>): Set<Change> {
  return new Set(changes.values().map(({ change }) => change));
}

function csv(rule: RecordRule, changes: Iterable<Change>): RecordFormat<CsvRow> {
  return csvFormat(rule.name, rule.dialect, namedBy(rule, changes));
}

function jsonl(rule: RecordRule, changes: Iterable<Change>, isNeeded?: (text: string) => boolean): RecordFormat<JsonRow> {
  return jsonlFormat(rule.name, namedBy(rule, changes), rule.columns, rule.mode, isNeeded);
}

function namedBy(rule: RecordRule, changes: Iterable<Change>): string[] {
  const changed = [...changes].flatMap((change) => {
    const fields = fieldChange(change, rule.name);
    return fields === null ? [] : Object.keys(rulesOf(fields));
  });
  return [...new Set([...rule.columns.map(({ column }) => column), ...Object.keys(rule.where ?? {}), ...rule.exports, ...changed])];
}

async function* scan<Row>(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  lookups: readonly Lookup[],
  totals: Totals,
  format: RecordFormat<Row>,
): AsyncGenerator<FoundRecord> {
  const subjectsOf = subjectMatcher(rule.columns, rule.mode, lookups, rule.where);
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const isGap = gapFinder(rule.columns, lookups);
  const change = rule.change === undefined ? null : fieldChange(rule.change, rule.name);
  const name = recordNamer(rule);
  for await (const block of openBlocks(source, rule, format, totals)) {
    for (const { start, end, line, row, unreadable } of block.pieces) {
      if (unreadable) {
        totals.unreadable += 1;
        rule.unreadable(line, isGap(block.bytes.toString("utf8", start, end)));
      }
      if (row === null) continue;
      totals.records += 1;
      const subjects = subjectsOf(format.valuesOf(row), format.storedOf(row));
      if (subjects.length === 0) continue;
      const { id, fingerprint } = name(contentOf(block.bytes, start, end));
      const values = Object.fromEntries(rule.exports.map((column) => [column, format.exported(row, column)]));
      const mine = subjects.flatMap((subject) => bySubject.get(subject) ?? []);
      yield { subjects, id, line, fingerprint, values, done: change !== null && format.isAsWanted(row, change, mine) };
    }
  }
}

async function* remaining<Row>(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  format: RecordFormat<Row>,
): AsyncGenerator<string> {
  const find = recordFinder(rule, changes);
  for await (const block of openBlocks(source, rule, format)) {
    for (const { start, end, row } of block.pieces) {
      const planned = row === null ? null : find(contentOf(block.bytes, start, end));
      if (row === null || planned === null) continue;
      const change = fieldChange(planned.change, rule.name);
      if (change === null || !format.isAsWanted(row, change, planned.lookups.length === 0 ? null : planned.lookups)) yield planned.id;
    }
  }
}

function rewrite<Row>(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
  format: RecordFormat<Row>,
): Rewrite {
  let result: RewriteResult | null = null;
  const output = async function* (): AsyncGenerator<Uint8Array> {
    const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
    const [kept, written] = [createHash("sha256"), createHash("sha256")];
    const lists = {
      matched: new Array<string>(),
      changed: new Array<string>(),
      alreadyAsWanted: new Array<string>(),
      changedAt: new Array<number>(),
    };
    let [removed, bytesOut] = [0, 0];
    const find = recordFinder(rule, changes);
    const content = await openContent(counted(source, totals), rule.name);
    const edited = async function* (): AsyncGenerator<Buffer> {
      for await (const { bytes, pieces } of format.blocks(toUtf8(content.bytes, rule.encoding, rule.name))) {
        const parts: Buffer[] = [];
        let from = 0;
        const keepUntil = (end: number) => {
          if (end === from) return;
          const run = bytes.subarray(from, end);
          kept.update(run);
          parts.push(run);
        };
        for (const { start, end, line, row } of pieces) {
          if (row === null) continue;
          totals.records += 1;
          const text = contentOf(bytes, start, end);
          const planned = find(text);
          if (planned === null) continue;
          lists.matched.push(planned.id);
          const change = fieldChange(planned.change, rule.name);
          if (change !== null && format.isAsWanted(row, change, planned.lookups)) {
            lists.alreadyAsWanted.push(planned.id);
            continue;
          }
          lists.changed.push(planned.id);
          keepUntil(start);
          from = end;
          if (change === null) removed += 1;
          else {
            lists.changedAt.push(totals.records - 1 - removed);
            parts.push(Buffer.from(format.change(row, text.toString(), line, change, planned.lookups, pseudonym)), bytes.subarray(start + text.length, end));
          }
        }
        keepUntil(bytes.length);
        if (parts.length > 0) yield parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      }
    };
    for await (const chunk of pack(fromUtf8(edited(), rule.encoding, rule.name), content.compression)) {
      written.update(chunk);
      bytesOut += chunk.length;
      yield chunk;
    }
    result = {
      ...lists,
      records: totals.records,
      removed,
      bytesIn: totals.bytes,
      bytesOut,
      sha256: written.digest("hex"),
      keptSha256: kept.digest("hex"),
    };
  };
  return {
    output: output(),
    result: () => {
      if (result === null) throw new Failure("UNEXPECTED", "the output of a rewriting was not read to its end");
      return result;
    },
  };
}

async function verify<Row>(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  result: RewriteResult,
  format: RecordFormat<Row>,
): Promise<void> {
  const wrong = (what: string) => new Failure("FILE_UNREADABLE", `${rule.name}: what was written is not what was meant: ${what}`);
  const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
  const [kept, written] = [createHash("sha256"), createHash("sha256")];
  const changed = new Map(result.changedAt.map((at, nth) => [at, nth]));
  const changedIds = result.changed.filter((id) => changes.get(id)?.change.kind === "fields");
  const read = async function* () {
    for await (const chunk of source) {
      written.update(chunk);
      yield chunk;
    }
  };
  for await (const { bytes, pieces } of openBlocks(read(), rule, format, totals)) {
    let from = 0;
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const nth = changed.get(totals.records);
      totals.records += 1;
      if (nth === undefined) continue;
      kept.update(bytes.subarray(from, start));
      from = end;
      const planned = changes.get(changedIds[nth] ?? "");
      const change = planned === undefined ? null : fieldChange(planned.change, rule.name);
      if (planned === undefined || change === null || !format.isAsWanted(row, change, planned.lookups)) throw wrong("a changed record");
    }
    kept.update(bytes.subarray(from));
  }
  if (totals.bytes !== result.bytesOut || written.digest("hex") !== result.sha256) throw wrong("its bytes");
  if (totals.records !== result.records - result.removed) throw wrong("the number of records");
  if (kept.digest("hex") !== result.keptSha256) throw wrong("what was to be kept");
}

async function check<Row>(source: AsyncIterable<Uint8Array>, rule: RecordRule, format: RecordFormat<Row>): Promise<void> {
  let some = false;
  for await (const { pieces } of openBlocks(source, rule, format)) {
    some ||= pieces.some(({ row, unreadable }) => row !== null || unreadable);
    if (some && format.unseen().length === 0) return;
  }
  const [path] = format.unseen();
  if (some && path !== undefined) throw new Failure("COLUMN_MISSING", `${rule.name}: no line has a path "${path}"`);
}

async function* openBlocks<Row>(source: AsyncIterable<Uint8Array>, rule: RecordRule, format: RecordFormat<Row>, totals?: Totals): AsyncGenerator<Block<Row>> {
  const content = await openContent(totals === undefined ? source : counted(source, totals), rule.name);
  yield* format.blocks(toUtf8(content.bytes, rule.encoding, rule.name));
}

async function* counted(source: AsyncIterable<Uint8Array>, totals: Totals): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    totals.bytes += chunk.length;
    yield chunk;
  }
}
