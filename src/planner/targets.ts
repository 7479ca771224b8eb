import type { Condition, DataMap, MatchTerm, RecordType } from "../model/datamap.ts";
import { changesOf } from "../model/rule-change.ts";
import type { MatchColumn, Target } from "../model/search.ts";

/** Every record type of the map, in the map's order. */
export function recordTypes(map: DataMap): readonly RecordType[] {
  return map.systems.flatMap((system) => system.records);
}

/** What to search for a record type, and which of its columns the planner must see. */
export function targetOf(map: DataMap, record: RecordType): Target {
  return {
    record,
    columns: record.match.terms.map((term) => matchColumn(map, term)),
    ...(record.where === undefined ? {} : { where: record.where }),
    exports: exportsOf(map, record),
    changes: changesOf(record),
  };
}

/** What to search to find a condition's records. A condition without `any` reads the record itself and has no target. */
export function conditionTarget(map: DataMap, condition: Condition): Target | undefined {
  if (condition.any === undefined) return undefined;
  const [system = "", ...rest] = condition.any.split(".");
  const base = recordTypes(map).find((record) => record.id === condition.any) ?? tableOf(map, condition, system, rest.join("."));
  // nothing of the record type's own rule may decide here: only the condition's match and filter
  const record: RecordType = { ...base, match: condition.match, do: "keep", fields: {}, paths: {}, in: [], holds: [] };
  return {
    record,
    columns: condition.match.terms.map((term) => matchColumn(map, term)),
    where: { ...base.where, ...condition.where },
    exports: condition.match.terms.map((term) => term.column),
    changes: {},
  };
}

/** What to search to find the values of an identity by the identities it is found by. */
export function identityTarget(map: DataMap, record: RecordType, column: string, by: Readonly<Record<string, string>>): Target {
  const terms: readonly MatchTerm[] = Object.entries(by).map(([name, identity]) => ({ column: name, source: { kind: "identity", identity } }));
  return {
    record: { ...record, match: { mode: "any", terms } },
    columns: terms.map((term) => matchColumn(map, term)),
    ...(record.where === undefined ? {} : { where: record.where }),
    exports: [...new Set([column, ...terms.map((term) => term.column)])],
    changes: {},
  };
}

function matchColumn(map: DataMap, term: MatchTerm): MatchColumn {
  const { source } = term;
  if (source.kind === "column") return { column: term.column, type: "edge", fold: [] };
  const identity = map.identities.find((one) => one.name === source.identity);
  return { column: term.column, type: identity?.type ?? "string", fold: identity?.fold ?? [] };
}

function exportsOf(map: DataMap, record: RecordType): readonly string[] {
  const columns = new Set<string>();
  if (record.place.kind !== "keys") for (const term of record.match.terms) columns.add(term.column);
  for (const hold of record.holds) columns.add(hold.from);
  for (const other of [...recordTypes(map).map((one) => one.match), ...map.conditions.map((one) => one.match)]) {
    for (const { source } of other.terms) if (source.kind === "column" && source.ref.record === record.id) columns.add(source.ref.column);
  }
  for (const identity of map.identities) if (identity.foundIn?.record === record.id) columns.add(identity.foundIn.column);
  const condition = map.conditions.find((one) => one.name === record.unless);
  if (condition !== undefined && condition.any === undefined) for (const column of Object.keys(condition.where)) columns.add(column);
  return [...columns];
}

function tableOf(map: DataMap, condition: Condition, system: string, table: string): RecordType {
  const [first = "", second] = table.split(".");
  return {
    id: `${system}.${table}`,
    system,
    name: table,
    place: second === undefined ? { kind: "table", table: first } : { kind: "table", schema: first, table: second },
    match: condition.match,
    do: "keep",
    fields: {},
    paths: {},
    in: [],
    auditOf: [],
    holds: [],
    cascades: [],
    dialect: {},
    encoding: "utf-8",
    limits: map.limits,
    at: condition.at,
  };
}
