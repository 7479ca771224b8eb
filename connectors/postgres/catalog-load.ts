import { Failure } from "../../src/errors.ts";
import type { Place } from "../../src/model/datamap.ts";
import { texts, textsOrNull } from "../../src/sql/record-table.ts";
import {
  type CatalogParts,
  type Column,
  type ColumnType,
  type ForeignKey,
  type Index,
  placeName,
  type Server,
  type Table,
} from "./catalog.ts";
import { EQUALS, literal, qualified } from "./sql.ts";
import type { Row, Session } from "./transaction.ts";

const OLDEST = 130_000;

/** Tables that places name, and everything around them. */
export interface Surroundings {
  /** Changes with whatever `loadCatalog` would read, but for estimates, and rights that a role has by another role. */
  readonly state: string;
  readonly oids: readonly string[];
  /** `placeName` -> what has that name. */
  readonly places: CatalogParts["places"];
}

/**
 * Tables of the same family, tables that reference them (at every level that a cascade reaches) and views over them: one
 * statement without values, however many there are, so that it can be sent with a transaction's begin.
 */
export function surroundingsText(places: readonly Place[]): string {
  const named = tablesIn(places);
  const list = (texts: readonly (string | undefined)[]) =>
    `ARRAY[${texts.map((text) => (text === undefined ? "NULL" : literal(text))).join(", ")}]::text[]`;
  return reached(list(named.map(({ table }) => table)), list(named.map(({ schema }) => schema)), places.length);
}

/** How many places the statement was about. */
export function placesIn(rows: readonly Row[]): number {
  return Number(rows.find(([at]) => at === "state")?.[3] ?? 0);
}

/** What that statement answered; `places` begin with those that it was made of. Throws where the server is too old. */
export function surroundingsOf(rows: readonly Row[], system: string, places: readonly Place[]): Surroundings {
  const [, version, state] = rows.find(([at]) => at === "state") ?? [];
  if (Number(version) < OLDEST) throw new Failure("ACTION_REFUSED", `${system}: PostgreSQL 13 or newer is needed`);
  const found = rows.filter(([at]) => at !== "state");
  return {
    state: state ?? "",
    oids: [...new Set(found.map(([, oid]) => oid ?? ""))],
    places: new Map(
      tablesIn(places).map((place, at) => [
        placeName(place),
        found.flatMap(([index, oid, schema, kind]) =>
          index === String(at + 1) ? [{ oid: oid ?? "", schema: schema ?? "", kind: kind ?? "" }] : [],
        ),
      ]),
    ),
  };
}

function tablesIn(places: readonly Place[]) {
  return places.filter((place) => place.kind === "table");
}

/** What is known of these tables, in one message however many there are. */
export async function loadCatalog(session: Session, { oids, places }: Surroundings): Promise<CatalogParts> {
  const [
    server = [],
    tables = [],
    columns = [],
    types = [],
    indexes = [],
    foreignKeys = [],
    inherits = [],
    views = [],
  ] = await session.several(DETAILS.map((text) => text.replaceAll("$OIDS", `'{${oids.join(",")}}'::oid[]`)).join(";"));
  return {
    server: serverOf(server[0]),
    places,
    tables: tablesOf({ tables, columns: columnsOf(columns, typesOf(types)), indexes, inherits, views }),
    foreignKeys: foreignKeys.flatMap(foreignKeyOf),
  };
}

/**
 * Rows: number of the name (NULL for what is only around), oid, schema, kind; and one with `state`, the server's version, a
 * digest of the versions of all catalog rows that the details are read from, and the number of places.
 */
const reached = (tables: string, schemas: string, count: number) => `WITH RECURSIVE named AS (
    SELECT w.at, c.oid, n.nspname, c.relkind FROM ROWS FROM (pg_catalog.unnest(${tables}), pg_catalog.unnest(${schemas})) WITH ORDINALITY AS w (name, schema, at)
    JOIN pg_catalog.pg_class c ON c.relname = w.name::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f') JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (CASE WHEN w.schema IS NULL THEN pg_catalog.current_schemas(false)::text[] ELSE ARRAY[w.schema] END)),
  way (src, dst, goes) AS (
    SELECT inhparent, inhrelid, true FROM pg_catalog.pg_inherits UNION ALL SELECT inhrelid, inhparent, true FROM pg_catalog.pg_inherits
    UNION ALL SELECT confrelid, conrelid, confdeltype = 'c' FROM pg_catalog.pg_constraint WHERE contype = 'f'
    UNION ALL SELECT d.refobjid, r.ev_class, false FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
      WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class),
  reached (oid, goes) AS (
    SELECT oid, true FROM named UNION
    SELECT w.dst, r.goes AND w.goes FROM reached r JOIN way w ON w.src = r.oid JOIN pg_catalog.pg_class c ON c.oid = w.dst
    WHERE r.goes OR c.relkind IN ('v', 'm')),
  around (oid) AS MATERIALIZED (SELECT DISTINCT oid FROM reached),
  part (text) AS (
    SELECT 'path ' || pg_catalog.array_to_string(pg_catalog.current_schemas(true), ',') || ' ' || current_user
    UNION ALL SELECT 'class ' || c.oid || ' ' || c.xmin || ' ' || n.xmin FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid IN (SELECT oid FROM around)
    UNION ALL SELECT 'column ' || a.attrelid || ' ' || a.attnum || ' ' || a.xmin || ' ' || coalesce(t.xmin::text, '') FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND a.attrelid IN (SELECT oid FROM around)
    UNION ALL SELECT 'constraint ' || c.oid || ' ' || c.xmin FROM pg_catalog.pg_constraint c WHERE c.conrelid IN (SELECT oid FROM around) OR c.confrelid IN (SELECT oid FROM around)
    UNION ALL SELECT 'index ' || i.indexrelid || ' ' || i.xmin || ' ' || i.indisvalid || ' ' || x.xmin FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid IN (SELECT oid FROM around)
    UNION ALL SELECT 'below ' || i.inhrelid || ' ' || i.inhparent || ' ' || i.inhseqno FROM pg_catalog.pg_inherits i WHERE i.inhrelid IN (SELECT oid FROM around))
  SELECT at::text, oid::text, nspname::text, relkind::text FROM named UNION ALL SELECT NULL, oid::text, NULL, NULL FROM around
  UNION ALL SELECT 'state', pg_catalog.current_setting('server_version_num'), pg_catalog.md5(pg_catalog.string_agg(text, ';' ORDER BY text)), '${count}' FROM part`;

/** Names of columns by their numbers, in order. */
const names = (table: string, numbers: string) =>
  `pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY k (num, at) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.num AND k.num > 0 ORDER BY k.at))::text`;
const operators = (part: string) =>
  `pg_catalog.to_json(ARRAY(SELECT ${part}::text FROM pg_catalog.unnest(c.conpfeqop) WITH ORDINALITY k (op, at) JOIN pg_catalog.pg_operator o ON o.oid = k.op JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace ORDER BY k.at))::text`;

const DETAILS = [
  `SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_encoding'),
    (SELECT c.collname::text FROM pg_catalog.pg_collation c WHERE c.collnamespace = 'pg_catalog'::regnamespace
      AND c.collname IN ('pg_c_utf8', 'C.utf8', 'en_US.utf8', 'und-x-icu') AND c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding()))
      ORDER BY pg_catalog.array_position(ARRAY['pg_c_utf8', 'C.utf8', 'en_US.utf8', 'und-x-icu'], c.collname::text) LIMIT 1)`,
  `SELECT c.oid::text, n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)::text, c.relkind::text, c.relispartition::text,
    pg_catalog.row_security_active(c.oid)::text, pg_catalog.has_schema_privilege(n.oid, 'USAGE')::text, pg_catalog.has_table_privilege(c.oid, 'DELETE')::text, (CASE WHEN c.reltuples = 0 AND c.relpages = 0 THEN -1 ELSE c.reltuples::int8 END)::text, c.relispopulated::text,
    pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_partitioned_table p JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[]) WHERE p.partrelid = c.oid))::text
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($OIDS)`,
  `SELECT a.attrelid::text, a.attnum::text, a.attname::text, a.atttypid::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
    (a.attgenerated <> '' OR a.attidentity = 'a')::text, (CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END)::text,
    (CASE WHEN a.attcollation NOT IN (0, 100) THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) ELSE '' END),
    (co.oid IS NOT NULL AND NOT co.collisdeterministic)::text,
    (CASE WHEN a.attcollation = 100 THEN d.datctype IN ('C', 'POSIX') AND d.datlocprovider_c ELSE coalesce(co.collctype IN ('C', 'POSIX'), false) END)::text,
    pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')::text, pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE')::text
   FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
   CROSS JOIN (SELECT datctype, coalesce(pg_catalog.to_jsonb(one) ->> 'datlocprovider', 'c') = 'c' AS datlocprovider_c FROM pg_catalog.pg_database one WHERE datname = pg_catalog.current_database()) d
   WHERE a.attrelid = ANY ($OIDS) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`,
  `WITH RECURSIVE used (oid) AS (
      SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($OIDS) AND a.attnum > 0 AND NOT a.attisdropped
      UNION SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid WHERE t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0))
   SELECT t.oid::text, n.nspname::text, t.typname::text, t.typcategory::text, (CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE 0 END)::text, (CASE WHEN t.typcategory = 'A' AND t.typtype <> 'd' THEN t.typelem ELSE 0 END)::text, t.typnotnull::text, o.schema, o.name
   FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   LEFT JOIN LATERAL (SELECT pn.nspname::text AS schema, p.oprname::text AS name FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_am am ON am.oid = oc.opcmethod AND am.amname = 'btree'
      JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype AND ao.amopstrategy = 3
      JOIN pg_catalog.pg_operator p ON p.oid = ao.amopopr JOIN pg_catalog.pg_namespace pn ON pn.oid = p.oprnamespace WHERE oc.opcintype = t.oid AND oc.opcdefault LIMIT 1) o ON true`,
  `SELECT i.indrelid::text, i.indisunique::text, i.indisprimary::text, (i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid)::text, (i.indpred IS NULL AND i.indisvalid)::text,
    ${names("i.indrelid", "(i.indkey::int2[])[0:i.indnkeyatts - 1]")}, lower(pg_catalog.pg_get_indexdef(i.indexrelid, 1, true)), am.amname::text
   FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am am ON am.oid = x.relam WHERE i.indrelid = ANY ($OIDS) ORDER BY i.indnkeyatts, x.relname`,
  `SELECT c.oid::text, c.conname::text, c.conrelid::text, c.confrelid::text, c.confdeltype::text, ${names("c.conrelid", "c.conkey")}, ${names("c.confrelid", "c.confkey")}, ${operators("n.nspname")}, ${operators("o.oprname")}, pn.nspname::text, p.relname::text
   FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class p ON p.oid = c.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
   WHERE c.contype = 'f' AND c.conparentid = 0 AND coalesce(pg_catalog.to_jsonb(c) ->> 'conenforced', 'true') = 'true' AND (c.confrelid = ANY ($OIDS) OR c.conrelid = ANY ($OIDS))
   ORDER BY c.conrelid::regclass::text, c.conname`,
  `SELECT i.inhrelid::text, i.inhparent::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = ANY ($OIDS) ORDER BY i.inhseqno`,
  `SELECT DISTINCT d.refobjid::text, r.ev_class::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
   WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class AND d.refobjid = ANY ($OIDS)`,
];

function serverOf([version = null, encoding = null, lowerCollation = null]: Row = []): Server {
  return { version: Number(version), utf8: encoding === "UTF8", lowerCollation: lowerCollation ?? "" };
}

interface KnownType {
  readonly type: ColumnType;
  /** A domain that refuses NULL. */
  readonly notNull: boolean;
}

/** Types by oid: domains as their base, arrays with their element. */
function typesOf(rows: readonly Row[]): (oid: string) => KnownType | undefined {
  const byOid = new Map(rows.map((row) => [row[0] ?? "", row]));
  const known = (oid: string): KnownType | undefined => {
    const row = byOid.get(oid);
    if (row === undefined) return undefined;
    const [, schema, name, category, base, elementOid, refuses, opSchema, opName] = row;
    if (base != null && base !== "0") {
      const below = known(base);
      return below === undefined ? undefined : { type: below.type, notNull: below.notNull || refuses === "true" };
    }
    const element = elementOid == null || elementOid === "0" ? undefined : known(elementOid)?.type;
    return {
      type: {
        schema: schema ?? "",
        name: name ?? "",
        category: category ?? "",
        equals: opSchema == null || opName == null ? EQUALS : { schema: opSchema, name: opName },
        ...(element === undefined ? {} : { element }),
      },
      notNull: refuses === "true",
    };
  };
  return known;
}

function columnsOf(
  rows: readonly Row[],
  typeOf: (oid: string) => KnownType | undefined,
): ReadonlyMap<string, ReadonlyMap<string, Column>> {
  const tables = new Map<string, Map<string, Column>>();
  for (const row of rows) {
    const [
      table = "",
      number,
      name = "",
      type = "",
      declared = "",
      notNull,
      generated,
      length,
      collation = "",
      equatesTexts,
      ascii,
      read,
      update,
    ] = row.map((text) => text ?? "");
    const known = typeOf(type);
    if (known === undefined) continue;
    const mine = tables.get(table) ?? new Map<string, Column>();
    const internal = known.type.schema === "pg_catalog";
    mine.set(name, {
      number: Number(number),
      name,
      type: known.type,
      shape:
        known.type.element === undefined
          ? internal && ["json", "jsonb"].includes(known.type.name)
            ? "json"
            : "scalar"
          : "array",
      isDate: internal && ["date", "timestamp", "timestamptz"].includes(known.type.name),
      declared,
      notNull: notNull === "true" || known.notNull,
      generated: generated === "true",
      length: Number(length),
      collation,
      equatesTexts: equatesTexts === "true",
      asciiOnly: ascii === "true",
      mayRead: read === "true",
      mayUpdate: update === "true",
    });
    tables.set(table, mine);
  }
  return tables;
}

interface TableRows {
  readonly tables: readonly Row[];
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, Column>>;
  readonly indexes: readonly Row[];
  readonly inherits: readonly Row[];
  readonly views: readonly Row[];
}

function tablesOf({ tables, columns, indexes, inherits, views }: TableRows): ReadonlyMap<string, Table> {
  const indexesOf = Map.groupBy(indexes, ([table]) => table);
  const parentsOf = Map.groupBy(inherits, ([child]) => child);
  const viewsOf = Map.groupBy(views, ([table]) => table);
  return new Map(
    tables.map((row) => {
      const [
        oid = "",
        schema = "",
        name = "",
        visible,
        kind = "",
        partition,
        secured,
        use,
        del,
        rows,
        filled,
        partitionKey,
      ] = row.map((text) => text ?? "");
      return [
        oid,
        {
          oid,
          schema,
          name,
          shown: visible === "true" ? name : `${schema}.${name}`,
          kind,
          isPartition: partition === "true",
          parents: parentsOf.get(oid)?.map(([, parent]) => parent ?? "") ?? [],
          rowSecurity: secured === "true",
          mayUse: use === "true",
          mayDelete: del === "true",
          rows: Number(rows),
          filled: filled === "true",
          columns: columns.get(oid) ?? new Map<string, Column>(),
          indexes: indexesOf.get(oid)?.map(indexOf) ?? [],
          partitionKey: texts(partitionKey),
          views: viewsOf.get(oid)?.map(([, view]) => view ?? "") ?? [],
        },
      ];
    }),
  );
}

function indexOf([, unique, primary, plain, whole, columns, first, method]: Row): Index {
  return {
    unique: unique === "true",
    primary: primary === "true",
    plain: plain === "true",
    whole: whole === "true",
    columns: textsOrNull(columns),
    first: first ?? "",
    method: method ?? "",
  };
}

const ON_DELETE = new Map<string, ForeignKey["onDelete"]>([
  ["a", "no_action"],
  ["r", "restrict"],
  ["c", "cascade"],
  ["n", "set_null"],
  ["d", "set_default"],
]);

function foreignKeyOf([
  oid,
  name,
  child,
  parent,
  onDelete,
  columns,
  parentColumns,
  schemas,
  operatorNames,
  parentSchema,
  parentTable,
]: Row): ForeignKey[] {
  if (oid == null || name == null || child == null || parent == null) return [];
  const inSchemas = texts(schemas);
  return [
    {
      oid,
      name,
      child,
      columns: texts(columns),
      parent,
      parentName: qualified(parentSchema ?? "", parentTable ?? ""),
      parentColumns: texts(parentColumns),
      operators: texts(operatorNames).map((operator, at) => ({
        schema: inSchemas[at] ?? "pg_catalog",
        name: operator,
      })),
      onDelete: ON_DELETE.get(onDelete ?? "") ?? "no_action",
    },
  ];
}
