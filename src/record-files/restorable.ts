/**
 * Which marked records can be given back: those that stand in their file exactly as the mark left them. They are told by
 * all of their text, so that lines that came or went around them do not matter.
 */
import { openBlocks, openFormat } from "./open-format.ts";
import { isPuttingBack, resolvePlaces } from "./put-back.ts";
import type { RecordChange } from "./record-format.ts";
import { isPlaced, type RecordImage } from "./record-image.ts";
import { contentOf, keyedChecksum, partsOf } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";

export interface Restorable {
  /** As the mark left them. */
  readonly ours: ReadonlySet<string>;
  /** As they were before. */
  readonly back: ReadonlySet<string>;
  /** There, and otherwise than the mark left them. */
  readonly changed: ReadonlySet<string>;
}

type Changes = ReadonlyMap<string, Pick<RecordChange, "back">>;

export function isGivingBack(changes: Changes): boolean {
  return changes.values().some(({ back }) => back !== undefined);
}

/** An id in none of the three is not in the file. Reads the whole file. */
export async function restorable(
  source: () => AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: Changes,
): Promise<Restorable> {
  if (isPuttingBack(changes)) return await resolvePlaces(source, rule, changes);
  const images = imagesIn(changes);
  const checksum = keyedChecksum(rule);
  const wanted = new Set(
    images.flatMap(({ before, after }) => [before, after]).map((text) => checksum(Buffer.from(text))),
  );
  const names = new Map(images.map(({ id }) => [Number.parseInt(partsOf(id).sum, 36), 0]));
  const counts = new Map<string, number>();
  const format = openFormat(rule, {});
  for await (const { bytes, pieces } of openBlocks(source(), rule, format)) {
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const content = contentOf(bytes, start, end);
      const name = checksum(format.named(row, content));
      const known = names.get(name);
      if (known !== undefined) names.set(name, known + 1);
      if (!wanted.has(checksum(content))) continue;
      const text = content.toString();
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  const ours = new Set<string>();
  const left: (typeof images)[number][] = [];
  for (const [after, mine] of Map.groupBy(images, (image) => image.after)) {
    const there = counts.get(after) ?? 0;
    // equal since they were marked, and not before: where one of them is gone, nobody can say which
    const alike = new Set(mine.map(({ before }) => before)).size === 1;
    const taken = alike || there === mine.length ? mine.slice(0, there) : [];
    for (const { id } of taken) ours.add(id);
    left.push(...mine.slice(taken.length));
  }
  const back = new Set<string>();
  for (const [before, mine] of Map.groupBy(left, (image) => image.before))
    for (const { id } of mine.slice(0, counts.get(before) ?? 0)) back.add(id);
  const changed = left.filter(({ id }) => !back.has(id) && (names.get(Number.parseInt(partsOf(id).sum, 36)) ?? 0) > 0);
  return { ours, back, changed: new Set(changed.map(({ id }) => id)) };
}

/** Finds the records that are to be given back; call it for every record of a file, in order. */
export function markedFinder(rule: RecordRule, changes: Changes): (content: Buffer) => string | null {
  const checksum = keyedChecksum(rule);
  const waiting = Map.groupBy(imagesIn(changes), ({ after }) => after);
  const checksums = new Set([...waiting.keys()].map((text) => checksum(Buffer.from(text))));
  return (content) =>
    checksums.has(checksum(content)) ? (waiting.get(content.toString())?.shift()?.id ?? null) : null;
}

/** Of several equal ones the first stands first in the file. */
function imagesIn(changes: Changes): (RecordImage & { readonly id: string })[] {
  const place = (id: string) => Number(id.split(".")[3]);
  return [...changes]
    .flatMap(([id, { back }]) => (back === undefined || isPlaced(back) ? [] : [{ id, ...back }]))
    .toSorted((one, other) => place(one.id) - place(other.id));
}
