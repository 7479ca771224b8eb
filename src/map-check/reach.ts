/** What of a system's structure the data map reaches: which record types name a store, and which of its columns a rule speaks of. */
import type { Condition, DataMap, RecordType, SystemBlock } from "../model/datamap.ts";
import { ignoreFits } from "../model/ignore.ts";
import { markerColumns } from "../model/marker.ts";
import type { Store, StoreColumn } from "../model/structure.ts";
import { leadingColumns } from "../planner/targets.ts";
import { holder, meet } from "./meeting.ts";

/** A system of the data map and what it is made of. */
export interface Surveyed {
  readonly block: SystemBlock;
  readonly stores: readonly Store[];
}

/** How the data map sees a store. */
export interface Reach {
  readonly store: Store;
  /** Record types whose records lie in it. */
  readonly records: readonly RecordType[];
  /** The whole of it is in map.ignore. */
  readonly ignored: boolean;
  /** It has columns of its own to be counted: no view, and no part of another store. */
  readonly counted: boolean;
  stateOf(column: string): "mapped" | "ignored" | "unmapped";
}

export function reachOf(map: DataMap, { block, stores }: Surveyed): readonly Reach[] {
  const ignores = ignoresOf(map, block);
  const meant = block.records.map((record) => ({ record, stores: meantBy(record, stores) }));
  return stores.map((store): Reach => {
    const records = meant.filter((one) => one.stores.has(store)).map(({ record }) => record);
    const whollyIgnored = ignores.some((entry) => entry.names(store));
    const ofColumns = ignores.filter(
      ({ text }) => text.includes("*") || namesOf(store).some((name) => text.startsWith(`${name}.`)),
    );
    const whole = records.some((record) => goesWhole(record));
    const named = records.flatMap((record) => namedColumns(map, record)).map(plain);
    const besides = conditionColumns(map, block, store).map(plain);
    return {
      store,
      records,
      ignored: whollyIgnored,
      counted: store.kind !== "view" && store.partOf === undefined,
      stateOf(column) {
        if (whole || [...named, ...besides].some((name) => isAtOrBelow(name, plain(column)))) return "mapped";
        return whollyIgnored || ofColumns.some((entry) => entry.namesColumn(store, column)) ? "ignored" : "unmapped";
      },
    };
  });
}

/** An entry of map.ignore, without its system. */
export interface Ignored {
  readonly text: string;
  names(store: Store): boolean;
  namesColumn(store: Store, column: string): boolean;
}

export function ignoresOf(map: DataMap, { name }: SystemBlock): readonly Ignored[] {
  const prefix = `${name}.`;
  return map.ignore.flatMap((entry) => (entry.startsWith(prefix) ? [ignored(entry.slice(prefix.length))] : []));
}

/** In names of tables and columns a star stands for one part of it, in a path for one folder's or file's name. */
function ignored(text: string): Ignored {
  const holds = holder(text);
  const fits = (name: string, { kind }: Store) =>
    kind === "table" || kind === "view" ? ignoreFits(text, name) : holds(name);
  return {
    text,
    names: (store) =>
      namesOf(store).some((name) => fits(name, store)) || (store.partOf !== undefined && fits(store.partOf, store)),
    namesColumn: (store, column) => namesOf(store).some((name) => ignoreFits(text, `${name}.${column}`)),
  };
}

/** Whether an entry of map.ignore means a store, or a column of one. */
export function isUsed(entry: Ignored, stores: readonly Store[]): boolean {
  return stores.some((store) => entry.names(store) || store.columns.some(({ name }) => entry.namesColumn(store, name)));
}

function namesOf({ name, parts }: Store): readonly string[] {
  return parts === undefined ? [name] : [name, parts.join("."), parts[1]];
}

/** Whether this record type's records lie in the store. */
function liesIn({ place }: RecordType, store: Store): boolean {
  switch (place.kind) {
    case "table":
      return isTable(store) && tableIs(store, place.schema, place.table);
    case "index": {
      if (store.kind !== "index") return false;
      const [parts, without] = [
        place.pattern.split(","),
        place.pattern.split(",").filter((one) => one.startsWith("-")),
      ];
      const names = [store.name, ...store.readers.map((alias) => alias.name)];
      return (
        parts.some((part) => !part.startsWith("-") && names.some((name) => meet(part, name))) &&
        !without.some((part) => holder(part.slice(1))(store.name))
      );
    }
    case "files":
      return (
        (store.kind === "files" || store.kind === "objects") &&
        place.globs.some((glob) => holder(glob.replace(/^s3:\/\//u, ""))(store.name))
      );
    case "keys":
      return (
        (store.kind === "files" || store.kind === "objects") &&
        place.templates.some((template) =>
          meet(template.replace(/^s3:\/\//u, "").replaceAll(PLACEHOLDER, "*"), store.name),
        )
      );
  }
}

/** `:customer_id`, `:shop.files.path`; a dot before the ending of a file is none of it. */
const PLACEHOLDER = /:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*\.[A-Za-z_]\w*)?/gu;

function isTable({ kind }: Store): boolean {
  return kind === "table" || kind === "view";
}

function tableIs(store: Store, schema: string | undefined, table: string): boolean {
  const { name, parts } = store;
  if (schema === undefined) return name === table;
  if (name === `${schema}.${table}` || (parts?.[0] === schema && parts[1] === table)) return true;
  // a schema that the search path finds is left out of the name
  return parts === undefined && name === table;
}

/** Of the stores that a record type may mean, the one that is named with its schema, where there is one. */
export function meantBy(record: RecordType, stores: readonly Store[]): ReadonlySet<Store> {
  const some = stores.filter((store) => liesIn(record, store));
  const { place } = record;
  if (place.kind !== "table" || place.schema === undefined || some.length < 2) return new Set(some);
  return new Set(some.filter(({ name }) => name !== place.table));
}

/** The record goes with everything in it, at once or with its purge. */
function goesWhole({ do: action, purge, place }: RecordType): boolean {
  if (action === "erase" || action === "remove-rows" || place.kind === "keys") return true;
  return action === "soft-delete" && purge?.how === "erase";
}

/** Columns and paths that a rule speaks of. */
function namedColumns(map: DataMap, record: RecordType): readonly string[] {
  const { match, where = {}, fields, paths, marker, holds: uses, whileHeld, schedule, created, split = {} } = record;
  const roots = record.in;
  const condition = map.conditions.find(({ name }) => name === record.unless);
  return [
    ...match.terms.map(({ column }) => column),
    ...Object.keys(where),
    ...Object.keys(fields),
    ...roots,
    ...Object.keys(paths).flatMap((path) => (roots.length === 0 ? [path] : roots.map((root) => `${root}.${path}`))),
    ...(marker === undefined ? [] : markerColumns(marker)),
    ...uses.map(({ from }) => from),
    ...(whileHeld?.keepOnly ?? []),
    ...(schedule === undefined ? [] : [schedule.from]),
    ...(created === undefined ? [] : [created]),
    ...Object.keys(split),
    ...(condition !== undefined && condition.any === undefined ? Object.keys(condition.where) : []),
    ...leadingColumns(map, record.id),
    ...map.identities.flatMap(({ foundIn, by }) =>
      foundIn?.record === record.id ? [foundIn.column, ...Object.keys(by)] : [],
    ),
  ];
}

/** Of a table that only a condition reads: what it reads there. */
function conditionColumns(map: DataMap, block: SystemBlock, store: Store): readonly string[] {
  return map.conditions
    .filter((condition) => readsStore(condition, block, store))
    .flatMap(({ match, where }) => [...match.terms.map(({ column }) => column), ...Object.keys(where)]);
}

export function readsStore({ any }: Condition, block: SystemBlock, store: Store): boolean {
  if (any === undefined || !any.startsWith(`${block.name}.`)) return false;
  const record = block.records.find(({ id }) => id === any);
  if (record !== undefined) return liesIn(record, store);
  const name = any.slice(block.name.length + 1);
  return isTable(store) && namesOf(store).includes(name);
}

/** Without the brackets of lists, which a mapping does not know. */
export function plain(path: string): string {
  return path.replaceAll("[]", "");
}

/** A rule for an object reaches what is in it. */
function isAtOrBelow(above: string, below: string): boolean {
  return below === above || below.startsWith(`${above}.`);
}

export function columnOf(store: Store, name: string): StoreColumn | undefined {
  return store.columns.find((column) => plain(column.name) === plain(name));
}
