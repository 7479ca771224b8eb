import type { MatchColumn, Target } from "../../src/model/search.ts";
import { changesOf } from "../../src/model/rule-change.ts";
import type { RecordType } from "../../src/model/datamap.ts";

/** A record type of a data map, with the defaults that `src/datamap` gives. Named ones win. */
export function recordType(
  given: Pick<RecordType, "system" | "name" | "place" | "do"> & Partial<RecordType>,
): RecordType {
  return {
    id: `${given.system}.${given.name}`,
    match: {
      mode: "any",
      terms: [{ column: "email", source: { kind: "identity", identity: "email" } }],
    },
    fields: {},
    paths: {},
    in: [],
    auditOf: [],
    holds: [],
    cascades: [],
    dialect: {},
    encoding: "utf-8",
    limits: { maxRecords: 1000, maxFraction: 0.01, maxFanOut: 20, batchRecords: 100_000 },
    at: { line: 1, column: 1 },
    ...given,
  };
}

/** A target that searches the record type by these columns and gives the planner these values. */
export function targetOf(record: RecordType, columns: readonly MatchColumn[], exports: readonly string[]): Target {
  return { record, columns, exports, changes: changesOf(record) };
}
