import { EXIT, type ExitCode, Failure } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Lookup, Target } from "../model/search.ts";
import type { Plan, SealedStep } from "../model/plan.ts";
import type { RequestState } from "../model/status.ts";
import type { Subject } from "../model/subject.ts";
import { locateOne, lookupsFor, mergeLookups, resolveIdentifiers, searchOrder, type Found } from "../planner/locate.ts";
import type { Readers } from "../planner/readers.ts";
import { recordTypes, targetOf } from "../planner/targets.ts";
import { workOf } from "./unit-work.ts";

export type CheckResult = "pass" | "fail" | "unverifiable" | "not_searchable";

/** One record type, looked at again. */
export interface Check {
  readonly [key: string]: string | number | null;
  readonly system: string;
  readonly record: string;
  readonly result: CheckResult;
  /** Records that are still there, or are there again. */
  readonly residual: number;
  readonly method: string;
  /** Instant, UTC. */
  readonly at: string;
}

export interface VerifyScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly sealed: readonly SealedStep[];
  readonly subjects: readonly Subject[];
  /** Fresh connections. */
  readonly readers: Readers;
  now(): Date;
}

/**
 * Looks again for everything, believing nothing the eraser said: by the sealed values, by whatever the identifiers lead
 * to now, and at each planned key. A search that could not have found anything is `unverifiable`, never a pass.
 */
export async function verify(scope: VerifyScope): Promise<readonly Check[]> {
  const { map, readers, subjects, plan, sealed } = scope;
  const unverifiable = await failedChecks(scope);
  const identifiers = await resolveAgain(map, readers, subjects);
  const found = new Map<string, Found>();
  const checks: Check[] = [];
  // those that lead to others first, so that what leads there now is searched too
  const order = searchOrder(map).map((record) => record.id);
  for (const step of sealed.toSorted((a, b) => order.indexOf(a.record) - order.indexOf(b.record))) {
    const planned = plan.steps.find((one) => one.id === step.step);
    if (planned === undefined) continue;
    const target = targetOf(map, typeOf(map, step.record));
    const lookups = mergeLookups(
      step.lookups,
      identifiers === undefined ? [] : lookupsFor(target.record.match.terms, identifiers, found, target.record.match.mode),
    );
    const check = (result: CheckResult, residual: number, method: string): void => {
      checks.push({ system: planned.system, record: planned.record, result, residual, method, at: scope.now().toISOString() });
    };
    if (planned.reason === "no_identifier") {
      check("not_searchable", 0, "no identifier of the request leads here");
      continue;
    }
    if (unverifiable.has(step.record)) {
      check(planned.reason === "empty_pattern" ? "not_searchable" : "unverifiable", 0, unverifiable.get(step.record) ?? "");
      continue;
    }
    const records = await locateLeft(readers, target, lookups, planned.act);
    found.set(step.record, { type: typeOf(map, step.record), target, lookups, records, unsearched: [] });
    const known = new Set(step.records.map((record) => record.key));
    // a planned record is judged by its key below; one that is as wanted still matches, and may
    const fresh = [...records.values()].filter((record) => !known.has(record.key) && !record.done).length;
    const residual = fresh + (await notAsPlanned(scope, step));
    check(residual === 0 ? "pass" : "fail", residual, "same search on a fresh connection, and each planned record by its key");
  }
  const shown = plan.steps.flatMap((step) => checks.filter((one) => one.system === step.system && one.record === step.record));
  return [...shown, ...declaredOnly(map, scope.now().toISOString())];
}

/** JSON lines carry their own paths: where the erased ones were the only ones with the matched path, it left with them. A CSV keeps its header. */
function leftWithThem(map: DataMap, { code, record }: { readonly code: string; readonly record: string }): boolean {
  return code === "COLUMN_MISSING" && isJsonLines(typeOf(map, record));
}

function isJsonLines({ format, place }: Pick<RecordType, "format" | "place">): boolean {
  return format === "jsonl" || (format === undefined && place.kind === "files" && place.globs.every((glob) => /\.(?:jsonl|ndjson)(?:\.gz)?$/u.test(glob)));
}

async function locateLeft(readers: Readers, target: Target, lookups: readonly Lookup[], acted: number): ReturnType<typeof locateOne> {
  try {
    return await locateOne(readers, target, lookups);
  } catch (error) {
    if (error instanceof Failure && error.code === "COLUMN_MISSING" && acted > 0 && isJsonLines(target.record)) return new Map();
    throw error;
  }
}

async function notAsPlanned({ map, readers }: VerifyScope, step: SealedStep): Promise<number> {
  let count = 0;
  for (const operation of workOf(map, step).operations) {
    if (operation.records.length === 0) continue;
    const target = targetOf(map, typeOf(map, step.record));
    for await (const key of (await readers.of(target.record.system)).remaining(target, operation)) if (key !== "") count += 1;
  }
  return count;
}

/** Record types whose search would prove nothing now, with the reason. An empty pattern is one only where something had been there. */
async function failedChecks({ map, readers, plan, sealed }: VerifyScope): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>();
  for (const system of map.systems) {
    const targets = sealed
      .map((step) => typeOf(map, step.record))
      .filter((record) => record.system === system.name)
      .map((record) => targetOf(map, record));
    if (targets.length === 0) continue;
    for await (const finding of (await readers.of(system.name)).check(targets)) {
      const step = plan.steps.find((one) => `${one.system}.${one.record}` === finding.record);
      // what we erased may have been all there was
      const erasedAll = (step?.act ?? 0) > 0 && (finding.severity === "empty" || leftWithThem(map, finding));
      if (finding.severity !== "warning" && !erasedAll) failed.set(finding.record, finding.message);
    }
  }
  return failed;
}

/** What the identifiers lead to now; undefined where they have become ambiguous: then the sealed values alone count. */
async function resolveAgain(map: DataMap, readers: Readers, subjects: readonly Subject[]): Promise<Awaited<ReturnType<typeof resolveIdentifiers>> | undefined> {
  try {
    return await resolveIdentifiers(map, readers, subjects);
  } catch (error) {
    if (error instanceof Failure && (error.code === "AMBIGUOUS_MATCH" || error.code === "LIMIT_EXCEEDED")) return undefined;
    throw error;
  }
}

function declaredOnly(map: DataMap, at: string): readonly Check[] {
  return map.systems
    .filter((system) => system.covers.length > 0)
    .map((system): Check => ({ system: system.name, record: "backups", result: "not_searchable", residual: 0, method: "declared: expires by itself", at }));
}

function typeOf(map: DataMap, id: string): RecordType {
  const type = recordTypes(map).find((record) => record.id === id);
  if (type === undefined) throw new Failure("PLAN_STALE", `${id} is no record type of the data map any more`);
  return type;
}

/** The state after a verification, and its exit code. */
export function verdict(
  checks: readonly Check[],
  runExit: ExitCode,
  settledAt: Date,
  now: Date,
  plan: Pick<Plan, "steps" | "system">,
): { readonly state: RequestState; readonly exit: ExitCode; readonly residual: number } {
  const residual = checks.reduce((sum, check) => sum + check.residual, 0);
  if (residual > 0) return { state: "partly_done", exit: EXIT.findings, residual };
  if (checks.some((check) => check.result === "unverifiable")) return { state: "partly_done", exit: EXIT.unreachable, residual };
  if (runExit !== EXIT.done)
    return { state: plan.steps.some((step) => step.waiting > 0) && runExit === EXIT.waiting ? "waiting" : "partly_done", exit: runExit, residual };
  // other systems were not planned: nothing is known of them
  if (plan.system !== undefined) return { state: "partly_done", exit: EXIT.done, residual };
  if (now < settledAt) return { state: "settling", exit: EXIT.done, residual };
  return { state: "closed", exit: EXIT.done, residual };
}
