import { EXIT, FAILURES, Failure, isFailureCode } from "../errors.ts";
import type { Link, Taken, Write } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { HoldInForce } from "../model/legal-hold.ts";
import type { Change } from "../model/rule-change.ts";
import type { Finding, Target } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { tryAssertions } from "./assertions.ts";
import { openConditions } from "./conditions.ts";
import { decideAll, ofEachSystem } from "./decide-all.ts";
import type { OwnDecisions } from "./decide.ts";
import { decidingTypes } from "./deciding-types.ts";
import { type Decided, type Deciding, type Made, typesById } from "./deciding.ts";
import type { Excluded } from "./excluded.ts";
import { followSources } from "./follows.ts";
import type { Findings } from "./found.ts";
import { type Identifiers, resolveIdentifiers } from "./identities.ts";
import { type Known, locateAll } from "./locate.ts";
import { type LegalCover, legalCover } from "./legal-cover.ts";
import { beginSearch } from "./lookups.ts";
import { type Readers, sideBySide } from "./readers.ts";
import { changesMade, type References } from "./references.ts";
import type { OneDecisionEach } from "./same-record.ts";
import { placed, positionOf, sorted } from "./placed.ts";
import { neighboursOf, refuseTwins, type Sites, sitesOf } from "./sites.ts";
import { noStops, refuseStopped, type Stops, stopWarnings } from "./stops.ts";
import { conditionTarget, recordTypes, targetOf } from "./targets.ts";
import { toldFailure, toldFinding, valuesIn, valuesOf } from "./told.ts";

/** Everything a plan is made from, still with values: never stored, never shown. */
export interface Searched {
  readonly identifiers: Identifiers;
  readonly found: Findings;
  readonly decided: Decided;
  readonly once: Pick<OneDecisionEach, "elsewhere" | "others">;
  /** By record type and key: rows that a cascade takes along with the record. */
  readonly takes: ReadonlyMap<string, ReadonlyMap<string, readonly Taken[]>>;
  readonly stops: Stops;
  /** Enforced references, those behind a cascade as from the record type itself. */
  readonly links: readonly Link[];
  readonly writes: readonly Write[];
  /** Record types of which some record is to be deleted. */
  readonly deleting: ReadonlySet<string>;
  /** Of which some record is to be marked as deleted. */
  readonly marking: ReadonlySet<string>;
  readonly sites: Sites;
  /** Record types whose pattern matches nothing: not searched. */
  readonly empty: ReadonlySet<string>;
  readonly warnings: readonly Finding[];
}

export interface SearchScope {
  readonly map: DataMap;
  readonly readers: Readers;
  readonly subjects: readonly Subject[];
  /** Whether one person's trouble leaves the others of the request alone. */
  readonly batch: boolean;
  /** Civil date in the controller's zone. */
  readonly today: string;
  readonly made: Made;
  /** Only this system's record types (and whatever leads to them is searched, but not planned). */
  readonly system?: string;
  readonly known?: Known | undefined;
  /** Legal holds in force, and connections on which their people are looked for. */
  readonly legal: { readonly holds: readonly HoldInForce[]; readonly readers: Readers };
  readonly excluded: Excluded;
  /** What readers reported while searching. */
  readonly reported: readonly Finding[];
}

/** What stands in the way of erasing somewhere, and of searching there not at all: `--system` plans the rest. */
export const ONLY_FOR_ERASING = new Set([
  "CASCADE_UNDECLARED",
  "FOREIGN_KEY_UNDECLARED",
  "TRIGGER_UNDECLARED",
  "DELETE_SWALLOWED",
  "CONSTRAINT",
  "FIELD_REFUSED",
  "FILE_REFUSED",
]);

/** Checks, resolves, locates and decides. Read-only. Throws the worst finding of severity `error`, with all of them as details. */
export async function search(scope: SearchScope): Promise<Searched> {
  const values = valuesOf(scope.subjects);
  try {
    return await searchAll(scope, (findings, learnt = []) =>
      findings.map((finding) => toldFinding(finding, [...values, ...learnt])),
    );
  } catch (error) {
    throw toldFailure(error, values);
  }
}

async function searchAll(
  scope: SearchScope,
  told: (findings: readonly Finding[], learnt?: readonly string[]) => readonly Finding[],
): Promise<Searched> {
  const { map, readers, subjects, batch, today, made, system, known, legal, excluded, reported } = scope;
  const only = system === undefined ? undefined : leadingTo(map, system, await neighboursOf(map, readers, system));
  const types = recordTypes(map).filter((record) => only?.has(record.id) ?? true);
  const targets = types.map((record) => targetOf(map, record));
  const checked = told(await check(map, readers, targets)).filter(
    (finding) => system === undefined || finding.record.startsWith(`${system}.`) || !ONLY_FOR_ERASING.has(finding.code),
  );
  refuse(map, checked);
  await tryAssertions(map, readers, types);
  refuse(map, told(await checkConditions(map, readers, types)));
  const empty = new Set(checked.filter((finding) => finding.severity === "empty").map((finding) => finding.record));

  const stops = noStops();
  const resolution = await resolveIdentifiers(map, readers, subjects, stops, known?.identifiers);
  if (!batch) refuseStopped(stops);
  const searching = beginSearch(readers, resolution, stops);
  const found = await locateAll({ map, searching, only, known, empty });
  if (!batch) refuseStopped(stops);
  const conditions = await openConditions({ map, searching, empty }, types);
  const cover: LegalCover = await legalCover({ map, ...legal, identifiers: resolution.identifiers, found, only });
  const links = await ofEachSystem(map, readers, targets, async (reader, mine) => await reader.links(mine));
  const writes = await ofEachSystem(map, readers, targets, async (reader, mine) => await reader.writes(mine));
  const deciding: Deciding = {
    map,
    found,
    identifiers: resolution.identifiers,
    today,
    made,
    conditions,
    stops,
    gone: searching.gone,
    legal: cover,
    excluded,
  };
  const sites = await sitesOf(
    readers,
    types.map((type) => type.system),
  );
  const decide = async () => await decideAll({ deciding, readers, links, sites });
  let decisions = await decide();
  // somebody with more than the cap allows is left alone whole, and what that means for others is decided anew
  if (stopOverCap(found, decisions.decided, decisions.takes, stops)) {
    if (!batch) refuseStopped(stops);
    decisions = await decide();
  }
  const { once, references, decided, takes } = decisions;
  // a copy whose source is not planned has nothing to follow
  if (system === undefined) followSources(map, found, decided, once);
  refuseTwins(map, found, decided, sites);
  // findings that readers made while they searched are complete only now
  const late = told(reported, reported.length === 0 ? [] : valuesIn(found.values()));
  refuse(map, late);
  return {
    identifiers: resolution.identifiers,
    found,
    decided,
    once,
    takes,
    stops,
    links: [...links, ...deepLinks(map, references)],
    writes,
    deleting: typesThat("delete", map, found, decided),
    marking: typesThat("mark", map, found, decided),
    sites,
    empty,
    warnings: [...checked, ...late, ...stopWarnings(stops)],
  };
}

/** `max_records` counts a person's records of one record type that are acted on, with what goes behind them. Answers whether anybody is over it. */
function stopOverCap(found: Findings, decided: OwnDecisions, takes: Searched["takes"], stops: Stops): boolean {
  let any = false;
  for (const [id, mine] of decided) {
    const one = found.get(id);
    if (one === undefined) continue;
    const taken = takes.get(id);
    if (mine.size <= one.type.limits.maxRecords && taken === undefined) continue;
    const counts = new Map<number, number>();
    for (const [key, disposition] of mine) {
      if (disposition.kind !== "act" && !(disposition.kind === "kept" && disposition.minimise)) continue;
      for (const person of one.records.get(key)?.subjects ?? [])
        counts.set(person, (counts.get(person) ?? 0) + 1 + (taken?.get(key)?.length ?? 0));
    }
    for (const [person, count] of counts) {
      if (count <= one.type.limits.maxRecords || stops.has(person)) continue;
      any = true;
      const message = `${id} has ${count} records of one person to act on, more than max_records ${one.type.limits.maxRecords}`;
      stops.add(person, { code: "LIMIT_EXCEEDED", record: id, message });
    }
  }
  return any;
}

/** Record types of which some record is changed so. */
export function typesThat(
  kind: Change["kind"],
  map: DataMap,
  found: Findings,
  decided: OwnDecisions,
): ReadonlySet<string> {
  const scope = { types: typesById(map) };
  return new Set(
    [...found].flatMap(([id, { type }]) =>
      [...(decided.get(id)?.values() ?? [])].some((one) =>
        changesMade(scope, type, one).some((change) => change.kind === kind),
      )
        ? [id]
        : [],
    ),
  );
}

/** Behind a cascade: what must be gone before the record is. */
export function deepLinks(map: DataMap, references: References): readonly Link[] {
  const types = typesById(map);
  const links = new Map<string, Link>();
  for (const [parent, refs] of references) {
    for (const { link, through } of refs) {
      if (through.length > 1 && types.has(link.child)) links.set(`${link.constraint}\n${parent}`, { ...link, parent });
    }
  }
  return [...links.values()];
}

export async function check(map: DataMap, readers: Readers, targets: readonly Target[]): Promise<readonly Finding[]> {
  // systems do not wait for each other; the findings come in the map's order all the same
  const bySystem = await sideBySide(
    map.systems.map(async (system) => {
      const mine = targets.filter((target) => target.record.system === system.name);
      return mine.length === 0 ? [] : await Array.fromAsync((await readers.of(system.name)).check(mine));
    }),
  );
  return bySystem.flat();
}

/** Slips in a condition's own match and filter: they would make every search of it come back empty. */
const NEVER_FOUND = new Set(["COLUMN_MISSING", "TABLE_MISSING", "NOT_SEARCHABLE", "TYPE_MISMATCH"]);

export async function checkConditions(
  map: DataMap,
  readers: Readers,
  types: readonly RecordType[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of new Set(types.flatMap((record) => record.unless ?? []))) {
    const condition = map.conditions.find((one) => one.name === name);
    const target = condition === undefined ? undefined : conditionTarget(map, condition);
    if (target === undefined) continue;
    for await (const finding of (await readers.of(target.record.system)).check([target]))
      if (NEVER_FOUND.has(finding.code)) findings.push(finding);
  }
  return findings;
}

export function refuse(map: DataMap, findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === "error");
  const [first] = errors.toSorted((a, b) => exitOf(a) - exitOf(b));
  if (first === undefined) return;
  const { record, message, help, file } = placed(map, first);
  const at = positionOf(map, first);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new Failure(isFailureCode(first.code) ? first.code : "UNEXPECTED", `${record}: ${message}${more}`, {
    help,
    at: `${file}:${at.line}:${at.column}`,
    // all of them, the warnings too: whoever mends the map mends it once
    details: sorted(findings.map((finding) => placed(map, finding))),
  });
}

function exitOf(finding: Finding): number {
  return isFailureCode(finding.code) ? FAILURES[finding.code].exit : EXIT.unexpected;
}

/** The system's record types and all that have a say in what becomes of their records, those in the same place and those that identities are found in among them. */
function leadingTo(map: DataMap, system: string, neighbours: readonly RecordType[]): ReadonlySet<string> {
  const own = recordTypes(map).filter((record) => record.system === system);
  return decidingTypes(map, [
    ...[...own, ...neighbours].map(({ id }) => id),
    ...map.identities.flatMap(({ foundIn }) => foundIn?.record ?? []),
  ]);
}
