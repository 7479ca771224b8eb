import { isCivilDate } from "../model/civil-date.ts";
import { civilDateFromText, civilDateOf } from "../retention/civil-date.ts";
import { holdEnd } from "../retention/hold-end.ts";
import { purgeDay } from "../retention/purge-day.ts";
import type { Hold, RecordType } from "../model/datamap.ts";
import { endsLater, latestFirst, untilOf } from "../model/hold-ends.ts";
import type { Disposition } from "../model/plan.ts";
import { holdsItsSource } from "../model/follows.ts";
import { type Change, changesOf, heldChangeOf } from "../model/rule-change.ts";
import { type Deciding, keysByPerson, typesById } from "./deciding.ts";
import { leftOut } from "./excluded.ts";
import { type FoundRecord, valuesAt } from "./found.ts";
import { heldWith, parentIndex } from "./held-with.ts";
import { type FoundAsMany, foundAs } from "./overlapping.ts";
import { reasonOf } from "./stops.ts";
import { holdsOf, underLegalHold } from "./under-legal-hold.ts";

/** Disposition by record type and key, still being made. */
export type OwnDecisions = Map<string, Map<string, Disposition>>;

type HeldBy = Extract<Disposition, { kind: "act"; change: "held_by" }>;
type Kept = Extract<Disposition, { kind: "kept" }>;

/**
 * What becomes of each record as its own record type sees it: what stops its people, its holds and condition, what leads
 * to it, what protects it. What another record type over the same record holds counts for what it leads to and protects.
 * The record's one decision, and references, come after.
 */
export function decideOwn(deciding: Deciding): OwnDecisions {
  const decided: OwnDecisions = new Map();
  const scope: Scope = {
    deciding,
    decided,
    protectedKeys: new Set(),
    byPerson: keysByPerson(deciding.found),
    foundAs: foundAs(deciding.found),
  };
  // what is held leads to others, which are held with it, and may protect others again: until nothing more is
  for (let before = -1, now = 0; before !== now;) {
    before = now;
    decideEach(scope);
    protect(scope);
    now = scope.protectedKeys.size + stayingIn(decided);
    if (before === 0 && scope.protectedKeys.size === 0 && !scope.foundAs.isAny) break;
  }
  return decided;
}

/** Each pass keeps what the one before kept, and maybe more. */
function stayingIn(decided: OwnDecisions): number {
  let count = 0;
  for (const mine of decided.values()) for (const { kind } of mine.values()) if (kind !== "act") count += 1;
  return count;
}

interface Scope {
  readonly deciding: Deciding;
  readonly decided: OwnDecisions;
  /** `record\nkey` */
  readonly protectedKeys: Set<string>;
  readonly byPerson: ReturnType<typeof keysByPerson>;
  readonly foundAs: FoundAsMany;
}

/** One for all records that are free to go: there may be hundreds of thousands. */
const BY_RULE: Disposition = { kind: "act", change: "rule" };

function decideEach({ deciding, decided, protectedKeys, byPerson, foundAs: as }: Scope): void {
  const holds = new Map(deciding.map.holds.map((hold) => [hold.name, hold]));
  const scope = {
    deciding,
    of: (record: string, key: string) =>
      as.all(record, key).flatMap((one) => {
        const disposition = decided.get(one.record)?.get(one.key);
        return disposition === undefined
          ? []
          : [{ disposition, isProtected: protectedKeys.has(`${one.record}\n${one.key}`) }];
      }),
    byPerson,
  };
  // parents of match edges come first in `found`, so that what is held with them is known
  for (const [id, { type, records }] of deciding.found) {
    const before = decided.get(id);
    const mine = new Map<string, Disposition>();
    decided.set(id, mine);
    const parents = parentIndex(deciding, type);
    const asked = changesOf(type).rule === undefined;
    for (const record of records.values()) {
      const protectedBefore = protectedKeys.has(`${id}\n${record.key}`) ? before?.get(record.key) : undefined;
      const own = longer(ownDisposition(deciding, holds, type, record), heldWith(scope, type, record, parents));
      const other = own ?? protectedBefore;
      const free = deciding.excluded(id, record.key) ? leftOut(other) : other;
      const disposition = underLegalHold(free, deciding.legal.on(type, record));
      // as wanted already and free: there is nothing to decide; as wanted and held: it is kept like any other
      if (disposition !== undefined) mine.set(record.key, disposition);
      else if (asked) mine.set(record.key, { kind: "waiting", reason: "ask" });
      else if (!record.done) mine.set(record.key, BY_RULE);
    }
  }
  keepOpen(deciding, decided);
}

/**
 * What a condition read as open stays while a record waits for it: without it the next look would find nothing open, and
 * take the record too.
 */
function keepOpen({ map, found, conditions }: Deciding, decided: OwnDecisions): void {
  for (const [name, { open }] of conditions) {
    if (open === undefined || open.records.size === 0) continue;
    const waiting = new Set<number>();
    for (const [id, { type, records }] of found) {
      if (type.unless !== name) continue;
      for (const [key, disposition] of decided.get(id) ?? [])
        if (disposition.kind === "waiting" && disposition.reason === name)
          for (const person of records.get(key)?.subjects ?? []) waiting.add(person);
    }
    if (waiting.size === 0) continue;
    const says = map.conditions.find((one) => one.name === name)?.says;
    for (const [id, { type, records }] of found) {
      if (type.system !== open.system) continue;
      const mine = decided.get(id);
      for (const { key, address } of records.values()) {
        const isWaitedFor = open.records.get(address)?.some((person) => waiting.has(person)) === true;
        if (isWaitedFor && mine?.get(key)?.kind === "act")
          mine.set(key, { kind: "waiting", reason: name, ...(says === undefined ? {} : { says }) });
      }
    }
  }
}

/** Its own hold and that of what leads to it: the later date, under the law of both. What is blocked or waits does so whatever else holds it. */
export function longer(own: Disposition | undefined, other: Disposition | undefined): Disposition | undefined {
  if (own?.kind !== "kept" || other === undefined) return own ?? other;
  if (other.kind !== "kept") return other;
  const law = lawOf(own, other);
  const whole = own.whole ?? other.whole;
  const { until: _, ...mine } = own;
  return {
    ...mine,
    ...(endsLater(other, own)
      ? {
          reason: other.reason === "review" ? other.reason : ("held_with" as const),
          ...untilOf(other),
          ...(other.says === undefined ? {} : { says: other.says }),
        }
      : untilOf(own)),
    law,
    ...(whole === undefined ? {} : { whole, minimise: false }),
    ...holdsOf([own, other]),
  };
}

function ownDisposition(
  { map, today, made, conditions, stops }: Deciding,
  holds: ReadonlyMap<string, Hold>,
  type: RecordType,
  record: FoundRecord,
): Disposition | undefined {
  for (const person of record.subjects) {
    const stop = stops.byPerson.get(person);
    if (stop !== undefined) return { kind: "waiting", reason: reasonOf(stop) };
  }
  if (record.blocked !== undefined) return { kind: "blocked", ...record.blocked };
  if (type.created !== undefined && !record.done) {
    const age = ageOf(valuesAt(record.values, type.created), made, map.controller.calendar.timezone);
    if (age === "unknown") return { kind: "waiting", reason: "age_unknown" };
    if (age === "newer")
      return { kind: "waiting", reason: "newer_than_request", says: "it came into being after the request" };
  }
  const { timezone } = map.controller.calendar;
  const marked = markedBefore(type, record, timezone);
  const held: { readonly until?: string; readonly hold: Hold }[] = [];
  for (const use of type.holds) {
    const hold = holds.get(use.hold);
    if (hold === undefined) continue;
    const dates = valuesAt(record.values, use.from);
    // of several dates the last one counts; one that nobody knows is as good as the last
    const ends = (dates.length === 0 ? [null] : dates).map((date) => holdEnd(hold, date, timezone));
    const undated = ends.find((end) => end.kind === "unknown" && end.reason === "no_date");
    // what is as wanted already has nothing to wait for
    if (undated?.kind === "unknown")
      return record.done ? marked : { kind: "waiting", reason: undated.reason, says: hold.says };
    for (const end of ends) {
      if (end.kind === "unknown") held.push({ hold });
      else if (end.eligibleFrom > today) held.push({ until: end.lastDay, hold });
    }
  }
  const [last] = held.toSorted(latestFirst);
  if (last !== undefined) {
    const law = [...new Set(held.flatMap(({ hold }) => hold.law))];
    const whole = held.some(({ hold }) => hold.redactable === false);
    return {
      kind: "kept",
      reason: last.until === undefined ? "review" : "retention",
      ...untilOf(last),
      law,
      says: [last.hold.says, ...(last.hold.suspended === undefined ? [] : [last.hold.suspended])].join("; "),
      minimise: !whole && type.whileHeld?.keepOnly !== undefined,
      ...(whole ? { whole } : {}),
    };
  }
  if (marked !== undefined) return marked;
  if (!record.done && type.unless !== undefined && (conditions.get(type.unless)?.keeps(type.id, record) ?? false)) {
    const says = map.conditions.find(({ name }) => name === type.unless)?.says;
    return { kind: "waiting", reason: type.unless, ...(says === undefined ? {} : { says }) };
  }
  // to hide it is to hide it from the others too
  if (record.shared === true && GOES.has(changesOf(type).rule?.kind) && type.shared !== "erase")
    return { kind: "blocked", reason: "shared_record" };
  return undefined;
}

const GOES: ReadonlySet<Change["kind"] | undefined> = new Set<Change["kind"]>(["delete", "mark"]);

/** Whoever marked it before: it keeps its marks, and goes on its own day. */
function markedBefore(type: RecordType, { marked }: FoundRecord, timezone: string): Disposition | undefined {
  if (marked === undefined || changesOf(type).rule?.kind !== "mark") return undefined;
  const until = purgeDay(type, marked.since, timezone);
  return { kind: "waiting", reason: "marked", ...(until === undefined ? {} : { until }) };
}

/**
 * Whether a record came into being after its request. An instant of the request's own day is held against the hour it was
 * entered. A date that cannot be read may be any; where there is none, nothing says that the record is newer.
 */
function ageOf(
  created: readonly string[],
  { received, entered }: Made,
  timezone: string,
): "older" | "newer" | "unknown" {
  let age: ReturnType<typeof ageOf> = "older";
  for (const text of created.map((one) => one.trim()).filter((one) => one !== "")) {
    const day = civilDateFromText(text, timezone);
    if (day === undefined) age = "unknown";
    else if (day > received) return "newer";
    else if (day === received && !isCivilDate(text) && civilDateOf(new Date(entered), timezone) === received) {
      const at = new Date(text.replace(" ", "T"));
      if (Number.isNaN(at.getTime())) age = "unknown";
      else if (at.toISOString() > entered) return "newer";
    }
  }
  return age;
}

type Made = Deciding["made"];

/** `protects`: while a record is held, or nobody knows how long, the named records of the same people are not deleted either. */
function protect({ deciding: { found, map }, decided, protectedKeys, byPerson, foundAs: as }: Scope): void {
  const types = typesById(map);
  for (const [id, { type, records }] of found) {
    // with what it is a copy of, a copy goes that follows by itself
    const sources = holdsItsSource(type) ? [type.follows.source] : [];
    const protectedTypes = [...new Set([...type.holds.flatMap((use) => use.protects), ...sources])];
    for (const record of protectedTypes.length === 0 ? [] : records.values()) {
      for (const held of as.all(id, record.key).flatMap((one) => decided.get(one.record)?.get(one.key) ?? [])) {
        const names = isHolding(held) ? protectedTypes : held.kind === "waiting" && isWaitedFor(held) ? sources : [];
        const protectedOnes = names.flatMap((name) =>
          record.subjects.flatMap((person) => byPerson(name, person).flatMap((key) => as.all(name, key))),
        );
        for (const { record: name, key } of protectedOnes) {
          const other = types.get(name);
          const mine = decided.get(name);
          const disposition = mine?.get(key);
          const after =
            other === undefined || disposition === undefined ? undefined : keptFor(other, held, disposition);
          if (after === undefined || after === disposition) continue;
          mine?.set(key, after);
          protectedKeys.add(`${name}\n${key}`);
        }
      }
    }
  }
}

/** Held itself, or with what leads to it; not what only stays for another record's sake. */
function isHolding(held: Disposition): boolean {
  return held.kind === "kept" ? held.reason !== "held_by" : held.kind === "waiting" && held.reason === "no_date";
}

/** What is hidden already goes on its day, and its source before it. */
function isWaitedFor({ reason }: Extract<Disposition, { kind: "waiting" }>): boolean {
  return reason !== "marked";
}

function keptFor(type: RecordType, held: Disposition, was: Disposition): Disposition {
  if (held.kind === "waiting") return was.kind === "act" && changeOf(type, was)?.kind === "delete" ? held : was;
  if (held.kind !== "kept") return was;
  if (was.kind === "act") return was.change === "held_by" ? laterHeldBy(was, held) : afterHeld(type, held, was);
  return was.kind === "kept" && was.reason === "held_by" ? laterKept(was, held) : was;
}

export function laterHeldBy(was: HeldBy, held: Pick<Kept, "until" | "law" | "holds">): HeldBy {
  const { until: _, ...before } = was;
  return endsLater(held, was)
    ? { ...before, ...untilOf(held), law: lawOf(was, held), ...holdsOf([was, held]) }
    : alsoHeld(was, held);
}

export function laterKept(was: Kept, held: Pick<Kept, "until" | "law" | "holds">): Kept {
  const { until: _, ...before } = was;
  return endsLater(held, was)
    ? { ...before, ...untilOf(held), law: lawOf(was, held), ...holdsOf([was, held]) }
    : alsoHeld(was, held);
}

/** A legal hold that ends sooner is named all the same: each must have ended. */
function alsoHeld<T extends HeldBy | Kept>(was: T, held: Pick<Kept, "law" | "holds">): T {
  const more = (held.holds ?? []).some((id) => was.holds?.includes(id) !== true);
  return more ? { ...was, law: lawOf(was, held), ...holdsOf([was, held]) } : was;
}

function lawOf(...held: readonly Pick<Kept, "law">[]): readonly string[] {
  return [...new Set(held.flatMap(({ law }) => law))];
}

/** What becomes of a record that a held one needs: changed as the map's `fields` say where it gives any, else kept. */
export function afterHeld(type: RecordType, held: Kept, was: Disposition): Disposition {
  const changes = changesOf(type);
  if (was.kind === "act" && changes.rule?.kind !== "delete" && was.types === undefined) return was;
  const says = held.says === undefined ? {} : { says: held.says };
  const more = { ...untilOf(held), law: held.law, ...says, ...holdsOf([held]) };
  if (changes.heldBy !== undefined) return { kind: "act", change: "held_by", ...more };
  return { kind: "kept", reason: "held_by", ...more, minimise: false };
}

/** What the disposition does to a record of this type, by the type's own rule; undefined: nothing. */
export function changeOf(type: RecordType, disposition: Disposition): Change | undefined {
  const changes = changesOf(type);
  switch (disposition.kind) {
    case "act":
      return disposition.change === "rule" ? changes.rule : heldChangeOf(changes);
    case "kept":
      return disposition.minimise ? changes.minimise : undefined;
    case "waiting":
    case "blocked":
      return undefined;
  }
}
