/** What a database must be able to do for `src/sql` to erase from it. PostgreSQL and SQLite are the first. */
import type { Asserted } from "../model/assertion.ts";
import type { Link, Unit } from "../model/change.ts";
import type { Lookup, Target } from "../model/search.ts";
import type { Assignments } from "./changes.ts";
import type { Fate } from "./notes.ts";
import type { Cells, WholeRow } from "./whole-row.ts";
import type { Hits, RecordTable, RowState } from "./record-table.ts";

/** `wait`: until the lock timeout. `skip`: rows that another transaction holds are left out. `none`: only read. */
export type Locking = "wait" | "skip" | "none";

/** A unit's tables as the catalog describes them now. */
export interface UnitTables<T extends RecordTable> {
  /** One a work, in order. */
  readonly works: readonly T[];
  /** The table of another record type that found the same rows: its rules, over the work's own table. */
  also(work: T, target: Target): T;
  /** Whether the works' rows must go in one statement: they reference each other. */
  readonly onePiece: boolean;
}

export interface SqlDialect<T extends RecordTable> {
  /** Marks this database's notes: `postgres`. */
  readonly kind: string;
  describe(unit: Unit): Promise<UnitTables<T>>;
  /**
   * How a noted transaction ended. `rows`: the database keeps no account of them, and it ended well where every noted row is
   * as wanted now. undefined where nobody knows any more: its rows are looked at as if nothing had been noted.
   */
  readonly fate: Fate;
  /** A transaction that will delete from these tables, change those, and add to audit trails. */
  begin(tables: BatchTables<T>): Promise<SqlBatch<T>>;
}

export interface BatchTables<T extends RecordTable> {
  readonly deleting: readonly T[];
  /** Audit trails of the unit. */
  readonly trails: readonly T[];
  /** What `assert` names is compared before the end. */
  readonly figures?: boolean;
}

export interface RowsRead {
  readonly states: ReadonlyMap<string, RowState>;
  /** Keys of rows that are there and locked by another transaction. */
  readonly busy: ReadonlySet<string>;
}

/** A row that references a row that is to be deleted, or that a cascade through tables of no record type leads to. */
export interface Referencing {
  /** Key of the row that is to be deleted. */
  readonly parentKey: string;
  readonly constraint: string;
  readonly onDelete: Link["onDelete"];
  readonly childColumns: readonly string[];
  /** Address of the referencing row. */
  readonly address: string;
  /** What `Taken` calls it; absent: a row of a record type. */
  readonly unmapped?: { readonly table: string; readonly key: string };
  /** Another transaction holds it. */
  readonly busy: boolean;
}

export interface OwnRow<T extends RecordTable> {
  readonly table: T;
  readonly state: RowState;
}

/** One transaction. What was not committed is undone when it is disposed of. Throws `Refusal`. */
export interface SqlBatch<T extends RecordTable> extends AsyncDisposable {
  rows(table: T, keys: readonly string[], locking: Locking): Promise<RowsRead>;
  /** Whether a row that is not where its key says is at another place: rows without a key. */
  moved(table: T, key: string, lookups: readonly Lookup[]): Promise<boolean>;
  /** Of each of these rows, by key and subject, what is that subject's. */
  hits(
    table: T,
    keys: readonly string[],
    lookups: readonly Lookup[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Hits>>>;
  /** After `rows`: who references these rows now, at every level. Rows that a cascade would take are locked. */
  referencing(table: T, keys: readonly string[], locking: Locking): Promise<readonly Referencing[]>;
  /** How many rows the database says it changed. */
  update(table: T, rows: ReadonlyMap<string, Assignments>): Promise<number>;
  /** Deletes in one statement; how many rows each table lost. */
  remove(deletions: readonly { readonly table: T; readonly keys: readonly string[] }[]): Promise<readonly number[]>;
  /** Rows of any table by address, whole; those that are not there are left out. `lock`: nobody else changes them any more. */
  whole(addresses: readonly string[], lock: boolean): Promise<ReadonlyMap<string, Cells>>;
  /**
   * Which of these rows cannot be put back as they were, and why, by address: the unique constraint that another row holds,
   * the foreign key whose row is gone, `schema_changed`. `rewritten` are there, with the cells that they are to have.
   */
  inTheWay(rows: {
    readonly inserted: readonly WholeRow[];
    readonly rewritten: readonly WholeRow[];
    /** Will be there by then. */
    readonly coming: readonly WholeRow[];
  }): Promise<ReadonlyMap<string, string>>;
  /** Puts these rows where they were, all at once, so that they may reference each other. */
  putBack(rows: readonly WholeRow[]): Promise<void>;
  /** Sets these cells of rows. `pastTriggers`: without what triggers do about it, where the database lets us; else nothing is done. */
  rewrite(rows: readonly WholeRow[], pastTriggers: boolean): Promise<void>;
  /** Deferred constraints and triggers have their say. Names of tables that our statements wrote to though nobody declared it. */
  settle(): Promise<readonly string[]>;
  /** After `settle`: rows of these audit trails that our own statements wrote, once for every trail that they belong to; `unclaimed`: names of tables with rows that belong to none. */
  ownRows(
    trails: readonly T[],
  ): Promise<{ readonly rows: readonly OwnRow<T>[]; readonly unclaimed: readonly string[] }>;
  /**
   * Figures of `assert`, where the transaction was begun with them: as they would be without what it did, and as they are.
   * What others commit meanwhile is in both or in neither. Nothing is written after it.
   */
  asserted(): Promise<readonly Asserted[]>;
  /** The transaction's id, for `fate`. */
  id(): Promise<string>;
  commit(): Promise<void>;
}
