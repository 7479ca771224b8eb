/** A synthetic person's records: one of each record type, tied together as the systems and the data map tie them. */
import { parsePath } from "../documents/path.ts";
import { meantBy } from "../map-check/reach.ts";
import type { ColumnRef, DataMap, Period, RecordType } from "../model/datamap.ts";
import type { FieldRule, FieldRules } from "../model/field-rule.ts";
import type { PlantedRow, Trace } from "../model/planting.ts";
import type { Store, StoreColumn, StoreReference } from "../model/structure.ts";
import { guess, identityValue, uniqueValue } from "./made-up.ts";

export interface Planting extends PlantedRow {
  readonly system: string;
  /** `system.record`; absent: a row that others reference, of no record type. */
  readonly record?: string;
  readonly at: Store;
  /** Names the row, whatever becomes of its other columns. */
  readonly key: Trace;
  /** Texts by which a view that shows it is known. */
  readonly seenBy: readonly string[];
  readonly needs: readonly Planting[];
}

export interface NotPlanted {
  readonly record: string;
  readonly reason: string;
}

export interface Person {
  readonly plantings: readonly Planting[];
  readonly not: readonly NotPlanted[];
  /** Where triggers may have made records of it: by the match of every record type, planted or not. */
  readonly led: readonly { readonly system: string; readonly trace: Trace }[];
  /** What a request about the person brings. */
  readonly identifiers: Readonly<Record<string, string>>;
}

export interface Making {
  readonly map: DataMap;
  /** By system: what it is made of. */
  readonly stores: ReadonlyMap<string, readonly Store[]>;
  readonly records: readonly RecordType[];
  readonly token: string;
  /** Civil date. */
  readonly today: string;
}

class CannotPlant extends Error {}

export function makePerson({ map, stores, records, token, today }: Making): Person {
  const types = map.systems.flatMap((system) => system.records);
  const identities = new Map<string, string>();
  const made = new Map<string, Planting>();
  const refused = new Map<string, string>();
  const busy = new Set<string>();
  const plantings: Planting[] = [];

  const storeOf = (record: RecordType): Store => {
    const [store] = meantBy(record, stores.get(record.system) ?? []);
    if (store === undefined) throw new CannotPlant("its place is not there");
    return store;
  };
  const identityOf = (name: string): string => {
    const identity = map.identities.find((one) => one.name === name);
    if (identity === undefined) throw new CannotPlant(`the data map has no identity ${name}`);
    const source = types.find(({ id }) => id === identity.foundIn?.record);
    const column =
      source === undefined || !stores.has(source.system)
        ? undefined
        : storeOf(source).columns.find((one) => one.name === identity.foundIn?.column);
    const value = identities.get(name) ?? identityValue(identity, token, column);
    identities.set(name, value);
    return value;
  };
  /** `what` is made once; what is being made further up is a circle. */
  const once = (name: string, make: () => Planting): Planting => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const why = refused.get(name);
    if (why !== undefined) throw new CannotPlant(why);
    if (busy.has(name)) throw new CannotPlant(`it leads back to itself through ${name}`);
    busy.add(name);
    try {
      const planting = make();
      made.set(name, planting);
      plantings.push(planting);
      return planting;
    } catch (error) {
      if (error instanceof CannotPlant) refused.set(name, error.message);
      throw error;
    } finally {
      busy.delete(name);
    }
  };
  const ofRecord = (record: RecordType): Planting =>
    once(record.id, () => {
      if (record.follows !== undefined) throw new CannotPlant(`it goes by itself with ${record.follows.source}`);
      return rowOf(record.system, storeOf(record), record);
    });
  const ofRef = ({ record }: ColumnRef): Planting => {
    const type = types.find(({ id }) => id === record);
    if (type === undefined) throw new CannotPlant(`it is found through ${record}, which is not rehearsed`);
    return needed(record, () => ofRecord(type));
  };
  const ofStore = (system: string, store: Store): Planting => {
    const type = types.find((one) => one.system === system && meantBy(one, stores.get(system) ?? []).has(store));
    return type === undefined
      ? needed(store.name, () => once(`${system} ${store.name}`, () => rowOf(system, store, undefined)))
      : needed(type.id, () => ofRecord(type));
  };

  /** Where an application's own key is found, for a record type that is not the one that has it. */
  const foundElsewhere = (name: string, record: RecordType | undefined): ColumnRef | undefined => {
    const ref = map.identities.find((one) => one.name === name)?.foundIn;
    return ref === undefined || ref.record === record?.id || busy.has(ref.record) ? undefined : ref;
  };

  const rowOf = (system: string, store: Store, record: RecordType | undefined): Planting => {
    const mine = stores.get(system) ?? [];
    const mark = `${token}${made.size.toString(36).padStart(2, "0")}`;
    const values = new Map<string, string | null>();
    const needs: Planting[] = [];
    const fixed = new Map<string, string>(Object.entries(record?.sample ?? {}));
    const terms = record?.match.terms ?? [];
    const refs = (to: Store) => store.references.filter((one) => one.to === to.name);

    for (const { column, source } of terms) {
      const ref = source.kind === "column" ? source.ref : foundElsewhere(source.identity, record);
      if (ref === undefined) {
        if (source.kind === "identity") setOnce(fixed, column, identityOf(source.identity));
        continue;
      }
      const parent = ofRef(ref);
      needs.push(parent);
      // the system's own word on what belongs to what goes first: an edge on another column finds nothing then
      const ways = (parent.system === system ? refs(parent.at) : []).filter(({ toColumns }) =>
        toColumns.includes(ref.column),
      );
      if (ways.length > 0 && !store.references.some(({ columns }) => columns.includes(column))) {
        for (const way of ways) tie(way, parent, fixed);
        continue;
      }
      const value = parent.values[ref.column];
      if (value === undefined || value === null)
        throw new CannotPlant(`${ref.record}.${ref.column} has no value that it could be found by`);
      setOnce(fixed, column, value);
    }
    for (const { name, foundIn, by } of map.identities) {
      if (record === undefined || foundIn?.record !== record.id) continue;
      setOnce(fixed, foundIn.column, identityOf(name));
      for (const [column, other] of Object.entries(by)) setOnce(fixed, column, identityOf(other));
    }
    for (const [column, [value]] of Object.entries(record?.where ?? {}))
      if (value !== undefined) setOnce(fixed, column, value);
    for (const [column, day] of record === undefined ? [] : daysOf(map, record, today)) setOnce(fixed, column, day);
    for (const reference of store.references) {
      const columns = reference.columns.flatMap((name) => store.columns.find((one) => one.name === name) ?? []);
      const isWanted = columns.some(({ name, nullable }) => !nullable || fixed.has(name));
      if (!isWanted || columns.every(({ name }) => record?.sample?.[name] !== undefined)) continue;
      const to = mine.find(({ name }) => name === reference.to);
      if (to === undefined) continue;
      const parent = ofStore(system, to);
      needs.push(parent);
      tie(reference, parent, fixed);
    }

    const wanted = wantedColumns(map, types, mine, store, record);
    const unique = uniqueColumnsOf(store, fixed);
    const not = notWanted(map, record);
    const live = liveValues(record);
    for (const column of store.columns) {
      const { name, generated, nullable } = column;
      if (generated && !store.key.includes(name)) continue;
      const given = fixed.get(name);
      if (given !== undefined) values.set(name, given);
      else if (live.has(name)) {
        const alive = live.get(name) ?? null;
        if (alive !== null) values.set(name, alive);
        else if (!nullable && column.default === undefined) values.set(name, guessed(column));
      } else if (unique.has(name) && (wanted.has(name) || isNeeded(column)))
        values.set(name, uniqueValue(column, mark));
      else if (record?.in.includes(name) === true) values.set(name, jsonOf(record.paths, mark, today));
      else if (wanted.has(name) || isNeeded(column)) values.set(name, guessed(column, record?.fields[name]));
    }
    function guessed(column: StoreColumn, rule?: FieldRule): string | null {
      if (rule?.kind === "truncate" && (column.shape === "text" || column.shape === "other")) return "203.0.113.77";
      const value = guess(store, column, { token: mark, day: today, not: not.get(column.name) ?? [] });
      if (value !== undefined) return value;
      if (column.nullable) return null;
      throw new CannotPlant(`nothing is known that ${column.name} takes. ${advice(column.name)}`);
    }

    const place = placedIn(store);
    const own = (column: string): string | undefined => values.get(column) ?? undefined;
    const key = keyOf(store, record, own, mark);
    if (key === undefined) throw new CannotPlant("it has no key by which what is planted could be taken away again");
    return {
      ...place,
      system,
      ...(record === undefined ? {} : { record: record.id }),
      at: store,
      values: Object.fromEntries(values),
      key: { ...place, values: key },
      seenBy: [
        ...new Set([...values.values()].filter((one) => one !== null && isTelling(one, token, Object.values(key)))),
      ].flatMap((one) => one ?? []),
      needs: [...new Set(needs)],
    };
  };

  const not: NotPlanted[] = [];
  for (const record of records) {
    try {
      ofRecord(record);
    } catch (error) {
      if (!(error instanceof CannotPlant)) throw error;
      not.push({ record: record.id, reason: error.message });
    }
  }
  const identifiers = identifiersOf(map, made, identityOf);
  const led = types.flatMap((record) => {
    const [store] = meantBy(record, stores.get(record.system) ?? []);
    if (store === undefined) return [];
    return record.match.terms.flatMap(({ column, source }) => {
      const value =
        source.kind === "identity"
          ? identities.get(source.identity)
          : made.get(source.ref.record)?.values[source.ref.column];
      const isColumn = store.columns.some(({ name }) => name === column);
      return isColumn && value !== undefined && value !== null && value.length >= TELLING
        ? [{ system: record.system, trace: { ...placedIn(store), values: { [column]: value } } }]
        : [];
    });
  });
  return { plantings, not, led, identifiers };
}

/** A shorter value may be somebody else's by and by. */
const TELLING = 8;

function placedIn({ name, parts }: Store): Pick<Trace, "store" | "parts"> {
  return { store: name, ...(parts === undefined ? {} : { parts }) };
}

export function advice(column: string): string {
  return `Write in the record type: sample: { ${column}: VALUE }.`;
}

function needed(name: string, make: () => Planting): Planting {
  try {
    return make();
  } catch (error) {
    if (error instanceof CannotPlant) throw new CannotPlant(`it needs ${name}: ${error.message}`);
    throw error;
  }
}

/** Only those that nothing leads to: that the others are learnt is a part of what is rehearsed. */
function identifiersOf(
  map: DataMap,
  made: ReadonlyMap<string, Planting>,
  identityOf: (name: string) => string,
): Readonly<Record<string, string>> {
  const given = map.identities.filter(({ foundIn }) => foundIn === undefined || !made.has(foundIn.record));
  return Object.fromEntries((given.length === 0 ? map.identities : given).map(({ name }) => [name, identityOf(name)]));
}

function setOnce(values: Map<string, string>, column: string, value: string): void {
  if (!values.has(column)) values.set(column, value);
}

function tie({ columns, toColumns }: StoreReference, parent: Planting, fixed: Map<string, string>): void {
  for (const [at, column] of columns.entries()) {
    const value = parent.values[toColumns[at] ?? ""];
    if (value !== undefined && value !== null) setOnce(fixed, column, value);
  }
}

function isNeeded({ nullable, default: preset, generated }: StoreColumn): boolean {
  return !nullable && preset === undefined && !generated;
}

/** Columns that must hold something for the rule to have something to do, or for others to hang on. */
function wantedColumns(
  map: DataMap,
  types: readonly RecordType[],
  stores: readonly Store[],
  store: Store,
  record: RecordType | undefined,
): ReadonlySet<string> {
  const referenced = stores.flatMap(({ references }) =>
    references.filter(({ to }) => to === store.name).flatMap(({ toColumns }) => toColumns),
  );
  if (record === undefined) return new Set([...store.key, ...referenced]);
  const ledFrom = types.flatMap(({ match }) =>
    match.terms.flatMap(({ source }) =>
      source.kind === "column" && source.ref.record === record.id ? [source.ref.column] : [],
    ),
  );
  const judged = map.conditions.find(({ name, any }) => name === record.unless && any === undefined);
  return new Set([
    ...store.key,
    ...referenced,
    ...ledFrom,
    ...Object.keys(record.fields),
    ...record.in,
    ...Object.keys(judged?.where ?? {}),
  ]);
}

/** Of each key and unique constraint that nothing else decides: the first column that can differ. */
function uniqueColumnsOf(store: Store, fixed: ReadonlyMap<string, string>): ReadonlySet<string> {
  const keys = [store.key, ...store.uniques.map(({ columns }) => columns)];
  return new Set(
    keys.flatMap((columns) => {
      if (columns.some((column) => fixed.has(column))) return [];
      const free = store.columns.find(({ name, shape }) => columns.includes(name) && shape !== "boolean");
      return free === undefined ? [] : [free.name];
    }),
  );
}

/** By column: values that would keep the record, or say that it is deleted. */
function notWanted(map: DataMap, record: RecordType | undefined): ReadonlyMap<string, readonly string[]> {
  const judged = map.conditions.find(({ name, any }) => name === record?.unless && any === undefined);
  return new Map(Object.entries(judged?.where ?? {}));
}

/** What the marker's columns hold while a record lives; null: nothing, or what the system gives them. */
function liveValues(record: RecordType | undefined): ReadonlyMap<string, string | null> {
  const marker = record?.marker;
  if (marker === undefined || marker.kind === "delete_marker") return new Map();
  const by = marker.by === undefined ? [] : [[marker.by, null] as const];
  switch (marker.kind) {
    case "timestamp":
      return new Map([[marker.column, marker.live], ...by]);
    case "flag":
    case "status":
      return new Map([
        [marker.column, marker.restoreAs ?? null],
        ...(marker.since === undefined ? [] : [[marker.since, null] as const]),
        ...by,
      ]);
  }
}

/** Days that decide: old enough for a hold to have ended, and made before the person asked. */
function daysOf(map: DataMap, record: RecordType, today: string): readonly (readonly [string, string])[] {
  const year = Number(today.slice(0, 4));
  return [
    ...record.holds.flatMap(({ hold, from }) => {
      const period = map.holds.find(({ name }) => name === hold)?.keepFor;
      return period === undefined ? [] : [[from, `${year - yearsOf(period) - 2}-01-15`] as const];
    }),
    ...(record.created === undefined ? [] : [[record.created, `${year - 1}-01-15`] as const]),
    ...(record.schedule === undefined ? [] : [[record.schedule.from, `${year - 1}-01-15`] as const]),
  ];
}

function yearsOf({ years, months, days }: Period): number {
  return years + Math.ceil(months / 12) + Math.ceil(days / 365);
}

/** A document in which each path of the rule stands. */
function jsonOf(paths: FieldRules, mark: string, day: string): string {
  const root: Record<string, unknown> = {};
  for (const [path, rule] of Object.entries(paths)) {
    const { names, arrays } = parsePath(path);
    const value = rule.kind === "truncate" ? "203.0.113.77" : rule.kind === "generalise" ? day : mark;
    place(root, names, arrays, value);
  }
  return JSON.stringify(root);
}

function place(
  into: Record<string, unknown>,
  names: readonly string[],
  arrays: readonly number[],
  value: string,
): void {
  const [name = "", ...rest] = names;
  const [depth = 0, ...below] = arrays;
  const wrap = (inner: unknown): unknown => Array.from({ length: depth }).reduce<unknown>((one) => [one], inner);
  if (rest.length === 0) {
    into[name] = wrap(value);
    return;
  }
  const known = unwrapped(into[name]);
  const child: Record<string, unknown> = known ?? {};
  place(child, rest, below, value);
  into[name] = wrap(child);
}

function unwrapped(value: unknown): Record<string, unknown> | undefined {
  if (Array.isArray(value)) return unwrapped(value[0]);
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** By its key; where it has none, by columns that no rule changes, which hold what only this record has. */
function keyOf(
  store: Store,
  record: RecordType | undefined,
  own: (column: string) => string | undefined,
  mark: string,
): Readonly<Record<string, string>> | undefined {
  const named = store.key.map((column) => [column, own(column)] as const);
  if (named.length > 0)
    return named.every((one): one is readonly [string, string] => one[1] !== undefined)
      ? Object.fromEntries(named)
      : undefined;
  const ruled = new Set([...Object.keys(record?.fields ?? {}), ...(record?.in ?? [])]);
  const telling = store.columns.find(({ name }) => !ruled.has(name) && own(name)?.includes(mark) === true);
  return telling === undefined ? undefined : { [telling.name]: own(telling.name) ?? "" };
}

function isTelling(value: string, token: string, keys: readonly string[]): boolean {
  return value.includes(token) || (value.length >= 10 && keys.includes(value));
}
