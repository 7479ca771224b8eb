import { EXIT, FAILURES, Failure, isFailureCode } from "../errors.ts";
import type { Link, Reference } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import type { Finding, Target } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { openCondition, type Stands } from "./conditions.ts";
import type { Decided } from "./circumstances.ts";
import { changeOf, decideOwn, decideReferences } from "./decide.ts";
import { type Findings, type Identifiers, type Known, locateAll, resolveIdentifiers } from "./locate.ts";
import { type Readers, sideBySide } from "./readers.ts";
import { conditionTarget, recordTypes, targetOf } from "./targets.ts";

/** Everything a plan is made from, still with values: never stored, never shown. */
export interface Searched {
  readonly identifiers: Identifiers;
  readonly found: Findings;
  readonly decided: Decided;
  readonly links: readonly Link[];
  /** Record types whose pattern matches nothing: not searched. */
  readonly empty: ReadonlySet<string>;
  readonly warnings: readonly Finding[];
}

export interface SearchScope {
  readonly map: DataMap;
  readonly readers: Readers;
  readonly subjects: readonly Subject[];
  /** Civil date in the controller's zone. */
  readonly today: string;
  /** Only this system's record types (and whatever leads to them is searched, but not planned). */
  readonly system?: string;
  readonly known?: Known | undefined;
  /** What readers reported while searching. */
  readonly reported: readonly Finding[];
}

/** What stands in the way of erasing somewhere, and of searching there not at all: `--system` plans the rest. */
const ONLY_FOR_ERASING = new Set([
  "CASCADE_UNDECLARED",
  "FOREIGN_KEY_UNDECLARED",
  "TRIGGER_UNDECLARED",
  "DELETE_SWALLOWED",
  "CONSTRAINT",
  "FIELD_REFUSED",
  "FILE_REFUSED",
]);

/** Checks, resolves, locates and decides. Read-only. Throws the worst finding of severity `error`, with all of them as details. */
export async function search({ map, readers, subjects, today, system, known, reported }: SearchScope): Promise<Searched> {
  const only = system === undefined ? undefined : leadingTo(map, system);
  const types = recordTypes(map).filter((record) => only?.has(record.id) ?? true);
  const targets = types.map((record) => targetOf(map, record));
  const checked = (await check(map, readers, targets)).filter(
    (finding) => system === undefined || finding.record.startsWith(`${system}.`) || !ONLY_FOR_ERASING.has(finding.code),
  );
  refuse(checked);
  refuse(await checkConditions(map, readers, types));
  const empty = new Set(checked.filter((finding) => finding.severity === "empty").map((finding) => finding.record));

  const identifiers = await resolveIdentifiers(map, readers, subjects, known);
  const found = await locateAll(map, readers, identifiers, { only, known });
  const conditions = new Map<string, Stands>();
  for (const name of new Set(types.flatMap((record) => record.unless ?? []))) {
    const condition = map.conditions.find((one) => one.name === name);
    const waiting = types.filter((record) => record.unless === name);
    if (condition !== undefined) conditions.set(name, await openCondition({ map, readers, identifiers, found, empty }, condition, waiting));
  }
  const circumstances = { map, found, identifiers, today, conditions };
  const decided = decideOwn(circumstances);
  const links = await linksOf(map, readers, targets);
  const references = await referencesTo(readers, found, decided, links);
  const final = decideReferences(circumstances, decided, references);
  // findings that readers made while they searched are complete only now
  refuse(reported);
  return { identifiers, found, decided: final, links, empty, warnings: [...checked, ...reported] };
}

async function check(map: DataMap, readers: Readers, targets: readonly Target[]): Promise<readonly Finding[]> {
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

async function checkConditions(map: DataMap, readers: Readers, types: readonly RecordType[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of new Set(types.flatMap((record) => record.unless ?? []))) {
    const condition = map.conditions.find((one) => one.name === name);
    const target = condition === undefined ? undefined : conditionTarget(map, condition);
    if (target === undefined) continue;
    for await (const finding of (await readers.of(target.record.system)).check([target])) if (NEVER_FOUND.has(finding.code)) findings.push(finding);
  }
  return findings;
}

function refuse(findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === "error");
  const [first] = errors.toSorted((a, b) => exitOf(a) - exitOf(b));
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new Failure(isFailureCode(first.code) ? first.code : "UNEXPECTED", `${first.record}: ${first.message}${more}`, {
    ...(first.help === undefined ? {} : { help: first.help }),
    details: errors.map(({ code, record, column, message }) => ({ code, record, ...(column === undefined ? {} : { column }), message })),
  });
}

function exitOf(finding: Finding): number {
  return isFailureCode(finding.code) ? FAILURES[finding.code].exit : EXIT.unexpected;
}

async function linksOf(map: DataMap, readers: Readers, targets: readonly Target[]): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const system of map.systems) {
    const mine = targets.filter((target) => target.record.system === system.name);
    if (mine.length > 0) links.push(...(await (await readers.of(system.name)).links(mine)));
  }
  return links;
}

async function referencesTo(readers: Readers, found: Findings, decided: Decided, links: readonly Link[]): Promise<ReadonlyMap<string, readonly Reference[]>> {
  const all = new Map<string, Reference[]>();
  for (const [id, { type, target }] of found) {
    if (!links.some((link) => link.parent === id)) continue;
    const keys = [...(decided.get(id) ?? new Map<string, Disposition>())]
      .filter(([, disposition]) => changeOf(type, disposition)?.kind === "delete")
      .map(([key]) => key);
    if (keys.length === 0) continue;
    const references: Reference[] = [];
    for await (const reference of (await readers.of(target.record.system)).references(target, keys)) references.push(reference);
    all.set(id, references);
  }
  return all;
}

/** The system's record types and, transitively, those that lead to them, that protect them, and that their conditions look at. */
function leadingTo(map: DataMap, system: string): ReadonlySet<string> {
  const all = recordTypes(map);
  const wanted = new Set(all.filter((record) => record.system === system).map((record) => record.id));
  for (const identity of map.identities) if (identity.foundIn !== undefined) wanted.add(identity.foundIn.record);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const record of all) {
      if (record.holds.some((use) => use.protects.some((name) => wanted.has(name)))) wanted.add(record.id);
      if (!wanted.has(record.id)) continue;
      const condition = map.conditions.find((one) => one.name === record.unless);
      if (condition?.any !== undefined && all.some((one) => one.id === condition.any)) wanted.add(condition.any);
      for (const { source } of [...record.match.terms, ...(condition?.match.terms ?? [])]) if (source.kind === "column") wanted.add(source.ref.record);
    }
  }
  return wanted;
}
