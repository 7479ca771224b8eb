import { Failure } from "../../src/errors.ts";
import type { Link, Reference } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO } from "../../src/port/connector.ts";
import { loadTables, resolveTable, type Table } from "./catalog.ts";
import { keyOf, keyRows, keySpec, keyTexts, partsOf, sameKey } from "./keys.ts";
import type { Resolved } from "./resolved.ts";
import type { Session } from "./session.ts";
import { binder, chunks, equal, type Operator, qualified, quoted, texts } from "./sql.ts";

/** An enforced foreign key. */
export interface ForeignKey {
  readonly name: string;
  readonly child: Table;
  /** The child's table at the top of its partitions, which is what a record type names. */
  readonly childRoot: string;
  readonly columns: readonly string[];
  readonly parentRoot: string;
  readonly parentColumns: readonly string[];
  readonly operators: readonly Operator[];
  readonly onDelete: Link["onDelete"];
}

const ON_DELETE: Readonly<Record<string, Link["onDelete"]>> = { a: "no_action", r: "restrict", c: "cascade", n: "set_null", d: "set_default" };

/** Every enforced foreign key into these tables (oids of top tables), from anywhere. */
export async function foreignKeysInto(session: Session, parents: readonly string[]): Promise<readonly ForeignKey[]> {
  const names = (table: string, numbers: string) =>
    `pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY k (num, at) JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.num ORDER BY k.at))::text`;
  const operators = (part: string) =>
    `pg_catalog.to_json(ARRAY(SELECT ${part}::text FROM pg_catalog.unnest(c.conpfeqop) WITH ORDINALITY k (op, at) JOIN pg_catalog.pg_operator o ON o.oid = k.op JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace ORDER BY k.at))::text`;
  const rows = await session.query(
    `SELECT c.conname::text, c.conrelid::text, coalesce(pg_catalog.pg_partition_root(c.conrelid), c.conrelid::regclass)::oid::text, coalesce(pg_catalog.pg_partition_root(c.confrelid), c.confrelid::regclass)::oid::text,
      c.confdeltype::text, ${names("c.conrelid", "c.conkey")}, ${names("c.confrelid", "c.confkey")}, ${operators("n.nspname")}, ${operators("o.oprname")}
     FROM pg_catalog.pg_constraint c
     WHERE c.contype = 'f' AND c.conparentid = 0 AND coalesce(pg_catalog.to_jsonb(c) ->> 'conenforced', 'true') = 'true' AND coalesce(pg_catalog.pg_partition_root(c.confrelid), c.confrelid::regclass)::oid = ANY ($1::oid[])
     ORDER BY c.conrelid::regclass::text, c.conname`,
    [[...new Set(parents)]],
  );
  const tables = await loadTables(
    session,
    rows.map((row) => row[1] ?? ""),
  );
  return rows.flatMap(([name, table, childRoot, parentRoot, onDelete, columns, parentColumns, schemas, operatorNames]): ForeignKey[] => {
    const child = tables.get(table ?? "");
    if (child === undefined || name == null || childRoot == null || parentRoot == null) return [];
    const inSchemas = texts(schemas);
    return [
      {
        name,
        child,
        childRoot,
        columns: texts(columns),
        parentRoot,
        parentColumns: texts(parentColumns),
        operators: texts(operatorNames).map((operator, at) => ({ schema: inSchemas[at] ?? "pg_catalog", name: operator })),
        onDelete: ON_DELETE[onDelete ?? ""] ?? "no_action",
      },
    ];
  });
}

/** Which record type a table of this system is: oid -> `system.record`. Records whose table is missing are left out: `check` says so. */
export async function recordsByTable(session: Session, block: SystemBlock): Promise<ReadonlyMap<string, string>> {
  const records = new Map<string, string>();
  for (const record of block.records) {
    if (record.place.kind !== "table") continue;
    const oid = await resolveTable(session, record.place, record.id).catch((error: unknown) => {
      if (error instanceof Failure && error.code === "TABLE_MISSING") return undefined;
      throw error;
    });
    if (oid !== undefined && !records.has(oid)) records.set(oid, record.id);
  }
  // a partition that is a record type of its own stands for its table, where that is none
  const roots = await session.query(
    "SELECT i.inhrelid::text, pg_catalog.pg_partition_root(i.inhrelid)::oid::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = ANY ($1::oid[])",
    [[...records.keys()]],
  );
  for (const [oid, root] of roots) {
    const record = records.get(oid ?? "");
    if (root != null && record !== undefined && !records.has(root)) records.set(root, record);
  }
  return records;
}

export function linkOf(foreignKey: ForeignKey, block: SystemBlock, records: ReadonlyMap<string, string>): Link {
  return {
    constraint: foreignKey.name,
    child: records.get(foreignKey.childRoot) ?? `${block.name}.${foreignKey.child.shown}`,
    childColumns: foreignKey.columns,
    parent: records.get(foreignKey.parentRoot) ?? `${block.name}.${foreignKey.parentRoot}`,
    onDelete: foreignKey.onDelete,
  };
}

/** The rows that reference these records, through one foreign key. */
export async function* referencesThrough(
  session: Session,
  parent: Resolved,
  foreignKey: ForeignKey,
  link: Link,
  childTable: Table,
  keys: readonly string[],
  io: IO,
): AsyncGenerator<Reference> {
  const childKey = keySpec(childTable, link.child);
  for (const some of chunks(keys, 5000)) {
    const bound = binder();
    const parts = some.flatMap((key) => {
      const mine = partsOf(parent.key, key);
      return mine === undefined ? [] : [mine];
    });
    const join = foreignKey.columns
      .map((column, at) =>
        equal(`p.${quoted(foreignKey.parentColumns[at] ?? "")}`, foreignKey.operators[at] ?? { schema: "pg_catalog", name: "=" }, `c.${quoted(column)}`),
      )
      .join(" AND ");
    const parentTexts = keyTexts(parent.key, "p");
    const text = `SELECT ${[...parentTexts, ...keyTexts(childKey, "c")].join(", ")} FROM ${keyRows(parent.key, parts, bound, "k")} JOIN ${qualified(parent.table.schema, parent.table.name)} AS p ON ${sameKey(parent.key, "p", "k")}
      JOIN ${qualified(childTable.schema, childTable.name)} AS c ON ${join}`;
    for await (const rows of session.pages(text, bound.values))
      for (const row of rows)
        yield { parentKey: keyOf(parent.key, row, 0, io), link, through: [link.constraint], childKey: keyOf(childKey, row, parentTexts.length, io) };
  }
}
