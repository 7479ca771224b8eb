import { Failure } from "../../src/errors.ts";
import type { Link } from "../../src/model/change.ts";
import type { Place, SystemBlock } from "../../src/model/datamap.ts";
import { nearest } from "../../src/model/nearest.ts";
import type { KeyLink } from "../../src/sql/cascades.ts";
import type { Nameable } from "../../src/sql/findings.ts";
import type { RowColumn } from "../../src/sql/record-table.ts";
import { collationsIn, type Database, type Row } from "./database.ts";

export interface Column extends RowColumn {
  readonly declared: string;
  /** What becomes of a value that is stored here, as far as it can: see `affinityOf`. */
  readonly affinity: "text" | "number" | "none";
  readonly generated: boolean;
}

export interface Table extends Nameable {
  readonly kind: "table" | "virtual";
  readonly columns: ReadonlyMap<string, Column>;
  /** Names a row: the primary key, else a unique one that is never NULL; empty where there is none. */
  readonly key: readonly string[];
  /** What the row's number is called; undefined where it has none. */
  readonly rowid: string | undefined;
  /** `INTEGER PRIMARY KEY`: the row's number is a column, and stays. */
  readonly numbered: boolean;
  readonly indexes: readonly {
    readonly unique: boolean;
    readonly whole: boolean;
    readonly columns: readonly (string | null)[];
  }[];
  readonly sql: string;
}

export interface ForeignKey extends KeyLink {
  readonly child: Table;
  readonly parent: Table;
  readonly parentColumns: readonly string[];
}

/** A full-text index: over the rows of another table (`content`), or with texts of its own. */
export interface FullText {
  readonly table: Table;
  readonly content: Table | undefined;
}

/** The structure of a database, as it was when it was read. */
export interface Catalog {
  readonly version: bigint;
  readonly tables: ReadonlyMap<string, Table>;
  readonly triggers: readonly { readonly name: string; readonly table: string; readonly sql: string }[];
  readonly fullTexts: readonly FullText[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Everything that rows can be read from. */
  readonly names: readonly string[];
  /** Names are taken as they are written. Throws TABLE_MISSING. */
  placed(place: Place, record: string): Table;
  into(table: Table): readonly ForeignKey[];
  /** Record types that find rows of this table, in the map's order. */
  recordsOver(table: Table): readonly string[];
  /** Column -> its collation, in capitals. Throws ACTION_REFUSED where only the application knows one. */
  collations(table: Table): ReadonlyMap<string, string>;
}

const TABLES = `SELECT l.name, l.type, l.wr, coalesce(s.sql, ''), l.strict FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name AND s.type = 'table'
  WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name`;
const COLUMNS = 'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid';
const INDEXES = `SELECT i.name, i."unique", i.partial, x.name FROM pragma_index_list(?) i JOIN pragma_index_xinfo(i.name) x WHERE x.key = 1 ORDER BY i.seq, x.seqno`;
const FOREIGN_KEYS = `SELECT f.id, f."table", f."from", f."to", f.on_delete FROM pragma_foreign_key_list(?) f ORDER BY f.id, f.seq`;

export function loadCatalog(database: Database, block: SystemBlock): Catalog {
  const version = database.version();
  const tables = new Map<string, Table>();
  for (const row of database.all(TABLES)) {
    const table = tableOf(database, row);
    if (table !== undefined) tables.set(table.name, table);
  }
  const named = new Map([...tables.values()].map((table) => [table.name.toLowerCase(), table]));
  const foreignKeys = [...tables.values()].flatMap((child) =>
    child.kind === "table" ? foreignKeysOf(database, child, named) : [],
  );
  const triggers = database.all("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger'");
  const names = database
    .all("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
    .map(([name]) => String(name));
  const collations = new Map<Table, ReadonlyMap<string, string>>();
  const over = (table: Table) =>
    block.records.filter(({ place }) => place.kind === "table" && place.table === table.name).map(({ id }) => id);
  return {
    version,
    tables,
    foreignKeys,
    names,
    triggers: triggers.map(([name, table, sql]) => ({ name: String(name), table: String(table), sql: String(sql) })),
    fullTexts: [...tables.values()].flatMap((table) => fullTextOf(table, named) ?? []),
    into: (table) => foreignKeys.filter(({ parent }) => parent === table),
    recordsOver: over,
    placed(place, record) {
      if (place.kind !== "table")
        throw new Failure("ACTION_REFUSED", `${record} names no table, but sqlite has only tables`);
      const found = tables.get(place.table);
      if (found !== undefined) return found;
      if (names.includes(place.table))
        throw new Failure(
          "TABLE_MISSING",
          `${record}: ${place.table} is a view, or a table that only its own application can read`,
        );
      const meant = nearest(place.table, tables.keys());
      throw new Failure(
        "TABLE_MISSING",
        `${record}: there is no table ${place.table}`,
        meant === undefined ? {} : { help: `Did you mean \`${meant}\`?` },
      );
    },
    collations(table) {
      const known =
        collations.get(table) ??
        (table.kind === "virtual" ? new Map() : collationsIn(table.sql, table.name, [...table.columns.keys()]));
      if (known === undefined)
        throw new Failure(
          "ACTION_REFUSED",
          `table ${table.name} uses a function or collation that only its own application has`,
          {
            help: "Erase there through the application, or leave the table out of the data map.",
          },
        );
      collations.set(table, known);
      return known;
    },
  };
}

function tableOf(database: Database, [name, type, withoutRowid, sql, strict]: Row): Table | undefined {
  const table = String(name);
  let rows: readonly Row[];
  try {
    rows = database.all(COLUMNS, [table]);
  } catch (error) {
    // its module is the application's own
    if (type === "virtual" && error instanceof Failure) return undefined;
    throw error;
  }
  // 1: a virtual table's own, such as a rank
  const seen = rows.filter((row) => row[4] !== 1n);
  const columns = new Map(seen.map((row) => [String(row[0]), columnOf(row, withoutRowid === 1n, strict === 1n)]));
  const primary = seen
    .filter((row) => row[3] !== 0n)
    .toSorted((a, b) => Number(a[3]) - Number(b[3]))
    .map((row) => String(row[0]));
  const numbered =
    withoutRowid !== 1n &&
    primary.length === 1 &&
    seen.some((row) => row[3] === 1n && String(row[1]).toUpperCase() === "INTEGER");
  const grouped = Map.groupBy(type === "virtual" ? [] : database.all(INDEXES, [table]), ([index]) => String(index));
  const indexes = [...grouped.values()].map((parts) => ({
    unique: parts[0]?.[1] === 1n,
    whole: parts[0]?.[2] === 0n,
    columns: parts.map((part) => (part[3] === null || part[3] === undefined ? null : String(part[3]))),
  }));
  const unique = indexes.find(
    (index) =>
      index.unique && index.whole && index.columns.every((column) => column !== null && columns.get(column)?.notNull),
  );
  return {
    schema: "main",
    name: table,
    shown: table,
    kind: type === "virtual" ? "virtual" : "table",
    columns,
    key: primary.length > 0 ? primary : (unique?.columns.filter((column) => column !== null) ?? []),
    // a column of that name hides it
    rowid:
      withoutRowid === 1n
        ? undefined
        : ["rowid", "_rowid_", "oid"].find(
            (one) => ![...columns.keys()].some((column) => column.toLowerCase() === one),
          ),
    numbered,
    indexes,
    sql: String(sql),
  };
}

function columnOf([name, type, notNull, pk, hidden]: Row, withoutRowid: boolean, strict: boolean): Column {
  const declared = String(type);
  return {
    name: String(name),
    declared,
    // any text may hold JSON: what is read so is said by the data map
    shape: /^jsonb?$/iu.test(declared) ? "json" : "scalar",
    notNull: notNull === 1n || (pk !== 0n && (withoutRowid || declared.toUpperCase() === "INTEGER")),
    isDate: /date|timestamp/iu.test(declared),
    affinity: strict && declared === "ANY" ? "none" : affinityOf(declared),
    generated: hidden === 2n || hidden === 3n,
  };
}

/** SQLite's own rules, with its three kinds of numbers as one. */
function affinityOf(declared: string): Column["affinity"] {
  if (/int/iu.test(declared)) return "number";
  if (/char|clob|text/iu.test(declared)) return "text";
  return declared === "" || /blob/iu.test(declared) ? "none" : "number";
}

const ON_DELETE = new Map<string, Link["onDelete"]>([
  ["RESTRICT", "restrict"],
  ["CASCADE", "cascade"],
  ["SET NULL", "set_null"],
  ["SET DEFAULT", "set_default"],
]);

function foreignKeysOf(database: Database, child: Table, named: ReadonlyMap<string, Table>): ForeignKey[] {
  const byId = Map.groupBy(database.all(FOREIGN_KEYS, [child.name]), ([id]) => id);
  return [...byId.values()].flatMap((rows) => {
    const [, to, , , onDelete] = rows[0] ?? [];
    const parent = named.get(String(to).toLowerCase());
    if (parent === undefined) return [];
    const columns = rows.map((row) => nameIn(child, row[2]));
    const parentColumns = rows.map((row, at) => (row[3] === null ? (parent.key[at] ?? "") : nameIn(parent, row[3])));
    // SQLite gives its foreign keys no names that could be asked for
    return [
      {
        name: `${child.name}(${columns.join(", ")})`,
        child,
        columns,
        parent,
        parentColumns,
        onDelete: ON_DELETE.get(String(onDelete)) ?? "no_action",
      },
    ];
  });
}

function nameIn({ columns }: Table, name: Row[number] | undefined): string {
  const wanted = String(name);
  return columns.has(wanted)
    ? wanted
    : ([...columns.keys()].find((one) => one.toLowerCase() === wanted.toLowerCase()) ?? wanted);
}

function fullTextOf(table: Table, named: ReadonlyMap<string, Table>): FullText | undefined {
  if (table.kind !== "virtual" || !/\busing\s+"?fts[345]/iu.test(table.sql)) return undefined;
  const content = /\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|\[([^\]]*)\]|(\w+))/iu
    .exec(table.sql)
    ?.slice(1)
    .find((one) => one !== undefined);
  return { table, content: content === undefined ? undefined : named.get(content.toLowerCase()) };
}
