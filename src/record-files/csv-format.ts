import type { FieldRule } from "../model/field-rule.ts";
import type { Dialect } from "../model/datamap.ts";
import type { Lookup, MatchColumn } from "../model/search.ts";
import { markOf, markRules } from "../model/marker.ts";
import { nearest } from "../model/nearest.ts";
import { masked } from "../model/shown.ts";
import { Failure } from "../errors.ts";
import { changeValue, isAsWanted } from "./change-value.ts";
import { type Cell, splitCells, writeCell } from "./csv-cells.ts";
import { editList, type ListEdit, splitList } from "./csv-list.ts";
import { readPreamble } from "./csv-preamble.ts";
import { csvBlocks, type CsvPiece } from "./csv-records.ts";
import { subjectsInside } from "./identifier-inside.ts";
import {
  comparableIn,
  hits,
  holdsOthers,
  matchTables,
  subjectMatcher,
  valuesFor,
  whereFilters,
} from "./match-record.ts";
import { type ChangePart, type MarkChange, type Piece, type RecordFormat, rulesOf, stampOf } from "./record-format.ts";
import type { RecordRule } from "./record-rule.ts";

export type CsvRow = readonly string[];

/** `named`: every column that is named anywhere, each once. `lookups`: who is asked for. */
export function csvFormat(
  rule: RecordRule,
  named: readonly string[],
  lookups: readonly Lookup[],
): RecordFormat<CsvRow> {
  const { name, columns, mode, where } = rule;
  const places = new Map<string, number>();
  const split = new Map(Object.entries(rule.split ?? {}));
  let { dialect } = rule;
  let first = true;
  const piece = ({ start, end, line, cells }: CsvPiece): Piece<CsvRow> => {
    if (cells === null) return { start, end, line, row: null, unreadable: false };
    const header = first && dialect.header !== false;
    if (first) resolve(places, named, cells, header, `${name}:${line}`);
    first = false;
    return { start, end, line, row: header ? null : cells, unreadable: false };
  };
  const cell = (row: CsvRow, column: string) => row[places.get(column) ?? -1] ?? "";
  const values = (row: CsvRow, column: string): readonly string[] => {
    const separator = split.get(column);
    return separator === undefined ? [cell(row, column)] : splitList(cell(row, column), separator);
  };
  const subjectsOf = subjectMatcher(columns, mode, lookups, where);
  const filters = whereFilters(where);
  const tables = matchTables(columns, mode, lookups);
  const bySubject = Map.groupBy(lookups, ({ subject }) => subject);
  const marked = (row: CsvRow, column: string) => emptyIsNull(cell(row, column));
  const isMarked = (row: CsvRow, { marker }: MarkChange) =>
    markOf(marker, (column) => marked(row, column)) !== undefined;
  const storedOf = (row: CsvRow) => (column: string) => values(row, column).map((text) => ({ text, number: true }));
  return {
    async *blocks(source) {
      const { bytes: preamble, lines, delimiter, rest } = await readPreamble(source, dialect.skip ?? 0, name);
      if (delimiter !== undefined) dialect = { ...dialect, delimiter };
      if (preamble.length > 0)
        yield { bytes: preamble, pieces: [{ start: 0, end: preamble.length, line: 1, row: null, unreadable: false }] };
      for await (const { bytes, pieces } of csvBlocks(rest, dialect, name, lines + 1))
        yield { bytes, pieces: pieces.map(piece) };
    },
    match(row) {
      const subjects = subjectsOf((column) => values(row, column), storedOf(row));
      const mine = () => subjects.flatMap((subject) => bySubject.get(subject) ?? []);
      const listOf = (column: string) => (split.has(column) ? values(row, column) : null);
      return { subjects, shared: split.size > 0 && subjects.length > 0 && holdsOthers(columns, mine(), listOf) };
    },
    passes: (row) => filters(storedOf(row)),
    holdsUnfound(row, subjects) {
      let unfound: ReadonlySet<number> = NOBODY;
      // where every column is met by a whole value and no row of the parent has them together, it is somebody else's
      let near: ReadonlySet<number> = NOBODY;
      for (const [at, { column, subjects: table }] of tables.entries()) {
        let here = NOBODY;
        for (const value of values(row, column.column)) {
          const inside = subjectsInside(column, table, value);
          if (inside.size > 0) here = here.union(inside);
        }
        if (here.size > 0) near = near.union(here);
        if (mode === "any") unfound = here.size === 0 ? unfound : unfound.union(here);
        else {
          here = here.union(hits(column, table, (named) => values(row, named)));
          unfound = at === 0 ? here : unfound.intersection(here);
          if (unfound.size === 0) return false;
        }
      }
      unfound = unfound.intersection(near);
      return unfound.size > 0 && !unfound.isSubsetOf(new Set(subjects)) && filters(storedOf(row));
    },
    exported: (row, column) => values(row, column).filter((value) => value !== ""),
    isAsWanted: (row, part) =>
      part.change.kind === "mark"
        ? isMarked(row, part.change)
        : Object.entries(rulesOf(part.change)).every(([column, one]) => {
            const mine = ownIn(part, column);
            if (mine === null) return isAsWanted(forCell(one), emptyIsNull(cell(row, column)), false);
            return values(row, column).every(
              (value) => value === "" || !mine(value) || isAsWanted(forCell(one), value, false),
            );
          }),
    markOf: (row) => (rule.marker === undefined ? undefined : markOf(rule.marker, (column) => marked(row, column))),
    marksIn: (row) => rule.unnamed.map((column) => marked(row, column)),
    unmarkable: () => null,
    named(row, content) {
      if (rule.unnamed.length === 0) return content;
      const text = content.toString();
      const cells = splitCells(text, dialect);
      // what cannot be cut without doubt is not changed either
      if (cells === null || cells.length !== row.length) return content;
      const unnamed = new Set(rule.unnamed.map((column) => places.get(column) ?? -1));
      return Buffer.from(withCells(text, cells, (place) => (unnamed.has(place) ? "" : undefined)));
    },
    change: (row, text, line, parts, pseudonym) =>
      changeCells({ row, text, parts, places, split, dialect, pseudonym, at: `${name}:${line}` }),
    unseen: () => [],
  };
}

const NOBODY: ReadonlySet<number> = new Set();

/** Whose values a rule for this column acts on; null: the column is not matched, so it is about the record's cell whoever's it is. */
function ownIn({ columns, lookups }: ChangePart, name: string): ((value: string) => boolean) | null {
  const matched = columns.filter(({ column }) => column === name);
  if (matched.length === 0) return null;
  if (lookups === null) return () => true;
  return (value) => matched.some((column) => isOneOf(column, lookups, value));
}

function isOneOf(column: MatchColumn, lookups: readonly Lookup[], value: string): boolean {
  const text = comparableIn(column, value);
  return lookups.some((lookup) =>
    valuesFor(lookup, column.column).some((wanted) => comparableIn(column, wanted) === text),
  );
}

/** Finds the place of every named column, exactly as it is written. */
function resolve(
  places: Map<string, number>,
  columns: readonly string[],
  cells: CsvRow,
  header: boolean,
  at: string,
): void {
  for (const column of columns) {
    const place = header ? cells.indexOf(column) : /^[1-9]\d*$/u.test(column) ? Number(column) - 1 : -1;
    if (place === -1 || place >= cells.length) {
      const meant = header ? nearest(column, cells) : undefined;
      const cut = header ? otherDelimiter(cells) : undefined;
      const help = cut ?? (meant === undefined ? undefined : `Did you mean \`${masked(meant)}\`?`);
      const more = { details: { column }, ...(help === undefined ? {} : { help }) };
      throw new Failure(
        "COLUMN_MISSING",
        `${at}: ${header ? "the header has no" : "there is no"} column "${column}"`,
        more,
      );
    }
    if (header && cells.lastIndexOf(column) !== place)
      throw new Failure("FILE_UNREADABLE", `${at}: the header has column "${column}" twice`);
    places.set(column, place);
  }
}

/** A heading of one cell that could be cut elsewhere: the help that leads there. Nothing of the heading is told. */
function otherDelimiter([only = "", ...more]: CsvRow): string | undefined {
  const cut = more.length > 0 ? undefined : [";", "\t", "|", ","].find((delimiter) => only.includes(delimiter));
  return cut === undefined
    ? undefined
    : `The whole heading is one cell: is the delimiter another one? \`dialect: { delimiter: ${JSON.stringify(cut)} }\`.`;
}

interface Changing {
  readonly row: CsvRow;
  readonly text: string;
  readonly parts: readonly ChangePart[];
  readonly places: ReadonlyMap<string, number>;
  readonly split: ReadonlyMap<string, string>;
  readonly dialect: Dialect;
  readonly pseudonym: (value: string) => string;
  /** File and line. */
  readonly at: string;
}

function changeCells({ row, text, parts, places, split, dialect, pseudonym, at }: Changing): string {
  const cells = splitCells(text, dialect);
  // two readings of the record must agree before a byte of it is replaced
  if (cells === null || cells.length !== row.length || cells.some(({ value }, place) => value !== row[place]))
    throw new Failure("FILE_UNREADABLE", `${at}: the record cannot be cut into its cells without doubt`);
  const written = new Map<number, string>();
  const alone = cells.length === 1;
  const newValue = (rule: FieldRule, old: string | null): string | null | undefined => {
    if (isAsWanted(forCell(rule), old, false)) return undefined;
    const changed = changeValue(forCell(rule), old, { keepDate: false, pseudonym });
    return changed.kind !== "value" ? undefined : changed.value === null ? null : String(changed.value);
  };
  for (const part of parts) {
    if (
      part.change.kind === "mark" &&
      markOf(part.change.marker, (column) => emptyIsNull(row[places.get(column) ?? -1] ?? "")) !== undefined
    )
      continue;
    const rules =
      part.change.kind === "mark" ? markRules(part.change.marker, stampOf(part.change)) : rulesOf(part.change);
    for (const [column, rule] of Object.entries(rules)) {
      const place = places.get(column) ?? -1;
      const cell = cells[place];
      if (cell === undefined) throw new Failure("COLUMN_MISSING", `${at}: there is no column "${column}"`);
      const mine = ownIn(part, column);
      const separator = split.get(column);
      let cellText: string | null | undefined;
      if (mine !== null && separator !== undefined) {
        const edits = splitList(cell.value, separator).flatMap((value, index): ListEdit[] => {
          const changed = value !== "" && mine(value) ? newValue(rule, value) : undefined;
          if (changed?.includes(separator) === true)
            throw new Failure(
              "FIELD_REFUSED",
              `${at}: the new value of column "${column}" holds the separator of its list`,
            );
          return changed === undefined ? [] : [{ index, text: changed === "" ? null : changed }];
        });
        cellText =
          edits.length === 0
            ? undefined
            : editList(text.slice(cell.start, cell.end), cell, separator, edits, { alone, dialect });
      } else if (mine === null || mine(cell.value)) {
        const changed = newValue(rule, emptyIsNull(cell.value));
        cellText =
          changed === undefined ? undefined : writeCell(changed ?? "", { quoted: cell.quoted, alone }, dialect);
      }
      if (cellText === null)
        throw new Failure(
          "FIELD_REFUSED",
          `${at}: the new value of column "${column}" cannot be written without quotes`,
        );
      if (cellText !== undefined) written.set(place, cellText);
    }
  }
  return withCells(text, cells, (place) => written.get(place));
}

/** The record with other cells; undefined: the cell stays as it is written. */
function withCells(text: string, cells: readonly Cell[], write: (place: number) => string | undefined): string {
  let changed = "";
  let end = 0;
  for (const [place, cell] of cells.entries()) {
    changed += text.slice(end, cell.start) + (write(place) ?? text.slice(cell.start, cell.end));
    end = cell.end;
  }
  return changed + text.slice(end);
}

/** A cell cannot go: removed, it is empty. */
function forCell(rule: FieldRule): FieldRule {
  return rule.kind === "remove" ? { kind: "clear" } : rule;
}

function emptyIsNull(value: string): string | null {
  return value === "" ? null : value;
}
