import type { DataMap } from "../model/datamap.ts";
import { comparable, comparableOf, type Folded, foldedBefore } from "../model/fold.ts";
import type { Lookup } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { valuesAt } from "./found.ts";
import { judgeLearnt } from "./judge-identifier.ts";
import type { Readers } from "./readers.ts";
import type { Stops } from "./stops.ts";
import { type IdentityColumn, type IdentitySource, identitySources, recordTypes } from "./targets.ts";

/** Identity name -> values, one map a person. */
export type Identifiers = readonly ReadonlyMap<string, readonly Folded[]>[];

/** What a request's people are known by. */
export interface Resolution {
  /** Given and found. */
  readonly identifiers: Identifiers;
  /** Found in their rows and never searched by to act: many people's rows hold them. */
  readonly placeholders: Identifiers;
  /** Identities that were looked for, one set a person: where none was found, there is none. */
  readonly lookedFor: readonly ReadonlySet<string>[];
}

/**
 * Follows the identities' `found_in` entries until nothing new is found. A row that one of a person's values leads to
 * gives every identity that the entry names, by whichever it was found. What was found is followed only where it is fit,
 * no placeholder, and leads back to rows of this person alone; what was given is believed. `stops`: who is not one
 * person, or leads to more than `max_fan_out` records; they keep what was known of them before.
 */
export async function resolveIdentifiers(
  map: DataMap,
  readers: Readers,
  subjects: readonly Subject[],
  stops: Stops,
  earlier: readonly Subject[] = [],
): Promise<Resolution> {
  const people = subjects.map((subject, at): Person => personOf(subject, earlier[at]));
  const sources = identitySources(map).map((source) => ({
    source,
    leads: leadingIdentities(map, source),
    owners: new Map<string, number[]>(),
  }));
  for (let grew = true; grew;) {
    grew = false;
    for (const each of sources) {
      const learnt = await lookIn(each, people, readers, stops);
      if (learnt.size > 0 && (await follow(each, people, learnt, readers, stops))) grew = true;
    }
  }
  stopTwins(sources, people, stops);
  return {
    identifiers: people.map(({ known }) => listed(known)),
    placeholders: people.map(({ placeholders }) => listed(placeholders)),
    lookedFor: lookedForIn(sources, people),
  };
}

interface Person {
  readonly given: ReadonlyMap<string, ReadonlySet<Folded>>;
  /** In the order in which they became known. */
  readonly known: Map<string, Set<Folded>>;
  readonly placeholders: Map<string, Set<Folded>>;
  /** Identities that a row of theirs names in a way that cannot be searched by. */
  readonly unfit: Set<string>;
  /** By source and identity: how many of `known` were searched by there. */
  readonly asked: Map<string, number>;
}

interface Looked {
  readonly source: IdentitySource;
  /** Identities of the source that lead further than back to it. */
  readonly leads: ReadonlySet<string>;
  /** Rows by key, and whose they are. */
  readonly owners: Map<string, number[]>;
}

/** By person and identity: what their rows named and nobody knew yet. */
type News = ReadonlyMap<number, ReadonlyMap<string, Set<Folded>>>;

function personOf({ identifiers }: Subject, earlier: Subject | undefined): Person {
  const known = new Map<string, Set<Folded>>();
  for (const from of [identifiers, earlier?.identifiers ?? {}]) {
    for (const [name, values] of Object.entries(from)) {
      const mine = known.get(name) ?? new Set<Folded>();
      for (const value of values) mine.add(foldedBefore(value));
      known.set(name, mine);
    }
  }
  const given = new Map(Object.entries(identifiers).map(([name, values]) => [name, new Set(values.map(foldedBefore))]));
  return { given, known, placeholders: new Map(), unfit: new Set(), asked: new Map() };
}

/** Searches a source by what is known and was not asked there yet; the rows are theirs. Answers what those rows name. */
async function lookIn(looked: Looked, people: readonly Person[], readers: Readers, stops: Stops): Promise<News> {
  const { source, owners } = looked;
  const asking = new Map<number, Map<string, readonly Folded[]>>();
  for (const [at, person] of people.entries()) {
    if (stops.has(at)) continue;
    const fresh = new Map<string, readonly Folded[]>();
    for (const { identity } of source.columns) {
      const all = [...(person.known.get(identity.name) ?? [])];
      const before = person.asked.get(askedName(source, identity.name)) ?? 0;
      if (all.length > before) fresh.set(identity.name, all.slice(before));
    }
    for (const [name] of fresh) person.asked.set(askedName(source, name), person.known.get(name)?.size ?? 0);
    if (fresh.size > 0) asking.set(at, fresh);
  }
  const rows = new Map<string, Row>();
  const ways = new Map<string, Way>();
  for await (const { row, people: whose } of rowsBy(source, asking, readers)) {
    rows.set(row.key, row);
    for (const [at, hits] of whose) {
      const mine = owners.get(row.key) ?? [];
      if (!mine.includes(at)) owners.set(row.key, [...mine, at]);
      for (const hit of hits) wayOf(ways, at, hit).rows.set(row.key, row);
    }
  }
  for (const way of ways.values()) judgeWay(way, source, people, stops);
  for (const key of rows.keys()) {
    const [one, other] = owners.get(key) ?? [];
    if (one === undefined || other === undefined) continue;
    const message = `persons ${one + 1} and ${other + 1} of the request lead to the same record of ${source.record.id}`;
    for (const at of owners.get(key) ?? [])
      stops.add(at, { code: "AMBIGUOUS_MATCH", record: source.record.id, message, help: TWINS });
  }
  return learn(looked, rows.values(), people, stops);
}

const CANCEL = "This request is ended with: expunge request cancel ID.";
const TWINS = `Are they one person, write one entry with all of their identifiers into the subject file of a new request; else leave out what they share. ${CANCEL}`;

/** What one of a person's values leads to. */
interface Way {
  readonly person: number;
  readonly column: IdentityColumn;
  readonly rows: Map<string, Row>;
}

function wayOf(ways: Map<string, Way>, person: number, { column, value }: Hit): Way {
  const name = JSON.stringify([person, column.column, value]);
  const known = ways.get(name) ?? { person, column, rows: new Map<string, Row>() };
  ways.set(name, known);
  return known;
}

function judgeWay(
  { person, column, rows }: Way,
  { record, columns }: IdentitySource,
  people: readonly Person[],
  stops: Stops,
): void {
  const stop = (code: "AMBIGUOUS_MATCH" | "LIMIT_EXCEEDED", message: string, help?: string): void =>
    stops.add(person, { code, record: record.id, message, ...(help === undefined ? {} : { help }) });
  if (rows.size > record.limits.maxFanOut) {
    stop(
      "LIMIT_EXCEEDED",
      `one ${column.column} leads to more than ${record.limits.maxFanOut} records of ${record.id} (max_fan_out)`,
    );
  }
  for (const found of columns.filter((one) => one.found)) {
    const name = found.identity.name;
    const given = new Set(
      [...(people[person]?.given.get(name) ?? [])].map((value) => comparableOf(value, found.identity.type)),
    );
    const lists = [...rows.values()].map((row) => row.values.get(found) ?? []).filter((values) => values.length > 0);
    // what the request itself names is one person's, however many rows that is
    const unnamed = lists.filter((values) => !values.some((value) => given.has(value)));
    if (given.size > 0 && unnamed.length > 0) {
      stop(
        "AMBIGUOUS_MATCH",
        `what was given leads by ${record.id}.${column.column} to another "${name}" than the one that was given`,
        `One of them is mistyped or somebody else's: open a new request without it. Are both this person's, name all of them in it: { "${name}": ["…", "…"] }. ${CANCEL}`,
      );
    } else if (new Set(unnamed.map((values) => JSON.stringify(values.toSorted()))).size > 1) {
      stop(
        "AMBIGUOUS_MATCH",
        `one ${column.column} in ${record.id} leads to several values of "${name}": it does not stand for one person`,
        `Are they all this person's, name all of them in a new request: { "${name}": ["…", "…"] }; else name the one that is theirs. ${CANCEL}`,
      );
    }
  }
}

function learn({ source, leads, owners }: Looked, rows: Iterable<Row>, people: readonly Person[], stops: Stops): News {
  const news = new Map<number, Map<string, Set<Folded>>>();
  for (const row of rows) {
    for (const at of owners.get(row.key) ?? []) {
      const person = people[at];
      if (person === undefined || stops.has(at)) continue;
      for (const column of source.columns.filter(({ identity, found }) => found || leads.has(identity.name))) {
        const { name } = column.identity;
        for (const stored of row.stored.get(column) ?? []) {
          const judged = judgeLearnt(stored, column.identity);
          if (judged.kind === "unfit") person.unfit.add(name);
          else if (judged.kind === "placeholder") add(person.placeholders, name, judged.value);
          else if (judged.kind === "fit" && !knows(person, column, judged.value)) {
            const mine = news.get(at) ?? new Map<string, Set<Folded>>();
            add(mine, name, judged.value);
            news.set(at, mine);
          }
        }
      }
    }
  }
  return news;
}

function knows({ known }: Person, { identity }: IdentityColumn, value: Folded): boolean {
  const text = comparableOf(value, identity.type);
  return [...(known.get(identity.name) ?? [])].some((one) => comparableOf(one, identity.type) === text);
}

/** Takes what was learnt for the person's where every row of the source that has it is theirs alone. Answers whether anything was. */
async function follow(
  { source, owners }: Looked,
  people: readonly Person[],
  news: News,
  readers: Readers,
  stops: Stops,
): Promise<boolean> {
  const asking = new Map(
    [...news].map(([at, mine]) => [at, new Map([...mine].map(([name, values]) => [name, [...values]]))]),
  );
  for await (const { row, people: whose } of rowsBy(source, asking, readers)) {
    const mine = owners.get(row.key) ?? [];
    for (const [at, hits] of whose) {
      if (mine.length === 1 && mine[0] === at) continue;
      const columns = [...new Set(hits.map(({ column }) => `${source.record.id}.${column.column}`))];
      const edge = columns.length === 0 ? `what was found in ${source.record.id}` : columns.join(" and ");
      stops.add(at, { code: "AMBIGUOUS_MATCH", record: source.record.id, message: `${edge} leads to several people` });
    }
  }
  let grew = false;
  for (const [at, mine] of news) {
    const person = people[at];
    if (person === undefined || stops.has(at)) continue;
    for (const [name, values] of mine) {
      for (const value of values) add(person.known, name, value);
      // its rows here have just been seen, and are known to be theirs
      person.asked.set(askedName(source, name), person.known.get(name)?.size ?? 0);
      grew = true;
    }
  }
  return grew;
}

/** A row of a source: comparable and stored values by column. */
interface Row {
  readonly key: string;
  readonly values: ReadonlyMap<IdentityColumn, readonly string[]>;
  readonly stored: ReadonlyMap<IdentityColumn, readonly string[]>;
}

interface Hit {
  readonly column: IdentityColumn;
  readonly value: string;
}

/** Rows of a source that have one of these values, each with whose value it is. A row may come several times. */
async function* rowsBy(
  source: IdentitySource,
  asking: ReadonlyMap<number, ReadonlyMap<string, readonly Folded[]>>,
  readers: Readers,
): AsyncGenerator<{ readonly row: Row; readonly people: ReadonlyMap<number, readonly Hit[]> }> {
  const lookups = [...asking].map(([subject, mine]): Lookup => {
    const values = new Map<string, readonly string[]>();
    for (const { column, identity } of source.columns) {
      const some = mine.get(identity.name) ?? [];
      if (some.length > 0) values.set(column, [...new Set([...(values.get(column) ?? []), ...some])]);
    }
    return { subject, values: Object.fromEntries(values) };
  });
  if (lookups.length === 0) return;
  const reader = await readers.of(source.record.system);
  for await (const located of reader.locate(source.target, { by: "subjects", lookups })) {
    const stored = new Map(source.columns.map((column) => [column, valuesAt(located.values, column.column)]));
    const values = new Map(
      [...stored].map(([column, texts]) => [column, texts.map((text) => comparableOfStored(text, column))]),
    );
    const row = { key: located.key, stored, values };
    const people = new Map<number, readonly Hit[]>();
    for (const subject of located.subjects) {
      const mine = asking.get(subject);
      const hits = source.columns.flatMap((column): readonly Hit[] => {
        const asked = new Set(
          (mine?.get(column.identity.name) ?? []).map((value) => comparableOf(value, column.identity.type)),
        );
        return (values.get(column) ?? []).filter((value) => asked.has(value)).map((value) => ({ column, value }));
      });
      people.set(subject, hits);
    }
    yield { row, people };
  }
}

function comparableOfStored(stored: string, { identity }: IdentityColumn): string {
  const learnt = judgeLearnt(stored, identity);
  return learnt.kind === "fit" || learnt.kind === "placeholder"
    ? comparableOf(learnt.value, identity.type)
    : comparable(stored, identity.type, identity.fold);
}

/** Two people of a request with one value of an identity that stands for one person. */
function stopTwins(sources: readonly Looked[], people: readonly Person[], stops: Stops): void {
  for (const { source } of sources) {
    for (const { identity } of source.columns.filter(({ found }) => found)) {
      const owner = new Map<string, number>();
      for (const [at, { known }] of people.entries()) {
        for (const value of known.get(identity.name) ?? []) {
          const text = comparableOf(value, identity.type);
          const other = owner.get(text);
          owner.set(text, other ?? at);
          if (other === undefined || other === at) continue;
          const message = `persons ${other + 1} and ${at + 1} of the request lead to the same "${identity.name}"`;
          for (const one of [other, at])
            stops.add(one, { code: "AMBIGUOUS_MATCH", record: source.record.id, message, help: TWINS });
        }
      }
    }
  }
}

/** By person: identities that were looked for, so that there is none where none was found. */
function lookedForIn(sources: readonly Looked[], people: readonly Person[]): readonly ReadonlySet<string>[] {
  const lookedFor = people.map(() => new Set<string>());
  for (const { source, owners } of sources) {
    const found = new Set([...owners.values()].flat());
    for (const [at, person] of people.entries())
      for (const name of searchedFor(source, person, found.has(at))) lookedFor[at]?.add(name);
  }
  return lookedFor;
}

/**
 * What a search of this source would have found, where it is fit to be searched by. The source gives out its own
 * identities: without a row there are none. What it is only searched by may be known elsewhere all the same.
 */
function searchedFor({ columns }: IdentitySource, { known, unfit }: Person, hasRow: boolean): readonly string[] {
  const searched = columns.some(({ identity }) => (known.get(identity.name)?.size ?? 0) > 0);
  const told = columns.filter(({ found, identity }) => searched && (found || hasRow) && !unfit.has(identity.name));
  return told.map(({ identity }) => identity.name);
}

/** Identities that some record type, condition or other source is searched by. */
function leadingIdentities(map: DataMap, source: IdentitySource): ReadonlySet<string> {
  const matches = [...recordTypes(map).map(({ match }) => match), ...map.conditions.map(({ match }) => match)];
  return new Set([
    ...matches.flatMap(({ terms }) =>
      terms.flatMap((term) => (term.source.kind === "identity" ? [term.source.identity] : [])),
    ),
    ...identitySources(map)
      .filter(({ record }) => record.id !== source.record.id)
      .flatMap(({ columns }) => columns.map(({ identity }) => identity.name)),
  ]);
}

function askedName({ record }: IdentitySource, identity: string): string {
  return `${record.id}\n${identity}`;
}

function add(to: Map<string, Set<Folded>>, name: string, value: Folded): void {
  const mine = to.get(name);
  if (mine === undefined) to.set(name, new Set([value]));
  else mine.add(value);
}

function listed(values: ReadonlyMap<string, ReadonlySet<Folded>>): ReadonlyMap<string, readonly Folded[]> {
  return new Map([...values].map(([name, some]) => [name, [...some]]));
}
