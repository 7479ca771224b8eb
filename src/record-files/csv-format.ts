import type { FieldRule } from "../model/field-rule.ts";
import type { Dialect } from "../model/datamap.ts";
import { Failure } from "../errors.ts";
import { changeValue, isAsWanted } from "./change-value.ts";
import { splitCells, writeCell } from "./csv-cells.ts";
import { csvBlocks, type CsvPiece } from "./csv-records.ts";
import { type FieldChange, type Piece, type RecordFormat, rulesOf } from "./record-format.ts";

export type CsvRow = readonly string[];

/** `columns`: every column that is named anywhere, each once. */
export function csvFormat(name: string, dialect: Dialect, columns: readonly string[]): RecordFormat<CsvRow> {
  const places = new Map<string, number>();
  let first = true;
  const piece = ({ start, end, line, cells }: CsvPiece): Piece<CsvRow> => {
    if (cells === null) return { start, end, line, row: null, unreadable: false };
    const header = first && dialect.header !== false;
    if (first) resolve(places, columns, cells, header, `${name}:${line}`);
    first = false;
    return { start, end, line, row: header ? null : cells, unreadable: false };
  };
  const cell = (row: CsvRow, column: string) => row[places.get(column) ?? -1] ?? "";
  return {
    async *blocks(source) {
      for await (const { bytes, pieces } of csvBlocks(source, dialect, name)) yield { bytes, pieces: pieces.map(piece) };
    },
    valuesOf: (row) => (column) => [cell(row, column)],
    storedOf: (row) => (column) => [{ text: cell(row, column), number: true }],
    exported: (row, column) => [cell(row, column)].filter((value) => value !== ""),
    isAsWanted: (row, change) => Object.entries(rulesOf(change)).every(([column, rule]) => isAsWanted(forCell(rule), emptyIsNull(cell(row, column)), false)),
    change: (row, text, line, change, _selection, pseudonym) => changeCells(row, text, change, places, dialect, pseudonym, `${name}:${line}`),
    unseen: () => [],
  };
}

/** Finds the place of every named column, exactly as it is written. */
function resolve(places: Map<string, number>, columns: readonly string[], cells: CsvRow, header: boolean, at: string): void {
  for (const column of columns) {
    const place = header ? cells.indexOf(column) : /^[1-9]\d*$/u.test(column) ? Number(column) - 1 : -1;
    if (place === -1 || place >= cells.length) throw new Failure("COLUMN_MISSING", `${at}: ${header ? "the header has no" : "there is no"} column "${column}"`);
    if (header && cells.lastIndexOf(column) !== place) throw new Failure("FILE_UNREADABLE", `${at}: the header has column "${column}" twice`);
    places.set(column, place);
  }
}

function changeCells(
  row: CsvRow,
  text: string,
  change: FieldChange,
  places: ReadonlyMap<string, number>,
  dialect: Dialect,
  pseudonym: (value: string) => string,
  at: string,
): string {
  const cells = splitCells(text, dialect);
  // two readings of the record must agree before a byte of it is replaced
  if (cells === null || cells.length !== row.length || cells.some(({ value }, place) => value !== row[place]))
    throw new Failure("FILE_UNREADABLE", `${at}: the record cannot be cut into its cells without doubt`);
  const written = new Map<number, string>();
  for (const [column, rule] of Object.entries(rulesOf(change))) {
    const place = places.get(column) ?? -1;
    const cell = cells[place];
    if (cell === undefined) throw new Failure("COLUMN_MISSING", `${at}: there is no column "${column}"`);
    const old = emptyIsNull(cell.value);
    if (isAsWanted(forCell(rule), old, false)) continue;
    const changed = changeValue(forCell(rule), old, { keepDate: false, pseudonym });
    if (changed.kind !== "value") continue;
    const cellText = writeCell(changed.value === null ? "" : String(changed.value), { quoted: cell.quoted, alone: cells.length === 1 }, dialect);
    if (cellText === null) throw new Failure("FIELD_REFUSED", `${at}: the new value of column "${column}" cannot be written without quotes`);
    written.set(place, cellText);
  }
  let changedText = "";
  let end = 0;
  for (const [place, cell] of cells.entries()) {
    changedText += text.slice(end, cell.start) + (written.get(place) ?? text.slice(cell.start, cell.end));
    end = cell.end;
  }
  return changedText + text.slice(end);
}

/** A cell cannot go: removed, it is empty. */
function forCell(rule: FieldRule): FieldRule {
  return rule.kind === "remove" ? { kind: "clear" } : rule;
}

function emptyIsNull(value: string): string | null {
  return value === "" ? null : value;
}
