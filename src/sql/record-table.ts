/** A record type's table as the rules see it, whichever database keeps it. */
import type { Marker } from "../model/datamap.ts";
import { markOf, markRules, SAMPLE_STAMP } from "../model/marker.ts";
import type { Change, Changes } from "../model/rule-change.ts";
import type { FieldRules } from "../model/field-rule.ts";
import type { MatchColumn, Target } from "../model/search.ts";

/** A column, as far as rules need to know it. Its values are read as texts; an array as a JSON array of its elements' texts. */
export interface RowColumn {
  readonly name: string;
  readonly shape: "scalar" | "array" | "json";
  readonly notNull: boolean;
  /** A date or timestamp: `generalise` leaves one. */
  readonly isDate: boolean;
}

/** What a name in the data map stands for: a column, a path inside a JSON column, or a column whose cells are lists. */
export interface ColumnRef<C extends RowColumn = RowColumn> {
  readonly name: string;
  readonly column: C;
  /** In it: `members[].email`. */
  readonly path?: string;
  /** What separates the values of a cell. */
  readonly separator?: string;
}

export interface MatchedRef<C extends RowColumn = RowColumn> extends ColumnRef<C> {
  readonly match: MatchColumn;
}

/** Constants that narrow a record type. */
export interface Narrowing extends ColumnRef {
  readonly values: readonly string[];
}

export interface RecordTable {
  readonly target: Target;
  readonly matches: readonly MatchedRef[];
  /** `where` of the record type and of the search. */
  readonly narrowings: readonly Narrowing[];
  /** Column -> the value of its `set` as the column's type writes it. */
  readonly constants: ReadonlyMap<string, string>;
  /** Throws COLUMN_MISSING. */
  columnOf(name: string): RowColumn;
  /** An array of these elements as the database reads one. */
  arrayText(items: readonly (string | null)[]): string;
  /** What `minimise` clears: everything but these, keys, and what holds are reckoned from. */
  minimised(keepOnly: readonly string[]): readonly RowColumn[];
}

/** A row as it was read. */
export interface RowState {
  /** As `Located.key`. */
  readonly key: string;
  /** As `Located.address`. */
  readonly address: string;
  readonly fingerprint: string;
  /** Column -> text. */
  readonly values: ReadonlyMap<string, string | null>;
  /** Whether a flag or status says that it is deleted, as its column compares values. Absent: it has none. */
  readonly isDeleted?: boolean;
}

/**
 * What in a row is the erased people's: matched column or path (as the map names it) -> the texts there that the
 * database found equal to one of their values. Compare stored texts with them byte for byte.
 */
export type Hits = ReadonlyMap<string, ReadonlySet<string>>;

export const NO_HITS: Hits = new Map();

export function unionOf(all: readonly Hits[]): Hits {
  const merged = new Map<string, ReadonlySet<string>>();
  for (const hits of all)
    for (const [name, texts] of hits) merged.set(name, (merged.get(name) ?? new Set<string>()).union(texts));
  return merged;
}

/** The field rules of everything that may become of a record, and the JSON columns that its paths are read in. A mark sets its columns. */
export function changedFields({ rule, heldBy }: Changes): {
  readonly fields: FieldRules;
  readonly documents: readonly string[];
} {
  const changes = [rule, heldBy].flatMap((change) => (change?.kind === "fields" ? [change] : []));
  const marks = rule?.kind === "mark" ? markRules(rule.marker, SAMPLE_STAMP) : {};
  return {
    fields: { ...Object.fromEntries(changes.flatMap(({ fields }) => Object.entries(fields))), ...marks },
    documents: [...new Set(changes.flatMap(documentColumns))],
  };
}

/** Rules whose constants are compared with what stands in a row: the marker's too, whatever becomes of the record. */
export function comparedFields({ record, changes }: Target): FieldRules {
  const { fields } = changedFields(changes);
  return record.marker === undefined ? fields : { ...fields, ...markRules(record.marker, SAMPLE_STAMP) };
}

/** Since when a row is marked as deleted; undefined: it lives, or nothing says how it would be marked. */
export function markOfRow(
  marker: Marker | undefined,
  { values, isDeleted }: Pick<RowState, "values" | "isDeleted">,
): { readonly since: string | null } | undefined {
  return marker === undefined ? undefined : markOf(marker, (column) => values.get(column), isDeleted);
}

function documentColumns(change: Extract<Change, { kind: "fields" }>): string[] {
  return change.documents.flatMap((one) => one.in ?? []);
}

/** Texts of a JSON array that the database made; what is no text is left out. */
export function texts(json: string | null | undefined): string[] {
  return list(json).filter((item) => typeof item === "string");
}

/** As `texts`, with nulls kept. */
export function textsOrNull(json: string | null | undefined): (string | null)[] {
  return list(json).filter((item) => item === null || typeof item === "string");
}

function list(json: string | null | undefined): unknown[] {
  const parsed: unknown = JSON.parse(json ?? "[]");
  return Array.isArray(parsed) ? parsed : [];
}
