/** The data map as a rehearsal acts by it: only the systems that are rehearsed, and nobody who would have to be asked. */
import type { DataMap, Identity, RecordType, SystemBlock } from "../model/datamap.ts";

const NEVER = { years: 0, months: 0, days: 0, seconds: 0, text: "0 seconds" };

/** `systems`: those that are touched. What leads there from others is left out. */
export function narrowed(map: DataMap, systems: ReadonlySet<string>): DataMap {
  const blocks = map.systems.filter(({ name }) => systems.has(name));
  const kept = reachable(blocks.flatMap(({ records }) => records));
  const conditions = map.conditions.filter(({ any }) => any === undefined || systems.has(systemOf(any)));
  const { people: _people, imageBytes, ...rest } = map;
  return {
    ...rest,
    ...(imageBytes === undefined ? {} : { imageBytes }),
    approval: { required: true, fourEyes: false, roles: [], drift: map.approval.drift },
    settle: NEVER,
    conditions,
    identities: map.identities.map((identity) => inReach(identity, kept)),
    // a table whose record type is left out is declared still
    ignore: [
      ...map.ignore.filter((entry) => systems.has(systemOf(entry))),
      ...blocks.flatMap(({ name, records }) =>
        records.filter(({ id }) => !kept.has(id)).map(({ place }) => `${name}.${tableOf(place)}`),
      ),
    ],
    systems: blocks.map((block): SystemBlock => {
      const { copyOf, ...own } = block;
      return {
        ...own,
        ...(copyOf !== undefined && kept.has(copyOf) ? { copyOf } : {}),
        feeds: block.feeds.filter((one) => systems.has(one)),
        covers: block.covers.filter((one) => systems.has(one)),
        records: block.records.flatMap((record) => {
          const one = kept.get(record.id);
          if (one === undefined) return [];
          const { unless, ...withoutCondition } = one;
          const waits = unless !== undefined && conditions.some(({ name }) => name === unless);
          return [
            {
              ...withoutCondition,
              ...(waits ? { unless } : {}),
              holds: one.holds.map((use) => ({ ...use, protects: use.protects.filter((id) => kept.has(id)) })),
              auditOf: one.auditOf.filter((id) => kept.has(id)),
            },
          ];
        }),
      };
    }),
  };
}

/** Record types with what leads to them; those to which nothing leads any more are left out. */
function reachable(records: readonly RecordType[]): ReadonlyMap<string, RecordType> {
  let kept = new Map(records.map((record) => [record.id, record]));
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    const there = kept;
    kept = new Map(
      [...kept].flatMap(([id, record]) => {
        const { mode, terms } = record.match;
        const left = terms.filter(({ source }) => source.kind === "identity" || there.has(source.ref.record));
        const isLost = terms.length > 0 && (left.length === 0 || (mode === "all" && left.length < terms.length));
        const follows = record.follows !== undefined && !there.has(record.follows.source);
        return isLost || follows ? [] : [[id, { ...record, match: { mode, terms: left } }] as const];
      }),
    );
  }
  return kept;
}

function inReach(identity: Identity, kept: ReadonlyMap<string, RecordType>): Identity {
  const { foundIn, ...rest } = identity;
  if (foundIn === undefined || kept.has(foundIn.record)) return identity;
  return { ...rest, by: {} };
}

/** Record types that these need to be found, themselves included. */
export function withSources(map: DataMap, wanted: readonly string[]): ReadonlySet<string> {
  const types = map.systems.flatMap(({ records }) => records);
  const all = new Set(wanted);
  for (let before = -1; before !== all.size;) {
    before = all.size;
    for (const { id, match } of types) {
      if (!all.has(id)) continue;
      for (const { source } of match.terms) {
        const foundIn =
          source.kind === "column" ? source.ref : map.identities.find(({ name }) => name === source.identity)?.foundIn;
        if (foundIn !== undefined) all.add(foundIn.record);
      }
    }
  }
  return all;
}

function systemOf(name: string): string {
  return name.split(".")[0] ?? "";
}

function tableOf(place: RecordType["place"]): string {
  if (place.kind !== "table") return "";
  return place.schema === undefined ? place.table : `${place.schema}.${place.table}`;
}
