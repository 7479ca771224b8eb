import { createHash, createHmac } from "node:crypto";
import { Failure } from "../errors.ts";
import type { Residue } from "../model/change.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Counts, Disposition, Plan, PlanStep, SealedRecord, SealedStep, SubjectCounts, Totals } from "../model/plan.ts";
import type { Finding } from "../model/search.ts";
import { type Status, worst } from "../model/status.ts";
import type { Decided } from "./circumstances.ts";
import { changeOf } from "./decide.ts";
import type { Found } from "./locate.ts";
import { backupResidue, mergeResidue } from "./residue.ts";
import type { Searched } from "./search.ts";

/** A plan may be approved and begun for this many days. */
const VALID_DAYS = 3;
/** The fractional cap never falls below this many records. */
const FRACTION_FLOOR = 20;

export interface PlanParts {
  readonly map: DataMap;
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
  /** How many records a record type has in all; asked only where a step finds more than a few. */
  size(record: RecordType): Promise<number>;
  residue(record: RecordType): AsyncIterable<Residue>;
}

/** The plan and what is sealed beside it. Throws LIMIT_EXCEEDED where a step acts on more than its cap. */
export async function makePlan(parts: PlanParts): Promise<{ readonly plan: Plan; readonly sealed: readonly SealedStep[] }> {
  const { map, searched, system } = parts;
  const planned = [...searched.found.values()].filter(({ target }) => system === undefined || target.record.system === system);
  // in the map's order: people know that one
  const order = map.systems.flatMap((one) => one.records.map((record) => record.id));
  const sorted = planned.toSorted((a, b) => order.indexOf(a.target.record.id) - order.indexOf(b.target.record.id));
  const steps: PlanStep[] = [];
  const sealed: SealedStep[] = [];
  for (const [at, found] of sorted.entries()) {
    const id = `S${at + 1}`;
    const records = sealedRecords(found, searched.decided);
    const step = planStep(id, found, records, parts);
    await refuseTooMany(step, found.type, parts);
    steps.push(step);
    sealed.push({ step: id, record: found.target.record.id, lookups: found.lookups, records });
  }
  const residue = await plannedResidue(steps, sorted, parts);
  const warnings = [...searched.warnings, ...inferredWarnings(steps), ...unsearchedPeople(sorted, parts.pseudonyms.length)].filter(
    (finding) => finding.severity !== "error",
  );
  const expires = new Date(parts.madeAt.getTime() + VALID_DAYS * 86_400_000).toISOString();
  const body = {
    id: parts.id,
    request: parts.request,
    map: map.digest,
    ...(system === undefined ? {} : { system }),
    made_at: parts.madeAt.toISOString(),
    expires_at: expires,
    steps,
    totals: totalsOf(steps, sealed, map),
    residue: residue.map(({ system: of, mechanism, goneBy }) => ({ system: of, mechanism, gone_by: goneBy })),
    warnings: dedupe(warnings).map(({ code, severity, record, message }) => ({
      code,
      severity: severity === "empty" ? ("empty" as const) : ("warning" as const),
      record,
      message,
    })),
  };
  return { plan: { ...body, digest: digestOf(body, sealed, parts.digestKey) }, sealed };
}

function sealedRecords(found: Found, decided: Decided): readonly SealedRecord[] {
  const dispositions = decided.get(found.target.record.id) ?? new Map<string, Disposition>();
  return [...found.records.values()].flatMap(({ key, fingerprint, subjects }) => {
    const disposition = dispositions.get(key);
    return disposition === undefined ? [] : [{ key, fingerprint, subjects, disposition }];
  });
}

function planStep(
  id: string,
  { type: record, unsearched, lookups }: Found,
  records: readonly SealedRecord[],
  { searched, pseudonyms, batch }: PlanParts,
): PlanStep {
  const counts = countsOf(records);
  const statuses = new Set(records.map(({ disposition }) => statusOf(record, disposition)));
  if (searched.empty.has(record.id)) statuses.add("not_checked");
  // nothing of anyone's leads here: that is no search
  const nobody = lookups.length === 0 && unsearched.length > 0;
  if (nobody) statuses.add("not_checked");
  const status = worst(statuses);
  const reason = searched.empty.has(record.id) ? "empty_pattern" : nobody ? "no_identifier" : reasonOf(records);
  const kept = records.flatMap(({ disposition }) => (disposition.kind === "kept" ? [disposition] : []));
  const until = [
    ...kept.map((one) => one.until),
    ...records.flatMap(({ disposition }) => (disposition.kind === "blocked" && disposition.until !== undefined ? [disposition.until] : [])),
  ]
    .toSorted()
    .at(-1);
  const law = [...new Set(kept.flatMap((one) => one.law))];
  const minimised = kept.filter((one) => one.minimise).length;
  return {
    id,
    system: record.system,
    record: record.name,
    action: record.do,
    status,
    ...counts,
    ...(minimised === 0 ? {} : { minimised }),
    ...(reason === undefined ? {} : { reason }),
    ...(until === undefined ? {} : { until }),
    ...(law.length === 0 ? {} : { law }),
    ...(batch ? { subjects: subjectCounts(records, pseudonyms) } : {}),
  };
}

export function countsOf(records: readonly { readonly disposition: Disposition }[]): Counts {
  const of = (kind: Disposition["kind"]): number => records.filter(({ disposition }) => disposition.kind === kind).length;
  return { found: records.length, act: of("act"), kept: of("kept"), waiting: of("waiting"), blocked: of("blocked") };
}

function subjectCounts(records: readonly SealedRecord[], pseudonyms: readonly string[]): readonly SubjectCounts[] {
  return pseudonyms.map((pseudonym, subject) => ({
    pseudonym: `s_${pseudonym.slice(0, 8)}`,
    ...countsOf(records.filter(({ subjects }) => subjects.includes(subject))),
  }));
}

/** The status a disposition leads to. */
export function statusOf(record: RecordType, disposition: Disposition): Status {
  switch (disposition.kind) {
    case "kept":
    case "waiting":
    case "blocked":
      return disposition.kind;
    case "act": {
      const change = changeOf(record, disposition);
      if (change === undefined || change.kind !== "fields") return "deleted";
      const rules = [...Object.values(change.fields), ...change.documents.flatMap(({ paths }) => Object.values(paths))];
      if (rules.some((rule) => rule.kind === "pseudonymise")) return "pseudonymised";
      return record.do === "redact" || record.do === "unlink" ? "redacted" : "anonymised";
    }
  }
}

/** The reason of the worst that happens here: blocked, then waiting, then kept. */
function reasonOf(records: readonly SealedRecord[]): string | undefined {
  const dispositions = records.map(({ disposition }) => disposition);
  for (const one of dispositions) if (one.kind === "blocked") return one.reason;
  for (const one of dispositions) if (one.kind === "waiting") return one.on;
  const kept = new Set(dispositions.flatMap((one) => (one.kind === "kept" ? [one.reason] : [])));
  return (["legal_hold", "retention", "held_with", "held_by"] as const).find((reason) => kept.has(reason));
}

async function refuseTooMany(step: PlanStep, record: RecordType, { size }: PlanParts): Promise<void> {
  const { maxRecords, maxFraction } = record.limits;
  const acting = step.act + (step.minimised ?? 0);
  const over = (cap: string): never => {
    throw new Failure("LIMIT_EXCEEDED", `step ${step.id} (${record.id}) would act on ${acting} records, more than ${cap}`);
  };
  if (acting > maxRecords) over(`max_records ${maxRecords}`);
  if (acting <= FRACTION_FLOOR || maxFraction >= 1) return;
  const all = await size(record);
  if (acting > all * maxFraction) over(`max_fraction ${maxFraction} of ${all}`);
}

function totalsOf(steps: readonly PlanStep[], sealed: readonly SealedStep[], map: DataMap): Totals {
  let erase = 0;
  let change = 0;
  const types = map.systems.flatMap((system) => system.records);
  for (const { record, records } of sealed) {
    const type = types.find((one) => one.id === record);
    for (const { disposition } of records) {
      if (type === undefined || disposition.kind !== "act") continue;
      if (changeOf(type, disposition)?.kind === "delete") erase += 1;
      else change += 1;
    }
  }
  const sum = (name: "kept" | "waiting" | "blocked"): number => steps.reduce((total, step) => total + step[name], 0);
  return {
    erase,
    change,
    keep: sum("kept"),
    wait: sum("waiting"),
    blocked: sum("blocked"),
    nothing: steps.filter((step) => step.status === "nothing_found").length,
  };
}

function inferredWarnings(steps: readonly PlanStep[]): readonly Finding[] {
  return steps.flatMap((step): readonly Finding[] => {
    const record = `${step.system}.${step.record}`;
    const blocked: Finding = {
      code: "BLOCKED",
      severity: "warning",
      record,
      message: `${step.blocked} records cannot be acted on: ${step.reason ?? "blocked"}`,
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

async function plannedResidue(steps: readonly PlanStep[], found: readonly Found[], { map, residue, today }: PlanParts): Promise<readonly Residue[]> {
  const all: Residue[] = [];
  const acting = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const record = found[at]?.type;
    if (record === undefined || step.act + (step.minimised ?? 0) === 0) continue;
    acting.add(step.system);
    for await (const one of residue(record)) all.push(one);
  }
  return mergeResidue([...all, ...backupResidue(map, acting, today)]);
}

function dedupe(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.code}\n${finding.record}\n${finding.message}`, finding])).values()];
}

/** Covers the data map, every count, and (keyed) every record and value searched, so that an approval binds them all. */
function digestOf(body: object, sealed: readonly SealedStep[], key: Uint8Array): string {
  const keyed = createHmac("sha256", key);
  for (const step of sealed) keyed.update(`${JSON.stringify(step)}\n`);
  return createHash("sha256").update(JSON.stringify(body)).update("\n").update(keyed.digest("hex")).digest("hex");
}

/** Whether these are the plan and the sealed steps that the digest was made over. */
export function isUnaltered(plan: Plan, sealed: readonly SealedStep[], key: Uint8Array): boolean {
  const { digest, ...body } = plan;
  const { id, request, map, system, made_at, expires_at, steps, totals, residue, warnings } = body;
  return (
    digestOf({ id, request, map, ...(system === undefined ? {} : { system }), made_at, expires_at, steps, totals, residue, warnings }, sealed, key) === digest
  );
}
