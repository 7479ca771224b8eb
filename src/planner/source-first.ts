/** Copies that were marked by themselves are purged by steps of their own: after what they are copies of. */
import type { DataMap, RecordType } from "../model/datamap.ts";
import { fold } from "../model/fold.ts";
import type { Disposition } from "../model/plan.ts";
import type { Lookup, MatchColumn, Target } from "../model/search.ts";
import { type FoundRecord, valuesAt } from "./found.ts";
import type { Readers } from "./readers.ts";
import { holdersTarget, recordTypes } from "./targets.ts";

/** Copies whose sources are looked for at once. */
const CHUNK = 5_000;

/** Its source is there, and does not go with this plan. */
export const SOURCE_FIRST: Disposition = { kind: "waiting", reason: "source_first" };

/** Of these copies the keys of those of which something stays that they are copies of. `goes`: whether a record of the source goes with the plan. */
export async function withSourceThere(
  map: DataMap,
  readers: Readers,
  type: RecordType,
  copies: Iterable<FoundRecord>,
  goes: (key: string) => boolean,
): Promise<ReadonlySet<string>> {
  const source = recordTypes(map).find(({ id }) => id === type.follows?.source);
  const stays = new Set<string>();
  if (source === undefined) return stays;
  const ways = waysTo(map, type, source);
  const columns = [...new Map(ways.map(({ to }) => [to.column, to])).values()];
  if (columns.length === 0) return stays;
  const target = {
    ...holdersTarget(
      source,
      columns.map(({ column }) => column),
    ),
    columns,
  };
  const search: Target = { ...target, record: { ...target.record, match: { ...target.record.match, mode: "any" } } };
  const reader = await readers.of(source.system);
  const look = async (some: readonly FoundRecord[]): Promise<void> => {
    const lookups = some.flatMap((record, subject) => lookupOf(ways, record, subject));
    if (lookups.length === 0) return;
    for await (const { key, subjects } of reader.locate(search, { by: "subjects", lookups }))
      if (!goes(key)) for (const subject of subjects) stays.add(some[subject]?.key ?? "");
  };
  let some: FoundRecord[] = [];
  for (const copy of copies) {
    some.push(copy);
    if (some.length < CHUNK) continue;
    await look(some);
    some = [];
  }
  await look(some);
  return stays;
}

interface Way {
  readonly from: string;
  readonly to: MatchColumn;
}

/** By which of its columns a copy leads to its source: by the values that lead from there, else by the same identifier. */
function waysTo(map: DataMap, type: RecordType, source: RecordType): readonly Way[] {
  const edges = type.match.terms.flatMap(({ column, source: by }): readonly Way[] =>
    by.kind === "column" && by.ref.record === source.id
      ? [{ from: column, to: { column: by.ref.column, type: "edge", fold: [] } }]
      : [],
  );
  if (edges.length > 0) return edges;
  return type.match.terms.flatMap(({ column, source: by }) =>
    source.match.terms.flatMap((term): readonly Way[] => {
      if (by.kind !== "identity" || term.source.kind !== "identity" || term.source.identity !== by.identity) return [];
      const identity = map.identities.find(({ name }) => name === by.identity);
      return identity === undefined
        ? []
        : [{ from: column, to: { column: term.column, type: identity.type, fold: identity.fold } }];
    }),
  );
}

function lookupOf(ways: readonly Way[], { values }: FoundRecord, subject: number): readonly Lookup[] {
  const wanted = new Map<string, Set<string>>();
  for (const { from, to } of ways)
    for (const value of valuesAt(values, from)) {
      const folded = to.type === "edge" ? value : fold(value, to.fold);
      const known = wanted.get(to.column) ?? new Set<string>();
      if (folded !== "") wanted.set(to.column, known.add(folded));
    }
  if (wanted.size === 0) return [];
  return [{ subject, values: Object.fromEntries([...wanted].map(([column, some]) => [column, [...some]])) }];
}
