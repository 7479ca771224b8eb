/** Finds what is due without a request, and decides what becomes of it. Read-only. */
import { tryAssertions } from "./assertions.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import { dueState } from "../model/due-rows.ts";
import { holdsItsSource } from "../model/follows.ts";
import type { DayCount, Disposition, SourceRecord, StepHead } from "../model/plan.ts";
import type { DueSelection, Finding, Located, Lookup, Target } from "../model/search.ts";
import { civilDateFromText } from "../retention/civil-date.ts";
import { holdEnd } from "../retention/hold-end.ts";
import { decidingTypes } from "./deciding-types.ts";
import type { Made } from "./deciding.ts";
import { typesById } from "./deciding.ts";
import type { OwnDecisions } from "./decide.ts";
import { afterOf, asksWhose, dueFrom, type DueRule, mapOfDue, trailRules } from "./due-rules.ts";
import { leftOut } from "./excluded.ts";
import { type Found, type FoundRecord, type FoundRecords, valuesAt } from "./found.ts";
import { foundRecords, type GatheredRecords } from "./found-records.ts";
import { ofEachSystem } from "./decide-all.ts";
import type { JudgedAgain } from "./judge-again.ts";
import { judgeByThemselves, type Judging } from "./judge-due.ts";
import { type LeftAside, setBlockedAside, setTriedAside } from "./left-aside.ts";
import type { Readers } from "./readers.ts";
import { decideReferences, deletes, knownReferences, type KnownReference } from "./references.ts";
import { decideOnce, merged, type OneDecisionEach } from "./same-record.ts";
import { check, checkConditions, deepLinks, typesThat, ONLY_FOR_ERASING, refuse, type Searched } from "./search.ts";
import { refuseTwins, sitesOf } from "./sites.ts";
import { SOURCE_FIRST, withSourceThere } from "./source-first.ts";
import { noStops } from "./stops.ts";
import { recordTypes, samePlace, targetOf } from "./targets.ts";
import { toldFinding, valuesIn } from "./told.ts";

export interface DueScope {
  readonly map: DataMap;
  readonly readers: Readers;
  readonly rules: readonly DueRule[];
  /** Civil date in the controller's zone. */
  readonly today: string;
  readonly made: Made;
  readonly legal: Judging["legal"];
  readonly excluded: Judging["excluded"];
  /** By record type: what stays aside since a person ended the due work on it. */
  readonly left: ReadonlyMap<string, LeftAside>;
  /** Whether another open request has found this record. */
  isWithRequest(record: string, key: string): boolean;
  /** The civil date it is, where what is due on a later one is looked for. */
  readonly now?: string;
  /** A second look: what the plan has of each record type; of a step that was over its cap nothing else counts. */
  readonly planned?: ReadonlyMap<string, PlannedThere>;
  /** What readers reported while searching. */
  readonly reported: readonly Finding[];
}

export interface PlannedThere {
  has(key: string): boolean;
  keys(): Iterable<string>;
  /** Whether there was more than the cap allows. */
  readonly capped: boolean;
}

export interface SearchedDue extends Searched {
  /** What may go from which day on, by record type; only where a later day is looked at. */
  readonly byDay: readonly DayCount[];
  /** As the plan acts by it. */
  readonly map: DataMap;
}

/** Checks, finds, judges and counts. Throws the worst finding of severity `error`, with all of them as details. */
export async function searchDue(scope: DueScope): Promise<SearchedDue> {
  const { readers, today, reported } = scope;
  const gathered = new Map<string, Gathered>();
  // a record type has one rule in one plan: what is marked goes first, and what its schedule names with a later plan
  const own = await firstRules(scope);
  const trails = trailRules(scope.map, own);
  const rules = [...own, ...trails];
  const map = mapOfDue(scope.map, new Map(rules.map(({ type, because }) => [type.id, because])));
  const ids = new Set(rules.map(({ type }) => type.id));
  const wanted = decidingTypes(map, [...ids, ...alikeOf(map, ids)]);
  const types = recordTypes(map).filter(({ id }) => wanted.has(id));
  const dueTargets = new Map(rules.map(({ type, target }) => [type.id, target]));
  const targets = types.map((type) => dueTargets.get(type.id) ?? targetOf(map, type));
  const checked = (await check(map, readers, targets)).filter(
    ({ record, code }) => ids.has(record) || !ONLY_FOR_ERASING.has(code),
  );
  refuse(map, checked);
  await tryAssertions(map, readers, types);
  refuse(map, await checkConditions(map, readers, types));
  const empty = new Set(checked.filter(({ severity }) => severity === "empty").map(({ record }) => record));
  const judging = { map, readers, today, made: scope.made, empty, legal: scope.legal, excluded: scope.excluded };
  for (const rule of own) {
    if (empty.has(rule.type.id)) gathered.set(rule.type.id, nothing(rule));
    else gathered.set(rule.type.id, await gather(scope, rule, judging));
  }
  await waitForSources(judging, gathered);
  for (const rule of trails) gathered.set(rule.type.id, await gatherTrail(scope, rule, judging, gathered));
  const found = new Map([...gathered].map(([id, one]) => [id, foundOf(one)]));
  const decisions: OwnDecisions = new Map([...gathered].map(([id, { decided }]) => [id, decided]));
  const order = new Map(recordTypes(map).map(({ id }, at) => [id, at]));
  const links = await ofEachSystem(map, readers, targets, async (reader, mine) => await reader.links(mine));
  const writes = await ofEachSystem(map, readers, targets, async (reader, mine) => await reader.writes(mine));
  const sites = await sitesOf(
    readers,
    types.map((type) => type.system),
  );
  const once = decideOnce(found, decisions, order);
  const { references, beside } = await referencing(judging, found, once, links);
  for (const [id, mine] of beside) for (const [key, one] of mine) setIn(once.decided, id, key, one);
  const { decided, takes } = decideReferences(map, once, references, sites);
  for (const [id, mine] of beside) for (const key of mine.keys()) decided.get(id)?.delete(key);
  keepTrails(gathered, decided, scope.planned);
  for (const [id, mine] of decided) await setBlockedAside(scope.left.get(id), mine);
  refuseTwins(map, found, decided, sites);
  const values = reported.length === 0 ? [] : valuesIn(found.values());
  const late = reported.map((finding) => toldFinding(finding, values));
  refuse(map, late);
  const deleting = typesThat("delete", map, found, decided);
  return {
    map,
    byDay:
      scope.now === undefined
        ? []
        : [...gathered.values()].flatMap((one) => daysOf(one, decided.get(one.rule.type.id))),
    identifiers: [],
    found,
    decided,
    once,
    takes,
    stops: noStops(),
    links: [...links, ...deepLinks(map, references)],
    writes,
    deleting,
    marking: typesThat("mark", map, found, decided),
    sites,
    empty,
    warnings: [...checked, ...copiesUnseen(map, deleting), ...late],
  };
}

/** Of a record type that is due in two ways the one of which there is something. */
async function firstRules({ rules, readers, planned }: DueScope): Promise<readonly DueRule[]> {
  const chosen: DueRule[] = [];
  for (const [first, ...more] of Map.groupBy(rules, ({ type }) => type.id).values()) {
    if (first === undefined) continue;
    const [other] = more;
    const takesFirst = other === undefined || planned !== undefined || (await isAny(readers, first));
    chosen.push(takesFirst ? first : other);
  }
  return chosen;
}

async function isAny(readers: Readers, rule: DueRule): Promise<boolean> {
  for await (const { done } of allOf(readers, rule)) if (!done) return true;
  return false;
}

/** What the rule names, and what ended requests kept of the record type. */
async function* allOf(readers: Readers, { type, target, selection, held }: DueRule): AsyncGenerator<Located> {
  const reader = await readers.of(type.system);
  if (selection !== undefined) yield* reader.locate(target, selection);
  if (held === undefined) return;
  // by its key alone nobody can tell whose a value is, and so whether it is as wanted
  for await (const located of reader.locate(target, { by: "keys", keys: held.keys })) yield { ...located, done: false };
}

/** Record types over the same place: whatever holds a row for one of them holds it. */
function alikeOf(map: DataMap, ids: ReadonlySet<string>): readonly string[] {
  const all = recordTypes(map);
  const mine = all.filter(({ id }) => ids.has(id));
  return all.filter((one) => mine.some((type) => type !== one && samePlace(type, one))).map(({ id }) => id);
}

interface Gathered {
  /** From which day on each record may go, and how many of those that were only counted may on each. */
  readonly days: { readonly of: ReadonlyMap<string, string>; readonly more: ReadonlyMap<string, number> };
  readonly rule: DueRule;
  readonly records: GatheredRecords;
  readonly decided: Map<string, Disposition>;
  readonly lookups: readonly Lookup[];
  readonly more: number;
  /** Of a trail: of which records' going each row is one. */
  readonly trailOf?: ReadonlyMap<string, readonly SourceRecord[]>;
}

function nothing(rule: DueRule): Gathered {
  const days = { of: new Map<string, string>(), more: new Map<string, number>() };
  return { rule, days, records: foundRecords(rule.type, []), decided: new Map(), lookups: [], more: 0 };
}

function daysOf(
  { rule: { type }, days }: Gathered,
  decided: ReadonlyMap<string, Disposition> | undefined,
): readonly DayCount[] {
  const counts = new Map(days.more);
  for (const [key, day] of days.of) if (decided?.get(key)?.kind === "act") counts.set(day, (counts.get(day) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, count]) => ({ date, system: type.system, record: type.name, count }));
}

function foundOf({ rule, records, lookups, more }: Gathered): Found {
  const { type, target, because, selection } = rule;
  const how = selection === undefined ? {} : { selection };
  return { type, target, lookups, records, unsearched: [], due: { because, ...how, more } };
}

/**
 * What is due of one record type, up to `batch_records` that can be acted on; what is over is counted. Where many wait or
 * are kept, more are looked at, so that these keep no others from their turn.
 */
async function gather(scope: DueScope, rule: DueRule, judging: Judging): Promise<Gathered> {
  const { type } = rule;
  const cap = type.limits.batchRecords;
  const planned = scope.planned?.get(type.id);
  for (let room = cap; ; room *= 2) {
    const { records, more, days } = await locateDue(scope, rule, room, planned);
    const decided = await decide(scope, rule, records, judging);
    const acting: string[] = [];
    for (const [key, { kind }] of decided) if (kind === "act") acting.push(key);
    if (more > 0 && acting.length < cap && planned?.capped !== true) continue;
    const over = planned?.capped === true ? [] : acting.slice(cap);
    for (const key of over) {
      decided.delete(key);
      const day = days.of.get(key);
      if (day !== undefined) days.more.set(day, (days.more.get(day) ?? 0) + 1);
      days.of.delete(key);
    }
    const lookups = asksWhose(type) ? ownLookups(rule.target, records, decided) : [];
    return { rule, days, records, decided, lookups, more: more + over.length };
  }
}

/** Nobody asked for what is due, and nobody looks for its copies: whether they follow is not seen here. */
function copiesUnseen(map: DataMap, deleting: ReadonlySet<string>): readonly Finding[] {
  return recordTypes(map).flatMap((type): readonly Finding[] =>
    holdsItsSource(type) && deleting.has(type.follows.source)
      ? [
          {
            code: "COPY_UNSEEN",
            severity: "warning",
            record: type.id,
            message: `what is due in ${type.follows.source} goes from here by itself, and due work does not look whether it does`,
          },
        ]
      : [],
  );
}

/** A copy that marks itself and is purged by a step of its own has its turn after what it is a copy of. */
async function waitForSources({ map, readers }: Judging, gathered: ReadonlyMap<string, Gathered>): Promise<void> {
  for (const { rule, records, decided } of gathered.values()) {
    const { follows } = rule.type;
    if (follows?.replays !== "soft_delete" || rule.because !== "purge") continue;
    const source = gathered.get(follows.source);
    const goes = (key: string): boolean => source?.decided.get(key)?.kind === "act";
    for (const key of await withSourceThere(map, readers, rule.type, records.values(), goes))
      if (decided.get(key)?.kind === "act") decided.set(key, SOURCE_FIRST);
  }
}

/** What audit trails hold of the records that are to go. */
async function gatherTrail(
  scope: DueScope,
  rule: DueRule,
  judging: Judging,
  gathered: ReadonlyMap<string, Gathered>,
): Promise<Gathered> {
  const { type, target } = rule;
  const leads = [...trailLeads(type, gathered)];
  const lookups = leads.map(({ values }, subject): Lookup => ({ subject, values }));
  // what leads to them may be gone, or held by now: planned rows are there all the same
  const planned = Array.from(scope.planned?.get(type.id)?.keys() ?? []);
  if (lookups.length === 0 && planned.length === 0) return nothing(rule);
  const records = foundRecords(type, target.exports);
  const reader = await scope.readers.of(type.system);
  const trailOf = new Map<string, SourceRecord[]>();
  for await (const located of reader.locate(target, { by: "subjects", lookups })) {
    const sources = trailOf.get(located.key) ?? [];
    trailOf.set(located.key, sources);
    for (const subject of located.subjects)
      sources.push(...(leads[subject] === undefined ? [] : [leads[subject].source]));
    if (!located.done && !records.has(located.key)) records.put(located);
  }
  const unseen = planned.filter((key) => !trailOf.has(key));
  if (unseen.length > 0)
    for await (const located of reader.locate(target, { by: "keys", keys: unseen })) records.put(located);
  const decided = await decide(scope, rule, records, judging);
  return { ...nothing(rule), records, decided, lookups, trailOf };
}

/** What a trail holds of records that stay after all, because something references them, stays with them; what was planned is judged at its turn. */
function keepTrails(
  gathered: ReadonlyMap<string, Gathered>,
  decided: OwnDecisions,
  planned: DueScope["planned"],
): void {
  for (const [id, { trailOf }] of gathered)
    for (const [key, sources] of trailOf ?? [])
      if (
        planned?.get(id)?.has(key) !== true &&
        !sources.some((source) => decided.get(source.record)?.get(source.key)?.kind === "act")
      )
        decided.get(id)?.delete(key);
}

/** What leads from each record that is to go to its rows in the trail. */
function* trailLeads(
  { auditOf, match }: RecordType,
  gathered: ReadonlyMap<string, Gathered>,
): Generator<{ readonly source: SourceRecord; readonly values: Lookup["values"] }> {
  for (const source of auditOf) {
    const { records, decided } = gathered.get(source) ?? {};
    const edges = match.terms.flatMap(({ column, source: from }) =>
      from.kind === "column" && from.ref.record === source ? [{ column, at: from.ref.column }] : [],
    );
    if (records === undefined || edges.length === 0) continue;
    if (match.mode === "all" && edges.length < match.terms.length) continue;
    for (const { key, values } of records.values()) {
      if (decided?.get(key)?.kind !== "act") continue;
      const mine = edges.flatMap(({ column, at }) => lookedUp(column, values, at));
      if (mine.length < (match.mode === "all" ? edges.length : 1)) continue;
      yield { source: { record: source, key }, values: Object.fromEntries(mine) };
    }
  }
}

interface LocatedDue extends Pick<Gathered, "records" | "more"> {
  readonly days: { readonly of: Map<string, string>; readonly more: Map<string, number> };
}

async function locateDue(
  scope: DueScope,
  rule: DueRule,
  room: number,
  planned: PlannedThere | undefined,
): Promise<LocatedDue> {
  const { readers, now } = scope;
  const { type } = rule;
  const days: LocatedDue["days"] = { of: new Map(), more: new Map() };
  const owners = asksWhose(type);
  const records = foundRecords(type, neededOf(scope.map, rule));
  let more = 0;
  for await (const located of allOf(readers, rule)) {
    if (located.done || records.has(located.key)) continue;
    const takes = planned?.capped === true ? planned.has(located.key) : records.size < room;
    const day = now === undefined ? undefined : dayOf(scope.map, rule, located, now);
    // what its own hold keeps beyond that day is not due until then
    if (day !== undefined && day > scope.today && !takes) continue;
    if (day !== undefined && takes) days.of.set(located.key, day);
    if (day !== undefined && !takes) days.more.set(day, (days.more.get(day) ?? 0) + 1);
    if (!takes) more += 1;
    // each is somebody of its own: its values are told by its own
    else records.put(owners ? { ...located, subjects: [records.size] } : located);
  }
  return { records, more, days };
}

/** Columns whose values are looked at after the search: where nothing else has a say, only the record's own dates. */
function neededOf(map: DataMap, { type, target, selection }: DueRule): readonly string[] {
  const isAlone =
    type.unless === undefined &&
    type.follows === undefined &&
    !asksWhose(type) &&
    !recordTypes(map).some(({ auditOf }) => auditOf.includes(type.id)) &&
    decidingTypes(map, [type.id]).size === 1;
  if (!isAlone) return target.exports;
  const dates = [...type.holds.map(({ from }) => from), ...(type.created === undefined ? [] : [type.created])];
  return [...new Set([...dates, ...(selection === undefined ? [] : [selection.column])])];
}

/** The day from which a record may go: that of its rule, or behind its holds; today for what is overdue. */
function dayOf(map: DataMap, rule: DueRule, { values }: Located, now: string): string {
  const { timezone } = map.controller.calendar;
  const after = afterOf(rule);
  const { selection } = rule;
  const ruled = (selection === undefined ? [] : valuesAt(values, selection.column)).flatMap((text) => {
    const date = civilDateFromText(text.trim(), timezone);
    return date === undefined || after === undefined ? [] : [dueFrom(date, after)];
  });
  const held = rule.type.holds.flatMap((use) => {
    const hold = map.holds.find(({ name }) => name === use.hold);
    return hold === undefined
      ? []
      : valuesAt(values, use.from).flatMap((text) => {
          const end = holdEnd(hold, text, timezone);
          return end.kind === "until" ? [end.eligibleFrom] : [];
        });
  });
  return [now, ...ruled, ...held].toSorted().at(-1) ?? now;
}

/** What a record's values at one column look up in another. */
function lookedUp(
  column: string,
  values: FoundRecord["values"],
  at: string,
): readonly (readonly [string, readonly string[]])[] {
  const some = valuesAt(values, at).filter((value) => value !== "");
  return some.length === 0 ? [] : [[column, some]];
}

/** What the values of each record are recognised by when they are changed: its own. */
function ownLookups(
  { columns }: Target,
  records: FoundRecords,
  decided: ReadonlyMap<string, Disposition>,
): readonly Lookup[] {
  const lookups: Lookup[] = [];
  for (const { key, subjects, values } of records.values()) {
    const [subject] = subjects;
    if (subject === undefined || !decided.has(key)) continue;
    const mine = columns.flatMap(({ column }) => lookedUp(column, values, column));
    if (mine.length > 0) lookups.push({ subject, values: Object.fromEntries(mine) });
  }
  return lookups;
}

const WITH_REQUEST: Disposition = { kind: "waiting", reason: "open_request" };

async function decide(
  scope: DueScope,
  rule: DueRule,
  records: GatheredRecords,
  judging: Judging,
): Promise<Map<string, Disposition>> {
  const { type, target, selection } = rule;
  const decided = await judgeByThemselves(judging, type, target, records.values(), selection);
  for (const [key, beside] of await judgedBeside(judging, rule, records)) {
    const one = heldBeside(records.get(key), decided.get(key), beside);
    if (one !== undefined) decided.set(key, one);
  }
  for (const { key } of records.values()) if (scope.isWithRequest(type.id, key)) decided.set(key, WITH_REQUEST);
  await refuseReused(rule, records, decided);
  await setTriedAside(scope.left.get(type.id), decided, target);
  // whatever it waits for, it stays; but that a legal hold keeps it as well is worth more
  for (const { key } of records.values()) {
    const was = decided.get(key);
    const legal = was?.kind === "kept" && was.reason === "legal_hold";
    if (scope.excluded(type.id, key) && !legal) decided.set(key, leftOut(was));
  }
  return decided;
}

/** After the records were read: a key that leads to another record by now leads to nothing of ours. */
async function refuseReused(
  { held, selection }: DueRule,
  records: FoundRecords,
  decided: Map<string, Disposition>,
): Promise<void> {
  if (held === undefined) return;
  const keys = held.keys.filter((key) => records.has(key));
  const theirs = await held.stillTheirs(keys);
  for (const key of keys) {
    if (theirs.has(key) || !decided.has(key)) continue;
    const values = records.get(key)?.values;
    // a schedule may name it all the same
    const isDue = selection !== undefined && dueState(valuesAt(values ?? {}, selection.column), selection) === "due";
    if (!isDue) decided.set(key, { kind: "waiting", reason: "pointer_reused" });
  }
}

/** What holds, blocks or delays these records for another record type over the same place. By key of the due ones. */
async function judgedBeside(
  judging: Judging,
  { type, selection, held: before }: DueRule,
  records: FoundRecords,
): Promise<ReadonlyMap<string, readonly Beside[]>> {
  const { map, readers } = judging;
  const held = new Map<string, Beside[]>();
  const others = recordTypes(map).filter((one) => one.id !== type.id && samePlace(one, type));
  if (others.length === 0 || records.size === 0) return held;
  const keys = new Map([...records.values()].map(({ address, key }) => [address, key]));
  for (const other of others) {
    const target = targetOf(map, other);
    const asDue = {
      ...target,
      exports: [...new Set([...target.exports, ...(selection === undefined ? [] : [selection.column])])],
    };
    const mine = foundRecords(other, asDue.exports);
    const reader = await readers.of(other.system);
    if (selection !== undefined)
      for await (const located of reader.locate(asDue, selection)) if (keys.has(located.address)) mine.put(located);
    if (before !== undefined)
      for await (const located of reader.locate(asDue, { by: "keys", keys: before.keys }))
        if (keys.has(located.address)) mine.put(located);
    const decided = await judgeByThemselves(judging, other, asDue, mine.values(), selection);
    for (const { key, address } of mine.values()) {
      const disposition = decided.get(key);
      const due = keys.get(address);
      if (disposition === undefined || due === undefined) continue;
      held.set(due, [...(held.get(due) ?? []), { type: other, disposition }]);
    }
  }
  return held;
}

/** What another record type over the place makes of a due record. */
interface Beside {
  readonly type: RecordType;
  readonly disposition: Disposition;
}

/**
 * What all of them hold together; it is not due for the others: what they would do to it counts for nothing, but that what
 * is protected for one of them is deleted by none.
 */
function heldBeside(
  record: FoundRecord | undefined,
  own: Disposition | undefined,
  beside: readonly Beside[],
): Disposition | undefined {
  if (record === undefined) return own;
  const holding = beside.flatMap(({ type, disposition }) => {
    if (disposition.kind === "act" && disposition.change === "rule") return [];
    // reduced only as its own record type wants it: no other one's rule is part of the plan
    if (disposition.kind === "kept" && own?.kind !== "kept")
      return [{ type, record, disposition: { ...disposition, minimise: false } }];
    if (disposition.kind !== "act") return [{ type, record, disposition }];
    const { change: _, types: __, ...held } = disposition;
    return [{ type, record, disposition: { ...held, kind: "kept", reason: "held_by", minimise: false } as const }];
  });
  return holding.length === 0 ? own : merged([{ type: record.type, record, disposition: own }, ...holding]);
}

/** References to what is to be deleted. What references it and is not due is judged too: held, it holds its parent. */
async function referencing(
  judging: Judging,
  found: ReadonlyMap<string, Found>,
  once: OneDecisionEach,
  links: Searched["links"],
): Promise<{
  readonly references: ReadonlyMap<string, readonly KnownReference[]>;
  readonly beside: ReadonlyMap<string, ReadonlyMap<string, Disposition>>;
}> {
  const { map, readers } = judging;
  const types = typesById(map);
  const parents = new Set(links.map(({ parent }) => parent));
  const raw: { id: string; keys: readonly string[]; target: Target }[] = [];
  for (const [id, { type, target }] of found) {
    if (!recordTypes(map).some((one) => parents.has(one.id) && (one.id === id || samePlace(one, type)))) continue;
    const keys = [...(once.decided.get(id) ?? [])]
      .filter(([, disposition]) => deletes({ types }, type, disposition))
      .map(([key]) => key);
    if (keys.length > 0) raw.push({ id, keys, target });
  }
  // first who references, so that those that nobody found can be looked at
  const known = knownReferences(types, found, once);
  const strangers = new Map<string, Set<string>>();
  for (const { keys, target } of raw) {
    const reader = await readers.of(target.record.system);
    for await (const reference of reader.references(target, keys)) {
      if (!types.has(reference.link.child) || known(reference).child !== undefined) continue;
      const mine = strangers.get(reference.link.child) ?? new Set<string>();
      strangers.set(reference.link.child, mine.add(reference.childKey));
    }
  }
  const beside = new Map<string, Map<string, Disposition>>();
  const all = new Map(found);
  for (const [id, keys] of strangers) {
    const type = types.get(id);
    if (type === undefined) continue;
    const { records, decided } = await judgeKeys(judging, type, [...keys]);
    const held = new Map([...decided].filter(([, { kind }]) => kind !== "act"));
    beside.set(id, held);
    const before = all.get(id);
    all.set(id, {
      type,
      target: targetOf(map, type),
      lookups: [],
      unsearched: [],
      records: before === undefined ? only(records, held) : both(before.records, only(records, held)),
    });
  }
  const withThem = knownReferences(types, all, once);
  const references = new Map<string, readonly KnownReference[]>();
  for (const { id, keys, target } of raw) {
    const reader = await readers.of(target.record.system);
    references.set(id, await Array.fromAsync(reader.references(target, keys), withThem));
  }
  return { references, beside };
}

/** How these records of one record type are judged, whoever's they are. */
export async function judgeKeys(
  judging: Judging,
  type: RecordType,
  keys: readonly string[],
  target: Target = targetOf(judging.map, type),
  selection?: DueSelection,
): Promise<{ readonly records: FoundRecords; readonly decided: ReadonlyMap<string, Disposition> }> {
  const records = foundRecords(type, target.exports);
  const reader = await judging.readers.of(type.system);
  for await (const located of reader.locate(target, { by: "keys", keys })) records.put(located);
  return { records, decided: await judgeByThemselves(judging, type, target, records.values(), selection) };
}

/** How planned records are judged just before they are acted on; what an open request has found since waits for it. */
export async function rejudgeDue(
  judging: Judging,
  { record, target, due }: StepHead,
  keys: readonly string[],
  isWithRequest: DueScope["isWithRequest"],
): Promise<JudgedAgain | undefined> {
  const type = recordTypes(judging.map).find(({ id }) => id === record);
  if (type === undefined) return undefined;
  const decided = new Map((await judgeKeys(judging, type, keys, target, due)).decided);
  for (const key of keys) if (isWithRequest(record, key)) decided.set(key, WITH_REQUEST);
  return { decided, lost: new Set() };
}

function only(records: FoundRecords, keys: ReadonlyMap<string, unknown>): FoundRecords {
  return {
    size: keys.size,
    has: (key) => keys.has(key) && records.has(key),
    get: (key) => (keys.has(key) ? records.get(key) : undefined),
    *values() {
      for (const one of records.values()) if (keys.has(one.key)) yield one;
    },
  };
}

function both(one: FoundRecords, other: FoundRecords): FoundRecords {
  return {
    size: one.size + other.size,
    has: (key) => one.has(key) || other.has(key),
    get: (key) => one.get(key) ?? other.get(key),
    *values() {
      yield* one.values();
      yield* other.values();
    },
  };
}

function setIn(decided: OwnDecisions, id: string, key: string, one: Disposition): void {
  const mine = decided.get(id) ?? new Map<string, Disposition>();
  decided.set(id, mine.set(key, one));
}
