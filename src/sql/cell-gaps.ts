import type { Finding, Lookup } from "../model/search.ts";
import { finding } from "./findings.ts";
import { type ComparedRef, type ComparedTable, holdsOne, tellsAmong } from "./match-row.ts";
import { Refusal } from "./refusal.ts";
import { textsIn } from "./whose-value.ts";

/** Cells of a matched column that no search finds, by why. */
export interface CellGaps {
  readonly ref: ComparedRef;
  /** Looks at a cell; `text` null: there is nothing in it. `bytes`: it is binary, and `text` is not what it says. */
  look(text: string | null, bytes?: Uint8Array): void;
  findings(table: ComparedTable, shown: string): readonly Finding[];
}

/** Counts the cells of a matched column in which a person's identifier stands, or could, though no search finds it there. */
export function cellGaps(ref: ComparedRef, lookups: readonly Lookup[]): CellGaps {
  const tells = tellsAmong(ref, lookups);
  const isFound = holdsOne(ref, lookups);
  let [among, binary, broken, binaryTells, brokenTells] = [0, 0, 0, false, false];
  return {
    ref,
    look(text, bytes) {
      if (text === null) return;
      if (bytes !== undefined) {
        binary += 1;
        binaryTells ||= readings(bytes).some((one) => isFound(one) || (tells?.(one) ?? false));
      } else if (tells !== undefined || ref.path !== undefined) {
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
      const byHand = "Look at them by hand.";
      const split = `Look at them by hand, or say what separates the values: split: { ${ref.name}: ", " }.`;
      const say = (cells: number, one: string, many: string, why: string, holdsIdentifier: boolean, help = byHand) => {
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
                split,
              ),
            ]
          : []),
        ...(binary > 0 ? [say(binary, "is", "are", "binary and cannot be compared", binaryTells)] : []),
        ...(broken > 0 ? [say(broken, "is", "are", "no JSON and cannot be searched", brokenTells)] : []),
      ];
    },
  };
}

/** What bytes say where they are a text after all. */
function readings(bytes: Uint8Array): readonly string[] {
  return ["utf-8", "utf-16le"].map((encoding) => new TextDecoder(encoding).decode(bytes));
}
