import { Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import { purgedType } from "../planner/due-rules.ts";
import type { Readers } from "../planner/readers.ts";
import { backupResidue, mergeResidue } from "../planner/residue.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import type { Receipt } from "../state/journal.ts";

/**
 * What the systems still keep of what the request's attempts erased. Dates stay those of the deed: a system that is asked
 * again counts from today. Backups are as each attempt found them declared; what is marked as deleted, or was until now,
 * is in those that were made up to today too. `purged`: what a purge has just said is left
 * of each record; it knows more than whoever only reads.
 */
export async function residueSeen(
  map: DataMap,
  readers: Readers,
  receipts: readonly Receipt[],
  how: {
    readonly purged?: ReadonlyMap<string, readonly Residue[]>;
    /** Record types of which nothing is marked any more: they are asked as their purge left them. */
    readonly gone?: ReadonlySet<string>;
    /** Civil day at the controller. */
    readonly today: string;
    /** Whether what this attempt removed or changed can still be brought back. */
    isKept(receipt: Receipt): boolean;
  },
): Promise<readonly Residue[]> {
  const { purged } = how;
  const noted = receipts.flatMap(({ residue = [] }) => residue);
  const acted = new Set(
    receipts
      .filter((one) => one.deleted + one.changed + one.minimised + one.own > 0)
      .map((one) => `${one.system}.${one.record}`),
  );
  const marked = new Set(receipts.filter(({ marked: count = 0 }) => count > 0).map(({ system }) => system));
  const seen: Residue[] = [
    ...noted.filter(({ mechanism }) => mechanism.startsWith("backups:")),
    ...receipts
      .filter((one) => how.isKept(one))
      .flatMap(({ residue = [] }) => residue.filter(isUndo).map((one) => withoutPast(one, how.today))),
    ...backupResidue(map, marked, how.today),
  ];
  for (const record of recordTypes(map).filter(({ id }) => acted.has(id))) {
    const left = purged?.get(record.id);
    if (left !== undefined) {
      seen.push(...left.map((one) => asOfTheDeed(one, noted)));
      continue;
    }
    try {
      const target = targetOf(map, how.gone?.has(record.id) === true ? purgedType(record) : record);
      for await (const one of (await readers.of(record.system)).residue(target)) seen.push(asOfTheDeed(one, noted));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      seen.push({ system: record.system, mechanism: "unknown", goneBy: null });
    }
  }
  // what left the map can not be asked any more: the last word on it is the attempt's
  const known = new Set(recordTypes(map).map(({ id }) => id));
  const gone = receipts
    .filter((one) => !known.has(`${one.system}.${one.record}`))
    .flatMap(({ residue = [] }) => residue.filter((one) => !isUndo(one)));
  return mergeResidue([...seen, ...gone]);
}

function isUndo({ mechanism }: Residue): boolean {
  return mechanism === "undo";
}

function asOfTheDeed(now: Residue, noted: readonly Residue[]): Residue {
  const then = noted.filter(
    ({ system, mechanism, goneBy }) => system === now.system && mechanism === now.mechanism && goneBy !== null,
  );
  return now.goneBy === null || then.length === 0 ? now : (mergeResidue(then)[0] ?? now);
}

/** Its window has ended and it is there still: a legal hold keeps it, and nobody knows until when. */
function withoutPast(one: Residue, today: string): Residue {
  return one.goneBy !== null && one.goneBy < today ? { ...one, goneBy: null } : one;
}
