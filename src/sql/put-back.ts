/** Puts back what was removed or changed, where nothing has taken its place. */
import type { Left } from "../model/change.ts";
import type { SqlBatch } from "./dialect.ts";
import type { Item } from "./items.ts";
import type { RecordTable } from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { wholeImageOf } from "./whole-image.ts";
import { addressesIn, type Cells, isBack, isNameless, same, type WholeImage, type WholeRow } from "./whole-row.ts";

export interface ToPutBack<T extends RecordTable> {
  readonly item: Item<T>;
  readonly image: WholeImage;
}

interface LookedAt<T extends RecordTable> {
  readonly todo: readonly ToPutBack<T>[];
  readonly left: readonly { readonly item: Item<T>; readonly left: Omit<Left, "key"> }[];
  /** What is there of all of it. */
  readonly there: ReadonlyMap<string, Cells>;
}

/** Splits the items of a batch: those that are put back whole, and the others. */
export function wholeItems<T extends RecordTable>(items: readonly Item<T>[]): readonly ToPutBack<T>[] {
  return items.flatMap((item) => {
    const image = wholeImageOf(item);
    return image === undefined ? [] : [{ item, image }];
  });
}

/** What stands in the way of each, told before anything is touched. `coming`: rows that will be there by then. */
export async function lookToPutBack<T extends RecordTable>(
  session: SqlBatch<T>,
  items: readonly ToPutBack<T>[],
  coming: readonly WholeRow[],
): Promise<LookedAt<T>> {
  const there = await session.whole([...new Set(items.flatMap(({ image }) => addressesIn(image)))], true);
  const open = items.filter(({ image }) => !isBack(image, there));
  const inserted = open.flatMap(({ image }) => toInsert(image, there));
  const rewritten = open.flatMap(({ image }) =>
    toRewrite(image, there).map(({ at, cells }) => ({ at, cells: { ...there.get(at), ...cells } })),
  );
  const obstacles = await session.inTheWay({ inserted, rewritten, coming: [...coming, ...inserted] });
  const left: LookedAt<T>["left"][number][] = [];
  const todo: ToPutBack<T>[] = [];
  for (const one of items) {
    const { item, image } = one;
    if (isBack(image, there)) {
      left.push({ item, left: { kind: "already_gone", reason: "as_wanted" } });
      continue;
    }
    const reason = changedSince(image, there) ?? firstOf(image, obstacles);
    if (reason === undefined) todo.push(one);
    else left.push({ item, left: { kind: "failed", reason } });
  }
  return { todo, left, there };
}

function toInsert({ removed }: WholeImage, there: ReadonlyMap<string, Cells>): readonly WholeRow[] {
  return removed.filter(({ at, cells }) => !same(cells, there.get(at)));
}

function toRewrite({ changed }: WholeImage, there: ReadonlyMap<string, Cells>): readonly WholeRow[] {
  return changed.flatMap(({ at, before }) => (same(before, there.get(at)) ? [] : [{ at, cells: before }]));
}

function changedSince({ changed }: WholeImage, there: ReadonlyMap<string, Cells>): string | undefined {
  for (const { at, before, after } of changed) {
    const row = there.get(at);
    if (row === undefined) return "gone";
    if (!same(before, row) && !same(after, row)) return "changed";
  }
  return undefined;
}

function firstOf({ removed, changed }: WholeImage, obstacles: ReadonlyMap<string, string>): string | undefined {
  return [...removed, ...changed].map(({ at }) => obstacles.get(at)).find((reason) => reason !== undefined);
}

/** Rows first, then what refers to them. */
export async function putBackWhole<T extends RecordTable>(
  session: SqlBatch<T>,
  { todo, there }: Pick<LookedAt<T>, "todo" | "there">,
): Promise<void> {
  if (todo.length === 0) return;
  const inserted = once(todo.flatMap(({ image }) => toInsert(image, there)));
  if (inserted.length > 0) await session.putBack(inserted);
  const rewritten = once(todo.flatMap(({ image }) => toRewrite(image, there)));
  if (rewritten.length > 0) await session.rewrite(rewritten, false);
}

/**
 * For a rehearsal: rows that others of the undo put back before these, where they are not there. The tables that triggers
 * wrote to by it: what those rows add to their own audit trails is no matter of this unit.
 */
export async function putBackOthers<T extends RecordTable>(
  session: SqlBatch<T>,
  { todo }: Pick<LookedAt<T>, "todo">,
  coming: readonly WholeRow[],
): Promise<ReadonlySet<string>> {
  const own = new Set(todo.flatMap(({ image }) => image.removed.map(({ at }) => at)));
  const others = todo.length === 0 ? [] : coming.filter(({ at }) => !isNameless(at) && !own.has(at));
  if (others.length === 0) return new Set();
  const known = await session.whole(
    others.map(({ at }) => at),
    false,
  );
  const inserted = once(others.filter(({ at }) => !known.has(at)));
  if (inserted.length === 0) return new Set();
  await session.putBack(inserted);
  return new Set(await session.settle());
}

function once(rows: readonly WholeRow[]): readonly WholeRow[] {
  return [...new Map(rows.map((row) => [row.at, row])).values()];
}

/**
 * Triggers have had their say, and may have set columns anew: they are set once more, then past the triggers where the
 * database lets us. Throws `Refusal` where a row is not as it was after all.
 */
export async function seenBack<T extends RecordTable>(
  session: SqlBatch<T>,
  todo: readonly ToPutBack<T>[],
): Promise<void> {
  for (const past of [false, true, undefined]) {
    const there = await session.whole([...new Set(todo.flatMap(({ image }) => addressesIn(image)))], false);
    const wrong = new Map<string, Cells>();
    for (const { image } of todo)
      for (const { at, cells } of [
        ...image.removed,
        ...image.changed.map(({ at: name, before }) => ({ at: name, cells: before })),
      ]) {
        const row = there.get(at);
        if (isNameless(at) || same(cells, row)) continue;
        if (row === undefined) throw new Refusal("swallowed");
        wrong.set(at, Object.fromEntries(Object.entries(cells).filter(([name, cell]) => (row[name] ?? null) !== cell)));
      }
    if (wrong.size === 0) return;
    const rows = [...wrong].map(([at, cells]) => ({ at, cells }));
    if (past === undefined) throw new Refusal(`TRIGGER_CHANGES ${namesOf(rows).join(", ")}`);
    await session.rewrite(rows, past);
  }
}

function namesOf(rows: readonly WholeRow[]): readonly string[] {
  const names = rows.flatMap(({ at, cells }) => {
    const [, table]: unknown[] = JSON.parse(at);
    return Object.keys(cells).map((name) => `${String(table)}.${name}`);
  });
  return [...new Set(names)].toSorted();
}
