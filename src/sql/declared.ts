import type { SystemBlock } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import { isIgnored, type Nameable } from "./findings.ts";

/** What our statements did to a table that they do not name. */
export interface SideWrite {
  /** Record types over it; none: it is no record type's. */
  readonly records: readonly string[];
  readonly inserted: boolean;
  /** A cascade of the unit leads there: whether it may lose or change rows was asked before anything was planned. */
  readonly reached: boolean;
}

/** Tells whether a table holds rows that nobody but the plan may change: it has record types. Triggers add rows to a trail; those that stand there are somebody's as well. */
export function peoplesIn(block: SystemBlock): (table: Nameable, records: readonly string[]) => boolean {
  return (table, records) => records.length > 0 && !isIgnored(block, table);
}

/**
 * Columns of these record types that say whose a record is, how long it is kept, and whether and since when it is marked as
 * deleted: whatever they hold, they are no counters or clocks that triggers keep.
 */
export function decidingColumns({ records }: SystemBlock, ids: readonly string[]): ReadonlySet<string> {
  const own = records
    .filter(({ id }) => ids.includes(id))
    .flatMap(({ match, where, holds, created, marker }) => [
      ...match.terms.map(({ column }) => column),
      ...Object.keys(where ?? {}),
      ...holds.map(({ from }) => from),
      ...(created === undefined ? [] : [created]),
      ...(marker === undefined ? [] : markerColumns(marker)),
    ]);
  const leadingOn = records.flatMap(({ match }) =>
    match.terms.flatMap(({ source }) =>
      source.kind === "column" && ids.includes(source.ref.record) ? [source.ref.column] : [],
    ),
  );
  return new Set([...own, ...leadingOn]);
}

function trailsOf({ records }: SystemBlock): ReadonlySet<string> {
  return new Set(records.filter(({ auditOf }) => auditOf.length > 0).map(({ id }) => id));
}

/** Tells what may be written to beside the unit's own tables from what nobody declared: an audit trail must be declared as one of what it tells of. */
export function declaredIn(block: SystemBlock): (table: Nameable, write: SideWrite) => boolean {
  const trails = trailsOf(block);
  return (table, { records, inserted, reached }) => {
    if (isIgnored(block, table)) return true;
    return records.length > 0 ? !records.some((id) => trails.has(id)) : !inserted && reached;
  };
}
