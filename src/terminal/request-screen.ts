import { answerDue, type ErasureRequest } from "../model/request.ts";
import { eventWords, extensionWords, plainState, stateWords } from "../model/words.ts";
import { dueText, overdueText, when } from "./dates.ts";
import { count, date, day, indent, safe, spoken, table } from "./show.ts";

/** How the request stands today. */
export interface Late {
  readonly overdue: boolean;
  readonly days_left: number | null;
}

/** What is told of a request beside itself. */
export interface Told {
  readonly late: Late;
  readonly plain: boolean;
  readonly story: readonly StoryLine[];
  readonly plans: readonly PlanLine[];
  /** What must still happen, in words. */
  readonly open: readonly string[];
  /** What `undo` can still bring back. */
  readonly restorable: readonly { readonly record: string; readonly count: number; readonly until: string }[];
  readonly waiting_for: string;
}

interface StoryLine {
  readonly at: string;
  readonly by?: string;
  readonly did: string;
  readonly plan?: string;
  readonly result?: string;
  readonly note?: string;
}

interface PlanLine {
  readonly id: string;
  readonly system?: string;
  readonly totals: {
    readonly erase: number;
    readonly change: number;
    readonly keep: number;
    readonly wait: number;
    readonly blocked: number;
  };
  readonly approval?: { readonly by: string; readonly role?: string; readonly accepted?: readonly string[] };
  readonly run?: { readonly state: string };
}

/** Requests, one a line. */
export function requestTable(
  requests: readonly ErasureRequest[],
  late: (request: ErasureRequest) => Late,
  plain: boolean,
): string {
  if (requests.length === 0) return "No request.";
  const rows = requests.map((request) => [
    request.id,
    stateWords(request.state),
    date(request.received),
    request.due === undefined ? "none" : date(answerDue(request.due)),
    [overdueText(late(request), plain), who(request), safe(request.ref ?? "")].filter((part) => part !== "").join(", "),
  ]);
  return table(rows, ["Request", "State", "Received", "Answer due", "Subject, ref"]);
}

/** One request: when it came, who did what, its plans, what is open. */
export function requestScreen(
  request: ErasureRequest,
  { late, plain, story, plans, open, restorable, waiting_for }: Told,
): string {
  const { id, state, received, due, ref, purge, excluded, endedAt, reason } = request;
  const facts = [
    [request.kind === "due" ? "as of" : "received", day(received)],
    ...(due === undefined
      ? []
      : [["answer due", endedAt === undefined ? dueText(due, late, plain) : day(answerDue(due))]]),
    ...(due?.extension === undefined
      ? []
      : [
          [
            "extended",
            `${extensionWords(due.extension.reason)}; the person was told on ${day(due.extension.notified_on)}`,
          ],
        ]),
    ...(ref === undefined ? [] : [["ref", safe(ref)]]),
    ...(purge === undefined ? [] : [["goes early", `${safe(purge.record)}: ${safe(purge.words)}`]]),
    ...(excluded === undefined
      ? []
      : [["left out", `${count(excluded.records, "record")}: ${safe(excluded.words.replaceAll("\n", "; "))}`]]),
    ...(endedAt === undefined ? [] : [["ended", when(endedAt)]]),
    ...(reason === undefined ? [] : [["reason", safe(reason)]]),
  ];
  const head = [
    `${request.kind === "due" ? "Due work" : "Erasure request"} ${id}`,
    request.kind === "due" ? "asked for by nobody" : who(request),
    stateWords(state),
    overdueText(late, plain),
  ]
    .filter((part) => part !== "")
    .join(" · ");
  return [
    head,
    indent(table(facts)),
    "What was done",
    indent(
      table(story.map((line) => [when(line.at), line.by === undefined ? "(not noted)" : safe(line.by), did(line)])),
    ),
    ...(plans.length === 0
      ? []
      : ["Plans", indent(table(plans.map((plan) => [plan.id, planText(plan, story, request)])))]),
    ...(open.length === 0 ? [] : ["Open", indent(open.map((one) => safe(spoken(one))).join("\n"))]),
    ...(endedAt === undefined && restorable.length > 0
      ? [
          `Can be brought back, with expunge undo ${id}`,
          indent(table(restorable.map((one) => [safe(one.record), String(one.count), `until ${day(one.until)}`]))),
        ]
      : []),
    ...(endedAt === undefined ? [`Waiting for: ${safe(spoken(waiting_for))}.`] : []),
  ].join("\n");
}

function did({ did: what, plan, result, note }: StoryLine): string {
  const words = what === "run" && result === undefined ? "started to run the plan" : eventWords(what);
  const named =
    plan === undefined
      ? words
      : words.includes("plan")
        ? words.replace("plan", `plan ${plan}`)
        : `${words} (plan ${plan})`;
  const came = result === undefined ? "" : `: ${resultText(result)}`;
  return `${named}${came}${note === undefined ? "" : ` (${safe(note)})`}`;
}

/** `more_needed`, a state of the request. */
function resultText(result: string): string {
  return result === "ok" ? "ok" : result === "interrupted" ? "stopped half-way" : plainState(result);
}

function planText(
  { id, system, totals, approval, run }: PlanLine,
  story: readonly StoryLine[],
  { plan: latest, endedAt }: ErasureRequest,
): string {
  const begun = story.some((line) => line.did === "run" && line.plan === id);
  const { erase, change, keep, wait, blocked } = totals;
  const signed =
    approval === undefined
      ? "not approved"
      : `approved by ${safe(approval.by)}${approval.role === undefined ? "" : ` as ${safe(approval.role)}`}${approval.accepted === undefined ? "" : `, without a search of ${approval.accepted.join(", ")}`}`;
  const numbers = `${erase} to erase, ${change} to change, ${keep} kept, ${wait} waiting, ${blocked} blocked`;
  return [
    ...(system === undefined ? [] : [`only ${system}`]),
    numbers,
    signed,
    run === undefined ? (begun ? "not run to its end" : "not run") : "run to its end",
    // a newer one took its place, or the identity was doubted
    ...(run === undefined && !begun && id !== latest && endedAt === undefined ? ["taken back"] : []),
  ].join("; ");
}

function who({ kind, pseudonyms }: ErasureRequest): string {
  if (kind === "due") return "due work";
  return pseudonyms.length === 1
    ? `s_${(pseudonyms[0] ?? "").slice(0, 8)}`
    : count(pseudonyms.length, "person", "people");
}
