/** What of a record type belongs to people and is marked as deleted, by whomever. */
import { Failure } from "../errors.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Lookup } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { decidingTypes } from "../planner/deciding-types.ts";
import type { Findings, FoundRecord } from "../planner/found.ts";
import { resolveIdentifiers } from "../planner/identities.ts";
import { type LegalCover, legalCover } from "../planner/legal-cover.ts";
import { locateAll } from "../planner/locate.ts";
import { beginSearch } from "../planner/lookups.ts";
import type { Readers } from "../planner/readers.ts";
import { noStops, refuseStopped } from "../planner/stops.ts";
import { recordTypes } from "../planner/targets.ts";
import { refuseUnreadable } from "./bin-list.ts";
import type { Context } from "./context.ts";
import { lookForHolds } from "./holds-in-force.ts";

export interface InBin {
  /** What leads to the record type, too. */
  readonly found: Findings;
  readonly marked: readonly FoundRecord[];
  readonly lookups: readonly Lookup[];
  readonly cover: LegalCover;
}

/** `id`: under whose key readers make digests. Throws AMBIGUOUS_MATCH, NOT_SEARCHED, HOLD_UNREADABLE. */
export async function lookInBin(
  context: Context,
  readers: Readers,
  { id, type, subjects }: { readonly id: string; readonly type: RecordType; readonly subjects: readonly Subject[] },
): Promise<InBin> {
  const { map } = context;
  const only = decidingTypes(map, [type.id, ...map.identities.flatMap(({ foundIn }) => foundIn?.record ?? [])]);
  await refuseUnreadable(
    context,
    readers,
    recordTypes(map).filter((one) => only.has(one.id)),
  );
  const stops = noStops();
  const resolution = await resolveIdentifiers(map, readers, subjects, stops);
  refuseStopped(stops);
  const found = await locateAll({ map, searching: beginSearch(readers, resolution, stops), only, empty: new Set() });
  refuseStopped(stops);
  const mine = found.get(type.id);
  if (mine === undefined || mine.unsearched.length === subjects.length)
    throw new Failure("NOT_SEARCHED", `no identifier that was given leads to ${type.id}: nothing was searched there`, {
      help: "Give one that leads there.",
    });
  await using legal = await lookForHolds(context, id);
  const cover = await legalCover({
    map,
    holds: legal.holds,
    readers: legal.readers,
    identifiers: resolution.identifiers,
    found,
    only,
  });
  const marked = [...mine.records.values()].filter((record) => record.marked !== undefined);
  return { found, marked, lookups: mine.lookups, cover };
}

/** Of the records of these keys those that would be seen again under a record that stays hidden. */
export async function hiddenAbove(
  { map }: Pick<Context, "map">,
  readers: Readers,
  {
    type,
    found: { found },
    keys,
  }: { readonly type: RecordType; readonly found: InBin; readonly keys: ReadonlySet<string> },
): Promise<readonly { readonly keys: readonly string[]; readonly constraint: string }[]> {
  const under = new Map<string, Set<string>>();
  for (const parent of recordTypes(map)) {
    const there = found.get(parent.id);
    if (there === undefined || parent.id === type.id || parent.system !== type.system) continue;
    const hidden = [...there.records.values()].flatMap(({ key, marked }) => (marked === undefined ? [] : [key]));
    if (hidden.length === 0) continue;
    const reader = await readers.of(parent.system);
    for await (const { link, childKey, through } of reader.references(there.target, hidden)) {
      if (through.length > 1 || link.child !== type.id || !keys.has(childKey)) continue;
      under.set(link.constraint, (under.get(link.constraint) ?? new Set()).add(childKey));
    }
  }
  return [...under].map(([constraint, some]) => ({ constraint, keys: [...some] }));
}
