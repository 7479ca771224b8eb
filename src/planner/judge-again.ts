import type { DataMap } from "../model/datamap.ts";
import { foldedBefore } from "../model/fold.ts";
import type { Disposition } from "../model/plan.ts";
import { openConditions } from "./conditions.ts";
import { decideOwn } from "./decide.ts";
import type { Made } from "./deciding.ts";
import { decidingTypes } from "./deciding-types.ts";
import type { Resolution } from "./identities.ts";
import { type Known, locateAll } from "./locate.ts";
import { beginSearch } from "./lookups.ts";
import type { Readers } from "./readers.ts";
import { noStops } from "./stops.ts";
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
  readonly made: Made;
}

/**
 * What becomes now, by key, of these people's records of one record type, as far as other records decide on it: open
 * conditions, what protects them, what they are held with. Undefined where nothing but the record itself does. References
 * are not looked at: the eraser sees them under its lock.
 */
export async function judgeAgain(scope: JudgeAgain): Promise<ReadonlyMap<string, Disposition> | undefined> {
  const { map, readers, record, subjects, known, today, made } = scope;
  const only = decidingOn(map, record);
  if (only === undefined) return undefined;
  const mine = new Set(subjects);
  const resolution = resolutionOf(map, known, mine);
  const lookups = new Map([...known.lookups].map(([id, some]) => [id, some.filter(({ subject }) => mine.has(subject))]));
  const searching = beginSearch(readers, resolution, noStops());
  const found = await locateAll({ map, searching, only, known: { identifiers: [], lookups }, empty: new Set() });
  const types = recordTypes(map).filter(({ id }) => only.has(id));
  const conditions = await openConditions({ map, searching, empty: new Set() }, types);
  // whoever the search stops now was none to stop at plan: only what holds and conditions say counts here
  return decideOwn({ map, found, identifiers: resolution.identifiers, today, made, conditions, stops: noStops() }).get(record) ?? new Map();
}

function resolutionOf(map: DataMap, { identifiers }: Known, mine: ReadonlySet<number>): Resolution {
  const all = new Set(map.identities.map(({ name }) => name));
  return {
    identifiers: identifiers.map((one, at) =>
      mine.has(at) ? new Map(Object.entries(one.identifiers).map(([name, values]) => [name, values.map(foldedBefore)])) : new Map(),
    ),
    placeholders: identifiers.map(() => new Map()),
    lookedFor: identifiers.map(() => all),
  };
}

/** The record types that have a say in what becomes of this one's records, itself included; undefined where none but its own columns have. */
function decidingOn(map: DataMap, id: string): ReadonlySet<string> | undefined {
  const wanted = decidingTypes(map, [id]);
  const all = recordTypes(map);
  const others = all.filter((type) => wanted.has(type.id) && type.id !== id);
  const unless = all.some((type) => wanted.has(type.id) && type.unless !== undefined);
  return unless || others.some(({ holds }) => holds.length > 0) ? wanted : undefined;
}
