/** What `undo` needs of a row that was marked: what its marker's columns held before, and what they hold since. */
import { Failure } from "../errors.ts";
import { markerColumns } from "../model/marker.ts";
import type { Marker } from "../model/datamap.ts";
import type { Image, UnitJournal } from "../port/connector.ts";
import type { Assignments } from "./changes.ts";
import type { SqlBatch } from "./dialect.ts";
import type { Todo } from "./items.ts";
import type { RecordTable, RowState } from "./record-table.ts";
import { Refusal } from "./refusal.ts";

type Cells = Readonly<Record<string, string | null>>;

interface RowImage {
  readonly before: Cells;
  readonly after: Cells;
}

/** Sealed before the transaction is committed: what it leaves is read in it, as the database writes it. */
export async function keepImages<T extends RecordTable>(
  session: SqlBatch<T>,
  todo: readonly Todo<T>[],
  journal: UnitJournal,
): Promise<void> {
  const kept = todo.filter(
    ({ item: { change, job } }) => change.kind === "mark" && job.table.target.record.restoreWindow !== undefined,
  );
  for (const [job, mine] of Map.groupBy(kept, ({ item }) => item.job)) {
    const keys = mine.map(({ item }) => item.record.key);
    const { states } = await session.rows(job.table, keys, "none");
    const images = mine.map(({ item: { change, record }, state }): Image => {
      const after = states.get(record.key);
      if (after === undefined || change.kind !== "mark") throw new Refusal("changed");
      const columns = markerColumns(change.marker);
      const image: RowImage = { before: cells(state, columns), after: cells(after, columns) };
      return { key: record.key, bytes: new Uint8Array(Buffer.from(JSON.stringify(image))) };
    });
    await journal.keepImages(job.work.step, images);
  }
}

/** What gives a row back as it was. Throws `Refusal` where it is neither as it was nor as the mark left it. */
export function givenBack(
  marker: Marker,
  images: ReadonlyMap<string, Uint8Array>,
  state: Pick<RowState, "key" | "values">,
): Assignments {
  const bytes = images.get(state.key);
  if (bytes === undefined) throw new Failure("UNEXPECTED", "a record is to be given back that was never kept");
  const { before, after }: RowImage = JSON.parse(Buffer.from(bytes).toString());
  const columns = markerColumns(marker);
  const isAs = (wanted: Cells): boolean => columns.every((name) => (state.values.get(name) ?? null) === wanted[name]);
  if (isAs(before)) return new Map();
  if (!isAs(after)) throw new Refusal("changed");
  return new Map(columns.map((name) => [name, before[name] ?? null]));
}

function cells({ values }: RowState, columns: readonly string[]): Cells {
  return Object.fromEntries(columns.map((name) => [name, values.get(name) ?? null]));
}
