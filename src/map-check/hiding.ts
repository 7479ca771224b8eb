/** What breaks soft delete: whatever goes on counting, showing or keeping what is marked as deleted. */
import type { DataMap, Marker, RecordType } from "../model/datamap.ts";
import { dateColumnOf, markOf } from "../model/marker.ts";
import type { Sampled, Store, Unique } from "../model/structure.ts";
import { type CheckFinding, checkFinding } from "./finding.ts";
import { columnOf, plain, type Reach } from "./reach.ts";

/** Rows among which a marker that is really set is seen. */
const TELLING = 1000;

export interface Hiding {
  readonly record: RecordType;
  readonly marker: Exclude<Marker, { readonly kind: "delete_marker" }>;
  readonly store: Store;
}

export function hidingIn(reaches: readonly Reach[]): readonly Hiding[] {
  return reaches.flatMap(({ store, records, counted }) =>
    counted
      ? records.flatMap((record): Hiding[] => {
          const { marker } = record;
          return marker === undefined || marker.kind === "delete_marker" ? [] : [{ record, marker, store }];
        })
      : [],
  );
}

export function hidingFindings(
  map: DataMap,
  reaches: readonly Reach[],
  samples: ReadonlyMap<string, readonly Sampled[]>,
): readonly CheckFinding[] {
  return hidingIn(reaches).flatMap((hiding) => [
    ...uniques(map, hiding),
    ...readers(map, hiding),
    ...children(map, hiding, reaches),
    ...neverSet(map, hiding, samples.get(hiding.store.name) ?? []),
    ...purgeIndex(map, hiding),
  ]);
}

function uniques(map: DataMap, { record, marker, store }: Hiding): readonly CheckFinding[] {
  if (store.kind !== "table" || record.do !== "soft-delete") return [];
  return store.uniques
    .filter((unique) => {
      if (unique.where !== undefined && speaksOf(unique.where, marker.column)) return false;
      if (unique.columns.includes(marker.column) || unique.expressions.some((one) => speaksOf(one, marker.column)))
        return false;
      return unique.columns.length + unique.expressions.length > 0 && !isSame(unique.columns, store.key);
    })
    .map((unique) =>
      checkFinding(map, "UNIQUE_IGNORES_MARKER", {
        record: record.id,
        ...(unique.columns[0] === undefined ? {} : { column: unique.columns[0] }),
        message: `\`${unique.name}\` counts records that are marked in \`${marker.column}\``,
        help: `To copy: ${partialIndex(store, unique, marker)}`,
      }),
    );
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** The statements that let a unique constraint count living records only. */
function partialIndex(store: Store, unique: Unique, marker: Hiding["marker"]): string {
  const table = store.parts === undefined ? quotedName(store.name) : store.parts.map(quoted).join(".");
  const where = [...(unique.where === undefined ? [] : [unique.where]), aliveTest(marker)].join(" AND ");
  const over = [...unique.columns.map(quoted), ...unique.expressions].join(", ");
  const drop = unique.constraint
    ? `ALTER TABLE ${table} DROP CONSTRAINT ${quoted(unique.name)}`
    : `DROP INDEX ${quoted(unique.name)}`;
  return `CREATE UNIQUE INDEX ${quoted(`${unique.name}_live`)} ON ${table} (${over}) WHERE ${where}; ${drop};`;
}

/** SQL that is true of a living record. */
export function aliveTest(marker: Hiding["marker"]): string {
  const column = quoted(marker.column);
  switch (marker.kind) {
    case "timestamp":
      return marker.live === null ? `${column} IS NULL` : `${column} = ${literal(marker.live)}`;
    case "flag":
      return /^(?:true|t)$/iu.test(marker.deleted)
        ? `${column} IS NOT TRUE`
        : `${column} IS DISTINCT FROM ${literal(marker.deleted)}`;
    case "status":
      return `${column} NOT IN (${marker.deleted.map(literal).join(", ")})`;
  }
}

function quotedName(name: string): string {
  return name.split(".").map(quoted).join(".");
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return /^\d+$/u.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** A source that does not filter by the marker: to show the column is no filter. */
function readers(map: DataMap, { record, marker, store }: Hiding): readonly CheckFinding[] {
  return store.readers
    .filter(({ source }) => source !== undefined && !filtersBy(source, marker.column))
    .map(({ name, kind }) =>
      checkFinding(map, "VIEW_IGNORES_MARKER", {
        record: record.id,
        column: marker.column,
        message: `${WORDS[kind]} \`${name}\` reads ${store.name} and does not filter by \`${marker.column}\``,
        help: `Add to it: WHERE ${aliveTest(marker)}${kind === "materialised_view" ? ", and refresh it" : ""}.`,
      }),
    );
}

const WORDS = { view: "the view", materialised_view: "the materialised view", function: "the function" } as const;

/** Reads, and is no parser: the column stands somewhere behind a word that filters. */
export function filtersBy(source: string, column: string): boolean {
  const text = source.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//gu, " ");
  const filter = /\b(?:where|on|having|filter|and|when)\b/iu.exec(text);
  return filter !== null && speaksOf(text.slice(filter.index), column);
}

function speaksOf(text: string, column: string): boolean {
  return new RegExp(`(?<![\\w$])${column.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`)}(?![\\w$])`, "iu").test(
    text,
  );
}

/** Record types over tables that reference what is hidden, and that nothing hides. */
function children(map: DataMap, { record, marker, store }: Hiding, reaches: readonly Reach[]): readonly CheckFinding[] {
  if (record.do !== "soft-delete") return [];
  return reaches.flatMap(({ store: child, records }) =>
    child.name !== store.name && child.references.some(({ to }) => to === store.name)
      ? records
          .filter((one) => staysVisible(one, child, marker.column))
          .map((one) =>
            checkFinding(map, "CHILD_VISIBLE", {
              record: one.id,
              message: `its records stay as they are when ${record.id}, which they reference, is hidden (\`do: ${one.do}\`)`,
            }),
          )
      : [],
  );
}

function staysVisible(child: RecordType, store: Store, marker: string): boolean {
  if (child.marker !== undefined && child.do === "soft-delete") return false;
  switch (child.do) {
    case "keep":
      return child.whileHeld?.restrict !== true;
    case "redact":
    case "ask":
      // what could be hidden like its parent, and is not
      return columnOf(store, marker) !== undefined;
    default:
      return false;
  }
}

function neverSet(
  map: DataMap,
  { record, marker, store }: Hiding,
  sampled: readonly Sampled[],
): readonly CheckFinding[] {
  const column = columnOf(store, marker.column);
  if (column === undefined) return [];
  const say = (message: string) => [
    checkFinding(map, "MARKER_NEVER_SET", { record: record.id, column: marker.column, message }),
  ];
  if (column.generated) return say(`\`${marker.column}\` is computed by the database: nobody can set it`);
  const rows = Math.max(0, ...sampled.map(({ values }) => values.length));
  if (rows < TELLING || store.triggers.some(({ sets }) => sets.includes(marker.column))) return [];
  const values = sampled.find((one) => plain(one.column) === plain(marker.column))?.values ?? [];
  if (values.some((value) => markOf(marker, (name) => (name === marker.column ? value : null)) !== undefined))
    return [];
  return say(`none of ${rows} records that were looked at is marked in \`${marker.column}\`, and no trigger sets it`);
}

function purgeIndex(map: DataMap, { record, marker, store }: Hiding): readonly CheckFinding[] {
  const dates = [record.purge === undefined ? undefined : dateColumnOf(marker)];
  return dates.flatMap((date) => (date === undefined ? [] : indexFinding(map, record, store, date)));
}

/** Dates by which records are due without any request. */
export function scheduleFindings(map: DataMap, reaches: readonly Reach[]): readonly CheckFinding[] {
  return reaches.flatMap(({ store, records }) =>
    records.flatMap((record) =>
      record.schedule === undefined ? [] : indexFinding(map, record, store, record.schedule.from),
    ),
  );
}

function indexFinding(map: DataMap, record: RecordType, store: Store, column: string): readonly CheckFinding[] {
  if (store.kind !== "table" || store.indexed.includes(column) || columnOf(store, column) === undefined) return [];
  const table = store.parts === undefined ? quotedName(store.name) : store.parts.map(quoted).join(".");
  return [
    checkFinding(map, "PURGE_INDEX_MISSING", {
      record: record.id,
      column,
      message: `no index serves \`${column}\`, by which records are due`,
      help: `To copy: CREATE INDEX ON ${table} (${quoted(column)});`,
    }),
  ];
}
