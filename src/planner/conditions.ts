import type { Condition, DataMap } from "../model/datamap.ts";
import type { FoundRecord, Findings, Identifiers } from "./locate.ts";
import { locateOne, lookupsFor } from "./locate.ts";
import type { Readers } from "./readers.ts";
import { conditionTarget } from "./targets.ts";

/** Whether a condition stands in a record's way. */
export type Stands = (record: string, found: FoundRecord) => boolean;

/**
 * Looks whether any record of the condition exists. A condition whose match names a column of the record type that
 * waits for it stands in the way of those records only; else of every record of that subject.
 */
export async function openCondition(map: DataMap, readers: Readers, condition: Condition, identifiers: Identifiers, found: Findings): Promise<Stands> {
  const target = conditionTarget(map, condition);
  if (target === undefined) {
    const filters = Object.entries(condition.where);
    return (_, { values }) => filters.every(([column, wanted]) => wanted.includes(values[column] ?? "\u0000"));
  }
  const open = await locateOne(readers, target, lookupsFor(condition.match.terms, identifiers, found, condition.match.mode));
  const subjects = new Set([...open.values()].flatMap((record) => record.subjects));
  const edges = condition.match.terms.flatMap(({ column, source }) => (source.kind === "column" ? [{ column, ref: source.ref }] : []));
  return (record, row) => {
    const own = edges.filter(({ ref }) => ref.record === record);
    if (own.length === 0) return row.subjects.some((subject) => subjects.has(subject));
    return own.some(({ column, ref }) => {
      const value = row.values[ref.column] ?? null;
      return value !== null && [...open.values()].some((one) => one.values[column] === value);
    });
  };
}
