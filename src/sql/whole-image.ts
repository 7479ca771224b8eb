/** What `undo` needs of rows that were removed or changed: the rows as they were, and what of them is another since. */
import { Failure } from "../errors.ts";
import type { Work } from "../model/change.ts";
import { keepsWhole } from "../model/pre-image.ts";
import type { Image, UnitJournal } from "../port/connector.ts";
import type { Referencing, SqlBatch } from "./dialect.ts";
import type { Item, Todo } from "./items.ts";
import type { RecordTable } from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import type { Cells, WholeImage, WholeRow } from "./whole-row.ts";

/** What a batch is about to remove and change, as it was. */
export interface Before<T extends RecordTable> {
  readonly items: readonly {
    readonly item: Item<T>;
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  }[];
  readonly rows: ReadonlyMap<string, Cells>;
}

/** Reads whole, in the transaction and before anything is changed, what is to be kept. */
export async function readWhole<T extends RecordTable>(
  session: SqlBatch<T>,
  todo: readonly Todo<T>[],
  references: ReadonlyMap<Item<T>, readonly Referencing[]>,
): Promise<Before<T>> {
  const items = todo.flatMap(({ item, state }) => {
    const { change, job } = item;
    if (change.kind === "mark" || change.kind === "restore" || !keepsWhole(job.table.target)) return [];
    if (isPlace(state.key)) throw new Refusal("no_key");
    if (change.kind !== "delete") return [{ item, removed: [], changed: [state.address] }];
    const behind = references.get(item) ?? [];
    const taken = behind.filter(({ onDelete, unmapped }) => onDelete === "cascade" && unmapped !== undefined);
    const freed = behind.filter(({ onDelete }) => onDelete === "set_null" || onDelete === "set_default");
    const removed = [...new Set([state.address, ...taken.map(({ address }) => address)])];
    const changed = [...new Set(freed.map(({ address }) => address))].filter((one) => !removed.includes(one));
    return [{ item, removed, changed }];
  });
  const all = items.flatMap(({ removed, changed }) => [...removed, ...changed]);
  return { items, rows: all.length === 0 ? new Map() : await session.whole([...new Set(all)], false) };
}

/** Rows without a key are named by where they lie: nobody could find them again. */
function isPlace(key: string): boolean {
  return key.startsWith('["ctid"') || key.startsWith('["rowid"');
}

/** Seals it, with what is another by now: what triggers did to the rows as well. Before the transaction is committed. */
export async function keepWhole<T extends RecordTable>(
  session: SqlBatch<T>,
  { items, rows }: Before<T>,
  journal: UnitJournal,
): Promise<void> {
  if (items.length === 0) return;
  const looked = [...new Set(items.flatMap(({ changed }) => changed))];
  const now = looked.length === 0 ? new Map<string, Cells>() : await session.whole(looked, false);
  for (const [step, mine] of Map.groupBy(items, ({ item }) => item.job.work.step)) {
    const images = mine.map(({ item, removed, changed }): Image => {
      const image: WholeImage = {
        removed: removed.map((at) => ({ at, cells: rows.get(at) ?? lost() })),
        changed: changed.flatMap((at) => {
          const [before, after] = [rows.get(at), now.get(at)];
          // it goes in this batch as well, and is kept as what it is
          if (before === undefined || (after === undefined && item.change.kind === "delete")) return [];
          if (after === undefined) throw new Refusal("key_changed", { whole: true });
          const names = Object.keys(before).filter((name) => before[name] !== after[name]);
          const cells = (of: Cells): Cells => Object.fromEntries(names.map((name) => [name, of[name] ?? null]));
          return [{ at, before: cells(before), after: cells(after) }];
        }),
      };
      return { key: item.record.key, bytes: new Uint8Array(Buffer.from(JSON.stringify(image))) };
    });
    await journal.keepImages(step, images);
  }
}

function lost(): never {
  throw new Refusal("unreadable");
}

/** The image of a record that is to be put back. */
export function wholeImageOf({ change, record }: Pick<Item<RecordTable>, "change" | "record">): WholeImage | undefined {
  if (change.kind !== "restore" || change.marker !== undefined) return undefined;
  const bytes = change.images.get(record.key);
  if (bytes === undefined) throw new Failure("UNEXPECTED", "a record is to be given back that was never kept");
  return parsed(bytes);
}

function parsed(bytes: Uint8Array): WholeImage {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** Rows that these works put back. */
export function comingIn(works: readonly Work[]): readonly WholeRow[] {
  return works.flatMap(({ operations }) =>
    operations.flatMap(({ change, records }) =>
      change.kind === "restore" && change.marker === undefined
        ? records.flatMap(({ key }) => {
            const bytes = change.images.get(key);
            return bytes === undefined ? [] : parsed(bytes).removed;
          })
        : [],
    ),
  );
}
