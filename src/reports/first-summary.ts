/**
 * The summary as version 0.1 made it, word for word. Reports of then carry it and must verify for ever; nothing else may use
 * it, and nothing here may change. What is said today is in summary.ts.
 */
import { type EventCore, isEventCore, isOlderCore, type OlderCore } from "../ledger/events.ts";
import type { JsonObject } from "../model/json.ts";
import { type Status, worst } from "../model/status.ts";
import { type KeptLine, type ResidueLine, sentence, type SystemLine } from "./first-sentence.ts";

type Result = OlderCore<"target.result">;
type Completed = EventCore<"erasure.completed">;

type PersonLine = { readonly did: string; readonly actor: string; readonly at: string };

type Summary = {
  readonly sentence: string;
  /** State of the last `erasure.completed` or `refused`; null while the request is open. */
  readonly state: string | null;
  readonly exit: number | null;
  readonly right: string;
  readonly subjects: number | null;
  readonly controller: string | null;
  readonly received: string | null;
  readonly regime: string | null;
  readonly deadline: {
    readonly nominal: string;
    readonly legal: string;
    readonly extended: string;
    readonly ended_at: string | null;
    readonly met: boolean | null;
  } | null;
  readonly decision: {
    readonly decision: string;
    readonly exceptions: readonly string[];
    readonly plan_digest: string;
    readonly map_digest: string;
    readonly rules_digest: string | null;
    readonly at: string;
  } | null;
  readonly systems: readonly SystemLine[];
  readonly kept: readonly KeptLine[];
  readonly residue: readonly ResidueLine[];
  readonly people: readonly PersonLine[];
  readonly keys_destroyed_at: string | null;
};

/** `cores`: whole cores, oldest first. Those of types or forms this version does not know are left out. */
export function firstSummary(cores: readonly JsonObject[]): Summary {
  const received = eventsOf(cores, "request.received").at(-1);
  const decision = eventsOf(cores, "decision").at(-1);
  const completed = eventsOf(cores, "erasure.completed").at(-1);
  const refused = olderOf(cores, "refused").at(-1);
  const results = olderOf(cores, "target.result");
  const ending = completed?.state === "closed" ? completed : (refused ?? completed);
  const ended = ending === undefined || !["closed", "refused", "cancelled"].includes(ending.state) ? null : ending.at;
  const facts = {
    systems: systemLines(results, completed),
    kept: keptLines(results),
    residue: residueLines(results, completed),
  };
  return {
    ...facts,
    sentence: sentence({ ...facts, state: ending?.state ?? null, residual: completed?.residual ?? null }),
    state: ending?.state ?? null,
    exit: completed?.exit ?? null,
    right: received?.right ?? "erasure",
    subjects: received?.subjects ?? null,
    controller: received?.controller ?? null,
    received: received?.received ?? null,
    regime: received?.regime ?? null,
    deadline:
      received === undefined
        ? null
        : {
            nominal: received.due_nominal,
            legal: received.due_legal,
            extended: received.due_extended,
            ended_at: ended,
            met: ended === null ? null : ended.slice(0, 10) <= received.due_legal,
          },
    decision:
      decision === undefined
        ? null
        : {
            decision: decision.decision,
            exceptions: decision.exceptions,
            plan_digest: decision.plan_digest,
            map_digest: decision.map_digest,
            rules_digest: decision.rules_digest ?? null,
            at: decision.at,
          },
    people: people(cores),
    keys_destroyed_at: eventsOf(cores, "key.destroyed").find(({ what }) => what === "sealed_keys")?.at ?? null,
  };
}

function eventsOf<K extends "request.received" | "decision" | "erasure.completed" | "key.destroyed">(
  cores: readonly JsonObject[],
  wanted: K,
): readonly EventCore<K>[] {
  return cores.flatMap(({ v, type, ...core }) =>
    v === 1 && type === wanted && isEventCore(wanted, core) ? [core] : [],
  );
}

function olderOf<K extends "refused" | "target.result">(
  cores: readonly JsonObject[],
  wanted: K,
): readonly OlderCore<K>[] {
  return cores.flatMap(({ v, type, ...core }) =>
    v === 1 && type === wanted && isOlderCore(wanted, core) ? [core] : [],
  );
}

/** Outcomes that a later look at the same record type does not undo. */
const EFFECTS: readonly Status[] = ["pseudonymised", "anonymised", "redacted", "deleted"];

function systemLines(results: readonly Result[], completed: Completed | undefined): readonly SystemLine[] {
  const groups = Map.groupBy(results, nameOf);
  return [...groups.values()].flatMap((runs): SystemLine[] => {
    const [first] = runs;
    const last = runs.at(-1);
    if (first === undefined || last === undefined) return [];
    const sum = (count: "found" | "matched" | "affected" | "gone" | "already_gone" | "own"): number =>
      runs.reduce((total, run) => total + run[count], 0);
    const check = completed?.checks?.find((one) => nameOf(one) === nameOf(last));
    const again = last.verification;
    return [
      {
        system: last.system,
        record: last.record,
        operation: last.operation,
        status: worst([last.status, ...runs.map((run) => run.status).filter((status) => EFFECTS.includes(status))]),
        found: sum("found"),
        matched: sum("matched"),
        affected: sum("affected"),
        gone: sum("gone"),
        already_gone: sum("already_gone"),
        own: sum("own"),
        kept: last.kept,
        minimised: last.minimised ?? 0,
        waiting: last.waiting,
        blocked: last.blocked,
        reason: last.reason ?? null,
        connector: last.connector,
        started: first.started,
        finished: last.finished,
        verified:
          check === undefined
            ? again === undefined
              ? null
              : {
                  result: again.residual === 0 ? "pass" : "fail",
                  residual: again.residual,
                  method: again.method,
                  at: again.at,
                }
            : { result: check.result, residual: check.residual, method: check.method, at: check.at },
      },
    ];
  });
}

function keptLines(results: readonly Result[]): readonly KeptLine[] {
  return [...Map.groupBy(results, nameOf).values()].flatMap((runs) => {
    const last = runs.at(-1);
    return last === undefined || last.kept === 0
      ? []
      : [
          {
            system: last.system,
            record: last.record,
            count: last.kept,
            reason: last.reason ?? null,
            until: last.until ?? null,
            law: last.law,
            restricted: last.restricted ?? false,
          },
        ];
  });
}

/** What the whole run says is left, else what its steps said. */
function residueLines(results: readonly Result[], completed: Completed | undefined): readonly ResidueLine[] {
  const lines =
    completed?.residue?.map((one) => ({ ...one, record: one.record ?? null })) ??
    results.flatMap(({ system, record, residue }) => residue.map((one) => ({ system, record, ...one })));
  const known = new Map(
    lines.map((line) => {
      const { system, mechanism, gone_by } = line;
      const short = { system, record: shortName(line), mechanism, gone_by };
      return [JSON.stringify(short), short];
    }),
  );
  return [...known.values()];
}

/** Some say `system.record`, some the record alone. */
function shortName({ system, record }: { readonly system: string; readonly record: string | null }): string | null {
  return record?.startsWith(`${system}.`) === true ? record.slice(system.length + 1) : record;
}

function people(cores: readonly JsonObject[]): readonly PersonLine[] {
  return cores.flatMap(({ type, at, by, approver }): PersonLine[] => {
    const actor = typeof by === "string" ? by : approver;
    return typeof type === "string" && typeof at === "string" && typeof actor === "string"
      ? [{ did: type, actor, at }]
      : [];
  });
}

function nameOf({ system, record }: { readonly system: string; readonly record: string }): string {
  return JSON.stringify([system, record]);
}
