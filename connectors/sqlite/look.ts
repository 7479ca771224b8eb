/** How the database is looked at. SQLite filters by what an index can serve; whose a row is, is decided here. */
import { surelyBefore } from "../../src/model/due-rows.ts";
import type { DueSelection, Finding, Lookup } from "../../src/model/search.ts";
import { cellGaps } from "../../src/sql/cell-gaps.ts";
import { finding } from "../../src/sql/findings.ts";
import type { Found } from "../../src/sql/locate.ts";
import { type ComparedRef, holdsOne, matcherOf, passes, valuesFor } from "../../src/sql/match-row.ts";
import type { ColumnRef } from "../../src/sql/record-table.ts";
import type { RemainingLook } from "../../src/sql/remaining.ts";
import { nameOf } from "../../src/sql/cascades.ts";
import { quoted, type Row } from "./database.ts";
import { byKey, keyOf, rowidIn, textOf } from "./keys.ts";
import { waysInto } from "./references.ts";
import { wholeRows } from "./whole-rows.ts";
import { type Place, readOf, type Resolved, resolveOver, selected, stateOf, valuesOf } from "./resolved.ts";

/** A table with more rows is not read whole for cells that no search finds. */
const LARGEST = 2_000_000;

export function lookOf(place: Place): RemainingLook<Resolved> {
  const { database, catalog, block, io } = place;
  return {
    async *matching(table, lookups, keys) {
      const mine = matcherOf(table, lookups);
      const wanted = new Set(keys);
      const rows = keys === undefined ? database.each(...searchOf(place, table, lookups)) : rowsOf(place, table, keys);
      for await (const row of rows) {
        const found = foundIn(table, row, mine, place);
        if (found !== undefined && (keys === undefined || wanted.has(found.state.key))) yield found;
      }
    },
    async *ofKeys(table, keys) {
      const wanted = new Set(keys);
      for await (const row of rowsOf(place, table, [...wanted])) {
        const state = stateOf(table, row, io);
        // a row of the same number that is another one has another key
        if (wanted.has(state.key)) yield state;
      }
    },
    async *ofDue(table, column, selection) {
      for await (const row of database.each(...dueSearch(table, column, selection)))
        if (passes(table.filters, { values: valuesOf(table, row) })) yield stateOf(table, row, io);
    },
    over: (target, { table }) => resolveOver(catalog, target, table),
    whole: async (addresses) => await Promise.resolve(wholeRows(place, addresses)),
    async taken({ table }, name, keys) {
      const segment = waysInto(catalog, table).find((way) => nameOf(way.segment, block) === name)?.segment;
      if (segment === undefined) return await Promise.resolve(undefined);
      const there = new Set<string>();
      for (const key of keys) {
        const by = byKey(segment.table, key);
        if (by === undefined) continue;
        for (const row of database.all(
          `SELECT ${rowidIn(segment.table, "t").join(", ")} FROM main.${quoted(segment.table.name)} AS t WHERE ${by.where}`,
          by.values,
        ))
          there.add(keyOf(segment.table, row, io).key);
      }
      return there;
    },
  };
}

function foundIn(table: Resolved, row: Row, mine: ReturnType<typeof matcherOf>, { io }: Place): Found | undefined {
  const values = valuesOf(table, row);
  const hits = mine({ values });
  return hits.size > 0 && passes(table.filters, { values }) ? { state: stateOf(table, row, io), hits } : undefined;
}

/** In one process a row by key costs next to nothing, and its values are bound with their own types. */
async function* rowsOf({ database }: Place, table: Resolved, keys: readonly string[]): AsyncGenerator<Row> {
  const text = `SELECT ${selected(table)} FROM main.${quoted(table.table.name)} AS t WHERE`;
  for (const key of keys) {
    const by = byKey(table.table, key);
    if (by !== undefined) yield* database.all(`${text} ${by.where}`, by.values);
  }
  await Promise.resolve();
}

/** Every row that could match: by an index where the column itself holds a value as it is compared, else cell by cell. */
function searchOf(
  { database }: Place,
  table: Resolved,
  lookups: readonly Lookup[],
): [text: string, values: readonly string[]] {
  const values: string[] = [];
  const terms = table.matches.map((ref) => {
    if (!isPlain(ref)) {
      const holds = holdsOne(ref, lookups);
      return database.condition((value) => holds(textOf(value)))(readOf(ref.column));
    }
    values.push(
      JSON.stringify([...new Set(lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)))]).replace(
        /^\[/u,
        `[${numbersOf(ref, lookups)}`,
      ),
    );
    return `t.${quoted(ref.column.name)} IN (SELECT value FROM json_each(?))`;
  });
  const mode = table.target.record.match.mode === "all" ? " AND " : " OR ";
  return [
    `SELECT ${selected(table)} FROM main.${quoted(table.table.name)} AS t WHERE ${terms.length === 0 ? "0" : terms.join(mode)}`,
    values,
  ];
}

/** Dates are texts: those that are surely later are left out, and what looks like no date is looked at. */
function dueSearch(
  table: Resolved,
  { column, path, separator }: ColumnRef,
  { before }: DueSelection,
): [text: string, values: readonly string[]] {
  const value = `t.${quoted(column.name)}`;
  const from = `SELECT ${selected(table)} FROM main.${quoted(table.table.name)} AS t WHERE ${value} IS NOT NULL`;
  if (path !== undefined || separator !== undefined || column.shape !== "scalar") return [from, []];
  const looksLikeOne = `${value} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'`;
  return [
    `${from} AND (typeof(${value}) <> 'text' OR ${value} COLLATE BINARY < ? OR NOT ${looksLikeOne})`,
    [surelyBefore(before)],
  ];
}

/** A value that is a number may be stored as one, in a column of any type. */
function numbersOf(ref: ComparedRef, lookups: readonly Lookup[]): string {
  const numbers = lookups
    .flatMap((lookup) => valuesFor(lookup, ref.match.column))
    .filter((value) => /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,15})?$/u.test(value));
  return numbers.map((number) => `${number},`).join("");
}

/** Whether the column's own comparison finds at least what ours does. */
function isPlain({ match, column, path, separator }: ComparedRef): boolean {
  return (
    match.fold.length === 0 &&
    match.type !== "uuid" &&
    path === undefined &&
    separator === undefined &&
    column.shape === "scalar"
  );
}

/** Cells of matched columns that no search can find and in which a person's identifier stands, or could. */
export async function* gapsIn(
  { database }: Place,
  table: Resolved,
  lookups: readonly Lookup[],
): AsyncGenerator<Finding> {
  // what nothing is done to is not judged: a condition, a look for identities
  if (table.target.changes.rule === undefined || lookups.length === 0 || table.matches.length === 0) return;
  const { name } = table.table;
  const [size] = database.all(`SELECT count(*) FROM main.${quoted(name)}`);
  if (Number(size?.[0]) > LARGEST)
    yield finding(table, "GAP", "warning", `${name} is too large to be read for cells that hold more than one value`, {
      gap: { where: name, holdsIdentifier: false },
    });
  else {
    const gaps = table.matches.map((ref) => cellGaps(ref, lookups));
    // nothing is asked for but to look at each cell
    const looks = gaps.map(({ ref, look }) =>
      database.condition((value) => {
        look(textOf(value), value instanceof Uint8Array ? value : undefined);
        return false;
      })(readOf(ref.column)),
    );
    await Array.fromAsync(database.each(`SELECT 1 FROM main.${quoted(name)} AS t WHERE ${looks.join(" + ")} > 0`));
    for (const one of gaps) yield* one.findings(table, name);
  }
}
