/** How records are judged where nobody was asked for: by what leads to them and what they lead to. */
import type { DataMap, RecordType } from "../model/datamap.ts";
import { fold, type Folded } from "../model/fold.ts";
import { holdsItsSource } from "../model/follows.ts";
import type { Disposition } from "../model/plan.ts";
import type { DueSelection, Lookup, Target } from "../model/search.ts";
import { type Judgement, openConditions } from "./conditions.ts";
import { decideOwn } from "./decide.ts";
import { decidingTypes } from "./deciding-types.ts";
import type { Made } from "./deciding.ts";
import { type CoverScope, legalCover } from "./legal-cover.ts";
import type { Excluded } from "./excluded.ts";
import { type Found, type FoundRecord, type FoundRecords, valuesAt } from "./found.ts";
import { foundRecords } from "./found-records.ts";
import { locateRecords, searchOrder, unsearchedIn } from "./locate.ts";
import { beginSearch, conditionLookups, type Searching } from "./lookups.ts";
import type { Readers } from "./readers.ts";
import { noStops } from "./stops.ts";
import { recordTypes, samePlace, targetOf } from "./targets.ts";

/** Records judged at once: what leads to them is asked for once a part, and stands in memory meanwhile. */
const ASKED = 1_000;
/** Where nothing else is asked: of larger parts V8 keeps for long what is over. */
const UNASKED = 200;

/** What records are judged by. */
export interface Judging {
  readonly map: DataMap;
  readonly readers: Readers;
  readonly today: string;
  readonly made: Made;
  readonly empty: ReadonlySet<string>;
  /** Legal holds as they are now, and connections to look for what they cover. */
  readonly legal: Pick<CoverScope, "holds" | "readers">;
  readonly excluded: Excluded;
}

/**
 * What becomes of each record, by key: its holds and condition, what leads to it, what protects it. Each record is
 * somebody of its own; its people are who its own values name. What cannot be looked at stands in the way.
 */
export async function judgeByThemselves(
  judging: Judging,
  type: RecordType,
  target: Target,
  records: Iterable<FoundRecord>,
  selection?: DueSelection,
): Promise<Map<string, Disposition>> {
  const decided = new Map<string, Disposition>();
  const itself = await openByItself(judging, type, target, selection);
  const part = judging.legal.holds.length === 0 && decidingTypes(judging.map, [type.id]).size === 1 ? UNASKED : ASKED;
  let some: FoundRecord[] = [];
  const judge = async (): Promise<void> => {
    for (const [key, one] of await judgeChunk(judging, type, target, some, itself)) decided.set(key, one);
    some = [];
  };
  for (const record of records) {
    some.push({ ...record, subjects: [some.length] });
    if (some.length === part) await judge();
  }
  if (some.length > 0) await judge();
  return decided;
}

async function judgeChunk(
  judging: Judging,
  type: RecordType,
  target: Target,
  chunk: readonly FoundRecord[],
  itself: Judgement | undefined,
): Promise<ReadonlyMap<string, Disposition>> {
  const { map, readers, today, made, empty, legal, excluded } = judging;
  const wanted = decidingTypes(map, [type.id]);
  // a legal hold's people may be led here by any record type over the place
  const overThePlace = recordTypes(map).filter((one) => one === type || samePlace(one, type));
  const covering = decidingTypes(
    map,
    overThePlace.map(({ id }) => id),
  );
  const identifiers = identifiersIn(map, type, chunk);
  const resolution = {
    identifiers,
    placeholders: chunk.map(() => new Map<string, readonly Folded[]>()),
    // an identity that the record does not bear was not looked for: what it leads to was not searched
    lookedFor: chunk.map(() => new Set<string>()),
  };
  const searching = beginSearch(readers, resolution, noStops());
  const order = searchOrder(map).filter(({ id }) => wanted.has(id));
  searching.found.set(type.id, { type, target, lookups: [], records: listed(chunk), unsearched: [] });
  await lookUp(judging, searching, type);
  for (const other of order) {
    // what leads to a record was looked up by it; who protects it is whoever is of the same person
    const known = searching.found.get(other.id);
    if (other.id === type.id || (known !== undefined && !protectsAny(other))) continue;
    const lookups = conditionLookups(searching, other.match);
    const there = targetOf(map, other);
    const records = await locateRecords(readers, other, there, lookups, there.exports);
    searching.found.set(other.id, {
      type: other,
      target: there,
      lookups,
      records: known === undefined ? records : merged(other, there, known.records, records),
      unsearched: unsearched(searching, empty, other),
    });
  }
  const conditions = new Map(await openConditions({ map, searching, empty }, order));
  if (itself !== undefined && type.unless !== undefined) conditions.set(type.unless, itself);
  // parents first
  const found = new Map(order.flatMap(({ id }) => inOrder(searching, id)));
  const decided = decideOwn({
    map,
    found,
    identifiers,
    today,
    made,
    conditions,
    stops: noStops(),
    gone: searching.gone,
    legal: await legalCover({ map, ...legal, identifiers, found, only: covering }),
    excluded,
  });
  const mine = new Map(decided.get(type.id));
  // who protects it could not be looked for: then nobody knows whether it is held
  for (const guard of order.filter((one) => one.holds.some(({ protects }) => protects.includes(type.id)))) {
    const blind = new Set(unsearched(searching, empty, guard));
    for (const { key, subjects } of chunk)
      if (mine.get(key)?.kind === "act" && subjects.some((subject) => blind.has(subject)))
        mine.set(key, { kind: "waiting", reason: "no_identifier" });
  }
  return mine;
}

/**
 * A condition on the record itself: the system compares, in the same search. Where there is no such search, as for what
 * only references a due record, nobody can tell, and it stands in the way.
 */
async function openByItself(
  { map, readers }: Judging,
  type: RecordType,
  target: Target,
  selection: DueSelection | undefined,
): Promise<Judgement | undefined> {
  const condition = map.conditions.find(({ name }) => name === type.unless);
  if (condition === undefined || condition.any !== undefined) return undefined;
  if (selection === undefined) return { keeps: () => true };
  const open = new Set<string>();
  const reader = await readers.of(type.system);
  for await (const { key } of reader.locate({ ...target, where: { ...target.where, ...condition.where } }, selection))
    open.add(key);
  return { keeps: (record, { key }) => record !== type.id || open.has(key) };
}

function protectsAny(type: RecordType): boolean {
  return holdsItsSource(type) || type.holds.some(({ protects }) => protects.length > 0);
}

function unsearched(searching: Searching, empty: ReadonlySet<string>, type: RecordType): readonly number[] {
  return unsearchedIn({ searching, empty }, type);
}

function inOrder({ found }: Searching, id: string): readonly (readonly [string, Found])[] {
  const one = found.get(id);
  return one === undefined ? [] : [[id, one]];
}

function listed(chunk: readonly FoundRecord[]): FoundRecords {
  const byKey = new Map(chunk.map((record) => [record.key, record]));
  return {
    size: byKey.size,
    has: (key) => byKey.has(key),
    get: (key) => byKey.get(key),
    values: () => byKey.values(),
  };
}

/** Identifiers that the records themselves bear, in the columns that are matched by an identity. */
function identifiersIn(
  map: DataMap,
  type: RecordType,
  chunk: readonly FoundRecord[],
): readonly ReadonlyMap<string, readonly Folded[]>[] {
  const terms = type.match.terms.flatMap(({ column, source }) => {
    const identity =
      source.kind === "identity" ? map.identities.find(({ name }) => name === source.identity) : undefined;
    return identity === undefined ? [] : [{ column, identity }];
  });
  return chunk.map(({ values }) => {
    const mine = new Map<string, readonly Folded[]>();
    for (const { column, identity } of terms) {
      const some = valuesAt(values, column)
        .map((value) => fold(value, identity.fold))
        .filter((value) => value !== "");
      if (some.length > 0) mine.set(identity.name, [...(mine.get(identity.name) ?? []), ...some]);
    }
    return mine;
  });
}

/** What leads to these records, at every level, looked up by the values that the records bear. */
async function lookUp(
  { map, readers }: Pick<Judging, "map" | "readers">,
  searching: Searching,
  type: RecordType,
): Promise<void> {
  const types = new Map(recordTypes(map).map((one) => [one.id, one]));
  const children = searching.found.get(type.id);
  for (const { column, source } of type.match.terms) {
    if (source.kind !== "column" || children === undefined) continue;
    const parent = types.get(source.ref.record);
    if (parent === undefined || parent.id === type.id) continue;
    const lookups = byValue(source.ref.column, column, children.records.values());
    // what another record type over the parent's place holds is held, and this with it
    const beside = [...types.values()].filter(
      (one) => one.id !== type.id && one.id !== parent.id && one.holds.length > 0 && samePlace(one, parent),
    );
    for (const one of [parent, ...beside]) {
      const target = byColumn(targetOf(map, one), source.ref.column);
      const located = await locateRecords(readers, one, target, lookups, target.exports);
      const known = searching.found.get(one.id);
      const records = known === undefined ? located : merged(one, target, known.records, located);
      searching.found.set(one.id, { type: one, target, lookups, records, unsearched: [] });
      await lookUp({ map, readers }, searching, one);
    }
  }
}

function byValue(to: string, from: string, records: Iterable<FoundRecord>): readonly Lookup[] {
  const bySubject = new Map<number, Set<string>>();
  for (const { subjects, values } of records) {
    const some = valuesAt(values, from).filter((value) => value !== "");
    for (const subject of subjects) {
      const mine = bySubject.get(subject) ?? new Set<string>();
      for (const value of some) mine.add(value);
      if (mine.size > 0) bySubject.set(subject, mine);
    }
  }
  return [...bySubject].map(([subject, values]) => ({ subject, values: { [to]: [...values] } }));
}

function byColumn(target: Target, column: string): Target {
  const { record } = target;
  return {
    ...target,
    record: {
      ...record,
      match: { mode: "any", terms: [{ column, source: { kind: "column", ref: { record: record.id, column } } }] },
    },
    columns: [{ column, type: "edge", fold: [] }],
  };
}

function merged(type: RecordType, target: Target, one: FoundRecords, other: FoundRecords): FoundRecords {
  const all = foundRecords(type, target.exports);
  for (const record of one.values()) all.put(record);
  for (const record of other.values()) {
    const known = all.get(record.key);
    const subjects = [...new Set([...record.subjects, ...(known?.subjects ?? [])])].toSorted((a, b) => a - b);
    all.put({ ...record, subjects });
  }
  return all;
}
