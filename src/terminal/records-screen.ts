import { reasonWords } from "../model/words.ts";
import type { Disposition } from "../model/plan.ts";
import { date, indent, safe, table } from "./show.ts";

interface ShownRecord {
  readonly handle: string;
  readonly system: string;
  readonly record: string;
  readonly outcome: Disposition["kind"];
  readonly reason?: string;
  readonly until?: string;
  readonly key: readonly string[];
  readonly dates: Readonly<Record<string, string | null>>;
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly gone?: true;
}

const OUTCOMES: Readonly<Record<Disposition["kind"], string>> = {
  act: "goes",
  kept: "stays",
  waiting: "waits",
  blocked: "blocked",
};

/** The records of a plan, each on a line by its handle. */
export function recordsScreen({
  records,
  unlisted,
}: {
  readonly records: readonly ShownRecord[];
  readonly unlisted: readonly { readonly system: string; readonly record: string; readonly count: number }[];
}): string {
  const rows = records.map((one) => [
    one.handle,
    `${safe(one.system)}.${safe(one.record)}`,
    OUTCOMES[one.outcome],
    Object.entries(one.dates)
      .flatMap(([column, day]) => (day === null ? [] : [`${safe(column)} ${date(day)}`]))
      .join(", "),
    told(one),
  ]);
  const left = unlisted.map(
    ({ system, record, count }) => `${safe(system)}.${safe(record)}: ${count} more, only counted`,
  );
  return [
    "RECORDS (values are masked)",
    ...(rows.length === 0 ? ["  none"] : [indent(table(rows, ["Handle", "Records", "", "Dates", "Values"]))]),
    ...left.map((line) => indent(line)),
    "A handle belongs to this plan: the next one has its own.",
  ].join("\n");
}

function told({ key, values, reason, outcome, until, gone }: ShownRecord): string {
  const cells = Object.entries(values).map(([column, texts]) => `${safe(column)} ${safe(texts.join(", "))}`);
  const why = reason === undefined ? [] : [safe(reasonWords(reason, { status: outcome === "act" ? "kept" : outcome }))];
  const end = until === undefined ? [] : [`until ${date(until.slice(0, 10))}`];
  return [
    gone === true ? "gone since" : cells.length === 0 ? `key ${safe(key.join(", "))}` : cells.join(", "),
    ...why,
    ...end,
  ].join(" · ");
}
