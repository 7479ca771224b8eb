import type { DataMap } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import { openCondition, type Stands } from "./conditions.ts";
import { decideOwn } from "./decide.ts";
import { type Identifiers, type Known, locateAll } from "./locate.ts";
import type { Readers } from "./readers.ts";
import { recordTypes } from "./targets.ts";

export interface JudgeAgain {
  readonly map: DataMap;
  /** Fresh connections. */
  readonly readers: Readers;
  /** `system.record` of the records that are about to be acted on. */
  readonly record: string;
  /** Indexes of their people. */
  readonly subjects: readonly number[];
  /** What the plan was searched by: given and found identifiers, one a subject, and the lookups of every record type. */
  readonly known: Known;
  /** Civil date in the controller's zone. */
  readonly today: string;
}

/**
 * What becomes now, by key, of these people's records of one record type, as far as other records decide on it: open
 * conditions, what protects them, what they are held with. Undefined where nothing but the record itself does. References
 * are not looked at: the eraser sees them under its lock.
 */
export async function judgeAgain({ map, readers, record, subjects, known, today }: JudgeAgain): Promise<ReadonlyMap<string, Disposition> | undefined> {
  const only = decidingOn(map, record);
  if (only === undefined) return undefined;
  const mine = new Set(subjects);
  const identifiers: Identifiers = known.identifiers.map((one, at) => new Map(mine.has(at) ? Object.entries(one.identifiers) : []));
  const lookups = new Map([...known.lookups].map(([id, some]) => [id, some.filter(({ subject }) => mine.has(subject))]));
  const found = await locateAll(map, readers, identifiers, { only, known: { identifiers: known.identifiers, lookups } });
  const conditions = new Map<string, Stands>();
  const types = recordTypes(map).filter(({ id }) => only.has(id));
  for (const name of new Set(types.flatMap(({ unless }) => unless ?? []))) {
    const condition = map.conditions.find((one) => one.name === name);
    const waiting = types.filter(({ unless }) => unless === name);
    if (condition === undefined) continue;
    conditions.set(name, await openCondition({ map, readers, identifiers, found, empty: new Set() }, condition, waiting));
  }
  return decideOwn({ map, found, identifiers, today, conditions }).get(record) ?? new Map();
}

/** The record types that have a say in what becomes of this one's records, itself included; undefined where none but its own columns have. */
function decidingOn(map: DataMap, id: string): ReadonlySet<string> | undefined {
  const all = recordTypes(map);
  const wanted = new Set([id]);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const type of all) {
      if (type.holds.some(({ protects }) => protects.some((name) => wanted.has(name)))) wanted.add(type.id);
      if (!wanted.has(type.id)) continue;
      const condition = map.conditions.find(({ name }) => name === type.unless);
      if (condition?.any !== undefined && all.some((one) => one.id === condition.any)) wanted.add(condition.any);
      for (const { source } of [...type.match.terms, ...(condition?.match.terms ?? [])]) if (source.kind === "column") wanted.add(source.ref.record);
    }
  }
  const others = all.filter((type) => wanted.has(type.id) && type.id !== id);
  const unless = all.some((type) => wanted.has(type.id) && type.unless !== undefined);
  return unless || others.some(({ holds }) => holds.length > 0) ? wanted : undefined;
}
