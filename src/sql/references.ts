import type { Left } from "../model/change.ts";
import type { Referencing } from "./dialect.ts";
import type { Item, Todo } from "./items.ts";
import type { RecordTable } from "./record-table.ts";

/** A row that references one that is to be deleted. */
export interface Blocker<T extends RecordTable> {
  readonly parent: Item<T>;
  readonly reference: Referencing;
}

/**
 * Adds to `left` every row that may not be deleted because of who references it now: whatever was not planned to go with
 * it, and planned rows that stay after all. Repeats until nothing changes.
 */
export function blockedBy<T extends RecordTable>(
  blockers: readonly Blocker<T>[],
  todo: readonly Todo<T>[],
  left: Map<Item<T>, Omit<Left, "key">>,
): void {
  const byAddress = new Map(todo.map((one) => [one.state.address, one]));
  const addresses = new Map(todo.map((one) => [one.item, one.state.address]));
  const byChild = Map.groupBy(blockers, ({ reference }) => reference.address);
  const planned = new Map<Item<T>, ReadonlySet<string>>();
  const takenBy = (item: Item<T>) => {
    const known = planned.get(item) ?? new Set(item.record.takes?.map(({ table, key }) => `${table}\n${key}`));
    planned.set(item, known);
    return known;
  };
  // what stays keeps what it references
  for (let queue = blockers; queue.length > 0;) {
    const staying: Item<T>[] = [];
    for (const { parent, reference } of queue) {
      if (left.has(parent)) continue;
      const said = stands(parent, reference, { child: byAddress.get(reference.address), left, takenBy });
      if (said === undefined) continue;
      left.set(parent, said);
      staying.push(parent);
    }
    queue = staying.flatMap((item) => byChild.get(addresses.get(item) ?? "") ?? []);
  }
}

interface Circumstances<T extends RecordTable> {
  readonly child: Todo<T> | undefined;
  readonly left: ReadonlyMap<Item<T>, Omit<Left, "key">>;
  takenBy(item: Item<T>): ReadonlySet<string>;
}

/** Why this reference keeps its parent from being deleted; undefined: it does not. */
function stands<T extends RecordTable>(
  parent: Item<T>,
  { constraint, onDelete, childColumns, unmapped, busy }: Referencing,
  { child, left, takenBy }: Circumstances<T>,
): Omit<Left, "key"> | undefined {
  if (unmapped !== undefined) {
    if (onDelete === "set_null" || onDelete === "set_default") return undefined;
    if (onDelete !== "cascade" || !takenBy(parent).has(`${unmapped.table}\n${unmapped.key}`))
      return { kind: "blocked", reason: constraint };
    return busy ? { kind: "blocked", reason: "lock_timeout" } : undefined;
  }
  if (child === undefined) return { kind: "blocked", reason: constraint };
  if (child.item === parent) return undefined;
  const stays = left.get(child.item);
  if (stays !== undefined) {
    const { kind, reason, ...more } = stays;
    if (kind === "kept") return { kind, reason: "held_by", ...more };
    return kind === "waiting" ? { kind, reason, ...more } : { kind: "blocked", reason: constraint };
  }
  if (child.item.change.kind === "delete") return undefined;
  // a reference that a change lets go
  const letsGo = childColumns.some((column) => {
    const value = child.assignments.get(column);
    return value !== undefined && value !== (child.state.values.get(column) ?? null);
  });
  return letsGo ? undefined : { kind: "blocked", reason: constraint };
}
