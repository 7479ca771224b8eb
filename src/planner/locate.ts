import { Failure } from "../errors.ts";
import type { DataMap, MatchTerm, RecordType } from "../model/datamap.ts";
import { comparable } from "../model/fold.ts";
import type { Located, Lookup, Target } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { type Findings, type Found, type FoundRecords, type Placeholders, valuesAt } from "./found.ts";
import { foundRecords, type GatheredRecords } from "./found-records.ts";
import type { Resolution } from "./identities.ts";
import { mergeLookups, type Searching, searchesFor } from "./lookups.ts";
import { stillTheirs } from "./still-theirs.ts";
import { type Readers, sideBySide } from "./readers.ts";
import { leadingColumns, recordTypes, targetOf } from "./targets.ts";

/** What an earlier plan of the same request, whose run has begun, was searched by: those rows may be gone now that led there. */
export interface Known {
  /** One a subject. */
  readonly identifiers: readonly Subject[];
  /** By `system.record`. */
  readonly lookups: ReadonlyMap<string, readonly Lookup[]>;
  /** By `system.record`: what it kept and reduces while it is held. Nothing in it may lead to the person any more. */
  readonly reduced: ReadonlyMap<string, readonly ReducedRecord[]>;
}

export interface ReducedRecord {
  readonly key: string;
  readonly subjects: readonly number[];
}

/** The record types in an order in which those that lead to others come first. Throws DATAMAP_INVALID for a circle. */
export function searchOrder(map: DataMap): readonly RecordType[] {
  const all = new Map(recordTypes(map).map((record) => [record.id, record]));
  const ordered = new Set<RecordType>();
  const visit = (record: RecordType, way: readonly string[]): void => {
    if (ordered.has(record)) return;
    if (way.includes(record.id)) throw new Failure("DATAMAP_INVALID", `the match of ${record.id} leads back to itself`);
    for (const { source } of record.match.terms) {
      const parent = source.kind === "column" ? all.get(source.ref.record) : undefined;
      if (parent !== undefined) visit(parent, [...way, record.id]);
    }
    ordered.add(record);
  };
  for (const record of all.values()) visit(record, []);
  return [...ordered];
}

export interface LocateScope {
  readonly map: DataMap;
  readonly searching: Searching;
  /** These record types and those that lead to them. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly known?: Known | undefined;
  /** Record types whose pattern matches nothing: what they lead to is not searched either. */
  readonly empty: ReadonlySet<string>;
}

/** Finds every record of every person; `searching.found` has them then. Read-only. */
export async function locateAll(scope: LocateScope): Promise<Findings> {
  const { map, searching, only } = scope;
  for (const level of searchLevels(map).map((records) => records.filter((record) => only?.has(record.id) ?? true))) {
    // systems do not wait for each other; a reader has one connection, so its record types do
    const bySystem = Map.groupBy(level, (record) => record.system);
    const searched = await sideBySide([...bySystem.values()].map(async (records) => await locateEach(scope, records)));
    const locatedNow = new Map(searched.flat().map((one) => [one.type.id, one]));
    for (const { id } of level) {
      const one = locatedNow.get(id);
      if (one !== undefined) searching.found.set(id, one);
    }
  }
  // every value that led on is in the lookups now
  searching.edges.clear();
  return searching.found;
}

async function locateEach(scope: LocateScope, records: readonly RecordType[]): Promise<readonly Found[]> {
  const { map, searching, known } = scope;
  const located: Found[] = [];
  for (const type of records) {
    const target = targetOf(map, type);
    const searches = await searchesFor(searching, type);
    const lookups = mergeLookups(
      await stillTheirs(searching, type, known?.lookups.get(type.id) ?? []),
      searches.lookups,
    );
    const found = await locateRecords(searching.readers, type, target, lookups, neededColumns(map, type));
    await rememberReduced(searching.readers, target, known?.reduced.get(type.id) ?? [], found);
    const placeholders = await countPlaceholders(searching, type, target, searches.placeholders, found);
    located.push({
      type,
      target,
      lookups,
      records: found,
      unsearched: unsearchedIn(scope, type),
      ...(placeholders === undefined ? {} : { placeholders }),
    });
  }
  return located;
}

/** The search order in levels: a record type's match leads only to earlier levels. */
function searchLevels(map: DataMap): readonly (readonly RecordType[])[] {
  const depth = new Map<string, number>();
  const order = searchOrder(map);
  for (const { id, match } of order) {
    const parents = match.terms.map(({ source }) =>
      source.kind === "column" ? (depth.get(source.ref.record) ?? -1) : -1,
    );
    depth.set(id, Math.max(-1, ...parents) + 1);
  }
  const levels = Map.groupBy(order, ({ id }) => depth.get(id) ?? 0);
  return [...levels.entries()].toSorted(([a], [b]) => a - b).map(([, records]) => records);
}

/** Finds records by lookups that were made before; each once, with everyone it belongs to. `also` is given them too. */
export async function locateOne(
  readers: Readers,
  target: Target,
  lookups: readonly Lookup[],
  also?: Pick<Gathering, "put">,
): Promise<ReadonlyMap<string, Located>> {
  const records = new Map<string, Located>();
  const put = (one: Located): void => {
    records.set(one.key, one);
    also?.put(one);
  };
  await gather(readers, target, lookups, { get: (key) => records.get(key), put });
  return records;
}

/** The same for a record type of the map. `needed`: the columns whose values are kept. */
export async function locateRecords(
  readers: Readers,
  type: RecordType,
  target: Target,
  lookups: readonly Lookup[],
  needed: readonly string[],
): Promise<GatheredRecords> {
  const records = foundRecords(type, needed);
  await gather(readers, target, lookups, records);
  return records;
}

/**
 * Records that an earlier plan of the request kept and reduced, which no search finds any more: as long as they are held
 * they hold what they lead to, and protect. Only those that read as we left them, and nothing else is done to them.
 */
async function rememberReduced(
  readers: Readers,
  target: Target,
  reduced: readonly ReducedRecord[],
  found: GatheredRecords,
): Promise<void> {
  const { minimise } = target.changes;
  const missing = new Map(reduced.filter(({ key }) => !found.has(key)).map((one) => [one.key, one]));
  if (minimise === undefined || missing.size === 0) return;
  const reader = await readers.of(target.record.system);
  const records = [...missing.values()].map(({ key, subjects }) => ({ key, subjects, fingerprint: "" }));
  for await (const key of reader.remaining(target, { change: minimise, records })) missing.delete(key);
  if (missing.size === 0) return;
  for await (const located of reader.locate(target, { by: "keys", keys: [...missing.keys()] }))
    found.put({ ...located, subjects: missing.get(located.key)?.subjects ?? [], done: true });
}

interface Gathering {
  get(key: string): Located | undefined;
  put(located: Located): void;
}

async function gather(readers: Readers, target: Target, lookups: readonly Lookup[], records: Gathering): Promise<void> {
  if (lookups.length === 0) return;
  const owners = ownersOnce();
  const matching = matchingValues(target, lookups);
  const reader = await readers.of(target.record.system);
  for await (const located of reader.locate(target, { by: "subjects", lookups })) {
    const known = records.get(located.key);
    const subjects = owners(known === undefined ? located.subjects : [...known.subjects, ...located.subjects]);
    const shared = located.shared === true && holdsOthers(located, subjects, matching);
    records.put({ ...located, subjects, shared });
  }
}

/** One list for all records of the same people. */
function ownersOnce(): (subjects: readonly number[]) => readonly number[] {
  const lists = new Map<string, readonly number[]>();
  const single: (readonly number[] | undefined)[] = [];
  return (subjects) => {
    const [first] = subjects;
    if (first !== undefined && subjects.every((one) => one === first)) return (single[first] ??= [first]);
    const sorted = [...new Set(subjects)].toSorted((a, b) => a - b);
    const name = sorted.join(" ");
    const known = lists.get(name) ?? sorted;
    lists.set(name, known);
    return known;
  };
}

/** Person -> matched column -> comparable values. Made when it is first needed. */
function matchingValues(
  target: Target,
  lookups: readonly Lookup[],
): (subject: number, column: string) => ReadonlySet<string> {
  let made: ReadonlyMap<number, ReadonlyMap<string, ReadonlySet<string>>> | undefined;
  const make = (): NonNullable<typeof made> =>
    new Map(
      lookups.map(({ subject, values }) => [
        subject,
        new Map(
          target.columns.map(({ column, type, fold }) => [
            column,
            new Set(valuesAt(values, column).map((value) => comparable(value, type, fold))),
          ]),
        ),
      ]),
    );
  return (subject, column) => (made ??= make()).get(subject)?.get(column) ?? new Set();
}

/** A reader says `shared` of the people it was asked for at once: others may have come since. */
function holdsOthers(
  { values }: Located,
  subjects: readonly number[],
  matching: ReturnType<typeof matchingValues>,
): boolean {
  if (subjects.length < 2) return true;
  return Object.entries(values).some(([column, stored]) => {
    const mine = subjects.map((subject) => matching(subject, column));
    if (stored.length < 2 || mine.every((one) => one.size === 0)) return false;
    return stored.some((value) => !mine.some((one) => one.has(value)));
  });
}

/** Columns whose values are looked at after the search: what leads on, what holds, what came by which parent. */
function neededColumns(map: DataMap, type: RecordType): readonly string[] {
  const leading = type.match.terms.some(({ source }) => source.kind === "column");
  // what leads to a held record decides for it, and only then
  const held = recordTypes(map).some(
    (one) => one.holds.length > 0 || one.created !== undefined || one.unless !== undefined,
  );
  return [
    ...new Set([
      ...leadingColumns(map, type.id),
      ...type.holds.map(({ from }) => from),
      ...(type.created === undefined ? [] : [type.created]),
      ...(leading && held ? type.match.terms.map(({ column }) => column) : []),
    ]),
  ];
}

/** The most records of a placeholder that are counted: they are nobody's, and there may be millions. */
const MOST_PLACEHOLDERS = 1000;

async function countPlaceholders(
  { readers }: Searching,
  type: RecordType,
  target: Target,
  lookups: readonly Lookup[],
  found: FoundRecords,
): Promise<Placeholders | undefined> {
  if (lookups.length === 0) return undefined;
  const seen = new Map<string, Set<number>>();
  const reader = await readers.of(type.system);
  for await (const { key, subjects } of reader.locate(target, { by: "subjects", lookups })) {
    // what something else of theirs leads to as well is theirs
    if (found.has(key)) continue;
    const people = seen.get(key) ?? new Set<number>();
    for (const subject of subjects) people.add(subject);
    seen.set(key, people);
    if (seen.size >= MOST_PLACEHOLDERS * lookups.length) break;
  }
  const byPerson = new Map<number, number>();
  for (const people of seen.values())
    for (const person of people) byPerson.set(person, (byPerson.get(person) ?? 0) + 1);
  return { count: seen.size, byPerson, more: seen.size >= MOST_PLACEHOLDERS * lookups.length };
}

/**
 * People of whom no identifier was given, nor searched for, that leads to a record type; with `all` every term must be
 * led to. Somebody who was stopped is not among them: that is told of them by name.
 */
export function unsearchedIn(
  { searching, empty }: Pick<LocateScope, "searching" | "empty">,
  { match }: Pick<RecordType, "match">,
): readonly number[] {
  const { found, resolution, stops } = searching;
  const unsearched = new Map<string, ReadonlySet<number>>();
  for (const { source } of match.terms) {
    if (source.kind === "column") unsearched.set(source.ref.record, new Set(found.get(source.ref.record)?.unsearched));
  }
  const led = ({ source }: MatchTerm, subject: number): boolean => {
    if (source.kind === "column")
      return !empty.has(source.ref.record) && unsearched.get(source.ref.record)?.has(subject) !== true;
    return isKnown(resolution, subject, source.identity);
  };
  return resolution.identifiers.flatMap((_, subject) => {
    if (stops.has(subject)) return [];
    const enough =
      match.mode === "all"
        ? match.terms.every((term) => led(term, subject))
        : match.terms.some((term) => led(term, subject));
    return enough ? [] : [subject];
  });
}

/** An identity that was looked for and not found was searched: there is nothing to find. */
function isKnown({ identifiers, placeholders, lookedFor }: Resolution, subject: number, identity: string): boolean {
  return (
    (identifiers[subject]?.get(identity) ?? []).length > 0 ||
    (placeholders[subject]?.get(identity) ?? []).length > 0 ||
    lookedFor[subject]?.has(identity) === true
  );
}
