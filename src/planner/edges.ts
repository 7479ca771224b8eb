/** Edges of the data map: columns of one record type that another one is matched by. */
import type { Match, MatchTerm, RecordType } from "../model/datamap.ts";
import type { Lookup } from "../model/search.ts";
import { type Found, type FoundRecord, valuesAt } from "./found.ts";
import { isPlaceholder } from "./judge-identifier.ts";
import type { Readers } from "./readers.ts";
import { holdersTarget } from "./targets.ts";

/** Terms of a match that come from one record type and are compared together: one column, or a composite key. */
export interface Edge {
  /** `system.record` */
  readonly parent: string;
  /** In the record type that is matched. */
  readonly columns: readonly string[];
  /** In the parent, in the same order. */
  readonly from: readonly string[];
}

/** Every edge by itself where one is enough; those of one parent together where all must match. */
export function edgesOf({ mode, terms }: Match): readonly Edge[] {
  const single = terms.flatMap((term): readonly Edge[] => {
    const { source } = term;
    return source.kind === "column"
      ? [{ parent: source.ref.record, columns: [term.column], from: [source.ref.column] }]
      : [];
  });
  if (mode === "any") return single;
  return [...Map.groupBy(single, ({ parent }) => parent)].map(([parent, some]) => ({
    parent,
    columns: some.flatMap(({ columns }) => columns),
    from: some.flatMap(({ from }) => from),
  }));
}

export function identityTerms({ terms }: Match): readonly { readonly column: string; readonly identity: string }[] {
  return terms.flatMap(({ column, source }: MatchTerm) =>
    source.kind === "identity" ? [{ column, identity: source.identity }] : [],
  );
}

export function edgeName({ parent, from }: Edge): string {
  return from.map((column) => `${parent}.${column}`).join(" with ");
}

/** A parent's values, one a column, as they stand together in its rows; by their text, once. */
export type Rows = Map<string, readonly string[]>;

/** What an edge's parent records hold, by person. */
export interface EdgeValues {
  readonly fit: ReadonlyMap<number, Rows>;
  /** All of whose columns hold a placeholder. */
  readonly placeholder: ReadonlyMap<number, Rows>;
  /** People of whom a record leads on that holds others too, or lists with more combinations than can be asked for. */
  readonly shared: ReadonlySet<number>;
}

/** Lists within one row: more combinations than this are a mistake of the map. */
const MOST_COMBINATIONS = 10_000;

export function edgeValues(parent: Found | undefined, from: readonly string[]): EdgeValues {
  const fit = new Map<number, Rows>();
  const placeholder = new Map<number, Rows>();
  const shared = new Set<number>();
  for (const record of parent?.records.values() ?? []) {
    const rows = combinations(
      from.map((column) => valuesAt(record.values, column).filter((value) => value.trim() !== "")),
    );
    // too many to be asked for: nobody may believe that nothing is behind them
    if (rows === undefined) for (const subject of record.subjects) shared.add(subject);
    if (rows === undefined) continue;
    for (const row of rows) {
      const to = row.every(isPlaceholder) ? placeholder : fit;
      for (const subject of record.subjects) addRow(to, subject, row);
    }
    if (rows.length > 0 && record.shared === true && record.type.shared !== "erase")
      for (const subject of record.subjects) shared.add(subject);
  }
  return { fit, placeholder, shared };
}

/** Undefined: more than anybody means. */
function combinations(lists: readonly (readonly string[])[]): readonly (readonly string[])[] | undefined {
  const [only] = lists;
  if (lists.length === 1 && only !== undefined) return only.map((value) => [value]);
  if (lists.reduce((product, list) => product * list.length, 1) > MOST_COMBINATIONS) return undefined;
  return lists.reduce<readonly (readonly string[])[]>(
    (rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])),
    [[]],
  );
}

function addRow(to: Map<number, Rows>, subject: number, row: readonly string[]): void {
  const name = row.length === 1 ? (row[0] ?? "") : JSON.stringify(row);
  const mine = to.get(subject);
  if (mine === undefined) to.set(subject, new Map([[name, row]]));
  else mine.set(name, row);
}

/** One person's lookup by these rows of an edge's columns: together where there are several. */
export function edgeLookup(columns: readonly string[], rows: Rows): Pick<Lookup, "values" | "tuples"> {
  const values = Object.fromEntries(
    columns.map((column, at) => [column, [...new Set([...rows.values()].map((row) => row[at] ?? ""))]]),
  );
  return columns.length === 1 ? { values } : { values, tuples: [{ columns, rows: [...rows.values()] }] };
}

/**
 * People of whom some value leads to a record of the parent that is not theirs: another person's row holds it too. Every
 * record of the parent that holds the values is looked at, whoever's it is.
 */
export async function notTheirsAlone(
  readers: Readers,
  parent: Found,
  from: readonly string[],
  values: EdgeValues,
): Promise<ReadonlySet<number>> {
  const several = new Set(values.shared);
  const lookups = [...values.fit].map(([subject, rows]): Lookup => ({ subject, ...edgeLookup(from, rows) }));
  if (lookups.length === 0) return several;
  const reader = await readers.of(parent.type.system);
  for await (const { key, subjects } of reader.locate(holdersTarget(parent.type, from), { by: "subjects", lookups })) {
    const owner: FoundRecord | undefined = parent.records.get(key);
    for (const subject of subjects) if (owner?.subjects.includes(subject) !== true) several.add(subject);
  }
  return several;
}

/** Whether a record type is found by somebody's own identity as well as by an edge: then the edge only narrows. */
export function narrowed(type: Pick<RecordType, "match">): boolean {
  return type.match.mode === "all" && identityTerms(type.match).length > 0;
}
