/** Who references rows, through foreign keys and behind cascades, whichever database keeps them. */
import type { Link, Reference } from "../model/change.ts";
import type { Referencing } from "./dialect.ts";
import { chunks } from "./items.ts";

/** An enforced foreign key. */
export interface KeyLink {
  readonly name: string;
  readonly columns: readonly string[];
  readonly onDelete: Link["onDelete"];
}

/** Rows that are named alike: a table, or a part of one. */
export interface RowsOf<N extends object> {
  readonly table: N;
}

/** Rows of a referencing table. */
export interface ReferencingRows<N extends object> extends RowsOf<N> {
  /** Record types that find them, in the map's order; none: the table is no record type. */
  readonly records: readonly string[];
}

/** A foreign key with the rows that reference through it. */
export interface Way<F extends KeyLink, S extends ReferencingRows<object>> {
  readonly foreignKey: F;
  readonly segment: S;
}

/** A row that references one of those asked about, or one that a cascade takes along. */
export interface FoundReference<F extends KeyLink, S extends ReferencingRows<object>> extends Way<F, S> {
  /** Key of the row that was asked about. */
  readonly root: string;
  /** Constraints from the row that was asked about down to this one. */
  readonly through: readonly string[];
  readonly key: string;
  readonly address: string;
  /** Another transaction holds it, and it was not waited for. */
  readonly busy: boolean;
}

/** As `Reference.link.child` and `Taken.table`. */
export function nameOf(
  { records, table }: ReferencingRows<{ readonly shown: string }>,
  system: { readonly name: string },
): string {
  return records[0] ?? `${system.name}.${table.shown}`;
}

/** As an erasure is told of it. */
export function referencingOf(
  {
    root,
    foreignKey,
    segment,
    key,
    address,
    busy,
  }: FoundReference<KeyLink, ReferencingRows<{ readonly shown: string }>>,
  system: { readonly name: string },
): Referencing {
  return {
    parentKey: root,
    constraint: foreignKey.name,
    onDelete: foreignKey.onDelete,
    childColumns: foreignKey.columns,
    address,
    ...(segment.records.length === 0 ? { unmapped: { table: nameOf(segment, system), key } } : {}),
    busy,
  };
}

/** Whether a cascade goes on below the rows of a segment: a record type's rows are judged by themselves. */
export function goesOn({ onDelete }: KeyLink, { records }: ReferencingRows<object>): boolean {
  return onDelete === "cascade" && records.length === 0;
}

/** Every foreign key that rows of this table can be reached through, the near ones first, with the way there. */
export function waysBelow<N extends object, F extends KeyLink, S extends ReferencingRows<N>>(
  table: N,
  into: (table: N) => readonly Way<F, S>[],
): readonly (Way<F, S> & { readonly through: readonly string[] })[] {
  const ways: (Way<F, S> & { readonly through: readonly string[] })[] = [];
  const seen = new Set<N>([table]);
  const queue: { table: N; through: readonly string[] }[] = [{ table, through: [] }];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    for (const { foreignKey, segment } of into(one.table)) {
      const through = [...one.through, foreignKey.name];
      ways.push({ foreignKey, segment, through });
      if (!goesOn(foreignKey, segment) || seen.has(segment.table)) continue;
      seen.add(segment.table);
      queue.push({ table: segment.table, through });
    }
  }
  return ways;
}

export function linkOf(foreignKey: KeyLink, child: string, parent: string): Link {
  return {
    constraint: foreignKey.name,
    child,
    childColumns: foreignKey.columns,
    parent,
    onDelete: foreignKey.onDelete,
  };
}

/** Enforced foreign keys into a record type, by the ways that lead there. */
export function linksInto(
  parent: string,
  ways: readonly Way<KeyLink, ReferencingRows<{ readonly shown: string }>>[],
  system: { readonly name: string },
): readonly Link[] {
  return ways.flatMap(({ foreignKey, segment }) => {
    const children = segment.records.length === 0 ? [nameOf(segment, system)] : segment.records;
    return children.map((child) => linkOf(foreignKey, child, parent));
  });
}

/** Each link once. */
export function distinctLinks(links: readonly Link[]): readonly Link[] {
  return [...new Map(links.map((link) => [JSON.stringify(link), link])).values()];
}

/** Rows of one place, each with the row that was asked about. */
export interface Frontier<P> {
  readonly at: P;
  readonly through: readonly string[];
  readonly rows: readonly { readonly key: string; readonly root: string }[];
}

const PARENTS = 2000;

/**
 * Follows the foreign keys into these rows, level by level. `referencing`: the rows that reference those of a frontier
 * (at most some thousand), locked where a cascade takes them, so that nothing can be added below them.
 */
export async function* walkDown<P, N extends object, F extends KeyLink, S extends P & ReferencingRows<N>>(
  start: P,
  keys: readonly string[],
  referencing: (frontier: Frontier<P>) => AsyncIterable<FoundReference<F, S>>,
): AsyncGenerator<FoundReference<F, S>> {
  const seen = new Set<string>();
  let level: readonly Frontier<P>[] = [{ at: start, through: [], rows: keys.map((one) => ({ key: one, root: one })) }];
  while (level.length > 0) {
    const next: Frontier<P>[] = [];
    for (const frontier of level) {
      const below = new Map<F, Map<N, { segment: S; rows: { key: string; root: string }[] }>>();
      for (const rows of chunks(frontier.rows, PARENTS)) {
        for await (const found of referencing({ ...frontier, rows })) {
          yield found;
          const { segment, foreignKey, root } = found;
          const name = `${root}\n${found.address}`;
          if (!goesOn(foreignKey, segment) || seen.has(name)) continue;
          seen.add(name);
          const tables = below.get(foreignKey) ?? new Map<N, { segment: S; rows: { key: string; root: string }[] }>();
          const mine = tables.get(segment.table) ?? { segment, rows: [] };
          mine.rows.push({ key: found.key, root });
          below.set(foreignKey, tables.set(segment.table, mine));
        }
      }
      for (const [foreignKey, tables] of below)
        for (const { segment, rows } of tables.values())
          next.push({ at: segment, through: [...frontier.through, foreignKey.name], rows });
    }
    level = next;
  }
}

/** As the planner wants it. */
export function referenceOf(
  {
    root,
    foreignKey,
    segment,
    through,
    key,
    address,
  }: FoundReference<KeyLink, ReferencingRows<{ readonly shown: string }>>,
  system: { readonly name: string },
  parent: string,
): Reference {
  return {
    parentKey: root,
    link: linkOf(foreignKey, nameOf(segment, system), parent),
    through,
    childKey: key,
    ...(segment.records.length === 0 ? {} : { childAddress: address }),
  };
}
