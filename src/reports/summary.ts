/** What the entries of one request say, put together. Pure: the same entries always give the same summary, so a reader can make it again and compare. */
import type { Json, JsonObject } from "../model/json.ts";
import { isDueWork } from "../model/request-id.ts";
import { type PersonCounts, personCounts } from "./persons.ts";
import { type ResidueLine, residueLines } from "./residue-lines.ts";
import { sentence } from "./sentence.ts";
import type { AssertionLine, GapLine, KeptLine, TotalsLine, VanishedLine } from "./summary-lines.ts";
import { type Refusal, type Story, storyOf } from "./story.ts";
import { isGivenBack, nameOf, type SystemLine, systemLines } from "./system-lines.ts";

type RecordLine = { readonly system: string; readonly record: string };
export type PersonLine = { readonly did: string; readonly actor: string; readonly at: string };

export type Summary = {
  /** 2. Reports of version 0.1 have no such member, see first-summary.ts. */
  readonly form: 2;
  readonly sentence: string;
  /** State after the last verification or ending; null before. */
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
    /** The day that counts: the legal one, or that of the extension. */
    readonly due: string;
    /** Days on which the time stood still. Absent in reports made before there were any. */
    readonly pauses?: readonly { readonly from: string; readonly to: string | null }[];
    readonly extension: { readonly reason: string; readonly notified_on: string; readonly at: string } | null;
    readonly ended_at: string | null;
    /** Civil date at the controller. */
    readonly ended_on: string | null;
    readonly met: boolean | null;
  } | null;
  /** `granted`, `partial`, `refused`; null while nobody has decided. */
  readonly decision: string | null;
  /** The last word on who the person is; null where no entry tells of a check. */
  readonly identity: { readonly result: string; readonly method: string; readonly at: string } | null;
  readonly refusal: { readonly reason: string | null; readonly exception: string | null; readonly at: string } | null;
  readonly approval: {
    readonly exceptions: readonly string[];
    readonly plan_digest: string;
    readonly map_digest: string;
    readonly rules_digest: string | null;
    /** Records that the plan left out on purpose. */
    readonly excluded: number;
    readonly at: string;
  } | null;
  readonly totals: TotalsLine;
  readonly systems: readonly SystemLine[];
  /** Record types that were not looked into, for want of an identifier that leads there. */
  readonly not_searched: readonly RecordLine[];
  readonly kept: readonly KeptLine[];
  readonly vanished: readonly VanishedLine[];
  readonly residue: readonly ResidueLine[];
  /** Figures that were to stay as they are. Absent where the data map named none, and in reports of before. */
  readonly assertions?: readonly AssertionLine[];
  readonly gaps: readonly GapLine[];
  /** Of a batch: each person of whom anything was found, by their place in the request, from 1. */
  readonly persons: readonly PersonCounts[];
  /** How many of the gaps a person accepted when closing; null: nobody did. */
  readonly gaps_accepted: number | null;
  /** The last verification. `current`: nothing was run and nothing brought back after it. */
  readonly verification: {
    readonly at: string;
    readonly residual: number;
    /** Of the residual: records that no plan knew. */
    readonly new: number;
    readonly failed: number;
    readonly unverifiable: number;
    readonly gaps: number;
    readonly current: boolean;
  } | null;
  readonly people: readonly PersonLine[];
  readonly keys_destroyed_at: string | null;
};

/** `cores`: whole cores, oldest first. Those of types or forms this version does not know are left out. */
export function summarise(cores: readonly JsonObject[]): Summary {
  const story = storyOf(cores);
  const { received, decisions, begun, completed, destroyed } = story;
  const decision = decisions.at(-1);
  const ending = endingOf(story);
  const look = story.looks.at(-1);
  const systems = systemLines(story);
  const notSearched = notSearchedIn(story, systems);
  const verification = verificationOf(story);
  const asserted = assertionLines(story);
  const facts = {
    state: ending?.state ?? (verification?.current === true ? (look?.state ?? null) : null),
    begun: begun.length + story.results.length > 0,
    approved: decision !== undefined,
    identified: identityOf(cores)?.result === "ok",
    day: ending?.day ?? look?.day ?? null,
    subjects: received?.subjects ?? null,
    totals: totalsOf(systems),
    systems,
    not_searched: notSearched,
    kept: keptLines(systems),
    vanished: vanishedLines(story),
    // what was kept to be brought back and is back is kept no more
    residue: residueLines(story).filter(
      ({ system, mechanism }) =>
        mechanism !== "undo" || systems.some((line) => line.system === system && (line.restorable ?? 0) > 0),
    ),
    gaps: gapLines(story),
    gaps_accepted: acceptedOf(story),
    verification,
    undone: isUndoneSince(story),
    given_back: isGivenBack(story),
    due: cores.some(({ request }) => typeof request === "string" && isDueWork(request)),
  };
  return {
    form: 2,
    sentence: sentence(facts),
    state: facts.state,
    exit: completed.at(-1)?.exit ?? look?.exit ?? null,
    right: received?.right ?? "erasure",
    subjects: received?.subjects ?? null,
    controller: received?.controller ?? null,
    received: received?.received ?? null,
    regime: received?.regime ?? null,
    deadline: deadlineOf(story, ending),
    decision: decisionOf(story, facts),
    identity: identityOf(cores),
    refusal: refusalOf(story),
    approval:
      decision === undefined
        ? null
        : {
            exceptions: decision.exceptions,
            plan_digest: decision.plan_digest,
            map_digest: decision.map_digest,
            rules_digest: decision.rules_digest ?? null,
            excluded: decision.excluded?.records ?? 0,
            at: decision.at,
          },
    totals: facts.totals,
    systems,
    not_searched: notSearched,
    kept: facts.kept,
    vanished: facts.vanished,
    residue: facts.residue,
    ...(asserted.length === 0 ? {} : { assertions: asserted }),
    gaps: facts.gaps,
    persons: personCounts(story, systems),
    gaps_accepted: facts.gaps_accepted,
    verification,
    people: people(cores),
    keys_destroyed_at: destroyed.find(({ what }) => what === "sealed_keys")?.at ?? null,
  };
}

interface Ending {
  readonly state: string;
  readonly at: string;
  readonly day: string;
}

/** How the request ended; undefined while it is open. */
function endingOf({ completed, refusals }: Story): Ending | undefined {
  const closed = completed.findLast(({ state }) => state === "closed");
  return closed === undefined
    ? refusals.at(-1)
    : { state: closed.state, at: closed.at, day: closed.day ?? closed.at.slice(0, 10) };
}

/** Days compare as text; both are those of the controller. */
function deadlineOf({ received, extensions, moved }: Story, ending: Ending | undefined): Summary["deadline"] {
  if (received === undefined) return null;
  const extension = extensions.at(-1);
  const last = moved.at(-1);
  const { nominal, legal, extended } = last ?? {
    nominal: received.due_nominal,
    legal: received.due_legal,
    extended: received.due_extended,
  };
  // a pause after the extension moves its day too
  const due = extension === undefined ? legal : extension.place < (last?.place ?? -1) ? extended : extension.due;
  return {
    nominal,
    legal,
    extended,
    due,
    ...(last === undefined ? {} : { pauses: last.pauses }),
    extension:
      extension === undefined
        ? null
        : { reason: extension.reason, notified_on: extension.notified_on, at: extension.at },
    ended_at: ending?.at ?? null,
    ended_on: ending?.day ?? null,
    // where the time stood still to the end, no day of it was lost since
    met: ending === undefined ? null : (last?.pauses.find(({ to }) => to === null)?.from ?? ending.day) <= due,
  };
}

/** Partial is what leaves anything out: by an approver's word, by a hold, by a gap that was accepted, by bringing it back. */
function decisionOf(
  { decisions, refusals, accepted }: Story,
  { totals, not_searched, systems }: Pick<Summary, "totals" | "not_searched" | "systems">,
): string | null {
  const decision = decisions.at(-1);
  if (refusals.at(-1)?.state === "refused") return "refused";
  if (decision === undefined) return null;
  const less =
    decision.excluded !== undefined ||
    (decision.not_searched ?? []).length > 0 ||
    accepted.length > 0 ||
    totals.kept > 0 ||
    systems.some(({ restored = 0, brought_back: back = 0 }) => restored + back > 0) ||
    not_searched.length > 0;
  return less ? "partial" : decision.decision;
}

function refusalOf({ refusals }: Story): Summary["refusal"] {
  const last: Refusal | undefined = refusals.at(-1);
  return last === undefined ? null : { reason: last.reason, exception: last.exception, at: last.at };
}

function totalsOf(systems: readonly SystemLine[]): TotalsLine {
  const sum = (name: keyof TotalsLine): number => systems.reduce((total, line) => total + line[name], 0);
  return {
    found: sum("found"),
    deleted: sum("deleted"),
    changed: sum("changed"),
    unsorted: sum("unsorted"),
    already_gone: sum("already_gone"),
    kept: sum("kept"),
    minimised: sum("minimised"),
    waiting: sum("waiting"),
    blocked: sum("blocked"),
    failed: sum("failed"),
    untold: sum("untold"),
    own: sum("own"),
  };
}

/** By the run's own word, and by what the approver of the latest plan accepted as such. */
function notSearchedIn({ decisions }: Story, systems: readonly SystemLine[]): readonly RecordLine[] {
  const own = systems.filter(({ status, reason }) => status === "not_checked" && reason === "no_identifier");
  const lines = [...own, ...(decisions.at(-1)?.not_searched ?? [])].map(({ system, record }) => ({ system, record }));
  return [...new Map(lines.map((line) => [nameOf(line), line])).values()];
}

const KEPT_REASONS: readonly string[] = ["retention", "legal_hold", "held_by", "held_with", "excluded", "review"];

function keptLines(systems: readonly SystemLine[]): readonly KeptLine[] {
  return systems.flatMap(({ system, record, kept, minimised, reason, until, law, restricted }) =>
    // a step's reason is that of the worst of what is left, which may not be the hold's
    kept === 0
      ? []
      : [
          {
            system,
            record,
            count: kept,
            minimised,
            reason: reason !== null && KEPT_REASONS.includes(reason) ? reason : null,
            until,
            law,
            restricted,
          },
        ],
  );
}

/** By record type: of each plan what its looks saw gone at most. A later plan knows nothing of them any more. */
function vanishedLines({ looks }: Story): readonly VanishedLine[] {
  const seen = looks.flatMap(({ at, plan_digest, checks }) =>
    checks.flatMap(({ system, record, gone = 0 }) =>
      gone === 0 ? [] : [{ system, record, count: gone, at, plan_digest }],
    ),
  );
  return [...Map.groupBy(seen, nameOf).values()].flatMap((mine): readonly VanishedLine[] => {
    const [last] = mine.slice(-1);
    if (last === undefined) return [];
    const { system, record, at } = last;
    const plans = [...Map.groupBy(mine, ({ plan_digest }) => plan_digest).values()];
    const count = plans.reduce((sum, lines) => sum + Math.max(...lines.map((line) => line.count)), 0);
    return [{ system, record, count, at }];
  });
}

/** Of each figure how its last comparison ended, whatever the step: what would have changed it was taken back. */
function assertionLines({ results }: Story): readonly AssertionLine[] {
  const lines = new Map<string, AssertionLine>();
  for (const { system, assertions = [], finished } of results)
    for (const { name, held } of assertions) {
      const key = JSON.stringify([system, name]);
      const before = lines.get(key);
      lines.set(key, {
        system,
        name,
        held,
        compared: (before?.compared ?? 0) + 1,
        taken_back: (before?.taken_back ?? 0) + (held ? 0 : 1),
        at: finished,
      });
    }
  return [...lines.values()];
}

/** Those of the last verification, else of the last attempts. */
function gapLines({ looks, results }: Story): readonly GapLine[] {
  const look = looks.at(-1);
  const after = results.filter(({ place }) => place > (look?.place ?? -1));
  const latest = new Map(after.map((result) => [nameOf(result), result]));
  const fresh = [...latest.values()].flatMap(({ system, record, gaps }) =>
    gaps.map((gap) => ({ system, record, ...gap })),
  );
  const lines = [...(look?.gaps ?? []), ...fresh].map(({ system, record, where, holds_identifier }) => ({
    system,
    record,
    where,
    holds_identifier,
  }));
  return [...new Map(lines.map((line) => [JSON.stringify([line.system, line.record, line.where]), line])).values()];
}

function acceptedOf({ accepted }: Story): number | null {
  const last = accepted.at(-1);
  return last === undefined ? null : last.records.reduce((sum, { gaps }) => sum + gaps, 0);
}

/** Whether the last thing that was done is that marked records were brought back: nobody has looked since. */
function isUndoneSince({ looks, results, undone }: Story): boolean {
  const last = undone.at(-1)?.place ?? -1;
  return last > Math.max(results.at(-1)?.place ?? -1, looks.at(-1)?.place ?? -1);
}

function verificationOf({ looks, results, undone }: Story): Summary["verification"] {
  const look = looks.at(-1);
  if (look === undefined) return null;
  const { at, residual, checks, gaps, more_gaps = 0, place } = look;
  const those = (result: string): number => checks.filter((check) => check.result === result).length;
  return {
    at,
    residual,
    new: checks.reduce((sum, check) => sum + (check.new ?? 0), 0),
    failed: those("fail"),
    unverifiable: those("unverifiable"),
    gaps: gaps.length + more_gaps,
    current: [...results, ...undone].every((one) => one.place < place),
  };
}

/** Version 0.1 called every check verified, whatever came of it. */
function identityOf(cores: readonly JsonObject[]): Summary["identity"] {
  const last = cores.findLast(({ type }) => type === "identity.verified" || type === "identity.checked");
  const { result, method, at } = last ?? {};
  return typeof result === "string" && typeof method === "string" && typeof at === "string"
    ? { result, method, at }
    : null;
}

function people(cores: readonly JsonObject[]): readonly PersonLine[] {
  return cores.flatMap(({ type, at, by, approver, result, state }): PersonLine[] => {
    const actor = typeof by === "string" ? by : approver;
    // version 0.1 called every check so, whatever came of it
    const did =
      type === "identity.verified" && result !== "ok" ? "identity.checked" : type === "refused" ? endedAs(state) : type;
    return typeof did === "string" && typeof at === "string" && typeof actor === "string" ? [{ did, actor, at }] : [];
  });
}

/** Version 0.1 had one event for both. */
function endedAs(state: Json | undefined): string {
  return state === "cancelled" ? "request.cancelled" : "request.refused";
}
