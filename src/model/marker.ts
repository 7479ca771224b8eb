/** How a record is marked as deleted: what is written, and how a mark is recognised. One reading for every store. */
import type { Marker } from "./datamap.ts";
import type { FieldRules } from "./field-rule.ts";

/** When and by whom records are marked: set once for the run of a plan, and the same at every attempt. */
export interface Stamp {
  /** Instant, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  /** `expunge R-2026-0001` */
  readonly by: string;
}

/** What a check may try in the place of a stamp: as long as one. Never written. */
export const SAMPLE_STAMP: Stamp = { at: "2000-01-01T00:00:00.000Z", by: "expunge R-2000-00000001" };

/** Columns or paths, and what a mark leaves in them. A delete marker has none. */
export function marksOf(marker: Marker, { at, by }: Stamp): ReadonlyMap<string, string> {
  if (marker.kind === "delete_marker") return new Map();
  const words = marker.byWords?.replaceAll(":request", by.slice(by.indexOf(" ") + 1)) ?? by;
  const who = marker.by === undefined ? [] : [[marker.by, words] as const];
  switch (marker.kind) {
    case "timestamp":
      return new Map([[marker.column, at], ...who]);
    case "flag":
      return new Map([[marker.column, marker.deleted], ...since(marker.since, at), ...who]);
    case "status":
      return new Map([[marker.column, marker.deleted[0] ?? ""], ...since(marker.since, at), ...who]);
  }
}

function since(column: string | undefined, at: string): readonly (readonly [string, string])[] {
  return column === undefined ? [] : [[column, at]];
}

/** The same as rules for fields, for whoever checks what a rule would write. */
export function markRules(marker: Marker, stamp: Stamp): FieldRules {
  return Object.fromEntries([...marksOf(marker, stamp)].map(([column, value]) => [column, { kind: "set", value }]));
}

/** The one that says since when a record is marked; undefined: nothing in it does. */
export function dateColumnOf(marker: Marker): string | undefined {
  switch (marker.kind) {
    case "timestamp":
      return marker.column;
    case "flag":
    case "status":
      return marker.since;
    case "delete_marker":
      return undefined;
  }
}

/** Of a flag or status: its column, and what says there that a record is deleted. */
export function deletedIn(
  marker: Marker | undefined,
): { readonly column: string; readonly values: readonly string[] } | undefined {
  if (marker?.kind === "flag") return { column: marker.column, values: [marker.deleted] };
  return marker?.kind === "status" ? { column: marker.column, values: marker.deleted } : undefined;
}

/** Everything that is read to see whether a record is marked, and since when. */
export function markerColumns(marker: Marker): readonly string[] {
  return [...marksOf(marker, SAMPLE_STAMP).keys()];
}

/** Those that a mark writes an instant into. */
export function instantColumns(marker: Marker): readonly string[] {
  return [...marksOf(marker, SAMPLE_STAMP)].flatMap(([column, value]) => (value === SAMPLE_STAMP.at ? [column] : []));
}

/**
 * Whether a record is marked, by whomever, and since when; undefined: it lives. `read`: a column's text; null or
 * undefined where there is none. `isDeleted`: whether the store finds a flag or status equal to one that says so; without
 * it texts are compared.
 */
export function markOf(
  marker: Marker,
  read: (column: string) => string | null | undefined,
  isDeleted?: boolean,
): { readonly since: string | null } | undefined {
  switch (marker.kind) {
    case "timestamp": {
      const text = read(marker.column) ?? null;
      return text === null || (marker.live !== null && isSentinel(text, marker.live)) ? undefined : { since: text };
    }
    case "flag":
    case "status": {
      const text = read(marker.column) ?? null;
      const deleted = marker.kind === "flag" ? [marker.deleted] : marker.deleted;
      if (text === null || !(isDeleted ?? deleted.includes(text))) return undefined;
      return { since: marker.since === undefined ? null : (read(marker.since) ?? null) };
    }
    case "delete_marker":
      return undefined;
  }
}

const DAY = 86_400_000;

/**
 * A sentinel is a day that nothing happened on; in which zone it was written is not known. A live record that was taken
 * for one that was deleted in 1760 would be long overdue.
 */
function isSentinel(text: string, live: string): boolean {
  if (text.trim() === live.trim()) return true;
  const [there, wanted] = [dayOf(text), dayOf(live)];
  return there !== undefined && wanted !== undefined && Math.abs(there - wanted) <= DAY;
}

function dayOf(text: string): number | undefined {
  const date = /^\s*(?<date>\d{4}-\d{2}-\d{2})(?:$|[T\s])/u.exec(text)?.groups?.["date"];
  const at = date === undefined ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * What makes a record live again that somebody else marked: the rules by which any store changes fields. Undefined where
 * the data map does not say what a live record holds there (`restore_as`).
 */
export function aliveRules(marker: Marker): FieldRules | undefined {
  if (marker.kind === "delete_marker") return undefined;
  const live = marker.kind === "timestamp" ? marker.live : marker.restoreAs;
  if (live === undefined) return undefined;
  const beside = [marker.kind === "timestamp" ? undefined : marker.since, marker.by].flatMap((column) => column ?? []);
  return {
    [marker.column]: live === null ? { kind: "clear" } : { kind: "set", value: live, asStood: true },
    ...Object.fromEntries(beside.map((column) => [column, { kind: "clear" } as const])),
  };
}
