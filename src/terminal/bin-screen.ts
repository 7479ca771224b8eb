import { count, date, safe, table } from "./show.ts";

interface ShownItem {
  readonly system: string;
  readonly record: string;
  readonly count: number;
  readonly marked_on?: string | null;
  readonly restorable_until: string | null;
  readonly purged_on: string | null;
}

/** What is marked as deleted, a record type (or one of its days) on each line. */
export function binScreen(items: readonly ShownItem[]): string {
  if (items.length === 0) return "Nothing is marked as deleted.";
  const byDay = items.some((one) => one.marked_on !== undefined);
  const day = (of: string | null | undefined, otherwise: string): string =>
    of === null || of === undefined ? otherwise : date(of);
  const rows = items.map((one) => [
    safe(`${one.system}.${one.record}`),
    String(one.count),
    ...(byDay ? [day(one.marked_on, "not known")] : []),
    day(one.restorable_until, "not by us"),
    day(one.purged_on, "not known"),
  ]);
  const all = items.reduce((sum, one) => sum + one.count, 0);
  const head = ["Records", "How many", ...(byDay ? ["Marked on"] : []), "Restorable until", "Purged on"];
  const note = byDay ? "" : "\nOf several days the first that comes; each by itself: --by-day.";
  return `${table(rows, head)}\n${count(all, "record")} marked as deleted.${note}`;
}
