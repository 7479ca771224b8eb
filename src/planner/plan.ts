import { createHash, createHmac } from "node:crypto";
import { meaningOf } from "../datamap/meaning.ts";
import { Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type {
  CascadeCount,
  Counts,
  Disposition,
  Elsewhere,
  Plan,
  PlannedRecords,
  PlannedStep,
  PlanStep,
  SealedRecord,
  SourceRecord,
  StepToSeal,
  SubjectCounts,
  Totals,
} from "../model/plan.ts";
import { IMAGE_BYTES, keepsWhole, type Restorable } from "../model/pre-image.ts";
import { changesOf } from "../model/rule-change.ts";
import type { Finding, Target } from "../model/search.ts";
import { type Status, worst } from "../model/status.ts";
import { typesById } from "./deciding.ts";
import { isFollowing } from "./follows.ts";
import type { Found, FoundRecord } from "./found.ts";
import { changesMade } from "./references.ts";
import { reasonWords } from "../model/words.ts";
import { holdsOf } from "./under-legal-hold.ts";
import { backupResidue, mergeResidue } from "./residue.ts";
import { addPeriod } from "../retention/civil-date.ts";
import { lastDay, purgeDay } from "../retention/purge-day.ts";
import type { Searched } from "./search.ts";
import { reasonOf as stopReason } from "./stops.ts";

/** A plan may be approved and begun for this many days. */
const VALID_DAYS = 3;
/** The fractional cap never falls below this many records. */
const FRACTION_FLOOR = 20;

export interface PlanParts {
  readonly map: DataMap;
  /** The map whose meaning the plan is bound to, where it acts by another reading of it. */
  readonly meant?: DataMap;
  readonly searched: Searched;
  readonly id: string;
  readonly request: string;
  readonly madeAt: Date;
  /** Civil date in the controller's zone. */
  readonly today: string;
  /** One a subject, full hex. */
  readonly pseudonyms: readonly string[];
  /** Key of the request's digests. */
  readonly digestKey: Uint8Array;
  readonly system?: string;
  /** Whether per-subject counts are wanted (a batch). */
  readonly batch: boolean;
  /** Due work: what it is due as of, and of which record types it was asked. */
  readonly due?: { readonly asOf: string; readonly records?: readonly string[] };
  /** How many records a record type has in all; asked only where a step finds more than a few. */
  size(record: RecordType): Promise<number>;
  residue(record: RecordType): AsyncIterable<Residue>;
  /** About what it takes to keep what these records are; and what is kept already. Asked only where a step would keep something. */
  imageBytes?(target: Target, keys: readonly string[]): Promise<number>;
  imagesKept?(): Promise<number>;
}

/** The plan and what is sealed beside it. Throws LIMIT_EXCEEDED where a step acts on more than its cap. */
export async function makePlan(
  parts: PlanParts,
): Promise<{ readonly plan: Plan; readonly sealed: readonly PlannedStep[] }> {
  const { map, searched, system } = parts;
  const planned = [...searched.found.values()].filter(
    ({ target }) => system === undefined || target.record.system === system,
  );
  // in the map's order: people know that one
  const types = typesById(map);
  const order = new Map([...types.keys()].map((id, at) => [id, at]));
  const sorted = planned.toSorted((a, b) => (order.get(a.type.id) ?? 0) - (order.get(b.type.id) ?? 0));
  const stepIds = new Map(sorted.map(({ type }, at) => [type.id, `S${at + 1}`]));
  const steps: PlanStep[] = [];
  const sealed: PlannedStep[] = [];
  for (const found of sorted) {
    const id = stepIds.get(found.type.id) ?? "";
    const records = sealedRecords(found, searched);
    const step = planStep(id, found, records, types, parts);
    // due work is capped record type by record type, when it is searched: the rest has its turn later
    if (parts.due === undefined) await refuseTooMany(step, found.type, parts);
    steps.push(step);
    const elsewhere = elsewhereOf(found.type.id, searched, stepIds);
    const site = searched.sites.get(found.type.system);
    sealed.push({
      step: id,
      record: found.type.id,
      target: found.target,
      ...(site === undefined ? {} : { site }),
      lookups: found.lookups,
      ...(found.due?.selection === undefined ? {} : { due: found.due.selection }),
      ...(elsewhere.length === 0 ? {} : { elsewhere }),
      // last: the sealed store cuts it into pieces, and the digest is over the text
      records,
    });
  }
  await refuseTooLarge(steps, sealed, parts);
  const residue = await plannedResidue(steps, sorted, parts);
  const warnings = [
    ...searched.warnings,
    ...inferredWarnings(steps),
    ...unsearchedPeople(sorted, parts.pseudonyms.length),
  ].filter((finding) => finding.severity !== "error");
  const expires = new Date(parts.madeAt.getTime() + VALID_DAYS * 86_400_000).toISOString();
  const body = {
    id: parts.id,
    request: parts.request,
    map: meaningOf(parts.meant ?? map, system),
    ...(system === undefined ? {} : { system }),
    ...(parts.due === undefined ? {} : { as_of: parts.due.asOf }),
    ...(parts.due?.records === undefined ? {} : { records: parts.due.records }),
    made_at: parts.madeAt.toISOString(),
    expires_at: expires,
    steps,
    totals: totalsOf(steps),
    residue: residue.map(({ system: of, mechanism, goneBy }) => ({ system: of, mechanism, gone_by: goneBy })),
    warnings: dedupe(warnings).map(({ code, severity, record, column, message, help }) => ({
      code,
      severity: severity === "empty" ? ("empty" as const) : ("warning" as const),
      record,
      ...(column === undefined ? {} : { column }),
      message,
      ...(help === undefined ? {} : { help }),
    })),
  };
  const digest = stepsDigest(parts.digestKey);
  for (const step of sealed) digest.add(step);
  return { plan: { ...body, digest: digestOf(body, digest) }, sealed };
}

/** Made anew at each look: together they take more room than what they are made from. */
function sealedRecords({ type, records }: Found, { decided, takes, once }: Searched): PlannedRecords {
  const dispositions: ReadonlyMap<string, Disposition> = decided.get(type.id) ?? new Map();
  const others = once.others.get(type.id);
  const sealedOne = (found: FoundRecord | undefined): SealedRecord | undefined => {
    const disposition = found === undefined ? undefined : dispositions.get(found.key);
    if (found === undefined || disposition === undefined) return undefined;
    const { key, fingerprint, subjects } = found;
    const more = others?.get(key) ?? [];
    const seen = more.map((one) => ({
      record: one.type.id,
      key: one.record.key,
      fingerprint: one.record.fingerprint,
    }));
    const taken = takes.get(type.id)?.get(key) ?? [];
    const whose =
      more.length === 0 ? subjects : [...new Set([...subjects, ...more.flatMap((one) => one.record.subjects)])];
    return {
      key,
      fingerprint,
      subjects: whose,
      disposition,
      ...(taken.length === 0 ? {} : { takes: taken }),
      ...(seen.length === 0 ? {} : { others: seen }),
    };
  };
  return {
    size: dispositions.size,
    get: (key) => sealedOne(records.get(key)),
    *[Symbol.iterator]() {
      for (const found of records.values()) {
        const one = sealedOne(found);
        if (one !== undefined) yield one;
      }
    },
  };
}

function elsewhereOf(record: string, { once }: Searched, stepIds: ReadonlyMap<string, string>): readonly Elsewhere[] {
  return [...(once.elsewhere.get(record) ?? [])].flatMap(([key, counted]) => {
    const step = stepIds.get(counted.record);
    return step === undefined ? [] : [{ key, step }];
  });
}

function planStep(
  id: string,
  { type, unsearched, placeholders, due }: Found,
  records: Iterable<SealedRecord>,
  types: ReadonlyMap<string, RecordType>,
  parts: PlanParts,
): PlanStep {
  const { searched, pseudonyms, batch } = parts;
  const { own, statuses, staying, images, changed, cascades } = summed(records, type, types);
  const doubtful = placeholders?.count ?? 0;
  const more = due?.more ?? 0;
  const counts = { ...own, found: own.found + doubtful + more, waiting: own.waiting + doubtful + more };
  const later = more + (due === undefined ? 0 : staying.filter(isWithRequest).length);
  const empty = searched.empty.has(type.id);
  if (empty || unsearched.length > 0) statuses.add("not_checked");
  if (doubtful + more > 0) statuses.add("waiting");
  const restorable = restorableIn(images, type, parts);
  if (restorable !== undefined) statuses.add("residue");
  const worse = empty
    ? { reason: "empty_pattern", says: undefined }
    : reasonOf(staying, unsearched.length > 0, doubtful > 0, more > 0);
  const { reason, says } =
    worse.reason === undefined && restorable !== undefined ? { reason: "undo", says: undefined } : worse;
  const kept = staying.flatMap((one) => (one.kind === "kept" ? [one] : []));
  // where nobody knows one of the ends, the last of the others would be no promise
  const heldUntil = kept.some((one) => one.until === undefined)
    ? undefined
    : staying
        .flatMap((one) => (one.kind === "kept" || one.kind === "blocked" ? (one.until ?? []) : []))
        .toSorted()
        .at(-1);
  const until =
    heldUntil ?? (kept.length > 0 ? undefined : (markedUntil(staying, statuses, type, parts) ?? restorable?.until));
  const marked = staying.filter(isMarkedBefore).length;
  const follows = staying.filter(isFollowing).length;
  const law = [...new Set(kept.flatMap((one) => one.law))];
  const minimised = kept.filter((one) => one.minimise).length;
  const excluded = kept.filter((one) => one.reason === "excluded").length;
  return {
    id,
    system: type.system,
    record: type.name,
    action: type.do,
    ...(due === undefined ? {} : { because: due.because }),
    status: worst(statuses),
    ...counts,
    ...(counts.act === 0 ? {} : { changed }),
    ...(minimised === 0 ? {} : { minimised }),
    ...(excluded === 0 ? {} : { excluded }),
    ...(marked === 0 ? {} : { marked }),
    ...(follows === 0 ? {} : { follows }),
    ...(restorable === undefined ? {} : { restorable }),
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
    ...(until === undefined ? {} : { until }),
    ...(law.length === 0 ? {} : { law }),
    ...holdsOf(kept),
    ...(later === 0 ? {} : { later }),
    ...(cascades.length === 0 ? {} : { cascades }),
    ...(batch && unsearched.length > 0 ? { unsearched: unsearched.map((person) => shownAs(pseudonyms[person])) } : {}),
    ...(batch ? { subjects: subjectCounts(records, unsearched, placeholders?.byPerson, pseudonyms, searched) } : {}),
  };
}

interface Summed {
  readonly own: Counts;
  readonly statuses: Set<Status>;
  /** What is not acted on. */
  readonly staying: readonly Disposition[];
  /** Of how many something is removed or changed. */
  readonly images: number;
  readonly changed: number;
  readonly cascades: readonly CascadeCount[];
}

/** Looked at once, and none kept: there may be hundreds of thousands, and each is put together when it is asked for. */
function summed(records: Iterable<SealedRecord>, type: RecordType, types: ReadonlyMap<string, RecordType>): Summed {
  const own = { found: 0, act: 0, kept: 0, waiting: 0, blocked: 0 };
  const staying: Disposition[] = [];
  const cascades = new Map<string, CascadeCount>();
  // most of them have the same one
  const seen = new Map<Disposition, { readonly status: Status; readonly stays: boolean }>();
  let [images, changed] = [0, 0];
  const statuses = new Set<Status>();
  for (const { disposition, takes = [] } of records) {
    own.found += 1;
    own[disposition.kind] += 1;
    if (keptImage(disposition)) images += 1;
    for (const { constraint, table } of takes) {
      const name = `${constraint}\n${table}`;
      cascades.set(name, { constraint, table, count: (cascades.get(name)?.count ?? 0) + 1 });
    }
    const known = seen.get(disposition) ?? {
      status: statusOf(types, type, disposition),
      stays: disposition.kind === "act" && !isDeleted(types, type, disposition),
    };
    if (disposition.kind === "act") seen.set(disposition, known);
    else staying.push(disposition);
    statuses.add(known.status);
    if (known.stays) changed += 1;
  }
  return { own, statuses, staying, images, changed, cascades: [...cascades.values()] };
}

/** What a run today would keep of so many records, and until when; undefined: nothing. */
function restorableIn(count: number, type: RecordType, { due, today }: PlanParts): Restorable | undefined {
  if (type.restoreWindow === undefined || due !== undefined || !keepsWhole({ record: type, changes: changesOf(type) }))
    return undefined;
  return count === 0 ? undefined : { count, until: addPeriod(today, type.restoreWindow) };
}

/** Whether something of the record is removed or changed. */
export function keptImage(disposition: Disposition): boolean {
  return disposition.kind === "act" || (disposition.kind === "kept" && disposition.minimise);
}

export function isMarkedBefore(disposition: Disposition): boolean {
  return disposition.kind === "waiting" && disposition.reason === "marked";
}

/** The last day on which one of those that are marked, or would be today, goes for good; undefined where nobody knows it of one. */
function markedUntil(
  staying: readonly Disposition[],
  statuses: ReadonlySet<Status>,
  type: RecordType,
  { map, today, searched }: PlanParts,
): string | undefined {
  const types = typesById(map);
  const { timezone } = map.controller.calendar;
  const days = staying.flatMap((disposition): readonly (string | undefined)[] => {
    if (disposition.kind !== "waiting") return [];
    if (isMarkedBefore(disposition)) return [disposition.until];
    return followedOn(
      type,
      disposition.sources ?? [],
      ({ record, key }) => {
        const source = types.get(record);
        const its = searched.decided.get(record)?.get(key);
        if (source === undefined || its === undefined) return [];
        if (its.kind === "waiting") return [its.until];
        return statusOf(types, source, its) === "soft_deleted" ? [purgeDay(source, today, timezone)] : [];
      },
      purgeDay(type, today, timezone),
    );
  });
  if (statuses.has("soft_deleted")) days.push(purgeDay(type, today, map.controller.calendar.timezone));
  return lastDay(days);
}

/** The days on which a copy goes for good that follows by itself: with what it is a copy of, or its own where it is only marked with that. */
function followedOn(
  { follows }: RecordType,
  sources: readonly SourceRecord[],
  daysOf: (source: SourceRecord) => readonly (string | undefined)[],
  own: string | undefined,
): readonly (string | undefined)[] {
  if (sources.length === 0) return [];
  return follows?.replays === "soft_delete" ? [own] : sources.flatMap(daysOf);
}

function subjectCounts(
  records: Iterable<SealedRecord>,
  unsearched: readonly number[],
  placeholders: ReadonlyMap<number, number> | undefined,
  pseudonyms: readonly string[],
  { stops }: Searched,
): readonly SubjectCounts[] {
  const counts = pseudonyms.map(() => ({ found: 0, act: 0, kept: 0, waiting: 0, blocked: 0 }));
  for (const { subjects, disposition } of records) {
    for (const person of subjects) {
      const mine = counts[person];
      if (mine === undefined) continue;
      mine.found += 1;
      mine[disposition.kind] += 1;
    }
  }
  for (const [person, count] of placeholders ?? []) {
    const mine = counts[person];
    if (mine === undefined) continue;
    mine.found += count;
    mine.waiting += count;
  }
  const missing = new Set(unsearched);
  return pseudonyms.map((pseudonym, person) => {
    const stop = stops.byPerson.get(person);
    const reason =
      stop === undefined
        ? missing.has(person)
          ? "no_identifier"
          : placeholders?.has(person) === true
            ? "placeholder"
            : undefined
        : stopReason(stop);
    const none = { found: 0, act: 0, kept: 0, waiting: 0, blocked: 0 };
    return { pseudonym: shownAs(pseudonym), ...(counts[person] ?? none), ...(reason === undefined ? {} : { reason }) };
  });
}

function shownAs(pseudonym = ""): string {
  return `s_${pseudonym.slice(0, 8)}`;
}

/** The status a disposition leads to. */
export function statusOf(types: ReadonlyMap<string, RecordType>, type: RecordType, disposition: Disposition): Status {
  switch (disposition.kind) {
    case "kept":
    case "waiting":
    case "blocked":
      return disposition.kind;
    case "act": {
      const changes = changesMade({ types }, type, disposition);
      if (changes.length === 0 || changes.some(({ kind }) => kind === "delete")) return "deleted";
      if (changes.some(({ kind }) => kind === "mark")) return "soft_deleted";
      const rules = changes.flatMap((change) =>
        change.kind === "fields"
          ? [...Object.values(change.fields), ...change.documents.flatMap(({ paths }) => Object.values(paths))]
          : [],
      );
      if (rules.some((rule) => rule.kind === "pseudonymise")) return "pseudonymised";
      return type.do === "redact" || type.do === "unlink" ? "redacted" : "anonymised";
    }
  }
}

interface Reason {
  readonly reason?: string | undefined;
  readonly says?: string | undefined;
}

const FOR_NOBODY: readonly string[] = ["open_request", "source_first", "left_blocked"];

/**
 * What an open request has found waits for that request, a copy for its source, and what a person has left aside until it is
 * free: none of it for anybody who would have to be told.
 */
function isWithRequest(disposition: Disposition): boolean {
  return disposition.kind === "waiting" && FOR_NOBODY.includes(disposition.reason);
}

/** The reason of the worst that happens here: blocked, then not searched, then waiting, then kept. */
function reasonOf(
  dispositions: readonly Disposition[],
  unsearched: boolean,
  placeholder: boolean,
  overCap: boolean,
): Reason {
  for (const one of dispositions) if (one.kind === "blocked") return { reason: one.reason };
  const words = dispositions.find((one) => one.kind === "waiting") ?? dispositions.find((one) => one.kind === "kept");
  const says = words?.kind === "waiting" || words?.kind === "kept" ? words.says : undefined;
  if (unsearched) return { reason: "no_identifier", says };
  for (const one of dispositions) if (one.kind === "waiting") return { reason: one.reason, says: one.says };
  if (placeholder) return { reason: "placeholder" };
  if (overCap) return { reason: "over_cap" };
  const kept = dispositions.flatMap((one) => (one.kind === "kept" ? [one] : []));
  for (const reason of ["legal_hold", "review", "excluded", "retention", "held_with", "held_by"] as const) {
    const one = kept.find((each) => each.reason === reason);
    if (one === undefined) continue;
    return { reason, says: reason === "legal_hold" ? casesIn(kept) : one.says };
  }
  return {};
}

/** Of several legal holds all are named, each once. */
function casesIn(kept: readonly { readonly reason: string; readonly says?: string }[]): string {
  const said = kept.flatMap(({ reason, says }) => (reason === "legal_hold" && says !== undefined ? [says] : []));
  return [...new Set(said)].join("; ");
}

async function refuseTooMany(step: PlanStep, record: RecordType, { size }: PlanParts): Promise<void> {
  const { batchRecords, maxFraction } = record.limits;
  const acting = step.act + (step.minimised ?? 0) + (step.cascades ?? []).reduce((sum, { count }) => sum + count, 0);
  const over = (cap: string): never => {
    throw new Failure(
      "LIMIT_EXCEEDED",
      `step ${step.id} (${record.id}) would act on ${acting} records, more than ${cap}`,
    );
  };
  if (acting > batchRecords) over(`batch_records ${batchRecords}`);
  if (acting <= FRACTION_FLOOR || maxFraction >= 1) return;
  const all = await size(record);
  if (acting > all * maxFraction) over(`max_fraction ${maxFraction} of ${all}`);
}

/** What is to be kept for `undo` must have its place before anything is done. */
async function refuseTooLarge(
  steps: readonly PlanStep[],
  sealed: readonly PlannedStep[],
  { map, imageBytes, imagesKept }: PlanParts,
): Promise<void> {
  const keeping = steps.filter(({ restorable }) => restorable !== undefined);
  if (keeping.length === 0 || imageBytes === undefined || imagesKept === undefined) return;
  const cap = map.imageBytes ?? IMAGE_BYTES;
  let all = await imagesKept();
  for (const { id } of keeping) {
    const step = sealed.find((one) => one.step === id);
    if (step === undefined) continue;
    const keys = [...step.records].flatMap(({ key, disposition }) => (keptImage(disposition) ? [key] : []));
    all += await imageBytes(step.target, keys);
  }
  if (all > cap)
    throw new Failure(
      "LIMIT_EXCEEDED",
      `what the run would keep for \`undo\` takes about ${all} bytes with what is kept already, more than limits.image_bytes ${cap}`,
      { help: "Raise limits.image_bytes, or take `restore_window` out of what need not be brought back." },
    );
}

function totalsOf(steps: readonly PlanStep[]): Totals {
  const sum = (count: (step: PlanStep) => number): number => steps.reduce((total, step) => total + count(step), 0);
  return {
    erase: sum(({ act, changed = 0 }) => act - changed),
    change: sum(({ changed = 0 }) => changed),
    keep: sum(({ kept }) => kept),
    wait: sum(({ waiting }) => waiting),
    blocked: sum(({ blocked }) => blocked),
    nothing: steps.filter((step) => step.status === "nothing_found").length,
  };
}

function isDeleted(types: ReadonlyMap<string, RecordType>, type: RecordType, disposition: Disposition): boolean {
  return changesMade({ types }, type, disposition).some(({ kind }) => kind === "delete");
}

function inferredWarnings(steps: readonly PlanStep[]): readonly Finding[] {
  return steps.flatMap((step): readonly Finding[] => {
    const record = `${step.system}.${step.record}`;
    const blocked: Finding = {
      code: "BLOCKED",
      severity: "warning",
      record,
      message: `${step.blocked} records cannot be acted on: ${reasonWords(step.reason ?? "blocked", { status: "blocked", says: step.says })}`,
    };
    const unsearched: Finding = {
      code: "NOT_SEARCHED",
      severity: "warning",
      record,
      message: "was not searched: the request has no identifier that leads to it",
    };
    return [...(step.blocked > 0 ? [blocked] : []), ...(step.reason === "no_identifier" ? [unsearched] : [])];
  });
}

/** In a batch some may have an identifier that leads to a record type, and others none. */
function unsearchedPeople(found: readonly Found[], people: number): readonly Finding[] {
  return found.flatMap(({ target, unsearched }): readonly Finding[] =>
    unsearched.length === 0 || unsearched.length === people
      ? []
      : [
          {
            code: "NOT_SEARCHED",
            severity: "warning",
            record: target.record.id,
            message: `was not searched for ${unsearched.length} of ${people} people: the request has no identifier of theirs that leads to it`,
          },
        ],
  );
}

async function plannedResidue(
  steps: readonly PlanStep[],
  found: readonly Found[],
  { map, residue, today }: PlanParts,
): Promise<readonly Residue[]> {
  const all: Residue[] = [];
  const acting = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const record = found[at]?.type;
    if (record === undefined || step.act + (step.minimised ?? 0) === 0) continue;
    acting.add(step.system);
    for await (const one of residue(record)) all.push(one);
    if (step.restorable !== undefined)
      all.push({ system: step.system, record: record.id, mechanism: "undo", goneBy: step.restorable.until });
  }
  return mergeResidue([...all, ...backupResidue(map, acting, today)]);
}

function dedupe(findings: readonly Finding[]): readonly Finding[] {
  return [
    ...new Map(findings.map((finding) => [`${finding.code}\n${finding.record}\n${finding.message}`, finding])).values(),
  ];
}

/** Covers the data map, every count, and (keyed) every record and value searched, so that an approval binds them all. */
function digestOf(body: object, steps: StepsDigest): string {
  return createHash("sha256").update(JSON.stringify(body)).update("\n").update(steps.end()).digest("hex");
}

export interface StepsDigest {
  /** A step, or a piece of one that follows the piece before. */
  add(step: StepToSeal): void;
  /** Hex; nothing can be added any more. */
  end(): string;
}

/** Keyed digest over every step as JSON on a line. As one text it would be as large as all of its records. */
export function stepsDigest(key: Uint8Array): StepsDigest {
  const keyed = createHmac("sha256", key);
  let open: { readonly step: string; comma: "" | "," } | undefined;
  const close = (): void => {
    if (open !== undefined) keyed.update("]}\n");
  };
  return {
    add({ records, ...head }) {
      if (open?.step !== head.step) {
        close();
        open = { step: head.step, comma: "" };
        keyed.update(JSON.stringify({ ...head, records: [] }).slice(0, -"]}".length));
      }
      for (const record of records) {
        keyed.update(`${open.comma}${JSON.stringify(record)}`);
        open.comma = ",";
      }
    },
    end() {
      close();
      return keyed.digest("hex");
    },
  };
}

/** Whether this is the plan, and these are the sealed steps, that its digest was made over. */
export function isUnaltered(plan: Plan, sealed: StepsDigest): boolean {
  const { digest, ...body } = plan;
  const { id, request, map, system, as_of, records, made_at, expires_at, steps, totals, residue, warnings } = body;
  return (
    digestOf(
      {
        id,
        request,
        map,
        ...(system === undefined ? {} : { system }),
        ...(as_of === undefined ? {} : { as_of }),
        ...(records === undefined ? {} : { records }),
        made_at,
        expires_at,
        steps,
        totals,
        residue,
        warnings,
      },
      sealed,
    ) === digest
  );
}
