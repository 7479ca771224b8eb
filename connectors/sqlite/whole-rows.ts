/** Rows of any table by address, whole: read as texts from which they come back exactly, and put back. */
import type { SQLInputValue } from "node:sqlite";
import { texts } from "../../src/sql/record-table.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { type Cells, isNameless, type WholeRow } from "../../src/sql/whole-row.ts";
import type { Catalog, Column, Table } from "./catalog.ts";
import { type Database, quoted, type Value } from "./database.ts";
import { byKey } from "./keys.ts";
import { collated } from "./resolved.ts";

/** Under this name stands the row's number where no column is: no column has it. */
const NUMBER = "\0rowid";

interface Place {
  readonly database: Database;
  readonly catalog: Catalog;
}

interface Placed {
  readonly table: Table;
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

function placed({ catalog }: Pick<Place, "catalog">, at: string): Placed | undefined {
  const [, name = "", ...parts] = texts(at);
  const table = catalog.tables.get(name);
  if (table === undefined) return undefined;
  const by = byKey(table, JSON.stringify(parts));
  return by === undefined ? undefined : { table, ...by };
}

function kept({ columns }: Table): readonly string[] {
  return [...columns.values()].flatMap(({ name, generated }) => (generated ? [] : [name]));
}

/** A text may hold bytes of no character: it is read as bytes. */
function exactly(name: string): string {
  return `typeof(${name}), CASE WHEN typeof(${name}) = 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`;
}

function cellOf(type: Value | undefined, value: Value | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return `${type === "text" ? "t" : "b"}${Buffer.from(value).toString("base64")}`;
  if (typeof value === "number") return `r${Object.is(value, -0) ? "-0" : String(value)}`;
  return `i${String(value)}`;
}

/** SQL for a cell, and the value that is bound in it. */
function bound(cell: string | null): { readonly sql: string; readonly value: SQLInputValue } {
  if (cell === null) return { sql: "?", value: null };
  const text = cell.slice(1);
  switch (cell.charAt(0)) {
    case "t":
      return { sql: "CAST(? AS TEXT)", value: Buffer.from(text, "base64") };
    case "b":
      return { sql: "?", value: Buffer.from(text, "base64") };
    case "r":
      return { sql: "?", value: Number(text) };
    default:
      return { sql: "?", value: BigInt(text) };
  }
}

export function wholeRows(place: Place, addresses: readonly string[]): ReadonlyMap<string, Cells> {
  const found = new Map<string, Cells>();
  for (const at of addresses) {
    const one = placed(place, at);
    if (one === undefined) continue;
    const { table, where, values } = one;
    const names = kept(table);
    const number = hasNumber(table) ? [exactly(`t.${table.rowid ?? ""}`)] : [];
    const [row] = place.database.all(
      `SELECT ${[...names.map((name) => exactly(`t.${quoted(name)}`)), ...number].join(", ")} FROM main.${quoted(table.name)} AS t WHERE ${where}`,
      values,
    );
    if (row === undefined) continue;
    const all = number.length === 0 ? names : [...names, NUMBER];
    found.set(at, Object.fromEntries(all.map((name, index) => [name, cellOf(row[index * 2], row[index * 2 + 1])])));
  }
  return found;
}

function hasNumber({ rowid, numbered }: Table): boolean {
  return rowid !== undefined && !numbered;
}

/** References are looked at when all of them stand again. The row's number comes back where nobody has it now. */
export function putBackRows(place: Place, rows: readonly WholeRow[]): void {
  const { database } = place;
  database.exec("PRAGMA defer_foreign_keys = ON");
  for (const { at, cells } of rows) {
    const table = placed(place, at)?.table;
    if (table === undefined) throw new Refusal("schema_changed", { whole: true });
    const names = Object.keys(cells).filter((name) => name !== NUMBER);
    if (names.some((name) => table.columns.get(name)?.generated !== false))
      throw new Refusal("schema_changed", { whole: true });
    const values = names.map((name) => bound(cells[name] ?? null));
    const number = numberFree(place, table, cells);
    const columns = [...names.map(quoted), ...(number === undefined ? [] : [table.rowid ?? ""])];
    const all = [...values, ...(number === undefined ? [] : [number])];
    const changed = database.change(
      `INSERT OR ABORT INTO main.${quoted(table.name)} (${columns.join(", ")}) VALUES (${all.map(({ sql }) => sql).join(", ")})`,
      all.map(({ value }) => value),
    );
    if (changed !== 1) throw new Refusal("swallowed");
  }
}

function numberFree({ database }: Place, table: Table, cells: Cells): ReturnType<typeof bound> | undefined {
  const cell = cells[NUMBER];
  if (cell === undefined || cell === null || !hasNumber(table)) return undefined;
  const number = bound(cell);
  const there = database.all(`SELECT 1 FROM main.${quoted(table.name)} AS t WHERE t.${table.rowid ?? ""} = ?`, [
    number.value,
  ]);
  return there.length === 0 ? number : undefined;
}

export function rewriteRows(place: Place, rows: readonly WholeRow[]): void {
  place.database.exec("PRAGMA defer_foreign_keys = ON");
  for (const { at, cells } of rows) {
    const one = placed(place, at);
    const names = Object.keys(cells).filter((name) => name !== NUMBER);
    if (names.length === 0) continue;
    if (one === undefined || names.some((name) => one.table.columns.get(name)?.generated !== false))
      throw new Refusal("schema_changed", { whole: true });
    const values = names.map((name) => bound(cells[name] ?? null));
    const sets = names.map((name, index) => `${quoted(name)} = ${values[index]?.sql ?? "?"}`);
    const changed = place.database.change(
      `UPDATE OR ABORT main.${quoted(one.table.name)} AS t SET ${sets.join(", ")} WHERE ${one.where}`,
      [...values.map(({ value }) => value), ...one.values],
    );
    if (changed !== 1) throw new Refusal("swallowed");
  }
}

/** By address: what stands in the way of rows that are to be put back, or rewritten. */
export function obstaclesTo(
  place: Place,
  how: {
    readonly inserted: readonly WholeRow[];
    readonly rewritten: readonly WholeRow[];
    readonly coming: readonly WholeRow[];
  },
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const look = (rows: readonly WholeRow[], isThere: boolean): void => {
    for (const row of rows) {
      const one = placed(place, row.at);
      const names = Object.keys(row.cells).filter((name) => name !== NUMBER);
      const reason =
        one === undefined || names.some((name) => !one.table.columns.has(name))
          ? "schema_changed"
          : (takenIn(place, one, row, isThere) ?? orphanIn(place, one, row, how.coming));
      if (reason !== undefined) found.set(row.at, reason);
    }
  };
  look(how.inserted, false);
  look(how.rewritten, true);
  return found;
}

/** A unique value that another row holds by now, compared as the table's columns compare. */
function takenIn(
  { database }: Place,
  { table, where, values }: Placed,
  { at, cells }: WholeRow,
  isThere: boolean,
): string | undefined {
  const uniques = [
    ...(table.key.length > 0 && !isNameless(at) ? [table.key] : []),
    ...table.indexes.flatMap(({ unique, whole, columns }) =>
      unique && whole && columns.every((name) => name !== null) ? [columns.filter((name) => name !== null)] : [],
    ),
  ];
  for (const names of uniques) {
    const mine = names.map((name) => bound(cells[name] ?? null));
    if (mine.some(({ value }) => value === null)) continue;
    const same = names.map((name, index) => `t.${quoted(name)} = ${mine[index]?.sql ?? "?"}`).join(" AND ");
    const other = isThere ? ` AND NOT (${where})` : "";
    const rows = database.all(`SELECT 1 FROM main.${quoted(table.name)} AS t WHERE ${same}${other} LIMIT 1`, [
      ...mine.map(({ value }) => value),
      ...(isThere ? values : []),
    ]);
    if (rows.length > 0) return `${table.name}(${names.join(", ")})`;
  }
  return undefined;
}

function orphanIn(
  place: Place,
  { table }: Placed,
  { cells }: WholeRow,
  coming: readonly WholeRow[],
): string | undefined {
  for (const { name, child, columns, parent, parentColumns } of place.catalog.foreignKeys) {
    if (child !== table) continue;
    const mine = columns.map((column) => bound(cells[column] ?? null));
    if (mine.some(({ value }) => value === null)) continue;
    const same = parentColumns.map((column, index) => `t.${quoted(column)} = ${mine[index]?.sql ?? "?"}`).join(" AND ");
    const there = place.database.all(
      `SELECT 1 FROM main.${quoted(parent.name)} AS t WHERE ${same} LIMIT 1`,
      mine.map(({ value }) => value),
    );
    if (there.length > 0) continue;
    const comes = coming.some(
      (one) =>
        placed(place, one.at)?.table === parent &&
        parentColumns.every((column, index) =>
          isAlike(place.catalog, parent, column, one.cells[column] ?? null, cells[columns[index] ?? ""] ?? null),
        ),
    );
    if (!comes) return name;
  }
  return undefined;
}

/** As SQLite compares a reference: with the parent's collation and kind of value. */
function isAlike(catalog: Catalog, table: Table, name: string, there: string | null, mine: string | null): boolean {
  if (there === null || mine === null) return false;
  if (there === mine) return true;
  const column = table.columns.get(name);
  const [one, other] = [there, mine].map((cell) => comparedAs(cell, column?.affinity));
  if (typeof one !== "string" || typeof other !== "string") return one !== undefined && one === other;
  const collation = catalog.collations(table).get(name);
  return collated(one, collation) === collated(other, collation);
}

/** A text or a number; undefined: bytes, which are like nothing else. */
function comparedAs(cell: string, affinity: Column["affinity"] | undefined): string | number | undefined {
  const kind = cell.charAt(0);
  const text = kind === "t" ? Buffer.from(cell.slice(1), "base64").toString() : cell.slice(1);
  if (kind === "b") return undefined;
  if (kind === "t")
    return affinity === "number" && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
  return affinity === "text" ? text : Number(text);
}
