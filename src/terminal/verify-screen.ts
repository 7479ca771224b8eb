import type { Check } from "../executor/verify.ts";
import type { RequestState } from "../model/status.ts";
import { reasonWords, stateWords } from "../model/words.ts";
import { overdueText, when } from "./dates.ts";
import { count, day, indent, safe, table, type Tint, tint } from "./show.ts";

/** The method of a whole look; said once. */
const HOW = "same search on a fresh connection, and each planned record by its key";
const WORDS = { pass: "pass", fail: "FAIL", unverifiable: "cannot be verified", not_searchable: "n/a" } as const;

export interface VerifyTold {
  readonly checks: readonly Check[];
  readonly residual: number;
  readonly state: RequestState;
  readonly gaps: readonly {
    readonly system: string;
    readonly record: string;
    readonly where: string;
    readonly holds_identifier: boolean;
  }[];
}

/** Places that are named; of more, how many there are. */
const LISTED = 20;

export function verifyScreen(
  verified: VerifyTold,
  late: { readonly overdue: boolean; readonly days_left: number | null },
  plain: boolean,
): string {
  const rows = verified.checks.map((check) => {
    const word = check.result === "pass" && (check.waiting ?? 0) > 0 ? "waits" : WORDS[check.result];
    return [tint(word, tintOf(check), plain), `${check.system}.${check.record}`, safe(textOf(check))];
  });
  const [first] = verified.checks;
  const overdue = overdueText(late, plain);
  return [
    ...(first === undefined ? [] : [`Looked again ${when(first.at)}: ${HOW}.`]),
    indent(table(rows)),
    ...gapLines(verified.gaps),
    `${sentence(verified)} The request is ${stateWords(verified.state)}${overdue === "" ? "" : `, ${overdue}`}.`,
  ].join("\n");
}

/** Where a person must look, as nothing can be erased there. */
function gapLines(gaps: VerifyTold["gaps"]): readonly string[] {
  const held = gaps.filter((gap) => gap.holds_identifier);
  if (held.length === 0) return [];
  const rows = held.slice(0, LISTED).map(({ system, record, where }) => [`${system}.${record}`, safe(where)]);
  const more = held.length > LISTED ? [`  and ${held.length - LISTED} more: --json has all`] : [];
  return [
    "An identifier stands where nothing can be erased. Somebody must look by hand:",
    indent(table(rows)),
    ...more,
  ];
}

function tintOf({ result, waiting = 0 }: Check): Tint {
  switch (result) {
    case "pass":
      return waiting > 0 ? "warn" : "good";
    case "fail":
    case "unverifiable":
      return "bad";
    case "not_searchable":
      return "dim";
  }
}

/** What was seen; where nothing could be, why not. */
function textOf(check: Check): string {
  if (check.result === "not_searchable" || check.result === "unverifiable") return check.method;
  // that it is there and marked is said in the counts
  return check.method === HOW || (check.marked ?? 0) > 0 ? leftText(check) : `${leftText(check)}; ${check.method}`;
}

/** Reasons of what is still there; the words of a hold or condition are not about it. */
const OF_WHAT_IS_LEFT: readonly string[] = ["new_records", "still_there", "kept_gone", "not_followed"];

/** What is still there, and what is there by right, each with its own reason. */
function leftText({
  result,
  residual,
  kept = 0,
  marked = 0,
  waiting = 0,
  blocked = 0,
  failed = 0,
  reason,
  says,
  until,
}: Check): string {
  const own = result === "fail" && reason !== undefined && OF_WHAT_IS_LEFT.includes(reason);
  const left = `${residual} left${own && residual > 0 ? ` (${reasonWords(reason)})` : ""}`;
  // the counts are those of the run: what waited then may be among what is left now
  const waited = own ? "waited at the run" : "waiting";
  const counts = [
    left,
    // the day is that of the hidden ones only where no other has one
    some(marked, `hidden${until === undefined || kept > 0 ? "" : `, to go for good on ${day(until.slice(0, 10))}`}`),
    some(kept, "kept"),
    some(waiting, waited),
    some(blocked, "blocked"),
    some(failed, "failed"),
  ].filter((part) => part !== "");
  const status = failed > 0 ? "failed" : blocked > 0 ? "blocked" : waiting > 0 ? "waiting" : "kept";
  const words = own
    ? (says ?? "")
    : reason === undefined
      ? ""
      : reasonWords(reason, { status, says }).replace(/^kept by law/u, "by law");
  const end = until === undefined || (marked > 0 && kept === 0) ? "" : `until ${day(until.slice(0, 10))}`;
  const more = [words, end].filter((part) => part !== "").join(", ");
  return `${counts.join(", ")}${more === "" ? "" : `: ${more}`}`;
}

function some(number: number, words: string): string {
  return number > 0 ? `${number} ${words}` : "";
}

/** Says that nothing is left only where every look could have found something, and nothing is blocked or waits. */
function sentence({ checks, residual }: VerifyTold): string {
  const total = (name: "kept" | "marked" | "waiting" | "blocked" | "failed"): number =>
    checks.reduce((sum, check) => sum + (check[name] ?? 0), 0);
  const unsure = checks.filter(({ result }) => result === "unverifiable").length;
  const open = [
    residual > 0 ? `${count(residual, "record")} still there` : "",
    some(total("blocked"), "blocked"),
    some(total("failed"), "failed"),
    some(total("waiting"), "waiting"),
    unsure > 0 ? `${count(unsure, "record type")} could not be looked at` : "",
  ].filter((part) => part !== "");
  const kept = total("kept");
  const keeping = kept === 0 ? "" : ` ${count(kept, "record")} ${kept === 1 ? "is" : "are"} kept by right.`;
  const marked = total("marked");
  const hiding =
    marked === 0
      ? ""
      : ` ${count(marked, "record")} ${marked === 1 ? "is" : "are"} hidden, and there until the day named.`;
  const rest = `${hiding}${keeping}`;
  return open.length > 0
    ? `Residual: ${open.join(", ")}.${rest}`
    : `Nothing ${marked > 0 ? "else " : ""}is left of what was to go.${rest}`;
}
