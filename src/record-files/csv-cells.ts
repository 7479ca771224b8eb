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
export function writeCell(value: string, was: { readonly quoted: boolean; readonly alone: boolean }, dialect: Dialect): string | null {
  const { delimiter, quote, escape } = marks(dialect);
  const special = value.includes(delimiter) || /[\r\n]/u.test(value) || (quote !== "" && value.startsWith(quote));
  // the only cell of a record, empty and bare, would be a blank line
  const must = special || (was.alone && value === "");
  if (quote === "") return must ? null : value;
  if (!was.quoted && !must && !value.includes(quote)) return value;
  const escaped = escape === quote ? value.replaceAll(quote, quote + quote) : value.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote);
  return quote + escaped + quote;
}

function marks(dialect: Dialect): { delimiter: string; quote: string; escape: string } {
  const quote = dialect.quote ?? '"';
  return { delimiter: dialect.delimiter ?? ",", quote, escape: dialect.escape ?? quote };
}
