/**
 * Why a planned record is not in its file any more. A record is named by its bytes, so one that was changed is missing as
 * one that was removed is; where it stood tells them apart: between its neighbours there is nothing, or something.
 */
import { openBlocks, openFormat } from "./open-format.ts";
import type { RecordChange } from "./record-format.ts";
import { contentOf, END, type Fingerprint, keyedChecksum, partsOf, START } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";

export interface Missing {
  readonly id: string;
  /** null where the plan says nothing of its neighbours. */
  readonly planned: Pick<Fingerprint, "before" | "after"> | null;
  readonly change: RecordChange;
}

/** Missing records that stood side by side, between two that may be there. */
interface Gap {
  readonly before: string;
  readonly after: string;
  readonly records: readonly Missing[];
}

/** More records than this side by side are not compared one by one. */
const LONGEST = 1000;

/**
 * The ids of those that are gone, or as wanted already: their neighbours stand side by side, or between them stand as many
 * records that are as the change leaves them. Everything else counts as changed, and so does what stood beside a record
 * that is there several times: nobody can say which of them it was.
 */
export async function goneRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  missing: readonly Missing[],
): Promise<ReadonlySet<string>> {
  const gaps = Map.groupBy(gapsOf(missing), ({ after }) => after);
  const longest = Math.min(LONGEST, Math.max(0, ...[...gaps.values()].flat().map(({ records }) => records.length)));
  const format = openFormat(rule, { changes: missing.map(({ change }) => change) });
  const checksum = keyedChecksum(rule);
  const closed: Gap[] = [];
  const counts = new Map<string, number>(
    [...gaps.values()].flat().flatMap(({ before, after }) => [before, after].map((sum) => [sum, 0] as const)),
  );
  // the last records passed, the newest last
  let passed: { readonly sum: string; readonly row: unknown }[] = [{ sum: START, row: null }];
  const close = (sum: string) => {
    for (const gap of gaps.get(sum) ?? []) {
      const { before, records } = gap;
      const between = passed.slice(passed.length - records.length);
      const isClosed = passed.at(-1)?.sum === before;
      const areAsWanted =
        records.length < passed.length &&
        passed[passed.length - records.length - 1]?.sum === before &&
        records.every(
          ({ change }, at) =>
            !change.remove &&
            change.parts.every((part) => format.isAsWanted(between[at]?.row, { ...part, lookups: null })),
        );
      if (isClosed || areAsWanted) closed.push(gap);
    }
  };
  for await (const { bytes, pieces } of openBlocks(source, rule, format)) {
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const sum = checksum(format.named(row, contentOf(bytes, start, end))).toString(36);
      close(sum);
      const count = counts.get(sum);
      if (count !== undefined) counts.set(sum, count + 1);
      passed.push({ sum, row });
      if (passed.length > 2 * longest + 2) passed = passed.slice(-longest - 1);
    }
  }
  close(END);
  const isOne = (sum: string) => (counts.get(sum) ?? 0) <= 1;
  return new Set(
    closed
      .filter(({ before, after }) => isOne(before) && isOne(after))
      .flatMap(({ records }) => records.map(({ id }) => id)),
  );
}

function gapsOf(missing: readonly Missing[]): Gap[] {
  const known = missing.flatMap(({ planned, ...one }) =>
    planned === null ? [] : [{ ...one, planned, sum: partsOf(one.id).sum }],
  );
  const next = new Map(known.map((one) => [`${one.planned.before} ${one.sum}`, one]));
  const bySum = Map.groupBy(known, ({ sum }) => sum);
  const hasLeft = (one: (typeof known)[number]) =>
    bySum.get(one.planned.before)?.some((left) => left.planned.after === one.sum) === true;
  return known
    .filter((one) => !hasLeft(one))
    .map((first) => {
      const records = new Set([first]);
      for (let last = first; ;) {
        const right = next.get(`${last.sum} ${last.planned.after}`);
        if (right === undefined || records.has(right))
          return { before: first.planned.before, after: last.planned.after, records: [...records] };
        records.add(right);
        last = right;
      }
    });
}
