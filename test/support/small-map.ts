import { recordType } from "./record-type.ts";
import type { DataMap, MatchTerm, RecordType, SystemBlock } from "../../src/model/datamap.ts";

const at = { line: 1, column: 1 };
const limits = { maxRecords: 1000, maxFraction: 1, maxFanOut: 20, batchRecords: 100_000 };

/** A record type of a table of that name, erased, matched by the identity `email` unless said otherwise. */
export function recordOf(system: string, name: string, more: Partial<RecordType> = {}): RecordType {
  return recordType({ system, name, place: { kind: "table", table: name }, do: "erase", limits, ...more });
}

export function byIdentity(column: string, identity: string): MatchTerm {
  return { column, source: { kind: "identity", identity } };
}

export function byColumn(column: string, record: string, of: string): MatchTerm {
  return { column, source: { kind: "column", ref: { record, column: of } } };
}

/** A data map with these systems, one identity `email` and no approval rules. */
export function mapOf(
  systems: readonly (Partial<SystemBlock> & Pick<SystemBlock, "name" | "kind">)[],
  more: Partial<DataMap> = {},
): DataMap {
  const never = { years: 0, months: 0, days: 0, seconds: 0, text: "0 seconds" };
  return {
    file: "datamap.yaml",
    digest: "d".repeat(64),
    controller: {
      name: "Test Ltd",
      contact: "privacy@test.example",
      calendar: { timezone: "Europe/Berlin", regime: "eu", holidays: [] },
    },
    ignore: [],
    proof: { keepFor: { ...never, years: 3, text: "3 years" } },
    approval: { required: true, fourEyes: false, roles: [], drift: "refuse" },
    limits,
    settle: never,
    releaseWait: never,
    clock: "test",
    identities: [{ name: "email", type: "email", fold: ["trim", "lowercase"], by: {}, at }],
    conditions: [],
    holds: [],
    systems: systems.map((system) => ({
      rank: "source" as const,
      connect: {},
      feeds: [],
      session: {},
      records: [],
      covers: [],
      at,
      ...system,
    })),
    ...more,
  };
}
