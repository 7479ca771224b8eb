import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import { comparable } from "../../src/model/fold.ts";
import { deletedIn } from "../../src/model/marker.ts";
import type { Lookup, MatchColumn, Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { comparedFields, type MatchedRef, type RecordTable, type RowState } from "../../src/sql/record-table.ts";
import { clearedColumns, distinct, fingerprintColumns, markedColumns, wheresOf } from "../../src/sql/read-columns.ts";
import { columnOf, resolveRef } from "../../src/sql/resolve-ref.ts";
import { type Catalog, type Column, type ColumnType, type Server, type Table, uniqueColumns } from "./catalog.ts";
import { comparison, foldsFor, isCitext, isText, readOf, readText, type Ref, valueType } from "./columns.ts";
import { isTyped } from "./edges.ts";
import { type KeySpec, keyOf, keySpec, keyTexts } from "./keys.ts";
import { attempt } from "./session.ts";
import { inPlace } from "./sql.ts";
import type { Row, Session } from "./transaction.ts";
import type { TriggerBook } from "./triggers.ts";
import { type WhereRef, whereRefs, whereTexts } from "./where.ts";

export interface MatchRef extends MatchedRef<Column>, Compared {}

/** How a matched column's values are compared. */
export interface Compared {
  /** What a single value is; undefined: a text in a JSON document. */
  readonly type?: ColumnType | undefined;
  /** The type of the column that an edge's values come from, as far as it is known: `other` where it is in another system or a document. */
  readonly source?: ColumnType | "other";
  /** `typed`: by the type's own equality; `text`: as texts after the folds; `exact`: by the type's text. */
  readonly by: "typed" | "text" | "exact";
  readonly folds: MatchColumn["fold"];
  /** What the server finds equal is equal; else it is compared again. */
  readonly decided: boolean;
}

/** A target with what the catalog says about its names. */
export interface Resolved extends RecordTable {
  readonly catalog: Catalog;
  readonly server: Server;
  readonly table: Table;
  readonly key: KeySpec;
  readonly matches: readonly MatchRef[];
  readonly exports: readonly Ref[];
  readonly where: readonly WhereRef[];
  /** Read of every row; the first `fingerprinted` of them go into the fingerprint. */
  readonly columns: readonly Column[];
  readonly fingerprinted: number;
  /** Its marker, where it is a flag or status: the column with the values that say deleted. */
  readonly deleted: WhereRef | undefined;
  columnOf(name: string): Column;
  minimised(keepOnly: readonly string[]): readonly Column[];
}

/** What resolving needs to know of the system. */
export interface Place {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly block: SystemBlock;
  /** Values of `set` rules, by column and value, as the server writes them: asked once. */
  readonly written: Map<string, string | undefined>;
  readonly triggers: TriggerBook;
}

/** Throws TABLE_MISSING or COLUMN_MISSING. */
export async function resolveTarget(place: Place, target: Target): Promise<Resolved> {
  return await resolveOver(place, target, place.catalog.placed(target.record.place, target.record.id));
}

/** The target's names over another table of the same family: how another record type's rules see the rows of that table. */
export async function resolveOver(place: Place, target: Target, table: Table): Promise<Resolved> {
  const { catalog, session } = place;
  const { record, changes } = target;
  const ref = (name: string) => resolveRef(table, name, record.id, record.split);
  const matches = target.columns.map((match) => matchRef(place, target, ref(match.column), match));
  const exports = target.exports.map(ref);
  const where: WhereRef[] = [];
  for (const one of wheresOf(target)) where.push(...(await whereRefs(session, one, ref)));
  const fingerprinted = fingerprintColumns(table, target, [...matches, ...exports, ...where], ref);
  const minimised = (keepOnly: readonly string[]) =>
    clearedColumns(table, target, keepOnly, keysOf(catalog, table), ref);
  const kept = changes.minimise?.kind === "minimise" ? minimised(changes.minimise.keepOnly) : [];
  return {
    target,
    catalog,
    server: catalog.server,
    table,
    key: keySpec(catalog, table),
    matches,
    exports,
    where,
    narrowings: where,
    columns: distinct([...fingerprinted, ...kept, ...markedColumns(table, target)]),
    fingerprinted: fingerprinted.length,
    deleted: await deletedRef(place, target, ref),
    constants: await constantsOf(place, target, table),
    columnOf: (name) => columnOf(table, name, record.id),
    arrayText: (items) =>
      `{${items.map((item) => (item === null ? "NULL" : `"${item.replace(/["\\]/gu, String.raw`\$&`)}"`)).join(",")}}`,
    minimised,
  };
}

function matchRef(place: Place, { record }: Target, ref: Ref, match: MatchColumn): MatchRef {
  const type = ref.separator === undefined ? valueType(ref) : undefined;
  const source =
    match.type === "edge"
      ? sourceOf(place, record.match.terms.find(({ column }) => column === match.column)?.source)
      : undefined;
  const fromUuid = typeof source === "object" && source.name === "uuid";
  const asText = type === undefined || comparison(type) === "text" || isCitext(type);
  const folds =
    type === undefined
      ? textFolds(match, fromUuid)
      : isText(type) && fromUuid
        ? textFolds(match, true)
        : foldsFor(match, type);
  const typed =
    type !== undefined &&
    (isCitext(type) ? folds.length === 0 : match.type === "edge" ? isTyped(type) : comparison(type) === "typed");
  return {
    ...ref,
    match,
    type,
    ...(source === undefined ? {} : { source }),
    by: typed ? "typed" : asText ? "text" : "exact",
    folds,
    decided: type !== undefined && ref.separator === undefined && (ref.column.equatesTexts || typed),
  };
}

function textFolds(match: MatchColumn, lower: boolean): MatchColumn["fold"] {
  return (lower || match.type === "uuid") && !match.fold.includes("lowercase")
    ? [...match.fold, "lowercase"]
    : match.fold;
}

/** The type that an edge comes from. Absent where this is no edge of the data map. */
function sourceOf(
  { catalog, block }: Place,
  source: Target["record"]["match"]["terms"][number]["source"] | undefined,
): ColumnType | "other" | undefined {
  if (source?.kind !== "column") return undefined;
  const record = block.records.find(({ id }) => id === source.ref.record);
  if (record === undefined) return "other";
  try {
    const ref = resolveRef(catalog.placed(record.place, record.id), source.ref.column, record.id, record.split);
    return (ref.separator === undefined ? valueType(ref) : undefined) ?? "other";
  } catch (error) {
    // whoever resolves that record type says so
    if (error instanceof Failure) return "other";
    throw error;
  }
}

/** Columns that are part of a key, or decide the partition. */
function keysOf(catalog: Catalog, table: Table): readonly string[] {
  const family = new Set([table, ...catalog.ancestors(table), ...catalog.descendants(table)].map(({ oid }) => oid));
  const foreign = catalog.foreignKeys.flatMap(({ child, columns }) => (family.has(child) ? columns : []));
  return [...catalog.keyOf(table), ...uniqueColumns(table), ...table.partitionKey, ...foreign];
}

/** `set: 0` in a numeric(10,2) reads `0.00`. A value that the type refuses is left out: `check` says so. */
async function constantsOf(
  { session, written }: Place,
  target: Target,
  table: Table,
): Promise<ReadonlyMap<string, string>> {
  const constants = new Map<string, string>();
  for (const [name, rule] of Object.entries(comparedFields(target))) {
    const column = table.columns.get(name);
    if (rule.kind !== "set" || column === undefined || comparison(column.type) === "text") continue;
    const asked = JSON.stringify([column.declared, rule.value]);
    if (!written.has(asked)) {
      const [row] = await attempt(
        session,
        `SELECT ${readText("one.v", column)} FROM (SELECT $1::text::${column.declared} AS v) AS one`,
        [String(rule.value)],
      );
      written.set(asked, row?.[0] ?? undefined);
    }
    const text = written.get(asked);
    if (text !== undefined) constants.set(name, text);
  }
  return constants;
}

/** A value that the column's type refuses stands in no row. */
async function deletedRef(
  { session, written }: Place,
  { record }: Target,
  ref: (name: string) => Ref,
): Promise<WhereRef | undefined> {
  const deleted = deletedIn(record.marker);
  if (deleted === undefined) return undefined;
  const only = async (values: readonly string[]) =>
    (await whereRefs(session, { [deleted.column]: values }, ref)).find((one) => !one.refused);
  const { declared } = ref(deleted.column).column;
  const taken: string[] = [];
  for (const value of deleted.values) {
    const asked = JSON.stringify([declared, value, "deleted"]);
    if (!written.has(asked)) written.set(asked, (await only([value])) === undefined ? undefined : value);
    if (written.get(asked) !== undefined) taken.push(value);
  }
  return await only(taken);
}

/** What to select of a row for `stateOf`. */
export function stateTexts({ key, columns, deleted }: Resolved, alias: string): string[] {
  const marked = deleted === undefined ? [] : whereTexts([deleted], inPlace).map((text) => `(${text})::text`);
  return [...keyTexts(key, alias), key.address(alias), ...columns.map((column) => readOf(alias, column)), ...marked];
}

export function stateOf({ key, columns, fingerprinted, deleted }: Resolved, row: Row, io: IO): RowState {
  const first = key.parts.length + (key.byPlace ? 1 : 0);
  const values = new Map(columns.map((column, at) => [column.name, row[first + 1 + at] ?? null]));
  const named = keyOf(key, row, 0, io);
  return {
    key: named,
    address: row[first] ?? "",
    fingerprint: io.digest([
      named,
      ...columns.slice(0, fingerprinted).flatMap(({ name }) => [name, values.get(name) ?? null]),
    ]),
    values,
    ...(deleted === undefined ? {} : { isDeleted: row[first + 1 + columns.length] === "true" }),
  };
}

/** The values of a lookup for a matched column. */
export function valuesFor({ values }: Lookup, column: string): readonly string[] {
  return Object.hasOwn(values, column) ? (values[column] ?? []) : [];
}

/** A stored or given value as this column compares it where texts are compared. */
export function comparableIn({ match, folds, column }: MatchRef, value: string): string {
  return comparable(
    value,
    match.type,
    column.equatesTexts && !folds.includes("lowercase") ? [...folds, "lowercase"] : folds,
  );
}
