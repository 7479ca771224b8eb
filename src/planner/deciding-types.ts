import type { DataMap } from "../model/datamap.ts";
import { holdsItsSource } from "../model/follows.ts";
import { recordTypes, samePlace } from "./targets.ts";

/**
 * These record types and, transitively, those that lead to them, that protect them, that their conditions look at, and
 * that may hold the same records.
 */
export function decidingTypes(map: DataMap, ids: Iterable<string>): ReadonlySet<string> {
  const all = recordTypes(map);
  const wanted = new Set(ids);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const type of all) {
      const condition = map.conditions.find(({ name }) => name === type.unless);
      if (type.holds.some(({ protects }) => protects.some((name) => wanted.has(name)))) wanted.add(type.id);
      if (holdsItsSource(type) && wanted.has(type.follows.source)) wanted.add(type.id);
      // what it reads as open waits with those that wait for it
      if (condition?.any !== undefined && wanted.has(condition.any)) wanted.add(type.id);
      if (!wanted.has(type.id)) continue;
      for (const other of all) if (other.holds.length > 0 && samePlace(other, type)) wanted.add(other.id);
      if (condition?.any !== undefined && all.some((one) => one.id === condition.any)) wanted.add(condition.any);
      for (const { source } of [...type.match.terms, ...(condition?.match.terms ?? [])])
        if (source.kind === "column") wanted.add(source.ref.record);
    }
  }
  return wanted;
}
