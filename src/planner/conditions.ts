import type { Condition, DataMap, RecordType } from "../model/datamap.ts";
import type { Located, Target } from "../model/search.ts";
import { type FoundRecord, valuesAt } from "./found.ts";
import { locateOne, unsearchedIn } from "./locate.ts";
import { conditionLookups, type Searching } from "./lookups.ts";
import { conditionTarget } from "./targets.ts";

/** What a condition found. */
export interface Judgement {
  /** Whether it keeps this record of this record type waiting. */
  keeps(record: string, found: FoundRecord): boolean;
  /** The records of others that it read as open. */
  readonly open?: {
    readonly system: string;
    /** By address: whose they are. */
    readonly records: ReadonlyMap<string, readonly number[]>;
  };
}

export interface ConditionScope {
  readonly map: DataMap;
  readonly searching: Searching;
  /** Record types whose pattern matches nothing: not searched. */
  readonly empty: ReadonlySet<string>;
}

/** By name: every condition that one of these record types waits for. */
export async function openConditions(
  scope: ConditionScope,
  types: readonly RecordType[],
): Promise<ReadonlyMap<string, Judgement>> {
  const tests = new Map<string, Judgement>();
  for (const name of new Set(types.flatMap(({ unless }) => unless ?? []))) {
    const condition = scope.map.conditions.find((one) => one.name === name);
    const waiting = types.filter(({ unless }) => unless === name);
    if (condition !== undefined) tests.set(name, await openCondition(scope, condition, waiting));
  }
  return tests;
}

/**
 * Looks whether any record of the condition exists. A condition whose match names a column of the record type that
 * waits for it stands in the way of those records only; else of every record of that person. What could not be looked
 * at, or cannot be told apart, stands in the way: nobody is erased because a search was impossible. `waiting`: the
 * record types that have this condition.
 */
async function openCondition(
  scope: ConditionScope,
  condition: Condition,
  waiting: readonly RecordType[],
): Promise<Judgement> {
  const target = conditionTarget(scope.map, condition);
  return target === undefined
    ? await ofTheRecordItself(scope, condition, waiting)
    : await ofOthers(scope, condition, target);
}

/** The system itself compares the values: `5` and `5.00` are equal to it. */
async function ofTheRecordItself(
  { searching }: ConditionScope,
  condition: Condition,
  waiting: readonly RecordType[],
): Promise<Judgement> {
  const open = new Map<string, ReadonlySet<string>>();
  for (const { id } of waiting) {
    const searched = searching.found.get(id);
    if (searched === undefined) continue;
    const { target, lookups } = searched;
    const matching = await locateOne(
      searching.readers,
      { ...target, where: { ...target.where, ...condition.where } },
      lookups,
    );
    open.set(id, new Set(matching.keys()));
  }
  return { keeps: (record, { key }) => open.get(record)?.has(key) ?? true };
}

async function ofOthers(
  { searching, empty }: ConditionScope,
  condition: Condition,
  target: Target,
): Promise<Judgement> {
  if (empty.has(target.record.id)) return { keeps: () => true };
  const open = await locateOne(searching.readers, target, conditionLookups(searching, condition.match));
  const unjudged = new Set(unsearchedIn({ searching, empty }, condition));
  const edges = condition.match.terms.flatMap(({ column, source }) =>
    source.kind === "column" ? [{ column, ref: source.ref }] : [],
  );
  // an open record that no value of its people's records explains: it may belong to any of them
  const values = new Map(
    edges.map(({ ref }) => [
      `${ref.record}.${ref.column}`,
      new Set(
        [...(searching.found.get(ref.record)?.records.values() ?? [])].flatMap((row) =>
          valuesAt(row.values, ref.column),
        ),
      ),
    ]),
  );
  const explained = (one: Located): boolean =>
    edges.some(({ column, ref }) =>
      valuesAt(one.values, column).some((value) => values.get(`${ref.record}.${ref.column}`)?.has(value)),
    );
  const all = new Set([...open.values()].flatMap((record) => record.subjects));
  const unexplained = new Set([...open.values()].filter((one) => !explained(one)).flatMap((record) => record.subjects));
  const named = new Map(
    edges.map(({ column }) => [column, new Set([...open.values()].flatMap((one) => valuesAt(one.values, column)))]),
  );
  const keeps = (record: string, row: FoundRecord): boolean => {
    if (row.subjects.some((subject) => unjudged.has(subject))) return true;
    const own = edges.filter(({ ref }) => ref.record === record);
    if (own.length === 0) return row.subjects.some((subject) => all.has(subject));
    if (row.subjects.some((subject) => unexplained.has(subject))) return true;
    return own.some(({ column, ref }) =>
      valuesAt(row.values, ref.column).some((value) => named.get(column)?.has(value)),
    );
  };
  const records = new Map([...open.values()].map(({ address, subjects }) => [address, subjects]));
  return { keeps, open: { system: target.record.system, records } };
}
