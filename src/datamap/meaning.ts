import { createHash } from "node:crypto";
import type {
  Condition,
  DataMap,
  Dialect,
  Hold,
  Identity,
  Match,
  Period,
  Place,
  RecordType,
  SystemBlock,
} from "../model/datamap.ts";

import { holdsItsSource } from "../model/follows.ts";

type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * What the rules of a data map mean, as lower-case hex SHA-256: a plan is bound to this and not to the file's bytes.
 * Comments, the order of keys, words for people (`says`, `called`, owners, reviews) and defaults that are written out
 * change nothing; a record type more or less, and every rule, does. `system`: only what a plan of this system was made by,
 * which are its record types and whatever leads to them, holds them or decides about them.
 */
export function meaningOf(map: DataMap, system?: string): string {
  const records = recordsBehind(map, system);
  const names = new Set(records.map((record) => record.system));
  const systems = map.systems.filter(
    ({ name, covers }) => names.has(name) || covers.some((covered) => names.has(covered)),
  );
  const conditions = map.conditions.filter(({ name }) => records.some(({ unless }) => unless === name));
  const holds = map.holds.filter(({ name }) =>
    records.some((record) => record.holds.some(({ hold }) => hold === name)),
  );
  const { controller } = map;
  // who need not be asked again is no rule of what is done
  const { standing: _, ...approval } = map.approval;
  return digest({
    version: 1,
    timezone: controller.calendar.timezone,
    approval: { ...approval, roles: set(approval.roles) },
    ignore: set(map.ignore.filter((table) => names.has(table.split(".")[0] ?? ""))),
    identities: byName(map.identities, identity),
    conditions: byName(conditions, condition),
    holds: byName(holds, hold),
    systems: byName(systems, settings),
    records: Object.fromEntries(records.map((record) => [record.id, rule(record)])),
  });
}

/** The same of one record type: its own rule, with the conditions and holds that it names. */
export function ruleMeaning(map: DataMap, record: RecordType): string {
  const conditions = map.conditions.filter(({ name }) => record.unless === name);
  const holds = map.holds.filter(({ name }) => record.holds.some((use) => use.hold === name));
  return digest({
    conditions: byName(conditions, condition),
    holds: byName(holds, hold),
    rule: rule(record),
  });
}

/** The record types that a plan depends on. */
function recordsBehind(map: DataMap, system: string | undefined): readonly RecordType[] {
  const all = map.systems.flatMap(({ records }) => records);
  if (system === undefined) return all;
  const behind = new Set([
    ...all.filter((record) => record.system === system).map(({ id }) => id),
    ...map.identities.flatMap(({ foundIn }) => foundIn?.record ?? []),
  ]);
  for (let before = -1; behind.size > before;) {
    before = behind.size;
    for (const record of all) {
      if (record.holds.some(({ protects }) => protects.some((id) => behind.has(id)))) behind.add(record.id);
      if (holdsItsSource(record) && behind.has(record.follows.source)) behind.add(record.id);
      if (!behind.has(record.id)) continue;
      const waits = map.conditions.find(({ name }) => name === record.unless);
      const terms = [...record.match.terms, ...(waits?.match.terms ?? [])];
      for (const { source } of terms) if (source.kind === "column") behind.add(source.ref.record);
      if (waits?.any !== undefined) behind.add(waits.any);
      for (const id of record.auditOf) behind.add(id);
    }
  }
  return all.filter(({ id }) => behind.has(id));
}

/** Every key of a record type and of a system is named below: a new one does not compile until somebody says what it means. */

function identity({ type, fold, foundIn, by }: Identity): Plain {
  return { type, fold: set(fold), by, ...(foundIn === undefined ? {} : { foundIn: { ...foundIn } }) };
}

function condition({ any, match, where }: Condition): Plain {
  return { any, match: matching(match), where: constants(where) };
}

function hold({ keepFor, roundUpTo, notBefore, starts, suspended, redactable, law, exemption }: Hold): Plain {
  return {
    keepFor: period(keepFor),
    roundUpTo: roundUpTo === undefined ? undefined : { ...roundUpTo },
    notBefore,
    starts,
    suspended: suspended === undefined ? undefined : true,
    redactable,
    law: set(law),
    exemption,
  };
}

function settings(system: SystemBlock): Plain {
  const {
    name: _name,
    records: _records,
    owner: _owner,
    environment: _environment,
    recipient: _recipient,
    rank: _rank,
    at: _at,
    ...rest
  } = system;
  const {
    kind,
    connect,
    session,
    own,
    feeds,
    copyOf,
    ignore = [],
    assertions = [],
    covers,
    expiresAfter,
    ...none
  } = rest;
  none satisfies Record<string, never>;
  const expires = expiresAfter === undefined ? undefined : period(expiresAfter);
  return {
    kind,
    connect: { ...connect, own: plain(connect.own) },
    session,
    own: plain(own),
    feeds: set(feeds),
    copyOf,
    ignore: set(ignore),
    covers: set(covers),
    expiresAfter: expires,
    // absent where there are none, so that plans of before stay what they were
    ...(assertions.length === 0 ? {} : { assertions: byName(assertions, ({ query }) => query) }),
  };
}

function rule(record: RecordType): Plain {
  const {
    id: _id,
    name: _name,
    system: _system,
    called: _called,
    calledIn: _calledIn,
    purpose: _purpose,
    categories: _categories,
    dataSubjects: _dataSubjects,
    at: _at,
    // nothing that a plan does follows from it
    sample: _sample,
    ...rest
  } = record;
  const {
    place,
    match,
    where,
    do: action,
    shared,
    created,
    split,
    fields,
    in: inside,
    paths,
    unless,
    holds,
    whileHeld,
    auditOf,
    cascades,
    marker,
    restoreWindow,
    purge,
    schedule,
    follows,
    ...more
  } = rest;
  const { format, dialect, encoding, versions, own, limits, ...none } = more;
  none satisfies Record<string, never>;
  return {
    place: placeOf(place),
    match: matching(match),
    where: constants(where ?? {}),
    action,
    shared,
    created,
    split,
    fields: { ...fields },
    inside: set(inside),
    paths: { ...paths },
    unless,
    holds: sorted(holds.map((use) => ({ ...use, protects: set(use.protects) }))),
    whileHeld:
      whileHeld === undefined
        ? undefined
        : {
            restrict: whileHeld.restrict,
            keepOnly: whileHeld.keepOnly === undefined ? undefined : set(whileHeld.keepOnly),
          },
    auditOf: set(auditOf),
    cascades: set(cascades),
    marker: marker === undefined ? undefined : { ...marker },
    restoreWindow: restoreWindow === undefined ? undefined : period(restoreWindow),
    purge: purge === undefined ? undefined : { after: period(purge.after), how: purge.how },
    schedule: schedule === undefined ? undefined : { after: period(schedule.after), from: schedule.from },
    follows: follows === undefined ? undefined : { ...follows },
    format,
    dialect: dialectOf(dialect),
    encoding,
    versions,
    own: plain(own),
    limits: { ...limits },
  };
}

/** What a kind read of its own keys: data, whatever it is. */
function plain(own: unknown): Plain {
  if (own === undefined || own === null || typeof own === "string" || typeof own === "number") return own;
  if (typeof own === "boolean") return own;
  if (Array.isArray(own)) return own.map((one: unknown) => plain(one));
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [key, plain(value)]));
}

function placeOf(place: Place): Plain {
  switch (place.kind) {
    case "table":
    case "index":
      return { ...place };
    case "files":
      return { kind: place.kind, globs: set(place.globs) };
    case "keys":
      return { kind: place.kind, templates: set(place.templates) };
  }
}

/** One term alone is any and all. */
function matching({ mode, terms }: Match): Plain {
  const each = terms.map(({ column, source }) => ({
    column,
    source: source.kind === "identity" ? source.identity : { ...source.ref },
  }));
  return { mode: terms.length < 2 ? "any" : mode, terms: sorted(each) };
}

function dialectOf({ delimiter = ",", quote = '"', escape = quote, header = true, skip = 0 }: Dialect): Plain {
  return { delimiter, quote, escape, header, skip };
}

/** Without the text it was written as. */
function period({ years, months, days, seconds }: Period): Plain {
  return { years, months, days, seconds };
}

function constants(where: NonNullable<RecordType["where"]>): Plain {
  return Object.fromEntries(Object.entries(where).map(([column, values]) => [column, set(values)]));
}

function byName<T extends { readonly name: string }>(list: readonly T[], plain: (one: T) => Plain): Plain {
  return Object.fromEntries(list.map((one) => [one.name, plain(one)]));
}

function set(list: readonly string[]): readonly string[] {
  return [...new Set(list)].toSorted();
}

function sorted(list: readonly Plain[]): readonly Plain[] {
  return list.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}

function digest(value: Plain): string {
  return createHash("sha256").update(canonical(value)).digest("hex");
}

/** JSON with sorted keys, without those that are undefined. */
function canonical(value: Plain): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
