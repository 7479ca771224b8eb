/** How the database is looked at. SQLite filters by what an index can serve; whose a row is, is decided here. */
import type { Finding, Lookup } from "../../src/model/search.ts";
import { finding } from "../../src/sql/findings.ts";
import type { Found } from "../../src/sql/locate.ts";
import { type ComparedRef, matcherOf, passes, tellsAmong, valuesFor } from "../../src/sql/match-row.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import type { RemainingLook } from "../../src/sql/remaining.ts";
import { textsIn } from "../../src/sql/whose-value.ts";
import { nameOf } from "../../src/sql/cascades.ts";
import { quoted, type Row } from "./database.ts";
import { byKey, keyOf, rowidIn } from "./keys.ts";
import { waysInto } from "./references.ts";
import { type Place, type Resolved, resolveOver, selected, stateOf, valuesOf } from "./resolved.ts";

/** A table with more rows is not read whole for cells that no search finds. */
const LARGEST = 2_000_000;

export function lookOf(place: Place): RemainingLook<Resolved> {
  const { database, catalog, block, io } = place;
  return {
    async *matching(table, lookups, keys) {
      const mine = matcherOf(table, lookups);
      const wanted = new Set(keys);
      const rows = keys === undefined ? database.each(...searchOf(table, lookups)) : rowsOf(place, table, keys);
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
    over: (target, { table }) => resolveOver(catalog, target, table),
    async taken({ table }, name, keys) {
      const segment = waysInto(catalog, table).find((way) => nameOf(way.segment, block) === name)?.segment;
      if (segment === undefined) return await Promise.resolve(undefined);
      const there = new Set<string>();
      for (const key of keys) {
        const by = byKey(segment.table, key);
        if (by === undefined) continue;
        for (const row of database.all(
          `SELECT ${columnsOf(rowidIn(segment.table, "t"))} FROM main.${quoted(segment.table.name)} AS t WHERE ${by.where}`,
          by.values,
        ))
          there.add(keyOf(segment.table, row, io).key);
      }
      return there;
    },
  };
}

/** Names for what is selected: a row is read by their order. */
export function columnsOf(texts: readonly string[]): string {
  return texts.map((text, at) => `${text} AS c${at}`).join(", ");
}

function foundIn(table: Resolved, row: Row, mine: ReturnType<typeof matcherOf>, { io }: Place): Found | undefined {
  const values = valuesOf(table, row);
  try {
    const hits = mine({ values });
    return hits.size > 0 && passes(table.filters, { values }) ? { state: stateOf(table, row, io), hits } : undefined;
  } catch (error) {
    // a cell that is no JSON document has nothing at its paths; `gapsIn` tells of it
    if (error instanceof Refusal && error.reason === "invalid_json") return undefined;
    throw error;
  }
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

/** Every row that could match: those with one of the values, where the column itself holds it as it is compared. */
function searchOf(table: Resolved, lookups: readonly Lookup[]): [text: string, values: readonly string[]] {
  const values: string[] = [];
  const terms = table.matches.map((ref) => {
    if (!isPlain(ref)) return "1";
    values.push(JSON.stringify([...new Set(lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)))]).replace(/^\[/u, `[${numbersOf(ref, lookups)}`));
    return `t.${quoted(ref.column.name)} IN (SELECT value FROM json_each(?))`;
  });
  const mode = table.target.record.match.mode === "all" ? " AND " : " OR ";
  return [`SELECT ${selected(table)} FROM main.${quoted(table.table.name)} AS t WHERE ${terms.length === 0 ? "0" : terms.join(mode)}`, values];
}

/** A value that is a number may be stored as one, in a column of any type. */
function numbersOf(ref: ComparedRef, lookups: readonly Lookup[]): string {
  const numbers = lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)).filter((value) => /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,15})?$/u.test(value));
  return numbers.map((number) => `${number},`).join("");
}

/** Whether the column's own comparison finds at least what ours does. */
function isPlain({ match, column, path, separator }: ComparedRef): boolean {
  return match.fold.length === 0 && match.type !== "uuid" && path === undefined && separator === undefined && column.shape === "scalar";
}

/** Cells of matched columns that no search can find and in which a person's identifier stands, or could. */
export async function* gapsIn({ database }: Place, table: Resolved, lookups: readonly Lookup[]): AsyncGenerator<Finding> {
  // what nothing is done to is not judged: a condition, a look for identities
  if (table.target.changes.rule === undefined || lookups.length === 0 || table.matches.length === 0) return;
  const name = `main.${quoted(table.table.name)}`;
  const [size] = database.all(`SELECT count(*) FROM ${name}`);
  const among = table.matches.map((ref) => tellsAmong(ref, lookups));
  if (Number(size?.[0]) > LARGEST) {
    yield gap(table, undefined, `${table.table.name} is too large to be read for cells that hold more than one value`, false);
    return;
  }
  const mine = table.matches.map((ref, at) => ({ ref, tells: among[at], wanted: wantedOf(ref, lookups), cells: 0, binary: 0, broken: 0, brokenTells: false }));
  for await (const row of database.each(`SELECT ${selected(table)} FROM ${name} AS t`)) {
    const values = valuesOf(table, row);
    for (const one of mine) {
      const text = values.get(one.ref.column.name) ?? null;
      if (text === null) continue;
      if (/^x'[0-9a-f]*'$/u.test(text) && isBinary(table, row, one.ref)) one.binary += 1;
      else judgeCell(one, text, values);
    }
  }
  for (const { ref, cells, binary, broken, brokenTells } of mine) {
    const where = `${ref.name} of ${table.table.name}`;
    if (cells > 0)
      yield gap(
        table,
        ref,
        `${cells === 1 ? "a cell" : `${cells} cells`} of ${where} ${cells === 1 ? "holds" : "hold"} an identifier among others: what is more than the value is not matched`,
        true,
      );
    if (binary > 0)
      yield gap(table, ref, `${binary === 1 ? "a cell" : `${binary} cells`} of ${where} ${binary === 1 ? "is" : "are"} binary and cannot be compared`, false);
    if (broken > 0)
      yield gap(
        table,
        ref,
        `${broken === 1 ? "a cell" : `${broken} cells`} of ${where} ${broken === 1 ? "is" : "are"} no JSON and cannot be searched`,
        brokenTells,
      );
  }
}

interface CellCount {
  readonly ref: ComparedRef;
  readonly tells: ((cell: string) => boolean) | undefined;
  readonly wanted: ReadonlySet<string>;
  cells: number;
  broken: number;
  brokenTells: boolean;
}

function judgeCell(one: CellCount, text: string, values: ReadonlyMap<string, string | null>): void {
  const { ref, tells, wanted } = one;
  let cells: readonly string[];
  try {
    cells = textsIn(ref, { values });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    one.broken += 1;
    one.brokenTells ||= tells?.(text) ?? false;
    return;
  }
  if (tells !== undefined && cells.some((cell) => !wanted.has(ref.comparable(cell)) && tells(cell))) one.cells += 1;
}

function wantedOf(ref: ComparedRef, lookups: readonly Lookup[]): ReadonlySet<string> {
  return new Set(lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)).map((value) => ref.comparable(value)));
}

function isBinary(table: Resolved, row: Row, ref: ComparedRef): boolean {
  const at = table.columns.findIndex(({ name }) => name === ref.column.name);
  return row[rowidIn(table.table, "t").length + at] instanceof Uint8Array;
}

function gap(table: Resolved, ref: ComparedRef | undefined, message: string, holdsIdentifier: boolean): Finding {
  const where = ref === undefined ? table.table.name : `${table.table.name}.${ref.name}`;
  const help = ref === undefined ? "Look at them by hand." : `Look at them by hand, or say what separates the values: split: { ${ref.name}: ", " }.`;
  return finding(table, "GAP", "warning", message, { help, gap: { where, holdsIdentifier }, ...(ref === undefined ? {} : { column: ref.column.name }) });
}
