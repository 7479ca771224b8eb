/** A rehearsal as a table: a record type a line, a check a column, and what went wrong below. */
import { safe, table, tint } from "./show.ts";

export interface ScreenCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface ScreenRehearsal {
  readonly records: readonly { readonly record: string; readonly checks: readonly ScreenCheck[] }[];
  readonly not_rehearsed: readonly { readonly record: string; readonly reason: string }[];
}

export function mapRehearsalScreen(
  { records, not_rehearsed: not }: ScreenRehearsal,
  names: readonly string[],
  plain: boolean,
): string {
  const cell = (checks: readonly ScreenCheck[], name: string): string => {
    const check = checks.find((one) => one.name === name);
    return check === undefined ? "-" : check.ok ? "ok" : "FAILED";
  };
  const rows = records.map(({ record, checks }) => [safe(record), ...names.map((name) => cell(checks, name))]);
  const told = records.flatMap(({ record, checks }) =>
    checks
      .filter(({ detail }) => detail !== "")
      .map(({ name, ok, detail }) => {
        const line = `${safe(record)} ${name}: ${safe(detail)}`;
        return ok ? tint(line, "dim", plain) : tint(line, "bad", plain);
      }),
  );
  const others = not.map(({ record, reason }) => tint(`${safe(record)} not rehearsed: ${safe(reason)}`, "warn", plain));
  return [table(rows, ["record", ...names]), ...told, ...others].join("\n");
}
