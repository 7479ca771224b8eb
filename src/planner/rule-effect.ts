/** What a change of the data map does to live data: what becomes due by it, and what stops being kept. Read-only. */
import type { DataMap, RecordType } from "../model/datamap.ts";
import { civilDateFromText } from "../model/civil-date.ts";
import type { Finding, Target } from "../model/search.ts";
import { holdEnd, latestHoldEnd } from "../retention/hold-end.ts";
import { dueRules } from "./due-rules.ts";
import { searchDue } from "./due-search.ts";
import { valuesAt } from "./found.ts";
import type { Readers } from "./readers.ts";
import { recordTypes, samePlace, targetOf } from "./targets.ts";

/** A data map, and connections by which its systems are read. */
export interface Side {
  readonly map: DataMap;
  readonly readers: Readers;
}

export interface RuleEffect {
  /** Records that are due by the new map, and were not by the old one. */
  readonly due: number;
  /** Records that a hold of the old map keeps, and none of the new one. */
  readonly released: number;
  /** Counting stopped where there were too many. */
  readonly at_least?: true;
}

export interface When {
  /** Civil date in the controller's zone. */
  readonly today: string;
  /** The same, UTC. */
  readonly instant: string;
}

/** Records of one record type that are looked at one by one. */
export const MOST = 100_000;

/**
 * By the rules alone: legal holds, open requests and what a workspace remembers are not asked. Undefined where so much is
 * due or kept already that nobody can say what is new.
 */
export async function ruleEffect(
  record: string,
  { before, after }: { readonly before: Side; readonly after: Side },
  when: When,
  most = MOST,
): Promise<RuleEffect | undefined> {
  const known = await dueIn(before, record, when, most);
  if (known.more) return undefined;
  const now = await dueIn(after, record, when, most);
  const released = await releasedOf(record, before, after, when, most);
  if (released === undefined) return undefined;
  const due = now.addresses.difference(known.addresses).size;
  return { due, released: released.count, ...(now.more || released.more ? { at_least: true } : {}) };
}

interface Due {
  readonly addresses: ReadonlySet<string>;
  /** There are more than were looked at. */
  readonly more: boolean;
}

/** What a plan of due work would act on. A record type may be due in two ways: both count here. */
async function dueIn({ map: whole, readers }: Side, record: string, when: When, most: number): Promise<Due> {
  const addresses = new Set<string>();
  let more = false;
  const map = withRoom(whole, record, most);
  for (const rule of dueRules(map, when.today, new Set([record]))) {
    const reported: Finding[] = [];
    const { found, decided } = await searchDue({
      map,
      readers,
      rules: [rule],
      today: when.today,
      made: { received: when.today, entered: when.instant },
      legal: { holds: [], readers },
      excluded: () => false,
      isWithRequest: () => false,
      left: new Map(),
      reported,
    });
    const one = found.get(record);
    more ||= (one?.due?.more ?? 0) > 0;
    for (const { key, address } of one?.records.values() ?? [])
      if (decided.get(record)?.get(key)?.kind === "act") addresses.add(address);
  }
  return { addresses, more };
}

/** The map with room for so many records of one record type in one look. */
function withRoom(map: DataMap, record: string, most: number): DataMap {
  const roomy = (type: RecordType): RecordType =>
    type.id === record ? { ...type, limits: { ...type.limits, batchRecords: most } } : type;
  return { ...map, systems: map.systems.map((system) => ({ ...system, records: system.records.map(roomy) })) };
}

/** Whoever has no date is found by none: what is kept because nobody knows when its period begins is not counted. */
async function releasedOf(
  record: string,
  before: Side,
  after: Side,
  { today }: When,
  most: number,
): Promise<{ readonly count: number; readonly more: boolean } | undefined> {
  const [old, now] = [typeOf(before.map, record), typeOf(after.map, record)];
  if (old === undefined || old.holds.length === 0) return { count: 0, more: false };
  const isSame = now !== undefined && samePlace(old, now) && sameFilter(old, now);
  // a record that the new rule does not find is not kept by it
  const still = isSame || now === undefined ? new Set<string>() : await keptIn(after, now, today, most);
  if (still.size >= most) return undefined;
  const seen = new Set<string>();
  let count = 0;
  const columns = [...new Set(old.holds.map(({ from }) => from))];
  const exports = [...columns, ...(isSame ? now.holds.map(({ from }) => from) : [])];
  for (const column of columns) {
    for await (const { address, values } of dated(before, old, column, exports)) {
      if (!keeps(before.map, old, values, today) || still.has(address)) continue;
      if (isSame && keeps(after.map, now, values, today)) continue;
      if (columns.length > 1 && seen.has(address)) continue;
      if (columns.length > 1) seen.add(address);
      count += 1;
      if (count >= most) return { count, more: true };
    }
  }
  return { count, more: false };
}

async function keptIn(side: Side, type: RecordType, today: string, most: number): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  const columns = [...new Set(type.holds.map(({ from }) => from))];
  for (const column of columns)
    for await (const { address, values } of dated(side, type, column, columns))
      if (kept.size < most && keeps(side.map, type, values, today)) kept.add(address);
  return kept;
}

/** Every record of the type that has a date there. */
async function* dated(
  { map, readers }: Side,
  type: RecordType,
  column: string,
  columns: readonly string[],
): AsyncGenerator<{ readonly address: string; readonly values: Readonly<Record<string, readonly string[]>> }> {
  const target = targetOf(map, type);
  const whole: Target = { ...target, exports: [...new Set([...target.exports, ...columns])] };
  const { timezone: zone } = map.controller.calendar;
  const reader = await readers.of(type.system);
  yield* reader.locate(whole, { by: "due", column, before: "9999-12-31", zone });
}

/** Whether a hold of the record type keeps a record with these dates on that day. */
function keeps(
  { holds, controller: { calendar } }: DataMap,
  type: RecordType,
  values: Readonly<Record<string, readonly string[]>>,
  today: string,
): boolean {
  return type.holds.some((use) => {
    const hold = holds.find(({ name }) => name === use.hold);
    if (hold === undefined) return false;
    const [first, ...more] = valuesAt(values, use.from).map((text) =>
      holdEnd(hold, civilDateFromText(text.trim(), calendar.timezone) ?? null, calendar.timezone),
    );
    const end = first === undefined ? holdEnd(hold, null, calendar.timezone) : latestHoldEnd(first, ...more);
    return end.kind === "until" ? end.lastDay >= today : end.reason === "review";
  });
}

function typeOf(map: DataMap, record: string): RecordType | undefined {
  return recordTypes(map).find(({ id }) => id === record);
}

function sameFilter(one: RecordType, other: RecordType): boolean {
  const [mine, theirs] = [filterOf(one), filterOf(other)];
  return mine.size === theirs.size && mine.isSubsetOf(theirs);
}

function filterOf({ where = {} }: RecordType): ReadonlySet<string> {
  return new Set(Object.entries(where).flatMap(([column, values]) => values.map((value) => `${column}\n${value}`)));
}
