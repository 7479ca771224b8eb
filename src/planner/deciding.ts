import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import type { Judgement } from "./conditions.ts";
import type { Excluded } from "./excluded.ts";
import type { Findings } from "./found.ts";
import type { Identifiers } from "./identities.ts";
import type { LegalCover } from "./legal-cover.ts";
import type { Gone } from "./lookups.ts";
import type { Stops } from "./stops.ts";

/** Disposition by record type and key. Records that are as wanted already have none. */
export type Decided = ReadonlyMap<string, ReadonlyMap<string, Disposition>>;

/** When a request was made: nothing that came into being later is touched by it. */
export interface Made {
  /** Civil date in the controller's zone. */
  readonly received: string;
  /** Instant, UTC: when it was entered. */
  readonly entered: string;
}

/** What decisions are made from. */
export interface Deciding {
  readonly map: DataMap;
  readonly found: Findings;
  readonly identifiers: Identifiers;
  /** Civil date in the controller's zone. */
  readonly today: string;
  readonly made: Made;
  /** By name of the condition. */
  readonly conditions: ReadonlyMap<string, Judgement>;
  readonly stops: Stops;
  /** As `Searching.gone`. */
  readonly gone: Gone;
  readonly legal: LegalCover;
  readonly excluded: Excluded;
}

/** Keys of each record type's records by person, made at the first question. */
export function keysByPerson(found: Findings): (record: string, person: number) => readonly string[] {
  const indexes = new Map<string, ReadonlyMap<number, string[]>>();
  const indexOf = (record: string): ReadonlyMap<number, string[]> => {
    const known = indexes.get(record);
    if (known !== undefined) return known;
    const index = new Map<number, string[]>();
    for (const { key, subjects } of found.get(record)?.records.values() ?? []) {
      for (const person of subjects) {
        const mine = index.get(person);
        if (mine === undefined) index.set(person, [key]);
        else mine.push(key);
      }
    }
    indexes.set(record, index);
    return index;
  };
  return (record, person) => indexOf(record).get(person) ?? [];
}

/** The record types of a map by id, for one run of decisions. */
export function typesById(map: DataMap): ReadonlyMap<string, RecordType> {
  return new Map(map.systems.flatMap((system) => system.records).map((record) => [record.id, record]));
}
