import { Failure } from "../errors.ts";
import type { DueSelection, Located, Lookup } from "../model/search.ts";
import type { IO } from "../port/connector.ts";
import { dueFilter } from "../port/due-filter.ts";
import { isAsWantedRow, type Whose } from "./changes.ts";
import {
  type ColumnRef,
  type Hits,
  markOfRow,
  NO_HITS,
  type RecordTable,
  type RowState,
  unionOf,
} from "./record-table.ts";
import { datesOf, isShared, textsIn } from "./whose-value.ts";

/** A record type's table as it is searched. */
export interface SearchedTable extends RecordTable {
  readonly exports: readonly ColumnRef[];
}

/** A row that matches, with what of it is whose. */
export interface Found {
  readonly state: RowState;
  /** By subject. */
  readonly hits: ReadonlyMap<number, Hits>;
}

/** How a database is looked at; each look sees what is there then. */
export interface SqlLook<T extends SearchedTable> {
  /** Every row that matches, or of the rows of these keys those that do. A row may come more than once, for other people. */
  matching(table: T, lookups: readonly Lookup[], keys?: readonly string[]): AsyncIterable<Found>;
  /** The rows of these keys as they are now. */
  ofKeys(table: T, keys: readonly string[]): AsyncIterable<RowState>;
  /** Every row whose column may hold a due date, or one that cannot be read; of those that have the table's constants. */
  ofDue(table: T, column: ColumnRef, selection: DueSelection): AsyncIterable<RowState>;
}

export async function* locateRows<T extends SearchedTable>(
  look: SqlLook<T>,
  table: T,
  lookups: readonly Lookup[],
  io: IO,
): AsyncGenerator<Located> {
  for await (const { state, hits } of look.matching(table, lookups)) {
    const whose = unionOf([...hits.values()]);
    yield {
      ...located(table, state, [...hits.keys()], whose, io),
      ...(isShared(table, state, whose) ? { shared: true } : {}),
    };
  }
}

/** These rows, whether they match anybody or not. One that is gone is passed over. */
export async function* locateKeys<T extends SearchedTable>(
  look: SqlLook<T>,
  table: T,
  keys: readonly string[],
  io: IO,
): AsyncGenerator<Located> {
  for await (const state of look.ofKeys(table, keys)) yield located(table, state, [], NO_HITS, io);
}

/** Rows that are due, whoever's they are. */
export async function* locateDue<T extends SearchedTable>(
  look: SqlLook<T>,
  table: T,
  selection: DueSelection,
  io: IO,
): AsyncGenerator<Located> {
  const column = table.exports.find(({ name }) => name === selection.column);
  if (column === undefined)
    throw new Failure("UNEXPECTED", `${table.target.record.id}: what is due is told by a column that is not read`);
  const filter = dueFilter(table.target, selection, io);
  let done = 0;
  for await (const state of look.ofDue(table, column, selection)) {
    if ((done += 1) % 10_000 === 0) io.progress(done);
    // nobody was asked for: whatever stands there is the record's own
    if (filter.takes(textsIn(column, state))) yield located(table, state, [], "everything", io);
  }
  filter.end(table.target.record.id);
}

function located(table: SearchedTable, state: RowState, subjects: readonly number[], whose: Whose, io: IO): Located {
  const dates = new Set(table.target.record.holds.map(({ from }) => from));
  const marked = markOfRow(table.target.record.marker, state);
  return {
    subjects,
    key: state.key,
    address: state.address,
    fingerprint: state.fingerprint,
    values: Object.fromEntries(
      table.exports.map((ref) => [ref.name, (dates.has(ref.name) ? datesOf : textsIn)(ref, state)]),
    ),
    done: isAsWantedRow(table, state, whose, io),
    ...(marked === undefined ? {} : { marked }),
  };
}
