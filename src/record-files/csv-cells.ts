import type { Dialect } from "../model/datamap.ts";

/** One cell of a record: its characters from `start` to `end`, quotes included. */
export interface Cell {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  readonly value: string;
}

/**
 * The cells of one record (without its line end) with their places, which csv-parse does not tell. null where the text
 * is no well-formed record.
 */
export function splitCells(text: string, dialect: Dialect): readonly Cell[] | null {
  const { delimiter, quote, escape } = marks(dialect);
  const cells: Cell[] = [];
  let at = 0;
  for (;;) {
    const start = at;
    const quoted = quote !== "" && text.startsWith(quote, at);
    let value = "";
    if (quoted) {
      at += quote.length;
      for (;;) {
        if (at >= text.length) return null;
        // doubled, a quote stands for itself; another escape character makes whatever follows stand for itself
        if (escape === quote ? text.startsWith(quote + quote, at) : text.startsWith(escape, at)) {
          const escaped = at + escape.length;
          value += text.charAt(escaped);
          at = escaped + 1;
        } else if (text.startsWith(quote, at)) break;
        else {
          value += text.charAt(at);
          at += 1;
        }
      }
      at += quote.length;
    } else {
      const end = text.indexOf(delimiter, at);
      at = end === -1 ? text.length : end;
      value = text.slice(start, at);
    }
    cells.push({ start, end: at, quoted, value });
    if (at === text.length) return cells;
    if (!text.startsWith(delimiter, at)) return null;
    at += delimiter.length;
  }
}

/** How a value is written in place of a cell: quoted where the cell was, or where it must be. null where the dialect has no way to write it. */
export function writeCell(
  value: string,
  was: { readonly quoted: boolean; readonly alone: boolean },
  dialect: Dialect,
): string | null {
  const { delimiter, quote, escape } = marks(dialect);
  const special = value.includes(delimiter) || /[\r\n]/u.test(value) || (quote !== "" && value.startsWith(quote));
  // the only cell of a record, empty and bare, would be a blank line
  const must = special || (was.alone && value === "");
  if (quote === "") return must ? null : value;
  if (!was.quoted && !must && !value.includes(quote)) return value;
  const escaped =
    escape === quote
      ? value.replaceAll(quote, quote + quote)
      : value.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote);
  return quote + escaped + quote;
}

/** A stretch of a cell's value, and what comes in its place. */
export interface CellSplice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The cell with parts of its value replaced, the rest as it is spelled; `raw` is the cell as it stands. null as for `writeCell`. */
export function cellText(
  raw: string,
  { value, quoted }: Cell,
  splices: readonly CellSplice[],
  { alone, dialect }: { readonly alone: boolean; readonly dialect: Dialect },
): string | null {
  if (!quoted) return writeCell(spliced(value, splices), { quoted, alone }, dialect);
  const { quote, escape } = marks(dialect);
  const places: number[] = [];
  for (let at = quote.length; at < raw.length - quote.length; at += 1) {
    // the first of two: an escaped character stands where its escape does
    places.push(at);
    if (raw.startsWith(escape, at)) at += escape.length;
  }
  places.push(raw.length - quote.length);
  const escaped = (text: string) =>
    escape === quote
      ? text.replaceAll(quote, quote + quote)
      : text.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote);
  return spliced(
    raw,
    splices.map(({ start, end, text }) => ({ start: places[start] ?? 0, end: places[end] ?? 0, text: escaped(text) })),
  );
}

function spliced(text: string, splices: readonly CellSplice[]): string {
  let whole = "";
  let from = 0;
  for (const { start, end, text: part } of splices) {
    whole += text.slice(from, start) + part;
    from = end;
  }
  return whole + text.slice(from);
}

function marks(dialect: Dialect): { delimiter: string; quote: string; escape: string } {
  const quote = dialect.quote ?? '"';
  return { delimiter: dialect.delimiter ?? ",", quote, escape: dialect.escape ?? quote };
}
