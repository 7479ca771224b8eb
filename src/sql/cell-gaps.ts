import type { Finding, Lookup } from "../model/search.ts";
import { finding } from "./findings.ts";
import { type ComparedRef, type ComparedTable, holdsOne, tellsAmong } from "./match-row.ts";
import { Refusal } from "./refusal.ts";
import { textsIn } from "./whose-value.ts";

/** Cells of a matched column that no search finds, by why. */
export interface CellGaps {
  readonly ref: ComparedRef;
  /** Looks at a cell; `text` null: there is nothing in it. */
  look(text: string | null, isBinary: boolean): void;
  findings(table: ComparedTable, shown: string): readonly Finding[];
}

/** Counts the cells of a matched column in which a person's identifier stands, or could, though no search finds it there. */
export function cellGaps(ref: ComparedRef, lookups: readonly Lookup[]): CellGaps {
  const tells = tellsAmong(ref, lookups);
  const isFound = holdsOne(ref, lookups);
  let [among, binary, broken, brokenTells] = [0, 0, 0, false];
  return {
    ref,
    look(text, isBinary) {
      if (text === null) return;
      if (isBinary) binary += 1;
      else if (tells !== undefined || ref.path !== undefined) {
        try {
          const cells = textsIn(ref, { values: new Map([[ref.column.name, text]]) });
          if (tells !== undefined && cells.some(tells) && !isFound(text)) among += 1;
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          broken += 1;
          brokenTells ||= tells?.(text) ?? false;
        }
      }
    },
    findings(table, shown) {
      const say = (cells: number, one: string, many: string, why: string, holdsIdentifier: boolean) => {
        const help = `Look at them by hand, or say what separates the values: split: { ${ref.name}: ", " }.`;
        const message = `${cells === 1 ? "a cell" : `${cells} cells`} of ${ref.name} of ${shown} ${cells === 1 ? one : many} ${why}`;
        return finding(table, "GAP", "warning", message, {
          column: ref.column.name,
          help,
          gap: { where: `${shown}.${ref.name}`, holdsIdentifier },
        });
      };
      return [
        ...(among > 0
          ? [
              say(
                among,
                "holds",
                "hold",
                "an identifier among others: what is more than the value is not matched",
                true,
              ),
            ]
          : []),
        ...(binary > 0 ? [say(binary, "is", "are", "binary and cannot be compared", false)] : []),
        ...(broken > 0 ? [say(broken, "is", "are", "no JSON and cannot be searched", brokenTells)] : []),
      ];
    },
  };
}
