import type { Plan } from "../model/plan.ts";
import { findingRows, type ShownFinding } from "./findings-screen.ts";
import { count, day, indent, safe, table } from "./show.ts";

/** What would be due on a later day: by the day on which it may go. */
export function dueScreen(
  plan: Plan,
  { warnings, plain }: { readonly warnings: readonly ShownFinding[]; readonly plain: boolean },
): string {
  const { by_day: days = [], as_of: asOf = "" } = plan;
  const all = days.reduce((sum, one) => sum + one.count, 0);
  const rows = days.map(({ date, system, record, count: number }) => [
    day(date),
    `${safe(system)}.${safe(record)}`,
    String(number),
  ]);
  return [
    `Until ${day(asOf)} ${count(all, "record")} may go. Read-only: nothing was changed or kept, and nobody can approve this.`,
    ...(rows.length === 0 ? [] : [indent(table(rows, ["From", "Records", "How many"]))]),
    ...(plan.totals.keep + plan.totals.wait + plan.totals.blocked === 0
      ? []
      : [`${plan.totals.keep} are kept then, ${plan.totals.wait} wait, ${plan.totals.blocked} are blocked.`]),
    ...(warnings.length === 0 ? [] : [`WARNINGS\n${indent(findingRows(warnings, plain))}`]),
  ].join("\n");
}
