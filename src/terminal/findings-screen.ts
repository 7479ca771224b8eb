import { safe, table, tint } from "./show.ts";

/** A finding as it is shown; `severity` says how bad it is. */
export interface ShownFinding {
  readonly system: string;
  readonly record: string;
  readonly column?: string;
  readonly code: string;
  readonly severity: "error" | "empty" | "warning";
  readonly message: string;
  readonly help: string;
  readonly file: string;
  readonly line: number;
}

const WORDS = { error: "FAIL", empty: "WARN", warning: "WARN" } as const;

/** Findings, one a row, in their order; help under those that have the same. Indexes that are missing are one row a system. */
export function findingRows(findings: readonly ShownFinding[], plain: boolean): string {
  const rows: string[][] = [];
  const told = new Set<string>();
  for (const finding of findings) {
    const { code, severity, message, help, system } = finding;
    const word = tint(WORDS[severity], severity === "error" ? "bad" : "warn", plain);
    if (code === "INDEX_MISSING") {
      if (told.has(system)) continue;
      told.add(system);
      const mine = findings.filter((one) => one.code === code && one.system === system);
      rows.push([word, code, `${system}: no index serves ${mine.map((one) => missingIndex(one)).join(", ")}`]);
      continue;
    }
    const next = findings[findings.indexOf(finding) + 1];
    const helps =
      help === "" || (next?.help === help && next.code === code) ? "" : ` ${tint(`→ ${safe(help)}`, "dim", plain)}`;
    rows.push([word, code, `${placeOf(finding)}: ${sentence(message)}${helps}`]);
  }
  return table(rows);
}

function placeOf({ record, file, line }: ShownFinding): string {
  const place = `${safe(file)}:${line}`;
  return record === "" ? place : `${safe(record)} (${place})`;
}

function sentence(message: string): string {
  return /[.?!]$/u.test(message) ? safe(message) : `${safe(message)}.`;
}

/** `users.email`; a reference's own words up to the colon, where no column is matched. */
function missingIndex({ record, column, message }: ShownFinding): string {
  if (column !== undefined) return safe(`${record.slice(record.indexOf(".") + 1)}.${column}`);
  return safe(message.replace(/:.*$/su, "").replace(/ has no index on /u, " on "));
}
