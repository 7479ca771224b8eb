import type { Link } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Target } from "../model/search.ts";
import type { Reader } from "../port/connector.ts";
import { decideOwn } from "./decide.ts";
import { type Deciding, typesById } from "./deciding.ts";
import type { Findings } from "./found.ts";
import type { Readers } from "./readers.ts";
import {
  decideReferences,
  deletes,
  knownReferences,
  type KnownReference,
  type ReferenceDecisions,
  type References,
} from "./references.ts";
import { decideOnce, type OneDecisionEach } from "./same-record.ts";
import type { Sites } from "./sites.ts";
import { recordTypes, samePlace } from "./targets.ts";

export interface DecidingAll {
  readonly deciding: Deciding;
  readonly readers: Readers;
  readonly links: readonly Link[];
  readonly sites: Sites;
}

export interface AllDecisions extends ReferenceDecisions {
  readonly once: OneDecisionEach;
  readonly references: References;
}

/** What becomes of every found record: by its own record type, by all that found it, and by what references it. */
export async function decideAll({ deciding, readers, links, sites }: DecidingAll): Promise<AllDecisions> {
  const { map, found } = deciding;
  const order = new Map(recordTypes(map).map(({ id }, at) => [id, at]));
  const once = decideOnce(found, decideOwn(deciding), order);
  const references = await referencesTo(map, readers, found, once, links);
  return { once, references, ...decideReferences(map, once, references, sites) };
}

/** What each system's reader says of its record types, in the map's order. */
export async function ofEachSystem<T>(
  map: DataMap,
  readers: Readers,
  targets: readonly Target[],
  ask: (reader: Reader, mine: readonly Target[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (const system of map.systems) {
    const mine = targets.filter((target) => target.record.system === system.name);
    if (mine.length > 0) all.push(...(await ask(await readers.of(system.name), mine)));
  }
  return all;
}

async function referencesTo(
  map: DataMap,
  readers: Readers,
  found: Findings,
  once: OneDecisionEach,
  links: readonly Link[],
): Promise<References> {
  const scope = { types: typesById(map) };
  const parents = new Set(links.map(({ parent }) => parent));
  const all = new Map<string, readonly KnownReference[]>();
  const known = knownReferences(scope.types, found, once);
  for (const [id, { type, target }] of found) {
    if (!parents.has(id) && !parents.has(sameTable(map, type, parents))) continue;
    const keys = [...(once.decided.get(id) ?? [])]
      .filter(([, disposition]) => deletes(scope, type, disposition))
      .map(([key]) => key);
    if (keys.length === 0) continue;
    all.set(id, await Array.fromAsync((await readers.of(target.record.system)).references(target, keys), known));
  }
  return all;
}

/** A reader names a table by one of the record types that lie there. */
function sameTable(map: DataMap, type: RecordType, parents: ReadonlySet<string>): string {
  return recordTypes(map).find((one) => parents.has(one.id) && samePlace(one, type))?.id ?? type.id;
}
