import type { Change, Link, Reference } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import { holdEnd } from "../retention/hold-end.ts";
import { Failure } from "../errors.ts";
import type { Circumstances, Decided } from "./circumstances.ts";
import { heldWith, parentIndex } from "./held-with.ts";
import type { FoundRecord, Findings } from "./locate.ts";
import { changesOf } from "../model/rule-change.ts";

type Deciding = Map<string, Map<string, Disposition>>;

/** A record that stays for a held one's sake, changed as the map's `fields` say. */
type HeldByChange = Extract<Disposition, { kind: "act"; change: "held_by" }>;

/** What becomes of each record by itself and by what leads to it. References between records come after: `decideReferences`. */
export function decideOwn(circumstances: Circumstances): Deciding {
  const decided: Deciding = new Map();
  const shielded = new Set<string>();
  decideEach(circumstances, decided, shielded);
  // what `protects` keeps may lead to others, which are held with it: once more, with that known
  protect(circumstances, decided, shielded);
  if (shielded.size > 0) {
    decideEach(circumstances, decided, shielded);
    protect(circumstances, decided, shielded);
  }
  return decided;
}

function decideEach(circumstances: Circumstances, decided: Deciding, shielded: ReadonlySet<string>): void {
  // parents of match edges come first in `found`, so that what is held with them is known
  for (const [id, { type, records }] of circumstances.found) {
    const before = decided.get(id);
    const mine = new Map<string, Disposition>();
    decided.set(id, mine);
    const parents = parentIndex(circumstances, type);
    for (const record of records.values()) {
      const protectedBefore = shielded.has(`${id}\n${record.key}`) ? before?.get(record.key) : undefined;
      const own = longer(ownDisposition(circumstances, type, record), heldWith(circumstances, decided, type, record, parents, shielded));
      const disposition = own ?? protectedBefore;
      // as wanted already and free: there is nothing to decide; as wanted and held: it is kept like any other
      if (disposition !== undefined) mine.set(record.key, disposition);
      else if (!record.done) mine.set(record.key, { kind: "act", change: "rule" });
    }
  }
}

/** Its own hold and that of what leads to it: the later date, under the law of both. What is blocked or waits does so whatever else holds it. */
function longer(own: Disposition | undefined, other: Disposition | undefined): Disposition | undefined {
  if (own?.kind !== "kept" || other === undefined) return own ?? other;
  if (other.kind !== "kept") return other;
  const law = [...new Set([...own.law, ...other.law])];
  return other.until > own.until ? { ...own, reason: "held_with", until: other.until, law } : { ...own, law };
}

function ownDisposition({ map, today, conditions }: Circumstances, type: RecordType, record: FoundRecord): Disposition | undefined {
  if (record.blocked !== undefined) return { kind: "blocked", ...record.blocked };
  const law = new Set<string>();
  let until = "";
  for (const use of type.holds) {
    const hold = map.holds.find((one) => one.name === use.hold);
    if (hold === undefined) continue;
    const end = holdEnd(hold, record.values[use.from]?.[0] ?? null, map.controller.calendar.timezone);
    // what is as wanted already has nothing to wait for
    if (end.kind === "unknown") return record.done ? undefined : { kind: "waiting", on: end.reason };
    if (end.eligibleFrom <= today) continue;
    for (const one of hold.law) law.add(one);
    if (end.lastDay > until) until = end.lastDay;
  }
  if (until !== "") return { kind: "kept", reason: "retention", until, law: [...law], minimise: type.whileHeld?.keepOnly !== undefined };
  if (!record.done && type.unless !== undefined && (conditions.get(type.unless)?.(type.id, record) ?? false)) return { kind: "waiting", on: type.unless };
  return undefined;
}

/** `protects`: while a record is held, or nobody knows how long, the named records of the same subjects are not deleted either. */
function protect({ found, map }: Circumstances, decided: Deciding, shielded: Set<string>): void {
  for (const [id, { target, records }] of found) {
    const protectedTypes = target.record.holds.flatMap((use) => use.protects);
    for (const record of protectedTypes.length === 0 ? [] : records.values()) {
      const held = decided.get(id)?.get(record.key);
      const holding = held?.kind === "kept" ? held.reason === "retention" : held?.kind === "waiting" && held.on === "no_date";
      if (held === undefined || !holding) continue;
      for (const name of protectedTypes) {
        const mine = decided.get(name);
        for (const one of found.get(name)?.records.values() ?? []) {
          const disposition = mine?.get(one.key);
          if (disposition === undefined || !one.subjects.some((subject) => record.subjects.includes(subject))) continue;
          const after = shield(typeOf(map, name), held, disposition);
          if (after === disposition) continue;
          mine?.set(one.key, after);
          shielded.add(`${name}\n${one.key}`);
        }
      }
    }
  }
}

function shield(type: RecordType, held: Disposition, was: Disposition): Disposition {
  if (held.kind === "waiting") return was.kind === "act" && changeOf(type, was)?.kind === "delete" ? held : was;
  if (held.kind !== "kept") return was;
  if (was.kind === "act") return was.change === "held_by" ? laterHeldBy(was, held) : afterHeld(type, held, was);
  return was.kind === "kept" && was.reason === "held_by" && held.until > was.until
    ? { ...was, until: held.until, law: [...new Set([...was.law, ...held.law])] }
    : was;
}

function laterHeldBy(was: HeldByChange, held: { readonly until: string; readonly law: readonly string[] }): HeldByChange {
  return held.until > was.until ? { ...was, until: held.until, law: [...new Set([...was.law, ...held.law])] } : was;
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
          // stays for a held record's sake already: the longest of the children's holds counts
          const staying =
            parent?.kind === "act" && parent.change === "held_by" ? parent : parent?.kind === "kept" && parent.reason === "held_by" ? parent : undefined;
          const held = staying === undefined ? undefined : judge(map, found, decided, reference);
          if (staying !== undefined && held?.kind === "kept" && held.until > staying.until) {
            decided.get(parentType)?.set(reference.parentKey, { ...staying, until: held.until, law: [...new Set([...staying.law, ...held.law])] });
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
  // other people's record, or one that stays as it is: no declaration makes it ours to change
  if (disposition === undefined) return { kind: "blocked", reason: link.constraint };
  switch (disposition.kind) {
    case "kept":
    case "waiting":
    case "blocked":
      return disposition;
    case "act": {
      const change = changeOf(child.type, disposition);
      if (change === undefined || change.kind === "delete") return undefined;
      if (change.kind === "fields" && link.childColumns.some((column) => ["clear", "unlink", "remove"].includes(change.fields[column]?.kind ?? "")))
        return undefined;
      if (disposition.change === "held_by") return { kind: "kept", reason: "held_by", until: disposition.until, law: disposition.law, minimise: false };
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
  if (was.kind === "act" && changesOf(type).rule?.kind !== "delete") return was;
  if (changesOf(type).heldBy !== undefined) return { kind: "act", change: "held_by", until: held.until, law: held.law };
  return { kind: "kept", reason: "held_by", until: held.until, law: held.law, minimise: false };
}

/** What the disposition does to a record of this type; undefined: nothing. */
export function changeOf(type: RecordType, disposition: Disposition): Change | undefined {
  switch (disposition.kind) {
    case "act":
      return disposition.change === "rule" ? changesOf(type).rule : changesOf(type).heldBy;
    case "kept":
      return disposition.minimise ? changesOf(type).minimise : undefined;
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
