/** Records that several record types found: one row, document, line or object. */
import type { RecordType } from "../model/datamap.ts";
import type { Findings, Found, FoundRecord } from "./found.ts";

/** A record as one record type found it. */
export interface Sighted {
  readonly type: RecordType;
  readonly record: FoundRecord;
}

/** Records with one address that more than one record type found. */
export function sharedRecords(found: Findings): readonly (readonly Sighted[])[] {
  const systems = Map.groupBy(found.values(), ({ type }) => type.system);
  return [...systems.values()].flatMap((types) => {
    if (types.length < 2) return [];
    const several = addressesOfSeveral(types);
    if (several.size === 0) return [];
    const byAddress = new Map<string, Sighted[]>();
    for (const { type, records } of types) {
      for (const record of records.values()) {
        if (!several.has(record.address)) continue;
        const same = byAddress.get(record.address);
        if (same === undefined) byAddress.set(record.address, [{ type, record }]);
        else if (!same.some((one) => one.type.id === type.id)) same.push({ type, record });
      }
    }
    return [...byAddress.values()].filter(({ length }) => length > 1);
  });
}

/** Where a record was found: `record` is `system.record`. */
export interface FoundAs {
  readonly record: string;
  readonly key: string;
}

export interface FoundAsMany {
  /** Whether any record was found by several. */
  readonly isAny: boolean;
  /** Everything that a record was found as, as asked first. */
  all(record: string, key: string): readonly FoundAs[];
}

export function foundAs(found: Findings): FoundAsMany {
  const several = new Map<string, readonly FoundAs[]>();
  for (const group of sharedRecords(found)) {
    const all = group.map(({ type, record }): FoundAs => ({ record: type.id, key: record.key }));
    for (const { record, key } of all) several.set(`${record}\n${key}`, all);
  }
  return {
    isAny: several.size > 0,
    all(record, key) {
      const all = several.size === 0 ? undefined : several.get(`${record}\n${key}`);
      return all === undefined
        ? [{ record, key }]
        : [{ record, key }, ...all.filter((one) => one.record !== record || one.key !== key)];
    },
  };
}

/** Addresses that come more than once: of hundreds of thousands most often none. */
function addressesOfSeveral(found: readonly Found[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const several = new Set<string>();
  for (const { records } of found)
    for (const { address } of records.values())
      if (seen.has(address)) several.add(address);
      else seen.add(address);
  return several;
}
