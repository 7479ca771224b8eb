import type { DataMap, RecordType } from "../model/datamap.ts";
import { foldedBefore } from "../model/fold.ts";
import { holdsItsSource } from "../model/follows.ts";
import type { HoldInForce } from "../model/legal-hold.ts";
import type { Disposition } from "../model/plan.ts";
import { openConditions } from "./conditions.ts";
import { decideAll, ofEachSystem } from "./decide-all.ts";
import { decideOwn } from "./decide.ts";
import type { Deciding, Made } from "./deciding.ts";
import { decidingTypes } from "./deciding-types.ts";
import type { Excluded } from "./excluded.ts";
import type { Found } from "./found.ts";
import type { Resolution } from "./identities.ts";
import { type LegalCover, legalCover, NO_COVER } from "./legal-cover.ts";
import { type Known, locateAll } from "./locate.ts";
import { beginSearch, type Searching } from "./lookups.ts";
import type { Readers } from "./readers.ts";
import { type CountedIn, decideOnce, type OneDecisionEach } from "./same-record.ts";
import { sitesOf } from "./sites.ts";
import { stillTheirs } from "./still-theirs.ts";
import { noStops } from "./stops.ts";
import { recordTypes, targetOf } from "./targets.ts";

export interface JudgeAgain {
  readonly map: DataMap;
  /** Connections that the eraser has nothing to do with. */
  readonly readers: Readers;
  /** `system.record` of the records that are about to be acted on. */
  readonly record: string;
  /** Of the records that are to be looked at as to whose they are; none: only what others decide is asked. */
  readonly keys: readonly string[];
  /** What the plan was searched by for their people, and for nobody else. */
  readonly known: Known;
  /** Civil date in the controller's zone. */
  readonly today: string;
  readonly made: Made;
  /** Legal holds in force now, and connections on which their people are looked for. */
  readonly legal: { readonly holds: readonly HoldInForce[]; readonly readers: Readers };
  readonly excluded: Excluded;
  /** Of records that are kept already only this: whether a legal hold covers them by now. */
  readonly onlyLegal?: boolean;
}

/** How these people's records of one record type are judged now. */
export interface JudgedAgain {
  /** By key. One that is found and free has none. */
  readonly decided: ReadonlyMap<string, Disposition>;
  /** Keys of the records that are there and to which nothing of these people leads any more. */
  readonly lost: ReadonlySet<string>;
}

/**
 * What becomes now of these people's records of one record type, as far as other records decide on it: what leads to
 * them, open conditions, what protects them, what they are held with. Undefined where nothing but the record itself does.
 * References are not looked at: the eraser sees them under its lock.
 */
export async function judgeAgain(scope: JudgeAgain): Promise<JudgedAgain | undefined> {
  const { map, record, keys, legal } = scope;
  if (legal.holds.length > 0) {
    const judged = await judgeUnderLegalHolds(scope);
    if (judged !== undefined) return judged;
  }
  if (scope.onlyLegal === true) return undefined;
  const wanted = decidingTypes(map, [record]);
  if (isHeldByOthers(map, record, wanted)) return await judgeWhole(scope, wanted);
  const type = recordTypes(map).find(({ id }) => id === record);
  if (type === undefined || keys.length === 0 || !isLedTo(type)) return undefined;
  // all of a person's records are searched again only where something that led to them is somebody else's now
  const { searching, known } = begin(scope);
  await locateAll({
    map,
    searching,
    only: new Set([...wanted].filter((id) => id !== record)),
    known,
    empty: new Set(),
  });
  const before = known.lookups.get(record) ?? [];
  if ((await stillTheirs(searching, type, before)) === before) return { decided: new Map(), lost: new Set() };
  return { decided: new Map(), lost: (await judgeWhole(scope, wanted)).lost };
}

/** Of everything known only what concerns these people, who are numbered anew: a batch asks hundreds of times. */
export function knownOfPeople({ identifiers, lookups, reduced }: Known): (subjects: readonly number[]) => Known {
  const byPerson = new Map(
    [...lookups].map(([id, some]) => [id, Map.groupBy(some, ({ subject }) => subject)] as const),
  );
  return (subjects) => ({
    identifiers: subjects.map((subject) => identifiers[subject] ?? { identifiers: {} }),
    lookups: new Map(
      [...byPerson].map(([id, some]) => [
        id,
        subjects.flatMap((subject, at) => (some.get(subject) ?? []).map((lookup) => ({ ...lookup, subject: at }))),
      ]),
    ),
    reduced: new Map(
      [...reduced].map(([id, some]) => [
        id,
        some.flatMap((one) => {
          const mine = subjects.flatMap((subject, at) => (one.subjects.includes(subject) ? [at] : []));
          return mine.length === 0 ? [] : [{ key: one.key, subjects: mine }];
        }),
      ]),
    ),
  });
}

function begin({ map, readers, known: { identifiers, lookups, reduced } }: JudgeAgain): {
  readonly searching: Searching;
  readonly known: Known;
} {
  return {
    searching: beginSearch(readers, resolutionOf(map, identifiers), noStops()),
    known: { identifiers: [], lookups, reduced },
  };
}

/**
 * Legal holds reach whatever lies in the system, and what references what they cover: everything there is decided anew,
 * as at plan. Undefined where they reach nothing of these people there.
 */
async function judgeUnderLegalHolds(scope: JudgeAgain): Promise<JudgedAgain | undefined> {
  const { map, readers, record, keys, legal } = scope;
  const { system } = recordTypes(map).find(({ id }) => id === record) ?? { system: "" };
  const types = recordTypes(map).filter((type) => type.system === system);
  const only = decidingTypes(
    map,
    types.map(({ id }) => id),
  );
  const { searching, known } = begin(scope);
  const { identifiers } = searching.resolution;
  const before = await legalCover({ map, ...legal, identifiers, found: searching.found, only });
  // what keeps a copy that follows by itself keeps what it is a copy of
  const copies = recordTypes(map).filter((type) => only.has(type.id) && holdsItsSource(type));
  if (![system, ...copies.map((type) => type.system)].some((one) => before.mayReach(one))) return undefined;
  const found = await locateAll({ map, searching, only, known, empty: new Set() });
  // overlaps of patterns show only in what was found
  const isWhole = legal.holds.some(({ subjects }) => subjects.length === 0);
  const cover = isWhole ? await legalCover({ map, ...legal, identifiers, found, only }) : before;
  const deciding = await decidingOf(scope, searching, only, cover);
  // what is no legal hold's is judged as ever
  const decided = new Map(decideOwn(deciding).get(record));
  const targets = types.map((type) => targetOf(map, type));
  const links = await ofEachSystem(map, readers, targets, async (reader, mine) => await reader.links(mine));
  const all = await decideAll({ deciding, readers, links, sites: await sitesOf(readers, [system]) });
  for (const { key } of found.get(record)?.records.values() ?? []) {
    const counted = all.once.elsewhere.get(record)?.get(key) ?? { record, key };
    const disposition = all.decided.get(counted.record)?.get(counted.key);
    if ((disposition?.kind === "kept" || disposition?.kind === "act") && hasHolds(disposition))
      decided.set(key, disposition);
  }
  return { decided, lost: await lostOf(readers, found.get(record), keys) };
}

function hasHolds(disposition: Disposition): boolean {
  return "holds" in disposition && disposition.holds !== undefined;
}

async function decidingOf(
  { map, today, made, excluded }: JudgeAgain,
  searching: Searching,
  only: ReadonlySet<string>,
  legal: LegalCover,
): Promise<Deciding> {
  const types = recordTypes(map).filter(({ id }) => only.has(id));
  const conditions = await openConditions({ map, searching, empty: new Set() }, types);
  return {
    map,
    found: searching.found,
    identifiers: searching.resolution.identifiers,
    today,
    made,
    conditions,
    // whoever the search stops now was none to stop at plan: only what holds and conditions say counts here
    stops: noStops(),
    gone: searching.gone,
    legal,
    excluded,
  };
}

async function judgeWhole(scope: JudgeAgain, only: ReadonlySet<string>): Promise<JudgedAgain> {
  const { map, readers, record, keys } = scope;
  const { searching, known } = begin(scope);
  const found = await locateAll({ map, searching, only, known, empty: new Set() });
  const own = decideOwn(await decidingOf(scope, searching, only, NO_COVER));
  const decided = new Map(own.get(record));
  // held by another record type over it by now
  const once = decideOnce(found, own, new Map(recordTypes(map).map(({ id }, at) => [id, at])));
  for (const [key, counted] of [...(once.elsewhere.get(record) ?? []), ...countedHere(once, record)]) {
    const disposition = once.decided.get(counted.record)?.get(counted.key);
    if (disposition !== undefined && disposition.kind !== "act") decided.set(key, disposition);
  }
  return { decided, lost: await lostOf(readers, found.get(record), keys) };
}

/** Records of this record type that others found too, and that are counted here. */
function countedHere({ others }: OneDecisionEach, record: string): readonly (readonly [string, CountedIn])[] {
  return [...(others.get(record)?.keys() ?? [])].map((key) => [key, { record, key }]);
}

async function lostOf(
  readers: Readers,
  found: Found | undefined,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const missing = found === undefined ? [] : keys.filter((key) => !found.records.has(key));
  if (found === undefined || missing.length === 0 || !isLookedAtByKey(found.type)) return new Set();
  const reader = await readers.of(found.type.system);
  return new Set(
    (await Array.fromAsync(reader.locate(found.target, { by: "keys", keys: missing }))).map(({ key }) => key),
  );
}

/** A line of a file, or an object, is read again by whoever writes it; to search them all once more for each of them would never end. */
function isLookedAtByKey({ place }: RecordType): boolean {
  return place.kind === "table" || place.kind === "index";
}

function resolutionOf(map: DataMap, identifiers: Known["identifiers"]): Resolution {
  const all = new Set(map.identities.map(({ name }) => name));
  return {
    identifiers: identifiers.map(
      (one) => new Map(Object.entries(one.identifiers).map(([name, values]) => [name, values.map(foldedBefore)])),
    ),
    placeholders: identifiers.map(() => new Map()),
    lookedFor: identifiers.map(() => all),
  };
}

/** Whether other records decide what becomes of this record type's: by a condition, or by holds. */
function isHeldByOthers(map: DataMap, id: string, wanted: ReadonlySet<string>): boolean {
  const all = recordTypes(map).filter((type) => wanted.has(type.id));
  return all.some(({ unless }) => unless !== undefined) || all.some((type) => type.id !== id && type.holds.length > 0);
}

function isLedTo(type: RecordType): boolean {
  return isLookedAtByKey(type) && type.match.terms.some(({ source }) => source.kind === "column");
}
