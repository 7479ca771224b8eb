import type { RehearsedRecord } from "../executor/rehearse-plan.ts";
import { indent, safe, table, tint } from "./show.ts";

/** What a trial of the plan came to, by record type. */
export function rehearsalScreen(records: readonly RehearsedRecord[], plain: boolean): string {
  if (records.length === 0) return "Nothing would be erased or changed: there is nothing to rehearse.";
  const failed = records.flatMap(({ checks }) => checks.filter(({ ok }) => !ok)).length;
  const head =
    failed === 0
      ? "Rehearsed: everything was done and taken back; nothing is changed."
      : tint(
          `Rehearsed, and taken back: ${failed === 1 ? "a check fails" : `${failed} checks fail`}.`,
          "danger",
          plain,
        );
  const lines = records.map(({ record, checks, not_rehearsed: why }) =>
    [
      safe(record),
      indent(
        why === undefined
          ? table(checks.map(({ name, ok, detail }) => [ok ? "ok" : "FAILS", name, safe(detail)]))
          : `not rehearsed: ${safe(why)}`,
      ),
    ].join("\n"),
  );
  return [head, ...lines].join("\n");
}
