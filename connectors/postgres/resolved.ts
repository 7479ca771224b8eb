import type { IO } from "../../src/port/connector.ts";
import { sharedArrays } from "../../src/record-files/json-path.ts";
import type { Change, Changes } from "../../src/model/change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { comparable } from "../../src/model/fold.ts";
import type { Lookup, MatchColumn, Target } from "../../src/model/search.ts";
import { type Column, columnOf, loadServer, loadTables, resolveTable, type Server, type Table } from "./catalog.ts";
import { comparison, foldsFor, isArray, readOf, readText, type Ref, resolveRef } from "./columns.ts";
import { Refusal } from "./errors.ts";
import { type Belongs, valuesAt } from "./json-column.ts";
import { type KeySpec, keyOf, keySpec, keyTexts } from "./keys.ts";
import { attempt, type Row, type Session } from "./session.ts";
import { texts, textsOrNull } from "./sql.ts";
import { type WhereRef, whereRefs } from "./where.ts";

export interface MatchRef extends Ref {
  readonly match: MatchColumn;
}

/** A target with what the catalog says about its names. */
export interface Resolved {
  readonly target: Target;
  readonly server: Server;
  readonly table: Table;
  readonly key: KeySpec;
  readonly matches: readonly MatchRef[];
  readonly exports: readonly Ref[];
  readonly where: readonly WhereRef[];
  /** Read of every row; the first `printed` of them go into the fingerprint. */
  readonly columns: readonly Column[];
  readonly printed: number;
  /** Column -> the value of its `set` as the column's type writes it. */
  readonly constants: ReadonlyMap<string, string>;
}

/** A row as it was read: column -> text. */
export interface RowState {
  readonly key: string;
  readonly fingerprint: string;
  readonly values: ReadonlyMap<string, string | null>;
}

/** Throws TABLE_MISSING or COLUMN_MISSING. */
export async function resolveTargets(session: Session, targets: readonly Target[]): Promise<readonly Resolved[]> {
  const server = await loadServer(session);
  const oids: string[] = [];
  for (const { record } of targets) oids.push(await resolveTable(session, record.place, record.id));
  const tables = await loadTables(session, oids);
  const resolved: Resolved[] = [];
  for (const [at, target] of targets.entries()) {
    const table = tables.get(oids[at] ?? "");
    if (table !== undefined) resolved.push(await resolveColumns(session, target, table, server));
  }
  return resolved;
}

async function resolveColumns(session: Session, target: Target, table: Table, server: Server): Promise<Resolved> {
  const { record, changes } = target;
  const { fields, documents } = changedFields(changes);
  const ref = (name: string) => resolveRef(table, name, record.id);
  const matches = target.columns.map((match) => ({ ...ref(match.column), match }));
  const exports = target.exports.map(ref);
  const where = await whereRefs(session, target.where ?? {}, ref);
  const named = [...Object.keys(fields), ...documents].map((name) => columnOf(table, name, record.id));
  const printed = unique([...[...matches, ...exports].map(({ column }) => column), ...named]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const kept = changes.minimise === undefined || record.holds.length === 0 ? [] : [...table.columns.values()];
  const columns = unique([...printed, ...where.map(({ column }) => column), ...kept]);
  return {
    target,
    server,
    table,
    key: keySpec(table, record.id),
    matches,
    exports,
    where,
    columns,
    printed: printed.length,
    constants: await constantsOf(session, target, table),
  };
}

/** The field rules of everything that may become of a record, and the JSON columns that its paths are read in. */
export function changedFields({ rule, heldBy }: Changes): { readonly fields: FieldRules; readonly documents: readonly string[] } {
  const changes = [rule, heldBy].flatMap((change) => (change?.kind === "fields" ? [change] : []));
  return {
    fields: Object.fromEntries(changes.flatMap(({ fields }) => Object.entries(fields))),
    documents: [...new Set(changes.flatMap(({ documents }) => documents.flatMap((one) => one.in ?? [])))],
  };
}

/** `set: 0` in a numeric(10,2) reads `0.00`. A value that the type refuses is left out: `check` says so. */
async function constantsOf(session: Session, { changes }: Target, table: Table): Promise<ReadonlyMap<string, string>> {
  const constants = new Map<string, string>();
  for (const [name, rule] of Object.entries(changedFields(changes).fields)) {
    const column = table.columns.get(name);
    if (rule.kind !== "set" || column === undefined || comparison(column.type) === "text") continue;
    const [row] = await attempt(session, `SELECT ${readText("one.v", column)} FROM (SELECT $1::text::${column.declared} AS v) AS one`, [String(rule.value)]);
    if (typeof row?.[0] === "string") constants.set(name, row[0]);
  }
  return constants;
}

function unique(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

/** What to select of a row for `stateOf`. */
export function stateTexts({ key, columns }: Resolved, alias: string): string[] {
  return [...keyTexts(key, alias), ...columns.map((column) => readOf(alias, column))];
}

export function stateOf(resolved: Resolved, row: Row, io: IO): RowState {
  const { key, columns, printed } = resolved;
  const first = key.parts.length + (key.byPlace ? 1 : 0);
  const values = new Map(columns.map((column, at) => [column.name, row[first + at] ?? null]));
  const named = keyOf(key, row, 0, io);
  return {
    key: named,
    fingerprint: io.digest([named, ...columns.slice(0, printed).flatMap(({ name }) => [name, values.get(name) ?? null])]),
    values,
  };
}

/** The texts that a matched column or path holds in this row. */
export function textsIn(ref: Ref, { values }: RowState): readonly string[] {
  const text = values.get(ref.column.name) ?? null;
  if (text === null) return [];
  if (ref.path !== undefined) return valuesAt(text, ref.path).map(({ value }) => value);
  return isArray(ref.column) ? texts(text) : [text];
}

/** The comparable values of these subjects for one matched column. */
export function wantedValues(ref: MatchRef, lookups: readonly Lookup[]): ReadonlySet<string> {
  return new Set(lookups.flatMap((lookup) => lookup.values[ref.match.column] ?? []).map((value) => comparableIn(ref, value)));
}

/** A stored or given value as this column compares it. */
export function comparableIn({ match, column, path }: MatchRef, value: string): string {
  const type = path === undefined ? (column.type.element ?? column.type) : undefined;
  if (type?.name === "citext" || column.loose) return comparable(value, match.type, [...match.fold, "lowercase"]);
  return comparable(value, match.type, type === undefined ? match.fold : comparison(type) === "text" ? foldsFor(match, type) : []);
}

/** Whether a row still belongs to one of these lookups. Stricter than the server where its collation is loose. */
export function stillMatches(resolved: Resolved, state: RowState, lookups: readonly Lookup[]): boolean {
  return lookups.some((lookup) => {
    const hits = resolved.matches.map((ref) => {
      const wanted = wantedValues(ref, [lookup]);
      return textsIn(ref, state).some((text) => wanted.has(comparableIn(ref, text)));
    });
    return hits.length > 0 && (resolved.target.record.match.mode === "all" ? hits.every(Boolean) : hits.some(Boolean));
  });
}

/**
 * Which elements of the arrays in a JSON column belong to these lookups: those that a match path finds their values in.
 * Where no match path goes through the same array, all of it does. Without lookups nothing in a matched array does.
 */
export function belongsIn({ matches, target }: Resolved, column: string, text: string, lookups: readonly Lookup[]): Belongs {
  const found = matches.flatMap((ref) => {
    if (ref.column.name !== column || ref.path === undefined) return [];
    const wanted = wantedValues(ref, lookups);
    const indexes = valuesAt(text, ref.path).flatMap((one) => (wanted.has(comparableIn(ref, one.value)) ? [one.indexes] : []));
    return [{ path: ref.path, indexes }];
  });
  return (path, indexes) => {
    const said = found.flatMap((one) => {
      const arrays = sharedArrays(path, one.path);
      if (arrays === 0) return [];
      const place = indexes.slice(0, arrays).join();
      return [one.indexes.some((way) => way.slice(0, arrays).join() === place)];
    });
    return said.length === 0 || (target.record.match.mode === "all" ? said.every(Boolean) : said.some(Boolean));
  };
}

/** The array's elements without those that belong to these lookups; undefined where none does. */
export function withoutElements(resolved: Resolved, column: Column, json: string, lookups: readonly Lookup[]): string | undefined {
  // an array of arrays: taking elements out would change its shape
  if (json.startsWith("[[")) throw new Refusal("2202E");
  const items = textsOrNull(json);
  const kept = items.filter(
    (item) => item === null || !resolved.matches.some((ref) => ref.column.name === column.name && wantedValues(ref, lookups).has(comparableIn(ref, item))),
  );
  if (kept.length === items.length) return undefined;
  return `{${kept.map((item) => (item === null ? "NULL" : `"${item.replace(/["\\]/gu, String.raw`\$&`)}"`)).join(",")}}`;
}

/** Whether `fields: { column: remove }` takes elements out of this array, rather than clearing it. */
export function removesElements({ matches }: Resolved, column: Column): boolean {
  return isArray(column) && matches.some((ref) => ref.column.name === column.name);
}

/** What `minimise` clears: everything but what is named, keys, and what holds are reckoned from. */
export function minimised({ table, target }: Resolved, change: Extract<Change, { kind: "minimise" }>): readonly Column[] {
  const stays = new Set([
    ...change.keepOnly,
    ...table.key,
    ...table.unique,
    ...table.partitionKey,
    ...table.foreign,
    ...target.record.holds.map(({ from }) => from),
  ]);
  return [...table.columns.values()].filter((column) => !stays.has(column.name) && !column.generated);
}
