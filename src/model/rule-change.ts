import type { FieldRules } from "./field-rule.ts";
import type { Marker, RecordType } from "./datamap.ts";
import { markerColumns, type Stamp } from "./marker.ts";

/** What is to be done to a record. Decided once, below: a connector never reads a map's `do`. */
export type Change =
  | { readonly kind: "delete" }
  /** Columns, and paths of JSON columns (or of the document). */
  | {
      readonly kind: "fields";
      readonly fields: FieldRules;
      readonly documents: readonly DocumentChange[];
      /** It makes live again what is marked so. */
      readonly unmarks?: Marker;
    }
  /** Clear every column but these, keys (primary, unique, foreign) and the `from` columns of the record's holds. */
  | { readonly kind: "minimise"; readonly keepOnly: readonly string[] }
  /** Soft delete: the marker changes and nothing else. `stamp`: absent in a rule, there in what is to be carried out. */
  | { readonly kind: "mark"; readonly marker: Marker; readonly stamp?: Stamp }
  /** Takes back what a `mark` of ours set; without a `marker`, puts back what we removed or changed, whole. */
  | {
      readonly kind: "restore";
      readonly marker?: Marker;
      /** By record key: what `UnitJournal.keepImages` was given of it. */
      readonly images: ReadonlyMap<string, Uint8Array>;
    };

/** What happens to paths of one JSON column; without `in`, of the document itself. */
export interface DocumentChange {
  readonly in?: string;
  readonly paths: FieldRules;
}

/** What can become of a record type's records, as the data map's rule and nothing else says. */
export interface Changes {
  /** What the rule does to a record that is free to go. Absent: nothing (`do: ask`). */
  readonly rule?: Change;
  /** What happens instead to a record that may not be deleted because a held one references it. */
  readonly heldBy?: Change;
  /** What happens to a record while it is held. */
  readonly minimise?: Change;
  /** How a record that is marked as deleted goes for good, when its day has come. */
  readonly purge?: Change;
}

/** What becomes of a record type's records: the one reading of `do`. */
export function changesOf(record: RecordType): Changes {
  const rule = ruleChange(record);
  const keepOnly = record.whileHeld?.keepOnly;
  // without its mark it would be alive again
  const marks = record.marker === undefined ? [] : markerColumns(record.marker);
  return {
    ...(rule === undefined ? {} : { rule }),
    ...(rule?.kind === "delete" && Object.keys(record.fields).length > 0 ? { heldBy: fieldsChange(record) } : {}),
    ...(keepOnly === undefined ? {} : { minimise: { kind: "minimise", keepOnly: [...keepOnly, ...marks] } }),
    ...(record.purge === undefined
      ? {}
      : { purge: record.purge.how === "erase" ? { kind: "delete" } : fieldsChange(record) }),
  };
}

/** The marker that a change sets or takes back, and beside which it changes nothing. */
export function changedMarker(change: Change | undefined): Marker | undefined {
  switch (change?.kind) {
    case "mark":
      return change.marker;
    case "fields":
      return change.unmarks;
    default:
      return undefined;
  }
}

/** What becomes of a record that must not be deleted: as held, or by a rule that deletes nothing. */
export function heldChangeOf({ rule, heldBy }: Changes): Change | undefined {
  return heldBy ?? (rule?.kind === "delete" ? undefined : rule);
}

function ruleChange(record: RecordType): Change | undefined {
  switch (record.do) {
    case "erase":
    case "remove-rows":
    // kept for as long as a hold asks for it; what no hold asks for any more goes
    case "keep":
      return { kind: "delete" };
    case "anonymise":
    case "redact":
    case "unlink":
      return fieldsChange(record);
    case "soft-delete":
      // the linter asks for a marker
      return record.marker === undefined ? undefined : { kind: "mark", marker: record.marker };
    // a person must decide first
    case "ask":
      return undefined;
  }
}

function fieldsChange({ fields, paths, in: columns }: RecordType): Change {
  const inside = columns.length === 0 ? [{ paths }] : columns.map((column) => ({ in: column, paths }));
  return { kind: "fields", fields, documents: Object.keys(paths).length === 0 ? [] : inside };
}
