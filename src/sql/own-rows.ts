import type { OwnRow } from "./dialect.ts";
import type { RecordTable, RowState } from "./record-table.ts";

/** A row of a trail's table that our own statements wrote. */
export interface WrittenRow {
  readonly state: RowState;
  /** It is one of the trail's own record type. */
  readonly belongs: boolean;
  /** Name of its table. */
  readonly shown: string;
}

/** Rows of these audit trails that our own statements wrote, once for every trail that they belong to; those that belong to none are told by their table. */
export async function ownRowsOf<T extends RecordTable>(
  trails: readonly T[],
  writtenIn: (trail: T) => AsyncIterable<WrittenRow> | Iterable<WrittenRow>,
): Promise<{ readonly rows: readonly OwnRow<T>[]; readonly unclaimed: readonly string[] }> {
  const rows: OwnRow<T>[] = [];
  const claimed = new Set<string>();
  const others = new Map<string, string>();
  for (const trail of trails) {
    for await (const { state, belongs, shown } of writtenIn(trail)) {
      if (belongs) {
        rows.push({ table: trail, state });
        claimed.add(state.address);
      } else others.set(state.address, shown);
    }
  }
  const unclaimed = [...others].flatMap(([address, shown]) => (claimed.has(address) ? [] : [shown]));
  return { rows, unclaimed: [...new Set(unclaimed)] };
}
