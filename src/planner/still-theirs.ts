/** What an earlier plan was searched by, without what has become somebody else's since. */
import type { Change } from "../model/rule-change.ts";
import type { FieldRules } from "../model/field-rule.ts";
import type { Match, RecordType } from "../model/datamap.ts";
import type { Lookup, Target } from "../model/search.ts";
import { type Edge, edgeLookup, edgesOf, edgeValues, type Rows } from "./edges.ts";
import { type Found, valuesAt } from "./found.ts";
import { goneName, type Searching } from "./lookups.ts";
import type { Readers } from "./readers.ts";
import { holdersTarget } from "./targets.ts";

/**
 * Values of edges that led to a person before lead there still where the parent's row has gone, or is as our own rule
 * leaves one: then we may have been the ones who took the person out of it. Where a row holds the value that names
 * somebody else by now, what it leads to is theirs, and the value is dropped.
 */
export async function stillTheirs(
  { readers, found, gone }: Searching,
  { match }: Pick<RecordType, "match">,
  earlier: readonly Lookup[],
): Promise<readonly Lookup[]> {
  let lookups = earlier;
  for (const edge of edgesOf(match)) {
    const parent = found.get(edge.parent);
    if (parent === undefined || lookups.length === 0) continue;
    const stale = staleRows(parent, edge, lookups);
    const { lost, held } = await othersRows(readers, parent, edge, stale);
    noteGone(gone, edge, stale, held);
    if (lost.size > 0)
      lookups = lookups.flatMap((lookup) => without(match, edge, lookup, lost.get(lookup.subject) ?? new Map()) ?? []);
  }
  return lookups;
}

/** By person: rows of values that no record of the parent which is theirs now holds. */
function staleRows(parent: Found, { columns, from }: Edge, lookups: readonly Lookup[]): ReadonlyMap<number, Rows> {
  const { fit, placeholder } = edgeValues(parent, from);
  return new Map(
    lookups.flatMap((lookup) => {
      const now = new Set([
        ...(fit.get(lookup.subject)?.keys() ?? []),
        ...(placeholder.get(lookup.subject)?.keys() ?? []),
      ]);
      const stale = [...rowsOf(columns, lookup)].filter(([name]) => !now.has(name));
      return stale.length === 0 ? [] : [[lookup.subject, new Map(stale)] as const];
    }),
  );
}

/** A lookup's rows of an edge, named as `edgeValues` names them. */
function rowsOf(columns: readonly string[], { values, tuples = [] }: Lookup): Rows {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined)
    return new Map(valuesAt(values, only).map((value) => [value, [value]]));
  return new Map(
    tuples
      .filter((group) => sameColumns(group.columns, columns))
      .flatMap(({ rows }) => rows.map((row) => [JSON.stringify(row), row] as const)),
  );
}

function sameColumns(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((column, at) => column === other[at]);
}

interface Holders {
  /** By person: those of the rows that a record of the parent holds which names somebody else. */
  readonly lost: ReadonlyMap<number, Rows>;
  /** Names of the rows that some record of the parent holds, whoever's it is, but for those that our rule let go. */
  readonly held: ReadonlySet<string>;
}

async function othersRows(
  readers: Readers,
  parent: Found,
  edge: Edge,
  stale: ReadonlyMap<number, Rows>,
): Promise<Holders> {
  const lost = new Map<number, Rows>();
  const held = new Set<string>();
  if (stale.size === 0) return { lost, held };
  const { type } = parent;
  const reader = await readers.of(type.system);
  // the key of an object names its person, and is no column
  const matched = type.place.kind === "keys" ? [] : type.match.terms.map(({ column }) => column);
  const target = { ...holdersTarget(type, edge.from), exports: [...new Set([...edge.from, ...matched])] };
  const holders = new Map<string, { readonly named: boolean; readonly rows: Map<number, Rows> }>();
  for (const [subject, rows] of stale) {
    // one person at a time, so that it is known whose value a record was found by
    for await (const { key, values } of reader.locate(target, {
      by: "subjects",
      lookups: [{ subject, ...edgeLookup(edge.from, rows) }],
    })) {
      const mine = heldRows(values, edge.from, rows);
      if (parent.records.get(key)?.subjects.includes(subject) === true) {
        for (const name of mine.keys()) held.add(name);
        continue;
      }
      const named =
        type.place.kind === "keys" ||
        matched.some((column) => valuesAt(values, column).some((value) => value.trim() !== ""));
      const known = holders.get(key) ?? { named, rows: new Map<number, Rows>() };
      known.rows.set(subject, new Map([...(known.rows.get(subject) ?? []), ...mine]));
      holders.set(key, known);
    }
  }
  const ours = await asLeftByUs(readers, parent, [...holders.keys()]);
  const lets = letsGo(parent);
  for (const [key, { named, rows }] of holders) {
    // what our rule took the person out of leads on no more, and holds nothing that it led to
    if (!ours.has(key) || !lets) for (const mine of rows.values()) for (const name of mine.keys()) held.add(name);
    if (!named || ours.has(key)) continue;
    for (const [subject, theirs] of rows) lost.set(subject, new Map([...(lost.get(subject) ?? []), ...theirs]));
  }
  return { lost, held };
}

/** Whether what is as our own rule leaves it was free to go: one that is reduced while it is held may read the same. */
function letsGo({ target: { changes } }: Found): boolean {
  return changes.minimise === undefined && changes.heldBy === undefined;
}

/** Values that no record of the parent holds any more, by column. */
function noteGone(
  gone: Searching["gone"],
  { parent, from }: Edge,
  stale: ReadonlyMap<number, Rows>,
  held: ReadonlySet<string>,
): void {
  const all = [...stale.values()].flatMap((rows) => [...rows]);
  for (const [at, column] of from.entries()) {
    const there = new Set(all.flatMap(([name, row]) => (held.has(name) ? [row[at]] : [])));
    const away = all.flatMap(([name, row]) => (held.has(name) || there.has(row[at]) ? [] : [row[at] ?? ""]));
    if (away.length === 0) continue;
    const name = goneName(parent, column);
    gone.set(name, new Set([...(gone.get(name) ?? []), ...away]));
  }
}

/** Which of the rows a parent's record holds. Where its values read in another way than the lookup's, all of them. */
function heldRows(values: Readonly<Record<string, readonly string[]>>, from: readonly string[], rows: Rows): Rows {
  const held = [...rows].filter(([, row]) =>
    row.every((value, at) => valuesAt(values, from[at] ?? "").includes(value)),
  );
  return new Map(held.length === 0 ? rows : held);
}

/** Records of which a matched column is as some rule of ours leaves it. */
async function asLeftByUs(
  readers: Readers,
  { type, target }: Found,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const left = new Set<string>();
  if (keys.length === 0) return left;
  const reader = await readers.of(type.system);
  const records = keys.map((key) => ({ key, fingerprint: "", subjects: [] }));
  for (const change of leavingMatched(type.match, target)) {
    const open = new Set(await Array.fromAsync(reader.remaining(target, { change, records })));
    for (const key of keys) if (!open.has(key)) left.add(key);
  }
  return left;
}

/** What our rules do to each matched column by itself. */
function leavingMatched({ terms }: Match, { changes }: Target): readonly Change[] {
  const matched = new Set(terms.map(({ column }) => column));
  const rules = [changes.rule, changes.heldBy].flatMap((change): readonly Change[] => {
    if (change?.kind !== "fields") return [];
    const fields = acting(change.fields).filter(([column]) => matched.has(column));
    const paths = change.documents.flatMap((document) =>
      acting(document.paths)
        .filter(([path]) =>
          [...matched].some((column) =>
            isAtOrBelow(column, document.in === undefined ? path : `${document.in}.${path}`),
          ),
        )
        .map(([path, rule]): Change => ({
          kind: "fields",
          fields: {},
          documents: [{ ...document, paths: { [path]: rule } }],
        })),
    );
    return [
      ...fields.map(([column, rule]): Change => ({ kind: "fields", fields: { [column]: rule }, documents: [] })),
      ...paths,
    ];
  });
  const { minimise } = changes;
  // keys stay where a record is minimised: only a matched column that is empty tells of us
  const cleared =
    minimise?.kind === "minimise"
      ? [...matched].filter((column) => !minimise.keepOnly.includes(column) && !/[.[]/u.test(column))
      : [];
  return [
    ...rules,
    ...cleared.map((column): Change => ({ kind: "fields", fields: { [column]: { kind: "clear" } }, documents: [] })),
  ];
}

function acting(rules: FieldRules): readonly (readonly [string, FieldRules[string]])[] {
  return Object.entries(rules).filter(([, { kind }]) => kind !== "keep");
}

function isAtOrBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
}

/** Undefined where nothing is left to search by. */
function without({ mode }: Match, { columns }: Edge, lookup: Lookup, lost: Rows): Lookup | undefined {
  if (lost.size === 0) return lookup;
  const stay: Rows = new Map([...rowsOf(columns, lookup)].filter(([name]) => !lost.has(name)));
  if (stay.size === 0 && mode === "all") return undefined;
  const others = Object.entries(lookup.values).filter(([column]) => !columns.includes(column));
  const groups = (lookup.tuples ?? []).filter((group) => !sameColumns(group.columns, columns));
  const part = stay.size === 0 ? { values: {} } : edgeLookup(columns, stay);
  const values = { ...Object.fromEntries(others), ...part.values };
  if (Object.keys(values).length === 0) return undefined;
  const tuples = [...groups, ...(part.tuples ?? [])];
  return { subject: lookup.subject, values, ...(tuples.length === 0 ? {} : { tuples }) };
}
