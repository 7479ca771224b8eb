/** Keeps what `undo` needs of rows that are marked. */
import type { Image, UnitJournal } from "../port/connector.ts";
import type { SqlBatch } from "./dialect.ts";
import type { Todo } from "./items.ts";
import type { RecordTable } from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { imageOf } from "./row-image.ts";

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
      return { key: record.key, bytes: imageOf(change.marker, state, after) };
    });
    await journal.keepImages(job.work.step, images);
  }
}
