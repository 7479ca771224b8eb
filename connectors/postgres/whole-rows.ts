/** Rows of any table by address, whole: read as texts from which they come back exactly, and put back. */
import { texts } from "../../src/sql/record-table.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { type Cells, isNameless, type WholeRow } from "../../src/sql/whole-row.ts";
import type { Catalog, Column, ForeignKey, Table } from "./catalog.ts";
import { castTo } from "./columns.ts";
import { attempt } from "./session.ts";
import { type Binder, binder, equal, literal, qualified, quoted } from "./sql.ts";
import type { Session } from "./transaction.ts";

/** How a date, an interval and bytes are written must not depend on a database's or role's settings. */
const SETTINGS =
  "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'";
const SAVE = "SAVEPOINT expunge_whole";
const BACK = "ROLLBACK TO SAVEPOINT expunge_whole; RELEASE SAVEPOINT expunge_whole";

interface Placed {
  readonly table: Table;
  /** Columns that name the row; none: by its place. */
  readonly key: readonly Column[];
  readonly parts: readonly string[];
}

/** A table's rows, with what names each. */
interface Rows {
  readonly table: Table;
  readonly key: readonly Column[];
  readonly rows: readonly { readonly at: string; readonly parts: readonly string[]; readonly cells: Cells }[];
}

function placed(catalog: Catalog, at: string): Placed | undefined {
  const [schema, name, ...parts] = texts(at);
  const table = [...catalog.tables.values()].find((one) => one.schema === schema && one.name === name);
  if (table === undefined) return undefined;
  if (isNameless(at)) return { table, key: [], parts: parts.slice(1) };
  const key = catalog.familyKey(table).flatMap((column) => table.columns.get(column) ?? []);
  return key.length === parts.length ? { table, key, parts } : undefined;
}

function byTable(catalog: Catalog, rows: readonly WholeRow[]): readonly Rows[] {
  const found = rows.flatMap((row) => {
    const place = placed(catalog, row.at);
    return place === undefined ? [] : [{ ...place, ...row }];
  });
  return [...Map.groupBy(found, ({ table, key }) => JSON.stringify([table.oid, key.length])).values()].flatMap(
    (some) => {
      const [first] = some;
      return first === undefined ? [] : [{ table: first.table, key: first.key, rows: some }];
    },
  );
}

/** `alias (n, k0 …, more …)`: a row of texts each, with its number. */
function listed(
  { rows, key }: Rows,
  bound: Binder,
  alias: string,
  more: readonly (readonly (string | null)[])[],
): string {
  const width = Math.max(1, key.length);
  const lists = [
    rows.map((_, at) => String(at)),
    ...Array.from({ length: width }, (_, part) => rows.map(({ parts }) => parts[part] ?? "")),
    ...more,
  ].map((list) => `pg_catalog.unnest(${bound.bind(list)}::text[])`);
  const names = ["n", ...Array.from({ length: width }, (_, part) => `k${part}`), ...more.map((_, at) => `v${at}`)];
  return `ROWS FROM (${lists.join(", ")}) AS ${alias} (${names.join(", ")})`;
}

function sameRow({ key }: Pick<Rows, "key">, alias: string, list: string): string {
  return key.length === 0
    ? `${alias}.ctid = ${list}.k0::pg_catalog.tid`
    : key
        .map(({ name, type }, at) => equal(`${alias}.${quoted(name)}`, type.equals, `${list}.k${at}::${castTo(type)}`))
        .join(" AND ");
}

/** Rights are given on a partitioned table, and its rows are found through it: their key tells the partition. */
function through(catalog: Catalog, table: Table): string {
  const top = topOf(catalog, table);
  return top === table ? `ONLY ${qualified(table.schema, table.name)}` : qualified(top.schema, top.name);
}

function topOf(catalog: Catalog, table: Table): Table {
  if (!table.isPartition) return table;
  return catalog.ancestors(table).findLast(({ kind }) => kind === "p") ?? table;
}

/** Columns that the server makes by itself, by table. */
async function generatedIn(session: Session, tables: readonly Table[]): Promise<ReadonlySet<string>> {
  const rows = await session.query(
    `SELECT a.attrelid::text, a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ('{${tables.map(({ oid }) => oid).join(",")}}'::oid[]) AND a.attnum > 0 AND a.attgenerated <> ''`,
  );
  return new Set(rows.map(([oid, name]) => `${oid} ${name}`));
}

export async function wholeRows(
  session: Session,
  catalog: Catalog,
  addresses: readonly string[],
  lock: boolean,
): Promise<ReadonlyMap<string, Cells>> {
  const found = new Map<string, Cells>();
  const groups = byTable(
    catalog,
    addresses.map((at) => ({ at, cells: {} })),
  );
  if (groups.length === 0) return found;
  if (lock)
    for (const group of groups) {
      const bound = binder();
      await session.query(
        `SELECT NULL FROM ${through(catalog, group.table)} AS t JOIN ${listed(group, bound, "k", [])} ON ${sameRow(group, "t", "k")} FOR UPDATE OF t`,
        bound.values,
      );
    }
  const generated = await generatedIn(
    session,
    groups.map(({ table }) => table),
  );
  await session.several(`${SAVE}; ${SETTINGS}`);
  for (const group of groups) {
    const { table, rows } = group;
    const columns = [...table.columns.values()].filter(({ name }) => !generated.has(`${table.oid} ${name}`));
    const bound = binder();
    const list = listed(group, bound, "k", []);
    const values = columns.map(({ name }) => `t.${quoted(name)}::text`);
    const text = `SELECT k.n, ${values.join(", ")} FROM ${through(catalog, table)} AS t JOIN ${list} ON ${sameRow(group, "t", "k")}`;
    for (const [n, ...cells] of await session.query(text, bound.values)) {
      const at = rows[Number(n)]?.at;
      if (at !== undefined)
        found.set(at, Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] ?? null])));
    }
  }
  await session.several(BACK);
  return found;
}

/** `cells` of all rows as lists, one a column; what a row does not have is NULL. */
function columnsIn({ table, rows }: Rows): {
  readonly columns: readonly Column[];
  readonly lists: (string | null)[][];
} {
  const names = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const columns = names.flatMap((name) => table.columns.get(name) ?? []);
  if (columns.length < names.length) throw new Refusal("schema_changed", { whole: true });
  return { columns, lists: columns.map(({ name }) => rows.map(({ cells }) => cells[name] ?? null)) };
}

/** All in one statement, so that they may reference each other. Where they lie is where they go: a partition's parent finds it. */
export async function putBackRows(session: Session, catalog: Catalog, rows: readonly WholeRow[]): Promise<void> {
  const groups = byTable(catalog, rows);
  if (groups.reduce((sum, group) => sum + group.rows.length, 0) < rows.length)
    throw new Refusal("schema_changed", { whole: true });
  const bound = binder();
  const parts = groups.map((group, at) => {
    const { columns, lists } = columnsIn(group);
    const named = listed(group, bound, "k", lists);
    const top = topOf(catalog, group.table);
    const values = columns.map(({ type }, index) => `k.v${index}::${castTo(type)}`);
    return `i${at} AS (INSERT INTO ${qualified(top.schema, top.name)} (${columns.map(({ name }) => quoted(name)).join(", ")}) OVERRIDING SYSTEM VALUE SELECT ${values.join(", ")} FROM ${named} RETURNING 1)`;
  });
  const counts = groups.map((_, at) => `(SELECT count(*) FROM i${at})`);
  const [row] = await session.query(`WITH ${parts.join(", ")} SELECT (${counts.join(" + ")})::text`, bound.values);
  if (Number(row?.[0]) !== rows.length) throw new Refusal("swallowed");
}

/** How many rows of each table were set. */
export async function rewriteRows(
  session: Session,
  catalog: Catalog,
  rows: readonly WholeRow[],
): Promise<readonly { readonly table: Table; readonly count: number }[]> {
  const counts: { table: Table; count: number }[] = [];
  // rows that have the same columns set go together
  for (const some of Map.groupBy(rows, ({ cells }) => JSON.stringify(Object.keys(cells).toSorted())).values())
    for (const group of byTable(catalog, some)) {
      const { table } = group;
      const { columns, lists } = columnsIn(group);
      if (columns.length === 0) continue;
      const bound = binder();
      const list = listed(group, bound, "k", lists);
      const sets = columns.map(({ name, type }, at) => `${quoted(name)} = k.v${at}::${castTo(type)}`);
      const count = await session.change(
        `UPDATE ${through(catalog, table)} AS t SET ${sets.join(", ")} FROM ${list} WHERE ${sameRow(group, "t", "k")}`,
        bound.values,
      );
      if (count !== group.rows.length) throw new Refusal("swallowed");
      counts.push({ table, count });
    }
  return counts;
}

const REPLICA = "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)";
const ORIGIN = "SELECT pg_catalog.set_config('session_replication_role', 'origin', true)";

/**
 * Without triggers, for this session alone; where the role may not ask for that, nothing is done. Foreign keys are triggers
 * too: columns of theirs are not set so.
 */
export async function pastTriggers(
  session: Session,
  catalog: Catalog,
  rows: readonly WholeRow[],
  work: () => Promise<void>,
): Promise<void> {
  const keys = new Set(
    catalog.foreignKeys.flatMap(({ child, columns, parent, parentColumns }) => [
      ...columns.map((name) => `${child} ${name}`),
      ...parentColumns.map((name) => `${parent} ${name}`),
    ]),
  );
  const isKey = rows.some(({ at, cells }) => {
    const table = placed(catalog, at)?.table;
    const family = table === undefined ? [] : [table, ...catalog.ancestors(table)];
    return Object.keys(cells).some((name) => family.some(({ oid }) => keys.has(`${oid} ${name}`)));
  });
  if (isKey || (await attempt(session, REPLICA)).length === 0) return;
  await work();
  await session.query(ORIGIN);
}

/** By address: what stands in the way of rows that are to be put back, or rewritten. */
export async function obstaclesTo(
  session: Session,
  catalog: Catalog,
  how: {
    readonly inserted: readonly WholeRow[];
    readonly rewritten: readonly WholeRow[];
    readonly coming: readonly WholeRow[];
  },
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const row of [...how.inserted, ...how.rewritten]) {
    const table = placed(catalog, row.at)?.table;
    if (table === undefined || Object.keys(row.cells).some((name) => !table.columns.has(name)))
      found.set(row.at, "schema_changed");
  }
  const open = (rows: readonly WholeRow[]) =>
    byTable(
      catalog,
      rows.filter(({ at }) => !found.has(at)),
    );
  for (const [groups, isThere] of [
    [open(how.inserted), false],
    [open(how.rewritten), true],
  ] as const)
    for (const group of groups) {
      for (const [at, name] of await takenIn(session, catalog, group, isThere)) if (!found.has(at)) found.set(at, name);
      for (const [at, name] of await orphansIn(session, catalog, group, how.coming))
        if (!found.has(at)) found.set(at, name);
    }
  return found;
}

/** Unique values that other rows hold by now. */
async function takenIn(
  session: Session,
  catalog: Catalog,
  group: Rows,
  isThere: boolean,
): Promise<readonly (readonly [string, string])[]> {
  const { table, rows } = group;
  const indexes = await session.query(
    `SELECT c.relname::text, pg_catalog.to_json(ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k::int, true) FROM pg_catalog.generate_series(1, i.indnkeyatts::int) AS k))::text, coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true') FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ${literal(table.oid)}::oid AND i.indisunique AND i.indisvalid ORDER BY i.indisprimary DESC, c.relname`,
  );
  const taken: (readonly [string, string])[] = [];
  for (const [name, parts, where] of indexes) {
    const expressions = texts(parts);
    const bound = binder();
    const columns = [...table.columns.values()];
    const list = listed(
      group,
      bound,
      "k",
      columns.map((column) => rows.map(({ cells }) => cells[column.name] ?? null)),
    );
    const typed = columns.map((column, at) => `k.v${at}::${castTo(column.type)} AS ${quoted(column.name)}`);
    const made = expressions.map((expression, at) => `(${expression}) AS expunge_e${at}`);
    const keys = group.key.map(({ name: column }, at) => `${quoted(column)} AS expunge_k${at}`);
    const own = isThere
      ? ` AND NOT (${group.key.length === 0 ? "false" : group.key.map(({ type }, at) => equal(`m.expunge_k${at}`, type.equals, `o.expunge_k${at}`)).join(" AND ")})`
      : "";
    const text = `WITH mine AS (SELECT ${["expunge_n", ...made, ...keys].join(", ")} FROM (SELECT k.n AS expunge_n, ${typed.join(", ")} FROM ${list}) AS t WHERE ${where}), others AS (SELECT ${[...made, ...keys].join(", ")} FROM ${through(catalog, table)} AS t WHERE ${where}) SELECT DISTINCT m.expunge_n FROM mine AS m JOIN others AS o ON ${expressions.map((_, at) => `m.expunge_e${at} = o.expunge_e${at}`).join(" AND ")}${own}`;
    for (const [n] of await session.query(text, bound.values)) {
      const at = rows[Number(n)]?.at;
      if (at !== undefined) taken.push([at, name ?? ""]);
    }
  }
  return taken;
}

/** Rows whose parent is gone, and will not come. */
async function orphansIn(
  session: Session,
  catalog: Catalog,
  group: Rows,
  coming: readonly WholeRow[],
): Promise<readonly (readonly [string, string])[]> {
  const { table } = group;
  const family = new Set([table, ...catalog.ancestors(table).filter(({ kind }) => kind === "p")].map(({ oid }) => oid));
  const orphans: (readonly [string, string])[] = [];
  for (const foreignKey of catalog.foreignKeys.filter(({ child }) => family.has(child))) {
    const parents = parentsComing(catalog, foreignKey, coming);
    const named = new Set(parents.map((cells) => JSON.stringify(cells)));
    const rows = group.rows.filter(
      ({ cells }) =>
        foreignKey.columns.every((name) => (cells[name] ?? null) !== null) &&
        !named.has(JSON.stringify(foreignKey.columns.map((name) => cells[name]))),
    );
    if (rows.length === 0) continue;
    const bound = binder();
    const columns = foreignKey.columns.flatMap((name) => table.columns.get(name) ?? []);
    const list = listed(
      { ...group, rows },
      bound,
      "k",
      columns.map((column) => rows.map(({ cells }) => cells[column.name] ?? null)),
    );
    const same = columns.map((column, at) =>
      equal(
        `p.${quoted(foreignKey.parentColumns[at] ?? "")}`,
        foreignKey.operators[at] ?? column.type.equals,
        `k.v${at}::${castTo(column.type)}`,
      ),
    );
    // `Ann` is `ann` to a citext, and 1.0 is 1: the server compares those to come as well
    const parent = catalog.table(foreignKey.parent);
    const types =
      parents.length === 0 ? [] : foreignKey.parentColumns.flatMap((name) => parent?.columns.get(name)?.type ?? []);
    const lists = types.map(
      (_, at) => `pg_catalog.unnest(${bound.bind(parents.map((cells) => cells[at] ?? null))}::text[])`,
    );
    const alike = types.map((type, at) =>
      equal(
        `c.v${at}::${castTo(type)}`,
        foreignKey.operators[at] ?? type.equals,
        `k.v${at}::${columns[at] === undefined ? castTo(type) : castTo(columns[at].type)}`,
      ),
    );
    const comes =
      types.length === 0
        ? ""
        : ` AND NOT EXISTS (SELECT FROM ROWS FROM (${lists.join(", ")}) AS c (${types.map((_, at) => `v${at}`).join(", ")}) WHERE ${alike.join(" AND ")})`;
    const text = `SELECT k.n FROM ${list} WHERE NOT EXISTS (SELECT FROM ${foreignKey.parentName} AS p WHERE ${same.join(" AND ")})${comes}`;
    for (const [n] of await session.query(text, bound.values)) {
      const at = rows[Number(n)]?.at;
      if (at !== undefined) orphans.push([at, foreignKey.name]);
    }
  }
  return orphans;
}

function parentsComing(
  catalog: Catalog,
  { parent, parentColumns }: ForeignKey,
  coming: readonly WholeRow[],
): readonly (readonly (string | null)[])[] {
  return coming.flatMap(({ at, cells }) => {
    const table = placed(catalog, at)?.table;
    const family = table === undefined ? [] : [table, ...catalog.ancestors(table)];
    return family.some(({ oid }) => oid === parent) ? [parentColumns.map((name) => cells[name] ?? null)] : [];
  });
}
