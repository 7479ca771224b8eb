/** Figures of `assert`, as SQLite reads them. */
import type { Assertion } from "../../src/model/assertion.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import { FIGURE_SECONDS, figureFailure, refusedFigure } from "../../src/sql/asserted.ts";
import type { Database, Row, Value } from "./database.ts";

/** What SQLite's authoriser calls reading: a column, a SELECT, a function, a recursive query. */
const READING: ReadonlySet<number> = new Set([20, 21, 31, 33]);

/** As they are in the transaction that is open: nobody else writes as long as it is. One a figure, in order. */
export function figuresIn(database: Database, { assertions = [], name }: SystemBlock): readonly (string | null)[] {
  return assertions.map((assertion) => {
    const where = `${name}: ${assertion.name}`;
    try {
      return textOf(onlyOne(database.all(oneText(assertion)), where));
    } catch (error) {
      throw figureFailure(error, where);
    }
  });
}

/** Reads it twice in one statement: chance and the clock show. */
export function tryFigure(database: Database, assertion: Assertion, system: string): string | null {
  const where = `${system}: ${assertion.name}`;
  const began = performance.now();
  try {
    const deeds = database.authorised(oneText(assertion));
    // a pragma in the dress of a table does what the pragma does
    if (deeds.some(({ code, table }) => !READING.has(code) || /^pragma_/iu.test(table)))
      throw refusedFigure(where, "the query would do more than read");
    onlyOne(database.all(oneText(assertion)), where);
    const [[figure = null, again = null] = []] = database.all(`SELECT (${assertion.query}\n), (${assertion.query}\n)`);
    if (textOf(figure) !== textOf(again)) throw refusedFigure(where, "two reads at the same moment give two figures");
    if (typeof figure === "number")
      throw refusedFigure(
        where,
        "the figure is a floating-point number, whose last digits depend on the order of the rows",
        "Make it whole: CAST(round(100 * sum(amount)) AS INTEGER).",
      );
    if (performance.now() - began > FIGURE_SECONDS * 1000)
      throw refusedFigure(
        where,
        `the query took longer than ${FIGURE_SECONDS} seconds`,
        "Make it quicker, or leave it out.",
      );
    return textOf(figure);
  } catch (error) {
    throw figureFailure(error, where);
  }
}

function oneText({ query }: Assertion): string {
  return `SELECT * FROM (${query}\n) LIMIT 2`;
}

/** No row is the same as a row with nothing in it. */
function onlyOne(rows: readonly Row[], where: string): Value {
  if (rows.length > 1) throw refusedFigure(where, "the query gives more than one row");
  const [row] = rows;
  if (row !== undefined && row.length !== 1) throw refusedFigure(where, "the query gives more than one column");
  return row?.[0] ?? null;
}

function textOf(value: Value): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}
