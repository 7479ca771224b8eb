import type { Condition, DataMap, RecordType } from "../model/datamap.ts";
import type { FoundRecord, Findings, Identifiers } from "./locate.ts";
import { locateOne, lookupsFor, unsearchedIn } from "./locate.ts";
import type { Readers } from "./readers.ts";
import { conditionTarget } from "./targets.ts";

/** Whether a condition stands in a record's way. */
export type Stands = (record: string, found: FoundRecord) => boolean;

export interface ConditionScope {
  readonly map: DataMap;
  readonly readers: Readers;
  readonly identifiers: Identifiers;
  readonly found: Findings;
  /** Record types whose pattern matches nothing: not searched. */
  readonly empty: ReadonlySet<string>;
}

/**
 * Looks whether any record of the condition exists. A condition whose match names a column of the record type that
 * waits for it stands in the way of those records only; else of every record of that subject. What could not be looked
 * at, or cannot be told apart, stands in the way: nobody is erased because a search was impossible. `waiting`: the
 * record types that have this condition.
 */
export async function openCondition(scope: ConditionScope, condition: Condition, waiting: readonly RecordType[]): Promise<Stands> {
  const target = conditionTarget(scope.map, condition);
  return target === undefined ? await ofTheRecordItself(scope, condition, waiting) : await ofOthers(scope, condition, target);
}

/** The system itself compares the values: `5` and `5.00` are equal to it. */
async function ofTheRecordItself({ readers, found }: ConditionScope, condition: Condition, waiting: readonly RecordType[]): Promise<Stands> {
  const standing = new Map<string, ReadonlySet<string>>();
  for (const { id } of waiting) {
    const searched = found.get(id);
    if (searched === undefined) continue;
    const matching = await locateOne(readers, { ...searched.target, where: { ...searched.target.where, ...condition.where } }, searched.lookups);
    standing.set(id, new Set(matching.keys()));
  }
  return (record, { key }) => standing.get(record)?.has(key) ?? true;
}

async function ofOthers(
  { map, readers, identifiers, found, empty }: ConditionScope,
  condition: Condition,
  target: NonNullable<ReturnType<typeof conditionTarget>>,
): Promise<Stands> {
  if (empty.has(target.record.id)) return () => true;
  const open = await locateOne(readers, target, lookupsFor(condition.match.terms, identifiers, found, condition.match.mode));
  const unjudged = new Set(unsearchedIn(map, target.record, identifiers, found));
  const edges = condition.match.terms.flatMap(({ column, source }) => (source.kind === "column" ? [{ column, ref: source.ref }] : []));
  // an open record that no value of its subjects' records explains: it may belong to any of them
  const values = new Map(
    edges.map(({ ref }) => [
      `${ref.record}.${ref.column}`,
      new Set([...(found.get(ref.record)?.records.values() ?? [])].flatMap((row) => row.values[ref.column] ?? [])),
    ]),
  );
  const explained = (one: FoundRecord): boolean =>
    edges.some(({ column, ref }) => (one.values[column] ?? []).some((value) => values.get(`${ref.record}.${ref.column}`)?.has(value) ?? false));
  const all = new Set([...open.values()].flatMap((record) => record.subjects));
  const unexplained = new Set([...open.values()].filter((one) => !explained(one)).flatMap((record) => record.subjects));
  return (record, row) => {
    if (row.subjects.some((subject) => unjudged.has(subject))) return true;
    const own = edges.filter(({ ref }) => ref.record === record);
    if (own.length === 0) return row.subjects.some((subject) => all.has(subject));
    if (row.subjects.some((subject) => unexplained.has(subject))) return true;
    return own.some(({ column, ref }) => {
      const mine = row.values[ref.column] ?? [];
      return [...open.values()].some((one) => (one.values[column] ?? []).some((value) => mine.includes(value)));
    });
  };
}
