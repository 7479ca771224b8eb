import type { Link } from "../../src/model/change.ts";
import {
  distinctLinks,
  type FoundReference,
  type Frontier,
  linksInto,
  type ReferencingRows,
  walkDown,
  type Way,
  waysBelow,
} from "../../src/sql/cascades.ts";
import type { Catalog, ForeignKey, Table } from "./catalog.ts";
import { quoted } from "./database.ts";
import { byKey, keyOf, rowidIn } from "./keys.ts";
import type { Place, Resolved } from "./resolved.ts";

export type Segment = ReferencingRows<Table>;
type At = Pick<Segment, "table">;

export function waysInto(catalog: Catalog, table: Table) {
  return waysBelow(table, (one) => waysTo(catalog, one));
}

function waysTo(catalog: Catalog, table: Table): readonly Way<ForeignKey, Segment>[] {
  return catalog.into(table).map((foreignKey) => ({
    foreignKey,
    segment: { table: foreignKey.child, records: catalog.recordsOver(foreignKey.child) },
  }));
}

/** Foreign keys into these record types, those behind cascades through unmapped tables too. SQLite keeps them where it is told to: we tell it. */
export function linksOf({ catalog, block }: Place, targets: readonly Resolved[]): readonly Link[] {
  return distinctLinks(
    targets.flatMap(({ table, target }) => linksInto(target.record.id, waysInto(catalog, table), block)),
  );
}

export function walkReferences(
  place: Place,
  { table }: At,
  keys: readonly string[],
): AsyncIterable<FoundReference<ForeignKey, Segment>> {
  return walkDown<At, Table, ForeignKey, Segment>({ table }, keys, (frontier) => referencesTo(place, frontier));
}

async function* referencesTo(
  { database, catalog, io }: Place,
  { at, through, rows }: Frontier<At>,
): AsyncGenerator<FoundReference<ForeignKey, Segment>> {
  await Promise.resolve();
  for (const { foreignKey, segment } of waysTo(catalog, at.table)) {
    const { columns, parentColumns, child } = foreignKey;
    // as SQLite itself looks for them at a deletion: the parent's collation decides
    const same = columns.map((column, index) => `t.${quoted(parentColumns[index] ?? "")} = c.${quoted(column)}`);
    const selected = rowidIn(child, "c");
    const text = `SELECT ${selected.join(", ")} FROM main.${quoted(at.table.name)} AS t JOIN main.${quoted(child.name)} AS c ON ${same.join(" AND ")} WHERE`;
    for (const { key, root } of rows) {
      const by = byKey(at.table, key);
      if (by === undefined) continue;
      for (const row of database.all(`${text} ${by.where}`, by.values))
        yield {
          root,
          foreignKey,
          segment,
          through: [...through, foreignKey.name],
          ...keyOf(child, row, io),
          busy: false,
        };
    }
  }
}
