/**
 * Puts removed and changed records of a file back in their place: between the records that stood around them, which must
 * stand side by side still. Where a file was rewritten several times, the last rewriting is taken back first.
 */
import { createHash } from "node:crypto";
import { Failure } from "../errors.ts";
import { fromUtf8, toUtf8 } from "./charset.ts";
import { openContent, pack } from "./container.ts";
import { counted, openBlocks, openFormat, type Totals } from "./open-format.ts";
import { gapSum, rawNamer } from "./place-recorder.ts";
import type { RecordChange } from "./record-format.ts";
import { isPlaced, type PlacedImage } from "./record-image.ts";
import { END, START } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";
import type { Rewrite, RewriteResult } from "./rewrite-result.ts";

/** The file's own bytes; may be asked for any number of times, as long as they are the same. */
export type Source = () => AsyncIterable<Uint8Array>;

type Changes = ReadonlyMap<string, Pick<RecordChange, "back">>;

interface Kept extends PlacedImage {
  readonly id: string;
}

interface Open extends Kept {
  /** As many records stand somewhere in the file as they were: somebody may have brought the file back. */
  readonly isThere: boolean;
}

/** A record that comes into the file. */
interface Coming {
  readonly id: string;
  readonly text: string;
  /** Bytes, of what lies between the records there, before it. */
  readonly offset: number;
}

/** What is done to the file, by how many of its records stand before. */
interface Edits {
  readonly coming: Map<number, readonly Coming[]>;
  readonly written: Map<number, { readonly id: string; readonly text: string }>;
}

interface Resolved {
  /** To be put back. */
  readonly ours: ReadonlySet<string>;
  /** In the file as they were. */
  readonly back: ReadonlySet<string>;
  /** What stood around them, or they, is another. */
  readonly changed: ReadonlySet<string>;
  readonly edits: Edits;
}

export function isPuttingBack(changes: Changes): boolean {
  return changes.values().some(({ back }) => back !== undefined && isPlaced(back));
}

/** Which of these records can be put back. Reads the file once for each rewriting, and once more. */
export async function resolvePlaces(source: Source, rule: RecordRule, changes: Changes): Promise<Resolved> {
  const kept = [...changes].flatMap(([id, { back }]): readonly Kept[] =>
    back === undefined || !isPlaced(back) ? [] : [{ id, ...back }],
  );
  const there = await countTexts(
    source,
    rule,
    new Set(kept.flatMap(({ before, after }) => (after === null ? [before] : [before, after]))),
  );
  const isThere = (some: readonly Kept[], text: string): boolean => (there.get(text) ?? 0) >= some.length;
  const open = [...Map.groupBy(kept, (one) => one.before)].flatMap(([before, some]) =>
    some.map((one): Open => ({ ...one, isThere: isThere(some, before) })),
  );
  const edits: Edits = { coming: new Map(), written: new Map() };
  const ours = new Set<string>();
  const turns = Map.groupBy(open, ({ turn }) => turn);
  for (const turn of [...turns.keys()].toSorted((one, other) => other - one))
    for (const id of await resolveTurn(source, rule, turns.get(turn) ?? [], edits)) ours.add(id);
  const left = open.filter(({ id }) => !ours.has(id));
  const back = new Set(left.flatMap(({ id, isThere: is }) => (is ? [id] : [])));
  // what stood beside it is another, or it is
  const changed = new Set(left.flatMap(({ id }) => (back.has(id) ? [] : [id])));
  return { ours, back, changed, edits };
}

/** Those of these records that are back, wherever in the file. */
export async function textsBack(source: Source, rule: RecordRule, changes: Changes): Promise<ReadonlySet<string>> {
  const kept = [...changes].flatMap(([id, { back }]) =>
    back === undefined || !isPlaced(back) ? [] : [{ id, before: back.before }],
  );
  const there = await countTexts(source, rule, new Set(kept.map(({ before }) => before)));
  return new Set(
    [...Map.groupBy(kept, ({ before }) => before)].flatMap(([before, some]) =>
      (there.get(before) ?? 0) >= some.length ? some.map(({ id }) => id) : [],
    ),
  );
}

async function countTexts(
  source: Source,
  rule: RecordRule,
  texts: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const nameOf = rawNamer(rule);
  const names = new Set([...texts].map((text) => nameOf(Buffer.from(text))));
  const counts = new Map<string, number>();
  for await (const { bytes, pieces } of openBlocks(source(), rule, openFormat(rule, {})))
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const raw = bytes.subarray(start, end);
      if (!names.has(nameOf(raw))) continue;
      const text = raw.toString();
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  return counts;
}

/** A gap between two records, or a record, of the file as it is with what comes into it so far. */
interface Spot {
  /** Records of the file itself before it. */
  readonly base: number;
  /** How many of those that come into the file there stand before it. */
  readonly among: number;
  /** Bytes since the last record of the file itself. */
  readonly from: number;
}

/** Where records with the same neighbours (or the same text, where they were changed) could belong. */
interface Family {
  /** In the order of the file. */
  readonly members: readonly Group[];
  readonly exact: Map<number, Spot>;
  readonly spots: Spot[];
}

/** Adds to `edits` what can be taken back of one rewriting; the ids. */
async function resolveTurn(
  source: Source,
  rule: RecordRule,
  kept: readonly Open[],
  edits: Edits,
): Promise<readonly string[]> {
  const removed = familiesOf(
    kept.filter(({ after }) => after === null),
    gapName,
  );
  const nameOf = rawNamer(rule);
  const altered = familiesOf(
    kept.filter(({ after }) => after !== null),
    ({ after }) => nameOf(Buffer.from(after ?? "")),
  );
  let [at, prev] = [0, START];
  let last: { readonly family: Family; readonly prev: string; readonly spot: Spot; readonly at: number } | undefined;
  const gapsHere = (name: string, gap: string, spot: Spot): void => {
    const family = removed.get(gapName({ place: { prev, next: name, gap } }));
    if (family !== undefined) note(family, at, spot);
    if (last === undefined) return;
    const { family: texts, prev: before } = last;
    // a record that was changed stands there still: one of its neighbours is enough
    if (texts.members.some(([one]) => one?.place.prev === before || one?.place.next === name))
      note(texts, last.at, last.spot);
    last = undefined;
  };
  for await (const piece of withComing(source, rule, edits)) {
    if (piece.kind === "end") gapsHere(END, piece.gap, piece.spot);
    if (piece.kind !== "record") continue;
    const name = nameOf(piece.raw);
    gapsHere(name, piece.gap, piece.spot);
    const family = piece.isOwn ? altered.get(name) : undefined;
    if (family?.members[0]?.[0]?.after === piece.raw.toString()) last = { family, prev, spot: piece.record, at };
    prev = name;
    at += 1;
  }
  const ours: string[] = [];
  for (const { some, spot } of placesIn(altered)) {
    const [one] = some;
    if (one === undefined || edits.written.has(spot.base)) continue;
    edits.written.set(spot.base, { id: one.id, text: one.before });
    ours.push(one.id);
  }
  const spots = placesIn(removed);
  // behind the others first, so that the numbers of those before stay
  for (const { some, spot } of spots.toSorted((one, other) => other.spot.among - one.spot.among)) {
    const list = edits.coming.get(spot.base) ?? [];
    const mine = some.map(({ id, before, place }) => ({ id, text: before, offset: spot.from + place.offset }));
    edits.coming.set(spot.base, list.toSpliced(spot.among, 0, ...mine));
    ours.push(...some.map(({ id }) => id));
  }
  return ours;
}

type Group = readonly Open[];

function gapName({ place: { prev, next, gap } }: { readonly place: Pick<Kept["place"], "prev" | "next" | "gap"> }) {
  return JSON.stringify([prev, next, gap]);
}

/** What was removed side by side is one member. */
function familiesOf(kept: readonly Open[], nameOf: (one: Open) => string): ReadonlyMap<string, Family> {
  return new Map(
    [...Map.groupBy(kept, nameOf)].map(([name, some]) => [
      name,
      {
        members: [...Map.groupBy(some, ({ place }) => place.at)]
          .toSorted(([one], [other]) => one - other)
          .map(([, group]): Group => group.toSorted((one, other) => one.place.nth - other.place.nth)),
        exact: new Map(),
        spots: [],
      },
    ]),
  );
}

function note({ members, exact, spots }: Family, at: number, spot: Spot): void {
  exact.set(at, spot);
  // more than there are members tell nothing
  if (spots.length <= members.length) spots.push(spot);
}

/**
 * At its own place in the file; else, where there are just as many places as members, each at its own in the order: but for
 * what is in the file already. Else nobody can say where.
 */
function placesIn(families: ReadonlyMap<string, Family>): readonly { readonly some: Group; readonly spot: Spot }[] {
  return [...families.values()].flatMap(({ members, exact, spots }) => {
    const isEach = members.every(([first]) => first !== undefined && exact.has(first.place.at));
    return members.flatMap((some, nth) => {
      const at = some[0]?.place.at;
      const isOneEach = spots.length === members.length && !some.some(({ isThere }) => isThere);
      const spot = isEach && at !== undefined ? exact.get(at) : isOneEach ? spots[nth] : undefined;
      return spot === undefined ? [] : [{ some, spot }];
    });
  });
}

type VirtualPiece =
  | {
      readonly kind: "record";
      readonly raw: Buffer;
      /** What lies before it. */
      readonly gap: string;
      /** The gap before it, and itself. */
      readonly spot: Spot;
      readonly record: Spot;
      /** It is the file's own, and written anew by nobody. */
      readonly isOwn: boolean;
    }
  | { readonly kind: "end"; readonly gap: string; readonly spot: Spot };

/** The records of the file as it will be. */
async function* withComing(source: Source, rule: RecordRule, edits: Edits): AsyncGenerator<VirtualPiece> {
  const gap = gapSum();
  let [base, among, seen] = [0, 0, 0];
  let spot: Spot = { base: 0, among: 0, from: 0 };
  const take = (): { gap: string; spot: Spot } => {
    const taken = { gap: gap.text(), spot };
    gap.clear();
    return taken;
  };
  function* comingUpTo(limit: number, bytes: Buffer, start: number): Generator<VirtualPiece, number> {
    let from = start;
    const list = edits.coming.get(base) ?? [];
    for (let one = list[among]; one !== undefined && one.offset <= limit; one = list[among]) {
      const end = from + Math.max(0, one.offset - seen);
      gap.add(bytes.subarray(from, end));
      seen += end - from;
      from = end;
      const record = { base, among, from: seen };
      yield { kind: "record", raw: Buffer.from(one.text), ...take(), record, isOwn: false };
      among += 1;
      spot = { base, among, from: seen };
    }
    return from;
  }
  for await (const { bytes, pieces } of openBlocks(source(), rule, openFormat(rule, {})))
    for (const { start, end, row } of pieces) {
      if (row === null) {
        // what stands right behind it comes with the next one: more may lie between
        const from = yield* comingUpTo(seen + end - start - 1, bytes, start);
        gap.add(bytes.subarray(from, end));
        seen += end - from;
        continue;
      }
      yield* comingUpTo(Number.POSITIVE_INFINITY, bytes.subarray(0, 0), 0);
      const written = edits.written.get(base);
      const raw = written === undefined ? bytes.subarray(start, end) : Buffer.from(written.text);
      const record = { base, among: 0, from: 0 };
      yield { kind: "record", raw, ...take(), record, isOwn: written === undefined };
      base += 1;
      [among, seen] = [0, 0];
      spot = { base, among: 0, from: 0 };
    }
  yield* comingUpTo(Number.POSITIVE_INFINITY, Buffer.alloc(0), 0);
  yield { kind: "end", ...take() };
}

/** The file with those of these records that can be put back, in the same compression and encoding. */
export function putBackRecords(source: Source, rule: RecordRule, changes: Changes): Rewrite {
  let result: RewriteResult | null = null;
  const output = async function* (): AsyncGenerator<Uint8Array> {
    const { edits } = await resolvePlaces(source, rule, changes);
    const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
    const [kept, written] = [createHash("sha256"), createHash("sha256")];
    const changed: string[] = [];
    const changedAt: number[] = [];
    let [out, bytesOut] = [0, 0];
    const content = await openContent(counted(source(), totals), rule.name);
    const edited = async function* (): AsyncGenerator<Buffer> {
      let [seen, among] = [0, 0];
      const parts: Buffer[] = [];
      const keep = (bytes: Buffer): void => {
        if (bytes.length === 0) return;
        kept.update(bytes);
        parts.push(bytes);
      };
      const put = (id: string, text: string): void => {
        changed.push(id);
        changedAt.push(out);
        out += 1;
        parts.push(Buffer.from(text));
      };
      /** Those that stand up to `limit` bytes behind the last record; where the rest of these bytes begins. */
      const come = (limit: number, bytes: Buffer, start: number): number => {
        let from = start;
        const list = edits.coming.get(totals.records) ?? [];
        for (let one = list[among]; one !== undefined && one.offset <= limit; one = list[among]) {
          const end = from + Math.max(0, one.offset - seen);
          keep(bytes.subarray(from, end));
          seen += end - from;
          from = end;
          put(one.id, one.text);
          among += 1;
        }
        return from;
      };
      for await (const { bytes, pieces } of openFormat(rule, {}).blocks(
        toUtf8(content.bytes, rule.encoding, rule.name),
      )) {
        for (const { start, end, row } of pieces) {
          if (row === null) {
            const from = come(seen + end - start - 1, bytes, start);
            keep(bytes.subarray(from, end));
            seen += end - from;
            continue;
          }
          come(Number.POSITIVE_INFINITY, bytes.subarray(0, 0), 0);
          const anew = edits.written.get(totals.records);
          if (anew === undefined) {
            keep(bytes.subarray(start, end));
            out += 1;
          } else put(anew.id, anew.text);
          totals.records += 1;
          [seen, among] = [0, 0];
        }
        if (parts.length > 0) yield Buffer.concat(parts.splice(0));
      }
      come(Number.POSITIVE_INFINITY, Buffer.alloc(0), 0);
      if (parts.length > 0) yield Buffer.concat(parts.splice(0));
    };
    for await (const chunk of pack(fromUtf8(edited(), rule.encoding, rule.name), content.compression)) {
      written.update(chunk);
      bytesOut += chunk.length;
      yield chunk;
    }
    result = {
      matched: changed,
      changed,
      alreadyAsWanted: [],
      moved: [],
      images: new Map(),
      records: totals.records,
      removed: totals.records - out,
      bytesIn: totals.bytes,
      bytesOut,
      sha256: written.digest("hex"),
      keptSha256: kept.digest("hex"),
      changedAt,
    };
  };
  return {
    output: output(),
    result: () => {
      if (result === null) throw new Failure("UNEXPECTED", "the output of a rewriting was not read to its end");
      return result;
    },
  };
}
