/** Where systems are. Two of them may be one, under two names: what one of them holds would not be held for the other. */
import { Failure } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Disposition, StepHead } from "../model/plan.ts";
import type { Site } from "../model/search.ts";
import type { Found, Findings } from "./found.ts";
import { type Readers, sideBySide } from "./readers.ts";

/** By the system's name. */
export type Sites = ReadonlyMap<string, Site>;

export async function sitesOf(readers: Readers, systems: Iterable<string>): Promise<Sites> {
  return new Map(
    await sideBySide([...new Set(systems)].map(async (name) => [name, await (await readers.of(name)).site()] as const)),
  );
}

/** Where a system is now, asked once for each. */
export function sitesOnce(readers: Readers): (system: string) => Promise<Site> {
  const known = new Map<string, Promise<Site>>();
  const ask = async (system: string) => await (await readers.of(system)).site();
  return async (system) => {
    const site = known.get(system) ?? ask(system);
    known.set(system, site);
    return await site;
  };
}

export function sameSite(one: Site, other: Site): boolean {
  return one.space === other.space && one.root === other.root;
}

/**
 * Systems that lead to another place by now than the planned one. One that cannot be asked is none of them: whoever needs
 * it next says so.
 */
export async function movedSystems(
  steps: Iterable<Pick<StepHead, "target" | "site">>,
  readers: Readers,
): Promise<readonly string[]> {
  const sites = new Map(Array.from(steps, ({ target, site }) => [target.record.system, site]));
  const moved: string[] = [];
  for (const [system, site] of sites) {
    try {
      if (site !== undefined && !sameSite(site, await (await readers.of(system)).site())) moved.push(system);
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "INTERRUPTED") throw error;
    }
  }
  return moved;
}

/**
 * Record types of other systems that may lie where one of this system's does: what they keep is not to go. A system that
 * cannot be asked where it is has none: else nothing could be planned while any system is away.
 */
export async function neighboursOf(map: DataMap, readers: Readers, system: string): Promise<readonly RecordType[]> {
  const own = map.systems.find(({ name }) => name === system);
  // systems of two kinds have no place together
  const alike = map.systems.filter(({ name, kind }) => kind === own?.kind && name !== system);
  if (own === undefined || alike.length === 0) return [];
  const mine = await (await readers.of(system)).site();
  const near = await Promise.all(
    alike.map(async ({ name, records }) => {
      try {
        const site = await (await readers.of(name)).site();
        if (site.space !== mine.space) return [];
        return records.filter((other) => own.records.some((one) => mayMeet([one, mine], [other, site])));
      } catch (error) {
        if (!(error instanceof Failure) || error.code === "INTERRUPTED") throw error;
        return [];
      }
    }),
  );
  return near.flat();
}

/** Whether two record types of one space may find one record, as far as their names tell. */
function mayMeet(...[one, other]: readonly [readonly [RecordType, Site], readonly [RecordType, Site]]): boolean {
  return beginnings(...one).some((mine) =>
    beginnings(...other).some((theirs) => mine.startsWith(theirs) || theirs.startsWith(mine)),
  );
}

/** What the names of a record type's files or objects begin with; behind the name of a table or an index may be any. */
function beginnings({ place }: RecordType, { root }: Site): readonly string[] {
  switch (place.kind) {
    case "table":
    case "index":
      return [root];
    case "files":
      return place.globs.map((glob) => `${root}/${plainStart(glob)}`);
    case "keys":
      return place.templates.map((template) => `${root}/${plainStart(template)}`);
  }
}

function plainStart(pattern: string): string {
  const [scheme = ""] = /^[a-z0-9]+:\/\//u.exec(pattern) ?? [];
  return scheme + (/^[^*?[\]{}:\\]*/u.exec(pattern.slice(scheme.length))?.[0] ?? "");
}

/** Systems in the place that this one is in, by whatever names; itself among them. */
export function sameSiteAs(sites: Sites, system: string): ReadonlySet<string> {
  const mine = sites.get(system);
  return new Set(
    sites.entries().flatMap(([other, site]) => (mine !== undefined && sameSite(mine, site) ? [other] : [])),
  );
}

/**
 * Throws CONFLICT where record types of two systems found one record, or records in one file or object, of which any is to
 * go or to be changed: each would be decided without the other, and two would write one file at once.
 */
export function refuseTwins(
  map: DataMap,
  found: Findings,
  decided: ReadonlyMap<string, ReadonlyMap<string, Disposition>>,
  sites: Sites,
): void {
  const spaces = Map.groupBy(sites, ([, { space }]) => space);
  for (const [, some] of spaces) {
    if (some.length < 2) continue;
    const systems = new Set(some.map(([name]) => name));
    refuseIn(
      map.systems.flatMap(({ name, records }) =>
        systems.has(name) ? records.flatMap(({ id }) => found.get(id) ?? []) : [],
      ),
      decided,
    );
  }
}

interface Seen {
  readonly by: Found["type"];
  /** Whether anything of it is deleted or changed: what a hold has minimised is. */
  readonly acts: boolean;
}

function isActedOn(disposition: Disposition): boolean {
  return disposition.kind === "act" || (disposition.kind === "kept" && disposition.minimise);
}

function refuseIn(found: readonly Found[], decided: ReadonlyMap<string, ReadonlyMap<string, Disposition>>): void {
  const containers = new Map<string, Seen[]>();
  for (const { type, records } of found) {
    for (const record of records.values()) {
      const name = record.within ?? record.address;
      const seen = containers.get(name) ?? [];
      containers.set(name, seen);
      const disposition = decided.get(type.id)?.get(record.key);
      seen.push({ by: type, acts: disposition !== undefined && isActedOn(disposition) });
    }
  }
  for (const seen of containers.values()) {
    const [first] = seen;
    const other = seen.find(({ by }) => by.system !== first?.by.system);
    if (first === undefined || other === undefined) continue;
    // where all of it stays as it is nothing is lost
    if (!seen.some(({ acts }) => acts)) continue;
    throw new Failure(
      "CONFLICT",
      `${first.by.id} and ${other.by.id} find records in one place: their systems are one, under two names`,
      { help: "Write both as record types of one system: what one of them holds is then held for the other." },
    );
  }
}
