import type { RecordType } from "../model/datamap.ts";
import { comparable, comparableOf } from "../model/fold.ts";
import { latestFirst, untilOf } from "../model/hold-ends.ts";
import type { Disposition } from "../model/plan.ts";
import type { Deciding } from "./deciding.ts";
import { type FoundRecord, type FoundRecords, valuesAt } from "./found.ts";
import { goneName } from "./lookups.ts";
import { holdsOf } from "./under-legal-hold.ts";

/** The parents of one match edge of a record type. */
interface Parents {
  readonly parent: string;
  readonly from: string;
  readonly column: string;
  /** Keys of the parent's records by the value that leads on. */
  readonly byValue: ReadonlyMap<string, readonly string[]>;
}

/** One for each match edge of a record type. */
export type ParentIndex = readonly Parents[];

type Held = Extract<Disposition, { kind: "kept" } | { kind: "waiting" }>;

/** Why a record waits of which what it leads to is a part: a new order has new lines. */
const SPREADING: ReadonlySet<string> = new Set(["no_date", "newer_than_request", "age_unknown"]);

export interface HeldWith {
  readonly deciding: Deciding;
  /**
   * What was decided of a parent so far, by each record type that found it. `isProtected`: `protects` keeps it, and then
   * what it leads to is held with it.
   */
  of(record: string, key: string): readonly { readonly disposition: Disposition; readonly isProtected: boolean }[];
  /** Keys. */
  byPerson(record: string, person: number): readonly string[];
}

export function parentIndex({ found }: Deciding, type: RecordType): ParentIndex {
  return type.match.terms.flatMap(({ column, source }) => {
    if (source.kind !== "column") return [];
    const byValue = parentsByValue(found.get(source.ref.record)?.records, source.ref.column);
    return [{ parent: source.ref.record, from: source.ref.column, column, byValue }];
  });
}

/** Keys of these records by the value that leads on. */
export function parentsByValue(
  records: Pick<FoundRecords, "values"> | undefined,
  column: string,
): ReadonlyMap<string, readonly string[]> {
  const byValue = new Map<string, string[]>();
  for (const { key, values } of records?.values() ?? []) {
    for (const value of valuesAt(values, column)) {
      const same = byValue.get(value);
      if (same === undefined) byValue.set(value, [key]);
      else same.push(key);
    }
  }
  return byValue;
}

/**
 * A record that is reached only through held records is held with them: an invoice's lines, with the longest of their
 * dates; they wait where nobody knows the date, and with a record that came after the request. Where no parent's value reads like the record's own (`1` and `1.00` are
 * equal to the database), any held parent of its people may be the one, and counts; but for a parent that is known to
 * have gone.
 */
export function heldWith(scope: HeldWith, type: RecordType, record: FoundRecord, index: ParentIndex): Held | undefined {
  if (index.length === 0 || reachedByIdentity(scope.deciding, type, record)) return undefined;
  const hold = (of: string, parent: string): Held | undefined =>
    longest(
      scope.of(of, parent).flatMap(({ disposition, isProtected }): readonly Held[] => {
        if (disposition.kind === "waiting") return SPREADING.has(disposition.reason) ? [disposition] : [];
        return disposition.kind !== "kept" || (disposition.reason === "held_by" && !isProtected) ? [] : [disposition];
      }),
    );
  const explained = index.flatMap(({ parent, column, byValue }) =>
    valuesAt(record.values, column).flatMap((value) => (byValue.get(value) ?? []).map((one) => ({ parent, one }))),
  );
  if (explained.length > 0) {
    const holds = explained.map(({ parent, one }) => hold(parent, one));
    return holds.every((one) => one !== undefined) ? together(type, holds) : undefined;
  }
  const open = index.filter(({ parent, from, column }) => {
    const gone = scope.deciding.gone.get(goneName(parent, from));
    const mine = valuesAt(record.values, column);
    return mine.length === 0 || gone === undefined || !mine.every((value) => gone.has(value));
  });
  const candidates = open.flatMap(({ parent }) =>
    record.subjects.flatMap((person) => scope.byPerson(parent, person).map((one) => ({ parent, one }))),
  );
  return together(
    type,
    candidates.flatMap(({ parent, one }) => hold(parent, one) ?? []),
  );
}

/** Of what several record types decided of one record. */
function longest(holds: readonly Held[]): Held | undefined {
  const kept = holds.flatMap((one) => (one.kind === "kept" ? [one] : []));
  const last = kept.toSorted(latestFirst)[0];
  if (holds.length === kept.length || last?.holds !== undefined)
    return last === undefined || kept.length === 1
      ? last
      : { ...last, law: [...new Set(kept.flatMap((one) => one.law))], ...holdsOf(kept) };
  return holds.find((one) => one.kind === "waiting");
}

function reachedByIdentity({ map, identifiers }: Deciding, type: RecordType, record: FoundRecord): boolean {
  return type.match.terms.some(({ column, source }) => {
    if (source.kind !== "identity") return false;
    const identity = map.identities.find((one) => one.name === source.identity);
    const given = record.subjects.flatMap((subject) => identifiers[subject]?.get(source.identity) ?? []);
    if (given.length === 0 || identity === undefined) return false;
    const stored = valuesAt(record.values, column);
    // a path through an array has no value of its own here: it may well be reached by the identity itself
    if (stored.length === 0) return column.includes("[]");
    const texts = new Set(stored.map((value) => comparable(value, identity.type, identity.fold)));
    return given.some((one) => texts.has(comparableOf(one, identity.type)));
  });
}

function together(type: RecordType, holds: readonly Held[]): Held | undefined {
  const waiting = holds.find((one) => one.kind === "waiting");
  if (waiting !== undefined) return waiting;
  const kept = holds.flatMap((one) => (one.kind === "kept" ? [one] : []));
  const last = kept.toSorted(latestFirst)[0];
  if (last === undefined) return undefined;
  const whole = kept.some((one) => one.whole === true);
  return {
    kind: "kept",
    // a person must look at this one as well: the step of the parent may not be part of the plan
    reason: last.reason === "review" ? last.reason : "held_with",
    ...untilOf(last),
    law: [...new Set(kept.flatMap((one) => one.law))],
    ...(last.says === undefined ? {} : { says: last.says }),
    minimise: !whole && type.whileHeld?.keepOnly !== undefined,
    ...(whole ? { whole } : {}),
    ...holdsOf(kept),
  };
}
