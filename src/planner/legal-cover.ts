/** Which records legal holds cover, as things are now: asked anew at every look. */
import { Failure } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import { comparableOf, type Folded, foldedBefore } from "../model/fold.ts";
import type { HoldInForce } from "../model/legal-hold.ts";
import type { Lookup } from "../model/search.ts";
import { decidingTypes } from "./deciding-types.ts";
import { type Findings, type FoundRecord, valuesAt } from "./found.ts";
import type { Identifiers } from "./identities.ts";
import { judgeLearnt } from "./judge-identifier.ts";
import { locateRecords, searchOrder } from "./locate.ts";
import { beginSearch, widestLookups } from "./lookups.ts";
import type { Readers } from "./readers.ts";
import { noStops } from "./stops.ts";
import { type IdentitySource, identitySources, leadingColumns, recordTypes, samePlace, targetOf } from "./targets.ts";

export interface LegalCover {
  /** The holds that keep this record of this record type. */
  on(type: RecordType, record: FoundRecord): readonly HoldInForce[];
  /** Whether it may cover anything of the request's people in this system. */
  mayReach(system: string): boolean;
}

export const NO_COVER: LegalCover = { on: () => [], mayReach: () => false };

export interface CoverScope {
  readonly map: DataMap;
  /** Connections of its own: what is reported of the people of a hold is nothing for a request. */
  readonly readers: Readers;
  readonly holds: readonly HoldInForce[];
  /** Of the request's people, by their index. */
  readonly identifiers: Identifiers;
  /** What was found of them. */
  readonly found: Findings;
  /** Record types that are searched; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
}

/**
 * What belongs to a hold's people under every identifier that leads to them, followed as far as it goes: what a request
 * would take for ambiguous is covered here. A record is known by its address, so that one hold covers it whichever record
 * type finds it; what holds it whole is covered, and what lies in what is covered. Whoever of the request shares an
 * identifier with a hold is its person, also where the rows have gone that led on. Throws HOLD_UNREADABLE.
 */
export async function legalCover(scope: CoverScope): Promise<LegalCover> {
  const { map, readers, holds } = scope;
  if (holds.length === 0) return NO_COVER;
  const only = scope.only === undefined ? undefined : withAlike(map, holds, scope.only);
  refuseUnknown(map, holds);
  const people = holds.flatMap((hold) => hold.subjects.map(({ identifiers }) => ({ hold, identifiers })));
  const known = await resolveWidely(
    map,
    readers,
    people.map(({ identifiers }) => identifiers),
  );
  const covered = coveredAddresses();
  await locateWidely({ map, readers, known, only }, (type, { address, within, subjects }) => {
    for (const subject of subjects) {
      const hold = people[subject]?.hold;
      if (hold === undefined || !reaches(hold, type)) continue;
      covered.add(type.system, address, hold);
      if (within !== undefined) covered.addWhole(type.system, within, hold);
    }
  });
  const whole = wholeTypes(map, holds);
  await addOverlapping(scope, whole, covered.add);
  const mine = samePeople(
    map,
    scope.identifiers,
    people.map(({ hold }, at) => ({ hold, known: known[at] ?? new Map() })),
  );
  return {
    on(type, record) {
      const some = new Set([
        ...(whole.get(type.id) ?? []),
        ...covered.at(type.system, record),
        ...record.subjects.flatMap((person) => (mine.get(person) ?? []).filter((hold) => reaches(hold, type))),
      ]);
      return [...some].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    mayReach: (system) =>
      covered.systems.has(system) ||
      [...mine.values()].some(({ length }) => length > 0) ||
      recordTypes(map).some((type) => type.system === system && whole.has(type.id)),
  };
}

/** With the record types over the same places that a hold names: what it keeps there is the same record. */
function withAlike(map: DataMap, holds: readonly HoldInForce[], only: ReadonlySet<string>): ReadonlySet<string> {
  const all = recordTypes(map);
  const searched = all.filter(({ id }) => only.has(id));
  const alike = all.filter(
    (type) =>
      !only.has(type.id) &&
      holds.some((hold) => hold.subjects.length > 0 && reaches(hold, type)) &&
      searched.some((one) => samePlace(one, type)),
  );
  return alike.length === 0
    ? only
    : new Set([
        ...only,
        ...decidingTypes(
          map,
          alike.map(({ id }) => id),
        ),
      ]);
}

/** Records that a hold keeps in one record type. */
export interface HeldCount {
  readonly type: RecordType;
  readonly count: number;
}

/** How many records each hold keeps now, by its id; whatever request there may be. Throws HOLD_UNREADABLE. */
export async function countHeld({
  map,
  readers,
  holds,
}: Pick<CoverScope, "map" | "readers" | "holds">): Promise<ReadonlyMap<string, readonly HeldCount[]>> {
  refuseUnknown(map, holds);
  const counts = new Map(holds.map(({ id }) => [id, new Map<RecordType, Set<string>>()]));
  const people = holds.flatMap((hold) => hold.subjects.map(({ identifiers }) => ({ hold, identifiers })));
  const known = await resolveWidely(
    map,
    readers,
    people.map(({ identifiers }) => identifiers),
  );
  await locateWidely({ map, readers, known, only: undefined }, (type, { address, subjects }) => {
    for (const subject of subjects) {
      const hold = people[subject]?.hold;
      const mine = hold !== undefined && reaches(hold, type) ? counts.get(hold.id) : undefined;
      mine?.set(type, (mine.get(type) ?? new Set()).add(address));
    }
  });
  const sized = new Map<string, number>();
  for (const type of recordTypes(map)) {
    if (!holds.some(({ subjects, records }) => subjects.length === 0 && records.includes(type.id))) continue;
    sized.set(type.id, await (await readers.of(type.system)).size(targetOf(map, type)));
  }
  return new Map(
    holds.map(({ id, subjects, records }) => [
      id,
      recordTypes(map).flatMap((type): readonly HeldCount[] => {
        const whole = subjects.length === 0 && records.includes(type.id);
        const count = whole ? (sized.get(type.id) ?? 0) : (counts.get(id)?.get(type)?.size ?? 0);
        return count === 0 ? [] : [{ type, count }];
      }),
    ]),
  );
}

/** Without its record type or identity in the map nobody knows what a hold keeps. */
function refuseUnknown(map: DataMap, holds: readonly HoldInForce[]): void {
  const types = new Set(recordTypes(map).map(({ id }) => id));
  const identities = new Set(map.identities.map(({ name }) => name));
  for (const { id, records, subjects } of holds) {
    const record = records.find((one) => !types.has(one));
    if (record !== undefined)
      throw new Failure("HOLD_UNREADABLE", `the legal hold ${id} keeps ${record}, which the data map does not name`);
    const identity = subjects
      .flatMap(({ identifiers }) => Object.keys(identifiers))
      .find((one) => !identities.has(one));
    if (identity !== undefined)
      throw new Failure(
        "HOLD_UNREADABLE",
        `the legal hold ${id} knows its people by ${identity}, which is no identity of the data map`,
      );
  }
}

function reaches({ records }: HoldInForce, { id }: RecordType): boolean {
  return records.length === 0 || records.includes(id);
}

interface Covered {
  /** In which anything is covered. */
  readonly systems: ReadonlySet<string>;
  add(system: string, address: string, hold: HoldInForce): void;
  /** An address of what holds a covered record whole: its other records are none of the hold's. */
  addWhole(system: string, address: string, hold: HoldInForce): void;
  at(system: string, record: Pick<FoundRecord, "address" | "within">): readonly HoldInForce[];
}

function coveredAddresses(): Covered {
  const [own, holding] = [new Map<string, Set<HoldInForce>>(), new Map<string, Set<HoldInForce>>()];
  const systems = new Set<string>();
  const put = (to: typeof own, system: string, address: string, hold: HoldInForce): void => {
    systems.add(system);
    const name = `${system}\n${address}`;
    const some = to.get(name) ?? new Set<HoldInForce>();
    to.set(name, some.add(hold));
  };
  return {
    systems,
    add: (system, address, hold) => put(own, system, address, hold),
    addWhole: (system, address, hold) => put(holding, system, address, hold),
    at: (system, { address, within }) => [
      ...(own.get(`${system}\n${address}`) ?? []),
      ...(holding.get(`${system}\n${address}`) ?? []),
      ...(within === undefined ? [] : (own.get(`${system}\n${within}`) ?? [])),
    ],
  };
}

type Known = ReadonlyMap<string, ReadonlySet<Folded>>;

/** Identifiers of each hold's people, given and found. */
async function resolveWidely(
  map: DataMap,
  readers: Readers,
  people: readonly Readonly<Record<string, readonly string[]>>[],
): Promise<readonly Known[]> {
  const known = people.map(
    (identifiers) =>
      new Map(Object.entries(identifiers).map(([name, values]) => [name, new Set(values.map(foldedBefore))])),
  );
  const sources = identitySources(map).map((source) => ({ source, asked: new Map<string, number>() }));
  for (let grew = people.length > 0; grew;) {
    grew = false;
    for (const { source, asked } of sources) {
      const lookups = freshLookups(source, known, asked);
      if (lookups.length === 0) continue;
      const reader = await readers.of(source.record.system);
      for await (const { subjects, values } of reader.locate(source.target, { by: "subjects", lookups }))
        for (const subject of subjects) if (learn(source, values, known[subject])) grew = true;
    }
  }
  return known;
}

/** By what was not asked there yet. */
function freshLookups(
  { columns }: IdentitySource,
  known: readonly Known[],
  asked: Map<string, number>,
): readonly Lookup[] {
  return known.flatMap((mine, subject): readonly Lookup[] => {
    const values = new Map<string, readonly string[]>();
    for (const { column, identity } of columns) {
      const all = [...(mine.get(identity.name) ?? [])];
      const name = `${subject}\n${column}\n${identity.name}`;
      const fresh = all.slice(asked.get(name) ?? 0);
      asked.set(name, all.length);
      if (fresh.length > 0) values.set(column, [...new Set([...(values.get(column) ?? []), ...fresh])]);
    }
    return values.size === 0 ? [] : [{ subject, values: Object.fromEntries(values) }];
  });
}

/** Takes what a row of theirs names, but for placeholders: those are nobody's. Answers whether any of it is new. */
function learn(
  { columns }: IdentitySource,
  values: Readonly<Record<string, readonly string[]>>,
  known: Map<string, Set<Folded>> | undefined,
): boolean {
  let grew = false;
  for (const { column, identity } of columns) {
    for (const stored of valuesAt(values, column)) {
      const judged = judgeLearnt(stored, identity);
      if (judged.kind !== "fit" || known === undefined) continue;
      const mine = known.get(identity.name) ?? new Set<Folded>();
      if (mine.has(judged.value)) continue;
      known.set(identity.name, mine.add(judged.value));
      grew = true;
    }
  }
  return grew;
}

async function locateWidely(
  {
    map,
    readers,
    known,
    only,
  }: {
    readonly map: DataMap;
    readonly readers: Readers;
    readonly known: readonly Known[];
    readonly only: ReadonlySet<string> | undefined;
  },
  see: (type: RecordType, record: FoundRecord) => void,
): Promise<void> {
  if (known.length === 0) return;
  const none = known.map(() => new Map());
  const identifiers = known.map((mine) => new Map([...mine].map(([name, values]) => [name, [...values]])));
  const searching = beginSearch(
    readers,
    { identifiers, placeholders: none, lookedFor: known.map(() => new Set()) },
    noStops(),
  );
  for (const type of searchOrder(map)) {
    if (only?.has(type.id) === false) continue;
    const target = targetOf(map, type);
    const lookups = widestLookups(searching, type.match);
    const records = await locateRecords(readers, type, target, lookups, leadingColumns(map, type.id));
    searching.found.set(type.id, { type, target, lookups, records, unsearched: [] });
    for (const record of records.values()) see(type, record);
  }
}

/** By record type: holds on the whole of it, or of another one over the same table, index or files. */
function wholeTypes(map: DataMap, holds: readonly HoldInForce[]): ReadonlyMap<string, readonly HoldInForce[]> {
  const whole = holds.filter(({ subjects }) => subjects.length === 0);
  const types = recordTypes(map);
  return new Map(
    types.flatMap((type) => {
      const some = whole.filter(({ records }) =>
        types.some((one) => records.includes(one.id) && (one.id === type.id || samePlace(one, type))),
      );
      return some.length === 0 ? [] : [[type.id, some] as const];
    }),
  );
}

/** Files and indexes whose patterns overlap only in the data: what another record type found, by the eyes of the one that is held. */
async function addOverlapping(
  { map, readers, found }: CoverScope,
  whole: ReadonlyMap<string, readonly HoldInForce[]>,
  add: Covered["add"],
): Promise<void> {
  for (const type of recordTypes(map)) {
    const holds = (whole.get(type.id) ?? []).filter(({ records }) => records.includes(type.id));
    if (holds.length === 0 || (type.place.kind !== "files" && type.place.kind !== "index")) continue;
    const keys = [...found.values()].flatMap((other) =>
      other.type.system === type.system && other.type.place.kind === type.place.kind && !whole.has(other.type.id)
        ? Array.from(other.records.values(), ({ key }) => key)
        : [],
    );
    if (keys.length === 0) continue;
    const reader = await readers.of(type.system);
    for await (const { address } of reader.locate(targetOf(map, type), { by: "keys", keys: [...new Set(keys)] }))
      for (const hold of holds) add(type.system, address, hold);
  }
}

/** By person of the request: holds about somebody with whom they share an identifier. */
function samePeople(
  map: DataMap,
  identifiers: Identifiers,
  held: readonly { readonly hold: HoldInForce; readonly known: Known }[],
): ReadonlyMap<number, readonly HoldInForce[]> {
  const byValue = new Map<string, Set<HoldInForce>>();
  const nameOf = (identity: DataMap["identities"][number], value: Folded): string =>
    `${identity.name}\n${comparableOf(value, identity.type)}`;
  for (const { hold, known } of held) {
    for (const identity of map.identities) {
      for (const value of known.get(identity.name) ?? []) {
        const some = byValue.get(nameOf(identity, value)) ?? new Set<HoldInForce>();
        byValue.set(nameOf(identity, value), some.add(hold));
      }
    }
  }
  return new Map(
    identifiers.map((mine, person) => [
      person,
      [
        ...new Set(
          map.identities.flatMap((identity) =>
            (mine.get(identity.name) ?? []).flatMap((value) => [...(byValue.get(nameOf(identity, value)) ?? [])]),
          ),
        ),
      ],
    ]),
  );
}
