import { width, wrap } from "./show.ts";

/** What is known of a stream that is written to. */
interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The last column has this much room at least. */
const ROOM = 16;
/** Where a terminal does not say how wide it is. */
const USUAL = 80;
/** Lines of a code frame: their columns mean something. */
const FRAME = /^\s*(?:>\s*)?\d*\s*\|/u;

/**
 * The text in lines that the terminal can show whole, broken between words; unchanged where nobody looks at it. In a row
 * of a table the last column goes on under itself, other lines under their own beginning.
 */
export function fit(text: string, stream: Out): string {
  if (stream.isTTY !== true) return text;
  const columns = stream.columns === undefined || stream.columns === 0 ? USUAL : stream.columns;
  return text
    .split("\n")
    .map((line) => (width(line) <= columns || FRAME.test(line) ? line : broken(line, columns)))
    .join("\n");
}

function broken(line: string, columns: number): string {
  const head = headOf(line, columns);
  const by = width(head);
  // columns that have no room beside each other stand below each other: run together nobody could tell them apart
  const cells = line.slice(head.length).split(/ {2,}/u);
  return (
    head +
    cells
      .map((cell) => wrap(cell, by, columns))
      .join("\n")
      .slice(by)
  );
}

/** What stands before the last column; where that begins too far right, only the spaces before the first word. */
function headOf(line: string, columns: number): string {
  const heads = [...line.matchAll(/\S {2,}(?=\S)/gu)].map((gap) => line.slice(0, gap.index + gap[0].length));
  return heads.findLast((head) => width(head) <= columns - ROOM) ?? /^ */u.exec(line)?.[0] ?? "";
}
