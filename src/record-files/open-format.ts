/** A file's bytes as blocks of records: compression, encoding and format taken off. */
import type { Change } from "../model/rule-change.ts";
import type { Lookup } from "../model/search.ts";
import { markerColumns } from "../model/marker.ts";
import { toUtf8 } from "./charset.ts";
import { openContent } from "./container.ts";
import { csvFormat } from "./csv-format.ts";
import { jsonlFormat } from "./jsonl-format.ts";
import {
  type Block,
  type ChangePart,
  fieldChange,
  type RecordChange,
  type RecordFormat,
  rulesOf,
} from "./record-format.ts";
import type { RecordRule } from "./record-rule.ts";

/** Counted while a file is read; complete when it has been read to its end. */
export interface Totals {
  records: number;
  /** JSONL lines that are no object. */
  unreadable: number;
  /** Bytes of the file itself. */
  bytes: number;
}

/** What a reading of a file is for; decides which columns must be there. */
export interface Purpose {
  /** Who is asked for; absent: nobody, but every record's values are. */
  readonly lookups?: readonly Lookup[];
  readonly changes?: Iterable<RecordChange>;
}

/** For one reading of one file; the row is the format's own business. */
export function openFormat(rule: RecordRule, { lookups, changes = [] }: Purpose): RecordFormat<unknown> {
  const parts = [...new Set([...changes].flatMap((change) => change.parts))];
  const own = rule.change === undefined ? [] : [rule.change];
  const isNaming = rule.unnamed.length > 0;
  const named = namedBy(rule, parts, own);
  return rule.format === "csv"
    ? csvFormat(rule, named, lookups ?? [])
    : jsonlFormat(rule, named, lookups ?? [], lookups !== undefined && parts.length === 0 && !isNaming);
}

export async function* openBlocks(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  format: RecordFormat<unknown>,
  totals?: Totals,
): AsyncGenerator<Block<unknown>> {
  const content = await openContent(totals === undefined ? source : counted(source, totals), rule.name);
  yield* format.blocks(toUtf8(content.bytes, rule.encoding, rule.name));
}

export async function* counted(source: AsyncIterable<Uint8Array>, totals: Totals): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    totals.bytes += chunk.length;
    yield chunk;
  }
}

/** The part of a rule's own change, for people who are known or not. null for a deletion, or where nothing is decided. */
export function ownPart(rule: RecordRule, lookups: readonly Lookup[] | null): ChangePart | null {
  const change = rule.change === undefined ? null : fieldChange(rule.change, rule.name);
  return change === null
    ? null
    : {
        change,
        columns: rule.columns,
        mode: rule.mode,
        ...(rule.where === undefined ? {} : { where: rule.where }),
        lookups,
      };
}

function namedBy(rule: RecordRule, parts: readonly ChangePart[], own: readonly Change[]): string[] {
  const fields = [
    ...parts.map(({ change }) => change),
    ...own.flatMap((change) => fieldChange(change, rule.name) ?? []),
  ];
  const marks = rule.marker === undefined ? [] : markerColumns(rule.marker);
  return [
    ...new Set([
      ...rule.columns.map(({ column }) => column),
      ...Object.keys(rule.where ?? {}),
      ...Object.keys(rule.split ?? {}),
      ...rule.exports,
      ...marks,
      ...fields.flatMap((change) => Object.keys(rulesOf(change))),
      ...parts.flatMap(({ columns, where = {} }) => [...columns.map(({ column }) => column), ...Object.keys(where)]),
    ]),
  ];
}
