import type { Change } from "../model/change.ts";
import type { FieldRules } from "../model/field-rule.ts";
import type { Lookup } from "../model/search.ts";
import { Failure } from "../errors.ts";
import type { StoredOf, ValuesOf } from "./match-record.ts";

/** A piece of a block: a record, or what stands between records. */
export interface Piece<Row> {
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  /** null: a header, blank lines, a byte order mark, an unreadable line. */
  readonly row: Row | null;
  /** It should have been a record. */
  readonly unreadable: boolean;
}

/** A stretch of a file in UTF-8, cut into pieces without gaps. */
export interface Block<Row> {
  readonly bytes: Buffer;
  readonly pieces: readonly Piece<Row>[];
}

/** The subjects for whom elements of shared arrays are selected; null: every element counts. */
export type Selection = readonly Lookup[] | null;

/** What a kind of record file knows. Made anew for every reading of a file. */
export interface RecordFormat<Row> {
  /** All blocks together are the source. */
  blocks(source: AsyncIterable<Buffer>): AsyncGenerator<Block<Row>>;
  valuesOf(row: Row): ValuesOf;
  storedOf(row: Row): StoredOf;
  exported(row: Row, column: string): readonly string[];
  /** Whether these fields are as the change leaves them. */
  isAsWanted(row: Row, change: FieldChange, selection: Selection): boolean;
  /** The record's text (without its line end) after the change. Throws FIELD_REFUSED. */
  change(row: Row, text: string, line: number, change: FieldChange, selection: Selection, pseudonym: (value: string) => string): string;
  /** Paths that the rule names and no record read so far had. */
  unseen(): readonly string[];
}

export type FieldChange = Extract<Change, { kind: "fields" }>;

/** Every column or path that the change names. Paths below `in` are given from the root. */
export function rulesOf(change: FieldChange): FieldRules {
  const below = change.documents.flatMap(({ in: inside, paths }) =>
    Object.entries(paths).map(([path, rule]) => [inside === undefined ? path : `${inside}.${path}`, rule] as const),
  );
  return { ...change.fields, ...Object.fromEntries(below) };
}

/** null for a deletion. Throws NOT_BUILT or ACTION_REFUSED for what record files cannot do. */
export function fieldChange(change: Change, name: string): FieldChange | null {
  switch (change.kind) {
    case "delete":
      return null;
    case "fields":
      return change;
    case "minimise":
      throw new Failure("NOT_BUILT", `${name}: while_held.keep_only is not built for record files yet`);
    case "mark":
    case "restore":
      throw new Failure("ACTION_REFUSED", `${name}: records of files cannot be marked as deleted yet`);
  }
}
