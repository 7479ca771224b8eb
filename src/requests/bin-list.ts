/** What is marked as deleted and has not gone for good yet, by whomever: counts, never a value. */
import { randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import type { RecordType } from "../model/datamap.ts";
import { dateColumnOf } from "../model/marker.ts";
import type { Finding, Lookup, Target } from "../model/search.ts";
import { OPEN_STATES } from "../model/status.ts";
import { purgedType } from "../planner/due-rules.ts";
import type { Readers } from "../planner/readers.ts";
import { check, ONLY_FOR_ERASING, refuse } from "../planner/search.ts";
import { holdersTarget, recordTypes, targetOf } from "../planner/targets.ts";
import { civilDateFromText } from "../retention/civil-date.ts";
import { purgeDay } from "../retention/purge-day.ts";
import { windowEnd } from "../retention/restore-window.ts";
import { type Context, readersFor } from "./context.ts";
import { withDigests } from "./ended-holds.ts";
import { markedByRequest } from "./marked-records.ts";

export interface BinItem {
  readonly system: string;
  readonly record: string;
  readonly count: number;
  /** By day only: civil date at the controller; null where nobody knows it. */
  readonly marked_on?: string | null;
  /** The last day; of several the first that comes. null: the map gives no window, or nobody knows since when it is marked. */
  readonly restorable_until: string | null;
  /** The day from which it goes for good; of several the first that comes. null: nobody knows it, or it never does by itself. */
  readonly purged_on: string | null;
}

export interface BinList {
  readonly items: readonly BinItem[];
  /** What could not be counted, and why. */
  readonly warnings: readonly string[];
}

/** Nothing is written, and nothing of what is read is kept but counts by day. */
export async function binList(
  context: Context,
  { record, byDay }: { readonly record?: string; readonly byDay: boolean },
): Promise<BinList> {
  const types = record === undefined ? recordTypes(context.map) : [binType(context, record)];
  const marked = types.filter(({ marker }) => marker !== undefined);
  const reported: Finding[] = [];
  await using readers = readersFor(withDigests(context, randomBytes(32)), "bin", (finding) => reported.push(finding));
  await refuseUnreadable(context, readers, marked);
  const items: BinItem[] = [];
  const warnings: string[] = [];
  for (const type of marked) {
    const days = await markedDays(context, readers, type);
    if (days === undefined)
      warnings.push(`${type.id}: what others marked cannot be looked for here, and is not counted`);
    const counted = days ?? (await daysOfOurs(context, readers, type));
    items.push(...(byDay ? eachDay(context, type, counted) : together(context, type, counted)));
  }
  return { items, warnings: [...warnings, ...reported.map((finding) => `${finding.record}: ${finding.message}`)] };
}

/** Throws USAGE for one that the data map does not name, or that is never marked. */
export function binType({ map }: Pick<Context, "map">, record: string): RecordType {
  const type = recordTypes(map).find(({ id }) => id === record);
  if (type === undefined)
    throw new Failure("USAGE", "the data map has no record type of that name", {
      help: "Write SYSTEM.RECORD, as in shop.profiles.",
    });
  if (type.marker === undefined)
    throw new Failure("USAGE", `${type.id} has no \`soft_delete\`: nothing of it is ever marked as deleted`);
  return type;
}

/** Whatever cannot be looked at whole is an error: "nothing is in the bin" is only said by a look that could have found something. */
export async function refuseUnreadable(
  { map }: Pick<Context, "map">,
  readers: Readers,
  types: readonly RecordType[],
): Promise<void> {
  const found = await check(
    map,
    readers,
    types.map((type) => targetOf(map, type)),
  );
  // where a bucket keeps no versions any more, nothing can be hidden, and what is hidden can be seen
  const hiding = new Set(types.flatMap(({ id, marker }) => (marker?.kind === "delete_marker" ? [id] : [])));
  refuse(
    map,
    found.filter(
      ({ code, record }) => !ONLY_FOR_ERASING.has(code) && !(code === "ACTION_REFUSED" && hiding.has(record)),
    ),
  );
}

/** Civil date -> records; `null`: nobody knows since when they are marked. */
type Days = ReadonlyMap<string | null, number>;

/** Undefined where such marks cannot be searched. */
async function markedDays(context: Context, readers: Readers, type: RecordType): Promise<Days | undefined> {
  const { timezone } = context.map.controller.calendar;
  const days = new Map<string | null, number>();
  const reader = await readers.of(type.system);
  const search = markedSearch(context, type);
  if (search === undefined) return undefined;
  const ours = hasNoDate(type) ? await datesOfOurs(context, type) : new Map<string, string>();
  try {
    for await (const { key, marked, done } of reader.locate(search.target, search.selection)) {
      // what was made anonymous keeps its mark, and nothing waits for it any more
      if (marked === undefined || (done && type.purge?.how === "anonymise")) continue;
      const since = marked.since ?? ours.get(key) ?? null;
      const day = since === null ? null : (civilDateFromText(since.trim(), timezone) ?? null);
      days.set(day, (days.get(day) ?? 0) + 1);
    }
  } catch (error) {
    // an index may not know the field yet, or not by its value
    if (error instanceof Failure && (error.code === "NOT_SEARCHABLE" || error.code === "COLUMN_MISSING"))
      return undefined;
    throw error;
  }
  return days;
}

interface MarkedSearch {
  readonly target: Target;
  readonly selection: Parameters<Awaited<ReturnType<Readers["of"]>>["locate"]>[1];
}

/** A date is searched by its day, a flag or status by its value: a connector needs nothing of its own for either. */
function markedSearch({ map }: Pick<Context, "map">, type: RecordType): MarkedSearch | undefined {
  const { marker } = type;
  if (marker === undefined || marker.kind === "delete_marker") return undefined;
  // what an older version says of marks is over
  const seen: RecordType = { ...(type.purge?.how === "anonymise" ? purgedType(type) : type), versions: "latest" };
  if (marker.kind === "timestamp") {
    const target = targetOf(map, seen);
    const live = marker.live === null ? {} : { live: marker.live };
    return {
      target: { ...target, exports: [...new Set([...target.exports, marker.column])] },
      selection: {
        by: "due",
        column: marker.column,
        before: "9999-12-31",
        zone: map.controller.calendar.timezone,
        ...live,
      },
    };
  }
  const lookup: Lookup = { subject: 0, values: { [marker.column]: [marker.deleted].flat() } };
  return { target: holdersTarget(seen, [marker.column]), selection: { by: "subjects", lookups: [lookup] } };
}

function hasNoDate({ marker }: RecordType): boolean {
  return marker !== undefined && dateColumnOf(marker) === undefined;
}

/** What open requests marked in this record type, by key: when. */
async function datesOfOurs({ state }: Pick<Context, "state">, type: RecordType): Promise<ReadonlyMap<string, string>> {
  const dates = new Map<string, string>();
  for (const { id, state: stands } of await state.read.requests.list()) {
    if (!OPEN_STATES.includes(stands)) continue;
    for await (const { head, at, records } of markedByRequest(state.read, id))
      if (head.record === type.id) for (const { key } of records) dates.set(key, at);
  }
  return dates;
}

/** Of what our own state knows to be marked, whatever is marked still. */
async function daysOfOurs(context: Context, readers: Readers, type: RecordType): Promise<Days> {
  const { timezone } = context.map.controller.calendar;
  const days = new Map<string | null, number>();
  const ours = await datesOfOurs(context, type);
  if (ours.size === 0) return days;
  const reader = await readers.of(type.system);
  const keys = [...ours.keys()];
  for await (const { key, marked } of reader.locate(targetOf(context.map, type), { by: "keys", keys })) {
    const day = civilDateFromText(ours.get(key) ?? "", timezone) ?? null;
    if (marked !== undefined) days.set(day, (days.get(day) ?? 0) + 1);
  }
  return days;
}

/** The last day on which a record that was marked then can be brought back; undefined: no window, or nobody knows. */
export function restorableUntil(
  { map }: Pick<Context, "map">,
  { restoreWindow }: Pick<RecordType, "restoreWindow">,
  since: string | null,
): string | undefined {
  if (restoreWindow === undefined || since === null) return undefined;
  const { timezone } = map.controller.calendar;
  const day = civilDateFromText(since.trim(), timezone);

  return day === undefined ? undefined : windowEnd(restoreWindow, `${day}T12:00:00Z`, "UTC");
}

function eachDay(context: Context, type: RecordType, days: Days): readonly BinItem[] {
  return [...days]
    .toSorted(([a], [b]) => ((a ?? "9999") < (b ?? "9999") ? -1 : 1))
    .map(([day, count]) => ({ ...itemOf(context, type, day, count), marked_on: day }));
}

/** The dates of those that were marked first: the first ones to go. */
function together(context: Context, type: RecordType, days: Days): readonly BinItem[] {
  const count = [...days.values()].reduce((sum, one) => sum + one, 0);
  if (count === 0) return [];
  const [first = null] = [...days.keys()].flatMap((day) => day ?? []).toSorted();
  return [itemOf(context, type, first, count)];
}

function itemOf(context: Context, type: RecordType, day: string | null, count: number): BinItem {
  return {
    system: type.system,
    record: type.name,
    count,
    restorable_until: restorableUntil(context, type, day) ?? null,
    purged_on: purgeDay(type, day, context.map.controller.calendar.timezone) ?? null,
  };
}
