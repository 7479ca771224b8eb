import type { Condition, DataMap, Identity, MatchTerm, Place, RecordType } from "../model/datamap.ts";
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
  const base =
    recordTypes(map).find((record) => record.id === condition.any) ?? tableOf(map, condition, system, rest.join("."));
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

/** A record type whose rows name people: every identity that the data map finds there, and the column that holds it. */
export interface IdentitySource {
  readonly record: RecordType;
  readonly columns: readonly IdentityColumn[];
  readonly target: Target;
}

export interface IdentityColumn {
  readonly column: string;
  readonly identity: Identity;
  /** The identity's own `found_in`, and not one that it is searched by. */
  readonly found: boolean;
}

/** One for each record type that a `found_in` names, in the map's order. */
export function identitySources(map: DataMap): readonly IdentitySource[] {
  const byName = new Map(map.identities.map((identity) => [identity.name, identity]));
  return recordTypes(map).flatMap((record): readonly IdentitySource[] => {
    const columns = map.identities
      .filter(({ foundIn }) => foundIn?.record === record.id)
      .flatMap((identity): readonly IdentityColumn[] => [
        ...(identity.foundIn === undefined ? [] : [{ column: identity.foundIn.column, identity, found: true }]),
        ...Object.entries(identity.by).flatMap(([column, name]) => {
          const by = byName.get(name);
          return by === undefined ? [] : [{ column, identity: by, found: false }];
        }),
      ]);
    const once = [
      ...new Map(columns.toReversed().map((one) => [`${one.column}\n${one.identity.name}`, one])).values(),
    ].toReversed();
    return once.length === 0 ? [] : [{ record, columns: once, target: identityTarget(record, once) }];
  });
}

function identityTarget(record: RecordType, columns: readonly IdentityColumn[]): Target {
  const once = [...new Map(columns.map((one) => [one.column, one])).values()];
  const terms = once.map(({ column, identity }): MatchTerm => ({
    column,
    source: { kind: "identity", identity: identity.name },
  }));
  return {
    record: { ...record, match: { mode: "any", terms } },
    columns: once.map(({ column, identity }) => ({ column, type: identity.type, fold: identity.fold })),
    ...(record.where === undefined ? {} : { where: record.where }),
    exports: once.map(({ column }) => column),
    changes: {},
  };
}

/** What to search to find every record of a record type that has these values in these columns, whoever's it is. */
export function holdersTarget(record: RecordType, columns: readonly string[]): Target {
  const terms = columns.map((column): MatchTerm => ({
    column,
    source: { kind: "column", ref: { record: record.id, column } },
  }));
  return {
    record: { ...record, match: { mode: columns.length > 1 ? "all" : "any", terms } },
    columns: columns.map((column) => ({ column, type: "edge", fold: [] })),
    ...(record.where === undefined ? {} : { where: record.where }),
    exports: [],
    changes: {},
  };
}

type Placed = Pick<RecordType, "system" | "place">;

/** Whether two record types name the same table, pattern or files. Overlaps that only the data shows are found by address. */
export function samePlace(one: Placed, other: Placed): boolean {
  if (one.system !== other.system) return false;
  return placesEqual(one.place, other.place);
}

function placesEqual(one: Place, other: Place): boolean {
  if (one.kind !== "table" || other.kind !== "table") return JSON.stringify(one) === JSON.stringify(other);
  return (
    one.table === other.table && (one.schema === undefined || other.schema === undefined || one.schema === other.schema)
  );
}

function matchColumn(map: DataMap, term: MatchTerm): MatchColumn {
  const { source } = term;
  if (source.kind === "column") return { column: term.column, type: "edge", fold: [] };
  const identity = map.identities.find((one) => one.name === source.identity);
  return { column: term.column, type: identity?.type ?? "string", fold: identity?.fold ?? [] };
}

/** Columns of a record type that others are matched by, of whatever kind. */
export function leadingColumns(map: DataMap, record: string): readonly string[] {
  const matches = [...recordTypes(map).map((one) => one.match), ...map.conditions.map((one) => one.match)];
  return [
    ...new Set(
      matches.flatMap(({ terms }) =>
        terms.flatMap(({ source }) =>
          source.kind === "column" && source.ref.record === record ? [source.ref.column] : [],
        ),
      ),
    ),
  ];
}

/** Columns that decide whether a record may go: hold dates, its instant of creation, the condition on itself. */
function decidingColumns(map: DataMap, record: RecordType): readonly string[] {
  const condition = map.conditions.find((one) => one.name === record.unless);
  return [
    ...record.holds.map((hold) => hold.from),
    ...(record.created === undefined ? [] : [record.created]),
    ...(condition !== undefined && condition.any === undefined ? Object.keys(condition.where) : []),
  ];
}

function exportsOf(map: DataMap, record: RecordType): readonly string[] {
  // what is exported is in the fingerprint: what decides for another record type on the same rows must be
  const alike = recordTypes(map).filter((other) => other !== record && samePlace(record, other));
  return [
    ...new Set([
      ...record.match.terms.map((term) => term.column),
      ...decidingColumns(map, record),
      ...leadingColumns(map, record.id),
      ...map.identities.flatMap(({ foundIn }) => (foundIn?.record === record.id ? [foundIn.column] : [])),
      ...alike.flatMap((other) => decidingColumns(map, other)),
    ]),
  ];
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
