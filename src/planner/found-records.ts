import type { RecordType } from "../model/datamap.ts";
import type { Located } from "../model/search.ts";
import { digestColumn } from "./digest-column.ts";
import { type FoundRecord, type FoundRecords, valuesAt } from "./found.ts";

/** Found records that are still being gathered. */
export interface GatheredRecords extends FoundRecords {
  /** Takes the place of an earlier one of the same key. */
  put(located: Located): void;
}

/** What few records have. */
type Seldom = Pick<Located, "within" | "shared" | "marked" | "blocked">;

/**
 * Records of one record type in columns: all that a batch finds stands in memory until its plan is made. `needed`: the
 * columns whose values are kept.
 */
export function foundRecords(type: RecordType, needed: readonly string[]): GatheredRecords {
  const rows = new Map<string, number>();
  const addresses: string[] = [];
  const subjects: (readonly number[])[] = [];
  const fingerprints = digestColumn();
  const columns = needed.map((column) => ({ column, cells: [] as (string | readonly string[])[] }));
  const done = new Set<number>();
  const seldom = new Map<number, Seldom>();

  const record = (key: string, row: number): FoundRecord => ({
    type,
    key,
    address: addresses[row] ?? "",
    fingerprint: fingerprints.get(row),
    subjects: subjects[row] ?? [],
    values: valuesIn(columns, row),
    done: done.has(row),
    ...seldom.get(row),
  });
  return {
    get size() {
      return rows.size;
    },
    has: (key) => rows.has(key),
    get(key) {
      const row = rows.get(key);
      return row === undefined ? undefined : record(key, row);
    },
    *values() {
      for (const [key, row] of rows) yield record(key, row);
    },
    put({ key, address, fingerprint, subjects: whose, values, done: isDone, within, shared, marked, blocked }) {
      const row = rows.get(key) ?? rows.size;
      rows.set(key, row);
      addresses[row] = address;
      subjects[row] = whose;
      fingerprints.set(row, fingerprint);
      for (const { column, cells } of columns) cells[row] = cellOf(valuesAt(values, column));
      if (isDone) done.add(row);
      else done.delete(row);
      const more = {
        ...(within === undefined ? {} : { within }),
        ...(shared === true ? { shared } : {}),
        ...(marked === undefined ? {} : { marked }),
        ...(blocked === undefined ? {} : { blocked }),
      };
      if (Object.keys(more).length > 0) seldom.set(row, more);
      else seldom.delete(row);
    },
  };
}

const NO_VALUES = {};

function valuesIn(
  columns: readonly { readonly column: string; readonly cells: readonly (string | readonly string[])[] }[],
  row: number,
): Located["values"] {
  if (columns.length === 0) return NO_VALUES;
  return Object.fromEntries(
    columns.map(({ column, cells }) => {
      const cell = cells[row] ?? [];
      return [column, typeof cell === "string" ? [cell] : cell];
    }),
  );
}

/** A single value, as most are, needs no list. */
function cellOf(values: readonly string[]): string | readonly string[] {
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : values;
}
