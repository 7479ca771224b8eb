/** A unit's records a bounded part after the other, and once more those that only another part can set free. */
import type { SealedRecord, SealedStep } from "../model/plan.ts";
import type { Place } from "../model/datamap.ts";
import type { PlannedSteps } from "./planned-steps.ts";

/** Records of a part that is put together of several. As the sealed store's own parts. */
const PART = 2000;
/** The most that come all at once in the end. */
const MOST = 20_000;

/** Records that each are found by themselves. A file is written once for all of its records, and an object read. */
const EACH_BY_ITSELF: ReadonlySet<Place["kind"]> = new Set(["table", "index"]);

/**
 * The steps of a unit as they are done: bounded parts where it is one step whose records each lie for themselves; all at
 * once where several go together, or a file is written once for all of them.
 */
export async function* piecesOf(
  { heads, pieces, whole }: PlannedSteps,
  ids: readonly string[],
): AsyncGenerator<readonly SealedStep[]> {
  const [head, ...more] = heads.filter(({ step }) => ids.includes(step));
  if (head === undefined || more.length > 0 || !EACH_BY_ITSELF.has(head.target.record.place.kind)) {
    yield await whole(ids);
    return;
  }
  // what all parts share stands in the first one alone
  for await (const { records } of pieces(ids)) yield [{ ...head, records }];
}

export interface PieceTurn {
  /** Nothing else of the unit comes before or after it. */
  readonly only: boolean;
  /** What stays for another record's sake may be left for later. */
  readonly mayComeAgain: boolean;
}

/**
 * Does each part; `work` answers with the keys that wait for others, which come again as long as that sets any of them
 * free: rows of a table that references itself go children first that way, whatever their order. Those that never are
 * free by themselves, since they reference each other, come all at once in the end. Cut at any point, what is done is done:
 * a row goes only when nothing references it any more.
 */
export async function eachPiece(
  { pieces }: { pieces(): AsyncIterable<readonly SealedStep[]> },
  work: (sealed: readonly SealedStep[], turn: PieceTurn) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const waiting = marks();
  let first: readonly SealedStep[] | undefined;
  let at = 0;
  const pass = async (sealed: readonly SealedStep[], from: number): Promise<void> => {
    const again = await work(sealed, { only: false, mayComeAgain: true });
    if (again.size > 0)
      for (const [nth, { key }] of (sealed[0]?.records ?? []).entries()) if (again.has(key)) waiting.set(from + nth);
  };
  let isSeveral = false;
  for await (const sealed of pieces()) {
    // whether it is the only one is known when there is no other
    if (first === undefined) first = sealed;
    else {
      if (!isSeveral) at += await passed(first, at, pass);
      isSeveral = true;
      at += await passed(sealed, at, pass);
    }
  }
  if (first !== undefined && !isSeveral) await work(first, { only: true, mayComeAgain: false });
  for (let before = Infinity; waiting.size > 0 && waiting.size < before;) {
    before = waiting.size;
    for await (const { sealed, ordinals } of those(pieces(), waiting, PART)) {
      const again = await work([sealed], { only: false, mayComeAgain: true });
      for (const [nth, { key }] of sealed.records.entries()) if (!again.has(key)) waiting.delete(ordinals[nth] ?? -1);
    }
  }
  if (waiting.size === 0) return;
  for await (const { sealed } of those(pieces(), waiting, MOST))
    await work([sealed], { only: false, mayComeAgain: false });
}

async function passed(
  sealed: readonly SealedStep[],
  from: number,
  pass: (sealed: readonly SealedStep[], from: number) => Promise<void>,
): Promise<number> {
  await pass(sealed, from);
  return sealed[0]?.records.length ?? 0;
}

interface Those {
  readonly sealed: SealedStep;
  readonly ordinals: readonly number[];
}

/** The marked records of a unit's one step, so many at a time. */
async function* those(
  pieces: AsyncIterable<readonly SealedStep[]>,
  marked: Marks,
  most: number,
): AsyncGenerator<Those> {
  let [records, ordinals]: [SealedRecord[], number[]] = [[], []];
  let head: SealedStep | undefined;
  let at = 0;
  for await (const [step] of pieces) {
    if (step === undefined) continue;
    head = step;
    for (const record of step.records) {
      if (marked.has(at)) {
        records.push(record);
        ordinals.push(at);
      }
      at += 1;
      if (records.length < most) continue;
      yield { sealed: { ...step, records }, ordinals };
      [records, ordinals] = [[], []];
    }
  }
  if (head !== undefined && records.length > 0) yield { sealed: { ...head, records }, ordinals };
}

interface Marks {
  readonly size: number;
  has(at: number): boolean;
  set(at: number): void;
  delete(at: number): void;
}

/** A byte a record: a million of them are one megabyte. */
function marks(): Marks {
  let bytes = new Uint8Array(PART);
  let size = 0;
  return {
    get size() {
      return size;
    },
    has: (at) => bytes[at] === 1,
    set(at) {
      if (at >= bytes.length) {
        const more = new Uint8Array(Math.max(at + 1, bytes.length * 2));
        more.set(bytes);
        bytes = more;
      }
      if (bytes[at] !== 1) size += 1;
      bytes[at] = 1;
    },
    delete(at) {
      if (bytes[at] === 1) size -= 1;
      if (at < bytes.length) bytes[at] = 0;
    },
  };
}
