/** Who references rows, through foreign keys and behind cascades. */
import type { Link } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO } from "../../src/port/connector.ts";
import {
  distinctLinks,
  type FoundReference,
  type Frontier,
  goesOn,
  linksInto,
  walkDown,
  type Way,
  waysBelow,
} from "../../src/sql/cascades.ts";
import type { Locking } from "../../src/sql/dialect.ts";
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
  const mapped = catalog
    .recordsBelow(table)
    .filter((one) => !catalog.recordsBelow(table).some((other) => catalog.descendants(other).includes(one)));
  const without = mapped.flatMap((one) => [one, ...catalog.descendants(one)]).map(({ oid }) => oid);
  const known = new Set(without);
  const parts = catalog.descendants(table).filter(({ kind }) => kind !== "p");
  // the table itself holds no rows
  const rest = parts.length > 0 && parts.every(({ oid }) => known.has(oid)) ? [] : [segment(table, without)];
  return [...mapped.map((one) => segment(one)), ...rest];
}

/** Every foreign key that rows of this table can be reached through, the near ones first, with the way there. */
export function waysInto(catalog: Catalog, block: SystemBlock, table: Table) {
  return waysBelow(table, (one) => waysTo(catalog, block, one));
}

function waysTo(catalog: Catalog, block: SystemBlock, table: Table): readonly Way<ForeignKey, Segment>[] {
  return catalog
    .into(table)
    .flatMap((foreignKey) => segmentsOf(catalog, block, foreignKey).map((segment) => ({ foreignKey, segment })));
}

/** Enforced foreign keys into these record types, those behind cascades through unmapped tables too. */
export function linksOf(catalog: Catalog, block: SystemBlock, targets: readonly Resolved[]): readonly Link[] {
  return distinctLinks(
    targets.flatMap(({ table, target }) => linksInto(target.record.id, waysInto(catalog, block, table), block)),
  );
}

interface Walk {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly block: SystemBlock;
  readonly io: IO;
  readonly locking: Locking;
}

type Found = FoundReference<ForeignKey, Segment>;
type At = Pick<Resolved, "table" | "key">;

/** Follows the foreign keys into these rows, level by level; what cascades take is locked on the way, so that nothing can be added below it. */
export function walkReferences(walk: Walk, { table, key }: At, keys: readonly string[]): AsyncIterable<Found> {
  return walkDown<At, Table, ForeignKey, Segment>({ table, key }, ofTable(key, keys), (frontier) =>
    referencesTo(walk, frontier),
  );
}

/** One statement: the rows that reference those of the frontier. */
async function* referencesTo(walk: Walk, frontier: Frontier<At>): AsyncGenerator<Found> {
  const { session, catalog, block, io, locking } = walk;
  const ways = waysTo(catalog, block, frontier.at.table);
  if (ways.length === 0 || frontier.rows.length === 0) return;
  const foundIn = (row: readonly (string | null)[]): Found | undefined => {
    const [at, root, parts, address] = row;
    const way = ways[Number(at)];
    const asked = frontier.rows[Number(root)];
    if (way === undefined || asked === undefined) return undefined;
    const key = keyOf(way.segment.key, texts(parts), 0, io);
    return {
      root: asked.root,
      ...way,
      through: [...frontier.through, way.foreignKey.name],
      key,
      address: address ?? "",
      busy: false,
    };
  };
  const statement = (how: Locking) => {
    const bound = binder();
    const selects = ways.map(({ foreignKey, segment }, at) => {
      const lock =
        how !== "none" && goesOn(foreignKey, segment) ? ` FOR UPDATE OF c${how === "skip" ? " SKIP LOCKED" : ""}` : "";
      return {
        locked: lock !== "",
        text: `${referenceText(walk.catalog, frontier, foreignKey, segment, at, bound)}${lock}`,
      };
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
      if (found !== undefined)
        yield {
          ...found,
          busy: locking === "skip" && goesOn(found.foreignKey, found.segment) && !free.has(row.slice(0, 3).join("\n")),
        };
    }
  }
}

/** Rows: number of the way, number of the parent, key texts as a JSON array, address. */
function referenceText(
  catalog: Catalog,
  frontier: Frontier<At>,
  foreignKey: ForeignKey,
  segment: Segment,
  at: number,
  bound: Binder,
): string {
  const {
    at: { table, key },
    rows,
  } = frontier;
  const below = catalog.descendants(table).find(({ oid }) => oid === foreignKey.parent);
  const join = foreignKey.columns
    .map((column, index) =>
      equal(
        `p.${quoted(foreignKey.parentColumns[index] ?? "")}`,
        foreignKey.operators[index] ?? EQUALS,
        `c.${quoted(column)}`,
      ),
    )
    .join(" AND ");
  const keys = keyRows(
    key,
    rows.map((row) => row.key),
    bound,
    "k",
    { n: rows.map((_, index) => String(index)) },
  );
  const without =
    segment.without.length === 0 ? "" : ` WHERE c.tableoid <> ALL ('{${segment.without.join(",")}}'::oid[])`;
  return `SELECT '${at}', k.n, pg_catalog.to_json(ARRAY[${keyTexts(segment.key, "c").join(", ")}]::text[])::text, ${segment.key.address("c")}
    FROM ${keys} JOIN ${ownRows(below ?? table)} AS p ON ${sameKey(key, "p", "k")} JOIN ${ownRows(segment.table)} AS c ON ${join}${without}`;
}

/** A foreign key leads to and from the table's own rows, and those of its partitions: not to what inherits from it. */
function ownRows({ kind, schema, name }: Table): string {
  return kind === "p" ? qualified(schema, name) : `ONLY ${qualified(schema, name)}`;
}
