import type { Marker } from "../../../src/model/datamap.ts";
import { markerColumns, markOf, marksOf } from "../../../src/model/marker.ts";
import type { Change } from "../../../src/model/rule-change.ts";
import type { Lookup, MatchColumn } from "../../../src/model/search.ts";
import { changeValue, isAsWanted } from "../../../src/record-files/change-value.ts";
import { comparableIn, valuesFor } from "../../../src/record-files/match-record.ts";
import { type Cell, type Row, valuesIn } from "./database.ts";
import { keyOf } from "./row-key.ts";

export interface Whose {
  readonly columns: readonly MatchColumn[];
  /** Those of the people the row belongs to. */
  readonly lookups: readonly Lookup[];
  /** What no `keepOnly` needs to name: keys. */
  readonly keys: readonly string[];
  pseudonym(value: string): string;
}

/** The row as the change leaves it; undefined where it is deleted. */
export function changed(row: Row, change: Change, whose: Whose): Row | undefined {
  switch (change.kind) {
    case "delete":
      return undefined;
    case "fields": {
      const entries = Object.entries(change.fields).flatMap(([column, rule]): [string, Cell][] => {
        const cell = row[column];
        if (cell === undefined) return [];
        if (cell !== null && typeof cell !== "string") return [[column, withoutMine(cell, column, whose)]];
        const after = changeValue(rule, cell, { keepDate: false, pseudonym: (value) => whose.pseudonym(value) });
        return after.kind === "keep"
          ? []
          : [[column, after.kind === "value" && after.value !== null ? String(after.value) : null]];
      });
      return { ...row, ...Object.fromEntries(entries) };
    }
    case "minimise": {
      const kept = new Set([...change.keepOnly, ...whose.keys]);
      return Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, kept.has(column) ? cell : null]));
    }
    case "mark": {
      if (change.stamp === undefined) throw new Error("nothing says when it is marked, and by whom");
      return { ...row, ...Object.fromEntries(marksOf(change.marker, change.stamp)) };
    }
    case "restore":
      return change.marker === undefined ? row : { ...row, ...imageOf(row, change)?.before };
  }
}

/** Whether there is nothing left to change. A row that is to be deleted never is. */
export function isChanged(row: Row, change: Change, whose: Whose): boolean {
  switch (change.kind) {
    case "delete":
      return false;
    case "fields":
      return Object.entries(change.fields).every(([column, rule]) => {
        const cell = row[column];
        if (cell === undefined) return true;
        if (cell !== null && typeof cell !== "string") return withoutMine(cell, column, whose).length === cell.length;
        return isAsWanted(rule, cell, false);
      });
    case "mark":
      return markIn(row, change.marker) !== undefined;
    case "restore": {
      const image = imageOf(row, change);
      return image !== undefined && holds(row, image.before);
    }
    case "minimise":
      return JSON.stringify(changed(row, change, whose)) === JSON.stringify(row);
  }
}

export interface RowImage {
  readonly before: Row;
  readonly after: Row;
}

/** What `undo` needs of a row that is to be marked. */
export function imageFor(row: Row, after: Row, marker: Marker): RowImage {
  const cells = (of: Row): Row => Object.fromEntries(markerColumns(marker).map((name) => [name, of[name] ?? null]));
  return { before: cells(row), after: cells(after) };
}

export function imageOf(row: Row, { images }: Extract<Change, { kind: "restore" }>): RowImage | undefined {
  const bytes = images.get(keyOf(String(row["id"])));
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

export function holds(row: Row, cells: Row): boolean {
  return Object.entries(cells).every(([name, cell]) => JSON.stringify(row[name] ?? null) === JSON.stringify(cell));
}

/** Since when a row is marked; undefined: it lives. */
export function markIn(row: Row, marker: Marker): { readonly since: string | null } | undefined {
  return markOf(marker, (column) => valuesIn(row, column)[0]);
}

function withoutMine(list: readonly string[], name: string, { columns, lookups }: Whose): readonly string[] {
  const column = columns.find((one) => one.column === name);
  if (column === undefined) return [];
  const mine = new Set(
    lookups.flatMap((lookup) => valuesFor(lookup, name)).map((value) => comparableIn(column, value)),
  );
  return list.filter((value) => !mine.has(comparableIn(column, value)));
}
