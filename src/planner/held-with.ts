import type { RecordType } from "../model/datamap.ts";
import { comparable } from "../model/fold.ts";
import type { Disposition } from "../model/plan.ts";
import type { Circumstances, Decided } from "./circumstances.ts";
import type { FoundRecord } from "./locate.ts";

interface Parent {
  readonly type: string;
  readonly record: FoundRecord;
}

/** For each match edge of a record type: the parent's value -> parents; under "" all of them. */
type ParentIndex = ReadonlyMap<string, { readonly byValue: ReadonlyMap<string, readonly Parent[]>; readonly all: readonly Parent[] }>;

type Held = Extract<Disposition, { kind: "kept" } | { kind: "waiting" }>;

export function parentIndex({ found }: Circumstances, type: RecordType): ParentIndex {
  return new Map(
    type.match.terms.flatMap(({ column, source }) => {
      if (source.kind !== "column") return [];
      const all = [...(found.get(source.ref.record)?.records.values() ?? [])].map((record): Parent => ({ type: source.ref.record, record }));
      const byValue = new Map<string, Parent[]>();
      for (const parent of all) {
        for (const value of parent.record.values[source.ref.column] ?? []) {
          const known = byValue.get(value);
          if (known === undefined) byValue.set(value, [parent]);
          else known.push(parent);
        }
      }
      return [[column, { all, byValue }] as const];
    }),
  );
}

/**
 * A record that is reached only through held records is held with them: an invoice's lines, with the longest of their
 * dates; they wait where nobody knows the date. Where no parent's value reads like the record's own (`1` and `1.00` are
 * equal to the database), any held parent of its people may be the one, and counts. `shielded`: keys of records that
 * `protects` keeps.
 */
export function heldWith(
  circumstances: Circumstances,
  decided: Decided,
  type: RecordType,
  record: FoundRecord,
  index: ParentIndex,
  shielded: ReadonlySet<string>,
): Held | undefined {
  if (reachedByIdentity(circumstances, type, record)) return undefined;
  const hold = ({ type: of, record: parent }: Parent): Held | undefined => {
    const disposition = decided.get(of)?.get(parent.key);
    if (disposition?.kind === "waiting" && disposition.on === "no_date") return disposition;
    if (disposition?.kind !== "kept") return undefined;
    return disposition.reason === "held_by" && !shielded.has(`${of}\n${parent.key}`) ? undefined : disposition;
  };
  const explained = [...index].flatMap(([column, { byValue }]) => (record.values[column] ?? []).flatMap((value) => byValue.get(value) ?? []));
  if (explained.length > 0) {
    const holds = explained.map(hold);
    return holds.every((one) => one !== undefined) ? together(type, holds) : undefined;
  }
  const candidates = [...index.values()]
    .flatMap(({ all }) => all)
    .filter(({ record: parent }) => parent.subjects.some((subject) => record.subjects.includes(subject)));
  return together(
    type,
    candidates.flatMap((parent) => hold(parent) ?? []),
  );
}

function reachedByIdentity({ map, identifiers }: Circumstances, type: RecordType, record: FoundRecord): boolean {
  return type.match.terms.some(({ column, source }) => {
    if (source.kind !== "identity") return false;
    const identity = map.identities.find((one) => one.name === source.identity);
    const given = record.subjects.flatMap((subject) => identifiers[subject]?.get(source.identity) ?? []);
    if (given.length === 0 || identity === undefined) return false;
    const stored = new Set((record.values[column] ?? []).map((value) => comparable(value, identity.type, identity.fold)));
    return given.some((one) => stored.has(comparable(one, identity.type, identity.fold)));
  });
}

function together(type: RecordType, holds: readonly Held[]): Held | undefined {
  const waiting = holds.find((one) => one.kind === "waiting");
  if (waiting !== undefined) return waiting;
  const kept = holds.flatMap((one) => (one.kind === "kept" ? [one] : []));
  const until = kept
    .map((one) => one.until)
    .toSorted()
    .at(-1);
  if (until === undefined) return undefined;
  return { kind: "kept", reason: "held_with", until, law: [...new Set(kept.flatMap((one) => one.law))], minimise: type.whileHeld?.keepOnly !== undefined };
}
