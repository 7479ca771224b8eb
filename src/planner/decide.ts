import type { Change, Link, Reference } from "../model/change.ts";
import type { DataMap, Hold, RecordType } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import { comparable } from "../model/fold.ts";
import { holdEnd } from "../retention/hold-end.ts";
import { Failure } from "../errors.ts";
import type { Stands } from "./conditions.ts";
import type { FoundRecord, Findings, Identifiers } from "./locate.ts";
import { heldByChange, ruleChange } from "./targets.ts";

/** Disposition by record type and key. Records that are as wanted already have none. */
export type Decided = ReadonlyMap<string, ReadonlyMap<string, Disposition>>;

type Deciding = Map<string, Map<string, Disposition>>;

export interface Circumstances {
  readonly map: DataMap;
  readonly found: Findings;
  readonly identifiers: Identifiers;
  /** Civil date in the controller's zone. */
  readonly today: string;
  /** By name of the condition. */
  readonly conditions: ReadonlyMap<string, Stands>;
}

/** What becomes of each record by itself and by what leads to it. References between records come after: `decideReferences`. */
export function decideOwn(circumstances: Circumstances): Deciding {
  const decided: Deciding = new Map();
  // parents of match edges come first in `found`, so that what is held with them is known
  for (const [id, { target, records }] of circumstances.found) {
    const mine = new Map<string, Disposition>();
    decided.set(id, mine);
    const parents = parentIndex(circumstances, target.record);
    for (const record of records.values()) {
      if (record.done) continue;
      mine.set(
        record.key,
        ownDisposition(circumstances, target.record, record) ??
          heldWith(circumstances, decided, target.record, record, parents) ?? { kind: "act", change: "rule" },
      );
    }
  }
  protect(circumstances, decided);
  return decided;
}

function ownDisposition({ map, today, conditions }: Circumstances, type: RecordType, record: FoundRecord): Disposition | undefined {
  if (record.blocked !== undefined) return { kind: "blocked", ...record.blocked };
  const law = new Set<string>();
  let until = "";
  for (const use of type.holds) {
    const hold = map.holds.find((one) => one.name === use.hold);
    if (hold === undefined) continue;
    const end = holdEnd(hold, record.values[use.from] ?? null, map.controller.calendar.timezone);
    if (end.kind === "unknown") return { kind: "waiting", on: end.reason };
    if (end.eligibleFrom <= today) continue;
    for (const one of lawOf(hold)) law.add(one);
    if (end.lastDay > until) until = end.lastDay;
  }
  if (until !== "") return { kind: "kept", reason: "retention", until, law: [...law], minimise: type.whileHeld?.keepOnly !== undefined };
  if (type.unless !== undefined && (conditions.get(type.unless)?.(type.id, record) ?? false)) return { kind: "waiting", on: type.unless };
  return undefined;
}

function lawOf(hold: Hold): readonly string[] {
  return hold.law;
}

/** For each match edge of the record type: value of the parent's column -> parents. */
type ParentIndex = ReadonlyMap<string, ReadonlyMap<string, readonly { readonly type: string; readonly record: FoundRecord }[]>>;

function parentIndex({ found }: Circumstances, type: RecordType): ParentIndex {
  return new Map(
    type.match.terms.flatMap(({ column, source }) => {
      if (source.kind !== "column") return [];
      const byValue = new Map<string, { type: string; record: FoundRecord }[]>();
      for (const record of found.get(source.ref.record)?.records.values() ?? []) {
        const value = record.values[source.ref.column] ?? null;
        if (value === null) continue;
        const known = byValue.get(value);
        if (known === undefined) byValue.set(value, [{ type: source.ref.record, record }]);
        else known.push({ type: source.ref.record, record });
      }
      return [[column, byValue] as const];
    }),
  );
}

/** A record that is reached only through held records is held with them: an invoice's lines. */
function heldWith({ map, identifiers }: Circumstances, decided: Decided, type: RecordType, record: FoundRecord, index: ParentIndex): Disposition | undefined {
  const parents: Disposition[] = [];
  for (const { column, source } of type.match.terms) {
    const value = record.values[column] ?? null;
    if (source.kind === "identity") {
      const identity = map.identities.find((one) => one.name === source.identity);
      const given = record.subjects.flatMap((subject) => identifiers[subject]?.get(source.identity) ?? []);
      if (given.length === 0) continue;
      // a path through an array has no single value: it may well be reached by the identity itself
      if (value === null && !column.includes("[]")) continue;
      if (value === null || identity === undefined) return undefined;
      const text = comparable(value, identity.type, identity.fold);
      if (given.some((one) => comparable(one, identity.type, identity.fold) === text)) return undefined;
      continue;
    }
    for (const parent of index.get(column)?.get(value ?? "") ?? []) {
      const disposition = decided.get(parent.type)?.get(parent.record.key);
      if (disposition?.kind !== "kept" || disposition.reason === "held_by") return undefined;
      parents.push(disposition);
    }
  }
  const kept = parents.filter((one) => one.kind === "kept");
  const until = kept
    .map((one) => one.until)
    .toSorted()
    .at(-1);
  if (until === undefined) return undefined;
  return { kind: "kept", reason: "held_with", until, law: [...new Set(kept.flatMap((one) => one.law))], minimise: type.whileHeld?.keepOnly !== undefined };
}

/** `protects`: while a record is held, the named records of the same subjects are not deleted either. */
function protect({ found, map }: Circumstances, decided: Deciding): void {
  for (const [id, { target, records }] of found) {
    const protectedTypes = target.record.holds.flatMap((use) => use.protects);
    if (protectedTypes.length === 0) continue;
    for (const record of records.values()) {
      const held = decided.get(id)?.get(record.key);
      if (held?.kind !== "kept" || held.reason !== "retention") continue;
      for (const name of protectedTypes) {
        const other = found.get(name);
        for (const one of other?.records.values() ?? []) {
          const disposition = decided.get(name)?.get(one.key);
          if (disposition?.kind === "act" && one.subjects.some((subject) => record.subjects.includes(subject))) {
            decided.get(name)?.set(one.key, afterHeld(typeOf(map, name), held, disposition));
          }
        }
      }
    }
  }
}

/**
 * What references do: a parent that a held child references is not deleted (`held_by`), one that a waiting child
 * references waits, one that other people's records reference is blocked with the constraint named. `references`: who
 * references the records we mean to delete, by their record type. Repeats until nothing changes.
 */
export function decideReferences({ map, found }: Circumstances, decided: Deciding, references: ReadonlyMap<string, readonly Reference[]>): Decided {
  for (let changed = true; changed;) {
    changed = false;
    for (const [parentType, refs] of references) {
      const type = typeOf(map, parentType);
      for (const reference of refs) {
        const parent = decided.get(parentType)?.get(reference.parentKey);
        if (parent === undefined || changeOf(type, parent)?.kind !== "delete") {
          // kept by a shorter hold already: the longest of the children's holds counts
          const longer = parent?.kind === "kept" && parent.reason === "held_by" ? judge(map, found, decided, reference) : undefined;
          if (parent?.kind === "kept" && longer?.kind === "kept" && longer.until > parent.until) {
            decided.get(parentType)?.set(reference.parentKey, { ...parent, until: longer.until, law: [...new Set([...parent.law, ...longer.law])] });
            changed = true;
          }
          continue;
        }
        const stands = judge(map, found, decided, reference);
        if (stands === undefined) continue;
        decided.get(parentType)?.set(reference.parentKey, stands.kind === "kept" ? afterHeld(type, stands, parent) : stands);
        changed = true;
      }
    }
  }
  return decided;
}

/** What a referencing record means for the one we want to delete; undefined: nothing. */
function judge(map: DataMap, found: Findings, decided: Decided, { link, childKey, parentKey }: Reference): Disposition | undefined {
  const child = found.get(link.child);
  if (child === undefined) {
    // no record type: the reader has refused what is not declared; a declared cascade may take the row, a plain reference stops us
    return declaredToGo(map, link) ? undefined : { kind: "blocked", reason: link.constraint };
  }
  if (link.child === link.parent && childKey === parentKey) return undefined;
  const disposition = decided.get(link.child)?.get(childKey);
  if (disposition === undefined && !child.records.has(childKey)) {
    return typeOf(map, link.parent).cascades.includes(link.constraint) && link.onDelete !== "no_action" && link.onDelete !== "restrict"
      ? undefined
      : { kind: "blocked", reason: link.constraint };
  }
  if (disposition === undefined) return { kind: "blocked", reason: link.constraint };
  switch (disposition.kind) {
    case "kept":
    case "waiting":
    case "blocked":
      return disposition;
    case "act": {
      const change = changeOf(child.target.record, disposition);
      if (change === undefined || change.kind === "delete") return undefined;
      if (change.kind === "fields" && link.childColumns.some((column) => ["clear", "unlink", "remove"].includes(change.fields[column]?.kind ?? "")))
        return undefined;
      throw new Failure("CONSTRAINT", `${link.child} stays and references ${link.parent} (constraint ${link.constraint}), which is to be deleted`, {
        help: `Give ${link.child} \`fields: { ${link.childColumns[0] ?? ""}: unlink }\`, or anonymise ${link.parent} instead.`,
      });
    }
  }
}

function declaredToGo(map: DataMap, link: Link): boolean {
  const cascading = link.onDelete === "cascade" || link.onDelete === "set_null" || link.onDelete === "set_default";
  return cascading && (map.ignore.includes(link.child) || typeOf(map, link.parent).cascades.includes(link.constraint));
}

function afterHeld(type: RecordType, held: Extract<Disposition, { kind: "kept" }>, was: Disposition): Disposition {
  if (was.kind === "act" && ruleChange(type).kind !== "delete") return was;
  if (heldByChange(type) !== undefined) return { kind: "act", change: "held_by" };
  return { kind: "kept", reason: "held_by", until: held.until, law: held.law, minimise: false };
}

/** What the disposition does to a record of this type; undefined: nothing. */
export function changeOf(type: RecordType, disposition: Disposition): Change | undefined {
  switch (disposition.kind) {
    case "act":
      return disposition.change === "rule" ? ruleChange(type) : heldByChange(type);
    case "kept":
      return disposition.minimise ? { kind: "minimise", keepOnly: type.whileHeld?.keepOnly ?? [] } : undefined;
    case "waiting":
    case "blocked":
      return undefined;
  }
}

function typeOf(map: DataMap, id: string): RecordType {
  const type = map.systems.flatMap((system) => system.records).find((one) => one.id === id);
  if (type === undefined) throw new Failure("UNEXPECTED", `${id} is no record type of the data map`);
  return type;
}
