/** What the database is made of, as its catalog tells it: a handful of questions, however many tables there are. */
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type {
  Sampled,
  Store,
  StoreColumn,
  StoreReference,
  StoreTrigger,
  StoreView,
} from "../../src/model/structure.ts";
import type { IO, Survey } from "../../src/port/connector.ts";
import { texts, textsOrNull } from "../../src/sql/record-table.ts";
import { failureOf } from "./errors.ts";
import { assignedIn, tablesReadIn } from "./function-source.ts";
import { secretOf } from "./reader.ts";
import { attempt, openDatabase } from "./session.ts";
import { literal, qualified, quoted } from "./sql.ts";
import type { Row, Session } from "./transaction.ts";
import { openTriggers } from "./triggers.ts";

const OLDEST = 130_000;

export async function openSurvey(block: SystemBlock, io: IO): Promise<Survey> {
  const database = await openDatabase(block.name, secretOf(block), {}, io);
  const places = new Map<string, Surveyed>();
  const look = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    try {
      await using transaction = await database.read();
      return await work(transaction);
    } catch (error) {
      throw failureOf(error, block.name);
    }
  };
  try {
    await look(async (session) => await session.query("SELECT 1::text"));
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return {
    async *stores(within) {
      const found = await look(async (session) => await surveyed(session, block.name, within));
      for (const one of found) {
        places.set(one.store.name, one);
        yield one.store;
      }
    },
    async sample(store, most) {
      const place = places.get(store.name);
      if (place === undefined)
        throw new Failure(
          "TABLE_MISSING",
          `${block.name}: there is no table ${store.name} among those that were listed`,
        );
      return await look(async (session) => await sampled(session, place, most));
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

interface Surveyed {
  readonly schema: string;
  readonly table: string;
  readonly store: Store;
}

/** Longer texts have no more to say about what they are. */
const LONGEST = 300;

/** Nothing where rows cannot be seen: by the role, or because of row-level security. */
async function sampled(
  session: Session,
  { schema, table, store }: Surveyed,
  most: number,
): Promise<readonly Sampled[]> {
  const columns = store.columns.filter(({ shape }) => shape !== "bytes");
  if (columns.length === 0 || most < 1) return [];
  const list = columns.map(({ name }) => `pg_catalog.left(${quoted(name)}::text, ${LONGEST})`).join(", ");
  const rows = await attempt(session, `SELECT ${list} FROM ${qualified(schema, table)} LIMIT ${Math.floor(most)}`);
  return columns.flatMap(({ name }, at) => {
    const values = rows.flatMap((row) => row[at] ?? []);
    return values.length === 0 ? [] : [{ column: name, values }];
  });
}

async function surveyed(session: Session, system: string, within: readonly string[]): Promise<readonly Surveyed[]> {
  const mine = within.length === 0 ? "true" : `n.nspname = ANY (ARRAY[${within.map(literal).join(", ")}])`;
  const [
    version = [],
    tables = [],
    columns = [],
    indexes = [],
    references = [],
    checks = [],
    triggers = [],
    views = [],
    functions = [],
  ] = await session.several(STRUCTURE.map((text) => text.replaceAll("$WITHIN", () => mine)).join(";"));
  if (Number(version[0]?.[0]) < OLDEST)
    throw new Failure("ACTION_REFUSED", `${system}: PostgreSQL 13 or newer is needed`);
  const byTable = (rows: readonly Row[]) => Map.groupBy(rows, ([oid]) => oid ?? "");
  const of = {
    columns: byTable(columns),
    indexes: byTable(indexes),
    references: byTable(references),
    checks: byTable(checks),
    triggers: byTable(triggers),
    views: byTable(views),
  };
  const names = new Map(tables.map(([oid, schema, name, visible]) => [oid ?? "", shownName(schema, name, visible)]));
  const readers = functionReaders(functions, tables);
  const book = openTriggers([]);
  const found: Surveyed[] = [];
  for (const [oid = "", schema, name, visible, kind, comment, estimate, parent, read, erase] of tables.map((row) =>
    row.map((text) => text ?? ""),
  )) {
    const shown = names.get(oid) ?? "";
    const mineIndexes = of.indexes.get(oid) ?? [];
    const mineColumns = (of.columns.get(oid) ?? []).map(columnOf);
    const above = names.get(parent ?? "");
    found.push({
      schema: schema ?? "",
      table: name ?? "",
      store: {
        kind: kind === "r" || kind === "p" ? "table" : "view",
        name: shown,
        ...(`${name}${visible === "true" ? "" : schema}`.includes(".")
          ? { parts: [schema ?? "", name ?? ""] as const }
          : {}),
        ...(comment === "" ? {} : { comment: comment ?? "" }),
        columns: mineColumns,
        key: keyOf(mineIndexes, mineColumns),
        uniques: mineIndexes.flatMap(uniqueOf),
        references: (of.references.get(oid) ?? []).map(referenceOf),
        indexed: [...new Set(mineIndexes.flatMap(firstOf))],
        checks: (of.checks.get(oid) ?? []).map(([, constraint, of2, text]) => ({
          name: constraint ?? "",
          columns: texts(of2),
          text: text ?? "",
        })),
        triggers: await triggersOf(session, of.triggers.get(oid) ?? [], book),
        readers: [...(of.views.get(oid) ?? []).map(viewOf), ...(readers.get(oid) ?? [])],
        ...(above === undefined ? {} : { partOf: above }),
        ...(Number(estimate) < 0 ? {} : { records: Number(estimate) }),
        may: { read: read === "true", erase: erase === "true" },
      },
    });
  }
  return found.toSorted((a, b) => (a.store.name < b.store.name ? -1 : 1));
}

function shownName(
  schema: string | null | undefined,
  name: string | null | undefined,
  visible?: string | null,
): string {
  return visible === "true" ? (name ?? "") : `${schema ?? ""}.${name ?? ""}`;
}

function columnOf(row: Row): StoreColumn {
  const [
    ,
    name = "",
    type = "",
    category = "",
    base = "",
    refuses,
    generated,
    length,
    comment = "",
    preset = "",
    values = "[]",
  ] = row.map((text) => text ?? "");
  const some = texts(values);
  return {
    name,
    type,
    shape: shapeOf(category, base),
    nullable: refuses !== "true",
    generated: generated === "true",
    ...(Number(length) > 0 ? { length: Number(length) } : {}),
    ...(comment === "" ? {} : { comment }),
    ...(preset === "" ? {} : { default: preset }),
    ...(some.length === 0 ? {} : { values: some }),
  };
}

/** By pg_type.typcategory, and by name where that says too little. */
function shapeOf(category: string, base: string): StoreColumn["shape"] {
  if (base === "json" || base === "jsonb") return "json";
  if (base === "bytea") return "bytes";
  if (base === "uuid") return "uuid";
  switch (category) {
    case "A":
      return "array";
    case "B":
      return "boolean";
    case "D":
      return "date";
    case "N":
      return "number";
    case "E":
    case "S":
      return "text";
    default:
      return "other";
  }
}

/** The primary key, else a unique one over columns that are never NULL. */
function keyOf(indexes: readonly Row[], columns: readonly StoreColumn[]): readonly string[] {
  const never = new Set(columns.filter(({ nullable }) => !nullable).map(({ name }) => name));
  const [found] = indexes
    .filter(([, , unique, , , predicate, valid]) => unique === "true" && predicate === null && valid === "true")
    .map((row) => ({ primary: row[3] === "true", columns: textsOrNull(row[7]) }))
    .filter((one) => one.primary || one.columns.every((name) => name !== null && never.has(name)))
    .toSorted((a, b) => Number(b.primary) - Number(a.primary));
  return found?.columns.flatMap((name) => name ?? []) ?? [];
}

function uniqueOf(row: Row): Store["uniques"] {
  const [, name, unique, primary, constraint, where, valid, columns, expressions] = row;
  if (unique !== "true" || primary === "true" || valid !== "true") return [];
  return [
    {
      name: name ?? "",
      columns: textsOrNull(columns).flatMap((column) => column ?? []),
      expressions: texts(expressions),
      ...(where == null ? {} : { where }),
      constraint: constraint === "true",
    },
  ];
}

/** For a search by value: over every row, and not only over an expression. */
function firstOf([, , , , , where, valid, columns, , method]: Row): string[] {
  const [first] = textsOrNull(columns);
  return where === null && valid === "true" && (method === "btree" || method === "hash") && first != null
    ? [first]
    : [];
}

const ON_DELETE = new Map<string | null, StoreReference["onDelete"]>([
  ["c", "cascade"],
  ["n", "set_null"],
  ["d", "set_default"],
]);

function referenceOf([, name, columns, schema, table, visible, toColumns, onDelete = null]: Row): StoreReference {
  return {
    name: name ?? "",
    columns: texts(columns),
    to: shownName(schema, table, visible),
    toColumns: texts(toColumns),
    onDelete: ON_DELETE.get(onDelete) ?? "restrict",
  };
}

async function triggersOf(
  session: Session,
  rows: readonly Row[],
  book: ReturnType<typeof openTriggers>,
): Promise<readonly StoreTrigger[]> {
  const triggers: StoreTrigger[] = [];
  for (const [, name, type, source, before] of rows) {
    const bits = Number(type);
    const { written } = await book.writtenBy(session, source ?? "");
    triggers.push({
      name: name ?? "",
      on: [
        ...((bits & 4) === 0 ? [] : ["insert" as const]),
        ...((bits & 16) === 0 ? [] : ["update" as const]),
        ...((bits & 8) === 0 ? [] : ["delete" as const]),
        ...((bits & 32) === 0 ? [] : ["truncate" as const]),
      ],
      writes: [...new Set(written.map(({ shown }) => shown))].toSorted(),
      sets: before === "true" ? assignedIn(source ?? "") : [],
    });
  }
  return triggers;
}

function viewOf([, schema, name, visible, kind, source]: Row): StoreView {
  return {
    name: shownName(schema, name, visible),
    kind: kind === "m" ? "materialised_view" : "view",
    ...(source == null ? {} : { source }),
  };
}

/** Functions by the tables that their text reads. A reading, not a parser. */
function functionReaders(functions: readonly Row[], tables: readonly Row[]): ReadonlyMap<string, readonly StoreView[]> {
  const named = Map.groupBy(tables, ([, , name]) => name ?? "");
  const readers = new Map<string, StoreView[]>();
  for (const [schema, name, visible, source] of functions)
    for (const read of tablesReadIn(source ?? "")) {
      const some = (named.get(read.table) ?? []).filter(([, of]) => read.schema === undefined || of === read.schema);
      const seen = some.filter(([, , , isVisible]) => isVisible === "true");
      for (const [oid] of seen.length > 0 ? seen : some) {
        const view = { name: shownName(schema, name, visible), kind: "function" as const, source: source ?? "" };
        const mine = readers.get(oid ?? "") ?? [];
        if (!mine.some((one) => one.name === view.name)) readers.set(oid ?? "", [...mine, view]);
      }
    }
  return readers;
}

const OWN =
  "n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT pg_catalog.starts_with(n.nspname, 'pg_toast') AND NOT pg_catalog.starts_with(n.nspname, 'pg_temp')";
/** Views of extensions, such as pg_stat_statements, are the server's; their tables may hold anything. */
const RELATIONS = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND ${OWN} AND $WITHIN AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (c.relkind IN ('r', 'p') OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'))`;
/** Names of columns by their numbers, in order; null for an expression. */
const columnNames = (table: string, numbers: string) =>
  `pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY u (num, at) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.num AND u.num > 0 ORDER BY u.at))::text`;
/** Every type with what it is made of in the end: a domain is what it was declared over. */
const BASES = `WITH RECURSIVE base (of, oid, refuses, mod) AS (SELECT t.oid, t.oid, false, -1 FROM pg_catalog.pg_type t
    UNION ALL SELECT b.of, t.typbasetype, b.refuses OR t.typnotnull, CASE WHEN t.typtypmod > 4 THEN t.typtypmod ELSE b.mod END FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')`;

const STRUCTURE: readonly string[] = [
  "SELECT pg_catalog.current_setting('server_version_num')",
  `SELECT c.oid::text, n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)::text, c.relkind::text, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
    (CASE WHEN c.relkind NOT IN ('r', 'm') OR (c.reltuples = 0 AND c.relpages = 0) THEN -1 ELSE c.reltuples::int8 END)::text,
    (SELECT i.inhparent::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1),
    (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT EXISTS
      (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))))::text,
    (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'DELETE'))::text
   FROM ${RELATIONS}`,
  `${BASES} SELECT a.attrelid::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), t.typcategory::text, t.typname::text, (a.attnotnull OR b.refuses)::text,
    (a.attgenerated <> '' OR a.attidentity = 'a')::text,
    (CASE WHEN t.typname NOT IN ('varchar', 'bpchar') THEN 0 WHEN a.atttypmod > 4 THEN a.atttypmod - 4 WHEN b.mod > 4 THEN b.mod - 4 ELSE 0 END)::text,
    coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''), (CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END),
    pg_catalog.to_json(ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))::text
   FROM ${RELATIONS} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   JOIN base b ON b.of = a.atttypid JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
   LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ORDER BY a.attrelid, a.attnum`,
  `SELECT i.indrelid::text, x.relname::text, i.indisunique::text, i.indisprimary::text, EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))::text,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indisvalid::text, ${columnNames("i.indrelid", "(i.indkey::int2[])[0:i.indnkeyatts - 1]")},
    pg_catalog.to_json(ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k.at::int, true) FROM pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY k (num, at) WHERE k.num = 0 ORDER BY k.at))::text, am.amname::text
   FROM ${RELATIONS} JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am am ON am.oid = x.relam ORDER BY x.relname`,
  `SELECT k.conrelid::text, k.conname::text, ${columnNames("k.conrelid", "k.conkey")}, pn.nspname::text, p.relname::text, pg_catalog.pg_table_is_visible(p.oid)::text, ${columnNames("k.confrelid", "k.confkey")}, k.confdeltype::text
   FROM ${RELATIONS} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0 AND coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'
   JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace ORDER BY k.conname`,
  `SELECT k.conrelid::text, k.conname::text, ${columnNames("k.conrelid", "k.conkey")}, pg_catalog.pg_get_constraintdef(k.oid)
   FROM ${RELATIONS} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c'
   UNION ALL SELECT a.attrelid::text, k.conname::text, pg_catalog.json_build_array(a.attname)::text, pg_catalog.pg_get_constraintdef(k.oid)
   FROM ${RELATIONS} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_catalog.pg_constraint k ON k.contypid = a.atttypid AND k.contype = 'c' ORDER BY 2`,
  `SELECT t.tgrelid::text, t.tgname::text, t.tgtype::text, (CASE WHEN l.lanname IN ('plpgsql', 'sql') THEN p.prosrc ELSE '' END), ((t.tgtype & 2) <> 0)::text
   FROM ${RELATIONS} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgparentid = 0
   JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang ORDER BY t.tgname`,
  `SELECT DISTINCT d.refobjid::text, vn.nspname::text, v.relname::text, pg_catalog.pg_table_is_visible(v.oid)::text, v.relkind::text, pg_catalog.pg_get_viewdef(v.oid)
   FROM ${RELATIONS} JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
   JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> d.refobjid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm') JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace ORDER BY 2, 3`,
  `SELECT n.nspname::text, p.proname::text, pg_catalog.pg_function_is_visible(p.oid)::text, (CASE WHEN p.prosrc = '' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.prosrc END)
   FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND ${OWN} JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('plpgsql', 'sql')
   WHERE p.prokind IN ('f', 'p') AND p.prorettype <> 'pg_catalog.trigger'::regtype AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') ORDER BY 1, 2`,
];
