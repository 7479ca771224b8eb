import type { DataMap } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import { masked } from "../model/shown.ts";
import { positionOf } from "../planner/placed.ts";
import { adviceOf, CODES, type CoverageCode } from "./codes.ts";

/** One thing that `map check` has to say. */
export interface CheckFinding {
  readonly system: string;
  /** `system.record`; `system.store` where no record type is; the system itself; empty where the data map is meant. */
  readonly record: string;
  readonly column?: string;
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help: string;
  readonly file: string;
  readonly line: number;
}

export interface Noted {
  readonly record: string;
  readonly column?: string;
  readonly message: string;
  /** Whose place in the data map is meant, where it is another's. */
  readonly at?: string;
  /** Or its line. */
  readonly line?: number;
  /** Instead of what is to be done about all of this code. */
  readonly help?: string;
}

/** With its place in the data map, and what it costs to leave it. */
export function checkFinding(
  map: DataMap,
  code: CoverageCode,
  { record, column, message, at, line, help }: Noted,
): CheckFinding {
  const [system = ""] = record.split(".");
  const meant: Finding = {
    code,
    severity: "warning",
    record: at ?? record,
    ...(column === undefined || at !== undefined ? {} : { column }),
    message,
  };
  return {
    system,
    record: masked(record),
    ...(column === undefined ? {} : { column: masked(column) }),
    code,
    severity: CODES[code].severity,
    message: masked(message),
    help: masked(adviceOf(code, help)),
    file: map.file,
    line: line ?? positionOf(map, meant).line,
  };
}
