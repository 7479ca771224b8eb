/**
 * Record files: CSV and JSON Lines, plain or gzip, read and rewritten as streams with bounded memory. What is not a
 * removed record or a changed value stays byte for byte. See docs/connectors/files.md.
 *
 * Every function here, in rewrite-records.ts and missing-records.ts takes the file's own bytes, compression and encoding
 * included, and throws FILE_UNREADABLE (broken syntax, encoding or compression), FILE_REFUSED (a kind of file that is not
 * rewritten) or COLUMN_MISSING, all of them naming `rule.name` and a line, never content. An error of the source itself
 * passes through.
 */
import { Failure } from "../errors.ts";
import type { Lookup } from "../model/search.ts";
import { besideFinder } from "./identifier-beside.ts";
import { gapFinder } from "./match-record.ts";
import { openBlocks, openFormat, ownPart, type Totals } from "./open-format.ts";
import type { ChangePart, RecordChange, RecordMatch } from "./record-format.ts";
import {
  contentOf,
  END,
  keyedChecksum,
  marksDigest,
  namedLike,
  recordFinder,
  recordNamer,
  START,
  writeFingerprint,
} from "./record-name.ts";
import { isPuttingBack, textsBack } from "./put-back.ts";
import { isGivingBack, restorable } from "./restorable.ts";
import type { RecordRule } from "./record-rule.ts";

/** A matching record, once, with everyone it belongs to. */
export interface FoundRecord extends RecordMatch {
  /** Names the record within its file, the same at every look while its bytes stay: length, keyed checksum and digest, and which of several equal records it is. No values. */
  readonly id: string;
  /** First line of the record, from 1. For messages only. */
  readonly line: number;
  /** Keyed digest of what names the record. */
  readonly fingerprint: string;
  /** The same name over all of its bytes: whichever record type found it, and whatever its name says nothing of. */
  readonly whole: string;
  /** Keyed digest of what its name says nothing of. */
  readonly marks?: string;
  /** It is marked as deleted, since then (null: nobody knows). */
  readonly marked?: { readonly since: string | null };
  /** Why it cannot be marked. */
  readonly unmarkable?: string;
  /** Keyed checksums of the records before and behind it; `^` and `$` where there is none. */
  readonly before: string;
  readonly after: string;
  /** The exports as texts; an empty CSV cell, JSON null and an absent path give none. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** `rule.change` would change nothing any more. Always false for `delete`. */
  readonly done: boolean;
}

/** Every record that matches a lookup, in file order. `totals` is complete when `found` has ended. */
export function scanRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  lookups: readonly Lookup[],
): { readonly found: AsyncIterable<FoundRecord>; readonly totals: Totals } {
  const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const isGap = gapFinder(rule.columns, lookups);
  const isBeside = besideFinder(rule.columns, lookups);
  const format = openFormat(rule, { lookups });
  const name = namerOf(rule, format);
  const found = read(source, rule, totals, format, {
    pick(row, { bytes, start, end, line }) {
      const match = format.match(row);
      if (lookups.length > 0 && format.holdsUnfound(row, match.subjects))
        rule.inside(line, contentOf(bytes, start, end).toString());
      if (match.subjects.length === 0) return null;
      const part = ownPart(
        rule,
        match.subjects.flatMap((subject) => bySubject.get(subject) ?? []),
      );
      return { ...match, ...name(row, contentOf(bytes, start, end)), part };
    },
    unreadable: (line, text) => rule.unreadable(line, text, isGap(text)),
    outside(line, text) {
      for (const [at, one] of text.split("\n").entries()) if (isBeside(one)) rule.outside(line + at, one);
    },
  });
  return { found, totals };
}

/** Every record whose texts in a column are taken, of those that have the rule's constants; whoever's it is. */
export function recordsDue(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  { column, takes }: { readonly column: string; takes(texts: readonly string[], line: number): boolean },
): { readonly found: AsyncIterable<FoundRecord>; readonly totals: Totals } {
  const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
  const part = ownPart(rule, null);
  const format = openFormat(rule, {});
  const name = namerOf(rule, format);
  const found = read(source, rule, totals, format, {
    pick(row, { bytes, start, end, line }) {
      if (!format.passes(row) || !takes(format.exported(row, column), line)) return null;
      return { subjects: [], shared: false, ...name(row, contentOf(bytes, start, end)), part };
    },
    unreadable: (line, text) => rule.unreadable(line, text, false),
    outside: () => undefined,
  });
  return { found, totals };
}

/** The records of these names that are there, whether they match anybody or not; `done` only where that is so whoever is meant. */
export function recordsOf(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  ids: Iterable<string>,
): AsyncGenerator<FoundRecord> {
  const wanted = [...ids];
  const find = recordFinder(rule, wanted);
  const { digest } = rule;
  const part = ownPart(rule, null);
  const format = openFormat(rule, {});
  const isNamedSo = namedLike(rule, wanted);
  const nameWhole = recordNamer(rule);
  return read(source, rule, { records: 0, unreadable: 0, bytes: 0 }, format, {
    pick(row, { bytes, start, end }) {
      const content = contentOf(bytes, start, end);
      const named = format.named(row, content);
      const id = find(named);
      if (rule.unnamed.length === 0)
        return id === null
          ? null
          : { subjects: [], shared: false, id, whole: id, fingerprint: digest(["record", content.toString()]), part };
      // equal records are counted, whether they are asked for or not
      const whole = isNamedSo(named) ? nameWhole(content).id : "";
      return id === null
        ? null
        : { subjects: [], shared: false, id, whole, fingerprint: digest(["record", named.toString()]), part };
    },
    unreadable: () => undefined,
    outside: () => undefined,
  });
}

type Format = ReturnType<typeof openFormat>;

/** Names records that were found: call it for each of them, in file order. */
function namerOf(
  rule: RecordRule,
  format: Format,
): (row: unknown, content: Buffer) => Pick<FoundRecord, "id" | "fingerprint" | "whole"> {
  const name = recordNamer(rule);
  const nameWhole = rule.unnamed.length === 0 ? null : recordNamer(rule);
  return (row, content) => {
    const named = name(format.named(row, content));
    return { ...named, whole: nameWhole === null ? named.id : nameWhole(content).id };
  };
}

interface Picked extends Pick<FoundRecord, "subjects" | "shared" | "id" | "fingerprint" | "whole"> {
  readonly part: ChangePart | null;
}

/** Where a record stands. */
interface Stretch {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly row: unknown;
}

interface Picking {
  pick(row: unknown, stretch: Stretch): Picked | null;
  unreadable(line: number, text: string): void;
  /** What is no record: a heading, lines before it, blank lines. */
  outside(line: number, text: string): void;
}

/** A found record is told when the one behind it is known. */
async function* read(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  totals: Totals,
  format: Format,
  { pick, unreadable, outside }: Picking,
): AsyncGenerator<FoundRecord> {
  const checksum = keyedChecksum(rule);
  const sum = ({ bytes, start, end, row }: Stretch) =>
    checksum(format.named(row, contentOf(bytes, start, end))).toString(36);
  let waiting: Omit<FoundRecord, "after"> | null = null;
  let previous: Stretch | null = null;
  for await (const { bytes, pieces } of openBlocks(source, rule, format, totals)) {
    for (const { start, end, line, row, unreadable: broken } of pieces) {
      if (broken) {
        totals.unreadable += 1;
        unreadable(line, bytes.toString("utf8", start, end));
      } else if (row === null) outside(line, bytes.toString("utf8", start, end));
      if (row === null) continue;
      totals.records += 1;
      const stretch: Stretch = { bytes, start, end, line, row };
      if (waiting !== null) {
        yield { ...waiting, after: sum(stretch) };
        waiting = null;
      }
      const picked = pick(row, stretch);
      if (picked !== null) {
        const { part, ...found } = picked;
        const values = Object.fromEntries(rule.exports.map((column) => [column, format.exported(row, column)]));
        const marked = format.markOf(row);
        const unmarkable = marked === undefined ? format.unmarkable(row) : null;
        waiting = {
          ...found,
          line,
          ...(rule.unnamed.length === 0 ? {} : { marks: marksDigest(rule, format.marksIn(row)) }),
          ...(marked === undefined ? {} : { marked }),
          ...(unmarkable === null ? {} : { unmarkable }),
          before: previous === null ? START : sum(previous),
          values,
          done: part !== null && format.isAsWanted(row, part),
        };
      }
      previous = stretch;
    }
  }
  if (waiting !== null) yield { ...waiting, after: END };
}

/** The ids among `changes` whose records are in the file and not yet as their change leaves them. */
export async function* remainingRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
): AsyncGenerator<string> {
  if (isGivingBack(changes)) {
    const once = () => source;
    const back = isPuttingBack(changes)
      ? await textsBack(once, rule, changes)
      : (await restorable(once, rule, changes)).back;
    yield* new Set(changes.keys()).difference(back);
    return;
  }
  const find = recordFinder(rule, changes.keys());
  const format = openFormat(rule, { changes: changes.values() });
  for await (const { bytes, pieces } of openBlocks(source, rule, format)) {
    for (const { start, end, row } of pieces) {
      const id = row === null ? null : find(format.named(row, contentOf(bytes, start, end)));
      const change = id === null ? undefined : changes.get(id);
      if (
        id !== null &&
        change !== undefined &&
        (change.remove || !change.parts.every((part) => format.isAsWanted(row, part)))
      )
        yield id;
    }
  }
}

/** The names of the records that match one of these lookups, or (null) of all that have the rule's constants. */
export async function* namesOf(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  lookups: readonly Lookup[] | null,
): AsyncGenerator<string> {
  const format = openFormat(rule, lookups === null ? {} : { lookups });
  const name = namerOf(rule, format);
  for await (const { bytes, pieces } of openBlocks(source, rule, format)) {
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const isMeant = lookups === null ? format.passes(row) : format.match(row).subjects.length > 0;
      if (isMeant) yield name(row, contentOf(bytes, start, end)).id;
    }
  }
}

/** A record that somebody asks about, and how it stands: planned and still to be done, as wanted, not as it was planned, or of these people and not planned. */
export interface SurveyedRecord {
  readonly id: string;
  readonly state: "open" | "done" | "moved" | "others";
}

/** Planned records, and others of these people that are not as wanted. */
export async function* surveyRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  lookups: readonly Lookup[],
): AsyncGenerator<SurveyedRecord> {
  const find = recordFinder(rule, changes.keys());
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const format = openFormat(rule, { lookups, changes: changes.values() });
  const name = namerOf(rule, format);
  for await (const { bytes, pieces } of openBlocks(source, rule, format)) {
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const content = contentOf(bytes, start, end);
      const id = find(format.named(row, content));
      const change = id === null ? undefined : changes.get(id);
      if (id !== null && change !== undefined) {
        const isDone = !change.remove && change.parts.every((part) => format.isAsWanted(row, part));
        const isMoved = change.marks !== undefined && change.marks !== marksDigest(rule, format.marksIn(row));
        yield { id, state: isDone ? "done" : isMoved ? "moved" : "open" };
        continue;
      }
      const { subjects } = format.match(row);
      if (subjects.length === 0) continue;
      const part = ownPart(
        rule,
        subjects.flatMap((subject) => bySubject.get(subject) ?? []),
      );
      if (part === null || !format.isAsWanted(row, part)) yield { id: name(row, content).id, state: "others" };
    }
  }
}

/**
 * Throws COLUMN_MISSING where a column or path that the rule names is not in the header, or in no line of a JSONL file
 * that has any. Reads no further than it must: a CSV header, a JSONL file until every path was seen. For `check`; a
 * file that was erased from may lack a path afterwards.
 */
export async function checkRecords(source: AsyncIterable<Uint8Array>, rule: RecordRule): Promise<void> {
  const format = openFormat(rule, {});
  let some = false;
  for await (const { pieces } of openBlocks(source, rule, format)) {
    some ||= pieces.some(({ row, unreadable }) => row !== null || unreadable);
    if (some && format.unseen().length === 0) return;
  }
  const [path] = format.unseen();
  if (some && path !== undefined)
    throw new Failure("COLUMN_MISSING", `${rule.name}: no line has a path "${path}"`, { details: { column: path } });
}

/** Number of records of the record type (those with its constants), for caps. Reads the whole file. */
export async function countRecords(source: AsyncIterable<Uint8Array>, rule: RecordRule): Promise<number> {
  if (rule.where === undefined) {
    const { found, totals } = scanRecords(source, rule, []);
    await Array.fromAsync(found);
    return totals.records;
  }
  const format = openFormat(rule, {});
  let count = 0;
  for await (const { pieces } of openBlocks(source, rule, format))
    for (const { row } of pieces) if (row !== null && format.passes(row)) count += 1;
  return count;
}

/** `holder`: of the file or object as it is. */
export function fingerprintOf(
  { fingerprint, before, after, marks }: Pick<FoundRecord, "fingerprint" | "before" | "after" | "marks">,
  holder: string,
): string {
  return writeFingerprint({ own: fingerprint, before, after, holder, ...(marks === undefined ? {} : { marks }) });
}
