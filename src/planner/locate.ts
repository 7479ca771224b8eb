import { Failure } from "../errors.ts";
import type { DataMap, MatchTerm, RecordType } from "../model/datamap.ts";
import { comparable } from "../model/fold.ts";
import type { Located, Lookup, Target } from "../model/search.ts";
import type { Reader } from "../port/connector.ts";
import type { Subject } from "../model/subject.ts";
import { type Readers, sideBySide } from "./readers.ts";
import { identityTarget, recordTypes, targetOf } from "./targets.ts";

/** A found record, once, with everyone it belongs to. */
export type FoundRecord = Located;

/** What was found in one record type. */
export interface Found {
  readonly type: RecordType;
  readonly target: Target;
  readonly lookups: readonly Lookup[];
  /** By key, ascending as the reader gave them. */
  readonly records: ReadonlyMap<string, FoundRecord>;
  /** Subjects for whom nothing could be searched here: no identifier of theirs leads to it. */
  readonly unsearched: readonly number[];
}

/** Everything found, by `system.record`, parents of match edges first. */
export type Findings = ReadonlyMap<string, Found>;

/** What an earlier plan of the same request, whose run has begun, was searched by: those rows may be gone now that led there. */
export interface Known {
  /** One a subject. */
  readonly identifiers: readonly Subject[];
  /** By `system.record`. */
  readonly lookups: ReadonlyMap<string, readonly Lookup[]>;
}

/** Identity name -> values, one map a subject: those given and those found. */
export type Identifiers = readonly ReadonlyMap<string, readonly string[]>[];

/**
 * Follows the identities' `found_in` edges until nothing new is found. Only edges that lead each value to one subject are
 * followed: throws AMBIGUOUS_MATCH where a value leads to several, LIMIT_EXCEEDED where it leads to more records than
 * `max_fan_out`.
 */
export async function resolveIdentifiers(map: DataMap, readers: Readers, subjects: readonly Subject[], earlier?: Known): Promise<Identifiers> {
  const known = subjects.map((subject, at) => new Map(Object.entries({ ...earlier?.identifiers[at]?.identifiers, ...subject.identifiers })));
  const asked = new Set<string>();
  for (let grew = true; grew;) {
    grew = false;
    for (const identity of map.identities) {
      const { foundIn } = identity;
      const record = recordTypes(map).find((one) => one.id === foundIn?.record);
      if (foundIn === undefined || record === undefined) continue;
      const target = identityTarget(map, record, foundIn.column, identity.by);
      const lookups = lookupsFor(target.record.match.terms, known, new Map()).filter((lookup) => !asked.has(`${identity.name}/${JSON.stringify(lookup)}`));
      if (lookups.length === 0) continue;
      for (const lookup of lookups) asked.add(`${identity.name}/${JSON.stringify(lookup)}`);
      for (const [subject, values] of await searchIdentity(await readers.of(record.system), target, lookups, identity.name, foundIn.column, record)) {
        const mine = known[subject];
        const before = mine?.get(identity.name) ?? [];
        const fresh = values.filter((value) => !before.includes(value));
        if (mine === undefined || fresh.length === 0) continue;
        if ((subjects[subject]?.identifiers[identity.name] ?? []).length > 0) {
          throw new Failure("AMBIGUOUS_MATCH", `what was given of subject ${subject + 1} leads to another "${identity.name}" than the one that was given`);
        }
        mine.set(identity.name, [...before, ...fresh]);
        grew = true;
      }
      refuseShared(known, identity.name);
    }
  }
  return known;
}

async function searchIdentity(
  reader: Pick<Reader, "locate">,
  target: Target,
  lookups: readonly Lookup[],
  identity: string,
  column: string,
  record: RecordType,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const found = new Map<number, string[]>();
  // the values that each single identifier leads to, and over how many records
  const ways = new Map<string, { values: Set<string>; records: number }>();
  for await (const located of reader.locate(target, { by: "subjects", lookups })) {
    const values = located.values[column] ?? [];
    for (const lookup of lookups.filter((one) => located.subjects.includes(one.subject))) {
      for (const matched of target.columns.flatMap((one) => (located.values[one.column] ?? []).map((stored) => ({ ...one, stored })))) {
        const text = comparable(matched.stored, matched.type, matched.fold);
        if (!(lookup.values[matched.column] ?? []).some((one) => comparable(one, matched.type, matched.fold) === text)) continue;
        const way = ways.get(`${matched.column}\n${text}`) ?? { values: new Set<string>(), records: 0 };
        way.records += 1;
        for (const value of values) way.values.add(value);
        ways.set(`${matched.column}\n${text}`, way);
        if (way.records > record.limits.maxFanOut) {
          throw new Failure("LIMIT_EXCEEDED", `one ${matched.column} leads to more than ${record.limits.maxFanOut} records of ${record.id} (max_fan_out)`);
        }
        if (way.values.size > 1) {
          throw new Failure(
            "AMBIGUOUS_MATCH",
            `one ${matched.column} in ${record.id} leads to several values of "${identity}": it does not stand for one person`,
          );
        }
      }
    }
    for (const subject of located.subjects) found.set(subject, [...(found.get(subject) ?? []), ...values]);
  }
  return new Map([...found].map(([subject, values]) => [subject, [...new Set(values)]]));
}

function refuseShared(known: Identifiers, identity: string): void {
  const owner = new Map<string, number>();
  known.forEach((values, subject) => {
    for (const value of values.get(identity) ?? []) {
      const other = owner.get(value);
      if (other !== undefined && other !== subject)
        throw new Failure("AMBIGUOUS_MATCH", `subjects ${other + 1} and ${subject + 1} of the request lead to the same "${identity}"`);
      owner.set(value, subject);
    }
  });
}

/** The record types in an order in which those that lead to others come first. Throws DATAMAP_INVALID for a circle. */
export function searchOrder(map: DataMap): readonly RecordType[] {
  const all = recordTypes(map);
  const ordered: RecordType[] = [];
  const visit = (record: RecordType, way: readonly string[]): void => {
    if (ordered.includes(record)) return;
    if (way.includes(record.id)) throw new Failure("DATAMAP_INVALID", `the match of ${record.id} leads back to itself`);
    for (const { source } of record.match.terms) {
      if (source.kind !== "column") continue;
      const parent = all.find((one) => one.id === source.ref.record);
      if (parent !== undefined) visit(parent, [...way, record.id]);
    }
    ordered.push(record);
  };
  for (const record of all) visit(record, []);
  return ordered;
}

/** Finds every record of every given subject. Read-only. `only`: these record types and those that lead to them. */
export async function locateAll(
  map: DataMap,
  readers: Readers,
  identifiers: Identifiers,
  how: { readonly only?: ReadonlySet<string> | undefined; readonly known?: Known | undefined } = {},
): Promise<Findings> {
  const { only, known } = how;
  const found = new Map<string, Found>();
  for (const level of searchLevels(map).map((records) => records.filter((record) => only?.has(record.id) ?? true))) {
    // systems do not wait for each other; a reader has one connection, so its record types do
    const bySystem = Map.groupBy(level, (record) => record.system);
    const searched = await sideBySide([...bySystem.values()].map((records) => locateEach(map, readers, identifiers, records, found, known)));
    const locatedNow = new Map(searched.flat());
    for (const { id } of level) {
      const one = locatedNow.get(id);
      if (one !== undefined) found.set(id, one);
    }
  }
  return found;
}

async function locateEach(
  map: DataMap,
  readers: Readers,
  identifiers: Identifiers,
  records: readonly RecordType[],
  found: Findings,
  known: Known | undefined,
): Promise<readonly (readonly [string, Found])[]> {
  const located: (readonly [string, Found])[] = [];
  for (const record of records) {
    const target = targetOf(map, record);
    const lookups = mergeLookups(known?.lookups.get(record.id) ?? [], lookupsFor(record.match.terms, identifiers, found, record.match.mode));
    located.push([
      record.id,
      { type: record, target, lookups, records: await locateOne(readers, target, lookups), unsearched: unsearchedIn(map, record, identifiers, found) },
    ]);
  }
  return located;
}

/** The search order in levels: a record type's match leads only to earlier levels. */
function searchLevels(map: DataMap): readonly (readonly RecordType[])[] {
  const depth = new Map<string, number>();
  const order = searchOrder(map);
  for (const { id, match } of order) {
    const parents = match.terms.map(({ source }) => (source.kind === "column" ? (depth.get(source.ref.record) ?? -1) : -1));
    depth.set(id, Math.max(-1, ...parents) + 1);
  }
  const levels = Map.groupBy(order, ({ id }) => depth.get(id) ?? 0);
  return [...levels.entries()].toSorted(([a], [b]) => a - b).map(([, records]) => records);
}

/** Finds the records of one record type by lookups that were made before. */
export async function locateOne(readers: Readers, target: Target, lookups: readonly Lookup[]): Promise<ReadonlyMap<string, FoundRecord>> {
  const records = new Map<string, FoundRecord>();
  if (lookups.length === 0) return records;
  const reader = await readers.of(target.record.system);
  for await (const located of reader.locate(target, { by: "subjects", lookups })) {
    const known = records.get(located.key);
    const subjects = [...new Set([...(known?.subjects ?? []), ...located.subjects])].toSorted((a, b) => a - b);
    records.set(located.key, { ...located, subjects });
  }
  return records;
}

/** The values each subject is searched by here: identities, and columns of records found before. Subjects without any value have no lookup. */
export function lookupsFor(terms: readonly MatchTerm[], identifiers: Identifiers, found: Findings, mode: "any" | "all" = "any"): readonly Lookup[] {
  const edges = new Map<string, ReadonlyMap<number, ReadonlySet<string>>>();
  for (const { column, source } of terms) if (source.kind === "column") edges.set(column, edgeValues(found.get(source.ref.record), source.ref.column));
  return identifiers.flatMap((mine, subject) => {
    const values: Record<string, readonly string[]> = {};
    for (const { column, source } of terms) {
      const some = source.kind === "identity" ? (mine.get(source.identity) ?? []) : [...(edges.get(column)?.get(subject) ?? [])];
      const usable = some.filter((value) => value !== "");
      if (usable.length > 0) values[column] = usable;
    }
    const columns = Object.keys(values).length;
    return columns === 0 || (mode === "all" && columns < terms.length) ? [] : [{ subject, values }];
  });
}

function edgeValues(parent: Found | undefined, column: string): ReadonlyMap<number, ReadonlySet<string>> {
  const bySubject = new Map<number, Set<string>>();
  for (const record of parent?.records.values() ?? []) {
    const values = (record.values[column] ?? []).filter((value) => value !== "");
    for (const subject of values.length === 0 ? [] : record.subjects) {
      const known = bySubject.get(subject) ?? new Set<string>();
      for (const value of values) known.add(value);
      bySubject.set(subject, known);
    }
  }
  return bySubject;
}

/** Subjects of whom no identifier was given, nor searched for, that leads here. */
export function unsearchedIn(map: DataMap, record: Pick<RecordType, "match">, identifiers: Identifiers, found: Findings): readonly number[] {
  return identifiers.flatMap((mine, subject) => {
    const led = record.match.terms.some(({ source }) => {
      if (source.kind === "column") return !(found.get(source.ref.record)?.unsearched.includes(subject) ?? false);
      if ((mine.get(source.identity) ?? []).length > 0) return true;
      // an identity that was looked for and not found was searched: there is nothing to find
      const identity = map.identities.find((one) => one.name === source.identity);
      return identity?.foundIn !== undefined && Object.values(identity.by).some((by) => (mine.get(by) ?? []).length > 0);
    });
    return led ? [] : [subject];
  });
}

/** Each subject's values of both, a column at a time. */
export function mergeLookups(earlier: readonly Lookup[], now: readonly Lookup[]): readonly Lookup[] {
  const merged = new Map(earlier.map((lookup) => [lookup.subject, lookup]));
  for (const lookup of now) {
    const known = merged.get(lookup.subject)?.values ?? {};
    const columns = new Set([...Object.keys(known), ...Object.keys(lookup.values)]);
    const values = Object.fromEntries([...columns].map((column) => [column, [...new Set([...(known[column] ?? []), ...(lookup.values[column] ?? [])])]]));
    merged.set(lookup.subject, { subject: lookup.subject, values });
  }
  return [...merged.values()];
}
