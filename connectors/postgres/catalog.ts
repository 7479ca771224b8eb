import { Failure } from "../../src/errors.ts";
import type { Link } from "../../src/model/change.ts";
import type { Place, SystemBlock } from "../../src/model/datamap.ts";
import type { RowColumn } from "../../src/sql/record-table.ts";
import type { Operator } from "./sql.ts";

/** A type, a domain already resolved to what it is made of. */
export interface ColumnType {
  readonly schema: string;
  readonly name: string;
  /** `S` text, `N` number, `D` date, `A` array, `E` enum … as pg_type.typcategory. */
  readonly category: string;
  readonly equals: Operator;
  readonly element?: ColumnType;
}

export interface Column extends RowColumn {
  readonly number: number;
  readonly type: ColumnType;
  /** As declared, with length and domain: `character varying(40)`. */
  readonly declared: string;
  /** Generated, or identity always: cannot be set. */
  readonly generated: boolean;
  /** Longest text in characters; 0: no limit. */
  readonly length: number;
  /** Schema-qualified and quoted; empty where the type has none or the database's own is used. */
  readonly collation: string;
  /** Two different texts can be equal under its collation. */
  readonly equatesTexts: boolean;
  /** `lower()` only knows ASCII under its collation. */
  readonly asciiOnly: boolean;
  readonly mayRead: boolean;
  readonly mayUpdate: boolean;
}

/** An index, as far as searches and keys need it. */
export interface Index {
  readonly unique: boolean;
  readonly primary: boolean;
  /** Over columns only, over every row, and in force. */
  readonly plain: boolean;
  /** Over every row, and in force. */
  readonly whole: boolean;
  /** Key columns; null for an expression. */
  readonly columns: readonly (string | null)[];
  /** The first key column or expression, in lower case. */
  readonly first: string;
  /** `btree`, `gin` … */
  readonly method: string;
}

/** A table, partitioned table, view or materialised view with what is known of it. */
export interface Table {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** `table` where the search path finds it so, else `schema.table`. */
  readonly shown: string;
  /** As pg_class.relkind: `r` table, `p` partitioned, `v` view, `m` materialised view, `f` foreign. */
  readonly kind: string;
  readonly isPartition: boolean;
  /** It inherits from these (oids), or is a partition of the one. */
  readonly parents: readonly string[];
  readonly rowSecurity: boolean;
  readonly mayUse: boolean;
  readonly mayDelete: boolean;
  /** The statistics' estimate; -1 where there is none (PostgreSQL 13 says 0 then, as of an empty table). */
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly indexes: readonly Index[];
  readonly partitionKey: readonly string[];
  /** A materialised view that was never filled holds nobody. */
  readonly filled: boolean;
  /** Views over it (oids). */
  readonly views: readonly string[];
}

/** An enforced foreign key. */
export interface ForeignKey {
  readonly oid: string;
  readonly name: string;
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** Quoted, with its schema. */
  readonly parentName: string;
  readonly parentColumns: readonly string[];
  readonly operators: readonly Operator[];
  readonly onDelete: Link["onDelete"];
}

/** The server, as far as statements depend on it. */
export interface Server {
  readonly version: number;
  readonly utf8: boolean;
  /** A collation under which `lower()` knows all letters; empty where there is none. */
  readonly lowerCollation: string;
}

/** Everything that was loaded at once. */
export interface CatalogParts {
  readonly server: Server;
  readonly tables: ReadonlyMap<string, Table>;
  readonly foreignKeys: readonly ForeignKey[];
  /** `placeName` -> what has that name. */
  readonly places: ReadonlyMap<
    string,
    readonly { readonly oid: string; readonly schema: string; readonly kind: string }[]
  >;
}

/** The structure around a system's record types, as it was when it was read. */
export interface Catalog extends CatalogParts {
  /** Names are taken as they are written. Throws TABLE_MISSING. */
  placed(place: Place, record: string): Table;
  table(oid: string): Table | undefined;
  /** Tables above it: of which it is a partition, or from which it inherits, at every level, the nearest first. */
  ancestors(table: Table): readonly Table[];
  descendants(table: Table): readonly Table[];
  /** Record types that find rows of this very table, by its name or by that of a table above it; in the map's order. */
  recordsOver(table: Table): readonly string[];
  /** Record types of tables below it, but for those that cover it whole. */
  recordsBelow(table: Table): readonly Table[];
  /** Foreign keys that rows of this table can be referenced through. */
  into(table: Table): readonly ForeignKey[];
  /** Columns that name a row, unique in the table and in every table below it; empty where there are none. */
  keyOf(table: Table): readonly string[];
  /** Columns that name a row the same whichever table of its family is looked at; with the table they are unique in. */
  familyKey(table: Table): readonly string[];
}

export function placeName(place: Place): string {
  return place.kind === "table" ? JSON.stringify([place.schema ?? null, place.table]) : "";
}

export function makeCatalog(parts: CatalogParts, block: SystemBlock): Catalog {
  const { tables, foreignKeys, places } = parts;
  const table = (oid: string) => tables.get(oid);
  const up = (one: Table) => one.parents.flatMap((oid) => tables.get(oid) ?? []);
  const children = Map.groupBy(
    [...tables.values()].flatMap((one) => one.parents.map((parent) => ({ parent, one }))),
    ({ parent }) => parent,
  );
  const down = (one: Table) => children.get(one.oid)?.map((child) => child.one) ?? [];
  const ancestors = (one: Table) => reach(one, up);
  const descendants = (one: Table) => reach(one, down);
  const recordTables = new Map<string, string[]>();
  for (const record of block.records) {
    const [found, ...more] = places.get(placeName(record.place)) ?? [];
    if (found !== undefined && more.length === 0)
      recordTables.set(found.oid, [...(recordTables.get(found.oid) ?? []), record.id]);
  }
  const order = block.records.map(({ id }) => id);
  const recordsOver = (one: Table) =>
    [one, ...ancestors(one)]
      .flatMap(({ oid }) => recordTables.get(oid) ?? [])
      .toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  const keyOf = (one: Table) => {
    const family = [one, ...descendants(one)];
    const usable = one.indexes
      .filter((index) => index.unique && index.plain && family.every((member) => hasKey(member, index)))
      .toSorted((a, b) => Number(b.primary) - Number(a.primary));
    return usable[0]?.columns.flatMap((name) => name ?? []) ?? [];
  };
  return {
    ...parts,
    table,
    ancestors,
    descendants,
    recordsOver,
    keyOf,
    placed(place, record) {
      if (place.kind !== "table")
        throw new Failure("ACTION_REFUSED", `${record} names no table, but postgres has only tables`);
      const name = place.schema === undefined ? place.table : `${place.schema}.${place.table}`;
      const [found, ...more] = places.get(placeName(place)) ?? [];
      if (found === undefined) throw new Failure("TABLE_MISSING", `${record}: there is no table ${name}`);
      if (more.length > 0) {
        const schemas = [found, ...more].map(({ schema }) => schema).join(", ");
        throw new Failure("TABLE_MISSING", `${record}: table ${name} is in several schemas (${schemas}); name one`);
      }
      const known = found.kind === "r" || found.kind === "p" ? tables.get(found.oid) : undefined;
      if (known === undefined)
        throw new Failure(
          "TABLE_MISSING",
          `${record}: ${name} is a view or a foreign table, not a table of this database`,
        );
      return known;
    },
    recordsBelow: (one) => descendants(one).filter(({ oid }) => recordTables.has(oid)),
    into(one) {
      // of a partitioned table above it all rows can be referenced, of one that it inherits from only that one's own
      const whole = ancestors(one).filter(({ kind }) => kind === "p");
      const mine = new Set([one, ...whole, ...descendants(one)].map(({ oid }) => oid));
      return foreignKeys.filter(({ parent }) => mine.has(parent));
    },
    familyKey(one) {
      let top = one;
      for (let above = up(top); above.length > 0; above = up(top)) {
        if (above.length > 1 || above[0] === undefined) return [];
        [top] = above;
      }
      // a table that inherits from two families could be found through either
      return descendants(top).every(({ parents }) => parents.length < 2) ? keyOf(top) : [];
    },
  };
}

/** A unique index over the same columns, none of them NULL. */
function hasKey(table: Table, { columns }: Index): boolean {
  if (!columns.every((name) => name !== null && (table.columns.get(name)?.notNull ?? false))) return false;
  const wanted = new Set(columns);
  return table.indexes.some(
    (index) =>
      index.unique &&
      index.plain &&
      index.columns.length === wanted.size &&
      index.columns.every((name) => wanted.has(name)),
  );
}

function reach(from: Table, next: (table: Table) => readonly Table[]): readonly Table[] {
  const seen = new Set<Table>();
  const queue = [...next(from)];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    if (seen.has(one)) continue;
    seen.add(one);
    queue.push(...next(one));
  }
  return [...seen];
}

/** Columns of primary and unique keys. */
export function uniqueColumns({ indexes }: Table): readonly string[] {
  return [...new Set(indexes.flatMap((index) => (index.unique ? index.columns.flatMap((name) => name ?? []) : [])))];
}
