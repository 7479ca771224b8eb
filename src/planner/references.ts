/** What references between records mean for those that are to be deleted. */
import { Failure } from "../errors.ts";
import type { Link, Reference, Taken } from "../model/change.ts";
import type { Change } from "../model/rule-change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import { ignoreFits } from "../model/ignore.ts";
import { untilOf } from "../model/hold-ends.ts";
import type { Disposition } from "../model/plan.ts";
import { afterHeld, changeOf, laterHeldBy, laterKept, type OwnDecisions } from "./decide.ts";
import { typesById } from "./deciding.ts";
import type { Findings } from "./found.ts";
import type { CountedIn, OneDecisionEach } from "./same-record.ts";
import { type Sites, sameSiteAs } from "./sites.ts";
import { samePlace } from "./targets.ts";
import { holdsOf } from "./under-legal-hold.ts";

/** What is kept of a reference: there may be as many as records. */
export interface KnownReference extends Pick<Reference, "parentKey" | "link" | "through"> {
  /** Where the referencing record is decided; undefined: nobody found it. */
  readonly child: CountedIn | undefined;
  /** Where a cascade takes the row along and it is of no record type. */
  readonly takes?: Taken;
}

/** What was read of references, by record type of the parent. */
export type References = ReadonlyMap<string, readonly KnownReference[]>;

/** Looks a reference up among what was found, and keeps of it what decides. */
export function knownReferences(
  types: ReadonlyMap<string, RecordType>,
  found: Findings,
  once: Pick<OneDecisionEach, "elsewhere">,
): (reference: Reference) => KnownReference {
  const scope = { types, found, once, alike: alikeOf(types), byAddress: addressesOf(found, once) };
  const links = onceEach<Link>();
  const ways = onceEach<readonly string[]>();
  return (reference) => {
    const { parentKey, link, through, childKey } = reference;
    const taken = link.onDelete === "cascade" && !types.has(link.child);
    return {
      parentKey,
      link: links(link),
      through: ways(through),
      child: types.has(link.child) ? sighted(scope, reference) : undefined,
      ...(taken ? { takes: { constraint: link.constraint, table: link.child, key: childKey } } : {}),
    };
  };
}

/** Equal ones as one. */
function onceEach<T>(): (value: T) => T {
  const known = new Map<string, T>();
  return (value) => {
    const text = JSON.stringify(value);
    const one = known.get(text) ?? value;
    known.set(text, one);
    return one;
  };
}

export interface ReferenceDecisions {
  readonly decided: OwnDecisions;
  /** By record type and key: rows that a cascade takes along with the record. */
  readonly takes: ReadonlyMap<string, ReadonlyMap<string, readonly Taken[]>>;
}

/**
 * A parent that a held child references is not deleted (`held_by`), one that a waiting child references waits, one that
 * other people's records reference, directly or behind a cascade, is blocked with the constraint named. Repeats until
 * nothing changes.
 */
export function decideReferences(
  map: DataMap,
  once: Pick<OneDecisionEach, "decided">,
  references: References,
  sites: Sites,
): ReferenceDecisions {
  const types = typesById(map);
  const scope: Scope = { map, types, decided: once.decided, sites };
  for (let changed = true; changed;) {
    changed = false;
    for (const [parentType, refs] of references) {
      const type = types.get(parentType);
      if (type === undefined) continue;
      for (const reference of refs) if (decideOne(scope, type, reference)) changed = true;
    }
  }
  return { decided: once.decided, takes: takenBy(scope, references) };
}

interface Scope {
  readonly map: DataMap;
  readonly types: ReadonlyMap<string, RecordType>;
  readonly decided: OwnDecisions;
  readonly sites: Sites;
}

interface Sighting {
  readonly types: ReadonlyMap<string, RecordType>;
  readonly found: Findings;
  readonly once: Pick<OneDecisionEach, "elsewhere">;
  /** Other record types on the same table. */
  alike(id: string): readonly string[];
  /** Where the record at this address of a system is decided. */
  byAddress(system: string, address: string): CountedIn | undefined;
}

function alikeOf(types: ReadonlyMap<string, RecordType>): Sighting["alike"] {
  const known = new Map<string, readonly string[]>();
  return (id) => {
    const type = types.get(id);
    const some =
      known.get(id) ??
      (type === undefined
        ? []
        : [...types.values()].filter((one) => one.id === id || samePlace(one, type)).map((one) => one.id));
    known.set(id, some);
    return some;
  };
}

/** By system and address; made at the first question. */
function addressesOf(found: Findings, once: Pick<OneDecisionEach, "elsewhere">): Sighting["byAddress"] {
  const systems = new Map<string, ReadonlyMap<string, CountedIn>>();
  const make = (system: string): ReadonlyMap<string, CountedIn> => {
    const made = new Map<string, CountedIn>();
    for (const [record, { type, records }] of found) {
      if (type.system !== system) continue;
      for (const { key, address } of records.values())
        if (once.elsewhere.get(record)?.has(key) !== true) made.set(address, { record, key });
    }
    systems.set(system, made);
    return made;
  };
  return (system, address) => (systems.get(system) ?? make(system)).get(address);
}

/** Where a row of a record type's table was found and is decided; undefined: nobody found it. */
function sighted(scope: Sighting, { link, childKey, childAddress }: Reference): CountedIn | undefined {
  const { alike, found, once } = scope;
  const [id, key] = [link.child, childKey];
  if (childAddress !== undefined) {
    const system = scope.types.get(id)?.system ?? "";
    return scope.byAddress(system, childAddress);
  }
  for (const one of alike(id)) {
    if (found.get(one)?.records.has(key) !== true) continue;
    return once.elsewhere.get(one)?.get(key) ?? { record: one, key };
  }
  return undefined;
}

function decideOne(scope: Scope, type: RecordType, reference: KnownReference): boolean {
  const mine = scope.decided.get(type.id);
  const parent = mine?.get(reference.parentKey);
  if (mine === undefined || parent === undefined) return false;
  const set = (next: Disposition): boolean => {
    mine.set(reference.parentKey, next);
    return true;
  };
  if (!deletes(scope, type, parent)) {
    // stays for a held record's sake already: the longest of the children's holds counts
    if (parent.kind === "act" && parent.change === "held_by") {
      const held = judge(scope, type, reference);
      const later = held?.kind === "kept" ? laterHeldBy(parent, held) : parent;
      return later !== parent && set(later);
    }
    if (parent.kind !== "kept" || parent.reason !== "held_by") return false;
    const held = judge(scope, type, reference);
    const later = held?.kind === "kept" ? laterKept(parent, held) : parent;
    return later !== parent && set(later);
  }
  const stands = judge(scope, type, reference);
  if (stands === undefined) return false;
  return set(stands.kind === "kept" ? afterHeld(type, stands, parent) : stands);
}

/** Every change that a disposition makes, of whichever record type's rule. */
export function changesMade(
  { types }: Pick<Scope, "types">,
  type: RecordType,
  disposition: Disposition,
): readonly Change[] {
  const named = disposition.kind === "act" || disposition.kind === "kept" ? disposition.types : undefined;
  return (named ?? [type.id]).flatMap((id) => {
    const one = types.get(id);
    return one === undefined ? [] : (changeOf(one, disposition) ?? []);
  });
}

export function deletes(scope: Pick<Scope, "types">, type: RecordType, disposition: Disposition): boolean {
  return changesMade(scope, type, disposition).some(({ kind }) => kind === "delete");
}

/** What a referencing row means for the record we want to delete; undefined: nothing. */
function judge(scope: Scope, type: RecordType, reference: KnownReference): Disposition | undefined {
  const { link, through, child } = reference;
  const blocked: Disposition = { kind: "blocked", reason: link.constraint };
  if (!scope.types.has(link.child)) {
    // no record type: the reader has refused what is not declared; a declared cascade may take the row, a plain reference stops us
    return isDeclaredToGo(scope, type, reference) && !isOfAnotherSystem(scope, type, reference) ? undefined : blocked;
  }
  const childType = child === undefined ? undefined : scope.types.get(child.record);
  if (child === undefined || childType === undefined) return blocked;
  if (child.record === type.id && child.key === reference.parentKey) return undefined;
  const disposition = scope.decided.get(child.record)?.get(child.key);
  // other people's record, or one that stays as it is: no declaration makes it ours to change
  if (disposition === undefined) return blocked;
  const behind = through.length > 1;
  switch (disposition.kind) {
    case "kept":
    case "waiting":
    case "blocked":
      return behind ? blocked : disposition;
    case "act": {
      const changes = changesMade(scope, childType, disposition);
      if (changes.some(({ kind }) => kind === "delete")) return undefined;
      if (changes.some((change) => letsGo(change, link))) return undefined;
      if (behind) return blocked;
      if (disposition.change === "held_by")
        return {
          kind: "kept",
          reason: "held_by",
          ...untilOf(disposition),
          law: disposition.law,
          minimise: false,
          ...holdsOf([disposition]),
        };
      throw new Failure(
        "CONSTRAINT",
        `${child.record} stays and references ${link.parent} (constraint ${link.constraint}), which is to be deleted`,
        {
          help: `Give ${child.record} \`fields: { ${link.childColumns[0] ?? ""}: unlink }\`, or anonymise ${link.parent} instead.`,
        },
      );
    }
  }
}

/** What is cleared, cut or set to another value references the record no more. */
function letsGo(change: Change, { childColumns }: Link): boolean {
  return (
    change.kind === "fields" &&
    childColumns.some((column) => ["clear", "unlink", "remove", "set"].includes(change.fields[column]?.kind ?? ""))
  );
}

function isDeclaredToGo({ map }: Scope, type: RecordType, { link, through }: KnownReference): boolean {
  const follows = link.onDelete === "cascade" || link.onDelete === "set_null" || link.onDelete === "set_default";
  if (!follows) return false;
  // what cascades behind a declared table is followed, and is declared with it
  return (
    through.length > 1 ||
    map.ignore.some((entry) => ignoreFits(entry, link.child)) ||
    type.cascades.includes(link.constraint)
  );
}

/** Whether the table is a record type of another system over the same database: its rows are judged there, and no declaration makes them ours. */
function isOfAnotherSystem({ map, sites }: Scope, type: RecordType, { link }: KnownReference): boolean {
  const same = sameSiteAs(sites, type.system);
  const [table = "", schema] = link.child
    .slice(type.system.length + 1)
    .split(".")
    .toReversed();
  return map.systems.some(
    ({ name, records }) =>
      name !== type.system &&
      same.has(name) &&
      records.some(
        ({ place }) =>
          place.kind === "table" &&
          place.table === table &&
          (schema === undefined || place.schema === undefined || place.schema === schema),
      ),
  );
}

function takenBy(scope: Scope, references: References): ReferenceDecisions["takes"] {
  const takes = new Map<string, Map<string, Taken[]>>();
  for (const [id, refs] of references) {
    const type = scope.types.get(id);
    const mine = new Map<string, Taken[]>();
    for (const { parentKey, takes: taken } of refs) {
      const parent = scope.decided.get(id)?.get(parentKey);
      if (type === undefined || parent === undefined || taken === undefined) continue;
      if (!deletes(scope, type, parent)) continue;
      const some = mine.get(parentKey) ?? [];
      mine.set(parentKey, some);
      some.push(taken);
    }
    if (mine.size > 0) takes.set(id, mine);
  }
  return takes;
}
