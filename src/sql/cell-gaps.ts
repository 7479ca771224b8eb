import type { Finding, Lookup } from "../model/search.ts";
import { finding } from "./findings.ts";
import { type ComparedRef, type ComparedTable, tellsAmong, valuesFor } from "./match-row.ts";
import type { RowState } from "./record-table.ts";
import { Refusal } from "./refusal.ts";
import { textsIn } from "./whose-value.ts";

/** A row, as far as its matched columns go. */
export interface CellRow extends Pick<RowState, "values"> {
  /** Whether the column holds bytes that are no text. */
  isBinary(column: string): boolean;
}

interface Counted {
  readonly ref: ComparedRef;
  readonly tells: ((cell: string) => boolean) | undefined;
  readonly wanted: ReadonlySet<string>;
  among: number;
  binary: number;
  broken: number;
  brokenTells: boolean;
}

/** Cells of matched columns that no search finds and in which a person's identifier stands, or could. */
export async function* cellGaps(table: ComparedTable, shown: string, lookups: readonly Lookup[], rows: AsyncIterable<CellRow>): AsyncGenerator<Finding> {
  const counted = table.matches.map((ref): Counted => {
    const values = lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column));
    const wanted = new Set(values.map((value) => ref.comparable(value)));
    return { ref, tells: tellsAmong(ref, lookups), wanted, among: 0, binary: 0, broken: 0, brokenTells: false };
  });
  for await (const row of rows) for (const one of counted) judge(one, row);
  for (const { ref, among, binary, broken, brokenTells } of counted) {
    const say = (cells: number, what: readonly [one: string, many: string], why: string, holdsIdentifier: boolean) => {
      const help = `Look at them by hand, or say what separates the values: split: { ${ref.name}: ", " }.`;
      const message = `${cells === 1 ? "a cell" : `${cells} cells`} of ${ref.name} of ${shown} ${cells === 1 ? what[0] : what[1]} ${why}`;
      return finding(table, "GAP", "warning", message, { column: ref.column.name, help, gap: { where: `${shown}.${ref.name}`, holdsIdentifier } });
    };
    if (among > 0) yield say(among, ["holds", "hold"], "an identifier among others: what is more than the value is not matched", true);
    if (binary > 0) yield say(binary, ["is", "are"], "binary and cannot be compared", false);
    if (broken > 0) yield say(broken, ["is", "are"], "no JSON and cannot be searched", brokenTells);
  }
}

function judge(one: Counted, row: CellRow): void {
  const { ref, tells, wanted } = one;
  const text = row.values.get(ref.column.name) ?? null;
  if (text === null) return;
  if (row.isBinary(ref.column.name)) {
    one.binary += 1;
    return;
  }
  try {
    if (tells !== undefined && textsIn(ref, row).some((cell) => !wanted.has(ref.comparable(cell)) && tells(cell))) one.among += 1;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    one.broken += 1;
    one.brokenTells ||= tells?.(text) ?? false;
  }
}
