import type { Plan, PlanStep } from "../model/plan.ts";
import { answerDue, type ErasureRequest } from "../model/request.ts";
import { mechanismWords, reasonWords } from "../model/words.ts";
import { goneBy, overdueText, when } from "./dates.ts";
import { findingRows, type ShownFinding } from "./findings-screen.ts";
import { count, day, indent, safe, table, tint } from "./show.ts";

/** What the screen needs beside the plan. */
export interface PlanTold {
  readonly late: { readonly overdue: boolean; readonly days_left: number | null };
  /** The plan's warnings with the places of their rules in the map. */
  readonly warnings: readonly ShownFinding[];
  readonly plain: boolean;
  /** By `system.record`: the last day on which what is marked can be brought back, were it run today. */
  readonly undoUntil?: ReadonlyMap<string, string>;
  /** Whether any run of the request has begun: what is not found now may be what was erased then. */
  readonly begun: boolean;
}

/** The plan as a person reads it before they sign: grouped by what happens, the sum and the next step last. */
export function planScreen(
  plan: Plan,
  request: ErasureRequest,
  { late, warnings, plain, begun, undoUntil }: PlanTold,
): string {
  const { steps, totals } = plan;
  const followed = steps.reduce((sum, { follows = 0 }) => sum + follows, 0);
  // one record type may stand under several headings, under each with that heading's count
  const removing = steps.filter((step) => step.act > changedIn(step));
  const changing = steps.filter((step) => changedIn(step) > 0);
  const unsearched = steps.filter((step) => step.status === "not_checked" || (step.unsearched?.length ?? 0) > 0);
  const searched = new Set(
    steps.filter((step) => step.found > 0 || !unsearched.includes(step)).map((step) => step.system),
  );
  const all = new Set(steps.map((step) => step.system));
  // the groups above say these already
  const said = warnings.filter(
    ({ code, message }) => code !== "NOT_SEARCHED" && !/^\d+ records cannot be acted on/u.test(message),
  );
  const gaps = new Set(warnings.flatMap(({ code, system, record }) => (code === "GAP" ? [`${system}.${record}`] : [])));
  const groups = [
    heading(request, plan, { searched: searched.size, systems: all.size, late: overdueText(late, plain) }),
    group(
      tint(`ERASE ${totals.erase}`, "danger", plain),
      removing.map((step) => [name(step), String(step.act - changedIn(step)), note(step)]),
    ),
    group(
      tint(`CHANGE ${totals.change}`, "bold", plain),
      changing.map((step) => [
        name(step),
        String(changedIn(step)),
        verb(step) + backUntil(step.action === "soft-delete" ? undoUntil?.get(name(step)) : undefined),
      ]),
    ),
    group(
      "GO WITH IT",
      steps.flatMap((step) =>
        (step.cascades ?? []).map((one) => [
          safe(one.table),
          String(one.count),
          `behind ${name(step)}, by ${safe(one.constraint)}`,
        ]),
      ),
    ),
    group(
      tint(`KEEP ${totals.keep}`, "bold", plain),
      steps.filter((step) => step.kept > 0).map((step) => [name(step), String(step.kept), keptNote(step)]),
    ),
    group(
      `FOLLOW BY THEMSELVES ${followed}`,
      steps.flatMap((step) =>
        step.follows === undefined ? [] : [[name(step), String(step.follows), followNote(step)]],
      ),
    ),
    group(
      tint(`WAIT ${totals.wait - followed}`, "warn", plain),
      steps
        .map((step) => ({ step, waits: step.waiting - (step.follows ?? 0) }))
        .filter(({ waits }) => waits > 0)
        .map(({ step, waits }) => [name(step), String(waits), why(step, "waiting")]),
    ),
    group(
      tint(`BLOCKED ${totals.blocked}`, "bad", plain),
      steps.filter((step) => step.blocked > 0).map((step) => [name(step), String(step.blocked), why(step, "blocked")]),
    ),
    group(
      tint("ELSEWHERE", "bold", plain),
      plan.residue.map((one) => [one.system, goneBy(one.gone_by), mechanismWords(one.mechanism)]),
    ),
    group(
      tint("NOT SEARCHED", "bad", plain),
      unsearched.map((step) => [name(step), unsearchedNote(step, request.pseudonyms.length)]),
    ),
    group(tint("LEFT ALONE FOR SOMEBODY", "warn", plain), peopleLeftAlone(steps)),
    line(
      "NOTHING FOUND (searched)",
      steps
        .filter((step) => step.status === "nothing_found")
        .map((step) => (gaps.has(name(step)) ? `${name(step)} (but see the gap below)` : name(step))),
    ),
    said.length === 0 ? "" : `WARNINGS\n${indent(findingRows(said, plain))}`,
    `Plan ${plan.id}: ${totals.erase} erased, ${totals.change} changed, ${totals.keep} kept, ${totals.wait - followed} waiting, ${followed === 0 ? "" : `${followed} following by themselves, `}${totals.blocked} blocked. Warnings: ${said.length}.\nDigest ${plan.digest.slice(0, 16)}…, no personal data, one use, valid until ${when(plan.expires_at)}.`,
    nobody(plan, { unsearched: unsearched.length, begun }),
  ];
  return groups.filter((text) => text !== "").join("\n");
}

function backUntil(last: string | undefined): string {
  return last === undefined ? "" : `; run today, undo brings it back until ${day(last)}`;
}

/** Where nothing at all was found there is an answer to give, and perhaps a slip to mend. */
function nobody(
  { steps, request, as_of }: Plan,
  { unsearched, begun }: { readonly unsearched: number; readonly begun: boolean },
): string {
  if (steps.length === 0 || steps.some((step) => step.found > 0)) return "";
  if (as_of !== undefined) return "Nothing is due.";
  if (begun)
    return `Nothing more was found. What an earlier run of this request did is told by: expunge report ${request}.`;
  const typing =
    "If they should be known: was an identifier mistyped? A new request with another one of theirs (an older address, a customer number) can tell.";
  return unsearched === 0
    ? `Nothing was found anywhere. The answer: we hold nothing about this person.\n${typing}`
    : `Nothing was found where we searched, but not everything was searched: "we hold nothing" cannot be said yet.\n${typing}`;
}

function heading(
  request: ErasureRequest,
  plan: Plan,
  { searched, systems, late }: { searched: number; systems: number; late: string },
): string {
  const who =
    request.pseudonyms.length === 1
      ? `subject s_${(request.pseudonyms[0] ?? "").slice(0, 8)}`
      : count(request.pseudonyms.length, "person", "people");
  const asked = [
    `Erasure request ${request.id}`,
    who,
    `received ${day(request.received)}`,
    ...(request.due === undefined ? [] : [`answer due ${day(answerDue(request.due))}`]),
    late,
  ];
  const parts =
    request.kind === "due" ? [`Due work ${request.id}`, `as of ${day(plan.as_of ?? request.received)}`] : asked;
  return [
    parts.filter((part) => part !== "").join(" · "),
    `Read-only: nothing was changed. Searched ${searched} of ${count(systems, "system")}. Map ${plan.map.slice(0, 7)}.`,
  ].join("\n");
}

/** Plans of version 0.1 do not say it: there the rule decides. */
function changedIn({ act, action, changed }: PlanStep): number {
  return changed ?? (action === "erase" || action === "remove-rows" || action === "keep" ? 0 : act);
}

function name(step: PlanStep): string {
  return `${step.system}.${step.record}`;
}

function verb(step: PlanStep): string {
  switch (step.action) {
    case "anonymise":
      return "anonymised";
    case "redact":
      return "redacted";
    case "unlink":
      return "unlinked";
    case "soft-delete":
      return "marked as deleted";
    case "erase":
    case "remove-rows":
      return "anonymised, because a record that is kept references it";
    case "keep":
    case "ask":
      return "changed";
  }
}

function note(step: PlanStep): string {
  return step.act - changedIn(step) === step.found ? "" : `${step.found} found`;
}

/** Nobody does anything to them: they are waited for, and looked at again. */
function followNote({ until, action, kept }: PlanStep): string {
  const what = action === "soft-delete" ? "marked with what they are copies of" : "go with what they are copies of";
  return until === undefined || kept > 0 ? what : `${what}, for good on ${day(until.slice(0, 10))}`;
}

function keptNote(step: PlanStep): string {
  const until =
    step.until === undefined ? "" : `until ${day(step.until.slice(0, 10))}${step.kept > 1 ? " at the latest" : ""}`;
  const law = (step.law ?? []).join(", ");
  const less = step.minimised === undefined ? "" : `${step.minimised} reduced to what the law needs`;
  return [until, why(step, "kept").replace(/^kept by law/u, "by law"), law, less]
    .filter((part) => part !== "")
    .join(" · ");
}

/** In a batch some may be searched for, and others not. */
function unsearchedNote(step: PlanStep, people: number): string {
  const some = step.unsearched?.length ?? 0;
  const partly = some > 0 && some < people;
  return partly ? `not for ${some} of ${people} people: no identifier of theirs leads here` : why(step, "not_checked");
}

/** People of a batch of whom something is left alone, with the reason. That they were not searched for stands elsewhere. */
function peopleLeftAlone(steps: readonly PlanStep[]): readonly (readonly string[])[] {
  const lines = steps.flatMap((step) =>
    (step.subjects ?? []).flatMap(({ pseudonym, reason }) =>
      reason === undefined || reason === "no_identifier" ? [] : [{ pseudonym, reason, record: name(step) }],
    ),
  );
  return [...Map.groupBy(lines, ({ pseudonym, reason }) => `${pseudonym} ${reason}`).values()].flatMap((mine) => {
    const [first] = mine;
    return first === undefined
      ? []
      : [
          [
            first.pseudonym,
            safe(reasonWords(first.reason, { status: "waiting" })),
            mine.map(({ record }) => record).join(", "),
          ],
        ];
  });
}

/** A step's reason is that of the worst that happens in it: it says nothing of the rest. */
function why(
  { status: worst, reason, says }: PlanStep,
  status: "kept" | "waiting" | "blocked" | "not_checked",
): string {
  return reason === undefined || worst !== status ? "" : safe(reasonWords(reason, { status, says }));
}

function group(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `${title}\n${indent(table(rows))}`;
}

function line(title: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${title}  ${names.join(", ")}`;
}
