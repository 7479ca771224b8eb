import type { DataMap, Period, RecordType } from "../model/datamap.ts";
import type { Because } from "../model/plan.ts";
import type { DueSelection, Target } from "../model/search.ts";
import { dateColumnOf } from "../model/marker.ts";
import { changesOf } from "../model/rule-change.ts";
import { addDays, addPeriod, type CivilDate } from "../retention/civil-date.ts";
import { recordTypes, targetOf } from "./targets.ts";

/** Why records of a type are due without a request, and how they are found. */
export interface DueRule {
  readonly type: RecordType;
  readonly because: Because;
  readonly target: Target;
  /** Absent: only what ended requests kept. */
  readonly selection?: DueSelection;
  readonly held?: HeldBefore;
}

/** What ended requests kept of a record type and would be free now. */
export interface HeldBefore {
  readonly keys: readonly string[];
  /** Of these keys those whose records are still the ones that were kept: a key may be another's by now. */
  stillTheirs(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

/** The rules with what ended requests kept: it goes by the record type's own rule, as its schedule does. */
export function withHeld(
  map: DataMap,
  rules: readonly DueRule[],
  held: ReadonlyMap<string, HeldBefore>,
): readonly DueRule[] {
  const own = new Set(rules.flatMap(({ type, because }) => (because === "schedule" ? [type.id] : [])));
  const more = recordTypes(map)
    .map(forGood)
    .flatMap((type): readonly DueRule[] => {
      const mine = own.has(type.id) ? undefined : held.get(type.id);
      return mine === undefined ? [] : [{ type, because: "hold_ended", target: targetOf(map, type), held: mine }];
    });
  const joined = rules.map((rule) => {
    const mine = rule.because === "schedule" ? held.get(rule.type.id) : undefined;
    return mine === undefined ? rule : { ...rule, held: mine };
  });
  return [...joined, ...more];
}

/** Audit trails of what is due: what they hold of a record goes with it, and what its going adds to them. */
export function trailRules(map: DataMap, rules: readonly DueRule[]): readonly DueRule[] {
  const due = new Set(rules.map(({ type }) => type.id));
  return recordTypes(map)
    .filter(({ id, auditOf }) => !due.has(id) && auditOf.some((source) => due.has(source)))
    .map(forGood)
    .map((type) => ({ type, because: "trail", target: targetOf(map, type) }) as const);
}

/** The rules with what requests marked in record types whose rows do not say since when. */
export function withMarked(
  map: DataMap,
  rules: readonly DueRule[],
  marked: ReadonlyMap<string, HeldBefore>,
): readonly DueRule[] {
  const more = recordTypes(map).flatMap((type): readonly DueRule[] => {
    const held = marked.get(type.id);
    const purged = purgedType(type);
    return held === undefined ? [] : [{ type: purged, because: "purge", target: targetOf(map, purged), held }];
  });
  // what is marked goes first
  return [...more, ...rules];
}

/** The first day on which a record of `today` or later would not be due: a record is due from the day `after` its date on. */
export function firstNotDue(today: CivilDate, after: Pick<Period, "years" | "months" | "days">): CivilDate {
  let day = addPeriod(today, { years: -after.years, months: -after.months, days: -after.days });
  // the end of a month is not as far away in both directions
  while (addPeriod(day, after) <= today) day = addDays(day, 1);
  while (addPeriod(addDays(day, -1), after) > today) day = addDays(day, -1);
  return day;
}

/** The day from which a record of this date is due. */
export function dueFrom(date: CivilDate, after: Pick<Period, "years" | "months" | "days">): CivilDate {
  return addPeriod(date, after);
}

/** Every rule that makes records due by a date of theirs; of `only` where it is given. `today`: civil date at the controller. */
export function dueRules(map: DataMap, today: CivilDate, only?: ReadonlySet<string>): readonly DueRule[] {
  return recordTypes(map)
    .filter(({ id }) => only?.has(id) ?? true)
    .flatMap((type) => [...purgeOf(map, type, today), ...scheduleOf(map, type, today)]);
}

/** The period of the rule by which a record type's records are due. */
export function afterOf({ type, because }: Pick<DueRule, "type" | "because">): Period | undefined {
  switch (because) {
    case "purge":
      return type.purge?.after;
    case "schedule":
      return type.schedule?.after;
    case "hold_ended":
    case "trail":
      return undefined;
  }
}

function scheduleOf(map: DataMap, written: RecordType, today: CivilDate): readonly DueRule[] {
  const type = forGood(written);
  const { schedule } = type;
  if (schedule === undefined) return [];
  const column = schedule.from;
  return [
    {
      type,
      because: "schedule",
      target: exporting(targetOf(map, type), [column]),
      selection: { by: "due", column, before: firstNotDue(today, schedule.after), zone: zoneOf(map) },
    },
  ];
}

/** Only marked records that say since when: one without a date is never due. */
function purgeOf(map: DataMap, type: RecordType, today: CivilDate): readonly DueRule[] {
  const { marker, purge } = type;
  if (marker === undefined || purge === undefined || marker.kind === "delete_marker") return [];
  const column = dateColumnOf(marker);
  if (column === undefined) return [];
  const purged = purgedType(type);
  const target = exporting(targetOf(map, purged), [column, marker.column]);
  const deleted = marker.kind === "timestamp" ? undefined : marker.kind === "flag" ? [marker.deleted] : marker.deleted;
  const live = marker.kind === "timestamp" && marker.live !== null ? { live: marker.live } : {};
  return [
    {
      type: purged,
      because: "purge",
      target: deleted === undefined ? target : { ...target, where: { ...target.where, [marker.column]: deleted } },
      selection: { by: "due", column, before: firstNotDue(today, purge.after), zone: zoneOf(map), ...live },
    },
  ];
}

function zoneOf(map: DataMap): string {
  return map.controller.calendar.timezone;
}

/** As the record type is when its marked records go for good: its purge is its rule. */
export function purgedType(type: RecordType): RecordType {
  if (type.purge === undefined) return type;
  const erasing = type.place.kind === "files" ? "remove-rows" : "erase";
  return forGood({ ...type, do: type.purge.how === "erase" ? erasing : "anonymise" });
}

/** What goes on its day is not kept to be put back; what due work only marks is. */
function forGood({ restoreWindow, ...type }: RecordType): RecordType {
  return type.do === "soft-delete" && restoreWindow !== undefined ? { ...type, restoreWindow } : type;
}

/** The map as a plan of due work acts by it: what is purged is acted on by its purge. `because`: by record type. */
export function mapOfDue(map: DataMap, because: ReadonlyMap<string, Because>): DataMap {
  const asDue = (type: RecordType): RecordType => forGood(because.get(type.id) === "purge" ? purgedType(type) : type);
  return { ...map, systems: map.systems.map((system) => ({ ...system, records: system.records.map(asDue) })) };
}

/** What is exported is in the fingerprint: a record whose date moved is another one. */
function exporting(target: Target, columns: readonly string[]): Target {
  return { ...target, exports: [...new Set([...target.exports, ...columns])] };
}

/** Whether acting by the type's rule asks whose a value is: then each record is told by its own values. */
export function asksWhose(type: RecordType): boolean {
  return changesOf(type).rule?.kind === "fields";
}
