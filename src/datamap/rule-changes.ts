/** What changed between two data maps, record type by record type, in their sentences: and whether more goes, or less. */
import type { DataMap, Hold, Match, Period, RecordType } from "../model/datamap.ts";
import { ruleMeaning } from "./meaning.ts";
import { sentences } from "./sentences.ts";

export interface RuleDifference {
  /** `system.record` */
  readonly record: string;
  readonly kind: "added" | "removed" | "erases_more" | "erases_less" | "other";
  /** null: it was not there. */
  readonly before: string | null;
  /** null: it is gone. */
  readonly after: string | null;
}

/** In the order of the new map, then what is gone. One record type may erase more and less at once. Comments and words change nothing. */
export function ruleDifferences(before: DataMap, after: DataMap): readonly RuleDifference[] {
  const [old, now] = [typesOf(before), typesOf(after)];
  const [was, is] = [sentencesOf(before), sentencesOf(after)];
  const changed = [...now.values()].flatMap((record): RuleDifference[] => {
    const known = old.get(record.id);
    const said = { record: record.id, before: was.get(record.id) ?? null, after: is.get(record.id) ?? null };
    if (known === undefined) return [{ ...said, kind: "added", before: null }];
    if (ruleMeaning(before, known) === ruleMeaning(after, record)) return [];
    const kinds = directions({ map: before, record: known }, { map: after, record });
    return (kinds.length === 0 ? (["other"] as const) : kinds).map((kind) => ({ ...said, kind }));
  });
  const gone = [...old.keys()]
    .filter((id) => !now.has(id))
    .map((id): RuleDifference => ({ record: id, kind: "removed", before: was.get(id) ?? null, after: null }));
  return [...changed, ...gone];
}

function typesOf({ systems }: DataMap): ReadonlyMap<string, RecordType> {
  return new Map(systems.flatMap(({ records }) => records.map((record) => [record.id, record] as const)));
}

function sentencesOf(map: DataMap): ReadonlyMap<string, string> {
  return new Map(sentences(map).map(({ record, sentence }) => [record, sentence]));
}

interface Side {
  readonly map: DataMap;
  readonly record: RecordType;
}

/** Positive: the second erases more, or sooner. */
type Judge = (before: Side, after: Side) => readonly number[];

function directions(before: Side, after: Side): readonly ("erases_more" | "erases_less")[] {
  const signs = JUDGES.flatMap((judge) => judge(before, after));
  return [
    ...(signs.some((sign) => sign > 0) ? (["erases_more"] as const) : []),
    ...(signs.some((sign) => sign < 0) ? (["erases_less"] as const) : []),
  ];
}

const STRENGTH: Readonly<Record<RecordType["do"], number>> = {
  keep: 0,
  ask: 0,
  unlink: 1,
  redact: 2,
  "soft-delete": 3,
  anonymise: 4,
  "remove-rows": 5,
  erase: 5,
};

const JUDGES: readonly Judge[] = [
  ({ record: old }, { record: now }) => [STRENGTH[now.do] - STRENGTH[old.do]],
  // any term finds more; of several that must all match, each finds less
  ({ record: old }, { record: now }) => sets(terms(old.match), terms(now.match), now.match.mode === "all" ? -1 : 1),
  ({ record: old }, { record: now }) => sets(constants(old), constants(now), -1),
  ({ record: old }, { record: now }) =>
    sets(old.unless === undefined ? [] : [old.unless], now.unless === undefined ? [] : [now.unless], -1),
  // of a record that goes whole, fields say what is left where it may not
  ({ record: old }, { record: now }) => (goesWhole(old) || goesWhole(now) ? [] : sets(taken(old), taken(now), 1)),
  (old, now) => held(old, now),
  // sooner is more
  ({ record: old }, { record: now }) => [longer(old.purge?.after, now.purge?.after, 1)],
  ({ record: old }, { record: now }) => [longer(old.schedule?.after, now.schedule?.after, 1)],
  ({ record: old }, { record: now }) => [longer(old.restoreWindow, now.restoreWindow, -1)],
  ({ record: old }, { record: now }) => [keptOnly(now) - keptOnly(old)],
];

function terms({ terms: all }: Match): readonly string[] {
  return all.map(({ column, source }) => JSON.stringify([column, source]));
}

function constants({ where = {} }: RecordType): readonly string[] {
  return Object.entries(where).map(([column, values]) => JSON.stringify([column, values.toSorted()]));
}

function goesWhole({ do: action }: RecordType): boolean {
  return STRENGTH[action] === STRENGTH.erase;
}

/** Columns and paths of which something goes. */
function taken({ fields, paths }: RecordType): readonly string[] {
  return [...Object.entries(fields), ...Object.entries(paths)].flatMap(([name, { kind }]) =>
    kind === "keep" ? [] : [name],
  );
}

/** 1: what is held is reduced. */
function keptOnly({ whileHeld }: RecordType): number {
  return whileHeld?.keepOnly === undefined ? 0 : 1;
}

/** `sign`: what something more means. */
function sets(before: readonly string[], after: readonly string[], sign: number): readonly number[] {
  return [
    ...(after.some((one) => !before.includes(one)) ? [sign] : []),
    ...(before.some((one) => !after.includes(one)) ? [-sign] : []),
  ];
}

function held(before: Side, after: Side): readonly number[] {
  const [old, now] = [holdsOf(before), holdsOf(after)];
  const both = [...now].flatMap(([name, hold]) => {
    const known = old.get(name);
    return known === undefined ? [] : [longer(known.keepFor, hold.keepFor, -1)];
  });
  return [...sets([...old.keys()], [...now.keys()], -1), ...both];
}

function holdsOf({ map, record }: Side): ReadonlyMap<string, Hold> {
  return new Map(
    map.holds.filter(({ name }) => record.holds.some(({ hold }) => hold === name)).map((hold) => [hold.name, hold]),
  );
}

/** `whenNew`: what it means that there is one now. A longer one means that something stays longer. */
function longer(before: Period | undefined, after: Period | undefined, whenNew: number): number {
  if (before === undefined) return after === undefined ? 0 : whenNew;
  if (after === undefined) return -whenNew;
  return Math.sign(daysOf(before) - daysOf(after));
}

/** To compare with: no day of anybody's is reckoned so. */
function daysOf({ years, months, days, seconds }: Period): number {
  return years * 365.25 + months * 30.4375 + days + seconds / 86_400;
}
