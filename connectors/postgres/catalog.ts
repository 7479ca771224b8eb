import { Failure } from "../../src/errors.ts";
import type { Place } from "../../src/model/datamap.ts";
import type { Session } from "./session.ts";
import { EQUALS, type Operator, texts } from "./sql.ts";

/** A type, a domain already resolved to what it is made of. */
export interface ColumnType {
  readonly schema: string;
  readonly name: string;
  /** `S` text, `N` number, `D` date, `A` array, `E` enum … as pg_type.typcategory. */
  readonly category: string;
  readonly equals: Operator;
  readonly element?: ColumnType;
}

export interface Column {
  readonly number: number;
  readonly name: string;
  readonly type: ColumnType;
  /** As declared, with length and domain: `character varying(40)`. */
  readonly declared: string;
  readonly notNull: boolean;
  /** Generated, or identity always: cannot be set. */
  readonly generated: boolean;
  /** Longest text in characters; 0: no limit. */
  readonly length: number;
  /** Schema-qualified and quoted; empty where the type has none or the database's own is used. */
  readonly collation: string;
  /** Two different texts can be equal under its collation. */
  readonly loose: boolean;
  /** `lower()` only knows ASCII under its collation. */
  readonly asciiOnly: boolean;
  readonly mayRead: boolean;
  readonly mayUpdate: boolean;
}

/** A table with what is known of it. */
export interface Table {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** `table` where the search path finds it so, else `schema.table`. */
  readonly shown: string;
  /** The table it is a partition of, at the top; its own oid otherwise. */
  readonly root: string;
  readonly partitioned: boolean;
  /** Tables inherit from it, so that its keys need not be unique. */
  readonly inherited: boolean;
  readonly rowSecurity: boolean;
  readonly mayUse: boolean;
  readonly mayDelete: boolean;
  readonly columns: ReadonlyMap<string, Column>;
  /** Column names: the primary key, else a unique key without NULL; empty where there is none. */
  readonly key: readonly string[];
  /** Columns of primary and unique keys. */
  readonly unique: readonly string[];
  /** Columns that each alone are unique. */
  readonly singlyUnique: readonly string[];
  readonly partitionKey: readonly string[];
  /** Columns that reference another table. */
  readonly foreign: readonly string[];
}

/** The server, as far as statements depend on it. */
export interface Server {
  readonly version: number;
  readonly utf8: boolean;
  /** A collation under which `lower()` knows all letters; empty where there is none. */
  readonly wide: string;
}

/** The table of a record type. Names are taken as they are written. Throws TABLE_MISSING. */
export async function resolveTable(session: Session, place: Place, record: string): Promise<string> {
  if (place.kind !== "table") throw new Failure("ACTION_REFUSED", `${record} names no table, but postgres has only tables`);
  const rows = await session.query(
    `SELECT c.oid::text, n.nspname::text, c.relkind::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND n.nspname = ANY (CASE WHEN $2::text IS NULL THEN pg_catalog.current_schemas(false)::text[] ELSE ARRAY[$2] END) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [place.table, place.schema ?? null],
  );
  const name = place.schema === undefined ? place.table : `${place.schema}.${place.table}`;
  const [found, ...more] = rows;
  if (found === undefined) throw new Failure("TABLE_MISSING", `${record}: there is no table ${name}`);
  if (more.length > 0) throw new Failure("TABLE_MISSING", `${record}: table ${name} is in several schemas (${rows.map((row) => row[1]).join(", ")}); name one`);
  const [oid, , kind] = found;
  if (oid == null || (kind !== "r" && kind !== "p"))
    throw new Failure("TABLE_MISSING", `${record}: ${name} is a view or a foreign table, not a table of this database`);
  return oid;
}

export async function loadServer(session: Session): Promise<Server> {
  const [row] = await session.query(
    `SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_encoding'),
      (SELECT c.collname::text FROM pg_catalog.pg_collation c WHERE c.collnamespace = 'pg_catalog'::regnamespace
        AND c.collname IN ('pg_c_utf8', 'C.utf8', 'en_US.utf8', 'und-x-icu') AND c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding()))
        ORDER BY pg_catalog.array_position(ARRAY['pg_c_utf8', 'C.utf8', 'en_US.utf8', 'und-x-icu'], c.collname::text) LIMIT 1)`,
  );
  const [version, encoding, wide] = row ?? [];
  return { version: Number(version), utf8: encoding === "UTF8", wide: wide ?? "" };
}

/** What is known of these tables, by oid. */
export async function loadTables(session: Session, oids: readonly string[]): Promise<ReadonlyMap<string, Table>> {
  const wanted = [...new Set(oids)];
  const columns = await loadColumns(session, wanted);
  const rows = await session.query(
    `SELECT c.oid::text, n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)::text, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid::regclass)::oid::text,
      c.relkind::text, (c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid))::text,
      pg_catalog.row_security_active(c.oid)::text, pg_catalog.has_schema_privilege(n.oid, 'USAGE')::text, pg_catalog.has_table_privilege(c.oid, 'DELETE')::text,
      pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_partitioned_table p JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[]) WHERE p.partrelid = c.oid))::text,
      pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) WHERE k.conrelid = c.oid AND k.contype = 'f'))::text
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])`,
    [wanted],
  );
  const keys = await loadKeys(session, wanted);
  const tables = new Map<string, Table>();
  for (const row of rows) {
    const [oid = "", schema = "", name = "", visible, root, kind, inherited, secured, use, del, partition, foreign] = row.map((text) => text ?? "");
    const mine = columns.get(oid) ?? new Map<string, Column>();
    const uniques = keys.get(oid) ?? [];
    const usable = uniques.filter((one) => one.plain && one.columns.every((column) => mine.get(column)?.notNull ?? false));
    tables.set(oid, {
      oid,
      schema,
      name,
      shown: visible === "true" ? name : `${schema}.${name}`,
      root: root ?? oid,
      partitioned: kind === "p",
      inherited: inherited === "true",
      rowSecurity: secured === "true",
      mayUse: use === "true",
      mayDelete: del === "true",
      columns: mine,
      key: (usable.find((one) => one.primary) ?? usable[0])?.columns ?? [],
      unique: [...new Set(uniques.flatMap((one) => one.columns))],
      singlyUnique: uniques.filter((one) => one.plain).flatMap(({ columns: [first, ...more] }) => (first === undefined || more.length > 0 ? [] : [first])),
      partitionKey: texts(partition),
      foreign: texts(foreign),
    });
  }
  return tables;
}

interface UniqueKey {
  readonly primary: boolean;
  /** Over columns only, and over every row. */
  readonly plain: boolean;
  readonly columns: readonly string[];
}

async function loadKeys(session: Session, oids: readonly string[]): Promise<ReadonlyMap<string, readonly UniqueKey[]>> {
  const rows = await session.query(
    `SELECT i.indrelid::text, i.indisprimary::text, (i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid)::text,
      pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (num, at) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
        WHERE k.at <= i.indnkeyatts ORDER BY k.at))::text
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique ORDER BY i.indnkeyatts, c.relname`,
    [oids],
  );
  const keys = new Map<string, UniqueKey[]>();
  for (const [table, primary, plain, columns] of rows) {
    if (table == null) continue;
    const known = keys.get(table) ?? [];
    known.push({ primary: primary === "true", plain: plain === "true", columns: texts(columns) });
    keys.set(table, known);
  }
  return keys;
}

async function loadColumns(session: Session, oids: readonly string[]): Promise<ReadonlyMap<string, Map<string, Column>>> {
  const rows = await session.query(
    `SELECT a.attrelid::text, a.attnum::text, a.attname::text, a.atttypid::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
      (a.attgenerated <> '' OR a.attidentity = 'a')::text, (CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END)::text,
      (CASE WHEN a.attcollation NOT IN (0, 100) THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) ELSE '' END),
      (co.oid IS NOT NULL AND NOT co.collisdeterministic)::text,
      (CASE WHEN a.attcollation = 100 THEN d.datctype IN ('C', 'POSIX') AND d.datlocprovider_c ELSE coalesce(co.collctype IN ('C', 'POSIX'), false) END)::text,
      pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')::text, pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE')::text
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
     CROSS JOIN (SELECT datctype, coalesce(pg_catalog.to_jsonb(one) ->> 'datlocprovider', 'c') = 'c' AS datlocprovider_c FROM pg_catalog.pg_database one WHERE datname = pg_catalog.current_database()) d
     WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`,
    [oids],
  );
  const types = await loadTypes(session, [...new Set(rows.map((row) => row[3] ?? ""))]);
  const tables = new Map<string, Map<string, Column>>();
  for (const row of rows) {
    const [table = "", number, name = "", type = "", declared = "", notNull, generated, length, collation = "", loose, ascii, read, update] = row.map(
      (text) => text ?? "",
    );
    const known = types.get(type);
    if (known === undefined) continue;
    const mine = tables.get(table) ?? new Map<string, Column>();
    mine.set(name, {
      number: Number(number),
      name,
      type: known.type,
      declared,
      notNull: notNull === "true" || known.notNull,
      generated: generated === "true",
      length: Number(length),
      collation,
      loose: loose === "true",
      asciiOnly: ascii === "true",
      mayRead: read === "true",
      mayUpdate: update === "true",
    });
    tables.set(table, mine);
  }
  return tables;
}

interface KnownType {
  readonly type: ColumnType;
  /** A domain that refuses NULL. */
  readonly notNull: boolean;
}

/** Types by oid: domains as their base, arrays with their element. */
async function loadTypes(session: Session, oids: readonly string[]): Promise<ReadonlyMap<string, KnownType>> {
  const rows = await session.query(
    `WITH RECURSIVE chain (start, oid, refuses) AS (
        SELECT t.oid, t.oid, t.typnotnull FROM pg_catalog.pg_type t WHERE t.oid = ANY ($1::oid[])
        UNION ALL SELECT c.start, t.typbasetype, c.refuses OR t.typnotnull FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.oid WHERE t.typtype = 'd')
     SELECT c.start::text, n.nspname::text, t.typname::text, t.typcategory::text, c.refuses::text, (CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END)::text, o.schema, o.name
     FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.oid AND t.typtype <> 'd' JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     LEFT JOIN LATERAL (SELECT pn.nspname::text AS schema, p.oprname::text AS name FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_am am ON am.oid = oc.opcmethod AND am.amname = 'btree'
        JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype AND ao.amopstrategy = 3
        JOIN pg_catalog.pg_operator p ON p.oid = ao.amopopr JOIN pg_catalog.pg_namespace pn ON pn.oid = p.oprnamespace WHERE oc.opcintype = t.oid AND oc.opcdefault LIMIT 1) o ON true`,
    [oids],
  );
  const elements = [...new Set(rows.map((row) => row[5] ?? "0").filter((oid) => oid !== "0"))];
  const known: ReadonlyMap<string, KnownType> = elements.length === 0 ? new Map() : await loadTypes(session, elements);
  const types = new Map<string, KnownType>();
  for (const [start, schema, name, category, refuses, elementOid, opSchema, opName] of rows) {
    const element = known.get(elementOid ?? "0")?.type;
    types.set(start ?? "", {
      type: {
        schema: schema ?? "",
        name: name ?? "",
        category: category ?? "",
        equals: opSchema == null || opName == null ? EQUALS : { schema: opSchema, name: opName },
        ...(element === undefined ? {} : { element }),
      },
      notNull: refuses === "true",
    });
  }
  return types;
}

export function columnOf(table: Table, name: string, record: string): Column {
  const column = table.columns.get(name);
  if (column === undefined) throw new Failure("COLUMN_MISSING", `${record}: table ${table.shown} has no column ${name}`);
  return column;
}
