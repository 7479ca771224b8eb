/** Who references rows, through foreign keys and behind cascades. */
import type { Link, Reference } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Locking } from "../../src/sql/dialect.ts";
import { chunks } from "../../src/sql/items.ts";
import { texts } from "../../src/sql/record-table.ts";
import type { Catalog, ForeignKey, Table } from "./catalog.ts";
import { type KeySpec, keyOf, keyRows, keySpec, keyTexts, ofTable, sameKey } from "./keys.ts";
import type { Resolved } from "./resolved.ts";
import { type Binder, binder, equal, EQUALS, qualified, quoted } from "./sql.ts";
import type { Session } from "./transaction.ts";

/** Rows of a referencing table that are named alike. */
export interface Segment {
  readonly table: Table;
  readonly key: KeySpec;
  /** Record types that find them, in the map's order; none: the table is no record type. */
  readonly records: readonly string[];
  /** Tables (oids) whose rows belong to another segment. */
  readonly without: readonly string[];
}

/** A row that references one of those asked about, or one that a cascade takes along. */
export interface FoundReference {
  /** Key of the row that was asked about. */
  readonly root: string;
  readonly foreignKey: ForeignKey;
  readonly segment: Segment;
  /** Constraints from the row that was asked about down to this one. */
  readonly through: readonly string[];
  readonly key: string;
  readonly address: string;
  /** Another transaction holds it, and it was not waited for. */
  readonly busy: boolean;
}

/** The rows of a foreign key's table, by the record types that find them. */
export function segmentsOf(catalog: Catalog, block: SystemBlock, { child }: ForeignKey): readonly Segment[] {
  const table = catalog.table(child);
  if (table === undefined) return [];
  const segment = (one: Table, without: readonly string[] = []): Segment => {
    const records = catalog.recordsOver(one);
    const named = block.records.find(({ id }) => id === records[0]);
    // the key must be the one that the record type's own search gives
    const key = keySpec(catalog, named === undefined ? one : catalog.placed(named.place, named.id));
    return { table: one, key, records, without };
  };
  if (table.kind !== "p" || catalog.recordsOver(table).length > 0) return [segment(table)];
  const mapped = catalog.recordsBelow(table).filter((one) => !catalog.recordsBelow(table).some((other) => catalog.descendants(other).includes(one)));
  const without = mapped.flatMap((one) => [one, ...catalog.descendants(one)]).map(({ oid }) => oid);
  const known = new Set(without);
  const parts = catalog.descendants(table).filter(({ kind }) => kind !== "p");
  // the table itself holds no rows
  const rest = parts.length > 0 && parts.every(({ oid }) => known.has(oid)) ? [] : [segment(table, without)];
  return [...mapped.map((one) => segment(one)), ...rest];
}

/** As `Reference.link.child` and `Taken.table`. */
export function nameOf({ records, table }: Segment, block: SystemBlock): string {
  return records[0] ?? `${block.name}.${table.shown}`;
}

/** Whether a cascade goes on below the rows of a segment: a record type's rows are judged by themselves. */
export function goesOn({ onDelete }: ForeignKey, { records }: Segment): boolean {
  return onDelete === "cascade" && records.length === 0;
}

/** Every foreign key that rows of this table can be reached through, the near ones first, with the way there. */
export function waysInto(
  catalog: Catalog,
  block: SystemBlock,
  table: Table,
): readonly { readonly foreignKey: ForeignKey; readonly segment: Segment; readonly through: readonly string[] }[] {
  const ways: { foreignKey: ForeignKey; segment: Segment; through: readonly string[] }[] = [];
  const seen = new Set([table.oid]);
  const queue: { table: Table; through: readonly string[] }[] = [{ table, through: [] }];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    for (const foreignKey of catalog.into(one.table)) {
      for (const segment of segmentsOf(catalog, block, foreignKey)) {
        const through = [...one.through, foreignKey.name];
        ways.push({ foreignKey, segment, through });
        if (!goesOn(foreignKey, segment) || seen.has(segment.table.oid)) continue;
        seen.add(segment.table.oid);
        queue.push({ table: segment.table, through });
      }
    }
  }
  return ways;
}

export function linkOf(foreignKey: ForeignKey, child: string, parent: string): Link {
  return { constraint: foreignKey.name, child, childColumns: foreignKey.columns, parent, onDelete: foreignKey.onDelete };
}

/** Enforced foreign keys into these record types, those behind cascades through unmapped tables too. */
export function linksOf(catalog: Catalog, block: SystemBlock, targets: readonly Resolved[]): readonly Link[] {
  const links = targets.flatMap(({ table, target }) =>
    waysInto(catalog, block, table).flatMap(({ foreignKey, segment }) => {
      const children = segment.records.length === 0 ? [nameOf(segment, block)] : segment.records;
      return children.map((child) => linkOf(foreignKey, child, target.record.id));
    }),
  );
  return [...new Map(links.map((link) => [JSON.stringify(link), link])).values()];
}

interface Walk {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly block: SystemBlock;
  readonly io: IO;
  readonly locking: Locking;
}

interface Frontier {
  readonly table: Table;
  readonly key: KeySpec;
  readonly through: readonly string[];
  /** Keys, each with the row that was asked about. */
  readonly rows: readonly { readonly key: string; readonly root: string }[];
}

const PARENTS = 2000;

/** Follows the foreign keys into these rows, level by level; what cascades take is locked on the way, so that nothing can be added below it. */
export async function* walkReferences(walk: Walk, { table, key }: Pick<Resolved, "table" | "key">, keys: readonly string[]): AsyncGenerator<FoundReference> {
  const seen = new Set<string>();
  let level: readonly Frontier[] = [{ table, key, through: [], rows: ofTable(key, keys).map((one) => ({ key: one, root: one })) }];
  while (level.length > 0) {
    const next: Frontier[] = [];
    for (const frontier of level) {
      const below = new Map<string, { segment: Segment; foreignKey: ForeignKey; rows: { key: string; root: string }[] }>();
      for (const rows of chunks(frontier.rows, PARENTS)) {
        for await (const found of referencesTo(walk, { ...frontier, rows })) {
          yield found;
          const { segment, foreignKey, root } = found;
          const name = `${root}\n${found.address}`;
          if (!goesOn(foreignKey, segment) || seen.has(name)) continue;
          seen.add(name);
          const way = `${foreignKey.oid} ${segment.table.oid}`;
          const mine = below.get(way) ?? { segment, foreignKey, rows: [] };
          mine.rows.push({ key: found.key, root });
          below.set(way, mine);
        }
      }
      for (const { segment, foreignKey, rows } of below.values())
        next.push({ table: segment.table, key: segment.key, through: [...frontier.through, foreignKey.name], rows });
    }
    level = next;
  }
}

/** One statement: the rows that reference those of the frontier. */
async function* referencesTo(walk: Walk, frontier: Frontier): AsyncGenerator<FoundReference> {
  const { session, catalog, block, io, locking } = walk;
  const ways = catalog.into(frontier.table).flatMap((foreignKey) => segmentsOf(catalog, block, foreignKey).map((segment) => ({ foreignKey, segment })));
  if (ways.length === 0 || frontier.rows.length === 0) return;
  const foundIn = (row: readonly (string | null)[]): FoundReference | undefined => {
    const [at, root, parts, address] = row;
    const way = ways[Number(at)];
    const asked = frontier.rows[Number(root)];
    if (way === undefined || asked === undefined) return undefined;
    const key = keyOf(way.segment.key, texts(parts), 0, io);
    return { root: asked.root, ...way, through: [...frontier.through, way.foreignKey.name], key, address: address ?? "", busy: false };
  };
  const statement = (how: Locking) => {
    const bound = binder();
    const selects = ways.map(({ foreignKey, segment }, at) => {
      const lock = how !== "none" && goesOn(foreignKey, segment) ? ` FOR UPDATE OF c${how === "skip" ? " SKIP LOCKED" : ""}` : "";
      return { locked: lock !== "", text: `${referenceText(walk.catalog, frontier, foreignKey, segment, at, bound)}${lock}` };
    });
    const locked = selects.filter((one) => one.locked).map(({ text }, at) => `locked${at} AS (${text})`);
    const plain = selects.filter((one) => !one.locked).map(({ text }) => text);
    const all = [...locked.map((_, at) => `SELECT * FROM locked${at}`), ...plain].join(" UNION ALL ");
    return { text: `${locked.length === 0 ? "" : `WITH ${locked.join(", ")} `}${all}`, values: bound.values };
  };
  if (locking === "wait") {
    const { text, values } = statement("wait");
    for (const row of await session.query(text, values)) {
      const found = foundIn(row);
      if (found !== undefined) yield found;
    }
    return;
  }
  const free = new Set<string>();
  if (locking === "skip" && ways.some(({ foreignKey, segment }) => goesOn(foreignKey, segment))) {
    const { text, values } = statement("skip");
    for (const row of await session.query(text, values)) free.add(row.slice(0, 3).join("\n"));
  }
  const { text, values } = statement("none");
  for await (const rows of session.pages(text, values)) {
    for (const row of rows) {
      const found = foundIn(row);
      if (found !== undefined) yield { ...found, busy: locking === "skip" && goesOn(found.foreignKey, found.segment) && !free.has(row.slice(0, 3).join("\n")) };
    }
  }
}

/** Rows: number of the way, number of the parent, key texts as a JSON array, address. */
function referenceText(catalog: Catalog, frontier: Frontier, foreignKey: ForeignKey, segment: Segment, at: number, bound: Binder): string {
  const { table, key, rows } = frontier;
  const below = catalog.descendants(table).find(({ oid }) => oid === foreignKey.parent);
  const join = foreignKey.columns
    .map((column, index) => equal(`p.${quoted(foreignKey.parentColumns[index] ?? "")}`, foreignKey.operators[index] ?? EQUALS, `c.${quoted(column)}`))
    .join(" AND ");
  const keys = keyRows(
    key,
    rows.map((row) => row.key),
    bound,
    "k",
    { n: rows.map((_, index) => String(index)) },
  );
  const without = segment.without.length === 0 ? "" : ` WHERE c.tableoid <> ALL ('{${segment.without.join(",")}}'::oid[])`;
  return `SELECT '${at}', k.n, pg_catalog.to_json(ARRAY[${keyTexts(segment.key, "c").join(", ")}]::text[])::text, ${segment.key.address("c")}
    FROM ${keys} JOIN ${ownRows(below ?? table)} AS p ON ${sameKey(key, "p", "k")} JOIN ${ownRows(segment.table)} AS c ON ${join}${without}`;
}

/** A foreign key leads to and from the table's own rows, and those of its partitions: not to what inherits from it. */
function ownRows({ kind, schema, name }: Table): string {
  return kind === "p" ? qualified(schema, name) : `ONLY ${qualified(schema, name)}`;
}

/** As the planner wants it. */
export function referenceOf({ root, foreignKey, segment, through, key, address }: FoundReference, block: SystemBlock, parent: string): Reference {
  return {
    parentKey: root,
    link: linkOf(foreignKey, nameOf(segment, block), parent),
    through,
    childKey: key,
    ...(segment.records.length === 0 ? {} : { childAddress: address }),
  };
}
