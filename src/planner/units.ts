import type { Link, Write } from "../model/change.ts";
import { type DataMap, RANKS, type RecordType } from "../model/datamap.ts";
import { stronglyConnected } from "./strongly-connected.ts";

/** Steps that are done together, and when. */
export interface PlannedUnit {
  readonly id: string;
  /** Units of a lower phase end before those of a higher one begin. */
  readonly phase: number;
  readonly system: string;
  /** `system.record`, in the order in which they are done. */
  readonly records: readonly string[];
  /** Units that must have succeeded before: what they delete references what this one deletes, or is what this one has copies of. */
  readonly after: readonly string[];
  /** Its records may reference each other: a new one among them stands in the way of deleting the others. */
  readonly interlocked: boolean;
}

/** What the order of steps follows from. */
export interface Ordering {
  readonly links: readonly Link[];
  readonly writes: readonly Write[];
  /** Record types of which some record is to be deleted: only those wait for what references them. */
  readonly deleting: ReadonlySet<string>;
  /** Record types of which some record is to be marked as deleted: what references them is changed with them. Absent: none. */
  readonly marking?: ReadonlySet<string>;
}

/**
 * Groups steps into units and orders them: a source before its copies; inside a system children before parents, by foreign
 * keys and by match, and what a trigger writes after what fires it; a circle of references is one unit; an audit trail is in
 * the unit of the tables that feed it, after them.
 */
export function unitsOf(
  map: DataMap,
  records: readonly string[],
  { links, writes, deleting, marking = new Set() }: Ordering,
): readonly PlannedUnit[] {
  const phases = systemPhases(map);
  const types = map.systems.flatMap((system) => system.records);
  const planned = new Set(records);
  const trails = new Map(
    types.flatMap((record) => {
      const sources = planned.has(record.id) ? record.auditOf.filter((source) => planned.has(source)) : [];
      return sources.length === 0 ? [] : [[record.id, sources] as const];
    }),
  );
  // child -> parents: the child is done first; an audit trail and its sources hold on to each other
  const before = new Map(records.map((id) => [id, new Set<string>()]));
  for (const { child, parent } of links)
    if (child !== parent && deleting.has(parent) && before.has(child) && !trails.has(child))
      before.get(parent)?.add(child);
  // nobody sees a hidden parent with children that are still to be seen, nor the other way round
  for (const { child, parent } of links) {
    if (child === parent || !marking.has(parent) || !before.has(child) || trails.has(child) || trails.has(parent))
      continue;
    before.get(parent)?.add(child);
    before.get(child)?.add(parent);
  }
  for (const { from, to } of writes) if (from !== to && before.has(from) && !trails.has(to)) before.get(to)?.add(from);
  for (const [trail, sources] of trails) {
    for (const source of sources) {
      before.get(trail)?.add(source);
      before.get(source)?.add(trail);
    }
  }
  for (const [child, parent] of matchEdges(types)) {
    if (!deleting.has(parent) || !before.has(parent) || !before.has(child) || trails.has(child) || trails.has(parent))
      continue;
    // a foreign key that runs the other way decides
    if (!reaches(before, child, parent)) before.get(parent)?.add(child);
  }
  const groups = stronglyConnected(records, (id) => [...(before.get(id) ?? [])]);
  const unitOf = new Map(groups.flatMap((group, at) => group.map((id) => [id, at] as const)));
  const named = groups.map((group) => {
    const ordered = [...group.filter((id) => !trails.has(id)), ...group.filter((id) => trails.has(id))];
    const system = types.find((record) => record.id === ordered[0])?.system ?? "";
    const selfReferencing = links.some((link) => link.child === link.parent && group.includes(link.child));
    const interlocked = group.filter((id) => !trails.has(id)).length > 1 || selfReferencing;
    return {
      id: `U-${ordered[0] ?? ""}`,
      phase: phases.get(system) ?? RANKS.length,
      system,
      records: ordered,
      interlocked,
    };
  });
  return named
    .map((unit, at) => {
      const after = new Set(
        unit.records
          .flatMap((id) => [...(before.get(id) ?? [])].map((child) => unitOf.get(child)))
          .filter((other) => other !== undefined && other !== at),
      );
      // what is purged here by a step of its own goes after what it is a copy of, which may stay
      for (const id of unit.records) {
        const follows = types.find((record) => record.id === id)?.follows;
        if (follows?.replays === "soft_delete" && deleting.has(follows.source)) after.add(unitOf.get(follows.source));
      }
      return { ...unit, after: [...after].flatMap((other) => (other === undefined ? [] : (named[other]?.id ?? []))) };
    })
    .toSorted((a, b) => a.phase - b.phase);
}

/** Child and parent of every edge inside a system: once the parent has gone, nothing leads to the child any more. */
function matchEdges(types: readonly RecordType[]): readonly (readonly [string, string])[] {
  const systems = new Map(types.map(({ id, system }) => [id, system]));
  return types.flatMap(({ id, system, match }) =>
    match.terms.flatMap(({ source }) =>
      source.kind === "column" && systems.get(source.ref.record) === system ? [[id, source.ref.record] as const] : [],
    ),
  );
}

function reaches(before: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (one === to) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    queue.push(...(before.get(one) ?? []));
  }
  return false;
}

function systemPhases(map: DataMap): ReadonlyMap<string, number> {
  const phases = new Map(map.systems.map((system) => [system.name, RANKS.indexOf(system.rank)]));
  const edges = map.systems.flatMap((system) => {
    const source = system.copyOf?.split(".")[0];
    return [
      ...(source === undefined ? [] : [[source, system.name] as const]),
      ...system.feeds.map((copy) => [system.name, copy] as const),
    ];
  });
  // as often as there are systems: a circle of feeds then still ends
  for (let round = 0; round < map.systems.length; round += 1) {
    for (const [source, copy] of edges) {
      const least = (phases.get(source) ?? 0) + 1;
      if (source !== copy && (phases.get(copy) ?? 0) < least) phases.set(copy, least);
    }
  }
  return phases;
}
