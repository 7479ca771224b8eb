import type { Match, RecordType } from "../model/datamap.ts";
import type { Lookup } from "../model/search.ts";
import {
  type Edge,
  edgeLookup,
  edgeName,
  edgesOf,
  edgeValues,
  type EdgeValues,
  identityTerms,
  narrowed,
  notTheirsAlone,
  type Rows,
} from "./edges.ts";
import { type Found, valuesAt } from "./found.ts";
import type { Resolution } from "./identities.ts";
import type { Readers } from "./readers.ts";
import type { Stops } from "./stops.ts";

/** A search under way: what is known of the people and what was found so far. */
export interface Searching {
  readonly readers: Readers;
  readonly resolution: Resolution;
  readonly stops: Stops;
  /** By `system.record`; grows as the search goes on. */
  readonly found: Map<string, Found>;
  /** By edge: several record types lead from one column. */
  readonly edges: Map<string, Promise<Followed>>;
  /** Values that led on from a record before and that no record holds any more. */
  readonly gone: Map<string, Set<string>>;
}

/** By `goneName`: values of a column. */
export type Gone = ReadonlyMap<string, ReadonlySet<string>>;

export function goneName(parent: string, column: string): string {
  return `${parent}\n${column}`;
}

interface Followed {
  readonly values: EdgeValues;
  /** People whose values lead to others too. */
  readonly several: ReadonlySet<number>;
}

/** What a record type is searched by. */
export interface Searches {
  readonly lookups: readonly Lookup[];
  /** By placeholders in the people's own rows: what is found so is only counted. */
  readonly placeholders: readonly Lookup[];
}

/** No other identifier would help: the value that leads here stands in rows that are nobody's of the request. */
const TOO_WIDE =
  'Are the records that share it all this person\'s, name all of their identifiers in a new request, as in { "email": ["…", "…"] }; else the match is too wide: narrow it in the data map with `all`.';

export function beginSearch(readers: Readers, resolution: Resolution, stops: Stops): Searching {
  return { readers, resolution, stops, found: new Map(), edges: new Map(), gone: new Map() };
}

/**
 * The values each person is searched by here: identities, and columns of records found before. An edge is followed only
 * where it leads back to this person alone; where it does not, they are stopped. People without any value have no lookup.
 */
export async function searchesFor(searching: Searching, type: RecordType): Promise<Searches> {
  const edges = edgesOf(type.match);
  const followed = new Map<Edge, Followed>();
  for (const edge of edges) followed.set(edge, await follow(searching, edge, narrowed(type)));
  const ambiguous = narrowed(type) ? [] : type.match.mode === "any" ? edges.map((edge) => [edge]) : [edges];
  const shared = new Map<Edge, ReadonlySet<number>>();
  for (const some of ambiguous) {
    // in `all` mode one that leads to this person alone is enough, and the others only narrow
    const people = inAll(some.map((edge) => followed.get(edge)?.several ?? new Set()));
    const message = `${type.id}: ${some.map(edgeName).join(" and ")} leads to several people`;
    for (const person of people)
      searching.stops.add(person, { code: "AMBIGUOUS_MATCH", record: type.id, message, help: TOO_WIDE });
    for (const edge of some) shared.set(edge, people);
  }
  const valuesOf = (edge: Edge): EdgeValues => {
    const values = followed.get(edge)?.values ?? NONE;
    return { ...values, fit: without(values.fit, shared.get(edge) ?? new Set()) };
  };
  return lookupsBy(type.match, edges, searching.resolution, valuesOf);
}

/** What a condition is searched by: whatever might lead to an open record counts, shared or not. */
export function conditionLookups(searching: Searching, match: Match): readonly Lookup[] {
  const valuesOf = (edge: Edge): EdgeValues => {
    const { fit, placeholder } = edgeValues(searching.found.get(edge.parent), edge.from);
    return { fit: both(fit, placeholder), placeholder: new Map(), shared: new Set() };
  };
  return lookupsBy(match, edgesOf(match), searching.resolution, valuesOf).lookups;
}

const NONE: EdgeValues = { fit: new Map(), placeholder: new Map(), shared: new Set() };

/** What the people of a legal hold are searched by: every value that leads on, shared or not; placeholders are nobody's. */
export function widestLookups(searching: Searching, match: Match): readonly Lookup[] {
  return lookupsBy(match, edgesOf(match), searching.resolution, (edge) =>
    edgeValues(searching.found.get(edge.parent), edge.from),
  ).lookups;
}

function follow({ readers, found, edges }: Searching, edge: Edge, narrows: boolean): Promise<Followed> {
  const parent = found.get(edge.parent);
  if (parent === undefined) return Promise.resolve({ values: NONE, several: new Set() });
  const looking = async (): Promise<Followed> => {
    const values = edgeValues(parent, edge.from);
    return { values, several: narrows ? new Set() : await notTheirsAlone(readers, parent, edge.from, values) };
  };
  if (narrows) return looking();
  const name = JSON.stringify([edge.parent, edge.from]);
  const known = edges.get(name) ?? looking();
  edges.set(name, known);
  return known;
}

function inAll(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  const [first, ...others] = sets;
  return new Set([...(first ?? [])].filter((one) => others.every((other) => other.has(one))));
}

function lookupsBy(
  match: Match,
  followed: readonly Edge[],
  { identifiers, placeholders }: Resolution,
  valuesOf: (edge: Edge) => EdgeValues,
): Searches {
  const identities = identityTerms(match);
  const edges = followed.map((edge) => ({ edge, values: valuesOf(edge) }));
  const searches = { lookups: [] as Lookup[], placeholders: [] as Lookup[] };
  identifiers.forEach((mine, subject) => {
    const fit: Part[] = [
      ...identities.map(({ column, identity }) => valuesPart(column, mine.get(identity) ?? [])),
      ...edges.map(({ edge, values }) => edgePart(edge, values.fit.get(subject))),
    ];
    const doubtful: Part[] = [
      ...identities.map(({ column, identity }) => valuesPart(column, placeholders[subject]?.get(identity) ?? [])),
      ...edges.map(({ edge, values }) => edgePart(edge, values.placeholder.get(subject))),
    ];
    if (match.mode === "any") {
      push(searches.lookups, subject, fit);
      push(searches.placeholders, subject, doubtful);
      return;
    }
    // where something else leads to the person, a placeholder in an edge only narrows
    const leads = fit.slice(0, identities.length).some((part) => part !== undefined);
    const firm = fit.map((part, at) => part ?? (leads && at >= identities.length ? doubtful[at] : undefined));
    if (firm.every((part) => part !== undefined)) push(searches.lookups, subject, firm);
    else {
      const either = fit.map((part, at) => part ?? doubtful[at]);
      if (either.every((part) => part !== undefined)) push(searches.placeholders, subject, either);
    }
  });
  return searches;
}

type Part = Pick<Lookup, "values" | "tuples"> | undefined;

function valuesPart(column: string, some: readonly string[]): Part {
  const values = some.filter((value) => value !== "");
  return values.length === 0 ? undefined : { values: { [column]: values } };
}

function edgePart({ columns }: Edge, rows: Rows | undefined): Part {
  return rows === undefined || rows.size === 0 ? undefined : edgeLookup(columns, rows);
}

function push(to: Lookup[], subject: number, parts: readonly Part[]): void {
  const some = parts.flatMap((part) => part ?? []);
  if (some.length === 0) return;
  const tuples = some.flatMap((part) => part.tuples ?? []);
  to.push({
    subject,
    values: Object.fromEntries(some.flatMap(({ values }) => Object.entries(values))),
    ...(tuples.length === 0 ? {} : { tuples }),
  });
}

function without(values: ReadonlyMap<number, Rows>, people: ReadonlySet<number>): ReadonlyMap<number, Rows> {
  return people.size === 0 ? values : new Map([...values].filter(([person]) => !people.has(person)));
}

function both(one: ReadonlyMap<number, Rows>, other: ReadonlyMap<number, Rows>): ReadonlyMap<number, Rows> {
  const all = new Map(one);
  for (const [person, rows] of other) all.set(person, new Map([...(one.get(person) ?? []), ...rows]));
  return all;
}

/** Each person's values of both, a column at a time. */
export function mergeLookups(earlier: readonly Lookup[], now: readonly Lookup[]): readonly Lookup[] {
  if (earlier.length === 0) return now;
  const merged = new Map(earlier.map((lookup) => [lookup.subject, lookup]));
  for (const lookup of now) {
    const known = merged.get(lookup.subject);
    if (known === undefined) {
      merged.set(lookup.subject, lookup);
      continue;
    }
    const columns = new Set([...Object.keys(known.values), ...Object.keys(lookup.values)]);
    const values = Object.fromEntries(
      [...columns].map((column) => [
        column,
        unique([...valuesAt(known.values, column), ...valuesAt(lookup.values, column)]),
      ]),
    );
    const tuples = [
      ...Map.groupBy([...(known.tuples ?? []), ...(lookup.tuples ?? [])], (one) =>
        JSON.stringify(one.columns),
      ).values(),
    ].map((some) => ({
      columns: some[0]?.columns ?? [],
      rows: [...new Map(some.flatMap(({ rows }) => rows.map((row) => [JSON.stringify(row), row] as const))).values()],
    }));
    merged.set(lookup.subject, { subject: lookup.subject, values, ...(tuples.length === 0 ? {} : { tuples }) });
  }
  return [...merged.values()];
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
