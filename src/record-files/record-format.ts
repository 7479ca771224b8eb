import { Failure } from "../errors.ts";
import type { Where } from "../model/datamap.ts";
import type { Also, PlannedRecord } from "../model/change.ts";
import { type Change, changedMarker } from "../model/rule-change.ts";
import type { FieldRules } from "../model/field-rule.ts";
import type { Lookup, MatchColumn, Target } from "../model/search.ts";
import { markRules, SAMPLE_STAMP, type Stamp } from "../model/marker.ts";
import { differencesIn } from "./read-alike.ts";
import { type PlacedImage, readImage, type RecordImage } from "./record-image.ts";
import { readFingerprint } from "./record-name.ts";

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

/** Whose a record is. */
export interface RecordMatch {
  /** Ascending; none where it is nobody's who was asked for. */
  readonly subjects: readonly number[];
  /** Somebody else stands in a list that it was matched through. */
  readonly shared: boolean;
}

export type FieldChange = Extract<Change, { kind: "fields" }>;
export type MarkChange = Extract<Change, { kind: "mark" }>;

/**
 * What one record type's rule changes in a record. A rule for a matched column, or for a path at or above one, acts where
 * the value is one of `lookups`'; null: nobody says whose it is, so every value counts.
 */
export interface ChangePart {
  readonly change: FieldChange | MarkChange;
  readonly columns: readonly MatchColumn[];
  readonly mode: "any" | "all";
  /** Constants that narrow the match. */
  readonly where?: Where;
  readonly lookups: readonly Lookup[] | null;
}

/** What is to be done to one record. */
export interface RecordChange {
  readonly remove: boolean;
  /** The changes of several record types never touch the same column. None where the record goes. */
  readonly parts: readonly ChangePart[];
  /** Digest of the marker's columns as they were at plan; another one means that the record changed. Absent: its name says it all. */
  readonly marks?: string;
  /** It is given back: told by all of its text, or by its place, and not by its name. No parts then. */
  readonly back?: RecordImage | PlacedImage;
}

/** What a kind of record file knows. Made anew for every reading of a file. */
export interface RecordFormat<Row> {
  /** All blocks together are the source. */
  blocks(source: AsyncIterable<Buffer>): AsyncGenerator<Block<Row>>;
  match(row: Row): RecordMatch;
  /** Whether it has the constants that narrow the match. */
  passes(row: Row): boolean;
  /** Whether an identifier of somebody else than these subjects stands where the match does not find it. */
  holdsUnfound(row: Row, subjects: readonly number[]): boolean;
  exported(row: Row, column: string): readonly string[];
  /** Whether it is marked as deleted, by whomever, and since when; undefined: it lives, or cannot be marked. */
  markOf(row: Row): { readonly since: string | null } | undefined;
  /** The texts of the marker's columns. */
  marksIn(row: Row): readonly (string | null)[];
  /** Why this record cannot be marked; null: it can. */
  unmarkable(row: Row): string | null;
  /** What names the record: its content, without the columns that its name says nothing of. */
  named(row: Row, content: Buffer): Buffer;
  /** Whether these fields are as the change leaves them. */
  isAsWanted(row: Row, part: ChangePart): boolean;
  /** The record's text (without its line end) after the changes. Throws FIELD_REFUSED. */
  change(
    row: Row,
    text: string,
    line: number,
    parts: readonly ChangePart[],
    pseudonym: (value: string) => string,
  ): string;
  /** Paths that the rule names and no record read so far had. */
  unseen(): readonly string[];
}

/** What a mark writes, and when: whoever carries it out has a stamp. */
export function stampOf({ stamp }: MarkChange): Stamp {
  if (stamp === undefined) throw new Failure("UNEXPECTED", "a record is to be marked, and nobody says since when");
  return stamp;
}

/** Every column or path that the change names. Paths below `in` are given from the root. */
export function rulesOf(change: FieldChange | MarkChange): FieldRules {
  if (change.kind === "mark") return markRules(change.marker, change.stamp ?? SAMPLE_STAMP);
  const below = change.documents.flatMap(({ in: inside, paths }) =>
    Object.entries(paths).map(([path, rule]) => [inside === undefined ? path : `${inside}.${path}`, rule] as const),
  );
  return Object.fromEntries([...Object.entries(change.fields), ...below]);
}

/** null for a deletion. Throws NOT_BUILT or ACTION_REFUSED for what record files cannot do. */
export function fieldChange(change: Change, name: string): FieldChange | MarkChange | null {
  switch (change.kind) {
    case "delete":
      return null;
    case "fields":
    case "mark":
      return change;
    case "minimise":
      throw new Failure("NOT_BUILT", `${name}: while_held.keep_only is not built for record files yet`);
    case "restore":
      throw new Failure("UNEXPECTED", `${name}: what is given back has no rule`);
  }
}

/**
 * A record type's change of a record of the file of this name, with what other record types that found it change in the
 * same go. `lookups`: those of the record's subjects. Throws NOT_BUILT and ACTION_REFUSED.
 */
export function recordChange(
  path: string,
  change: Change,
  target: Target,
  lookups: readonly Lookup[] | null,
  also: readonly Also[] = [],
  { key, subjects, fingerprint }: Pick<PlannedRecord, "key" | "subjects" | "fingerprint"> = NOBODYS,
): RecordChange {
  const name = target.record.id;
  if (change.kind === "restore") return { remove: false, parts: [], back: readImage(change.images.get(key), name) };
  const marks = changedMarker(change) === undefined ? undefined : readFingerprint(fingerprint)?.marks;
  const own = fieldChange(change, name);
  const others = also.map((one) => {
    const theirs = fieldChange(one.change, one.target.record.id);
    const differ = differencesIn(path, target.record, one.target.record, own !== null && theirs !== null);
    if (differ.length > 0)
      throw new Failure(
        "ACTION_REFUSED",
        `${name} and ${one.target.record.id} read the same file in two ways (${differ.join(", ")})`,
      );
    return { ...one, change: theirs };
  });
  if (own === null || others.some((one) => one.change === null)) return { remove: true, parts: [] };
  const part = (
    fields: FieldChange | MarkChange,
    { columns, record, where }: Target,
    mine: readonly Lookup[] | null,
  ): ChangePart => ({
    change: fields,
    columns,
    mode: record.match.mode,
    ...(where === undefined ? {} : { where }),
    lookups: mine,
  });
  return {
    remove: false,
    ...(marks === undefined ? {} : { marks }),
    parts: [
      part(own, target, lookups),
      ...others.flatMap((one) =>
        one.change === null
          ? []
          : [
              part(
                one.change,
                one.target,
                one.lookups.filter(({ subject }) => subjects.includes(subject)),
              ),
            ],
      ),
    ],
  };
}

const NOBODYS: Pick<PlannedRecord, "key" | "subjects" | "fingerprint"> = { key: "", subjects: [], fingerprint: "" };
