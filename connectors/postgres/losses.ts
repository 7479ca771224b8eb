/** Rows that a transaction's tables lost, beside those that are known to go. */
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Catalog, Table } from "./catalog.ts";
import { isIgnored } from "../../src/sql/findings.ts";
import type { Growth } from "./growth.ts";
import type { Resolved } from "./resolved.ts";

/** What is known to go: by the oid of the table at the top of its family. */
export interface Losses {
  /** Rows that our statements deleted. */
  readonly removed: Map<string, number>;
  /** Rows that they changed. */
  readonly changed: Map<string, number>;
  /** By record type: their keys. */
  readonly keys: Map<string, Set<string>>;
  /** Addresses of rows that a cascade takes, as they were seen before. */
  readonly taken: Map<string, Set<string>>;
}

export function noLosses(): Losses {
  return { removed: new Map(), changed: new Map(), keys: new Map(), taken: new Map() };
}

/** The table at the top of a family: partitioned, or inherited from. */
export function topOf(catalog: Catalog, table: Table): string {
  const [above] = table.parents.flatMap((oid) => catalog.table(oid) ?? []);
  return above === undefined ? table.oid : topOf(catalog, above);
}

export function noteRemoved(
  { removed, keys }: Losses,
  { catalog, table, target }: Resolved,
  deleted: readonly string[],
  count: number,
): void {
  const top = topOf(catalog, table);
  removed.set(top, (removed.get(top) ?? 0) + count);
  const mine = keys.get(target.record.id) ?? new Set<string>();
  for (const key of deleted) mine.add(key);
  keys.set(target.record.id, mine);
}

export function noteChanged(losses: Losses, { catalog, table }: Resolved, count: number): void {
  noteChangedIn(losses, catalog, table, count);
}

export function noteChangedIn({ changed }: Losses, catalog: Catalog, table: Table, count: number): void {
  const top = topOf(catalog, table);
  changed.set(top, (changed.get(top) ?? 0) + count);
}

export function noteTaken({ taken }: Losses, catalog: Catalog, table: Table, address: string): void {
  const top = topOf(catalog, table);
  taken.set(top, (taken.get(top) ?? new Set<string>()).add(address));
}

/** Families that lost more rows than are known to go. */
export function moreThanKnown(
  catalog: Catalog,
  block: SystemBlock,
  grown: readonly Growth[],
  { removed, taken }: Losses,
): readonly { readonly top: string; readonly shown: string; readonly rows: number }[] {
  const families = new Map<string, { shown: string; rows: number }>();
  for (const one of grown) {
    const table = catalog.table(one.oid) ?? catalog.table(one.root);
    if (one.deleted === 0 || table === undefined || isIgnored(block, one)) continue;
    const top = topOf(catalog, table);
    const known = families.get(top) ?? {
      shown: catalog.table(top)?.shown ?? one.shown,
      rows: -(removed.get(top) ?? 0) - (taken.get(top)?.size ?? 0),
    };
    families.set(top, { ...known, rows: known.rows + one.deleted });
  }
  return [...families].flatMap(([top, family]) => (family.rows > 0 ? [{ top, ...family }] : []));
}
