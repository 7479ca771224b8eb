/** Rows as they were, whole. */
/** Column -> a text from which its value comes back exactly. */
export type Cells = Readonly<Record<string, string | null>>;

/** A row of any table. */
export interface WholeRow {
  /** As `RowState.address`. */
  readonly at: string;
  readonly cells: Cells;
}

/** A row that stayed: the columns in which it is another since. */
export interface ChangedRow {
  readonly at: string;
  readonly before: Cells;
  readonly after: Cells;
}

export interface WholeImage {
  /** The record's own row first, then those that cascades took with it. */
  readonly removed: readonly WholeRow[];
  /** The record's own row, or rows that lost their reference to it. */
  readonly changed: readonly ChangedRow[];
}

/** Whether everything of it is as it was: `there` has all of its rows that are there. */
export function isBack({ removed, changed }: WholeImage, there: ReadonlyMap<string, Cells>): boolean {
  return (
    removed.every(({ at, cells }) => isNameless(at) || same(cells, there.get(at))) &&
    changed.every(({ at, before }) => same(before, there.get(at)))
  );
}

/** In the columns of the first. */
export function same(wanted: Cells, there: Cells | undefined): boolean {
  return there !== undefined && Object.entries(wanted).every(([name, cell]) => (there[name] ?? null) === cell);
}

/** A row without a key, which only a cascade can have taken: it is back when its record is. */
export function isNameless(at: string): boolean {
  const [, , first]: unknown[] = JSON.parse(at);
  return first === "ctid" || first === "rowid";
}

/** Every row of it. */
export function addressesIn({ removed, changed }: WholeImage): readonly string[] {
  return [...removed, ...changed].map(({ at }) => at).filter((at) => !isNameless(at));
}
